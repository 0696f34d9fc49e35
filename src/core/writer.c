/* writer.c - the queue, the writer's thread and the keeper of the log.
 *
 *     submitters ──▶ queue (ring, CORE_QUEUE_MAX) ──▶ writer: batch, COMMIT, replies
 *                                                       │ committed
 *                                                       ▼
 *                                                     keeper: checkpoint, every now and then
 *
 * Queue. A submitter first gets a promise of a place, copies its command without the lock, then
 * takes the place. So a promise is never broken for want of room, and the lock is held for a few
 * instructions. Submissions come from a pool, since opening an arena costs more than a
 * submission.
 *
 * The writer waits for a command, for the next timer, for a moved virtual clock, or for the
 * order to stop; stopping, it finishes what is queued or promised, and later submissions are
 * refused (core_stopping) until core_close. After a failed batch it waits
 * CORE_FAILED_US, so that a broken disk does not make it spin on a due timer.
 *
 * The keeper moves the log into the data file on a connection of its own while the writer goes
 * on. A writer that never rests leaves a few new pages behind each checkpoint, and SQLite starts
 * the log again only when nothing is left; so when the log has grown above CORE_LOG_MAX, the
 * keeper stops the writer at the gate between two batches and moves the small rest.
 *
 * Lock order: gate, then nothing; signal, then nothing; commit, then nothing. */
#include <string.h>

#include "base/check.h"
#include "core/core_int.h"

#define CORE_FAILED_US 100000

/* ---- Queue. The signal is locked in functions called *_locked. */

static Submission *pool_take_locked(Writer *w)
{
    Submission *s = w->pool;
    if (s) {
        w->pool = s->next;
        w->pool_count--;
        s->next = NULL;
    }
    return s;
}

/* A place in the queue and something to copy into. */
static bool promise_place(Writer *w, Submission **out, Err *err)
{
    const Fault *fault = NULL;
    *out = NULL;
    signal_lock(w->signal);
    if (w->stopping)
        fault = &fault_core_stopping;
    else if (w->count + w->reserved >= CORE_QUEUE_MAX)
        fault = &fault_core_busy;
    else {
        w->reserved++;
        *out = pool_take_locked(w);
    }
    signal_unlock(w->signal);
    return fault ? err_set(err, fault) : true;
}

static void take_place(Writer *w, Submission *s)
{
    signal_lock(w->signal);
    check(w->reserved > 0 && w->count < CORE_QUEUE_MAX);
    w->reserved--;
    w->queue[(w->head + w->count++) % CORE_QUEUE_MAX] = s;
    bool wake = w->waiting;
    if (wake)
        signal_wake(w->signal);
    signal_unlock(w->signal);
}

static Submission *next_queued(void *context)
{
    Writer *w = context;
    Submission *s = NULL;
    signal_lock(w->signal);
    if (w->count > 0) {
        s = w->queue[w->head];
        w->head = (w->head + 1) % CORE_QUEUE_MAX;
        w->count--;
    }
    signal_unlock(w->signal);
    return s;
}

/* Submissions that are done go back to the pool, or end. */
static void give_back(Writer *w, Submission **items, size_t count)
{
    size_t kept = 0;
    signal_lock(w->signal);
    for (; kept < count && w->pool_count < CORE_POOL_MAX; kept++) {
        items[kept]->next = w->pool;
        w->pool = items[kept];
        w->pool_count++;
    }
    signal_unlock(w->signal);
    for (; kept < count; kept++)
        submission_close(items[kept]);
}

bool core_submit(Core *core, const Command *command, CoreDone *done, void *context, Err *err)
{
    Writer *w = core->writer;
    check(done);
    if (!w)
        return err_set(err, &fault_core_stopping);
    Submission *s;
    if (!promise_place(w, &s, err))
        return false;
    if (!s)
        s = submission_new();
    submission_fill(core, s, command);
    s->done = done;
    s->done_context = context;
    take_place(w, s);
    return true;
}

/* ---- The writer's thread. */

/* How long the writer may wait; 0: not at all. */
static int64_t wait_us(const Core *core)
{
    Instant due = core_next_due(core);
    if (instant_is_none(due))
        return -1;
    int64_t left = due.us - clock_now(core->clock).us;
    if (left <= 0)
        return 0;
    return clock_is_virtual(core->clock) ? -1 : left;
}

/* Wait for something to do; false when there is nothing left and the writer is to stop. */
static bool wait_for_work(Core *core)
{
    Writer *w = core->writer;
    bool work = true;
    signal_lock(w->signal);
    while (w->count == 0) {
        if (w->stopping && w->reserved == 0) {
            work = false;
            break;
        }
        int64_t us = w->stopping ? -1 : wait_us(core);
        if (us == 0)
            break;
        w->waiting = true;
        signal_wait(w->signal, us);
        w->waiting = false;
    }
    signal_unlock(w->signal);
    return work;
}

static void tell_keeper(Writer *w)
{
    signal_lock(w->commit);
    if (!w->committed) {
        w->committed = true;
        signal_wake(w->commit);
    }
    signal_unlock(w->commit);
}

static void pause_failed(Writer *w)
{
    signal_lock(w->signal);
    if (!w->stopping)
        signal_wait(w->signal, CORE_FAILED_US);
    signal_unlock(w->signal);
}

static void writer_main(void *context)
{
    Core *core = context;
    Writer *w = core->writer;
    Submission *items[CORE_BATCH_MAX];
    while (wait_for_work(core)) {
        BatchResult result;
        Err failure = {0};
        signal_lock(w->gate);
        batch_run(core, clock_now(core->clock), next_queued, w, items, &result, &failure);
        signal_unlock(w->gate);
        for (size_t i = 0; i < result.commands; i++)
            items[i]->done(items[i]->done_context, &items[i]->reply);
        give_back(w, items, result.commands);
        if (failure.fault)
            pause_failed(w);
        else
            tell_keeper(w);
    }
}

/* ---- The keeper's thread. */

static void keep_log_short(Core *core)
{
    Writer *w = core->writer;
    /* Without a connection the log grows, and the next commit lets us try again. */
    if (!w->keeper_conn && !store_connect_reader(core->store, &w->keeper_conn, NULL))
        return;
    if (store_checkpoint(w->keeper_conn) <= CORE_LOG_MAX)
        return;
    signal_lock(w->gate);
    store_checkpoint(w->keeper_conn);
    signal_unlock(w->gate);
}

static void keeper_main(void *context)
{
    Core *core = context;
    Writer *w = core->writer;
    signal_lock(w->commit);
    while (!w->keeper_stopping) {
        if (!w->committed) {
            signal_wait(w->commit, -1);
            continue;
        }
        signal_wait(w->commit, CORE_CHECKPOINT_US); /* let some pages gather */
        w->committed = false;
        signal_unlock(w->commit);
        keep_log_short(core);
        signal_lock(w->commit);
    }
    signal_unlock(w->commit);
    store_disconnect(w->keeper_conn);
    w->keeper_conn = NULL;
}

/* ---- Life. */

static Writer *writer_new(Core *core)
{
    Writer *w = arena_new(core->arena, Writer);
    w->signal = signal_open();
    w->gate = signal_open();
    w->commit = signal_open();
    w->stopping = true;
    return w;
}

void core_start(Core *core)
{
    check(!core->running && !core->options.read_only);
    if (!core->writer)
        core->writer = writer_new(core);
    Writer *w = core->writer;
    core->running = true;
    w->keeper_stopping = false;
    signal_lock(w->signal);
    w->stopping = false;
    signal_unlock(w->signal);
    w->keeper = thread_start("keeper", keeper_main, core);
    w->thread = thread_start("writer", writer_main, core);
}

void core_stop(Core *core)
{
    Writer *w = core->writer;
    if (!core->running)
        return;
    signal_lock(w->signal);
    w->stopping = true;
    signal_wake(w->signal);
    signal_unlock(w->signal);
    thread_join(w->thread);
    signal_lock(w->commit);
    w->keeper_stopping = true;
    signal_wake(w->commit);
    signal_unlock(w->commit);
    thread_join(w->keeper);
    core->running = false;
}

void writer_close(Core *core)
{
    Writer *w = core->writer;
    if (!w)
        return;
    check(!core->running && w->count == 0 && w->reserved == 0);
    while (w->pool)
        submission_close(pool_take_locked(w));
    signal_close(w->signal);
    signal_close(w->gate);
    signal_close(w->commit);
    core->writer = NULL;
}

void core_clock_moved(Core *core)
{
    Writer *w = core->writer;
    if (!w)
        return;
    signal_lock(w->signal);
    signal_wake(w->signal);
    signal_unlock(w->signal);
}

/* ---- Waiting for the reply. */

typedef struct Waiter {
    Signal *signal;
    bool done;
    Arena *arena;
    Reply *reply;
} Waiter;

static void wake_waiter(void *context, const Reply *reply)
{
    Waiter *w = context;
    signal_lock(w->signal);
    *w->reply = *reply;
    w->reply->body = value_copy(w->arena, reply->body);
    w->done = true;
    signal_wake(w->signal);
    signal_unlock(w->signal);
}

bool core_submit_wait(Core *core, const Command *command, Arena *a, Reply *reply, Err *err)
{
    Waiter w = {signal_open(), false, a, reply};
    bool ok = core_submit(core, command, wake_waiter, &w, err);
    if (ok) {
        signal_lock(w.signal);
        while (!w.done)
            signal_wait(w.signal, -1);
        signal_unlock(w.signal);
    }
    signal_close(w.signal);
    return ok;
}
