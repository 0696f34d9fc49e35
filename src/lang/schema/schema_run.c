/* schema_run.c - runs a compiled schema over a value.
 *
 * schema_run judges one value by one node; the keywords' functions call it for subschemas. Beside
 * true or false three things flow:
 *
 * Findings. Outside of anyOf, oneOf, not, if and contains a failure is noted with its JSON
 * Pointer and the run goes on, up to the limit. Inside of them it is quiet: a branch that fails
 * is no fault, and the first failure ends it.
 *
 * Marks. unevaluatedItems and unevaluatedProperties need to know which entries some other
 * keyword, here or in a schema applied in place, has evaluated successfully. A node that has one
 * of them opens a set of marks (one bit an entry); applicators in place pass it on; those that
 * may fail without failing the whole (anyOf, oneOf, if) pass a fresh one and join it on success.
 * Without such a node nobody keeps marks.
 *
 * Scope. The chain of resources entered, for $dynamicRef: the outermost one that has the dynamic
 * anchor wins.
 *
 * Steps and depth are limited; beyond, the value is refused as too costly, never passed. */
#include "base/check.h"
#include "lang/schema/schema_int.h"

/* ---- Marks. */

Marks marks_new(Run *r, Value v)
{
    Marks m = {NULL, value_count(v)};
    m.bits = arena_new_array(r->arena, uint64_t, m.count / 64 + 1);
    if (!m.bits)
        m.count = 0;
    return m;
}

void marks_set(Marks *m, size_t i)
{
    if (m && i < m->count)
        m->bits[i / 64] |= (uint64_t)1 << (i % 64);
}

bool marks_has(const Marks *m, size_t i)
{
    return i < m->count && (m->bits[i / 64] >> (i % 64) & 1);
}

void marks_join(Marks *into, const Marks *from)
{
    if (!into || into->count != from->count)
        return; /* nobody asks, or memory ran out: the run ends as too costly */
    for (size_t i = 0; into->count && i <= into->count / 64; i++)
        into->bits[i] |= from->bits[i];
}

/* ---- Findings. */

static Str path_text(Arena *a, const Path *at)
{
    if (!at)
        return STR_NONE;
    Str key = at->key.ptr ? at->key : arena_printf(a, "%zu", at->index);
    return schema_pointer_part(a, path_text(a, at->up), key);
}

bool schema_note(Run *r, const Check *c, const Path *at, Str property, const Fault *fault, Str a,
                 Str b)
{
    if (r->quiet || r->count == r->max)
        return false;
    SchemaFinding *f = &r->findings[r->count++];
    *f = (SchemaFinding){.pointer = path_text(r->arena, at), .property = property};
    f->keyword = c ? str_from(c->keyword->name) : STR("false");
    err_set(&f->err, fault, a, b);
    err_at_element(&f->err, f->pointer);
    return false;
}

static bool too_costly(Run *r, const Path *at, const char *what)
{
    r->quiet = 0;
    if (!r->costly && r->count == r->max)
        r->count--;
    if (!r->costly)
        schema_note(r, NULL, at, STR_NONE, &fault_schema_too_costly, str_from(what), STR_NONE);
    r->costly = true;
    return false;
}

/* ---- One value by one schema. */

static bool run_checks(Run *r, const Node *n, Value v, const Path *at, Marks *marks)
{
    bool valid = true;
    for (size_t i = 0; i < n->check_count; i++) {
        const Check *c = &n->checks[i];
        if (c->keyword->run(r, n, c, v, at, marks))
            continue;
        valid = false;
        if (r->quiet || r->costly || r->count == r->max)
            break;
    }
    return valid && !r->costly;
}

bool schema_run(Run *r, const Node *n, Value v, const Path *at, Marks *marks)
{
    if (r->costly)
        return false;
    if (n->fixed == 1)
        return true;
    if (n->fixed == 0)
        return schema_note(r, NULL, at, STR_NONE, &fault_value_forbidden, STR_NONE, STR_NONE);
    if (r->depth == SCHEMA_DEPTH_MAX)
        return too_costly(r, at, "depth");
    if (++r->steps > SCHEMA_STEPS_MAX || arena_failed(r->arena))
        return too_costly(r, at, "steps");
    Scope entered = {r->scope, n->resource};
    const Scope *outside = r->scope;
    if (!outside || outside->resource != n->resource)
        r->scope = &entered;
    r->depth++;
    Marks own = {NULL, 0};
    if (n->needs_marks)
        own = marks_new(r, v);
    bool valid = run_checks(r, n, v, at, n->needs_marks ? &own : marks);
    if (valid && n->needs_marks)
        marks_join(marks, &own);
    r->depth--;
    r->scope = outside;
    return valid;
}

/* A branch that may fail: quiet, with marks that are joined only when it holds. */
static bool branch(Run *r, const Node *n, Value v, const Path *at, Marks *marks)
{
    Marks own = {NULL, 0};
    if (marks)
        own = marks_new(r, v);
    r->quiet++;
    bool valid = schema_run(r, n, v, at, marks ? &own : NULL);
    if (r->costly)
        return false;
    r->quiet--;
    if (valid)
        marks_join(marks, &own);
    return valid;
}

/* ---- Applied in place. */

bool run_reference(Run *r, const Node *n, const Check *c, Value v, const Path *at, Marks *m)
{
    (void)n;
    return schema_run(r, c->node, v, at, m);
}

bool run_dynamic_reference(Run *r, const Node *n, const Check *c, Value v, const Path *at,
                           Marks *m)
{
    const Node *target = c->node;
    (void)n;
    for (const Scope *s = c->count ? r->scope : NULL; s; s = s->up) {
        Place *p = map_get(&s->resource->dynamic_anchors, c->names[0]);
        if (p && p->node)
            target = p->node;
    }
    return schema_run(r, target, v, at, m);
}

bool run_all_of(Run *r, const Node *n, const Check *c, Value v, const Path *at, Marks *m)
{
    bool valid = true;
    (void)n;
    for (size_t i = 0; i < c->count && (valid || !r->quiet); i++)
        valid = schema_run(r, c->nodes[i], v, at, m) && valid;
    return valid;
}

static Str number_text(Run *r, int64_t n)
{
    return arena_printf(r->arena, "%lld", (long long)n);
}

bool run_any_of(Run *r, const Node *n, const Check *c, Value v, const Path *at, Marks *m)
{
    bool valid = false;
    (void)n;
    for (size_t i = 0; i < c->count && (!valid || m); i++)
        valid = branch(r, c->nodes[i], v, at, m) || valid;
    return valid || schema_note(r, c, at, STR_NONE, &fault_value_none_fits,
                                number_text(r, (int64_t)c->count), STR_NONE);
}

bool run_one_of(Run *r, const Node *n, const Check *c, Value v, const Path *at, Marks *m)
{
    int64_t fits = 0;
    (void)n;
    for (size_t i = 0; i < c->count; i++)
        fits += branch(r, c->nodes[i], v, at, m);
    if (fits == 0)
        return schema_note(r, c, at, STR_NONE, &fault_value_none_fits,
                           number_text(r, (int64_t)c->count), STR_NONE);
    return fits == 1 || schema_note(r, c, at, STR_NONE, &fault_value_several_fit,
                                    number_text(r, fits), STR_NONE);
}

bool run_not(Run *r, const Node *n, const Check *c, Value v, const Path *at, Marks *m)
{
    (void)n;
    (void)m;
    if (!branch(r, c->node, v, at, NULL))
        return !r->costly;
    return schema_note(r, c, at, STR_NONE, &fault_value_forbidden, STR_NONE, STR_NONE);
}

bool run_if(Run *r, const Node *n, const Check *c, Value v, const Path *at, Marks *m)
{
    (void)n;
    const Node *next = branch(r, c->nodes[0], v, at, m) ? c->nodes[1] : c->nodes[2];
    return !r->costly && (!next || schema_run(r, next, v, at, m));
}

bool run_dependent_schemas(Run *r, const Node *n, const Check *c, Value v, const Path *at,
                           Marks *m)
{
    bool valid = true;
    Value present = value_null();
    (void)n;
    for (size_t i = 0; value_is(v, VALUE_CONTEXT) && i < c->by_name->count; i++)
        if (value_find(v, c->by_name->entries[i].key, &present))
            valid = schema_run(r, c->by_name->entries[i].value, v, at, m) && valid;
    return valid;
}

/* ---- Lists. */

static bool run_item(Run *r, const Node *node, Value v, size_t i, const Path *at)
{
    Path here = {at, STR_NONE, i};
    return schema_run(r, node, v.as.list.items[i], &here, NULL);
}

bool run_prefix_items(Run *r, const Node *n, const Check *c, Value v, const Path *at, Marks *m)
{
    bool valid = true;
    (void)n;
    for (size_t i = 0; value_is(v, VALUE_LIST) && i < v.as.list.count && i < c->count; i++) {
        valid = run_item(r, c->nodes[i], v, i, at) && valid;
        marks_set(m, i);
    }
    return valid;
}

bool run_items(Run *r, const Node *n, const Check *c, Value v, const Path *at, Marks *m)
{
    bool valid = true;
    (void)n;
    if (!value_is(v, VALUE_LIST))
        return true;
    for (size_t i = (size_t)c->low; i < v.as.list.count && (valid || !r->quiet); i++) {
        valid = run_item(r, c->node, v, i, at) && valid;
        marks_set(m, i);
    }
    return valid;
}

bool run_contains(Run *r, const Node *n, const Check *c, Value v, const Path *at, Marks *m)
{
    int64_t fits = 0;
    (void)n;
    if (!value_is(v, VALUE_LIST))
        return true;
    for (size_t i = 0; i < v.as.list.count; i++) {
        Path here = {at, STR_NONE, i};
        if (branch(r, c->node, v.as.list.items[i], &here, NULL)) {
            marks_set(m, i);
            fits++;
        }
    }
    if (fits >= c->low && (c->high < 0 || fits <= c->high))
        return true;
    Str expected = c->high < 0 ? number_text(r, c->low)
                               : arena_printf(r->arena, "%lld-%lld", (long long)c->low,
                                              (long long)c->high);
    return schema_note(r, c, at, STR_NONE, &fault_value_contains, expected,
                       number_text(r, fits));
}

bool run_unevaluated_items(Run *r, const Node *n, const Check *c, Value v, const Path *at,
                           Marks *m)
{
    bool valid = true;
    (void)n;
    for (size_t i = 0; value_is(v, VALUE_LIST) && i < v.as.list.count; i++) {
        if (marks_has(m, i))
            continue;
        valid = run_item(r, c->node, v, i, at) && valid;
        marks_set(m, i);
    }
    return valid;
}

/* ---- Objects. */

static bool run_entry(Run *r, const Node *node, const ValueEntry *e, const Path *at)
{
    Path here = {at, e->key.ptr ? e->key : STR(""), 0};
    return schema_run(r, node, e->value, &here, NULL);
}

bool run_properties(Run *r, const Node *n, const Check *c, Value v, const Path *at, Marks *m)
{
    bool valid = true;
    (void)n;
    for (size_t i = 0; value_is(v, VALUE_CONTEXT) && i < v.as.context.count; i++) {
        const ValueEntry *e = &v.as.context.entries[i];
        const Node *node = map_get(c->by_name, e->key);
        if (!node)
            continue;
        valid = run_entry(r, node, e, at) && valid;
        marks_set(m, i);
    }
    return valid;
}

/* Does the pattern match? A match that takes too many steps fails the whole run. */
static bool matches(Run *r, const Pattern *p, Str text, const Path *at)
{
    MatchResult result = schema_pattern_match(p, r->arena, text);
    if (result == MATCH_COSTLY)
        too_costly(r, at, "pattern");
    return result == MATCH_YES;
}

bool run_pattern_properties(Run *r, const Node *n, const Check *c, Value v, const Path *at,
                            Marks *m)
{
    bool valid = true;
    (void)n;
    for (size_t i = 0; value_is(v, VALUE_CONTEXT) && i < v.as.context.count; i++) {
        const ValueEntry *e = &v.as.context.entries[i];
        for (size_t k = 0; k < c->count && !r->costly; k++) {
            if (!matches(r, c->patterns[k], e->key, at))
                continue;
            valid = run_entry(r, c->by_name->entries[k].value, e, at) && valid;
            marks_set(m, i);
        }
    }
    return valid;
}

/* An entry that should not be there at all is named as such. */
static bool run_extra(Run *r, const Check *c, const ValueEntry *e, const Path *at)
{
    if (c->node->fixed == 0)
        return schema_note(r, c, at, e->key, &fault_value_unexpected, e->key, STR_NONE);
    return run_entry(r, c->node, e, at);
}

bool run_additional_properties(Run *r, const Node *n, const Check *c, Value v, const Path *at,
                               Marks *m)
{
    bool valid = true;
    (void)n;
    for (size_t i = 0; value_is(v, VALUE_CONTEXT) && i < v.as.context.count; i++) {
        const ValueEntry *e = &v.as.context.entries[i];
        bool named = map_has(c->by_name, e->key);
        for (size_t k = 0; !named && k < c->count; k++)
            named = matches(r, c->patterns[k], e->key, at);
        if (named)
            continue;
        valid = run_extra(r, c, e, at) && valid;
        marks_set(m, i);
    }
    return valid;
}

bool run_property_names(Run *r, const Node *n, const Check *c, Value v, const Path *at, Marks *m)
{
    bool valid = true;
    (void)n;
    (void)m;
    for (size_t i = 0; value_is(v, VALUE_CONTEXT) && i < v.as.context.count; i++) {
        const ValueEntry *e = &v.as.context.entries[i];
        Path here = {at, e->key.ptr ? e->key : STR(""), 0};
        valid = schema_run(r, c->node, value_string(e->key), &here, NULL) && valid;
    }
    return valid;
}

bool run_unevaluated_properties(Run *r, const Node *n, const Check *c, Value v, const Path *at,
                                Marks *m)
{
    bool valid = true;
    (void)n;
    for (size_t i = 0; value_is(v, VALUE_CONTEXT) && i < v.as.context.count; i++) {
        if (marks_has(m, i))
            continue;
        valid = run_extra(r, c, &v.as.context.entries[i], at) && valid;
        marks_set(m, i);
    }
    return valid;
}

/* ---- The door. */

static bool run_whole(const Schema *s, Run *r, Arena *a, Value v, size_t max)
{
    check(!s->closed);
    *r = (Run){.schema = s, .arena = a, .max = max};
    r->findings = arena_new_array(a, SchemaFinding, max);
    if (!r->findings)
        return false;
    bool valid = schema_run(r, s->root, v, NULL, NULL);
    if (arena_failed(a))
        valid = too_costly(r, NULL, "memory");
    check(valid == (r->count == 0) || r->costly);
    return valid && !r->costly;
}

bool schema_validate(const Schema *s, Arena *a, Value v, Err *err)
{
    ArenaMark mark = arena_mark(a);
    Run r;
    bool valid = run_whole(s, &r, a, v, 1);
    if (!valid && err && !err->fault) {
        if (r.findings && r.count)
            *err = r.findings[0].err;
        else
            err_set(err, &fault_out_of_memory, STR("schema"));
    }
    arena_reset_to(a, mark);
    return valid;
}

bool schema_findings(const Schema *s, Arena *a, Value v, SchemaFinding **findings, size_t *count)
{
    Run r;
    bool valid = run_whole(s, &r, a, v, SCHEMA_FINDINGS_MAX);
    *findings = r.findings;
    *count = r.findings ? r.count : 0;
    return valid;
}
