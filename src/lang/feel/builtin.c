/* builtin.c - the list of builtin functions, and how a call finds its signature.
 *
 * A builtin is one row in feel_builtins.def and one C function; a name with several signatures
 * has several rows, one after the other. Arguments are matched with the types of each row in
 * turn: first as they are, then with the implicit conversion from a singleton list, and a single
 * value where a list is wanted. What fits no row is null with a reason (10.3.2.13.1). */
#include "lang/feel/builtin_int.h"

#include <string.h>

const FeelBuiltin feel_builtins[] = {
#define X(name, parameters, types, body) {name, parameters, types, body},
#include "lang/feel/feel_builtins.def"
#undef X
};
const size_t feel_builtin_count = sizeof feel_builtins / sizeof feel_builtins[0];

const FeelBuiltin *feel_builtin_find(Str name) {
    size_t low = 0, high = feel_builtin_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_compare(str_from(feel_builtins[middle].name), name) < 0) low = middle + 1;
        else high = middle;
    }
    bool found = low < feel_builtin_count &&
                 str_equal(str_from(feel_builtins[low].name), name);
    return found ? &feel_builtins[low] : NULL;
}

typedef struct Parameter {
    char letter;
    bool optional, variadic;
} Parameter;

static size_t builtin_types(const FeelBuiltin *b, Parameter out[FEEL_BUILTIN_PARAMETERS_MAX]) {
    size_t count = 0;
    for (const char *t = b->types; *t != '\0'; t++) {
        if (*t == '?') out[count - 1].optional = true;
        else if (*t == '*') out[count - 1].variadic = true;
        else out[count++] = (Parameter){*t, false, false};
    }
    return count;
}

size_t feel_builtin_arity(const FeelBuiltin *b, bool *variadic) {
    Parameter parameters[FEEL_BUILTIN_PARAMETERS_MAX];
    size_t count = builtin_types(b, parameters);
    *variadic = count > 0 && parameters[count - 1].variadic;
    return count;
}

static bool builtin_fits(char letter, Value v) {
    switch (letter) {
    case 'n': return value_is(v, VALUE_NUMBER);
    case 's': return value_is(v, VALUE_STRING);
    case 'b': return value_is(v, VALUE_BOOLEAN);
    case 'l': return value_is(v, VALUE_LIST);
    case 'c': return value_is(v, VALUE_CONTEXT);
    case 'f': return value_is(v, VALUE_FUNCTION);
    case 'r': return value_is(v, VALUE_RANGE);
    case 'd': return value_is(v, VALUE_DATE);
    case 'D': return value_is(v, VALUE_DATE_TIME);
    case 'i': return value_is(v, VALUE_TIME);
    case 'p': return value_is(v, VALUE_DATE) || value_is(v, VALUE_DATE_TIME);
    case 'm': return value_is(v, VALUE_TIME_DURATION);
    case 'u': return value_is(v, VALUE_TIME_DURATION) || value_is(v, VALUE_MONTHS_DURATION);
    case 't': return !value_is_null(v);
    case 'v': return true;
    default: check(!"unknown parameter type"); return false;
    }
}

/* Convert where allowed; false: the argument does not fit. */
static bool builtin_convert(FeelRun *run, char letter, bool convert, Value *v) {
    if (builtin_fits(letter, *v)) return true;
    if (!convert || value_is_null(*v)) return false;
    if (value_is(*v, VALUE_LIST) && v->as.list.count == 1 &&
        builtin_fits(letter, v->as.list.items[0])) {
        *v = v->as.list.items[0];
        return true;
    }
    if (letter != 'l') return false;
    Value *single = feel_new_array(run, Value, 1);
    if (single == NULL) return false;
    *single = *v;
    *v = feel_list_of(1, single);
    return true;
}

/* The arguments in the order of the parameters; false: they do not fit this row. */
static bool builtin_arrange(const FeelBuiltin *b, FeelRun *run, const Value *args,
                            const Str *names, size_t count, bool convert, Value *ordered,
                            size_t *ordered_count) {
    Parameter parameters[FEEL_BUILTIN_PARAMETERS_MAX];
    size_t arity = builtin_types(b, parameters);
    bool variadic = arity > 0 && parameters[arity - 1].variadic;
    bool given[FEEL_BUILTIN_PARAMETERS_MAX] = {false};
    if ((!variadic || names != NULL) && count > arity) return false;
    *ordered_count = count > arity ? count : arity;
    for (size_t i = 0; i < *ordered_count; i++) ordered[i] = value_null();
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        if (names != NULL) {
            Str rest = str_from(b->parameters);
            for (at = 0; at < arity; at++)
                if (str_equal(str_split(&rest, ','), names[i])) break;
            if (at == arity) return false;
        }
        ordered[at] = args[i];
        if (at < arity) given[at] = true;
    }
    for (size_t i = 0; i < *ordered_count; i++) {
        const Parameter *p = &parameters[i < arity ? i : arity - 1];
        if (i < arity && !given[i] && !p->optional) return false;
        if (p->optional && value_is_null(ordered[i])) continue;
        if (!builtin_convert(run, p->letter, convert, &ordered[i])) return false;
    }
    return true;
}

bool feel_builtin_takes(const FeelBuiltin *b, const Str *names, size_t count) {
    for (const FeelBuiltin *row = b;
         row < feel_builtins + feel_builtin_count && strcmp(row->name, b->name) == 0; row++) {
        Parameter parameters[FEEL_BUILTIN_PARAMETERS_MAX];
        size_t arity = builtin_types(row, parameters), least = 0, known = 0;
        bool variadic = arity > 0 && parameters[arity - 1].variadic;
        for (size_t i = 0; i < arity; i++) least += !parameters[i].optional;
        if (count < least || (count > arity && (!variadic || names != NULL))) continue;
        for (size_t i = 0; names != NULL && i < count; i++) {
            Str rest = str_from(row->parameters);
            bool found = false;
            for (size_t j = 0; j < arity && !found; j++)
                found = str_equal(str_split(&rest, ','), names[i]);
            known += found;
        }
        if (names == NULL || known == count) return true;
    }
    return false;
}

static Str builtin_kinds(FeelRun *run, const Value *args, const Str *names, size_t count) {
    if (run->dry || run->stopped || run->reason_count >= FEEL_REASONS_MAX) return STR_NONE;
    Buf b = buf_new(run->arena, 64);
    for (size_t i = 0; i < count && b.len < 120; i++) {
        if (i > 0) buf_add_text(&b, ", ");
        if (names != NULL) {
            buf_add(&b, names[i]);
            buf_add_text(&b, ": ");
        }
        buf_add(&b, feel_kind_text(args[i]));
    }
    if (count == 0) buf_add_text(&b, "()");
    return buf_text(&b);
}

Value feel_builtin_call(const FeelBuiltin *b, const FeelNode *node, FeelRun *run,
                        const Value *args, const Str *names, size_t count) {
    Value small[FEEL_BUILTIN_PARAMETERS_MAX], *ordered = small;
    size_t ordered_count;
    if (count > FEEL_BUILTIN_PARAMETERS_MAX &&
        (ordered = feel_new_array(run, Value, count)) == NULL)
        return value_null();
    if (!feel_burn(run, node, (int64_t)count)) return value_null();
    for (int convert = 0; convert < 2; convert++)
        for (const FeelBuiltin *row = b;
             row < feel_builtins + feel_builtin_count && strcmp(row->name, b->name) == 0; row++)
            if (builtin_arrange(row, run, args, names, count, convert == 1, ordered,
                                &ordered_count)) {
                FeelCall call = {run, node, row, ordered, ordered_count};
                return row->body(&call);
            }
    return feel_fail(run, node, &fault_feel_arguments, str_from(b->name),
                     builtin_kinds(run, args, names, count), STR_NONE);
}

Value feel_call_fail_text(FeelCall *c, const Fault *fault, Str a, Str b) {
    return feel_fail(c->run, c->node, fault, a, b, STR_NONE);
}

Value feel_call_fail(FeelCall *c) {
    Buf b = buf_new(c->run->arena, 0);
    if (!c->run->dry && !c->run->stopped && c->run->reason_count < FEEL_REASONS_MAX)
        for (size_t i = 0; i < c->count && b.len < 120; i++) {
            if (i > 0) buf_add_text(&b, ", ");
            buf_add(&b, feel_brief(c->run, c->args[i]));
        }
    return feel_call_fail_text(c, &fault_feel_no_value, str_from(c->builtin->name),
                               buf_text(&b));
}

bool call_int(FeelCall *c, size_t i, int64_t *out) {
    return value_is(c->args[i], VALUE_NUMBER) && dec_to_int64(c->args[i].as.number, out);
}
