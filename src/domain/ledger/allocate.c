/* allocate.c - a sum divided by weights, to the last fen.
 *
 * All weights are brought to one scale and are whole numbers from then on, so the share of a
 * party is an exact fraction:
 *
 *     units = amount / quantum          exact share i = units * w(i) / W,   W = sum of w
 *     quotient(i) = floor(share i)      remainder(i) = units * w(i) mod W, compared as a number
 *
 * Largest remainder: everybody gets the quotient; the units left over (fewer than there are
 * parties) go one each to the largest remainders, and of equal ones to the one that stands first.
 * Rest: everybody but one gets the share rounded by the stated mode; that one gets what is left,
 * which must not be negative.
 *
 * Sizes: units < 2^53, w(i) < 10^18 < 2^60, so the product stays below 2^113, in 128 bits; W is at
 * most 4096 of them, below 2^72. Nothing is rounded on the way. */
#include "domain/ledger/ledger_int.h"

#include "base/check.h"

typedef unsigned __int128 Wide;

#define WEIGHT_DIGITS_MAX 18
#define WEIGHT_MAX 1000000000000000000ll /* 10^18, exclusive */

static bool cannot(Err *err, const char *en, const char *zh)
{
    return err_set(err, &fault_ledger_allocation_invalid, str_from(en), str_from(zh));
}

/* Weights as whole numbers on the scale of the finest. */
static bool whole_weights(Arena *a, const LedgerAllocation *in, int64_t **out, Wide *sum, Err *err)
{
    int scale = 0;
    int64_t *w = arena_new_array(a, int64_t, in->count);
    if (!w)
        return cannot(err, "there are too many parties", "参与方过多");
    for (size_t i = 0; i < in->count; i++)
        if (dec_scale(in->weights[i]) > scale)
            scale = dec_scale(in->weights[i]);
    if (scale > WEIGHT_DIGITS_MAX)
        return cannot(err, "a weight has more than 18 digits", "权重超过 18 位数字");
    Dec factor = dec_from_int(1);
    for (int i = 0; i < scale; i++)
        dec_multiply(factor, dec_from_int(10), &factor);
    *sum = 0;
    for (size_t i = 0; i < in->count; i++) {
        Dec d;
        if (dec_sign(in->weights[i]) < 0)
            return cannot(err, "a weight is negative", "权重不能为负");
        if (!dec_multiply(in->weights[i], factor, &d) || !dec_to_int64(d, &w[i]) ||
            w[i] >= WEIGHT_MAX)
            return cannot(err, "a weight has more than 18 digits", "权重超过 18 位数字");
        *sum += (Wide)w[i];
    }
    *out = w;
    return *sum > 0 || cannot(err, "all weights are zero", "权重全部为零");
}

/* The party with the largest remainder that has got none yet; SIZE_MAX: none has a remainder. */
static size_t neediest(const Wide *remainders, const bool *served, size_t count)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < count; i++)
        if (!served[i] && remainders[i] > 0 &&
            (best == SIZE_MAX || remainders[i] > remainders[best]))
            best = i;
    return best;
}

static bool largest_remainder(Arena *a, const LedgerAllocation *in, const int64_t *w, Wide sum,
                              int64_t *parts, Err *err)
{
    int64_t units = in->amount / in->quantum, left = units;
    Wide *remainders = arena_new_array(a, Wide, in->count);
    bool *served = arena_new_array(a, bool, in->count);
    if (!remainders || !served)
        return cannot(err, "there are too many parties", "参与方过多");
    for (size_t i = 0; i < in->count; i++) {
        Wide product = (Wide)units * (Wide)w[i];
        parts[i] = (int64_t)(product / sum);
        remainders[i] = product % sum;
        left -= parts[i];
    }
    check(left >= 0 && (size_t)left < in->count);
    for (; left > 0; left--) {
        size_t i = neediest(remainders, served, in->count);
        check(i != SIZE_MAX); /* the remainders sum up to left * sum */
        served[i] = true;
        parts[i]++;
    }
    return true;
}

static bool rounds_up(Rounding mode, Wide quotient, Wide remainder, Wide sum)
{
    switch (mode) {
    case ROUND_UP:
    case ROUND_CEILING: return remainder > 0;
    case ROUND_HALF_UP: return remainder * 2 >= sum;
    case ROUND_HALF_DOWN: return remainder * 2 > sum;
    case ROUND_HALF_EVEN:
        return remainder * 2 > sum || (remainder * 2 == sum && quotient % 2 == 1);
    default: return false;
    }
}

static bool rest_to_one(const LedgerAllocation *in, const int64_t *w, Wide sum, int64_t *parts,
                        Err *err)
{
    int64_t units = in->amount / in->quantum, left = units;
    if (in->rest >= in->count)
        return cannot(err, "nobody is named who takes the rest", "未指明由谁取得余数");
    for (size_t i = 0; i < in->count; i++) {
        Wide product = (Wide)units * (Wide)w[i];
        Wide quotient = product / sum;
        if (i == in->rest)
            continue;
        parts[i] = (int64_t)quotient + rounds_up(in->rounding, quotient, product % sum, sum);
        left -= parts[i];
    }
    parts[in->rest] = left;
    return left >= 0 || cannot(err, "rounding leaves less than nothing for the rest",
                               "取整后余数为负");
}

bool ledger_allocate(Arena *a, const LedgerAllocation *in, int64_t *parts, Err *err)
{
    int64_t *w = NULL;
    Wide sum = 0;
    if (in->amount < 0 || in->amount > LEDGER_AMOUNT_MAX)
        return cannot(err, "the amount is negative or too large", "待分配数额为负或过大");
    if (in->count == 0 || in->count > LEDGER_WEIGHTS_MAX)
        return cannot(err, "there are no parties, or too many", "没有参与方或参与方过多");
    if (in->quantum < 1 || in->amount % in->quantum != 0)
        return cannot(err, "the amount is not a multiple of the quantum",
                      "待分配数额不是最小份额的整数倍");
    if (!whole_weights(a, in, &w, &sum, err))
        return false;
    bool ok = in->share == LEDGER_SHARE_REST ? rest_to_one(in, w, sum, parts, err)
                                             : largest_remainder(a, in, w, sum, parts, err);
    for (size_t i = 0; ok && i < in->count; i++)
        parts[i] *= in->quantum;
    return ok;
}
