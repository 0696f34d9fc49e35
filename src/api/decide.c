/* decide.c - decisions and FEEL over HTTP: evaluated on the reader's thread, nothing is changed.
 *
 * Inputs are plain JSON; strings become dates and the like where the model's types want them. A
 * null that comes of a fault has its reasons beside it: that is an answer (200), not a problem.
 * Only a text that does not compile, an unknown decision and a limit that was reached are problems.
 * Every evaluation has an arena and fuel of its own, so that nobody keeps a thread for long. */
#include "api/api_int.h"

#include "domain/decision/decision.h"
#include "lang/dmn/explain.h"

#define DECIDE_ARENA_BYTES ((size_t)32 << 20)
#define DECIDE_FUEL 2000000ll
#define DECIDE_NAMES_MAX 1000u

static Value reason_value(const Call *c, const FeelReason *reason)
{
    Arena *a = c->arena;
    ContextBuilder b = context_builder(a), place = context_builder(a);
    Buf text = buf_new(a, 128);
    feel_reason_text(reason, c->lang, false, &text);
    context_put_text(&place, "file", value_string(arena_copy(a, reason->place.file)));
    context_put_text(&place, "line", value_int(reason->place.line));
    context_put_text(&place, "column", value_int(reason->place.column));
    context_put_text(&place, "element", value_string(arena_copy(a, reason->place.element)));
    context_put_text(&b, "fault", value_string(str_from(reason->fault->name)));
    context_put_text(&b, "detail", value_string(buf_text(&text)));
    context_put_text(&b, "place", value_context(&place));
    return value_context(&b);
}

/* The answer from a run, or the limit that ended it. explanation: VALUE_NULL when not wanted. */
static bool answer_run(Call *c, const FeelRun *run, Value result, Value explanation, Err *err)
{
    size_t kept = feel_reasons_kept(run);
    ListBuilder reasons = list_builder(c->arena);
    ContextBuilder b = context_builder(c->arena);
    if (run->stopped)
        return err_set(err, kept ? run->reasons[kept - 1].fault : &fault_feel_fuel);
    for (size_t i = 0; i < kept; i++)
        list_add(&reasons, reason_value(c, &run->reasons[i]));
    context_put_text(&b, "result", value_copy(c->arena, feel_to_plain(run->arena, result)));
    context_put_text(&b, "reasons", value_list(&reasons));
    context_put_text(&b, "explanation", value_copy(c->arena, explanation));
    c->answer.body = value_context(&b);
    return true;
}

static FeelRun run_new(const Call *c, Arena *a)
{
    FeelRun run = feel_run_new(a, c->now);
    run.fuel = DECIDE_FUEL;
    return run;
}

bool route_evaluate_decision(Call *c, Err *err)
{
    Value inputs = value_field(c->body, "inputs"), result = value_null(), why = value_null();
    const DmnDecision *d = decisions_find(c->decisions, c->path_values[0]);
    if (!d)
        return err_set(err, &fault_decision_not_installed, c->path_values[0]);
    Arena *a = arena_open(DECIDE_ARENA_BYTES);
    FeelRun run = run_new(c, a);
    if (value_get_boolean(c->body, STR("explain"), false))
        dmn_explain(d, inputs, &run, c->lang, &result, &why);
    else
        dmn_evaluate(d, inputs, &run, &result);
    bool fine = answer_run(c, &run, result, why, err);
    arena_close(a);
    return fine;
}

/* ---- FEEL. */

static size_t add_names(Value v, Str *out, size_t count, unsigned depth)
{
    for (size_t i = 0; i < value_count(v) && count < DECIDE_NAMES_MAX && depth < 16; i++) {
        bool context = value_is(v, VALUE_CONTEXT);
        if (context)
            out[count++] = v.as.context.entries[i].key;
        count = add_names(context ? v.as.context.entries[i].value : v.as.list.items[i], out, count,
                          depth + 1);
    }
    return count;
}

static bool compile(Call *c, Arena *a, Value context, const FeelProgram **out, Err *err)
{
    Str *inside = arena_new_array(a, Str, DECIDE_NAMES_MAX);
    size_t count = value_count(context);
    FeelName *names = arena_new_array(a, FeelName, count + 1);
    if (!inside || !names)
        return err_set(err, &fault_feel_memory);
    for (size_t i = 0; i < count; i++)
        names[i].name = context.as.context.entries[i].key;
    FeelScope scope = {.names = names, .count = count, .properties = inside,
                       .property_count = add_names(context, inside, 0, 0)};
    FeelPlace place = {.line = 1, .column = 1};
    return feel_compile(a, value_get_string(c->body, STR("expression")), place, &scope, out, err);
}

bool route_evaluate_feel(Call *c, Err *err)
{
    Value context = value_field(c->body, "context"), result = value_null();
    Arena *a = arena_open(DECIDE_ARENA_BYTES);
    const FeelProgram *p;
    bool fine = compile(c, a, context, &p, err);
    if (fine) {
        FeelRun run = run_new(c, a);
        feel_run_context(p, context, &run, &result);
        fine = answer_run(c, &run, result, value_null(), err);
    }
    arena_close(a);
    return fine;
}
