/* arena_int.h - what the builders of floor 0 may do to an arena beyond its door.
 *
 * A builder (Buf, Map, ListBuilder, ContextBuilder) must never keep its contents in scratch
 * memory, because it reads them back; these two functions give real memory or NULL.
 * Internal to src/base. One thread at a time. */
#ifndef BASE_ARENA_INT_H
#define BASE_ARENA_INT_H

#include "base/arena.h"

/* size bytes of real memory, not zeroed; NULL (and the arena failed) when there is none. */
void *arena_take_raw(Arena *a, size_t size_bytes);
/* Give the block at old, of old_bytes, new_bytes >= old_bytes: in place when it is the last one
 * handed out, otherwise as a copy. The added bytes are not zeroed. NULL (and the arena failed)
 * when there is no memory; then the old block is unchanged. old may be NULL with 0 bytes. */
void *arena_grow(Arena *a, void *old, size_t old_bytes, size_t new_bytes);
/* The next capacity for count + more elements of element_bytes each, at least doubling and at
 * least minimum; 0 when the bytes would overflow. */
size_t arena_next_capacity(size_t capacity, size_t count, size_t more, size_t minimum,
                           size_t element_bytes);

#endif
