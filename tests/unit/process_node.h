/* process_node.h - a node for tests of the process module: virtual clock, seeded randomness, the
 * module itself, and a module "test" that stands for its neighbours:
 *
 *   tongban.test.echo     replies its input without context
 *   tongban.test.context  replies {context: ...}
 *   tongban.test.refuse   refuses with the fault test_refused
 *   case.mark, case.ended are written down, one text a line
 *
 * A node has one of three lives: it stays open; it is closed and opened again after every commit; or
 * every command and every round of timers runs in a child process that is killed after its
 * commit. What it does must not depend on that: test_node_trace is the same. */
#ifndef TESTS_PROCESS_NODE_H
#define TESTS_PROCESS_NODE_H

#include "domain/process/process.h"

typedef enum TestLife { TEST_STAYS, TEST_REOPENS, TEST_IS_KILLED } TestLife;

typedef struct TestNode {
    Core *core;
    Clock *clock;
    Entropy *entropy;
    Arena *a;
    StoreConn *reader;
    Buf marks; /* lines "enter review 420600-cgj" */
    Str location;
    TestLife life;
    Module test_module;
    const Module *modules[2];
} TestNode;

#define TEST_NODE 420600

/* location: ":memory:" or a file; lives other than TEST_STAYS need a file. Start of the clock:
 * 2026-11-23T09:00:00+08:00. */
TestNode *test_node_open(Str location);
TestNode *test_node_open_as(Str location, TestLife life);
void test_node_close(TestNode *n);
/* Run a command; the reply lives in n->a. */
Reply test_node_run(TestNode *n, const char *kind, Value body, const Actor *actor);
/* Install one text. False prints the fault. */
bool test_node_install(TestNode *n, const char *kind, Str id, Str path, Str text, Err *err);
/* Move the clock by seconds and run what is due, timer by timer. */
void test_node_advance(TestNode *n, int64_t seconds);
/* Close and open again; the clock goes on from `to` (INSTANT_NONE: from where it stands). */
void test_node_reopen(TestNode *n, Instant to);
/* Everything that happened, in order: instants, commands, events with their closed parts. */
Str test_node_trace(TestNode *n);
/* Replay and compare; the report is printed when there are differences. */
bool test_node_verify(TestNode *n);
/* Remove a data file and what stands beside it. */
void test_node_remove(Str location);
extern const Actor test_system;

#endif
