/* commands.h - the subcommands of the program `tongban`, one row each.
 *
 * A subcommand is one row here and one file command_<name>.c with `int command_<name>(const
 * CommandLine *line)`. Rows stand in the order in which `tongban --help` shows them. The function
 * reads its options through arguments.h, which also prints `--help`; it returns the exit code.
 * Floor 8. Main thread. */
#ifndef APP_COMMANDS_H
#define APP_COMMANDS_H

#include "base/err.h"

#define EXIT_FINE 0    /* done, and nothing was found wrong */
#define EXIT_FAULTS 1  /* done, and something was found wrong (a faulty pack, a failed case) */
#define EXIT_TROUBLE 2 /* could not be done: wrong arguments, I/O */

/* name, one line of help in English, the same in Chinese */
#define APP_COMMANDS(X)                                                                      \
    X(serve, "Run a node: open the data file, install packs, serve the API.",               \
      "运行节点：打开数据文件、安装服务包、提供接口。")                                       \
    X(demo, "Play two services end to end against a running node.",                          \
      "在运行中的节点上演示两项服务的全过程。")                                               \
    X(check, "Check packs: every fault with its place and what to do.",                      \
      "检查服务包：逐项指出错误的位置和处理办法。")                                           \
    X(test, "Run the acceptance cases of packs on a virtual clock.",                         \
      "在虚拟时钟上运行服务包的验收用例。")                                                   \
    X(feel, "Evaluate a FEEL expression: JSON in, JSON out.",                                 \
      "计算一个 FEEL 表达式：JSON 输入，JSON 输出。")                                          \
    X(decide, "Evaluate a decision of a DMN model, or list its decisions.",                   \
      "计算 DMN 模型中的一个决策，或列出全部决策。")                                           \
    X(verify, "Replay the journal and compare it with the tables.",                          \
      "重放日志，并与数据表逐行核对。")                                                       \
    X(export, "Write a book of the ledger as hledger's journal or as CSV.",                  \
      "将账簿导出为 hledger 日记账或 CSV。")                                                  \
    X(load, "Load a CSV or JSON Lines file of any size into a registry.",                    \
      "将任意大小的 CSV 或 JSON Lines 文件导入基础库。")                                      \
    X(unload, "Write named fields of a registry to a CSV or JSON Lines file, with a recorded purpose.", \
      "将基础库的指定字段导出为 CSV 或 JSON Lines 文件，并登记目的。")                         \
    X(synth, "Write invented people and firms that fit together, as many as wanted.",        \
      "生成任意数量、彼此一致的虚构人员与企业数据。")                                         \
    X(token, "Open an account and print an access token for it, once.",                      \
      "开立账户并输出一次性显示的访问令牌。")                                                 \
    X(bench, "Load a running node through HTTP and measure it.",                             \
      "通过 HTTP 对运行中的节点加压并测量。")

/* What a subcommand is called with. argv[0] is its own name. */
typedef struct CommandLine {
    int argc;
    char **argv;
    Lang lang; /* from --lang before the name, else LC_ALL, LC_MESSAGES, LANG; else zh */
} CommandLine;

typedef int CommandMain(const CommandLine *line);

#define APP_COMMAND_DECLARE(name, en, zh) int command_##name(const CommandLine *line);
APP_COMMANDS(APP_COMMAND_DECLARE)

#endif
