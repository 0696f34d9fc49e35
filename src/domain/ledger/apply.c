/* apply.c - events into caches and rows.
 *
 * Moves are played one by one on the caches, in their order, and each becomes one row. What the
 * accounts have in the end is written once an event: accounts and cells remember the event that
 * touched them last (a counter), and those of this event are written when all moves are played.
 * Rows of moves and holdings go in groups of BULK_ROWS, one statement each:
 *
 *     moves  m1 m2 ... m32 | m33 ... m64 | m65 m66      groups of 32, the rest one by one
 *
 * Nothing is judged here. What must hold is checked: accounts and lots that an event names are
 * there, since the decision saw the same caches. */
#include "codec/json.h"
#include "domain/ledger/ledger_int.h"

#include <string.h>

#include "base/check.h"

#define BULK_ROWS 32
#define MOVE_COLUMNS 20
#define HOLDING_COLUMNS 7
#define CELL_COLUMNS 6

static const Sql sql_account = {
    "INSERT INTO ledger_account (node, account, book, name, kind, unit, floor, cap, earmark,"
    " expires_to, state, opened, title, owner, subject)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?11, ?12, ?13, ?14)"};
static const Sql sql_holding_new = {
    "INSERT INTO ledger_holding (node, account, posted, held_out, held_in, last_move, moves)"
    " VALUES (?1, ?2, 0, 0, 0, 0, 0)"};
static const Sql sql_change = {
    "UPDATE ledger_account SET floor = ?3, cap = ?4, state = ?5 WHERE node = ?1 AND account = ?2"};
/* What held so far held up to the last move; a second change before the next move adds nothing. */
static const Sql sql_limit = {
    "INSERT INTO ledger_limit (node, account, last_move, floor, cap) VALUES (?1, ?2, ?3, ?4, ?5)"
    " ON CONFLICT (node, account, last_move) DO NOTHING"};
static const Sql sql_holding = {
    "UPDATE ledger_holding SET posted = ?3, held_out = ?4, held_in = ?5, last_move = ?6,"
    " moves = ?7 WHERE node = ?1 AND account = ?2"};
static const Sql sql_move = {
    "INSERT INTO ledger_move VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,"
    " ?15, ?16, ?17, ?18, ?19, ?20)"};
#define CELL_HEAD                                                                              \
    "INSERT INTO ledger_cell (node, account, earmark, posted, held_out, held_in) VALUES"
#define CELL_TAIL                                                                              \
    " ON CONFLICT (node, account, earmark) DO UPDATE SET posted = excluded.posted,"            \
    " held_out = excluded.held_out, held_in = excluded.held_in"
static const Sql sql_cell = {CELL_HEAD " (?1, ?2, ?3, ?4, ?5, ?6)" CELL_TAIL};
static const Sql sql_lot_give = {
    "INSERT INTO ledger_lot (node, account, earmark, expires, amount) VALUES (?1, ?2, ?3, ?4, ?5)"
    " ON CONFLICT (node, account, earmark, expires) DO UPDATE"
    " SET amount = ledger_lot.amount + excluded.amount"};
static const Sql sql_lot_take = {
    "UPDATE ledger_lot SET amount = amount - ?5"
    " WHERE node = ?1 AND account = ?2 AND earmark = ?3 AND expires = ?4"};
static const Sql sql_lot_end = {
    "DELETE FROM ledger_lot WHERE node = ?1 AND account = ?2 AND earmark = ?3 AND expires = ?4"
    " AND amount = 0"};
static const Sql sql_mark = {
    "INSERT INTO ledger_mark (node, account, booked, move, balance) VALUES (?1, ?2, ?3, ?4, ?5)"};
static const Sql sql_backdated = {
    "INSERT INTO ledger_backdated (node, account, move, value, booked, amount)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"};
static const Sql sql_hold = {
    "INSERT INTO ledger_hold (node, hold, from_account, to_account, amount, posted, released,"
    " earmark, booked, expires, state, about)"
    " VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, ?6, ?7, ?8, 0, ?9)"};
static const Sql sql_hold_part = {
    "UPDATE ledger_hold SET posted = posted + ?3, released = released + ?4"
    " WHERE node = ?1 AND hold = ?2"};
/* The last part. It was posted when anything of it was; a lapse (6) says that it expired. */
static const Sql sql_hold_end = {
    "UPDATE ledger_hold SET posted = posted + ?3, released = released + ?4, ended = ?5,"
    " state = CASE WHEN ?6 = 6 THEN 3 WHEN posted + ?3 > 0 THEN 1 ELSE 2 END"
    " WHERE node = ?1 AND hold = ?2"};
static const Sql sql_reversal = {
    "INSERT INTO ledger_reversal (node, move, reversed_by) VALUES (?1, ?2, ?3)"};
static const Sql sql_key = {
    "INSERT INTO ledger_key (node, book, key, print, move) VALUES (?1, ?2, ?3, ?4, ?5)"};
static const Sql sql_day = {
    "INSERT INTO ledger_day (node, account, day, amount) VALUES (?1, ?2, ?3, ?4)"
    " ON CONFLICT (node, account, day) DO UPDATE"
    " SET amount = ledger_day.amount + excluded.amount"};
static const Sql sql_close = {
    "INSERT INTO ledger_close (node, book, ordinal, until, closed_at, actor, last_move)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"};
static const Sql sql_sweep = {
    "INSERT INTO ledger_sweep (node, due) VALUES (?1, ?2)"
    " ON CONFLICT (node) DO UPDATE SET due = excluded.due"};
static const Sql sql_erase = {
    "UPDATE ledger_account SET title = NULL, owner = NULL WHERE node = ?1 AND subject = ?2"};

/* ---- Rows in groups. */

typedef struct Bulk {
    StoreConn *conn;
    const Sql *many, *one;
    size_t columns, rows;
    Param *params;
} Bulk;

/* "INSERT ... VALUES (?1, ?2), (?3, ?4), ... tail" for BULK_ROWS rows. */
static const Sql *bulk_sql(StoreConn *conn, Arena *a, const char *head, size_t columns,
                           const char *tail)
{
    Buf text = buf_new(a, 8192);
    buf_add(&text, str_from(head));
    for (size_t i = 0; i < BULK_ROWS * columns; i++)
        buf_printf(&text, "%s?%zu%s", i % columns ? ", " : i ? ", (" : " (", i + 1,
                   i % columns == columns - 1 ? ")" : "");
    buf_add(&text, str_from(tail));
    return store_sql(conn, buf_text(&text));
}

static void bulk_prepare(Ledger *l, StoreConn *conn)
{
    if (l->bulk_conn == conn)
        return;
    Arena *a = arena_open(1u << 20);
    l->bulk_move = bulk_sql(conn, a, "INSERT INTO ledger_move VALUES", MOVE_COLUMNS, "");
    l->bulk_holding = bulk_sql(
        conn, a, "INSERT INTO ledger_holding (node, account, posted, held_out, held_in, last_move,"
                 " moves) VALUES", HOLDING_COLUMNS,
        " ON CONFLICT (node, account) DO UPDATE SET posted = excluded.posted,"
        " held_out = excluded.held_out, held_in = excluded.held_in,"
        " last_move = excluded.last_move, moves = excluded.moves");
    l->bulk_cell = bulk_sql(conn, a, CELL_HEAD, CELL_COLUMNS, CELL_TAIL);
    l->bulk_conn = conn;
    arena_close(a);
}

static Bulk bulk_begin(Arena *a, StoreConn *conn, const Sql *many, const Sql *one,
                       size_t columns)
{
    Bulk b = {conn, many, one, columns, 0, arena_new_array(a, Param, columns * BULK_ROWS)};
    check(b.params != NULL);
    return b;
}

/* Room for the next row. */
static Param *bulk_row(Bulk *b)
{
    if (b->rows == BULK_ROWS) {
        store_write(b->conn, b->many, b->params, b->columns * BULK_ROWS);
        b->rows = 0;
    }
    return &b->params[b->columns * b->rows++];
}

static void bulk_end(Bulk *b)
{
    if (b->rows == BULK_ROWS)
        store_write(b->conn, b->many, b->params, b->columns * BULK_ROWS);
    else
        for (size_t i = 0; i < b->rows; i++)
            store_write(b->conn, b->one, &b->params[b->columns * i], b->columns);
    b->rows = 0;
}

/* ---- Accounts. */

static void open_account(Ledger *l, StoreConn *conn, const Event *e, Str book, Value v,
                         Value closed)
{
    Value floor = value_field(v, "floor"), cap = value_field(v, "cap");
    Account a = {.book = ledger_book_state(l, book),
                 .name = value_get_string(v, STR("name")),
                 .kind = value_get_string(v, STR("kind")),
                 .unit = value_get_string(v, STR("unit")),
                 .has_floor = !value_is_null(floor),
                 .has_cap = !value_is_null(cap),
                 .floor = value_get_int(v, STR("floor"), 0),
                 .cap = value_get_int(v, STR("cap"), 0),
                 .earmark = value_get_string(v, STR("earmark")),
                 .expires_to = value_get_string(v, STR("expires_to"))};
    const Account *put = ledger_account_put(l, &a);
    Str subject = value_get_string(v, STR("subject"));
    store_write(conn, &sql_account,
                PARAMS(p_int(e->node), p_int(put->number), p_text(book), p_text(a.name),
                       p_text(a.kind), p_text(a.unit), a.has_floor ? p_int(a.floor) : p_null(),
                       a.has_cap ? p_int(a.cap) : p_null(), p_text(a.earmark),
                       p_text(a.expires_to), p_instant(e->at),
                       p_text_or_null(value_get_string(closed, STR("title"))),
                       p_text_or_null(value_get_string(closed, STR("owner"))),
                       p_text_or_null(subject)));
    store_write(conn, &sql_holding_new, PARAMS(p_int(e->node), p_int(put->number)));
}

void ledger_apply_opened(void *state, StoreConn *conn, const Event *e)
{
    open_account(state, conn, e, value_get_string(e->open, STR("book")), e->open, e->closed);
}

void ledger_apply_changed(void *state, StoreConn *conn, const Event *e)
{
    Account *a = ledger_account_number(state, value_get_int(e->open, STR("account"), 0));
    Value floor = value_field(e->open, "floor"), cap = value_field(e->open, "cap");
    check(a != NULL);
    store_write(conn, &sql_limit,
                PARAMS(p_int(e->node), p_int(a->number), p_int(a->holding.last_move),
                       a->has_floor ? p_int(a->floor) : p_null(),
                       a->has_cap ? p_int(a->cap) : p_null()));
    a->has_floor = !value_is_null(floor);
    a->has_cap = !value_is_null(cap);
    a->floor = value_get_int(e->open, STR("floor"), 0);
    a->cap = value_get_int(e->open, STR("cap"), 0);
    a->state = (LedgerAccountState)value_get_int(e->open, STR("state"), 0);
    store_write(conn, &sql_change,
                PARAMS(p_int(e->node), p_int(a->number), a->has_floor ? p_int(a->floor) : p_null(),
                       a->has_cap ? p_int(a->cap) : p_null(), p_int(a->state)));
}

void ledger_apply_erased(void *state, StoreConn *conn, const Event *e)
{
    (void)state;
    store_write(conn, &sql_erase,
                PARAMS(p_int(e->node), p_text(value_get_string(e->open, STR("subject")))));
}

void ledger_apply_closed(void *state, StoreConn *conn, const Event *e)
{
    BookState *b = ledger_book_state(state, value_get_string(e->open, STR("book")));
    b->closed_until = (Instant){value_get_int(e->open, STR("until"), 0)};
    b->closings = value_get_int(e->open, STR("ordinal"), 0);
    store_write(conn, &sql_close,
                PARAMS(p_int(e->node), p_text(b->id), p_int(b->closings),
                       p_instant(b->closed_until), p_instant(e->at), p_text(e->actor),
                       p_int(value_get_int(e->open, STR("last_move"), 0))));
}

/* ---- Moves. */

typedef struct Moving {
    Ledger *l;
    StoreConn *conn;
    const Event *e;
    Str book;
    int64_t rules;
    Bulk moves;
    Account **touched; /* by this event, each once */
    size_t touched_count;
} Moving;

static int64_t whole(Value v)
{
    int64_t n = 0;
    check(value_is(v, VALUE_NUMBER) && dec_to_int64(v.as.number, &n));
    return n;
}

static void touch(Moving *g, Account *a, const Move *m)
{
    a->holding.last_move = m->number;
    a->holding.moves++;
    if (a->touched != g->l->events) {
        a->touched = g->l->events;
        g->touched[g->touched_count++] = a;
    }
    if (a->holding.moves % LEDGER_MARK_EVERY == 0)
        store_write(g->conn, &sql_mark,
                    PARAMS(p_int(g->e->node), p_int(a->number), p_instant(g->e->at),
                           p_int(m->number), p_int(a->holding.posted)));
}

static LotPart part_at(Value list, size_t i)
{
    Value pair = value_item(list, i);
    return (LotPart){{whole(value_item(pair, 0))}, whole(value_item(pair, 1))};
}

static void play_lots(Moving *g, const Move *m, Value taken, Value given)
{
    for (size_t i = 0; i < value_count(taken); i++) {
        LotPart part = part_at(taken, i);
        check(holding_lot_take(&m->from->holding, m->earmark, part));
        store_write(g->conn, &sql_lot_take,
                    PARAMS(p_int(g->e->node), p_int(m->from->number), p_text(m->earmark),
                           p_instant(part.expires), p_int(part.amount)));
        store_write(g->conn, &sql_lot_end,
                    PARAMS(p_int(g->e->node), p_int(m->from->number), p_text(m->earmark),
                           p_instant(part.expires)));
    }
    for (size_t i = 0; i < value_count(given); i++) {
        LotPart part = part_at(given, i);
        holding_lot_add(g->l->rows, &m->to->holding, m->earmark, part);
        store_write(g->conn, &sql_lot_give,
                    PARAMS(p_int(g->e->node), p_int(m->to->number), p_text(m->earmark),
                           p_instant(part.expires), p_int(part.amount)));
    }
}

static void play_holding(Moving *g, const Move *m, bool gives)
{
    Holding *h = gives ? &m->from->holding : &m->to->holding;
    Cell *cell = holding_cell_make(g->l->rows, h, m->earmark);
    cell->touched = g->l->events;
    holding_play(h, cell, m->op, gives, m->amount);
}

static void write_hold(Moving *g, const Move *m)
{
    int64_t node = g->e->node;
    if (m->op == LEDGER_HOLD) {
        store_write(g->conn, &sql_hold,
                    PARAMS(p_int(node), p_int(m->number), p_int(m->from->number),
                           p_int(m->to->number), p_int(m->amount), p_text(m->earmark),
                           p_instant(g->e->at), p_instant(m->expires),
                           p_text_or_null(m->about)));
        return;
    }
    if (!m->hold)
        return;
    int64_t posted = m->op == LEDGER_POST ? m->amount : 0;
    if (m->ends)
        store_write(g->conn, &sql_hold_end,
                    PARAMS(p_int(node), p_int(m->hold), p_int(posted), p_int(m->amount - posted),
                           p_instant(g->e->at), p_int(m->op)));
    else
        store_write(g->conn, &sql_hold_part,
                    PARAMS(p_int(node), p_int(m->hold), p_int(posted),
                           p_int(m->amount - posted)));
}

static void write_backdated(Moving *g, const Move *m)
{
    if (!ledger_op_posts(m->op) || m->value.us >= g->e->at.us)
        return;
    const Account *sides[] = {m->from, m->to};
    for (int i = 0; i < 2; i++)
        store_write(g->conn, &sql_backdated,
                    PARAMS(p_int(g->e->node), p_int(sides[i]->number), p_int(m->number),
                           p_instant(m->value), p_instant(g->e->at),
                           p_int(i == 0 ? -m->amount : m->amount)));
}

/* Rows that only few moves have. */
static void write_rare(Moving *g, const Move *m, Value extras)
{
    int64_t node = g->e->node;
    write_hold(g, m);
    write_backdated(g, m);
    if (m->reverses)
        store_write(g->conn, &sql_reversal,
                    PARAMS(p_int(node), p_int(m->reverses), p_int(m->number)));
    if (m->key.len) {
        Sm3 print = {{0}};
        char hex[64];
        Str text = value_get_string(extras, STR("print"));
        memset(hex, '0', sizeof hex);
        check(text.len == 32);
        memcpy(hex, text.ptr, 32);
        check(sm3_parse((Str){hex, 64}, &print));
        store_write(g->conn, &sql_key,
                    PARAMS(p_int(node), p_text(g->book), p_text(m->key),
                           p_blob((Str){(const char *)print.bytes, 16}), p_int(m->number)));
    }
    if (m->day != NO_DAY) {
        bool back = m->op == LEDGER_REVERSAL;
        store_write(g->conn, &sql_day,
                    PARAMS(p_int(node), p_int(back ? m->from->number : m->to->number),
                           p_int(m->day), p_int(back ? -m->amount : m->amount)));
    }
}

static Param lots_param(Moving *g, Value taken, Value given)
{
    if (!value_count(taken) && !value_count(given))
        return p_null();
    ContextBuilder b = context_builder(g->e->arena);
    if (value_count(taken))
        context_put_text(&b, "taken", taken);
    if (value_count(given))
        context_put_text(&b, "given", given);
    return p_text(json_copy_text(g->e->arena, value_context(&b)));
}

static void write_move(Moving *g, const Move *m, int64_t from_previous, int64_t to_previous,
                       Value extras)
{
    Param *p = bulk_row(&g->moves);
    p[0] = p_int(g->e->node);
    p[1] = p_int(m->number);
    p[2] = p_int(m->op);
    p[3] = p_instant(g->e->at);
    p[4] = p_instant(m->value);
    p[5] = p_int(m->from->number);
    p[6] = p_int(m->to->number);
    p[7] = p_int(m->amount);
    p[8] = p_text(m->earmark);
    p[9] = p_int(m->from->holding.posted);
    p[10] = p_int(m->to->holding.posted);
    p[11] = p_int(from_previous);
    p[12] = p_int(to_previous);
    p[13] = p_int(g->e->seq);
    p[14] = p_int(g->rules);
    p[15] = m->hold ? p_int(m->hold) : p_null();
    p[16] = m->reverses ? p_int(m->reverses) : p_null();
    p[17] = p_text_or_null(m->about);
    p[18] = p_text_or_null(m->text);
    p[19] = value_is_null(extras) ? p_null()
                                  : lots_param(g, value_field(extras, "taken"),
                                               value_field(extras, "given"));
}

static void read_extras(const Moving *g, Value x, Move *m)
{
    m->earmark = ledger_earmark(g->l, value_get_string(x, STR("earmark")));
    int64_t value = value_get_int(x, STR("value"), INSTANT_NONE.us);
    if (value != INSTANT_NONE.us)
        m->value.us = value;
    m->expires.us = value_get_int(x, STR("expires"), INSTANT_NONE.us);
    m->hold = value_get_int(x, STR("hold"), 0);
    m->ends = value_get_boolean(x, STR("ends"), false);
    m->reverses = value_get_int(x, STR("reverses"), 0);
    m->day = value_get_int(x, STR("day"), NO_DAY);
    m->key = value_get_string(x, STR("key"));
    m->about = value_get_string(x, STR("about"));
    m->text = value_get_string(x, STR("text"));
}

static void play_move(Moving *g, Value row, int64_t number)
{
    Value extras = value_item(row, 4);
    Move m = {.op = (LedgerOp)whole(value_item(row, 0)),
              .number = number,
              .from = ledger_account_number(g->l, whole(value_item(row, 1))),
              .to = ledger_account_number(g->l, whole(value_item(row, 2))),
              .amount = whole(value_item(row, 3)),
              .value = g->e->at,
              .expires = INSTANT_NONE,
              .day = NO_DAY};
    check(m.from && m.to && m.from != m.to);
    if (!value_is_null(extras))
        read_extras(g, extras, &m);
    int64_t from_previous = m.from->holding.last_move, to_previous = m.to->holding.last_move;
    play_holding(g, &m, true);
    play_holding(g, &m, false);
    if (!value_is_null(extras)) {
        play_lots(g, &m, value_field(extras, "taken"), value_field(extras, "given"));
        write_rare(g, &m, extras);
    } else if (m.op == LEDGER_HOLD) {
        write_hold(g, &m);
    }
    write_move(g, &m, from_previous, to_previous, extras);
    touch(g, m.from, &m);
    touch(g, m.to, &m);
}

static void write_cells(Moving *g, Bulk *rows, const Account *a)
{
    const Holding *h = &a->holding;
    for (uint32_t k = 0; k < h->marked_count; k++) {
        const Cell *c = &h->marked[k];
        if (c->touched != g->l->events)
            continue;
        Param *p = bulk_row(rows);
        p[0] = p_int(g->e->node);
        p[1] = p_int(a->number);
        p[2] = p_text(c->earmark);
        p[3] = p_int(c->posted);
        p[4] = p_int(c->held_out);
        p[5] = p_int(c->held_in);
    }
}

static void write_touched(Moving *g)
{
    Arena *a = g->e->arena;
    Bulk rows = bulk_begin(a, g->conn, g->l->bulk_holding, &sql_holding, HOLDING_COLUMNS);
    Bulk cells = bulk_begin(a, g->conn, g->l->bulk_cell, &sql_cell, CELL_COLUMNS);
    for (size_t i = 0; i < g->touched_count; i++) {
        const Holding *h = &g->touched[i]->holding;
        Param *p = bulk_row(&rows);
        p[0] = p_int(g->e->node);
        p[1] = p_int(g->touched[i]->number);
        p[2] = p_int(h->posted);
        p[3] = p_int(h->held_out);
        p[4] = p_int(h->held_in);
        p[5] = p_int(h->last_move);
        p[6] = p_int(h->moves);
        write_cells(g, &cells, g->touched[i]);
    }
    bulk_end(&rows);
    bulk_end(&cells);
}

static void write_sweep(Moving *g)
{
    Value due;
    if (!value_find(g->e->open, STR("sweep"), &due))
        return;
    g->l->sweep_due = value_is_null(due) ? INSTANT_NONE : (Instant){whole(due)};
    store_write(g->conn, &sql_sweep, PARAMS(p_int(g->e->node), p_instant(g->l->sweep_due)));
}

void ledger_apply_moved(void *state, StoreConn *conn, const Event *e)
{
    Ledger *l = state;
    Value rows = value_field(e->open, "moves"), opened = value_field(e->open, "open");
    size_t count = value_count(rows);
    int64_t first = value_get_int(e->open, STR("first"), 0);
    Moving g = {.l = l, .conn = conn, .e = e, .book = value_get_string(e->open, STR("book")),
                .rules = value_get_int(e->open, STR("rules"), 0)};
    check(first == l->next_move);
    l->events++;
    bulk_prepare(l, conn);
    for (size_t i = 0; i < value_count(opened); i++)
        open_account(l, conn, e, g.book, value_item(opened, i), value_null());
    if (count) {
        g.moves = bulk_begin(e->arena, conn, l->bulk_move, &sql_move, MOVE_COLUMNS);
        g.touched = arena_new_array(e->arena, Account *, 2 * count);
        check(g.touched != NULL);
        for (size_t i = 0; i < count; i++)
            play_move(&g, value_item(rows, i), first + (int64_t)i);
        bulk_end(&g.moves);
        write_touched(&g);
        l->next_move = first + (int64_t)count;
    }
    write_sweep(&g);
}
