/* bpmn.h - BPMN 2.0 XML compiled to a checked, read-only program.
 *
 * bpmn_compile reads one file and gives a BpmnModel: the processes of the file, each a flat array
 * of elements (element 0 is the process itself) and a flat array of flows that name each other by
 * index. Everything that is a name in XML (flow targets, messages, errors, attached activities,
 * default flows) is an index or a text here; every FEEL expression is compiled. A model that
 * contains something the engine does not run, or that breaks the standard, is refused with file,
 * line and element id: nothing is ignored silently.
 *
 * Dialects: zeebe: (Camunda 8) in full for what is supported; camunda: attributes where they mean
 * the same. A text that starts with "=" is FEEL; conditions are FEEL with or without "=".
 * Floor 3 (above lang/feel, lang/dmn). Pure. A model never changes and may be read by any thread;
 * it lives as long as its arena. */
#ifndef LANG_BPMN_BPMN_H
#define LANG_BPMN_BPMN_H

#include "base/err.h"
#include "base/time.h"
#include "base/value.h"
#include "lang/bpmn/bpmn_faults.h"

struct FeelProgram;

#define BPMN_ELEMENTS_MAX 5000u /* elements of one process */
#define BPMN_FLOWS_MAX 10000u
#define BPMN_JOIN_MAX 64u /* incoming flows of one gateway */
#define BPMN_DEPTH_MAX 32u /* sub-processes inside each other */

#define BPMN_SCRATCH_BYTES (256u << 20) /* memory while one file is read */

#define BPMN_NONE UINT32_MAX /* no such index */

/* What an element is. X(enumerator, local XML name) */
#define BPMN_TYPES(X)                                   \
    X(PROCESS, "process")                               \
    X(SUB_PROCESS, "subProcess")                        \
    X(EVENT_SUB_PROCESS, "eventSubProcess")             \
    X(TRANSACTION, "transaction")                       \
    X(AD_HOC, "adHocSubProcess")                        \
    X(CALL_ACTIVITY, "callActivity")                    \
    X(TASK, "task")                                     \
    X(MANUAL_TASK, "manualTask")                        \
    X(USER_TASK, "userTask")                            \
    X(SERVICE_TASK, "serviceTask")                      \
    X(SEND_TASK, "sendTask")                            \
    X(RECEIVE_TASK, "receiveTask")                      \
    X(SCRIPT_TASK, "scriptTask")                        \
    X(BUSINESS_RULE_TASK, "businessRuleTask")           \
    X(START_EVENT, "startEvent")                        \
    X(END_EVENT, "endEvent")                            \
    X(CATCH_EVENT, "intermediateCatchEvent")            \
    X(THROW_EVENT, "intermediateThrowEvent")            \
    X(BOUNDARY_EVENT, "boundaryEvent")                  \
    X(EXCLUSIVE_GATEWAY, "exclusiveGateway")            \
    X(INCLUSIVE_GATEWAY, "inclusiveGateway")            \
    X(PARALLEL_GATEWAY, "parallelGateway")              \
    X(EVENT_GATEWAY, "eventBasedGateway")               \
    X(COMPLEX_GATEWAY, "complexGateway")
typedef enum BpmnType {
#define BPMN_TYPE_ROW(name, text) BPMN_##name,
    BPMN_TYPES(BPMN_TYPE_ROW)
#undef BPMN_TYPE_ROW
    BPMN_TYPE_COUNT
} BpmnType;
const char *bpmn_type_name(BpmnType type);

/* What an event waits for or throws. */
#define BPMN_EVENTS(X)                              \
    X(MESSAGE, "messageEventDefinition")            \
    X(TIMER, "timerEventDefinition")                \
    X(ERROR, "errorEventDefinition")                \
    X(ESCALATION, "escalationEventDefinition")      \
    X(SIGNAL, "signalEventDefinition")              \
    X(CONDITIONAL, "conditionalEventDefinition")    \
    X(COMPENSATE, "compensateEventDefinition")      \
    X(CANCEL, "cancelEventDefinition")              \
    X(LINK, "linkEventDefinition")                  \
    X(TERMINATE, "terminateEventDefinition")
typedef enum BpmnEventKind {
#define BPMN_EVENT_ROW(name, text) BPMN_ON_##name,
    BPMN_EVENTS(BPMN_EVENT_ROW)
#undef BPMN_EVENT_ROW
    BPMN_ON_COUNT
} BpmnEventKind;

/* A text of the model that may be FEEL. Absent: text.len == 0. */
typedef struct BpmnExpression {
    Str text;                          /* as written */
    const struct FeelProgram *program; /* NULL: a fixed value */
    Value fixed;                       /* the text as a string when program is NULL */
} BpmnExpression;

typedef enum BpmnTimerKind { BPMN_TIMER_DATE, BPMN_TIMER_DURATION, BPMN_TIMER_CYCLE } BpmnTimerKind;

/* A timer cycle as a cron expression: a set of bits a field (see bpmn_cron.c). */
typedef struct BpmnCron {
    uint64_t seconds, minutes, hours, days, months, weekdays;
    uint8_t week;        /* 1..5: only the k-th such weekday of a month; 0: every */
    uint8_t before_last; /* with last_day: that many days before it */
    bool last_day;       /* the last day of the month */
    bool nearest;        /* moved to the nearest day from Monday to Friday */
} BpmnCron;
#define BPMN_CRON_LAST_WEEK 6
bool bpmn_cron_parse(Str text, BpmnCron *out);
/* The first instant after `after`; false when there is none within 40 years. */
bool bpmn_cron_next(const BpmnCron *cron, Instant after, Instant *out);

typedef struct BpmnEvent {
    uint8_t kind;               /* BpmnEventKind */
    uint8_t timer;              /* BpmnTimerKind */
    BpmnExpression expression;  /* timer text, or the condition */
    BpmnExpression name;        /* message, signal or link name */
    BpmnExpression code;        /* error or escalation code; absent: any (catch) */
    BpmnExpression correlation; /* correlation key of a message */
    uint32_t activity;          /* compensation of this one activity, or BPMN_NONE */
} BpmnEvent;

/* One line of an io mapping: evaluate source, put it under the target path. */
typedef struct BpmnMapping {
    BpmnExpression source;
    Str target; /* "name" or "name.field.field" */
} BpmnMapping;

typedef struct BpmnPair {
    Str key, value;
} BpmnPair;

/* When a multi-instance activity throws its event (BPMN 2.0, 10.2.7, behavior). */
typedef enum BpmnBehavior {
    BPMN_NEVER_THROWS, /* All */
    BPMN_FIRST_THROWS, /* One */
    BPMN_EACH_THROWS,  /* None */
    BPMN_SOME_THROW,   /* Complex: after every round, what its conditions say */
} BpmnBehavior;

/* One complexBehaviorDefinition. */
typedef struct BpmnComplex {
    BpmnExpression condition;
    const BpmnEvent *thrown;
} BpmnComplex;

/* Multi-instance or standard loop of an activity. */
typedef struct BpmnLoop {
    bool sequential;
    bool standard;              /* standardLoopCharacteristics */
    bool test_before;           /* standard loop: judge before the first round */
    BpmnExpression cardinality; /* loopCardinality; standard loop: loopMaximum */
    BpmnExpression collection;  /* zeebe inputCollection */
    BpmnExpression completion;  /* completionCondition; standard loop: loopCondition */
    BpmnExpression output_element;
    Str input_element;
    Str output_collection;
    BpmnBehavior behavior;
    const BpmnEvent *thrown; /* with behavior One or None */
    const BpmnComplex *complex; /* with behavior Complex */
    uint32_t complex_count;
} BpmnLoop;

/* What the task of an element needs; each part is absent unless the element has it. */
typedef struct BpmnTask {
    BpmnExpression job_type; /* "tongban.registry.read", or the type of an outside job */
    BpmnExpression retries;
    BpmnExpression assignee;
    BpmnExpression groups; /* FEEL list, or texts separated by commas */
    BpmnExpression users;
    BpmnExpression due;
    BpmnExpression follow_up;
    BpmnExpression priority;
    Str form;                 /* form id */
    BpmnExpression decision;  /* decision id of a business rule task */
    BpmnExpression process;   /* called process id */
    Str version_tag;          /* the called process has this label; empty: the newest */
    BpmnExpression active;    /* ad-hoc sub-process: list of ids to enter; absent: all */
    BpmnExpression script;    /* FEEL of a script task */
    Str result;               /* variable for the result of decision or script; may be empty */
    bool propagate_all;       /* call activity: give the child's variables back */
    bool propagate_parent;    /* call activity: give the child all variables */
} BpmnTask;

typedef struct BpmnFlow {
    Str id;
    Str name;
    uint32_t source, target; /* element indexes */
    BpmnExpression condition;
} BpmnFlow;

typedef struct BpmnElement {
    Str id;
    Str name;
    uint8_t type;       /* BpmnType */
    bool interrupting;  /* boundary event, start event of an event sub-process */
    bool parallel;      /* parallel multiple event; instantiating gateway that wants them all */
    bool compensation;  /* an activity that only runs as compensation handler */
    bool instantiate;   /* a receive task or event gateway that begins its process */
    uint32_t line;      /* in the file */
    uint32_t scope;     /* enclosing element; BPMN_NONE for element 0 */
    uint32_t attached;  /* boundary event: its activity; else BPMN_NONE */
    uint32_t handler;   /* compensation boundary event: its activity; else BPMN_NONE */
    uint32_t link;      /* link throw: the catch with its name; else BPMN_NONE */
    uint32_t default_flow; /* flow index, or BPMN_NONE */
    const uint32_t *entries; /* scope: elements that get a token when it is entered: its start
                                event without a trigger, else whatever has no incoming flow */
    uint32_t entry_count;
    const uint32_t *incoming, *outgoing; /* flow indexes, in the order of the file */
    uint32_t incoming_count, outgoing_count;
    const uint32_t *boundaries; /* activity: boundary events */
    uint32_t boundary_count;
    const uint32_t *children; /* scope: elements directly inside */
    uint32_t child_count;
    const BpmnEvent *events;
    uint32_t event_count;
    const BpmnMapping *inputs, *outputs;
    uint32_t input_count, output_count;
    const BpmnPair *headers, *properties;
    uint32_t header_count, property_count;
    const BpmnTask *task; /* NULL when it has none of it */
    const BpmnLoop *loop; /* NULL: once */
    uint32_t start_quantity, completion_quantity; /* 1 unless the model says so */
    /* Inclusive gateway: reach[e] has bit i when a token at element e of the same scope can come
     * to incoming flow i without passing this gateway. NULL otherwise. */
    const uint64_t *reach;
    BpmnExpression activation; /* complex gateway: when it passes; ad-hoc: when it is complete */
    bool resets; /* complex gateway: a flow's condition asks for waitingForStart */
    bool one_by_one;       /* ad-hoc sub-process: ordering="Sequential" */
    bool cancel_remaining; /* ad-hoc sub-process: complete ends what still runs */
} BpmnElement;

typedef struct BpmnProcess {
    Str id;
    Str name;
    Str version_tag; /* label for calls by it; may be empty */
    bool executable;
    const BpmnElement *elements; /* [0] is the process */
    uint32_t element_count;
    const BpmnFlow *flows;
    uint32_t flow_count;
    const struct BpmnNames *names; /* from element id to index */
} BpmnProcess;

typedef struct BpmnModel {
    const BpmnProcess *processes;
    uint32_t process_count;
} BpmnModel;

/* Read and check one file. path is for messages only. The model lives in a; text may go. */
bool bpmn_compile(Arena *a, Str path, Str text, BpmnModel *out, Err *err);
/* The same, going on after a fault: all faults of the file, in the order of their finding (at
 * most BPMN_FAULTS_LISTED). True when there is none. */
typedef struct BpmnFaults {
    Err *items;
    size_t count;
} BpmnFaults;
#define BPMN_FAULTS_LISTED 100u
bool bpmn_compile_all(Arena *a, Str path, Str text, BpmnModel *out, BpmnFaults *faults);
/* The process with this id, or NULL. */
const BpmnProcess *bpmn_process(const BpmnModel *model, Str id);
/* Index of an element (BPMN_NONE: there is none). */
uint32_t bpmn_element(const BpmnProcess *process, Str id);
/* The value of a zeebe:property, or the empty text. */
Str bpmn_property(const BpmnElement *element, Str key);
/* Where a token at an element of one version stands in another (bpmn_landing.c): its index, or
 * BPMN_NONE and why. The map (may be empty) gives new ids for old ones. */
uint32_t bpmn_landing(const BpmnProcess *from, uint32_t element, const BpmnProcess *to,
                      const BpmnPair *map, size_t map_count, const char **why);
/* The elements of `from` at which a token can wait and that have no landing place in `to`. True
 * when there are none. For `tongban check` of a new version. */
typedef struct BpmnLandingFault {
    Str element;
    const char *why; /* in English and Chinese */
} BpmnLandingFault;
bool bpmn_landings(Arena *a, const BpmnProcess *from, const BpmnProcess *to,
                   BpmnLandingFault **out, size_t *count);
bool bpmn_may_wait(const BpmnElement *element);
static inline bool bpmn_has(BpmnExpression e) { return e.text.len > 0; }
bool bpmn_is_activity(const BpmnElement *element);
/* May the element hold tokens inside (process, sub-processes)? */
bool bpmn_is_scope(const BpmnElement *element);

#endif
