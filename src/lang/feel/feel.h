/* feel.h - FEEL of DMN 1.5: text compiled once to a read-only program, run many times.
 *
 * feel_compile reads an expression against a scope of known names (names with blanks and symbols
 * are found by longest match) and resolves every free name to a slot. A FeelProgram is read-only
 * and may be run by any number of threads at once; all state of a run is in a FeelRun: arena,
 * fuel, depth, now, the default zone, and the reasons beside the nulls. A run never fails loudly:
 * a fault gives null and one FeelReason with its place in the source; only a limit (fuel, depth,
 * memory) ends the run. Values are those of base/value.h; VALUE_FUNCTION points to FeelFunction.
 * Floor 3. Programs: any thread. A FeelRun: one thread. */
#ifndef LANG_FEEL_FEEL_H
#define LANG_FEEL_FEEL_H

#include "base/err.h"
#include "base/map.h"
#include "base/value.h"
#include "lang/feel/feel_faults.h"

#define FEEL_TEXT_BYTES_MAX (4u << 20) /* a longer source text is refused */
#define FEEL_NESTING_MAX 400u          /* brackets, operators and calls inside one another */
#define FEEL_FUEL_DEFAULT 20000000ll   /* steps: a loop turn, a call, an item touched */
#define FEEL_DEPTH_DEFAULT 16000u      /* node levels on the machine's stack: at most 2 MB */
#define FEEL_REASONS_MAX 16u           /* reasons kept in a run; later ones are only counted */
#define FEEL_VALUE_DEPTH_MAX 200u      /* lists and contexts inside one another in a result */

typedef struct FeelProgram FeelProgram;
typedef struct FeelFunction FeelFunction;

/* Where a text stands in the user's file; line and column are those of its first character
 * (0: unknown, then the text itself counts from 1:1). */
typedef struct FeelPlace {
    Str file;
    uint32_t line, column;
    Str element; /* element id, such as a decision's */
} FeelPlace;

/* ---- Types. A NULL type is Any. */
typedef enum FeelTypeKind {
    FEEL_ANY,
    FEEL_NULL,
    FEEL_BOOLEAN,
    FEEL_NUMBER,
    FEEL_STRING,
    FEEL_DATE,
    FEEL_TIME,
    FEEL_DATE_TIME,
    FEEL_MONTHS_DURATION,
    FEEL_TIME_DURATION,
    FEEL_LIST,     /* of element */
    FEEL_CONTEXT,  /* with fields; none: any context */
    FEEL_RANGE,    /* of element */
    FEEL_FUNCTION, /* parameters are the fields, result is the element */
} FeelTypeKind;

typedef struct FeelType FeelType;
typedef struct FeelField {
    Str name;
    const FeelType *type;
} FeelField;

struct FeelType {
    FeelTypeKind kind;
    Str name;                   /* as declared; empty when it has none */
    const FeelType *element;    /* list, range: of what; function: result */
    const FeelField *fields;    /* context: fields; function: parameters */
    size_t field_count;
    bool any_parameters;        /* function of unknown signature */
    const FeelProgram *allowed; /* unary tests every non-null value must pass; may be NULL */
};

/* The type of a FEEL type name ("number", "date and time", "days and time duration", "Any", ...);
 * NULL when text is none. Static. */
const FeelType *feel_type_named(Str text);

/* ---- Scope: the names an expression may use. */
typedef struct FeelName {
    Str name;
    const FeelType *type; /* NULL: unknown */
} FeelName;

typedef struct FeelScope {
    const FeelName *names;
    size_t count;
    /* Names that may stand behind a dot or inside a filter though no type tells of them; needed
     * only where they contain blanks or symbols. */
    const Str *properties;
    size_t property_count;
    const FeelName *types; /* named item definitions for "instance of" and parameters */
    size_t type_count;
    bool open; /* an unknown simple name becomes a free name instead of a fault */
} FeelScope;

/* Compile an expression, or unary tests (a cell: "< 5, [7..9]", "-", "not(...)"). The program
 * lives in a; text and place are copied. The fault has file, line and column. scope may be NULL:
 * no names, closed. */
bool feel_compile(Arena *a, Str text, FeelPlace place, const FeelScope *scope,
                  const FeelProgram **out, Err *err);
bool feel_compile_unary(Arena *a, Str text, FeelPlace place, const FeelScope *scope,
                        const FeelProgram **out, Err *err);

/* The free names the program really uses, in the order of their first use: its slots. */
size_t feel_slot_count(const FeelProgram *p);
Str feel_slot_name(const FeelProgram *p, size_t slot);
/* What is known of the result; NULL: nothing. */
const FeelType *feel_result_type(const FeelProgram *p);
/* The compiled tree as text, one node a line: for people and tests. */
void feel_show(const FeelProgram *p, Buf *out);

/* ---- Running. */
typedef struct FeelReason {
    const Fault *fault;
    Str args[3];
    FeelPlace place; /* of the part of the text that gave null */
} FeelReason;

typedef struct FeelRun {
    Arena *arena; /* results live here; its limit is the memory limit */
    int64_t fuel;
    uint32_t depth_left;
    Instant now;       /* what now() and today() see */
    uint8_t zone;      /* default zone: ZoneKind, id, offset */
    uint16_t zone_id;
    int32_t zone_offset_s;
    bool stopped;      /* a limit was reached; everything is null from here on */
    size_t reason_count; /* how many there were; at most FEEL_REASONS_MAX are kept */
    FeelReason reasons[FEEL_REASONS_MAX];
    bool dry;            /* reasons are not wanted, only counted (internal: trials) */
    void *listener;      /* lang/dmn: hears which rules are hit; NULL: nobody */
} FeelRun;

/* A run with the default limits and the zone Asia/Shanghai (+08:00 where no zone data is). */
FeelRun feel_run_new(Arena *a, Instant now);
/* How many reasons can be read. */
size_t feel_reasons_kept(const FeelRun *run);
/* One sentence, with the place before it when with_place is set. */
void feel_reason_text(const FeelReason *reason, Lang lang, bool with_place, Buf *out);
/* Add a reason of one's own (used by the decision tables above). */
void feel_reason_add(FeelRun *run, const Fault *fault, const FeelPlace *place, Str a, Str b,
                     Str c);

/* What the types known at compile time tell: operations that have no value for any input, with
 * their places (the first hundred). The program runs all the same: they give null and a reason. */
size_t feel_note_count(const FeelProgram *p);
const FeelReason *feel_note_at(const FeelProgram *p, size_t i);

/* Run with slots[i] for the i-th free name (may be NULL when there are none). False when a limit
 * ended the run: *out is null and the last reason says which. Faults of the expression give true,
 * null and a reason. */
bool feel_run(const FeelProgram *p, const Value *slots, FeelRun *run, Value *out);
/* The same with the slots taken by name from a context; absent entries are null. */
bool feel_run_context(const FeelProgram *p, Value context, FeelRun *run, Value *out);
/* Do the unary tests hold of input? *out is true, false or null. */
bool feel_unary_run(const FeelProgram *p, Value input, const Value *slots, FeelRun *run,
                    Value *out);

/* ---- Values. */
/* FEEL's "=": -1 null (not comparable), 0 false, 1 true. */
int feel_equal(Value a, Value b);
/* FEEL's string(): canonical text of any value; a string is itself. Null gives an empty Str. */
Str feel_string(Arena *a, Value v);
/* The value as a FEEL literal (strings quoted, dates as @"..."): for people and reports. */
Str feel_literal(Arena *a, Value v);
/* Plain (JSON) value: temporal values, ranges and functions become their canonical strings. */
Value feel_to_plain(Arena *a, Value v);
/* Is v of type t? null is of no type but Any and Null. Constraints are judged too (with run). */
bool feel_type_holds(const FeelType *t, Value v, FeelRun *run);
/* Bring v to type t by the implicit conversions of DMN 10.3.2.9.4 (singleton lists, date to date
 * and time); null with a reason when it does not fit. */
Value feel_coerce(const FeelType *t, Value v, const FeelPlace *place, FeelRun *run);
/* Plain values read as type t: strings become dates, times, durations where t wants them. */
Value feel_from_plain(const FeelType *t, Value v, FeelRun *run);
/* The text of a type: "list<number>". */
void feel_type_write(const FeelType *t, Buf *out);
/* Parse the text of a date, time, date and time or duration as FEEL's at-literal does. */
bool feel_parse_temporal(Str text, Value *out);
/* Call a function value with positional arguments. */
bool feel_call(Value function, const Value *args, size_t count, FeelRun *run, Value *out);

/* ---- Zones. The number of a zone id ("Asia/Shanghai"), process-wide; false when unknown. */
bool feel_zone_find(Str name, uint16_t *id);
Str feel_zone_name(uint16_t id);
/* Offset in seconds of a zone at a UTC second, and at a local civil second. */
int32_t feel_zone_offset_at(uint16_t id, int64_t utc_second);
int32_t feel_zone_offset_local(uint16_t id, int64_t local_second);
/* The version of the zone data ("2025b"), or empty. */
Str feel_zone_version(void);

#endif
