/* feel_build.h - building programs that are not one text: boxed expressions.
 *
 * A FeelBuilder holds the scope while a tree is made; lang/dmn pushes names, parses the texts in
 * the boxes, joins the nodes with the functions below, and ends with a program. It is the second
 * door of lang/feel, for lang/dmn only. Floor 3. */
#ifndef LANG_FEEL_FEEL_BUILD_H
#define LANG_FEEL_FEEL_BUILD_H

#include "lang/feel/feel.h"

typedef struct FeelBuilder FeelBuilder;
typedef struct FeelNode FeelNode;
struct FeelFrame;
typedef Value FeelEval(const FeelNode *n, struct FeelFrame *f);

/* A function of another language, or a decision service: called with the arguments in the order
 * of its parameters. */
typedef struct FeelForeign FeelForeign;
struct FeelForeign {
    Str name;
    const Str *parameters;
    const FeelType *const *parameter_types;
    size_t parameter_count;
    Value (*call)(const FeelForeign *f, const Value *args, FeelRun *run, const FeelPlace *place);
    const void *data;
};
Value feel_foreign_value(Arena *a, const FeelForeign *f);

FeelBuilder *feel_build_begin(Arena *a, const FeelScope *scope, FeelPlace place, Err *err);
/* The program may be a function body with parameters ("?" for unary tests). */
bool feel_build_end(FeelBuilder *b, FeelNode *root, const FeelProgram **out);
/* Where the next nodes stand. */
void feel_build_place(FeelBuilder *b, FeelPlace place);
FeelPlace feel_node_place(const FeelNode *n);

/* Parse a text in the present scope. NULL on a fault (err is filled). */
FeelNode *feel_build_text(FeelBuilder *b, Str text, FeelPlace place);
/* The same, but a text that does not compile becomes a node that gives null and the reason; *err
 * (clear before) then has the fault. */
FeelNode *feel_build_text_or_fault(FeelBuilder *b, Str text, FeelPlace place, Err *err);
/* Unary tests over the innermost "?" (feel_build_input or a local of that name first). */
FeelNode *feel_build_tests(FeelBuilder *b, Str text, FeelPlace place);
/* The program will be unary tests, run by feel_unary_run: its first local is "?". */
void feel_build_input(FeelBuilder *b);

/* Blocks of names. Every push gives the number of a local; pop ends the innermost block. */
void feel_build_block(FeelBuilder *b);
uint32_t feel_build_local(FeelBuilder *b, Str name, const FeelType *type);
/* Another name for a local that is already there. */
void feel_build_alias(FeelBuilder *b, Str name, uint32_t local, const FeelType *type);
void feel_build_pop(FeelBuilder *b);

FeelNode *feel_build_constant(FeelBuilder *b, Value v);
FeelNode *feel_build_list(FeelBuilder *b, FeelNode **items, size_t count);
/* Entries are evaluated in order into locals[i]; result (may be NULL) is the value instead. An
 * entry with an empty name is not part of the context. */
FeelNode *feel_build_context(FeelBuilder *b, const Str *names, const uint32_t *locals,
                             FeelNode **values, size_t count, FeelNode *result);
FeelNode *feel_build_call(FeelBuilder *b, FeelNode *callee, const Str *names, FeelNode **args,
                          size_t count);
FeelNode *feel_build_if(FeelBuilder *b, FeelNode *condition, FeelNode *then, FeelNode *otherwise);
/* A filter: push with feel_build_filter_begin (the list is parsed), pop with _end. */
void feel_build_filter_begin(FeelBuilder *b, const FeelNode *list);
FeelNode *feel_build_filter_end(FeelBuilder *b, FeelNode *list, FeelNode *condition);
/* An iterator: kind is "for", "some" or "every"; the variable is pushed by _begin. */
void feel_build_iterator_begin(FeelBuilder *b, Str variable, const FeelNode *collection);
FeelNode *feel_build_iterator_end(FeelBuilder *b, Str kind, FeelNode *collection, FeelNode *body);
/* The value brought to a declared type; null with a reason when it does not fit. */
FeelNode *feel_build_coerce(FeelBuilder *b, FeelNode *value, const FeelType *type);
/* A function definition: begin pushes the parameters, end makes the node. self: the name under
 * which the body may call itself (empty: it may not). */
void feel_build_function_begin(FeelBuilder *b, const FeelName *parameters, size_t count, Str self);
FeelNode *feel_build_function_end(FeelBuilder *b, FeelNode *body, const FeelType *result);
/* The function just made is one of another language: its body is the mapping information. */
void feel_build_external(FeelBuilder *b, FeelNode *function);
FeelNode *feel_build_foreign(FeelBuilder *b, const FeelForeign *f);
/* A node evaluated by the caller's function: children are evaluated through
 * feel_build_eval_child; data is the caller's. */
FeelNode *feel_build_custom(FeelBuilder *b, FeelEval *eval, FeelNode **children, size_t count,
                            const void *data, const char *label);
Value feel_child_eval(const FeelNode *n, size_t i, struct FeelFrame *f);
const FeelNode *feel_node_child(const FeelNode *n, size_t i);
const void *feel_node_data(const FeelNode *n);
FeelRun *feel_frame_run(struct FeelFrame *f);
void feel_frame_set(struct FeelFrame *f, uint32_t local, Value v);
/* Take fuel; false (and the run is stopped) when there is none left. n may be NULL. */
bool feel_burn(FeelRun *run, const FeelNode *n, int64_t steps);
/* End the run because of a limit; gives null. n may be NULL. */
Value feel_stop(FeelRun *run, const FeelNode *n, const Fault *fault);
/* One positive unary test, FEEL's "input in test": -1 null, 0 false, 1 true. */
int feel_test(FeelRun *run, Value input, Value test);
/* Aggregates of the collect hit policy by their FEEL functions: "sum", "min", "max", "count". */
Value feel_aggregate(Str function, Value list, const FeelPlace *place, FeelRun *run);
/* The tree of a program, for those who judge what it does. */
const FeelNode *feel_program_node(const FeelProgram *p);
/* A constant node's value. */
bool feel_node_constant(const FeelNode *n, Value *out);
/* Unary tests that only compare the input with constants, as feel_test does: how many, and are
 * they negated? The cell "-" has none and is not negated. False for all other nodes. */
bool feel_node_tests(const FeelNode *n, size_t *count, bool *negated);
Value feel_node_test(const FeelNode *n, size_t i);
const FeelType *feel_node_type(const FeelNode *n);
void feel_node_set_type(FeelNode *n, const FeelType *type);
/* The names declared so far that hold blanks or symbols behind a dot. */
void feel_build_property(FeelBuilder *b, Str name);

/* Parse a type name or type expression with the scope's types; NULL when unknown. */
const FeelType *feel_build_type(FeelBuilder *b, Str text);

#endif
