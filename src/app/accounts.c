/* accounts.c - accounts and tokens that the program itself opens.
 *
 * The demonstration's file:
 *
 *     {"accounts": [{"id": "demo-firm", "name": "...", "roles": ["applicant"], "office": null,
 *                    "subject": "9142...", "token": "tb_..."}]}
 *
 * A token that stands there and still works is kept, so that a restart neither signs anybody out
 * nor piles up tokens. */
#include "app/accounts.h"

#include "base/check.h"
#include "codec/json.h"

#define TOKEN_BYTES 32u
#define ACCOUNTS_FILE_BYTES (4u << 20)
#define ACCOUNTS_ARENA_BYTES (64u << 20)

bool system_run(Core *core, Arena *a, Str kind, Value body, Err *err)
{
    Command command = {.kind = kind, .actor = node_system_actor(), .body = body};
    Reply reply;
    if (!core_run(core, &command, a, &reply, err))
        return false;
    if (!reply.accepted && err)
        *err = reply.err;
    return reply.accepted;
}

Str token_make(Arena *a)
{
    uint8_t random[TOKEN_BYTES];
    Buf b = buf_new(a, 3 + 2 * TOKEN_BYTES);
    entropy_fill(entropy_system(), random, sizeof random);
    buf_add_text(&b, "tb_");
    buf_add_hex(&b, random, sizeof random);
    return buf_text(&b);
}

Value token_sm3_value(Arena *a, Str token)
{
    Sm3 hash = sm3(token);
    char text[64];
    sm3_text(&hash, text);
    return value_string(arena_copy(a, (Str){text, sizeof text}));
}

static Value roles_value(Arena *a, const PackAccount *account)
{
    ListBuilder list = list_builder(a);
    for (size_t i = 0; i < account->role_count; i++)
        list_add(&list, value_string(account->roles[i]));
    return value_list(&list);
}

/* Is there an account of this id? */
static bool account_exists(Core *core, Arena *a, Str id, bool *found, Err *err)
{
    StoreConn *conn;
    Actor actor;
    if (!store_connect_reader(core_store(core), &conn, err))
        return false;
    bool fine = store_begin(conn, err) &&
                access_actor_by_id(conn, core_node(core), id, a, &actor, found, err);
    if (store_in_transaction(conn))
        store_end(conn);
    store_disconnect(conn);
    return fine;
}

bool account_with_token(Core *core, Arena *a, const PackAccount *account, Instant expires,
                        Str *token, Err *err)
{
    bool found = false;
    ContextBuilder b = context_builder(a);
    *token = token_make(a);
    if (!account_exists(core, a, account->id, &found, err))
        return false;
    if (found) {
        context_put_text(&b, "account", value_string(account->id));
    } else {
        context_put_text(&b, "id", value_string(account->id));
        context_put_text(&b, "name", value_string(account->name));
        context_put_text(&b, "roles", roles_value(a, account));
        if (account->office.len)
            context_put_text(&b, "office", value_string(account->office));
        if (account->subject.len)
            context_put_text(&b, "subject", value_string(account->subject));
    }
    context_put_text(&b, "token_sm3", token_sm3_value(a, *token));
    if (!instant_is_none(expires))
        context_put_text(&b, "expires", value_instant(a, expires));
    return system_run(core, a, found ? STR("access.token_add") : STR("access.account_open"),
                      value_context(&b), err);
}

/* ---- The demonstration. */

static Str text_or_none(Value v, const char *name) { return value_get_string(v, str_from(name)); }

/* What the file holds; nothing when it is missing or is not ours. */
static Value former_accounts(Arena *a, Str file)
{
    Str text;
    Value v;
    Err ignored = {0};
    if (!file_exists(file) || !file_read(a, file, ACCOUNTS_FILE_BYTES, &text, &ignored) ||
        !json_parse(a, text, &v, &ignored))
        return value_null();
    return value_field(v, "accounts");
}

/* The former token of an account, when it still names that account. */
static bool token_still_works(Core *core, Arena *a, Value former, Str id, Str *token, Err *err)
{
    StoreConn *conn;
    Actor actor;
    Err refused = {0};
    bool works = false;
    *token = STR_NONE;
    for (size_t i = 0; i < value_count(former); i++)
        if (str_equal(text_or_none(value_item(former, i), "id"), id))
            *token = text_or_none(value_item(former, i), "token");
    if (!token->len)
        return true;
    if (!store_connect_reader(core_store(core), &conn, err))
        return false;
    if (store_begin(conn, err))
        works = access_actor_by_token(conn, core_node(core), *token, clock_now(core_clock(core)),
                                      a, &actor, &refused) &&
                str_equal(actor.id, id);
    if (store_in_transaction(conn))
        store_end(conn);
    store_disconnect(conn);
    if (!works)
        *token = STR_NONE;
    return !err->fault;
}

static Value account_value(Arena *a, const PackAccount *account, Str token)
{
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "id", value_string(account->id));
    context_put_text(&b, "name", value_string(account->name));
    context_put_text(&b, "roles", roles_value(a, account));
    context_put_text(&b, "office",
                     account->office.len ? value_string(account->office) : value_null());
    context_put_text(&b, "subject",
                     account->subject.len ? value_string(account->subject) : value_null());
    context_put_text(&b, "token", value_string(token));
    return value_context(&b);
}

static bool write_demo(Core *core, const PackSet *set, Str file, Arena *a, Err *err)
{
    Value former = former_accounts(a, file);
    ListBuilder list = list_builder(a);
    for (size_t i = 0; i < pack_account_count(set); i++) {
        PackAccount account = pack_account(set, i);
        Str token;
        if (!token_still_works(core, a, former, account.id, &token, err) ||
            (!token.len && !account_with_token(core, a, &account, INSTANT_NONE, &token, err)))
            return false;
        list_add(&list, account_value(a, &account, token));
    }
    ContextBuilder b = context_builder(a);
    Buf text = buf_new(a, 4096);
    context_put_text(&b, "accounts", value_list(&list));
    json_write(value_context(&b), 2, &text);
    buf_add_char(&text, '\n');
    return file_write(file, buf_text(&text), err);
}

bool accounts_of_demo(Core *core, const PackSet *set, Str file, Err *err)
{
    Arena *a = arena_open(ACCOUNTS_ARENA_BYTES);
    bool fine = write_demo(core, set, file, a, err);
    arena_close(a);
    return fine;
}
