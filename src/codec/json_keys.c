/* json_keys.c - finds a key that stands twice in one object.
 *
 * RFC 8259 leaves duplicate keys to the implementation; two readers that pick different
 * occurrences are how a checked document and an executed one come to differ, so we refuse them.
 * The search must stay cheap for the ordinary object and must not become quadratic for one made
 * by an enemy:
 *
 *   up to 16 keys    every pair is compared: a handful of lengths and first bytes
 *   more             hash table, open addressing, at most half full
 *   hash is attacked the table may look at 16 slots a key on average; past that budget the keys
 *                    are sorted by their bytes and neighbours compared: n log n whatever the keys
 *
 * Both ways answer the first key, in the order of the text, that stood before. */
#include "codec/json_int.h"

#include <stdlib.h>

#include "base/check.h"

#define PAIRS_MAX 16u
#define SLOTS_ON_STACK 1024u
#define PROBES_PER_KEY 16u

static ptrdiff_t duplicate_by_pairs(const ValueEntry *entries, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (str_equal(entries[i].key, entries[j].key))
                return (ptrdiff_t)i;
    return -1;
}

/* By bytes, then by place. */
static int compare_keys(const void *left, const void *right)
{
    const ValueEntry *a = *(const ValueEntry *const *)left;
    const ValueEntry *b = *(const ValueEntry *const *)right;
    int order = str_compare(a->key, b->key);
    return order != 0 ? order : (a > b) - (a < b);
}

static ptrdiff_t duplicate_by_sorting(Arena *a, const ValueEntry *entries, size_t count)
{
    const ValueEntry **sorted = arena_new_array(a, const ValueEntry *, count);
    if (sorted == NULL || arena_failed(a))
        return -1;
    for (size_t i = 0; i < count; i++)
        sorted[i] = &entries[i];
    qsort(sorted, count, sizeof *sorted, compare_keys);
    ptrdiff_t first = -1;
    for (size_t i = 1; i < count; i++) {
        ptrdiff_t at = sorted[i] - entries;
        if (str_equal(sorted[i - 1]->key, sorted[i]->key) && (first < 0 || at < first))
            first = at;
    }
    return first;
}

/* *spent: the probes passed the budget and the answer means nothing. */
static ptrdiff_t duplicate_by_hashing(const ValueEntry *entries, size_t count, uint32_t *slots,
                                      size_t slot_count, bool *spent)
{
    size_t budget = count * PROBES_PER_KEY;
    for (size_t i = 0; i < count; i++) {
        size_t at = (size_t)str_hash(entries[i].key) & (slot_count - 1);
        for (; slots[at] != 0; at = (at + 1) & (slot_count - 1)) {
            if (str_equal(entries[slots[at] - 1].key, entries[i].key))
                return (ptrdiff_t)i;
            if (budget-- == 0) {
                *spent = true;
                return -1;
            }
        }
        slots[at] = (uint32_t)(i + 1);
    }
    return -1;
}

ptrdiff_t json_duplicate_key(Arena *a, const ValueEntry *entries, size_t count)
{
    if (count <= PAIRS_MAX)
        return duplicate_by_pairs(entries, count);
    check(count < UINT32_MAX / 2);
    size_t slot_count = 2 * PAIRS_MAX;
    while (slot_count < 2 * count)
        slot_count *= 2;
    uint32_t on_stack[SLOTS_ON_STACK];
    uint32_t *slots = on_stack;
    if (slot_count > SLOTS_ON_STACK)
        slots = arena_new_array(a, uint32_t, slot_count);
    else
        for (size_t i = 0; i < slot_count; i++)
            on_stack[i] = 0;
    if (slots == NULL || arena_failed(a))
        return -1;
    bool spent = false;
    ptrdiff_t found = duplicate_by_hashing(entries, count, slots, slot_count, &spent);
    return spent ? duplicate_by_sorting(a, entries, count) : found;
}
