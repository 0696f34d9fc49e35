/* registry_definition.c - what a registry's definition says: schema, x-tongban, properties.
 *
 * The schema itself is compiled by lang/schema, which refuses what is no JSON Schema. Here the
 * annotations are read and checked:
 *
 *     x-tongban           key, title {zh, en}, source, share, numbering?, grade?, rights?,
 * duplicates?
 *     title               of a property, in Chinese; x-tongban-title {en} beside it
 *     x-tongban-level     1 public, 2 internal, 3 personal, 4 sensitive; 1 when absent
 *     x-tongban-source    office, when it is not the registry's
 *     x-tongban-grade     least grade that a value may have, when it is not the registry's
 *     x-tongban-mask      how it is shown masked: name, number, address, all
 *
 * Properties of properties that are objects are listed under dotted names; columns of the table are
 * the ones at the top. A type that is one of string, integer, boolean, number (or null beside it)
 * makes a typed column, and so does an enum of texts; everything else is kept as JSON. */
#include "domain/registry/registry_int.h"

#include "codec/json.h"

#define NESTING_MAX 8u
#define READING_ARENA_BYTES (16u << 20)

FAULT_DEFINE(REGISTRY_FAULTS)

typedef struct Reading {
    Arena *arena;
    Str text, file;
    Registry *about;
    RegistryProperty *properties;
    Column *columns;
    size_t column_count;
    Err *err;
} Reading;

static bool wrong(Reading *r, Str pointer, Str what)
{
    uint32_t line = 0, column = 0;
    (void)json_locate(r->text, pointer, &line, &column);
    err_set(r->err, &fault_registry_definition, what);
    err_at(r->err, r->file, line, column);
    err_at_element(r->err, pointer);
    return false;
}

/* ---- Properties. */

static Str type_of(Value schema)
{
    Value type = value_field(schema, "type");
    for (size_t i = 0; value_is(type, VALUE_LIST) && i < value_count(type); i++)
        if (!str_equal(value_item(type, i).as.string, STR("null")))
            return value_item(type, i).as.string;
    return value_is(type, VALUE_STRING) ? type.as.string : STR_NONE;
}

static bool listed(Value list, Str name)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (value_is(value_item(list, i), VALUE_STRING) &&
            str_equal(value_item(list, i).as.string, name))
            return true;
    return false;
}

/* The kind of column that holds every value the schema allows. */
static ColumnKind column_kind(Value schema)
{
    static const struct {
        const char *type;
        ColumnKind kind;
    } types[] = {{"string", COLUMN_TEXT}, {"integer", COLUMN_INTEGER},
                 {"boolean", COLUMN_BOOLEAN}, {"number", COLUMN_NUMBER}};
    Value type = value_field(schema, "type"), allowed = value_field(schema, "enum");
    size_t named = value_is(type, VALUE_STRING) ? 1 : value_count(type);
    bool nullable = listed(type, STR("null"));
    for (size_t i = 0; i < 4; i++)
        if (named == 1 + (nullable ? 1u : 0u) &&
            str_equal(type_of(schema), str_from(types[i].type)))
            return types[i].kind;
    for (size_t i = 0; i < value_count(allowed); i++)
        if (!value_is(value_item(allowed, i), VALUE_STRING))
            return COLUMN_JSON;
    return named == 0 && value_count(allowed) > 0 ? COLUMN_TEXT : COLUMN_JSON;
}

static void add_column(Reading *r, Value schema, const RegistryProperty *p)
{
    if (str_equal(p->name, r->about->key))
        return;
    r->columns[r->column_count++] =
        (Column){.property = p->name, .kind = column_kind(schema), .current = true,
                 .keeps_null = p->required && listed(value_field(schema, "type"), STR("null"))};
}

static bool known_word(Str word, const char *const *words)
{
    for (; *words; words++)
        if (str_equal(word, str_from(*words)))
            return true;
    return false;
}

/* What a value looks like when it is not shown: by its word, else by format. */
static bool read_mask(Reading *r, Value schema, RegistryProperty *p, Str pointer)
{
    static const char *const words[] = {"name", "number", "address", "all", NULL};
    p->mask = value_get_string(schema, STR("x-tongban-mask"));
    if (p->mask.len)
        return known_word(p->mask, words) ||
               wrong(r, pointer, STR("x-tongban-mask is one of name, number, address, all"));
    bool number = p->format.len && !str_equal(p->format, STR("date")) &&
                  !str_equal(p->format, STR("email"));
    p->mask = number ? STR("number") : STR("all");
    return true;
}

static bool read_grade(Reading *r, Str grade, Str pointer, Str *out)
{
    if (grade.len && !registry_grade_rank(grade))
        return wrong(r, pointer, STR("a grade is one of issued, verified, uploaded, declared"));
    *out = grade;
    return true;
}

static bool read_properties(Reading *r, Value schema, Str prefix, Str pointer, unsigned depth);

static bool read_property(Reading *r, Value whole, const ValueEntry *e, Str prefix, Str pointer,
                          unsigned depth)
{
    Registry *about = r->about;
    if (about->property_count == REGISTRY_PROPERTIES_MAX)
        return wrong(r, pointer, STR("too many properties"));
    RegistryProperty *p = &r->properties[about->property_count++];
    Value title = value_field(e->value, "x-tongban-title");
    Str zh = value_get_string(title, STR("zh"));
    p->name = prefix.len ? arena_printf(r->arena, "%.*s.%.*s", STR_ARG(prefix), STR_ARG(e->key))
                         : e->key;
    p->title_zh = zh.len ? zh : value_get_string(e->value, STR("title"));
    p->title_en = value_get_string(title, STR("en"));
    p->type = type_of(e->value);
    p->format = value_get_string(e->value, STR("format"));
    p->source = value_get_string(e->value, STR("x-tongban-source"));
    p->required = listed(value_field(whole, "required"), e->key);
    int64_t level = value_get_int(e->value, STR("x-tongban-level"), 1);
    if (level < 1 || level > REGISTRY_LEVEL_MAX)
        return wrong(r, pointer, STR("x-tongban-level is a number from 1 to 4"));
    p->level = (int)level;
    about->personal = about->personal || level > 1;
    if (!read_mask(r, e->value, p, pointer) ||
        !read_grade(r, value_get_string(e->value, STR("x-tongban-grade")), pointer, &p->grade))
        return false;
    if (depth == 0)
        add_column(r, e->value, p);
    return read_properties(r, e->value, p->name, pointer, depth + 1);
}

static bool read_properties(Reading *r, Value schema, Str prefix, Str pointer, unsigned depth)
{
    Value properties = value_field(schema, "properties");
    if (!value_is(properties, VALUE_CONTEXT) || depth > NESTING_MAX)
        return true;
    for (size_t i = 0; i < properties.as.context.count; i++) {
        const ValueEntry *e = &properties.as.context.entries[i];
        Str place = arena_printf(r->arena, "%.*s/properties/%.*s", STR_ARG(pointer),
                                 STR_ARG(e->key));
        if (!read_property(r, schema, e, prefix, place, depth))
            return false;
    }
    return true;
}

/* ---- x-tongban. */

static bool read_share(Reading *r, Str share)
{
    static const char *const names[] = {"unconditional", "conditional", "none"};
    for (size_t i = 0; i < 3; i++)
        if (str_equal(share, str_from(names[i]))) {
            r->about->share = (RegistryShare)i;
            return true;
        }
    return wrong(r, STR("/x-tongban"),
                 STR("\"share\" is one of unconditional, conditional, none"));
}

static bool digits_only(Str s, size_t len)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    return s.len == len;
}

static bool read_numbering(Reading *r, Value v, Numbering *out)
{
    Str format = value_get_string(v, STR("format"));
    *out = (Numbering){0};
    if (value_is_null(v))
        return true;
    if (str_equal(format, STR("uscc"))) {
        out->format = NUMBERING_USCC;
        out->kind = value_get_string(v, STR("kind"));
        out->region = value_get_string(v, STR("region"));
        if (out->kind.len != 2 || !digits_only(out->region, 6))
            return wrong(r, STR("/x-tongban/numbering"),
                         STR("\"uscc\" needs a kind of 2 characters and a region of 6 digits"));
    } else if (str_equal(format, STR("serial"))) {
        out->format = NUMBERING_SERIAL;
        out->prefix = value_get_string(v, STR("prefix"));
        out->digits = value_get_int(v, STR("digits"), 0);
        out->yearly = value_get_boolean(v, STR("yearly"), false);
        if (out->digits < 1 || out->digits > 15)
            return wrong(r, STR("/x-tongban/numbering"), STR("\"digits\" is from 1 to 15"));
    } else {
        return wrong(r, STR("/x-tongban/numbering"), STR("\"format\" is uscc or serial"));
    }
    r->about->numbered = true;
    return true;
}

/* [{role, level, rows?}] */
static bool read_rights(Reading *r, Value list)
{
    RegistryRight *rights = arena_new_array(r->arena, RegistryRight, value_count(list) + 1);
    r->about->rights = rights;
    for (size_t i = 0; i < value_count(list); i++) {
        Value v = value_item(list, i);
        int64_t level = value_get_int(v, STR("level"), 0);
        Str role = value_get_string(v, STR("role"));
        if (!role.len || level < 1 || level > REGISTRY_LEVEL_MAX)
            return wrong(r, arena_printf(r->arena, "/x-tongban/rights/%zu", i),
                         STR("a right needs a role and a level from 1 to 4"));
        rights[r->about->right_count++] =
            (RegistryRight){role, (int)level, value_get_string(v, STR("rows"))};
    }
    return value_is_null(list) || value_is(list, VALUE_LIST) ||
           wrong(r, STR("/x-tongban/rights"), STR("\"rights\" is a list"));
}

/* Names in rights and duplicates must be properties at the top. */
static bool top_property(Reading *r, Value name, const char *where)
{
    if (value_is(name, VALUE_STRING) && str_find(name.as.string, STR(".")) < 0 &&
        registry_property(r->about, name.as.string))
        return true;
    return wrong(r, str_from(where), STR("it names something that is no property"));
}

static bool check_names(Reading *r, Value own)
{
    r->about->duplicates = value_field(own, "duplicates");
    for (size_t i = 0; i < value_count(r->about->duplicates); i++) {
        Value rule = value_item(r->about->duplicates, i);
        if (!value_is(rule, VALUE_LIST) || !value_count(rule))
            return wrong(r, STR("/x-tongban/duplicates"), STR("a rule is a list of properties"));
        for (size_t k = 0; k < value_count(rule); k++)
            if (!top_property(r, value_item(rule, k), "/x-tongban/duplicates"))
                return false;
    }
    for (size_t i = 0; i < r->about->right_count; i++)
        if (r->about->rights[i].rows.len &&
            !top_property(r, value_string(r->about->rights[i].rows), "/x-tongban/rights"))
            return false;
    return true;
}

static bool read_annotation(Reading *r, Value own, Numbering *numbering)
{
    Registry *about = r->about;
    Value title = value_field(own, "title");
    about->title_zh = value_get_string(title, STR("zh"));
    about->title_en = value_get_string(title, STR("en"));
    about->key = value_get_string(own, STR("key"));
    about->source = value_get_string(own, STR("source"));
    if (!value_is(own, VALUE_CONTEXT))
        return wrong(r, STR(""), STR("it is missing"));
    if (!about->title_zh.len || !about->title_en.len)
        return wrong(r, STR("/x-tongban"), STR("\"title\" needs zh and en"));
    if (!about->source.len)
        return wrong(r, STR("/x-tongban"), STR("\"source\" must name an office"));
    return read_share(r, value_get_string(own, STR("share"))) &&
           read_grade(r, value_get_string(own, STR("grade")), STR("/x-tongban"), &about->grade) &&
           read_rights(r, value_field(own, "rights")) && read_numbering(r, value_field(own, "numbering"), numbering);
}

static bool check_key(Reading *r)
{
    const RegistryProperty *key = registry_property(r->about, r->about->key);
    if (!key || str_find(key->name, STR(".")) >= 0)
        return wrong(r, STR("/x-tongban"), STR("\"key\" must name a property"));
    if (!key->required || !str_equal(key->type, STR("string")))
        return wrong(r, STR("/x-tongban"),
                     STR("the key must be a required property of type string"));
    return true;
}

static bool read_document(Reading *r, Value document, RegistryKind *out)
{
    Value own = value_field(document, "x-tongban");
    size_t listed_count = value_count(value_field(document, "properties"));
    r->about = &out->about;
    r->properties = arena_new_array(r->arena, RegistryProperty, REGISTRY_PROPERTIES_MAX);
    r->columns = arena_new_array(r->arena, Column, listed_count + 1);
    if (!r->properties || !r->columns)
        return err_set(r->err, &fault_out_of_memory, STR("registry"));
    if (listed_count > REGISTRY_COLUMNS_MAX / 2)
        return wrong(r, STR("/properties"), STR("too many properties"));
    out->about.properties = r->properties;
    if (!read_annotation(r, own, &out->numbering) ||
        !read_properties(r, document, STR_NONE, STR_NONE, 0) || !check_key(r) ||
        !check_names(r, own))
        return false;
    out->columns = r->columns;
    out->column_count = r->column_count;
    out->graded = out->about.grade.len > 0;
    for (size_t i = 0; i < out->about.property_count; i++)
        out->graded = out->graded || out->about.properties[i].grade.len > 0;
    return true;
}

/* The room for properties that were not there is given back: readers keep many definitions. */
static bool read_in(Arena *a, Reading *r, Value document, RegistryKind *out)
{
    Arena *room = arena_open(READING_ARENA_BYTES);
    r->arena = room;
    bool good = read_document(r, document, out);
    size_t count = out->about.property_count;
    RegistryProperty *properties = arena_new_array(a, RegistryProperty, count + 1);
    Column *columns = arena_new_array(a, Column, out->column_count + 1);
    RegistryRight *rights = arena_new_array(a, RegistryRight, out->about.right_count + 1);
    if (!properties || !columns || !rights || arena_failed(room))
        good = err_set(r->err, &fault_out_of_memory, STR("registry"));
    for (size_t i = 0; good && i < count; i++) {
        properties[i] = out->about.properties[i];
        properties[i].name = arena_copy(a, properties[i].name);
    }
    for (size_t i = 0; good && i < out->column_count; i++)
        columns[i] = out->columns[i];
    for (size_t i = 0; good && i < out->about.right_count; i++)
        rights[i] = out->about.rights[i];
    out->about.properties = properties;
    out->about.rights = rights;
    out->columns = columns;
    arena_close(room);
    return good;
}

bool registry_kind_read(Arena *a, Str name, Str text, Str file, RegistryKind *out, Err *err)
{
    Value document = value_null();
    Reading r = {.text = text, .file = file, .err = err};
    *out = (RegistryKind){.about = {.name = arena_copy(a, name)}};
    if (!json_parse(a, text, &document, err)) {
        err_at(err, file, 0, 0);
        return false;
    }
    return read_in(a, &r, document, out);
}

bool registry_kind_compile(Arena *a, Str name, Str text, Str file, RegistryKind *out, Err *err)
{
    Schema *schema = NULL;
    Reading r = {.text = text, .file = file, .err = err};
    *out = (RegistryKind){.about = {.name = arena_copy(a, name)}};
    if (!schema_compile(a, text, file, NULL, &schema, err))
        return false;
    out->schema = schema;
    return read_in(a, &r, schema_document(schema), out);
}

bool registry_describe(Arena *a, Str name, Str text, Str file, Registry *out, Err *err)
{
    RegistryKind kind;
    if (!registry_kind_compile(a, name, text, file, &kind, err))
        return false;
    schema_close(kind.schema);
    *out = kind.about;
    return true;
}

const RegistryProperty *registry_property(const Registry *registry, Str name)
{
    for (size_t i = 0; i < registry->property_count; i++)
        if (str_equal(registry->properties[i].name, name))
            return &registry->properties[i];
    return NULL;
}
