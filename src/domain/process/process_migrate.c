/* process_migrate.c - running instances go on under another version of their process.
 *
 * Every living token must land (bpmn_landing.c): at the element of the new version with the same
 * id,
 * or with the id that `map` gives for it. Where one has no landing place the command is refused
 * and names the element and the reason; nothing has changed then.
 *
 * What is there stays: tasks with their people, jobs with their leases, called processes, rounds of
 * loops, variables. What is waited for becomes what the new version says: a message, signal or
 * timer that stands in both versions at the same element goes on undisturbed, so a limit that is
 * running keeps its end; one that is gone is dropped; a new one begins now. An element that gets
 * another id takes its task, job and incidents with it, but its timers begin anew. In the same
 * step joins are asked again, because the new diagram may have other ways.
 *
 * process.migrate moves many: it looks for instances of a process in key order and gives one
 * command each, so that one refusal leaves the others alone. */
#include "domain/process/process_int.h"

#define MIGRATE_SLICE_MAX 1000
#define MAP_MAX 1000

typedef struct Voyage {
    Game *g;
    const BpmnProcess *from, *to;
    BpmnPair *map;
    size_t map_count;
    uint32_t *landing; /* of each token */
} Voyage;

static bool refuse_landing(Voyage *m, Str element, const char *why)
{
    return decision_refuse_with(m->g->d, &fault_migration_no_landing, element, str_from(why));
}

static bool read_map(Voyage *m, Value map)
{
    size_t count = value_is(map, VALUE_CONTEXT) ? map.as.context.count : 0;
    m->map = arena_new_array(m->g->a, BpmnPair, count + 1);
    if ((!value_is_null(map) && !value_is(map, VALUE_CONTEXT)) || count > MAP_MAX || !m->map) {
        return decision_refuse_with(m->g->d, &fault_field_invalid, STR("map"), STR("object"));
    }
    for (size_t i = 0; i < count; i++) {
        const ValueEntry *e = &map.as.context.entries[i];
        if (!value_is(e->value, VALUE_STRING)) {
            return decision_refuse_with(m->g->d, &fault_field_invalid, STR("map"), e->key);
        }
        m->map[m->map_count++] = (BpmnPair){e->key, e->value.as.string};
    }
    return true;
}

static bool has_flow(const BpmnProcess *p, const BpmnElement *e, Str flow)
{
    for (uint32_t i = 0; i < e->incoming_count; i++) {
        if (str_equal(p->flows[e->incoming[i]].id, flow)) {
            return true;
        }
    }
    return false;
}

/* What a token remembers by name must be there too. */
static bool check_memory(Voyage *m, const Token *t, const BpmnElement *new)
{
    if ((t->flags & TOKEN_JOIN) && t->flow.len && !has_flow(m->to, new, t->flow)) {
        return refuse_landing(m, t->element, "the flow it came by does not lead there / "
                                             "其进入的顺序流已不存在");
    }
    if (t->flags & TOKEN_RESET) {
        return refuse_landing(m, t->element, "the gateway waits for its reset / "
                                             "网关正在等待复位");
    }
    Value records = value_field(t->data, "r");
    for (size_t i = 0; i < value_count(records); i++) {
        Str handler = value_item(value_item(records, i), 0).as.string;
        if (bpmn_element(m->to, handler) == BPMN_NONE) {
            return refuse_landing(m, handler, "what would be compensated has no handler / "
                                              "已完成活动的补偿处理不存在");
        }
    }
    return true;
}

static bool find_landings(Voyage *m)
{
    Instance *in = &m->g->in;
    m->landing = arena_new_array(m->g->a, uint32_t, in->token_count + 1);
    check(m->landing != NULL);
    for (size_t i = 0; i < in->token_count; i++) {
        const Token *t = in->tokens[i];
        const char *why;
        if (t->gone) {
            continue;
        }
        m->landing[i] = bpmn_landing(m->from, t->index, m->to, m->map, m->map_count, &why);
        if (m->landing[i] == BPMN_NONE) {
            return refuse_landing(m, t->element, why);
        }
        if (!check_memory(m, t, &m->to->elements[m->landing[i]])) {
            return false;
        }
    }
    return true;
}

/* Put every token where it lands. Watches that do not stand in both versions are closed under the
 * old program and opened under the new one. */
static bool land(Voyage *m)
{
    Game *g = m->g;
    Instance *in = &g->in;
    for (size_t i = 0; i < in->token_count; i++) {
        Token *t = in->tokens[i];
        if (!t->gone) {
            watch_close_changed(g, t, m->from, m->to, m->landing[i]);
        }
    }
    for (size_t i = 0; i < in->token_count; i++) {
        Token *t = in->tokens[i];
        Str id = m->to->elements[m->landing[i]].id;
        if (!t->gone && !str_equal(t->element, id)) {
            change_note(g, value_string(STR("move")), value_int(t->key), value_string(id));
            t->was = t->element;
            fold_move(in, t->key, id);
        }
    }
    g->program = m->to;
    for (size_t i = 0; i < in->token_count; i++) {
        in->tokens[i]->index = in->tokens[i]->gone ? BPMN_NONE : m->landing[i];
        join_note(g, in->tokens[i]->scope);
    }
    for (size_t i = 0, count = in->token_count; i < count; i++) {
        Token *t = in->tokens[i];
        if (!t->gone && !(t->flags & (TOKEN_JOIN | TOKEN_FAILED_ENTER)) &&
            !watch_open_changed(g, t, m->from)) {
            return decision_refuse(g->d, &g->fail);
        }
    }
    g->variables_changed = true;
    return true;
}

bool decide_migrate_instance(void *state, const Command *c, Decision *d)
{
    Game g;
    if (!game_open_any(&g, state, d, c, process_key_field(c->body, STR("instance")))) {
        return false;
    }
    const ProgramVersion *to =
        process_program(state, g.in.process, value_get_int(c->body, STR("version"), 0));
    if (!to) {
        return decision_refuse_with(d, &fault_process_unknown, g.in.process);
    }
    ContextBuilder reply = context_builder(g.a);
    context_put_text(&reply, "instance", process_key_value(g.a, g.in.key));
    context_put_text(&reply, "version", value_int(to->version));
    decision_reply(d, value_context(&reply));
    if (to->version == g.in.version) {
        return true;
    }
    Voyage m = {.g = &g, .from = g.program, .to = to->process};
    if (!read_map(&m, value_field(c->body, "map")) || !find_landings(&m)) {
        return false;
    }
    change_note(&g, value_string(STR("version")), value_int(to->version));
    g.in.version = to->version;
    return land(&m) && game_close(&g);
}

/* ---- Many. */

static const Sql SELECT_OTHERS = {
    "SELECT key FROM process_instance WHERE node = ?1 AND key > ?2 AND process = ?3"
    " AND version <> ?4 AND ended_at IS NULL ORDER BY key LIMIT ?5"};

bool decide_migrate(void *state, const Command *c, Decision *d)
{
    Arena *a = decision_arena(d);
    Str process = value_get_string(c->body, STR("process"));
    int64_t limit = value_get_int(c->body, STR("limit"), 100), last = 0, count = 0;
    const ProgramVersion *to =
        process_program(state, process, value_get_int(c->body, STR("version"), 0));
    if (!to) {
        return decision_refuse_with(d, &fault_process_unknown, process);
    }
    if (limit < 1 || limit > MIGRATE_SLICE_MAX) {
        return decision_refuse_with(d, &fault_field_invalid, STR("limit"), STR("1..1000"));
    }
    Rows *r = store_query(decision_store(d), &SELECT_OTHERS,
                          PARAMS(p_int(decision_node(d)),
                                 p_int(process_key_field(c->body, STR("after"))), p_text(process),
                                 p_int(to->version), p_int(limit)));
    while (rows_next(r)) {
        ContextBuilder b = context_builder(a);
        last = rows_int(r, 0);
        context_put_text(&b, "instance", process_key_value(a, last));
        context_put_text(&b, "version", value_int(to->version));
        context_put_text(&b, "map", value_field(c->body, "map"));
        decision_follow(d, STR("process.migrate_instance"), value_context(&b), STR_NONE,
                        value_null());
        count++;
    }
    rows_close(r);
    ContextBuilder reply = context_builder(a);
    context_put_text(&reply, "tried", value_int(count));
    context_put_text(&reply, "after", count == limit ? process_key_value(a, last) : value_null());
    decision_reply(d, value_context(&reply));
    return true;
}

/* ---- Before a new version is installed. */

static const Sql SELECT_RUNNING = {
    "SELECT key FROM process_instance WHERE node = ?1 AND process = ?2 AND ended_at IS NULL"
    " ORDER BY key LIMIT ?3"};


static ProcessStranded *stranded_at(Arena *a, ProcessStranded **list, size_t *count, Map *seen,
                                    Str element)
{
    void *found = map_get(seen, element);
    if (found) {
        return &(*list)[(uintptr_t)found - 1];
    }
    ProcessStranded *grown = arena_new_array(a, ProcessStranded, *count + 1);
    check(grown != NULL);
    for (size_t i = 0; i < *count; i++) {
        grown[i] = (*list)[i];
    }
    grown[*count] = (ProcessStranded){.element = arena_copy(a, element)};
    map_put(seen, grown[*count].element, (void *)(uintptr_t)(*count + 1));
    *list = grown;
    return &grown[(*count)++];
}

/* Tokens of one instance that do not land in `to`. */
static void judge_instance(StoreConn *conn, int64_t node, int64_t key, const BpmnProcess *to,
                           Arena *a, Map *seen, ProcessStranded **list, size_t *count)
{
    Arena *scratch = arena_open(CORE_COMMAND_ARENA);
    Instance in;
    bool found = false;
    if (instance_load(conn, node, key, scratch, &in, &found, NULL) && found) {
        Definition d;
        BpmnModel model;
        bool known = core_definition(conn, node, STR("process"), in.process, in.version, scratch, &d) &&
                     bpmn_compile(scratch, d.path, d.text, &model, NULL);
        const BpmnProcess *from = known ? bpmn_process(&model, in.process) : NULL;
        for (size_t i = 0; from && i < in.token_count; i++) {
            uint32_t index = bpmn_element(from, in.tokens[i]->element);
            const char *why = "";
            if (!in.tokens[i]->gone && index != BPMN_NONE &&
                bpmn_landing(from, index, to, NULL, 0, &why) == BPMN_NONE) {
                ProcessStranded *s = stranded_at(a, list, count, seen, in.tokens[i]->element);
                s->why = why;
                s->example = key;
                s->waiting++;
            }
        }
    }
    arena_close(scratch);
}

bool process_stranded(StoreConn *conn, int64_t node, Str process, const BpmnProcess *to, Arena *a,
                      ProcessStranded **out, size_t *count, Err *err)
{
    ListBuilder keys = list_builder(a);
    Map seen = map_new(a);
    *out = NULL;
    *count = 0;
    Rows *r = store_query(conn, &SELECT_RUNNING, PARAMS(p_int(node), p_text(process),
                                                       p_int(PROCESS_STRANDED_MAX)));
    while (rows_next(r)) {
        list_add(&keys, value_int(rows_int(r, 0)));
    }
    rows_close(r);
    for (size_t i = 0; i < keys.count; i++) {
        int64_t key = 0;
        dec_to_int64(keys.items[i].as.number, &key);
        judge_instance(conn, node, key, to, a, &seen, out, count);
    }
    return !store_failed(conn, err);
}
