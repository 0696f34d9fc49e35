/* registry_faults.h - what a registry refuses, and why. Part of the door registry.h.
 *
 * One row a reason: name, class, HTTP status, whether trying again later helps, text in English
 * and in Chinese. Texts never hold a value of a record. */
#ifndef DOMAIN_REGISTRY_REGISTRY_FAULTS_H
#define DOMAIN_REGISTRY_REGISTRY_FAULTS_H

#include "base/err.h"

#define REGISTRY_FAULTS(X)                                                                      \
    X(registry_unknown, INPUT, 404, false, "There is no registry \"{1}\".", "没有基础库“{1}”。") \
    X(registry_definition, INPUT, 422, false, "The registry's \"x-tongban\" is wrong: {1}.",    \
      "基础库的“x-tongban”有误：{1}。")                                                         \
    X(registry_field_unknown, INPUT, 422, false, "The registry {1} has no field \"{2}\".",      \
      "基础库 {1} 没有字段“{2}”。")                                                             \
    X(registry_purpose_missing, REFUSAL, 403, false,                                            \
      "Say why this is read: the service, and the case or the legal basis.",                    \
      "请说明读取目的：事项，以及办件编号或法律依据。")                                         \
    X(registry_not_shared, REFUSAL, 403, false, "The registry {1} is not shared.",              \
      "基础库 {1} 不予共享。")                                                                  \
    X(registry_read_unrecorded, REFUSAL, 403, false,                                            \
      "A read of {1} must be recorded first (command registry.look).",                          \
      "读取 {1} 须先登记（registry.look 命令）。")                                              \
    X(registry_rows_misfit, REFUSAL, 409, false,                                                \
      "{1} of {2} records of {3} do not fit the new definition; the first at \"{4}\" ({5}).",    \
      "{3} 的 {2} 条记录中有 {1} 条不符合新定义，首个问题位于“{4}”（{5}）。")                   \
    X(registry_change_refused, REFUSAL, 409, false,                                             \
      "The registry {1} holds records; its definition cannot change in this: {2}.",             \
      "基础库 {1} 已有记录，其定义不得作此变更：{2}。")                                         \
    X(registry_fields_missing, INPUT, 422, false, "Name the fields that are needed.", "请列明所需字段。") \
    X(registry_subscription_taken, REFUSAL, 409, false,                                         \
      "There is a subscription \"{1}\" already, or it has no name.", "订阅“{1}”已存在或未命名。") \
    X(registry_subscription_unknown, INPUT, 404, false, "You have no subscription \"{1}\".",    \
      "您没有订阅“{1}”。")                                                                      \
    X(registry_rule_unknown, INPUT, 422, false,                                                 \
      "The registry {1} has no such rule for equal records, or this is no export of it.",       \
      "基础库 {1} 没有该查重规则，或未办理整库导出登记。")                                      \
    X(registry_link_end, REFUSAL, 422, false,                                                   \
      "A link needs two different records of {1} that are there and not merged away, and a reason.", \
      "关联须为 {1} 中两条存在且未被合并的不同记录，并说明理由。")                              \
    X(registry_not_yours, REFUSAL, 403, false,                                                  \
      "Your role may not look at this record of {1}.", "您的角色无权查看 {1} 的这条记录。")     \
    X(registry_field_not_yours, REFUSAL, 403, false,                                            \
      "Your role may not look at the field \"{2}\" of {1}.", "您的角色无权查看 {1} 的字段“{2}”。") \
    X(registry_looks_not_yours, REFUSAL, 403, false,                                            \
      "Only the person concerned may see who read these data.", "仅本人可查看数据被谁读取。")   \
    X(registry_key_invalid, INPUT, 422, false, "The key of {1} must be a text of 1 to {2} bytes in \"{3}\".", \
      "{1} 的主键“{3}”应为 1 至 {2} 字节的文本。")                                              \
    X(registry_record_missing, INPUT, 422, false, "The record must be an object.", "记录应为对象。") \
    X(registry_valid_from, INPUT, 422, false,                                                   \
      "A record of {1} holds from {2} on: not in the future, not before the one it follows.",   \
      "{1} 的记录生效时间 {2} 不得晚于现在，也不得早于前一版本。")                              \
    X(registry_record_too_large, LIMIT, 413, false, "The record is longer than {1} bytes.",     \
      "记录超过 {1} 字节。")                                                                    \
    X(registry_version_changed, REFUSAL, 412, false,                                            \
      "The record was changed in the meantime (version {1}, expected {2}). Read it again.",     \
      "记录已被更改（现为第 {1} 版，预期第 {2} 版），请重新读取。")                             \
    X(registry_not_numbered, INPUT, 422, false, "The registry {1} issues no identifiers.",      \
      "基础库 {1} 不编发号码。")                                                                \
    X(registry_numbers_exhausted, LIMIT, 503, false, "The registry {1} has no free number in {2}.", \
      "基础库 {1} 在 {2} 号段内已无可用号码。")                                                 \
    X(registry_no_folder, OUTSIDE, 503, false, "This node has no folder for kept files.",         \
      "本节点没有留存文件夹。")                                                                 \
    X(registry_load_stale, REFUSAL, 409, false,                                                 \
      "The registry {1} was changed while the file was read. Load it again.",                   \
      "读取文件期间基础库 {1} 已有变动，请重新导入。")                                          \
    X(registry_load_form, INPUT, 400, false,                                                    \
      "{1} is neither .csv nor .jsonl.", "{1} 不是 .csv 或 .jsonl 文件。")                      \
    X(registry_load_empty, INPUT, 400, false, "The file has no first line with names of fields.", \
      "文件没有字段名所在的首行。")                                                             \
    X(registry_load_column_unknown, INPUT, 400, false, "The registry has no field \"{1}\".",    \
      "基础库没有字段“{1}”。")                                                                  \
    X(registry_load_column_twice, INPUT, 400, false, "The field \"{1}\" stands twice in the first line.", \
      "首行中字段“{1}”重复。")                                                                  \
    X(registry_load_column_missing, INPUT, 400, false,                                          \
      "The field \"{1}\" is required and does not stand in the first line.",                    \
      "首行缺少必填字段“{1}”。")                                                                \
    X(registry_load_field_count, INPUT, 400, false, "The line has {1} fields; {2} are expected.", \
      "该行有 {1} 个字段，应为 {2} 个。")                                                       \
    X(registry_load_record_long, LIMIT, 413, false, "A record is longer than 4 MiB; is a quote left open?", \
      "单条记录超过 4 MiB，是否有未结束的引号？")                                               \
    X(registry_load_twin, INPUT, 422, false, "The line has the same key as line {1}.",          \
      "该行与第 {1} 行主键相同。")                                                              \
    X(registry_kept_damaged, OUTSIDE, 503, false,                                               \
      "The kept file of a bulk load, {1}, is damaged or not of this kind.",                     \
      "批量导入的留存文件 {1} 已损坏或格式不符。")                                              \
    X(registry_file_old, OUTSIDE, 503, false,                                                   \
      "The data file is from before registries had tables of their own ({1}). Start a new one.", \
      "数据文件由旧版本生成，基础库 {1} 没有数据表，请新建数据文件。")                          \
    X(registry_integer_range, INPUT, 422, false, "The whole number in \"{1}\" is too large.",    \
      "“{1}”的整数超出范围。")                                                                  \
    X(registry_grade_unknown, INPUT, 422, false,                                                \
      "\"{1}\" is no grade. Write issued, verified, uploaded or declared.",                     \
      "没有可信等级“{1}”，应为 issued、verified、uploaded 或 declared。")                       \
    X(registry_grade_too_low, REFUSAL, 422, false,                                              \
      "The field \"{1}\" must be at least \"{3}\"; what was given is \"{2}\".",                \
      "字段“{1}”的可信等级至少应为“{3}”，现为“{2}”。")                                          \
    X(registry_too_many, LIMIT, 413, false, "At most {1} records at a time.", "一次最多 {1} 条记录。")
FAULT_DECLARE(REGISTRY_FAULTS)

#endif
