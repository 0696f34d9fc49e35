/* fen.h - money in fen (分), whole numbers, checked.
 *
 * Floor 0. Pure. False means overflow: nothing is written. */
#ifndef BASE_FEN_H
#define BASE_FEN_H

#include "base/buf.h"

typedef struct Fen {
    int64_t amount;
} Fen;

bool fen_add(Fen a, Fen b, Fen *out);
bool fen_subtract(Fen a, Fen b, Fen *out);
bool fen_multiply(Fen a, int64_t factor, Fen *out);
/* Quotient (towards minus infinity) and the remainder in [0, divisor); requires divisor > 0. */
void fen_divide(Fen a, int64_t divisor, Fen *quotient, Fen *remainder);
/* "1234.56" yuan. */
void fen_write(Fen a, Buf *out);
/* Yuan with at most two decimals; false when it is not one or does not fit. */
bool fen_parse(Str text, Fen *out);

#endif
