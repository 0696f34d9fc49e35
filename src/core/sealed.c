/* sealed.c - personal values in the journal, under a key of their subject.
 *
 * A closed part is its canonical JSON under SM4-CTR with the key of the event's subject; the
 * record holds its length, the row's column `sealed` the parts one after the other:
 *
 *     record  {..., "events":[{..., "subject":"S","closed":52}, {..., "closed":17}], ...}
 *     sealed  |<----- 52 bytes of event 0 ----->|<- 17 bytes of event 1 ->|
 *
 * The chain hashes the sealed bytes, so destroying a key (one row of core_subject_key) makes the
 * part unreadable for ever while every hash and proof still holds.
 *
 * Counter block: the first 12 bytes of SM3(instant | seq | event number), then 32 bits that
 * count the blocks. Seq and event number alone would be unique among committed records; the
 * instant keeps a record that was rolled back, of which pages may remain on the disk, from
 * sharing its counters with the record that took its seq.
 *
 * A key knows the record it was made in (`since`). A part older than the subject's present key
 * was sealed with a destroyed one and is read as null; core.erase is a root command, so no
 * record holds parts of both.
 *
 * Keys are rows like any other here. They are no part of the journal, of a replay or of an
 * export: whoever has the journal without this table has no personal value. */
#include <string.h>

#include "base/check.h"
#include "codec/json.h"
#include "core/core_int.h"

static const Sql sql_key = {
    "SELECT key, since FROM core_subject_key WHERE node = ?1 AND subject = ?2"};
static const Sql sql_key_add = {
    "INSERT INTO core_subject_key (node, subject, key, since) VALUES (?1, ?2, ?3, ?4)"};
static const Sql sql_key_delete = {
    "DELETE FROM core_subject_key WHERE node = ?1 AND subject = ?2"};

static bool key_read(int64_t node, StoreConn *conn, Str subject, SubjectKey *out)
{
    Rows *r = store_query(conn, &sql_key, PARAMS(p_int(node), p_text(subject)));
    bool found = rows_next(r);
    if (found) {
        Str bytes = rows_bytes(r, 0);
        check(bytes.len == sizeof out->secret.bytes);
        memcpy(out->secret.bytes, bytes.ptr, bytes.len);
        out->since = rows_int(r, 1);
    }
    rows_close(r);
    return found;
}

void sealed_forget(Core *core)
{
    for (size_t i = 0; i < core->keys.count; i++)
        secret_wipe(&((SubjectKey *)core->keys.entries[i].value)->secret);
    arena_reset(core->key_arena);
    core->keys = map_new(core->key_arena);
}

/* The key of a subject, made now when it has none. */
static const SubjectKey *key_for(Run *run, Str subject)
{
    Core *core = run->core;
    SubjectKey *key = map_get(&core->keys, subject);
    if (key)
        return key;
    if (core->keys.count >= CORE_KEYS_CACHED)
        sealed_forget(core);
    key = arena_new(core->key_arena, SubjectKey);
    if (!key_read(core->node, core->conn, subject, key)) {
        entropy_fill(core->entropy, key->secret.bytes, sizeof key->secret.bytes);
        key->since = run->seq;
        Str bytes = {(const char *)key->secret.bytes, sizeof key->secret.bytes};
        store_write(core->conn, &sql_key_add,
                    PARAMS(p_int(core->node), p_text(subject), p_blob(bytes),
                           p_int(key->since)));
    }
    map_put(&core->keys, arena_copy(core->key_arena, subject), key);
    return key;
}

static void put_big_endian(uint8_t *out, uint64_t n)
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)(n >> (56 - 8 * i));
}

static void counter_block(Instant at, int64_t seq, size_t event, uint8_t out[SM4_BLOCK_BYTES])
{
    uint8_t text[24];
    put_big_endian(text, (uint64_t)at.us);
    put_big_endian(text + 8, (uint64_t)seq);
    put_big_endian(text + 16, event);
    Sm3 h = sm3((Str){(const char *)text, sizeof text});
    memcpy(out, h.bytes, 12);
    memset(out + 12, 0, 4);
}

size_t sealed_add(Run *run, Str subject, size_t event, Value closed)
{
    Buf text = buf_new(run->arena, 256);
    json_write(closed, 0, &text);
    Str plain = buf_text(&text);
    uint8_t *sealed = arena_take(run->arena, plain.len);
    if (!sealed || arena_failed(run->arena))
        return 0; /* the run is given up */
    uint8_t counter[SM4_BLOCK_BYTES];
    counter_block(run->at, run->seq, event, counter);
    sm4_ctr(&key_for(run, subject)->secret, counter, plain, sealed);
    buf_add(&run->sealed, (Str){(const char *)sealed, plain.len});
    return plain.len;
}

bool sealed_open(int64_t node, StoreConn *conn, Arena *a, const JournalRow *row, Instant at,
                 Str subject, size_t event, Str part, Value *out)
{
    SubjectKey key;
    *out = value_null();
    if (!key_read(node, conn, subject, &key) || key.since > row->seq)
        return true;
    uint8_t counter[SM4_BLOCK_BYTES];
    counter_block(at, row->seq, event, counter);
    char *plain = arena_take(a, part.len + 1);
    check(plain != NULL);
    sm4_ctr(&key.secret, counter, part, (uint8_t *)plain);
    secret_wipe(&key.secret);
    return json_parse_limited(a, (Str){plain, part.len}, CORE_RECORD_DEPTH_MAX, out, NULL);
}

void sealed_destroy(Core *core, Str subject)
{
    store_write(core->conn, &sql_key_delete, PARAMS(p_int(core->node), p_text(subject)));
    sealed_forget(core);
}
