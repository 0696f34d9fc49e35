/* main.c - `tongban`: picks the subcommand.
 *
 *     tongban [--lang zh|en] SUBCOMMAND [OPTION]...
 *
 * The language of all texts: --lang, else the first of LC_ALL, LC_MESSAGES and LANG that is set
 * and begins with zh or en, else Chinese. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/arguments.h"

typedef struct Row {
    const char *name;
    const char *en, *zh;
    CommandMain *main;
} Row;

static const Row rows[] = {
#define COMMAND_ROW(name, en, zh) {#name, en, zh, command_##name},
    APP_COMMANDS(COMMAND_ROW)
#undef COMMAND_ROW
};

static Lang environment_language(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        Str value = str_from(getenv(names[i]));
        if (str_starts(value, STR("zh")))
            return LANG_ZH;
        if (str_starts(value, STR("en")))
            return LANG_EN;
    }
    return LANG_ZH;
}

static int print_help(Lang lang)
{
    printf("%s\n", lang == LANG_EN
                       ? "Usage: tongban [--lang zh|en] SUBCOMMAND [OPTION]...\n\nSubcommands:"
                       : "用法：tongban [--lang zh|en] 子命令 [选项]...\n\n子命令：");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        printf("  %-10s %s\n", rows[i].name, lang == LANG_EN ? rows[i].en : rows[i].zh);
    printf("\n%s\n", lang == LANG_EN ? "`tongban SUBCOMMAND --help` explains one of them."
                                     : "用 `tongban 子命令 --help` 查看各子命令的说明。");
    return EXIT_FINE;
}

static int run(int argc, char **argv, Lang lang)
{
    Err err = {0};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (!strcmp(argv[0], rows[i].name))
            return rows[i].main(&(CommandLine){argc, argv, lang});
    err_set(&err, &fault_subcommand_unknown, str_from(argv[0]));
    return command_trouble(lang, &err);
}

int main(int argc, char **argv)
{
    Lang lang = environment_language();
    int i = 1;
    if (i + 1 < argc && !strcmp(argv[i], "--lang")) {
        Err err = {0};
        if (strcmp(argv[i + 1], "zh") && strcmp(argv[i + 1], "en")) {
            err_set(&err, &fault_argument_value_invalid, STR("lang"), str_from(argv[i + 1]),
                    STR("zh, en"));
            return command_trouble(lang, &err);
        }
        lang = strcmp(argv[i + 1], "en") ? LANG_ZH : LANG_EN;
        i += 2;
    }
    if (i < argc && !strcmp(argv[i], "--version")) {
        printf("tongban " TONGBAN_VERSION "\n");
        return EXIT_FINE;
    }
    if (i < argc && strcmp(argv[i], "--help") && strcmp(argv[i], "help"))
        return run(argc - i, argv + i, lang);
    print_help(lang);
    return i < argc ? EXIT_FINE : EXIT_TROUBLE;
}
