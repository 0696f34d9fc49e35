/* case_world.h - a node with the case module, and a double that plays process and clock.
 *
 * The double answers process.start with instance "7" and clock.start with a due instant one day
 * later, and writes down every command it gets as one line ("clock.pause part1 公示"), so that a
 * test can compare what the case asked for. Subjects are shown as "case" or by their matter. */
#ifndef TESTS_CASE_WORLD_H
#define TESTS_CASE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "codec/json.h"
#include "domain/case/case.h"

#define NODE 420600

typedef struct World {
    Cases *cases;
    Clock *clock;
    Entropy *entropy;
    Core *core;
    Arena *a;
    StoreConn *conn;
    Buf log;            /* what the double heard since world_heard() */
    bool refuse_start;  /* process.start is refused */
    bool refuse_clock;  /* clock.start is refused */
    Id last_case;       /* of the last submission */
} World;

int world_set_up(void **state);
/* Compares a replay with the rows and checks every case's invariants. */
int world_tear_down(void **state);

extern const Actor firm, other_firm, planning, traffic, supervisor, auditor, nobody;

Value world_json(World *w, const char *text);
Reply world_run(World *w, const Actor *actor, const char *kind, Value body);
/* The same with a body as printf text. */
Reply world_do(World *w, const Actor *actor, const char *kind, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void world_refused(Reply reply, const Fault *fault);
Reply world_install(World *w, const char *kind, const char *id, const char *text);
/* A submitted case of the firm; its id is also w->last_case. */
Id world_submit(World *w);
Str world_id(World *w, Id id);
/* A mark of the last case; more is JSON that goes on behind the standard fields ("" or ",..."). */
void world_mark(World *w, const char *event, const char *element, const char *more);
Reply world_task(World *w, const char *kind, const char *fields);
/* What the double heard since the last call, lines joined by "; ". */
Str world_heard(World *w);
CaseWhole world_read(World *w);
CasePart *world_part(CaseWhole *whole, const char *matter);
/* The codes of the timeline, separated by blanks. */
Str world_codes(World *w);
void world_wait(World *w, int64_t seconds);
Instant world_now(World *w);

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
#define assert_text(actual, expected)                                            \
    do {                                                                         \
        Str seen_ = (actual);                                                    \
        if (!str_equal(seen_, STR(expected)))                                    \
            fail_msg("expected \"%s\", got \"%.*s\"", (expected), STR_ARG(seen_)); \
    } while (0)

#endif
