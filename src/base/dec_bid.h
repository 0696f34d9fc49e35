/* dec_bid.h - Intel's decimal library as floor 0 calls it: arguments by value, rounding mode as
 * the last argument but one, exception flags through a pointer.
 *
 * The library's headers are not written for our warnings, hence system_header.
 * Internal to src/base. Any thread: the library keeps no state in this form. */
#ifndef BASE_DEC_BID_H
#define BASE_DEC_BID_H
#pragma GCC system_header

#define DECIMAL_CALL_BY_REFERENCE 0
#define DECIMAL_GLOBAL_ROUNDING 0
#define DECIMAL_GLOBAL_EXCEPTION_FLAGS 0
#include <bid_conf.h>
#include <bid_functions.h>

#endif
