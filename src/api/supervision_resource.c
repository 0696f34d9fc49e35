/* supervision_resource.c - lights at any instant, cards, extensions, and their counts.
 *
 * Whoever may see a case may see its lights and why it was extended. Cards are the business of
 * offices and supervisors: an applicant reads an empty list, and no approver's account. Which
 * trigger issues which card is the pack's supervision rule; its words come from the definition as
 * it is installed now, so a card of an older rule may have no title. */
#include "api/api_int.h"

#include "api/resource_parts.h"
#include "base/check.h"

static bool query_instant(Call *c, Instant *out, Err *err)
{
    Str text = call_query_text(c, "at");
    *out = c->now;
    return text.len == 0 || instant_parse(text, out) ||
           err_set(err, &fault_query_invalid, STR("at"), text,
                   STR("an instant such as 2026-11-25T09:00:00+08:00 is needed"),
                   STR("应为时间，如 2026-11-25T09:00:00+08:00"));
}

static bool query_day(Call *c, const char *name, Day fallback, Day *out, Err *err)
{
    Str text = call_query_text(c, name);
    *out = fallback;
    return text.len == 0 || day_parse(text, out) ||
           err_set(err, &fault_query_invalid, str_from(name), text,
                   STR("a date such as 2026-11-25 is needed"), STR("应为日期，如 2026-11-25"));
}

/* ---- One case. */

typedef struct Subject {
    Id id;
    Str matter; /* empty: the case */
} Subject;

static bool add_lights(Call *c, const Subject *s, ListBuilder *items, Err *err)
{
    ClockLightRow *rows;
    size_t count = 0;
    if (!clock_lights(c->conn, c->node, s->id, c->arena, &rows, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        ContextBuilder b = context_builder(c->arena);
        context_put_text(&b, "at", value_instant(c->arena, rows[i].at));
        context_put_text(&b, "matter", text_or_null(s->matter));
        context_put_text(&b, "light", value_string(str_from(clock_light_name(rows[i].light))));
        list_add(items, value_context(&b));
    }
    return true;
}

static bool add_extensions(Call *c, const Subject *s, bool official, ListBuilder *items, Err *err)
{
    ClockExtension *rows;
    size_t count = 0;
    if (!clock_extensions(c->conn, c->node, s->id, c->arena, &rows, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        ContextBuilder b = context_builder(c->arena);
        context_put_text(&b, "at", value_instant(c->arena, rows[i].at));
        context_put_text(&b, "matter", text_or_null(s->matter));
        context_put_text(&b, "by", clock_limit_value(c, rows[i].by));
        context_put_text(&b, "reason", text_or_null(rows[i].reason));
        context_put_text(&b, "basis", value_string(rows[i].basis));
        context_put_text(&b, "approver", official ? value_string(rows[i].approver)
                                                  : value_null());
        list_add(items, value_context(&b));
    }
    return true;
}

/* The trigger in words, where the rule still has it. */
static Value trigger_title(Call *c, const ClockCardRow *card, Map *rules)
{
    Supervision *rule = map_get(rules, card->supervision);
    Definition d;
    if (!map_has(rules, card->supervision)) {
        if (!core_definition(c->conn, c->node, STR("supervision"), card->supervision, 0,
                             c->arena, &d) ||
            !supervision_compile(c->arena, d.text, d.path, &rule, NULL))
            rule = NULL;
        map_put(rules, card->supervision, rule);
    }
    const SupervisionCard *named = supervision_card(rule, card->trigger);
    return named ? call_text_value(c, (Text2){named->title_zh, named->title_en}) : value_null();
}

static bool cards_value(Call *c, Id case_id, Value *out, Err *err)
{
    ClockCardRow *rows;
    size_t count = 0;
    Map rules = map_new(c->arena);
    ListBuilder items = list_builder(c->arena);
    if (!clock_cards(c->conn, c->node, case_id, true, c->arena, &rows, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        ContextBuilder b = context_builder(c->arena);
        context_put_text(&b, "at", value_instant(c->arena, rows[i].at));
        context_put_text(&b, "card", value_string(str_from(clock_card_name(rows[i].card))));
        context_put_text(&b, "trigger", value_string(rows[i].trigger));
        context_put_text(&b, "title", trigger_title(c, &rows[i], &rules));
        context_put_text(&b, "matter", text_or_null(rows[i].matter));
        context_put_text(&b, "office", text_or_null(rows[i].office));
        context_put_text(&b, "note", text_or_null(rows[i].note));
        context_put_text(&b, "issued_by", value_string(rows[i].issued_by));
        list_add(&items, value_context(&b));
    }
    *out = value_list(&items);
    return true;
}

/* The clocks of a case: its own, then those of its parts. */
static Subject *subjects_of(Call *c, const CaseWhole *whole, size_t *count)
{
    Subject *list = arena_new_array(c->arena, Subject, whole->part_count + 1);
    check(list);
    list[0] = (Subject){whole->row.id, STR_NONE};
    for (size_t i = 0; i < whole->part_count; i++)
        list[i + 1] = (Subject){whole->parts[i].id, whole->parts[i].matter};
    *count = whole->part_count + 1;
    return list;
}

bool route_get_lights(Call *c, Err *err)
{
    Id id;
    CaseWhole whole;
    Instant at;
    bool found = false;
    ClockLight light;
    Value cards;
    size_t count = 0;
    if (!call_path_id(c, 0, &fault_case_unknown, &id, err) || !query_instant(c, &at, err) ||
        !case_read(c->cases, c->conn, c->node, &c->actor, id, c->now, c->arena, &whole, err) ||
        !clock_light_when(c->conn, c->node, id, at, c->arena, &found, &light, err))
        return false;
    bool official = call_may_read(c, ACCESS_READ_CASES_ALL) ||
                    call_may_read(c, ACCESS_READ_CASES_OFFICE);
    ListBuilder lights = list_builder(c->arena), extensions = list_builder(c->arena);
    ListBuilder none = list_builder(c->arena);
    Subject *subjects = subjects_of(c, &whole, &count);
    for (size_t i = 0; i < count; i++)
        if (!add_lights(c, &subjects[i], &lights, err) ||
            !add_extensions(c, &subjects[i], official, &extensions, err))
            return false;
    cards = value_list(&none);
    if (official && !cards_value(c, id, &cards, err))
        return false;
    ContextBuilder b = context_builder(c->arena);
    context_put_text(&b, "at", value_instant(c->arena, at));
    context_put_text(&b, "light",
                     found ? value_string(str_from(clock_light_name(light))) : value_null());
    context_put_text(&b, "items", value_list(&lights));
    context_put_text(&b, "cards", cards);
    context_put_text(&b, "extensions", value_list(&extensions));
    c->answer.body = value_context(&b);
    return true;
}

/* ---- Counts. */

bool route_count_supervision(Call *c, Err *err)
{
    Day today = instant_day(c->now, CHINA_OFFSET_S), from, to;
    ClockCount *rows;
    size_t count = 0;
    ListBuilder items = list_builder(c->arena);
    ContextBuilder b = context_builder(c->arena);
    Day first = day_from_civil((Civil){day_to_civil(today).year, 1, 1});
    if (!query_day(c, "from", first, &from, err) || !query_day(c, "to", today, &to, err) ||
        !clock_count(c->conn, c->node, instant_at(from, 0, CHINA_OFFSET_S),
                     instant_at((Day){to.number + 1}, 0, CHINA_OFFSET_S),
                     call_query_text(c, "office"), call_query_true(c, "parts"), c->arena, &rows,
                     &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        ContextBuilder row = context_builder(c->arena);
        Text2 title = case_office_title(c->cases, rows[i].office);
        context_put_text(&row, "office", text_or_null(rows[i].office));
        context_put_text(&row, "office_title", rows[i].office.len ? call_text_value(c, title)
                                                                  : value_null());
        context_put_text(&row, "started", value_int(rows[i].started));
        context_put_text(&row, "warnings", value_int(rows[i].warnings));
        context_put_text(&row, "yellow", value_int(rows[i].yellow));
        context_put_text(&row, "red", value_int(rows[i].red));
        list_add(&items, value_context(&row));
    }
    context_put_text(&b, "from", value_day(c->arena, from));
    context_put_text(&b, "to", value_day(c->arena, to));
    context_put_text(&b, "items", value_list(&items));
    c->answer.body = value_context(&b);
    return true;
}

/* ---- Commands. */

/* The body of the request with the case of its path. What the caller may not see is not found. */
static bool order_for_case(Call *c, const char *kind, Err *err)
{
    Id id;
    CaseWhole whole;
    if (!call_path_id(c, 0, &fault_case_unknown, &id, err) ||
        !case_read(c->cases, c->conn, c->node, &c->actor, id, c->now, c->arena, &whole, err))
        return false;
    ContextBuilder b = context_builder_from(c->arena, c->body);
    context_put_text(&b, "case", value_id(c->arena, id));
    c->order.kind = str_from(kind);
    c->order.body = value_context(&b);
    return true;
}

bool route_extend_case(Call *c, Err *err) { return order_for_case(c, "clock.extend", err); }

bool route_card_case(Call *c, Err *err) { return order_for_case(c, "clock.card", err); }
