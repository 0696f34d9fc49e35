/* decision.c - what a deciding function may do, and nothing else.
 *
 * A Decision collects: events, follow-ups, a reply or a refusal. Nothing takes effect before
 * the function has returned true; a refusal drops everything. Time comes with the command;
 * random bytes come from a seed that the run was given before its first decision:
 *
 *     block(n) = SM3(seed | n),  n = 0, 1, 2, ...     taken from the front, 32 bytes each
 *
 * so one run may take any amount, and ids that go out to clients tell nothing of the others.
 * Neither seed nor random bytes are journaled: a replay applies events, which hold the ids.
 *
 * Timers are events of core ("core.timer_set", ...): they stand in the record in the order in
 * which they were asked for, so a replay sets the same rows.
 *
 * When the arena has reached its limit the values handed in are scratch: everything asked for is
 * then dropped unseen, and the run is given up (run.c). */
#include <string.h>

#include "base/check.h"
#include "core/core_int.h"

Decision decision_make(Run *run, const Command *command, size_t module)
{
    Decision d = {.run = run, .command = command, .module = module, .reply = value_null()};
    return d;
}

Arena *decision_arena(Decision *d)
{
    return d->run->arena;
}

StoreConn *decision_store(Decision *d)
{
    return d->run->core->conn;
}

int64_t decision_node(const Decision *d)
{
    return d->run->core->node;
}

/* ---- Randomness. */

static void random_block(Run *run)
{
    uint8_t counter[8];
    for (int i = 0; i < 8; i++)
        counter[i] = (uint8_t)(run->random_counter >> (56 - 8 * i));
    run->random_counter++;
    Str pieces[] = {{(const char *)run->seed, sizeof run->seed},
                    {(const char *)counter, sizeof counter}};
    Sm3 block = sm3_of(pieces, 2);
    memcpy(run->random, block.bytes, sizeof run->random);
    run->random_left = sizeof run->random;
}

void run_random(Run *run, void *out, size_t count)
{
    uint8_t *to = out;
    while (count > 0) {
        if (run->random_left == 0)
            random_block(run);
        size_t n = count < run->random_left ? count : run->random_left;
        memcpy(to, run->random + sizeof run->random - run->random_left, n);
        run->random_left -= n;
        to += n;
        count -= n;
    }
}

Id run_id(Run *run)
{
    uint8_t random[10];
    run_random(run, random, sizeof random);
    return id_new(run->at, random);
}

Id decision_id(Decision *d)
{
    return run_id(d->run);
}

void decision_random(Decision *d, void *out, size_t count)
{
    run_random(d->run, out, count);
}

/* ---- Events. */

/* What is journaled must be readable for ever: plain (else it is a bug), well-formed UTF-8 and
 * not nested too deep (else the run is given up: a user's input may have led to it). */
static bool is_sound(Value v, unsigned depth)
{
    switch (value_kind(v)) {
    case VALUE_STRING:
        return utf8_valid(v.as.string, NULL);
    case VALUE_LIST:
        for (size_t i = 0; i < v.as.list.count; i++)
            if (depth == 0 || !is_sound(v.as.list.items[i], depth - 1))
                return false;
        return true;
    case VALUE_CONTEXT:
        for (size_t i = 0; i < v.as.context.count; i++)
            if (depth == 0 || !utf8_valid(v.as.context.entries[i].key, NULL) ||
                !is_sound(v.as.context.entries[i].value, depth - 1))
                return false;
        return true;
    default:
        check(value_kind(v) <= VALUE_NUMBER);
        return true;
    }
}

/* May these values be used? Not when the arena has failed and they are scratch. */
static bool usable(Decision *d, Value a, Value b)
{
    if (arena_failed(d->run->arena))
        return false;
    if (is_sound(a, CORE_VALUE_DEPTH_MAX) && is_sound(b, CORE_VALUE_DEPTH_MAX))
        return true;
    run_poison(d->run, &fault_system_failure,
               STR("a value is not UTF-8 text or is nested too deep"));
    return false;
}

static void emit(Decision *d, Str kind, Str subject, Value open, Value closed)
{
    Run *run = d->run;
    if (!usable(d, open, closed))
        return;
    check(map_has(&run->core->events, kind)); /* some module must list it */
    check(value_is_null(closed) || subject.len > 0);
    check(utf8_valid(subject, NULL));
    Emission *e = arena_new(run->arena, Emission);
    *e = (Emission){kind, subject, open, closed, NULL};
    if (!d->first)
        d->last = &d->first;
    *d->last = e;
    d->last = &e->next;
}

void decision_emit(Decision *d, Str kind, Str subject, Value open, Value closed)
{
    check(!d->refused);
    emit(d, kind, subject, open, closed);
}

void decision_follow(Decision *d, Str kind, Value body, Str reply_kind, Value reply_body)
{
    check(!d->refused);
    if (!usable(d, body, reply_body))
        return;
    if (d->follow_count == d->follow_capacity) {
        size_t capacity = d->follow_capacity ? d->follow_capacity * 2 : 4;
        Follow *wider = arena_new_array(d->run->arena, Follow, capacity);
        if (!wider)
            return; /* the arena has failed */
        if (d->follow_count)
            memcpy(wider, d->follows, d->follow_count * sizeof *wider);
        d->follows = wider;
        d->follow_capacity = capacity;
    }
    d->follows[d->follow_count++] = (Follow){kind, body, reply_kind, reply_body};
}

/* ---- Timers. */

static Str module_name(const Decision *d)
{
    return str_from(d->run->core->modules[d->module]->name);
}

void decision_emit_timer_set(Decision *d, Str module, Str key, Instant due, Str kind, Value body)
{
    Arena *a = d->run->arena;
    check(!instant_is_none(due) && key.len > 0);
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "module", value_string(module));
    context_put_text(&b, "key", value_string(key));
    Buf text = buf_new(a, 40);
    instant_write(due, 0, &text);
    context_put_text(&b, "due", value_string(buf_text(&text)));
    context_put_text(&b, "kind", value_string(kind));
    bool continuation = str_equal(module, STR("core"));
    if (!continuation)
        context_put_text(&b, "body", body);
    emit(d, STR("core.timer_set"), continuation ? key : STR_NONE, value_context(&b),
         continuation ? body : value_null());
}

void decision_emit_timer_fired(Decision *d, Str module, Str key)
{
    ContextBuilder b = context_builder(d->run->arena);
    context_put_text(&b, "module", value_string(module));
    context_put_text(&b, "key", value_string(key));
    emit(d, STR("core.timer_fired"), STR_NONE, value_context(&b), value_null());
}

void decision_timer_set(Decision *d, Str key, Instant due, Str kind, Value body)
{
    check(!d->refused);
    if (!arena_failed(d->run->arena))
        decision_emit_timer_set(d, module_name(d), key, due, kind, body);
}

void decision_timer_cancel(Decision *d, Str key)
{
    check(!d->refused);
    ContextBuilder b = context_builder(d->run->arena);
    context_put_text(&b, "module", value_string(module_name(d)));
    context_put_text(&b, "key", value_string(key));
    emit(d, STR("core.timer_cancelled"), STR_NONE, value_context(&b), value_null());
}

/* ---- Reply and refusal. */

void decision_reply(Decision *d, Value body)
{
    check(!d->refused);
    if (usable(d, body, value_null()))
        d->reply = body;
}

bool decision_refuse(Decision *d, const Err *err)
{
    check(err && err->fault);
    if (!d->refused)
        d->refusal = *err;
    d->refused = true;
    return false;
}

bool decision_refuse_fault(Decision *d, const Fault *fault, const char *source_file,
                           int source_line, const Str *args, size_t count)
{
    Err err = {0};
    err_fill(&err, fault, source_file, source_line, args, count);
    return decision_refuse(d, &err);
}

bool actor_has_role(const Actor *actor, Str role)
{
    for (size_t i = 0; i < actor->role_count; i++)
        if (str_equal(actor->roles[i], role))
            return true;
    return false;
}
