/* http_address.h - addresses to listen on and to connect to, as text and as sockets.
 *
 * "127.0.0.1:8420", "[::1]:8420", "localhost:8420" (which is 127.0.0.1) or ":8420" (all IPv4
 * interfaces). Numbers only otherwise: the program never asks a name server.
 * Inside src/net only. Pure. */
#ifndef NET_HTTP_ADDRESS_H
#define NET_HTTP_ADDRESS_H

#include <sys/socket.h>

#include "base/str.h"

#define HTTP_ADDRESS_TEXT_BYTES 64u

typedef struct HttpAddress {
    struct sockaddr_storage socket;
    socklen_t len; /* bytes of socket in use */
} HttpAddress;

bool http_address_parse(Str text, HttpAddress *out);
/* Writes "127.0.0.1:8420" and returns the port. */
uint16_t http_address_text(const HttpAddress *a, char out[HTTP_ADDRESS_TEXT_BYTES]);

#endif
