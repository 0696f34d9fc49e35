/* invariants.c - is the ledger true? Every move played again, every rule judged at every prefix.
 *
 * What is judged at each move, against what came before it:
 *
 *     order       numbers without a gap; booking instants never run back; value <= booking
 *     zero        one amount above 0, two different accounts, one book, one unit
 *     chain       the moves before it, and the balances after it, are what the row says
 *     limits      posted and held keep floor and cap as they were then; earmarks never below 0
 *     purpose     the version of the book that judged it allows the flow and the purpose
 *     holds       they end at most once, never above their amount, not posted after their end
 *     reversal    names a transfer or post, once, with the same amount the other way
 *     expiry      nothing valid until an instant moves at or after it but to where it expires to
 *     closing     nothing is valued in a period that was closed before it was booked
 *     marks       the 64th move of an account and what was booked for the past are noted
 *
 * and at the end, against the rows (invariants_rows.c): totals, cells, lots, holds. The fold reads
 * each row once, in order; only reversals look back. */
#include "codec/json.h"
#include "domain/ledger/fold.h"

#include "base/check.h"

#define FOLD_BYTES_MAX (8192ull << 20)
#define FOLD_MOVE_BYTES (16u << 20)

static const Sql sql_moves = {
    "SELECT move, op, booked, value, from_account, to_account, amount, earmark, from_balance,"
    " to_balance, from_previous, to_previous, rules, hold, reverses, lots FROM ledger_move"
    " WHERE node = ?1 ORDER BY move"};
static const Sql sql_original = {
    "SELECT op, from_account, to_account, amount, earmark FROM ledger_move"
    " WHERE node = ?1 AND move = ?2"};
static const Sql sql_reversed_by = {
    "SELECT reversed_by FROM ledger_reversal WHERE node = ?1 AND move = ?2"};
static const Sql sql_mark = {
    "SELECT balance FROM ledger_mark WHERE node = ?1 AND account = ?2 AND booked = ?3"
    " AND move = ?4"};
static const Sql sql_backdated = {
    "SELECT amount FROM ledger_backdated WHERE node = ?1 AND account = ?2 AND move = ?3"
    " AND value = ?4 AND booked = ?5"};
static const Sql sql_expires = {
    "SELECT expires FROM ledger_hold WHERE node = ?1 AND hold = ?2"};

void fold_fault(Fold *f, const char *what, int64_t number, const char *en, const char *zh)
{
    if (++f->out->faults > FOLD_REPORT_MAX)
        return;
    buf_printf(&f->report, "%s %lld: %s\n", what, (long long)number,
               f->lang == LANG_EN ? en : zh);
}

static void move_fault(Fold *f, const FoldMove *m, const char *en, const char *zh)
{
    fold_fault(f, "ledger_move", m->number, en, zh);
}

FoldAccount *fold_account(Fold *f, int64_t number)
{
    return number >= 1 && (size_t)number <= f->account_count ? &f->accounts[number - 1] : NULL;
}

FoldHold *fold_hold(Fold *f, int64_t number)
{
    size_t low = 0, high = f->hold_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (f->holds[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < f->hold_count && f->holds[low].number == number ? &f->holds[low] : NULL;
}

static int64_t number_of(Fold *f, const Sql *sql, const Param *params, size_t count, bool *found)
{
    Rows *r = store_query(f->conn, sql, params, count);
    *found = rows_next(r);
    int64_t n = *found ? rows_int(r, 0) : 0;
    rows_close(r);
    return n;
}

/* ---- Rules of one move. */

static void judge_order(Fold *f, const FoldMove *m)
{
    if (m->number != f->previous.number + 1)
        move_fault(f, m, "its number does not follow", "编号不连续");
    if (f->previous.number && m->booked.us < f->previous.booked.us)
        move_fault(f, m, "it is booked before the one before it", "入账时间倒退");
    if (m->value.us > m->booked.us)
        move_fault(f, m, "it is valued after its booking", "起息时间晚于入账时间");
}

static bool judge_zero(Fold *f, const FoldMove *m, const FoldAccount *from, const FoldAccount *to)
{
    bool fine = from && to && from != to && m->amount > 0 && m->amount <= LEDGER_AMOUNT_MAX &&
                str_equal(from->unit, to->unit) && str_equal(from->book, to->book) &&
                m->op >= LEDGER_TRANSFER && m->op <= LEDGER_EXPIRY;
    if (!fine)
        move_fault(f, m, "it does not move one amount of one unit between two accounts of a book",
                   "不是同一账簿、同一单位的两个账户之间的一笔数额");
    return fine;
}

static FoldLimit limits_then(const FoldAccount *a, int64_t move)
{
    for (const FoldLimit *l = a->former; l; l = l->next)
        if (move <= l->last_move)
            return *l;
    return a->now;
}

static void judge_limits_then(Fold *f, const FoldMove *m, FoldAccount *a)
{
    FoldLimit limits = limits_then(a, m->number);
    const Holding *h = &a->holding;
    const Cell *cell = holding_cell(&a->holding, m->earmark);
    int64_t floor = m->earmark.len ? 0 : limits.floor;
    if (h->held_out < 0 || h->held_in < 0 || cell->held_out < 0 || cell->held_in < 0)
        move_fault(f, m, "more is released than was held", "释放数超过预占数");
    if (limits.has_floor && cell->posted - cell->held_out < floor)
        move_fault(f, m, "an account is below its floor, posted less held", "账户低于下限（含预占）");
    if (limits.has_cap && h->posted + h->held_in > limits.cap)
        move_fault(f, m, "an account is above its cap, posted and held", "账户超过上限（含预占）");
}

static void judge_chain(Fold *f, const FoldMove *m, const FoldAccount *from,
                        const FoldAccount *to)
{
    if (m->from_balance != from->holding.posted || m->to_balance != to->holding.posted)
        move_fault(f, m, "the balances after it are not the fold of the history",
                   "记录的余额与历史累计不符");
    if (m->from_previous != from->holding.last_move || m->to_previous != to->holding.last_move)
        move_fault(f, m, "it does not name the moves before it", "前一笔记录的指向有误");
}

static const LedgerBook *book_then(Fold *f, Str id, int64_t version)
{
    Str key = arena_printf(f->arena, "%.*s %lld", STR_ARG(id), (long long)version);
    LedgerBook *book = map_get(&f->books, key);
    if (!book && ledger_book_read(f->conn, f->node, id, version, f->arena, &book, NULL) && book)
        map_put(&f->books, key, book);
    return book;
}

static void judge_purpose(Fold *f, const FoldMove *m, const FoldAccount *from,
                          const FoldAccount *to)
{
    if (m->op != LEDGER_TRANSFER && m->op != LEDGER_HOLD)
        return;
    ArenaMark mark = arena_mark(f->arena);
    size_t books = f->books.count;
    const LedgerBook *book = book_then(f, from->book, m->rules);
    const BookKind *giver = book ? book_kind(book, from->kind) : NULL;
    const BookKind *taker = book ? book_kind(book, to->kind) : NULL;
    const BookFlow *flow = giver && taker ? book_flow(book, giver, taker) : NULL;
    PurposeSet purpose = 0;
    if (f->books.count == books)
        arena_reset_to(f->arena, mark);
    if (!flow) {
        move_fault(f, m, "its book allows no such flow", "账簿不允许此流向");
        return;
    }
    bool fine = book_purpose(book, m->earmark, &purpose) &&
                (purpose & flow->purposes & giver->purposes & taker->purposes) &&
                (!to->earmark.len || str_equal(to->earmark, m->earmark)) &&
                (!from->earmark.len || str_equal(from->earmark, m->earmark));
    if (!fine)
        move_fault(f, m, "it is outside of its purpose", "超出规定用途");
}

/* ---- Holds. */

static void begin_hold(Fold *f, const FoldMove *m)
{
    if (f->hold_count == f->hold_capacity) {
        size_t capacity = f->hold_capacity ? f->hold_capacity * 2 : 1024;
        FoldHold *wider = arena_new_array(f->arena, FoldHold, capacity);
        check(wider != NULL);
        for (size_t i = 0; i < f->hold_count; i++)
            wider[i] = f->holds[i];
        f->holds = wider;
        f->hold_capacity = capacity;
    }
    bool found;
    int64_t expires = number_of(f, &sql_expires, PARAMS(p_int(f->node), p_int(m->number)), &found);
    f->holds[f->hold_count++] = (FoldHold){.number = m->number, .from = m->from, .to = m->to,
                                           .amount = m->amount,
                                           .expires = expires ? (Instant){expires} : INSTANT_NONE,
                                           .ended = INSTANT_NONE};
}

static void judge_hold_part(Fold *f, const FoldMove *m)
{
    FoldHold *h = fold_hold(f, m->hold);
    if (!h || h->from != m->from || h->to != m->to) {
        move_fault(f, m, "it names no hold of these accounts", "所指预占不存在或账户不符");
        return;
    }
    if (!instant_is_none(h->ended))
        move_fault(f, m, "its hold had ended", "所指预占此前已终结");
    *(m->op == LEDGER_POST ? &h->posted : &h->released) += m->amount;
    if (h->posted + h->released > h->amount)
        move_fault(f, m, "its hold is exceeded", "超过预占数额");
    bool over = !instant_is_none(h->expires) && m->booked.us >= h->expires.us;
    if (m->op == LEDGER_POST && over)
        move_fault(f, m, "its hold had expired", "所指预占已到期");
    if (m->op == LEDGER_LAPSE && !over)
        move_fault(f, m, "its hold had not expired", "所指预占尚未到期");
    if (h->posted + h->released == h->amount) {
        h->ended = m->booked;
        h->lapsed = m->op == LEDGER_LAPSE;
    }
}

/* ---- Reversals. */

static void judge_reversal(Fold *f, const FoldMove *m)
{
    bool found, fine = false;
    if (m->op != LEDGER_REVERSAL)
        return;
    Rows *r = store_query(f->conn, &sql_original, PARAMS(p_int(f->node), p_int(m->reverses)));
    if (rows_next(r))
        fine = m->reverses < m->number &&
               (rows_int(r, 0) == LEDGER_TRANSFER || rows_int(r, 0) == LEDGER_POST) &&
               rows_int(r, 1) == m->to && rows_int(r, 2) == m->from &&
               rows_int(r, 3) == m->amount && str_equal(rows_bytes(r, 4), m->earmark);
    rows_close(r);
    if (!fine)
        move_fault(f, m, "it is not the opposite of the move it names", "与被冲正的记录不相反");
    int64_t by = number_of(f, &sql_reversed_by, PARAMS(p_int(f->node), p_int(m->reverses)),
                           &found);
    if (by != m->number)
        move_fault(f, m, "the move it names is reversed by another one", "原记录另有冲正");
}

/* ---- Lots. */

static bool part_of(Value list, size_t i, LotPart *out)
{
    Value pair = value_item(list, i), us = value_item(pair, 0), n = value_item(pair, 1);
    return value_is(us, VALUE_NUMBER) && dec_to_int64(us.as.number, &out->expires.us) &&
           value_is(n, VALUE_NUMBER) && dec_to_int64(n.as.number, &out->amount);
}

static void play_lots(Fold *f, const FoldMove *m, FoldAccount *from, FoldAccount *to)
{
    Value lots = value_null();
    LotPart part;
    if (!m->lots.len || !json_parse(f->scratch, m->lots, &lots, NULL))
        return;
    Value taken = value_field(lots, "taken"), given = value_field(lots, "given");
    for (size_t i = 0; i < value_count(taken); i++) {
        if (!part_of(taken, i, &part) || !holding_lot_take(&from->holding, m->earmark, part))
            move_fault(f, m, "it takes what is not there until that instant", "所取有效期份额不存在");
        else if (m->op == LEDGER_EXPIRY && part.expires.us > m->booked.us)
            move_fault(f, m, "it expires something before its end", "提前失效");
        else if (m->op == LEDGER_TRANSFER && part.expires.us <= m->booked.us)
            move_fault(f, m, "it moves what has expired", "动用了已失效的数额");
    }
    for (size_t i = 0; i < value_count(given); i++)
        if (part_of(given, i, &part))
            holding_lot_add(f->arena, &to->holding, m->earmark, part);
}

/* ---- Closings, marks. */

static void judge_closing(Fold *f, const FoldMove *m, const FoldAccount *from)
{
    for (int64_t n = 1;; n++) {
        ArenaMark mark = arena_mark(f->arena);
        const FoldClose *c = map_get(&f->closings, arena_printf(f->arena, "%.*s %lld",
                                                                STR_ARG(from->book),
                                                                (long long)n));
        arena_reset_to(f->arena, mark);
        if (!c)
            return;
        if (ledger_op_posts((LedgerOp)m->op) && m->number > c->last_move &&
            m->value.us < c->until.us) {
            move_fault(f, m, "it is valued in a period that was closed", "起息于已结账期间");
            return;
        }
    }
}

static void judge_notes(Fold *f, const FoldMove *m, int64_t number, const FoldAccount *a,
                        int64_t sign)
{
    bool found;
    if (a->holding.moves % LEDGER_MARK_EVERY == 0) {
        int64_t balance = number_of(f, &sql_mark,
                                    PARAMS(p_int(f->node), p_int(number), p_instant(m->booked),
                                           p_int(m->number)), &found);
        if (!found || balance != a->holding.posted)
            move_fault(f, m, "its mark is missing or wrong", "余额标记缺失或有误");
    }
    if (!ledger_op_posts((LedgerOp)m->op) || m->value.us >= m->booked.us)
        return;
    int64_t amount = number_of(f, &sql_backdated,
                               PARAMS(p_int(f->node), p_int(number), p_int(m->number),
                                      p_instant(m->value), p_instant(m->booked)), &found);
    if (amount != sign * m->amount)
        move_fault(f, m, "it is not noted among what was booked for the past",
                   "追溯起息登记缺失或有误");
}

/* ---- The walk. */

static void play_side(Fold *f, const FoldMove *m, FoldAccount *a, bool gives)
{
    ptrdiff_t at = map_index(&f->earmarks, m->earmark);
    if (at < 0) {
        map_put(&f->earmarks, arena_copy(f->arena, m->earmark), f);
        at = map_index(&f->earmarks, m->earmark);
    }
    Cell *cell = holding_cell_make(f->arena, &a->holding, f->earmarks.entries[at].key);
    holding_play(&a->holding, cell, (LedgerOp)m->op, gives, m->amount);
}

static void judge_move(Fold *f, const FoldMove *m)
{
    FoldAccount *from = fold_account(f, m->from), *to = fold_account(f, m->to);
    judge_order(f, m);
    if (!judge_zero(f, m, from, to))
        return;
    judge_purpose(f, m, from, to);
    play_side(f, m, from, true);
    play_side(f, m, to, false);
    play_lots(f, m, from, to);
    judge_chain(f, m, from, to);
    judge_limits_then(f, m, from);
    judge_limits_then(f, m, to);
    if (m->op == LEDGER_HOLD)
        begin_hold(f, m);
    else if (m->op == LEDGER_POST || m->op == LEDGER_RELEASE || m->op == LEDGER_LAPSE)
        judge_hold_part(f, m);
    judge_reversal(f, m);
    judge_closing(f, m, from);
    from->holding.last_move = to->holding.last_move = m->number;
    from->holding.moves++;
    to->holding.moves++;
    judge_notes(f, m, m->from, from, -1);
    judge_notes(f, m, m->to, to, 1);
}

static FoldMove move_of(Rows *r)
{
    return (FoldMove){.number = rows_int(r, 0), .op = rows_int(r, 1),
                      .booked = rows_instant(r, 2), .value = rows_instant(r, 3),
                      .from = rows_int(r, 4), .to = rows_int(r, 5), .amount = rows_int(r, 6),
                      .earmark = rows_bytes(r, 7), .from_balance = rows_int(r, 8),
                      .to_balance = rows_int(r, 9), .from_previous = rows_int(r, 10),
                      .to_previous = rows_int(r, 11), .rules = rows_int(r, 12),
                      .hold = rows_int(r, 13), .reverses = rows_int(r, 14),
                      .lots = rows_bytes(r, 15)};
}

bool fold_moves(Fold *f, Err *err)
{
    Rows *r = store_query(f->conn, &sql_moves, PARAMS(p_int(f->node)));
    while (rows_next(r)) {
        FoldMove m = move_of(r);
        arena_reset(f->scratch);
        judge_move(f, &m);
        f->out->moves++;
        f->previous = m;
        f->previous.earmark = f->previous.lots = STR_NONE; /* borrowed from the row */
    }
    rows_close(r);
    return !store_failed(f->conn, err);
}

bool ledger_invariants(StoreConn *conn, int64_t node, Lang lang, Arena *a, LedgerJudgement *out,
                       Err *err)
{
    Arena *own = arena_open(FOLD_BYTES_MAX);
    *out = (LedgerJudgement){0};
    Fold f = {.conn = conn, .node = node, .lang = lang, .arena = own,
              .scratch = arena_open(FOLD_MOVE_BYTES), .report = buf_new(a, 0),
              .out = out, .closings = map_new(own), .books = map_new(own),
              .earmarks = map_new(own)};
    bool ok = store_begin(conn, err);
    if (ok) {
        ok = fold_start(&f, err) && fold_moves(&f, err);
        if (ok)
            fold_compare(&f);
        ok = ok && !store_failed(conn, err);
        store_end(conn);
    }
    out->accounts = (int64_t)f.account_count;
    out->report = buf_text(&f.report);
    arena_close(f.scratch);
    arena_close(own);
    return ok;
}
