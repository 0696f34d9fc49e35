/* registry_read.c - who may read what, and why.
 *
 * A read of a record passes one of three doors:
 *
 *     one's own    the actor acts for the person or firm whose key it is: everything, no record
 *     in the open  the registry is shared unconditionally: properties of level 1, no record
 *     by a look    registry.look recorded who reads which properties for what; the read names
 *                  that look, and gets these properties of the version it was made for
 *
 * There is no fourth: a room above that wants a personal value without a recorded purpose finds
 * no function for it. (Inside of a case the task registry.read does both in one step.) */
#include "domain/registry/registry_int.h"

#include "codec/json.h"

static const Sql sql_catalogue = {
    "SELECT name, version, path, text FROM registry_catalogue WHERE node = ?1 ORDER BY name"};
static const Sql sql_definition = {
    "SELECT version, path, text FROM registry_catalogue WHERE node = ?1 AND name = ?2"};
static const Sql sql_history = {
    "SELECT version, valid_from, recorded_at, source, grade, record FROM registry_record"
    " WHERE node = ?1 AND registry = ?2 AND key = ?3 AND version <= ?4 ORDER BY version DESC"};
static const Sql sql_look = {
    "SELECT reader, registry, key, version, thing, fields FROM registry_look"
    " WHERE node = ?1 AND id = ?2"};
static const Sql sql_looks = {
    "SELECT id, at, registry, reader, office, thing, case_number, matter, basis, fields"
    " FROM registry_look WHERE node = ?1 AND key = ?2 ORDER BY seq DESC, id DESC LIMIT ?3"};

/* ---- The catalogue. */

bool registry_get(StoreConn *conn, int64_t node, Str name, Arena *a, Registry *out, bool *found,
                  Err *err)
{
    RegistryKind kind;
    Rows *r = store_query(conn, &sql_definition, PARAMS(p_int(node), p_text(name)));
    *found = rows_next(r);
    int64_t version = *found ? rows_int(r, 0) : 0;
    Str path = *found ? rows_copy(r, 1, a) : STR_NONE;
    Str text = *found ? rows_copy(r, 2, a) : STR_NONE;
    rows_close(r);
    if (!*found)
        return !store_failed(conn, err);
    if (!registry_kind_read(a, name, text, path, &kind, err))
        return false;
    *out = kind.about;
    out->version = version;
    return true;
}

bool registry_list(StoreConn *conn, int64_t node, Arena *a, const Registry **list, size_t *count,
                   Err *err)
{
    size_t capacity = 0;
    bool good = true;
    Registry *all = NULL;
    *count = 0;
    Rows *r = store_query(conn, &sql_catalogue, PARAMS(p_int(node)));
    while (good && rows_next(r)) {
        if (*count == capacity) {
            capacity = capacity ? capacity * 2 : 16;
            Registry *grown = arena_new_array(a, Registry, capacity);
            if (!grown) {
                good = err_set(err, &fault_out_of_memory, STR("registry_list"));
                break;
            }
            for (size_t i = 0; i < *count; i++)
                grown[i] = all[i];
            all = grown;
        }
        RegistryKind kind;
        good = registry_kind_read(a, rows_copy(r, 0, a), rows_copy(r, 3, a), rows_copy(r, 2, a),
                                  &kind, err);
        kind.about.version = rows_int(r, 1);
        all[(*count)++] = kind.about;
    }
    rows_close(r);
    *list = all;
    return good && !store_failed(conn, err);
}

bool registry_has_datum(StoreConn *conn, int64_t node, Str datum, Arena *a, Registry *registry,
                        const RegistryProperty **property)
{
    Registry about;
    bool found = false;
    Str rest = datum, name = str_split(&rest, '.');
    if (!registry_get(conn, node, name, a, &about, &found, NULL) || !found)
        return false;
    const RegistryProperty *p = registry_property(&about, rest);
    if (registry)
        *registry = about;
    if (property)
        *property = p;
    return p != NULL;
}

/* ---- Doors. */

/* What a read may see: all properties, those of a list, or those of level 1. */
typedef struct Sight {
    bool all;
    bool open_only;
    Value fields;
    int64_t version_max;
} Sight;

static bool sight_of_look(StoreConn *conn, int64_t node, const Actor *actor,
                          const RegistryPurpose *purpose, Arena *a, Str registry, Str key,
                          Sight *sight, Err *err)
{
    bool matches = false;
    Str fields = STR_NONE;
    Rows *r = store_query(conn, &sql_look, PARAMS(p_int(node), p_id(&purpose->look)));
    if (rows_next(r)) {
        matches = str_equal(rows_bytes(r, 0), actor->id) &&
                  str_equal(rows_bytes(r, 1), registry) && str_equal(rows_bytes(r, 2), key) &&
                  str_equal(rows_bytes(r, 4), purpose->thing);
        sight->version_max = rows_int(r, 3);
        fields = rows_copy(r, 5, a);
    }
    rows_close(r);
    if (!matches)
        return err_set(err, &fault_registry_read_unrecorded, registry);
    if (!json_parse(a, fields, &sight->fields, err))
        return false;
    sight->all = value_count(sight->fields) == 0;
    return true;
}

static bool sight_of(StoreConn *conn, int64_t node, const Actor *actor,
                     const RegistryPurpose *purpose, Arena *a, const Registry *about, Str key,
                     Sight *sight, Err *err)
{
    *sight = (Sight){.fields = value_null(), .version_max = INT64_MAX};
    if (key.len && str_equal(actor->subject, key)) {
        sight->all = true;
        return true;
    }
    if (about->share == REGISTRY_SHARE_NONE)
        return err_set(err, &fault_registry_not_shared, about->name);
    if (!id_is_none(purpose->look))
        return sight_of_look(conn, node, actor, purpose, a, about->name, key, sight, err);
    if (about->share == REGISTRY_SHARE_UNCONDITIONAL) {
        sight->open_only = true;
        return true;
    }
    if (!purpose->thing.len || (!purpose->case_number.len && !purpose->basis.len))
        return err_set(err, &fault_registry_purpose_missing);
    return err_set(err, &fault_registry_read_unrecorded, about->name);
}

static bool in_sight(const Sight *sight, const Registry *about, Str name)
{
    if (sight->all)
        return true;
    if (sight->open_only) {
        const RegistryProperty *p = registry_property(about, name);
        return p && p->level == 1;
    }
    for (size_t i = 0; i < value_count(sight->fields); i++)
        if (str_equal(value_item(sight->fields, i).as.string, name))
            return true;
    return false;
}

/* Properties of the record in sight; an object is seen in parts when its parts have levels. */
static Value visible(Arena *a, const Sight *sight, const Registry *about, Value record, Str prefix)
{
    ContextBuilder b = context_builder(a);
    for (size_t i = 0; value_is(record, VALUE_CONTEXT) && i < record.as.context.count; i++) {
        const ValueEntry *e = &record.as.context.entries[i];
        Str name = prefix.len
                       ? arena_printf(a, "%.*s.%.*s", STR_ARG(prefix), STR_ARG(e->key))
                       : e->key;
        if (!in_sight(sight, about, name))
            continue;
        bool parts = sight->open_only && value_is(e->value, VALUE_CONTEXT);
        context_put(&b, e->key, parts ? visible(a, sight, about, e->value, name) : e->value);
    }
    return value_context(&b);
}

static bool show(Arena *a, const Sight *sight, const Registry *about, Str text, Value *out,
                 Err *err)
{
    Value whole = value_null();
    if (!json_parse(a, text, &whole, err))
        return false;
    *out = visible(a, sight, about, whole, STR_NONE);
    return true;
}

static bool enter(StoreConn *conn, int64_t node, const Actor *actor,
                  const RegistryPurpose *purpose, Arena *a, Str registry, Str key,
                  Registry *about, Sight *sight, Err *err)
{
    bool found = false;
    if (!registry_get(conn, node, registry, a, about, &found, err))
        return false;
    if (!found)
        return err_set(err, &fault_registry_unknown, registry);
    return sight_of(conn, node, actor, purpose, a, about, key, sight, err);
}

bool registry_history(StoreConn *conn, int64_t node, const Actor *actor,
                      const RegistryPurpose *purpose, Arena *a, Str registry, Str key,
                      RegistryRecord **list, size_t *count, Err *err)
{
    Registry about;
    Sight sight;
    bool good = true;
    size_t capacity = 0;
    *list = NULL;
    *count = 0;
    if (!enter(conn, node, actor, purpose, a, registry, key, &about, &sight, err))
        return false;
    Rows *r = store_query(conn, &sql_history, PARAMS(p_int(node), p_text(registry), p_text(key),
                                                     p_int(sight.version_max)));
    while (good && rows_next(r)) {
        if (*count == capacity) {
            capacity = capacity ? capacity * 2 : 4;
            RegistryRecord *grown = arena_new_array(a, RegistryRecord, capacity);
            if (!grown) {
                good = err_set(err, &fault_out_of_memory, STR("registry_history"));
                break;
            }
            for (size_t i = 0; i < *count; i++)
                grown[i] = (*list)[i];
            *list = grown;
        }
        RegistryRecord *record = &(*list)[(*count)++];
        *record = (RegistryRecord){true, registry, key, rows_int(r, 0), value_null(),
                                   rows_copy(r, 3, a), rows_copy(r, 4, a), rows_instant(r, 1),
                                   rows_instant(r, 2)};
        good = show(a, &sight, &about, rows_copy(r, 5, a), &record->record, err);
    }
    rows_close(r);
    return good && !store_failed(conn, err);
}

bool registry_read(StoreConn *conn, int64_t node, const Actor *actor,
                   const RegistryPurpose *purpose, Arena *a, Str registry, Str key,
                   RegistryRecord *out, Err *err)
{
    Registry about;
    Sight sight;
    RecordRow row;
    *out = (RegistryRecord){.registry = registry, .key = key, .record = value_null()};
    if (!enter(conn, node, actor, purpose, a, registry, key, &about, &sight, err))
        return false;
    if (!registry_row(conn, node, registry, key, a, &row))
        return !store_failed(conn, err);
    if (row.version > sight.version_max) /* changed since the look: look again */
        return err_set(err, &fault_registry_read_unrecorded, registry);
    *out = (RegistryRecord){true, registry, key, row.version, value_null(), row.source, row.grade,
                            row.valid_from, row.recorded_at};
    return show(a, &sight, &about, row.record, &out->record, err);
}

/* ---- Who looked. */

static bool read_look(Rows *r, Arena *a, RegistryLook *out, Err *err)
{
    *out = (RegistryLook){.id = rows_id(r, 0), .at = rows_instant(r, 1),
                          .registry = rows_copy(r, 2, a), .reader = rows_copy(r, 3, a),
                          .office = rows_copy(r, 4, a), .thing = rows_copy(r, 5, a),
                          .case_number = rows_copy(r, 6, a), .matter = rows_copy(r, 7, a),
                          .basis = rows_copy(r, 8, a), .fields = value_null()};
    return json_parse(a, rows_bytes(r, 9), &out->fields, err);
}

bool registry_looks(StoreConn *conn, int64_t node, const Actor *actor, Str subject, Arena *a,
                    RegistryLook **list, size_t *count, Err *err)
{
    bool good = true;
    *count = 0;
    *list = NULL;
    if (!subject.len ||
        (!str_equal(actor->subject, subject) && !actor_has_role(actor, STR("auditor"))))
        return err_set(err, &fault_registry_looks_not_yours);
    *list = arena_new_array(a, RegistryLook, REGISTRY_LOOKS_MAX);
    if (!*list)
        return err_set(err, &fault_out_of_memory, STR("registry_looks"));
    Rows *r = store_query(conn, &sql_looks,
                          PARAMS(p_int(node), p_text(subject), p_int(REGISTRY_LOOKS_MAX)));
    while (good && rows_next(r))
        good = read_look(r, a, &(*list)[(*count)++], err);
    rows_close(r);
    return good && !store_failed(conn, err);
}
