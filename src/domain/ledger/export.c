/* export.c - a book as hledger's journal, or as CSV.
 *
 * hledger. One transaction a posting move, in the order of booking; holds and what ends them move
 * nothing and stay out. Dates are China's; the value date stands behind "=":
 *
 *     2026-03-01=2026-02-27 (17) transfer | MD-0001
 *         county:420506:~restoration        -488.00 CNY
 *         mine:420506:003:~restoration       488.00 CNY
 *
 * An account "mine/420506/003" is mine:420506:003; what has an earmark stands in a sub-account
 * "~earmark" (names have no "~"), so that hledger keeps purposes apart and its balances are our
 * cells. Units are commodities by their symbol, in quotes, with the unit's decimal places.
 *
 * CSV. All moves and all their fields, for spreadsheets and other ledgers: amounts in the
 * smallest unit, instants in China time. */
#include "codec/csv.h"
#include "domain/ledger/ledger_int.h"

#include "base/check.h"

#define EXPORT_PIECE 65536u /* bytes after which the sink is called */
#define EXPORT_BYTES_MAX (64u << 20)

static const Sql sql_moves = {
    "SELECT m.move, m.op, m.booked, m.value, f.name, t.name, m.amount, m.earmark, f.unit,"
    " m.from_balance, m.to_balance, m.hold, m.reverses, m.about, m.text, m.seq, m.rules"
    " FROM ledger_move m"
    " JOIN ledger_account f ON f.node = m.node AND f.account = m.from_account"
    " JOIN ledger_account t ON t.node = m.node AND t.account = m.to_account"
    " WHERE m.node = ?1 AND f.book = ?2 ORDER BY m.move"};

typedef struct Export {
    const LedgerBook *book;
    LedgerFormat format;
    LedgerSink *sink;
    void *context;
    Arena *arena; /* of one piece */
    ArenaMark mark;
    Buf out;
} Export;

static bool flush(Export *x, Err *err)
{
    if (arena_failed(x->arena))
        return err_set(err, &fault_out_of_memory, STR("ledger"));
    bool ok = !x->out.len || x->sink(x->context, buf_text(&x->out), err);
    arena_reset_to(x->arena, x->mark);
    x->out = buf_new(x->arena, EXPORT_PIECE + 8192);
    return ok;
}

/* ---- hledger. */

static void add_date(Buf *out, Instant t)
{
    day_write(instant_day(t, CHINA_OFFSET_S), out);
}

/* What ends a description, or begins a comment, may not stand in it. */
static void add_described(Buf *out, Str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        buf_add_char(out, c == ';' || c == '|' || (unsigned char)c < ' ' ? ' ' : c);
    }
}

static void add_posting(Export *x, Str name, Str earmark, Str unit, int64_t amount)
{
    Buf *out = &x->out;
    buf_add_text(out, "    ");
    for (size_t i = 0; i < name.len; i++)
        buf_add_char(out, name.ptr[i] == '/' ? ':' : name.ptr[i]);
    if (earmark.len) {
        buf_add_text(out, ":~");
        buf_add(out, earmark);
    }
    buf_add_text(out, "    ");
    ledger_amount_write(amount, ledger_book_scale(x->book, unit), out);
    buf_printf(out, " \"%.*s\"\n", STR_ARG(ledger_book_symbol(x->book, unit)));
}

static void add_hledger(Export *x, Rows *r)
{
    Buf *out = &x->out;
    Instant booked = rows_instant(r, 2), value = rows_instant(r, 3);
    Str earmark = rows_copy(r, 7, x->arena), unit = rows_copy(r, 8, x->arena);
    if (!ledger_op_posts((LedgerOp)rows_int(r, 1)))
        return;
    add_date(out, booked);
    if (instant_day(booked, CHINA_OFFSET_S).number != instant_day(value, CHINA_OFFSET_S).number) {
        buf_add_char(out, '=');
        add_date(out, value);
    }
    buf_printf(out, " (%lld) %s", (long long)rows_int(r, 0),
               ledger_op_name((LedgerOp)rows_int(r, 1)));
    if (!rows_is_null(r, 13) || !rows_is_null(r, 14)) {
        buf_add_text(out, " | ");
        add_described(out, rows_bytes(r, 13));
        if (!rows_is_null(r, 13) && !rows_is_null(r, 14))
            buf_add_char(out, ' ');
        add_described(out, rows_bytes(r, 14));
    }
    buf_add_char(out, '\n');
    add_posting(x, rows_copy(r, 4, x->arena), earmark, unit, -rows_int(r, 6));
    add_posting(x, rows_copy(r, 5, x->arena), earmark, unit, rows_int(r, 6));
    buf_add_char(out, '\n');
}

static void begin_hledger(Export *x)
{
    for (size_t i = 0; i < x->book->unit_count; i++) {
        const BookUnit *u = &x->book->units[i];
        buf_add_text(&x->out, "commodity ");
        buf_add_text(&x->out, "1");
        buf_add_char(&x->out, '.');
        for (int d = 0; d < u->scale; d++)
            buf_add_char(&x->out, '0');
        buf_printf(&x->out, " \"%.*s\"\n", STR_ARG(u->symbol));
    }
    buf_add_char(&x->out, '\n');
}

/* ---- CSV. */

static Str number(Arena *a, int64_t n)
{
    return arena_printf(a, "%lld", (long long)n);
}

static Str number_or_none(Arena *a, int64_t n)
{
    return n ? number(a, n) : STR_NONE;
}

static void add_csv(Export *x, Rows *r)
{
    Arena *a = x->arena;
    Str fields[] = {number(a, rows_int(r, 0)),
                    str_from(ledger_op_name((LedgerOp)rows_int(r, 1))),
                    instant_copy_text(a, rows_instant(r, 2), CHINA_OFFSET_S),
                    instant_copy_text(a, rows_instant(r, 3), CHINA_OFFSET_S),
                    rows_copy(r, 4, a),
                    rows_copy(r, 5, a),
                    number(a, rows_int(r, 6)),
                    rows_copy(r, 8, a),
                    rows_copy(r, 7, a),
                    number(a, rows_int(r, 9)),
                    number(a, rows_int(r, 10)),
                    number_or_none(a, rows_int(r, 11)),
                    number_or_none(a, rows_int(r, 12)),
                    rows_copy(r, 13, a),
                    rows_copy(r, 14, a),
                    number(a, rows_int(r, 15)),
                    number(a, rows_int(r, 16))};
    csv_write_record(fields, sizeof fields / sizeof fields[0], &x->out);
}

static void begin_csv(Export *x)
{
    static const Str names[] = {{"move", 4}, {"kind", 4}, {"booked", 6}, {"value", 5},
                                {"from", 4}, {"to", 2}, {"amount", 6}, {"unit", 4},
                                {"earmark", 7}, {"from_balance", 12}, {"to_balance", 10},
                                {"hold", 4}, {"reverses", 8}, {"about", 5}, {"text", 4},
                                {"record", 6}, {"rules", 5}};
    csv_write_record(names, sizeof names / sizeof names[0], &x->out);
}

/* ---- The whole. */

static bool write_all(Export *x, StoreConn *conn, int64_t node, Err *err)
{
    bool ok = true;
    if (x->format == LEDGER_CSV)
        begin_csv(x);
    else
        begin_hledger(x);
    Rows *r = store_query(conn, &sql_moves, PARAMS(p_int(node), p_text(x->book->id)));
    while (ok && rows_next(r)) {
        if (x->format == LEDGER_CSV)
            add_csv(x, r);
        else
            add_hledger(x, r);
        if (x->out.len >= EXPORT_PIECE)
            ok = flush(x, err);
    }
    rows_close(r);
    return ok && flush(x, err) && !store_failed(conn, err);
}

bool ledger_export(StoreConn *conn, int64_t node, Str book, LedgerFormat format, LedgerSink *sink,
                   void *context, Err *err)
{
    Arena *a = arena_open(EXPORT_BYTES_MAX);
    LedgerBook *rules = NULL;
    bool ok = ledger_book_read(conn, node, book, 0, a, &rules, err);
    if (ok && !rules)
        ok = err_set(err, &fault_ledger_book_unknown, book);
    if (ok) {
        Export x = {.book = rules, .format = format, .sink = sink, .context = context, .arena = a,
                    .mark = arena_mark(a)};
        x.out = buf_new(a, EXPORT_PIECE + 8192);
        ok = write_all(&x, conn, node, err);
    }
    arena_close(a);
    return ok;
}
