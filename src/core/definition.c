/* definition.c - texts of packs: how they are installed, published and erased subjects cleared.
 *
 * core.install brings the texts of one pack, all or nothing. A text equal to the latest version
 * of its kind and id keeps that version; another text is the next version. Old versions stay:
 * instances that began under them end under them.
 *
 * A definition goes through three steps, so that appliers cannot fail and readers never see what
 * is not durable:
 *   decide    every module compiles the changed texts on a fresh state; one that does not
 *             compile refuses the whole install with its place in the text, and so does one
 *             that the rows there are do not fit
 *   apply     rows of core_definition and core_pack
 *   publish   after COMMIT, define() on the real states. An install closes its batch, so the next
 *             command sees the new versions
 * From outside (not the system) only processes, decisions and forms may come, in the pack
 * "deployment", and never for an id that another pack owns: a worker cannot change the law.
 * At start all stored versions are published, in the order in which they were installed. */
#include <string.h>

#include "base/check.h"
#include "core/core_int.h"

#define DEFINITIONS_MAX CORE_PLACES /* of one install */

static const Sql sql_latest = {
    "SELECT version, pack, path, text, seq, place FROM core_definition WHERE node = ?1 AND kind = ?2 "
    "AND id = ?3 ORDER BY version DESC LIMIT 1"};
static const Sql sql_by_key = {
    "SELECT kind, id, version FROM core_definition WHERE node = ?1 AND seq = ?2 AND place = ?3"};
static const Sql sql_version = {
    "SELECT version, pack, path, text, seq, place FROM core_definition WHERE node = ?1 AND kind = ?2 "
    "AND id = ?3 AND version = ?4"};
static const Sql sql_all = {
    "SELECT kind, id, version, pack, path, text FROM core_definition WHERE node = ?1 "
    "ORDER BY seq, place"};
static const Sql sql_add = {
    "INSERT INTO core_definition (node, kind, id, version, pack, path, text, seq, place) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"};
static const Sql sql_pack = {
    "SELECT version FROM core_pack WHERE node = ?1 AND id = ?2"};
static const Sql sql_pack_set = {
    "INSERT INTO core_pack (node, id, version, installed, seq) VALUES (?1, ?2, ?3, ?4, ?5) "
    "ON CONFLICT (node, id) DO UPDATE SET version = excluded.version, "
    "installed = excluded.installed, seq = excluded.seq"};

bool core_definition(StoreConn *conn, int64_t node, Str kind, Str id, int64_t version, Arena *a,
                     Definition *out)
{
    *out = (Definition){0};
    Rows *r = version > 0
                  ? store_query(conn, &sql_version,
                                PARAMS(p_int(node), p_text(kind), p_text(id), p_int(version)))
                  : store_query(conn, &sql_latest,
                                PARAMS(p_int(node), p_text(kind), p_text(id)));
    bool found = rows_next(r);
    if (found)
        *out = (Definition){.kind = arena_copy(a, kind), .id = arena_copy(a, id),
                            .version = rows_int(r, 0), .pack = rows_copy(r, 1, a),
                            .path = rows_copy(r, 2, a), .text = rows_copy(r, 3, a),
                            .key = rows_int(r, 4) * CORE_PLACES + rows_int(r, 5)};
    rows_close(r);
    return found;
}

bool core_definition_by_key(StoreConn *conn, int64_t node, int64_t key, Arena *a, Definition *out)
{
    *out = (Definition){0};
    Rows *r = store_query(conn, &sql_by_key, PARAMS(p_int(node), p_int(key / CORE_PLACES),
                                                    p_int(key % CORE_PLACES)));
    bool found = key > 0 && rows_next(r);
    Str kind = found ? rows_copy(r, 0, a) : STR_NONE, id = found ? rows_copy(r, 1, a) : STR_NONE;
    int64_t version = found ? rows_int(r, 2) : 0;
    rows_close(r);
    return found && core_definition(conn, node, kind, id, version, a, out);
}

/* ---- Definitions as values. */

static Definition definition_of(Value v, Str pack)
{
    return (Definition){.kind = value_get_string(v, STR("kind")),
                        .id = value_get_string(v, STR("id")),
                        .version = value_get_int(v, STR("version"), 0),
                        .pack = pack,
                        .path = value_get_string(v, STR("path")),
                        .text = value_get_string(v, STR("text"))};
}

static Definition *definitions_of(Arena *a, Value installed, size_t *count)
{
    Value list = value_field(installed, "definitions");
    Str pack = value_get_string(installed, STR("pack"));
    *count = value_count(list);
    Definition *all = arena_new_array(a, Definition, *count + 1);
    check(all != NULL);
    for (size_t i = 0; i < *count; i++)
        all[i] = definition_of(value_item(list, i), pack);
    return all;
}

static Value definition_value(Arena *a, const Definition *d, bool with_text)
{
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "kind", value_string(d->kind));
    context_put_text(&b, "id", value_string(d->id));
    context_put_text(&b, "version", value_int(d->version));
    if (with_text) {
        context_put_text(&b, "path", value_string(d->path));
        context_put_text(&b, "text", value_string(d->text));
    }
    return value_context(&b);
}

/* ---- core.install. */

static bool install_invalid(Decision *d, const char *why)
{
    return decision_refuse_with(d, &fault_command_invalid, STR("core.install"), str_from(why));
}

static bool install_check(Decision *d, Value body)
{
    Value list = value_field(body, "definitions");
    if (value_get_string(body, STR("pack")).len == 0)
        return install_invalid(d, "pack is missing");
    if (!value_is(list, VALUE_LIST) || value_count(list) >= DEFINITIONS_MAX)
        return install_invalid(d, "definitions is not a list, or too long");
    Arena *a = decision_arena(d);
    Map seen = map_new(a);
    for (size_t i = 0; i < value_count(list); i++) {
        Definition def = definition_of(value_item(list, i), STR_NONE);
        Str name = arena_printf(a, "%.*s %.*s", STR_ARG(def.kind), STR_ARG(def.id));
        if (def.kind.len == 0 || def.id.len == 0)
            return install_invalid(d, "a definition has no kind or no id");
        if (map_has(&seen, name))
            return install_invalid(d, arena_printf(a, "%.*s stands twice", STR_ARG(name)).ptr);
        map_put(&seen, name, a);
    }
    return true;
}

/* Give each text its version; those that changed go to changed[]. */
static size_t install_versions(Decision *d, Definition *all, size_t count, Definition *changed)
{
    size_t changed_count = 0;
    for (size_t i = 0; i < count; i++) {
        Definition last;
        bool known = core_definition(decision_store(d), decision_node(d), all[i].kind,
                                     all[i].id, 0, decision_arena(d), &last);
        bool same = known && str_equal(last.text, all[i].text);
        all[i].version = same ? last.version : last.version + 1;
        if (!same)
            changed[changed_count++] = all[i];
    }
    return changed_count;
}

static bool is_deployable(Str kind)
{
    static const char *const kinds[] = CORE_DEPLOYABLE;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_equal(kind, str_from(kinds[i])))
            return true;
    return false;
}

/* What comes from outside is a deployment: of some kinds only, and of nobody else's ids. */
static bool deployment_check(Decision *d, const Command *command, const Definition *all,
                             size_t count)
{
    if (str_equal(command->actor.id, STR("system")))
        return true;
    if (!str_equal(value_get_string(command->body, STR("pack")), STR(CORE_DEPLOYMENT)))
        return install_invalid(d, "pack must be " CORE_DEPLOYMENT);
    for (size_t i = 0; i < count; i++) {
        Definition last;
        if (!is_deployable(all[i].kind))
            return install_invalid(d, "this kind of definition cannot be deployed");
        if (core_definition(decision_store(d), decision_node(d), all[i].kind, all[i].id, 0,
                            decision_arena(d), &last) &&
            !str_equal(last.pack, STR(CORE_DEPLOYMENT)))
            return decision_refuse_with(d, &fault_definition_owned, all[i].kind, all[i].id,
                                        last.pack);
    }
    return true;
}

/* Compile on fresh states. */
static bool install_try(Decision *d, const Definition *changed, size_t count)
{
    Core *core = d->run->core;
    for (size_t m = 0; m < core->module_count; m++) {
        const Module *module = core->modules[m];
        if (!module->define)
            continue;
        void *state = module->fresh(core->live.states[m]);
        Err err = {0};
        bool ok = true;
        for (size_t i = 0; i < count && ok; i++)
            ok = module->define(state, &changed[i], &err);
        if (module->close)
            module->close(state);
        if (!ok)
            return decision_refuse(d, &err);
    }
    return true;
}

/* Do the rows there are fit them? */
static bool install_fits(Decision *d, const Definition *changed, size_t count)
{
    Core *core = d->run->core;
    for (size_t m = 0; m < core->module_count; m++)
        for (size_t i = 0; core->modules[m]->fits && i < count; i++) {
            Err err = {0};
            if (!core->modules[m]->fits(core->live.states[m], decision_store(d), core->node,
                                        &changed[i], &err))
                return decision_refuse(d, &err);
        }
    return true;
}

static Value install_value(Arena *a, Value body, const Definition *list, size_t count,
                           bool with_text)
{
    ListBuilder items = list_builder(a);
    for (size_t i = 0; i < count; i++)
        list_add(&items, definition_value(a, &list[i], with_text));
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "pack", value_field(body, "pack"));
    context_put_text(&b, "version", value_string(value_get_string(body, STR("version"))));
    context_put_text(&b, "definitions", value_list(&items));
    return value_context(&b);
}

static bool pack_is_at(Decision *d, Str pack, Str version)
{
    Rows *r = store_query(decision_store(d), &sql_pack,
                          PARAMS(p_int(decision_node(d)), p_text(pack)));
    bool same = rows_next(r) && str_equal(rows_bytes(r, 0), version);
    rows_close(r);
    return same;
}

bool decide_install(void *state, const Command *command, Decision *d)
{
    (void)state;
    Arena *a = decision_arena(d);
    Value body = command->body;
    if (!install_check(d, body))
        return false;
    size_t count;
    Definition *all = definitions_of(a, body, &count);
    if (!deployment_check(d, command, all, count))
        return false;
    Definition *changed = arena_new_array(a, Definition, count + 1);
    check(changed != NULL);
    size_t changed_count = install_versions(d, all, count, changed);
    if (!install_try(d, changed, changed_count) || !install_fits(d, changed, changed_count))
        return false;
    decision_reply(d, install_value(a, body, all, count, false));
    if (changed_count > 0 || !pack_is_at(d, value_get_string(body, STR("pack")),
                                         value_get_string(body, STR("version"))))
        decision_emit(d, STR("core.installed"), STR_NONE,
                      install_value(a, body, changed, changed_count, true), value_null());
    return true;
}

void apply_installed(void *state, StoreConn *conn, const Event *e)
{
    const CoreRows *rows = state;
    Arena *a = arena_open(CORE_COMMAND_ARENA);
    size_t count;
    const Definition *all = definitions_of(rows->core ? rows->core->step : a, e->open, &count);
    for (size_t i = 0; i < count; i++)
        store_write(conn, &sql_add,
                    PARAMS(p_int(rows->node), p_text(all[i].kind), p_text(all[i].id),
                           p_int(all[i].version), p_text(all[i].pack), p_text(all[i].path),
                           p_text(all[i].text), p_int(e->seq), p_int((int64_t)i)));
    store_write(conn, &sql_pack_set,
                PARAMS(p_int(rows->node), p_text(value_get_string(e->open, STR("pack"))),
                       p_text(value_get_string(e->open, STR("version"))), p_instant(e->at),
                       p_int(e->seq)));
    if (rows->core) { /* the step arena stays until the batch is published */
        rows->core->installed = all;
        rows->core->installed_count = count;
    }
    arena_close(a);
}

/* ---- Publishing. */

static bool define_all(const Core *core, void *const *states, const Definition *all,
                       size_t count, Err *err)
{
    for (size_t i = 0; i < count; i++)
        for (size_t m = 0; m < core->module_count; m++)
            if (core->modules[m]->define &&
                !core->modules[m]->define(states[m], &all[i], err))
                return false;
    return true;
}

void definitions_publish(Core *core)
{
    Err err = {0};
    bool ok = define_all(core, core->live.states, core->installed, core->installed_count, &err);
    check(ok); /* it compiled on a fresh state, and depends on nothing else */
    core->installed = NULL;
    core->installed_count = 0;
}

bool definitions_replay(const Core *core, const Event *event, void *const *states, Err *err)
{
    Arena *a = arena_open(CORE_COMMAND_ARENA);
    size_t count;
    const Definition *all = definitions_of(a, event->open, &count);
    bool ok = define_all(core, states, all, count, err);
    arena_close(a);
    return ok;
}

bool definitions_load(Core *core, Err *err)
{
    bool ok = true;
    Arena *a = arena_open(CORE_COMMAND_ARENA);
    Rows *r = store_query(core->conn, &sql_all, PARAMS(p_int(core->node)));
    while (ok && rows_next(r)) {
        arena_reset(a);
        Definition d = {.kind = rows_copy(r, 0, a), .id = rows_copy(r, 1, a),
                        .version = rows_int(r, 2), .pack = rows_copy(r, 3, a),
                        .path = rows_copy(r, 4, a), .text = rows_copy(r, 5, a)};
        ok = define_all(core, core->live.states, &d, 1, err);
    }
    rows_close(r);
    arena_close(a);
    return ok && !store_failed(core->conn, err);
}

/* ---- core.erase. */

bool decide_erase(void *state, const Command *command, Decision *d)
{
    (void)state;
    Str subject = value_get_string(command->body, STR("subject"));
    if (subject.len == 0)
        return decision_refuse_with(d, &fault_command_invalid, command->kind,
                                    STR("subject is missing"));
    /* Parts of one record must not stand under an old and a new key of one subject. */
    if (!id_equal(command->id, command->root))
        return decision_refuse_with(d, &fault_command_invalid, command->kind,
                                    STR("it cannot be a follow-up"));
    ContextBuilder b = context_builder(decision_arena(d));
    context_put_text(&b, "subject", value_string(subject));
    decision_emit(d, STR("core.erased"), subject, value_context(&b), value_null());
    return true;
}

void apply_erased(void *state, StoreConn *conn, const Event *e)
{
    const CoreRows *rows = state;
    (void)conn;
    if (rows->core)
        sealed_destroy(rows->core, e->subject);
}
