/* process_random.h - random valid processes, and plays of them to their end.
 *
 * A model is made from dice: bytes first (a fuzzer's), then a generator seeded by them, so every
 * input gives a model and the same input the same one. What is made can always end: whoever
 * completes what waits, long enough, with `again` = false in the end, brings every instance to its
 * end. A play that gets stuck has found a lost token.
 *
 * Two kinds of parts:
 *   blocks   nested in pairs: parallel, inclusive, exclusive, loops, sub-processes, boundary
 *            events, event gateways, calls, complex joins
 *   knots    gateways without order: every join is inclusive or exclusive, ways lead forward over
 *            each other's heads, back through a task, and out of boundary events */
#ifndef TESTS_PROCESS_RANDOM_H
#define TESTS_PROCESS_RANDOM_H

#include "unit/process_node.h"

typedef struct Dice {
    Str bytes;
    uint64_t state;
} Dice;

Dice dice_of(Str bytes);
Dice dice_seeded(uint64_t seed);
/* 0 .. sides - 1 */
unsigned dice_roll(Dice *d, unsigned sides);

typedef struct RandomOptions {
    bool only_knots; /* no complex gateways and other things the oracle does not judge */
    unsigned parts;  /* at most; 0: 12 */
} RandomOptions;
/* A BPMN file with the processes "m" and "called". */
Str random_model(Arena *a, Dice *d, RandomOptions options);

/* Install the model, start it, and complete what waits until nothing does. NULL, or what went
 * wrong: the model was refused, something got stuck, rows were left, the replay differs. */
const char *random_play(TestNode *n, Dice *d, Str model, unsigned actions);

#endif
