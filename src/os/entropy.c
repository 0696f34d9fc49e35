/* Randomness: the kernel's, or a repeatable stream for tests and the simulator.
 *
 * The seeded stream is SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number
 * generators", OOPSLA 2014): the state goes up by the odd constant 2^64 / golden ratio, and
 * each output is the state mixed by two multiplications. Output words are written little-endian
 * one after the other; a request that is not a multiple of 8 bytes drops the rest of its last
 * word. So a seed and the sizes of the requests decide every byte, on any machine. It is
 * predictable and must never make a secret.
 *
 * Both may be used by any thread: the state is one atomic addition. */
#include "os/os.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/check.h"

struct Entropy {
    bool seeded;
    _Atomic uint64_t state; /* seeded only */
};

Entropy *entropy_system(void)
{
    static Entropy system_entropy = {.seeded = false};
    return &system_entropy;
}

Entropy *entropy_seeded_open(uint64_t seed)
{
    Entropy *e = malloc(sizeof *e);
    check(e != NULL);
    e->seeded = true;
    atomic_init(&e->state, seed);
    return e;
}

void entropy_close(Entropy *e)
{
    if (e && e->seeded) free(e);
}

static uint64_t next_word(Entropy *e)
{
    const uint64_t step = 0x9e3779b97f4a7c15u;
    uint64_t z = atomic_fetch_add(&e->state, step) + step;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static void fill_from_kernel(uint8_t *out, size_t count)
{
    while (count > 0) {
        ssize_t got = getrandom(out, count, 0);
        /* Large requests may be cut short or interrupted by a signal; nothing else can fail. */
        check(got > 0 || errno == EINTR);
        if (got < 0) continue;
        out += got;
        count -= (size_t)got;
    }
}

void entropy_fill(Entropy *e, void *out, size_t count)
{
    uint8_t *bytes = out;
    if (!e->seeded) {
        fill_from_kernel(bytes, count);
        return;
    }
    uint64_t word = 0;
    for (size_t i = 0; i < count; i++) {
        if (i % 8 == 0) word = next_word(e);
        bytes[i] = (uint8_t)(word >> 8 * (i % 8));
    }
}
