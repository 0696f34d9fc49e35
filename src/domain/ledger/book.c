/* book.c - the text of a book, compiled and checked (docs/packs.md, section "ledger").
 *
 * A book names units, purposes, kinds of accounts and the flows between kinds. What is compiled:
 *
 *     kinds   [ fund | county | mine ]            at most 64
 *     flows   from x to:   . 1 .                  a matrix, so that judging a move is one look
 *                          . . 1
 *                          . . .
 *     purposes of a kind or flow: a set of bits; bit 0 is what is free (has no earmark)
 *
 * Every field is known or refused, with its place in the file. Names that lead nowhere inside the
 * book are refused here: nothing in a book points outside of it.
 *
 * Expiry. "yearly": what enters ends at the next beginning of that day. "days" or "months": so
 * long after the value instant, on request rounded up to the end of the day, month or year in
 * China. "given": the move says it. The end is the first instant at which it is no longer valid. */
#include "codec/json.h"
#include "domain/ledger/ledger_int.h"

#include <string.h>

#include "base/check.h"

typedef struct BookReader {
    Arena *a;
    Str text, file;
    Err *err;
    LedgerBook *book;
    BookUnit *units;
    BookPurpose *purposes;
    BookKind *kinds;
    BookFlow *flows;
} BookReader;

static bool wrong(const BookReader *r, Str pointer, const char *en, const char *zh)
{
    uint32_t line = 0, column = 0;
    Str at = pointer;
    err_set(r->err, &fault_ledger_definition_invalid, pointer, str_from(en), str_from(zh));
    while (!json_locate(r->text, at, &line, &column) && at.len > 0) {
        while (at.len > 0 && at.ptr[at.len - 1] != '/')
            at.len--;
        at.len -= at.len > 0;
    }
    err_at(r->err, r->file, line, column);
    err_at_element(r->err, pointer);
    return false;
}

static Str under(const BookReader *r, Str base, const char *key)
{
    return arena_printf(r->a, "%.*s/%s", STR_ARG(base), key);
}

static Str item_of(const BookReader *r, const char *list, size_t i)
{
    return arena_printf(r->a, "/%s/%zu", list, i);
}

/* ---- Small parts. */

static bool is_id(Str s)
{
    if (s.len == 0 || s.len > 60 || s.ptr[0] < 'a' || s.ptr[0] > 'z')
        return false;
    for (size_t i = 1; i < s.len; i++) {
        char c = s.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            return false;
    }
    return true;
}

bool ledger_name_valid(Str name)
{
    if (name.len == 0 || name.len > LEDGER_NAME_BYTES || name.ptr[0] == '/' ||
        name.ptr[name.len - 1] == '/')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      (c >= '0' && c <= '9') || c >= 0x80;
        if (!letter && c != '.' && c != '-' && c != '_' && c != '/')
            return false;
        if (c == '/' && name.ptr[i + 1] == '/')
            return false;
    }
    return utf8_valid(name, NULL);
}

Str ledger_name_kind(Str name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] == '/')
            return str_slice(name, 0, i);
    return name;
}

static bool known_fields(const BookReader *r, Value v, Str base, const char *const *names)
{
    if (!value_is(v, VALUE_CONTEXT))
        return wrong(r, base, "an object", "对象");
    for (size_t i = 0; i < v.as.context.count; i++) {
        Str key = v.as.context.entries[i].key;
        bool known = false;
        for (const char *const *n = names; *n && !known; n++)
            known = str_equal(key, str_from(*n));
        if (!known)
            return wrong(r, arena_printf(r->a, "%.*s/%.*s", STR_ARG(base), STR_ARG(key)),
                         "absent (there is no such field)", "不存在的字段，请删除");
    }
    return true;
}

static bool read_id(const BookReader *r, Value v, Str base, Str *out)
{
    *out = value_get_string(v, STR("id"));
    return is_id(*out) ||
           wrong(r, under(r, base, "id"), "an id: a-z, 0-9, - and _, beginning with a letter",
                 "标识（小写字母、数字、- 和 _，以字母开头）");
}

static bool read_title(const BookReader *r, Value v, Str base, Str *zh, Str *en)
{
    Value title = value_field(v, "title");
    *zh = value_get_string(title, STR("zh"));
    *en = value_get_string(title, STR("en"));
    return (zh->len && en->len && value_count(title) == 2) ||
           wrong(r, under(r, base, "title"), "{\"zh\": ..., \"en\": ...}, both not empty",
                 "{\"zh\": ..., \"en\": ...}，均不为空");
}

/* A whole number in [low, high] under key; absent leaves *out. */
static bool read_whole(const BookReader *r, Value v, Str base, const char *key, int64_t low,
                       int64_t high, int64_t *out)
{
    Value n = value_get(v, str_from(key));
    if (value_is_null(n))
        return true;
    int64_t got = 0;
    if (value_is(n, VALUE_NUMBER) && dec_to_int64(n.as.number, &got) && got >= low &&
        got <= high) {
        *out = got;
        return true;
    }
    return wrong(r, under(r, base, key), "a whole number in its range", "范围内的整数");
}

static bool read_flag(const BookReader *r, Value v, Str base, const char *key, bool *out)
{
    Value b = value_get(v, str_from(key));
    if (value_is_null(b))
        return true;
    *out = value_is_true(b);
    return value_is(b, VALUE_BOOLEAN) ||
           wrong(r, under(r, base, key), "true or false", "true 或 false");
}

static bool read_list(const BookReader *r, Value v, const char *key, size_t least, size_t most,
                      Value *out)
{
    *out = value_get(v, str_from(key));
    bool fine = value_is(*out, VALUE_LIST) || (least == 0 && value_is_null(*out));
    fine = fine && value_count(*out) >= least && value_count(*out) <= most;
    return fine || wrong(r, arena_printf(r->a, "/%s", key), "a list of a permitted length",
                         "长度合规的列表");
}

/* ---- Units and purposes. */

static bool read_unit(const BookReader *r, Value v, Str base, BookUnit *u)
{
    static const char *const fields[] = {"id", "title", "scale", "symbol", NULL};
    int64_t scale = 0;
    if (!known_fields(r, v, base, fields) || !read_id(r, v, base, &u->id) ||
        !read_title(r, v, base, &u->title_zh, &u->title_en) ||
        !read_whole(r, v, base, "scale", 0, 9, &scale))
        return false;
    u->scale = (int)scale;
    u->symbol = value_get_string(v, STR("symbol"));
    if (!u->symbol.len)
        u->symbol = u->id;
    for (size_t i = 0; i < u->symbol.len; i++)
        if (strchr("\" \t\r\n;,", u->symbol.ptr[i]))
            return wrong(r, under(r, base, "symbol"), "without blanks, quotes and commas",
                         "不含空格、引号和逗号");
    return !book_unit(r->book, u->id) ||
           wrong(r, under(r, base, "id"), "unique", "不得重复");
}

static bool read_units(BookReader *r, Value root)
{
    Value list;
    if (!read_list(r, root, "units", 1, LEDGER_UNITS_MAX, &list))
        return false;
    r->units = arena_new_array(r->a, BookUnit, value_count(list));
    r->book->units = r->units;
    for (size_t i = 0; i < value_count(list); i++) {
        BookUnit u = {0};
        if (!read_unit(r, value_item(list, i), item_of(r, "units", i), &u))
            return false;
        r->units[r->book->unit_count++] = u;
    }
    return true;
}

static bool purpose_named(const LedgerBook *book, Str id, PurposeSet *out)
{
    for (size_t i = 0; i < book->purpose_count; i++)
        if (str_equal(book->purposes[i].id, id)) {
            *out = (PurposeSet)1 << (i + 1);
            return true;
        }
    return false;
}

static bool read_purposes(BookReader *r, Value root)
{
    static const char *const fields[] = {"id", "title", NULL};
    Value list;
    if (!read_list(r, root, "purposes", 0, LEDGER_PURPOSES_MAX, &list))
        return false;
    r->purposes = arena_new_array(r->a, BookPurpose, value_count(list) + 1);
    r->book->purposes = r->purposes;
    for (size_t i = 0; i < value_count(list); i++) {
        Value v = value_item(list, i);
        Str base = item_of(r, "purposes", i);
        BookPurpose p = {0};
        PurposeSet taken;
        if (!known_fields(r, v, base, fields) || !read_id(r, v, base, &p.id) ||
            !read_title(r, v, base, &p.title_zh, &p.title_en))
            return false;
        if (str_equal(p.id, STR("free")) || purpose_named(r->book, p.id, &taken))
            return wrong(r, under(r, base, "id"), "unique, and not \"free\"",
                         "不得重复，也不得为 free");
        r->purposes[r->book->purpose_count++] = p;
    }
    return true;
}

/* A list of purposes; absent: all of them. */
static bool read_purpose_set(const BookReader *r, Value v, Str base, PurposeSet *out)
{
    Value list = value_field(v, "purposes");
    *out = PURPOSE_ANY;
    if (value_is_null(list))
        return true;
    *out = 0;
    for (size_t i = 0; i < value_count(list); i++) {
        Value item = value_item(list, i);
        Str id = value_is(item, VALUE_STRING) ? item.as.string : STR_NONE;
        PurposeSet bit = 1;
        if (!str_equal(id, STR("free")) && !purpose_named(r->book, id, &bit))
            return wrong(r, arena_printf(r->a, "%.*s/purposes/%zu", STR_ARG(base), i),
                         "a purpose of this book, or \"free\"", "本账簿的用途，或 free");
        *out |= bit;
    }
    return *out != 0 || wrong(r, under(r, base, "purposes"), "a list that is not empty",
                              "非空列表");
}

/* ---- Kinds. */

static bool read_expiry_span(const BookReader *r, Value v, Str base, BookExpiry *x)
{
    static const char *const ends[] = {"exact", "day", "month", "year"};
    Str end = value_get_string(v, STR("end_of"));
    x->rule = EXPIRY_AFTER;
    x->days = x->months = -1;
    if (!read_whole(r, v, base, "days", 0, 36600, &x->days) ||
        !read_whole(r, v, base, "months", 0, 1200, &x->months))
        return false;
    for (size_t i = 0; i < 4; i++)
        if (str_equal(end, str_from(ends[i])) || (!end.len && i == 0)) {
            x->end_of = (ExpiryEnd)i;
            bool moves = x->days > 0 || x->months > 0 || x->end_of != EXPIRY_EXACT;
            return ((x->days < 0) != (x->months < 0) && moves) ||
                   wrong(r, base, "one of days and months, not 0 when it is exact",
                         "days 与 months 之一，精确计算时不为 0");
        }
    return wrong(r, under(r, base, "end_of"), "exact, day, month or year",
                 "exact、day、month 或 year");
}

static bool read_expiry_rule(const BookReader *r, Value v, Str base, BookExpiry *x)
{
    Str yearly = value_get_string(v, STR("yearly"));
    if (value_get_boolean(v, STR("given"), false)) {
        x->rule = EXPIRY_GIVEN;
        return true;
    }
    if (!yearly.len)
        return read_expiry_span(r, v, base, x);
    Day day;
    x->rule = EXPIRY_YEARLY;
    if (yearly.len != 5 || !day_parse(arena_printf(r->a, "2001-%.*s", STR_ARG(yearly)), &day))
        return wrong(r, under(r, base, "yearly"), "a day such as 01-01", "形如 01-01 的日期");
    x->month = day_to_civil(day).month;
    x->day = day_to_civil(day).day;
    return true;
}

static bool read_expiry(const BookReader *r, Value kind, Str kind_base, BookExpiry *x)
{
    static const char *const fields[] = {"yearly", "days", "months", "end_of", "given", "to",
                                         NULL};
    Value v = value_field(kind, "expiry");
    Str base = under(r, kind_base, "expiry");
    if (value_is_null(v))
        return true;
    if (!known_fields(r, v, base, fields) || !read_expiry_rule(r, v, base, x))
        return false;
    x->to = value_get_string(v, STR("to"));
    return x->to.len || wrong(r, under(r, base, "to"), "a kind of this book", "本账簿的账户种类");
}

static bool read_open(const BookReader *r, Value v, Str base, BookOpen *out)
{
    static const char *const names[] = {"command", "automatic", "single"};
    Str name = value_get_string(v, STR("open"));
    for (size_t i = 0; i < 3; i++)
        if (str_equal(name, str_from(names[i])) || (!name.len && i == 0)) {
            *out = (BookOpen)i;
            return true;
        }
    return wrong(r, under(r, base, "open"), "command, automatic or single",
                 "command、automatic 或 single");
}

static bool read_kind_limits(const BookReader *r, Value v, Str base, BookKind *k)
{
    Value floor;
    k->has_floor = !value_find(v, STR("floor"), &floor) || !value_is_null(floor);
    if (!read_whole(r, v, base, "floor", -LEDGER_AMOUNT_MAX, 0, &k->floor) ||
        !read_whole(r, v, base, "cap", 1, LEDGER_AMOUNT_MAX, &k->cap) ||
        !read_whole(r, v, base, "daily", 1, LEDGER_AMOUNT_MAX, &k->daily))
        return false;
    k->has_cap = k->cap > 0;
    k->holds = true;
    return read_flag(r, v, base, "holds", &k->holds) &&
           read_flag(r, v, base, "settled_at_close", &k->settled_at_close);
}

static bool read_kind(const BookReader *r, Value v, Str base, BookKind *k)
{
    static const char *const fields[] = {"id", "title", "unit", "open", "floor", "cap",
                                         "purposes", "daily", "holds", "expiry",
                                         "settled_at_close", NULL};
    if (!known_fields(r, v, base, fields) || !read_id(r, v, base, &k->id) ||
        !read_title(r, v, base, &k->title_zh, &k->title_en))
        return false;
    k->unit = book_unit(r->book, value_get_string(v, STR("unit")));
    if (!k->unit)
        return wrong(r, under(r, base, "unit"), "a unit of this book", "本账簿的计量单位");
    if (book_kind(r->book, k->id))
        return wrong(r, under(r, base, "id"), "unique", "不得重复");
    return read_open(r, v, base, &k->open) && read_kind_limits(r, v, base, k) &&
           read_purpose_set(r, v, base, &k->purposes) && read_expiry(r, v, base, &k->expiry);
}

/* What expires must always find an account that takes it. */
static bool judge_expiry_target(const BookReader *r, const BookKind *k)
{
    if (k->expiry.rule == EXPIRY_NONE)
        return true;
    const BookKind *to = book_kind(r->book, k->expiry.to);
    bool fine = to && to->open == BOOK_OPEN_SINGLE && to->unit == k->unit && !to->has_cap &&
                !to->daily && to->purposes == PURPOSE_ANY && to->expiry.rule == EXPIRY_NONE;
    return fine ||
           wrong(r, under(r, item_of(r, "kinds", k->index), "expiry/to"),
                 "a single kind of the same unit without cap, daily limit, purposes and expiry",
                 "同一单位的 single 账户种类，且无上限、无日限额、不限用途、无有效期");
}

static bool read_kinds(BookReader *r, Value root)
{
    Value list;
    if (!read_list(r, root, "kinds", 2, LEDGER_KINDS_MAX, &list))
        return false;
    r->kinds = arena_new_array(r->a, BookKind, value_count(list));
    r->book->kinds = r->kinds;
    for (size_t i = 0; i < value_count(list); i++) {
        BookKind k = {.index = i};
        if (!read_kind(r, value_item(list, i), item_of(r, "kinds", i), &k))
            return false;
        r->kinds[r->book->kind_count++] = k;
    }
    for (size_t i = 0; i < r->book->kind_count; i++)
        if (!judge_expiry_target(r, &r->kinds[i]))
            return false;
    return true;
}

/* ---- Flows. */

static bool read_roles(const BookReader *r, Value v, Str base, BookFlow *f)
{
    Value list = value_field(v, "roles");
    Str *roles = arena_new_array(r->a, Str, value_count(list) + 1);
    for (size_t i = 0; i < value_count(list); i++) {
        Value role = value_item(list, i);
        if (!value_is(role, VALUE_STRING) || !role.as.string.len)
            return wrong(r, under(r, base, "roles"), "a list of role names", "角色名称列表");
        roles[f->role_count++] = role.as.string;
    }
    f->roles = roles;
    return value_is_null(list) || f->role_count > 0 ||
           wrong(r, under(r, base, "roles"), "a list of role names", "角色名称列表");
}

static bool read_flow(const BookReader *r, Value v, Str base)
{
    static const char *const fields[] = {"from", "to", "purposes", "roles", NULL};
    if (!known_fields(r, v, base, fields))
        return false;
    const BookKind *from = book_kind(r->book, value_get_string(v, STR("from")));
    const BookKind *to = book_kind(r->book, value_get_string(v, STR("to")));
    if (!from || !to)
        return wrong(r, under(r, base, from ? "to" : "from"), "a kind of this book",
                     "本账簿的账户种类");
    if (from->unit != to->unit)
        return wrong(r, base, "between kinds of one unit", "同一计量单位的账户种类之间");
    BookFlow *f = &r->flows[from->index * r->book->kind_count + to->index];
    if (f->allowed)
        return wrong(r, base, "given once", "不得重复");
    f->allowed = true;
    return read_purpose_set(r, v, base, &f->purposes) && read_roles(r, v, base, f);
}

static bool read_flows(BookReader *r, Value root)
{
    Value list;
    size_t kinds = r->book->kind_count;
    if (!read_list(r, root, "flows", 1, LEDGER_FLOWS_MAX, &list))
        return false;
    r->flows = arena_new_array(r->a, BookFlow, kinds * kinds);
    r->book->flows = r->flows;
    for (size_t i = 0; i < value_count(list); i++)
        if (!read_flow(r, value_item(list, i), item_of(r, "flows", i)))
            return false;
    return true;
}

/* ---- The whole. */

bool ledger_book_compile(Arena *a, Str text, Str file, LedgerBook **out, Err *err)
{
    static const char *const fields[] = {"id", "title", "units", "purposes", "kinds", "flows",
                                         NULL};
    Value root;
    if (!json_parse(a, text, &root, err)) {
        err_at(err, file, 0, 0);
        return false;
    }
    LedgerBook *book = arena_new(a, LedgerBook);
    BookReader r = {.a = a, .text = text, .file = file, .err = err, .book = book};
    *out = book;
    return known_fields(&r, root, STR_NONE, fields) && read_id(&r, root, STR_NONE, &book->id) &&
           read_title(&r, root, STR_NONE, &book->title_zh, &book->title_en) &&
           read_units(&r, root) && read_purposes(&r, root) && read_kinds(&r, root) &&
           read_flows(&r, root);
}

Str ledger_book_id(const LedgerBook *book)
{
    return book->id;
}

bool ledger_book_read(StoreConn *conn, int64_t node, Str id, int64_t version, Arena *a,
                      LedgerBook **out, Err *err)
{
    Definition d;
    *out = NULL;
    if (!core_definition(conn, node, STR("ledger"), id, version, a, &d))
        return !store_failed(conn, err);
    if (!ledger_book_compile(a, d.text, d.path, out, err))
        return false;
    (*out)->version = d.version;
    return true;
}

/* ---- Looking up. */

const BookKind *book_kind(const LedgerBook *book, Str kind)
{
    for (size_t i = 0; i < book->kind_count; i++)
        if (str_equal(book->kinds[i].id, kind))
            return &book->kinds[i];
    return NULL;
}

const BookUnit *book_unit(const LedgerBook *book, Str unit)
{
    for (size_t i = 0; i < book->unit_count; i++)
        if (str_equal(book->units[i].id, unit))
            return &book->units[i];
    return NULL;
}

const BookFlow *book_flow(const LedgerBook *book, const BookKind *from, const BookKind *to)
{
    const BookFlow *f = &book->flows[from->index * book->kind_count + to->index];
    return f->allowed ? f : NULL;
}

bool book_purpose(const LedgerBook *book, Str earmark, PurposeSet *out)
{
    *out = 1;
    if (!earmark.len)
        return true;
    return ledger_name_valid(earmark) && purpose_named(book, ledger_name_kind(earmark), out);
}

int ledger_book_scale(const LedgerBook *book, Str unit)
{
    const BookUnit *u = book_unit(book, unit);
    return u ? u->scale : 0;
}

Str ledger_book_symbol(const LedgerBook *book, Str unit)
{
    const BookUnit *u = book_unit(book, unit);
    return u ? u->symbol : unit;
}

void ledger_amount_write(int64_t amount, int scale, Buf *out)
{
    uint64_t whole = amount < 0 ? (uint64_t)0 - (uint64_t)amount : (uint64_t)amount;
    uint64_t parts = 1;
    check(scale >= 0 && scale <= 9);
    for (int i = 0; i < scale; i++)
        parts *= 10;
    if (amount < 0)
        buf_add_char(out, '-');
    buf_printf(out, "%llu", (unsigned long long)(whole / parts));
    if (scale)
        buf_printf(out, ".%0*llu", scale, (unsigned long long)(whole % parts));
}

/* ---- Expiry. */

static Instant day_begins(Civil c)
{
    return instant_at(day_from_civil(c), 0, CHINA_OFFSET_S);
}

/* The first instant behind the day, month or year in which t lies; t itself when it is the
 * beginning of one. */
static Instant end_of(Instant t, ExpiryEnd end)
{
    Day day = instant_day(t, CHINA_OFFSET_S);
    Civil c = day_to_civil(day);
    if (end == EXPIRY_EXACT)
        return t;
    if (end == EXPIRY_MONTH || end == EXPIRY_YEAR)
        c.day = 1;
    if (end == EXPIRY_YEAR)
        c.month = 1;
    if (day_begins(c).us == t.us)
        return t;
    if (end == EXPIRY_DAY)
        return instant_at((Day){day.number + 1}, 0, CHINA_OFFSET_S);
    if (end == EXPIRY_YEAR || c.month == 12) {
        c.year++;
        c.month = 1;
    } else {
        c.month++;
    }
    return day_begins(c);
}

static Instant months_later(Instant t, int64_t months)
{
    Day day = instant_day(t, CHINA_OFFSET_S);
    int64_t within = t.us - instant_at(day, 0, CHINA_OFFSET_S).us;
    Civil c = day_to_civil(day);
    int64_t month = c.month - 1 + months;
    c.year += month / 12;
    c.month = (int)(month % 12) + 1;
    if (c.day > days_in_month(c.year, c.month))
        c.day = days_in_month(c.year, c.month);
    return (Instant){day_begins(c).us + within};
}

Instant book_expires(const BookExpiry *x, Instant value)
{
    check(x->rule == EXPIRY_YEARLY || x->rule == EXPIRY_AFTER);
    if (x->rule == EXPIRY_YEARLY) {
        Civil c = {day_to_civil(instant_day(value, CHINA_OFFSET_S)).year, x->month, x->day};
        if (day_begins(c).us <= value.us)
            c.year++;
        return day_begins(c);
    }
    if (x->months >= 0)
        return end_of(months_later(value, x->months), x->end_of);
    return end_of((Instant){value.us + x->days * US_PER_DAY}, x->end_of);
}
