/* evaluate.c - evaluating decisions, knowledge models and services (10.4).
 *
 * An evaluation has one value for every element of the load, filled on demand and in the order of
 * requirements. The call of a service is an evaluation of its own, with room for the members of
 * the service only: its inputs are given, input decisions among them, and nothing else is seen.
 * How deep elements stand in one another is taken from the run's depth, as calls in FEEL are. */
#include "lang/dmn/dmn_int.h"

typedef struct Evaluation {
    FeelRun *run;
    const DmnElement *service; /* NULL: room for all elements, by their numbers */
    Value *values;
    uint8_t *done;
    Value inputs;
} Evaluation;

static bool evaluation_new(Evaluation *ev, size_t room, FeelRun *run, Value inputs) {
    *ev = (Evaluation){.run = run, .values = arena_new_array(run->arena, Value, room + 1),
                       .done = arena_new_array(run->arena, uint8_t, room + 1), .inputs = inputs};
    if (ev->values != NULL && ev->done != NULL && !arena_failed(run->arena)) return true;
    feel_stop(run, NULL, &fault_feel_memory);
    return false;
}

static bool evaluation_whole(Evaluation *ev, const DmnElement *e, FeelRun *run, Value inputs) {
    return evaluation_new(ev, e->model->loader->element_count, run, inputs);
}

/* Where the value of an element stands. */
static size_t evaluation_at(const Evaluation *ev, const DmnElement *e) {
    if (ev->service == NULL) return e->index;
    size_t low = 0, high = ev->service->member_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (ev->service->members[middle]->index < e->index) low = middle + 1;
        else high = middle;
    }
    check(low < ev->service->member_count && ev->service->members[low] == e);
    return low;
}

static void evaluation_give(Evaluation *ev, const DmnElement *e, Value v) {
    size_t at = evaluation_at(ev, e);
    ev->values[at] = v;
    ev->done[at] = DMN_READY;
}

/* An input by name; of an imported model also under its namespace or an import's name. */
static bool evaluate_find(const Evaluation *ev, const DmnElement *e, Value *out) {
    Value group;
    if (value_find(ev->inputs, e->model->space, &group) && value_find(group, e->name, out))
        return true;
    const DmnLoader *l = e->model->loader;
    for (size_t i = 0; i < l->model_count; i++)
        for (size_t j = 0; j < l->models[i]->import_count; j++) {
            const DmnImport *import = &l->models[i]->imports[j];
            if (import->model == e->model && import->alias.len > 0 &&
                value_find(ev->inputs, import->alias, &group) &&
                value_find(group, e->name, out))
                return true;
        }
    return value_find(ev->inputs, e->name, out);
}

/* Is it plain to see that v is of type t? What is not is left to FEEL. */
static bool evaluate_fits(const FeelType *t, Value v) {
    if (t == NULL || value_is_null(v)) return true;
    if (t->allowed != NULL) return false;
    return (t->kind == FEEL_NUMBER && value_is(v, VALUE_NUMBER)) ||
           (t->kind == FEEL_STRING && value_is(v, VALUE_STRING)) ||
           (t->kind == FEEL_BOOLEAN && value_is(v, VALUE_BOOLEAN));
}

static Value evaluate_given(Evaluation *ev, const DmnElement *e, Value given) {
    if (evaluate_fits(e->declared, given)) return given;
    Value v = feel_from_plain(e->declared, given, ev->run);
    return feel_coerce(e->declared, v, &e->place, ev->run);
}

static Value evaluate(Evaluation *ev, const DmnElement *e);

static Value evaluate_alias(Evaluation *ev, const DmnElement *e, Str alias) {
    ContextBuilder b = context_builder(ev->run->arena);
    for (size_t i = 0; i < e->requirement_count && !b.failed; i++)
        if (str_equal(e->requirements[i].alias, alias))
            context_put(&b, e->requirements[i].element->name,
                        evaluate(ev, e->requirements[i].element));
    return b.failed || arena_failed(ev->run->arena) ? value_null() : value_context(&b);
}

static Value evaluate_program(Evaluation *ev, const DmnElement *e) {
    size_t count = feel_slot_count(e->program);
    Value *slots = arena_new_array(ev->run->arena, Value, count + 1), v = value_null();
    if (slots == NULL || arena_failed(ev->run->arena))
        return feel_stop(ev->run, NULL, &fault_feel_memory);
    for (size_t i = 0; i < count && !ev->run->stopped; i++) {
        const DmnSlot *slot = &e->slots[i];
        slots[i] = slot->element != NULL ? evaluate(ev, slot->element)
                                         : evaluate_alias(ev, e, slot->alias);
    }
    if (ev->run->stopped) return v;
    feel_run(e->program, slots, ev->run, &v);
    return v;
}

static Value evaluate_element(Evaluation *ev, const DmnElement *e) {
    Value given;
    switch (e->kind) {
    case DMN_INPUT:
        if (!evaluate_find(ev, e, &given)) return value_null();
        return evaluate_given(ev, e, given);
    case DMN_SERVICE:
        return e->function != NULL ? feel_foreign_value(ev->run->arena, e->function)
                                   : value_null();
    default: break;
    }
    if (e->program != NULL) return evaluate_program(ev, e);
    /* A decision without logic is taken from the inputs when it stands there. */
    if (e->fault != NULL && e->fault->fault == &fault_dmn_no_logic &&
        value_find(ev->inputs, e->name, &given))
        return evaluate_given(ev, e, given);
    if (e->fault != NULL) {
        FeelPlace at = {str_from(e->fault->file), e->fault->line, e->fault->column, e->id};
        feel_reason_add(ev->run, e->fault->fault, at.file.len > 0 ? &at : &e->place,
                        err_arg(e->fault, 0), err_arg(e->fault, 1), err_arg(e->fault, 2));
    }
    return value_null();
}

static Value evaluate(Evaluation *ev, const DmnElement *e) {
    size_t at = evaluation_at(ev, e);
    if (ev->run->stopped) return value_null();
    if (ev->done[at] == DMN_READY) return ev->values[at];
    if (ev->done[at] == DMN_BUSY) {
        feel_reason_add(ev->run, &fault_dmn_cycle, &e->place, e->name, STR_NONE, STR_NONE);
        return value_null();
    }
    if (ev->run->depth_left < DMN_DEPTH_A_LEVEL)
        return feel_stop(ev->run, NULL, &fault_feel_depth);
    ev->done[at] = DMN_BUSY;
    ev->run->depth_left -= DMN_DEPTH_A_LEVEL;
    Value v = evaluate_element(ev, e);
    ev->run->depth_left += DMN_DEPTH_A_LEVEL;
    ev->values[at] = v;
    ev->done[at] = DMN_READY;
    return v;
}

bool dmn_evaluate(const DmnDecision *d, Value inputs, FeelRun *run, Value *out) {
    Evaluation ev;
    *out = value_null();
    if (!evaluation_whole(&ev, d->element, run, inputs)) return false;
    Value v = evaluate(&ev, d->element);
    if (run->stopped) return false;
    *out = v;
    return true;
}

bool dmn_evaluate_slots(const DmnDecision *d, const Value *inputs, FeelRun *run, Value *out) {
    Evaluation ev;
    const DmnElement *e = d->element;
    *out = value_null();
    if (!evaluation_whole(&ev, e, run, value_null())) return false;
    for (size_t i = 0; i < e->leaf_count; i++) {
        evaluation_give(&ev, e->leaves[i], evaluate_given(&ev, e->leaves[i], inputs[i]));
    }
    Value v = evaluate(&ev, e);
    if (run->stopped) return false;
    *out = v;
    return true;
}

/* ---- Services. */

static Value service_result(Evaluation *ev, const DmnElement *service) {
    Value v;
    if (service->output_count == 1) {
        v = evaluate(ev, service->outputs[0]);
    } else {
        ContextBuilder b = context_builder(ev->run->arena);
        for (size_t i = 0; i < service->output_count && !b.failed; i++)
            context_put(&b, service->outputs[i]->name, evaluate(ev, service->outputs[i]));
        if (b.failed || arena_failed(ev->run->arena))
            return feel_stop(ev->run, NULL, &fault_feel_memory);
        v = value_context(&b);
    }
    return feel_coerce(service->type != NULL ? service->type->element : NULL, v,
                       &service->place, ev->run);
}

Value dmn_service_call(const FeelForeign *f, const Value *args, FeelRun *run,
                       const FeelPlace *place) {
    const DmnElement *service = f->data;
    Evaluation ev;
    (void)place;
    if (!evaluation_new(&ev, service->member_count, run, value_null())) return value_null();
    ev.service = service;
    for (size_t i = 0; i < service->input_count; i++)
        evaluation_give(&ev, service->inputs[i], args[i]);
    return service_result(&ev, service);
}

static const DmnElement *invocable_find(const DmnModel *m, Str id_or_name) {
    for (int by_name = 0; by_name < 2; by_name++)
        for (size_t i = 0; i < m->element_count; i++) {
            const DmnElement *e = m->elements[i];
            bool kind = e->kind == DMN_SERVICE || e->kind == DMN_KNOWLEDGE;
            if (kind && str_equal(by_name ? e->name : e->id, id_or_name)) return e;
        }
    return NULL;
}

/* A knowledge model called with named arguments in the order of its parameters. */
static Value invoke_knowledge(Evaluation *ev, const DmnElement *e, Value arguments) {
    Value function = evaluate(ev, e), v = value_null();
    const FeelType *t = e->type;
    size_t count = t != NULL ? t->field_count : 0;
    Value *args = arena_new_array(ev->run->arena, Value, count + 1);
    if (args == NULL || arena_failed(ev->run->arena))
        return feel_stop(ev->run, NULL, &fault_feel_memory);
    for (size_t i = 0; i < count; i++)
        args[i] = feel_from_plain(t->fields[i].type, value_get(arguments, t->fields[i].name),
                                  ev->run);
    feel_call(function, args, count, ev->run, &v);
    return v;
}

bool dmn_invoke(const DmnModel *m, Str id_or_name, Value arguments, FeelRun *run, Value *out,
                Err *err) {
    const DmnElement *e = invocable_find(m, id_or_name);
    Evaluation ev;
    *out = value_null();
    if (e == NULL) return err_set(err, &fault_dmn_invocable_unknown, id_or_name);
    if (!evaluation_whole(&ev, e, run, arguments)) return false;
    Value v;
    if (e->kind == DMN_KNOWLEDGE) {
        v = invoke_knowledge(&ev, e, arguments);
    } else {
        for (size_t i = 0; i < e->input_count; i++) {
            Value given;
            const DmnElement *input = e->inputs[i];
            if (!evaluate_find(&ev, input, &given)) given = value_null();
            evaluation_give(&ev, input, evaluate_given(&ev, input, given));
        }
        v = service_result(&ev, e);
    }
    if (run->stopped) return false;
    *out = v;
    return true;
}
