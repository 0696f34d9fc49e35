/* process_command.c - the commands that move instances: start, resume, fire, cancel, retry.
 *
 * Each loads one instance, makes the first move, and lets the game play on. What comes too late
 * (a timer of a token that has gone, the reply to a cancelled task) changes nothing and is not an
 * error: the instance went on without it. */
#include "domain/process/process_int.h"

static const Sql SELECT_NUMBER = {"SELECT number FROM process_counter WHERE node = ?1"};

int64_t process_next_number(Decision *d)
{
    Rows *r = store_query(decision_store(d), &SELECT_NUMBER, PARAMS(p_int(decision_node(d))));
    int64_t number = rows_next(r) ? rows_int(r, 0) : 0;
    rows_close(r);
    return number + 1;
}

Value process_key_value(Arena *a, int64_t key)
{
    return value_string(arena_printf(a, "%lld", (long long)key));
}

int64_t process_key_field(Value body, Str name)
{
    Value v = value_get(body, name);
    int64_t key = 0;
    if (value_is(v, VALUE_STRING)) {
        return str_to_int64(v.as.string, &key) && key > 0 ? key : 0;
    }
    return value_is(v, VALUE_NUMBER) && dec_to_int64(v.as.number, &key) && key > 0 ? key : 0;
}

static bool refuse_field(Decision *d, const char *name, const char *wanted)
{
    return decision_refuse_with(d, &fault_field_invalid, str_from(name), str_from(wanted));
}

/* ---- Start. */

/* The instantiating gateway that leads to an element, or BPMN_NONE. */
static uint32_t instantiating_gateway(const BpmnProcess *p, const BpmnElement *e)
{
    for (uint32_t i = 0; i < e->incoming_count; i++) {
        uint32_t source = p->flows[e->incoming[i]].source;
        if (p->elements[source].type == BPMN_EVENT_GATEWAY && p->elements[source].instantiate) {
            return source;
        }
    }
    return BPMN_NONE;
}

static bool is_trigger_start(const BpmnProcess *p, uint32_t index)
{
    const BpmnElement *e = index == BPMN_NONE ? NULL : &p->elements[index];
    return e && e->scope == 0 && (e->type == BPMN_START_EVENT || e->instantiate ||
                                  instantiating_gateway(p, e) != BPMN_NONE);
}

/* The gateway has been passed before anything began: it stands in the trail, and the events that
 * a parallel one also wants are waited for. */
static void pass_instantiating(Game *g, uint32_t gateway, uint32_t trigger)
{
    const BpmnElement *e = &g->program->elements[gateway];
    int64_t key = change_enter(g, gateway, ROOT_TOKEN, STR_NONE, 0);
    change_leave(g, key, LEAVE_COMPLETED);
    for (uint32_t i = 0; e->parallel && i < e->outgoing_count; i++) {
        uint32_t target = g->program->flows[e->outgoing[i]].target;
        if (target != trigger) {
            game_enter(g, target, ROOT_TOKEN, STR_NONE, 0);
        }
    }
}

static void open_root(Game *g, Value variables, uint32_t trigger)
{
    change_enter(g, 0, 0, STR_NONE, 0);
    variable_set_all(g, ROOT_TOKEN, variables);
    if (trigger == BPMN_NONE) {
        game_push(g, MOVE_ENTER, ROOT_TOKEN, value_null());
        return;
    }
    Token *root = instance_token(&g->in, ROOT_TOKEN);
    err_clear(&g->fail);
    if (!watch_open(g, root, &g->program->elements[0])) {
        game_incident(g, root, TOKEN_FAILED_ENTER, &g->fail);
        return;
    }
    uint32_t gateway = instantiating_gateway(g->program, &g->program->elements[trigger]);
    if (gateway != BPMN_NONE) {
        pass_instantiating(g, gateway, trigger);
    }
    game_arrive(g, trigger, ROOT_TOKEN, value_null());
}

static bool read_origin(Game *g, Decision *d, Value body)
{
    Value case_value = value_field(body, "case");
    g->in.case_id = value_get_id(body, STR("case"));
    if (!value_is_null(case_value) && id_is_none(g->in.case_id)) {
        return refuse_field(d, "case", "UUID");
    }
    g->in.business_key = value_get_string(body, STR("business_key"));
    g->in.parent = process_key_field(body, STR("parent"));
    g->in.parent_token = process_key_field(body, STR("parent_token"));
    return true;
}

/* How many instances stand above a called one. */
static unsigned call_depth(Decision *d, Arena *a, int64_t parent)
{
    unsigned depth = 0;
    while (parent != 0 && depth <= PROCESS_CALL_DEPTH_MAX) {
        Instance in;
        bool found = false;
        if (!instance_load(decision_store(d), decision_node(d), parent, a, &in, &found, NULL) ||
            !found) {
            break;
        }
        parent = in.parent;
        depth++;
    }
    return depth;
}

bool decide_start(void *state, const Command *c, Decision *d)
{
    Str id = value_get_string(c->body, STR("process"));
    Value variables = value_field(c->body, "variables");
    const ProgramVersion *program =
        process_program(state, id, value_get_int(c->body, STR("version"), 0));
    if (!program) {
        return decision_refuse_with(d, &fault_process_unknown, id);
    }
    if (!value_is_null(variables) && !value_is(variables, VALUE_CONTEXT)) {
        return refuse_field(d, "variables", "object");
    }
    uint32_t trigger = BPMN_NONE;
    Str element = value_get_string(c->body, STR("element"));
    if (element.len) {
        trigger = bpmn_element(program->process, element);
        if (!is_trigger_start(program->process, trigger)) {
            return refuse_field(d, "element", "startEvent");
        }
    } else if (program->process->elements[0].entry_count == 0) {
        return refuse_field(d, "element", "startEvent");
    }
    Game g;
    game_open_new(&g, state, d, c, id, program);
    if (!read_origin(&g, d, c->body)) {
        return false;
    }
    if (g.in.parent && call_depth(d, g.a, g.in.parent) > PROCESS_CALL_DEPTH_MAX) {
        return decision_refuse_with(d, &fault_too_many_calls,
                                    arena_printf(g.a, "%u", PROCESS_CALL_DEPTH_MAX));
    }
    open_root(&g, variables, trigger);
    ContextBuilder reply = context_builder(g.a);
    context_put_text(&reply, "instance", process_key_value(g.a, g.in.key));
    decision_reply(d, value_context(&reply));
    return game_close(&g);
}

/* ---- Replies of built-in tasks and called processes. */

static Err err_of_refusal(Arena *a, Str element, Value refusal)
{
    Err err = {0};
    Str text = value_get_string(refusal, STR("text_zh"));
    if (!text.len) {
        text = value_get_string(refusal, STR("fault"));
    }
    err_set(&err, &fault_error_not_caught, value_get_string(refusal, STR("fault")), text);
    err_at_element(&err, element);
    (void)a;
    return err;
}

static Value error_payload(Arena *a, Value refusal)
{
    ContextBuilder error = context_builder(a), b = context_builder(a);
    context_put_text(&error, "code", value_field(refusal, "fault"));
    context_put_text(&error, "text_en", value_field(refusal, "text_en"));
    context_put_text(&error, "text_zh", value_field(refusal, "text_zh"));
    context_put_text(&b, "error", value_context(&error));
    return value_context(&b);
}

static void take_result(Game *g, Token *t, const BpmnElement *e, Value result)
{
    if (e->type == BPMN_CALL_ACTIVITY && !e->task->propagate_all && e->output_count == 0) {
        result = value_null();
    }
    game_push(g, MOVE_COMPLETE, t->key, result);
}

bool decide_resume(void *state, const Command *c, Decision *d)
{
    Game g;
    bool ended = false;
    if (!game_open(&g, state, d, c, process_key_field(c->body, STR("instance")), &ended)) {
        return ended;
    }
    Token *t = instance_token(&g.in, process_key_field(c->body, STR("token")));
    if (!t) {
        return true; /* cancelled meanwhile */
    }
    const BpmnElement *e = game_element(&g, t);
    if (value_get_boolean(c->body, STR("accepted"), false)) {
        take_result(&g, t, e, value_field(c->body, "result"));
    } else {
        Value refusal = value_field(c->body, "refusal");
        Str code = value_get_string(refusal, STR("fault"));
        if (!throw_error(&g, t->key, code, error_payload(g.a, refusal))) {
            Err err = err_of_refusal(g.a, e->id, refusal);
            game_incident(&g, t, TOKEN_FAILED_ENTER, &err);
        }
    }
    return game_close(&g);
}

/* The child of a call activity has begun, or could not. */
bool decide_called(void *state, const Command *c, Decision *d)
{
    Game g;
    bool accepted = value_get_boolean(c->body, STR("accepted"), false), ended = false;
    if (!game_open(&g, state, d, c, process_key_field(c->body, STR("instance")), &ended)) {
        return ended; /* the child was quick and ended us */
    }
    Token *t = instance_token(&g.in, process_key_field(c->body, STR("token")));
    if (!t) {
        return true;
    }
    if (accepted) {
        Value result = value_field(c->body, "result");
        change_set(&g, t, t->flags, process_key_field(result, STR("instance")), t->data);
    } else {
        Err err = err_of_refusal(g.a, t->element, value_field(c->body, "refusal"));
        game_incident(&g, t, TOKEN_FAILED_ENTER, &err);
    }
    return game_close(&g);
}

/* An escalation that a called process did not catch. */
bool decide_escalate(void *state, const Command *c, Decision *d)
{
    Game g;
    bool ended = false;
    if (!game_open(&g, state, d, c, process_key_field(c->body, STR("instance")), &ended)) {
        return ended;
    }
    Token *t = instance_token(&g.in, process_key_field(c->body, STR("token")));
    if (t) {
        throw_escalation(&g, t->key, value_get_string(c->body, STR("code")), value_null());
    }
    return game_close(&g);
}

/* ---- Timers, messages and signals that come true. */

static bool is_own_watch(const Game *g, const Token *t, uint32_t element)
{
    const BpmnElement *e = &g->program->elements[element], *at = game_element(g, t);
    if (element == t->index || e->attached == t->index) {
        return true;
    }
    if (e->type == BPMN_START_EVENT) {
        return g->program->elements[e->scope].scope == t->index;
    }
    return at->type == BPMN_EVENT_GATEWAY;
}

/* The next round of a cycle that does not end what it hangs on. */
static void set_next_round(Game *g, const Token *t, uint32_t element, Value body)
{
    int64_t rounds = value_get_int(body, STR("rounds"), 0);
    const BpmnElement *e = &g->program->elements[element];
    if (rounds == 0 || rounds == 1 || e->interrupting || element == t->index) {
        return;
    }
    TimerPlan next = {.rounds = rounds < 0 ? rounds : rounds - 1,
                      .every = value_get_string(body, STR("every"))};
    Instant from = {value_get_int(body, STR("due"), g->now.us)};
    if (watch_next_round(from, g->now, next.every, &next.due)) {
        watch_set_timer(g, t->key, element, (uint32_t)value_get_int(body, STR("event"), 0), next);
    }
}

bool decide_fire(void *state, const Command *c, Decision *d)
{
    Game g;
    bool ended = false;
    if (!game_open(&g, state, d, c, process_key_field(c->body, STR("instance")), &ended)) {
        return ended;
    }
    Token *t = instance_token(&g.in, process_key_field(c->body, STR("token")));
    uint32_t element = bpmn_element(g.program, value_get_string(c->body, STR("element")));
    if (!t || element == BPMN_NONE || !is_own_watch(&g, t, element) ||
        !(t->flags & TOKEN_WATCHES)) {
        return true; /* it went on without this */
    }
    int64_t event = value_get_int(c->body, STR("event"), 0);
    set_next_round(&g, t, element, c->body);
    watch_trigger(&g, t, element, (uint32_t)event, value_field(c->body, "variables"));
    return game_close(&g);
}

/* ---- Operations. */

bool decide_cancel(void *state, const Command *c, Decision *d)
{
    Game g;
    if (!game_open_any(&g, state, d, c, process_key_field(c->body, STR("instance")))) {
        return false;
    }
    game_end(&g, PROCESS_INSTANCE_CANCELLED, STR_NONE);
    return game_close(&g);
}

static const Sql SELECT_INCIDENT = {
    "SELECT token FROM process_incident WHERE node = ?1 AND key = ?2 AND resolved_at IS NULL"};

bool decide_incident_retry(void *state, const Command *c, Decision *d)
{
    int64_t key = process_key_field(c->body, STR("incident"));
    Rows *r = store_query(decision_store(d), &SELECT_INCIDENT,
                          PARAMS(p_int(decision_node(d)), p_int(key)));
    int64_t token = rows_next(r) ? rows_int(r, 0) : 0;
    rows_close(r);
    if (token == 0) {
        return decision_refuse_with(d, &fault_incident_unknown,
                                    value_get_string(c->body, STR("incident")));
    }
    Game g;
    if (!game_open(&g, state, d, c, key_instance(key), NULL)) {
        return false;
    }
    Token *t = instance_token(&g.in, token);
    check(t != NULL);
    int64_t flags = t->flags;
    game_heal(&g, t);
    if (flags & TOKEN_FAILED_ENTER) {
        game_push(&g, MOVE_ENTER, token, value_null());
    } else if (flags & TOKEN_FAILED_COMPLETE) {
        bool gateway = game_element(&g, t)->type >= BPMN_EXCLUSIVE_GATEWAY;
        game_push(&g, gateway ? MOVE_PASS : MOVE_COMPLETE, token, value_null());
    } else {
        change_note(&g, value_string(STR("job_retry")), value_int(token));
    }
    return game_close(&g);
}
