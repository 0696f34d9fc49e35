/* clock_extend.c - a longer limit, approved by whom the law names.
 *
 * 行政许可法 art. 42: a decision is made within 20 working days; the head of the office may
 * approve 10 more; where several offices handle a matter together, 45, and the government may
 * approve 15 more; the applicant is told the reason. So what may be added in all, and the role
 * that approves it, are facts of the thing (limits.extension) and come with clock.start.
 *
 * An extension lengthens the statutory limit and, with it, what was promised. Judged in this
 * order: the clock runs; reason and legal basis are given; the law allows any; who approves (the
 * actor of a command from outside, the named approver of a built-in task) may; the unit is the
 * law's; the sum stays within the law; the statutory limit has not ended yet. */
#include "domain/clock/clock_int.h"

static const Sql sql_last = {
    "SELECT MAX(ordinal) FROM clock_extension WHERE node = ?1 AND subject = ?2"};

typedef struct Extending {
    Limit by;
    Str reason, basis, approver;
} Extending;

static bool refuse_field(Decision *d, const char *key, const char *en, const char *zh)
{
    return decision_refuse_with(d, &fault_clock_field, str_from(key), str_from(en), str_from(zh));
}

static bool read_amount(const Command *command, Decision *d, const ClockRow *row, Limit *out)
{
    Value by = value_field(command->body, "by");
    Err err = {0};
    *out = (Limit){value_get_int(command->body, STR("amount"), 0), row->extension.unit};
    if (!value_is_null(by) && !limit_parse(by, out, &err))
        return decision_refuse(d, &err);
    if (out->amount < 1 || out->amount > CALENDAR_AMOUNT_MAX ||
        out->unit != row->extension.unit)
        return refuse_field(d, value_is_null(by) ? "amount" : "by",
                            "a whole number from 1, in the unit of the legal extension",
                            "以法定延期单位计的、不小于 1 的整数");
    return true;
}

/* Who approves, and may it? A named role may; without one, people of the clock's own office. */
static bool read_approver(const Command *command, Decision *d, const ClockRow *row, Str *out)
{
    Str named = value_get_string(command->body, STR("approver"));
    const Actor *actor = &command->actor;
    if (clock_is_task(command)) {
        *out = named;
        return named.len > 0 || refuse_field(d, "approver", "the account that approved",
                                             "批准人的账户");
    }
    *out = actor->id;
    bool system = str_equal(actor->id, STR("system"));
    bool may = system || (row->extension_role.len ? actor_has_role(actor, row->extension_role)
                                        : row->office.len == 0 ||
                                              str_equal(actor->office, row->office));
    if (named.len && !str_equal(named, actor->id) && !system)
        may = false;
    if (may && system && named.len)
        *out = named;
    return may || decision_refuse_with(d, &fault_extension_approver,
                                       row->extension_role.len ? row->extension_role
                                                               : row->office);
}

static bool within_law(Decision *d, const ClockRow *row, Limit by, Instant now)
{
    Arena *a = decision_arena(d);
    Str unit = str_from(limit_unit_name(by.unit));
    Str zh = by.unit == LIMIT_WORKING_DAY ? STR("个工作日") : unit;
    if (row->extended.amount + by.amount > row->extension.amount)
        return decision_refuse_with(
            d, &fault_extension_too_long,
            arena_printf(a, "%lld", (long long)row->extension.amount), unit,
            arena_printf(a, "%lld", (long long)row->extended.amount), zh);
    const ClockEnd *end = row->statutory.amount ? &row->statutory_end : &row->end;
    unsigned which = row->statutory.amount ? CLOCK_STOPS_STATUTORY : CLOCK_STOPS_PROMISED;
    if (clock_ran_until(row, which, now).us > end->due.us)
        return decision_refuse_with(d, &fault_extension_late,
                                    instant_copy_text(a, end->due, CHINA_OFFSET_S));
    return true;
}

static bool read_extending(const Command *command, Decision *d, const ClockRow *row,
                           Extending *out)
{
    out->reason = str_trim(value_get_string(command->body, STR("reason")));
    out->basis = str_trim(value_get_string(command->body, STR("basis")));
    if (out->reason.len == 0 || out->reason.len > CLOCK_TEXT_MAX * 3)
        return refuse_field(d, "reason", "a text of 1 to 2000 characters",
                            " 1 至 2000 字的文本");
    if (row->extension.amount == 0)
        return decision_refuse_with(d, &fault_extension_not_allowed);
    if (out->basis.len == 0)
        out->basis = row->extension_basis;
    if (out->basis.len == 0 || out->basis.len > CLOCK_TEXT_MAX)
        return refuse_field(d, "basis", "the legal basis", "法律依据");
    return read_approver(command, d, row, &out->approver) &&
           read_amount(command, d, row, &out->by) &&
           within_law(d, row, out->by, command->now);
}

static int64_t next_ordinal(Decision *d, Id subject)
{
    Rows *r = store_query(decision_store(d), &sql_last,
                          PARAMS(p_int(decision_node(d)), p_id(&subject)));
    int64_t last = rows_next(r) ? rows_int(r, 0) : 0;
    rows_close(r);
    return last + 1;
}

static void emit_extended(Decision *d, ClockRow *row, const Extending *x, Instant now)
{
    Arena *a = decision_arena(d);
    ContextBuilder b = clock_about(d, row->subject), closed = context_builder(a);
    context_put_text(&b, "ordinal", value_int(next_ordinal(d, row->subject)));
    context_put_text(&b, "by", limit_value(a, x->by));
    context_put_text(&b, "extended", value_int(row->extended.amount));
    context_put_text(&b, "basis", value_string(x->basis));
    context_put_text(&b, "approver", value_string(x->approver));
    context_put_text(&closed, "reason", value_string(x->reason));
    clock_put_ends(d, &b, row);
    if (!clock_held(row, CLOCK_STOPS_PROMISED))
        clock_put_light(d, &b, row, clock_light_of(&row->end, now), now);
    Id owner = id_is_none(row->case_id) ? row->subject : row->case_id;
    decision_emit(d, STR("clock.extended"), id_copy_text(a, owner), value_context(&b),
                  value_context(&closed));
}

bool clock_decide_extend(void *state, const Command *command, Decision *d)
{
    const ClockModule *m = state;
    ClockRow row;
    Extending x = {0};
    Arena *a = decision_arena(d);
    if (!clock_named(command, d, &row) || !read_extending(command, d, &row, &x))
        return false;
    const Calendar *c = clock_calendar_for(m, row.calendar, d);
    if (!c)
        return false;
    (void)clock_catch_up(m, d, &row, command->now);
    row.extended = (Limit){row.extended.amount + x.by.amount, x.by.unit};
    if (!clock_count_ends(m, c, &row, d, command->now))
        return false;
    emit_extended(d, &row, &x, command->now);
    clock_set_timer(d, &row, command->now);
    Value reply = clock_reply(d, &row);
    ContextBuilder told = context_builder_from(a, reply);
    context_put_text(&told, "extended", value_string(x.reason));
    clock_tell(d, &row, value_context(&told));
    ContextBuilder b = context_builder_from(a, reply);
    context_put_text(&b, "extended", limit_value(a, row.extended));
    decision_reply(d, value_context(&b));
    return true;
}
