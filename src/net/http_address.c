/* http_address.c - addresses as text and as sockets, and the decoding of request targets.
 *
 * Decoding (RFC 3986 2.1) is strict: a '%' needs two hexadecimal digits, the result must be
 * UTF-8 without NUL. In queries '+' is a blank, as forms write it. */
#include "net/http_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "net/http_server.h"

bool http_address_parse(Str text, HttpAddress *out)
{
    size_t colon = text.len;
    while (colon > 0 && text.ptr[colon - 1] != ':')
        colon--;
    int64_t port = 0;
    char host[HTTP_ADDRESS_TEXT_BYTES] = "0.0.0.0";
    if (colon == 0 || colon > sizeof host ||
        !str_to_int64(str_slice(text, colon, text.len), &port) || port < 0 || port > 65535)
        return false;
    Str name = str_slice(text, 0, colon - 1);
    bool six = name.len > 2 && name.ptr[0] == '[' && name.ptr[name.len - 1] == ']';
    if (six)
        name = str_slice(name, 1, name.len - 1);
    if (str_equal(name, STR("localhost")))
        name = STR("127.0.0.1");
    if (name.len) {
        memcpy(host, name.ptr, name.len);
        host[name.len] = '\0';
    }
    memset(out, 0, sizeof *out);
    if (six) {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&out->socket;
        *in6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
        out->len = sizeof *in6;
        return inet_pton(AF_INET6, host, &in6->sin6_addr) == 1;
    }
    struct sockaddr_in *in4 = (struct sockaddr_in *)&out->socket;
    *in4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    out->len = sizeof *in4;
    return inet_pton(AF_INET, host, &in4->sin_addr) == 1;
}

uint16_t http_address_text(const HttpAddress *a, char out[HTTP_ADDRESS_TEXT_BYTES])
{
    char host[INET6_ADDRSTRLEN] = "";
    uint16_t port = 0;
    if (a->socket.ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&a->socket;
        port = ntohs(in6->sin6_port);
        check(inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof host) != NULL);
        snprintf(out, HTTP_ADDRESS_TEXT_BYTES, "[%s]:%u", host, (unsigned)port);
        return port;
    }
    const struct sockaddr_in *in4 = (const struct sockaddr_in *)&a->socket;
    check(a->socket.ss_family == AF_INET);
    port = ntohs(in4->sin_port);
    check(inet_ntop(AF_INET, &in4->sin_addr, host, sizeof host) != NULL);
    snprintf(out, HTTP_ADDRESS_TEXT_BYTES, "%s:%u", host, (unsigned)port);
    return port;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool http_decode(Arena *a, Str encoded, bool form, Str *out)
{
    char *text = arena_take(a, encoded.len + 1);
    if (!text)
        return false;
    size_t len = 0;
    for (size_t i = 0; i < encoded.len; i++) {
        char c = encoded.ptr[i];
        if (c == '+' && form) {
            c = ' ';
        } else if (c == '%') {
            int high = i + 1 < encoded.len ? hex_digit(encoded.ptr[i + 1]) : -1;
            int low = i + 2 < encoded.len ? hex_digit(encoded.ptr[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (c == '\0')
            return false;
        text[len++] = c;
    }
    *out = (Str){text, len};
    return utf8_valid(*out, NULL);
}
