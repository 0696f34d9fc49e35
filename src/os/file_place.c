/* Files read and written in places: what is too large for memory goes through here.
 *
 * Every call names its place, so several threads may read one open file; a short read or write is
 * carried on until the count or the end is reached. Nothing is durable before file_sync, and a new
 * name only after the directory was forced too, which file_rename does. */
#include "os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"

#define PLACE_PATH_BYTES_MAX 4096u

struct LargeFile {
    int fd;
    char path[PLACE_PATH_BYTES_MAX];
};

static bool failed(const char *path, int number, Err *err)
{
    if (number == ENOENT) return err_set(err, &fault_file_not_found, str_from(path));
    const char *reason = strerrordesc_np(number);
    return err_set(err, &fault_file_failed, str_from(path), str_from(reason ? reason : "?"));
}

static bool path_copy(Str path, char out[PLACE_PATH_BYTES_MAX], Err *err)
{
    if (path.len == 0 || path.len >= PLACE_PATH_BYTES_MAX || memchr(path.ptr, '\0', path.len))
        return err_set(err, &fault_file_not_found, path);
    memcpy(out, path.ptr, path.len);
    out[path.len] = '\0';
    return true;
}

bool large_file_open(Str path, LargeFileMode mode, LargeFile **out, Err *err)
{
    static const int flags[] = {[LARGE_FILE_TO_READ] = O_RDONLY, [LARGE_FILE_TO_CHANGE] = O_RDWR,
                                [LARGE_FILE_TO_MAKE] = O_RDWR | O_CREAT};
    struct stat about;
    *out = NULL;
    LargeFile *f = calloc(1, sizeof *f);
    if (!f) return err_set(err, &fault_out_of_memory, path);
    if (!path_copy(path, f->path, err)) {
        free(f);
        return false;
    }
    f->fd = open(f->path, flags[mode] | O_CLOEXEC, 0600);
    bool is_folder = f->fd >= 0 && fstat(f->fd, &about) == 0 && S_ISDIR(about.st_mode);
    if (f->fd >= 0 && !is_folder) {
        *out = f;
        return true;
    }
    failed(f->path, is_folder ? EISDIR : errno, err);
    if (f->fd >= 0) close(f->fd);
    free(f);
    return false;
}

void large_file_close(LargeFile *f)
{
    if (!f) return;
    close(f->fd);
    free(f);
}

LargeFileMark large_file_mark(const LargeFile *f)
{
    struct stat about;
    if (fstat(f->fd, &about) != 0) return (LargeFileMark){0, 0, 0};
    return (LargeFileMark){about.st_size,
                      about.st_mtim.tv_sec * 1000000000ll + about.st_mtim.tv_nsec,
                      (int64_t)about.st_ino};
}

int64_t large_file_size(const LargeFile *f)
{
    return large_file_mark(f).size;
}

bool large_file_read(const LargeFile *f, int64_t at, void *out, size_t count, size_t *got, Err *err)
{
    *got = 0;
    while (*got < count) {
        ssize_t n = pread(f->fd, (char *)out + *got, count - *got, at + (int64_t)*got);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failed(f->path, errno, err);
        if (n == 0) break;
        *got += (size_t)n;
    }
    return true;
}

bool large_file_write(LargeFile *f, int64_t at, Str bytes, Err *err)
{
    while (bytes.len > 0) {
        ssize_t n = pwrite(f->fd, bytes.ptr, bytes.len, at);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failed(f->path, errno, err);
        at += n;
        bytes = str_slice(bytes, (size_t)n, bytes.len);
    }
    return true;
}

bool large_file_cut(LargeFile *f, int64_t size, Err *err)
{
    return ftruncate(f->fd, size) == 0 || failed(f->path, errno, err);
}

bool large_file_sync(LargeFile *f, Err *err)
{
    return fsync(f->fd) == 0 || failed(f->path, errno, err);
}

bool file_rename(Str from, Str to, Err *err)
{
    char source[PLACE_PATH_BYTES_MAX], target[PLACE_PATH_BYTES_MAX];
    if (!path_copy(from, source, err) || !path_copy(to, target, err)) return false;
    if (rename(source, target) != 0) return failed(source, errno, err);
    char *slash = strrchr(target, '/');
    if (slash) slash[slash == target] = '\0';
    int fd = open(slash ? target : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    int number = errno;
    if (fd >= 0) close(fd);
    return ok || failed(source, number, err);
}

unsigned processor_count(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    check(n >= 1 || n == -1);
    return n < 1 ? 1 : (unsigned)n;
}
