/* registry_record.c - records as values, and as rows of a typed table.
 *
 * The normal form of a record is what a row gives back: properties in the order of the definition,
 * those that it does not name behind them, numbers of whole-number properties without fraction, and
 * no null where absence says the same. It is made before an event is emitted, so that the journal,
 * the row and a replay of both agree byte by byte.
 *
 *     schema type                 column          in the column
 *     string, enum of strings     t_name TEXT     the text
 *     integer                     i_name BIGINT   the number
 *     boolean                     b_name BIGINT   0, 1
 *     number                      n_name TEXT     exact decimal text
 *     everything else             j_name TEXT     canonical JSON
 *     not named by the schema     other  TEXT     one JSON object
 *
 * Marks. A row has a source and a grade; a property whose value was brought by somebody else keeps
 * its own in `marks`. */
#include "domain/registry/registry_int.h"

#include "base/check.h"
#include "codec/json.h"

/* ---- Normal form. */

static bool whole(Value v, const Column *c, Value *out, Err *err)
{
    int64_t n;
    *out = v;
    if (c->kind != COLUMN_INTEGER || !value_is(v, VALUE_NUMBER))
        return true;
    if (!dec_to_int64(v.as.number, &n))
        return err_set(err, &fault_registry_integer_range, c->property);
    *out = value_int(n);
    return true;
}

static const Column *column_of(const RegistryKind *kind, Str property)
{
    for (size_t i = 0; i < kind->column_count; i++)
        if (str_equal(kind->columns[i].property, property))
            return &kind->columns[i];
    return NULL;
}

bool registry_normal_form(Arena *a, const RegistryKind *kind, Value record, Value *out, Err *err)
{
    ContextBuilder b = context_builder(a);
    Value v;
    size_t seen = 1; /* of the record's properties that the definition names */
    context_put(&b, kind->about.key, value_get(record, kind->about.key));
    for (size_t i = 0; i < kind->column_count; i++) {
        const Column *c = &kind->columns[i];
        if (!value_find(record, c->property, &v))
            continue;
        seen++;
        if (value_is_null(v) && !c->keeps_null)
            continue;
        if (!whole(v, c, &v, err)) {
            err_at_element(err, arena_printf(a, "/%.*s", STR_ARG(c->property)));
            return false;
        }
        context_put(&b, c->property, v);
    }
    for (size_t i = 0; seen < value_count(record) && i < value_count(record); i++) {
        const ValueEntry *e = &record.as.context.entries[i];
        if (!str_equal(e->key, kind->about.key) && !column_of(kind, e->key))
            context_put(&b, e->key, e->value);
    }
    *out = value_context(&b);
    return true;
}

/* ---- Rows. */

static Param param_of(Arena *a, ColumnKind kind, Value v)
{
    int64_t n = 0;
    Buf text = buf_new(a, 0);
    switch (kind) {
    case COLUMN_TEXT: return value_is(v, VALUE_STRING) ? p_text(v.as.string) : p_null();
    case COLUMN_INTEGER:
        return value_is(v, VALUE_NUMBER) && dec_to_int64(v.as.number, &n) ? p_int(n) : p_null();
    case COLUMN_BOOLEAN: return value_is(v, VALUE_BOOLEAN) ? p_int(v.as.boolean) : p_null();
    case COLUMN_NUMBER:
        if (!value_is(v, VALUE_NUMBER))
            return p_null();
        dec_write_exact(v.as.number, &text);
        return p_text(buf_text(&text));
    case COLUMN_JSON: return p_text(json_copy_text(a, v));
    case COLUMN_KIND_COUNT: break;
    }
    check(!"a kind of column");
    return p_null();
}

/* What no property names, as an object; NULL when there is nothing. */
static Param other_param(Arena *a, const RegistryKind *kind, Value record)
{
    ContextBuilder b = context_builder(a);
    size_t count = 0, all = value_count(record);
    Str last = all ? record.as.context.entries[all - 1].key : STR_NONE;
    if (str_equal(last, kind->about.key) || column_of(kind, last))
        return p_null(); /* in normal form the others stand at the end */
    for (size_t i = 0; i < record.as.context.count; i++) {
        const ValueEntry *e = &record.as.context.entries[i];
        if (str_equal(e->key, kind->about.key) || column_of(kind, e->key))
            continue;
        context_put(&b, e->key, e->value);
        count++;
    }
    return count ? p_text(json_copy_text(a, value_context(&b))) : p_null();
}

Param registry_param(Arena *a, const RegistryKind *kind, const Column *c, Value record,
                     size_t *next)
{
    Value v;
    if (!c->property.len)
        return other_param(a, kind, record);
    if (*next == 0)
        *next = 1; /* behind the key */
    const ValueEntry *e = &record.as.context.entries[*next];
    if (!c->current)
        return p_null();
    if (*next < record.as.context.count && str_equal(e->key, c->property)) {
        ++*next;
        return param_of(a, c->kind, e->value);
    }
    return value_find(record, c->property, &v) ? param_of(a, c->kind, v) : p_null();
}

void registry_row_write(StoreConn *conn, int64_t node, const Face *face, Arena *a,
                        const RecordRow *row)
{
    size_t count = ROW_FIXED_COLUMNS + face->column_count;
    Param *p = arena_new_array(a, Param, count);
    check(p != NULL && row->key.len > 0 && row->version > 0 && row->number > 0);
    p[0] = p_int(node);
    p[1] = p_int(row->number);
    p[2] = p_text(row->key);
    p[3] = p_int(row->version);
    p[4] = p_instant(row->valid_from);
    p[5] = p_instant(row->recorded_at);
    p[6] = p_text(row->source);
    p[7] = p_text(row->grade);
    p[8] = value_is_null(row->marks) ? p_null() : p_text(json_copy_text(a, row->marks));
    p[9] = id_is_none(row->subject) ? p_null() : p_id(&row->subject);
    size_t next = 0;
    for (size_t i = 0; i < face->column_count; i++)
        p[ROW_FIXED_COLUMNS + i] =
            registry_param(a, &face->kind, &face->columns[i], row->record, &next);
    store_write(conn, face->insert, p, count);
}

static bool damaged(const Column *c, Err *err)
{
    return err_set(err, &fault_system_failure, c->name.len ? c->name : STR("marks"));
}

static bool value_at(Rows *r, int i, const Column *c, Arena *a, Value *out, Err *err)
{
    Dec number;
    switch (c->kind) {
    case COLUMN_TEXT: *out = value_string(rows_copy(r, i, a)); return true;
    case COLUMN_INTEGER: *out = value_int(rows_int(r, i)); return true;
    case COLUMN_BOOLEAN: *out = value_boolean(rows_int(r, i) != 0); return true;
    case COLUMN_NUMBER:
        if (!dec_parse(rows_bytes(r, i), &number))
            return damaged(c, err);
        *out = value_number(number);
        return true;
    case COLUMN_JSON: return json_parse(a, rows_bytes(r, i), out, NULL) || damaged(c, err);
    case COLUMN_KIND_COUNT: break;
    }
    return damaged(c, err);
}

static void add_others(ContextBuilder *b, Value others)
{
    for (size_t i = 0; value_is(others, VALUE_CONTEXT) && i < others.as.context.count; i++)
        context_put(b, others.as.context.entries[i].key, others.as.context.entries[i].value);
}

static bool record_at(Rows *r, const Face *face, Arena *a, Str key, Value *out, Err *err)
{
    ContextBuilder b = context_builder(a);
    Value v = value_null(), others = value_null();
    context_put(&b, face->kind.about.key, value_string(key));
    for (size_t i = 0; i < face->column_count; i++) {
        const Column *c = &face->columns[i];
        int at = (int)(ROW_FIXED_COLUMNS - 1 + i);
        if (rows_is_null(r, at)) {
            if (c->keeps_null && !context_builder_has(&b, c->property))
                context_put(&b, c->property, value_null());
            continue;
        }
        if (!value_at(r, at, c, a, &v, err))
            return false;
        if (!c->property.len)
            others = v;
        else
            context_put(&b, c->property, v);
    }
    add_others(&b, others);
    *out = value_context(&b);
    return true;
}

bool registry_row_at(Rows *r, const Face *face, Arena *a, RecordRow *out, Err *err)
{
    static const Column marks = {.kind = COLUMN_JSON};
    *out = (RecordRow){.found = true, .number = rows_int(r, 0), .key = rows_copy(r, 1, a),
                       .version = rows_int(r, 2), .valid_from = rows_instant(r, 3),
                       .recorded_at = rows_instant(r, 4), .source = rows_copy(r, 5, a),
                       .grade = rows_copy(r, 6, a), .marks = value_null(),
                       .subject = rows_id(r, 8)};
    return (rows_is_null(r, 7) || value_at(r, 7, &marks, a, &out->marks, err)) &&
           record_at(r, face, a, out->key, &out->record, err);
}

bool registry_row(StoreConn *conn, int64_t node, const Face *face, Str key, Arena *a,
                  RecordRow *out, Err *err)
{
    *out = (RecordRow){.marks = value_null(), .record = value_null()};
    Rows *r = store_query(conn, face->newest, PARAMS(p_int(node), p_text(key)));
    bool good = !rows_next(r) || registry_row_at(r, face, a, out, err);
    rows_close(r);
    return good && !store_failed(conn, err);
}

/* ---- Grades. */

int registry_grade_rank(Str grade)
{
    static const char *const grades[] = {"declared", "uploaded", "verified", "issued"};
    for (int i = 0; i < 4; i++)
        if (str_equal(grade, str_from(grades[i])))
            return i + 1;
    return 0;
}

void registry_mark_of(const RecordRow *row, Str property, Str *source, Str *grade)
{
    Value mark = value_get(row->marks, property);
    *source = row->source;
    *grade = row->grade;
    if (value_is(mark, VALUE_CONTEXT)) {
        *source = value_get_string(mark, STR("source"));
        *grade = value_get_string(mark, STR("grade"));
    }
}
