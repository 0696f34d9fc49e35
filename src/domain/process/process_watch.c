/* process_watch.c - what a token waits for: messages, timers, signals, conditions.
 *
 * A watch is a pair (token, event of an element). Which watches a token has follows from the
 * program alone, so they are never kept twice:
 *
 *     catch event, receive task    the events of the element itself
 *     event-based gateway          the events of the elements behind it
 *     activity (or loop body)      the events of its boundary events
 *     scope                        the events of the starts of its event sub-processes
 *
 * Messages and signals are rows of process_watch while they wait; timers are core's; conditions
 * are looked at when variables have changed. When a watch comes true, watch_trigger finds by the
 * place of the element what it means. Errors, escalations, cancellation and compensation are never
 * waited for: process_throw.c looks for their catchers when they are thrown. */
#include "domain/process/process_int.h"

typedef struct Watch {
    uint32_t element, event;
    const BpmnEvent *on;
} Watch;

typedef struct Watches {
    Watch *items;
    size_t count, capacity;
} Watches;

static bool is_waited_for(const BpmnEvent *event)
{
    return event->kind == BPMN_ON_MESSAGE || event->kind == BPMN_ON_TIMER ||
           event->kind == BPMN_ON_SIGNAL || event->kind == BPMN_ON_CONDITIONAL;
}

static void collect_element(Game *g, Watches *w, uint32_t index)
{
    const BpmnElement *e = &g->program->elements[index];
    for (uint32_t i = 0; i < e->event_count; i++) {
        if (!is_waited_for(&e->events[i])) {
            continue;
        }
        if (w->count == w->capacity) {
            size_t capacity = w->capacity ? w->capacity * 2 : 8;
            Watch *grown = arena_new_array(g->a, Watch, capacity);
            check(grown != NULL);
            for (size_t k = 0; k < w->count; k++) {
                grown[k] = w->items[k];
            }
            w->items = grown;
            w->capacity = capacity;
        }
        w->items[w->count++] = (Watch){index, i, &e->events[i]};
    }
}

static Watches collect(Game *g, const Token *t, const BpmnElement *e)
{
    Watches w = {0};
    bool body = t->flags & TOKEN_BODY, inner = t->flags & TOKEN_INNER;
    for (uint32_t i = 0; !inner && i < e->boundary_count; i++) {
        collect_element(g, &w, e->boundaries[i]);
    }
    if (body) {
        return w;
    }
    if (e->type == BPMN_CATCH_EVENT || e->type == BPMN_RECEIVE_TASK) {
        collect_element(g, &w, t->index);
    } else if (e->type == BPMN_EVENT_GATEWAY) {
        for (uint32_t i = 0; i < e->outgoing_count; i++) {
            collect_element(g, &w, g->program->flows[e->outgoing[i]].target);
        }
    } else if (bpmn_is_scope(e)) {
        for (uint32_t i = 0; i < e->child_count; i++) {
            const BpmnElement *child = &g->program->elements[e->children[i]];
            if (child->type == BPMN_EVENT_SUB_PROCESS && child->entry_count == 1) {
                collect_element(g, &w, child->entries[0]);
            }
        }
    }
    return w;
}

static Str watch_key(Game *g, int64_t token, const Watch *w)
{
    return arena_printf(g->a, "%lld:%lld:%.*s:%u", (long long)g->in.key, (long long)token,
                        STR_ARG(g->program->elements[w->element].id), (unsigned)w->event);
}

/* ---- Opening. */

/* What a watch waits for, evaluated before anything is changed. */
typedef struct Opening {
    Str name, correlation;
    TimerPlan plan;
} Opening;

static bool evaluate_watch(Game *g, const Watch *w, int64_t token, Opening *out)
{
    const BpmnEvent *on = w->on;
    *out = (Opening){0};
    if (on->kind == BPMN_ON_TIMER) {
        return watch_plan(g, on, token, &out->plan);
    }
    if (on->kind == BPMN_ON_CONDITIONAL) {
        g->variables_changed = true; /* look at it once now */
        return true;
    }
    return variable_evaluate_text(g, &on->name, token, &out->name) &&
           (!bpmn_has(on->correlation) ||
            variable_evaluate_text(g, &on->correlation, token, &out->correlation));
}

static void fire_later(Game *g, int64_t token, const Watch *w, Value variables)
{
    ContextBuilder b = context_builder(g->a);
    context_put_text(&b, "instance", process_key_value(g->a, g->in.key));
    context_put_text(&b, "token", value_int(token));
    context_put_text(&b, "element", value_string(g->program->elements[w->element].id));
    context_put_text(&b, "event", value_int(w->event));
    context_put_text(&b, "variables", variables);
    decision_follow(g->d, STR("process.fire"), value_context(&b), STR_NONE, value_null());
}

static void open_one(Game *g, Token *t, const Watch *w, const Opening *opening)
{
    if (w->on->kind == BPMN_ON_TIMER) {
        watch_set_timer(g, t->key, w->element, w->event, opening->plan);
        return;
    }
    if (w->on->kind == BPMN_ON_CONDITIONAL) {
        return;
    }
    bool message = w->on->kind == BPMN_ON_MESSAGE;
    change_note(g, value_string(STR("watch")), value_int(t->key),
                value_string(g->program->elements[w->element].id), value_int(w->event),
                value_string(message ? STR("message") : STR("signal")),
                value_string(opening->name));
    if (opening->correlation.len) {
        context_put(&g->closed_keys, watch_key(g, t->key, w),
                    value_string(opening->correlation));
    }
    Value variables;
    int64_t buffered = message ? message_find(g, opening->name, opening->correlation, &variables)
                               : 0;
    if (buffered) {
        change_note(g, value_string(STR("message_end")), value_int(buffered));
        fire_later(g, t->key, w, variables);
    }
}

bool watch_open(Game *g, Token *t, const BpmnElement *e)
{
    Watches w = t->flags & TOKEN_WATCHES ? (Watches){0} : collect(g, t, e);
    if (w.count == 0) {
        return true;
    }
    Opening *openings = arena_new_array(g->a, Opening, w.count);
    check(openings != NULL);
    for (size_t i = 0; i < w.count; i++) {
        if (!evaluate_watch(g, &w.items[i], t->key, &openings[i])) {
            return false;
        }
    }
    change_set(g, t, t->flags | TOKEN_WATCHES, t->ref, t->data);
    for (size_t i = 0; i < w.count; i++) {
        open_one(g, t, &w.items[i], &openings[i]);
    }
    return true;
}

void watch_close(Game *g, Token *t, const BpmnElement *e)
{
    if (!(t->flags & TOKEN_WATCHES)) {
        return;
    }
    Watches w = collect(g, t, e);
    bool rows = false;
    for (size_t i = 0; i < w.count; i++) {
        rows |= w.items[i].on->kind == BPMN_ON_MESSAGE || w.items[i].on->kind == BPMN_ON_SIGNAL;
        if (w.items[i].on->kind == BPMN_ON_TIMER) {
            decision_timer_cancel(g->d, watch_key(g, t->key, &w.items[i]));
        }
    }
    if (rows) {
        change_note(g, value_string(STR("unwatch")), value_int(t->key));
    }
    change_set(g, t, t->flags & ~TOKEN_WATCHES, t->ref, t->data);
}

/* ---- Another version. */

static bool same_wait(const BpmnEvent *a, const BpmnEvent *b)
{
    return a->kind == b->kind && a->timer == b->timer &&
           str_equal(a->expression.text, b->expression.text) &&
           str_equal(a->name.text, b->name.text) &&
           str_equal(a->correlation.text, b->correlation.text);
}

/* Does the list have a watch at an element with this id for the same thing? */
static bool has_same(const Watches *list, const BpmnProcess *p, const Watch *w, Str id)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].event == w->event && same_wait(list->items[i].on, w->on) &&
            str_equal(p->elements[list->items[i].element].id, id)) {
            return true;
        }
    }
    return false;
}

/* What a token waits for when it stands at `index` of a program. */
static Watches collect_under(Game *g, const Token *t, const BpmnProcess *program, uint32_t index)
{
    const BpmnProcess *now = g->program;
    Token at = *t;
    at.index = index;
    g->program = program;
    Watches w = collect(g, &at, &program->elements[index]);
    g->program = now;
    return w;
}

static void close_one(Game *g, Token *t, const Watch *w)
{
    if (w->on->kind == BPMN_ON_TIMER) {
        decision_timer_cancel(g->d, watch_key(g, t->key, w));
    } else if (w->on->kind != BPMN_ON_CONDITIONAL) {
        change_note(g, value_string(STR("unwatch_one")), value_int(t->key),
                    value_string(g->program->elements[w->element].id), value_int(w->event));
    }
}

void watch_close_changed(Game *g, Token *t, const BpmnProcess *from, const BpmnProcess *to,
                         uint32_t landing)
{
    if (!(t->flags & TOKEN_WATCHES)) {
        return;
    }
    Watches old = collect_under(g, t, from, t->index), new = collect_under(g, t, to, landing);
    for (size_t i = 0; i < old.count; i++) {
        if (!has_same(&new, to, &old.items[i], from->elements[old.items[i].element].id)) {
            close_one(g, t, &old.items[i]);
        }
    }
}

bool watch_open_changed(Game *g, Token *t, const BpmnProcess *from)
{
    Watches old = {0}, new = collect(g, t, game_element(g, t));
    uint32_t before = bpmn_element(from, t->was.len ? t->was : t->element);
    if ((t->flags & TOKEN_WATCHES) && before != BPMN_NONE) {
        old = collect_under(g, t, from, before);
    }
    for (size_t i = 0; i < new.count; i++) {
        Opening opening;
        Watch *w = &new.items[i];
        if (has_same(&old, from, w, g->program->elements[w->element].id)) {
            continue;
        }
        if (!evaluate_watch(g, w, t->key, &opening)) {
            return false;
        }
        open_one(g, t, w, &opening);
    }
    if (new.count > 0) {
        change_set(g, t, t->flags | TOKEN_WATCHES, t->ref, t->data);
    }
    return true;
}

void watch_set_timer(Game *g, int64_t token, uint32_t element, uint32_t event, TimerPlan plan)
{
    Watch w = {element, event, NULL};
    ContextBuilder b = context_builder(g->a);
    context_put_text(&b, "instance", process_key_value(g->a, g->in.key));
    context_put_text(&b, "token", value_int(token));
    context_put_text(&b, "element", value_string(g->program->elements[element].id));
    context_put_text(&b, "event", value_int(event));
    context_put_text(&b, "due", value_int(plan.due.us));
    if (plan.rounds) {
        context_put_text(&b, "rounds", value_int(plan.rounds));
        context_put_text(&b, "every", value_string(plan.every));
    }
    decision_timer_set(g->d, watch_key(g, token, &w), plan.due, STR("process.fire"),
                       value_context(&b));
}

/* ---- Coming true. */

/* An event sub-process begins in the scope of its owner. */
static void start_event_sub_process(Game *g, Token *owner, uint32_t start, Value payload)
{
    const BpmnElement *e = &g->program->elements[start];
    uint32_t sub = e->scope;
    int64_t scope = owner->key;
    if (e->interrupting) {
        game_cancel_children(g, scope, 0);
        watch_close(g, owner, game_element(g, owner));
    }
    owner->ending = false;
    int64_t key = change_enter(g, sub, scope, STR_NONE, 0);
    g->activations++;
    Token *t = instance_token(&g->in, key);
    err_clear(&g->fail);
    if (!variable_inputs(g, &g->program->elements[sub], key) ||
        !watch_open(g, t, &g->program->elements[sub])) {
        game_incident(g, t, TOKEN_FAILED_ENTER, &g->fail);
        return;
    }
    game_arrive(g, start, key, payload);
}

/* A parallel multiple event needs each of its definitions once: which have come is a bit each in
 * the owner's data. True when all have. */
static bool all_have_come(Game *g, Token *owner, const BpmnElement *e, uint32_t event)
{
    if (!e->parallel || e->event_count < 2) {
        return true;
    }
    Str name = arena_printf(g->a, "p:%.*s", STR_ARG(e->id));
    int64_t come = value_get_int(owner->data, name, 0) | 1ll << (event & 31);
    bool all = come == (1ll << e->event_count) - 1;
    ContextBuilder b = context_builder_from(g->a, owner->data);
    context_put(&b, name, value_int(all ? 0 : come));
    change_set(g, owner, owner->flags, owner->ref, value_context(&b));
    return all;
}

void watch_trigger(Game *g, Token *owner, uint32_t element, uint32_t event, Value payload)
{
    if (!all_have_come(g, owner, &g->program->elements[element], event)) {
        variable_propagate(g, owner->key, payload);
        return;
    }

    const BpmnElement *e = &g->program->elements[element];
    const BpmnElement *at = game_element(g, owner);
    int64_t key = owner->key, scope = owner->scope;
    if (element == owner->index) {
        game_push(g, MOVE_COMPLETE, key, payload);
    } else if (e->type == BPMN_BOUNDARY_EVENT) {
        check(e->attached == owner->index);
        if (e->interrupting) {
            game_cancel(g, key);
        }
        game_arrive(g, element, scope, payload);
    } else if (e->type == BPMN_START_EVENT) {
        start_event_sub_process(g, owner, element, payload);
    } else {
        check(at->type == BPMN_EVENT_GATEWAY);
        game_leave(g, key, LEAVE_COMPLETED, value_null());
        game_arrive(g, element, scope, payload);
    }
}

/* ---- Signals from inside. */

static bool hears(Game *g, const Token *t, const Watch *w, Str name)
{
    Str own;
    if (w->on->kind != BPMN_ON_SIGNAL) {
        return false;
    }
    bool ok = variable_evaluate_text(g, &w->on->name, t->key, &own);
    err_clear(&g->fail);
    return ok && str_equal(own, name);
}

/* The first watch that waits for the signal and has not been served yet. */
static bool find_hearer(Game *g, Str name, Map *served, int64_t *token, Watch *watch)
{
    for (size_t i = 0; i < g->in.token_count; i++) {
        const Token *t = g->in.tokens[i];
        Watches w = t->gone || !(t->flags & TOKEN_WATCHES) ? (Watches){0}
                                                           : collect(g, t, game_element(g, t));
        for (size_t k = 0; k < w.count; k++) {
            Str key = watch_key(g, t->key, &w.items[k]);
            if (!map_has(served, key) && hears(g, t, &w.items[k], name)) {
                map_put(served, key, served);
                *token = t->key;
                *watch = w.items[k];
                return true;
            }
        }
    }
    return false;
}

Value watch_signal(Game *g, Str name, Value variables)
{
    Map served = map_new(g->a);
    ListBuilder keys = list_builder(g->a);
    int64_t token;
    Watch w;
    while (find_hearer(g, name, &served, &token, &w)) {
        list_add(&keys, value_string(watch_key(g, token, &w)));
        watch_trigger(g, instance_token(&g->in, token), w.element, w.event, variables);
    }
    return value_list(&keys);
}

/* ---- Conditions. */

/* Which conditions held when they were last looked at: one bit each in the token's data. */
static bool examine_token(Game *g, Token *t)
{
    Watches w = collect(g, t, game_element(g, t));
    int64_t held = value_get_int(t->data, STR("c"), 0), was = held;
    uint32_t fires = BPMN_NONE, fires_event = 0;
    int bit = 0;
    for (size_t i = 0; i < w.count; i++) {
        if (w.items[i].on->kind != BPMN_ON_CONDITIONAL || bit >= 62) {
            continue;
        }
        bool holds = false;
        int64_t mask = 1ll << bit++;
        if (!variable_evaluate_boolean(g, &w.items[i].on->expression, t->key, &holds)) {
            err_clear(&g->fail); /* not true is not yet true */
        }
        if (holds && !(was & mask) && fires == BPMN_NONE) {
            fires = w.items[i].element;
            fires_event = w.items[i].event;
            held |= mask;
        } else if (!holds) {
            held &= ~mask;
        }
    }
    if (held != was) {
        ContextBuilder b = context_builder_from(g->a, t->data);
        context_put_text(&b, "c", value_int(held));
        change_set(g, t, t->flags, t->ref, value_context(&b));
    }
    if (fires != BPMN_NONE) {
        watch_trigger(g, t, fires, fires_event, value_null());
    }
    return fires != BPMN_NONE;
}

bool watch_examine(Game *g)
{
    if (!g->variables_changed) {
        return false;
    }
    for (size_t i = 0; i < g->in.token_count; i++) {
        Token *t = g->in.tokens[i];
        if (!t->gone && (t->flags & TOKEN_WATCHES) && examine_token(g, t)) {
            return true; /* the others are looked at when the queue is empty again */
        }
    }
    g->variables_changed = false;
    return false;
}
