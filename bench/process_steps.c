/* process_steps.c - writer's time of a typical step: how long core_run takes in memory.
 *
 * A case-like process: start, built-in task, parallel gateway into three sub-processes with a user
 * task each, join, end. One instance is one process.start and three process.task_complete; the
 * figure is the processor time of all commands divided by their number, store in memory (no fsync), one
 * command a transaction. Also the part of a step that is ours: steps in one batch would share the
 * commit. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "codec/json.h"
#include "../tests/unit/process_node.h"

/* Processor time of this thread: what others do on the machine does not count. */
static int64_t cpu_ns(void)
{
    struct timespec t;
    check(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) == 0);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void part(Buf *b, int i)
{
    buf_printf(b,
               "<bpmn:subProcess id=\"p%d\"><bpmn:extensionElements><zeebe:ioMapping>"
               "<zeebe:input source='=\"approved\"' target='outcome'/>"
               "<zeebe:output source='=outcome' target='outcome_%d'/></zeebe:ioMapping>"
               "</bpmn:extensionElements><bpmn:startEvent id=\"s%d\"/>"
               "<bpmn:userTask id=\"u%d\" name=\"Review\"><bpmn:extensionElements>"
               "<zeebe:assignmentDefinition candidateGroups='office'/><zeebe:ioMapping>"
               "<zeebe:output source='=if ok then \"approved\" else \"refused\"' target='outcome'/>"
               "</zeebe:ioMapping></bpmn:extensionElements></bpmn:userTask>"
               "<bpmn:endEvent id=\"e%d\"/>"
               "<bpmn:sequenceFlow id=\"a%d\" sourceRef=\"s%d\" targetRef=\"u%d\"/>"
               "<bpmn:sequenceFlow id=\"b%d\" sourceRef=\"u%d\" targetRef=\"e%d\"/>"
               "</bpmn:subProcess>"
               "<bpmn:sequenceFlow id=\"c%d\" sourceRef=\"fork\" targetRef=\"p%d\"/>"
               "<bpmn:sequenceFlow id=\"d%d\" sourceRef=\"p%d\" targetRef=\"join\"/>",
               i, i, i, i, i, i, i, i, i, i, i, i, i, i, i);
}

static Str model(Arena *a)
{
    Buf b = buf_new(a, 8192);
    buf_add_text(&b, "<bpmn:definitions xmlns:bpmn=\"http://www.omg.org/spec/BPMN/20100524/MODEL\""
                     " xmlns:zeebe=\"http://camunda.org/schema/zeebe/1.0\" id=\"d\""
                     " targetNamespace=\"urn:b\"><bpmn:process id=\"bench\" isExecutable=\"true\">"
                     "<bpmn:startEvent id=\"start\"/><bpmn:serviceTask id=\"accept\">"
                     "<bpmn:extensionElements><zeebe:taskDefinition type=\"tongban.test.echo\"/>"
                     "<zeebe:ioMapping><zeebe:input source='=data.name' target='name'/>"
                     "<zeebe:output source='=name' target='accepted'/></zeebe:ioMapping>"
                     "</bpmn:extensionElements></bpmn:serviceTask><bpmn:parallelGateway id=\"fork\"/>"
                     "<bpmn:parallelGateway id=\"join\"/><bpmn:endEvent id=\"end\"/>"
                     "<bpmn:sequenceFlow id=\"f1\" sourceRef=\"start\" targetRef=\"accept\"/>"
                     "<bpmn:sequenceFlow id=\"f2\" sourceRef=\"accept\" targetRef=\"fork\"/>"
                     "<bpmn:sequenceFlow id=\"f3\" sourceRef=\"join\" targetRef=\"end\"/>");
    for (int i = 0; i < 3; i++) {
        part(&b, i);
    }
    buf_add_text(&b, "</bpmn:process></bpmn:definitions>");
    return buf_text(&b);
}

static int64_t complete_all(TestNode *n, int64_t instance, int64_t *commands)
{
    static const Sql sql = {"SELECT key FROM process_task WHERE node = 420600 AND key > ?1"
                            " AND key < ?1 + 1048576"};
    int64_t keys[8], count = 0, ns = 0;
    Rows *r = store_query(n->reader, &sql, PARAMS(p_int(instance)));
    while (count < 8 && rows_next(r)) {
        keys[count++] = rows_int(r, 0);
    }
    rows_close(r);
    for (int64_t i = 0; i < count; i++) {
        ContextBuilder b = context_builder(n->a), v = context_builder(n->a);
        context_put_text(&v, "ok", value_boolean(true));
        context_put_text(&b, "task",
                         value_string(arena_printf(n->a, "%lld", (long long)keys[i])));
        context_put_text(&b, "variables", value_context(&v));
        int64_t from = cpu_ns();
        Reply reply = test_node_run(n, "process.task_complete", value_context(&b), &test_system);
        ns += cpu_ns() - from;
        check(reply.accepted);
        (*commands)++;
    }
    check(count == 3);
    return ns;
}

int main(int argc, char **argv)
{
    int64_t rounds = 2000, start_ns = 0, complete_ns = 0, starts = 0, completes = 0;
    if (argc > 1) {
        str_to_int64(str_from(argv[1]), &rounds);
    }
    TestNode *n = test_node_open(STR(":memory:"));
    Err err = {0};
    Value data;
    check(test_node_install(n, "process", STR("bench"), STR("bench.bpmn"), model(n->a), &err));
    check(json_parse(n->a, STR("{\"applicant\":\"p1\",\"number\":\"420600-2026-1\",\"data\":"
                               "{\"name\":\"Firm\",\"address\":\"Street 1\",\"area\":12.50,"
                               "\"items\":[1,2,3],\"note\":\"some text of usual length\"}}"),
                     &data, &err));
    ArenaMark mark = arena_mark(n->a);
    for (int64_t i = 0; i < rounds; i++) {
        ContextBuilder b = context_builder(n->a);
        context_put_text(&b, "process", value_string(STR("bench")));
        context_put_text(&b, "variables", data);
        int64_t from = cpu_ns(), key = 0;
        Reply reply = test_node_run(n, "process.start", value_context(&b), &test_system);
        start_ns += cpu_ns() - from;
        check(reply.accepted);
        starts++;
        str_to_int64(value_get_string(reply.body, STR("instance")), &key);
        complete_ns += complete_all(n, key, &completes);
        arena_reset_to(n->a, mark);
    }
    printf("process.start (17 elements entered, 3 tasks made, 2 commands): %.1f us\n",
           (double)start_ns / 1000.0 / (double)starts);
    printf("process.task_complete (one part ends): %.1f us\n",
           (double)complete_ns / 1000.0 / (double)completes);
    printf("whole instances: %.0f a second\n",
           (double)starts * 1e9 / (double)(start_ns + complete_ns));
    test_node_close(n);
    return 0;
}
