/* multipart.c - taking a multipart/form-data body apart.
 *
 *     preamble CRLF? --boundary CRLF
 *     Content-Disposition: form-data; name="resources"; filename="order.bpmn" CRLF
 *     Content-Type: application/xml CRLF
 *     CRLF
 *     content CRLF
 *     --boundary ... CRLF
 *     --boundary-- epilogue
 *
 * One pass: find the delimiter (the line break before it belongs to it), read the header fields
 * up to the empty line, and the content up to the next delimiter. A delimiter inside content
 * counts only behind CRLF, which a correct sender never produces by accident because it chooses
 * the boundary so. File names are cut to the last component of their path: they become paths in
 * messages, never on a disk. */
#include "codec/multipart.h"

#include <string.h>
#include <strings.h>

FAULT_DEFINE(MULTIPART_FAULTS)

static bool word_is(Str s, const char *word)
{
    return s.len == strlen(word) && strncasecmp(s.ptr, word, s.len) == 0;
}

/* The next `; name=value` of a header field; quotes and escapes undone into a. False: no more. */
static bool next_parameter(Arena *a, Str *rest, Str *name, Str *value)
{
    *rest = str_trim(*rest);
    while (rest->len && rest->ptr[0] == ';')
        *rest = str_trim(str_slice(*rest, 1, rest->len));
    if (!rest->len)
        return false;
    size_t at = 0;
    while (at < rest->len && rest->ptr[at] != '=' && rest->ptr[at] != ';')
        at++;
    *name = str_trim(str_slice(*rest, 0, at));
    *value = STR_NONE;
    if (at == rest->len || rest->ptr[at] == ';') {
        *rest = str_slice(*rest, at, rest->len);
        return true;
    }
    at++;
    if (at < rest->len && rest->ptr[at] == '"') {
        Buf text = buf_new(a, 64);
        for (at++; at < rest->len && rest->ptr[at] != '"'; at++) {
            bool escaped = rest->ptr[at] == '\\' && at + 1 < rest->len &&
                           (rest->ptr[at + 1] == '"' || rest->ptr[at + 1] == '\\');
            buf_add_char(&text, rest->ptr[escaped ? ++at : at]);
        }
        *value = buf_text(&text);
        *rest = str_slice(*rest, at + 1, rest->len);
        return true;
    }
    size_t end = at;
    while (end < rest->len && rest->ptr[end] != ';')
        end++;
    *value = str_trim(str_slice(*rest, at, end));
    *rest = str_slice(*rest, end, rest->len);
    return true;
}

static bool find_boundary(Arena *a, Str content_type, Str *boundary)
{
    Str rest = content_type;
    Str type = str_trim(str_split(&rest, ';'));
    Str name, value;
    if (!word_is(type, "multipart/form-data") || !rest.ptr)
        return false;
    while (next_parameter(a, &rest, &name, &value))
        if (word_is(name, "boundary")) {
            *boundary = value;
            return value.len > 0 && value.len <= MULTIPART_BOUNDARY_MAX;
        }
    return false;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                        : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* filename*=UTF-8''%E6%... (RFC 5987). */
static Str decode_extended(Arena *a, Str text)
{
    Buf out = buf_new(a, text.len);
    str_split(&text, '\'');
    str_split(&text, '\'');
    for (size_t i = 0; i < text.len; i++) {
        int high = text.ptr[i] == '%' && i + 2 < text.len ? hex_digit(text.ptr[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(text.ptr[i + 2]) : -1;
        if (low >= 0) {
            buf_add_char(&out, (char)(high * 16 + low));
            i += 2;
        } else {
            buf_add_char(&out, text.ptr[i]);
        }
    }
    return buf_text(&out);
}

static Str last_component(Str path)
{
    size_t from = path.len;
    while (from > 0 && path.ptr[from - 1] != '/' && path.ptr[from - 1] != '\\')
        from--;
    return str_slice(path, from, path.len);
}

static void read_disposition(Arena *a, Str value, MultipartPart *part)
{
    Str name, text;
    str_split(&value, ';');
    while (next_parameter(a, &value, &name, &text)) {
        if (word_is(name, "name"))
            part->name = text;
        else if (word_is(name, "filename") && !part->file.len)
            part->file = last_component(text);
        else if (word_is(name, "filename*"))
            part->file = last_component(decode_extended(a, text));
    }
}

/* Header fields of a part up to the empty line; *at stands behind it. */
static bool read_head(Arena *a, Str body, size_t *at, MultipartPart *part, Err *err)
{
    size_t began = *at;
    for (;;) {
        Str rest = str_slice(body, *at, body.len);
        ptrdiff_t end = str_find(rest, STR("\r\n"));
        if (end < 0 || *at - began + (size_t)end > MULTIPART_HEAD_BYTES)
            return err_set(err, &fault_multipart_broken, STR("a part has no end of its head"));
        Str line = str_slice(rest, 0, (size_t)end);
        *at += (size_t)end + 2;
        if (!line.len)
            return true;
        Str name = str_trim(str_split(&line, ':'));
        if (word_is(name, "content-disposition"))
            read_disposition(a, str_trim(line), part);
        else if (word_is(name, "content-type"))
            part->type = str_trim(line);
    }
}

static bool read_part(Arena *a, Str body, Str delimiter, size_t *at, MultipartPart *part, Err *err)
{
    if (!read_head(a, body, at, part, err))
        return false;
    /* An empty content: the delimiter follows the empty line at once. */
    *at -= 2;
    ptrdiff_t end = str_find(str_slice(body, *at, body.len), delimiter);
    if (end < 0)
        return err_set(err, &fault_multipart_broken, STR("the closing delimiter is missing"));
    part->content = end < 2 ? STR_NONE : str_slice(body, *at + 2, *at + (size_t)end);
    *at += (size_t)end + delimiter.len;
    if (!part->name.len || !utf8_valid(part->name, NULL) || !utf8_valid(part->file, NULL))
        return err_set(err, &fault_multipart_broken, STR("a part has no name in UTF-8"));
    return true;
}

bool multipart_read(Arena *a, Str content_type, Str body, MultipartPart **parts, size_t *count,
                    Err *err)
{
    Str boundary;
    *count = 0;
    *parts = arena_new_array(a, MultipartPart, MULTIPART_PARTS_MAX);
    if (!find_boundary(a, content_type, &boundary))
        return err_set(err, &fault_multipart_type,
                       utf8_valid(content_type, NULL) ? content_type : STR("?"));
    Str delimiter = arena_printf(a, "\r\n--%.*s", STR_ARG(boundary));
    Str first = str_slice(delimiter, 2, delimiter.len);
    size_t at = first.len;
    if (!str_starts(body, first)) {
        ptrdiff_t found = str_find(body, delimiter);
        if (found < 0)
            return err_set(err, &fault_multipart_broken, STR("there is no delimiter"));
        at = (size_t)found + delimiter.len;
    }
    for (;;) {
        Str next = str_slice(body, at, body.len);
        if (str_starts(next, STR("--")))
            return true;
        if (!str_starts(next, STR("\r\n")))
            return err_set(err, &fault_multipart_broken, STR("a delimiter does not end its line"));
        if (*count == MULTIPART_PARTS_MAX)
            return err_set(err, &fault_multipart_parts,
                           arena_printf(a, "%u", MULTIPART_PARTS_MAX));
        at += 2;
        if (!read_part(a, body, delimiter, &at, &(*parts)[(*count)++], err))
            return false;
    }
}
