/* invariants_rows.c - what the fold starts from, and what its outcome is compared with.
 *
 * From the rows come only names, limits and closings; balances begin at zero. In the end totals,
 * cells, lots and holds must be the fold's, row by row, none missing and none too many; and the
 * sums over all accounts, a unit each, must be zero, what is held out equal to what is held in. */
#include "domain/ledger/fold.h"

#include "base/check.h"

static const Sql sql_accounts = {
    "SELECT account, book, name, kind, unit, earmark, floor, cap FROM ledger_account"
    " WHERE node = ?1 ORDER BY account"};
static const Sql sql_count = {"SELECT COUNT(*) FROM ledger_account WHERE node = ?1"};
static const Sql sql_limits = {
    "SELECT account, last_move, floor, cap FROM ledger_limit WHERE node = ?1"
    " ORDER BY account, last_move DESC"};
static const Sql sql_closings = {
    "SELECT book, ordinal, last_move, until FROM ledger_close WHERE node = ?1"};
static const Sql sql_holdings = {
    "SELECT account, posted, held_out, held_in, last_move, moves FROM ledger_holding"
    " WHERE node = ?1"};
static const Sql sql_cells = {
    "SELECT account, earmark, posted, held_out, held_in FROM ledger_cell WHERE node = ?1"};
static const Sql sql_lots = {
    "SELECT account, earmark, expires, amount FROM ledger_lot WHERE node = ?1"};
static const Sql sql_holds = {
    "SELECT hold, posted, released, ended, state FROM ledger_hold WHERE node = ?1 ORDER BY hold"};
static const Sql sql_units = {
    "SELECT SUM(h.posted), SUM(h.held_out) - SUM(h.held_in) FROM ledger_account a"
    " JOIN ledger_holding h ON h.node = a.node AND h.account = a.account"
    " WHERE a.node = ?1 GROUP BY a.book, a.unit"};

/* ---- Before. */

static void start_accounts(Fold *f)
{
    Rows *r = store_query(f->conn, &sql_accounts, PARAMS(p_int(f->node)));
    for (size_t i = 0; i < f->account_count && rows_next(r); i++) {
        if (rows_int(r, 0) != (int64_t)i + 1)
            fold_fault(f, "ledger_account", rows_int(r, 0), "its number does not follow",
                       "编号不连续");
        f->accounts[i] = (FoldAccount){
            .book = rows_copy(r, 1, f->arena),
            .name = rows_copy(r, 2, f->arena),
            .kind = rows_copy(r, 3, f->arena),
            .unit = rows_copy(r, 4, f->arena),
            .earmark = rows_copy(r, 5, f->arena),
            .now = {.has_floor = !rows_is_null(r, 6), .has_cap = !rows_is_null(r, 7),
                    .floor = rows_int(r, 6), .cap = rows_int(r, 7)}};
    }
    rows_close(r);
}

static void start_limits(Fold *f)
{
    Rows *r = store_query(f->conn, &sql_limits, PARAMS(p_int(f->node)));
    while (rows_next(r)) {
        FoldAccount *a = fold_account(f, rows_int(r, 0));
        FoldLimit *l = arena_new(f->arena, FoldLimit);
        *l = (FoldLimit){.last_move = rows_int(r, 1), .has_floor = !rows_is_null(r, 2),
                         .has_cap = !rows_is_null(r, 3), .floor = rows_int(r, 2),
                         .cap = rows_int(r, 3), .next = a ? a->former : NULL};
        if (a)
            a->former = l; /* rows come newest first */
        else
            fold_fault(f, "ledger_limit", rows_int(r, 0), "there is no such account", "没有此账户");
    }
    rows_close(r);
}

static void start_closings(Fold *f)
{
    Rows *r = store_query(f->conn, &sql_closings, PARAMS(p_int(f->node)));
    while (rows_next(r)) {
        FoldClose *c = arena_new(f->arena, FoldClose);
        *c = (FoldClose){rows_int(r, 2), rows_instant(r, 3)};
        map_put(&f->closings, arena_printf(f->arena, "%.*s %lld", STR_ARG(rows_bytes(r, 0)),
                                           (long long)rows_int(r, 1)), c);
    }
    rows_close(r);
}

bool fold_start(Fold *f, Err *err)
{
    Rows *r = store_query(f->conn, &sql_count, PARAMS(p_int(f->node)));
    f->account_count = rows_next(r) ? (size_t)rows_int(r, 0) : 0;
    rows_close(r);
    f->accounts = arena_new_array(f->arena, FoldAccount, f->account_count + 1);
    if (!f->accounts)
        return err_set(err, &fault_out_of_memory, STR("ledger"));
    start_accounts(f);
    start_limits(f);
    start_closings(f);
    return !store_failed(f->conn, err);
}

/* ---- After. */

static void compare_holdings(Fold *f)
{
    size_t count = 0;
    Rows *r = store_query(f->conn, &sql_holdings, PARAMS(p_int(f->node)));
    for (; rows_next(r); count++) {
        const FoldAccount *a = fold_account(f, rows_int(r, 0));
        const Holding *h = a ? &a->holding : NULL;
        if (!h || h->posted != rows_int(r, 1) || h->held_out != rows_int(r, 2) ||
            h->held_in != rows_int(r, 3) || h->last_move != rows_int(r, 4) ||
            h->moves != rows_int(r, 5))
            fold_fault(f, "ledger_holding", rows_int(r, 0), "it is not the fold of the history",
                       "与历史累计不符");
    }
    rows_close(r);
    if (count != f->account_count)
        fold_fault(f, "ledger_holding", (int64_t)count, "rows are missing", "行数不符");
}

static void compare_cells(Fold *f)
{
    size_t count = 0, expected = 0;
    Rows *r = store_query(f->conn, &sql_cells, PARAMS(p_int(f->node)));
    for (; rows_next(r); count++) {
        FoldAccount *a = fold_account(f, rows_int(r, 0));
        const Cell *c = a && rows_bytes(r, 1).len ? holding_cell(&a->holding, rows_bytes(r, 1))
                                                  : NULL;
        if (!c || c->posted != rows_int(r, 2) || c->held_out != rows_int(r, 3) ||
            c->held_in != rows_int(r, 4))
            fold_fault(f, "ledger_cell", rows_int(r, 0), "it is not the fold of the history",
                       "与历史累计不符");
    }
    rows_close(r);
    for (size_t i = 0; i < f->account_count; i++)
        expected += f->accounts[i].holding.marked_count;
    if (count != expected)
        fold_fault(f, "ledger_cell", (int64_t)count, "rows are missing or too many", "行数不符");
}

static int64_t lot_amount(const Holding *h, Str earmark, Instant expires)
{
    for (uint32_t i = 0; i < h->lot_count; i++)
        if (h->lots[i].expires.us == expires.us && str_equal(h->lots[i].earmark, earmark))
            return h->lots[i].amount;
    return 0;
}

static void compare_lots(Fold *f)
{
    size_t count = 0, expected = 0;
    Rows *r = store_query(f->conn, &sql_lots, PARAMS(p_int(f->node)));
    for (; rows_next(r); count++) {
        const FoldAccount *a = fold_account(f, rows_int(r, 0));
        if (!a || rows_int(r, 3) <= 0 ||
            lot_amount(&a->holding, rows_bytes(r, 1), rows_instant(r, 2)) != rows_int(r, 3))
            fold_fault(f, "ledger_lot", rows_int(r, 0), "it is not the fold of the history",
                       "与历史累计不符");
    }
    rows_close(r);
    for (size_t i = 0; i < f->account_count; i++)
        expected += f->accounts[i].holding.lot_count;
    if (count != expected)
        fold_fault(f, "ledger_lot", (int64_t)count, "rows are missing or too many", "行数不符");
}

static int64_t state_of(const FoldHold *h)
{
    if (instant_is_none(h->ended))
        return HOLD_OPEN;
    return h->lapsed ? HOLD_EXPIRED : h->posted ? HOLD_POSTED : HOLD_RELEASED;
}

static void compare_holds(Fold *f)
{
    size_t count = 0;
    Rows *r = store_query(f->conn, &sql_holds, PARAMS(p_int(f->node)));
    for (; rows_next(r); count++) {
        const FoldHold *h = fold_hold(f, rows_int(r, 0));
        if (!h || h->posted != rows_int(r, 1) || h->released != rows_int(r, 2) ||
            h->ended.us != rows_instant(r, 3).us || state_of(h) != rows_int(r, 4))
            fold_fault(f, "ledger_hold", rows_int(r, 0), "it is not the fold of the history",
                       "与历史累计不符");
    }
    rows_close(r);
    if (count != f->hold_count)
        fold_fault(f, "ledger_hold", (int64_t)count, "rows are missing or too many", "行数不符");
}

void fold_compare(Fold *f)
{
    compare_holdings(f);
    compare_cells(f);
    compare_lots(f);
    compare_holds(f);
    Rows *r = store_query(f->conn, &sql_units, PARAMS(p_int(f->node)));
    for (int64_t n = 1; rows_next(r); n++)
        if (rows_int(r, 0) != 0 || rows_int(r, 1) != 0)
            fold_fault(f, "unit", n, "its sum over all accounts is not zero",
                       "全部账户合计不为零");
    rows_close(r);
}
