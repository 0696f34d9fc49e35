/* core.h - commands in, events out, one writer, one journal.
 *
 * A Core is one node (GB/T 2260 code) with its store. Everything that changes anything is a
 * Command. Its kind ("case.submit") names the module and the decision function. The function
 * reads state and either refuses or emits events and follow-up commands; core applies the
 * events at once (same transaction), then runs the follow-ups in the order they were asked
 * for, each the same way, and writes one journal record for the whole:
 *
 *     root command ─ decide ─ events ─ apply ─┬─ follow-up 1 ─ decide ─ apply ─ ...
 *                                             └─ follow-up 2 ...
 *     journal row: seq, instant, actor, kind, command id, events, sealed parts, reply, hash
 *
 * Invariants: decide has no clock, randomness or I/O but what the Decision offers; apply cannot
 * refuse and depends on nothing but the event and the rows; replaying the journal into an empty
 * store gives the same rows; hash(n) = SM3(hash(n-1) | record n); a command id with the same
 * body has the same reply for ever, with another body it is refused (idempotency_mismatch).
 *
 * Floor 4. Tables: core_journal, core_command, core_timer, core_definition, core_pack, and, not
 * part of the replay, core_subject_key and core_meta.
 * Threads: core_submit from any thread; modules' functions run on the writer's thread only. */
#ifndef CORE_CORE_H
#define CORE_CORE_H

#include "base/value.h"
#include "os/os.h"
#include "seal/seal.h"
#include "store/store.h"

#define CORE_BATCH_MAX 256u         /* commands in one transaction */
#define CORE_BATCH_US 2000          /* time after which a batch is closed */
#define CORE_QUEUE_MAX 4096u        /* commands waiting; more are refused (core_busy, 503) */
#define CORE_FOLLOW_MAX 2048u       /* follow-ups of one root; more go on in the next batch */
#define CORE_COMMAND_ARENA (64u << 20) /* bytes one root command may use */
#define CORE_TIMER_RETRY_S 60       /* a timer refused for now is tried again after this */
#define CORE_GROUPS_MAX 32u

typedef struct Core Core;
typedef struct Decision Decision;

/* Who asks. Made by access from a token; the writer itself acts as actor "system". */
typedef struct Actor {
    Str id;      /* account id, "system", or "clock" */
    Str name;    /* for people; may be masked by readers */
    Str office;  /* office code, or empty */
    Str subject; /* USCC or identity number of the person or firm acted for, or empty */
    Str roles[CORE_GROUPS_MAX]; /* role names of the pack: "citizen", "clerk", ... */
    size_t role_count;
    Lang lang;
} Actor;
bool actor_has_role(const Actor *actor, Str role);

typedef struct Command {
    Id id;     /* idempotency key; ID_NONE: core makes one */
    Str kind;  /* "module.verb" */
    Actor actor;
    Value body; /* a plain context */
    Instant now; /* set by core: the batch's instant; never runs back */
    Id root;     /* set by core: id of the root command (its own id for a root) */
} Command;

/* What comes back. Lives in the arena given to core_submit/core_run. */
typedef struct Reply {
    bool accepted;
    Value body;    /* plain; ids and numbers rather than personal data */
    Err err;       /* when refused */
    int64_t seq;   /* journal sequence number, 0 when nothing was recorded */
    bool repeated; /* answered from the record of an earlier identical command */
} Reply;

/* ---- Modules. */

/* Judge; false with decision_refuse. State may be NULL. */
typedef bool DecideFn(void *state, const Command *command, Decision *d);

typedef struct Event {
    Str kind;    /* "case.submitted" */
    Str subject; /* account or case id the sealed part belongs to; may be empty. It stands
                    readable in the journal: never an identity number */
    Value open;  /* plain context, readable by all who may read the journal */
    Value closed; /* plain context of personal values, or null: sealed in the journal; null in
                     a replay after the subject's key was destroyed */
    Instant at;
    int64_t seq; /* of the journal record */
    Str actor;
    int64_t node; /* of the core: the first column of every row an applier writes */
    Arena *arena; /* scratch for the applier; ends with the command (in a replay: the record) */
} Event;
typedef void ApplyFn(void *state, StoreConn *conn, const Event *event);

#define COMMAND_PUBLIC 1u   /* may come from outside, through core_submit */
#define COMMAND_INTERNAL 2u /* only as a follow-up, a timer or from the system */
#define COMMAND_TASK 4u     /* a service task of type "tongban.<kind>" may call it (internal) */

typedef struct CommandKind {
    const char *kind;
    DecideFn *decide;
    unsigned flags;
} CommandKind;

typedef struct EventKind {
    const char *kind;
    ApplyFn *apply;
} EventKind;

/* A definition is a text of a pack: BPMN, DMN, form, registry schema, thing, calendar, ... */
typedef struct Definition {
    Str kind;        /* "process", "decision", "form", "registry", "thing", "calendar", "role" */
    Str id;          /* id inside the pack: unique a kind and node */
    int64_t version; /* 1, 2, ... : raised when the text changes */
    Str pack;        /* pack id */
    Str path;        /* file inside the pack, for messages */
    Str text;
    int64_t key;     /* of this version on this node; only filled by core_definition */
} Definition;

/* The key of a row of core_definition: modules may join that table in their queries by kind, id
 * and version. */
#define CORE_PLACES 4096
#define CORE_DEFINITION_KEY(alias) "(" alias ".seq * 4096 + " alias ".place)"

typedef struct Module {
    const char *name;
    const Migration *migrations;
    size_t migration_count;
    /* State tables, NULL-terminated: what verify compares. "registry_row_*" stands for every
     * table whose name starts so (tables that an applier makes). */
    const char *const *tables;
    const CommandKind *commands; /* ends with {0} */
    /* Ends with {0}. A module lists its own events, and those of core that it wants to hear:
     * core.installed {pack, version, definitions: [{kind, id, version, path, text}]} (only what
     * changed) and core.erased {subject}: clear the rows' personal values of that subject, so
     * that they equal those of a replay in which its closed parts are null. */
    const EventKind *events;
    const Fault *const *faults; /* FAULT_TABLE of the module; may be NULL. Recorded refusals are
                                   restored by name from these tables */
    void *state;
    /* A new, empty state with the settings of `state`: core replays the journal on it (verify)
     * and tries the definitions of an install on it; close() ends it. It may be called on any
     * thread while `state` is in use. NULL: the module needs no state to apply events (its
     * appliers get NULL in a replay); then it must have no define. */
    void *(*fresh)(const void *state);
    /* Take a definition (borrowed for the call): compile it and keep it. It is never freed while
     * core lives, because readers on other threads may use it: publish it atomically. Called at
     * start for every stored version, oldest first, before load(). When a pack is installed, it
     * is called on a fresh state first: false refuses the install with err; then, after COMMIT,
     * on the real one, where it must succeed, so it may depend on the definition alone: names
     * of other definitions are looked up when they are used. Kinds that do not concern the
     * module: return true. */
    bool (*define)(void *state, const Definition *definition, Err *err);
    /* Does a changed definition fit the rows there are? Asked on the writer's connection when a
     * pack is installed, after define() took it on a fresh state; false refuses the install with
     * err. It only reads. May be NULL. */
    bool (*fits)(const void *state, StoreConn *conn, int64_t node, const Definition *definition,
                 Err *err);
    /* Rebuild caches from the rows: at start, and after a rollback. May be NULL. */
    bool (*load)(void *state, StoreConn *conn, Err *err);
    void (*close)(void *state); /* may be NULL */
} Module;

/* ---- What a decision may do. */

Arena *decision_arena(Decision *d);
/* The writer's connection: queries only. */
StoreConn *decision_store(Decision *d);
int64_t decision_node(const Decision *d);
/* A fresh id: derived from now, the command's seed and a counter. */
Id decision_id(Decision *d);
/* Random bytes that come with the command. */
void decision_random(Decision *d, void *out, size_t count);
/* Emit an event. subject and closed may be empty/null. Values must be plain (checked). */
void decision_emit(Decision *d, Str kind, Str subject, Value open, Value closed);
/* Ask another module. When reply_kind is given, a command of that kind follows with the body
 * reply_body plus "accepted" (boolean), and "result" (the reply) or "refusal"
 * ({fault, text_en, text_zh}). Follow-ups run first-in, first-out. */
void decision_follow(Decision *d, Str kind, Value body, Str reply_kind, Value reply_body);
/* A timer: at due, the command kind with this body runs as actor "clock". The key is unique a
 * module (that of the deciding command): setting it again moves it; cancelling an unknown one
 * does nothing. The body stands readable in the journal: ids only. On a system clock the fired
 * command's now is the batch's; on a virtual clock it is the timer's due. */
void decision_timer_set(Decision *d, Str key, Instant due, Str kind, Value body);
void decision_timer_cancel(Decision *d, Str key);
void decision_reply(Decision *d, Value body);
/* Refuse with a fault; returns false for `return decision_refuse(...)`. Nothing emitted by this
 * decision takes effect. */
bool decision_refuse(Decision *d, const Err *err);
/* Shorthand: refuse with a fault and Str arguments. */
#define decision_refuse_with(d, fault, ...) \
    decision_refuse_fault((d), (fault), __FILE__, __LINE__,                \
                          (const Str[]){STR_NONE, ##__VA_ARGS__},          \
                          sizeof((const Str[]){STR_NONE, ##__VA_ARGS__}) / sizeof(Str))
bool decision_refuse_fault(Decision *d, const Fault *fault, const char *source_file,
                           int source_line, const Str *args, size_t count);

/* ---- Life. */

/* Permission, filled by access: may this actor give this command? False with err. */
typedef bool PermitFn(void *context, const Actor *actor, Str command_kind, Value body, Err *err);

typedef struct CoreOptions {
    int64_t node;     /* GB/T 2260 code: 420600 */
    Str location;     /* data file, or ":memory:" */
    Clock *clock;     /* NULL: the system's */
    Entropy *entropy; /* NULL: the system's */
    const Module *const *modules;
    size_t module_count;
    /* More fault tables (of lower rooms: json, feel, schema, identifier) for refusals that are
     * restored from the journal. NULL-terminated; may be NULL. */
    const Fault *const *const *fault_tables;
    PermitFn *permit; /* NULL: everything is permitted. Asked on the writer's thread for every
                         public command whose actor is not "system" */
    void *permit_context;
    bool read_only;   /* for tools: no writer, no migrations */
} CoreOptions;

/* Open the store, migrate, load definitions and caches. Every module's tables exist after it.
 * core_close closes the modules' states; so does a core_open that fails. */
bool core_open(const CoreOptions *options, Core **out, Err *err);
void core_close(Core *core); /* stops the writer first */
int64_t core_node(const Core *core);
Clock *core_clock(const Core *core);
Store *core_store(const Core *core);

/* Inline: run one command to its end on the caller's thread and commit. For tests, cases and
 * start-up; must not be mixed with a started writer. Timers, and follow-ups beyond
 * CORE_FOLLOW_MAX, wait for core_run_due. False never happens for a refusal: look at
 * reply->accepted. False with err is an outside failure. */
bool core_run(Core *core, const Command *command, Arena *a, Reply *reply, Err *err);
/* Inline: run everything that is due up to now on core's clock; *ran is the number of timers. */
bool core_run_due(Core *core, size_t *ran, Err *err);
/* When the next timer is due; INSTANT_NONE when there is none. */
Instant core_next_due(const Core *core);

/* Start the writer thread: it takes commands and fires timers. */
void core_start(Core *core);
void core_stop(Core *core); /* finishes what is queued, then joins; later submissions are refused */
/* Hand a command to the writer; done is called on the writer's thread after COMMIT, with a
 * reply that lives until it returns. The command is copied. False (with err) when the queue is
 * full or the core is stopping: done is then not called. */
typedef void CoreDone(void *context, const Reply *reply);
bool core_submit(Core *core, const Command *command, CoreDone *done, void *context, Err *err);
/* The same, waiting; the reply's values are copied into a. */
bool core_submit_wait(Core *core, const Command *command, Arena *a, Reply *reply, Err *err);
/* Wake the writer because a virtual clock was moved. */
void core_clock_moved(Core *core);

/* A body's fingerprint for the idempotency rule, and an id from a client's key. */
Id core_command_id(Str actor_id, Str idempotency_key);

/* ---- Definitions (installed by command core.install, body {pack, version, definitions:
 * [{kind, id, path, text}]}; events core.installed). Latest version: version 0. */
bool core_definition(StoreConn *conn, int64_t node, Str kind, Str id, int64_t version, Arena *a,
                     Definition *out);
bool core_definition_by_key(StoreConn *conn, int64_t node, int64_t key, Arena *a, Definition *out);
/* Roles that may "core.install" deploy texts of these kinds from outside, in this pack, which
 * cannot replace a definition of another pack. */
#define CORE_DEPLOYMENT "deployment"
#define CORE_DEPLOYABLE {"process", "decision", "form"}

/* ---- Reading the journal. */
typedef struct JournalRecord {
    int64_t seq;
    Instant at;
    Str kind;
    Str actor;
    Id command;
    Value events; /* list of {kind, subject, open, closed?}; closed opened where the key lives */
    Value reply;
    Sm3 hash;
} JournalRecord;
typedef bool JournalVisit(void *context, const JournalRecord *record);
/* In order from seq `from` on; visit returns false to stop. */
bool core_journal_read(Core *core, StoreConn *conn, int64_t from, JournalVisit *visit,
                       void *context, Err *err);
/* Command core.erase {subject} (system only) destroys the key of a subject: its sealed parts
 * become unreadable for ever; hashes still hold. The rows of the subject are the modules' to
 * clear (they get the event core.erased). */

/* Replay the whole journal into an empty store of its own, and compare chain and rows. Fills
 * the report (text, one line a difference) and *differences. */
typedef struct VerifyResult {
    int64_t records;
    int64_t rows;
    int64_t differences;
    Str report; /* in the arena */
    Sm3 head;   /* hash of the last record */
} VerifyResult;
bool core_verify(Core *core, Lang lang, Arena *a, VerifyResult *out, Err *err);

#define CORE_FAULTS(X)                                                                          \
    X(command_unknown, INPUT, 404, false, "There is no command \"{1}\".", "没有命令“{1}”。")   \
    X(not_permitted, REFUSAL, 403, false, "Your role ({1}) may not do this ({2}).",             \
      "您的角色（{1}）无权执行此操作（{2}）。")                                                \
    X(idempotency_mismatch, REFUSAL, 422, false,                                                \
      "This Idempotency-Key was used before with a different request. Use a new key for a new request.", \
      "该 Idempotency-Key 已用于另一份不同的请求，新请求请使用新的键值。")                      \
    X(core_busy, LIMIT, 503, true, "Too many requests are waiting. Try again in a moment.",     \
      "当前排队请求过多，请稍后再试。")                                                         \
    X(core_stopping, OUTSIDE, 503, true, "The server is shutting down. Try again in a moment.", \
      "服务正在停止，请稍后再试。")                                                             \
    X(journal_broken, OUTSIDE, 503, false, "The journal is damaged at record {1}: {2}.",        \
      "日志第 {1} 条记录损坏：{2}。")                                                           \
    X(definition_unknown, INPUT, 422, false, "There is no {1} \"{2}\" on this node.",           \
      "本节点没有{1}“{2}”。")                                                                   \
    X(definition_owned, REFUSAL, 409, false,                                                    \
      "The {1} \"{2}\" belongs to the pack \"{3}\". Deploy yours under another id.",           \
      "{1}“{2}”属于服务包“{3}”，请改用其他标识部署。")                                          \
    X(command_invalid, INPUT, 422, false, "The command {1} is not well formed: {2}.",           \
      "命令“{1}”的内容有误：{2}。")
FAULT_DECLARE(CORE_FAULTS)

#endif
