/* core_toy.c - see core_toy.h. Its cache (the sum of all accounts) shows whether core reads the
 * caches again after a rollback, and its closed part (the name) whether erasing works. */
#include "core_toy.h"

#include <stdatomic.h>

#include "base/check.h"

FAULT_DEFINE(TOY_FAULTS)
static FAULT_TABLE(toy_faults, TOY_FAULTS)

struct Toy {
    Arena *arena;
    _Atomic int64_t defined;
    int64_t cached;
    int loads;
    bool refuse_loads;
    Module module;
};

static const Migration toy_migrations[] = {
    {1, "CREATE TABLE toy_account (node BIGINT NOT NULL, id TEXT NOT NULL,"
        " amount BIGINT NOT NULL, name TEXT, seq BIGINT NOT NULL, PRIMARY KEY (node, id))"
        " WITHOUT ROWID"},
    {2, "CREATE TABLE toy_note (node BIGINT NOT NULL, id TEXT NOT NULL, text TEXT NOT NULL,"
        " at BIGINT NOT NULL, PRIMARY KEY (node, id)) WITHOUT ROWID"},
};
static const char *const toy_tables[] = {"toy_account", "toy_note*", NULL};

#define NODE 420600

static const Sql sql_sum = {"SELECT amount FROM toy_account WHERE node = ?1 AND id = ?2"};
static const Sql sql_name = {"SELECT name FROM toy_account WHERE node = ?1 AND id = ?2"};
static const Sql sql_note = {"SELECT text FROM toy_note WHERE node = ?1 AND id = ?2"};
static const Sql sql_all = {"SELECT coalesce(sum(amount), 0) FROM toy_account WHERE node = ?1"};
static const Sql sql_add = {
    "INSERT INTO toy_account (node, id, amount, name, seq) VALUES (?1, ?2, ?3, ?4, ?5) "
    "ON CONFLICT (node, id) DO UPDATE SET amount = toy_account.amount + excluded.amount, "
    "name = coalesce(excluded.name, toy_account.name), seq = excluded.seq"};
static const Sql sql_clear = {
    "UPDATE toy_account SET name = NULL WHERE node = ?1 AND id = ?2"};
static const Sql sql_note_set = {
    "INSERT INTO toy_note (node, id, text, at) VALUES (?1, ?2, ?3, ?4) "
    "ON CONFLICT (node, id) DO UPDATE SET text = excluded.text, at = excluded.at"};

int64_t toy_sum(StoreConn *conn, Str account)
{
    Rows *r = store_query(conn, &sql_sum, PARAMS(p_int(NODE), p_text(account)));
    int64_t sum = rows_next(r) ? rows_int(r, 0) : -1;
    rows_close(r);
    return sum;
}

static Str one_text(StoreConn *conn, const Sql *sql, Str account, Arena *a)
{
    Rows *r = store_query(conn, sql, PARAMS(p_int(NODE), p_text(account)));
    Str text = rows_next(r) ? rows_copy(r, 0, a) : STR_NONE;
    rows_close(r);
    return text;
}

Str toy_name(StoreConn *conn, Str account, Arena *a)
{
    return one_text(conn, &sql_name, account, a);
}

Str toy_note(StoreConn *conn, Str account, Arena *a)
{
    return one_text(conn, &sql_note, account, a);
}

/* ---- Deciding. */

static bool add(Decision *d, Str account, int64_t amount, Str name)
{
    Arena *a = decision_arena(d);
    int64_t sum = toy_sum(decision_store(d), account);
    sum = (sum < 0 ? 0 : sum) + amount;
    if (str_equal(name, STR("cut")))
        name = STR("\xe5\xbc"); /* a character cut in two */
    if (str_equal(name, STR("later")))
        return decision_refuse_with(d, &fault_toy_later);
    if (sum < 0)
        return decision_refuse_with(d, &fault_toy_poor, account,
                                    arena_printf(a, "%lld", (long long)(sum - amount)));
    ContextBuilder open = context_builder(a);
    context_put_text(&open, "account", value_string(account));
    context_put_text(&open, "amount", value_int(amount));
    Value closed = value_null();
    if (name.len > 0) {
        ContextBuilder b = context_builder(a);
        context_put_text(&b, "name", value_string(name));
        closed = value_context(&b);
    }
    decision_emit(d, STR("toy.added"), account, value_context(&open), closed);
    ContextBuilder reply = context_builder(a);
    context_put_text(&reply, "sum", value_int(sum));
    context_put_text(&reply, "id", value_id(a, decision_id(d)));
    decision_reply(d, value_context(&reply));
    return true;
}

static bool decide_add(void *state, const Command *c, Decision *d)
{
    (void)state;
    return add(d, value_get_string(c->body, STR("account")),
               value_get_int(c->body, STR("amount"), 0), value_get_string(c->body, STR("name")));
}

static bool decide_many(void *state, const Command *c, Decision *d)
{
    (void)state;
    Value body = toy_body(decision_arena(d), value_get_string(c->body, STR("account")), 1,
                          STR("many"));
    for (int64_t i = value_get_int(c->body, STR("amount"), 0); i > 0; i--)
        decision_follow(d, STR("toy.add"), body, STR_NONE, value_null());
    return true;
}

static bool decide_ask(void *state, const Command *c, Decision *d)
{
    (void)state;
    ContextBuilder b = context_builder(decision_arena(d));
    context_put_text(&b, "account", value_field(c->body, "account"));
    decision_follow(d, STR("toy.add"), c->body, STR("toy.told"), value_context(&b));
    decision_follow(d, STR("toy.unknown"), c->body, STR_NONE, value_null());
    return true;
}

static bool decide_told(void *state, const Command *c, Decision *d)
{
    (void)state;
    Arena *a = decision_arena(d);
    Value refusal = value_field(c->body, "refusal");
    int64_t sum = value_get_int(value_field(c->body, "result"), STR("sum"), -1);
    Str text = value_get_boolean(c->body, STR("accepted"), false)
                   ? arena_printf(a, "sum %lld", (long long)sum)
                   : value_get_string(refusal, STR("text_en"));
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "account", value_field(c->body, "account"));
    context_put_text(&b, "text", value_string(text));
    decision_emit(d, STR("toy.noted"), STR_NONE, value_context(&b), value_null());
    return true;
}

static bool decide_remind(void *state, const Command *c, Decision *d)
{
    (void)state;
    Str account = value_get_string(c->body, STR("account"));
    if (value_get_boolean(c->body, STR("cancel"), false)) {
        decision_timer_cancel(d, account);
        return true;
    }
    Instant due;
    bool ok = instant_parse(value_get_string(c->body, STR("due")), &due);
    check(ok);
    decision_timer_set(d, account, due, STR("toy.ring"), c->body);
    return true;
}

static bool decide_ring(void *state, const Command *c, Decision *d)
{
    Str account = value_get_string(c->body, STR("account"));
    ContextBuilder b = context_builder(decision_arena(d));
    context_put_text(&b, "account", value_string(account));
    context_put_text(&b, "text", value_instant(decision_arena(d), c->now));
    if (str_equal(account, STR("busy")))
        return decision_refuse_with(d, &fault_toy_later);
    decision_emit(d, STR("toy.noted"), STR_NONE, value_context(&b), value_null());
    return decide_add(state, c, d);
}

static bool decide_eat(void *state, const Command *c, Decision *d)
{
    (void)state;
    for (int i = 0; i < 10000; i++)
        arena_take(decision_arena(d), 15000);
    return add(d, value_get_string(c->body, STR("account")), 1, STR_NONE);
}

static bool decide_split(void *state, const Command *c, Decision *d)
{
    (void)state;
    decision_follow(d, STR("toy.eat"), c->body, STR_NONE, value_null());
    return add(d, value_get_string(c->body, STR("account")), 5, STR_NONE);
}

/* ---- Applying. */

static void apply_added(void *state, StoreConn *conn, const Event *e)
{
    Toy *toy = state;
    Str account = value_get_string(e->open, STR("account"));
    int64_t amount = value_get_int(e->open, STR("amount"), 0);
    Str name = value_get_string(e->closed, STR("name"));
    toy->cached += amount;
    store_write(conn, &sql_add,
                PARAMS(p_int(NODE), p_text(account), p_int(amount), p_text_or_null(name),
                       p_int(e->seq)));
}

static void apply_noted(void *state, StoreConn *conn, const Event *e)
{
    (void)state;
    store_write(conn, &sql_note_set,
                PARAMS(p_int(NODE), p_text(value_get_string(e->open, STR("account"))),
                       p_text(value_get_string(e->open, STR("text"))), p_instant(e->at)));
}

static void apply_erased(void *state, StoreConn *conn, const Event *e)
{
    (void)state;
    store_write(conn, &sql_clear, PARAMS(p_int(NODE), p_text(e->subject)));
}

/* ---- The module. */

static const CommandKind toy_commands[] = {
    {"toy.add", decide_add, COMMAND_PUBLIC},     {"toy.many", decide_many, COMMAND_PUBLIC},
    {"toy.ask", decide_ask, COMMAND_PUBLIC},     {"toy.told", decide_told, COMMAND_INTERNAL},
    {"toy.remind", decide_remind, COMMAND_PUBLIC}, {"toy.ring", decide_ring, COMMAND_INTERNAL},
    {"toy.hidden", decide_add, COMMAND_INTERNAL}, {"toy.eat", decide_eat, COMMAND_PUBLIC},
    {"toy.split", decide_split, COMMAND_PUBLIC}, {0}};

static const EventKind toy_events[] = {
    {"toy.added", apply_added}, {"toy.noted", apply_noted}, {"core.erased", apply_erased}, {0}};

static bool toy_define(void *state, const Definition *d, Err *err)
{
    Toy *toy = state;
    int64_t n;
    if (!str_equal(d->kind, STR("toy")))
        return true;
    if (!str_to_int64(d->text, &n)) {
        err_at(err, d->path, 1, 1);
        return err_set(err, &fault_toy_text, d->text);
    }
    toy->defined += n;
    return true;
}

static bool toy_load(void *state, StoreConn *conn, Err *err)
{
    Toy *toy = state;
    toy->loads++;
    if (toy->refuse_loads)
        return false;
    Rows *r = store_query(conn, &sql_all, PARAMS(p_int(NODE)));
    toy->cached = rows_next(r) ? rows_int(r, 0) : 0;
    rows_close(r);
    return !store_failed(conn, err);
}

static void *toy_fresh(const void *state)
{
    (void)state;
    return toy_open();
}

static void toy_close(void *state)
{
    arena_close(((Toy *)state)->arena);
}

Toy *toy_open(void)
{
    Arena *a = arena_open(1u << 20);
    Toy *toy = arena_new(a, Toy);
    toy->arena = a;
    toy->module = (Module){.name = "toy", .migrations = toy_migrations, .migration_count = 2,
                           .tables = toy_tables, .commands = toy_commands,
                           .events = toy_events, .faults = toy_faults, .state = toy,
                           .fresh = toy_fresh, .define = toy_define, .load = toy_load,
                           .close = toy_close};
    return toy;
}

const Module *toy_module(Toy *toy)
{
    return &toy->module;
}

int64_t toy_defined(const Toy *toy)
{
    return toy->defined;
}

int64_t toy_cached(const Toy *toy)
{
    return toy->cached;
}

void toy_refuse_loads(Toy *toy, bool refuse)
{
    toy->refuse_loads = refuse;
}

int toy_loads(const Toy *toy)
{
    return toy->loads;
}

Value toy_body(Arena *a, Str account, int64_t amount, Str name)
{
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "account", value_string(account));
    context_put_text(&b, "amount", value_int(amount));
    if (name.len > 0)
        context_put_text(&b, "name", value_string(name));
    return value_context(&b);
}

Command toy_command(Str actor, Str kind, Value body)
{
    Command c = {.kind = kind, .body = body};
    c.actor.id = actor;
    return c;
}
