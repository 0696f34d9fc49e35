/* parse.c - expressions, from the loosest operator to the tightest.
 *
 *     expression  = for | if | quantified | disjunction
 *     disjunction = conjunction { "or" conjunction }
 *     conjunction = comparison { "and" comparison }
 *     comparison  = additive { (= | != | < | <= | > | >=) additive
 *                            | "between" additive "and" additive | "in" tests }
 *     additive    = multiplicative { (+ | -) multiplicative }
 *     multiplicative = power { (* | /) power }
 *     power       = unary { "**" unary }
 *     unary       = "-" unary | postfix
 *     postfix     = primary { "." name | "[" expression "]" | "(" arguments ")"
 *                           | "instance" "of" type }
 *
 * All infix operators associate to the left, as clause 10.3.1.2 says. Numbers in the comments are
 * grammar rules of DMN 1.5, 10.3.1.2. Every function returns NULL once the builder's Err is
 * filled; nobody has to ask twice. */
#include "lang/feel/parse_int.h"

bool parse_enter(FeelParser *p) {
    if (p->b->err->fault != NULL) return false;
    if (arena_failed(p->b->arena)) {
        err_set(p->b->err, &fault_feel_memory);
        return false;
    }
    if (++p->b->depth > FEEL_NESTING_MAX) {
        Buf text = buf_new(p->b->arena, 0);
        buf_add_int(&text, FEEL_NESTING_MAX);
        lex_fault_at(p, p->at, &fault_feel_nesting, buf_text(&text), STR_NONE);
        return false;
    }
    return true;
}

void parse_leave(FeelParser *p) { p->b->depth--; }

static FeelNode *parse_binary(FeelParser *p, FeelOp op, size_t at, FeelNode *a, FeelNode *c) {
    if (a == NULL || c == NULL) return NULL;
    FeelNode *n = node_new(p->b, p->source, at, op);
    n->a = a;
    n->b = c;
    return node_link(p->b, n);
}

/* A long chain a + b + c ... nests to the left: count it, so that the machine's depth is known
 * to be bounded. */
static bool parse_chain(FeelParser *p, const FeelNode *n) {
    if (n == NULL || p->b->err->fault != NULL) return false;
    if (n->height > FEEL_NESTING_MAX * 8) {
        lex_fault_at(p, p->at, &fault_feel_nesting, STR("3200"), STR_NONE);
        return false;
    }
    return true;
}

/* Rule 45: if e1 then e2 else e3. */
static FeelNode *parse_if(FeelParser *p, size_t at) {
    bool endpoint = p->endpoint;
    p->endpoint = false;
    FeelNode *condition = parse_expression(p);
    if (condition == NULL || !lex_expect_word(p, "then")) return NULL;
    FeelNode *then = parse_expression(p);
    if (then == NULL || !lex_expect_word(p, "else")) return NULL;
    p->endpoint = endpoint;
    FeelNode *otherwise = parse_expression(p);
    if (otherwise == NULL) return NULL;
    FeelNode *n = node_new(p->b, p->source, at, FEEL_OP_IF);
    n->a = condition;
    n->b = then;
    n->c = otherwise;
    n->type = feel_type_common(p->b->arena, then->type, otherwise->type);
    return node_link(p->b, n);
}

static bool parse_in_scope(const void *context, Str canonical) {
    return scope_known(context, canonical);
}

/* Is the word at the present place a keyword, and not the beginning of a longer known name? */
static bool parse_keyword(FeelParser *p, const char *word) {
    size_t word_end, end;
    Str canonical;
    uint32_t words;
    if (!str_equal(lex_word(p, &word_end), str_from(word))) return false;
    if (lex_longest(p, parse_in_scope, p->b, &canonical, &end, &words) && end > word_end)
        return false;
    p->at = word_end;
    return true;
}

/* Rule 49: comparisons, between and in. */
static FeelNode *parse_between(FeelParser *p, size_t at, FeelNode *value) {
    FeelNode *low = parse_additive(p);
    if (low == NULL || !lex_expect_word(p, "and")) return NULL;
    FeelNode *high = parse_additive(p);
    if (high == NULL) return NULL;
    FeelNode *n = node_new(p->b, p->source, at, FEEL_OP_BETWEEN);
    n->a = value;
    n->b = low;
    n->c = high;
    return node_link(p->b, n);
}

/* "in" ( tests ) or "in" one test. The parenthesis may also open an interval. */
static FeelNode *parse_in(FeelParser *p, size_t at, FeelNode *value) {
    FeelBuilder *b = p->b;
    FeelNode *tests[1] = {NULL};
    FeelNode **items = tests;
    uint32_t count = 0, capacity = 0;
    scope_push(b);
    uint32_t input = scope_declare(b, STR("?"), value->type);
    size_t open = (lex_skip(p), p->at);
    if (lex_accept(p, "(")) {
        bool endpoint = p->endpoint;
        p->endpoint = false;
        FeelNode *first = parse_test(p, input);
        if (first == NULL) return NULL;
        if (lex_at(p, "..")) {
            p->endpoint = endpoint;
            p->at = open;
            tests[0] = parse_test(p, input);
            if (tests[0] == NULL) return NULL;
            count = 1;
        } else {
            while (first != NULL) {
                if (count == capacity) {
                    capacity = capacity == 0 ? 4 : capacity * 2;
                    FeelNode **more = arena_new_array(b->arena, FeelNode *, capacity);
                    if (more == NULL) return NULL;
                    for (uint32_t i = 0; i < count; i++) more[i] = items[i];
                    items = more;
                }
                items[count++] = first;
                first = NULL;
                if (lex_accept(p, ",") && (first = parse_test(p, input)) == NULL) return NULL;
            }
            p->endpoint = endpoint;
            if (!lex_expect(p, ")")) return NULL;
        }
    } else {
        tests[0] = parse_additive(p);
        if (tests[0] == NULL) return NULL;
        count = 1;
    }
    scope_pop(b);
    if (items == tests) {
        items = arena_new_array(b->arena, FeelNode *, 1);
        if (items == NULL) return NULL;
        items[0] = tests[0];
    }
    FeelNode *n = node_new(b, p->source, at, FEEL_OP_IN);
    n->a = value;
    n->items = items;
    n->count = count;
    n->index = input;
    return node_link(b, n);
}

static FeelNode *parse_comparison(FeelParser *p) {
    static const struct { const char *symbol; FeelOp op; } operators[] = {
        {"!=", FEEL_OP_NOT_EQUAL},  {"<=", FEEL_OP_LESS_EQUAL}, {">=", FEEL_OP_GREATER_EQUAL},
        {"=", FEEL_OP_EQUAL},       {"<", FEEL_OP_LESS},        {">", FEEL_OP_GREATER}};
    FeelNode *n = parse_additive(p);
    for (;;) {
        if (!parse_chain(p, n)) return NULL;
        lex_skip(p);
        size_t at = p->at, i = 0;
        while (i < 6 && !lex_accept(p, operators[i].symbol)) i++;
        if (i < 6) n = parse_binary(p, operators[i].op, at, n, parse_additive(p));
        else if (lex_accept_word(p, "between")) n = parse_between(p, at, n);
        else if (lex_accept_word(p, "in")) n = parse_in(p, at, n);
        else return n;
    }
}

/* Rule 48. */
static FeelNode *parse_conjunction(FeelParser *p) {
    FeelNode *n = parse_comparison(p);
    while (parse_chain(p, n)) {
        lex_skip(p);
        size_t at = p->at;
        if (!lex_accept_word(p, "and")) return n;
        n = parse_binary(p, FEEL_OP_AND, at, n, parse_comparison(p));
    }
    return NULL;
}

/* Rule 47. */
static FeelNode *parse_disjunction(FeelParser *p) {
    FeelNode *n = parse_conjunction(p);
    while (parse_chain(p, n)) {
        lex_skip(p);
        size_t at = p->at;
        if (!lex_accept_word(p, "or")) return n;
        n = parse_binary(p, FEEL_OP_OR, at, n, parse_conjunction(p));
    }
    return NULL;
}

/* Rules 1 and 2. */
FeelNode *parse_expression(FeelParser *p) {
    if (!parse_enter(p)) return NULL;
    lex_skip(p);
    size_t at = p->at;
    FeelNode *n;
    if (parse_keyword(p, "if")) n = parse_if(p, at);
    else if (parse_keyword(p, "for")) n = parse_for(p, at, FEEL_OP_FOR);
    else if (parse_keyword(p, "some")) n = parse_for(p, at, FEEL_OP_SOME);
    else if (parse_keyword(p, "every")) n = parse_for(p, at, FEEL_OP_EVERY);
    else n = parse_disjunction(p);
    parse_leave(p);
    return n;
}

/* Rules 24 and 35: a minus before digits belongs to the number. */
static FeelNode *parse_unary(FeelParser *p) {
    lex_skip(p);
    size_t at = p->at;
    char next = at + 1 < p->text.len ? p->text.ptr[at + 1] : '\0';
    if (lex_at(p, "-") && next >= '0' && next <= '9') return parse_postfix(p);
    if (!lex_accept(p, "-")) return parse_postfix(p);
    if (!parse_enter(p)) return NULL;
    FeelNode *n = NULL, *value = parse_unary(p);
    if (value != NULL) {
        n = node_new(p->b, p->source, at, FEEL_OP_NEGATE);
        n->a = value;
        n = node_link(p->b, n);
    }
    parse_leave(p);
    return n;
}

/* Rule 23. */
static FeelNode *parse_power(FeelParser *p) {
    FeelNode *n = parse_unary(p);
    while (parse_chain(p, n)) {
        lex_skip(p);
        size_t at = p->at;
        if (!lex_accept(p, "**")) return n;
        n = parse_binary(p, FEEL_OP_POWER, at, n, parse_unary(p));
    }
    return NULL;
}

/* Rules 21 and 22. */
static FeelNode *parse_multiplicative(FeelParser *p) {
    FeelNode *n = parse_power(p);
    while (parse_chain(p, n)) {
        lex_skip(p);
        size_t at = p->at;
        if (lex_accept(p, "*")) n = parse_binary(p, FEEL_OP_MULTIPLY, at, n, parse_power(p));
        else if (lex_accept(p, "/")) n = parse_binary(p, FEEL_OP_DIVIDE, at, n, parse_power(p));
        else return n;
    }
    return NULL;
}

/* Rules 19 and 20. */
FeelNode *parse_additive(FeelParser *p) {
    FeelNode *n = parse_multiplicative(p);
    while (parse_chain(p, n)) {
        lex_skip(p);
        size_t at = p->at;
        if (lex_accept(p, "+")) n = parse_binary(p, FEEL_OP_ADD, at, n, parse_multiplicative(p));
        else if (lex_accept(p, "-"))
            n = parse_binary(p, FEEL_OP_SUBTRACT, at, n, parse_multiplicative(p));
        else return n;
    }
    return NULL;
}
