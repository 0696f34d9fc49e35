/* judge.c - may this be done? One command, step by step, on drafts.
 *
 *     command ─ step 1 ─ judge ─ play on drafts ─┐
 *               step 2 ─ judge ─ play on drafts ─┤ ... all may: one event with all moves
 *               step 3 ─ refused ────────────────┘     one may not: nothing has happened
 *
 * A draft is a copy of an account's holding, made when the command first touches it; a later step
 * sees what the earlier ones did, and every step on its own must keep every limit. The balances
 * themselves change when the event is applied. A draft belongs to a judge by its number; those
 * of an earlier one are void, so nothing has to be cleared.
 *
 * Order of judgement inside a step is the order of ledger_faults.h: key, amount, names, accounts,
 * what is referred to, state, unit, flow, role, purpose, hold rules, dates, limits.
 *
 * A key names a step for ever in its book: the same step under the same key is answered with the
 * move it made the first time, whatever has changed since; another step under it is refused. It is
 * looked up inside the transaction, by the only writer, so two requests cannot both be first.
 *
 * What expires: before an account is touched, everything in it whose end has come is taken out by
 * a move of its own, as far as holds leave it. So nothing can be used at or after its end even
 * when the timer has not fired yet. What a hold still covers goes when the hold ends. */
#include "codec/json.h"
#include "domain/ledger/ledger_int.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"

static const Sql sql_key = {
    "SELECT print, move FROM ledger_key WHERE node = ?1 AND book = ?2 AND key = ?3"};
static const Sql sql_hold = {
    "SELECT from_account, to_account, amount, posted, released, earmark, expires, state, about"
    " FROM ledger_hold WHERE node = ?1 AND hold = ?2"};
static const Sql sql_move = {
    "SELECT op, from_account, to_account, amount, earmark, value, lots FROM ledger_move"
    " WHERE node = ?1 AND move = ?2"};
static const Sql sql_reversed = {
    "SELECT reversed_by FROM ledger_reversal WHERE node = ?1 AND move = ?2"};
static const Sql sql_day = {
    "SELECT amount FROM ledger_day WHERE node = ?1 AND account = ?2 AND day = ?3"};

const char *const hold_state_names[4] = {"open", "posted", "released", "expired"};

int64_t ledger_day(Instant t)
{
    return instant_day(t, CHINA_OFFSET_S).number;
}

Str judge_number(Judge *j, int64_t n)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t left = n < 0 ? (uint64_t)0 - (uint64_t)n : (uint64_t)n;
    do
        digits[--at] = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (n < 0)
        digits[--at] = '-';
    return arena_copy(j->arena, (Str){digits + at, sizeof digits - at});
}

static Str instant_shown(Judge *j, Instant t)
{
    return instant_copy_text(j->arena, t, CHINA_OFFSET_S);
}

void judge_init(Judge *j, Ledger *l, const Command *command, Decision *d)
{
    Arena *a = decision_arena(d);
    *j = (Judge){.ledger = l, .d = d, .command = command, .arena = a,
                 .conn = decision_store(d), .node = decision_node(d), .now = command->now,
                 .id = ++l->judges, .opened = map_new(a), .holds = map_new(a),
                 .keys = map_new(a), .reversed = map_new(a), .days = map_new(a),
                 .first = l->next_move, .earliest = INSTANT_NONE};
}

bool judge_begin(Judge *j, Ledger *l, const Command *command, Decision *d, Str book)
{
    judge_init(j, l, command, d);
    j->book = map_get(&l->books, book);
    /* A follow-up or a timer was judged by who asked for it. */
    j->outside = id_equal(command->id, command->root) &&
                 !str_equal(command->actor.id, STR("system")) &&
                 !str_equal(command->actor.id, STR("clock"));
    Value context = value_field(command->body, "context");
    j->default_about = value_get_string(context, STR("number"));
    if (!j->default_about.len)
        j->default_about = value_get_string(context, STR("case"));
    if (!j->book || !j->book->rules)
        return judge_refuse(j, &fault_ledger_book_unknown, str_slice(book, 0, 60));
    return true;
}

/* ---- Accounts. */

Holding *judge_draft(Judge *j, Account *a)
{
    if (a->draft_of != j->id) {
        a->draft = holding_copy(j->arena, &a->holding);
        a->draft_of = j->id;
    }
    return a->draft;
}

const BookKind *judge_kind(Judge *j, Account *a)
{
    (void)j;
    if (a->ruled_by != a->book->rules) {
        a->ruled_by = a->book->rules;
        a->rules = book_kind(a->book->rules, a->kind);
        if (a->rules && !str_equal(a->rules->unit->id, a->unit))
            a->rules = NULL; /* the kind was given another unit: these are not of it */
    }
    return a->rules;
}

Account *judge_open(Judge *j, Str name, const BookKind *kind)
{
    Account *a = arena_new(j->arena, Account);
    *a = (Account){.number = (int64_t)(j->ledger->account_count + j->opened.count + 1),
                   .book = j->book,
                   .name = name,
                   .kind = kind->id,
                   .unit = kind->unit->id,
                   .has_floor = kind->has_floor,
                   .has_cap = kind->has_cap,
                   .floor = kind->floor,
                   .cap = kind->cap};
    if (kind->expiry.rule != EXPIRY_NONE)
        a->expires_to = kind->expiry.to;
    map_put(&j->opened, name, a);
    /* Where it goes when it expires must be there by then. */
    if (a->expires_to.len && !judge_account(j, a->expires_to))
        return NULL;
    return a;
}

static Account *find_account(const Judge *j, Str name)
{
    Account *a = map_get(&j->book->accounts, name);
    return a || !j->opened.count ? a : map_get(&j->opened, name);
}

static bool judge_name(Judge *j, Str name)
{
    return find_account(j, name) || ledger_name_valid(name) ||
           judge_refuse(j, &fault_ledger_account_name_invalid, str_slice(name, 0, 60));
}

Account *judge_account(Judge *j, Str name)
{
    Account *a = find_account(j, name);
    if (a)
        return a;
    if (!judge_name(j, name))
        return NULL;
    Str kind_name = ledger_name_kind(name);
    const BookKind *kind = book_kind(j->book->rules, kind_name);
    bool single = kind_name.len == name.len;
    if (!kind || kind->open != (single ? BOOK_OPEN_SINGLE : BOOK_OPEN_AUTOMATIC)) {
        judge_refuse(j, &fault_ledger_account_unknown, name, j->book->id);
        return NULL;
    }
    return judge_open(j, name, kind);
}

static bool usable(Judge *j, const Account *a)
{
    if (a->state == LEDGER_CLOSED)
        return judge_refuse(j, &fault_ledger_account_closed, a->name);
    if (a->state == LEDGER_FROZEN)
        return judge_refuse(j, &fault_ledger_account_frozen, a->name);
    return true;
}

static bool both_usable(Judge *j, const Account *from, const Account *to)
{
    const Account *closed = from->state == LEDGER_CLOSED ? from : to;
    if (closed->state == LEDGER_CLOSED)
        return usable(j, closed);
    return usable(j, from) && usable(j, to);
}

/* ---- Moves. */

Move *judge_push(Judge *j, LedgerOp op, Account *from, Account *to, int64_t amount, Str earmark)
{
    if (j->count == j->capacity) {
        size_t capacity = j->capacity ? j->capacity * 2 : 16;
        Move *wider = arena_new_array(j->arena, Move, capacity);
        check(wider != NULL); /* judge_room was asked, and half of the arena is kept */
        if (j->count)
            memcpy(wider, j->moves, j->count * sizeof *wider);
        j->moves = wider;
        j->capacity = capacity;
    }
    Move *m = &j->moves[j->count];
    *m = (Move){.op = op, .number = j->first + (int64_t)j->count, .from = from, .to = to,
                .amount = amount, .earmark = earmark, .value = INSTANT_NONE,
                .expires = INSTANT_NONE, .day = NO_DAY};
    j->count++;
    return m;
}

void judge_remember_due(Judge *j, Instant due)
{
    if (instant_is_none(j->earliest) || due.us < j->earliest.us)
        j->earliest = due;
}

/* The instant an expiry is valued at: its own, unless that period is closed. */
static Instant expiry_value(const Judge *j, const Account *a, Instant expires)
{
    bool closed = !instant_is_none(a->book->closed_until) &&
                  expires.us < a->book->closed_until.us;
    return closed ? j->now : expires;
}

void judge_expire(Judge *j, Account *a)
{
    Holding *h = judge_draft(j, a);
    uint32_t i = 0;
    while (i < h->lot_count && h->lots[i].expires.us <= j->now.us) {
        Lot lot = h->lots[i];
        const Cell *cell = holding_cell(h, lot.earmark);
        check(cell != NULL);
        int64_t left = cell->posted - cell->held_out;
        int64_t amount = lot.amount < left ? lot.amount : left;
        if (amount <= 0) {
            i++; /* a hold covers it */
            continue;
        }
        Account *to = judge_account(j, a->expires_to);
        check(to != NULL); /* it was opened together with a */
        LotPart *part = arena_new(j->arena, LotPart);
        *part = (LotPart){lot.expires, amount};
        Move *m = judge_push(j, LEDGER_EXPIRY, a, to, amount, lot.earmark);
        m->value = expiry_value(j, a, lot.expires);
        m->taken = part;
        m->taken_count = 1;
        judge_play(j, m);
        h = judge_draft(j, a);
        i += amount < lot.amount;
    }
}

/* ---- Keys. */

/* 1: used for the same (number is set), 0: new, -1: used for another (refused). */
static int judge_key(Judge *j, Value body, const Step *s, uint8_t print[16], int64_t *number)
{
    const Move *mine;
    if (!s->key.len)
        return 0;
    step_print(j->arena, s->op, body, print);
    mine = map_get(&j->keys, s->key);
    bool same = false, found = mine != NULL;
    if (mine) {
        same = memcmp(mine->key_print, print, 16) == 0;
        *number = mine->number;
    } else {
        Rows *r = store_query(j->conn, &sql_key,
                              PARAMS(p_int(j->node), p_text(j->book->id), p_text(s->key)));
        found = rows_next(r);
        if (found) {
            same = str_equal(rows_bytes(r, 0), (Str){(const char *)print, 16});
            *number = rows_int(r, 1);
        }
        rows_close(r);
    }
    if (found && !same)
        judge_refuse(j, &fault_ledger_key_conflict, s->key, judge_number(j, *number));
    return found ? (same ? 1 : -1) : 0;
}

/* What every step may say, on its move. */
static int64_t finish(Judge *j, Move *m, const Step *s, const uint8_t print[16])
{
    m->key = s->key;
    m->about = s->about.len ? s->about : j->default_about;
    m->text = s->text;
    if (s->key.len) {
        Move *kept = arena_new(j->arena, Move);
        memcpy(m->key_print, print, 16);
        *kept = *m;
        map_put(&j->keys, s->key, kept);
    }
    return m->number;
}

/* ---- Parts of the judgement, in their order. */

static bool judge_unit(Judge *j, const Step *s, const Account *from, const Account *to)
{
    if (s->unit.len && !book_unit(j->book->rules, s->unit))
        return judge_refuse(j, &fault_ledger_unit_unknown, str_slice(s->unit, 0, 60));
    if (!str_equal(from->unit, to->unit) || (s->unit.len && !str_equal(s->unit, from->unit)))
        return judge_refuse(j, &fault_ledger_unit_differs, from->unit, to->unit);
    return true;
}

static bool role_fits(const Judge *j, const BookFlow *flow)
{
    bool fits = flow->role_count == 0 || !j->outside;
    for (size_t i = 0; i < flow->role_count && !fits; i++)
        fits = actor_has_role(&j->command->actor, flow->roles[i]);
    return fits;
}

static bool judge_flow(Judge *j, Account *from, Account *to, Str earmark)
{
    const BookKind *giver = judge_kind(j, from), *taker = judge_kind(j, to);
    const BookFlow *flow = giver && taker ? book_flow(j->book->rules, giver, taker) : NULL;
    PurposeSet purpose = 0;
    if (!flow)
        return judge_refuse(j, &fault_ledger_flow_not_allowed, from->kind, to->kind);
    if (!role_fits(j, flow))
        return judge_refuse(j, &fault_ledger_role_refused, from->kind, to->kind);
    if (!book_purpose(j->book->rules, earmark, &purpose))
        return judge_refuse(j, &fault_ledger_earmark_unknown, str_slice(earmark, 0, 60));
    if (!(purpose & flow->purposes & giver->purposes & taker->purposes) ||
        (to->earmark.len && !str_equal(to->earmark, earmark)) ||
        (from->earmark.len && !str_equal(from->earmark, earmark)))
        return judge_refuse(j, &fault_ledger_purpose_refused, earmark.len ? earmark : STR("free"),
                            from->name, to->name);
    return true;
}

static bool judge_value(Judge *j, Instant value, Instant *out)
{
    *out = INSTANT_NONE;
    if (!instant_is_none(value) && value.us > j->now.us)
        return judge_refuse(j, &fault_ledger_value_in_future, instant_shown(j, value));
    Instant valued = instant_is_none(value) ? j->now : value;
    Instant closed = j->book->closed_until;
    if (!instant_is_none(closed) && valued.us < closed.us)
        return judge_refuse(j, &fault_ledger_period_closed, instant_shown(j, closed));
    if (valued.us < j->now.us)
        *out = value;
    return true;
}

static bool judge_parties(Judge *j, const Step *s, Account **from, Account **to)
{
    *from = find_account(j, s->from);
    *to = find_account(j, s->to);
    if (!*from || !*to) {
        if (!judge_name(j, s->from) || !judge_name(j, s->to) ||
            !(*from = judge_account(j, s->from)) || !(*to = judge_account(j, s->to)))
            return false;
    }
    if (*from == *to)
        return judge_refuse(j, &fault_ledger_same_account, (*from)->name);
    return both_usable(j, *from, *to) && judge_unit(j, s, *from, *to) &&
           judge_flow(j, *from, *to, s->earmark);
}

/* ---- Transfer. */

static bool judge_transfer(Judge *j, const Step *s, const uint8_t print[16], int64_t *number)
{
    Account *from, *to;
    Instant value;
    int64_t amount;
    if (!step_amount(j->arena, s->amount_value, &amount, &j->err) ||
        !judge_parties(j, s, &from, &to) || !judge_until(j, from, to, s->until) ||
        !judge_value(j, s->value, &value) || !judge_room(j, from, to))
        return false;
    judge_expire(j, from);
    judge_expire(j, to);
    Move m = {.op = LEDGER_TRANSFER, .from = from, .to = to, .amount = amount,
              .earmark = s->earmark, .value = value, .day = NO_DAY};
    if (!judge_limits(j, &m) || !judge_daily(j, &m, 1))
        return false;
    Move *put = judge_push(j, m.op, from, to, amount, s->earmark);
    put->value = value;
    if (judge_kind(j, to)->daily)
        put->day = ledger_day(instant_is_none(value) ? j->now : value);
    judge_lots(j, put, s->until);
    judge_play(j, put);
    *number = finish(j, put, s, print);
    judge_expire(j, to); /* a back-valued entry may be over already */
    return true;
}

/* ---- Holds. */

static bool judge_holding(Judge *j, const Step *s, const uint8_t print[16], int64_t *number)
{
    Account *from, *to;
    int64_t amount;
    if (!step_amount(j->arena, s->amount_value, &amount, &j->err) ||
        !judge_parties(j, s, &from, &to))
        return false;
    const BookKind *giver = judge_kind(j, from), *taker = judge_kind(j, to);
    if (!giver->holds || !taker->holds || taker->daily)
        return judge_refuse(j, &fault_ledger_hold_not_allowed, from->kind, to->kind);
    if (!instant_is_none(s->expires) && s->expires.us <= j->now.us)
        return judge_refuse(j, &fault_ledger_hold_expiry_past, instant_shown(j, s->expires));
    if (!judge_room(j, from, to))
        return false;
    judge_expire(j, from);
    judge_expire(j, to);
    Move m = {.op = LEDGER_HOLD, .from = from, .to = to, .amount = amount,
              .earmark = s->earmark};
    if (!judge_limits(j, &m))
        return false;
    Move *put = judge_push(j, m.op, from, to, amount, s->earmark);
    put->expires = s->expires;
    put->hold = put->number;
    judge_play(j, put);
    if (!instant_is_none(s->expires))
        judge_remember_due(j, s->expires);
    *number = finish(j, put, s, print);
    Hold *h = arena_new(j->arena, Hold);
    *h = (Hold){.number = put->number, .from = from, .to = to, .amount = amount,
                .earmark = s->earmark, .about = put->about, .expires = s->expires};
    map_put(&j->holds, judge_number(j, h->number), h);
    return true;
}

static Hold *hold_from_row(Judge *j, Rows *r, int64_t number)
{
    Hold *h = arena_new(j->arena, Hold);
    *h = (Hold){.number = number,
                .from = ledger_account_number(j->ledger, rows_int(r, 0)),
                .to = ledger_account_number(j->ledger, rows_int(r, 1)),
                .amount = rows_int(r, 2),
                .posted = rows_int(r, 3),
                .released = rows_int(r, 4),
                .earmark = rows_copy(r, 5, j->arena),
                .expires = rows_instant(r, 6),
                .state = rows_int(r, 7),
                .about = rows_copy(r, 8, j->arena)};
    check(h->from && h->to && h->posted + h->released <= h->amount);
    return h;
}

bool judge_hold(Judge *j, int64_t number, Hold **out)
{
    Str key = judge_number(j, number);
    Hold *h = map_get(&j->holds, key);
    if (!h) {
        Rows *r = store_query(j->conn, &sql_hold, PARAMS(p_int(j->node), p_int(number)));
        if (rows_next(r))
            h = hold_from_row(j, r, number);
        rows_close(r);
    }
    if (!h || h->from->book != j->book)
        return judge_refuse(j, &fault_ledger_hold_unknown, key, j->book->id);
    map_put(&j->holds, key, h);
    *out = h;
    if (h->state == HOLD_EXPIRED ||
        (h->state == HOLD_OPEN && !instant_is_none(h->expires) && h->expires.us <= j->now.us))
        return judge_refuse(j, &fault_ledger_hold_expired, key, instant_shown(j, h->expires));
    if (h->state != HOLD_OPEN)
        return judge_refuse(j, &fault_ledger_hold_ended, key,
                            str_from(hold_state_names[h->state]));
    return true;
}

static Move *push_release(Judge *j, Hold *h, LedgerOp op, int64_t amount, int64_t ends)
{
    Move *m = judge_push(j, op, h->from, h->to, amount, h->earmark);
    m->hold = h->number;
    m->ends = ends != HOLD_OPEN;
    m->about = h->about;
    h->released += amount;
    h->state = ends;
    judge_play(j, m);
    return m;
}

void judge_lapse(Judge *j, Hold *h)
{
    int64_t left = h->amount - h->posted - h->released;
    check(h->state == HOLD_OPEN && left > 0);
    push_release(j, h, LEDGER_LAPSE, left, HOLD_EXPIRED);
    judge_expire(j, h->from);
}

/* The part asked for: all that is left when none is named. */
static bool judge_part(Judge *j, const Step *s, const Hold *h, int64_t *amount)
{
    int64_t left = h->amount - h->posted - h->released;
    check(left > 0); /* a hold that is open has something left */
    if (*amount == 0)
        *amount = left;
    if (*amount <= left)
        return true;
    return judge_refuse(j, &fault_ledger_hold_exceeded, judge_number(j, s->hold),
                        judge_number(j, left), judge_number(j, *amount));
}

static bool judge_post(Judge *j, const Step *s, const uint8_t print[16], int64_t *number)
{
    Hold *h;
    Instant value;
    int64_t amount = 0;
    if ((!value_is_null(s->amount_value) &&
         !step_amount(j->arena, s->amount_value, &amount, &j->err)) ||
        !judge_hold(j, s->hold, &h) || !judge_part(j, s, h, &amount) ||
        !both_usable(j, h->from, h->to) || !judge_until(j, h->from, h->to, s->until) ||
        !judge_value(j, s->value, &value) || !judge_room(j, h->from, h->to))
        return false;
    int64_t left = h->amount - h->posted - h->released - amount;
    Move *m = judge_push(j, LEDGER_POST, h->from, h->to, amount, h->earmark);
    m->hold = h->number;
    m->value = value;
    m->ends = left == 0;
    judge_lots(j, m, s->until);
    judge_play(j, m);
    h->posted += amount;
    if (m->ends)
        h->state = HOLD_POSTED;
    *number = finish(j, m, s, print);
    if (!s->about.len && h->about.len)
        j->moves[j->count - 1].about = h->about;
    if (left > 0 && !s->keep)
        push_release(j, h, LEDGER_RELEASE, left, HOLD_POSTED);
    judge_expire(j, h->from);
    judge_expire(j, h->to);
    return true;
}

static bool judge_release(Judge *j, const Step *s, const uint8_t print[16], int64_t *number)
{
    Hold *h;
    int64_t amount = 0;
    if ((!value_is_null(s->amount_value) &&
         !step_amount(j->arena, s->amount_value, &amount, &j->err)) ||
        !judge_hold(j, s->hold, &h) || !judge_part(j, s, h, &amount) ||
        !judge_room(j, h->from, h->to))
        return false;
    int64_t left = h->amount - h->posted - h->released - amount;
    Str about = h->about;
    Move *m = push_release(j, h, LEDGER_RELEASE, amount,
                           left > 0 ? HOLD_OPEN : h->posted ? HOLD_POSTED : HOLD_RELEASED);
    *number = finish(j, m, s, print);
    if (!s->about.len && about.len)
        m->about = about;
    judge_expire(j, h->from);
    return true;
}

/* ---- Reversal. */

static const LotPart *parts_of(Judge *j, Value list, size_t *count)
{
    LotPart *parts = arena_new_array(j->arena, LotPart, value_count(list) + 1);
    *count = 0;
    for (size_t i = 0; parts && i < value_count(list); i++) {
        Value pair = value_item(list, i);
        int64_t us = 0, amount = 0;
        check(dec_to_int64(value_item(pair, 0).as.number, &us) &&
              dec_to_int64(value_item(pair, 1).as.number, &amount));
        parts[(*count)++] = (LotPart){{us}, amount};
    }
    return parts;
}

/* The old move, turned round: the lots it made are to be taken, those it took to be given. */
static bool read_reversed(Judge *j, int64_t number, Move *m, LedgerOp *op, Instant *value)
{
    Rows *r = store_query(j->conn, &sql_move, PARAMS(p_int(j->node), p_int(number)));
    bool found = rows_next(r);
    if (found) {
        Value lots;
        *op = (LedgerOp)rows_int(r, 0);
        *value = rows_instant(r, 5);
        *m = (Move){.op = LEDGER_REVERSAL,
                    .to = ledger_account_number(j->ledger, rows_int(r, 1)),
                    .from = ledger_account_number(j->ledger, rows_int(r, 2)),
                    .amount = rows_int(r, 3),
                    .earmark = rows_copy(r, 4, j->arena),
                    .reverses = number,
                    .day = NO_DAY};
        check(m->from && m->to);
        if (!rows_is_null(r, 6) && json_parse(j->arena, rows_bytes(r, 6), &lots, NULL)) {
            m->given = parts_of(j, value_field(lots, "taken"), &m->given_count);
            m->taken = parts_of(j, value_field(lots, "given"), &m->taken_count);
        }
    }
    rows_close(r);
    return found;
}

/* A move of this very command can be reversed as well. */
static bool find_reversed(Judge *j, int64_t number, Move *m, LedgerOp *op, Instant *value)
{
    if (number < j->first)
        return read_reversed(j, number, m, op, value);
    if (number >= j->first + (int64_t)j->count)
        return false;
    const Move *old = &j->moves[number - j->first];
    *op = old->op;
    *value = instant_is_none(old->value) ? j->now : old->value;
    *m = (Move){.op = LEDGER_REVERSAL, .from = old->to, .to = old->from, .amount = old->amount,
                .earmark = old->earmark, .reverses = number, .taken = old->given,
                .taken_count = old->given_count, .given = old->taken,
                .given_count = old->taken_count, .day = NO_DAY};
    return true;
}

static bool not_reversed_yet(Judge *j, int64_t number)
{
    Str key = judge_number(j, number);
    int64_t by = 0;
    const Move *mine = map_get(&j->reversed, key);
    if (mine) {
        by = mine->number;
    } else {
        Rows *r = store_query(j->conn, &sql_reversed, PARAMS(p_int(j->node), p_int(number)));
        if (rows_next(r))
            by = rows_int(r, 0);
        rows_close(r);
    }
    return by == 0 ||
           judge_refuse(j, &fault_ledger_already_reversed, key, judge_number(j, by));
}

static bool judge_reversible(Judge *j, const Step *s, Move *m, Instant *old_value)
{
    LedgerOp op = LEDGER_HOLD;
    if (!find_reversed(j, s->move, m, &op, old_value) || m->from->book != j->book)
        return judge_refuse(j, &fault_ledger_move_unknown, judge_number(j, s->move), j->book->id);
    if (op != LEDGER_TRANSFER && op != LEDGER_POST)
        return judge_refuse(j, &fault_ledger_move_not_reversible, judge_number(j, s->move),
                            str_from(ledger_op_name(op)));
    return not_reversed_yet(j, s->move);
}

/* Did the old move count for a day of the account that gives it back? */
static bool day_counted(Judge *j, const Account *a, int64_t day)
{
    Rows *r = store_query(j->conn, &sql_day,
                          PARAMS(p_int(j->node), p_int(a->number), p_int(day)));
    bool found = rows_next(r);
    rows_close(r);
    return found || map_has(&j->days, arena_printf(j->arena, "%lld %lld", (long long)a->number,
                                                   (long long)day));
}

static bool judge_reversal(Judge *j, const Step *s, const uint8_t print[16], int64_t *number)
{
    Move m;
    Instant old_value, value;
    if (!judge_reversible(j, s, &m, &old_value) || !both_usable(j, m.from, m.to) ||
        !judge_value(j, s->value, &value) || !judge_room(j, m.from, m.to))
        return false;
    judge_expire(j, m.from);
    judge_expire(j, m.to);
    if (!judge_limits(j, &m))
        return false;
    if (day_counted(j, m.from, ledger_day(old_value))) {
        m.day = ledger_day(old_value);
        judge_daily(j, &m, -1);
    }
    Move *put = judge_push(j, m.op, m.from, m.to, m.amount, m.earmark);
    m.number = put->number;
    m.value = value;
    m.expires = INSTANT_NONE;
    *put = m;
    judge_lots(j, put, INSTANT_NONE);
    judge_play(j, put);
    *number = finish(j, put, s, print);
    Move *kept = arena_new(j->arena, Move);
    *kept = *put;
    map_put(&j->reversed, judge_number(j, s->move), kept);
    judge_expire(j, m.to); /* what comes back may be over */
    return true;
}

bool judge_step(Judge *j, Value body, const Step *s, int64_t *number)
{
    uint8_t print[16] = {0};
    if (!judge_room(j, NULL, NULL))
        return false;
    int used = judge_key(j, body, s, print, number);
    if (used != 0)
        return used > 0;
    switch (s->op) {
    case LEDGER_TRANSFER: return judge_transfer(j, s, print, number);
    case LEDGER_HOLD: return judge_holding(j, s, print, number);
    case LEDGER_POST: return judge_post(j, s, print, number);
    case LEDGER_RELEASE: return judge_release(j, s, print, number);
    case LEDGER_REVERSAL: return judge_reversal(j, s, print, number);
    default: check(!"a step is one of these"); return false;
    }
}
