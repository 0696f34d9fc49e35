/* demo_client.c - calls of the demonstration: one connection, many people.
 *
 * Every POST carries an idempotency key made of the run's word, the account, the path and
 * a hash of the body, so that a repeated run repeats nothing. */
#include "app/demo_int.h"
#include "codec/json.h"
#include "os/os.h"

#include <stdarg.h>
#include <stdio.h>

FAULT_DEFINE(DEMO_FAULTS)

#define DEMO_FILE_BYTES (1u << 20)

bool demo_open(Demo *d, Str address, Str accounts_file)
{
    Str text;
    Value v;
    if (!file_read(d->arena, accounts_file, DEMO_FILE_BYTES, &text, &d->err)) return false;
    if (!json_parse(d->arena, text, &v, &d->err)) {
        err_at(&d->err, accounts_file, 0, 0);
        return false;
    }
    d->accounts = value_is(v, VALUE_LIST) ? v : value_field(v, "accounts");
    if (!d->run.len) {
        uint8_t random[10];
        entropy_fill(entropy_system(), random, sizeof random);
        d->run = id_copy_text(d->arena, id_new(clock_now(clock_system()), random));
    }
    return http_client_open(address, &d->client, &d->err);
}

void demo_close(Demo *d)
{
    if (d->client) http_client_close(d->client);
}

static Value account_of(Demo *d, Str id)
{
    for (size_t i = 0; i < value_count(d->accounts); i++) {
        Value v = value_item(d->accounts, i);
        if (str_equal(value_get_string(v, STR("id")), id)) return v;
    }
    return value_null();
}

const char *demo_account_name(Demo *d, const char *account)
{
    return demo_text(d, account_of(d, str_from(account)), "name");
}

static bool call(Demo *d, Str account, HttpCall *request, Value *out, bool refusal_is_fine)
{
    HttpAnswer answer;
    request->token = value_get_string(account_of(d, account), STR("token"));
    request->language = d->lang == LANG_ZH ? STR("zh-CN") : STR("en");
    if (!request->token.len) return err_set(&d->err, &fault_demo_account, account);
    if (!http_client_call(d->client, d->arena, request, &answer, &d->err)) return false;
    Value v = value_null();
    if (answer.body.len && !json_parse(d->arena, answer.body, &v, &d->err)) return false;
    if (answer.status >= 200 && answer.status < 300) {
        *out = v;
        return true;
    }
    if (refusal_is_fine) return false;
    Str detail = value_get_string(v, STR("detail"));
    Value errors = value_field(v, "errors");
    if (value_count(errors)) detail = json_copy_text(d->arena, errors);
    return err_set(&d->err, &fault_demo_refused, request->method, request->target, account,
                   arena_printf(d->arena, "%d", answer.status), detail);
}

bool demo_get(Demo *d, Str account, Str path, Value *out)
{
    HttpCall request = {.method = STR("GET"), .target = path};
    return call(d, account, &request, out, false);
}

bool demo_try_get(Demo *d, Str account, Str path, Value *out)
{
    HttpCall request = {.method = STR("GET"), .target = path};
    return call(d, account, &request, out, true);
}

bool demo_post(Demo *d, Str account, Str path, Value body, Value *out)
{
    Str text = json_copy_text(d->arena, body);
    HttpCall request = {.method = STR("POST"), .target = path, .body = text, .has_body = true};
    request.idempotency_key =
        arena_printf(d->arena, "%.*s-%016llx-%016llx", STR_ARG(d->run),
                     (unsigned long long)str_hash(path), (unsigned long long)str_hash(text));
    return call(d, account, &request, out, false);
}

const char *demo_words(const Demo *d, const char *zh, const char *en)
{
    return d->lang == LANG_ZH ? zh : en;
}

void demo_say(Demo *d, const char *zh, const char *en, ...)
{
    va_list args;
    va_start(args, en);
    if (d->lang == LANG_ZH) vprintf(zh, args);
    else vprintf(en, args);
    va_end(args);
    fflush(stdout);
}

const char *demo_text(Demo *d, Value v, const char *field)
{
    Value f = value_get(v, str_from(field));
    if (!value_is(f, VALUE_STRING) || !f.as.string.len) return "-";
    return arena_copy(d->arena, f.as.string).ptr;
}

const char *demo_time(Demo *d, Value v, const char *field)
{
    Str s = value_get_string(v, str_from(field));
    if (s.len < 19) return "-";
    return arena_printf(d->arena, "%.10s %.8s", s.ptr, s.ptr + 11).ptr;
}

const char *demo_unit(const Demo *d, Str unit)
{
    static const struct {
        const char *word, *zh, *en;
    } units[] = {{"working_day", "个工作日", "working days"},
                 {"working_half_day", "个半日（工作时间）", "half working day(s)"},
                 {"working_hour", "个工作小时", "working hours"},
                 {"calendar_day", "日", "days"}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (!str_equal(unit, str_from(units[i].word))) continue;
        return demo_words(d, units[i].zh, units[i].en);
    }
    return "";
}
