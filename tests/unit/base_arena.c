/* Arenas, buffers and maps, and failed checks. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena_int.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/map.h"

/* malloc as the linker gives it to the code under test: may be told to have nothing. */
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
static int malloc_failures; /* so many calls from now on fail */

void *__wrap_malloc(size_t size)
{
    if (malloc_failures > 0) {
        malloc_failures--;
        return NULL;
    }
    return __real_malloc(size);
}

static bool all_zero(const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] != 0) return false;
    }
    return true;
}

static void pieces(void **state)
{
    (void)state;
    Arena *a = arena_open(1u << 20);
    char *first = arena_take(a, 1), *second = arena_take(a, 100), *empty = arena_take(a, 0);
    assert_non_null(empty);
    assert_int_equal((uintptr_t)first % 16, 0);
    assert_int_equal((uintptr_t)second % 16, 0);
    assert_true(all_zero(second, 100));
    assert_int_equal(arena_used_bytes(a), 16 + 112 + 16);
    memset(second, 'x', 100);
    arena_reset(a);
    assert_int_equal(arena_used_bytes(a), 0);
    /* The same memory again, and zeroed again. */
    assert_ptr_equal(arena_take(a, 1), first);
    assert_true(all_zero(arena_take(a, 100), 100));
    uint32_t *numbers = arena_new_array(a, uint32_t, 10);
    numbers[9] = 1;
    assert_false(arena_failed(a));
    arena_close(a);
    arena_close(NULL);
}

static void many_chunks(void **state)
{
    (void)state;
    Arena *a = arena_open(64u << 20);
    for (int i = 0; i < 3000; i++) {
        char *bytes = arena_take(a, 5000);
        assert_true(all_zero(bytes, 5000));
        memset(bytes, 'x', 5000);
    }
    char *large = arena_take(a, 5u << 20);
    assert_true(all_zero(large, 5u << 20));
    assert_false(arena_failed(a));
    arena_reset(a);
    assert_int_equal(arena_used_bytes(a), 0);
    arena_close(a);
}

static void marks(void **state)
{
    (void)state;
    Arena *a = arena_open(10u << 20);
    char *kept = arena_take(a, 32);
    memcpy(kept, "kept", 5);
    ArenaMark mark = arena_mark(a);
    char *next = arena_take(a, 64);
    for (int i = 0; i < 50; i++) arena_take(a, 10000);
    arena_reset_to(a, mark);
    assert_int_equal(arena_used_bytes(a), 32);
    assert_string_equal(kept, "kept");
    assert_ptr_equal(arena_take(a, 64), next);
    /* A mark in a later chunk. */
    for (int i = 0; i < 10; i++) arena_take(a, 10000);
    mark = arena_mark(a);
    size_t used = arena_used_bytes(a);
    for (int i = 0; i < 100; i++) arena_take(a, 10000);
    arena_reset_to(a, mark);
    assert_int_equal(arena_used_bytes(a), used);
    arena_close(a);
}

static void limit_reached(void **state)
{
    (void)state;
    Arena *a = arena_open(1000);
    assert_non_null(arena_take(a, 992));
    assert_false(arena_failed(a));
    char *scratch = arena_take(a, 16);
    assert_true(arena_failed(a));
    memset(scratch, 'x', 16);
    assert_int_equal(arena_used_bytes(a), 992);
    /* Once failed, also what would fit is scratch; it is zeroed, and the ring goes round. */
    for (int i = 0; i < 100; i++) {
        char *bytes = arena_take(a, 1000);
        assert_true(all_zero(bytes, 1000));
        memset(bytes, 'y', 1000);
    }
    assert_non_null(arena_take(a, ARENA_SCRATCH_BYTES));
    assert_non_null(arena_take(a, 0));
    assert_null(arena_take(a, ARENA_SCRATCH_BYTES + 1));
    assert_null(arena_take_raw(a, 1));
    /* Going back to a mark does not forget the failure; a reset does. */
    arena_reset_to(a, arena_mark(a));
    assert_true(arena_failed(a));
    arena_reset(a);
    assert_false(arena_failed(a));
    assert_non_null(arena_take_raw(a, 1000 - 8));
    arena_close(a);
}

static void absurd_sizes(void **state)
{
    (void)state;
    Arena *a = arena_open(SIZE_MAX);
    assert_null(arena_take_array(a, SIZE_MAX / 2, 3));
    assert_true(arena_failed(a));
    arena_reset(a);
    assert_null(arena_take(a, SIZE_MAX));
    assert_true(arena_failed(a));
    arena_reset(a);
    assert_null(arena_grow(a, NULL, 0, SIZE_MAX));
    assert_true(arena_failed(a));
    arena_reset(a);
    assert_null(arena_copy(a, (Str){"", SIZE_MAX}).ptr);
    assert_int_equal(arena_next_capacity(8, 8, SIZE_MAX, 1, 1), 0);
    assert_int_equal(arena_next_capacity(SIZE_MAX - 1, SIZE_MAX - 1, 1, 1, 16), 0);
    assert_int_equal(arena_next_capacity(8, 8, 1, 1, 16), 16);
    assert_int_equal(arena_next_capacity(8, 8, 100, 1, 16), 108);
    assert_int_equal(arena_next_capacity(0, 0, 1, 64, 16), 64);
    arena_close(a);
}

static void growing(void **state)
{
    (void)state;
    Arena *a = arena_open(200u * 1024);
    char *bytes = arena_grow(a, NULL, 0, 100);
    memset(bytes, 'x', 100);
    assert_ptr_equal(arena_grow(a, bytes, 100, 200), bytes);
    char *other = arena_take(a, 16);
    char *moved = arena_grow(a, bytes, 200, 300);
    assert_ptr_not_equal(moved, bytes);
    assert_int_equal(moved[99], 'x');
    assert_non_null(other);
    /* Larger than what is left of the chunk: a chunk of its own. */
    char *large = arena_grow(a, moved, 300, 100u * 1024);
    assert_ptr_not_equal(large, moved);
    assert_int_equal(large[99], 'x');
    /* In place there is room, but not within the limit. */
    assert_null(arena_grow(a, large, 100u * 1024, 127u * 1024 + 102400));
    assert_true(arena_failed(a));
    assert_null(arena_grow(a, large, 100u * 1024, 101u * 1024));
    arena_close(a);
}

/* The room of the chunk would do, the limit does not. */
static void growing_to_the_limit(void **state)
{
    (void)state;
    Arena *a = arena_open(256);
    char *bytes = arena_grow(a, NULL, 0, 128);
    assert_null(arena_grow(a, bytes, 128, 512));
    assert_true(arena_failed(a));
    arena_close(a);
}

static void text(void **state)
{
    (void)state;
    Arena *a = arena_open(100u * 1024);
    Str copy = arena_copy(a, STR("办理"));
    assert_string_equal(copy.ptr, "办理");
    assert_int_equal(copy.len, 6);
    assert_int_equal(arena_copy(a, STR_NONE).len, 0);
    assert_non_null(arena_copy(a, STR_NONE).ptr);
    Str printed = arena_printf(a, "%d-%s", 12, "x");
    assert_string_equal(printed.ptr, "12-x");
    assert_int_equal(printed.len, 4);
    /* After failure: short texts in scratch memory, long ones not at all. */
    assert_non_null(arena_copy(a, (Str){"", 0}).ptr);
    assert_null(arena_take(a, 1u << 20));
    assert_true(arena_failed(a));
    assert_int_equal(arena_copy(a, STR("abc")).len, 3);
    assert_int_equal(arena_printf(a, "%d", 5).len, 1);
    assert_int_equal(arena_printf(a, "%*d", 20000, 5).len, 0);
    static char long_text[ARENA_SCRATCH_BYTES + 1];
    assert_null(arena_copy(a, (Str){long_text, sizeof long_text}).ptr);
    arena_close(a);
}

static void no_memory(void **state)
{
    (void)state;
    Arena *a = arena_open(10u << 20);
    malloc_failures = 1;
    char *scratch = arena_take(a, 100);
    assert_false(arena_failed(a)); /* the first chunk is there */
    assert_null(arena_take(a, 1u << 20));
    assert_true(arena_failed(a));
    scratch = arena_take(a, 100);
    assert_non_null(scratch);
    assert_int_equal(malloc_failures, 0);
    arena_close(a);
}

/* How a child process that runs body ends: its exit status, or minus the signal. */
static int ending(void (*body)(void))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        close(STDERR_FILENO);
        body();
        _exit(99);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void open_without_memory(void)
{
    malloc_failures = 1;
    arena_open(1);
}

static void break_a_check(void)
{
    check(1 + 1 == 3);
}

static void leave(int number)
{
    exit(100 + number);
}

/* abort() lets a handler run first. */
static void break_a_check_with_handler(void)
{
    signal(SIGABRT, leave);
    check(false);
}

static void keep_a_check(void)
{
    check(1 + 1 == 2);
}

static void endings(void **state)
{
    (void)state;
    assert_int_equal(ending(open_without_memory), EXIT_FAILURE);
    assert_int_equal(ending(break_a_check), -SIGABRT);
    assert_int_equal(ending(break_a_check_with_handler), 100 + SIGABRT);
    assert_int_equal(ending(keep_a_check), 99);
}

static void building_text(void **state)
{
    (void)state;
    Arena *a = arena_open(1u << 20);
    Buf b = buf_new(a, 10);
    assert_string_equal(buf_cstr(&b), "");
    buf_add_text(&b, "a");
    buf_add(&b, STR_NONE);
    buf_add_char(&b, 'b');
    buf_add_int(&b, 0);
    buf_add_int(&b, -120);
    buf_add_int(&b, INT64_MIN);
    buf_add_int(&b, INT64_MAX);
    buf_add_code_point(&b, 0x529E);
    buf_add_hex(&b, "\x00\xAF\x5c", 3);
    buf_printf(&b, "%s|%03d", "x", 7);
    const char *expected = "ab0-120-92233720368547758089223372036854775807办00af5cx|007";
    assert_true(str_equal(buf_text(&b), str_from(expected)));
    assert_string_equal(buf_cstr(&b), expected);
    buf_clear(&b);
    assert_int_equal(buf_text(&b).len, 0);
    for (int i = 0; i < 10000; i++) buf_add_text(&b, "0123456789");
    assert_int_equal(buf_text(&b).len, 100000);
    assert_memory_equal(buf_text(&b).ptr + 99990, "0123456789", 10);
    assert_false(buf_failed(&b));
    arena_close(a);
}

static void text_beyond_the_limit(void **state)
{
    (void)state;
    Arena *a = arena_open(256);
    Buf b = buf_new(a, 0);
    assert_null(buf_text(&b).ptr);
    for (int i = 0; i < 100; i++) buf_add_text(&b, "0123456789");
    assert_true(buf_failed(&b));
    /* What was built stays readable; nothing more is added. */
    size_t len = buf_text(&b).len;
    assert_true(len >= 60 && len <= 256 && len % 10 == 0);
    assert_memory_equal(buf_text(&b).ptr, "0123456789", 10);
    buf_add_char(&b, 'x');
    buf_add_hex(&b, "x", 1);
    buf_printf(&b, "%d", 5);
    assert_int_equal(buf_text(&b).len, len);
    assert_string_equal(buf_cstr(&b), "");
    Buf c = buf_new(a, 16);
    assert_true(buf_failed(&c));
    buf_add_hex(&c, "", SIZE_MAX);
    assert_true(buf_failed(&c));
    arena_reset(a);
    Buf d = buf_new(a, 16);
    buf_add_char(&d, 'x');
    buf_add(&d, (Str){"", SIZE_MAX});
    assert_true(buf_failed(&d));
    arena_close(a);
}

static void maps(void **state)
{
    (void)state;
    Arena *a = arena_open(10u << 20);
    Map m = map_new(a);
    static int values[2000];
    assert_null(map_get(&m, STR("0")));
    for (int i = 0; i < 2000; i++) {
        Str key = arena_printf(a, "%d", i);
        assert_int_equal(map_index(&m, key), -1);
        assert_null(map_put(&m, key, &values[i]));
        assert_true(map_has(&m, key));
        assert_false(map_has(&m, STR("x")));
    }
    for (int i = 0; i < 2000; i++) {
        Str key = arena_printf(a, "%d", i);
        assert_ptr_equal(map_get(&m, key), &values[i]);
        assert_int_equal(map_index(&m, key), i);
        assert_true(str_equal(m.entries[i].key, key));
    }
    assert_ptr_equal(map_put(&m, STR("7"), NULL), &values[7]);
    assert_null(map_get(&m, STR("7")));
    assert_true(map_has(&m, STR("7")));
    assert_int_equal(m.count, 2000);
    /* The empty key is a key. */
    assert_null(map_put(&m, STR_NONE, &values[0]));
    assert_ptr_equal(map_get(&m, STR("")), &values[0]);
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces),        cmocka_unit_test(many_chunks),
        cmocka_unit_test(marks),         cmocka_unit_test(limit_reached),
        cmocka_unit_test(absurd_sizes),  cmocka_unit_test(growing),
        cmocka_unit_test(growing_to_the_limit), cmocka_unit_test(text),
        cmocka_unit_test(no_memory),     cmocka_unit_test(endings),
        cmocka_unit_test(building_text), cmocka_unit_test(text_beyond_the_limit),
        cmocka_unit_test(maps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
