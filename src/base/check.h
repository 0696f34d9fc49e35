/* check.h - what must hold. A failed check is a bug: it prints place and condition and aborts.
 *
 * Checks stay on in production. They never judge a user's input: that is what Err is for.
 * Floor 0. Any thread. */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

#define check(condition) \
    ((condition) ? (void)0 : check_failed(#condition, __FILE__, __LINE__))

_Noreturn void check_failed(const char *condition, const char *file, int line);

#endif
