/* form_compile.c - from the text of a form-js schema to a Form.
 *
 * A schema is a tree of components. We keep what data is judged by and what a renderer, the pack
 * checker and the API ask for; everything else of form-js (layout, appearance, exporter) is
 * passed over unread, because a form editor may put more there in its next version. What would
 * change the meaning of data is never passed over: an unknown component type, a select without
 * fixed values, a required flag that is not a boolean are faults with line and column.
 *
 *     schema ── components ──▶ FormField tree ── paths unique? ──▶ conditions ──▶ Form
 *
 * The JSON Pointer of the component being read is carried along, so that a fault can be placed
 * by json_locate() in the author's own text. */
#include "base/check.h"
#include "codec/identifier.h"
#include "codec/json.h"
#include "lang/form/form_int.h"

FAULT_DEFINE(FORM_FAULTS)
FAULT_DEFINE(FORM_DATA_FAULTS)
FAULT_TABLE(form_faults, FORM_FAULTS)
FAULT_TABLE(form_data_faults, FORM_DATA_FAULTS)

#define FORM_NAME_BYTES_MAX 60u

typedef struct Reader {
    Arena *a;
    Str text, file;
    Form *form;
    size_t component_count;
    Err *err;
} Reader;

/* Where the reader stands: the component, its pointer in the schema, what holds it. */
typedef struct Place {
    Value component;
    Str pointer;
    FormField *parent;
    unsigned depth;
} Place;

#define FORM_TYPE_TEXT(name, text, role) text,
#define FORM_TYPE_ROLE(name, text, role) FORM_ROLE_##role,
static const char *const type_texts[] = {FORM_TYPES(FORM_TYPE_TEXT)};
static const FormRole type_roles[] = {FORM_TYPES(FORM_TYPE_ROLE)};

const char *form_type_name(FormType type)
{
    check(type < FORM_TYPE_COUNT);
    return type_texts[type];
}

FormRole form_type_role(FormType type)
{
    check(type < FORM_TYPE_COUNT);
    return type_roles[type];
}

bool form_type_parse(Str text, FormType *out)
{
    for (unsigned i = 0; i < FORM_TYPE_COUNT; i++)
        if (str_equal(text, str_from(type_texts[i]))) {
            *out = (FormType)i;
            return true;
        }
    return false;
}

/* ---- Faults with a place. */

/* A pointer to something absent is placed at what should hold it. */
static void place_at(const Reader *r, Str pointer)
{
    uint32_t line = 0, column = 0;
    Str at = pointer;
    while (!json_locate(r->text, at, &line, &column) && at.len > 0) {
        while (at.len > 0 && at.ptr[at.len - 1] != '/')
            at.len--;
        at.len -= at.len > 0;
    }
    err_at(r->err, r->file, line, column);
    err_at_element(r->err, pointer);
}

#define refuse_at(r, pointer, fault, ...) \
    (err_set((r)->err, (fault), ##__VA_ARGS__), place_at((r), (pointer)), false)

static Str pointer_to(const Reader *r, Str base, const char *key)
{
    return arena_printf(r->a, "%.*s/%s", STR_ARG(base), key);
}

static bool name_valid(Str s)
{
    if (s.len == 0 || s.len > FORM_NAME_BYTES_MAX)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool later = (c >= '0' && c <= '9') || c == '_';
        if (!letter && (i == 0 || !later))
            return false;
    }
    return true;
}

/* A string of the component, or empty; anything but a string is a fault. */
static bool read_text(const Reader *r, const Place *p, const char *key, Str *out)
{
    *out = STR_NONE;
    Value v = value_get(p->component, str_from(key));
    if (value_is_null(v))
        return true;
    if (!value_is(v, VALUE_STRING))
        return refuse_at(r, pointer_to(r, p->pointer, key), &fault_form_validate, str_from(key),
                         STR("a string"), STR("字符串"));
    *out = v.as.string;
    return true;
}

static bool read_flag(const Reader *r, Value holder, Str pointer, const char *key, bool *out)
{
    *out = false;
    Value v = value_get(holder, str_from(key));
    if (value_is_null(v))
        return true;
    if (!value_is(v, VALUE_BOOLEAN))
        return refuse_at(r, pointer_to(r, pointer, key), &fault_form_validate, str_from(key),
                         STR("true or false"), STR("true 或 false"));
    *out = v.as.boolean;
    return true;
}

/* A whole number of the holder, or -1 when it is absent. */
static bool read_count(const Reader *r, Value holder, Str pointer, const char *key, int64_t *out)
{
    *out = -1;
    Value v = value_get(holder, str_from(key));
    if (value_is_null(v))
        return true;
    int64_t n = 0;
    if (!value_is(v, VALUE_NUMBER) || !dec_to_int64(v.as.number, &n) || n < 0 || n > 1000000)
        return refuse_at(r, pointer_to(r, pointer, key), &fault_form_validate, str_from(key),
                         STR("a whole number from 0"), STR("不小于 0 的整数"));
    *out = n;
    return true;
}

static bool read_number(const Reader *r, Value holder, Str pointer, const char *key, bool *has,
                        Dec *out)
{
    Value v = value_get(holder, str_from(key));
    *has = !value_is_null(v);
    if (!*has)
        return true;
    if (value_is(v, VALUE_NUMBER)) {
        *out = v.as.number;
        return true;
    }
    if (value_is(v, VALUE_STRING) && dec_parse(v.as.string, out))
        return true;
    return refuse_at(r, pointer_to(r, pointer, key), &fault_form_validate, str_from(key),
                     STR("a number"), STR("数字"));
}

/* ---- Options. */

static Str option_english(const Reader *r, const Place *p, Value value, Str fallback)
{
    Str text = value_is(value, VALUE_STRING) ? value.as.string : json_copy_text(r->a, value);
    Str key = arena_printf(r->a, "option.%.*s.en", STR_ARG(text));
    Str english = value_get_string(value_field(p->component, "properties"), key);
    return english.len ? english : fallback;
}

static bool options_read(const Reader *r, const Place *p, FormField *field)
{
    Value values = value_field(p->component, "values");
    Str at = pointer_to(r, p->pointer, "values");
    size_t count = value_count(values);
    if (!value_is(values, VALUE_LIST) || count == 0)
        return refuse_at(r, p->pointer, &fault_form_shape, STR("\"values\" for a choice"));
    if (count > FORM_OPTIONS_MAX)
        return refuse_at(r, at, &fault_form_limit, STR("options"));
    FormOption *options = arena_new_array(r->a, FormOption, count);
    if (!options)
        return err_set(r->err, &fault_out_of_memory, STR("form"));
    for (size_t i = 0; i < count; i++) {
        Value item = value_item(values, i), value = value_field(item, "value");
        bool scalar = value_is(value, VALUE_STRING) || value_is(value, VALUE_NUMBER) ||
                      value_is(value, VALUE_BOOLEAN);
        Str here = arena_printf(r->a, "%.*s/%zu", STR_ARG(at), i);
        if (!scalar)
            return refuse_at(r, here, &fault_form_shape, STR("{label, value} in \"values\""));
        for (size_t j = 0; j < i; j++)
            if (value_same(options[j].value, value))
                return refuse_at(r, here, &fault_form_key_twice, json_copy_text(r->a, value));
        Str label = value_get_string(item, STR("label"));
        options[i] = (FormOption){value, label, option_english(r, p, value, label)};
    }
    field->options = options;
    field->option_count = count;
    return true;
}

/* ---- One component. */

static bool source_read(const Reader *r, const Place *p, FormField *field)
{
    Str source = value_get_string(value_field(p->component, "properties"), STR("source"));
    if (source.len == 0)
        return true;
    Str rest = source;
    Str scheme = str_split(&rest, ':');
    Str registry = str_split(&rest, '.');
    if (!str_equal(scheme, STR("registry")) || registry.len == 0 || rest.len == 0)
        return refuse_at(r, pointer_to(r, p->pointer, "properties/source"),
                         &fault_form_source_wrong, source);
    field->source_registry = registry;
    field->source_column = rest;
    return true;
}

static bool properties_read(const Reader *r, const Place *p, FormField *field,
                            struct FormRule *rule)
{
    Value properties = value_field(p->component, "properties");
    field->label_en = value_get_string(properties, STR("label.en"));
    if (field->label_en.len == 0)
        field->label_en = field->label_zh;
    field->datum = value_get_string(properties, STR("datum"));
    field->format = value_get_string(properties, STR("format"));
    Str legacy = value_get_string(properties, STR("legacy"));
    rule->legacy = str_equal(legacy, STR("accept"));
    if (legacy.len && !rule->legacy)
        return refuse_at(r, pointer_to(r, p->pointer, "properties/legacy"), &fault_form_validate,
                         STR("legacy"), STR("accept"), STR("accept"));
    if (field->format.len && !identifier_format_known(field->format))
        return refuse_at(r, pointer_to(r, p->pointer, "properties/format"),
                         &fault_form_format_unknown, field->format);
    rule->hint_en = value_get_string(properties, STR("pattern.en"));
    return source_read(r, p, field);
}

static bool pattern_read(const Reader *r, const Place *p, Value validate, struct FormRule *rule)
{
    Value pattern = value_field(validate, "pattern");
    if (value_is_null(pattern) || (value_is(pattern, VALUE_STRING) && pattern.as.string.len == 0))
        return true;
    Str at = pointer_to(r, p->pointer, "validate/pattern");
    if (!value_is(pattern, VALUE_STRING))
        return refuse_at(r, at, &fault_form_validate, STR("pattern"), STR("a string"),
                         STR("字符串"));
    FormPattern *compiled = NULL;
    Str why = STR_NONE;
    if (!form_pattern_compile(r->a, pattern.as.string, &compiled, &why))
        return refuse_at(r, at, &fault_form_pattern_wrong, pattern.as.string, why);
    rule->pattern = compiled;
    rule->hint_zh = value_get_string(validate, STR("patternErrorMessage"));
    if (rule->hint_en.len == 0)
        rule->hint_en = rule->hint_zh;
    return true;
}

static bool validate_read(const Reader *r, const Place *p, FormField *field,
                          struct FormRule *rule)
{
    Value validate = value_field(p->component, "validate");
    Str at = pointer_to(r, p->pointer, "validate");
    if (!value_is_null(validate) && !value_is(validate, VALUE_CONTEXT))
        return refuse_at(r, at, &fault_form_validate, STR("validate"), STR("an object"),
                         STR("对象"));
    if (!read_flag(r, validate, at, "required", &field->required) ||
        !read_count(r, validate, at, "minLength", &rule->min_length) ||
        !read_count(r, validate, at, "maxLength", &rule->max_length) ||
        !read_number(r, validate, at, "min", &rule->has_min, &rule->min) ||
        !read_number(r, validate, at, "max", &rule->has_max, &rule->max))
        return false;
    bool lengths = rule->min_length < 0 || rule->max_length < 0 ||
                   rule->min_length <= rule->max_length;
    if (!lengths)
        return refuse_at(r, at, &fault_form_validate, STR("maxLength"),
                         STR("at least minLength"), STR("不小于 minLength 的数"));
    if (rule->has_min && rule->has_max && dec_compare(rule->min, rule->max) > 0)
        return refuse_at(r, at, &fault_form_validate, STR("max"), STR("at least min"),
                         STR("不小于 min 的数"));
    return pattern_read(r, p, validate, rule);
}

static bool date_kind_read(const Reader *r, const Place *p, FormField *field)
{
    Str subtype = STR_NONE;
    if (!read_text(r, p, "subtype", &subtype))
        return false;
    if (subtype.len == 0 || str_equal(subtype, STR("date")))
        field->date_kind = FORM_DATE;
    else if (str_equal(subtype, STR("time")))
        field->date_kind = FORM_TIME;
    else if (str_equal(subtype, STR("datetime")))
        field->date_kind = FORM_DATE_TIME;
    else
        return refuse_at(r, pointer_to(r, p->pointer, "subtype"), &fault_form_validate,
                         STR("subtype"), STR("date, time or datetime"),
                         STR(" date、time 或 datetime"));
    return true;
}

/* What only some types have. */
static bool kind_read(const Reader *r, const Place *p, FormField *field, struct FormRule *rule)
{
    switch (field->type) {
    case FORM_SELECT:
    case FORM_RADIO:
    case FORM_CHECKLIST:
    case FORM_TAGLIST:
        return options_read(r, p, field);
    case FORM_NUMBER:
        return read_count(r, p->component, p->pointer, "decimalDigits", &rule->decimal_digits) &&
               read_flag(r, p->component, p->pointer, "serializeToString", &rule->number_text);
    case FORM_DATETIME:
        if (field->label_zh.len == 0)
            field->label_zh = value_get_string(p->component, STR("dateLabel"));
        if (field->label_zh.len == 0)
            field->label_zh = value_get_string(p->component, STR("timeLabel"));
        return date_kind_read(r, p, field) &&
               read_flag(r, p->component, p->pointer, "disallowPassedDates",
                         &rule->no_past_days);
    case FORM_FILEPICKER:
        return read_flag(r, p->component, p->pointer, "multiple", &field->multiple) &&
               read_text(r, p, "accept", &field->accept);
    default:
        return true;
    }
}

static bool condition_read(const Reader *r, const Place *p, FormField *field)
{
    Value conditional = value_field(p->component, "conditional");
    Value hide = value_field(conditional, "hide");
    if (value_is_null(hide))
        return true;
    Str at = pointer_to(r, p->pointer, "conditional/hide");
    if (!value_is(hide, VALUE_STRING))
        return refuse_at(r, at, &fault_form_validate, STR("hide"), STR("FEEL text after \"=\""),
                         STR("以“=”开头的 FEEL 表达式"));
    Str text = str_trim(hide.as.string);
    if (text.len == 0)
        return true;
    if (text.ptr[0] != '=')
        return refuse_at(r, at, &fault_form_validate, STR("hide"), STR("FEEL text after \"=\""),
                         STR("以“=”开头的 FEEL 表达式"));
    field->hide = str_trim(str_slice(text, 1, text.len));
    return true;
}

/* The key, or the path of a group or list, and the path from the root made of it. */
static bool key_read(const Reader *r, const Place *p, FormField *field)
{
    bool holder = form_type_role(field->type) == FORM_ROLE_FRAME;
    const char *name = holder ? "path" : "key";
    if (!read_text(r, p, name, &field->key))
        return false;
    const FormField *above = field->parent;
    while (above && form_is_frame(above))
        above = above->parent;
    Str base = above ? above->path : STR_NONE;
    if (field->type == FORM_GROUP && field->key.len == 0) {
        field->path = base;
        return true;
    }
    if (!name_valid(field->key))
        return refuse_at(r, pointer_to(r, p->pointer, name), &fault_form_key, field->key);
    field->path = base.len ? arena_printf(r->a, "%.*s/%.*s", STR_ARG(base), STR_ARG(field->key))
                           : field->key;
    if (map_has(&r->form->by_path, field->path))
        return refuse_at(r, pointer_to(r, p->pointer, name), &fault_form_key_twice, field->path);
    map_put(&r->form->by_path, field->path, field);
    r->form->fields[r->form->field_count++] = field;
    return true;
}

static bool components_read(Reader *r, const Place *place, const FormField *const **out,
                            size_t *count);

static bool component_type(const Reader *r, const Place *p, FormType *type)
{
    Str text = value_get_string(p->component, STR("type"));
    if (form_type_parse(text, type))
        return true;
    Buf known = buf_new(r->a, 0);
    for (unsigned i = 0; i < FORM_TYPE_COUNT; i++)
        buf_printf(&known, "%s%s", i ? ", " : "", type_texts[i]);
    return refuse_at(r, p->pointer, &fault_form_component, text, buf_text(&known));
}

/* One component; *out stays NULL for those that only show something. */
static bool component_read(Reader *r, const Place *p, const FormField **out)
{
    FormType type = FORM_TEXT;
    *out = NULL;
    if (!value_is(p->component, VALUE_CONTEXT))
        return refuse_at(r, p->pointer, &fault_form_shape, STR("components that are objects"));
    if (++r->component_count > FORM_FIELDS_MAX || p->depth > FORM_DEPTH_MAX)
        return refuse_at(r, p->pointer, &fault_form_limit, STR("components"));
    if (!component_type(r, p, &type))
        return false;
    if (form_type_role(type) == FORM_ROLE_SHOW)
        return true;
    FormField *field = arena_new(r->a, FormField);
    struct FormRule *rule = arena_new(r->a, struct FormRule);
    *rule = (struct FormRule){.min_length = -1, .max_length = -1, .decimal_digits = -1};
    field->type = type;
    field->parent = p->parent;
    field->rule = rule;
    json_locate(r->text, p->pointer, &field->line, &field->column);
    if (!read_text(r, p, "label", &field->label_zh) || !key_read(r, p, field) ||
        !kind_read(r, p, field, rule) || !properties_read(r, p, field, rule) ||
        !validate_read(r, p, field, rule) || !condition_read(r, p, field) ||
        !read_flag(r, p->component, p->pointer, "disabled", &field->disabled))
        return false;
    if (form_type_role(type) == FORM_ROLE_FRAME) {
        Place inside = {p->component, p->pointer, field, p->depth + 1};
        if (!components_read(r, &inside, &field->children, &field->child_count))
            return false;
    }
    *out = field;
    return true;
}

/* The "components" of the place's component, read into an array. */
static bool components_read(Reader *r, const Place *place, const FormField *const **out,
                            size_t *count)
{
    Value list = value_field(place->component, "components");
    Str at = pointer_to(r, place->pointer, "components");
    *count = 0;
    if (!value_is(list, VALUE_LIST))
        return refuse_at(r, place->pointer, &fault_form_shape, STR("\"components\", a list"));
    size_t length = value_count(list);
    if (length > FORM_FIELDS_MAX)
        return refuse_at(r, at, &fault_form_limit, STR("components"));
    const FormField **fields = arena_new_array(r->a, const FormField *, length + 1);
    if (!fields)
        return err_set(r->err, &fault_out_of_memory, STR("form"));
    for (size_t i = 0; i < length; i++) {
        Place inside = {value_item(list, i), arena_printf(r->a, "%.*s/%zu", STR_ARG(at), i),
                        place->parent, place->depth};
        const FormField *field = NULL;
        if (!component_read(r, &inside, &field))
            return false;
        if (field)
            fields[(*count)++] = field;
    }
    *out = fields;
    return true;
}

bool form_compile(Arena *a, Str json, Str file, Form **out, Err *err)
{
    Err own = {0};
    Err *why = err ? err : &own;
    Value schema = value_null();
    *out = NULL;
    if (!json_parse(a, json, &schema, why)) {
        err_at(why, file, 0, 0);
        return false;
    }
    Form *form = arena_new(a, Form);
    form->source = arena_copy(a, json);
    form->fields = arena_new_array(a, const FormField *, FORM_FIELDS_MAX + 1);
    form->by_path = map_new(a);
    form->id = value_get_string(schema, STR("id"));
    Reader r = {.a = a, .text = form->source, .file = file, .form = form, .err = why};
    Str type = value_get_string(schema, STR("type"));
    if (!form->fields)
        return err_set(why, &fault_out_of_memory, STR("form"));
    if (!str_equal(type, STR("default")))
        return refuse_at(&r, STR_NONE, &fault_form_shape, STR("\"type\": \"default\""));
    if (form->id.len == 0 || form->id.len > FORM_NAME_BYTES_MAX)
        return refuse_at(&r, STR_NONE, &fault_form_shape, STR("an \"id\""));
    Place top = {schema, STR_NONE, NULL, 1};
    if (!components_read(&r, &top, &form->roots, &form->root_count) ||
        !form_conditions_compile(a, form, file, why))
        return false;
    if (arena_failed(a))
        return err_set(why, &fault_out_of_memory, STR("form"));
    check(form->field_count <= FORM_FIELDS_MAX);
    *out = form;
    return true;
}

Str form_id(const Form *f)
{
    return f->id;
}

Str form_source(const Form *f)
{
    return f->source;
}

size_t form_field_count(const Form *f)
{
    return f->field_count;
}

const FormField *form_field_at(const Form *f, size_t i)
{
    check(i < f->field_count);
    return f->fields[i];
}

const FormField *form_field(const Form *f, Str path)
{
    return map_get(&f->by_path, path);
}
