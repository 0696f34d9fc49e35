/* link.c - the last step of compiling: evaluators, heights, constants.
 *
 * node_link is called once for every node, children first. It sets the evaluator from the list
 * of ops, and the height, from which the machine knows beforehand how deep one evaluation
 * nests. A node whose children are all constant and whose operation neither looks at the clock
 * nor fails is evaluated here and replaced by its value. */
#include "lang/feel/parse_int.h"

#define LINK_FOLD_FUEL 2000
#define LINK_FOLD_COUNT_MAX 4096u
#define LINK_FOLD_DEPTH 64u

FeelNode *node_new(FeelBuilder *b, const FeelSource *source, size_t offset, FeelOp op) {
    FeelNode *n = arena_new(b->arena, FeelNode);
    n->op = (uint16_t)op;
    n->source = source;
    n->offset = (uint32_t)offset;
    return n;
}

FeelNode *node_constant(FeelBuilder *b, const FeelSource *source, size_t offset, Value v) {
    FeelNode *n = node_new(b, source, offset, FEEL_OP_CONSTANT);
    n->constant = v;
    if (value_kind(v) < VALUE_KIND_COUNT && !value_is_null(v))
        n->type = feel_type_of_kind(feel_kind_of_value(v));
    return node_link(b, n);
}

/* Ops that may be folded: pure, and their whole meaning stands in a, b, c and items. */
static bool link_foldable(const FeelNode *n) {
    switch ((FeelOp)n->op) {
    case FEEL_OP_LIST: return n->count > 0 && n->count <= LINK_FOLD_COUNT_MAX;
    case FEEL_OP_RANGE: case FEEL_OP_UNARY_RANGE: case FEEL_OP_EQUAL: case FEEL_OP_NOT_EQUAL:
    case FEEL_OP_LESS: case FEEL_OP_LESS_EQUAL: case FEEL_OP_GREATER:
    case FEEL_OP_GREATER_EQUAL: case FEEL_OP_BETWEEN: case FEEL_OP_ADD: case FEEL_OP_SUBTRACT:
    case FEEL_OP_MULTIPLY: case FEEL_OP_DIVIDE: case FEEL_OP_POWER: case FEEL_OP_NEGATE:
    case FEEL_OP_AND: case FEEL_OP_OR: case FEEL_OP_PATH:
        return true;
    case FEEL_OP_CALL_BUILTIN: {
        const FeelBuiltin *builtin = n->extra;
        Str name = str_from(builtin->name);
        return n->count > 0 && !str_equal(name, STR("now")) && !str_equal(name, STR("today"));
    }
    default: return false;
    }
}

static bool link_constant_child(const FeelNode *child) {
    return child == NULL || (child->op == FEEL_OP_CONSTANT &&
                             !value_is(child->constant, VALUE_FUNCTION));
}

static FeelNode *link_fold(FeelBuilder *b, FeelNode *n) {
    if (!link_foldable(n) || !link_constant_child(n->a) || !link_constant_child(n->b) ||
        !link_constant_child(n->c))
        return n;
    for (uint32_t i = 0; i < n->count; i++)
        if (!link_constant_child(n->items[i])) return n;
    FeelRun run = {
        .arena = b->arena, .fuel = LINK_FOLD_FUEL, .depth_left = LINK_FOLD_DEPTH, .dry = true};
    FeelFrame frame = {.run = &run};
    Value v = n->eval(n, &frame);
    if (run.stopped || run.reason_count > 0 || arena_failed(b->arena)) return n;
    if (value_is(v, VALUE_FUNCTION)) return n;
    FeelNode *constant = node_new(b, n->source, n->offset, FEEL_OP_CONSTANT);
    constant->constant = v;
    constant->type = n->type != NULL || value_is_null(v) ? n->type
                     : value_is(v, VALUE_LIST) || value_is(v, VALUE_CONTEXT)
                         ? NULL
                         : feel_type_of_kind(feel_kind_of_value(v));
    constant->eval = feel_op_eval[FEEL_OP_CONSTANT];
    constant->height = 1;
    return constant;
}

FeelNode *node_link(FeelBuilder *b, FeelNode *n) {
    if (n == NULL) return NULL;
    if (n->eval == NULL) n->eval = feel_op_eval[n->op];
    check(n->eval != NULL);
    uint32_t height = 0;
    FeelNode *const children[] = {n->a, n->b, n->c};
    for (size_t i = 0; i < 3; i++)
        if (children[i] != NULL && children[i]->height > height) height = children[i]->height;
    for (uint32_t i = 0; i < n->count; i++)
        if (n->items[i] != NULL && n->items[i]->height > height) height = n->items[i]->height;
    if (n->op == FEEL_OP_FOR || n->op == FEEL_OP_SOME || n->op == FEEL_OP_EVERY) {
        for (uint32_t i = 0; i < n->count * 2; i++)
            if (n->items[i] != NULL && n->items[i]->height > height) height = n->items[i]->height;
        height += n->count * 4; /* each iterator is a level of its own on the stack */
    }
    n->height = height + 1;
    check_node(b, n);
    if (n->op == FEEL_OP_CALL_BUILTIN) feel_builtin_prepare(b->arena, n);
    return link_fold(b, n);
}
