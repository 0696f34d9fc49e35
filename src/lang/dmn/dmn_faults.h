/* dmn_faults.h - what can be wrong with a DMN model, and why a decision gives null.
 * Included by dmn.h. Floor 3. */
#ifndef LANG_DMN_DMN_FAULTS_H
#define LANG_DMN_DMN_FAULTS_H

#include "base/err.h"

#define DMN_FAULTS(X)                                                                            \
    X(dmn_not_dmn, INPUT, 422, false, "This is not a DMN model: the root element is {1}.",       \
      "这不是 DMN 模型：根元素是 {1}。")                                                         \
    X(dmn_attribute_missing, INPUT, 422, false, "The element {1} needs {2}.",                    \
      "元素 {1} 缺少 {2}。")                                                                     \
    X(dmn_reference_unknown, INPUT, 422, false, "{1} refers to {2}, which does not exist.",      \
      "{1} 引用的 {2} 不存在。")                                                                 \
    X(dmn_type_unknown, INPUT, 422, false, "{1} has the type {2}, which does not exist.",        \
      "{1} 的类型 {2} 不存在。")                                                                 \
    X(dmn_cycle, INPUT, 422, false, "{1} requires itself, directly or through others.",          \
      "{1} 直接或间接依赖自身。")                                                                \
    X(dmn_chain, INPUT, 422, false,                                                              \
      "{1} stands at the end of a chain of more than {2} requirements or types.",                \
      "{1} 位于超过 {2} 层的依赖或类型链末端。")                                                 \
    X(dmn_limit, INPUT, 413, false, "{1} has more than {2} {3}.",                                \
      "{1} 中的 {3} 超过 {2} 个。")                                                              \
    X(dmn_recursion, INPUT, 422, false,                                                          \
      "{1} calls itself, but recursion is switched off for this model.",                         \
      "{1} 调用了自身，但此模型未启用递归。")                                                    \
    X(dmn_language, INPUT, 422, false,                                                           \
      "{1} is written in {2}. Only FEEL is understood here.", "{1} 使用 {2} 编写，此处仅支持 FEEL。") \
    X(dmn_import, INPUT, 422, false, "The model {1} cannot be imported: {2}.",                   \
      "无法导入模型 {1}：{2}。")                                                                 \
    X(dmn_hit_policy, INPUT, 422, false, "The hit policy {1} is not known.",                     \
      "未知的命中策略 {1}。")                                                                    \
    X(dmn_table_shape, INPUT, 422, false,                                                        \
      "Rule {1} has {2} entries where the table has {3} columns.",                               \
      "规则 {1} 有 {2} 个单元格，而决策表有 {3} 列。")                                           \
    X(dmn_row, INPUT, 422, false, "Row {1} of the relation does not fit its columns.",           \
      "关系表第 {1} 行与其列数不符。")                                                           \
    X(dmn_no_logic, INPUT, 422, false, "{1} has no decision logic.", "{1} 没有决策逻辑。")       \
    X(dmn_element_unsupported, INPUT, 422, false, "The element {1} is not known here.",          \
      "此处不支持元素 {1}。")                                                                    \
    X(dmn_several_rules, INPUT, 422, false,                                                      \
      "More than one rule fits ({1}), but the table allows one (hit policy {2}).",               \
      "多条规则同时命中（{1}），但命中策略 {2} 只允许一条。")                                    \
    X(dmn_input_not_allowed, INPUT, 422, false, "The input {1} is {2}, which is not allowed.",   \
      "输入 {1} 的值 {2} 不在允许范围内。")                                                      \
    X(dmn_output_not_allowed, INPUT, 422, false, "The output {1} is {2}, which is not allowed.", \
      "输出 {1} 的值 {2} 不在允许范围内。")                                                      \
    X(dmn_aggregate, INPUT, 422, false, "The outputs cannot be aggregated by {1}.",              \
      "无法对输出执行聚合 {1}。")                                                                \
    X(dmn_invocable_unknown, INPUT, 404, false, "The model has no {1} to invoke.",               \
      "模型中没有可调用的 {1}。")
FAULT_DECLARE(DMN_FAULTS)

#endif
