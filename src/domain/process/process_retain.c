/* process_retain.c - ended instances go: by command, in slices, or by themselves after some days.
 *
 * What an ended instance leaves (its row with the trail and result, its tasks and incidents) is
 * history for people; the journal keeps what happened whether or not it goes. A slice is one
 * command of at most RETAIN_SLICE_MAX instances, oldest end first, so that a million of them never
 * stops the writer for long.
 *
 * process.retain {days} sets how long history is kept (0: for ever). A timer, core's like all
 * others, comes every day and takes slices a second apart until nothing is left that is older.
 * An instance is kept as long as the one that called it runs. */
#include "domain/process/process_int.h"

#define RETAIN_SLICE_MAX 1000
#define RETAIN_DAYS_MAX 36500

static const Sql SELECT_ENDED = {
    "SELECT i.key FROM process_instance i WHERE i.node = ?1 AND i.ended_at IS NOT NULL"
    " AND i.ended_at < ?2 AND (?3 = '' OR i.process = ?3) AND NOT EXISTS"
    " (SELECT 1 FROM process_instance p WHERE p.node = i.node AND p.key = i.parent"
    " AND p.ended_at IS NULL) ORDER BY i.ended_at, i.key LIMIT ?4"};

/* Delete one slice; how many it was. */
static int64_t delete_slice(Decision *d, Instant before, Str process, int64_t limit)
{
    Arena *a = decision_arena(d);
    ListBuilder keys = list_builder(a);
    Rows *r = store_query(decision_store(d), &SELECT_ENDED,
                          PARAMS(p_int(decision_node(d)), p_instant(before), p_text(process),
                                 p_int(limit)));
    while (rows_next(r)) {
        list_add(&keys, value_int(rows_int(r, 0)));
    }
    rows_close(r);
    if (keys.count > 0) {
        ContextBuilder b = context_builder(a);
        int64_t count = (int64_t)keys.count;
        context_put_text(&b, "instances", value_list(&keys));
        decision_emit(d, STR("process.deleted"), STR_NONE, value_context(&b), value_null());
        return count;
    }
    return 0;
}

bool decide_delete(void *state, const Command *c, Decision *d)
{
    Instant before = c->now;
    Str text = value_get_string(c->body, STR("ended_before"));
    int64_t limit = value_get_int(c->body, STR("limit"), 100);
    (void)state;
    if (text.len && !instant_parse(text, &before)) {
        return decision_refuse_with(d, &fault_field_invalid, STR("ended_before"), STR("RFC 3339"));
    }
    if (limit < 1 || limit > RETAIN_SLICE_MAX) {
        return decision_refuse_with(d, &fault_field_invalid, STR("limit"), STR("1..1000"));
    }
    int64_t count = delete_slice(d, before, value_get_string(c->body, STR("process")), limit);
    ContextBuilder reply = context_builder(decision_arena(d));
    context_put_text(&reply, "deleted", value_int(count));
    context_put_text(&reply, "more", value_boolean(count == limit));
    decision_reply(d, value_context(&reply));
    return true;
}

static void sweep_at(Decision *d, Instant due, int64_t days)
{
    ContextBuilder b = context_builder(decision_arena(d));
    context_put_text(&b, "days", value_int(days));
    decision_timer_set(d, STR("sweep"), due, STR("process.sweep"), value_context(&b));
}

bool decide_retain(void *state, const Command *c, Decision *d)
{
    int64_t days = value_get_int(c->body, STR("days"), -1);
    (void)state;
    if (days < 0 || days > RETAIN_DAYS_MAX) {
        return decision_refuse_with(d, &fault_field_invalid, STR("days"), STR("0..36500"));
    }
    if (days == 0) {
        decision_timer_cancel(d, STR("sweep"));
    } else {
        sweep_at(d, c->now, days);
    }
    return true;
}

bool decide_sweep(void *state, const Command *c, Decision *d)
{
    int64_t days = value_get_int(c->body, STR("days"), 0);
    (void)state;
    Instant before = {c->now.us - days * US_PER_DAY};
    int64_t count = delete_slice(d, before, STR_NONE, RETAIN_SLICE_MAX);
    int64_t pause = count == RETAIN_SLICE_MAX ? US_PER_SECOND : US_PER_DAY;
    sweep_at(d, (Instant){c->now.us + pause}, days);
    return true;
}

/* Rows of an instance have keys or instance numbers between its key and the next one. */
static const Sql DELETE_ROWS[] = {
    {"DELETE FROM process_task WHERE node = ?1 AND key > ?2 AND key < ?3"},
    {"DELETE FROM process_incident WHERE node = ?1 AND key > ?2 AND key < ?3"},
    {"DELETE FROM process_deferred WHERE node = ?1 AND instance >= ?2 AND instance < ?3"},
    {"DELETE FROM process_instance WHERE node = ?1 AND key >= ?2 AND key < ?3"},
};

void apply_deleted(void *state, StoreConn *conn, const Event *event)
{
    (void)state;
    Value keys = value_field(event->open, "instances");
    for (size_t i = 0; i < value_count(keys); i++) {
        int64_t key = 0;
        dec_to_int64(value_item(keys, i).as.number, &key);
        for (size_t k = 0; k < sizeof DELETE_ROWS / sizeof *DELETE_ROWS; k++) {
            store_write(conn, &DELETE_ROWS[k],
                        PARAMS(p_int(event->node), p_int(key), p_int(key + KEY_LOCAL_MAX)));
        }
    }
}
