/* process_game.c - one step: moves are played until every token waits.
 *
 *     command ─▶ first moves ─▶ queue ─┬─ ENTER    an element is entered, or waits there
 *                                      ├─ COMPLETE what waited is done: mappings, flows
 *                                      └─ PASS     a gateway lets its token through
 *            queue empty ─▶ waiting joins and conditions are examined; one that fires queues
 *                           more ─▶ nothing more: process.stepped is emitted
 *
 * Every move either succeeds as a whole or fails with g->fail; a failed move leaves its token where
 * it is, marks it and opens an incident, and the other tokens play on. A move evaluates before it
 * changes, so that a failure leaves nothing half done; what it may have set (input variables) is
 * set again the same way when the incident is retried.
 *
 * Ends of loops: an element is entered at most PROCESS_ACTIVATIONS_MAX times a step; beyond that
 * every ENTER fails (too_many_steps), so the queue runs empty.
 *
 * A scope (process, sub-process, body of a loop) is a token like any other; it is done when
 * nothing lives in it. The root token is the instance. */
#include "domain/process/process_int.h"

/* ---- Opening. */

static void init(Game *g, Process *p, Decision *d, const Command *c)
{
    *g = (Game){.p = p, .d = d, .a = decision_arena(d), .now = c->now, .lang = c->actor.lang};
    g->actor = c->actor.id;
    g->changes = list_builder(g->a);
    g->closed_keys = context_builder(g->a);
    g->closed_texts = context_builder(g->a);
    instance_init(&g->in, g->a);
}

/* Elements by index; an element that a newer program lacks cannot happen: an instance keeps its
 * version. */
static void resolve_tokens(Game *g)
{
    for (size_t i = 0; i < g->in.token_count; i++) {
        Token *t = g->in.tokens[i];
        t->index = t->gone ? BPMN_NONE : bpmn_element(g->program, t->element);
        check(t->gone || t->index != BPMN_NONE);
    }
}

typedef enum OpenHow { OPEN_STRICTLY, OPEN_ANY, OPEN_LATE } OpenHow;

static bool open_instance(Game *g, Process *p, Decision *d, const Command *c, int64_t key,
                          OpenHow how, bool *ended)
{
    init(g, p, d, c);
    bool found = false;
    Err err = {0};
    if (!instance_load(decision_store(d), decision_node(d), key, g->a, &g->in, &found, &err)) {
        return decision_refuse(d, &err);
    }
    Str text = arena_printf(g->a, "%lld", (long long)key);
    if (!found) {
        return decision_refuse_with(d, &fault_instance_unknown, text);
    }
    bool suspended = g->was_suspended = g->in.state == PROCESS_INSTANCE_SUSPENDED;
    if (g->in.state != PROCESS_INSTANCE_ACTIVE && how == OPEN_LATE) {
        *ended = true;
        if (suspended) {
            operate_defer(g, c);
        }
        return false;
    }
    if (g->in.state != PROCESS_INSTANCE_ACTIVE && !(suspended && how == OPEN_ANY)) {
        return decision_refuse_with(d, suspended ? &fault_instance_suspended
                                                 : &fault_instance_closed, text);
    }
    const ProgramVersion *program = process_program(p, g->in.process, g->in.version);
    if (!program) {
        return decision_refuse_with(d, &fault_process_unknown, g->in.process);
    }
    g->program = program->process;
    resolve_tokens(g);
    return true;
}

bool game_open(Game *g, Process *p, Decision *d, const Command *c, int64_t key, bool *ended)
{
    return open_instance(g, p, d, c, key, ended ? OPEN_LATE : OPEN_STRICTLY, ended);
}

bool game_open_any(Game *g, Process *p, Decision *d, const Command *c, int64_t key)
{
    return open_instance(g, p, d, c, key, OPEN_ANY, NULL);
}

void game_open_new(Game *g, Process *p, Decision *d, const Command *c, Str process,
                   const ProgramVersion *program)
{
    init(g, p, d, c);
    g->is_new = true;
    g->program = program->process;
    g->in.key = process_next_number(d) << KEY_BITS;
    g->in.process = process;
    g->in.version = program->version;
    g->in.started_at = c->now;
    g->in.state = PROCESS_INSTANCE_ACTIVE;
}

const BpmnElement *game_element(const Game *g, const Token *t)
{
    check(t->index < g->program->element_count);
    return &g->program->elements[t->index];
}

/* ---- The queue. */

void game_push(Game *g, MoveKind kind, int64_t token, Value payload)
{
    if (g->tail == g->capacity) {
        size_t capacity = g->capacity ? g->capacity * 2 : 32;
        Move *grown = arena_new_array(g->a, Move, capacity);
        check(grown != NULL);
        for (size_t i = 0; i < g->tail; i++) {
            grown[i] = g->queue[i];
        }
        g->queue = grown;
        g->capacity = capacity;
    }
    g->queue[g->tail++] = (Move){kind, token, payload};
}

int64_t game_enter(Game *g, uint32_t element, int64_t scope, Str flow, int64_t flags)
{
    int64_t key = change_enter(g, element, scope, flow, flags);
    g->activations++;
    game_push(g, MOVE_ENTER, key, value_null());
    return key;
}

int64_t game_arrive(Game *g, uint32_t element, int64_t scope, Value payload)
{
    int64_t key = change_enter(g, element, scope, STR_NONE, 0);
    g->activations++;
    game_push(g, MOVE_COMPLETE, key, payload);
    return key;
}

void game_take_flows(Game *g, const uint32_t *flows, uint32_t count, int64_t scope)
{
    for (uint32_t i = 0; i < count; i++) {
        const BpmnFlow *f = &g->program->flows[flows[i]];
        bool join = g->program->elements[f->target].type >= BPMN_EXCLUSIVE_GATEWAY;
        game_enter(g, f->target, scope, join ? f->id : STR_NONE, 0);
    }
    if (count == 0) {
        game_settle(g, scope);
    }
}

/* ---- Incidents. */

void game_incident(Game *g, Token *t, int64_t failed_flag, const Err *err)
{
    int64_t key = g->in.next++;
    g->in.incidents++;
    check(err->fault != NULL);
    change_note(g, value_string(STR("incident")), value_int(key), value_int(t->key),
                value_string(t->element), value_string(str_from(err->fault->name)));
    Buf en = buf_new(g->a, 128), zh = buf_new(g->a, 128);
    err_text(err, LANG_EN, &en);
    err_text(err, LANG_ZH, &zh);
    Value texts[2] = {value_string(buf_text(&en)), value_string(buf_text(&zh))};
    context_put(&g->closed_texts, arena_printf(g->a, "%lld", (long long)key),
                value_list_of(g->a, texts, 2));
    change_set(g, t, t->flags | failed_flag, t->ref, t->data);
}

void game_heal(Game *g, Token *t)
{
    if (t->flags & TOKEN_FAILED) {
        g->in.incidents--;
        change_note(g, value_string(STR("incident_end")), value_int(t->key));
        change_set(g, t, t->flags & ~TOKEN_FAILED, t->ref, t->data);
    }
}

/* ---- Ends. */

void game_leave(Game *g, int64_t key, LeaveHow how, Value payload)
{
    Token *t = instance_token(&g->in, key);
    check(t != NULL);
    const BpmnElement *e = game_element(g, t);
    game_heal(g, t);
    watch_close(g, t, e);
    activity_close(g, t, e, how);
    if (how != LEAVE_MERGED && !(t->flags & TOKEN_BODY)) {
        activity_mark(g, t, e, how == LEAVE_COMPLETED ? "complete" : "cancel", payload);
    }
    change_leave(g, key, how);
}

void game_cancel_children(Game *g, int64_t scope, int64_t except)
{
    for (size_t i = 0; i < g->in.token_count; i++) {
        const Token *t = g->in.tokens[i];
        if (!t->gone && t->scope == scope && t->key != except) {
            game_cancel(g, t->key);
        }
    }
}

void game_cancel(Game *g, int64_t key)
{
    game_cancel_children(g, key, 0);
    game_leave(g, key, LEAVE_CANCELLED, value_null());
}

static Value root_variables(Game *g)
{
    check(g->in.token_count > 0 && g->in.tokens[0]->key == ROOT_TOKEN);
    ContextBuilder none = context_builder(g->a);
    Value v = g->in.tokens[0]->local;
    return value_is(v, VALUE_CONTEXT) ? v : value_context(&none);
}

static void tell_case(Game *g, ProcessInstanceState state)
{
    if (id_is_none(g->in.case_id) || g->in.parent != 0) {
        return;
    }
    ContextBuilder b = context_builder(g->a);
    context_put_text(&b, "case", value_id(g->a, g->in.case_id));
    context_put_text(&b, "instance", process_key_value(g->a, g->in.key));
    context_put_text(&b, "state", value_string(str_from(process_instance_state_name(state))));
    context_put_text(&b, "variables", root_variables(g));
    decision_follow(g->d, STR("case.ended"), value_context(&b), STR_NONE, value_null());
}

static void tell_parent(Game *g, ProcessInstanceState state, Str code)
{
    if (g->in.parent == 0 || state == PROCESS_INSTANCE_CANCELLED) {
        return;
    }
    ContextBuilder b = context_builder(g->a);
    context_put_text(&b, "instance", process_key_value(g->a, g->in.parent));
    context_put_text(&b, "token", value_int(g->in.parent_token));
    context_put_text(&b, "accepted", value_boolean(state == PROCESS_INSTANCE_COMPLETED));
    if (state == PROCESS_INSTANCE_COMPLETED) {
        context_put_text(&b, "result", root_variables(g));
    } else {
        ContextBuilder refusal = context_builder(g->a);
        context_put_text(&refusal, "fault", value_string(code));
        context_put_text(&b, "refusal", value_context(&refusal));
    }
    decision_follow(g->d, STR("process.resume"), value_context(&b), STR_NONE, value_null());
}

void game_end(Game *g, ProcessInstanceState state, Str code)
{
    if (state != PROCESS_INSTANCE_COMPLETED) {
        game_cancel_children(g, ROOT_TOKEN, 0);
    }
    game_leave(g, ROOT_TOKEN, state == PROCESS_INSTANCE_COMPLETED ? LEAVE_COMPLETED
                                                                  : LEAVE_CANCELLED,
               value_null());
    change_state(g, state);
    tell_case(g, state);
    tell_parent(g, state, code);
}

/* An ad-hoc sub-process after a death in it: it may be complete before it is empty, or begin its
 * next activity. True when it goes on. */
static bool settle_ad_hoc(Game *g, Token *t, const BpmnElement *e)
{
    bool complete = false;
    if (bpmn_has(e->activation) &&
        !variable_evaluate_boolean(g, &e->activation, t->key, &complete)) {
        game_incident(g, t, TOKEN_FAILED_COMPLETE, &g->fail);
        err_clear(&g->fail);
        return true;
    }
    if (complete && e->cancel_remaining) {
        game_cancel_children(g, t->key, 0);
    }
    int64_t begun = value_get_int(t->data, STR("a"), 1);
    if (complete || !e->one_by_one || begun >= e->entry_count ||
        instance_children(&g->in, t->key) > 0) {
        return false;
    }
    ContextBuilder b = context_builder_from(g->a, t->data);
    context_put_text(&b, "a", value_int(begun + 1));
    change_set(g, t, t->flags, t->ref, value_context(&b));
    game_enter(g, e->entries[begun], t->key, STR_NONE, 0);
    return true;
}

void game_settle(Game *g, int64_t scope)
{
    Token *t = instance_token(&g->in, scope);
    if (!t || t->ending || (t->flags & TOKEN_BODY)) {
        return;
    }
    if (game_element(g, t)->type == BPMN_AD_HOC && settle_ad_hoc(g, t, game_element(g, t))) {
        return;
    }
    if (instance_children(&g->in, scope) > 0) {
        return;
    }
    if (t->flags & TOKEN_COMPENSATES) {
        game_push(g, MOVE_ENTER, scope, value_null());
        return;
    }
    t->ending = true;
    game_push(g, MOVE_COMPLETE, scope, value_null());
}

/* ---- Moves. */

static bool play_enter(Game *g, Token *t, const BpmnElement *e)
{
    if (g->activations > PROCESS_ACTIVATIONS_MAX) {
        return game_fail(g, &fault_too_many_steps,
                         arena_printf(g->a, "%u", PROCESS_ACTIVATIONS_MAX));
    }
    if (e->start_quantity > 1 && !(t->flags & (TOKEN_INNER | TOKEN_GATHERED)) &&
        !gateway_gather(g, t, e)) {
        return true;
    }
    if (e->loop && !(t->flags & TOKEN_INNER)) {
        return loop_begin(g, t, e);
    }
    if (bpmn_is_activity(e) || bpmn_is_scope(e)) {
        return activity_enter(g, t, e);
    }
    switch ((BpmnType)e->type) {
    case BPMN_START_EVENT:
    case BPMN_BOUNDARY_EVENT:
        game_push(g, MOVE_COMPLETE, t->key, value_null());
        return true;
    case BPMN_CATCH_EVENT:
        if (e->events[0].kind == BPMN_ON_LINK) {
            game_push(g, MOVE_COMPLETE, t->key, value_null());
            return true;
        }
        return variable_inputs(g, e, t->key) && watch_open(g, t, e);
    case BPMN_THROW_EVENT:
    case BPMN_END_EVENT:
        return e->task && bpmn_has(e->task->job_type) ? activity_job(g, t, e)
                                                      : throw_event(g, t, e);
    default:
        return gateway_enter(g, t, e);
    }
}

static bool play_complete(Game *g, Token *t, const BpmnElement *e, Value payload)
{
    int64_t key = t->key, scope = t->scope;
    if (!variable_outputs(g, e, key, payload)) {
        return false;
    }
    if (key == ROOT_TOKEN) {
        game_end(g, PROCESS_INSTANCE_COMPLETED, STR_NONE);
        return true;
    }
    t = instance_token(&g->in, key);
    if (t->flags & TOKEN_INNER) {
        return loop_round_done(g, instance_token(&g->in, scope), e, key, payload);
    }
    uint32_t *flows = arena_new_array(g->a, uint32_t, e->outgoing_count + 1);
    uint32_t count = 0;
    if (!flows || !gateway_choose(g, e, key, flows, &count)) {
        return false;
    }
    throw_record(g, scope, t);
    game_leave(g, key, LEAVE_COMPLETED, payload);
    for (uint32_t i = 0; i < e->completion_quantity; i++) {
        game_take_flows(g, flows, count, scope);
    }
    return true;
}

static void play(Game *g, const Move *m)
{
    Token *t = instance_token(&g->in, m->token);
    if (!t) {
        return; /* cancelled by an earlier move */
    }
    const BpmnElement *e = game_element(g, t);
    err_clear(&g->fail);
    bool ok = m->kind == MOVE_ENTER    ? play_enter(g, t, e)
              : m->kind == MOVE_COMPLETE ? play_complete(g, t, e, m->payload)
                                         : gateway_pass(g, t, e);
    t = instance_token(&g->in, m->token);
    if (!ok && t) {
        t->ending = false;
        game_incident(g, t, m->kind == MOVE_ENTER ? TOKEN_FAILED_ENTER : TOKEN_FAILED_COMPLETE,
                      &g->fail);
    }
}

static void drain(Game *g)
{
    do {
        while (g->head < g->tail && !arena_failed(g->a)) {
            Move m = g->queue[g->head++];
            play(g, &m);
        }
    } while (!arena_failed(g->a) && (join_examine(g) || watch_examine(g)));
}

/* ---- The event. */

static Value start_part(Game *g)
{
    ContextBuilder b = context_builder(g->a);
    context_put_text(&b, "process", value_string(g->in.process));
    context_put_text(&b, "version", value_int(g->in.version));
    if (!id_is_none(g->in.case_id)) {
        context_put_text(&b, "case", value_id(g->a, g->in.case_id));
    }
    if (g->in.business_key.len) {
        context_put_text(&b, "business_key", value_string(g->in.business_key));
    }
    if (g->in.parent) {
        context_put_text(&b, "parent", value_int(g->in.parent));
        context_put_text(&b, "parent_token", value_int(g->in.parent_token));
    }
    return value_context(&b);
}

static Value dirty_variables(Game *g)
{
    ContextBuilder b = context_builder(g->a);
    for (size_t i = 0; i < g->in.token_count; i++) {
        const Token *t = g->in.tokens[i];
        if ((!t->gone || t->key == ROOT_TOKEN) && value_count(t->dirty) > 0) {
            context_put(&b, arena_printf(g->a, "%lld", (long long)t->key), t->dirty);
        }
    }
    return value_context(&b);
}

static Value closed_part(Game *g)
{
    ContextBuilder b = context_builder(g->a);
    Value parts[3] = {dirty_variables(g), value_context(&g->closed_keys),
                      value_context(&g->closed_texts)};
    static const char *const names[3] = {"variables", "keys", "texts"};
    bool any = false;
    for (int i = 0; i < 3; i++) {
        if (value_count(parts[i]) > 0) {
            context_put(&b, str_from(names[i]), parts[i]);
            any = true;
        }
    }
    return any ? value_context(&b) : value_null();
}

bool game_close(Game *g)
{
    drain(g);
    Str key = arena_printf(g->a, "%lld", (long long)g->in.key);
    if (g->in.next >= KEY_LOCAL_MAX || g->in.token_count > PROCESS_TOKENS_MAX) {
        return decision_refuse_with(g->d, &fault_instance_too_large, key);
    }
    Value closed = closed_part(g);
    if (!value_is_null(closed) &&
        instance_variables_text(&g->in).len > PROCESS_VARIABLES_BYTES_MAX) {
        return decision_refuse_with(g->d, &fault_variables_too_large, key,
                                    arena_printf(g->a, "%u", PROCESS_VARIABLES_BYTES_MAX));
    }
    if (arena_failed(g->a)) {
        return decision_refuse_with(g->d, &fault_out_of_memory, STR("process"));
    }
    Value changes = value_list(&g->changes);
    if (value_count(changes) == 0 && value_is_null(closed)) {
        return true;
    }
    ContextBuilder open = context_builder(g->a);
    context_put_text(&open, "instance", value_int(g->in.key));
    if (g->is_new) {
        context_put_text(&open, "start", start_part(g));
    }
    context_put_text(&open, "changes", changes);
    Value event = value_context(&open);
    Instance *after = arena_new(g->a, Instance);
    check(after != NULL);
    *after = g->in;
    g->p->decided = (Decided){event.as.context.entries, after, g->was_suspended};
    decision_emit(g->d, STR("process.stepped"), process_subject(g->a, &g->in), event, closed);
    return true;
}
