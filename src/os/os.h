/* os.h - the only door to the operating system: clock, entropy, files, threads.
 *
 * Everything that a simulator must be able to stand in for is behind a struct of functions.
 * Floor 1. */
#ifndef OS_OS_H
#define OS_OS_H

#include "base/err.h"
#include "base/time.h"

/* ---- Clock. The virtual clock stands still until it is moved; both may be used by any thread. */
typedef struct Clock Clock;
Clock *clock_system(void);               /* the real one; shared, never closed */
Clock *clock_virtual_open(Instant start); /* a clock that tests drive */
void clock_close(Clock *c);
Instant clock_now(const Clock *c);
bool clock_is_virtual(const Clock *c);
/* Move a virtual clock forward; moving back or moving a system clock is refused (false). */
bool clock_set(Clock *c, Instant now);
/* Monotonic nanoseconds for measuring; never virtual. */
int64_t clock_monotonic_ns(void);
/* Wait until the instant has come on this clock or the condition is signalled: see Signal. */

/* ---- Entropy. */
typedef struct Entropy Entropy;
Entropy *entropy_system(void);
Entropy *entropy_seeded_open(uint64_t seed); /* repeatable, for tests */
void entropy_close(Entropy *e);
void entropy_fill(Entropy *e, void *out, size_t count);

/* ---- Files. Whole files only; the store does its own I/O. */
bool file_read(Arena *a, Str path, size_t limit_bytes, Str *out, Err *err);
/* Write whole and atomically: temporary file, fsync, rename. Mode 0600. */
bool file_write(Str path, Str content, Err *err);
bool file_exists(Str path);
bool file_is_directory(Str path);
bool file_make_directory(Str path, Err *err); /* with parents; fine when it exists */
bool file_remove(Str path, Err *err);
/* Names of the entries of a directory, sorted by bytes, without "." and "..". */
bool file_list(Arena *a, Str directory, Str **names, size_t *count, Err *err);

/* ---- Files too large for memory: read and written in places. One thread at a time writes; reading
 * is for any number of threads. */
typedef struct LargeFile LargeFile;
typedef enum LargeFileMode {
    LARGE_FILE_TO_READ,
    LARGE_FILE_TO_CHANGE, /* read and write what is there */
    LARGE_FILE_TO_MAKE,   /* read and write; made with mode 0600 when it is not there */
} LargeFileMode;
bool large_file_open(Str path, LargeFileMode mode, LargeFile **out, Err *err);
void large_file_close(LargeFile *f); /* NULL: nothing */
int64_t large_file_size(const LargeFile *f);
/* Tells one state of a file from another: size, instant of the last change, place on the disk. */
typedef struct LargeFileMark {
    int64_t size, changed_ns, place;
} LargeFileMark;
LargeFileMark large_file_mark(const LargeFile *f);
/* Read up to count bytes at a place; *got is less only at the end of the file. */
bool large_file_read(const LargeFile *f, int64_t at, void *out, size_t count, size_t *got,
                     Err *err);
bool large_file_write(LargeFile *f, int64_t at, Str bytes, Err *err);
bool large_file_cut(LargeFile *f, int64_t size, Err *err); /* to this size */
bool large_file_sync(LargeFile *f, Err *err);              /* to the disk */
/* Give a file another name in the same folder, atomically; one of that name is replaced. */
bool file_rename(Str from, Str to, Err *err);
unsigned processor_count(void);

/* ---- Threads. A Signal is a mutex with a condition. */
typedef struct Thread Thread;
typedef void ThreadMain(void *context);
Thread *thread_start(const char *name, ThreadMain *main, void *context); /* exits on failure */
void thread_join(Thread *t);
typedef struct Signal Signal;
Signal *signal_open(void);
void signal_close(Signal *s);
void signal_lock(Signal *s);
void signal_unlock(Signal *s);
void signal_wake(Signal *s); /* all waiters */
/* Wait (locked before and after); at most timeout_us, negative: for ever. False on time-out. */
bool signal_wait(Signal *s, int64_t timeout_us);

#define OS_FAULTS(X)                                                                         \
    X(file_not_found, INPUT, 404, false, "The file {1} does not exist.", "文件 {1} 不存在。") \
    X(file_too_large, INPUT, 413, false, "The file {1} is larger than {2} bytes.",           \
      "文件 {1} 超过 {2} 字节。")                                                            \
    X(file_failed, OUTSIDE, 503, true, "The file {1} cannot be used: {2}.",                  \
      "文件 {1} 无法使用：{2}。")
FAULT_DECLARE(OS_FAULTS)

#endif
