/* sqlite_statement.c - prepared statements and their rows.
 *
 * A statement is found by the address of its Sql, not by its text: modules keep their Sql in
 * static constants, so the address is as good as a name and costs no comparison. The table is
 * open-addressed and at most half full. Statements live as long as the connection; SQLite
 * prepares them again by itself after a change of the schema.
 *
 * Every call binds every parameter (the count is checked), so a pointer bound for one call is
 * never looked at in another: bytes are bound without a copy. */
#include "store/sqlite/sqlite_int.h"

#include <string.h>

#include "base/check.h"

#define SLOTS_FIRST 256u

void sqlite_conn_fail(SqliteConn *c)
{
    conn_fail(&c->door, str_from(sqlite3_errmsg(c->db)));
}

static size_t slot_of(const SqliteConn *c, const Sql *sql)
{
    uint64_t h = (uint64_t)(uintptr_t)sql * 0x9e3779b97f4a7c15u;
    size_t i = (size_t)(h >> 32) & (c->slot_count - 1);
    while (c->slots[i] && c->slots[i]->sql != sql)
        i = (i + 1) & (c->slot_count - 1);
    return i;
}

static void slots_grow(SqliteConn *c)
{
    SqliteStatement **old = c->slots;
    size_t old_count = c->slot_count;
    c->slot_count = old_count ? old_count * 2 : SLOTS_FIRST;
    c->slots = arena_new_array(c->door.arena, SqliteStatement *, c->slot_count);
    check(c->slots != NULL);
    for (size_t i = 0; i < old_count; i++)
        if (old[i])
            c->slots[slot_of(c, old[i]->sql)] = old[i];
}

static SqliteStatement *prepare(SqliteConn *c, const Sql *sql, size_t slot)
{
    if (!sql->text) {
        conn_fail(&c->door, STR("too many different statements on one connection"));
        return NULL;
    }
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v3(c->db, sql->text, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) !=
        SQLITE_OK) {
        sqlite_conn_fail(c);
        return NULL;
    }
    check(statement != NULL); /* an empty text is a bug of the module */
    SqliteStatement *s = arena_new(c->door.arena, SqliteStatement);
    *s = (SqliteStatement){{&c->door}, sql, statement, false};
    c->slots[slot] = s;
    c->statement_count++;
    return s;
}

static SqliteStatement *statement_of(SqliteConn *c, const Sql *sql)
{
    if (2 * (c->statement_count + 1) > c->slot_count)
        slots_grow(c);
    size_t slot = slot_of(c, sql);
    SqliteStatement *s = c->slots[slot] ? c->slots[slot] : prepare(c, sql, slot);
    if (s)
        check(!s->active); /* rows_close was forgotten, or the Sql is used inside its own rows */
    return s;
}

static bool bind(SqliteConn *c, SqliteStatement *s, const Param *params, size_t count)
{
    check(sqlite3_bind_parameter_count(s->statement) == (int)count);
    int code = SQLITE_OK;
    for (size_t i = 0; i < count && code == SQLITE_OK; i++) {
        const Param *p = &params[i];
        int at = (int)i + 1;
        const char *bytes = p->bytes.ptr ? p->bytes.ptr : ""; /* empty is not NULL */
        switch (p->kind) {
        case PARAM_NULL: code = sqlite3_bind_null(s->statement, at); break;
        case PARAM_INT: code = sqlite3_bind_int64(s->statement, at, p->number); break;
        case PARAM_TEXT:
            code = sqlite3_bind_text64(s->statement, at, bytes, p->bytes.len, SQLITE_STATIC,
                                       SQLITE_UTF8);
            break;
        case PARAM_BLOB:
            code = sqlite3_bind_blob64(s->statement, at, bytes, p->bytes.len, SQLITE_STATIC);
            break;
        }
    }
    if (code != SQLITE_OK)
        sqlite_conn_fail(c);
    return code == SQLITE_OK;
}

void sqlite_statements_close(SqliteConn *c)
{
    for (size_t i = 0; i < c->slot_count; i++)
        if (c->slots[i])
            sqlite3_finalize(c->slots[i]->statement);
    c->slot_count = c->statement_count = 0;
}

void sqlite_write(StoreConn *conn, const Sql *sql, const Param *params, size_t count)
{
    SqliteConn *c = (SqliteConn *)conn;
    SqliteStatement *s = statement_of(c, sql);
    if (!s || !bind(c, s, params, count))
        return;
    int code = sqlite3_step(s->statement);
    check(code != SQLITE_ROW); /* a write has no result */
    if (code != SQLITE_DONE)
        sqlite_conn_fail(c);
    sqlite3_reset(s->statement);
}

Rows *sqlite_query(StoreConn *conn, const Sql *sql, const Param *params, size_t count)
{
    SqliteConn *c = (SqliteConn *)conn;
    SqliteStatement *s = statement_of(c, sql);
    if (!s || !bind(c, s, params, count))
        return NULL;
    s->active = true;
    return &s->rows;
}

bool sqlite_next(Rows *r)
{
    SqliteStatement *s = (SqliteStatement *)r;
    check(s->active);
    int code = sqlite3_step(s->statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        sqlite_conn_fail((SqliteConn *)r->conn);
    return code == SQLITE_ROW;
}

int64_t sqlite_column_int(Rows *r, int column)
{
    return sqlite3_column_int64(((SqliteStatement *)r)->statement, column);
}

Str sqlite_column_bytes(Rows *r, int column)
{
    sqlite3_stmt *statement = ((SqliteStatement *)r)->statement;
    const char *bytes = sqlite3_column_blob(statement, column);
    return (Str){bytes, (size_t)sqlite3_column_bytes(statement, column)};
}

ParamKind sqlite_column_kind(Rows *r, int column)
{
    switch (sqlite3_column_type(((SqliteStatement *)r)->statement, column)) {
    case SQLITE_NULL: return PARAM_NULL;
    case SQLITE_INTEGER: return PARAM_INT;
    case SQLITE_BLOB: return PARAM_BLOB;
    default: return PARAM_TEXT;
    }
}

int sqlite_column_count(Rows *r)
{
    return sqlite3_column_count(((SqliteStatement *)r)->statement);
}

void sqlite_rows_close(Rows *r)
{
    SqliteStatement *s = (SqliteStatement *)r;
    check(s->active);
    sqlite3_reset(s->statement);
    s->active = false;
}
