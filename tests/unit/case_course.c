/* case_course.c - the course of a case: acceptance, parts, clocks, pauses, corrections, documents,
 * and every way to end. The diagram is played by marks. */
#include "case_world.h"

#define PLAN ",\"token\":1,\"properties\":{\"matter\":\"plan\"}"
#define ROAD ",\"token\":2,\"properties\":{\"matter\":\"road\"}"
#define GREEN ",\"token\":3,\"properties\":{\"matter\":\"green\"}"
#define OUTCOME(word) ",\"variables\":{\"outcome\":\"" word "\",\"opinion\":\"理由\"}"

static void ended(World *w, const char *state)
{
    Reply reply = world_do(w, &(Actor){.id = STR("system")}, "case.ended",
                           "{\"case\":\"%.*s\",\"instance\":\"7\",\"state\":\"%s\"}",
                           STR_ARG(world_id(w, w->last_case)), state);
    assert_true(reply.accepted);
}

static void parts_run_side_by_side(void **state)
{
    World *w = *state;
    world_submit(w);
    Reply reply = world_task(w, "case.accept", "");
    assert_true(reply.accepted);
    assert_text(value_get_string(reply.body, STR("accepted_at")), "2022-09-29T08:00:00+08:00");
    assert_text(world_heard(w), "clock.start case 4");
    world_mark(w, "enter", "p1", PLAN);
    world_mark(w, "enter", "p2", ROAD);
    assert_text(world_heard(w), "clock.start plan 3; clock.start road 4");
    CaseWhole whole = world_read(w);
    assert_int_equal(whole.row.state, CASE_ACCEPTED);
    assert_int_equal(whole.row.due_at.us, world_now(w).us + US_PER_DAY);
    assert_int_equal(world_part(&whole, "plan")->state, PART_OPEN);
    assert_int_equal(world_part(&whole, "green")->state, PART_WAITING);
    assert_int_equal(world_part(&whole, "road")->due_at.us, world_now(w).us + US_PER_DAY);
    world_wait(w, 3600);
    world_mark(w, "complete", "p1", PLAN);
    world_mark(w, "complete", "p2", ROAD OUTCOME("approved"));
    assert_text(world_heard(w), "clock.stop plan; clock.stop road");
    whole = world_read(w);
    assert_int_equal(whole.row.part_ended_count, 2);
    assert_int_equal(world_part(&whole, "plan")->closed_at.us, world_now(w).us);
    world_mark(w, "enter", "p3", GREEN);
    world_mark(w, "complete", "p3", GREEN OUTCOME("not_needed"));
    ended(w, "completed");
    whole = world_read(w);
    assert_int_equal(whole.row.state, CASE_APPROVED);
    assert_int_equal(whole.row.ended_at.us, world_now(w).us);
    assert_int_equal(world_part(&whole, "green")->state, PART_NOT_NEEDED);
    assert_text(world_codes(w),
                "submitted accepted due part_opened part_due part_opened part_due "
                "part_approved part_approved part_opened part_due part_not_needed ended");
}

static void clocks_of_open_parts_start_with_acceptance(void **state)
{
    World *w = *state;
    world_submit(w);
    world_mark(w, "enter", "p1", PLAN);
    assert_text(world_heard(w), "");
    world_task(w, "case.accept", "");
    assert_text(world_heard(w), "clock.start case 4; clock.start plan 3");
    /* A second acceptance changes nothing and answers the same. */
    world_wait(w, 60);
    Reply again = world_task(w, "case.accept", "");
    assert_text(value_get_string(again.body, STR("accepted_at")), "2022-09-29T08:00:00+08:00");
    assert_text(world_heard(w), "");
}

static void a_clock_that_is_refused_does_not_stop_the_case(void **state)
{
    World *w = *state;
    world_submit(w);
    w->refuse_clock = true;
    assert_true(world_task(w, "case.accept", "").accepted);
    world_mark(w, "enter", "p1", PLAN);
    world_heard(w);
    world_mark(w, "complete", "p1", PLAN);
    assert_text(world_heard(w), ""); /* it never ran: nothing to stop */
    CaseWhole whole = world_read(w);
    assert_true(instant_is_none(whole.row.due_at));
    assert_int_equal(world_part(&whole, "plan")->state, PART_APPROVED);
}

static void a_pause_inside_a_part_stops_only_its_clock(void **state)
{
    World *w = *state;
    world_submit(w);
    world_task(w, "case.accept", "");
    world_mark(w, "enter", "p1", PLAN);
    world_mark(w, "enter", "p2", ROAD);
    world_heard(w);
    const char *inside = ",\"token\":5,\"matter\":\"plan\",\"group\":\"planning-office\","
                         "\"task\":\"77\",\"type\":\"userTask\",\"name\":\"公示\","
                         "\"properties\":{\"pauses\":\"publicity\"}";
    world_mark(w, "enter", "notice", inside);
    assert_text(world_heard(w), "clock.pause plan publicity");
    CaseWhole whole = world_read(w);
    assert_true(world_part(&whole, "plan")->paused);
    assert_text(world_part(&whole, "plan")->pause_reason, "publicity");
    assert_false(world_part(&whole, "road")->paused);
    assert_false(whole.row.paused);
    assert_int_equal(whole.correction_count, 0);
    world_mark(w, "complete", "notice", inside);
    assert_text(world_heard(w), "clock.resume plan");
    whole = world_read(w);
    assert_false(world_part(&whole, "plan")->paused);
    assert_text(world_codes(w),
                "submitted accepted due part_opened part_due part_opened part_due paused "
                "task_opened task_completed resumed part_due");
}

static void pauses_nest(void **state)
{
    World *w = *state;
    world_submit(w);
    world_task(w, "case.accept", "");
    world_mark(w, "enter", "p1", PLAN);
    world_heard(w);
#define PAUSE(token) ",\"token\":" token ",\"matter\":\"plan\",\"properties\":{\"pauses\":\"听证\"}"
    world_mark(w, "enter", "hearing", PAUSE("5"));
    world_mark(w, "enter", "hearing", PAUSE("6"));
    assert_text(world_heard(w), "clock.pause plan 听证; clock.pause plan 听证");
    world_mark(w, "complete", "hearing", PAUSE("5"));
    assert_text(world_heard(w), "clock.resume plan");
    world_mark(w, "cancel", "hearing", PAUSE("6"));
    assert_text(world_heard(w), "clock.resume plan");
    /* The part closes while a pause holds: the clock stops, the pause is gone. */
    world_mark(w, "enter", "hearing", PAUSE("7"));
    world_mark(w, "cancel", "p1", PLAN);
    assert_text(world_heard(w), "clock.pause plan 听证; clock.stop plan");
    CaseWhole whole = world_read(w);
    assert_int_equal(world_part(&whole, "plan")->state, PART_STOPPED);
    world_mark(w, "cancel", "hearing", PAUSE("7"));
    assert_text(world_heard(w), "");
}

static void a_pause_outside_of_parts_stops_the_case(void **state)
{
    World *w = *state;
    world_submit(w);
    const char *notice = ",\"token\":4,\"properties\":{\"pauses\":\"expert_review\"}";
    world_mark(w, "enter", "experts", notice);
    assert_text(world_heard(w), "");
    assert_true(world_read(w).row.paused);
    /* Accepted while a pause holds: the clock starts and stands at once. */
    world_task(w, "case.accept", "");
    assert_text(world_heard(w), "clock.start case 4; clock.pause case expert_review");
    world_mark(w, "complete", "experts", notice);
    assert_text(world_heard(w), "clock.resume case");
    assert_false(world_read(w).row.paused);
}

/* ---- Corrections. */

static const char correction[] =
    ",\"token\":9,\"matter\":\"plan\",\"task\":\"4503599627370505\",\"type\":\"userTask\","
    "\"name\":\"申请人补正\",\"properties\":{\"pauses\":\"补正\"},"
    "\"variables\":{\"opinion\":\"请补充位置图\"}";

static void a_correction_is_asked_and_answered(void **state)
{
    World *w = *state;
    world_submit(w);
    world_task(w, "case.accept", "");
    world_mark(w, "enter", "p1", PLAN);
    world_heard(w);
    world_mark(w, "enter", "fix", correction);
    assert_text(world_heard(w), "clock.pause plan 补正");
    CaseWhole whole = world_read(w);
    Str id = world_id(w, w->last_case);
    assert_int_equal(whole.correction_count, 1);
    assert_text(whole.corrections[0].reason, "请补充位置图");
    assert_text(whole.corrections[0].task, "4503599627370505");
    assert_text(whole.corrections[0].office, "planning-office");
    assert_int_equal(whole.corrections[0].state, CORRECTION_OPEN);
    assert_int_equal(whole.row.correction_count, 1);
    assert_true(world_part(&whole, "plan")->correction_open);
    Str part = world_id(w, world_part(&whole, "plan")->id);
    Str road = world_id(w, world_part(&whole, "road")->id);
    world_refused(world_do(w, &firm, "case.correct",
                           "{\"case\":\"%.*s\",\"part\":\"%.*s\",\"data\":{}}", STR_ARG(id),
                           STR_ARG(road)),
                  &fault_correction_none);
    world_refused(world_do(w, &firm, "case.correct", "{\"case\":\"%.*s\",\"data\":{}}",
                           STR_ARG(id)),
                  &fault_correction_none);
    world_refused(world_do(w, &firm, "case.correct",
                           "{\"case\":\"%.*s\",\"part\":\"%.*s\",\"data\":{}}", STR_ARG(id),
                           STR_ARG(id)),
                  &fault_part_unknown);
    world_refused(world_do(w, &other_firm, "case.correct",
                           "{\"case\":\"%.*s\",\"part\":\"%.*s\",\"data\":{}}", STR_ARG(id),
                           STR_ARG(part)),
                  &fault_case_unknown);
    world_refused(world_do(w, &firm, "case.correct",
                           "{\"case\":\"%.*s\",\"part\":\"%.*s\",\"data\":{\"length\":0}}",
                           STR_ARG(id), STR_ARG(part)),
                  &fault_form_data_invalid);
    Reply reply = world_do(w, &firm, "case.correct",
                           "{\"case\":\"%.*s\",\"part\":\"%.*s\",\"data\":{\"length\":20}}",
                           STR_ARG(id), STR_ARG(part));
    assert_true(reply.accepted);
    assert_text(world_heard(w), "process.task_complete 4503599627370505");
    whole = world_read(w);
    assert_text(value_get_string(whole.data, STR("road")), "长虹路");
    assert_int_equal(value_get_int(whole.data, STR("length"), 0), 20);
    /* The process completes the task: answered, and the clock runs again. */
    world_mark(w, "complete", "fix", correction);
    assert_text(world_heard(w), "clock.resume plan");
    whole = world_read(w);
    assert_int_equal(whole.corrections[0].state, CORRECTION_ANSWERED);
    assert_int_equal(whole.row.correction_count, 0);
    assert_text(world_codes(w), "submitted accepted due part_opened part_due paused "
                                "correction_asked correction_answered resumed part_due");
}

static void a_correction_before_acceptance_concerns_the_case(void **state)
{
    World *w = *state;
    world_submit(w);
    const char *notice = ",\"token\":9,\"task\":\"11\",\"type\":\"userTask\","
                         "\"properties\":{\"pauses\":\"one_time_notice\"},"
                         "\"variables\":{\"opinion\":\"缺图\"}";
    world_mark(w, "enter", "notice", notice);
    CaseWhole whole = world_read(w);
    assert_true(id_is_none(whole.corrections[0].part));
    Reply reply = world_do(w, &firm, "case.correct",
                           "{\"case\":\"%.*s\",\"data\":{\"road\":\"新路\"}}",
                           STR_ARG(world_id(w, w->last_case)));
    assert_true(reply.accepted);
    assert_text(world_heard(w), "process.task_complete 11");
    assert_text(value_get_string(world_read(w).data, STR("road")), "新路");
    world_mark(w, "cancel", "notice", notice);
    assert_int_equal(world_read(w).corrections[0].state, CORRECTION_DROPPED);
}

/* ---- Documents. */

static void documents_belong_to_case_and_matter(void **state)
{
    World *w = *state;
    world_submit(w);
    Reply reply = world_task(w, "case.issue",
                             "\"matter\":\"plan\",\"kind\":\"opinion\",\"title\":"
                             "{\"zh\":\"规划意见\",\"en\":\"Opinion\"},\"content\":{\"area\":25.5}");
    assert_true(reply.accepted);
    Reply second = world_task(w, "case.issue",
                              "\"kind\":\"permit\",\"title\":\"许可\",\"number\":\"襄建〔2022〕1号\"");
    assert_true(second.accepted);
    CaseWhole whole = world_read(w);
    assert_int_equal(whole.document_count, 2);
    const CaseDocument *first = &whole.documents[0];
    assert_true(id_equal(first->id, value_get_id(reply.body, STR("document"))));
    assert_text(first->number, "11440232MB2D06811W4000117051000202209290001-01");
    assert_text(first->office, "planning-office");
    assert_text(first->title.en, "Opinion");
    assert_text(json_copy_text(w->a, first->content), "{\"area\":25.5}");
    assert_text(whole.documents[1].number, "襄建〔2022〕1号");
    assert_int_equal(whole.documents[1].matter.len, 0);
    static const struct {
        const char *fields;
        const Fault *fault;
    } bad[] = {
        {"\"matter\":\"tree\",\"kind\":\"x\",\"title\":\"y\"", &fault_matter_unknown},
        {"\"title\":\"y\"", &fault_case_field},
        {"\"kind\":\"x\"", &fault_case_field},
        {"\"kind\":\"x\",\"title\":7", &fault_case_field},
        {"\"kind\":\"x\",\"title\":\"y\",\"content\":[1]", &fault_case_field},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        world_refused(world_task(w, "case.issue", bad[i].fields), bad[i].fault);
    for (unsigned i = 2; i < CASE_DOCUMENTS_MAX; i++)
        assert_true(world_task(w, "case.issue", "\"kind\":\"x\",\"title\":\"y\"").accepted);
    world_refused(world_task(w, "case.issue", "\"kind\":\"x\",\"title\":\"y\""),
                  &fault_document_limit);
}

/* ---- Ends. */

static void a_refused_part_ends_the_case(void **state)
{
    World *w = *state;
    world_submit(w);
    world_task(w, "case.accept", "");
    world_mark(w, "enter", "p1", PLAN);
    world_mark(w, "enter", "p2", ROAD);
    world_mark(w, "complete", "p2", ROAD);
    world_mark(w, "enter", "fix", correction);
    world_heard(w);
    world_mark(w, "enter", "p3", GREEN);
    world_mark(w, "complete", "p3", GREEN OUTCOME("refused"));
    assert_text(world_heard(w), "clock.start green 4; clock.stop green; clock.stop plan; "
                                "clock.stop case; process.cancel 7 part_refused");
    CaseWhole whole = world_read(w);
    assert_int_equal(whole.row.state, CASE_REFUSED);
    assert_text(whole.reason, "理由");
    assert_int_equal(world_part(&whole, "plan")->state, PART_STOPPED);
    assert_int_equal(world_part(&whole, "road")->state, PART_APPROVED);
    assert_int_equal(world_part(&whole, "green")->state, PART_REFUSED);
    assert_int_equal(whole.corrections[0].state, CORRECTION_DROPPED);
    assert_int_equal(whole.row.part_ended_count, 3);
    world_refused(world_task(w, "case.accept", ""), &fault_case_closed);
    world_refused(world_task(w, "case.issue", "\"kind\":\"x\",\"title\":\"y\""),
                  &fault_case_closed);
    world_refused(world_task(w, "case.conclude", "\"result\":\"approved\""), &fault_case_closed);
    ended(w, "cancelled");
    assert_int_equal(world_read(w).row.state, CASE_REFUSED);
}

static void or_the_others_go_on(void **state)
{
    World *w = *state;
    static const struct {
        const char *plan, *road;
        CaseState result;
        PartState waiting; /* what becomes of the part that was never reached */
    } cases[] = {
        {PLAN OUTCOME("refused"), ROAD OUTCOME("approved"), CASE_PARTIAL, PART_NOT_NEEDED},
        {PLAN OUTCOME("refused"), ROAD OUTCOME("not_needed"), CASE_REFUSED, PART_STOPPED},
        {PLAN OUTCOME("approved"), ROAD OUTCOME("not_needed"), CASE_APPROVED, PART_NOT_NEEDED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Reply reply = world_do(w, &firm, "case.submit",
                               "{\"thing\":\"dig-on\",\"data\":{\"road\":\"x\"}}");
        w->last_case = value_get_id(reply.body, STR("case"));
        world_mark(w, "enter", "p1", PLAN);
        world_mark(w, "enter", "p2", ROAD);
        world_mark(w, "complete", "p1", cases[i].plan);
        world_mark(w, "complete", "p2", cases[i].road);
        assert_int_equal(world_read(w).row.state, CASE_SUBMITTED);
        ended(w, "completed");
        CaseWhole whole = world_read(w);
        assert_int_equal(whole.row.state, cases[i].result);
        assert_int_equal(world_part(&whole, "green")->state, cases[i].waiting);
    }
}

static void the_diagram_may_say_the_result(void **state)
{
    World *w = *state;
    world_submit(w);
    world_refused(world_task(w, "case.conclude", "\"result\":\"withdrawn\""),
                  &fault_case_result_unknown);
    world_refused(world_task(w, "case.conclude", "\"result\":\"fine\""),
                  &fault_case_result_unknown);
    assert_true(world_task(w, "case.conclude", "\"result\":\"partial\",\"reason\":\"试行\"")
                    .accepted);
    assert_int_equal(world_read(w).row.state, CASE_SUBMITTED);
    ended(w, "completed");
    CaseWhole whole = world_read(w);
    assert_int_equal(whole.row.state, CASE_PARTIAL);
    assert_text(whole.reason, "试行");
}

static void a_cancelled_instance_cancels_the_case(void **state)
{
    World *w = *state;
    world_submit(w);
    world_mark(w, "enter", "p1", PLAN);
    /* Another instance of the case (a called process) is none of our business. */
    Reply reply = world_do(w, &(Actor){.id = STR("system")}, "case.ended",
                           "{\"case\":\"%.*s\",\"instance\":\"8\",\"state\":\"completed\"}",
                           STR_ARG(world_id(w, w->last_case)));
    assert_true(reply.accepted);
    assert_int_equal(world_read(w).row.state, CASE_SUBMITTED);
    ended(w, "cancelled");
    assert_int_equal(world_read(w).row.state, CASE_CANCELLED);
}

static void the_diagram_may_come_back_to_a_part(void **state)
{
    World *w = *state;
    world_submit(w);
    world_task(w, "case.accept", "");
    world_mark(w, "enter", "p1", PLAN);
    world_mark(w, "complete", "p1", PLAN);
    world_heard(w);
    world_mark(w, "enter", "p1", PLAN);
    CaseWhole whole = world_read(w);
    assert_int_equal(world_part(&whole, "plan")->state, PART_OPEN);
    assert_int_equal(whole.row.part_ended_count, 0);
    assert_text(world_heard(w), ""); /* its clock has run once */
    world_mark(w, "complete", "p1", PLAN);
    assert_text(world_heard(w), "");
    assert_int_equal(world_read(w).row.part_ended_count, 1);
}

static void a_part_with_several_activities_closes_with_the_last(void **state)
{
    World *w = *state;
    world_submit(w);
    world_mark(w, "enter", "p1", PLAN);
    world_mark(w, "enter", "p1", ",\"token\":8,\"properties\":{\"matter\":\"plan\"}");
    world_mark(w, "complete", "p1", PLAN);
    CaseWhole whole = world_read(w);
    assert_int_equal(world_part(&whole, "plan")->state, PART_OPEN);
    world_mark(w, "complete", "p1", ",\"token\":8,\"properties\":{\"matter\":\"plan\"}");
    whole = world_read(w);
    assert_int_equal(world_part(&whole, "plan")->state, PART_APPROVED);
}

static void marks_that_make_no_sense_are_refused(void **state)
{
    World *w = *state;
    world_submit(w);
    Str id = world_id(w, w->last_case);
    Actor system = {.id = STR("system")};
    static const struct {
        const char *more;
        const Fault *fault;
    } bad[] = {
        {"\"event\":\"enter\",\"properties\":{\"matter\":\"tree\"}", &fault_matter_unknown},
        {"\"event\":\"leave\"", &fault_case_field},
        {"\"event\":\"complete\",\"properties\":{\"matter\":\"plan\"},"
         "\"variables\":{\"outcome\":\"rejected\"}",
         &fault_case_result_unknown},
        {"\"event\":\"complete\",\"properties\":{\"matter\":\"plan\"},"
         "\"variables\":{\"outcome\":true}",
         &fault_case_result_unknown},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        world_refused(world_do(w, &system, "case.mark",
                               "{\"case\":\"%.*s\",\"element\":\"e\",%s}", STR_ARG(id),
                               bad[i].more),
                      bad[i].fault);
    world_refused(world_do(w, &system, "case.mark", "{\"event\":\"enter\"}"),
                  &fault_case_unknown);
    /* Closing a part that is not open, or ending a pause that nobody began: nothing. */
    world_mark(w, "complete", "p1", PLAN);
    world_mark(w, "complete", "x", ",\"token\":1,\"properties\":{\"pauses\":\"听证\"}");
    assert_int_equal(world_read(w).row.version, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(parts_run_side_by_side),
        TEST(clocks_of_open_parts_start_with_acceptance),
        TEST(a_clock_that_is_refused_does_not_stop_the_case),
        TEST(a_pause_inside_a_part_stops_only_its_clock),
        TEST(pauses_nest),
        TEST(a_pause_outside_of_parts_stops_the_case),
        TEST(a_correction_is_asked_and_answered),
        TEST(a_correction_before_acceptance_concerns_the_case),
        TEST(documents_belong_to_case_and_matter),
        TEST(a_refused_part_ends_the_case),
        TEST(or_the_others_go_on),
        TEST(the_diagram_may_say_the_result),
        TEST(a_cancelled_instance_cancels_the_case),
        TEST(the_diagram_may_come_back_to_a_part),
        TEST(a_part_with_several_activities_closes_with_the_last),
        TEST(marks_that_make_no_sense_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
