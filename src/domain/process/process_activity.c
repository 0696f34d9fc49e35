/* process_activity.c - what happens when a token enters an activity, and what leaves with it.
 *
 * Entering: input mappings, then the timers and subscriptions of the activity and its boundary
 * events, then its own behaviour, which completes at once (plain and manual tasks, scripts,
 * decisions) or waits for the outside:
 *
 *     user task       a row of process_task, until process.task_complete
 *     built-in task   a follow-up command of type "tongban.<module>.<verb>", until process.resume
 *     outside job     a row of process_job, until a worker answers
 *     receive task    a subscription (process_watch.c)
 *     call activity   an instance of its own, until it resumes us
 *     sub-process     its entries get tokens; done when nothing lives in it
 *
 * The case that the instance belongs to is told of user tasks and of activities with a property
 * `matter` or `pauses` (case.mark), once each at enter and at complete or cancel. */
#include "domain/process/process_int.h"

/* ---- Telling the case. */

static bool concerns_case(const Game *g, const BpmnElement *e)
{
    return !id_is_none(g->in.case_id) &&
           (e->type == BPMN_USER_TASK || bpmn_property(e, STR("matter")).len ||
            bpmn_property(e, STR("pauses")).len);
}

static Value pairs_value(Game *g, const BpmnPair *pairs, uint32_t count)
{
    ContextBuilder b = context_builder(g->a);
    for (uint32_t i = 0; i < count; i++) {
        context_put(&b, pairs[i].key, value_string(pairs[i].value));
    }
    return value_context(&b);
}

static Value local_with(Game *g, const Token *t, Value payload)
{
    ContextBuilder b = context_builder_from(g->a, t->local);
    for (size_t i = 0; value_is(payload, VALUE_CONTEXT) && i < payload.as.context.count; i++) {
        context_put(&b, payload.as.context.entries[i].key, payload.as.context.entries[i].value);
    }
    return value_context(&b);
}

/* The property `matter` of the nearest activity around the token. */
static Str matter_of(Game *g, const Token *t)
{
    for (; t; t = instance_token(&g->in, t->scope)) {
        Str matter = bpmn_property(game_element(g, t), STR("matter"));
        if (matter.len) {
            return matter;
        }
    }
    return STR_NONE;
}

static void mark(Game *g, const Token *t, const BpmnElement *e, const char *event, Value group,
                 Value variables)
{
    ContextBuilder b = context_builder(g->a);
    context_put_text(&b, "case", value_id(g->a, g->in.case_id));
    context_put_text(&b, "instance", process_key_value(g->a, g->in.key));
    context_put_text(&b, "element", value_string(e->id));
    context_put_text(&b, "name", value_string(e->name));
    context_put_text(&b, "type", value_string(str_from(bpmn_type_name((BpmnType)e->type))));
    context_put_text(&b, "event", value_string(str_from(event)));
    context_put_text(&b, "token", value_int(t->key));
    if (e->type == BPMN_USER_TASK) {
        context_put_text(&b, "task", process_key_value(g->a, g->in.key | t->key));
    }
    if (!value_is_null(group)) {
        context_put_text(&b, "group", group);
    }
    Str matter = matter_of(g, t);
    if (matter.len) {
        context_put_text(&b, "matter", value_string(matter));
    }
    context_put_text(&b, "properties", pairs_value(g, e->properties, e->property_count));
    context_put_text(&b, "variables", variables);
    decision_follow(g->d, STR("case.mark"), value_context(&b), STR_NONE, value_null());
}

void activity_mark(Game *g, const Token *t, const BpmnElement *e, const char *event,
                   Value payload)
{
    if (concerns_case(g, e) && (t->flags & TOKEN_MARKED)) {
        mark(g, t, e, event, value_null(), local_with(g, t, payload));
    }
}

static void mark_enter(Game *g, Token *t, const BpmnElement *e, Value group)
{
    if (concerns_case(g, e) && !(t->flags & TOKEN_MARKED)) {
        change_set(g, t, t->flags | TOKEN_MARKED, t->ref, t->data);
        mark(g, t, e, "enter", group, variable_visible(g, t->key));
    }
}

/* ---- User tasks. */

/* A FEEL list of texts, or texts separated by commas. */
static bool evaluate_names(Game *g, const BpmnExpression *e, int64_t token, Value *out)
{
    ListBuilder names = list_builder(g->a);
    Value v = value_null();
    if (bpmn_has(*e) && !variable_evaluate(g, e, token, &v)) {
        return false;
    }
    if (value_is(v, VALUE_STRING)) {
        for (Str rest = v.as.string; rest.len;) {
            Str name = str_trim(str_split(&rest, ','));
            if (name.len) {
                list_add(&names, value_string(name));
            }
        }
    } else if (value_is(v, VALUE_LIST)) {
        for (size_t i = 0; i < v.as.list.count; i++) {
            if (!value_is(v.as.list.items[i], VALUE_STRING)) {
                return game_fail(g, &fault_expression_failed, e->text, STR("list"),
                                 STR("list<string>"));
            }
            list_add(&names, v.as.list.items[i]);
        }
    } else if (!value_is_null(v)) {
        return game_fail(g, &fault_expression_failed, e->text,
                         str_from(value_kind_name(value_kind(v))), STR("list<string>"));
    }
    *out = value_list(&names);
    return true;
}

static bool evaluate_due(Game *g, const BpmnExpression *e, int64_t token, Value *out)
{
    *out = value_null();
    Value v = value_null();
    if (bpmn_has(*e) && !variable_evaluate(g, e, token, &v)) {
        return false;
    }
    if (value_is_null(v)) {
        return true;
    }
    BpmnEvent event = {.kind = BPMN_ON_TIMER, .timer = BPMN_TIMER_DATE, .expression = *e};
    TimerPlan plan;
    if (!watch_plan(g, &event, token, &plan)) {
        return false;
    }
    *out = value_int(plan.due.us);
    return true;
}

static bool evaluate_priority(Game *g, const BpmnExpression *e, int64_t token, int64_t *out)
{
    Value v = value_null();
    *out = 50;
    if (!bpmn_has(*e) || !variable_evaluate(g, e, token, &v)) {
        return !bpmn_has(*e);
    }
    Dec n;
    bool good = value_is(v, VALUE_NUMBER) ? dec_to_int64(v.as.number, out)
                : value_is(v, VALUE_STRING) && dec_parse(v.as.string, &n) && dec_to_int64(n, out);
    if (!good || *out < 0 || *out > 100) {
        return game_fail(g, &fault_expression_failed, e->text,
                         str_from(value_kind_name(value_kind(v))), STR("0..100"));
    }
    return true;
}

static bool user_task(Game *g, Token *t, const BpmnElement *e)
{
    static const BpmnTask no_task;
    const BpmnTask *task = e->task ? e->task : &no_task;
    Value groups, users, due, assignee = value_null();
    int64_t priority;
    if (!evaluate_names(g, &task->groups, t->key, &groups) ||
        !evaluate_names(g, &task->users, t->key, &users) ||
        !evaluate_due(g, &task->due, t->key, &due) ||
        !evaluate_priority(g, &task->priority, t->key, &priority) ||
        (bpmn_has(task->assignee) && !variable_evaluate(g, &task->assignee, t->key, &assignee))) {
        return false;
    }
    if (!value_is(assignee, VALUE_STRING) && !value_is_null(assignee)) {
        return game_fail(g, &fault_expression_failed, task->assignee.text,
                         str_from(value_kind_name(value_kind(assignee))), STR("string"));
    }
    ContextBuilder b = context_builder(g->a);
    context_put_text(&b, "element", value_string(e->id));
    context_put_text(&b, "name", value_string(e->name.len ? e->name : e->id));
    context_put_text(&b, "form", value_string(task->form));
    context_put_text(&b, "groups", groups);
    context_put_text(&b, "users", users);
    context_put_text(&b, "assignee", assignee);
    context_put_text(&b, "due", due);
    context_put_text(&b, "priority", value_int(priority));
    change_note(g, value_string(STR("task")), value_int(t->key), value_context(&b));
    mark_enter(g, t, e, value_item(groups, 0));
    return true;
}

/* ---- Jobs, built in and outside. */

static Value built_in_context(Game *g, const Token *t, const BpmnElement *e)
{
    bool found;
    ContextBuilder b = context_builder(g->a);
    context_put_text(&b, "case", value_id(g->a, g->in.case_id));
    context_put_text(&b, "number", variable_find(g, ROOT_TOKEN, STR("number"), &found));
    context_put_text(&b, "thing", variable_find(g, ROOT_TOKEN, STR("thing"), &found));
    context_put_text(&b, "instance", process_key_value(g->a, g->in.key));
    context_put_text(&b, "element", value_string(e->id));
    context_put_text(&b, "matter", value_string(matter_of(g, t)));
    if (id_is_none(g->in.case_id)) {
        context_put_text(&b, "case", value_null());
    }
    return value_context(&b);
}

static bool job(Game *g, Token *t, const BpmnElement *e)
{
    Str type;
    int64_t retries = 3;
    if (!variable_evaluate_text(g, &e->task->job_type, t->key, &type)) {
        return false;
    }
    if (str_starts(type, STR("tongban."))) {
        ContextBuilder b = context_builder_from(g->a, t->local);
        context_put_text(&b, "context", built_in_context(g, t, e));
        ContextBuilder reply = context_builder(g->a);
        context_put_text(&reply, "instance", process_key_value(g->a, g->in.key));
        context_put_text(&reply, "token", value_int(t->key));
        mark_enter(g, t, e, value_null());
        decision_follow(g->d, str_slice(type, sizeof "tongban." - 1, type.len),
                        value_context(&b), STR("process.resume"), value_context(&reply));
        return true;
    }
    if (bpmn_has(e->task->retries)) {
        Str text;
        if (!variable_evaluate_text(g, &e->task->retries, t->key, &text)) {
            return false;
        }
        if (!str_to_int64(str_trim(text), &retries) || retries < 1 || retries > 1000) {
            return game_fail(g, &fault_expression_failed, e->task->retries.text, text,
                             STR("1..1000"));
        }
    }
    ContextBuilder b = context_builder(g->a);
    context_put_text(&b, "element", value_string(e->id));
    context_put_text(&b, "type", value_string(type));
    context_put_text(&b, "retries", value_int(retries));
    context_put_text(&b, "headers", pairs_value(g, e->headers, e->header_count));
    change_note(g, value_string(STR("job")), value_int(t->key), value_context(&b));
    mark_enter(g, t, e, value_null());
    return true;
}

/* ---- Scripts and decisions. */

static void complete_with(Game *g, Token *t, Str name, Value result)
{
    ContextBuilder b = context_builder(g->a);
    if (name.len) {
        context_put(&b, name, result);
    }
    game_push(g, MOVE_COMPLETE, t->key, value_context(&b));
}

static bool script(Game *g, Token *t, const BpmnElement *e)
{
    Value result;
    if (!variable_evaluate(g, &e->task->script, t->key, &result)) {
        return false;
    }
    mark_enter(g, t, e, value_null());
    complete_with(g, t, e->task->result, result);
    return true;
}

static bool fail_decision(Game *g, Str id, const FeelRun *run)
{
    Buf text = buf_new(g->a, 128);
    if (feel_reasons_kept(run) > 0) {
        feel_reason_text(&run->reasons[feel_reasons_kept(run) - 1], LANG_ZH, true, &text);
    }
    return game_fail(g, &fault_decision_failed, id, buf_text(&text));
}

static bool business_rule(Game *g, Token *t, const BpmnElement *e)
{
    Str id;
    if (!variable_evaluate_text(g, &e->task->decision, t->key, &id)) {
        return false;
    }
    const DmnDecision *decision = map_get(&g->p->decisions, id);
    if (!decision) {
        return game_fail(g, &fault_decision_unknown, id);
    }
    FeelRun run = feel_run_new(g->a, g->now);
    Value result;
    if (!dmn_evaluate(decision, variable_visible(g, t->key), &run, &result)) {
        return fail_decision(g, id, &run);
    }
    if (value_is_null(result) && run.reason_count > 0) {
        return fail_decision(g, id, &run);
    }
    mark_enter(g, t, e, value_null());
    complete_with(g, t, e->task->result, feel_to_plain(g->a, result));
    return true;
}

/* ---- Calls and scopes. */

static bool call(Game *g, Token *t, const BpmnElement *e)
{
    Str id;
    if (!variable_evaluate_text(g, &e->task->process, t->key, &id)) {
        return false;
    }
    Str label = e->task->version_tag;
    const ProgramVersion *program =
        label.len ? process_labelled(g->p, id, label) : process_program(g->p, id, 0);
    if (!program) {
        return game_fail(g, &fault_process_unknown,
                         label.len ? arena_printf(g->a, "%.*s %.*s", STR_ARG(id), STR_ARG(label))
                                   : id);
    }
    ContextBuilder none = context_builder(g->a);
    Value variables = e->task->propagate_parent ? variable_visible(g, t->key)
                      : value_is(t->local, VALUE_CONTEXT) ? t->local : value_context(&none);
    ContextBuilder b = context_builder(g->a);
    context_put_text(&b, "process", value_string(id));
    context_put_text(&b, "parent", process_key_value(g->a, g->in.key));
    context_put_text(&b, "parent_token", value_int(t->key));
    context_put_text(&b, "variables", variables);
    if (label.len) {
        context_put_text(&b, "version", value_int(program->version));
    }
    if (!id_is_none(g->in.case_id)) {
        context_put_text(&b, "case", value_id(g->a, g->in.case_id));
    }
    if (g->in.business_key.len) {
        context_put_text(&b, "business_key", value_string(g->in.business_key));
    }
    ContextBuilder reply = context_builder(g->a);
    context_put_text(&reply, "instance", process_key_value(g->a, g->in.key));
    context_put_text(&reply, "token", value_int(t->key));
    mark_enter(g, t, e, value_null());
    decision_follow(g->d, STR("process.start"), value_context(&b), STR("process.called"),
                    value_context(&reply));
    return true;
}

/* The activities that an ad-hoc sub-process begins with: those its collection names. */
static bool evaluate_active(Game *g, Token *t, const BpmnElement *e, uint32_t *entries,
                            uint32_t *count)
{
    Value names;
    *count = 0;
    if (!evaluate_names(g, &e->task->active, t->key, &names)) {
        return false;
    }
    for (size_t i = 0; i < value_count(names); i++) {
        Str name = value_item(names, i).as.string;
        uint32_t index = bpmn_element(g->program, name);
        bool inside = index != BPMN_NONE && g->program->elements[index].scope == t->index &&
                      bpmn_is_activity(&g->program->elements[index]);
        if (!inside || *count == e->child_count) {
            return game_fail(g, &fault_expression_failed, e->task->active.text, name,
                             STR("activities of the ad-hoc sub-process"));
        }
        entries[(*count)++] = index;
    }
    return true;
}

static bool ad_hoc(Game *g, Token *t, const BpmnElement *e)
{
    uint32_t count, *entries = arena_new_array(g->a, uint32_t, e->child_count + 1);
    int64_t key = t->key;
    if (!entries || !evaluate_active(g, t, e, entries, &count)) {
        return false;
    }
    mark_enter(g, t, e, value_null());
    for (uint32_t i = 0; i < count; i++) {
        game_enter(g, entries[i], key, STR_NONE, 0);
    }
    if (count == 0) {
        game_settle(g, key);
    }
    return true;
}

static bool scope(Game *g, Token *t, const BpmnElement *e)
{
    mark_enter(g, t, e, value_null());
    uint32_t count = e->one_by_one && e->entry_count > 0 ? 1 : e->entry_count;
    for (uint32_t i = 0; i < count; i++) {
        game_enter(g, e->entries[i], t->key, STR_NONE, 0);
    }
    if (e->entry_count == 0) {
        game_settle(g, t->key);
    }
    return true;
}

static bool behave(Game *g, Token *t, const BpmnElement *e)
{
    if (e->type == BPMN_AD_HOC && e->task && bpmn_has(e->task->active)) {
        return ad_hoc(g, t, e);
    }
    if (bpmn_is_scope(e)) {
        return scope(g, t, e);
    }
    if (e->type == BPMN_USER_TASK) {
        return user_task(g, t, e);
    }
    if (e->task && bpmn_has(e->task->job_type)) {
        return job(g, t, e);
    }
    switch ((BpmnType)e->type) {
    case BPMN_SCRIPT_TASK:
        return script(g, t, e);
    case BPMN_BUSINESS_RULE_TASK:
        return business_rule(g, t, e);
    case BPMN_CALL_ACTIVITY:
        return call(g, t, e);
    case BPMN_RECEIVE_TASK:
        mark_enter(g, t, e, value_null());
        return true;
    case BPMN_SEND_TASK:
        mark_enter(g, t, e, value_null());
        return throw_event(g, t, e);
    default:
        mark_enter(g, t, e, value_null());
        game_push(g, MOVE_COMPLETE, t->key, value_null());
        return true;
    }
}

bool activity_job(Game *g, Token *t, const BpmnElement *e)
{
    return variable_inputs(g, e, t->key) && job(g, t, e);
}

bool activity_enter(Game *g, Token *t, const BpmnElement *e)
{
    return variable_inputs(g, e, t->key) && watch_open(g, t, e) && behave(g, t, e);
}

void activity_close(Game *g, Token *t, const BpmnElement *e, LeaveHow how)
{
    if (t->flags & TOKEN_BODY) {
        return;
    }
    if (e->type == BPMN_USER_TASK) {
        change_note(g, value_string(STR("task_end")), value_int(t->key),
                    value_string(how == LEAVE_COMPLETED ? STR("completed") : STR("cancelled")),
                    value_string(how == LEAVE_COMPLETED ? g->actor : STR_NONE));
    } else if (e->task && bpmn_has(e->task->job_type) &&
               !str_starts(e->task->job_type.text, STR("tongban."))) {
        change_note(g, value_string(STR("job_end")), value_int(t->key));
    } else if (e->type == BPMN_CALL_ACTIVITY && how == LEAVE_CANCELLED && t->ref) {
        ContextBuilder b = context_builder(g->a);
        context_put_text(&b, "instance", process_key_value(g->a, t->ref));
        context_put_text(&b, "reason", value_string(STR("parent")));
        decision_follow(g->d, STR("process.cancel"), value_context(&b), STR_NONE, value_null());
    }
}
