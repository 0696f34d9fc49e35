/* dmn.h - DMN models: XML text compiled once to a read-only model, decisions evaluated many times.
 *
 * dmn_load reads DMN 1.1 to 1.5. Only a text that is no DMN at all is refused; a fault inside one
 * element (an expression that does not compile, an unknown reference) is kept in the model's list
 * of faults, names element and place, and makes just that element give null with the reason.
 * Whoever must not run faulty models asks dmn_fault_count first. A model is read-only after
 * loading: any thread may evaluate, each with a FeelRun of its own.
 * Floor 3. */
#ifndef LANG_DMN_DMN_H
#define LANG_DMN_DMN_H

#include "lang/dmn/dmn_faults.h"
#include "lang/feel/feel.h"

#define DMN_RULES_MAX 100000u
#define DMN_COLUMNS_MAX 1000u       /* inputs, or outputs, of one table */
#define DMN_IMPORTS_MAX 64u         /* models reached through imports */
#define DMN_IMPORT_DEPTH_MAX 16u    /* imports inside imports */
#define DMN_ELEMENTS_MAX 20000u     /* of one model: input data, decisions, ... */
#define DMN_ITEMS_MAX 20000u        /* item definitions of one model */
#define DMN_REQUIREMENTS_MAX 4000u  /* of one element */
#define DMN_GRAPH_DEPTH_MAX 500u    /* elements requiring one another in a chain */
#define DMN_PROPERTIES_MAX 4000u    /* names of fields with blanks or symbols */
#define DMN_PARAMETERS_MAX 255u     /* of one function */
#define DMN_BOX_DEPTH_MAX 100u      /* boxes inside one another */
#define DMN_FAULTS_KEPT_MAX 1000u   /* faults of a model that are listed */
#define DMN_TABLE_INDEX_BYTES (4u << 20) /* of one column's bitmasks; larger columns are scanned */

typedef struct DmnModel DmnModel;
typedef struct DmnDecision DmnDecision;

/* Gives the text of an imported model by namespace (and the location hint, may be empty); false
 * with err when there is none. */
typedef bool DmnResolve(void *context, Arena *a, Str space, Str location, Str *text, Str *file,
                        Err *err);

typedef struct DmnOptions {
    Str file;            /* name for messages */
    DmnResolve *resolve; /* NULL: no imports */
    void *resolve_context;
    bool recursion; /* business knowledge models may call themselves */
} DmnOptions;

bool dmn_load(Arena *a, Str xml, const DmnOptions *options, const DmnModel **out, Err *err);
Str dmn_name(const DmnModel *m);
Str dmn_namespace(const DmnModel *m);
/* Faults found while loading the model and what it imports, each with element and place. */
size_t dmn_fault_count(const DmnModel *m);
const Err *dmn_fault(const DmnModel *m, size_t i);

/* ---- Decisions, in the order of the file. */
size_t dmn_decision_count(const DmnModel *m);
const DmnDecision *dmn_decision_at(const DmnModel *m, size_t i);
/* By id, else by name; NULL when there is none. */
const DmnDecision *dmn_decision_find(const DmnModel *m, Str id_or_name);
Str dmn_decision_id(const DmnDecision *d);
Str dmn_decision_name(const DmnDecision *d);
/* NULL: no type declared. */
const FeelType *dmn_decision_type(const DmnDecision *d);
/* The input data a decision needs, directly or through other decisions. */
size_t dmn_input_count(const DmnDecision *d);
Str dmn_input_name(const DmnDecision *d, size_t i);
const FeelType *dmn_input_type(const DmnDecision *d, size_t i);

/* ---- Evaluation. */
/* Evaluate with inputs by name from a context (plain values are read as the declared types;
 * imported inputs stand under the import's name). False when a limit ended the run; otherwise
 * *out, and the reasons in run. */
bool dmn_evaluate(const DmnDecision *d, Value inputs, FeelRun *run, Value *out);
/* The same with the values of the inputs in the order of dmn_input_name: no name is looked up. */
bool dmn_evaluate_slots(const DmnDecision *d, const Value *inputs, FeelRun *run, Value *out);
/* Invoke a decision service or business knowledge model by id or name with named arguments. */
bool dmn_invoke(const DmnModel *m, Str id_or_name, Value arguments, FeelRun *run, Value *out,
                Err *err);

#endif
