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

#include <stdlib.h>

#include "codec/json.h"

static const Sql sql_look = {
    "SELECT reader, registry, key, version, thing, fields FROM registry_look"
    " WHERE node = ?1 AND id = ?2"};
static const Sql sql_looks = {
    "SELECT id, at, registry, reader, office, thing, case_number, matter, basis, fields, seq"
    " FROM registry_look WHERE node = ?1 AND key = ?2 ORDER BY seq DESC, id DESC LIMIT ?3"};

static const Sql sql_handout_registries = {
    "SELECT DISTINCT registry FROM registry_handout WHERE node = ?1 ORDER BY registry"};

#define KEYS_MAX 64u /* records that are one person's */

/* ---- The catalogue. */

bool registry_get(StoreConn *conn, int64_t node, Str name, Arena *a, Registry *out, bool *found,
                  Err *err)
{
    Err failure = {0};
    const Face *face = registry_face(conn, node, name, &failure);
    (void)a;
    *found = face != NULL;
    if (face)
        *out = face->kind.about;
    if (failure.fault && err && !err->fault)
        *err = failure;
    return failure.fault == NULL;
}

bool registry_list(StoreConn *conn, int64_t node, Arena *a, const Registry **list, size_t *count,
                   Err *err)
{
    Str *names;
    *list = NULL;
    if (!registry_names(conn, node, a, &names, count, err))
        return false;
    Registry *all = arena_new_array(a, Registry, *count + 1);
    bool found = true;
    for (size_t i = 0; i < *count; i++)
        if (!registry_get(conn, node, names[i], a, &all[i], &found, err) || !found)
            return false;
    *list = all;
    return true;
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

/* What a read may see. */
typedef struct Sight {
    enum { SIGHT_OWN, SIGHT_OPEN, SIGHT_NAMED, SIGHT_MASKED } kind;
    Value fields; /* SIGHT_NAMED: these */
    int level;    /* up to which values are whole: of the reader's rights */
    Str grade;    /* least grade that counts */
    int64_t version_max;
    ListBuilder masked, insufficient;
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
    sight->kind = value_count(sight->fields) ? SIGHT_NAMED : SIGHT_MASKED;
    return true;
}

static bool sight_of(StoreConn *conn, int64_t node, const Actor *actor,
                     const RegistryPurpose *purpose, Arena *a, const Registry *about, Str key,
                     Sight *sight, Err *err)
{
    *sight = (Sight){.kind = SIGHT_OWN, .fields = value_null(), .level = REGISTRY_LEVEL_MAX,
                     .grade = purpose->grade, .version_max = INT64_MAX,
                     .masked = list_builder(a), .insufficient = list_builder(a)};
    if (key.len && (str_equal(actor->subject, key) ||
                    registry_is_merged(conn, node, key, actor->subject)))
        return true;
    if (about->share == REGISTRY_SHARE_NONE)
        return err_set(err, &fault_registry_not_shared, about->name);
    if (!id_is_none(purpose->look))
        return sight_of_look(conn, node, actor, purpose, a, about->name, key, sight, err);
    if (about->share == REGISTRY_SHARE_UNCONDITIONAL) {
        sight->kind = SIGHT_OPEN;
        return true;
    }
    if (!purpose->thing.len || (!purpose->case_number.len && !purpose->basis.len))
        return err_set(err, &fault_registry_purpose_missing);
    return err_set(err, &fault_registry_read_unrecorded, about->name);
}

typedef enum Seen { SEEN_NOT, SEEN_MASKED, SEEN_WHOLE } Seen;

static bool names(Value fields, Str name)
{
    for (size_t i = 0; i < value_count(fields); i++)
        if (str_equal(value_item(fields, i).as.string, name))
            return true;
    return false;
}

/* How a property of the name is seen; top: the property at the top that it belongs to. */
static Seen seen(const Sight *sight, const Registry *about, Str name, Str top)
{
    const RegistryProperty *p = registry_property(about, name);
    int level =
        p ? p->level : REGISTRY_LEVEL_MAX; /* what no definition names is nobody's business */
    switch (sight->kind) {
    case SIGHT_OWN: return SEEN_WHOLE;
    case SIGHT_OPEN: return level == 1 ? SEEN_WHOLE : SEEN_NOT;
    case SIGHT_NAMED:
        if (!names(sight->fields, top))
            return SEEN_NOT;
        return level <= sight->level || !p ? SEEN_WHOLE : SEEN_MASKED;
    case SIGHT_MASKED:
        return level < REGISTRY_MASKED_FROM && level <= sight->level ? SEEN_WHOLE : SEEN_MASKED;
    }
    return SEEN_NOT;
}

/* Properties of the record in sight; an object is seen in parts when its parts have levels. */
static Value visible(Arena *a, Sight *sight, const Registry *about, Value record, Str prefix,
                     Str top)
{
    ContextBuilder b = context_builder(a);
    for (size_t i = 0; value_is(record, VALUE_CONTEXT) && i < record.as.context.count; i++) {
        const ValueEntry *e = &record.as.context.entries[i];
        Str name = prefix.len
                       ? arena_printf(a, "%.*s.%.*s", STR_ARG(prefix), STR_ARG(e->key))
                       : e->key;
        Str above = prefix.len ? top : e->key;
        Seen how = seen(sight, about, name, above);
        if (how == SEEN_NOT)
            continue;
        if (how == SEEN_WHOLE && sight->kind != SIGHT_OWN && value_is(e->value, VALUE_CONTEXT)) {
            context_put(&b, e->key, visible(a, sight, about, e->value, name, above));
        } else if (how == SEEN_WHOLE) {
            context_put(&b, e->key, e->value);
        } else {
            const RegistryProperty *p = registry_property(about, name);
            context_put(&b, e->key, registry_masked(a, p ? p->mask : STR("all"), e->value));
            list_add(&sight->masked, value_string(name));
        }
    }
    return value_context(&b);
}

/* Without the values whose grade does not count. */
static Value good_enough(Arena *a, Sight *sight, const RecordRow *row)
{
    ContextBuilder b = context_builder(a);
    if (!sight->grade.len)
        return row->record;
    for (size_t i = 0; i < value_count(row->record); i++) {
        const ValueEntry *e = &row->record.as.context.entries[i];
        Str source, grade;
        registry_mark_of(row, e->key, &source, &grade);
        if (registry_grade_rank(grade) >= registry_grade_rank(sight->grade))
            context_put(&b, e->key, e->value);
        else
            list_add(&sight->insufficient, value_string(e->key));
    }
    return value_context(&b);
}

/* Who brought the properties in sight, where it is not who brought the row. */
static Value visible_marks(Arena *a, const Sight *sight, const Registry *about, Value marks)
{
    ContextBuilder b = context_builder(a);
    if (!value_is(marks, VALUE_CONTEXT))
        return value_null();
    for (size_t i = 0; i < marks.as.context.count; i++) {
        const ValueEntry *e = &marks.as.context.entries[i];
        if (seen(sight, about, e->key, e->key) != SEEN_NOT)
            context_put(&b, e->key, e->value);
    }
    return value_context(&b);
}

/* False: this row is not the reader's to see. */
static bool show(Arena *a, Sight *sight, const Actor *actor, const Registry *about,
                 const RecordRow *row, RegistryRecord *out, Err *err)
{
    if (sight->kind == SIGHT_NAMED || sight->kind == SIGHT_MASKED) {
        bool system = str_equal(actor->id, STR("system"));
        sight->level =
            system ? REGISTRY_LEVEL_MAX : registry_right_level(about, actor, row->record);
        if (!sight->level)
            return err_set(err, &fault_registry_not_yours, about->name);
    }
    sight->masked = list_builder(a);
    sight->insufficient = list_builder(a);
    *out = (RegistryRecord){.found = true, .registry = about->name, .key = row->key,
                            .version = row->version, .source = row->source, .grade = row->grade,
                            .valid_from = row->valid_from, .recorded_at = row->recorded_at};
    out->record = visible(a, sight, about, good_enough(a, sight, row), STR_NONE, STR_NONE);
    out->marks = visible_marks(a, sight, about, row->marks);
    out->masked = value_list(&sight->masked);
    out->insufficient = value_list(&sight->insufficient);
    return true;
}

static const Face *enter(StoreConn *conn, int64_t node, const Actor *actor,
                         const RegistryPurpose *purpose, Arena *a, Str registry, Str key,
                         Sight *sight, Err *err)
{
    Err failure = {0};
    const Face *face = registry_face(conn, node, registry, &failure);
    if (!face) {
        if (!failure.fault)
            err_set(&failure, &fault_registry_unknown, registry);
        if (err && !err->fault)
            *err = failure;
        return NULL;
    }
    return sight_of(conn, node, actor, purpose, a, &face->kind.about, key, sight, err) ? face
                                                                                      : NULL;
}

bool registry_history(StoreConn *conn, int64_t node, const Actor *actor,
                      const RegistryPurpose *purpose, Arena *a, Str registry, Str key,
                      RegistryRecord **list, size_t *count, Err *err)
{
    Sight sight;
    RecordRow row;
    bool good = true;
    size_t capacity = 0;
    *list = NULL;
    *count = 0;
    const Face *face = enter(conn, node, actor, purpose, a, registry, key, &sight, err);
    if (!face)
        return false;
    Rows *r = store_query(conn, face->history,
                          PARAMS(p_int(node), p_text(key), p_int(sight.version_max)));
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
        good = registry_row_at(r, face, a, &row, err) &&
               show(a, &sight, actor, &face->kind.about, &row, &(*list)[*count], err);
        *count += good;
    }
    rows_close(r);
    return good && !store_failed(conn, err);
}

bool registry_read(StoreConn *conn, int64_t node, const Actor *actor,
                   const RegistryPurpose *purpose, Arena *a, Str registry, Str key,
                   RegistryRecord *out, Err *err)
{
    Sight sight;
    RecordRow row;
    *out = (RegistryRecord){.registry = registry, .key = key, .record = value_null(),
                            .marks = value_null(), .masked = value_null(),
                            .insufficient = value_null()};
    const Face *face = enter(conn, node, actor, purpose, a, registry, key, &sight, err);
    if (!face || !registry_row(conn, node, face, key, a, &row, err))
        return false;
    if (!row.found)
        return true;
    if (row.version > sight.version_max) /* changed since the look: look again */
        return err_set(err, &fault_registry_read_unrecorded, registry);
    return show(a, &sight, actor, &face->kind.about, &row, out, err);
}

/* ---- Who looked. */

typedef struct Looks {
    StoreConn *conn;
    int64_t node;
    Arena *arena;
    RegistryLook *list;
    size_t count;
} Looks;

static bool read_look(Rows *r, Arena *a, RegistryLook *out, Err *err)
{
    *out = (RegistryLook){.id = rows_id(r, 0), .seq = rows_int(r, 10), .at = rows_instant(r, 1),
                          .registry = rows_copy(r, 2, a), .reader = rows_copy(r, 3, a),
                          .office = rows_copy(r, 4, a), .thing = rows_copy(r, 5, a),
                          .case_number = rows_copy(r, 6, a), .matter = rows_copy(r, 7, a),
                          .basis = rows_copy(r, 8, a), .fields = value_null()};
    return json_parse(a, rows_bytes(r, 9), &out->fields, err);
}

static bool add_looks(Looks *l, Rows *r, Err *err)
{
    bool good = true;
    while (good && l->count < REGISTRY_LOOKS_MAX && rows_next(r))
        good = read_look(r, l->arena, &l->list[l->count++], err);
    rows_close(r);
    return good;
}

/* Handouts in whose stretch a row of the key lies. */
static bool add_handouts(Looks *l, Str key, Err *err)
{
    Str names[REGISTRY_LOOKS_MAX];
    size_t name_count = 0;
    bool good = true;
    Rows *r = store_query(l->conn, &sql_handout_registries, PARAMS(p_int(l->node)));
    while (name_count < REGISTRY_LOOKS_MAX && rows_next(r))
        names[name_count++] = rows_copy(r, 0, l->arena);
    rows_close(r);
    for (size_t i = 0; good && i < name_count; i++) {
        const Face *face = registry_face(l->conn, l->node, names[i], err);
        good = face != NULL;
        if (good && face->kind.about.personal)
            good = add_looks(l, store_query(l->conn, face->handouts,
                                            PARAMS(p_int(l->node), p_text(key), p_text(names[i]),
                                                   p_int(REGISTRY_LOOKS_MAX))), err);
    }
    return good;
}

static int newer_first(const void *a, const void *b)
{
    const RegistryLook *x = a, *y = b;
    if (x->seq != y->seq)
        return x->seq > y->seq ? -1 : 1;
    return -id_compare(x->id, y->id);
}

bool registry_looks(StoreConn *conn, int64_t node, const Actor *actor, Str subject, Arena *a,
                    RegistryLook **list, size_t *count, Err *err)
{
    Looks l = {.conn = conn, .node = node, .arena = a};
    Str keys[KEYS_MAX] = {subject};
    bool good = true;
    *count = 0;
    *list = NULL;
    if (!subject.len ||
        (!str_equal(actor->subject, subject) && !actor_has_role(actor, STR("auditor"))))
        return err_set(err, &fault_registry_looks_not_yours);
    l.list = arena_new_array(a, RegistryLook, REGISTRY_LOOKS_MAX);
    if (!l.list)
        return err_set(err, &fault_out_of_memory, STR("registry_looks"));
    size_t key_count = 1 + registry_merged_from(conn, node, subject, a, keys + 1, KEYS_MAX - 1);
    for (size_t i = 0; good && i < key_count; i++)
        good = add_looks(&l, store_query(conn, &sql_looks,
                                         PARAMS(p_int(node), p_text(keys[i]),
                                                p_int(REGISTRY_LOOKS_MAX))), err) &&
               add_handouts(&l, keys[i], err);
    if (good)
        qsort(l.list, l.count, sizeof l.list[0], newer_first);
    *list = l.list;
    *count = l.count;
    return good && !store_failed(conn, err);
}
