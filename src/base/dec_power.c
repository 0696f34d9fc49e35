/* Powers, the exponential function and the natural logarithm, rounded correctly.
 *
 * The decimal library has these functions too, but works in 128 bits of binary: its exp and log
 * are up to 1.2 units of the last place off, and its powers lose a digit for every digit of
 * the result's exponent. A rule that compounds interest over thirty years must give the same
 * last digit everywhere, so they are computed here in 256 bits (dec_wide.c) and rounded once.
 *
 * exp(x). With k the integer next to x / ln 2 and r = x - k ln 2, |r| <= 1/2:
 *
 *     exp(x) = 2^k * exp(r / 2^16) ^ (2^16)
 *
 * The inner exponential is the Taylor series: its argument is below 2^-17, and the term of
 * degree 15 is below 2^-295. Sixteen squarings cost 16 of the 256 bits.
 *
 * log(a). The library's logarithm y is right to about 33 digits, so a / exp(y) = 1 + d with d of
 * about 10^-30 or less, and log(a) = y + d - d^2/2, with an error of d^3 / 3.
 *
 * a ** b is exp(b * log |a|), with two exceptions that keep what is exact exact:
 *
 *     whole b     multiplied out, as long as no digit is lost: 1.50 ** 2 is 2.2500; for b < 0
 *                 the reciprocal of that, rounded once
 *     exact end   when the 34 digits of the result are the value itself, zeros behind the
 *                 point are dropped: 9 ** 0.5 is 3, 32 ** 0.2 is 2
 *
 * 0 ** 0 is 1, 0 to a negative power does not exist, nor does a negative number to a power that
 * is not whole. */
#include "base/dec_wide.h"

#include "base/check.h"

/* Whole exponents up to this size are tried exactly: 2^112 has 34 digits, 1.1^33 too, and only
 * powers of ten go on, until they leave the range. */
#define POWER_EXACT_MAX 12400

#define HALVINGS 16
#define SERIES_DEGREE 14

/* No exponential of 2^14 or more is in range: e^16384 is above 10^7115. */
#define EXP_BITS_MAX 14

/* ln 2 * 2^256 and 2^63 / ln 2. */
static const Wide ln_2 = {
    .limb = {0x8a0d175b8baafa2b, 0x40f343267298b62d, 0xc9e3b39803f2f6af, 0xb17217f7d1cf79ab},
    .exponent = -WIDE_BITS,
};
#define INVERSE_LN_2 0xb8aa3b295c17f0bbu

/* The integer next to x / ln 2 for 0 < |x| < 2^14; any neighbour would do. */
static int64_t binary_exponent(Wide x)
{
    int64_t bits = wide_bits(x);
    if (bits < 0) return 0;
    /* The top limb is |x| * 2^(64 - bits), so the product is |x| / ln 2 * 2^(127 - bits). */
    Uint128 product = (Uint128)x.limb[WIDE_LIMBS - 1] * INVERSE_LN_2;
    int64_t k = (int64_t)((product >> (126 - bits)) + 1) / 2;
    return x.negative ? -k : k;
}

/* e to the power x; requires 0 < |x| < 2^14. */
static Wide exponential(Wide x)
{
    check(wide_bits(x) <= EXP_BITS_MAX);
    const Wide one = wide_from_int(1);
    int64_t k = binary_exponent(x);
    Wide r = wide_add(x, wide_multiply(ln_2, wide_from_int(-k)));
    r.exponent -= HALVINGS;
    Wide sum = one;
    for (unsigned n = SERIES_DEGREE; n > 0; n--) {
        sum = wide_add(one, wide_divide_by(wide_multiply(r, sum), n));
    }
    for (int i = 0; i < HALVINGS; i++) sum = wide_multiply(sum, sum);
    sum.exponent += k;
    return sum;
}

/* The natural logarithm of a > 0 other than 1. */
static Wide logarithm(Dec a)
{
    _IDEC_flags flags = 0;
    Dec near;
    bool finite =
        dec_from_bid(bid128_log(dec_to_bid(a), BID_ROUNDING_TO_NEAREST, &flags), &near);
    check(finite);
    Wide y = wide_from_dec(near);
    Wide ratio = wide_multiply(wide_from_dec(a), exponential(wide_negate(y)));
    Wide d = wide_add(ratio, wide_from_int(-1));
    Wide d_squared = wide_multiply(d, d);
    return wide_add(y, wide_add(d, wide_negate(wide_divide_by(d_squared, 2))));
}

/* exp(x) as a Dec, for x other than 0; false above the range. */
static bool exponential_to_dec(Wide x, Dec *out, bool *exact)
{
    if (wide_bits(x) > EXP_BITS_MAX) {
        *exact = false;
        if (!x.negative) return false;
        *out = dec_small(0, DEC_SCALE_MAX);
        return true;
    }
    return wide_to_dec(exponential(x), out, exact);
}

bool dec_exp(Dec a, Dec *out)
{
    bool exact;
    if (dec_sign(a) == 0) {
        *out = dec_from_int(1);
        return true;
    }
    return exponential_to_dec(wide_from_dec(a), out, &exact);
}

bool dec_log(Dec a, Dec *out)
{
    bool exact;
    if (dec_sign(a) <= 0) return false;
    if (dec_compare(a, dec_from_int(1)) == 0) {
        *out = dec_from_int(0);
        return true;
    }
    return wide_to_dec(logarithm(a), out, &exact);
}

/* ---- Powers. */

/* a * b when no digit is lost. */
static bool multiply_exact(Dec a, Dec b, Dec *out)
{
    _IDEC_flags flags = 0;
    BID_UINT128 product =
        bid128_mul(dec_to_bid(a), dec_to_bid(b), BID_ROUNDING_TO_NEAREST, &flags);
    /* An overflow is inexact too. */
    if (flags & BID_INEXACT_EXCEPTION) return false;
    bool finite = dec_from_bid(product, out);
    check(finite);
    return true;
}

/* a to the power n >= 0 by squaring; false as soon as a product is not exact. */
static bool power_exact(Dec a, int64_t n, Dec *out)
{
    Dec result = dec_from_int(1), square = a;
    while (n > 0) {
        if ((n & 1) && !multiply_exact(result, square, &result)) return false;
        n >>= 1;
        if (n > 0 && !multiply_exact(square, square, &square)) return false;
    }
    *out = result;
    return true;
}

/* a ** n when a ** |n| is exact; at most one rounding, in the reciprocal. */
static bool power_whole(Dec a, int64_t n, Dec *out)
{
    Dec power;
    if (n < -POWER_EXACT_MAX || n > POWER_EXACT_MAX) return false;
    if (!power_exact(a, n < 0 ? -n : n, &power)) return false;
    if (n < 0) return dec_divide(dec_from_int(1), power, out);
    *out = power;
    return true;
}

/* Is the whole number b odd? */
static bool is_odd(Dec b)
{
    Dec rest;
    bool ok = dec_modulo(b, dec_from_int(2), &rest);
    check(ok);
    return dec_sign(rest) != 0;
}

/* Without the zeros at the end of the digits behind the point. */
static Dec without_fraction_zeros(Dec d)
{
    DecParts p = dec_to_parts(d);
    for (; p.scale > 0 && p.coefficient % 10 == 0; p.coefficient /= 10) p.scale--;
    return dec_from_checked_parts(p);
}

/* |a| ** b through the logarithm, for a other than 0 and 1. */
static bool power_by_logarithm(Dec a, Dec b, Dec *out)
{
    bool exact;
    Wide x = wide_multiply(wide_from_dec(b), logarithm(dec_abs(a)));
    if (!exponential_to_dec(x, out, &exact)) return false;
    if (exact) *out = without_fraction_zeros(*out);
    return true;
}

bool dec_power(Dec a, Dec b, Dec *out)
{
    int64_t n;
    bool whole = dec_is_integer(b);
    int sign = dec_sign(a);
    if (sign == 0 && dec_sign(b) < 0) return false;
    if (sign < 0 && !whole) return false;
    if (dec_to_int64(b, &n) && power_whole(a, n, out)) return true;
    Dec size = dec_from_int(sign == 0 ? 0 : 1);
    bool is_plain = sign == 0 || dec_compare(dec_abs(a), size) == 0;
    if (!is_plain && !power_by_logarithm(a, b, &size)) return false;
    *out = sign < 0 && is_odd(b) ? dec_negate(size) : size;
    return true;
}
