/* thing.c - the text of a thing, compiled and checked (docs/packs.md, section "thing").
 *
 * What a thing says about others (its form, process, calendar, offices) are names; whether they
 * exist is asked when they are used and by the pack checker, because definitions arrive in any
 * order. What it says about itself is judged here: ids that occur once, materials and matters
 * that exist, item codes of 31 characters, limits in known units. Every fault has its line. */
#include "codec/identifier.h"
#include "codec/json.h"
#include "domain/case/case_int.h"

#define THING_TEXT_MAX 4000u
#define BASIS_TEXT_MAX 1500u

typedef struct ThingReader {
    Arena *a;
    Str text, file;
    Err *err;
} ThingReader;

/* A pointer to something absent is placed at what should hold it. */
static void thing_place(const ThingReader *r, Str pointer)
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

#define thing_refuse(r, pointer, fault, ...) \
    (err_set((r)->err, (fault), ##__VA_ARGS__), thing_place((r), (pointer)), false)

static Str under(const ThingReader *r, Str base, const char *key)
{
    return arena_printf(r->a, "%.*s/%s", STR_ARG(base), key);
}

static bool is_id(Str s)
{
    if (s.len == 0 || s.len > 60 || s.ptr[0] < 'a' || s.ptr[0] > 'z')
        return false;
    for (size_t i = 1; i < s.len; i++) {
        char c = s.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            return false;
    }
    return true;
}

/* ---- Single fields. base is the pointer of the object. */

static bool read_id(const ThingReader *r, Value v, Str base, const char *key, Str *out)
{
    *out = value_get_string(v, str_from(key));
    return is_id(*out) ||
           thing_refuse(r, under(r, base, key), &fault_thing_invalid, str_from(key),
                        STR("an id: a-z, 0-9, - and _, beginning with a letter"),
                        STR("标识（小写字母、数字、- 和 _，以字母开头）"));
}

/* A name of something elsewhere: not empty, at most 100 bytes. */
static bool read_name(const ThingReader *r, Value v, Str base, const char *key, Str *out)
{
    *out = value_get_string(v, str_from(key));
    return (out->len > 0 && out->len <= 100) ||
           thing_refuse(r, under(r, base, key), &fault_thing_invalid, str_from(key),
                        STR("a name"), STR("名称"));
}

static bool read_text2(const ThingReader *r, Value v, Str base, const char *key, Text2 *out)
{
    Value text = value_get(v, str_from(key));
    out->zh = value_get_string(text, STR("zh"));
    out->en = value_get_string(text, STR("en"));
    bool fine = out->zh.len && out->en.len && out->zh.len <= THING_TEXT_MAX &&
                out->en.len <= THING_TEXT_MAX && value_count(text) == 2;
    return fine || thing_refuse(r, under(r, base, key), &fault_thing_invalid, str_from(key),
                                STR("{\"zh\": ..., \"en\": ...}"),
                                STR(" {\"zh\": ..., \"en\": ...}"));
}

static bool read_word(const ThingReader *r, Value v, Str base, const char *key,
                      const char *const *words, size_t count, Str *out)
{
    *out = value_get_string(v, str_from(key));
    Buf known = buf_new(r->a, 0);
    for (size_t i = 0; i < count; i++) {
        if (str_equal(*out, str_from(words[i])))
            return true;
        buf_printf(&known, "%s%s", i ? ", " : "", words[i]);
    }
    return thing_refuse(r, under(r, base, key), &fault_thing_invalid, str_from(key),
                        arena_printf(r->a, "one of: %.*s", STR_ARG(buf_text(&known))),
                        arena_printf(r->a, "以下之一：%.*s", STR_ARG(buf_text(&known))));
}

static bool read_whole(const ThingReader *r, Value v, const char *key, int64_t max, int64_t *out)
{
    *out = value_get_int(v, str_from(key), -1);
    return (*out >= 0 && *out <= max) ||
           thing_refuse(r, under(r, STR_NONE, key), &fault_thing_invalid, str_from(key),
                        STR("a whole number from 0"), STR("不小于 0 的整数"));
}

static bool fields_known(const ThingReader *r, Value v, Str base, const char *const *known)
{
    if (!value_is(v, VALUE_CONTEXT))
        return thing_refuse(r, base, &fault_thing_invalid, base, STR("an object"), STR("对象"));
    for (size_t i = 0; i < value_count(v); i++) {
        Str key = v.as.context.entries[i].key;
        const char *const *k = known;
        while (*k && !str_equal(key, str_from(*k)))
            k++;
        if (!*k)
            return thing_refuse(r, arena_printf(r->a, "%.*s/%.*s", STR_ARG(base), STR_ARG(key)),
                                &fault_thing_field_unknown, key);
    }
    return true;
}

/* A limit; absent: amount 0. */
static bool read_limit(const ThingReader *r, Value v, Str base, const char *key, ThingLimit *out)
{
    static const char *const known[] = {"amount", "unit", NULL};
    static const char *const units[] = {"working_day", "working_half_day", "working_hour",
                                        "calendar_day"};
    Value limit = value_get(v, str_from(key));
    Str at = under(r, base, key);
    *out = (ThingLimit){0, STR_NONE};
    if (value_is_null(limit))
        return true;
    if (!fields_known(r, limit, at, known) ||
        !read_word(r, limit, at, "unit", units, 4, &out->unit))
        return false;
    out->amount = value_get_int(limit, STR("amount"), 0);
    return (out->amount >= 1 && out->amount <= 5000) ||
           thing_refuse(r, under(r, at, "amount"), &fault_thing_invalid, STR("amount"),
                        STR("a whole number from 1 to 5000"), STR(" 1 至 5000 的整数"));
}

/* The article that something rests on. */
static bool read_basis(const ThingReader *r, Value v, Str base, Str *out)
{
    *out = value_get_string(v, STR("basis"));
    return (out->len > 0 && out->len <= BASIS_TEXT_MAX) ||
           thing_refuse(r, under(r, base, "basis"), &fault_thing_invalid, STR("basis"),
                        STR("the legal basis as a text"), STR("法律依据"));
}

/* How a limit may be extended; absent: amount 0. */
static bool read_extension(const ThingReader *r, Value v, Str base, ThingExtension *out)
{
    static const char *const known[] = {"amount", "unit", "approver", "basis", NULL};
    Value extension = value_field(v, "extension");
    Str at = under(r, base, "extension");
    *out = (ThingExtension){{0, STR_NONE}, STR_NONE, STR_NONE};
    if (value_is_null(extension))
        return true;
    ContextBuilder limit = context_builder(r->a), holder = context_builder(r->a);
    context_put_text(&limit, "amount", value_field(extension, "amount"));
    context_put_text(&limit, "unit", value_field(extension, "unit"));
    context_put_text(&holder, "extension", value_context(&limit));
    out->approver = value_get_string(extension, STR("approver"));
    return fields_known(r, extension, at, known) &&
           read_limit(r, value_context(&holder), base, "extension", &out->limit) &&
           read_basis(r, extension, at, &out->basis);
}

/* A list field; *count is bounded. */
static bool read_list(const ThingReader *r, Value v, Str base, const char *key, size_t min,
                      size_t max, Value *list, size_t *count)
{
    *list = value_get(v, str_from(key));
    *count = value_count(*list);
    bool list_or_none = value_is(*list, VALUE_LIST) || (min == 0 && value_is_null(*list));
    return (list_or_none && *count >= min && *count <= max) ||
           thing_refuse(r, under(r, base, key), &fault_thing_invalid, str_from(key),
                        arena_printf(r->a, "a list of %zu to %zu entries", min, max),
                        arena_printf(r->a, "含 %zu 至 %zu 项的列表", min, max));
}

/* ---- Materials and matters. */

static bool material_read(const ThingReader *r, Value v, Str base, ThingMaterial *out)
{
    static const char *const known[] = {"id", "title", "from", "source", "field", NULL};
    static const char *const origins[] = {"upload", "registry", "licence"};
    if (!fields_known(r, v, base, known) || !read_id(r, v, base, "id", &out->id) ||
        !read_text2(r, v, base, "title", &out->title) ||
        !read_word(r, v, base, "from", origins, 3, &out->from))
        return false;
    out->source = value_get_string(v, STR("source"));
    out->field = value_get_string(v, STR("field"));
    if (out->field.len == 0 && str_equal(out->from, STR("upload")))
        out->field = out->id;
    return true;
}

static bool materials_read(const ThingReader *r, Value v, Thing *thing)
{
    Value list;
    size_t count;
    if (!read_list(r, v, STR_NONE, "materials", 0, CASE_MATERIALS_MAX, &list, &count))
        return false;
    ThingMaterial *items = arena_new_array(r->a, ThingMaterial, count + 1);
    for (size_t i = 0; i < count && items; i++) {
        Str at = arena_printf(r->a, "/materials/%zu", i);
        if (!material_read(r, value_item(list, i), at, &items[i]))
            return false;
        for (size_t j = 0; j < i; j++)
            if (str_equal(items[j].id, items[i].id))
                return thing_refuse(r, at, &fault_thing_twice, items[i].id, STR("materials"));
    }
    thing->materials = items;
    thing->material_count = count;
    return true;
}

static bool matter_materials_read(const ThingReader *r, const Thing *thing, Value v, Str base,
                                  ThingMatter *out)
{
    Value list;
    size_t count;
    if (!read_list(r, v, base, "materials", 0, CASE_MATERIALS_MAX, &list, &count))
        return false;
    Str *ids = arena_new_array(r->a, Str, count + 1);
    for (size_t i = 0; i < count && ids; i++) {
        Value item = value_item(list, i);
        ids[i] = value_is(item, VALUE_STRING) ? item.as.string : STR_NONE;
        size_t j = 0;
        while (j < thing->material_count && !str_equal(thing->materials[j].id, ids[i]))
            j++;
        if (j == thing->material_count)
            return thing_refuse(r, arena_printf(r->a, "%.*s/materials/%zu", STR_ARG(base), i),
                                &fault_thing_reference, out->id, ids[i]);
    }
    out->materials = ids;
    out->material_count = count;
    return true;
}

static bool matter_read(const ThingReader *r, const Thing *thing, Value v, Str base,
                        ThingMatter *out)
{
    static const char *const known[] = {"id",        "title",    "office",    "item_code",
                                        "statutory", "promised", "extension", "materials",
                                        NULL};
    if (!fields_known(r, v, base, known) || !read_id(r, v, base, "id", &out->id) ||
        !read_text2(r, v, base, "title", &out->title) ||
        !read_name(r, v, base, "office", &out->office) ||
        !read_name(r, v, base, "item_code", &out->item_code) ||
        !read_limit(r, v, base, "statutory", &out->statutory) ||
        !read_limit(r, v, base, "promised", &out->promised) ||
        !read_extension(r, v, base, &out->extension))
        return false;
    if (out->extension.limit.amount == 0)
        out->extension = thing->extension;
    Err why = {0};
    if (identifier_check(STR("matter"), out->item_code, &why) == IDENTIFIER_INVALID) {
        Buf en = buf_new(r->a, 0), zh = buf_new(r->a, 0);
        err_text(&why, LANG_EN, &en);
        err_text(&why, LANG_ZH, &zh);
        return thing_refuse(r, under(r, base, "item_code"), &fault_thing_invalid,
                            STR("item_code"),
                            arena_printf(r->a, "a code of 31 characters. %.*s",
                                         STR_ARG(buf_text(&en))),
                            arena_printf(r->a, " 31 位事项实施编码。%.*s",
                                         STR_ARG(buf_text(&zh))));
    }
    if (out->promised.amount == 0)
        out->promised = thing->promised;
    return matter_materials_read(r, thing, v, base, out);
}

static bool matters_read(const ThingReader *r, Value v, Thing *thing)
{
    Value list;
    size_t count;
    if (!read_list(r, v, STR_NONE, "matters", 1, CASE_MATTERS_MAX, &list, &count))
        return false;
    ThingMatter *items = arena_new_array(r->a, ThingMatter, count);
    for (size_t i = 0; i < count && items; i++) {
        Str at = arena_printf(r->a, "/matters/%zu", i);
        if (!matter_read(r, thing, value_item(list, i), at, &items[i]))
            return false;
        for (size_t j = 0; j < i; j++)
            if (str_equal(items[j].id, items[i].id))
                return thing_refuse(r, at, &fault_thing_twice, items[i].id, STR("matters"));
    }
    thing->matters = items;
    thing->matter_count = items ? count : 0;
    if (!thing_matter(thing, thing->lead_matter))
        return thing_refuse(r, STR("/lead_matter"), &fault_thing_reference, STR("lead_matter"),
                            thing->lead_matter);
    return true;
}

/* ---- Words for people: lists whose entries are texts. */

static bool texts_read(const ThingReader *r, Value v, const char *key, Value *out)
{
    size_t count;
    if (!read_list(r, v, STR_NONE, key, 0, 200, out, &count))
        return false;
    for (size_t i = 0; i < count; i++) {
        Text2 text = text2_read(value_item(*out, i));
        if (text.zh.len == 0 || text.en.len == 0)
            return thing_refuse(r, arena_printf(r->a, "/%s/%zu", key, i), &fault_thing_invalid,
                                str_from(key), STR("a list of {zh, en}"),
                                STR("由 {zh, en} 组成的列表"));
    }
    return true;
}

static bool facts_read(const ThingReader *r, Value v, Value *out)
{
    size_t count;
    if (!read_list(r, v, STR_NONE, "facts", 0, 200, out, &count))
        return false;
    for (size_t i = 0; i < count; i++) {
        Value fact = value_item(*out, i);
        Text2 what = text2_read(value_field(fact, "what"));
        Text2 source = text2_read(value_field(fact, "source"));
        if (what.zh.len == 0 || source.zh.len == 0)
            return thing_refuse(r, arena_printf(r->a, "/facts/%zu", i), &fault_thing_invalid,
                                STR("facts"), STR("a list of {what, source}"),
                                STR("由 {what, source} 组成的列表"));
    }
    return true;
}

static bool rules_read(const ThingReader *r, Value v, Thing *thing)
{
    static const char *const audiences[] = {"person", "firm", "both"};
    static const char *const rules[] = {"refuse_case", "continue"};
    static const char *const limits[] = {"statutory", "promised", "extension", NULL};
    static const char *const stages[] = {
#define STAGE_WORD(word, zh, en) word,
        THING_STAGES(STAGE_WORD)
#undef STAGE_WORD
    };
    Str rule = STR_NONE;
    Value both = value_field(v, "limits");
    if (!read_word(r, v, STR_NONE, "stage", stages, sizeof stages / sizeof *stages,
                   &thing->stage) ||
        !read_word(r, v, STR_NONE, "audience", audiences, 3, &thing->audience) ||
        !read_word(r, v, STR_NONE, "when_part_refused", rules, 2, &rule) ||
        !fields_known(r, both, STR("/limits"), limits) ||
        !read_limit(r, both, STR("/limits"), "statutory", &thing->statutory) ||
        !read_limit(r, both, STR("/limits"), "promised", &thing->promised) ||
        !read_extension(r, both, STR("/limits"), &thing->extension))
        return false;
    thing->supervision = value_get_string(v, STR("supervision"));
    thing->refused_part_ends_case = str_equal(rule, STR("refuse_case"));
    thing->region = value_get_string(v, STR("region"));
    Err why = {0};
    if (identifier_check(STR("region"), thing->region, &why) == IDENTIFIER_INVALID)
        return thing_refuse(r, STR("/region"), &fault_thing_invalid, STR("region"),
                            STR("6 digits of GB/T 2260"), STR(" GB/T 2260 的 6 位代码"));
    return read_whole(r, v, "fee_fen", 1000000000000, &thing->fee_fen) &&
           read_whole(r, v, "visits", 100, &thing->visits);
}

static bool thing_fields_read(const ThingReader *r, Value v, Thing *thing)
{
    static const char *const known[] = {
        "id",      "title",       "stage",  "audience",  "region", "form",
        "process", "calendar",    "limits", "matters",   "visits", "lead_matter",
        "fee_fen", "legal_basis", "guide",  "materials", "facts",  "own_reading",
        "when_part_refused", "supervision", NULL};
    return fields_known(r, v, STR_NONE, known) && read_id(r, v, STR_NONE, "id", &thing->id) &&
           read_text2(r, v, STR_NONE, "title", &thing->title) &&
           read_name(r, v, STR_NONE, "form", &thing->form) &&
           read_name(r, v, STR_NONE, "process", &thing->process) &&
           read_name(r, v, STR_NONE, "calendar", &thing->calendar) &&
           read_name(r, v, STR_NONE, "lead_matter", &thing->lead_matter) &&
           read_text2(r, v, STR_NONE, "guide", &thing->guide) && rules_read(r, v, thing) &&
           materials_read(r, v, thing) && matters_read(r, v, thing) &&
           texts_read(r, v, "legal_basis", &thing->legal_basis) &&
           texts_read(r, v, "own_reading", &thing->own_reading) &&
           facts_read(r, v, &thing->facts);
}

bool thing_compile(Arena *a, Str json, Str file, Thing **out, Err *err)
{
    Err own = {0};
    ThingReader r = {a, arena_copy(a, json), file, err ? err : &own};
    Value value = value_null();
    *out = NULL;
    if (!json_parse(a, r.text, &value, r.err)) {
        err_at(r.err, file, 0, 0);
        return false;
    }
    Thing *thing = arena_new(a, Thing);
    thing->source = value;
    if (!thing_fields_read(&r, value, thing))
        return false;
    if (arena_failed(a))
        return err_set(r.err, &fault_out_of_memory, STR("thing"));
    check(thing->matter_count > 0);
    *out = thing;
    return true;
}
