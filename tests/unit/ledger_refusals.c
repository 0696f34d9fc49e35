/* ledger_refusals.c - bad input by name, and which of two faults is told.
 *
 * Every way to spoil a transfer, a hold, a post, a reversal stands once in a table, with the
 * refusal it gives alone. Then each two of them are put into one step: the one that stands
 * first in LEDGER_FAULTS must be told. After every refusal nothing has changed. */
#include "ledger_desk.h"

#include <string.h>

#define V "'book': 'village', "

static FAULT_TABLE(order, LEDGER_FAULTS)

static size_t place(const Fault *fault)
{
    for (size_t i = 0; order[i]; i++)
        if (order[i] == fault)
            return i;
    return SIZE_MAX;
}

typedef struct Spoil {
    const char *field, *value; /* JSON with ' for " */
    const Fault *fault;
} Spoil;

static int set_up(void **state)
{
    desk_open(state);
    desk_do("ledger.transfer", "{" V "'list': [{'from': 'outside', 'to': 'purse/a', 'amount': 1000},"
                               "{'from': 'outside', 'to': 'purse/frozen', 'amount': 1000},"
                               "{'from': 'outside', 'to': 'purse/closed', 'amount': 1},"
                               "{'from': 'purse/closed', 'to': 'purse/a', 'amount': 1, 'key': 'k'}]}");
    desk_do("ledger.account_change", "{" V "'account': 'purse/frozen', 'state': 'frozen'}");
    desk_do("ledger.account_change", "{" V "'account': 'purse/closed', 'state': 'closed'}");
    desk_do("ledger.hold", "{" V "'from': 'purse/a', 'to': 'purse/b', 'amount': 100}");
    desk_do("ledger.hold", "{" V "'from': 'purse/a', 'to': 'purse/b', 'amount': 100}");
    desk_do("ledger.release", "{" V "'hold': '6'}");
    desk_do("ledger.hold", "{" V "'from': 'purse/a', 'to': 'purse/b', 'amount': 100,"
                           "'expires': '2026-03-01T09:30:00+08:00'}");
    desk_move_to("2026-03-02T09:00:00+08:00");
    desk_do("ledger.close_period", "{" V "'until': '2026-03-02'}");
    return 0;
}

/* ---- Reading a body with some fields replaced. */

static Value spoiled(const char *base, const Spoil *one, const Spoil *two)
{
    Value v = desk_json(base);
    ContextBuilder b = context_builder_from(desk.arena, v);
    const Spoil *both[] = {one, two};
    for (int i = 0; i < 2; i++)
        if (both[i])
            context_put(&b, str_from(both[i]->field), desk_json(both[i]->value));
    return value_context(&b);
}

static void expect(const char *kind, Value body, const Fault *fault, const char *what)
{
    int64_t before = desk_account("purse/a").moves, seq = desk_account("purse/b").moves;
    Reply reply = desk_run(kind, body);
    if (reply.accepted)
        fail_msg("%s: accepted, %s was expected", what, fault->name);
    if (reply.err.fault != fault)
        fail_msg("%s: %s, %s was expected", what, reply.err.fault->name, fault->name);
    assert_int_equal(desk_account("purse/a").moves, before);
    assert_int_equal(desk_account("purse/b").moves, seq);
    Buf text = buf_new(desk.arena, 100);
    err_text(&reply.err, LANG_ZH, &text);
    if (str_find(buf_text(&text), STR("{")) >= 0)
        fail_msg("%s: an argument is missing: %s", what, buf_cstr(&text));
}

/* A refusal that looks at both accounts is another one when the other account changes. */
static bool concerns_both(const Fault *fault)
{
    return fault == &fault_ledger_same_account || fault == &fault_ledger_flow_not_allowed ||
           fault == &fault_ledger_unit_differs || fault == &fault_ledger_purpose_refused;
}

static bool both_accounts(const Spoil *a, const Spoil *b)
{
    bool parties = strcmp(a->field, "from") == 0 ? strcmp(b->field, "to") == 0
                                                 : strcmp(b->field, "from") == 0 &&
                                                       strcmp(a->field, "to") == 0;
    return parties && (concerns_both(a->fault) || concerns_both(b->fault));
}

static void each_and_each_two(const char *kind, const char *base, const Spoil *spoils,
                              size_t count)
{
    for (size_t i = 0; i < count; i++) {
        expect(kind, spoiled(base, &spoils[i], NULL), spoils[i].fault, spoils[i].value);
        for (size_t k = i + 1; k < count; k++) {
            const Spoil *a = &spoils[i], *b = &spoils[k];
            char what[400];
            if (strcmp(a->field, b->field) == 0 || a->fault == b->fault ||
                both_accounts(a, b))
                continue;
            snprintf(what, sizeof what, "%s %s and %s %s", a->field, a->value, b->field, b->value);
            bool first = place(a->fault) < place(b->fault);
            expect(kind, spoiled(base, a, b), first ? a->fault : b->fault, what);
        }
    }
}

static void transfers(void **state)
{
    static const Spoil spoils[] = {
        {"book", "'atlantis'", &fault_ledger_book_unknown},
        {"key", "'k'", &fault_ledger_key_conflict},
        {"amount", "0", &fault_ledger_amount_invalid},
        {"amount", "-5", &fault_ledger_amount_invalid},
        {"amount", "1.5", &fault_ledger_amount_invalid},
        {"amount", "'all'", &fault_ledger_amount_invalid},
        {"amount", "true", &fault_ledger_amount_invalid},
        {"amount", "null", &fault_ledger_amount_invalid},
        {"amount", "1000000000000000000", &fault_ledger_amount_too_large},
        {"amount", "9007199254740992", &fault_ledger_amount_too_large},
        {"amount", "1e33", &fault_ledger_amount_too_large},
        {"amount", "99999999999999999999", &fault_ledger_amount_too_large},
        {"from", "'purse/a b'", &fault_ledger_account_name_invalid},
        {"from", "'purse//a'", &fault_ledger_account_name_invalid},
        {"to", "'purse/:'", &fault_ledger_account_name_invalid},
        {"to", "'card/none'", &fault_ledger_account_unknown},
        {"to", "'purse'", &fault_ledger_account_unknown},
        {"to", "'fund/x'", &fault_ledger_account_unknown},
        {"from", "'nothing/x'", &fault_ledger_account_unknown},
        {"to", "'purse/a'", &fault_ledger_same_account},
        {"from", "'purse/closed'", &fault_ledger_account_closed},
        {"to", "'purse/frozen'", &fault_ledger_account_frozen},
        {"unit", "'pound'", &fault_ledger_unit_unknown},
        {"unit", "'ton'", &fault_ledger_unit_differs},
        {"to", "'household/a'", &fault_ledger_unit_differs},
        {"to", "'fund'", &fault_ledger_flow_not_allowed},
        {"earmark", "'war'", &fault_ledger_earmark_unknown},
        {"earmark", "'road/ /x'", &fault_ledger_earmark_unknown},
        {"to", "'roadworks'", &fault_ledger_purpose_refused},
        {"until", "'2027-01-01T00:00:00Z'", &fault_ledger_until_invalid},
        {"value", "'2026-03-02T09:00:00.000001+08:00'", &fault_ledger_value_in_future},
        {"value", "'2026-03-01T23:59:59.999999+08:00'", &fault_ledger_period_closed},
        {"amount", "9007199254740991", &fault_ledger_overflow},
        {"amount", "800", &fault_ledger_insufficient},
    };
    (void)state;
    /* Some of these only show together with an account where they can. */
    Spoil alone[sizeof spoils / sizeof spoils[0]];
    size_t count = 0;
    for (size_t i = 0; i < sizeof spoils / sizeof spoils[0]; i++)
        if (spoils[i].fault != &fault_ledger_insufficient &&
            spoils[i].fault != &fault_ledger_overflow)
            alone[count++] = spoils[i];
    each_and_each_two("ledger.transfer",
                      "{" V "'from': 'purse/a', 'to': 'purse/b', 'amount': 1}", alone, count);
    /* Limits against everything before them: the amount is too much all the time. */
    each_and_each_two("ledger.transfer",
                      "{" V "'from': 'purse/a', 'to': 'purse/b', 'amount': 5000}", alone, count);
    expect("ledger.transfer", desk_json("{" V "'from': 'purse/a', 'to': 'purse/b', 'amount': 902}"),
           &fault_ledger_insufficient, "held counts");
    expect("ledger.transfer",
           desk_json("{" V "'from': 'purse/a', 'to': 'purse/b', 'amount': 9007199254740991}"),
           &fault_ledger_overflow, "overflow before insufficient");
    expect("ledger.transfer",
           desk_json("{" V "'from': 'purse/a', 'to': 'till/x', 'amount': 5000}"),
           &fault_ledger_insufficient, "insufficient before the cap");
    expect("ledger.transfer",
           desk_json("{" V "'from': 'purse/a', 'to': 'purse/b', 'amount': 5, 'earmark': 'road'}"),
           &fault_ledger_purpose_insufficient, "nothing for roads");
}

static void holds(void **state)
{
    static const Spoil spoils[] = {
        {"amount", "0", &fault_ledger_amount_invalid},
        {"to", "'purse/a'", &fault_ledger_same_account},
        {"to", "'purse/frozen'", &fault_ledger_account_frozen},
        {"unit", "'ton'", &fault_ledger_unit_differs},
        {"to", "'fund'", &fault_ledger_flow_not_allowed},
        {"earmark", "'war'", &fault_ledger_earmark_unknown},
        {"to", "'deposit/x'", &fault_ledger_hold_not_allowed},
        {"expires", "'2026-03-02T09:00:00+08:00'", &fault_ledger_hold_expiry_past},
        {"amount", "902", &fault_ledger_insufficient},
    };
    (void)state;
    each_and_each_two("ledger.hold", "{" V "'from': 'purse/a', 'to': 'purse/b', 'amount': 1}",
                      spoils, sizeof spoils / sizeof spoils[0]);
}

static void posts(void **state)
{
    static const Spoil spoils[] = {
        {"amount", "0", &fault_ledger_amount_invalid},
        {"hold", "'99'", &fault_ledger_hold_unknown},
        {"hold", "1", &fault_ledger_hold_unknown},
        {"hold", "'6'", &fault_ledger_hold_ended},
        {"hold", "'8'", &fault_ledger_hold_expired},
        {"amount", "101", &fault_ledger_hold_exceeded},
        {"value", "'2027-03-02T09:00:00+08:00'", &fault_ledger_value_in_future},
        {"value", "'2026-03-01T12:00:00+08:00'", &fault_ledger_period_closed},
    };
    (void)state;
    each_and_each_two("ledger.post", "{" V "'hold': '5'}", spoils,
                      sizeof spoils / sizeof spoils[0]);
}

static void reversals(void **state)
{
    static const Spoil spoils[] = {
        {"move", "'99'", &fault_ledger_move_unknown},
        {"move", "'5'", &fault_ledger_move_not_reversible},
        {"move", "'3'", &fault_ledger_account_closed},
        {"move", "'2'", &fault_ledger_account_frozen},
        {"value", "'2027-03-02T09:00:00+08:00'", &fault_ledger_value_in_future},
        {"value", "'2026-03-01T12:00:00+08:00'", &fault_ledger_period_closed},
    };
    (void)state;
    each_and_each_two("ledger.reverse", "{" V "'move': '1'}", spoils,
                      sizeof spoils / sizeof spoils[0]);
}

static void forms(void **state)
{
    static const char *const bodies[] = {
        "3", "[]", "{" V "'from': 'purse/a', 'to': 'purse/b', 'ammount': 1}",
        "{" V "'from': 'purse/a', 'amount': 1}", "{" V "'to': 'purse/a', 'amount': 1}",
        "{" V "'from': 5, 'to': 'purse/a', 'amount': 1}",
        "{" V "'from': 'purse/a', 'to': 'purse/b', 'amount': 1, 'value': 'yesterday'}",
        "{" V "'from': 'purse/a', 'to': 'purse/b', 'amount': 1, 'hold': '3'}",
        "{" V "'from': 'purse/a', 'to': 'purse/b', 'amount': 1, 'do': 'hold'}",
        "{" V "'list': 3}", "{" V "'list': [3]}", "{" V "'list': [{'book': 'village'}]}",
        "{" V "'amount': 1, 'list': [{'from': 'purse/a', 'to': 'purse/b', 'amount': 1}]}",
        "{" V "'list': [{'from': 'purse/a', 'to': 'purse/b', 'amount': 1, 'x': 1}]}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        desk_refused("ledger.transfer", bodies[i], &fault_command_invalid);
    desk_refused("ledger.transfer", "{" V "'list': []}", &fault_ledger_list_too_long);
    desk_refused("ledger.transact", "{" V "'list': [{'do': 'steal'}]}", &fault_command_invalid);
    desk_refused("ledger.transact", "{" V "'from': 'purse/a'}", &fault_command_invalid);
    desk_refused("ledger.transfer", "{'from': 'purse/a', 'to': 'purse/b', 'amount': 1}",
                 &fault_ledger_book_unknown);
    desk_refused("ledger.release", "{" V "'hold': 'x'}", &fault_command_invalid);
    desk_refused("ledger.account_open", "{" V "'account': 'card/1', 'colour': 'red'}",
                 &fault_command_invalid);
    desk_refused("ledger.account_open", "{" V "'account': 'card/1', 'cap': 1.5}",
                 &fault_command_invalid);
    desk_refused("ledger.account_open", "{" V "'account': 'card/1', 'earmark': 'war'}",
                 &fault_ledger_earmark_unknown);
    desk_refused("ledger.account_open", "{" V "'account': 'card/ 1'}",
                 &fault_ledger_account_name_invalid);
    desk_refused("ledger.account_open", "{" V "'account': 'card'}",
                 &fault_ledger_account_unknown);
    desk_refused("ledger.account_change", "{" V "'account': 'purse/z'}",
                 &fault_ledger_account_unknown);
    desk_refused("ledger.account_change", "{" V "'account': 'purse/a', 'state': 'gone'}",
                 &fault_command_invalid);
    desk_refused("ledger.balance", "{" V "'account': 'card/9'}", &fault_ledger_account_unknown);
    desk_refused("ledger.balance", "{" V "'account': 'purse/a', 'by': 'moon'}",
                 &fault_command_invalid);
}

static void closings(void **state)
{
    (void)state;
    desk_refused("ledger.close_period", "{" V "'until': 'soon'}", &fault_command_invalid);
    desk_refused("ledger.close_period", "{" V "'until': '2026-03-03'}",
                 &fault_ledger_close_in_future);
    desk_refused("ledger.close_period", "{" V "'until': '2026-03-02'}", &fault_ledger_close_order);
    desk_refused("ledger.close_period", "{" V "'until': '2026-03-01'}", &fault_ledger_close_order);
    desk_transfer("purse/a", "deposit/x", 10);
    desk_move_to("2026-03-04T00:00:00+08:00");
    desk_refused("ledger.close_period", "{" V "'until': '2026-03-03'}", &fault_ledger_not_settled);
    desk_transfer("deposit/x", "purse/a", 10); /* today, which does not help the second */
    desk_refused("ledger.close_period", "{" V "'until': '2026-03-03'}", &fault_ledger_not_settled);
    desk_do("ledger.transfer", "{" V "'list': ["
            "{'from': 'purse/a', 'to': 'deposit/x', 'amount': 10},"
            "{'from': 'deposit/x', 'to': 'purse/a', 'amount': 10,"
            " 'value': '2026-03-02T23:00:00+08:00'}]}");
    desk_do("ledger.close_period", "{" V "'until': '2026-03-03'}");
    desk_refused("ledger.transfer", "{" V "'from': 'purse/a', 'to': 'purse/b', 'amount': 1,"
                                    "'value': '2026-03-02T23:00:00+08:00'}",
                 &fault_ledger_period_closed);
}

/* The sum of many large amounts does not pass the limit unseen. */
static void overflow(void **state)
{
    (void)state;
    int64_t left = 9007199254740991 + desk_balance("outside");
    desk_refused("ledger.transfer", "{" V "'from': 'outside', 'to': 'purse/b',"
                                    "'amount': 9007199254740991}", &fault_ledger_overflow);
    desk_transfer("outside", "purse/rich", left);
    desk_refused("ledger.transfer", "{" V "'from': 'outside', 'to': 'purse/b', 'amount': 1}",
                 &fault_ledger_overflow); /* the source can carry no more */
    desk_refused("ledger.hold", "{" V "'from': 'ship/a', 'to': 'dock/a', 'amount': 0}",
                 &fault_ledger_amount_invalid);
    desk_do("ledger.hold", "{" V "'from': 'ship/a', 'to': 'dock/a', 'amount': 9007199254740991}");
    desk_refused("ledger.hold", "{" V "'from': 'ship/b', 'to': 'dock/a', 'amount': 1}",
                 &fault_ledger_overflow);
    desk_refused("ledger.hold", "{" V "'from': 'ship/a', 'to': 'dock/b', 'amount': 1}",
                 &fault_ledger_overflow);
}

#define DESK_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, desk_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(transfers), DESK_TEST(holds),    DESK_TEST(posts),    DESK_TEST(reversals),
        DESK_TEST(forms),     DESK_TEST(closings), DESK_TEST(overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
