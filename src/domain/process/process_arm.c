/* process_arm.c - processes that begin by the clock.
 *
 * A start event with a timer belongs to a process, not to an instance: its timer is set when the
 * newest version of the process is armed. process.arm compares the start events of all newest
 * versions with the rows of process_armed and sets, moves or cancels their timers; whoever installs
 * packs gives it afterwards, and giving it twice changes nothing. When a timer is due, an instance
 * starts at that event, and a cycle sets its next round. */
#include "domain/process/process_int.h"

static const Sql SELECT_ARMED = {
    "SELECT process, element, version FROM process_armed WHERE node = ?1"
    " ORDER BY process, element"};
static const Sql PUT_ARMED = {
    "INSERT INTO process_armed (node, process, element, version) VALUES (?1, ?2, ?3, ?4)"
    " ON CONFLICT (node, process, element) DO UPDATE SET version = excluded.version"};
static const Sql DELETE_ARMED = {
    "DELETE FROM process_armed WHERE node = ?1 AND process = ?2 AND element = ?3"};

static Str arm_key(Arena *a, Str process, Str element)
{
    return arena_printf(a, "start:%.*s:%.*s", STR_ARG(process), STR_ARG(element));
}

static const BpmnEvent *timer_of(const BpmnElement *e)
{
    return e->type == BPMN_START_EVENT && e->scope == 0 && e->event_count > 0 &&
                   e->events[0].kind == BPMN_ON_TIMER
               ? &e->events[0]
               : NULL;
}

static void set_timer(Decision *d, Str process, Str element, TimerPlan plan)
{
    Arena *a = decision_arena(d);
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "process", value_string(process));
    context_put_text(&b, "element", value_string(element));
    context_put_text(&b, "due", value_int(plan.due.us));
    context_put_text(&b, "rounds", value_int(plan.rounds));
    context_put_text(&b, "every", value_string(plan.every));
    decision_timer_set(d, arm_key(a, process, element), plan.due, STR("process.start_due"),
                       value_context(&b));
}

static void emit_armed(Decision *d, Str process, Str element, int64_t version)
{
    ContextBuilder b = context_builder(decision_arena(d));
    context_put_text(&b, "process", value_string(process));
    context_put_text(&b, "element", value_string(element));
    context_put_text(&b, "version", value_int(version));
    decision_emit(d, STR("process.armed"), STR_NONE, value_context(&b), value_null());
}

void apply_armed(void *state, StoreConn *conn, const Event *event)
{
    (void)state;
    Str process = value_get_string(event->open, STR("process"));
    Str element = value_get_string(event->open, STR("element"));
    int64_t version = value_get_int(event->open, STR("version"), 0);
    if (version > 0) {
        store_write(conn, &PUT_ARMED, PARAMS(p_int(event->node), p_text(process), p_text(element),
                                             p_int(version)));
    } else {
        store_write(conn, &DELETE_ARMED,
                    PARAMS(p_int(event->node), p_text(process), p_text(element)));
    }
}

/* Cancel what is armed and no longer drawn; remember the versions of the rest. */
static Map read_armed(const Process *p, Decision *d)
{
    Arena *a = decision_arena(d);
    Map armed = map_new(a);
    Rows *r = store_query(decision_store(d), &SELECT_ARMED, PARAMS(p_int(decision_node(d))));
    while (rows_next(r)) {
        Str process = rows_copy(r, 0, a), element = rows_copy(r, 1, a);
        const ProgramVersion *v = process_program(p, process, 0);
        uint32_t index = v ? bpmn_element(v->process, element) : BPMN_NONE;
        if (index == BPMN_NONE || !timer_of(&v->process->elements[index])) {
            decision_timer_cancel(d, arm_key(a, process, element));
            emit_armed(d, process, element, 0);
        } else {
            map_put(&armed, arm_key(a, process, element), (void *)(uintptr_t)rows_int(r, 2));
        }
    }
    rows_close(r);
    return armed;
}

bool decide_arm(void *state, const Command *c, Decision *d)
{
    Process *p = state;
    Arena *a = decision_arena(d);
    Map armed = read_armed(p, d);
    Game g = {.p = p, .d = d, .a = a, .now = c->now};
    for (size_t i = 0; i < p->programs.count; i++) {
        Str process = p->programs.entries[i].key;
        const ProgramVersion *v = p->programs.entries[i].value;
        const BpmnElement *root = &v->process->elements[0];
        for (uint32_t k = 0; k < root->child_count; k++) {
            const BpmnElement *e = &v->process->elements[root->children[k]];
            const BpmnEvent *timer = timer_of(e);
            void *at = timer ? map_get(&armed, arm_key(a, process, e->id)) : NULL;
            TimerPlan plan;
            if (!timer || (int64_t)(uintptr_t)at == v->version) {
                continue;
            }
            if (!watch_plan(&g, timer, 0, &plan)) {
                return decision_refuse(d, &g.fail);
            }
            set_timer(d, process, e->id, plan);
            emit_armed(d, process, e->id, v->version);
        }
    }
    return true;
}

bool decide_start_due(void *state, const Command *c, Decision *d)
{
    (void)state;
    ContextBuilder b = context_builder(decision_arena(d));
    Str process = value_get_string(c->body, STR("process"));
    Str element = value_get_string(c->body, STR("element"));
    context_put_text(&b, "process", value_string(process));
    context_put_text(&b, "element", value_string(element));
    decision_follow(d, STR("process.start"), value_context(&b), STR_NONE, value_null());
    int64_t rounds = value_get_int(c->body, STR("rounds"), 0);
    TimerPlan next = {.rounds = rounds < 0 ? rounds : rounds - 1,
                      .every = value_get_string(c->body, STR("every"))};
    Instant from = {value_get_int(c->body, STR("due"), c->now.us)};
    if (rounds != 0 && rounds != 1 && watch_next_round(from, c->now, next.every, &next.due)) {
        set_timer(d, process, element, next);
    }
    return true;
}
