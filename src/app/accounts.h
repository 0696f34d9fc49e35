/* accounts.h - accounts and tokens that the program itself opens.
 *
 * Commands run inline as actor "system", before the writer is started. A token is "tb_" and 64
 * hexadecimal digits of randomness; only its SM3 goes into the command.
 * Floor 8. Main thread. */
#ifndef APP_ACCOUNTS_H
#define APP_ACCOUNTS_H

#include "app/arguments.h"
#include "app/node.h"
#include "pack/pack.h"

/* Run a command as "system"; a refusal fills err too. */
bool system_run(Core *core, Arena *a, Str kind, Value body, Err *err);
/* A new token, in a. */
Str token_make(Arena *a);
Value token_sm3_value(Arena *a, Str token);
/* Make sure that an account is there and add a new token to it. expires: INSTANT_NONE: access's
 * own rule. */
bool account_with_token(Core *core, Arena *a, const PackAccount *account, Instant expires,
                        Str *token, Err *err);
/* Accounts of the packs' "demo" lists, with tokens, written to a file (mode 0600). Tokens that
 * the file holds already and that still work are kept. */
bool accounts_of_demo(Core *core, const PackSet *set, Str file, Err *err);

#endif
