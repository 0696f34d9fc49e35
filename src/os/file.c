/* Whole files.
 *
 * file_write is atomic against crashes and against readers: the bytes go to a new file beside
 * the old one, are forced to the disk, and only then take the name over:
 *
 *     path.<process>.<number>.tmp   create, write, fsync, close
 *     rename to path                readers see the old file or the new one, never half
 *     directory                     fsync, so that the rename itself survives a power failure
 *
 * On any failure the temporary file is removed and the old file is as it was. The directory's
 * fsync comes after the rename; if it fails, the new content is there but may be lost with the
 * power, and the caller is told.
 *
 * file_read trusts the size of a file only as a first guess: it reads to the end, so that pipes
 * and files that grow meanwhile come out whole, and one byte more than the limit is refused.
 *
 * Paths are Str at the door and NUL-terminated inside; a path with a NUL in it, or one longer
 * than PATH_BYTES_MAX, names no file. */
#include "os/os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"

#define PATH_BYTES_MAX 4096u
#define READ_BYTES_MIN 4096u

FAULT_DEFINE(OS_FAULTS)

typedef struct PathText {
    char text[PATH_BYTES_MAX];
} PathText;

/* Fill err from errno. */
static bool fail_with_errno(Str path, int number, Err *err)
{
    if (number == ENOENT) return err_set(err, &fault_file_not_found, path);
    const char *reason = strerrordesc_np(number);
    check(reason != NULL);
    return err_set(err, &fault_file_failed, path, str_from(reason));
}

static bool path_text(Str path, PathText *out, Err *err)
{
    bool has_nul = path.len > 0 && memchr(path.ptr, '\0', path.len);
    if (path.len == 0 || has_nul) return fail_with_errno(path, EINVAL, err);
    if (path.len >= sizeof out->text) return fail_with_errno(path, ENAMETOOLONG, err);
    memcpy(out->text, path.ptr, path.len);
    out->text[path.len] = '\0';
    return true;
}

/* ---- Reading. */

static bool fail_too_large(Str path, size_t limit_bytes, Err *err)
{
    char text[24];
    int length = snprintf(text, sizeof text, "%zu", limit_bytes);
    return err_set(err, &fault_file_too_large, path, (Str){text, (size_t)length});
}

/* Bytes to begin with: the file's size and one, so that its end shows. */
static size_t first_capacity(int fd, size_t limit_bytes)
{
    struct stat about;
    size_t guess = READ_BYTES_MIN;
    if (fstat(fd, &about) == 0 && about.st_size > 0) guess = (size_t)about.st_size + 1;
    return guess <= limit_bytes ? guess : limit_bytes + 1;
}

static bool read_all(Arena *a, int fd, Str path, size_t limit_bytes, Str *out, Err *err)
{
    size_t capacity = first_capacity(fd, limit_bytes), len = 0;
    /* One byte more than the capacity, for a NUL behind the text. */
    char *bytes = arena_take_array(a, capacity + 1, 1);
    while (bytes) {
        if (len > limit_bytes) return fail_too_large(path, limit_bytes, err);
        if (len == capacity) {
            char *larger = arena_take_array(a, capacity * 2 + 1, 1);
            if (larger) memcpy(larger, bytes, len);
            bytes = larger;
            capacity *= 2;
            continue;
        }
        ssize_t got = read(fd, bytes + len, capacity - len);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_with_errno(path, errno, err);
        if (got == 0) break;
        len += (size_t)got;
    }
    if (arena_failed(a)) return err_set(err, &fault_out_of_memory, path);
    *out = (Str){bytes, len};
    return true;
}

bool file_read(Arena *a, Str path, size_t limit_bytes, Str *out, Err *err)
{
    PathText p;
    check(limit_bytes < SIZE_MAX / 4);
    if (!path_text(path, &p, err)) return false;
    int fd = open(p.text, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail_with_errno(path, errno, err);
    bool ok = read_all(a, fd, path, limit_bytes, out, err);
    close(fd);
    return ok;
}

/* ---- Writing. */

/* The directory part of a path: "." when there is none. */
static void directory_of(const PathText *path, PathText *out)
{
    const char *slash = strrchr(path->text, '/');
    if (!slash) {
        memcpy(out->text, ".", 2);
        return;
    }
    size_t len = slash == path->text ? 1 : (size_t)(slash - path->text);
    memcpy(out->text, path->text, len);
    out->text[len] = '\0';
}

static bool write_all(int fd, Str content)
{
    while (content.len > 0) {
        ssize_t done = write(fd, content.ptr, content.len);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return false;
        content = str_slice(content, (size_t)done, content.len);
    }
    return true;
}

/* Create the file with its content on the disk; false with errno set. */
static bool write_new(const char *path, Str content)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return false;
    bool ok = write_all(fd, content) && fsync(fd) == 0;
    int number = errno;
    bool closed = close(fd) == 0;
    if (!ok) errno = number;
    return ok && closed;
}

static bool sync_directory(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return false;
    bool ok = fsync(fd) == 0;
    int number = errno;
    close(fd);
    errno = number;
    return ok;
}

bool file_write(Str path, Str content, Err *err)
{
    static _Atomic unsigned next_number;
    PathText target, directory;
    char temporary[PATH_BYTES_MAX + 64];
    if (!path_text(path, &target, err)) return false;
    directory_of(&target, &directory);
    snprintf(temporary, sizeof temporary, "%s.%ld.%u.tmp", target.text, (long)getpid(),
             atomic_fetch_add(&next_number, 1));
    bool written = write_new(temporary, content) && rename(temporary, target.text) == 0;
    if (!written) {
        int number = errno;
        unlink(temporary);
        return fail_with_errno(path, number, err);
    }
    if (!sync_directory(directory.text)) return fail_with_errno(path, errno, err);
    return true;
}

bool file_remove(Str path, Err *err)
{
    PathText p, directory;
    if (!path_text(path, &p, err)) return false;
    if (unlink(p.text) != 0) return fail_with_errno(path, errno, err);
    directory_of(&p, &directory);
    if (!sync_directory(directory.text)) return fail_with_errno(path, errno, err);
    return true;
}

/* ---- Directories. */

bool file_exists(Str path)
{
    PathText p;
    return path_text(path, &p, NULL) && access(p.text, F_OK) == 0;
}

bool file_is_directory(Str path)
{
    PathText p;
    struct stat about;
    return path_text(path, &p, NULL) && stat(p.text, &about) == 0 && S_ISDIR(about.st_mode);
}

bool file_make_directory(Str path, Err *err)
{
    PathText p;
    if (!path_text(path, &p, err)) return false;
    /* Every prefix that ends before a slash, and the whole; those that exist are fine. */
    for (size_t i = 1; i <= path.len; i++) {
        if (i < path.len && p.text[i] != '/') continue;
        p.text[i] = '\0';
        int failed = mkdir(p.text, 0700);
        if (failed != 0 && errno != EEXIST) return fail_with_errno(path, errno, err);
        p.text[i] = i < path.len ? '/' : '\0';
    }
    if (!file_is_directory(path)) return fail_with_errno(path, ENOTDIR, err);
    return true;
}

static int compare_names(const void *a, const void *b)
{
    return str_compare(*(const Str *)a, *(const Str *)b);
}

/* The names of the entries, sorted, because the order of readdir is the file system's. The first
 * list fits into the scratch memory of an arena that has failed, so it is never NULL. */
static bool list_names(Arena *a, DIR *open, Str directory, Str **names, size_t *count, Err *err)
{
    size_t capacity = 64, used = 0;
    Str *list = arena_new_array(a, Str, capacity);
    struct dirent *entry;
    errno = 0;
    while ((entry = readdir(open)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        if (used == capacity) {
            Str *larger = arena_new_array(a, Str, capacity * 2);
            if (arena_failed(a)) break;
            memcpy(larger, list, used * sizeof(Str));
            list = larger;
            capacity *= 2;
        }
        list[used++] = arena_copy(a, str_from(entry->d_name));
        errno = 0;
    }
    if (arena_failed(a)) return err_set(err, &fault_out_of_memory, directory);
    if (errno != 0) return fail_with_errno(directory, errno, err);
    if (used > 1) qsort(list, used, sizeof(Str), compare_names);
    *names = list;
    *count = used;
    return true;
}

bool file_list(Arena *a, Str directory, Str **names, size_t *count, Err *err)
{
    PathText p;
    if (!path_text(directory, &p, err)) return false;
    DIR *open = opendir(p.text);
    if (!open) return fail_with_errno(directory, errno, err);
    bool ok = list_names(a, open, directory, names, count, err);
    closedir(open);
    return ok;
}
