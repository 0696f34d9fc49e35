/* process_task_list.c - which tasks a person finds, page by page.
 *
 * Every open task has rows in process_candidate: one for its assignee, or, while it has none, one
 * for each user and group it is offered to. The list of an actor is the union of the rows of its
 * account, office and roles, ordered by (due, key). Each is read in that order from the index and
 * they are merged here, so a page costs the same whether ten or a million tasks are open. A cursor
 * is the last (due, key) seen. */
#include "domain/process/process_int.h"
#include "domain/process/process_row.h"

#define COLUMNS                                                                              \
    "key, instance, case_id, process, element, name, form, candidate_groups,"                \
    " candidate_users, assignee, state, created_at, ended_at, due, priority, version"

static const Sql SELECT_ONE = {
    "SELECT " COLUMNS " FROM process_task WHERE node = ?1 AND key = ?2"};
static const Sql SELECT_CANDIDATES = {
    "SELECT due, task FROM process_candidate WHERE node = ?1 AND who = ?2"
    " AND (due > ?3 OR (due = ?3 AND task > ?4)) ORDER BY due, task LIMIT ?5"};
static const Sql SELECT_OPEN = {
    "SELECT due_order, key FROM process_task WHERE node = ?1 AND ended_at IS NULL"
    " AND (due_order > ?2 OR (due_order = ?2 AND key > ?3)) ORDER BY due_order, key LIMIT ?4"};
static const Sql SELECT_OF_CASE = {
    "SELECT due_order, key FROM process_task WHERE node = ?1 AND case_id = ?2"
    " AND (due_order > ?3 OR (due_order = ?3 AND key > ?4))"
    " ORDER BY due_order, key LIMIT ?5"};
static const Sql SELECT_OF_INSTANCE = {
    "SELECT due_order, key FROM process_task WHERE node = ?1 AND key > ?2 AND key < ?3"
    " AND (due_order > ?4 OR (due_order = ?4 AND key > ?5))"
    " ORDER BY due_order, key LIMIT ?6"};

typedef struct Place {
    int64_t due, key;
} Place;

/* ---- One task. */

static bool fill_task(Rows *r, const Actor *actor, Arena *a, ProcessTask *t, Err *err)
{
    *t = (ProcessTask){.key = rows_int(r, 0), .instance = rows_int(r, 1), .case_id = rows_id(r, 2)};
    t->process = rows_copy(r, 3, a);
    t->element = rows_copy(r, 4, a);
    t->name = rows_copy(r, 5, a);
    t->form = rows_copy(r, 6, a);
    bool ok = json_parse(a, rows_bytes(r, 7), &t->groups, err) &&
              json_parse(a, rows_bytes(r, 8), &t->users, err);
    t->assignee = rows_copy(r, 9, a);
    check(process_task_state_parse(rows_bytes(r, 10), &t->state));
    t->created_at = rows_instant(r, 11);
    t->ended_at = rows_instant(r, 12);
    t->due = rows_instant(r, 13);
    t->priority = rows_int(r, 14);
    t->version = rows_int(r, 15);
    bool open = instant_is_none(t->ended_at);
    t->mine = open && (t->assignee.len ? str_equal(t->assignee, actor->id)
                                       : task_offered_to(t, actor));
    return ok;
}

bool process_task_read(StoreConn *conn, int64_t node, const Actor *actor, int64_t key, Arena *a,
                       ProcessTask *out, Err *err)
{
    Rows *r = store_query(conn, &SELECT_ONE, PARAMS(p_int(node), p_int(key)));
    bool found = rows_next(r);
    bool ok = found && fill_task(r, actor, a, out, err);
    rows_close(r);
    if (!found && !store_failed(conn, err)) {
        return err_set(err, &fault_task_unknown, arena_printf(a, "%lld", (long long)key));
    }
    return ok;
}

/* ---- Cursors: "<due>.<key>". */

static bool parse_cursor(Str cursor, Place *out)
{
    *out = (Place){INT64_MIN, 0};
    if (!cursor.len) {
        return true;
    }
    Str rest = cursor;
    Str head = str_split(&rest, '.');
    return str_to_int64(head, &out->due) && str_to_int64(rest, &out->key);
}

/* ---- Places of one source, in order. */

typedef struct Source {
    Place *places;
    size_t count, at;
} Source;

static void read_places(Rows *r, Arena *a, size_t limit, Source *out)
{
    *out = (Source){.places = arena_new_array(a, Place, limit)};
    while (out->places && out->count < limit && rows_next(r)) {
        out->places[out->count++] = (Place){rows_int(r, 0), rows_int(r, 1)};
    }
    rows_close(r);
}

static size_t actor_names(Arena *a, const Actor *actor, Str group, Str names[CORE_GROUPS_MAX + 3])
{
    size_t count = 0;
    if (!group.len) {
        names[count++] = arena_printf(a, "a:%.*s", STR_ARG(actor->id));
        names[count++] = arena_printf(a, "g:%.*s", STR_ARG(actor->id));
    }
    if (actor->office.len && (!group.len || str_equal(group, actor->office))) {
        names[count++] = arena_printf(a, "g:%.*s", STR_ARG(actor->office));
    }
    for (size_t i = 0; i < actor->role_count; i++) {
        if (!group.len || str_equal(group, actor->roles[i])) {
            names[count++] = arena_printf(a, "g:%.*s", STR_ARG(actor->roles[i]));
        }
    }
    return count;
}

static size_t open_sources(StoreConn *conn, int64_t node, const Actor *actor,
                           const ProcessTaskQuery *q, Place from, size_t limit, Arena *a,
                           Source sources[CORE_GROUPS_MAX + 3])
{
    Param n = p_int(node), due = p_int(from.due), key = p_int(from.key);
    Param count = p_int((int64_t)limit);
    if (!id_is_none(q->case_id)) {
        read_places(store_query(conn, &SELECT_OF_CASE,
                                PARAMS(n, p_id(&q->case_id), due, key, count)),
                    a, limit, &sources[0]);
        return 1;
    }
    if (q->instance) {
        read_places(store_query(conn, &SELECT_OF_INSTANCE,
                                PARAMS(n, p_int(q->instance),
                                       p_int(q->instance + KEY_LOCAL_MAX), due, key, count)),
                    a, limit, &sources[0]);
        return 1;
    }
    if (q->everyone && !q->group.len) {
        read_places(store_query(conn, &SELECT_OPEN, PARAMS(n, due, key, count)), a, limit,
                    &sources[0]);
        return 1;
    }
    Str names[CORE_GROUPS_MAX + 3];
    size_t sources_count = 1;
    if (q->everyone) {
        names[0] = arena_printf(a, "g:%.*s", STR_ARG(q->group));
    } else {
        sources_count = actor_names(a, actor, q->group, names);
    }
    for (size_t i = 0; i < sources_count; i++) {
        read_places(store_query(conn, &SELECT_CANDIDATES,
                                PARAMS(n, p_text(names[i]), due, key, count)),
                    a, limit, &sources[i]);
    }
    return sources_count;
}

/* The smallest place of all sources, once. */
static bool next_place(Source *sources, size_t count, Place *out)
{
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        const Source *s = &sources[i];
        if (s->at < s->count && (!any || s->places[s->at].due < out->due ||
                                 (s->places[s->at].due == out->due &&
                                  s->places[s->at].key < out->key))) {
            *out = s->places[s->at];
            any = true;
        }
    }
    for (size_t i = 0; any && i < count; i++) {
        Source *s = &sources[i];
        s->at += s->at < s->count && s->places[s->at].due == out->due &&
                 s->places[s->at].key == out->key;
    }
    return any;
}

static bool offered_to_group(const ProcessTask *t, Str group)
{
    for (size_t i = 0; i < value_count(t->groups); i++) {
        if (str_equal(value_item(t->groups, i).as.string, group)) {
            return true;
        }
    }
    return false;
}

static bool wanted(const ProcessTaskQuery *q, const Actor *actor, const ProcessTask *t)
{
    if (!q->with_ended && !instant_is_none(t->ended_at)) {
        return false;
    }
    if ((q->has_state && t->state != q->state) ||
        (q->instance && t->instance != q->instance) ||
        (q->group.len && !offered_to_group(t, q->group))) {
        return false;
    }
    return q->everyone || t->mine ||
           (!instant_is_none(t->ended_at) &&
            (str_equal(t->assignee, actor->id) || task_offered_to(t, actor)));
}

/* Fill the page from one round of places; *last is the last place looked at. */
static bool fill_page(StoreConn *conn, int64_t node, const Actor *actor,
                      const ProcessTaskQuery *q, Source *sources, size_t source_count,
                      size_t limit, Arena *a, ProcessTaskPage *out, Place *last, Err *err)
{
    Place place;
    while (out->count < limit && next_place(sources, source_count, &place)) {
        ProcessTask *t = &out->tasks[out->count];
        *last = place;
        if (!process_task_read(conn, node, actor, place.key, a, t, err)) {
            return false;
        }
        out->count += wanted(q, actor, t);
    }
    return true;
}

bool process_task_list(StoreConn *conn, int64_t node, const Actor *actor,
                       const ProcessTaskQuery *query, Arena *a, ProcessTaskPage *out, Err *err)
{
    size_t limit = query->limit == 0 ? 50 : query->limit;
    Place from;
    limit = limit > PROCESS_PAGE_MAX ? PROCESS_PAGE_MAX : limit;
    *out = (ProcessTaskPage){.tasks = arena_new_array(a, ProcessTask, limit + 1)};
    if (!parse_cursor(query->cursor, &from)) {
        return err_set(err, &fault_cursor_invalid);
    }
    bool more = out->tasks != NULL;
    for (int round = 0; more && out->count < limit; round++) {
        Source sources[CORE_GROUPS_MAX + 3];
        size_t count = open_sources(conn, node, actor, query, from, limit + 1, a, sources);
        more = false;
        for (size_t i = 0; i < count; i++) {
            more |= sources[i].count > limit;
        }
        if (!fill_page(conn, node, actor, query, sources, count, limit, a, out, &from, err)) {
            return false;
        }
        for (size_t i = 0; i < count; i++) {
            more |= sources[i].at < sources[i].count;
        }
        if (out->count == limit && more) {
            out->next = arena_printf(a, "%lld.%lld", (long long)from.due, (long long)from.key);
        }
    }
    return !store_failed(conn, err);
}

/* ---- Shapes for the API. */

bool process_task_variables(StoreConn *conn, int64_t node, int64_t key, Arena *a, Value *out,
                            Err *err)
{
    Instance in;
    bool found = false;
    ContextBuilder all = context_builder(a);
    if (!instance_load(conn, node, key_instance(key), a, &in, &found, err)) {
        return false;
    }
    for (int64_t at = found ? key_local(key) : 0; at != 0;) {
        const Token *t = instance_token(&in, at);
        for (size_t i = 0; t && value_is(t->local, VALUE_CONTEXT) &&
                           i < t->local.as.context.count; i++) {
            const ValueEntry *e = &t->local.as.context.entries[i];
            if (!context_builder_has(&all, e->key) && e->key.ptr[0] != '$') {
                context_put(&all, e->key, e->value);
            }
        }
        at = t ? t->scope : at == ROOT_TOKEN ? 0 : ROOT_TOKEN;
    }
    *out = value_context(&all);
    return true;
}

Value process_task_value(Arena *a, const ProcessTask *t)
{
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "task", process_key_value(a, t->key));
    context_put_text(&b, "instance", process_key_value(a, t->instance));
    context_put_text(&b, "case",
                     id_is_none(t->case_id) ? value_null() : value_id(a, t->case_id));
    context_put_text(&b, "process", value_string(t->process));
    context_put_text(&b, "element", value_string(t->element));
    context_put_text(&b, "name", value_string(t->name));
    context_put_text(&b, "form", t->form.len ? value_string(t->form) : value_null());
    context_put_text(&b, "groups", t->groups);
    context_put_text(&b, "users", t->users);
    context_put_text(&b, "assignee",
                     t->assignee.len ? value_string(t->assignee) : value_null());
    context_put_text(&b, "state", value_string(str_from(process_task_state_name(t->state))));
    context_put_text(&b, "created_at", value_instant(a, t->created_at));
    context_put_text(&b, "ended_at", value_instant(a, t->ended_at));
    context_put_text(&b, "due", value_instant(a, t->due));
    context_put_text(&b, "priority", value_int(t->priority));
    context_put_text(&b, "version", value_int(t->version));
    context_put_text(&b, "mine", value_boolean(t->mine));
    return value_context(&b);
}
