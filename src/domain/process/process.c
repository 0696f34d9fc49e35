/* process.c - the module as core sees it: tables, commands, events, definitions.
 *
 * Definitions are compiled into an arena that lives as long as the module; an older version stays
 * reachable, because an instance runs to its end under the version it began with. The writer's
 * thread asks for programs as it likes; searches on other threads look into the maps under a
 * lock, under which the writer's thread puts new ones. Decisions and forms are found by id in
 * their newest version
 * when they are used. */
#include "domain/process/process_int.h"
#include "lang/form/form.h"

FAULT_DEFINE(PROCESS_FAULTS)
FAULT_TABLE(process_faults, PROCESS_FAULTS)

static const char *const task_state_names[] = {
#define ROW(name, text) text,
    PROCESS_TASK_STATES(ROW)
#undef ROW
};

const char *process_task_state_name(ProcessTaskState state)
{
    check(state < PROCESS_TASK_STATE_COUNT);
    return task_state_names[state];
}

bool process_task_state_parse(Str text, ProcessTaskState *out)
{
    for (int i = 0; i < PROCESS_TASK_STATE_COUNT; i++) {
        if (str_equal(text, str_from(task_state_names[i]))) {
            *out = (ProcessTaskState)i;
            return true;
        }
    }
    return false;
}

const char *process_instance_state_name(ProcessInstanceState state)
{
    static const char *const names[] = {
#define ROW(name, text) text,
        PROCESS_INSTANCE_STATES(ROW)
#undef ROW
    };
    check(state < PROCESS_INSTANCE_STATE_COUNT);
    return names[state];
}

bool process_instance_state_parse(Str text, ProcessInstanceState *out)
{
    for (int i = 0; i < PROCESS_INSTANCE_STATE_COUNT; i++) {
        if (str_equal(text, str_from(process_instance_state_name((ProcessInstanceState)i)))) {
            *out = (ProcessInstanceState)i;
            return true;
        }
    }
    return false;
}

/* ---- Tables. */

static const Migration migrations[] = {
    {1,
     "CREATE TABLE process_counter (node INTEGER NOT NULL, number INTEGER NOT NULL,"
     " PRIMARY KEY (node));"
     "CREATE TABLE process_instance (node INTEGER NOT NULL, key INTEGER NOT NULL,"
     " process TEXT NOT NULL, version INTEGER NOT NULL, case_id BLOB, business_key TEXT NOT NULL,"
     " parent INTEGER NOT NULL, parent_token INTEGER NOT NULL, state TEXT NOT NULL,"
     " started_at INTEGER NOT NULL, ended_at INTEGER, incidents INTEGER NOT NULL,"
     " tokens TEXT NOT NULL, variables TEXT NOT NULL, PRIMARY KEY (node, key));"
     "CREATE INDEX process_instance_case ON process_instance (node, case_id, key)"
     " WHERE case_id IS NOT NULL;"
     "CREATE INDEX process_instance_business ON process_instance (node, process, business_key)"
     " WHERE business_key <> '';"
     "CREATE TABLE process_task (node INTEGER NOT NULL, key INTEGER NOT NULL,"
     " instance INTEGER NOT NULL, case_id BLOB, process TEXT NOT NULL, element TEXT NOT NULL,"
     " name TEXT NOT NULL, form TEXT NOT NULL, candidate_groups TEXT NOT NULL,"
     " candidate_users TEXT NOT NULL, assignee TEXT NOT NULL, state TEXT NOT NULL,"
     " created_at INTEGER NOT NULL, ended_at INTEGER, due INTEGER, due_order INTEGER NOT NULL,"
     " priority INTEGER NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (node, key));"
     "CREATE INDEX process_task_open ON process_task (node, due_order, key)"
     " WHERE ended_at IS NULL;"
     "CREATE INDEX process_task_case ON process_task (node, case_id, due_order, key)"
     " WHERE case_id IS NOT NULL;"
     "CREATE TABLE process_candidate (node INTEGER NOT NULL, who TEXT NOT NULL,"
     " due INTEGER NOT NULL, task INTEGER NOT NULL, PRIMARY KEY (node, who, due, task));"
     "CREATE TABLE process_job (node INTEGER NOT NULL, key INTEGER NOT NULL,"
     " instance INTEGER NOT NULL, case_id BLOB, process TEXT NOT NULL, element TEXT NOT NULL,"
     " type TEXT NOT NULL, retries INTEGER NOT NULL, headers TEXT NOT NULL,"
     " worker TEXT NOT NULL, state TEXT NOT NULL, due INTEGER NOT NULL,"
     " created_at INTEGER NOT NULL, PRIMARY KEY (node, key));"
     "CREATE INDEX process_job_type ON process_job (node, type, state, due, key);"
     "CREATE TABLE process_watch (node INTEGER NOT NULL, instance INTEGER NOT NULL,"
     " token INTEGER NOT NULL, element TEXT NOT NULL, event INTEGER NOT NULL,"
     " kind TEXT NOT NULL, name TEXT NOT NULL, correlation TEXT NOT NULL, process TEXT NOT NULL,"
     " PRIMARY KEY (node, instance, token, element, event));"
     "CREATE INDEX process_watch_name ON process_watch (node, kind, name, correlation);"
     "CREATE TABLE process_message (node INTEGER NOT NULL, key INTEGER NOT NULL,"
     " name TEXT NOT NULL, correlation TEXT NOT NULL, variables TEXT NOT NULL,"
     " expires INTEGER NOT NULL, PRIMARY KEY (node, key));"
     "CREATE INDEX process_message_name ON process_message (node, name, correlation, key);"
     "CREATE TABLE process_incident (node INTEGER NOT NULL, key INTEGER NOT NULL,"
     " instance INTEGER NOT NULL, case_id BLOB, process TEXT NOT NULL, element TEXT NOT NULL,"
     " token INTEGER NOT NULL, fault TEXT NOT NULL, text_en TEXT NOT NULL,"
     " text_zh TEXT NOT NULL, at INTEGER NOT NULL, resolved_at INTEGER,"
     " PRIMARY KEY (node, key));"
     "CREATE TABLE process_armed (node INTEGER NOT NULL, process TEXT NOT NULL,"
     " element TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (node, process, element));"},
    {2,
     "CREATE INDEX process_instance_ended ON process_instance (node, ended_at, key)"
     " WHERE ended_at IS NOT NULL;"
     "CREATE TABLE process_deferred (node INTEGER NOT NULL, instance INTEGER NOT NULL,"
     " number INTEGER NOT NULL, command TEXT NOT NULL, body TEXT NOT NULL,"
     " PRIMARY KEY (node, instance, number));"},
};

static const char *const tables[] = {
    "process_counter", "process_instance", "process_task", "process_candidate", "process_job",
    "process_watch", "process_message", "process_incident", "process_armed",
    "process_deferred", NULL};

static const CommandKind commands[] = {
    {"process.start", decide_start, COMMAND_INTERNAL},
    {"process.cancel", decide_cancel, COMMAND_INTERNAL},
    {"process.resume", decide_resume, COMMAND_INTERNAL},
    {"process.called", decide_called, COMMAND_INTERNAL},
    {"process.escalate", decide_escalate, COMMAND_INTERNAL},
    {"process.fire", decide_fire, COMMAND_INTERNAL},
    {"process.signal", decide_signal, COMMAND_INTERNAL},
    {"process.message_expire", decide_message_expire, COMMAND_INTERNAL},
    {"process.arm", decide_arm, COMMAND_INTERNAL},
    {"process.start_due", decide_start_due, COMMAND_INTERNAL},
    {"process.message", decide_message, COMMAND_PUBLIC},
    {"process.incident_retry", decide_incident_retry, COMMAND_PUBLIC},
    {"process.task_claim", decide_task_claim, COMMAND_PUBLIC},
    {"process.task_release", decide_task_release, COMMAND_PUBLIC},
    {"process.task_complete", decide_task_complete, COMMAND_PUBLIC},
    {"process.job_activate", decide_job_activate, COMMAND_PUBLIC},
    {"process.job_complete", decide_job_complete, COMMAND_PUBLIC},
    {"process.job_fail", decide_job_fail, COMMAND_PUBLIC},
    {"process.job_throw", decide_job_throw, COMMAND_PUBLIC},
    {"process.suspend_instance", decide_suspend, COMMAND_PUBLIC},
    {"process.resume_instance", decide_unsuspend, COMMAND_PUBLIC},
    {"process.modify_instance", decide_modify, COMMAND_PUBLIC},
    {"process.migrate_instance", decide_migrate_instance, COMMAND_PUBLIC},
    {"process.migrate", decide_migrate, COMMAND_PUBLIC},
    {"process.delete_instances", decide_delete, COMMAND_PUBLIC},
    {"process.retain", decide_retain, COMMAND_PUBLIC},
    {"process.sweep", decide_sweep, COMMAND_INTERNAL},
    {"process.job_update", decide_job_update, COMMAND_PUBLIC},
    {"process.create", decide_create, COMMAND_PUBLIC},
    {"process.abort", decide_abort, COMMAND_PUBLIC},
    {"process.broadcast", decide_broadcast, COMMAND_PUBLIC},
    {"process.task_assign", decide_assign, COMMAND_PUBLIC},
    {"process.task_edit", decide_edit, COMMAND_PUBLIC},
    {"process.task_settle", decide_settle, COMMAND_PUBLIC},
    {"process.variables_set", decide_variables_set, COMMAND_PUBLIC},
    {0},
};

static const EventKind events[] = {
    {"process.stepped", apply_stepped},
    {"process.task_changed", apply_task_changed},
    {"process.task_edited", apply_task_edited},
    {"process.job_changed", apply_job_changed},
    {"process.message_published", apply_message_published},
    {"process.message_ended", apply_message_ended},
    {"process.armed", apply_armed},
    {"process.deferred", apply_deferred},
    {"process.deleted", apply_deleted},
    {"core.erased", apply_subject_erased},
    {0},
};

/* ---- Definitions. */

static bool define_process(Process *p, const Definition *d, Err *err)
{
    BpmnModel model;
    if (!bpmn_compile(p->arena, d->path, d->text, &model, err)) {
        return false;
    }
    const BpmnProcess *process = bpmn_process(&model, d->id);
    if (!process || !process->executable) {
        err_set(err, &fault_process_unknown, d->id);
        err_at(err, d->path, 0, 0);
        return false;
    }
    ProgramVersion *version = arena_new(p->arena, ProgramVersion);
    *version = (ProgramVersion){d->version, process, map_get(&p->programs, d->id)};
    signal_lock(p->lock);
    map_put(&p->programs, arena_copy(p->arena, d->id), version);
    signal_unlock(p->lock);
    return true;
}

static bool define_decision(Process *p, const Definition *d, Err *err)
{
    const DmnModel *model;
    DmnOptions options = {.file = arena_copy(p->arena, d->path)};
    if (!dmn_load(p->arena, d->text, &options, &model, err)) {
        return false;
    }
    if (dmn_fault_count(model) > 0) {
        if (err) {
            *err = *dmn_fault(model, 0);
            err_at(err, d->path, 0, 0);
        }
        return false;
    }
    ModelVersion *version = arena_new(p->arena, ModelVersion);
    *version = (ModelVersion){d->version, model, map_get(&p->models, d->id)};
    signal_lock(p->lock);
    map_put(&p->models, arena_copy(p->arena, d->id), version);
    signal_unlock(p->lock);
    for (size_t i = 0; i < dmn_decision_count(model); i++) {
        const DmnDecision *decision = dmn_decision_at(model, i);
        map_put(&p->decisions, dmn_decision_id(decision), (void *)(uintptr_t)decision);
    }
    return true;
}

static bool define_form(Process *p, const Definition *d, Err *err)
{
    Form *form;
    if (!form_compile(p->arena, d->text, d->path, &form, err)) {
        return false;
    }
    map_put(&p->forms, arena_copy(p->arena, d->id), form);
    return true;
}

bool process_define(void *state, const Definition *d, Err *err)
{
    Process *p = state;
    if (str_equal(d->kind, STR("process"))) {
        return define_process(p, d, err);
    }
    if (str_equal(d->kind, STR("decision"))) {
        return define_decision(p, d, err);
    }
    return !str_equal(d->kind, STR("form")) || define_form(p, d, err);
}

const ProgramVersion *process_program(const Process *p, Str id, int64_t version)
{
    const ProgramVersion *v = map_get(&p->programs, id);
    while (v && version != 0 && v->version != version) {
        v = v->older;
    }
    return v;
}

const ProgramVersion *process_labelled(const Process *p, Str id, Str label)
{
    const ProgramVersion *v = map_get(&p->programs, id);
    while (v && !str_equal(v->process->version_tag, label)) {
        v = v->older;
    }
    return v;
}

/* ---- Life. */

static Process *open_state(void)
{
    Arena *arena = arena_open(MODULE_ARENA_BYTES);
    Process *p = arena_new(arena, Process);
    p->arena = arena;
    p->programs = map_new(arena);
    p->decisions = map_new(arena);
    p->forms = map_new(arena);
    p->models = map_new(arena);
    p->lock = signal_open();
    return p;
}

static void *fresh(const void *state)
{
    (void)state;
    return open_state();
}

static void close_state(void *state)
{
    Process *p = state;
    signal_close(p->lock);
    arena_close(p->arena);
}

void process_listen(const Module *module, ProcessBell *bell, void *context)
{
    Process *p = module->state;
    p->bell = bell;
    p->bell_context = context;
}

const Module *process_open(void)
{
    Process *p = open_state();
    p->module = (Module){.name = "process",
                         .migrations = migrations,
                         .migration_count = sizeof migrations / sizeof *migrations,
                         .tables = tables,
                         .commands = commands,
                         .events = events,
                         .faults = process_faults,
                         .state = p,
                         .fresh = fresh,
                         .define = process_define,
                         .close = close_state};
    return &p->module;
}
