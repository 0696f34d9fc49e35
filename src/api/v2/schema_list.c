/* schema_list.c - bodies of /v2 that are not pages or items of a search, field by field.
 *
 * Names and meanings are those of Camunda's API; a key is a decimal string. What searches take
 * and give follows from the columns of their views (document.c). Requests are judged by these
 * lists, so what is not in them is refused (400) rather than passed over. */
#include "api/v2/v2_int.h"

#define R FIELD_REQUIRED
#define N (FIELD_REQUIRED | FIELD_NULLABLE)
#define O 0u
#define ON FIELD_NULLABLE

#define TENANT_IN {"tenantId", "text:256", O, "Only <default>", "仅 <default>"}
#define TENANT_OUT {"tenantId", "text", R, "<default>", "<default>"}
#define REFERENCE {"operationReference", "int", O, "Ignored", "忽略"}
#define VARIABLES {"variables", "object", ON, "Variables", "变量"}
#define KEY(name, en, zh) {name, "key", R, en, zh}

static const Field reference[] = {REFERENCE};
static const Field instance_new[] = {
    {"processDefinitionId", "text:200", O, "The process, or its key", "流程标识，或其编号"},
    {"processDefinitionKey", "key", O, "One version of it", "流程版本编号"},
    {"processDefinitionVersion", "int", O, "Version; -1: the newest", "版本，-1 为最新"},
    VARIABLES,
    {"startInstructions", "[]#V2StartInstruction", O, "Begin at this start event", "从此启动事件开始"},
    {"runtimeInstructions", "[]object", O, "Not available", "不支持"},
    TENANT_IN, REFERENCE,
    {"awaitCompletion", "bool", O, "Answer when it has ended", "结束后再应答"},
    {"requestTimeout", "int", O, "Milliseconds to wait", "等待毫秒数"},
    {"fetchVariables", "[]text", O, "Only these variables", "仅返回这些变量"},
    {"tags", "[]text", O, "Not available", "不支持"},
    {"businessId", "text:256", O, "Key of the business", "业务标识"},
};
static const Field start_instruction[] = {
    {"elementId", "text:200", R, "A start event", "启动事件"},
};
static const Field instance_created[] = {
    {"processDefinitionId", "text", R, "Process", "流程"},
    {"processDefinitionVersion", "int", R, "Version", "版本"},
    KEY("processDefinitionKey", "Its key", "流程编号"),
    KEY("processInstanceKey", "The instance", "实例编号"),
    {"variables", "object", R, "At its end, when it was awaited", "等待结束时的变量"},
    {"tags", "[]text", R, "None", "无"},
    {"businessId", "text", N, "Key of the business", "业务标识"},
    TENANT_OUT,
};
static const Field variables_set[] = {
    {"variables", "object", R, "Variables", "变量"},
    {"local", "bool", O, "In this scope only", "仅限此作用域"},
    REFERENCE,
};
static const Field job_activation[] = {
    {"type", "text:200", R, "Type of jobs", "作业类型"},
    {"worker", "text:200", O, "Who takes them", "领取者"},
    {"timeout", "int", R, "Lease in milliseconds", "租约毫秒数"},
    {"maxJobsToActivate", "int", R, "At most", "最多数量"},
    {"fetchVariable", "[]text", O, "Only these variables", "仅返回这些变量"},
    {"requestTimeout", "int", O, "Milliseconds to wait for one; 0: 10 s; negative: not at all",
     "等待毫秒数；0 为 10 秒；负数不等待"},
    {"tenantIds", "[]text", O, "Only <default>", "仅 <default>"},
    {"tenantFilter", "=PROVIDED|ASSIGNED", O, "Of no effect", "无作用"},
};
static const Field job[] = {
    KEY("jobKey", "Job", "作业编号"),
    {"type", "text", R, "Type", "类型"},
    KEY("processInstanceKey", "Instance", "实例编号"),
    {"processDefinitionId", "text", R, "Process", "流程"},
    {"processDefinitionVersion", "int", R, "Version", "版本"},
    KEY("processDefinitionKey", "Its key", "流程编号"),
    {"elementId", "text", R, "Element", "元素"},
    KEY("elementInstanceKey", "Element instance", "元素实例编号"),
    {"customHeaders", "object", R, "Task headers", "任务头"},
    {"worker", "text", R, "Who has it", "领取者"},
    {"retries", "int", R, "Tries left", "剩余次数"},
    {"deadline", "int", R, "End of the lease, milliseconds since 1970", "租约截止（毫秒）"},
    {"variables", "object", R, "What it sees", "可见变量"},
    {"kind", "text", R, "BPMN_ELEMENT", "BPMN_ELEMENT"},
    {"listenerEventType", "text", R, "UNSPECIFIED", "UNSPECIFIED"},
    {"userTask", "object", N, "Null", "空"},
    {"tags", "[]text", R, "None", "无"},
    {"rootProcessInstanceKey", "key", N, "Outermost instance", "最外层实例"},
    TENANT_OUT,
};
static const Field jobs[] = {
    {"jobs", "[]#V2TakenJob", R, "Jobs", "作业"},
};
static const Field job_result[] = {
    VARIABLES,
    {"result", "object", ON, "Not available", "不支持"},
};
static const Field job_failure[] = {
    {"retries", "int", O, "Tries left; 0: an incident", "剩余次数；0 为异常"},
    {"errorMessage", "text:10000", ON, "What went wrong", "错误信息"},
    {"retryBackOff", "int", O, "Milliseconds until the next try", "重试间隔毫秒数"},
    VARIABLES,
};
static const Field job_error[] = {
    {"errorCode", "text:200", R, "Code of the BPMN error", "BPMN 错误代码"},
    {"errorMessage", "text:10000", ON, "Message", "信息"},
    VARIABLES,
};
static const Field job_update[] = {
    {"changeset", "#V2JobChanges", R, "Changes", "变更"},
    REFERENCE,
};
static const Field job_changes[] = {
    {"retries", "int", ON, "Tries left", "剩余次数"},
    {"timeout", "int", ON, "New lease in milliseconds", "新租约毫秒数"},
};
static const Field task_assignment[] = {
    {"assignee", "text:200", ON, "Account", "账户"},
    {"allowOverride", "bool", ON, "Also when somebody has it", "可否覆盖"},
    {"action", "text:200", ON, "Of no effect", "无作用"},
};
static const Field task_completion[] = {
    VARIABLES,
    {"action", "text:200", ON, "Of no effect", "无作用"},
};
static const Field task_update[] = {
    {"changeset", "#V2TaskChanges", ON, "Changes", "变更"},
    {"action", "text:200", ON, "Of no effect", "无作用"},
};
static const Field task_changes[] = {
    {"dueDate", "text:40", ON, "Due; empty: none", "期限，空为无"},
    {"followUpDate", "text:40", ON, "Not available", "不支持"},
    {"candidateUsers", "[]text:200", ON, "Accounts", "候选账户"},
    {"candidateGroups", "[]text:200", ON, "Offices and roles", "候选部门与角色"},
    {"priority", "int", ON, "0 to 100", "0 至 100"},
};
static const Field task_form[] = {
    {"formId", "text", R, "Form", "表单"},
    KEY("formKey", "Its key", "表单编号"),
    {"version", "int", R, "Version", "版本"},
    {"schema", "text", R, "form-js schema", "form-js 格式"},
    TENANT_OUT,
};
static const Field message_publication[] = {
    {"name", "text:200", R, "Name", "名称"},
    {"correlationKey", "text:200", O, "Which instance it is for", "关联键"},
    {"timeToLive", "int", O, "Milliseconds it waits", "等待毫秒数"},
    {"messageId", "text:200", O, "Published once", "去重标识"},
    VARIABLES, TENANT_IN,
};
static const Field message_correlation[] = {
    {"name", "text:200", R, "Name", "名称"},
    {"correlationKey", "text:200", O, "Which instance it is for", "关联键"},
    VARIABLES, TENANT_IN,
};
static const Field message_published[] = {
    KEY("messageKey", "The message", "消息编号"),
    TENANT_OUT,
};
static const Field message_correlated[] = {
    KEY("messageKey", "The message", "消息编号"),
    KEY("processInstanceKey", "Who took it", "接收实例"),
    TENANT_OUT,
};
static const Field signal_broadcast[] = {
    {"signalName", "text:200", R, "Name", "名称"},
    VARIABLES, TENANT_IN,
};
static const Field signal_sent[] = {
    KEY("signalKey", "The signal", "信号编号"),
    TENANT_OUT,
};
static const Field decision_question[] = {
    {"decisionDefinitionId", "text:200", O, "The decision, or its key", "决策标识，或其编号"},
    {"decisionDefinitionKey", "key", O, "One version of it", "决策版本编号"},
    VARIABLES, TENANT_IN,
};
static const Field decision_evaluated[] = {
    {"decisionDefinitionId", "text", R, "Decision", "决策"},
    KEY("decisionDefinitionKey", "Its key", "决策编号"),
    {"decisionDefinitionName", "text", R, "Name", "名称"},
    {"decisionDefinitionVersion", "int", R, "Version", "版本"},
    KEY("decisionEvaluationKey", "This evaluation", "本次计算编号"),
    KEY("decisionInstanceKey", "The same", "同上"),
    {"decisionRequirementsId", "text", R, "File", "决策文件"},
    KEY("decisionRequirementsKey", "Its key", "决策文件编号"),
    {"evaluatedDecisions", "[]object", R, "With rules and inputs", "命中规则与输入"},
    {"failedDecisionDefinitionId", "text", N, "What failed", "失败的决策"},
    {"failureMessage", "text", N, "Why", "原因"},
    {"output", "text", R, "JSON", "结果（JSON）"},
    TENANT_OUT,
};
static const Field expression_question[] = {
    {"expression", "text:20000", R, "FEEL, with or without =", "FEEL 表达式，可带 ="},
    TENANT_IN, VARIABLES,
};
static const Field expression_answer[] = {
    {"expression", "text", R, "As asked", "表达式"},
    {"result", "any", N, "Result", "结果"},
    {"warnings", "[]object", R, "Why something is null", "空值原因"},
};
static const Field deployment[] = {
    KEY("deploymentKey", "The deployment", "部署编号"),
    {"deployments", "[]object", R, "What was deployed", "部署内容"},
    TENANT_OUT,
};
static const Field resource[] = {
    {"resourceName", "text", R, "File", "文件名"},
    {"resourceId", "text", R, "Id", "标识"},
    {"version", "int", R, "Version", "版本"},
    {"versionTag", "text", N, "Null", "空"},
    KEY("resourceKey", "Its key", "编号"),
    TENANT_OUT,
};
static const Field element_statistics[] = {
    {"items", "[]#V2ElementCount", R, "By element", "按元素"},
};
static const Field element_count[] = {
    {"elementId", "text", R, "Element", "元素"},
    {"active", "int", R, "Active", "活动"},
    {"canceled", "int", R, "Cancelled", "取消"},
    {"incidents", "int", R, "Incidents", "异常"},
    {"completed", "int", R, "Completed", "完成"},
};
static const Field topology[] = {
    {"brokers", "[]object", R, "One", "单个"},
    {"clusterId", "text", N, "Node", "节点"},
    {"clusterSize", "int", R, "1", "1"},
    {"partitionsCount", "int", R, "1", "1"},
    {"replicationFactor", "int", R, "1", "1"},
    {"gatewayVersion", "text", R, "Version of the API", "接口版本"},
    {"lastCompletedChangeId", "text", R, "None", "无"},
};
static const Field license[] = {
    {"validLicense", "bool", R, "true", "true"},
    {"licenseType", "text", R, "Apache-2.0", "Apache-2.0"},
    {"isCommercial", "bool", R, "false", "false"},
    {"expiresAt", "instant", N, "Never", "永不"},
};
static const Field authentication[] = {
    {"username", "text", R, "Account", "账户"},
    {"displayName", "text", N, "Name", "名称"},
    {"email", "text", N, "Null", "空"},
    {"authorizedComponents", "[]text", R, "None", "无"},
    {"tenants", "[]object", R, "<default>", "<default>"},
    {"groups", "[]text", R, "Office", "部门"},
    {"roles", "[]text", R, "Roles", "角色"},
    {"salesPlanType", "text", N, "Null", "空"},
    {"c8Links", "object", R, "None", "无"},
    {"canLogout", "bool", R, "false", "false"},
};
static const Field system_configuration[] = {
    {"jobMetrics", "object", R, "Not exported", "不导出"},
};
static const Field clock_pin[] = {
    {"timestamp", "int", R, "Milliseconds since 1970", "毫秒时间戳"},
};
static const Field token[] = {
    {"access_token", "text", R, "Token", "令牌"},
    {"token_type", "text", R, "Bearer", "Bearer"},
    {"expires_in", "int", R, "Seconds", "秒数"},
};

#define SCHEMA(name, fields, en, zh) {name, en, zh, fields, sizeof fields / sizeof *fields}
const Schema v2_schema_list[] = {
    SCHEMA("V2Reference", reference, "Nothing needed", "无需内容"),
    SCHEMA("V2InstanceNew", instance_new, "An instance to begin", "新实例"),
    SCHEMA("V2StartInstruction", start_instruction, "Where to begin", "启动位置"),
    SCHEMA("V2InstanceCreated", instance_created, "An instance that was begun", "已创建的实例"),
    SCHEMA("V2VariablesSet", variables_set, "Variables to set", "设置变量"),
    SCHEMA("V2JobActivation", job_activation, "Which jobs", "领取请求"),
    SCHEMA("V2TakenJob", job, "A job", "作业"),
    SCHEMA("V2Jobs", jobs, "Jobs", "作业列表"),
    SCHEMA("V2JobResult", job_result, "Result of a job", "作业结果"),
    SCHEMA("V2JobFailure", job_failure, "Failure of a job", "作业失败"),
    SCHEMA("V2JobError", job_error, "A BPMN error", "BPMN 错误"),
    SCHEMA("V2JobUpdate", job_update, "Changes of a job", "作业变更"),
    SCHEMA("V2JobChanges", job_changes, "Changes", "变更内容"),
    SCHEMA("V2TaskAssignment", task_assignment, "Who gets a task", "任务指派"),
    SCHEMA("V2TaskCompletion", task_completion, "Result of a task", "任务结果"),
    SCHEMA("V2TaskUpdate", task_update, "Changes of a task", "任务变更"),
    SCHEMA("V2TaskChanges", task_changes, "Changes", "变更内容"),
    SCHEMA("V2TaskForm", task_form, "Form of a task", "任务表单"),
    SCHEMA("V2MessagePublication", message_publication, "A message", "消息"),
    SCHEMA("V2MessageCorrelation", message_correlation, "A message", "消息"),
    SCHEMA("V2MessagePublished", message_published, "Published", "已发布"),
    SCHEMA("V2MessageCorrelated", message_correlated, "Correlated", "已关联"),
    SCHEMA("V2SignalBroadcast", signal_broadcast, "A signal", "信号"),
    SCHEMA("V2SignalSent", signal_sent, "Sent", "已广播"),
    SCHEMA("V2DecisionQuestion", decision_question, "A question to a decision", "决策输入"),
    SCHEMA("V2DecisionEvaluated", decision_evaluated, "The answer", "决策结果"),
    SCHEMA("V2ExpressionQuestion", expression_question, "An expression", "表达式"),
    SCHEMA("V2ExpressionAnswer", expression_answer, "Its result", "表达式结果"),
    SCHEMA("V2Deployment", deployment, "A deployment", "部署"),
    SCHEMA("V2Resource", resource, "A deployed text", "资源"),
    SCHEMA("V2ElementStatistics", element_statistics, "Counts", "计数"),
    SCHEMA("V2ElementCount", element_count, "Counts of an element", "元素计数"),
    SCHEMA("V2Topology", topology, "Topology", "拓扑"),
    SCHEMA("V2License", license, "Licence", "许可"),
    SCHEMA("V2Authentication", authentication, "Caller", "调用者"),
    SCHEMA("V2SystemConfiguration", system_configuration, "Configuration", "配置"),
    SCHEMA("V2ClockPin", clock_pin, "A new time", "新时间"),
    SCHEMA("V2Token", token, "A token", "令牌"),
};
const size_t v2_schema_count = sizeof v2_schema_list / sizeof v2_schema_list[0];
