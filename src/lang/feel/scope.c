/* scope.c - which names an expression sees, and what they become.
 *
 * Scopes nest in two ways. A block holds names (a context's entries, the variable of a for, the
 * item of a filter); a code scope is the body of one function. A name found in a block of the
 * same code is a local; in an enclosing code it is captured: every code on the way gets the value
 * when its closure is made, so a closure owns what it reads. A name of the outermost scope is a
 * slot. Inside a filter a name may also be a field of the item: when the item's type is known
 * this is settled here, otherwise the node asks the item first and falls back to the outer name
 * (clause 10.3.2.5). */
#include "lang/feel/parse_int.h"

#include <string.h>

void scope_property(FeelBuilder *b, Str name) {
    uint32_t words = 1;
    Str canonical = lex_canonical(b->arena, name, &words);
    if (words > b->max_words) b->max_words = words;
    if (map_get(&b->properties, canonical) != NULL) return;
    Str *given = arena_new(b->arena, Str);
    *given = name;
    map_put(&b->properties, canonical, given);
}

/* The fields of a type, and of the types inside it, may stand behind a dot. */
void scope_properties_of_type(FeelBuilder *b, const FeelType *t, unsigned depth) {
    if (t == NULL || depth > 8) return;
    if (t->kind == FEEL_CONTEXT) {
        for (size_t i = 0; i < t->field_count; i++) {
            scope_property(b, t->fields[i].name);
            scope_properties_of_type(b, t->fields[i].type, depth + 1);
        }
    }
    if (t->kind == FEEL_LIST || t->kind == FEEL_FUNCTION)
        scope_properties_of_type(b, t->element, depth + 1);
}

FeelBlock *scope_push(FeelBuilder *b) {
    FeelBlock *block = arena_new(b->arena, FeelBlock);
    block->parent = b->block;
    block->code = b->code;
    block->saved_next_local = b->code->next_local;
    b->block = block;
    return block;
}

void scope_pop(FeelBuilder *b) {
    check(b->block != NULL && b->block->code == b->code);
    b->code->next_local = b->block->saved_next_local;
    b->block = b->block->parent;
}

uint32_t scope_new_local(FeelBuilder *b) {
    uint32_t local = b->code->next_local++;
    if (b->code->next_local > b->code->code->local_count)
        b->code->code->local_count = b->code->next_local;
    return local;
}

void scope_bind(FeelBuilder *b, Str name, uint32_t index, const FeelType *type) {
    FeelBlock *block = b->block;
    if (block->count == block->capacity) {
        uint32_t capacity = block->capacity == 0 ? 4 : block->capacity * 2;
        FeelBinding *more = arena_new_array(b->arena, FeelBinding, capacity);
        if (more == NULL) return;
        if (block->count > 0) memcpy(more, block->bindings, block->count * sizeof *more);
        block->bindings = more;
        block->capacity = capacity;
    }
    uint32_t words = 1;
    Str canonical = lex_canonical(b->arena, name, &words);
    if (words > b->max_words) b->max_words = words;
    block->bindings[block->count++] = (FeelBinding){canonical, name, index, type};
    scope_properties_of_type(b, type, 0);
}

uint32_t scope_declare(FeelBuilder *b, Str name, const FeelType *type) {
    uint32_t local = scope_new_local(b);
    scope_bind(b, name, local, type);
    return local;
}

static const FeelBinding *scope_in_block(const FeelBlock *block, Str canonical) {
    for (uint32_t i = block->count; i-- > 0;)
        if (str_equal(block->bindings[i].name, canonical)) return &block->bindings[i];
    return NULL;
}

static const FeelField *scope_field(const FeelType *t, Str canonical) {
    if (t == NULL || t->kind != FEEL_CONTEXT) return NULL;
    for (size_t i = 0; i < t->field_count; i++)
        if (str_equal(t->fields[i].name, canonical)) return &t->fields[i];
    return NULL;
}

bool scope_known(const FeelBuilder *b, Str canonical) {
    for (const FeelBlock *block = b->block; block != NULL; block = block->parent) {
        if (scope_in_block(block, canonical) != NULL) return true;
        if (block->filter &&
            (map_has(&b->properties, canonical) || str_equal(canonical, STR("item"))))
            return true;
    }
    for (const FeelCodeScope *code = b->code; code != NULL; code = code->parent)
        if (code->self.len > 0 && str_equal(code->self, canonical)) return true;
    return map_has(&b->globals, canonical) || map_has(&b->slots, canonical) ||
           feel_builtin_find(canonical) != NULL;
}

/* Make value (from, index) of the code scope `owner` readable in `code`. */
static FeelCapture scope_reach(FeelBuilder *b, FeelCodeScope *code, const FeelCodeScope *owner,
                               FeelFrom from, uint32_t index) {
    if (code == owner) return (FeelCapture){from, index};
    FeelCapture outer = scope_reach(b, code->parent, owner, from, index);
    for (uint32_t i = 0; i < code->capture_count; i++)
        if (code->captures[i].from == outer.from && code->captures[i].index == outer.index)
            return (FeelCapture){FEEL_FROM_CAPTURE, i};
    if (code->capture_count == code->capture_capacity) {
        uint32_t capacity = code->capture_capacity == 0 ? 4 : code->capture_capacity * 2;
        FeelCapture *more = arena_new_array(b->arena, FeelCapture, capacity);
        if (more == NULL) return outer;
        if (code->capture_count > 0)
            memcpy(more, code->captures, code->capture_count * sizeof *more);
        code->captures = more;
        code->capture_capacity = capacity;
    }
    code->captures[code->capture_count] = outer;
    return (FeelCapture){FEEL_FROM_CAPTURE, code->capture_count++};
}

static FeelNode *scope_read(FeelParser *p, size_t at, const FeelCodeScope *owner, FeelFrom from,
                            uint32_t index, Str name, const FeelType *type) {
    FeelBuilder *b = p->b;
    FeelCapture c = scope_reach(b, b->code, owner, from, index);
    FeelOp op = c.from == FEEL_FROM_SLOT    ? FEEL_OP_SLOT
                : c.from == FEEL_FROM_LOCAL ? FEEL_OP_LOCAL
                                            : FEEL_OP_CAPTURE;
    FeelNode *n = node_new(b, p->source, at, op);
    n->index = c.index;
    n->name = name;
    n->type = type;
    return node_link(b, n);
}

/* The code may call itself: a capture that the machine fills when the closure is made. */
static FeelNode *scope_self(FeelParser *p, size_t at, FeelCodeScope *owner, Str name) {
    FeelBuilder *b = p->b;
    uint32_t i = 0;
    while (i < owner->capture_count && owner->captures[i].from != FEEL_FROM_SELF) i++;
    if (i == owner->capture_count) {
        if (owner->capture_count == owner->capture_capacity) {
            uint32_t capacity = owner->capture_capacity == 0 ? 4 : owner->capture_capacity * 2;
            FeelCapture *more = arena_new_array(b->arena, FeelCapture, capacity);
            if (more == NULL) return NULL;
            if (owner->capture_count > 0)
                memcpy(more, owner->captures, owner->capture_count * sizeof *more);
            owner->captures = more;
            owner->capture_capacity = capacity;
        }
        owner->captures[owner->capture_count++] = (FeelCapture){FEEL_FROM_SELF, 0};
    }
    return scope_read(p, at, owner, FEEL_FROM_CAPTURE, i, name, NULL);
}

static FeelNode *scope_slot(FeelParser *p, size_t at, Str canonical, Str given,
                            const FeelType *type) {
    FeelBuilder *b = p->b;
    uintptr_t known = (uintptr_t)map_get(&b->slots, canonical);
    uint32_t index;
    if (known != 0) {
        index = (uint32_t)known - 1;
    } else {
        if (b->slot_count == b->slot_capacity) {
            uint32_t capacity = b->slot_capacity == 0 ? 8 : b->slot_capacity * 2;
            FeelBinding *more = arena_new_array(b->arena, FeelBinding, capacity);
            if (more == NULL) return NULL;
            if (b->slot_count > 0) memcpy(more, b->slot_bindings, b->slot_count * sizeof *more);
            b->slot_bindings = more;
            b->slot_capacity = capacity;
        }
        index = b->slot_count++;
        b->slot_bindings[index] = (FeelBinding){canonical, given, index, type};
        map_put(&b->slots, canonical, (void *)(uintptr_t)(index + 1));
    }
    return scope_read(p, at, &b->root_code, FEEL_FROM_SLOT, index,
                      b->slot_bindings[index].given, b->slot_bindings[index].type);
}

/* The field of a filter's item: known by type, or asked at run time with the outer meaning. */
static FeelNode *scope_item_field(FeelParser *p, size_t at, FeelBlock *block, Str name,
                                  const FeelField *field, FeelNode *outer) {
    FeelBuilder *b = p->b;
    block->used = true;
    FeelNode *item = scope_read(p, at, block->code, FEEL_FROM_LOCAL, block->item, STR("item"),
                                block->item_type);
    FeelNode *n = node_new(b, p->source, at, field != NULL ? FEEL_OP_PATH : FEEL_OP_DYNAMIC);
    n->a = item;
    n->b = outer;
    n->name = name;
    n->type = field != NULL ? field->type : NULL;
    return node_link(b, n);
}

static FeelNode *scope_outermost(FeelParser *p, size_t at, Str canonical, Str given, bool filter) {
    FeelBuilder *b = p->b;
    for (FeelCodeScope *code = b->code; code != NULL; code = code->parent)
        if (code->self.len > 0 && str_equal(code->self, canonical))
            return scope_self(p, at, code, given);
    const FeelName *global = map_get(&b->globals, canonical);
    if (global != NULL) return scope_slot(p, at, canonical, global->name, global->type);
    const FeelBuiltin *builtin = feel_builtin_find(canonical);
    if (builtin != NULL) {
        FeelFunction *f = arena_new(b->arena, FeelFunction);
        *f = (FeelFunction){.kind = FEEL_FUNCTION_BUILTIN, .builtin = builtin};
        Value v = {.kind = VALUE_FUNCTION, .as.function = f};
        return node_constant(b, p->source, at, v);
    }
    if (filter) return NULL;
    if (b->scope.open) return scope_slot(p, at, canonical, given, NULL);
    return lex_fault_at(p, at, &fault_feel_name_unknown, given, STR_NONE);
}

static FeelNode *scope_resolve_in(FeelParser *p, size_t at, Str canonical, Str given,
                                  FeelBlock *block, bool filter) {
    FeelBuilder *b = p->b;
    for (; block != NULL; block = block->parent) {
        const FeelBinding *binding = scope_in_block(block, canonical);
        const FeelField *field =
            block->filter ? scope_field(block->item_type, canonical) : NULL;
        if (field != NULL) return scope_item_field(p, at, block, field->name, field, NULL);
        bool item = block->filter && str_equal(canonical, STR("item"));
        if (binding != NULL && !item) {
            if (str_equal(canonical, STR("?"))) b->input_uses++;
            block->used = block->used || str_equal(canonical, STR("partial"));
            return scope_read(p, at, block->code, FEEL_FROM_LOCAL, binding->index, given,
                              binding->type);
        }
        /* A closed context type without this field leaves nothing to ask. */
        bool settled = block->item_type != NULL &&
                       (block->item_type->kind != FEEL_CONTEXT ||
                        block->item_type->field_count > 0) && block->item_type->kind != FEEL_ANY;
        if (block->filter && !(settled && !item)) {
            const Str *property = map_get(&b->properties, canonical);
            Str name = property != NULL ? *property : given;
            FeelNode *outer =
                item ? scope_read(p, at, block->code, FEEL_FROM_LOCAL, block->item, given,
                                  block->item_type)
                     : scope_resolve_in(p, at, canonical, given, block->parent, true);
            if (item && settled) {
                block->used = true;
                return outer;
            }
            if (b->err->fault != NULL) return NULL;
            return scope_item_field(p, at, block, name, NULL, outer);
        }
    }
    return scope_outermost(p, at, canonical, given, filter);
}

FeelNode *scope_resolve(FeelParser *p, size_t at, Str canonical, Str given) {
    return scope_resolve_in(p, at, canonical, given, p->b->block, false);
}

void scope_code_begin(FeelBuilder *b, FeelCode *code, Str self) {
    FeelCodeScope *scope = arena_new(b->arena, FeelCodeScope);
    scope->parent = b->code;
    scope->code = code;
    scope->self = self.len > 0 ? lex_canonical(b->arena, self, NULL) : STR_NONE;
    b->code = scope;
    scope_push(b);
}

void scope_code_end(FeelBuilder *b) {
    scope_pop(b);
    b->code->code->captures = b->code->captures;
    b->code->code->capture_count = b->code->capture_count;
    b->code = b->code->parent;
    check(b->code != NULL);
}

const FeelType *scope_type(FeelBuilder *b, Str name) {
    Str canonical = lex_canonical(b->arena, name, NULL);
    for (size_t i = 0; i < b->scope.type_count; i++)
        if (str_equal(b->scope.types[i].name, name) ||
            str_equal(lex_canonical(b->arena, b->scope.types[i].name, NULL), canonical))
            return b->scope.types[i].type;
    return feel_type_named(canonical);
}
