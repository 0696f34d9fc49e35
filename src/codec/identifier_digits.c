/* identifier_digits.c - the check characters of Chinese identifiers.
 *
 *   GB 32100 (统一社会信用代码)  31 characters (no I O S V Z), weight 3^i mod 31 at place i,
 *                               c = (31 - sum mod 31) mod 31. The outer mod matters: sum mod 31
 *                               may be 0, and the character is then '0'; published programs that
 *                               index by 31 - rest fail there.
 *   GB 11714 (组织机构代码)      weights 3 7 9 10 5 8 4 2, letters 10..35,
 *                               c = 11 - sum mod 11, with 10 written X and 11 written 0.
 *   GB 11643 (公民身份号码)      ISO 7064 MOD 11-2: weight 2^(17-i) mod 11, the check character
 *                               makes the sum with it congruent to 1; 10 is written X.
 *   ISO/IEC 7064 MOD 37,36      the hybrid system of 电子证照标识: p starts at 36; every character
 *                               is added mod 36 (0 counts as 36), then p = 2p mod 37. */
#include "codec/identifier.h"

#include <string.h>

#include "base/check.h"

static const char base_36[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char uscc_alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/* Index of c in the alphabet, or -1. */
static int value_in(const char *alphabet, char c)
{
    const char *at = c != '\0' ? strchr(alphabet, c) : NULL;
    return at != NULL ? (int)(at - alphabet) : -1;
}

char identifier_uscc_digit(Str first_17)
{
    int sum = 0;
    int weight = 1;
    if (first_17.len != 17)
        return '\0';
    for (size_t i = 0; i < 17; i++) {
        int value = value_in(uscc_alphabet, first_17.ptr[i]);
        if (value < 0)
            return '\0';
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    return uscc_alphabet[(31 - sum % 31) % 31];
}

char identifier_organisation_digit(Str first_8)
{
    static const int weights[8] = {3, 7, 9, 10, 5, 8, 4, 2};
    int sum = 0;
    if (first_8.len != 8)
        return '\0';
    for (size_t i = 0; i < 8; i++) {
        int value = value_in(base_36, first_8.ptr[i]);
        if (value < 0)
            return '\0';
        sum += value * weights[i];
    }
    int rest = 11 - sum % 11;
    return rest == 10 ? 'X' : rest == 11 ? '0' : (char)('0' + rest);
}

char identifier_citizen_digit(Str first_17)
{
    int sum = 0;
    if (first_17.len != 17)
        return '\0';
    for (size_t i = 0; i < 17; i++) {
        char c = first_17.ptr[i];
        if (c < '0' || c > '9')
            return '\0';
        sum = (sum + (c - '0')) * 2 % 11;
    }
    return "10X98765432"[sum];
}

char identifier_mod_37_36(Str text)
{
    int p = 36;
    for (size_t i = 0; i < text.len; i++) {
        int value = value_in(base_36, text.ptr[i]);
        if (value < 0)
            return '\0';
        p = (p + value) % 36;
        p = (p == 0 ? 36 : p) * 2 % 37;
    }
    return text.len > 0 ? base_36[(37 - p) % 36] : '\0';
}

bool identifier_citizen_from_15(Str old, char out[18])
{
    if (old.len != 15)
        return false;
    memcpy(out, old.ptr, 6);
    memcpy(out + 6, "19", 2);
    memcpy(out + 8, old.ptr + 6, 9);
    out[17] = identifier_citizen_digit((Str){out, 17});
    return out[17] != '\0';
}

bool identifier_uscc_make(Str kind, Str region, uint64_t serial, char out[18])
{
    if (kind.len != 2 || region.len != 6 || serial >= IDENTIFIER_SERIAL_END)
        return false;
    for (size_t i = 0; i < region.len; i++)
        if (region.ptr[i] < '0' || region.ptr[i] > '9')
            return false;
    memcpy(out, kind.ptr, 2);
    memcpy(out + 2, region.ptr, 6);
    memcpy(out + 8, "MA", 2);
    for (size_t i = 16; i-- > 10; serial /= 31)
        out[i] = uscc_alphabet[serial % 31];
    out[16] = identifier_organisation_digit((Str){out + 8, 8});
    out[17] = identifier_uscc_digit((Str){out, 17});
    check(out[16] != '\0' && serial == 0);
    return out[17] != '\0';
}
