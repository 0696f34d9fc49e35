/* machine.c - evaluators of names, lists, contexts, functions, calls and logic.
 *
 * Evaluating never fails loudly. A fault of the expression adds a reason to the run and gives
 * null. A limit sets run->stopped; from then on every loop ends at once and everything is null.
 * Memory comes from the run's arena through feel_take, which refuses as soon as the arena's limit
 * is reached, so scratch memory is never read back. The C stack is bounded by the heights of the
 * codes that are active: a call takes the callee's height from run->depth_left. */
#include "lang/feel/machine_int.h"

#include <string.h>

#define MACHINE_SMALL_LOCALS 12u
/* What a call costs beside the height of its body: the frames of the call itself, and of the
 * builtin that may stand between two calls (sort, list replace). */
#define MACHINE_CALL_LEVELS 16u

FeelEval *const feel_op_eval[FEEL_OP_COUNT] = {
#define X(name, eval) eval,
#include "lang/feel/feel_ops.def"
#undef X
};

Value feel_eval_custom(const FeelNode *n, FeelFrame *f) {
    (void)n;
    (void)f;
    check(!"a custom node has its own evaluator");
    return value_null();
}

Value feel_eval_constant(const FeelNode *n, FeelFrame *f) {
    (void)f;
    return n->constant;
}

Value feel_eval_slot(const FeelNode *n, FeelFrame *f) { return f->slots[n->index]; }
Value feel_eval_local(const FeelNode *n, FeelFrame *f) { return f->locals[n->index]; }
Value feel_eval_capture(const FeelNode *n, FeelFrame *f) { return f->captures[n->index]; }

/* A part of a boxed expression that did not compile gives null and says why. */
Value feel_eval_fault(const FeelNode *n, FeelFrame *f) {
    const Err *err = n->extra;
    return feel_fail(f->run, n, err->fault, err_arg(err, 0), err_arg(err, 1), err_arg(err, 2));
}

/* A name inside a filter whose item type is not known: the item's field if it has one. */
Value feel_eval_dynamic(const FeelNode *n, FeelFrame *f) {
    Value item = feel_eval(n->a, f), v;
    if (value_is(item, VALUE_CONTEXT) && value_find(item, n->name, &v)) return v;
    if (n->b != NULL) return feel_eval(n->b, f);
    if (value_is(item, VALUE_CONTEXT)) return value_null();
    return feel_fail(f->run, n, &fault_feel_name_unknown, n->name, STR_NONE, STR_NONE);
}

Value feel_eval_list(const FeelNode *n, FeelFrame *f) {
    if (n->count == 0) return feel_list_of(0, NULL);
    Value *items = feel_new_array(f->run, Value, n->count);
    if (items == NULL || !feel_burn(f->run, n, n->count)) return value_null();
    for (uint32_t i = 0; i < n->count; i++) items[i] = feel_eval(n->items[i], f);
    return feel_list_of(n->count, items);
}

/* A context, or with a result (boxed context) only the result. A function just made may call
 * itself by its key. */
Value feel_eval_context(const FeelNode *n, FeelFrame *f) {
    const uint32_t *locals = n->extra;
    ValueEntry *entries = NULL;
    if (!feel_burn(f->run, n, n->count)) return value_null();
    if (n->a == NULL && n->count > 0) {
        entries = feel_new_array(f->run, ValueEntry, n->count);
        if (entries == NULL) return value_null();
    }
    for (uint32_t i = 0; i < n->count; i++) {
        Value v = feel_eval(n->items[i], f);
        f->locals[locals[i]] = v;
        if (entries != NULL) entries[i] = (ValueEntry){n->names[i], v};
    }
    if (n->a != NULL) return feel_eval(n->a, f);
    return feel_context_of(n->count, entries);
}

/* ---- Paths. */

static Value path_of_list(FeelRun *run, const FeelNode *n, Value list, Str name) {
    Value *items = feel_new_array(run, Value, list.as.list.count);
    if (list.as.list.count == 0) return list;
    if (items == NULL || !feel_burn(run, n, (int64_t)list.as.list.count)) return value_null();
    for (size_t i = 0; i < list.as.list.count; i++) {
        Value item = list.as.list.items[i];
        items[i] = value_null();
        if (value_is(item, VALUE_CONTEXT)) items[i] = value_get(item, name);
        else if (value_is(item, VALUE_LIST)) items[i] = feel_path_step(run, n, item, name);
        else if (!value_is_null(item)) items[i] = feel_path_step(run, n, item, name);
    }
    return feel_list_of(list.as.list.count, items);
}

Value feel_path_step(FeelRun *run, const FeelNode *n, Value base, Str name) {
    Value v;
    bool known = false;
    if (value_is(base, VALUE_CONTEXT)) {
        if (value_find(base, name, &v)) return v;
        return feel_fail(run, n, &fault_feel_no_property, name, feel_kind_text(base), STR_NONE);
    }
    if (value_is(base, VALUE_LIST)) {
        if (run->depth_left == 0) return feel_stop(run, n, &fault_feel_depth);
        run->depth_left--;
        v = path_of_list(run, n, base, name);
        run->depth_left++;
        return v;
    }
    v = feel_property(run, base, name, &known);
    if (known) return v;
    return feel_fail(run, n, &fault_feel_no_property, name, feel_kind_text(base), STR_NONE);
}

Value feel_eval_path(const FeelNode *n, FeelFrame *f) {
    Value base = feel_eval(n->a, f), v;
    if (value_is(base, VALUE_CONTEXT) && value_find(base, n->name, &v)) return v;
    return feel_path_step(f->run, n, base, n->name);
}

/* ---- Functions. */

Value feel_eval_function(const FeelNode *n, FeelFrame *f) {
    const FeelCode *code = n->extra;
    FeelFunction *function = feel_take(f->run, 1, sizeof *function);
    if (function == NULL) return value_null();
    Value *captures = NULL, v = {.kind = VALUE_FUNCTION, .as.function = function};
    if (code->capture_count > 0) {
        captures = feel_new_array(f->run, Value, code->capture_count);
        if (captures == NULL) return value_null();
    }
    for (uint32_t i = 0; i < code->capture_count; i++) {
        uint32_t index = code->captures[i].index;
        switch (code->captures[i].from) {
        case FEEL_FROM_SLOT: captures[i] = f->slots[index]; break;
        case FEEL_FROM_LOCAL: captures[i] = f->locals[index]; break;
        case FEEL_FROM_CAPTURE: captures[i] = f->captures[index]; break;
        case FEEL_FROM_SELF: captures[i] = v; break;
        }
    }
    *function = (FeelFunction){.kind = FEEL_FUNCTION_USER, .code = code, .captures = captures};
    return v;
}

Value feel_code_run(const FeelCode *code, FeelRun *run, const Value *slots, const Value *captures,
                    const Value *args, size_t count, const FeelNode *at) {
    Value small[MACHINE_SMALL_LOCALS], *locals = small;
    uint32_t height = code->body->height + MACHINE_CALL_LEVELS;
    if (run->stopped) return value_null();
    if (run->depth_left < height) return feel_stop(run, at, &fault_feel_depth);
    if (code->local_count > MACHINE_SMALL_LOCALS) {
        locals = feel_new_array(run, Value, code->local_count);
        if (locals == NULL) return value_null();
    } else {
        memset(small, 0, code->local_count * sizeof *small);
    }
    check(count <= code->local_count || count == 0);
    if (count > 0) memcpy(locals, args, count * sizeof *args);
    run->depth_left -= height;
    FeelFrame frame = {run, slots, locals, captures};
    Value v = feel_eval(code->body, &frame);
    run->depth_left += height;
    return v;
}

/* Bring the given arguments into the order of the parameters. False: a name fits none. */
/* A parameter as it was declared and a name as it was written: blanks around symbols do not count
 * ("Bureau Data - score", "Bureau Data-score"). */
static bool same_name(Str a, Str b) {
    size_t i = 0, j = 0;
    if (str_equal(a, b)) return true;
    for (;;) {
        while (i < a.len && a.ptr[i] == ' ') i++;
        while (j < b.len && b.ptr[j] == ' ') j++;
        if (i == a.len || j == b.len) return i == a.len && j == b.len;
        if (a.ptr[i++] != b.ptr[j++]) return false;
    }
}

static bool call_by_name(const Str *parameters, size_t parameter_count, const Value *args,
                         const Str *names, size_t count, Value *ordered) {
    for (size_t i = 0; i < parameter_count; i++) ordered[i] = value_null();
    for (size_t i = 0; i < count; i++) {
        size_t j = 0;
        while (j < parameter_count && !same_name(parameters[j], names[i])) j++;
        if (j == parameter_count) return false;
        ordered[j] = args[i];
    }
    return true;
}

/* Clause 10.3.2.13: arguments conform to the parameter types, after implicit conversion. */
static bool call_coerce(FeelRun *run, const FeelNode *n, Str name, const Str *parameters,
                        const FeelType *const *types, Value *args, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (types == NULL || types[i] == NULL || value_is_null(args[i])) continue;
        if (feel_type_holds(types[i], args[i], run)) continue;
        Value v = args[i];
        bool single = value_is(v, VALUE_LIST) && v.as.list.count == 1;
        if (single && feel_type_holds(types[i], v.as.list.items[0], run)) {
            args[i] = v.as.list.items[0];
            continue;
        }
        if (types[i]->kind == FEEL_LIST && !value_is(v, VALUE_LIST)) {
            Value *item = feel_new_array(run, Value, 1);
            if (item == NULL) return false;
            *item = v;
            if (feel_type_holds(types[i], feel_list_of(1, item), run)) {
                args[i] = feel_list_of(1, item);
                continue;
            }
        }
        if (types[i]->kind == FEEL_DATE_TIME && value_is(v, VALUE_DATE)) {
            args[i] = feel_coerce(types[i], v, NULL, run);
            continue;
        }
        feel_fail(run, n, &fault_feel_argument, name, parameters[i], feel_brief(run, v));
        return false;
    }
    return true;
}

static Value call_user(const FeelFunction *function, const FeelNode *n, FeelRun *run,
                       const Value *args, const Str *names, size_t count) {
    const FeelCode *code = function->code;
    const FeelForeign *foreign =
        function->kind == FEEL_FUNCTION_FOREIGN ? function->foreign : code->external;
    const Str *parameters = code != NULL ? code->parameters : foreign->parameters;
    size_t parameter_count = code != NULL ? code->parameter_count : foreign->parameter_count;
    const FeelType *const *types = code != NULL
                                       ? (const FeelType *const *)code->parameter_types
                                       : foreign->parameter_types;
    Str name = code != NULL ? code->name : foreign->name;
    if (name.len == 0) name = STR("function");
    Value small[8], *ordered = small;
    if ((names == NULL && count != parameter_count) || count > parameter_count)
        return feel_fail(run, n, &fault_feel_arguments, name,
                         feel_number_text(run, (int64_t)count), STR_NONE);
    if (parameter_count > 8 &&
        (ordered = feel_new_array(run, Value, parameter_count)) == NULL)
        return value_null();
    if (names == NULL) {
        if (count > 0) memcpy(ordered, args, count * sizeof *args);
    } else if (!call_by_name(parameters, parameter_count, args, names, count, ordered)) {
        return feel_fail(run, n, &fault_feel_arguments, name, names[0], STR_NONE);
    }
    if (!call_coerce(run, n, name, parameters, types, ordered, parameter_count))
        return value_null();
    if (foreign != NULL) {
        FeelPlace place = {0};
        if (n != NULL && !run->dry) place = feel_node_place(n);
        if (run->depth_left < 64) return feel_stop(run, n, &fault_feel_depth);
        run->depth_left -= 32;
        Value v = foreign->call(foreign, ordered, run, &place);
        run->depth_left += 32;
        return v;
    }
    Value v = feel_code_run(code, run, NULL, function->captures, ordered, parameter_count, n);
    if (code->result != NULL) {
        FeelPlace place = {0};
        if (n != NULL) place = n->source->place;
        v = feel_coerce(code->result, v, &place, run);
    }
    return v;
}

Value feel_apply(Value function, const FeelNode *n, FeelRun *run, const Value *args,
                 const Str *names, size_t count) {
    if (!feel_burn(run, n, 1)) return value_null();
    if (!value_is(function, VALUE_FUNCTION))
        return feel_fail(run, n, &fault_feel_not_function, feel_brief(run, function), STR_NONE,
                         STR_NONE);
    const FeelFunction *f = function.as.function;
    if (f->kind == FEEL_FUNCTION_BUILTIN)
        return feel_builtin_call(f->builtin, n, run, args, names, count);
    return call_user(f, n, run, args, names, count);
}

static Value *call_arguments(const FeelNode *n, FeelFrame *f, Value *small, size_t small_count) {
    Value *args = small;
    if (n->count > small_count) {
        args = feel_new_array(f->run, Value, n->count);
        if (args == NULL) return NULL;
    }
    for (uint32_t i = 0; i < n->count; i++) args[i] = feel_eval(n->items[i], f);
    return args;
}

Value feel_eval_call(const FeelNode *n, FeelFrame *f) {
    Value small[6];
    Value function = feel_eval(n->a, f);
    Value *args = call_arguments(n, f, small, 6);
    if (args == NULL) return value_null();
    return feel_apply(function, n, f->run, args, n->names, n->count);
}

Value feel_eval_call_builtin(const FeelNode *n, FeelFrame *f) {
    Value small[6];
    Value *args = call_arguments(n, f, small, 6);
    if (args == NULL || !feel_burn(f->run, n, 1)) return value_null();
    return feel_builtin_call(n->extra, n, f->run, args, n->names, n->count);
}

/* ---- Conditions and logic (Tables 50 and 51). */

Value feel_eval_if(const FeelNode *n, FeelFrame *f) {
    Value condition = feel_eval(n->a, f);
    if (value_is(condition, VALUE_BOOLEAN))
        return feel_eval(condition.as.boolean ? n->b : n->c, f);
    if (value_is_null(condition)) return feel_eval(n->c, f);
    return feel_fail(f->run, n, &fault_feel_condition, feel_brief(f->run, condition), STR_NONE,
                     STR_NONE);
}

static bool logic_is_false(Value v) { return value_is(v, VALUE_BOOLEAN) && !v.as.boolean; }

/* Null of a logic operator: a reason when an operand was neither boolean nor null. */
static Value logic_null(const FeelNode *n, FeelRun *run, Value a, Value b) {
    bool odd = (!value_is_null(a) && !value_is(a, VALUE_BOOLEAN)) ||
               (!value_is_null(b) && !value_is(b, VALUE_BOOLEAN));
    if (!odd) return value_null();
    return feel_fail(run, n, &fault_feel_operands, n->op == FEEL_OP_AND ? STR("and") : STR("or"),
                     feel_kind_text(a), feel_kind_text(b));
}

Value feel_eval_and(const FeelNode *n, FeelFrame *f) {
    Value a = feel_eval(n->a, f);
    if (logic_is_false(a)) return a;
    Value b = feel_eval(n->b, f);
    if (logic_is_false(b)) return b;
    if (value_is_true(a) && value_is_true(b)) return a;
    return logic_null(n, f->run, a, b);
}

Value feel_eval_or(const FeelNode *n, FeelFrame *f) {
    Value a = feel_eval(n->a, f);
    if (value_is_true(a)) return a;
    Value b = feel_eval(n->b, f);
    if (value_is_true(b)) return b;
    if (logic_is_false(a) && logic_is_false(b)) return a;
    return logic_null(n, f->run, a, b);
}

Value feel_eval_instance_of(const FeelNode *n, FeelFrame *f) {
    Value v = feel_eval(n->a, f);
    const FeelType *t = n->extra;
    if (!n->flag || t == NULL)
        return feel_fail(f->run, n, &fault_feel_type_unknown, n->name, STR_NONE, STR_NONE);
    if (value_is_null(v)) return value_boolean(t->kind == FEEL_NULL);
    return value_boolean(feel_type_holds(t, v, f->run));
}

Value feel_eval_coerce(const FeelNode *n, FeelFrame *f) {
    Value v = feel_eval(n->a, f);
    if (value_is_null(v)) return v;
    const FeelType *t = n->extra;
    if (feel_type_holds(t, v, f->run)) return v;
    FeelPlace place = feel_node_place(n);
    return feel_coerce(t, v, &place, f->run);
}
