/* schema_check.c - does a body fit a schema of schema_list.c; and the same schema as JSON Schema.
 *
 * A field's type is one word of a small notation (api_int.h, Field). Reading it stands in one
 * place, read_type, used by the judge of bodies and by the writer of the document: so the
 * document says what is judged.
 *
 *     text:200      {"type": "string", "maxLength": 200}      200 code points at most
 *     =a|b          {"enum": ["a", "b"]}
 *     []#CasePart   {"type": "array", "items": {"$ref": "#/components/schemas/CasePart"}}
 *
 * Bodies are judged exactly: a field that is not in the schema is a fault, as is a null where
 * null is not allowed. All faults are told, up to API_FIELD_FAULTS_MAX. */
#include "api/v2/v2_int.h"

#include "base/check.h"
#include "codec/json.h"

typedef enum TypeWord {
    TYPE_TEXT, TYPE_UUID, TYPE_KEY, TYPE_INT, TYPE_NUMBER, TYPE_BOOL, TYPE_INSTANT, TYPE_DATE,
    TYPE_OBJECT, TYPE_ANY, TYPE_WORD_COUNT
} TypeWord;

/* X: word, JSON Schema, what to tell people */
static const struct {
    const char *word, *schema, *en, *zh;
} type_words[TYPE_WORD_COUNT] = {
    [TYPE_TEXT] = {"text", "\"type\":\"string\"", "a text", "文本"},
    [TYPE_UUID] = {"uuid", "\"type\":\"string\",\"format\":\"uuid\"", "an id (UUID)", "标识（UUID）"},
    [TYPE_KEY] = {"key", "\"type\":\"string\",\"pattern\":\"^[0-9]{1,19}$\"",
                  "a key: decimal digits as a text", "以文本书写的十进制编号"},
    [TYPE_INT] = {"int", "\"type\":\"integer\"", "a whole number", "整数"},
    [TYPE_NUMBER] = {"number", "\"type\":\"number\"", "a number", "数字"},
    [TYPE_BOOL] = {"bool", "\"type\":\"boolean\"", "true or false", "true 或 false"},
    [TYPE_INSTANT] = {"instant", "\"type\":\"string\",\"format\":\"date-time\"",
                      "a date and time with offset, such as 2026-11-25T09:00:00+08:00",
                      "带时区的日期时间，如 2026-11-25T09:00:00+08:00"},
    [TYPE_DATE] = {"date", "\"type\":\"string\",\"format\":\"date\"",
                   "a date, such as 2026-11-25", "日期，如 2026-11-25"},
    [TYPE_OBJECT] = {"object", "\"type\":\"object\"", "an object", "对象"},
    [TYPE_ANY] = {"any", "", "a value", "值"},
};

typedef struct TypeRead {
    bool list;          /* []T: the rest describes the items */
    Str choices;        /* =a|b: "a|b" */
    const Schema *schema; /* #Name */
    TypeWord word;
    int64_t length_max; /* text:N; 0: none */
} TypeRead;

static TypeRead read_type(Str type)
{
    TypeRead t = {0};
    if (str_starts(type, STR("[]"))) {
        t.list = true;
        type = str_slice(type, 2, type.len);
    }
    if (str_starts(type, STR("="))) {
        t.choices = str_slice(type, 1, type.len);
        if (str_ends(t.choices, STR("|")))
            t.choices.len--;
        return t;
    }
    if (str_starts(type, STR("#"))) {
        t.schema = schema_find(str_slice(type, 1, type.len));
        check(t.schema != NULL);
        return t;
    }
    Str length = type;
    Str word = str_split(&length, ':');
    while (t.word < TYPE_WORD_COUNT && !str_equal(word, str_from(type_words[t.word].word)))
        t.word++;
    check(t.word < TYPE_WORD_COUNT);
    check(!length.ptr || str_to_int64(length, &t.length_max));
    return t;
}

static bool in_choices(Str choices, Str text)
{
    while (choices.len)
        if (str_equal(str_split(&choices, '|'), text))
            return true;
    return false;
}

/* ---- Judging. */

typedef struct Judge {
    Arena *arena;
    Lang lang;
    FieldFaults *faults;
    bool fine;
} Judge;

static void judge_value(Judge *j, TypeRead type, Value v, Str at);

static void tell(Judge *j, Str at, const Fault *fault, Str en, Str zh)
{
    Err err = {0};
    Buf text = buf_new(j->arena, 64);
    err_set(&err, fault, en, zh);
    err_text(&err, j->lang, &text);
    field_faults_add(j->arena, j->faults,
                     &(FieldFault){at, str_from(fault->name), STR_NONE, buf_text(&text)});
    j->fine = false;
}

/* The field's JSON Pointer below `at` (RFC 6901 escapes ~ and /). */
static Str below(Judge *j, Str at, Str name)
{
    Buf b = buf_new(j->arena, at.len + name.len + 2);
    buf_add(&b, at);
    buf_add_char(&b, '/');
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '~')
            buf_add_text(&b, "~0");
        else if (name.ptr[i] == '/')
            buf_add_text(&b, "~1");
        else
            buf_add_char(&b, name.ptr[i]);
    }
    return buf_text(&b);
}

static bool word_fits(TypeWord word, Value v)
{
    Id id;
    Instant instant;
    Day day;
    int64_t number;
    bool text = value_is(v, VALUE_STRING);
    switch (word) {
    case TYPE_TEXT: return text;
    case TYPE_UUID: return text && id_parse(v.as.string, &id);
    case TYPE_KEY: return text && str_to_int64(v.as.string, &number) && number > 0;
    case TYPE_INT: return value_is(v, VALUE_NUMBER) && dec_to_int64(v.as.number, &number);
    case TYPE_NUMBER: return value_is(v, VALUE_NUMBER);
    case TYPE_BOOL: return value_is(v, VALUE_BOOLEAN);
    case TYPE_INSTANT: return text && instant_parse(v.as.string, &instant);
    case TYPE_DATE: return text && day_parse(v.as.string, &day);
    case TYPE_OBJECT: return value_is(v, VALUE_CONTEXT);
    case TYPE_ANY: return true;
    default: return false;
    }
}

static void judge_object(Judge *j, const Schema *schema, Value v, Str at)
{
    if (!value_is(v, VALUE_CONTEXT)) {
        tell(j, at, &fault_body_field_type, STR("an object"), STR("对象"));
        return;
    }
    for (size_t i = 0; i < schema->field_count; i++) {
        const Field *f = &schema->fields[i];
        Value field;
        bool there = value_find(v, str_from(f->name), &field);
        Str where = below(j, at, str_from(f->name));
        if (!there) {
            if (f->flags & FIELD_REQUIRED)
                tell(j, where, &fault_body_field_missing, STR_NONE, STR_NONE);
        } else if (!value_is_null(field) || !(f->flags & FIELD_NULLABLE)) {
            judge_value(j, read_type(str_from(f->type)), field, where);
        }
    }
    for (size_t i = 0; i < value_count(v); i++) {
        Str name = v.as.context.entries[i].key;
        bool known = false;
        for (size_t k = 0; k < schema->field_count && !known; k++)
            known = str_equal(name, str_from(schema->fields[k].name));
        if (!known)
            tell(j, below(j, at, name), &fault_body_field_unknown, STR_NONE, STR_NONE);
    }
}

static void judge_value(Judge *j, TypeRead type, Value v, Str at)
{
    if (type.list) {
        if (!value_is(v, VALUE_LIST)) {
            tell(j, at, &fault_body_field_type, STR("a list"), STR("列表"));
            return;
        }
        type.list = false;
        for (size_t i = 0; i < value_count(v); i++)
            judge_value(j, type, value_item(v, i), below(j, at, arena_printf(j->arena, "%zu", i)));
    } else if (type.choices.len) {
        if (!value_is(v, VALUE_STRING) || !in_choices(type.choices, v.as.string))
            tell(j, at, &fault_body_field_choice, type.choices, STR_NONE);
    } else if (type.schema) {
        judge_object(j, type.schema, v, at);
    } else if (!word_fits(type.word, v)) {
        tell(j, at, &fault_body_field_type, str_from(type_words[type.word].en),
             str_from(type_words[type.word].zh));
    } else if (type.length_max && utf8_count(v.as.string) > (size_t)type.length_max) {
        tell(j, at, &fault_body_field_long,
             arena_printf(j->arena, "%lld", (long long)type.length_max), STR_NONE);
    }
}

bool schema_check(Arena *a, Lang lang, const Schema *schema, Value body, FieldFaults *faults)
{
    Judge j = {a, lang, faults, true};
    judge_object(&j, schema, body, STR_NONE);
    return j.fine;
}

const Schema *schema_find(Str name)
{
    for (size_t i = 0; i < schema_count; i++)
        if (str_equal(name, str_from(schema_list[i].name)))
            return &schema_list[i];
    for (size_t i = 0; i < v2_schema_count; i++)
        if (str_equal(name, str_from(v2_schema_list[i].name)))
            return &v2_schema_list[i];
    return NULL;
}

/* ---- Writing as JSON Schema. */

static void write_choices(Str choices, Buf *out)
{
    buf_add_text(out, "\"type\":\"string\",\"enum\":[");
    for (bool first = true; choices.len; first = false) {
        if (!first)
            buf_add_char(out, ',');
        json_write_string(str_split(&choices, '|'), out);
    }
    buf_add_char(out, ']');
}

/* The members of a schema object, without its braces. */
static void write_members(TypeRead type, Buf *out)
{
    if (type.list) {
        type.list = false;
        buf_add_text(out, "\"type\":\"array\",\"items\":{");
        write_members(type, out);
        buf_add_char(out, '}');
    } else if (type.choices.len) {
        write_choices(type.choices, out);
    } else if (type.schema) {
        buf_printf(out, "\"$ref\":\"#/components/schemas/%s\"", type.schema->name);
    } else {
        buf_add(out, str_from(type_words[type.word].schema));
        if (type.length_max)
            buf_printf(out, ",\"maxLength\":%lld", (long long)type.length_max);
    }
}

void schema_write_type(Str type, bool nullable, Buf *out)
{
    if (nullable)
        buf_add_text(out, "\"anyOf\":[{");
    write_members(read_type(type), out);
    if (nullable)
        buf_add_text(out, "},{\"type\":\"null\"}]");
}

void schema_write(const Schema *schema, Lang lang, Buf *out)
{
    bool first = true;
    buf_add_text(out, "{\"type\":\"object\",\"description\":");
    json_write_string(str_from(lang == LANG_EN ? schema->en : schema->zh), out);
    buf_add_text(out, ",\"additionalProperties\":false,\"required\":[");
    for (size_t i = 0; i < schema->field_count; i++) {
        if (!(schema->fields[i].flags & FIELD_REQUIRED))
            continue;
        if (!first)
            buf_add_char(out, ',');
        json_write_string(str_from(schema->fields[i].name), out);
        first = false;
    }
    buf_add_text(out, "],\"properties\":{");
    for (size_t i = 0; i < schema->field_count; i++) {
        const Field *f = &schema->fields[i];
        if (i)
            buf_add_char(out, ',');
        json_write_string(str_from(f->name), out);
        buf_add_text(out, ":{\"description\":");
        json_write_string(str_from(lang == LANG_EN ? f->en : f->zh), out);
        size_t before = out->len;
        buf_add_char(out, ',');
        schema_write_type(str_from(f->type), f->flags & FIELD_NULLABLE, out);
        if (out->len == before + 1)
            out->len = before; /* "any" has no members */
        buf_add_char(out, '}');
    }
    buf_add_text(out, "}}");
}
