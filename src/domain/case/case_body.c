/* case_body.c - bodies of commands: judged by a list of fields before anything is looked up.
 *
 * Public commands come from outside, so an unknown field is refused rather than passed over: a
 * misspelt "vesion" must not switch off the check of a draft's version. */
#include "domain/case/case_int.h"

#define BODY_TEXT_MAX 200u

static bool field_fits(const FieldRule *rule, Value v)
{
    size_t limit = rule->characters_max ? rule->characters_max : BODY_TEXT_MAX;
    Id id;
    int64_t whole = 0;
    switch (rule->kind) {
    case FIELD_TEXT:
        return value_is(v, VALUE_STRING) && utf8_count(v.as.string) <= limit &&
               !(rule->required && str_trim(v.as.string).len == 0);
    case FIELD_ID:
        return value_is(v, VALUE_STRING) && id_parse(v.as.string, &id);
    case FIELD_CONTEXT:
        return value_is(v, VALUE_CONTEXT);
    case FIELD_WHOLE:
        return value_is(v, VALUE_NUMBER) && dec_to_int64(v.as.number, &whole);
    }
    return false;
}

static bool field_refuse(Decision *d, const FieldRule *rule)
{
    static const char *const en[] = {"a text", "an id (UUID)", "an object", "a whole number"};
    static const char *const zh[] = {"文本", "标识（UUID）", "对象", "整数"};
    size_t limit = rule->characters_max ? rule->characters_max : BODY_TEXT_MAX;
    Str texts[2] = {str_from(en[rule->kind]), str_from(zh[rule->kind])};
    if (rule->kind == FIELD_TEXT) {
        texts[0] = arena_printf(decision_arena(d), "a text of at most %zu characters", limit);
        texts[1] = arena_printf(decision_arena(d), "不超过 %zu 字的文本", limit);
    }
    return decision_refuse_with(d, &fault_case_field, str_from(rule->name), texts[0], texts[1]);
}

bool case_body_check(Decision *d, Value body, const FieldRule *rules, size_t count)
{
    for (size_t i = 0; i < value_count(body); i++) {
        Str key = body.as.context.entries[i].key;
        size_t j = 0;
        while (j < count && !str_equal(key, str_from(rules[j].name)))
            j++;
        if (j == count)
            return decision_refuse_with(d, &fault_case_field_unknown, case_text_cut(key, 60));
    }
    for (size_t i = 0; i < count; i++) {
        Value v = value_get(body, str_from(rules[i].name));
        bool fine = value_is_null(v) ? !rules[i].required : field_fits(&rules[i], v);
        if (!fine)
            return field_refuse(d, &rules[i]);
    }
    return true;
}

Str case_text_cut(Str s, size_t characters)
{
    size_t at = 0;
    for (size_t i = 0; i < characters && at < s.len; i++)
        utf8_next(s, &at);
    return str_slice(s, 0, at);
}

int64_t case_light_number(Str word)
{
    static const char *const words[] = {"normal", "near", "overdue"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_equal(word, str_from(words[i])))
            return (int64_t)i;
    return -1;
}

Text2 text2_read(Value v)
{
    if (value_is(v, VALUE_STRING))
        return (Text2){v.as.string, v.as.string};
    Text2 t = {value_get_string(v, STR("zh")), value_get_string(v, STR("en"))};
    if (t.en.len == 0)
        t.en = t.zh;
    if (t.zh.len == 0)
        t.zh = t.en;
    return t;
}

Value text2_value(Arena *a, Text2 t)
{
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "zh", value_string(t.zh));
    context_put_text(&b, "en", value_string(t.en));
    return value_context(&b);
}
