/* registry.h - what government already holds: records by schema, with source, version, purpose.
 *
 * A registry is declared by a definition of kind "registry": a JSON Schema of its records with
 *   "x-tongban": {"key": property, "title": {zh, en}, "source": office, "share":
 *                 "unconditional" | "conditional" | "none", "numbering"?: {...}}
 * and on each property "x-tongban-level" (1 public .. 4 sensitive; 1 when absent) and
 * "x-tongban-source" (office, when it is not the registry's). A record is kept in versions; the
 * newest has no valid_to. Nothing is overwritten.
 *
 * Who reads says why: thing or item, and the case or the legal basis. A read inside a case is the
 * task registry.read; a read outside of one (a screen) is the command registry.look, which
 * records the read and replies its id, and then registry_read with that id. Only the person or
 * firm concerned (actor->subject is the record's key), and everybody in a registry shared
 * unconditionally for its fields of level 1, reads without such a record. Every recorded read is
 * the event registry.was_read, and registry_looks lists them to the person concerned.
 *
 * Row and field rights (x-tongban.rights) are judged when a read is recorded and again when it is
 * made. A look that names fields sees them whole, as far as the role's level goes; one that names
 * none sees everything, masked from level 3 on: who wants more says what, and the person concerned
 * sees which fields were named.
 *
 * Registries with a field above level 1 are personal: their keys and records are sealed in the
 * journal under a subject of their own (registry_subject), so that core.erase of that subject
 * takes them away for ever, with the looks at them.
 *
 * Floor 5. Tables: registry_catalogue, registry_column, registry_row_<registry>, registry_subject,
 * registry_look, registry_serial, registry_count,
 * registry_bulk, registry_subscription, registry_handout, registry_erasure, registry_link. The
 * read functions may be used on any connection by any thread; the rest runs
 * on the writer's thread. */
#ifndef DOMAIN_REGISTRY_REGISTRY_H
#define DOMAIN_REGISTRY_REGISTRY_H

#include "core/core.h"
#include "domain/registry/registry_faults.h"

#define REGISTRY_PROPERTIES_MAX 500u  /* of one registry */
#define REGISTRY_COLUMNS_MAX 480u     /* of its table, over all versions of the definition */
#define REGISTRY_PUT_MAX 1000u        /* records of one registry.put */
#define REGISTRY_RECORD_BYTES_MAX (256u << 10)
#define REGISTRY_KEY_BYTES_MAX 128u
#define REGISTRY_LEVEL_MAX 4
#define REGISTRY_FEED_MAX 10000u      /* rows of one handout of a subscription, or of one page */
#define REGISTRY_MASKED_FROM 3 /* level from which a look that names no fields sees masks */
#define REGISTRY_ISSUE_TRIES_MAX 10000u /* numbers already in use that one issue steps over */
#define REGISTRY_LOOKS_MAX 500u       /* rows of one registry_looks */

/* The module, for CoreOptions.modules. Lives in the server's arena; core closes it. */
const Module *registry_module_new(Arena *server);

/* ---- What a registry is. */

typedef enum RegistryShare {
    REGISTRY_SHARE_UNCONDITIONAL,
    REGISTRY_SHARE_CONDITIONAL,
    REGISTRY_SHARE_NONE
} RegistryShare;

typedef struct RegistryProperty {
    Str name;     /* dotted for properties of objects: "address.street" */
    Str title_zh; /* "title" of the schema: a text, or {zh, en} under x-tongban-title */
    Str title_en;
    Str type;     /* JSON type, or empty when the schema leaves it open */
    Str format;
    int level;    /* of personal data: 1 public, 2 internal, 3 personal, 4 sensitive */
    Str source;   /* office */
    Str grade;    /* least grade a value may have; empty: the registry's */
    Str mask;     /* "name", "number", "address", "all": how it is shown to whom it is masked */
    bool required;
} RegistryProperty;

/* Holders of a role may look at properties up to a level; rows: only records whose property of
 * that name is a region of their office (empty: all records). */
typedef struct RegistryRight {
    Str role;
    int level;
    Str rows;
} RegistryRight;

typedef struct Registry {
    Str name;
    Str title_zh, title_en;
    Str key; /* name of the key property */
    Str source;
    RegistryShare share;
    bool numbered;
    int64_t version; /* of the definition; 0 when it was described from a text */
    bool personal; /* some property is above level 1 */
    Str grade;     /* least grade of values, or empty */
    const RegistryRight *rights; /* none: whoever may give registry.look may look at everything */
    size_t right_count;
    Value duplicates; /* list of rules, each a list of properties that two records do not share */
    const RegistryProperty *properties;
    size_t property_count;
} Registry;

/* Read and check the text of a registry definition (schema and x-tongban); for pack check. */
bool registry_describe(Arena *a, Str name, Str text, Str file, Registry *out, Err *err);
/* The property of a described registry under its (dotted) name, or NULL. */
const RegistryProperty *registry_property(const Registry *registry, Str name);
/* The catalogue of the node, by name. */
bool registry_list(StoreConn *conn, int64_t node, Arena *a, const Registry **list,
                   size_t *count, Err *err);
/* One registry; *found says whether there is one. */
bool registry_get(StoreConn *conn, int64_t node, Str name, Arena *a, Registry *out, bool *found,
                  Err *err);
/* Does a registry of this node hold the datum "<registry>.<property>"? registry and property
 * may be NULL; they live in a. */
bool registry_has_datum(StoreConn *conn, int64_t node, Str datum, Arena *a, Registry *registry,
                        const RegistryProperty **property);

/* ---- Reading records. */

typedef struct RegistryPurpose {
    Str thing;       /* thing or item code: what service needs it */
    Str case_number; /* the case, or empty */
    Str basis;       /* the legal basis, where there is no case */
    Id look;         /* the recorded read: reply of registry.look; ID_NONE for one's own data */
    Str grade;       /* least grade that counts; values below are left out. Empty: all */
} RegistryPurpose;

typedef struct RegistryRecord {
    bool found;
    Str registry, key;
    int64_t version;
    Value record;       /* only the properties this read may see */
    Value masked;       /* list of (dotted) names of which it sees a mask */
    Value insufficient; /* list of names that are there, but below the grade that counts */
    Str source;         /* office that put it */
    Str grade;          /* "issued", "verified", "uploaded", "declared" */
    Value marks;        /* {property: {source, grade}} of those seen that differ, or null */
    Instant valid_from; /* since when it is so */
    Instant recorded_at;
} RegistryRecord;

/* The current record. Not found is success with found false. */
bool registry_read(StoreConn *conn, int64_t node, const Actor *actor,
                   const RegistryPurpose *purpose, Arena *a, Str registry, Str key,
                   RegistryRecord *out, Err *err);
/* All versions, newest first, under the same rules. */
bool registry_history(StoreConn *conn, int64_t node, const Actor *actor,
                      const RegistryPurpose *purpose, Arena *a, Str registry, Str key,
                      RegistryRecord **list, size_t *count, Err *err);

/* The subject under which the records of a key are sealed: what core.erase wants. ID_NONE when
 * there is none (no such key, or a registry that is not personal). */
Id registry_subject(StoreConn *conn, int64_t node, Str key);
/* All of them: a key that came with several bulk loads has one of each. */
bool registry_subjects(StoreConn *conn, int64_t node, Str key, Arena *a, Id **list, size_t *count,
                       Err *err);

/* Who looked at the data of a person or firm, in single or with many others, newest first: for
 * that person only (actor->subject)
 * or a role "auditor". */
typedef struct RegistryLook {
    Id id;
    int64_t seq; /* of the journal record */
    Instant at;
    Str registry;
    Str reader;      /* account id */
    Str office;      /* of the reader */
    Str thing, case_number, matter, basis;
    Value fields;    /* list of property names; empty: all */
} RegistryLook;
bool registry_looks(StoreConn *conn, int64_t node, const Actor *actor, Str subject, Arena *a,
                    RegistryLook **list, size_t *count, Err *err);

/* ---- Many records: what registry.fetch and registry.export recorded as handed out. */

typedef struct RegistryChange {
    int64_t number; /* of the row: the cursor inside of the handout */
    Str key;
    int64_t version;
    Value record;   /* the key and the fields of the handout */
    Str source, grade;
    Instant valid_from, recorded_at;
    Id subject;     /* by which an erasure will be told; ID_NONE in open registries */
} RegistryChange;

typedef struct RegistryChanges {
    RegistryChange *list;
    size_t count;
    Id *erased; /* subjects erased since the fetch before: delete what came with them */
    size_t erased_count;
} RegistryChanges;

/* The rows of a handout behind number `after` (0: from its beginning), for its reader only. Of a
 * fetch: every version in order; of an export: the newest of each key. limit: REGISTRY_FEED_MAX. */
bool registry_handed(StoreConn *conn, int64_t node, const Actor *actor, Id handout, int64_t after,
                     size_t limit, Arena *a, RegistryChanges *out, Err *err);
/* Records of an exported registry that agree in all properties of a rule of x-tongban.duplicates
 * (0: the first). A group of more than two is told by its first and last key; when they are merged
 * the rest comes with the next call. */
typedef struct RegistryTwins {
    Str first, last; /* keys */
    int64_t count;
} RegistryTwins;
/* after: `first` of the last group before, or empty. */
bool registry_duplicates(StoreConn *conn, int64_t node, const Actor *actor, Id handout, size_t rule,
                         Str after, size_t limit, Arena *a, RegistryTwins **groups, size_t *count,
                         Err *err);

/* Records that hang together. */
typedef struct RegistryLink {
    Id id;
    Str kind; /* "merge": from is the same as into; "split": into came out of from */
    Instant since, ended; /* ended: INSTANT_NONE while it is in force */
    Str reason;
    Str from, into; /* keys; empty when erased */
} RegistryLink;
/* Under the same rules as registry_read of the key. */
bool registry_links(StoreConn *conn, int64_t node, const Actor *actor,
                    const RegistryPurpose *purpose, Arena *a, Str registry, Str key,
                    RegistryLink **list, size_t *count, Err *err);

/* ---- Bulk loading.
 *
 * registry_load reads a CSV (names of properties in its first line) or JSON Lines file of any size
 * into a registry: every line is judged first, nothing is written when one is faulty. What will be
 * written is kept in a file of its own in the node's folder, named by its hash, and then written in
 * one command (registry.load). A load that was interrupted goes on where it was when it is called
 * again with the same file. Memory does not grow with the file. */

#define REGISTRY_LOAD_FAULTS_MAX 10000u

typedef struct RegistryLoad {
    Str folder;   /* as given to registry_module_folder */
    Str registry, path;
    Str source, grade; /* empty: the registry's office, "issued" */
    size_t faults_max; /* faulty lines told; the rest is counted */
    unsigned threads;  /* 0: one a processor */
    int64_t checkpoint_bytes; /* of the file between two states saved; 0: 64 MiB */
    /* May be NULL; called now and then. */
    void (*progress)(void *context, int64_t bytes, int64_t of_bytes, int64_t records);
    void *context;
} RegistryLoad;

typedef struct RegistryLoadFault {
    int64_t line;
    Err err;
} RegistryLoadFault;

typedef struct RegistryLoaded {
    int64_t records; /* read */
    int64_t written; /* rows; the others say nothing new */
    int64_t faults;  /* faulty lines; when there are any, nothing was written */
    const RegistryLoadFault *list;
    size_t list_count;
    bool resumed;
    Str file; /* name of the kept file, empty when nothing was written */
} RegistryLoaded;

/* The folder of kept files of a data file; empty for ":memory:". */
Str registry_folder(Arena *a, Str data);
/* Tell the module where kept files are. Before core_open. */
void registry_module_folder(const Module *m, Str folder);
/* Runs inline commands: the core's writer must not have been started. */
bool registry_load(Core *core, const RegistryLoad *load, Arena *a, RegistryLoaded *out, Err *err);

/* ---- Commands.
 *   registry.read  {registry, key, fields?, context}       task  -> {found, record, version}
 *   registry.write {registry, record, expected_version?, source?, grade?, valid_from?, context}
 *                                                          task  -> {key, version}
 *   registry.issue {registry, values?, context}            task  -> {identifier}
 *   registry.put   {registry, record | records, source?, grade?, valid_from?}
 *                                                          system -> {count, changed}
 *   registry.load  {registry, file, sm3, rows, first, source, grade}
 *                                                          system -> {rows}
 *   registry.look  {registry, key, fields?, purpose: {thing, case?, basis?}}
 *                                                          public -> {look, found, version}
 *   registry.subscribe {subscription, registry, fields, purpose: {thing, basis}} public ->
 * {subscription}
 *   registry.unsubscribe {subscription}                    public
 *   registry.fetch {subscription, limit?}                  public -> {handout, after, upto, more}
 *   registry.export {registry, fields, purpose: {thing, basis}} public -> {handout, after, upto,
 * more}
 *   registry.merge, registry.split {registry, from, into, reason}  task -> {link}
 *   registry.unlink {link, reason}                         task -> {link}
 * A record that equals the current one makes no new version. "numbering" of x-tongban is
 * {"format": "uscc", "kind": "91", "region": "420600"} or {"format": "serial", "prefix": "R-",
 * "digits": 6, "yearly": true}; "values" of registry.issue may name another kind, region, prefix.
 * registry.read given as a root command replies without the record: replies of roots stand in
 * the journal, personal values must not. context.thing and context.number (or body.basis) are
 * the purpose. */

#endif
