/* command_serve.c - `tongban serve`: a node that answers.
 *
 *     open data file ─▶ check and install packs ─▶ accounts of the demonstration
 *        ─▶ start the writer ─▶ open the API ─▶ listen ─▶ wait for SIGINT or SIGTERM
 *     stop: no new connections ─▶ every postponed request answered ─▶ writer ends ─▶ file closed
 *
 * Signals are blocked before the first thread is started, so that only the main thread, which
 * waits for them, gets them. One line on standard output says where the node listens; scripts
 * read the address (port 0 picks a free one) from it: the last word of the line. */
#include "app/accounts.h"

#include <signal.h>
#include <stdio.h>

#include "api/api.h"
#include "base/check.h"

#define SERVE_ARENA_BYTES (1024u << 20) /* texts of the packs while they are installed */
#define SERVE_PACKS_MAX 64u
#define SERVE_THREADS_DEFAULT 2

static const Option options[] = {
    {"data", "FILE", "The data file (data/tongban.db); :memory: keeps nothing",
     "数据文件（data/tongban.db）；:memory: 不保存"},
    {"pack", "DIR", "A pack to install; may be repeated", "要安装的服务包目录，可重复"},
    {"listen", "HOST:PORT", "Where to listen (127.0.0.1:8420); port 0 picks a free one",
     "监听地址（127.0.0.1:8420）；端口 0 表示任选空闲端口"},
    {"clock", "system|virtual", "virtual: time stands still until PUT /v1/clock moves it",
     "virtual：时间静止，由 PUT /v1/clock 拨动"},
    {"now", "INSTANT", "Where a virtual clock starts (now)", "虚拟时钟的起始时间（当前时间）"},
    {"node", "CODE", "GB/T 2260 code of the node (420600)", "节点的行政区划代码（420600）"},
    {"threads", "N", "HTTP threads, 1 to 16 (2)", "HTTP 线程数，1 至 16（2）"},
    {"demo", "FILE", "Open the packs' demonstration accounts and write their tokens to FILE",
     "开立服务包中的演示账户，并将令牌写入文件"},
};
static const OptionTable table = {"", 0, 0, options, sizeof options / sizeof options[0]};

typedef struct Serving {
    const Arguments *args;
    NodeOptions options;
    Node node;
    int64_t threads;
    Api *api;
    HttpServer *server;
} Serving;

static bool read_clock(Serving *s, Err *err)
{
    Str kind = argument_text(s->args, "clock", STR("system"));
    Str now = argument_text(s->args, "now", STR_NONE);
    Instant start = clock_now(clock_system());
    if (!str_equal(kind, STR("system")) && !str_equal(kind, STR("virtual")))
        return err_set(err, &fault_argument_value_invalid, STR("clock"), kind,
                       STR("system, virtual"));
    if (now.len && (!str_equal(kind, STR("virtual")) || !instant_parse(now, &start)))
        return err_set(err, &fault_argument_value_invalid, STR("now"), now,
                       STR("--clock virtual --now 2026-11-25T09:00:00+08:00"));
    if (str_equal(kind, STR("virtual")))
        s->options.clock = clock_virtual_open(start);
    return true;
}

static bool read_options(Serving *s, Err *err)
{
    Str threads = argument_text(s->args, "threads", STR_NONE);
    s->threads = SERVE_THREADS_DEFAULT;
    if (threads.len && (!str_to_int64(threads, &s->threads) || s->threads < 1 ||
                        s->threads > (int64_t)HTTP_THREADS_MAX))
        return err_set(err, &fault_argument_value_invalid, STR("threads"), threads, STR("1..16"));
    s->options.data = argument_text(s->args, "data", STR("data/tongban.db"));
    return node_option_code(s->args, &s->options.code, err) && read_clock(s, err);
}

/* Read, check and install the packs; *sound is false when they have faults (told already). */
static bool install_packs(Serving *s, Arena *a, bool *sound, Err *err)
{
    Str folders[SERVE_PACKS_MAX];
    size_t count = 0;
    PackSet *set = NULL;
    PackFaults faults = {0};
    Str demo = argument_text(s->args, "demo", STR_NONE);
    const NodeModules *m = &s->node.modules;
    while (count < SERVE_PACKS_MAX && argument_item(s->args, "pack", count, &folders[count]))
        count++;
    *sound = pack_read(a, folders, count, m->list, m->count, &set, &faults, err);
    if (err->fault)
        return false;
    if (!*sound) {
        Buf text = buf_new(a, 4096);
        pack_show_faults(&faults, s->args->lang, &text);
        fprintf(stderr, "%s", buf_cstr(&text));
        return true;
    }
    return pack_install(s->node.core, set, err) &&
           (!demo.len || accounts_of_demo(s->node.core, set, demo, err));
}

static bool start(Serving *s, Err *err)
{
    core_start(s->node.core);
    ApiOptions api = {.core = s->node.core, .cases = s->node.modules.cases,
                      .decisions = s->node.modules.decisions,
                      .process = s->node.modules.process,
                      .access = s->node.modules.access, .readers = (unsigned)s->threads,
                      .clock_may_move = s->options.clock != NULL};
    if (!api_open(&api, &s->api, err))
        return false;
    HttpServerOptions http = {.listen = argument_text(s->args, "listen", STR("127.0.0.1:8420")),
                              .handler = api_handle,
                              .context = s->api,
                              .threads = (unsigned)s->threads,
                              .always = api_headers,
                              .always_count = api_header_count};
    if (http_server_open(&http, &s->server, err))
        return true;
    core_stop(s->node.core);
    api_close(s->api);
    return false;
}

static void stop(Serving *s)
{
    api_quiesce(s->api);
    http_server_close(s->server);
    core_stop(s->node.core);
    api_close(s->api);
}

static int serve(Serving *s, const sigset_t *signals)
{
    Err err = {0};
    bool sound = false;
    int signal_number = 0;
    Arena *a = arena_open(SERVE_ARENA_BYTES);
    bool fine = install_packs(s, a, &sound, &err);
    arena_close(a);
    if (fine && !sound)
        return EXIT_FAULTS;
    if (!fine || !start(s, &err))
        return command_trouble(s->args->lang, &err);
    printf(s->args->lang == LANG_EN ? "Node %lld listens on http://%.*s\n"
                                    : "节点 %lld 已就绪： http://%.*s\n",
           (long long)core_node(s->node.core), STR_ARG(http_server_address(s->server)));
    fflush(stdout);
    sigwait(signals, &signal_number);
    stop(s);
    return EXIT_FINE;
}

int command_serve(const CommandLine *line)
{
    Arguments args;
    Serving s = {.args = &args};
    Err err = {0};
    sigset_t signals;
    int exit_code = EXIT_FINE;
    if (!arguments_read(line, &table, &args, &exit_code))
        return exit_code;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    check(pthread_sigmask(SIG_BLOCK, &signals, NULL) == 0);
    signal(SIGPIPE, SIG_IGN);
    if (!read_options(&s, &err) || !node_open(&s.options, &s.node, &err)) {
        exit_code = command_trouble(args.lang, &err);
    } else {
        exit_code = serve(&s, &signals);
        node_close(&s.node);
    }
    if (s.options.clock)
        clock_close(s.options.clock);
    return exit_code;
}
