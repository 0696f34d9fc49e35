/* ledger_past.c - what was true at an instant: balances by booking and by value, statements in
 * pages, the trial balance, and damage that the judgement must see. */
#include "ledger_desk.h"

#include <string.h>

#define V "'book': 'village', "
#define MOVES 700

typedef struct Entry {
    Instant booked, value;
    int64_t amount; /* of purse/a */
} Entry;

static Entry entries[MOVES];
static size_t entry_count;

/* Hundreds of moves of one account, some back-valued, with other accounts between. */
static void fill(void)
{
    uint64_t seed = 99;
    Instant now = desk_at(DESK_START);
    entry_count = 0;
    desk_transfer("outside", "purse/a", 100000);
    entries[entry_count++] = (Entry){now, now, 100000};
    desk_transfer("outside", "purse/z", 1000);
    while (entry_count < MOVES) {
        seed = seed * 6364136223846793005ull + 1442695040888963407ull;
        int64_t amount = (int64_t)(seed >> 40) % 50 + 1;
        bool in = (seed >> 33) % 2, back = (seed >> 20) % 5 == 0;
        Instant value = now;
        if ((seed >> 50) % 3 == 0) {
            now.us += 60 * US_PER_SECOND;
            assert_true(clock_set(desk.clock, now));
            value = now;
        }
        if (back)
            value.us -= (int64_t)((seed >> 10) % 1000) * 30 * US_PER_SECOND;
        Str when = instant_copy_text(desk.arena, value, CHINA_OFFSET_S);
        const char *other = (seed >> 15) % 2 ? "purse/b" : "purse/c";
        desk_do("ledger.transfer",
                arena_printf(desk.arena,
                             "{" V "'from': '%s', 'to': '%s', 'amount': %lld, 'value': '%.*s'}",
                             in ? "outside" : "purse/a", in ? "purse/a" : other,
                             (long long)amount, STR_ARG(when)).ptr);
        entries[entry_count++] = (Entry){now, value, in ? amount : -amount};
        if ((seed >> 5) % 4 == 0)
            desk_transfer("purse/z", "purse/y", 1);
    }
}

static int64_t naive(Instant at, LedgerBasis basis)
{
    int64_t sum = 0;
    for (size_t i = 0; i < entry_count; i++)
        if ((basis == LEDGER_BY_VALUE ? entries[i].value.us : entries[i].booked.us) <= at.us)
            sum += entries[i].amount;
    return sum;
}

static void balances_of_any_instant(void **state)
{
    Err err = {0};
    (void)state;
    fill();
    int64_t account = desk_account("purse/a").number;
    Instant first = desk_at(DESK_START);
    Instant last = entries[entry_count - 1].booked;
    assert_true(store_begin(desk.reader, &err));
    for (int64_t us = first.us - 40000 * US_PER_SECOND; us <= last.us + US_PER_SECOND;
         us += 17 * US_PER_SECOND)
        for (int basis = LEDGER_BY_BOOKING; basis <= LEDGER_BY_VALUE; basis++) {
            int64_t balance = 0;
            assert_true(ledger_balance_at(desk.reader, DESK_NODE, account, (Instant){us},
                                          (LedgerBasis)basis, &balance, &err));
            if (balance != naive((Instant){us}, (LedgerBasis)basis))
                fail_msg("%lld by %d", (long long)us, basis);
        }
    int64_t balance = 1;
    assert_true(ledger_balance_at(desk.reader, DESK_NODE, 999, last, LEDGER_BY_VALUE, &balance,
                                  &err));
    assert_int_equal(balance, 0);
    store_end(desk.reader);
    Value then = desk_do("ledger.balance", "{" V "'account': 'purse/a', 'by': 'value',"
                                           "'at': '2026-03-01T10:00:00+08:00'}");
    assert_int_equal(value_get_int(then, STR("balance"), 0),
                     naive(desk_at("2026-03-01T10:00:00+08:00"), LEDGER_BY_VALUE));
}

static void statements_in_pages(void **state)
{
    Err err = {0};
    (void)state;
    fill();
    LedgerStatementFilter f = {.account = desk_account("purse/a").number, .from = INSTANT_NONE,
                               .to = INSTANT_NONE, .limit = 37};
    size_t at = entry_count, count = 0, pages = 0;
    LedgerMove *moves;
    assert_true(store_begin(desk.reader, &err));
    do {
        assert_true(ledger_statement(desk.reader, DESK_NODE, &f, desk.arena, &moves, &count,
                                     &f.before, &err));
        for (size_t i = 0; i < count; i++) {
            const Entry *e = &entries[--at];
            bool gives = moves[i].from_account == f.account;
            assert_int_equal(moves[i].booked.us, e->booked.us);
            assert_int_equal(moves[i].value.us, e->value.us);
            assert_int_equal(gives ? -moves[i].amount : moves[i].amount, e->amount);
        }
        pages++;
    } while (f.before);
    assert_int_equal(at, 0);
    assert_int_equal(pages, (entry_count + 36) / 37);
    /* A window of time. */
    f = (LedgerStatementFilter){.account = f.account, .from = entries[200].booked,
                                .to = entries[300].booked, .limit = 500};
    size_t expected = 0;
    for (size_t i = 0; i < entry_count; i++)
        expected += entries[i].booked.us >= f.from.us && entries[i].booked.us < f.to.us;
    assert_true(ledger_statement(desk.reader, DESK_NODE, &f, desk.arena, &moves, &count, &f.before,
                                 &err));
    assert_int_equal(count, expected);
    assert_int_equal(f.before, 0);
    f = (LedgerStatementFilter){.account = 999, .from = INSTANT_NONE, .to = INSTANT_NONE,
                                .limit = 500};
    assert_true(ledger_statement(desk.reader, DESK_NODE, &f, desk.arena, &moves, &count, &f.before,
                                 &err));
    assert_int_equal(count, 0);
    store_end(desk.reader);
}

static void lists_and_trial_balance(void **state)
{
    LedgerAccount *accounts;
    LedgerTrialLine *lines;
    LedgerMove *moves;
    LedgerHold *holds;
    size_t count;
    Err err = {0};
    (void)state;
    desk_do("ledger.transfer", "{" V "'list': ["
            "{'from': 'outside', 'to': 'purse/b', 'amount': 5, 'about': 'MD-1'},"
            "{'from': 'outside', 'to': 'purse/a', 'amount': 7, 'earmark': 'road'},"
            "{'from': 'purse/b', 'to': 'purse/a', 'amount': 2, 'about': 'MD-1', 'text': '说明'},"
            "{'from': 'issue', 'to': 'household/1', 'amount': 3}]}");
    desk_do("ledger.hold", "{" V "'from': 'purse/b', 'to': 'purse/a', 'amount': 1}");
    int64_t b = desk_account("purse/b").number;
    assert_true(store_begin(desk.reader, &err));
    LedgerAccountFilter f = {.book = STR("village"), .prefix = STR("purse/"), .limit = 10};
    assert_true(ledger_account_list(desk.reader, DESK_NODE, &f, desk.arena, &accounts, &count,
                                    &err));
    assert_int_equal(count, 2);
    assert_true(str_equal(accounts[0].name, STR("purse/a")));
    assert_int_equal(value_get_int(ledger_account_value(desk.arena, &accounts[1]),
                                   STR("available"), 0), 2);
    f.after = accounts[0].name;
    f.limit = 1;
    assert_true(ledger_account_list(desk.reader, DESK_NODE, &f, desk.arena, &accounts, &count,
                                    &err));
    assert_int_equal(count, 1);
    assert_true(str_equal(accounts[0].name, STR("purse/b")));
    assert_true(ledger_moves_about(desk.reader, DESK_NODE, STR("MD-1"), 10, desk.arena, &moves,
                                   &count, &err));
    assert_int_equal(count, 2);
    Value v = ledger_move_value(desk.arena, &moves[1]);
    assert_true(str_equal(value_get_string(v, STR("text")), STR("说明")));
    assert_true(str_equal(value_get_string(v, STR("move")), STR("3")));
    assert_true(ledger_hold_list(desk.reader, DESK_NODE, b, 10, desk.arena, &holds, &count, &err));
    assert_int_equal(count, 1);
    assert_true(ledger_trial_balance(desk.reader, DESK_NODE, STR("village"), desk.arena, &lines,
                                     &count, &err));
    store_end(desk.reader);
    Buf text = buf_new(desk.arena, 500);
    json_write(ledger_trial_value(desk.arena, lines, count), 0, &text);
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        if (str_equal(lines[i].unit, STR("fen")))
            sum += lines[i].posted;
    assert_int_equal(sum, 0);
    assert_true(str_find(buf_text(&text),
                         STR("{\"kind\":\"purse\",\"unit\":\"fen\",\"earmark\":\"road\","
                             "\"accounts\":1,\"balance\":7,\"held_out\":0,\"held_in\":0}")) >= 0);
    assert_true(str_find(buf_text(&text),
                         STR("{\"kind\":\"purse\",\"unit\":\"fen\",\"accounts\":2,\"balance\":5,"
                             "\"held_out\":1,\"held_in\":1}")) >= 0);
}

/* ---- Damage: a row changed behind the ledger's back is seen, and by what it is. */

static int64_t faults_after(const char *location, const char *damage)
{
    Arena *server = arena_open(1u << 20);
    const Module *modules[] = {ledger_module_new(server)};
    CoreOptions options = {.node = DESK_NODE, .location = str_from(location), .modules = modules,
                           .module_count = 1, .clock = desk.clock};
    Core *core = NULL;
    LedgerJudgement judgement = {0};
    StoreConn *conn = NULL;
    Store *store;
    Err err = {0};
    if (*damage) {
        if (!store_open(str_from(location), &store, &err) ||
            !store_connect_writer(store, &conn, &err) || !store_begin(conn, &err))
            desk_show(&err);
        store_write(conn, store_sql(conn, str_from(damage)), NO_PARAMS);
        if (!store_commit(conn, &err))
            desk_show(&err);
        store_disconnect(conn);
        store_close(store);
    }
    options.read_only = true;
    if (!core_open(&options, &core, &err))
        desk_show(&err);
    if (!store_connect_reader(core_store(core), &conn, &err) ||
        !ledger_invariants(conn, DESK_NODE, LANG_ZH, desk.arena, &judgement, &err))
        desk_show(&err);
    store_disconnect(conn);
    core_close(core);
    arena_close(server);
    return judgement.faults;
}

/* A ledger in a file, with a bit of everything in it. */
static void write_file(const char *location)
{
    Core *memory = desk.core;
    Arena *server = arena_open(1u << 20);
    const Module *modules[] = {ledger_module_new(server)};
    CoreOptions options = {.node = DESK_NODE, .location = str_from(location), .modules = modules,
                           .module_count = 1, .clock = desk.clock};
    Err err = {0};
    if (!core_open(&options, &desk.core, &err))
        desk_show(&err);
    desk_install("definitions/village.json");
    desk_do("ledger.transact", "{" V "'list': ["
            "{'do': 'transfer', 'from': 'outside', 'to': 'purse/a', 'amount': 1000, 'earmark': 'road'},"
            "{'do': 'transfer', 'from': 'outside', 'to': 'purse/a', 'amount': 1000,"
            " 'value': '2026-02-01T00:00:00Z'},"
            "{'do': 'hold', 'from': 'purse/a', 'to': 'till/1', 'amount': 900},"
            "{'do': 'post', 'hold': '3', 'amount': 500, 'keep': true},"
            "{'do': 'transfer', 'from': 'purse/a', 'to': 'purse/b', 'amount': 100},"
            "{'do': 'reverse', 'move': '5'},"
            "{'do': 'transfer', 'from': 'issue', 'to': 'household/1', 'amount': 10},"
            "{'do': 'hold', 'from': 'purse/a', 'to': 'purse/b', 'amount': 1},"
            "{'do': 'release', 'hold': '8'}]}");
    core_close(desk.core);
    arena_close(server);
    desk.core = memory;
}

static void damage_is_seen(void **state)
{
    static const char *const damages[] = {
        "UPDATE ledger_holding SET posted = posted + 1 WHERE account = 2",
        "UPDATE ledger_cell SET posted = posted + 1",
        "DELETE FROM ledger_cell WHERE account = 2",
        "UPDATE ledger_lot SET amount = 9",
        "DELETE FROM ledger_lot",
        "UPDATE ledger_move SET amount = amount + 1 WHERE move = 2",
        "UPDATE ledger_move SET from_balance = 7 WHERE move = 4",
        "UPDATE ledger_move SET booked = booked + 1 WHERE move = 4",
        "UPDATE ledger_move SET value = booked + 1 WHERE move = 4",
        "UPDATE ledger_move SET from_previous = 1 WHERE move = 4",
        "UPDATE ledger_move SET earmark = 'relief' WHERE move = 5",
        "UPDATE ledger_move SET to_account = 1 WHERE move = 5",
        "UPDATE ledger_move SET reverses = 4 WHERE move = 6",
        "UPDATE ledger_move SET hold = 8 WHERE move = 4",
        "UPDATE ledger_move SET amount = 901 WHERE move = 4",
        "DELETE FROM ledger_move WHERE move = 5",
        "DELETE FROM ledger_backdated",
        "DELETE FROM ledger_reversal",
        "UPDATE ledger_hold SET posted = 501 WHERE hold = 3",
        "UPDATE ledger_hold SET state = 2 WHERE hold = 3",
        "UPDATE ledger_hold SET expires = booked WHERE hold = 3",
        "UPDATE ledger_account SET cap = 300 WHERE name = 'till/1'",
        "UPDATE ledger_account SET cap = 899 WHERE name = 'till/1'",
        "UPDATE ledger_account SET kind = 'fund' WHERE name = 'purse/b'",
        "INSERT INTO ledger_close VALUES (420600, 'village', 1, 1770000000000000, 1, 'x', 1)",
    };
    (void)state;
    char location[] = "/tmp/ledger_past_XXXXXX";
    char cleaning[200];
    assert_non_null(mkdtemp(location));
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        char path[100];
        snprintf(path, sizeof path, "%s/%zu.db", location, i);
        write_file(path);
        if (i == 0)
            assert_int_equal(faults_after(path, ""), 0);
        if (faults_after(path, damages[i]) == 0)
            fail_msg("not seen: %s", damages[i]);
    }
    snprintf(cleaning, sizeof cleaning, "rm -rf %s", location);
    assert_int_equal(system(cleaning), 0);
}

#define DESK_TEST(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(balances_of_any_instant),
        DESK_TEST(statements_in_pages),
        DESK_TEST(lists_and_trial_balance),
        DESK_TEST(damage_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
