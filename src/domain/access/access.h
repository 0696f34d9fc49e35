/* access.h - accounts, tokens and roles: who is asking, and what they may ask.
 *
 * An account is a person or a system with a name, roles, an office (clerks) and a subject (the
 * USCC or identity number it acts for). A caller names itself by a bearer token; the text of a
 * token is never stored, only its SM3. A token has an expiry (or none), can be revoked, and
 * several may stand for one account. A role is a definition of a pack:
 *     {"name": "clerk", "title": {"zh","en"}, "may": ["process.task_claim", "process.*"],
 *      "reads": ["tasks", "cases_office"]}
 * `may` lists command kinds, "module.*" for all of a module; `reads` lists the words below.
 *
 * Invariants: an account has at least one role; the ids "system" and "clock" belong to the
 * engine and name no account; name and subject stand in the sealed part of events, under the
 * account's id, and are cleared from the rows when that key is destroyed.
 * Floor 5. Tables: access_account, access_token. Commands run on the writer's thread; the reading
 * functions and access_permit on any. */
#ifndef DOMAIN_ACCESS_ACCESS_H
#define DOMAIN_ACCESS_ACCESS_H

#include "core/core.h"

#define ACCESS_TOKEN_MAX 512u          /* bytes of a token's text; longer ones are refused */
#define ACCESS_TOKENS_MAX 20u          /* live tokens of one account */
#define ACCESS_NAME_MAX 200u           /* bytes of names and ids */
#define ACCESS_EXPIRY_DAYS 90          /* expiry of a token added without one */

/* What a role may read. X(NAME, word, title zh, title en). */
#define ACCESS_READS(X)                                                             \
    X(THINGS, "things", "办事指南", "the guide")                                    \
    X(CASES_OWN, "cases_own", "本人办件", "own cases")                              \
    X(CASES_OFFICE, "cases_office", "本部门办件", "cases of the own office")        \
    X(CASES_ALL, "cases_all", "全部办件", "all cases")                              \
    X(CASE_DATA, "case_data", "办件填报数据", "the data of every case one can see") \
    X(TASKS, "tasks", "待办任务", "tasks")                                          \
    X(REGISTRY, "registry", "基础库记录", "registry records")                       \
    X(JOURNAL, "journal", "日志", "the journal")                                    \
    X(PROCESSES, "processes", "流程运行数据", "running processes with their variables") \
    X(INCIDENTS, "incidents", "异常", "incidents")                                  \
    X(METRICS, "metrics", "运行指标", "figures of operation")
#define ACCESS_READ_ENUM(name, word, zh, en) ACCESS_READ_##name,
typedef enum AccessRead { ACCESS_READS(ACCESS_READ_ENUM) ACCESS_READ_COUNT } AccessRead;

typedef struct Access Access;

/* The module's state, and the module over it. The state ends with core_close (Module.close), or
 * with access_close when no core was opened over it. */
Access *access_open(void);
void access_close(Access *access);
const Module *access_module(Access *access);

/* core's permit hook; context is the Access. "system" may do everything, "clock" what timers
 * ask; all others what one of their roles lists. Refusal: not_permitted (403). */
bool access_permit(void *access, const Actor *actor, Str command_kind, Value body, Err *err);
/* May one of the actor's roles read this? */
bool access_may_read(const Access *access, const Actor *actor, AccessRead what);

/* Who holds this token? Unknown, expired and revoked tokens are told apart by nobody:
 * false with token_invalid (401). An empty token: token_missing (401). The actor's texts live
 * in a; its lang is Chinese until the caller sets another. */
bool access_actor_by_token(StoreConn *conn, int64_t node, Str token, Instant now, Arena *a,
                           Actor *out, Err *err);
/* The actor of an account, without a token (for tools and tests). *found false when unknown. */
bool access_actor_by_id(StoreConn *conn, int64_t node, Str account, Arena *a, Actor *out,
                        bool *found, Err *err);

#define ACCESS_FAULTS(X)                                                                        \
    X(token_missing, REFUSAL, 401, false,                                                       \
      "This needs a bearer token. Send the header Authorization: Bearer <token>.",              \
      "此操作需要令牌，请在请求头中附上 Authorization: Bearer <令牌>。")                        \
    X(token_invalid, REFUSAL, 401, false,                                                       \
      "This token is not valid or has expired. Ask for a new one.",                             \
      "令牌无效或已过期，请重新获取。")                                                         \
    X(account_unknown, INPUT, 404, false, "There is no account \"{1}\".", "没有账户“{1}”。")    \
    X(account_exists, REFUSAL, 409, false, "The account \"{1}\" exists already.",               \
      "账户“{1}”已存在。")                                                                      \
    X(account_field, INPUT, 422, false, "The field \"{1}\" must be {2}.", "字段“{1}”应为{3}。") \
    X(account_role, INPUT, 422, false, "There is no role \"{1}\". Install a pack that defines it.", \
      "没有角色“{1}”，请先安装定义它的场景包。")                                                \
    X(account_reserved, INPUT, 422, false, "The id \"{1}\" belongs to the engine. Choose another.", \
      "“{1}”为系统保留标识，请换一个。")                                                        \
    X(token_exists, REFUSAL, 409, false, "This token is in use already. Make a new one.",       \
      "该令牌已被使用，请生成新的令牌。")                                                       \
    X(access_token_unknown, INPUT, 404, false, "There is no such token.", "没有该令牌。")              \
    X(token_limit, REFUSAL, 409, false,                                                         \
      "The account has {1} tokens already. Revoke one first.",                                  \
      "该账户已有 {1} 个令牌，请先吊销一个。")                                                  \
    X(role_invalid, INPUT, 422, false, "A role needs {1}.", "角色定义缺少或写错了：{2}。")
FAULT_DECLARE(ACCESS_FAULTS)

#endif
