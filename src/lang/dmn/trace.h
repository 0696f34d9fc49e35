/* trace.h - hearing which rules of which tables were hit during a run.
 *
 * Whoever wants to explain a decision puts a DmnTrace into FeelRun.listener; every decision table
 * evaluated in the run then tells its hits, wherever it stands: in a decision, a box inside one, a
 * knowledge model, a service. Without a listener it costs one comparison. Floor 3, inside
 * lang/dmn. */
#ifndef LANG_DMN_TRACE_H
#define LANG_DMN_TRACE_H

#include "lang/dmn/table_int.h"

/* One table evaluated once. Everything lives in the run's arena. */
typedef struct DmnHit {
    const DmnTable *table;
    const Value *inputs;  /* of the columns */
    const uint32_t *rules; /* hit, in the order of the table */
    size_t rule_count;
    Value result;
    bool told; /* for whoever tells the hits */
    struct DmnHit *next; /* evaluated later */
} DmnHit;

typedef struct DmnTrace {
    DmnHit *first, *last;
    size_t count;
} DmnTrace;

#define DMN_TRACE_HITS_MAX 10000u /* tables heard in one run; later ones are only counted */

/* Tell the run's listener; n is the table's node, evaluated in f. */
void dmn_trace_table(const FeelNode *n, struct FeelFrame *f, const uint32_t *rules,
                     size_t rule_count, Value result);

#endif
