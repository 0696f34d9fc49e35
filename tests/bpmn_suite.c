/* bpmn_suite DIR [--profile core|rare|static] [--restart] - runs a folder of engine-neutral BPMN
 * tests.
 *
 * DIR holds tests.json and the .bpmn files it names. A test that is executed: every executable
 * process of the file is installed on a node in memory with a virtual clock, the processes are
 * started, time runs on, and what was logged is compared with the expectation as a multiset. A
 * static test: reading the file must refuse it. A failing case prints one line; the last line is
 * `N passed, N failed`.
 *
 * The files' scripts and conditions are placeholders of no language. Before a file is read, script
 * tasks become tasks of the module "suite", which knows the words:
 *     SCRIPT_task1 ...  logs itself            CREATE_MARKER_FILE   MARKER_exists
 *     INCREMENT_INTEGER_VARIABLE[_AND_LOG]     SET_STRING_DATA, LOG_DATA
 *     THROW_ERROR  error ERR_CODE              CREATE_LOG_FILE      nothing
 *     WAIT_TEN_SECONDS, CREATE_TIMESTAMP_LOG_n are jobs that this program answers
 * and test.contains("a") becomes FEEL.
 *
 * With --restart every case is executed three times: in memory; on a file, closed and opened after
 * every commit; and with every command in a child process that is killed after its commit. The
 * traces (every event of the journal, in order) must be equal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/map.h"
#include "codec/json.h"
#include "codec/xml.h"
#include "domain/process/process.h"
#include "lang/bpmn/bpmn.h"
#include "process_killed.h"

#define SUITE_FAULTS(X) X(ERR_CODE, REFUSAL, 409, false, "Thrown by the test.", "测试抛出的错误。")
FAULT_DECLARE(SUITE_FAULTS)
FAULT_DEFINE(SUITE_FAULTS)
static FAULT_TABLE(suite_faults, SUITE_FAULTS)

#define NODE 420600
#define LOG_MAX 4096

typedef enum Life { LIFE_STAYS, LIFE_REOPENS, LIFE_IS_KILLED, LIFE_COUNT } Life;

typedef struct Suite {
    Arena *a;
    Life life;
    bool restart; /* all lives, not only the first */
    Str data_file;
    Core *core;
    Clock *clock;
    Entropy *entropy;
    StoreConn *reader;
    Map words; /* element id -> Str * of its script */
    Str log[LOG_MAX];
    size_t log_count;
    bool marker;
} Suite;

static const Actor system_actor = {.id = {"system", 6}, .name = {"system", 6}, .lang = LANG_EN};

/* ---- The module "suite". */

static void note(Suite *s, Str word)
{
    check(s->log_count < LOG_MAX);
    s->log[s->log_count++] = word;
}

static Value variable(Suite *s, Decision *d, Value context, Str name)
{
    ProcessInstance in;
    int64_t key = 0;
    str_to_int64(value_get_string(context, STR("instance")), &key);
    Err err = {0};
    bool found = process_instance_read(decision_store(d), NODE, key, s->a, &in, &err);
    return found ? value_get(in.variables, name) : value_null();
}

static bool decide_run(void *state, const Command *c, Decision *d)
{
    Suite *s = state;
    Value context = value_field(c->body, "context");
    const Str *found = map_get(&s->words, value_get_string(context, STR("element")));
    Str word = found ? *found : STR_NONE;
    ContextBuilder reply = context_builder(decision_arena(d));
    if (str_starts(word, STR("SCRIPT_"))) {
        note(s, word);
    } else if (str_equal(word, STR("CREATE_MARKER_FILE"))) {
        s->marker = true;
    } else if (str_starts(word, STR("INCREMENT_INTEGER_VARIABLE"))) {
        int64_t n = 0;
        Value v = variable(s, d, context, STR("integerVariable"));
        check(value_is(v, VALUE_NUMBER) && dec_to_int64(v.as.number, &n));
        context_put_text(&reply, "integerVariable", value_int(n + 1));
        if (str_ends(word, STR("_AND_LOG"))) {
            note(s, STR("INCREMENT_correct"));
        }
    } else if (str_equal(word, STR("SET_STRING_DATA"))) {
        context_put_text(&reply, "data", value_string(STR("String")));
    } else if (str_equal(word, STR("LOG_DATA"))) {
        Value v = variable(s, d, context, STR("data"));
        if (value_is(v, VALUE_STRING) && str_equal(v.as.string, STR("String"))) {
            note(s, STR("DATA_correct"));
        }
    } else if (str_equal(word, STR("THROW_ERROR"))) {
        return decision_refuse_with(d, &fault_ERR_CODE);
    }
    decision_reply(d, value_context(&reply));
    return true;
}

static const CommandKind suite_commands[] = {
    {"suite.run", decide_run, COMMAND_INTERNAL | COMMAND_TASK}, {0}};
static const EventKind no_events[] = {{0}};
static const char *const no_tables[] = {NULL};

/* ---- A node for one case. */

static void open_core(Suite *s)
{
    static Module module;
    Err err = {0};
    module = (Module){.name = "suite", .tables = no_tables, .commands = suite_commands,
                      .events = no_events, .faults = suite_faults, .state = s};
    const Module *modules[2] = {process_open(), &module};
    CoreOptions options = {.node = NODE, .clock = s->clock, .entropy = s->entropy,
                           .location = s->life == LIFE_STAYS ? STR(":memory:") : s->data_file,
                           .modules = modules, .module_count = 2};
    check(core_open(&options, &s->core, &err));
    check(store_connect_reader(core_store(s->core), &s->reader, &err));
}

static void close_core(Suite *s)
{
    store_disconnect(s->reader);
    core_close(s->core);
}

static void remove_file(const Suite *s)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        remove(arena_printf(s->a, "%.*s%s", STR_ARG(s->data_file), endings[i]).ptr);
    }
}

static void open_node(Suite *s)
{
    Instant start;
    check(instant_parse(STR("2026-11-23T09:00:00+08:00"), &start));
    s->clock = clock_virtual_open(start);
    s->entropy = entropy_seeded_open(1);
    s->log_count = 0;
    s->marker = false;
    remove_file(s);
    open_core(s);
}

static void close_node(Suite *s)
{
    close_core(s);
    remove_file(s);
    clock_close(s->clock);
    entropy_close(s->entropy);
}

/* A command (NULL: what is due), here or in a child that is killed. */
typedef struct Work {
    Suite *s;
    const Command *command;
    Reply reply;
    size_t ran;
} Work;

static void do_work(Work *w)
{
    Err err = {0};
    check(w->command ? core_run(w->s->core, w->command, w->s->a, &w->reply, &err)
                     : core_run_due(w->s->core, &w->ran, &err));
}

static void child_work(void *context, Buf *out)
{
    Work *w = context;
    Suite *s = w->s;
    open_core(s);
    s->log_count = 0;
    s->marker = false;
    do_work(w);
    ContextBuilder b = context_builder(s->a);
    ListBuilder log = list_builder(s->a);
    for (size_t i = 0; i < s->log_count; i++) {
        list_add(&log, value_string(s->log[i]));
    }
    Buf show = buf_new(s->a, 200);
    if (w->reply.err.fault) {
        err_show(&w->reply.err, LANG_EN, &show);
    }
    context_put_text(&b, "accepted", value_boolean(w->reply.accepted));
    context_put_text(&b, "body", w->reply.body);
    context_put_text(&b, "why", value_string(buf_text(&show)));
    context_put_text(&b, "ran", value_int((int64_t)w->ran));
    context_put_text(&b, "log", value_list(&log));
    context_put_text(&b, "marker", value_boolean(s->marker));
    json_write(value_context(&b), 0, out);
}

static void work(Work *w)
{
    Suite *s = w->s;
    if (s->life != LIFE_IS_KILLED) {
        do_work(w);
    }
    if (s->life == LIFE_STAYS) {
        return;
    }
    close_core(s);
    if (s->life == LIFE_IS_KILLED) {
        Value told;
        Err err = {0};
        check(json_parse(s->a, killed_run(child_work, w, s->a), &told, &err));
        Value log = value_field(told, "log");
        for (size_t i = 0; i < value_count(log); i++) {
            note(s, value_item(log, i).as.string);
        }
        s->marker |= value_get_boolean(told, STR("marker"), false);
        w->ran = (size_t)value_get_int(told, STR("ran"), 0);
        w->reply = (Reply){.accepted = value_get_boolean(told, STR("accepted"), false),
                           .body = value_field(told, "body")};
    }
    open_core(s);
}

static Reply run(Suite *s, const char *kind, Value body)
{
    Command command = {.kind = str_from(kind), .actor = system_actor, .body = body};
    Work w = {.s = s, .command = &command};
    work(&w);
    return w.reply;
}

static size_t run_due(Suite *s)
{
    Work w = {.s = s};
    work(&w);
    return w.ran;
}

static void advance(Suite *s, int64_t ms)
{
    Instant to = {clock_now(s->clock).us + ms * 1000};
    for (size_t ran = 1; ran > 0;) {
        Instant next = core_next_due(s->core);
        if (instant_is_none(next) || next.us > to.us) {
            break;
        }
        if (next.us > clock_now(s->clock).us) {
            clock_set(s->clock, next);
        }
        ran = run_due(s);
    }
    if (to.us > clock_now(s->clock).us) {
        clock_set(s->clock, to);
    }
}

/* ---- Placeholders become something that runs. */

static void add_condition(Buf *out, Str *rest)
{
    Str quoted = str_slice(*rest, sizeof "test.contains(" - 1, rest->len);
    ptrdiff_t end = str_find(quoted, STR(")"));
    bool negated = out->len > 0 && out->ptr[out->len - 1] == '!';
    check(end >= 0);
    out->len -= negated;
    buf_printf(out, negated ? "not(contains(test, %.*s))" : "contains(test, %.*s)", (int)end,
               quoted.ptr);
    *rest = str_slice(quoted, (size_t)end + 1, quoted.len);
    if (str_starts(*rest, STR(">"))) {
        *rest = str_slice(*rest, 1, rest->len); /* a slip of the pen in one file */
    }
}

static void add_script_task(Buf *out, Str *rest)
{
    ptrdiff_t tag = str_find(*rest, STR("criptTask")) + (ptrdiff_t)sizeof "criptTask" - 1;
    Str head = str_slice(*rest, 0, (size_t)tag);
    ptrdiff_t wait = str_find(*rest, STR("WAIT_TEN_SECONDS"));
    ptrdiff_t stamp = str_find(*rest, STR("CREATE_TIMESTAMP"));
    ptrdiff_t close = str_find(*rest, STR("criptTask>"));
    const char *topic = wait >= 0 && wait < close    ? "suite.wait"
                        : stamp >= 0 && stamp < close ? "suite.stamp"
                                                      : "tongban.suite.run";
    buf_add(out, head);
    buf_printf(out, " xmlns:suite=\"http://camunda.org/schema/1.0/bpmn\" suite:topic=\"%s\"", topic);
    *rest = str_slice(*rest, (size_t)tag, rest->len);
}

static Str adapt(Arena *a, Str text)
{
    Buf out = buf_new(a, text.len + 4096);
    for (Str rest = text; rest.len;) {
        if (str_starts(rest, STR("test.contains("))) {
            add_condition(&out, &rest);
            continue;
        }
        if (rest.ptr[0] == '<' && rest.len > 12 && rest.ptr[1] != '/' &&
            (str_starts(rest, STR("<bpmn2:scriptTask ")) || str_starts(rest, STR("<scriptTask ")) ||
             str_starts(rest, STR("<bpmn:scriptTask ")) ||
             str_starts(rest, STR("<globalScriptTask ")) ||
             str_starts(rest, STR("<bpmn2:globalScriptTask ")))) {
            add_script_task(&out, &rest);
            continue;
        }
        buf_add_char(&out, rest.ptr[0]);
        rest = str_slice(rest, 1, rest.len);
    }
    return buf_text(&out);
}

/* The script of every script task, by element id; a call of a global one has its script. */
static void collect_words(Suite *s, const XmlNode *n)
{
    if (str_equal(n->name, STR("scriptTask")) || str_equal(n->name, STR("globalScriptTask"))) {
        const XmlNode *script = xml_child(n, STR_NONE, STR("script"));
        Str *word = arena_new(s->a, Str);
        *word = script ? str_trim(script->text) : STR_NONE;
        map_put(&s->words, xml_attribute(n, STR("id")), word);
    }
    const Str *called = map_get(&s->words, xml_attribute(n, STR("calledElement")));
    if (called) {
        map_put(&s->words, xml_attribute(n, STR("id")), (void *)(uintptr_t)called);
    }
    for (const XmlNode *child = n->first_child; child; child = child->next) {
        collect_words(s, child);
    }
}

/* ---- One executed case. */

static bool install(Suite *s, Str path, Str text, Str *why)
{
    XmlNode *root;
    Err err = {0};
    if (!xml_parse(s->a, text, &root, &err)) {
        *why = STR("XML");
        return false;
    }
    s->words = map_new(s->a);
    collect_words(s, root);
    collect_words(s, root); /* calls may stand before what they call */
    ListBuilder definitions = list_builder(s->a);
    for (const XmlNode *n = root->first_child; n; n = n->next) {
        if (str_equal(n->name, STR("process")) &&
            !str_equal(xml_attribute(n, STR("isExecutable")), STR("false"))) {
            ContextBuilder d = context_builder(s->a);
            context_put_text(&d, "kind", value_string(STR("process")));
            context_put_text(&d, "id", value_string(xml_attribute(n, STR("id"))));
            context_put_text(&d, "path", value_string(path));
            context_put_text(&d, "text", value_string(text));
            list_add(&definitions, value_context(&d));
        }
    }
    ContextBuilder b = context_builder(s->a);
    context_put_text(&b, "pack", value_string(STR("suite")));
    context_put_text(&b, "version", value_string(STR("1")));
    context_put_text(&b, "definitions", value_list(&definitions));
    Reply reply = run(s, "core.install", value_context(&b));
    if (!reply.accepted && reply.err.fault) {
        Buf show = buf_new(s->a, 200);
        err_show(&reply.err, LANG_EN, &show);
        *why = buf_text(&show);
    }
    return reply.accepted;
}

static void start(Suite *s, Value process, Value variables)
{
    ContextBuilder b = context_builder(s->a);
    context_put_text(&b, "process", process);
    context_put_text(&b, "variables", variables);
    Reply reply = run(s, "process.start", value_context(&b));
    if (!reply.accepted) {
        note(s, STR("ERROR_runtime"));
    }
}

static size_t answer_jobs(Suite *s, const char *type, bool answer)
{
    ContextBuilder b = context_builder(s->a);
    context_put_text(&b, "type", value_string(str_from(type)));
    context_put_text(&b, "max", value_int(100));
    context_put_text(&b, "timeout_s", value_int(answer ? 1 : 9));
    Value jobs = value_field(run(s, "process.job_activate", value_context(&b)).body, "jobs");
    for (size_t i = 0; answer && i < value_count(jobs); i++) {
        ContextBuilder j = context_builder(s->a);
        context_put_text(&j, "job", value_item(jobs, i));
        run(s, "process.job_complete", value_context(&j));
    }
    return value_count(jobs);
}

static void note_ends(Suite *s)
{
    static const Sql failed = {"SELECT key FROM process_instance WHERE state = 'failed'"};
    static const Sql incidents = {"SELECT key FROM process_incident WHERE resolved_at IS NULL"};
    Rows *r = store_query(s->reader, &failed, NO_PARAMS);
    if (rows_next(r)) {
        note(s, STR("ERROR_thrownErrorEvent"));
    }
    rows_close(r);
    r = store_query(s->reader, &incidents, NO_PARAMS);
    if (rows_next(r)) {
        note(s, STR("ERROR_runtime"));
    }
    rows_close(r);
}

static int by_text(const void *a, const void *b)
{
    return str_compare(*(const Str *)a, *(const Str *)b);
}

/* Both sides sorted; the expectation ERROR stands for any error. */
static bool matches(Suite *s, Value expect)
{
    size_t count = value_count(expect);
    Str wanted[LOG_MAX];
    if (count == 1 && str_equal(value_item(expect, 0).as.string, STR("ERROR"))) {
        for (size_t i = 0; i < s->log_count; i++) {
            if (str_starts(s->log[i], STR("ERROR_"))) {
                return true;
            }
        }
        return false;
    }
    for (size_t i = 0; i < count && i < LOG_MAX; i++) {
        wanted[i] = value_item(expect, i).as.string;
    }
    bool marker = false;
    for (size_t i = 0; i < count && i < LOG_MAX; i++) {
        marker |= str_equal(wanted[i], STR("MARKER_exists"));
    }
    if (marker && s->marker) {
        note(s, STR("MARKER_exists")); /* asked only where it is expected */
    }
    qsort(wanted, count, sizeof *wanted, by_text);
    qsort(s->log, s->log_count, sizeof *s->log, by_text);
    bool same = count == s->log_count;
    for (size_t i = 0; same && i < count; i++) {
        same = str_equal(wanted[i], s->log[i]);
    }
    return same;
}

static void play(Suite *s, Value test)
{
    Value first = value_field(test, "start_first");
    for (size_t i = 0; i < value_count(first); i++) {
        start(s, value_item(first, i), value_null());
    }
    start(s, value_field(test, "start_process"), value_field(test, "variables"));
    int64_t wait_ms = value_get_int(test, STR("wait_ms"), 0);
    if (answer_jobs(s, "suite.stamp", true) >= 2) {
        note(s, STR("EXECUTION_parallel"));
    }
    if (answer_jobs(s, "suite.wait", false) > 0) {
        advance(s, 10000);
        answer_jobs(s, "suite.wait", true);
        wait_ms -= 10000;
    }
    advance(s, (wait_ms > 0 ? wait_ms : 0) + 1000);
    note_ends(s);
}

static bool trace_record(void *context, const JournalRecord *record)
{
    Buf *out = context;
    buf_printf(out, "%lld %lld %.*s ", (long long)record->seq, (long long)record->at.us,
               STR_ARG(record->kind));
    json_write(record->events, 0, out);
    buf_add_text(out, "\n");
    return true;
}

/* Execute in the life s->life: does the log match, and does a replay give the same rows? */
static bool execute_once(Suite *s, Str name, Str path, Str text, Value test, Str *trace)
{
    Str why = STR_NONE;
    open_node(s);
    if (install(s, path, adapt(s->a, text), &why)) {
        play(s, test);
    } else {
        note(s, STR("ERROR_deployment"));
    }
    VerifyResult verified;
    Err err = {0};
    Buf out = buf_new(s->a, 4096);
    check(core_journal_read(s->core, s->reader, 1, trace_record, &out, &err));
    *trace = buf_text(&out);
    bool same = core_verify(s->core, LANG_EN, s->a, &verified, &err) && verified.differences == 0;
    bool passed = matches(s, value_field(test, "expect")) && same;
    if (!passed) {
        printf("FAIL %.*s case %lld: wanted", STR_ARG(name),
               (long long)value_get_int(test, STR("n"), 0));
        for (size_t i = 0; i < value_count(value_field(test, "expect")); i++) {
            printf(" %.*s", STR_ARG(value_item(value_field(test, "expect"), i).as.string));
        }
        printf("; got");
        for (size_t i = 0; i < s->log_count; i++) {
            printf(" %.*s", STR_ARG(s->log[i]));
        }
        printf("%s %.*s\n", same ? "" : " (replay differs)", STR_ARG(why));
    }
    close_node(s);
    return passed;
}

static bool execute_case(Suite *s, Str name, Str path, Str text, Value test)
{
    Str first, trace;
    s->life = LIFE_STAYS;
    bool passed = execute_once(s, name, path, text, test, &first);
    for (int life = LIFE_REOPENS; s->restart && life < LIFE_COUNT; life++) {
        s->life = (Life)life;
        passed &= execute_once(s, name, path, text, test, &trace);
        if (!str_equal(first, trace)) {
            printf("FAIL %.*s: the trace differs when it is %s after every commit\n",
                   STR_ARG(name), life == LIFE_REOPENS ? "restarted" : "killed");
            passed = false;
        }
    }
    return passed;
}

/* ---- Tests. */

typedef struct Totals {
    size_t passed, failed;
} Totals;

static void execute_test(Suite *s, Value test, Str path, Str text, Totals *t)
{
    Value cases = value_field(test, "cases");
    bool passed = true;
    for (size_t i = 0; i < value_count(cases); i++) {
        passed &= execute_case(s, value_get_string(test, STR("name")), path, text,
                               value_item(cases, i));
    }
    bool defect = value_get_string(test, STR("defect")).len > 0;
    if (!passed && defect) {
        printf("     (its expectation cannot be met as written; not counted)\n");
    }
    t->passed += passed;
    t->failed += !passed && !defect;
}

/* Why a file that breaks a rule is let through: the rule is about something that does not change what
 * runs. By the number of the rule; each begins its range. */
static const char *reason_of(Str name)
{
    static const struct {
        int first, last;
        const char *why;
    } reasons[] = {
        {12, 12, "an expression without xsi:type is FEEL all the same"},
        {20, 20, "shapes of data: variables are JSON and have no item definitions"},
        {47, 52, "shapes of data of an operation: no web services are called"},
        {63, 70, "shapes of data: variables are JSON and have no item definitions"},
        {77, 95, "data inputs, outputs and associations are read over: io mappings say it"},
        {101, 107, "incoming and outgoing only repeat the sequence flows, which are there"},
        {128, 128, "operations are not called: a message has a name and a key"},
    };
    int64_t number = 0;
    if (name.len > 6 && str_starts(name, STR("EXT"))) {
        str_to_int64(str_slice(name, 3, 6), &number);
    }
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        if (number >= reasons[i].first && number <= reasons[i].last) {
            return reasons[i].why;
        }
    }
    return "no reason known: a fault of ours";
}

static void static_test(Suite *s, Value test, Str path, Str text, Totals *t)
{
    BpmnModel model;
    Err err = {0};
    bool refused = !bpmn_compile(s->a, path, text, &model, &err);
    if (!refused) {
        Str name = value_get_string(test, STR("name"));
        printf("FAIL %.*s: let through (%s)\n", STR_ARG(name), reason_of(name));
    }
    t->passed += refused;
    t->failed += !refused;
}

static void run_test(Suite *s, Str folder, Value test, Totals *t)
{
    Str path = value_get_string(test, STR("file")), text;
    Err err = {0};
    ArenaMark mark = arena_mark(s->a);
    if (!file_read(s->a, arena_printf(s->a, "%.*s/%.*s", STR_ARG(folder), STR_ARG(path)),
                   16u << 20, &text, &err)) {
        printf("FAIL %.*s: cannot be read\n", STR_ARG(path));
        t->failed++;
    } else if (str_equal(value_get_string(test, STR("kind")), STR("reject"))) {
        static_test(s, test, path, text, t);
    } else {
        execute_test(s, test, path, text, t);
    }
    arena_reset_to(s->a, mark);
}

/* The options behind DIR; false when one is unknown. */
static bool read_options(int argc, char **argv, Suite *s, Str *profile)
{
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--restart") == 0) {
            s->restart = true;
        } else if (strcmp(argv[i], "--profile") == 0 && i + 1 < argc) {
            *profile = str_from(argv[++i]);
        } else {
            return false;
        }
    }
    return argc > 1;
}

int main(int argc, char **argv)
{
    Str profile = STR_NONE, text;
    Suite s = {.a = arena_open((size_t)4 << 30)};
    if (!read_options(argc, argv, &s, &profile)) {
        fprintf(stderr, "use: bpmn_suite DIR [--profile core|rare|static] [--restart]\n");
        return 2;
    }
    Str folder = str_from(argv[1]);
    Err err = {0};
    Value tests;
    Totals t = {0};
    check(seal_init(&err));
    s.data_file = arena_printf(s.a, "/tmp/bpmn-suite-%d.db", (int)getpid());
    if (!file_read(s.a, arena_printf(s.a, "%.*s/tests.json", STR_ARG(folder)), 64u << 20, &text,
                   &err) ||
        !json_parse(s.a, text, &tests, &err)) {
        fprintf(stderr, "bpmn_suite: no tests.json in %s\n", argv[1]);
        return 2;
    }
    tests = value_field(tests, "tests");
    for (size_t i = 0; i < value_count(tests); i++) {
        Value test = value_item(tests, i);
        if (!profile.len || str_equal(value_get_string(test, STR("profile")), profile)) {
            run_test(&s, folder, test, &t);
        }
    }
    printf("%zu passed, %zu failed\n", t.passed, t.failed);
    arena_close(s.a);
    return t.failed ? 1 : 0;
}
