/* 256-bit floating point, just enough of it.
 *
 *     value = (limb[3] limb[2] limb[1] limb[0]) * 2^exponent        limb[3] has its top bit set
 *
 * Results are truncated, so a chain of n operations is off by at most 2 n units of 2^-255. The
 * chains of dec_power.c have fewer than 2^16 effective steps, which leaves 238 bits or 71
 * digits: 37 more than are asked for.
 *
 * Going back to decimal. The number is multiplied by the power of ten that makes its integer
 * part have 34 digits; then 128 bits behind the point are looked at:
 *
 *     M * 2^-f     integer part = bits f .. 255 of M,   fraction = bits f-128 .. f-1
 *
 * A power that is exact in 35 or more digits may be a tie (5^50 is one), and truncation would
 * leave it just below; so a fraction within 2^-100 of one half counts as one half. A number
 * that comes so near by chance occurs once in 10^30. */
#include "base/dec_wide.h"

#include <string.h>

#include "base/check.h"

typedef unsigned __int128 Product;

/* A fraction of 128 bits is 2^-100 away from another when they differ by this. */
#define NEAR ((Uint128)1 << 28)
/* 2^20420 is above 10^6145, and 2^-20530 below half of 10^-6176. */
#define BITS_ABOVE_RANGE 20420
#define BITS_BELOW_RANGE (-20530)

bool wide_is_zero(Wide a)
{
    return a.limb[3] == 0;
}

int64_t wide_bits(Wide a)
{
    check(!wide_is_zero(a));
    return a.exponent + WIDE_BITS;
}

/* The 64 bits of the mantissa that begin at a bit position, which may lie outside. */
static uint64_t limb_at(const Wide *a, int64_t position)
{
    int64_t index = position >> 6;
    int shift = (int)(position & 63);
    uint64_t low = index >= 0 && index < WIDE_LIMBS ? a->limb[index] : 0;
    uint64_t high = index >= -1 && index < WIDE_LIMBS - 1 ? a->limb[index + 1] : 0;
    return shift == 0 ? low : low >> shift | high << (64 - shift);
}

static Uint128 bits_at(const Wide *a, int64_t position)
{
    return (Uint128)limb_at(a, position + 64) << 64 | limb_at(a, position);
}

/* The mantissa moved down by shift bits (up when negative), the value kept. */
static Wide shifted(Wide a, int64_t shift)
{
    Wide result = {.exponent = a.exponent + shift, .negative = a.negative};
    for (int i = 0; i < WIDE_LIMBS; i++) result.limb[i] = limb_at(&a, shift + 64 * i);
    return result;
}

/* Move the top bit to its place; a zero mantissa becomes the number 0. */
static Wide normalise(Wide a)
{
    int top = WIDE_LIMBS - 1;
    while (top >= 0 && a.limb[top] == 0) top--;
    if (top < 0) return (Wide){.exponent = 0};
    int shift = 64 * (WIDE_LIMBS - 1 - top) + __builtin_clzll(a.limb[top]);
    return shift == 0 ? a : shifted(a, -shift);
}

Wide wide_from_int(int64_t n)
{
    Wide a = {.limb = {n < 0 ? 0 - (uint64_t)n : (uint64_t)n}, .negative = n < 0};
    return normalise(a);
}

Wide wide_negate(Wide a)
{
    a.negative = !a.negative && !wide_is_zero(a);
    return a;
}

/* ---- Adding. */

/* |a| + |b| with the sign of a; a is the one with the larger exponent. */
static Wide add_sizes(Wide a, Wide b)
{
    Product carry = 0;
    for (int i = 0; i < WIDE_LIMBS; i++) {
        carry += (Product)a.limb[i] + b.limb[i];
        a.limb[i] = (uint64_t)carry;
        carry >>= 64;
    }
    if (carry == 0) return a;
    a = shifted(a, 1);
    a.limb[3] |= (uint64_t)1 << 63;
    return a;
}

/* |a| - |b| with the sign of a, turned round when |b| is the larger. */
static Wide subtract_sizes(Wide a, Wide b)
{
    uint64_t borrow = 0;
    for (int i = 0; i < WIDE_LIMBS; i++) {
        Product difference = (Product)a.limb[i] - b.limb[i] - borrow;
        a.limb[i] = (uint64_t)difference;
        borrow = (uint64_t)(difference >> 64) & 1;
    }
    if (borrow) {
        uint64_t carry = 1;
        for (int i = 0; i < WIDE_LIMBS; i++) {
            a.limb[i] = ~a.limb[i] + carry;
            carry = carry && a.limb[i] == 0;
        }
        a.negative = !a.negative;
    }
    return normalise(a);
}

Wide wide_add(Wide a, Wide b)
{
    if (wide_is_zero(a)) return b;
    if (wide_is_zero(b)) return a;
    if (a.exponent < b.exponent) {
        Wide larger = b;
        b = a;
        a = larger;
    }
    int64_t apart = a.exponent - b.exponent;
    if (apart >= WIDE_BITS) return a;
    b = shifted(b, apart);
    return a.negative == b.negative ? add_sizes(a, b) : subtract_sizes(a, b);
}

/* ---- Multiplying and dividing. */

Wide wide_multiply(Wide a, Wide b)
{
    uint64_t product[2 * WIDE_LIMBS] = {0};
    for (int i = 0; i < WIDE_LIMBS; i++) {
        uint64_t carry = 0;
        for (int j = 0; j < WIDE_LIMBS; j++) {
            Product sum = (Product)a.limb[i] * b.limb[j] + product[i + j] + carry;
            product[i + j] = (uint64_t)sum;
            carry = (uint64_t)(sum >> 64);
        }
        product[i + WIDE_LIMBS] = carry;
    }
    Wide result = {
        .exponent = a.exponent + b.exponent + WIDE_BITS,
        .negative = a.negative != b.negative,
    };
    memcpy(result.limb, product + WIDE_LIMBS, sizeof result.limb);
    return normalise(result);
}

Wide wide_divide_by(Wide a, uint64_t divisor)
{
    check(divisor > 0 && divisor < (uint64_t)1 << 63);
    if (wide_is_zero(a)) return a;
    /* A fifth limb of quotient fills the bits that a divisor above 1 clears at the top. */
    uint64_t quotient[WIDE_LIMBS + 1], rest = 0;
    for (int i = WIDE_LIMBS; i >= 0; i--) {
        Product part = (Product)rest << 64 | (i > 0 ? a.limb[i - 1] : 0);
        quotient[i] = (uint64_t)(part / divisor);
        rest = (uint64_t)(part % divisor);
    }
    Wide result = {.exponent = a.exponent, .negative = a.negative};
    memcpy(result.limb, quotient + 1, sizeof result.limb);
    /* The top limb is not zero: the divisor is below a's. */
    int empty = __builtin_clzll(result.limb[3]);
    result = normalise(result);
    if (empty > 0) result.limb[0] |= quotient[0] >> (64 - empty);
    return result;
}

/* ---- From and to decimal. */

static Wide power_of_ten(int64_t n)
{
    Wide result = wide_from_int(1), square = wide_from_int(10);
    if (n < 0) square = wide_divide_by(wide_from_int(1), 10);
    for (int64_t left = n < 0 ? -n : n; left > 0; left >>= 1) {
        if (left & 1) result = wide_multiply(result, square);
        square = wide_multiply(square, square);
    }
    return result;
}

Wide wide_from_dec(Dec d)
{
    DecParts p = dec_to_parts(d);
    Wide a = {
        .limb = {(uint64_t)p.coefficient, (uint64_t)(p.coefficient >> 64)},
        .negative = p.negative,
    };
    a = normalise(a);
    return p.scale == 0 ? a : wide_multiply(a, power_of_ten(-p.scale));
}

/* The integer next to |a| * 10^scale, which is below 2^127; ties to even. */
static Uint128 round_scaled(Wide a, int scale, bool *exact)
{
    Wide scaled = wide_multiply(a, power_of_ten(scale));
    int64_t point = -scaled.exponent;
    check(point > WIDE_BITS - 127);
    Uint128 whole = bits_at(&scaled, point), fraction = bits_at(&scaled, point - 128);
    Uint128 half = (Uint128)1 << 127;
    *exact = fraction < NEAR || fraction > 0 - NEAR;
    if (fraction > half - NEAR && fraction < half + NEAR) return whole + (whole & 1);
    return whole + (fraction >= half);
}

/* The decimal exponent of numbers from 2^bits up, or one less. log10(2) = 0.3010299..., which
 * the two fractions bound from below in either direction. */
static int exponent_guess(int64_t bits)
{
    return (int)(bits >= 0 ? bits * 30102 / 100000 : (bits * 30103 - 99999) / 100000);
}

bool wide_to_dec(Wide a, Dec *out, bool *exact)
{
    int64_t bits = wide_bits(a);
    *exact = false;
    if (bits > BITS_ABOVE_RANGE) return false;
    if (bits < BITS_BELOW_RANGE) {
        *out = dec_small(0, DEC_SCALE_MAX);
        return true;
    }
    int scale = DEC_DIGITS - 1 - exponent_guess(bits - 1);
    if (scale > DEC_SCALE_MAX) scale = DEC_SCALE_MAX;
    Uint128 c = round_scaled(a, scale, exact);
    if (c >= dec_power_of_ten(DEC_DIGITS)) c = round_scaled(a, --scale, exact);
    if (scale < DEC_SCALE_MIN) return false;
    *out = dec_from_checked_parts((DecParts){c, scale, a.negative});
    return true;
}
