/* access.c - accounts and tokens: rows, commands, and the way from a token to an actor.
 *
 *     access_account   node, id ─▶ name*, roles (JSON list), office, subject*
 *     access_token     node, token (SM3) ─▶ account, expires_at, revoked_at
 *
 * Values with * are personal: they travel in the sealed part of access.account_opened under the
 * account's id and become NULL when that key is destroyed (core.erased). A token is a long
 * random text that only its holder knows; we keep its SM3, and look a caller up by it. A hash
 * of 256 bits of entropy cannot be turned back, so it needs neither salt nor stretching, and a
 * look-up by primary key tells a guesser nothing.
 *
 * The three commands are internal: the program (tongban token, serve --demo) and later the
 * sign-in give them, as actor "system". */
#include "base/check.h"
#include "codec/json.h"
#include "domain/access/access_int.h"
#include "seal/seal.h"

FAULT_DEFINE(ACCESS_FAULTS)
FAULT_TABLE(access_faults, ACCESS_FAULTS)

static const Migration migrations[] = {
    {1, "CREATE TABLE access_account ("
        " node INTEGER NOT NULL, id TEXT NOT NULL, name TEXT, roles TEXT NOT NULL,"
        " office TEXT, subject TEXT, opened_at INTEGER NOT NULL, PRIMARY KEY (node, id));"
        "CREATE TABLE access_token ("
        " node INTEGER NOT NULL, token BLOB NOT NULL, account TEXT NOT NULL,"
        " added_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, revoked_at INTEGER,"
        " PRIMARY KEY (node, token));"
        "CREATE INDEX access_token_account ON access_token (node, account)"},
};
static const char *const tables[] = {"access_account", "access_token", NULL};

static const Sql sql_account_add = {
    "INSERT INTO access_account (node, id, name, roles, office, subject, opened_at)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"};
static const Sql sql_account_clear = {
    "UPDATE access_account SET name = NULL, subject = NULL WHERE node = ?1 AND id = ?2"};
static const Sql sql_account_read = {
    "SELECT id, name, roles, office, subject FROM access_account WHERE node = ?1 AND id = ?2"};
static const Sql sql_token_add = {
    "INSERT INTO access_token (node, token, account, added_at, expires_at, revoked_at)"
    " VALUES (?1, ?2, ?3, ?4, ?5, NULL)"};
static const Sql sql_token_revoke = {
    "UPDATE access_token SET revoked_at = ?3 WHERE node = ?1 AND token = ?2"};
static const Sql sql_token_read = {
    "SELECT revoked_at FROM access_token WHERE node = ?1 AND token = ?2"};
static const Sql sql_token_count = {
    "SELECT COUNT(*) FROM access_token WHERE node = ?1 AND account = ?2"
    " AND revoked_at IS NULL AND expires_at > ?3"};
static const Sql sql_actor_by_token = {
    "SELECT a.id, a.name, a.roles, a.office, a.subject, t.expires_at, t.revoked_at"
    " FROM access_token t JOIN access_account a ON a.node = t.node AND a.id = t.account"
    " WHERE t.node = ?1 AND t.token = ?2"};

static Str token_bytes(const Sm3 *token)
{
    return (Str){(const char *)token->bytes, SM3_BYTES};
}

/* ---- Bodies of commands. */

static bool field_refuse(Decision *d, Str name, Str en, Str zh)
{
    return decision_refuse_with(d, &fault_account_field, name, en, zh);
}

static bool fields_known(Decision *d, Value body, const char *const *known)
{
    for (size_t i = 0; i < value_count(body); i++) {
        Str key = body.as.context.entries[i].key;
        const char *const *k = known;
        while (*k && !str_equal(key, str_from(*k)))
            k++;
        if (!*k)
            return field_refuse(d, str_slice(key, 0, 60), STR("left out: it is not known"),
                                STR("不存在的字段，请删除"));
    }
    return true;
}

/* A string of at most ACCESS_NAME_MAX bytes without control characters. */
static bool name_read(Decision *d, Value body, const char *key, bool required, Str *out)
{
    Value v = value_get(body, str_from(key));
    *out = value_is(v, VALUE_STRING) ? v.as.string : STR_NONE;
    bool fine = value_is(v, VALUE_STRING) || (value_is_null(v) && !required);
    fine = fine && out->len <= ACCESS_NAME_MAX && (out->len > 0 || !required);
    for (size_t i = 0; i < out->len && fine; i++)
        fine = (unsigned char)out->ptr[i] >= 0x20 && out->ptr[i] != 0x7f;
    return fine || field_refuse(d, str_from(key), STR("a text of at most 200 bytes"),
                                STR("不超过 200 字节的文本"));
}

static bool token_read(Decision *d, Value body, Sm3 *out)
{
    return sm3_parse(value_get_string(body, STR("token_sm3")), out) ||
           field_refuse(d, STR("token_sm3"), STR("an SM3 hash, 64 hexadecimal digits"),
                        STR("SM3 摘要（64 位十六进制）"));
}

static bool expiry_read(Decision *d, const Command *command, Instant *out)
{
    Value v = value_field(command->body, "expires");
    *out = (Instant){command->now.us + ACCESS_EXPIRY_DAYS * US_PER_DAY};
    if (value_is_null(v))
        return true;
    bool fine = value_is(v, VALUE_STRING) && instant_parse(v.as.string, out) &&
                out->us > command->now.us;
    return fine || field_refuse(d, STR("expires"), STR("a later instant, RFC 3339"),
                                STR("将来的时刻（RFC 3339 格式）"));
}

/* ---- What rows say. */

static bool account_exists(Decision *d, Str id)
{
    Rows *rows = store_query(decision_store(d), &sql_account_read,
                             PARAMS(p_int(decision_node(d)), p_text(id)));
    bool found = rows_next(rows);
    rows_close(rows);
    return found;
}

/* *revoked tells whether a known token was revoked. */
static bool token_exists(Decision *d, const Sm3 *token, bool *revoked)
{
    Rows *rows = store_query(decision_store(d), &sql_token_read,
                             PARAMS(p_int(decision_node(d)), p_blob(token_bytes(token))));
    bool found = rows_next(rows);
    *revoked = found && !rows_is_null(rows, 0);
    rows_close(rows);
    return found;
}

static int64_t token_count(Decision *d, Str account, Instant now)
{
    Rows *rows = store_query(decision_store(d), &sql_token_count,
                             PARAMS(p_int(decision_node(d)), p_text(account), p_int(now.us)));
    int64_t count = rows_next(rows) ? rows_int(rows, 0) : 0;
    rows_close(rows);
    return count;
}

/* ---- Commands. */

static bool roles_known(const Access *access, Decision *d, Value roles)
{
    size_t count = value_count(roles);
    if (!value_is(roles, VALUE_LIST) || count == 0 || count > CORE_GROUPS_MAX)
        return field_refuse(d, STR("roles"), STR("a list of 1 to 32 roles"),
                            STR("含 1 至 32 个角色的列表"));
    for (size_t i = 0; i < count; i++) {
        Value item = value_item(roles, i);
        Str name = value_is(item, VALUE_STRING) ? item.as.string : STR_NONE;
        if (!access_role_find(access, name))
            return decision_refuse_with(d, &fault_account_role, str_slice(name, 0, 60));
    }
    return true;
}

static void emit_token(Decision *d, Str account, const Sm3 *token, Instant expires)
{
    Arena *a = decision_arena(d);
    char hex[64];
    sm3_text(token, hex);
    ContextBuilder open = context_builder(a);
    context_put_text(&open, "account", value_string(account));
    context_put_text(&open, "token_sm3", value_string(arena_copy(a, (Str){hex, 64})));
    context_put_text(&open, "expires_us", value_int(expires.us));
    decision_emit(d, STR("access.token_added"), STR_NONE, value_context(&open), value_null());
}

static void emit_account(Decision *d, Value body, Str id)
{
    Arena *a = decision_arena(d);
    ContextBuilder open = context_builder(a), closed = context_builder(a);
    context_put_text(&open, "account", value_string(id));
    context_put_text(&open, "roles", value_field(body, "roles"));
    context_put_text(&open, "office", value_field(body, "office"));
    context_put_text(&closed, "name", value_field(body, "name"));
    context_put_text(&closed, "subject", value_field(body, "subject"));
    decision_emit(d, STR("access.account_opened"), id, value_context(&open),
                  value_context(&closed));
}

static bool decide_account_open(void *state, const Command *command, Decision *d)
{
    static const char *const known[] = {"id",      "name",      "roles",   "office",
                                        "subject", "token_sm3", "expires", NULL};
    Value body = command->body;
    Str id, name, office, subject;
    Sm3 token = {{0}};
    Instant expires;
    bool revoked = false;
    if (!fields_known(d, body, known) || !name_read(d, body, "id", true, &id) ||
        !name_read(d, body, "name", true, &name) ||
        !name_read(d, body, "office", false, &office) ||
        !name_read(d, body, "subject", false, &subject) ||
        !expiry_read(d, command, &expires) ||
        !roles_known(state, d, value_field(body, "roles")))
        return false;
    bool with_token = !value_is_null(value_field(body, "token_sm3"));
    if (with_token && !token_read(d, body, &token))
        return false;
    if (str_equal(id, STR("system")) || str_equal(id, STR("clock")))
        return decision_refuse_with(d, &fault_account_reserved, id);
    if (account_exists(d, id))
        return decision_refuse_with(d, &fault_account_exists, id);
    if (with_token && token_exists(d, &token, &revoked))
        return decision_refuse_with(d, &fault_token_exists);
    emit_account(d, body, id);
    if (with_token)
        emit_token(d, id, &token, expires);
    ContextBuilder reply = context_builder(decision_arena(d));
    context_put_text(&reply, "account", value_string(id));
    decision_reply(d, value_context(&reply));
    return true;
}

static bool decide_token_add(void *state, const Command *command, Decision *d)
{
    static const char *const known[] = {"account", "token_sm3", "expires", NULL};
    Str account;
    Sm3 token;
    Instant expires;
    bool revoked = false;
    (void)state;
    if (!fields_known(d, command->body, known) ||
        !name_read(d, command->body, "account", true, &account) ||
        !token_read(d, command->body, &token) || !expiry_read(d, command, &expires))
        return false;
    if (!account_exists(d, account))
        return decision_refuse_with(d, &fault_account_unknown, account);
    if (token_exists(d, &token, &revoked))
        return decision_refuse_with(d, &fault_token_exists);
    if (token_count(d, account, command->now) >= ACCESS_TOKENS_MAX)
        return decision_refuse_with(
            d, &fault_token_limit, arena_printf(decision_arena(d), "%u", ACCESS_TOKENS_MAX));
    emit_token(d, account, &token, expires);
    ContextBuilder reply = context_builder(decision_arena(d));
    context_put_text(&reply, "expires", value_instant(decision_arena(d), expires));
    decision_reply(d, value_context(&reply));
    return true;
}

static bool decide_token_revoke(void *state, const Command *command, Decision *d)
{
    static const char *const known[] = {"token_sm3", NULL};
    Sm3 token;
    bool revoked = false;
    (void)state;
    if (!fields_known(d, command->body, known) || !token_read(d, command->body, &token))
        return false;
    if (!token_exists(d, &token, &revoked))
        return decision_refuse_with(d, &fault_access_token_unknown);
    if (!revoked) {
        ContextBuilder open = context_builder(decision_arena(d));
        context_put_text(&open, "token_sm3", value_field(command->body, "token_sm3"));
        decision_emit(d, STR("access.token_revoked"), STR_NONE, value_context(&open),
                      value_null());
    }
    ContextBuilder reply = context_builder(decision_arena(d));
    context_put_text(&reply, "revoked", value_boolean(true));
    decision_reply(d, value_context(&reply));
    return true;
}

/* ---- Events. */

static void apply_account_opened(void *state, StoreConn *conn, const Event *event)
{
    (void)state;
    Str roles = json_copy_text(event->arena, value_field(event->open, "roles"));
    Str office = value_get_string(event->open, STR("office"));
    store_write(conn, &sql_account_add,
                PARAMS(p_int(event->node), p_text(value_get_string(event->open, STR("account"))),
                       p_text_or_null(value_get_string(event->closed, STR("name"))),
                       p_text(roles), p_text_or_null(office),
                       p_text_or_null(value_get_string(event->closed, STR("subject"))),
                       p_instant(event->at)));
}

static bool event_token(const Event *event, Sm3 *out)
{
    return sm3_parse(value_get_string(event->open, STR("token_sm3")), out);
}

static void apply_token_added(void *state, StoreConn *conn, const Event *event)
{
    Sm3 token;
    (void)state;
    check(event_token(event, &token));
    Str account = value_get_string(event->open, STR("account"));
    store_write(conn, &sql_token_add,
                PARAMS(p_int(event->node), p_blob(token_bytes(&token)), p_text(account),
                       p_instant(event->at),
                       p_int(value_get_int(event->open, STR("expires_us"), 0))));
}

static void apply_token_revoked(void *state, StoreConn *conn, const Event *event)
{
    Sm3 token;
    (void)state;
    check(event_token(event, &token));
    store_write(conn, &sql_token_revoke,
                PARAMS(p_int(event->node), p_blob(token_bytes(&token)), p_instant(event->at)));
}

static void apply_erased(void *state, StoreConn *conn, const Event *event)
{
    (void)state;
    Str subject = value_get_string(event->open, STR("subject"));
    store_write(conn, &sql_account_clear, PARAMS(p_int(event->node), p_text(subject)));
}

/* ---- Reading. */

/* Columns 0..4: id, name, roles, office, subject. */
static bool actor_of(Rows *rows, Arena *a, Actor *out, Err *err)
{
    Value roles = value_null();
    *out = (Actor){.id = rows_copy(rows, 0, a),
                   .name = rows_copy(rows, 1, a),
                   .office = rows_copy(rows, 3, a),
                   .subject = rows_copy(rows, 4, a),
                   .lang = LANG_ZH};
    if (!json_parse(a, rows_bytes(rows, 2), &roles, err))
        return false;
    for (size_t i = 0; i < value_count(roles) && i < CORE_GROUPS_MAX; i++)
        out->roles[out->role_count++] = value_item(roles, i).as.string;
    check(out->id.len > 0);
    return true;
}

bool access_actor_by_token(StoreConn *conn, int64_t node, Str token, Instant now, Arena *a,
                           Actor *out, Err *err)
{
    check(conn && a && out);
    if (token.len == 0)
        return err_set(err, &fault_token_missing);
    if (token.len > ACCESS_TOKEN_MAX)
        return err_set(err, &fault_token_invalid);
    Sm3 hash = sm3(token);
    Rows *rows = store_query(conn, &sql_actor_by_token,
                             PARAMS(p_int(node), p_blob(token_bytes(&hash))));
    bool found = rows_next(rows) && rows_is_null(rows, 6) && rows_int(rows, 5) > now.us;
    bool fine = found && actor_of(rows, a, out, err);
    rows_close(rows);
    if (store_failed(conn, err))
        return false;
    return fine || err_set(err, &fault_token_invalid);
}

bool access_actor_by_id(StoreConn *conn, int64_t node, Str account, Arena *a, Actor *out,
                        bool *found, Err *err)
{
    check(conn && a && out && found);
    Rows *rows = store_query(conn, &sql_account_read, PARAMS(p_int(node), p_text(account)));
    *found = rows_next(rows);
    bool fine = !*found || actor_of(rows, a, out, err);
    rows_close(rows);
    return fine && !store_failed(conn, err);
}

/* ---- The module. */

static const CommandKind commands[] = {
    {"access.account_open", decide_account_open, COMMAND_INTERNAL},
    {"access.token_add", decide_token_add, COMMAND_INTERNAL},
    {"access.token_revoke", decide_token_revoke, COMMAND_INTERNAL},
    {0},
};
static const EventKind events[] = {
    {"access.account_opened", apply_account_opened},
    {"access.token_added", apply_token_added},
    {"access.token_revoked", apply_token_revoked},
    {"core.erased", apply_erased},
    {0},
};

static bool define(void *state, const Definition *definition, Err *err)
{
    return !str_equal(definition->kind, STR("role")) || access_role_define(state, definition, err);
}

static void *fresh(const void *state)
{
    (void)state;
    return access_open();
}

static void close_state(void *state)
{
    access_close(state);
}

Access *access_open(void)
{
    Arena *arena = arena_open(ROLES_BYTES_MAX);
    Access *access = arena_new(arena, Access);
    access->arena = arena;
    atomic_init(&access->newest, NULL);
    access->module = (Module){
        .name = "access",
        .migrations = migrations,
        .migration_count = sizeof migrations / sizeof migrations[0],
        .tables = tables,
        .commands = commands,
        .events = events,
        .faults = access_faults,
        .state = access,
        .fresh = fresh,
        .define = define,
        .close = close_state,
    };
    return access;
}

void access_close(Access *access)
{
    if (access)
        arena_close(access->arena);
}

const Module *access_module(Access *access)
{
    return &access->module;
}
