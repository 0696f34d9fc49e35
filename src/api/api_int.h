/* api_int.h - what the files of the API share: routes, schemas, and one call.
 *
 * A Call is one request on its way. Functions of resources neither read headers nor write
 * answers: they take what has been judged (actor, path and query values, body) and leave either
 * a body to answer or a command to give; api.c does the rest the same way for all.
 * Inside src/api only. */
#ifndef API_API_INT_H
#define API_API_INT_H

#include "api/api.h"
#include "base/map.h"
#include "domain/access/access.h"
#include "domain/case/case.h"
#include "domain/process/process.h"
#include "lang/form/form.h"

#define API_SEGMENTS_MAX 8u       /* of a path */
#define API_PATH_VALUES_MAX 2u    /* {variables} of a path template */
#define API_QUERY_MAX 16u         /* query parameters of one request */
#define API_FIELD_FAULTS_MAX 100u /* wrong fields told in one problem */
#define API_ETAG_BYTES 40u

typedef struct Call Call;

/* ---- Schemas: schema_list.c has all of them. */

typedef struct Field {
    const char *name;
    /* text, text:N (at most N code points), uuid, key (int64 as decimal text), int, bool,
     * instant, date, object, any, number; =a|b|c (one of these texts); #Name (a schema);
     * []T (list of T). */
    const char *type;
    unsigned flags;
    const char *en, *zh;
} Field;
#define FIELD_REQUIRED 1u
#define FIELD_NULLABLE 2u

typedef struct Schema {
    const char *name;
    const char *en, *zh;
    const Field *fields; /* field_count of them */
    size_t field_count;
} Schema;
extern const Schema schema_list[];
extern const size_t schema_count;
const Schema *schema_find(Str name);

typedef struct FieldFault {
    Str field;  /* JSON Pointer into the body, or into the form's data */
    Str name;   /* of the fault */
    Str label;  /* of the form's field, in the caller's language; empty: none */
    Str detail; /* in the caller's language */
} FieldFault;

typedef struct FieldFaults {
    FieldFault *items; /* of API_FIELD_FAULTS_MAX, in the request's arena; NULL: none yet */
    size_t count;
} FieldFaults;
void field_faults_add(Arena *a, FieldFaults *faults, const FieldFault *fault);
/* Does a body fit? Adds one fault for every field that does not. */
bool schema_check(Arena *a, Lang lang, const Schema *schema, Value body, FieldFaults *faults);
/* Write the field's or schema's JSON Schema. */
void schema_write(const Schema *schema, Lang lang, Buf *out);
void schema_write_type(Str type, bool nullable, Buf *out);

/* ---- Query parameters: the table in route_list.c. */

typedef enum QueryType {
    QUERY_TEXT,
    QUERY_LIMIT,
    QUERY_NUMBER,
    QUERY_ID,
    QUERY_BOOLEAN,
    QUERY_WORD
} QueryType;
typedef struct QueryKind {
    const char *name;
    QueryType type;
    const char *words; /* of QUERY_WORD: "a|b|c" */
    const char *en, *zh;
} QueryKind;
extern const QueryKind query_kinds[];
extern const size_t query_kind_count;
const QueryKind *query_kind_find(Str name);

/* ---- Routes. */

/* Fills call->answer or call->order. False with err: a problem is answered. */
typedef bool RouteFunction(Call *c, Err *err);

/* Who may call: anybody, every account, or accounts with a read right (WHO_READ + AccessRead). */
typedef enum Who { WHO_ANYONE, WHO_ACCOUNT, WHO_READ } Who;

#define ROUTE_SNAPSHOT 1u /* reads: runs inside a snapshot */
#define ROUTE_COMMAND 2u  /* gives a command: takes Idempotency-Key */
#define ROUTE_ETAG 4u     /* the answer has an ETag; If-None-Match gives 304 */
#define ROUTE_IF_MATCH 8u /* demands If-Match */
#define ROUTE_PUBLIC 16u  /* the answer may be cached */
#define ROUTE_RAW 32u     /* the answer is a text of ours, not a value */
#define ROUTE_BODY_OPTIONAL 64u /* no body is the same as {} */
#define ROUTE_OWN_BODY 128u /* a JSON body, judged by the function itself */
#define ROUTE_OTHER_BODY 256u /* a body of another type, read by the function itself */
#define ROUTE_XML 512u    /* with ROUTE_RAW: the text is XML */
#define ROUTE_TEXT 1024u  /* with ROUTE_RAW: the text is of no type in particular */

typedef struct Route {
    const char *method;
    const char *path;      /* "/v1/cases/{id}" */
    const char *operation; /* operationId */
    const char *tag;
    const char *en, *zh; /* summary */
    int who;             /* Who, or WHO_READ + AccessRead */
    unsigned flags;
    const char *query;    /* names of query parameters, separated by blanks; "" */
    const char *request;  /* schema of the body; NULL: no body */
    const char *response; /* schema of the answer; NULL: an answer without body (204) */
    int status;           /* of success */
    RouteFunction *function;
} Route;
extern const Route route_list[];
extern const size_t route_count;

/* ---- One call. */

/* What a write asks core for; finish (may be NULL) makes the answer from the reply, on the
 * writer's thread; without it the reply's body is the answer. */
typedef struct Order {
    Str kind; /* empty: no command */
    Value body;
    void (*finish)(Call *c, const Reply *reply);
    /* Makes the answer in a snapshot behind the commit; *again: what it needs has not happened
     * yet (an instance has not ended): it is tried again, until wait.until_ns. NULL: none. */
    bool (*after)(Call *c, bool *again, Err *err);
    bool waits;        /* an activation of jobs: it may wait for one */
    const Fault *once; /* refusal of a command that was given before; NULL: the same answer again */
    const Form *form; /* with data and mode: tells every wrong field when the form refuses */
    FormMode mode;
    Value data;
} Order;

typedef struct Answer {
    Value body;
    Str raw;      /* ROUTE_RAW: the text instead */
    Str etag;     /* without quotes; empty: made from the bytes when the route has ROUTE_ETAG */
    Str location;
    bool empty;   /* 204 instead of the body */
} Answer;

/* What a call that waits is waiting for: v2/waiting.c. */
typedef struct CallWait {
    Call *next, *given;
    int state;          /* WaitState */
    bool again, heard;
    int64_t until_ns;   /* monotonic; 0: it does not wait */
    Str type;           /* of jobs */
    size_t wanted;      /* jobs at most */
    int64_t due_us;     /* when a job of the type comes free by the clock; 0: none */
    Value jobs;         /* keys of the jobs taken */
    int64_t instance;   /* whose end is awaited */
    int64_t look_ns, pause_us;
} CallWait;

struct Call {
    Api *api;
    HttpRequest *request;
    const Route *route;
    Arena *arena;
    Core *core;
    const Cases *cases;
    const Access *access;
    const Decisions *decisions;
    const Module *process;
    int64_t node;
    bool clock_may_move;
    StoreConn *conn; /* a snapshot; NULL outside of one */
    Instant now;
    Lang lang;
    Actor actor; /* id empty: nobody */
    Str path_values[API_PATH_VALUES_MAX];
    size_t path_value_count;
    struct {
        const QueryKind *kind;
        Str text;
        int64_t number;
        Id id;
    } query[API_QUERY_MAX];
    size_t query_count;
    Value body;
    Str idempotency_key;
    Id command; /* id made from the key; ID_NONE without one */
    Str if_match; /* without quotes; empty: none */
    FieldFaults fields;
    Order order;
    Answer answer;
    CallWait wait;
};

/* For v2/waiting.c: end a postponed call with its answer, or with a problem (err not NULL); give
 * its command again; memory that lives as long as the Api. */
void call_end(Call *c, const Err *err);
void call_submit_again(Call *c);
Arena *api_arena(Api *api);
/* Is it a path of the API of Camunda? Its problems and documents have their own form. */
bool path_is_v2(Str path);

/* Query values: false/empty/0 when the parameter was not given. */
Str call_query_text(const Call *c, const char *name);
int64_t call_query_number(const Call *c, const char *name, int64_t fallback);
Id call_query_id(const Call *c, const char *name);
bool call_query_true(const Call *c, const char *name);
/* The page's size: limit, or API_PAGE_DEFAULT. */
size_t call_page_size(const Call *c);
/* The path variable i as an id / as an int64 key; false with the fault given (404). */
bool call_path_id(const Call *c, size_t i, const Fault *unknown, Id *out, Err *err);
bool call_path_key(const Call *c, size_t i, const Fault *unknown, int64_t *out, Err *err);
bool call_may_read(const Call *c, AccessRead what);
/* The text in the caller's language. */
Str call_text(const Call *c, Text2 text);
Value call_text_value(const Call *c, Text2 text);
/* {items, next}; next is null when the cursor is empty. */
Value call_page(const Call *c, const ListBuilder *items, Str next);
/* Text or null when it is empty. */
Value text_or_null(Str s);

/* ---- Reading a request: request_read.c. Each fills its part of the call or err; allow (in
 * the call's arena) names the methods that a path has, for 405. */
bool request_find_route(Call *c, Str *allow, Err *err);
bool request_read_query(Call *c, Err *err);
bool request_read_headers(Call *c, Err *err);
bool request_read_body(Call *c, Err *err);
/* The token behind "Bearer ", or, under /v2, the password behind "Basic " with its account; empty
 * when there is none. */
Str request_token(HttpRequest *r, Str *account);
/* Does If-None-Match name this entity tag (without quotes)? */
bool request_knows(const HttpRequest *r, Str etag);

/* ---- Problems: problem.c. */

/* Answer with a problem made from err; headers that belong to it (Allow, WWW-Authenticate,
 * Retry-After) included. lang and fields as far as known. */
void problem_answer(HttpRequest *r, Lang lang, const Err *err, const FieldFaults *fields,
                    Str allow);
/* The caller's language from Accept-Language (RFC 9110 12.5.4); Chinese unless English ranks
 * higher. */
Lang language_of(Str accept_language);
const char *language_tag(Lang lang); /* "zh-CN", "en" */
/* Write the whole OpenAPI document of /v1. */
Str openapi_write(Arena *a, Lang lang);

/* ---- Functions of the routes. */
#define API_FUNCTIONS(X)                                                                    \
    X(get_health) X(get_ready) X(get_document) X(get_me) X(get_clock) X(put_clock)          \
    X(list_things) X(get_thing)                                                             \
    X(list_drafts) X(create_draft) X(get_draft) X(put_draft) X(delete_draft) X(check_draft) \
    X(create_case) X(list_cases) X(get_case) X(get_timeline) X(withdraw_case)               \
    X(answer_correction) X(answer_case_correction)                                          \
    X(list_tasks) X(get_task) X(claim_task) X(release_task) X(complete_task)                \
    X(list_incidents) X(retry_incident) X(send_message)                                     \
    X(list_looks) X(list_registries) X(list_journal)                                                      \
    X(get_lights) X(extend_case) X(card_case) X(count_supervision)                           \
    X(evaluate_decision) X(evaluate_feel)
#define API_FUNCTION_DECLARE(name) RouteFunction route_##name;
API_FUNCTIONS(API_FUNCTION_DECLARE)

/* Refusals of this room, in the order in which a request is judged. */
#define API_FAULTS(X)                                                                          \
    X(target_invalid, INPUT, 400, false,                                                       \
      "The address is not valid: broken %-escapes or text that is not UTF-8.",                 \
      "请求地址无效：百分号编码有误，或不是 UTF-8 文本。")                                     \
    X(path_unknown, INPUT, 404, false, "There is nothing at {1}. /openapi.json lists what there is.", \
      "没有地址 {1}。全部接口见 /openapi.json。")                                              \
    X(method_not_allowed, INPUT, 405, false, "{1} cannot be used here; allowed: {2}.",         \
      "此地址不支持 {1}，可用：{2}。")                                                         \
    X(query_unknown, INPUT, 400, false, "There is no query parameter \"{1}\" here. Leave it out.", \
      "此接口没有查询参数“{1}”，请删除。")                                                     \
    X(query_invalid, INPUT, 400, false, "The query parameter \"{1}\" cannot be \"{2}\": {3}.", \
      "查询参数“{1}”的值“{2}”无效：{4}。")                                                     \
    X(query_twice, INPUT, 400, false, "The query parameter \"{1}\" stands twice.",             \
      "查询参数“{1}”重复出现。")                                                               \
    X(read_not_permitted, REFUSAL, 403, false, "None of your roles may read this ({1}).",      \
      "您的角色无权查看此内容（{2}）。")                                                       \
    X(idempotency_key_invalid, INPUT, 400, false,                                              \
      "An Idempotency-Key has 1 to {1} visible ASCII characters.",                             \
      "Idempotency-Key 应为 1 至 {1} 个可见 ASCII 字符。")                                     \
    X(content_type_unsupported, INPUT, 415, false,                                             \
      "The body must be application/json in UTF-8, not \"{1}\".",                              \
      "请求体应为 UTF-8 编码的 application/json，而不是“{1}”。")                               \
    X(body_missing, INPUT, 400, false, "This request needs a JSON body.", "此请求需要 JSON 请求体。") \
    X(body_unwanted, INPUT, 400, false, "This request takes no body.", "此请求不带请求体。")   \
    X(body_invalid, INPUT, 422, false, "The body does not fit: see \"errors\".",               \
      "请求内容有误，详见 errors。")                                                           \
    X(body_field_missing, INPUT, 422, false, "This field is needed.", "此项必填。")            \
    X(body_field_unknown, INPUT, 422, false, "There is no such field here. Leave it out.",     \
      "没有此字段，请删除。")                                                                  \
    X(body_field_type, INPUT, 422, false, "This must be {1}.", "此项应为{2}。")                \
    X(body_field_long, INPUT, 422, false, "At most {1} characters.", "最多 {1} 个字符。")      \
    X(body_field_choice, INPUT, 422, false, "Choose one of: {1}.", "应为其中之一：{1}。")      \
    X(body_field_either, INPUT, 422, false, "Give either \"{1}\" or \"{2}\", not both or none.", \
      "“{1}”与“{2}”应且只应给出一项。")                                                        \
    X(if_match_missing, REFUSAL, 428, false,                                                   \
      "Send If-Match with the ETag you last saw, so that nobody's changes are lost.",          \
      "请在 If-Match 中附上您最后看到的 ETag，以免覆盖他人的修改。")                           \
    X(if_match_invalid, INPUT, 412, false, "\"{1}\" is not an ETag of this resource.",         \
      "“{1}”不是该资源的 ETag。")                                                              \
    X(clock_is_real, REFUSAL, 409, false,                                                      \
      "This node runs on the real clock; start it with --clock virtual to move time.",         \
      "本节点使用真实时钟；如需拨动时间，请以 --clock virtual 启动。")                         \
    X(clock_runs_forward, REFUSAL, 409, false, "The clock stands at {1} and only moves forward.", \
      "时钟现为 {1}，只能向前拨动。")                                                          \
    X(not_ready, OUTSIDE, 503, true, "The node is not ready yet.", "节点尚未就绪。")           \
    X(answer_too_large, LIMIT, 503, false,                                                     \
      "The answer does not fit in the memory of one request. Ask for a smaller page.",         \
      "应答超出单次请求的内存上限，请减小分页。")
FAULT_DECLARE(API_FAULTS)

#endif
