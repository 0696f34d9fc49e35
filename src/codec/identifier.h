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
/* Judge text; on INVALID and LEGACY err (may be NULL) says what is wrong and what to write. */
IdentifierOutcome identifier_check(Str format, Str text, Err *err);

/* The check characters themselves. Input must have the right alphabet and length (17, 8, 17,
 * any), otherwise '\0'. */
char identifier_uscc_digit(Str first_17);
char identifier_organisation_digit(Str first_8);
char identifier_citizen_digit(Str first_17);
char identifier_mod_37_36(Str text);
/* A new 统一社会信用代码: 登记管理部门 + 机构类别 ("91"), region (6 digits), and the serial of
 * the 主体标识码 in 8 characters ("MA" + base 36 of serial); writes 18 characters. False when
 * the parts do not fit. */
bool identifier_uscc_make(Str kind, Str region, uint64_t serial, char out[18]);

#define IDENTIFIER_FAULTS(X)                                                                    \
    X(identifier_length, INPUT, 422, false, "\"{1}\" must have {2} characters; it has {3}.",    \
      "“{1}”应为 {2} 位，现为 {3} 位。")                                                        \
    X(identifier_alphabet, INPUT, 422, false, "\"{1}\" has a character that cannot occur at place {2}.", \
      "“{1}”第 {2} 位的字符不符合编码规则。")                                                   \
    X(identifier_digit, INPUT, 422, false,                                                      \
      "The check digit of \"{1}\" is wrong. Compare it with the certificate.",                  \
      "“{1}”的校验码不正确，请核对证照上的号码。")                                              \
    X(identifier_date, INPUT, 422, false, "The date of birth inside \"{1}\" is not a real date.", \
      "“{1}”中的出生日期不存在。")                                                              \
    X(identifier_format, INPUT, 422, false, "\"{1}\" is not a {2}.", "“{1}”不是有效的{2}。")
FAULT_DECLARE(IDENTIFIER_FAULTS)

#endif
