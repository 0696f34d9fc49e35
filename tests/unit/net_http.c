/* net_http.c - the HTTP server and client against each other, and the server against raw bytes.
 *
 * One server serves the whole program. Its handler answers by path:
 *   /echo      method, target and body, with a header field of its own
 *   /later     the same, postponed and answered by another thread
 *   /empty     204
 *   anything   the name of the fault, when the server found one */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/check.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "os/os.h"

#define BODY_LIMIT 100000u
#define CLIENTS 8
#define ROUNDS 200

static HttpServer *server;

static Str describe(HttpRequest *r)
{
    Buf b = buf_new(http_arena(r), 256);
    buf_add(&b, http_method(r));
    buf_add_char(&b, ' ');
    buf_add(&b, http_path(r));
    buf_add_char(&b, '|');
    buf_add(&b, http_query(r));
    buf_add_char(&b, '|');
    buf_add(&b, http_header(r, "x-asked"));
    buf_add_char(&b, '|');
    buf_add(&b, http_body(r));
    return buf_text(&b);
}

static void *answer_later(void *context)
{
    HttpRequest *r = context;
    http_answer(r, 201, "text/plain", describe(r));
    return NULL;
}

static void handle(void *context, HttpRequest *r)
{
    assert_ptr_equal(context, &server);
    const Err *fault = http_fault(r);
    if (fault) {
        http_answer(r, fault->fault->http_status, "text/plain", str_from(fault->fault->name));
    } else if (str_equal(http_path(r), STR("/later"))) {
        pthread_t thread;
        http_postpone(r);
        check(pthread_create(&thread, NULL, answer_later, r) == 0);
        pthread_detach(thread);
    } else if (str_equal(http_path(r), STR("/empty"))) {
        http_answer(r, 204, "", STR_NONE);
    } else {
        http_answer_header(r, "X-Answered", STR("yes 办"));
        http_answer(r, 200, "text/plain", describe(r));
    }
}

static const HttpHeader always[] = {{"X-Always", "here"}};

static int open_server(void **state)
{
    (void)state;
    Err err = {0};
    HttpServerOptions options = {.listen = STR("127.0.0.1:0"), .handler = handle,
                                 .context = &server, .body_limit_bytes = BODY_LIMIT,
                                 .threads = 2, .always = always, .always_count = 1};
    return http_server_open(&options, &server, &err) ? 0 : -1;
}

static int close_server(void **state)
{
    (void)state;
    http_server_close(server);
    return 0;
}

static HttpClient *client(void)
{
    HttpClient *c = NULL;
    Err err = {0};
    assert_true(http_client_open(http_server_address(server), &c, &err));
    return c;
}

#define assert_str(actual, expected)                                                       \
    do {                                                                                   \
        Str actual_ = (actual), expected_ = str_from(expected);                            \
        if (!str_equal(actual_, expected_))                                                \
            fail_msg("\"%.*s\" is not \"%.*s\"", STR_ARG(actual_), STR_ARG(expected_));    \
    } while (0)

static void calls_reach_the_handler(void **state)
{
    (void)state;
    HttpClient *c = client();
    Arena *a = arena_open(1u << 20);
    Err err = {0};
    HttpAnswer answer;
    HttpCall get = {.method = STR("GET"), .target = STR("/echo?q=1&q=2")};
    assert_true(http_client_call(c, a, &get, &answer, &err));
    assert_int_equal(answer.status, 200);
    assert_str(answer.body, "GET /echo|q=1&q=2||");
    assert_str(http_answer_field(&answer, STR("x-always")), "here");
    assert_str(http_answer_field(&answer, STR("x-answered")), "yes 办");
    assert_str(http_answer_field(&answer, STR("content-type")), "text/plain");
    HttpCall post = {.method = STR("POST"), .target = STR("/later"), .body = STR("{\"a\":1}"),
                     .has_body = true};
    assert_true(http_client_call(c, a, &post, &answer, &err));
    assert_int_equal(answer.status, 201);
    assert_str(answer.body, "POST /later|||{\"a\":1}");
    HttpCall head = {.method = STR("HEAD"), .target = STR("/echo")};
    assert_true(http_client_call(c, a, &head, &answer, &err));
    assert_int_equal(answer.status, 200);
    assert_int_equal(answer.body.len, 0);
    assert_str(http_answer_field(&answer, STR("content-length")), "13");
    HttpCall empty = {.method = STR("DELETE"), .target = STR("/empty")};
    assert_true(http_client_call(c, a, &empty, &answer, &err));
    assert_int_equal(answer.status, 204);
    arena_close(a);
    http_client_close(c);
}

static void limits_reach_the_handler_as_faults(void **state)
{
    (void)state;
    HttpClient *c = client();
    Arena *a = arena_open(8u << 20);
    Err err = {0};
    HttpAnswer answer;
    char *large = arena_take(a, BODY_LIMIT + 1);
    memset(large, 'x', BODY_LIMIT + 1);
    HttpCall post = {.method = STR("POST"), .target = STR("/echo"),
                     .body = {large, BODY_LIMIT}, .has_body = true};
    assert_true(http_client_call(c, a, &post, &answer, &err));
    assert_int_equal(answer.status, 200);
    assert_int_equal(answer.body.len, BODY_LIMIT + strlen("POST /echo|||"));
    post.body.len = BODY_LIMIT + 1;
    assert_true(http_client_call(c, a, &post, &answer, &err));
    assert_int_equal(answer.status, 413);
    assert_str(answer.body, "http_body_too_large");
    /* The connection goes on after the body was read and dropped. */
    HttpCall get = {.method = STR("GET"), .target = STR("/echo")};
    assert_true(http_client_call(c, a, &get, &answer, &err));
    assert_int_equal(answer.status, 200);
    large[0] = '/';
    get.target = (Str){large, HTTP_TARGET_BYTES};
    assert_true(http_client_call(c, a, &get, &answer, &err));
    assert_int_equal(answer.status, 200);
    get.target = (Str){large, HTTP_TARGET_BYTES + 1};
    assert_true(http_client_call(c, a, &get, &answer, &err));
    assert_int_equal(answer.status, 414);
    assert_str(answer.body, "http_target_too_long");
    get.target = STR("/echo");
    get.token = (Str){large, HTTP_HEAD_BYTES};
    assert_true(http_client_call(c, a, &get, &answer, &err));
    assert_int_equal(answer.status, 431);
    assert_str(answer.body, "http_head_too_large");
    arena_close(a);
    http_client_close(c);
}

/* Send raw bytes, read what comes until the peer closes or the answer is complete. */
static size_t raw(const char *request, size_t len, char *answer, size_t room)
{
    struct sockaddr_in peer = {.sin_family = AF_INET,
                               .sin_port = htons(http_server_port(server)),
                               .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&peer, sizeof peer), 0);
    struct timeval wait = {.tv_sec = 5};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    assert_int_equal(send(fd, request, len, MSG_NOSIGNAL), len);
    shutdown(fd, SHUT_WR);
    size_t got = 0;
    for (;;) {
        ssize_t n = recv(fd, answer + got, room - 1 - got, 0);
        if (n <= 0)
            break;
        got += (size_t)n;
    }
    answer[got] = '\0';
    close(fd);
    return got;
}

static void hostile_bytes_get_an_answer_or_a_closed_connection(void **state)
{
    (void)state;
    static const struct { const char *request, *expected; } rows[] = {
        {"GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200"},
        {"GET /echo HTTP/1.1\r\n\r\n", "HTTP/1.1 400"}, /* no Host */
        {"BREW /echo HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200"},
        {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
         "HTTP/1.1 413"},
        {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 400"},
        {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 900000000\r\n\r\n", "HTTP/1.1 413"},
        {"POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
         "Content-Length: 200000\r\n\r\n", "HTTP/1.1 413"},
        {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
         "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "|||abcde"},
        {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
         "HTTP/1.1 400"},
        {"GET /echo%zz%00?a=%ff HTTP/1.1\r\nHost: a\r\n\r\n", "GET /echo%zz%00|a=%ff|"},
        {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", ""},
        {"\r\n\r\n\r\n", ""},
        {"GET /echo HTTP/9.9\r\nHost: a\r\n\r\n", "HTTP/1.1 505"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char answer[4096];
        raw(rows[i].request, strlen(rows[i].request), answer, sizeof answer);
        if (!strstr(answer, rows[i].expected))
            fail_msg("row %zu: expected %s, got: %s", i, rows[i].expected, answer);
    }
}

typedef struct Crowd {
    pthread_t thread;
    int number;
    int right;
} Crowd;

static void *play_client(void *context)
{
    Crowd *me = context;
    HttpClient *c = NULL;
    Err err = {0};
    if (!http_client_open(http_server_address(server), &c, &err))
        return NULL;
    Arena *a = arena_open(1u << 20);
    for (int i = 0; i < ROUNDS; i++) {
        HttpAnswer answer;
        Str body = arena_printf(a, "client %d round %d", me->number, i);
        HttpCall call = {.method = STR("POST"), .target = STR("/later"), .body = body,
                         .has_body = true};
        if (http_client_call(c, a, &call, &answer, &err) && answer.status == 201 &&
            str_ends(answer.body, body))
            me->right++;
        arena_reset(a);
    }
    arena_close(a);
    http_client_close(c);
    return NULL;
}

static void many_clients_get_their_own_answers(void **state)
{
    (void)state;
    Crowd crowd[CLIENTS] = {{0}};
    for (int i = 0; i < CLIENTS; i++) {
        crowd[i].number = i;
        assert_int_equal(pthread_create(&crowd[i].thread, NULL, play_client, &crowd[i]), 0);
    }
    for (int i = 0; i < CLIENTS; i++) {
        pthread_join(crowd[i].thread, NULL);
        assert_int_equal(crowd[i].right, ROUNDS);
    }
}

/* Hundreds of requests that arrive in the same moment, on all multiples of the 128 events that
 * one question to the kernel may give: none may wait for a time-out. */
static void requests_that_arrive_together_do_not_wait(void **state)
{
    (void)state;
    enum { TOGETHER = 256, TURNS = 20 };
    static HttpClient *together[TOGETHER];
    Arena *a = arena_open(1u << 20);
    Err err = {0};
    int64_t begun = clock_monotonic_ns();
    HttpCall call = {.method = STR("GET"), .target = STR("/echo")};
    for (int i = 0; i < TOGETHER; i++)
        together[i] = client();
    for (int turn = 0; turn < TURNS; turn++) {
        int count = turn % 2 ? TOGETHER : TOGETHER / 2;
        for (int i = 0; i < count; i++)
            assert_true(http_client_send(together[i], &call, &err));
        for (int i = 0; i < count; i++) {
            HttpAnswer answer;
            assert_true(http_client_receive(together[i], a, &answer, &err));
            assert_int_equal(answer.status, 200);
            arena_reset(a);
        }
    }
    for (int i = 0; i < TOGETHER; i++)
        http_client_close(together[i]);
    arena_close(a);
    assert_true(clock_monotonic_ns() - begun < 10000000000ll);
}

static void *hammer(void *context)
{
    Str address = str_from(context);
    Arena *a = arena_open(1u << 20);
    HttpClient *c = NULL;
    Err err = {0};
    HttpCall call = {.method = STR("POST"), .target = STR("/later"), .body = STR("x"),
                     .has_body = true};
    if (http_client_open(address, &c, &err)) {
        HttpAnswer answer;
        while (http_client_call(c, a, &call, &answer, &err))
            arena_reset(a);
        http_client_close(c);
    }
    arena_close(a);
    return NULL;
}

static void a_server_closes_under_load(void **state)
{
    (void)state;
    HttpServer *busy = NULL;
    Err err = {0};
    char address[64];
    pthread_t threads[32];
    HttpServerOptions options = {.listen = STR("127.0.0.1:0"), .handler = handle,
                                 .context = &server, .threads = 2};
    assert_true(http_server_open(&options, &busy, &err));
    memcpy(address, http_server_address(busy).ptr, http_server_address(busy).len + 1);
    for (size_t i = 0; i < 32; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, address), 0);
    usleep(200000);
    int64_t begun = clock_monotonic_ns();
    http_server_close(busy);
    assert_true(clock_monotonic_ns() - begun < 10000000000ll);
    for (size_t i = 0; i < 32; i++)
        pthread_join(threads[i], NULL);
}

static void decoding_is_strict(void **state)
{
    (void)state;
    static const struct { const char *text; bool form; const char *expected; } rows[] = {
        {"", false, ""},       {"abc", false, "abc"},  {"%E5%8a%9E", false, "办"},
        {"a+b", true, "a b"},  {"a+b", false, "a+b"},  {"%2B", true, "+"},
        {"%", false, NULL},    {"%4", false, NULL},    {"%zz", false, NULL},
        {"%00", false, NULL},  {"%ff", false, NULL},   {"%ed%a0%80", false, NULL},
    };
    Arena *a = arena_open(1u << 16);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        Str out = STR_NONE;
        assert_int_equal(http_decode(a, str_from(rows[i].text), rows[i].form, &out),
                         rows[i].expected != NULL);
        if (rows[i].expected)
            assert_str(out, rows[i].expected);
    }
    arena_close(a);
}

static void addresses_that_cannot_be_used_are_told(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "127.0.0.1", "nowhere:80", "127.0.0.1:70000",
                                      "127.0.0.1:-1", "[::1:80", "203.0.113.9:80"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        HttpServer *other = NULL;
        Err err = {0};
        HttpServerOptions options = {.listen = str_from(bad[i]), .handler = handle};
        assert_false(http_server_open(&options, &other, &err));
        assert_true(err_is(&err, &fault_http_listen_failed));
    }
    HttpServer *other = NULL;
    Err err = {0};
    HttpServerOptions taken = {.listen = http_server_address(server), .handler = handle};
    assert_false(http_server_open(&taken, &other, &err));
    HttpClient *c = NULL;
    err_clear(&err);
    assert_false(http_client_open(STR("127.0.0.1:1"), &c, &err));
    assert_true(err_is(&err, &fault_http_unreachable));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_reach_the_handler),
        cmocka_unit_test(limits_reach_the_handler_as_faults),
        cmocka_unit_test(hostile_bytes_get_an_answer_or_a_closed_connection),
        cmocka_unit_test(many_clients_get_their_own_answers),
        cmocka_unit_test(requests_that_arrive_together_do_not_wait),
        cmocka_unit_test(a_server_closes_under_load),
        cmocka_unit_test(decoding_is_strict),
        cmocka_unit_test(addresses_that_cannot_be_used_are_told),
    };
    return cmocka_run_group_tests(tests, open_server, close_server);
}
