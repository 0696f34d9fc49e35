/* Failures on purpose: the N-th write, or sync, or the N-th page of room, of the data file fails,
 * for N = 1, 2, ... until a whole run is clean. Whatever N is, nothing may be lost or half done:
 *
 *   - a command was answered "accepted": it is there, also after a restart
 *   - it was answered with a fault: it is not there, the node lives, caches equal the rows, and
 *     the same command again is accepted
 *   - the outcome of COMMIT is unknown: the process ends (here: a child), and after the restart
 *     the command is there whole or not at all
 *   - verify finds no difference
 *
 * The file system "faulty" is SQLite's own with a counter in front. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "core_toy.h"

/* ---- The file system. */

typedef enum Fail { FAIL_NONE, FAIL_WRITE, FAIL_FULL, FAIL_SYNC } Fail;
static Fail fail_kind;
static int fail_at;   /* the call that fails: 1 is the next */
static int fail_hits; /* calls that failed */

typedef struct FaultyFile {
    sqlite3_file base;
    sqlite3_file *below;
} FaultyFile;

static sqlite3_vfs *below;

static bool hit(Fail kind)
{
    if (fail_kind != kind || --fail_at != 0)
        return false;
    fail_hits++;
    return true;
}

#define BELOW(file) (((FaultyFile *)(file))->below)

static int faulty_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset)
{
    if (hit(FAIL_WRITE))
        return SQLITE_IOERR_WRITE;
    if (hit(FAIL_FULL))
        return SQLITE_FULL;
    return BELOW(file)->pMethods->xWrite(BELOW(file), bytes, count, offset);
}

static int faulty_sync(sqlite3_file *file, int flags)
{
    if (hit(FAIL_SYNC))
        return SQLITE_IOERR_FSYNC;
    return BELOW(file)->pMethods->xSync(BELOW(file), flags);
}

#define PASS(name, parameters, ...)                                        \
    static int faulty_##name parameters                                    \
    {                                                                      \
        return BELOW(f)->pMethods->name(BELOW(f), ##__VA_ARGS__);          \
    }
static int faulty_close(sqlite3_file *f)
{
    int code = BELOW(f)->pMethods->xClose(BELOW(f));
    sqlite3_free(BELOW(f));
    return code;
}
PASS(xRead, (sqlite3_file *f, void *p, int n, sqlite3_int64 o), p, n, o)
PASS(xTruncate, (sqlite3_file *f, sqlite3_int64 n), n)
PASS(xFileSize, (sqlite3_file *f, sqlite3_int64 *n), n)
PASS(xLock, (sqlite3_file *f, int n), n)
PASS(xUnlock, (sqlite3_file *f, int n), n)
PASS(xCheckReservedLock, (sqlite3_file *f, int *n), n)
PASS(xFileControl, (sqlite3_file *f, int n, void *p), n, p)
PASS(xSectorSize, (sqlite3_file *f))
PASS(xDeviceCharacteristics, (sqlite3_file *f))
PASS(xShmMap, (sqlite3_file *f, int i, int n, int e, void volatile **p), i, n, e, p)
PASS(xShmLock, (sqlite3_file *f, int o, int n, int flags), o, n, flags)
static void faulty_xShmBarrier(sqlite3_file *f)
{
    BELOW(f)->pMethods->xShmBarrier(BELOW(f));
}
PASS(xShmUnmap, (sqlite3_file *f, int n), n)

static const sqlite3_io_methods faulty_methods = {
    .iVersion = 2, .xClose = faulty_close, .xRead = faulty_xRead, .xWrite = faulty_write,
    .xTruncate = faulty_xTruncate, .xSync = faulty_sync, .xFileSize = faulty_xFileSize,
    .xLock = faulty_xLock, .xUnlock = faulty_xUnlock,
    .xCheckReservedLock = faulty_xCheckReservedLock, .xFileControl = faulty_xFileControl,
    .xSectorSize = faulty_xSectorSize, .xDeviceCharacteristics = faulty_xDeviceCharacteristics,
    .xShmMap = faulty_xShmMap, .xShmLock = faulty_xShmLock, .xShmBarrier = faulty_xShmBarrier,
    .xShmUnmap = faulty_xShmUnmap};

static int faulty_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags,
                       int *out)
{
    FaultyFile *f = (FaultyFile *)file;
    (void)vfs;
    f->below = sqlite3_malloc(below->szOsFile);
    memset(f->below, 0, (size_t)below->szOsFile);
    int code = below->xOpen(below, name, f->below, flags, out);
    if (code != SQLITE_OK) {
        sqlite3_free(f->below);
        return code;
    }
    f->base.pMethods = &faulty_methods;
    return SQLITE_OK;
}

static void faulty_register(void)
{
    static sqlite3_vfs vfs;
    sqlite3_initialize();
    below = sqlite3_vfs_find(NULL);
    vfs = *below;
    vfs.pNext = NULL;
    vfs.zName = "faulty";
    vfs.szOsFile = sizeof(FaultyFile);
    vfs.xOpen = faulty_open;
    sqlite3_vfs_register(&vfs, 0);
}

/* ---- The node under test. */

#define COMMANDS 4

typedef struct Node {
    Arena *arena;
    Core *core;
    Toy *toy;
    StoreConn *conn;
} Node;

static char path[64], location[96];

static bool node_open(Node *n, Err *err)
{
    *n = (Node){.arena = arena_open(16u << 20), .toy = toy_open()};
    const Module *modules[] = {toy_module(n->toy)};
    CoreOptions options = {.node = 420600, .location = str_from(location), .modules = modules,
                           .module_count = 1};
    return core_open(&options, &n->core, err) &&
           store_connect_reader(core_store(n->core), &n->conn, err);
}

static void node_close(Node *n)
{
    store_disconnect(n->conn);
    core_close(n->core);
    arena_close(n->arena);
}

static void file_remove_all(void)
{
    const char *endings[] = {"", "-wal", "-shm", ".lock"};
    for (int i = 0; i < 4; i++) {
        char name[80];
        snprintf(name, sizeof name, "%s%s", path, endings[i]);
        unlink(name);
    }
}

/* Command i makes account "i" with ten follow-ups of 1 each. */
static bool give(Node *n, int i, Reply *reply, Err *err)
{
    char name[16];
    snprintf(name, sizeof name, "%d", i);
    Str account = arena_copy(n->arena, str_from(name));
    Command c = toy_command(STR("zhang"), STR("toy.many"),
                            toy_body(n->arena, account, 10, STR_NONE));
    c.id = core_command_id(STR("zhang"), account);
    return core_run(n->core, &c, n->arena, reply, err);
}

static int64_t sum(Node *n, int i)
{
    char name[16];
    snprintf(name, sizeof name, "%d", i);
    return toy_sum(n->conn, str_from(name));
}

static void verified(Node *n)
{
    VerifyResult result;
    Err err = {0};
    assert_true(core_verify(n->core, LANG_EN, n->arena, &result, &err));
    if (result.differences)
        fail_msg("%.*s", STR_ARG(result.report));
}

/* The caches of the module equal its rows. */
static void cache_is_right(Node *n)
{
    int64_t total = 0;
    for (int i = 0; i < COMMANDS; i++)
        total += sum(n, i) < 0 ? 0 : sum(n, i);
    assert_int_equal(toy_cached(n->toy), total);
}

/* Give all commands; after a fault the same one again. */
static void give_all(Node *n)
{
    for (int i = 0; i < COMMANDS; i++) {
        Reply reply;
        Err err = {0};
        if (!give(n, i, &reply, &err)) {
            assert_true(err_is(&err, &fault_store_failed_io));
            assert_int_equal(sum(n, i), -1); /* nothing half done */
            cache_is_right(n);
            err_clear(&err);
            assert_true(give(n, i, &reply, &err));
            assert_false(reply.repeated);
        }
        assert_true(reply.accepted);
        assert_int_equal(sum(n, i), 10);
        cache_is_right(n);
    }
}

/* A full disk: COMMIT is surely not done, and the node goes on. */
static void the_disk_is_full(void **state)
{
    (void)state;
    int rounds = 0;
    for (int n = 1;; n++, rounds++) {
        Node node;
        Err err = {0};
        file_remove_all();
        assert_true(node_open(&node, &err));
        fail_kind = FAIL_FULL;
        fail_at = n;
        fail_hits = 0;
        give_all(&node);
        bool clean = fail_hits == 0;
        fail_kind = FAIL_NONE;
        verified(&node);
        node_close(&node);
        assert_true(node_open(&node, &err)); /* and it is all there after a restart */
        for (int i = 0; i < COMMANDS; i++)
            assert_int_equal(sum(&node, i), 10);
        verified(&node);
        node_close(&node);
        if (clean)
            break;
    }
    assert_true(rounds > 2 * COMMANDS);
}

/* Opening a new file fails at any write: an Err, no crash, and the next attempt succeeds. */
static void opening_fails(void **state)
{
    (void)state;
    int rounds = 0;
    for (int n = 1;; n++, rounds++) {
        Node node;
        Err err = {0};
        file_remove_all();
        fail_kind = FAIL_FULL;
        fail_at = n;
        fail_hits = 0;
        bool ok = node_open(&node, &err);
        bool clean = fail_hits == 0;
        fail_kind = FAIL_NONE;
        assert_true(ok || err.fault);
        if (!ok) {
            store_disconnect(node.conn);
            core_close(node.core);
            arena_close(node.arena);
            err_clear(&err);
            assert_true(node_open(&node, &err));
        }
        give_all(&node);
        verified(&node);
        node_close(&node);
        if (clean)
            break;
    }
    assert_true(rounds > 10);
}

/* The child tells through a pipe which commands were accepted; it ends when it ends. */
static int child(Fail kind, int n, int out)
{
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    if (!freopen("/dev/null", "w", stderr))
        return 3;
    Node node;
    Err err = {0};
    if (!node_open(&node, &err))
        return 3;
    fail_kind = kind;
    fail_at = n;
    fail_hits = 0;
    for (char i = 0; i < COMMANDS; i++) {
        Reply reply;
        if (give(&node, i, &reply, &err) && write(out, &i, 1) != 1)
            return 3;
    }
    fail_kind = FAIL_NONE;
    return fail_hits == 0 ? 0 : 1;
}

/* After I/O errors a COMMIT may be done or not: the process ends, and the rows are whole. */
static void outcome_unknown(Fail kind)
{
    int ended = 0;
    bool clean = false;
    for (int n = 1; !clean; n++) {
        int pipe_ends[2];
        file_remove_all();
        assert_int_equal(pipe(pipe_ends), 0);
        pid_t pid = fork();
        if (pid == 0)
            _exit(child(kind, n, pipe_ends[1]));
        close(pipe_ends[1]);
        bool accepted[COMMANDS] = {false};
        char i;
        while (read(pipe_ends[0], &i, 1) == 1)
            accepted[(int)i] = true;
        close(pipe_ends[0]);
        int status;
        waitpid(pid, &status, 0);
        assert_false(WIFEXITED(status) && WEXITSTATUS(status) > 1);
        clean = WIFEXITED(status) && WEXITSTATUS(status) == 0;
        ended += WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
        Node node;
        Err err = {0};
        assert_true(node_open(&node, &err));
        for (int c = 0; c < COMMANDS; c++) {
            int64_t there = sum(&node, c);
            assert_true(there == 10 || (there == -1 && !accepted[c]));
        }
        verified(&node);
        give_all(&node); /* the client that lost its answer asks again */
        verified(&node);
        node_close(&node);
    }
    assert_true(ended >= COMMANDS);
}

static void a_write_fails(void **state)
{
    (void)state;
    outcome_unknown(FAIL_WRITE);
}

static void a_sync_fails(void **state)
{
    (void)state;
    outcome_unknown(FAIL_SYNC);
}

static int setup(void **state)
{
    (void)state;
    faulty_register();
    snprintf(path, sizeof path, "/tmp/core-faults-%d.db", (int)getpid());
    snprintf(location, sizeof location, "file:%s?vfs=faulty", path);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    file_remove_all();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_disk_is_full),
        cmocka_unit_test(opening_fails),
        cmocka_unit_test(a_write_fails),
        cmocka_unit_test(a_sync_fails),
    };
    return cmocka_run_group_tests_name("core_faults", tests, setup, teardown);
}
