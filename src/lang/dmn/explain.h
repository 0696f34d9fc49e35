/* explain.h - why a decision came out as it did, in words that a clerk can read.
 *
 * An explanation is a plain value:
 *
 *     { decision, name, outcome, text,
 *       tables: [ { policy, text,
 *                   inputs: [ { name, value, decided } ],
 *                   rules:  [ { number, id, note, text } ] } ],
 *       requires: [ the same shape, one for each decision and knowledge model below ],
 *       elsewhere: [ { element, tables } ],
 *       changes: [ { input, from, to, outcome, text } ] }
 *
 * tables are those evaluated for this decision, in order; rules those that were hit, with their
 * annotations as note; an input is decided when a rule that was hit asks something of it. changes
 * (of the topmost decision only) has for each input the nearest value that turns the outcome, all
 * other inputs left as they are; explain_change.c says what "turns" and "nearest" mean.
 * elsewhere has what was evaluated inside decision services, whose inputs are not those of the
 * decision. Texts are in one language; names, values and notes are the model's.
 * Floor 3. Any thread. */
#ifndef LANG_DMN_EXPLAIN_H
#define LANG_DMN_EXPLAIN_H

#include "lang/dmn/dmn.h"

#define DMN_EXPLAIN_ELEMENTS_MAX 200u    /* required elements told */
#define DMN_EXPLAIN_INPUTS_MAX 64u       /* inputs, fields of contexts included, that are varied */
#define DMN_EXPLAIN_EVALUATIONS_MAX 8000u /* for all changes together */
#define DMN_EXPLAIN_BYTES ((size_t)64 << 20) /* memory of one trial */

/* Evaluate d and explain. run is the run of the evaluation: its arena holds the explanation, its
 * fuel is also spent on the trials. False when a limit ended the evaluation itself. */
bool dmn_explain(const DmnDecision *d, Value inputs, FeelRun *run, Lang lang, Value *result,
                 Value *explanation);

#endif
