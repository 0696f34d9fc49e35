/* registry.c - the module: what it is made of, its compiled definitions, what its commands share.
 *
 *     registry_definition.c  what a definition says      registry_write.c    write, put
 *     registry_layout.c      the table it makes          registry_purpose.c  read, look
 *     registry_record.c      records as rows             registry_issue.c    issue
 *     registry_rows.c        tables, events              registry_judge.c    judging a record
 *     registry_read.c        doors for readers
 *     registry_handout.c     subscriptions, exports    registry_link.c     merge, split
 *     registry_rights.c      rights and masks
 *     registry_load.c        bulk loading: source, kept, twins, loaded beside it
 *
 * The module's state holds the compiled schema of every registry for the writer's thread. Readers
 * never touch it: they have the faces of their own connection (registry_layout.c). */
#include "domain/registry/registry_int.h"

#include "base/check.h"

#define STATE_BYTES_MAX (256u << 20) /* all definitions of a node, all versions */

/* ---- Shared by the commands. */

Str registry_body_text(const Command *command, const char *key)
{
    return value_get_string(command->body, str_from(key));
}

const RegistryKind *registry_named_kind(const RegistryModule *m, const Command *command,
                                        Decision *d)
{
    Str name = registry_body_text(command, "registry");
    const RegistryKind *kind = map_get(&m->kinds, name);
    if (!kind)
        decision_refuse_with(d, &fault_registry_unknown, name);
    return kind;
}

const Face *registry_decision_face(Decision *d, const RegistryKind *kind)
{
    return registry_face(decision_store(d), decision_node(d), kind->about.name, NULL);
}

bool registry_refuse_failed(Decision *d, Err *err)
{
    if (!err->fault && !store_failed(decision_store(d), err))
        err_set(err, &fault_system_failure, STR("registry"));
    return decision_refuse(d, err);
}

Str registry_number_text(Arena *a, int64_t n) { return arena_printf(a, "%lld", (long long)n); }

void registry_put_text(ContextBuilder *b, const char *key, Str text)
{
    if (text.len)
        context_put(b, str_from(key), value_string(text));
}

/* ---- The module. */

static RegistryModule *module_state(void)
{
    Arena *a = arena_open(STATE_BYTES_MAX);
    RegistryModule *m = arena_new(a, RegistryModule);
    m->arena = a;
    m->kinds = map_new(a);
    return m;
}

static void *fresh_state(const void *state)
{
    const RegistryModule *m = state;
    RegistryModule *fresh = module_state();
    fresh->folder = arena_copy(fresh->arena, m->folder);
    return fresh;
}

void registry_module_folder(const Module *module, Str folder)
{
    RegistryModule *m = module->state;
    m->folder = arena_copy(m->arena, folder);
}

static void close_state(void *state)
{
    RegistryModule *m = state;
    for (size_t i = 0; i < m->kinds.count; i++)
        schema_close(((RegistryKind *)m->kinds.entries[i].value)->schema);
    arena_close(m->arena);
}

static bool define(void *state, const Definition *definition, Err *err)
{
    RegistryModule *m = state;
    if (!str_equal(definition->kind, STR("registry")))
        return true;
    RegistryKind *kind = arena_new(m->arena, RegistryKind);
    if (!registry_kind_compile(m->arena, definition->id, definition->text, definition->path, kind,
                               err))
        return false;
    kind->about.version = definition->version;
    RegistryKind *former = map_put(&m->kinds, kind->about.name, kind);
    if (former)
        schema_close(former->schema);
    return !arena_failed(m->arena) || err_set(err, &fault_out_of_memory, STR("registry"));
}

/* A registry of the catalogue without its table is of a data file from before there were tables. */
static bool load(void *state, StoreConn *conn, Err *err)
{
    static const Sql sql = {"SELECT name FROM registry_catalogue WHERE NOT EXISTS (SELECT 1 FROM"
                            " registry_column WHERE registry_column.node = registry_catalogue.node"
                            " AND registry_column.registry = registry_catalogue.name) LIMIT 1"};
    (void)state;
    registry_faces_forget(conn);
    Rows *r = store_query(conn, &sql, NO_PARAMS);
    bool old = rows_next(r);
    if (old)
        err_set(err, &fault_registry_file_old, rows_bytes(r, 0));
    rows_close(r);
    return !old && !store_failed(conn, err);
}

static const CommandKind commands[] = {
    {"registry.read", registry_decide_read, COMMAND_INTERNAL | COMMAND_TASK},
    {"registry.write", registry_decide_write, COMMAND_INTERNAL | COMMAND_TASK},
    {"registry.issue", registry_decide_issue, COMMAND_INTERNAL | COMMAND_TASK},
    {"registry.put", registry_decide_put, COMMAND_INTERNAL},
    {"registry.load", registry_decide_load, COMMAND_INTERNAL},
    {"registry.look", registry_decide_look, COMMAND_PUBLIC},
    {"registry.subscribe", registry_decide_subscribe, COMMAND_PUBLIC},
    {"registry.unsubscribe", registry_decide_unsubscribe, COMMAND_PUBLIC},
    {"registry.fetch", registry_decide_fetch, COMMAND_PUBLIC},
    {"registry.export", registry_decide_export, COMMAND_PUBLIC},
    {"registry.merge", registry_decide_merge, COMMAND_INTERNAL | COMMAND_TASK},
    {"registry.split", registry_decide_split, COMMAND_INTERNAL | COMMAND_TASK},
    {"registry.unlink", registry_decide_unlink, COMMAND_INTERNAL | COMMAND_TASK},
    {0},
};

static const char *const tables[] = {"registry_catalogue", "registry_column", "registry_row_*",
                                     "registry_subject",   "registry_look",   "registry_serial",
                                     "registry_count",     "registry_bulk",   "registry_subscription",
                                     "registry_handout",   "registry_erasure", "registry_link",
                                     NULL};
static FAULT_TABLE(registry_faults, REGISTRY_FAULTS)

const Module *registry_module_new(Arena *server)
{
    Module *m = arena_new(server, Module);
    *m = (Module){.name = "registry",
                  .migrations = registry_migrations,
                  .migration_count = registry_migration_count,
                  .tables = tables,
                  .commands = commands,
                  .events = registry_events,
                  .faults = registry_faults,
                  .state = module_state(),
                  .fresh = fresh_state,
                  .define = define,
                  .fits = registry_fits,
                  .load = load,
                  .close = close_state};
    return m;
}
