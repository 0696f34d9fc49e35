/* command_demo.c - `tongban demo`: two services end to end, over HTTP, as clients would do it.
 *
 * The program plays a firm, a person and the clerks of their offices against a running node,
 * with the tokens that `tongban serve --demo FILE` wrote. Nothing here knows the engine: every
 * line that is printed comes from the public API. The two plays:
 *
 *   road-dig          draft, check, submit; intake accepts; six offices side by side, one of them
 *                     asks for a correction and gets it; one result
 *   enterprise-start  submitted and accepted at once; registration issues the credit code; five
 *                     offices side by side; six outcomes bear the code
 *
 * A run that was interrupted (the server killed, say) is started again with the same --run
 * word: every request carries an idempotency key made from it, so that what was done is not done
 * twice and the play goes on where it stood. */
#include "app/arguments.h"
#include "app/demo_int.h"
#include "codec/json.h"
#include "os/os.h"

#include <stdio.h>

#define DEMO_ARENA_BYTES (256u << 20)

static const Option options[] = {
    {"address", "HOST:PORT", "the node to speak to (127.0.0.1:8420)", "节点地址（127.0.0.1:8420）"},
    {"accounts", "FILE", "the accounts that `tongban serve --demo FILE` wrote",
     "`tongban serve --demo FILE` 写出的账户文件"},
    {"run", "WORD", "begins every idempotency key; the same word goes on where a run stopped",
     "幂等键前缀；相同前缀可从中断处继续"},
};
static const OptionTable table = {"", 0, 0, options, sizeof options / sizeof *options};

static Value context1(Arena *a, const char *key, Value v)
{
    ContextBuilder b = context_builder(a);
    context_put(&b, str_from(key), v);
    return value_context(&b);
}

/* ---- Things that both plays do. */

static bool show_thing(Demo *d, Str account, const char *thing)
{
    Value v;
    Str path = arena_printf(d->arena, "/v1/things/%s", thing);
    if (!demo_get(d, account, path, &v)) return false;
    Value promised = value_field(v, "promised");
    demo_say(d, "\n== %s ==\n", "\n== %s ==\n", demo_text(d, v, "title"));
    demo_say(d, "   %zu 个事项，承诺 %lld %s，收费 %lld 元，跑动 %lld 次\n",
             "   %zu matters, promised in %lld %s, fee %lld yuan, %lld visits\n",
             value_count(value_field(v, "matters")),
             (long long)value_get_int(promised, STR("amount"), 0),
             demo_unit(d, value_get_string(promised, STR("unit"))),
             (long long)(value_get_int(v, STR("fee_fen"), 0) / 100),
             (long long)value_get_int(v, STR("visits"), 0));
    return true;
}

/* The parts as a table: who, what, state, due. */
bool demo_show_case(Demo *d, Str account, Str id)
{
    Value v;
    Str path = arena_printf(d->arena, "/v1/cases/%.*s", STR_ARG(id));
    if (!demo_get(d, account, path, &v)) return false;
    Value clock = value_field(v, "clock");
    demo_say(d, "   办件 %s：%s", "   Case %s: %s", demo_text(d, v, "number"),
             demo_text(d, v, "state_title"));
    if (value_is(clock, VALUE_CONTEXT)) {
        demo_say(d, "，应于 %s 前办结", ", due by %s", demo_time(d, clock, "due_at"));
    }
    demo_say(d, "\n", "\n");
    Value parts = value_field(v, "parts");
    for (size_t i = 0; i < value_count(parts); i++) {
        Value part = value_item(parts, i), own = value_field(part, "clock");
        demo_say(d, "     %zu. %s｜%s｜%s%s", "     %zu. %s | %s | %s%s", i + 1,
                 demo_text(d, part, "title"), demo_text(d, part, "office_title"),
                 demo_text(d, part, "state_title"),
                 value_get_boolean(part, STR("paused"), false)
                     ? demo_words(d, "（暂停计时）", " (clock stands)")
                     : "");
        if (value_is(own, VALUE_CONTEXT)) {
            demo_say(d, "｜%s 前", " | by %s", demo_text(d, own, "due_day"));
        }
        demo_say(d, "\n", "\n");
    }
    return true;
}

/* Complete a task of the case as the clerk of an office; waits until it is there. */
static bool work(Demo *d, const char *account, Str id, const char *element, Value variables)
{
    Value page;
    Str query = arena_printf(d->arena, "/v1/tasks?case=%.*s&limit=200", STR_ARG(id));
    if (!demo_get(d, str_from(account), query, &page)) return false;
    Value items = value_field(page, "items");
    for (size_t i = 0; i < value_count(items); i++) {
        Value task = value_item(items, i);
        if (!str_equal(value_get_string(task, STR("element")), str_from(element))) continue;
        Str path = arena_printf(d->arena, "/v1/tasks/%.*s/completion",
                                STR_ARG(value_get_string(task, STR("key"))));
        Value body = context1(d->arena, "variables", variables);
        if (!demo_post(d, str_from(account), path, body, &page)) return false;
        demo_say(d, "   ✓ %s：%s\n", "   done by %s: %s\n", demo_account_name(d, account),
                 demo_text(d, task, "name"));
        return true;
    }
    demo_say(d, "   · %s 没有待办“%s”（已经办过）\n", "   . nothing to do for %s: %s (done before)\n",
             demo_account_name(d, account), element);
    return true;
}

static Value decision(Demo *d, const char *word, const char *opinion)
{
    ContextBuilder b = context_builder(d->arena);
    context_put_text(&b, "decision", value_string(str_from(word)));
    if (opinion) context_put_text(&b, "opinion", value_string(str_from(opinion)));
    return value_context(&b);
}

static bool show_end(Demo *d, Str account, Str id)
{
    Value v, timeline;
    Str path = arena_printf(d->arena, "/v1/cases/%.*s", STR_ARG(id));
    if (!demo_get(d, account, path, &v)) return false;
    if (!demo_get(d, account, arena_printf(d->arena, "%.*s/timeline", STR_ARG(path)), &timeline)) {
        return false;
    }
    demo_say(d, "   办理经过：\n", "   What happened:\n");
    Value items = value_field(timeline, "items");
    for (size_t i = 0; i < value_count(items); i++) {
        Value e = value_item(items, i);
        demo_say(d, "     %s  %s\n", "     %s  %s\n", demo_time(d, e, "at"), demo_text(d, e, "text"));
    }
    demo_say(d, "   结果：%s\n", "   Result: %s\n", demo_text(d, v, "state_title"));
    Value documents = value_field(v, "documents");
    for (size_t i = 0; i < value_count(documents); i++) {
        Value document = value_item(documents, i);
        Str uscc = value_get_string(value_field(document, "content"), STR("uscc"));
        demo_say(d, "     [%zu] %s%s%.*s\n", "     [%zu] %s%s%.*s\n", i + 1,
                 demo_text(d, document, "title"), uscc.len ? "  " : "", STR_ARG(uscc));
    }
    return true;
}

/* ---- The road service. */

static Value file_value(Demo *d, const char *name)
{
    ContextBuilder b = context_builder(d->arena);
    context_put_text(&b, "name", value_string(str_from(name)));
    context_put_text(&b, "media_type", value_string(STR("application/pdf")));
    context_put_text(&b, "size", value_int(182044));
    context_put_text(&b, "sm3", value_string(STR("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0")));
    return value_context(&b);
}

static Value road_data(Demo *d)
{
    ContextBuilder b = context_builder(d->arena);
    Day today = instant_day(clock_now(clock_system()), CHINA_OFFSET_S);
    context_put_text(&b, "project", value_string(STR("示例厂区新建项目")));
    context_put_text(&b, "road_code", value_string(STR("420606-R001")));
    context_put_text(&b, "place", value_string(STR("示例大道与样例路交叉口东侧")));
    context_put_text(&b, "purpose", value_string(STR("opening")));
    context_put_text(&b, "length_m", value_int(12));
    context_put_text(&b, "width_m", value_int(4));
    context_put_text(&b, "starts_on", value_day(d->arena, (Day){today.number + 20}));
    context_put_text(&b, "ends_on", value_day(d->arena, (Day){today.number + 35}));
    context_put_text(&b, "green_m2", value_int(20));
    context_put_text(&b, "trees", value_int(2));
    context_put_text(&b, "waste_m3", value_int(15));
    context_put_text(&b, "contractor", value_string(STR("91420600MA9T000268")));
    context_put_text(&b, "contact_mobile", value_string(STR("13900000000")));
    context_put_text(&b, "drawing", file_value(d, "施工图.pdf"));
    context_put_text(&b, "construction_plan", file_value(d, "道路修复方案.pdf"));
    context_put_text(&b, "traffic_plan", file_value(d, "交通组织方案.pdf"));
    return value_context(&b);
}

/* Save a draft, let the server check it, submit it. */
static bool apply(Demo *d, Str account, const char *thing, Value data, Str *id)
{
    Value v;
    ContextBuilder b = context_builder(d->arena);
    context_put_text(&b, "thing", value_string(str_from(thing)));
    context_put_text(&b, "data", data);
    if (!demo_post(d, account, STR("/v1/drafts"), value_context(&b), &v)) return false;
    Str draft = arena_copy(d->arena, value_get_string(v, STR("draft")));
    Value body = context1(d->arena, "draft", value_string(draft));
    Str check = arena_printf(d->arena, "/v1/drafts/%.*s/check", STR_ARG(draft));
    if (demo_try_get(d, account, check, &v)) {
        demo_say(d, "   草稿已存到服务器；检查：%zu 处待填，%zu 项材料由系统获取\n",
                 "   Draft kept on the server; check: %zu to fill in, %zu materials fetched by the system\n",
                 value_count(value_field(v, "errors")), value_count(value_field(v, "known")));
    }
    if (!demo_post(d, account, STR("/v1/cases"), body, &v)) return false;
    *id = arena_copy(d->arena, value_get_string(v, STR("case")));
    demo_say(d, "   已提交一份申请，办件编号 %s\n", "   One application submitted, number %s\n",
             demo_text(d, v, "number"));
    return true;
}

/* The planning office asks for a correction, once in the life of the case. */
static bool ask_correction(Demo *d, Str account, Str id)
{
    Value v;
    Str path = arena_printf(d->arena, "/v1/cases/%.*s", STR_ARG(id));
    if (!demo_get(d, account, path, &v)) return false;
    if (value_count(value_field(v, "corrections"))) return true;
    return work(d, "demo-zrzy", id, "planning_review",
                decision(d, "correct", "平面图缺少道路红线，请补充。")) &&
           demo_show_case(d, account, id);
}

/* The firm answers whatever corrections are open. */
static bool correct(Demo *d, Str account, Str id)
{
    Value v, answer;
    Str whole = arena_printf(d->arena, "/v1/cases/%.*s", STR_ARG(id));
    if (!demo_get(d, account, whole, &v)) return false;
    Value list = value_field(v, "corrections");
    for (size_t i = 0; i < value_count(list); i++) {
        Value c = value_item(list, i);
        if (!str_equal(value_get_string(c, STR("state")), STR("open"))) continue;
        demo_say(d, "   申请人收到补正要求：%s\n", "   The applicant is asked: %s\n", demo_text(d, c, "reason"));
        Str path = arena_printf(d->arena, "/v1/cases/%.*s/parts/%.*s/correction", STR_ARG(id),
                                STR_ARG(value_get_string(c, STR("part"))));
        Value data = context1(d->arena, "drawing", file_value(d, "施工图（补道路红线）.pdf"));
        if (!demo_post(d, account, path, context1(d->arena, "data", data), &answer)) return false;
        demo_say(d, "   申请人已补正\n", "   The applicant has corrected it\n");
    }
    return true;
}

static bool play_road(Demo *d)
{
    static const struct {
        const char *account, *element;
    } offices[] = {{"demo-cgj", "dig_review"},       {"demo-cgj", "occupy_review"},
                   {"demo-yllh", "green_review"},    {"demo-jgzd", "traffic_review"},
                   {"demo-zrzy", "planning_review"}, {"demo-cgzf", "waste_review"}};
    Str firm = STR("demo-firm"), id = STR_NONE;
    ContextBuilder intake = context_builder(d->arena);
    context_put_text(&intake, "intake_decision", value_string(STR("accept")));
    if (!show_thing(d, firm, "road-dig")) return false;
    if (!apply(d, firm, "road-dig", road_data(d), &id)) return false;
    if (!work(d, "demo-xzsp", id, "intake", value_context(&intake))) return false;
    demo_say(d, "   已受理，六项并联：\n", "   Accepted; six parts side by side:\n");
    if (!demo_show_case(d, firm, id)) return false;
    if (!ask_correction(d, firm, id) || !correct(d, firm, id)) return false;
    for (size_t i = 0; i < sizeof offices / sizeof *offices; i++) {
        Value approve = decision(d, "approve", NULL);
        if (!work(d, offices[i].account, id, offices[i].element, approve)) return false;
    }
    return show_end(d, firm, id);
}

/* ---- The start of a firm. */

static Value firm_data(Demo *d)
{
    ContextBuilder b = context_builder(d->arena);
    context_put_text(&b, "name", value_string(STR("襄阳新样例科技有限公司（虚构）")));
    context_put_text(&b, "type", value_string(STR("limited")));
    context_put_text(&b, "registered_capital", value_int(100));
    context_put_text(&b, "scope", value_string(STR("软件开发；信息技术咨询服务")));
    context_put_text(&b, "address", value_string(STR("襄阳市襄城区示例路 5 号")));
    context_put_text(&b, "employees", value_int(3));
    context_put_text(&b, "housing_rate", value_int(8));
    context_put_text(&b, "invoice_kind", value_string(STR("ordinary")));
    context_put_text(&b, "invoices_a_month", value_int(50));
    context_put_text(&b, "bank", value_string(STR("demo-bank-1")));
    context_put_text(&b, "mobile", value_string(STR("13900000001")));
    return value_context(&b);
}

static bool play_start(Demo *d)
{
    static const struct {
        const char *account, *element;
    } offices[] = {{"demo-gaj", "seals_review"}, {"demo-swj", "invoices_review"},
                   {"demo-rsj", "social_review"}, {"demo-gjj", "housing_review"},
                   {"demo-rhfh", "bank_review"}};
    Str person = STR("demo-person"), id = STR_NONE;
    if (!show_thing(d, person, "enterprise-start")) return false;
    if (!apply(d, person, "enterprise-start", firm_data(d), &id)) return false;
    if (!demo_show_case(d, person, id)) return false;
    Value register_it = decision(d, "approve", NULL);
    if (!work(d, "demo-scjg", id, "registration_review", register_it)) return false;
    demo_say(d, "   已赋码，五项并联：\n", "   Credit code issued; five parts side by side:\n");
    if (!demo_show_case(d, person, id)) return false;
    for (size_t i = 0; i < sizeof offices / sizeof *offices; i++) {
        Value approve = decision(d, "approve", NULL);
        if (!work(d, offices[i].account, id, offices[i].element, approve)) return false;
    }
    return show_end(d, person, id);
}

int command_demo(const CommandLine *line)
{
    Arguments args;
    int exit_code = EXIT_FINE;
    if (!arguments_read(line, &table, &args, &exit_code)) return exit_code;
    Demo d = {.arena = arena_open(DEMO_ARENA_BYTES), .lang = args.lang};
    d.run = argument_text(&args, "run", STR_NONE);
    Str address = argument_text(&args, "address", STR("127.0.0.1:8420"));
    bool ok = demo_open(&d, address, argument_text(&args, "accounts", STR("data/demo.json"))) &&
              play_road(&d) && play_start(&d);
    exit_code = ok ? EXIT_FINE : command_trouble(args.lang, &d.err);
    demo_close(&d);
    arena_close(d.arena);
    return exit_code;
}
