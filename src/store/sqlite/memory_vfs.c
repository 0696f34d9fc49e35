/* memory_vfs.c - the files of private stores, in memory.
 *
 * SQLite's own in-memory databases have no log: a reader with open rows would block the writer,
 * and tests would see another machine than the one in production. So a private store is an
 * ordinary SQLite database on this small file system. Names are found in one list for the
 * process; a node (inode) lives while it has a name or is open.
 *
 * Two families of locks are kept a node, as the SQLite manual ("sqlite3_io_methods",
 * "WAL-mode file format", 2.3) asks:
 *   - of the file: NONE < SHARED < RESERVED < PENDING < EXCLUSIVE. `sharing` counts the opened
 *     files with SHARED or more; `writer` is the one with RESERVED or more.
 *   - of the shared memory (the log's index): eight slots, each free, shared by a count, or
 *     exclusive. Regions never move once they are mapped.
 * Nothing is durable, so sync does nothing. One mutex a node guards its bytes and locks; the
 * shared memory itself is guarded by the slots, as with any file system. */
#include "store/sqlite/sqlite_int.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/check.h"

#define NAME_MAX_BYTES 128
#define REGIONS_MAX 4096 /* of 32 KiB: an index of 16 million pages of log */

typedef struct MemoryFile MemoryFile;

typedef struct MemoryNode {
    struct MemoryNode *next;
    char name[NAME_MAX_BYTES]; /* "": no name, lives while it is open */
    int open_count;
    pthread_mutex_t mutex;
    unsigned char *bytes;
    sqlite3_int64 size, capacity;
    int sharing;
    const MemoryFile *writer;
    bool pending, exclusive;
    void *regions[REGIONS_MAX];
    int mapped_count; /* opened files that use the shared memory */
    int slot_sharing[SQLITE_SHM_NLOCK];
    const MemoryFile *slot_owner[SQLITE_SHM_NLOCK];
} MemoryNode;

struct MemoryFile {
    sqlite3_file base;
    MemoryNode *node;
    int level;
    unsigned slots_shared; /* bits of the slots this file shares */
    bool mapped;
    bool delete_on_close;
    bool is_data; /* the data file, not its log or journal */
};

static pthread_mutex_t list_mutex = PTHREAD_MUTEX_INITIALIZER;
static MemoryNode *list;

/* ---- Nodes; the list is locked. */

static MemoryNode **node_place(const char *name)
{
    MemoryNode **at = &list;
    while (*at && strcmp((*at)->name, name) != 0)
        at = &(*at)->next;
    return at;
}

static MemoryNode *node_new(const char *name)
{
    MemoryNode *n = sqlite3_malloc64(sizeof *n);
    if (!n)
        return NULL;
    memset(n, 0, sizeof *n);
    pthread_mutex_init(&n->mutex, NULL);
    if (name) {
        check(strlen(name) < NAME_MAX_BYTES);
        sqlite3_snprintf(NAME_MAX_BYTES, n->name, "%s", name);
        n->next = list;
        list = n;
    }
    return n;
}

static void regions_free(MemoryNode *n)
{
    for (int i = 0; i < REGIONS_MAX && n->regions[i]; i++) {
        sqlite3_free(n->regions[i]);
        n->regions[i] = NULL;
    }
}

/* Free the node when nobody has it open and it has lost its name. */
static void node_free_unused(MemoryNode *n)
{
    if (n->open_count > 0 || n->name[0])
        return;
    regions_free(n);
    sqlite3_free(n->bytes);
    pthread_mutex_destroy(&n->mutex);
    sqlite3_free(n);
}

static void node_unlink(MemoryNode **place)
{
    MemoryNode *n = *place;
    *place = n->next;
    n->name[0] = 0;
    node_free_unused(n);
}

/* ---- Bytes. */

static int file_read_bytes(sqlite3_file *file, void *out, int count, sqlite3_int64 offset)
{
    MemoryNode *n = ((MemoryFile *)file)->node;
    pthread_mutex_lock(&n->mutex);
    sqlite3_int64 there = n->size > offset ? n->size - offset : 0;
    if (there > count)
        there = count;
    if (there > 0)
        memcpy(out, n->bytes + offset, (size_t)there);
    pthread_mutex_unlock(&n->mutex);
    if (there == count)
        return SQLITE_OK;
    memset((char *)out + there, 0, (size_t)(count - there));
    return SQLITE_IOERR_SHORT_READ;
}

static bool node_reserve(MemoryNode *n, sqlite3_int64 size)
{
    if (size <= n->capacity)
        return true;
    sqlite3_int64 wanted = n->capacity ? n->capacity : 65536;
    while (wanted < size)
        wanted *= 2;
    unsigned char *bytes = sqlite3_realloc64(n->bytes, (sqlite3_uint64)wanted);
    if (!bytes)
        return false;
    n->bytes = bytes;
    n->capacity = wanted;
    return true;
}

static int file_write_bytes(sqlite3_file *file, const void *in, int count, sqlite3_int64 offset)
{
    MemoryNode *n = ((MemoryFile *)file)->node;
    pthread_mutex_lock(&n->mutex);
    bool ok = node_reserve(n, offset + count);
    if (ok) {
        if (offset > n->size)
            memset(n->bytes + n->size, 0, (size_t)(offset - n->size));
        memcpy(n->bytes + offset, in, (size_t)count);
        if (offset + count > n->size)
            n->size = offset + count;
    }
    pthread_mutex_unlock(&n->mutex);
    return ok ? SQLITE_OK : SQLITE_FULL;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    MemoryNode *n = ((MemoryFile *)file)->node;
    pthread_mutex_lock(&n->mutex);
    if (size < n->size)
        n->size = size;
    pthread_mutex_unlock(&n->mutex);
    return SQLITE_OK;
}

static int file_sync(sqlite3_file *file, int flags)
{
    (void)file, (void)flags;
    return SQLITE_OK;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    MemoryNode *n = ((MemoryFile *)file)->node;
    pthread_mutex_lock(&n->mutex);
    *size = n->size;
    pthread_mutex_unlock(&n->mutex);
    return SQLITE_OK;
}

/* ---- Locks of the file. */

static int lock_locked(MemoryFile *f, MemoryNode *n, int level)
{
    bool foreign_writer = n->writer && n->writer != f;
    if (f->level == SQLITE_LOCK_NONE) {
        if (n->pending || n->exclusive)
            return SQLITE_BUSY;
        n->sharing++;
        f->level = SQLITE_LOCK_SHARED;
    }
    if (level == SQLITE_LOCK_SHARED)
        return SQLITE_OK;
    if (foreign_writer)
        return SQLITE_BUSY;
    n->writer = f;
    if (level == SQLITE_LOCK_RESERVED) {
        f->level = level;
        return SQLITE_OK;
    }
    n->pending = true; /* no new readers while we wait for the old ones */
    f->level = SQLITE_LOCK_PENDING;
    if (n->sharing > 1)
        return SQLITE_BUSY;
    n->exclusive = true;
    f->level = SQLITE_LOCK_EXCLUSIVE;
    return SQLITE_OK;
}

static int file_lock(sqlite3_file *file, int level)
{
    MemoryFile *f = (MemoryFile *)file;
    if (f->level >= level)
        return SQLITE_OK;
    pthread_mutex_lock(&f->node->mutex);
    int code = lock_locked(f, f->node, level);
    pthread_mutex_unlock(&f->node->mutex);
    return code;
}

static int file_unlock(sqlite3_file *file, int level)
{
    MemoryFile *f = (MemoryFile *)file;
    MemoryNode *n = f->node;
    if (f->level <= level)
        return SQLITE_OK;
    pthread_mutex_lock(&n->mutex);
    if (n->writer == f) {
        n->writer = NULL;
        n->pending = n->exclusive = false;
    }
    if (level == SQLITE_LOCK_NONE)
        n->sharing--;
    check(n->sharing >= 0);
    f->level = level;
    pthread_mutex_unlock(&n->mutex);
    return SQLITE_OK;
}

static int file_check_reserved(sqlite3_file *file, int *reserved)
{
    MemoryNode *n = ((MemoryFile *)file)->node;
    pthread_mutex_lock(&n->mutex);
    *reserved = n->writer != NULL;
    pthread_mutex_unlock(&n->mutex);
    return SQLITE_OK;
}

static int file_control(sqlite3_file *file, int operation, void *argument)
{
    (void)file, (void)operation, (void)argument;
    return SQLITE_NOTFOUND;
}

static int file_sector_size(sqlite3_file *file)
{
    (void)file;
    return 4096;
}

static int file_characteristics(sqlite3_file *file)
{
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE | SQLITE_IOCAP_SAFE_APPEND;
}

/* ---- Shared memory. */

static int shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **out)
{
    MemoryFile *f = (MemoryFile *)file;
    MemoryNode *n = f->node;
    *out = NULL;
    if (region >= REGIONS_MAX)
        return SQLITE_FULL;
    pthread_mutex_lock(&n->mutex);
    if (!f->mapped) {
        f->mapped = true;
        n->mapped_count++;
    }
    bool ok = true;
    for (int i = 0; extend && ok && i <= region; i++) {
        if (n->regions[i])
            continue;
        n->regions[i] = sqlite3_malloc(size);
        ok = n->regions[i] != NULL;
        if (ok)
            memset(n->regions[i], 0, (size_t)size);
    }
    *out = n->regions[region];
    pthread_mutex_unlock(&n->mutex);
    return ok ? SQLITE_OK : SQLITE_NOMEM;
}

static void slots_release(MemoryFile *f, MemoryNode *n, int first, int count)
{
    for (int i = first; i < first + count; i++) {
        if (n->slot_owner[i] == f)
            n->slot_owner[i] = NULL;
        if (f->slots_shared & (1u << i)) {
            f->slots_shared &= ~(1u << i);
            n->slot_sharing[i]--;
            check(n->slot_sharing[i] >= 0);
        }
    }
}

static int slots_take(MemoryFile *f, MemoryNode *n, int first, int count, bool exclusive)
{
    for (int i = first; i < first + count; i++) {
        int mine = f->slots_shared & (1u << i) ? 1 : 0;
        if (n->slot_owner[i] && n->slot_owner[i] != f)
            return SQLITE_BUSY;
        if (exclusive && n->slot_sharing[i] > mine)
            return SQLITE_BUSY;
    }
    for (int i = first; i < first + count; i++) {
        if (exclusive) {
            n->slot_owner[i] = f;
        } else if (!(f->slots_shared & (1u << i))) {
            f->slots_shared |= 1u << i;
            n->slot_sharing[i]++;
        }
    }
    return SQLITE_OK;
}

static int shm_lock(sqlite3_file *file, int first, int count, int flags)
{
    MemoryFile *f = (MemoryFile *)file;
    int code = SQLITE_OK;
    check(first >= 0 && first + count <= SQLITE_SHM_NLOCK);
    pthread_mutex_lock(&f->node->mutex);
    if (flags & SQLITE_SHM_UNLOCK)
        slots_release(f, f->node, first, count);
    else
        code = slots_take(f, f->node, first, count, flags & SQLITE_SHM_EXCLUSIVE);
    pthread_mutex_unlock(&f->node->mutex);
    return code;
}

static void shm_barrier(sqlite3_file *file)
{
    /* As in SQLite's own file systems, a mutex taken and given back is the barrier. */
    MemoryNode *n = ((MemoryFile *)file)->node;
    pthread_mutex_lock(&n->mutex);
    pthread_mutex_unlock(&n->mutex);
}

static int shm_unmap(sqlite3_file *file, int delete_it)
{
    MemoryFile *f = (MemoryFile *)file;
    MemoryNode *n = f->node;
    pthread_mutex_lock(&n->mutex);
    if (f->mapped) {
        slots_release(f, n, 0, SQLITE_SHM_NLOCK);
        f->mapped = false;
        n->mapped_count--;
        if (n->mapped_count == 0 && delete_it)
            regions_free(n);
    }
    pthread_mutex_unlock(&n->mutex);
    return SQLITE_OK;
}

/* ---- Opening and names. */

static int file_close(sqlite3_file *file)
{
    MemoryFile *f = (MemoryFile *)file;
    shm_unmap(file, 0);
    file_unlock(file, SQLITE_LOCK_NONE);
    pthread_mutex_lock(&list_mutex);
    MemoryNode *n = f->node;
    n->open_count--;
    /* A data file whose last user goes is gone: the store was private to the process. SQLite
     * itself deletes the log and the journal. */
    if (n->name[0] && (f->delete_on_close || (f->is_data && n->open_count == 0)))
        node_unlink(node_place(n->name));
    else
        node_free_unused(n);
    pthread_mutex_unlock(&list_mutex);
    return SQLITE_OK;
}

static const sqlite3_io_methods file_methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read_bytes,
    .xWrite = file_write_bytes,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
};

static int vfs_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags,
                    int *out_flags)
{
    (void)vfs;
    MemoryFile *f = (MemoryFile *)file;
    memset(f, 0, sizeof *f);
    pthread_mutex_lock(&list_mutex);
    MemoryNode *n = name ? *node_place(name) : NULL;
    if (!n && (!name || (flags & SQLITE_OPEN_CREATE)))
        n = node_new(name);
    if (n)
        n->open_count++;
    pthread_mutex_unlock(&list_mutex);
    if (!n)
        return SQLITE_CANTOPEN;
    f->base.pMethods = &file_methods;
    f->node = n;
    f->delete_on_close = flags & SQLITE_OPEN_DELETEONCLOSE;
    f->is_data = flags & SQLITE_OPEN_MAIN_DB;
    if (out_flags)
        *out_flags = flags;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_directory)
{
    (void)vfs, (void)sync_directory;
    pthread_mutex_lock(&list_mutex);
    MemoryNode **place = node_place(name);
    bool found = *place != NULL;
    if (found)
        node_unlink(place);
    pthread_mutex_unlock(&list_mutex);
    return found ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    (void)vfs, (void)flags;
    pthread_mutex_lock(&list_mutex);
    *out = *node_place(name) != NULL;
    pthread_mutex_unlock(&list_mutex);
    return SQLITE_OK;
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
    (void)vfs;
    sqlite3_snprintf(size, out, "%s", name);
    return SQLITE_OK;
}

static void vfs_register_once(void)
{
    /* Before the library's first use: nobody asks for its memory statistics, and keeping them
     * takes a global lock at every allocation. Refused harmlessly when it is in use already. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    static sqlite3_vfs vfs;
    sqlite3_initialize();
    vfs = *sqlite3_vfs_find(NULL); /* clock, sleep and randomness are the default's */
    vfs.szOsFile = sizeof(MemoryFile);
    vfs.mxPathname = NAME_MAX_BYTES - 16; /* room for "-journal" */
    vfs.pNext = NULL;
    vfs.zName = MEMORY_VFS_NAME;
    vfs.xOpen = vfs_open;
    vfs.xDelete = vfs_delete;
    vfs.xAccess = vfs_access;
    vfs.xFullPathname = vfs_full_path;
    int code = sqlite3_vfs_register(&vfs, 0);
    check(code == SQLITE_OK);
}

void memory_vfs_register(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, vfs_register_once);
}
