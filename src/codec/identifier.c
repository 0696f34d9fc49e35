/* identifier.c - is this text an identifier of that format?
 *
 * A format is a pattern, one letter a character, and a judgement of what the pattern cannot say:
 *
 *   '#' digit   'U' character of GB 32100 (0-9, A-Z without I O S V Z)   'A' 0-9 A-Z
 *   'X' digit or X   anything else stands for itself
 *
 *   uscc              登记管理部门 1, 机构类别 1, 登记机关区划 6, 主体标识码 9, check 1
 *   organisation      本体代码 8, check 1
 *   citizen           区划 6, 出生日期 8, 顺序 3, check 1
 *   matter            uscc 18, 行使层级 1, 基本编码 12
 *   pollution-source  uscc 18, serial 3, P
 *   licence           1.2.156.3005.2. type 21 . issuer 18 or 6 . serial . version 3 . check 1
 *
 * Reports come in the order length, characters, parts, check character, so that a person mends
 * the coarsest mistake first. What looks right but has a wrong check character is invalid, with
 * two exceptions that real data force on us (identifier.h): a 统一社会信用代码 carries two check
 * characters, and codes of early years exist with only one of them right, 91350211M0000XUF46
 * among them; and identity numbers of 15 digits still stand in old files.
 *
 * Messages are shown and logged, so personal numbers are starred in them and long input is cut. */
#include "codec/identifier.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"

FAULT_DEFINE(IDENTIFIER_FAULTS)

#define SHOWN_MAX 48u /* characters of the text in a message */
#define LICENCE_ROOT "1.2.156.3005.2."
#define LICENCE_FORM LICENCE_ROOT "(21).(18).(1-64).(3).(1)"
#define LICENCE_SERIAL_MAX 64u
#define BIRTH_YEAR_MIN 1800

#define USCC_PATTERN "UU######UUUUUUUUUU"

typedef struct Judged Judged;

typedef struct Format {
    Str name, zh, en;
    const char *pattern; /* NULL: the judgement looks at the text itself */
    IdentifierOutcome (*judge)(const Judged *j);
    bool personal; /* starred in messages */
} Format;

struct Judged {
    const Format *format;
    Str text;
    Err *err;
};

/* ---- Messages ---- */

static bool starts_character(char c)
{
    return ((unsigned char)c & 0xc0) != 0x80;
}

/* Code points; of text that is not UTF-8, bytes. */
static size_t count_characters(Str s)
{
    return utf8_valid(s, NULL) ? utf8_count(s) : s.len;
}

/* The text as a message may show it: personal numbers keep 3 and 4 characters at the ends. */
static Str shown_text(const Judged *j, char *space, size_t size)
{
    size_t count = count_characters(j->text);
    size_t len = 0;
    size_t place = 0;
    bool starred = j->format->personal;
    for (size_t i = 0; i < j->text.len && place <= SHOWN_MAX && len + 8 < size; i++) {
        place += starts_character(j->text.ptr[i]);
        bool hidden = starred && place > 3 && place + 4 <= count;
        if (place > SHOWN_MAX)
            break;
        if (!hidden)
            space[len++] = j->text.ptr[i];
        else if (starts_character(j->text.ptr[i]))
            space[len++] = '*';
    }
    if (place > SHOWN_MAX) {
        memcpy(space + len, "…", strlen("…"));
        len += strlen("…");
    }
    return (Str){space, len};
}

static IdentifierOutcome report(const Judged *j, IdentifierOutcome outcome, const Fault *fault,
                                Str second, Str third)
{
    char space[SHOWN_MAX * 4 + 16];
    err_set(j->err, fault, shown_text(j, space, sizeof space), second, third, j->format->zh,
            j->format->en);
    return outcome;
}

static Str number_text(size_t n, char space[24])
{
    return (Str){space, (size_t)snprintf(space, 24, "%zu", n)};
}

/* ---- Patterns ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool fits(char kind, char c)
{
    switch (kind) {
    case '#':
        return is_digit(c);
    case 'X':
        return is_digit(c) || c == 'X';
    case 'A':
        return is_digit(c) || is_capital(c);
    case 'U':
        return is_digit(c) || (is_capital(c) && strchr("IOSVZ", c) == NULL);
    default:
        return c == kind;
    }
}

/* Does the part, which begins at byte `from` of the text, follow the pattern? */
static bool judge_characters(const Judged *j, size_t from, Str part, const char *pattern)
{
    char place[24];
    check(part.len == strlen(pattern));
    for (size_t i = 0; i < part.len; i++) {
        char c = part.ptr[i];
        if (fits(pattern[i], c))
            continue;
        char capital = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : '\0';
        Str at = number_text(from + i + 1, place);
        if (capital != '\0' && fits(pattern[i], capital))
            report(j, IDENTIFIER_INVALID, &fault_identifier_case, at, (Str){&capital, 1});
        else
            report(j, IDENTIFIER_INVALID, &fault_identifier_alphabet, at, STR_NONE);
        return false;
    }
    return true;
}

static bool judge_pattern(const Judged *j, const char *pattern)
{
    char expected[24];
    char actual[24];
    size_t count = count_characters(j->text);
    if (count != strlen(pattern)) {
        report(j, IDENTIFIER_INVALID, &fault_identifier_length,
               number_text(strlen(pattern), expected), number_text(count, actual));
        return false;
    }
    /* Characters beyond ASCII make the text longer than the pattern, but the first of them is
     * met, and refused, within its length. */
    return judge_characters(j, 0, str_slice(j->text, 0, count), pattern);
}

/* ---- Parts ---- */

/* Do two digits name a province of GB/T 2260 (Hong Kong, Macao and Taiwan included)? */
static bool province_exists(Str code)
{
    static const char provinces[] = "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 "
                                    "46 50 51 52 53 54 61 62 63 64 65 71 81 82 ";
    for (const char *p = provinces; *p != '\0'; p += 3)
        if (p[0] == code.ptr[0] && p[1] == code.ptr[1])
            return true;
    return false;
}

static int number_at(Str text, size_t from, size_t digits)
{
    int n = 0;
    for (size_t i = from; i < from + digits; i++)
        n = n * 10 + (text.ptr[i] - '0');
    return n;
}

/* ---- Judgements: the pattern holds ---- */

static IdentifierOutcome judge_uscc(const Judged *j)
{
    bool own = identifier_uscc_digit(str_slice(j->text, 0, 17)) == j->text.ptr[17];
    bool body = identifier_organisation_digit(str_slice(j->text, 8, 16)) == j->text.ptr[16];
    if (own && body)
        return IDENTIFIER_VALID;
    return report(j, own || body ? IDENTIFIER_LEGACY : IDENTIFIER_INVALID,
                  &fault_identifier_digit, STR_NONE, STR_NONE);
}

static IdentifierOutcome judge_organisation(const Judged *j)
{
    if (identifier_organisation_digit(str_slice(j->text, 0, 8)) == j->text.ptr[8])
        return IDENTIFIER_VALID;
    return report(j, IDENTIFIER_INVALID, &fault_identifier_digit, STR_NONE, STR_NONE);
}

/* Region and date of birth, which stands behind the region with a year of 2 or 4 digits. The
 * province code 83 is given to residents from Taiwan. */
static bool judge_person(const Judged *j, size_t year_digits)
{
    Str region = str_slice(j->text, 0, 2);
    if (!province_exists(region) && !str_equal(region, STR("83"))) {
        report(j, IDENTIFIER_INVALID, &fault_identifier_region, region, STR_NONE);
        return false;
    }
    Civil birth = {.year = number_at(j->text, 6, year_digits) + (year_digits == 2 ? 1900 : 0),
                   .month = number_at(j->text, 6 + year_digits, 2),
                   .day = number_at(j->text, 8 + year_digits, 2)};
    if (birth.year >= BIRTH_YEAR_MIN && civil_valid(birth))
        return true;
    report(j, IDENTIFIER_INVALID, &fault_identifier_date, STR_NONE, STR_NONE);
    return false;
}

static IdentifierOutcome judge_citizen(const Judged *j)
{
    static const char pattern[] = "#################X";
    static const char old_pattern[] = "###############";
    if (count_characters(j->text) == strlen(old_pattern)) {
        if (!judge_pattern(j, old_pattern) || !judge_person(j, 2))
            return IDENTIFIER_INVALID;
        return report(j, IDENTIFIER_LEGACY, &fault_identifier_old, STR_NONE, STR_NONE);
    }
    if (!judge_pattern(j, pattern) || !judge_person(j, 4))
        return IDENTIFIER_INVALID;
    if (identifier_citizen_digit(str_slice(j->text, 0, 17)) == j->text.ptr[17])
        return IDENTIFIER_VALID;
    return report(j, IDENTIFIER_INVALID, &fault_identifier_digit, STR_NONE, STR_NONE);
}

static IdentifierOutcome judge_region(const Judged *j)
{
    if (province_exists(j->text) || str_equal(j->text, STR("100000")))
        return IDENTIFIER_VALID;
    return report(j, IDENTIFIER_INVALID, &fault_identifier_region, str_slice(j->text, 0, 2),
                  STR_NONE);
}

static IdentifierOutcome judge_nothing_more(const Judged *j)
{
    (void)j;
    return IDENTIFIER_VALID;
}

/* ---- 电子证照标识 (GB/T 36904) ---- */

/* One part of a licence identifier; text is what was split off, from its place in the whole. */
static bool judge_licence_part(const Judged *j, Str part, const char *pattern)
{
    return judge_characters(j, (size_t)(part.ptr - j->text.ptr), part, pattern);
}

static IdentifierOutcome judge_licence(const Judged *j)
{
    Str rest = str_slice(j->text, strlen(LICENCE_ROOT), j->text.len);
    Str part[5];
    size_t count = 0;
    while (count < 5 && rest.ptr != NULL)
        part[count++] = str_split(&rest, '.');
    if (!str_starts(j->text, STR(LICENCE_ROOT)) || count != 5 || rest.ptr != NULL ||
        part[0].len != 21 || (part[1].len != 18 && part[1].len != 6) || part[2].len == 0 ||
        part[2].len > LICENCE_SERIAL_MAX || part[3].len != 3 || part[4].len != 1)
        return report(j, IDENTIFIER_INVALID, &fault_identifier_format, STR(LICENCE_FORM), STR_NONE);
    char serial_pattern[LICENCE_SERIAL_MAX + 1] = {0};
    memset(serial_pattern, 'A', part[2].len);
    if (!judge_licence_part(j, part[0], USCC_PATTERN "###") ||
        !judge_licence_part(j, part[1], part[1].len == 6 ? "######" : USCC_PATTERN) ||
        !judge_licence_part(j, part[2], serial_pattern) ||
        !judge_licence_part(j, part[3], "###") || !judge_licence_part(j, part[4], "A"))
        return IDENTIFIER_INVALID;
    char joined[21 + 18 + LICENCE_SERIAL_MAX + 3];
    size_t len = 0;
    for (size_t i = 0; i < 4; i++) {
        memcpy(joined + len, part[i].ptr, part[i].len);
        len += part[i].len;
    }
    if (identifier_mod_37_36((Str){joined, len}) == part[4].ptr[0])
        return IDENTIFIER_VALID;
    return report(j, IDENTIFIER_INVALID, &fault_identifier_digit, STR_NONE, STR_NONE);
}

/* ---- The list of formats ---- */

#define TEXT(literal) {literal, sizeof(literal) - 1}
static const Format formats[] = {
    {TEXT("uscc"), TEXT("统一社会信用代码"), TEXT("unified social credit code"), USCC_PATTERN,
     judge_uscc, false},
    {TEXT("organisation"), TEXT("组织机构代码"), TEXT("organisation code"), "AAAAAAAAX",
     judge_organisation, false},
    {TEXT("citizen"), TEXT("公民身份号码"), TEXT("citizen identity number"), NULL, judge_citizen,
     true},
    {TEXT("licence"), TEXT("电子证照标识"), TEXT("electronic licence identifier"), NULL,
     judge_licence, false},
    {TEXT("matter"), TEXT("事项实施编码"), TEXT("code of a matter of an office"),
     USCC_PATTERN "#############", judge_uscc, false},
    {TEXT("region"), TEXT("行政区划代码"), TEXT("region code (GB/T 2260)"), "######",
     judge_region, false},
    {TEXT("pollution-source"), TEXT("固定污染源代码"), TEXT("code of a stationary pollution source"),
     USCC_PATTERN "###P", judge_uscc, false},
    {TEXT("mobile"), TEXT("手机号码"), TEXT("mobile number"), "1##########", judge_nothing_more,
     true},
};

static const Format *find_format(Str name)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (str_equal(formats[i].name, name))
            return &formats[i];
    return NULL;
}

bool identifier_format_known(Str format)
{
    return find_format(format) != NULL;
}

Str identifier_format_name(Str format, Lang lang)
{
    const Format *found = find_format(format);
    return found == NULL ? STR_NONE : lang == LANG_ZH ? found->zh : found->en;
}

IdentifierOutcome identifier_check(Str format, Str text, Err *err)
{
    Judged j = {find_format(format), text, err};
    check(j.format != NULL);
    if (j.format->pattern != NULL && !judge_pattern(&j, j.format->pattern))
        return IDENTIFIER_INVALID;
    return j.format->judge(&j);
}
