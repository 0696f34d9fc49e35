/* schema_pattern.c - regular expressions of ECMA-262 through PCRE2, with limits.
 *
 * JSON Schema means the dialect of ECMA-262 with the u flag, unanchored. PCRE2 gets the options
 * that make the two agree: \d and \w are ASCII, $ is the very end, \uXXXX and \u{X} are code
 * points, [] is the empty class, \C is refused. What differs still: \s does not match the blanks
 * beyond ASCII, and names of properties are the short ones (\p{L}).
 *
 * The compiled code lives in the arena of the schema, through PCRE2's own memory hooks. A match
 * has limits on steps, depth and memory; a text that reaches one is not judged but reported as
 * too costly. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "lang/schema/schema_int.h"

#include <pcre2.h>

#define MATCH_HEAP_KIB 4096u

struct Pattern {
    Str text;
    pcre2_code *code;
};

static void *pattern_take(PCRE2_SIZE size, void *arena)
{
    void *memory = arena_take(arena, size);
    return arena_failed(arena) ? NULL : memory;
}

/* The arena ends all at once. */
static void pattern_give(void *memory, void *arena)
{
    (void)memory;
    (void)arena;
}

Str schema_pattern_text(const Pattern *p) { return p->text; }

Pattern *schema_pattern_compile(Arena *a, Str text, Str *message)
{
    int code = 0;
    PCRE2_SIZE at = 0;
    if (text.len > SCHEMA_PATTERN_BYTES_MAX) {
        *message = arena_printf(a, "longer than %u bytes", SCHEMA_PATTERN_BYTES_MAX);
        return NULL;
    }
    pcre2_general_context *memory = pcre2_general_context_create(pattern_take, pattern_give, a);
    pcre2_compile_context *context = memory ? pcre2_compile_context_create(memory) : NULL;
    if (!context) {
        *message = STR("out of memory");
        return NULL;
    }
    pcre2_set_compile_extra_options(context, PCRE2_EXTRA_ALT_BSUX);
    pcre2_set_parens_nest_limit(context, 100);
    uint32_t options = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY |
                       PCRE2_ALLOW_EMPTY_CLASS | PCRE2_ALT_BSUX | PCRE2_MATCH_UNSET_BACKREF;
    pcre2_code *compiled = pcre2_compile((PCRE2_SPTR)(text.ptr ? text.ptr : ""), text.len,
                                         options, &code, &at, context);
    if (!compiled) {
        PCRE2_UCHAR text_of[160];
        pcre2_get_error_message(code, text_of, sizeof text_of);
        *message = arena_printf(a, "%s (at %zu)", (const char *)text_of, (size_t)at);
        return NULL;
    }
    Pattern *p = arena_new(a, Pattern);
    *p = (Pattern){text, compiled};
    return p;
}

MatchResult schema_pattern_match(const Pattern *p, Arena *scratch, Str text)
{
    ArenaMark mark = arena_mark(scratch);
    MatchResult result = MATCH_COSTLY;
    pcre2_general_context *memory =
        pcre2_general_context_create(pattern_take, pattern_give, scratch);
    pcre2_match_context *context = memory ? pcre2_match_context_create(memory) : NULL;
    pcre2_match_data *data = context ? pcre2_match_data_create(1, memory) : NULL;
    if (data) {
        pcre2_set_match_limit(context, SCHEMA_MATCH_STEPS);
        pcre2_set_depth_limit(context, SCHEMA_MATCH_STEPS);
        pcre2_set_heap_limit(context, MATCH_HEAP_KIB);
        int found = pcre2_match(p->code, (PCRE2_SPTR)(text.ptr ? text.ptr : ""), text.len, 0,
                                0, data, context);
        bool costly = found == PCRE2_ERROR_MATCHLIMIT || found == PCRE2_ERROR_DEPTHLIMIT ||
                      found == PCRE2_ERROR_HEAPLIMIT || found == PCRE2_ERROR_NOMEMORY;
        result = found >= 0 ? MATCH_YES : costly ? MATCH_COSTLY : MATCH_NO;
    }
    arena_reset_to(scratch, mark);
    return result;
}
