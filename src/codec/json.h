/* json.h - strict JSON (RFC 8259) to and from values.
 *
 * Reading: one strict parser. UTF-8 only (faults name the byte), no BOM, no comments, no
 * trailing commas, lone surrogate escapes refused, duplicate keys refused, depth and size
 * limited. Numbers keep all digits and their scale (up to 34 digits; more are refused rather
 * than rounded); -0 is 0. Writing: canonical and compact: keys in the order of the context,
 * numbers by dec_write_exact. In strings exactly these are escaped: \" \\ \b \t \n \f \r, and
 * the other characters below U+0020 as \u00xx with lower-case digits; everything else stands
 * as it is. The same value gives the same bytes for ever (the journal's hashes rest on it).
 * Floor 2. Pure. */
#ifndef CODEC_JSON_H
#define CODEC_JSON_H

#include "base/err.h"
#include "base/value.h"

#define JSON_DEPTH_MAX 64u          /* for requests and packs */
#define JSON_BYTES_MAX (256u << 20) /* a text longer than this is refused */

/* Parse a whole text. The value's strings are copied into a (they do not borrow text; they are
 * slices of one copy of it, without NUL behind). The fault has line and column. */
bool json_parse(Arena *a, Str text, Value *out, Err *err);
/* The same with a depth limit of one's own. */
bool json_parse_limited(Arena *a, Str text, unsigned depth_max, Value *out, Err *err);
/* Write a plain value (checked); indent 0 is compact, otherwise that many blanks a level. Any
 * depth can be written; json_parse reads no deeper than JSON_DEPTH_MAX. */
void json_write(Value v, unsigned indent, Buf *out);
Str json_copy_text(Arena *a, Value v);
/* A JSON string literal with its quotes. */
void json_write_string(Str s, Buf *out);

/* Where something stands in a JSON text: find the value under a JSON Pointer (RFC 6901) and
 * give its line and column. False when there is none. For messages about pack files. */
bool json_locate(Str text, Str pointer, uint32_t *line, uint32_t *column);

/* In a text with several faults the first one is reported. {1}, {2} never hold more than a few
 * characters of the text. */
#define JSON_FAULTS(X)                                                                         \
    X(json_size, INPUT, 413, false, "The text is longer than {1} bytes.", "文本超过 {1} 字节。") \
    X(json_utf8, INPUT, 400, false, "The text is not valid UTF-8 at byte {1}.",                \
      "第 {1} 字节处不是有效的 UTF-8 编码。")                                                  \
    X(json_bom, INPUT, 400, false,                                                             \
      "The JSON begins with a byte order mark. Save it as UTF-8 without BOM.",                 \
      "JSON 以字节顺序标记（BOM）开头，请另存为不带 BOM 的 UTF-8。")                           \
    X(json_depth, INPUT, 400, false, "The JSON is nested deeper than {1} levels.",             \
      "JSON 嵌套超过 {1} 层。")                                                                \
    X(json_incomplete, INPUT, 400, false, "The JSON ends too early; {1} is missing.",          \
      "JSON 不完整，缺少 {1}。")                                                               \
    X(json_syntax, INPUT, 400, false, "This is not valid JSON: {1} is expected here, not {2}.", \
      "JSON 格式有误：此处应为 {1}，而不是 {2}。")                                             \
    X(json_value, INPUT, 400, false, "This is not valid JSON: a value is expected here, not {1}.", \
      "JSON 格式有误：此处应为一个值，而不是 {1}。")                                           \
    X(json_key, INPUT, 400, false,                                                             \
      "This is not valid JSON: a key in double quotes is expected here, not {1}.",             \
      "JSON 格式有误：此处应为双引号中的键，而不是 {1}。")                                     \
    X(json_comma, INPUT, 400, false, "There is a comma too many before {1}; remove it.",       \
      "{1} 前多了一个逗号，请删除。")                                                          \
    X(json_trailing, INPUT, 400, false, "There is more text behind the end of the JSON: {1}.", \
      "JSON 结束之后还有多余的内容：{1}。")                                                    \
    X(json_string_open, INPUT, 400, false, "The string that begins here is never closed.",     \
      "此处开始的字符串没有结束引号。")                                                        \
    X(json_control, INPUT, 400, false,                                                         \
      "The control character {1} may not stand in a string; write it as {2}.",                 \
      "字符串中不能直接出现控制字符 {1}，请写作 {2}。")                                        \
    X(json_escape, INPUT, 400, false, "JSON has no escape {1}.", "JSON 没有转义写法 {1}。")    \
    X(json_surrogate, INPUT, 400, false, "The escape {1} is half of a character.",             \
      "转义 {1} 只是半个字符（不成对的代理码）。")                                             \
    X(json_number_form, INPUT, 400, false,                                                     \
      "The number {1} is not written as JSON demands: no sign but minus, no leading zero, "    \
      "digits on both sides of the point.",                                                    \
      "数字 {1} 的写法不符合 JSON：只能带负号，不能有前导零，小数点两侧都要有数字。")          \
    X(json_number, INPUT, 400, false,                                                          \
      "The number {1} has more than 34 digits or is out of range; write it as a string.",      \
      "数字 {1} 超过 34 位或超出范围，请改用字符串。")                                         \
    X(json_duplicate, INPUT, 400, false, "The key \"{1}\" stands twice in one object.",        \
      "同一对象中重复出现键“{1}”。")
FAULT_DECLARE(JSON_FAULTS)

#endif
