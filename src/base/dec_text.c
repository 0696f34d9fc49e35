/* Decimal numbers as text.
 *
 * Reading. A number of at most 18 characters without exponent is read in one pass into an
 * int64. Everything else is read twice: the first pass finds where the digits are, how many of
 * them count and what the exponent is; from that follows how many digits at the end cannot be
 * kept (more than 34, or finer than 10^-6176), and the second pass collects the digits kept and
 * rounds by the first digit dropped and by whether anything but zeros follows it. So there is
 * one rounding, however long the text is.
 *
 *     number   = [ "+" | "-" ] ( digits [ "." digits ] | "." digits ) [ exponent ]
 *     exponent = ( "e" | "E" ) [ "+" | "-" ] digits
 *
 * Writing. dec_write gives plain digits. dec_write_exact gives the same when the scale is not
 * negative and at most PLAIN_ZEROS_MAX zeros stand between the point and the first digit;
 * otherwise the coefficient with an exponent ("12e3", "5e-19"), because a scale of -3 is not
 * that of "12000". Both spellings give coefficient and scale back. */
#include "base/dec_int.h"

#include "base/check.h"

#define FAST_CHARS_MAX 18u
#define PLAIN_ZEROS_MAX 6
#define EXPONENT_LIMIT 1000000000000ll /* beyond any text's length: stops the counting */

/* ---- Reading. */

/* Plain digits, at most FAST_CHARS_MAX characters; false when the text is anything else. */
static bool parse_fast(Str text, Dec *out)
{
    if (text.len == 0 || text.len > FAST_CHARS_MAX) return false;
    size_t i = text.ptr[0] == '-' ? 1 : 0, point = text.len;
    int64_t n = 0;
    for (; i < text.len; i++) {
        unsigned digit = (unsigned)text.ptr[i] - '0';
        if (digit <= 9) {
            n = n * 10 + digit;
        } else if (text.ptr[i] == '.' && point == text.len) {
            point = i;
        } else {
            return false;
        }
    }
    /* A digit must be there and be the last character; sign and point sort before the digits. */
    if (text.ptr[text.len - 1] < '0') return false;
    int scale = point == text.len ? 0 : (int)(text.len - point - 1);
    *out = dec_small(text.ptr[0] == '-' ? -n : n, scale);
    return true;
}

/* What the first pass finds. */
typedef struct NumberText {
    bool negative;
    Str digits;       /* the digits with the point among them */
    int64_t leading;  /* zeros before the first digit that counts */
    int64_t count;    /* digits from there on */
    int64_t exponent; /* of the last digit */
} NumberText;

static size_t digits_from(Str text, size_t at)
{
    while (at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9') at++;
    return at;
}

/* ( "e" | "E" ) [ "+" | "-" ] digits, up to the end of text; empty text is exponent 0. */
static bool scan_exponent(Str text, int64_t *exponent)
{
    *exponent = 0;
    if (text.len == 0) return true;
    if (text.ptr[0] != 'e' && text.ptr[0] != 'E') return false;
    size_t at = 1;
    bool negative = text.len > 1 && text.ptr[1] == '-';
    if (negative || (text.len > 1 && text.ptr[1] == '+')) at = 2;
    if (at == text.len || digits_from(text, at) != text.len) return false;
    for (; at < text.len; at++) {
        if (*exponent < EXPONENT_LIMIT) *exponent = *exponent * 10 + (text.ptr[at] - '0');
    }
    if (negative) *exponent = -*exponent;
    return true;
}

static bool scan_number(Str text, NumberText *out)
{
    *out = (NumberText){.negative = text.len > 0 && text.ptr[0] == '-'};
    size_t from = out->negative || (text.len > 0 && text.ptr[0] == '+') ? 1 : 0;
    size_t end = digits_from(text, from), fraction = 0;
    if (end < text.len && text.ptr[end] == '.') {
        size_t point = end;
        end = digits_from(text, point + 1);
        fraction = end - point - 1;
        if (fraction == 0) return false;
    }
    if (end == from) return false;
    out->digits = str_slice(text, from, end);
    if (!scan_exponent(str_slice(text, end, text.len), &out->exponent)) return false;
    out->exponent -= (int64_t)fraction;
    size_t all = end - from - (fraction > 0), leading = 0;
    for (size_t i = from; i < end; i++) {
        if (text.ptr[i] == '.') continue;
        if (text.ptr[i] != '0') break;
        leading++;
    }
    out->leading = (int64_t)leading;
    out->count = (int64_t)(all - leading);
    return true;
}

/* The first keep digits that count, rounded half-even by the others. */
static Uint128 collect_digits(const NumberText *n, int64_t keep)
{
    Uint128 c = 0;
    int64_t skip = n->leading, seen = 0;
    int first_dropped = 0;
    bool more = false;
    for (size_t i = 0; i < n->digits.len; i++) {
        int digit = n->digits.ptr[i] - '0';
        if (n->digits.ptr[i] == '.' || skip-- > 0) continue;
        if (seen < keep) {
            c = c * 10 + (unsigned)digit;
        } else if (seen == keep) {
            first_dropped = digit;
        } else {
            more = more || digit != 0;
        }
        seen++;
    }
    bool up = first_dropped > 5 || (first_dropped == 5 && (more || (c & 1)));
    return c + up;
}

/* Bring a coefficient of at most 10^34 and an exponent of at least -6176 into range. */
static bool from_exponent(Uint128 c, int64_t exponent, bool negative, Dec *out)
{
    if (c == dec_power_of_ten(DEC_DIGITS)) {
        c /= 10;
        exponent++;
    }
    if (c == 0 && exponent > -DEC_SCALE_MIN) exponent = -DEC_SCALE_MIN;
    if (exponent > -DEC_SCALE_MIN) {
        /* Too large an exponent may still be written with zeros at the end. */
        int64_t zeros = exponent + DEC_SCALE_MIN;
        if (zeros > DEC_DIGITS - dec_digit_count(c)) return false;
        c *= dec_power_of_ten((int)zeros);
        exponent = -DEC_SCALE_MIN;
    }
    *out = dec_from_checked_parts((DecParts){c, (int)-exponent, negative});
    return true;
}

bool dec_parse(Str text, Dec *out)
{
    if (parse_fast(text, out)) return true;
    NumberText n;
    if (!scan_number(text, &n)) return false;
    int64_t drop = n.count > DEC_DIGITS ? n.count - DEC_DIGITS : 0;
    int64_t finest = -(int64_t)DEC_SCALE_MAX;
    if (n.exponent + drop < finest) drop = finest - n.exponent;
    /* With more digits dropped than there are, the first of them is a zero before the number. */
    Uint128 c = drop > n.count ? 0 : collect_digits(&n, n.count - drop);
    return from_exponent(c, n.exponent + drop, n.negative, out);
}

/* ---- Writing. */

#define DIGITS_ROOM 40u

/* The digits of c at the end of room; at least one. */
static Str coefficient_text(Uint128 c, char room[DIGITS_ROOM])
{
    size_t at = DIGITS_ROOM;
    do {
        /* 64-bit division is many times faster, and most numbers begin and end there. */
        uint64_t part = c <= UINT64_MAX ? (uint64_t)c : (uint64_t)(c % 10000000000000000u);
        int places = c <= UINT64_MAX ? 1 : 16;
        c = c <= UINT64_MAX ? 0 : c / 10000000000000000u;
        for (; places > 0 || part > 0; places--, part /= 10) {
            room[--at] = (char)('0' + part % 10);
        }
    } while (c > 0);
    check(at < DIGITS_ROOM);
    return (Str){room + at, DIGITS_ROOM - at};
}

static void write_zeros(int count, Buf *out)
{
    for (int i = 0; i < count; i++) buf_add_char(out, '0');
}

/* The digits with the point set scale digits before their end. */
static void write_plain(Str digits, int scale, Buf *out)
{
    int whole = (int)digits.len - scale;
    if (whole > 0) {
        buf_add(out, str_slice(digits, 0, (size_t)whole));
    } else {
        buf_add_char(out, '0');
    }
    if (scale <= 0) return;
    buf_add_char(out, '.');
    if (whole < 0) write_zeros(-whole, out);
    buf_add(out, str_slice(digits, whole > 0 ? (size_t)whole : 0, digits.len));
}

void dec_write(Dec d, Buf *out)
{
    DecParts p = dec_to_parts(d);
    char room[DIGITS_ROOM];
    Str digits = coefficient_text(p.coefficient, room);
    if (p.negative) buf_add_char(out, '-');
    if (p.scale >= 0) {
        write_plain(digits, p.scale, out);
        return;
    }
    buf_add(out, digits);
    if (p.coefficient != 0) write_zeros(-p.scale, out);
}

void dec_write_exact(Dec d, Buf *out)
{
    DecParts p = dec_to_parts(d);
    char room[DIGITS_ROOM];
    Str digits = coefficient_text(p.coefficient, room);
    if (p.negative) buf_add_char(out, '-');
    if (p.scale >= 0 && p.scale <= (int)digits.len + PLAIN_ZEROS_MAX) {
        write_plain(digits, p.scale, out);
        return;
    }
    buf_add(out, digits);
    buf_add_char(out, 'e');
    buf_add_int(out, -(int64_t)p.scale);
}
