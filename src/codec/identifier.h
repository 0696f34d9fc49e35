/* identifier.h - the identifiers of Chinese administration and their check digits.
 *
 * A check has three outcomes: valid, invalid, and legacy: well-formed and in use, though its
 * check digit fails (real codes of early years do); whether a legacy code is accepted is the
 * pack's decision, never ours. All texts are upper case; lower case x in an identity number is
 * invalid with the advice to write X.
 * Floor 2. Pure. Algorithms: GB 32100-2015, GB 11714, GB 11643-1999 (ISO 7064 MOD 11-2),
 * GB/T 36904-2018 (ISO/IEC 7064 MOD 37,36), HJ 608-2017, GB/T 2260. */
#ifndef CODEC_IDENTIFIER_H
#define CODEC_IDENTIFIER_H

#include "base/err.h"
#include "base/time.h"

typedef enum IdentifierOutcome {
    IDENTIFIER_VALID,
    IDENTIFIER_LEGACY,
    IDENTIFIER_INVALID
} IdentifierOutcome;

/* The formats by the names packs use: "uscc" 统一社会信用代码, "organisation" 组织机构代码,
 * "citizen" 公民身份号码, "licence" 电子证照标识, "matter" 事项实施编码, "region" GB/T 2260,
 * "pollution-source" 固定污染源代码, "mobile" 手机号码 (11 digits, first 1). */
bool identifier_format_known(Str format);
/* What people call the format; empty when it is not known. */
Str identifier_format_name(Str format, Lang lang);
/* Judge text; on INVALID and LEGACY err (may be NULL) says what is wrong and what to write. In
 * the messages about citizen and mobile numbers the middle of the number is starred.
 *
 * Legacy are: a 统一社会信用代码 of which one of its two check characters (17 by GB 11714, 18 by
 * GB 32100) is right and the other wrong, also inside a matter or pollution-source code; and a
 * 15-digit identity number. Regions are judged by their province only: lower ones get abolished.
 * An unknown format is a bug of the caller (checked): ask identifier_format_known. */
IdentifierOutcome identifier_check(Str format, Str text, Err *err);

/* The check characters themselves. Input must have the right alphabet and length (17, 8, 17,
 * at least 1), otherwise '\0'. */
char identifier_uscc_digit(Str first_17);
char identifier_organisation_digit(Str first_8);
char identifier_citizen_digit(Str first_17);
char identifier_mod_37_36(Str text);
/* The 18-digit number of a 15-digit one (born 19xx). False when old is not 15 digits. */
bool identifier_citizen_from_15(Str old, char out[18]);
/* A new 统一社会信用代码: 登记管理部门 + 机构类别 ("91"), region (6 digits), and the serial of
 * the 主体标识码 in 8 characters ("MA" + serial in the 31 characters of the code, which has no I,
 * O, S, V, Z); writes 18 characters. False when the parts do not fit. */
bool identifier_uscc_make(Str kind, Str region, uint64_t serial, char out[18]);
#define IDENTIFIER_SERIAL_END 887503681ull /* 31^6: serials are below */

/* {4} and {5} are the names of the format in Chinese and English. */
#define IDENTIFIER_FAULTS(X)                                                                    \
    X(identifier_length, INPUT, 422, false,                                                     \
      "A {5} has {2} characters; \"{1}\" has {3}.", "{4}应为 {2} 位，“{1}”为 {3} 位。")         \
    X(identifier_case, INPUT, 422, false,                                                       \
      "Write the letters of the {5} \"{1}\" in capitals: {3} at place {2}.",                    \
      "{4}“{1}”中的字母应大写：第 {2} 位应为 {3}。")                                            \
    X(identifier_alphabet, INPUT, 422, false,                                                   \
      "The {5} \"{1}\" has a character that cannot occur at place {2}.",                        \
      "{4}“{1}”第 {2} 位的字符不符合编码规则。")                                                \
    X(identifier_format, INPUT, 422, false, "\"{1}\" is not a {5}. Write it as {2}.",           \
      "“{1}”不是有效的{4}，应写作 {2}。")                                                       \
    X(identifier_region, INPUT, 422, false,                                                     \
      "The {5} \"{1}\" names the region {2}, which does not exist.",                            \
      "{4}“{1}”中的行政区划代码 {2} 不存在。")                                                  \
    X(identifier_date, INPUT, 422, false,                                                       \
      "The date of birth inside the {5} \"{1}\" is not a real date.",                           \
      "{4}“{1}”中的出生日期不存在。")                                                           \
    X(identifier_digit, INPUT, 422, false,                                                      \
      "The check digit of the {5} \"{1}\" is wrong. Compare it with the certificate.",          \
      "{4}“{1}”的校验码不正确，请核对证照上的号码。")                                           \
    X(identifier_old, INPUT, 422, false,                                                        \
      "\"{1}\" is an identity number of 15 digits. Write the one of 18 characters.",            \
      "“{1}”是 15 位旧身份证号码，请填写 18 位{4}。")
FAULT_DECLARE(IDENTIFIER_FAULTS)

#endif
