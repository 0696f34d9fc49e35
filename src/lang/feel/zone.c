/* zone.c - time zones: a reader of TZif files (RFC 8536) and a process-wide table of them.
 *
 * A zone is loaded when its id is first met and kept for ever; its number in the table is what
 * values carry. Directory: TONGBAN_TZDIR, else TZDIR, else /usr/share/zoneinfo. From a file we
 * take the 64-bit block: transitions (instant, type), types (offset), and the footer, a POSIX TZ
 * rule that holds after the last transition. A local time that a jump leaves out takes the
 * offset before the jump; one that a jump repeats takes the first offset. */
#include "lang/feel/feel_int.h"
#include "os/os.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define ZONE_COUNT_MAX 1024u
#define ZONE_NAME_BYTES_MAX 64u
#define ZONE_FILE_BYTES_MAX (1u << 20)
#define ZONE_ARENA_BYTES (32u << 20)

/* "M3.2.0/2" of a POSIX rule, or a day of the year. */
typedef struct ZoneRule {
    char kind; /* 'M', 'J' (1..365, no leap day) or 'N' (0..365) */
    int month, week, weekday, day;
    int32_t second; /* of the day, may be negative or beyond a day */
} ZoneRule;

typedef struct Zone {
    Str name;
    size_t count;
    const int64_t *at;      /* transitions, UTC seconds, ascending */
    const int32_t *offsets; /* offsets[i + 1] holds from at[i]; offsets[0] before all */
    bool has_rule, has_summer;
    int32_t standard, summer;
    ZoneRule start, end; /* of summer time, in local time before the change */
} Zone;

static pthread_mutex_t zone_lock = PTHREAD_MUTEX_INITIALIZER;
static Arena *zone_arena;
static const Zone *_Atomic zone_table[ZONE_COUNT_MAX];
static atomic_uint zone_count;

static Str zone_directory(void) {
    const char *own = getenv("TONGBAN_TZDIR");
    if (own != NULL && own[0] != '\0') return str_from(own);
    own = getenv("TZDIR");
    if (own != NULL && own[0] != '\0') return str_from(own);
    return STR("/usr/share/zoneinfo");
}

/* ---- The footer: std offset [dst [offset] , start [/time] , end [/time]]. */

static bool rule_number(Str *s, int64_t *out) {
    size_t i = 0;
    int64_t n = 0;
    while (i < s->len && s->ptr[i] >= '0' && s->ptr[i] <= '9' && i < 6)
        n = n * 10 + (s->ptr[i++] - '0');
    *s = str_slice(*s, i, s->len);
    *out = n;
    return i > 0;
}

static bool rule_skip(Str *s, char c) {
    if (s->len == 0 || s->ptr[0] != c) return false;
    *s = str_slice(*s, 1, s->len);
    return true;
}

/* [+-]hh[:mm[:ss]] in seconds. */
static bool rule_time(Str *s, int32_t *out) {
    bool negative = rule_skip(s, '-');
    if (!negative) rule_skip(s, '+');
    int64_t hours, minutes = 0, seconds = 0;
    if (!rule_number(s, &hours)) return false;
    if (rule_skip(s, ':') && !rule_number(s, &minutes)) return false;
    if (rule_skip(s, ':') && !rule_number(s, &seconds)) return false;
    if (hours > 167 || minutes > 59 || seconds > 59) return false;
    int64_t total = hours * 3600 + minutes * 60 + seconds;
    *out = (int32_t)(negative ? -total : total);
    return true;
}

static bool rule_name(Str *s) {
    size_t i = 0;
    if (s->len > 0 && s->ptr[0] == '<') {
        while (i < s->len && s->ptr[i] != '>') i++;
        if (i == s->len) return false;
        i++;
    } else {
        while (i < s->len && ((s->ptr[i] >= 'A' && s->ptr[i] <= 'Z') ||
                              (s->ptr[i] >= 'a' && s->ptr[i] <= 'z')))
            i++;
    }
    *s = str_slice(*s, i, s->len);
    return i >= 3;
}

static bool rule_date(Str *s, ZoneRule *r) {
    int64_t a, b, c;
    r->second = 7200;
    if (rule_skip(s, 'M')) {
        if (!rule_number(s, &a) || !rule_skip(s, '.') || !rule_number(s, &b) ||
            !rule_skip(s, '.') || !rule_number(s, &c))
            return false;
        if (a < 1 || a > 12 || b < 1 || b > 5 || c > 6) return false;
        r->kind = 'M';
        r->month = (int)a;
        r->week = (int)b;
        r->weekday = (int)c;
    } else {
        r->kind = rule_skip(s, 'J') ? 'J' : 'N';
        if (!rule_number(s, &a) || a > 365) return false;
        r->day = (int)a;
    }
    return !rule_skip(s, '/') || rule_time(s, &r->second);
}

static bool zone_footer(Zone *z, Str s) {
    int32_t west;
    if (!rule_name(&s) || !rule_time(&s, &west)) return false;
    z->standard = -west;
    z->has_rule = true;
    if (s.len == 0) return true;
    if (!rule_name(&s)) return false;
    z->summer = z->standard + 3600;
    if (s.len > 0 && s.ptr[0] != ',') {
        if (!rule_time(&s, &west)) return false;
        z->summer = -west;
    }
    z->has_summer = rule_skip(&s, ',') && rule_date(&s, &z->start) && rule_skip(&s, ',') &&
                    rule_date(&s, &z->end);
    return z->has_summer && s.len == 0;
}

/* The local second (since the epoch) at which a rule falls in a year. */
static int64_t rule_second(const ZoneRule *r, int64_t year) {
    int64_t first = day_from_civil((Civil){year, 1, 1}).number, day;
    bool leap = days_in_month(year, 2) == 29;
    if (r->kind == 'M') {
        day = day_from_civil((Civil){year, r->month, 1}).number;
        int weekday = day_weekday((Day){day}) % 7;
        day += (r->weekday - weekday + 7) % 7 + (r->week - 1) * 7;
        int64_t next = day_from_civil((Civil){year, r->month, 1}).number +
                       days_in_month(year, r->month);
        while (day >= next) day -= 7;
    } else if (r->kind == 'J') {
        day = first + r->day - 1 + (leap && r->day >= 60 ? 1 : 0);
    } else {
        day = first + r->day;
    }
    return day * 86400 + r->second;
}

static int32_t zone_by_rule(const Zone *z, int64_t utc_second) {
    if (!z->has_summer) return z->standard;
    int64_t local = utc_second + z->standard;
    int64_t year = day_to_civil((Day){local >= 0 ? local / 86400 : (local - 86399) / 86400}).year;
    int64_t start = rule_second(&z->start, year) - z->standard;
    int64_t end = rule_second(&z->end, year) - z->summer;
    bool summer = start < end ? utc_second >= start && utc_second < end
                              : utc_second >= start || utc_second < end;
    return summer ? z->summer : z->standard;
}

/* ---- The file. */

static int64_t zone_big_endian(const char *p, size_t bytes) {
    uint64_t n = 0;
    for (size_t i = 0; i < bytes; i++) n = n << 8 | (unsigned char)p[i];
    return bytes == 4 ? (int32_t)(uint32_t)n : (int64_t)n;
}

typedef struct ZoneHeader {
    size_t isut, isstd, leap, time, type, chars;
} ZoneHeader;

static bool zone_header(Str s, size_t at, ZoneHeader *h) {
    if (at + 44 > s.len || memcmp(s.ptr + at, "TZif", 4) != 0) return false;
    size_t *const fields[] = {&h->isut, &h->isstd, &h->leap, &h->time, &h->type, &h->chars};
    for (size_t i = 0; i < 6; i++) {
        int64_t n = zone_big_endian(s.ptr + at + 20 + i * 4, 4);
        if (n < 0 || n > (int64_t)ZONE_FILE_BYTES_MAX) return false;
        *fields[i] = (size_t)n;
    }
    return h->type > 0;
}

static size_t zone_block_bytes(const ZoneHeader *h, size_t time_bytes) {
    return h->time * time_bytes + h->time + h->type * 6 + h->chars + h->leap * (time_bytes + 4) +
           h->isstd + h->isut;
}

static bool zone_read(Zone *z, Str s) {
    ZoneHeader h;
    size_t at = 0, width = 4;
    if (!zone_header(s, 0, &h)) return false;
    if (s.ptr[4] >= '2') {
        at = 44 + zone_block_bytes(&h, 4);
        width = 8;
        if (!zone_header(s, at, &h)) return false;
    }
    at += 44;
    size_t bytes = zone_block_bytes(&h, width);
    if (bytes > s.len || at + bytes > s.len) return false;
    const char *times = s.ptr + at, *kinds = times + h.time * width, *types = kinds + h.time;
    int64_t *instants = arena_new_array(zone_arena, int64_t, h.time + 1);
    int32_t *offsets = arena_new_array(zone_arena, int32_t, h.time + 1);
    if (instants == NULL || offsets == NULL || arena_failed(zone_arena)) return false;
    offsets[0] = (int32_t)zone_big_endian(types, 4);
    for (size_t i = 0; i < h.time; i++) {
        size_t kind = (unsigned char)kinds[i];
        if (kind >= h.type) return false;
        instants[i] = zone_big_endian(times + i * width, width);
        offsets[i + 1] = (int32_t)zone_big_endian(types + kind * 6, 4);
        if (i > 0 && instants[i] < instants[i - 1]) return false;
    }
    z->count = h.time;
    z->at = instants;
    z->offsets = offsets;
    Str footer = str_slice(s, at + bytes, s.len);
    if (width == 8 && footer.len > 2 && footer.ptr[0] == '\n')
        if (!zone_footer(z, str_trim(footer))) z->has_rule = false;
    return true;
}

static bool zone_name_sound(Str name) {
    if (name.len == 0 || name.len > ZONE_NAME_BYTES_MAX || name.ptr[0] == '/') return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '/' || c == '_' || c == '-' || c == '+';
        if (!ok) return false;
    }
    return name.ptr[name.len - 1] != '/';
}

static bool zone_known(Str name, uint16_t *id) {
    unsigned count = atomic_load_explicit(&zone_count, memory_order_acquire);
    for (unsigned i = 0; i < count; i++)
        if (str_equal(zone_table[i]->name, name)) {
            *id = (uint16_t)i;
            return true;
        }
    return false;
}

/* Under the lock: read the file and put the zone into the table. */
static bool zone_load(Str name, uint16_t *id) {
    if (zone_known(name, id)) return true;
    unsigned count = atomic_load(&zone_count);
    if (count == ZONE_COUNT_MAX) return false;
    if (zone_arena == NULL) zone_arena = arena_open(ZONE_ARENA_BYTES);
    ArenaMark mark = arena_mark(zone_arena);
    Str directory = zone_directory(), text;
    Str path = arena_printf(zone_arena, "%.*s/%.*s", STR_ARG(directory), STR_ARG(name));
    Zone *z = arena_new(zone_arena, Zone);
    z->name = arena_copy(zone_arena, name);
    Err err = {0};
    bool ok = !file_is_directory(path) &&
              file_read(zone_arena, path, ZONE_FILE_BYTES_MAX, &text, &err) &&
              zone_read(z, text) && !arena_failed(zone_arena);
    if (!ok) {
        arena_reset_to(zone_arena, mark);
        return false;
    }
    zone_table[count] = z;
    atomic_store_explicit(&zone_count, count + 1, memory_order_release);
    *id = (uint16_t)count;
    return true;
}

bool feel_zone_find(Str name, uint16_t *id) {
    if (!zone_name_sound(name)) return false;
    if (zone_known(name, id)) return true;
    pthread_mutex_lock(&zone_lock);
    bool ok = zone_load(name, id);
    pthread_mutex_unlock(&zone_lock);
    return ok;
}

static const Zone *zone_of(uint16_t id) {
    check(id < atomic_load_explicit(&zone_count, memory_order_acquire));
    return zone_table[id];
}

Str feel_zone_name(uint16_t id) { return zone_of(id)->name; }

int32_t feel_zone_offset_at(uint16_t id, int64_t utc_second) {
    const Zone *z = zone_of(id);
    size_t low = 0, high = z->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (z->at[middle] <= utc_second) low = middle + 1;
        else high = middle;
    }
    if (low == z->count && z->has_rule) return zone_by_rule(z, utc_second);
    return z->offsets[low];
}

int32_t feel_zone_offset_local(uint16_t id, int64_t local_second) {
    /* The offsets in force a day earlier and a day later are the only candidates. */
    int32_t before = feel_zone_offset_at(id, local_second - 86400);
    int32_t after = feel_zone_offset_at(id, local_second + 86400);
    if (feel_zone_offset_at(id, local_second - before) == before) return before;
    if (feel_zone_offset_at(id, local_second - after) == after) return after;
    return before;
}

Str feel_zone_version(void) {
    static char version[32];
    static _Atomic size_t length;
    size_t known = length;
    if (known > 0) return (Str){version, known};
    pthread_mutex_lock(&zone_lock);
    Arena *a = arena_open(1u << 22);
    Str directory = zone_directory(), text;
    Err err = {0};
    Str path = arena_printf(a, "%.*s/tzdata.zi", STR_ARG(directory));
    if (length == 0 && file_read(a, path, 1u << 20, &text, &err) &&
        str_starts(text, STR("# version "))) {
        Str rest = str_slice(text, 10, text.len);
        Str line = str_trim(str_split(&rest, '\n'));
        if (line.len > 0 && line.len < sizeof version) {
            memcpy(version, line.ptr, line.len);
            length = line.len;
        }
    }
    arena_close(a);
    pthread_mutex_unlock(&zone_lock);
    return (Str){version, length};
}
