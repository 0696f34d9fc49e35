/* registry_bulk_int.h - inside of bulk loading: the kept file, the source, twins of keys.
 * For registry_*.c of bulk loading only. */
#ifndef DOMAIN_REGISTRY_BULK_INT_H
#define DOMAIN_REGISTRY_BULK_INT_H

#include "domain/registry/registry_int.h"
#include "codec/csv.h"
#include "os/os.h"
#include "seal/seal.h"

/* ---- The kept file (registry_kept.c). */

#define KEPT_SALT_BYTES 16u
#define KEPT_HEAD_BYTES (12u + KEPT_SALT_BYTES + SM3_BYTES)
#define KEPT_STRIDE 1024 /* rows between two places of the table at the end */

/* A row of the file. Its payload is what kept_put wrote; empty when it was erased. */
typedef struct KeptRow {
    int64_t at;    /* place of its head */
    uint32_t line; /* of the file it came from */
    bool erased;
    const uint8_t *salt;
    const uint8_t *commitment;
    Str payload;
} KeptRow;

/* What stands in a payload. Slices of it. */
typedef struct KeptFields {
    Str key;
    int64_t version;
    Str marks; /* JSON, or empty */
    const char *columns; /* the values, one after the other */
    size_t left;
} KeptFields;

/* Append a row to out. One stream a thread; the salt is random and used once. */
void kept_put(Buf *out, Sm3Stream *hash, const uint8_t salt[KEPT_SALT_BYTES], Arena *a,
              uint32_t line, const RecordRow *row, const RegistryKind *kind, const Column *columns,
              size_t count);
/* The payload of the row that begins at byte i of rows made by kept_put. */
Str kept_payload(Str rows, size_t i);
bool kept_fields(Str payload, KeptFields *out);
/* The next value as a parameter of its column. False at a damaged one. */
bool kept_value(KeptFields *f, Param *out);

/* Reading a file from its beginning. */
typedef struct KeptReader KeptReader;
/* The header's columns live in the reader. end: read only up to this byte; 0: the whole file. */
bool kept_open(Str path, int64_t end, KeptReader **out, Err *err);
Value kept_header(const KeptReader *r);
/* False with err: damaged. *more is false at the end. The row is valid until the next call. */
bool kept_next(KeptReader *r, KeptRow *row, bool *more, Err *err);
int64_t kept_at(const KeptReader *r); /* where the next row begins */
Sm3 kept_hash(KeptReader *r); /* of what was read; ends the hash: once */
void kept_trust(KeptReader *r); /* do not try rows against their commitments; no hash */
/* Skip to row i (from 0) with the table at the end. */
bool kept_seek(KeptReader *r, int64_t i, Err *err);
void kept_go(KeptReader *r, int64_t at); /* to the head of a row */
void kept_close(KeptReader *r);

/* Writing one. */
typedef struct KeptWriter {
    Arena *arena;
    LargeFile *file;
    int64_t at;      /* end of the rows */
    int64_t rows;
    Sm3Stream *hash;
    int64_t *places; /* of every KEPT_STRIDE-th row */
    size_t place_count, place_capacity;
} KeptWriter;
/* Begin, or go on behind `end` (0: begin). header: registry, columns. */
bool kept_begin(KeptWriter *w, Str path, Value header, int64_t end, Err *err);
/* Append whole rows. */
bool kept_append(KeptWriter *w, Str rows, Err *err);
/* Count a row that stands in the file already: after kept_begin with an end. */
void kept_recount(KeptWriter *w, const KeptRow *row);
/* Write the table at the end, force to the disk, tell the hash. Closes the file. */
bool kept_finish(KeptWriter *w, Sm3 *hash, Err *err);
void kept_abandon(KeptWriter *w);
/* Overwrite payload and salt of a row: what is left is its commitment. */
bool kept_erase(Str path, int64_t i, Err *err);

/* ---- The command and its event (registry_loaded.c). */

/* "<folder>/<name>" in a. */
Str kept_path(Arena *a, Str folder, Str name);

/* ---- Equal keys in one file (registry_twins.c). */

typedef struct Twins Twins;
typedef void TwinFound(void *context, int64_t first_at, int64_t second_at);
bool twins_open(Str folder, Twins **out, Err *err);
bool twins_add(Twins *t, uint64_t hash, int64_t at, Err *err);
/* Tell every pair of neighbours with the same hash. */
bool twins_find(Twins *t, TwinFound *found, void *context, Err *err);
void twins_close(Twins *t);

/* ---- The file that is loaded (registry_source.c). */

typedef struct Source Source;
typedef struct SourceBlock {
    Str text;       /* whole records */
    uint32_t line;  /* of its first character */
    int64_t end;    /* place in the file behind it */
    uint32_t lines; /* in it */
    char *room;     /* owned by the source */
    size_t capacity;
} SourceBlock;

/* How a record of the file becomes a value. */
typedef struct SourceForm {
    bool json;
    char separator;
    const RegistryProperty *fields[CSV_FIELDS_MAX];
    ColumnKind kinds[CSV_FIELDS_MAX];
    size_t field_count;
} SourceForm;

bool source_open(Str path, const RegistryKind *kind, Source **out, Err *err);
void source_close(Source *s);
const SourceForm *source_form(const Source *s);
LargeFileMark source_mark(const Source *s);
int64_t source_size(const Source *s);
/* Where records begin, and their first line; or go on from a place. */
void source_at(const Source *s, int64_t *at, uint32_t *line);
void source_go_on(Source *s, int64_t at, uint32_t line);
/* The next block into b; empty text: the end. */
bool source_block(Source *s, SourceBlock *b, Err *err);

/* Walk over the records of a block. */
typedef struct RecordReader RecordReader;
RecordReader *records_open(const SourceForm *form);
void records_begin(RecordReader *r, Str text, uint32_t line);
typedef enum RecordOutcome { RECORD_GOOD, RECORD_BAD, RECORD_END, RECORD_STOP } RecordOutcome;
/* RECORD_BAD: this line is faulty, the next can be read; RECORD_STOP: reading cannot go on. */
RecordOutcome records_next(RecordReader *r, Arena *a, Value *record, uint32_t *line, Err *err);
void records_close(RecordReader *r);

#endif
