/* table_check.h - gaps, overlaps and misfits of decision tables, found before anybody uses them.
 *
 * dmn_tables_check judges every decision table of a model (not of the models it imports): values
 * that do not fit the type of their column, rules that overlap where the hit policy forbids it,
 * inputs that no rule fits, rules that are never reached. Each gap and overlap is shown with an
 * input that falls into it. What cannot be decided, because a cell is computed or the table is
 * too large, is said as a notice: no news is then no proof. table_sweep.c says how it works and
 * what it costs; docs/dmn.md says why something is a fault and something else a warning.
 * Floor 3. Any thread. */
#ifndef LANG_DMN_TABLE_CHECK_H
#define LANG_DMN_TABLE_CHECK_H

#include "lang/dmn/dmn.h"

#define DMN_CHECK_FINDINGS_MAX 1000u   /* kept for one model; more are counted */
#define DMN_CHECK_OVERLAPS_MAX 10u     /* shown for one table */
#define DMN_CHECK_GAPS_MAX 3u          /* shown for one table */
#define DMN_CHECK_BITS_MAX (1ull << 29) /* atoms x rules of one column */
#define DMN_CHECK_COLUMNS_MAX 200u     /* different input expressions of one table */
#define DMN_CHECK_STEPS_MAX 4000000u   /* words of rule sets joined for one table */

typedef enum DmnLevel {
    DMN_FAULT,   /* wrong by the standard: the table must not be used */
    DMN_WARNING, /* allowed, but rarely meant */
    DMN_NOTICE,  /* could not be decided */
} DmnLevel;

typedef struct DmnFinding {
    DmnLevel level;
    Err err;
} DmnFinding;

typedef struct DmnFindings {
    DmnFinding *items;
    size_t count;
    size_t unlisted; /* beyond DMN_CHECK_FINDINGS_MAX */
} DmnFindings;

/* Judge all tables of m; the findings live in a. False when memory ran out (err). */
bool dmn_tables_check(Arena *a, const DmnModel *m, DmnFindings *out, Err *err);

#define DMN_CHECK_FAULTS(X)                                                                      \
    X(dmn_cell_type, INPUT, 422, false,                                                          \
      "Rule {1} compares \"{2}\" ({3}) with {4}, which is no such value.",                       \
      "规则 {1} 将“{2}”（{3}）与 {4} 比较，类型不符。")                                          \
    X(dmn_column_type, INPUT, 422, false,                                                        \
      "The column \"{1}\" says it is {2}, but the value is {3}.",                                \
      "列“{1}”声明的类型是 {2}，而实际的值是 {3}。")                                             \
    X(dmn_output_type, INPUT, 422, false,                                                        \
      "The output \"{2}\" of rule {1} is {4}, which is no value of {3}.",                        \
      "规则 {1} 的输出“{2}”为 {4}，不符合 {3}。")                                                \
    X(dmn_overlap, INPUT, 422, false,                                                            \
      "Rules {1} and {2} both fit {3}, but the hit policy UNIQUE allows only one. "              \
      "Narrow one of them, or choose another hit policy.",                                       \
      "规则 {1} 与 {2} 同时适用于 {3}，而命中策略 UNIQUE 只允许一条。请收窄其中一条，或改用其他命中策略。") \
    X(dmn_any_differs, INPUT, 422, false,                                                        \
      "Rules {1} and {2} both fit {3} and give different outputs, but the hit policy ANY "       \
      "demands equal ones.",                                                                     \
      "规则 {1} 与 {2} 同时适用于 {3}，但输出不同，而命中策略 ANY 要求输出一致。")               \
    X(dmn_overlap_more, INPUT, 422, false, "{1} more pairs of rules of this table overlap.",     \
      "此决策表另有 {1} 对规则重叠。")                                                           \
    X(dmn_gap, INPUT, 422, false,                                                                \
      "No rule fits {1}; the result is null then. Add a rule or a default output.",              \
      "没有规则适用于 {1}，此时结果为空。请补充规则或默认输出。")                                \
    X(dmn_never_reached, INPUT, 422, false,                                                      \
      "Rule {1} is never reached: the rules before it take every input that it fits.",           \
      "规则 {1} 永远不会生效：它适用的输入都已被前面的规则命中。")                               \
    X(dmn_rule_empty, INPUT, 422, false, "Rule {1} fits no input: no value passes \"{2}\" there.", \
      "规则 {1} 不适用于任何输入：“{2}”一列没有值能通过。")                                      \
    X(dmn_check_computed, INPUT, 422, false,                                                     \
      "Whether the table has a gap or an overlap could not be decided fully: rule {1} computes " \
      "\"{2}\".",                                                                                \
      "无法完全判定此决策表是否有遗漏或重叠：规则 {1} 中“{2}”的条件需要计算。")                  \
    X(dmn_check_column, INPUT, 422, false,                                                       \
      "Whether the table has a gap or an overlap could not be decided: the values of \"{1}\" "   \
      "cannot be told apart.",                                                                   \
      "无法判定此决策表是否有遗漏或重叠：“{1}”的取值无法区分。")                                 \
    X(dmn_check_dependent, INPUT, 422, false,                                                    \
      "Rules {1} and {2} both fit {3}, if that can occur: the columns depend on one another.",   \
      "若出现 {3}，规则 {1} 与 {2} 会同时适用；因各列相互关联，无法判定是否会出现。")            \
    X(dmn_check_gap_dependent, INPUT, 422, false,                                                \
      "No rule fits {1}, if that can occur: the columns depend on one another.",                 \
      "若出现 {1}，则没有规则适用；因各列相互关联，无法判定是否会出现。")                        \
    X(dmn_check_large, INPUT, 422, false,                                                        \
      "The table is too large to look for every gap and overlap ({1} rules).",                   \
      "决策表过大（{1} 条规则），未能检查全部遗漏与重叠。")
FAULT_DECLARE(DMN_CHECK_FAULTS)

#endif
