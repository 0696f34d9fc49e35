/* case_reading.c - who sees which cases, lists and pages, masks, the timeline's words, the guide. */
#include "case_world.h"

static CasePage list(World *w, const Actor *who, CaseFilter filter)
{
    CasePage page;
    Err err = {0};
    filter.now = world_now(w);
    if (!case_list(w->cases, w->conn, NODE, who, &filter, w->a, &page, &err))
        fail_msg("case_list: %s", err.fault->name);
    return page;
}

static const Fault *list_fault(World *w, const Actor *who, CaseFilter filter)
{
    CasePage page;
    Err err = {0};
    assert_false(case_list(w->cases, w->conn, NODE, who, &filter, w->a, &page, &err));
    return err.fault;
}

static Id submit_by(World *w, const Actor *who, const char *thing)
{
    Reply reply =
        world_do(w, who, "case.submit", "{\"thing\":\"%s\",\"data\":{\"road\":\"x\"}}", thing);
    assert_true(reply.accepted);
    world_wait(w, 1);
    w->last_case = value_get_id(reply.body, STR("case"));
    return w->last_case;
}

static void everyone_sees_their_own(void **state)
{
    World *w = *state;
    Id mine = submit_by(w, &firm, "dig");
    Id theirs = submit_by(w, &other_firm, "dig-on");
    CaseFilter all = {0};
    CasePage page = list(w, &firm, all);
    assert_int_equal(page.count, 1);
    assert_true(id_equal(page.rows[0].id, mine));
    assert_text(page.rows[0].applicant_name, "襄阳示例建设有限公司");
    assert_int_equal(list(w, &planning, all).count, 2);
    assert_int_equal(list(w, &supervisor, all).count, 2);
    assert_ptr_equal(list_fault(w, &nobody, all), &fault_not_permitted);
    Actor elsewhere = planning;
    elsewhere.office = STR("water-office");
    assert_int_equal(list(w, &elsewhere, all).count, 0);
    elsewhere.office = STR_NONE;
    assert_ptr_equal(list_fault(w, &elsewhere, all), &fault_not_permitted);
    CaseWhole whole;
    Err err = {0};
    assert_false(case_read(w->cases, w->conn, NODE, &firm, theirs, world_now(w), w->a, &whole,
                           &err));
    assert_ptr_equal(err.fault, &fault_case_unknown);
    err = (Err){0};
    TimelineEntry *entries;
    size_t count;
    assert_false(case_timeline(w->cases, w->conn, NODE, &firm, theirs, w->a, &entries, &count,
                               &err));
    assert_ptr_equal(err.fault, &fault_case_unknown);
    err = (Err){0};
    assert_false(case_read(w->cases, w->conn, NODE, &nobody, mine, world_now(w), w->a, &whole,
                           &err));
    assert_ptr_equal(err.fault, &fault_case_unknown);
}

static void names_are_masked_where_they_must_be(void **state)
{
    World *w = *state;
    Id id = world_submit(w);
    world_task(w, "case.issue", "\"kind\":\"x\",\"title\":\"y\",\"content\":{\"a\":1}");
    struct {
        const Actor *who;
        bool clear;
    } readers[] = {
        {&firm, true}, {&planning, true}, {&traffic, true}, {&supervisor, false}, {&auditor, true},
    };
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        CaseWhole whole;
        Err err = {0};
        assert_true(case_read(w->cases, w->conn, NODE, readers[i].who, id, world_now(w), w->a,
                              &whole, &err));
        CasePage page = list(w, readers[i].who, (CaseFilter){0});
        assert_int_equal(whole.data_visible, readers[i].clear);
        assert_int_equal(!value_is_null(whole.data), readers[i].clear);
        assert_int_equal(!value_is_null(whole.documents[0].content), readers[i].clear);
        assert_true(str_equal(page.rows[0].applicant_name, whole.row.applicant_name));
        assert_true(str_equal(page.rows[0].subject, whole.row.subject));
        if (readers[i].clear) {
            assert_text(whole.row.subject, "91420600MA9T00018D");
            continue;
        }
        assert_text(whole.row.applicant_name, "襄**");
        assert_text(whole.row.subject, "9142****018D");
        assert_int_equal(whole.row.applicant.len, 0);
    }
}

static void lists_are_filtered(void **state)
{
    World *w = *state;
    submit_by(w, &firm, "dig");
    Id accepted = submit_by(w, &firm, "dig");
    world_task(w, "case.accept", "");
    Id gone = submit_by(w, &firm, "dig-on");
    assert_true(world_do(w, &firm, "case.withdraw", "{\"case\":\"%.*s\"}",
                         STR_ARG(world_id(w, gone)))
                    .accepted);
    assert_int_equal(list(w, &firm, (CaseFilter){.state = STR("accepted")}).count, 1);
    assert_int_equal(list(w, &firm, (CaseFilter){.state = STR("open")}).count, 2);
    assert_int_equal(list(w, &firm, (CaseFilter){.state = STR("ended")}).count, 1);
    assert_int_equal(list(w, &firm, (CaseFilter){.thing = STR("dig")}).count, 2);
    assert_int_equal(list(w, &firm, (CaseFilter){.office = STR("traffic-office")}).count, 3);
    assert_int_equal(list(w, &firm, (CaseFilter){.office = STR("water-office")}).count, 0);
    assert_int_equal(list(w, &firm, (CaseFilter){.overdue = true}).count, 0);
    assert_ptr_equal(list_fault(w, &firm, (CaseFilter){.state = STR("lost")}),
                     &fault_case_filter_invalid);
    world_wait(w, 2 * 86400);
    CasePage late = list(w, &supervisor, (CaseFilter){.overdue = true, .thing = STR("dig"),
                                                      .office = STR("planning-office"),
                                                      .state = STR("open")});
    assert_int_equal(late.count, 1);
    assert_true(id_equal(late.rows[0].id, accepted) && late.rows[0].overdue);
    /* A clock that stands still is not late. */
    w->last_case = accepted;
    world_mark(w, "enter", "x", ",\"token\":1,\"properties\":{\"pauses\":\"听证\"}");
    assert_int_equal(list(w, &supervisor, (CaseFilter){.overdue = true}).count, 0);
}

static void pages_follow_one_another(void **state)
{
    World *w = *state;
    Id ids[7];
    for (size_t i = 0; i < 7; i++)
        ids[i] = submit_by(w, &firm, "dig");
    size_t seen = 0;
    CaseFilter filter = {.page_size = 3};
    for (size_t pages = 0; pages < 3; pages++) {
        CasePage page = list(w, &firm, filter);
        for (size_t i = 0; i < page.count; i++)
            assert_true(id_equal(page.rows[i].id, ids[6 - seen++]));
        assert_int_equal(page.next_cursor.len > 0, pages < 2);
        filter.cursor = page.next_cursor;
    }
    assert_int_equal(seen, 7);
    /* Exactly a page: there is no next one. */
    assert_int_equal(list(w, &firm, (CaseFilter){.page_size = 7}).next_cursor.len, 0);
    assert_ptr_equal(list_fault(w, &firm, (CaseFilter){.cursor = STR("x")}),
                     &fault_case_cursor_invalid);
}

static void a_case_is_found_by_its_number(void **state)
{
    World *w = *state;
    Id id = world_submit(w), found;
    Str number = world_read(w).row.number;
    Err err = {0};
    assert_true(case_find(w->cases, w->conn, NODE, &firm, number, w->a, &found, &err));
    assert_true(id_equal(id, found));
    assert_false(case_find(w->cases, w->conn, NODE, &other_firm, number, w->a, &found, &err));
    assert_ptr_equal(err.fault, &fault_case_unknown);
    err = (Err){0};
    assert_false(case_find(w->cases, w->conn, NODE, &firm, STR("17"), w->a, &found, &err));
    assert_ptr_equal(err.fault, &fault_case_unknown);
}

static void the_timeline_speaks_both_languages(void **state)
{
    World *w = *state;
    world_submit(w);
    world_task(w, "case.accept", "");
    world_mark(w, "enter", "p1", ",\"token\":1,\"properties\":{\"matter\":\"plan\"}");
    world_mark(w, "enter", "fix",
               ",\"token\":9,\"matter\":\"plan\",\"task\":\"5\",\"type\":\"userTask\","
               "\"properties\":{\"pauses\":\"correction\"},"
               "\"variables\":{\"opinion\":\"请补充位置图\"}");
    world_task(w, "case.issue", "\"matter\":\"plan\",\"kind\":\"x\",\"number\":\"1号\","
                                "\"title\":{\"zh\":\"意见\",\"en\":\"Opinion\"}");
    static const struct {
        const char *zh, *en;
    } wanted[] = {
        {"申请已提交，办件编号 11440232MB2D06811W4000117051000202209290001。",
         "Application submitted, number 11440232MB2D06811W4000117051000202209290001."},
        {"申请已受理。", "Application accepted."},
        {"应于 2022-09-30 08:00 前办结。", "To be finished by 2022-09-30 08:00."},
        {"规划局开始办理“规划审查”。", "Planning Bureau began: Planning review."},
        {"“规划审查”应于 2022-09-30 08:00 前办结。",
         "Planning review: to be finished by 2022-09-30 08:00."},
        {"“规划审查”暂停计时：补正。",
         "The clock of \"Planning review\" stands still: correction by the applicant."},
        {"规划局要求补正。请补充位置图", "Planning Bureau asks for a correction. 请补充位置图"},
        {"规划局出具“意见” 1号", "Planning Bureau issued: Opinion 1号"},
    };
    TimelineEntry *entries;
    size_t count;
    Err err = {0};
    assert_true(case_timeline(w->cases, w->conn, NODE, &firm, w->last_case, w->a, &entries,
                              &count, &err));
    assert_int_equal(count, sizeof wanted / sizeof *wanted);
    for (size_t i = 0; i < count; i++) {
        if (!str_equal(entries[i].text.zh, str_from(wanted[i].zh)) ||
            !str_equal(entries[i].text.en, str_from(wanted[i].en)))
            fail_msg("%zu: %.*s | %.*s", i, STR_ARG(entries[i].text.zh),
                     STR_ARG(entries[i].text.en));
    }
    /* Somebody who may not see personal words reads the rest. */
    assert_true(case_timeline(w->cases, w->conn, NODE, &supervisor, w->last_case, w->a, &entries,
                              &count, &err));
    assert_text(entries[6].text.zh, "规划局要求补正。");
    assert_int_equal(entries[0].actor.len, 0);
}

static void the_guide_lists_things(void **state)
{
    World *w = *state;
    const Thing *const *things;
    assert_int_equal(thing_list(w->cases, STR_NONE, w->a, &things), 2);
    assert_text(things[0]->id, "dig");
    assert_text(things[1]->id, "dig-on");
    assert_int_equal(thing_list(w->cases, STR("business_permit"), w->a, &things), 2);
    assert_int_equal(thing_list(w->cases, STR("birth"), w->a, &things), 0);
    const Thing *dig = thing_read(w->cases, STR("dig"), 0);
    assert_non_null(dig);
    assert_int_equal(dig->version, 1);
    assert_int_equal(dig->matter_count, 3);
    assert_int_equal(dig->matters[0].promised.amount, 3);
    assert_int_equal(dig->matters[1].promised.amount, 4); /* the thing's own */
    assert_true(dig->refused_part_ends_case);
    assert_null(thing_read(w->cases, STR("lost"), 0));
    /* A new version is the one that is read; the older one stays for the cases under it. */
    ContextBuilder changed = context_builder_from(w->a, dig->source);
    context_put_text(&changed, "fee_fen", value_int(500));
    Str json = json_copy_text(w->a, value_context(&changed));
    Str text = arena_printf(w->a, "%.*s", STR_ARG(json)); /* with its end */
    assert_true(world_install(w, "thing", "dig", text.ptr).accepted);
    assert_int_equal(thing_read(w->cases, STR("dig"), 0)->fee_fen, 500);
    assert_int_equal(thing_read(w->cases, STR("dig"), 1)->fee_fen, 0);
    assert_int_equal(thing_list(w->cases, STR_NONE, w->a, &things), 2);
    assert_text(case_office_title(w->cases, STR("planning-office")).en, "Planning Bureau");
    assert_text(case_office_title(w->cases, STR("unknown")).en, "unknown");
    assert_non_null(case_form(w->cases, STR("dig")));
    assert_null(case_form(w->cases, STR("none")));
}

static void moves_are_those_of_the_drawing(void **state)
{
    (void)state;
    for (unsigned from = 0; from < CASE_STATE_COUNT; from++)
        for (unsigned to = 0; to < CASE_STATE_COUNT; to++) {
            bool wanted = !case_state_ended((CaseState)from) && to > from;
            assert_int_equal(case_move_allowed((CaseState)from, (CaseState)to), wanted);
        }
    for (unsigned s = 0; s < PART_STATE_COUNT; s++) {
        assert_false(part_move_allowed((PartState)s, (PartState)s));
        assert_false(part_move_allowed((PartState)s, PART_WAITING));
        assert_int_equal(part_move_allowed((PartState)s, PART_OPEN), s != PART_OPEN);
    }
    assert_false(part_move_allowed(PART_WAITING, PART_APPROVED));
    assert_false(part_move_allowed(PART_APPROVED, PART_REFUSED));
    CaseState parsed;
    for (unsigned s = 0; s < CASE_STATE_COUNT; s++) {
        assert_true(case_state_parse(case_state_word((CaseState)s), &parsed));
        assert_int_equal(parsed, s);
        assert_true(case_state_title((CaseState)s).zh.len > 0);
    }
    assert_false(case_state_parse(STR("lost"), &parsed));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(everyone_sees_their_own),
        TEST(names_are_masked_where_they_must_be),
        TEST(lists_are_filtered),
        TEST(pages_follow_one_another),
        TEST(a_case_is_found_by_its_number),
        TEST(the_timeline_speaks_both_languages),
        TEST(the_guide_lists_things),
        cmocka_unit_test(moves_are_those_of_the_drawing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
