/* case_int.h - what the files of this folder share: the catalogue, records, events, clocks.
 *
 * Floor 5, used only in this folder. */
#ifndef DOMAIN_CASE_CASE_INT_H
#define DOMAIN_CASE_CASE_INT_H

#include <stdatomic.h>

#include "base/check.h"
#include "domain/case/case.h"

#define CATALOGUE_BUCKETS 1024u
#define CATALOGUE_BYTES_MAX (256u << 20) /* memory of all definitions ever taken */

extern const Fault *const case_faults[];

/* ---- The catalogue: definitions, published to all threads (catalogue.c). */

typedef struct CatalogueEntry {
    Str kind, id;
    int64_t version;
    const void *object; /* Thing, Form, Office, RoleReads; NULL where only the name matters */
    const struct CatalogueEntry *older;        /* of all */
    const struct CatalogueEntry *older_beside; /* in the same bucket */
} CatalogueEntry;

struct Cases {
    Arena *arena;
    _Atomic(const CatalogueEntry *) newest;
    _Atomic(const CatalogueEntry *) buckets[CATALOGUE_BUCKETS];
    Module module;
};

bool catalogue_define(Cases *cases, const Definition *definition, Err *err);
/* The newest entry of that kind and id; version 0: any. NULL when there is none. */
const CatalogueEntry *catalogue_find(const Cases *cases, Str kind, Str id, int64_t version);

typedef struct CaseRights {
    bool own, office, all, data; /* what the actor's roles read */
} CaseRights;
CaseRights case_rights(const Cases *cases, const Actor *actor);

/* ---- Records: rows as decisions need them (case_record.c). */

/* Where a clock stands: it is started once in a life. */
typedef enum CaseClock {
    CASE_CLOCK_NONE,
    CASE_CLOCK_RUNNING,
    CASE_CLOCK_STOPPED
} CaseClock;

typedef struct CaseRecord {
    Id id;
    Str number, thing, applicant, instance;
    int64_t thing_version;
    CaseState state;
    Str result; /* a word of CASE_STATES said by case.conclude, or empty */
    CaseClock clock;
    int64_t paused;
    int64_t light; /* as the clock last told: 0 normal, 1 near, 2 overdue; -1: not yet */
    Instant accepted_at;
    Str id_text;
} CaseRecord;

typedef struct PartRecord {
    Id id;
    Str matter, office;
    PartState state;
    CaseClock clock;
    int64_t paused;
    int64_t active; /* activities of the matter that are active */
} PartRecord;

typedef struct CaseNow {
    CaseRecord row;
    PartRecord *parts;
    size_t part_count;
    const Thing *thing; /* NULL when its definition is gone: then no clock is started */
} CaseNow;

/* Load a case with its parts; false when there is none. */
bool case_load(const Cases *cases, StoreConn *conn, int64_t node, Id id, Arena *a, CaseNow *out);
/* The same for a command: refuses with case_unknown. key names the body's field. */
bool case_of_command(const Cases *cases, Decision *d, Value holder, CaseNow *out);
PartRecord *case_part_of(const CaseNow *now, Str matter);
const ThingMatter *thing_matter(const Thing *thing, Str id);
/* The form data of a case; null after erasure. */
Value case_data_read(StoreConn *conn, int64_t node, Id id, Arena *a);

typedef struct PauseRecord {
    Str key, element, reason;
    Id part; /* ID_NONE: the case's own */
} PauseRecord;
/* Open pauses, oldest first. */
PauseRecord *case_pauses(StoreConn *conn, int64_t node, Id id, Arena *a, size_t *count);

typedef struct CorrectionRecord {
    Id id, part;
    Str task, element, token;
} CorrectionRecord;
/* Open corrections, oldest first. */
CorrectionRecord *case_corrections_open(StoreConn *conn, int64_t node, Id id, Arena *a,
                                        size_t *count);

/* ---- Bodies of commands (case_body.c). */

typedef enum FieldKind { FIELD_TEXT, FIELD_ID, FIELD_CONTEXT, FIELD_WHOLE } FieldKind;
typedef struct FieldRule {
    const char *name;
    FieldKind kind;
    bool required;
    size_t characters_max; /* of a text; 0: 200 */
} FieldRule;
/* Refuses the first field that is unknown, missing or of the wrong kind. */
bool case_body_check(Decision *d, Value body, const FieldRule *rules, size_t count);
#define BODY_CHECK(d, body, rules) \
    case_body_check((d), (body), (rules), sizeof(rules) / sizeof(*(rules)))
/* The first n characters. */
Str case_text_cut(Str s, size_t characters);
/* {zh, en} or a string, as a text; empty when it is neither. */
Text2 text2_read(Value v);
Value text2_value(Arena *a, Text2 t);

/* The number of a light's word, -1 for none. */
int64_t case_light_number(Str word);

/* ---- Emitting (case_emit.c). Part and reason may be empty. */

ContextBuilder case_event(Decision *d, const CaseRecord *row);
void case_emit(Decision *d, const CaseRecord *row, const char *kind, const ContextBuilder *open,
               Value closed);
/* A timeline entry and nothing else. */
typedef struct Note {
    TimelineKind kind;
    Str matter, office, task, element, reason;
} Note;
void case_note(Decision *d, const CaseRecord *row, const Note *note);
/* Move a part: event, clock commands, pauses that end with it. */
void case_part_move(Decision *d, const CaseNow *now, PartRecord *part, PartState to, Str reason);
/* End the case: parts that have not ended stop, corrections drop, clocks stop, pauses end. */
void case_end(Decision *d, CaseNow *now, CaseState to, Str reason);
void case_clock_start(Decision *d, CaseNow *now);
void case_part_clock_start(Decision *d, const CaseNow *now, PartRecord *part);
/* Begin or end one pause of a part (or, with part NULL, of the case) and keep its clock. */
void case_pause_begin(Decision *d, const CaseNow *now, PartRecord *part, Str key, Str element,
                 Str reason);
void case_pause_end(Decision *d, const CaseNow *now, PartRecord *part, Str key);
/* Ask for the cancellation of an instance; nothing when its key is not known. */
void case_process_cancel(Decision *d, Str instance, const char *reason);
/* Result of a case whose instance has completed, from its parts. */
CaseState case_result_of(const CaseNow *now);

/* ---- Commands. */
DecideFn case_decide_draft_save, case_decide_draft_delete, case_decide_submit,
    case_decide_started, case_decide_accept, case_decide_issue, case_decide_conclude,
    case_decide_ended, case_decide_withdraw, case_decide_correct, case_decide_mark,
    case_decide_clock_told;

/* ---- Events. */
ApplyFn case_apply_draft_saved, case_apply_draft_deleted, case_apply_submitted,
    case_apply_started, case_apply_accepted, case_apply_clock_started, case_apply_due_set,
    case_apply_clock_refused, case_apply_lit,
    case_apply_part_entered, case_apply_part_moved, case_apply_paused, case_apply_resumed,
    case_apply_correction_asked, case_apply_correction_settled, case_apply_corrected,
    case_apply_noted, case_apply_issued, case_apply_concluded, case_apply_ended,
    case_apply_erased;

/* ---- Timeline rows (timeline.c). */
typedef struct TimelineRow {
    TimelineKind kind;
    Str matter, office;
    Value params; /* plain context */
    Str note;     /* personal: cleared with the key */
} TimelineRow;
void case_timeline_add(StoreConn *conn, const Event *event, Id case_id, const TimelineRow *row);

/* ---- Checks of a draft and a submission share this (draft.c). */
typedef struct DraftRecord {
    bool found;
    Id id;
    Str thing;
    int64_t version;
    Value data; /* null after erasure */
} DraftRecord;
/* The actor's own draft. */
bool case_draft_own(StoreConn *conn, int64_t node, Str account, Id id, Arena *a,
                    DraftRecord *out);
/* Judge data by the thing's form and size; refuses. */
bool case_data_judged(const Cases *cases, Decision *d, const Command *command, const Thing *thing,
                 Value data, FormMode mode);

#endif
