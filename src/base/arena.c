/* Arenas: a stack of chunks, a limit, and a ring of scratch memory for the time after failure.
 *
 *     Arena ─┬─ first chunk (same malloc block) ◀── chunk ◀── chunk = current
 *            └─ ring (same malloc block)
 *
 * Memory is handed out upwards inside the current chunk; when a request does not fit, a new
 * chunk is put on top, and what was left of the one below stays unused. Because chunks form a
 * stack, a mark is (chunk, used) and going back to it frees the chunks above.
 *
 * Chunks double from ARENA_CHUNK_BYTES up to CHUNK_BYTES_MAX, so that a large arena takes few
 * of them; a request larger than that gets a chunk of its own size.
 *
 * Failure. Once a request passes the limit, or malloc has nothing, the arena is failed until
 * arena_reset, and every further request is served from the ring, also those that would fit:
 * the outcome must not depend on the order of sizes. The ring lies in the block of the arena
 * itself, so that it is there when the machine has no memory left. Two pieces of the ring may
 * overlap; their content is meaningless by contract. Builders that read back what they wrote
 * use arena_int.h, which gives real memory or NULL.
 *
 * The limit counts the bytes handed out, rounded up to 16 each, not the chunks around them.
 *
 * Under AddressSanitizer everything that is not handed out is poisoned, and a gap stays
 * between two pieces, so that overruns and uses after a reset are caught like those of
 * malloc's blocks. */
#include "base/arena_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISON 1
#endif
#endif
#ifdef ARENA_POISON
#include <sanitizer/asan_interface.h>
#define GAP_BYTES 16u
#else
#define ASAN_POISON_MEMORY_REGION(ptr, size) ((void)(ptr), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(ptr, size) ((void)(ptr), (void)(size))
#define GAP_BYTES 0u
#endif

#define ALIGNMENT 16u
#define CHUNK_BYTES_MAX (1024u * 1024u)
/* Twice the largest piece: the last two pieces of any size do not overlap. */
#define RING_BYTES (2 * ARENA_SCRATCH_BYTES)

typedef struct Chunk {
    struct Chunk *below; /* NULL in the first chunk */
    size_t capacity;     /* bytes behind this head */
    size_t used;
    size_t padding; /* keeps the head a multiple of 16 bytes */
} Chunk;

struct Arena {
    Chunk *current;
    size_t limit;
    size_t total; /* bytes handed out, gaps not counted */
    size_t ring_used;
    char *ring;
    bool failed;
};

_Static_assert(sizeof(Chunk) % ALIGNMENT == 0, "chunk bytes must be aligned");

static size_t round_up(size_t size)
{
    return (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

static char *chunk_bytes(Chunk *c)
{
    return (char *)(c + 1);
}

static void chunk_init(Chunk *c, Chunk *below, size_t capacity)
{
    c->below = below;
    c->capacity = capacity;
    c->used = 0;
    ASAN_POISON_MEMORY_REGION(chunk_bytes(c), capacity);
}

Arena *arena_open(size_t limit_bytes)
{
    size_t head = round_up(sizeof(Arena));
    Arena *a = malloc(head + RING_BYTES + sizeof(Chunk) + ARENA_CHUNK_BYTES);
    if (!a) {
        fputs("out of memory: an arena cannot be opened\n", stderr);
        exit(EXIT_FAILURE);
    }
    *a = (Arena){.limit = limit_bytes, .ring = (char *)a + head};
    a->current = (Chunk *)(void *)(a->ring + RING_BYTES);
    chunk_init(a->current, NULL, ARENA_CHUNK_BYTES);
    return a;
}

/* Free the chunks above keep, which becomes the current one. */
static void free_above(Arena *a, const Chunk *keep)
{
    while (a->current != keep) {
        Chunk *top = a->current;
        check(top->below != NULL);
        a->current = top->below;
        ASAN_UNPOISON_MEMORY_REGION(chunk_bytes(top), top->capacity);
        free(top);
    }
}

static Chunk *first_chunk(const Arena *a)
{
    return (Chunk *)(void *)(a->ring + RING_BYTES);
}

void arena_close(Arena *a)
{
    if (!a) return;
    free_above(a, first_chunk(a));
    ASAN_UNPOISON_MEMORY_REGION(chunk_bytes(a->current), a->current->capacity);
    free(a);
}

void arena_reset(Arena *a)
{
    arena_reset_to(a, (ArenaMark){first_chunk(a), 0, 0});
    a->failed = false;
    a->ring_used = 0;
}

ArenaMark arena_mark(const Arena *a)
{
    return (ArenaMark){a->current, a->current->used, a->total};
}

void arena_reset_to(Arena *a, ArenaMark mark)
{
    free_above(a, mark.chunk);
    check(mark.used <= a->current->used);
    check(mark.total <= a->total);
    ASAN_POISON_MEMORY_REGION(chunk_bytes(a->current) + mark.used,
                              a->current->used - mark.used);
    a->current->used = mark.used;
    a->total = mark.total;
}

/* Put a chunk on top that holds at least size bytes; false when there is no memory. */
static bool push_chunk(Arena *a, size_t size)
{
    size_t capacity = a->current->capacity * 2;
    if (capacity > CHUNK_BYTES_MAX) capacity = CHUNK_BYTES_MAX;
    if (capacity < size) capacity = size;
    Chunk *c = malloc(sizeof(Chunk) + capacity);
    if (!c) return false;
    chunk_init(c, a->current, capacity);
    a->current = c;
    return true;
}

void *arena_take_raw(Arena *a, size_t size_bytes)
{
    /* The second comparison cannot overflow: total never passes the limit. */
    size_t size = round_up(size_bytes ? size_bytes : 1);
    if (a->failed || size_bytes > PTRDIFF_MAX || size > a->limit - a->total) {
        a->failed = true;
        return NULL;
    }
    Chunk *c = a->current;
    if (size + GAP_BYTES > c->capacity - c->used) {
        if (!push_chunk(a, size + GAP_BYTES)) {
            a->failed = true;
            return NULL;
        }
        c = a->current;
    }
    char *bytes = chunk_bytes(c) + c->used;
    c->used += size + GAP_BYTES;
    a->total += size;
    check(a->total <= a->limit);
    ASAN_UNPOISON_MEMORY_REGION(bytes, size_bytes);
    return bytes;
}

/* A piece of the ring, for arenas that have failed. */
static void *take_scratch(Arena *a, size_t size_bytes)
{
    if (size_bytes > ARENA_SCRATCH_BYTES) return NULL;
    size_t size = round_up(size_bytes ? size_bytes : 1);
    if (size > RING_BYTES - a->ring_used) a->ring_used = 0;
    char *bytes = a->ring + a->ring_used;
    a->ring_used += size;
    memset(bytes, 0, size);
    return bytes;
}

void *arena_take(Arena *a, size_t size_bytes)
{
    void *bytes = arena_take_raw(a, size_bytes);
    if (!bytes) return take_scratch(a, size_bytes);
    memset(bytes, 0, size_bytes);
    return bytes;
}

void *arena_take_array(Arena *a, size_t count, size_t size_bytes)
{
    size_t size;
    if (__builtin_mul_overflow(count, size_bytes, &size)) {
        a->failed = true;
        return NULL;
    }
    return arena_take(a, size);
}

/* Extend the last piece of the current chunk; false when it is not the last or does not fit. */
static bool extend_in_place(Arena *a, char *old, size_t old_bytes, size_t new_bytes)
{
    Chunk *c = a->current;
    size_t old_size = round_up(old_bytes), more = round_up(new_bytes) - old_size;
    if (old + old_size + GAP_BYTES != chunk_bytes(c) + c->used) return false;
    if (more > c->capacity - c->used || more > a->limit - a->total) return false;
    c->used += more;
    a->total += more;
    ASAN_UNPOISON_MEMORY_REGION(old, new_bytes);
    return true;
}

void *arena_grow(Arena *a, void *old, size_t old_bytes, size_t new_bytes)
{
    check(new_bytes >= old_bytes);
    check(old != NULL || old_bytes == 0);
    if (a->failed || new_bytes > PTRDIFF_MAX) {
        a->failed = true;
        return NULL;
    }
    if (old_bytes > 0 && extend_in_place(a, old, old_bytes, new_bytes)) return old;
    void *bytes = arena_take_raw(a, new_bytes);
    if (bytes && old_bytes > 0) memcpy(bytes, old, old_bytes);
    return bytes;
}

size_t arena_next_capacity(size_t capacity, size_t count, size_t more, size_t minimum,
                           size_t element_bytes)
{
    size_t needed, bytes;
    if (__builtin_add_overflow(count, more, &needed)) return 0;
    size_t next = capacity <= SIZE_MAX / 2 ? capacity * 2 : needed;
    if (next < needed) next = needed;
    if (next < minimum) next = minimum;
    return __builtin_mul_overflow(next, element_bytes, &bytes) ? 0 : next;
}

Str arena_copy(Arena *a, Str s)
{
    if (s.len == SIZE_MAX) return STR_NONE;
    char *bytes = arena_take_raw(a, s.len + 1);
    if (!bytes) bytes = take_scratch(a, s.len + 1);
    if (!bytes) return STR_NONE;
    if (s.len > 0) memcpy(bytes, s.ptr, s.len);
    bytes[s.len] = '\0';
    return (Str){bytes, s.len};
}

Str arena_printf(Arena *a, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    check(length >= 0);
    char *bytes = arena_take(a, (size_t)length + 1);
    if (bytes) vsnprintf(bytes, (size_t)length + 1, format, again);
    va_end(again);
    return bytes ? (Str){bytes, (size_t)length} : STR_NONE;
}

bool arena_failed(const Arena *a)
{
    return a->failed;
}

size_t arena_used_bytes(const Arena *a)
{
    return a->total;
}
