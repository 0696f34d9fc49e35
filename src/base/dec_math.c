/* Rounding, remainder and square root of decimal numbers.
 *
 * dec_round is quantize: the result has exactly the scale asked for ("2" to scale 2 is "2.00"),
 * unless the zeros to be added would not fit into 34 digits; then the number, which needs no
 * rounding, is returned as it is. It is done on the coefficient, without the library:
 *
 *     coefficient = quotient * 10^drop + rest,   0 <= rest < 10^drop
 *
 * and the mode decides from the sign, the parity of the quotient and the comparison of rest
 * with half of 10^drop whether one is added to the quotient. A drop beyond all digits leaves
 * quotient 0 and a rest below half.
 *
 * dec_modulo is exact but for one rounding: the remainder of the truncated division is always
 * exact, and when its sign is not that of the divisor one divisor is added. Computing
 * a - b * floor(a / b) literally would round the quotient first, and be wrong beyond 34 digits.
 */
#include "base/dec_int.h"

#include "base/check.h"

/* ---- Rounding. */

/* Is one added to the quotient's size? half: how the rest compares with one half. */
static bool rounds_up(Rounding mode, bool negative, bool odd, int half, bool exact)
{
    if (exact) return false;
    switch (mode) {
    case ROUND_HALF_EVEN:
        return half > 0 || (half == 0 && odd);
    case ROUND_HALF_UP:
        return half >= 0;
    case ROUND_HALF_DOWN:
        return half > 0;
    case ROUND_UP:
        return true;
    case ROUND_DOWN:
        return false;
    case ROUND_CEILING:
        return !negative;
    default:
        check(mode == ROUND_FLOOR);
        return negative;
    }
}

/* Drop the last digits of a coefficient. */
static Uint128 drop_digits(DecParts p, int drop, Rounding mode)
{
    /* 35 or more leave nothing, and the rest is below one half: as for 35. */
    Uint128 unit = dec_power_of_ten(drop > DEC_DIGITS ? DEC_DIGITS + 1 : drop);
    Uint128 quotient, rest;
    if (p.coefficient <= UINT64_MAX && unit <= UINT64_MAX) {
        quotient = (uint64_t)p.coefficient / (uint64_t)unit;
        rest = (uint64_t)p.coefficient % (uint64_t)unit;
    } else {
        quotient = p.coefficient / unit;
        rest = p.coefficient - quotient * unit;
    }
    Uint128 half = unit / 2;
    bool up = rounds_up(mode, p.negative, quotient & 1, (rest > half) - (rest < half), rest == 0);
    return quotient + up;
}

/* coefficient * 10^zeros, when it stays below 10^34. */
static bool add_zeros(Uint128 coefficient, int zeros, Uint128 *out)
{
    if (coefficient == 0) {
        *out = 0;
        return true;
    }
    if (zeros > DEC_DIGITS - dec_digit_count(coefficient)) return false;
    *out = coefficient * dec_power_of_ten(zeros);
    return true;
}

bool dec_round(Dec a, int scale, Rounding mode, Dec *out)
{
    DecParts p = dec_to_parts(a);
    if (scale > DEC_SCALE_MAX) scale = DEC_SCALE_MAX;
    /* Nothing is as large as 10^6145: finer steps below that make no difference, and the
     * subtraction below cannot overflow. */
    if (scale < -2 * DEC_SCALE_MAX) scale = -2 * DEC_SCALE_MAX;
    if (scale >= p.scale) {
        if (!add_zeros(p.coefficient, scale - p.scale, &p.coefficient)) {
            *out = a;
            return true;
        }
    } else {
        p.coefficient = drop_digits(p, p.scale - scale, mode);
    }
    p.scale = scale;
    if (scale < DEC_SCALE_MIN) {
        /* The unit itself is out of range; its multiples may be written with the smallest. */
        if (!add_zeros(p.coefficient, DEC_SCALE_MIN - scale, &p.coefficient)) return false;
        p.scale = DEC_SCALE_MIN;
    }
    *out = dec_from_checked_parts(p);
    return true;
}

bool dec_to_fen(Dec yuan, Rounding mode, Fen *out)
{
    Dec rounded;
    bool in_range = dec_round(yuan, 2, mode, &rounded);
    check(in_range);
    DecParts p = dec_to_parts(rounded);
    if (p.scale != 2 || p.coefficient > (Uint128)INT64_MAX + p.negative) return false;
    uint64_t size = (uint64_t)p.coefficient;
    out->amount = (int64_t)(p.negative ? 0 - size : size);
    return true;
}

/* ---- Remainder. */

bool dec_modulo(Dec a, Dec b, Dec *out)
{
    int sign = dec_sign(b);
    if (sign == 0) return false;
    if (dec_is_small(a) && a.word[1] == b.word[1]) {
        int64_t y = dec_small_coefficient(b), rest = dec_small_coefficient(a) % y;
        bool wrong_side = rest != 0 && (rest < 0) != (y < 0);
        *out = dec_small(wrong_side ? rest + y : rest, dec_small_scale(a));
        return true;
    }
    _IDEC_flags flags = 0;
    Dec rest;
    bool finite = dec_from_bid(bid128_fmod(dec_to_bid(a), dec_to_bid(b), &flags), &rest);
    check(finite);
    if (dec_sign(rest) == -sign) return dec_add(rest, b, out);
    *out = rest;
    return true;
}

/* ---- Square root: rounded once by the library, with IEEE's preferred scale. */

bool dec_sqrt(Dec a, Dec *out)
{
    if (dec_sign(a) < 0) return false;
    _IDEC_flags flags = 0;
    return dec_from_bid(bid128_sqrt(dec_to_bid(a), BID_ROUNDING_TO_NEAREST, &flags), out);
}
