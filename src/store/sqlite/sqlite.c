/* sqlite.c - the SQLite driver: stores, connections, transactions, checkpoints.
 *
 * Settings, and why:
 *   journal_mode=WAL     readers keep their snapshot while the writer goes on; a commit is one
 *                        sequential write and one fsync.
 *   synchronous=FULL     the fsync is done before COMMIT returns: what was answered is durable.
 *   wal_autocheckpoint=0 a commit never pays for a checkpoint; core's keeper does it, on a
 *                        reading connection (store_checkpoint).
 *   secure_delete=FAST   what is erased is overwritten where that costs no extra page.
 *   no mmap              a read error is an Err, not a SIGBUS.
 *
 * One process. SQLite would let a second process write between our batches, and its rows would
 * not be in our caches. The writing connection therefore holds an flock on "<file>.lock" for as
 * long as it lives; the kernel frees it however the process ends. Reading tools need no lock.
 *
 * COMMIT. There are three outcomes. Done. Surely not done: the disk was full (the commit frame
 * is the last thing written, and a torn frame fails its checksum) or a lock was not to be had;
 * then the transaction is rolled back and the caller goes on. Unknown: anything else, above all
 * a failed fsync, after which the kernel may have dropped the pages it could not write and a
 * second fsync would say "fine". Nobody may then be told "done" nor "not done", and nothing may
 * be built on top, so the process ends; recovery at the next start reads the log and knows. (A
 * client that lost its answer sends the command again under its id and gets the right one.)
 *
 * Private stores (":memory:") are files of memory_vfs.c, so that they too have a log, snapshots
 * and several connections; nothing of the driver differs. */
#include "store/sqlite/sqlite_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/check.h"

/* ---- Store. */

/* The path inside "file:path?options", or the whole location. */
static Str location_path(Str location)
{
    if (!str_starts(location, STR("file:")))
        return location;
    Str rest = str_slice(location, 5, location.len);
    return str_split(&rest, '?');
}

static bool is_private(Str location)
{
    return str_equal(location, STR(":memory:"));
}

static char *c_string(Arena *a, const char *prefix, Str s, const char *suffix)
{
    size_t size = strlen(prefix) + s.len + strlen(suffix) + 1;
    char *text = arena_take(a, size);
    check(text != NULL);
    snprintf(text, size, "%s%.*s%s", prefix, STR_ARG(s), suffix);
    return text;
}

/* The data file belongs to its owner alone; SQLite gives its log the same mode. */
static bool create_file(Arena *a, Str path, Err *err)
{
    int fd = open(c_string(a, "", path, ""), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set(err, &fault_store_failed_io,
                       arena_printf(a, "%.*s: %s", STR_ARG(path), strerror(errno)));
    close(fd);
    return true;
}

/* PRAGMA journal_mode answers with the mode that holds, and does not fail. */
static int note_log(void *has_log, int count, char **values, char **names)
{
    (void)names;
    if (count == 1 && values[0] && strcmp(values[0], "wal") == 0)
        *(bool *)has_log = true;
    return 0;
}

/* The writer sorts in files: it may have to make the index of a bulk load, and its memory must not
 * grow with the rows. Readers sort what they answer. */
static bool open_db(const SqliteStore *s, bool writer, sqlite3 **out, Err *err)
{
    char settings[400];
    snprintf(settings, sizeof settings,
             "PRAGMA page_size=%d; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
             "PRAGMA wal_autocheckpoint=0; PRAGMA foreign_keys=OFF; PRAGMA temp_store=%s;"
             "PRAGMA secure_delete=FAST; PRAGMA trusted_schema=OFF; PRAGMA mmap_size=0;"
             "PRAGMA journal_size_limit=%d; PRAGMA cache_size=-%d; PRAGMA query_only=%s;",
             SQLITE_PAGE_BYTES, writer ? "FILE" : "MEMORY", SQLITE_LOG_KEEP_BYTES,
             writer ? SQLITE_WRITER_CACHE_KIB : SQLITE_READER_CACHE_KIB, writer ? "OFF" : "ON");
    sqlite3 *db = NULL;
    bool has_log = false;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
    if (s->lock_path == NULL)
        flags |= SQLITE_OPEN_CREATE;
    if (sqlite3_open_v2(s->uri, &db, flags, NULL) == SQLITE_OK &&
        sqlite3_busy_timeout(db, STORE_BUSY_MS) == SQLITE_OK &&
        sqlite3_exec(db, settings, note_log, &has_log, NULL) == SQLITE_OK && has_log) {
        *out = db;
        return true;
    }
    err_set(err, &fault_store_failed_io, str_from(db ? sqlite3_errmsg(db) : "no memory"));
    sqlite3_close(db);
    return false;
}

static bool sqlite_open(Str location, Store **out, Err *err)
{
    static atomic_uint private_count;
    memory_vfs_register();
    Arena *a = arena_open(STORE_ARENA_BYTES);
    SqliteStore *s = arena_new(a, SqliteStore);
    s->door.driver = &sqlite_driver;
    s->door.arena = a;
    s->lock_fd = -1;
    bool ok = true;
    if (is_private(location)) {
        Str uri = arena_printf(a, "file:/private-%u?vfs=" MEMORY_VFS_NAME,
                               atomic_fetch_add(&private_count, 1));
        s->uri = c_string(a, "", uri, "");
    } else {
        s->uri = c_string(a, "", location, "");
        s->lock_path = c_string(a, "", location_path(location), ".lock");
        ok = create_file(a, location_path(location), err);
    }
    if (!ok || !open_db(s, true, &s->anchor, err)) {
        arena_close(a);
        return false;
    }
    *out = &s->door;
    return true;
}

static void sqlite_close(Store *store)
{
    SqliteStore *s = (SqliteStore *)store;
    check(s->lock_fd < 0);
    int code = sqlite3_close(s->anchor);
    check(code == SQLITE_OK);
    arena_close(store->arena);
}

/* ---- Connections. */

static bool take_lock(SqliteStore *s, Err *err)
{
    if (!s->lock_path)
        return true;
    int fd = open(s->lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set(err, &fault_store_failed_io, str_from(strerror(errno)));
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        Str path = str_from(s->lock_path);
        return err_set(err, &fault_store_locked, str_slice(path, 0, path.len - 5));
    }
    s->lock_fd = fd;
    return true;
}

static void drop_lock(SqliteStore *s)
{
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    s->lock_fd = -1;
}

static bool sqlite_connect(Store *store, bool writer, StoreConn **out, Err *err)
{
    SqliteStore *s = (SqliteStore *)store;
    if (writer && !take_lock(s, err))
        return false;
    sqlite3 *db = NULL;
    if (!open_db(s, writer, &db, err)) {
        if (writer)
            drop_lock(s);
        return false;
    }
    Arena *a = arena_open(STORE_ARENA_BYTES);
    SqliteConn *c = arena_new(a, SqliteConn);
    c->door.driver = &sqlite_driver;
    c->door.arena = a;
    c->db = db;
    *out = &c->door;
    return true;
}

static void sqlite_disconnect(StoreConn *conn)
{
    SqliteConn *c = (SqliteConn *)conn;
    sqlite_statements_close(c);
    int code = sqlite3_close(c->db);
    check(code == SQLITE_OK);
    if (conn->writer)
        drop_lock((SqliteStore *)conn->store);
    arena_close(conn->arena);
}

/* ---- Transactions. */

static bool run(SqliteConn *c, const Sql *sql)
{
    sqlite_write(&c->door, sql, NULL, 0);
    return c->door.first.fault == NULL;
}

static bool sqlite_begin(StoreConn *conn)
{
    static const Sql immediate = {"BEGIN IMMEDIATE"}, deferred = {"BEGIN"};
    static const Sql pin = {"SELECT 1 FROM sqlite_schema LIMIT 1"}, undo = {"ROLLBACK"};
    SqliteConn *c = (SqliteConn *)conn;
    if (conn->writer)
        return run(c, &immediate);
    if (!run(c, &deferred))
        return false;
    /* SQLite takes the snapshot at the first read. */
    Rows *r = sqlite_query(conn, &pin, NULL, 0);
    if (r) {
        sqlite_next(r);
        sqlite_rows_close(r);
    }
    if (conn->first.fault && !sqlite3_get_autocommit(c->db))
        run(c, &undo);
    return conn->first.fault == NULL;
}

static bool sqlite_commit(StoreConn *conn)
{
    static const Sql commit = {"COMMIT"};
    SqliteConn *c = (SqliteConn *)conn;
    if (run(c, &commit))
        return true;
    int code = sqlite3_errcode(c->db) & 0xff;
    if (!conn->writer || code == SQLITE_FULL || code == SQLITE_BUSY)
        return false;
    fprintf(stderr,
            "tongban: COMMIT failed and its outcome is unknown (%s). The process ends so that "
            "nothing is built on it; start it again.\n"
            "tongban: 提交失败且结果不明，进程退出以免在其上继续写入，请重新启动。\n",
            sqlite3_errmsg(c->db));
    abort();
}

static void sqlite_rollback(StoreConn *conn)
{
    SqliteConn *c = (SqliteConn *)conn;
    /* After some failures SQLite has rolled back by itself. Open rows of a reader end here too. */
    for (size_t i = 0; i < c->slot_count; i++)
        if (c->slots[i] && c->slots[i]->active)
            sqlite3_reset(c->slots[i]->statement);
    if (!sqlite3_get_autocommit(c->db)) {
        int code = sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
        check(code == SQLITE_OK || sqlite3_get_autocommit(c->db));
    }
}

static void sqlite_script(StoreConn *conn, const char *sql)
{
    SqliteConn *c = (SqliteConn *)conn;
    if (!conn->first.fault && sqlite3_exec(c->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        sqlite_conn_fail(c);
}

static int64_t sqlite_checkpoint(StoreConn *conn)
{
    SqliteConn *c = (SqliteConn *)conn;
    int frames = 0, moved = 0;
    int code =
        sqlite3_wal_checkpoint_v2(c->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &frames, &moved);
    if (code != SQLITE_OK || frames < 0)
        return 0; /* another checkpoint is running; the next call moves the rest */
    return (int64_t)frames * SQLITE_PAGE_BYTES;
}

const StoreDriver sqlite_driver = {
    .name = "sqlite",
    .open = sqlite_open,
    .close = sqlite_close,
    .connect = sqlite_connect,
    .disconnect = sqlite_disconnect,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .write = sqlite_write,
    .query = sqlite_query,
    .next = sqlite_next,
    .column_int = sqlite_column_int,
    .column_bytes = sqlite_column_bytes,
    .column_kind = sqlite_column_kind,
    .column_count = sqlite_column_count,
    .rows_close = sqlite_rows_close,
    .script = sqlite_script,
    .tables_sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE "
                  "'sqlite%' ORDER BY name",
    .columns_sql = "SELECT name, pk FROM pragma_table_info(?1) ORDER BY cid",
    .checkpoint = sqlite_checkpoint,
};
