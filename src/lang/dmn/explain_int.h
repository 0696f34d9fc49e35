/* explain_int.h - the inside of explanations. Floor 3, inside lang/dmn. */
#ifndef LANG_DMN_EXPLAIN_INT_H
#define LANG_DMN_EXPLAIN_INT_H

#include "lang/dmn/explain.h"
#include "lang/dmn/trace.h"

/* An evaluation as far as comparing outcomes needs it. */
typedef struct ExplainOutcome {
    Value result;
    uint64_t rules; /* hash of the tables evaluated and the rules hit in them */
    size_t tables;
    size_t reasons;
} ExplainOutcome;

/* One input, or a field of one, that a change is looked for. */
typedef struct ExplainChange {
    Str path;   /* "applicant.age" */
    Value from, to;
    Value outcome;
    bool found;
} ExplainChange;

/* Evaluate with a listener. The result and the hits live in run's arena. */
bool explain_evaluate(const DmnDecision *d, Value inputs, FeelRun *run, DmnTrace *trace,
                      ExplainOutcome *out);
/* The nearest turning change of every input; the array lives in run's arena. */
size_t explain_changes(const DmnDecision *d, Value inputs, const ExplainOutcome *base,
                       FeelRun *run, ExplainChange **out);

#endif
