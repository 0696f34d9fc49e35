/* process_throw.c - what an instance throws: errors, escalations, signals, messages, the end of a
 * scope, and compensation.
 *
 * Errors and escalations look for their catcher outwards from the token that throws: its own
 * boundary events, then the event sub-processes of its scope, then the boundary events of that
 * scope, and so on. On each level a catcher that names the code goes before one that names none.
 * An error end event that nobody catches fails the instance, as drawn; a refused built-in task
 * that nobody catches is an incident, because a person can repair it. An escalation that nobody
 * catches passes.
 *
 * Compensation. A scope remembers, in the data of its token, the handlers of its completed
 * activities in the order of completion; a completed sub-process hands its list to its parent (or
 * its compensation event sub-process, when it has one, stands for the list). A throwing event
 * takes them back one by one, last first; a handler runs as a child of the throwing token, which
 * goes on when the list is empty. A cancel end event compensates its transaction so and then
 * leaves by the cancel boundary event. */
#include "domain/process/process_int.h"

/* ---- Who catches. */

typedef struct Catch {
    Token *owner; /* NULL: nobody */
    uint32_t element;
} Catch;

/* Does an event of the element catch it? 2: by code, 1: any code, 0: no. */
static int catches(const BpmnElement *e, BpmnEventKind kind, Str code)
{
    int best = 0;
    for (uint32_t i = 0; i < e->event_count; i++) {
        if (e->events[i].kind != kind) {
            continue;
        }
        if (!bpmn_has(e->events[i].code)) {
            best = best > 1 ? best : 1;
        } else if (str_equal(e->events[i].code.text, code)) {
            best = 2;
        }
    }
    return best;
}

static void consider(const Game *g, Token *owner, uint32_t element, BpmnEventKind kind, Str code,
                     int *best, Catch *found)
{
    int rank = catches(&g->program->elements[element], kind, code);
    if (rank > *best) {
        *best = rank;
        *found = (Catch){owner, element};
    }
}

static Catch find_catch(Game *g, int64_t from, BpmnEventKind kind, Str code)
{
    Catch found = {NULL, 0};
    int best = 0;
    for (Token *t = instance_token(&g->in, from); t;) {
        const BpmnElement *e = game_element(g, t);
        for (uint32_t i = 0; !(t->flags & TOKEN_INNER) && i < e->boundary_count; i++) {
            consider(g, t, e->boundaries[i], kind, code, &best, &found);
        }
        Token *scope = instance_token(&g->in, t->scope);
        if (best > 0 || !scope) {
            return found;
        }
        const BpmnElement *se = game_element(g, scope);
        for (uint32_t i = 0; e->type != BPMN_EVENT_SUB_PROCESS && i < se->child_count; i++) {
            const BpmnElement *child = &g->program->elements[se->children[i]];
            if (child->type == BPMN_EVENT_SUB_PROCESS && child->entry_count == 1 &&
                !(scope->flags & TOKEN_BODY)) {
                consider(g, scope, child->entries[0], kind, code, &best, &found);
            }
        }
        if (best > 0) {
            return found;
        }
        t = scope;
    }
    return found;
}

/* What came with an error is only for output mappings; without them nothing is set. */
static void trigger_catch(Game *g, Catch found, Value payload)
{
    const BpmnElement *e = &g->program->elements[found.element];
    watch_trigger(g, found.owner, found.element, 0, e->output_count ? payload : value_null());
}

bool throw_error(Game *g, int64_t from, Str code, Value payload)
{
    Catch found = find_catch(g, from, BPMN_ON_ERROR, code);
    if (found.owner) {
        trigger_catch(g, found, payload);
    }
    return found.owner != NULL;
}

bool throw_escalation(Game *g, int64_t from, Str code, Value payload)
{
    Catch found = find_catch(g, from, BPMN_ON_ESCALATION, code);
    if (found.owner) {
        trigger_catch(g, found, payload);
    } else if (g->in.parent) {
        ContextBuilder b = context_builder(g->a);
        context_put_text(&b, "instance", process_key_value(g->a, g->in.parent));
        context_put_text(&b, "token", value_int(g->in.parent_token));
        context_put_text(&b, "code", value_string(code));
        decision_follow(g->d, STR("process.escalate"), value_context(&b), STR_NONE, value_null());
    }
    return found.owner != NULL;
}

/* ---- Compensation. */

static Value records_of(const Token *t)
{
    return value_field(t->data, "r");
}

static void set_records(Game *g, Token *t, Value records)
{
    ContextBuilder b = context_builder_from(g->a, t->data);
    context_put_text(&b, "r", records);
    change_set(g, t, t->flags, t->ref, value_context(&b));
}

static uint32_t compensation_handler(const Game *g, const BpmnElement *e)
{
    for (uint32_t i = 0; i < e->boundary_count; i++) {
        const BpmnElement *b = &g->program->elements[e->boundaries[i]];
        if (b->handler != BPMN_NONE) {
            return b->handler;
        }
    }
    for (uint32_t i = 0; bpmn_is_scope(e) && i < e->child_count; i++) {
        const BpmnElement *child = &g->program->elements[e->children[i]];
        if (child->type == BPMN_EVENT_SUB_PROCESS && child->entry_count == 1 &&
            catches(&g->program->elements[child->entries[0]], BPMN_ON_COMPENSATE, STR_NONE)) {
            return e->children[i];
        }
    }
    return BPMN_NONE;
}

/* One record: [handler, the activity it undoes, the records that the handler stands for]. */
void throw_record(Game *g, int64_t scope, const Token *t)
{
    const BpmnElement *e = game_element(g, t);
    Token *s = instance_token(&g->in, scope);
    uint32_t handler = bpmn_is_activity(e) ? compensation_handler(g, e) : BPMN_NONE;
    Value inner = bpmn_is_scope(e) ? records_of(t) : value_null();
    if (!s || (handler == BPMN_NONE && value_count(inner) == 0)) {
        return;
    }
    ListBuilder list = list_builder(g->a);
    Value old = records_of(s);
    for (size_t i = 0; i < value_count(old); i++) {
        list_add(&list, value_item(old, i));
    }
    if (handler != BPMN_NONE) {
        Value record[3] = {value_string(g->program->elements[handler].id), value_string(e->id),
                           inner};
        list_add(&list, value_list_of(g->a, record, 3));
    }
    for (size_t i = 0; handler == BPMN_NONE && i < value_count(inner); i++) {
        list_add(&list, value_item(inner, i));
    }
    set_records(g, s, value_list(&list));
}

static bool concerns(const Game *g, Value record, uint32_t activity)
{
    if (activity == BPMN_NONE) {
        return true;
    }
    Value origin = value_item(record, 1);
    uint32_t at = bpmn_element(g->program, origin.as.string);
    while (at != BPMN_NONE && at != activity) {
        at = g->program->elements[at].scope;
    }
    return at == activity;
}

/* Start the handler of the last fitting record; false when there is none left. */
static bool compensate_next(Game *g, Token *t, uint32_t activity)
{
    int64_t key = t->key;
    Token *s = instance_token(&g->in, t->scope);
    if (s && game_element(g, s)->type == BPMN_EVENT_SUB_PROCESS &&
        value_count(records_of(s)) == 0) {
        s = instance_token(&g->in, s->scope);
    }
    Value records = s ? records_of(s) : value_null();
    for (size_t i = value_count(records); i-- > 0;) {
        Value record = value_item(records, i);
        if (!concerns(g, record, activity)) {
            continue;
        }
        ListBuilder rest = list_builder(g->a);
        for (size_t k = 0; k < value_count(records); k++) {
            if (k != i) {
                list_add(&rest, value_item(records, k));
            }
        }
        set_records(g, s, value_list(&rest));
        uint32_t handler = bpmn_element(g->program, value_item(record, 0).as.string);
        check(handler != BPMN_NONE);
        int64_t child = game_enter(g, handler, key, STR_NONE, 0);
        if (value_count(value_item(record, 2)) > 0) {
            set_records(g, instance_token(&g->in, child), value_item(record, 2));
        }
        return true;
    }
    return false;
}

/* ---- Throwing events. */

/* A message goes out as a command; a signal too, but the instance's own tokens hear it at once:
 * the one that throws it may be the last in the scope on whose boundary it is waited for. Whoever
 * begins to wait later in this step hears the command. */
static bool throw_named(Game *g, Token *t, const BpmnEvent *event)
{
    bool message = event->kind == BPMN_ON_MESSAGE;
    Str name, correlation = STR_NONE;
    if (!variable_evaluate_text(g, &event->name, t->key, &name) ||
        (bpmn_has(event->correlation) &&
         !variable_evaluate_text(g, &event->correlation, t->key, &correlation))) {
        return false;
    }
    ContextBuilder none = context_builder(g->a), b = context_builder(g->a);
    context_put_text(&b, "name", value_string(name));
    if (message) {
        context_put_text(&b, "correlation_key", value_string(correlation));
        context_put_text(&b, "time_to_live_s", value_int(3600));
    }
    Value variables = value_is(t->local, VALUE_CONTEXT) ? t->local : value_context(&none);
    context_put_text(&b, "variables", variables);
    if (!message) {
        context_put_text(&b, "served", watch_signal(g, name, variables));
    }
    decision_follow(g->d, message ? STR("process.message") : STR("process.signal"),
                    value_context(&b), STR_NONE, value_null());
    return true;
}

static Str code_of(const BpmnEvent *event)
{
    return event->code.text;
}

/* True when the token goes on afterwards. */
static bool end_with_error(Game *g, Token *t, const BpmnEvent *event)
{
    if (!throw_error(g, t->key, code_of(event), value_null())) {
        game_end(g, PROCESS_INSTANCE_FAILED, code_of(event));
    }
    return false;
}

/* The transaction has been compensated: leave it by its cancel event. */
static void leave_transaction(Game *g, Token *t)
{
    Token *transaction = instance_token(&g->in, t->scope);
    const BpmnElement *e = game_element(g, transaction);
    for (uint32_t i = 0; i < e->boundary_count; i++) {
        const BpmnElement *b = &g->program->elements[e->boundaries[i]];
        if (b->event_count && b->events[0].kind == BPMN_ON_CANCEL) {
            watch_trigger(g, transaction, e->boundaries[i], 0, value_null());
            return;
        }
    }
    int64_t scope = transaction->scope;
    game_cancel(g, transaction->key);
    game_settle(g, scope);
}

static bool start_compensation(Game *g, Token *t, const BpmnEvent *event)
{
    if (!(t->flags & TOKEN_COMPENSATES)) {
        change_set(g, t, t->flags | TOKEN_COMPENSATES, t->ref, t->data);
        if (event->kind == BPMN_ON_CANCEL) {
            game_cancel_children(g, t->scope, t->key);
        }
    }
    if (compensate_next(g, t, event->activity)) {
        return false;
    }
    if (event->kind == BPMN_ON_CANCEL) {
        leave_transaction(g, t);
        return false;
    }
    return true;
}

/* Throw one definition. *goes_on: the token is alive and not waiting. */
static bool throw_one(Game *g, Token *t, const BpmnEvent *event, bool *goes_on)
{
    *goes_on = true;
    switch ((BpmnEventKind)event->kind) {
    case BPMN_ON_MESSAGE:
    case BPMN_ON_SIGNAL: {
        int64_t key = t->key;
        bool ok = throw_named(g, t, event);
        *goes_on = instance_token(&g->in, key) != NULL;
        return ok;
    }
    case BPMN_ON_ERROR:
        *goes_on = end_with_error(g, t, event);
        return true;
    case BPMN_ON_ESCALATION: {
        int64_t key = t->key;
        throw_escalation(g, key, code_of(event), value_null());
        *goes_on = instance_token(&g->in, key) != NULL;
        return true;
    }
    case BPMN_ON_TERMINATE:
        game_cancel_children(g, t->scope, t->key);
        return true;
    case BPMN_ON_CANCEL:
    case BPMN_ON_COMPENSATE:
        *goes_on = start_compensation(g, t, event);
        return true;
    default:
        return true;
    }
}

static bool is_compensation(const BpmnEvent *event)
{
    return event->kind == BPMN_ON_COMPENSATE || event->kind == BPMN_ON_CANCEL;
}

static bool same_event(const BpmnEvent *a, const BpmnEvent *b)
{
    return a->kind == b->kind && str_equal(a->name.text, b->name.text) &&
           (!bpmn_has(b->code) || str_equal(a->code.text, b->code.text));
}

void throw_implicit(Game *g, const BpmnElement *e, int64_t scope, const BpmnEvent *event)
{
    for (uint32_t i = 0; i < e->boundary_count; i++) {
        const BpmnElement *b = &g->program->elements[e->boundaries[i]];
        for (uint32_t k = 0; k < b->event_count; k++) {
            if (same_event(event, &b->events[k])) {
                game_arrive(g, e->boundaries[i], scope, value_null());
                break;
            }
        }
    }
}

bool throw_event(Game *g, Token *t, const BpmnElement *e)
{
    int64_t key = t->key;
    bool again = t->flags & TOKEN_COMPENSATES;
    if (!again && !variable_inputs(g, e, key)) {
        return false;
    }
    if (e->event_count == 1 && e->events[0].kind == BPMN_ON_LINK) {
        int64_t scope = t->scope;
        game_leave(g, key, LEAVE_COMPLETED, value_null());
        game_enter(g, e->link, scope, STR_NONE, 0);
        return true;
    }
    for (uint32_t i = 0; i < e->event_count; i++) {
        bool goes_on;
        if (again && !is_compensation(&e->events[i])) {
            continue;
        }
        if (!throw_one(g, t, &e->events[i], &goes_on)) {
            return false;
        }
        if (!goes_on) {
            return true;
        }
    }
    game_push(g, MOVE_COMPLETE, key, value_null());
    return true;
}
