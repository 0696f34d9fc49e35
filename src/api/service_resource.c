/* service_resource.c - the program itself: health, readiness, document, caller, clock. */
#include "api/api_int.h"

#define SETTLE_STEP_US 1000
#define SETTLE_MAX_US 10000000 /* how long moving the clock waits for what fell due */

static bool answer_ok(Call *c)
{
    ContextBuilder b = context_builder(c->arena);
    context_put_text(&b, "status", value_string(STR("ok")));
    c->answer.body = value_context(&b);
    return true;
}

bool route_get_health(Call *c, Err *err)
{
    (void)err;
    return answer_ok(c);
}

/* The snapshot that every read has was taken: the data file answers. */
bool route_get_ready(Call *c, Err *err)
{
    Str *tables;
    size_t count;
    if (!store_tables(c->conn, c->arena, &tables, &count, err))
        return false;
    return count ? answer_ok(c) : err_set(err, &fault_not_ready);
}

bool route_get_document(Call *c, Err *err)
{
    (void)err;
    c->answer.raw = api_document(c->api, c->lang);
    return true;
}

bool route_get_me(Call *c, Err *err)
{
    static const char *const words[] = {
#define READ_WORDS(name, word, zh, en) word,
        ACCESS_READS(READ_WORDS)
#undef READ_WORDS
    };
    const Actor *me = &c->actor;
    ListBuilder roles = list_builder(c->arena), reads = list_builder(c->arena);
    ContextBuilder b = context_builder(c->arena);
    (void)err;
    for (size_t i = 0; i < me->role_count; i++)
        list_add(&roles, value_string(me->roles[i]));
    for (size_t i = 0; i < ACCESS_READ_COUNT; i++)
        if (call_may_read(c, (AccessRead)i))
            list_add(&reads, value_string(str_from(words[i])));
    context_put_text(&b, "id", value_string(me->id));
    context_put_text(&b, "name", value_string(me->name));
    context_put_text(&b, "office", text_or_null(me->office));
    context_put_text(&b, "office_title",
                     me->office.len ? call_text_value(c, case_office_title(c->cases, me->office))
                                    : value_null());
    context_put_text(&b, "subject", text_or_null(me->subject));
    context_put_text(&b, "roles", value_list(&roles));
    context_put_text(&b, "reads", value_list(&reads));
    c->answer.body = value_context(&b);
    return true;
}

bool route_get_clock(Call *c, Err *err)
{
    const Clock *clock = core_clock(c->core);
    ContextBuilder b = context_builder(c->arena);
    (void)err;
    context_put_text(&b, "now", value_instant(c->arena, clock_now(clock)));
    context_put_text(&b, "virtual", value_boolean(c->clock_may_move && clock_is_virtual(clock)));
    context_put_text(&b, "next_due", value_instant(c->arena, core_next_due(c->core)));
    c->answer.body = value_context(&b);
    return true;
}

/* Wait until nothing is due any more, so that a client that moved the time sees its effects.
 * Only for the virtual clock of tests and demonstrations, where nobody else waits. */
static void settle(Call *c, Instant now)
{
    Signal *pause = signal_open();
    signal_lock(pause);
    for (int64_t waited = 0; waited < SETTLE_MAX_US; waited += SETTLE_STEP_US) {
        Instant due = core_next_due(c->core);
        if (instant_is_none(due) || due.us > now.us)
            break;
        signal_wait(pause, SETTLE_STEP_US);
    }
    signal_unlock(pause);
    signal_close(pause);
}

bool route_put_clock(Call *c, Err *err)
{
    Clock *clock = core_clock(c->core);
    Instant now;
    if (!c->clock_may_move || !clock_is_virtual(clock))
        return err_set(err, &fault_clock_is_real);
    if (!instant_parse(value_get_string(c->body, STR("now")), &now) || !clock_set(clock, now))
        return err_set(err, &fault_clock_runs_forward,
                       instant_copy_text(c->arena, clock_now(clock), CHINA_OFFSET_S));
    core_clock_moved(c->core);
    settle(c, now);
    return route_get_clock(c, err);
}
