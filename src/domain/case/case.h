/* case.h - 办件: one application, its parts, its corrections, its documents, its timeline.
 *
 * A thing (一件事) is a definition: matters of several offices, one form, one process. A draft
 * is an unfinished form of one account. Submitting it opens a case with a number, one part a
 * matter, and starts the thing's process; from then on the diagram moves the case through
 * case.mark, and the room keeps states, clocks, pauses and the timeline in step with it.
 *
 *   case   submitted ──▶ accepted ──▶ approved | partial | refused
 *              │             │
 *              └─────────────┴──────▶ withdrawn | cancelled (and the five results from submitted)
 *
 *   part   waiting ──▶ open ──▶ approved | refused | not_needed
 *             │          └────▶ stopped ──▶ open        (the diagram came back to it)
 *             └──▶ not_needed | stopped      approved | refused | not_needed ──▶ open
 *
 * Invariants: a case that has ended has no open or waiting part, no open pause and no open
 * correction; a part is paused exactly while a pausing activity stands in it; the clock of a
 * case or part is paused exactly while its pause count is above zero; `version` rises with every
 * change and is the row's ETag. Personal data (form data, names, opinions, contents of
 * documents) stand in the sealed parts of events under the case's id and are cleared from the
 * rows when that key is destroyed; they then read as null.
 *
 * Who sees what: an applicant its own drafts and cases (reads cases_own), a clerk the cases
 * with a part of its office (cases_office), a supervisor all (cases_all) with names masked and
 * without data unless it also reads case_data. What one may not see reads as not found.
 * Floor 5. Tables: case_draft, case_case, case_part, case_pause, case_correction,
 * case_document, case_timeline, case_serial. Commands run on the writer's thread; the reading
 * functions on any, with a connection of their own. */
#ifndef DOMAIN_CASE_CASE_H
#define DOMAIN_CASE_CASE_H

#include "core/core.h"
#include "lang/form/form.h"

#define CASE_DRAFTS_MAX 100u        /* drafts of one account */
#define CASE_DATA_BYTES_MAX (256u << 10) /* form data as JSON text */
#define CASE_REASON_MAX 2000u       /* characters of a reason */
#define CASE_MATTERS_MAX 60u        /* matters of a thing */
#define CASE_MATERIALS_MAX 300u     /* materials of a thing */
#define CASE_DOCUMENTS_MAX 200u     /* documents of a case */
#define CASE_CONTENT_BYTES_MAX (64u << 10) /* content of a document as JSON text */
#define CASE_PAGE_MAX 200u          /* rows of a page */
#define CASE_PAGE_DEFAULT 20u

typedef struct Cases Cases;

/* The module's state, and the module over it. The state ends with core_close (Module.close), or
 * with cases_close when no core was opened over it. */
Cases *cases_open(void);
void cases_close(Cases *cases);
const Module *cases_module(Cases *cases);

/* ---- Things. Format: docs/packs.md, section "thing". */

typedef struct Text2 {
    Str zh, en; /* en falls back to zh */
} Text2;

/* Named apart from clock.h's Limit, which the rooms above include too. */
typedef struct ThingLimit {
    int64_t amount; /* 0: no limit */
    Str unit;       /* working_day, working_hour, calendar_day, working_half_day */
} ThingLimit;

/* How much longer the law lets a limit become, and who approves it; amount 0: not at all. */
typedef struct ThingExtension {
    ThingLimit limit;
    Str approver; /* role; empty: the office itself */
    Str basis;
} ThingExtension;

typedef struct ThingMatter {
    Str id;
    Text2 title;
    Str office;
    Str item_code; /* 事项实施编码, 31 characters */
    ThingLimit statutory, promised;
    ThingExtension extension; /* the thing's unless named */
    const Str *materials; /* ids */
    size_t material_count;
} ThingMatter;

typedef struct ThingMaterial {
    Str id;
    Text2 title;
    Str from; /* "upload", "registry", "licence" */
    Str source; /* registry name or licence kind; empty for uploads and where not named */
    Str field;  /* key of the file picker of an upload: the id unless named */
} ThingMaterial;

typedef struct Thing {
    Str id;
    int64_t version; /* of the definition; 0 when compiled by hand */
    Text2 title;
    Str stage;    /* a word of THING_STAGES */
    Str audience; /* "person", "firm", "both" */
    Str region;
    Str form, process, calendar, lead_matter;
    const ThingMatter *matters;
    size_t matter_count;
    ThingLimit statutory, promised;
    ThingExtension extension;
    Str supervision; /* id of the rule of lights and cards; empty: none */
    int64_t fee_fen;
    int64_t visits;
    Text2 guide;
    Value legal_basis; /* list of {zh, en} */
    const ThingMaterial *materials;
    size_t material_count;
    bool refused_part_ends_case; /* when_part_refused: "refuse_case"; else "continue" */
    Value facts;       /* list of {what: text or {zh, en}, source} */
    Value own_reading; /* list of {zh, en} */
    Value source;      /* the whole definition as a value */
} Thing;

/* Life stages of the guide, in order. X(word, zh, en). */
#define THING_STAGES(X)                                     \
    X("birth", "出生", "Birth")                             \
    X("school", "入学", "School")                           \
    X("work", "就业", "Work")                               \
    X("marriage", "婚育", "Marriage and family")            \
    X("housing", "置业", "Housing")                         \
    X("health", "就医", "Health")                           \
    X("help", "救助", "Help")                               \
    X("retirement", "退休", "Retirement")                   \
    X("end_of_life", "身后", "End of life")                 \
    X("business_start", "开办", "Starting a business")      \
    X("business_permit", "准营", "Permits")                 \
    X("business_operation", "经营", "Running a business")   \
    X("business_end", "注销", "Closing a business")

/* Compile a thing's text; for the module itself and for `tongban check`. Faults have places. */
bool thing_compile(Arena *a, Str json, Str file, Thing **out, Err *err);

/* The latest version of every thing, in the order of stages, then ids. stage may be empty: all.
 * The things are the module's own and live as long as it. */
size_t thing_list(const Cases *cases, Str stage, Arena *a, const Thing *const **out);
/* version 0: the latest. NULL when unknown. */
const Thing *thing_read(const Cases *cases, Str id, int64_t version);
/* The latest form of a thing or of any id; NULL when not installed. */
const Form *case_form(const Cases *cases, Str form_id);
/* Title of an office; the code when it is unknown. */
Text2 case_office_title(const Cases *cases, Str office);

/* ---- Life cycles. X(NAME, word, zh, en, ended). */
#define CASE_STATES(X)                                   \
    X(SUBMITTED, "submitted", "已提交", "submitted", false) \
    X(ACCEPTED, "accepted", "办理中", "in progress", false) \
    X(APPROVED, "approved", "已办结", "approved", true)     \
    X(PARTIAL, "partial", "部分办结", "partly approved", true) \
    X(REFUSED, "refused", "不予办理", "refused", true)      \
    X(WITHDRAWN, "withdrawn", "已撤回", "withdrawn", true)  \
    X(CANCELLED, "cancelled", "已终止", "cancelled", true)
#define CASE_STATE_ENUM(name, word, zh, en, ended) CASE_##name,
typedef enum CaseState { CASE_STATES(CASE_STATE_ENUM) CASE_STATE_COUNT } CaseState;

#define PART_STATES(X)                                    \
    X(WAITING, "waiting", "未开始", "not started", false)    \
    X(OPEN, "open", "进行中", "in progress", false)          \
    X(APPROVED, "approved", "已完成", "done", true)          \
    X(REFUSED, "refused", "不予办理", "refused", true)       \
    X(NOT_NEEDED, "not_needed", "无需办理", "not needed", true) \
    X(STOPPED, "stopped", "已停止", "stopped", true)
#define PART_STATE_ENUM(name, word, zh, en, ended) PART_##name,
typedef enum PartState { PART_STATES(PART_STATE_ENUM) PART_STATE_COUNT } PartState;

Str case_state_word(CaseState s); /* "accepted" */
Text2 case_state_title(CaseState s);
bool case_state_ended(CaseState s);
bool case_state_parse(Str word, CaseState *out);
bool case_move_allowed(CaseState from, CaseState to);
Str part_state_word(PartState s);
Text2 part_state_title(PartState s);
bool part_state_ended(PartState s);
bool part_move_allowed(PartState from, PartState to);

/* ---- Drafts: of the actor alone. */

typedef struct Draft {
    Id id;
    Str thing;
    int64_t thing_version; /* version the draft was saved under */
    Text2 title;           /* of the thing */
    int64_t version;       /* ETag */
    Instant created_at, saved_at;
    Value data; /* null in lists, and after erasure */
} Draft;

/* The actor's drafts, newest first. */
bool draft_list(const Cases *cases, StoreConn *conn, int64_t node, const Actor *actor, Arena *a,
                Draft **out, size_t *count, Err *err);
/* draft_unknown (404) when there is none or it is someone else's. */
bool draft_read(const Cases *cases, StoreConn *conn, int64_t node, const Actor *actor, Id draft,
                Arena *a, Draft *out, Err *err);

/* ---- Cases. */

typedef struct CaseRow {
    Id id;
    Str number; /* 办件编号 */
    Str thing;
    int64_t thing_version;
    Text2 title; /* of the thing, as it was when submitted */
    CaseState state;
    Str applicant;      /* account id; empty for readers who see masks */
    Str applicant_name; /* masked where the reader may not see it */
    Str subject;        /* the same */
    Instant submitted_at, accepted_at, ended_at; /* INSTANT_NONE: not yet */
    Instant due_at;     /* INSTANT_NONE: no clock runs */
    bool paused;        /* the case's own clock */
    bool overdue;       /* at the `now` given */
    int64_t part_count, part_ended_count;
    int64_t correction_count; /* open ones */
    Str instance;       /* key of the process instance, decimal text; empty before it started */
    int64_t version;    /* ETag */
} CaseRow;

typedef struct CasePart {
    Id id;
    int64_t ordinal; /* from 1, order of the thing's matters */
    Str matter;
    Text2 title;
    Str office;
    Text2 office_title;
    Str item_code;
    PartState state;
    bool paused;
    bool correction_open;
    Str pause_reason; /* code of the latest open pause; empty when not paused */
    Instant opened_at, closed_at, due_at;
} CasePart;

/* X(NAME, word): a correction is open until answered; dropped when its task went away. */
#define CORRECTION_STATES(X) X(OPEN, "open") X(ANSWERED, "answered") X(DROPPED, "dropped")
#define CORRECTION_STATE_ENUM(name, word) CORRECTION_##name,
typedef enum CorrectionState {
    CORRECTION_STATES(CORRECTION_STATE_ENUM) CORRECTION_STATE_COUNT
} CorrectionState;
Str correction_state_word(CorrectionState s);

typedef struct CaseCorrection {
    Id id;
    Id part;    /* ID_NONE: of the whole case */
    Str matter; /* empty with it */
    Str office; /* who asks */
    Str task;   /* key of the applicant's task, decimal text */
    Str reason; /* what to correct; empty after erasure */
    CorrectionState state;
    Instant asked_at, answered_at;
} CaseCorrection;

typedef struct CaseDocument {
    Id id;
    Str matter; /* empty: of the whole case */
    Str office;
    Str kind;
    Str number; /* of the document; may be empty */
    Text2 title;
    Value content; /* context; null after erasure and for readers without data */
    Instant issued_at;
} CaseDocument;

typedef struct CaseWhole {
    CaseRow row;
    CasePart *parts;
    size_t part_count;
    CaseCorrection *corrections; /* oldest first */
    size_t correction_count;
    CaseDocument *documents; /* oldest first */
    size_t document_count;
    Value data;        /* the form's values; null where the reader may not see them */
    bool data_visible; /* tells "may not see" from "erased" */
    Str reason;        /* of withdrawal or conclusion; may be empty */
} CaseWhole;

typedef struct CaseFilter {
    Str state;  /* a word of CASE_STATES, "open" (not ended) or "ended"; empty: all */
    Str thing;  /* thing id; empty: all */
    Str office; /* with a part of this office; empty: all */
    bool overdue; /* only cases past their due instant whose clock runs */
    Str light;    /* normal, near or overdue, as the clock last told; empty: all */
    Instant now;  /* for overdue */
    Str cursor;   /* next_cursor of the page before; empty: from the newest */
    size_t page_size; /* 0: CASE_PAGE_DEFAULT; at most CASE_PAGE_MAX */
} CaseFilter;

typedef struct CasePage {
    CaseRow *rows; /* newest first */
    size_t count;
    Str next_cursor; /* empty: this was the last page */
} CasePage;

/* What the actor may see; an actor that may read no cases gets not_permitted (403). */
bool case_list(const Cases *cases, StoreConn *conn, int64_t node, const Actor *actor,
               const CaseFilter *filter, Arena *a, CasePage *out, Err *err);
/* case_unknown (404) when there is none or the actor may not see it. */
bool case_read(const Cases *cases, StoreConn *conn, int64_t node, const Actor *actor, Id id,
               Instant now, Arena *a, CaseWhole *out, Err *err);
/* The id of a case by its number; the same rights. */
bool case_find(const Cases *cases, StoreConn *conn, int64_t node, const Actor *actor, Str number,
               Arena *a, Id *out, Err *err);

/* ---- Timeline. X(NAME, code, en, zh); {matter} {office} {task} {reason} {due} {number} {result}
 * {title} stand for what the entry has. */
#define TIMELINE_KINDS(X)                                                                       \
    X(SUBMITTED, "submitted", "Application submitted, number {number}.", "申请已提交，办件编号 {number}。") \
    X(ACCEPTED, "accepted", "Application accepted.", "申请已受理。")                            \
    X(DUE, "due", "To be finished by {due}.", "应于 {due} 前办结。")                            \
    X(PART_OPENED, "part_opened", "{office} began: {matter}.", "{office}开始办理“{matter}”。")  \
    X(PART_DUE, "part_due", "{matter}: to be finished by {due}.", "“{matter}”应于 {due} 前办结。") \
    X(PART_APPROVED, "part_approved", "{office} finished: {matter}.", "{office}办结“{matter}”。") \
    X(PART_REFUSED, "part_refused", "{office} refused: {matter}. {reason}", \
      "{office}对“{matter}”不予办理。{reason}") \
    X(PART_NOT_NEEDED, "part_not_needed", "Not needed: {matter}.", "“{matter}”无需办理。")      \
    X(PART_STOPPED, "part_stopped", "Stopped: {matter}.", "“{matter}”已停止办理。")             \
    X(TASK_OPENED, "task_opened", "{task}: waiting.", "“{task}”待办理。")                       \
    X(TASK_COMPLETED, "task_completed", "{task}: done. {reason}", "“{task}”已完成。{reason}")   \
    X(TASK_CANCELLED, "task_cancelled", "{task}: cancelled.", "“{task}”已取消。")               \
    X(PAUSED, "paused", "The clock of \"{matter}\" stands still: {reason}.", \
      "“{matter}”暂停计时：{reason}。") \
    X(RESUMED, "resumed", "The clock of \"{matter}\" runs again.", "“{matter}”恢复计时。")      \
    X(CORRECTION_ASKED, "correction_asked", "{office} asks for a correction. {reason}", \
      "{office}要求补正。{reason}") \
    X(CORRECTION_ANSWERED, "correction_answered", "Correction received.", "已收到补正材料。")   \
    X(ISSUED, "issued", "{office} issued: {title} {number}", "{office}出具“{title}” {number}")  \
    X(CONCLUDED, "concluded", "Result: {result}. {reason}", "办理结果：{result}。{reason}")     \
    X(WITHDRAWN, "withdrawn", "Withdrawn by the applicant. {reason}", "申请人撤回申请。{reason}") \
    X(ENDED, "ended", "Case ended: {result}.", "办件结束：{result}。")                          \
    X(EXTENDED, "extended", "The time limit was extended with approval. {reason}", \
      "经批准延长办理期限。{reason}")
#define TIMELINE_KIND_ENUM(name, code, en, zh) TIMELINE_##name,
typedef enum TimelineKind { TIMELINE_KINDS(TIMELINE_KIND_ENUM) TIMELINE_KIND_COUNT } TimelineKind;

typedef struct TimelineEntry {
    int64_t seq; /* 1, 2, ... within the case */
    Instant at;
    TimelineKind kind;
    Str code;   /* of the kind */
    Str actor;  /* account id; empty for readers who may not see it */
    Str office; /* acting office; empty for the applicant and the engine */
    Str matter; /* matter id; empty: the whole case */
    Value params; /* {task, reason, due, number, result, title, element}: what the kind has */
    Text2 text; /* the sentence */
} TimelineEntry;

/* Oldest first; the rights of case_read. */
bool case_timeline(const Cases *cases, StoreConn *conn, int64_t node, const Actor *actor, Id id,
                   Arena *a, TimelineEntry **out, size_t *count, Err *err);

/* ---- Checking rows: what tests and `verify` ask. False with the broken rule in err. */
bool case_invariants(StoreConn *conn, int64_t node, Id id, Arena *a, Err *err);

#define CASE_FAULTS(X)                                                                          \
    X(case_field, INPUT, 422, false, "The field \"{1}\" must be {2}.", "字段“{1}”应为{3}。")    \
    X(case_field_unknown, INPUT, 422, false, \
      "There is no field \"{1}\" in this request. Leave it out.", \
      "请求中不应有字段“{1}”，请删除。")                                                        \
    X(thing_unknown, INPUT, 404, false, "There is no service \"{1}\".", "没有名为“{1}”的事项。") \
    X(draft_unknown, REFUSAL, 404, false, "There is no such draft.", "没有找到该草稿。")        \
    X(draft_changed, REFUSAL, 412, false,                                                       \
      "The draft was changed meanwhile (version {1}, yours is {2}). Load it again.",            \
      "草稿已在别处修改（当前版本 {1}，您的版本 {2}），请重新载入。")                           \
    X(draft_thing, REFUSAL, 422, false, "The draft belongs to the service \"{1}\".",            \
      "该草稿属于事项“{1}”。")                                                                  \
    X(draft_limit, REFUSAL, 409, false, "You have {1} drafts already. Delete one first.",       \
      "您已有 {1} 份草稿，请先删除一份。")                                                      \
    X(case_data_size, LIMIT, 413, false, "The form's data are longer than {1} bytes.",          \
      "填报数据超过 {1} 字节。")                                                                \
    X(case_unknown, REFUSAL, 404, false, "There is no such case.", "没有找到该办件。")          \
    X(case_closed, REFUSAL, 409, false, "Case {1} has ended ({2}); nothing can be changed.",    \
      "办件 {1} 已结束（{3}），不能再更改。")                                                   \
    X(part_unknown, INPUT, 404, false, "This case has no such part.", "该办件没有此事项。")     \
    X(matter_unknown, INPUT, 422, false, "The service \"{1}\" has no matter \"{2}\".",          \
      "事项“{1}”中没有“{2}”。")                                                                 \
    X(correction_none, REFUSAL, 409, false, "No correction is asked here.", "此处没有待补正的内容。") \
    X(case_result_unknown, INPUT, 422, false, \
      "\"{1}\" is not a result. Use approved, refused or partial.", \
      "“{1}”不是有效的办理结果，应为 approved、refused 或 partial。")                           \
    X(document_limit, LIMIT, 422, false, "A case holds at most {1} documents.", \
      "一个办件最多有 {1} 份文书。") \
    X(case_not_startable, REFUSAL, 422, false, "The process of this service could not start. {1}", \
      "该事项的流程未能启动。{2}")                                                              \
    X(case_cursor_invalid, INPUT, 422, false, \
      "The cursor \"{1}\" is not one of ours. Begin again without it.", \
      "分页游标“{1}”无效，请从第一页重新查询。")                                                \
    X(case_filter_invalid, INPUT, 422, false, "\"{1}\" cannot be a filter for {2}.", \
      "“{1}”不能用作 {2} 的筛选条件。") \
    X(thing_invalid, INPUT, 422, false, "In a thing, {1} must be {2}.", "事项定义中，{1} 应为{3}。") \
    X(thing_reference, INPUT, 422, false, "{1} names \"{2}\", which this thing does not have.", \
      "{1} 引用了“{2}”，但该事项中没有它。")                                                    \
    X(thing_twice, INPUT, 422, false, "The id \"{1}\" stands twice in {2}.", "{2} 中重复出现标识“{1}”。") \
    X(thing_field_unknown, INPUT, 422, false, \
      "A thing has no field \"{1}\". See docs/packs.md, section thing.", \
      "事项定义中没有字段“{1}”，请参阅 docs/packs.md 的 thing 一节。")                          \
    X(case_broken, OUTSIDE, 500, false, "Case {1} breaks the rule: {2}.", "办件 {1} 违反规则：{2}。")
FAULT_DECLARE(CASE_FAULTS)

#endif
