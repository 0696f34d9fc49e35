/* case_read.c - cases as readers see them: lists by filter, one case whole, by number.
 *
 * Every reading function first asks what the reader may see (CaseSight). Own cases and those
 * with a part of one's office are shown in clear; those seen only because one sees all are shown
 * without names and data, unless the role also reads case_data. Nothing to see and not there are
 * the same answer.
 *
 * A list is one statement made from the filter. Its text has few variants (which conditions
 * stand in it), so the driver keeps it prepared; all values are parameters. Ids are ordered by
 * time: the newest first is the order of ids, and a page goes on behind the last id seen. */
#include "codec/json.h"
#include "domain/case/case_read_int.h"

#define LIST_PARAMS_MAX 12u

#define CASE_COLUMNS                                                                           \
    "c.id, c.number, c.thing, c.thing_version, c.title_zh, c.title_en, c.state, c.applicant,"  \
    " c.applicant_name, c.subject, c.submitted_at, c.accepted_at, c.ended_at, c.due_at,"       \
    " c.paused, c.part_count, c.part_ended_count, c.correction_count, c.instance, c.version"
enum {
    CASE_COLUMN_COUNT = 20
};

static const Sql sql_one = {"SELECT " CASE_COLUMNS ", c.data, c.reason FROM case_case c"
                            " WHERE c.node = ?1 AND c.id = ?2"};
static const Sql sql_applicant = {
    "SELECT applicant FROM case_case WHERE node = ?1 AND id = ?2"};
static const Sql sql_office_part = {
    "SELECT 1 FROM case_part WHERE node = ?1 AND office = ?2 AND case_id = ?3"};
static const Sql sql_number = {"SELECT id FROM case_case WHERE node = ?1 AND number = ?2"};
static const Sql sql_parts = {
    "SELECT p.id, p.ordinal, p.matter, p.title_zh, p.title_en, p.office, p.item_code, p.state,"
    " p.paused, p.opened_at, p.closed_at, p.due_at,"
    " (SELECT COUNT(*) FROM case_correction x WHERE x.node = p.node AND x.case_id = p.case_id"
    "  AND x.part = p.id AND x.state = 0)"
    " FROM case_part p WHERE p.node = ?1 AND p.case_id = ?2 ORDER BY p.ordinal"};
static const Sql sql_pauses = {
    "SELECT part, reason FROM case_pause WHERE node = ?1 AND case_id = ?2 ORDER BY since, key"};
static const Sql sql_corrections = {
    "SELECT id, part, matter, office, task, reason, state, asked_at, answered_at"
    " FROM case_correction WHERE node = ?1 AND case_id = ?2 ORDER BY asked_at, id"};
static const Sql sql_documents = {
    "SELECT id, matter, office, kind, number, title_zh, title_en, content, issued_at"
    " FROM case_document WHERE node = ?1 AND case_id = ?2 ORDER BY ordinal"};

/* ---- Sight. */

static bool has_office_part(StoreConn *conn, int64_t node, Str office, Id id)
{
    Rows *rows =
        store_query(conn, &sql_office_part, PARAMS(p_int(node), p_text(office), p_id(&id)));
    bool found = rows_next(rows);
    rows_close(rows);
    return found;
}

bool case_sight(const Cases *cases, StoreConn *conn, int64_t node, const Actor *actor, Id id,
                Arena *a, CaseSight *out, Err *err)
{
    CaseRights rights = case_rights(cases, actor);
    *out = (CaseSight){.all = rights.all, .actor = actor->id};
    Rows *rows = store_query(conn, &sql_applicant, PARAMS(p_int(node), p_id(&id)));
    bool found = rows_next(rows);
    out->applicant = found ? rows_copy(rows, 0, a) : STR_NONE;
    rows_close(rows);
    if (found) {
        out->own = rights.own && str_equal(out->applicant, actor->id);
        out->office = rights.office && has_office_part(conn, node, actor->office, id);
        out->data = out->own || out->office || (rights.all && rights.data);
    }
    if (store_failed(conn, err))
        return false;
    bool seen = found && (out->own || out->office || out->all);
    return seen || err_set(err, &fault_case_unknown);
}

/* The first character and two stars: 王**. */
static Str mask_name(Arena *a, Str name)
{
    return name.len ? arena_printf(a, "%.*s**", STR_ARG(case_text_cut(name, 1))) : name;
}

/* The first and last four characters: 4206****1234. */
static Str mask_subject(Arena *a, Str subject)
{
    size_t count = utf8_count(subject);
    if (count == 0)
        return subject;
    if (count <= 8)
        return STR("****");
    Str head = case_text_cut(subject, 4), rest = case_text_cut(subject, count - 4);
    Str tail = str_slice(subject, rest.len, subject.len);
    return arena_printf(a, "%.*s****%.*s", STR_ARG(head), STR_ARG(tail));
}

/* ---- Rows. */

static void row_read(Rows *rows, Arena *a, Instant now, CaseRow *out)
{
    int64_t state = rows_int(rows, 6);
    check(state >= 0 && state < CASE_STATE_COUNT);
    *out = (CaseRow){.id = rows_id(rows, 0),
                     .number = rows_copy(rows, 1, a),
                     .thing = rows_copy(rows, 2, a),
                     .thing_version = rows_int(rows, 3),
                     .title = {rows_copy(rows, 4, a), rows_copy(rows, 5, a)},
                     .state = (CaseState)state,
                     .applicant = rows_copy(rows, 7, a),
                     .applicant_name = rows_copy(rows, 8, a),
                     .subject = rows_copy(rows, 9, a),
                     .submitted_at = rows_instant(rows, 10),
                     .accepted_at = rows_instant(rows, 11),
                     .ended_at = rows_instant(rows, 12),
                     .due_at = rows_instant(rows, 13),
                     .paused = rows_int(rows, 14) > 0,
                     .part_count = rows_int(rows, 15),
                     .part_ended_count = rows_int(rows, 16),
                     .correction_count = rows_int(rows, 17),
                     .instance = rows_copy(rows, 18, a),
                     .version = rows_int(rows, 19)};
    bool running = !case_state_ended(out->state) && !out->paused;
    out->overdue = running && !instant_is_none(out->due_at) && out->due_at.us < now.us;
}

static void row_mask(CaseRow *row, Arena *a)
{
    row->applicant = STR_NONE;
    row->applicant_name = mask_name(a, row->applicant_name);
    row->subject = mask_subject(a, row->subject);
}

/* ---- Lists. */

typedef struct Listing {
    Buf sql;
    Param params[LIST_PARAMS_MAX];
    size_t count;
} Listing;

static int list_param(Listing *l, Param p)
{
    check(l->count < LIST_PARAMS_MAX);
    l->params[l->count++] = p;
    return (int)l->count;
}

static void list_office(Listing *l, Str office)
{
    buf_printf(&l->sql,
               "EXISTS (SELECT 1 FROM case_part p WHERE p.node = c.node AND p.case_id = c.id"
               " AND p.office = ?%d)",
               list_param(l, p_text(office)));
}

/* The cases the reader may see at all. */
static void list_scope(Listing *l, const Actor *actor, CaseRights rights)
{
    if (rights.all)
        return;
    buf_add_text(&l->sql, " AND (");
    if (rights.own)
        buf_printf(&l->sql, "c.applicant = ?%d", list_param(l, p_text(actor->id)));
    if (rights.own && rights.office)
        buf_add_text(&l->sql, " OR ");
    if (rights.office)
        list_office(l, actor->office);
    buf_add_text(&l->sql, ")");
}

static bool list_state(Listing *l, Str word, Err *err)
{
    CaseState state;
    if (word.len == 0)
        return true;
    if (str_equal(word, STR("open")) || str_equal(word, STR("ended"))) {
        buf_printf(&l->sql, " AND c.state %s %d", str_equal(word, STR("open")) ? "<" : ">=",
                   (int)CASE_APPROVED);
        return true;
    }
    if (!case_state_parse(word, &state))
        return err_set(err, &fault_case_filter_invalid, case_text_cut(word, 60), STR("state"));
    buf_printf(&l->sql, " AND c.state = ?%d", list_param(l, p_int(state)));
    return true;
}

static bool list_filter(Listing *l, const CaseFilter *filter, Id *cursor, Err *err)
{
    if (!list_state(l, filter->state, err))
        return false;
    if (filter->thing.len)
        buf_printf(&l->sql, " AND c.thing = ?%d", list_param(l, p_text(filter->thing)));
    if (filter->office.len) {
        buf_add_text(&l->sql, " AND ");
        list_office(l, filter->office);
    }
    if (filter->overdue)
        buf_printf(&l->sql, " AND c.state < %d AND c.paused = 0 AND c.due_at < ?%d",
                   (int)CASE_APPROVED, list_param(l, p_int(filter->now.us)));
    if (filter->light.len) {
        int64_t light = case_light_number(filter->light);
        if (light < 0)
            return err_set(err, &fault_case_filter_invalid, case_text_cut(filter->light, 60),
                           STR("light"));
        buf_printf(&l->sql, " AND c.light = ?%d", list_param(l, p_int(light)));
    }
    if (filter->cursor.len) {
        if (!id_parse(filter->cursor, cursor))
            return err_set(err, &fault_case_cursor_invalid, case_text_cut(filter->cursor, 60));
        buf_printf(&l->sql, " AND c.id < ?%d", list_param(l, p_id(cursor)));
    }
    return true;
}

bool case_list(const Cases *cases, StoreConn *conn, int64_t node, const Actor *actor,
               const CaseFilter *filter, Arena *a, CasePage *out, Err *err)
{
    CaseRights rights = case_rights(cases, actor);
    *out = (CasePage){0};
    if (!rights.own && !rights.office && !rights.all)
        return err_set(err, &fault_not_permitted,
                       actor->role_count ? actor->roles[0] : STR("-"), STR("case_list"));
    size_t size = filter->page_size ? filter->page_size : CASE_PAGE_DEFAULT;
    size = size > CASE_PAGE_MAX ? CASE_PAGE_MAX : size;
    Listing l = {.sql = buf_new(a, 512)};
    Id cursor = ID_NONE;
    buf_add_text(&l.sql, "SELECT " CASE_COLUMNS " FROM case_case c WHERE c.node = ?1");
    list_param(&l, p_int(node));
    list_scope(&l, actor, rights);
    if (!list_filter(&l, filter, &cursor, err))
        return false;
    buf_printf(&l.sql, " ORDER BY c.id DESC LIMIT ?%d", list_param(&l, p_int((int64_t)size + 1)));
    out->rows = arena_new_array(a, CaseRow, size);
    Rows *rows = store_query(conn, store_sql(conn, buf_text(&l.sql)), l.params, l.count);
    bool more = false;
    while (out->rows && !more && rows_next(rows)) {
        more = out->count == size;
        if (!more)
            row_read(rows, a, filter->now, &out->rows[out->count++]);
    }
    rows_close(rows);
    /* Without all, every row is one's own or one's office's. */
    for (size_t i = 0; i < out->count && rights.all && !rights.data; i++) {
        CaseRow *row = &out->rows[i];
        bool clear = (rights.own && str_equal(row->applicant, actor->id)) ||
                     (rights.office && has_office_part(conn, node, actor->office, row->id));
        if (!clear)
            row_mask(row, a);
    }
    if (more)
        out->next_cursor = id_copy_text(a, out->rows[out->count - 1].id);
    return !store_failed(conn, err);
}

/* ---- One case. */

static void parts_read(const Cases *cases, StoreConn *conn, int64_t node, Id id, Arena *a,
                       CaseWhole *out)
{
    out->parts = arena_new_array(a, CasePart, CASE_MATTERS_MAX);
    Rows *rows = store_query(conn, &sql_parts, PARAMS(p_int(node), p_id(&id)));
    while (out->parts && out->part_count < CASE_MATTERS_MAX && rows_next(rows)) {
        CasePart *part = &out->parts[out->part_count++];
        *part = (CasePart){.id = rows_id(rows, 0),
                           .ordinal = rows_int(rows, 1),
                           .matter = rows_copy(rows, 2, a),
                           .title = {rows_copy(rows, 3, a), rows_copy(rows, 4, a)},
                           .office = rows_copy(rows, 5, a),
                           .item_code = rows_copy(rows, 6, a),
                           .state = (PartState)rows_int(rows, 7),
                           .paused = rows_int(rows, 8) > 0,
                           .opened_at = rows_instant(rows, 9),
                           .closed_at = rows_instant(rows, 10),
                           .due_at = rows_instant(rows, 11),
                           .correction_open = rows_int(rows, 12) > 0};
        part->office_title = case_office_title(cases, part->office);
    }
    rows_close(rows);
    rows = store_query(conn, &sql_pauses, PARAMS(p_int(node), p_id(&id)));
    while (rows_next(rows))
        for (size_t i = 0; i < out->part_count; i++)
            if (id_equal(out->parts[i].id, rows_id(rows, 0)))
                out->parts[i].pause_reason = rows_copy(rows, 1, a);
    rows_close(rows);
}

static void corrections_read(StoreConn *conn, int64_t node, Id id, bool clear, Arena *a,
                             CaseWhole *out)
{
    size_t capacity = 500;
    out->corrections = arena_new_array(a, CaseCorrection, capacity);
    Rows *rows = store_query(conn, &sql_corrections, PARAMS(p_int(node), p_id(&id)));
    while (out->corrections && out->correction_count < capacity && rows_next(rows))
        out->corrections[out->correction_count++] =
            (CaseCorrection){.id = rows_id(rows, 0),
                             .part = rows_id(rows, 1),
                             .matter = rows_copy(rows, 2, a),
                             .office = rows_copy(rows, 3, a),
                             .task = rows_copy(rows, 4, a),
                             .reason = clear ? rows_copy(rows, 5, a) : STR_NONE,
                             .state = (CorrectionState)rows_int(rows, 6),
                             .asked_at = rows_instant(rows, 7),
                             .answered_at = rows_instant(rows, 8)};
    rows_close(rows);
}

static void documents_read(StoreConn *conn, int64_t node, Id id, bool clear, Arena *a,
                           CaseWhole *out)
{
    out->documents = arena_new_array(a, CaseDocument, CASE_DOCUMENTS_MAX);
    Rows *rows = store_query(conn, &sql_documents, PARAMS(p_int(node), p_id(&id)));
    while (out->documents && out->document_count < CASE_DOCUMENTS_MAX && rows_next(rows)) {
        CaseDocument *document = &out->documents[out->document_count++];
        *document = (CaseDocument){.id = rows_id(rows, 0),
                                   .matter = rows_copy(rows, 1, a),
                                   .office = rows_copy(rows, 2, a),
                                   .kind = rows_copy(rows, 3, a),
                                   .number = rows_copy(rows, 4, a),
                                   .title = {rows_copy(rows, 5, a), rows_copy(rows, 6, a)},
                                   .content = value_null(),
                                   .issued_at = rows_instant(rows, 8)};
        if (clear && !rows_is_null(rows, 7))
            check(json_parse(a, rows_bytes(rows, 7), &document->content, NULL) ||
                  arena_failed(a));
    }
    rows_close(rows);
}

bool case_read(const Cases *cases, StoreConn *conn, int64_t node, const Actor *actor, Id id,
               Instant now, Arena *a, CaseWhole *out, Err *err)
{
    CaseSight sight;
    *out = (CaseWhole){.data = value_null()};
    if (!case_sight(cases, conn, node, actor, id, a, &sight, err))
        return false;
    Rows *rows = store_query(conn, &sql_one, PARAMS(p_int(node), p_id(&id)));
    if (rows_next(rows)) {
        row_read(rows, a, now, &out->row);
        if (sight.data && !rows_is_null(rows, CASE_COLUMN_COUNT))
            check(json_parse(a, rows_bytes(rows, CASE_COLUMN_COUNT), &out->data, NULL) ||
                  arena_failed(a));
        if (sight.data)
            out->reason = rows_copy(rows, CASE_COLUMN_COUNT + 1, a);
    }
    rows_close(rows);
    out->data_visible = sight.data;
    if (!sight.data)
        row_mask(&out->row, a);
    parts_read(cases, conn, node, id, a, out);
    corrections_read(conn, node, id, sight.data, a, out);
    documents_read(conn, node, id, sight.data, a, out);
    return !store_failed(conn, err);
}

bool case_find(const Cases *cases, StoreConn *conn, int64_t node, const Actor *actor, Str number,
               Arena *a, Id *out, Err *err)
{
    CaseSight sight;
    Rows *rows = store_query(conn, &sql_number, PARAMS(p_int(node), p_text(number)));
    bool found = rows_next(rows);
    *out = found ? rows_id(rows, 0) : ID_NONE;
    rows_close(rows);
    if (store_failed(conn, err))
        return false;
    if (!found)
        return err_set(err, &fault_case_unknown);
    return case_sight(cases, conn, node, actor, *out, a, &sight, err);
}
