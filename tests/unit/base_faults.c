/* A piece of work over every builder of floor 0, repeated while allocation number N fails, for
 * N = 1, 2, 3, ... until no allocation fails any more; and repeated again under every limit of
 * the arena. Each time the work must end, the failure must be told, and what is kept must be
 * sound; without failure the result must be right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/map.h"
#include "base/value.h"

#define ENTRIES 3000

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
static long allocations_left; /* the one that brings it to 0 fails; negative: none does */

void *__wrap_malloc(size_t size)
{
    if (allocations_left > 0 && --allocations_left == 0) return NULL;
    return __real_malloc(size);
}

static void fill_map(Arena *a, const Str *keys)
{
    Map m = map_new(a);
    for (int i = 0; i < ENTRIES; i++) map_put(&m, keys[i], (void *)(uintptr_t)&keys[i]);
    /* With or without failure: the first count keys are there, and only they. */
    for (int i = 0; i < ENTRIES; i++) {
        assert_int_equal(map_index(&m, keys[i]), (size_t)i < m.count ? i : -1);
    }
    assert_true(m.count == ENTRIES || arena_failed(a));
}

static void fill_context(Arena *a, const Str *keys)
{
    ContextBuilder b = context_builder(a);
    for (int i = 0; i < ENTRIES; i++) context_put(&b, keys[i], value_int(i));
    for (int i = 0; i < ENTRIES; i++) {
        assert_int_equal(context_builder_has(&b, keys[i]), (size_t)i < b.count);
    }
    Value v = value_context(&b);
    assert_int_equal(value_count(v), b.failed ? 0 : ENTRIES);
    assert_true(!b.failed || arena_failed(a));
    Value copy = value_copy(a, v);
    if (!arena_failed(a)) assert_true(value_same(copy, v));
    Value list = value_list_of(a, &v, 1);
    copy = value_copy(a, list);
    if (!arena_failed(a)) assert_true(value_same(copy, list));
    ContextBuilder again = context_builder_from(a, v);
    assert_true(again.failed ? arena_failed(a) : again.count == value_count(v));
}

static void fill_list(Arena *a)
{
    ListBuilder b = list_builder(a);
    for (int i = 0; i < ENTRIES; i++) list_add(&b, value_int(i));
    Value v = value_list(&b);
    assert_int_equal(value_count(v), b.failed ? 0 : ENTRIES);
    assert_true(!b.failed || arena_failed(a));
}

static void fill_text(Arena *a)
{
    Buf b = buf_new(a, 10);
    for (int i = 0; i < ENTRIES; i++) buf_printf(&b, "%08d", i);
    Str text = buf_text(&b);
    assert_true(buf_failed(&b) ? arena_failed(a) : text.len == 8 * ENTRIES);
    for (size_t i = 0; i < text.len / 8; i++) {
        int64_t n;
        assert_true(str_to_int64(str_slice(text, i * 8, i * 8 + 8), &n));
        assert_int_equal(n, i);
    }
}

static void work(Arena *a, const Str *keys)
{
    fill_map(a, keys);
    fill_context(a, keys);
    fill_list(a);
    fill_text(a);
    char *large = arena_new_array(a, char, 200000);
    if (large) large[199999] = 'x';
    assert_true(large || arena_failed(a));
}

static Str *make_keys(Arena *a)
{
    Str *keys = arena_new_array(a, Str, ENTRIES);
    for (int i = 0; i < ENTRIES; i++) keys[i] = arena_printf(a, "key %d", i);
    return keys;
}

static void failing_allocations(void **state)
{
    (void)state;
    Arena *own = arena_open(1u << 20);
    Str *keys = make_keys(own);
    long n = 1;
    for (bool failed = true; failed; n++) {
        Arena *a = arena_open(64u << 20);
        allocations_left = n;
        work(a, keys);
        failed = arena_failed(a);
        allocations_left = -1;
        arena_close(a);
    }
    assert_true(n > 4); /* some did fail */
    arena_close(own);
}

static void every_limit(void **state)
{
    (void)state;
    Arena *own = arena_open(1u << 20);
    Str *keys = make_keys(own);
    bool failed = true;
    size_t step = 16, limits = 0;
    for (size_t limit = 0; failed; limit += step) {
        Arena *a = arena_open(limit);
        work(a, keys);
        failed = arena_failed(a);
        assert_true(arena_used_bytes(a) <= limit);
        arena_close(a);
        limits++;
        /* Byte by byte at the beginning, in strides of an uneven size later. */
        if (limits > 60) step = 10007;
    }
    assert_true(limits > 70);
    arena_close(own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failing_allocations),
        cmocka_unit_test(every_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
