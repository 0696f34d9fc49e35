/* registry_bulk.c - files into registries: all or nothing, faulty lines told, erased rows gone from the
 * kept file too, loads that go on, and the same rows after a replay from the kept file. */
#include "codec/csv.h"
#include "codec/json.h"
#include "domain/registry/registry.h"
#include "lang/schema/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define NODE 420600
#define LIN "11010519491231002X"
#define WANG "420602199001019016"
#define ZHAO "420606198506159023"

static Arena *arena;
static char folder[40];
static Core *core;
static Clock *virtual_clock;
static StoreConn *reader;

static void show(const Err *err)
{
    Buf text = buf_new(arena, 100);
    err_show(err, LANG_EN, &text);
    fail_msg("%s", buf_cstr(&text));
}

static Str path_of(const char *name) { return arena_printf(arena, "%s/%s", folder, name); }

static Value json(Str text)
{
    Value v = value_null();
    Err err = {0};
    if (!json_parse(arena, text, &v, &err))
        show(&err);
    return v;
}

static Reply run(const char *kind, Str body)
{
    Reply reply = {0};
    Err err = {0};
    Command c = {.kind = str_from(kind), .actor = {.id = STR("system")}, .body = json(body)};
    if (!core_run(core, &c, arena, &reply, &err))
        show(&err);
    return reply;
}

static void well(const char *kind, Str body)
{
    Reply reply = run(kind, body);
    if (!reply.accepted)
        show(&reply.err);
}

static void open_core(void)
{
    Err err = {0};
    static const Module *modules[1];
    modules[0] = registry_module_new(arena);
    registry_module_folder(modules[0], path_of("n.db.files"));
    CoreOptions options = {.node = NODE, .location = path_of("n.db"), .clock = virtual_clock,
                           .modules = modules, .module_count = 1};
    if (!core_open(&options, &core, &err))
        show(&err);
    assert_true(store_connect_reader(core_store(core), &reader, &err));
}

static void close_core(void)
{
    store_disconnect(reader);
    core_close(core);
}

static int set_up(void **state)
{
    Err err = {0};
    Instant start = INSTANT_NONE;
    Str text = STR_NONE;
    const char *source = getenv("TONGBAN_SOURCE");
    (void)state;
    strcpy(folder, "/tmp/tongban-bulk-XXXXXX");
    assert_non_null(mkdtemp(folder));
    arena = arena_open(256u << 20);
    assert_true(seal_init(&err));
    assert_true(instant_parse(STR("2026-11-25T09:00:00+08:00"), &start));
    virtual_clock = clock_virtual_open(start);
    open_core();
    Str path = arena_printf(arena, "%s/packs/hubei/registries/population.schema.json",
                            source ? source : ".");
    assert_true(file_read(arena, path, 1u << 20, &text, &err));
    Buf body = buf_new(arena, 20000);
    buf_add_text(&body, "{\"pack\":\"h\",\"version\":\"1\",\"definitions\":[{\"kind\":\"registry\",\"id\":"
                        "\"population\",\"path\":\"p\",\"text\":");
    json_write_string(text, &body);
    buf_add_text(&body, "}]}");
    well("core.install", buf_text(&body));
    return 0;
}

static void verified(int64_t differences)
{
    VerifyResult result;
    Err err = {0};
    if (!core_verify(core, LANG_EN, arena, &result, &err))
        show(&err);
    if ((result.differences == 0) != (differences == 0))
        fail_msg("%.*s", STR_ARG(result.report));
}

static int tear_down(void **state)
{
    (void)state;
    close_core();
    clock_close(virtual_clock);
    Str command = arena_printf(arena, "rm -r %s", folder);
    int left = system(arena_copy(arena, command).ptr);
    arena_close(arena);
    return left;
}

static RegistryLoaded load_of(const char *name, Str content, unsigned threads)
{
    RegistryLoaded out;
    Err err = {0};
    if (content.ptr)
        assert_true(file_write(path_of(name), content, &err));
    RegistryLoad load = {.folder = path_of("n.db.files"), .registry = STR("population"),
                         .path = path_of(name), .faults_max = 5, .threads = threads};
    if (!registry_load(core, &load, arena, &out, &err))
        show(&err);
    return out;
}

static void refused(const char *name, Str content, const Fault *fault)
{
    RegistryLoaded out;
    Err err = {0};
    assert_true(file_write(path_of(name), content, &err));
    RegistryLoad load = {.folder = path_of("n.db.files"), .registry = STR("population"),
                         .path = path_of(name), .faults_max = 5};
    assert_false(registry_load(core, &load, arena, &out, &err));
    if (err.fault != fault)
        show(&err);
}

static RegistryRecord read_own(const char *key)
{
    RegistryRecord r;
    Err err = {0};
    Actor own = {.id = STR("x"), .subject = str_from(key)};
    RegistryPurpose none = {.look = ID_NONE};
    assert_true(store_begin(reader, &err));
    if (!registry_read(reader, NODE, &own, &none, arena, STR("population"), str_from(key), &r, &err))
        show(&err);
    store_end(reader);
    return r;
}

#define HEAD "id_number,name,status,birth_date\n"

static void a_file_is_loaded(void **state)
{
    (void)state;
    RegistryLoaded out = load_of("a.csv", STR("\xef\xbb\xbf" "id_number,name,status,birth_date\r\n" WANG
                                              ",\"王 \"\"五\"\"\",registered,\r\n" LIN
                                              ",\"林\r\n一\",moved_out,1949-12-31"), 1);
    assert_int_equal(out.faults, 0);
    assert_int_equal(out.written, 2);
    RegistryRecord r = read_own(WANG);
    assert_true(value_same(r.record, json(STR("{\"id_number\":\"" WANG "\",\"name\":\"王 \\\"五\\\"\","
                                              "\"status\":\"registered\"}"))));
    assert_true(str_equal(r.grade, STR("issued")));
    assert_true(str_equal(value_get_string(read_own(LIN).record, STR("name")), STR("林\r\n一")));
    verified(0);
    /* The same again, in the other form: nothing new. One changed line is a second version. */
    out = load_of("a.jsonl", STR("{\"id_number\":\"" WANG "\",\"name\":\"王五\",\"status\":\"registered\"}\r\n"
                                 "\n{\"status\":\"moved_out\",\"id_number\":\"" LIN "\",\"name\":\"林\\r\\n一\","
                                 "\"birth_date\":\"1949-12-31\"}"), 2);
    assert_int_equal(out.records, 2);
    assert_int_equal(out.written, 1);
    assert_int_equal(read_own(WANG).version, 2);
    assert_int_equal(read_own(LIN).version, 1);
    verified(0);
    /* Single writes go on behind, under the numbers that follow. */
    well("registry.put", STR("{\"registry\":\"population\",\"record\":{\"id_number\":\"" LIN "\",\"name\":\"林二\","
                             "\"status\":\"registered\"}}"));
    assert_int_equal(read_own(LIN).version, 2);
    verified(0);
    /* A kept file that is gone: the replay has no rows to show. */
    Err err = {0};
    assert_true(file_remove(arena_printf(arena, "%s/n.db.files/%.*s", folder, STR_ARG(out.file)), &err));
    verified(1);
}

static void nothing_is_half_loaded(void **state)
{
    (void)state;
    RegistryLoaded out = load_of("b.csv", STR(HEAD WANG ",王五,registered,\n" WANG "1,王六,registered,\n" ZHAO
                                                   ",赵,registered\n" LIN ",林一,lost,1949-02-30\n"), 2);
    assert_int_equal(out.records, 4);
    assert_int_equal(out.faults, 3);
    assert_int_equal(out.list_count, 3);
    assert_int_equal(out.list[0].line, 3);
    assert_true(out.list[0].err.fault == &fault_value_format);
    assert_int_equal(out.list[1].line, 4);
    assert_true(out.list[1].err.fault == &fault_registry_load_field_count);
    assert_int_equal(out.list[2].line, 5);
    assert_false(read_own(WANG).found);
    /* Two lines of one key; more faults than are told. */
    out = load_of("c.csv", STR(HEAD WANG ",王五,registered,\n" ZHAO ",赵,registered,\n" WANG ",王六,registered,\n"), 1);
    assert_int_equal(out.faults, 1);
    assert_int_equal(out.list[0].line, 4);
    assert_true(out.list[0].err.fault == &fault_registry_load_twin);
    out = load_of("d.csv", STR(HEAD "1,,,\n2,,,\n3,,,\n4,,,\n5,,,\n6,,,\n7,,,\n"), 1);
    assert_int_equal(out.faults, 7);
    assert_int_equal(out.list_count, 5);
    /* GB 18030; an open quote. */
    out = load_of("e.csv", STR(HEAD WANG ",\xcd\xf5,registered,\n"), 1);
    assert_true(out.list[0].err.fault == &fault_csv_encoding);
    assert_int_equal(out.list[0].line, 2);
    out = load_of("f.csv", STR(HEAD WANG ",\"王,registered,\n" ZHAO ",赵,registered,\n"), 1);
    assert_true(out.list[0].err.fault == &fault_csv_quote_open);
    refused("g.csv", STR("id_number,name,status,colour\n"), &fault_registry_load_column_unknown);
    refused("h.csv", STR("id_number,name\n"), &fault_registry_load_column_missing);
    refused("i.csv", STR("id_number,name,status,name\n"), &fault_registry_load_column_twice);
    refused("j.csv", STR(""), &fault_registry_load_empty);
    refused("k.txt", STR("x"), &fault_registry_load_form);
    Str *names;
    size_t count;
    Err err = {0};
    assert_true(file_list(arena, path_of("n.db.files"), &names, &count, &err));
    assert_int_equal(count, 0); /* nothing is left behind */
    verified(0);
}

static void erased_from_the_kept_file(void **state)
{
    Id *subjects;
    size_t count;
    Err err = {0};
    Str before = STR_NONE, after = STR_NONE;
    (void)state;
    RegistryLoaded out = load_of("a.csv", STR(HEAD WANG ",王五五,registered,\n" LIN ",林一一,registered,\n"), 1);
    Str kept = arena_printf(arena, "%s/n.db.files/%.*s", folder, STR_ARG(out.file));
    assert_true(file_read(arena, kept, 1u << 20, &before, &err));
    assert_true(str_find(before, STR("王五五")) > 0);
    /* A later version and a look go under the same subject. */
    well("registry.put", STR("{\"registry\":\"population\",\"record\":{\"id_number\":\"" WANG "\",\"name\":\"王五六\","
                             "\"status\":\"registered\"}}"));
    well("registry.look", STR("{\"registry\":\"population\",\"key\":\"" LIN "\",\"purpose\":{\"thing\":\"t\","
                              "\"basis\":\"b\"}}"));
    const char *const keys[] = {WANG, LIN};
    for (size_t i = 0; i < 2; i++) {
        assert_true(store_begin(reader, &err));
        assert_true(registry_subjects(reader, NODE, str_from(keys[i]), arena, &subjects, &count, &err));
        store_end(reader);
        assert_int_equal(count, 1);
        Str id = id_copy_text(arena, subjects[0]);
        well("core.erase", arena_printf(arena, "{\"subject\":\"%.*s\"}", STR_ARG(id)));
        assert_false(read_own(keys[i]).found);
        verified(0);
    }
    assert_true(file_read(arena, kept, 1u << 20, &after, &err));
    assert_int_equal(after.len, before.len);
    assert_int_equal(str_find(after, STR("王五五")), -1);
    assert_int_equal(str_find(after, STR("林一一")), -1);
    /* The place of what was erased is not given again. */
    out = load_of("b.csv", STR(HEAD ZHAO ",赵,registered,\n"), 1);
    assert_int_equal(out.written, 1);
    verified(0);
}

/* A CSV of many people, with everything that makes blocks hard to cut. */
static Str many(int people)
{
    static const int weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    Buf text = buf_new(arena, 8u << 20);
    char digits[18];
    buf_add_text(&text, HEAD);
    for (int i = 0; i < people; i++) {
        int sum = 0;
        snprintf(digits, sizeof digits, "420602%04d%02d%02d%03d", 1950 + i % 50, 1 + i / 50 % 12,
                 1 + i / 600 % 28, i / 16800);
        for (int k = 0; k < 17; k++)
            sum += (digits[k] - '0') * weights[k];
        buf_printf(&text, "%s%c,\"一个相当长的名字，其中有逗号, 引号\"\" 和换行\n%d\",registered,\n", digits,
                   "10X98765432"[sum % 11], i);
    }
    return buf_text(&text);
}

/* Blocks are many, threads are several, and keys repeat far apart. */
static void large_files(void **state)
{
    (void)state;
    Str text = many(40000);
    RegistryLoaded out = load_of("l.csv", text, 4);
    assert_int_equal(out.faults, 0);
    assert_int_equal(out.written, 40000);
    verified(0);
    out = load_of("m.csv", text, 3);
    assert_int_equal(out.written, 0);
    assert_int_equal(out.records, 40000);
    Str tail = str_slice(text, sizeof HEAD - 1, text.len);
    size_t record = (size_t)str_find(tail, STR("registered,\n")) + sizeof "registered,\n" - 1;
    Buf twice = buf_new(arena, text.len + 1000);
    buf_add(&twice, text);
    buf_add(&twice, str_slice(tail, 0, record));
    out = load_of("n.csv", buf_text(&twice), 2);
    assert_int_equal(out.faults, 1);
    assert_int_equal(out.list[0].line, 2 + 2 * 40000);
}

static int calls_left;

static void die(void *context, int64_t bytes, int64_t of_bytes, int64_t records)
{
    (void)context;
    (void)bytes;
    (void)of_bytes;
    (void)records;
    if (--calls_left == 0)
        _exit(9);
}

/* The process ends in the middle; the same call by another one goes on where it was. */
static void an_interrupted_load_goes_on(void **state)
{
    Err err = {0};
    RegistryLoaded out;
    int status = 0;
    (void)state;
    assert_true(file_write(path_of("a.csv"), many(40000), &err));
    RegistryLoad load = {.folder = path_of("n.db.files"), .registry = STR("population"),
                         .path = path_of("a.csv"), .faults_max = 5, .threads = 1,
                         .checkpoint_bytes = 1 << 20, .progress = die};
    close_core();
    pid_t child = fork();
    if (child == 0) {
        calls_left = 3;
        open_core();
        registry_load(core, &load, arena, &out, &err);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 9);
    open_core();
    if (!registry_load(core, &load, arena, &out, &err))
        show(&err);
    assert_true(out.resumed);
    assert_int_equal(out.records, 40000);
    assert_int_equal(out.written, 40000);
    verified(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_is_loaded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_half_loaded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(erased_from_the_kept_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_interrupted_load_goes_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(large_files, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
