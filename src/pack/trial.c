/* trial.c - a dress rehearsal of the installation.
 *
 * What the other checks cannot know (the words of a role, what a module demands of a
 * definition) the modules judge themselves: every definition is given to fresh states of all
 * modules, exactly as core does before it accepts an install. Definitions whose file has a fault
 * already are left out, so that nothing is told twice. */
#include "pack/pack_int.h"

typedef struct Trial {
    const Module *module;
    void *state;
} Trial;

static bool faulty(const PackSet *set, Str shown)
{
    for (size_t i = 0; i < set->fault_count; i++) {
        const PackFault *f = &set->faults[i];
        if (!f->warning && str_equal(str_from(f->err.file), shown)) return true;
    }
    return false;
}

static void try_definition(PackSet *set, const Trial *trials, size_t count,
                           const PackDefinition *d)
{
    for (size_t i = 0; i < count; i++) {
        Err err = {0};
        if (!trials[i].module->define) continue;
        if (trials[i].module->define(trials[i].state, &d->definition, &err)) continue;
        uint32_t column = 0;
        uint32_t line = d->pointer.len ? json_line(d->text, d->pointer, &column) : err.line;
        Err told = err;
        told.file[0] = 0;
        told.line = told.column = 0;
        err_at(&told, d->shown, line, d->pointer.len ? column : err.column);
        set_fault(set, &told, false);
        return;
    }
}

void trial_check(PackSet *set)
{
    Trial *trials = arena_new_array(set->arena, Trial, set->module_count + 1);
    for (size_t i = 0; i < set->module_count; i++) {
        const Module *m = set->modules[i];
        trials[i] = (Trial){m, m->fresh ? m->fresh(m->state) : NULL};
    }
    for (size_t p = 0; p < set->count; p++) {
        PackDefinition *list = NULL;
        size_t count = pack_definitions(set->packs[p], set->arena, &list);
        for (size_t i = 0; i < count; i++) {
            if (list[i].pointer.len || !faulty(set, list[i].shown)) {
                try_definition(set, trials, set->module_count, &list[i]);
            }
        }
    }
    for (size_t i = 0; i < set->module_count; i++) {
        if (trials[i].state && trials[i].module->close) trials[i].module->close(trials[i].state);
    }
}
