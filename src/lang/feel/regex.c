/* regex.c - matching, by PCRE2 with limits.
 *
 * The translated pattern runs with a match limit in proportion to the text, so that a hostile
 * pattern costs at most about a millisecond a kilobyte, and with depth and heap limits. A limit
 * reached ends the run as fuel does. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "lang/feel/regex_int.h"

#include <pcre2.h>

#define REGEX_STEPS_BASE 50000u
#define REGEX_STEPS_A_BYTE 20u
#define REGEX_STEPS_MAX 20000000u
#define REGEX_HEAP_KIB 16384u
#define REGEX_DEPTH_MAX 20000u

struct FeelRegex {
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *context;
};

FeelRegex *feel_regex_open(FeelRun *run, Str pattern, Str flag_text, const char **why) {
    RegexFlags flags;
    if (!regex_flags(flag_text, &flags)) {
        *why = "unknown flag";
        return NULL;
    }
    if (pattern.len > REGEX_PATTERN_BYTES_MAX || !utf8_valid(pattern, NULL)) {
        *why = "too long, or not UTF-8";
        return NULL;
    }
    if (!feel_burn(run, NULL, 16 + (int64_t)pattern.len)) return NULL;
    Buf translated = buf_new(run->arena, pattern.len * 2 + 16);
    bool sound = regex_translate(pattern, flags, &translated, why);
    FeelRegex *r = feel_take(run, 1, sizeof *r);
    if (!sound || r == NULL || buf_failed(&translated)) return NULL;
    Str text = buf_text(&translated);
    uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C |
                       PCRE2_MATCH_UNSET_BACKREF | PCRE2_DOLLAR_ENDONLY |
                       (flags.ignore_case ? PCRE2_CASELESS : 0u);
    int error;
    PCRE2_SIZE at;
    r->code = pcre2_compile((PCRE2_SPTR)(text.ptr != NULL ? text.ptr : ""), text.len, options,
                            &error, &at, NULL);
    if (r->code == NULL) {
        *why = "not supported";
        return NULL;
    }
    r->match = pcre2_match_data_create_from_pattern(r->code, NULL);
    r->context = pcre2_match_context_create(NULL);
    if (r->match == NULL || r->context == NULL) {
        feel_regex_close(r);
        feel_stop(run, NULL, &fault_feel_memory);
        return NULL;
    }
    pcre2_set_heap_limit(r->context, REGEX_HEAP_KIB);
    pcre2_set_depth_limit(r->context, REGEX_DEPTH_MAX);
    return r;
}

bool feel_regex_next(FeelRegex *r, FeelRun *run, Str text, size_t at, size_t *from, size_t *to) {
    uint64_t steps = REGEX_STEPS_BASE + (uint64_t)REGEX_STEPS_A_BYTE * text.len;
    if (!feel_burn(run, NULL, 4 + (int64_t)((text.len - at) / 64))) return false;
    pcre2_set_match_limit(r->context,
                          steps < REGEX_STEPS_MAX ? (uint32_t)steps : REGEX_STEPS_MAX);
    int found = pcre2_match(r->code, (PCRE2_SPTR)(text.ptr != NULL ? text.ptr : ""), text.len,
                            at, at > 0 ? PCRE2_NO_UTF_CHECK : 0, r->match, r->context);
    if (found == PCRE2_ERROR_NOMATCH) return false;
    if (found < 0) {
        feel_stop(run, NULL, &fault_feel_fuel);
        return false;
    }
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(r->match);
    *from = ends[0];
    *to = ends[1];
    return true;
}

Str feel_regex_group(const FeelRegex *r, Str text, size_t g) {
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(r->match);
    if (g > feel_regex_group_count(r) || ends[g * 2] == PCRE2_UNSET) return STR_NONE;
    return str_slice(text, ends[g * 2], ends[g * 2 + 1]);
}

size_t feel_regex_group_count(const FeelRegex *r) {
    return pcre2_get_ovector_count(r->match) - 1;
}

void feel_regex_close(FeelRegex *r) {
    if (r == NULL) return;
    pcre2_match_data_free(r->match);
    pcre2_match_context_free(r->context);
    pcre2_code_free(r->code);
}
