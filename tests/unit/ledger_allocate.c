/* ledger_allocate.c - sums divided to the last fen; books that are refused, with their place. */
#include "ledger_desk.h"

#include <string.h>

/* ---- Allocation. */

static bool divide(const char *weights, int64_t amount, int64_t quantum, LedgerShare share,
                   Rounding rounding, size_t rest, int64_t *parts, Err *err)
{
    Dec list[16];
    size_t count = 0;
    Str left = str_from(weights);
    while (left.len)
        assert_true(dec_parse(str_split(&left, ' '), &list[count++]));
    LedgerAllocation in = {.amount = amount, .quantum = quantum, .share = share,
                           .rounding = rounding, .rest = rest, .weights = list, .count = count};
    return ledger_allocate(desk.arena, &in, parts, err);
}

static void largest_remainder(void **state)
{
    static const struct {
        const char *weights;
        int64_t amount, quantum;
        int64_t parts[6];
    } cases[] = {
        {"1 1 1", 100, 1, {34, 33, 33}},            /* a tie: the first */
        {"1 1 1", 101, 1, {34, 34, 33}},
        {"0 1 0", 7, 1, {0, 7, 0}},
        {"1", 0, 1, {0}},
        {"4 3 2 1", 30000000, 1, {12000000, 9000000, 6000000, 3000000}},
        {"0.1 0.2 0.7", 10, 1, {1, 2, 7}},
        /* sections times rates of compliance: 30.62 and 19.38 of 50, in whole 10,000 t */
        {"1011.23 640.22", 500000, 10000, {310000, 190000}},
        {"11 7", 500000, 10000, {310000, 190000}},
        {"999999999999999999 1", 9007199254740991, 1, {9007199254740991, 0}},
        {"1 999999999999999999", 9007199254740991, 1, {0, 9007199254740991}},
        {"0.000000000000000001 0.000000000000000002", 9, 1, {3, 6}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t parts[16] = {0};
        Err err = {0};
        if (!divide(cases[i].weights, cases[i].amount, cases[i].quantum,
                    LEDGER_SHARE_LARGEST_REMAINDER, ROUND_DOWN, 0, parts, &err))
            desk_show(&err);
        for (int k = 0; k < 6; k++)
            if (parts[k] != cases[i].parts[k])
                fail_msg("%s of %lld: part %d is %lld", cases[i].weights,
                         (long long)cases[i].amount, k, (long long)parts[k]);
    }
}

static void the_rest_goes_to_one(void **state)
{
    int64_t p[16];
    Err err = {0};
    (void)state;
    /* 4 % to the school, the rest to the team */
    assert_true(divide("4 96", 123456789, 1, LEDGER_SHARE_REST, ROUND_HALF_UP, 1, p, &err));
    assert_int_equal(p[0], 4938272);
    assert_int_equal(p[1], 118518517);
    assert_true(divide("1 1", 3, 1, LEDGER_SHARE_REST, ROUND_HALF_EVEN, 1, p, &err));
    assert_int_equal(p[0], 2);
    assert_true(divide("1 1", 5, 1, LEDGER_SHARE_REST, ROUND_HALF_EVEN, 1, p, &err));
    assert_int_equal(p[0], 2);
    assert_true(divide("1 1", 5, 1, LEDGER_SHARE_REST, ROUND_HALF_UP, 1, p, &err));
    assert_int_equal(p[0], 3);
    assert_true(divide("1 1", 5, 1, LEDGER_SHARE_REST, ROUND_DOWN, 0, p, &err));
    assert_int_equal(p[0], 3);
    assert_true(divide("1 2", 5, 1, LEDGER_SHARE_REST, ROUND_UP, 1, p, &err));
    assert_int_equal(p[0], 2);
    assert_false(divide("1 1 1", 1, 1, LEDGER_SHARE_REST, ROUND_UP, 0, p, &err));
    assert_true(err_is(&err, &fault_ledger_allocation_invalid));
}

static void what_cannot_be_divided(void **state)
{
    static const struct {
        const char *weights;
        int64_t amount, quantum;
        size_t rest;
    } cases[] = {
        {"", 1, 1, 0},       {"0 0", 1, 1, 0},  {"1 -1", 1, 1, 0},
        {"1 1", -1, 1, 0},   {"1 1", 5, 2, 0},  {"1 1", 5, 0, 0},
        {"1 1", INT64_MAX, 1, 0}, {"1000000000000000000 1", 1, 1, 0},
        {"1e20 1", 1, 1, 0}, {"1e-19 1", 1, 1, 0}, {"0.000000000000000001 1", 1, 1, 0},
        {"1 1", 1, 1, 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t parts[16];
        Err err = {0};
        bool last = i == sizeof cases / sizeof cases[0] - 1;
        if (divide(cases[i].weights, cases[i].amount, cases[i].quantum,
                   last ? LEDGER_SHARE_REST : LEDGER_SHARE_LARGEST_REMAINDER, ROUND_DOWN,
                   cases[i].rest, parts, &err))
            fail_msg("divided: %s of %lld", cases[i].weights, (long long)cases[i].amount);
        assert_true(err_is(&err, &fault_ledger_allocation_invalid));
    }
}

/* Nothing is lost and nobody is a unit away from the exact share, for a few thousand sums. */
static void nothing_is_lost(void **state)
{
    uint64_t seed = 7;
    (void)state;
    for (int round = 0; round < 3000; round++) {
        Dec weights[8];
        int64_t w[8], parts[8], sum = 0, all = 0;
        seed = seed * 6364136223846793005ull + 1442695040888963407ull;
        size_t count = (seed >> 40) % 8 + 1;
        for (size_t i = 0; i < count; i++) {
            seed = seed * 6364136223846793005ull + 1442695040888963407ull;
            w[i] = (int64_t)((seed >> 33) % 1000) + (i == 0);
            sum += w[i];
            assert_true(dec_from_parts(w[i], 2, &weights[i]));
        }
        int64_t amount = (int64_t)(seed >> 24) % 1000000000;
        LedgerAllocation in = {.amount = amount, .quantum = 1, .weights = weights, .count = count};
        Err err = {0};
        if (!ledger_allocate(desk.arena, &in, parts, &err))
            desk_show(&err);
        for (size_t i = 0; i < count; i++) {
            __int128 exact = (__int128)amount * w[i], mine = (__int128)parts[i] * sum;
            assert_true(mine > exact - sum && mine < exact + sum);
            all += parts[i];
        }
        assert_int_equal(all, amount);
    }
}

static void as_a_task(void **state)
{
    (void)state;
    Value reply = desk_do("ledger.allocate",
                          "{'amount': 100, 'weights': [{'key': 'a', 'weight': 1}, {'weight': 2}],"
                          "'context': {'case': 'x'}}");
    assert_int_equal(value_count(value_field(reply, "parts")), 2);
    int64_t part = 0;
    assert_true(dec_to_int64(value_item(value_field(reply, "parts"), 1).as.number, &part));
    assert_int_equal(part, 67);
    desk_do("ledger.allocate", "{'amount': 100, 'weights': [4, 96], 'rounding': 'half_up',"
                               "'rest_to': 2}");
    desk_refused("ledger.allocate", "{'amount': 100, 'weights': [4, 96], 'rounding': 'half_up'}",
                 &fault_ledger_allocation_invalid);
    desk_refused("ledger.allocate", "{'amount': 100, 'weights': [4, 96], 'rounding': 'odd'}",
                 &fault_command_invalid);
    desk_refused("ledger.allocate", "{'amount': 100, 'weights': ['x']}", &fault_command_invalid);
    desk_refused("ledger.allocate", "{'amount': 1.5, 'weights': [1]}", &fault_command_invalid);
    desk_refused("ledger.allocate", "{'amount': 5, 'weights': [1], 'quantum': 2}",
                 &fault_ledger_allocation_invalid);
}

/* ---- Books. */

#define TITLE "'title': {'zh': 'x', 'en': 'x'}"
#define UNITS "'units': [{'id': 'fen', " TITLE ", 'scale': 2}, {'id': 'ton', " TITLE "}]"
#define KIND(id, more) "{'id': '" id "', " TITLE ", 'unit': 'fen'" more "}"
#define BOOK(kinds, flows) "{'id': 'b', " TITLE ", " UNITS ", 'kinds': [" kinds "], 'flows': [" flows "]}"
#define AB KIND("a", "") ", " KIND("b", "")
#define A_TO_B "{'from': 'a', 'to': 'b'}"

static void wrong_books(void **state)
{
    static const struct {
        const char *text, *place;
    } cases[] = {
        {"[]", ""},
        {"{'id': 'b', 'colour': 1}", "/colour"},
        {"{'id': 'B'}", "/id"},
        {"{'id': 'b', 'title': {'zh': 'x'}}", "/title"},
        {"{'id': 'b', " TITLE ", 'units': []}", "/units"},
        {"{'id': 'b', " TITLE ", 'units': [{'id': 'x', " TITLE ", 'scale': 10}]}", "/units/0/scale"},
        {"{'id': 'b', " TITLE ", 'units': [{'id': 'x', " TITLE ", 'symbol': 'a b'}]}",
         "/units/0/symbol"},
        {"{'id': 'b', " TITLE ", " UNITS ", 'purposes': [{'id': 'free', " TITLE "}]}",
         "/purposes/0/id"},
        {BOOK(KIND("a", ""), A_TO_B), "/kinds"},
        {BOOK(KIND("a", "") ", " KIND("a", ""), A_TO_B), "/kinds/1/id"},
        {BOOK(KIND("a", ", 'unit': 3") "," KIND("b", ""), A_TO_B), NULL}, /* a key twice */
        {BOOK(KIND("a", ", 'floor': 5") "," KIND("b", ""), A_TO_B), "/kinds/0/floor"},
        {BOOK(KIND("a", ", 'cap': 0") "," KIND("b", ""), A_TO_B), "/kinds/0/cap"},
        {BOOK(KIND("a", ", 'open': 'maybe'") "," KIND("b", ""), A_TO_B), "/kinds/0/open"},
        {BOOK(KIND("a", ", 'holds': 1") "," KIND("b", ""), A_TO_B), "/kinds/0/holds"},
        {BOOK(KIND("a", ", 'purposes': ['x']") "," KIND("b", ""), A_TO_B), "/kinds/0/purposes/0"},
        {BOOK(KIND("a", ", 'purposes': []") "," KIND("b", ""), A_TO_B), "/kinds/0/purposes"},
        {BOOK(KIND("a", ", 'expiry': {'yearly': '13-01', 'to': 'b'}") "," KIND("b", ""), A_TO_B),
         "/kinds/0/expiry/yearly"},
        {BOOK(KIND("a", ", 'expiry': {'days': 3}") "," KIND("b", ""), A_TO_B),
         "/kinds/0/expiry/to"},
        {BOOK(KIND("a", ", 'expiry': {'days': 0, 'to': 'b'}") "," KIND("b", ""), A_TO_B),
         "/kinds/0/expiry"},
        {BOOK(KIND("a", ", 'expiry': {'days': 3, 'months': 1, 'to': 'b'}") "," KIND("b", ""), A_TO_B),
         "/kinds/0/expiry"},
        {BOOK(KIND("a", ", 'expiry': {'days': 3, 'end_of': 'week', 'to': 'b'}") "," KIND("b", ""),
              A_TO_B), "/kinds/0/expiry/end_of"},
        {BOOK(KIND("a", ", 'expiry': {'days': 3, 'to': 'b'}") "," KIND("b", ""), A_TO_B),
         "/kinds/0/expiry/to"}, /* b is not single */
        {BOOK(AB, "{'from': 'a', 'to': 'c'}"), "/flows/0/to"},
        {BOOK(AB, "{'from': 'a', 'to': 'b', 'purposes': ['x']}"), "/flows/0/purposes/0"},
        {BOOK(AB, "{'from': 'a', 'to': 'b', 'roles': []}"), "/flows/0/roles"},
        {BOOK(AB, "{'from': 'a', 'to': 'b', 'roles': [3]}"), "/flows/0/roles"},
        {BOOK(AB, A_TO_B ", " A_TO_B), "/flows/1"},
        {BOOK(KIND("a", "") ", {'id': 'b', " TITLE ", 'unit': 'ton'}", A_TO_B), "/flows/0"},
        {BOOK(KIND("a", "") ", {'id': 'b', " TITLE ", 'unit': 'pound'}", A_TO_B), "/kinds/1/unit"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Buf text = buf_new(desk.arena, 1000);
        LedgerBook *book = NULL;
        Err err = {0};
        for (const char *c = cases[i].text; *c; c++)
            buf_add_char(&text, *c == '\'' ? '"' : *c);
        if (ledger_book_compile(desk.arena, buf_text(&text), STR("l.json"), &book, &err))
            fail_msg("compiled: %s", cases[i].text);
        if (!cases[i].place)
            continue;
        if (!err_is(&err, &fault_ledger_definition_invalid) ||
            strcmp(err.element, cases[i].place) != 0)
            fail_msg("%s: at %s", cases[i].text, err.element);
        assert_true(err.line > 0);
    }
}

static void a_right_book(void **state)
{
    LedgerBook *book = NULL;
    Err err = {0};
    (void)state;
    if (!ledger_book_compile(desk.arena, desk_file("definitions/village.json"), STR("l.json"),
                             &book, &err))
        desk_show(&err);
    assert_true(str_equal(ledger_book_id(book), STR("village")));
    assert_int_equal(ledger_book_scale(book, STR("fen")), 2);
    assert_true(str_equal(ledger_book_symbol(book, STR("fen")), STR("CNY")));
    assert_true(str_equal(ledger_book_symbol(book, STR("pound")), STR("pound")));
    Buf text = buf_new(desk.arena, 100);
    ledger_amount_write(-5, 2, &text);
    buf_add_char(&text, ' ');
    ledger_amount_write(123456, 2, &text);
    buf_add_char(&text, ' ');
    ledger_amount_write(7, 0, &text);
    assert_string_equal(buf_cstr(&text), "-0.05 1234.56 7");
}

#define DESK_TEST(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(largest_remainder), DESK_TEST(the_rest_goes_to_one),
        DESK_TEST(what_cannot_be_divided), DESK_TEST(nothing_is_lost), DESK_TEST(as_a_task),
        DESK_TEST(wrong_books), DESK_TEST(a_right_book),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
