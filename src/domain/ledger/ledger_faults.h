/* ledger_faults.h - every refusal of the ledger, in the order of precedence.
 *
 * When several would fit, the one that stands first is given; in a list of steps, that of the
 * first step that is refused. docs/ledger.md shows the same list as a table; a test breaks two
 * rules at once for each pair and looks which one is told.
 * Floor 5. Part of the door ledger.h. */
#ifndef DOMAIN_LEDGER_LEDGER_FAULTS_H
#define DOMAIN_LEDGER_LEDGER_FAULTS_H

#include "base/err.h"

#define LEDGER_FAULTS(X)                                                                        \
    X(ledger_definition_invalid, INPUT, 422, false,                                             \
      "The book is wrong at {1}: it should be {2}.", "账簿定义的 {1} 有误：应为{3}。")          \
    X(ledger_list_too_long, LIMIT, 422, false,                                                  \
      "A list may have 1 to {1} steps. Divide it.", "一次可含 1 至 {1} 步，请拆分后提交。")     \
    X(ledger_book_unknown, INPUT, 404, false, "There is no book \"{1}\" on this node.",         \
      "本节点没有账簿“{1}”。")                                                                  \
    X(ledger_key_conflict, REFUSAL, 409, false,                                                 \
      "The key \"{1}\" was used for another entry ({2}). Use a new key for a new entry.",       \
      "键“{1}”已用于另一笔记录（{2}），新记录请使用新键。")                                     \
    X(ledger_amount_invalid, INPUT, 422, false,                                                 \
      "The amount {1} is not a whole number above 0 in the smallest unit.",                     \
      "数额 {1} 不是以最小单位计的正整数。")                                                    \
    X(ledger_amount_too_large, LIMIT, 422, false,                                               \
      "The amount {1} is larger than the ledger carries ({2}).",                                \
      "数额 {1} 超过账簿可承载的上限（{2}）。")                                                 \
    X(ledger_account_name_invalid, INPUT, 422, false,                                           \
      "\"{1}\" is no account name. It is a kind, or kind/key of letters, digits, \".\", \"-\", \"_\".", \
      "“{1}”不是账户名，应为“种类”或“种类/编号”，编号由文字、数字、“.”、“-”、“_”组成。")        \
    X(ledger_account_unknown, REFUSAL, 404, false, "There is no account \"{1}\" in the book {2}.", \
      "账簿 {2} 中没有账户“{1}”。")                                                             \
    X(ledger_account_exists, REFUSAL, 409, false, "The account \"{1}\" is open already.",       \
      "账户“{1}”已经开立。")                                                                    \
    X(ledger_move_unknown, REFUSAL, 404, false, "There is no entry {1} in the book {2}.",       \
      "账簿 {2} 中没有第 {1} 笔记录。")                                                         \
    X(ledger_move_not_reversible, REFUSAL, 409, false,                                          \
      "Entry {1} is a {2}; only transfers and posted holds can be reversed.",                   \
      "第 {1} 笔记录（{2}）不能冲正，只有转账和已入账的预占可以冲正。")                         \
    X(ledger_already_reversed, REFUSAL, 409, false, "Entry {1} has been reversed by entry {2}.", \
      "第 {1} 笔记录已由第 {2} 笔冲正。")                                                       \
    X(ledger_hold_unknown, REFUSAL, 404, false, "There is no hold {1} in the book {2}.",        \
      "账簿 {2} 中没有预占 {1}。")                                                              \
    X(ledger_hold_ended, REFUSAL, 409, false, "Hold {1} has ended: it was {2}.",                \
      "预占 {1} 已经终结（{2}）。")                                                             \
    X(ledger_hold_expired, REFUSAL, 409, false, "Hold {1} expired at {2}.",                     \
      "预占 {1} 已于 {2} 到期。")                                                               \
    X(ledger_hold_exceeded, REFUSAL, 409, false, "Only {2} of hold {1} are left; {3} were asked.", \
      "预占 {1} 仅余 {2}，不足 {3}。")                                                          \
    X(ledger_same_account, INPUT, 422, false, "From and to are the same account \"{1}\".",      \
      "转出与转入是同一账户“{1}”。")                                                            \
    X(ledger_account_closed, REFUSAL, 409, false, "The account \"{1}\" is closed.",             \
      "账户“{1}”已销户。")                                                                      \
    X(ledger_account_frozen, REFUSAL, 409, false, "The account \"{1}\" is frozen.",             \
      "账户“{1}”已冻结。")                                                                      \
    X(ledger_account_not_empty, REFUSAL, 409, false,                                            \
      "The account \"{1}\" has a balance or holds and cannot be closed.",                       \
      "账户“{1}”尚有余额或预占，不能销户。")                                                    \
    X(ledger_limit_broken, REFUSAL, 409, false,                                                 \
      "The account \"{1}\" does not keep the new limits: {2} stand against it.",                \
      "账户“{1}”不符合新的限额，现有 {2}。")                                                    \
    X(ledger_unit_unknown, INPUT, 422, false, "The book has no unit \"{1}\".",                  \
      "账簿中没有计量单位“{1}”。")                                                              \
    X(ledger_unit_differs, REFUSAL, 422, false,                                                 \
      "The accounts do not carry this unit: from {1}, to {2}.",                                 \
      "账户的计量单位不符：转出 {1}，转入 {2}。")                                               \
    X(ledger_flow_not_allowed, REFUSAL, 409, false,                                             \
      "The book allows nothing to move from {1} to {2}.", "账簿不允许从“{1}”转到“{2}”。")       \
    X(ledger_role_refused, REFUSAL, 403, false,                                                 \
      "Your role may not move anything from {1} to {2}.", "您的角色不能从“{1}”转到“{2}”。")     \
    X(ledger_earmark_unknown, INPUT, 422, false, "The book has no purpose \"{1}\".",            \
      "账簿中没有用途“{1}”。")                                                                  \
    X(ledger_purpose_refused, REFUSAL, 409, false,                                              \
      "What is meant for \"{1}\" may not go from {2} to {3}.",                                  \
      "用途为“{1}”的款项不能从“{2}”转到“{3}”。")                                                \
    X(ledger_hold_not_allowed, REFUSAL, 409, false,                                             \
      "Nothing can be held between {1} and {2}: the book forbids holds there.",                 \
      "账簿不允许在“{1}”与“{2}”之间预占。")                                                     \
    X(ledger_hold_expiry_past, INPUT, 422, false, "The hold would expire at {1}, which is not ahead.", \
      "预占到期时间 {1} 不在将来。")                                                            \
    X(ledger_until_invalid, INPUT, 422, false,                                                  \
      "\"until\" must be an instant ahead for accounts of kind {1}, and is not given for others.", \
      "转入“{1}”类账户须注明将来的有效期 until，其他情况不得填写。")                            \
    X(ledger_value_in_future, INPUT, 422, false, "The value instant {1} lies ahead.",           \
      "起息时间 {1} 在将来。")                                                                  \
    X(ledger_period_closed, REFUSAL, 409, false, "The book is closed up to {1}.",               \
      "账簿已结账至 {1}。")                                                                     \
    X(ledger_overflow, LIMIT, 422, false, "The balance of \"{1}\" would be larger than the ledger carries.", \
      "账户“{1}”的余额将超过账簿可承载的上限。")                                                \
    X(ledger_insufficient, REFUSAL, 409, false,                                                 \
      "The account \"{1}\" has {2} at its disposal; {3} were asked.",                           \
      "账户“{1}”可用 {2}，不足 {3}。")                                                          \
    X(ledger_purpose_insufficient, REFUSAL, 409, false,                                         \
      "The account \"{1}\" has {2} for \"{4}\"; {3} were asked. The rest is meant for other purposes.", \
      "账户“{1}”中用途为“{4}”的可用数为 {2}，不足 {3}；其余部分另有用途。")                     \
    X(ledger_cap_exceeded, REFUSAL, 409, false,                                                 \
      "The account \"{1}\" may hold {2}; it would hold {3}.", "账户“{1}”上限为 {2}，将达 {3}。") \
    X(ledger_too_many_lots, LIMIT, 422, false,                                                  \
      "The account \"{1}\" holds amounts with {2} different ends of validity; let some end first.", \
      "账户“{1}”已有 {2} 个不同有效期的数额，请待部分到期后再试。")                               \
    X(ledger_daily_exceeded, REFUSAL, 409, false,                                               \
      "The account \"{1}\" may take in {2} a day; on {4} it would be {3}.",                     \
      "账户“{1}”每日最多转入 {2}，{4} 将达 {3}。")                                              \
    X(ledger_close_in_future, INPUT, 422, false, "A period can be closed up to now, not up to {1}.", \
      "结账时间 {1} 在将来。")                                                                  \
    X(ledger_close_order, REFUSAL, 409, false, "The book is closed up to {1} already.",         \
      "账簿已结账至 {1}，只能向后结账。")                                                       \
    X(ledger_expiry_pending, REFUSAL, 409, true,                                                \
      "The account \"{1}\" has something that expired and is not booked yet. Try again in a moment.", \
      "账户“{1}”有到期数额尚未入账，请稍后再试。")                                              \
    X(ledger_not_settled, REFUSAL, 409, false,                                                  \
      "The account \"{1}\" must be empty before the period is closed; it has {2}.",             \
      "账户“{1}”须在结账前清零，现有 {2}。")                                                    \
    X(ledger_allocation_invalid, INPUT, 422, false, "This cannot be allocated: {1}.",           \
      "无法分配：{2}。")

FAULT_DECLARE(LEDGER_FAULTS)

#endif
