/* json.h - strict JSON (RFC 8259) to and from values.
 *
 * Reading: one strict parser. UTF-8 only (faults name the byte), no BOM, no comments, no
 * trailing commas, lone surrogate escapes refused, duplicate keys refused, depth and size
 * limited. Numbers keep all digits and their scale (up to 34 digits; more are refused rather
 * than rounded). Writing: canonical and compact: keys in the order of the context, numbers by
 * dec_write_exact, control characters escaped, everything else as it is; the same value gives
 * the same bytes for ever (the journal's hashes rest on it).
 * Floor 2. Pure. */
#ifndef CODEC_JSON_H
#define CODEC_JSON_H

#include "base/err.h"
#include "base/value.h"

#define JSON_DEPTH_MAX 64u          /* for requests and packs */
#define JSON_BYTES_MAX (256u << 20) /* a text longer than this is refused */

/* Parse a whole text. The value's strings are copied into a (they do not borrow text). The
 * fault has line and column. */
bool json_parse(Arena *a, Str text, Value *out, Err *err);
/* The same with a depth limit of one's own. */
bool json_parse_limited(Arena *a, Str text, unsigned depth_max, Value *out, Err *err);
/* Write a plain value (checked); indent 0 is compact, otherwise that many blanks a level. */
void json_write(Value v, unsigned indent, Buf *out);
Str json_copy_text(Arena *a, Value v);
/* A JSON string literal with its quotes. */
void json_write_string(Str s, Buf *out);

/* Where something stands in a JSON text: find the value under a JSON Pointer (RFC 6901) and
 * give its line and column. False when there is none. For messages about pack files. */
bool json_locate(Str text, Str pointer, uint32_t *line, uint32_t *column);

#define JSON_FAULTS(X)                                                                         \
    X(json_syntax, INPUT, 400, false, "This is not valid JSON: {1}.", "JSON 格式有误：{1}。")  \
    X(json_utf8, INPUT, 400, false, "The text is not valid UTF-8 at byte {1}.",                \
      "第 {1} 字节处不是有效的 UTF-8 编码。")                                                  \
    X(json_depth, INPUT, 400, false, "The JSON is nested deeper than {1} levels.",             \
      "JSON 嵌套超过 {1} 层。")                                                                \
    X(json_size, INPUT, 413, false, "The text is longer than {1} bytes.", "文本超过 {1} 字节。") \
    X(json_number, INPUT, 400, false,                                                          \
      "The number {1} has more than 34 digits or is out of range; write it as a string.",      \
      "数字 {1} 超过 34 位或超出范围，请改用字符串。")                                         \
    X(json_duplicate, INPUT, 400, false, "The key \"{1}\" stands twice in one object.",        \
      "同一对象中重复出现键“{1}”。")
FAULT_DECLARE(JSON_FAULTS)

#endif
