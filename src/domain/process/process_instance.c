/* process_instance.c - an instance in memory: read from its row, folded by changes, written back.
 *
 * Row of process_instance, the two texts that a step changes:
 *
 *     tokens     {"n": 12,                          next local key
 *                 "t": [[5, "review", 3, 32, "", 0, null], ...]   key, element, scope, flags,
 *                                                                 flow, ref, data
 *                 "h": [["start", 1, 0], ...]}      element, completed, cancelled: the trail
 *     variables  {"1": {...}, "3": {...}}           by token: what lives in its scope
 *
 * The fold functions are the only ones that change tokens and trail. They run in a decision's
 * copy and again in apply, and know nothing of programs, so that a replay needs no diagrams.
 * Variables of the root token outlive it: they are the result of the instance.
 *
 * Invariants: local keys rise; a token's scope is 0 or a token with a smaller key; the trail
 * has a row for every element that was entered. */
#include "domain/process/process_int.h"

static const Sql SELECT_INSTANCE = {
    "SELECT process, version, case_id, business_key, parent, parent_token, state, started_at,"
    " ended_at, incidents, tokens, variables FROM process_instance WHERE node = ?1 AND key = ?2"};

void instance_init(Instance *in, Arena *a)
{
    *in = (Instance){.arena = a, .next = ROOT_TOKEN, .trail_index = map_new(a)};
    in->started_at = in->ended_at = INSTANT_NONE;
}

static Token *add_token(Instance *in)
{
    if (in->token_count == in->token_capacity) {
        size_t capacity = in->token_capacity ? in->token_capacity * 2 : 16;
        Token **grown = arena_new_array(in->arena, Token *, capacity);
        check(grown != NULL);
        for (size_t i = 0; i < in->token_count; i++) {
            grown[i] = in->tokens[i];
        }
        in->tokens = grown;
        in->token_capacity = capacity;
    }
    Token *t = arena_new(in->arena, Token);
    t->index = BPMN_NONE;
    in->tokens[in->token_count++] = t;
    return t;
}

static Trail *trail_of(Instance *in, Str element)
{
    void *found = map_get(&in->trail_index, element);
    if (found) {
        return &in->trail[(uintptr_t)found - 1];
    }
    if (in->trail_count == in->trail_capacity) {
        size_t capacity = in->trail_capacity ? in->trail_capacity * 2 : 32;
        Trail *grown = arena_new_array(in->arena, Trail, capacity);
        check(grown != NULL);
        for (size_t i = 0; i < in->trail_count; i++) {
            grown[i] = in->trail[i];
        }
        in->trail = grown;
        in->trail_capacity = capacity;
    }
    in->trail[in->trail_count] = (Trail){element, 0, 0};
    map_put(&in->trail_index, element, (void *)(uintptr_t)(in->trail_count + 1));
    return &in->trail[in->trail_count++];
}

/* Tokens stand in the order of their keys. */
static Token *find_token(Instance *in, int64_t key)
{
    size_t low = 0, high = in->token_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (in->tokens[middle]->key < key) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < in->token_count && in->tokens[low]->key == key ? in->tokens[low] : NULL;
}

Token *instance_token(Instance *in, int64_t key)
{
    Token *t = find_token(in, key);
    return t && !t->gone ? t : NULL;
}

size_t instance_children(const Instance *in, int64_t scope)
{
    size_t count = 0;
    for (size_t i = 0; i < in->token_count; i++) {
        count += !in->tokens[i]->gone && in->tokens[i]->scope == scope;
    }
    return count;
}

/* ---- Folding. */

void fold_enter(Instance *in, int64_t key, Str element, int64_t scope, Str flow, int64_t flags)
{
    Token *t = add_token(in);
    t->key = key;
    t->element = element;
    t->scope = scope;
    t->flow = flow;
    t->flags = flags;
    in->next = key + 1;
    trail_of(in, element);
}

void fold_leave(Instance *in, int64_t key, LeaveHow how)
{
    Token *t = instance_token(in, key);
    check(t != NULL);
    t->gone = true;
    Trail *trail = trail_of(in, t->element);
    trail->completed += how == LEAVE_COMPLETED;
    trail->cancelled += how == LEAVE_CANCELLED;
}

void fold_set(Instance *in, int64_t key, int64_t flags, int64_t ref, Value data)
{
    Token *t = instance_token(in, key);
    check(t != NULL);
    t->flags = flags;
    t->ref = ref;
    t->data = data;
}

void fold_move(Instance *in, int64_t key, Str element)
{
    Token *t = instance_token(in, key);
    check(t != NULL);
    t->element = element;
    trail_of(in, element);
}

static Value merged(Arena *a, Value base, Value entries)
{
    if (value_count(base) == 0) {
        return entries;
    }
    ContextBuilder b = context_builder_from(a, base);
    for (size_t i = 0; i < entries.as.context.count; i++) {
        context_put(&b, entries.as.context.entries[i].key, entries.as.context.entries[i].value);
    }
    return value_context(&b);
}

void fold_variables(Instance *in, int64_t key, Value entries)
{
    Token *t = key == ROOT_TOKEN ? find_token(in, key) : instance_token(in, key);
    if (t && value_is(entries, VALUE_CONTEXT)) {
        t->local = merged(in->arena, t->local, entries);
    }
}

/* ---- Texts. */

static void write_token(Buf *out, const Token *t)
{
    buf_add_text(out, "[");
    buf_add_int(out, t->key);
    buf_add_text(out, ",");
    json_write_string(t->element, out);
    buf_add_text(out, ",");
    buf_add_int(out, t->scope);
    buf_add_text(out, ",");
    buf_add_int(out, t->flags);
    buf_add_text(out, ",");
    json_write_string(t->flow, out);
    buf_add_text(out, ",");
    buf_add_int(out, t->ref);
    buf_add_text(out, ",");
    json_write(t->data, 0, out);
    buf_add_text(out, "]");
}

Str instance_tokens_text(const Instance *in)
{
    Buf out = buf_new(in->arena, 1024);
    buf_printf(&out, "{\"n\":%lld,\"t\":[", (long long)in->next);
    bool first = true;
    for (size_t i = 0; i < in->token_count; i++) {
        if (!in->tokens[i]->gone) {
            buf_add(&out, first ? STR_NONE : STR(","));
            first = false;
            write_token(&out, in->tokens[i]);
        }
    }
    buf_add_text(&out, "],\"h\":[");
    for (size_t i = 0; i < in->trail_count; i++) {
        buf_add(&out, i ? STR(",[") : STR("["));
        json_write_string(in->trail[i].element, &out);
        buf_add_text(&out, ",");
        buf_add_int(&out, in->trail[i].completed);
        buf_add_text(&out, ",");
        buf_add_int(&out, in->trail[i].cancelled);
        buf_add_text(&out, "]");
    }
    buf_add_text(&out, "]}");
    return buf_text(&out);
}

Str instance_variables_text(const Instance *in)
{
    Buf out = buf_new(in->arena, 1024);
    buf_add_text(&out, "{");
    bool first = true;
    for (size_t i = 0; i < in->token_count; i++) {
        const Token *t = in->tokens[i];
        if ((!t->gone || t->key == ROOT_TOKEN) && value_count(t->local) > 0) {
            buf_add(&out, first ? STR("\"") : STR(",\""));
            first = false;
            buf_add_int(&out, t->key);
            buf_add_text(&out, "\":");
            json_write(t->local, 0, &out);
        }
    }
    buf_add_text(&out, "}");
    return buf_text(&out);
}

/* ---- Loading. */

static int64_t item_int(Value list, size_t i)
{
    int64_t n = 0;
    Value v = value_item(list, i);
    if (value_is(v, VALUE_NUMBER)) {
        dec_to_int64(v.as.number, &n);
    }
    return n;
}

static Str item_string(Value list, size_t i)
{
    Value v = value_item(list, i);
    return value_is(v, VALUE_STRING) ? v.as.string : STR_NONE;
}

static void load_tokens(Instance *in, Value state)
{
    Value tokens = value_field(state, "t");
    for (size_t i = 0; i < value_count(tokens); i++) {
        Value row = value_item(tokens, i);
        Token *t = add_token(in);
        t->key = item_int(row, 0);
        t->element = item_string(row, 1);
        t->scope = item_int(row, 2);
        t->flags = item_int(row, 3);
        t->flow = item_string(row, 4);
        t->ref = item_int(row, 5);
        t->data = value_item(row, 6);
    }
    Value trail = value_field(state, "h");
    for (size_t i = 0; i < value_count(trail); i++) {
        Value row = value_item(trail, i);
        Trail *one = trail_of(in, item_string(row, 0));
        one->completed = item_int(row, 1);
        one->cancelled = item_int(row, 2);
    }
    in->next = value_get_int(state, STR("n"), ROOT_TOKEN);
}

static void load_variables(Instance *in, Value variables)
{
    bool root_alive = instance_token(in, ROOT_TOKEN) != NULL;
    for (size_t i = 0; i < value_count(variables); i++) {
        const ValueEntry *e = &variables.as.context.entries[i];
        int64_t key = 0;
        str_to_int64(e->key, &key);
        Token *t = instance_token(in, key);
        if (!t && key == ROOT_TOKEN && !root_alive) {
            t = add_token(in); /* an ended instance keeps its result */
            t->key = ROOT_TOKEN;
            t->gone = true;
        }
        if (t) {
            t->local = e->value;
        }
    }
}

static void load_columns(Instance *in, Rows *r, Arena *a)
{
    in->process = rows_copy(r, 0, a);
    in->version = rows_int(r, 1);
    in->case_id = rows_id(r, 2);
    in->business_key = rows_copy(r, 3, a);
    in->parent = rows_int(r, 4);
    in->parent_token = rows_int(r, 5);
    check(process_instance_state_parse(rows_bytes(r, 6), &in->state));
    in->started_at = rows_instant(r, 7);
    in->ended_at = rows_instant(r, 8);
    in->incidents = rows_int(r, 9);
}

bool instance_load(StoreConn *conn, int64_t node, int64_t key, Arena *a, Instance *out,
                   bool *found, Err *err)
{
    instance_init(out, a);
    out->key = key;
    Rows *r = store_query(conn, &SELECT_INSTANCE, PARAMS(p_int(node), p_int(key)));
    *found = rows_next(r);
    bool ok = true;
    if (*found) {
        Value tokens, variables;
        load_columns(out, r, a);
        ok = json_parse(a, rows_bytes(r, 10), &tokens, err) &&
             json_parse(a, rows_bytes(r, 11), &variables, err);
        if (ok) {
            load_tokens(out, tokens);
            load_variables(out, variables);
        }
    }
    rows_close(r);
    return ok && !store_failed(conn, err);
}

Str process_subject(Arena *a, const Instance *in)
{
    return id_is_none(in->case_id)
               ? arena_printf(a, "process:%lld", (long long)in->key)
               : id_copy_text(a, in->case_id);
}
