/* core.c - a node: opening, what belongs to whom, closing.
 *
 * Core is module 0 of itself: its tables, commands and events are declared like anybody's and go
 * the same way. The maps from kinds to functions are made once, here, and read-only afterwards.
 *
 * Opening: store, lock, migrations (core's first), the end of the journal, definitions, caches,
 * the next timer. From then on the rows are the fold of the journal and the modules' caches are
 * the fold of the rows.
 *
 * core_meta holds what belongs to the installation, not to the journal: the secret that goes
 * into fingerprints of command bodies, without which a fingerprint of a small body would tell
 * what was in it by trying. */
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "codec/json.h"
#include "core/core_int.h"

FAULT_DEFINE(CORE_FAULTS)

static const Migration core_migrations[] = {
    {1, "CREATE TABLE core_journal (node BIGINT NOT NULL, seq BIGINT NOT NULL,"
        " record TEXT NOT NULL, sealed BLOB, hash BLOB NOT NULL,"
        " PRIMARY KEY (node, seq)) WITHOUT ROWID;"
        "CREATE TABLE core_command (node BIGINT NOT NULL, id BLOB NOT NULL,"
        " fingerprint BLOB NOT NULL, seq BIGINT NOT NULL,"
        " PRIMARY KEY (node, id)) WITHOUT ROWID;"
        "CREATE TABLE core_timer (node BIGINT NOT NULL, module TEXT NOT NULL,"
        " key TEXT NOT NULL, due BIGINT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL,"
        " PRIMARY KEY (node, module, key)) WITHOUT ROWID;"
        "CREATE INDEX core_timer_due ON core_timer (node, due, module, key);"
        "CREATE TABLE core_definition (node BIGINT NOT NULL, kind TEXT NOT NULL,"
        " id TEXT NOT NULL, version BIGINT NOT NULL, pack TEXT NOT NULL, path TEXT NOT NULL,"
        " text TEXT NOT NULL, seq BIGINT NOT NULL, place BIGINT NOT NULL,"
        " PRIMARY KEY (node, kind, id, version));"
        "CREATE TABLE core_pack (node BIGINT NOT NULL, id TEXT NOT NULL, version TEXT NOT NULL,"
        " installed BIGINT NOT NULL, seq BIGINT NOT NULL, PRIMARY KEY (node, id));"
        "CREATE TABLE core_subject_key (node BIGINT NOT NULL, subject TEXT NOT NULL,"
        " key BLOB NOT NULL, since BIGINT NOT NULL, PRIMARY KEY (node, subject)) WITHOUT ROWID;"
        "CREATE TABLE core_meta (node BIGINT NOT NULL, name TEXT NOT NULL, value BLOB NOT NULL,"
        " PRIMARY KEY (node, name));"},
};

static const char *const core_tables[] = {"core_command", "core_timer", "core_definition",
                                          "core_pack", NULL};

static const CommandKind core_commands[] = {
    {"core.install", decide_install, COMMAND_PUBLIC},
    {"core.erase", decide_erase, 0},
    {"core.follow", decide_follow, COMMAND_INTERNAL},
    {0},
};

static const EventKind core_events[] = {
    {"core.timer_set", apply_timer_set},
    {"core.timer_cancelled", apply_timer_cancelled},
    {"core.timer_fired", apply_timer_fired},
    {"core.installed", apply_installed},
    {"core.erased", apply_erased},
    {"core.follow_refused", NULL},
    {0},
};

const Module core_module = {
    .name = "core",
    .migrations = core_migrations,
    .migration_count = sizeof core_migrations / sizeof *core_migrations,
    .tables = core_tables,
    .commands = core_commands,
    .events = core_events,
};

static const Sql sql_meta = {"SELECT value FROM core_meta WHERE node = ?1 AND name = ?2"};
static const Sql sql_meta_add = {
    "INSERT INTO core_meta (node, name, value) VALUES (?1, ?2, ?3)"};

/* ---- Kinds and their functions. */

static void add_commands(Core *core, size_t module)
{
    for (const CommandKind *k = core->modules[module]->commands; k && k->kind; k++) {
        check(k->decide && !map_has(&core->commands, str_from(k->kind)));
        CommandTarget *target = arena_new(core->arena, CommandTarget);
        *target = (CommandTarget){k, module};
        map_put(&core->commands, str_from(k->kind), target);
    }
}

/* Several modules may hear one event, in the order of the modules. */
static void add_events(Core *core, size_t module)
{
    for (const EventKind *k = core->modules[module]->events; k && k->kind; k++) {
        EventTarget *target = arena_new(core->arena, EventTarget);
        *target = (EventTarget){k->apply, module, NULL};
        EventTarget *last = map_get(&core->events, str_from(k->kind));
        if (!last) {
            map_put(&core->events, str_from(k->kind), target);
            continue;
        }
        while (last->next)
            last = last->next;
        last->next = target;
    }
}

const CommandTarget *core_command_target(const Core *core, Str kind)
{
    return map_get(&core->commands, kind);
}

void core_apply(const Core *core, const Appliers *to, const Event *event, Arena *scratch)
{
    Event whole = *event;
    whole.node = core->node;
    whole.arena = scratch;
    for (const EventTarget *t = map_get(&core->events, event->kind); t; t = t->next)
        if (t->apply)
            t->apply(to->states[t->module], to->conn, &whole);
}

static void add_modules(Core *core, const CoreOptions *options)
{
    check(options->module_count < CORE_MODULES_MAX);
    core->commands = map_new(core->arena);
    core->events = map_new(core->arena);
    core->rows = (CoreRows){core->node, core};
    core->modules[0] = &core_module;
    core->live.states[0] = &core->rows;
    core->module_count = options->module_count + 1;
    for (size_t i = 0; i < options->module_count; i++) {
        const Module *m = options->modules[i];
        check(!m->define || m->fresh);
        core->modules[i + 1] = m;
        core->live.states[i + 1] = m->state;
    }
    for (size_t i = 0; i < core->module_count; i++) {
        add_commands(core, i);
        add_events(core, i);
    }
}

/* ---- Opening. */

static bool load_secret(Core *core, Err *err)
{
    Str name = STR("fingerprint_secret");
    Rows *r = store_query(core->conn, &sql_meta, PARAMS(p_int(core->node), p_text(name)));
    bool found = rows_next(r);
    if (found) {
        Str value = rows_bytes(r, 0);
        check(value.len == sizeof core->fingerprint_secret);
        memcpy(core->fingerprint_secret, value.ptr, value.len);
    }
    rows_close(r);
    if (found || core->options.read_only)
        return !store_failed(core->conn, err);
    entropy_fill(core->entropy, core->fingerprint_secret, sizeof core->fingerprint_secret);
    Str value = {(const char *)core->fingerprint_secret, sizeof core->fingerprint_secret};
    if (!store_begin(core->conn, err))
        return false;
    store_write(core->conn, &sql_meta_add,
                PARAMS(p_int(core->node), p_text(name), p_blob(value)));
    return store_commit(core->conn, err);
}

static bool open_store(Core *core, Err *err)
{
    const CoreOptions *o = &core->options;
    if (o->read_only && !file_exists(o->location))
        return err_set(err, &fault_file_not_found, o->location);
    if (!store_open(o->location, &core->store, err))
        return false;
    if (o->read_only)
        return store_connect_reader(core->store, &core->conn, err);
    if (!store_connect_writer(core->store, &core->conn, err))
        return false;
    for (size_t i = 0; i < core->module_count; i++) {
        const Module *m = core->modules[i];
        if (!store_migrate(core->conn, str_from(m->name), m->migrations, m->migration_count,
                           err))
            return false;
    }
    return true;
}

bool core_reload(Core *core, Err *err)
{
    core->due_unknown = true;
    sealed_forget(core);
    for (size_t i = 0; i < core->module_count; i++)
        if (core->modules[i]->load &&
            !core->modules[i]->load(core->live.states[i], core->conn, err))
            return err_set(err, &fault_system_failure, str_from(core->modules[i]->name));
    timer_refresh(core);
    return !store_failed(core->conn, err);
}

static Core *core_new(const CoreOptions *options)
{
    Arena *a = arena_open(CORE_LIFE_ARENA);
    Core *core = arena_new(a, Core);
    core->arena = a;
    core->options = *options;
    core->options.location = arena_copy(a, options->location);
    core->node = options->node;
    core->clock = options->clock ? options->clock : clock_system();
    core->entropy = options->entropy ? options->entropy : entropy_system();
    core->step = arena_open(CORE_COMMAND_ARENA);
    core->batch = arena_open(CORE_COMMAND_ARENA);
    core->key_arena = arena_open(CORE_COMMAND_ARENA);
    core->keys = map_new(core->key_arena);
    core->inline_submission = submission_new();
    atomic_store(&core->next_due, INT64_MAX);
    return core;
}

bool core_open(const CoreOptions *options, Core **out, Err *err)
{
    check(options->node > 0 && options->location.len > 0);
    Core *core = core_new(options);
    add_modules(core, options);
    refusal_tables(core);
    *out = NULL;
    if (seal_init(err) && open_store(core, err) && load_secret(core, err) &&
        journal_load_end(core, err) && definitions_load(core, err) && core_reload(core, err)) {
        core->live.conn = core->conn;
        *out = core;
        return true;
    }
    core_close(core);
    return false;
}

void core_close(Core *core)
{
    if (!core)
        return;
    core_stop(core);
    writer_close(core);
    for (size_t i = core->module_count; i-- > 0;)
        if (core->modules[i]->close)
            core->modules[i]->close(core->live.states[i]);
    sealed_forget(core);
    store_disconnect(core->conn);
    store_close(core->store);
    submission_close(core->inline_submission);
    arena_close(core->key_arena);
    arena_close(core->batch);
    arena_close(core->step);
    arena_close(core->arena);
}

int64_t core_node(const Core *core)
{
    return core->node;
}

Clock *core_clock(const Core *core)
{
    return core->clock;
}

Store *core_store(const Core *core)
{
    return core->store;
}

/* ---- Ids and seeds. */

Id core_id_of(const Sm3 *hash)
{
    Id id;
    memcpy(id.bytes, hash->bytes, sizeof id.bytes);
    id.bytes[6] = (uint8_t)((id.bytes[6] & 0x0f) | 0x80);
    id.bytes[8] = (uint8_t)((id.bytes[8] & 0x3f) | 0x80);
    return id;
}

Id core_command_id(Str actor_id, Str idempotency_key)
{
    Str pieces[] = {STR("command "), actor_id, {"\0", 1}, idempotency_key};
    Sm3 h = sm3_of(pieces, 4);
    return core_id_of(&h);
}

void core_seed(Core *core, uint8_t out[16])
{
    if (core->random_left == 0) {
        entropy_fill(core->entropy, core->random_pool, sizeof core->random_pool);
        core->random_left = sizeof core->random_pool;
    }
    uint8_t *from = core->random_pool + sizeof core->random_pool - core->random_left;
    memcpy(out, from, 16);
    memset(from, 0, 16);
    core->random_left -= 16;
}
