/* limits.c - the limits of accounts, and playing a judged move on the drafts.
 *
 * Let posted, out, in be what an account has posted, holds out of itself and holds coming in, all
 * of it (A) or of one purpose (p), and a the amount:
 *
 *     floor (giver)   free part:      posted(free) - out(free) - a >= floor
 *                     a purpose:      posted(p) - out(p) - a >= 0
 *     cap (taker)     posted(A) + in(A) + a <= cap
 *     daily (taker)   what came in on that day of China + a <= daily
 *
 * A hold is judged like a transfer, so what was held can always be posted: posting needs no limit
 * but that of the hold itself. An overdraft (floor below zero) is for free money only: it is never
 * covered by what is meant for a purpose. An account without floor is a source: what it has given
 * stands there as a negative balance, purpose by purpose.
 *
 * Lots. An account whose kind has an expiry keeps what it has in lots. What leaves takes the lots
 * that end first; into another account with expiry they go with their own end, so that passing on
 * never makes anything valid for longer; elsewhere they dissolve. What did not come from a lot
 * gets its end by the rule of the kind. What entered before the kind had an expiry has none. A
 * reversal gives back the very lots that were taken. */
#include "domain/ledger/ledger_int.h"

#include "base/check.h"

static const Sql sql_day = {
    "SELECT amount FROM ledger_day WHERE node = ?1 AND account = ?2 AND day = ?3"};

static bool too_large(int64_t n)
{
    return n > LEDGER_AMOUNT_MAX || n < -LEDGER_AMOUNT_MAX;
}

static Str shown(Judge *j, const Account *a, int64_t amount)
{
    Buf text = buf_new(j->arena, 40);
    ledger_amount_write(amount, ledger_book_scale(j->book->rules, a->unit), &text);
    buf_add_char(&text, ' ');
    buf_add(&text, ledger_book_symbol(j->book->rules, a->unit));
    return buf_text(&text);
}

static bool judge_overflow(Judge *j, const Move *m, const Holding *giver, const Cell *given,
                           const Holding *taker, const Cell *taken)
{
    bool hold = m->op == LEDGER_HOLD;
    int64_t a = m->amount;
    if (too_large(hold ? giver->held_out + a : giver->posted - a) ||
        too_large(hold ? given->held_out + a : given->posted - a))
        return judge_refuse(j, &fault_ledger_overflow, m->from->name);
    if (too_large(taker->posted + taker->held_in + a) ||
        too_large(taken->posted + taken->held_in + a) || too_large(taker->held_in + a))
        return judge_refuse(j, &fault_ledger_overflow, m->to->name);
    return true;
}

static bool judge_floor(Judge *j, const Move *m, const Holding *giver, const Cell *given)
{
    const Account *from = m->from;
    if (!from->has_floor)
        return true;
    int64_t floor = m->earmark.len ? 0 : from->floor;
    int64_t left = given->posted - given->held_out - floor;
    int64_t all = giver->posted - giver->held_out - from->floor;
    if (left >= m->amount)
        return true;
    if (all >= m->amount)
        return judge_refuse(j, &fault_ledger_purpose_insufficient, from->name,
                            shown(j, from, left), shown(j, from, m->amount),
                            m->earmark.len ? m->earmark : STR("free"));
    return judge_refuse(j, &fault_ledger_insufficient, from->name, shown(j, from, all),
                        shown(j, from, m->amount));
}

/* Half of the arena is for drafts and moves, the other half for the event and its record. */
#define ROOM_BYTES (CORE_COMMAND_ARENA / 2)

static size_t need_of(const Account *a)
{
    if (!a)
        return 0;
    return 1024 + 160 * (size_t)a->holding.lot_count + 100 * (size_t)a->holding.marked_count;
}

bool judge_has_room(Judge *j, Account *from, Account *to)
{
    return !arena_failed(j->arena) &&
           arena_used_bytes(j->arena) + need_of(from) + need_of(to) + 8192 <= ROOM_BYTES;
}

bool judge_room(Judge *j, Account *from, Account *to)
{
    return judge_has_room(j, from, to) ||
           judge_refuse(j, &fault_out_of_memory, STR("ledger"));
}

bool judge_limits(Judge *j, const Move *m)
{
    static const Cell nothing;
    Holding *giver = judge_draft(j, m->from), *taker = judge_draft(j, m->to);
    const Cell *given = holding_cell(giver, m->earmark), *taken = holding_cell(taker, m->earmark);
    if (!given)
        given = &nothing;
    if (!taken)
        taken = &nothing;
    if (!judge_overflow(j, m, giver, given, taker, taken) || !judge_floor(j, m, giver, given))
        return false;
    int64_t would = taker->posted + taker->held_in + m->amount;
    if (m->to->has_cap && would > m->to->cap)
        return judge_refuse(j, &fault_ledger_cap_exceeded, m->to->name,
                            shown(j, m->to, m->to->cap), shown(j, m->to, would));
    if (m->op != LEDGER_HOLD && m->to->expires_to.len && taker->lot_count >= LEDGER_LOTS_MAX)
        return judge_refuse(j, &fault_ledger_too_many_lots, m->to->name,
                            judge_number(j, (int64_t)LEDGER_LOTS_MAX));
    return true;
}

/* ---- The day. */

static int64_t *day_sum(Judge *j, const Account *a, int64_t day)
{
    Str key = arena_printf(j->arena, "%lld %lld", (long long)a->number, (long long)day);
    int64_t *sum = map_get(&j->days, key);
    if (sum)
        return sum;
    sum = arena_new(j->arena, int64_t);
    Rows *r = store_query(j->conn, &sql_day,
                          PARAMS(p_int(j->node), p_int(a->number), p_int(day)));
    *sum = rows_next(r) ? rows_int(r, 0) : 0;
    rows_close(r);
    map_put(&j->days, key, sum);
    return sum;
}

bool judge_daily(Judge *j, const Move *m, int64_t sign)
{
    if (sign < 0) {
        *day_sum(j, m->from, m->day) -= m->amount;
        return true;
    }
    int64_t limit = judge_kind(j, m->to)->daily;
    if (!limit)
        return true;
    Instant value = instant_is_none(m->value) ? j->now : m->value;
    int64_t day = ledger_day(value);
    int64_t *sum = day_sum(j, m->to, day);
    if (*sum + m->amount > limit) {
        Buf date = buf_new(j->arena, 12);
        day_write((Day){day}, &date);
        return judge_refuse(j, &fault_ledger_daily_exceeded, m->to->name,
                            shown(j, m->to, limit), shown(j, m->to, *sum + m->amount),
                            buf_text(&date));
    }
    *sum += m->amount;
    return true;
}

/* ---- Lots. */

/* Does what enters have to say until when? */
bool judge_until(Judge *j, Account *from, Account *to, Instant until)
{
    const BookKind *kind = judge_kind(j, to);
    bool needed = kind && kind->expiry.rule == EXPIRY_GIVEN && to->expires_to.len &&
                  !from->expires_to.len;
    bool fine = needed ? !instant_is_none(until) && until.us > j->now.us : instant_is_none(until);
    return fine || judge_refuse(j, &fault_ledger_until_invalid, to->kind);
}

/* Room for parts: of all lots of the earmark and a few more. */
typedef struct PartList {
    LotPart *parts;
    size_t count;
} PartList;

static void part_add(PartList *list, Instant expires, int64_t amount)
{
    if (list->count && list->parts[list->count - 1].expires.us == expires.us)
        list->parts[list->count - 1].amount += amount;
    else
        list->parts[list->count++] = (LotPart){expires, amount};
}

/* Take `wish` (parts of certain ends) as far as they are there, then what ends first. */
static PartList take_parts(Judge *j, const Holding *h, const Move *m)
{
    PartList list = {arena_new_array(j->arena, LotPart, h->lot_count + 1), 0};
    int64_t left = m->amount;
    int64_t *taken = arena_new_array(j->arena, int64_t, h->lot_count + 1);
    if (!list.parts || !taken)
        return (PartList){0};
    for (size_t w = 0; w < m->taken_count; w++)
        for (uint32_t i = 0; i < h->lot_count; i++) {
            const Lot *lot = &h->lots[i];
            if (lot->expires.us != m->taken[w].expires.us || !str_equal(lot->earmark, m->earmark))
                continue;
            int64_t amount = m->taken[w].amount < lot->amount ? m->taken[w].amount : lot->amount;
            taken[i] += amount < left ? amount : left;
            left -= amount < left ? amount : left;
        }
    for (uint32_t i = 0; i < h->lot_count; i++) {
        if (!str_equal(h->lots[i].earmark, m->earmark))
            continue;
        int64_t amount = h->lots[i].amount - taken[i];
        amount = amount < left ? amount : left;
        left -= amount;
        if (taken[i] + amount > 0)
            part_add(&list, h->lots[i].expires, taken[i] + amount);
    }
    return list;
}

static void give_by_rule(Judge *j, const Move *m, const BookKind *kind, Instant until,
                         int64_t amount, PartList *list)
{
    Instant value = instant_is_none(m->value) ? j->now : m->value, end = until;
    if (!kind || kind->expiry.rule == EXPIRY_NONE || amount <= 0)
        return;
    if (kind->expiry.rule != EXPIRY_GIVEN)
        end = book_expires(&kind->expiry, value);
    if (!instant_is_none(end))
        part_add(list, end, amount);
}

void judge_lots(Judge *j, Move *m, Instant until)
{
    const Holding *h = judge_draft(j, m->from);
    bool back = m->op == LEDGER_REVERSAL;
    PartList taken = {NULL, 0}, given = {NULL, 0};
    if (h->lot_count)
        taken = take_parts(j, h, m);
    if (m->to->expires_to.len && !back) {
        int64_t rest = m->amount;
        given.parts = arena_new_array(j->arena, LotPart, taken.count + 1);
        for (size_t i = 0; given.parts && i < taken.count; i++) {
            part_add(&given, taken.parts[i].expires, taken.parts[i].amount);
            rest -= taken.parts[i].amount;
        }
        if (given.parts)
            give_by_rule(j, m, judge_kind(j, m->to), until, rest, &given);
        m->given = given.parts;
        m->given_count = given.count;
    }
    m->taken = taken.parts;
    m->taken_count = taken.count;
    for (size_t i = 0; i < m->given_count; i++)
        if (m->given[i].expires.us > j->now.us)
            judge_remember_due(j, m->given[i].expires);
}

/* ---- Playing. */

void judge_play(Judge *j, const Move *m)
{
    Holding *giver = judge_draft(j, m->from), *taker = judge_draft(j, m->to);
    if (arena_failed(j->arena))
        return;
    holding_play(giver, holding_cell_make(j->arena, giver, m->earmark), m->op, true, m->amount);
    holding_play(taker, holding_cell_make(j->arena, taker, m->earmark), m->op, false, m->amount);
    for (size_t i = 0; i < m->taken_count; i++)
        check(holding_lot_take(giver, m->earmark, m->taken[i]));
    for (size_t i = 0; i < m->given_count; i++)
        holding_lot_add(j->arena, taker, m->earmark, m->given[i]);
}
