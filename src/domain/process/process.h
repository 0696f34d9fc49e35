/* process.h - process instances: tokens, jobs, user tasks, messages, timers, incidents.
 *
 * An instance is one row that holds its tokens and variables; what waits for the outside (jobs,
 * user tasks, subscriptions, buffered messages) are rows of their own while they wait; completed
 * tasks stay as history. One command is one step: the token game runs in memory until every
 * token waits, and the step is one event process.stepped, a list of primitive changes that apply
 * folds into the rows. docs/process.md has the token model, docs/commands.md the commands.
 * Invariants: an instance that is active has a token; a token's scope is alive; a row of a job,
 * open task or subscription belongs to a living token; a claimed task has an assignee.
 * Floor 5. Tables: process_instance, process_task, process_candidate, process_job,
 * process_watch, process_message, process_incident, process_counter. Deciding and applying on
 * the writer's thread; the read functions on any thread with a reader's connection. */
#ifndef DOMAIN_PROCESS_PROCESS_H
#define DOMAIN_PROCESS_PROCESS_H

#include "core/core.h"

#define PROCESS_ACTIVATIONS_MAX 2000u   /* elements entered in one step; more: an incident */
#define PROCESS_TOKENS_MAX 10000u       /* living tokens of one instance */
#define PROCESS_VARIABLES_BYTES_MAX (4u << 20) /* all variables of one instance */
#define PROCESS_CALL_DEPTH_MAX 16u      /* call activities inside each other */
#define PROCESS_MESSAGE_TTL_MAX_S (30 * 86400)
#define PROCESS_PAGE_MAX 200u

/* A new process module; core_close closes it. It belongs to one Core. */
const Module *process_open(void);
/* Told on the writer's thread, while a step is applied and not yet durable, that a job of a type
 * may be taken from `due` on, or that an instance has ended (type empty). Whoever listens gives
 * commands then: they come behind the step. One listener a module; set before the writer starts,
 * and NULL only after it has stopped. */
typedef void ProcessBell(void *context, Str job_type, Instant due, int64_t instance);
void process_listen(const Module *module, ProcessBell *bell, void *context);

/* Life cycle of a user task; the texts stand in rows and JSON. X(enumerator, text) */
#define PROCESS_TASK_STATES(X) \
    X(CREATED, "created")      \
    X(CLAIMED, "claimed")      \
    X(COMPLETED, "completed")  \
    X(CANCELLED, "cancelled")
typedef enum ProcessTaskState {
#define PROCESS_TASK_STATE_ROW(name, text) PROCESS_TASK_##name,
    PROCESS_TASK_STATES(PROCESS_TASK_STATE_ROW)
#undef PROCESS_TASK_STATE_ROW
    PROCESS_TASK_STATE_COUNT
} ProcessTaskState;
const char *process_task_state_name(ProcessTaskState state);
bool process_task_state_parse(Str text, ProcessTaskState *out);

typedef struct ProcessTask {
    int64_t key;
    int64_t instance;
    Id case_id;     /* ID_NONE: the instance belongs to no case */
    Str process;    /* BPMN process id */
    Str element;    /* element id */
    Str name;       /* for people */
    Str form;       /* form id, or empty */
    Value groups;   /* list of candidate groups: office codes and roles */
    Value users;    /* list of candidate account ids */
    Str assignee;   /* account id, or empty */
    ProcessTaskState state;
    Instant created_at;
    Instant ended_at; /* INSTANT_NONE while open */
    Instant due;      /* INSTANT_NONE: none */
    int64_t priority; /* 0..100, 50 unless the diagram says so */
    int64_t version;  /* counts the changes of the task: its ETag */
    bool mine;        /* the actor may work on it now */
} ProcessTask;

typedef struct ProcessTaskQuery {
    bool everyone;       /* all tasks, not only those the actor may work on (supervisors) */
    bool with_ended;     /* completed and cancelled ones too; only with case_id or instance */
    bool has_state;      /* only tasks in this state */
    ProcessTaskState state;
    Id case_id;          /* ID_NONE: any */
    int64_t instance;    /* 0: any */
    Str group;           /* only tasks offered to this group; empty: any */
    Str cursor;          /* from the former page; empty: the first */
    size_t limit;        /* 1..PROCESS_PAGE_MAX; 0: 50 */
} ProcessTaskQuery;

typedef struct ProcessTaskPage {
    ProcessTask *tasks; /* by due (those without a due date last), then key */
    size_t count;
    Str next; /* cursor of the next page; empty: this is the last */
} ProcessTaskPage;

/* The tasks an actor may work on: assigned to it, or offered to it, its office or its roles. A
 * broken cursor gives fault cursor_invalid. */
bool process_task_list(StoreConn *conn, int64_t node, const Actor *actor,
                       const ProcessTaskQuery *query, Arena *a, ProcessTaskPage *out, Err *err);
/* One task; false with task_unknown. Whether the actor may work on it: out->mine. */
bool process_task_read(StoreConn *conn, int64_t node, const Actor *actor, int64_t key, Arena *a,
                       ProcessTask *out, Err *err);
/* As JSON for the API: keys as decimal strings, instants as RFC 3339 in China time. */
Value process_task_value(Arena *a, const ProcessTask *task);
/* The variables a task sees (its own first, then those of its scopes), as one context. */
bool process_task_variables(StoreConn *conn, int64_t node, int64_t key, Arena *a, Value *out,
                            Err *err);

#define PROCESS_INSTANCE_STATES(X) \
    X(ACTIVE, "active")            \
    X(COMPLETED, "completed")      \
    X(CANCELLED, "cancelled")      \
    X(FAILED, "failed")            \
    X(SUSPENDED, "suspended")
typedef enum ProcessInstanceState {
#define PROCESS_INSTANCE_STATE_ROW(name, text) PROCESS_INSTANCE_##name,
    PROCESS_INSTANCE_STATES(PROCESS_INSTANCE_STATE_ROW)
#undef PROCESS_INSTANCE_STATE_ROW
    PROCESS_INSTANCE_STATE_COUNT
} ProcessInstanceState;

/* What stands where: one row an element that was ever entered. */
typedef struct ProcessElement {
    Str element;
    int64_t active, completed, cancelled; /* counts of tokens */
} ProcessElement;

typedef struct ProcessInstance {
    int64_t key;
    Str process;
    int64_t version;
    Id case_id;       /* ID_NONE: none */
    Str business_key; /* may be empty */
    int64_t parent;   /* calling instance, or 0 */
    ProcessInstanceState state;
    Instant started_at;
    Instant ended_at; /* INSTANT_NONE while active */
    ProcessElement *elements; /* in the order of first entry */
    size_t element_count;
    Value variables; /* of the outermost scope */
    int64_t incidents; /* open ones */
} ProcessInstance;

/* False with instance_unknown. */
bool process_instance_read(StoreConn *conn, int64_t node, int64_t key, Arena *a,
                           ProcessInstance *out, Err *err);
/* The instances of a case, oldest first. */
bool process_instances_of_case(StoreConn *conn, int64_t node, Id case_id, Arena *a,
                               ProcessInstance **out, size_t *count, Err *err);
Value process_instance_value(Arena *a, const ProcessInstance *instance);

typedef struct ProcessIncident {
    int64_t key;
    int64_t instance;
    Id case_id;
    Str process;
    Str element;
    Str fault;   /* name of the fault: "job_failed", "expression_failed", ... */
    Str text_en; /* what to tell people */
    Str text_zh;
    Instant at;
    Instant resolved_at; /* INSTANT_NONE while open */
} ProcessIncident;

/* Incidents, newest first; instance 0: of all. before: key of the last one seen, 0: from the
 * newest. */
bool process_incident_list(StoreConn *conn, int64_t node, int64_t instance, bool open_only,
                           int64_t before, size_t limit, Arena *a, ProcessIncident **out,
                           size_t *count, Err *err);
Value process_incident_value(Arena *a, const ProcessIncident *incident, Lang lang);

/* A job of an outside worker: what process.job_activate names by key. */
typedef struct ProcessJob {
    int64_t key;
    int64_t instance;
    Id case_id;
    Str process, element;
    Str type;
    int64_t retries; /* left */
    Value headers;   /* context of texts */
    Str worker;      /* who has it, or empty */
    Instant due;     /* end of the lease */
    Value variables; /* all that the job sees */
} ProcessJob;
/* False with job_unknown. */
bool process_job_read(StoreConn *conn, int64_t node, int64_t key, Arena *a, ProcessJob *out,
                      Err *err);

/* Before a new version is installed: elements at which tokens of running instances stand that have
 * no landing place in it (bpmn.h, bpmn_landing). `to` is the new process, compiled by
 * bpmn_compile. Looks at the oldest PROCESS_STRANDED_MAX running instances. For the room that
 * installs packs; without a node, bpmn_landings compares the two texts alone. */
struct BpmnProcess;
#define PROCESS_STRANDED_MAX 10000
typedef struct ProcessStranded {
    Str element;
    const char *why;  /* in English and Chinese */
    int64_t waiting;  /* tokens */
    int64_t example;  /* key of one of the instances */
} ProcessStranded;
bool process_stranded(StoreConn *conn, int64_t node, Str process, const struct BpmnProcess *to,
                      Arena *a, ProcessStranded **out, size_t *count, Err *err);

/* Refusals, in order of precedence. */
#define PROCESS_FAULTS(X)                                                                         \
    X(process_unknown, INPUT, 404, false, "There is no process \"{1}\" on this node.",            \
      "本节点没有流程“{1}”。")                                                                    \
    X(instance_unknown, INPUT, 404, false, "There is no process instance {1}.",                   \
      "流程实例 {1} 不存在。")                                                                    \
    X(task_unknown, INPUT, 404, false, "There is no task {1}.", "任务 {1} 不存在。")              \
    X(job_unknown, INPUT, 404, false, "There is no job {1} waiting.", "没有等待处理的作业 {1}。") \
    X(incident_unknown, INPUT, 404, false, "There is no open incident {1}.",                      \
      "没有未解决的异常 {1}。")                                                                   \
    X(token_unknown, REFUSAL, 409, false,                                                         \
      "Step {2} of process instance {1} has already ended.", "流程实例 {1} 的步骤 {2} 已经结束。") \
    X(instance_closed, REFUSAL, 409, false, "Process instance {1} has ended.",                    \
      "流程实例 {1} 已经结束。")                                                                  \
    X(instance_suspended, REFUSAL, 409, true,                                                     \
      "Process instance {1} is suspended. Resume it, or try again later.",                        \
      "流程实例 {1} 已挂起，请恢复后再试。")                                                      \
    X(instance_not_suspended, REFUSAL, 409, false, "Process instance {1} is not suspended.",      \
      "流程实例 {1} 并未挂起。")                                                                  \
    X(element_unknown, INPUT, 422, false, "There is no element \"{1}\" in process \"{2}\".",      \
      "流程“{2}”中没有元素“{1}”。")                                                               \
    X(modification_impossible, REFUSAL, 422, false, "\"{1}\" cannot be changed so: {2}.",         \
      "无法如此改动“{1}”：{2}。")                                                                 \
    X(migration_no_landing, REFUSAL, 422, false,                                                  \
      "The instance waits at \"{1}\", which has no landing place in the other version: {2}.",      \
      "流程实例停留在“{1}”，而另一版本中没有对应的位置：{2}。")                                   \
    X(task_not_yours, REFUSAL, 403, false,                                                        \
      "Task {1} is offered to other people or groups ({2}).", "任务 {1} 由其他人员或部门（{2}）办理。") \
    X(instance_called, REFUSAL, 409, false,                                                       \
      "Process instance {1} was called by {2}. Cancel that one.",                                 \
      "流程实例 {1} 由 {2} 调用产生，请取消后者。")                                               \
    X(message_not_awaited, REFUSAL, 404, false,                                                   \
      "No process waits for the message \"{1}\" with this correlation key.",                      \
      "没有流程在等待消息“{1}”（按此关联键）。")                                                  \
    X(task_closed, REFUSAL, 409, false, "Task {1} has already ended ({2}).",                      \
      "任务 {1} 已经结束（{2}）。")                                                               \
    X(task_claimed, REFUSAL, 409, false,                                                          \
      "Somebody else is working on task {1}. Ask for its release, or take another.",              \
      "任务 {1} 已由他人领取，可请其退回，或办理其他任务。")                                      \
    X(task_not_claimed, REFUSAL, 409, false, "Task {1} is not claimed by anybody.",               \
      "任务 {1} 尚未被领取。")                                                                    \
    X(task_without_group, REFUSAL, 409, false,                                                    \
      "Task {1} is addressed to one person only and cannot be released.",                         \
      "任务 {1} 仅由指定人员办理，不能退回。")                                                    \
    X(task_changed, REFUSAL, 412, false, "Task {1} was changed meanwhile. Load it again.",        \
      "任务 {1} 已被更改，请重新打开。")                                                          \
    X(variables_invalid, INPUT, 422, false, "The variables are not acceptable: {1}.",             \
      "变量不符合要求：{1}。")                                                                    \
    X(variables_too_large, LIMIT, 413, false, "The variables of instance {1} exceed {2} bytes.",  \
      "流程实例 {1} 的变量超过 {2} 字节。")                                                       \
    X(instance_too_large, LIMIT, 422, false,                                                      \
      "Process instance {1} has too many steps or tokens to go on.",                              \
      "流程实例 {1} 的步骤或令牌过多，无法继续。")                                                \
    X(field_invalid, INPUT, 422, false, "The field \"{1}\" is missing or wrong: {2}.",            \
      "字段“{1}”缺失或有误：{2}。")                                                               \
    X(cursor_invalid, INPUT, 400, false, "The page mark is not valid. Start with the first page.", \
      "分页标记无效，请从第一页开始。")                                                           \
    X(expression_failed, INPUT, 422, false, "The expression \"{1}\" gives {2}, but {3} is needed.", \
      "表达式“{1}”的结果为{2}，而这里需要{3}。")                                                  \
    X(expression_stopped, LIMIT, 422, false, "The expression \"{1}\" took too many steps.",          \
      "表达式“{1}”的计算步数超过上限。")                                                         \
    X(no_flow_taken, INPUT, 422, false,                                                           \
      "No condition is true at \"{1}\" and there is no default flow.",                            \
      "“{1}”处没有条件成立，也没有默认分支。")                                                    \
    X(error_not_caught, INPUT, 422, false, "Nothing in the diagram catches the error \"{1}\": {2}", \
      "流程图中没有处理错误“{1}”的事件：{2}")                                                     \
    X(too_many_steps, LIMIT, 422, false,                                                          \
      "More than {1} elements were entered in one step; the diagram may loop for ever.",          \
      "单步进入的元素超过 {1} 个，流程图可能存在死循环。")                                        \
    X(too_many_calls, LIMIT, 422, false, "Call activities are nested deeper than {1}.",            \
      "调用活动嵌套超过 {1} 层。")                                                                \
    X(decision_unknown, INPUT, 422, false, "There is no decision \"{1}\" on this node.",          \
      "本节点没有决策“{1}”。")                                                                    \
    X(decision_failed, INPUT, 422, false, "The decision \"{1}\" failed: {2}",                     \
      "决策“{1}”执行失败：{2}")                                                                   \
    X(job_failed, INPUT, 422, false, "The job \"{1}\" failed and has no retries left: {2}",       \
      "作业“{1}”失败且已无重试次数：{2}")
FAULT_DECLARE(PROCESS_FAULTS)
extern const Fault *const process_faults[];

#endif
