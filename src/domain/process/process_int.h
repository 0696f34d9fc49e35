/* process_int.h - what the parts of the process module share.
 *
 * A Game is one step of one instance in memory: the instance as it was loaded, the program it
 * runs, the queue of moves, and the list of changes made so far. game_* functions change the
 * instance only through change_* functions, which put the change on the list and fold it into
 * the instance at once; apply folds the same list into the rows. docs/process.md explains.
 * Floor 5, inside domain/process. */
#ifndef DOMAIN_PROCESS_PROCESS_INT_H
#define DOMAIN_PROCESS_PROCESS_INT_H

#include "base/check.h"
#include "base/map.h"
#include "codec/json.h"
#include "domain/process/process.h"
#include "lang/bpmn/bpmn.h"
#include "lang/dmn/dmn.h"
#include "lang/feel/feel.h"

/* A key is the instance's number above KEY_BITS bits, and a number of the instance's own below:
 * tokens, tasks, jobs and incidents of an instance are found by key without an index. */
#define KEY_BITS 20
#define KEY_LOCAL_MAX (1ll << KEY_BITS)
#define ROOT_TOKEN 1
static inline int64_t key_instance(int64_t key) { return key >> KEY_BITS << KEY_BITS; }
static inline int64_t key_local(int64_t key) { return key & (KEY_LOCAL_MAX - 1); }

#define MODULE_ARENA_BYTES ((size_t)4 << 30)
#define EXPRESSION_FUEL 2000000ll

/* ---- Definitions. */

typedef struct ProgramVersion {
    int64_t version;
    const BpmnProcess *process;
    struct ProgramVersion *older;
} ProgramVersion;

typedef struct ModelVersion {
    int64_t version;
    const DmnModel *model;
    struct ModelVersion *older;
} ModelVersion;

/* The newest step that was decided: its event and the instance as the step left it. The writer
 * applies an event right after its decision, and both fold the same changes with the same
 * functions; so apply takes the instance from here instead of folding it again. A replay has
 * none. */
typedef struct Decided {
    const ValueEntry *event;        /* entries of the event's open part: which event it is */
    const struct Instance *in;
    bool was_suspended;
} Decided;

typedef struct Process {
    Module module;
    Decided decided;
    Signal *lock; /* the writer's thread puts into the maps under it; other threads look under it */
    Arena *arena; /* programs; grows with every definition */
    Map programs;  /* process id -> newest ProgramVersion */
    Map decisions; /* decision id -> newest DmnDecision */
    Map forms;     /* form id -> newest form program */
    Map models;    /* id of a decision file -> newest ModelVersion */
    ProcessBell *bell; /* told of jobs and ends while they are applied; NULL: nobody listens */
    void *bell_context;
} Process;

bool process_define(void *state, const Definition *definition, Err *err);
/* version 0: the newest; NULL when there is none. */
const ProgramVersion *process_program(const Process *p, Str id, int64_t version);
/* The newest version with this label; NULL when there is none. */
const ProgramVersion *process_labelled(const Process *p, Str id, Str label);
const DmnModel *process_model(const Process *p, Str id, int64_t version);
/* Camunda's word for the type of an element. */
const char *process_element_word(const BpmnElement *e);

/* ---- An instance in memory. */

/* Flags of a token; kept in the row and in changes as one number. */
enum {
    TOKEN_JOIN = 1,            /* stands at a gateway and waits for others */
    TOKEN_BODY = 2,            /* holds the rounds of a loop or multi-instance activity */
    TOKEN_INNER = 4,           /* one round of it */
    TOKEN_FAILED_ENTER = 8,    /* an incident stands in the way of entering */
    TOKEN_FAILED_COMPLETE = 16,/* ... of completing */
    TOKEN_WATCHES = 32,        /* its subscriptions and timers are set */
    TOKEN_COMPENSATES = 64,    /* its children are compensation handlers */
    TOKEN_CANCELLING = 128,    /* transaction that is being cancelled */
    TOKEN_FAILED_JOB = 256,    /* its outside job has no retries left */
    TOKEN_MARKED = 512,        /* the case was told that it was entered */
    TOKEN_GATHERED = 1024,     /* the start quantity of its activity is complete */
    TOKEN_RESET = 2048,        /* a complex gateway that has passed waits to be reset */
    TOKEN_RESETS = 4096,       /* ... and is reset by the next move */
};

typedef struct Token {
    int64_t key;
    Str element;
    Str was;        /* its element under the version it leaves; empty: the same */
    uint32_t index; /* in the program; BPMN_NONE while folding in apply */
    int64_t scope;  /* key of the token it lives in; 0: the root */
    int64_t flags;
    Str flow;    /* TOKEN_JOIN: id of the flow it came by */
    int64_t ref; /* child instance of a call activity; open incident when failed; else 0 */
    Value data;  /* loop counters, compensation records; null: none */
    Value local; /* variables of this scope: a context or null */
    Value dirty; /* those set in this step */
    bool ending; /* MOVE_COMPLETE is queued for it as a scope */
    bool gone;
} Token;

#define TOKEN_FAILED (TOKEN_FAILED_ENTER | TOKEN_FAILED_COMPLETE | TOKEN_FAILED_JOB)

typedef struct Trail {
    Str element;
    int64_t completed, cancelled;
} Trail;

typedef struct Instance {
    int64_t key;
    Str process;
    int64_t version;
    Id case_id;
    Str business_key;
    int64_t parent, parent_token;
    ProcessInstanceState state;
    Instant started_at, ended_at;
    int64_t incidents;
    int64_t next; /* next local key */
    Token **tokens; /* in the order of their keys; each stays where it is */
    size_t token_count, token_capacity;
    Trail *trail;
    size_t trail_count, trail_capacity;
    Map trail_index; /* element -> index + 1 */
    Arena *arena;
} Instance;

/* Read a row; *found tells. Tokens gone are not in it. */
bool instance_load(StoreConn *conn, int64_t node, int64_t key, Arena *a, Instance *out,
                   bool *found, Err *err);
void instance_init(Instance *instance, Arena *a);
Token *instance_token(Instance *instance, int64_t key); /* NULL: gone */
size_t instance_children(const Instance *instance, int64_t scope);
Str instance_tokens_text(const Instance *instance);
Str instance_variables_text(const Instance *instance);

/* ---- Changes: the primitives of process.stepped, folded into an Instance here and into rows in
 * process_apply.c. Lists ["enter", key, element, scope, flow, flags], ... */
void fold_enter(Instance *in, int64_t key, Str element, int64_t scope, Str flow, int64_t flags);
typedef enum LeaveHow { LEAVE_COMPLETED, LEAVE_CANCELLED, LEAVE_MERGED } LeaveHow;
void fold_leave(Instance *in, int64_t key, LeaveHow how);
void fold_set(Instance *in, int64_t key, int64_t flags, int64_t ref, Value data);
void fold_move(Instance *in, int64_t key, Str element);
void fold_variables(Instance *in, int64_t key, Value entries);

/* ---- A step. */

typedef enum MoveKind { MOVE_ENTER, MOVE_COMPLETE, MOVE_PASS } MoveKind;
typedef struct Move {
    MoveKind kind;
    int64_t token;
    Value payload; /* MOVE_COMPLETE: variables that come with it */
} Move;

typedef struct Game {
    Process *p;
    Decision *d;
    Arena *a;
    Instant now;
    Lang lang;
    const BpmnProcess *program;
    Instance in;
    Move *queue;
    size_t head, tail, capacity;
    uint32_t activations;
    ListBuilder changes;
    ContextBuilder closed_keys;  /* watch -> correlation key */
    ContextBuilder closed_texts; /* incident -> texts */
    int64_t *changed; /* scopes in which a token came, went or changed: their joins are asked */
    size_t changed_head, changed_tail, changed_capacity;
    struct JoinSpace *join_space; /* of process_join.c, kept from question to question */
    Value seen; /* names that expressions see before all variables; null: none */
    /* Items of an output collection that this step made and nobody has read since: the next round
     * may write into it. */
    const Value *own_list;
    bool variables_changed;
    bool is_new; /* the first step */
    bool was_suspended; /* when it was loaded */
    Str actor;
    Err fail; /* why the current move cannot be made */
} Game;

/* game.c: the step itself. */
/* Load an instance; refuses (false) when there is none. When it has ended: refuses too, or, with
 * `ended`, only says so there: for commands that may come too late. When it is suspended: refuses,
 * or, with `ended`, puts the command aside for later and says so. */
bool game_open(Game *g, Process *p, Decision *d, const Command *c, int64_t key, bool *ended);
/* The same for operators: a suspended one too. */
bool game_open_any(Game *g, Process *p, Decision *d, const Command *c, int64_t key);
void game_open_new(Game *g, Process *p, Decision *d, const Command *c, Str process,
                   const ProgramVersion *program);
/* Play until every token waits, emit process.stepped. False: refused. */
bool game_close(Game *g);
const BpmnElement *game_element(const Game *g, const Token *t);
/* A token at an element, with its move. Returns its key. */
int64_t game_enter(Game *g, uint32_t element, int64_t scope, Str flow, int64_t flags);
/* A token at an event that has happened already: it goes on at once with the payload. */
int64_t game_arrive(Game *g, uint32_t element, int64_t scope, Value payload);
void game_push(Game *g, MoveKind kind, int64_t token, Value payload);
/* The current move fails: err is g->fail. Returns false. */
#define game_fail(g, fault, ...) err_set(&(g)->fail, (fault), ##__VA_ARGS__)
void game_incident(Game *g, Token *t, int64_t failed_flag, const Err *err);
/* A token ends, with everything it has outside. Nothing may live in it any more. */
void game_leave(Game *g, int64_t key, LeaveHow how, Value payload);
/* A token is cancelled, and before it everything in it. */
void game_cancel(Game *g, int64_t key);
void game_cancel_children(Game *g, int64_t scope, int64_t except);
/* A token goes from an element that is done along these flows into their targets. */
void game_take_flows(Game *g, const uint32_t *flows, uint32_t count, int64_t scope);
/* Take the failure of a token away, because it is tried again or has gone. */
void game_heal(Game *g, Token *t);
/* A token died in this scope without a successor: is the scope done? */
void game_settle(Game *g, int64_t scope);
/* The instance ends in another way than by itself. */
void game_end(Game *g, ProcessInstanceState state, Str code);

/* change.c: note and fold. */
int64_t change_enter(Game *g, uint32_t element, int64_t scope, Str flow, int64_t flags);
void change_leave(Game *g, int64_t key, LeaveHow how);
void change_set(Game *g, Token *t, int64_t flags, int64_t ref, Value data);
void change_state(Game *g, ProcessInstanceState state);
void change_add(Game *g, const Value *items, size_t count);
#define change_note(g, ...)                                \
    change_add((g), (const Value[]){__VA_ARGS__},          \
               sizeof((const Value[]){__VA_ARGS__}) / sizeof(Value))

/* variable.c */
Value variable_find(Game *g, int64_t token, Str name, bool *found);
void variable_set_local(Game *g, int64_t token, Str name, Value v);
void variable_set_all(Game *g, int64_t token, Value entries);
/* Set where the name already lives, from this token outwards; else in the root. */
void variable_propagate(Game *g, int64_t token, Value entries);
bool variable_evaluate(Game *g, const BpmnExpression *e, int64_t token, Value *out);
bool variable_evaluate_text(Game *g, const BpmnExpression *e, int64_t token, Str *out);
bool variable_evaluate_boolean(Game *g, const BpmnExpression *e, int64_t token, bool *out);
bool variable_inputs(Game *g, const BpmnElement *e, int64_t token);
/* Output mappings (or, without them, the payload as it is) into the scope of the token. */
bool variable_outputs(Game *g, const BpmnElement *e, int64_t token, Value payload);
/* All that a token sees, inner names first. */
Value variable_visible(Game *g, int64_t token);

/* gateway.c */
bool gateway_enter(Game *g, Token *t, const BpmnElement *e);
bool gateway_pass(Game *g, Token *t, const BpmnElement *e);
/* An activity that needs several tokens: true when they are there, merged into t. */
bool gateway_gather(Game *g, Token *t, const BpmnElement *e);
/* The flows to take from an element that is done; false when none is (with a failure). */
bool gateway_choose(Game *g, const BpmnElement *e, int64_t token, uint32_t *flows,
                    uint32_t *count);
/* Do both wait to be joined at the same gateway in the same scope? */
bool gateway_waits_with(const Token *other, const Token *t);
/* The first waiting token of each incoming flow; the bits of the flows that have one. */
uint64_t gateway_arrivals(const Game *g, const Token *t, const BpmnElement *e,
                          int64_t first[BPMN_JOIN_MAX]);
/* One token of each arrived flow becomes one, which passes. */
void gateway_merge(Game *g, const BpmnElement *e, uint64_t arrived,
                   const int64_t first[BPMN_JOIN_MAX]);
uint64_t gateway_all_flows(const BpmnElement *e);

/* join.c: re-examine the waiting inclusive joins of the whole instance; true when one fired. */
bool join_examine(Game *g);
/* Something happened in this scope. */
void join_note(Game *g, int64_t scope);

/* complex.c: the complex gateway as a join. */
bool complex_arrive(Game *g, Token *t, const BpmnElement *e);
/* What the conditions of a gateway see of its phase: into g->seen. */
void complex_phase(Game *g, const Token *t, const BpmnElement *e);
uint64_t complex_consumed(const Token *marker);
bool complex_reset(Game *g, Token *marker, const BpmnElement *e);

/* activity.c */
bool activity_enter(Game *g, Token *t, const BpmnElement *e);
/* Only the job of an element: what an event needs whose message a worker sends. */
bool activity_job(Game *g, Token *t, const BpmnElement *e);
/* What a waiting activity has outside (task, job, child) ends with it. */
void activity_close(Game *g, Token *t, const BpmnElement *e, LeaveHow how);
/* Tell the case, when the element concerns it. */
void activity_mark(Game *g, const Token *t, const BpmnElement *e, const char *event,
                   Value payload);

/* loop.c: multi-instance and standard loops. */
bool loop_begin(Game *g, Token *body, const BpmnElement *e);
/* One round is over; begins the next, or completes the body. */
bool loop_round_done(Game *g, Token *body, const BpmnElement *e, int64_t inner, Value payload);

/* watch.c: waiting for messages, signals, timers, conditions. */
bool watch_open(Game *g, Token *t, const BpmnElement *e);
void watch_close(Game *g, Token *t, const BpmnElement *e);
/* The instance goes over to another version: what a token waits for and does not stand at the
 * same place in both ends, and after the landing what is new begins. */
void watch_close_changed(Game *g, Token *t, const BpmnProcess *from, const BpmnProcess *to,
                         uint32_t landing);
bool watch_open_changed(Game *g, Token *t, const BpmnProcess *from);
/* Something watched has happened. */
void watch_trigger(Game *g, Token *owner, uint32_t element, uint32_t event, Value payload);
/* A signal that the instance throws reaches its own tokens at once; the watches served. */
Value watch_signal(Game *g, Str name, Value variables);
/* Conditions that have become true; true when one fired. */
bool watch_examine(Game *g);
/* A due instant from a timer event. cycle: rounds left (-1: without end), and the interval. */
typedef struct TimerPlan {
    Instant due;
    int64_t rounds;
    Str every;
} TimerPlan;
bool watch_plan(Game *g, const BpmnEvent *event, int64_t token, TimerPlan *out);
/* at + an ISO 8601 duration. */
bool watch_add_duration(Instant at, Str duration, Instant *out);
/* The next round of a cycle that was due at `due`: after its duration, or, of a cron expression,
 * its next instant that is not yet over. */
bool watch_next_round(Instant due, Instant now, Str every, Instant *out);
void watch_set_timer(Game *g, int64_t token, uint32_t element, uint32_t event, TimerPlan plan);

/* throw.c: errors, escalations, signals, messages, compensation. */
/* Find who catches; false when nobody does (nothing is changed then). */
bool throw_error(Game *g, int64_t from, Str code, Value payload);
bool throw_escalation(Game *g, int64_t from, Str code, Value payload);
bool throw_event(Game *g, Token *t, const BpmnElement *e);
/* The behaviour of a multi-instance activity: what it throws is caught by its own boundary events,
 * and its rounds go on. */
void throw_implicit(Game *g, const BpmnElement *e, int64_t scope, const BpmnEvent *event);
/* A completed activity that can be compensated is remembered in its scope. */
void throw_record(Game *g, int64_t scope, const Token *t);

/* operate.c: put a command aside until the instance is resumed. */
void operate_defer(Game *g, const Command *c);

/* ---- Commands and events of the module. */
DecideFn decide_suspend, decide_unsuspend, decide_modify, decide_migrate_instance, decide_migrate,
    decide_delete, decide_retain, decide_sweep;
ApplyFn apply_deferred, apply_deleted;
DecideFn decide_start, decide_cancel, decide_resume, decide_fire, decide_incident_retry,
    decide_task_claim, decide_task_release, decide_task_complete, decide_message,
    decide_message_expire, decide_signal, decide_arm, decide_job_activate, decide_job_complete,
    decide_job_fail, decide_job_throw, decide_job_update, decide_create, decide_abort,
    decide_broadcast, decide_assign, decide_edit, decide_settle, decide_variables_set,
    decide_called, decide_start_due, decide_escalate;
ApplyFn apply_task_edited, apply_stepped, apply_task_changed, apply_message_published,
    apply_message_ended,
    apply_job_changed, apply_armed, apply_subject_erased;

/* A fresh instance or message number: read from the counter row; the event carries it on. */
int64_t process_next_number(Decision *d);
Value process_key_value(Arena *a, int64_t key);
/* A key from a body: decimal string or number; 0 when it is none. */
int64_t process_key_field(Value body, Str name);
const char *process_instance_state_name(ProcessInstanceState state);
bool process_instance_state_parse(Str text, ProcessInstanceState *out);
/* The subject that an instance's personal data belongs to. */
Str process_subject(Arena *a, const Instance *in);
/* Look for a buffered message; 0 when there is none. */
int64_t message_find(Game *g, Str name, Str correlation, Value *variables);

#endif
