/* check_types.c - what the types known at compile time tell: operations that can never work.
 *
 * FEEL gives null for an operation on the wrong types, so that a text with one is no fault; but
 * "fee" + 1 has no value for any input, and its author should hear of it before it is used. Each
 * linked node is looked at once. There is no table of types here: the operation is tried on a
 * sample of each operand's type, with the operators of the machine, so the two cannot disagree.
 * A type that is not known, or Any, or Null, says nothing. The same trial gives the types of
 * results, which makes more of the tree known. */
#include "lang/feel/parse_int.h"

#define CHECK_NOTES_MAX 100u

/* A value for which an operation works if it works for any value of the kind. Points of time
 * have an offset, because a date counts as one that has. False: the type says nothing. */
static bool check_sample(const FeelNode *n, Value *out) {
    static const TimeParts noon = {.nano = 43200000000000, .zone = ZONE_OFFSET};
    if (n == NULL || n->type == NULL) return false;
    switch (n->type->kind) {
    case FEEL_BOOLEAN: *out = value_boolean(true); return true;
    case FEEL_NUMBER: *out = value_int(1); return true;
    case FEEL_STRING: *out = value_string(STR("a")); return true;
    case FEEL_DATE: *out = value_date((Day){0}); return true;
    case FEEL_TIME: *out = value_time(noon); return true;
    case FEEL_DATE_TIME: *out = value_date_time(noon); return true;
    case FEEL_MONTHS_DURATION: *out = value_months_duration(1); return true;
    case FEEL_TIME_DURATION: *out = value_time_duration(1, 0); return true;
    case FEEL_LIST: *out = feel_list_of(0, NULL); return true;
    case FEEL_CONTEXT: *out = feel_context_of(0, NULL); return true;
    default: return false;
    }
}

static void check_note(FeelBuilder *b, const FeelNode *n, const Fault *fault, Str first,
                       Str second, Str third) {
    if (b->note_count == CHECK_NOTES_MAX || arena_failed(b->arena)) return;
    if (b->notes == NULL) b->notes = arena_new_array(b->arena, FeelReason, CHECK_NOTES_MAX);
    if (b->notes == NULL) return;
    FeelPlace place = feel_node_place(n);
    /* What follows "in (" is read twice when it turns out to be an interval. */
    for (size_t i = 0; i < b->note_count; i++)
        if (b->notes[i].place.line == place.line && b->notes[i].place.column == place.column &&
            b->notes[i].fault == fault && str_equal(b->notes[i].place.element, place.element))
            return;
    b->notes[b->note_count++] = (FeelReason){fault, {first, second, third}, place};
}

static void check_arithmetic(FeelBuilder *b, FeelNode *n, FeelArithmetic op, const char *sign) {
    Value x, y, v;
    const char *why;
    FeelRun run = {.arena = b->arena, .fuel = 100, .depth_left = 1, .dry = true};
    if (!check_sample(n->a, &x) || !check_sample(n->b, &y)) return;
    if (!feel_arithmetic(&run, op, x, y, &v, &why))
        check_note(b, n, &fault_feel_operands, str_from(sign), feel_kind_text(x),
                   feel_kind_text(y));
    else if (n->type == NULL && !value_is_null(v))
        n->type = feel_type_of_kind(feel_kind_of_value(v));
}

static void check_comparison(FeelBuilder *b, FeelNode *n, bool order) {
    Value x, y;
    n->type = feel_type_of_kind(FEEL_BOOLEAN);
    if (!check_sample(n->a, &x) || !check_sample(n->b, &y)) return;
    bool works = order ? feel_compare(x, y) != FEEL_INCOMPARABLE : feel_equal(x, y) >= 0;
    if (!works)
        check_note(b, n, &fault_feel_comparison, feel_kind_text(x), feel_kind_text(y), STR_NONE);
}

static void check_condition(FeelBuilder *b, const FeelNode *condition, const Fault *fault,
                            Str what) {
    Value v;
    if (!check_sample(condition, &v) || value_is(v, VALUE_BOOLEAN)) return;
    bool named = what.len > 0;
    check_note(b, condition, fault, named ? what : feel_kind_text(v),
               named ? feel_kind_text(v) : STR_NONE, STR_NONE);
}

static void check_negation(FeelBuilder *b, FeelNode *n) {
    Value v;
    if (!check_sample(n->a, &v)) return;
    bool works = value_is(v, VALUE_NUMBER) || value_is(v, VALUE_MONTHS_DURATION) ||
                 value_is(v, VALUE_TIME_DURATION);
    if (works) n->type = feel_type_of_kind(feel_kind_of_value(v));
    else check_note(b, n, &fault_feel_operand, STR("-"), feel_kind_text(v), STR_NONE);
}

void check_node(FeelBuilder *b, FeelNode *n) {
    switch ((FeelOp)n->op) {
    case FEEL_OP_ADD: check_arithmetic(b, n, FEEL_ADD, "+"); break;
    case FEEL_OP_SUBTRACT: check_arithmetic(b, n, FEEL_SUBTRACT, "-"); break;
    case FEEL_OP_MULTIPLY: check_arithmetic(b, n, FEEL_MULTIPLY, "*"); break;
    case FEEL_OP_DIVIDE: check_arithmetic(b, n, FEEL_DIVIDE, "/"); break;
    case FEEL_OP_POWER: check_arithmetic(b, n, FEEL_POWER, "**"); break;
    case FEEL_OP_NEGATE: check_negation(b, n); break;
    case FEEL_OP_EQUAL: case FEEL_OP_NOT_EQUAL: check_comparison(b, n, false); break;
    case FEEL_OP_LESS: case FEEL_OP_LESS_EQUAL: case FEEL_OP_GREATER: case FEEL_OP_GREATER_EQUAL:
        check_comparison(b, n, true);
        break;
    case FEEL_OP_AND: case FEEL_OP_OR: {
        Str word = n->op == FEEL_OP_AND ? STR("and") : STR("or");
        n->type = feel_type_of_kind(FEEL_BOOLEAN);
        check_condition(b, n->a, &fault_feel_operand, word);
        check_condition(b, n->b, &fault_feel_operand, word);
        break;
    }
    case FEEL_OP_IF: check_condition(b, n->a, &fault_feel_condition, STR_NONE); break;
    case FEEL_OP_CALL: {
        Value v;
        if (check_sample(n->a, &v))
            check_note(b, n, &fault_feel_not_function, feel_kind_text(v), STR_NONE, STR_NONE);
        break;
    }
    case FEEL_OP_CALL_BUILTIN:
        if (!feel_builtin_takes(n->extra, n->names, n->count))
            check_note(b, n, &fault_feel_arguments, str_from(((const FeelBuiltin *)n->extra)->name),
                       n->names != NULL ? n->names[0] : arena_printf(b->arena, "%u", n->count),
                       STR_NONE);
        break;
    default: break;
    }
}
