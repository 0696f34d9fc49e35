/* table_sweep.c - gaps, overlaps and unreached rules of a table, by descending through its columns.
 *
 * A state is a column and the set of rules that are still alive: those that accepted the atoms
 * chosen so far. Choosing an atom of the next column keeps the rules that accept it:
 *
 *     {1,2,3,4} --age < 18--> {1,2} --income < 2500--> {1}      one rule: fine
 *                                   --income >= 2500-> {}       none: a gap, with its witness
 *               --age 18---> {2,3} ...                          two at the end: an overlap
 *
 * So boxes of inputs are split only where rules differ, never into the cross product of atoms:
 *   - an empty set is a gap at once, whatever the columns left are;
 *   - a set with a rule that has only "-" left has no gap below it, and without two rules in
 *     conflict no overlap: the descent ends;
 *   - a state seen before is not entered again, and atoms that keep the same set count once.
 * The number of states is that of distinct pairs (column, set), in practice a few times the number
 * of rules; a state costs (atoms of the column) x (rules / 64) steps. A table built to be nasty
 * has exponentially many states, hence DMN_CHECK_STEPS_MAX: when it is reached the sweep ends and
 * says so. What it has told by then is true.
 *
 * Rules with computed cells take no part. The columns are taken in the order of the table. */
#include "lang/dmn/table_check_int.h"

#include <string.h>

#define SWEEP_STATES_MAX 200000u
#define SWEEP_SLOTS_MIN 1024u /* hash table of states, at most half full */

typedef struct SweepState {
    uint64_t *set;
    uint32_t dimension;
    uint64_t hash;
} SweepState;

typedef struct SweepWalk {
    TableSweep *sweep;
    const TableSpace *space;
    size_t words;
    uint64_t *open;     /* by dimension: rules with only "-" (or every atom) from there on */
    uint32_t *slots;    /* 1 + index of a state; 0: free */
    size_t slot_count;  /* a power of two */
    SweepState *states; /* half as many as slots */
    size_t state_count;
    size_t *atoms; /* the witness */
} SweepWalk;

static size_t set_count(const uint64_t *set, size_t words) {
    size_t count = 0;
    for (size_t i = 0; i < words; i++) count += (size_t)__builtin_popcountll(set[i]);
    return count;
}

static size_t set_first(const uint64_t *set, size_t words) {
    for (size_t i = 0; i < words; i++)
        if (set[i] != 0) return i * 64 + (size_t)__builtin_ctzll(set[i]);
    return words * 64;
}

static bool set_meets(const uint64_t *a, const uint64_t *b, size_t words) {
    for (size_t i = 0; i < words; i++)
        if ((a[i] & b[i]) != 0) return true;
    return false;
}

static uint64_t set_hash(const uint64_t *set, size_t words, uint64_t seed) {
    uint64_t h = seed * 0x9E3779B97F4A7C15ull + 1;
    for (size_t i = 0; i < words; i++) {
        h = (h ^ set[i]) * 0xBF58476D1CE4E5B9ull;
        h ^= h >> 29;
    }
    return h;
}

static size_t state_slot(const SweepWalk *w, const uint64_t *set, size_t dimension,
                         uint64_t hash) {
    size_t at = hash & (w->slot_count - 1);
    for (; w->slots[at] != 0; at = (at + 1) & (w->slot_count - 1)) {
        const SweepState *s = &w->states[w->slots[at] - 1];
        if (s->hash == hash && s->dimension == dimension &&
            memcmp(s->set, set, w->words * sizeof *set) == 0)
            break;
    }
    return at;
}

static bool states_grow(SweepWalk *w) {
    size_t count = w->slot_count == 0 ? SWEEP_SLOTS_MIN : w->slot_count * 2;
    SweepState *states = arena_new_array(w->sweep->arena, SweepState, count / 2);
    uint32_t *slots = arena_new_array(w->sweep->arena, uint32_t, count);
    if (states == NULL || slots == NULL || arena_failed(w->sweep->arena)) return false;
    if (w->state_count > 0) memcpy(states, w->states, w->state_count * sizeof *states);
    w->states = states;
    w->slots = slots;
    w->slot_count = count;
    for (size_t i = 0; i < w->state_count; i++) {
        const SweepState *s = &states[i];
        slots[state_slot(w, s->set, s->dimension, s->hash)] = (uint32_t)i + 1;
    }
    return true;
}

/* Remember a state; false when it was there, or when the limit is reached. */
static bool state_enter(SweepWalk *w, const uint64_t *set, size_t dimension) {
    uint64_t hash = set_hash(set, w->words, dimension + 1);
    if (w->state_count * 2 >= w->slot_count &&
        (w->state_count >= SWEEP_STATES_MAX || !states_grow(w))) {
        w->sweep->stopped = true;
        return false;
    }
    size_t at = state_slot(w, set, dimension, hash);
    if (w->slots[at] != 0) return false;
    uint64_t *kept = arena_new_array(w->sweep->arena, uint64_t, w->words);
    if (kept == NULL || arena_failed(w->sweep->arena)) {
        w->sweep->stopped = true;
        return false;
    }
    memcpy(kept, set, w->words * sizeof *set);
    w->states[w->state_count] = (SweepState){kept, (uint32_t)dimension, hash};
    w->slots[at] = (uint32_t)++w->state_count;
    return true;
}

/* Two rules of a set that may not be hit together. */
static void sweep_pairs(SweepWalk *w, const uint64_t *set) {
    size_t first = set_first(set, w->words);
    for (size_t i = first + 1; i < w->words * 64; i++)
        if ((set[i / 64] >> (i % 64) & 1) != 0) {
            w->sweep->pair(w->sweep->context, first, i, w->atoms);
            first = i;
        }
}

/* Is everything below this state known? Tells what is found here. */
static bool sweep_settled(SweepWalk *w, const uint64_t *set, size_t dimension) {
    TableSweep *s = w->sweep;
    size_t alive = set_count(set, w->words), first = set_first(set, w->words);
    const uint64_t *open = w->open + dimension * w->words;
    bool covered = alive > 0 && set_meets(set, open, w->words);
    if (alive == 0) {
        if (s->wants_gaps) s->gap(s->context, w->atoms);
        return true;
    }
    if (dimension == w->space->dimension_count) {
        if (s->wants_pairs && alive > 1) sweep_pairs(w, set);
        if (s->wants_reached) s->reached[first / 64] |= 1ull << (first % 64);
        return true;
    }
    bool pairs = s->wants_pairs && alive > 1;
    bool lead = (open[first / 64] >> (first % 64) & 1) != 0;
    if (s->wants_reached && lead) s->reached[first / 64] |= 1ull << (first % 64);
    bool reached = s->wants_reached && !lead;
    return (covered || !s->wants_gaps) && !pairs && !reached;
}

static void sweep_state(SweepWalk *w, const uint64_t *set, size_t dimension) {
    TableSweep *s = w->sweep;
    if (s->stopped || sweep_settled(w, set, dimension) || !state_enter(w, set, dimension)) return;
    const TableDimension *d = &w->space->dimensions[dimension];
    uint64_t *next = arena_new_array(s->arena, uint64_t, w->words);
    bool empty = false, was_empty = false;
    for (size_t a = 0; next != NULL && a < d->atom_count && !s->stopped; a++) {
        for (size_t i = 0; i < w->words; i++) next[i] = set[i] & d->accepts[a * w->words + i];
        s->steps += w->words;
        if (s->steps > DMN_CHECK_STEPS_MAX) s->stopped = true;
        /* Neighbouring atoms without a rule are one gap. */
        was_empty = empty;
        empty = set_count(next, w->words) == 0;
        if (empty && was_empty) continue;
        w->atoms[dimension] = a;
        sweep_state(w, next, dimension + 1);
    }
    w->atoms[dimension] = 0;
}

/* The rules that accept every atom of the dimension and of all behind it. */
static void sweep_open(SweepWalk *w) {
    size_t count = w->space->dimension_count;
    memset(w->open + count * w->words, 0xFF, w->words * sizeof *w->open);
    for (size_t i = count; i-- > 0;) {
        const TableDimension *d = &w->space->dimensions[i];
        uint64_t *open = w->open + i * w->words;
        memcpy(open, open + w->words, w->words * sizeof *open);
        for (size_t a = 0; a < d->atom_count; a++)
            for (size_t k = 0; k < w->words; k++) open[k] &= d->accepts[a * w->words + k];
    }
}

void table_sweep(TableSweep *s) {
    const TableSpace *space = s->space;
    SweepWalk w = {.sweep = s, .space = space, .words = space->words};
    size_t dimensions = space->dimension_count;
    w.open = arena_new_array(s->arena, uint64_t, (dimensions + 1) * w.words + 1);
    w.atoms = arena_new_array(s->arena, size_t, dimensions + 1);
    s->reached = arena_new_array(s->arena, uint64_t, w.words + 1);
    if (arena_failed(s->arena)) {
        s->stopped = true;
        return;
    }
    sweep_open(&w);
    sweep_state(&w, space->usable, 0);
}
