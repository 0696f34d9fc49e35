/* ledger_moves.c - transfers, lists, holds, reversals, keys, accounts: what each does, and the
 * shapes of fault that ledgers have had. */
#include "ledger_desk.h"

#define V "'book': 'village', "

static Value hold_of(const char *number)
{
    LedgerHold h;
    Err err = {0};
    int64_t n = 0;
    assert_true(str_to_int64(str_from(number), &n));
    assert_true(store_begin(desk.reader, &err));
    assert_true(ledger_hold_read(desk.reader, DESK_NODE, n, desk.arena, &h, &err));
    store_end(desk.reader);
    return ledger_hold_value(desk.arena, &h);
}

static bool says(Value v, const char *field, const char *text)
{
    return str_equal(value_get_string(v, str_from(field)), str_from(text));
}

static void a_transfer_moves(void **state)
{
    (void)state;
    Value reply = desk_do("ledger.transfer", "{" V "'from': 'outside', 'to': 'fund', 'amount': 100}");
    assert_true(says(reply, "move", "1"));
    assert_int_equal(value_get_int(reply, STR("to_balance"), 0), 100);
    assert_int_equal(value_get_int(reply, STR("from_balance"), 0), -100);
    desk_transfer("fund", "purse/a", 60);
    assert_int_equal(desk_balance("outside"), -100);
    assert_int_equal(desk_balance("fund"), 40);
    assert_int_equal(desk_balance("purse/a"), 60);
    desk_refused("ledger.transfer", "{" V "'from': 'fund', 'to': 'purse/a', 'amount': 41}",
                 &fault_ledger_insufficient);
    assert_int_equal(desk_balance("fund"), 40);
}

/* One leg applied without the other. */
static void a_list_holds_together_or_not_at_all(void **state)
{
    (void)state;
    desk_transfer("outside", "purse/a", 100);
    desk_refused("ledger.transfer",
                 "{" V "'list': [{'from': 'purse/a', 'to': 'purse/b', 'amount': 70},"
                 "{'from': 'purse/a', 'to': 'purse/c', 'amount': 31}]}",
                 &fault_ledger_insufficient);
    assert_int_equal(desk_balance("purse/a"), 100);
    assert_int_equal(desk_account("purse/b").number, 0); /* not even opened */
    Value reply = desk_do("ledger.transfer",
                          "{" V "'list': [{'from': 'purse/a', 'to': 'purse/b', 'amount': 70},"
                          "{'from': 'purse/b', 'to': 'purse/c', 'amount': 31},"
                          "{'from': 'purse/a', 'to': 'purse/c', 'amount': 30}]}");
    assert_int_equal(value_count(value_field(reply, "moves")), 3);
    assert_int_equal(desk_balance("purse/a"), 0);
    assert_int_equal(desk_balance("purse/b"), 39);
    assert_int_equal(desk_balance("purse/c"), 61);
    Reply refused = desk_try("ledger.transfer",
                             "{" V "'list': [{'from': 'purse/b', 'to': 'purse/c', 'amount': 1},"
                             "{'from': 'purse/b', 'to': 'purse/c', 'amount': 0}]}");
    assert_string_equal(refused.err.element, "/list/1");
}

/* Holds not counted against the balance; nor against the cap of who gets it. */
static void a_hold_counts(void **state)
{
    (void)state;
    desk_transfer("outside", "purse/a", 1500);
    Value reply = desk_do("ledger.hold", "{" V "'from': 'purse/a', 'to': 'till/x', 'amount': 800}");
    assert_true(says(reply, "hold", "2"));
    assert_int_equal(desk_balance("purse/a"), 1500);
    assert_int_equal(desk_account("purse/a").held_out, 800);
    assert_int_equal(desk_account("till/x").held_in, 800);
    desk_refused("ledger.transfer", "{" V "'from': 'purse/a', 'to': 'purse/b', 'amount': 701}",
                 &fault_ledger_insufficient);
    desk_refused("ledger.hold", "{" V "'from': 'purse/a', 'to': 'purse/b', 'amount': 701}",
                 &fault_ledger_insufficient);
    desk_refused("ledger.transfer", "{" V "'from': 'purse/a', 'to': 'till/x', 'amount': 201}",
                 &fault_ledger_cap_exceeded);
    desk_transfer("purse/a", "till/x", 200);
    desk_do("ledger.post", "{" V "'hold': '2'}");
    assert_int_equal(desk_balance("till/x"), 1000);
    assert_int_equal(desk_account("till/x").held_in, 0);
    assert_int_equal(desk_balance("purse/a"), 500);
}

/* A void that succeeds twice; a refused hold that can be posted. */
static void a_hold_ends_once(void **state)
{
    (void)state;
    desk_transfer("outside", "purse/a", 100);
    desk_do("ledger.hold", "{" V "'from': 'purse/a', 'to': 'purse/b', 'amount': 60}");
    desk_do("ledger.release", "{" V "'hold': '2'}");
    assert_int_equal(desk_account("purse/a").held_out, 0);
    desk_refused("ledger.release", "{" V "'hold': '2'}", &fault_ledger_hold_ended);
    desk_refused("ledger.post", "{" V "'hold': '2'}", &fault_ledger_hold_ended);
    assert_true(says(hold_of("2"), "state", "released"));
    desk_refused("ledger.hold", "{" V "'from': 'purse/a', 'to': 'purse/b', 'amount': 101}",
                 &fault_ledger_insufficient);
    desk_refused("ledger.post", "{" V "'hold': '4'}", &fault_ledger_hold_unknown);
    desk_refused("ledger.post", "{" V "'hold': '1'}", &fault_ledger_hold_unknown);
    assert_int_equal(desk_balance("purse/b"), 0);
}

static void a_hold_in_parts(void **state)
{
    (void)state;
    desk_transfer("outside", "purse/a", 100);
    desk_do("ledger.hold", "{" V "'from': 'purse/a', 'to': 'purse/b', 'amount': 60}");
    desk_do("ledger.post", "{" V "'hold': '2', 'amount': 10, 'keep': true}");
    assert_int_equal(desk_account("purse/a").held_out, 50);
    desk_do("ledger.release", "{" V "'hold': '2', 'amount': 20}");
    assert_int_equal(desk_account("purse/a").held_out, 30);
    desk_refused("ledger.post", "{" V "'hold': '2', 'amount': 31}", &fault_ledger_hold_exceeded);
    desk_refused("ledger.release", "{" V "'hold': '2', 'amount': 31}",
                 &fault_ledger_hold_exceeded);
    desk_do("ledger.post", "{" V "'hold': '2', 'amount': 5}"); /* the rest is released */
    Value h = hold_of("2");
    assert_true(says(h, "state", "posted"));
    assert_int_equal(value_get_int(h, STR("posted"), 0), 15);
    assert_int_equal(value_get_int(h, STR("released"), 0), 45);
    assert_int_equal(desk_account("purse/a").held_out, 0);
    assert_int_equal(desk_balance("purse/a"), 85);
    desk_refused("ledger.post", "{" V "'hold': '2'}", &fault_ledger_hold_ended);
}

/* A hold made, posted and released inside one list is one hold too. */
static void a_hold_inside_a_list(void **state)
{
    (void)state;
    desk_transfer("outside", "purse/a", 100);
    desk_refused("ledger.transact",
                 "{" V "'list': [{'do': 'hold', 'from': 'purse/a', 'to': 'purse/b', 'amount': 60},"
                 "{'do': 'release', 'hold': '2'}, {'do': 'post', 'hold': '2'}]}",
                 &fault_ledger_hold_ended);
    desk_do("ledger.transact",
            "{" V "'list': [{'do': 'hold', 'from': 'purse/a', 'to': 'purse/b', 'amount': 60},"
            "{'do': 'post', 'hold': '2', 'amount': 20, 'keep': true},"
            "{'do': 'transfer', 'from': 'purse/a', 'to': 'purse/c', 'amount': 40},"
            "{'do': 'post', 'hold': '2'}]}");
    assert_int_equal(desk_balance("purse/a"), 0);
    assert_int_equal(desk_balance("purse/b"), 60);
    assert_int_equal(desk_balance("purse/c"), 40);
}

static void a_hold_expires(void **state)
{
    (void)state;
    desk_transfer("outside", "purse/a", 100);
    desk_do("ledger.hold", "{" V "'from': 'purse/a', 'to': 'purse/b', 'amount': 60,"
                           "'expires': '2026-03-01T10:00:00+08:00'}");
    desk_do("ledger.hold", "{" V "'from': 'purse/a', 'to': 'purse/b', 'amount': 30,"
                           "'expires': '2026-03-01T09:30:00+08:00'}");
    desk_do("ledger.post", "{" V "'hold': '2', 'amount': 10, 'keep': true}");
    desk_move_to("2026-03-01T09:29:59.999999+08:00");
    assert_int_equal(desk_account("purse/a").held_out, 80);
    desk_move_to("2026-03-01T09:30:00+08:00");
    assert_int_equal(desk_account("purse/a").held_out, 50);
    desk_refused("ledger.post", "{" V "'hold': '3'}", &fault_ledger_hold_expired);
    desk_refused("ledger.release", "{" V "'hold': '3'}", &fault_ledger_hold_expired);
    desk_move_to("2026-03-01T12:00:00+08:00");
    assert_int_equal(desk_account("purse/a").held_out, 0);
    assert_int_equal(desk_balance("purse/b"), 10);
    assert_true(says(hold_of("2"), "state", "expired"));
    assert_true(says(hold_of("2"), "ended", "2026-03-01T10:00:00+08:00"));
    assert_true(instant_is_none(core_next_due(desk.core)));
    desk_refused("ledger.hold", "{" V "'from': 'purse/a', 'to': 'purse/b', 'amount': 60,"
                                "'expires': '2026-03-01T12:00:00+08:00'}",
                 &fault_ledger_hold_expiry_past);
}

/* The timer has not fired yet: the hold is over all the same. */
static void an_expired_hold_cannot_be_posted_before_the_timer(void **state)
{
    (void)state;
    desk_transfer("outside", "purse/a", 100);
    desk_do("ledger.hold", "{" V "'from': 'purse/a', 'to': 'purse/b', 'amount': 60,"
                           "'expires': '2026-03-01T10:00:00+08:00'}");
    assert_true(clock_set(desk.clock, desk_at("2026-03-01T10:00:00+08:00")));
    desk_refused("ledger.post", "{" V "'hold': '2'}", &fault_ledger_hold_expired);
    assert_int_equal(desk_balance("purse/b"), 0);
    desk_move_to("2026-03-01T10:00:00+08:00");
    assert_int_equal(desk_account("purse/a").held_out, 0);
}

/* A refund that is not idempotent. */
static void a_reversal_is_once(void **state)
{
    (void)state;
    desk_transfer("outside", "purse/a", 100);
    desk_transfer("purse/a", "purse/b", 70);
    desk_do("ledger.reverse", "{" V "'move': '2'}");
    assert_int_equal(desk_balance("purse/a"), 100);
    desk_refused("ledger.reverse", "{" V "'move': '2'}", &fault_ledger_already_reversed);
    desk_refused("ledger.reverse", "{" V "'move': '3'}", &fault_ledger_move_not_reversible);
    desk_refused("ledger.reverse", "{" V "'move': '9'}", &fault_ledger_move_unknown);
    desk_transfer("purse/a", "purse/b", 70);
    desk_refused("ledger.reverse", "{" V "'list': [{'move': '4'}, {'move': '4'}]}",
                 &fault_ledger_already_reversed);
    desk_transfer("purse/b", "purse/c", 70);
    desk_refused("ledger.reverse", "{" V "'move': '4'}", &fault_ledger_insufficient);
    assert_int_equal(desk_balance("purse/c"), 70);
}

static void a_key_answers_the_same_for_ever(void **state)
{
    (void)state;
    const char *step = "{" V "'from': 'outside', 'to': 'fund', 'amount': 100, 'key': 'MD-1'}";
    Value first = desk_do("ledger.transfer", step), again = desk_do("ledger.transfer", step);
    assert_true(str_equal(value_get_string(first, STR("move")),
                          value_get_string(again, STR("move"))));
    assert_true(value_get_boolean(again, STR("repeated"), false));
    assert_int_equal(desk_balance("fund"), 100);
    desk_refused("ledger.transfer",
                 "{" V "'from': 'outside', 'to': 'fund', 'amount': 101, 'key': 'MD-1'}",
                 &fault_ledger_key_conflict);
    Value both = desk_do("ledger.transfer",
                         "{" V "'list': [{'from': 'outside', 'to': 'fund', 'amount': 7, 'key': 'x'},"
                         "{'from': 'outside', 'to': 'fund', 'amount': 7, 'key': 'x'},"
                         "{'from': 'outside', 'to': 'fund', 'amount': 100, 'key': 'MD-1'}]}");
    assert_int_equal(desk_balance("fund"), 107);
    assert_int_equal(value_count(value_field(both, "moves")), 3);
    /* Also a reversal: the second request is the first one's answer, not a refusal. */
    const char *refund = "{" V "'move': '1', 'key': 'refund-1'}";
    desk_do("ledger.reverse", refund);
    desk_do("ledger.reverse", refund);
    assert_int_equal(desk_balance("fund"), 7);
}

/* A cancel that restores the wrong part after overdraft. */
static void an_overdraft_comes_back_as_it_was(void **state)
{
    (void)state;
    desk_do("ledger.account_open", "{" V "'account': 'card/1', 'floor': -500}");
    desk_transfer("outside", "card/1", 200);
    desk_do("ledger.hold", "{" V "'from': 'card/1', 'to': 'purse/b', 'amount': 600}");
    assert_int_equal(desk_account("card/1").held_out, 600);
    desk_refused("ledger.transfer", "{" V "'from': 'card/1', 'to': 'purse/b', 'amount': 101}",
                 &fault_ledger_insufficient);
    desk_do("ledger.release", "{" V "'hold': '2'}");
    assert_int_equal(desk_balance("card/1"), 200);
    desk_transfer("card/1", "purse/b", 700);
    assert_int_equal(desk_balance("card/1"), -500);
    desk_do("ledger.reverse", "{" V "'move': '4'}");
    assert_int_equal(desk_balance("card/1"), 200);
    assert_int_equal(desk_balance("purse/b"), 0);
}

static void money_keeps_its_purpose(void **state)
{
    (void)state;
    desk_do("ledger.transfer", "{" V "'list': ["
            "{'from': 'outside', 'to': 'fund', 'amount': 100, 'earmark': 'road/2026-7'},"
            "{'from': 'outside', 'to': 'fund', 'amount': 50, 'earmark': 'relief'},"
            "{'from': 'outside', 'to': 'fund', 'amount': 10}]}");
    desk_refused("ledger.transfer", "{" V "'from': 'fund', 'to': 'purse/a', 'amount': 11}",
                 &fault_ledger_purpose_insufficient);
    desk_refused("ledger.transfer",
                 "{" V "'from': 'fund', 'to': 'purse/a', 'amount': 51, 'earmark': 'relief'}",
                 &fault_ledger_purpose_insufficient);
    desk_refused("ledger.transfer",
                 "{" V "'from': 'fund', 'to': 'purse/a', 'amount': 161, 'earmark': 'relief'}",
                 &fault_ledger_insufficient);
    desk_do("ledger.transfer", "{" V "'list': ["
            "{'from': 'fund', 'to': 'purse/a', 'amount': 100, 'earmark': 'road/2026-7'},"
            "{'from': 'fund', 'to': 'purse/a', 'amount': 50, 'earmark': 'relief'}]}");
    desk_refused("ledger.transfer",
                 "{" V "'from': 'purse/a', 'to': 'roadworks', 'amount': 1, 'earmark': 'relief'}",
                 &fault_ledger_purpose_refused);
    desk_refused("ledger.transfer", "{" V "'from': 'purse/a', 'to': 'roadworks', 'amount': 1}",
                 &fault_ledger_purpose_refused);
    desk_refused("ledger.hold",
                 "{" V "'from': 'purse/a', 'to': 'roadworks', 'amount': 1, 'earmark': 'relief'}",
                 &fault_ledger_purpose_refused);
    desk_do("ledger.hold",
            "{" V "'from': 'purse/a', 'to': 'roadworks', 'amount': 80, 'earmark': 'road/2026-7'}");
    desk_refused("ledger.transfer",
                 "{" V "'from': 'purse/a', 'to': 'purse/b', 'amount': 21, 'earmark': 'road/2026-7'}",
                 &fault_ledger_purpose_insufficient);
    desk_do("ledger.post", "{" V "'hold': '6', 'amount': 30}");
    LedgerCell *cells;
    size_t count;
    Err err = {0};
    int64_t number = desk_account("purse/a").number;
    assert_true(store_begin(desk.reader, &err));
    assert_true(ledger_cell_list(desk.reader, DESK_NODE, number, desk.arena, &cells, &count,
                                 &err));
    store_end(desk.reader);
    assert_int_equal(count, 3);
    assert_int_equal(cells[0].posted, 0);
    assert_true(str_equal(cells[1].earmark, STR("relief")));
    assert_int_equal(cells[1].posted, 50);
    assert_true(str_equal(cells[2].earmark, STR("road/2026-7")));
    assert_int_equal(cells[2].posted, 70);
}

static void an_account_for_one_purpose(void **state)
{
    (void)state;
    desk_do("ledger.account_open", "{" V "'account': 'purse/bridge', 'earmark': 'road/bridge'}");
    desk_refused("ledger.transfer", "{" V "'from': 'outside', 'to': 'purse/bridge', 'amount': 1}",
                 &fault_ledger_purpose_refused);
    desk_refused("ledger.transfer", "{" V "'from': 'outside', 'to': 'purse/bridge', 'amount': 1,"
                                    "'earmark': 'road'}", &fault_ledger_purpose_refused);
    desk_do("ledger.transfer", "{" V "'from': 'outside', 'to': 'purse/bridge', 'amount': 1,"
                               "'earmark': 'road/bridge'}");
}

static void accounts_freeze_and_close(void **state)
{
    (void)state;
    desk_transfer("outside", "purse/a", 100);
    desk_do("ledger.hold", "{" V "'from': 'purse/a', 'to': 'purse/b', 'amount': 60}");
    desk_do("ledger.account_change", "{" V "'account': 'purse/a', 'state': 'frozen'}");
    desk_refused("ledger.transfer", "{" V "'from': 'purse/a', 'to': 'purse/b', 'amount': 1}",
                 &fault_ledger_account_frozen);
    desk_refused("ledger.transfer", "{" V "'from': 'outside', 'to': 'purse/a', 'amount': 1}",
                 &fault_ledger_account_frozen);
    desk_refused("ledger.post", "{" V "'hold': '2'}", &fault_ledger_account_frozen);
    desk_refused("ledger.account_change", "{" V "'account': 'purse/a', 'state': 'closed'}",
                 &fault_ledger_account_not_empty);
    desk_do("ledger.release", "{" V "'hold': '2'}");
    desk_do("ledger.account_change", "{" V "'account': 'purse/a', 'state': 'open'}");
    desk_transfer("purse/a", "purse/b", 100);
    desk_do("ledger.account_change", "{" V "'account': 'purse/a', 'state': 'closed'}");
    desk_refused("ledger.transfer", "{" V "'from': 'purse/b', 'to': 'purse/a', 'amount': 1}",
                 &fault_ledger_account_closed);
    desk_refused("ledger.account_change", "{" V "'account': 'purse/a', 'state': 'open'}",
                 &fault_ledger_account_closed);
    desk_refused("ledger.account_open", "{" V "'account': 'purse/a'}",
                 &fault_ledger_account_exists);
}

static void limits_change_by_command_only(void **state)
{
    (void)state;
    desk_refused("ledger.transfer", "{" V "'from': 'outside', 'to': 'card/1', 'amount': 1}",
                 &fault_ledger_account_unknown);
    desk_do("ledger.account_open", "{" V "'account': 'card/1', 'floor': -100, 'cap': 50,"
                                   "'title': '张三的卡', 'owner': '张三'}");
    desk_transfer("card/1", "purse/a", 100);
    desk_refused("ledger.account_change", "{" V "'account': 'card/1', 'floor': -99}",
                 &fault_ledger_limit_broken);
    desk_do("ledger.account_change", "{" V "'account': 'card/1', 'floor': -150}");
    desk_transfer("card/1", "purse/a", 50);
    desk_transfer("purse/a", "card/1", 150);
    desk_do("ledger.account_change", "{" V "'account': 'card/1', 'floor': 0, 'cap': null}");
    desk_transfer("outside", "card/1", 500);
    desk_refused("ledger.account_change", "{" V "'account': 'card/1', 'cap': 499}",
                 &fault_ledger_limit_broken);
    assert_true(str_equal(desk_account("card/1").owner, STR("张三")));
}

static void a_person_is_forgotten(void **state)
{
    (void)state;
    desk_do("ledger.account_open", "{" V "'account': 'card/1', 'owner': '张三', 'subject': 'p-1'}");
    desk_do("core.erase", "{'subject': 'p-1'}");
    assert_int_equal(desk_account("card/1").owner.len, 0);
    assert_int_equal(desk_account("card/1").number, 1);
}

static void roles_of_a_flow(void **state)
{
    (void)state;
    desk_transfer("outside", "fund", 100);
    desk.actor = STR("li");
    desk.role = STR("clerk");
    desk_refused("ledger.transfer", "{" V "'from': 'fund', 'to': 'outside', 'amount': 1}",
                 &fault_ledger_role_refused);
    desk_transfer("fund", "purse/a", 1);
    desk.role = STR("treasurer");
    desk_transfer("fund", "outside", 1);
    desk.role = STR_NONE;
    desk.actor = STR("system");
    desk_transfer("fund", "outside", 1);
}

static void one_day_a_day(void **state)
{
    (void)state;
    desk_do("ledger.transfer", "{" V "'from': 'work', 'to': 'person/a', 'amount': 60,"
                               "'value': '2026-02-27T08:00:00+08:00'}");
    desk_refused("ledger.transfer", "{" V "'from': 'work', 'to': 'person/a', 'amount': 50,"
                                    "'value': '2026-02-27T23:59:59+08:00'}",
                 &fault_ledger_daily_exceeded);
    desk_do("ledger.transfer", "{" V "'from': 'work', 'to': 'person/a', 'amount': 40,"
                               "'value': '2026-02-27T23:59:59+08:00'}");
    desk_do("ledger.transfer", "{" V "'from': 'work', 'to': 'person/a', 'amount': 100,"
                               "'value': '2026-02-28T00:00:00+08:00'}");
    desk_refused("ledger.transfer", "{" V "'list': [{'from': 'work', 'to': 'person/a', 'amount': 99},"
                                    "{'from': 'work', 'to': 'person/a', 'amount': 2}]}",
                 &fault_ledger_daily_exceeded);
    desk_do("ledger.reverse", "{" V "'move': '1'}"); /* gives the day back */
    desk_do("ledger.transfer", "{" V "'from': 'work', 'to': 'person/a', 'amount': 60,"
                               "'value': '2026-02-27T08:00:00+08:00'}");
    desk_refused("ledger.hold", "{" V "'from': 'work', 'to': 'person/a', 'amount': 1}",
                 &fault_ledger_hold_not_allowed);
    assert_int_equal(desk_balance("person/a"), 200);
}

/* Same id and body, same answer; another body is refused, whatever the ledger would say. */
static void a_command_is_idempotent(void **state)
{
    (void)state;
    Err err = {0};
    Reply reply = {0};
    Command c = {.id = core_command_id(STR("li"), STR("k1")), .kind = STR("ledger.transfer"),
                 .actor = {.id = STR("li")}};
    for (int i = 0; i < 3; i++) {
        c.body = desk_json("{" V "'from': 'outside', 'to': 'fund', 'amount': 100}");
        assert_true(core_run(desk.core, &c, desk.arena, &reply, &err));
        assert_true(reply.accepted);
        assert_int_equal(reply.repeated, i > 0);
        assert_true(says(reply.body, "move", "1"));
    }
    c.body = desk_json("{" V "'from': 'outside', 'to': 'fund', 'amount': 101}");
    assert_true(core_run(desk.core, &c, desk.arena, &reply, &err));
    assert_false(reply.accepted);
    assert_int_equal(desk_balance("fund"), 100);
}

#define DESK_TEST(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(a_transfer_moves),
        DESK_TEST(a_list_holds_together_or_not_at_all),
        DESK_TEST(a_hold_counts),
        DESK_TEST(a_hold_ends_once),
        DESK_TEST(a_hold_in_parts),
        DESK_TEST(a_hold_inside_a_list),
        DESK_TEST(a_hold_expires),
        DESK_TEST(an_expired_hold_cannot_be_posted_before_the_timer),
        DESK_TEST(a_reversal_is_once),
        DESK_TEST(a_key_answers_the_same_for_ever),
        DESK_TEST(an_overdraft_comes_back_as_it_was),
        DESK_TEST(money_keeps_its_purpose),
        DESK_TEST(an_account_for_one_purpose),
        DESK_TEST(accounts_freeze_and_close),
        DESK_TEST(limits_change_by_command_only),
        DESK_TEST(a_person_is_forgotten),
        DESK_TEST(roles_of_a_flow),
        DESK_TEST(one_day_a_day),
        DESK_TEST(a_command_is_idempotent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
