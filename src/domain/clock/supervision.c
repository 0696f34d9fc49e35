/* supervision.c - the text of a supervision rule, compiled (docs/packs.md, section supervision).
 *
 *   {"id": "xiangyang", "title": {"zh": ..., "en": ...},
 *    "near": {"working_day": 1},
 *    "supervision_limit": {"amount": 3, "unit": "working_day"},
 *    "cards": [{"trigger": "overdue", "card": "yellow", "title": {...},
 *               "process": "supervise_card", "message": "clock.carded"}, ...],
 *    "facts": [...], "own_reading": [...]}
 *
 * Triggers are words of the pack. The clock pulls near, overdue, unresolved and statutory_overdue
 * itself (for a part: stage_near, stage_overdue, ...); others are pulled by people or diagrams
 * through clock.card. A trigger that the list does not have issues nothing. */
#include "codec/json.h"
#include "domain/clock/clock_int.h"

typedef struct Reader {
    Arena *arena;
    Str text, file;
    Err *err;
} Reader;

static bool wrong(const Reader *r, Str pointer, const char *what)
{
    uint32_t line = 0, column = 0;
    err_set(r->err, &fault_supervision_invalid, pointer.len ? pointer : STR("/"),
            str_from(what));
    (void)json_locate(r->text, pointer, &line, &column);
    err_at(r->err, r->file, line, column);
    return false;
}

static bool keys_known(const Reader *r, Value v, Str base, const char *const *keys)
{
    if (!value_is(v, VALUE_CONTEXT))
        return wrong(r, base, "an object");
    for (size_t i = 0; i < v.as.context.count; i++) {
        const char *const *k = keys;
        while (*k && !str_equal(v.as.context.entries[i].key, str_from(*k)))
            k++;
        if (!*k)
            return wrong(r, arena_printf(r->arena, "%.*s/%.*s", STR_ARG(base),
                                         STR_ARG(v.as.context.entries[i].key)),
                         "not a field of supervision rules");
    }
    return true;
}

static bool read_near(const Reader *r, Value near, Supervision *out)
{
    if (value_is_null(near))
        return true;
    if (!value_is(near, VALUE_CONTEXT))
        return wrong(r, STR("/near"), "an object such as {\"working_day\": 1}");
    for (size_t i = 0; i < near.as.context.count; i++) {
        LimitUnit unit;
        Str key = near.as.context.entries[i].key;
        int64_t amount = value_get_int(near, key, 0);
        if (!limit_unit_parse(key, &unit) || amount < 1 || amount > CALENDAR_AMOUNT_MAX)
            return wrong(r, STR("/near"), "units of limits with whole numbers from 1");
        out->near[unit] = amount;
    }
    return true;
}

static bool card_word(Str word, ClockCard *out)
{
    for (unsigned i = CARD_WARNING; i < CLOCK_CARD_COUNT; i++)
        if (str_equal(word, str_from(clock_card_name((ClockCard)i)))) {
            *out = (ClockCard)i;
            return true;
        }
    return false;
}

static bool read_card(const Reader *r, Value v, Str at, SupervisionCard *out)
{
    static const char *const keys[] = {"trigger", "card", "title", "process", "message", NULL};
    Value title = value_field(v, "title");
    if (!keys_known(r, v, at, keys))
        return false;
    *out = (SupervisionCard){.trigger = value_get_string(v, STR("trigger")),
                             .title_zh = value_get_string(title, STR("zh")),
                             .title_en = value_get_string(title, STR("en")),
                             .process = value_get_string(v, STR("process")),
                             .message = value_get_string(v, STR("message"))};
    if (out->trigger.len == 0 || out->trigger.len > 60)
        return wrong(r, at, "a \"trigger\" of 1 to 60 bytes");
    if (out->title_zh.len == 0 || out->title_en.len == 0)
        return wrong(r, at, "a \"title\": {\"zh\": ..., \"en\": ...}");
    return card_word(value_get_string(v, STR("card")), &out->card) ||
           wrong(r, at, "a \"card\": warning, yellow or red");
}

static bool read_cards(const Reader *r, Value list, Supervision *out)
{
    size_t count = value_count(list);
    if (!value_is(list, VALUE_LIST) || count == 0 || count > SUPERVISION_CARDS_MAX)
        return wrong(r, STR("/cards"), "a list of 1 to 60 cards");
    SupervisionCard *cards = arena_new_array(r->arena, SupervisionCard, count);
    if (!cards)
        return err_set(r->err, &fault_out_of_memory, STR("supervision"));
    for (size_t i = 0; i < count; i++) {
        Str at = arena_printf(r->arena, "/cards/%zu", i);
        if (!read_card(r, value_item(list, i), at, &cards[i]))
            return false;
        for (size_t k = 0; k < i; k++)
            if (str_equal(cards[k].trigger, cards[i].trigger))
                return wrong(r, at, "a trigger that is named once");
    }
    out->cards = cards;
    out->card_count = count;
    return true;
}

bool supervision_compile(Arena *a, Str text, Str file, Supervision **out, Err *err)
{
    static const char *const keys[] = {"id",    "title", "near",        "supervision_limit",
                                       "cards", "facts", "own_reading", NULL};
    Value v = value_null();
    Err own = {0};
    Reader r = {a, arena_copy(a, text), file, err ? err : &own};
    if (!json_parse(a, r.text, &v, r.err)) {
        err_at(r.err, file, 0, 0);
        return false;
    }
    Supervision *rule = arena_new(a, Supervision);
    if (!keys_known(&r, v, STR_NONE, keys))
        return false;
    rule->id = value_get_string(v, STR("id"));
    Value limit = value_field(v, "supervision_limit");
    if (rule->id.len == 0 || rule->id.len > 60)
        return wrong(&r, STR("/id"), "an id of 1 to 60 bytes");
    if (!value_is_null(limit) && !limit_parse(limit, &rule->limit, NULL))
        return wrong(&r, STR("/supervision_limit"), "a limit: {\"amount\": 3, \"unit\": ...}");
    if (!read_near(&r, value_field(v, "near"), rule) ||
        !read_cards(&r, value_field(v, "cards"), rule))
        return false;
    if (arena_failed(a))
        return err_set(r.err, &fault_out_of_memory, STR("supervision"));
    *out = rule;
    return true;
}

const SupervisionCard *supervision_card(const Supervision *rule, Str trigger)
{
    for (size_t i = 0; rule && i < rule->card_count; i++)
        if (str_equal(rule->cards[i].trigger, trigger))
            return &rule->cards[i];
    return NULL;
}
