/* command_check.c - `tongban check DIR...`: every fault of packs, with place and advice.
 *
 * Nothing is installed and no data file is touched. Exit code 0: sound (warnings apart), 1:
 * faults were found, 2: a folder could not be read. The faults go to standard output, one a
 * line, so that an editor can jump to them; the summary is the last line. */
#include "app/arguments.h"
#include "app/node.h"
#include "pack/pack.h"

#include <stdio.h>

#define CHECK_ARENA_BYTES (1024u << 20)

static const OptionTable table = {"DIR...", 1, 64, NULL, 0};

static void print(Str s) { fwrite(s.ptr, 1, s.len, stdout); }

static void print_packs(const PackSet *set, Lang lang, Arena *a)
{
    for (size_t i = 0; i < pack_count(set); i++) {
        PackInfo info = pack_info(set, i);
        Str title = lang == LANG_ZH ? info.title_zh : info.title_en;
        print(arena_printf(a, lang == LANG_ZH ? "%.*s %.*s %.*s：%zu 个定义，%zu 个用例\n"
                                              : "%.*s %.*s %.*s: %zu definitions, %zu cases\n",
                           STR_ARG(info.id), STR_ARG(info.version), STR_ARG(title),
                           info.definitions, info.cases));
    }
}

static int check_folders(const Arguments *args, Arena *a)
{
    Err err = {0};
    NodeModules modules;
    PackSet *set = NULL;
    PackFaults faults = {0};
    node_modules_open(&modules);
    bool sound = pack_read(a, args->positionals, args->positional_count, modules.list,
                           modules.count, &set, &faults, &err);
    node_modules_close(&modules);
    if (err.fault) return command_trouble(args->lang, &err);
    Buf out = buf_new(a, 4096);
    pack_show_faults(&faults, args->lang, &out);
    print(buf_text(&out));
    print_packs(set, args->lang, a);
    size_t bad = faults.count - faults.warnings + faults.unlisted;
    print(arena_printf(a, args->lang == LANG_ZH ? "%zu 处错误，%zu 处提醒\n"
                                                : "%zu faults, %zu warnings\n",
                       bad, faults.warnings));
    return sound ? EXIT_FINE : EXIT_FAULTS;
}

int command_check(const CommandLine *line)
{
    Arguments args;
    int exit_code = EXIT_FINE;
    if (!arguments_read(line, &table, &args, &exit_code)) return exit_code;
    Arena *a = arena_open(CHECK_ARENA_BYTES);
    exit_code = check_folders(&args, a);
    arena_close(a);
    return exit_code;
}
