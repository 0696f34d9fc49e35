/* A hash table that keeps the order of insertion.
 *
 *     entries   [ key value | key value | key value | ... ]   in order, count of them
 *     slots     [ 0  2  0  0  1  3  0  0 ]                     index + 1, or 0: free
 *
 * Up to MAP_SCAN_MAX entries there are no slots and the entries are compared one by one, which
 * is faster for the small contexts that most maps are. Beyond that slots are probed linearly
 * from the key's hash; at least half of them are free, so a probe ends.
 *
 * A map whose arena has no more memory stays as it was before the put; the arena's failed mark
 * tells. Invariant: slot_count is 0 or a power of two that is at least twice the capacity of
 * entries. */
#include "base/map.h"

#include <string.h>

#include "base/arena_int.h"
#include "base/check.h"

#define MAP_SCAN_MAX 8u

Map map_new(Arena *a)
{
    return (Map){.arena = a};
}

/* The slot where key stands or may be put. */
static size_t find_slot(const Map *m, Str key)
{
    size_t mask = m->slot_count - 1;
    size_t slot = (size_t)str_hash(key) & mask;
    while (m->slots[slot] != 0 && !str_equal(m->entries[m->slots[slot] - 1].key, key)) {
        slot = (slot + 1) & mask;
    }
    return slot;
}

ptrdiff_t map_index(const Map *m, Str key)
{
    if (m->slot_count > 0) return (ptrdiff_t)m->slots[find_slot(m, key)] - 1;
    for (size_t i = 0; i < m->count; i++) {
        if (str_equal(m->entries[i].key, key)) return (ptrdiff_t)i;
    }
    return -1;
}

void *map_get(const Map *m, Str key)
{
    ptrdiff_t index = map_index(m, key);
    return index < 0 ? NULL : m->entries[index].value;
}

bool map_has(const Map *m, Str key)
{
    return map_index(m, key) >= 0;
}

/* Room for one entry more, with slots for the new capacity; false without memory. */
static bool make_room(Map *m)
{
    if (m->count < m->capacity) return true;
    /* Slots are 32 bits wide; no arena of ours is allowed the 48 GiB that this would take. */
    check(m->capacity < UINT32_MAX / 4);
    size_t capacity = m->capacity ? m->capacity * 2 : MAP_SCAN_MAX;
    size_t slot_count = capacity > MAP_SCAN_MAX ? capacity * 2 : 0;
    uint32_t *slots = NULL;
    MapEntry *entries = arena_grow(m->arena, m->entries, m->capacity * sizeof(MapEntry),
                                   capacity * sizeof(MapEntry));
    if (entries && slot_count) {
        slots = arena_take_raw(m->arena, slot_count * sizeof(uint32_t));
    }
    if (!entries || (slot_count && !slots)) return false;
    m->entries = entries;
    m->capacity = capacity;
    m->slots = slots;
    m->slot_count = slot_count;
    if (slots) memset(slots, 0, slot_count * sizeof(uint32_t));
    for (size_t i = 0; slots && i < m->count; i++) {
        slots[find_slot(m, entries[i].key)] = (uint32_t)(i + 1);
    }
    return true;
}

void *map_put(Map *m, Str key, void *value)
{
    ptrdiff_t index = map_index(m, key);
    if (index >= 0) {
        void *former = m->entries[index].value;
        m->entries[index].value = value;
        return former;
    }
    if (!make_room(m)) return NULL;
    if (m->slot_count > 0) m->slots[find_slot(m, key)] = (uint32_t)(m->count + 1);
    m->entries[m->count++] = (MapEntry){key, value};
    check(m->count <= m->capacity);
    return NULL;
}
