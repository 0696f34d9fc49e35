/* Two clocks behind one door.
 *
 * The system clock is a constant without state. The virtual clock is one atomic number, so that
 * any thread may read it while a test moves it; it moves only forward, because deadlines that
 * have passed must stay passed. clock_monotonic_ns is for measuring spans and has no virtual
 * counterpart: a measurement of a simulation is still a measurement. */
#include "os/os.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"

struct Clock {
    bool is_virtual;
    _Atomic int64_t now_us; /* virtual clocks only */
};

static int64_t read_nanoseconds(clockid_t id)
{
    struct timespec t;
    int failed = clock_gettime(id, &t);
    check(failed == 0);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

Clock *clock_system(void)
{
    static Clock system_clock = {.is_virtual = false};
    return &system_clock;
}

Clock *clock_virtual_open(Instant start)
{
    check(!instant_is_none(start));
    Clock *c = malloc(sizeof *c);
    check(c != NULL);
    c->is_virtual = true;
    atomic_init(&c->now_us, start.us);
    return c;
}

void clock_close(Clock *c)
{
    if (c && c->is_virtual) free(c);
}

Instant clock_now(const Clock *c)
{
    if (c->is_virtual) return (Instant){atomic_load(&c->now_us)};
    return (Instant){read_nanoseconds(CLOCK_REALTIME) / 1000};
}

bool clock_is_virtual(const Clock *c)
{
    return c->is_virtual;
}

bool clock_set(Clock *c, Instant now)
{
    if (!c->is_virtual) return false;
    int64_t before = atomic_load(&c->now_us);
    do {
        if (now.us < before) return false;
    } while (!atomic_compare_exchange_weak(&c->now_us, &before, now.us));
    return true;
}

int64_t clock_monotonic_ns(void)
{
    return read_nanoseconds(CLOCK_MONOTONIC);
}
