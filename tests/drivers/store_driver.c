/* The suite that every SQL driver has to pass. It runs on each location of locations[]; a new
 * driver adds a row there. What is tested is the contract of store.h, nothing of a driver. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/check.h"
#include "os/os.h"
#include "store/store.h"

typedef struct Fixture {
    const char *kind; /* "file" or "memory" */
    char path[64];
    Arena *arena;
    Store *store;
    StoreConn *writer, *reader;
} Fixture;

static const Migration migrations[] = {
    {1, "CREATE TABLE t_item (node BIGINT NOT NULL, id BLOB NOT NULL, n BIGINT, s TEXT, b BLOB,"
        " PRIMARY KEY (node, id)) WITHOUT ROWID;"
        "CREATE TABLE t_pair (b BIGINT NOT NULL, node BIGINT NOT NULL, a TEXT NOT NULL,"
        " PRIMARY KEY (node, a, b))"},
    {2, "CREATE INDEX t_item_n ON t_item (node, n)"},
    {3, "ALTER TABLE t_item ADD COLUMN extra TEXT"},
};
static const Sql sql_add = {"INSERT INTO t_item (node, id, n, s, b) VALUES (?1, ?2, ?3, ?4, ?5)"};
static const Sql sql_all = {"SELECT id, n, s, b FROM t_item WHERE node = ?1 ORDER BY n"};
static const Sql sql_count = {"SELECT count(*) FROM t_item WHERE node = ?1"};
static const Sql sql_wrong = {"INSERT INTO t_nowhere (node) VALUES (?1)"};

static void must(bool ok, const Err *err)
{
    if (ok)
        return;
    Arena *a = arena_open(65536);
    Buf text = buf_new(a, 100);
    err_show(err, LANG_EN, &text);
    fail_msg("%s", buf_cstr(&text));
}

static void open_store(Fixture *f)
{
    Err err = {0};
    Str location = strcmp(f->kind, "memory") == 0 ? STR(":memory:") : str_from(f->path);
    must(store_open(location, &f->store, &err), &err);
    must(store_connect_writer(f->store, &f->writer, &err), &err);
    must(store_migrate(f->writer, STR("t"), migrations, 3, &err), &err);
    must(store_connect_reader(f->store, &f->reader, &err), &err);
}

static void close_store(Fixture *f)
{
    store_disconnect(f->reader);
    store_disconnect(f->writer);
    store_close(f->store);
    f->store = NULL;
}

static int setup(void **state, const char *kind)
{
    Fixture *f = test_calloc(1, sizeof *f);
    f->kind = kind;
    f->arena = arena_open(1u << 20);
    snprintf(f->path, sizeof f->path, "/tmp/store-driver-%d.db", (int)getpid());
    open_store(f);
    *state = f;
    return 0;
}

static int setup_file(void **state)
{
    return setup(state, "file");
}

static int setup_memory(void **state)
{
    return setup(state, "memory");
}

static int teardown(void **state)
{
    Fixture *f = *state;
    if (f->store)
        close_store(f);
    const char *endings[] = {"", "-wal", "-shm", ".lock"};
    for (int i = 0; i < 4; i++) {
        char name[80];
        snprintf(name, sizeof name, "%s%s", f->path, endings[i]);
        unlink(name);
    }
    arena_close(f->arena);
    test_free(f);
    return 0;
}

static Id id_of(uint8_t n)
{
    Id id = ID_NONE;
    id.bytes[15] = n;
    return id;
}

static void add(Fixture *f, uint8_t n)
{
    Id id = id_of(n);
    store_write(f->writer, &sql_add,
                PARAMS(p_int(1), p_id(&id), p_int(n), p_text(STR("text")), p_null()));
}

static int64_t count(StoreConn *c)
{
    Rows *r = store_query(c, &sql_count, PARAMS(p_int(1)));
    int64_t n = rows_next(r) ? rows_int(r, 0) : -1;
    rows_close(r);
    return n;
}

static void begin(Fixture *f)
{
    Err err = {0};
    must(store_begin(f->writer, &err), &err);
}

static void commit(Fixture *f)
{
    Err err = {0};
    must(store_commit(f->writer, &err), &err);
}

/* ---- Tests. */

static void values_come_back(void **state)
{
    Fixture *f = *state;
    Id id = id_of(7);
    static const char zeros[] = "a\0b";
    begin(f);
    store_write(f->writer, &sql_add,
                PARAMS(p_int(1), p_id(&id), p_int(INT64_MIN + 1), p_text(STR("汉字")),
                       p_blob((Str){zeros, 3})));
    Id other = id_of(8);
    store_write(f->writer, &sql_add,
                PARAMS(p_int(1), p_id(&other), p_instant(INSTANT_NONE), p_text(STR_NONE),
                       p_blob(STR_NONE)));
    commit(f);
    Rows *r = store_query(f->reader, &sql_all, PARAMS(p_int(1)));
    assert_int_equal(rows_columns(r), 4);
    assert_true(rows_next(r)); /* null sorts first */
    assert_true(rows_is_null(r, 1));
    assert_true(instant_is_none(rows_instant(r, 1)));
    assert_int_equal(rows_kind(r, 2), PARAM_TEXT); /* empty is not null */
    assert_int_equal(rows_bytes(r, 2).len, 0);
    assert_int_equal(rows_kind(r, 3), PARAM_BLOB);
    assert_true(rows_next(r));
    assert_true(id_equal(rows_id(r, 0), id));
    assert_int_equal(rows_int(r, 1), INT64_MIN + 1);
    assert_true(str_equal(rows_copy(r, 2, f->arena), STR("汉字")));
    assert_int_equal(rows_bytes(r, 3).len, 3);
    assert_memory_equal(rows_bytes(r, 3).ptr, zeros, 3);
    assert_false(rows_next(r));
    rows_close(r);
}

static void reader_sees_a_snapshot(void **state)
{
    Fixture *f = *state;
    Err err = {0};
    begin(f);
    add(f, 1);
    assert_int_equal(count(f->writer), 1); /* the writer sees its own */
    assert_int_equal(count(f->reader), 0);
    commit(f);
    assert_int_equal(count(f->reader), 1);
    must(store_begin(f->reader, &err), &err);
    begin(f);
    add(f, 2);
    commit(f);
    assert_int_equal(count(f->reader), 1); /* as it was at begin */
    store_end(f->reader);
    assert_int_equal(count(f->reader), 2);
}

/* Rows of a reader that are open do not keep the writer from committing. */
static void open_rows_do_not_block(void **state)
{
    Fixture *f = *state;
    begin(f);
    add(f, 1);
    add(f, 2);
    commit(f);
    Rows *r = store_query(f->reader, &sql_all, PARAMS(p_int(1)));
    assert_true(rows_next(r));
    for (uint8_t n = 3; n < 100; n++) {
        begin(f);
        add(f, n);
        commit(f);
    }
    assert_true(rows_next(r));
    assert_false(rows_next(r));
    rows_close(r);
    assert_int_equal(count(f->reader), 99);
}

static void rollback_undoes(void **state)
{
    Fixture *f = *state;
    begin(f);
    add(f, 1);
    store_rollback(f->writer);
    assert_false(store_in_transaction(f->writer));
    assert_int_equal(count(f->writer), 0);
}

static void failure_is_sticky(void **state)
{
    Fixture *f = *state;
    Err err = {0};
    begin(f);
    add(f, 1);
    add(f, 1); /* the same key */
    assert_true(store_failed(f->writer, NULL));
    add(f, 2);
    assert_int_equal(count(f->writer), -1); /* no rows */
    assert_false(store_commit(f->writer, &err));
    assert_true(err_is(&err, &fault_store_failed_io));
    assert_false(store_in_transaction(f->writer));
    assert_false(store_failed(f->writer, NULL));
    assert_int_equal(count(f->writer), 0);
    begin(f);
    add(f, 3);
    commit(f); /* the connection lives */
    assert_int_equal(count(f->reader), 1);
}

static void wrong_sql_is_a_failure(void **state)
{
    Fixture *f = *state;
    Err err = {0};
    begin(f);
    store_write(f->writer, &sql_wrong, PARAMS(p_int(1)));
    assert_false(store_commit(f->writer, &err));
    assert_true(err_is(&err, &fault_store_failed_io));
    Rows *r = store_query(f->reader, store_sql(f->reader, STR("SELECT nonsense")), NO_PARAMS);
    assert_false(rows_next(r));
    rows_close(r);
    assert_true(store_failed(f->reader, NULL));
    assert_int_equal(count(f->reader), 0); /* outside a transaction it does not stick */
}

/* The writer's side of a reading connection is closed. */
static void runtime_sql_is_kept(void **state)
{
    Fixture *f = *state;
    char text[] = "SELECT 41 + ?1";
    const Sql *first = store_sql(f->reader, str_from(text));
    assert_ptr_equal(first, store_sql(f->reader, STR("SELECT 41 + ?1")));
    text[7] = '9'; /* it was copied */
    Rows *r = store_query(f->reader, first, PARAMS(p_int(1)));
    assert_true(rows_next(r));
    assert_int_equal(rows_int(r, 0), 42);
    rows_close(r);
}

static void many_statements(void **state)
{
    Fixture *f = *state;
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 1000; i++) {
            Str text = arena_printf(f->arena, "SELECT %d", i);
            Rows *r = store_query(f->reader, store_sql(f->reader, text), NO_PARAMS);
            assert_true(rows_next(r));
            assert_int_equal(rows_int(r, 0), i);
            rows_close(r);
        }
}

static void migrations_run_once(void **state)
{
    Fixture *f = *state;
    Err err = {0};
    must(store_migrate(f->writer, STR("t"), migrations, 3, &err), &err);
    assert_false(store_migrate(f->writer, STR("t"), migrations, 2, &err));
    assert_true(err_is(&err, &fault_store_newer));
    assert_true(str_equal(err_arg(&err, 0), STR("t")));
    static const Migration broken[] = {{1, "CREATE TABLE u_a (node BIGINT PRIMARY KEY); nonsense"}};
    err_clear(&err);
    assert_false(store_migrate(f->writer, STR("u"), broken, 1, &err));
    Str *names;
    size_t n;
    must(store_tables(f->reader, f->arena, &names, &n, NULL), &err);
    assert_int_equal(n, 3); /* store_migration, t_item, t_pair; nothing of u */
    assert_true(str_equal(names[1], STR("t_item")));
}

static void columns_and_keys_are_told(void **state)
{
    Fixture *f = *state;
    StoreColumn *columns;
    size_t n;
    assert_true(store_columns(f->reader, f->arena, STR("t_pair"), &columns, &n, NULL));
    assert_int_equal(n, 3);
    assert_true(str_equal(columns[0].name, STR("b")));
    assert_int_equal(columns[0].key, 3);
    assert_int_equal(columns[1].key, 1);
    assert_int_equal(columns[2].key, 2);
    assert_true(store_columns(f->reader, f->arena, STR("t_item"), &columns, &n, NULL));
    assert_int_equal(n, 6);
    assert_int_equal(columns[5].key, 0);
    assert_true(store_columns(f->reader, f->arena, STR("t_nowhere"), &columns, &n, NULL));
    assert_int_equal(n, 0);
}

/* The log does not grow when it is moved while nobody writes. */
static void checkpoint_bounds_the_log(void **state)
{
    Fixture *f = *state;
    int64_t largest = 0;
    for (int round = 0; round < 20; round++) {
        begin(f);
        static char filler[200000];
        Id id = id_of((uint8_t)round);
        store_write(f->writer, &sql_add,
                    PARAMS(p_int(1), p_id(&id), p_int(round), p_null(),
                           p_blob((Str){filler, sizeof filler})));
        commit(f);
        int64_t size = store_checkpoint(f->reader);
        largest = size > largest ? size : largest;
    }
    assert_true(largest < 2000000);
    assert_int_equal(count(f->reader), 20);
}

static void data_survives_reopening(void **state)
{
    Fixture *f = *state;
    begin(f);
    add(f, 1);
    commit(f);
    begin(f);
    add(f, 2); /* never committed */
    close_store(f);
    open_store(f);
    assert_int_equal(count(f->reader), 1);
}

static void a_second_process_is_refused(void **state)
{
    Fixture *f = *state;
    Store *second;
    StoreConn *conn;
    Err err = {0};
    must(store_open(str_from(f->path), &second, &err), &err);
    assert_false(store_connect_writer(second, &conn, &err));
    assert_true(err_is(&err, &fault_store_locked));
    assert_true(str_equal(err_arg(&err, 0), str_from(f->path)));
    err_clear(&err);
    must(store_connect_reader(second, &conn, &err), &err); /* reading is fine */
    assert_int_equal(count(conn), 0);
    store_disconnect(conn);
    store_close(second);
}

/* ---- A private store is private, and shared between threads of the process. */

typedef struct Reading {
    Fixture *f;
    Signal *signal;
    bool stop, failed;
} Reading;

/* Every snapshot holds whole transactions: an even number of items. */
static void read_pairs(void *context)
{
    Reading *reading = context;
    StoreConn *c;
    Err err = {0};
    bool stop = false, failed = !store_connect_reader(reading->f->store, &c, &err);
    while (!stop && !failed) {
        failed = !store_begin(c, &err);
        int64_t first = failed ? 0 : count(c);
        failed = failed || first % 2 != 0 || count(c) != first;
        store_end(c);
        signal_lock(reading->signal);
        stop = reading->stop;
        signal_unlock(reading->signal);
    }
    signal_lock(reading->signal);
    reading->failed = reading->failed || failed;
    signal_unlock(reading->signal);
    store_disconnect(c);
}

static void readers_on_other_threads(void **state)
{
    Fixture *f = *state;
    Reading reading = {f, signal_open(), false, false};
    Thread *threads[3];
    for (int i = 0; i < 3; i++)
        threads[i] = thread_start("reader", read_pairs, &reading);
    for (int n = 0; n < 254; n += 2) {
        begin(f);
        add(f, (uint8_t)n);
        add(f, (uint8_t)(n + 1));
        commit(f);
        if (n % 20 == 0)
            store_checkpoint(f->reader);
    }
    signal_lock(reading.signal);
    reading.stop = true;
    signal_unlock(reading.signal);
    for (int i = 0; i < 3; i++)
        thread_join(threads[i]);
    assert_false(reading.failed);
    signal_close(reading.signal);
}

static void private_stores_are_apart(void **state)
{
    Fixture *f = *state;
    Fixture other = {.kind = "memory"};
    open_store(&other);
    begin(f);
    add(f, 1);
    commit(f);
    assert_int_equal(count(other.reader), 0);
    close_store(&other);
    assert_int_equal(count(f->reader), 1);
}

#define BOTH(test)                                                       \
    {#test " (file)", test, setup_file, teardown, NULL},                 \
    {#test " (memory)", test, setup_memory, teardown, NULL}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(values_come_back),
        BOTH(reader_sees_a_snapshot),
        BOTH(open_rows_do_not_block),
        BOTH(rollback_undoes),
        BOTH(failure_is_sticky),
        BOTH(wrong_sql_is_a_failure),
        BOTH(runtime_sql_is_kept),
        BOTH(many_statements),
        BOTH(migrations_run_once),
        BOTH(columns_and_keys_are_told),
        BOTH(checkpoint_bounds_the_log),
        BOTH(readers_on_other_threads),
        {"data_survives_reopening", data_survives_reopening, setup_file, teardown, NULL},
        {"a_second_process_is_refused", a_second_process_is_refused, setup_file, teardown, NULL},
        {"private_stores_are_apart", private_stores_are_apart, setup_memory, teardown, NULL},
    };
    return cmocka_run_group_tests_name("store_driver", tests, NULL, NULL);
}
