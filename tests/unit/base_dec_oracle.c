/* Random decimal operations and what base/dec makes of them, a line each, for
 * tests/dec_oracle.py, which computes the same with Python's decimal and compares.
 *
 *     base_dec_oracle SEED COUNT
 *     <operation> <operand> <operand> <result>
 *
 * Operands are made as text, not by the code under test; results are written by
 * dec_write_exact, or "none" where the function refused. The choice of sizes prefers what is
 * near the edges: 18 and 34 digits, ties, zeros at the end, scales of range. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/dec.h"

static uint64_t state;

static uint64_t next_random(void)
{
    state += 0x9e3779b97f4a7c15u;
    uint64_t z = state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* 0 <= result < bound */
static int below(int bound)
{
    return (int)(next_random() % (uint64_t)bound);
}

typedef struct Text {
    char text[200];
} Text;

static int digit_count(void)
{
    static const int edges[] = {1, 2, 17, 18, 19, 20, 33, 34};
    switch (below(4)) {
    case 0:
        return edges[below(8)];
    case 1:
        return 1 + below(34);
    default:
        return 1 + below(10);
    }
}

static int exponent(int digits)
{
    switch (below(12)) {
    case 0:
        return -6176 + below(60);
    case 1:
        return 6111 - below(60);
    case 2:
        return below(12000) - 6000;
    case 3:
        return below(80) - 40 - digits;
    default:
        return -below(12);
    }
}

/* The digits of a coefficient: random, or all alike at the end, which makes ties and carries. */
static void put_digits(char *out, int digits)
{
    int tail = below(3) == 0 ? below(digits + 1) : 0;
    char fill = "0599"[below(4)];
    for (int i = 0; i < digits; i++) out[i] = (char)('0' + below(10));
    for (int i = digits - tail; i < digits; i++) out[i] = fill;
    out[digits] = '\0';
}

static Text random_number(void)
{
    Text t;
    char digits[64];
    int count = digit_count();
    put_digits(digits, count);
    int e = exponent(count);
    snprintf(t.text, sizeof t.text, "%s%sE%d", below(2) ? "-" : "", digits, e);
    return t;
}

/* A small whole or plain number, as exponents of powers and scales are. */
static Text random_exponent(void)
{
    static const char *const special[] = {"0.5", "-0.5", "1.5", "2.5", "0", "1", "2", "-1", "1E2"};
    Text t;
    if (below(3) == 0) {
        snprintf(t.text, sizeof t.text, "%s", special[below(9)]);
    } else if (below(2)) {
        snprintf(t.text, sizeof t.text, "%d", below(300) - 150);
    } else {
        snprintf(t.text, sizeof t.text, "%d.%02d", below(40) - 20, below(100));
    }
    return t;
}

static Dec parse(const Text *t)
{
    Dec d;
    bool ok = dec_parse(str_from(t->text), &d);
    check(ok);
    return d;
}

static void print_result(const char *name, const char *a, const char *b, bool ok, Dec d)
{
    Arena *arena = arena_open(1u << 20);
    Buf text = buf_new(arena, 64);
    if (ok) {
        dec_write_exact(d, &text);
    } else {
        buf_add_text(&text, "none");
    }
    printf("%s %s %s %s\n", name, a, b, buf_cstr(&text));
    arena_close(arena);
}

typedef bool Binary(Dec a, Dec b, Dec *out);
typedef bool Unary(Dec a, Dec *out);

static void run_binary(const char *name, Binary *operation, const Text *x, const Text *y)
{
    Dec result = dec_from_int(0);
    bool ok = operation(parse(x), parse(y), &result);
    print_result(name, x->text, y->text, ok, result);
}

static void run_unary(const char *name, Unary *operation, const Text *x)
{
    Dec result = dec_from_int(0);
    bool ok = operation(parse(x), &result);
    print_result(name, x->text, "-", ok, result);
}

static void run_compare(const Text *x, const Text *y)
{
    Dec a = parse(x), b = parse(y);
    printf("compare %s %s %d\n", x->text, y->text, dec_compare(a, b));
    int64_t n;
    if (dec_to_int64(a, &n)) {
        printf("int64 %s - %" PRId64 "\n", x->text, n);
    } else {
        printf("int64 %s - none\n", x->text);
    }
    printf("sign %s - %d%d%d\n", x->text, dec_sign(a), dec_sign(dec_abs(a)), dec_is_integer(a));
}

static void run_round(const Text *x)
{
    Dec a = parse(x), result = dec_from_int(0);
    char how[40];
    int mode = below(7);
    int scale = below(10) ? dec_scale(a) - below(40) + 5 : below(13000) - 6500;
    snprintf(how, sizeof how, "%d:%d", mode, scale);
    bool ok = dec_round(a, scale, (Rounding)mode, &result);
    print_result("round", x->text, how, ok, result);
    Fen fen;
    snprintf(how, sizeof how, "%d", mode);
    if (dec_to_fen(a, (Rounding)mode, &fen)) {
        printf("fen %s %s %" PRId64 "\n", x->text, how, fen.amount);
    } else {
        printf("fen %s %s none\n", x->text, how);
    }
}

/* Text that need not fit: up to 120 digits, a point anywhere, any exponent. */
static void run_parse(void)
{
    Text t;
    char digits[128];
    int count = 1 + below(120), point = below(count + 1);
    put_digits(digits, count);
    int length = snprintf(t.text, sizeof t.text, "%s%.*s", below(3) ? "" : "-", point, digits);
    if (point < count) {
        length += snprintf(t.text + length, sizeof t.text - (size_t)length, ".%s", digits + point);
    }
    if (below(2)) {
        int e = below(3) ? below(100) - 50 : below(13000) - 6500;
        snprintf(t.text + length, sizeof t.text - (size_t)length, "e%+d", e);
    }
    Dec result = dec_from_int(0);
    bool ok = dec_parse(str_from(t.text), &result);
    print_result("parse", t.text, "-", ok, result);
}

/* Plain digits, beside the operand. */
static void run_write(const Text *x)
{
    Arena *arena = arena_open(1u << 20);
    Buf text = buf_new(arena, 64);
    dec_write(parse(x), &text);
    printf("write %s - %s\n", x->text, buf_cstr(&text));
    arena_close(arena);
}

static void run_one(void)
{
    Text x = random_number(), y = random_number(), e = random_exponent();
    /* Operands near each other make cancellation and equality happen. */
    if (below(8) == 0) y = x;
    switch (below(12)) {
    case 0:
        run_binary("add", dec_add, &x, &y);
        break;
    case 1:
        run_binary("subtract", dec_subtract, &x, &y);
        break;
    case 2:
    case 3:
        run_binary("multiply", dec_multiply, &x, &y);
        break;
    case 4:
    case 5:
        run_binary("divide", dec_divide, &x, &y);
        break;
    case 6:
        run_binary("modulo", dec_modulo, &x, &y);
        break;
    case 7:
        run_compare(&x, &y);
        break;
    case 8:
        run_round(&x);
        break;
    case 9:
        run_parse();
        run_write(&x);
        break;
    case 10:
        run_binary("power", dec_power, &x, &e);
        break;
    default:
        run_unary("sqrt", dec_sqrt, &x);
        run_unary("exp", dec_exp, below(2) ? &e : &x);
        run_unary("log", dec_log, &x);
        break;
    }
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s SEED COUNT\n", argv[0]);
        return 2;
    }
    state = strtoull(argv[1], NULL, 10);
    for (long count = strtol(argv[2], NULL, 10); count > 0; count--) run_one();
    return 0;
}
