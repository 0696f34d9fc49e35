/* process_node.h - a node in memory for tests of the process module: virtual clock, seeded
 * randomness, the module itself, and a module "test" that stands for its neighbours:
 *
 *   tongban.test.echo     replies its input without context
 *   tongban.test.context  replies {context: ...}
 *   tongban.test.refuse   refuses with the fault test_refused
 *   case.mark, case.ended are written down, one text a line
 */
#ifndef TESTS_PROCESS_NODE_H
#define TESTS_PROCESS_NODE_H

#include "domain/process/process.h"

typedef struct TestNode {
    Core *core;
    Clock *clock;
    Entropy *entropy;
    Arena *a;
    StoreConn *reader;
    Buf marks; /* lines "enter review 420600-cgj" */
} TestNode;

#define TEST_NODE 420600

/* location: ":memory:" or a file. start of the clock: 2026-11-23T09:00:00+08:00. */
TestNode *test_node_open(Str location);
void test_node_close(TestNode *n);
/* Run a command; the reply lives in n->a. */
Reply test_node_run(TestNode *n, const char *kind, Value body, const Actor *actor);
/* Install one text. False prints the fault. */
bool test_node_install(TestNode *n, const char *kind, Str id, Str path, Str text, Err *err);
/* Move the clock by seconds and run what is due, timer by timer. */
void test_node_advance(TestNode *n, int64_t seconds);
/* Replay and compare; the report is printed when there are differences. */
bool test_node_verify(TestNode *n);
extern const Actor test_system;

#endif
