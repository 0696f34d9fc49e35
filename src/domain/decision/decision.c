/* decision.c - decisions by id, published to readers while packs are installed.
 *
 * A definition of kind "decision" is a DMN model under the id of its file. define() runs on the
 * writer's thread, readers look up on theirs; both hold the lock for one look into a map. A
 * decision that a new version of its model no longer has is not found any more: an entry counts
 * only while its model is the newest of its file. */
#include "domain/decision/decision.h"

#include "base/check.h"
#include "base/map.h"
#include "os/os.h"

#define DECISION_ARENA_BYTES ((size_t)1 << 30)

FAULT_DEFINE(DECISION_FAULTS)
static FAULT_TABLE(decision_faults, DECISION_FAULTS)

struct Decisions {
    Module module;
    Arena *arena; /* models; grows with every definition */
    Signal *lock;
    Map models;    /* id of the file -> newest DmnModel */
    Map decisions; /* id -> DecisionEntry */
};

typedef struct DecisionEntry {
    const DmnDecision *decision;
    const DmnModel *model;
    Str file;
} DecisionEntry;

static void publish(Decisions *d, Str file, const DmnModel *model)
{
    map_put(&d->models, file, (void *)(uintptr_t)model);
    for (size_t i = 0; i < dmn_decision_count(model); i++) {
        DecisionEntry *entry = arena_new(d->arena, DecisionEntry);
        *entry = (DecisionEntry){dmn_decision_at(model, i), model, file};
        map_put(&d->decisions, dmn_decision_id(entry->decision), entry);
    }
}

static bool define(void *state, const Definition *definition, Err *err)
{
    Decisions *d = state;
    const DmnModel *model;
    if (!str_equal(definition->kind, STR("decision")))
        return true;
    DmnOptions options = {.file = arena_copy(d->arena, definition->path)};
    if (!dmn_load(d->arena, definition->text, &options, &model, err))
        return false;
    if (dmn_fault_count(model) > 0) {
        if (err)
            *err = *dmn_fault(model, 0);
        return false;
    }
    Str file = arena_copy(d->arena, definition->id);
    signal_lock(d->lock);
    publish(d, file, model);
    signal_unlock(d->lock);
    return true;
}

const DmnDecision *decisions_find(const Decisions *d, Str id)
{
    signal_lock(d->lock);
    const DecisionEntry *entry = map_get(&d->decisions, id);
    bool newest = entry && map_get(&d->models, entry->file) == entry->model;
    signal_unlock(d->lock);
    return newest ? entry->decision : NULL;
}

static void *fresh(const void *state)
{
    (void)state;
    return decisions_open();
}

static void close_state(void *state)
{
    Decisions *d = state;
    signal_close(d->lock);
    arena_close(d->arena);
}

Decisions *decisions_open(void)
{
    static const char *const tables[] = {NULL};
    static const CommandKind commands[] = {{0}};
    static const EventKind events[] = {{0}};
    Arena *arena = arena_open(DECISION_ARENA_BYTES);
    Decisions *d = arena_new(arena, Decisions);
    *d = (Decisions){.arena = arena, .lock = signal_open(), .models = map_new(arena),
                     .decisions = map_new(arena)};
    d->module = (Module){.name = "decision", .tables = tables, .commands = commands,
                         .events = events, .faults = decision_faults, .state = d,
                         .fresh = fresh, .define = define, .close = close_state};
    return d;
}

const Module *decisions_module(Decisions *d) { return &d->module; }
