/* process_view.c - the views of process_search.h: one list of columns each.
 *
 * Names of fields and words of states are those of Camunda's REST API (version 8), because what
 * asks for these views are clients of it. A definition's key is that of core. A task, a job and
 * an incident stand at a token: its element instance is `instance + token`, which for tasks and
 * jobs is their own key. The root of a called instance is not told, since nothing stores it. */
#include "domain/process/process_int.h"
#include "domain/process/process_search.h"

#define F SEARCH_FILTER
#define S SEARCH_SORT
#define FS (SEARCH_FILTER | SEARCH_SORT)
#define N SEARCH_NULL
#define TENANT {"tenantId", SEARCH_TEXT, "'<default>'", FS, NULL}
#define DEFINED(i) " LEFT JOIN core_definition d ON d.node = " i ".node AND d.kind = 'process'" \
    " AND d.id = " i ".process AND d.version = " i ".version"
#define DEFINITION_KEY "COALESCE(" CORE_DEFINITION_KEY("d") ",0)"
#define ROOT "CASE WHEN i.parent = 0 THEN i.key END"
#define COLUMNS(list) list, sizeof list / sizeof *list

static const SearchColumn instances[] = {
    {"processInstanceKey", SEARCH_KEY, "i.key", FS, NULL},
    {"processDefinitionId", SEARCH_TEXT, "i.process", FS, NULL},
    {"processDefinitionName", SEARCH_PROCESS_NAME, "i.version || ' ' || i.process", N, NULL},
    {"processDefinitionVersion", SEARCH_INT, "i.version", FS, NULL},
    {"processDefinitionVersionTag", SEARCH_TEXT, "NULL", N, NULL},
    {"processDefinitionKey", SEARCH_KEY, DEFINITION_KEY, FS, NULL},
    {"startDate", SEARCH_TIME, "i.started_at", FS, NULL},
    {"endDate", SEARCH_TIME, "i.ended_at", FS | N, NULL},
    {"state", SEARCH_TEXT,
     "CASE WHEN i.ended_at IS NULL THEN 'ACTIVE' WHEN i.state = 'completed' THEN 'COMPLETED'"
     " ELSE 'TERMINATED' END", FS, "ACTIVE|COMPLETED|TERMINATED"},
    {"hasIncident", SEARCH_BOOL, "(i.incidents > 0)", FS, NULL},
    TENANT,
    {"parentProcessInstanceKey", SEARCH_KEY, "NULLIF(i.parent, 0)", FS | N, NULL},
    {"parentElementInstanceKey", SEARCH_KEY,
     "CASE WHEN i.parent <> 0 THEN i.parent + i.parent_token END", FS | N, NULL},
    {"rootProcessInstanceKey", SEARCH_KEY, ROOT, N, NULL},
    {"tags", SEARCH_LIST, "'[]'", F, NULL},
    {"businessId", SEARCH_TEXT, "NULLIF(i.business_key, '')", FS | N, NULL},
};
const SearchView search_instances = {
    "process-instances", "FROM process_instance i" DEFINED("i") " WHERE i.node = ?1",
    COLUMNS(instances), 0};

static const SearchColumn jobs[] = {
    {"jobKey", SEARCH_KEY, "j.key", FS, NULL},
    {"type", SEARCH_TEXT, "j.type", FS, NULL},
    {"worker", SEARCH_TEXT, "j.worker", FS, NULL},
    {"state", SEARCH_TEXT, "CASE WHEN j.state = 'failed' THEN 'FAILED' ELSE 'CREATED' END", FS,
     "CANCELED|COMPLETED|CREATED|ERROR_THROWN|FAILED|MIGRATED|RETRIES_UPDATED|TIMED_OUT"},
    {"kind", SEARCH_TEXT, "'BPMN_ELEMENT'", FS,
     "BPMN_ELEMENT|EXECUTION_LISTENER|TASK_LISTENER|AD_HOC_SUB_PROCESS"},
    {"listenerEventType", SEARCH_TEXT, "'UNSPECIFIED'", FS,
     "ASSIGNING|CANCELING|COMPLETING|CREATING|END|START|UNSPECIFIED|UPDATING"},
    {"retries", SEARCH_INT, "j.retries", FS, NULL},
    {"isDenied", SEARCH_BOOL, "NULL", N, NULL},
    {"deniedReason", SEARCH_TEXT, "NULL", N, NULL},
    {"hasFailedWithRetriesLeft", SEARCH_BOOL, "0", FS, NULL},
    {"errorCode", SEARCH_TEXT, "NULL", N, NULL},
    {"errorMessage", SEARCH_TEXT,
     "(SELECT x.text_en FROM process_incident x WHERE x.node = j.node AND x.key > j.instance"
     " AND x.key < j.instance + 1048576 AND x.token = j.key - j.instance"
     " AND x.resolved_at IS NULL LIMIT 1)", FS | N, NULL},
    {"customHeaders", SEARCH_JSON, "j.headers", 0, NULL},
    {"deadline", SEARCH_TIME, "CASE WHEN j.worker <> '' THEN j.due END", FS | N, NULL},
    {"endTime", SEARCH_TIME, "NULL", FS | N, NULL},
    {"processDefinitionId", SEARCH_TEXT, "j.process", FS, NULL},
    {"processDefinitionKey", SEARCH_KEY, DEFINITION_KEY, FS, NULL},
    {"processInstanceKey", SEARCH_KEY, "j.instance", FS, NULL},
    {"rootProcessInstanceKey", SEARCH_KEY, ROOT, N, NULL},
    {"elementId", SEARCH_TEXT, "j.element", FS, NULL},
    {"elementInstanceKey", SEARCH_KEY, "j.key", FS, NULL},
    TENANT,
    {"creationTime", SEARCH_TIME, "j.created_at", F, NULL},
    {"lastUpdateTime", SEARCH_TIME, "NULL", F | N, NULL},
};
const SearchView search_jobs = {
    "jobs", "FROM process_job j JOIN process_instance i ON i.node = j.node AND i.key = j.instance"
    DEFINED("i") " WHERE j.node = ?1", COLUMNS(jobs), 0};

static const SearchColumn tasks[] = {
    {"userTaskKey", SEARCH_KEY, "t.key", F, NULL},
    {"name", SEARCH_TEXT, "NULLIF(t.name, '')", FS | N, NULL},
    {"state", SEARCH_TEXT,
     "CASE t.state WHEN 'completed' THEN 'COMPLETED' WHEN 'cancelled' THEN 'CANCELED'"
     " ELSE 'CREATED' END", F,
     "CREATING|CREATED|ASSIGNING|UPDATING|COMPLETING|COMPLETED|CANCELING|CANCELED|FAILED"},
    {"assignee", SEARCH_TEXT, "NULLIF(t.assignee, '')", F | N, NULL},
    {"elementId", SEARCH_TEXT, "t.element", F, NULL},
    {"candidateGroups", SEARCH_LIST, "t.candidate_groups", 0, NULL},
    {"candidateUsers", SEARCH_LIST, "t.candidate_users", 0, NULL},
    {"candidateGroup", SEARCH_LIST, "t.candidate_groups", F | SEARCH_HIDDEN, NULL},
    {"candidateUser", SEARCH_LIST, "t.candidate_users", F | SEARCH_HIDDEN, NULL},
    {"processDefinitionId", SEARCH_TEXT, "t.process", F, NULL},
    {"creationDate", SEARCH_TIME, "t.created_at", FS, NULL},
    {"completionDate", SEARCH_TIME, "t.ended_at", FS | N, NULL},
    {"followUpDate", SEARCH_TIME, "NULL", FS | N, NULL},
    {"dueDate", SEARCH_TIME, "t.due", FS | N, NULL},
    TENANT,
    {"externalFormReference", SEARCH_TEXT, "NULL", N, NULL},
    {"processDefinitionVersion", SEARCH_INT, "i.version", 0, NULL},
    {"customHeaders", SEARCH_JSON, "'{}'", 0, NULL},
    {"priority", SEARCH_INT, "t.priority", FS, NULL},
    {"elementInstanceKey", SEARCH_KEY, "t.key", F, NULL},
    {"processName", SEARCH_PROCESS_NAME, "i.version || ' ' || i.process", N, NULL},
    {"processDefinitionKey", SEARCH_KEY, DEFINITION_KEY, F, NULL},
    {"processInstanceKey", SEARCH_KEY, "t.instance", F, NULL},
    {"rootProcessInstanceKey", SEARCH_KEY, ROOT, N, NULL},
    {"formKey", SEARCH_KEY,
     "(SELECT MAX(" CORE_DEFINITION_KEY("f") ") FROM core_definition f WHERE f.node = t.node"
     " AND f.kind = 'form' AND f.id = t.form)", N, NULL},
    {"tags", SEARCH_LIST, "'[]'", F, NULL},
};
const SearchView search_tasks = {
    "user-tasks",
    "FROM process_task t JOIN process_instance i ON i.node = t.node AND i.key = t.instance"
    DEFINED("i") " WHERE t.node = ?1", COLUMNS(tasks), 0};

static const SearchColumn incidents[] = {
    {"incidentKey", SEARCH_KEY, "x.key", FS, NULL},
    {"errorType", SEARCH_TEXT,
     "CASE x.fault WHEN 'job_failed' THEN 'JOB_NO_RETRIES'"
     " WHEN 'error_not_caught' THEN 'UNHANDLED_ERROR_EVENT'"
     " WHEN 'no_flow_taken' THEN 'CONDITION_ERROR'"
     " WHEN 'expression_failed' THEN 'EXTRACT_VALUE_ERROR'"
     " WHEN 'expression_stopped' THEN 'EXTRACT_VALUE_ERROR'"
     " WHEN 'decision_unknown' THEN 'CALLED_DECISION_ERROR'"
     " WHEN 'decision_failed' THEN 'DECISION_EVALUATION_ERROR'"
     " WHEN 'process_unknown' THEN 'CALLED_ELEMENT_ERROR' ELSE 'UNKNOWN' END", FS,
     "AD_HOC_SUB_PROCESS_NO_RETRIES|CALLED_DECISION_ERROR|CALLED_ELEMENT_ERROR|CONDITION_ERROR|"
     "DECISION_EVALUATION_ERROR|EXECUTION_LISTENER_NO_RETRIES|EXTRACT_VALUE_ERROR|FORM_NOT_FOUND|"
     "IO_MAPPING_ERROR|JOB_NO_RETRIES|MESSAGE_SIZE_EXCEEDED|RESOURCE_NOT_FOUND|"
     "TASK_LISTENER_NO_RETRIES|UNHANDLED_ERROR_EVENT|UNKNOWN|UNSPECIFIED"},
    {"errorMessage", SEARCH_TEXT, "x.text_en", F, NULL},
    {"processDefinitionId", SEARCH_TEXT, "x.process", FS, NULL},
    {"processDefinitionKey", SEARCH_KEY, DEFINITION_KEY, FS, NULL},
    {"processInstanceKey", SEARCH_KEY, "x.instance", FS, NULL},
    {"rootProcessInstanceKey", SEARCH_KEY, ROOT, N, NULL},
    {"elementId", SEARCH_TEXT, "x.element", FS, NULL},
    {"elementInstanceKey", SEARCH_KEY, "x.instance + x.token", FS, NULL},
    {"creationTime", SEARCH_TIME, "x.at", FS, NULL},
    {"state", SEARCH_TEXT, "CASE WHEN x.resolved_at IS NULL THEN 'ACTIVE' ELSE 'RESOLVED' END", FS,
     "ACTIVE|MIGRATED|PENDING|RESOLVED|UNKNOWN"},
    {"jobKey", SEARCH_KEY, "CASE WHEN x.fault = 'job_failed' THEN x.instance + x.token END", FS | N,
     NULL},
    TENANT,
};
const SearchView search_incidents = {
    "incidents",
    "FROM process_incident x JOIN process_instance i ON i.node = x.node AND i.key = x.instance"
    DEFINED("i") " WHERE x.node = ?1", COLUMNS(incidents), 0};

static const SearchColumn processes[] = {
    {"processDefinitionKey", SEARCH_KEY, CORE_DEFINITION_KEY("d"), FS, NULL},
    {"name", SEARCH_PROCESS_NAME, "d.version || ' ' || d.id", N, NULL},
    {"resourceName", SEARCH_TEXT, "d.path", FS, NULL},
    {"version", SEARCH_INT, "d.version", FS, NULL},
    {"versionTag", SEARCH_TEXT, "NULL", F | N, NULL},
    {"processDefinitionId", SEARCH_TEXT, "d.id", FS, NULL},
    TENANT,
    {"hasStartForm", SEARCH_BOOL, "0", F, NULL},
    {"isLatestVersion", SEARCH_BOOL,
     "(d.version = (SELECT MAX(l.version) FROM core_definition l WHERE l.node = d.node"
     " AND l.kind = d.kind AND l.id = d.id))", F | SEARCH_HIDDEN, NULL},
    {"state", SEARCH_TEXT, "'ACTIVE'", F, "ACTIVE|DRAINING|DELETED"},
};
const SearchView search_processes = {
    "process-definitions", "FROM core_definition d WHERE d.node = ?1 AND d.kind = 'process'",
    COLUMNS(processes), 0};

static const SearchColumn subscriptions[] = {
    {"messageSubscriptionKey", SEARCH_KEY, "w.instance + w.token", FS, NULL},
    {"processDefinitionId", SEARCH_TEXT, "w.process", FS, NULL},
    {"processDefinitionKey", SEARCH_KEY, DEFINITION_KEY, F, NULL},
    {"processInstanceKey", SEARCH_KEY, "w.instance", FS, NULL},
    {"rootProcessInstanceKey", SEARCH_KEY, ROOT, N, NULL},
    {"elementId", SEARCH_TEXT, "w.element", FS, NULL},
    {"elementInstanceKey", SEARCH_KEY, "w.instance + w.token", FS, NULL},
    {"messageSubscriptionState", SEARCH_TEXT, "'CREATED'", FS,
     "CORRELATED|CREATED|DELETED|MIGRATED"},
    {"lastUpdatedDate", SEARCH_TIME, "i.started_at", FS, NULL},
    {"messageName", SEARCH_TEXT, "w.name", FS, NULL},
    {"correlationKey", SEARCH_TEXT, "NULLIF(w.correlation, '')", FS | N, NULL},
    TENANT,
};
const SearchView search_subscriptions = {
    "message-subscriptions",
    "FROM process_watch w JOIN process_instance i ON i.node = w.node AND i.key = w.instance"
    DEFINED("i") " WHERE w.node = ?1 AND w.kind = 'message'", COLUMNS(subscriptions), 0};

/* ---- Sifted in memory. */

static const SearchColumn variables[] = {
    {"variableKey", SEARCH_KEY, NULL, FS, NULL},
    {"name", SEARCH_TEXT, NULL, FS, NULL},
    {"value", SEARCH_TEXT, NULL, FS, NULL},
    {"isTruncated", SEARCH_BOOL, NULL, F, NULL},
    {"scopeKey", SEARCH_KEY, NULL, FS, NULL},
    {"processInstanceKey", SEARCH_KEY, NULL, FS, NULL},
    {"rootProcessInstanceKey", SEARCH_KEY, NULL, N, NULL},
    {"tenantId", SEARCH_TEXT, NULL, FS, NULL},
};
const SearchView search_variables = {"variables", NULL, COLUMNS(variables), 0};

static const SearchColumn decisions[] = {
    {"decisionDefinitionKey", SEARCH_KEY, NULL, FS, NULL},
    {"decisionDefinitionId", SEARCH_TEXT, NULL, FS, NULL},
    {"name", SEARCH_TEXT, NULL, FS, NULL},
    {"version", SEARCH_INT, NULL, FS, NULL},
    {"decisionRequirementsId", SEARCH_TEXT, NULL, FS, NULL},
    {"decisionRequirementsKey", SEARCH_KEY, NULL, FS, NULL},
    {"decisionRequirementsName", SEARCH_TEXT, NULL, FS, NULL},
    {"decisionRequirementsVersion", SEARCH_INT, NULL, FS, NULL},
    {"tenantId", SEARCH_TEXT, NULL, FS, NULL},
    {"isLatestVersion", SEARCH_BOOL, NULL, F | SEARCH_HIDDEN, NULL},
};
const SearchView search_decisions = {"decision-definitions", NULL, COLUMNS(decisions), 0};

static const SearchColumn requirements[] = {
    {"decisionRequirementsKey", SEARCH_KEY, NULL, FS, NULL},
    {"decisionRequirementsId", SEARCH_TEXT, NULL, FS, NULL},
    {"decisionRequirementsName", SEARCH_TEXT, NULL, FS, NULL},
    {"version", SEARCH_INT, NULL, FS, NULL},
    {"resourceName", SEARCH_TEXT, NULL, F, NULL},
    {"tenantId", SEARCH_TEXT, NULL, FS, NULL},
};
const SearchView search_requirements = {"decision-requirements", NULL, COLUMNS(requirements), 0};
