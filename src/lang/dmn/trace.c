/* trace.c - one record for each decision table evaluated while somebody listens.
 *
 * The values of the columns are evaluated once more for the record, with reasons switched off and
 * their count restored, so that listening changes neither results nor reasons; it costs fuel. */
#include "lang/dmn/trace.h"

void dmn_trace_table(const FeelNode *n, struct FeelFrame *f, const uint32_t *rules,
                     size_t rule_count, Value result) {
    const DmnTable *t = feel_node_data(n);
    FeelRun *run = feel_frame_run(f);
    DmnTrace *trace = run->listener;
    if (run->stopped || trace->count++ >= DMN_TRACE_HITS_MAX) return;
    DmnHit *hit = arena_new(run->arena, DmnHit);
    Value *inputs = arena_new_array(run->arena, Value, t->input_count + 1);
    uint32_t *kept = arena_new_array(run->arena, uint32_t, rule_count + 1);
    if (inputs == NULL || kept == NULL || arena_failed(run->arena)) return;
    size_t reasons = run->reason_count;
    bool dry = run->dry;
    run->dry = true;
    run->listener = NULL;
    for (size_t i = 0; i < t->input_count; i++) inputs[i] = feel_child_eval(n, i, f);
    run->listener = trace;
    run->dry = dry;
    if (!run->stopped) run->reason_count = reasons;
    for (size_t i = 0; i < rule_count; i++) kept[i] = rules[i];
    *hit = (DmnHit){.table = t, .inputs = inputs, .rules = kept, .rule_count = rule_count,
                    .result = result};
    if (trace->last != NULL) trace->last->next = hit;
    else trace->first = hit;
    trace->last = hit;
}
