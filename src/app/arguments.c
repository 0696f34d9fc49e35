/* arguments.c - options read from one table, and the help written from the same. */
#include "app/arguments.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"

FAULT_DEFINE(ARGUMENT_FAULTS)

#define TROUBLE_ARENA_BYTES (64u << 10)
#define HELP_COLUMN 26

int command_trouble(Lang lang, const Err *err)
{
    Arena *a = arena_open(TROUBLE_ARENA_BYTES);
    Buf b = buf_new(a, 256);
    err_show(err, lang, &b);
    fprintf(stderr, "tongban: %s\n", buf_cstr(&b));
    arena_close(a);
    return EXIT_TROUBLE;
}

static const Option *find_option(const OptionTable *table, Str name)
{
    static const Option always[] = {
        {"lang", "zh|en", "Language of texts", "输出语言"},
        {"help", NULL, "Show this help", "显示本帮助"},
    };
    for (size_t i = 0; i < table->count; i++)
        if (str_equal(name, str_from(table->options[i].name)))
            return &table->options[i];
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
        if (str_equal(name, str_from(always[i].name)))
            return &always[i];
    return NULL;
}

static void print_option(Lang lang, const Option *o)
{
    char left[80];
    snprintf(left, sizeof left, "--%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
    printf("  %-*s %s\n", HELP_COLUMN, left, lang == LANG_EN ? o->en : o->zh);
}

static void print_help(const CommandLine *line, const OptionTable *table, Lang lang)
{
    static const struct { const char *name, *en, *zh; } rows[] = {
#define COMMAND_ROW(name, en, zh) {#name, en, zh},
        APP_COMMANDS(COMMAND_ROW)
#undef COMMAND_ROW
    };
    printf(lang == LANG_EN ? "Usage: tongban %s [OPTION]...%s%s\n"
                           : "用法：tongban %s [选项]...%s%s\n",
           line->argv[0], table->positionals[0] ? " " : "", table->positionals);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (!strcmp(rows[i].name, line->argv[0]))
            printf("%s\n\n", lang == LANG_EN ? rows[i].en : rows[i].zh);
    for (size_t i = 0; i < table->count; i++)
        print_option(lang, &table->options[i]);
    print_option(lang, find_option(table, STR("lang")));
    print_option(lang, find_option(table, STR("help")));
    printf("%s\n", lang == LANG_EN
                       ? "Exit codes: 0 done, 1 something was found wrong, 2 could not be done."
                       : "退出码：0 完成，1 发现问题，2 无法执行。");
}

/* One option at argv[*i]; moves *i over a value that stands apart. */
static bool read_option(const CommandLine *line, const OptionTable *table, int *i, Arguments *out,
                        Err *err)
{
    Str value = str_slice(str_from(line->argv[*i]), 2, strlen(line->argv[*i]));
    Str name = str_split(&value, '=');
    const Option *o = find_option(table, name);
    if (!o)
        return err_set(err, &fault_argument_unknown, str_from(line->argv[*i]),
                       str_from(line->argv[0]));
    if (!o->value && value.ptr)
        return err_set(err, &fault_argument_value_unwanted, name);
    if (o->value && !value.ptr) {
        if (*i + 1 == line->argc)
            return err_set(err, &fault_argument_value_missing, name, str_from(o->value));
        value = str_from(line->argv[++*i]);
    }
    if (!strcmp(o->name, "lang")) {
        if (!str_equal(value, STR("zh")) && !str_equal(value, STR("en")))
            return err_set(err, &fault_argument_value_invalid, name, value, STR("zh, en"));
        out->lang = str_equal(value, STR("en")) ? LANG_EN : LANG_ZH;
    }
    check(out->given_count < ARGUMENTS_MAX);
    out->given[out->given_count] = o;
    out->values[out->given_count++] = o->value ? value : STR_NONE;
    return true;
}

static bool read_all(const CommandLine *line, const OptionTable *table, Arguments *out, Err *err)
{
    bool options_end = line->argc > (int)ARGUMENTS_MAX;
    if (options_end)
        return err_set(err, &fault_argument_count, STR("> 256"), str_from(line->argv[0]));
    for (int i = 1; i < line->argc; i++) {
        Str one = str_from(line->argv[i]);
        if (!options_end && str_equal(one, STR("--")))
            options_end = true;
        else if (options_end || !str_starts(one, STR("--")))
            out->positionals[out->positional_count++] = one;
        else if (!read_option(line, table, &i, out, err))
            return false;
    }
    return true;
}

bool arguments_read(const CommandLine *line, const OptionTable *table, Arguments *out,
                    int *exit_code)
{
    Err err = {0};
    char count[16];
    *out = (Arguments){.table = table, .lang = line->lang};
    bool fine = read_all(line, table, out, &err);
    if (fine && argument_given(out, "help")) {
        print_help(line, table, out->lang);
        *exit_code = EXIT_FINE;
        return false;
    }
    snprintf(count, sizeof count, "%zu", out->positional_count);
    if (fine && (out->positional_count < table->positional_min ||
                 out->positional_count > table->positional_max))
        fine = err_set(&err, &fault_argument_count, str_from(count), str_from(line->argv[0]));
    if (!fine)
        *exit_code = command_trouble(out->lang, &err);
    return fine;
}

bool argument_given(const Arguments *args, const char *name)
{
    for (size_t i = 0; i < args->given_count; i++)
        if (!strcmp(args->given[i]->name, name))
            return true;
    return false;
}

Str argument_text(const Arguments *args, const char *name, Str fallback)
{
    for (size_t i = 0; i < args->given_count; i++)
        if (!strcmp(args->given[i]->name, name))
            fallback = args->values[i];
    return fallback;
}

bool argument_item(const Arguments *args, const char *name, size_t i, Str *out)
{
    for (size_t k = 0; k < args->given_count; k++) {
        if (strcmp(args->given[k]->name, name))
            continue;
        if (i-- == 0) {
            *out = args->values[k];
            return true;
        }
    }
    return false;
}
