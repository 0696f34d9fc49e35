/* rows.c - the tables of the ledger.
 *
 *     ledger_account    one row an account: name, kind, limits, state; title and owner (sealed)
 *     ledger_holding    what it has: posted, held, its last move and how many there are
 *     ledger_cell       the same purpose by purpose; no row for the free part, which is the rest
 *     ledger_lot        what of it is valid until an instant
 *     ledger_move       the history, in the order of booking; never changed
 *     ledger_mark       every 64th move of an account, with the balance after it
 *     ledger_backdated  moves whose value instant lies before their booking
 *     ledger_hold       holds and how they ended
 *     ledger_reversal   which move was reversed by which
 *     ledger_key        steps that were given a key
 *     ledger_day        what came in on a day, where a kind has a daily limit
 *     ledger_close      closed periods
 *     ledger_limit      former limits of an account, and the last move they held for
 *     ledger_sweep      when the timer is due
 *
 * Economy. A transfer is one inserted row and, an event, one changed row an account it touches:
 * there is no index from accounts to moves. Instead each move names the move before it of both
 * accounts, so a statement walks backwards from the account's last move:
 *
 *     ledger_holding.last_move ──▶ move 90 ──from_previous──▶ move 71 ──to_previous──▶ move 12
 *
 * and the marks are the steps of a ladder into the past: at most 64 hops from one. A balance by
 * value is the balance by booking and what was booked later for before, which ledger_backdated
 * alone knows. */
#include "domain/ledger/ledger_int.h"

const Migration ledger_migrations[] = {
    {1, "CREATE TABLE ledger_account ("
        " node BIGINT NOT NULL, account BIGINT NOT NULL, book TEXT NOT NULL, name TEXT NOT NULL,"
        " kind TEXT NOT NULL, unit TEXT NOT NULL, floor BIGINT, cap BIGINT,"
        " earmark TEXT NOT NULL, expires_to TEXT NOT NULL, state BIGINT NOT NULL,"
        " opened BIGINT NOT NULL, title TEXT, owner TEXT, subject TEXT,"
        " PRIMARY KEY (node, account)) WITHOUT ROWID;"
        "CREATE INDEX ledger_account_name ON ledger_account (node, book, name);"
        "CREATE INDEX ledger_account_subject ON ledger_account (node, subject)"
        " WHERE subject IS NOT NULL;"
        "CREATE TABLE ledger_holding ("
        " node BIGINT NOT NULL, account BIGINT NOT NULL, posted BIGINT NOT NULL,"
        " held_out BIGINT NOT NULL, held_in BIGINT NOT NULL, last_move BIGINT NOT NULL,"
        " moves BIGINT NOT NULL, PRIMARY KEY (node, account)) WITHOUT ROWID;"
        "CREATE TABLE ledger_cell ("
        " node BIGINT NOT NULL, account BIGINT NOT NULL, earmark TEXT NOT NULL,"
        " posted BIGINT NOT NULL, held_out BIGINT NOT NULL, held_in BIGINT NOT NULL,"
        " PRIMARY KEY (node, account, earmark)) WITHOUT ROWID;"
        "CREATE TABLE ledger_lot ("
        " node BIGINT NOT NULL, account BIGINT NOT NULL, earmark TEXT NOT NULL,"
        " expires BIGINT NOT NULL, amount BIGINT NOT NULL,"
        " PRIMARY KEY (node, account, earmark, expires)) WITHOUT ROWID;"
        "CREATE INDEX ledger_lot_due ON ledger_lot (node, expires);"
        "CREATE TABLE ledger_move ("
        " node BIGINT NOT NULL, move BIGINT NOT NULL, op BIGINT NOT NULL, booked BIGINT NOT NULL,"
        " value BIGINT NOT NULL, from_account BIGINT NOT NULL, to_account BIGINT NOT NULL,"
        " amount BIGINT NOT NULL, earmark TEXT NOT NULL, from_balance BIGINT NOT NULL,"
        " to_balance BIGINT NOT NULL, from_previous BIGINT NOT NULL, to_previous BIGINT NOT NULL,"
        " seq BIGINT NOT NULL, rules BIGINT NOT NULL, hold BIGINT, reverses BIGINT, about TEXT,"
        " text TEXT, lots TEXT, PRIMARY KEY (node, move)) WITHOUT ROWID;"
        "CREATE INDEX ledger_move_about ON ledger_move (node, about) WHERE about IS NOT NULL;"
        "CREATE TABLE ledger_mark ("
        " node BIGINT NOT NULL, account BIGINT NOT NULL, booked BIGINT NOT NULL,"
        " move BIGINT NOT NULL, balance BIGINT NOT NULL,"
        " PRIMARY KEY (node, account, booked, move)) WITHOUT ROWID;"
        "CREATE TABLE ledger_backdated ("
        " node BIGINT NOT NULL, account BIGINT NOT NULL, move BIGINT NOT NULL,"
        " value BIGINT NOT NULL, booked BIGINT NOT NULL, amount BIGINT NOT NULL,"
        " PRIMARY KEY (node, account, move)) WITHOUT ROWID;"
        "CREATE TABLE ledger_hold ("
        " node BIGINT NOT NULL, hold BIGINT NOT NULL, from_account BIGINT NOT NULL,"
        " to_account BIGINT NOT NULL, amount BIGINT NOT NULL, posted BIGINT NOT NULL,"
        " released BIGINT NOT NULL, earmark TEXT NOT NULL, booked BIGINT NOT NULL,"
        " expires BIGINT, ended BIGINT, state BIGINT NOT NULL, about TEXT,"
        " PRIMARY KEY (node, hold)) WITHOUT ROWID;"
        "CREATE INDEX ledger_hold_due ON ledger_hold (node, expires)"
        " WHERE state = 0 AND expires IS NOT NULL;"
        "CREATE INDEX ledger_hold_open ON ledger_hold (node, from_account) WHERE state = 0;"
        "CREATE TABLE ledger_reversal ("
        " node BIGINT NOT NULL, move BIGINT NOT NULL, reversed_by BIGINT NOT NULL,"
        " PRIMARY KEY (node, move)) WITHOUT ROWID;"
        "CREATE TABLE ledger_key ("
        " node BIGINT NOT NULL, book TEXT NOT NULL, key TEXT NOT NULL, print BLOB NOT NULL,"
        " move BIGINT NOT NULL, PRIMARY KEY (node, book, key)) WITHOUT ROWID;"
        "CREATE TABLE ledger_day ("
        " node BIGINT NOT NULL, account BIGINT NOT NULL, day BIGINT NOT NULL,"
        " amount BIGINT NOT NULL, PRIMARY KEY (node, account, day)) WITHOUT ROWID;"
        "CREATE TABLE ledger_close ("
        " node BIGINT NOT NULL, book TEXT NOT NULL, ordinal BIGINT NOT NULL,"
        " until BIGINT NOT NULL, closed_at BIGINT NOT NULL, actor TEXT NOT NULL,"
        " last_move BIGINT NOT NULL, PRIMARY KEY (node, book, ordinal)) WITHOUT ROWID;"
        "CREATE TABLE ledger_limit ("
        " node BIGINT NOT NULL, account BIGINT NOT NULL, last_move BIGINT NOT NULL,"
        " floor BIGINT, cap BIGINT, PRIMARY KEY (node, account, last_move)) WITHOUT ROWID;"
        "CREATE TABLE ledger_sweep ("
        " node BIGINT NOT NULL, due BIGINT, PRIMARY KEY (node)) WITHOUT ROWID"},
};
const size_t ledger_migration_count = sizeof ledger_migrations / sizeof ledger_migrations[0];

const char *const ledger_tables[] = {
    "ledger_account", "ledger_holding", "ledger_cell", "ledger_lot", "ledger_move",
    "ledger_mark", "ledger_backdated", "ledger_hold", "ledger_reversal", "ledger_key",
    "ledger_day", "ledger_close", "ledger_limit", "ledger_sweep", NULL};
