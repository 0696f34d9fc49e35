/* builtin_number.c - numeric functions (Table 76) and the aggregates of numbers (Table 75). */
#include "lang/feel/builtin_int.h"

#include <string.h>

#define SCALE_MIN (-6111)
#define SCALE_MAX 6176

ValueList call_items(const FeelCall *c) {
    if (c->builtin->types[0] == 'l') return c->args[0].as.list;
    return (ValueList){c->count, c->args};
}

static Value number_or_fail(FeelCall *c, bool ok, Dec d) {
    return ok ? value_number(d) : feel_call_fail(c);
}

static Value number_round(FeelCall *c, Rounding mode) {
    int64_t scale = 0;
    Dec d = {{0}};
    if (c->count > 1 && (!call_int(c, 1, &scale) || scale < SCALE_MIN || scale > SCALE_MAX))
        return feel_call_fail(c);
    Dec n = c->args[0].as.number;
    /* More digits than a number can hold: the value itself has no further digits to lose. */
    if (!dec_round(n, (int)scale, mode, &d)) {
        if (scale < dec_scale(n)) return feel_call_fail(c);
        d = n;
    }
    return value_number(d);
}

Value builtin_decimal(FeelCall *c) { return number_round(c, ROUND_HALF_EVEN); }
Value builtin_floor(FeelCall *c) { return number_round(c, ROUND_FLOOR); }
Value builtin_ceiling(FeelCall *c) { return number_round(c, ROUND_CEILING); }
Value builtin_round_up(FeelCall *c) { return number_round(c, ROUND_UP); }
Value builtin_round_down(FeelCall *c) { return number_round(c, ROUND_DOWN); }
Value builtin_round_half_up(FeelCall *c) { return number_round(c, ROUND_HALF_UP); }
Value builtin_round_half_down(FeelCall *c) { return number_round(c, ROUND_HALF_DOWN); }

Value builtin_abs(FeelCall *c) { return value_number(dec_abs(c->args[0].as.number)); }

Value builtin_abs_duration(FeelCall *c) {
    Value v = c->args[0];
    if (value_is(v, VALUE_MONTHS_DURATION))
        return v.as.months < 0 && v.as.months != INT64_MIN ? value_months_duration(-v.as.months)
                                                           : v;
    bool negative = v.as.seconds < 0 || v.as.nanos < 0;
    return negative && v.as.seconds != INT64_MIN
               ? value_time_duration(-v.as.seconds, -v.as.nanos)
               : v;
}

Value builtin_modulo(FeelCall *c) {
    Dec d;
    return number_or_fail(c, dec_modulo(c->args[0].as.number, c->args[1].as.number, &d), d);
}
Value builtin_sqrt(FeelCall *c) {
    Dec d;
    return number_or_fail(c, dec_sqrt(c->args[0].as.number, &d), d);
}
Value builtin_log(FeelCall *c) {
    Dec d;
    return number_or_fail(c, dec_log(c->args[0].as.number, &d), d);
}
Value builtin_exp(FeelCall *c) {
    Dec d;
    return number_or_fail(c, dec_exp(c->args[0].as.number, &d), d);
}

/* Parity of a whole number; null for others. */
static Value number_parity(FeelCall *c, bool odd) {
    Dec rest, n = c->args[0].as.number;
    if (!dec_is_integer(n) || !dec_modulo(n, dec_from_int(2), &rest)) return feel_call_fail(c);
    return value_boolean((dec_sign(rest) != 0) == odd);
}
Value builtin_odd(FeelCall *c) { return number_parity(c, true); }
Value builtin_even(FeelCall *c) { return number_parity(c, false); }

/* ---- Aggregates. */

static bool all_numbers(ValueList items) {
    for (size_t i = 0; i < items.count; i++)
        if (!value_is(items.items[i], VALUE_NUMBER)) return false;
    return items.count > 0;
}

static bool sum_of(ValueList items, Dec *out) {
    Dec total = dec_from_int(0);
    for (size_t i = 0; i < items.count; i++)
        if (!dec_add(total, items.items[i].as.number, &total)) return false;
    *out = total;
    return true;
}

/* Sum of numbers, or of durations of one kind. */
Value builtin_sum(FeelCall *c) {
    ValueList items = call_items(c);
    Dec d;
    if (!feel_burn(c->run, c->node, (int64_t)items.count)) return value_null();
    if (all_numbers(items)) return number_or_fail(c, sum_of(items, &d), d);
    if (items.count == 0 || (!value_is(items.items[0], VALUE_MONTHS_DURATION) &&
                             !value_is(items.items[0], VALUE_TIME_DURATION)))
        return feel_call_fail(c);
    Value total = items.items[0];
    const char *why;
    for (size_t i = 1; i < items.count; i++)
        if (items.items[i].kind != total.kind ||
            !feel_arithmetic(c->run, FEEL_ADD, total, items.items[i], &total, &why))
            return feel_call_fail(c);
    return total;
}

Value builtin_product(FeelCall *c) {
    ValueList items = call_items(c);
    Dec d = dec_from_int(1);
    bool ok = all_numbers(items) && feel_burn(c->run, c->node, (int64_t)items.count);
    for (size_t i = 0; ok && i < items.count; i++)
        ok = dec_multiply(d, items.items[i].as.number, &d);
    return number_or_fail(c, ok, d);
}

static bool mean_of(ValueList items, Dec *out) {
    Dec total;
    return sum_of(items, &total) && dec_divide(total, dec_from_int((int64_t)items.count), out);
}

Value builtin_mean(FeelCall *c) {
    ValueList items = call_items(c);
    Dec d = dec_from_int(0);
    if (!feel_burn(c->run, c->node, (int64_t)items.count)) return value_null();
    return number_or_fail(c, all_numbers(items) && mean_of(items, &d), d);
}

/* Sample standard deviation: sqrt(sum((x - mean)^2) / (n - 1)). */
Value builtin_stddev(FeelCall *c) {
    ValueList items = call_items(c);
    Dec mean, total = dec_from_int(0), difference;
    bool ok = items.count > 1 && all_numbers(items) &&
              feel_burn(c->run, c->node, (int64_t)items.count) && mean_of(items, &mean);
    for (size_t i = 0; ok && i < items.count; i++)
        ok = dec_subtract(items.items[i].as.number, mean, &difference) &&
             dec_multiply(difference, difference, &difference) &&
             dec_add(total, difference, &total);
    ok = ok && dec_divide(total, dec_from_int((int64_t)items.count - 1), &total) &&
         dec_sqrt(total, &total);
    return number_or_fail(c, ok, total);
}

/* A sorted copy of numbers, by merging (stable, n log n). */
static Value *sorted_numbers(FeelCall *c, ValueList items) {
    Value *a = feel_new_array(c->run, Value, items.count);
    Value *b = feel_new_array(c->run, Value, items.count);
    if (a == NULL || b == NULL || !feel_burn(c->run, c->node, (int64_t)items.count * 8))
        return NULL;
    memcpy(a, items.items, items.count * sizeof *a);
    for (size_t width = 1; width < items.count; width *= 2) {
        for (size_t from = 0; from < items.count; from += 2 * width) {
            size_t middle = from + width < items.count ? from + width : items.count;
            size_t to = from + 2 * width < items.count ? from + 2 * width : items.count;
            size_t i = from, j = middle;
            for (size_t k = from; k < to; k++) {
                bool left = i < middle && (j >= to || dec_compare(a[i].as.number,
                                                                  a[j].as.number) <= 0);
                b[k] = left ? a[i++] : a[j++];
            }
        }
        Value *swap = a;
        a = b;
        b = swap;
    }
    return a;
}

Value builtin_median(FeelCall *c) {
    ValueList items = call_items(c);
    if (!all_numbers(items)) return feel_call_fail(c);
    Value *sorted = sorted_numbers(c, items);
    if (sorted == NULL) return value_null();
    size_t half = items.count / 2;
    if (items.count % 2 == 1) return sorted[half];
    Dec d;
    bool ok = dec_add(sorted[half - 1].as.number, sorted[half].as.number, &d) &&
              dec_divide(d, dec_from_int(2), &d);
    return number_or_fail(c, ok, d);
}

Value builtin_mode(FeelCall *c) {
    ValueList items = call_items(c);
    if (items.count == 0) return feel_list_of(0, NULL);
    if (!all_numbers(items)) return feel_call_fail(c);
    Value *sorted = sorted_numbers(c, items);
    if (sorted == NULL) return value_null();
    size_t best = 0;
    FeelItems modes = {.run = c->run};
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0, j; i < items.count; i = j) {
            for (j = i + 1; j < items.count &&
                            dec_compare(sorted[i].as.number, sorted[j].as.number) == 0;)
                j++;
            if (pass == 0 && j - i > best) best = j - i;
            if (pass == 1 && j - i == best) feel_items_add(&modes, sorted[i]);
        }
    return feel_items_value(&modes);
}
