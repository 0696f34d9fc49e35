/* command_token.c - `tongban token --data FILE --account ID ...`: an account and a token for it.
 *
 * Works on the data file itself, so the server must be stopped (the file is locked by its
 * writer). The token is printed once, alone on standard output; only its SM3 is kept.
 * `--revoke` takes the token to be revoked from standard input, so that it never stands in a
 * list of processes or a shell's history. */
#include "app/accounts.h"

#include <stdio.h>
#include <string.h>

#define TOKEN_ARENA_BYTES (4u << 20)
#define DAYS_MAX 36500

static const Option options[] = {
    {"data", "FILE", "The data file", "数据文件"},
    {"node", "CODE", "GB/T 2260 code of the node (420600)", "节点的行政区划代码（420600）"},
    {"account", "ID", "The account; opened when it does not exist", "账户标识；不存在时开立"},
    {"name", "TEXT", "Name, for a new account", "名称（新账户）"},
    {"role", "ROLE", "Role, for a new account; may be repeated", "角色（新账户），可重复"},
    {"office", "CODE", "Office of a clerk, for a new account", "所属部门（新账户）"},
    {"subject", "CODE", "USCC or identity number acted for, for a new account",
     "所代表的统一社会信用代码或身份号码（新账户）"},
    {"days", "N", "Days until the token expires (90)", "令牌有效天数（90）"},
    {"revoke", NULL, "Revoke the token that stands on standard input", "吊销从标准输入读取的令牌"},
};
static const OptionTable table = {"", 0, 0, options, sizeof options / sizeof options[0]};

static bool revoke(const Arguments *args, Core *core, Arena *a, Err *err)
{
    char text[ACCESS_TOKEN_MAX + 2] = "";
    ContextBuilder b = context_builder(a);
    if (!fgets(text, sizeof text, stdin))
        return err_set(err, &fault_token_missing);
    context_put_text(&b, "token_sm3", token_sm3_value(a, str_trim(str_from(text))));
    if (!system_run(core, a, STR("access.token_revoke"), value_context(&b), err))
        return false;
    printf("%s\n", args->lang == LANG_EN ? "The token is revoked." : "令牌已吊销。");
    return true;
}

static bool read_days(const Arguments *args, Core *core, Instant *expires, Err *err)
{
    Str text = argument_text(args, "days", STR_NONE);
    int64_t days = 0;
    *expires = INSTANT_NONE;
    if (!text.len)
        return true;
    if (!str_to_int64(text, &days) || days < 1 || days > DAYS_MAX)
        return err_set(err, &fault_argument_value_invalid, STR("days"), text, STR("1..36500"));
    expires->us = clock_now(core_clock(core)).us + days * US_PER_DAY;
    return true;
}

static bool issue(const Arguments *args, Core *core, Arena *a, Err *err)
{
    PackAccount account = {.id = argument_text(args, "account", STR_NONE),
                           .office = argument_text(args, "office", STR_NONE),
                           .subject = argument_text(args, "subject", STR_NONE)};
    Instant expires;
    Str token;
    account.name = argument_text(args, "name", account.id);
    while (account.role_count < CORE_GROUPS_MAX &&
           argument_item(args, "role", account.role_count, &account.roles[account.role_count]))
        account.role_count++;
    if (!read_days(args, core, &expires, err) ||
        !account_with_token(core, a, &account, expires, &token, err))
        return false;
    fprintf(stderr, "%s\n", args->lang == LANG_EN
                                ? "This token is shown once; only its hash is kept."
                                : "令牌仅显示这一次，系统只保存其哈希值。");
    printf("%.*s\n", STR_ARG(token));
    return true;
}

int command_token(const CommandLine *line)
{
    Arguments args;
    Node node;
    Err err = {0};
    int exit_code = EXIT_FINE;
    if (!arguments_read(line, &table, &args, &exit_code))
        return exit_code;
    NodeOptions wanted = {.data = argument_text(&args, "data", STR_NONE)};
    if (!wanted.data.len)
        err_set(&err, &fault_argument_missing, STR("data"));
    else if (!argument_given(&args, "revoke") && !argument_given(&args, "account"))
        err_set(&err, &fault_argument_missing, STR("account")); /* before a file is made */
    if (err.fault || !node_option_code(&args, &wanted.code, &err) ||
        !node_open(&wanted, &node, &err))
        return command_trouble(args.lang, &err);
    Arena *a = arena_open(TOKEN_ARENA_BYTES);
    bool fine = argument_given(&args, "revoke") ? revoke(&args, node.core, a, &err)
                                                : issue(&args, node.core, a, &err);
    if (!fine)
        exit_code = command_trouble(args.lang, &err);
    node_close(&node);
    arena_close(a);
    return exit_code;
}
