/* Decimal numbers: their two forms and the four operations. dec_int.h draws the forms.
 *
 * Three paths. Nearly all numbers of forms and rules are small: an int64 and a scale. Adding,
 * comparing and multiplying them is machine arithmetic, checked for size afterwards. When the
 * scales differ, or a product outgrows 64 bits, the same is done in 128 bits; a result of up
 * to 34 digits is exact, and then IEEE 754-2008 prescribes its exponent, which is what the
 * plain arithmetic gives (add: the larger scale; multiply: the sum). Only what has to be
 * rounded, or comes in large, goes to Intel's library, which rounds once, half-even.
 *
 * Division. IEEE wants an exact quotient with a scale as near as possible to scale(a) -
 * scale(b), and an inexact one with 34 digits. If b divides a the first is immediate.
 * Otherwise library.
 *
 * Edges. A result beyond 9.99...E6144 is refused (false). One below 10^-6176 is rounded to a
 * multiple of it, at worst to 0. Negative zero becomes zero.
 *
 * Comparison of two small numbers with scales apart by more than 18 needs no arithmetic: any
 * non-zero number of the smaller scale is at least 10^19 units of the other. */
#include "base/dec_int.h"

#include "base/check.h"

typedef __int128 Int128;

#define LIMIT_34 (dec_power_of_ten(DEC_DIGITS))
#define TEN_19 10000000000000000000u

static const uint64_t powers[] = {
    1u,
    10u,
    100u,
    1000u,
    10000u,
    100000u,
    1000000u,
    10000000u,
    100000000u,
    1000000000u,
    10000000000u,
    100000000000u,
    1000000000000u,
    10000000000000u,
    100000000000000u,
    1000000000000000u,
    10000000000000000u,
    100000000000000000u,
    1000000000000000000u,
    TEN_19,
};

Uint128 dec_power_of_ten(int n)
{
    check(n >= 0 && n <= 38);
    return n < 20 ? powers[n] : (Uint128)powers[n - 19] * TEN_19;
}

int dec_digit_count(Uint128 c)
{
    check(c > 0);
    int count = 0;
    uint64_t low = (uint64_t)c;
    if (c >= TEN_19) {
        count = 19;
        c /= TEN_19;
        check(c < TEN_19);
        low = (uint64_t)c;
    }
    /* 1233 / 4096 is a little more than log10(2), so the guess is right or one too many. */
    int guess = (64 - __builtin_clzll(low)) * 1233 >> 12;
    return count + guess + (low >= powers[guess]);
}

/* ---- Between the forms. */

DecParts dec_to_parts(Dec d)
{
    if (dec_is_small(d)) {
        int64_t c = dec_small_coefficient(d);
        uint64_t size = c < 0 ? 0 - (uint64_t)c : (uint64_t)c;
        return (DecParts){size, dec_small_scale(d), c < 0};
    }
    uint64_t high = d.word[1] ^ DEC_FORM_BITS;
    return (DecParts){
        .coefficient = (Uint128)(high & (((uint64_t)1 << 49) - 1)) << 64 | d.word[0],
        .scale = DEC_SCALE_MAX - (int)(high >> 49 & 0x3FFF),
        .negative = high >> 63,
    };
}

/* The words of a BID128; requires what dec_from_checked_parts requires. */
static BID_UINT128 bid_of(DecParts p)
{
    BID_UINT128 b;
    b.w[0] = (uint64_t)p.coefficient;
    b.w[1] = (uint64_t)p.negative << 63 | (uint64_t)(DEC_SCALE_MAX - p.scale) << 49 |
             (uint64_t)(p.coefficient >> 64);
    return b;
}

Dec dec_from_checked_parts(DecParts p)
{
    check(dec_scale_fits(p.scale));
    if (p.coefficient < (Uint128)DEC_SMALL_LIMIT) {
        int64_t size = (int64_t)p.coefficient;
        return dec_small(p.negative ? -size : size, p.scale);
    }
    check(p.coefficient < LIMIT_34);
    BID_UINT128 b = bid_of(p);
    return (Dec){{b.w[0], b.w[1] ^ DEC_FORM_BITS}};
}

BID_UINT128 dec_to_bid(Dec d)
{
    if (dec_is_small(d)) return bid_of(dec_to_parts(d));
    BID_UINT128 b;
    b.w[0] = d.word[0];
    b.w[1] = d.word[1] ^ DEC_FORM_BITS;
    return b;
}

bool dec_from_bid(BID_UINT128 b, Dec *out)
{
    /* Infinities and NaN have 1111 below the sign; the library's results are canonical. */
    if ((b.w[1] >> 59 & 15) == 15) return false;
    check((b.w[1] & DEC_FORM_BITS) != DEC_FORM_BITS);
    Dec large = {{b.w[0], b.w[1] ^ DEC_FORM_BITS}};
    bool small = (b.w[1] & (((uint64_t)1 << 49) - 1)) == 0 && b.w[0] < DEC_SMALL_LIMIT;
    *out = small ? dec_from_checked_parts(dec_to_parts(large)) : large;
    return true;
}

/* A signed result of the 128-bit path; false when it has more than 34 digits or its scale is
 * out of range, so that the library has to round. */
static bool from_wide(Int128 n, int scale, Dec *out)
{
    Uint128 size = n < 0 ? 0 - (Uint128)n : (Uint128)n;
    if (size >= LIMIT_34 || !dec_scale_fits(scale)) return false;
    *out = dec_from_checked_parts((DecParts){size, scale, n < 0});
    return true;
}

Dec dec_from_int(int64_t n)
{
    if (dec_coefficient_is_small(n)) return dec_small(n, 0);
    Uint128 size = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    return dec_from_checked_parts((DecParts){size, 0, n < 0});
}

bool dec_from_parts(int64_t coefficient, int scale, Dec *out)
{
    return from_wide(coefficient, scale, out);
}

Dec dec_from_fen(Fen f)
{
    Dec yuan = dec_small(0, 2);
    bool fits = from_wide(f.amount, 2, &yuan);
    check(fits);
    return yuan;
}

/* ---- Adding. */

/* a + b when the scales differ and both are small; false when the library is needed. */
static bool add_aligned(Dec a, Dec b, Dec *out)
{
    int apart = dec_small_scale(a) - dec_small_scale(b);
    if (apart < -DEC_SMALL_DIGITS || apart > DEC_SMALL_DIGITS) return false;
    Int128 x = dec_small_coefficient(a), y = dec_small_coefficient(b);
    if (apart < 0) {
        x *= (Int128)powers[-apart];
    } else {
        y *= (Int128)powers[apart];
    }
    return from_wide(x + y, apart < 0 ? dec_small_scale(b) : dec_small_scale(a), out);
}

bool dec_add(Dec a, Dec b, Dec *out)
{
    if (dec_is_small(a) && dec_is_small(b)) {
        if (a.word[1] == b.word[1]) {
            /* Both are below 10^18, so the sum fits into 64 bits. */
            int64_t sum = dec_small_coefficient(a) + dec_small_coefficient(b);
            if (dec_coefficient_is_small(sum)) {
                *out = (Dec){{(uint64_t)sum, a.word[1]}};
                return true;
            }
            return from_wide(sum, dec_small_scale(a), out);
        }
        if (add_aligned(a, b, out)) return true;
    }
    _IDEC_flags flags = 0;
    return dec_from_bid(
        bid128_add(dec_to_bid(a), dec_to_bid(b), BID_ROUNDING_TO_NEAREST, &flags), out);
}

Dec dec_negate(Dec a)
{
    if (dec_is_small(a)) {
        return (Dec){{0 - a.word[0], a.word[1]}};
    }
    return (Dec){{a.word[0], a.word[1] ^ (uint64_t)1 << 63}};
}

Dec dec_abs(Dec a)
{
    return dec_sign(a) < 0 ? dec_negate(a) : a;
}

bool dec_subtract(Dec a, Dec b, Dec *out)
{
    return dec_add(a, dec_negate(b), out);
}

/* ---- Multiplying and dividing. */

bool dec_multiply(Dec a, Dec b, Dec *out)
{
    if (dec_is_small(a) && dec_is_small(b)) {
        int scale = dec_small_scale(a) + dec_small_scale(b);
        int64_t x = dec_small_coefficient(a), y = dec_small_coefficient(b), product;
        if (!__builtin_mul_overflow(x, y, &product) && dec_coefficient_is_small(product) &&
            dec_scale_fits(scale)) {
            *out = dec_small(product, scale);
            return true;
        }
        if (from_wide((Int128)x * y, scale, out)) return true;
    }
    _IDEC_flags flags = 0;
    return dec_from_bid(
        bid128_mul(dec_to_bid(a), dec_to_bid(b), BID_ROUNDING_TO_NEAREST, &flags), out);
}

bool dec_divide(Dec a, Dec b, Dec *out)
{
    if (dec_sign(b) == 0) return false;
    if (dec_is_small(a) && dec_is_small(b)) {
        int64_t x = dec_small_coefficient(a), y = dec_small_coefficient(b);
        int scale = dec_small_scale(a) - dec_small_scale(b);
        if (x % y == 0 && dec_scale_fits(scale)) {
            *out = dec_small(x / y, scale);
            return true;
        }
    }
    _IDEC_flags flags = 0;
    return dec_from_bid(
        bid128_div(dec_to_bid(a), dec_to_bid(b), BID_ROUNDING_TO_NEAREST, &flags), out);
}

/* ---- Comparing. */

int dec_sign(Dec a)
{
    if (!dec_is_small(a)) return a.word[1] >> 63 ? -1 : 1;
    int64_t c = dec_small_coefficient(a);
    return (c > 0) - (c < 0);
}

int dec_scale(Dec a)
{
    return dec_to_parts(a).scale;
}

/* Two small numbers of different scale. */
static int compare_aligned(Dec a, Dec b)
{
    int64_t x = dec_small_coefficient(a), y = dec_small_coefficient(b);
    int sign = dec_sign(a);
    if (sign != dec_sign(b) || sign == 0) return (x > y) - (x < y);
    int apart = dec_small_scale(a) - dec_small_scale(b);
    if (apart < -DEC_SMALL_DIGITS) return sign;
    if (apart > DEC_SMALL_DIGITS) return -sign;
    Int128 wide_x = x, wide_y = y;
    if (apart < 0) {
        wide_x *= (Int128)powers[-apart];
    } else {
        wide_y *= (Int128)powers[apart];
    }
    return (wide_x > wide_y) - (wide_x < wide_y);
}

int dec_compare(Dec a, Dec b)
{
    if (dec_is_small(a) && dec_is_small(b)) {
        if (a.word[1] != b.word[1]) return compare_aligned(a, b);
        int64_t x = dec_small_coefficient(a), y = dec_small_coefficient(b);
        return (x > y) - (x < y);
    }
    _IDEC_flags flags = 0;
    BID_UINT128 x = dec_to_bid(a), y = dec_to_bid(b);
    if (bid128_quiet_less(x, y, &flags)) return -1;
    return bid128_quiet_greater(x, y, &flags) ? 1 : 0;
}

/* The same number without zeros at the end of its coefficient; zero has scale 0. */
static DecParts without_trailing_zeros(DecParts p)
{
    if (p.coefficient == 0) return (DecParts){0, 0, false};
    while (p.coefficient > UINT64_MAX && p.coefficient % 10 == 0) {
        p.coefficient /= 10;
        p.scale--;
    }
    if (p.coefficient > UINT64_MAX) return p;
    uint64_t c = (uint64_t)p.coefficient;
    for (; c % 10 == 0; c /= 10) p.scale--;
    p.coefficient = c;
    return p;
}

bool dec_is_integer(Dec a)
{
    return dec_scale(a) <= 0 || without_trailing_zeros(dec_to_parts(a)).scale <= 0;
}

bool dec_to_int64(Dec a, int64_t *out)
{
    DecParts p = dec_to_parts(a);
    if (p.scale != 0) p = without_trailing_zeros(p);
    if (p.scale > 0 || p.scale < -DEC_SMALL_DIGITS) return false;
    Uint128 size = p.coefficient;
    if (size > UINT64_MAX) return false;
    size *= powers[-p.scale];
    if (size > (Uint128)INT64_MAX + p.negative) return false;
    *out = (int64_t)(p.negative ? 0 - (uint64_t)size : (uint64_t)size);
    return true;
}

uint64_t dec_hash(Dec a)
{
    DecParts p = without_trailing_zeros(dec_to_parts(a));
    uint64_t h = (uint64_t)p.coefficient ^ (uint64_t)(p.coefficient >> 64) * 0x9e3779b97f4a7c15u;
    h ^= ((uint64_t)(uint32_t)p.scale << 1 | p.negative) * 0xff51afd7ed558ccdu;
    h = (h ^ h >> 32) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 29;
}
