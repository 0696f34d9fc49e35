/* arithmetic.c - + - * / ** and negation for all types (Tables 56 to 62 of DMN 1.5).
 *
 * One table decides by the kinds of both operands. Numbers come first because nearly all
 * operations are on numbers. Anything that is not in the tables is null with a reason. */
#include "lang/feel/machine_int.h"

static bool arithmetic_numbers(FeelArithmetic op, Dec a, Dec b, Value *out, const char **why) {
    Dec d;
    bool ok = false;
    switch (op) {
    case FEEL_ADD: ok = dec_add(a, b, &d); break;
    case FEEL_SUBTRACT: ok = dec_subtract(a, b, &d); break;
    case FEEL_MULTIPLY: ok = dec_multiply(a, b, &d); break;
    case FEEL_DIVIDE: ok = dec_divide(a, b, &d); break;
    case FEEL_POWER: ok = dec_power(a, b, &d); break;
    }
    if (ok) *out = value_number(d);
    else *why = op == FEEL_DIVIDE && dec_sign(b) == 0 ? "division by zero" : "out of range";
    return ok;
}

/* a + sign * b for days and time durations. */
static bool add_durations(Value a, Value b, int sign, Value *out) {
    int64_t seconds, nanos = a.as.nanos + sign * b.as.nanos;
    bool over = sign > 0 ? __builtin_add_overflow(a.as.seconds, b.as.seconds, &seconds)
                         : __builtin_sub_overflow(a.as.seconds, b.as.seconds, &seconds);
    if (over || seconds > INT64_MAX - 2 || seconds < INT64_MIN + 2) return false;
    *out = value_time_duration(seconds, nanos);
    return true;
}

static bool add_months_durations(Value a, Value b, int sign, Value *out) {
    int64_t months;
    bool over = sign > 0 ? __builtin_add_overflow(a.as.months, b.as.months, &months)
                         : __builtin_sub_overflow(a.as.months, b.as.months, &months);
    if (over) return false;
    *out = value_months_duration(months);
    return true;
}

/* A date, time or date and time plus or minus a duration. */
static bool add_to_temporal(Value a, Value duration, int sign, Value *out) {
    if (value_is(duration, VALUE_MONTHS_DURATION)) {
        int64_t day, from = value_is(a, VALUE_DATE) ? a.as.day : a.as.time_day;
        int64_t months = duration.as.months;
        if (months == INT64_MIN || !feel_add_months(from, sign * months, &day))
            return false;
        if (value_is(a, VALUE_DATE)) {
            *out = value_date((Day){day});
            return true;
        }
        TimeParts parts = value_time_parts(a);
        parts.day = day;
        if (parts.zone == ZONE_NAMED)
            parts.offset_s = feel_zone_offset_local(parts.zone_id,
                                                    day * 86400 + parts.nano / 1000000000);
        *out = value_date_time(parts);
        return true;
    }
    int64_t seconds = duration.as.seconds, nanos = duration.as.nanos;
    if (sign < 0 && seconds == INT64_MIN) return false;
    return feel_shift(a, sign * seconds, sign * nanos, out);
}

/* The difference of two points of time as a days and time duration. */
static bool subtract_points(Value a, Value b, Value *out, const char **why) {
    bool a_zoned = value_is(a, VALUE_DATE) || a.zone != ZONE_LOCAL;
    bool b_zoned = value_is(b, VALUE_DATE) || b.zone != ZONE_LOCAL;
    int64_t a_second, a_nano, b_second, b_nano;
    if (!value_is(a, VALUE_TIME) && a_zoned != b_zoned) {
        *why = "only one of them has a time zone";
        return false;
    }
    feel_date_time_instant(a, &a_second, &a_nano);
    feel_date_time_instant(b, &b_second, &b_nano);
    if (a_zoned != b_zoned) {
        /* Times: the one without offset takes the other's. */
        a_second += a.zone != ZONE_LOCAL ? a.offset_s : 0;
        b_second += b.zone != ZONE_LOCAL ? b.offset_s : 0;
    }
    *out = value_time_duration(a_second - b_second, a_nano - b_nano);
    return true;
}

static bool is_point(Value v) { return value_is(v, VALUE_DATE) || value_is(v, VALUE_DATE_TIME); }
static bool is_duration(Value v) {
    return value_is(v, VALUE_MONTHS_DURATION) || value_is(v, VALUE_TIME_DURATION);
}

static bool arithmetic_sum(FeelRun *run, bool add, Value a, Value b, Value *out,
                           const char **why) {
    int sign = add ? 1 : -1;
    if (value_is(a, VALUE_STRING) && value_is(b, VALUE_STRING) && add) {
        size_t len = a.as.string.len + b.as.string.len;
        char *text = feel_take(run, len + 1, 1);
        *out = value_null();
        if (text == NULL || !feel_burn(run, NULL, (int64_t)(len / 64))) return true;
        for (size_t i = 0; i < a.as.string.len; i++) text[i] = a.as.string.ptr[i];
        for (size_t i = 0; i < b.as.string.len; i++)
            text[a.as.string.len + i] = b.as.string.ptr[i];
        *out = value_string((Str){text, len});
        return true;
    }
    *why = "out of range";
    if (value_is(a, VALUE_TIME_DURATION) && value_is(b, VALUE_TIME_DURATION))
        return add_durations(a, b, sign, out);
    if (value_is(a, VALUE_MONTHS_DURATION) && value_is(b, VALUE_MONTHS_DURATION))
        return add_months_durations(a, b, sign, out);
    if (is_point(a) && is_duration(b)) return add_to_temporal(a, b, sign, out);
    if (add && is_duration(a) && is_point(b)) return add_to_temporal(b, a, 1, out);
    if (value_is(a, VALUE_TIME) && value_is(b, VALUE_TIME_DURATION))
        return add_to_temporal(a, b, sign, out);
    if (add && value_is(a, VALUE_TIME_DURATION) && value_is(b, VALUE_TIME))
        return add_to_temporal(b, a, 1, out);
    *why = NULL;
    if (!add && is_point(a) && is_point(b)) return subtract_points(a, b, out, why);
    if (!add && value_is(a, VALUE_TIME) && value_is(b, VALUE_TIME))
        return subtract_points(a, b, out, why);
    return false;
}

/* A duration times or by a number; months are cut to whole ones. */
static bool arithmetic_scale(bool multiply, Value duration, Dec number, Value *out,
                             const char **why) {
    Dec amount;
    bool months = value_is(duration, VALUE_MONTHS_DURATION);
    if (months) amount = dec_from_int(duration.as.months);
    else if (!feel_duration_to_dec(duration, &amount)) return false;
    if (!multiply && dec_sign(number) == 0) {
        *why = "division by zero";
        return false;
    }
    *why = "out of range";
    if (!(multiply ? dec_multiply(amount, number, &amount) : dec_divide(amount, number, &amount)))
        return false;
    if (!months) return feel_duration_from_dec(amount, out);
    int64_t whole;
    if (!dec_round(amount, 0, ROUND_DOWN, &amount) || !dec_to_int64(amount, &whole)) return false;
    *out = value_months_duration(whole);
    return true;
}

static bool arithmetic_product(bool multiply, Value a, Value b, Value *out, const char **why) {
    if (is_duration(a) && value_is(b, VALUE_NUMBER))
        return arithmetic_scale(multiply, a, b.as.number, out, why);
    if (multiply && value_is(a, VALUE_NUMBER) && is_duration(b))
        return arithmetic_scale(true, b, a.as.number, out, why);
    if (!multiply && is_duration(a) && a.kind == b.kind) {
        Dec x, y;
        bool months = value_is(a, VALUE_MONTHS_DURATION);
        if (months) {
            x = dec_from_int(a.as.months);
            y = dec_from_int(b.as.months);
        } else if (!feel_duration_to_dec(a, &x) || !feel_duration_to_dec(b, &y)) {
            return false;
        }
        return arithmetic_numbers(FEEL_DIVIDE, x, y, out, why);
    }
    return false;
}

bool feel_arithmetic(FeelRun *run, FeelArithmetic op, Value a, Value b, Value *out,
                     const char **why) {
    *why = NULL;
    if (value_is(a, VALUE_NUMBER) && value_is(b, VALUE_NUMBER))
        return arithmetic_numbers(op, a.as.number, b.as.number, out, why);
    if (op == FEEL_ADD || op == FEEL_SUBTRACT)
        return arithmetic_sum(run, op == FEEL_ADD, a, b, out, why);
    if (op == FEEL_MULTIPLY || op == FEEL_DIVIDE)
        return arithmetic_product(op == FEEL_MULTIPLY, a, b, out, why);
    return false;
}

/* Nearly all operands are numbers: they go to their operation at once, the rest to the tables. */
static inline Value arithmetic_node(const FeelNode *n, FeelFrame *f, FeelArithmetic op,
                                    bool (*numbers)(Dec, Dec, Dec *), const char *sign) {
    Value a = feel_eval(n->a, f), b = feel_eval(n->b, f), v;
    const char *why;
    Dec d;
    if (value_is(a, VALUE_NUMBER) && value_is(b, VALUE_NUMBER) &&
        numbers(a.as.number, b.as.number, &d))
        return value_number(d);
    if (feel_arithmetic(f->run, op, a, b, &v, &why)) return v;
    if (why != NULL)
        return feel_fail(f->run, n, &fault_feel_arithmetic, str_from(sign), str_from(why),
                         STR_NONE);
    return feel_fail(f->run, n, &fault_feel_operands, str_from(sign), feel_kind_text(a),
                     feel_kind_text(b));
}

Value feel_eval_add(const FeelNode *n, FeelFrame *f) {
    return arithmetic_node(n, f, FEEL_ADD, dec_add, "+");
}
Value feel_eval_subtract(const FeelNode *n, FeelFrame *f) {
    return arithmetic_node(n, f, FEEL_SUBTRACT, dec_subtract, "-");
}
Value feel_eval_multiply(const FeelNode *n, FeelFrame *f) {
    return arithmetic_node(n, f, FEEL_MULTIPLY, dec_multiply, "*");
}
Value feel_eval_divide(const FeelNode *n, FeelFrame *f) {
    return arithmetic_node(n, f, FEEL_DIVIDE, dec_divide, "/");
}
Value feel_eval_power(const FeelNode *n, FeelFrame *f) {
    return arithmetic_node(n, f, FEEL_POWER, dec_power, "**");
}

Value feel_eval_negate(const FeelNode *n, FeelFrame *f) {
    Value v = feel_eval(n->a, f);
    if (value_is(v, VALUE_NUMBER)) return value_number(dec_negate(v.as.number));
    if (value_is(v, VALUE_MONTHS_DURATION) && v.as.months != INT64_MIN)
        return value_months_duration(-v.as.months);
    if (value_is(v, VALUE_TIME_DURATION) && v.as.seconds != INT64_MIN)
        return value_time_duration(-v.as.seconds, -v.as.nanos);
    return feel_fail(f->run, n, &fault_feel_operand, STR("-"), feel_kind_text(v), STR_NONE);
}
