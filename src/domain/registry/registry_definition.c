/* registry_definition.c - what a registry's definition says: schema, x-tongban, properties.
 *
 * The schema itself is compiled by lang/schema, which refuses what is no JSON Schema. Here the
 * annotations are read and checked:
 *
 *     x-tongban           key, title {zh, en}, source, share, numbering?
 *     title               of a property, in Chinese; x-tongban-title {en} beside it
 *     x-tongban-level     1 public, 2 internal, 3 personal, 4 sensitive; 1 when absent
 *     x-tongban-source    office, when it is not the registry's
 *
 * Properties of properties that are objects are listed under dotted names. */
#include "domain/registry/registry_int.h"

#include "codec/json.h"

#define LEVEL_MAX 4
#define NESTING_MAX 8u

FAULT_DEFINE(REGISTRY_FAULTS)

typedef struct Reading {
    Arena *arena;
    Str text, file;
    Registry *about;
    RegistryProperty *properties;
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
    if (level < 1 || level > LEVEL_MAX)
        return wrong(r, pointer, STR("x-tongban-level is a number from 1 to 4"));
    p->level = (int)level;
    about->personal = about->personal || level > 1;
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
           read_numbering(r, value_field(own, "numbering"), numbering);
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
    r->about = &out->about;
    r->properties = arena_new_array(r->arena, RegistryProperty, REGISTRY_PROPERTIES_MAX);
    if (!r->properties)
        return err_set(r->err, &fault_out_of_memory, STR("registry"));
    out->about.properties = r->properties;
    return read_annotation(r, value_field(document, "x-tongban"), &out->numbering) &&
           read_properties(r, document, STR_NONE, STR_NONE, 0) && check_key(r);
}

bool registry_kind_read(Arena *a, Str name, Str text, Str file, RegistryKind *out, Err *err)
{
    Value document = value_null();
    Reading r = {a, text, file, NULL, NULL, err};
    *out = (RegistryKind){.about = {.name = arena_copy(a, name)}};
    if (!json_parse(a, text, &document, err)) {
        err_at(err, file, 0, 0);
        return false;
    }
    return read_document(&r, document, out);
}

bool registry_kind_compile(Arena *a, Str name, Str text, Str file, RegistryKind *out, Err *err)
{
    Schema *schema = NULL;
    Reading r = {a, text, file, NULL, NULL, err};
    *out = (RegistryKind){.about = {.name = arena_copy(a, name)}};
    if (!schema_compile(a, text, file, NULL, &schema, err))
        return false;
    out->schema = schema;
    return read_document(&r, schema_document(schema), out);
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
