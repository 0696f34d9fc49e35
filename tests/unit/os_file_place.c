/* Files in places: what is written at a place is read there; ends, cuts, names and faults. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"

static char folder[] = "/tmp/tongban-place-XXXXXX";
static Arena *arena;

static Str in_folder(const char *name)
{
    return arena_printf(arena, "%s/%s", folder, name);
}

static int set_up(void **state)
{
    (void)state;
    arena = arena_open(1u << 20);
    return mkdtemp(folder) ? 0 : 1;
}

static int tear_down(void **state)
{
    (void)state;
    int failed = rmdir(folder);
    arena_close(arena);
    return failed;
}

static void places(void **state)
{
    (void)state;
    Err err = {0};
    LargeFile *f = NULL;
    char bytes[16];
    size_t got = 0;
    assert_false(large_file_open(in_folder("a"), LARGE_FILE_TO_READ, &f, &err));
    assert_true(err_is(&err, &fault_file_not_found));
    assert_true(large_file_open(in_folder("a"), LARGE_FILE_TO_MAKE, &f, &err));
    assert_true(large_file_write(f, 4, STR("four"), &err));
    assert_true(large_file_write(f, 0, STR("zero"), &err));
    assert_int_equal(large_file_size(f), 8);
    assert_true(large_file_read(f, 2, bytes, sizeof bytes, &got, &err));
    assert_int_equal(got, 6);
    assert_memory_equal(bytes, "rofour", 6);
    assert_true(large_file_read(f, 100, bytes, sizeof bytes, &got, &err));
    assert_int_equal(got, 0);
    assert_true(large_file_cut(f, 5, &err));
    assert_true(large_file_sync(f, &err));
    assert_int_equal(large_file_mark(f).size, 5);
    large_file_close(f);
    assert_true(file_rename(in_folder("a"), in_folder("b"), &err));
    assert_false(file_exists(in_folder("a")));
    assert_true(large_file_open(in_folder("b"), LARGE_FILE_TO_CHANGE, &f, &err));
    assert_true(large_file_read(f, 0, bytes, 5, &got, &err));
    assert_memory_equal(bytes, "zerof", 5);
    large_file_close(f);
    large_file_close(NULL);
    assert_true(file_remove(in_folder("b"), &err));
}

static void refusals(void **state)
{
    (void)state;
    Err err = {0};
    LargeFile *f = NULL;
    assert_false(large_file_open(str_from(folder), LARGE_FILE_TO_READ, &f, &err));
    assert_true(err_is(&err, &fault_file_failed));
    err = (Err){0};
    assert_false(large_file_open(STR(""), LARGE_FILE_TO_READ, &f, &err));
    assert_null(f);
    err = (Err){0};
    assert_false(file_rename(in_folder("nothing"), in_folder("b"), &err));
    assert_true(err_is(&err, &fault_file_not_found));
    err = (Err){0};
    assert_true(file_write(in_folder("c"), STR("x"), &err));
    assert_true(large_file_open(in_folder("c"), LARGE_FILE_TO_READ, &f, &err));
    assert_false(large_file_write(f, 0, STR("y"), &err)); /* it was opened to read */
    assert_true(err_is(&err, &fault_file_failed));
    large_file_close(f);
    err = (Err){0};
    assert_true(file_remove(in_folder("c"), &err));
    assert_true(processor_count() >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
