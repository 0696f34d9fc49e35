/* verify.c - is the journal whole, and are the rows its fold?
 *
 * On a snapshot of the store: every record is hashed into the chain, decoded, and its events
 * are applied to an empty private store with fresh states of the same modules; then every table
 * that the modules name is compared with the stored one, row by row in the order of the primary
 * key. Both sides are read through one cursor each, like two piles of cards:
 *
 *     stored   a b   d            key smaller on one side: that row is missing on the other
 *     replayed a b c d'           same key: compare column by column
 *
 * Keys of subjects are looked up in the snapshot, so what was erased is null here as it must be
 * in the rows. Differences are counted all and described up to CORE_REPORT_MAX, one a line:
 *
 *     case_case 01..: state "open" / "closed"        (stored / replayed)
 *
 * The chain breaks at the first record that does not hash: that is reported too, and the rest is
 * still replayed, since the rows may well be right. A record that cannot be decoded ends the
 * replay. */
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "core/core_int.h"

#define REPLAY_BATCH 512 /* records a transaction of the private store */

typedef struct Verify {
    Core *core;
    Lang lang;
    Arena *arena;     /* the caller's: the report */
    StoreConn *stored; /* a snapshot */
    Store *store;     /* the private one */
    Appliers replay;
    CoreRows rows;
    Buf report;
    VerifyResult *out;
} Verify;

static const Sql sql_command_add = {
    "INSERT INTO core_command (node, id, fingerprint, seq) VALUES (?1, ?2, ?3, ?4)"};

static void difference(Verify *v, Str text)
{
    v->out->differences++;
    if (v->out->differences > CORE_REPORT_MAX)
        return;
    buf_add(&v->report, text);
    buf_add_char(&v->report, '\n');
}

/* ---- Replay. */

static void replay_command(Verify *v, const JournalRow *row, const JournalText *text)
{
    Sm3 padded = {{0}};
    char hex[64];
    memset(hex, '0', sizeof hex);
    if (text->fingerprint.len != 32)
        return; /* the client named no id */
    memcpy(hex, text->fingerprint.ptr, 32);
    if (!sm3_parse((Str){hex, sizeof hex}, &padded))
        return; /* the comparison of core_command shows it */
    store_write(v->replay.conn, &sql_command_add,
                PARAMS(p_int(v->core->node), p_id(&text->command),
                       p_blob((Str){(const char *)padded.bytes, 16}), p_int(row->seq)));
}

static bool replay_record(Verify *v, Arena *a, const JournalRow *row, Err *err)
{
    JournalText text;
    if (!journal_decode(v->core->node, v->stored, a, row, &text, err))
        return false;
    for (size_t i = 0; i < text.event_count; i++) {
        const Event *e = &text.events[i];
        core_apply(v->core, &v->replay, e, a);
        if (str_equal(e->kind, STR("core.installed")) &&
            !definitions_replay(v->core, e, v->replay.states, err))
            return false;
    }
    replay_command(v, row, &text);
    return true;
}

static void chain_broken(Verify *v, const JournalRow *row, Arena *a)
{
    if (v->lang == LANG_EN)
        difference(v, arena_printf(a, "core_journal %lld: the hash does not follow from the "
                                      "record and the one before",
                                   (long long)row->seq));
    else
        difference(v, arena_printf(a, "core_journal %lld：散列值与本记录及前一记录不符",
                                   (long long)row->seq));
}

static bool replay_all(Verify *v, Err *err)
{
    Arena *a = arena_open(CORE_COMMAND_ARENA);
    Sm3 previous = journal_start(v->core->node);
    int64_t expected = 1;
    bool ok = store_begin(v->replay.conn, err);
    Rows *r = store_query(v->stored, &sql_journal_from,
                          PARAMS(p_int(v->core->node), p_int(0)));
    while (ok && rows_next(r)) {
        arena_reset(a);
        JournalRow row = journal_row(r);
        Sm3 hash = journal_chain(&previous, row.record, row.sealed);
        if (!sm3_equal(&hash, &row.hash) || row.seq != expected)
            chain_broken(v, &row, a);
        previous = row.hash;
        expected = row.seq + 1;
        ok = replay_record(v, a, &row, err);
        if (++v->out->records % REPLAY_BATCH == 0 && ok)
            ok = store_commit(v->replay.conn, err) && store_begin(v->replay.conn, err);
    }
    rows_close(r);
    arena_close(a);
    v->out->head = previous;
    if (!ok || !store_commit(v->replay.conn, err))
        return false;
    return !store_failed(v->stored, err);
}

/* ---- Comparison. */

typedef struct Column {
    ParamKind kind;
    int64_t number;
    Str bytes;
} Column;

static Column column_of(Rows *r, int i)
{
    Column c = {.kind = rows_kind(r, i)};
    if (c.kind == PARAM_INT)
        c.number = rows_int(r, i);
    else if (c.kind != PARAM_NULL)
        c.bytes = rows_bytes(r, i);
    return c;
}

/* The order of the store: null, numbers, texts, blobs. */
static int column_compare(Column a, Column b)
{
    if (a.kind != b.kind)
        return a.kind < b.kind ? -1 : 1;
    if (a.kind == PARAM_INT)
        return (a.number > b.number) - (a.number < b.number);
    return a.kind == PARAM_NULL ? 0 : str_compare(a.bytes, b.bytes);
}

static void column_show(Column c, Buf *out)
{
    switch (c.kind) {
    case PARAM_NULL: buf_add_text(out, "null"); break;
    case PARAM_INT: buf_add_int(out, c.number); break;
    case PARAM_TEXT:
        buf_printf(out, "\"%.*s\"", STR_ARG(str_slice(c.bytes, 0, 80)));
        break;
    case PARAM_BLOB:
        buf_add_hex(out, c.bytes.ptr, c.bytes.len < 40 ? c.bytes.len : 40);
        break;
    }
}

typedef struct Comparison {
    Verify *v;
    Str table;
    StoreColumn *columns;
    size_t count;
    int keys[STORE_COLUMNS_MAX]; /* columns of the primary key, in its order, without node */
    size_t key_count;
    Arena *arena; /* of one row */
} Comparison;

static void show_key(Comparison *c, Rows *r, Buf *out)
{
    buf_add(out, c->table);
    for (size_t i = 0; i < c->key_count; i++) {
        buf_add_char(out, i == 0 ? ' ' : ',');
        column_show(column_of(r, c->keys[i]), out);
    }
}

static void row_missing(Comparison *c, Rows *there, bool in_replay)
{
    Buf text = buf_new(c->arena, 128);
    show_key(c, there, &text);
    bool en = c->v->lang == LANG_EN;
    if (in_replay)
        buf_add(&text, en ? STR(": not in the replay") : STR("：重放中没有此行"));
    else
        buf_add(&text, en ? STR(": only in the replay") : STR("：仅重放中有此行"));
    difference(c->v, buf_text(&text));
}

static void compare_row(Comparison *c, Rows *stored, Rows *replayed)
{
    for (size_t i = 0; i < c->count; i++) {
        Column s = column_of(stored, (int)i), p = column_of(replayed, (int)i);
        if (column_compare(s, p) == 0)
            continue;
        Buf text = buf_new(c->arena, 256);
        show_key(c, stored, &text);
        buf_printf(&text, ": %.*s ", STR_ARG(c->columns[i].name));
        column_show(s, &text);
        buf_add_text(&text, " / ");
        column_show(p, &text);
        difference(c->v, buf_text(&text));
    }
}

static int key_compare(const Comparison *c, Rows *a, Rows *b)
{
    for (size_t i = 0; i < c->key_count; i++) {
        int order = column_compare(column_of(a, c->keys[i]), column_of(b, c->keys[i]));
        if (order != 0)
            return order;
    }
    return 0;
}

static void compare_rows(Comparison *c, Rows *stored, Rows *replayed)
{
    bool s = rows_next(stored), p = rows_next(replayed);
    while (s || p) {
        arena_reset(c->arena);
        int order = !p ? -1 : !s ? 1 : key_compare(c, stored, replayed);
        if (order < 0)
            row_missing(c, stored, true);
        else if (order > 0)
            row_missing(c, replayed, false);
        else
            compare_row(c, stored, replayed);
        if (s)
            c->v->out->rows += order <= 0;
        if (order <= 0)
            s = rows_next(stored);
        if (order >= 0)
            p = rows_next(replayed);
    }
}

/* SELECT all columns of this node in the order of the primary key. */
static Str select_text(Comparison *c, Arena *a)
{
    Buf sql = buf_new(a, 256);
    buf_add_text(&sql, "SELECT ");
    bool has_node = false;
    for (size_t i = 0; i < c->count; i++) {
        buf_printf(&sql, "%s\"%.*s\"", i ? ", " : "", STR_ARG(c->columns[i].name));
        has_node = has_node || str_equal(c->columns[i].name, STR("node"));
    }
    check(has_node); /* every table carries the node */
    buf_printf(&sql, " FROM \"%.*s\" WHERE node = ?1 ORDER BY ", STR_ARG(c->table));
    int place = 0;
    for (size_t i = 0; i < c->count; i++) {
        if (c->columns[i].key != place + 1)
            continue;
        buf_printf(&sql, "%s\"%.*s\"", place ? ", " : "", STR_ARG(c->columns[i].name));
        if (!str_equal(c->columns[i].name, STR("node")))
            c->keys[c->key_count++] = (int)i;
        place++;
        i = SIZE_MAX; /* look for the next place from the first column on */
    }
    check(place > 0); /* and has a primary key */
    return buf_text(&sql);
}

static bool compare_table(Verify *v, Str table, Err *err)
{
    Arena *a = arena_open(CORE_COMMAND_ARENA);
    Comparison c = {.v = v, .table = table, .arena = arena_open(CORE_COMMAND_ARENA)};
    StoreColumn *others;
    size_t other_count;
    bool ok = store_columns(v->stored, a, table, &c.columns, &c.count, err) &&
              store_columns(v->replay.conn, a, table, &others, &other_count, err);
    if (ok && (c.count == 0 || other_count == 0)) {
        difference(v, arena_printf(a, v->lang == LANG_EN ? "%.*s: table is missing"
                                                         : "%.*s：缺少此表",
                                   STR_ARG(table)));
    } else if (ok) {
        Str text = select_text(&c, a);
        Rows *stored = store_query(v->stored, store_sql(v->stored, text),
                                   PARAMS(p_int(v->core->node)));
        Rows *replayed = store_query(v->replay.conn, store_sql(v->replay.conn, text),
                                     PARAMS(p_int(v->core->node)));
        compare_rows(&c, stored, replayed);
        rows_close(stored);
        rows_close(replayed);
        ok = !store_failed(v->stored, err) && !store_failed(v->replay.conn, err);
    }
    arena_close(c.arena);
    arena_close(a);
    return ok;
}

/* Does the table stand under the module's entry ("name" or "prefix*")? */
static bool entry_names(Str entry, Str table)
{
    if (!str_ends(entry, STR("*")))
        return str_equal(entry, table);
    return str_starts(table, str_slice(entry, 0, entry.len - 1));
}

static bool is_named(const Core *core, Str table)
{
    for (size_t m = 0; m < core->module_count; m++)
        for (const char *const *t = core->modules[m]->tables; t && *t; t++)
            if (entry_names(str_from(*t), table))
                return true;
    return false;
}

/* Tables of both sides, since an applier may have made one on one side only. */
static bool compare_all(Verify *v, Err *err)
{
    Arena *a = arena_open(CORE_COMMAND_ARENA);
    Map names = map_new(a);
    bool ok = true;
    StoreConn *sides[] = {v->stored, v->replay.conn};
    for (int i = 0; i < 2 && ok; i++) {
        Str *tables;
        size_t count;
        ok = store_tables(sides[i], a, &tables, &count, err);
        for (size_t t = 0; ok && t < count; t++)
            if (is_named(v->core, tables[t]))
                map_put(&names, tables[t], a);
    }
    for (size_t i = 0; ok && i < names.count; i++)
        ok = compare_table(v, names.entries[i].key, err);
    arena_close(a);
    return ok;
}

/* ---- The whole. */

static bool open_replay(Verify *v, Err *err)
{
    Core *core = v->core;
    if (!store_open(STR(":memory:"), &v->store, err) ||
        !store_connect_writer(v->store, &v->replay.conn, err))
        return false;
    v->rows = (CoreRows){core->node, NULL};
    v->replay.states[0] = &v->rows;
    for (size_t i = 0; i < core->module_count; i++) {
        const Module *m = core->modules[i];
        if (!store_migrate(v->replay.conn, str_from(m->name), m->migrations,
                           m->migration_count, err))
            return false;
        if (m->fresh)
            v->replay.states[i] = m->fresh(core->live.states[i]);
        if (m->fresh && m->load && !m->load(v->replay.states[i], v->replay.conn, err))
            return false;
    }
    return true;
}

static void close_replay(Verify *v)
{
    for (size_t i = 0; i < v->core->module_count; i++)
        if (v->replay.states[i] && v->core->modules[i]->fresh && v->core->modules[i]->close)
            v->core->modules[i]->close(v->replay.states[i]);
    store_disconnect(v->replay.conn);
    store_close(v->store);
    store_disconnect(v->stored);
}

bool core_verify(Core *core, Lang lang, Arena *a, VerifyResult *out, Err *err)
{
    *out = (VerifyResult){0};
    Verify v = {.core = core, .lang = lang, .arena = a, .report = buf_new(a, 0), .out = out};
    bool ok = store_connect_reader(core->store, &v.stored, err) && store_begin(v.stored, err) &&
              open_replay(&v, err) && replay_all(&v, err) && compare_all(&v, err);
    close_replay(&v);
    out->report = buf_text(&v.report);
    return ok;
}
