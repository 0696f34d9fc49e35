/* clock_history.c - what a clock showed and was given, and the counts of offices.
 *
 * A light is a stretch: from its row's instant to the next row's. Before the first row there was
 * no clock; after the last one the light is judged from the ends as stored, so that an instant
 * between the end of a limit and the ring that announces it reads as overdue, not as near.
 *
 * Counts are of cards by the instant that caused them and of clocks by their start; a card given
 * for a part stands under the part's office and is counted apart from those of whole cases. */
#include "domain/clock/clock_int.h"

#include "base/check.h"

#include <string.h>

static const Sql sql_lights = {
    "SELECT at, light FROM clock_light WHERE node = ?1 AND subject = ?2 ORDER BY ordinal"};
static const Sql sql_cards = {
    "SELECT at, card, cause, case_id, matter, office, supervision, note, issued_by"
    " FROM clock_card WHERE node = ?1 AND subject = ?2 ORDER BY at, ordinal"};
static const Sql sql_case_cards = {
    "SELECT at, card, cause, case_id, matter, office, supervision, note, issued_by"
    " FROM clock_card WHERE node = ?1 AND case_id = ?2 ORDER BY at, subject, ordinal"};
static const Sql sql_extensions = {
    "SELECT at, amount, unit, reason, basis, approver FROM clock_extension"
    " WHERE node = ?1 AND subject = ?2 ORDER BY ordinal"};
static const Sql sql_count = {
    "SELECT office, SUM(started), SUM(warnings), SUM(yellow), SUM(red) FROM ("
    " SELECT COALESCE(office, '') AS office, 1 AS started, 0 AS warnings, 0 AS yellow, 0 AS red"
    " FROM clock_state WHERE node = ?1 AND started >= ?2 AND started < ?3"
    " AND CASE WHEN COALESCE(matter, '') = '' THEN 0 ELSE 1 END = ?4"
    " UNION ALL"
    " SELECT office, 0, CASE card WHEN 1 THEN 1 ELSE 0 END, CASE card WHEN 2 THEN 1 ELSE 0 END,"
    " CASE card WHEN 3 THEN 1 ELSE 0 END FROM clock_card"
    " WHERE node = ?1 AND at >= ?2 AND at < ?3"
    " AND CASE WHEN COALESCE(matter, '') = '' THEN 0 ELSE 1 END = ?4"
    ") AS counted WHERE ?5 = '' OR office = ?5 GROUP BY office ORDER BY office"};

/* Lists that grow as rows come: size is that of one item. */
static bool room_for_one(Arena *a, void **items, size_t size, size_t count, size_t *capacity)
{
    if (count < *capacity)
        return true;
    size_t wider = *capacity ? *capacity * 2 : 8;
    int64_t *grown = arena_new_array(a, int64_t, wider * size / sizeof(int64_t));
    check(size % sizeof(int64_t) == 0);
    if (!grown)
        return false;
    if (count)
        memcpy(grown, *items, count * size);
    *items = grown;
    *capacity = wider;
    return true;
}

bool clock_lights(StoreConn *conn, int64_t node, Id subject, Arena *a, ClockLightRow **out,
                  size_t *count, Err *err)
{
    size_t capacity = 0;
    void *items = NULL;
    *count = 0;
    Rows *r = store_query(conn, &sql_lights, PARAMS(p_int(node), p_id(&subject)));
    while (rows_next(r) && room_for_one(a, &items, sizeof(ClockLightRow), *count, &capacity))
        ((ClockLightRow *)items)[(*count)++] =
            (ClockLightRow){rows_instant(r, 0), (ClockLight)rows_int(r, 1)};
    rows_close(r);
    *out = items;
    return !store_failed(conn, err);
}

bool clock_light_when(StoreConn *conn, int64_t node, Id subject, Instant at, Arena *a,
                      bool *found, ClockLight *out, Err *err)
{
    ClockLightRow *rows;
    size_t count = 0, i = 0;
    ClockRow row;
    *found = false;
    *out = CLOCK_NORMAL;
    if (!clock_row(conn, node, subject, a, &row))
        return !store_failed(conn, err);
    if (!clock_lights(conn, node, subject, a, &rows, &count, err))
        return false;
    *found = row.started.us <= at.us;
    while (i < count && rows[i].at.us <= at.us)
        *out = rows[i++].light;
    if (!*found || i < count)
        return true;
    Instant until = clock_ran_until(&row, CLOCK_STOPS_PROMISED, at);
    ClockLight judged = clock_light_of(&row.end, until.us < at.us ? until : at);
    *out = judged > *out ? judged : *out;
    return true;
}

bool clock_cards(StoreConn *conn, int64_t node, Id id, bool by_case, Arena *a,
                 ClockCardRow **out, size_t *count, Err *err)
{
    size_t capacity = 0;
    void *items = NULL;
    *count = 0;
    Rows *r = store_query(conn, by_case ? &sql_case_cards : &sql_cards,
                          PARAMS(p_int(node), p_id(&id)));
    while (rows_next(r) && room_for_one(a, &items, sizeof(ClockCardRow), *count, &capacity))
        ((ClockCardRow *)items)[(*count)++] =
            (ClockCardRow){.at = rows_instant(r, 0),
                           .card = (ClockCard)rows_int(r, 1),
                           .trigger = rows_copy(r, 2, a),
                           .case_id = rows_id(r, 3),
                           .matter = rows_copy(r, 4, a),
                           .office = rows_copy(r, 5, a),
                           .supervision = rows_copy(r, 6, a),
                           .note = rows_copy(r, 7, a),
                           .issued_by = rows_copy(r, 8, a)};
    rows_close(r);
    *out = items;
    return !store_failed(conn, err);
}

bool clock_extensions(StoreConn *conn, int64_t node, Id subject, Arena *a, ClockExtension **out,
                      size_t *count, Err *err)
{
    size_t capacity = 0;
    void *items = NULL;
    *count = 0;
    Rows *r = store_query(conn, &sql_extensions, PARAMS(p_int(node), p_id(&subject)));
    while (rows_next(r) && room_for_one(a, &items, sizeof(ClockExtension), *count, &capacity))
        ((ClockExtension *)items)[(*count)++] =
            (ClockExtension){.at = rows_instant(r, 0),
                             .by = {rows_int(r, 1), (LimitUnit)rows_int(r, 2)},
                             .reason = rows_copy(r, 3, a),
                             .basis = rows_copy(r, 4, a),
                             .approver = rows_copy(r, 5, a)};
    rows_close(r);
    *out = items;
    return !store_failed(conn, err);
}

bool clock_count(StoreConn *conn, int64_t node, Instant from, Instant to, Str office, bool parts,
                 Arena *a, ClockCount **out, size_t *count, Err *err)
{
    size_t capacity = 0;
    void *items = NULL;
    *count = 0;
    Rows *r = store_query(conn, &sql_count,
                          PARAMS(p_int(node), p_int(from.us), p_int(to.us), p_int(parts),
                                 p_text(office)));
    while (rows_next(r) && room_for_one(a, &items, sizeof(ClockCount), *count, &capacity))
        ((ClockCount *)items)[(*count)++] =
            (ClockCount){.office = rows_copy(r, 0, a), .started = rows_int(r, 1),
                         .warnings = rows_int(r, 2), .yellow = rows_int(r, 3),
                         .red = rows_int(r, 4)};
    rows_close(r);
    *out = items;
    return !store_failed(conn, err);
}
