/* ledger_threads.c - many clients at once, through the writer's thread: no balance below zero, no
 * key twice, no command twice, one chain of history; a restart; and commands that ask for more
 * memory than one may have. */
#include "ledger_desk.h"

#include <stdatomic.h>
#include <string.h>

#define V "'book': 'village', "
#define CLIENTS 8
#define EACH 60

typedef struct Client {
    Thread *thread;
    int number;
    int accepted, refused, repeated;
} Client;

/* Everybody spends one fen from the same purse, which has less than they want in all. */
static void spend(void *context)
{
    Client *c = context;
    Arena *a = arena_open(1u << 22);
    for (int i = 0; i < EACH; i++) {
        Reply reply = {0};
        Err err = {0};
        Command command = {.kind = STR("ledger.transfer"), .actor = {.id = STR("li")}};
        Str to = arena_printf(a, "purse/to-%d", c->number);
        ContextBuilder b = context_builder(a);
        context_put_text(&b, "book", value_string(STR("village")));
        context_put_text(&b, "from", value_string(STR("purse/shared")));
        context_put_text(&b, "to", value_string(to));
        context_put_text(&b, "amount", value_int(1));
        command.body = value_context(&b);
        if (!core_submit_wait(desk.core, &command, a, &reply, &err))
            abort();
        if (reply.accepted)
            c->accepted++;
        else if (reply.err.fault == &fault_ledger_insufficient)
            c->refused++;
        else
            abort();
    }
    arena_close(a);
}

/* The same commands, by id, from all of them: each is done once. */
static void repeat(void *context)
{
    Client *c = context;
    Arena *a = arena_open(1u << 22);
    for (int i = 0; i < EACH; i++) {
        Reply reply = {0};
        Err err = {0};
        Str key = arena_printf(a, "same-%d", i), step = arena_printf(a, "k-%d", i);
        bool by_id = i % 2;
        Command command = {.kind = STR("ledger.transfer"), .actor = {.id = STR("li")},
                           .id = by_id ? core_command_id(STR("li"), key) : ID_NONE};
        ContextBuilder b = context_builder(a);
        context_put_text(&b, "book", value_string(STR("village")));
        context_put_text(&b, "from", value_string(STR("outside")));
        context_put_text(&b, "to", value_string(STR("fund")));
        context_put_text(&b, "amount", value_int(1));
        if (!by_id)
            context_put_text(&b, "key", value_string(step));
        command.body = value_context(&b);
        if (!core_submit_wait(desk.core, &command, a, &reply, &err) || !reply.accepted)
            abort();
        c->repeated += reply.repeated || value_get_boolean(reply.body, STR("repeated"), false);
    }
    arena_close(a);
}

static void with_clients(ThreadMain *what, Client *clients)
{
    core_start(desk.core);
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = (Client){.number = i};
        clients[i].thread = thread_start("client", what, &clients[i]);
    }
    for (int i = 0; i < CLIENTS; i++)
        thread_join(clients[i].thread);
    core_stop(desk.core);
}

static void nobody_spends_what_is_gone(void **state)
{
    Client clients[CLIENTS];
    int accepted = 0, refused = 0;
    (void)state;
    desk_transfer("outside", "purse/shared", 300);
    with_clients(spend, clients);
    for (int i = 0; i < CLIENTS; i++) {
        accepted += clients[i].accepted;
        refused += clients[i].refused;
    }
    assert_int_equal(accepted, 300);
    assert_int_equal(refused, CLIENTS * EACH - 300);
    assert_int_equal(desk_balance("purse/shared"), 0);
}

static void nothing_is_done_twice(void **state)
{
    Client clients[CLIENTS];
    int repeated = 0;
    (void)state;
    with_clients(repeat, clients);
    for (int i = 0; i < CLIENTS; i++)
        repeated += clients[i].repeated;
    assert_int_equal(repeated, (CLIENTS - 1) * EACH);
    assert_int_equal(desk_balance("fund"), EACH);
}

/* ---- Limits of memory: refused, nothing changes, the ledger lives. */

static void too_much_at_once(void **state)
{
    (void)state;
    char text[LEDGER_TEXT_BYTES + 1];
    memset(text, 'x', LEDGER_TEXT_BYTES);
    text[LEDGER_TEXT_BYTES] = 0;
    for (int round = 0; round < 3; round++) {
        size_t count = round == 0 ? LEDGER_STEPS_MAX : LEDGER_STEPS_MAX + 1;
        Buf body = buf_new(desk.arena, 1u << 20);
        buf_add_text(&body, "{" V "'list': [");
        for (size_t i = 0; i < count; i++)
            buf_printf(&body, "%s{'from': 'outside', 'to': 'purse/%zu', 'amount': 1,"
                              " 'earmark': 'road/%zu', 'key': '%zu-%d', 'about': '%zu',"
                              " 'text': '%s'}", i ? "," : "", i, i, i, round, i, text);
        buf_add_text(&body, "]}");
        Reply reply = desk_try("ledger.transfer", buf_cstr(&body));
        if (round == 0) /* much, but it can be done, or it is refused as a whole */
            assert_true(reply.accepted || reply.err.fault == &fault_out_of_memory);
        else
            assert_true(reply.err.fault == &fault_ledger_list_too_long);
    }
    desk_transfer("outside", "fund", 1);
}

/* An account with very many ends of validity, used again and again in one command. */
static void very_many_lots(void **state)
{
    (void)state;
    Instant until = desk_at("2026-06-01T00:00:00+08:00");
    for (unsigned made = 0; made < LEDGER_LOTS_MAX;) {
        Buf body = buf_new(desk.arena, 1u << 20);
        buf_add_text(&body, "{" V "'list': [");
        for (unsigned i = 0; i < 1000; i++, made++) {
            until.us++;
            buf_printf(&body, "%s{'from': 'issue', 'to': 'voucher/a', 'amount': 1, 'until': '",
                       i ? "," : "");
            instant_write(until, CHINA_OFFSET_S, &body);
            buf_add_text(&body, "'}");
        }
        buf_add_text(&body, "]}");
        desk_do("ledger.transfer", buf_cstr(&body));
    }
    desk_refused("ledger.transfer", "{" V "'from': 'issue', 'to': 'voucher/a', 'amount': 1,"
                                    "'until': '2026-07-01T00:00:00+08:00'}",
                 &fault_ledger_too_many_lots);
    Buf body = buf_new(desk.arena, 1u << 20);
    buf_add_text(&body, "{" V "'list': [");
    for (unsigned i = 0; i < 9000; i++)
        buf_printf(&body, "%s{'from': 'voucher/%s', 'to': 'voucher/%s', 'amount': 2400}",
                   i ? "," : "", i % 2 ? "b" : "a", i % 2 ? "a" : "b");
    buf_add_text(&body, "]}");
    Reply reply = desk_try("ledger.transfer", buf_cstr(&body));
    assert_true(reply.accepted || reply.err.fault == &fault_out_of_memory);
    desk_transfer("voucher/a", "voucher/b", 4000);
    desk_move_to("2026-06-02T00:00:00+08:00");
    assert_int_equal(desk_balance("expired"), (int64_t)LEDGER_LOTS_MAX);
}

#define DESK_TEST(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(nobody_spends_what_is_gone),
        DESK_TEST(nothing_is_done_twice),
        DESK_TEST(too_much_at_once),
        DESK_TEST(very_many_lots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
