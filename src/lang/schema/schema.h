/* schema.h - JSON Schema 2020-12: compiled once, then run over values.
 *
 * A Schema is a read-only graph of nodes, one for every place of a document that is used as a
 * schema; $ref, $anchor, $dynamicRef and unevaluated* are resolved when it is compiled as far as
 * the language allows. References reach the document itself and the documents of a library given
 * by the caller; nothing is ever fetched. Faults of a schema name file, line, column and JSON
 * Pointer; findings about a value name the JSON Pointer inside that value and the keyword.
 *
 * The identifiers of Chinese administration are formats: uscc, citizen, organisation, licence,
 * matter, region, mobile, pollution-source (codec/identifier.h). A legacy code (well-formed, in
 * use, wrong check digit) fails its format unless the schema says "x-legacy": true beside it.
 * Floor 3. A Schema may be used by many threads at once. */
#ifndef LANG_SCHEMA_SCHEMA_H
#define LANG_SCHEMA_SCHEMA_H

#include "base/err.h"
#include "base/value.h"

#define SCHEMA_NODES_MAX 20000u    /* compiled subschemas of one schema */
#define SCHEMA_DEPTH_MAX 256u      /* nested evaluations: schema inside schema */
#define SCHEMA_STEPS_MAX 4000000u  /* subschema evaluations of one validation */
#define SCHEMA_FINDINGS_MAX 100u   /* problems collected of one value */
#define SCHEMA_PATTERN_BYTES_MAX 4096u
#define SCHEMA_MATCH_STEPS 200000u /* PCRE2 match limit of one pattern on one text */

typedef struct Schema Schema;

/* A document that references may reach, under its absolute URI. */
typedef struct SchemaDocument {
    Str uri;
    Value document;
} SchemaDocument;

typedef struct SchemaOptions {
    const SchemaDocument *library; /* borrowed: must outlive the Schema */
    size_t library_count;
    Str base_uri;          /* of the document, when it has no $id */
    bool annotate_formats; /* true: "format" never fails (the default of the standard) */
    bool allow_unknown;    /* true: unknown keywords are annotations; otherwise they are refused
                              unless they start with "x-" */
} SchemaOptions;

/* Compile a text. file is for messages. options may be NULL: formats are asserted, unknown
 * keywords refused. The Schema and copies of everything it needs live in a. */
bool schema_compile(Arena *a, Str text, Str file, const SchemaOptions *options, Schema **out,
                    Err *err);
/* The same for a value already parsed (borrowed: must outlive the Schema); faults then have no
 * line and column. */
bool schema_compile_value(Arena *a, Value document, Str file, const SchemaOptions *options,
                          Schema **out, Err *err);
/* Free what PCRE2 holds outside of the arena. Must come before the arena ends. */
void schema_close(Schema *s);
/* The document as it was given, with its annotations. */
Value schema_document(const Schema *s);

/* One thing that is wrong with a value. */
typedef struct SchemaFinding {
    Str pointer;  /* JSON Pointer into the value: "/items/3/name", "" is the whole */
    Str keyword;  /* the keyword that failed: "required", "pattern" */
    Str property; /* for required and closed objects: the property that is missing or too much */
    Err err;      /* the text for people, with the pointer as element */
} SchemaFinding;

/* Is the value valid? False with the first finding as err. Scratch memory comes from a and is
 * given back. */
bool schema_validate(const Schema *s, Arena *a, Value v, Err *err);
/* All findings (at most SCHEMA_FINDINGS_MAX), in the order of the schema. True when there are
 * none. False with *count 0 never happens. */
bool schema_findings(const Schema *s, Arena *a, Value v, SchemaFinding **findings,
                     size_t *count);

#define SCHEMA_FAULTS(X)                                                                        \
    X(schema_keyword_unknown, INPUT, 422, false,                                                \
      "\"{1}\" is not a keyword of JSON Schema 2020-12. Correct it, or start its name with \"x-\".", \
      "“{1}”不是 JSON Schema 2020-12 的关键字。请改正，或以“x-”开头命名。")                     \
    X(schema_keyword_value, INPUT, 422, false, "The keyword \"{1}\" must be {2}.",              \
      "关键字“{1}”的取值应为：{2}。")                                                           \
    X(schema_not_schema, INPUT, 422, false, "A schema must be an object or a boolean.",         \
      "模式应为对象或布尔值。")                                                                 \
    X(schema_reference, INPUT, 422, false,                                                      \
      "The reference \"{1}\" leads nowhere. Only this document and installed ones can be reached.", \
      "引用“{1}”没有指向任何内容，只能引用本文件或已安装的文件。")                              \
    X(schema_pattern, INPUT, 422, false, "The pattern \"{1}\" is not a regular expression: {2}.", \
      "“{1}”不是有效的正则表达式：{2}。")                                                       \
    X(schema_format_unknown, INPUT, 422, false, "There is no format \"{1}\".", "没有格式“{1}”。") \
    X(schema_duplicate_id, INPUT, 422, false, "The name \"{1}\" is given to two schemas.",      \
      "名称“{1}”被两个模式重复使用。")                                                          \
    X(schema_too_large, LIMIT, 422, false, "The schema exceeds a limit: {1}.",                  \
      "模式超出限制：{1}。")                                                                    \
    X(schema_too_costly, LIMIT, 422, false,                                                     \
      "Checking this value takes too many steps ({1}). Make the value smaller or the schema simpler.", \
      "校验该数据所需步骤过多（{1}）。请缩小数据或简化模式。")                                  \
    X(value_type, INPUT, 422, false, "This must be {1}, but it is {2}.", "此处应为{1}，现为{2}。") \
    X(value_enum, INPUT, 422, false, "This must be one of: {1}.", "此处应为下列之一：{1}。")    \
    X(value_const, INPUT, 422, false, "This must be {1}.", "此处应为 {1}。")                    \
    X(value_multiple, INPUT, 422, false, "The number must be a multiple of {1}.",               \
      "数值应为 {1} 的整数倍。")                                                                \
    X(value_too_big, INPUT, 422, false, "The number must be at most {1}.", "数值不得大于 {1}。") \
    X(value_not_below, INPUT, 422, false, "The number must be less than {1}.", "数值应小于 {1}。") \
    X(value_too_small, INPUT, 422, false, "The number must be at least {1}.", "数值不得小于 {1}。") \
    X(value_not_above, INPUT, 422, false, "The number must be greater than {1}.",               \
      "数值应大于 {1}。")                                                                       \
    X(value_too_long, INPUT, 422, false, "The text may have at most {1} characters; it has {2}.", \
      "文本最多 {1} 个字，现有 {2} 个字。")                                                     \
    X(value_too_short, INPUT, 422, false, "The text must have at least {1} characters; it has {2}.", \
      "文本至少 {1} 个字，现有 {2} 个字。")                                                     \
    X(value_pattern, INPUT, 422, false, "The text does not have the expected form ({1}).",      \
      "文本不符合规定的格式（{1}）。")                                                          \
    X(value_format, INPUT, 422, false, "\"{1}\" is not a valid {2}.", "“{1}”不是有效的{2}。")   \
    X(value_too_many_items, INPUT, 422, false, "There may be at most {1} entries; there are {2}.", \
      "最多 {1} 项，现有 {2} 项。")                                                             \
    X(value_too_few_items, INPUT, 422, false, "There must be at least {1} entries; there are {2}.", \
      "至少 {1} 项，现有 {2} 项。")                                                             \
    X(value_not_unique, INPUT, 422, false, "Entries {1} and {2} are the same.",                 \
      "第 {1} 项与第 {2} 项重复。")                                                             \
    X(value_contains, INPUT, 422, false, "The list must contain {1} matching entries; it has {2}.", \
      "列表中应有 {1} 个符合要求的项，现有 {2} 个。")                                           \
    X(value_required, INPUT, 422, false, "\"{1}\" is missing. Fill it in.", "缺少“{1}”，请填写。") \
    X(value_dependent, INPUT, 422, false, "Because \"{1}\" is given, \"{2}\" must be given too.", \
      "已填写“{1}”，还须填写“{2}”。")                                                           \
    X(value_unexpected, INPUT, 422, false, "\"{1}\" is not expected here. Remove it.",          \
      "此处不应有“{1}”，请删除。")                                                              \
    X(value_property_count, INPUT, 422, false, "There must be {1} entries; there are {2}.",     \
      "应有 {1} 个字段，现有 {2} 个。")                                                         \
    X(value_none_fits, INPUT, 422, false, "The value fits none of the {1} allowed forms.",      \
      "内容不符合 {1} 种允许形式中的任何一种。")                                                \
    X(value_several_fit, INPUT, 422, false, "The value must fit exactly one form; it fits {1}.", \
      "内容应恰好符合一种形式，现符合 {1} 种。")                                                \
    X(value_forbidden, INPUT, 422, false, "This value is not allowed here.", "此处不允许该内容。")
FAULT_DECLARE(SCHEMA_FAULTS)

#endif
