/* fold.h - the history played again, for invariants*.c: what every account and hold must be.
 *
 * Floor 5. One thread. */
#ifndef DOMAIN_LEDGER_FOLD_H
#define DOMAIN_LEDGER_FOLD_H

#include "domain/ledger/ledger_int.h"

#define FOLD_REPORT_MAX 200

typedef struct FoldLimit {
    int64_t last_move; /* it held up to here */
    bool has_floor, has_cap;
    int64_t floor, cap;
    struct FoldLimit *next; /* the one that followed */
} FoldLimit;

typedef struct FoldAccount {
    Str book, name, kind, unit, earmark;
    FoldLimit now;
    FoldLimit *former; /* in order */
    Holding holding;
} FoldAccount;

typedef struct FoldHold {
    int64_t number, from, to, amount, posted, released;
    Instant expires, ended;
    bool lapsed;
} FoldHold;

typedef struct FoldClose {
    int64_t last_move;
    Instant until;
} FoldClose;

typedef struct FoldMove {
    int64_t number, op, from, to, amount, from_balance, to_balance, from_previous, to_previous,
        rules, hold, reverses;
    Instant booked, value;
    Str earmark, lots;
} FoldMove;

typedef struct Fold {
    StoreConn *conn;
    int64_t node;
    Lang lang;
    Arena *arena; /* the fold */
    Arena *scratch; /* one move */
    Buf report;   /* in the caller's arena */
    LedgerJudgement *out;
    FoldAccount *accounts; /* by number - 1 */
    size_t account_count;
    FoldHold *holds; /* by number, ascending */
    size_t hold_count, hold_capacity;
    Map closings; /* book -> FoldClose * of each closing, through index "book n" */
    Map books;    /* "book version" -> LedgerBook */
    Map earmarks;
    FoldMove previous;
} Fold;

/* One line of the report: what and which, in the reader's language. */
void fold_fault(Fold *f, const char *what, int64_t number, const char *en, const char *zh);
FoldAccount *fold_account(Fold *f, int64_t number);
FoldHold *fold_hold(Fold *f, int64_t number);
/* Read accounts, former limits and closings; then play all moves. */
bool fold_start(Fold *f, Err *err);
bool fold_moves(Fold *f, Err *err);
/* Compare what came out with the rows. */
void fold_compare(Fold *f);

#endif
