/* process_search.c - one SQL query made from a view, a filter, an order and a place.
 *
 *     SELECT c1, c2, ..., o1, o2, key FROM <view>
 *      WHERE <view> AND <conditions> AND (<group 1> OR <group 2> ...) AND <behind the edge>
 *      ORDER BY o1, o2 DESC, key LIMIT ? OFFSET ?
 *
 * Only code makes the text; values are parameters. The list of an $in is filled up to 1, 4, 16,
 * 64 or 256 values with its last one, so that the number of different texts stays small; a
 * connection that has seen too many is opened afresh by its owner (process_search_is_full).
 *
 * Behind the edge, for orders o1, o2 and the key k:
 *
 *     o1 > a OR (o1 = a AND (o2 < b OR (o2 = b AND k > c)))
 *
 * Orders never give null: what is absent sorts first. A page before an edge is read in the
 * opposite order and turned round. */
#include "domain/process/process_int.h"
#include "domain/process/process_search.h"

#define TEXTS_FULL 1000u /* different searches of one connection */
#define PARAMS_MAX 1024u
#define PADDED(n) ((n) <= 1 ? 1u : (n) <= 4 ? 4u : (n) <= 16 ? 16u : (n) <= 64 ? 64u : 256u)

typedef struct Maker {
    const SearchQuery *q;
    Buf sql;
    Param *params;
    size_t param_count;
    bool overflow;
} Maker;

static void put(Maker *m, const char *text) { buf_add(&m->sql, str_from(text)); }

static void put_param(Maker *m, Param p)
{
    if (m->param_count == PARAMS_MAX) {
        m->overflow = true;
        return;
    }
    m->params[m->param_count++] = p;
    buf_printf(&m->sql, "?%zu", m->param_count);
}

static bool is_number(const SearchColumn *c)
{
    return c->type == SEARCH_KEY || c->type == SEARCH_INT || c->type == SEARCH_BOOL ||
           c->type == SEARCH_TIME;
}

/* A member of a JSON list of texts: its literal stands in the text of the list. */
static Param member_pattern(Arena *a, Str member)
{
    Buf literal = buf_new(a, 64), out = buf_new(a, 64);
    json_write_string(member, &literal);
    Str text = buf_text(&literal);
    buf_add_text(&out, "%");
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '%' || text.ptr[i] == '_' || text.ptr[i] == '\\') {
            buf_add_char(&out, '\\');
        }
        buf_add_char(&out, text.ptr[i]);
    }
    buf_add_text(&out, "%");
    return p_text(buf_text(&out));
}

/* "*" and "?" stand for any characters and any one; "\*" for itself. */
static Param like_pattern(Arena *a, Str pattern)
{
    Buf out = buf_new(a, pattern.len + 16);
    for (size_t i = 0; i < pattern.len; i++) {
        char c = pattern.ptr[i];
        bool escaped = c == '\\' && i + 1 < pattern.len;
        c = escaped ? pattern.ptr[++i] : c;
        if (!escaped && (c == '*' || c == '?')) {
            buf_add_char(&out, c == '*' ? '%' : '_');
            continue;
        }
        if (c == '%' || c == '_' || c == '\\') {
            buf_add_char(&out, '\\');
        }
        buf_add_char(&out, c);
    }
    return p_text(buf_text(&out));
}

static void put_list(Maker *m, const SearchCondition *c)
{
    size_t padded = PADDED(c->value_count);
    put(m, c->column->sql);
    put(m, c->operator == SEARCH_IN ? " IN (" : " NOT IN (");
    for (size_t i = 0; i < padded; i++) {
        put(m, i ? "," : "");
        put_param(m, c->values[i < c->value_count ? i : c->value_count - 1]);
    }
    put(m, ")");
}

static void put_compared(Maker *m, const SearchCondition *c, const char *sign)
{
    put(m, c->column->sql);
    if (c->column->type == SEARCH_LIST) {
        put(m, c->operator == SEARCH_NEQ ? " NOT LIKE " : " LIKE ");
        put_param(m, member_pattern(m->sql.arena, c->values[0].bytes));
        put(m, " ESCAPE '\\'");
        return;
    }
    put(m, sign);
    put_param(m, c->values[0]);
}

static void put_condition(Maker *m, const SearchCondition *c)
{
    static const char *const signs[] = {"=", "<>", "", ">", ">=", "<", "<="};
    put(m, "(");
    switch (c->operator) {
    case SEARCH_EXISTS:
        put(m, c->column->sql);
        put(m, c->values[0].number ? " IS NOT NULL" : " IS NULL");
        break;
    case SEARCH_IN:
        if (c->value_count == 0) {
            put(m, "1=0");
        } else {
            put_list(m, c);
        }
        break;
    case SEARCH_NOT_IN:
        put(m, c->column->sql);
        put(m, " IS NULL");
        if (c->value_count == 0) {
            put(m, " OR 1=1");
        } else {
            put(m, " OR ");
            put_list(m, c);
        }
        break;
    case SEARCH_LIKE:
        put(m, c->column->sql);
        put(m, " LIKE ");
        put_param(m, like_pattern(m->sql.arena, c->values[0].bytes));
        put(m, " ESCAPE '\\'");
        break;
    case SEARCH_NEQ:
        put(m, c->column->sql);
        put(m, " IS NULL OR ");
        put_compared(m, c, "<>");
        break;
    default:
        put_compared(m, c, signs[c->operator]);
        break;
    }
    put(m, ")");
}

static void put_conditions(Maker *m)
{
    const SearchQuery *q = m->q;
    unsigned groups = 0;
    for (size_t i = 0; i < q->condition_count; i++) {
        groups = q->conditions[i].group > groups ? q->conditions[i].group : groups;
        if (q->conditions[i].group == 0) {
            put(m, " AND ");
            put_condition(m, &q->conditions[i]);
        }
    }
    for (unsigned g = 1; g <= groups; g++) {
        put(m, g == 1 ? " AND ((1=1" : " OR (1=1");
        for (size_t i = 0; i < q->condition_count; i++) {
            if (q->conditions[i].group == g) {
                put(m, " AND ");
                put_condition(m, &q->conditions[i]);
            }
        }
        put(m, g == groups ? "))" : ")");
    }
}

/* The i-th thing sorted by; the key comes last. */
static const SearchColumn *order_column(const SearchQuery *q, size_t i)
{
    return i < q->order_count ? q->orders[i].column : &q->view->columns[q->view->key];
}

static bool order_descends(const SearchQuery *q, size_t i)
{
    return (i < q->order_count && q->orders[i].descending) != q->backwards;
}

static void put_order(Maker *m, const SearchColumn *c)
{
    bool absent = (c->flags & SEARCH_NULL) != 0;
    put(m, absent ? "COALESCE(" : "");
    put(m, c->sql);
    put(m, !absent ? "" : is_number(c) ? ",-9223372036854775807)" : ",'')");
}

static void put_edge(Maker *m)
{
    const SearchQuery *q = m->q;
    if (q->edge_count != q->order_count + 1) {
        return;
    }
    put(m, " AND ");
    for (size_t i = 0; i <= q->order_count; i++) {
        const SearchColumn *c = order_column(q, i);
        put(m, "(");
        put_order(m, c);
        put(m, order_descends(q, i) ? "<" : ">");
        put_param(m, q->edge[i]);
        if (i < q->order_count) {
            put(m, " OR (");
            put_order(m, c);
            put(m, "=");
            put_param(m, q->edge[i]);
            put(m, " AND ");
        }
    }
    for (size_t i = 0; i < q->order_count; i++) {
        put(m, "))");
    }
    put(m, ")");
}

static Maker maker_new(Arena *a, const SearchQuery *q, int64_t node)
{
    Maker m = {.q = q, .sql = buf_new(a, 2048),
               .params = arena_new_array(a, Param, PARAMS_MAX + 1)};
    check(m.params != NULL);
    m.params[m.param_count++] = p_int(node);
    return m;
}

/* ---- How many texts a connection has seen. */

static const int owner_of_count = 0;

static size_t *text_count(StoreConn *conn)
{
    Arena *arena;
    void **place = store_place(conn, &owner_of_count, &arena);
    if (!*place) {
        *place = arena_new(arena, size_t);
    }
    return *place;
}

bool process_search_is_full(StoreConn *conn) { return *text_count(conn) >= TEXTS_FULL; }

static Rows *run(Maker *m, StoreConn *conn)
{
    ++*text_count(conn); /* an upper bound: a text may come again */
    return store_query(conn, store_sql(conn, buf_text(&m->sql)), m->params, m->param_count);
}

/* ---- Rows to values. */

static Value instant_value(Arena *a, int64_t us)
{
    return value_string(instant_copy_text(a, (Instant){us}, 0));
}

/* "version id[ element]" */
static const BpmnElement *named_element(const Process *p, Str text, const BpmnProcess **process)
{
    Str rest = text;
    int64_t version = 0;
    str_to_int64(str_split(&rest, ' '), &version);
    Str id = str_split(&rest, ' ');
    signal_lock(p->lock);
    const ProgramVersion *v = process_program(p, id, version);
    signal_unlock(p->lock);
    *process = v ? v->process : NULL;
    uint32_t index = v && rest.len ? bpmn_element(v->process, rest) : BPMN_NONE;
    return index == BPMN_NONE ? NULL : &v->process->elements[index];
}

const char *process_element_word(const BpmnElement *e)
{
    static const char *const words[] = {
        "PROCESS", "SUB_PROCESS", "EVENT_SUB_PROCESS", "SUB_PROCESS", "AD_HOC_SUB_PROCESS",
        "CALL_ACTIVITY", "TASK", "MANUAL_TASK", "USER_TASK", "SERVICE_TASK", "SEND_TASK",
        "RECEIVE_TASK", "SCRIPT_TASK", "BUSINESS_RULE_TASK", "START_EVENT", "END_EVENT",
        "INTERMEDIATE_CATCH_EVENT", "INTERMEDIATE_THROW_EVENT", "BOUNDARY_EVENT",
        "EXCLUSIVE_GATEWAY", "INCLUSIVE_GATEWAY", "PARALLEL_GATEWAY", "EVENT_BASED_GATEWAY",
        "UNKNOWN"};
    check(sizeof words / sizeof *words == BPMN_TYPE_COUNT);
    return words[e->type];
}

static Value named_value(const Process *p, SearchType type, Str text, Arena *a)
{
    const BpmnProcess *process;
    const BpmnElement *e = named_element(p, text, &process);
    if (type == SEARCH_PROCESS_NAME) {
        return process && process->name.len ? value_string(arena_copy(a, process->name))
                                            : value_null();
    }
    if (type == SEARCH_ELEMENT_TYPE) {
        return value_string(e ? str_from(process_element_word(e)) : STR("UNSPECIFIED"));
    }
    return value_string(!e ? STR_NONE : e->name.len ? e->name : e->id);
}

static Value cell(const Module *module, const SearchColumn *c, Rows *r, int at, Arena *a)
{
    Value v = value_null();
    if (rows_is_null(r, at)) {
        return v;
    }
    switch (c->type) {
    case SEARCH_TEXT: return value_string(rows_copy(r, at, a));
    case SEARCH_KEY: return process_key_value(a, rows_int(r, at));
    case SEARCH_INT: return value_int(rows_int(r, at));
    case SEARCH_BOOL: return value_boolean(rows_int(r, at) != 0);
    case SEARCH_TIME: return instant_value(a, rows_int(r, at));
    case SEARCH_LIST:
    case SEARCH_JSON:
        json_parse(a, rows_bytes(r, at), &v, NULL);
        return v;
    default: return named_value(module->state, c->type, rows_bytes(r, at), a);
    }
}

static Value row_value(const Module *module, const SearchView *view, Rows *r, Arena *a)
{
    ContextBuilder b = context_builder(a);
    int at = 0;
    for (size_t i = 0; i < view->column_count; i++) {
        if (!(view->columns[i].flags & SEARCH_HIDDEN)) {
            context_put(&b, str_from(view->columns[i].name),
                        cell(module, &view->columns[i], r, at++, a));
        }
    }
    return value_context(&b);
}

/* The values a cursor is made of stand behind the columns of the row. */
static Value row_edge(const SearchQuery *q, Rows *r, Arena *a)
{
    ListBuilder list = list_builder(a);
    int at = rows_columns(r) - (int)q->order_count - 1;
    for (size_t i = 0; i <= q->order_count; i++, at++) {
        list_add(&list, is_number(order_column(q, i)) ? value_int(rows_int(r, at))
                                                      : value_string(rows_copy(r, at, a)));
    }
    return value_list(&list);
}

static void put_select(Maker *m)
{
    const SearchQuery *q = m->q;
    put(m, "SELECT ");
    for (size_t i = 0; i < q->view->column_count; i++) {
        if (!(q->view->columns[i].flags & SEARCH_HIDDEN)) {
            put(m, q->view->columns[i].sql);
            put(m, ",");
        }
    }
    for (size_t i = 0; i <= q->order_count; i++) {
        put(m, i ? "," : "");
        put_order(m, order_column(q, i));
    }
    put(m, " ");
    put(m, q->view->from);
    put_conditions(m);
    put_edge(m);
    put(m, " ORDER BY ");
    for (size_t i = 0; i <= q->order_count; i++) {
        put(m, i ? "," : "");
        put_order(m, order_column(q, i));
        put(m, order_descends(q, i) ? " DESC" : "");
    }
    put(m, " LIMIT ");
    put_param(m, p_int((int64_t)q->limit));
    put(m, " OFFSET ");
    put_param(m, p_int((int64_t)q->offset));
}

static Value turned(Arena *a, const ListBuilder *items)
{
    ListBuilder out = list_builder(a);
    for (size_t i = items->count; i > 0; i--) {
        list_add(&out, items->items[i - 1]);
    }
    return value_list(&out);
}

static bool read_page(const Module *module, StoreConn *conn, Maker *m, Arena *a, SearchPage *out)
{
    ListBuilder items = list_builder(a);
    Value first = value_null(), last = value_null();
    Rows *r = run(m, conn);
    while (rows_next(r)) {
        list_add(&items, row_value(module, m->q->view, r, a));
        last = row_edge(m->q, r, a);
        first = items.count == 1 ? last : first;
    }
    rows_close(r);
    bool back = m->q->backwards;
    out->items = back ? turned(a, &items) : value_list(&items);
    out->first = back ? last : first;
    out->last = back ? first : last;
    return !items.failed;
}

static void count_total(StoreConn *conn, Maker *m, SearchPage *out)
{
    put(m, "SELECT COUNT(*) FROM (SELECT 1 AS one ");
    put(m, m->q->view->from);
    put_conditions(m);
    put(m, " LIMIT ");
    put_param(m, p_int(SEARCH_TOTAL_MAX + 1));
    put(m, ") AS counted");
    Rows *r = run(m, conn);
    out->total = rows_next(r) ? rows_int(r, 0) : 0;
    rows_close(r);
    out->more_total = out->total > SEARCH_TOTAL_MAX;
    out->total = out->more_total ? SEARCH_TOTAL_MAX : out->total;
}

bool process_search(const Module *module, StoreConn *conn, int64_t node, const SearchQuery *query,
                    Arena *a, SearchPage *out, Err *err)
{
    check(query->view->from != NULL && query->limit <= SEARCH_LIMIT_MAX);
    *out = (SearchPage){.items = value_null()};
    Maker page = maker_new(a, query, node), total = maker_new(a, query, node);
    put_select(&page);
    if (page.overflow) {
        return err_set(err, &fault_field_invalid, STR("filter"), STR("fewer values"));
    }
    read_page(module, conn, &page, a, out);
    count_total(conn, &total, out);
    return !store_failed(conn, err);
}

const SearchColumn *search_column(const SearchView *view, Str name)
{
    for (size_t i = 0; i < view->column_count; i++) {
        if (str_equal(name, str_from(view->columns[i].name))) {
            return &view->columns[i];
        }
    }
    return NULL;
}
