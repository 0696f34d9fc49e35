/* link.c - what one file says about another: every name must lead somewhere.
 *
 * Things name a form, a process, a calendar, offices and materials; processes name forms,
 * decisions, groups, built-in tasks and registries; roles name commands; data files name
 * registries and their fields. A name is looked up over all packs of the set, because a pack may
 * use what the packs it needs define. Names that the diagram computes at run time (FEEL other
 * than a plain string) cannot be checked here and are left to the engine's incidents. */
#include "pack/pack_int.h"

/* One reference: `from` says who names it, at line of file. */
typedef struct Reference {
    const PackFile *file;
    uint32_t line;
    Str element; /* BPMN element id, or empty */
    Str from;
} Reference;

static void missing(PackSet *set, Reference r, const char *kind_en, const char *kind_zh, Str name)
{
    Err err = {0};
    err_set(&err, &fault_pack_reference, r.from, str_from(kind_en), name, str_from(kind_zh));
    err_at(&err, r.file->shown, r.line, 0);
    if (r.element.len) err_at_element(&err, r.element);
    set_fault(set, &err, false);
}

/* A plain string written as FEEL ("=\"x\"") or as it is; false for anything computed. */
static bool literal(BpmnExpression e, Str *out)
{
    if (!bpmn_has(e)) return false;
    if (!e.program) {
        *out = e.text;
        return true;
    }
    Str t = str_trim(e.text);
    if (str_starts(t, STR("="))) t = str_trim(str_slice(t, 1, t.len));
    if (t.len < 2 || t.ptr[0] != '"' || t.ptr[t.len - 1] != '"') return false;
    t = str_slice(t, 1, t.len - 1);
    if (str_find(t, STR("\"")) >= 0) return false;
    *out = t;
    return true;
}

static const CommandKind *command_find(const PackSet *set, Str kind)
{
    for (size_t m = 0; m < set->module_count; m++) {
        for (const CommandKind *c = set->modules[m]->commands; c && c->kind; c++) {
            if (str_equal(kind, str_from(c->kind))) return c;
        }
    }
    return NULL;
}

static bool of_module(Str kind, Str module)
{
    return !module.len || (kind.len > module.len && str_starts(kind, module) &&
                           kind.ptr[module.len] == '.');
}

static void add_names(const PackSet *set, unsigned flag, const char *prefix, Str module, Buf *out)
{
    for (size_t m = 0; m < set->module_count; m++) {
        for (const CommandKind *c = set->modules[m]->commands; c && c->kind; c++) {
            if (!(c->flags & flag) || !of_module(str_from(c->kind), module)) continue;
            buf_printf(out, "%s%s%s", buf_text(out).len ? ", " : "", prefix, c->kind);
        }
    }
}

/* "tongban.x.y, tongban.x.z": the command kinds with a flag, for messages: those of the module
 * that the wrong name begins with, or all when there is no such module. */
static Str command_names(const PackSet *set, unsigned flag, const char *prefix, Str wrong)
{
    Buf b = buf_new(set->arena, 256);
    ptrdiff_t dot = str_find(wrong, STR("."));
    if (dot > 0) add_names(set, flag, prefix, str_slice(wrong, 0, (size_t)dot), &b);
    if (!buf_text(&b).len) add_names(set, flag, prefix, STR_NONE, &b);
    return buf_text(&b);
}

/* ---- Processes. */

static void check_job(PackSet *set, Reference r, const BpmnElement *e)
{
    Str type;
    if (!literal(e->task->job_type, &type) || !str_starts(type, STR("tongban."))) return;
    const CommandKind *c = command_find(set, str_slice(type, 8, type.len));
    if (c && (c->flags & COMMAND_TASK)) return;
    Err err = {0};
    err_set(&err, &fault_pack_task_unknown, type,
            command_names(set, COMMAND_TASK, "tongban.", str_slice(type, 8, type.len)));
    err_at(&err, r.file->shown, r.line, 0);
    err_at_element(&err, e->id);
    set_fault(set, &err, false);
}

/* Candidate groups written as text: each is an office or a role. */
static void check_groups(PackSet *set, Reference r, const BpmnElement *e)
{
    if (!bpmn_has(e->task->groups) || e->task->groups.program) return;
    Str rest = e->task->groups.text;
    while (rest.ptr && rest.len) {
        Str group = str_trim(str_split(&rest, ','));
        if (!group.len || map_has(&set->offices, group) || map_has(&set->roles, group)) continue;
        missing(set, r, "office or role", "部门或角色", group);
    }
}

/* The registry that a tongban.registry.* task names in its input "registry". */
static void check_registry(PackSet *set, Reference r, const BpmnElement *e)
{
    Str type, name;
    if (!literal(e->task->job_type, &type) || !str_starts(type, STR("tongban.registry."))) return;
    for (uint32_t i = 0; i < e->input_count; i++) {
        if (!str_equal(e->inputs[i].target, STR("registry"))) continue;
        if (literal(e->inputs[i].source, &name) && !map_has(&set->registries, name)) {
            missing(set, r, "registry", "基础库", name);
        }
    }
}

static void check_element(PackSet *set, const PackFile *file, const BpmnElement *e)
{
    if (!e->task) return;
    Reference r = {file, e->line, e->id, e->name.len ? e->name : e->id};
    Str name;
    if (e->task->form.len && !map_has(&set->forms, e->task->form)) {
        missing(set, r, "form", "表单", e->task->form);
    }
    if (literal(e->task->decision, &name) && !map_has(&set->decisions, name)) {
        missing(set, r, "decision", "决策", name);
    }
    if (literal(e->task->process, &name) && !map_has(&set->processes, name)) {
        missing(set, r, "process", "流程", name);
    }
    check_groups(set, r, e);
    check_job(set, r, e);
    check_registry(set, r, e);
}

static void check_process(PackSet *set, const PackFile *file)
{
    for (uint32_t p = 0; p < file->as.process.process_count; p++) {
        const BpmnProcess *process = &file->as.process.processes[p];
        for (uint32_t i = 0; i < process->element_count; i++) {
            check_element(set, file, &process->elements[i]);
        }
    }
}

/* ---- Things. */

static bool has_process(const BpmnProcess *const *list, size_t count, const BpmnProcess *p)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] == p) return true;
    }
    return false;
}

size_t link_processes(const PackSet *set, const Thing *thing, const BpmnProcess **out,
                      const PackFile **files, size_t limit)
{
    size_t count = 0;
    Str wanted = thing->process;
    for (size_t next = 0, element = 0; wanted.len;) {
        const PackFile *file = map_get(&set->processes, wanted);
        const BpmnProcess *p = file ? bpmn_process(&file->as.process, wanted) : NULL;
        if (p && count < limit && !has_process(out, count, p)) {
            files[count] = file;
            out[count++] = p;
        }
        wanted = STR_NONE;
        while (next < count && !wanted.len) {
            if (element >= out[next]->element_count) {
                next++;
                element = 0;
                continue;
            }
            const BpmnElement *e = &out[next]->elements[element++];
            if (e->task) (void)literal(e->task->process, &wanted);
        }
    }
    return count;
}

#define LINKED_PROCESSES_MAX 32u

static bool matter_of(const Thing *thing, Str id)
{
    for (size_t i = 0; i < thing->matter_count; i++) {
        if (str_equal(thing->matters[i].id, id)) return true;
    }
    return false;
}

/* Matters of the thing and activities with the property `matter` must be the same set. */
static void check_matters(PackSet *set, const PackFile *file)
{
    const Thing *thing = file->as.thing;
    const BpmnProcess *processes[LINKED_PROCESSES_MAX];
    const PackFile *files[LINKED_PROCESSES_MAX];
    size_t count = link_processes(set, thing, processes, files, LINKED_PROCESSES_MAX);
    if (!count) return;
    bool *done = arena_new_array(set->arena, bool, thing->matter_count + 1);
    for (size_t p = 0; p < count; p++) {
        for (uint32_t i = 0; i < processes[p]->element_count; i++) {
            const BpmnElement *e = &processes[p]->elements[i];
            Str matter = bpmn_property(e, STR("matter"));
            if (!matter.len) continue;
            for (size_t m = 0; m < thing->matter_count; m++) {
                if (str_equal(thing->matters[m].id, matter)) done[m] = true;
            }
            if (matter_of(thing, matter)) continue;
            Err err = {0};
            err_set(&err, &fault_pack_matter_unknown, matter, thing->id);
            err_at(&err, files[p]->shown, e->line, 0);
            err_at_element(&err, e->id);
            set_fault(set, &err, false);
        }
    }
    for (size_t m = 0; m < thing->matter_count; m++) {
        if (done[m]) continue;
        set_fault_json(set, file->shown, file->text, arena_printf(set->arena, "/matters/%zu", m),
                       false, &fault_pack_matter_missing,
                       FAULT_ARGS(thing->matters[m].id, thing->process));
    }
}

/* The named thing must be in the index; the place is a JSON Pointer into the file. */
static void check_name(PackSet *set, const PackFile *file, const Map *map, Str name, Str pointer,
                       const char *kind_en, const char *kind_zh)
{
    if (!name.len || map_has(map, name)) return;
    uint32_t column = 0;
    Reference r = {file, json_line(file->text, pointer, &column), STR_NONE, file->id};
    missing(set, r, kind_en, kind_zh, name);
}

static void check_materials(PackSet *set, const PackFile *file)
{
    const Thing *thing = file->as.thing;
    const PackFile *form = map_get(&set->forms, thing->form);
    for (size_t i = 0; i < thing->material_count; i++) {
        const ThingMaterial *m = &thing->materials[i];
        Str pointer = arena_printf(set->arena, "/materials/%zu", i);
        if (str_equal(m->from, STR("registry"))) {
            check_name(set, file, &set->registries, m->source, pointer, "registry", "基础库");
        }
        if (!str_equal(m->from, STR("upload")) || !form) continue;
        Str key = m->source.len ? m->source : m->id;
        const FormField *field = form_field(form->as.form, key);
        if (field && field->type == FORM_FILEPICKER) continue;
        set_fault_json(set, file->shown, file->text, pointer, false, &fault_pack_upload_unasked,
                       FAULT_ARGS(key, thing->form));
    }
}

static void check_thing(PackSet *set, const PackFile *file)
{
    const Thing *thing = file->as.thing;
    check_name(set, file, &set->forms, thing->form, STR("/form"), "form", "表单");
    check_name(set, file, &set->processes, thing->process, STR("/process"), "process", "流程");
    check_name(set, file, &set->calendars, thing->calendar, STR("/calendar"), "calendar", "工作日历");
    check_name(set, file, &set->supervisions, thing->supervision, STR("/supervision"),
               "supervision rule", "督办规则");
    check_name(set, file, &set->roles, thing->extension.approver,
               STR("/limits/extension/approver"), "role", "角色");
    for (size_t i = 0; i < thing->matter_count; i++) {
        check_name(set, file, &set->offices, thing->matters[i].office,
                   arena_printf(set->arena, "/matters/%zu/office", i), "office", "部门");
    }
    check_materials(set, file);
    check_matters(set, file);
    ask_check(set, file);
}

/* ---- Supervision rules: the processes that their cards start. */

static void check_supervision(PackSet *set, const PackFile *file)
{
    const Supervision *rule = file->as.supervision;
    for (size_t i = 0; i < rule->card_count; i++) {
        check_name(set, file, &set->processes, rule->cards[i].process,
                   arena_printf(set->arena, "/cards/%zu/process", i), "process", "流程");
    }
}

/* ---- Forms: where they say they are prefilled from. */

static void check_form(PackSet *set, const PackFile *file)
{
    for (size_t i = 0; i < form_field_count(file->as.form); i++) {
        const FormField *f = form_field_at(file->as.form, i);
        if (!f->source_registry.len) continue;
        Reference r = {file, f->line, STR_NONE, f->path};
        const PackFile *registry = map_get(&set->registries, f->source_registry);
        if (!registry) {
            missing(set, r, "registry", "基础库", f->source_registry);
        } else if (!registry_property(&registry->as.registry, f->source_column)) {
            missing(set, r, "registry field", "基础库字段",
                    arena_printf(set->arena, "%.*s.%.*s", STR_ARG(f->source_registry),
                                 STR_ARG(f->source_column)));
        }
    }
}

/* ---- pack.json: roles, data and accounts. */

static void check_roles(PackSet *set, const Pack *pack)
{
    Value roles = value_field(pack->manifest, "roles");
    for (size_t i = 0; i < value_count(roles); i++) {
        Value may = value_field(value_item(roles, i), "may");
        for (size_t k = 0; k < value_count(may); k++) {
            Str kind = value_item(may, k).as.string;
            if (!value_is(value_item(may, k), VALUE_STRING) || str_ends(kind, STR(".*"))) continue;
            const CommandKind *c = command_find(set, kind);
            /* The one command of core that a person may give: deployments. */
            bool deploys = str_equal(kind, STR("core.install"));
            if (deploys || (c && (c->flags & COMMAND_PUBLIC))) continue;
            set_fault_json(set, pack->manifest_shown, pack->manifest_text,
                           arena_printf(set->arena, "/roles/%zu/may/%zu", i, k), false,
                           &fault_pack_command_unknown,
                           FAULT_ARGS(kind, command_names(set, COMMAND_PUBLIC, "", kind)));
        }
    }
}

static void check_list(PackSet *set, const Pack *pack, Str list, const Map *map, const char *field,
                       const char *kind_en, const char *kind_zh)
{
    PackFile manifest = {.shown = pack->manifest_shown, .text = pack->manifest_text,
                         .id = STR("pack.json")};
    Value items = value_get(pack->manifest, list);
    for (size_t i = 0; i < value_count(items); i++) {
        Value v = value_get(value_item(items, i), str_from(field));
        size_t count = value_is(v, VALUE_LIST) ? value_count(v) : 1;
        for (size_t k = 0; k < count; k++) {
            Value name = value_is(v, VALUE_LIST) ? value_item(v, k) : v;
            if (!value_is(name, VALUE_STRING)) continue;
            check_name(set, &manifest, map, name.as.string,
                       arena_printf(set->arena, "/%.*s/%zu/%s", STR_ARG(list), i, field), kind_en,
                       kind_zh);
        }
    }
}

static void check_data(PackSet *set, const Pack *pack)
{
    Map files = map_new(set->arena);
    for (size_t i = 0; i < pack->file_count; i++) {
        PackFile *file = pack->files[i];
        if (file->kind == PACK_DATA) map_put(&files, file->path, file);
    }
    check_list(set, pack, STR("data"), &files, "file", "file", "文件");
    check_list(set, pack, STR("data"), &set->registries, "registry", "registry", "基础库");
}

static void check_texts(PackSet *set, const Pack *pack)
{
    const PackFile *zh = NULL, *en = NULL;
    for (size_t i = 0; i < pack->file_count; i++) {
        const PackFile *f = pack->files[i];
        if (f->kind != PACK_TEXTS) continue;
        if (str_equal(f->id, STR("zh-CN"))) zh = f;
        if (str_equal(f->id, STR("en"))) en = f;
    }
    const PackFile *pairs[2][2] = {{zh, en}, {en, zh}};
    for (size_t p = 0; p < 2 && zh && en; p++) {
        ValueContext texts = pairs[p][0]->json.as.context;
        for (size_t i = 0; value_is(pairs[p][0]->json, VALUE_CONTEXT) && i < texts.count; i++) {
            Value other;
            if (value_find(pairs[p][1]->json, texts.entries[i].key, &other)) continue;
            set_fault_json(set, pairs[p][1]->shown, STR_NONE, STR_NONE, false,
                           &fault_pack_texts_differ,
                           FAULT_ARGS(texts.entries[i].key, pairs[p][0]->shown));
        }
    }
}

void link_check(PackSet *set)
{
    for (size_t i = 0; i < set->count; i++) {
        const Pack *pack = set->packs[i];
        check_roles(set, pack);
        check_data(set, pack);
        check_list(set, pack, STR("demo"), &set->roles, "roles", "role", "角色");
        check_list(set, pack, STR("demo"), &set->offices, "office", "office", "部门");
        for (size_t k = 0; k < pack->file_count; k++) {
            const PackFile *file = pack->files[k];
            if (!file->sound) continue;
            if (file->kind == PACK_FORM) check_form(set, file);
            if (file->kind == PACK_PROCESS) check_process(set, file);
            if (file->kind == PACK_SUPERVISION) check_supervision(set, file);
            if (file->kind == PACK_THING) check_thing(set, file);
        }
        check_texts(set, pack);
    }
    ask_check_unused(set);
    trial_check(set);
}
