/* value.h - the one value of Tongban: what JSON, FEEL, rows, events and forms exchange.
 *
 * A Value is 24 bytes, passed by value and immutable. Strings, lists, contexts and ranges point
 * into an arena that outlives them. Kinds up to VALUE_CONTEXT of the JSON set (null, boolean,
 * number, string, list, context) are "plain": only plain values enter events and rows
 * (value_is_plain). The temporal kinds, ranges and functions live in FEEL; value_to_plain turns
 * them into their canonical text.
 *
 * Contexts keep the order of insertion; keys are unique. Builders (ListBuilder,
 * ContextBuilder) remember a failure of the arena; value_list/value_context close them.
 *
 * Zones: a time or date-time is local (no zone), or carries an offset, or a zone id of which
 * the value keeps both the id (index in the interned table of lang/feel) and the offset.
 * Floor 0. Any thread; values are never changed. */
#ifndef BASE_VALUE_H
#define BASE_VALUE_H

#include "base/dec.h"
#include "base/id.h"
#include "base/time.h"

typedef enum ValueKind {
    VALUE_NULL,
    VALUE_BOOLEAN,
    VALUE_NUMBER,
    VALUE_STRING,
    VALUE_LIST,
    VALUE_CONTEXT,
    VALUE_DATE,
    VALUE_TIME,
    VALUE_DATE_TIME,
    VALUE_MONTHS_DURATION, /* years and months duration */
    VALUE_TIME_DURATION,   /* days and time duration */
    VALUE_RANGE,
    VALUE_FUNCTION,
    VALUE_KIND_COUNT
} ValueKind;

typedef enum ZoneKind { ZONE_LOCAL, ZONE_OFFSET, ZONE_NAMED } ZoneKind;

typedef struct Value Value;
typedef struct ValueEntry ValueEntry;
typedef struct ValueRange ValueRange;

typedef struct ValueList {
    size_t count;
    const Value *items;
} ValueList;

typedef struct ValueContext {
    size_t count;
    const ValueEntry *entries; /* in order of insertion, keys unique */
} ValueContext;

typedef struct TimeParts {
    int64_t day;      /* days since 1970-01-01; 0 in a VALUE_TIME */
    int64_t nano;     /* nanosecond of the day, 0..86399999999999 */
    int32_t offset_s; /* seconds east of UTC; 0 when local */
    uint16_t zone_id; /* interned zone, when zone is ZONE_NAMED */
    uint8_t zone;     /* ZoneKind */
} TimeParts;

struct Value {
    uint8_t kind; /* ValueKind */
    uint8_t zone; /* ZoneKind of a time or date-time */
    uint16_t zone_id;
    int32_t offset_s;
    union {
        bool boolean;
        Dec number;
        Str string;
        ValueList list;
        ValueContext context;
        int64_t day;                                /* VALUE_DATE: days since 1970-01-01 */
        struct { int64_t time_day, time_nano; };    /* VALUE_TIME, VALUE_DATE_TIME */
        int64_t months;                             /* VALUE_MONTHS_DURATION */
        struct { int64_t seconds; int64_t nanos; }; /* VALUE_TIME_DURATION: nanos has the sign
                                                       of the whole and |nanos| < 10^9 */
        const ValueRange *range;
        const struct FeelFunction *function; /* lang/feel knows it */
    } as;
};

struct ValueEntry {
    Str key;
    Value value;
};

struct ValueRange {
    Value low, high; /* VALUE_NULL: open-ended, or an unknown end */
    bool low_closed, high_closed;
    /* A unary form such as "> 5" keeps which end is really absent. */
    bool low_absent, high_absent;
};

Value value_null(void);
Value value_boolean(bool b);
Value value_number(Dec d);
Value value_int(int64_t n);
Value value_string(Str s); /* borrows */
Value value_id(Arena *a, Id id);
Value value_instant(Arena *a, Instant t); /* plain: RFC 3339 text in China time, or null */
Value value_day(Arena *a, Day d);         /* plain: "2026-11-25", or null */
Value value_date(Day d);                  /* FEEL date */
Value value_time(TimeParts parts);
Value value_date_time(TimeParts parts);
Value value_months_duration(int64_t months);
/* Normalises; requires that seconds + nanos / 10^9 is within int64. */
Value value_time_duration(int64_t seconds, int64_t nanos);
Value value_range(Arena *a, ValueRange range);
TimeParts value_time_parts(Value v); /* requires VALUE_TIME or VALUE_DATE_TIME */

static inline ValueKind value_kind(Value v) { return (ValueKind)v.kind; }
static inline bool value_is(Value v, ValueKind kind) { return v.kind == kind; }
static inline bool value_is_null(Value v) { return v.kind == VALUE_NULL; }
bool value_is_true(Value v); /* the boolean true, nothing else */

typedef struct ListBuilder {
    Arena *arena;
    Value *items;
    size_t count, capacity;
    bool failed;
} ListBuilder;
ListBuilder list_builder(Arena *a);
void list_add(ListBuilder *b, Value v);
Value value_list(const ListBuilder *b);
Value value_list_of(Arena *a, const Value *items, size_t count); /* copies the array */

typedef struct ContextBuilder {
    Arena *arena;
    ValueEntry *entries;
    size_t count, capacity;
    uint32_t *slots; /* hash index, made from 16 entries on */
    size_t slot_count;
    bool failed;
} ContextBuilder;
ContextBuilder context_builder(Arena *a);
/* Start from the entries of a context (or nothing when it is not one). */
ContextBuilder context_builder_from(Arena *a, Value context);
void context_put(ContextBuilder *b, Str key, Value v); /* puts or replaces; borrows key */
bool context_builder_has(const ContextBuilder *b, Str key);
Value value_context(const ContextBuilder *b);
#define context_put_text(b, literal, v) context_put((b), STR(literal), (v))

/* Entry of a context; null when v is not a context or has no such key. */
Value value_get(Value v, Str key);
bool value_find(Value v, Str key, Value *out); /* tells absent from null */
#define value_field(v, literal) value_get((v), STR(literal))
/* The string under a key, or the empty Str when it is absent or not a string. */
Str value_get_string(Value v, Str key);
bool value_get_boolean(Value v, Str key, bool fallback);
int64_t value_get_int(Value v, Str key, int64_t fallback);
Id value_get_id(Value v, Str key); /* ID_NONE when absent or not an id */
size_t value_count(Value v);       /* items of a list, entries of a context, else 0 */
Value value_item(Value v, size_t i); /* null when out of range or not a list */

/* Only null, boolean, number, string, and lists and contexts of those? */
bool value_is_plain(Value v);
/* A deep copy into a; strings are copied too. Functions are shared. */
Value value_copy(Arena *a, Value v);
/* Same kind and same content; numbers by numeric value; contexts regardless of order.
 * (FEEL's "=" with its three values is lang/feel's.) */
bool value_same(Value a, Value b);
const char *value_kind_name(ValueKind kind); /* FEEL names: "number", "date and time", ... */

#endif
