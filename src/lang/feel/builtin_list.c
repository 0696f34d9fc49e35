/* builtin_list.c - list functions (Table 75) and sort (10.3.4.8). */
#include "lang/feel/builtin_int.h"

#include <string.h>

/* ---- Choosing and judging. */

static Value list_extreme(FeelCall *c, int wanted) {
    ValueList items = call_items(c);
    if (items.count == 0 || !feel_burn(c->run, c->node, (int64_t)items.count))
        return feel_call_fail(c);
    Value best = items.items[0];
    if (feel_compare(best, best) == FEEL_INCOMPARABLE) return feel_call_fail(c);
    for (size_t i = 1; i < items.count; i++) {
        int order = feel_compare(items.items[i], best);
        if (order == FEEL_INCOMPARABLE) return feel_call_fail(c);
        if (order == wanted) best = items.items[i];
    }
    return best;
}
Value builtin_min(FeelCall *c) { return list_extreme(c, -1); }
Value builtin_max(FeelCall *c) { return list_extreme(c, 1); }

/* Any item equal to `decisive` decides; else all must be the other boolean. */
static Value list_logic(FeelCall *c, bool decisive) {
    ValueList items = call_items(c);
    bool null = false, odd = false;
    if (!feel_burn(c->run, c->node, (int64_t)items.count)) return value_null();
    for (size_t i = 0; i < items.count; i++) {
        Value v = items.items[i];
        if (value_is(v, VALUE_BOOLEAN) && v.as.boolean == decisive)
            return value_boolean(decisive);
        null = null || value_is_null(v);
        odd = odd || (!value_is_null(v) && !value_is(v, VALUE_BOOLEAN));
    }
    if (odd || (null && c->builtin->types[0] != 'l' && c->count == 1)) return feel_call_fail(c);
    return null ? value_null() : value_boolean(!decisive);
}
Value builtin_any(FeelCall *c) { return list_logic(c, true); }
Value builtin_all(FeelCall *c) { return list_logic(c, false); }

Value builtin_not(FeelCall *c) {
    if (value_is_null(c->args[0])) return value_null();
    if (!value_is(c->args[0], VALUE_BOOLEAN)) return feel_call_fail(c);
    return value_boolean(!c->args[0].as.boolean);
}

Value builtin_is(FeelCall *c) { return value_boolean(feel_is(c->args[0], c->args[1])); }

Value builtin_count(FeelCall *c) { return value_int((int64_t)c->args[0].as.list.count); }

static bool list_has(FeelCall *c, ValueList list, Value v) {
    if (!feel_burn(c->run, c->node, (int64_t)list.count)) return false;
    for (size_t i = 0; i < list.count; i++)
        if (feel_equal_run(c->run, list.items[i], v) == 1) return true;
    return false;
}

Value builtin_list_contains(FeelCall *c) {
    return value_boolean(list_has(c, c->args[0].as.list, c->args[1]));
}

Value builtin_index_of(FeelCall *c) {
    ValueList list = c->args[0].as.list;
    FeelItems found = {.run = c->run};
    if (!feel_burn(c->run, c->node, (int64_t)list.count)) return value_null();
    for (size_t i = 0; i < list.count; i++)
        if (feel_equal_run(c->run, list.items[i], c->args[1]) == 1)
            feel_items_add(&found, value_int((int64_t)i + 1));
    return feel_items_value(&found);
}

/* ---- Making lists. */

static Value *list_room(FeelCall *c, size_t count) {
    if (!feel_burn(c->run, c->node, (int64_t)count)) return NULL;
    return feel_new_array(c->run, Value, count);
}

static void list_put(Value *to, const Value *from, size_t count) {
    if (count > 0) memcpy(to, from, count * sizeof *to);
}

/* A position in [-count, -1] or [1, limit] as an index from 0. */
static bool list_position(FeelCall *c, size_t i, size_t count, size_t limit, size_t *out) {
    int64_t position;
    if (!call_int(c, i, &position) || position == 0) return false;
    if (position < 0 && position < -(int64_t)count) return false;
    if (position > 0 && (uint64_t)position > limit) return false;
    *out = position > 0 ? (size_t)position - 1 : count - (size_t)(-position);
    return true;
}

Value builtin_sublist(FeelCall *c) {
    ValueList list = c->args[0].as.list;
    size_t from;
    int64_t length = (int64_t)list.count;
    if (!list_position(c, 1, list.count, list.count, &from)) return feel_call_fail(c);
    if (!value_is_null(c->args[2])) {
        if (!call_int(c, 2, &length) || length < 1 || (uint64_t)length > list.count - from)
            return feel_call_fail(c);
    } else {
        length = (int64_t)(list.count - from);
    }
    return feel_list_of((size_t)length, list.items + from);
}

Value builtin_append(FeelCall *c) {
    ValueList list = c->args[0].as.list;
    Value *items = list_room(c, list.count + c->count - 1);
    if (items == NULL) return value_null();
    list_put(items, list.items, list.count);
    list_put(items + list.count, c->args + 1, c->count - 1);
    return feel_list_of(list.count + c->count - 1, items);
}

Value builtin_concatenate(FeelCall *c) {
    size_t count = 0;
    for (size_t i = 0; i < c->count; i++) count += c->args[i].as.list.count;
    Value *items = list_room(c, count);
    if (items == NULL) return value_null();
    size_t at = 0;
    for (size_t i = 0; i < c->count; i++) {
        list_put(items + at, c->args[i].as.list.items, c->args[i].as.list.count);
        at += c->args[i].as.list.count;
    }
    return feel_list_of(count, items);
}

Value builtin_insert_before(FeelCall *c) {
    ValueList list = c->args[0].as.list;
    size_t at;
    if (!list_position(c, 1, list.count, list.count + 1, &at)) return feel_call_fail(c);
    Value *items = list_room(c, list.count + 1);
    if (items == NULL) return value_null();
    list_put(items, list.items, at);
    items[at] = c->args[2];
    list_put(items + at + 1, list.items + at, list.count - at);
    return feel_list_of(list.count + 1, items);
}

Value builtin_remove(FeelCall *c) {
    ValueList list = c->args[0].as.list;
    size_t at;
    if (!list_position(c, 1, list.count, list.count, &at)) return feel_call_fail(c);
    Value *items = list_room(c, list.count);
    if (items == NULL) return value_null();
    list_put(items, list.items, at);
    list_put(items + at, list.items + at + 1, list.count - at - 1);
    return feel_list_of(list.count - 1, items);
}

Value builtin_list_replace(FeelCall *c) {
    ValueList list = c->args[0].as.list;
    size_t at;
    if (!list_position(c, 1, list.count, list.count, &at)) return feel_call_fail(c);
    Value *items = list_room(c, list.count);
    if (items == NULL) return value_null();
    list_put(items, list.items, list.count);
    items[at] = c->args[2];
    return feel_list_of(list.count, items);
}

/* Items for which match(item, newItem) is true become newItem. */
Value builtin_list_replace_match(FeelCall *c) {
    ValueList list = c->args[0].as.list;
    Value *items = list_room(c, list.count);
    if (items == NULL) return value_null();
    for (size_t i = 0; i < list.count; i++) {
        const Value args[2] = {list.items[i], c->args[2]};
        Value match = feel_apply(c->args[1], c->node, c->run, args, NULL, 2);
        if (c->run->stopped) return value_null();
        if (!value_is(match, VALUE_BOOLEAN)) return feel_call_fail(c);
        items[i] = match.as.boolean ? c->args[2] : list.items[i];
    }
    return feel_list_of(list.count, items);
}

Value builtin_reverse(FeelCall *c) {
    ValueList list = c->args[0].as.list;
    Value *items = list_room(c, list.count);
    if (items == NULL) return value_null();
    for (size_t i = 0; i < list.count; i++) items[i] = list.items[list.count - 1 - i];
    return feel_list_of(list.count, items);
}

static bool list_add_distinct(FeelCall *c, FeelItems *out, ValueList list) {
    for (size_t i = 0; i < list.count; i++) {
        if (list_has(c, (ValueList){out->count, out->items}, list.items[i])) continue;
        if (c->run->stopped || !feel_items_add(out, list.items[i])) return false;
    }
    return true;
}

Value builtin_distinct_values(FeelCall *c) {
    FeelItems out = {.run = c->run};
    if (!list_add_distinct(c, &out, c->args[0].as.list)) return value_null();
    return feel_items_value(&out);
}

Value builtin_union(FeelCall *c) {
    FeelItems out = {.run = c->run};
    for (size_t i = 0; i < c->count; i++)
        if (!list_add_distinct(c, &out, c->args[i].as.list)) return value_null();
    return feel_items_value(&out);
}

static bool list_flatten(FeelCall *c, FeelItems *out, ValueList list, unsigned depth) {
    if (depth > FEEL_VALUE_DEPTH_MAX) {
        feel_stop(c->run, c->node, &fault_feel_depth);
        return false;
    }
    for (size_t i = 0; i < list.count; i++) {
        if (!feel_burn(c->run, c->node, 1)) return false;
        Value v = list.items[i];
        bool ok = value_is(v, VALUE_LIST) ? list_flatten(c, out, v.as.list, depth + 1)
                                          : feel_items_add(out, v);
        if (!ok) return false;
    }
    return true;
}

Value builtin_flatten(FeelCall *c) {
    FeelItems out = {.run = c->run};
    if (!list_flatten(c, &out, c->args[0].as.list, 0)) return value_null();
    return feel_items_value(&out);
}

/* ---- Sorting: a merge sort, so that it is stable and calls the user's function n log n times
 * whatever that function answers. */

typedef struct Sorting {
    FeelCall *c;
    Value precedes; /* null: natural order */
    bool failed;
} Sorting;

static bool sort_precedes(Sorting *s, Value a, Value b) {
    if (!feel_burn(s->c->run, s->c->node, 1)) s->failed = true;
    if (s->failed) return false;
    if (value_is_null(s->precedes)) {
        int order = feel_compare(a, b);
        s->failed = order == FEEL_INCOMPARABLE;
        return order < 0;
    }
    const Value args[2] = {a, b};
    Value v = feel_apply(s->precedes, s->c->node, s->c->run, args, NULL, 2);
    s->failed = !value_is(v, VALUE_BOOLEAN);
    return value_is_true(v);
}

static void sort_merge(Sorting *s, const Value *a, Value *b, size_t from, size_t middle,
                       size_t to) {
    size_t i = from, j = middle;
    for (size_t k = from; k < to; k++) {
        bool right = j < to && (i >= middle || sort_precedes(s, a[j], a[i]));
        b[k] = right ? a[j++] : a[i++];
    }
}

static Value sort_list(FeelCall *c, Value precedes) {
    ValueList list = c->args[0].as.list;
    Value *a = list_room(c, list.count), *b = list_room(c, list.count);
    if (a == NULL || b == NULL) return value_null();
    Sorting s = {c, precedes, false};
    list_put(a, list.items, list.count);
    for (size_t width = 1; width < list.count && !s.failed; width *= 2) {
        for (size_t from = 0; from < list.count; from += 2 * width) {
            size_t middle = from + width < list.count ? from + width : list.count;
            size_t to = from + 2 * width < list.count ? from + 2 * width : list.count;
            sort_merge(&s, a, b, from, middle, to);
        }
        Value *swap = a;
        a = b;
        b = swap;
    }
    return s.failed ? feel_call_fail(c) : feel_list_of(list.count, a);
}

Value builtin_sort(FeelCall *c) { return sort_list(c, c->args[1]); }
Value builtin_sort_natural(FeelCall *c) { return sort_list(c, value_null()); }
