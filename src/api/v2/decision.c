/* decision.c - a decision evaluated for whoever asks, with the rules that were hit.
 *
 * Evaluated on the reader's thread with fuel and memory of its own: nothing is changed and
 * nothing kept. A decision is found by its id in the newest version of its file, or by its key in
 * any. Numbers in JSON keep their digits; a result that is null for a fault says why in
 * failureMessage. */
#include "api/v2/v2_int.h"

#include "base/check.h"
#include "codec/json.h"
#include "lang/dmn/explain.h"

#define DECISION_ARENA_BYTES ((size_t)64 << 20)
#define DECISION_FUEL 2000000ll

/* The item of search_decisions that is asked for; null when there is none. */
static bool find_item(Call *c, Value *out, Err *err)
{
    ListBuilder items = list_builder(c->arena);
    Value id = value_field(c->body, "decisionDefinitionId");
    Value key = value_field(c->body, "decisionDefinitionKey");
    *out = value_null();
    if (value_is_null(id) == value_is_null(key))
        return err_set(err, &fault_body_field_either, STR("decisionDefinitionId"),
                       STR("decisionDefinitionKey"));
    if (!process_decision_items(c->process, c->conn, c->node, false, c->arena, &items, err))
        return false;
    for (size_t i = 0; i < items.count; i++) {
        Value item = items.items[i];
        bool same = value_is_null(key)
                        ? value_same(value_field(item, "decisionDefinitionId"), id) &&
                              value_get_boolean(item, STR("isLatestVersion"), false)
                        : value_same(value_field(item, "decisionDefinitionKey"), key);
        if (same)
            *out = item;
    }
    return !value_is_null(*out) ||
           err_set(err, &fault_v2_decision_unknown,
                   value_is_null(key) ? id.as.string : key.as.string);
}

static Value json_text(Call *c, Value v)
{
    return value_string(json_copy_text(c->arena, v));
}

static Value number_id(Call *c, const char *prefix, size_t number)
{
    return value_string(arena_printf(c->arena, "%s%zu", prefix, number));
}

static Value inputs_value(Call *c, Value table)
{
    ListBuilder list = list_builder(c->arena);
    Value inputs = value_field(table, "inputs");
    for (size_t i = 0; i < value_count(inputs); i++) {
        Value input = value_item(inputs, i);
        ContextBuilder b = context_builder(c->arena);
        context_put_text(&b, "inputId", number_id(c, "input_", i + 1));
        context_put_text(&b, "inputName", value_field(input, "name"));
        context_put_text(&b, "inputValue", json_text(c, value_field(input, "value")));
        list_add(&list, value_context(&b));
    }
    return value_list(&list);
}

static Value rules_value(Call *c, Value table)
{
    ListBuilder list = list_builder(c->arena);
    Value rules = value_field(table, "rules");
    for (size_t i = 0; i < value_count(rules); i++) {
        Value rule = value_item(rules, i);
        ContextBuilder b = context_builder(c->arena);
        context_put_text(&b, "ruleId", value_string(value_get_string(rule, STR("id"))));
        context_put_text(&b, "ruleIndex", value_field(rule, "number"));
        context_put_text(&b, "evaluatedOutputs", value_list_of(c->arena, NULL, 0));
        list_add(&list, value_context(&b));
    }
    return value_list(&list);
}

static Value evaluated_value(Call *c, Value item, Value explanation, Value output, int64_t key)
{
    ContextBuilder b = context_builder(c->arena);
    Value table = value_item(value_field(explanation, "tables"), 0);
    bool is_table = !value_is_null(table);
    context_put_text(&b, "decisionDefinitionId", value_field(item, "decisionDefinitionId"));
    context_put_text(&b, "decisionDefinitionKey", value_field(item, "decisionDefinitionKey"));
    context_put_text(&b, "decisionDefinitionName", value_field(item, "name"));
    context_put_text(&b, "decisionDefinitionVersion", value_field(item, "version"));
    context_put_text(&b, "decisionDefinitionType",
                     value_string(is_table ? STR("DECISION_TABLE") : STR("LITERAL_EXPRESSION")));
    context_put_text(&b, "output", json_text(c, output));
    context_put_text(&b, "matchedRules", rules_value(c, table));
    context_put_text(&b, "evaluatedInputs", inputs_value(c, table));
    context_put_text(&b, "decisionEvaluationInstanceKey",
                     value_string(arena_printf(c->arena, "%lld-1", (long long)key)));
    v2_put_tenant(&b);
    return value_context(&b);
}

static Value failure_text(Call *c, const FeelRun *run, Value output)
{
    Buf text = buf_new(c->arena, 128);
    size_t kept = feel_reasons_kept(run);
    if (!value_is_null(output) || !kept)
        return value_null();
    feel_reason_text(&run->reasons[kept - 1], c->lang, true, &text);
    return value_string(buf_text(&text));
}

static void answer_evaluated(Call *c, Value item, Value explanation, Value output,
                             const FeelRun *run)
{
    ContextBuilder b = context_builder(c->arena);
    int64_t key = clock_now(clock_system()).us; /* nothing is kept under it */
    Value failure = failure_text(c, run, output);
    Value one = evaluated_value(c, item, explanation, output, key);
    context_put_text(&b, "decisionDefinitionId", value_field(item, "decisionDefinitionId"));
    context_put_text(&b, "decisionDefinitionKey", value_field(item, "decisionDefinitionKey"));
    context_put_text(&b, "decisionDefinitionName", value_field(item, "name"));
    context_put_text(&b, "decisionDefinitionVersion", value_field(item, "version"));
    context_put_text(&b, "decisionEvaluationKey", v2_key(c, key));
    context_put_text(&b, "decisionInstanceKey", v2_key(c, key));
    context_put_text(&b, "decisionRequirementsId", value_field(item, "decisionRequirementsId"));
    context_put_text(&b, "decisionRequirementsKey", value_field(item, "decisionRequirementsKey"));
    context_put_text(&b, "evaluatedDecisions", value_list_of(c->arena, &one, 1));
    context_put_text(&b, "failedDecisionDefinitionId",
                     value_is_null(failure) ? failure : value_field(item, "decisionDefinitionId"));
    context_put_text(&b, "failureMessage", failure);
    context_put_text(&b, "output", json_text(c, output));
    v2_put_tenant(&b);
    c->answer.body = value_context(&b);
}

bool v2_evaluate_decision(Call *c, Err *err)
{
    Value item, output = value_null(), explanation = value_null();
    if (!find_item(c, &item, err))
        return false;
    Str id = value_get_string(item, STR("decisionDefinitionId"));
    const DmnDecision *decision = process_decision_find(
        c->process, value_get_string(item, STR("decisionRequirementsId")),
        value_get_int(item, STR("version"), 0), id);
    if (!decision)
        return err_set(err, &fault_v2_decision_unknown, id);
    Arena *a = arena_open(DECISION_ARENA_BYTES);
    FeelRun run = feel_run_new(a, c->now);
    run.fuel = DECISION_FUEL;
    bool fine = dmn_explain(decision, v2_variables(c), &run, c->lang, &output, &explanation);
    if (fine)
        answer_evaluated(c, item, value_copy(c->arena, explanation),
                         value_copy(c->arena, feel_to_plain(a, output)), &run);
    else
        err_set(err, feel_reasons_kept(&run) ? run.reasons[feel_reasons_kept(&run) - 1].fault
                                             : &fault_answer_too_large);
    arena_close(a);
    return fine;
}
