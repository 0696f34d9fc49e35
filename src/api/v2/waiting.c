/* waiting.c - requests that wait for what has not happened yet, and answers made after COMMIT.
 *
 * One thread with a reader's connection of its own does three things:
 *
 *   after    a command is durable and its answer needs rows: order.after runs in a fresh snapshot
 *   jobs     an activation found none: it is given again when a job of its type may be there
 *   ends     a creation awaits the end of its instance: order.after is tried again
 *
 * Activations. While a request waits it is in one of three states:
 *
 *     WAITING ──bell──▶ RUNG ──thread──▶ SUBMITTED ──decided──▶ answered
 *        ▲                                   │ nothing taken
 *        └───────────────────────────────────┘ (again at once when a bell rang meanwhile)
 *
 * The engine rings on the writer's thread while it applies a step, so a command given then comes
 * behind the step and sees the job. Only one request is rung for a type at a time, because one
 * activation takes many jobs; it rings the next when it took as many as it wanted or when more
 * came after it was decided. So a thousand waiting workers cost a job nothing. Jobs that come
 * free by the clock (a lease or a back-off ends) are told by the engine as an instant.
 *
 * A client that went away while it waited is noticed before its activation is given again, so
 * that it takes no job with it.
 *
 * Ends. The bell of an end comes before COMMIT; the thread looks, with growing pauses, until a
 * snapshot shows the end. An instance that ended before its request was on the list rang nobody,
 * so the first looks are taken without a bell.
 *
 * Lock: signal guards lists and states. Bells come on the writer's thread and only mark and wake;
 * the thread never calls into the engine with the lock held. */
#include "api/v2/v2_int.h"

#include <stdatomic.h>

#include "base/check.h"

#define PULSE_US 200000      /* a virtual clock may be moved without a bell */
#define LOOK_AGAIN_US 2000   /* for an end that is not durable yet */
#define LOOK_AGAIN_MAX_US 64000

typedef enum WaitState { WAIT_NONE, WAIT_WAITING, WAIT_RUNG, WAIT_SUBMITTED, WAIT_END } WaitState;

struct Waiting {
    Api *api;
    Core *core;
    const Module *process;
    Signal *signal;
    Thread *thread;
    StoreConn *conn;
    Call *after_first, *after_last; /* to be run, in order */
    Call *waiting; /* jobs and ends, oldest first */
    size_t waiting_count;
    atomic_bool anybody; /* somebody waits: bells are worth the lock */
    bool woken, closing, stopping;
};

/* ---- The list of those who wait. */

static void list_add_call(Waiting *w, Call *c)
{
    Call **at = &w->waiting;
    while (*at)
        at = &(*at)->wait.next;
    *at = c;
    c->wait.next = NULL;
    w->waiting_count++;
    atomic_store(&w->anybody, true);
}

static void list_remove_call(Waiting *w, const Call *c)
{
    Call **at = &w->waiting;
    while (*at && *at != c)
        at = &(*at)->wait.next;
    check(*at == c);
    *at = c->wait.next;
    w->waiting_count--;
    atomic_store(&w->anybody, w->waiting_count > 0);
}

static void wake(Waiting *w)
{
    w->woken = true;
    signal_wake(w->signal);
}

static void queue_after(Waiting *w, Call *c)
{
    c->wait.next = NULL;
    if (w->after_last)
        w->after_last->wait.next = c;
    else
        w->after_first = c;
    w->after_last = c;
}

/* ---- Bells. */

/* One of those who wait for this type will look; locked. */
static void ring_type(Waiting *w, Str type)
{
    Call *first = NULL, *submitted = NULL;
    for (Call *c = w->waiting; c; c = c->wait.next) {
        if (c->wait.state == WAIT_END || !str_equal(c->wait.type, type))
            continue;
        if (c->wait.state == WAIT_RUNG)
            return; /* it will be given behind this step */
        if (c->wait.state == WAIT_SUBMITTED)
            submitted = c;
        else if (!first)
            first = c;
    }
    if (submitted) {
        submitted->wait.again = true;
    } else if (first) {
        first->wait.state = WAIT_RUNG;
        wake(w);
    }
}

static void ring_later(Waiting *w, Str type, Instant due)
{
    for (Call *c = w->waiting; c; c = c->wait.next)
        if (c->wait.state != WAIT_END && str_equal(c->wait.type, type) &&
            (c->wait.due_us == 0 || due.us < c->wait.due_us)) {
            c->wait.due_us = due.us;
            wake(w);
        }
}

static void on_bell(void *context, Str type, Instant due, int64_t instance)
{
    Waiting *w = context;
    if (!atomic_load(&w->anybody))
        return;
    signal_lock(w->signal);
    if (!type.len) {
        for (Call *c = w->waiting; c; c = c->wait.next)
            if (c->wait.state == WAIT_END && c->wait.instance == instance) {
                c->wait.again = c->wait.heard = true;
                wake(w);
            }
    } else if (due.us <= clock_now(core_clock(w->core)).us) {
        ring_type(w, type);
    } else {
        ring_later(w, type, due);
    }
    signal_unlock(w->signal);
}

/* ---- What the writer's thread and the functions of routes ask. */

void waiting_after(Waiting *w, Call *c)
{
    signal_lock(w->signal);
    queue_after(w, c);
    wake(w);
    signal_unlock(w->signal);
}

/* A first activation is on the list before it is given, so that no bell is missed. */
void waiting_submitted(Waiting *w, Call *c)
{
    signal_lock(w->signal);
    if (c->wait.state == WAIT_NONE && !w->closing && w->waiting_count < V2_WAITERS_MAX &&
        c->wait.until_ns > 0)
        list_add_call(w, c);
    else if (c->wait.state == WAIT_NONE)
        c->wait.until_ns = 0; /* it does not wait */
    c->wait.state = WAIT_SUBMITTED;
    c->wait.again = false;
    signal_unlock(w->signal);
}

/* True: the call goes on waiting. */
bool waiting_decided(Waiting *w, Call *c, size_t taken, int64_t next_due_us)
{
    bool waits = false;
    if (c->wait.until_ns == 0)
        return false;
    signal_lock(w->signal);
    waits = !taken && !w->closing && clock_monotonic_ns() < c->wait.until_ns;
    if (waits) {
        c->wait.state = c->wait.again ? WAIT_RUNG : WAIT_WAITING;
        c->wait.due_us = next_due_us;
        wake(w);
    } else {
        list_remove_call(w, c);
        c->wait.state = WAIT_NONE;
        if (c->wait.again || taken >= c->wait.wanted)
            ring_type(w, c->wait.type);
    }
    signal_unlock(w->signal);
    return waits;
}

void waiting_for_end(Waiting *w, Call *c)
{
    signal_lock(w->signal);
    c->wait.state = WAIT_END;
    c->wait.again = true; /* it may have ended in the step that began it */
    c->wait.pause_us = LOOK_AGAIN_US;
    if (w->closing)
        c->wait.until_ns = 1;
    list_add_call(w, c);
    wake(w);
    signal_unlock(w->signal);
}

/* ---- The thread. */

static void answer_after(Waiting *w, Call *c)
{
    Err err = {0};
    bool again = false;
    c->conn = w->conn;
    bool fine = store_begin(w->conn, &err) && c->order.after(c, &again, &err) &&
                !store_failed(w->conn, &err);
    if (store_in_transaction(w->conn))
        store_end(w->conn);
    c->conn = NULL;
    if (!fine || !again) {
        call_end(c, fine ? NULL : &err);
        return;
    }
    waiting_for_end(w, c);
}

/* Look whether an awaited instance has ended; it is not on the list meanwhile. */
static void look_again(Waiting *w, Call *c)
{
    Err err = {0};
    bool again = false;
    c->conn = w->conn;
    bool fine = store_begin(w->conn, &err) && c->order.after(c, &again, &err) &&
                !store_failed(w->conn, &err);
    if (store_in_transaction(w->conn))
        store_end(w->conn);
    c->conn = NULL;
    if (fine && again) {
        signal_lock(w->signal);
        bool over = w->closing || clock_monotonic_ns() >= c->wait.until_ns;
        if (!over)
            list_add_call(w, c);
        signal_unlock(w->signal);
        if (!over)
            return;
        fine = err_set(&err, &fault_v2_not_ended,
                       arena_printf(c->arena, "%lld", (long long)c->wait.instance));
    }
    call_end(c, fine ? NULL : &err);
}

typedef struct Work {
    Call *after;  /* run order.after */
    Call *submit; /* give the activation again */
    Call *look;   /* look at the instance */
    Call *late;   /* nothing came in time */
} Work;

static void take(Waiting *w, Call *c, Call **list)
{
    list_remove_call(w, c);
    c->wait.next = *list;
    *list = c;
}

static void earlier(int64_t *us, int64_t other)
{
    if (other < *us)
        *us = other > 0 ? other : 0;
}

/* An awaited instance: looked at when its bell rang, when that was not durable yet, at the end of
 * its time. */
static void judge_end(Waiting *w, Call *c, int64_t now_ns, Work *work, int64_t *wait_us)
{
    if (now_ns >= c->wait.until_ns || w->closing) {
        take(w, c, &work->look);
    } else if (c->wait.again) {
        c->wait.again = false;
        c->wait.look_ns = now_ns + c->wait.pause_us * 1000;
        c->wait.pause_us = LOOK_AGAIN_US;
        take(w, c, &work->look);
    } else if (c->wait.look_ns && now_ns >= c->wait.look_ns) {
        bool last = c->wait.pause_us >= LOOK_AGAIN_MAX_US;
        c->wait.pause_us = last ? LOOK_AGAIN_MAX_US : c->wait.pause_us * 2;
        c->wait.look_ns = last && !c->wait.heard ? 0 : now_ns + c->wait.pause_us * 1000;
        take(w, c, &work->look);
    } else {
        earlier(wait_us, (c->wait.until_ns - now_ns) / 1000 + 1);
        if (c->wait.look_ns)
            earlier(wait_us, (c->wait.look_ns - now_ns) / 1000 + 1);
    }
}

static void judge_jobs(Waiting *w, Call *c, int64_t now_ns, Instant now, Work *work,
                       int64_t *wait_us)
{
    if (c->wait.state == WAIT_SUBMITTED)
        return;
    if (w->closing || now_ns >= c->wait.until_ns) {
        take(w, c, &work->late);
        c->wait.state = WAIT_NONE;
    } else if (c->wait.state == WAIT_RUNG || (c->wait.due_us && c->wait.due_us <= now.us)) {
        c->wait.state = WAIT_SUBMITTED;
        c->wait.again = false;
        c->wait.due_us = 0;
        c->wait.given = work->submit; /* it stays on the list */
        work->submit = c;
    } else {
        earlier(wait_us, (c->wait.until_ns - now_ns) / 1000 + 1);
        if (c->wait.due_us)
            earlier(wait_us, c->wait.due_us - now.us);
    }
}

/* What is to be done now; *wait_us until something falls due; locked. */
static Work gather(Waiting *w, int64_t *wait_us)
{
    Work work = {.after = w->after_first};
    int64_t now_ns = clock_monotonic_ns();
    Instant now = clock_now(core_clock(w->core));
    Call *next;
    w->after_first = w->after_last = NULL;
    *wait_us = clock_is_virtual(core_clock(w->core)) ? PULSE_US : INT64_MAX;
    for (Call *c = w->waiting; c; c = next) {
        next = c->wait.next;
        if (c->wait.state == WAIT_END)
            judge_end(w, c, now_ns, &work, wait_us);
        else
            judge_jobs(w, c, now_ns, now, &work, wait_us);
    }
    return work;
}

static bool has_work(const Work *work)
{
    return work->after || work->submit || work->look || work->late;
}

/* The client went away while it waited: what was meant for it goes to the next. */
static void drop(Waiting *w, Call *c)
{
    signal_lock(w->signal);
    list_remove_call(w, c);
    c->wait.state = WAIT_NONE;
    ring_type(w, c->wait.type);
    signal_unlock(w->signal);
    call_end(c, NULL);
}

static void do_work(Waiting *w, Work *work)
{
    for (Call *c = work->after, *next; c; c = next) {
        next = c->wait.next;
        answer_after(w, c);
    }
    for (Call *c = work->submit, *next; c; c = next) {
        next = c->wait.given;
        if (http_client_gone(c->request))
            drop(w, c);
        else
            call_submit_again(c);
    }
    for (Call *c = work->look, *next; c; c = next) {
        next = c->wait.next;
        look_again(w, c);
    }
    for (Call *c = work->late, *next; c; c = next) {
        next = c->wait.next;
        call_end(c, NULL); /* the answer without jobs stands already */
    }
}

static void run(void *context)
{
    Waiting *w = context;
    signal_lock(w->signal);
    while (!w->stopping || w->after_first || w->waiting) {
        int64_t wait_us;
        w->woken = false;
        Work work = gather(w, &wait_us);
        if (has_work(&work)) {
            signal_unlock(w->signal);
            do_work(w, &work);
            signal_lock(w->signal);
        } else if (!w->woken && !w->stopping) {
            signal_wait(w->signal, wait_us == INT64_MAX ? -1 : wait_us);
        } else if (w->stopping) {
            signal_wait(w->signal, LOOK_AGAIN_US);
        }
    }
    signal_unlock(w->signal);
}

/* ---- Life. */

bool waiting_open(Api *api, Core *core, const Module *process, Waiting **out, Err *err)
{
    Arena *a = api_arena(api);
    Waiting *w = arena_new(a, Waiting);
    *w = (Waiting){.api = api, .core = core, .process = process};
    if (!store_connect_reader(core_store(core), &w->conn, err))
        return false;
    w->signal = signal_open();
    process_listen(process, on_bell, w);
    w->thread = thread_start("waiting", run, w);
    *out = w;
    return true;
}

void waiting_quiesce(Waiting *w)
{
    signal_lock(w->signal);
    w->closing = true;
    wake(w);
    signal_unlock(w->signal);
}

/* The engine's writer has stopped: nobody rings any more. */
void waiting_close(Waiting *w)
{
    signal_lock(w->signal);
    w->closing = w->stopping = true;
    wake(w);
    signal_unlock(w->signal);
    thread_join(w->thread);
    check(w->waiting_count == 0);
    process_listen(w->process, NULL, NULL);
    signal_close(w->signal);
    store_disconnect(w->conn);
}
