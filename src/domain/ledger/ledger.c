/* ledger.c - the module: what core is told about the ledger.
 *
 * The state (cache.c) is an exact copy of the rows, so a decision asks no table for a balance.
 * Where things are: book.c a definition compiled; step.c what is asked; judge.c whether it may be,
 * with limits.c; command.c and account.c the commands; apply.c and rows.c what is written;
 * read.c, statement.c, export.c what is read; invariants.c whether all of it is true. */
#include "domain/ledger/ledger_int.h"

#include "base/check.h"

static void *fresh_state(const void *state)
{
    (void)state;
    return ledger_state_new();
}

static void close_state(void *state)
{
    Ledger *l = state;
    arena_close(l->rows);
    arena_close(l->definitions);
}

static bool define(void *state, const Definition *definition, Err *err)
{
    Ledger *l = state;
    LedgerBook *book = NULL;
    if (!str_equal(definition->kind, STR("ledger")))
        return true;
    if (!ledger_book_compile(l->definitions, definition->text, definition->path, &book, err))
        return false;
    if (!str_equal(book->id, definition->id)) {
        err_set(err, &fault_ledger_definition_invalid, STR("/id"), definition->id,
                definition->id);
        err_at(err, definition->path, 0, 0);
        return false;
    }
    book->version = definition->version;
    ledger_book_state(l, book->id)->rules = book;
    return true;
}

#define ANYONE (COMMAND_PUBLIC | COMMAND_TASK)

static const CommandKind commands[] = {
    {"ledger.transfer", ledger_decide_transfer, ANYONE},
    {"ledger.hold", ledger_decide_hold, ANYONE},
    {"ledger.post", ledger_decide_post, ANYONE},
    {"ledger.release", ledger_decide_release, ANYONE},
    {"ledger.reverse", ledger_decide_reverse, ANYONE},
    {"ledger.transact", ledger_decide_transact, ANYONE},
    {"ledger.account_open", ledger_decide_open, ANYONE},
    {"ledger.account_change", ledger_decide_change, ANYONE},
    {"ledger.close_period", ledger_decide_close, ANYONE},
    {"ledger.balance", ledger_decide_balance, COMMAND_TASK},
    {"ledger.allocate", ledger_decide_allocate, COMMAND_TASK},
    {"ledger.sweep", ledger_decide_sweep, COMMAND_INTERNAL},
    {0},
};

static const EventKind events[] = {
    {"ledger.moved", ledger_apply_moved},
    {"ledger.account_opened", ledger_apply_opened},
    {"ledger.account_changed", ledger_apply_changed},
    {"ledger.period_closed", ledger_apply_closed},
    {"core.erased", ledger_apply_erased},
    {0},
};

FAULT_DEFINE(LEDGER_FAULTS)
static FAULT_TABLE(ledger_faults, LEDGER_FAULTS)

const Module *ledger_module_new(Arena *server)
{
    Module *m = arena_new(server, Module);
    *m = (Module){.name = "ledger",
                  .migrations = ledger_migrations,
                  .migration_count = ledger_migration_count,
                  .tables = ledger_tables,
                  .commands = commands,
                  .events = events,
                  .faults = ledger_faults,
                  .state = ledger_state_new(),
                  .fresh = fresh_state,
                  .define = define,
                  .load = ledger_state_load,
                  .close = close_state};
    return m;
}
