/* process_sift.c - searches over values in memory, and the values of two views.
 *
 * Variables live in the row of their instance as JSON and decisions in compiled models, so they
 * are made as items first and then sifted by the same conditions, orders and edges as rows are.
 *
 * The key of a variable is made from the token whose scope it lives in and its place there, which
 * never changes: variables are added at the end and never taken away while the scope lives.
 *
 *     key = (instance + token) * 4096 + place + 1            at most 4,095 are told apart
 *
 * A decision's key is made in the same way from that of its file and its place in it. */
#include <string.h>

#include "domain/process/process_int.h"
#include "domain/process/process_search.h"

#define PLACES 4096
#define INSTANCES_LOOKED_AT 2000

/* ---- Comparing. */

/* A field as the parameter it would be in SQL. */
static Param field_param(const SearchColumn *c, Value item)
{
    Value v = value_get(item, str_from(c->name));
    int64_t n = 0;
    if (value_is_null(v)) {
        return p_null();
    }
    switch (c->type) {
    case SEARCH_KEY:
        str_to_int64(value_is(v, VALUE_STRING) ? v.as.string : STR_NONE, &n);
        return p_int(n);
    case SEARCH_INT:
        dec_to_int64(v.as.number, &n);
        return p_int(n);
    case SEARCH_BOOL:
        return p_int(value_is_true(v));
    default:
        return p_text(value_is(v, VALUE_STRING) ? v.as.string : STR_NONE);
    }
}

static int compare(Param a, Param b)
{
    if (a.kind == PARAM_NULL || b.kind == PARAM_NULL) {
        return (b.kind == PARAM_NULL) - (a.kind == PARAM_NULL);
    }
    if (a.kind == PARAM_INT) {
        return (a.number > b.number) - (a.number < b.number);
    }
    return str_compare(a.bytes, b.bytes);
}

/* "*" any characters, "?" one character, "\" takes the next as it is. */
static bool is_like(Str pattern, Str text)
{
    size_t p = 0, t = 0, star = SIZE_MAX, from = 0;
    while (t < text.len) {
        bool escaped = p + 1 < pattern.len && pattern.ptr[p] == '\\';
        char c = p < pattern.len ? pattern.ptr[p + escaped] : 0;
        if (p < pattern.len && !escaped && c == '*') {
            star = ++p;
            from = t;
        } else if (p < pattern.len && ((!escaped && c == '?') || c == text.ptr[t])) {
            p += 1 + (size_t)escaped;
            t++;
            while (!escaped && c == '?' && t < text.len && (text.ptr[t] & 0xc0) == 0x80) {
                t++;
            }
        } else if (star != SIZE_MAX) {
            p = star;
            t = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*') {
        p++;
    }
    return p == pattern.len;
}

static bool is_one_of(const SearchCondition *c, Param v)
{
    for (size_t i = 0; i < c->value_count; i++) {
        if (v.kind != PARAM_NULL && compare(v, c->values[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool holds(const SearchCondition *c, Value item)
{
    Param v = field_param(c->column, item);
    bool absent = v.kind == PARAM_NULL;
    switch (c->operator) {
    case SEARCH_EQ: return !absent && compare(v, c->values[0]) == 0;
    case SEARCH_NEQ: return absent || compare(v, c->values[0]) != 0;
    case SEARCH_EXISTS: return absent != (c->values[0].number != 0);
    case SEARCH_GT: return !absent && compare(v, c->values[0]) > 0;
    case SEARCH_GTE: return !absent && compare(v, c->values[0]) >= 0;
    case SEARCH_LT: return !absent && compare(v, c->values[0]) < 0;
    case SEARCH_LTE: return !absent && compare(v, c->values[0]) <= 0;
    case SEARCH_IN: return is_one_of(c, v);
    case SEARCH_NOT_IN: return absent || !is_one_of(c, v);
    case SEARCH_LIKE: return !absent && is_like(c->values[0].bytes, v.bytes);
    }
    return false;
}

static bool wanted(const SearchQuery *q, Value item)
{
    uint64_t failed = 0;
    unsigned groups = 0;
    for (size_t i = 0; i < q->condition_count; i++) {
        const SearchCondition *c = &q->conditions[i];
        check(c->group < 64);
        groups = c->group > groups ? c->group : groups;
        if (holds(c, item)) {
            continue;
        }
        if (c->group == 0) {
            return false;
        }
        failed |= 1ull << c->group;
    }
    for (unsigned g = 1; g <= groups; g++) {
        if (!(failed & (1ull << g))) {
            return true;
        }
    }
    return groups == 0;
}

/* ---- Ordering. */

static const SearchColumn *order_column(const SearchQuery *q, size_t i)
{
    return i < q->order_count ? q->orders[i].column : &q->view->columns[q->view->key];
}

static bool descends(const SearchQuery *q, size_t i)
{
    return i < q->order_count && q->orders[i].descending;
}

static int compare_items(const SearchQuery *q, Value a, Value b)
{
    for (size_t i = 0; i <= q->order_count; i++) {
        const SearchColumn *c = order_column(q, i);
        int way = compare(field_param(c, a), field_param(c, b));
        if (way != 0) {
            return descends(q, i) ? -way : way;
        }
    }
    return 0;
}

/* Merge sort: stable, and no hidden state as qsort would need. */
static void sort_items(const SearchQuery *q, Value *items, Value *spare, size_t count)
{
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t from = 0; from < count; from += 2 * width) {
            size_t middle = from + width < count ? from + width : count;
            size_t end = from + 2 * width < count ? from + 2 * width : count;
            size_t left = from, right = middle;
            for (size_t to = from; to < end; to++) {
                bool take_left = left < middle &&
                                 (right == end || compare_items(q, items[left], items[right]) <= 0);
                spare[to] = items[take_left ? left++ : right++];
            }
        }
        memcpy(items, spare, count * sizeof *items);
    }
}

/* Negative: the item stands before the edge. */
static int compare_edge(const SearchQuery *q, Value item)
{
    for (size_t i = 0; i <= q->order_count; i++) {
        Param edge = q->edge[i], v = field_param(order_column(q, i), item);
        if (v.kind == PARAM_NULL) {
            v = edge.kind == PARAM_INT ? p_int(-INT64_MAX) : p_text(STR_NONE);
        }
        int way = compare(v, edge);
        if (way != 0) {
            return descends(q, i) ? -way : way;
        }
    }
    return 0;
}

static Value edge_of(const SearchQuery *q, Value item, Arena *a)
{
    ListBuilder list = list_builder(a);
    for (size_t i = 0; i <= q->order_count; i++) {
        const SearchColumn *c = order_column(q, i);
        Param v = field_param(c, item);
        bool number = c->type == SEARCH_KEY || c->type == SEARCH_INT || c->type == SEARCH_BOOL;
        list_add(&list, number ? value_int(v.kind == PARAM_NULL ? -INT64_MAX : v.number)
                               : value_string(v.bytes));
    }
    return value_list(&list);
}

/* Which of the sorted items make the page. */
static void choose_page(const SearchQuery *q, const Value *items, size_t count, size_t *from,
                        size_t *to)
{
    *from = q->offset < count ? q->offset : count;
    if (q->edge_count == q->order_count + 1) {
        size_t before = 0, upto = 0;
        while (before < count && compare_edge(q, items[before]) < 0) {
            before++;
        }
        while (upto < count && compare_edge(q, items[upto]) <= 0) {
            upto++;
        }
        *from = q->backwards ? (before > q->limit ? before - q->limit : 0) : upto;
        count = q->backwards ? before : count;
    }
    *to = *from + q->limit < count ? *from + q->limit : count;
}

/* An item without what is only there for filters. */
static Value shown(const SearchView *view, Value item, Arena *a)
{
    ContextBuilder b = context_builder(a);
    for (size_t i = 0; i < view->column_count; i++) {
        if (!(view->columns[i].flags & SEARCH_HIDDEN)) {
            Str name = str_from(view->columns[i].name);
            context_put(&b, name, value_get(item, name));
        }
    }
    return value_context(&b);
}

bool process_sift(const SearchQuery *q, const ListBuilder *items, Arena *a, SearchPage *out)
{
    Value *kept = arena_new_array(a, Value, items->count + 1);
    Value *spare = arena_new_array(a, Value, items->count + 1);
    *out = (SearchPage){.items = value_null()};
    size_t count = 0, from, to;
    if (!kept || !spare || items->failed) {
        return false;
    }
    for (size_t i = 0; i < items->count; i++) {
        if (wanted(q, items->items[i])) {
            kept[count++] = items->items[i];
        }
    }
    sort_items(q, kept, spare, count);
    choose_page(q, kept, count, &from, &to);
    ListBuilder page = list_builder(a);
    for (size_t i = from; i < to; i++) {
        list_add(&page, shown(q->view, kept[i], a));
    }
    out->items = value_list(&page);
    out->total = (int64_t)(count > SEARCH_TOTAL_MAX ? SEARCH_TOTAL_MAX : count);
    out->more_total = count > SEARCH_TOTAL_MAX || items->count >= SEARCH_SIFTED_MAX;
    out->first = to > from ? edge_of(q, kept[from], a) : value_null();
    out->last = to > from ? edge_of(q, kept[to - 1], a) : value_null();
    return true;
}

/* ---- Variables. */

static Value variable_item(Arena *a, const Instance *in, const Token *t, size_t place)
{
    const ValueEntry *e = &t->local.as.context.entries[place];
    int64_t scope = t->key == ROOT_TOKEN ? in->key : in->key | t->key;
    int64_t number = place + 1 < PLACES ? (int64_t)place + 1 : PLACES - 1;
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "variableKey",
                     process_key_value(a, (in->key | t->key) * PLACES + number));
    context_put_text(&b, "name", value_string(e->key));
    context_put_text(&b, "value", value_string(json_copy_text(a, e->value)));
    context_put_text(&b, "isTruncated", value_boolean(false));
    context_put_text(&b, "scopeKey", process_key_value(a, scope));
    context_put_text(&b, "processInstanceKey", process_key_value(a, in->key));
    context_put_text(&b, "rootProcessInstanceKey",
                     in->parent ? value_null() : process_key_value(a, in->key));
    context_put_text(&b, "tenantId", value_string(STR("<default>")));
    return value_context(&b);
}

static void add_variables(Arena *a, const Instance *in, ListBuilder *items)
{
    for (size_t i = 0; i < in->token_count; i++) {
        const Token *t = in->tokens[i];
        for (size_t k = 0; value_is(t->local, VALUE_CONTEXT) && k < t->local.as.context.count;
             k++) {
            if (t->local.as.context.entries[k].key.ptr[0] != '$' &&
                items->count < SEARCH_SIFTED_MAX) {
                list_add(items, variable_item(a, in, t, k));
            }
        }
    }
}

bool process_scope_items(StoreConn *conn, int64_t node, int64_t task, Arena *a, ListBuilder *items,
                         Err *err)
{
    ListBuilder all = list_builder(a);
    if (!process_variable_items(conn, node, key_instance(task), a, &all, err)) {
        return false;
    }
    Value own = process_key_value(a, task), root = process_key_value(a, key_instance(task));
    for (size_t i = 0; i < all.count; i++) {
        Value scope = value_field(all.items[i], "scopeKey");
        if (value_same(scope, own) || value_same(scope, root)) {
            list_add(items, all.items[i]);
        }
    }
    return true;
}

int64_t process_instance_of_key(int64_t key) { return key_instance(key); }

static const Sql SELECT_NEWEST = {
    "SELECT key FROM process_instance WHERE node = ?1 ORDER BY key DESC LIMIT ?2"};

bool process_variable_items(StoreConn *conn, int64_t node, int64_t instance, Arena *a,
                            ListBuilder *items, Err *err)
{
    ListBuilder keys = list_builder(a);
    bool found = false;
    if (instance) {
        list_add(&keys, value_int(instance));
    } else {
        Rows *r = store_query(conn, &SELECT_NEWEST,
                              PARAMS(p_int(node), p_int(INSTANCES_LOOKED_AT)));
        while (rows_next(r)) {
            list_add(&keys, value_int(rows_int(r, 0)));
        }
        rows_close(r);
    }
    for (size_t i = 0; i < keys.count && items->count < SEARCH_SIFTED_MAX; i++) {
        Instance in;
        int64_t key = 0;
        dec_to_int64(keys.items[i].as.number, &key);
        if (!instance_load(conn, node, key, a, &in, &found, err)) {
            return false;
        }
        if (found) {
            add_variables(a, &in, items);
        }
    }
    return !store_failed(conn, err);
}

bool process_variable_read(StoreConn *conn, int64_t node, int64_t key, Arena *a, Value *out,
                           Err *err)
{
    ListBuilder items = list_builder(a);
    *out = value_null();
    if (!process_variable_items(conn, node, key_instance(key / PLACES), a, &items, err)) {
        return false;
    }
    Value text = process_key_value(a, key);
    for (size_t i = 0; i < items.count; i++) {
        if (value_same(value_field(items.items[i], "variableKey"), text)) {
            *out = items.items[i];
        }
    }
    return true;
}

/* ---- Decisions. */

static const Sql SELECT_DECISIONS = {
    "SELECT d.id, d.version, d.path, d.seq * 4096 + d.place, d.version ="
    " (SELECT MAX(l.version) FROM core_definition l WHERE l.node = d.node AND l.kind = d.kind"
    " AND l.id = d.id) FROM core_definition d WHERE d.node = ?1 AND d.kind = 'decision'"
    " ORDER BY d.id, d.version"};

static Value requirements_item(Arena *a, Rows *r, const DmnModel *model)
{
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "decisionRequirementsKey", process_key_value(a, rows_int(r, 3)));
    context_put_text(&b, "decisionRequirementsId", value_string(rows_copy(r, 0, a)));
    context_put_text(&b, "decisionRequirementsName", value_string(dmn_name(model)));
    context_put_text(&b, "version", value_int(rows_int(r, 1)));
    context_put_text(&b, "resourceName", value_string(rows_copy(r, 2, a)));
    context_put_text(&b, "tenantId", value_string(STR("<default>")));
    return value_context(&b);
}

static Value decision_item(Arena *a, Rows *r, const DmnModel *model, size_t place)
{
    const DmnDecision *d = dmn_decision_at(model, place);
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "decisionDefinitionKey",
                     process_key_value(a, rows_int(r, 3) * PLACES + (int64_t)place + 1));
    context_put_text(&b, "decisionDefinitionId", value_string(dmn_decision_id(d)));
    context_put_text(&b, "name", value_string(dmn_decision_name(d)));
    context_put_text(&b, "version", value_int(rows_int(r, 1)));
    context_put_text(&b, "decisionRequirementsId", value_string(rows_copy(r, 0, a)));
    context_put_text(&b, "decisionRequirementsKey", process_key_value(a, rows_int(r, 3)));
    context_put_text(&b, "decisionRequirementsName", value_string(dmn_name(model)));
    context_put_text(&b, "decisionRequirementsVersion", value_int(rows_int(r, 1)));
    context_put_text(&b, "tenantId", value_string(STR("<default>")));
    context_put_text(&b, "isLatestVersion", value_boolean(rows_int(r, 4) != 0));
    return value_context(&b);
}

const DmnModel *process_model(const Process *p, Str id, int64_t version)
{
    signal_lock(p->lock);
    const ModelVersion *v = map_get(&p->models, id);
    while (v && version != 0 && v->version != version) {
        v = v->older;
    }
    signal_unlock(p->lock);
    return v ? v->model : NULL;
}

bool process_decision_items(const Module *module, StoreConn *conn, int64_t node, bool requirements,
                            Arena *a, ListBuilder *items, Err *err)
{
    Rows *r = store_query(conn, &SELECT_DECISIONS, PARAMS(p_int(node)));
    while (rows_next(r)) {
        const DmnModel *model = process_model(module->state, rows_bytes(r, 0), rows_int(r, 1));
        if (!model) {
            continue; /* installed a moment ago: published after its commit */
        }
        if (requirements) {
            list_add(items, requirements_item(a, r, model));
            continue;
        }
        for (size_t i = 0; i < dmn_decision_count(model); i++) {
            list_add(items, decision_item(a, r, model, i));
        }
    }
    rows_close(r);
    return !store_failed(conn, err);
}

const DmnDecision *process_decision_find(const Module *module, Str requirements, int64_t version,
                                         Str decision)
{
    const DmnModel *model = process_model(module->state, requirements, version);
    return model ? dmn_decision_find(model, decision) : NULL;
}
