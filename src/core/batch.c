/* batch.c - one transaction: due timers, then commands, one COMMIT, then the replies.
 *
 *     begin ─ timers that are due ─ commands that wait ─ COMMIT ─ publish definitions ─ replies
 *
 * A batch ends when nothing waits, at CORE_BATCH_MAX commands, after CORE_BATCH_US, or after an
 * install. Its instant is read once and never lies before that of an earlier batch; on a
 * virtual clock, where hours pass in one step, a timer runs at its own due instant.
 *
 * What can go wrong, and what then holds:
 *   the store fails       the batch is rolled back; all its commands get that fault, none has
 *                         had an effect; caches are read again from the rows
 *   a command's limit     (memory, events) in the middle of its follow-ups: the batch is rolled
 *                         back and done again without it; it gets the fault, the others do not
 *                         notice, because no reply had left
 *   a timer's limit       likewise, but the timer is put off
 *   COMMIT is unknown     the store ends the process (sqlite.c says why)
 * When reading the caches again fails too, the node answers everything with that fault until it
 * succeeds: it lives, and decides nothing on caches that are not right. */
#include <stdio.h>

#include "base/check.h"
#include "core/core_int.h"

#define TIMERS_MAX (CORE_BATCH_MAX / 2) /* of one batch, so that commands come through */

/* A timer of this batch that reached a limit. */
typedef struct PutOff {
    DueTimer timer;
    Err why;
    struct PutOff *next;
} PutOff;

typedef struct Batch {
    Core *core;
    Instant until; /* timers due up to here; INSTANT_NONE: no timers */
    NextSubmission *next;
    void *context;
    Submission **items;
    size_t count; /* collected so far, also over a second attempt */
    size_t timers;
    PutOff *put_off;
    int64_t started_ns;
} Batch;

static Instant later(Instant a, Instant b)
{
    return a.us > b.us ? a : b;
}

static void roll_back(Core *core)
{
    store_rollback(core->conn);
    core->end = core->committed;
    core->installed = NULL;
    core->installed_count = 0;
    Err err = {0};
    core->stale = !core_reload(core, &err);
}

/* ---- Timers. */

static const Err *put_off_reason(const Batch *b, const DueTimer *t)
{
    for (const PutOff *p = b->put_off; p; p = p->next)
        if (p->timer.due.us == t->due.us && str_equal(p->timer.module, t->module) &&
            str_equal(p->timer.key, t->key))
            return &p->why;
    return NULL;
}

/* False: the batch has to be done again. */
static bool run_timers(Batch *b, Instant now)
{
    Core *core = b->core;
    DueTimer timer;
    b->timers = 0;
    if (instant_is_none(b->until))
        return true;
    while (b->timers < TIMERS_MAX && !core->installed &&
           timer_next(core, b->until, core->batch, &timer)) {
        Instant at = clock_is_virtual(core->clock) ? later(timer.due, core->end.at) : now;
        Err err = {0};
        if (!run_timer(core, &timer, at, put_off_reason(b, &timer), &err)) {
            PutOff *p = arena_new(core->batch, PutOff);
            *p = (PutOff){timer, err, b->put_off};
            b->put_off = p;
            return false;
        }
        if (store_failed(core->conn, NULL))
            break;
        b->timers++;
    }
    return true;
}

/* ---- Commands. */

static Submission *take(Batch *b)
{
    /* The first command is always taken: an inline run has only one. */
    if (b->count == CORE_BATCH_MAX ||
        (b->count > 0 && clock_monotonic_ns() - b->started_ns > CORE_BATCH_US * 1000ll))
        return NULL;
    Submission *s = b->next(b->context);
    if (s) {
        s->answered = false;
        b->items[b->count++] = s;
    }
    return s;
}

static bool run_commands(Batch *b, Instant now)
{
    Core *core = b->core;
    for (size_t i = 0; !core->installed && (i < b->count || take(b)); i++) {
        Submission *s = b->items[i];
        if (s->answered)
            continue; /* it reached a limit in the first attempt */
        Err err = {0};
        if (!run_command(core, s, later(now, core->end.at), &err)) {
            s->reply = core_refused(&err);
            s->answered = true;
            return false;
        }
        if (store_failed(core->conn, NULL))
            break;
    }
    return true;
}

/* ---- The whole. */

/* Every command of the batch gets the fault; those still waiting too, or a node whose store is
 * broken would take no more. */
static void fail_all(Batch *b, const Err *err)
{
    while (take(b))
        ;
    for (size_t i = 0; i < b->count; i++)
        if (!b->items[i]->answered)
            b->items[i]->reply = core_refused(err);
    b->timers = 0;
}

/* One attempt. True when it is over, well or not (err). */
static bool attempt(Batch *b, Err *err)
{
    Core *core = b->core;
    if (core->stale)
        core->stale = !core_reload(core, err);
    if (core->stale || !store_begin(core->conn, err))
        return true;
    Instant now = later(clock_now(core->clock), core->end.at);
    if (!run_timers(b, now) || !run_commands(b, now)) {
        roll_back(core);
        return false;
    }
    if (!store_commit(core->conn, err)) {
        roll_back(core);
        return true;
    }
    core->committed = core->end;
    if (core->installed)
        definitions_publish(core);
    timer_refresh(core);
    return true;
}

void batch_run(Core *core, Instant until, NextSubmission *next, void *context,
               Submission **items, BatchResult *result, Err *err)
{
    Batch b = {.core = core, .until = until, .next = next, .context = context, .items = items,
               .started_ns = clock_monotonic_ns()};
    arena_reset(core->batch);
    Err failure = {0};
    while (!attempt(&b, &failure))
        ;
    if (failure.fault) {
        fail_all(&b, &failure);
        if (err && !err->fault)
            *err = failure;
    }
    *result = (BatchResult){b.timers, b.count};
}

/* ---- Inline: on the caller's thread. */

#define INLINE_COMMITS_MAX 1000u /* then the log is moved into the data file */

static void inline_checkpoint(Core *core)
{
    if (++core->inline_commits < INLINE_COMMITS_MAX)
        return;
    core->inline_commits = 0;
    store_checkpoint(core->conn);
}

static Submission *next_once(void *context)
{
    Submission **one = context;
    Submission *s = *one;
    *one = NULL;
    return s;
}

bool core_run(Core *core, const Command *command, Arena *a, Reply *reply, Err *err)
{
    check(!core->running && !core->options.read_only);
    Submission *one = core->inline_submission, *items[CORE_BATCH_MAX];
    submission_fill(core, one, command);
    const Submission *s = one;
    BatchResult result;
    Err failure = {0};
    batch_run(core, INSTANT_NONE, next_once, &one, items, &result, &failure);
    inline_checkpoint(core);
    if (failure.fault) {
        if (err && !err->fault)
            *err = failure;
        return false;
    }
    *reply = s->reply;
    reply->body = value_copy(a, s->reply.body);
    return true;
}

bool core_run_due(Core *core, size_t *ran, Err *err)
{
    check(!core->running && !core->options.read_only);
    Submission *none = NULL, *items[CORE_BATCH_MAX];
    BatchResult result;
    size_t total = 0;
    Err failure = {0};
    do {
        batch_run(core, clock_now(core->clock), next_once, &none, items, &result, &failure);
        inline_checkpoint(core);
        total += result.timers;
    } while (!failure.fault && result.timers > 0 && total < CORE_DUE_MAX);
    if (ran)
        *ran = total;
    if (failure.fault && err && !err->fault)
        *err = failure;
    return failure.fault == NULL;
}
