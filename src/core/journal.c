/* journal.c - the record of one root command, and the chain of all of them.
 *
 * A record is one line of canonical JSON; docs/decisions/0001-journal-format.md explains the
 * choices:
 *
 *     {"v":1,"seq":7,"at":"2026-11-25T01:02:03.000004Z","kind":"case.submit","actor":"zhang",
 *      "command":"0193...","fingerprint":"32 hexadecimal digits",
 *      "events":[{"kind":"case.submitted","subject":"0193...","open":{...},"closed":52}, ...],
 *      "reply":{...}}                    or, instead of the reply, "refused":{...}
 *
 *     row: node, seq, record, sealed (the closed parts, NULL when there are none), hash
 *     hash(0) = SM3("tongban journal 1 <node>"),  hash(n) = SM3(hash(n-1) | record | sealed)
 *
 * The text is written once, while the run goes on, straight into the run's buffer: head, then
 * each event as it is applied, then the reply. "fingerprint" stands there only when the client
 * named the command; then core_command has a row too, which a replay makes from these two
 * fields.
 *
 * Sequence numbers have no gaps. Instants never run back. */
#include <string.h>

#include "base/check.h"
#include "codec/json.h"
#include "core/core_int.h"

#define RECORD_BYTES_FIRST 2048u

static const Sql sql_add = {
    "INSERT INTO core_journal (node, seq, record, sealed, hash) VALUES (?1, ?2, ?3, ?4, ?5)"};
static const Sql sql_add_command = {
    "INSERT INTO core_command (node, id, fingerprint, seq) VALUES (?1, ?2, ?3, ?4)"};
static const Sql sql_last = {
    "SELECT seq, record, sealed, hash FROM core_journal WHERE node = ?1 "
    "ORDER BY seq DESC LIMIT 1"};
static const Sql sql_one = {
    "SELECT seq, record, sealed, hash FROM core_journal WHERE node = ?1 AND seq = ?2"};
const Sql sql_journal_from = {
    "SELECT seq, record, sealed, hash FROM core_journal WHERE node = ?1 AND seq >= ?2 "
    "ORDER BY seq"};

/* ---- The chain. */

Sm3 journal_start(int64_t node)
{
    char text[64] = "tongban journal 1 ";
    size_t len = strlen(text);
    char digits[24];
    size_t count = 0;
    for (int64_t n = node; n > 0 || count == 0; n /= 10)
        digits[count++] = (char)('0' + n % 10);
    while (count > 0)
        text[len++] = digits[--count];
    return sm3((Str){text, len});
}

Sm3 journal_chain(const Sm3 *previous, Str record, Str sealed)
{
    Str pieces[] = {{(const char *)previous->bytes, SM3_BYTES}, record, sealed};
    return sm3_of(pieces, 3);
}

/* ---- Writing. */

void journal_head(Run *run, const Submission *s)
{
    Buf *b = &run->record;
    *b = buf_new(run->arena, RECORD_BYTES_FIRST);
    run->sealed = buf_new(run->arena, 0);
    buf_add_text(b, "{\"v\":1,\"seq\":");
    buf_add_int(b, run->seq);
    buf_add_text(b, ",\"at\":\"");
    instant_write(run->at, 0, b);
    buf_add_text(b, "\",\"kind\":");
    json_write_string(run->root.kind, b);
    buf_add_text(b, ",\"actor\":");
    json_write_string(run->root.actor.id, b);
    char id[ID_TEXT_LEN];
    id_text(run->root.id, id);
    buf_add_text(b, ",\"command\":\"");
    buf_add(b, (Str){id, ID_TEXT_LEN});
    if (s && s->has_id) {
        buf_add_text(b, "\",\"fingerprint\":\"");
        buf_add_hex(b, s->fingerprint, sizeof s->fingerprint);
    }
    buf_add_text(b, "\",\"events\":[");
}

void journal_event(Run *run, const Event *event)
{
    Buf *b = &run->record;
    if (run->event_count > 0)
        buf_add_char(b, ',');
    buf_add_text(b, "{\"kind\":");
    json_write_string(event->kind, b);
    if (event->subject.len > 0) {
        buf_add_text(b, ",\"subject\":");
        json_write_string(event->subject, b);
    }
    buf_add_text(b, ",\"open\":");
    json_write(event->open, 0, b);
    if (!value_is_null(event->closed)) {
        buf_add_text(b, ",\"closed\":");
        buf_add_int(b, (int64_t)sealed_add(run, event->subject, run->event_count,
                                           event->closed));
    }
    buf_add_char(b, '}');
    run->event_count++;
}

void journal_accepted(Run *run, Value reply)
{
    buf_add_text(&run->record, "],\"reply\":");
    json_write(reply, 0, &run->record);
}

void journal_refused(Run *run, const Err *refusal)
{
    Buf *b = &run->record;
    buf_add_text(b, "],\"refused\":{\"fault\":");
    json_write_string(str_from(refusal->fault->name), b);
    buf_add_text(b, ",\"status\":");
    buf_add_int(b, refusal->fault->http_status);
    buf_add_text(b, ",\"sealed\":");
    Value closed = refusal_closed(run->arena, refusal);
    buf_add_int(b, (int64_t)sealed_add(run, run->root.actor.id, run->event_count, closed));
    buf_add_char(b, '}');
}

void journal_write(Run *run, const Submission *s)
{
    Core *core = run->core;
    struct JournalEnd *end = &core->end;
    check(run->seq == end->seq + 1 && run->at.us >= end->at.us);
    buf_add_char(&run->record, '}');
    Str record = buf_text(&run->record), sealed = buf_text(&run->sealed);
    Sm3 hash = journal_chain(&end->hash, record, sealed);
    store_write(core->conn, &sql_add,
                PARAMS(p_int(core->node), p_int(run->seq), p_text(record),
                       sealed.len ? p_blob(sealed) : p_null(),
                       p_blob((Str){(const char *)hash.bytes, SM3_BYTES})));
    if (s && s->has_id) {
        Str fingerprint = {(const char *)s->fingerprint, sizeof s->fingerprint};
        store_write(core->conn, &sql_add_command,
                    PARAMS(p_int(core->node), p_id(&run->root.id), p_blob(fingerprint),
                           p_int(run->seq)));
    }
    *end = (struct JournalEnd){run->seq, hash, run->at};
}

/* ---- Reading. */

JournalRow journal_row(Rows *r)
{
    JournalRow row = {.seq = rows_int(r, 0), .record = rows_bytes(r, 1),
                      .sealed = rows_bytes(r, 2)};
    Str hash = rows_bytes(r, 3);
    if (hash.len == SM3_BYTES)
        memcpy(row.hash.bytes, hash.ptr, SM3_BYTES);
    return row;
}

static bool broken(const JournalRow *row, const char *why, Err *err)
{
    Arena *a = arena_open(ARENA_CHUNK_BYTES);
    Str seq = arena_printf(a, "%lld", (long long)row->seq);
    err_set(err, &fault_journal_broken, seq, str_from(why));
    arena_close(a);
    return false;
}

typedef struct Decoding {
    int64_t node;
    StoreConn *conn;
    Arena *arena;
    const JournalRow *row;
    JournalText *out;
    size_t sealed_used;
} Decoding;

/* The next `length` sealed bytes, opened. */
static bool open_part(Decoding *d, Str subject, size_t event, int64_t length, Value *out)
{
    size_t left = d->row->sealed.len - d->sealed_used;
    if (length < 0 || (uint64_t)length > left)
        return false;
    Str part = str_slice(d->row->sealed, d->sealed_used, d->sealed_used + (size_t)length);
    d->sealed_used += part.len;
    return sealed_open(d->node, d->conn, d->arena, d->row, d->out->at, subject, event, part,
                       out);
}

static bool decode_events(Decoding *d, Value list)
{
    JournalText *out = d->out;
    out->event_count = value_count(list);
    out->events = arena_new_array(d->arena, Event, out->event_count ? out->event_count : 1);
    check(out->events != NULL);
    for (size_t i = 0; i < out->event_count; i++) {
        Value v = value_item(list, i), closed;
        Event *e = &out->events[i];
        *e = (Event){.kind = value_get_string(v, STR("kind")),
                     .subject = value_get_string(v, STR("subject")),
                     .open = value_field(v, "open"),
                     .closed = value_null(),
                     .at = out->at,
                     .seq = d->row->seq,
                     .actor = out->actor};
        if (value_find(v, STR("closed"), &closed) &&
            !open_part(d, e->subject, i, value_get_int(v, STR("closed"), -1), &e->closed))
            return false;
    }
    return true;
}

static bool decode_refusal(Decoding *d, Value refused)
{
    Value closed;
    if (!open_part(d, d->out->actor, d->out->event_count,
                   value_get_int(refused, STR("sealed"), -1), &closed))
        return false;
    ContextBuilder b = context_builder_from(d->arena, closed);
    context_put_text(&b, "fault", value_field(refused, "fault"));
    context_put_text(&b, "status", value_field(refused, "status"));
    d->out->refused = true;
    d->out->refusal = value_context(&b);
    return true;
}

bool journal_decode(int64_t node, StoreConn *conn, Arena *a, const JournalRow *row,
                    JournalText *out, Err *err)
{
    Value v, refused;
    if (!json_parse_limited(a, row->record, CORE_RECORD_DEPTH_MAX, &v, NULL))
        return broken(row, "not JSON", err);
    *out = (JournalText){.kind = value_get_string(v, STR("kind")),
                         .actor = value_get_string(v, STR("actor")),
                         .command = value_get_id(v, STR("command")),
                         .fingerprint = value_get_string(v, STR("fingerprint")),
                         .refusal = value_null(),
                         .reply = value_field(v, "reply")};
    if (value_get_int(v, STR("v"), 0) != 1 ||
        value_get_int(v, STR("seq"), 0) != row->seq ||
        !instant_parse(value_get_string(v, STR("at")), &out->at))
        return broken(row, "head", err);
    Decoding d = {node, conn, a, row, out, 0};
    if (!decode_events(&d, value_field(v, "events")))
        return broken(row, "sealed part of an event", err);
    if (value_find(v, STR("refused"), &refused) && !decode_refusal(&d, refused))
        return broken(row, "refusal", err);
    if (d.sealed_used != row->sealed.len)
        return broken(row, "sealed bytes left over", err);
    return true;
}

bool journal_load_end(Core *core, Err *err)
{
    core->end = (struct JournalEnd){0, journal_start(core->node), {INT64_MIN + 1}};
    bool ok = true;
    Rows *r = store_query(core->conn, &sql_last, PARAMS(p_int(core->node)));
    if (rows_next(r)) {
        JournalRow row = journal_row(r);
        JournalText text;
        arena_reset(core->step);
        ok = journal_decode(core->node, core->conn, core->step, &row, &text, err);
        if (ok)
            core->end = (struct JournalEnd){row.seq, row.hash, text.at};
    }
    rows_close(r);
    core->committed = core->end;
    return ok && !store_failed(core->conn, err);
}

bool journal_reply(Core *core, int64_t seq, Arena *a, Reply *out, Err *err)
{
    *out = (Reply){.seq = seq, .repeated = true, .body = value_null()};
    JournalText text;
    Rows *r = store_query(core->conn, &sql_one, PARAMS(p_int(core->node), p_int(seq)));
    bool found = rows_next(r), ok = false;
    if (found) {
        JournalRow row = journal_row(r);
        ok = journal_decode(core->node, core->conn, a, &row, &text, err);
    }
    rows_close(r);
    if (!found && !store_failed(core->conn, err))
        broken(&(JournalRow){.seq = seq}, "missing", err);
    if (!ok)
        return false;
    out->accepted = !text.refused;
    if (text.refused)
        return refusal_restore(core, text.refusal, &out->err);
    out->body = text.reply;
    return true;
}

bool core_journal_read(Core *core, StoreConn *conn, int64_t from, JournalVisit *visit,
                       void *context, Err *err)
{
    Arena *a = arena_open(CORE_COMMAND_ARENA);
    Rows *r = store_query(conn, &sql_journal_from, PARAMS(p_int(core->node), p_int(from)));
    bool ok = true, more = true;
    while (ok && more && rows_next(r)) {
        arena_reset(a);
        JournalRow row = journal_row(r);
        JournalText text;
        ok = journal_decode(core->node, conn, a, &row, &text, err);
        if (!ok)
            break;
        ListBuilder events = list_builder(a);
        for (size_t i = 0; i < text.event_count; i++) {
            ContextBuilder e = context_builder(a);
            context_put_text(&e, "kind", value_string(text.events[i].kind));
            context_put_text(&e, "subject", value_string(text.events[i].subject));
            context_put_text(&e, "open", text.events[i].open);
            if (!value_is_null(text.events[i].closed))
                context_put_text(&e, "closed", text.events[i].closed);
            list_add(&events, value_context(&e));
        }
        JournalRecord record = {.seq = row.seq, .at = text.at, .kind = text.kind,
                                .actor = text.actor, .command = text.command,
                                .events = value_list(&events),
                                .reply = text.refused ? text.refusal : text.reply,
                                .hash = row.hash};
        more = visit(context, &record);
    }
    rows_close(r);
    arena_close(a);
    return ok && !store_failed(conn, err);
}
