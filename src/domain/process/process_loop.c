/* process_loop.c - activities that run several times: multi-instance and standard loops.
 *
 * The token at such an activity becomes a body (TOKEN_BODY): boundary events hang on it, and the
 * rounds live in it as inner tokens at the same element:
 *
 *     body "review" {"n": 3, "s": 2, "d": 1} ─┬─ inner, loopCounter 1 (gone)
 *                                             └─ inner, loopCounter 2
 *
 * n rounds in all (-1: as long as the condition says), s begun, d done. The items of an input
 * collection stand among the body's variables under a name that no expression can say, so they are
 * kept with the personal values. An output collection is a variable of the body until it is done;
 * while a step goes on, the rounds write into one list, unless an expression has read it meanwhile.
 * Completion conditions see numberOfInstances, numberOfActiveInstances and
 * numberOfCompletedInstances. */
#include "domain/process/process_int.h"

#define ITEMS_NAME STR("$items")

typedef struct Counters {
    int64_t all, started, done;
} Counters;

static Counters counters_of(const Token *body)
{
    return (Counters){value_get_int(body->data, STR("n"), 0),
                      value_get_int(body->data, STR("s"), 0),
                      value_get_int(body->data, STR("d"), 0)};
}

static void set_counters(Game *g, Token *body, Counters c)
{
    ContextBuilder b = context_builder_from(g->a, body->data);
    context_put_text(&b, "n", value_int(c.all));
    context_put_text(&b, "s", value_int(c.started));
    context_put_text(&b, "d", value_int(c.done));
    change_set(g, body, body->flags, body->ref, value_context(&b));
}

/* The variable that "= name" or "= name.field" reads; empty for other expressions. */
static Str simple_name(const BpmnExpression *e)
{
    Str text = str_trim(str_slice(e->text, 1, e->text.len));
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '_' || c == '.' || (unsigned char)c >= 0x80)) {
            return STR_NONE;
        }
    }
    return str_split(&text, '.');
}

/* Begin the next round. The variable that its output element reads is the round's own, so that
 * rounds side by side do not overwrite each other's results. */
static void start_round(Game *g, int64_t body, uint32_t element, const BpmnLoop *loop)
{
    Token *t = instance_token(&g->in, body);
    Counters c = counters_of(t);
    int64_t inner = game_enter(g, element, body, STR_NONE, TOKEN_INNER);
    Value items;
    if (loop->input_element.len && value_find(t->local, ITEMS_NAME, &items)) {
        variable_set_local(g, inner, loop->input_element, value_item(items, (size_t)c.started));
    }
    Str own = simple_name(&loop->output_element);
    if (own.len && loop->output_collection.len) {
        variable_set_local(g, inner, own, value_null());
    }
    c.started++;
    variable_set_local(g, inner, STR("loopCounter"), value_int(c.started));
    set_counters(g, t, c);
}

/* How many rounds a multi-instance activity has, and its items. */
static bool evaluate_size(Game *g, const BpmnLoop *loop, int64_t token, Value *items,
                          int64_t *count)
{
    const BpmnExpression *e = bpmn_has(loop->collection) ? &loop->collection : &loop->cardinality;
    Value v;
    if (!variable_evaluate(g, e, token, &v)) {
        return false;
    }
    *items = value_null();
    *count = -1;
    if (e == &loop->collection) {
        *items = v;
        *count = value_is(v, VALUE_LIST) ? (int64_t)v.as.list.count : -1;
    } else if (value_is(v, VALUE_NUMBER) && !dec_to_int64(v.as.number, count)) {
        *count = -1;
    }
    if (*count < 0 || *count > PROCESS_TOKENS_MAX) {
        return game_fail(g, &fault_expression_failed, e->text,
                         str_from(value_kind_name(value_kind(v))),
                         e == &loop->collection ? STR("list") : STR("0..PROCESS_TOKENS_MAX"));
    }
    return true;
}

static void finish(Game *g, Token *body, const BpmnLoop *loop)
{
    Value payload = value_null(), collected;
    game_cancel_children(g, body->key, 0);
    if (loop->output_collection.len &&
        value_find(body->local, loop->output_collection, &collected)) {
        ContextBuilder b = context_builder(g->a);
        context_put(&b, loop->output_collection, collected);
        payload = value_context(&b);
    }
    game_push(g, MOVE_COMPLETE, body->key, payload);
}

static bool begin_multi(Game *g, Token *body, const BpmnElement *e)
{
    const BpmnLoop *loop = e->loop;
    Value items;
    int64_t count, key = body->key;
    if (!evaluate_size(g, loop, key, &items, &count) || !watch_open(g, body, e)) {
        return false;
    }
    if (!value_is_null(items) && loop->input_element.len) {
        variable_set_local(g, key, ITEMS_NAME, items);
    }
    if (loop->output_collection.len) {
        ListBuilder empty = list_builder(g->a);
        for (int64_t i = 0; i < count; i++) {
            list_add(&empty, value_null());
        }
        variable_set_local(g, key, loop->output_collection, value_list(&empty));
    }
    set_counters(g, body, (Counters){count, 0, 0});
    if (count == 0) {
        finish(g, body, loop);
        return true;
    }
    uint32_t element = body->index;
    for (int64_t i = 0; i < (loop->sequential ? 1 : count); i++) {
        start_round(g, key, element, loop);
    }
    return true;
}

/* Does a standard loop go round again? Without a condition it does, up to its maximum. */
static bool loop_again(Game *g, const BpmnLoop *loop, int64_t token, Counters c, bool *again)
{
    *again = c.all < 0 || c.started < c.all;
    if (!*again || !bpmn_has(loop->completion)) {
        return true;
    }
    return variable_evaluate_boolean(g, &loop->completion, token, again);
}

static bool begin_standard(Game *g, Token *body, const BpmnElement *e)
{
    const BpmnLoop *loop = e->loop;
    Counters c = {-1, 0, 0};
    int64_t key = body->key;
    Value maximum;
    bool again = true;
    if (bpmn_has(loop->cardinality)) {
        if (!variable_evaluate(g, &loop->cardinality, key, &maximum)) {
            return false;
        }
        if (!value_is(maximum, VALUE_NUMBER) || !dec_to_int64(maximum.as.number, &c.all) ||
            c.all < 0) {
            return game_fail(g, &fault_expression_failed, loop->cardinality.text,
                             str_from(value_kind_name(value_kind(maximum))), STR("number"));
        }
    }
    if ((loop->test_before && !loop_again(g, loop, key, c, &again)) || !watch_open(g, body, e)) {
        return false;
    }
    set_counters(g, body, c);
    if (again && c.all != 0) {
        start_round(g, key, body->index, loop);
    } else {
        game_push(g, MOVE_COMPLETE, key, value_null());
    }
    return true;
}

bool loop_begin(Game *g, Token *body, const BpmnElement *e)
{
    if (!(body->flags & TOKEN_BODY)) {
        change_set(g, body, body->flags | TOKEN_BODY, body->ref, body->data);
    }
    return e->loop->standard ? begin_standard(g, body, e) : begin_multi(g, body, e);
}

static void set_numbers(Game *g, int64_t body, Counters c)
{
    variable_set_local(g, body, STR("numberOfInstances"), value_int(c.all));
    variable_set_local(g, body, STR("numberOfActiveInstances"), value_int(c.started - c.done));
    variable_set_local(g, body, STR("numberOfCompletedInstances"), value_int(c.done));
}

/* The result of a round into its place of the output collection. */
static bool collect_output(Game *g, const BpmnLoop *loop, Token *body, int64_t inner)
{
    Value element, old;
    if (!loop->output_collection.len || !bpmn_has(loop->output_element) ||
        !value_find(body->local, loop->output_collection, &old)) {
        return true;
    }
    if (!variable_evaluate(g, &loop->output_element, inner, &element)) {
        return false;
    }
    const Token *t = instance_token(&g->in, inner);
    int64_t place = value_get_int(t->local, STR("loopCounter"), 1) - 1;
    bool own = g->own_list && value_is(old, VALUE_LIST) && old.as.list.items == g->own_list;
    if (own && place >= 0 && (size_t)place < old.as.list.count) {
        ((Value *)(uintptr_t)old.as.list.items)[place] = feel_to_plain(g->a, element);
        return true;
    }
    ListBuilder list = list_builder(g->a);
    for (size_t i = 0; i < value_count(old); i++) {
        list_add(&list, (int64_t)i == place ? element : value_item(old, i));
    }
    variable_set_local(g, body->key, loop->output_collection, value_list(&list));
    if (value_find(instance_token(&g->in, body->key)->local, loop->output_collection, &old)) {
        g->own_list = old.as.list.items;
    }
    return true;
}

/* Which of the complex definitions hold after a round. */
static bool judge_complex(Game *g, const BpmnLoop *loop, int64_t body, bool *holds)
{
    for (uint32_t i = 0; i < loop->complex_count; i++) {
        if (!variable_evaluate_boolean(g, &loop->complex[i].condition, body, &holds[i])) {
            return false;
        }
    }
    return true;
}

static void throw_behavior(Game *g, const BpmnElement *e, int64_t scope, Counters c,
                           const bool *holds)
{
    const BpmnLoop *loop = e->loop;
    bool throws = loop->behavior == BPMN_EACH_THROWS ||
                  (loop->behavior == BPMN_FIRST_THROWS && c.done == 1);
    if (throws && loop->thrown) {
        throw_implicit(g, e, scope, loop->thrown);
    }
    for (uint32_t i = 0; i < loop->complex_count; i++) {
        if (holds[i]) {
            throw_implicit(g, e, scope, loop->complex[i].thrown);
        }
    }
}

bool loop_round_done(Game *g, Token *body, const BpmnElement *e, int64_t inner, Value payload)
{
    const BpmnLoop *loop = e->loop;
    Counters c = counters_of(body);
    bool ends = false, again = false;
    bool *holds = arena_new_array(g->a, bool, loop->complex_count + 1);
    c.done++;
    if (!holds || !collect_output(g, loop, body, inner)) {
        return false;
    }
    if (loop->standard) {
        if (!loop_again(g, loop, body->key, c, &again)) {
            return false;
        }
        ends = !again;
    } else {
        set_numbers(g, body->key, c);
        if (!judge_complex(g, loop, body->key, holds) ||
            (bpmn_has(loop->completion) &&
             !variable_evaluate_boolean(g, &loop->completion, body->key, &ends))) {
            return false;
        }
        again = loop->sequential && c.started < c.all;
        ends = ends || c.done == c.all;
    }
    uint32_t element = body->index;
    throw_behavior(g, e, body->scope, c, holds);
    game_leave(g, inner, LEAVE_COMPLETED, payload);
    set_counters(g, body, c);
    if (ends) {
        finish(g, body, loop);
    } else if (again) {
        start_round(g, body->key, element, loop);
    }
    return true;
}
