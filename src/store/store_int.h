/* store_int.h - what a driver fills in: inside of src/store only.
 *
 * A driver embeds Store, StoreConn and Rows as the first member of its own structs and gives the
 * door one table of functions. The door (store.c) keeps what is the same for every driver:
 * sticky failures, the rules of transactions, run-time SQL, migrations. Driver functions are
 * therefore called only when the connection has not failed, and report a failure by
 * conn_fail().
 * Floor 3. */
#ifndef STORE_STORE_INT_H
#define STORE_STORE_INT_H

#include "base/map.h"
#include "store/store.h"

#define STORE_BUSY_MS 10000          /* wait for a lock of another connection */
#define STORE_ARENA_BYTES (64u << 20) /* statements and run-time SQL of one connection */
#define STORE_RUNTIME_SQL_MAX 4096u  /* texts of store_sql a connection */

typedef struct StoreDriver {
    const char *name;
    bool (*open)(Str location, Store **out, Err *err);
    void (*close)(Store *s);
    bool (*connect)(Store *s, bool writer, StoreConn **out, Err *err);
    void (*disconnect)(StoreConn *c);
    bool (*begin)(StoreConn *c);
    bool (*commit)(StoreConn *c); /* false: surely not committed; unknown: does not return */
    void (*rollback)(StoreConn *c);
    void (*write)(StoreConn *c, const Sql *sql, const Param *params, size_t count);
    Rows *(*query)(StoreConn *c, const Sql *sql, const Param *params, size_t count);
    bool (*next)(Rows *r);
    int64_t (*column_int)(Rows *r, int column);
    Str (*column_bytes)(Rows *r, int column);
    ParamKind (*column_kind)(Rows *r, int column);
    int (*column_count)(Rows *r);
    void (*rows_close)(Rows *r);
    void (*script)(StoreConn *c, const char *sql); /* several statements, no parameters */
    const char *tables_sql;  /* names of all tables, sorted */
    const char *columns_sql; /* of table ?1: name, place in the primary key, in order */
    int64_t (*checkpoint)(StoreConn *c);
} StoreDriver;

struct Store {
    const StoreDriver *driver;
    Arena *arena;
    bool has_writer; /* the one writing connection is open */
};

struct StoreConn {
    const StoreDriver *driver;
    Store *store;
    Arena *arena;
    Map runtime_sql; /* text -> Sql */
    Err first;       /* the first failure of this transaction; fault NULL: none */
    bool writer;
    bool in_transaction;
    struct {
        const void *owner; /* NULL: free */
        void *kept;
    } places[STORE_PLACES_MAX];
};

struct Rows {
    StoreConn *conn; /* NULL: the rows of a failed query, of which there are none */
};

extern const StoreDriver sqlite_driver;

/* Remember a failure of the driver; the first one wins. */
void conn_fail(StoreConn *c, Str reason);

#endif
