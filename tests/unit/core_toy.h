/* core_toy.h - a module for the tests of core: accounts with a sum, a name, and notes.
 *
 * Commands (bodies):
 *   toy.add {account, amount, name?}   adds; refuses to go below zero (toy_poor: final), and
 *                                      when the name is "later" (toy_later: retryable); "cut" is stored as text that is not UTF-8
 *   toy.many {account, count}          count follow-ups of toy.add
 *   toy.ask {account, amount}          follow-up toy.add with reply to toy.told
 *   toy.told                           notes the answer under the account
 *   toy.remind {account, due, cancel?} a timer that gives toy.ring
 *   toy.ring {account}                 adds 1
 *   toy.hidden {account}               internal: adds 1000
 *   toy.eat {account}                  uses up the memory of its arena
 *   toy.split {account}                adds 5, and a follow-up that eats
 * A definition of kind "toy" is a number in decimal digits; the state adds them up. */
#ifndef TESTS_CORE_TOY_H
#define TESTS_CORE_TOY_H

#include "core/core.h"

typedef struct Toy Toy;
Toy *toy_open(void);
/* The module over this state; valid as long as the state. */
const Module *toy_module(Toy *toy);
int64_t toy_defined(const Toy *toy); /* sum of the definitions */
int64_t toy_cached(const Toy *toy);  /* sum of all accounts, kept by the appliers */
int toy_loads(const Toy *toy);       /* calls of load */
void toy_refuse_loads(Toy *toy, bool refuse);

/* Rows, read through a connection. -1: there is none. */
int64_t toy_sum(StoreConn *conn, Str account);
Str toy_name(StoreConn *conn, Str account, Arena *a);
Str toy_note(StoreConn *conn, Str account, Arena *a);

/* Bodies and commands. */
Value toy_body(Arena *a, Str account, int64_t amount, Str name);
Command toy_command(Str actor, Str kind, Value body);

#define TOY_FAULTS(X)                                                                     \
    X(toy_poor, REFUSAL, 409, false, "{1} has only {2}.", "{1} 只有 {2}。")               \
    X(toy_later, REFUSAL, 409, true, "Not now.", "现在不行。")                            \
    X(toy_text, INPUT, 422, false, "\"{1}\" is not a number.", "“{1}”不是数字。")
FAULT_DECLARE(TOY_FAULTS)

#endif
