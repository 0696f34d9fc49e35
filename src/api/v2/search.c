/* search.c - the body of a search, judged by the columns of its view, and the page it gives.
 *
 *     {"filter": {"state": "ACTIVE", "retries": {"$gte": 1, "$lt": 5}, "$or": [{...}, {...}]},
 *      "sort": [{"field": "startDate", "order": "DESC"}],
 *      "page": {"limit": 50, "after": "<endCursor of the page before>"}}
 *
 *     {"items": [...], "page": {"totalItems": 3, "hasMoreTotalItems": false,
 *                               "startCursor": "...", "endCursor": "..."}}
 *
 * A field of the filter is a value, which it must equal, or an object of operators. What the view
 * does not have is refused by name (400) rather than passed over: a filter that is dropped
 * silently would show rows that nobody asked for. A cursor is Base64 of the JSON list of the
 * values at the edge; with another order it does not fit and is refused. */
#include "api/v2/v2_int.h"

#include <string.h>

#include "base/check.h"
#include "codec/base64.h"
#include "codec/json.h"

#define OWN_CONDITIONS 2u /* kept free for those of the path */

static bool invalid(Call *c, const char *field, const char *why, Err *err)
{
    (void)c;
    return err_set(err, &fault_v2_filter_invalid, str_from(field), str_from(why));
}

/* ---- Filters. */

static bool is_word(const char *words, Str text)
{
    Str rest = str_from(words);
    while (rest.len)
        if (str_equal(str_split(&rest, '|'), text))
            return true;
    return false;
}

/* A JSON value as a parameter of the column's kind. */
static bool read_value(Call *c, const SearchColumn *column, SearchOperator operator, Value v,
                       Param *out, Err *err)
{
    int64_t n = 0;
    Instant t;
    bool text = value_is(v, VALUE_STRING);
    switch (column->type) {
    case SEARCH_KEY:
        if (!text || !str_to_int64(v.as.string, &n))
            return invalid(c, column->name, "write a key: decimal digits as a string", err);
        break;
    case SEARCH_INT:
        if (!value_is(v, VALUE_NUMBER) || !dec_to_int64(v.as.number, &n))
            return invalid(c, column->name, "write a whole number", err);
        break;
    case SEARCH_BOOL:
        if (!value_is(v, VALUE_BOOLEAN))
            return invalid(c, column->name, "write true or false", err);
        n = v.as.boolean;
        break;
    case SEARCH_TIME:
        if (!text || !instant_parse(v.as.string, &t))
            return invalid(c, column->name, "write a date and time (RFC 3339)", err);
        n = t.us;
        break;
    default:
        if (!text)
            return invalid(c, column->name, "write a string", err);
        if (column->words && operator != SEARCH_LIKE && !is_word(column->words, v.as.string))
            return invalid(c, column->name, column->words, err);
        *out = p_text(v.as.string);
        return true;
    }
    *out = p_int(n);
    return true;
}

static const struct {
    const char *name;
    SearchOperator operator;
} operators[] = {
    {"$eq", SEARCH_EQ}, {"$neq", SEARCH_NEQ}, {"$exists", SEARCH_EXISTS}, {"$gt", SEARCH_GT},
    {"$gte", SEARCH_GTE}, {"$lt", SEARCH_LT}, {"$lte", SEARCH_LTE}, {"$in", SEARCH_IN},
    {"$notIn", SEARCH_NOT_IN}, {"$like", SEARCH_LIKE},
};

static bool add_condition(SearchQuery *q, const SearchCondition *condition, Err *err)
{
    if (q->condition_count >= SEARCH_CONDITIONS_MAX - OWN_CONDITIONS)
        return err_set(err, &fault_v2_filter_invalid, str_from(condition->column->name),
                       STR("too many conditions"));
    q->conditions[q->condition_count++] = *condition;
    return true;
}

static bool read_operator(Call *c, SearchQuery *q, SearchCondition condition, Value v, Err *err)
{
    const SearchColumn *column = condition.column;
    bool list = condition.operator == SEARCH_IN || condition.operator == SEARCH_NOT_IN;
    condition.value_count = list ? value_count(v) : 1;
    if (list && (!value_is(v, VALUE_LIST) || condition.value_count > SEARCH_VALUES_MAX))
        return invalid(c, column->name, "write a list of at most 256 values", err);
    if (condition.operator == SEARCH_EXISTS && !value_is(v, VALUE_BOOLEAN))
        return invalid(c, column->name, "$exists is true or false", err);
    if (condition.operator == SEARCH_LIKE && column->type != SEARCH_TEXT)
        return invalid(c, column->name, "$like is for texts", err);
    if (column->type == SEARCH_LIST && condition.operator > SEARCH_NEQ)
        return invalid(c, column->name, "only $eq and $neq ask for a member", err);
    Param *values = arena_new_array(c->arena, Param, condition.value_count + 1);
    if (!values)
        return err_set(err, &fault_answer_too_large);
    condition.values = values;
    if (condition.operator == SEARCH_EXISTS) {
        values[0] = p_int(v.as.boolean);
        return add_condition(q, &condition, err);
    }
    for (size_t i = 0; i < condition.value_count; i++)
        if (!read_value(c, column, condition.operator, list ? value_item(v, i) : v, &values[i],
                        err))
            return false;
    return add_condition(q, &condition, err);
}

static bool read_field(Call *c, SearchQuery *q, Str name, Value v, unsigned group, Err *err)
{
    const SearchColumn *column = search_column(q->view, name);
    if (!column || !(column->flags & SEARCH_FILTER))
        return err_set(err, &fault_v2_filter_unknown, str_slice(name, 0, 60));
    if (column->type == SEARCH_LIST && value_is(v, VALUE_LIST)) {
        for (size_t i = 0; i < value_count(v); i++)
            if (!read_operator(c, q, (SearchCondition){.column = column, .group = group},
                               value_item(v, i), err))
                return false;
        return true;
    }
    if (!value_is(v, VALUE_CONTEXT))
        return read_operator(c, q, (SearchCondition){.column = column, .group = group}, v, err);
    for (size_t i = 0; i < v.as.context.count; i++) {
        const ValueEntry *e = &v.as.context.entries[i];
        size_t k = 0;
        while (k < sizeof operators / sizeof *operators &&
               !str_equal(e->key, str_from(operators[k].name)))
            k++;
        if (k == sizeof operators / sizeof *operators)
            return invalid(c, column->name, "there is no such operator", err);
        SearchCondition condition = {.column = column, .operator = operators[k].operator,
                                     .group = group};
        if (!read_operator(c, q, condition, e->value, err))
            return false;
    }
    return true;
}

static bool read_filter(Call *c, SearchQuery *q, Value filter, unsigned group, Err *err)
{
    if (value_is_null(filter))
        return true;
    if (!value_is(filter, VALUE_CONTEXT))
        return invalid(c, "filter", "it must be an object", err);
    for (size_t i = 0; i < filter.as.context.count; i++) {
        const ValueEntry *e = &filter.as.context.entries[i];
        if (group || !str_equal(e->key, STR("$or"))) {
            if (!read_field(c, q, e->key, e->value, group, err))
                return false;
            continue;
        }
        if (!value_is(e->value, VALUE_LIST) || value_count(e->value) > 32)
            return invalid(c, "$or", "it must be a list of at most 32 filters", err);
        for (size_t k = 0; k < value_count(e->value); k++)
            if (!read_filter(c, q, value_item(e->value, k), (unsigned)k + 1, err))
                return false;
    }
    return true;
}

/* ---- Order and page. */

static bool read_sort(SearchQuery *q, Value sort, Err *err)
{
    for (size_t i = 0; i < value_count(sort); i++) {
        Str field = value_get_string(value_item(sort, i), STR("field"));
        Str order = value_get_string(value_item(sort, i), STR("order"));
        const SearchColumn *column = search_column(q->view, field);
        bool down = str_equal(order, STR("DESC")) || str_equal(order, STR("desc"));
        if (!column || !(column->flags & SEARCH_SORT) || i == SEARCH_ORDERS_MAX ||
            (order.len && !down && !str_equal(order, STR("ASC")) && !str_equal(order, STR("asc"))))
            return err_set(err, &fault_v2_sort_unknown, str_slice(field, 0, 60));
        q->orders[q->order_count++] = (SearchOrder){column, down};
    }
    return value_is_null(sort) || value_is(sort, VALUE_LIST) ||
           err_set(err, &fault_v2_sort_unknown, STR("sort"));
}

static bool read_cursor(Call *c, SearchQuery *q, Str text, Err *err)
{
    Str json;
    Value list;
    if (!base64_read(c->arena, text, BASE64_STANDARD, &json, NULL) ||
        !json_parse(c->arena, json, &list, NULL) || value_count(list) != q->order_count + 1)
        return err_set(err, &fault_v2_page_invalid, STR("the cursor does not belong to this search"));
    q->edge_count = q->order_count + 1;
    for (size_t i = 0; i < q->edge_count; i++) {
        Value v = value_item(list, i);
        int64_t n = 0;
        SearchType type = (i < q->order_count ? q->orders[i].column
                                              : &q->view->columns[q->view->key])->type;
        bool number = type == SEARCH_KEY || type == SEARCH_INT || type == SEARCH_BOOL ||
                      type == SEARCH_TIME;
        if (number ? !value_is(v, VALUE_NUMBER) || !dec_to_int64(v.as.number, &n)
                   : !value_is(v, VALUE_STRING))
            return err_set(err, &fault_v2_page_invalid,
                           STR("the cursor does not belong to this search"));
        q->edge[i] = number ? p_int(n) : p_text(v.as.string);
    }
    return true;
}

static bool read_page(Call *c, SearchQuery *q, Value page, Err *err)
{
    int64_t limit = value_get_int(page, STR("limit"), V2_SEARCH_DEFAULT);
    int64_t from = value_get_int(page, STR("from"), 0);
    Str after = value_get_string(page, STR("after")), before = value_get_string(page, STR("before"));
    if (!value_is_null(page) && !value_is(page, VALUE_CONTEXT))
        return err_set(err, &fault_v2_page_invalid, STR("it must be an object"));
    if (limit < 0 || limit > 10000 || from < 0 || from > 1000000000)
        return err_set(err, &fault_v2_page_invalid, STR("limit is 0..10000, from is not negative"));
    if ((after.len && before.len) || (from && (after.len || before.len)))
        return err_set(err, &fault_v2_page_invalid, STR("give one of from, after, before"));
    q->limit = (size_t)(limit > SEARCH_LIMIT_MAX ? SEARCH_LIMIT_MAX : limit);
    q->offset = (size_t)from;
    q->backwards = before.len > 0;
    return (!after.len && !before.len) || read_cursor(c, q, after.len ? after : before, err);
}

bool v2_read_search(Call *c, const SearchView *view, SearchQuery *out, Err *err)
{
    static const char *const known[] = {"filter", "sort", "page"};
    memset(out, 0, sizeof *out);
    out->view = view;
    for (size_t i = 0; value_is(c->body, VALUE_CONTEXT) && i < c->body.as.context.count; i++) {
        Str key = c->body.as.context.entries[i].key;
        if (!str_equal(key, str_from(known[0])) && !str_equal(key, str_from(known[1])) &&
            !str_equal(key, str_from(known[2])))
            return err_set(err, &fault_v2_filter_unknown, str_slice(key, 0, 60));
    }
    return read_filter(c, out, value_field(c->body, "filter"), 0, err) &&
           read_sort(out, value_field(c->body, "sort"), err) &&
           read_page(c, out, value_field(c->body, "page"), err);
}

void v2_add_condition(Call *c, SearchQuery *q, const char *column, int64_t number)
{
    Param *value = arena_new(c->arena, Param);
    *value = p_int(number);
    SearchCondition condition = {.column = search_column(q->view, str_from(column)),
                                 .operator = SEARCH_EQ, .values = value, .value_count = 1};
    check(condition.column != NULL && q->condition_count < SEARCH_CONDITIONS_MAX);
    q->conditions[q->condition_count++] = condition;
}

/* ---- Answering. */

static Value cursor_value(Call *c, Value edge)
{
    if (value_is_null(edge))
        return edge;
    return value_string(
        base64_copy_text(c->arena, json_copy_text(c->arena, edge), BASE64_STANDARD));
}

void v2_answer_page(Call *c, const SearchPage *page)
{
    ContextBuilder p = context_builder(c->arena), b = context_builder(c->arena);
    context_put_text(&p, "totalItems", value_int(page->total));
    context_put_text(&p, "hasMoreTotalItems", value_boolean(page->more_total));
    context_put_text(&p, "startCursor", cursor_value(c, page->first));
    context_put_text(&p, "endCursor", cursor_value(c, page->last));
    context_put_text(&b, "items", page->items);
    context_put_text(&b, "page", value_context(&p));
    c->answer.body = value_context(&b);
}

bool v2_search_rows(Call *c, const SearchQuery *q, Err *err)
{
    SearchPage page;
    if (!process_search(c->process, c->conn, c->node, q, c->arena, &page, err))
        return false;
    v2_answer_page(c, &page);
    return true;
}

bool v2_search_items(Call *c, const SearchQuery *q, const ListBuilder *items, Err *err)
{
    SearchPage page;
    if (!process_sift(q, items, c->arena, &page))
        return err_set(err, &fault_answer_too_large);
    v2_answer_page(c, &page);
    return true;
}

bool v2_find_row(Call *c, const SearchView *view, int64_t key, const Fault *unknown, Value *out,
                 Err *err)
{
    SearchPage page;
    SearchQuery q = {.view = view, .limit = 1};
    v2_add_condition(c, &q, view->columns[view->key].name, key);
    if (!process_search(c->process, c->conn, c->node, &q, c->arena, &page, err))
        return false;
    if (!value_count(page.items))
        return err_set(err, unknown, arena_printf(c->arena, "%lld", (long long)key));
    *out = value_item(page.items, 0);
    return true;
}

/* Searches of views with SQL and no condition of their own. */
bool v2_search(Call *c, Err *err)
{
    SearchQuery q;
    const SearchView *view = v2_search_view(c->route->operation);
    check(view != NULL && view->from != NULL);
    return v2_read_search(c, view, &q, err) && v2_search_rows(c, &q, err);
}
