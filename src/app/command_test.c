/* command_test.c - `tongban test DIR...`: the acceptance cases of packs, on a virtual clock.
 *
 * The packs are checked first: a faulty pack's cases are not run. Every case plays in a node of
 * its own in memory. One line a case, below a failed one what differed; the last line is
 * "N passed, N failed". --tap prints TAP for test runners. */
#include "app/arguments.h"
#include "app/node.h"
#include "pack/pack.h"

#include <stdio.h>
#include <string.h>

#define TEST_ARENA_BYTES (1024u << 20)

static const Option options[] = {
    {"only", "TEXT", "run the cases whose file name contains TEXT", "只运行文件名包含该文字的用例"},
    {"tap", NULL, "print TAP instead of text", "以 TAP 格式输出"},
};
static const OptionTable table = {"DIR...", 1, 64, options, sizeof options / sizeof *options};

typedef struct Run {
    Lang lang;
    bool tap;
    size_t count;
    NodeModules modules;
} Run;

static const Module *const *make_modules(void *context, size_t *count, PermitFn **permit,
                                         void **permit_context)
{
    Run *run = context;
    node_modules_open(&run->modules);
    *count = run->modules.count;
    *permit = run->modules.permit;
    *permit_context = run->modules.permit_context;
    return run->modules.list;
}

/* core_close has closed the modules' states already. */
static void close_modules(void *context)
{
    Run *run = context;
    node_modules_end(&run->modules);
}

static void report(void *context, const PackCaseResult *r)
{
    Run *run = context;
    run->count++;
    if (run->tap) {
        printf("%s %zu - %.*s/%.*s\n", r->passed ? "ok" : "not ok", run->count, STR_ARG(r->pack),
               STR_ARG(r->name));
    } else {
        const char *word = run->lang == LANG_ZH ? (r->passed ? "通过" : "失败")
                                                : (r->passed ? "passed" : "FAILED");
        printf("%s %.*s/%.*s\n", word, STR_ARG(r->pack), STR_ARG(r->name));
    }
    Str rest = r->report;
    while (rest.ptr && rest.len) {
        Str line = str_split(&rest, '\n');
        if (line.len) printf("%s%.*s\n", run->tap ? "# " : "    ", STR_ARG(line));
    }
    fflush(stdout);
}

static int test_folders(const Arguments *args, Run *run, Arena *a)
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
    if (!sound) {
        Buf out = buf_new(a, 4096);
        pack_show_faults(&faults, args->lang, &out);
        fwrite(buf_text(&out).ptr, 1, buf_text(&out).len, stdout);
        printf("0 passed, 1 failed\n");
        return EXIT_FAULTS;
    }
    PackRunner runner = {make_modules, close_modules, report, run,
                         argument_text(args, "only", STR_NONE), args->lang};
    size_t passed = 0, failed = 0;
    if (!pack_test(set, &runner, &passed, &failed, &err)) return command_trouble(args->lang, &err);
    if (run->tap) printf("1..%zu\n", run->count);
    else printf("%zu passed, %zu failed\n", passed, failed);
    return failed ? EXIT_FAULTS : EXIT_FINE;
}

int command_test(const CommandLine *line)
{
    Arguments args;
    int exit_code = EXIT_FINE;
    if (!arguments_read(line, &table, &args, &exit_code)) return exit_code;
    Arena *a = arena_open(TEST_ARENA_BYTES);
    Run run = {.lang = args.lang, .tap = argument_given(&args, "tap")};
    exit_code = test_folders(&args, &run, a);
    arena_close(a);
    return exit_code;
}
