/* command.c - the ledger's commands: steps read, judged and emitted as one event; accounts,
 * periods, and the tasks that only calculate.
 *
 *     ledger.transfer, hold, post, release, reverse    one step, or "list": up to 10,000 of them
 *     ledger.transact                                   a list of steps of all kinds
 *     ledger.account_open, account_change               accounts
 *     ledger.close_period                               nothing is valued before it any more
 *     ledger.balance, ledger.allocate                   answers for processes; change nothing
 *     ledger.sweep                                      the timer: ends what has expired
 *
 * A command is one event, ledger.moved, whatever it holds, so its journal record and its rows are
 * written at once. The event (numbers are the accounts' and moves' own):
 *
 *     {"book": "b", "rules": 3, "first": 120, "account": 7,
 *      "open": [{name, kind, unit, floor, cap, earmark, expires_to}, ...]   numbers 7, 8, ...
 *      "moves": [[1, 4, 7, 2500], [1, 7, 9, 100, {"earmark": "relief"}]],   op, from, to, amount
 *      "sweep": microseconds}                                               the timer was set
 *
 * The timer. One timer serves the node: it is due at or before the first end of a hold or lot.
 * Whoever makes an earlier end moves it; firing, it ends what is due, at most LEDGER_SWEEP_MAX at
 * a time, and is set to the next. */
#include "codec/json.h"
#include "domain/ledger/ledger_int.h"

#include <string.h>

#include "base/check.h"

/* ---- The event. */

static Value parts_value(Judge *j, const LotPart *parts, size_t count)
{
    ListBuilder list = list_builder(j->arena);
    for (size_t i = 0; i < count; i++) {
        Value pair[] = {value_int(parts[i].expires.us), value_int(parts[i].amount)};
        list_add(&list, value_list_of(j->arena, pair, 2));
    }
    return value_list(&list);
}

static void put_text(ContextBuilder *b, const char *key, Str text)
{
    if (text.len)
        context_put(b, str_from(key), value_string(text));
}

static void put_int(ContextBuilder *b, const char *key, int64_t n, int64_t none)
{
    if (n != none)
        context_put(b, str_from(key), value_int(n));
}

/* What not every move has. */
static Value extras_of(Judge *j, const Move *m)
{
    ContextBuilder b = context_builder(j->arena);
    put_text(&b, "earmark", m->earmark);
    put_int(&b, "value", m->value.us, INSTANT_NONE.us);
    put_int(&b, "expires", m->expires.us, INSTANT_NONE.us);
    put_int(&b, "hold", m->op == LEDGER_HOLD ? 0 : m->hold, 0);
    if (m->ends)
        context_put_text(&b, "ends", value_boolean(true));
    put_int(&b, "reverses", m->reverses, 0);
    put_int(&b, "day", m->day, NO_DAY);
    if (m->key.len) {
        Buf print = buf_new(j->arena, 32);
        buf_add_hex(&print, m->key_print, 16);
        put_text(&b, "key", m->key);
        put_text(&b, "print", buf_text(&print));
    }
    put_text(&b, "about", m->about);
    put_text(&b, "text", m->text);
    if (m->taken_count)
        context_put_text(&b, "taken", parts_value(j, m->taken, m->taken_count));
    if (m->given_count)
        context_put_text(&b, "given", parts_value(j, m->given, m->given_count));
    return value_context(&b);
}

static bool is_plain_move(const Move *m)
{
    return !m->earmark.len && !m->about.len && !m->text.len && !m->key.len &&
           instant_is_none(m->value) && instant_is_none(m->expires) && !m->reverses &&
           (m->op == LEDGER_TRANSFER || m->op == LEDGER_HOLD) && m->day == NO_DAY &&
           !m->taken_count && !m->given_count;
}

static Value moves_value(Judge *j)
{
    Value *items = arena_new_array(j->arena, Value, j->count + 1);
    for (size_t i = 0; items && i < j->count; i++) {
        const Move *m = &j->moves[i];
        bool plain = is_plain_move(m);
        Value *row = arena_new_array(j->arena, Value, 5);
        if (!row)
            break;
        row[0] = value_int(m->op);
        row[1] = value_int(m->from->number);
        row[2] = value_int(m->to->number);
        row[3] = value_int(m->amount);
        if (!plain)
            row[4] = extras_of(j, m);
        items[i] = (Value){.kind = VALUE_LIST, .as.list = {plain ? 4 : 5, row}};
    }
    return (Value){.kind = VALUE_LIST, .as.list = {items ? j->count : 0, items}};
}

static Value account_value(Judge *j, const Account *a)
{
    ContextBuilder b = context_builder(j->arena);
    put_text(&b, "name", a->name);
    put_text(&b, "kind", a->kind);
    put_text(&b, "unit", a->unit);
    if (a->has_floor)
        context_put_text(&b, "floor", value_int(a->floor));
    if (a->has_cap)
        context_put_text(&b, "cap", value_int(a->cap));
    put_text(&b, "earmark", a->earmark);
    put_text(&b, "expires_to", a->expires_to);
    return value_context(&b);
}

static void put_opened(Judge *j, ContextBuilder *b)
{
    ListBuilder list = list_builder(j->arena);
    if (!j->opened.count)
        return;
    for (size_t i = 0; i < j->opened.count; i++)
        list_add(&list, account_value(j, j->opened.entries[i].value));
    context_put_text(b, "account", value_int((int64_t)j->ledger->account_count + 1));
    context_put_text(b, "open", value_list(&list));
}

void judge_emit(Judge *j, bool sweeping)
{
    const Ledger *l = j->ledger;
    ContextBuilder b = context_builder(j->arena);
    bool sooner = !instant_is_none(j->earliest) &&
                  (instant_is_none(l->sweep_due) || j->earliest.us < l->sweep_due.us);
    if (!j->count && !j->opened.count && !sweeping)
        return;
    if (!sweeping) {
        put_text(&b, "book", j->book->id);
        context_put_text(&b, "rules", value_int(j->book->rules->version));
    }
    context_put_text(&b, "first", value_int(j->first));
    put_opened(j, &b);
    context_put_text(&b, "moves", moves_value(j));
    if (sweeping || sooner)
        context_put_text(&b, "sweep",
                         instant_is_none(j->earliest) ? value_null() : value_int(j->earliest.us));
    decision_emit(j->d, STR("ledger.moved"), STR_NONE, value_context(&b), value_null());
    if ((sweeping || sooner) && !instant_is_none(j->earliest)) {
        ContextBuilder body = context_builder(j->arena);
        decision_timer_set(j->d, STR("sweep"), j->earliest, STR("ledger.sweep"),
                           value_context(&body));
    }
}

/* ---- Steps. */

static bool malformed(Decision *d, const Command *command, Str field, Str element)
{
    Err err = {0};
    err_set(&err, &fault_command_invalid, command->kind,
            field.len ? str_slice(field, 0, 60) : STR("body"));
    if (element.len)
        err_at_element(&err, element);
    return decision_refuse(d, &err);
}

static bool one_step(Judge *j, LedgerOp op, Str element, Value body, bool top, int64_t *number)
{
    Step step;
    Str why;
    if (!step_read(body, op, top, &step, &why))
        return malformed(j->d, j->command, why, element);
    if (judge_step(j, body, &step, number))
        return true;
    if (element.len)
        err_at_element(&j->err, element);
    return decision_refuse(j->d, &j->err);
}

static bool op_of(Value item, LedgerOp *op)
{
    static const struct {
        Str name;
        LedgerOp op;
    } names[] = {{{"transfer", 8}, LEDGER_TRANSFER}, {{"hold", 4}, LEDGER_HOLD},
                 {{"post", 4}, LEDGER_POST},         {{"release", 7}, LEDGER_RELEASE},
                 {{"reverse", 7}, LEDGER_REVERSAL}};
    Str text = value_get_string(item, STR("do"));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (str_equal(text, names[i].name)) {
            *op = names[i].op;
            return true;
        }
    return false;
}

/* Beside a list stand only the book and the context. */
static bool only_list(const Command *command, Decision *d)
{
    Value body = command->body;
    for (size_t i = 0; i < body.as.context.count; i++) {
        Str key = body.as.context.entries[i].key;
        if (!str_equal(key, STR("book")) && !str_equal(key, STR("list")) &&
            !str_equal(key, STR("context")))
            return malformed(d, command, key, STR_NONE);
    }
    return true;
}

static bool all_steps(Judge *j, LedgerOp op, Value list)
{
    size_t count = value_count(list);
    Value *numbers = arena_new_array(j->arena, Value, count);
    ContextBuilder reply = context_builder(j->arena);
    for (size_t i = 0; i < count; i++) {
        Value item = value_item(list, i);
        LedgerOp this_op = op;
        int64_t number = 0;
        Str element = STR_NONE;
        Step step;
        Str why;
        bool read = (op || op_of(item, &this_op)) && step_read(item, this_op, false, &step, &why);
        if (read && judge_step(j, item, &step, &number)) {
            if (numbers)
                numbers[i] = value_string(judge_number(j, number));
            continue;
        }
        element = arena_printf(j->arena, "/list/%zu", i);
        if (!read)
            return malformed(j->d, j->command, op || op_of(item, &this_op) ? why : STR("do"),
                             element);
        err_at_element(&j->err, element);
        return decision_refuse(j->d, &j->err);
    }
    if (!numbers)
        return true; /* the arena has failed: the run is given up */
    judge_emit(j, false);
    Value moves = {.kind = VALUE_LIST, .as.list = {count, numbers}};
    context_put_text(&reply, "moves", moves);
    decision_reply(j->d, value_context(&reply));
    return true;
}

static void reply_single(Judge *j, LedgerOp op, int64_t number)
{
    ContextBuilder reply = context_builder(j->arena);
    Value text = value_string(judge_number(j, number));
    context_put_text(&reply, "move", text);
    if (op == LEDGER_HOLD)
        context_put_text(&reply, "hold", text);
    if (number < j->first) {
        context_put_text(&reply, "repeated", value_boolean(true));
    } else {
        const Move *m = &j->moves[number - j->first];
        context_put_text(&reply, "amount", value_int(m->amount));
        context_put_text(&reply, "from_balance", value_int(judge_draft(j, m->from)->posted));
        context_put_text(&reply, "to_balance", value_int(judge_draft(j, m->to)->posted));
    }
    decision_reply(j->d, value_context(&reply));
}

static bool steps(void *state, const Command *command, Decision *d, LedgerOp op)
{
    Judge j;
    Value list;
    bool listed = value_find(command->body, STR("list"), &list) && !value_is_null(list);
    int64_t number = 0;
    if (!value_is(command->body, VALUE_CONTEXT) ||
        (!listed && !op) || (listed && !value_is(list, VALUE_LIST)))
        return malformed(d, command, STR("list"), STR_NONE);
    if (listed && (!value_count(list) || value_count(list) > LEDGER_STEPS_MAX))
        return decision_refuse_with(d, &fault_ledger_list_too_long,
                                    arena_printf(decision_arena(d), "%u", LEDGER_STEPS_MAX));
    if (listed && !only_list(command, d))
        return false;
    if (!judge_begin(&j, state, command, d, value_get_string(command->body, STR("book"))))
        return decision_refuse(d, &j.err);
    if (listed)
        return all_steps(&j, op, list);
    if (!one_step(&j, op, STR_NONE, command->body, true, &number))
        return false;
    if (arena_failed(j.arena))
        return true;
    judge_emit(&j, false);
    reply_single(&j, op, number);
    return true;
}

bool ledger_decide_transfer(void *state, const Command *command, Decision *d)
{
    return steps(state, command, d, LEDGER_TRANSFER);
}

bool ledger_decide_hold(void *state, const Command *command, Decision *d)
{
    return steps(state, command, d, LEDGER_HOLD);
}

bool ledger_decide_post(void *state, const Command *command, Decision *d)
{
    return steps(state, command, d, LEDGER_POST);
}

bool ledger_decide_release(void *state, const Command *command, Decision *d)
{
    return steps(state, command, d, LEDGER_RELEASE);
}

bool ledger_decide_reverse(void *state, const Command *command, Decision *d)
{
    return steps(state, command, d, LEDGER_REVERSAL);
}

bool ledger_decide_transact(void *state, const Command *command, Decision *d)
{
    return steps(state, command, d, 0);
}

/* ---- The timer. */

static const Sql sql_due_holds = {
    "SELECT hold, from_account FROM ledger_hold WHERE node = ?1 AND state = 0"
    " AND expires IS NOT NULL AND expires <= ?2 ORDER BY expires, hold LIMIT ?3"};
static const Sql sql_due_lots = {
    "SELECT l.account FROM ledger_lot l JOIN ledger_holding h ON h.node = l.node"
    " AND h.account = l.account WHERE l.node = ?1 AND l.expires <= ?2"
    " AND h.held_out < h.posted ORDER BY l.expires, l.account"};
static const Sql sql_next_hold = {
    "SELECT MIN(expires) FROM ledger_hold WHERE node = ?1 AND state = 0"
    " AND expires IS NOT NULL AND expires > ?2"};
static const Sql sql_next_lot = {
    "SELECT MIN(expires) FROM ledger_lot WHERE node = ?1 AND expires > ?2"};

/* Holds first: what they give free may have expired too. */
static size_t sweep_holds(Judge *j)
{
    int64_t numbers[LEDGER_SWEEP_MAX], accounts[LEDGER_SWEEP_MAX];
    size_t count = 0;
    Rows *r = store_query(j->conn, &sql_due_holds,
                          PARAMS(p_int(j->node), p_instant(j->now), p_int(LEDGER_SWEEP_MAX)));
    while (rows_next(r) && count < LEDGER_SWEEP_MAX) {
        numbers[count] = rows_int(r, 0);
        accounts[count++] = rows_int(r, 1);
    }
    rows_close(r);
    for (size_t i = 0; i < count; i++) {
        Hold *h = NULL;
        if (!judge_has_room(j, NULL, NULL))
            return LEDGER_SWEEP_MAX;
        const Account *a = ledger_account_number(j->ledger, accounts[i]);
        check(a != NULL);
        j->book = a->book;
        judge_hold(j, numbers[i], &h); /* says that it has expired */
        err_clear(&j->err);
        check(h != NULL);
        judge_lapse(j, h);
    }
    return count;
}

static bool sweep_lots(Judge *j)
{
    size_t before = j->count;
    bool room = true;
    Rows *r = store_query(j->conn, &sql_due_lots, PARAMS(p_int(j->node), p_instant(j->now)));
    while (room && j->count < before + LEDGER_SWEEP_MAX && rows_next(r)) {
        Account *a = ledger_account_number(j->ledger, rows_int(r, 0));
        check(a != NULL);
        room = judge_has_room(j, a, NULL);
        if (!room)
            break;
        j->book = a->book;
        judge_expire(j, a);
    }
    rows_close(r);
    return !room || j->count >= before + LEDGER_SWEEP_MAX;
}

static void next_due(Judge *j, const Sql *sql)
{
    Rows *r = store_query(j->conn, sql, PARAMS(p_int(j->node), p_instant(j->now)));
    if (rows_next(r) && !rows_is_null(r, 0))
        judge_remember_due(j, rows_instant(r, 0));
    rows_close(r);
}

bool ledger_decide_sweep(void *state, const Command *command, Decision *d)
{
    Judge j;
    judge_init(&j, state, command, d);
    bool more = sweep_holds(&j) == LEDGER_SWEEP_MAX;
    more = sweep_lots(&j) || more;
    if (more)
        judge_remember_due(&j, j.now);
    next_due(&j, &sql_next_hold);
    next_due(&j, &sql_next_lot);
    judge_emit(&j, true);
    return true;
}
