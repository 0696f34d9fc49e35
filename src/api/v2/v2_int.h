/* v2_int.h - what the files of /v2 share: the REST API of Camunda 8 (version 8.9) over our engine.
 *
 * The same way of a request as /v1 (api_int.h): lists of routes and schemas, functions that leave
 * an answer or a command. What differs is told by flags of the route and by the path: problems
 * in Camunda's form, bodies that may be missing, searches judged by the columns of their view
 * (process_search.h), and answers that are made after COMMIT in a snapshot of their own, or wait
 * for what has not happened yet (waiting.c).
 * Inside src/api only. */
#ifndef API_V2_INT_H
#define API_V2_INT_H

#include "api/api_int.h"
#include "domain/process/process_search.h"

#define V2_TENANT "<default>"
#define V2_VERSION "8.9.0"              /* of the API spoken here */
#define V2_AWAIT_DEFAULT_MS 15000       /* creation of an instance that waits for its end */
#define V2_POLL_DEFAULT_MS 10000        /* activation of jobs without a time-out of its own */
#define V2_WAIT_MAX_MS 600000           /* no request is kept waiting longer */
#define V2_WAITERS_MAX 1024u            /* requests that wait; more are answered at once */
#define V2_SEARCH_DEFAULT 100u          /* items of a page when no limit is given */

/* ---- Routes. */

extern const Route v2_route_list[];
extern const size_t v2_route_count;
/* What an operation lacks, in words; NULL: nothing. */
typedef struct V2Partly {
    const char *operation, *en, *zh;
} V2Partly;
const V2Partly *v2_partly(const char *operation);
/* Which view an operation searches; NULL: none. */
typedef struct V2Search {
    const char *operation;
    const SearchView *view;
} V2Search;
const SearchView *v2_search_view(const char *operation);
extern const Schema v2_schema_list[];
extern const size_t v2_schema_count;
Str v2_document_write(Arena *a, Lang lang);
Str v2_document(const Api *api, Lang lang);

/* ---- Searches: search.c. */

/* The body as a query over the view of the route's operation; false with err (400). */
bool v2_read_search(Call *c, const SearchView *view, SearchQuery *out, Err *err);
/* A condition more: the column equals this number. */
void v2_add_condition(Call *c, SearchQuery *q, const char *column, int64_t number);
/* Answer with {items, page}. */
void v2_answer_page(Call *c, const SearchPage *page);
/* Run over rows, or over the items given, and answer. */
bool v2_search_rows(Call *c, const SearchQuery *q, Err *err);
bool v2_search_items(Call *c, const SearchQuery *q, const ListBuilder *items, Err *err);
/* The one row of the view with this key; false with unknown (404). */
bool v2_find_row(Call *c, const SearchView *view, int64_t key, const Fault *unknown, Value *out,
                 Err *err);

/* ---- Values. */
Value v2_key(Call *c, int64_t key);
void v2_put_tenant(ContextBuilder *b);
/* variables of a body: a context, never null. */
Value v2_variables(Call *c);
/* Only the named variables; names null or empty: all. */
Value v2_chosen(Call *c, Value variables, Value names);
/* The first path variable as a key. */
bool v2_path_key(Call *c, const Fault *unknown, int64_t *out, Err *err);
/* Refuse a field that is not supported here (501). */
bool v2_missing_field(const Call *c, const char *field, Err *err);
/* The key of a definition from its kind, id and version (0: the newest); 0: there is none. */
int64_t v2_definition_key(Call *c, const char *kind, Str id, int64_t version);

/* ---- Waiting: waiting.c. */

typedef struct Waiting Waiting;
bool waiting_open(Api *api, Core *core, const Module *process, Waiting **out, Err *err);
/* Answer all that wait, and keep nobody waiting from now on. */
void waiting_quiesce(Waiting *w);
void waiting_close(Waiting *w);
/* Run c->order.after in a snapshot of the waiting thread, then answer. Writer's thread. */
void waiting_after(Waiting *w, Call *c);
/* The activation of jobs is submitted (again), and has been answered by the engine. */
void waiting_submitted(Waiting *w, Call *c);
bool waiting_decided(Waiting *w, Call *c, size_t taken, int64_t next_due_us);
/* Keep the call until its instance has ended; c->order.after is tried again then. */
void waiting_for_end(Waiting *w, Call *c);

/* ---- Functions of the routes. */
#define V2_FUNCTIONS(X)                                                                       \
    X(missing) X(get_document) X(get_token) X(get_status) X(get_topology) X(get_license)      \
    X(get_me) X(get_configuration) X(evaluate_feel)                                           \
    X(deploy) X(get_resource) X(get_resource_content) X(get_process_definition)               \
    X(get_process_xml) X(get_decision_definition) X(get_decision_xml) X(get_requirements)     \
    X(get_requirements_xml) X(search_decisions) X(search_requirements)                        \
    X(create_instance) X(get_instance) X(cancel_instance) X(instance_statistics)              \
    X(set_variables) X(search) X(search_instance_incidents) X(search_element_incidents)       \
    X(activate_jobs) X(complete_job) X(fail_job) X(throw_error) X(update_job)                 \
    X(get_task) X(assign_task) X(unassign_task) X(complete_task) X(update_task) X(task_form)  \
    X(search_task_variables) X(search_effective_variables)                                    \
    X(publish_message) X(correlate_message) X(broadcast_signal)                               \
    X(search_variables) X(get_variable) X(get_incident) X(resolve_incident)                   \
    X(evaluate_decision) X(pin_clock)
#define V2_FUNCTION_DECLARE(name) RouteFunction v2_##name;
V2_FUNCTIONS(V2_FUNCTION_DECLARE)

#define V2_FAULTS(X)                                                                          \
    X(v2_missing, LIMIT, 501, false, "This is not available here: {1}", "本节点不提供此功能：{2}") \
    X(v2_filter_unknown, INPUT, 400, false, "There is no filter \"{1}\" in this search.",     \
      "此检索没有过滤条件“{1}”。")                                                            \
    X(v2_filter_invalid, INPUT, 400, false, "The filter \"{1}\" does not fit: {2}.",          \
      "过滤条件“{1}”有误：{2}。")                                                             \
    X(v2_sort_unknown, INPUT, 400, false, "One cannot sort by \"{1}\" in this search.",       \
      "此检索不能按“{1}”排序。")                                                              \
    X(v2_page_invalid, INPUT, 400, false, "The page is not valid: {1}.", "分页参数有误：{1}。") \
    X(v2_resource_unknown, INPUT, 404, false, "There is no definition with the key {1}.",     \
      "没有编号为 {1} 的定义。")                                                              \
    X(v2_resource_kind, INPUT, 400, false,                                                    \
      "\"{1}\" cannot be deployed: only .bpmn, .dmn and .form files can.",                    \
      "无法部署“{1}”：仅支持 .bpmn、.dmn、.form 文件。")                                      \
    X(v2_resource_empty, INPUT, 400, false, "\"{1}\" holds nothing to deploy: {2}.",          \
      "“{1}”中没有可部署的内容：{2}。")                                                       \
    X(v2_variable_unknown, INPUT, 404, false, "There is no variable with the key {1}.",       \
      "没有编号为 {1} 的变量。")                                                              \
    X(v2_decision_unknown, INPUT, 404, false, "There is no decision \"{1}\".", "没有决策“{1}”。") \
    X(v2_not_ended, OUTSIDE, 504, true,                                                       \
      "The process instance {1} has not ended within the time of this request.",              \
      "流程实例 {1} 未在本次请求的时限内结束。")                                              \
    X(v2_message_twice, REFUSAL, 409, false,                                                  \
      "A message with this name, correlation key and messageId was published already.",       \
      "相同名称、关联键和 messageId 的消息已经发布过。")
FAULT_DECLARE(V2_FAULTS)

#endif
