/* parse_box.c - contexts, functions, loops, types and unary tests: the forms that declare names
 * or have a grammar of their own. */
#include "lang/feel/parse_int.h"

#include <string.h>

typedef struct ParseEntries {
    Str *names;
    uint32_t *locals;
    FeelNode **values;
    FeelField *fields;
    uint32_t count, capacity;
} ParseEntries;

static bool parse_entries_grow(FeelParser *p, ParseEntries *e) {
    if (e->count < e->capacity) return true;
    uint32_t capacity = e->capacity == 0 ? 4 : e->capacity * 2;
    Arena *a = p->b->arena;
    ParseEntries more = {arena_new_array(a, Str, capacity), arena_new_array(a, uint32_t, capacity),
                         arena_new_array(a, FeelNode *, capacity),
                         arena_new_array(a, FeelField, capacity), e->count, capacity};
    if (more.names == NULL || more.locals == NULL || more.values == NULL || more.fields == NULL)
        return false;
    for (uint32_t i = 0; i < e->count; i++) {
        more.names[i] = e->names[i];
        more.locals[i] = e->locals[i];
        more.values[i] = e->values[i];
        more.fields[i] = e->fields[i];
    }
    *e = more;
    return true;
}

/* Rules 58 and 59. Later entries see earlier ones; a function may call itself by its key. */
static bool parse_entry(FeelParser *p, ParseEntries *e) {
    FeelBuilder *b = p->b;
    Str key;
    lex_skip(p);
    size_t at = p->at;
    if (lex_at(p, "\"")) {
        if (!lex_string(p, &key)) return false;
    } else if (!lex_new_name(p, ":,}", NULL, &key)) {
        lex_fault(p, "a name");
        return false;
    }
    if (!lex_expect(p, ":")) return false;
    for (uint32_t i = 0; i < e->count; i++)
        if (str_equal(e->names[i], key)) {
            lex_fault_at(p, at, &fault_feel_duplicate_key, key, STR_NONE);
            return false;
        }
    if (!parse_entries_grow(p, e)) return false;
    FeelNode *value;
    if (lex_at_word(p, "function")) {
        size_t end;
        lex_word(p, &end);
        at = p->at;
        p->at = end;
        b->pending_self = key;
        value = parse_function(p, at);
        while (value != NULL && lex_accept(p, "(")) value = parse_arguments(p, at, value, NULL);
    } else {
        value = parse_expression(p);
    }
    if (value == NULL) return false;
    e->names[e->count] = key;
    e->values[e->count] = value;
    e->locals[e->count] = scope_declare(b, key, value->type);
    e->fields[e->count] = (FeelField){key, value->type};
    e->count++;
    scope_property(b, key);
    return true;
}

/* Rule 57. The "{" has been read. */
FeelNode *parse_context(FeelParser *p) {
    FeelBuilder *b = p->b;
    size_t at = p->at - 1;
    ParseEntries e = {0};
    bool endpoint = p->endpoint;
    p->endpoint = false;
    scope_push(b);
    if (!lex_at(p, "}")) {
        do {
            if (!parse_entry(p, &e)) return NULL;
        } while (lex_accept(p, ","));
    }
    p->endpoint = endpoint;
    if (!lex_expect(p, "}")) return NULL;
    scope_pop(b);
    FeelNode *n = node_new(b, p->source, at, FEEL_OP_CONTEXT);
    n->names = e.names;
    n->items = e.values;
    n->count = e.count;
    n->extra = e.locals;
    FeelType *type = arena_new(b->arena, FeelType);
    *type = (FeelType){.kind = FEEL_CONTEXT, .fields = e.fields, .field_count = e.count};
    n->type = type;
    return node_link(b, n);
}

/* Rules 55 and 56. The word "function" has been read. */
FeelNode *parse_function(FeelParser *p, size_t at) {
    FeelBuilder *b = p->b;
    Str self = b->pending_self;
    b->pending_self = STR_NONE;
    FeelName parameters[64];
    size_t count = 0;
    if (!lex_expect(p, "(")) return NULL;
    if (!lex_at(p, ")")) {
        do {
            if (count == 64) return lex_fault(p, "at most 64 parameters");
            parameters[count] = (FeelName){STR_NONE, NULL};
            if (!lex_new_name(p, ":,)", NULL, &parameters[count].name))
                return lex_fault(p, "a parameter name");
            if (lex_accept(p, ":")) {
                bool known;
                parameters[count].type = parse_type(p, &known);
                if (b->err->fault != NULL) return NULL;
                if (!known) return lex_fault(p, "a type");
            }
            count++;
        } while (lex_accept(p, ","));
    }
    if (!lex_expect(p, ")")) return NULL;
    bool external = lex_accept_word(p, "external");
    feel_build_function_begin(b, parameters, count, self);
    FeelNode *body = parse_expression(p);
    if (body == NULL) return NULL;
    const FeelSource *source = b->source;
    uint32_t offset = b->offset;
    b->source = p->source;
    b->offset = (uint32_t)at;
    FeelNode *n = feel_build_function_end(b, body, NULL);
    b->source = source;
    b->offset = offset;
    if (external && n != NULL) {
        FeelCode *code = (FeelCode *)(uintptr_t)n->extra;
        code->external = feel_external_find(b->arena, body, code);
    }
    return n;
}

/* Rules 44 and 46. The word has been read. */
FeelNode *parse_for(FeelParser *p, size_t at, FeelOp op) {
    FeelBuilder *b = p->b;
    enum { ITERATORS_MAX = 16 };
    FeelNode *items[ITERATORS_MAX * 2];
    uint32_t locals[ITERATORS_MAX], count = 0;
    bool endpoint = p->endpoint;
    p->endpoint = false;
    FeelBlock *block = scope_push(b);
    do {
        Str name;
        if (count == ITERATORS_MAX) return lex_fault(p, "at most 16 iterators");
        if (!lex_new_name(p, ",()[]{}\"", "in", &name)) return lex_fault(p, "a name");
        if (!lex_expect_word(p, "in")) return NULL;
        FeelNode *from = parse_expression(p), *to = NULL;
        if (from == NULL) return NULL;
        if (lex_accept(p, "..") && (to = parse_expression(p)) == NULL) return NULL;
        items[count * 2] = from;
        items[count * 2 + 1] = to;
        const FeelType *type = from->type != NULL && to == NULL && from->type->kind == FEEL_LIST
                                   ? from->type->element
                                   : NULL;
        locals[count++] = scope_declare(b, name, type);
    } while (lex_accept(p, ","));
    uint32_t partial = scope_new_local(b);
    if (op == FEEL_OP_FOR) {
        b->code->next_local--;
        partial = scope_declare(b, STR("partial"), NULL);
    }
    if (!lex_expect_word(p, op == FEEL_OP_FOR ? "return" : "satisfies")) return NULL;
    p->endpoint = endpoint;
    FeelNode *body = parse_expression(p);
    if (body == NULL) return NULL;
    scope_pop(b);
    FeelLoop *loop = arena_new(b->arena, FeelLoop);
    loop->locals = arena_new_array(b->arena, uint32_t, count);
    FeelNode *n = node_new(b, p->source, at, op);
    n->items = arena_new_array(b->arena, FeelNode *, count * 2);
    if (loop->locals == NULL || n->items == NULL) return NULL;
    memcpy(loop->locals, locals, count * sizeof *locals);
    memcpy(n->items, items, count * 2 * sizeof *items);
    loop->partial = partial;
    n->count = count;
    n->a = body;
    n->extra = loop;
    n->uses_item = block->used;
    if (op == FEEL_OP_FOR && body->type != NULL) n->type = feel_type_list(b->arena, body->type);
    return node_link(b, n);
}

/* ---- Types (rule 52). */

static bool parse_type_known(const void *context, Str canonical) {
    FeelBuilder *b = (FeelBuilder *)(uintptr_t)context;
    return scope_type(b, canonical) != NULL;
}

static FeelType *parse_type_new(FeelParser *p, FeelTypeKind kind) {
    FeelType *t = arena_new(p->b->arena, FeelType);
    t->kind = kind;
    return t;
}

/* "context" "<" name ":" type { "," ... } ">" and the parameters of a function type. */
static const FeelType *parse_type_fields(FeelParser *p, FeelType *t, bool named, bool *known) {
    FeelField fields[128];
    size_t count = 0;
    if (!lex_at(p, ">")) {
        do {
            bool one = true;
            if (count == 128) {
                lex_fault(p, "at most 128 fields");
                return NULL;
            }
            fields[count].name = STR_NONE;
            if (named && (!lex_new_name(p, ":,>", NULL, &fields[count].name) ||
                          !lex_expect(p, ":"))) {
                lex_fault(p, "a name and a type");
                return NULL;
            }
            fields[count].type = parse_type(p, &one);
            *known = *known && one;
            count++;
        } while (lex_accept(p, ","));
    }
    if (!lex_expect(p, ">")) return NULL;
    FeelField *copy = arena_new_array(p->b->arena, FeelField, count + 1);
    if (copy == NULL) return NULL;
    if (count > 0) memcpy(copy, fields, count * sizeof *copy);
    t->fields = copy;
    t->field_count = count;
    if (!named) {
        bool one = true;
        if (!lex_expect(p, "->")) return NULL;
        t->element = parse_type(p, &one);
        *known = *known && one;
    }
    return t;
}

const FeelType *parse_type(FeelParser *p, bool *known) {
    static const struct { const char *word; FeelTypeKind kind; } generic[] = {
        {"list", FEEL_LIST}, {"range", FEEL_RANGE}, {"context", FEEL_CONTEXT},
        {"function", FEEL_FUNCTION}};
    *known = true;
    if (!parse_enter(p)) return NULL;
    const FeelType *result = NULL;
    for (size_t i = 0; i < 4 && result == NULL && p->b->err->fault == NULL; i++) {
        size_t saved = p->at;
        if (lex_accept_word(p, generic[i].word) && lex_accept(p, "<")) {
            FeelType *t = parse_type_new(p, generic[i].kind);
            if (generic[i].kind == FEEL_LIST || generic[i].kind == FEEL_RANGE) {
                t->element = parse_type(p, known);
                result = p->b->err->fault == NULL && lex_expect(p, ">") ? t : NULL;
            } else {
                result = parse_type_fields(p, t, generic[i].kind == FEEL_CONTEXT, known);
            }
        } else {
            p->at = saved;
        }
    }
    if (result == NULL && p->b->err->fault == NULL) {
        Str canonical;
        size_t end;
        uint32_t words;
        if (lex_longest(p, parse_type_known, p->b, &canonical, &end, &words)) {
            p->at = end;
            result = scope_type(p->b, canonical);
        } else if (lex_word(p, &end).len > 0) {
            lex_greedy(p, &end);
            p->at = end;
            while (lex_at(p, ".") && !lex_at(p, "..")) {
                p->at++;
                if (lex_word(p, &end).len == 0) break;
                lex_greedy(p, &end);
                p->at = end;
            }
            *known = false;
            if (p->text.ptr[p->at - 1] == '.') lex_fault(p, "a name");
        } else {
            lex_fault(p, "a type");
        }
    }
    parse_leave(p);
    return result;
}

/* ---- Unary tests (rules 13 to 15). */

/* One positive unary test. uses_input tells whether it reads "?" itself: then its boolean is the
 * answer, otherwise the input is compared with it. */
FeelNode *parse_test(FeelParser *p, uint32_t input) {
    (void)input;
    uint32_t before = p->b->input_uses;
    FeelNode *n = parse_unary_form(p);
    if (n == NULL && p->b->err->fault == NULL) n = parse_expression(p);
    if (n == NULL) return NULL;
    if (p->b->input_uses != before) n->uses_input = true;
    return n;
}

static FeelNode *parse_test_list(FeelParser *p, size_t at, uint32_t input, bool negated) {
    FeelBuilder *b = p->b;
    FeelNode **items = NULL;
    uint32_t count = 0, capacity = 0;
    do {
        FeelNode *test = parse_test(p, input);
        if (test == NULL) return NULL;
        if (count == capacity) {
            capacity = capacity == 0 ? 2 : capacity * 2;
            FeelNode **more = arena_new_array(b->arena, FeelNode *, capacity);
            if (more == NULL) return NULL;
            if (count > 0) memcpy(more, items, count * sizeof(FeelNode *));
            items = more;
        }
        items[count++] = test;
    } while (lex_accept(p, ","));
    FeelNode *n = node_new(b, p->source, at, FEEL_OP_TESTS);
    n->items = items;
    n->count = count;
    n->index = input;
    n->flag = negated;
    return node_link(b, n);
}

FeelNode *parse_tests(FeelParser *p, uint32_t input) {
    lex_skip(p);
    size_t at = p->at;
    if (lex_accept(p, "-")) {
        lex_skip(p);
        if (p->at >= p->text.len) {
            FeelNode *n = node_new(p->b, p->source, at, FEEL_OP_ANYTHING);
            n->index = input;
            return node_link(p->b, n);
        }
        p->at = at;
    }
    if (lex_accept_word(p, "not") && lex_accept(p, "(")) {
        FeelNode *n = parse_test_list(p, at, input, true);
        if (n != NULL && lex_accept(p, ")")) {
            lex_skip(p);
            if (p->at >= p->text.len) return n;
        }
        if (p->b->err->fault != NULL) return NULL;
        /* "not(a) and b" is an expression. */
    }
    p->at = at;
    return parse_test_list(p, at, input, false);
}
