/* run.c - one root command, from its decision to its journal row, inside a transaction.
 *
 *     root ─ decide ─┬─ refused ─── final, and the client named it: journaled; else: no trace
 *                    └─ accepted ─ events: journal, apply ─ follow-ups, first in, first out:
 *                                    decide ─┬─ refused: told to whoever asked, or noted
 *                                            └─ accepted: events ... , its own follow-ups last
 *
 * A decision has no effect until it returns true, so a refused one needs no undoing: the
 * transaction holds only what was accepted. What cannot be undone in part, because events are
 * applied at once, is a run that reaches a limit half way (memory, events): it is poisoned, and
 * the caller rolls the whole batch back and does it again without this command (batch.c).
 *
 * Follow-ups. Each runs as the root's actor, without asking for permission: the module that
 * asked has judged. After CORE_FOLLOW_MAX of them the rest goes on as a timer that is due now,
 * with the actor and the root's id in its body: nothing is rolled back, and no command holds
 * the writer for long.
 *
 * Timers. Firing is the first event of the record ("core.timer_fired" deletes the row), so a
 * timer fires once, however often the process is killed. Refused for now (a retryable fault):
 * it is set again CORE_TIMER_RETRY_S later. Refused for good: the record says so and the timer
 * is spent.
 *
 * Order of judgement for a root: repeated command, unknown kind, permission, the module. The
 * first comes first because an answer that was given is the answer, whatever has changed. */
#include "base/check.h"
#include "core/core_int.h"

static const Sql sql_repeated = {
    "SELECT fingerprint, seq FROM core_command WHERE node = ?1 AND id = ?2"};

/* ---- Runs and their follow-ups. */

static Run run_make(Core *core, const Command *command, Instant at)
{
    arena_reset(core->step);
    Run run = {.core = core, .arena = core->step, .at = at, .seq = core->end.seq + 1,
               .root = *command};
    core_seed(core, run.seed);
    if (id_is_none(run.root.id))
        run.root.id = run_id(&run);
    if (id_is_none(run.root.root))
        run.root.root = run.root.id;
    run.root.now = at;
    return run;
}

bool run_poison(Run *run, const Fault *fault, Str what)
{
    run->poisoned = true;
    err_set(&run->poison, fault, what);
    return false;
}

static bool within_limits(Run *run)
{
    if (arena_failed(run->arena) || buf_failed(&run->record))
        return run_poison(run, &fault_out_of_memory, STR("one command"));
    if (run->event_count > CORE_EVENTS_MAX || run->queue_count > CORE_EVENTS_MAX)
        return run_poison(run, &fault_out_of_memory, STR("events of one command"));
    return !run->poisoned;
}

static void queue_push(Run *run, Follow follow)
{
    if (run->queue_count == run->queue_capacity) {
        size_t capacity = run->queue_capacity ? run->queue_capacity * 2 : 16;
        Follow *wider = arena_new_array(run->arena, Follow, capacity);
        if (!wider)
            return; /* the arena has failed */
        for (size_t i = 0; i < run->queue_count; i++)
            wider[i] = run->queue[i];
        run->queue = wider;
        run->queue_capacity = capacity;
    }
    run->queue[run->queue_count++] = follow;
}

/* ---- One decision. */

static void apply_emissions(Run *run, const Decision *d)
{
    for (const Emission *e = d->first; e && within_limits(run); e = e->next) {
        Event event = {.kind = e->kind, .subject = e->subject, .open = e->open,
                       .closed = e->closed, .at = run->at, .seq = run->seq,
                       .actor = run->root.actor.id};
        journal_event(run, &event);
        core_apply(run->core, &run->core->live, &event, run->arena);
    }
}

/* Decide and, when accepted, apply. The result is in d; false when the run is poisoned. */
static bool step(Run *run, const Command *command, const CommandTarget *target, Decision *d)
{
    *d = decision_make(run, command, target->module);
    bool accepted = target->kind->decide(run->core->live.states[target->module], command, d);
    check(accepted == !d->refused);
    if (!within_limits(run))
        return false;
    if (accepted) {
        apply_emissions(run, d);
        for (size_t i = 0; i < d->follow_count; i++)
            queue_push(run, d->follows[i]);
    }
    return within_limits(run);
}

/* ---- Follow-ups. */

static Value told(Run *run, const Follow *follow, const Decision *d)
{
    ContextBuilder b = context_builder_from(run->arena, follow->reply_body);
    context_put_text(&b, "accepted", value_boolean(!d->refused));
    if (d->refused)
        context_put_text(&b, "refusal", refusal_told(run->arena, &d->refusal));
    else
        context_put_text(&b, "result", d->reply);
    return value_context(&b);
}

/* A refusal that nobody waits for is at least written down. */
static void note_refused(Run *run, const Follow *follow, const Decision *d)
{
    ContextBuilder b = context_builder(run->arena);
    context_put_text(&b, "kind", value_string(follow->kind));
    context_put_text(&b, "fault", value_string(str_from(d->refusal.fault->name)));
    Event note = {.kind = STR("core.follow_refused"), .open = value_context(&b),
                  .closed = value_null(), .at = run->at, .seq = run->seq,
                  .actor = run->root.actor.id};
    journal_event(run, &note);
}

static bool follow_one(Run *run, Follow follow)
{
    Command command = {.id = run_id(run), .kind = follow.kind, .actor = run->root.actor,
                       .body = follow.body, .now = run->at, .root = run->root.root};
    const CommandTarget *target = core_command_target(run->core, follow.kind);
    Decision d = decision_make(run, &command, 0);
    if (!target)
        decision_refuse_with(&d, &fault_command_unknown, follow.kind);
    else if (!step(run, &command, target, &d))
        return false;
    if (follow.reply_kind.len > 0)
        queue_push(run, (Follow){follow.reply_kind, told(run, &follow, &d), STR_NONE,
                                 value_null()});
    else if (d.refused)
        note_refused(run, &follow, &d);
    return within_limits(run);
}

/* What is left of the queue goes on as a timer due now. */
static bool continue_later(Run *run)
{
    Command command = run->root;
    Decision d = decision_make(run, &command, 0);
    Str key = arena_printf(run->arena, "follow:%lld", (long long)run->seq);
    decision_emit_timer_set(&d, STR("core"), key, run->at, STR("core.follow"),
                            follow_body(run->arena, run));
    apply_emissions(run, &d);
    run->queue_head = run->queue_count;
    return within_limits(run);
}

static bool follow_all(Run *run)
{
    for (size_t ran = 0; run->queue_head < run->queue_count; ran++) {
        if (ran == CORE_FOLLOW_MAX)
            return continue_later(run);
        if (!follow_one(run, run->queue[run->queue_head++]))
            return false;
    }
    return true;
}

/* ---- Roots. */

Reply core_refused(const Err *err)
{
    check(err->fault != NULL);
    return (Reply){.body = value_null(), .err = *err};
}

/* Has this command been answered before? Then the reply is set. */
static bool answer_repeated(Core *core, Submission *s)
{
    Rows *r = store_query(core->conn, &sql_repeated,
                          PARAMS(p_int(core->node), p_id(&s->command.id)));
    bool found = rows_next(r);
    int64_t seq = found ? rows_int(r, 1) : 0;
    Str fingerprint = {(const char *)s->fingerprint, sizeof s->fingerprint};
    bool same = found && str_equal(rows_bytes(r, 0), fingerprint);
    rows_close(r);
    if (!found)
        return false;
    Err err = {0};
    if (!same)
        err_set(&err, &fault_idempotency_mismatch);
    if (!same || !journal_reply(core, seq, s->arena, &s->reply, &err))
        s->reply = core_refused(&err);
    return true;
}

static bool permitted(Core *core, const Submission *s, const CommandTarget *target, Err *refusal)
{
    const Command *c = &s->command;
    if (!s->outside)
        return true;
    if (!(target->kind->flags & COMMAND_PUBLIC)) {
        Str role = c->actor.role_count > 0 ? c->actor.roles[0] : STR("-");
        return err_set(refusal, &fault_not_permitted, role, c->kind);
    }
    PermitFn *permit = core->options.permit;
    if (!permit || permit(core->options.permit_context, &c->actor, c->kind, c->body, refusal))
        return true;
    check(refusal->fault != NULL);
    return false;
}

static void accept_root(Run *run, Submission *s, Value reply)
{
    bool recorded = run->event_count > 0 || s->has_id;
    if (value_is_null(reply)) {
        ContextBuilder empty = context_builder(run->arena);
        reply = value_context(&empty);
    }
    if (recorded) {
        journal_accepted(run, reply);
        journal_write(run, s);
    }
    s->reply = (Reply){.accepted = true, .body = value_copy(s->arena, reply),
                       .seq = recorded ? run->seq : 0};
}

static void refuse_root(Run *run, Submission *s, const Err *refusal)
{
    s->reply = core_refused(refusal);
    if (!s->has_id || refusal->fault->retryable)
        return;
    journal_refused(run, refusal);
    journal_write(run, s);
    s->reply.seq = run->seq;
}

bool run_command(Core *core, Submission *s, Instant at, Err *err)
{
    if (s->has_id && answer_repeated(core, s))
        return true;
    Err refusal = {0};
    const CommandTarget *target = core_command_target(core, s->command.kind);
    if (!target)
        err_set(&refusal, &fault_command_unknown, s->command.kind);
    if (!target || !permitted(core, s, target, &refusal)) {
        s->reply = core_refused(&refusal);
        return true;
    }
    Run run = run_make(core, &s->command, at);
    Decision d;
    journal_head(&run, s);
    if (step(&run, &run.root, target, &d)) {
        if (d.refused)
            refuse_root(&run, s, &d.refusal);
        else if (follow_all(&run))
            accept_root(&run, s, d.reply);
        within_limits(&run);
    }
    if (run.poisoned && err && !err->fault)
        *err = run.poison;
    return !run.poisoned;
}

/* ---- Timers. */

/* The record of a fired timer is always written: its row is gone. */
static void timer_close(Run *run, const DueTimer *timer, const Err *refusal, Value reply)
{
    if (!refusal) {
        journal_accepted(run, reply);
        journal_write(run, NULL);
        return;
    }
    if (refusal->fault->retryable) {
        Decision again = decision_make(run, &run->root, 0);
        Instant due = {run->at.us + CORE_TIMER_RETRY_S * US_PER_SECOND};
        decision_emit_timer_set(&again, timer->module, timer->key, due, timer->kind,
                                run->root.body);
        apply_emissions(run, &again);
    }
    journal_refused(run, refusal);
    journal_write(run, NULL);
}

static bool timer_fire(Run *run, const DueTimer *timer, const Err *postpone)
{
    Decision fired = decision_make(run, &run->root, 0);
    decision_emit_timer_fired(&fired, timer->module, timer->key);
    apply_emissions(run, &fired);
    const CommandTarget *target = core_command_target(run->core, timer->kind);
    Decision d = decision_make(run, &run->root, 0);
    if (postpone)
        decision_refuse(&d, postpone);
    else if (!target)
        decision_refuse_with(&d, &fault_command_unknown, timer->kind);
    else if (!step(run, &run->root, target, &d))
        return false;
    if (!d.refused && !follow_all(run))
        return false;
    timer_close(run, timer, d.refused ? &d.refusal : NULL, d.reply);
    return within_limits(run);
}

bool run_timer(Core *core, const DueTimer *timer, Instant at, const Err *postpone, Err *err)
{
    Command command = {.id = timer_command_id(core, timer), .kind = timer->kind};
    command.actor.id = command.actor.name = STR("clock");
    Run run = run_make(core, &command, at);
    Err damaged = {0};
    if (!timer_body(run.arena, timer, &run.root)) { /* we wrote it: the row is damaged */
        err_set(&damaged, &fault_command_invalid, timer->kind, timer->key);
        postpone = &damaged;
    }
    journal_head(&run, NULL);
    timer_fire(&run, timer, postpone);
    if (run.poisoned && err && !err->fault)
        *err = run.poison;
    return !run.poisoned;
}
