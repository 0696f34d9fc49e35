/* base64.h - Base64 texts (RFC 4648) to and from bytes.
 *
 * Strict: no blanks, no line breaks, the padding of the alphabet exactly, and the unused bits
 * of the last character zero, so that one text stands for one sequence of bytes and back.
 * Floor 2. Pure. */
#ifndef CODEC_BASE64_H
#define CODEC_BASE64_H

#include "base/buf.h"
#include "base/err.h"

typedef enum Base64Alphabet {
    BASE64_STANDARD, /* "+" and "/", padded with "=" (RFC 4648 section 4) */
    BASE64_URL,      /* "-" and "_", without padding (section 5): tokens, cursors */
} Base64Alphabet;

/* Append the text of bytes. */
void base64_write(Str bytes, Base64Alphabet alphabet, Buf *out);
Str base64_copy_text(Arena *a, Str bytes, Base64Alphabet alphabet);
/* The bytes of a text; they live in a. The fault names the place (1-based character). */
bool base64_read(Arena *a, Str text, Base64Alphabet alphabet, Str *out, Err *err);

#define BASE64_FAULTS(X)                                                                       \
    X(base64_length, INPUT, 400, false,                                                        \
      "The Base64 text is cut short or wrongly padded; it has {1} characters.",                \
      "Base64 文本不完整或填充有误，现有 {1} 个字符。")                                        \
    X(base64_alphabet, INPUT, 400, false,                                                      \
      "The character {1} of the Base64 text does not belong there.",                           \
      "Base64 文本的第 {1} 个字符不符合编码规则。")
FAULT_DECLARE(BASE64_FAULTS)

#endif
