/* ask.c - nobody is asked twice (X1; WCAG 2.2, 3.3.7).
 *
 * The forms of a thing are its own form and the forms of every user task in its process (and the
 * processes that it calls). A field asks when a person has to give it: an input that is not
 * disabled. Every asking field names its datum; then
 *
 *   - one datum may be asked by one field of all these forms: the second is a fault, which names
 *     both places;
 *   - a datum that is a property of a registry of the set ("legal_person.name") is known already
 *     and may be shown (disabled, with its source) but never asked; so may a field whose source
 *     says that a registry prefills it.
 *
 * One form used by several tasks asks once: an office's decision is asked of each office. A form
 * that no thing uses is judged against all forms of the set, so that it cannot become the second
 * asker unnoticed. */
#include "pack/pack_int.h"

#define ASKED_PROCESSES_MAX 32u

typedef struct Asking {
    PackSet *set;
    Map forms; /* form id -> PackFile, those already walked */
    Map data;  /* datum -> Asked */
} Asking;

typedef struct Asked {
    const PackFile *file;
    const FormField *field;
} Asked;

static Str place(Arena *a, const PackFile *file, const FormField *field)
{
    return arena_printf(a, "%.*s:%u (%.*s)", STR_ARG(file->shown), field->line,
                        STR_ARG(field->path));
}

static bool asks(const FormField *field)
{
    if (field->type == FORM_GROUP || field->type == FORM_DYNAMICLIST) return false;
    for (const FormField *f = field; f; f = f->parent) {
        if (f->disabled) return false;
    }
    return true;
}

static void fault(Asking *k, const PackFile *file, const FormField *field, Err *err)
{
    err_at(err, file->shown, field->line, field->column);
    err_at_element(err, field->path);
    set_fault(k->set, err, false);
}

/* The registry property that holds a datum "<registry>.<property>"; NULL when none does. */
static const RegistryProperty *known(const PackSet *set, Str datum, const PackFile **registry)
{
    for (size_t i = 0; i < datum.len; i++) {
        if (datum.ptr[i] != '.') continue;
        *registry = map_get(&set->registries, str_slice(datum, 0, i));
        const RegistryProperty *p =
            *registry ? registry_property(&(*registry)->as.registry,
                                          str_slice(datum, i + 1, datum.len))
                      : NULL;
        if (p) return p;
    }
    return NULL;
}

static void field_check(Asking *k, const PackFile *file, const FormField *field)
{
    Arena *a = k->set->arena;
    Err err = {0};
    Str datum = field->datum;
    if (field->source_registry.len) {
        datum = arena_printf(a, "%.*s.%.*s", STR_ARG(field->source_registry),
                             STR_ARG(field->source_column));
    }
    if (!datum.len) {
        err_set(&err, &fault_ask_datum_missing, field->path, form_id(file->as.form));
        fault(k, file, field, &err);
        return;
    }
    const PackFile *registry = NULL;
    const RegistryProperty *property = known(k->set, datum, &registry);
    if (property) {
        uint32_t column = 0;
        Str pointer = arena_printf(a, "/properties/%.*s", STR_ARG(property->name));
        Str where = arena_printf(a, "%.*s:%u", STR_ARG(registry->shown),
                                 json_line(registry->text, pointer, &column));
        err_set(&err, &fault_ask_known, datum, registry->id, where);
        fault(k, file, field, &err);
    }
    Asked *former = map_get(&k->data, datum);
    if (former) {
        err_set(&err, &fault_ask_twice, datum, place(a, former->file, former->field));
        if (!property) fault(k, file, field, &err);
        return;
    }
    Asked *asked = arena_new(a, Asked);
    *asked = (Asked){file, field};
    map_put(&k->data, datum, asked);
}

static void form_walk(Asking *k, Str id)
{
    PackFile *file = id.len ? map_get(&k->set->forms, id) : NULL;
    if (!file || map_has(&k->forms, id)) return;
    map_put(&k->forms, id, file);
    for (size_t i = 0; i < form_field_count(file->as.form); i++) {
        const FormField *field = form_field_at(file->as.form, i);
        if (asks(field)) field_check(k, file, field);
    }
}

void ask_check(PackSet *set, const PackFile *thing_file)
{
    const Thing *thing = thing_file->as.thing;
    Asking k = {set, map_new(set->arena), map_new(set->arena)};
    form_walk(&k, thing->form);
    const BpmnProcess *processes[ASKED_PROCESSES_MAX];
    const PackFile *files[ASKED_PROCESSES_MAX];
    size_t count = link_processes(set, thing, processes, files, ASKED_PROCESSES_MAX);
    for (size_t p = 0; p < count; p++) {
        for (uint32_t i = 0; i < processes[p]->element_count; i++) {
            const BpmnElement *e = &processes[p]->elements[i];
            if (e->task && e->type == BPMN_USER_TASK) form_walk(&k, e->task->form);
        }
    }
    for (size_t i = 0; i < k.data.count; i++) {
        map_put(&set->asked, k.data.entries[i].key, k.data.entries[i].value);
    }
    for (size_t i = 0; i < k.forms.count; i++) {
        map_put(&set->used_forms, k.forms.entries[i].key, k.forms.entries[i].value);
    }
}

void ask_check_unused(PackSet *set)
{
    Asking k = {set, set->used_forms, set->asked};
    for (size_t i = 0; i < set->forms.count; i++) form_walk(&k, set->forms.entries[i].key);
}
