/* schema_compile.c - from a document to a graph of nodes.
 *
 * Two walks. The first finds every place of the document that is a schema (through the keywords
 * that hold schemas, nothing else: a "$id" inside "const" is data) and registers it:
 *
 *     resources   absolute URI        -> the schema with that $id, or the root
 *     anchors     URI "#" name        -> place with that $anchor or $dynamicAnchor
 *     places      URI "#" pointer     -> place; also under the URIs of the resources outside of
 *                                        it, because a pointer may cross an embedded $id
 *
 * The second makes nodes, from the root on and only where something leads: a queue of places
 * whose node exists but is empty. References therefore may form circles, and no recursion is
 * deeper than the document. A document of the library is walked when a reference first names it.
 *
 * A pointer may also lead to a part of the document that no keyword makes a schema ("x-parts").
 * It becomes a place when it is referred to, under the base URI of the resource it is in.
 *
 * $dynamicRef: the reference is resolved like $ref; when it leads to a $dynamicAnchor, the
 * outermost resource on the way that has one of the same name wins (schema_run.c). */
#include "base/check.h"
#include "codec/json.h"
#include "lang/schema/schema_int.h"

#define DEFAULT_BASE "tongban-schema:///"
#define DIALECT "https://json-schema.org/draft/2020-12/schema"
#define VALIDATION "https://json-schema.org/draft/2020-12/vocab/validation"
#define SCHEMA_NESTING_MAX 200

FAULT_DEFINE(SCHEMA_FAULTS)

/* ---- Faults with their place. */

Str schema_pointer_part(Arena *a, Str pointer, Str part)
{
    Buf b = buf_new(a, pointer.len + part.len + 8);
    buf_add(&b, pointer);
    buf_add_char(&b, '/');
    for (size_t i = 0; i < part.len; i++) {
        if (part.ptr[i] == '~')
            buf_add_text(&b, "~0");
        else if (part.ptr[i] == '/')
            buf_add_text(&b, "~1");
        else
            buf_add_char(&b, part.ptr[i]);
    }
    return buf_text(&b);
}

bool schema_wrong(Compiler *c, const Place *p, Str keyword, const Fault *fault, Str a, Str b)
{
    uint32_t line = 0, column = 0;
    Str pointer = keyword.len ? schema_pointer_part(c->arena, p->pointer, keyword) : p->pointer;
    err_set(c->err, fault, a, b);
    if (c->text.len && !p->library)
        (void)json_locate(c->text, pointer, &line, &column);
    err_at(c->err, p->library ? p->resource->uri : c->file, line, column);
    err_at_element(c->err, pointer);
    return false;
}

bool schema_wrong_value(Compiler *c, const Place *p, Str keyword, const char *what)
{
    return schema_wrong(c, p, keyword, &fault_schema_keyword_value, keyword, str_from(what));
}

/* ---- The first walk: places. */

typedef struct Scan {
    Resource *resource;
    Str in_resource; /* pointer from its root */
    Str pointer;     /* from the root of the document */
    bool library;
    unsigned depth;
} Scan;

static bool scan(Compiler *c, Value v, Scan s, Place **out);

static Str key_of(Compiler *c, Str uri, Str fragment)
{
    return arena_printf(c->arena, "%.*s#%.*s", STR_ARG(uri), STR_ARG(fragment));
}

/* Under its own resource and under those around it. */
static void register_place(Compiler *c, Place *p, const Resource *resource, Str in_resource)
{
    for (const Resource *r = resource; r; r = r->outer) {
        Str key = key_of(c, r->uri, in_resource);
        if (!map_has(&c->places, key))
            map_put(&c->places, key, p);
        in_resource = arena_printf(c->arena, "%.*s%.*s", STR_ARG(r->pointer),
                                   STR_ARG(in_resource));
    }
}

static bool register_anchor(Compiler *c, Place *p, Str keyword, bool dynamic)
{
    Value name = value_get(p->value, keyword);
    if (value_is_null(name))
        return true;
    if (!value_is(name, VALUE_STRING) || name.as.string.len == 0)
        return schema_wrong_value(c, p, keyword, "a name");
    Str key = key_of(c, p->resource->uri, name.as.string);
    Place *other = map_get(&c->anchors, key);
    if (other && other != p)
        return schema_wrong(c, p, keyword, &fault_schema_duplicate_id, name.as.string, STR_NONE);
    map_put(&c->anchors, key, p);
    if (dynamic)
        map_put(&p->resource->dynamic_anchors, name.as.string, p);
    return true;
}

static bool new_resource(Compiler *c, Place *p, Scan *s, Str uri)
{
    Resource *r = arena_new(c->arena, Resource);
    *r = (Resource){.uri = uri, .root = p, .dynamic_anchors = map_new(c->arena),
                    .outer = s->resource, .pointer = s->in_resource,
                    .skip_validation = s->resource && s->resource->skip_validation};
    if (map_has(&c->resources, uri))
        return schema_wrong(c, p, STR("$id"), &fault_schema_duplicate_id, uri, STR_NONE);
    map_put(&c->resources, uri, r);
    p->resource = r;
    s->resource = r;
    s->in_resource = STR_NONE;
    return true;
}

static bool scan_id(Compiler *c, Place *p, Scan *s)
{
    Value id = value_field(p->value, "$id");
    Str without, fragment;
    bool has_fragment;
    if (value_is_null(id))
        return true;
    if (!value_is(id, VALUE_STRING) || !schema_uri_valid(id.as.string, false))
        return schema_wrong_value(c, p, STR("$id"), "a URI reference");
    schema_uri_split(c->arena, schema_uri_resolve(c->arena, p->resource->uri, id.as.string),
                     &without, &fragment, &has_fragment);
    if (fragment.len)
        return schema_wrong_value(c, p, STR("$id"), "without a fragment");
    if (s->depth == 0 && str_equal(without, p->resource->uri))
        return true;
    return new_resource(c, p, s, without);
}

static const SchemaDocument *library_find(const Compiler *c, Str uri)
{
    for (size_t i = 0; i < c->own.library_count; i++)
        if (str_equal(c->own.library[i].uri, uri))
            return &c->own.library[i];
    return NULL;
}

/* "$schema" names the dialect: 2020-12 itself, or a meta-schema of the library. */
static bool scan_dialect(Compiler *c, Place *p)
{
    Value v = value_field(p->value, "$schema"), needed = value_null();
    if (value_is_null(v))
        return true;
    if (!value_is(v, VALUE_STRING))
        return schema_wrong_value(c, p, STR("$schema"), "a URI");
    Str uri = v.as.string;
    if (str_ends(uri, STR("#")))
        uri = str_slice(uri, 0, uri.len - 1);
    if (str_equal(uri, STR(DIALECT)))
        return true;
    const SchemaDocument *meta = library_find(c, uri);
    if (!meta)
        return schema_wrong_value(c, p, STR("$schema"), DIALECT);
    Value vocabulary = value_field(meta->document, "$vocabulary");
    if (value_is(vocabulary, VALUE_CONTEXT))
        p->resource->skip_validation = !value_find(vocabulary, STR(VALIDATION), &needed);
    return true;
}

static bool scan_part(Compiler *c, Value v, Scan s, Str keyword, const Str *part)
{
    Place *ignored = NULL;
    s.in_resource = schema_pointer_part(c->arena, s.in_resource, keyword);
    s.pointer = schema_pointer_part(c->arena, s.pointer, keyword);
    if (part) {
        s.in_resource = schema_pointer_part(c->arena, s.in_resource, *part);
        s.pointer = schema_pointer_part(c->arena, s.pointer, *part);
    }
    s.depth++;
    return scan(c, v, s, &ignored);
}

/* The subschemas under one keyword, by the shape of its value. Wrong shapes are the second
 * walk's to complain about. */
static bool scan_keyword(Compiler *c, const Keyword *k, Value v, Scan s)
{
    Str name = str_from(k->name);
    if (k->shape == SHAPE_SCHEMA)
        return scan_part(c, v, s, name, NULL);
    if (k->shape == SHAPE_LIST && value_is(v, VALUE_LIST))
        for (size_t i = 0; i < v.as.list.count; i++) {
            Str part = arena_printf(c->arena, "%zu", i);
            if (!scan_part(c, v.as.list.items[i], s, name, &part))
                return false;
        }
    if (k->shape == SHAPE_MAP && value_is(v, VALUE_CONTEXT))
        for (size_t i = 0; i < v.as.context.count; i++)
            if (!scan_part(c, v.as.context.entries[i].value, s, name,
                           &v.as.context.entries[i].key))
                return false;
    return true;
}

static bool scan(Compiler *c, Value v, Scan s, Place **out)
{
    Place *p = arena_new(c->arena, Place);
    *p = (Place){v, s.resource, s.pointer, s.library, NULL};
    *out = p;
    if (s.depth > SCHEMA_NESTING_MAX || c->places.count > 4u * SCHEMA_NODES_MAX ||
        arena_failed(c->arena))
        return schema_wrong(c, p, STR_NONE, &fault_schema_too_large, STR("depth, size"),
                            STR_NONE);
    Scan outside = s;
    if (!value_is(v, VALUE_CONTEXT)) {
        register_place(c, p, s.resource, s.in_resource);
        return true;
    }
    if (!scan_id(c, p, &s) || !scan_dialect(c, p))
        return false;
    register_place(c, p, outside.resource, outside.in_resource);
    register_place(c, p, s.resource, s.in_resource);
    if (!register_anchor(c, p, STR("$anchor"), false) ||
        !register_anchor(c, p, STR("$dynamicAnchor"), true))
        return false;
    for (size_t i = 0; i < schema_keyword_count; i++) {
        Value under = value_null();
        const Keyword *k = &schema_keywords[i];
        if (k->shape != SHAPE_NONE && value_find(v, str_from(k->name), &under) &&
            !scan_keyword(c, k, under, s))
            return false;
    }
    return true;
}

static bool scan_document(Compiler *c, Value document, Str uri, bool library, Place **out)
{
    Resource *r = arena_new(c->arena, Resource);
    *r = (Resource){.uri = uri, .dynamic_anchors = map_new(c->arena)};
    map_put(&c->resources, uri, r);
    if (!scan(c, document, (Scan){r, STR_NONE, STR_NONE, library, 0}, out))
        return false;
    r->root = *out;
    return true;
}

/* ---- References. */

static Resource *resource_for(Compiler *c, Str uri, bool *failed)
{
    Place *root = NULL;
    Resource *r = map_get(&c->resources, uri);
    if (r)
        return r;
    const SchemaDocument *d = library_find(c, uri);
    if (!d)
        return NULL;
    if (!scan_document(c, d->document, uri, true, &root)) {
        *failed = true;
        return NULL;
    }
    return map_get(&c->resources, uri);
}

static Str unescape(Arena *a, Str part)
{
    Buf b = buf_new(a, part.len);
    for (size_t i = 0; i < part.len; i++) {
        bool escape = part.ptr[i] == '~' && i + 1 < part.len;
        if (escape && part.ptr[i + 1] == '1')
            buf_add_char(&b, '/');
        else if (escape && part.ptr[i + 1] == '0')
            buf_add_char(&b, '~');
        else
            buf_add_char(&b, part.ptr[i]);
        i += escape;
    }
    return buf_text(&b);
}

/* A pointer to a part that no keyword makes a schema: it becomes one now. */
static Place *place_by_pointer(Compiler *c, Resource *r, Str pointer)
{
    Value v = r->root->value;
    Str rest = str_slice(pointer, 1, pointer.len);
    while (rest.ptr) {
        Str part = unescape(c->arena, str_split(&rest, '/'));
        int64_t index = 0;
        if (value_is(v, VALUE_LIST)) {
            if (!str_to_int64(part, &index) || index < 0 || (size_t)index >= v.as.list.count)
                return NULL;
            v = v.as.list.items[index];
        } else if (!value_find(v, part, &v)) {
            return NULL;
        }
    }
    Place *p = arena_new(c->arena, Place);
    *p = (Place){v, r, arena_printf(c->arena, "%.*s%.*s", STR_ARG(r->root->pointer),
                                    STR_ARG(pointer)), r->root->library, NULL};
    map_put(&c->places, key_of(c, r->uri, pointer), p);
    return p;
}

static Place *place_for(Compiler *c, Str uri, Str fragment, bool *failed)
{
    Resource *r = resource_for(c, uri, failed);
    if (!r)
        return NULL;
    if (fragment.len == 0)
        return r->root;
    Str key = key_of(c, r->uri, fragment);
    if (fragment.ptr[0] != '/')
        return map_get(&c->anchors, key);
    Place *p = map_get(&c->places, key);
    return p ? p : place_by_pointer(c, r, fragment);
}

/* ---- The second walk: nodes. */

static bool node_for(Compiler *c, Place *p, Node **out)
{
    if (p->node) {
        *out = p->node;
        return true;
    }
    if (!value_is(p->value, VALUE_CONTEXT) && !value_is(p->value, VALUE_BOOLEAN))
        return schema_wrong(c, p, STR_NONE, &fault_schema_not_schema, STR_NONE, STR_NONE);
    if (++c->node_count > SCHEMA_NODES_MAX)
        return schema_wrong(c, p, STR_NONE, &fault_schema_too_large, STR("nodes"), STR_NONE);
    p->node = arena_new(c->arena, Node);
    p->node->fixed = value_is(p->value, VALUE_BOOLEAN) ? p->value.as.boolean : -1;
    p->node->resource = p->resource;
    p->node->place = p;
    *out = p->node;
    if (p->node->fixed >= 0)
        return true;
    if (c->queue_count == c->queue_capacity) {
        size_t capacity = c->queue_capacity ? c->queue_capacity * 2 : 64;
        Place **grown = arena_new_array(c->arena, Place *, capacity);
        if (!grown)
            return err_set(c->err, &fault_out_of_memory, STR("schema"));
        for (size_t i = 0; i < c->queue_count; i++)
            grown[i] = c->queue[i];
        c->queue = grown;
        c->queue_capacity = capacity;
    }
    c->queue[c->queue_count++] = p;
    return true;
}

bool schema_child(Compiler *c, const Place *p, Str keyword, const Str *part, Value value,
                  Node **out)
{
    Str pointer = schema_pointer_part(c->arena, p->pointer, keyword);
    if (part)
        pointer = schema_pointer_part(c->arena, pointer, *part);
    Str from_root = str_slice(pointer, p->resource->root->pointer.len, pointer.len);
    Place *child = map_get(&c->places, key_of(c, p->resource->uri, from_root));
    if (!child) {
        /* Inside of a place that a pointer made. */
        child = arena_new(c->arena, Place);
        *child = (Place){value, p->resource, pointer, p->library, NULL};
    }
    return node_for(c, child, out);
}

bool schema_reference(Compiler *c, const Place *from, Str keyword, Str reference, Node **out)
{
    Str uri, fragment;
    bool has_fragment, failed = false;
    schema_uri_split(c->arena, schema_uri_resolve(c->arena, from->resource->uri, reference), &uri,
                     &fragment, &has_fragment);
    Place *p = place_for(c, uri, fragment, &failed);
    if (failed)
        return false;
    if (!p)
        return schema_wrong(c, from, keyword, &fault_schema_reference, reference, STR_NONE);
    return node_for(c, p, out);
}

bool schema_pattern_for(Compiler *c, const Place *p, Str keyword, Str text, Pattern **out)
{
    Str message = STR_NONE;
    *out = map_get(&c->patterns, text);
    if (*out)
        return true;
    *out = schema_pattern_compile(c->arena, text, &message);
    if (!*out)
        return schema_wrong(c, p, keyword, &fault_schema_pattern, text, message);
    map_put(&c->patterns, text, *out);
    return true;
}

static bool keyword_known(Str name)
{
    for (size_t i = 0; i < schema_keyword_count; i++)
        if (str_equal(name, str_from(schema_keywords[i].name)))
            return true;
    return str_starts(name, STR("x-"));
}

/* Keywords of one schema, in the order of the table. */
static bool fill_node(Compiler *c, Place *p)
{
    Node *n = p->node;
    Value whole = p->value;
    size_t count = whole.as.context.count;
    for (size_t i = 0; !c->own.allow_unknown && i < count; i++) {
        Str name = whole.as.context.entries[i].key;
        if (!keyword_known(name))
            return schema_wrong(c, p, name, &fault_schema_keyword_unknown, name, STR_NONE);
    }
    n->checks = arena_new_array(c->arena, Check, count + 1);
    if (!n->checks)
        return err_set(c->err, &fault_out_of_memory, STR("schema"));
    for (size_t i = 0; i < schema_keyword_count; i++) {
        const Keyword *k = &schema_keywords[i];
        Check check = {.keyword = k};
        if (!value_find(whole, str_from(k->name), &check.value) ||
            (k->validation && p->resource->skip_validation))
            continue;
        if (k->compile && !k->compile(c, n, &check, whole))
            return false;
        if (k->run)
            n->checks[n->check_count++] = check;
    }
    return true;
}

static bool compile(Compiler *c, Value document, Schema **out)
{
    Place *root = NULL;
    Node *node = NULL;
    Str base = c->own.base_uri.len ? c->own.base_uri : STR(DEFAULT_BASE);
    if (!scan_document(c, document, base, false, &root) || !node_for(c, root, &node))
        return false;
    for (size_t next = 0; next < c->queue_count; next++)
        if (!fill_node(c, c->queue[next]))
            return false;
    if (arena_failed(c->arena))
        return err_set(c->err, &fault_out_of_memory, STR("schema"));
    Schema *s = arena_new(c->arena, Schema);
    *s = (Schema){document, node, c->own.annotate_formats, false};
    *out = s;
    return true;
}

static Compiler compiler(Arena *a, Str text, Str file, const SchemaOptions *options, Err *err)
{
    Compiler c = {.arena = a, .text = text, .file = file, .err = err};
    if (options)
        c.own = *options;
    c.places = map_new(a);
    c.resources = map_new(a);
    c.anchors = map_new(a);
    c.patterns = map_new(a);
    return c;
}

bool schema_compile_value(Arena *a, Value document, Str file, const SchemaOptions *options,
                          Schema **out, Err *err)
{
    Compiler c = compiler(a, STR_NONE, file, options, err);
    return compile(&c, document, out);
}

bool schema_compile(Arena *a, Str text, Str file, const SchemaOptions *options, Schema **out,
                    Err *err)
{
    Value document = value_null();
    Compiler c = compiler(a, text, file, options, err);
    if (!json_parse(a, text, &document, err)) {
        err_at(err, file, 0, 0);
        return false;
    }
    return compile(&c, document, out);
}

void schema_close(Schema *s)
{
    if (!s)
        return;
    check(!s->closed);
    s->closed = true;
}

Value schema_document(const Schema *s) { return s->document; }
