/* cases.c - acceptance cases: given, when, then; each in a node of its own, in virtual time.
 *
 * A case file (docs/packs.md, "case") is a play. `given` sets the clock, puts records and opens
 * accounts beside the demonstration accounts of the pack. Every step has acts (`when`) and
 * claims (`then`). An act moves the clock, gives a command as somebody, or completes a task of
 * somebody; it may save fields of the reply and may expect to be refused by name. A claim is a
 * FEEL expression that must be true over
 *
 *     case      the case of the latest case.submit: state, due, parts.<matter>, documents, data
 *     tasks     its open tasks: list of {element, name, groups, assignee, state}
 *     timeline  its entries: list of {code, matter, office, at}
 *     saved     what acts saved      reply  the latest reply      now  the clock
 *
 * A text in the body of an act that begins with "=" is FEEL over the same names. The clock moves
 * from one due timer to the next, so that a timer fires at its own instant. */
#include "pack/pack_int.h"

#include "codec/json.h"
#include "domain/clock/clock.h"
#include "domain/process/process.h"
#include "lang/feel/feel.h"
#include "pack/cases_int.h"

#define CASE_ARENA_BYTES (256u << 20)

/* ---- Reports. */

static void report(Play *p, Str what)
{
    if (p->step) {
        buf_printf(&p->out, p->lang == LANG_ZH ? "第 %zu 步：" : "step %zu: ", p->step);
    }
    buf_add(&p->out, what);
    buf_add_char(&p->out, '\n');
    p->failed = true;
}

void play_report_err(Play *p, const Err *err)
{
    Buf b = buf_new(p->arena, 200);
    err_show(err, p->lang, &b);
    report(p, buf_text(&b));
}

static void wrong(Play *p, Str what, const char *should_en, const char *should_zh)
{
    Err err = {0};
    err_set(&err, &fault_case_file, what, str_from(should_en), str_from(should_zh));
    play_report_err(p, &err);
}

/* ---- FEEL over the play's names. */

static bool play_feel(Play *p, Str text, Value *out)
{
    Value names = play_names(p);
    FeelName known[16];
    size_t count = 0;
    for (size_t i = 0; i < names.as.context.count && i < 16; i++) {
        known[count++] = (FeelName){names.as.context.entries[i].key, NULL};
    }
    FeelScope scope = {.names = known, .count = count};
    const FeelProgram *program = NULL;
    Err err = {0};
    FeelPlace place = {.file = p->file->shown};
    if (!feel_compile(p->arena, text, place, &scope, &program, &err)) {
        play_report_err(p, &err);
        return false;
    }
    Value *slots = arena_new_array(p->arena, Value, feel_slot_count(program) + 1);
    for (size_t i = 0; i < feel_slot_count(program); i++) {
        slots[i] = value_get(names, feel_slot_name(program, i));
    }
    FeelRun run = feel_run_new(p->arena, clock_now(p->clock));
    if (feel_run(program, slots, &run, out)) return true;
    report(p, arena_printf(p->arena, "%.*s", STR_ARG(text)));
    return false;
}

/* The same value with every text "=..." replaced by what it gives. */
static Value play_fill(Play *p, Value v)
{
    Arena *a = p->arena;
    if (value_is(v, VALUE_STRING) && str_starts(v.as.string, STR("="))) {
        Value out = value_null();
        play_feel(p, str_slice(v.as.string, 1, v.as.string.len), &out);
        return feel_to_plain(a, out);
    }
    if (value_is(v, VALUE_LIST)) {
        ListBuilder b = list_builder(a);
        for (size_t i = 0; i < value_count(v); i++) list_add(&b, play_fill(p, value_item(v, i)));
        return value_list(&b);
    }
    if (!value_is(v, VALUE_CONTEXT)) return v;
    ContextBuilder b = context_builder(a);
    for (size_t i = 0; i < v.as.context.count; i++) {
        context_put(&b, v.as.context.entries[i].key, play_fill(p, v.as.context.entries[i].value));
    }
    return value_context(&b);
}

/* ---- Acts. */

bool play_command(Play *p, const Actor *actor, Str kind, Value body, Reply *reply)
{
    Command command = {.kind = kind, .body = body, .actor = *actor};
    Err err = {0};
    if (core_run(p->core, &command, p->arena, reply, &err)) return true;
    play_report_err(p, &err);
    return false;
}

static void act_clock(Play *p, Str text)
{
    Instant target;
    if (!instant_parse(text, &target)) {
        wrong(p, STR("at"), "an instant such as 2022-09-29T09:00:00+08:00",
              "时间，如 2022-09-29T09:00:00+08:00");
        return;
    }
    Err err = {0};
    size_t ran = 0;
    for (size_t rounds = 0; rounds < 100000; rounds++) {
        Instant next = core_next_due(p->core);
        bool fires = !instant_is_none(next) && next.us <= target.us;
        Instant now = fires && next.us > clock_now(p->clock).us ? next : clock_now(p->clock);
        clock_set(p->clock, fires ? now : target);
        if (!core_run_due(p->core, &ran, &err)) {
            play_report_err(p, &err);
            return;
        }
        if (!fires) return;
    }
    report(p, STR("too many timers"));
}

/* A reply against what the act expects. */
static void act_judge(Play *p, Value act, const Reply *reply)
{
    Str refused = value_get_string(act, STR("refused"));
    if (!reply->accepted) {
        if (refused.len && str_equal(refused, str_from(reply->err.fault->name))) return;
        play_report_err(p, &reply->err);
        return;
    }
    if (refused.len) {
        report(p, arena_printf(p->arena, p->lang == LANG_ZH ? "应被拒绝（%.*s），却被接受"
                                                            : "expected refusal %.*s, but it was accepted",
                               STR_ARG(refused)));
    }
    p->reply = value_copy(p->arena, reply->body);
    Value save = value_field(act, "save");
    for (size_t i = 0; value_is(save, VALUE_CONTEXT) && i < save.as.context.count; i++) {
        Value field = save.as.context.entries[i].value;
        if (!value_is(field, VALUE_STRING)) continue;
        context_put(&p->saved, save.as.context.entries[i].key,
                    value_get(p->reply, field.as.string));
    }
}

static void act_command(Play *p, const Actor *actor, Value act, Str kind)
{
    Reply reply = {0};
    Value body = play_fill(p, value_field(act, "body"));
    if (value_is_null(body)) {
        ContextBuilder empty = context_builder(p->arena);
        body = value_context(&empty);
    }
    if (p->failed || !play_command(p, actor, kind, body, &reply)) return;
    if (reply.accepted && str_equal(kind, STR("case.submit"))) {
        p->case_id = value_get_id(reply.body, STR("case"));
        p->reader = *actor;
    }
    act_judge(p, act, &reply);
}

static void act_task(Play *p, const Actor *actor, Value act, Str element)
{
    int64_t key = play_task(p, element);
    if (!key) {
        report(p, arena_printf(p->arena, p->lang == LANG_ZH ? "没有待办任务“%.*s”"
                                                            : "there is no open task \"%.*s\"",
                               STR_ARG(element)));
        return;
    }
    ContextBuilder b = context_builder(p->arena);
    context_put_text(&b, "task", value_string(arena_printf(p->arena, "%lld", (long long)key)));
    Value variables = play_fill(p, value_field(act, "variables"));
    if (value_is_null(variables)) {
        ContextBuilder empty = context_builder(p->arena);
        variables = value_context(&empty);
    }
    Value claim = value_context(&b);
    context_put_text(&b, "variables", variables);
    Reply reply = {0};
    bool only_claim = value_get_boolean(act, STR("claim"), false);
    if (p->failed) return;
    if (!play_command(p, actor, only_claim ? STR("process.task_claim") : STR("process.task_complete"),
                      only_claim ? claim : value_context(&b), &reply)) {
        return;
    }
    act_judge(p, act, &reply);
}

static void act_run(Play *p, Value act)
{
    Str at = value_get_string(act, STR("at"));
    if (at.len) act_clock(p, at);
    Str kind = value_get_string(act, STR("do"));
    Str task = value_get_string(act, STR("task"));
    if (!kind.len && !task.len) {
        if (!at.len) wrong(p, STR("when"), "acts with at, do or task", "含 at、do 或 task 的动作");
        return;
    }
    Actor actor = {0};
    if (!play_actor(p, value_get_string(act, STR("as")), &actor)) return;
    if (task.len) act_task(p, &actor, act, task);
    else act_command(p, &actor, act, kind);
}

/* ---- Claims. */

static void claim_check(Play *p, Value claim)
{
    Value out = value_null();
    if (!value_is(claim, VALUE_STRING)) {
        wrong(p, STR("then"), "a list of FEEL expressions", "FEEL 表达式列表");
        return;
    }
    if (!play_feel(p, claim.as.string, &out) || value_is_true(out)) return;
    Buf b = buf_new(p->arena, 400);
    buf_printf(&b, p->lang == LANG_ZH ? "不成立：%.*s" : "does not hold: %.*s",
               STR_ARG(claim.as.string));
    ptrdiff_t at = str_find(claim.as.string, STR(" = "));
    Value left = value_null();
    if (at > 0 && play_feel(p, str_slice(claim.as.string, 0, (size_t)at), &left)) {
        buf_printf(&b, p->lang == LANG_ZH ? "（左边是 " : " (the left side is ");
        json_write(feel_to_plain(p->arena, left), 0, &b);
        buf_add(&b, p->lang == LANG_ZH ? STR("）") : STR(")"));
    }
    report(p, buf_text(&b));
}

static void steps_run(Play *p)
{
    Value steps = value_field(p->file->json, "steps");
    if (!value_is(steps, VALUE_LIST) || !value_count(steps)) {
        wrong(p, STR("steps"), "a list of steps", "步骤列表");
        return;
    }
    for (size_t i = 0; i < value_count(steps) && !p->failed; i++) {
        Value step = value_item(steps, i);
        p->step = i + 1;
        Value when = value_field(step, "when");
        for (size_t k = 0; k < value_count(when) && !p->failed; k++) {
            act_run(p, value_item(when, k));
        }
        Value then = value_field(step, "then");
        for (size_t k = 0; k < value_count(then) && !p->failed; k++) {
            claim_check(p, value_item(then, k));
        }
        if (!value_count(when) && !value_count(then)) {
            wrong(p, STR("steps"), "steps with when or then", "含 when 或 then 的步骤");
        }
    }
    p->step = 0;
}

/* ---- One case from beginning to end. */

static bool case_play(Play *p, const PackSet *set, const PackRunner *runner, Err *err)
{
    Value given = value_field(p->file->json, "given");
    Instant start;
    if (!instant_parse(value_get_string(given, STR("now")), &start)) {
        wrong(p, STR("given.now"), "an instant such as 2022-09-29T09:00:00+08:00",
              "时间，如 2022-09-29T09:00:00+08:00");
        return true;
    }
    p->clock = clock_virtual_open(start);
    Entropy *entropy = entropy_seeded_open(1);
    CoreOptions options = {.node = p->file->pack->node, .location = STR(":memory:"),
                           .clock = p->clock, .entropy = entropy};
    options.modules = runner->make_modules(runner->context, &options.module_count, &options.permit,
                                           &options.permit_context);
    play_modules(p, options.modules, options.module_count);
    bool ok = core_open(&options, &p->core, err);
    if (ok) {
        Err fault = {0};
        ok = store_connect_reader(core_store(p->core), &p->conn, err);
        if (ok && !pack_install(p->core, set, &fault)) play_report_err(p, &fault);
        else if (ok && play_given(p, given)) steps_run(p);
        if (ok && !p->failed) play_verify(p);
        if (p->conn) store_disconnect(p->conn);
        core_close(p->core);
    }
    runner->close_modules(runner->context);
    entropy_close(entropy);
    clock_close(p->clock);
    return ok;
}

/* The packs of the set that belong on a node: its own and its province's. */
static PackSet *packs_of_node(const PackSet *set, int64_t node, Arena *a)
{
    PackSet *own = arena_new(a, PackSet);
    *own = *set;
    own->packs = arena_new_array(a, Pack *, set->count + 1);
    own->count = 0;
    for (size_t i = 0; i < set->count; i++) {
        if (pack_fits_node(set->packs[i], node)) own->packs[own->count++] = set->packs[i];
    }
    return own;
}

static bool case_run(const PackSet *set, const PackFile *file, const PackRunner *runner,
                     size_t *passed, size_t *failed, Err *err)
{
    Arena *a = arena_open(CASE_ARENA_BYTES);
    Play *p = arena_new(a, Play);
    p->arena = a;
    p->set = packs_of_node(set, file->pack->node, a);
    p->file = file;
    p->lang = runner->lang;
    p->out = buf_new(a, 1000);
    p->saved = context_builder(a);
    bool ok = case_play(p, p->set, runner, err);
    if (ok) {
        PackCaseResult result = {file->pack->id, file->id, !p->failed, buf_text(&p->out)};
        *(p->failed ? failed : passed) += 1;
        runner->report(runner->context, &result);
    }
    arena_close(a);
    return ok;
}

bool pack_test(const PackSet *set, const PackRunner *runner, size_t *passed, size_t *failed,
               Err *err)
{
    *passed = *failed = 0;
    for (size_t i = 0; i < set->count; i++) {
        for (size_t f = 0; f < set->packs[i]->file_count; f++) {
            const PackFile *file = set->packs[i]->files[f];
            if (file->kind != PACK_CASE) continue;
            if (runner->only.len && str_find(file->id, runner->only) < 0) continue;
            if (!case_run(set, file, runner, passed, failed, err)) return false;
        }
    }
    return true;
}
