/* demo_int.h - the client that the demonstration plays with.
 *
 * Holds one connection and the demonstration accounts; every call is made as one of them. Inside
 * of floor 8 only. Main thread. */
#ifndef APP_DEMO_INT_H
#define APP_DEMO_INT_H

#include "base/value.h"
#include "net/http_client.h"

typedef struct Demo {
    Arena *arena;
    Lang lang;
    Str run;      /* begins every idempotency key */
    HttpClient *client;
    Value accounts; /* list of {id, name, token} */
    Err err;        /* of the call that failed */
} Demo;

/* Connect and read the accounts. False with d->err. */
bool demo_open(Demo *d, Str address, Str accounts_file);
void demo_close(Demo *d);
/* A call as an account; false with d->err for anything but success. */
bool demo_get(Demo *d, Str account, Str path, Value *out);
bool demo_post(Demo *d, Str account, Str path, Value body, Value *out);
/* The same, but a refusal is no failure: false, and d->err stays empty. */
bool demo_try_get(Demo *d, Str account, Str path, Value *out);
/* printf in the reader's language. */
void demo_say(Demo *d, const char *zh, const char *en, ...) __attribute__((format(printf, 2, 4)))
__attribute__((format(printf, 3, 4)));
const char *demo_words(const Demo *d, const char *zh, const char *en);
/* A field as text for people, NUL-terminated; "-" when absent. */
const char *demo_text(Demo *d, Value v, const char *field);
/* A field that is an instant as "2026-11-25 09:00:00". */
const char *demo_time(Demo *d, Value v, const char *field);
const char *demo_unit(const Demo *d, Str unit);
const char *demo_account_name(Demo *d, const char *account);
bool demo_show_case(Demo *d, Str account, Str id);

#define DEMO_FAULTS(X)                                                                          \
    X(demo_account, INPUT, 422, false,                                                          \
      "The account \"{1}\" is not in the accounts file. Start the node with --demo and the pack xiangyang.", \
      "账户文件中没有“{1}”，请用 --demo 并装入 xiangyang 包启动节点。")                         \
    X(demo_refused, REFUSAL, 422, false, "{1} {2} as {3} was answered {4}: {5}",                \
      "以 {3} 的身份请求 {1} {2}，得到 {4}：{5}")
FAULT_DECLARE(DEMO_FAULTS)

#endif
