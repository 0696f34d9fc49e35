/* command_verify.c - `tongban verify --data FILE`: is the data file what its journal says?
 *
 * Replays the whole journal into an empty store, checks the chain of hashes and compares every
 * row; then plays the history of the ledger again and judges its invariants at every step. Reads
 * only; it may run beside a server. Exit code 0: equal and true; 1: differences, one a line. */
#include "app/arguments.h"
#include "app/node.h"
#include "domain/ledger/ledger.h"

#include <stdio.h>

#define VERIFY_ARENA_BYTES (1024u << 20)

static const Option options[] = {
    {"data", "FILE", "The data file", "数据文件"},
    {"node", "CODE", "GB/T 2260 code of the node (420600)", "节点的行政区划代码（420600）"},
};
static const OptionTable table = {"", 0, 0, options, sizeof options / sizeof options[0]};

static int show(const VerifyResult *result, Lang lang)
{
    char hash[64];
    sm3_text(&result->head, hash);
    fwrite(result->report.ptr ? result->report.ptr : "", 1, result->report.len, stdout);
    printf(lang == LANG_EN
               ? "%lld records replayed, %lld rows compared, %lld differences; head %.64s\n"
               : "重放日志 %lld 条，核对数据 %lld 行，差异 %lld 处；链头 %.64s\n",
           (long long)result->records, (long long)result->rows, (long long)result->differences,
           hash);
    return result->differences ? EXIT_FAULTS : EXIT_FINE;
}

static bool judge_ledger(const Node *node, Lang lang, Arena *a, LedgerJudgement *out, Err *err)
{
    StoreConn *conn;
    if (!store_connect_reader(core_store(node->core), &conn, err))
        return false;
    bool ok = ledger_invariants(conn, core_node(node->core), lang, a, out, err);
    store_disconnect(conn);
    return ok;
}

static int show_ledger(const LedgerJudgement *j, Lang lang)
{
    fwrite(j->report.ptr ? j->report.ptr : "", 1, j->report.len, stdout);
    if (j->moves || j->faults)
        printf(lang == LANG_EN ? "%lld ledger entries of %lld accounts judged, %lld faults\n"
                               : "核验账簿记录 %lld 笔、账户 %lld 个，问题 %lld 处\n",
               (long long)j->moves, (long long)j->accounts, (long long)j->faults);
    return j->faults ? EXIT_FAULTS : EXIT_FINE;
}

int command_verify(const CommandLine *line)
{
    Arguments args;
    Node node;
    Err err = {0};
    VerifyResult result = {0};
    LedgerJudgement judgement = {0};
    int exit_code = EXIT_FINE;
    if (!arguments_read(line, &table, &args, &exit_code))
        return exit_code;
    NodeOptions options_of_node = {.data = argument_text(&args, "data", STR_NONE),
                                   .read_only = true};
    if (!options_of_node.data.len)
        err_set(&err, &fault_argument_missing, STR("data"));
    else if (!file_exists(options_of_node.data))
        err_set(&err, &fault_file_not_found, options_of_node.data);
    if (err.fault || !node_option_code(&args, &options_of_node.code, &err) ||
        !node_open(&options_of_node, &node, &err))
        return command_trouble(args.lang, &err);
    Arena *a = arena_open(VERIFY_ARENA_BYTES);
    if (core_verify(node.core, args.lang, a, &result, &err) &&
        judge_ledger(&node, args.lang, a, &judgement, &err)) {
        exit_code = show(&result, args.lang);
        int of_ledger = show_ledger(&judgement, args.lang);
        exit_code = exit_code ? exit_code : of_ledger;
    } else
        exit_code = command_trouble(args.lang, &err);
    node_close(&node);
    arena_close(a);
    return exit_code;
}
