/* Whole files: what is written is read back; every failing system call leaves the old file as it
 * was, no temporary file behind, and a fault that names the path. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/os.h"

/* ---- System calls as the linker gives them to os/file.c: one kind may be told to fail. */

typedef enum Call { CALL_NONE, CALL_READ, CALL_WRITE, CALL_FSYNC, CALL_CLOSE, CALL_RENAME,
                    CALL_READDIR, CALL_OPEN, CALL_CREATE,
                    CALL_FSTAT } Call;
static Call failing;  /* this kind fails */
static int fail_after; /* after so many calls that succeed */
static int fail_times; /* so often */
static int fail_number; /* with this errno */

static bool fails(Call call)
{
    if (failing != call || fail_after-- > 0) return false;
    if (--fail_times <= 0) failing = CALL_NONE;
    errno = fail_number;
    return true;
}

static void let_fail(Call call, int after, int times, int number)
{
    failing = call;
    fail_after = after;
    fail_times = times;
    fail_number = number;
}

ssize_t __real_read(int fd, void *to, size_t count);
ssize_t __wrap_read(int fd, void *to, size_t count);
ssize_t __wrap_read(int fd, void *to, size_t count)
{
    return fails(CALL_READ) ? -1 : __real_read(fd, to, count);
}

ssize_t __real_write(int fd, const void *from, size_t count);
ssize_t __wrap_write(int fd, const void *from, size_t count);
ssize_t __wrap_write(int fd, const void *from, size_t count)
{
    if (fails(CALL_WRITE)) return -1;
    /* Short writes are allowed; here they are the rule. */
    return __real_write(fd, from, count > 5000 ? 5000 : count);
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
    return fails(CALL_FSYNC) ? -1 : __real_fsync(fd);
}

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
    bool failed = fails(CALL_CLOSE);
    int result = __real_close(fd);
    if (!failed) return result;
    errno = fail_number;
    return -1;
}

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to)
{
    return fails(CALL_RENAME) ? -1 : __real_rename(from, to);
}

struct dirent *__real_readdir(DIR *directory);
struct dirent *__wrap_readdir(DIR *directory);
struct dirent *__wrap_readdir(DIR *directory)
{
    return fails(CALL_READDIR) ? NULL : __real_readdir(directory);
}

struct dirent64 *__real_readdir64(DIR *directory);
struct dirent64 *__wrap_readdir64(DIR *directory);
struct dirent64 *__wrap_readdir64(DIR *directory)
{
    return fails(CALL_READDIR) ? NULL : __real_readdir64(directory);
}

int __real_fstat(int fd, struct stat *about);
int __wrap_fstat(int fd, struct stat *about);
int __wrap_fstat(int fd, struct stat *about)
{
    return fails(CALL_FSTAT) ? -1 : __real_fstat(fd, about);
}

int __real_fstat64(int fd, struct stat64 *about);
int __wrap_fstat64(int fd, struct stat64 *about);
int __wrap_fstat64(int fd, struct stat64 *about)
{
    return fails(CALL_FSTAT) ? -1 : __real_fstat64(fd, about);
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);

static int open_or_fail(const char *path, int flags, int mode)
{
    /* CALL_OPEN is that of directories: they are opened after the rename. */
    if ((flags & O_DIRECTORY) && fails(CALL_OPEN)) return -1;
    if ((flags & O_CREAT) && fails(CALL_CREATE)) return -1;
    return __real_open(path, flags, mode);
}

int __wrap_open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    int mode = flags & O_CREAT ? va_arg(args, int) : 0;
    va_end(args);
    return open_or_fail(path, flags, mode);
}

int __wrap_open64(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    int mode = flags & O_CREAT ? va_arg(args, int) : 0;
    va_end(args);
    return open_or_fail(path, flags, mode);
}

/* ---- A directory for every test. */

static Arena *arena;
static char directory[64];

static int open_directory(void **state)
{
    (void)state;
    arena = arena_open(64u << 20);
    snprintf(directory, sizeof directory, "/tmp/os_file.XXXXXX");
    return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
    (void)state;
    char command[128];
    failing = CALL_NONE;
    snprintf(command, sizeof command, "rm -rf %s", directory);
    arena_close(arena);
    return system(command);
}

static Str path(const char *name)
{
    return arena_printf(arena, "%s/%s", directory, name);
}

static Str read_back(Str p)
{
    Err err = {0};
    Str text = STR_NONE;
    assert_true(file_read(arena, p, 10u << 20, &text, &err));
    return text;
}

static size_t entry_count(void)
{
    Err err = {0};
    Str *names;
    size_t count = 0;
    assert_true(file_list(arena, str_from(directory), &names, &count, &err));
    return count;
}

static void writing_and_reading(void **state)
{
    (void)state;
    Err err = {0};
    Str p = path("a");
    assert_false(file_exists(p));
    assert_false(file_is_directory(p));
    assert_true(file_write(p, STR("first"), &err));
    assert_true(str_equal(read_back(p), STR("first")));
    assert_true(file_write(p, STR_NONE, &err));
    assert_int_equal(read_back(p).len, 0);
    /* Larger than a write at once, with bytes of all kinds. */
    char *bytes = arena_new_array(arena, char, 1000001);
    for (size_t i = 0; i < 1000001; i++) bytes[i] = (char)(i * 7 + i / 256);
    Str large = {bytes, 1000001};
    assert_true(file_write(p, large, &err));
    assert_true(str_equal(read_back(p), large));
    assert_int_equal(read_back(p).ptr[large.len], 0); /* a NUL behind the text */
    struct stat about;
    assert_int_equal(stat(p.ptr, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    assert_int_equal(entry_count(), 1);
    assert_true(file_exists(p));
    assert_false(file_is_directory(p));
    assert_true(file_remove(p, &err));
    assert_false(file_exists(p));
    assert_false(file_remove(p, &err));
    assert_true(err_is(&err, &fault_file_not_found));
    assert_true(str_equal(err_arg(&err, 0), p));
}

static void relative_paths(void **state)
{
    (void)state;
    Err err = {0};
    char before[4096];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(directory), 0);
    bool ok = file_write(STR("here"), STR("x"), &err) && file_remove(STR("here"), &err);
    assert_int_equal(chdir(before), 0);
    assert_true(ok);
    /* A path directly under the root: its directory is the root. */
    assert_false(file_remove(STR("/no such file of ours"), &err));
    assert_true(err_is(&err, &fault_file_not_found));
    err_clear(&err);
    let_fail(CALL_CREATE, 0, 1, EACCES);
    assert_false(file_write(STR("/in-the-root"), STR("x"), &err));
    assert_true(err_is(&err, &fault_file_failed));
}

static void limits(void **state)
{
    (void)state;
    Err err = {0};
    Str text, p = path("a");
    assert_true(file_write(p, STR("12345"), &err));
    assert_true(file_read(arena, p, 5, &text, &err));
    assert_false(file_read(arena, p, 4, &text, &err));
    assert_true(err_is(&err, &fault_file_too_large));
    assert_true(str_equal(err_arg(&err, 1), STR("4")));
    err_clear(&err);
    assert_false(file_read(arena, p, 0, &text, &err));
    assert_true(err_is(&err, &fault_file_too_large));
    err_clear(&err);
    /* Files without a size are read to their end, too. */
    assert_true(file_read(arena, STR("/proc/self/maps"), 1u << 20, &text, &err));
    assert_true(text.len > 500);
    assert_false(file_read(arena, STR("/dev/zero"), 100000, &text, &err));
    assert_true(err_is(&err, &fault_file_too_large));
    err_clear(&err);
    Arena *small = arena_open(100);
    assert_false(file_read(small, STR("/proc/self/maps"), 1u << 20, &text, &err));
    assert_true(err_is(&err, &fault_out_of_memory));
    arena_close(small);
    err_clear(&err);
    small = arena_open(0);
    assert_false(file_read(small, p, 5, &text, &err));
    assert_true(err_is(&err, &fault_out_of_memory));
    arena_close(small);
    err_clear(&err);
    small = arena_open(30000);
    assert_false(file_read(small, STR("/dev/zero"), 1u << 20, &text, &err));
    assert_true(err_is(&err, &fault_out_of_memory));
    arena_close(small);
}

static void bad_paths(void **state)
{
    (void)state;
    Err err = {0};
    Str text, *names;
    size_t count;
    char *long_path = arena_new_array(arena, char, 5000);
    memset(long_path, 'a', 5000);
    Str bad[] = {STR_NONE, STR("a\0b"), {long_path, 5000}};
    for (size_t i = 0; i < 3; i++) {
        assert_false(file_exists(bad[i]));
        assert_false(file_is_directory(bad[i]));
        assert_false(file_write(bad[i], STR("x"), NULL));
        assert_false(file_remove(bad[i], NULL));
        assert_false(file_make_directory(bad[i], NULL));
        assert_false(file_list(arena, bad[i], &names, &count, NULL));
        assert_false(file_read(arena, bad[i], 10, &text, &err));
        assert_true(err_is(&err, &fault_file_failed));
        err_clear(&err);
    }
    assert_false(file_read(arena, path("absent"), 10, &text, &err));
    assert_true(err_is(&err, &fault_file_not_found));
    err_clear(&err);
    assert_false(file_read(arena, str_from(directory), 10, &text, &err));
    assert_true(err_is(&err, &fault_file_failed));
    err_clear(&err);
    assert_false(file_write(path("no/such"), STR("x"), &err));
    assert_true(err_is(&err, &fault_file_not_found));
    err_clear(&err);
    /* A directory is not replaced by a file. */
    assert_true(file_make_directory(path("d"), &err));
    assert_false(file_write(path("d"), STR("x"), &err));
    assert_true(err_is(&err, &fault_file_failed));
    assert_int_equal(entry_count(), 1);
}

static void failing_calls(void **state)
{
    (void)state;
    static const struct {
        Call call;
        int after;
        int number;
        bool replaced; /* the new content stands there all the same */
    } cases[] = {
        {CALL_WRITE, 0, ENOSPC, false},  {CALL_WRITE, 1, EIO, false},
        {CALL_FSYNC, 0, EIO, false},     {CALL_CLOSE, 0, EIO, false},
        {CALL_RENAME, 0, EACCES, false}, {CALL_FSYNC, 1, EIO, true},
        {CALL_OPEN, 0, EMFILE, true},
    };
    char *bytes = arena_new_array(arena, char, 20000);
    memset(bytes, 'n', 20000);
    Str p = path("a"), content = {bytes, 20000};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Err err = {0};
        assert_true(file_write(p, STR("old"), &err));
        let_fail(cases[i].call, cases[i].after, 1, cases[i].number);
        assert_false(file_write(p, content, &err));
        assert_int_equal(failing, CALL_NONE);
        assert_true(err_is(&err, &fault_file_failed));
        assert_true(str_equal(err_arg(&err, 1), str_from(strerror(cases[i].number))));
        assert_true(str_equal(read_back(p), cases[i].replaced ? content : STR("old")));
        assert_int_equal(entry_count(), 1);
    }
    Err err = {0};
    let_fail(CALL_FSYNC, 0, 1, EIO);
    assert_false(file_remove(p, &err));
    assert_true(err_is(&err, &fault_file_failed));
}

static void failing_reads(void **state)
{
    (void)state;
    Err err = {0};
    Str text, p = path("a"), *names;
    size_t count;
    assert_true(file_write(p, STR("text"), &err));
    let_fail(CALL_READ, 0, 1, EIO);
    assert_false(file_read(arena, p, 10, &text, &err));
    assert_true(err_is(&err, &fault_file_failed));
    err_clear(&err);
    let_fail(CALL_READDIR, 2, 1, EIO);
    assert_false(file_list(arena, str_from(directory), &names, &count, &err));
    assert_true(err_is(&err, &fault_file_failed));
    err_clear(&err);
    /* The size is only a guess, so a file is read without it. */
    let_fail(CALL_FSTAT, 0, 1, EIO);
    assert_true(str_equal(read_back(p), STR("text")));
    assert_int_equal(failing, CALL_NONE);
    /* An interrupted call is taken up again. */
    let_fail(CALL_READ, 0, 3, EINTR);
    assert_true(str_equal(read_back(p), STR("text")));
    let_fail(CALL_WRITE, 0, 3, EINTR);
    assert_true(file_write(p, STR("again"), &err));
    assert_true(str_equal(read_back(p), STR("again")));
}

static void directories(void **state)
{
    (void)state;
    Err err = {0};
    Str *names;
    size_t count = 9;
    Str deep = path("x/y//z/");
    assert_true(file_make_directory(deep, &err));
    assert_true(file_is_directory(path("x/y/z")));
    assert_true(file_make_directory(deep, &err));
    assert_true(file_list(arena, deep, &names, &count, &err));
    assert_int_equal(count, 0);
    for (int i = 0; i < 200; i++) {
        Str p = arena_printf(arena, "%s/x/%d", directory, (i * 77) % 200);
        assert_true(file_write(p, STR_NONE, &err));
    }
    assert_true(file_list(arena, path("x"), &names, &count, &err));
    assert_int_equal(count, 201); /* 200 files and the directory y */
    for (size_t i = 1; i < count; i++) assert_true(str_compare(names[i - 1], names[i]) < 0);
    assert_true(str_equal(names[200], STR("y")));
    for (size_t limit = 0; limit < 12000; limit += 640) {
        Arena *small = arena_open(limit);
        Err full = {0};
        if (!file_list(small, path("x"), &names, &count, &full)) {
            assert_true(err_is(&full, &fault_out_of_memory));
        }
        arena_close(small);
    }
    assert_false(file_list(arena, path("absent"), &names, &count, &err));
    assert_true(err_is(&err, &fault_file_not_found));
    err_clear(&err);
    /* A file in the way. */
    assert_false(file_make_directory(path("x/1"), &err));
    assert_true(err_is(&err, &fault_file_failed));
    err_clear(&err);
    assert_false(file_make_directory(path("x/1/below"), &err));
    assert_true(err_is(&err, &fault_file_failed));
}

int main(void)
{
#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, open_directory, remove_directory)
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(writing_and_reading), IN_DIRECTORY(relative_paths), IN_DIRECTORY(limits),
        IN_DIRECTORY(bad_paths), IN_DIRECTORY(failing_calls), IN_DIRECTORY(failing_reads),
        IN_DIRECTORY(directories),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
