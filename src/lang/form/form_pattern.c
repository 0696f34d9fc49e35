/* form_pattern.c - validate.pattern: regular expressions as a browser reads them.
 *
 * form-js hands the pattern to JavaScript's RegExp without flags and asks test(): it matches
 * anywhere unless the author wrote ^ and $. PCRE2 reads the same language with three switches:
 * \uXXXX escapes, unset back-references that match empty, and $ that stands for the very end.
 * Differences that remain: \d, \w and \s are ASCII in both; \p{...} needs no flag here.
 *
 * A pattern comes from a pack, the text from a citizen, so a match has a step limit: a hostile
 * pair ends early and counts as no match. All memory of PCRE2 comes from the arena given; the
 * compiled pattern is read-only and may be used by many threads at once. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/check.h"
#include "lang/form/form_int.h"

#define PATTERN_HEAP_KIB 1024u

struct FormPattern {
    pcre2_code *code;
};

static void *pattern_take(size_t size, void *arena)
{
    return arena_take_array(arena, size, 1);
}

static void pattern_leave(void *memory, void *arena)
{
    (void)memory;
    (void)arena;
}

static pcre2_compile_context *pattern_settings(pcre2_general_context *memory)
{
    pcre2_compile_context *settings = pcre2_compile_context_create(memory);
    if (!settings)
        return NULL;
    pcre2_set_compile_extra_options(settings, PCRE2_EXTRA_ALT_BSUX);
    pcre2_set_parens_nest_limit(settings, 50);
    return settings;
}

bool form_pattern_compile(Arena *a, Str text, FormPattern **out, Str *bad_text)
{
    check(out && bad_text);
    *out = NULL;
    if (text.len > FORM_PATTERN_BYTES_MAX) {
        *bad_text = STR("too long");
        return false;
    }
    pcre2_general_context *memory = pcre2_general_context_create(pattern_take, pattern_leave, a);
    pcre2_compile_context *settings = memory ? pattern_settings(memory) : NULL;
    if (!settings) {
        *bad_text = STR("no memory");
        return false;
    }
    int code = 0;
    PCRE2_SIZE at = 0;
    uint32_t options = PCRE2_UTF | PCRE2_MATCH_UNSET_BACKREF | PCRE2_DOLLAR_ENDONLY |
                       PCRE2_NEVER_BACKSLASH_C;
    pcre2_code *compiled = pcre2_compile((PCRE2_SPTR)(text.len ? text.ptr : ""), text.len,
                                         options, &code, &at, settings);
    if (!compiled) {
        PCRE2_UCHAR why[160];
        pcre2_get_error_message(code, why, sizeof why);
        *bad_text = arena_printf(a, "%s (%zu)", (const char *)why, at + 1);
        return false;
    }
    FormPattern *pattern = arena_new(a, FormPattern);
    pattern->code = compiled;
    *out = pattern;
    return true;
}

bool form_pattern_matches(const FormPattern *pattern, Str text, Arena *a)
{
    check(pattern && pattern->code);
    pcre2_general_context *memory = pcre2_general_context_create(pattern_take, pattern_leave, a);
    pcre2_match_context *limits = memory ? pcre2_match_context_create(memory) : NULL;
    pcre2_match_data *data = memory ? pcre2_match_data_create(1, memory) : NULL;
    if (!limits || !data)
        return false;
    pcre2_set_match_limit(limits, FORM_PATTERN_STEPS);
    pcre2_set_depth_limit(limits, FORM_PATTERN_STEPS);
    pcre2_set_heap_limit(limits, PATTERN_HEAP_KIB);
    int found = pcre2_match(pattern->code, (PCRE2_SPTR)(text.len ? text.ptr : ""), text.len, 0,
                            0, data, limits);
    return found >= 0;
}
