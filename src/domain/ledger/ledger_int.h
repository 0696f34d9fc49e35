/* ledger_int.h - inside of src/domain/ledger: compiled books, the writer's caches, moves.
 *
 * Three layers. A LedgerBook is what a definition says, read-only. A Ledger is the module's state:
 * the accounts of the node with their balances, exactly as the rows have them. A Judge is one
 * command on its way: it works on drafts of the balances it touches and never on the balances.
 * Floor 5. Writer's thread, except for books. */
#ifndef DOMAIN_LEDGER_LEDGER_INT_H
#define DOMAIN_LEDGER_LEDGER_INT_H

#include "base/map.h"
#include "domain/ledger/ledger.h"

/* ---- Books (book.c). */

typedef struct BookUnit {
    Str id, title_zh, title_en, symbol;
    int scale;
} BookUnit;

typedef struct BookPurpose {
    Str id, title_zh, title_en;
} BookPurpose;

typedef enum BookOpen {
    BOOK_OPEN_COMMAND,   /* by ledger.account_open */
    BOOK_OPEN_AUTOMATIC, /* by its first move */
    BOOK_OPEN_SINGLE,    /* one account, named as the kind, by its first move */
} BookOpen;

typedef enum ExpiryRule { EXPIRY_NONE, EXPIRY_YEARLY, EXPIRY_AFTER, EXPIRY_GIVEN } ExpiryRule;
typedef enum ExpiryEnd { EXPIRY_EXACT, EXPIRY_DAY, EXPIRY_MONTH, EXPIRY_YEAR } ExpiryEnd;

typedef struct BookExpiry {
    ExpiryRule rule;
    int month, day;       /* yearly: the reset is at the beginning of this day, China time */
    int64_t days, months; /* after: one of them */
    ExpiryEnd end_of;     /* after: rounded up to the end of this */
    Str to;               /* kind of the single account it goes to */
} BookExpiry;

typedef uint64_t PurposeSet; /* bit 0: free; bit i + 1: purpose i of the book */
#define PURPOSE_ANY UINT64_MAX

typedef struct BookKind {
    Str id, title_zh, title_en;
    size_t index;
    const BookUnit *unit;
    BookOpen open;
    bool has_floor, has_cap;
    int64_t floor, cap; /* floor <= 0 < cap */
    PurposeSet purposes;
    int64_t daily; /* may enter on one day; 0: any */
    bool holds;
    bool settled_at_close;
    BookExpiry expiry;
} BookKind;

typedef struct BookFlow {
    bool allowed;
    PurposeSet purposes;
    const Str *roles; /* who may use it from outside; none listed: whoever may give the command */
    size_t role_count;
} BookFlow;

struct LedgerBook {
    Str id, title_zh, title_en;
    int64_t version;
    const BookUnit *units;
    size_t unit_count;
    const BookPurpose *purposes;
    size_t purpose_count;
    const BookKind *kinds;
    size_t kind_count;
    const BookFlow *flows; /* kind_count squared: [from * kind_count + to] */
};

const BookKind *book_kind(const LedgerBook *book, Str kind);
const BookUnit *book_unit(const LedgerBook *book, Str unit);
const BookFlow *book_flow(const LedgerBook *book, const BookKind *from, const BookKind *to);
/* The bit of an earmark ("" or "purpose" or "purpose/detail"); false when it is not known. */
bool book_purpose(const LedgerBook *book, Str earmark, PurposeSet *out);
/* Letters, digits, '.', '-', '_', '/' and anything beyond ASCII; 1 .. LEDGER_NAME_BYTES. */
bool ledger_name_valid(Str name);
/* The kind in front of the first '/'; whole names are kinds of single accounts. */
Str ledger_name_kind(Str name);
/* When something that entered at `value` ends by the rule; requires EXPIRY_YEARLY or _AFTER. */
Instant book_expires(const BookExpiry *rule, Instant value);

/* ---- Balances (holding.c). */

typedef struct Lot {
    Str earmark;
    Instant expires;
    int64_t amount;
} Lot;

typedef struct Cell {
    Str earmark;
    int64_t posted, held_out, held_in;
    uint64_t touched; /* the event that touched it last, while it is applied */
} Cell;

/* What one account has. Invariants: the cells' sums are the totals; lots of an earmark are in the
 * order of their expiry and sum up to at most what its cell has posted. */
typedef struct Holding {
    Cell free;
    Cell *marked; /* earmarked cells, in the order in which they came */
    uint32_t marked_count, marked_capacity;
    uint32_t lot_count, lot_capacity;
    Lot *lots; /* by expiry, then by earmark; none is empty */
    int64_t posted, held_out, held_in;
    int64_t last_move, moves;
} Holding;

/* A part with its expiry: what a move takes from lots, or makes lots of. */
typedef struct LotPart {
    Instant expires;
    int64_t amount;
} LotPart;

/* The cell, or NULL; holding_cell_make puts it in (the earmark is borrowed). */
Cell *holding_cell(Holding *h, Str earmark);
Cell *holding_cell_make(Arena *a, Holding *h, Str earmark);
Holding *holding_copy(Arena *a, const Holding *from);
/* Play one side of an operation; the cell must exist. Sums of absolute values stay in int64
 * because every amount and balance is below 2^53. */
void holding_play(Holding *h, Cell *cell, LedgerOp op, bool gives, int64_t amount);
void holding_lot_add(Arena *a, Holding *h, Str earmark, LotPart part);
/* Take from the lot of exactly this expiry; false when there is not that much. */
bool holding_lot_take(Holding *h, Str earmark, LotPart part);
/* What of an earmark has expired at now. */
int64_t holding_overdue(const Holding *h, Str earmark, Instant now);

/* ---- Caches (cache.c). */

typedef struct BookState BookState;

typedef struct Account {
    int64_t number;
    BookState *book;
    Str name, kind, unit;
    bool has_floor, has_cap;
    int64_t floor, cap;
    Str earmark;    /* only this may enter */
    Str expires_to; /* kind of the account that takes what expires; empty: nothing does */
    LedgerAccountState state;
    Holding holding;
    const LedgerBook *ruled_by; /* the book of which `rules` is a kind; looked up anew when the
                                   book changes */
    const BookKind *rules;
    uint64_t draft_of; /* the judge that `draft` belongs to */
    Holding *draft;
    uint64_t touched; /* the event that touched it last, while it is applied */
} Account;

struct BookState {
    Str id;
    const LedgerBook *rules; /* latest version; NULL: rows of a book whose text is not read yet */
    Map accounts;            /* name -> Account */
    Instant closed_until;    /* INSTANT_NONE: never */
    int64_t closings;
};

typedef struct Ledger {
    Arena *definitions; /* holds this too; compiled books live as long */
    Map books;          /* id -> BookState */
    Arena *rows;        /* caches; made anew by load */
    Account **accounts; /* by number - 1 */
    size_t account_count, account_capacity;
    Map earmarks;       /* text -> itself: one copy each */
    int64_t next_move;
    Instant sweep_due;  /* when the timer fires; INSTANT_NONE: it is not set */
    uint64_t judges;    /* counts decisions: a draft of another one is void */
    uint64_t events;    /* counts applied events */
    StoreConn *bulk_conn;
    const Sql *bulk_move, *bulk_holding, *bulk_cell;
} Ledger;

Ledger *ledger_state_new(void);
bool ledger_state_load(void *state, StoreConn *conn, Err *err);
BookState *ledger_book_state(Ledger *l, Str book); /* made when it is not there */
Account *ledger_account_number(const Ledger *l, int64_t number);
/* Put an account with the next number; copies its texts. */
Account *ledger_account_put(Ledger *l, const Account *account);
Str ledger_earmark(Ledger *l, Str earmark);

/* ---- Moves on their way (judge.c). */

typedef struct Move {
    LedgerOp op;
    int64_t number;
    Account *from, *to;
    int64_t amount;
    Str earmark;
    Instant value;   /* INSTANT_NONE: the booking instant */
    Instant expires; /* of a hold */
    int64_t hold, reverses;
    bool ends;       /* post, release, lapse: the hold is over */
    Str key, about, text;
    uint8_t key_print[16];
    const LotPart *taken, *given; /* from lots of `from`; as lots of `to` */
    size_t taken_count, given_count;
    int64_t day;     /* it counts for this day of an account with a daily limit; NO_DAY */
} Move;
#define NO_DAY INT64_MIN

/* One step of a command, read but not judged (step.c). Empty values: absent. */
typedef struct Step {
    LedgerOp op;
    Value amount_value;
    Str from, to, unit, earmark, key, about, text;
    Instant value, expires, until;
    int64_t hold, move;
    bool keep, has_earmark;
} Step;
/* Only the fields that the operation has are taken; others are refused. */
bool step_read(Value body, LedgerOp op, bool top, Step *out, Str *why);
/* The amount of a step: whole, above 0, not too large. */
bool step_amount(Arena *a, Value v, int64_t *out, Err *err);
/* First 16 bytes of SM3 over what makes two steps the same. */
void step_print(Arena *a, LedgerOp op, Value body, uint8_t out[16]);

/* A hold as its row has it. */
typedef struct Hold {
    int64_t number;
    Account *from, *to;
    int64_t amount, posted, released;
    Str earmark, about;
    Instant expires;
    int64_t state; /* 0 open, 1 posted, 2 released, 3 expired */
} Hold;
#define HOLD_OPEN 0
#define HOLD_POSTED 1
#define HOLD_RELEASED 2
#define HOLD_EXPIRED 3
extern const char *const hold_state_names[4];

typedef struct Judge {
    Ledger *ledger;
    Decision *d;
    const Command *command;
    Arena *arena;
    StoreConn *conn;
    int64_t node;
    Instant now;
    bool outside; /* a person gave this very command */
    BookState *book;
    uint64_t id;   /* drafts of this judge */
    Map opened;    /* name -> Account that this command opens by itself */
    Map holds;     /* number's text -> Hold as this command has it so far */
    Map keys;      /* key -> Move of this command */
    Map reversed;  /* number's text of moves that this command reverses */
    Map days;      /* "account day" -> int64_t * */
    Move *moves;
    size_t count, capacity;
    int64_t first; /* number of moves[0] */
    Instant earliest; /* new expiry that the timer must not miss; INSTANT_NONE */
    Str default_about; /* number of the case that a process works on */
    Err err;
} Judge;

void judge_init(Judge *j, Ledger *l, const Command *command, Decision *d); /* no book yet */
bool judge_begin(Judge *j, Ledger *l, const Command *command, Decision *d, Str book);
/* Judge a step and play it on the drafts; *number is its move (an earlier one when its key was
 * used before for the same). False: j->err. */
bool judge_step(Judge *j, Value body, const Step *step, int64_t *number);
Holding *judge_draft(Judge *j, Account *a);
/* The account by name, opened by itself when its kind says so; NULL: j->err. */
Account *judge_account(Judge *j, Str name);
/* Judge opening an account of this name by command or by itself; the texts are borrowed. */
Account *judge_open(Judge *j, Str name, const BookKind *kind);
const BookKind *judge_kind(Judge *j, Account *a);
/* Take what has expired out of an account, as far as holds leave it. */
void judge_expire(Judge *j, Account *a);
/* The timer must fire by then. */
void judge_remember_due(Judge *j, Instant due);
bool judge_hold(Judge *j, int64_t number, Hold **out);
void judge_lapse(Judge *j, Hold *h);
/* Emit what was judged; sweeping: the timer's own firing, with the next instant in j->earliest. */
void judge_emit(Judge *j, bool sweeping);
#define judge_refuse(j, fault, ...) err_set(&(j)->err, (fault), ##__VA_ARGS__)
Str judge_number(Judge *j, int64_t n);
/* Is there memory for a step that touches these accounts (NULL: none)? It is asked before
 * anything is allocated for it, so that drafts are never made of scratch memory. */
bool judge_has_room(Judge *j, Account *from, Account *to);
bool judge_room(Judge *j, Account *from, Account *to); /* the same, as a refusal */
Move *judge_push(Judge *j, LedgerOp op, Account *from, Account *to, int64_t amount, Str earmark);

/* Limits (limits.c): may this move be played on the drafts? Then judge_play plays it. */
bool judge_limits(Judge *j, const Move *m);
bool judge_daily(Judge *j, const Move *m, int64_t sign);
void judge_play(Judge *j, const Move *m);
/* Fill taken and given of a posting move; until: of the step. */
void judge_lots(Judge *j, Move *m, Instant until);
bool judge_until(Judge *j, Account *from, Account *to, Instant until);

/* ---- Commands (command.c), appliers and rows (apply.c, rows.c). */
DecideFn ledger_decide_transfer, ledger_decide_hold, ledger_decide_post, ledger_decide_release,
    ledger_decide_reverse, ledger_decide_transact, ledger_decide_sweep;
DecideFn ledger_decide_open, ledger_decide_change, ledger_decide_close, ledger_decide_balance,
    ledger_decide_allocate;
ApplyFn ledger_apply_moved, ledger_apply_opened, ledger_apply_changed, ledger_apply_closed,
    ledger_apply_erased;
extern const Migration ledger_migrations[];
extern const size_t ledger_migration_count;
extern const char *const ledger_tables[];

/* China's date of an instant, as the number of its day. */
int64_t ledger_day(Instant t);
/* Milliseconds and so on as JSON texts: RFC 3339 in China time. */
bool ledger_instant(Value v, Instant *out);

#endif
