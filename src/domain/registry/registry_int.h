/* registry_int.h - what is inside the registry module. For registry*.c only. */
#ifndef DOMAIN_REGISTRY_REGISTRY_INT_H
#define DOMAIN_REGISTRY_REGISTRY_INT_H

#include "base/map.h"
#include "domain/registry/registry.h"
#include "lang/schema/schema.h"

/* ---- Definitions (registry_definition.c). */

typedef enum NumberingFormat { NUMBERING_NONE, NUMBERING_USCC, NUMBERING_SERIAL } NumberingFormat;

typedef struct Numbering {
    NumberingFormat format;
    Str kind, region; /* of a uscc */
    Str prefix;       /* of a serial, with its digits; yearly: the year stands between */
    int64_t digits;
    bool yearly;
} Numbering;

/* How a property stands in the registry's table. */
typedef enum ColumnKind {
    COLUMN_TEXT,    /* a string */
    COLUMN_INTEGER, /* a whole number of 64 bits */
    COLUMN_BOOLEAN, /* 0 or 1 */
    COLUMN_NUMBER,  /* a decimal, as its exact text */
    COLUMN_JSON,    /* anything else, as canonical JSON */
    COLUMN_KIND_COUNT
} ColumnKind;

typedef struct Column {
    Str property; /* name of a top-level property; empty: what no property names, as an object */
    Str name;     /* of the column */
    ColumnKind kind;
    bool current; /* written by the newest definition; others hold values of older rows */
    bool keeps_null; /* required and nullable: NULL in the column is null, not absent */
} Column;

/* A definition, compiled. schema is NULL on the reading side. */
typedef struct RegistryKind {
    Registry about;
    Numbering numbering;
    Schema *schema;
    Column *columns; /* of the properties but the key, in the order of the schema */
    size_t column_count;
    bool graded; /* the registry or a property demands a least grade */
} RegistryKind;

bool registry_kind_compile(Arena *a, Str name, Str text, Str file, RegistryKind *out, Err *err);
/* What a definition says, without compiling its schema: for readers; the text was checked when it
 * was installed. */
bool registry_kind_read(Arena *a, Str name, Str text, Str file, RegistryKind *out, Err *err);

/* ---- Tables (registry_layout.c). */

#define ROW_FIXED_COLUMNS 10u /* columns of a row's table before those of the properties */

/* What a connection knows of a registry: kept in a place of the connection, so it needs no lock. */
typedef struct Face {
    RegistryKind kind;
    Str table;
    Column *columns; /* all of the table, in its order */
    size_t column_count;
    const Sql *insert;  /* ?1 node ?2 number ?3 key ?4 version ?5 valid_from ?6 recorded_at
                           ?7 source ?8 grade ?9 marks ?10 subject ?11... columns */
    const Sql *newest;  /* of a key: ?1 node ?2 key. Columns as in `insert`, from number on */
    const Sql *history; /* of a key, newest first: ?1 node ?2 key ?3 version at most */
    const Sql *changes; /* ?1 node ?2 after number ?3 up to number ?4 limit */
    const Sql *current; /* newest rows in the order of numbers: ?1 node ?2 after number ?3 limit */
    const Sql *erase;   /* ?1 node ?2 subject */
    const Sql *erase_number; /* ?1 node ?2 number */
    const Sql *erase_from;   /* ?1 node ?2 first number */
    const Sql *handouts;     /* that hold a row of a key: ?1 node ?2 key ?3 registry ?4 limit */
    const Sql *numbers;      /* of the rows of a key that have no subject: ?1 node ?2 key */
} Face;

/* The face of a registry as this connection sees it now; NULL when there is none (err is set only
 * when reading failed). It stays whole while the connection lives, also when a newer one comes. */
const Face *registry_face(StoreConn *conn, int64_t node, Str name, Err *err);
/* Names of all registries in their order. */
bool registry_names(StoreConn *conn, int64_t node, Arena *a, Str **names, size_t *count, Err *err);
/* After a rollback what was kept may never have been. */
void registry_faces_forget(StoreConn *conn);
/* Make or widen the table of a definition; applier. */
void registry_table_make(StoreConn *conn, int64_t node, Arena *a, const RegistryKind *kind);
/* Take the index of keys away from an empty table, and make it again. */
void registry_table_index(StoreConn *conn, const Face *face, bool there);

/* ---- Records and rows (registry_record.c). */

/* A row as it stands. The record is whole. */
typedef struct RecordRow {
    bool found;
    int64_t number;
    Str key;
    int64_t version;
    Id subject;
    Instant valid_from, recorded_at;
    Str source, grade;
    Value marks;  /* {property: {source, grade}} of those that differ from the row's; or null */
    Value record;
} RecordRow;

/* The record as the table can hold it: known properties in the order of the definition, the rest
 * behind; nulls that say no more than absence left out. False with err: a whole number that does
 * not fit. */
bool registry_normal_form(Arena *a, const RegistryKind *kind, Value record, Value *out, Err *err);
/* What stands in a column of a record in normal form. *next is where the property probably is: 0
 * before the first column, moved by each call. */
Param registry_param(Arena *a, const RegistryKind *kind, const Column *c, Value record,
                     size_t *next);
/* Write a row. marks may be null. */
void registry_row_write(StoreConn *conn, int64_t node, const Face *face, Arena *a,
                        const RecordRow *row);
/* The row a query of the face stands on. False with err: the row is damaged. */
bool registry_row_at(Rows *r, const Face *face, Arena *a, RecordRow *out, Err *err);
/* The newest version under a key, or found false. */
bool registry_row(StoreConn *conn, int64_t node, const Face *face, Str key, Arena *a,
                  RecordRow *out, Err *err);

/* ---- Judging (registry_judge.c). */

/* Is the record one of this registry? Fills record (in normal form) and key of the row. */
bool registry_judge(Arena *a, const RegistryKind *kind, Value record, RecordRow *row, Err *err);
/* What a record brings beside the held one: marks of the row; *changed when a value, or who answers
 * for it, is new. False with err: a grade below the least. */
bool registry_compare(Arena *a, const RegistryKind *kind, const RecordRow *held, Str source,
                      Str grade, RecordRow *row, bool *changed, Err *err);

/* ---- Grades (registry_record.c). */

int registry_grade_rank(Str grade); /* 1 declared .. 4 issued; 0: no grade */
/* Source and grade of a property of a row. */
void registry_mark_of(const RecordRow *row, Str property, Str *source, Str *grade);

/* ---- Change of a definition (registry_change.c). */
bool registry_fits(const void *state, StoreConn *conn, int64_t node, const Definition *definition,
                   Err *err);

/* ---- Rights and masks (registry_rights.c). */

/* The highest level at which this actor may look at this record; 0: he may not. */
int registry_right_level(const Registry *about, const Actor *actor, Value record);
Value registry_masked(Arena *a, Str mask, Value v);

/* ---- Rows of the module (registry_rows.c). */

int64_t registry_next_serial(StoreConn *conn, int64_t node, Str registry, Str scope);
/* The number that the next row of a registry gets. */
int64_t registry_next_number(StoreConn *conn, int64_t node, Str registry);
void registry_count_set(StoreConn *conn, int64_t node, Str registry, int64_t next);

/* ---- Bulk loads (registry_loaded.c). */

/* The subject of a row of a bulk load; ID_NONE when the row is none. */
Id registry_bulk_subject(StoreConn *conn, int64_t node, Str registry, int64_t number);
ApplyFn registry_apply_loaded;

/* The state of the module: the writer's thread. */
typedef struct RegistryModule {
    Arena *arena; /* holds this too */
    Map kinds;    /* name -> RegistryKind, the latest */
    Str folder;   /* of kept files; empty: none */
} RegistryModule;

/* Applier: when the subject is that of a row of a bulk load, take the row away. */
void registry_bulk_erase(const RegistryModule *m, StoreConn *conn, int64_t node, Arena *a,
                         Id subject);

/* ---- Handouts and links (registry_handout.c, registry_link.c). */

ApplyFn registry_apply_subscribed, registry_apply_unsubscribed, registry_apply_handed_out;
ApplyFn registry_apply_linked, registry_apply_linked_into, registry_apply_unlinked;
void registry_note_erased(StoreConn *conn, const Event *e, Id subject);
void registry_link_erase(StoreConn *conn, int64_t node, Id subject);
/* Is the record `from` the same as `into` by a link in force? */
bool registry_is_merged(StoreConn *conn, int64_t node, Str from, Str into);
/* Keys of the records that are the same as `into`; at most `most`. */
size_t registry_merged_from(StoreConn *conn, int64_t node, Str into, Arena *a, Str *list,
                            size_t most);

extern const Migration registry_migrations[];
extern const size_t registry_migration_count;
extern const EventKind registry_events[];

/* ---- Commands. */
DecideFn registry_decide_write, registry_decide_put;
DecideFn registry_decide_read, registry_decide_look;
DecideFn registry_decide_issue, registry_decide_load;
DecideFn registry_decide_subscribe, registry_decide_unsubscribe, registry_decide_fetch,
    registry_decide_export;
DecideFn registry_decide_merge, registry_decide_split, registry_decide_unlink;

Str registry_body_text(const Command *command, const char *key);
const RegistryKind *registry_named_kind(const RegistryModule *m, const Command *command,
                                        Decision *d);
/* The face of a kind on the writer's connection. */
const Face *registry_decision_face(Decision *d, const RegistryKind *kind);
/* A read of the decision failed: refuse with what failed. */
bool registry_refuse_failed(Decision *d, Err *err);
Str registry_number_text(Arena *a, int64_t n);
void registry_put_text(ContextBuilder *b, const char *key, Str text);

#endif
