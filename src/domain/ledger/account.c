/* account.c - commands on accounts and periods, and the tasks that only calculate.
 *
 * An account is opened with the limits of its kind, or narrower or wider ones that the command
 * names (a credit limit, a quota); from then on they are the account's own and change only by
 * command, never by a new version of the book. Its state:
 *
 *     open ──▶ frozen ──▶ open      nothing moves in or out of a frozen account, but holds may
 *       └─────────┴─────▶ closed    still be released, and what expires does. Closed is for
 *                                   ever, and demands that nothing is left.
 *
 * Title and owner may be personal: they are sealed in the journal under a subject, by default the
 * account itself, and are erased with its key.
 *
 * Closing a period: nothing is valued before `until` any more. It demands that what expired before
 * is booked, and that kinds with "settled_at_close" had nothing at that instant. */
#include "codec/json.h"
#include "domain/ledger/ledger_int.h"

#include <string.h>

#include "base/check.h"

static bool malformed(Decision *d, const Command *command, Str field)
{
    return decision_refuse_with(d, &fault_command_invalid, command->kind, str_slice(field, 0, 60));
}

static bool known_fields(const Command *command, const char *const *names, Decision *d)
{
    if (!value_is(command->body, VALUE_CONTEXT))
        return malformed(d, command, STR("body"));
    for (size_t i = 0; i < command->body.as.context.count; i++) {
        Str key = command->body.as.context.entries[i].key;
        bool known = str_equal(key, STR("context"));
        for (const char *const *n = names; *n && !known; n++)
            known = str_equal(key, str_from(*n));
        if (!known)
            return malformed(d, command, key);
    }
    return true;
}

static bool begin(Judge *j, void *state, const Command *command, Decision *d)
{
    return judge_begin(j, state, command, d, value_get_string(command->body, STR("book"))) ||
           decision_refuse(d, &j->err);
}

/* A limit: absent leaves it; null takes it away. False: not a whole number in its range. */
static bool read_limit(Value body, const char *key, int64_t low, int64_t high, bool *given,
                       bool *has, int64_t *out)
{
    Value v;
    *given = value_find(body, str_from(key), &v);
    if (!*given)
        return true;
    *has = !value_is_null(v);
    return !*has || (value_is(v, VALUE_NUMBER) && dec_to_int64(v.as.number, out) && *out >= low &&
                     *out <= high);
}

typedef struct LimitChange {
    bool floor_given, cap_given, has_floor, has_cap;
    int64_t floor, cap;
} LimitChange;

static bool read_limits(const Command *command, Decision *d, LimitChange *c)
{
    *c = (LimitChange){0};
    if (!read_limit(command->body, "floor", -LEDGER_AMOUNT_MAX, 0, &c->floor_given, &c->has_floor,
                    &c->floor))
        return malformed(d, command, STR("floor"));
    if (!read_limit(command->body, "cap", 0, LEDGER_AMOUNT_MAX, &c->cap_given, &c->has_cap,
                    &c->cap))
        return malformed(d, command, STR("cap"));
    return true;
}

static void take_limits(const LimitChange *c, Account *a)
{
    if (c->floor_given) {
        a->has_floor = c->has_floor;
        a->floor = c->floor;
    }
    if (c->cap_given) {
        a->has_cap = c->has_cap;
        a->cap = c->cap;
    }
}

static void put_limits(ContextBuilder *b, const Account *a)
{
    context_put_text(b, "floor", a->has_floor ? value_int(a->floor) : value_null());
    context_put_text(b, "cap", a->has_cap ? value_int(a->cap) : value_null());
}

/* ---- Opening. */

static bool may_open(Judge *j, Str name, const BookKind **kind)
{
    Str kind_name = ledger_name_kind(name);
    if (!ledger_name_valid(name))
        return judge_refuse(j, &fault_ledger_account_name_invalid, str_slice(name, 0, 60));
    *kind = book_kind(j->book->rules, kind_name);
    bool single = kind_name.len == name.len;
    if (!*kind || single != ((*kind)->open == BOOK_OPEN_SINGLE))
        return judge_refuse(j, &fault_ledger_account_unknown, name, j->book->id);
    if (map_has(&j->book->accounts, name))
        return judge_refuse(j, &fault_ledger_account_exists, name);
    return true;
}

static Value closed_part(Arena *a, const Command *command)
{
    ContextBuilder b = context_builder(a);
    Str title = value_get_string(command->body, STR("title"));
    Str owner = value_get_string(command->body, STR("owner"));
    if (title.len)
        context_put_text(&b, "title", value_string(title));
    if (owner.len)
        context_put_text(&b, "owner", value_string(owner));
    return title.len || owner.len ? value_context(&b) : value_null();
}

static void emit_opened(Judge *j, const Account *a)
{
    ContextBuilder b = context_builder(j->arena);
    Str subject = value_get_string(j->command->body, STR("subject"));
    if (!subject.len)
        subject = arena_printf(j->arena, "ledger:%.*s:%.*s", STR_ARG(j->book->id),
                               STR_ARG(a->name));
    context_put_text(&b, "book", value_string(j->book->id));
    context_put_text(&b, "name", value_string(a->name));
    context_put_text(&b, "kind", value_string(a->kind));
    context_put_text(&b, "unit", value_string(a->unit));
    put_limits(&b, a);
    if (a->earmark.len)
        context_put_text(&b, "earmark", value_string(a->earmark));
    if (a->expires_to.len)
        context_put_text(&b, "expires_to", value_string(a->expires_to));
    context_put_text(&b, "subject", value_string(subject));
    decision_emit(j->d, STR("ledger.account_opened"), subject, value_context(&b),
                  closed_part(j->arena, j->command));
}

bool ledger_decide_open(void *state, const Command *command, Decision *d)
{
    static const char *const fields[] = {"book", "account", "title", "owner", "subject", "floor",
                                         "cap", "earmark", NULL};
    Judge j;
    LimitChange limits;
    const BookKind *kind = NULL;
    PurposeSet purpose;
    if (!known_fields(command, fields, d) || !read_limits(command, d, &limits) ||
        !begin(&j, state, command, d))
        return false;
    Str name = value_get_string(command->body, STR("account"));
    Str earmark = value_get_string(command->body, STR("earmark"));
    if (!may_open(&j, name, &kind))
        return decision_refuse(d, &j.err);
    if (!book_purpose(j.book->rules, earmark, &purpose))
        return decision_refuse_with(d, &fault_ledger_earmark_unknown, str_slice(earmark, 0, 60));
    if (earmark.len && !(purpose & kind->purposes))
        return decision_refuse_with(d, &fault_ledger_purpose_refused, earmark, kind->id, name);
    /* What takes the expired is opened first, as a move of none would. */
    if (kind->expiry.rule != EXPIRY_NONE && !judge_account(&j, kind->expiry.to))
        return decision_refuse(d, &j.err);
    judge_emit(&j, false);
    Account a = {.name = name, .kind = kind->id, .unit = kind->unit->id,
                 .has_floor = kind->has_floor, .has_cap = kind->has_cap, .floor = kind->floor,
                 .cap = kind->cap, .earmark = earmark};
    if (kind->expiry.rule != EXPIRY_NONE)
        a.expires_to = kind->expiry.to;
    take_limits(&limits, &a);
    emit_opened(&j, &a);
    ContextBuilder reply = context_builder(j.arena);
    context_put_text(&reply, "account", value_string(name));
    decision_reply(d, value_context(&reply));
    return true;
}

/* ---- Changing. */

static bool keeps_limits(Judge *j, const Account *a, const Account *changed)
{
    const Holding *h = &a->holding;
    int64_t full = h->posted + h->held_in, left = h->free.posted - h->free.held_out;
    if (changed->has_cap && full > changed->cap)
        return judge_refuse(j, &fault_ledger_limit_broken, a->name, judge_number(j, full));
    if (changed->has_floor && left < changed->floor)
        return judge_refuse(j, &fault_ledger_limit_broken, a->name, judge_number(j, left));
    for (uint32_t i = 0; changed->has_floor && i < h->marked_count; i++)
        if (h->marked[i].posted < h->marked[i].held_out)
            return judge_refuse(j, &fault_ledger_limit_broken, a->name, h->marked[i].earmark);
    return true;
}

static bool read_state(const Command *command, Decision *d, LedgerAccountState *out)
{
    Value v;
    if (!value_find(command->body, STR("state"), &v) || value_is_null(v))
        return true;
    for (int s = LEDGER_OPEN; s <= LEDGER_CLOSED; s++)
        if (value_is(v, VALUE_STRING) &&
            str_equal(v.as.string, str_from(ledger_account_state_name((LedgerAccountState)s)))) {
            *out = (LedgerAccountState)s;
            return true;
        }
    return malformed(d, command, STR("state"));
}

static bool may_change(Judge *j, const Account *a, const Account *changed)
{
    const Holding *h = &a->holding;
    if (a->state == LEDGER_CLOSED)
        return judge_refuse(j, &fault_ledger_account_closed, a->name);
    bool empty = !h->posted && !h->held_out && !h->held_in;
    for (uint32_t i = 0; i < h->marked_count; i++)
        empty = empty && !h->marked[i].posted;
    if (changed->state == LEDGER_CLOSED && !empty)
        return judge_refuse(j, &fault_ledger_account_not_empty, a->name);
    return keeps_limits(j, a, changed);
}

bool ledger_decide_change(void *state, const Command *command, Decision *d)
{
    static const char *const fields[] = {"book", "account", "floor", "cap", "state", NULL};
    Judge j;
    LimitChange limits;
    if (!known_fields(command, fields, d) || !read_limits(command, d, &limits) ||
        !begin(&j, state, command, d))
        return false;
    Str name = value_get_string(command->body, STR("account"));
    Account *a = map_get(&j.book->accounts, name);
    if (!a)
        return decision_refuse_with(d, &fault_ledger_account_unknown, str_slice(name, 0, 60),
                                    j.book->id);
    Account changed = *a;
    take_limits(&limits, &changed);
    if (!read_state(command, d, &changed.state))
        return false;
    if (!may_change(&j, a, &changed))
        return decision_refuse(d, &j.err);
    ContextBuilder b = context_builder(j.arena);
    context_put_text(&b, "account", value_int(a->number));
    put_limits(&b, &changed);
    context_put_text(&b, "state", value_int(changed.state));
    decision_emit(d, STR("ledger.account_changed"), STR_NONE, value_context(&b), value_null());
    return true;
}

/* ---- Closing a period. */

static bool expiry_booked(Judge *j, Instant until)
{
    for (size_t i = 0; i < j->book->accounts.count; i++) {
        const Account *a = j->book->accounts.entries[i].value;
        const Holding *h = &a->holding;
        for (uint32_t k = 0; k < h->lot_count && h->lots[k].expires.us < until.us; k++) {
            const Cell *cell = &h->free;
            for (uint32_t m = 0; m < h->marked_count; m++)
                if (str_equal(h->marked[m].earmark, h->lots[k].earmark))
                    cell = &h->marked[m];
            if (cell->posted > cell->held_out)
                return judge_refuse(j, &fault_ledger_expiry_pending, a->name);
        }
    }
    return true;
}

static bool settled(Judge *j, Instant until)
{
    for (size_t i = 0; i < j->book->accounts.count; i++) {
        Account *a = j->book->accounts.entries[i].value;
        const BookKind *kind = judge_kind(j, a);
        int64_t balance = 0;
        if (!kind || !kind->settled_at_close)
            continue;
        if (!ledger_balance_at(j->conn, j->node, a->number, (Instant){until.us - 1},
                               LEDGER_BY_VALUE, &balance, &j->err))
            return false;
        if (balance != 0)
            return judge_refuse(j, &fault_ledger_not_settled, a->name, judge_number(j, balance));
    }
    return true;
}

/* An instant, or a day: then its beginning in China. */
static bool read_until(Value v, Instant *out)
{
    Day day;
    if (ledger_instant(v, out))
        return true;
    if (!value_is(v, VALUE_STRING) || !day_parse(v.as.string, &day) || day.number > 100000000 ||
        day.number < -100000000)
        return false;
    *out = instant_at(day, 0, CHINA_OFFSET_S);
    return true;
}

bool ledger_decide_close(void *state, const Command *command, Decision *d)
{
    static const char *const fields[] = {"book", "until", NULL};
    Judge j;
    Instant until;
    if (!known_fields(command, fields, d))
        return false;
    if (!read_until(value_field(command->body, "until"), &until))
        return malformed(d, command, STR("until"));
    if (!begin(&j, state, command, d))
        return false;
    Instant closed = j.book->closed_until;
    if (until.us > j.now.us)
        return decision_refuse_with(d, &fault_ledger_close_in_future,
                                    instant_copy_text(j.arena, until, CHINA_OFFSET_S));
    if (!instant_is_none(closed) && until.us <= closed.us)
        return decision_refuse_with(d, &fault_ledger_close_order,
                                    instant_copy_text(j.arena, closed, CHINA_OFFSET_S));
    if (!expiry_booked(&j, until) || !settled(&j, until))
        return decision_refuse(d, &j.err);
    ContextBuilder b = context_builder(j.arena), reply = context_builder(j.arena);
    context_put_text(&b, "book", value_string(j.book->id));
    context_put_text(&b, "ordinal", value_int(j.book->closings + 1));
    context_put_text(&b, "until", value_int(until.us));
    context_put_text(&b, "last_move", value_int(j.ledger->next_move - 1));
    decision_emit(d, STR("ledger.period_closed"), STR_NONE, value_context(&b), value_null());
    context_put_text(&reply, "until", value_instant(j.arena, until));
    decision_reply(d, value_context(&reply));
    return true;
}

/* ---- Balance, for processes. */

static void put_cell(Judge *j, ListBuilder *list, const Cell *cell, Str earmark)
{
    ContextBuilder b = context_builder(j->arena);
    context_put_text(&b, "earmark", value_string(earmark));
    context_put_text(&b, "balance", value_int(cell->posted));
    context_put_text(&b, "available", value_int(cell->posted - cell->held_out));
    list_add(list, value_context(&b));
}

/* A balance of now is that after what has expired is gone, though its move is not booked yet. */
static bool balance_now(Judge *j, Account *a, Str earmark, ContextBuilder *b)
{
    if (!judge_room(j, a, NULL))
        return false;
    judge_expire(j, a);
    Holding *h = judge_draft(j, a);
    const Cell *cell = holding_cell(h, earmark);
    static const Cell nothing;
    ListBuilder cells = list_builder(j->arena);
    if (earmark.len) {
        cell = cell ? cell : &nothing;
    } else {
        put_cell(j, &cells, &h->free, STR("free"));
        for (uint32_t i = 0; i < h->marked_count; i++)
            put_cell(j, &cells, &h->marked[i], h->marked[i].earmark);
    }
    bool whole = !earmark.len;
    int64_t posted = whole ? h->posted : cell->posted;
    int64_t out = whole ? h->held_out : cell->held_out;
    context_put_text(b, "balance", value_int(posted));
    context_put_text(b, "available", value_int(posted - out));
    context_put_text(b, "held_out", value_int(out));
    context_put_text(b, "held_in", value_int(whole ? h->held_in : cell->held_in));
    if (whole)
        context_put_text(b, "purposes", value_list(&cells));
    return true;
}

bool ledger_decide_balance(void *state, const Command *command, Decision *d)
{
    static const char *const fields[] = {"book", "account", "earmark", "at", "by", NULL};
    Judge j;
    Instant at = INSTANT_NONE;
    if (!known_fields(command, fields, d) || !begin(&j, state, command, d))
        return false;
    Str name = value_get_string(command->body, STR("account"));
    Str by = value_get_string(command->body, STR("by"));
    Value when = value_field(command->body, "at");
    if (!value_is_null(when) && !ledger_instant(when, &at))
        return malformed(d, command, STR("at"));
    if (by.len && !str_equal(by, STR("booking")) && !str_equal(by, STR("value")))
        return malformed(d, command, STR("by"));
    Account *a = judge_account(&j, name); /* one that opens by itself has nothing yet */
    if (!a)
        return decision_refuse(d, &j.err);
    ContextBuilder b = context_builder(j.arena);
    context_put_text(&b, "account", value_string(name));
    context_put_text(&b, "unit", value_string(a->unit));
    int64_t balance = 0;
    bool fine = true;
    if (instant_is_none(at)) {
        fine = balance_now(&j, a, value_get_string(command->body, STR("earmark")), &b);
    } else {
        fine = ledger_balance_at(j.conn, j.node, a->number, at,
                                 str_equal(by, STR("value")) ? LEDGER_BY_VALUE
                                                             : LEDGER_BY_BOOKING,
                                 &balance, &j.err);
        context_put_text(&b, "balance", value_int(balance));
    }
    if (!fine)
        return decision_refuse(d, &j.err);
    decision_reply(d, value_context(&b));
    return true;
}

/* ---- Allocation, for processes. */

static bool read_weights(Arena *a, Value list, LedgerAllocation *in)
{
    size_t count = value_count(list);
    Dec *weights = arena_new_array(a, Dec, count + 1);
    if (!value_is(list, VALUE_LIST) || count > LEDGER_WEIGHTS_MAX || !weights)
        return false;
    for (size_t i = 0; i < count; i++) {
        Value v = value_item(list, i);
        if (value_is(v, VALUE_CONTEXT))
            v = value_field(v, "weight");
        if (!value_is(v, VALUE_NUMBER))
            return false;
        weights[i] = v.as.number;
    }
    in->weights = weights;
    in->count = count;
    return true;
}

static bool read_share(Value body, LedgerAllocation *in)
{
    static const struct {
        Str name;
        Rounding mode;
    } modes[] = {{{"half_up", 7}, ROUND_HALF_UP}, {{"half_even", 9}, ROUND_HALF_EVEN},
                 {{"down", 4}, ROUND_DOWN},       {{"up", 2}, ROUND_UP}};
    Str name = value_get_string(body, STR("rounding"));
    int64_t rest = value_get_int(body, STR("rest_to"), 0);
    in->share = LEDGER_SHARE_LARGEST_REMAINDER;
    if (!name.len || str_equal(name, STR("largest_remainder")))
        return value_is_null(value_field(body, "rest_to"));
    in->share = LEDGER_SHARE_REST;
    in->rest = rest >= 1 ? (size_t)rest - 1 : SIZE_MAX; /* counted from 1, as FEEL does */
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
        if (str_equal(name, modes[i].name)) {
            in->rounding = modes[i].mode;
            return true;
        }
    return false;
}

bool ledger_decide_allocate(void *state, const Command *command, Decision *d)
{
    static const char *const fields[] = {"amount", "weights", "quantum", "rounding", "rest_to",
                                         NULL};
    Arena *a = decision_arena(d);
    LedgerAllocation in = {.quantum = 1};
    Err err = {0};
    (void)state;
    if (!known_fields(command, fields, d))
        return false;
    Value amount = value_field(command->body, "amount"), q = value_field(command->body, "quantum");
    if (!value_is(amount, VALUE_NUMBER) || !dec_to_int64(amount.as.number, &in.amount))
        return malformed(d, command, STR("amount"));
    if (!value_is_null(q) &&
        (!value_is(q, VALUE_NUMBER) || !dec_to_int64(q.as.number, &in.quantum)))
        return malformed(d, command, STR("quantum"));
    if (!read_weights(a, value_field(command->body, "weights"), &in))
        return malformed(d, command, STR("weights"));
    if (!read_share(command->body, &in))
        return malformed(d, command, STR("rounding"));
    int64_t *parts = arena_new_array(a, int64_t, in.count + 1);
    if (!parts || !ledger_allocate(a, &in, parts, &err))
        return parts ? decision_refuse(d, &err)
                     : decision_refuse_with(d, &fault_out_of_memory, STR("ledger"));
    ListBuilder list = list_builder(a);
    for (size_t i = 0; i < in.count; i++)
        list_add(&list, value_int(parts[i]));
    ContextBuilder reply = context_builder(a);
    context_put_text(&reply, "parts", value_list(&list));
    decision_reply(d, value_context(&reply));
    return true;
}
