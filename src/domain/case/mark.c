/* mark.c - the diagram moves the case: parts, pauses, requests for correction, the timeline.
 *
 * process sends case.mark when an activity that is a user task, or that bears the property
 * `matter` or `pauses`, is entered, completed or cancelled. One mark may mean several things:
 *
 *     property matter       enter: the part opens     complete: closes with variables.outcome
 *                                                     cancel: stops
 *     property pauses       enter: the clock stops    complete, cancel: it may run again
 *     user task             an entry of the timeline
 *     pausing user task     of the applicant: a request for correction; its reason is the
 *                           variable opinion; complete: answered, cancel: dropped
 *
 * Order: entering goes from the outside inwards (part, pause, correction, task), leaving the
 * other way round, so that a pause never outlives its part in the books.
 *
 * A part may be entered by several activities at once (a loop over instances); it is open while
 * one of them is active, and the last to leave gives the outcome.
 *
 * Marks of a case that has ended change nothing: they are the echo of its cancellation. */
#include "domain/case/case_int.h"

typedef struct Mark {
    Value body, properties, variables;
    Str event, element, token, name, task;
    Str matter;  /* of the part the activity is, or stands in */
    Str pauses;  /* reason, or empty */
    bool is_part;
    bool is_task;
    bool of_applicant; /* a user task that is not offered to a group */
    Str key;           /* names this one activity: token and element */
} Mark;

static Str text_of(Arena *a, Value v)
{
    int64_t n = 0;
    if (value_is(v, VALUE_STRING))
        return v.as.string;
    if (value_is(v, VALUE_NUMBER) && dec_to_int64(v.as.number, &n))
        return arena_printf(a, "%lld", (long long)n);
    return STR_NONE;
}

static Mark mark_read(Arena *a, const Command *command)
{
    Value body = command->body;
    Mark m = {.body = body,
              .properties = value_field(body, "properties"),
              .variables = value_field(body, "variables"),
              .event = value_get_string(body, STR("event")),
              .element = value_get_string(body, STR("element")),
              .token = text_of(a, value_field(body, "token")),
              .name = value_get_string(body, STR("name")),
              .task = text_of(a, value_field(body, "task"))};
    Str own = value_get_string(m.properties, STR("matter"));
    m.is_part = own.len > 0;
    m.matter = m.is_part ? own : value_get_string(body, STR("matter"));
    m.pauses = value_get_string(m.properties, STR("pauses"));
    m.is_task = m.task.len > 0 || str_equal(value_get_string(body, STR("type")), STR("userTask"));
    Value group = value_field(body, "group");
    m.of_applicant = m.is_task && (value_is_null(group) ||
                                   (value_is(group, VALUE_STRING) && group.as.string.len == 0));
    m.key = arena_printf(a, "%.*s:%.*s", STR_ARG(m.token), STR_ARG(m.element));
    if (m.name.len == 0)
        m.name = m.element;
    return m;
}

static bool is_correction(const Mark *m)
{
    return m->pauses.len > 0 && m->of_applicant;
}

/* ---- Entering. */

static void part_entered(Decision *d, const CaseNow *now, PartRecord *part, int change)
{
    ContextBuilder open = case_event(d, &now->row);
    context_put_text(&open, "part", value_id(decision_arena(d), part->id));
    context_put_text(&open, "change", value_int(change));
    case_emit(d, &now->row, "case.part_entered", &open, value_null());
    part->active += change;
}

static void correction_ask(Decision *d, const CaseNow *now, const PartRecord *part,
                           const Mark *m)
{
    Arena *a = decision_arena(d);
    ContextBuilder open = case_event(d, &now->row), closed = context_builder(a);
    context_put_text(&open, "correction", value_id(a, decision_id(d)));
    if (part) {
        context_put_text(&open, "part", value_id(a, part->id));
        context_put_text(&open, "matter", value_string(part->matter));
        context_put_text(&open, "office", value_string(part->office));
    }
    context_put_text(&open, "task", value_string(m->task));
    context_put_text(&open, "element", value_string(m->element));
    context_put_text(&open, "token", value_string(m->token));
    Str reason = value_get_string(m->variables, STR("opinion"));
    context_put_text(&closed, "reason", value_string(case_text_cut(reason, CASE_REASON_MAX)));
    case_emit(d, &now->row, "case.correction_asked", &open, value_context(&closed));
}

static void note_task(Decision *d, const CaseNow *now, const PartRecord *part, const Mark *m,
                      TimelineKind kind, Str office, Str reason)
{
    Note note = {.kind = kind,
                 .matter = part ? part->matter : STR_NONE,
                 .office = office,
                 .task = m->name,
                 .element = m->element,
                 .reason = reason};
    case_note(d, &now->row, &note);
}

static void entered(Decision *d, const CaseNow *now, PartRecord *part, const Mark *m)
{
    if (m->is_part) {
        part_entered(d, now, part, 1);
        if (part->state != PART_OPEN)
            case_part_move(d, now, part, PART_OPEN, STR_NONE);
    }
    bool in_part = part && part->state == PART_OPEN;
    if (m->pauses.len)
        case_pause_begin(d, now, in_part ? part : NULL, m->key, m->element,
                         case_text_cut(m->pauses, 100));
    if (is_correction(m))
        correction_ask(d, now, in_part ? part : NULL, m);
    else if (m->is_task)
        note_task(d, now, part, m, TIMELINE_TASK_OPENED,
                  m->of_applicant ? STR_NONE : value_get_string(m->body, STR("group")),
                  STR_NONE);
}

/* ---- Leaving. */

static void correction_settle(Decision *d, const CaseNow *now, const Mark *m, bool answered)
{
    size_t count = 0;
    CorrectionRecord *list = case_corrections_open(decision_store(d), decision_node(d),
                                                   now->row.id, decision_arena(d), &count);
    for (size_t i = 0; i < count; i++) {
        bool same = m->task.len ? str_equal(list[i].task, m->task)
                                : str_equal(list[i].element, m->element) &&
                                      str_equal(list[i].token, m->token);
        if (!same)
            continue;
        ContextBuilder open = case_event(d, &now->row);
        context_put_text(&open, "correction", value_id(decision_arena(d), list[i].id));
        context_put_text(&open, "state",
                         value_int(answered ? CORRECTION_ANSWERED : CORRECTION_DROPPED));
        case_emit(d, &now->row, "case.correction_settled", &open, value_null());
    }
}

/* The pause that this activity began; one begun under another token of the same element is taken
 * when the exact one is not there. */
static void pause_leave(Decision *d, const CaseNow *now, const Mark *m)
{
    size_t count = 0;
    const PauseRecord *found = NULL;
    PauseRecord *list = case_pauses(decision_store(d), decision_node(d), now->row.id,
                                    decision_arena(d), &count);
    for (size_t i = 0; i < count; i++)
        if (str_equal(list[i].key, m->key) ||
            (!found && str_equal(list[i].element, m->element)))
            found = &list[i];
    if (!found)
        return;
    PartRecord *part = NULL;
    for (size_t i = 0; i < now->part_count; i++)
        if (id_equal(now->parts[i].id, found->part))
            part = &now->parts[i];
    case_pause_end(d, now, part, found->key);
}

static bool outcome_of(const Mark *m, PartState *out)
{
    Value v = value_field(m->variables, "outcome");
    Str word = value_is(v, VALUE_STRING) ? v.as.string : STR_NONE;
    if (value_is_null(v) || str_equal(word, part_state_word(PART_APPROVED)))
        *out = PART_APPROVED;
    else if (str_equal(word, part_state_word(PART_REFUSED)))
        *out = PART_REFUSED;
    else if (str_equal(word, part_state_word(PART_NOT_NEEDED)))
        *out = PART_NOT_NEEDED;
    else
        return false;
    return true;
}

/* The part closes when the last of its activities has left; a refused one may end the case. */
static void part_left(Decision *d, CaseNow *now, PartRecord *part, const Mark *m, PartState to)
{
    if (part->active > 0)
        part_entered(d, now, part, -1);
    if (part->active > 0 || part->state != PART_OPEN)
        return;
    Str reason = value_get_string(m->variables, STR("opinion"));
    case_part_move(d, now, part, to, reason);
    bool ends = to == PART_REFUSED && now->thing && now->thing->refused_part_ends_case;
    if (!ends)
        return;
    case_end(d, now, CASE_REFUSED, reason);
    Str instance = now->row.instance.len
                       ? now->row.instance
                       : text_of(decision_arena(d), value_field(m->body, "instance"));
    case_process_cancel(d, instance, "part_refused");
}

static bool left(Decision *d, CaseNow *now, const Command *command, PartRecord *part,
                 const Mark *m, bool completed)
{
    PartState to = PART_STOPPED;
    if (m->is_part && completed && !outcome_of(m, &to))
        return decision_refuse_with(
            d, &fault_case_result_unknown,
            case_text_cut(value_get_string(m->variables, STR("outcome")), 60));
    if (is_correction(m)) {
        correction_settle(d, now, m, completed);
    } else if (m->is_task) {
        Str office = completed ? command->actor.office : STR_NONE;
        Str reason = completed && office.len ? value_get_string(m->variables, STR("opinion"))
                                             : STR_NONE;
        note_task(d, now, part, m, completed ? TIMELINE_TASK_COMPLETED : TIMELINE_TASK_CANCELLED,
                  office, reason);
    }
    if (m->pauses.len)
        pause_leave(d, now, m);
    if (m->is_part)
        part_left(d, now, part, m, to);
    return true;
}

bool case_decide_mark(void *state, const Command *command, Decision *d)
{
    CaseNow now;
    if (!case_of_command(state, d, command->body, &now))
        return false;
    if (case_state_ended(now.row.state))
        return true;
    Mark m = mark_read(decision_arena(d), command);
    PartRecord *part = m.matter.len ? case_part_of(&now, m.matter) : NULL;
    if (m.is_part && !part)
        return decision_refuse_with(d, &fault_matter_unknown, now.row.thing,
                                    case_text_cut(m.matter, 60));
    if (str_equal(m.event, STR("enter"))) {
        entered(d, &now, part, &m);
        return true;
    }
    bool completed = str_equal(m.event, STR("complete"));
    if (!completed && !str_equal(m.event, STR("cancel")))
        return decision_refuse_with(d, &fault_case_field, STR("event"),
                                    STR("enter, complete or cancel"),
                                    STR(" enter、complete 或 cancel"));
    return left(d, &now, command, part, &m, completed);
}
