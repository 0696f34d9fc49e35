/* Money in whole fen. Every operation is checked; a sum that does not fit is refused and never
 * wrapped. Division has no rounding of its own: it gives quotient and remainder, and the rule
 * of the case says who gets the remainder. Invariant: quotient * divisor + remainder is the
 * dividend, and 0 <= remainder < divisor. */
#include "base/fen.h"

#include "base/check.h"

bool fen_add(Fen a, Fen b, Fen *out)
{
    int64_t sum;
    if (__builtin_add_overflow(a.amount, b.amount, &sum)) return false;
    out->amount = sum;
    return true;
}

bool fen_subtract(Fen a, Fen b, Fen *out)
{
    int64_t difference;
    if (__builtin_sub_overflow(a.amount, b.amount, &difference)) return false;
    out->amount = difference;
    return true;
}

bool fen_multiply(Fen a, int64_t factor, Fen *out)
{
    int64_t product;
    if (__builtin_mul_overflow(a.amount, factor, &product)) return false;
    out->amount = product;
    return true;
}

void fen_divide(Fen a, int64_t divisor, Fen *quotient, Fen *remainder)
{
    check(divisor > 0);
    int64_t q = a.amount / divisor, r = a.amount % divisor;
    if (r < 0) {
        r += divisor;
        q--;
    }
    check(r >= 0 && r < divisor);
    quotient->amount = q;
    remainder->amount = r;
}

void fen_write(Fen a, Buf *out)
{
    uint64_t size = a.amount < 0 ? 0 - (uint64_t)a.amount : (uint64_t)a.amount;
    if (a.amount < 0) buf_add_char(out, '-');
    buf_add_int(out, (int64_t)(size / 100));
    buf_add_char(out, '.');
    buf_add_char(out, (char)('0' + size / 10 % 10));
    buf_add_char(out, (char)('0' + size % 10));
}

/* ['-'] digits ['.' digit [digit]] */
bool fen_parse(Str text, Fen *out)
{
    Str fraction = text;
    Str whole = str_split(&fraction, '.');
    bool negative = whole.len > 0 && whole.ptr[0] == '-';
    bool has_point = fraction.ptr != NULL;
    if (has_point && (fraction.len < 1 || fraction.len > 2)) return false;
    int64_t amount = 0;
    size_t first = negative ? 1 : 0, digits = whole.len + 2;
    if (whole.len == first) return false;
    for (size_t i = first; i < digits; i++) {
        /* The last two places are the fraction, filled up with zeros. */
        size_t behind = i - (i < whole.len ? 0 : whole.len);
        char c = i < whole.len ? whole.ptr[i] : behind < fraction.len ? fraction.ptr[behind] : '0';
        if (c < '0' || c > '9') return false;
        int digit = negative ? '0' - c : c - '0';
        if (__builtin_mul_overflow(amount, 10, &amount) ||
            __builtin_add_overflow(amount, digit, &amount)) {
            return false;
        }
    }
    out->amount = amount;
    return true;
}
