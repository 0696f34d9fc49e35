/* registry_loaded.c - the command that writes a kept file, its event, and whose rows they are.
 *
 *     registry.load  judges that the file is there and that nothing changed since it was made
 *     registry.loaded {registry, file, sm3, rows, first, source, grade, valid_from}
 *                    row i of the file becomes row first + i of the registry's table
 *
 * The applier reads the file, in the live node and in every replay, so both write the same rows. An
 * empty table gets its index of keys after the rows. A second thread tries every row against its
 * commitment meanwhile; what was written is taken back when one does not fit. A file that is
 * missing or damaged writes nothing:
 * the bulk's row says so (whole = 0), and verify shows the difference.
 *
 * Subjects. Rows of a bulk have no subject in their table: it follows from the place of the row, as
 * an id made of the load's sequence number and the row's place in the file. Erasing that subject
 * deletes the row and overwrites it in the kept file, so a replay skips it. Events that come later
 * for the same key are sealed under the same subject. The file is overwritten before the
 * transaction
 * of the erasure commits: if that fails, the erasure has to be asked for again, and is finished
 * then. */
#include "domain/registry/registry_bulk_int.h"

#include "base/check.h"
#include "codec/json.h"

#define APPLY_ARENA_BYTES (16u << 20)

static const Sql sql_bulk = {
    "INSERT INTO registry_bulk (node, registry, first, rows, seq, file, sm3, whole)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"};
static const Sql sql_bulk_of_number = {
    "SELECT seq, first FROM registry_bulk WHERE node = ?1 AND registry = ?2 AND first <= ?3"
    " AND first + rows > ?3"};
static const Sql sql_bulk_of_seq = {
    "SELECT registry, first, rows, file FROM registry_bulk WHERE node = ?1 AND seq = ?2"};
static const Sql sql_bulk_registries = {
    "SELECT DISTINCT registry FROM registry_bulk WHERE node = ?1 ORDER BY registry"};
static const Sql sql_subject_of = {
    "SELECT subject FROM registry_subject WHERE node = ?1 AND key = ?2"};

Str registry_folder(Arena *a, Str data)
{
    if (str_starts(data, STR(":memory:")) || !data.len)
        return STR_NONE;
    return arena_printf(a, "%.*s.files", STR_ARG(data));
}

Str kept_path(Arena *a, Str folder, Str name)
{
    return arena_printf(a, "%.*s/%.*s", STR_ARG(folder), STR_ARG(name));
}

/* ---- Subjects. */

static Id subject_made(int64_t seq, int64_t place)
{
    Id id = ID_NONE;
    for (int i = 0; i < 8; i++) {
        id.bytes[i] = (uint8_t)((uint64_t)seq >> (56 - 8 * i));
        id.bytes[8 + i] = (uint8_t)((uint64_t)place >> (56 - 8 * i));
    }
    return id;
}

static int64_t half_of(Id id, int from)
{
    uint64_t n = 0;
    for (int i = 0; i < 8; i++)
        n = n << 8 | id.bytes[from + i];
    return (int64_t)n;
}

Id registry_bulk_subject(StoreConn *conn, int64_t node, Str registry, int64_t number)
{
    Id id = ID_NONE;
    Rows *r = store_query(conn, &sql_bulk_of_number,
                          PARAMS(p_int(node), p_text(registry), p_int(number)));
    if (rows_next(r))
        id = subject_made(rows_int(r, 0), number - rows_int(r, 1));
    rows_close(r);
    return id;
}

#define SUBJECTS_MAX 256u

/* Subjects of rows of bulk loads of one registry. */
static void add_bulk_subjects(StoreConn *conn, int64_t node, Str registry, Str key, Id *list,
                              size_t *count)
{
    int64_t numbers[SUBJECTS_MAX];
    size_t found = 0;
    const Face *face = registry_face(conn, node, registry, NULL);
    if (!face || !face->kind.about.personal)
        return;
    Rows *r = store_query(conn, face->numbers, PARAMS(p_int(node), p_text(key)));
    while (found < SUBJECTS_MAX && rows_next(r))
        numbers[found++] = rows_int(r, 0);
    rows_close(r);
    for (size_t i = 0; i < found && *count < SUBJECTS_MAX; i++) {
        Id id = registry_bulk_subject(conn, node, registry, numbers[i]);
        if (!id_is_none(id))
            list[(*count)++] = id;
    }
}

bool registry_subjects(StoreConn *conn, int64_t node, Str key, Arena *a, Id **list, size_t *count,
                       Err *err)
{
    Id *all = arena_new_array(a, Id, SUBJECTS_MAX);
    Str names[SUBJECTS_MAX];
    size_t name_count = 0, first;
    *list = all;
    *count = 0;
    if (!all)
        return err_set(err, &fault_out_of_memory, STR("registry"));
    Rows *r = store_query(conn, &sql_subject_of, PARAMS(p_int(node), p_text(key)));
    if (rows_next(r))
        all[(*count)++] = rows_id(r, 0);
    rows_close(r);
    first = *count;
    r = store_query(conn, &sql_bulk_registries, PARAMS(p_int(node)));
    while (name_count < SUBJECTS_MAX && rows_next(r))
        names[name_count++] = rows_copy(r, 0, a);
    rows_close(r);
    for (size_t i = 0; i < name_count; i++)
        add_bulk_subjects(conn, node, names[i], key, all, count);
    for (size_t i = first; first && i < *count; i++)
        if (id_equal(all[i], all[0])) /* later events took the bulk's subject */
            all[i--] = all[--*count];
    return !store_failed(conn, err);
}

Id registry_subject(StoreConn *conn, int64_t node, Str key)
{
    Arena *a = arena_open(1u << 20);
    Id *list;
    size_t count;
    bool good = registry_subjects(conn, node, key, a, &list, &count, NULL);
    Id id = good && count ? list[0] : ID_NONE;
    arena_close(a);
    return id;
}

void registry_bulk_erase(const RegistryModule *m, StoreConn *conn, int64_t node, Arena *a,
                         Id subject)
{
    int64_t place = half_of(subject, 8), first = 0;
    Str registry = STR_NONE, file = STR_NONE;
    Rows *r = store_query(conn, &sql_bulk_of_seq, PARAMS(p_int(node), p_int(half_of(subject, 0))));
    if (rows_next(r) && place >= 0 && place < rows_int(r, 2)) {
        registry = rows_copy(r, 0, a);
        first = rows_int(r, 1);
        file = rows_copy(r, 3, a);
    }
    rows_close(r);
    const Face *face = registry.len ? registry_face(conn, node, registry, NULL) : NULL;
    if (!face)
        return;
    store_write(conn, face->erase_number, PARAMS(p_int(node), p_int(first + place)));
    Str path = kept_path(a, m->folder, file);
    if (m->folder.len && file_exists(path))
        kept_erase(path, place, NULL);
}

/* ---- The command. */

bool registry_decide_load(void *state, const Command *command, Decision *d)
{
    const RegistryModule *m = state;
    Arena *a = decision_arena(d);
    const RegistryKind *kind = registry_named_kind(m, command, d);
    KeptReader *r = NULL;
    Err err = {0};
    Sm3 hash;
    Str file = registry_body_text(command, "file");
    int64_t first = value_get_int(command->body, STR("first"), 0);
    if (!kind)
        return false;
    if (!m->folder.len)
        return decision_refuse_with(d, &fault_registry_no_folder);
    if (!sm3_parse(registry_body_text(command, "sm3"), &hash) || str_find(file, STR("/")) >= 0 ||
        value_get_int(command->body, STR("rows"), 0) < 1)
        return decision_refuse_with(d, &fault_command_invalid, command->kind, STR("file, sm3, rows"));
    if (registry_next_number(decision_store(d), decision_node(d), kind->about.name) != first)
        return decision_refuse_with(d, &fault_registry_load_stale, kind->about.name);
    bool good = kept_open(kept_path(a, m->folder, file), 0, &r, &err);
    bool fits = good && str_equal(value_get_string(kept_header(r), STR("registry")),
                                  kind->about.name);
    kept_close(r);
    if (!good)
        return decision_refuse(d, &err);
    if (!fits)
        return decision_refuse_with(d, &fault_registry_load_stale, kind->about.name);
    ContextBuilder open = context_builder_from(a, command->body);
    context_put_text(&open, "valid_from", value_instant(a, command->now));
    decision_emit(d, STR("registry.loaded"), STR_NONE, value_context(&open), value_null());
    ContextBuilder reply = context_builder(a);
    context_put_text(&reply, "rows", value_field(command->body, "rows"));
    decision_reply(d, value_context(&reply));
    return true;
}

/* ---- The event. */

typedef struct Applying {
    StoreConn *conn;
    const Event *event;
    const Face *face;
    KeptReader *reader;
    Param *params;
    size_t param_count;
    size_t *places; /* of the kept columns among the parameters */
    size_t place_count;
} Applying;

/* Where each column of the file stands in the table. */
static bool place_columns(Applying *p, Arena *a)
{
    Value columns = value_field(kept_header(p->reader), "columns");
    p->place_count = value_count(columns);
    p->places = arena_new_array(a, size_t, p->place_count + 1);
    for (size_t i = 0; i < p->place_count; i++) {
        Value name = value_item(value_item(columns, i), 0),
              kind = value_item(value_item(columns, i), 1);
        int64_t number = -1;
        if (!value_is(name, VALUE_STRING) || !value_is(kind, VALUE_NUMBER) ||
            !dec_to_int64(kind.as.number, &number))
            return false;
        for (size_t k = 0; k < p->face->column_count; k++)
            if ((int64_t)p->face->columns[k].kind == number &&
                str_equal(p->face->columns[k].property, name.as.string))
                p->places[i] = ROW_FIXED_COLUMNS + k;
        if (!p->places[i])
            return false;
    }
    return true;
}

static bool fixed_params(Applying *p, Arena *a)
{
    Instant from = INSTANT_NONE;
    const Event *e = p->event;
    p->param_count = ROW_FIXED_COLUMNS + p->face->column_count;
    p->params = arena_new_array(a, Param, p->param_count);
    for (size_t i = 0; i < p->param_count; i++)
        p->params[i] = p_null();
    p->params[0] = p_int(e->node);
    p->params[5] = p_instant(e->at);
    p->params[6] = p_text(value_get_string(e->open, STR("source")));
    p->params[7] = p_text(value_get_string(e->open, STR("grade")));
    bool good = instant_parse(value_get_string(e->open, STR("valid_from")), &from);
    p->params[4] = p_instant(from);
    return good;
}

static bool write_kept(Applying *p, const KeptRow *row, int64_t number)
{
    KeptFields f;
    if (!kept_fields(row->payload, &f))
        return false;
    p->params[1] = p_int(number);
    p->params[2] = p_text(f.key);
    p->params[3] = p_int(f.version);
    p->params[8] = p_text_or_null(f.marks);
    for (size_t i = 0; i < p->place_count; i++)
        if (!kept_value(&f, &p->params[p->places[i]]))
            return false;
    store_write(p->conn, p->face->insert, p->params, p->param_count);
    return true;
}

/* Beside the writing: is the file what the event says? */
typedef struct Trial {
    Str path;
    Sm3 expected;
    bool good;
} Trial;

static void try_file(void *context)
{
    Trial *t = context;
    KeptReader *r = NULL;
    KeptRow row;
    bool more = true;
    t->good = kept_open(t->path, 0, &r, NULL);
    while (t->good && more)
        t->good = kept_next(r, &row, &more, NULL);
    if (t->good) {
        Sm3 hash = kept_hash(r);
        t->good = sm3_equal(&hash, &t->expected);
    }
    kept_close(r);
}

static bool write_rows(Applying *p, int64_t first, int64_t rows)
{
    KeptRow row;
    bool more = true;
    int64_t count = 0;
    while (kept_next(p->reader, &row, &more, NULL) && more) {
        if (count >= rows || (!row.erased && !write_kept(p, &row, first + count)))
            return false;
        if (++count % 4096 == 0 && store_failed(p->conn, NULL))
            return true; /* all of it is rolled back */
    }
    return !more && count == rows;
}

static bool apply_file(Applying *p, Str path, int64_t first, int64_t rows)
{
    Arena *a = arena_open(APPLY_ARENA_BYTES);
    Trial trial = {.path = path};
    bool good = sm3_parse(value_get_string(p->event->open, STR("sm3")), &trial.expected) &&
                kept_open(path, 0, &p->reader, NULL) && place_columns(p, a) && fixed_params(p, a);
    if (good) {
        Thread *thread = thread_start("try", try_file, &trial);
        kept_trust(p->reader);
        if (first == 1)
            registry_table_index(p->conn, p->face, false);
        good = write_rows(p, first, rows);
        thread_join(thread);
        good = good && trial.good;
        if (!good)
            store_write(p->conn, p->face->erase_from, PARAMS(p_int(p->event->node), p_int(first)));
        if (first == 1)
            registry_table_index(p->conn, p->face, true);
    }
    kept_close(p->reader);
    arena_close(a);
    return good;
}

void registry_apply_loaded(void *state, StoreConn *conn, const Event *e)
{
    const RegistryModule *m = state;
    Str registry = value_get_string(e->open, STR("registry"));
    Str file = value_get_string(e->open, STR("file"));
    int64_t first = value_get_int(e->open, STR("first"), 0);
    int64_t rows = value_get_int(e->open, STR("rows"), 0);
    Applying p = {.conn = conn, .event = e, .face = registry_face(conn, e->node, registry, NULL)};
    check(first > 0 && rows > 0);
    if (!p.face)
        return; /* the connection has failed */
    bool whole = m->folder.len && apply_file(&p, kept_path(e->arena, m->folder, file), first, rows);
    store_write(conn, &sql_bulk,
                PARAMS(p_int(e->node), p_text(registry), p_int(first), p_int(rows), p_int(e->seq),
                       p_text(file), p_text(value_get_string(e->open, STR("sm3"))), p_int(whole)));
    registry_count_set(conn, e->node, registry, first + rows);
}
