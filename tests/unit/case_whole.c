/* case_whole.c - a case from filing to its end with the real process, clock and access.
 *
 * tests/cases/case/bundle.bpmn is the diagram: intake, acceptance, two parts side by side, each with
 * a review, a way back for correction, and a document. The calendar is that of 2022: the National
 * Day holidays and the two weekends worked before and after them. */
#include <stdlib.h>

#include "case_world.h"
#include "domain/access/access.h"
#include "domain/clock/clock.h"
#include "domain/process/process.h"
#include "os/os.h"
#include "seal/seal.h"

typedef struct Node {
    World w;
    Access *access;
    Arena *server;
} Node;

static const Actor system_account = {.id = STR("system"), .name = STR("system")};

static const char calendar[] =
    "{\"id\":\"hubei\",\"title\":{\"zh\":\"日历\",\"en\":\"Calendar\"},\"offset\":\"+08:00\","
    "\"hours\":[[\"09:00\",\"17:00\"]],\"years\":{\"2022\":{\"source\":\"国办发明电〔2021〕11号\","
    "\"off\":[\"2022-10-01\",\"2022-10-02\",\"2022-10-03\",\"2022-10-04\",\"2022-10-05\","
    "\"2022-10-06\",\"2022-10-07\"],\"work\":[\"2022-10-08\",\"2022-10-09\"]}}}";

static const char thing[] =
    "{\"id\":\"dig\",\"title\":{\"zh\":\"道路挖掘\",\"en\":\"Digging\"},"
    "\"stage\":\"business_permit\",\"audience\":\"firm\",\"region\":\"420600\","
    "\"form\":\"dig\",\"process\":\"bundle\",\"calendar\":\"hubei\",\"lead_matter\":\"plan\","
    "\"matters\":["
    "{\"id\":\"plan\",\"title\":{\"zh\":\"规划审查\",\"en\":\"Planning review\"},"
    "\"office\":\"planning-office\",\"item_code\":\"11440232MB2D06811W4000117051000\"},"
    "{\"id\":\"road\",\"title\":{\"zh\":\"交通审查\",\"en\":\"Traffic review\"},"
    "\"office\":\"traffic-office\",\"item_code\":\"11440232MB2D06811W4000117051001\"}],"
    "\"limits\":{\"promised\":{\"amount\":4,\"unit\":\"working_day\"}},\"fee_fen\":0,"
    "\"visits\":0,\"guide\":{\"zh\":\"说明\",\"en\":\"Guide\"},"
    "\"when_part_refused\":\"refuse_case\"}";

static const char form[] =
    "{\"type\":\"default\",\"id\":\"dig\",\"components\":["
    "{\"type\":\"textfield\",\"key\":\"road\",\"label\":\"道路\",\"validate\":"
    "{\"required\":true}},{\"type\":\"number\",\"key\":\"length\",\"label\":\"长度\"}]}";

static Str diagram(Arena *a)
{
    const char *source = getenv("TONGBAN_SOURCE");
    Str text;
    Err err = {0};
    assert_true(file_read(a, arena_printf(a, "%s/tests/cases/case/bundle.bpmn",
                                          source ? source : "."),
                          1 << 20, &text, &err));
    return text;
}

static void install_definitions(Node *n)
{
    World *w = &n->w;
    static const char *const definitions[][3] = {
        {"calendar", "hubei", calendar},
        {"form", "dig", form},
        {"thing", "dig", thing},
        {"office", "planning-office",
         "{\"code\":\"planning-office\",\"title\":{\"zh\":\"规划局\",\"en\":\"Planning\"}}"},
        {"office", "traffic-office",
         "{\"code\":\"traffic-office\",\"title\":{\"zh\":\"交警\",\"en\":\"Traffic\"}}"},
        {"role", "applicant",
         "{\"name\":\"applicant\",\"may\":[\"case.draft_save\",\"case.submit\",\"case.correct\","
         "\"case.withdraw\"],\"reads\":[\"cases_own\"]}"},
        {"role", "clerk",
         "{\"name\":\"clerk\",\"may\":[\"process.*\"],\"reads\":[\"cases_office\",\"tasks\"]}"},
    };
    for (size_t i = 0; i < sizeof definitions / sizeof *definitions; i++) {
        Reply reply = world_install(w, definitions[i][0], definitions[i][1], definitions[i][2]);
        if (!reply.accepted)
            fail_msg("%s: %s", definitions[i][1], reply.err.fault->name);
    }
    Reply reply = world_install(w, "process", "bundle", arena_copy(w->a, diagram(w->a)).ptr);
    if (!reply.accepted) {
        Buf text = buf_new(w->a, 0);
        err_show(&reply.err, LANG_EN, &text);
        fail_msg("%s", buf_cstr(&text));
    }
}

static int set_up(void **state)
{
    static Node n;
    Err err = {0};
    Instant start;
    assert_true(seal_init(&err));
    assert_true(instant_parse(STR("2022-09-29T09:00:00+08:00"), &start));
    n = (Node){.access = access_open(), .server = arena_open(64 << 20)};
    World *w = &n.w;
    *w = (World){.cases = cases_open(), .clock = clock_virtual_open(start),
                 .entropy = entropy_seeded_open(3), .a = arena_open(256 << 20)};
    const Module *modules[] = {clock_module_new(n.server), process_open(), cases_module(w->cases),
                               access_module(n.access)};
    CoreOptions options = {.node = NODE, .location = STR(":memory:"), .clock = w->clock,
                           .entropy = w->entropy, .modules = modules, .module_count = 4,
                           .permit = access_permit, .permit_context = n.access};
    if (!core_open(&options, &w->core, &err)) {
        Buf text = buf_new(w->a, 0);
        err_show(&err, LANG_EN, &text);
        fail_msg("%s", buf_cstr(&text));
    }
    assert_true(store_connect_reader(core_store(w->core), &w->conn, &err));
    w->log = buf_new(w->a, 0);
    install_definitions(&n);
    *state = &n;
    return 0;
}

static int tear_down(void **state)
{
    Node *n = *state;
    Arena *server = n->server;
    int result = world_tear_down(state); /* the World stands first in the Node */
    arena_close(server);
    return result;
}

static void file_a_case(Node *n)
{
    World *w = &n->w;
    Reply reply = world_do(w, &firm, "case.submit",
                           "{\"thing\":\"dig\",\"data\":{\"road\":\"长虹路\",\"length\":12}}");
    if (!reply.accepted)
        fail_msg("%s", reply.err.fault->name);
    w->last_case = value_get_id(reply.body, STR("case"));
}

/* The key of the open task of an element; the actor must be able to work on it. */
static int64_t task_of(Node *n, const Actor *who, const char *element)
{
    ProcessTaskPage page;
    ProcessTaskQuery query = {.case_id = n->w.last_case};
    Err err = {0};
    assert_true(process_task_list(n->w.conn, NODE, who, &query, n->w.a, &page, &err));
    for (size_t i = 0; i < page.count; i++)
        if (str_equal(page.tasks[i].element, str_from(element)))
            return page.tasks[i].key;
    fail_msg("%.*s has no task %s", STR_ARG(who->id), element);
    return 0;
}

static void complete(Node *n, const Actor *who, const char *element, const char *variables)
{
    long long key = (long long)task_of(n, who, element);
    Reply claimed = world_do(&n->w, who, "process.task_claim", "{\"task\":\"%lld\"}", key);
    if (!claimed.accepted)
        fail_msg("claim %s: %s", element, claimed.err.fault->name);
    Reply reply = world_do(&n->w, who, "process.task_complete",
                           "{\"task\":\"%lld\",\"variables\":%s}", key, variables);
    if (!reply.accepted)
        fail_msg("complete %s: %s", element, reply.err.fault->name);
}

static void assert_instant(Instant actual, const char *expected)
{
    Arena *a = arena_open(1 << 20);
    Str text = instant_is_none(actual) ? STR("none")
                                       : instant_copy_text(a, actual, CHINA_OFFSET_S);
    if (!str_equal(text, str_from(expected)))
        fail_msg("expected %s, got %.*s", expected, STR_ARG(text));
    arena_close(a);
}

static void a_case_ends_when_its_slowest_part_ends(void **state)
{
    Node *n = *state;
    World *w = &n->w;
    file_a_case(n);
    assert_int_equal(world_read(w).row.state, CASE_SUBMITTED);
    assert_true(world_read(w).row.instance.len > 0);
    complete(n, &planning, "intake", "{}");
    CaseWhole whole = world_read(w);
    assert_int_equal(whole.row.state, CASE_ACCEPTED);
    assert_instant(whole.row.due_at, "2022-10-10T17:00:00+08:00");
    assert_instant(world_part(&whole, "plan")->due_at, "2022-10-10T17:00:00+08:00");
    assert_int_equal(world_part(&whole, "plan")->state, PART_OPEN);
    assert_int_equal(world_part(&whole, "road")->state, PART_OPEN);
    complete(n, &planning, "plan_review", "{\"decision\":\"approve\",\"opinion\":\"同意\"}");
    whole = world_read(w);
    assert_int_equal(whole.row.state, CASE_ACCEPTED);
    assert_int_equal(world_part(&whole, "plan")->state, PART_APPROVED);
    complete(n, &traffic, "road_review", "{\"decision\":\"approve\",\"opinion\":\"同意\"}");
    whole = world_read(w);
    assert_int_equal(whole.row.state, CASE_APPROVED);
    assert_int_equal(whole.row.part_ended_count, 2);
    assert_int_equal(whole.document_count, 2);
    assert_text(whole.documents[0].matter, "plan");
    assert_text(value_get_string(whole.documents[1].content, STR("road")), "长虹路");
}

static void a_correction_stops_only_its_own_clock(void **state)
{
    Node *n = *state;
    World *w = &n->w;
    file_a_case(n);
    complete(n, &planning, "intake", "{}");
    complete(n, &planning, "plan_review", "{\"decision\":\"correct\",\"opinion\":\"缺图\"}");
    CaseWhole whole = world_read(w);
    assert_true(world_part(&whole, "plan")->paused);
    assert_false(world_part(&whole, "road")->paused || whole.row.paused);
    assert_int_equal(whole.correction_count, 1);
    assert_text(whole.corrections[0].reason, "缺图");
    ClockState clock;
    Err err = {0};
    assert_true(clock_read(w->conn, NODE, world_part(&whole, "plan")->id, world_now(w), w->a,
                           &clock, &err));
    assert_true(clock.found && clock.paused);
    world_wait(w, 2 * 86400); /* 30 September stands still */
    Reply reply = world_do(w, &firm, "case.correct",
                           "{\"case\":\"%.*s\",\"part\":\"%.*s\",\"data\":{\"length\":30}}",
                           STR_ARG(world_id(w, w->last_case)),
                           STR_ARG(world_id(w, world_part(&whole, "plan")->id)));
    if (!reply.accepted)
        fail_msg("%s", reply.err.fault->name);
    whole = world_read(w);
    assert_int_equal(whole.corrections[0].state, CORRECTION_ANSWERED);
    assert_false(world_part(&whole, "plan")->paused);
    assert_instant(whole.row.due_at, "2022-10-10T17:00:00+08:00");
    assert_instant(world_part(&whole, "road")->due_at, "2022-10-10T17:00:00+08:00");
    assert_instant(world_part(&whole, "plan")->due_at, "2022-10-11T17:00:00+08:00");
    complete(n, &planning, "plan_review", "{\"decision\":\"approve\",\"opinion\":\"同意\"}");
    complete(n, &traffic, "road_review", "{\"decision\":\"approve\",\"opinion\":\"同意\"}");
    whole = world_read(w);
    assert_int_equal(whole.row.state, CASE_APPROVED);
    /* The document bears the corrected data. */
    assert_int_equal(value_get_int(whole.documents[0].content, STR("length"), 0), 30);
}

static void a_refused_part_ends_the_case_and_its_process(void **state)
{
    Node *n = *state;
    World *w = &n->w;
    ProcessInstance instance;
    int64_t key = 0;
    Err err = {0};
    file_a_case(n);
    complete(n, &planning, "intake", "{}");
    complete(n, &traffic, "road_review", "{\"decision\":\"refuse\",\"opinion\":\"影响交通\"}");
    CaseWhole whole = world_read(w);
    assert_int_equal(whole.row.state, CASE_REFUSED);
    assert_text(whole.reason, "影响交通");
    assert_int_equal(world_part(&whole, "plan")->state, PART_STOPPED);
    assert_int_equal(world_part(&whole, "road")->state, PART_REFUSED);
    assert_true(str_to_int64(whole.row.instance, &key));
    assert_true(process_instance_read(w->conn, NODE, key, w->a, &instance, &err));
    assert_int_equal(instance.state, PROCESS_INSTANCE_CANCELLED);
    ClockState clock;
    assert_true(clock_read(w->conn, NODE, w->last_case, world_now(w), w->a, &clock, &err));
    assert_false(instant_is_none(clock.stopped));
}

static void withdrawing_cancels_the_process(void **state)
{
    Node *n = *state;
    World *w = &n->w;
    ProcessTaskPage page;
    ProcessTaskQuery query = {.case_id = w->last_case, .everyone = true};
    Err err = {0};
    file_a_case(n);
    assert_true(world_do(w, &firm, "case.withdraw", "{\"case\":\"%.*s\"}",
                         STR_ARG(world_id(w, w->last_case)))
                    .accepted);
    query.case_id = w->last_case;
    assert_true(process_task_list(w->conn, NODE, &system_account, &query, w->a, &page, &err));
    assert_int_equal(page.count, 0);
    assert_int_equal(world_read(w).row.state, CASE_WITHDRAWN);
}

static void roles_are_asked_first(void **state)
{
    Node *n = *state;
    world_refused(world_do(&n->w, &planning, "case.submit",
                           "{\"thing\":\"dig\",\"data\":{\"road\":\"x\"}}"),
                  &fault_not_permitted);
    file_a_case(n);
    world_refused(world_do(&n->w, &firm, "process.task_claim", "{\"task\":\"1\"}"),
                  &fault_not_permitted);
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_case_ends_when_its_slowest_part_ends),
        TEST(a_correction_stops_only_its_own_clock),
        TEST(a_refused_part_ends_the_case_and_its_process),
        TEST(withdrawing_cancels_the_process),
        TEST(roles_are_asked_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
