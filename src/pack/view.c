/* view.c - what a case file sees of the node: its case, tasks, timeline, accounts.
 *
 * Everything is read as the applicant would read it, through the same functions as the API. A
 * case passes only when its journal, replayed, gives the same rows. */
#include "pack/cases_int.h"

#include "base/check.h"
#include "domain/access/access.h"
#include "domain/clock/clock.h"
#include "domain/process/process.h"

static Value instant_value(Play *p, Instant t) { return value_instant(p->arena, t); }

/* {trigger, card, matter, office, at} of every card of the case and its parts. */
static Value cards_value(Play *p, Id case_id)
{
    ClockCardRow *rows;
    size_t count = 0;
    Err err = {0};
    ListBuilder list = list_builder(p->arena);
    if (!clock_cards(p->conn, core_node(p->core), case_id, true, p->arena, &rows, &count, &err)) {
        play_report_err(p, &err);
    }
    for (size_t i = 0; i < count; i++) {
        ContextBuilder b = context_builder(p->arena);
        context_put_text(&b, "trigger", value_string(rows[i].trigger));
        context_put_text(&b, "card", value_string(str_from(clock_card_name(rows[i].card))));
        context_put_text(&b, "matter", value_string(rows[i].matter));
        context_put_text(&b, "office", value_string(rows[i].office));
        context_put_text(&b, "at", instant_value(p, rows[i].at));
        list_add(&list, value_context(&b));
    }
    return value_list(&list);
}

/* {at, light}, oldest first: the case's own. */
static Value lights_value(Play *p, Id subject)
{
    ClockLightRow *rows;
    size_t count = 0;
    Err err = {0};
    ListBuilder list = list_builder(p->arena);
    if (!clock_lights(p->conn, core_node(p->core), subject, p->arena, &rows, &count, &err)) {
        play_report_err(p, &err);
    }
    for (size_t i = 0; i < count; i++) {
        ContextBuilder b = context_builder(p->arena);
        context_put_text(&b, "at", instant_value(p, rows[i].at));
        context_put_text(&b, "light", value_string(str_from(clock_light_name(rows[i].light))));
        list_add(&list, value_context(&b));
    }
    return value_list(&list);
}

static void put_clock(Play *p, ContextBuilder *b, Id subject)
{
    ClockState state = {0};
    Err err = {0};
    if (!clock_read(p->conn, core_node(p->core), subject, clock_now(p->clock), p->arena, &state,
                    &err)) {
        play_report_err(p, &err);
        return;
    }
    if (!state.found) return;
    context_put_text(b, "due", instant_value(p, state.due));
    context_put_text(b, "due_day", value_day(p->arena, state.due_day));
    context_put_text(b, "light", value_string(str_from(clock_light_name(state.light))));
    context_put_text(b, "clock_paused", value_boolean(state.paused));
    context_put_text(b, "provisional", value_boolean(state.provisional));
    context_put_text(b, "card", value_string(str_from(clock_card_name(state.card))));
    context_put_text(b, "extended", value_int(state.extended.amount));
    if (!state.statutory.found) return;
    context_put_text(b, "statutory_due_day", value_day(p->arena, state.statutory.due_day));
    context_put_text(b, "statutory_light",
                     value_string(str_from(clock_light_name(state.statutory.light))));
    context_put_text(b, "statutory_paused", value_boolean(state.statutory.paused));
}

static Value part_value(Play *p, const CasePart *part)
{
    ContextBuilder b = context_builder(p->arena);
    context_put_text(&b, "id", value_id(p->arena, part->id));
    context_put_text(&b, "state", value_string(part_state_word(part->state)));
    context_put_text(&b, "office", value_string(part->office));
    context_put_text(&b, "paused", value_boolean(part->paused));
    context_put_text(&b, "correction_open", value_boolean(part->correction_open));
    context_put_text(&b, "opened_at", instant_value(p, part->opened_at));
    context_put_text(&b, "closed_at", instant_value(p, part->closed_at));
    put_clock(p, &b, part->id);
    return value_context(&b);
}

static Value document_value(Play *p, const CaseDocument *d)
{
    ContextBuilder b = context_builder(p->arena);
    context_put_text(&b, "kind", value_string(d->kind));
    context_put_text(&b, "matter", value_string(d->matter));
    context_put_text(&b, "number", value_string(d->number));
    context_put_text(&b, "title", value_string(d->title.zh));
    context_put_text(&b, "content", d->content);
    return value_context(&b);
}

static Value correction_value(Play *p, const CaseCorrection *c)
{
    ContextBuilder b = context_builder(p->arena);
    context_put_text(&b, "part", value_id(p->arena, c->part));
    context_put_text(&b, "matter", value_string(c->matter));
    context_put_text(&b, "reason", value_string(c->reason));
    context_put_text(&b, "state", value_string(correction_state_word(c->state)));
    return value_context(&b);
}

static Value case_value(Play *p, const CaseWhole *c)
{
    Arena *a = p->arena;
    ContextBuilder b = context_builder(a), parts = context_builder(a);
    context_put_text(&b, "id", value_id(a, c->row.id));
    context_put_text(&b, "number", value_string(c->row.number));
    context_put_text(&b, "state", value_string(case_state_word(c->row.state)));
    context_put_text(&b, "submitted_at", instant_value(p, c->row.submitted_at));
    context_put_text(&b, "accepted_at", instant_value(p, c->row.accepted_at));
    context_put_text(&b, "ended_at", instant_value(p, c->row.ended_at));
    context_put_text(&b, "due", value_null());
    put_clock(p, &b, c->row.id);
    context_put_text(&b, "cards", cards_value(p, c->row.id));
    context_put_text(&b, "lights", lights_value(p, c->row.id));
    for (size_t i = 0; i < c->part_count; i++) {
        context_put(&parts, c->parts[i].matter, part_value(p, &c->parts[i]));
    }
    context_put_text(&b, "parts", value_context(&parts));
    ListBuilder documents = list_builder(a), corrections = list_builder(a);
    for (size_t i = 0; i < c->document_count; i++) {
        list_add(&documents, document_value(p, &c->documents[i]));
    }
    for (size_t i = 0; i < c->correction_count; i++) {
        list_add(&corrections, correction_value(p, &c->corrections[i]));
    }
    context_put_text(&b, "documents", value_list(&documents));
    context_put_text(&b, "corrections", value_list(&corrections));
    context_put_text(&b, "data", c->data);
    context_put_text(&b, "reason", value_string(c->reason));
    return value_context(&b);
}

static Value timeline_value(Play *p)
{
    ListBuilder list = list_builder(p->arena);
    TimelineEntry *entries = NULL;
    size_t count = 0;
    Err err = {0};
    if (!case_timeline(p->cases, p->conn, core_node(p->core), &p->reader, p->case_id, p->arena,
                       &entries, &count, &err)) {
        play_report_err(p, &err);
    }
    for (size_t i = 0; i < count; i++) {
        ContextBuilder b = context_builder(p->arena);
        context_put_text(&b, "code", value_string(entries[i].code));
        context_put_text(&b, "matter", value_string(entries[i].matter));
        context_put_text(&b, "office", value_string(entries[i].office));
        context_put_text(&b, "at", instant_value(p, entries[i].at));
        context_put_text(&b, "text", value_string(entries[i].text.zh));
        list_add(&list, value_context(&b));
    }
    return value_list(&list);
}

/* The open tasks of the case, whoever may work on them. */
static bool open_tasks(Play *p, ProcessTaskPage *page)
{
    Actor system = {.id = STR("system")};
    ProcessTaskQuery query = {.everyone = true, .case_id = p->case_id, .limit = PROCESS_PAGE_MAX};
    Err err = {0};
    if (process_task_list(p->conn, core_node(p->core), &system, &query, p->arena, page, &err)) {
        return true;
    }
    play_report_err(p, &err);
    return false;
}

static void put_case(Play *p, ContextBuilder *b)
{
    CaseWhole whole = {0};
    Err err = {0};
    if (!case_read(p->cases, p->conn, core_node(p->core), &p->reader, p->case_id,
                   clock_now(p->clock), p->arena, &whole, &err)) {
        play_report_err(p, &err);
        return;
    }
    context_put_text(b, "case", case_value(p, &whole));
    context_put_text(b, "timeline", timeline_value(p));
    ListBuilder tasks = list_builder(p->arena);
    ProcessTaskPage page = {0};
    if (open_tasks(p, &page)) {
        for (size_t i = 0; i < page.count; i++) {
            list_add(&tasks, process_task_value(p->arena, &page.tasks[i]));
        }
    }
    context_put_text(b, "tasks", value_list(&tasks));
}

Value play_names(Play *p)
{
    ContextBuilder b = context_builder(p->arena);
    context_put_text(&b, "case", value_null());
    context_put_text(&b, "timeline", value_null());
    context_put_text(&b, "tasks", value_null());
    context_put_text(&b, "saved", value_context(&p->saved));
    context_put_text(&b, "reply", p->reply);
    Err err = {0};
    if (id_is_none(p->case_id) || !store_begin(p->conn, &err)) return value_context(&b);
    put_case(p, &b);
    store_end(p->conn);
    return value_context(&b);
}

int64_t play_task(Play *p, Str element)
{
    ProcessTaskPage page = {0};
    Err err = {0};
    int64_t key = 0;
    if (!store_begin(p->conn, &err)) return 0;
    if (open_tasks(p, &page)) {
        for (size_t i = 0; i < page.count && !key; i++) {
            if (str_equal(page.tasks[i].element, element)) key = page.tasks[i].key;
        }
    }
    store_end(p->conn);
    return key;
}

bool play_actor(Play *p, Str account, Actor *out)
{
    Err err = {0};
    bool found = false;
    bool ok = store_begin(p->conn, &err) &&
              access_actor_by_id(p->conn, core_node(p->core), account, p->arena, out, &found, &err);
    if (store_in_transaction(p->conn)) store_end(p->conn);
    if (ok && found) return true;
    if (ok) err_set(&err, &fault_account_unknown, account);
    play_report_err(p, &err);
    return false;
}

void play_modules(Play *p, const Module *const *modules, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_equal(str_from(modules[i]->name), STR("case"))) p->cases = modules[i]->state;
    }
    check(p->cases != NULL);
}

/* ---- Given: accounts and records. */

static bool system_command(Play *p, Str kind, Value body)
{
    Actor system = {.id = STR("system")};
    Reply reply = {0};
    if (!play_command(p, &system, kind, body, &reply)) return false;
    if (!reply.accepted) play_report_err(p, &reply.err);
    return reply.accepted;
}

static bool open_account(Play *p, const PackAccount *account)
{
    ListBuilder roles = list_builder(p->arena);
    for (size_t i = 0; i < account->role_count; i++) {
        list_add(&roles, value_string(account->roles[i]));
    }
    char hex[64];
    Sm3 hash = sm3(account->id);
    sm3_text(&hash, hex);
    ContextBuilder b = context_builder(p->arena);
    context_put_text(&b, "id", value_string(account->id));
    context_put_text(&b, "name", value_string(account->name));
    context_put_text(&b, "roles", value_list(&roles));
    if (account->office.len) context_put_text(&b, "office", value_string(account->office));
    if (account->subject.len) context_put_text(&b, "subject", value_string(account->subject));
    context_put_text(&b, "token_sm3", value_string(arena_copy(p->arena, (Str){hex, 64})));
    return system_command(p, STR("access.account_open"), value_context(&b));
}

bool play_given(Play *p, Value given)
{
    for (size_t i = 0; i < pack_account_count(p->set); i++) {
        PackAccount account = pack_account(p->set, i);
        if (!open_account(p, &account)) return false;
    }
    Value records = value_field(given, "records");
    for (size_t i = 0; i < value_count(records); i++) {
        if (!system_command(p, STR("registry.put"), value_item(records, i))) return false;
    }
    return true;
}

void play_verify(Play *p)
{
    VerifyResult result = {0};
    Err err = {0};
    if (!core_verify(p->core, p->lang, p->arena, &result, &err)) {
        play_report_err(p, &err);
    } else if (result.differences) {
        buf_add(&p->out, result.report);
        p->failed = true;
    }
}
