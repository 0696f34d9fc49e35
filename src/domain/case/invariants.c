/* invariants.c - what must be true of a case's rows after every command.
 *
 *   1  part_count and part_ended_count are the numbers of its parts
 *   2  correction_count is the number of its open corrections
 *   3  paused (of the case, of each part) is the number of pauses that stand in it
 *   4  a part that is not open has no pause and no active activity
 *   5  an ended case has an end instant, no open or waiting part, no pause, no open correction,
 *      no running clock; a case that has not ended has no end instant
 *   6  an accepted case has an instant of acceptance
 *   7  the timeline is numbered 1, 2, ... without gaps
 *
 * Each rule is one query that counts what breaks it. */
#include "domain/case/case_int.h"

typedef struct Rule {
    const char *text;
    Sql sql; /* parameters: node, case */
} Rule;

static const Rule rules[] = {
    {"part_count counts the parts",
     {"SELECT c.part_count - (SELECT COUNT(*) FROM case_part p WHERE p.node = c.node"
      " AND p.case_id = c.id) FROM case_case c WHERE c.node = ?1 AND c.id = ?2"}},
    {"part_ended_count counts the parts that have ended",
     {"SELECT c.part_ended_count - (SELECT COUNT(*) FROM case_part p WHERE p.node = c.node"
      " AND p.case_id = c.id AND p.state > 1) FROM case_case c"
      " WHERE c.node = ?1 AND c.id = ?2"}},
    {"correction_count counts the open corrections",
     {"SELECT c.correction_count - (SELECT COUNT(*) FROM case_correction x"
      " WHERE x.node = c.node AND x.case_id = c.id AND x.state = 0) FROM case_case c"
      " WHERE c.node = ?1 AND c.id = ?2"}},
    {"paused counts the pauses of the case itself",
     {"SELECT c.paused - (SELECT COUNT(*) FROM case_pause s WHERE s.node = c.node"
      " AND s.case_id = c.id AND s.part IS NULL) FROM case_case c"
      " WHERE c.node = ?1 AND c.id = ?2"}},
    {"paused counts the pauses of a part",
     {"SELECT COUNT(*) FROM case_part p WHERE p.node = ?1 AND p.case_id = ?2 AND p.paused <>"
      " (SELECT COUNT(*) FROM case_pause s WHERE s.node = p.node AND s.case_id = p.case_id"
      " AND s.part = p.id)"}},
    {"a part that is not open has no pause, no activity and no running clock",
     {"SELECT COUNT(*) FROM case_part WHERE node = ?1 AND case_id = ?2 AND state <> 1"
      " AND (paused <> 0 OR active <> 0 OR clock = 1)"}},
    {"an ended case has no open or waiting part",
     {"SELECT COUNT(*) FROM case_case c JOIN case_part p ON p.node = c.node"
      " AND p.case_id = c.id WHERE c.node = ?1 AND c.id = ?2 AND c.state > 1"
      " AND p.state < 2"}},
    {"an ended case has an end, no pause, no open correction and no running clock",
     {"SELECT COUNT(*) FROM case_case WHERE node = ?1 AND id = ?2 AND state > 1"
      " AND (ended_at IS NULL OR paused <> 0 OR correction_count <> 0 OR clock = 1)"}},
    {"a case that has not ended has no end",
     {"SELECT COUNT(*) FROM case_case WHERE node = ?1 AND id = ?2 AND state < 2"
      " AND ended_at IS NOT NULL"}},
    {"an accepted case knows when it was accepted",
     {"SELECT COUNT(*) FROM case_case WHERE node = ?1 AND id = ?2 AND state = 1"
      " AND accepted_at IS NULL"}},
    {"the timeline has no gaps",
     {"SELECT COALESCE(MAX(seq), 0) - COUNT(*) FROM case_timeline"
      " WHERE node = ?1 AND case_id = ?2"}},
};

bool case_invariants(StoreConn *conn, int64_t node, Id id, Arena *a, Err *err)
{
    _Static_assert(CASE_ACCEPTED == 1 && CASE_APPROVED == 2 && PART_OPEN == 1 &&
                       PART_APPROVED == 2 && CORRECTION_OPEN == 0 && CASE_CLOCK_RUNNING == 1,
                   "the queries name states by number");
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        Rows *rows = store_query(conn, &rules[i].sql, PARAMS(p_int(node), p_id(&id)));
        int64_t broken = rows_next(rows) ? rows_int(rows, 0) : 0;
        rows_close(rows);
        if (store_failed(conn, err))
            return false;
        if (broken != 0)
            return err_set(err, &fault_case_broken, id_copy_text(a, id),
                           str_from(rules[i].text));
    }
    return true;
}
