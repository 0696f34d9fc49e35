/* feel_int.h - the inside of FEEL: nodes, code, frames, functions, builtins.
 *
 * Text becomes a tree of FeelNodes in one pass (parse*.c over scope.c); link.c gives every node
 * its evaluator, its height and folds constants. Evaluating a node is one indirect call:
 * node->eval(node, frame). A frame is what one activation of a FeelCode sees: the program's
 * slots (only in the outermost code), its locals, and the values its closure captured.
 * Nothing here is changed after linking. Floor 3, used inside lang/feel and, for boxed
 * expressions, through feel_build.h. */
#ifndef LANG_FEEL_FEEL_INT_H
#define LANG_FEEL_FEEL_INT_H

#include "base/check.h"
#include "lang/feel/feel.h"
#include "lang/feel/feel_build.h"

typedef struct FeelCode FeelCode;
typedef struct FeelBuiltin FeelBuiltin;
typedef struct FeelFrame FeelFrame;

#define FEEL_OP_ENUM(name, eval) FEEL_OP_##name,
typedef enum FeelOp {
#define X FEEL_OP_ENUM
#include "lang/feel/feel_ops.def"
#undef X
    FEEL_OP_COUNT
} FeelOp;

/* One text of the user's. Places are found from a byte offset when a reason is made. */
typedef struct FeelSource {
    FeelPlace place; /* of the first character */
    Str text;
} FeelSource;

/* One node. Which fields are meant stands beside each op in feel_ops.def. */
struct FeelNode {
    FeelEval *eval;
    uint16_t op;
    bool uses_item;  /* filter: the condition reads the item; for: the body reads "partial" */
    bool uses_input; /* a test: it reads "?" itself */
    bool flag, flag2;
    uint32_t height; /* 1 + the highest child: what one evaluation may nest */
    uint32_t offset; /* byte offset in the text of the source */
    const FeelSource *source;
    const FeelType *type; /* what is known of the value */
    FeelNode *a, *b, *c;
    FeelNode **items;
    uint32_t count;
    uint32_t index;
    Str name;
    Str *names;
    const void *extra;
    const void *prepared; /* call of a builtin: its pattern, when that is constant */
    Value constant;
};

struct FeelFrame {
    FeelRun *run;
    const Value *slots;
    Value *locals;
    const Value *captures;
};

typedef enum FeelFrom {
    FEEL_FROM_SLOT,
    FEEL_FROM_LOCAL,
    FEEL_FROM_CAPTURE,
    FEEL_FROM_SELF,
} FeelFrom;

typedef struct FeelCapture {
    FeelFrom from;
    uint32_t index; /* in the enclosing code */
} FeelCapture;

/* The body of a function (or of a whole program). Locals 0.. are the parameters. */
struct FeelCode {
    Str name;
    FeelNode *body;
    Str *parameters;
    const FeelType **parameter_types;
    uint32_t parameter_count;
    uint32_t local_count;
    FeelCapture *captures;
    uint32_t capture_count;
    const FeelType *result;
    const FeelForeign *external; /* instead of a body: a function of another language */
    const FeelSource *source;
    bool strict_types; /* arguments are coerced to the parameter types (DMN bindings) */
};

struct FeelProgram {
    FeelCode *code;
    Str *slots;
    const FeelType **slot_types;
    size_t slot_count;
    bool unary; /* local 0 is the input "?" */
    const FeelSource *source;
    const FeelReason *notes; /* operations that can never work */
    size_t note_count;
};

/* The variables of a for, some or every. */
typedef struct FeelLoop {
    uint32_t *locals; /* one an iterator */
    uint32_t partial; /* local of "partial" */
} FeelLoop;

typedef enum FeelUnary {
    FEEL_UNARY_LESS,
    FEEL_UNARY_LESS_EQUAL,
    FEEL_UNARY_GREATER,
    FEEL_UNARY_GREATER_EQUAL,
    FEEL_UNARY_EQUAL,
    FEEL_UNARY_NOT_EQUAL,
} FeelUnary;
/* A one-sided range ("> 5"), or the forms "= 5" and "!= 5" (both ends absent and equal). */
Value feel_unary_range(FeelRun *run, FeelUnary op, Value endpoint);

typedef enum FeelFunctionKind {
    FEEL_FUNCTION_USER,
    FEEL_FUNCTION_BUILTIN,
    FEEL_FUNCTION_FOREIGN,
} FeelFunctionKind;

struct FeelFunction {
    FeelFunctionKind kind;
    const FeelCode *code;
    Value *captures;
    const FeelBuiltin *builtin;
    const FeelForeign *foreign;
};

/* ---- Builtins: one row in feel_builtins.def, one C function. */
typedef struct FeelCall {
    FeelRun *run;
    const FeelNode *node; /* the call, for places; NULL outside a program */
    const FeelBuiltin *builtin;
    const Value *args; /* in the order of the parameters; left out ones are null */
    size_t count;      /* at least the number of parameters of the signature */
} FeelCall;
typedef Value FeelBuiltinBody(FeelCall *c);

#define FEEL_BUILTIN_PARAMETERS_MAX 12
/* Types: one letter a parameter: n number, s string, b boolean, l list, c context, f function,
 * r range, t anything but null, v anything, d date, D date and time, i time, u any duration,
 * m days and time duration, p a date or a date and time; "?" behind it: may be left out or null;
 * "*" behind the last: any number of it, at least one. */
struct FeelBuiltin {
    const char *name;
    const char *parameters; /* names with commas between */
    const char *types;
    FeelBuiltinBody *body;
};
extern const FeelBuiltin feel_builtins[];
extern const size_t feel_builtin_count;
/* All signatures of a name are consecutive rows; NULL when there is none. */
const FeelBuiltin *feel_builtin_find(Str name);
/* How many parameters, and may there be more? */
size_t feel_builtin_arity(const FeelBuiltin *b, bool *variadic);
/* Is there a signature for so many arguments, or for these names (NULL: positional)? */
bool feel_builtin_takes(const FeelBuiltin *b, const Str *names, size_t count);
/* null with a reason: the builtin has no result for these arguments. */
Value feel_call_fail(FeelCall *c);
Value feel_call_fail_text(FeelCall *c, const Fault *fault, Str a, Str b);
/* What a call with constant arguments may prepare when it is compiled. */
void feel_builtin_prepare(Arena *a, FeelNode *call);
/* Choose the signature and call; names NULL: positional. */
Value feel_builtin_call(const FeelBuiltin *b, const FeelNode *node, FeelRun *run,
                        const Value *args, const Str *names, size_t count);

/* ---- Machine. */
static inline Value feel_eval(const FeelNode *n, FeelFrame *f) { return n->eval(n, f); }
extern FeelEval *const feel_op_eval[FEEL_OP_COUNT];
/* null and a reason at the node. */
Value feel_fail(FeelRun *run, const FeelNode *n, const Fault *fault, Str a, Str b, Str c);
/* Arena memory, NULL (and stopped) when the limit was reached. */
void *feel_take(FeelRun *run, size_t count, size_t size);
#define feel_new_array(run, Type, count) ((Type *)feel_take((run), (count), sizeof(Type)))
/* A value as a short text for messages. */
Str feel_brief(FeelRun *run, Value v);
Str feel_kind_text(Value v);
Str feel_number_text(FeelRun *run, int64_t n);
/* Apply a function value. names NULL: positional. */
Value feel_apply(Value function, const FeelNode *n, FeelRun *run, const Value *args,
                 const Str *names, size_t count);

typedef struct FeelItems {
    FeelRun *run;
    Value *items;
    size_t count, capacity;
} FeelItems;
bool feel_items_add(FeelItems *l, Value v);
Value feel_items_value(const FeelItems *l);
Value feel_list_of(size_t count, const Value *items);
Value feel_context_of(size_t count, const ValueEntry *entries);

/* ---- Operators (arithmetic.c, compare.c). false: no such operation; *why may name a reason. */
typedef enum FeelArithmetic {
    FEEL_ADD,
    FEEL_SUBTRACT,
    FEEL_MULTIPLY,
    FEEL_DIVIDE,
    FEEL_POWER,
} FeelArithmetic;
bool feel_arithmetic(FeelRun *run, FeelArithmetic op, Value a, Value b, Value *out,
                     const char **why);
/* -2: not comparable, else the sign of a - b. */
int feel_compare(Value a, Value b);
#define FEEL_INCOMPARABLE (-2)
/* Equality with a budget of items: -1 null, 0, 1. */
int feel_equal_run(FeelRun *run, Value a, Value b);
/* Is a in the range: -1 null. */
int feel_in_range(const ValueRange *r, Value v);
bool feel_is(Value a, Value b);

/* ---- Types (type.c). */
const FeelType *feel_type_of_kind(FeelTypeKind kind);
FeelTypeKind feel_kind_of_value(Value v);
const FeelType *feel_type_field(const FeelType *t, Str name);
const FeelType *feel_type_list(Arena *a, const FeelType *element);
/* What values of both types have in common (NULL: nothing is known), and the list of that of all
 * items; NULL when there are none. */
const FeelType *feel_type_common(Arena *a, const FeelType *t, const FeelType *s);
const FeelType *feel_type_of_items(Arena *a, FeelNode *const *items, size_t count);
/* Kind and structure only, constraints not judged. */
bool feel_type_fits(const FeelType *t, Value v, FeelRun *run, unsigned depth);

/* ---- Temporal values (temporal*.c). */
bool feel_parse_date(Str s, Value *out);
bool feel_parse_time(Str s, Value *out);
bool feel_parse_date_time(Str s, Value *out);
bool feel_parse_duration(Str s, Value *out);
void feel_write_temporal(Value v, Buf *out);
/* Seconds and nanoseconds since the epoch; local values count as UTC. */
void feel_date_time_instant(Value v, int64_t *second, int64_t *nano);
/* The offset of a zone name index at the value's own date, in seconds. */
TimeParts feel_parts_of(Value v); /* date, time or date and time */
bool feel_year_valid(int64_t day);
/* day + months by the rule of DMN 10.3.2.x; false when out of range. */
bool feel_add_months(int64_t day, int64_t months, int64_t *out);
/* Shift a date and time by seconds and nanoseconds on its own line of time. */
bool feel_shift(Value v, int64_t seconds, int64_t nanos, Value *out);
bool feel_duration_to_dec(Value v, Dec *out); /* seconds */
bool feel_duration_from_dec(Dec seconds, Value *out);
Value feel_property(FeelRun *run, Value v, Str name, bool *known);

/* ---- Texts of values (show_value.c). */
void feel_write_value(Value v, bool quoted, unsigned depth, Buf *out);

/* ---- Regular expressions (regex.c). */
typedef struct FeelRegex FeelRegex;
typedef struct FeelPattern FeelPattern;
/* Compile a pattern that is constant with its program; NULL when it is not valid. */
const FeelPattern *feel_regex_prepare(Arena *a, Str pattern, Str flags);
/* Pattern and flags of XPath, or what node has prepared, for matches in text (which bounds the
 * steps of all of them together); NULL with *why when they are not valid. */
FeelRegex *feel_regex_open(FeelRun *run, const FeelNode *node, Str pattern, Str flags, Str text,
                           const char **why);
/* Find the next match at or behind *at; false when there is none (or a limit: run->stopped). */
bool feel_regex_next(FeelRegex *r, FeelRun *run, Str text, size_t at, size_t *from, size_t *to);
/* Group g of the last match. */
Str feel_regex_group(const FeelRegex *r, Str text, size_t g);
size_t feel_regex_group_count(const FeelRegex *r);
void feel_regex_close(FeelRegex *r);

#endif
