/* feel_faults.h - what can go wrong in FEEL, in both languages: compile faults first, then the
 * reasons beside nulls, then limits. Included by feel.h. Floor 3. */
#ifndef LANG_FEEL_FEEL_FAULTS_H
#define LANG_FEEL_FEEL_FAULTS_H

#include "base/err.h"

#define FEEL_FAULTS(X)                                                                           \
    X(feel_syntax, INPUT, 422, false, "Expected {1}, found {2}.", "此处应为 {1}，实际是 {2}。")  \
    X(feel_text_size, INPUT, 413, false, "The expression is longer than {1} bytes.",             \
      "表达式长度超过 {1} 字节。")                                                               \
    X(feel_utf8, INPUT, 422, false, "The expression is not valid UTF-8.",                        \
      "表达式不是有效的 UTF-8 文本。")                                                           \
    X(feel_nesting, INPUT, 422, false,                                                           \
      "The expression is nested deeper than {1} levels; split it into named parts.",             \
      "表达式嵌套超过 {1} 层，请拆分为多个命名部分。")                                           \
    X(feel_literal_invalid, INPUT, 422, false, "{1} is not a valid {2}.", "{1} 不是有效的{2}。") \
    X(feel_name_unknown, INPUT, 422, false,                                                      \
      "The name \"{1}\" is not known here. Check its spelling or add the input it stands for.",  \
      "名称“{1}”在此处未定义，请检查拼写或补充对应的输入。")                                     \
    X(feel_type_unknown, INPUT, 422, false, "The type \"{1}\" is not known.",                    \
      "类型“{1}”未定义。")                                                                       \
    X(feel_duplicate_key, INPUT, 422, false, "The key \"{1}\" stands twice in one context.",     \
      "同一上下文中键“{1}”重复。")                                                               \
    X(feel_operands, INPUT, 422, false, "{1} cannot be applied to {2} and {3}.",                 \
      "{1} 不能用于 {2} 与 {3}。")                                                               \
    X(feel_operand, INPUT, 422, false, "{1} cannot be applied to {2}.", "{1} 不能用于 {2}。")    \
    X(feel_arithmetic, INPUT, 422, false, "{1} has no result: {2}.", "{1} 无法得出结果：{2}。")  \
    X(feel_comparison, INPUT, 422, false, "{1} and {2} cannot be compared.",                     \
      "{1} 与 {2} 不能比较。")                                                                   \
    X(feel_condition, INPUT, 422, false, "The condition is {1}, not true or false.",             \
      "条件的值是 {1}，不是 true 或 false。")                                                    \
    X(feel_no_property, INPUT, 422, false, "{2} has no property \"{1}\".",                       \
      "{2} 没有属性“{1}”。")                                                                     \
    X(feel_index, INPUT, 422, false, "The index {1} is outside the list of {2} items.",          \
      "下标 {1} 超出了列表范围（共 {2} 项）。")                                                  \
    X(feel_filter, INPUT, 422, false, "A filter needs a number or a condition, not {1}.",        \
      "过滤条件应为数字或布尔值，不能是 {1}。")                                                  \
    X(feel_not_function, INPUT, 422, false, "{1} is not a function.", "{1} 不是函数。")          \
    X(feel_arguments, INPUT, 422, false, "{1} does not take these arguments: {2}.",              \
      "{1} 不接受这些参数：{2}。")                                                               \
    X(feel_argument, INPUT, 422, false, "{1}: the argument {2} cannot be {3}.",                  \
      "{1}：参数 {2} 不能是 {3}。")                                                              \
    X(feel_no_value, INPUT, 422, false, "{1} has no result for {2}.", "{1} 对 {2} 没有结果。")   \
    X(feel_not_temporal, INPUT, 422, false, "\"{1}\" is not a {2}.", "“{1}”不是有效的{2}。")     \
    X(feel_type_mismatch, INPUT, 422, false, "{1} is not a value of type {2}.",                  \
      "{1} 不是类型 {2} 的值。")                                                                 \
    X(feel_not_allowed, INPUT, 422, false, "{1} is not among the allowed values of {2}.",        \
      "{1} 不在 {2} 的允许值之内。")                                                             \
    X(feel_iteration, INPUT, 422, false, "{1} cannot be iterated over.", "无法对 {1} 进行遍历。") \
    X(feel_range, INPUT, 422, false, "A range cannot run from {1} to {2}.",                      \
      "区间不能从 {1} 到 {2}。")                                                                 \
    X(feel_pattern, INPUT, 422, false, "\"{1}\" is not a valid regular expression: {2}.",        \
      "“{1}”不是有效的正则表达式：{2}。")                                                        \
    X(feel_external, INPUT, 422, false, "The external function {1} cannot be used: {2}.",        \
      "外部函数 {1} 无法使用：{2}。")                                                            \
    X(feel_fuel, LIMIT, 422, false, "The evaluation took more steps than allowed.",              \
      "计算步数超过限制。")                                                                      \
    X(feel_depth, LIMIT, 422, false, "The evaluation is nested too deeply (recursion?).",        \
      "计算嵌套过深（可能存在递归）。")                                                          \
    X(feel_memory, LIMIT, 422, false, "The evaluation needs more memory than allowed.",          \
      "计算所需内存超过限制。")
FAULT_DECLARE(FEEL_FAULTS)

#endif
