/* clock_apply.c - events of the clock, folded into its rows.
 *
 * Everything that a calendar or a rule decides stands in the event, so that a replay under another
 * calendar gives the same rows. Events of before a field was thought of lack it: they apply
 * with its empty value.
 *
 *     clock_light      one row a change of light: since when, which
 *     clock_card       one row a card: when, which, for what, by whom
 *     clock_extension  one row an extension: by how much, who approved, why, on what basis
 *
 * Reasons and notes that people write stand in the closed parts under the case's id (the
 * subject's, where there is no case) and are cleared when that key is destroyed. */
#include "domain/clock/clock_int.h"

#include "base/check.h"

const Migration clock_migrations[] = {
    {1, "CREATE TABLE clock_state ("
        " node BIGINT NOT NULL, subject BLOB NOT NULL, label TEXT NOT NULL,"
        " calendar TEXT NOT NULL, amount BIGINT NOT NULL, unit BIGINT NOT NULL,"
        " near BIGINT NOT NULL, started BIGINT NOT NULL, due BIGINT NOT NULL,"
        " due_day BIGINT NOT NULL, near_at BIGINT NOT NULL, provisional BIGINT NOT NULL,"
        " rang BIGINT NOT NULL, stopped BIGINT, judged_at BIGINT,"
        " PRIMARY KEY (node, subject));"
        "CREATE TABLE clock_pause ("
        " node BIGINT NOT NULL, subject BLOB NOT NULL, ordinal BIGINT NOT NULL,"
        " reason TEXT NOT NULL, began BIGINT NOT NULL, ended BIGINT,"
        " PRIMARY KEY (node, subject, ordinal))"},
    {2, "ALTER TABLE clock_state ADD COLUMN case_id BLOB;"
        "ALTER TABLE clock_state ADD COLUMN matter TEXT;"
        "ALTER TABLE clock_state ADD COLUMN office TEXT;"
        "ALTER TABLE clock_state ADD COLUMN number TEXT;"
        "ALTER TABLE clock_state ADD COLUMN supervision TEXT;"
        "ALTER TABLE clock_state ADD COLUMN statutory_amount BIGINT;"
        "ALTER TABLE clock_state ADD COLUMN statutory_unit BIGINT;"
        "ALTER TABLE clock_state ADD COLUMN statutory_due BIGINT;"
        "ALTER TABLE clock_state ADD COLUMN statutory_due_day BIGINT;"
        "ALTER TABLE clock_state ADD COLUMN statutory_near_at BIGINT;"
        "ALTER TABLE clock_state ADD COLUMN statutory_provisional BIGINT;"
        "ALTER TABLE clock_state ADD COLUMN statutory_judged_at BIGINT;"
        "ALTER TABLE clock_state ADD COLUMN extension_amount BIGINT;"
        "ALTER TABLE clock_state ADD COLUMN extension_unit BIGINT;"
        "ALTER TABLE clock_state ADD COLUMN extension_role TEXT;"
        "ALTER TABLE clock_state ADD COLUMN extension_basis TEXT;"
        "ALTER TABLE clock_state ADD COLUMN extended BIGINT;"
        "ALTER TABLE clock_state ADD COLUMN red_at BIGINT;"
        "ALTER TABLE clock_state ADD COLUMN light_count BIGINT;"
        "ALTER TABLE clock_pause ADD COLUMN key TEXT;"
        "ALTER TABLE clock_pause ADD COLUMN stops BIGINT NOT NULL DEFAULT 3;"
        "CREATE INDEX clock_state_case ON clock_state (node, case_id, matter);"
        "CREATE TABLE clock_light ("
        " node BIGINT NOT NULL, subject BLOB NOT NULL, ordinal BIGINT NOT NULL,"
        " at BIGINT NOT NULL, light BIGINT NOT NULL, PRIMARY KEY (node, subject, ordinal));"
        "CREATE TABLE clock_card ("
        " node BIGINT NOT NULL, subject BLOB NOT NULL, ordinal BIGINT NOT NULL,"
        " at BIGINT NOT NULL, card BIGINT NOT NULL, cause TEXT NOT NULL, case_id BLOB,"
        " matter TEXT, office TEXT NOT NULL, supervision TEXT NOT NULL, note TEXT,"
        " issued_by TEXT NOT NULL, instance TEXT, PRIMARY KEY (node, subject, ordinal));"
        "CREATE INDEX clock_card_at ON clock_card (node, at);"
        "CREATE INDEX clock_card_case ON clock_card (node, case_id);"
        "CREATE TABLE clock_extension ("
        " node BIGINT NOT NULL, subject BLOB NOT NULL, ordinal BIGINT NOT NULL,"
        " at BIGINT NOT NULL, amount BIGINT NOT NULL, unit BIGINT NOT NULL, reason TEXT,"
        " basis TEXT NOT NULL, approver TEXT NOT NULL, PRIMARY KEY (node, subject, ordinal))"},
};
const size_t clock_migration_count = sizeof(clock_migrations) / sizeof(clock_migrations[0]);

static const Sql sql_start = {
    "INSERT INTO clock_state (node, subject, label, calendar, amount, unit, near, started, due,"
    " due_day, near_at, provisional, rang, case_id, matter, office, number, supervision)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 0, ?13, ?14, ?15, ?16, ?17)"};
static const Sql sql_law = {
    "UPDATE clock_state SET statutory_amount = ?3, statutory_unit = ?4, extension_amount = ?5,"
    " extension_unit = ?6, extension_role = ?7, extension_basis = ?8"
    " WHERE node = ?1 AND subject = ?2"};
static const Sql sql_pause = {
    "INSERT INTO clock_pause (node, subject, ordinal, reason, began, key, stops)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"};
static const Sql sql_resume = {
    "UPDATE clock_pause SET ended = ?4 WHERE node = ?1 AND subject = ?2 AND ordinal = ?3"};
static const Sql sql_resume_all = {
    "UPDATE clock_pause SET ended = ?3 WHERE node = ?1 AND subject = ?2 AND ended IS NULL"};
static const Sql sql_end = {
    "UPDATE clock_state SET due = ?3, due_day = ?4, near_at = ?5, provisional = ?6, red_at = ?7"
    " WHERE node = ?1 AND subject = ?2"};
static const Sql sql_statutory_end = {
    "UPDATE clock_state SET statutory_due = ?3, statutory_due_day = ?4, statutory_near_at = ?5,"
    " statutory_provisional = ?6 WHERE node = ?1 AND subject = ?2"};
static const Sql sql_rang = {
    "UPDATE clock_state SET rang = ?3, light_count = ?4 WHERE node = ?1 AND subject = ?2"};
static const Sql sql_rang_alone = {
    "UPDATE clock_state SET rang = ?3 WHERE node = ?1 AND subject = ?2"};
static const Sql sql_light = {
    "INSERT INTO clock_light (node, subject, ordinal, at, light) VALUES (?1, ?2, ?3, ?4, ?5)"};
static const Sql sql_stop = {
    "UPDATE clock_state SET stopped = ?3, judged_at = ?4, statutory_judged_at = ?5"
    " WHERE node = ?1 AND subject = ?2"};
static const Sql sql_extended = {
    "UPDATE clock_state SET extended = ?3 WHERE node = ?1 AND subject = ?2"};
static const Sql sql_extension = {
    "INSERT INTO clock_extension (node, subject, ordinal, at, amount, unit, reason, basis,"
    " approver) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"};
static const Sql sql_card = {
    "INSERT INTO clock_card (node, subject, ordinal, at, card, cause, case_id, matter, office,"
    " supervision, note, issued_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"};
static const Sql sql_instance = {
    "UPDATE clock_card SET instance = ?4 WHERE node = ?1 AND subject = ?2 AND ordinal = ?3"};
static const Sql sql_erase_cards = {
    "UPDATE clock_card SET note = NULL WHERE node = ?1 AND (case_id = ?2 OR subject = ?2)"};
static const Sql sql_erase_extensions = {
    "UPDATE clock_extension SET reason = NULL WHERE node = ?1 AND (subject = ?2 OR subject IN"
    " (SELECT subject FROM clock_state WHERE node = ?1 AND case_id = ?2))"};

/* ---- Fields. */

static Instant instant_in(Value v, const char *key)
{
    Instant t = INSTANT_NONE;
    (void)instant_parse(value_get_string(v, str_from(key)), &t);
    return t;
}

static Instant needed_instant(Value v, const char *key)
{
    Instant t = instant_in(v, key);
    check(!instant_is_none(t));
    return t;
}

static Day due_day_in(Value v)
{
    Day day = DAY_NONE;
    check(day_parse(value_get_string(v, STR("due_day")), &day));
    return day;
}

static Id event_subject(const Event *e)
{
    Id id = value_get_id(e->open, STR("subject"));
    check(!id_is_none(id));
    return id;
}

static Param p_id_or_null(const Id *id)
{
    return id_is_none(*id) ? p_null() : p_id(id);
}

/* ---- Parts of events. */

/* New ends, where the event brings them. */
static void write_ends(StoreConn *conn, const Event *e, const Id *subject)
{
    Value law = value_field(e->open, "statutory_end");
    if (!value_is_null(value_field(e->open, "due")))
        store_write(conn, &sql_end,
                    PARAMS(p_int(e->node), p_id(subject),
                           p_instant(needed_instant(e->open, "due")),
                           p_int(due_day_in(e->open).number),
                           p_instant(needed_instant(e->open, "near_at")),
                           p_int(value_get_boolean(e->open, STR("provisional"), false)),
                           p_instant(instant_in(e->open, "red_at"))));
    if (!value_is_null(law))
        store_write(conn, &sql_statutory_end,
                    PARAMS(p_int(e->node), p_id(subject), p_instant(needed_instant(law, "due")),
                           p_int(due_day_in(law).number),
                           p_instant(needed_instant(law, "near_at")),
                           p_int(value_get_boolean(law, STR("provisional"), false))));
}

/* A change of light: {ordinal, light, at}. */
static void write_light(StoreConn *conn, const Event *e, const Id *subject)
{
    Value lit = value_field(e->open, "lit");
    if (value_is_null(lit))
        return;
    int64_t ordinal = value_get_int(lit, STR("ordinal"), 0);
    int64_t light = value_get_int(lit, STR("light"), 0);
    store_write(conn, &sql_rang, PARAMS(p_int(e->node), p_id(subject), p_int(light),
                                        p_int(ordinal)));
    store_write(conn, &sql_light, PARAMS(p_int(e->node), p_id(subject), p_int(ordinal),
                                         p_instant(needed_instant(lit, "at")), p_int(light)));
}

static void write_law(StoreConn *conn, const Event *e, const Id *subject)
{
    Limit law = {0, LIMIT_WORKING_DAY}, more = {0, LIMIT_WORKING_DAY};
    Value limit = value_field(e->open, "statutory"), extension = value_field(e->open, "extension");
    if (value_is_null(limit) && value_is_null(extension))
        return;
    check(value_is_null(limit) || limit_parse(limit, &law, NULL));
    check(value_is_null(extension) || limit_parse(extension, &more, NULL));
    store_write(conn, &sql_law,
                PARAMS(p_int(e->node), p_id(subject), p_int(law.amount), p_int(law.unit),
                       p_int(more.amount), p_int(more.unit),
                       p_text_or_null(value_get_string(extension, STR("approver"))),
                       p_text_or_null(value_get_string(extension, STR("basis")))));
}

/* ---- Events. */

void clock_apply_started(void *state, StoreConn *conn, const Event *e)
{
    Id subject = event_subject(e), case_id = value_get_id(e->open, STR("case"));
    Limit limit = {0, LIMIT_WORKING_DAY};
    (void)state;
    check(limit_parse(value_field(e->open, "limit"), &limit, NULL));
    store_write(conn, &sql_start,
                PARAMS(p_int(e->node), p_id(&subject),
                       p_text(value_get_string(e->open, STR("label"))),
                       p_text(value_get_string(e->open, STR("calendar"))), p_int(limit.amount),
                       p_int(limit.unit), p_int(value_get_int(e->open, STR("near"), 0)),
                       p_instant(e->at), p_instant(needed_instant(e->open, "due")),
                       p_int(due_day_in(e->open).number),
                       p_instant(needed_instant(e->open, "near_at")),
                       p_int(value_get_boolean(e->open, STR("provisional"), false)),
                       p_id_or_null(&case_id),
                       p_text_or_null(value_get_string(e->open, STR("matter"))),
                       p_text_or_null(value_get_string(e->open, STR("office"))),
                       p_text_or_null(value_get_string(e->open, STR("number"))),
                       p_text_or_null(value_get_string(e->open, STR("supervision")))));
    write_law(conn, e, &subject);
    write_ends(conn, e, &subject);
    write_light(conn, e, &subject);
}

void clock_apply_paused(void *state, StoreConn *conn, const Event *e)
{
    Id subject = event_subject(e);
    (void)state;
    store_write(conn, &sql_pause,
                PARAMS(p_int(e->node), p_id(&subject),
                       p_int(value_get_int(e->open, STR("ordinal"), 0)),
                       p_text(value_get_string(e->open, STR("reason"))), p_instant(e->at),
                       p_text_or_null(value_get_string(e->open, STR("key"))),
                       p_int(value_get_int(e->open, STR("stops"), CLOCK_STOPS_BOTH))));
}

void clock_apply_resumed(void *state, StoreConn *conn, const Event *e)
{
    Id subject = event_subject(e);
    (void)state;
    store_write(conn, &sql_resume,
                PARAMS(p_int(e->node), p_id(&subject),
                       p_int(value_get_int(e->open, STR("ordinal"), 0)), p_instant(e->at)));
    write_ends(conn, e, &subject);
    write_light(conn, e, &subject);
}

void clock_apply_rang(void *state, StoreConn *conn, const Event *e)
{
    Id subject = event_subject(e);
    (void)state;
    write_ends(conn, e, &subject);
    write_light(conn, e, &subject);
    if (!value_is_null(value_field(e->open, "rang"))) /* before lights were rows */
        store_write(conn, &sql_rang_alone, PARAMS(p_int(e->node), p_id(&subject),
                                                  p_int(value_get_int(e->open, STR("rang"), 0))));
}

void clock_apply_extended(void *state, StoreConn *conn, const Event *e)
{
    Id subject = event_subject(e);
    Limit by = {0, LIMIT_WORKING_DAY};
    (void)state;
    check(limit_parse(value_field(e->open, "by"), &by, NULL));
    store_write(conn, &sql_extended,
                PARAMS(p_int(e->node), p_id(&subject),
                       p_int(value_get_int(e->open, STR("extended"), 0))));
    store_write(conn, &sql_extension,
                PARAMS(p_int(e->node), p_id(&subject),
                       p_int(value_get_int(e->open, STR("ordinal"), 0)), p_instant(e->at),
                       p_int(by.amount), p_int(by.unit),
                       p_text_or_null(value_get_string(e->closed, STR("reason"))),
                       p_text(value_get_string(e->open, STR("basis"))),
                       p_text(value_get_string(e->open, STR("approver")))));
    write_ends(conn, e, &subject);
    write_light(conn, e, &subject);
}

void clock_apply_stopped(void *state, StoreConn *conn, const Event *e)
{
    Id subject = event_subject(e);
    (void)state;
    store_write(conn, &sql_resume_all,
                PARAMS(p_int(e->node), p_id(&subject), p_instant(e->at)));
    store_write(conn, &sql_stop,
                PARAMS(p_int(e->node), p_id(&subject), p_instant(e->at),
                       p_instant(needed_instant(e->open, "ran_until")),
                       p_instant(instant_in(e->open, "statutory_ran_until"))));
    write_light(conn, e, &subject);
}

void clock_apply_carded(void *state, StoreConn *conn, const Event *e)
{
    Id subject = event_subject(e), case_id = value_get_id(e->open, STR("case"));
    (void)state;
    store_write(conn, &sql_card,
                PARAMS(p_int(e->node), p_id(&subject),
                       p_int(value_get_int(e->open, STR("ordinal"), 0)),
                       p_instant(needed_instant(e->open, "at")),
                       p_int(value_get_int(e->open, STR("card"), 0)),
                       p_text(value_get_string(e->open, STR("trigger"))), p_id_or_null(&case_id),
                       p_text(value_get_string(e->open, STR("matter"))),
                       p_text(value_get_string(e->open, STR("office"))),
                       p_text(value_get_string(e->open, STR("supervision"))),
                       p_text_or_null(value_get_string(e->closed, STR("note"))),
                       p_text(value_get_string(e->open, STR("issued_by")))));
}

void clock_apply_escalated(void *state, StoreConn *conn, const Event *e)
{
    Id subject = event_subject(e);
    (void)state;
    store_write(conn, &sql_instance,
                PARAMS(p_int(e->node), p_id(&subject),
                       p_int(value_get_int(e->open, STR("ordinal"), 0)),
                       p_text_or_null(value_get_string(e->open, STR("instance")))));
}

void clock_apply_erased(void *state, StoreConn *conn, const Event *e)
{
    Id id = ID_NONE;
    (void)state;
    if (!id_parse(value_get_string(e->open, STR("subject")), &id))
        return; /* an account: nothing of ours */
    store_write(conn, &sql_erase_cards, PARAMS(p_int(e->node), p_id(&id)));
    store_write(conn, &sql_erase_extensions, PARAMS(p_int(e->node), p_id(&id)));
}
