/* external.c - the functions of other languages that rules may name: a closed list of our own.
 *
 * A rule that says function(x) external {java: {class: ..., method signature: ...}} does not
 * reach any other machine: the pairs below are known and computed here; every other pair is a
 * function whose call gives null and a reason (10.3.2.13.3). Arguments are judged by the Java
 * types of the signature, as a caller through reflection would see them. */
#include "lang/feel/parse_int.h"

#include <string.h>

#define EXTERNAL_ARGUMENTS_MAX 16u

typedef Value ExternalBody(FeelRun *run, const Value *args, size_t count);

typedef struct External {
    const char *class_name, *method;
    const char *types; /* one letter a parameter: n number, s string, c one character, v rest */
    ExternalBody *body;
} External;

static Value external_max(FeelRun *run, const Value *args, size_t count) {
    (void)run;
    (void)count;
    return dec_compare(args[0].as.number, args[1].as.number) >= 0 ? args[0] : args[1];
}

static Value external_min(FeelRun *run, const Value *args, size_t count) {
    (void)run;
    (void)count;
    return dec_compare(args[0].as.number, args[1].as.number) <= 0 ? args[0] : args[1];
}

static Value external_abs(FeelRun *run, const Value *args, size_t count) {
    (void)run;
    (void)count;
    return value_number(dec_abs(args[0].as.number));
}

static Value external_same(FeelRun *run, const Value *args, size_t count) {
    (void)run;
    (void)count;
    return args[0];
}

static Value external_parse(FeelRun *run, const Value *args, size_t count) {
    Dec d;
    (void)run;
    (void)count;
    return dec_parse(args[0].as.string, &d) ? value_number(d) : value_null();
}

/* Sine and cosine by their series after reduction to (-pi, pi]; decimal throughout. */
static Value external_series(Dec x, bool cosine) {
    Dec pi2, turns, term, sum, square;
    if (!dec_parse(STR("6.283185307179586476925286766559006"), &pi2)) return value_null();
    if (!dec_divide(x, pi2, &turns) || !dec_round(turns, 0, ROUND_HALF_EVEN, &turns) ||
        !dec_multiply(turns, pi2, &turns) || !dec_subtract(x, turns, &x) ||
        !dec_multiply(x, x, &square))
        return value_null();
    sum = term = cosine ? dec_from_int(1) : x;
    for (int64_t n = cosine ? 1 : 2; n < 60; n += 2) {
        if (!dec_multiply(term, square, &term) ||
            !dec_divide(term, dec_from_int(n * (n + 1)), &term))
            break;
        term = dec_negate(term);
        if (dec_sign(term) == 0 || !dec_add(sum, term, &sum)) break;
    }
    return value_number(sum);
}

static Value external_cos(FeelRun *run, const Value *args, size_t count) {
    (void)run;
    (void)count;
    return external_series(args[0].as.number, true);
}

static Value external_sin(FeelRun *run, const Value *args, size_t count) {
    (void)run;
    (void)count;
    return external_series(args[0].as.number, false);
}

static Value external_sqrt(FeelRun *run, const Value *args, size_t count) {
    Dec d;
    (void)run;
    (void)count;
    return dec_sqrt(args[0].as.number, &d) ? value_number(d) : value_null();
}

static Value external_pow(FeelRun *run, const Value *args, size_t count) {
    Dec d;
    (void)run;
    (void)count;
    return dec_power(args[0].as.number, args[1].as.number, &d) ? value_number(d) : value_null();
}

/* String.format with %s, %d and %%. */
static Value external_format(FeelRun *run, const Value *args, size_t count) {
    Str f = args[0].as.string;
    Buf out = buf_new(run->arena, f.len + 32);
    ValueList rest = {count - 1, args + 1};
    if (count == 2 && value_is(args[1], VALUE_LIST)) rest = args[1].as.list;
    size_t next = 0;
    for (size_t i = 0; i < f.len; i++) {
        if (f.ptr[i] != '%') {
            buf_add_char(&out, f.ptr[i]);
            continue;
        }
        char kind = ++i < f.len ? f.ptr[i] : '\0';
        if (kind == '%') {
            buf_add_char(&out, '%');
        } else if ((kind == 's' || kind == 'd') && next < rest.count) {
            feel_write_value(rest.items[next++], false, 0, &out);
        } else {
            return value_null();
        }
    }
    if (buf_failed(&out) || arena_failed(run->arena))
        return feel_stop(run, NULL, &fault_feel_memory);
    return value_string(buf_text(&out));
}

static const External externals[] = {
    {"java.lang.Math", "max(double,double)", "nn", external_max},
    {"java.lang.Math", "max(float,float)", "nn", external_max},
    {"java.lang.Math", "max(int,int)", "nn", external_max},
    {"java.lang.Math", "max(long,long)", "nn", external_max},
    {"java.lang.Math", "min(double,double)", "nn", external_min},
    {"java.lang.Math", "min(float,float)", "nn", external_min},
    {"java.lang.Math", "min(int,int)", "nn", external_min},
    {"java.lang.Math", "min(long,long)", "nn", external_min},
    {"java.lang.Math", "abs(double)", "n", external_abs},
    {"java.lang.Math", "abs(int)", "n", external_abs},
    {"java.lang.Math", "abs(long)", "n", external_abs},
    {"java.lang.Math", "cos(double)", "n", external_cos},
    {"java.lang.Math", "sin(double)", "n", external_sin},
    {"java.lang.Math", "sqrt(double)", "n", external_sqrt},
    {"java.lang.Math", "pow(double,double)", "nn", external_pow},
    {"java.lang.Byte", "valueOf(byte)", "n", external_same},
    {"java.lang.Short", "valueOf(short)", "n", external_same},
    {"java.lang.Integer", "valueOf(int)", "n", external_same},
    {"java.lang.Long", "valueOf(long)", "n", external_same},
    {"java.lang.Float", "valueOf(float)", "n", external_same},
    {"java.lang.Double", "valueOf(double)", "n", external_same},
    {"java.lang.Byte", "valueOf(java.lang.String)", "s", external_parse},
    {"java.lang.Short", "valueOf(java.lang.String)", "s", external_parse},
    {"java.lang.Integer", "valueOf(java.lang.String)", "s", external_parse},
    {"java.lang.Long", "valueOf(java.lang.String)", "s", external_parse},
    {"java.lang.Float", "valueOf(java.lang.String)", "s", external_parse},
    {"java.lang.Double", "valueOf(java.lang.String)", "s", external_parse},
    {"java.lang.String", "valueOf(char)", "c", external_same},
    {"java.lang.String", "format(java.lang.String,[Ljava.lang.Object;)", "sv", external_format},
};

static bool external_fits(const External *e, const Value *args, size_t count) {
    size_t arity = strlen(e->types);
    if (count < arity) return false;
    for (size_t i = 0; i < count; i++) {
        char letter = i < arity ? e->types[i] : e->types[arity - 1];
        if (i >= arity && letter != 'v') return false;
        if (letter == 'n' && !value_is(args[i], VALUE_NUMBER)) return false;
        if ((letter == 's' || letter == 'c') && !value_is(args[i], VALUE_STRING)) return false;
        if (letter == 'c' && utf8_count(args[i].as.string) != 1) return false;
    }
    return true;
}

static Value external_call(const FeelForeign *f, const Value *args, FeelRun *run,
                           const FeelPlace *place) {
    const External *e = f->data;
    Value v = value_null();
    if (e != NULL && external_fits(e, args, f->parameter_count))
        v = e->body(run, args, f->parameter_count);
    if (value_is_null(v) && !run->stopped)
        feel_reason_add(run, &fault_feel_external, place, f->name,
                        e == NULL ? STR("it is not known") : STR("the arguments do not fit"),
                        STR_NONE);
    return v;
}

/* The text without blanks, for comparing signatures. */
static Str external_squeeze(Arena *a, Str s) {
    Buf b = buf_new(a, s.len + 1);
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] != ' ' && s.ptr[i] != '\t' && s.ptr[i] != '\n') buf_add_char(&b, s.ptr[i]);
    return buf_text(&b);
}

static Str external_text(const FeelNode *context, Str key) {
    Value v;
    if (context == NULL || context->op != FEEL_OP_CONTEXT) return STR_NONE;
    for (uint32_t i = 0; i < context->count; i++)
        if (str_equal(context->names[i], key) && feel_node_constant(context->items[i], &v) &&
            value_is(v, VALUE_STRING))
            return v.as.string;
    return STR_NONE;
}

const FeelForeign *feel_external_find(Arena *a, const FeelNode *mapping, const FeelCode *code) {
    const FeelNode *java = mapping;
    if (mapping != NULL && mapping->op == FEEL_OP_CONTEXT)
        for (uint32_t i = 0; i < mapping->count; i++)
            if (str_equal(mapping->names[i], STR("java"))) java = mapping->items[i];
    Str class_name = external_text(java, STR("class"));
    Str method = external_squeeze(a, external_text(java, STR("method signature")));
    FeelForeign *f = arena_new(a, FeelForeign);
    f->name = arena_printf(a, "%.*s.%.*s", STR_ARG(class_name), STR_ARG(method));
    f->parameters = code->parameters;
    f->parameter_types = (const FeelType *const *)code->parameter_types;
    f->parameter_count = code->parameter_count;
    f->call = external_call;
    for (size_t i = 0; i < sizeof externals / sizeof externals[0]; i++)
        if (str_equal(class_name, str_from(externals[i].class_name)) &&
            str_equal(method, str_from(externals[i].method)))
            f->data = &externals[i];
    return f;
}
