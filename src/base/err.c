/* Failures that carry their own arguments.
 *
 * An Err lives wherever its owner put it, often on the stack of a request, and is copied by
 * assignment; so it holds no pointer but that to its Fault, which is a constant of the program.
 * The arguments stand one behind the other in args, and arg_end[i] is the end of argument i:
 *
 *     args     w a t e r 7 0 0
 *     arg_end          5     8
 *
 * What does not fit is cut at a UTF-8 boundary; arguments after that are empty. An argument is
 * often a user's input, which need not be UTF-8 where the fault says just that: bytes that are
 * not well-formed are stored as '?', so that the text of an Err always is.
 *
 * err_at may come before or after err_set: places and fault are filled independently, each only
 * where it is still empty. */
#include "base/err.h"

#include <string.h>

#include "base/check.h"

FAULT_DEFINE(BASE_FAULTS)

/* Bytes at the front of s that are well-formed UTF-8. */
static size_t valid_length(Str s)
{
    size_t bad_at;
    return utf8_valid(s, &bad_at) ? s.len : bad_at;
}

/* Copy as much of s as fits into room bytes, in whole code points, bad bytes as '?'. */
static size_t copy_text(char *out, size_t room, Str s)
{
    size_t used = 0;
    while (s.len > 0 && used < room) {
        size_t good = valid_length(s);
        if (good == 0) {
            out[used++] = '?';
            s = str_slice(s, 1, s.len);
            continue;
        }
        bool cut = good > room - used;
        if (cut) good = valid_length(str_slice(s, 0, room - used));
        if (good > 0) memcpy(out + used, s.ptr, good);
        used += good;
        if (cut) break;
        s = str_slice(s, good, s.len);
    }
    return used;
}

/* Fill a fixed field that ends in NUL and was empty before. */
static void fill_field(char *field, size_t field_bytes, Str s)
{
    if (field[0] != '\0') return;
    size_t used = copy_text(field, field_bytes - 1, s);
    field[used] = '\0';
}

bool err_fill(Err *err, const Fault *fault, const char *source_file, int source_line,
              const Str *args, size_t count)
{
    check(fault != NULL);
    check(count >= 1 && count <= ERR_ARGS_MAX + 1);
    if (!err || err->fault) return false;
    err->fault = fault;
    err->source_file = source_file;
    err->source_line = source_line;
    err->arg_count = (uint8_t)(count - 1);
    size_t used = 0;
    for (size_t i = 0; i < err->arg_count; i++) {
        used += copy_text(err->args + used, ERR_BYTES_MAX - used, args[i + 1]);
        err->arg_end[i] = (uint16_t)used;
    }
    return false;
}

void err_at(Err *err, Str file, uint32_t line, uint32_t column)
{
    if (!err) return;
    fill_field(err->file, sizeof err->file, file);
    if (err->line == 0) {
        err->line = line;
        err->column = column;
    }
}

void err_at_element(Err *err, Str element)
{
    if (err) fill_field(err->element, sizeof err->element, element);
}

void err_clear(Err *err)
{
    if (err) *err = (Err){0};
}

bool err_is(const Err *err, const Fault *fault)
{
    return err && err->fault == fault;
}

Str err_arg(const Err *err, size_t i)
{
    if (i >= err->arg_count) return STR_NONE;
    size_t from = i ? err->arg_end[i - 1] : 0;
    check(from <= err->arg_end[i] && err->arg_end[i] <= ERR_BYTES_MAX);
    return (Str){err->args + from, err->arg_end[i] - from};
}

void err_text(const Err *err, Lang lang, Buf *out)
{
    if (!err->fault) return;
    Str text = str_from(lang == LANG_EN ? err->fault->en : err->fault->zh);
    while (text.len > 0) {
        bool place = text.len >= 3 && text.ptr[0] == '{' && text.ptr[2] == '}' &&
                     text.ptr[1] >= '1' && text.ptr[1] <= '9';
        if (place) {
            buf_add(out, err_arg(err, (size_t)(text.ptr[1] - '1')));
            text = str_slice(text, 3, text.len);
            continue;
        }
        /* A brace that opens no place is text, hence the search behind the first byte. */
        ptrdiff_t next = str_find(str_slice(text, 1, text.len), STR("{"));
        size_t plain = next < 0 ? text.len : (size_t)next + 1;
        buf_add(out, str_slice(text, 0, plain));
        text = str_slice(text, plain, text.len);
    }
}

void err_show(const Err *err, Lang lang, Buf *out)
{
    size_t before = out->len;
    buf_add(out, str_from(err->file));
    if (err->line > 0) {
        if (out->len > before) buf_add_char(out, ':');
        buf_add_int(out, err->line);
        if (err->column > 0) {
            buf_add_char(out, ':');
            buf_add_int(out, err->column);
        }
    }
    if (out->len > before) buf_add_text(out, ": ");
    if (err->element[0] != '\0') {
        buf_add(out, str_from(err->element));
        buf_add_text(out, ": ");
    }
    err_text(err, lang, out);
}
