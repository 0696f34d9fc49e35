/* schema_format.c - what "format" demands of a text.
 *
 * The formats of the standard that a registry needs, and the identifiers of Chinese
 * administration, which codec/identifier judges in three outcomes: legacy ones (well-formed, in
 * use, wrong check digit) pass only when the schema says "x-legacy": true. Formats for
 * internationalised names (idn-*, iri*, uri-template) are not known: better refused when the
 * schema is compiled than passed without a look. */
#include "codec/identifier.h"
#include "lang/schema/schema_int.h"

static bool digit(char c) { return c >= '0' && c <= '9'; }
static bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
static bool hex(char c)
{
    return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_date(Str s)
{
    Day day = DAY_NONE;
    return day_parse(s, &day);
}

static bool is_date_time(Str s)
{
    Instant t = INSTANT_NONE;
    return instant_parse(s, &t);
}

/* full-time of RFC 3339: judged as the time of a date-time. */
static bool is_time(Str s)
{
    char text[64] = "2000-01-01T";
    if (s.len == 0 || s.len > 48)
        return false;
    for (size_t i = 0; i < s.len; i++)
        text[11 + i] = s.ptr[i];
    return is_date_time((Str){text, 11 + s.len});
}

/* Appendix A of RFC 3339: P [n Y] [n M] [n D] [T [n H] [n M] [n S]], or P n W. */
static bool is_duration(Str s)
{
    static const char date_units[] = "YMD", time_units[] = "HMS";
    size_t i = 1, unit = 0, parts = 0;
    bool time = false;
    if (s.len < 3 || s.ptr[0] != 'P')
        return false;
    while (i < s.len) {
        if (s.ptr[i] == 'T' && !time) {
            time = true;
            unit = 0;
            parts = 0;
            i++;
            continue;
        }
        size_t begin = i;
        while (i < s.len && digit(s.ptr[i]))
            i++;
        if (i == begin || i == s.len)
            return false;
        if (s.ptr[i] == 'W')
            return begin == 1 && i + 1 == s.len;
        size_t found = unit;
        while (found < 3 && (time ? time_units : date_units)[found] != s.ptr[i])
            found++;
        if (found == 3 || (parts > 0 && found != unit))
            return false;
        unit = found + 1;
        parts++;
        i++;
    }
    return parts > 0;
}

static bool is_ipv4(Str s)
{
    int fields = 0;
    for (Str rest = s; rest.ptr; fields++) {
        Str part = str_split(&rest, '.');
        int64_t n = 0;
        if (part.len == 0 || part.len > 3 || (part.len > 1 && part.ptr[0] == '0') ||
            !digit(part.ptr[0]) || !str_to_int64(part, &n) || n > 255)
            return false;
    }
    return fields == 4;
}

/* RFC 4291 2.2: eight groups, at most one "::", the last two groups may be an IPv4 address. */
static bool is_ipv6(Str s)
{
    int groups = 0;
    bool gap = false;
    size_t i = 0;
    if (str_starts(s, STR("::"))) {
        gap = true;
        i = 2;
    }
    while (i < s.len) {
        size_t begin = i;
        while (i < s.len && hex(s.ptr[i]))
            i++;
        if (i < s.len && s.ptr[i] == '.') {
            groups += 2;
            return is_ipv4(str_slice(s, begin, s.len)) && (gap ? groups < 8 : groups == 8);
        }
        if (i == begin || i - begin > 4)
            return false;
        groups++;
        if (i == s.len)
            break;
        if (s.ptr[i] != ':')
            return false;
        i++;
        if (i < s.len && s.ptr[i] == ':') {
            if (gap)
                return false;
            gap = true;
            i++;
        } else if (i == s.len) {
            return false;
        }
    }
    return gap ? groups < 8 : groups == 8;
}

/* RFC 1123: labels of letters, digits and inner hyphens. */
static bool is_hostname(Str s)
{
    if (s.len == 0 || s.len > 253)
        return false;
    for (Str rest = s; rest.ptr;) {
        Str label = str_split(&rest, '.');
        if (label.len == 0 || label.len > 63 || label.ptr[0] == '-' ||
            label.ptr[label.len - 1] == '-')
            return false;
        for (size_t i = 0; i < label.len; i++)
            if (!letter(label.ptr[i]) && !digit(label.ptr[i]) && label.ptr[i] != '-')
                return false;
    }
    return true;
}

/* Mailbox of RFC 5321 without the quoted forms of old. */
static bool is_email(Str s)
{
    ptrdiff_t at = str_find(s, STR("@"));
    if (at <= 0 || at > 64)
        return false;
    Str local = str_slice(s, 0, (size_t)at);
    char before = '.';
    for (size_t i = 0; i < local.len; i++) {
        char c = local.ptr[i];
        if (c == '.' ? before == '.' : !(letter(c) || digit(c) || str_find(STR("!#$%&'*+-/=?^_`{|}~"), (Str){&c, 1}) >= 0))
            return false;
        before = c;
    }
    return before != '.' && is_hostname(str_slice(s, (size_t)at + 1, s.len));
}

static bool is_uuid(Str s)
{
    if (s.len != 36)
        return false;
    for (size_t i = 0; i < 36; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? s.ptr[i] != '-' : !hex(s.ptr[i]))
            return false;
    }
    return true;
}

static bool is_json_pointer(Str s)
{
    if (s.len > 0 && s.ptr[0] != '/')
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '~' && (i + 1 == s.len || (s.ptr[i + 1] != '0' && s.ptr[i + 1] != '1')))
            return false;
    return true;
}

static bool is_uri(Str s) { return schema_uri_valid(s, true); }
static bool is_uri_reference(Str s) { return schema_uri_valid(s, false); }

static bool is_regex(Str s)
{
    Arena *a = arena_open(1u << 20);
    Str message = STR_NONE;
    bool good = schema_pattern_compile(a, s, &message) != NULL;
    arena_close(a);
    return good;
}

static const struct Format {
    const char *name;
    bool (*check)(Str);
} formats[] = {
    {"date", is_date},
    {"date-time", is_date_time},
    {"time", is_time},
    {"duration", is_duration},
    {"email", is_email},
    {"hostname", is_hostname},
    {"ipv4", is_ipv4},
    {"ipv6", is_ipv6},
    {"uri", is_uri},
    {"uri-reference", is_uri_reference},
    {"uuid", is_uuid},
    {"json-pointer", is_json_pointer},
    {"regex", is_regex},
};

static const struct Format *format_find(Str name)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        if (str_equal(name, str_from(formats[i].name)))
            return &formats[i];
    return NULL;
}

bool schema_format_known(Str format)
{
    return format_find(format) != NULL || identifier_format_known(format);
}

bool schema_format_check(Str format, bool legacy, Str text)
{
    const struct Format *known = format_find(format);
    if (known)
        return known->check(text);
    if (!identifier_format_known(format))
        return true;
    IdentifierOutcome outcome = identifier_check(format, text, NULL);
    return outcome == IDENTIFIER_VALID || (legacy && outcome == IDENTIFIER_LEGACY);
}
