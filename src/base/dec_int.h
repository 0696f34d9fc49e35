/* dec_int.h - how a Dec looks inside.
 *
 *     small   word[0]  coefficient, int64, |coefficient| < 10^18
 *             word[1]  scale as int32, zero-extended; bits 62 and 61 are 00
 *     large   word[0]  low word of a BID128
 *             word[1]  its high word with bits 62 and 61 inverted
 *
 * In a canonical finite BID128 bits 62 and 61 are never 11 (that opens the encodings of
 * infinities, NaN and non-canonical coefficients), so their inverse is never 00 and the two
 * forms cannot be confused. A number with at most 18 digits is always small, so every number
 * of a given scale has one form.
 *
 *     BID128   sign 1 | biased exponent 14 | coefficient 113      value = coefficient
 *              bit 127   bits 126..113       bits 112..0                 * 10^(biased - 6176)
 *
 * Internal to src/base. Pure. */
#ifndef BASE_DEC_INT_H
#define BASE_DEC_INT_H

#include "base/dec.h"
#include "base/dec_bid.h"

#define DEC_DIGITS 34
#define DEC_SCALE_MAX 6176
#define DEC_SCALE_MIN (-6111)
#define DEC_SMALL_DIGITS 18
#define DEC_SMALL_LIMIT 1000000000000000000ll /* 10^18 */
#define DEC_FORM_BITS ((uint64_t)3 << 61)

typedef unsigned __int128 Uint128;

/* Sign, coefficient and scale of any number; a coefficient of 0 has no sign. */
typedef struct DecParts {
    Uint128 coefficient; /* below 10^34 */
    int scale;
    bool negative;
} DecParts;

static inline bool dec_is_small(Dec d)
{
    return (d.word[1] & DEC_FORM_BITS) == 0;
}

static inline int64_t dec_small_coefficient(Dec d)
{
    return (int64_t)d.word[0];
}

static inline int dec_small_scale(Dec d)
{
    return (int32_t)(uint32_t)d.word[1];
}

static inline Dec dec_small(int64_t coefficient, int scale)
{
    return (Dec){{(uint64_t)coefficient, (uint32_t)scale}};
}

static inline bool dec_scale_fits(int scale)
{
    return scale >= DEC_SCALE_MIN && scale <= DEC_SCALE_MAX;
}

static inline bool dec_coefficient_is_small(int64_t coefficient)
{
    return coefficient > -DEC_SMALL_LIMIT && coefficient < DEC_SMALL_LIMIT;
}

/* 10^n for n in 0..38. */
Uint128 dec_power_of_ten(int n);
/* Number of decimal digits of c; requires c > 0. */
int dec_digit_count(Uint128 c);
DecParts dec_to_parts(Dec d);
/* Requires a coefficient below 10^34 and a scale in range. */
Dec dec_from_checked_parts(DecParts parts);
BID_UINT128 dec_to_bid(Dec d);
/* False for infinities and NaN: then *out is left alone. */
bool dec_from_bid(BID_UINT128 b, Dec *out);

#endif
