/* schema_int.h - what is inside a Schema. For the files of lang/schema only. */
#ifndef LANG_SCHEMA_SCHEMA_INT_H
#define LANG_SCHEMA_SCHEMA_INT_H

#include "base/map.h"
#include "lang/schema/schema.h"

typedef struct Resource Resource;
typedef struct Place Place;
typedef struct Node Node;
typedef struct Keyword Keyword;
typedef struct Pattern Pattern;
typedef struct Compiler Compiler;
typedef struct Run Run;
typedef struct Path Path;
typedef struct Marks Marks;

/* A schema with an $id of its own (or the root of a document): what URIs without fragment name. */
struct Resource {
    Str uri;              /* absolute, without fragment */
    Place *root;
    Map dynamic_anchors;  /* name -> Place */
    const Resource *outer; /* the resource it stands in, or NULL */
    Str pointer;          /* of the root, from the root of `outer` */
    bool skip_validation; /* its meta-schema leaves out the validation vocabulary */
};

/* A place of a document that is a schema. Node is made when something needs it. */
struct Place {
    Value value;
    Resource *resource;
    Str pointer; /* from the root of the document, for messages */
    bool library; /* in a document of the library: no line and column */
    Node *node;
};

/* One keyword of one schema, ready to run. */
typedef struct Check {
    const Keyword *keyword;
    Value value;      /* as it was written */
    Node *node;       /* the subschema */
    Node **nodes;     /* or several */
    Pattern **patterns;
    const Str *names; /* property names */
    size_t count;     /* of nodes, patterns or names */
    Map *by_name;     /* property name -> Node, or -> Value (dependentRequired) */
    Dec number;
    int64_t low, high;
} Check;

/* A compiled schema: fixed is 1 for true, 0 for false, -1 for an object. */
struct Node {
    int fixed;
    bool needs_marks; /* has unevaluatedItems or unevaluatedProperties */
    const Resource *resource;
    Place *place;
    Check *checks; /* in the order of the keyword table */
    size_t check_count;
};

struct Schema {
    Value document;
    Node *root;
    bool annotate_formats;
    bool closed;
};

/* ---- Compiling. */

struct Compiler {
    Arena *arena;
    SchemaOptions own;  /* copy of the options, or the defaults */
    Str text, file;     /* of the main document; text may be empty */
    Map places;         /* "uri#pointer" -> Place */
    Map resources;      /* uri -> Resource */
    Map anchors;        /* "uri#name" -> Place */
    Map patterns;       /* text -> Pattern */
    Place **queue;      /* places whose node waits to be filled */
    size_t queue_count, queue_capacity, node_count;
    Err *err;
};

/* Prepare the check of n from check->value; whole is the schema it stands in. */
typedef bool CompileFn(Compiler *c, Node *n, Check *check, Value whole);
/* Judge v; marks (may be NULL) are the entries of v that this schema has evaluated. */
typedef bool RunFn(Run *r, const Node *n, const Check *check, Value v, const Path *at,
                   Marks *marks);

typedef enum Shape { SHAPE_NONE, SHAPE_SCHEMA, SHAPE_LIST, SHAPE_MAP } Shape;

struct Keyword {
    const char *name;
    Shape shape;     /* where subschemas stand in its value */
    bool validation; /* of the validation vocabulary */
    CompileFn *compile; /* NULL: nothing to prepare */
    RunFn *run;         /* NULL: an annotation */
};
extern const Keyword schema_keywords[];
extern const size_t schema_keyword_count;

bool schema_wrong(Compiler *c, const Place *p, Str keyword, const Fault *fault, Str a, Str b);
/* The keyword must be `what`. */
bool schema_wrong_value(Compiler *c, const Place *p, Str keyword, const char *what);
/* The node of the subschema at keyword[/part] of the place; queued when it is new. */
bool schema_child(Compiler *c, const Place *p, Str keyword, const Str *part, Value value,
                  Node **out);
/* The node that a reference leads to; its place tells about dynamic anchors. */
bool schema_reference(Compiler *c, const Place *from, Str keyword, Str reference, Node **out);
bool schema_pattern_for(Compiler *c, const Place *p, Str keyword, Str text, Pattern **out);
Str schema_pointer_part(Arena *a, Str pointer, Str part);

/* ---- URIs (RFC 3986). */
Str schema_uri_resolve(Arena *a, Str base, Str reference);
/* Split at '#'; the fragment is percent-decoded. */
void schema_uri_split(Arena *a, Str uri, Str *without, Str *fragment, bool *has_fragment);
bool schema_uri_valid(Str text, bool demand_scheme);

/* ---- Patterns (ECMA-262 dialect through PCRE2). */
typedef enum MatchResult { MATCH_YES, MATCH_NO, MATCH_COSTLY } MatchResult;
/* NULL with a message when the text is no regular expression. */
Pattern *schema_pattern_compile(Arena *a, Str text, Str *message);
Str schema_pattern_text(const Pattern *p);
MatchResult schema_pattern_match(const Pattern *p, Arena *scratch, Str text);

/* ---- Formats. */
bool schema_format_known(Str format);
/* Legacy outcomes of identifiers pass when legacy is true. */
bool schema_format_check(Str format, bool legacy, Str text);

/* ---- Running. */

struct Path {
    const Path *up;
    Str key;      /* of an object, or */
    size_t index; /* in a list when key.ptr is NULL */
};

/* Which entries of a list or context have been evaluated: one bit each. */
struct Marks {
    uint64_t *bits;
    size_t count;
};

typedef struct Scope {
    const struct Scope *up;
    const Resource *resource;
} Scope;

struct Run {
    const Schema *schema;
    Arena *arena;
    const Scope *scope;
    unsigned depth;
    size_t steps;
    unsigned quiet; /* above 0: inside anyOf, not, ...: findings are not kept */
    bool costly;    /* a limit was passed: everything fails from here on */
    SchemaFinding *findings;
    size_t count, max;
};

bool schema_run(Run *r, const Node *n, Value v, const Path *at, Marks *marks);
/* Note a finding and return false. */
bool schema_note(Run *r, const Check *c, const Path *at, Str property, const Fault *fault, Str a,
                 Str b);
void marks_set(Marks *m, size_t i);
bool marks_has(const Marks *m, size_t i);
Marks marks_new(Run *r, Value v);
void marks_join(Marks *into, const Marks *from);

/* The run functions of the keywords: assertions in schema_assert.c, the rest in schema_run.c. */
RunFn run_type, run_enum, run_const, run_multiple_of, run_maximum, run_exclusive_maximum,
    run_minimum, run_exclusive_minimum, run_max_length, run_min_length, run_pattern, run_format,
    run_max_items, run_min_items, run_unique_items, run_max_properties, run_min_properties,
    run_required, run_dependent_required;
RunFn run_reference, run_dynamic_reference, run_all_of, run_any_of, run_one_of, run_not, run_if,
    run_dependent_schemas, run_prefix_items, run_items, run_contains, run_properties,
    run_pattern_properties, run_additional_properties, run_property_names,
    run_unevaluated_items, run_unevaluated_properties;

#endif
