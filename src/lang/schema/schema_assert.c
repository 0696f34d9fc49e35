/* schema_assert.c - keywords that judge a value by itself.
 *
 * Each applies to one type and holds for every other (a text has no maximum). Numbers are exact
 * decimals; 2.0 is an integer and equals 2. Lengths count code points, not bytes. */
#include "lang/schema/schema_int.h"

#include "codec/json.h"

#define ENUM_SHOWN_MAX 12 /* values of an enum listed in a message */

/* ---- Texts for messages. */

static Str count_text(Run *r, int64_t n)
{
    return arena_printf(r->arena, "%lld", (long long)n);
}

static Str dec_text(Run *r, Dec d)
{
    Buf b = buf_new(r->arena, 40);
    dec_write_exact(d, &b);
    return buf_text(&b);
}

static Str json_text(Run *r, Value v)
{
    Buf b = buf_new(r->arena, 64);
    json_write(v, 0, &b);
    return buf_text(&b);
}

/* ---- Any value. */

static int type_of(Value v)
{
    switch (value_kind(v)) {
    case VALUE_NULL: return 0;
    case VALUE_BOOLEAN: return 1;
    case VALUE_NUMBER: return dec_is_integer(v.as.number) ? 2 : 3;
    case VALUE_STRING: return 4;
    case VALUE_LIST: return 5;
    case VALUE_CONTEXT: return 6;
    default: return 7; /* not plain: fits no type */
    }
}

static const char *const type_names[] = {"null",  "boolean", "integer", "number",
                                         "string", "array",   "object",  "unknown"};

bool run_type(Run *r, const Node *n, const Check *c, Value v, const Path *at, Marks *m)
{
    int type = type_of(v);
    (void)n;
    (void)m;
    if ((c->low >> type & 1) || (type == 2 && (c->low >> 3 & 1)))
        return true;
    if (r->quiet)
        return false;
    Buf expected = buf_new(r->arena, 64);
    for (int i = 0; i < 7; i++)
        if (c->low >> i & 1)
            buf_printf(&expected, "%s%s", expected.len ? " | " : "", type_names[i]);
    return schema_note(r, c, at, STR_NONE, &fault_value_type, buf_text(&expected),
                       str_from(type_names[type]));
}

bool run_const(Run *r, const Node *n, const Check *c, Value v, const Path *at, Marks *m)
{
    (void)n;
    (void)m;
    if (value_same(c->value, v))
        return true;
    return !r->quiet && schema_note(r, c, at, STR_NONE, &fault_value_const,
                                    json_text(r, c->value), STR_NONE);
}

bool run_enum(Run *r, const Node *n, const Check *c, Value v, const Path *at, Marks *m)
{
    (void)n;
    (void)m;
    for (size_t i = 0; i < c->value.as.list.count; i++)
        if (value_same(c->value.as.list.items[i], v))
            return true;
    if (r->quiet)
        return false;
    Buf allowed = buf_new(r->arena, 64);
    for (size_t i = 0; i < c->value.as.list.count && i < ENUM_SHOWN_MAX; i++) {
        if (i)
            buf_add_text(&allowed, ", ");
        json_write(c->value.as.list.items[i], 0, &allowed);
    }
    if (c->value.as.list.count > ENUM_SHOWN_MAX)
        buf_add_text(&allowed, ", ...");
    return schema_note(r, c, at, STR_NONE, &fault_value_enum, buf_text(&allowed), STR_NONE);
}

/* ---- Numbers. */

typedef bool Holds(int order);

static bool number_bound(Run *r, const Check *c, Value v, const Path *at, Holds *holds,
                         const Fault *fault)
{
    if (!value_is(v, VALUE_NUMBER) || holds(dec_compare(v.as.number, c->number)))
        return true;
    return !r->quiet &&
           schema_note(r, c, at, STR_NONE, fault, dec_text(r, c->number), STR_NONE);
}

static bool at_most(int order) { return order <= 0; }
static bool below(int order) { return order < 0; }
static bool at_least(int order) { return order >= 0; }
static bool above(int order) { return order > 0; }

bool run_maximum(Run *r, const Node *n, const Check *c, Value v, const Path *at, Marks *m)
{
    (void)n;
    (void)m;
    return number_bound(r, c, v, at, at_most, &fault_value_too_big);
}

bool run_exclusive_maximum(Run *r, const Node *n, const Check *c, Value v, const Path *at,
                           Marks *m)
{
    (void)n;
    (void)m;
    return number_bound(r, c, v, at, below, &fault_value_not_below);
}

bool run_minimum(Run *r, const Node *n, const Check *c, Value v, const Path *at, Marks *m)
{
    (void)n;
    (void)m;
    return number_bound(r, c, v, at, at_least, &fault_value_too_small);
}

bool run_exclusive_minimum(Run *r, const Node *n, const Check *c, Value v, const Path *at,
                           Marks *m)
{
    (void)n;
    (void)m;
    return number_bound(r, c, v, at, above, &fault_value_not_above);
}

/* A remainder that cannot be computed exactly is taken for one that is not 0. */
bool run_multiple_of(Run *r, const Node *n, const Check *c, Value v, const Path *at, Marks *m)
{
    Dec remainder;
    (void)n;
    (void)m;
    if (!value_is(v, VALUE_NUMBER) ||
        (dec_modulo(v.as.number, c->number, &remainder) && dec_sign(remainder) == 0))
        return true;
    return !r->quiet && schema_note(r, c, at, STR_NONE, &fault_value_multiple,
                                    dec_text(r, c->number), STR_NONE);
}

/* ---- Texts. */

static bool size_bound(Run *r, const Check *c, int64_t size, bool holds, const Path *at,
                       const Fault *fault)
{
    if (holds)
        return true;
    return !r->quiet && schema_note(r, c, at, STR_NONE, fault, count_text(r, c->low),
                                    count_text(r, size));
}

bool run_max_length(Run *r, const Node *n, const Check *c, Value v, const Path *at, Marks *m)
{
    (void)n;
    (void)m;
    if (!value_is(v, VALUE_STRING) || (int64_t)v.as.string.len <= c->low)
        return true;
    int64_t size = (int64_t)utf8_count(v.as.string);
    return size_bound(r, c, size, size <= c->low, at, &fault_value_too_long);
}

bool run_min_length(Run *r, const Node *n, const Check *c, Value v, const Path *at, Marks *m)
{
    (void)n;
    (void)m;
    if (!value_is(v, VALUE_STRING))
        return true;
    int64_t size = (int64_t)utf8_count(v.as.string);
    return size_bound(r, c, size, size >= c->low, at, &fault_value_too_short);
}

bool run_pattern(Run *r, const Node *n, const Check *c, Value v, const Path *at, Marks *m)
{
    (void)n;
    (void)m;
    if (!value_is(v, VALUE_STRING))
        return true;
    MatchResult result = schema_pattern_match(c->patterns[0], r->arena, v.as.string);
    if (result == MATCH_YES)
        return true;
    if (result == MATCH_COSTLY) {
        r->quiet = 0;
        r->costly = true;
        return schema_note(r, c, at, STR_NONE, &fault_schema_too_costly, STR("pattern"),
                           STR_NONE);
    }
    return schema_note(r, c, at, STR_NONE, &fault_value_pattern,
                       schema_pattern_text(c->patterns[0]), STR_NONE);
}

bool run_format(Run *r, const Node *n, const Check *c, Value v, const Path *at, Marks *m)
{
    (void)n;
    (void)m;
    if (r->schema->annotate_formats || !value_is(v, VALUE_STRING) ||
        schema_format_check(c->value.as.string, c->low != 0, v.as.string))
        return true;
    return schema_note(r, c, at, STR_NONE, &fault_value_format, v.as.string, c->value.as.string);
}

/* ---- Lists. */

bool run_max_items(Run *r, const Node *n, const Check *c, Value v, const Path *at, Marks *m)
{
    int64_t size = (int64_t)value_count(v);
    (void)n;
    (void)m;
    return !value_is(v, VALUE_LIST) ||
           size_bound(r, c, size, size <= c->low, at, &fault_value_too_many_items);
}

bool run_min_items(Run *r, const Node *n, const Check *c, Value v, const Path *at, Marks *m)
{
    int64_t size = (int64_t)value_count(v);
    (void)n;
    (void)m;
    return !value_is(v, VALUE_LIST) ||
           size_bound(r, c, size, size >= c->low, at, &fault_value_too_few_items);
}

/* Equal values have equal hashes (value_same: numbers by value, objects without order). */
static uint64_t value_hash(Value v)
{
    uint64_t h = v.kind * 0x9e3779b97f4a7c15u;
    switch (value_kind(v)) {
    case VALUE_BOOLEAN: return h ^ v.as.boolean;
    case VALUE_NUMBER: return h ^ dec_hash(v.as.number);
    case VALUE_STRING: return h ^ str_hash(v.as.string);
    case VALUE_LIST:
        for (size_t i = 0; i < v.as.list.count; i++)
            h = (h ^ value_hash(v.as.list.items[i])) * 0x100000001b3u;
        return h;
    case VALUE_CONTEXT:
        for (size_t i = 0; i < v.as.context.count; i++)
            h += (str_hash(v.as.context.entries[i].key) | 1) *
                 value_hash(v.as.context.entries[i].value);
        return h;
    default: return h;
    }
}

/* The first pair of equal items, through an open table of hashes. */
static bool find_twin(Run *r, Value v, size_t *first, size_t *second)
{
    size_t count = v.as.list.count, slots = 16;
    while (slots < count * 2)
        slots *= 2;
    uint32_t *table = arena_new_array(r->arena, uint32_t, slots);
    uint64_t *hashes = arena_new_array(r->arena, uint64_t, count + 1);
    for (size_t i = 0; table && hashes && i < count; i++) {
        hashes[i] = value_hash(v.as.list.items[i]);
        size_t slot = hashes[i] & (slots - 1);
        for (; table[slot]; slot = (slot + 1) & (slots - 1)) {
            size_t other = table[slot] - 1;
            if (hashes[other] == hashes[i] &&
                value_same(v.as.list.items[other], v.as.list.items[i])) {
                *first = other;
                *second = i;
                return true;
            }
        }
        table[slot] = (uint32_t)i + 1;
    }
    return false;
}

bool run_unique_items(Run *r, const Node *n, const Check *c, Value v, const Path *at, Marks *m)
{
    size_t first = 0, second = 0;
    (void)n;
    (void)m;
    if (!value_is(v, VALUE_LIST) || !value_is_true(c->value) || !find_twin(r, v, &first, &second))
        return true;
    return !r->quiet && schema_note(r, c, at, STR_NONE, &fault_value_not_unique,
                                    count_text(r, (int64_t)first + 1),
                                    count_text(r, (int64_t)second + 1));
}

/* ---- Objects. */

static bool property_count(Run *r, const Check *c, Value v, bool at_least_so_many, const Path *at)
{
    int64_t size = (int64_t)value_count(v);
    if (!value_is(v, VALUE_CONTEXT) || (at_least_so_many ? size >= c->low : size <= c->low))
        return true;
    Str bound = arena_printf(r->arena, "%s %lld", at_least_so_many ? "≥" : "≤",
                             (long long)c->low);
    return schema_note(r, c, at, STR_NONE, &fault_value_property_count, bound,
                       count_text(r, size));
}

bool run_max_properties(Run *r, const Node *n, const Check *c, Value v, const Path *at, Marks *m)
{
    (void)n;
    (void)m;
    return property_count(r, c, v, false, at);
}

bool run_min_properties(Run *r, const Node *n, const Check *c, Value v, const Path *at, Marks *m)
{
    (void)n;
    (void)m;
    return property_count(r, c, v, true, at);
}

bool run_required(Run *r, const Node *n, const Check *c, Value v, const Path *at, Marks *m)
{
    bool valid = true;
    Value present = value_null();
    (void)n;
    (void)m;
    for (size_t i = 0; value_is(v, VALUE_CONTEXT) && i < c->value.as.list.count; i++) {
        Str name = c->value.as.list.items[i].as.string;
        if (!value_find(v, name, &present))
            valid = schema_note(r, c, at, name, &fault_value_required, name, STR_NONE);
    }
    return valid;
}

bool run_dependent_required(Run *r, const Node *n, const Check *c, Value v, const Path *at,
                            Marks *m)
{
    bool valid = true;
    Value present = value_null();
    (void)n;
    (void)m;
    for (size_t i = 0; value_is(v, VALUE_CONTEXT) && i < c->value.as.context.count; i++) {
        const ValueEntry *e = &c->value.as.context.entries[i];
        for (size_t k = 0; value_find(v, e->key, &present) && k < e->value.as.list.count; k++) {
            Str name = e->value.as.list.items[k].as.string;
            Value needed = value_null();
            if (!value_find(v, name, &needed))
                valid = schema_note(r, c, at, name, &fault_value_dependent, e->key, name);
        }
    }
    return valid;
}
