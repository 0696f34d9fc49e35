/* sqlite_int.h - inside of the SQLite driver.
 * Floor 3. */
#ifndef STORE_SQLITE_INT_H
#define STORE_SQLITE_INT_H

#include "store/store_int.h"

#include <sqlite3.h>

#define SQLITE_PAGE_BYTES 8192   /* of new files */
#define SQLITE_WRITER_CACHE_KIB 65536 /* pages the writer keeps at most */
#define SQLITE_READER_CACHE_KIB 8192  /* and a reader */
#define SQLITE_LOG_KEEP_BYTES (64 << 20) /* a log that starts again is cut to this */
#define MEMORY_VFS_NAME "tongban-memory"

typedef struct SqliteStore {
    Store door;
    char *uri;        /* what sqlite3_open_v2 gets */
    char *lock_path;  /* NULL for a private store */
    int lock_fd;      /* -1: not held; belongs to the writing connection */
    sqlite3 *anchor;  /* keeps a private store alive, and the log until the store is closed */
} SqliteStore;

/* A prepared statement and the rows it is giving. */
typedef struct SqliteStatement {
    Rows rows;
    const Sql *sql;
    sqlite3_stmt *statement;
    bool active; /* a query is open */
} SqliteStatement;

typedef struct SqliteConn {
    StoreConn door;
    sqlite3 *db;
    SqliteStatement **slots; /* open addressing by the address of the Sql */
    size_t slot_count;       /* power of two */
    size_t statement_count;
} SqliteConn;

/* sqlite_statement.c */
void sqlite_conn_fail(SqliteConn *c);
void sqlite_statements_close(SqliteConn *c);
void sqlite_write(StoreConn *c, const Sql *sql, const Param *params, size_t count);
Rows *sqlite_query(StoreConn *c, const Sql *sql, const Param *params, size_t count);
bool sqlite_next(Rows *r);
int64_t sqlite_column_int(Rows *r, int column);
Str sqlite_column_bytes(Rows *r, int column);
ParamKind sqlite_column_kind(Rows *r, int column);
int sqlite_column_count(Rows *r);
void sqlite_rows_close(Rows *r);

/* memory_vfs.c: register the file system of private stores; any number of calls. */
void memory_vfs_register(void);

#endif
