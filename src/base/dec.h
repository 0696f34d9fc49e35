/* dec.h - decimal numbers of FEEL: IEEE 754-2008 decimal128, 34 digits, half-even, scale kept.
 *
 * A Dec is 16 bytes. Small: an int64 coefficient and a scale (value = coefficient * 10^-scale),
 * used whenever the coefficient has at most 18 digits; large: the same pair as a BID128 of
 * Intel's decimal library. Every operation tries the small path with overflow checks first and
 * returns to it when the result fits, so one number has one representation and equality of
 * scale and digits is equality of bytes. There are no infinities, no NaN and no negative zero:
 * an operation whose result would be one returns false and leaves *out alone.
 * DMN 1.5 10.3.2.3.1; the scale lies in [-6111, 6176].
 * Floor 0. Pure. */
#ifndef BASE_DEC_H
#define BASE_DEC_H

#include "base/buf.h"
#include "base/fen.h"

typedef struct Dec {
    uint64_t word[2]; /* dec.c says what is in it; zero bytes are the number 0 */
} Dec;

typedef enum Rounding {
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,   /* away from zero on a tie */
    ROUND_HALF_DOWN, /* towards zero on a tie */
    ROUND_UP,        /* away from zero */
    ROUND_DOWN,      /* towards zero: truncation */
    ROUND_CEILING,
    ROUND_FLOOR,
} Rounding;

Dec dec_from_int(int64_t n);
/* coefficient * 10^-scale. False when the scale is out of range. */
bool dec_from_parts(int64_t coefficient, int scale, Dec *out);
/* [+-] digits [. digits] [e [+-] digits], at least one digit; rounds to 34 digits half-even.
 * False when text is not a number or out of range. */
bool dec_parse(Str text, Dec *out);
/* Plain digits without exponent, as FEEL's string() prints a number: scale kept, "1.50";
 * negative scale filled with zeros, "1200". */
void dec_write(Dec d, Buf *out);
/* Exact text, for JSON and the journal: plain while the scale is not negative and at most six
 * zeros stand between the point and the first digit, otherwise with exponent ("12e3"). dec_parse
 * reads the same digits and scale back. */
void dec_write_exact(Dec d, Buf *out);

bool dec_add(Dec a, Dec b, Dec *out);
bool dec_subtract(Dec a, Dec b, Dec *out);
bool dec_multiply(Dec a, Dec b, Dec *out);
bool dec_divide(Dec a, Dec b, Dec *out); /* false on division by zero */
/* a - b * floor(a / b): the sign of the result is that of b (FEEL modulo). */
bool dec_modulo(Dec a, Dec b, Dec *out);
/* Power, exp and log are rounded correctly. 0 ** 0 is 1; false for 0 to a negative power and for
 * a negative number to a power that is not whole. */
bool dec_power(Dec a, Dec b, Dec *out);
bool dec_sqrt(Dec a, Dec *out);
bool dec_exp(Dec a, Dec *out);
bool dec_log(Dec a, Dec *out); /* natural logarithm; false for a <= 0 */
Dec dec_negate(Dec a);
Dec dec_abs(Dec a);
/* Round to the scale (digits behind the point; may be negative). The result has exactly that
 * scale ("2" to 2 is "2.00"), unless the added zeros do not fit into 34 digits. */
bool dec_round(Dec a, int scale, Rounding mode, Dec *out);

/* Numeric order: 2.0 and 2.00 are equal. */
int dec_compare(Dec a, Dec b);
int dec_sign(Dec a);
int dec_scale(Dec a);
bool dec_is_integer(Dec a);
/* The value as int64; false when it has a fraction or does not fit. */
bool dec_to_int64(Dec a, int64_t *out);
/* Equal numbers (2.0 and 2.00) have equal hashes. */
uint64_t dec_hash(Dec a);
/* Yuan to fen by a rounding rule; false on overflow. */
bool dec_to_fen(Dec yuan, Rounding mode, Fen *out);
Dec dec_from_fen(Fen f); /* yuan with scale 2 */

#endif
