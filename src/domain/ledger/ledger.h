/* ledger.h - accounts, moves, holds: anything countable, in any unit, that must not get lost.
 *
 * A book (a definition, docs/packs.md "ledger") names units, purposes, kinds of accounts with
 * their limits, and the flows that are allowed between kinds. A move takes a whole number of a
 * unit's smallest part from one account to another, so every move sums to zero. Moves never
 * change; a correction is a new move that names the old one. A hold sets an amount aside until it
 * is posted, released or expires. Money for a purpose (an earmark) keeps it through every move.
 * docs/ledger.md has the model, the life of a hold and the order of refusals.
 *
 * Invariants (ledger_invariants judges them): every move and every unit sums to zero; no account
 * beyond its limits, posted and held together; a hold ends at most once and never above its
 * amount; a balance is the fold of its history at every prefix; booking instants never run back;
 * an earmark is never spent outside its purpose; what expires does so at its instant.
 *
 * Floor 5. Tables: ledger_account, ledger_holding, ledger_cell, ledger_lot, ledger_move,
 * ledger_mark, ledger_backdated, ledger_hold, ledger_reversal, ledger_key, ledger_day,
 * ledger_close, ledger_sweep,
 * ledger_limit. Commands on the writer's thread; reads on any connection. */
#ifndef DOMAIN_LEDGER_LEDGER_H
#define DOMAIN_LEDGER_LEDGER_H

#include "core/core.h"
#include "domain/ledger/ledger_faults.h"

#define LEDGER_AMOUNT_MAX 9007199254740991ll /* 2^53 - 1: exact in every JSON reader */
#define LEDGER_STEPS_MAX 10000u     /* of one command */
#define LEDGER_NAME_BYTES 120u      /* of an account name, an earmark */
#define LEDGER_KEY_BYTES 120u
#define LEDGER_TEXT_BYTES 400u
#define LEDGER_KINDS_MAX 64u        /* of a book */
#define LEDGER_PURPOSES_MAX 63u
#define LEDGER_UNITS_MAX 32u
#define LEDGER_FLOWS_MAX 1024u
#define LEDGER_LOTS_MAX 5000u       /* different ends of validity in one account */
#define LEDGER_WEIGHTS_MAX 4096u    /* of one allocation */
#define LEDGER_PAGE_MAX 500u        /* rows of one read */
#define LEDGER_SWEEP_MAX 1000u      /* holds and lots that one firing of the timer ends */
#define LEDGER_MARK_EVERY 64        /* moves of an account between two marks of its balance */

/* What a move does to the two accounts. The number stands in rows and events. */
#define LEDGER_OPS(X)                                                         \
    X(TRANSFER, 1, "transfer") /* posted: from - a, to + a */                 \
    X(HOLD, 2, "hold")         /* held: out of from + a, into to + a */       \
    X(POST, 3, "post")         /* both: held - a, posted as a transfer */     \
    X(RELEASE, 4, "release")   /* held - a */                                 \
    X(REVERSAL, 5, "reversal") /* posted, back */                             \
    X(LAPSE, 6, "lapse")       /* held - a: the hold expired */               \
    X(EXPIRY, 7, "expiry")     /* posted: what was valid until then goes */
typedef enum LedgerOp {
#define LEDGER_OP_ENUM(name, number, text) LEDGER_##name = number,
    LEDGER_OPS(LEDGER_OP_ENUM)
} LedgerOp;
const char *ledger_op_name(LedgerOp op);
/* Does the operation change posted balances? */
bool ledger_op_posts(LedgerOp op);

typedef enum LedgerAccountState { LEDGER_OPEN, LEDGER_FROZEN, LEDGER_CLOSED } LedgerAccountState;
const char *ledger_account_state_name(LedgerAccountState state);

/* ---- The module, for CoreOptions.modules. Lives in the server's arena; core closes it. */
const Module *ledger_module_new(Arena *server);

/* ---- Books. */

typedef struct LedgerBook LedgerBook; /* compiled, read-only */

/* Compile a book's text; it lives in a. */
bool ledger_book_compile(Arena *a, Str text, Str file, LedgerBook **out, Err *err);
Str ledger_book_id(const LedgerBook *book);
/* The latest (version 0) or a stated version of a book; *out NULL when there is none. */
bool ledger_book_read(StoreConn *conn, int64_t node, Str book, int64_t version, Arena *a,
                      LedgerBook **out, Err *err);
/* Decimal places and symbol of a unit; 0 and the id itself for a unit that is not there. */
int ledger_book_scale(const LedgerBook *book, Str unit);
Str ledger_book_symbol(const LedgerBook *book, Str unit);
/* "1234.56" for 123456 at scale 2. */
void ledger_amount_write(int64_t amount, int scale, Buf *out);

/* ---- Allocation: pure. */

typedef enum LedgerShare {
    LEDGER_SHARE_LARGEST_REMAINDER, /* floors, then one more to the largest remainders; a tie goes
                                       to the one that stands first. Sums exactly. */
    LEDGER_SHARE_REST,              /* each rounded by the mode; one party takes what is left */
} LedgerShare;

typedef struct LedgerAllocation {
    int64_t amount;  /* 0 .. LEDGER_AMOUNT_MAX */
    int64_t quantum; /* parts are multiples of it (>= 1, divides amount) */
    LedgerShare share;
    Rounding rounding; /* of LEDGER_SHARE_REST; half away from zero, half even, down, up */
    size_t rest;       /* who takes the rest */
    const Dec *weights; /* count of them, none negative, at least one positive */
    size_t count;
} LedgerAllocation;
/* parts[i] >= 0, multiples of quantum, in sum the amount. Exact: no step rounds but the stated
 * one. Weights have at most 18 digits in all, on one scale. */
bool ledger_allocate(Arena *a, const LedgerAllocation *in, int64_t *parts, Err *err);

/* ---- Reads. Not found is success with an empty result. Instants: INSTANT_NONE is no bound. */

typedef struct LedgerAccount {
    int64_t number; /* 0: not found */
    Str book, name, kind, unit;
    bool has_floor, has_cap;
    int64_t floor, cap;
    Str earmark; /* only this may enter; empty: any */
    LedgerAccountState state;
    Instant opened;
    Str title, owner; /* empty when they were not given, or erased */
    int64_t posted, held_out, held_in;
    int64_t moves; /* moves that touched it */
} LedgerAccount;
bool ledger_account_read(StoreConn *conn, int64_t node, Str book, Str name, Arena *a,
                         LedgerAccount *out, Err *err);

typedef struct LedgerAccountFilter {
    Str book;   /* needed */
    Str prefix; /* of the name; empty: all */
    Str after;  /* names behind this one, for paging */
    size_t limit; /* 1 .. LEDGER_PAGE_MAX */
} LedgerAccountFilter;
/* In the order of names. */
bool ledger_account_list(StoreConn *conn, int64_t node, const LedgerAccountFilter *filter,
                         Arena *a, LedgerAccount **out, size_t *count, Err *err);

/* What an account has, purpose by purpose; the free part first (earmark empty). */
typedef struct LedgerCell {
    Str earmark;
    int64_t posted, held_out, held_in;
} LedgerCell;
bool ledger_cell_list(StoreConn *conn, int64_t node, int64_t account, Arena *a,
                      LedgerCell **out, size_t *count, Err *err);

typedef enum LedgerBasis { LEDGER_BY_BOOKING, LEDGER_BY_VALUE } LedgerBasis;
/* The posted balance right after everything booked (or valued) up to and including `at`. By value:
 * as it is known now. */
bool ledger_balance_at(StoreConn *conn, int64_t node, int64_t account, Instant at,
                       LedgerBasis basis, int64_t *out, Err *err);

typedef struct LedgerMove {
    int64_t number; /* 0: not found */
    LedgerOp op;
    Str book;
    Instant booked, value;
    Str from, to; /* account names */
    int64_t from_account, to_account;
    int64_t amount;
    Str earmark;
    int64_t from_balance, to_balance; /* posted, after it */
    int64_t hold;     /* of post, release, lapse; else 0 */
    int64_t reverses; /* of a reversal */
    int64_t reversed_by;
    Str about, text;
    int64_t seq;   /* journal record */
    int64_t rules; /* version of the book that judged it */
} LedgerMove;
bool ledger_move_read(StoreConn *conn, int64_t node, int64_t number, Arena *a, LedgerMove *out,
                      Err *err);

typedef struct LedgerStatementFilter {
    int64_t account;
    Instant from, to; /* booked in [from, to) */
    int64_t before;   /* moves below this number, for paging; 0: from the newest */
    size_t limit;     /* 1 .. LEDGER_PAGE_MAX */
    bool holds;       /* also holds, releases and lapses */
} LedgerStatementFilter;
/* Newest first; *next is the `before` of the next page, 0 when there is none. */
bool ledger_statement(StoreConn *conn, int64_t node, const LedgerStatementFilter *filter,
                      Arena *a, LedgerMove **out, size_t *count, int64_t *next, Err *err);
/* Moves about a thing (a case number, a manifest), oldest first. */
bool ledger_moves_about(StoreConn *conn, int64_t node, Str about, size_t limit, Arena *a,
                        LedgerMove **out, size_t *count, Err *err);

typedef struct LedgerHold {
    int64_t number; /* 0: not found */
    Str book, from, to;
    int64_t amount, posted, released; /* released: also what lapsed */
    Str earmark;
    Instant booked, expires, ended; /* INSTANT_NONE: never, not yet */
    Str state; /* "open", "posted", "released", "expired" */
    Str about;
} LedgerHold;
bool ledger_hold_read(StoreConn *conn, int64_t node, int64_t number, Arena *a, LedgerHold *out,
                      Err *err);
/* Open holds out of an account, oldest first. */
bool ledger_hold_list(StoreConn *conn, int64_t node, int64_t account, size_t limit, Arena *a,
                      LedgerHold **out, size_t *count, Err *err);

/* One line a kind, unit and purpose, in that order; the sum a unit is zero. */
typedef struct LedgerTrialLine {
    Str kind, unit, earmark;
    int64_t accounts; /* that have a cell of it */
    int64_t posted, held_out, held_in;
} LedgerTrialLine;
bool ledger_trial_balance(StoreConn *conn, int64_t node, Str book, Arena *a,
                          LedgerTrialLine **out, size_t *count, Err *err);

/* As JSON for the API; numbers of moves and accounts are decimal strings. */
Value ledger_account_value(Arena *a, const LedgerAccount *account);
Value ledger_move_value(Arena *a, const LedgerMove *move);
Value ledger_hold_value(Arena *a, const LedgerHold *hold);
Value ledger_trial_value(Arena *a, const LedgerTrialLine *lines, size_t count);

/* ---- Export and judgement. */

typedef enum LedgerFormat { LEDGER_HLEDGER, LEDGER_CSV } LedgerFormat;
/* Called with pieces of text; false stops the export (with err). */
typedef bool LedgerSink(void *context, Str text, Err *err);
/* All moves of a book in their order: hledger's journal (posted moves only), or CSV. */
bool ledger_export(StoreConn *conn, int64_t node, Str book, LedgerFormat format,
                   LedgerSink *sink, void *context, Err *err);

typedef struct LedgerJudgement {
    int64_t moves;  /* folded */
    int64_t accounts;
    int64_t faults;
    Str report; /* one line a fault, at most 200; in the arena */
} LedgerJudgement;
/* Fold the whole history again and judge every invariant at every prefix. Memory: one record an
 * account and hold. Reads a snapshot: conn must not be in a transaction. */
bool ledger_invariants(StoreConn *conn, int64_t node, Lang lang, Arena *a, LedgerJudgement *out,
                       Err *err);

#endif
