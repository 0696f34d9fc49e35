/* case_record.c - rows as decisions need them: a case with its parts, pauses, corrections.
 *
 * Everything is copied into the decision's arena. A decision loads a case once and hands it on;
 * between loading and applying nothing else runs, because there is one writer. */
#include "codec/json.h"
#include "domain/case/case_int.h"

static const Sql sql_case = {
    "SELECT number, thing, thing_version, state, result, applicant, instance, clock, paused,"
    " accepted_at, light FROM case_case WHERE node = ?1 AND id = ?2"};
static const Sql sql_parts = {
    "SELECT id, matter, office, state, clock, paused, active FROM case_part"
    " WHERE node = ?1 AND case_id = ?2 ORDER BY ordinal"};
static const Sql sql_data = {"SELECT data FROM case_case WHERE node = ?1 AND id = ?2"};
static const Sql sql_pauses = {
    "SELECT key, part, element, reason FROM case_pause"
    " WHERE node = ?1 AND case_id = ?2 ORDER BY since, key"};
static const Sql sql_corrections = {
    "SELECT id, part, task, element, token FROM case_correction"
    " WHERE node = ?1 AND case_id = ?2 AND state = 0 ORDER BY id"};

#define CASE_ROWS_MAX 512u /* pauses or open corrections of one case that are looked at */

static PartRecord *parts_load(StoreConn *conn, int64_t node, Id id, Arena *a, size_t *count)
{
    PartRecord *parts = arena_new_array(a, PartRecord, CASE_MATTERS_MAX);
    *count = 0;
    Rows *rows = store_query(conn, &sql_parts, PARAMS(p_int(node), p_id(&id)));
    while (parts && rows_next(rows) && *count < CASE_MATTERS_MAX) {
        int64_t state = rows_int(rows, 3);
        check(state >= 0 && state < PART_STATE_COUNT);
        parts[(*count)++] = (PartRecord){.id = rows_id(rows, 0),
                                         .matter = rows_copy(rows, 1, a),
                                         .office = rows_copy(rows, 2, a),
                                         .state = (PartState)state,
                                         .clock = (CaseClock)rows_int(rows, 4),
                                         .paused = rows_int(rows, 5),
                                         .active = rows_int(rows, 6)};
    }
    rows_close(rows);
    return parts;
}

bool case_load(const Cases *cases, StoreConn *conn, int64_t node, Id id, Arena *a, CaseNow *out)
{
    *out = (CaseNow){0};
    Rows *rows = store_query(conn, &sql_case, PARAMS(p_int(node), p_id(&id)));
    bool found = rows_next(rows);
    if (found) {
        int64_t state = rows_int(rows, 3);
        check(state >= 0 && state < CASE_STATE_COUNT);
        out->row = (CaseRecord){.id = id,
                                .number = rows_copy(rows, 0, a),
                                .thing = rows_copy(rows, 1, a),
                                .thing_version = rows_int(rows, 2),
                                .state = (CaseState)state,
                                .result = rows_copy(rows, 4, a),
                                .applicant = rows_copy(rows, 5, a),
                                .instance = rows_copy(rows, 6, a),
                                .clock = (CaseClock)rows_int(rows, 7),
                                .paused = rows_int(rows, 8),
                                .accepted_at = rows_instant(rows, 9),
                                .light = rows_is_null(rows, 10) ? -1 : rows_int(rows, 10),
                                .id_text = id_copy_text(a, id)};
    }
    rows_close(rows);
    if (!found)
        return false;
    out->parts = parts_load(conn, node, id, a, &out->part_count);
    out->thing = thing_read(cases, out->row.thing, out->row.thing_version);
    return true;
}

bool case_of_command(const Cases *cases, Decision *d, Value holder, CaseNow *out)
{
    Id id = value_get_id(holder, STR("case"));
    bool found = !id_is_none(id) && case_load(cases, decision_store(d), decision_node(d), id,
                                              decision_arena(d), out);
    return found || decision_refuse_with(d, &fault_case_unknown);
}

PartRecord *case_part_of(const CaseNow *now, Str matter)
{
    for (size_t i = 0; i < now->part_count; i++)
        if (str_equal(now->parts[i].matter, matter))
            return &now->parts[i];
    return NULL;
}

Value case_data_read(StoreConn *conn, int64_t node, Id id, Arena *a)
{
    Value data = value_null();
    Rows *rows = store_query(conn, &sql_data, PARAMS(p_int(node), p_id(&id)));
    if (rows_next(rows) && !rows_is_null(rows, 0))
        check(json_parse(a, rows_bytes(rows, 0), &data, NULL) || arena_failed(a));
    rows_close(rows);
    return data;
}

PauseRecord *case_pauses(StoreConn *conn, int64_t node, Id id, Arena *a, size_t *count)
{
    PauseRecord *pauses = arena_new_array(a, PauseRecord, CASE_ROWS_MAX);
    *count = 0;
    Rows *rows = store_query(conn, &sql_pauses, PARAMS(p_int(node), p_id(&id)));
    while (pauses && *count < CASE_ROWS_MAX && rows_next(rows))
        pauses[(*count)++] = (PauseRecord){.key = rows_copy(rows, 0, a),
                                           .part = rows_id(rows, 1),
                                           .element = rows_copy(rows, 2, a),
                                           .reason = rows_copy(rows, 3, a)};
    rows_close(rows);
    return pauses;
}

CorrectionRecord *case_corrections_open(StoreConn *conn, int64_t node, Id id, Arena *a,
                                        size_t *count)
{
    CorrectionRecord *list = arena_new_array(a, CorrectionRecord, CASE_ROWS_MAX);
    *count = 0;
    Rows *rows = store_query(conn, &sql_corrections, PARAMS(p_int(node), p_id(&id)));
    while (list && *count < CASE_ROWS_MAX && rows_next(rows))
        list[(*count)++] = (CorrectionRecord){.id = rows_id(rows, 0),
                                              .part = rows_id(rows, 1),
                                              .task = rows_copy(rows, 2, a),
                                              .element = rows_copy(rows, 3, a),
                                              .token = rows_copy(rows, 4, a)};
    rows_close(rows);
    return list;
}
