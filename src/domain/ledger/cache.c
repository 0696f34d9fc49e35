/* cache.c - the writer's exact copy of what every account has.
 *
 *     Ledger ─ books ─▶ BookState ─ accounts: name ─▶ Account ─ Holding
 *            └ accounts: number ────────────────────▶    "
 *
 * Only the writer changes balances, so its copy is exact, and a decision asks no table for a
 * balance. Rows are its image: load() reads them after a start and after a rollback; appliers
 * change both in the same step. What a decision judges lives in drafts (judge.c); nothing here is
 * touched until an event is applied.
 *
 * Memory: about 300 bytes an account. Accounts never go away; their addresses never change, until
 * load() makes everything anew. */
#include "domain/ledger/ledger_int.h"

#include <string.h>

#include "base/check.h"

#define DEFINITION_BYTES_MAX (64u << 20) /* compiled books of a node, all versions */
#define CACHE_BYTES_MAX (4096ull << 20)

static const Sql sql_accounts = {
    "SELECT a.account, a.book, a.name, a.kind, a.unit, a.floor, a.cap, a.earmark, a.expires_to,"
    " a.state, h.posted, h.held_out, h.held_in, h.last_move, h.moves"
    " FROM ledger_account a JOIN ledger_holding h ON h.node = a.node AND h.account = a.account"
    " WHERE a.node = ?1 ORDER BY a.account"};
static const Sql sql_cells = {
    "SELECT account, earmark, posted, held_out, held_in FROM ledger_cell WHERE node = ?1"};
static const Sql sql_lots = {
    "SELECT account, earmark, expires, amount FROM ledger_lot WHERE node = ?1"};
static const Sql sql_last_move = {
    "SELECT move FROM ledger_move WHERE node = ?1 ORDER BY move DESC LIMIT 1"};
static const Sql sql_closings = {
    "SELECT book, until FROM ledger_close WHERE node = ?1 ORDER BY book, ordinal"};
static const Sql sql_sweep = {"SELECT due FROM ledger_sweep WHERE node = ?1"};
static const Sql sql_node = {"SELECT node FROM ledger_account LIMIT 1"};

Ledger *ledger_state_new(void)
{
    Arena *a = arena_open(DEFINITION_BYTES_MAX);
    Ledger *l = arena_new(a, Ledger);
    l->definitions = a;
    l->books = map_new(a);
    l->rows = arena_open(CACHE_BYTES_MAX);
    l->earmarks = map_new(l->rows);
    l->next_move = 1;
    l->sweep_due = INSTANT_NONE;
    return l;
}

BookState *ledger_book_state(Ledger *l, Str book)
{
    BookState *b = map_get(&l->books, book);
    if (b)
        return b;
    b = arena_new(l->definitions, BookState);
    b->id = arena_copy(l->definitions, book);
    b->accounts = map_new(l->rows);
    b->closed_until = INSTANT_NONE;
    map_put(&l->books, b->id, b);
    return b;
}

Account *ledger_account_number(const Ledger *l, int64_t number)
{
    return number >= 1 && (size_t)number <= l->account_count ? l->accounts[number - 1] : NULL;
}

Str ledger_earmark(Ledger *l, Str earmark)
{
    ptrdiff_t at = map_index(&l->earmarks, earmark);
    if (at >= 0)
        return l->earmarks.entries[at].key;
    Str copy = arena_copy(l->rows, earmark);
    map_put(&l->earmarks, copy, l);
    return copy;
}

Account *ledger_account_put(Ledger *l, const Account *account)
{
    Account *a = arena_new(l->rows, Account);
    *a = *account;
    a->number = (int64_t)l->account_count + 1;
    a->name = arena_copy(l->rows, account->name);
    a->kind = arena_copy(l->rows, account->kind);
    a->unit = ledger_earmark(l, account->unit);
    a->earmark = ledger_earmark(l, account->earmark);
    a->expires_to = ledger_earmark(l, account->expires_to);
    if (l->account_count == l->account_capacity) {
        size_t capacity = l->account_capacity ? l->account_capacity * 2 : 256;
        Account **wider = arena_new_array(l->rows, Account *, capacity);
        check(wider != NULL);
        if (l->account_count)
            memcpy(wider, l->accounts, l->account_count * sizeof *wider);
        l->accounts = wider;
        l->account_capacity = capacity;
    }
    l->accounts[l->account_count++] = a;
    map_put(&a->book->accounts, a->name, a);
    check(!arena_failed(l->rows));
    return a;
}

/* ---- Loading. */

static void load_account(Ledger *l, Rows *r)
{
    Account a = {.book = ledger_book_state(l, rows_bytes(r, 1)),
                 .name = rows_bytes(r, 2),
                 .kind = rows_bytes(r, 3),
                 .unit = rows_bytes(r, 4),
                 .has_floor = !rows_is_null(r, 5),
                 .has_cap = !rows_is_null(r, 6),
                 .floor = rows_int(r, 5),
                 .cap = rows_int(r, 6),
                 .earmark = rows_bytes(r, 7),
                 .expires_to = rows_bytes(r, 8),
                 .state = (LedgerAccountState)rows_int(r, 9)};
    Holding *h = &a.holding;
    h->posted = h->free.posted = rows_int(r, 10);
    h->held_out = h->free.held_out = rows_int(r, 11);
    h->held_in = h->free.held_in = rows_int(r, 12);
    h->last_move = rows_int(r, 13);
    h->moves = rows_int(r, 14);
    const Account *put = ledger_account_put(l, &a);
    check(put->number == rows_int(r, 0)); /* numbers have no gaps */
}

/* What has an earmark is not free. */
static void load_cells(Ledger *l, StoreConn *conn, int64_t node)
{
    Rows *r = store_query(conn, &sql_cells, PARAMS(p_int(node)));
    while (rows_next(r)) {
        Account *a = ledger_account_number(l, rows_int(r, 0));
        check(a != NULL);
        Holding *h = &a->holding;
        Cell *cell = holding_cell_make(l->rows, h, ledger_earmark(l, rows_bytes(r, 1)));
        cell->posted = rows_int(r, 2);
        cell->held_out = rows_int(r, 3);
        cell->held_in = rows_int(r, 4);
        h->free.posted -= cell->posted;
        h->free.held_out -= cell->held_out;
        h->free.held_in -= cell->held_in;
    }
    rows_close(r);
}

static void load_lots(Ledger *l, StoreConn *conn, int64_t node)
{
    Rows *r = store_query(conn, &sql_lots, PARAMS(p_int(node)));
    while (rows_next(r)) {
        Account *a = ledger_account_number(l, rows_int(r, 0));
        check(a != NULL);
        holding_lot_add(l->rows, &a->holding, ledger_earmark(l, rows_bytes(r, 1)),
                        (LotPart){rows_instant(r, 2), rows_int(r, 3)});
    }
    rows_close(r);
}

static void load_closings(Ledger *l, StoreConn *conn, int64_t node)
{
    Rows *r = store_query(conn, &sql_closings, PARAMS(p_int(node)));
    while (rows_next(r)) {
        BookState *b = ledger_book_state(l, rows_bytes(r, 0));
        b->closed_until = rows_instant(r, 1);
        b->closings++;
    }
    rows_close(r);
}

static void forget(Ledger *l)
{
    arena_close(l->rows);
    l->rows = arena_open(CACHE_BYTES_MAX);
    l->accounts = NULL;
    l->account_count = l->account_capacity = 0;
    l->earmarks = map_new(l->rows);
    l->next_move = 1;
    l->sweep_due = INSTANT_NONE;
    for (size_t i = 0; i < l->books.count; i++) {
        BookState *b = l->books.entries[i].value;
        b->accounts = map_new(l->rows);
        b->closed_until = INSTANT_NONE;
        b->closings = 0;
    }
}

/* A data file has one node; which one, its rows say. */
static bool node_of_rows(StoreConn *conn, int64_t *node)
{
    Rows *r = store_query(conn, &sql_node, NO_PARAMS);
    bool found = rows_next(r);
    if (found)
        *node = rows_int(r, 0);
    rows_close(r);
    return found;
}

bool ledger_state_load(void *state, StoreConn *conn, Err *err)
{
    Ledger *l = state;
    int64_t node;
    forget(l);
    if (!node_of_rows(conn, &node))
        return !store_failed(conn, err);
    Rows *r = store_query(conn, &sql_accounts, PARAMS(p_int(node)));
    while (rows_next(r))
        load_account(l, r);
    rows_close(r);
    load_cells(l, conn, node);
    load_lots(l, conn, node);
    load_closings(l, conn, node);
    r = store_query(conn, &sql_last_move, PARAMS(p_int(node)));
    if (rows_next(r))
        l->next_move = rows_int(r, 0) + 1;
    rows_close(r);
    r = store_query(conn, &sql_sweep, PARAMS(p_int(node)));
    if (rows_next(r))
        l->sweep_due = rows_instant(r, 0);
    rows_close(r);
    return !store_failed(conn, err);
}
