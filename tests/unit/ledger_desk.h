/* ledger_desk.h - a core with the ledger on a virtual clock, for the tests of the ledger. */
#ifndef TESTS_LEDGER_DESK_H
#define TESTS_LEDGER_DESK_H

#include "codec/json.h"
#include "domain/ledger/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define DESK_NODE 420600
#define DESK_START "2026-03-01T09:00:00+08:00"

typedef struct Desk {
    Arena *arena;
    Arena *server;
    Clock *clock;
    Core *core;
    const Module *modules[1];
    StoreConn *reader;
    Str actor; /* of the commands: "system", or a person */
    Str role;
    Str location;
} Desk;
extern Desk desk;

/* Opens with the book "village". */
int desk_open(void **state);
/* Closes; fails when a replay gives other rows, or an invariant does not hold. */
int desk_close(void **state);
/* Close and open again; the store must be a file. */
void desk_reopen(void);
void desk_judge(void);
void desk_install(const char *path); /* below tests/books */
Str desk_file(const char *path);
Reply desk_run(const char *kind, Value body);
/* The body is JSON with ' for ". */
Reply desk_try(const char *kind, const char *body);
Value desk_do(const char *kind, const char *body);
void desk_refused(const char *kind, const char *body, const Fault *fault);
void desk_move_to(const char *instant);
Instant desk_at(const char *text);
Value desk_json(const char *text);
int64_t desk_balance(const char *account);
LedgerAccount desk_account(const char *name);
void desk_show(const Err *err);
/* "ledger.transfer" of one amount in the book village; gives the number of the move. */
int64_t desk_transfer(const char *from, const char *to, int64_t amount);
int64_t desk_number(Value reply, const char *field);

#endif
