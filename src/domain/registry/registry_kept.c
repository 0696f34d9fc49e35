/* registry_kept.c - the file of a bulk load, kept beside the journal.
 *
 *     "TONGBAN ROWS 1\n"  u32 length, header as JSON: registry, columns
 *     row ...             u32 length of the payload | u32 line | u32 state | salt 16 | commitment
 * 32
 *                         payload
 *     table               u64 place of every 1024th row
 *     end                 u64 rows | u64 place of the table | "TBROWS1\n"
 *
 *     commitment = SM3(salt | payload)      hash of the file = SM3(header | commitment 1 | ...)
 *
 * The event of the load names the hash, so the journal's chain holds every row. Whoever erases a
 * row
 * overwrites its salt and payload with zeros and sets its state to 1; the commitment stays, so the
 * hash of the file, and with it the journal, still holds, and without the salt the commitment tells
 * nothing about what was there, not even to somebody who guesses. A row that is there is tried
 * against its commitment whenever the file is read.
 *
 * Sealing each row under a key of its own was measured: SM4 of 150 bytes costs three times as
 * much as
 * this commitment, twice (to write and to read). So the file is as confidential as the data file
 * beside which it stands, mode 0600, and unlike the journal it is not for others.
 *
 * A payload is the row without what all rows of the load share:
 *     u32 version | u16 length, key | u32 length, marks | values: 0 | 1 u32 length, text | 2 i64
 * Numbers are little-endian. Everything read is checked: a damaged file is a fault, not a crash. */
#include "domain/registry/registry_bulk_int.h"

#include <string.h>

#include "base/check.h"
#include "codec/json.h"

#define MAGIC "TONGBAN ROWS 1\n"
#define MAGIC_BYTES (sizeof MAGIC - 1)
#define END_MAGIC "TBROWS1\n"
#define END_BYTES 24u
#define HEADER_BYTES_MAX (1u << 20)
#define READ_BYTES (1u << 20)
#define PAYLOAD_BYTES_MAX (2u << 20)
#define STATE_ERASED 1u
#define READER_ARENA_BYTES (16u << 20)
#define WRITER_ARENA_BYTES (256u << 20) /* places: 8 bytes for 1024 rows, twice */

enum { VALUE_TAG_NULL, VALUE_TAG_TEXT, VALUE_TAG_INT };

/* ---- Numbers. */

static void put_number(char *out, uint64_t n, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        out[i] = (char)(uint8_t)(n >> (8 * i));
}

static uint64_t get_number(const char *in, size_t bytes)
{
    uint64_t n = 0;
    for (size_t i = bytes; i-- > 0;)
        n = n << 8 | (uint8_t)in[i];
    return n;
}

static void add_number(Buf *out, uint64_t n, size_t bytes)
{
    char text[8];
    put_number(text, n, bytes);
    buf_add(out, (Str){text, bytes});
}

/* ---- Payloads. */

static void add_value(Buf *out, Param p)
{
    switch (p.kind) {
    case PARAM_INT:
        buf_add_char(out, VALUE_TAG_INT);
        add_number(out, (uint64_t)p.number, 8);
        break;
    case PARAM_TEXT:
        buf_add_char(out, VALUE_TAG_TEXT);
        add_number(out, p.bytes.len, 4);
        buf_add(out, p.bytes);
        break;
    default: buf_add_char(out, VALUE_TAG_NULL);
    }
}

void kept_put(Buf *out, Sm3Stream *hash, const uint8_t salt[KEPT_SALT_BYTES], Arena *a,
              uint32_t line, const RecordRow *row, const RegistryKind *kind, const Column *columns,
              size_t count)
{
    char head[KEPT_HEAD_BYTES] = {0};
    size_t from = out->len;
    buf_add(out, (Str){head, sizeof head});
    add_number(out, (uint64_t)row->version, 4);
    add_number(out, row->key.len, 2);
    buf_add(out, row->key);
    Str marks = value_is_null(row->marks) ? STR_NONE : json_copy_text(a, row->marks);
    add_number(out, marks.len, 4);
    buf_add(out, marks);
    size_t next = 0;
    for (size_t i = 0; i < count; i++)
        add_value(out, registry_param(a, kind, &columns[i], row->record, &next));
    if (buf_failed(out))
        return;
    Str payload = {out->ptr + from + sizeof head, out->len - from - sizeof head};
    put_number(head, payload.len, 4);
    put_number(head + 4, line, 4);
    memcpy(head + 12, salt, KEPT_SALT_BYTES);
    sm3_add(hash, (Str){head + 12, KEPT_SALT_BYTES});
    sm3_add(hash, payload);
    Sm3 commitment = sm3_next(hash);
    memcpy(head + 12 + KEPT_SALT_BYTES, commitment.bytes, SM3_BYTES);
    memcpy(out->ptr + from, head, sizeof head);
}

Str kept_payload(Str rows, size_t i)
{
    check(i + KEPT_HEAD_BYTES <= rows.len);
    size_t length = (size_t)get_number(rows.ptr + i, 4);
    return str_slice(rows, i + KEPT_HEAD_BYTES, i + KEPT_HEAD_BYTES + length);
}

static bool take(KeptFields *f, size_t bytes, const char **out)
{
    if (bytes > f->left)
        return false;
    *out = f->columns;
    f->columns += bytes;
    f->left -= bytes;
    return true;
}

static bool take_text(KeptFields *f, size_t length_bytes, Str *out)
{
    const char *at = NULL;
    if (!take(f, length_bytes, &at))
        return false;
    out->len = (size_t)get_number(at, length_bytes);
    return take(f, out->len, &out->ptr);
}

bool kept_fields(Str payload, KeptFields *out)
{
    const char *at = NULL;
    *out = (KeptFields){.columns = payload.ptr, .left = payload.len};
    if (!take(out, 4, &at))
        return false;
    out->version = (int64_t)get_number(at, 4);
    return take_text(out, 2, &out->key) && take_text(out, 4, &out->marks) && out->key.len > 0 &&
           out->version > 0;
}

bool kept_value(KeptFields *f, Param *out)
{
    const char *at = NULL;
    Str text;
    if (!take(f, 1, &at))
        return false;
    switch (*at) {
    case VALUE_TAG_NULL: *out = p_null(); return true;
    case VALUE_TAG_INT:
        if (!take(f, 8, &at))
            return false;
        *out = p_int((int64_t)get_number(at, 8));
        return true;
    case VALUE_TAG_TEXT:
        if (!take_text(f, 4, &text))
            return false;
        *out = p_text(text);
        return true;
    default: return false;
    }
}

/* ---- Reading. */

struct KeptReader {
    Arena *arena;
    LargeFile *file;
    Str path;
    Value header;
    int64_t at;  /* of the next row */
    int64_t end; /* of the rows */
    int64_t rows, table; /* 0: the file is not finished */
    Sm3Stream *total, *one;
    char *room; /* bytes [from, from + held) of the file */
    int64_t from;
    size_t held;
};

static bool damaged(const KeptReader *r, Err *err)
{
    return err_set(err, &fault_registry_kept_damaged, r->path);
}

/* The bytes [at, at + count) in the room; count is at most PAYLOAD_BYTES_MAX and a head. */
static bool have(KeptReader *r, int64_t at, size_t count, const char **out, Err *err)
{
    if (at < r->from || at + (int64_t)count > r->from + (int64_t)r->held) {
        r->from = at;
        if (!large_file_read(r->file, at, r->room, READ_BYTES + PAYLOAD_BYTES_MAX, &r->held, err))
            return false;
        if (r->held < count)
            return damaged(r, err);
    }
    *out = r->room + (at - r->from);
    return true;
}

static bool read_header(KeptReader *r, Err *err)
{
    const char *text = NULL;
    if (!have(r, 0, MAGIC_BYTES + 4, &text, err))
        return false;
    size_t length = (size_t)get_number(text + MAGIC_BYTES, 4);
    if (memcmp(text, MAGIC, MAGIC_BYTES) != 0 || length > HEADER_BYTES_MAX)
        return damaged(r, err);
    if (!have(r, MAGIC_BYTES + 4, length, &text, err))
        return false;
    Str header = {text, length};
    sm3_add(r->total, header);
    r->at = (int64_t)(MAGIC_BYTES + 4 + length);
    return json_parse(r->arena, header, &r->header, NULL) || damaged(r, err);
}

/* The end of a finished file: how many rows, where its table is. */
static bool read_end(KeptReader *r, Err *err)
{
    const char *text;
    int64_t size = large_file_size(r->file);
    if (size < (int64_t)END_BYTES || !have(r, size - END_BYTES, END_BYTES, &text, err))
        return damaged(r, err);
    r->rows = (int64_t)get_number(text, 8);
    r->table = r->end = (int64_t)get_number(text + 8, 8);
    int64_t places = (r->rows + KEPT_STRIDE - 1) / KEPT_STRIDE;
    if (memcmp(text + 16, END_MAGIC, 8) != 0 || r->rows < 0 || r->table < 0 ||
        r->rows > size || r->table + places * 8 + (int64_t)END_BYTES != size)
        return damaged(r, err);
    return true;
}

bool kept_open(Str path, int64_t end, KeptReader **out, Err *err)
{
    Arena *a = arena_open(READER_ARENA_BYTES);
    KeptReader *r = arena_new(a, KeptReader);
    *out = NULL;
    *r = (KeptReader){.arena = a, .path = arena_copy(a, path), .end = end, .total = sm3_begin(),
                      .one = sm3_begin(), .room = arena_take(a, READ_BYTES + PAYLOAD_BYTES_MAX)};
    if (!r->room)
        err_set(err, &fault_out_of_memory, path);
    if (r->room && large_file_open(path, LARGE_FILE_TO_READ, &r->file, err) &&
        (end > 0 || read_end(r, err)) && read_header(r, err)) {
        *out = r;
        return true;
    }
    kept_close(r);
    return false;
}

Value kept_header(const KeptReader *r) { return r->header; }

int64_t kept_at(const KeptReader *r) { return r->at; }

bool kept_next(KeptReader *r, KeptRow *row, bool *more, Err *err)
{
    const char *head, *payload;
    *more = r->at < r->end;
    if (!*more)
        return true;
    if (!have(r, r->at, KEPT_HEAD_BYTES, &head, err))
        return false;
    size_t length = (size_t)get_number(head, 4);
    if (length > PAYLOAD_BYTES_MAX || r->at + (int64_t)(KEPT_HEAD_BYTES + length) > r->end)
        return damaged(r, err);
    if (!have(r, r->at, KEPT_HEAD_BYTES + length, &head, err))
        return false;
    payload = head + KEPT_HEAD_BYTES;
    *row = (KeptRow){.at = r->at, .line = (uint32_t)get_number(head + 4, 4),
                     .erased = get_number(head + 8, 4) == STATE_ERASED,
                     .salt = (const uint8_t *)head + 12,
                     .commitment = (const uint8_t *)head + 12 + KEPT_SALT_BYTES,
                     .payload = {payload, length}};
    if (r->total)
        sm3_add(r->total, (Str){(const char *)row->commitment, SM3_BYTES});
    r->at += (int64_t)(KEPT_HEAD_BYTES + length);
    if (row->erased) {
        row->payload = STR_NONE;
        return true;
    }
    if (!r->total)
        return true; /* somebody else tries it */
    sm3_add(r->one, (Str){(const char *)row->salt, KEPT_SALT_BYTES});
    sm3_add(r->one, row->payload);
    Sm3 expected = sm3_next(r->one);
    return memcmp(expected.bytes, row->commitment, SM3_BYTES) == 0 || damaged(r, err);
}

void kept_trust(KeptReader *r)
{
    sm3_end(r->total);
    r->total = NULL;
}

Sm3 kept_hash(KeptReader *r)
{
    Sm3 hash = sm3_end(r->total);
    r->total = NULL;
    return hash;
}

bool kept_seek(KeptReader *r, int64_t i, Err *err)
{
    const char *text;
    if (i < 0 || i >= r->rows || !have(r, r->table + i / KEPT_STRIDE * 8, 8, &text, err))
        return damaged(r, err);
    r->at = (int64_t)get_number(text, 8);
    for (int64_t k = i % KEPT_STRIDE; k > 0; k--) {
        if (r->at < 0 || r->at >= r->end || !have(r, r->at, KEPT_HEAD_BYTES, &text, err))
            return damaged(r, err);
        r->at += (int64_t)(KEPT_HEAD_BYTES + get_number(text, 4));
    }
    return true;
}

void kept_go(KeptReader *r, int64_t at) { r->at = at; }

void kept_close(KeptReader *r)
{
    if (!r)
        return;
    large_file_close(r->file);
    if (r->total)
        sm3_end(r->total);
    sm3_end(r->one);
    arena_close(r->arena);
}

/* ---- Writing. */

bool kept_begin(KeptWriter *w, Str path, Value header, int64_t end, Err *err)
{
    Arena *a = arena_open(WRITER_ARENA_BYTES);
    Buf text = buf_new(a, 4096);
    Str json = json_copy_text(a, header);
    *w = (KeptWriter){.arena = a, .hash = sm3_begin()};
    buf_add_text(&text, MAGIC);
    add_number(&text, json.len, 4);
    buf_add(&text, json);
    check(!buf_failed(&text) && json.len <= HEADER_BYTES_MAX);
    sm3_add(w->hash, json);
    w->at = (int64_t)text.len;
    return large_file_open(path, LARGE_FILE_TO_MAKE, &w->file, err) &&
           large_file_write(w->file, 0, buf_text(&text), err) &&
           large_file_cut(w->file, end > w->at ? end : w->at, err);
}

/* A row begins at this place of the file. */
static void count_row(KeptWriter *w, int64_t at)
{
    if (w->rows++ % KEPT_STRIDE != 0)
        return;
    if (w->place_count == w->place_capacity) {
        w->place_capacity = w->place_capacity ? w->place_capacity * 2 : 1024;
        int64_t *grown = arena_new_array(w->arena, int64_t, w->place_capacity);
        check(grown != NULL);
        for (size_t i = 0; i < w->place_count; i++)
            grown[i] = w->places[i];
        w->places = grown;
    }
    w->places[w->place_count++] = at;
}

void kept_recount(KeptWriter *w, const KeptRow *row)
{
    count_row(w, row->at);
    sm3_add(w->hash, (Str){(const char *)row->commitment, SM3_BYTES});
    w->at = row->at + (int64_t)(KEPT_HEAD_BYTES + row->payload.len);
}

bool kept_append(KeptWriter *w, Str rows, Err *err)
{
    if (!large_file_write(w->file, w->at, rows, err))
        return false;
    for (size_t i = 0; i < rows.len;) {
        const char *head = rows.ptr + i;
        count_row(w, w->at + (int64_t)i);
        sm3_add(w->hash, (Str){head + 12 + KEPT_SALT_BYTES, SM3_BYTES});
        i += KEPT_HEAD_BYTES + (size_t)get_number(head, 4);
    }
    w->at += (int64_t)rows.len;
    return true;
}

bool kept_finish(KeptWriter *w, Sm3 *hash, Err *err)
{
    Buf text = buf_new(w->arena, w->place_count * 8 + END_BYTES);
    for (size_t i = 0; i < w->place_count; i++)
        add_number(&text, (uint64_t)w->places[i], 8);
    add_number(&text, (uint64_t)w->rows, 8);
    add_number(&text, (uint64_t)w->at, 8);
    buf_add_text(&text, END_MAGIC);
    bool good = !buf_failed(&text) && large_file_write(w->file, w->at, buf_text(&text), err) &&
                large_file_sync(w->file, err);
    *hash = sm3_end(w->hash);
    w->hash = NULL;
    kept_abandon(w);
    return good;
}

void kept_abandon(KeptWriter *w)
{
    large_file_close(w->file);
    if (w->hash)
        sm3_end(w->hash);
    if (w->arena)
        arena_close(w->arena);
    *w = (KeptWriter){0};
}

/* ---- Erasing. */

bool kept_erase(Str path, int64_t i, Err *err)
{
    KeptReader *r = NULL;
    LargeFile *file = NULL;
    const char *head;
    bool good = kept_open(path, 0, &r, err) && kept_seek(r, i, err) &&
                have(r, r->at, KEPT_HEAD_BYTES, &head, err);
    if (good && get_number(head + 8, 4) != STATE_ERASED) {
        size_t length = (size_t)get_number(head, 4);
        int64_t at = r->at;
        char state[4 + KEPT_SALT_BYTES] = {0};
        char *zeros = arena_take(r->arena, length <= PAYLOAD_BYTES_MAX ? length + 1 : 1);
        put_number(state, STATE_ERASED, 4);
        good = zeros && length <= PAYLOAD_BYTES_MAX &&
               large_file_open(path, LARGE_FILE_TO_CHANGE, &file, err) &&
               large_file_write(file, at + KEPT_HEAD_BYTES, (Str){zeros, length}, err) &&
               large_file_write(file, at + 8, (Str){state, sizeof state}, err) &&
               large_file_sync(file, err);
        large_file_close(file);
    }
    kept_close(r);
    return good;
}
