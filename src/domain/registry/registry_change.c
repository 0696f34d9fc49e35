/* registry_change.c - may this definition take the place of the one whose records are there?
 *
 * Asked before a pack is installed. A registry without records may become anything. Otherwise the
 * key
 * and whether it is personal cannot change (what was journaled in the open stays in the open), and
 * every record that holds now must be one of the new definition; older versions are kept as they
 * were.
 * The refusal says how many do not fit and where the first one fails, never what stands there.
 *
 * All records are read on the writer's thread: about three microseconds each. */
#include "domain/registry/registry_int.h"

#define CHANGE_ARENA_BYTES (64u << 20)
#define CHANGE_PAGE 1000

typedef struct Change {
    StoreConn *conn;
    int64_t node;
    const Face *face;  /* as it is */
    RegistryKind kind; /* as it would be */
    int64_t records, misfits;
    Str pointer; /* of the first misfit */
    const char *reason;
    Arena *arena; /* of the whole */
} Change;

static void try_record(Change *c, Arena *a, Value record)
{
    Err err = {0};
    Value normal;
    c->records++;
    if (schema_validate(c->kind.schema, a, record, &err) &&
        registry_normal_form(a, &c->kind, record, &normal, &err))
        return;
    if (c->misfits++ == 0) {
        c->pointer = arena_copy(c->arena, str_from(err.element));
        c->reason = err.fault->name;
    }
}

static bool try_records(Change *c, Err *err)
{
    Arena *a = arena_open(CHANGE_ARENA_BYTES);
    RecordRow row;
    int64_t after = 0, seen = 1;
    bool good = true;
    while (good && seen > 0) {
        Rows *r = store_query(c->conn, c->face->current,
                              PARAMS(p_int(c->node), p_int(after), p_int(CHANGE_PAGE)));
        for (seen = 0; good && rows_next(r); seen++) {
            arena_reset(a);
            good = registry_row_at(r, c->face, a, &row, err);
            after = good ? row.number : after;
            if (good)
                try_record(c, a, row.record);
        }
        rows_close(r);
        good = good && !store_failed(c->conn, err);
    }
    arena_close(a);
    return good;
}

static bool refuse(const Change *c, const char *what, Err *err)
{
    return err_set(err, &fault_registry_change_refused, c->kind.about.name, str_from(what));
}

/* Columns that the table would get. */
static size_t new_columns(const Change *c)
{
    size_t count = 0;
    for (size_t i = 0; i < c->kind.column_count; i++) {
        bool there = false;
        for (size_t k = 0; k < c->face->column_count; k++)
            there = there || (c->face->columns[k].kind == c->kind.columns[i].kind &&
                              str_equal(c->face->columns[k].property, c->kind.columns[i].property));
        count += !there;
    }
    return count;
}

static bool judge(Change *c, Err *err)
{
    Arena *a = c->arena;
    const Registry *now = &c->face->kind.about, *then = &c->kind.about;
    if (c->face->column_count + new_columns(c) > REGISTRY_COLUMNS_MAX)
        return refuse(c, "too many different properties over time", err);
    if (registry_next_number(c->conn, c->node, now->name) == 1)
        return true;
    if (!str_equal(now->key, then->key))
        return refuse(c, "the key", err);
    if (now->personal != then->personal)
        return refuse(c, "from open to personal or back", err);
    if (!try_records(c, err))
        return false;
    return c->misfits == 0 ||
           err_set(err, &fault_registry_rows_misfit, registry_number_text(a, c->misfits),
                   registry_number_text(a, c->records), now->name, c->pointer,
                   str_from(c->reason));
}

bool registry_fits(const void *state, StoreConn *conn, int64_t node, const Definition *definition,
                   Err *err)
{
    Err failure = {0};
    (void)state;
    if (!str_equal(definition->kind, STR("registry")))
        return true;
    Change c = {.conn = conn, .node = node, .arena = arena_open(CHANGE_ARENA_BYTES)};
    c.face = registry_face(conn, node, definition->id, &failure);
    bool good = !failure.fault;
    if (good && c.face)
        good = registry_kind_compile(c.arena, definition->id, definition->text, definition->path,
                                     &c.kind, &failure) &&
               judge(&c, &failure);
    if (c.kind.schema)
        schema_close(c.kind.schema);
    arena_close(c.arena);
    if (failure.fault && err && !err->fault)
        *err = failure;
    return good;
}
