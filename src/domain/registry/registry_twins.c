/* registry_twins.c - equal keys among millions of lines, with little memory.
 *
 * Every row's key is hashed; pairs (hash, place of the row) fall by the first bits of the hash into
 * PARTS parts, each a chunk in memory that is appended to a scratch file when it is full. At the
 * end
 * one part after the other is read back, sorted, and neighbours with the same hash are told; the
 * caller compares the keys themselves.
 *
 *     part 0: chunk at 0, chunk at 917504, ...     what is in memory
 *
 * Memory: PARTS chunks and one part, 16 bytes a row of it; the scratch file has 16 bytes a row. */
#include "domain/registry/registry_bulk_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"

#define PARTS 128u
#define CHUNK 1024u /* pairs */
#define CHUNKS_MAX 16384u /* of a part: two thousand million rows in all */
#define TWINS_ARENA_BYTES (512u << 20)

typedef struct Pair {
    uint64_t hash;
    int64_t at;
} Pair;

typedef struct Part {
    Pair *chunk; /* the one that fills */
    size_t count;
    int64_t *spilled; /* places of full chunks in the file */
    size_t spilled_count, spilled_capacity;
} Part;

struct Twins {
    Arena *arena;
    LargeFile *file; /* NULL until something is spilled */
    Str path;
    int64_t size;
    Part parts[PARTS];
};

bool twins_open(Str folder, Twins **out, Err *err)
{
    Arena *a = arena_open(TWINS_ARENA_BYTES);
    Twins *t = arena_new(a, Twins);
    (void)err;
    t->arena = a;
    t->path = arena_printf(a, "%.*s/keys.tmp", STR_ARG(folder));
    *out = t;
    return true;
}

static bool spill(Twins *t, Part *p, Err *err)
{
    if (!t->file && !large_file_open(t->path, LARGE_FILE_TO_MAKE, &t->file, err))
        return false;
    if (p->spilled_count == CHUNKS_MAX)
        return err_set(err, &fault_out_of_memory, STR("registry"));
    if (p->spilled_count == p->spilled_capacity) {
        p->spilled_capacity = p->spilled_capacity ? p->spilled_capacity * 2 : 16;
        int64_t *grown = arena_new_array(t->arena, int64_t, p->spilled_capacity);
        check(grown != NULL);
        for (size_t i = 0; i < p->spilled_count; i++)
            grown[i] = p->spilled[i];
        p->spilled = grown;
    }
    p->spilled[p->spilled_count++] = t->size;
    if (!large_file_write(t->file, t->size, (Str){(const char *)p->chunk, CHUNK * sizeof(Pair)},
                          err))
        return false;
    t->size += (int64_t)(CHUNK * sizeof(Pair));
    p->count = 0;
    return true;
}

bool twins_add(Twins *t, uint64_t hash, int64_t at, Err *err)
{
    Part *p = &t->parts[hash % PARTS];
    if (!p->chunk)
        p->chunk = arena_new_array(t->arena, Pair, CHUNK);
    check(p->chunk != NULL);
    if (p->count == CHUNK && !spill(t, p, err))
        return false;
    p->chunk[p->count++] = (Pair){hash, at};
    return true;
}

static int compare_pairs(const void *a, const void *b)
{
    const Pair *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

static bool find_in_part(Twins *t, const Part *p, TwinFound *found, void *context, Err *err)
{
    size_t count = p->spilled_count * CHUNK + p->count, got;
    Pair *all = arena_new_array(t->arena, Pair, count + 1);
    if (!all)
        return err_set(err, &fault_out_of_memory, STR("registry"));
    for (size_t i = 0; i < p->spilled_count; i++)
        if (!large_file_read(t->file, p->spilled[i], all + i * CHUNK, CHUNK * sizeof(Pair), &got,
                             err))
            return false;
    if (p->count)
        memcpy(all + p->spilled_count * CHUNK, p->chunk, p->count * sizeof(Pair));
    qsort(all, count, sizeof(Pair), compare_pairs);
    for (size_t i = 1; i < count; i++)
        if (all[i].hash == all[i - 1].hash)
            found(context, all[i - 1].at, all[i].at);
    return true;
}

bool twins_find(Twins *t, TwinFound *found, void *context, Err *err)
{
    bool good = true;
    ArenaMark mark = arena_mark(t->arena);
    for (size_t i = 0; i < PARTS && good; i++) {
        good = find_in_part(t, &t->parts[i], found, context, err);
        arena_reset_to(t->arena, mark);
    }
    return good;
}

void twins_close(Twins *t)
{
    if (!t)
        return;
    bool had_file = t->file != NULL;
    large_file_close(t->file);
    if (had_file)
        file_remove(t->path, NULL);
    arena_close(t->arena);
}
