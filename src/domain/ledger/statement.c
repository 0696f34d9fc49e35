/* statement.c - moves: one, those of an account, those about a thing.
 *
 * A statement is a walk backwards along the account's own chain (rows.c), one look-up a move. A
 * page ends with the number of the move where the next begins, so pages never overlap or leave a
 * gap, however much is booked between them. A walk that starts at an instant or at a number far
 * in the past starts from the first mark behind it. */
#include "domain/ledger/ledger_int.h"

#include "base/check.h"

#define MOVE_COLUMNS                                                                           \
    "SELECT m.move, m.op, f.book, m.booked, m.value, f.name, t.name, m.from_account,"          \
    " m.to_account, m.amount, m.earmark, m.from_balance, m.to_balance, m.hold, m.reverses,"    \
    " m.about, m.text, m.seq, m.rules, m.from_previous, m.to_previous, v.reversed_by"          \
    " FROM ledger_move m"                                                                      \
    " JOIN ledger_account f ON f.node = m.node AND f.account = m.from_account"                 \
    " JOIN ledger_account t ON t.node = m.node AND t.account = m.to_account"                   \
    " LEFT JOIN ledger_reversal v ON v.node = m.node AND v.move = m.move"
static const Sql sql_move = {MOVE_COLUMNS " WHERE m.node = ?1 AND m.move = ?2"};
static const Sql sql_about = {MOVE_COLUMNS
                              " WHERE m.node = ?1 AND m.about = ?2 ORDER BY m.move LIMIT ?3"};
static const Sql sql_last = {
    "SELECT last_move FROM ledger_holding WHERE node = ?1 AND account = ?2"};
static const Sql sql_mark_booked = {
    "SELECT move FROM ledger_mark WHERE node = ?1 AND account = ?2 AND booked >= ?3"
    " ORDER BY booked, move LIMIT 1"};
static const Sql sql_previous = {
    "SELECT from_account, from_previous, to_previous FROM ledger_move"
    " WHERE node = ?1 AND move = ?2 AND (from_account = ?3 OR to_account = ?3)"};

static LedgerMove move_row(Rows *r, Arena *a)
{
    return (LedgerMove){.number = rows_int(r, 0),
                        .op = (LedgerOp)rows_int(r, 1),
                        .book = rows_copy(r, 2, a),
                        .booked = rows_instant(r, 3),
                        .value = rows_instant(r, 4),
                        .from = rows_copy(r, 5, a),
                        .to = rows_copy(r, 6, a),
                        .from_account = rows_int(r, 7),
                        .to_account = rows_int(r, 8),
                        .amount = rows_int(r, 9),
                        .earmark = rows_copy(r, 10, a),
                        .from_balance = rows_int(r, 11),
                        .to_balance = rows_int(r, 12),
                        .hold = rows_int(r, 13),
                        .reverses = rows_int(r, 14),
                        .about = rows_copy(r, 15, a),
                        .text = rows_copy(r, 16, a),
                        .seq = rows_int(r, 17),
                        .rules = rows_int(r, 18),
                        .reversed_by = rows_int(r, 21)};
}

bool ledger_move_read(StoreConn *conn, int64_t node, int64_t number, Arena *a, LedgerMove *out,
                      Err *err)
{
    *out = (LedgerMove){0};
    Rows *r = store_query(conn, &sql_move, PARAMS(p_int(node), p_int(number)));
    if (rows_next(r))
        *out = move_row(r, a);
    rows_close(r);
    return !store_failed(conn, err);
}

static int64_t one_number(Rows *r)
{
    int64_t n = rows_next(r) ? rows_int(r, 0) : 0;
    rows_close(r);
    return n;
}

/* The move before `before` in the account's chain; 0 when there is none, or when `before` is no
 * move of this account. */
static int64_t previous_of(StoreConn *conn, int64_t node, int64_t account, int64_t before)
{
    int64_t move = 0;
    Rows *r = store_query(conn, &sql_previous,
                          PARAMS(p_int(node), p_int(before), p_int(account)));
    if (rows_next(r))
        move = rows_int(r, rows_int(r, 0) == account ? 1 : 2);
    rows_close(r);
    return move;
}

/* The newest move that can belong to the page, or one at most LEDGER_MARK_EVERY behind it. */
static int64_t start_of_page(StoreConn *conn, int64_t node, const LedgerStatementFilter *f)
{
    int64_t move = 0;
    if (f->before)
        return previous_of(conn, node, f->account, f->before);
    if (!instant_is_none(f->to))
        move = one_number(store_query(conn, &sql_mark_booked,
                                      PARAMS(p_int(node), p_int(f->account), p_instant(f->to))));
    if (!move)
        move = one_number(store_query(conn, &sql_last, PARAMS(p_int(node), p_int(f->account))));
    return move;
}

bool ledger_statement(StoreConn *conn, int64_t node, const LedgerStatementFilter *filter,
                      Arena *a, LedgerMove **out, size_t *count, int64_t *next, Err *err)
{
    size_t limit = filter->limit < LEDGER_PAGE_MAX ? filter->limit : LEDGER_PAGE_MAX;
    LedgerMove *list = arena_new_array(a, LedgerMove, limit + 1);
    int64_t move = start_of_page(conn, node, filter);
    *out = list;
    *count = 0;
    *next = 0;
    while (list && move) {
        ArenaMark mark = arena_mark(a);
        Rows *r = store_query(conn, &sql_move, PARAMS(p_int(node), p_int(move)));
        if (!rows_next(r)) {
            rows_close(r);
            break; /* a failed connection: reported below */
        }
        LedgerMove m = move_row(r, a);
        move = rows_int(r, m.from_account == filter->account ? 19 : 20);
        rows_close(r);
        if (!instant_is_none(filter->from) && m.booked.us < filter->from.us)
            break;
        if ((!instant_is_none(filter->to) && m.booked.us >= filter->to.us) ||
            (!filter->holds && !ledger_op_posts(m.op))) {
            arena_reset_to(a, mark);
            continue;
        }
        list[(*count)++] = m;
        if (*count == limit) {
            *next = move ? m.number : 0;
            break;
        }
    }
    return !store_failed(conn, err);
}

bool ledger_moves_about(StoreConn *conn, int64_t node, Str about, size_t limit, Arena *a,
                        LedgerMove **out, size_t *count, Err *err)
{
    limit = limit < LEDGER_PAGE_MAX ? limit : LEDGER_PAGE_MAX;
    LedgerMove *list = arena_new_array(a, LedgerMove, limit + 1);
    *out = list;
    *count = 0;
    Rows *r = store_query(conn, &sql_about,
                          PARAMS(p_int(node), p_text(about), p_int((int64_t)limit)));
    while (list && rows_next(r))
        list[(*count)++] = move_row(r, a);
    rows_close(r);
    return !store_failed(conn, err);
}

/* ---- As JSON. */

static void put_number(Arena *a, ContextBuilder *b, const char *key, int64_t n)
{
    if (n)
        context_put(b, str_from(key), value_string(arena_printf(a, "%lld", (long long)n)));
}

static void put_text(ContextBuilder *b, const char *key, Str text)
{
    if (text.len)
        context_put(b, str_from(key), value_string(text));
}

Value ledger_move_value(Arena *a, const LedgerMove *m)
{
    ContextBuilder b = context_builder(a);
    if (!m->number)
        return value_null();
    put_number(a, &b, "move", m->number);
    put_text(&b, "kind", str_from(ledger_op_name(m->op)));
    put_text(&b, "book", m->book);
    context_put_text(&b, "booked", value_instant(a, m->booked));
    context_put_text(&b, "value", value_instant(a, m->value));
    put_text(&b, "from", m->from);
    put_text(&b, "to", m->to);
    context_put_text(&b, "amount", value_int(m->amount));
    put_text(&b, "earmark", m->earmark);
    context_put_text(&b, "from_balance", value_int(m->from_balance));
    context_put_text(&b, "to_balance", value_int(m->to_balance));
    put_number(a, &b, "hold", m->op == LEDGER_HOLD ? m->number : m->hold);
    put_number(a, &b, "reverses", m->reverses);
    put_number(a, &b, "reversed_by", m->reversed_by);
    put_text(&b, "about", m->about);
    put_text(&b, "text", m->text);
    put_number(a, &b, "record", m->seq);
    put_number(a, &b, "rules", m->rules);
    return value_context(&b);
}
