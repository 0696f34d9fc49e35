/* registry_int.h - what is inside the registry module. For registry*.c only. */
#ifndef DOMAIN_REGISTRY_REGISTRY_INT_H
#define DOMAIN_REGISTRY_REGISTRY_INT_H

#include "base/map.h"
#include "domain/registry/registry.h"
#include "lang/schema/schema.h"

typedef enum NumberingFormat { NUMBERING_NONE, NUMBERING_USCC, NUMBERING_SERIAL } NumberingFormat;

typedef struct Numbering {
    NumberingFormat format;
    Str kind, region; /* of a uscc */
    Str prefix;       /* of a serial, with its digits; yearly: the year stands between */
    int64_t digits;
    bool yearly;
} Numbering;

/* A definition, compiled: the writer's side. */
typedef struct RegistryKind {
    Registry about;
    Numbering numbering;
    Schema *schema;
} RegistryKind;

bool registry_kind_compile(Arena *a, Str name, Str text, Str file, RegistryKind *out, Err *err);
/* What a definition says, without compiling its schema: for readers; the text was checked when it
 * was installed. */
bool registry_kind_read(Arena *a, Str name, Str text, Str file, RegistryKind *out, Err *err);

/* The newest version of a record, or found false. The record is whole. */
typedef struct RecordRow {
    bool found;
    int64_t version;
    Id subject;
    Instant valid_from, recorded_at;
    Str source, grade, record;
} RecordRow;
bool registry_row(StoreConn *conn, int64_t node, Str registry, Str key, Arena *a, RecordRow *out);
int64_t registry_next_serial(StoreConn *conn, int64_t node, Str registry, Str scope);

extern const Migration registry_migrations[];
extern const size_t registry_migration_count;
extern const EventKind registry_events[];

#endif
