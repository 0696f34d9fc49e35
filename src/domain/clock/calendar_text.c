/* calendar_text.c - reads the text of a calendar into its compiled form.
 *
 *   {"id": "hubei", "title": {...}, "offset": "+08:00",
 *    "hours": [["09:00", "12:00"], ["14:00", "17:00"]],
 *    "years": {"2022": {"source": "...", "off": ["2022-10-03", ...], "work": ["2022-10-08", ...]}}}
 *
 * A year stands under the year in the notice's title. A notice may name days of December of the
 * year before (the weekend before New Year), of no other year. Days that it does not name are
 * what their weekday says. A day is named once, by one notice, as off or as work; naming a
 * Saturday as off or a Monday as work is allowed, because notices name whole spans.
 *
 * "pauses" (optional) lists the legal reasons for which a clock may stand still, and which of its
 * limits each of them stops:
 *
 *   "pauses": [{"reason": "hearing", "stops": "both", "title": {...}, "basis": "..."}, ...]
 *
 * Compiling makes two sorted arrays, one of the named days and one of the years, so that every
 * question is a binary search. */
#include "codec/json.h"
#include "domain/clock/calendar_int.h"

#include <stdlib.h>

typedef struct Reader {
    Arena *arena;
    Str text, file;
    Calendar *calendar;
    size_t capacity; /* of calendar->exceptions */
    Err *err;
} Reader;

static bool wrong(Reader *r, Str pointer, Str what)
{
    uint32_t line = 0, column = 0;
    err_set(r->err, &fault_calendar_invalid, pointer.len ? pointer : STR("/"), what);
    (void)json_locate(r->text, pointer, &line, &column);
    err_at(r->err, r->file, line, column);
    return false;
}

/* "HH:MM" with 24:00 as the end of a day; -1 when it is not one. */
static int minute_text(Str s)
{
    if (s.len != 5 || s.ptr[2] != ':')
        return -1;
    for (size_t i = 0; i < 5; i++)
        if (i != 2 && (s.ptr[i] < '0' || s.ptr[i] > '9'))
            return -1;
    int hour = (s.ptr[0] - '0') * 10 + (s.ptr[1] - '0');
    int minute = (s.ptr[3] - '0') * 10 + (s.ptr[4] - '0');
    if (minute > 59 || hour > 24 || (hour == 24 && minute != 0))
        return -1;
    return (hour * 60 + minute) * 60;
}

/* "+08:00" to seconds; false when it is not an offset of at most 14 hours. */
static bool offset_text(Str s, int *out)
{
    if (s.len != 6 || (s.ptr[0] != '+' && s.ptr[0] != '-'))
        return false;
    int seconds = minute_text(str_slice(s, 1, 6));
    if (seconds < 0 || seconds > 14 * 3600)
        return false;
    *out = s.ptr[0] == '-' ? -seconds : seconds;
    return true;
}

static bool read_hours(Reader *r, Value hours)
{
    Calendar *c = r->calendar;
    size_t count = value_count(hours);
    if (!value_is(hours, VALUE_LIST) || count == 0 || count > CALENDAR_HOURS_MAX)
        return wrong(r, STR("/hours"), STR("1 to 8 pairs such as [\"09:00\", \"17:00\"]"));
    for (size_t i = 0; i < count; i++) {
        Value pair = value_item(hours, i), from = value_item(pair, 0), to = value_item(pair, 1);
        Str pointer = arena_printf(r->arena, "/hours/%zu", i);
        if (value_count(pair) != 2 || !value_is(from, VALUE_STRING) || !value_is(to, VALUE_STRING))
            return wrong(r, pointer, STR("a pair of times"));
        HourSpan span = {minute_text(from.as.string), minute_text(to.as.string)};
        int after = i ? c->spans[i - 1].to_s : 0;
        if (span.from_s < after || span.to_s <= span.from_s)
            return wrong(r, pointer, STR("times as HH:MM, in the order of the day"));
        c->spans[c->span_count++] = span;
        c->day_us += (span.to_s - span.from_s) * US_PER_SECOND;
    }
    return true;
}

static bool read_days(Reader *r, Str year, int64_t number, Str list_name, Value list)
{
    Calendar *c = r->calendar;
    bool work = str_equal(list_name, STR("work"));
    if (!value_is(list, VALUE_LIST))
        return wrong(r, arena_printf(r->arena, "/years/%.*s", STR_ARG(year)),
                     STR("\"off\" and \"work\" must be lists of dates"));
    for (size_t i = 0; i < value_count(list); i++) {
        Value item = value_item(list, i);
        Str pointer = arena_printf(r->arena, "/years/%.*s/%.*s/%zu", STR_ARG(year),
                                   STR_ARG(list_name), i);
        Day day = DAY_NONE;
        if (!value_is(item, VALUE_STRING) || !day_parse(item.as.string, &day))
            return wrong(r, pointer, STR("a date such as 2022-10-08"));
        Civil civil = day_to_civil(day);
        if (civil.year != number && !(civil.year == number - 1 && civil.month == 12))
            return wrong(r, pointer, STR("a date of the notice's year or of the December before"));
        if (c->exception_count == r->capacity)
            return wrong(r, pointer, STR("fewer named days in all"));
        c->exceptions[c->exception_count++] = (DayException){day.number, work};
    }
    return true;
}

static bool read_year(Reader *r, Str name, Value year)
{
    Calendar *c = r->calendar;
    Str pointer = arena_printf(r->arena, "/years/%.*s", STR_ARG(name));
    int64_t number = 0;
    if (name.len != 4 || !str_to_int64(name, &number) || number < 1900)
        return wrong(r, pointer, STR("a year such as 2022"));
    if (!value_is(year, VALUE_CONTEXT) || value_get_string(year, STR("source")).len == 0)
        return wrong(r, pointer, STR("an object that names the notice as \"source\""));
    c->years[c->year_count++] = (CalendarYear){number, value_get_string(year, STR("source"))};
    for (size_t i = 0; i < year.as.context.count; i++) {
        const ValueEntry *e = &year.as.context.entries[i];
        if (str_equal(e->key, STR("off")) || str_equal(e->key, STR("work"))) {
            if (!read_days(r, name, number, e->key, e->value))
                return false;
        } else if (!str_equal(e->key, STR("source"))) {
            return wrong(r, pointer, STR("only \"source\", \"off\" and \"work\""));
        }
    }
    return true;
}

static int exception_order(const void *a, const void *b)
{
    const DayException *x = a, *y = b;
    return x->day < y->day ? -1 : x->day > y->day;
}

static int year_order(const void *a, const void *b)
{
    const CalendarYear *x = a, *y = b;
    return x->year < y->year ? -1 : x->year > y->year;
}

static bool read_years(Reader *r, Value years)
{
    Calendar *c = r->calendar;
    if (!value_is(years, VALUE_CONTEXT))
        return wrong(r, STR("/years"), STR("an object of years"));
    size_t named = 0;
    for (size_t i = 0; i < years.as.context.count; i++)
        named += value_count(value_field(years.as.context.entries[i].value, "off")) +
                 value_count(value_field(years.as.context.entries[i].value, "work"));
    if (named > CALENDAR_EXCEPTIONS_MAX)
        return wrong(r, STR("/years"), STR("fewer named days"));
    r->capacity = named;
    c->exceptions = arena_new_array(r->arena, DayException, named + 1);
    c->years = arena_new_array(r->arena, CalendarYear, years.as.context.count + 1);
    if (!c->exceptions || !c->years)
        return err_set(r->err, &fault_out_of_memory, STR("calendar"));
    for (size_t i = 0; i < years.as.context.count; i++)
        if (!read_year(r, years.as.context.entries[i].key, years.as.context.entries[i].value))
            return false;
    qsort(c->exceptions, c->exception_count, sizeof(DayException), exception_order);
    qsort(c->years, c->year_count, sizeof(CalendarYear), year_order);
    for (size_t i = 1; i < c->exception_count; i++)
        if (c->exceptions[i].day == c->exceptions[i - 1].day) {
            Buf date = buf_new(r->arena, 16);
            day_write((Day){c->exceptions[i].day}, &date);
            return wrong(r, STR("/years"),
                         arena_printf(r->arena, "%.*s is named twice", STR_ARG(buf_text(&date))));
        }
    return true;
}

static bool stops_word(Str word, unsigned *out)
{
    static const char *const words[] = {"none", "promised", "statutory", "both"};
    for (unsigned i = 0; i < 4; i++)
        if (str_equal(word, str_from(words[i]))) {
            *out = i;
            return true;
        }
    return false;
}

static bool read_pause(Reader *r, Value v, Str pointer, PauseRule *out)
{
    static const char *const keys[] = {"reason", "stops", "title", "basis"};
    for (size_t i = 0; value_is(v, VALUE_CONTEXT) && i < v.as.context.count; i++) {
        size_t k = 0;
        while (k < 4 && !str_equal(v.as.context.entries[i].key, str_from(keys[k])))
            k++;
        if (k == 4)
            return wrong(r, pointer, STR("only \"reason\", \"stops\", \"title\" and \"basis\""));
    }
    out->reason = value_get_string(v, STR("reason"));
    if (out->reason.len == 0 || value_get_string(v, STR("basis")).len == 0)
        return wrong(r, pointer, STR("an object with \"reason\" and \"basis\""));
    return stops_word(value_get_string(v, STR("stops")), &out->stops) ||
           wrong(r, pointer, STR("\"stops\": both, promised, statutory or none"));
}

static bool read_pauses(Reader *r, Value list)
{
    Calendar *c = r->calendar;
    size_t count = value_count(list);
    if (value_is_null(list))
        return true;
    if (!value_is(list, VALUE_LIST) || count > CALENDAR_PAUSES_MAX)
        return wrong(r, STR("/pauses"), STR("a list of reasons"));
    c->rules_given = true;
    c->rules = arena_new_array(r->arena, PauseRule, count + 1);
    if (!c->rules)
        return err_set(r->err, &fault_out_of_memory, STR("calendar"));
    for (size_t i = 0; i < count; i++) {
        Str pointer = arena_printf(r->arena, "/pauses/%zu", i);
        if (!read_pause(r, value_item(list, i), pointer, &c->rules[i]))
            return false;
        for (size_t k = 0; k < i; k++)
            if (str_equal(c->rules[k].reason, c->rules[i].reason))
                return wrong(r, pointer, STR("a reason that is named once"));
        c->rule_count++;
    }
    return true;
}

static bool known_key(Str key)
{
    static const char *const keys[] = {"id", "title", "offset", "hours", "years", "pauses"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (str_equal(key, str_from(keys[i])))
            return true;
    return str_starts(key, STR("x-"));
}

bool calendar_compile(Arena *a, Str text, Str file, Calendar **out, Err *err)
{
    Value v = value_null();
    Reader r = {a, text, file, arena_new(a, Calendar), 0, err};
    if (!json_parse(a, text, &v, err)) {
        err_at(err, file, 0, 0);
        return false;
    }
    if (!value_is(v, VALUE_CONTEXT))
        return wrong(&r, STR(""), STR("an object"));
    for (size_t i = 0; i < v.as.context.count; i++)
        if (!known_key(v.as.context.entries[i].key))
            return wrong(&r, arena_printf(a, "/%.*s", STR_ARG(v.as.context.entries[i].key)),
                         STR("not a key of calendars"));
    r.calendar->id = value_get_string(v, STR("id"));
    if (r.calendar->id.len == 0)
        return wrong(&r, STR(""), STR("an \"id\" is missing"));
    if (!offset_text(value_get_string(v, STR("offset")), &r.calendar->offset_s))
        return wrong(&r, STR("/offset"), STR("an offset such as +08:00"));
    if (!read_hours(&r, value_field(v, "hours")) || !read_years(&r, value_field(v, "years")) ||
        !read_pauses(&r, value_field(v, "pauses")))
        return false;
    if (arena_failed(a))
        return err_set(err, &fault_out_of_memory, STR("calendar"));
    *out = r.calendar;
    return true;
}
