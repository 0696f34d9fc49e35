/* timer.c - timers as rows, and the exact instant of the next one.
 *
 * A timer is a row of core_timer while it waits: (node, module, key) with due, kind and body.
 * The writer is the only one who changes them, so it knows the earliest due instant exactly and
 * asks the rows only when a timer is due, or after the earliest was cancelled or fired.
 *
 * A fired timer is a command of actor "clock" whose id is derived from node, module, key and
 * due. Timers fire in the order of (due, module, key), one look at the rows for each: what an
 * earlier one cancels does not fire.
 *
 * Continuations. A root with more than CORE_FOLLOW_MAX follow-ups leaves the rest in a timer of
 * module "core": {actor, root, follow: [...]}. Bodies of follow-ups may hold personal values
 * and this is the only place where they would enter the journal, so this body is a closed part
 * under a key of its own, named after the timer and destroyed when it fires. */
#include <stdio.h>

#include "base/check.h"
#include "codec/json.h"
#include "core/core_int.h"

static const Sql sql_set = {
    "INSERT INTO core_timer (node, module, key, due, kind, body) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
    "ON CONFLICT (node, module, key) DO UPDATE SET due = excluded.due, kind = excluded.kind, "
    "body = excluded.body"};
static const Sql sql_delete = {
    "DELETE FROM core_timer WHERE node = ?1 AND module = ?2 AND key = ?3"};
static const Sql sql_first = {
    "SELECT module, key, due, kind, body FROM core_timer WHERE node = ?1 "
    "ORDER BY due, module, key LIMIT 1"};

/* ---- Appliers. */

void apply_timer_set(void *state, StoreConn *conn, const Event *e)
{
    const CoreRows *rows = state;
    Instant due = INSTANT_NONE;
    bool ok = instant_parse(value_get_string(e->open, STR("due")), &due);
    check(ok);
    Str module = value_get_string(e->open, STR("module"));
    Arena *a = arena_open(CORE_COMMAND_ARENA);
    Value body = e->subject.len > 0 ? e->closed : value_field(e->open, "body");
    Str text = json_copy_text(a, body);
    store_write(conn, &sql_set,
                PARAMS(p_int(rows->node), p_text(module),
                       p_text(value_get_string(e->open, STR("key"))), p_instant(due),
                       p_text(value_get_string(e->open, STR("kind"))), p_text(text)));
    arena_close(a);
    if (!rows->core)
        return;
    /* It may have been the earliest that was moved away. */
    if (due.us <= atomic_load(&rows->core->next_due))
        atomic_store(&rows->core->next_due, due.us);
    else
        rows->core->due_unknown = true;
}

static void delete_timer(const CoreRows *rows, StoreConn *conn, const Event *e)
{
    store_write(conn, &sql_delete,
                PARAMS(p_int(rows->node), p_text(value_get_string(e->open, STR("module"))),
                       p_text(value_get_string(e->open, STR("key")))));
    if (rows->core)
        rows->core->due_unknown = true;
}

void apply_timer_cancelled(void *state, StoreConn *conn, const Event *e)
{
    delete_timer(state, conn, e);
}

void apply_timer_fired(void *state, StoreConn *conn, const Event *e)
{
    const CoreRows *rows = state;
    delete_timer(rows, conn, e);
    if (rows->core && str_equal(value_get_string(e->open, STR("module")), STR("core")))
        sealed_destroy(rows->core, value_get_string(e->open, STR("key")));
}

/* ---- What is due. */

static bool timer_first(Core *core, Arena *a, DueTimer *out)
{
    Rows *r = store_query(core->conn, &sql_first, PARAMS(p_int(core->node)));
    bool found = rows_next(r);
    if (found)
        *out = (DueTimer){.module = rows_copy(r, 0, a), .key = rows_copy(r, 1, a),
                          .due = rows_instant(r, 2), .kind = rows_copy(r, 3, a),
                          .body = rows_copy(r, 4, a)};
    rows_close(r);
    atomic_store(&core->next_due, found ? out->due.us : INT64_MAX);
    core->due_unknown = false;
    return found;
}

bool timer_next(Core *core, Instant until, Arena *a, DueTimer *out)
{
    if (!core->due_unknown && atomic_load(&core->next_due) > until.us)
        return false;
    return timer_first(core, a, out) && out->due.us <= until.us;
}

void timer_refresh(Core *core)
{
    DueTimer first;
    if (core->due_unknown)
        timer_first(core, core->batch, &first);
}

Instant core_next_due(const Core *core)
{
    int64_t due = atomic_load(&core->next_due);
    return due == INT64_MAX ? INSTANT_NONE : (Instant){due};
}

Id timer_command_id(const Core *core, const DueTimer *timer)
{
    char numbers[64];
    int n = snprintf(numbers, sizeof numbers, "%lld %lld ", (long long)core->node,
                     (long long)timer->due.us);
    Str pieces[] = {STR("timer "), {numbers, (size_t)n}, timer->module, STR(" "), timer->key};
    Sm3 h = sm3_of(pieces, 5);
    return core_id_of(&h);
}

/* ---- Continuations. */

static Value actor_value(Arena *a, const Actor *actor)
{
    ListBuilder roles = list_builder(a);
    for (size_t i = 0; i < actor->role_count; i++)
        list_add(&roles, value_string(actor->roles[i]));
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "id", value_string(actor->id));
    context_put_text(&b, "name", value_string(actor->name));
    context_put_text(&b, "office", value_string(actor->office));
    context_put_text(&b, "subject", value_string(actor->subject));
    context_put_text(&b, "roles", value_list(&roles));
    context_put_text(&b, "lang", value_int(actor->lang));
    return value_context(&b);
}

static Actor actor_of(Value v)
{
    Actor actor = {.id = value_get_string(v, STR("id")),
                   .name = value_get_string(v, STR("name")),
                   .office = value_get_string(v, STR("office")),
                   .subject = value_get_string(v, STR("subject")),
                   .lang = value_get_int(v, STR("lang"), LANG_ZH) == LANG_EN ? LANG_EN : LANG_ZH};
    Value roles = value_field(v, "roles");
    for (size_t i = 0; i < value_count(roles) && i < CORE_GROUPS_MAX; i++)
        actor.roles[actor.role_count++] = value_item(roles, i).as.string;
    return actor;
}

Value follow_body(Arena *a, const Run *run)
{
    ListBuilder list = list_builder(a);
    for (size_t i = run->queue_head; i < run->queue_count; i++) {
        const Follow *f = &run->queue[i];
        ContextBuilder b = context_builder(a);
        context_put_text(&b, "kind", value_string(f->kind));
        context_put_text(&b, "body", f->body);
        context_put_text(&b, "reply_kind", value_string(f->reply_kind));
        context_put_text(&b, "reply_body", f->reply_body);
        list_add(&list, value_context(&b));
    }
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "actor", actor_value(a, &run->root.actor));
    context_put_text(&b, "root", value_id(a, run->root.root));
    context_put_text(&b, "follow", value_list(&list));
    return value_context(&b);
}

bool decide_follow(void *state, const Command *command, Decision *d)
{
    (void)state;
    Value list = value_field(command->body, "follow");
    for (size_t i = 0; i < value_count(list); i++) {
        Value v = value_item(list, i);
        decision_follow(d, value_get_string(v, STR("kind")), value_field(v, "body"),
                        value_get_string(v, STR("reply_kind")), value_field(v, "reply_body"));
    }
    return true;
}

bool timer_body(Arena *a, const DueTimer *timer, Command *command)
{
    if (!json_parse_limited(a, timer->body, CORE_RECORD_DEPTH_MAX, &command->body, NULL))
        return false;
    if (str_equal(timer->module, STR("core"))) {
        command->actor = actor_of(value_field(command->body, "actor"));
        command->root = value_get_id(command->body, STR("root"));
    }
    return true;
}
