/* store.h - the SQL door: one set of functions over SQLite, later over PostgreSQL.
 *
 * A Store is one database. A StoreConn is one connection, used by one thread at a time; there is
 * one writing connection and any number of reading ones, each of which sees a snapshot between
 * store_begin and store_end. A statement is a static const Sql in the module that owns the
 * table; the driver prepares it once a connection.
 *
 * SQL dialect: what SQLite and PostgreSQL share. Parameters are ?1, ?2, ...; every table has the
 * node code as its first column and first part of its primary key; no triggers, no
 * AUTOINCREMENT, no global UNIQUE beyond keys that start with node, no RETURNING.
 * A write (store_write) has no result and may be delayed by a driver until the next query or
 * commit: writes are sticky: after a failure the connection does nothing until the transaction
 * is rolled back, and store_commit reports it. Apply functions therefore need no error paths.
 * Floor 3. Faults are FAULT_OUTSIDE: roll back. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/err.h"
#include "base/id.h"

typedef struct Store Store;
typedef struct StoreConn StoreConn;
typedef struct Rows Rows;

typedef struct Sql {
    const char *text;
} Sql;

typedef enum ParamKind { PARAM_NULL, PARAM_INT, PARAM_TEXT, PARAM_BLOB } ParamKind;
typedef struct Param {
    ParamKind kind;
    int64_t number;
    Str bytes; /* borrowed until the call returns */
} Param;

static inline Param p_null(void) { return (Param){PARAM_NULL, 0, {0, 0}}; }
static inline Param p_int(int64_t n) { return (Param){PARAM_INT, n, {0, 0}}; }
static inline Param p_text(Str s) { return (Param){PARAM_TEXT, 0, s}; }
static inline Param p_blob(Str s) { return (Param){PARAM_BLOB, 0, s}; }
/* A 16-byte BLOB; the Id must outlive the call. */
static inline Param p_id(const Id *id)
{
    return (Param){PARAM_BLOB, 0, {(const char *)id->bytes, 16}};
}
/* Microseconds; INSTANT_NONE becomes NULL. */
static inline Param p_instant(Instant t)
{
    return instant_is_none(t) ? p_null() : p_int(t.us);
}
/* Text, or NULL when it is empty. */
static inline Param p_text_or_null(Str s) { return s.len ? p_text(s) : p_null(); }

#define PARAMS(...) \
    (const Param[]){__VA_ARGS__}, sizeof((const Param[]){__VA_ARGS__}) / sizeof(Param)
#define NO_PARAMS NULL, 0

/* Open or create. location: a file path, ":memory:" for a private store of one process, or
 * (later) a libpq connection string that starts with "postgresql://". SQLite: journal_mode=WAL,
 * synchronous=FULL, foreign_keys=OFF; file mode 0600. */
bool store_open(Str location, Store **out, Err *err);
void store_close(Store *s); /* all connections must be closed */
/* A connection that may write: one at a time a store. */
bool store_connect_writer(Store *s, StoreConn **out, Err *err);
/* A read-only connection. In a ":memory:" store it shares the data with the writer. */
bool store_connect_reader(Store *s, StoreConn **out, Err *err);
void store_disconnect(StoreConn *c);

/* Transactions. Writer: begin takes the write lock. Reader: begin takes a snapshot. */
bool store_begin(StoreConn *c, Err *err);
bool store_commit(StoreConn *c, Err *err); /* durable when it returns true */
void store_rollback(StoreConn *c);
#define store_end store_rollback /* for readers */
bool store_in_transaction(const StoreConn *c);
/* Has a write of this transaction failed? Fills err with the first failure. */
bool store_failed(const StoreConn *c, Err *err);

void store_write(StoreConn *c, const Sql *sql, const Param *params, size_t count);
/* Run a query; step through it with rows_next. A failure gives no rows and is sticky too. Rows
 * must be closed before the same Sql is used again on this connection. */
Rows *store_query(StoreConn *c, const Sql *sql, const Param *params, size_t count);
bool rows_next(Rows *r);
int64_t rows_int(Rows *r, int column); /* 0 for NULL */
bool rows_is_null(Rows *r, int column);
Str rows_bytes(Rows *r, int column); /* text or blob; borrowed until rows_next/close */
Str rows_copy(Rows *r, int column, Arena *a); /* the same, copied */
Id rows_id(Rows *r, int column);              /* ID_NONE for NULL */
Instant rows_instant(Rows *r, int column);    /* INSTANT_NONE for NULL */
int rows_columns(Rows *r);
ParamKind rows_kind(Rows *r, int column);
void rows_close(Rows *r);

/* SQL text made at run time, for tools (verify, export) and searches with many filters: copied,
 * prepared, and kept for the life of the connection. Only code may make the text; values are
 * always parameters. */
const Sql *store_sql(StoreConn *c, Str text);

/* A place on this connection for what its owner keeps between calls (compiled texts, run-time
 * SQL): NULL at first. Owner is an address that stands for the module. Memory for it comes from
 * *arena, which ends with the connection; nobody else touches it, so it needs no lock. */
#define STORE_PLACES_MAX 8u
void **store_place(StoreConn *c, const void *owner, Arena **arena);

/* ---- Migrations: per module, numbered from 1 without gaps; each runs once, in one transaction
 * with the row that records it. */
typedef struct Migration {
    int version;
    const char *sql; /* one or more statements, separated by ';' */
} Migration;
bool store_migrate(StoreConn *writer, Str module, const Migration *list, size_t count, Err *err);

/* ---- What tables there are: for verify and export. */
#define STORE_COLUMNS_MAX 500u /* a table */
typedef struct StoreColumn {
    Str name;
    int key; /* place in the primary key, from 1; 0: not part of it */
} StoreColumn;
/* Names of all tables, sorted. */
bool store_tables(StoreConn *c, Arena *a, Str **names, size_t *count, Err *err);
/* Columns of a table in their order; count 0 when there is no such table. */
bool store_columns(StoreConn *c, Arena *a, Str table, StoreColumn **columns, size_t *count,
                   Err *err);

/* Move committed pages from the log into the data file as far as readers allow; call it outside
 * a transaction and off the writer's path. Returns the bytes of the log (0 for drivers without
 * one). The log starts again from its beginning when all of it was moved while nobody wrote. */
int64_t store_checkpoint(StoreConn *c);

#define STORE_FAULTS(X)                                                                       \
    X(store_failed_io, OUTSIDE, 503, true, "The database could not do this: {1}. Nothing was changed; try again.", \
      "数据库未能完成操作：{1}。数据未作任何更改，请重试。")                                   \
    X(store_locked, OUTSIDE, 503, true, "The data file {1} is in use by another process. Stop it first.", \
      "数据文件 {1} 正被其他进程使用，请先停止该进程。")                                      \
    X(store_newer, OUTSIDE, 503, false, "The data file was written by a newer version of Tongban (module {1}, version {2}).", \
      "数据文件由更新版本的通办写入（模块 {1}，版本 {2}），请升级程序。")
FAULT_DECLARE(STORE_FAULTS)

#endif
