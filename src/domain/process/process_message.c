/* process_message.c - messages and signals from outside and from throwing events.
 *
 * A message has a name and a correlation key. When it is given:
 *
 *     1. every process id that has an instance waiting for (name, key) gets it once: the instance
 *        that has waited longest
 *     2. every process (newest version) with a message start event of this name starts, unless 1
 *        gave it to that process already, or a started instance with this key is still active
 *     3. when nobody took it and it has time to live, it is kept, and the first watch opened for
 *        (name, key) takes it; at the end of its time it goes
 *
 * so a message is effective at most once a process. A signal has only a name and reaches everybody
 * who waits at that moment. What happens in the instances are follow-up commands. */
#include "domain/process/process_int.h"

static const Sql SELECT_WATCHES = {
    "SELECT process, instance, token, element, event FROM process_watch"
    " WHERE node = ?1 AND kind = ?2 AND name = ?3 AND correlation = ?4"
    " ORDER BY process, instance, token"};
static const Sql SELECT_SIGNAL_WATCHES = {
    "SELECT process, instance, token, element, event FROM process_watch"
    " WHERE node = ?1 AND kind = ?2 AND name = ?3 ORDER BY process, instance, token"};
static const Sql SELECT_MESSAGES = {
    "SELECT key, variables FROM process_message"
    " WHERE node = ?1 AND name = ?2 AND correlation = ?3 AND expires > ?4 ORDER BY key"};
static const Sql SELECT_STARTED = {
    "SELECT key FROM process_instance WHERE node = ?1 AND process = ?2 AND business_key = ?3"
    " AND ended_at IS NULL LIMIT 1"};

static Value fire_body(Decision *d, Rows *r, Value variables)
{
    Arena *a = decision_arena(d);
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "instance", process_key_value(a, rows_int(r, 1)));
    context_put_text(&b, "token", value_int(rows_int(r, 2)));
    context_put_text(&b, "element", value_string(rows_copy(r, 3, a)));
    context_put_text(&b, "event", value_int(rows_int(r, 4)));
    context_put_text(&b, "variables", variables);
    return value_context(&b);
}

static void follow(Decision *d, Str kind, Value body)
{
    decision_follow(d, kind, body, STR_NONE, value_null());
}

/* Waiting instances; each process once. Returns how many, and names of their processes. */
static int64_t give_waiting(Decision *d, Str name, Str correlation, Value variables,
                            ListBuilder *processes, int64_t *first)
{
    Arena *a = decision_arena(d);
    int64_t count = 0;
    Str last = STR_NONE;
    Rows *r = store_query(decision_store(d), &SELECT_WATCHES,
                          PARAMS(p_int(decision_node(d)), p_text(STR("message")), p_text(name),
                                 p_text(correlation)));
    while (rows_next(r)) {
        if (last.len && str_equal(last, rows_bytes(r, 0))) {
            continue;
        }
        last = rows_copy(r, 0, a);
        *first = *first ? *first : rows_int(r, 1);
        list_add(processes, value_string(last));
        follow(d, STR("process.fire"), fire_body(d, r, variables));
        count++;
    }
    rows_close(r);
    return count;
}

static bool is_listed(const ListBuilder *list, Str name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (str_equal(list->items[i].as.string, name)) {
            return true;
        }
    }
    return false;
}

static bool has_started(Decision *d, Str process, Str correlation)
{
    if (!correlation.len) {
        return false;
    }
    Rows *r = store_query(decision_store(d), &SELECT_STARTED,
                          PARAMS(p_int(decision_node(d)), p_text(process), p_text(correlation)));
    bool found = rows_next(r);
    rows_close(r);
    return found;
}

static void start_by(Decision *d, Str process, Str element, Str business_key, Value variables)
{
    ContextBuilder b = context_builder(decision_arena(d));
    context_put_text(&b, "process", value_string(process));
    context_put_text(&b, "element", value_string(element));
    if (business_key.len) {
        context_put_text(&b, "business_key", value_string(business_key));
    }
    context_put_text(&b, "variables", variables);
    follow(d, STR("process.start"), value_context(&b));
}

static bool has_trigger(const BpmnElement *e, BpmnEventKind kind, Str name)
{
    for (uint32_t k = 0; k < e->event_count; k++) {
        if (e->events[k].kind == kind && str_equal(e->events[k].name.text, name)) {
            return true;
        }
    }
    return false;
}

/* The element that begins the process on this message or signal, or BPMN_NONE: a start event, an
 * instantiating receive task, or what stands behind an instantiating gateway. */
static uint32_t start_of(const BpmnProcess *p, BpmnEventKind kind, Str name)
{
    const BpmnElement *root = &p->elements[0];
    for (uint32_t i = 0; i < root->child_count; i++) {
        const BpmnElement *e = &p->elements[root->children[i]];
        if ((e->type == BPMN_START_EVENT || e->instantiate) && has_trigger(e, kind, name)) {
            return root->children[i];
        }
        for (uint32_t k = 0; e->instantiate && k < e->outgoing_count; k++) {
            uint32_t target = p->flows[e->outgoing[k]].target;
            if (e->type == BPMN_EVENT_GATEWAY && has_trigger(&p->elements[target], kind, name)) {
                return target;
            }
        }
    }
    return BPMN_NONE;
}

static int64_t give_starts(Process *p, Decision *d, BpmnEventKind kind, Str name, Str correlation,
                           Value variables, const ListBuilder *served)
{
    int64_t count = 0;
    for (size_t i = 0; i < p->programs.count; i++) {
        const ProgramVersion *version = p->programs.entries[i].value;
        Str process = p->programs.entries[i].key;
        uint32_t start = start_of(version->process, kind, name);
        if (start == BPMN_NONE || is_listed(served, process) ||
            has_started(d, process, correlation)) {
            continue;
        }
        start_by(d, process, version->process->elements[start].id, correlation, variables);
        count++;
    }
    return count;
}

static int64_t keep(Decision *d, const Command *c, Str name, Str correlation, Value variables,
                 int64_t ttl_s)
{
    Arena *a = decision_arena(d);
    int64_t key = process_next_number(d) << KEY_BITS;
    Instant expires = {c->now.us + ttl_s * US_PER_SECOND};
    ContextBuilder open = context_builder(a), closed = context_builder(a);
    context_put_text(&open, "message", value_int(key));
    context_put_text(&open, "name", value_string(name));
    context_put_text(&open, "expires", value_int(expires.us));
    context_put_text(&closed, "correlation", value_string(correlation));
    context_put_text(&closed, "variables", variables);
    Str subject = arena_printf(a, "process:%lld", (long long)key);
    decision_emit(d, STR("process.message_published"), subject, value_context(&open),
                  value_context(&closed));
    ContextBuilder body = context_builder(a);
    context_put_text(&body, "message", process_key_value(a, key));
    decision_timer_set(d, arena_printf(a, "message:%lld", (long long)key), expires,
                       STR("process.message_expire"), value_context(&body));
    return key;
}

bool decide_message(void *state, const Command *c, Decision *d)
{
    Str name = value_get_string(c->body, STR("name"));
    Value variables = value_field(c->body, "variables");
    Str correlation = value_get_string(c->body, STR("correlation_key"));
    int64_t ttl_s = value_get_int(c->body, STR("time_to_live_s"), 0);
    ContextBuilder none = context_builder(decision_arena(d));
    if (value_is_null(variables)) {
        variables = value_context(&none);
    }
    if (!name.len || name.len > 200) {
        return decision_refuse_with(d, &fault_field_invalid, STR("name"), STR("1..200"));
    }
    if (!value_is(variables, VALUE_CONTEXT)) {
        return decision_refuse_with(d, &fault_field_invalid, STR("variables"), STR("object"));
    }
    if (ttl_s < 0 || ttl_s > PROCESS_MESSAGE_TTL_MAX_S) {
        return decision_refuse_with(d, &fault_field_invalid, STR("time_to_live_s"),
                                    STR("0..2592000"));
    }
    ListBuilder served = list_builder(decision_arena(d));
    int64_t first = 0;
    int64_t count = give_waiting(d, name, correlation, variables, &served, &first);
    int64_t started = give_starts(state, d, BPMN_ON_MESSAGE, name, correlation, variables, &served);
    /* Follow-ups run first in, first out: the first start takes the next number. */
    first = first ? first : process_next_number(d) << KEY_BITS;
    count += started;
    if (count == 0 && value_get_boolean(c->body, STR("must_correlate"), false)) {
        return decision_refuse_with(d, &fault_message_not_awaited, name);
    }
    ContextBuilder reply = context_builder(decision_arena(d));
    if (count == 0 && ttl_s > 0) {
        int64_t key = keep(d, c, name, correlation, variables, ttl_s);
        context_put_text(&reply, "message", process_key_value(decision_arena(d), key));
    }
    context_put_text(&reply, "correlated", value_int(count));
    if (count > 0) {
        context_put_text(&reply, "instance", process_key_value(decision_arena(d), first));
    }
    decision_reply(d, value_context(&reply));
    return true;
}

bool decide_message_expire(void *state, const Command *c, Decision *d)
{
    ContextBuilder b = context_builder(decision_arena(d));
    (void)state;
    context_put_text(&b, "message", value_int(process_key_field(c->body, STR("message"))));
    decision_emit(d, STR("process.message_ended"), STR_NONE, value_context(&b), value_null());
    return true;
}

/* Did the throwing instance serve this watch of its own already? */
static bool is_served(Arena *a, Rows *r, Value served)
{
    if (value_count(served) == 0) {
        return false;
    }
    Str key = arena_printf(a, "%lld:%lld:%.*s:%lld", (long long)rows_int(r, 1),
                           (long long)rows_int(r, 2), STR_ARG(rows_bytes(r, 3)),
                           (long long)rows_int(r, 4));
    for (size_t i = 0; i < value_count(served); i++) {
        if (str_equal(value_item(served, i).as.string, key)) {
            return true;
        }
    }
    return false;
}

bool decide_signal(void *state, const Command *c, Decision *d)
{
    Str name = value_get_string(c->body, STR("name"));
    Value variables = value_field(c->body, "variables");
    if (!name.len) {
        return decision_refuse_with(d, &fault_field_invalid, STR("name"), STR("1..200"));
    }
    Rows *r = store_query(decision_store(d), &SELECT_SIGNAL_WATCHES,
                          PARAMS(p_int(decision_node(d)), p_text(STR("signal")), p_text(name)));
    while (rows_next(r)) {
        if (!is_served(decision_arena(d), r, value_field(c->body, "served"))) {
            follow(d, STR("process.fire"), fire_body(d, r, variables));
        }
    }
    rows_close(r);
    ListBuilder served = list_builder(decision_arena(d));
    give_starts(state, d, BPMN_ON_SIGNAL, name, STR_NONE, variables, &served);
    return true;
}

/* Was the message taken earlier in this step? */
static bool is_taken(const Game *g, int64_t key)
{
    for (size_t i = 0; i < g->changes.count; i++) {
        Value change = g->changes.items[i];
        int64_t n;
        if (str_equal(value_item(change, 0).as.string, STR("message_end")) &&
            dec_to_int64(value_item(change, 1).as.number, &n) && n == key) {
            return true;
        }
    }
    return false;
}

int64_t message_find(Game *g, Str name, Str correlation, Value *variables)
{
    Rows *r = store_query(decision_store(g->d), &SELECT_MESSAGES,
                          PARAMS(p_int(decision_node(g->d)), p_text(name), p_text(correlation),
                                 p_instant(g->now)));
    int64_t found = 0;
    while (!found && rows_next(r)) {
        if (!is_taken(g, rows_int(r, 0)) &&
            json_parse(g->a, rows_bytes(r, 1), variables, NULL)) {
            found = rows_int(r, 0);
        }
    }
    rows_close(r);
    return found;
}
