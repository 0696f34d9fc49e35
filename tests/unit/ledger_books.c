/* ledger_books.c - books as data: the files of tests/books, each postings and what is printed of them.
 *
 *     {"book": "definitions/x.json", "steps": [step, ...], "prints": ["line", ...]}
 *
 * A step is {"at": instant}, {"as": [actor, role]}, or {"do": kind, "body": {...}} with
 * "refused": fault name, or "reply": fields that the reply must have. Printed at the end: every
 * account as "name balance unit [held out/in]" with its purposes below it, then the sums of the
 * trial balance as "kind unit earmark balance". Replay and invariants are judged after each. */
#include "ledger_desk.h"

#include <string.h>

static void do_step(Value step, size_t n, Str file)
{
    Value at = value_field(step, "at"), as = value_field(step, "as"), wanted;
    if (!value_is_null(as)) {
        desk.actor = value_item(as, 0).as.string;
        desk.role = value_is_null(value_item(as, 1)) ? STR_NONE : value_item(as, 1).as.string;
    }
    if (!value_is_null(at))
        desk_move_to(arena_printf(desk.arena, "%.*s", STR_ARG(at.as.string)).ptr);
    Str kind = value_get_string(step, STR("do")), refused = value_get_string(step, STR("refused"));
    if (!kind.len)
        return;
    Reply reply = desk_run(arena_printf(desk.arena, "%.*s", STR_ARG(kind)).ptr,
                           value_field(step, "body"));
    Str got = reply.accepted ? STR_NONE : str_from(reply.err.fault->name);
    if (!str_equal(got, refused))
        fail_msg("%.*s: step %zu: \"%.*s\", \"%.*s\" was expected", STR_ARG(file), n,
                 STR_ARG(got), STR_ARG(refused));
    if (!value_find(step, STR("reply"), &wanted))
        return;
    for (size_t i = 0; i < wanted.as.context.count; i++) {
        const ValueEntry *e = &wanted.as.context.entries[i];
        if (!value_same(value_get(reply.body, e->key), e->value))
            fail_msg("%.*s: step %zu: %.*s is %.*s", STR_ARG(file), n, STR_ARG(e->key),
                     STR_ARG(json_copy_text(desk.arena, value_get(reply.body, e->key))));
    }
}

static void print_account(const LedgerAccount *a, Buf *out)
{
    LedgerCell *cells;
    size_t count;
    Err err = {0};
    buf_printf(out, "%.*s %lld %.*s", STR_ARG(a->name), (long long)a->posted, STR_ARG(a->unit));
    if (a->held_out || a->held_in)
        buf_printf(out, " held %lld/%lld", (long long)a->held_out, (long long)a->held_in);
    buf_add_char(out, '\n');
    assert_true(ledger_cell_list(desk.reader, DESK_NODE, a->number, desk.arena, &cells, &count,
                                 &err));
    for (size_t i = 1; i < count; i++)
        buf_printf(out, "  %.*s %lld\n", STR_ARG(cells[i].earmark), (long long)cells[i].posted);
}

static void print_book(Str book, Buf *out)
{
    LedgerAccountFilter f = {.book = book, .limit = 100};
    LedgerAccount *accounts;
    LedgerTrialLine *lines;
    size_t count;
    Err err = {0};
    assert_true(store_begin(desk.reader, &err));
    do {
        assert_true(ledger_account_list(desk.reader, DESK_NODE, &f, desk.arena, &accounts, &count,
                                        &err));
        for (size_t i = 0; i < count; i++)
            print_account(&accounts[i], out);
        f.after = count ? accounts[count - 1].name : STR_NONE;
    } while (count == f.limit);
    assert_true(ledger_trial_balance(desk.reader, DESK_NODE, book, desk.arena, &lines, &count,
                                     &err));
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "= %.*s %.*s%s%.*s %lld\n", STR_ARG(lines[i].kind), STR_ARG(lines[i].unit),
                   lines[i].earmark.len ? " " : "", STR_ARG(lines[i].earmark),
                   (long long)lines[i].posted);
    store_end(desk.reader);
}

static void one_book(Str file)
{
    void *state = NULL;
    desk_open(&state);
    Value play = value_null();
    Err err = {0};
    Str name = arena_copy(desk.arena, file);
    if (!json_parse(desk.arena, desk_file(name.ptr), &play, &err))
        desk_show(&err);
    Str path = value_get_string(play, STR("book"));
    desk_install(arena_printf(desk.arena, "%.*s", STR_ARG(path)).ptr);
    Value steps = value_field(play, "steps"), lines = value_field(play, "prints"), definition;
    for (size_t i = 0; i < value_count(steps); i++)
        do_step(value_item(steps, i), i + 1, name);
    assert_true(json_parse(desk.arena,
                           desk_file(arena_printf(desk.arena, "%.*s", STR_ARG(path)).ptr),
                           &definition, &err));
    Buf printed = buf_new(desk.arena, 1000), wanted = buf_new(desk.arena, 1000);
    print_book(value_get_string(definition, STR("id")), &printed);
    for (size_t i = 0; i < value_count(lines); i++) {
        buf_add(&wanted, value_item(lines, i).as.string);
        buf_add_char(&wanted, '\n');
    }
    if (!str_equal(buf_text(&printed), buf_text(&wanted)))
        fail_msg("%s:\n%s\nwas expected, but this is it:\n%s", name.ptr, buf_cstr(&wanted),
                 buf_cstr(&printed));
    desk_close(&state);
}

static void books(void **state)
{
    const char *source = getenv("TONGBAN_SOURCE");
    Arena *a = arena_open(1u << 20);
    Str *names;
    size_t count, played = 0;
    Err err = {0};
    (void)state;
    assert_true(file_list(a, arena_printf(a, "%s/tests/books", source ? source : "."), &names,
                          &count, &err));
    for (size_t i = 0; i < count; i++)
        if (str_ends(names[i], STR(".json"))) {
            one_book(names[i]);
            played++;
        }
    assert_true(played >= 4);
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(books)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
