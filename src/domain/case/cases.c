/* cases.c - the module: its tables, its commands, its events.
 *
 *     case_draft        one unfinished form of one account
 *     case_case         one application; data, applicant_name, subject, reason are personal
 *     case_part         one matter of a case, in the order of the thing
 *     case_pause        one activity that makes a clock stand still, while it is active
 *     case_correction   one request for correction; reason is personal
 *     case_document     one outcome; content is personal
 *     case_timeline     what happened, numbered within the case; note is personal
 *     case_serial       the last serial of an item code on a day, for case numbers
 *
 * Personal columns are NULL after the key of the case (or draft) was destroyed.
 * Counts that decisions ask for often (paused, correction_count, part_ended_count) stand in the
 * case's row and are kept by the appliers; case_invariants() compares them with what they count. */
#include "domain/case/case_int.h"

FAULT_DEFINE(CASE_FAULTS)
FAULT_TABLE(case_faults, CASE_FAULTS)

static const Migration migrations[] = {
    {1, "CREATE TABLE case_draft ("
        " node INTEGER NOT NULL, id BLOB NOT NULL, account TEXT NOT NULL, thing TEXT NOT NULL,"
        " thing_version INTEGER NOT NULL, version INTEGER NOT NULL, data TEXT,"
        " created_at INTEGER NOT NULL, saved_at INTEGER NOT NULL, PRIMARY KEY (node, id));"
        "CREATE INDEX case_draft_account ON case_draft (node, account, id);"
        "CREATE TABLE case_case ("
        " node INTEGER NOT NULL, id BLOB NOT NULL, number TEXT NOT NULL, thing TEXT NOT NULL,"
        " thing_version INTEGER NOT NULL, title_zh TEXT NOT NULL, title_en TEXT NOT NULL,"
        " state INTEGER NOT NULL, result TEXT, applicant TEXT NOT NULL, applicant_name TEXT,"
        " subject TEXT, instance TEXT, data TEXT, reason TEXT,"
        " submitted_at INTEGER NOT NULL, accepted_at INTEGER, ended_at INTEGER, due_at INTEGER,"
        " clock INTEGER NOT NULL, paused INTEGER NOT NULL, part_count INTEGER NOT NULL,"
        " part_ended_count INTEGER NOT NULL, correction_count INTEGER NOT NULL,"
        " version INTEGER NOT NULL, PRIMARY KEY (node, id));"
        "CREATE INDEX case_case_applicant ON case_case (node, applicant, id);"
        "CREATE INDEX case_case_number ON case_case (node, number);"
        "CREATE TABLE case_part ("
        " node INTEGER NOT NULL, case_id BLOB NOT NULL, ordinal INTEGER NOT NULL,"
        " id BLOB NOT NULL, matter TEXT NOT NULL, title_zh TEXT NOT NULL,"
        " title_en TEXT NOT NULL, office TEXT NOT NULL, item_code TEXT NOT NULL,"
        " state INTEGER NOT NULL, active INTEGER NOT NULL, clock INTEGER NOT NULL,"
        " paused INTEGER NOT NULL, opened_at INTEGER, closed_at INTEGER, due_at INTEGER,"
        " PRIMARY KEY (node, case_id, ordinal));"
        "CREATE INDEX case_part_office ON case_part (node, office, case_id);"
        "CREATE TABLE case_pause ("
        " node INTEGER NOT NULL, case_id BLOB NOT NULL, key TEXT NOT NULL, part BLOB,"
        " element TEXT NOT NULL, reason TEXT NOT NULL, since INTEGER NOT NULL,"
        " PRIMARY KEY (node, case_id, key));"
        "CREATE TABLE case_correction ("
        " node INTEGER NOT NULL, case_id BLOB NOT NULL, id BLOB NOT NULL, part BLOB,"
        " matter TEXT, office TEXT, task TEXT NOT NULL, element TEXT NOT NULL,"
        " token TEXT NOT NULL, reason TEXT, state INTEGER NOT NULL, asked_at INTEGER NOT NULL,"
        " answered_at INTEGER, PRIMARY KEY (node, case_id, id));"
        "CREATE TABLE case_document ("
        " node INTEGER NOT NULL, case_id BLOB NOT NULL, ordinal INTEGER NOT NULL,"
        " id BLOB NOT NULL, matter TEXT, office TEXT, kind TEXT NOT NULL, number TEXT, title_zh TEXT NOT NULL,"
        " title_en TEXT NOT NULL, content TEXT, issued_at INTEGER NOT NULL,"
        " PRIMARY KEY (node, case_id, ordinal));"
        "CREATE TABLE case_timeline ("
        " node INTEGER NOT NULL, case_id BLOB NOT NULL, seq INTEGER NOT NULL,"
        " at INTEGER NOT NULL, kind TEXT NOT NULL, actor TEXT NOT NULL, office TEXT,"
        " matter TEXT, params TEXT, note TEXT, PRIMARY KEY (node, case_id, seq));"
        "CREATE TABLE case_serial ("
        " node INTEGER NOT NULL, item_code TEXT NOT NULL, day TEXT NOT NULL,"
        " last INTEGER NOT NULL, PRIMARY KEY (node, item_code, day))"},
    {2, "ALTER TABLE case_case ADD COLUMN light INTEGER"},
};

static const char *const tables[] = {"case_draft",      "case_case",     "case_part",
                                     "case_pause",      "case_correction", "case_document",
                                     "case_timeline",   "case_serial",   NULL};

static const CommandKind commands[] = {
    {"case.draft_save", case_decide_draft_save, COMMAND_PUBLIC},
    {"case.draft_delete", case_decide_draft_delete, COMMAND_PUBLIC},
    {"case.submit", case_decide_submit, COMMAND_PUBLIC},
    {"case.correct", case_decide_correct, COMMAND_PUBLIC},
    {"case.withdraw", case_decide_withdraw, COMMAND_PUBLIC},
    {"case.accept", case_decide_accept, COMMAND_INTERNAL | COMMAND_TASK},
    {"case.issue", case_decide_issue, COMMAND_INTERNAL | COMMAND_TASK},
    {"case.conclude", case_decide_conclude, COMMAND_INTERNAL | COMMAND_TASK},
    {"case.mark", case_decide_mark, COMMAND_INTERNAL},
    {"case.ended", case_decide_ended, COMMAND_INTERNAL},
    {"case.started", case_decide_started, COMMAND_INTERNAL},
    {"case.clock_told", case_decide_clock_told, COMMAND_INTERNAL},
    {0},
};

static const EventKind events[] = {
    {"case.draft_saved", case_apply_draft_saved},
    {"case.draft_deleted", case_apply_draft_deleted},
    {"case.submitted", case_apply_submitted},
    {"case.process_started", case_apply_started},
    {"case.accepted", case_apply_accepted},
    {"case.clock_started", case_apply_clock_started},
    {"case.due_set", case_apply_due_set},
    {"case.clock_refused", case_apply_clock_refused},
    {"case.lit", case_apply_lit},
    {"case.part_entered", case_apply_part_entered},
    {"case.part_moved", case_apply_part_moved},
    {"case.paused", case_apply_paused},
    {"case.resumed", case_apply_resumed},
    {"case.correction_asked", case_apply_correction_asked},
    {"case.correction_settled", case_apply_correction_settled},
    {"case.corrected", case_apply_corrected},
    {"case.noted", case_apply_noted},
    {"case.issued", case_apply_issued},
    {"case.concluded", case_apply_concluded},
    {"case.finished", case_apply_ended},
    {"core.erased", case_apply_erased},
    {0},
};

static bool define(void *state, const Definition *definition, Err *err)
{
    return catalogue_define(state, definition, err);
}

static void *fresh(const void *state)
{
    (void)state;
    return cases_open();
}

static void close_state(void *state)
{
    cases_close(state);
}

Cases *cases_open(void)
{
    Arena *arena = arena_open(CATALOGUE_BYTES_MAX);
    Cases *cases = arena_new(arena, Cases);
    cases->arena = arena;
    atomic_init(&cases->newest, NULL);
    for (size_t i = 0; i < CATALOGUE_BUCKETS; i++)
        atomic_init(&cases->buckets[i], NULL);
    cases->module = (Module){
        .name = "case",
        .migrations = migrations,
        .migration_count = sizeof migrations / sizeof migrations[0],
        .tables = tables,
        .commands = commands,
        .events = events,
        .faults = case_faults,
        .state = cases,
        .fresh = fresh,
        .define = define,
        .close = close_state,
    };
    return cases;
}

void cases_close(Cases *cases)
{
    if (cases)
        arena_close(cases->arena);
}

const Module *cases_module(Cases *cases)
{
    return &cases->module;
}
