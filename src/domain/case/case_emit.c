/* case_emit.c - what several commands do to a case: move parts, keep clocks, end it.
 *
 * Clocks belong to the clock module; here is only when they are asked to do what:
 *
 *     accepted          start the case's clock, and those of the parts that are open
 *     part opened       start its clock, when the case is accepted and it never ran
 *     pause began       pause the clock          pause ended          resume it
 *     part closed, case ended                    stop the clock
 *
 * A clock that starts while pauses hold is paused at once. Every pause is told, under the key of
 * its activity: reasons differ in which limits they stop, so the clock weighs nested ones itself.
 * The clock knows the case, the office that is answerable (of a case: that of the lead matter),
 * the law's limit and extension, and the rule of its supervision. A clock counts as running from
 * the moment it is asked to start, because a part may be opened and closed before its answer is
 * heard. The record in memory (CaseNow) is brought along with every step, so that one command may
 * take several of them. */
#include "domain/case/case_int.h"

ContextBuilder case_event(Decision *d, const CaseRecord *row)
{
    ContextBuilder b = context_builder(decision_arena(d));
    context_put_text(&b, "case", value_string(row->id_text));
    return b;
}

void case_emit(Decision *d, const CaseRecord *row, const char *kind, const ContextBuilder *open,
               Value closed)
{
    Str subject = value_is_null(closed) ? STR_NONE : row->id_text;
    decision_emit(d, str_from(kind), subject, value_context(open), closed);
}

/* {reason} for the sealed part, or null. */
static Value sealed_reason(Decision *d, Str reason)
{
    if (reason.len == 0)
        return value_null();
    ContextBuilder b = context_builder(decision_arena(d));
    context_put_text(&b, "reason", value_string(case_text_cut(reason, CASE_REASON_MAX)));
    return value_context(&b);
}

static void put_text(ContextBuilder *b, const char *key, Str text)
{
    if (text.len)
        context_put(b, str_from(key), value_string(text));
}

void case_note(Decision *d, const CaseRecord *row, const Note *note)
{
    ContextBuilder open = case_event(d, row);
    context_put_text(&open, "kind", value_int(note->kind));
    put_text(&open, "matter", note->matter);
    put_text(&open, "office", note->office);
    put_text(&open, "task", note->task);
    put_text(&open, "element", note->element);
    case_emit(d, row, "case.noted", &open, sealed_reason(d, note->reason));
}

/* ---- Clocks. */

static Value clock_body(Decision *d, Id subject)
{
    ContextBuilder b = context_builder(decision_arena(d));
    context_put_text(&b, "subject", value_id(decision_arena(d), subject));
    return value_context(&b);
}

/* The command that hears what the clock answered. */
static void clock_ask(Decision *d, const CaseNow *now, const PartRecord *part, const char *kind,
                      Value body)
{
    ContextBuilder reply = context_builder(decision_arena(d));
    context_put_text(&reply, "case", value_string(now->row.id_text));
    if (part)
        context_put_text(&reply, "matter", value_string(part->matter));
    decision_follow(d, str_from(kind), body, STR("case.clock_told"), value_context(&reply));
}

static void clock_pause(Decision *d, const CaseNow *now, const PartRecord *part, Str key,
                        Str reason)
{
    ContextBuilder b = context_builder_from(
        decision_arena(d), clock_body(d, part ? part->id : now->row.id));
    context_put_text(&b, "reason", value_string(reason));
    context_put_text(&b, "key", value_string(key));
    clock_ask(d, now, part, "clock.pause", value_context(&b));
}

static void clock_resume(Decision *d, const CaseNow *now, const PartRecord *part, Str key)
{
    ContextBuilder b = context_builder_from(
        decision_arena(d), clock_body(d, part ? part->id : now->row.id));
    context_put_text(&b, "key", value_string(key));
    clock_ask(d, now, part, "clock.resume", value_context(&b));
}

/* The pauses that held before the clock ran. */
static void clock_pause_open(Decision *d, const CaseNow *now, const PartRecord *part)
{
    size_t count = 0;
    PauseRecord *pauses = case_pauses(decision_store(d), decision_node(d), now->row.id,
                                      decision_arena(d), &count);
    for (size_t i = 0; i < count; i++)
        if (id_equal(pauses[i].part, part ? part->id : ID_NONE))
            clock_pause(d, now, part, pauses[i].key, pauses[i].reason);
}

/* What a clock is started with. */
typedef struct ClockTerms {
    Text2 label;
    ThingLimit promised, statutory;
    ThingExtension extension;
    Str office;
} ClockTerms;

static Value limit_body(Arena *a, ThingLimit limit)
{
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "amount", value_int(limit.amount));
    context_put_text(&b, "unit", value_string(limit.unit));
    return value_context(&b);
}

static void put_law(Arena *a, ContextBuilder *b, const ClockTerms *terms)
{
    if (terms->statutory.amount)
        context_put_text(b, "statutory", limit_body(a, terms->statutory));
    if (terms->extension.limit.amount == 0)
        return;
    ContextBuilder e = context_builder_from(a, limit_body(a, terms->extension.limit));
    put_text(&e, "approver", terms->extension.approver);
    put_text(&e, "basis", terms->extension.basis);
    context_put_text(b, "extension", value_context(&e));
}

static void clock_start(Decision *d, const CaseNow *now, const PartRecord *part,
                        const ClockTerms *terms)
{
    Arena *a = decision_arena(d);
    ContextBuilder open = case_event(d, &now->row);
    ContextBuilder b = context_builder_from(a, clock_body(d, part ? part->id : now->row.id));
    if (part)
        context_put_text(&open, "part", value_id(a, part->id));
    case_emit(d, &now->row, "case.clock_started", &open, value_null());
    context_put_text(&b, "label", value_string(terms->label.zh));
    context_put_text(&b, "limit", limit_body(a, terms->promised));
    context_put_text(&b, "calendar", value_string(now->thing->calendar));
    context_put_text(&b, "case", value_string(now->row.id_text));
    put_text(&b, "number", now->row.number);
    put_text(&b, "matter", part ? part->matter : STR_NONE);
    put_text(&b, "office", terms->office);
    put_text(&b, "supervision", now->thing->supervision);
    put_law(a, &b, terms);
    clock_ask(d, now, part, "clock.start", value_context(&b));
    if (part ? part->paused > 0 : now->row.paused > 0)
        clock_pause_open(d, now, part);
}

void case_clock_start(Decision *d, CaseNow *now)
{
    if (!now->thing || now->thing->promised.amount == 0 || now->row.clock != CASE_CLOCK_NONE)
        return;
    const Thing *thing = now->thing;
    const ThingMatter *lead = thing_matter(thing, thing->lead_matter);
    ClockTerms terms = {thing->title, thing->promised, thing->statutory, thing->extension,
                        lead ? lead->office : STR_NONE};
    clock_start(d, now, NULL, &terms);
    now->row.clock = CASE_CLOCK_RUNNING;
}

void case_part_clock_start(Decision *d, const CaseNow *now, PartRecord *part)
{
    const ThingMatter *matter = thing_matter(now->thing, part->matter);
    bool runs = now->row.state == CASE_ACCEPTED && part->clock == CASE_CLOCK_NONE;
    if (!matter || !runs || matter->promised.amount == 0)
        return;
    ClockTerms terms = {matter->title, matter->promised, matter->statutory, matter->extension,
                        matter->office};
    clock_start(d, now, part, &terms);
    part->clock = CASE_CLOCK_RUNNING;
}

static void clock_stop(Decision *d, Id subject)
{
    decision_follow(d, STR("clock.stop"), clock_body(d, subject), STR_NONE, value_null());
}

/* ---- Pauses. */

void case_pause_begin(Decision *d, const CaseNow *now, PartRecord *part, Str key, Str element,
                      Str reason)
{
    ContextBuilder open = case_event(d, &now->row);
    context_put_text(&open, "key", value_string(key));
    put_text(&open, "matter", part ? part->matter : STR_NONE);
    put_text(&open, "office", part ? part->office : STR_NONE);
    if (part)
        context_put_text(&open, "part", value_id(decision_arena(d), part->id));
    context_put_text(&open, "element", value_string(element));
    context_put_text(&open, "reason", value_string(reason));
    case_emit(d, &now->row, "case.paused", &open, value_null());
    CaseClock clock = part ? part->clock : now->row.clock;
    if (part)
        part->paused++;
    if (clock == CASE_CLOCK_RUNNING)
        clock_pause(d, now, part, key, reason);
}

void case_pause_end(Decision *d, const CaseNow *now, PartRecord *part, Str key)
{
    ContextBuilder open = case_event(d, &now->row);
    context_put_text(&open, "key", value_string(key));
    put_text(&open, "matter", part ? part->matter : STR_NONE);
    put_text(&open, "office", part ? part->office : STR_NONE);
    if (part)
        context_put_text(&open, "part", value_id(decision_arena(d), part->id));
    case_emit(d, &now->row, "case.resumed", &open, value_null());
    CaseClock clock = part ? part->clock : now->row.clock;
    if (part)
        part->paused--;
    if (clock == CASE_CLOCK_RUNNING)
        clock_resume(d, now, part, key);
}

/* ---- Parts. */

static void drop_correction(Decision *d, const CaseNow *now, const CorrectionRecord *c)
{
    ContextBuilder open = case_event(d, &now->row);
    context_put_text(&open, "correction", value_id(decision_arena(d), c->id));
    context_put_text(&open, "state", value_int(CORRECTION_DROPPED));
    case_emit(d, &now->row, "case.correction_settled", &open, value_null());
}

/* Corrections of a part (ID_NONE: of the whole case) that nobody will answer any more. */
static void drop_corrections(Decision *d, const CaseNow *now, Id part)
{
    size_t count = 0;
    CorrectionRecord *list = case_corrections_open(decision_store(d), decision_node(d),
                                                   now->row.id, decision_arena(d), &count);
    for (size_t i = 0; i < count; i++)
        if (id_equal(list[i].part, part))
            drop_correction(d, now, &list[i]);
}

void case_part_move(Decision *d, const CaseNow *now, PartRecord *part, PartState to, Str reason)
{
    check(part_move_allowed(part->state, to));
    ContextBuilder open = case_event(d, &now->row);
    context_put_text(&open, "part", value_id(decision_arena(d), part->id));
    context_put_text(&open, "matter", value_string(part->matter));
    context_put_text(&open, "office", value_string(part->office));
    context_put_text(&open, "from", value_int(part->state));
    context_put_text(&open, "to", value_int(to));
    bool told = to == PART_REFUSED;
    case_emit(d, &now->row, "case.part_moved", &open,
              told ? sealed_reason(d, reason) : value_null());
    part->state = to;
    if (to == PART_OPEN) {
        case_part_clock_start(d, now, part);
        return;
    }
    if (part->clock == CASE_CLOCK_RUNNING) {
        clock_stop(d, part->id);
        part->clock = CASE_CLOCK_STOPPED;
    }
    part->paused = 0;
    drop_corrections(d, now, part->id);
}

/* ---- The end. */

CaseState case_result_of(const CaseNow *now)
{
    CaseState said = CASE_APPROVED;
    if (now->row.result.len && case_state_parse(now->row.result, &said))
        return said;
    size_t refused = 0, approved = 0, stopped = 0;
    for (size_t i = 0; i < now->part_count; i++) {
        refused += now->parts[i].state == PART_REFUSED;
        approved += now->parts[i].state == PART_APPROVED;
        stopped += now->parts[i].state == PART_STOPPED || now->parts[i].state == PART_OPEN;
    }
    if (refused > 0)
        return approved > 0 ? CASE_PARTIAL : CASE_REFUSED;
    if (stopped > 0)
        return approved > 0 ? CASE_PARTIAL : CASE_CANCELLED;
    return CASE_APPROVED;
}

void case_end(Decision *d, CaseNow *now, CaseState to, Str reason)
{
    check(case_move_allowed(now->row.state, to));
    bool completed = to == CASE_APPROVED || to == CASE_PARTIAL;
    for (size_t i = 0; i < now->part_count; i++) {
        PartRecord *part = &now->parts[i];
        if (part->state == PART_OPEN)
            case_part_move(d, now, part, PART_STOPPED, STR_NONE);
        else if (part->state == PART_WAITING)
            case_part_move(d, now, part, completed ? PART_NOT_NEEDED : PART_STOPPED, STR_NONE);
    }
    drop_corrections(d, now, ID_NONE);
    if (now->row.clock == CASE_CLOCK_RUNNING)
        clock_stop(d, now->row.id);
    ContextBuilder open = case_event(d, &now->row);
    context_put_text(&open, "state", value_int(to));
    case_emit(d, &now->row, "case.finished", &open, sealed_reason(d, reason));
    now->row.state = to;
}
