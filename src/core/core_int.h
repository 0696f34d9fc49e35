/* core_int.h - inside of src/core.
 *
 * A Run is one root command on its way: it collects the journal record while decisions are made
 * and applied. A Batch is a transaction of runs. Appliers is "where events go": the live rows
 * and states, or those of a replay.
 * Floor 4. Writer's thread, except where said. */
#ifndef CORE_CORE_INT_H
#define CORE_CORE_INT_H

#include <stdatomic.h>

#include "base/map.h"
#include "core/core.h"

#define CORE_MODULES_MAX 32u
#define CORE_KEYS_CACHED 4096u      /* subject keys kept in memory */
#define CORE_RECORD_DEPTH_MAX 256u  /* nesting of a journal record */
#define CORE_VALUE_DEPTH_MAX 200u   /* nesting of a value in it */
#define CORE_EVENTS_MAX 65536u      /* events of one root command */
#define CORE_LOG_MAX (64 << 20)     /* bytes of log above which the writer waits for a checkpoint */
#define CORE_CHECKPOINT_US 250000   /* pause between checkpoints while there are commits */
#define CORE_DUE_MAX 1000000u       /* timers of one core_run_due */
#define CORE_REPORT_MAX 200u        /* lines of a verify report */
#define CORE_POOL_MAX 512u          /* submissions kept for reuse */
#define CORE_LIFE_ARENA (1u << 30)  /* what lives as long as the core */

/* ---- Where events go. */

typedef struct EventTarget {
    ApplyFn *apply;
    size_t module; /* index */
    struct EventTarget *next;
} EventTarget;

typedef struct CommandTarget {
    const CommandKind *kind;
    size_t module;
} CommandTarget;

typedef struct Appliers {
    StoreConn *conn;
    void *states[CORE_MODULES_MAX]; /* of each module; index 0 is core's CoreRows */
} Appliers;

/* State of core's own appliers. */
typedef struct CoreRows {
    int64_t node;
    Core *core; /* NULL in a replay: keys and caches belong to the live rows only */
} CoreRows;

/* ---- Sealed parts. */

typedef struct SubjectKey {
    Secret secret;
    int64_t since; /* seq of the record that made it: older parts had another, destroyed key */
} SubjectKey;

/* ---- One root command. */

typedef struct Follow {
    Str kind;
    Value body;
    Str reply_kind; /* empty: nobody waits */
    Value reply_body;
} Follow;

/* A command handed in, copied, with its reply. */
typedef struct Submission {
    Arena *arena;
    ArenaMark mark; /* behind the submission itself, which lives in its arena */
    Command command;
    bool has_id; /* the client named it: idempotent */
    bool outside; /* from core_submit or core_run by another actor than "system" */
    uint8_t fingerprint[16];
    Reply reply;
    bool answered; /* the reply is final, without a place in the batch */
    CoreDone *done;
    void *done_context;
    struct Submission *next; /* in the pool */
} Submission;

typedef struct DueTimer {
    Str module, key, kind, body;
    Instant due;
} DueTimer;

typedef struct Run {
    Core *core;
    Arena *arena;
    Instant at;
    int64_t seq;
    Command root;
    Buf record;
    Buf sealed;
    size_t event_count;
    Follow *queue; /* ring is not needed: follow-ups are counted */
    size_t queue_head, queue_count, queue_capacity;
    uint8_t seed[16];
    uint64_t random_counter;
    uint8_t random[SM3_BYTES];
    size_t random_left;
    bool poisoned; /* a limit was reached in the middle: the batch is done again without it */
    Err poison;
} Run;

typedef struct Emission {
    Str kind, subject;
    Value open, closed;
    struct Emission *next;
} Emission;

struct Decision {
    Run *run;
    const Command *command;
    size_t module;
    Emission *first, **last;
    Follow *follows;
    size_t follow_count, follow_capacity;
    Value reply;
    bool refused;
    Err refusal;
};

/* ---- The writer's thread (writer.c). */

typedef struct Writer {
    Signal *signal; /* guards everything here */
    Submission *queue[CORE_QUEUE_MAX];
    size_t head, count;
    size_t reserved; /* places promised to submitters that are still copying */
    bool waiting;
    bool stopping, moved;
    Submission *pool;
    size_t pool_count;
    Thread *thread;
    Thread *keeper;
    Signal *gate;   /* held by the writer during a batch, by the keeper to catch up */
    Signal *commit; /* tells the keeper that there was one */
    bool committed, keeper_stopping;
    StoreConn *keeper_conn;
} Writer;

struct Core {
    Arena *arena;
    CoreOptions options;
    int64_t node;
    Clock *clock;
    Entropy *entropy;
    Store *store;
    StoreConn *conn; /* the writing connection; a reading one when read_only */
    const Module *modules[CORE_MODULES_MAX];
    size_t module_count;
    Map commands; /* kind -> CommandTarget */
    Map events;   /* kind -> EventTarget list */
    Map faults;   /* name -> Fault */
    Appliers live;
    CoreRows rows;

    /* The end of the journal: as committed, and as the batch has it. */
    struct JournalEnd {
        int64_t seq;
        Sm3 hash;
        Instant at;
    } committed, end;
    uint8_t fingerprint_secret[16];
    Arena *key_arena;
    Map keys; /* subject -> SubjectKey, a cache */

    _Atomic int64_t next_due; /* INT64_MAX: none. Exact after each batch */
    bool due_unknown;         /* the earliest timer went: look again */
    bool stale;               /* a load after a rollback failed: the caches are not right */

    Arena *step; /* one root command */
    Arena *batch; /* poisoned timers */
    const Definition *installed; /* of this batch, to be published after COMMIT */
    size_t installed_count;
    uint8_t random_pool[4096];
    size_t random_left;
    unsigned inline_commits;
    Submission *inline_submission;
    Writer *writer; /* made by the first core_start, ended by core_close */
    bool running;   /* the writer's thread has been started and not yet stopped */
};

/* ---- core.c */
extern const Module core_module;
const CommandTarget *core_command_target(const Core *core, Str kind);
/* Hand an event to every module that listens, with the node and scratch memory filled in. */
void core_apply(const Core *core, const Appliers *to, const Event *event, Arena *scratch);
void core_apply(const Core *core, const Appliers *to, const Event *event, Arena *scratch);
/* Rows of all modules into caches again, after a rollback. */
bool core_reload(Core *core, Err *err);
Reply core_refused(const Err *err);
/* An id made of a hash: UUID version 8 (RFC 9562 5.8). */
Id core_id_of(const Sm3 *hash);
void core_seed(Core *core, uint8_t out[16]);

/* ---- run.c: one root command, inside a transaction. */
/* False when the run is poisoned: *err says why; the caller rolls back. */
bool run_command(Core *core, Submission *s, Instant at, Err *err);
/* Fire a timer. postpone (may be NULL): do not run it, put it off for this reason. */
bool run_timer(Core *core, const DueTimer *timer, Instant at, const Err *postpone, Err *err);

/* Give the run up: the batch is done again without it. Returns false. The first reason stays. */
bool run_poison(Run *run, const Fault *fault, Str what);

/* ---- decision.c */
Decision decision_make(Run *run, const Command *command, size_t module);
void run_random(Run *run, void *out, size_t count);
Id run_id(Run *run);
/* An event of core itself. */
void decision_emit_timer_set(Decision *d, Str module, Str key, Instant due, Str kind, Value body);
void decision_emit_timer_fired(Decision *d, Str module, Str key);

/* ---- journal.c */
Sm3 journal_start(int64_t node);
Sm3 journal_chain(const Sm3 *previous, Str record, Str sealed);
void journal_head(Run *run, const Submission *s);
void journal_event(Run *run, const Event *event);
void journal_accepted(Run *run, Value reply);
void journal_refused(Run *run, const Err *refusal);
/* Close the record, chain it and write its rows. */
void journal_write(Run *run, const Submission *s);
bool journal_load_end(Core *core, Err *err);
/* The answer of record seq, restored. */
bool journal_reply(Core *core, int64_t seq, Arena *a, Reply *out, Err *err);

typedef struct JournalRow {
    int64_t seq;
    Str record, sealed;
    Sm3 hash;
} JournalRow;
/* One record as it stands: parsed, its closed parts opened where conn still has the key. */
typedef struct JournalText {
    Instant at;
    Str kind, actor;
    Id command;
    Str fingerprint; /* 32 hexadecimal digits, or empty: the client named no id */
    Event *events;
    size_t event_count;
    bool refused;
    Value refusal; /* {fault, status, args, ...} */
    Value reply;
} JournalText;
bool journal_decode(int64_t node, StoreConn *conn, Arena *a, const JournalRow *row,
                    JournalText *out, Err *err);
extern const Sql sql_journal_from;
JournalRow journal_row(Rows *r);

/* ---- sealed.c */
size_t sealed_add(Run *run, Str subject, size_t event, Value closed);
/* Null when the key is gone. False: it is there, but the part is not what it sealed. */
bool sealed_open(int64_t node, StoreConn *conn, Arena *a, const JournalRow *row, Instant at,
                 Str subject, size_t event, Str part, Value *out);
void sealed_forget(Core *core);
void sealed_destroy(Core *core, Str subject);

/* ---- refusal.c */
bool refusal_restore(Core *core, Value refusal, Err *out);
Value refusal_open(Arena *a, const Err *refusal);
Value refusal_closed(Arena *a, const Err *refusal);
Value refusal_told(Arena *a, const Err *refusal);
void refusal_tables(Core *core);

/* ---- timer.c */
bool timer_next(Core *core, Instant until, Arena *a, DueTimer *out);
void timer_refresh(Core *core);
Id timer_command_id(const Core *core, const DueTimer *timer);
/* Body, and for a continuation actor and root, of the command that a timer fires. */
bool timer_body(Arena *a, const DueTimer *timer, Command *command);
/* The rest of the queue, with who asked. */
Value follow_body(Arena *a, const Run *run);
DecideFn decide_follow;
ApplyFn apply_timer_set, apply_timer_cancelled, apply_timer_fired;

/* ---- definition.c */
DecideFn decide_install, decide_erase;
ApplyFn apply_installed, apply_erased;
bool definitions_load(Core *core, Err *err);
void definitions_publish(Core *core);
bool definitions_replay(const Core *core, const Event *event, void *const *states, Err *err);

/* ---- batch.c: a transaction of runs. */
typedef Submission *NextSubmission(void *context);
typedef struct BatchResult {
    size_t timers;
    size_t commands;
} BatchResult;
/* Run due timers up to `until` and the submissions that next() gives, commit, publish. The
 * submissions are collected in items; their replies are set, whatever happens. */
void batch_run(Core *core, Instant until, NextSubmission *next, void *context,
               Submission **items, BatchResult *result, Err *err);

/* ---- writer.c */
void writer_close(Core *core);

/* ---- submission.c */
Submission *submission_new(void);
void submission_fill(const Core *core, Submission *s, const Command *command);
void submission_close(Submission *s);

#endif
