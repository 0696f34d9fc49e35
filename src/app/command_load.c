/* command_load.c - `tongban load`: a CSV or JSON Lines file of any size into a registry.
 *
 * The node must not be running: the load is the writer. Every line is judged before anything is
 * written; when one is faulty, the faulty lines are printed with number and reason and nothing is
 * written. Interrupted, the same call goes on where it was. Exit code 0: loaded; 1: faulty lines.
 */
#include "app/arguments.h"
#include "app/node.h"
#include "domain/registry/registry.h"

#include <stdio.h>
#include <unistd.h>

#define LOAD_ARENA_BYTES (256u << 20)
#define LOAD_FAULTS_SHOWN 100
#define PROGRESS_NS 1000000000ll

static const Option options[] = {
    {"data", "FILE", "The data file", "数据文件"},
    {"registry", "NAME", "The registry", "基础库名称"},
    {"source", "OFFICE", "Office the records come from (the registry's own)", "数据来源部门（默认为该库的主管部门）"},
    {"grade", "GRADE", "issued, verified, uploaded or declared (issued)",
     "可信等级：issued、verified、uploaded 或 declared（默认 issued）"},
    {"faults", "N", "Faulty lines shown; the rest is counted (100)", "最多列出的错误行数，其余只计数（100）"},
    {"node", "CODE", "GB/T 2260 code of the node (420600)", "节点的行政区划代码（420600）"},
};
static const OptionTable table = {"FILE.csv|FILE.jsonl", 1, 1, options,
                                  sizeof options / sizeof options[0]};

typedef struct Progress {
    Lang lang;
    int64_t started_ns, shown_ns;
    bool terminal;
} Progress;

static void show_progress(void *context, int64_t bytes, int64_t of_bytes, int64_t records)
{
    Progress *p = context;
    int64_t now = clock_monotonic_ns();
    if (now - p->shown_ns < PROGRESS_NS)
        return;
    p->shown_ns = now;
    double seconds = (double)(now - p->started_ns) / 1e9;
    fprintf(stderr,
            p->lang == LANG_EN ? "%s%3lld %% read, %lld records, %.0f a second%s"
                               : "%s已读 %3lld%%，%lld 条，每秒 %.0f 条%s",
            p->terminal ? "\r" : "", (long long)(of_bytes ? bytes * 100 / of_bytes : 100),
            (long long)records, (double)records / seconds, p->terminal ? "" : "\n");
    fflush(stderr);
}

static void show_faults(const RegistryLoaded *loaded, Str path, Lang lang)
{
    Arena *a = arena_open(1u << 20);
    for (size_t i = 0; i < loaded->list_count; i++) {
        Buf text = buf_new(a, 200);
        const RegistryLoadFault *f = &loaded->list[i];
        err_text(&f->err, lang, &text);
        printf("%.*s:%lld: %s%s%s\n", STR_ARG(path), (long long)f->line, f->err.element,
               f->err.element[0] ? ": " : "", buf_cstr(&text));
        arena_reset(a);
    }
    arena_close(a);
}

static int show_result(const RegistryLoaded *loaded, const Progress *p, Str path)
{
    double seconds = (double)(clock_monotonic_ns() - p->started_ns) / 1e9;
    if (p->terminal && p->shown_ns > p->started_ns)
        fputc('\n', stderr);
    if (loaded->resumed)
        puts(p->lang == LANG_EN ? "Went on from an interrupted load." : "从上次中断处继续。");
    if (!loaded->faults) {
        printf(p->lang == LANG_EN
                   ? "%lld records read, %lld written, %lld say nothing new; %.1f s, %.0f a second\n"
                   : "读入 %lld 条，写入 %lld 条，无变化 %lld 条；用时 %.1f 秒，每秒 %.0f 条\n",
               (long long)loaded->records, (long long)loaded->written,
               (long long)(loaded->records - loaded->written), seconds,
               (double)loaded->records / seconds);
        return EXIT_FINE;
    }
    show_faults(loaded, path, p->lang);
    printf(p->lang == LANG_EN
               ? "%lld records read, %lld faulty (%zu shown); nothing was written\n"
               : "读入 %lld 条，错误 %lld 条（列出 %zu 条）；未写入任何数据\n",
           (long long)loaded->records, (long long)loaded->faults, loaded->list_count);
    return EXIT_FAULTS;
}

static bool read_options(const Arguments *args, NodeOptions *node, RegistryLoad *load, Err *err)
{
    int64_t faults = LOAD_FAULTS_SHOWN;
    Str shown = argument_text(args, "faults", STR("100"));
    node->data = argument_text(args, "data", STR_NONE);
    *load = (RegistryLoad){.registry = argument_text(args, "registry", STR_NONE),
                           .path = args->positionals[0],
                           .source = argument_text(args, "source", STR_NONE),
                           .grade = argument_text(args, "grade", STR_NONE)};
    if (!node->data.len)
        return err_set(err, &fault_argument_missing, STR("data"));
    if (!load->registry.len)
        return err_set(err, &fault_argument_missing, STR("registry"));
    if (!file_exists(node->data))
        return err_set(err, &fault_file_not_found, node->data);
    if (!str_to_int64(shown, &faults) || faults < 0 || faults > REGISTRY_LOAD_FAULTS_MAX)
        return err_set(err, &fault_argument_value_invalid, STR("faults"), shown, STR("0 - 10000"));
    load->faults_max = (size_t)faults;
    return node_option_code(args, &node->code, err);
}

int command_load(const CommandLine *line)
{
    Arguments args;
    NodeOptions node_options = {0};
    RegistryLoad load;
    RegistryLoaded loaded = {0};
    Node node;
    Err err = {0};
    int exit_code = EXIT_FINE;
    if (!arguments_read(line, &table, &args, &exit_code))
        return exit_code;
    if (!read_options(&args, &node_options, &load, &err) || !node_open(&node_options, &node, &err))
        return command_trouble(args.lang, &err);
    Arena *a = arena_open(LOAD_ARENA_BYTES);
    int64_t now = clock_monotonic_ns();
    Progress progress = {.lang = args.lang, .started_ns = now, .shown_ns = now,
                         .terminal = isatty(2) == 1};
    load.folder = registry_folder(a, node_options.data);
    load.progress = show_progress;
    load.context = &progress;
    if (registry_load(node.core, &load, a, &loaded, &err))
        exit_code = show_result(&loaded, &progress, load.path);
    else
        exit_code = command_trouble(args.lang, &err);
    node_close(&node);
    arena_close(a);
    return exit_code;
}
