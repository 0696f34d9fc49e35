/* base64.c - RFC 4648, three bytes a group of four characters.
 *
 * Reading is strict because texts are compared, signed and used as keys: a second spelling of
 * the same bytes (line breaks, missing padding, stray low bits in the last character) is
 * refused, so reading and writing are inverse both ways. */
#include "codec/base64.h"

#include "base/check.h"

FAULT_DEFINE(BASE64_FAULTS)

#define NOT_A_DIGIT 64u

static const char standard_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void base64_write(Str bytes, Base64Alphabet alphabet, Buf *out)
{
    const char *digits = alphabet == BASE64_URL ? url_digits : standard_digits;
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i < 3 ? bytes.len - i : 3;
        uint32_t group = 0;
        for (size_t j = 0; j < 3; j++)
            group = group << 8 | (j < left ? (unsigned char)bytes.ptr[i + j] : 0u);
        char text[4] = {digits[group >> 18], digits[group >> 12 & 63], digits[group >> 6 & 63],
                        digits[group & 63]};
        size_t len = left + 1;
        if (alphabet == BASE64_STANDARD)
            for (; len < 4; len++)
                text[len] = '=';
        buf_add(out, (Str){text, len});
    }
}

Str base64_copy_text(Arena *a, Str bytes, Base64Alphabet alphabet)
{
    Buf out = buf_new(a, bytes.len / 3 * 4 + 4);
    base64_write(bytes, alphabet, &out);
    return buf_failed(&out) ? STR_NONE : buf_text(&out);
}

static uint32_t digit_value(char c, Base64Alphabet alphabet)
{
    if (c >= 'A' && c <= 'Z')
        return (uint32_t)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (uint32_t)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (uint32_t)(c - '0') + 52;
    if (c == (alphabet == BASE64_URL ? '-' : '+'))
        return 62;
    return c == (alphabet == BASE64_URL ? '_' : '/') ? 63 : NOT_A_DIGIT;
}

/* The digits without the padding; false when length and padding do not fit each other. */
static bool strip_padding(Str text, Base64Alphabet alphabet, Str *digits)
{
    size_t len = text.len;
    if (alphabet == BASE64_STANDARD) {
        if (len % 4 != 0)
            return false;
        for (int i = 0; i < 2 && len > 0 && text.ptr[len - 1] == '='; i++)
            len--;
    }
    *digits = str_slice(text, 0, len);
    return len % 4 != 1;
}

bool base64_read(Arena *a, Str text, Base64Alphabet alphabet, Str *out, Err *err)
{
    Str digits;
    if (!strip_padding(text, alphabet, &digits))
        return err_set(err, &fault_base64_length, arena_printf(a, "%zu", text.len));
    size_t size = digits.len / 4 * 3 + (digits.len % 4 == 0 ? 0 : digits.len % 4 - 1);
    char *bytes = arena_take(a, size + 1);
    if (bytes == NULL || arena_failed(a))
        return err_set(err, &fault_out_of_memory, STR("Base64"));
    size_t written = 0;
    uint32_t bits = 0; /* digits not yet written out, at the low end */
    unsigned bit_count = 0;
    for (size_t i = 0; i < digits.len; i++) {
        uint32_t value = digit_value(digits.ptr[i], alphabet);
        bits = bits << 6 | (value & 63);
        bit_count += 6;
        bool last = i + 1 == digits.len;
        bool stray = last && (bits & ((1u << bit_count % 8) - 1)) != 0;
        if (value == NOT_A_DIGIT || stray)
            return err_set(err, &fault_base64_alphabet, arena_printf(a, "%zu", i + 1));
        if (bit_count >= 8) {
            bit_count -= 8;
            bytes[written++] = (char)(bits >> bit_count);
        }
        bits &= 0xffu;
    }
    check(written == size);
    *out = (Str){bytes, size};
    return true;
}
