/* ledger_expiry.c - what is valid until an instant ends there, neither before nor after. */
#include "ledger_desk.h"

#define V "'book': 'village', "

static void points_end_with_the_year(void **state)
{
    (void)state;
    desk_transfer("issue", "household/a", 20);
    desk_transfer("household/a", "shop", 5);
    desk_move_to("2026-12-31T23:59:59.999999+08:00");
    assert_int_equal(desk_balance("household/a"), 15);
    assert_int_equal(desk_balance("expired"), 0);
    desk_move_to("2027-01-01T00:00:00+08:00");
    assert_int_equal(desk_balance("household/a"), 0);
    assert_int_equal(desk_balance("expired"), 15);
    desk_transfer("issue", "household/a", 7);
    assert_int_equal(desk_balance("household/a"), 7);
    desk_move_to("2028-06-01T00:00:00+08:00");
    assert_int_equal(desk_balance("household/a"), 0);
    assert_int_equal(desk_balance("expired"), 22);
}

/* The timer has not fired: what is over cannot be used all the same. */
static void over_is_over_before_the_timer(void **state)
{
    (void)state;
    desk_transfer("issue", "household/a", 20);
    assert_true(clock_set(desk.clock, desk_at("2027-01-01T00:00:00+08:00")));
    desk_refused("ledger.transfer", "{" V "'from': 'household/a', 'to': 'shop', 'amount': 1}",
                 &fault_ledger_insufficient);
    assert_int_equal(desk_balance("household/a"), 20); /* a refusal changes nothing */
    Value now = desk_do("ledger.balance", "{" V "'account': 'household/a'}");
    assert_int_equal(value_get_int(now, STR("balance"), -1), 0);
    desk_transfer("issue", "household/a", 3);
    assert_int_equal(desk_balance("household/a"), 3);
    assert_int_equal(desk_balance("expired"), 20);
    desk_transfer("household/a", "shop", 3);
}

static void what_is_held_goes_when_the_hold_ends(void **state)
{
    (void)state;
    desk_transfer("issue", "household/a", 20);
    desk_do("ledger.hold", "{" V "'from': 'household/a', 'to': 'shop', 'amount': 12,"
                           "'expires': '2027-01-10T00:00:00+08:00'}");
    desk_move_to("2027-01-02T00:00:00+08:00");
    assert_int_equal(desk_balance("household/a"), 12);
    assert_int_equal(desk_balance("expired"), 8);
    desk_do("ledger.post", "{" V "'hold': '2', 'amount': 5, 'keep': true}");
    assert_int_equal(desk_balance("shop"), 5);
    desk_do("ledger.release", "{" V "'hold': '2', 'amount': 3}");
    assert_int_equal(desk_balance("household/a"), 4);
    assert_int_equal(desk_balance("expired"), 11);
    desk_move_to("2027-01-10T00:00:00+08:00");
    assert_int_equal(desk_balance("household/a"), 0);
    assert_int_equal(desk_balance("expired"), 15);
}

/* Passing on makes nothing valid for longer; the first to end goes first. */
static void an_end_goes_along(void **state)
{
    (void)state;
    desk_transfer("issue", "household/a", 20);                 /* until 2027 */
    desk_move_to("2026-12-20T00:00:00+08:00");
    desk_do("ledger.transfer", "{" V "'from': 'issue', 'to': 'season/s', 'amount': 5}");
    desk_transfer("household/a", "season/s", 4);
    desk_transfer("household/a", "household/b", 6);
    desk_move_to("2027-01-01T00:00:00+08:00");
    assert_int_equal(desk_balance("season/s"), 5);
    assert_int_equal(desk_balance("household/b"), 0);
    assert_int_equal(desk_balance("household/a"), 0);
    assert_int_equal(desk_balance("expired"), 20);
    desk_move_to("2027-01-18T23:59:59+08:00");
    assert_int_equal(desk_balance("season/s"), 5);
    desk_move_to("2027-01-19T00:00:00+08:00"); /* 30 days after, to the end of the day: 01-19 is
                                                  the beginning of a day itself */
    assert_int_equal(desk_balance("season/s"), 0);
}

static void an_end_that_is_given(void **state)
{
    (void)state;
    desk_refused("ledger.transfer", "{" V "'from': 'issue', 'to': 'voucher/a', 'amount': 10}",
                 &fault_ledger_until_invalid);
    desk_refused("ledger.transfer", "{" V "'from': 'issue', 'to': 'voucher/a', 'amount': 10,"
                                    "'until': '2026-03-01T09:00:00+08:00'}",
                 &fault_ledger_until_invalid);
    desk_refused("ledger.transfer", "{" V "'from': 'issue', 'to': 'household/a', 'amount': 10,"
                                    "'until': '2026-03-05T09:00:00+08:00'}",
                 &fault_ledger_until_invalid);
    desk_do("ledger.transfer", "{" V "'from': 'issue', 'to': 'voucher/a', 'amount': 10,"
                               "'until': '2026-03-09T12:00:00+08:00'}");
    desk_do("ledger.transfer", "{" V "'from': 'issue', 'to': 'voucher/a', 'amount': 10,"
                               "'until': '2026-03-05T12:00:00.000001+08:00'}");
    desk_transfer("voucher/a", "voucher/b", 13); /* ten of the first to end, three of the other */
    desk_move_to("2026-03-05T12:00:00+08:00");
    assert_int_equal(desk_balance("voucher/b"), 13);
    desk_move_to("2026-03-05T12:00:00.000001+08:00");
    assert_int_equal(desk_balance("voucher/b"), 3);
    assert_int_equal(desk_balance("voucher/a"), 7);
    desk_move_to("2026-03-09T12:00:00+08:00");
    assert_int_equal(desk_balance("voucher/b"), 0);
    assert_int_equal(desk_balance("voucher/a"), 0);
}

/* A reversal gives back what it was, with the end that it had; and takes what it had given. */
static void a_reversal_restores_the_end(void **state)
{
    (void)state;
    desk_do("ledger.transfer", "{" V "'from': 'issue', 'to': 'voucher/a', 'amount': 10,"
                               "'until': '2026-03-05T00:00:00+08:00'}");
    desk_do("ledger.transfer", "{" V "'from': 'issue', 'to': 'voucher/a', 'amount': 10,"
                               "'until': '2026-03-09T00:00:00+08:00'}");
    desk_transfer("voucher/a", "shop", 12);
    desk_do("ledger.reverse", "{" V "'move': '3'}");
    desk_do("ledger.reverse", "{" V "'move': '2'}"); /* wrongly issued: the later ten go */
    desk_move_to("2026-03-04T23:59:59+08:00");
    assert_int_equal(desk_balance("voucher/a"), 10);
    desk_move_to("2026-03-05T00:00:00+08:00");
    assert_int_equal(desk_balance("voucher/a"), 0);
    desk_do("ledger.transfer", "{" V "'from': 'issue', 'to': 'voucher/a', 'amount': 10,"
                               "'until': '2026-03-06T00:00:00+08:00'}");
    int64_t move = desk_transfer("voucher/a", "shop", 10);
    char body[100];
    snprintf(body, sizeof body, "{" V "'move': '%lld'}", (long long)move);
    desk_move_to("2026-03-07T00:00:00+08:00");
    desk_do("ledger.reverse", body); /* it comes back, and is over at once */
    assert_int_equal(desk_balance("shop"), 0);
    assert_int_equal(desk_balance("voucher/a"), 0);
}

/* Points of December that are booked in January are points of December. */
static void a_back_valued_entry_may_be_over(void **state)
{
    (void)state;
    desk_move_to("2027-01-05T00:00:00+08:00");
    desk_do("ledger.transfer", "{" V "'from': 'issue', 'to': 'household/a', 'amount': 10,"
                               "'value': '2026-12-30T12:00:00+08:00'}");
    assert_int_equal(desk_balance("household/a"), 0);
    assert_int_equal(desk_balance("expired"), 10);
}

static void a_period_closes_after_its_expiries(void **state)
{
    (void)state;
    desk_transfer("issue", "household/a", 20);
    assert_true(clock_set(desk.clock, desk_at("2027-01-05T00:00:00+08:00")));
    desk_refused("ledger.close_period", "{" V "'until': '2027-01-02'}",
                 &fault_ledger_expiry_pending);
    desk_move_to("2027-01-05T00:00:00+08:00");
    desk_do("ledger.close_period", "{" V "'until': '2027-01-02'}");
    int64_t balance = 0;
    Err err = {0};
    LedgerAccount expired = desk_account("expired");
    assert_true(store_begin(desk.reader, &err));
    assert_true(ledger_balance_at(desk.reader, DESK_NODE, expired.number,
                                  desk_at("2027-01-01T00:00:00+08:00"), LEDGER_BY_VALUE, &balance,
                                  &err));
    store_end(desk.reader);
    assert_int_equal(balance, 20);
}

/* Many households, one midnight: several firings of the timer, nothing left. */
static void a_whole_village_at_once(void **state)
{
    (void)state;
    for (int first = 0; first < 3000; first += 1000) {
        Buf body = buf_new(desk.arena, 100000);
        buf_add_text(&body, "{" V "'list': [");
        for (int i = first; i < first + 1000; i++)
            buf_printf(&body, "%s{'from': 'issue', 'to': 'household/%d', 'amount': 3}",
                       i > first ? "," : "", i);
        buf_add_text(&body, "]}");
        desk_do("ledger.transfer", buf_cstr(&body));
    }
    desk_move_to("2027-01-01T00:00:00+08:00");
    assert_int_equal(desk_balance("expired"), 9000);
    assert_int_equal(desk_balance("household/2999"), 0);
    assert_true(instant_is_none(core_next_due(desk.core)));
}

#define DESK_TEST(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(points_end_with_the_year),
        DESK_TEST(over_is_over_before_the_timer),
        DESK_TEST(what_is_held_goes_when_the_hold_ends),
        DESK_TEST(an_end_goes_along),
        DESK_TEST(an_end_that_is_given),
        DESK_TEST(a_reversal_restores_the_end),
        DESK_TEST(a_back_valued_entry_may_be_over),
        DESK_TEST(a_period_closes_after_its_expiries),
        DESK_TEST(a_whole_village_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
