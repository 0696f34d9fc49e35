/* The value: building, finding, copying, comparing.
 *
 * A list is an array of values, a context an array of entries in the order in which its keys
 * were first put. Reading a context compares keys one after the other: contexts that come from
 * forms, rows and rules have few entries, and an index would have to be kept in every value.
 * The builder does have an index, because putting n keys one by one would cost n squared:
 *
 *     up to 15 entries   compared one by one
 *     from 16 on         slots: entry number + 1, or 0 for free; open addressing; at least
 *                        half of the slots are free
 *
 * Builders keep their arrays in real memory (arena_int.h), never in the scratch of a failed
 * arena; a builder whose arena has failed stays as it was and remembers it, and its value is
 * null: half a list must not look like a whole one.
 *
 * value_copy and value_same recurse; their depth is that of the value, which the readers of
 * values (JSON, FEEL) limit. value_is_plain likewise. */
#include "base/value.h"

#include <string.h>

#include "base/arena_int.h"
#include "base/check.h"

#define BUILDER_ENTRIES_MIN 8u
#define BUILDER_INDEX_FROM 16u

_Static_assert(sizeof(Value) == 24, "a value is 24 bytes");

/* ---- Making values. */

Value value_null(void)
{
    return (Value){.kind = VALUE_NULL};
}

Value value_boolean(bool b)
{
    return (Value){.kind = VALUE_BOOLEAN, .as.boolean = b};
}

Value value_number(Dec d)
{
    return (Value){.kind = VALUE_NUMBER, .as.number = d};
}

Value value_int(int64_t n)
{
    return value_number(dec_from_int(n));
}

Value value_string(Str s)
{
    return (Value){.kind = VALUE_STRING, .as.string = s};
}

/* A text that an arena made, or null when the arena has failed. */
static Value text_or_null(const Arena *a, Str text)
{
    return arena_failed(a) ? value_null() : value_string(text);
}

Value value_id(Arena *a, Id id)
{
    return text_or_null(a, id_copy_text(a, id));
}

Value value_instant(Arena *a, Instant t)
{
    if (instant_is_none(t)) return value_null();
    return text_or_null(a, instant_copy_text(a, t, CHINA_OFFSET_S));
}

Value value_day(Arena *a, Day d)
{
    if (d.number == DAY_NONE.number) return value_null();
    Buf b = buf_new(a, 16);
    day_write(d, &b);
    return text_or_null(a, buf_text(&b));
}

Value value_date(Day d)
{
    return (Value){.kind = VALUE_DATE, .as.day = d.number};
}

/* A time or date-time; what the zone kind does not use is zero, so that equal values are equal
 * bytes. */
static Value value_temporal(ValueKind kind, int64_t day, TimeParts parts)
{
    check(parts.nano >= 0 && parts.nano < US_PER_DAY * 1000);
    check(parts.zone <= ZONE_NAMED);
    Value v = {.kind = (uint8_t)kind, .zone = parts.zone};
    v.as.time_day = day;
    v.as.time_nano = parts.nano;
    if (parts.zone != ZONE_LOCAL) v.offset_s = parts.offset_s;
    if (parts.zone == ZONE_NAMED) v.zone_id = parts.zone_id;
    return v;
}

Value value_time(TimeParts parts)
{
    return value_temporal(VALUE_TIME, 0, parts);
}

Value value_date_time(TimeParts parts)
{
    return value_temporal(VALUE_DATE_TIME, parts.day, parts);
}

Value value_months_duration(int64_t months)
{
    return (Value){.kind = VALUE_MONTHS_DURATION, .as.months = months};
}

Value value_time_duration(int64_t seconds, int64_t nanos)
{
    bool over = __builtin_add_overflow(seconds, nanos / 1000000000, &seconds);
    check(!over);
    nanos %= 1000000000;
    if (seconds > 0 && nanos < 0) {
        seconds--;
        nanos += 1000000000;
    }
    if (seconds < 0 && nanos > 0) {
        seconds++;
        nanos -= 1000000000;
    }
    Value v = {.kind = VALUE_TIME_DURATION};
    v.as.seconds = seconds;
    v.as.nanos = nanos;
    return v;
}

Value value_range(Arena *a, ValueRange range)
{
    ValueRange *r = arena_take_raw(a, sizeof *r);
    if (!r) return value_null();
    *r = range;
    return (Value){.kind = VALUE_RANGE, .as.range = r};
}

TimeParts value_time_parts(Value v)
{
    check(v.kind == VALUE_TIME || v.kind == VALUE_DATE_TIME);
    return (TimeParts){
        .day = v.as.time_day,
        .nano = v.as.time_nano,
        .offset_s = v.offset_s,
        .zone_id = v.zone_id,
        .zone = v.zone,
    };
}

bool value_is_true(Value v)
{
    return v.kind == VALUE_BOOLEAN && v.as.boolean;
}

/* ---- Lists. */

ListBuilder list_builder(Arena *a)
{
    return (ListBuilder){.arena = a};
}

void list_add(ListBuilder *b, Value v)
{
    if (b->failed) return;
    if (b->count == b->capacity) {
        size_t capacity = arena_next_capacity(b->capacity, b->count, 1, BUILDER_ENTRIES_MIN,
                                              sizeof(Value));
        Value *items = arena_grow(b->arena, b->items, b->capacity * sizeof(Value),
                                  capacity * sizeof(Value));
        if (!items) {
            b->failed = true;
            return;
        }
        b->items = items;
        b->capacity = capacity;
    }
    b->items[b->count++] = v;
}

static Value list_value(const Value *items, size_t count)
{
    return (Value){.kind = VALUE_LIST, .as.list = {count, items}};
}

Value value_list(const ListBuilder *b)
{
    return b->failed ? value_null() : list_value(b->items, b->count);
}

Value value_list_of(Arena *a, const Value *items, size_t count)
{
    if (count == 0) return list_value(NULL, 0);
    check(count <= SIZE_MAX / sizeof(Value));
    Value *copy = arena_take_raw(a, count * sizeof(Value));
    if (!copy) return value_null();
    memcpy(copy, items, count * sizeof(Value));
    return list_value(copy, count);
}

/* ---- Contexts. */

ContextBuilder context_builder(Arena *a)
{
    return (ContextBuilder){.arena = a};
}

/* The slot where key stands or may be put. */
static size_t find_slot(const ContextBuilder *b, Str key)
{
    size_t mask = b->slot_count - 1;
    size_t slot = (size_t)str_hash(key) & mask;
    while (b->slots[slot] != 0 && !str_equal(b->entries[b->slots[slot] - 1].key, key)) {
        slot = (slot + 1) & mask;
    }
    return slot;
}

/* Index of key, or -1. */
static ptrdiff_t find_entry(const ContextBuilder *b, Str key)
{
    if (b->slot_count > 0) return (ptrdiff_t)b->slots[find_slot(b, key)] - 1;
    for (size_t i = 0; i < b->count; i++) {
        if (str_equal(b->entries[i].key, key)) return (ptrdiff_t)i;
    }
    return -1;
}

/* Make the slots anew for the present capacity; false without memory. */
static bool build_index(ContextBuilder *b)
{
    if (b->capacity < BUILDER_INDEX_FROM) return true;
    size_t slot_count = 2 * BUILDER_INDEX_FROM;
    while (slot_count < 2 * b->capacity) slot_count *= 2;
    check(slot_count <= UINT32_MAX);
    uint32_t *slots = arena_take_raw(b->arena, slot_count * sizeof(uint32_t));
    if (!slots) return false;
    memset(slots, 0, slot_count * sizeof(uint32_t));
    b->slots = slots;
    b->slot_count = slot_count;
    for (size_t i = 0; i < b->count; i++) {
        slots[find_slot(b, b->entries[i].key)] = (uint32_t)(i + 1);
    }
    return true;
}

static bool grow_context(ContextBuilder *b, size_t more)
{
    if (more <= b->capacity - b->count) return true;
    size_t capacity = arena_next_capacity(b->capacity, b->count, more, BUILDER_ENTRIES_MIN,
                                          sizeof(ValueEntry));
    ValueEntry *entries = arena_grow(b->arena, b->entries, b->capacity * sizeof(ValueEntry),
                                     capacity * sizeof(ValueEntry));
    if (!entries) return false;
    b->entries = entries;
    b->capacity = capacity;
    return build_index(b);
}

ContextBuilder context_builder_from(Arena *a, Value context)
{
    ContextBuilder b = context_builder(a);
    if (context.kind != VALUE_CONTEXT) return b;
    size_t count = context.as.context.count;
    if (count == 0) return b;
    b.failed = !grow_context(&b, count);
    for (size_t i = 0; i < count; i++) {
        ValueEntry entry = context.as.context.entries[i];
        context_put(&b, entry.key, entry.value);
    }
    return b;
}

void context_put(ContextBuilder *b, Str key, Value v)
{
    if (b->failed) return;
    ptrdiff_t index = find_entry(b, key);
    if (index >= 0) {
        b->entries[index].value = v;
        return;
    }
    if (!grow_context(b, 1)) {
        b->failed = true;
        return;
    }
    if (b->slot_count > 0) b->slots[find_slot(b, key)] = (uint32_t)(b->count + 1);
    b->entries[b->count++] = (ValueEntry){key, v};
}

bool context_builder_has(const ContextBuilder *b, Str key)
{
    return find_entry(b, key) >= 0;
}

Value value_context(const ContextBuilder *b)
{
    if (b->failed) return value_null();
    return (Value){.kind = VALUE_CONTEXT, .as.context = {b->count, b->entries}};
}

/* ---- Reading. */

bool value_find(Value v, Str key, Value *out)
{
    if (v.kind != VALUE_CONTEXT) return false;
    for (size_t i = 0; i < v.as.context.count; i++) {
        const ValueEntry *entry = &v.as.context.entries[i];
        if (!str_equal(entry->key, key)) continue;
        *out = entry->value;
        return true;
    }
    return false;
}

Value value_get(Value v, Str key)
{
    Value found;
    return value_find(v, key, &found) ? found : value_null();
}

Str value_get_string(Value v, Str key)
{
    Value found = value_get(v, key);
    return found.kind == VALUE_STRING ? found.as.string : STR_NONE;
}

bool value_get_boolean(Value v, Str key, bool fallback)
{
    Value found = value_get(v, key);
    return found.kind == VALUE_BOOLEAN ? found.as.boolean : fallback;
}

int64_t value_get_int(Value v, Str key, int64_t fallback)
{
    Value found = value_get(v, key);
    int64_t n;
    return found.kind == VALUE_NUMBER && dec_to_int64(found.as.number, &n) ? n : fallback;
}

Id value_get_id(Value v, Str key)
{
    Id id;
    return id_parse(value_get_string(v, key), &id) ? id : ID_NONE;
}

size_t value_count(Value v)
{
    if (v.kind == VALUE_LIST) return v.as.list.count;
    return v.kind == VALUE_CONTEXT ? v.as.context.count : 0;
}

Value value_item(Value v, size_t i)
{
    if (v.kind != VALUE_LIST || i >= v.as.list.count) return value_null();
    return v.as.list.items[i];
}

bool value_is_plain(Value v)
{
    if (v.kind == VALUE_LIST) {
        for (size_t i = 0; i < v.as.list.count; i++) {
            if (!value_is_plain(v.as.list.items[i])) return false;
        }
    }
    if (v.kind == VALUE_CONTEXT) {
        for (size_t i = 0; i < v.as.context.count; i++) {
            if (!value_is_plain(v.as.context.entries[i].value)) return false;
        }
    }
    return v.kind <= VALUE_CONTEXT;
}

/* ---- Copying and comparing. */

static Value copy_list(Arena *a, ValueList list)
{
    if (list.count == 0) return list_value(NULL, 0);
    Value *items = arena_take_raw(a, list.count * sizeof(Value));
    if (!items) return value_null();
    for (size_t i = 0; i < list.count; i++) items[i] = value_copy(a, list.items[i]);
    return list_value(items, list.count);
}

static Value copy_context(Arena *a, ValueContext context)
{
    Value v = {.kind = VALUE_CONTEXT};
    if (context.count == 0) return v;
    ValueEntry *entries = arena_take_raw(a, context.count * sizeof(ValueEntry));
    if (!entries) return value_null();
    for (size_t i = 0; i < context.count; i++) {
        entries[i].key = arena_copy(a, context.entries[i].key);
        entries[i].value = value_copy(a, context.entries[i].value);
    }
    v.as.context = (ValueContext){context.count, entries};
    return v;
}

Value value_copy(Arena *a, Value v)
{
    switch ((ValueKind)v.kind) {
    case VALUE_STRING:
        return text_or_null(a, arena_copy(a, v.as.string));
    case VALUE_LIST:
        return copy_list(a, v.as.list);
    case VALUE_CONTEXT:
        return copy_context(a, v.as.context);
    case VALUE_RANGE: {
        ValueRange range = *v.as.range;
        range.low = value_copy(a, range.low);
        range.high = value_copy(a, range.high);
        return value_range(a, range);
    }
    default:
        return v;
    }
}

static bool same_list(ValueList a, ValueList b)
{
    if (a.count != b.count) return false;
    for (size_t i = 0; i < a.count; i++) {
        if (!value_same(a.items[i], b.items[i])) return false;
    }
    return true;
}

/* Keys are unique, so equal counts and every key of a found in b are enough. The search begins
 * at the place where the key stands in a: contexts mostly agree in order too. */
static bool same_context(ValueContext a, ValueContext b)
{
    if (a.count != b.count) return false;
    for (size_t i = 0; i < a.count; i++) {
        size_t at = i, tried = 0;
        while (tried < b.count && !str_equal(a.entries[i].key, b.entries[at].key)) {
            at = at + 1 < b.count ? at + 1 : 0;
            tried++;
        }
        if (tried == b.count || !value_same(a.entries[i].value, b.entries[at].value)) return false;
    }
    return true;
}

static bool same_range(const ValueRange *a, const ValueRange *b)
{
    return value_same(a->low, b->low) && value_same(a->high, b->high) &&
           a->low_closed == b->low_closed && a->high_closed == b->high_closed &&
           a->low_absent == b->low_absent && a->high_absent == b->high_absent;
}

bool value_same(Value a, Value b)
{
    if (a.kind != b.kind) return false;
    switch ((ValueKind)a.kind) {
    case VALUE_NULL:
        return true;
    case VALUE_BOOLEAN:
        return a.as.boolean == b.as.boolean;
    case VALUE_NUMBER:
        return dec_compare(a.as.number, b.as.number) == 0;
    case VALUE_STRING:
        return str_equal(a.as.string, b.as.string);
    case VALUE_LIST:
        return same_list(a.as.list, b.as.list);
    case VALUE_CONTEXT:
        return same_context(a.as.context, b.as.context);
    case VALUE_DATE:
        return a.as.day == b.as.day;
    case VALUE_TIME:
    case VALUE_DATE_TIME:
        return a.as.time_day == b.as.time_day && a.as.time_nano == b.as.time_nano &&
               a.zone == b.zone && a.zone_id == b.zone_id && a.offset_s == b.offset_s;
    case VALUE_MONTHS_DURATION:
        return a.as.months == b.as.months;
    case VALUE_TIME_DURATION:
        return a.as.seconds == b.as.seconds && a.as.nanos == b.as.nanos;
    case VALUE_RANGE:
        return same_range(a.as.range, b.as.range);
    default:
        check(a.kind == VALUE_FUNCTION);
        return a.as.function == b.as.function;
    }
}

const char *value_kind_name(ValueKind kind)
{
    static const char *const names[VALUE_KIND_COUNT] = {
        [VALUE_NULL] = "null",
        [VALUE_BOOLEAN] = "boolean",
        [VALUE_NUMBER] = "number",
        [VALUE_STRING] = "string",
        [VALUE_LIST] = "list",
        [VALUE_CONTEXT] = "context",
        [VALUE_DATE] = "date",
        [VALUE_TIME] = "time",
        [VALUE_DATE_TIME] = "date and time",
        [VALUE_MONTHS_DURATION] = "years and months duration",
        [VALUE_TIME_DURATION] = "days and time duration",
        [VALUE_RANGE] = "range",
        [VALUE_FUNCTION] = "function",
    };
    check(kind < VALUE_KIND_COUNT);
    return names[kind];
}
