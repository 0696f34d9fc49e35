/* build.c - the builder: programs from one text or from boxes.
 *
 * A builder is a scope and a growing tree. feel_compile uses it for one text; lang/dmn uses it
 * for boxed expressions, whose boxes are texts and whose frames are the nodes made here. */
#include "lang/feel/parse_int.h"

#include <string.h>

static const FeelSource *build_source(FeelBuilder *b, Str text, FeelPlace place) {
    FeelSource *s = arena_new(b->arena, FeelSource);
    s->text = arena_copy(b->arena, text);
    s->place.file = arena_copy(b->arena, place.file);
    s->place.element = arena_copy(b->arena, place.element);
    s->place.line = place.line > 0 ? place.line : 1;
    s->place.column = place.column > 0 ? place.column : 1;
    return s;
}

FeelBuilder *feel_build_begin(Arena *a, const FeelScope *scope, FeelPlace place, Err *err) {
    FeelBuilder *b = arena_new(a, FeelBuilder);
    b->arena = a;
    b->err = err != NULL ? err : &b->own_err;
    if (scope != NULL) b->scope = *scope;
    b->globals = map_new(a);
    b->slots = map_new(a);
    b->properties = map_new(a);
    b->max_words = 4;
    FeelCode *code = arena_new(a, FeelCode);
    b->root_code.code = code;
    b->code = &b->root_code;
    b->root_block.code = b->code;
    b->block = &b->root_block;
    b->source = build_source(b, STR_NONE, place);
    code->source = b->source;
    static const char *const properties[] = {"time offset", "start included", "end included"};
    for (size_t i = 0; i < 3; i++) scope_property(b, str_from(properties[i]));
    for (size_t i = 0; i < b->scope.count; i++) {
        uint32_t words = 1;
        Str canonical = lex_canonical(a, b->scope.names[i].name, &words);
        if (words > b->max_words) b->max_words = words;
        map_put(&b->globals, canonical, (void *)(uintptr_t)&b->scope.names[i]);
        scope_properties_of_type(b, b->scope.names[i].type, 0);
    }
    for (size_t i = 0; i < b->scope.property_count; i++)
        scope_property(b, b->scope.properties[i]);
    for (size_t i = 0; i < b->scope.type_count; i++) {
        uint32_t words = 1;
        lex_canonical(a, b->scope.types[i].name, &words);
        if (words > b->max_words) b->max_words = words;
    }
    if (b->max_words > FEEL_NAME_WORDS_MAX) b->max_words = FEEL_NAME_WORDS_MAX;
    return b;
}

bool feel_build_end(FeelBuilder *b, FeelNode *root, const FeelProgram **out) {
    if (root == NULL || b->err->fault != NULL) return false;
    if (arena_failed(b->arena)) return err_set(b->err, &fault_feel_memory);
    check(b->code == &b->root_code);
    FeelProgram *p = arena_new(b->arena, FeelProgram);
    p->code = b->root_code.code;
    p->code->body = root;
    p->code->captures = NULL;
    p->slot_count = b->slot_count;
    p->slots = arena_new_array(b->arena, Str, b->slot_count + 1);
    p->slot_types = arena_new_array(b->arena, const FeelType *, b->slot_count + 1);
    if (p->slots == NULL || p->slot_types == NULL) return err_set(b->err, &fault_feel_memory);
    for (uint32_t i = 0; i < b->slot_count; i++) {
        p->slots[i] = arena_copy(b->arena, b->slot_bindings[i].given);
        p->slot_types[i] = b->slot_bindings[i].type;
    }
    p->source = b->source;
    p->notes = b->notes;
    p->note_count = b->note_count;
    p->unary = b->unary;
    *out = p;
    return true;
}

void feel_build_place(FeelBuilder *b, FeelPlace place) {
    b->source = build_source(b, STR_NONE, place);
    b->offset = 0;
}

/* Line and column of a node: counted when someone asks, which is only for messages. */
FeelPlace feel_node_place(const FeelNode *n) {
    FeelPlace place = n->source->place;
    Str text = str_slice(n->source->text, 0, n->offset);
    size_t line_start = 0;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '\n') {
            place.line++;
            place.column = 1;
            line_start = i + 1;
        }
    for (size_t i = line_start; i < text.len; i++)
        if (((unsigned char)text.ptr[i] & 0xC0u) != 0x80u) place.column++;
    return place;
}

static bool build_parser(FeelBuilder *b, Str text, FeelPlace place, FeelParser *p) {
    if (b->err->fault != NULL) return false;
    if (text.len > FEEL_TEXT_BYTES_MAX) {
        Buf digits = buf_new(b->arena, 0);
        buf_add_int(&digits, FEEL_TEXT_BYTES_MAX);
        err_set(b->err, &fault_feel_text_size, buf_text(&digits));
    } else if (!utf8_valid(text, NULL)) {
        err_set(b->err, &fault_feel_utf8);
    }
    if (b->err->fault != NULL) {
        err_at(b->err, place.file, place.line, place.column);
        if (place.element.len > 0) err_at_element(b->err, place.element);
        return false;
    }
    const FeelSource *source = build_source(b, text, place);
    *p = (FeelParser){.b = b, .source = source, .text = source->text};
    return true;
}

static FeelNode *build_whole(FeelParser *p, FeelNode *n) {
    if (n == NULL || p->b->err->fault != NULL) return NULL;
    lex_skip(p);
    if (p->at < p->text.len) return lex_fault(p, "an operator or the end of the text");
    return n;
}

FeelNode *feel_build_text(FeelBuilder *b, Str text, FeelPlace place) {
    FeelParser p;
    if (!build_parser(b, text, place, &p)) return NULL;
    return build_whole(&p, parse_expression(&p));
}

FeelNode *feel_build_text_or_fault(FeelBuilder *b, Str text, FeelPlace place, Err *err) {
    FeelBlock *block = b->block;
    FeelCodeScope *code = b->code;
    uint32_t depth = b->depth, next_local = b->code->next_local;
    FeelNode *n = feel_build_text(b, text, place);
    if (n != NULL || b->err->fault == NULL) return n;
    *err = *b->err;
    err_clear(b->err);
    b->block = block;
    b->code = code;
    b->depth = depth;
    b->code->next_local = next_local;
    b->pending_self = STR_NONE;
    Err *kept = arena_new(b->arena, Err);
    *kept = *err;
    FeelSource *source = arena_new(b->arena, FeelSource);
    source->place = place;
    if (err->line > 0) {
        source->place.line = err->line;
        source->place.column = err->column;
    }
    n = node_new(b, source, 0, FEEL_OP_FAULT);
    n->extra = kept;
    return node_link(b, n);
}

FeelNode *feel_build_tests(FeelBuilder *b, Str text, FeelPlace place) {
    FeelParser p;
    if (!build_parser(b, text, place, &p)) return NULL;
    for (FeelBlock *block = b->block; block != NULL; block = block->parent)
        for (uint32_t i = block->count; i-- > 0;)
            if (str_equal(block->bindings[i].name, STR("?")))
                return build_whole(&p, parse_tests(&p, block->bindings[i].index));
    check(!"feel_build_tests needs \"?\" in scope");
    return NULL;
}

void feel_build_input(FeelBuilder *b) {
    check(b->code->next_local == 0);
    feel_build_local(b, STR("?"), NULL);
    b->unary = true;
}

void feel_build_block(FeelBuilder *b) { scope_push(b); }
uint32_t feel_build_local(FeelBuilder *b, Str name, const FeelType *type) {
    return scope_declare(b, name, type);
}
void feel_build_alias(FeelBuilder *b, Str name, uint32_t local, const FeelType *type) {
    scope_bind(b, name, local, type);
}
void feel_build_pop(FeelBuilder *b) { scope_pop(b); }
void feel_build_property(FeelBuilder *b, Str name) { scope_property(b, name); }

FeelNode *feel_build_constant(FeelBuilder *b, Value v) {
    return node_constant(b, b->source, b->offset, v);
}

static FeelNode *build_node(FeelBuilder *b, FeelOp op, FeelNode **items, size_t count) {
    FeelNode *n = node_new(b, b->source, b->offset, op);
    n->items = arena_new_array(b->arena, FeelNode *, count + 1);
    if (n->items == NULL) return NULL;
    if (count > 0) memcpy(n->items, items, count * sizeof *items);
    n->count = (uint32_t)count;
    return n;
}

FeelNode *feel_build_list(FeelBuilder *b, FeelNode **items, size_t count) {
    FeelNode *n = build_node(b, FEEL_OP_LIST, items, count);
    if (n != NULL) n->type = feel_type_of_items(b->arena, items, count);
    return node_link(b, n);
}

FeelNode *feel_build_context(FeelBuilder *b, const Str *names, const uint32_t *locals,
                             FeelNode **values, size_t count, FeelNode *result) {
    FeelNode *n = build_node(b, FEEL_OP_CONTEXT, values, count);
    FeelField *fields = arena_new_array(b->arena, FeelField, count + 1);
    uint32_t *kept = arena_new_array(b->arena, uint32_t, count + 1);
    if (n == NULL || fields == NULL || kept == NULL) return NULL;
    n->names = arena_new_array(b->arena, Str, count + 1);
    if (n->names == NULL) return NULL;
    for (size_t i = 0; i < count; i++) {
        n->names[i] = names[i];
        kept[i] = locals[i];
        fields[i] = (FeelField){names[i], values[i]->type};
    }
    n->extra = kept;
    n->a = result;
    FeelType *type = arena_new(b->arena, FeelType);
    *type = (FeelType){.kind = FEEL_CONTEXT, .fields = fields, .field_count = count};
    n->type = result != NULL ? result->type : type;
    return node_link(b, n);
}

FeelNode *feel_build_call(FeelBuilder *b, FeelNode *callee, const Str *names, FeelNode **args,
                          size_t count) {
    if (callee == NULL) return NULL;
    FeelNode *n = build_node(b, FEEL_OP_CALL, args, count);
    if (n == NULL) return NULL;
    if (names != NULL && count > 0) {
        n->names = arena_new_array(b->arena, Str, count);
        if (n->names == NULL) return NULL;
        memcpy(n->names, names, count * sizeof *names);
    }
    n->a = callee;
    if (callee->type != NULL && callee->type->kind == FEEL_FUNCTION)
        n->type = callee->type->element;
    return node_link(b, n);
}

FeelNode *feel_build_if(FeelBuilder *b, FeelNode *condition, FeelNode *then, FeelNode *otherwise) {
    FeelNode *n = build_node(b, FEEL_OP_IF, NULL, 0);
    if (n == NULL || condition == NULL || then == NULL || otherwise == NULL) return NULL;
    n->a = condition;
    n->b = then;
    n->c = otherwise;
    n->type = feel_type_common(b->arena, then->type, otherwise->type);
    return node_link(b, n);
}

void feel_build_filter_begin(FeelBuilder *b, const FeelNode *list) {
    FeelBlock *block = scope_push(b);
    block->filter = true;
    block->item = scope_new_local(b);
    if (list == NULL || list->type == NULL) return;
    block->item_type = list->type->kind == FEEL_LIST ? list->type->element : list->type;
    if (block->item_type != NULL && block->item_type->kind == FEEL_ANY) block->item_type = NULL;
}

FeelNode *feel_build_filter_end(FeelBuilder *b, FeelNode *list, FeelNode *condition) {
    if (list == NULL || condition == NULL) return NULL;
    FeelNode *n = build_node(b, FEEL_OP_FILTER, NULL, 0);
    n->a = list;
    n->b = condition;
    n->index = b->block->item;
    n->uses_item = b->block->used;
    n->type = list->type;
    bool index = condition->op == FEEL_OP_CONSTANT && value_is(condition->constant, VALUE_NUMBER);
    index = index || (condition->type != NULL && condition->type->kind == FEEL_NUMBER);
    if (index && list->type != NULL && list->type->kind == FEEL_LIST)
        n->type = list->type->element;
    scope_pop(b);
    return node_link(b, n);
}

void feel_build_iterator_begin(FeelBuilder *b, Str variable, const FeelNode *collection) {
    scope_push(b);
    const FeelType *t = collection != NULL ? collection->type : NULL;
    scope_declare(b, variable, t != NULL && t->kind == FEEL_LIST ? t->element : NULL);
    scope_declare(b, STR("partial"), NULL);
}

FeelNode *feel_build_iterator_end(FeelBuilder *b, Str kind, FeelNode *collection,
                                  FeelNode *body) {
    FeelNode *items[2] = {collection, NULL};
    if (collection == NULL || body == NULL) return NULL;
    FeelOp op = str_equal(kind, STR("some"))    ? FEEL_OP_SOME
                : str_equal(kind, STR("every")) ? FEEL_OP_EVERY
                                                : FEEL_OP_FOR;
    FeelNode *n = build_node(b, op, items, 2);
    FeelLoop *loop = arena_new(b->arena, FeelLoop);
    loop->locals = arena_new(b->arena, uint32_t);
    loop->locals[0] = b->block->bindings[0].index;
    loop->partial = b->block->bindings[1].index;
    n->count = 1;
    n->a = body;
    n->extra = loop;
    n->uses_item = b->block->used;
    if (op == FEEL_OP_FOR && body->type != NULL) n->type = feel_type_list(b->arena, body->type);
    scope_pop(b);
    return node_link(b, n);
}

FeelNode *feel_build_coerce(FeelBuilder *b, FeelNode *value, const FeelType *type) {
    if (value == NULL || type == NULL || type->kind == FEEL_ANY) return value;
    FeelNode *n = build_node(b, FEEL_OP_COERCE, NULL, 0);
    n->a = value;
    n->extra = type;
    n->type = type;
    n->source = value->source;
    n->offset = value->offset;
    return node_link(b, n);
}

void feel_build_function_begin(FeelBuilder *b, const FeelName *parameters, size_t count,
                               Str self) {
    FeelCode *code = arena_new(b->arena, FeelCode);
    code->source = b->source;
    code->name = self;
    code->parameters = arena_new_array(b->arena, Str, count + 1);
    code->parameter_types = arena_new_array(b->arena, const FeelType *, count + 1);
    scope_code_begin(b, code, self);
    if (code->parameters == NULL || code->parameter_types == NULL) return;
    code->parameter_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        code->parameters[i] = parameters[i].name;
        code->parameter_types[i] = parameters[i].type;
        scope_declare(b, parameters[i].name, parameters[i].type);
    }
}

FeelNode *feel_build_function_end(FeelBuilder *b, FeelNode *body, const FeelType *result) {
    FeelCode *code = b->code->code;
    if (body == NULL || b->err->fault != NULL) return NULL;
    scope_code_end(b);
    code->body = body;
    code->result = result;
    FeelNode *n = build_node(b, FEEL_OP_FUNCTION, NULL, 0);
    n->extra = code;
    FeelField *fields = arena_new_array(b->arena, FeelField, code->parameter_count + 1u);
    if (fields == NULL) return NULL;
    for (uint32_t i = 0; i < code->parameter_count; i++)
        fields[i] = (FeelField){code->parameters[i], code->parameter_types[i]};
    FeelType *type = arena_new(b->arena, FeelType);
    *type = (FeelType){.kind = FEEL_FUNCTION, .fields = fields,
                       .field_count = code->parameter_count,
                       .element = result != NULL ? result : body->type};
    n->type = type;
    return node_link(b, n);
}

void feel_build_external(FeelBuilder *b, FeelNode *function) {
    if (function == NULL || function->op != FEEL_OP_FUNCTION) return;
    FeelCode *code = (FeelCode *)(uintptr_t)function->extra;
    code->external = feel_external_find(b->arena, code->body, code);
}

Value feel_aggregate(Str function, Value list, const FeelPlace *place, FeelRun *run) {
    const FeelBuiltin *builtin = feel_builtin_find(function);
    check(builtin != NULL);
    size_t before = run->reason_count;
    Value v = feel_builtin_call(builtin, NULL, run, &list, NULL, 1);
    if (run->reason_count > before && before < FEEL_REASONS_MAX)
        run->reasons[before].place = *place;
    return v;
}

Value feel_foreign_value(Arena *a, const FeelForeign *f) {
    FeelFunction *function = arena_new(a, FeelFunction);
    *function = (FeelFunction){.kind = FEEL_FUNCTION_FOREIGN, .foreign = f};
    return (Value){.kind = VALUE_FUNCTION, .as.function = function};
}

FeelNode *feel_build_foreign(FeelBuilder *b, const FeelForeign *f) {
    return node_constant(b, b->source, b->offset, feel_foreign_value(b->arena, f));
}

FeelNode *feel_build_custom(FeelBuilder *b, FeelEval *eval, FeelNode **children, size_t count,
                            const void *data, const char *label) {
    FeelNode *n = build_node(b, FEEL_OP_CUSTOM, children, count);
    if (n == NULL || b->err->fault != NULL) return NULL;
    n->eval = eval;
    n->extra = data;
    n->name = str_from(label);
    return node_link(b, n);
}

Value feel_child_eval(const FeelNode *n, size_t i, struct FeelFrame *f) {
    check(i < n->count);
    return feel_eval(n->items[i], f);
}
const FeelNode *feel_node_child(const FeelNode *n, size_t i) {
    check(i < n->count);
    return n->items[i];
}
const void *feel_node_data(const FeelNode *n) { return n->extra; }
FeelRun *feel_frame_run(struct FeelFrame *f) { return f->run; }
void feel_frame_set(struct FeelFrame *f, uint32_t local, Value v) { f->locals[local] = v; }
const FeelNode *feel_program_node(const FeelProgram *p) { return p->code->body; }
bool feel_node_constant(const FeelNode *n, Value *out) {
    if (n->op != FEEL_OP_CONSTANT) return false;
    *out = n->constant;
    return true;
}
bool feel_node_tests(const FeelNode *n, size_t *count, bool *negated) {
    *count = n->op == FEEL_OP_TESTS ? n->count : 0;
    *negated = n->op == FEEL_OP_TESTS && n->flag;
    if (n->op == FEEL_OP_ANYTHING) return true;
    if (n->op != FEEL_OP_TESTS) return false;
    for (uint32_t i = 0; i < n->count; i++)
        if (n->items[i]->op != FEEL_OP_CONSTANT || n->items[i]->uses_input) return false;
    return true;
}
Value feel_node_test(const FeelNode *n, size_t i) {
    check(i < n->count && n->items[i]->op == FEEL_OP_CONSTANT);
    return n->items[i]->constant;
}
const FeelType *feel_node_type(const FeelNode *n) { return n->type; }
void feel_node_set_type(FeelNode *n, const FeelType *type) { n->type = type; }

const FeelType *feel_build_type(FeelBuilder *b, Str text) {
    FeelParser p;
    bool known = false;
    if (!build_parser(b, text, b->source->place, &p)) return NULL;
    const FeelType *t = parse_type(&p, &known);
    lex_skip(&p);
    bool whole = b->err->fault == NULL && known && p.at == p.text.len;
    err_clear(b->err);
    return whole ? t : NULL;
}

/* ---- The two ways to compile one text. */

static bool build_compile(Arena *a, Str text, FeelPlace place, const FeelScope *scope,
                          bool unary, const FeelProgram **out, Err *err) {
    Err own = {0};
    if (err == NULL) err = &own;
    FeelBuilder *b = feel_build_begin(a, scope, place, err);
    FeelNode *root;
    if (unary) {
        feel_build_input(b);
        root = feel_build_tests(b, text, place);
    } else {
        root = feel_build_text(b, text, place);
    }
    return feel_build_end(b, root, out);
}

bool feel_compile(Arena *a, Str text, FeelPlace place, const FeelScope *scope,
                  const FeelProgram **out, Err *err) {
    return build_compile(a, text, place, scope, false, out, err);
}

bool feel_compile_unary(Arena *a, Str text, FeelPlace place, const FeelScope *scope,
                        const FeelProgram **out, Err *err) {
    return build_compile(a, text, place, scope, true, out, err);
}
