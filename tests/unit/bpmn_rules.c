/* The rules of the BPMN reader, one case each: the texts in tests/cases/bpmn.
 *
 *   == name of the rule
 *   -> ok            or        -> fault element, one line a fault that must be among those found
 *   XML of what stands in the process (lines that begin with "^" stand beside it, as root elements)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/check.h"
#include "lang/bpmn/bpmn.h"
#include "os/os.h"

#define FOLDER "tests/cases/bpmn/"
#define WANTED_MAX 8

typedef struct Case {
    Str name;
    Str wanted[WANTED_MAX]; /* "ok" or "fault element" */
    size_t wanted_count;
    Str model;
} Case;

static Arena *memory;

static Str wrap(Str roots, Str inside)
{
    return arena_printf(
        memory,
        "<?xml version=\"1.0\"?>\n<bpmn:definitions"
        " xmlns:bpmn=\"http://www.omg.org/spec/BPMN/20100524/MODEL\""
        " xmlns:zeebe=\"http://camunda.org/schema/zeebe/1.0\""
        " xmlns:camunda=\"http://camunda.org/schema/1.0/bpmn\" id=\"defs\" targetNamespace=\"urn:t\">"
        "%.*s<bpmn:process id=\"p\" isExecutable=\"true\">%.*s</bpmn:process></bpmn:definitions>",
        STR_ARG(roots), STR_ARG(inside));
}

/* One case up to the next "==" line. */
static void parse_case(Str *rest, Case *out)
{
    Buf roots = buf_new(memory, 256), inside = buf_new(memory, 1024);
    *out = (Case){.name = str_trim(str_split(rest, '\n'))};
    while (rest->len && !str_starts(*rest, STR("== "))) {
        Str line = str_split(rest, '\n');
        if (str_starts(line, STR("-> "))) {
            check(out->wanted_count < WANTED_MAX);
            out->wanted[out->wanted_count++] = str_trim(str_slice(line, 3, line.len));
        } else if (str_starts(line, STR("^"))) {
            buf_add(&roots, str_slice(line, 1, line.len));
        } else {
            buf_add(&inside, line);
            buf_add_text(&inside, "\n");
        }
    }
    out->model = wrap(buf_text(&roots), buf_text(&inside));
}

static bool found(const BpmnFaults *faults, Str wanted)
{
    for (size_t i = 0; i < faults->count; i++) {
        const Err *e = &faults->items[i];
        Str text = e->element[0] ? arena_printf(memory, "%s %s", e->fault->name, e->element)
                                 : str_from(e->fault->name);
        if (str_equal(text, wanted)) {
            return e->line > 0 && str_equal(str_from(e->file), STR("rule.bpmn"));
        }
    }
    return false;
}

static void judge(void **state)
{
    const Case *c = *state;
    BpmnModel model;
    BpmnFaults faults;
    bool ok = bpmn_compile_all(memory, STR("rule.bpmn"), c->model, &model, &faults);
    bool good = ok == str_equal(c->wanted[0], STR("ok"));
    for (size_t i = 0; !ok && i < c->wanted_count; i++) {
        good = good && found(&faults, c->wanted[i]);
    }
    for (size_t i = 0; !good && i < faults.count; i++) {
        Buf en = buf_new(memory, 200), zh = buf_new(memory, 200);
        err_show(&faults.items[i], LANG_EN, &en);
        err_show(&faults.items[i], LANG_ZH, &zh);
        printf("# %s: %s\n# %s\n", faults.items[i].fault->name, buf_cstr(&en), buf_cstr(&zh));
    }
    assert_true(good);
}

/* A text that is no XML, or other XML, or nothing, is refused without a process. */
static void other_texts(void **state)
{
    static const char *const texts[] = {
        "", "<", "<a/>", "not xml",
        "<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\"/>",
        "<!DOCTYPE x [<!ENTITY a 'b'>]><definitions/>"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        BpmnModel model;
        Err err = {0};
        assert_false(bpmn_compile(memory, STR("x.bpmn"), str_from(texts[i]), &model, &err));
        assert_non_null(err.fault);
        assert_int_equal(model.process_count, 0);
    }
}

/* Memory may end anywhere: the answer is a refusal, never a crash. */
static void little_memory(void **state)
{
    Str model_text = wrap(STR_NONE, STR("<bpmn:startEvent id=\"s\"/><bpmn:endEvent id=\"e\"/>"
                                        "<bpmn:sequenceFlow id=\"f\" sourceRef=\"s\" targetRef=\"e\"/>"));
    (void)state;
    bool passed = false;
    for (size_t limit = 1024; limit < (1u << 20) && !passed; limit += 1024) {
        Arena *a = arena_open(limit);
        BpmnModel model;
        Err err = {0};
        passed = bpmn_compile(a, STR("x.bpmn"), model_text, &model, &err);
        assert_true(passed || err.fault != NULL);
        arena_close(a);
    }
    assert_true(passed);
}

/* What the reader made of a small model. */
static void linked(void **state)
{
    (void)state;
    BpmnModel model;
    Err err = {0};
    Str text = wrap(STR_NONE, STR(
        "<bpmn:startEvent id=\"s\"/><bpmn:inclusiveGateway id=\"split\" default=\"f3\"/>"
        "<bpmn:task id=\"a\"/><bpmn:task id=\"b\"/><bpmn:inclusiveGateway id=\"join\"/>"
        "<bpmn:boundaryEvent id=\"late\" attachedToRef=\"a\"><bpmn:timerEventDefinition>"
        "<bpmn:timeDuration>PT1H</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
        "<bpmn:endEvent id=\"e\"/><bpmn:endEvent id=\"x\"/>"
        "<bpmn:sequenceFlow id=\"f1\" sourceRef=\"s\" targetRef=\"split\"/>"
        "<bpmn:sequenceFlow id=\"f2\" sourceRef=\"split\" targetRef=\"a\"><bpmn:conditionExpression>"
        "=number > 1</bpmn:conditionExpression></bpmn:sequenceFlow>"
        "<bpmn:sequenceFlow id=\"f3\" sourceRef=\"split\" targetRef=\"b\"/>"
        "<bpmn:sequenceFlow id=\"f4\" sourceRef=\"a\" targetRef=\"join\"/>"
        "<bpmn:sequenceFlow id=\"f5\" sourceRef=\"b\" targetRef=\"join\"/>"
        "<bpmn:sequenceFlow id=\"f6\" sourceRef=\"join\" targetRef=\"e\"/>"
        "<bpmn:sequenceFlow id=\"f7\" sourceRef=\"late\" targetRef=\"x\"/>"));
    assert_true(bpmn_compile(memory, STR("x.bpmn"), text, &model, &err));
    const BpmnProcess *p = bpmn_process(&model, STR("p"));
    assert_non_null(p);
    const BpmnElement *join = &p->elements[bpmn_element(p, STR("join"))];
    const BpmnElement *a = &p->elements[bpmn_element(p, STR("a"))];
    assert_int_equal(join->incoming_count, 2);
    assert_int_equal(join->reach[bpmn_element(p, STR("a"))], 1);
    assert_int_equal(join->reach[bpmn_element(p, STR("b"))], 2);
    assert_int_equal(join->reach[bpmn_element(p, STR("split"))], 3);
    assert_int_equal(join->reach[bpmn_element(p, STR("late"))], 0);
    assert_int_equal(a->boundary_count, 1);
    assert_int_equal(p->elements[0].entry_count, 1);
    assert_int_equal(bpmn_element(p, STR("nobody")), BPMN_NONE);
    assert_null(bpmn_process(&model, STR("q")));
}

/* When a cron expression comes next, in China time. */
static void cron(void **state)
{
    static const char *const rows[][3] = {
        {"0 0 9-17 * * MON-FRI", "2026-11-23T09:00:00+08:00", "2026-11-23T10:00:00+08:00"},
        {"0 0 9-17 * * MON-FRI", "2026-11-27T17:00:00+08:00", "2026-11-30T09:00:00+08:00"},
        {"*/10 * * * * *", "2026-11-23T09:00:00+08:00", "2026-11-23T09:00:10+08:00"},
        {"@monthly", "2026-11-23T09:00:00+08:00", "2026-12-01T00:00:00+08:00"},
        {"0 0 0 L * *", "2028-02-10T00:00:00+08:00", "2028-02-29T00:00:00+08:00"},
        {"0 0 0 L-1 * *", "2026-02-10T00:00:00+08:00", "2026-02-27T00:00:00+08:00"},
        {"0 30 8 1W * *", "2026-07-15T00:00:00+08:00", "2026-08-03T08:30:00+08:00"},
        {"0 30 8 15W * *", "2026-08-01T00:00:00+08:00", "2026-08-14T08:30:00+08:00"},
        {"0 30 8 LW * *", "2026-10-01T00:00:00+08:00", "2026-10-30T08:30:00+08:00"},
        {"0 0 12 ? * 5#2", "2026-11-01T00:00:00+08:00", "2026-11-13T12:00:00+08:00"},
        {"0 0 12 ? * FRIL", "2026-11-01T00:00:00+08:00", "2026-11-27T12:00:00+08:00"},
        {"0 0 0 29 2 *", "2026-11-01T00:00:00+08:00", "2028-02-29T00:00:00+08:00"},
        {"0 0 0 * * SUN", "2026-11-23T00:00:00+08:00", "2026-11-29T00:00:00+08:00"},
        {"0 0 0 * * 7", "2026-11-23T00:00:00+08:00", "2026-11-29T00:00:00+08:00"},
        {"0 0/30 8 1,15 JAN,jul ?", "2026-01-15T08:30:00+08:00", "2026-07-01T08:00:00+08:00"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BpmnCron parsed;
        Instant from, wanted, got;
        assert_true(bpmn_cron_parse(str_from(rows[i][0]), &parsed));
        assert_true(instant_parse(str_from(rows[i][1]), &from));
        assert_true(instant_parse(str_from(rows[i][2]), &wanted));
        assert_true(bpmn_cron_next(&parsed, from, &got));
        if (got.us != wanted.us) {
            printf("# %s from %s gives %.*s\n", rows[i][0], rows[i][1],
                   STR_ARG(instant_copy_text(memory, got, CHINA_OFFSET_S)));
        }
        assert_int_equal(got.us, wanted.us);
    }
    BpmnCron never;
    Instant out;
    assert_true(bpmn_cron_parse(STR("0 0 0 31 2 *"), &never));
    assert_false(bpmn_cron_next(&never, (Instant){0}, &out));
}

int main(void)
{
    memory = arena_open((size_t)1 << 30);
    struct CMUnitTest tests[500] = {cmocka_unit_test(other_texts), cmocka_unit_test(little_memory),
                                    cmocka_unit_test(linked), cmocka_unit_test(cron)};
    size_t count = 4, file_count;
    Str *names;
    Err err = {0};
    check(file_list(memory, STR(FOLDER), &names, &file_count, &err));
    for (size_t i = 0; i < file_count; i++) {
        Str text;
        if (!str_ends(names[i], STR(".txt"))) {
            continue;
        }
        check(file_read(memory, arena_printf(memory, FOLDER "%.*s", STR_ARG(names[i])), 1u << 20,
                        &text, &err));
        for (Str rest = text; rest.len;) {
            check(str_starts(rest, STR("== ")) && count < 500);
            rest = str_slice(rest, 3, rest.len);
            Case *one = arena_new(memory, Case);
            parse_case(&rest, one);
            const char *name = arena_copy(memory, one->name).ptr;
            tests[count++] = (struct CMUnitTest){name, judge, NULL, NULL, one};
        }
    }
    int failed = _cmocka_run_group_tests("bpmn rules", tests, count, NULL, NULL);
    arena_close(memory);
    return failed;
}
