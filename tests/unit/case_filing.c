/* case_filing.c - drafts, submission, numbers, withdrawal. */
#include "case_world.h"

/* ---- Drafts. */

static Id save_draft(World *w, const Actor *who, const char *data)
{
    Reply reply = world_do(w, who, "case.draft_save", "{\"thing\":\"dig\",\"data\":%s}", data);
    assert_true(reply.accepted);
    return value_get_id(reply.body, STR("draft"));
}

static void drafts_are_kept_and_versioned(void **state)
{
    World *w = *state;
    Draft draft;
    Err err = {0};
    Id id = save_draft(w, &firm, "{\"road\":\"长\"}");
    world_wait(w, 60);
    Reply second = world_do(w, &firm, "case.draft_save",
                            "{\"draft\":\"%.*s\",\"thing\":\"dig\",\"version\":1,"
                            "\"data\":{\"road\":\"长虹路\"}}",
                            STR_ARG(world_id(w, id)));
    assert_true(second.accepted);
    assert_int_equal(value_get_int(second.body, STR("version"), 0), 2);
    assert_true(draft_read(w->cases, w->conn, NODE, &firm, id, w->a, &draft, &err));
    assert_text(value_get_string(draft.data, STR("road")), "长虹路");
    assert_text(draft.title.en, "Digging");
    assert_int_equal(draft.version, 2);
    assert_int_equal(draft.saved_at.us - draft.created_at.us, 60 * US_PER_SECOND);
    world_refused(world_do(w, &firm, "case.draft_save",
                           "{\"draft\":\"%.*s\",\"thing\":\"dig\",\"version\":1,\"data\":{}}",
                           STR_ARG(world_id(w, id))),
                  &fault_draft_changed);
    world_refused(world_do(w, &firm, "case.draft_save",
                           "{\"draft\":\"%.*s\",\"thing\":\"dig-on\",\"data\":{}}",
                           STR_ARG(world_id(w, id))),
                  &fault_draft_thing);
    Reply blind = world_do(w, &firm, "case.draft_save",
                           "{\"draft\":\"%.*s\",\"thing\":\"dig\",\"data\":{}}",
                           STR_ARG(world_id(w, id)));
    assert_int_equal(value_get_int(blind.body, STR("version"), 0), 3);
}

static void drafts_are_ones_own(void **state)
{
    World *w = *state;
    Draft draft, *list;
    size_t count;
    Err err = {0};
    Id id = save_draft(w, &firm, "{\"road\":\"甲\"}");
    world_wait(w, 1);
    Id later = save_draft(w, &firm, "{\"road\":\"乙\"}");
    assert_false(draft_read(w->cases, w->conn, NODE, &other_firm, id, w->a, &draft, &err));
    assert_ptr_equal(err.fault, &fault_draft_unknown);
    err = (Err){0};
    assert_false(draft_read(w->cases, w->conn, NODE, &supervisor, id, w->a, &draft, &err));
    Str text = world_id(w, id);
    world_refused(world_do(w, &other_firm, "case.draft_save",
                           "{\"draft\":\"%.*s\",\"thing\":\"dig\",\"data\":{}}", STR_ARG(text)),
                  &fault_draft_unknown);
    world_refused(world_do(w, &other_firm, "case.draft_delete", "{\"draft\":\"%.*s\"}",
                           STR_ARG(text)),
                  &fault_draft_unknown);
    world_refused(world_do(w, &other_firm, "case.submit", "{\"draft\":\"%.*s\"}", STR_ARG(text)),
                  &fault_draft_unknown);
    assert_true(draft_list(w->cases, w->conn, NODE, &firm, w->a, &list, &count, &err));
    assert_int_equal(count, 2);
    assert_true(id_equal(list[0].id, later) && id_equal(list[1].id, id));
    assert_true(draft_list(w->cases, w->conn, NODE, &other_firm, w->a, &list, &count, &err));
    assert_int_equal(count, 0);
    assert_true(world_do(w, &firm, "case.draft_delete", "{\"draft\":\"%.*s\"}", STR_ARG(text))
                    .accepted);
    world_refused(world_do(w, &firm, "case.draft_delete", "{\"draft\":\"%.*s\"}", STR_ARG(text)),
                  &fault_draft_unknown);
}

static void drafts_are_limited(void **state)
{
    World *w = *state;
    for (unsigned i = 0; i < CASE_DRAFTS_MAX; i++)
        save_draft(w, &firm, "{}");
    world_refused(world_do(w, &firm, "case.draft_save", "{\"thing\":\"dig\",\"data\":{}}"),
                  &fault_draft_limit);
    save_draft(w, &other_firm, "{}");
}

static void bodies_are_judged(void **state)
{
    World *w = *state;
    static const struct {
        const char *kind, *body;
        const Fault *fault;
    } cases[] = {
        {"case.draft_save", "{\"thing\":\"dig\"}", &fault_case_field},
        {"case.draft_save", "{\"thing\":\"dig\",\"data\":[]}", &fault_case_field},
        {"case.draft_save", "{\"thing\":7,\"data\":{}}", &fault_case_field},
        {"case.draft_save", "{\"thing\":\" \",\"data\":{}}", &fault_case_field},
        {"case.draft_save", "{\"thing\":\"dig\",\"data\":{},\"vesion\":1}",
         &fault_case_field_unknown},
        {"case.draft_save", "{\"thing\":\"dig\",\"data\":{},\"version\":1.5}",
         &fault_case_field},
        {"case.draft_save", "{\"thing\":\"dig\",\"data\":{},\"draft\":\"17\"}",
         &fault_case_field},
        {"case.draft_save", "{\"thing\":\"nothing\",\"data\":{}}", &fault_thing_unknown},
        {"case.draft_save", "{\"thing\":\"dig\",\"data\":{\"raod\":1}}",
         &fault_form_data_invalid},
        {"case.draft_save", "{\"thing\":\"dig\",\"data\":{\"road\":1}}",
         &fault_form_data_invalid},
        {"case.submit", "{}", &fault_case_field},
        {"case.submit", "{\"thing\":\"dig\"}", &fault_form_data_invalid},
        {"case.submit", "{\"thing\":\"nothing\",\"data\":{}}", &fault_thing_unknown},
        {"case.submit", "{\"thing\":\"dig\",\"data\":{}}", &fault_form_data_invalid},
        {"case.submit", "{\"thing\":\"dig\",\"data\":{\"road\":\"x\",\"length\":0}}",
         &fault_form_data_invalid},
        {"case.submit", "{\"thing\":\"dig\",\"data\":{\"road\":\"x\"},\"number\":\"1\"}",
         &fault_case_field_unknown},
        {"case.withdraw", "{}", &fault_case_field},
        {"case.withdraw", "{\"case\":\"x\"}", &fault_case_field},
        {"case.withdraw", "{\"case\":\"00000000-0000-7000-8000-000000000000\"}",
         &fault_case_unknown},
        {"case.withdraw", "{\"case\":\"01890000-0000-7000-8000-000000000000\"}",
         &fault_case_unknown},
        {"case.correct", "{\"case\":\"01890000-0000-7000-8000-000000000000\"}",
         &fault_case_field},
        {"case.correct", "{\"case\":\"01890000-0000-7000-8000-000000000000\",\"data\":{}}",
         &fault_case_unknown},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Reply reply = world_run(w, &firm, cases[i].kind, world_json(w, cases[i].body));
        if (reply.accepted || reply.err.fault != cases[i].fault)
            fail_msg("%s %s: %s, expected %s", cases[i].kind, cases[i].body,
                     reply.accepted ? "accepted" : reply.err.fault->name, cases[i].fault->name);
    }
    assert_text(world_heard(w), "");
}

/* ---- Submission. */

static void submitting_opens_a_case_with_its_parts(void **state)
{
    World *w = *state;
    Id draft = save_draft(w, &firm, "{\"road\":\"长虹路\"}");
    Reply reply = world_do(w, &firm, "case.submit", "{\"draft\":\"%.*s\"}",
                           STR_ARG(world_id(w, draft)));
    assert_true(reply.accepted);
    w->last_case = value_get_id(reply.body, STR("case"));
    assert_text(value_get_string(reply.body, STR("number")),
                "11440232MB2D06811W4000117051000202209290001");
    assert_text(world_heard(w), "start dig");
    CaseWhole whole = world_read(w);
    assert_int_equal(whole.row.state, CASE_SUBMITTED);
    assert_text(whole.row.number, "11440232MB2D06811W4000117051000202209290001");
    assert_int_equal(whole.row.number.len, 43);
    assert_text(whole.row.title.zh, "道路挖掘");
    assert_text(whole.row.applicant_name, "襄阳示例建设有限公司");
    assert_text(whole.row.instance, "7");
    assert_text(value_get_string(whole.data, STR("road")), "长虹路");
    assert_int_equal(whole.part_count, 3);
    assert_int_equal(whole.row.part_ended_count, 0);
    for (size_t i = 0; i < whole.part_count; i++) {
        assert_int_equal(whole.parts[i].state, PART_WAITING);
        assert_int_equal(whole.parts[i].ordinal, i + 1);
    }
    assert_text(whole.parts[1].office_title.zh, "交警支队");
    assert_text(world_codes(w), "submitted");
    /* The draft has become the case. */
    world_refused(world_do(w, &firm, "case.submit", "{\"draft\":\"%.*s\"}",
                           STR_ARG(world_id(w, draft))),
                  &fault_draft_unknown);
}

static Str submit_number(World *w, const char *thing)
{
    Reply reply = world_do(w, &firm, "case.submit",
                           "{\"thing\":\"%s\",\"data\":{\"road\":\"x\"}}", thing);
    assert_true(reply.accepted);
    Str number = value_get_string(reply.body, STR("number"));
    return str_slice(number, 31, number.len);
}

static void numbers_count_by_day_in_china(void **state)
{
    World *w = *state;
    assert_text(submit_number(w, "dig"), "202209290001");
    assert_text(submit_number(w, "dig"), "202209290002");
    /* Another thing with the same lead item shares its serials. */
    assert_text(submit_number(w, "dig-on"), "202209290003");
    world_wait(w, 16 * 3600 - 1);
    assert_text(submit_number(w, "dig"), "202209290004");
    world_wait(w, 1); /* midnight in China, 16:00 UTC */
    assert_text(submit_number(w, "dig"), "202209300001");
}

static void the_same_command_has_one_effect(void **state)
{
    World *w = *state;
    Reply first, second;
    Err err = {0};
    Command command = {.kind = STR("case.submit"), .actor = firm,
                       .id = core_command_id(firm.id, STR("key-1")),
                       .body = world_json(w, "{\"thing\":\"dig\",\"data\":{\"road\":\"x\"}}")};
    assert_true(core_run(w->core, &command, w->a, &first, &err));
    assert_true(core_run(w->core, &command, w->a, &second, &err));
    assert_true(first.accepted && second.accepted && second.repeated);
    assert_true(value_same(first.body, second.body));
    command.body = world_json(w, "{\"thing\":\"dig\",\"data\":{\"road\":\"y\"}}");
    assert_true(core_run(w->core, &command, w->a, &second, &err));
    world_refused(second, &fault_idempotency_mismatch);
    assert_text(world_heard(w), "start dig");
}

static void a_process_that_cannot_start_is_known_before(void **state)
{
    World *w = *state;
    Buf text = buf_new(w->a, 0);
    const Thing *thing = thing_read(w->cases, STR("dig"), 0);
    ContextBuilder other = context_builder_from(w->a, thing->source);
    context_put_text(&other, "id", value_string(STR("lost")));
    context_put_text(&other, "process", value_string(STR("missing")));
    json_write(value_context(&other), 0, &text);
    assert_true(world_install(w, "thing", "lost", buf_cstr(&text)).accepted);
    world_refused(world_do(w, &firm, "case.submit",
                           "{\"thing\":\"lost\",\"data\":{\"road\":\"x\"}}"),
                  &fault_definition_unknown);
    /* Refused all the same: the case ends, and says so. */
    w->refuse_start = true;
    world_submit(w);
    CaseWhole whole = world_read(w);
    assert_int_equal(whole.row.state, CASE_CANCELLED);
    assert_text(whole.reason, "替身拒绝。");
    assert_text(world_codes(w), "submitted part_stopped part_stopped part_stopped ended");
}

static void the_applicant_may_withdraw(void **state)
{
    World *w = *state;
    world_submit(w);
    Str id = world_id(w, w->last_case);
    world_refused(world_do(w, &other_firm, "case.withdraw", "{\"case\":\"%.*s\"}", STR_ARG(id)),
                  &fault_case_unknown);
    world_task(w, "case.accept", "");
    world_mark(w, "enter", "part_plan", ",\"token\":1,\"properties\":{\"matter\":\"plan\"}");
    world_heard(w);
    Reply reply = world_do(w, &firm, "case.withdraw", "{\"case\":\"%.*s\",\"reason\":\"不做了\"}",
                           STR_ARG(id));
    assert_true(reply.accepted);
    assert_text(world_heard(w), "clock.stop plan; clock.stop case; process.cancel 7 withdrawn");
    CaseWhole whole = world_read(w);
    assert_int_equal(whole.row.state, CASE_WITHDRAWN);
    assert_text(whole.reason, "不做了");
    assert_int_equal(world_part(&whole, "plan")->state, PART_STOPPED);
    assert_int_equal(world_part(&whole, "road")->state, PART_STOPPED);
    world_refused(world_do(w, &firm, "case.withdraw", "{\"case\":\"%.*s\"}", STR_ARG(id)),
                  &fault_case_closed);
    /* The echo of the cancellation changes nothing. */
    int64_t version = world_read(w).row.version;
    world_mark(w, "cancel", "part_plan", ",\"token\":1,\"properties\":{\"matter\":\"plan\"}");
    assert_true(world_do(w, &(Actor){.id = STR("system")}, "case.ended",
                         "{\"case\":\"%.*s\",\"instance\":\"7\",\"state\":\"cancelled\"}",
                         STR_ARG(id))
                    .accepted);
    assert_int_equal(world_read(w).row.version, version);
}

static void internal_commands_are_not_for_people(void **state)
{
    World *w = *state;
    world_submit(w);
    static const char *const kinds[] = {"case.accept", "case.issue", "case.conclude",
                                        "case.mark",   "case.ended", "case.started",
                                        "case.clock_told"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        world_refused(world_do(w, &supervisor, kinds[i], "{\"case\":\"%.*s\"}",
                               STR_ARG(world_id(w, w->last_case))),
                      &fault_not_permitted);
}

static void erasing_clears_a_case(void **state)
{
    World *w = *state;
    Id draft = save_draft(w, &firm, "{\"road\":\"秘密\"}");
    world_submit(w);
    world_task(w, "case.issue",
               "\"matter\":\"plan\",\"kind\":\"opinion\",\"title\":\"意见\","
               "\"content\":{\"holder\":\"王\"}");
    Actor system = {.id = STR("system")};
    assert_true(world_do(w, &system, "core.erase", "{\"subject\":\"%.*s\"}",
                         STR_ARG(world_id(w, w->last_case)))
                    .accepted);
    assert_true(world_do(w, &system, "core.erase", "{\"subject\":\"%.*s\"}",
                         STR_ARG(world_id(w, draft)))
                    .accepted);
    CaseWhole whole = world_read(w);
    assert_true(whole.data_visible && value_is_null(whole.data));
    assert_int_equal(whole.row.applicant_name.len, 0);
    assert_int_equal(whole.row.subject.len, 0);
    assert_int_equal(whole.document_count, 1);
    assert_true(value_is_null(whole.documents[0].content));
    Draft read;
    Err err = {0};
    assert_true(draft_read(w->cases, w->conn, NODE, &firm, draft, w->a, &read, &err));
    assert_true(value_is_null(read.data));
    /* tear_down compares with a replay in which the sealed parts are gone. */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(drafts_are_kept_and_versioned),
        TEST(drafts_are_ones_own),
        TEST(drafts_are_limited),
        TEST(bodies_are_judged),
        TEST(submitting_opens_a_case_with_its_parts),
        TEST(numbers_count_by_day_in_china),
        TEST(the_same_command_has_one_effect),
        TEST(a_process_that_cannot_start_is_known_before),
        TEST(the_applicant_may_withdraw),
        TEST(internal_commands_are_not_for_people),
        TEST(erasing_clears_a_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
