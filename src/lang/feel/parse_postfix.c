/* parse_postfix.c - what follows an operand: paths, filters, calls, instance of.
 *
 * Behind a dot any name may stand. Its end is found in this order: the fields of the type of what
 * stands before the dot, when that is known; the names of fields known from anywhere else in
 * the scope or text; otherwise all words up to a keyword or symbol, since two words in a row can
 * mean nothing else there. */
#include "lang/feel/parse_int.h"

typedef struct PathNames {
    const FeelBuilder *b;
    const FeelType *type;
} PathNames;

static const FeelType *parse_path_type(const FeelType *t) {
    while (t != NULL && t->kind == FEEL_LIST) t = t->element;
    return t;
}

static bool parse_path_known(const void *context, Str canonical) {
    const PathNames *names = context;
    const FeelType *t = names->type;
    if (t != NULL && t->kind == FEEL_CONTEXT)
        for (size_t i = 0; i < t->field_count; i++)
            if (str_equal(t->fields[i].name, canonical)) return true;
    return map_has(&names->b->properties, canonical);
}

/* Rule 43: e.name */
static FeelNode *parse_path(FeelParser *p, size_t at, FeelNode *base) {
    FeelBuilder *b = p->b;
    PathNames names = {b, parse_path_type(base->type)};
    Str canonical;
    size_t end;
    uint32_t words;
    if (lex_longest(p, parse_path_known, &names, &canonical, &end, &words)) {
        const Str *given = map_get(&b->properties, canonical);
        if (given != NULL) canonical = *given;
    } else {
        if (lex_word(p, &end).len == 0) return lex_fault(p, "a name");
        canonical = lex_greedy(p, &end);
    }
    p->at = end;
    FeelNode *n = node_new(b, p->source, at, FEEL_OP_PATH);
    n->a = base;
    n->name = canonical;
    const FeelType *field = feel_type_field(names.type, canonical);
    if (field != NULL && base->type->kind == FEEL_LIST) field = feel_type_list(b->arena, field);
    n->type = field;
    return node_link(b, n);
}

/* Can an expression begin here? Tells the "[" of a filter from the "[" that ends an interval. */
static bool parse_starts_expression(FeelParser *p, size_t at) {
    size_t saved = p->at, end;
    p->at = at;
    lex_skip(p);
    bool yes = false;
    if (p->at < p->text.len) {
        char c = p->text.ptr[p->at];
        Str word = lex_word(p, &end);
        bool operand_word = !lex_reserved(word) || str_equal(word, STR("null")) ||
                            str_equal(word, STR("true")) || str_equal(word, STR("false")) ||
                            str_equal(word, STR("if")) || str_equal(word, STR("for")) ||
                            str_equal(word, STR("some")) || str_equal(word, STR("every"));
        yes = word.len > 0 ? operand_word
                           : (c >= '0' && c <= '9') || c == '"' || c == '(' || c == '{' ||
                                 c == '@' || c == '-';
    }
    p->at = saved;
    return yes;
}

/* Rule 50: e1[e2]. The condition sees "item" and the fields of the item. */
static FeelNode *parse_filter(FeelParser *p, size_t at, FeelNode *list) {
    FeelBuilder *b = p->b;
    bool endpoint = p->endpoint;
    p->endpoint = false;
    feel_build_filter_begin(b, list);
    FeelNode *condition = parse_expression(p);
    if (condition == NULL) return NULL;
    p->endpoint = endpoint;
    uint32_t offset = b->offset;
    const FeelSource *source = b->source;
    b->offset = (uint32_t)at;
    b->source = p->source;
    FeelNode *n = feel_build_filter_end(b, list, condition);
    b->offset = offset;
    b->source = source;
    return lex_expect(p, "]") ? n : NULL;
}

/* Named arguments: a name and a colon stand behind the parenthesis. */
static bool parse_named_argument(FeelParser *p, Str *name) {
    size_t saved = p->at;
    if (lex_new_name(p, ":,)(\"[]{}", NULL, name) && lex_at(p, ":")) return true;
    p->at = saved;
    return false;
}

/* Rules 39 to 42; the opening parenthesis has been read. */
FeelNode *parse_arguments(FeelParser *p, size_t at, FeelNode *callee, const FeelBuiltin *builtin) {
    FeelBuilder *b = p->b;
    uint32_t count = 0, capacity = 0;
    FeelNode **items = NULL;
    Str *names = NULL, name;
    bool endpoint = p->endpoint;
    p->endpoint = false;
    if (!lex_at(p, ")")) {
        bool named = parse_named_argument(p, &name);
        do {
            if (count == capacity) {
                capacity = capacity == 0 ? 4 : capacity * 2;
                FeelNode **more = arena_new_array(b->arena, FeelNode *, capacity);
                Str *more_names = arena_new_array(b->arena, Str, capacity);
                if (more == NULL || more_names == NULL) return NULL;
                for (uint32_t i = 0; i < count; i++) more[i] = items[i], more_names[i] = names[i];
                items = more;
                names = more_names;
            }
            if (named && count > 0 && !parse_named_argument(p, &name))
                return lex_fault(p, "a parameter name");
            if (named && !lex_expect(p, ":")) return NULL;
            if (named) names[count] = name;
            items[count] = parse_expression(p);
            if (items[count] == NULL) return NULL;
            count++;
        } while (lex_accept(p, ","));
        if (!named) names = NULL;
    }
    p->endpoint = endpoint;
    if (!lex_expect(p, ")")) return NULL;
    FeelNode *n =
        node_new(b, p->source, at, builtin != NULL ? FEEL_OP_CALL_BUILTIN : FEEL_OP_CALL);
    n->a = callee;
    n->extra = builtin;
    n->items = items;
    n->count = count;
    n->names = count > 0 ? names : NULL;
    if (callee != NULL && callee->type != NULL && callee->type->kind == FEEL_FUNCTION)
        n->type = callee->type->element;
    return node_link(b, n);
}

/* Rule 51. */
static FeelNode *parse_instance_of(FeelParser *p, size_t at, FeelNode *value) {
    bool known;
    lex_skip(p);
    size_t from = p->at;
    const FeelType *type = parse_type(p, &known);
    if (p->b->err->fault != NULL) return NULL;
    FeelNode *n = node_new(p->b, p->source, at, FEEL_OP_INSTANCE_OF);
    n->a = value;
    n->extra = type;
    n->flag = known;
    n->name = str_slice(p->text, from, p->at);
    return node_link(p->b, n);
}

static bool parse_at_instance_of(FeelParser *p) {
    size_t saved = p->at;
    if (lex_accept_word(p, "instance") && lex_accept_word(p, "of")) return true;
    p->at = saved;
    return false;
}

FeelNode *parse_postfix(FeelParser *p) {
    if (!parse_enter(p)) return NULL;
    FeelNode *n = parse_primary(p);
    while (n != NULL && p->b->err->fault == NULL) {
        lex_skip(p);
        size_t at = p->at;
        if (n->height > FEEL_NESTING_MAX * 8) {
            n = lex_fault_at(p, at, &fault_feel_nesting, STR("3200"), STR_NONE);
        } else if (lex_at(p, ".") && !lex_at(p, "..")) {
            p->at++;
            n = parse_path(p, at, n);
        } else if (lex_at(p, "[") && !(p->endpoint && !parse_starts_expression(p, at + 1))) {
            p->at++;
            n = parse_filter(p, at, n);
        } else if (lex_accept(p, "(")) {
            n = parse_arguments(p, at, n, NULL);
        } else if (parse_at_instance_of(p)) {
            n = parse_instance_of(p, at, n);
        } else {
            break;
        }
    }
    parse_leave(p);
    return p->b->err->fault == NULL ? n : NULL;
}
