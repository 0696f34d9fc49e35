/* dec_wide.h - binary numbers of 256 bits, for the inside of powers and logarithms.
 *
 * A Wide is mantissa * 2^exponent, its mantissa an integer with the top bit set (or zero).
 * Every operation truncates: an error below two units of the last bit, 2^-254 of the value.
 * Internal to src/base. Pure. */
#ifndef BASE_DEC_WIDE_H
#define BASE_DEC_WIDE_H

#include "base/dec_int.h"

#define WIDE_LIMBS 4
#define WIDE_BITS 256

typedef struct Wide {
    uint64_t limb[WIDE_LIMBS]; /* mantissa, lowest limb first; all zero: the number 0 */
    int64_t exponent;          /* 0 when the number is 0 */
    bool negative;
} Wide;

Wide wide_from_int(int64_t n);
Wide wide_from_dec(Dec d);
bool wide_is_zero(Wide a);
Wide wide_negate(Wide a);
Wide wide_add(Wide a, Wide b);
Wide wide_multiply(Wide a, Wide b);
Wide wide_divide_by(Wide a, uint64_t divisor); /* 0 < divisor < 2^63 */
/* The power of two above the size: |a| < 2^bits; requires a != 0. */
int64_t wide_bits(Wide a);
/* Round to 34 digits, half-even; what lies within 2^-100 of a tie is one. *exact: the
 * 34 digits are the number, within 2^-100 of the last. False above the range of Dec; below it
 * the result is 0. */
bool wide_to_dec(Wide a, Dec *out, bool *exact);

#endif
