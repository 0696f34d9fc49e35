/* route_list.c - every operation of the API: one list, in the order of the document.
 *
 * The dispatcher, 405 with Allow, the OpenAPI document and the tests are made from this list. To
 * add an operation: one row here, one function, its schemas in schema_list.c. */
#include "api/api_int.h"

#define WORD5(name, word, zh, en, ended) word "|"
#define STAGE_WORD(word, zh, en) word "|"
#define TASK_WORD(name, text) text "|"

const QueryKind query_kinds[] = {
    {"truncateValues", QUERY_BOOLEAN, NULL, "Of no effect: values are always whole", "无作用：值总是完整的"},
    {"limit", QUERY_LIMIT, NULL, "Items of a page, 1 to 200", "每页条数，1 至 200"},
    {"after", QUERY_TEXT, NULL, "`next` of the page before", "上一页的 next 值"},
    {"state", QUERY_WORD, CASE_STATES(WORD5) "open|ended", "Only cases in this state", "仅此状态的办件"},
    {"task_state", QUERY_WORD, PROCESS_TASK_STATES(TASK_WORD), "Only tasks in this state", "仅此状态的任务"},
    {"thing", QUERY_TEXT, NULL, "Only of this service", "仅此事项"},
    {"stage", QUERY_WORD, THING_STAGES(STAGE_WORD), "Only of this life stage", "仅此阶段"},
    {"office", QUERY_TEXT, NULL, "Only with a part of this office", "仅涉及此部门"},
    {"overdue", QUERY_BOOLEAN, NULL, "Only past their due time", "仅超期"},
    {"light", QUERY_WORD, "normal|near|overdue", "Only with this light", "仅此灯号"},
    {"at", QUERY_TEXT, NULL, "An instant (RFC 3339); absent: now", "时间（RFC 3339），不填为当前"},
    {"from", QUERY_TEXT, NULL, "First day, such as 2026-01-01", "起始日，如 2026-01-01"},
    {"to", QUERY_TEXT, NULL, "Last day", "截止日"},
    {"parts", QUERY_BOOLEAN, NULL, "Count parts instead of whole cases", "按事项而非办件计数"},
    {"number", QUERY_TEXT, NULL, "The case of this number", "按办件编号查找"},
    {"case", QUERY_ID, NULL, "Only of this case", "仅此办件"},
    {"group", QUERY_TEXT, NULL, "Only offered to this office or role", "仅提供给此部门或角色"},
    {"everyone", QUERY_BOOLEAN, NULL, "Tasks of all offices (needs the right incidents)",
     "全部部门的任务（需 incidents 权限）"},
    {"ended", QUERY_BOOLEAN, NULL, "Ended ones too (tasks: only with `case`)", "包括已结束的（任务须同时给出 case）"},
    {"instance", QUERY_NUMBER, NULL, "Only of this process instance", "仅此流程实例"},
};
const size_t query_kind_count = sizeof query_kinds / sizeof query_kinds[0];

#define READ(name) (WHO_READ + ACCESS_READ_##name)

const Route route_list[] = {
    {"GET", "/healthz", "getHealth", "service", "Is the program alive?", "程序是否存活",
     WHO_ANYONE, 0, "", NULL, "Health", 200, route_get_health},
    {"GET", "/readyz", "getReady", "service", "Can it answer from its data file?", "能否从数据文件作答",
     WHO_ANYONE, ROUTE_SNAPSHOT, "", NULL, "Health", 200, route_get_ready},
    {"GET", "/openapi.json", "getDocument", "service", "This document", "本文档",
     WHO_ANYONE, ROUTE_RAW | ROUTE_ETAG | ROUTE_PUBLIC, "", NULL, "OpenApi", 200, route_get_document},
    {"GET", "/v1/me", "getMe", "service", "Who am I, and what may I read?", "我的身份与可查看内容",
     WHO_ACCOUNT, ROUTE_SNAPSHOT, "", NULL, "Me", 200, route_get_me},
    {"GET", "/v1/me/looks", "listLooks", "service", "Who looked at my data, and why?", "谁查看过我的数据",
     WHO_ACCOUNT, ROUTE_SNAPSHOT, "", NULL, "LookPage", 200, route_list_looks},
    {"GET", "/v1/clock", "getClock", "service", "What time is it here?", "节点时间",
     WHO_ANYONE, 0, "", NULL, "Clock", 200, route_get_clock},
    {"PUT", "/v1/clock", "setClock", "service",
     "Move a virtual clock forward and run what falls due", "拨动虚拟时钟并执行到期事项",
     WHO_ACCOUNT, 0, "", "ClockSet", "Clock", 200, route_put_clock},

    {"GET", "/v1/things", "listThings", "things", "The guide: what can be applied for", "办事指南",
     WHO_ANYONE, ROUTE_ETAG | ROUTE_PUBLIC, "stage", NULL, "ThingPage", 200, route_list_things},
    {"GET", "/v1/things/{id}", "getThing", "things",
     "One service: matters, limits, materials, form", "事项详情：组成、时限、材料、表单",
     WHO_ANYONE, ROUTE_ETAG | ROUTE_PUBLIC, "", NULL, "Thing", 200, route_get_thing},

    {"GET", "/v1/drafts", "listDrafts", "drafts", "My drafts", "我的草稿",
     WHO_ACCOUNT, ROUTE_SNAPSHOT, "", NULL, "DraftPage", 200, route_list_drafts},
    {"POST", "/v1/drafts", "createDraft", "drafts", "Begin a draft", "新建草稿",
     WHO_ACCOUNT, ROUTE_COMMAND | ROUTE_ETAG, "", "DraftNew", "DraftSaved", 201, route_create_draft},
    {"GET", "/v1/drafts/{id}", "getDraft", "drafts", "One of my drafts", "查看草稿",
     WHO_ACCOUNT, ROUTE_SNAPSHOT | ROUTE_ETAG, "", NULL, "Draft", 200, route_get_draft},
    {"PUT", "/v1/drafts/{id}", "putDraft", "drafts", "Replace the data of a draft", "保存草稿",
     WHO_ACCOUNT, ROUTE_COMMAND | ROUTE_SNAPSHOT | ROUTE_ETAG | ROUTE_IF_MATCH, "", "DraftData",
     "DraftSaved", 200, route_put_draft},
    {"DELETE", "/v1/drafts/{id}", "deleteDraft", "drafts", "Throw a draft away", "删除草稿",
     WHO_ACCOUNT, ROUTE_COMMAND, "", NULL, NULL, 204, route_delete_draft},
    {"GET", "/v1/drafts/{id}/check", "checkDraft", "drafts",
     "What is missing, and what registries already know", "检查草稿，并列出无需填写的内容",
     WHO_ACCOUNT, ROUTE_SNAPSHOT, "", NULL, "DraftCheck", 200, route_check_draft},

    {"POST", "/v1/cases", "createCase", "cases", "Submit an application", "提交申请",
     WHO_ACCOUNT, ROUTE_COMMAND, "", "CaseNew", "CaseOpened", 201, route_create_case},
    {"GET", "/v1/cases", "listCases", "cases", "Cases I may see", "我可查看的办件",
     WHO_ACCOUNT, ROUTE_SNAPSHOT, "state thing office overdue light number limit after", NULL,
     "CasePage", 200, route_list_cases},
    {"GET", "/v1/cases/{id}", "getCase", "cases",
     "A case: parts, limits, lights, corrections, documents", "办件全貌：各事项、时限、灯号、补正、文书",
     WHO_ACCOUNT, ROUTE_SNAPSHOT | ROUTE_ETAG, "", NULL, "Case", 200, route_get_case},
    {"GET", "/v1/cases/{id}/timeline", "getTimeline", "cases", "What happened, in order", "办理经过",
     WHO_ACCOUNT, ROUTE_SNAPSHOT | ROUTE_ETAG, "", NULL, "Timeline", 200, route_get_timeline},
    {"GET", "/v1/cases/{id}/lights", "getLights", "supervision",
     "Its light at any instant, with cards and extensions", "办件在任一时间的灯号，及预警黄红牌与延期",
     WHO_ACCOUNT, ROUTE_SNAPSHOT, "at", NULL, "CaseLights", 200, route_get_lights},
    {"POST", "/v1/cases/{id}/extension", "extendCase", "supervision",
     "Approve a longer limit, as far as the law allows", "依法批准延长办理期限",
     WHO_ACCOUNT, ROUTE_COMMAND, "", "ExtensionNew", "Receipt", 200, route_extend_case},
    {"POST", "/v1/cases/{id}/cards", "cardCase", "supervision", "Issue a card by hand", "人工发牌",
     WHO_ACCOUNT, ROUTE_COMMAND, "", "CardNew", "Receipt", 200, route_card_case},
    {"GET", "/v1/supervision", "countSupervision", "supervision",
     "Warnings and cards by office in a period", "期内各部门预警与黄红牌数",
     READ(CASES_ALL), ROUTE_SNAPSHOT, "from to office parts", NULL, "SupervisionCounts", 200,
     route_count_supervision},
    {"POST", "/v1/cases/{id}/withdrawal", "withdrawCase", "cases", "Withdraw an application", "撤回申请",
     WHO_ACCOUNT, ROUTE_COMMAND, "", "Withdrawal", "Receipt", 200, route_withdraw_case},
    {"POST", "/v1/cases/{id}/parts/{part}/correction", "answerCorrection", "cases",
     "Answer a request for correction of one part", "提交单个事项的补正",
     WHO_ACCOUNT, ROUTE_COMMAND, "", "CorrectionAnswer", "Receipt", 200, route_answer_correction},
    {"POST", "/v1/cases/{id}/correction", "answerCaseCorrection", "cases",
     "Answer a request for correction of the whole case", "提交整个办件的补正",
     WHO_ACCOUNT, ROUTE_COMMAND, "", "CorrectionAnswer", "Receipt", 200,
     route_answer_case_correction},

    {"GET", "/v1/tasks", "listTasks", "tasks", "Tasks I may work on", "我的待办任务",
     READ(TASKS), ROUTE_SNAPSHOT, "task_state case group everyone ended limit after", NULL,
     "TaskPage", 200, route_list_tasks},
    {"GET", "/v1/tasks/{key}", "getTask", "tasks", "A task with its form and what it needs", "任务详情与表单",
     READ(TASKS), ROUTE_SNAPSHOT | ROUTE_ETAG, "", NULL, "Task", 200, route_get_task},
    {"POST", "/v1/tasks/{key}/claim", "claimTask", "tasks", "Take a task", "领取任务",
     WHO_ACCOUNT, ROUTE_COMMAND, "", NULL, "Receipt", 200, route_claim_task},
    {"POST", "/v1/tasks/{key}/release", "releaseTask", "tasks", "Give a task back", "退回任务",
     WHO_ACCOUNT, ROUTE_COMMAND, "", NULL, "Receipt", 200, route_release_task},
    {"POST", "/v1/tasks/{key}/completion", "completeTask", "tasks", "Complete a task", "完成任务",
     WHO_ACCOUNT, ROUTE_COMMAND, "", "TaskResult", "Receipt", 200, route_complete_task},

    {"GET", "/v1/incidents", "listIncidents", "operation", "Where processes are stuck", "流程异常",
     READ(INCIDENTS), ROUTE_SNAPSHOT, "instance ended limit after", NULL, "IncidentPage", 200,
     route_list_incidents},
    {"POST", "/v1/incidents/{key}/retry", "retryIncident", "operation", "Try again after mending", "处理后重试",
     WHO_ACCOUNT, ROUTE_COMMAND, "", NULL, "Receipt", 200, route_retry_incident},
    {"POST", "/v1/messages", "sendMessage", "operation", "Send a message to process instances", "向流程发送消息",
     WHO_ACCOUNT, ROUTE_COMMAND, "", "MessageNew", "Receipt", 200, route_send_message},
    {"POST", "/v1/decisions/{id}/evaluations", "evaluateDecision", "decisions",
     "Ask a decision of a pack, with the reasons of nulls and, if wanted, an explanation",
     "计算服务包中的决策，附空值原因，可附说明",
     WHO_ACCOUNT, 0, "", "DecisionInputs", "DecisionAnswer", 200, route_evaluate_decision},
    {"POST", "/v1/feel/evaluations", "evaluateFeel", "decisions", "Evaluate a FEEL expression", "计算 FEEL 表达式",
     WHO_ACCOUNT, 0, "", "FeelInputs", "DecisionAnswer", 200, route_evaluate_feel},
    {"GET", "/v1/registries", "listRegistries", "registries", "The catalogue of registries", "基础库目录",
     WHO_ACCOUNT, ROUTE_SNAPSHOT | ROUTE_ETAG, "", NULL, "RegistryPage", 200, route_list_registries},
    {"GET", "/v1/journal", "listJournal", "operation", "The journal, open parts, with its hashes", "日志（公开部分与哈希）",
     READ(JOURNAL), ROUTE_SNAPSHOT, "limit after", NULL, "JournalPage", 200, route_list_journal},
};
const size_t route_count = sizeof route_list / sizeof route_list[0];

const QueryKind *query_kind_find(Str name)
{
    for (size_t i = 0; i < query_kind_count; i++)
        if (str_equal(name, str_from(query_kinds[i].name)))
            return &query_kinds[i];
    return NULL;
}
