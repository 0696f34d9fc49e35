/* clock_card.c - warnings and cards, and whom they wake.
 *
 *     near the end ──▶ warning      past it ──▶ yellow card      not done by the supervision
 *     limit ──▶ red card            other triggers: what the pack's rule says of them
 *
 * Which trigger issues which card is the rule's to say; a trigger it does not name issues none.
 * The clock pulls a trigger once a subject, whatever pauses and extensions do to its light; a
 * person (clock.card) pulls as often as there is reason to. A card is never taken back: what
 * was wrong about it is for the process that it starts to find out and say.
 *
 * A card may start a process of the pack (in the case, so that its tasks stand beside the case's
 * own) and may send a message to the case's own process, correlated by the id of the case. Neither
 * can undo the card: a process that does not start is noted (clock.escalated). */
#include "domain/clock/clock_int.h"

#include "base/check.h"

static const Sql sql_last = {
    "SELECT MAX(ordinal), COUNT(*) FROM clock_card WHERE node = ?1 AND subject = ?2"};
static const Sql sql_pulled = {
    "SELECT 1 FROM clock_card WHERE node = ?1 AND subject = ?2 AND cause = ?3"};

typedef struct Issue {
    const Supervision *rule;
    const SupervisionCard *card;
    Instant at;
    Str note, issued_by;
    int64_t ordinal;
} Issue;

static int64_t last_ordinal(Decision *d, Id subject)
{
    Rows *r = store_query(decision_store(d), &sql_last,
                          PARAMS(p_int(decision_node(d)), p_id(&subject)));
    int64_t last = rows_next(r) ? rows_int(r, 0) : 0;
    rows_close(r);
    return last;
}

static bool was_pulled(Decision *d, Id subject, Str trigger)
{
    Rows *r = store_query(decision_store(d), &sql_pulled,
                          PARAMS(p_int(decision_node(d)), p_id(&subject), p_text(trigger)));
    bool found = rows_next(r);
    rows_close(r);
    return found;
}

/* ---- Waking. */

static void put_string(ContextBuilder *b, const char *key, Str text)
{
    context_put(b, str_from(key), text.len ? value_string(text) : value_null());
}

/* What a supervision process and a message know of the card. */
static Value card_variables(Decision *d, const ClockRow *row, const Issue *issue)
{
    Arena *a = decision_arena(d);
    ContextBuilder b = clock_about(d, row->subject), title = context_builder(a);
    context_put_text(&title, "zh", value_string(issue->card->title_zh));
    context_put_text(&title, "en", value_string(issue->card->title_en));
    context_put_text(&b, "case", id_is_none(row->case_id) ? value_null()
                                                          : value_id(a, row->case_id));
    put_string(&b, "number", row->number);
    put_string(&b, "matter", row->matter);
    put_string(&b, "office", row->office);
    put_string(&b, "label", row->label);
    put_string(&b, "note", issue->note);
    context_put_text(&b, "trigger", value_string(issue->card->trigger));
    context_put_text(&b, "title", value_context(&title));
    context_put_text(&b, "card", value_string(str_from(clock_card_name(issue->card->card))));
    context_put_text(&b, "issued_at", value_instant(a, issue->at));
    context_put_text(&b, "due", row->found ? value_instant(a, row->end.due) : value_null());
    return value_context(&b);
}

static void wake(Decision *d, const ClockRow *row, const Issue *issue)
{
    Arena *a = decision_arena(d);
    Value variables = card_variables(d, row, issue);
    Id about = id_is_none(row->case_id) ? row->subject : row->case_id;
    if (issue->card->process.len) {
        ContextBuilder start = context_builder(a), reply = clock_about(d, row->subject);
        context_put_text(&start, "process", value_string(issue->card->process));
        if (!id_is_none(row->case_id))
            context_put_text(&start, "case", value_id(a, row->case_id));
        put_string(&start, "business_key", row->number);
        context_put_text(&start, "variables", variables);
        context_put_text(&reply, "ordinal", value_int(issue->ordinal));
        decision_follow(d, STR("process.start"), value_context(&start), STR("clock.escalated"),
                        value_context(&reply));
    }
    if (issue->card->message.len) {
        ContextBuilder message = context_builder(a);
        context_put_text(&message, "name", value_string(issue->card->message));
        context_put_text(&message, "correlation_key", value_id(a, about));
        context_put_text(&message, "variables", variables);
        decision_follow(d, STR("process.message"), value_context(&message), STR_NONE,
                        value_null());
    }
}

/* ---- Issuing. */

static void issue_card(Decision *d, ClockRow *row, Issue *issue)
{
    Arena *a = decision_arena(d);
    ContextBuilder b = clock_about(d, row->subject), closed = context_builder(a);
    issue->ordinal = last_ordinal(d, row->subject) + ++row->fresh_cards;
    context_put_text(&b, "ordinal", value_int(issue->ordinal));
    context_put_text(&b, "at", value_instant(a, issue->at));
    context_put_text(&b, "card", value_int(issue->card->card));
    context_put_text(&b, "trigger", value_string(issue->card->trigger));
    if (!id_is_none(row->case_id))
        context_put_text(&b, "case", value_id(a, row->case_id));
    context_put_text(&b, "matter", value_string(row->matter));
    context_put_text(&b, "office", value_string(row->office));
    context_put_text(&b, "supervision", value_string(issue->rule->id));
    context_put_text(&b, "issued_by", value_string(issue->issued_by));
    context_put_text(&closed, "note", value_string(issue->note));
    Id owner = id_is_none(row->case_id) ? row->subject : row->case_id;
    bool sealed = issue->note.len > 0;
    decision_emit(d, STR("clock.carded"), sealed ? id_copy_text(a, owner) : STR_NONE,
                  value_context(&b), sealed ? value_context(&closed) : value_null());
    wake(d, row, issue);
}

void clock_pull(const ClockModule *m, Decision *d, ClockRow *row, const char *trigger, Instant at)
{
    const Supervision *rule = clock_rule(m, row);
    Str name = arena_printf(decision_arena(d), "%s%s", row->matter.len ? "stage_" : "", trigger);
    const SupervisionCard *card = supervision_card(rule, name);
    if (!card || was_pulled(d, row->subject, name))
        return;
    Issue issue = {.rule = rule, .card = card, .at = at, .issued_by = STR("clock")};
    issue_card(d, row, &issue);
}

/* ---- clock.card: a card issued by a supervisor or by a diagram. */

static Str field_text(Decision *d, const Command *command, const char *key, bool needed, bool *fine)
{
    Str text = str_trim(value_get_string(command->body, str_from(key)));
    bool right = text.len <= CLOCK_TEXT_MAX * 3 && (text.len > 0 || !needed);
    if (*fine && !right)
        *fine = decision_refuse_with(d, &fault_clock_field, str_from(key),
                                     STR("a text of 1 to 2000 characters"),
                                     STR(" 1 至 2000 字的文本"));
    return text;
}

/* The clock that the card is about; a case that was never accepted has none, and a diagram may
 * still card its office. */
static bool carded_row(const Command *command, Decision *d, ClockRow *row)
{
    Arena *a = decision_arena(d);
    Id subject;
    if (!clock_subject(command, d, &subject))
        return false;
    if (clock_row(decision_store(d), decision_node(d), subject, a, row))
        return true;
    if (!clock_is_task(command))
        return decision_refuse_with(d, &fault_clock_unknown, id_copy_text(a, subject));
    row->case_id = value_get_id(value_field(command->body, "context"), STR("case"));
    row->number = value_get_string(value_field(command->body, "context"), STR("number"));
    row->office = value_get_string(command->body, STR("office"));
    return true;
}

bool clock_decide_card(void *state, const Command *command, Decision *d)
{
    const ClockModule *m = state;
    ClockRow row;
    bool fine = true;
    Str trigger = field_text(d, command, "trigger", true, &fine);
    Issue issue = {.at = command->now, .issued_by = command->actor.id,
                   .note = field_text(d, command, "note", !clock_is_task(command), &fine)};
    if (!fine || !carded_row(command, d, &row))
        return false;
    if (row.supervision.len == 0)
        row.supervision = value_get_string(command->body, STR("supervision"));
    issue.rule = clock_rule(m, &row);
    if (!issue.rule)
        return decision_refuse_with(d, &fault_supervision_unknown, row.supervision);
    issue.card = supervision_card(issue.rule, trigger);
    if (!issue.card)
        return decision_refuse_with(d, &fault_card_trigger_unknown, row.supervision, trigger);
    if (last_ordinal(d, row.subject) >= (int64_t)CLOCK_CARDS_MAX)
        return decision_refuse_with(d, &fault_card_limit,
                                    arena_printf(decision_arena(d), "%u", CLOCK_CARDS_MAX));
    issue_card(d, &row, &issue);
    ContextBuilder reply = clock_about(d, row.subject);
    context_put_text(&reply, "card", value_string(str_from(clock_card_name(issue.card->card))));
    context_put_text(&reply, "ordinal", value_int(issue.ordinal));
    decision_reply(d, value_context(&reply));
    return true;
}

/* What became of the process that a card started. */
bool clock_decide_escalated(void *state, const Command *command, Decision *d)
{
    Value body = command->body;
    Id subject = value_get_id(body, STR("subject"));
    (void)state;
    if (id_is_none(subject))
        return decision_refuse_with(d, &fault_command_invalid, command->kind, STR("subject"));
    ContextBuilder b = clock_about(d, subject);
    context_put_text(&b, "ordinal", value_int(value_get_int(body, STR("ordinal"), 0)));
    Value instance = value_field(value_field(body, "result"), "instance");
    if (value_is(instance, VALUE_STRING))
        context_put_text(&b, "instance", instance);
    else
        context_put_text(&b, "fault", value_field(value_field(body, "refusal"), "fault"));
    decision_emit(d, STR("clock.escalated"), STR_NONE, value_context(&b), value_null());
    return true;
}
