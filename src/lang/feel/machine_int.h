/* machine_int.h - the evaluators, one an op. Floor 3, inside lang/feel. */
#ifndef LANG_FEEL_MACHINE_INT_H
#define LANG_FEEL_MACHINE_INT_H

#include "lang/feel/feel_int.h"

#define X(name, eval) FeelEval eval;
#include "lang/feel/feel_ops.def"
#undef X

/* A path step on a value (also on the items of a list); NULL node: no reasons. */
Value feel_path_step(FeelRun *run, const FeelNode *n, Value base, Str name);
/* Run a code with locals[0..] = args; captures may be NULL. */
Value feel_code_run(const FeelCode *code, FeelRun *run, const Value *slots, const Value *captures,
                    const Value *args, size_t count, const FeelNode *at);

#endif
