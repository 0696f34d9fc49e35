/* parse_primary.c - operands: literals, names, lists, contexts, intervals, functions, loops.
 *
 * "[", "(" and "]" may each open an interval (rules 8 to 12); which it is shows only at "..",
 * after the first expression has been read. A comparison sign before an operand makes a
 * one-sided range (rule 7). */
#include "lang/feel/parse_int.h"

#include <string.h>

/* Rule 65: @"...", a date, time, date and time or duration. */
static FeelNode *parse_at_literal(FeelParser *p, size_t at) {
    Str text;
    Value v;
    if (!lex_at(p, "\"")) return lex_fault(p, "\"");
    if (!lex_string(p, &text)) return NULL;
    if (!feel_parse_temporal(text, &v))
        return lex_fault_at(p, at, &fault_feel_not_temporal, text, STR("date, time or duration"));
    return node_constant(p->b, p->source, at, v);
}

/* Rule 8, from ".." on. */
FeelNode *parse_interval(FeelParser *p, size_t at, FeelNode *low, bool low_closed) {
    bool saved = p->endpoint;
    p->endpoint = true;
    FeelNode *high = parse_expression(p);
    p->endpoint = saved;
    if (high == NULL) return NULL;
    FeelNode *n = node_new(p->b, p->source, at, FEEL_OP_RANGE);
    n->a = low;
    n->b = high;
    n->flag = low_closed;
    if (lex_accept(p, "]")) n->flag2 = true;
    else if (!lex_accept(p, ")") && !lex_accept(p, "[")) return lex_fault(p, "] or )");
    return node_link(p->b, n);
}

/* Rule 54, or an interval. The "[" has been read. */
FeelNode *parse_bracket(FeelParser *p) {
    FeelBuilder *b = p->b;
    size_t at = p->at - 1;
    FeelNode **items = NULL;
    uint32_t count = 0, capacity = 0;
    bool endpoint = p->endpoint;
    p->endpoint = false;
    if (!lex_at(p, "]")) {
        do {
            FeelNode *item = parse_expression(p);
            if (item == NULL) return NULL;
            if (count == 0 && lex_accept(p, "..")) {
                p->endpoint = endpoint;
                return parse_interval(p, at, item, true);
            }
            if (count == capacity) {
                capacity = capacity == 0 ? 4 : capacity * 2;
                FeelNode **more = arena_new_array(b->arena, FeelNode *, capacity);
                if (more == NULL) return NULL;
                if (count > 0) memcpy(more, items, count * sizeof(FeelNode *));
                items = more;
            }
            items[count++] = item;
        } while (lex_accept(p, ","));
    }
    p->endpoint = endpoint;
    if (!lex_expect(p, "]")) return NULL;
    FeelNode *n = node_new(b, p->source, at, FEEL_OP_LIST);
    n->items = items;
    n->count = count;
    n->type = feel_type_of_items(b->arena, items, count);
    return node_link(b, n);
}

/* "(" expression ")", or an interval with an open start. The "(" has been read. */
FeelNode *parse_paren(FeelParser *p) {
    size_t at = p->at - 1;
    bool endpoint = p->endpoint;
    p->endpoint = false;
    FeelNode *n = parse_expression(p);
    p->endpoint = endpoint;
    if (n == NULL) return NULL;
    if (lex_accept(p, "..")) return parse_interval(p, at, n, false);
    return lex_expect(p, ")") ? n : NULL;
}

/* Rule 7a: < e, <= e, > e, >= e, and = e, != e. NULL without a fault when there is none. */
FeelNode *parse_unary_form(FeelParser *p) {
    static const struct { const char *symbol; FeelUnary op; } forms[] = {
        {"<=", FEEL_UNARY_LESS_EQUAL}, {">=", FEEL_UNARY_GREATER_EQUAL},
        {"!=", FEEL_UNARY_NOT_EQUAL},  {"<", FEEL_UNARY_LESS},
        {">", FEEL_UNARY_GREATER},     {"=", FEEL_UNARY_EQUAL}};
    lex_skip(p);
    size_t at = p->at, i = 0;
    while (i < 6 && !lex_accept(p, forms[i].symbol)) i++;
    if (i == 6) return NULL;
    FeelNode *endpoint = parse_additive(p);
    if (endpoint == NULL) return NULL;
    FeelNode *n = node_new(p->b, p->source, at, FEEL_OP_UNARY_RANGE);
    n->a = endpoint;
    n->index = forms[i].op;
    return node_link(p->b, n);
}

static bool parse_known_name(const void *context, Str canonical) {
    return scope_known(context, canonical);
}

/* The words that stand for values, and "function". *done: the word was one of them. */
static FeelNode *parse_word_literal(FeelParser *p, size_t at, Str word, size_t end, bool *done) {
    *done = true;
    Value v = value_null();
    if (str_equal(word, STR("true"))) v = value_boolean(true);
    else if (str_equal(word, STR("false"))) v = value_boolean(false);
    else if (str_equal(word, STR("function"))) {
        p->at = end;
        return parse_function(p, at);
    } else if (!str_equal(word, STR("null"))) {
        *done = false;
        return NULL;
    }
    p->at = end;
    return node_constant(p->b, p->source, at, v);
}

/* A name, or the call of a builtin. */
static FeelNode *parse_name(FeelParser *p) {
    FeelBuilder *b = p->b;
    lex_skip(p);
    size_t at = p->at, word_end, end;
    Str word = lex_word(p, &word_end), canonical;
    uint32_t words;
    bool done;
    bool known = lex_longest(p, parse_known_name, b, &canonical, &end, &words);
    if (!known || end <= word_end) {
        FeelNode *literal = parse_word_literal(p, at, word, word_end, &done);
        if (done) return literal;
        /* Forms that may also stand inside an operator's operand: "1 + if a then b else c". */
        static const char *const openers[] = {"if", "for", "some", "every"};
        for (size_t i = 0; i < 4; i++)
            if (str_equal(word, str_from(openers[i]))) return parse_expression(p);
        if (lex_reserved(word)) return lex_fault(p, "an expression");
    }
    if (!known) {
        canonical = lex_greedy(p, &end);
    } else if (feel_builtin_find(canonical) != NULL) {
        /* "count total" is no builtin followed by a word: nothing could join the two. */
        size_t longer;
        Str greedy = lex_greedy(p, &longer);
        if (longer > end) {
            canonical = greedy;
            end = longer;
        }
    }
    Str given = canonical;
    p->at = end;
    FeelNode *n = scope_resolve(p, at, canonical, given);
    if (n == NULL) return NULL;
    if (n->op == FEEL_OP_CONSTANT && value_is(n->constant, VALUE_FUNCTION) &&
        n->constant.as.function->kind == FEEL_FUNCTION_BUILTIN && lex_accept(p, "("))
        return parse_arguments(p, at, NULL, n->constant.as.function->builtin);
    return n;
}

FeelNode *parse_primary(FeelParser *p) {
    lex_skip(p);
    if (p->at >= p->text.len) return lex_fault(p, "an expression");
    size_t at = p->at, end;
    char c = p->text.ptr[at];
    Value v;
    Str text;
    if ((c >= '0' && c <= '9') || (c == '.' && at + 1 < p->text.len &&
                                   p->text.ptr[at + 1] >= '0' && p->text.ptr[at + 1] <= '9'))
        return lex_number(p, &v) ? node_constant(p->b, p->source, at, v) : NULL;
    if (c == '-' && at + 1 < p->text.len && p->text.ptr[at + 1] >= '0' &&
        p->text.ptr[at + 1] <= '9') {
        p->at++;
        if (!lex_number(p, &v)) return NULL;
        return node_constant(p->b, p->source, at, value_number(dec_negate(v.as.number)));
    }
    switch (c) {
    case '"':
        return lex_string(p, &text) ? node_constant(p->b, p->source, at, value_string(text))
                                    : NULL;
    case '@': p->at++; return parse_at_literal(p, at);
    case '[': p->at++; return parse_bracket(p);
    case '(': p->at++; return parse_paren(p);
    case '{': p->at++; return parse_context(p);
    case ']': {
        p->at++;
        bool endpoint = p->endpoint;
        p->endpoint = false;
        FeelNode *low = parse_expression(p);
        p->endpoint = endpoint;
        if (low == NULL || !lex_expect(p, "..")) return NULL;
        return parse_interval(p, at, low, false);
    }
    case '<': case '>': case '=': case '!': {
        FeelNode *n = parse_unary_form(p);
        return n != NULL || p->b->err->fault != NULL ? n : lex_fault(p, "an expression");
    }
    default: break;
    }
    if (lex_word(p, &end).len > 0) return parse_name(p);
    return lex_fault(p, "an expression");
}
