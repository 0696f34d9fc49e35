/* arena.h - memory that ends all at once.
 *
 * An arena hands out memory from chunks and frees all of it in one step: a server's, a
 * request's or a step's. It has a limit in bytes; when the limit (or the machine's memory) is
 * reached, the arena is marked failed and keeps handing out memory from a small emergency
 * chunk reused in a ring, so that callers need not test every allocation: they ask
 * arena_failed() once, before the result is used. Zeroed memory, 16-byte aligned.
 * Floor 0. One thread at a time. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

#define ARENA_CHUNK_BYTES (64u * 1024u)

typedef struct Arena Arena;

/* A place to come back to: everything handed out later is given back by arena_reset_to. */
typedef struct ArenaMark {
    void *chunk;
    size_t used;
    size_t total;
} ArenaMark;

/* Open an arena that may hold up to limit_bytes in all; never NULL (exits on no memory). */
Arena *arena_open(size_t limit_bytes);
void arena_close(Arena *a);
/* Give back everything but the first chunk; clears the failed mark. */
void arena_reset(Arena *a);
ArenaMark arena_mark(const Arena *a);
void arena_reset_to(Arena *a, ArenaMark mark);
/* size bytes, zeroed. After the limit is passed the memory is scratch: valid to write, its
 * content meaningless; a single request above ARENA_SCRATCH_BYTES then returns NULL, so large
 * requests (arrays sized by input) test for NULL. */
void *arena_take(Arena *a, size_t size_bytes);
/* count * size bytes with overflow check (overflow marks the arena failed, returns NULL). */
void *arena_take_array(Arena *a, size_t count, size_t size_bytes);
/* A typed object or array. */
#define arena_new(a, Type) ((Type *)arena_take((a), sizeof(Type)))
#define arena_new_array(a, Type, count) ((Type *)arena_take_array((a), (count), sizeof(Type)))
#define ARENA_SCRATCH_BYTES (16u * 1024u)
/* A copy of s in the arena, with a NUL behind it. */
Str arena_copy(Arena *a, Str s);
/* printf into the arena. */
Str arena_printf(Arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Has the limit been passed since open or reset? */
bool arena_failed(const Arena *a);
/* Bytes handed out since open or reset. */
size_t arena_used_bytes(const Arena *a);

#endif
