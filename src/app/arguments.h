/* arguments.h - options of a subcommand, read and explained from one table.
 *
 * Options are `--name`, `--name VALUE` or `--name=VALUE`; `--` ends them; everything else is a
 * positional. `--help` and `--lang zh|en` exist for every subcommand. Repeated options keep all
 * their values. Unknown options and missing values are refused with the name of the option.
 * Floor 8. Main thread. */
#ifndef APP_ARGUMENTS_H
#define APP_ARGUMENTS_H

#include "app/commands.h"

#define ARGUMENTS_MAX 256u

typedef struct Option {
    const char *name;  /* "data" */
    const char *value; /* "FILE": how the value is shown in the help; NULL: a switch */
    const char *en;    /* one line of help */
    const char *zh;
} Option;

typedef struct OptionTable {
    const char *positionals; /* "[DIR]...", shown behind the options; "" when there are none */
    size_t positional_min;
    size_t positional_max;
    const Option *options;
    size_t count;
} OptionTable;

typedef struct Arguments {
    const OptionTable *table;
    Lang lang;
    Str positionals[ARGUMENTS_MAX];
    size_t positional_count;
    const Option *given[ARGUMENTS_MAX]; /* in the order given */
    Str values[ARGUMENTS_MAX];          /* beside it; empty for a switch */
    size_t given_count;
} Arguments;

/* Read the command line. False when the subcommand has nothing more to do: help was printed
 * (*exit_code EXIT_FINE) or the arguments are wrong and the fault was printed (EXIT_TROUBLE). */
bool arguments_read(const CommandLine *line, const OptionTable *table, Arguments *out,
                    int *exit_code);
bool argument_given(const Arguments *args, const char *name);
/* The last value of an option, or the fallback. */
Str argument_text(const Arguments *args, const char *name, Str fallback);
/* The i-th value of a repeated option; false when there is none. */
bool argument_item(const Arguments *args, const char *name, size_t i, Str *out);

/* Print "tongban: <place>: <text>" in the reader's language to stderr; returns EXIT_TROUBLE. */
int command_trouble(Lang lang, const Err *err);

#define ARGUMENT_FAULTS(X)                                                                    \
    X(argument_unknown, INPUT, 400, false,                                                    \
      "There is no option \"{1}\". `tongban {2} --help` lists the options.",                  \
      "没有选项“{1}”。可用 `tongban {2} --help` 查看全部选项。")                              \
    X(argument_value_missing, INPUT, 400, false, "The option --{1} needs a value: --{1} {2}.", \
      "选项 --{1} 缺少取值，应写作 --{1} {2}。")                                              \
    X(argument_value_unwanted, INPUT, 400, false, "The option --{1} takes no value.",         \
      "选项 --{1} 不带取值。")                                                                \
    X(argument_value_invalid, INPUT, 400, false, "--{1} cannot be \"{2}\": {3}.",             \
      "--{1} 的取值“{2}”无效：{3}。")                                                         \
    X(argument_count, INPUT, 400, false,                                                      \
      "Wrong number of arguments: {1}. `tongban {2} --help` shows how to call it.",           \
      "参数个数不正确（{1} 个）。可用 `tongban {2} --help` 查看用法。")                       \
    X(argument_missing, INPUT, 400, false, "The option --{1} is needed.", "必须给出选项 --{1}。") \
    X(subcommand_unknown, INPUT, 400, false,                                                  \
      "There is no subcommand \"{1}\". `tongban --help` lists them.",                         \
      "没有子命令“{1}”。可用 `tongban --help` 查看全部子命令。")
FAULT_DECLARE(ARGUMENT_FAULTS)

#endif
