/* read.c - accounts, balances of any instant, holds, the trial balance.
 *
 * A balance at an instant, by booking:
 *
 *     marks of the account   |64th|  |128th|   |192nd| ...        first one booked after `at`
 *     moves                  ──────────────×───────────◀──┘        walk back from it, at most 64
 *                                          at                      hops, to the first booked <= at
 *
 * and where no mark is later, from the account's last move. By value: the balance by booking, and
 * what was booked after `at` for a value at or before it. Both are sums of history; nothing is
 * estimated and nothing is kept a day. */
#include "domain/ledger/ledger_int.h"

#include "base/check.h"

#define ACCOUNT_COLUMNS                                                                        \
    "SELECT a.account, a.book, a.name, a.kind, a.unit, a.floor, a.cap, a.earmark, a.state,"    \
    " a.opened, a.title, a.owner, h.posted, h.held_out, h.held_in, h.moves"                    \
    " FROM ledger_account a JOIN ledger_holding h ON h.node = a.node AND h.account = a.account"
static const Sql sql_account = {ACCOUNT_COLUMNS
                                " WHERE a.node = ?1 AND a.book = ?2 AND a.name = ?3"};
static const Sql sql_accounts = {ACCOUNT_COLUMNS
                                 " WHERE a.node = ?1 AND a.book = ?2 AND a.name > ?3"
                                 " AND a.name >= ?4 ORDER BY a.name LIMIT ?5"};
static const Sql sql_cells = {
    "SELECT earmark, posted, held_out, held_in FROM ledger_cell"
    " WHERE node = ?1 AND account = ?2 ORDER BY earmark"};
static const Sql sql_holding = {
    "SELECT posted, held_out, held_in, last_move FROM ledger_holding"
    " WHERE node = ?1 AND account = ?2"};
static const Sql sql_mark_after = {
    "SELECT move FROM ledger_mark WHERE node = ?1 AND account = ?2 AND booked > ?3"
    " ORDER BY booked, move LIMIT 1"};
static const Sql sql_hop = {
    "SELECT booked, from_account, from_balance, to_balance, from_previous, to_previous"
    " FROM ledger_move WHERE node = ?1 AND move = ?2"};
static const Sql sql_later_for_before = {
    "SELECT SUM(amount) FROM ledger_backdated WHERE node = ?1 AND account = ?2 AND value <= ?3"
    " AND booked > ?3"};
#define HOLD_COLUMNS                                                                           \
    "SELECT h.hold, f.book, f.name, t.name, h.amount, h.posted, h.released, h.earmark,"        \
    " h.booked, h.expires, h.ended, h.state, h.about FROM ledger_hold h"                       \
    " JOIN ledger_account f ON f.node = h.node AND f.account = h.from_account"                 \
    " JOIN ledger_account t ON t.node = h.node AND t.account = h.to_account"
static const Sql sql_hold = {HOLD_COLUMNS " WHERE h.node = ?1 AND h.hold = ?2"};
static const Sql sql_holds = {
    HOLD_COLUMNS
    " WHERE h.node = ?1 AND h.from_account = ?2 AND h.state = 0 ORDER BY h.hold LIMIT ?3"};
/* The free part of an account is what its cells leave. */
static const Sql sql_trial = {
    "SELECT kind, unit, earmark, SUM(one), SUM(posted), SUM(held_out), SUM(held_in) FROM ("
    "SELECT a.kind AS kind, a.unit AS unit, c.earmark AS earmark, 1 AS one, c.posted AS posted,"
    " c.held_out AS held_out, c.held_in AS held_in FROM ledger_account a JOIN ledger_cell c"
    " ON c.node = a.node AND c.account = a.account WHERE a.node = ?1 AND a.book = ?2"
    " UNION ALL SELECT a.kind, a.unit, '', 1, h.posted, h.held_out, h.held_in"
    " FROM ledger_account a JOIN ledger_holding h ON h.node = a.node AND h.account = a.account"
    " WHERE a.node = ?1 AND a.book = ?2"
    " UNION ALL SELECT a.kind, a.unit, '', 0, -c.posted, -c.held_out, -c.held_in"
    " FROM ledger_account a JOIN ledger_cell c ON c.node = a.node AND c.account = a.account"
    " WHERE a.node = ?1 AND a.book = ?2"
    ") AS parts GROUP BY kind, unit, earmark ORDER BY kind, unit, earmark"};

/* ---- Accounts. */

static LedgerAccount account_row(Rows *r, Arena *a)
{
    return (LedgerAccount){.number = rows_int(r, 0),
                           .book = rows_copy(r, 1, a),
                           .name = rows_copy(r, 2, a),
                           .kind = rows_copy(r, 3, a),
                           .unit = rows_copy(r, 4, a),
                           .has_floor = !rows_is_null(r, 5),
                           .has_cap = !rows_is_null(r, 6),
                           .floor = rows_int(r, 5),
                           .cap = rows_int(r, 6),
                           .earmark = rows_copy(r, 7, a),
                           .state = (LedgerAccountState)rows_int(r, 8),
                           .opened = rows_instant(r, 9),
                           .title = rows_copy(r, 10, a),
                           .owner = rows_copy(r, 11, a),
                           .posted = rows_int(r, 12),
                           .held_out = rows_int(r, 13),
                           .held_in = rows_int(r, 14),
                           .moves = rows_int(r, 15)};
}

bool ledger_account_read(StoreConn *conn, int64_t node, Str book, Str name, Arena *a,
                         LedgerAccount *out, Err *err)
{
    *out = (LedgerAccount){0};
    Rows *r = store_query(conn, &sql_account, PARAMS(p_int(node), p_text(book), p_text(name)));
    if (rows_next(r))
        *out = account_row(r, a);
    rows_close(r);
    return !store_failed(conn, err);
}

bool ledger_account_list(StoreConn *conn, int64_t node, const LedgerAccountFilter *filter,
                         Arena *a, LedgerAccount **out, size_t *count, Err *err)
{
    size_t limit = filter->limit < LEDGER_PAGE_MAX ? filter->limit : LEDGER_PAGE_MAX;
    LedgerAccount *list = arena_new_array(a, LedgerAccount, limit + 1);
    *out = list;
    *count = 0;
    Rows *r = store_query(conn, &sql_accounts,
                          PARAMS(p_int(node), p_text(filter->book), p_text(filter->after),
                                 p_text(filter->prefix), p_int((int64_t)limit)));
    while (list && rows_next(r) && str_starts(rows_bytes(r, 2), filter->prefix))
        list[(*count)++] = account_row(r, a);
    rows_close(r);
    return !store_failed(conn, err);
}

bool ledger_cell_list(StoreConn *conn, int64_t node, int64_t account, Arena *a,
                      LedgerCell **out, size_t *count, Err *err)
{
    size_t capacity = 8;
    LedgerCell *cells = arena_new_array(a, LedgerCell, capacity);
    *count = 0;
    *out = cells;
    Rows *r = store_query(conn, &sql_holding, PARAMS(p_int(node), p_int(account)));
    if (rows_next(r))
        cells[(*count)++] = (LedgerCell){.posted = rows_int(r, 0), .held_out = rows_int(r, 1),
                                         .held_in = rows_int(r, 2)};
    rows_close(r);
    r = store_query(conn, &sql_cells, PARAMS(p_int(node), p_int(account)));
    while (*count && rows_next(r)) {
        if (*count == capacity) {
            LedgerCell *wider = arena_new_array(a, LedgerCell, capacity * 2);
            if (!wider)
                break;
            for (size_t i = 0; i < *count; i++)
                wider[i] = cells[i];
            cells = wider;
            capacity *= 2;
        }
        LedgerCell c = {rows_copy(r, 0, a), rows_int(r, 1), rows_int(r, 2), rows_int(r, 3)};
        cells[0].posted -= c.posted;
        cells[0].held_out -= c.held_out;
        cells[0].held_in -= c.held_in;
        cells[(*count)++] = c;
    }
    rows_close(r);
    *out = cells;
    return !store_failed(conn, err);
}

/* ---- Balances in the past. */

/* A move that the account has, at or behind `at` at most LEDGER_MARK_EVERY moves away; 0: none. */
static int64_t start_of_walk(StoreConn *conn, int64_t node, int64_t account, Instant at)
{
    int64_t move = 0;
    Rows *r = store_query(conn, &sql_mark_after,
                          PARAMS(p_int(node), p_int(account), p_instant(at)));
    if (rows_next(r))
        move = rows_int(r, 0);
    rows_close(r);
    if (move)
        return move;
    r = store_query(conn, &sql_holding, PARAMS(p_int(node), p_int(account)));
    if (rows_next(r))
        move = rows_int(r, 3);
    rows_close(r);
    return move;
}

bool ledger_balance_at(StoreConn *conn, int64_t node, int64_t account, Instant at,
                       LedgerBasis basis, int64_t *out, Err *err)
{
    int64_t move = start_of_walk(conn, node, account, at);
    *out = 0;
    while (move) {
        Rows *r = store_query(conn, &sql_hop, PARAMS(p_int(node), p_int(move)));
        if (!rows_next(r)) {
            rows_close(r);
            break; /* a failed connection: reported below */
        }
        bool gives = rows_int(r, 1) == account, there = rows_instant(r, 0).us <= at.us;
        if (there)
            *out = rows_int(r, gives ? 2 : 3);
        move = there ? 0 : rows_int(r, gives ? 4 : 5);
        rows_close(r);
    }
    if (basis == LEDGER_BY_VALUE) {
        Rows *r = store_query(conn, &sql_later_for_before,
                              PARAMS(p_int(node), p_int(account), p_instant(at)));
        if (rows_next(r))
            *out += rows_int(r, 0);
        rows_close(r);
    }
    return !store_failed(conn, err);
}

/* ---- Holds. */

static LedgerHold hold_row(Rows *r, Arena *a)
{
    return (LedgerHold){.number = rows_int(r, 0),
                        .book = rows_copy(r, 1, a),
                        .from = rows_copy(r, 2, a),
                        .to = rows_copy(r, 3, a),
                        .amount = rows_int(r, 4),
                        .posted = rows_int(r, 5),
                        .released = rows_int(r, 6),
                        .earmark = rows_copy(r, 7, a),
                        .booked = rows_instant(r, 8),
                        .expires = rows_instant(r, 9),
                        .ended = rows_instant(r, 10),
                        .state = str_from(hold_state_names[rows_int(r, 11) & 3]),
                        .about = rows_copy(r, 12, a)};
}

bool ledger_hold_read(StoreConn *conn, int64_t node, int64_t number, Arena *a, LedgerHold *out,
                      Err *err)
{
    *out = (LedgerHold){0};
    Rows *r = store_query(conn, &sql_hold, PARAMS(p_int(node), p_int(number)));
    if (rows_next(r))
        *out = hold_row(r, a);
    rows_close(r);
    return !store_failed(conn, err);
}

bool ledger_hold_list(StoreConn *conn, int64_t node, int64_t account, size_t limit, Arena *a,
                      LedgerHold **out, size_t *count, Err *err)
{
    limit = limit < LEDGER_PAGE_MAX ? limit : LEDGER_PAGE_MAX;
    LedgerHold *list = arena_new_array(a, LedgerHold, limit + 1);
    *out = list;
    *count = 0;
    Rows *r = store_query(conn, &sql_holds,
                          PARAMS(p_int(node), p_int(account), p_int((int64_t)limit)));
    while (list && rows_next(r))
        list[(*count)++] = hold_row(r, a);
    rows_close(r);
    return !store_failed(conn, err);
}

/* ---- Trial balance. */

bool ledger_trial_balance(StoreConn *conn, int64_t node, Str book, Arena *a,
                          LedgerTrialLine **out, size_t *count, Err *err)
{
    size_t capacity = 32;
    LedgerTrialLine *lines = arena_new_array(a, LedgerTrialLine, capacity);
    *count = 0;
    Rows *r = store_query(conn, &sql_trial, PARAMS(p_int(node), p_text(book)));
    while (lines && rows_next(r)) {
        if (*count == capacity) {
            LedgerTrialLine *wider = arena_new_array(a, LedgerTrialLine, capacity * 2);
            if (!wider)
                break;
            for (size_t i = 0; i < *count; i++)
                wider[i] = lines[i];
            lines = wider;
            capacity *= 2;
        }
        lines[(*count)++] = (LedgerTrialLine){
            .kind = rows_copy(r, 0, a),
            .unit = rows_copy(r, 1, a),
            .earmark = rows_copy(r, 2, a),
            .accounts = rows_int(r, 3),
            .posted = rows_int(r, 4),
            .held_out = rows_int(r, 5),
            .held_in = rows_int(r, 6)};
    }
    rows_close(r);
    *out = lines;
    return !store_failed(conn, err);
}

/* ---- As JSON. */

static void put_text(ContextBuilder *b, const char *key, Str text)
{
    if (text.len)
        context_put(b, str_from(key), value_string(text));
}

static void put_instant(Arena *a, ContextBuilder *b, const char *key, Instant t)
{
    if (!instant_is_none(t))
        context_put(b, str_from(key), value_instant(a, t));
}

Value ledger_account_value(Arena *a, const LedgerAccount *account)
{
    ContextBuilder b = context_builder(a);
    if (!account->number)
        return value_null();
    put_text(&b, "book", account->book);
    put_text(&b, "account", account->name);
    put_text(&b, "kind", account->kind);
    put_text(&b, "unit", account->unit);
    put_text(&b, "title", account->title);
    put_text(&b, "owner", account->owner);
    put_text(&b, "earmark", account->earmark);
    put_text(&b, "state", str_from(ledger_account_state_name(account->state)));
    put_instant(a, &b, "opened", account->opened);
    context_put_text(&b, "floor", account->has_floor ? value_int(account->floor) : value_null());
    context_put_text(&b, "cap", account->has_cap ? value_int(account->cap) : value_null());
    context_put_text(&b, "balance", value_int(account->posted));
    context_put_text(&b, "available", value_int(account->posted - account->held_out));
    context_put_text(&b, "held_out", value_int(account->held_out));
    context_put_text(&b, "held_in", value_int(account->held_in));
    context_put_text(&b, "moves", value_int(account->moves));
    return value_context(&b);
}

Value ledger_hold_value(Arena *a, const LedgerHold *hold)
{
    ContextBuilder b = context_builder(a);
    if (!hold->number)
        return value_null();
    put_text(&b, "hold", arena_printf(a, "%lld", (long long)hold->number));
    put_text(&b, "book", hold->book);
    put_text(&b, "from", hold->from);
    put_text(&b, "to", hold->to);
    put_text(&b, "earmark", hold->earmark);
    put_text(&b, "state", hold->state);
    put_text(&b, "about", hold->about);
    context_put_text(&b, "amount", value_int(hold->amount));
    context_put_text(&b, "posted", value_int(hold->posted));
    context_put_text(&b, "released", value_int(hold->released));
    put_instant(a, &b, "booked", hold->booked);
    put_instant(a, &b, "expires", hold->expires);
    put_instant(a, &b, "ended", hold->ended);
    return value_context(&b);
}

Value ledger_trial_value(Arena *a, const LedgerTrialLine *lines, size_t count)
{
    ListBuilder list = list_builder(a);
    for (size_t i = 0; i < count; i++) {
        ContextBuilder b = context_builder(a);
        put_text(&b, "kind", lines[i].kind);
        put_text(&b, "unit", lines[i].unit);
        put_text(&b, "earmark", lines[i].earmark);
        context_put_text(&b, "accounts", value_int(lines[i].accounts));
        context_put_text(&b, "balance", value_int(lines[i].posted));
        context_put_text(&b, "held_out", value_int(lines[i].held_out));
        context_put_text(&b, "held_in", value_int(lines[i].held_in));
        list_add(&list, value_context(&b));
    }
    return value_list(&list);
}
