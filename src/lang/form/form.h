/* form.h - a form-js schema compiled to a checked, read-only form, and data judged by it.
 *
 * A Form is the list of its input fields in the order of the schema, as a tree: groups and
 * dynamic lists hold fields. Data is a plain context: a field's value stands under its key; a
 * group with a path nests its fields in a context under that path, a group without one is only
 * a frame; a dynamic list is a list of contexts. form_check() never stops at the first fault:
 * it gives all of them (up to FORM_FAULTS_MAX), each with the field's path and its text in both
 * languages, so that a page can show them beside the fields.
 *
 * What we add to form-js stands in "properties" of a component (a form editor shows and keeps
 * them): "datum" the name of the datum asked, "format" an identifier format of
 * codec/identifier.h, "label.en" and "description.en" the English texts, "source" where the
 * value is prefilled from ("registry:<registry>.<column>"), "legacy" = "accept" when codes of
 * early years with a wrong check digit are let through.
 *
 * Invariants: keys are unique in their scope; every condition and pattern compiled; component
 * types outside FORM_TYPES are refused when the form is compiled.
 * Floor 3, above lang/feel. No tables. A compiled form may be used by any thread. */
#ifndef LANG_FORM_FORM_H
#define LANG_FORM_FORM_H

#include "base/err.h"
#include "base/value.h"

#define FORM_FIELDS_MAX 500u       /* components of one form, all levels */
#define FORM_DEPTH_MAX 8u          /* groups and lists in each other */
#define FORM_OPTIONS_MAX 1000u     /* options of one field */
#define FORM_PATTERN_BYTES_MAX 500u
#define FORM_TEXT_MAX 2000u        /* characters in a textfield without maxLength */
#define FORM_TEXTAREA_MAX 20000u   /* the same for a textarea */
#define FORM_ROWS_MAX 500u         /* rows of a dynamic list */
#define FORM_FILES_MAX 20u         /* files of one file picker */
#define FORM_FILE_BYTES_MAX (100ll << 20)
#define FORM_FAULTS_MAX 100u       /* faults told at once */
#define FORM_PATTERN_STEPS 20000u  /* match limit of a pattern: a hostile one ends early */

/* X(NAME, form-js type, role): role says what stands in data. */
#define FORM_TYPES(X)                 \
    X(TEXTFIELD, "textfield", INPUT)  \
    X(TEXTAREA, "textarea", INPUT)    \
    X(NUMBER, "number", INPUT)        \
    X(SELECT, "select", INPUT)        \
    X(RADIO, "radio", INPUT)          \
    X(CHECKBOX, "checkbox", INPUT)    \
    X(CHECKLIST, "checklist", INPUT)  \
    X(TAGLIST, "taglist", INPUT)      \
    X(DATETIME, "datetime", INPUT)    \
    X(FILEPICKER, "filepicker", INPUT) \
    X(GROUP, "group", FRAME)          \
    X(DYNAMICLIST, "dynamiclist", FRAME) \
    X(TEXT, "text", SHOW)             \
    X(SEPARATOR, "separator", SHOW)   \
    X(SPACER, "spacer", SHOW)         \
    X(BUTTON, "button", SHOW)
#define FORM_TYPE_ENUM(name, text, role) FORM_##name,
typedef enum FormType { FORM_TYPES(FORM_TYPE_ENUM) FORM_TYPE_COUNT } FormType;
const char *form_type_name(FormType type);

typedef enum FormDateKind { FORM_DATE, FORM_TIME, FORM_DATE_TIME } FormDateKind;

typedef struct FormOption {
    Value value; /* string, number or boolean */
    Str label_zh, label_en;
} FormOption;

typedef struct Form Form;
typedef struct FormField FormField;

/* A field, group or list. Texts live as long as the form; empty when not given. */
struct FormField {
    Str key;  /* of a group or list: its path; empty for a frame */
    Str path; /* from the root: "firm/workers/name"; unique in the form */
    FormType type;
    FormDateKind date_kind; /* of FORM_DATETIME */
    Str label_zh, label_en; /* English falls back to Chinese */
    bool required;
    bool disabled;        /* shown, never sent */
    Str datum;            /* name of the datum asked, as "firm.name" */
    Str format;           /* identifier format */
    Str accept;           /* of a file picker: kinds, as ".pdf,.jpg"; empty: all */
    Str source_registry;  /* "legal_person" of "registry:legal_person.name" */
    Str source_column;    /* "name" */
    const FormOption *options;
    size_t option_count;
    bool multiple;        /* file picker for several files */
    Str hide;             /* FEEL text of conditional.hide without '='; empty: always shown */
    const FormField *const *children; /* of groups and lists */
    size_t child_count;
    const FormField *parent; /* group or list, NULL at the root */
    uint32_t line, column;   /* of the component in the schema */
    const struct FormRule *rule; /* lengths, ranges, pattern, condition: inside the room */
};

/* Compile. Everything is copied into a; file is for messages. Faults carry line and column. */
bool form_compile(Arena *a, Str json, Str file, Form **out, Err *err);
Str form_id(const Form *f);
Str form_source(const Form *f); /* the schema's own text */
/* Fields of all levels in document order: inputs, groups with a path and lists (no SHOW types,
 * no frames). */
size_t form_field_count(const Form *f);
const FormField *form_field_at(const Form *f, size_t i);
/* By path; NULL when there is none. */
const FormField *form_field(const Form *f, Str path);

typedef enum FormMode {
    FORM_DRAFT, /* may be incomplete: only unknown fields, types and sizes are judged */
    FORM_SUBMIT
} FormMode;

typedef struct FormFault {
    Str field;      /* where: "/firm/workers/2/name", a JSON Pointer into the data */
    const char *name; /* of a FORM_DATA_FAULTS row or of an identifier fault */
    Str label_zh, label_en; /* of the field; the pointer when it has none */
    Str text_zh, text_en;
} FormFault;

typedef struct FormFaults {
    size_t count;
    FormFault *items; /* FORM_FAULTS_MAX at most; in the order of the fields */
    bool more;        /* there were more than that */
} FormFaults;

/* Judge data. now is what today() sees in conditions. True when there is no fault. faults live
 * in a. */
bool form_check(const Form *f, Value data, FormMode mode, Instant now, Arena *a,
                FormFaults *faults);
/* One refusal that stands for the list: form_data_invalid with the first of them. False. */
bool form_refuse(const FormFaults *faults, Err *err);
/* The same data with later over earlier, field by field: a group is merged, everything else is
 * replaced. For corrections. */
Value form_merge(const Form *f, Value earlier, Value later, Arena *a);

/* Faults of a schema. */
#define FORM_FAULTS(X)                                                                          \
    X(form_shape, INPUT, 422, false, "A form needs {1}.", "表单缺少或写错了：{1}。")            \
    X(form_component, INPUT, 422, false,                                                        \
      "A component of type \"{1}\" is not supported. Use one of: {2}.",                         \
      "不支持“{1}”类型的组件，可用的类型：{2}。")                                               \
    X(form_key, INPUT, 422, false,                                                              \
      "\"{1}\" cannot be a key. Use letters, digits and _, beginning with a letter.",           \
      "“{1}”不能用作键，请使用字母、数字和下划线，并以字母开头。")                              \
    X(form_key_twice, INPUT, 422, false, "The key \"{1}\" stands twice in this form. Rename one.", \
      "键“{1}”在表单中出现两次，请改名。")                                                      \
    X(form_format_unknown, INPUT, 422, false, "There is no identifier format \"{1}\".",         \
      "没有名为“{1}”的标识格式。")                                                              \
    X(form_source_wrong, INPUT, 422, false,                                                     \
      "The source \"{1}\" is not understood. Write registry:<registry>.<column>.",              \
      "无法识别数据来源“{1}”，请写成 registry:<基础库>.<字段>。")                               \
    X(form_validate, INPUT, 422, false, "\"{1}\" must be {2}.", "“{1}”应为{3}。")               \
    X(form_pattern_wrong, INPUT, 422, false, "The pattern \"{1}\" is faulty: {2}.",             \
      "正则表达式“{1}”有误：{2}。")                                                             \
    X(form_condition_wrong, INPUT, 422, false, "The condition \"{1}\" is faulty: {2}",          \
      "条件“{1}”有误：{3}")                                                                     \
    X(form_limit, INPUT, 422, false, "The form exceeds a limit: {1}.", "表单超出限制：{1}。")   \
    X(form_data_invalid, INPUT, 422, false,                                                     \
      "{1} field(s) need your attention. {2}: {4}", "有 {1} 处需要修改。{3}：{5}")
FAULT_DECLARE(FORM_FAULTS)

/* Faults of data: texts stand beside the field, so they say what to do and not which field. */
#define FORM_DATA_FAULTS(X)                                                                     \
    X(data_not_object, INPUT, 422, false, "The data must be an object of fields.",              \
      "数据应为由字段组成的对象。")                                                             \
    X(data_unknown, INPUT, 422, false, "This form has no field \"{1}\".", "表单中没有字段“{1}”。") \
    X(data_type, INPUT, 422, false, "This must be {1}.", "此处应为{2}。")                       \
    X(data_required, INPUT, 422, false, "Please fill this in.", "请填写此项。")                 \
    X(data_confirm, INPUT, 422, false, "Please tick this box.", "请勾选此项。")                 \
    X(data_choose, INPUT, 422, false, "Please choose.", "请选择。")                             \
    X(data_hidden, INPUT, 422, false,                                                           \
      "This does not apply to your answers; leave it out.", "根据您的填写，此项不适用，请勿提交。") \
    X(data_disabled, INPUT, 422, false, "This is filled in for you; leave it out.",             \
      "此项由系统填写，请勿提交。")                                                             \
    X(data_short, INPUT, 422, false, "Please write at least {1} characters.", "请至少填写 {1} 个字。") \
    X(data_long, INPUT, 422, false, "Please write at most {1} characters; there are {2}.",      \
      "请不要超过 {1} 个字，现为 {2} 个字。")                                                   \
    X(data_character, INPUT, 422, false, "Character {1} cannot be used here; delete it.",       \
      "第 {1} 个字符不能使用，请删除。")                                                        \
    X(data_pattern, INPUT, 422, false, "This is not written in the expected way; please check it.", \
      "填写格式不正确，请核对。")                                                               \
    X(data_pattern_hint, INPUT, 422, false, "{1}", "请核对：{2}")                                       \
    X(data_small, INPUT, 422, false, "Please enter {1} or more.", "请填写不小于 {1} 的数。")    \
    X(data_big, INPUT, 422, false, "Please enter {1} or less.", "请填写不大于 {1} 的数。")      \
    X(data_digits, INPUT, 422, false, "Please write at most {1} digits behind the point.",      \
      "小数点后请不要超过 {1} 位。")                                                            \
    X(data_option, INPUT, 422, false, "\"{1}\" is not one of the choices.", "“{1}”不在可选范围内。") \
    X(data_twice, INPUT, 422, false, "\"{1}\" is chosen twice.", "“{1}”重复选择。")             \
    X(data_date, INPUT, 422, false, "Please write a real date, such as 2026-11-25.",            \
      "请填写真实日期，如 2026-11-25。")                                                        \
    X(data_past, INPUT, 422, false, "This day has passed; please choose a later one.",          \
      "该日期已过，请选择以后的日期。")                                                         \
    X(data_time, INPUT, 422, false, "Please write a time, such as 09:30.", "请填写时间，如 09:30。") \
    X(data_date_time, INPUT, 422, false,                                                        \
      "Please write a date and time, such as 2026-11-25T09:30.",                                \
      "请填写日期和时间，如 2026-11-25T09:30。")                                                \
    X(data_file, INPUT, 422, false,                                                             \
      "A file needs name, media_type, size and sm3; {1} is missing or wrong.",                  \
      "文件须有 name、media_type、size 和 sm3，其中 {1} 缺失或有误。")                          \
    X(data_file_kind, INPUT, 422, false, "\"{1}\" is not one of the kinds accepted here ({2}).", \
      "“{1}”不是此处接受的文件类型（{2}）。")                                                   \
    X(data_files, INPUT, 422, false, "Please give at most {1} files.", "最多上传 {1} 个文件。") \
    X(data_rows, INPUT, 422, false, "Please give at most {1} rows.", "最多填写 {1} 行。")
FAULT_DECLARE(FORM_DATA_FAULTS)

/* Both lists as tables, for core. NULL-terminated. */
extern const Fault *const form_faults[];
extern const Fault *const form_data_faults[];

#endif
