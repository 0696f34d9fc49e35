/* ledger_rules.c - rules of a book at work: instants of every kind of expiry, a new version of a
 * book, accounts opened by command, what a process hands over, and reads of single things. */
#include "ledger_desk.h"

#include <string.h>

#define S "'book': 'seasons', "

static int set_up(void **state)
{
    desk_open(state);
    desk_install("definitions/seasons.json");
    return 0;
}

static int64_t balance(const char *account)
{
    char body[200];
    snprintf(body, sizeof body, "{" S "'account': '%s'}", account);
    return value_get_int(desk_do("ledger.balance", body), STR("balance"), -1);
}

static void give(const char *account, const char *value)
{
    char body[300];
    snprintf(body, sizeof body, "{" S "'from': 'issue', 'to': '%s', 'amount': 5%s%s%s}", account,
             value ? ", 'value': '" : "", value ? value : "", value ? "'" : "");
    desk_do("ledger.transfer", body);
}

static void ends_of_validity(void **state)
{
    static const struct {
        const char *account, *value, *end; /* given at value: the first instant without it */
    } cases[] = {
        {"exact/a", "2026-03-10T08:30:00+08:00", "2026-04-10T08:30:00+08:00"},
        {"exact/b", "2026-03-31T08:30:00+08:00", "2026-04-30T08:30:00+08:00"},
        {"exact_days/a", "2026-03-31T08:30:00.000001+08:00", "2026-04-02T08:30:00.000001+08:00"},
        {"days/a", "2026-04-01T08:30:00+08:00", "2026-04-04T00:00:00+08:00"},
        {"days/b", "2026-04-02T00:00:00+08:00", "2026-04-04T00:00:00+08:00"},
        {"month/a", "2026-04-02T00:00:00+08:00", "2026-05-01T00:00:00+08:00"},
        {"twelve/b", "2026-12-01T00:00:00+08:00", "2027-12-01T00:00:00+08:00"},
        {"month/c", "2026-12-02T00:00:00+08:00", "2027-01-01T00:00:00+08:00"},
        {"twelve/a", "2026-12-02T00:00:00+08:00", "2028-01-01T00:00:00+08:00"},
        {"year/a", "2026-12-03T10:00:00+08:00", "2027-01-01T00:00:00+08:00"},
    };
    const size_t count = sizeof cases / sizeof cases[0];
    (void)state;
    desk_do("ledger.account_open", "{" S "'account': 'year/a', 'title': '甲', 'cap': 100}");
    for (size_t i = 0; i < count; i++) {
        desk_move_to(cases[i].value);
        give(cases[i].account, NULL);
    }
    for (size_t i = 0; i < count; i++) /* those that ended on the way */
        if (desk_at(cases[i].end).us <= clock_now(desk.clock).us &&
            balance(cases[i].account) != 0)
            fail_msg("%s did not end", cases[i].account);
    desk_move_to("2026-12-31T23:59:59.999999+08:00");
    assert_int_equal(balance("year/a"), 5);
    assert_int_equal(balance("month/c"), 5);
    desk_move_to("2027-01-01T00:00:00+08:00");
    assert_int_equal(balance("year/a"), 0);
    assert_int_equal(balance("month/c"), 0);
    desk_move_to("2027-11-30T23:59:59.999999+08:00");
    assert_int_equal(balance("twelve/b"), 5);
    desk_move_to("2027-12-01T00:00:00+08:00");
    assert_int_equal(balance("twelve/b"), 0);
    desk_move_to("2027-12-31T23:59:59.999999+08:00");
    assert_int_equal(balance("twelve/a"), 5);
    desk_move_to("2028-01-01T00:00:00+08:00");
    assert_int_equal(balance("twelve/a"), 0);
    assert_int_equal(balance("gone"), 5 * (int64_t)count);
}

/* Each end, to the microsecond. */
static void not_a_moment_early(void **state)
{
    static const char *const ends[][2] = {
        {"exact/x", "2026-04-01T09:00:00+08:00"}, {"exact_days/x", "2026-03-03T09:00:00+08:00"},
        {"days/x", "2026-03-04T00:00:00+08:00"},  {"month/x", "2026-04-01T00:00:00+08:00"},
    };
    static const size_t order[] = {1, 2, 3, 0};
    (void)state;
    for (size_t i = 0; i < 4; i++)
        give(ends[i][0], NULL);
    for (size_t i = 0; i < 4; i++) {
        const char *const *end = ends[order[i]];
        Instant before = {desk_at(end[1]).us - 1};
        desk_move_to(arena_copy(desk.arena, instant_copy_text(desk.arena, before, CHINA_OFFSET_S)).ptr);
        assert_int_equal(balance(end[0]), 5);
        desk_move_to(end[1]);
        assert_int_equal(balance(end[0]), 0);
    }
}

static void a_new_version_of_a_book(void **state)
{
    (void)state;
    desk_do("ledger.account_open", "{" S "'account': 'only_p/1'}");
    give("later/a", NULL);
    give("exact/a", NULL);
    desk_install("definitions/seasons_2.json");
    /* Its kind has another unit now: nothing of it moves any more. */
    desk_refused("ledger.transfer", "{" S "'from': 'later/a', 'to': 'month/a', 'amount': 1}",
                 &fault_ledger_flow_not_allowed);
    /* What entered under the old rule ends by it, what enters now does not end. */
    give("exact/a", NULL);
    desk_move_to("2026-04-02T00:00:00+08:00");
    assert_int_equal(balance("exact/a"), 5);
    /* An account that was open before the kind had an expiry has none. */
    desk_do("ledger.transfer", "{" S "'from': 'issue', 'to': 'only_p/1', 'amount': 5, 'earmark': 'p'}");
    desk_move_to("2026-05-02T00:00:00+08:00");
    assert_int_equal(balance("only_p/1"), 5);
    desk_do("ledger.reverse", "{" S "'move': '3'}");
    assert_int_equal(balance("exact/a"), 0);
}

static void accounts_by_command(void **state)
{
    (void)state;
    desk_refused("ledger.account_open", "{" S "'account': 'only_p/1', 'earmark': 'q'}",
                 &fault_ledger_purpose_refused);
    desk_refused("ledger.account_open", "3", &fault_command_invalid);
    desk_refused("ledger.account_open", "{" S "'account': 'year/1', 'floor': 5}",
                 &fault_command_invalid);
    desk_refused("ledger.account_open", "{'book': 'x', 'account': 'year/1'}",
                 &fault_ledger_book_unknown);
    desk_refused("ledger.account_change", "{'book': 'x', 'account': 'year/1'}",
                 &fault_ledger_book_unknown);
    desk_refused("ledger.account_change", "{" S "'account': 'year/1', 'cap': 'x'}",
                 &fault_command_invalid);
    desk_refused("ledger.close_period", "{'book': 'x', 'until': '2026-03-01'}",
                 &fault_ledger_book_unknown);
    desk_refused("ledger.close_period", "{" S "'till': '2026-03-01'}", &fault_command_invalid);
    desk_refused("ledger.balance", "{'book': 'x', 'account': 'year/1'}",
                 &fault_ledger_book_unknown);
    desk_refused("ledger.balance", "{" S "'account': 'year/1', 'at': 'x'}",
                 &fault_command_invalid);
    desk_do("ledger.account_open", "{" S "'account': 'year/1', 'cap': 10}");
    give("year/1", NULL);
    give("year/1", NULL);
    desk_refused("ledger.transfer", "{" S "'from': 'issue', 'to': 'year/1', 'amount': 1}",
                 &fault_ledger_cap_exceeded);
    desk_refused("ledger.account_open", "{" S "'account': 'issue', 'title': '发行'}",
                 &fault_ledger_account_exists);
    desk_do("ledger.account_open", "{'book': 'village', 'account': 'fund', 'title': '资金池'}");
}

static void balances_by_purpose(void **state)
{
    (void)state;
    desk_do("ledger.transfer", "{" S "'list': ["
            "{'from': 'issue', 'to': 'month/a', 'amount': 5, 'earmark': 'p/1'},"
            "{'from': 'issue', 'to': 'month/a', 'amount': 7}]}");
    Value v = desk_do("ledger.balance", "{" S "'account': 'month/a', 'earmark': 'p/1'}");
    assert_int_equal(value_get_int(v, STR("available"), 0), 5);
    v = desk_do("ledger.balance", "{" S "'account': 'month/a', 'earmark': 'q'}");
    assert_int_equal(value_get_int(v, STR("balance"), 1), 0);
    v = desk_do("ledger.balance", "{" S "'account': 'month/a'}");
    assert_int_equal(value_count(value_field(v, "purposes")), 2);
    v = desk_do("ledger.balance", "{" S "'account': 'month/new'}");
    assert_int_equal(value_get_int(v, STR("balance"), 1), 0);
    /* Both end together, each in its own purpose. */
    desk_move_to("2026-04-01T00:00:00+08:00");
    v = desk_do("ledger.balance", "{" S "'account': 'gone', 'earmark': 'p/1'}");
    assert_int_equal(value_get_int(v, STR("balance"), 0), 5);
}

/* What a hold kept past its end goes in the present when that period is closed. */
static void an_end_in_a_closed_period(void **state)
{
    int64_t sum = 0;
    Err err = {0};
    (void)state;
    desk_do("ledger.account_open", "{" S "'account': 'year/1'}");
    desk_do("ledger.account_open", "{" S "'account': 'year/2'}");
    give("year/1", NULL);
    desk_do("ledger.hold", "{" S "'from': 'year/1', 'to': 'year/2', 'amount': 5}");
    desk_move_to("2027-02-01T00:00:00+08:00");
    desk_do("ledger.close_period", "{" S "'until': '2027-01-15'}");
    desk_do("ledger.release", "{" S "'hold': '2'}");
    assert_int_equal(balance("year/1"), 0);
    LedgerAccount a;
    assert_true(store_begin(desk.reader, &err));
    assert_true(ledger_account_read(desk.reader, DESK_NODE, STR("seasons"), STR("gone"),
                                    desk.arena, &a, &err));
    assert_true(ledger_balance_at(desk.reader, DESK_NODE, a.number,
                                  desk_at("2027-01-31T00:00:00+08:00"), LEDGER_BY_VALUE, &sum,
                                  &err));
    store_end(desk.reader);
    assert_int_equal(sum, 0);
}

/* The number of the case is what a move is about, unless it says so itself. */
static void what_a_process_hands_over(void **state)
{
    LedgerMove m;
    LedgerHold h;
    Err err = {0};
    (void)state;
    desk_do("ledger.transfer",
            "{" S "'from': 'issue', 'to': 'month/a', 'amount': 5, 'earmark': null, 'value': null,"
            "'context': {'case': '0192', 'number': 'N-7'}}");
    desk_do("ledger.account_open", "{" S "'account': 'year/1', 'context': {}}");
    desk_do("ledger.account_open", "{" S "'account': 'year/2'}");
    give("year/1", NULL);
    desk_do("ledger.hold", "{" S "'from': 'year/1', 'to': 'year/2', 'amount': 5, 'about': 'H-1',"
                           "'context': {'case': '0192'}}");
    desk_do("ledger.post", "{" S "'hold': 3, 'amount': 1, 'keep': true}");
    desk_do("ledger.release", "{" S "'hold': 3, 'amount': 1}");
    assert_true(store_begin(desk.reader, &err));
    assert_true(ledger_move_read(desk.reader, DESK_NODE, 1, desk.arena, &m, &err));
    assert_true(str_equal(m.about, STR("N-7")));
    assert_true(ledger_move_read(desk.reader, DESK_NODE, 4, desk.arena, &m, &err));
    assert_true(str_equal(m.about, STR("H-1")));
    assert_int_equal(m.hold, 3);
    assert_true(ledger_move_read(desk.reader, DESK_NODE, 5, desk.arena, &m, &err));
    assert_true(str_equal(m.about, STR("H-1")));
    assert_true(ledger_move_read(desk.reader, DESK_NODE, 99, desk.arena, &m, &err));
    assert_int_equal(m.number, 0);
    assert_true(value_is_null(ledger_move_value(desk.arena, &m)));
    assert_true(ledger_hold_read(desk.reader, DESK_NODE, 99, desk.arena, &h, &err));
    assert_true(value_is_null(ledger_hold_value(desk.arena, &h)));
    assert_true(ledger_hold_read(desk.reader, DESK_NODE, 3, desk.arena, &h, &err));
    assert_int_equal(value_get_int(ledger_hold_value(desk.arena, &h), STR("posted"), 0), 1);
    store_end(desk.reader);
    LedgerAccount none = {0};
    assert_true(value_is_null(ledger_account_value(desk.arena, &none)));
}

static void a_book_is_named_as_its_file(void **state)
{
    (void)state;
    desk_refused("core.install",
                 "{'pack': 'p', 'version': '1', 'definitions': [{'kind': 'ledger', 'id': 'other',"
                 "'path': 'l.json', 'text': '{\\\"id\\\": 3}'}]}",
                 &fault_ledger_definition_invalid);
    desk_do("core.install", "{'pack': 'p', 'version': '1', 'definitions': [{'kind': 'office',"
                            "'id': 'o', 'path': 'o.json', 'text': '{}'}]}");
}

#define DESK_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, desk_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(ends_of_validity),          DESK_TEST(not_a_moment_early),
        DESK_TEST(a_new_version_of_a_book),   DESK_TEST(accounts_by_command),
        DESK_TEST(balances_by_purpose),       DESK_TEST(an_end_in_a_closed_period),
        DESK_TEST(what_a_process_hands_over), DESK_TEST(a_book_is_named_as_its_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
