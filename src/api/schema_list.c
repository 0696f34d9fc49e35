/* schema_list.c - every body that goes in or comes out, field by field: one list.
 *
 * The OpenAPI document, the judge of request bodies (schema_check.c) and the API plays of the
 * tests are made from it. Texts that people read (titles, details) come in the caller's
 * language; words of the engine (states, lights, codes) are the same in every language. Instants
 * are RFC 3339 in China time. */
#include "api/api_int.h"

#define R FIELD_REQUIRED
#define N (FIELD_REQUIRED | FIELD_NULLABLE)
#define O 0u

#define WORD5(name, word, zh, en, ended) word "|"
#define WORD2(name, word) word "|"
#define TIMELINE_WORD(name, code, en, zh) code "|"
#define STAGE_WORD(word, zh, en) word "|"
#define TASK_WORD(name, text) text "|"
#define READ_WORD(name, word, zh, en) word "|"

#define CASE_STATE_TYPE "=" CASE_STATES(WORD5)
#define PART_STATE_TYPE "=" PART_STATES(WORD5)
#define CORRECTION_STATE_TYPE "=" CORRECTION_STATES(WORD2)
#define TIMELINE_TYPE "=" TIMELINE_KINDS(TIMELINE_WORD)
#define STAGE_TYPE "=" THING_STAGES(STAGE_WORD)
#define TASK_STATE_TYPE "=" PROCESS_TASK_STATES(TASK_WORD)
#define READS_TYPE "[]=" ACCESS_READS(READ_WORD)
#define LIGHT_TYPE "=normal|near|overdue"
#define CARD_TYPE "=warning|yellow|red"
#define UNIT_TYPE "=working_day|working_hour|calendar_day|working_half_day"

/* ---- Everywhere. */

static const Field problem[] = {
    {"type", "text", R, "urn:tongban:fault:<fault>", "urn:tongban:fault:<错误名>"},
    {"title", "text", R, "The kind of trouble, by status", "按状态码归类的标题"},
    {"status", "int", R, "HTTP status", "HTTP 状态码"},
    {"detail", "text", R, "What is wrong here and what to do", "具体问题及处理办法"},
    {"instance", "text", O, "Path of the request", "请求路径"},
    {"fault", "text", R, "Name of the fault; stable", "错误名，固定不变"},
    {"retryable", "bool", R, "May the same request succeed later?", "稍后原样重试是否可能成功"},
    {"errors", "[]#FieldProblem", O, "One entry a wrong field", "逐项列出有误的字段"},
    {"place", "#Place", O, "Where in the text that was sent", "在所提交文本中的位置"},
};
static const Field field_problem[] = {
    {"field", "text", R, "JSON Pointer into the body, or into the form's data when the fault is form_data_invalid",
     "指向请求体（form_data_invalid 时指向表单数据）的 JSON Pointer"},
    {"fault", "text", R, "Name of the fault", "错误名"},
    {"label", "text", O, "The form's label of the field", "表单中该字段的名称"},
    {"detail", "text", R, "What is wrong and what to do", "问题及处理办法"},
};
static const Field place[] = {
    {"file", "text", O, "File", "文件"},
    {"line", "int", O, "Line, from 1", "行号，从 1 起"},
    {"column", "int", O, "Column in characters, from 1", "列号（字符），从 1 起"},
    {"element", "text", O, "Element or field", "元素或字段"},
};
static const Field receipt[] = {
    {"seq", "int", R, "Number of the journal record that holds the change",
     "记录该变更的日志序号"},
};
static const Field health[] = {
    {"status", "=ok", R, "ok", "ok"},
};
static const Field me[] = {
    {"id", "text", R, "Account id", "账户标识"},
    {"name", "text", R, "Name", "名称"},
    {"office", "text", N, "Office code", "部门代码"},
    {"office_title", "text", N, "Office", "部门名称"},
    {"subject", "text", N, "USCC or identity number acted for", "所代表的统一社会信用代码或身份号码"},
    {"roles", "[]text", R, "Roles", "角色"},
    {"reads", READS_TYPE, R, "What the roles may read", "角色可查看的内容"},
};
static const Field clock_view[] = {
    {"now", "instant", R, "The node's time", "节点时间"},
    {"virtual", "bool", R, "May it be moved?", "是否可拨动"},
    {"next_due", "instant", N, "When the next timer rings", "下一个定时器的时间"},
};
static const Field clock_set_body[] = {
    {"now", "instant", R, "The new time; not before the present one", "新的时间，不得早于当前时间"},
};

/* ---- Things. */

static const Field time_limit[] = {
    {"amount", "int", R, "How many", "数量"},
    {"unit", UNIT_TYPE, R, "Unit", "单位"},
};
static const Field thing_item[] = {
    {"id", "text", R, "Id", "标识"},
    {"title", "text", R, "Title", "名称"},
    {"stage", STAGE_TYPE, R, "Life stage of the guide", "指南中的人生或经营阶段"},
    {"audience", "=person|firm|both", R, "Who may apply", "面向对象"},
    {"region", "text", R, "GB/T 2260 code", "行政区划代码"},
    {"matter_count", "int", R, "Number of matters it bundles", "包含事项数"},
    {"promised", "#TimeLimit", N, "Promised time", "承诺时限"},
    {"fee_fen", "int", R, "Fee in fen", "收费（分）"},
    {"visits", "int", R, "How often somebody has to come", "到场次数"},
};
static const Field thing_page[] = {
    {"items", "[]#ThingItem", R, "Services, by stage", "事项，按阶段排列"},
};
static const Field matter[] = {
    {"id", "text", R, "Id", "标识"},
    {"title", "text", R, "Title", "名称"},
    {"office", "text", R, "Office code", "部门代码"},
    {"office_title", "text", R, "Office", "部门名称"},
    {"item_code", "text", R, "Code of the item (事项实施编码)", "事项实施编码"},
    {"statutory", "#TimeLimit", N, "Time by law", "法定时限"},
    {"promised", "#TimeLimit", N, "Promised time", "承诺时限"},
    {"materials", "[]text", R, "Ids of the materials it needs", "所需材料的标识"},
};
static const Field material[] = {
    {"id", "text", R, "Id", "标识"},
    {"title", "text", R, "Title", "名称"},
    {"from", "=upload|registry|licence", R, "Where it comes from", "来源方式"},
    {"source", "text", N, "Registry, kind of licence, or field of the form", "基础库、证照种类或表单字段"},
};
static const Field thing[] = {
    {"id", "text", R, "Id", "标识"},
    {"version", "int", R, "Version of the definition", "定义版本"},
    {"title", "text", R, "Title", "名称"},
    {"stage", STAGE_TYPE, R, "Life stage", "阶段"},
    {"audience", "=person|firm|both", R, "Who may apply", "面向对象"},
    {"region", "text", R, "GB/T 2260 code", "行政区划代码"},
    {"guide", "text", R, "Guide: who, what to have ready, what is fetched", "办事指南"},
    {"statutory", "#TimeLimit", N, "Time by law", "法定时限"},
    {"promised", "#TimeLimit", N, "Promised time", "承诺时限"},
    {"fee_fen", "int", R, "Fee in fen", "收费（分）"},
    {"visits", "int", R, "How often somebody has to come", "到场次数"},
    {"lead_matter", "text", R, "The matter that leads", "牵头事项"},
    {"matters", "[]#Matter", R, "Matters in order", "事项，按次序"},
    {"materials", "[]#Material", R, "Materials", "材料"},
    {"legal_basis", "[]text", R, "Legal basis", "法律依据"},
    {"facts", "[]any", R, "Published facts it rests on, with source", "所依据的公开事实及出处"},
    {"own_reading", "[]text", R, "What this pack decided by itself", "本服务包自行约定的内容"},
    {"form", "object", N, "The form (form-js schema)", "表单（form-js 格式）"},
};

/* ---- Drafts. */

static const Field draft_new[] = {
    {"thing", "text:60", R, "Id of the service", "事项标识"},
    {"data", "object", R, "The form's values so far", "已填写的表单数据"},
};
static const Field draft_data[] = {
    {"data", "object", R, "All values of the form so far", "表单全部已填数据"},
};
static const Field draft_saved[] = {
    {"draft", "uuid", R, "Id", "标识"},
    {"version", "int", R, "Version: the ETag", "版本，即 ETag"},
};
static const Field draft_item[] = {
    {"id", "uuid", R, "Id", "标识"},
    {"thing", "text", R, "Service", "事项"},
    {"title", "text", R, "Title of the service", "事项名称"},
    {"version", "int", R, "Version", "版本"},
    {"created_at", "instant", R, "Begun", "创建时间"},
    {"saved_at", "instant", R, "Last saved", "最近保存时间"},
};
static const Field draft_page[] = {
    {"items", "[]#DraftItem", R, "Newest first", "按时间倒序"},
};
static const Field draft[] = {
    {"id", "uuid", R, "Id", "标识"},
    {"thing", "text", R, "Service", "事项"},
    {"title", "text", R, "Title of the service", "事项名称"},
    {"version", "int", R, "Version", "版本"},
    {"created_at", "instant", R, "Begun", "创建时间"},
    {"saved_at", "instant", R, "Last saved", "最近保存时间"},
    {"data", "object", N, "The form's values; null after erasure", "表单数据；被清除后为 null"},
};
static const Field prefill[] = {
    {"field", "text", R, "JSON Pointer of the form's field", "表单字段的 JSON Pointer"},
    {"label", "text", R, "Label of the field", "字段名称"},
    {"value", "any", R, "What the registry holds", "基础库中的值"},
    {"registry", "text", R, "Registry", "基础库"},
    {"registry_title", "text", R, "Its title", "基础库名称"},
    {"source", "text", R, "Office that put it", "数据来源部门"},
    {"source_title", "text", R, "Its name", "来源部门名称"},
    {"grade", "text", R, "issued, verified, uploaded or declared", "可信等级"},
    {"valid_from", "instant", N, "Since when it is so", "生效时间"},
    {"recorded_at", "instant", N, "When it was recorded", "入库时间"},
};
static const Field known_material[] = {
    {"material", "text", R, "Material of the service", "材料标识"},
    {"title", "text", R, "Its title", "材料名称"},
    {"registry", "text", R, "Registry it is fetched from", "来源基础库"},
    {"found", "bool", R, "Does the registry hold it for this applicant?", "基础库中是否有该申请人的记录"},
};
static const Field draft_check[] = {
    {"complete", "bool", R, "Could it be submitted as it is?", "能否直接提交"},
    {"errors", "[]#FieldProblem", R, "What is missing or wrong", "缺失或有误之处"},
    {"prefill", "[]#Prefill", R, "What registries know already: shown, not asked", "已由基础库掌握、无需填写的内容"},
    {"known", "[]#KnownMaterial", R, "Materials that are fetched, not asked", "由系统获取、无需提交的材料"},
};

/* ---- Cases. */

static const Field case_new[] = {
    {"draft", "uuid", O, "Submit this draft; or give thing and data", "提交该草稿；或给出 thing 与 data"},
    {"thing", "text:60", O, "Id of the service", "事项标识"},
    {"data", "object", O, "The form's values", "表单数据"},
};
static const Field case_opened[] = {
    {"case", "uuid", R, "Id of the case", "办件标识"},
    {"number", "text", R, "Number of the case", "办件编号"},
    {"instance", "text", N, "Key of the process instance", "流程实例编号"},
};
static const Field case_item[] = {
    {"id", "uuid", R, "Id", "标识"},
    {"number", "text", R, "Number", "办件编号"},
    {"thing", "text", R, "Service", "事项"},
    {"title", "text", R, "Title of the service", "事项名称"},
    {"state", CASE_STATE_TYPE, R, "State", "状态"},
    {"state_title", "text", R, "State in words", "状态名称"},
    {"applicant_name", "text", N, "Applicant; masked where the reader may not see it", "申请人，必要时脱敏"},
    {"submitted_at", "instant", R, "Submitted", "提交时间"},
    {"accepted_at", "instant", N, "Accepted", "受理时间"},
    {"ended_at", "instant", N, "Ended", "办结时间"},
    {"due_at", "instant", N, "Due", "应办结时间"},
    {"light", LIGHT_TYPE, N, "Light of the clock; null before acceptance", "时限灯号；受理前为 null"},
    {"paused", "bool", R, "Does the clock stand?", "是否暂停计时"},
    {"part_count", "int", R, "Parts", "事项数"},
    {"part_ended_count", "int", R, "Parts that have ended", "已办结事项数"},
    {"correction_count", "int", R, "Open requests for correction", "待补正数"},
    {"version", "int", R, "Version", "版本"},
};
static const Field case_page[] = {
    {"items", "[]#CaseItem", R, "Newest first", "按时间倒序"},
    {"next", "text", N, "For `after` of the next page", "下一页的 after 值"},
};
static const Field remaining[] = {
    {"units", "int", R, "Whole units left, the running one included", "剩余单位数（含当前）"},
    {"over", "int", R, "Units begun since it was over", "超期单位数"},
};
static const Field running_clock[] = {
    {"started_at", "instant", R, "Since when it runs", "起算时间"},
    {"limit", "#TimeLimit", R, "Limit", "时限"},
    {"due_at", "instant", R, "Due; while paused: if it ran again now", "到期时间；暂停时按立即恢复计算"},
    {"due_day", "date", R, "The day of it", "到期日"},
    {"provisional", "bool", R, "Was a year without a holiday notice touched?", "是否涉及尚未公布放假安排的年份"},
    {"paused", "bool", R, "Does it stand?", "是否暂停"},
    {"paused_since", "instant", N, "Since", "暂停起始时间"},
    {"paused_why", "text", N, "Why", "暂停原因"},
    {"stopped_at", "instant", N, "When it was stopped", "停止时间"},
    {"light", LIGHT_TYPE, R, "normal, near its end, overdue", "正常、临期、超期"},
    {"remaining", "#Remaining", R, "What is left", "剩余时限"},
    {"extended", "#TimeLimit", N, "By how much it was extended", "已延长的时限"},
    {"statutory", "#StatutoryClock", N, "The limit of the law, beside the promise", "法定时限，与承诺时限并列"},
};
static const Field statutory_clock[] = {
    {"limit", "#TimeLimit", R, "Limit", "时限"},
    {"due_at", "instant", R, "Due; while its time stands: if it ran again now", "到期时间；暂停时按立即恢复计算"},
    {"due_day", "date", R, "The day of it", "到期日"},
    {"provisional", "bool", R, "Was a year without a holiday notice touched?", "是否涉及尚未公布放假安排的年份"},
    {"paused", "bool", R, "Does its time stand? Not every reason stops it", "是否暂停；并非所有原因都停止法定时限"},
    {"light", LIGHT_TYPE, R, "normal, near its end, overdue", "正常、临期、超期"},
    {"remaining", "#Remaining", R, "What is left", "剩余时限"},
};
static const Field light_row[] = {
    {"at", "instant", R, "Since when", "起始时间"},
    {"matter", "text", N, "Matter; null: the whole case", "事项；null 表示整个办件"},
    {"light", LIGHT_TYPE, R, "Light", "灯号"},
};
static const Field card_row[] = {
    {"at", "instant", R, "When", "时间"},
    {"card", CARD_TYPE, R, "Card", "牌"},
    {"trigger", "text", R, "For what: a trigger of the supervision rule", "情形"},
    {"title", "text", N, "The trigger in words", "情形名称"},
    {"matter", "text", N, "Matter; null: the whole case", "事项；null 表示整个办件"},
    {"office", "text", N, "Whose it is", "责任部门"},
    {"note", "text", N, "Why, when a person issued it", "人工发牌的理由"},
    {"issued_by", "text", R, "Account, or clock", "发牌人账户，或 clock"},
};
static const Field extension_row[] = {
    {"at", "instant", R, "When", "时间"},
    {"matter", "text", N, "Matter; null: the whole case", "事项；null 表示整个办件"},
    {"by", "#TimeLimit", R, "By how much", "延长的时限"},
    {"reason", "text", N, "Reason; null after erasure", "理由；销毁后为 null"},
    {"basis", "text", R, "Legal basis", "法律依据"},
    {"approver", "text", N, "Who approved; null where it may not be seen", "批准人；无权查看时为 null"},
};
static const Field case_lights[] = {
    {"at", "instant", R, "The instant asked about", "所查询的时间"},
    {"light", LIGHT_TYPE, N, "The case's light then; null: it had no clock", "当时的灯号；尚未计时为 null"},
    {"items", "[]#LightRow", R, "Every change of light, oldest first; case, then parts", "灯号变化，先办件后事项，按时间顺序"},
    {"cards", "[]#CardRow", R, "Cards, oldest first; only for offices and supervisors", "预警与黄红牌；仅部门和监督人员可见"},
    {"extensions", "[]#ExtensionRow", R, "Extensions, oldest first", "延期"},
};
static const Field extension_new[] = {
    {"matter", "text:60", O, "Matter; absent: the whole case", "事项；不填为整个办件"},
    {"amount", "int", R, "By how much, in the unit of the legal extension", "延长数量，以法定延期单位计"},
    {"reason", "text:2000", R, "Reason, told to the applicant", "理由，将告知申请人"},
    {"basis", "text:500", O, "Legal basis; absent: that of the service", "法律依据；不填用事项所列依据"},
};
static const Field card_new[] = {
    {"matter", "text:60", O, "Matter; absent: the whole case", "事项；不填为整个办件"},
    {"trigger", "text:60", R, "A trigger of the supervision rule", "督办规则中的情形"},
    {"note", "text:2000", R, "Why", "理由"},
};
static const Field supervision_count[] = {
    {"office", "text", N, "Office code", "部门代码"},
    {"office_title", "text", N, "Office", "部门名称"},
    {"started", "int", R, "Clocks started in the period", "期内开始计时数"},
    {"warnings", "int", R, "Warnings", "预警数"},
    {"yellow", "int", R, "Yellow cards", "黄牌数"},
    {"red", "int", R, "Red cards", "红牌数"},
};
static const Field supervision_counts[] = {
    {"from", "date", R, "First day", "起始日"},
    {"to", "date", R, "Last day", "截止日"},
    {"items", "[]#SupervisionCount", R, "One row an office", "每部门一行"},
};
static const Field part[] = {
    {"id", "uuid", R, "Id", "标识"},
    {"matter", "text", R, "Matter", "事项"},
    {"title", "text", R, "Title", "事项名称"},
    {"office", "text", R, "Office", "部门"},
    {"office_title", "text", R, "Its name", "部门名称"},
    {"item_code", "text", R, "Code of the item", "事项实施编码"},
    {"state", PART_STATE_TYPE, R, "State", "状态"},
    {"state_title", "text", R, "State in words", "状态名称"},
    {"paused", "bool", R, "Does its clock stand?", "是否暂停计时"},
    {"pause_reason", "text", N, "Why", "暂停原因"},
    {"correction_open", "bool", R, "Is a correction asked?", "是否待补正"},
    {"opened_at", "instant", N, "Opened", "开始时间"},
    {"closed_at", "instant", N, "Ended", "结束时间"},
    {"clock", "#RunningClock", N, "Its clock; null before it opened", "计时；开始前为 null"},
};
static const Field correction[] = {
    {"id", "uuid", R, "Id", "标识"},
    {"part", "uuid", N, "Part; null: the whole case", "所属事项；null 表示整个办件"},
    {"matter", "text", N, "Matter", "事项"},
    {"office", "text", N, "Who asks", "提出部门"},
    {"task", "key", N, "Key of the applicant's task", "申请人任务编号"},
    {"reason", "text", N, "What to correct", "补正内容"},
    {"state", CORRECTION_STATE_TYPE, R, "State", "状态"},
    {"asked_at", "instant", R, "Asked", "提出时间"},
    {"answered_at", "instant", N, "Answered", "补正时间"},
};
static const Field document[] = {
    {"id", "uuid", R, "Id", "标识"},
    {"matter", "text", N, "Matter; null: the whole case", "事项；null 表示整个办件"},
    {"office", "text", N, "Issued by", "出具部门"},
    {"kind", "text", R, "Kind", "种类"},
    {"number", "text", N, "Number", "编号"},
    {"title", "text", R, "Title", "名称"},
    {"content", "object", N, "Content; null where it may not be seen", "内容；无权查看时为 null"},
    {"issued_at", "instant", R, "Issued", "出具时间"},
};
static const Field case_whole[] = {
    {"id", "uuid", R, "Id", "标识"},
    {"number", "text", R, "Number", "办件编号"},
    {"thing", "text", R, "Service", "事项"},
    {"thing_version", "int", R, "Version of its definition", "事项定义版本"},
    {"title", "text", R, "Title of the service", "事项名称"},
    {"state", CASE_STATE_TYPE, R, "State", "状态"},
    {"state_title", "text", R, "State in words", "状态名称"},
    {"reason", "text", N, "Reason of withdrawal or conclusion", "撤回或办结理由"},
    {"applicant", "text", N, "Account of the applicant", "申请人账户"},
    {"applicant_name", "text", N, "Applicant", "申请人"},
    {"subject", "text", N, "USCC or identity number", "统一社会信用代码或身份号码"},
    {"submitted_at", "instant", R, "Submitted", "提交时间"},
    {"accepted_at", "instant", N, "Accepted", "受理时间"},
    {"ended_at", "instant", N, "Ended", "办结时间"},
    {"clock", "#RunningClock", N, "The case's clock; null before acceptance", "办件计时；受理前为 null"},
    {"parts", "[]#Part", R, "Parts in order", "各事项"},
    {"corrections", "[]#Correction", R, "Requests for correction, oldest first", "补正要求"},
    {"documents", "[]#Document", R, "Documents issued, oldest first", "出具的文书"},
    {"data", "object", N, "The form's values; null where they may not be seen", "表单数据；无权查看时为 null"},
    {"data_visible", "bool", R, "May the caller see the data?", "是否有权查看数据"},
    {"instance", "text", N, "Key of the process instance", "流程实例编号"},
    {"version", "int", R, "Version", "版本"},
};
static const Field timeline_entry[] = {
    {"seq", "int", R, "1, 2, ... in the case", "办件内序号"},
    {"at", "instant", R, "When", "时间"},
    {"code", TIMELINE_TYPE, R, "What", "类别"},
    {"actor", "text", N, "Who (account); null where it may not be seen", "办理人账户；无权查看时为 null"},
    {"office", "text", N, "Acting office", "办理部门"},
    {"matter", "text", N, "Matter; null: the whole case", "事项；null 表示整个办件"},
    {"text", "text", R, "The sentence", "说明"},
};
static const Field timeline[] = {
    {"items", "[]#TimelineEntry", R, "Oldest first", "按时间顺序"},
};
static const Field withdrawal[] = {
    {"reason", "text:2000", O, "Why", "理由"},
};
static const Field correction_answer[] = {
    {"data", "object", R, "The corrected values: later over earlier", "补正后的数据，覆盖原值"},
};

/* ---- Tasks, incidents, messages. */

static const Field task_item[] = {
    {"key", "key", R, "Key", "编号"},
    {"instance", "key", R, "Process instance", "流程实例"},
    {"case", "uuid", N, "Case", "办件"},
    {"process", "text", R, "BPMN process id", "流程标识"},
    {"element", "text", R, "BPMN element id", "流程元素标识"},
    {"name", "text", R, "Name", "名称"},
    {"form", "text", N, "Form id", "表单标识"},
    {"groups", "[]text", R, "Offices and roles it is offered to", "候选部门和角色"},
    {"users", "[]text", R, "Accounts it is offered to", "候选账户"},
    {"assignee", "text", N, "Who works on it", "办理人"},
    {"state", TASK_STATE_TYPE, R, "State", "状态"},
    {"created_at", "instant", R, "Since when it waits", "创建时间"},
    {"ended_at", "instant", N, "Ended", "结束时间"},
    {"due_at", "instant", N, "Due by the diagram", "流程图规定的期限"},
    {"priority", "int", R, "0 to 100", "优先级，0 至 100"},
    {"version", "int", R, "Version", "版本"},
    {"mine", "bool", R, "May the caller work on it now?", "当前用户能否办理"},
};
static const Field task_page[] = {
    {"items", "[]#TaskItem", R, "By due date", "按期限排列"},
    {"next", "text", N, "For `after` of the next page", "下一页的 after 值"},
};
static const Field task_whole[] = {
    {"task", "#TaskItem", R, "The task", "任务"},
    {"case", "#Case", N, "Its case, as far as the caller may see it", "所属办件（权限范围内）"},
    {"variables", "object", N, "What the task sees; null when it is not the caller's", "任务变量；非本人任务时为 null"},
    {"form", "object", N, "The form to fill in (form-js schema)", "待填表单（form-js 格式）"},
};
static const Field task_result[] = {
    {"variables", "object", R, "The form's values", "表单数据"},
};
static const Field incident[] = {
    {"key", "key", R, "Key", "编号"},
    {"instance", "key", R, "Process instance", "流程实例"},
    {"case", "uuid", N, "Case", "办件"},
    {"process", "text", R, "BPMN process id", "流程标识"},
    {"element", "text", R, "BPMN element id", "流程元素标识"},
    {"fault", "text", R, "Name of the fault", "错误名"},
    {"detail", "text", R, "What happened", "说明"},
    {"at", "instant", R, "When", "时间"},
    {"resolved_at", "instant", N, "Resolved", "解决时间"},
};
static const Field incident_page[] = {
    {"items", "[]#Incident", R, "Newest first", "按时间倒序"},
    {"next", "text", N, "For `after` of the next page", "下一页的 after 值"},
};
static const Field message_new[] = {
    {"name", "text:200", R, "Name of the message", "消息名"},
    {"correlation_key", "text:200", R, "Which instance it is for", "关联键"},
    {"variables", "object", O, "What it brings", "携带的变量"},
    {"time_to_live_s", "int", O, "How long it waits for a receiver, seconds", "等待接收的秒数"},
};

/* ---- Decisions. */

static const Field decision_inputs[] = {
    {"inputs", "object", R, "Input data by name", "输入数据，按名称给出"},
    {"explain", "bool", O, "Also tell which rules were hit and what would turn the result",
     "是否说明命中了哪些规则、怎样改变输入会改变结果"},
};
static const Field feel_inputs[] = {
    {"expression", "text:20000", R, "The FEEL expression", "FEEL 表达式"},
    {"context", "object", O, "Its names and their values", "变量名及其取值"},
};
static const Field decision_reason[] = {
    {"fault", "text", R, "Name of the fault", "错误名"},
    {"detail", "text", R, "Why a part of it is null", "某一部分为空的原因"},
    {"place", "#Place", R, "Where in the model or the expression", "在模型或表达式中的位置"},
};
static const Field decision_answer[] = {
    {"result", "any", N, "The result; dates and the like as texts", "结果；日期等以文本表示"},
    {"reasons", "[]#DecisionReason", R, "A reason for every null that comes of a fault", "因错误而为空的原因"},
    {"explanation", "object", N, "Tables, rules, required decisions, and the nearest changes that turn the result",
     "决策表、规则、所需决策，以及能改变结果的最小变化"},
};

/* ---- Registries and journal. */

static const Field registry_property_fields[] = {
    {"name", "text", R, "Name", "名称"},
    {"title", "text", R, "Title", "中文名"},
    {"type", "text", N, "JSON type", "JSON 类型"},
    {"format", "text", N, "Format", "格式"},
    {"level", "int", R, "Personal data: 1 public .. 4 sensitive", "个人信息级别：1 公开至 4 敏感"},
    {"source", "text", N, "Office it comes from", "来源部门"},
    {"required", "bool", R, "Always there?", "是否必有"},
};
static const Field registry_entry[] = {
    {"name", "text", R, "Name", "名称"},
    {"title", "text", R, "Title", "中文名"},
    {"key", "text", R, "Key property", "主键字段"},
    {"source", "text", R, "Office that keeps it", "来源部门"},
    {"source_title", "text", R, "Its name", "来源部门名称"},
    {"share", "=unconditional|conditional|none", R, "Sharing rule", "共享类型"},
    {"numbered", "bool", R, "Does it issue identifiers?", "是否编发号码"},
    {"version", "int", R, "Version of the definition", "定义版本"},
    {"properties", "[]#RegistryProperty", R, "Properties", "字段"},
};
static const Field registry_page[] = {
    {"items", "[]#Registry", R, "By name", "按名称排列"},
};
static const Field journal_event[] = {
    {"kind", "text", R, "Kind of event", "事件类别"},
    {"subject", "text", N, "Whom the sealed part belongs to", "密封部分所属主体"},
    {"open", "any", R, "The open part", "公开部分"},
};
static const Field journal_record[] = {
    {"seq", "int", R, "Number", "序号"},
    {"at", "instant", R, "When", "时间"},
    {"kind", "text", R, "Command", "命令"},
    {"actor", "text", R, "Who", "操作者"},
    {"command", "uuid", R, "Id of the command", "命令标识"},
    {"events", "[]#JournalEvent", R, "What happened; sealed parts left out", "事件（不含密封部分）"},
    {"hash", "text", R, "SM3 over the former hash and this record", "上一哈希与本记录的 SM3 值"},
};
static const Field journal_page[] = {
    {"items", "[]#JournalRecord", R, "In order", "按序"},
    {"next", "text", N, "For `after` of the next page", "下一页的 after 值"},
};

static const Field look[] = {
    {"id", "uuid", R, "Id of the read", "读取标识"},
    {"at", "instant", R, "When", "时间"},
    {"registry", "text", R, "Registry", "基础库"},
    {"registry_title", "text", N, "Its title", "基础库名称"},
    {"reader", "text", R, "Account that read", "读取账户"},
    {"office", "text", N, "Its office", "所属部门"},
    {"office_title", "text", N, "Title of the office", "部门名称"},
    {"thing", "text", N, "For which service", "事项"},
    {"case_number", "text", N, "For which case", "办件编号"},
    {"matter", "text", N, "For which part of it", "办件中的事项"},
    {"basis", "text", N, "Legal basis, where there was no case", "无办件时的法律依据"},
    {"fields", "[]text", R, "Fields that were named; none: all", "列明的字段；空为全部"},
};
static const Field look_page[] = {
    {"items", "[]#Look", R, "Newest first", "由新到旧"},
};

#define SCHEMA(name, fields, en, zh) {name, en, zh, fields, sizeof fields / sizeof fields[0]}

const Schema schema_list[] = {
    SCHEMA("Problem", problem, "Problem details (RFC 9457)", "问题详情（RFC 9457）"),
    SCHEMA("FieldProblem", field_problem, "A wrong field", "有误的字段"),
    SCHEMA("Place", place, "A place in a text", "文本中的位置"),
    SCHEMA("Receipt", receipt, "The change is durable", "变更已持久保存"),
    SCHEMA("Health", health, "State of the server", "服务状态"),
    SCHEMA("Me", me, "The caller", "当前用户"),
    SCHEMA("Clock", clock_view, "The node's clock", "节点时钟"),
    SCHEMA("ClockSet", clock_set_body, "A new time", "新的时间"),
    SCHEMA("TimeLimit", time_limit, "A time limit", "时限"),
    SCHEMA("ThingItem", thing_item, "A service in the guide", "指南中的事项"),
    SCHEMA("ThingPage", thing_page, "The guide", "办事指南"),
    SCHEMA("Matter", matter, "A matter of one office", "单个部门的事项"),
    SCHEMA("Material", material, "A material", "材料"),
    SCHEMA("Thing", thing, "One thing, done once", "一件事"),
    SCHEMA("DraftNew", draft_new, "A new draft", "新草稿"),
    SCHEMA("DraftData", draft_data, "New content of a draft", "草稿的新内容"),
    SCHEMA("DraftSaved", draft_saved, "The draft was saved", "草稿已保存"),
    SCHEMA("DraftItem", draft_item, "A draft in the list", "草稿列表项"),
    SCHEMA("DraftPage", draft_page, "The caller's drafts", "我的草稿"),
    SCHEMA("Draft", draft, "A draft", "草稿"),
    SCHEMA("Prefill", prefill, "What a registry holds for a field", "基础库已有的字段值"),
    SCHEMA("KnownMaterial", known_material, "A material that is fetched", "由系统获取的材料"),
    SCHEMA("DraftCheck", draft_check, "What is still to do", "检查结果"),
    SCHEMA("CaseNew", case_new, "An application: draft, or thing and data", "申请：草稿，或事项与数据"),
    SCHEMA("CaseOpened", case_opened, "The case was opened", "办件已建立"),
    SCHEMA("CaseItem", case_item, "A case in the list", "办件列表项"),
    SCHEMA("CasePage", case_page, "Cases", "办件列表"),
    SCHEMA("Remaining", remaining, "What is left of a limit", "剩余时限"),
    SCHEMA("RunningClock", running_clock, "A clock with its light", "计时与灯号"),
    SCHEMA("StatutoryClock", statutory_clock, "The limit of the law", "法定时限"),
    SCHEMA("LightRow", light_row, "A change of light", "灯号变化"),
    SCHEMA("CardRow", card_row, "A warning or a card", "预警或牌"),
    SCHEMA("ExtensionRow", extension_row, "An extension", "一次延期"),
    SCHEMA("CaseLights", case_lights, "Lights, cards and extensions of a case", "办件的灯号、预警黄红牌与延期"),
    SCHEMA("ExtensionNew", extension_new, "An extension to approve", "批准延期"),
    SCHEMA("CardNew", card_new, "A card issued by hand", "人工发牌"),
    SCHEMA("SupervisionCount", supervision_count, "Counts of an office", "部门计数"),
    SCHEMA("SupervisionCounts", supervision_counts, "Counts by office", "各部门计数"),
    SCHEMA("Part", part, "The part of one matter", "办件中的一个事项"),
    SCHEMA("Correction", correction, "A request for correction", "补正要求"),
    SCHEMA("Document", document, "A document issued", "文书"),
    SCHEMA("Case", case_whole, "A case with all that belongs to it", "办件全貌"),
    SCHEMA("TimelineEntry", timeline_entry, "What happened", "一条经过"),
    SCHEMA("Timeline", timeline, "What happened in a case", "办理经过"),
    SCHEMA("Withdrawal", withdrawal, "A withdrawal", "撤回"),
    SCHEMA("CorrectionAnswer", correction_answer, "The answer to a request for correction", "补正答复"),
    SCHEMA("TaskItem", task_item, "A task", "任务"),
    SCHEMA("TaskPage", task_page, "Tasks", "任务列表"),
    SCHEMA("Task", task_whole, "A task with what is needed to do it", "任务及办理所需内容"),
    SCHEMA("TaskResult", task_result, "The result of a task", "任务结果"),
    SCHEMA("Incident", incident, "An incident", "异常"),
    SCHEMA("IncidentPage", incident_page, "Incidents", "异常列表"),
    SCHEMA("MessageNew", message_new, "A message to process instances", "发给流程的消息"),
    SCHEMA("DecisionInputs", decision_inputs, "A question to a decision", "决策的输入"),
    SCHEMA("FeelInputs", feel_inputs, "A FEEL expression with its names", "FEEL 表达式及变量"),
    SCHEMA("DecisionReason", decision_reason, "Why something is null", "空值的原因"),
    SCHEMA("DecisionAnswer", decision_answer, "The answer of a decision", "决策的结果"),
    SCHEMA("RegistryProperty", registry_property_fields, "A property", "字段"),
    SCHEMA("Registry", registry_entry, "A registry", "基础库"),
    SCHEMA("RegistryPage", registry_page, "The catalogue", "目录"),
    SCHEMA("JournalEvent", journal_event, "An event", "事件"),
    SCHEMA("Look", look, "A recorded read of one's own data", "对本人数据的一次读取"),
    SCHEMA("LookPage", look_page, "Who looked at one's own data", "本人数据被读取的记录"),
    SCHEMA("JournalRecord", journal_record, "A record of the journal", "日志记录"),
    SCHEMA("JournalPage", journal_page, "The journal", "日志"),
};
const size_t schema_count = sizeof schema_list / sizeof schema_list[0];
