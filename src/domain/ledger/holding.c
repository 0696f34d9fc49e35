/* holding.c - what one account has, and how one side of a move changes it.
 *
 *     Holding   posted, held_out, held_in            the totals
 *       ├─ free      the cell without an earmark
 *       ├─ marked[]  a cell for every earmark that ever came in
 *       └─ lots[]    what is valid until an instant:  expires | earmark | amount
 *
 * The same functions play a move on the drafts of a decision, on the caches when it is applied,
 * and on the fold that judges the invariants. They never refuse: whether a move may be played was
 * judged before. What one operation does:
 *
 *                     giver                          taker
 *     posting op      posted - a                     posted + a       (transfer, post, reversal,
 *     hold            held_out + a                   held_in + a       expiry)
 *     post, release,  held_out - a                   held_in - a
 *     lapse
 *
 * so at every moment the sum of posted over all accounts of a unit and an earmark is zero, and
 * the sums of held_out and held_in are equal. */
#include "domain/ledger/ledger_int.h"

#include <string.h>

#include "base/check.h"

static const struct {
    LedgerOp op;
    const char *name;
} op_names[] = {
#define OP_ROW(name, number, text) {LEDGER_##name, text},
    LEDGER_OPS(OP_ROW)
};

const char *ledger_op_name(LedgerOp op)
{
    for (size_t i = 0; i < sizeof op_names / sizeof op_names[0]; i++)
        if (op_names[i].op == op)
            return op_names[i].name;
    return "unknown";
}

bool ledger_op_posts(LedgerOp op)
{
    return op == LEDGER_TRANSFER || op == LEDGER_POST || op == LEDGER_REVERSAL ||
           op == LEDGER_EXPIRY;
}

const char *ledger_account_state_name(LedgerAccountState state)
{
    static const char *const names[] = {"open", "frozen", "closed"};
    return names[state];
}

/* ---- Cells. */

Cell *holding_cell(Holding *h, Str earmark)
{
    if (!earmark.len)
        return &h->free;
    for (uint32_t i = 0; i < h->marked_count; i++)
        if (str_equal(h->marked[i].earmark, earmark))
            return &h->marked[i];
    return NULL;
}

Cell *holding_cell_make(Arena *a, Holding *h, Str earmark)
{
    Cell *cell = holding_cell(h, earmark);
    if (cell)
        return cell;
    if (h->marked_count == h->marked_capacity) {
        uint32_t capacity = h->marked_capacity ? h->marked_capacity * 2 : 2;
        Cell *wider = arena_new_array(a, Cell, capacity);
        check(wider != NULL); /* a few hundred bytes */
        if (h->marked_count)
            memcpy(wider, h->marked, h->marked_count * sizeof *wider);
        h->marked = wider;
        h->marked_capacity = capacity;
    }
    cell = &h->marked[h->marked_count++];
    *cell = (Cell){.earmark = earmark};
    return cell;
}

Holding *holding_copy(Arena *a, const Holding *from)
{
    Holding *h = arena_new(a, Holding);
    *h = *from;
    h->marked_capacity = from->marked_count;
    h->lot_capacity = from->lot_count;
    if (from->marked_count) {
        h->marked = arena_new_array(a, Cell, from->marked_count);
        if (h->marked)
            memcpy(h->marked, from->marked, from->marked_count * sizeof *h->marked);
        else
            h->marked_count = h->marked_capacity = 0; /* the arena has failed */
    }
    if (from->lot_count) {
        h->lots = arena_new_array(a, Lot, from->lot_count);
        if (h->lots)
            memcpy(h->lots, from->lots, from->lot_count * sizeof *h->lots);
        else
            h->lot_count = h->lot_capacity = 0;
    }
    return h;
}

void holding_play(Holding *h, Cell *cell, LedgerOp op, bool gives, int64_t amount)
{
    int64_t posted = ledger_op_posts(op) ? (gives ? -amount : amount) : 0;
    int64_t held = op == LEDGER_HOLD ? amount : -amount;
    if (op != LEDGER_HOLD && op != LEDGER_POST && op != LEDGER_RELEASE && op != LEDGER_LAPSE)
        held = 0;
    check(amount > 0 && amount <= LEDGER_AMOUNT_MAX);
    cell->posted += posted;
    h->posted += posted;
    *(gives ? &cell->held_out : &cell->held_in) += held;
    *(gives ? &h->held_out : &h->held_in) += held;
}

/* ---- Lots. */

static int lot_compare(const Lot *lot, Str earmark, Instant expires)
{
    if (lot->expires.us != expires.us)
        return lot->expires.us < expires.us ? -1 : 1;
    return str_compare(lot->earmark, earmark);
}

/* Index of the lot, or where it would stand. */
static uint32_t lot_place(const Holding *h, Str earmark, Instant expires, bool *there)
{
    uint32_t low = 0, high = h->lot_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (lot_compare(&h->lots[middle], earmark, expires) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *there = low < h->lot_count && lot_compare(&h->lots[low], earmark, expires) == 0;
    return low;
}

void holding_lot_add(Arena *a, Holding *h, Str earmark, LotPart part)
{
    bool there;
    uint32_t at = lot_place(h, earmark, part.expires, &there);
    if (there) {
        h->lots[at].amount += part.amount;
        return;
    }
    if (h->lot_count == h->lot_capacity) {
        uint32_t capacity = h->lot_capacity ? h->lot_capacity * 2 : 2;
        Lot *wider = arena_new_array(a, Lot, capacity);
        if (!wider)
            return; /* the arena has failed, and the command with it */
        if (h->lot_count)
            memcpy(wider, h->lots, h->lot_count * sizeof *wider);
        h->lots = wider;
        h->lot_capacity = capacity;
    }
    memmove(&h->lots[at + 1], &h->lots[at], (h->lot_count - at) * sizeof *h->lots);
    h->lots[at] = (Lot){earmark, part.expires, part.amount};
    h->lot_count++;
}

bool holding_lot_take(Holding *h, Str earmark, LotPart part)
{
    bool there;
    uint32_t at = lot_place(h, earmark, part.expires, &there);
    if (!there || h->lots[at].amount < part.amount)
        return false;
    h->lots[at].amount -= part.amount;
    if (h->lots[at].amount == 0) {
        h->lot_count--;
        memmove(&h->lots[at], &h->lots[at + 1], (h->lot_count - at) * sizeof *h->lots);
    }
    return true;
}

int64_t holding_overdue(const Holding *h, Str earmark, Instant now)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < h->lot_count && h->lots[i].expires.us <= now.us; i++)
        if (str_equal(h->lots[i].earmark, earmark))
            sum += h->lots[i].amount;
    return sum;
}
