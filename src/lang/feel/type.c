/* type.c - the lattice of types: names, conformance of values, conversions (10.3.2.9).
 *
 * A value conforms to a type when its kind fits and, for lists, contexts and ranges, its parts do;
 * a context may have more fields than the type asks for, and a field that is missing or null
 * conforms. Item definitions add allowed values: a unary test that every non-null value must
 * pass. Types may refer to themselves (a tree's children), so walks are bounded by depth. */
#include "lang/feel/machine_int.h"

#define TYPE_DEPTH_MAX 200u

static const FeelType types[] = {
    [FEEL_ANY] = {.kind = FEEL_ANY, .name = {"Any", 3}},
    [FEEL_NULL] = {.kind = FEEL_NULL, .name = {"Null", 4}},
    [FEEL_BOOLEAN] = {.kind = FEEL_BOOLEAN, .name = {"boolean", 7}},
    [FEEL_NUMBER] = {.kind = FEEL_NUMBER, .name = {"number", 6}},
    [FEEL_STRING] = {.kind = FEEL_STRING, .name = {"string", 6}},
    [FEEL_DATE] = {.kind = FEEL_DATE, .name = {"date", 4}},
    [FEEL_TIME] = {.kind = FEEL_TIME, .name = {"time", 4}},
    [FEEL_DATE_TIME] = {.kind = FEEL_DATE_TIME, .name = {"date and time", 13}},
    [FEEL_MONTHS_DURATION] = {.kind = FEEL_MONTHS_DURATION,
                              .name = {"years and months duration", 25}},
    [FEEL_TIME_DURATION] = {.kind = FEEL_TIME_DURATION, .name = {"days and time duration", 22}},
    [FEEL_LIST] = {.kind = FEEL_LIST},
    [FEEL_CONTEXT] = {.kind = FEEL_CONTEXT},
    [FEEL_RANGE] = {.kind = FEEL_RANGE},
    [FEEL_FUNCTION] = {.kind = FEEL_FUNCTION, .any_parameters = true},
};

const FeelType *feel_type_of_kind(FeelTypeKind kind) { return &types[kind]; }

FeelTypeKind feel_kind_of_value(Value v) {
    static const uint8_t kinds[VALUE_KIND_COUNT] = {
        [VALUE_NULL] = FEEL_NULL, [VALUE_BOOLEAN] = FEEL_BOOLEAN, [VALUE_NUMBER] = FEEL_NUMBER,
        [VALUE_STRING] = FEEL_STRING, [VALUE_LIST] = FEEL_LIST, [VALUE_CONTEXT] = FEEL_CONTEXT,
        [VALUE_DATE] = FEEL_DATE, [VALUE_TIME] = FEEL_TIME, [VALUE_DATE_TIME] = FEEL_DATE_TIME,
        [VALUE_MONTHS_DURATION] = FEEL_MONTHS_DURATION,
        [VALUE_TIME_DURATION] = FEEL_TIME_DURATION, [VALUE_RANGE] = FEEL_RANGE,
        [VALUE_FUNCTION] = FEEL_FUNCTION};
    return (FeelTypeKind)kinds[v.kind];
}

const FeelType *feel_type_named(Str text) {
    static const struct { const char *alias; FeelTypeKind kind; } aliases[] = {
        {"dateTime", FEEL_DATE_TIME}, {"date time", FEEL_DATE_TIME},
        {"dayTimeDuration", FEEL_TIME_DURATION}, {"yearMonthDuration", FEEL_MONTHS_DURATION},
        {"days and time duration", FEEL_TIME_DURATION}};
    for (size_t i = 0; i < FEEL_LIST; i++)
        if (str_equal(types[i].name, text)) return &types[i];
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
        if (str_equal(str_from(aliases[i].alias), text)) return &types[aliases[i].kind];
    return NULL;
}

const FeelType *feel_type_field(const FeelType *t, Str name) {
    if (t == NULL || t->kind != FEEL_CONTEXT) return NULL;
    for (size_t i = 0; i < t->field_count; i++)
        if (str_equal(t->fields[i].name, name)) return t->fields[i].type;
    return NULL;
}

const FeelType *feel_type_list(Arena *a, const FeelType *element) {
    FeelType *t = arena_new(a, FeelType);
    *t = (FeelType){.kind = FEEL_LIST, .element = element};
    return t;
}

/* ---- What two values of two types have in common: for the items of a list, the branches of a
 * choice. Contexts are merged, because a name that only one of them has is still a name that may
 * stand behind a dot or in a filter. NULL: nothing is known. */

static const FeelType *type_common(Arena *a, const FeelType *t, const FeelType *s, unsigned depth);

static const FeelType *type_merged(Arena *a, const FeelType *t, const FeelType *s, unsigned depth) {
    FeelField *fields = arena_new_array(a, FeelField, t->field_count + s->field_count + 1);
    size_t count = 0;
    if (fields == NULL) return NULL;
    for (size_t i = 0; i < t->field_count; i++) {
        const FeelType *other = feel_type_field(s, t->fields[i].name);
        fields[count] = t->fields[i];
        fields[count++].type = type_common(a, t->fields[i].type, other, depth + 1);
    }
    for (size_t i = 0; i < s->field_count; i++) {
        bool both = false;
        for (size_t j = 0; j < t->field_count; j++)
            both = both || str_equal(t->fields[j].name, s->fields[i].name);
        if (!both) fields[count++] = (FeelField){s->fields[i].name, NULL};
    }
    FeelType *merged = arena_new(a, FeelType);
    *merged = (FeelType){.kind = FEEL_CONTEXT, .fields = fields, .field_count = count};
    return merged;
}

static const FeelType *type_common(Arena *a, const FeelType *t, const FeelType *s, unsigned depth) {
    if (t == s) return t;
    if (t == NULL || s == NULL || depth > TYPE_DEPTH_MAX) return NULL;
    if (t->kind == FEEL_NULL) return s;
    if (s->kind == FEEL_NULL) return t;
    if (t->kind != s->kind || t->allowed != NULL || s->allowed != NULL) return NULL;
    if (t->kind == FEEL_LIST)
        return feel_type_list(a, type_common(a, t->element, s->element, depth + 1));
    if (t->kind == FEEL_CONTEXT) return type_merged(a, t, s, depth);
    return t->kind < FEEL_LIST ? t : NULL;
}

const FeelType *feel_type_common(Arena *a, const FeelType *t, const FeelType *s) {
    return type_common(a, t, s, 0);
}

const FeelType *feel_type_of_items(Arena *a, FeelNode *const *items, size_t count) {
    if (count == 0) return NULL;
    const FeelType *t = items[0]->type;
    for (size_t i = 1; i < count && t != NULL; i++) t = feel_type_common(a, t, items[i]->type);
    return t != NULL ? feel_type_list(a, t) : NULL;
}

/* ---- Conformance of types, for function values. */

static bool type_conforms(const FeelType *t, const FeelType *s, unsigned depth) {
    if (s == NULL || s->kind == FEEL_ANY || t == s) return true;
    if (t == NULL || t->kind == FEEL_ANY) return false;
    if (t->kind == FEEL_NULL) return true;
    if (t->kind != s->kind || depth > TYPE_DEPTH_MAX) return false;
    if (t->kind == FEEL_LIST || t->kind == FEEL_RANGE)
        return type_conforms(t->element, s->element, depth + 1);
    if (t->kind == FEEL_CONTEXT) {
        for (size_t i = 0; i < s->field_count; i++) {
            const FeelField *field = NULL;
            for (size_t j = 0; j < t->field_count; j++)
                if (str_equal(t->fields[j].name, s->fields[i].name)) field = &t->fields[j];
            if (field == NULL || !type_conforms(field->type, s->fields[i].type, depth + 1))
                return false;
        }
        return true;
    }
    if (t->kind == FEEL_FUNCTION) {
        if (s->any_parameters) return true;
        if (t->field_count != s->field_count) return false;
        for (size_t i = 0; i < t->field_count; i++)
            if (!type_conforms(s->fields[i].type, t->fields[i].type, depth + 1)) return false;
        return type_conforms(t->element, s->element, depth + 1);
    }
    return true;
}

static bool type_of_function(const FeelType *t, const FeelFunction *f, unsigned depth) {
    if (t->any_parameters) return true;
    if (f->kind == FEEL_FUNCTION_BUILTIN) {
        bool variadic;
        return feel_builtin_arity(f->builtin, &variadic) == t->field_count || variadic;
    }
    size_t count = f->code != NULL ? f->code->parameter_count : f->foreign->parameter_count;
    const FeelType *const *parameter_types =
        f->code != NULL ? (const FeelType *const *)f->code->parameter_types
                        : f->foreign->parameter_types;
    if (count != t->field_count) return false;
    for (size_t i = 0; i < count; i++)
        if (!type_conforms(t->fields[i].type,
                           parameter_types != NULL ? parameter_types[i] : NULL, depth + 1))
            return false;
    const FeelType *result = NULL;
    if (f->code != NULL && f->code->result != NULL) result = f->code->result;
    else if (f->code != NULL && f->code->body != NULL) result = f->code->body->type;
    /* A result of which nothing is known may well be what is wanted. */
    return result == NULL || type_conforms(result, t->element, depth + 1);
}

/* ---- Conformance of values. */

static bool type_fits(const FeelType *t, Value v, FeelRun *run, bool constraints, unsigned depth);

static bool type_fits_parts(const FeelType *t, Value v, FeelRun *run, bool constraints,
                            unsigned depth) {
    switch (t->kind) {
    case FEEL_LIST:
        if (t->element == NULL || t->element->kind == FEEL_ANY) return true;
        if (run != NULL && !feel_burn(run, NULL, (int64_t)v.as.list.count)) return false;
        for (size_t i = 0; i < v.as.list.count; i++)
            if (!value_is_null(v.as.list.items[i]) &&
                !type_fits(t->element, v.as.list.items[i], run, constraints, depth + 1))
                return false;
        return true;
    case FEEL_CONTEXT:
        if (run != NULL && !feel_burn(run, NULL, (int64_t)t->field_count)) return false;
        for (size_t i = 0; i < t->field_count; i++) {
            Value field;
            if (!value_find(v, t->fields[i].name, &field)) return false;
            if (!value_is_null(field) &&
                !type_fits(t->fields[i].type, field, run, constraints, depth + 1))
                return false;
        }
        return true;
    case FEEL_RANGE: {
        const ValueRange *r = v.as.range;
        return t->element == NULL ||
               ((value_is_null(r->low) || type_fits(t->element, r->low, run, false, depth + 1)) &&
                (value_is_null(r->high) ||
                 type_fits(t->element, r->high, run, false, depth + 1)));
    }
    case FEEL_FUNCTION: return type_of_function(t, v.as.function, depth);
    default: return true;
    }
}

static bool type_fits(const FeelType *t, Value v, FeelRun *run, bool constraints,
                      unsigned depth) {
    if (t == NULL) return true;
    if (depth > TYPE_DEPTH_MAX) return false;
    if (value_is_null(v)) return t->kind == FEEL_ANY || t->kind == FEEL_NULL;
    if (t->kind != FEEL_ANY && feel_kind_of_value(v) != t->kind) return false;
    if (!type_fits_parts(t, v, run, constraints, depth)) return false;
    if (!constraints || t->allowed == NULL || run == NULL) return true;
    Value holds;
    return feel_unary_run(t->allowed, v, NULL, run, &holds) && value_is_true(holds);
}

bool feel_type_holds(const FeelType *t, Value v, FeelRun *run) {
    return type_fits(t, v, run, true, 0);
}

bool feel_type_fits(const FeelType *t, Value v, FeelRun *run, unsigned depth) {
    return type_fits(t, v, run, false, depth);
}

void feel_type_write(const FeelType *t, Buf *out) {
    if (t == NULL) {
        buf_add_text(out, "Any");
    } else if (t->name.len > 0) {
        buf_add(out, t->name);
    } else if (t->kind == FEEL_LIST || t->kind == FEEL_RANGE) {
        buf_add(out, t->kind == FEEL_LIST ? STR("list<") : STR("range<"));
        feel_type_write(t->element, out);
        buf_add_char(out, '>');
    } else if (t->kind == FEEL_CONTEXT) {
        buf_add_text(out, "context");
        for (size_t i = 0; i < t->field_count; i++) {
            buf_add(out, i == 0 ? STR("<") : STR(", "));
            buf_add(out, t->fields[i].name);
            buf_add_text(out, ": ");
            feel_type_write(t->fields[i].type, out);
        }
        if (t->field_count > 0) buf_add_char(out, '>');
    } else {
        buf_add_text(out, "function");
    }
}

/* ---- Conversions. */

static Value coerce_fail(const FeelType *t, Value v, const FeelPlace *place, FeelRun *run) {
    if (run->stopped) return value_null();
    Str name = STR_NONE;
    if (!run->dry && run->reason_count < FEEL_REASONS_MAX) {
        Buf b = buf_new(run->arena, 32);
        feel_type_write(t, &b);
        name = buf_text(&b);
    }
    bool kind = feel_type_fits(t, v, run, 0);
    feel_reason_add(run, kind ? &fault_feel_not_allowed : &fault_feel_type_mismatch, place,
                    feel_brief(run, v), name, STR_NONE);
    return value_null();
}

Value feel_coerce(const FeelType *t, Value v, const FeelPlace *place, FeelRun *run) {
    if (t == NULL || value_is_null(v) || feel_type_holds(t, v, run)) return v;
    if (run->stopped) return value_null();
    if (value_is(v, VALUE_LIST) && v.as.list.count == 1 && t->kind != FEEL_LIST) {
        Value single = v.as.list.items[0];
        if (!value_is_null(single) && feel_type_holds(t, single, run)) return single;
    }
    if (t->kind == FEEL_LIST && !value_is(v, VALUE_LIST)) {
        Value *item = feel_new_array(run, Value, 1);
        if (item == NULL) return value_null();
        *item = v;
        if (feel_type_holds(t, feel_list_of(1, item), run)) return feel_list_of(1, item);
    }
    if (t->kind == FEEL_DATE_TIME && value_is(v, VALUE_DATE)) {
        Value at = value_date_time((TimeParts){.day = v.as.day, .zone = ZONE_OFFSET});
        if (feel_type_holds(t, at, run)) return at;
    }
    return coerce_fail(t, v, place, run);
}

/* Plain data from outside: strings where the type wants a date, time or duration. */
Value feel_from_plain(const FeelType *t, Value v, FeelRun *run) {
    if (t == NULL || run->stopped) return v;
    Value parsed;
    if (value_is(v, VALUE_STRING)) {
        bool ok = false;
        switch (t->kind) {
        case FEEL_DATE: ok = feel_parse_date(v.as.string, &parsed); break;
        case FEEL_TIME: ok = feel_parse_time(v.as.string, &parsed); break;
        case FEEL_DATE_TIME: ok = feel_parse_date_time(v.as.string, &parsed); break;
        case FEEL_MONTHS_DURATION: case FEEL_TIME_DURATION:
            ok = feel_parse_duration(v.as.string, &parsed);
            break;
        default: break;
        }
        return ok ? parsed : v;
    }
    if (value_is(v, VALUE_LIST) && t->kind == FEEL_LIST && t->element != NULL) {
        FeelItems items = {.run = run};
        for (size_t i = 0; i < v.as.list.count; i++)
            if (!feel_items_add(&items, feel_from_plain(t->element, v.as.list.items[i], run)))
                return value_null();
        return feel_items_value(&items);
    }
    if (value_is(v, VALUE_CONTEXT) && t->kind == FEEL_CONTEXT && t->field_count > 0) {
        ValueEntry *entries = feel_new_array(run, ValueEntry, v.as.context.count);
        if (entries == NULL) return value_null();
        for (size_t i = 0; i < v.as.context.count; i++) {
            entries[i] = v.as.context.entries[i];
            entries[i].value =
                feel_from_plain(feel_type_field(t, entries[i].key), entries[i].value, run);
        }
        return feel_context_of(v.as.context.count, entries);
    }
    return v;
}
