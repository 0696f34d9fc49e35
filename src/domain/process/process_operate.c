/* process_operate.c - what operators do with an instance: suspend and resume it, move its tokens.
 *
 * Suspended, an instance stands still: people and workers are refused, its jobs are held back from
 * workers, and what comes by itself (timers, messages, replies of called processes) is put aside in
 * process_deferred, in its order. Resuming gives the jobs free and plays what was put aside.
 * Nothing is lost, and a message is still correlated once.
 *
 * Modifying enters elements and ends tokens, in this order, so that a scope whose only token moves
 * does not end between:
 *
 *     activate   {element, scope?, variables?}   scope: key of a token, when several would do
 *     terminate  {element} or {token}            and everything inside
 *
 * The element is entered as by a flow, but a gateway passes at once: it would wait for flows that
 * nobody takes. Sub-processes around it that do not live are begun without their start events. A
 * scope that is left with nothing in it is cancelled, and with the outermost one the instance. */
#include "domain/process/process_int.h"

#define MODIFY_MAX 1000 /* instructions of one command */

/* ---- Standing still. */

void operate_defer(Game *g, const Command *c)
{
    ContextBuilder open = context_builder(g->a), closed = context_builder(g->a);
    context_put_text(&open, "instance", value_int(g->in.key));
    context_put_text(&open, "command", value_string(c->kind));
    context_put_text(&closed, "body", c->body);
    decision_emit(g->d, STR("process.deferred"), process_subject(g->a, &g->in),
                  value_context(&open), value_context(&closed));
}

static const Sql INSERT_DEFERRED = {
    "INSERT INTO process_deferred (node, instance, number, command, body) SELECT ?1, ?2,"
    " COALESCE(MAX(number), 0) + 1, ?3, ?4 FROM process_deferred WHERE node = ?1"
    " AND instance = ?2"};
static const Sql SELECT_DEFERRED = {
    "SELECT command, body FROM process_deferred WHERE node = ?1 AND instance = ?2"
    " ORDER BY number"};

void apply_deferred(void *state, StoreConn *conn, const Event *event)
{
    (void)state;
    Value body = value_field(event->closed, "body");
    Str text = value_is(body, VALUE_CONTEXT) ? json_copy_text(event->arena, body) : STR("{}");
    store_write(conn, &INSERT_DEFERRED,
                PARAMS(p_int(event->node), p_int(value_get_int(event->open, STR("instance"), 0)),
                       p_text(value_get_string(event->open, STR("command"))), p_text(text)));
}

bool decide_suspend(void *state, const Command *c, Decision *d)
{
    Game g;
    if (!game_open(&g, state, d, c, process_key_field(c->body, STR("instance")), NULL)) {
        return false;
    }
    change_state(&g, PROCESS_INSTANCE_SUSPENDED);
    return game_close(&g);
}

bool decide_unsuspend(void *state, const Command *c, Decision *d)
{
    Game g;
    if (!game_open_any(&g, state, d, c, process_key_field(c->body, STR("instance")))) {
        return false;
    }
    if (g.in.state != PROCESS_INSTANCE_SUSPENDED) {
        return decision_refuse_with(d, &fault_instance_not_suspended,
                                    arena_printf(g.a, "%lld", (long long)g.in.key));
    }
    change_state(&g, PROCESS_INSTANCE_ACTIVE);
    Rows *r = store_query(decision_store(d), &SELECT_DEFERRED,
                          PARAMS(p_int(decision_node(d)), p_int(g.in.key)));
    while (rows_next(r)) {
        Value body;
        if (json_parse(g.a, rows_copy(r, 1, g.a), &body, NULL) && value_count(body) > 0) {
            decision_follow(d, rows_copy(r, 0, g.a), body, STR_NONE, value_null());
        }
    }
    rows_close(r);
    return game_close(&g);
}

/* ---- Where an element is entered. */

static bool refuse_modify(Game *g, Str what, const char *why)
{
    return decision_refuse_with(g->d, &fault_modification_impossible, what, str_from(why));
}

/* The living tokens that hold what is entered at the scope element. */
static size_t holders(Game *g, uint32_t scope, Token **one)
{
    size_t count = 0;
    for (size_t i = 0; i < g->in.token_count; i++) {
        Token *t = g->in.tokens[i];
        if (!t->gone && t->index == scope && !(t->flags & (TOKEN_BODY | TOKEN_FAILED_ENTER))) {
            *one = t;
            count++;
        }
    }
    return count;
}

static bool begin_scope(Game *g, uint32_t element, int64_t *out);

/* The token to enter an element of this scope in; begun when there is none. */
static bool find_scope(Game *g, uint32_t scope, int64_t wanted, int64_t *out)
{
    Token *one = NULL;
    const BpmnElement *e = &g->program->elements[scope];
    if (wanted != 0) {
        one = instance_token(&g->in, wanted);
        *out = wanted;
        return (one && one->index == scope && !(one->flags & TOKEN_BODY)) ||
               refuse_modify(g, e->id, "the scope is no living token of it / 指定的作用域不存在");
    }
    size_t count = holders(g, scope, &one);
    if (count > 1) {
        return refuse_modify(g, e->id, "it lives several times: name the scope / "
                                       "存在多个作用域，请指明其一");
    }
    *out = one ? one->key : 0;
    return one || begin_scope(g, scope, out);
}

static bool begin_scope(Game *g, uint32_t element, int64_t *out)
{
    const BpmnElement *e = &g->program->elements[element];
    int64_t around;
    if (e->loop) {
        return refuse_modify(g, e->id, "a round of a loop cannot be begun alone / "
                                       "不能单独启动循环中的一轮");
    }
    if (!find_scope(g, e->scope, 0, &around)) {
        return false;
    }
    int64_t key = *out = change_enter(g, element, around, STR_NONE, 0);
    err_clear(&g->fail);
    if (!variable_inputs(g, e, key) || !watch_open(g, instance_token(&g->in, key), e)) {
        return decision_refuse(g->d, &g->fail);
    }
    return true;
}

static bool may_enter(const Game *g, const BpmnElement *e)
{
    const BpmnElement *scope = &g->program->elements[e->scope];
    return e->type != BPMN_BOUNDARY_EVENT && e->type != BPMN_EVENT_SUB_PROCESS &&
           !e->compensation &&
           !(e->type == BPMN_START_EVENT && scope->type == BPMN_EVENT_SUB_PROCESS);
}

static bool activate(Game *g, Value instruction)
{
    Str id = value_get_string(instruction, STR("element"));
    Value variables = value_field(instruction, "variables");
    uint32_t index = bpmn_element(g->program, id);
    int64_t scope, wanted = key_local(process_key_field(instruction, STR("scope")));
    if (index == BPMN_NONE || index == 0) {
        return decision_refuse_with(g->d, &fault_element_unknown, id, g->in.process);
    }
    const BpmnElement *e = &g->program->elements[index];
    if (!may_enter(g, e)) {
        return refuse_modify(g, id, "elements of this type are not entered by hand / "
                                    "该类元素不能手动进入");
    }
    if (!value_is_null(variables) && !value_is(variables, VALUE_CONTEXT)) {
        return decision_refuse_with(g->d, &fault_field_invalid, STR("variables"), STR("object"));
    }
    if (!find_scope(g, e->scope, wanted, &scope)) {
        return false;
    }
    variable_set_all(g, scope, variables);
    if (e->type >= BPMN_EXCLUSIVE_GATEWAY && e->type != BPMN_EVENT_GATEWAY) {
        game_push(g, MOVE_PASS, change_enter(g, index, scope, STR_NONE, 0), value_null());
    } else {
        game_enter(g, index, scope, STR_NONE, 0);
    }
    return true;
}

/* ---- What ends. */

/* Nothing may be left in a scope by ending a token: then the scope goes too. */
static void clear_scope(Game *g, int64_t scope)
{
    Token *t = instance_token(&g->in, scope);
    while (t && instance_children(&g->in, t->key) == 0) {
        int64_t around = t->scope;
        if (t->flags & TOKEN_COMPENSATES) {
            game_settle(g, t->key);
            return;
        }
        if (t->key == ROOT_TOKEN) {
            game_end(g, PROCESS_INSTANCE_CANCELLED, STR_NONE);
            return;
        }
        game_cancel(g, t->key);
        t = instance_token(&g->in, around);
    }
}

static bool may_end(Game *g, const Token *t)
{
    if (t->key == ROOT_TOKEN) {
        return refuse_modify(g, t->element, "cancel the instance instead / 请改为取消整个流程实例");
    }
    if (t->flags & TOKEN_INNER) {
        return refuse_modify(g, t->element, "one round of a loop cannot be ended alone / "
                                            "不能单独结束循环中的一轮");
    }
    return true;
}

static bool terminate_one(Game *g, Token *t, ListBuilder *scopes)
{
    if (!may_end(g, t)) {
        return false;
    }
    list_add(scopes, value_int(t->scope));
    game_cancel(g, t->key);
    return true;
}

/* limit: tokens that were there before the command. */
static bool terminate(Game *g, Value instruction, int64_t limit, ListBuilder *scopes)
{
    Str id = value_get_string(instruction, STR("element"));
    int64_t key = key_local(process_key_field(instruction, STR("token")));
    size_t ended = 0;
    for (size_t i = 0; i < g->in.token_count; i++) {
        Token *t = g->in.tokens[i];
        bool meant = key ? t->key == key : str_equal(t->element, id) && !(t->flags & TOKEN_INNER);
        if (!t->gone && t->key < limit && meant) {
            if (!terminate_one(g, t, scopes)) {
                return false;
            }
            ended++;
        }
    }
    if (ended == 0) {
        return decision_refuse_with(g->d, &fault_token_unknown,
                                    arena_printf(g->a, "%lld", (long long)g->in.key),
                                    key ? process_key_value(g->a, g->in.key | key).as.string : id);
    }
    return true;
}

bool decide_modify(void *state, const Command *c, Decision *d)
{
    Game g;
    Value enter = value_field(c->body, "activate"), end = value_field(c->body, "terminate");
    if (value_count(enter) + value_count(end) == 0 ||
        value_count(enter) + value_count(end) > MODIFY_MAX ||
        (!value_is_null(enter) && !value_is(enter, VALUE_LIST)) ||
        (!value_is_null(end) && !value_is(end, VALUE_LIST))) {
        return decision_refuse_with(d, &fault_field_invalid, STR("activate / terminate"),
                                    STR("1..1000"));
    }
    if (!game_open_any(&g, state, d, c, process_key_field(c->body, STR("instance")))) {
        return false;
    }
    int64_t limit = g.in.next;
    ListBuilder scopes = list_builder(g.a);
    for (size_t i = 0; i < value_count(enter); i++) {
        if (!activate(&g, value_item(enter, i))) {
            return false;
        }
    }
    for (size_t i = 0; i < value_count(end); i++) {
        if (!terminate(&g, value_item(end, i), limit, &scopes)) {
            return false;
        }
    }
    for (size_t i = 0; i < scopes.count; i++) {
        int64_t scope = 0;
        dec_to_int64(scopes.items[i].as.number, &scope);
        clear_scope(&g, scope);
    }
    return game_close(&g);
}
