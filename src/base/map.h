/* map.h - from text to pointer, in an arena.
 *
 * Open addressing, insertion order kept: entry i is the i-th key ever put. Keys are borrowed.
 * There is no removal. Floor 0. One thread writes; a map that is no longer written may be read
 * by many. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/arena.h"

typedef struct MapEntry {
    Str key;
    void *value;
} MapEntry;

typedef struct Map {
    Arena *arena;
    MapEntry *entries; /* count of them, in the order of insertion */
    uint32_t *slots;   /* index + 1 into entries; 0 is free */
    size_t count;
    size_t capacity;
    size_t slot_count; /* power of two, or 0 */
} Map;

Map map_new(Arena *a);
/* The value under key, or NULL. */
void *map_get(const Map *m, Str key);
bool map_has(const Map *m, Str key);
/* Index of the key in entries, or -1. */
ptrdiff_t map_index(const Map *m, Str key);
/* Put or replace; returns the former value or NULL. Key is borrowed. */
void *map_put(Map *m, Str key, void *value);

#endif
