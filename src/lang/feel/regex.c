/* regex.c - matching, by PCRE2 with a budget of steps.
 *
 * A hostile pattern must cost no more than about a millisecond a kilobyte of text. PCRE2's own
 * match limit begins anew at every place of the text where a match may start, so it bounds
 * nothing for a whole text. Patterns are therefore compiled with a callout before each of their
 * items: the callout counts itself and the distance from the callout before, over all starts and
 * all matches of one function call, and ends the match when the budget is spent. The count is
 * the same on every machine; what it took is fuel of the run. PCRE2's depth and heap limits
 * bound its memory. A limit reached ends the run as fuel does.
 *
 * A pattern that stands in the text of a program is compiled with it, into the program's arena.
 * Others are kept in a small cache of the process, the one longest unused giving way. Compiled
 * patterns are read-only, so threads share them; what belongs to one match is in FeelRegex. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "lang/feel/regex_int.h"

#include <pcre2.h>
#include <pthread.h>
#include <string.h>

#define REGEX_STEPS_BASE 20000
#define REGEX_STEPS_A_BYTE 12
#define REGEX_BYTES_A_STEP 16 /* text gone over without a callout */
#define REGEX_STEPS_A_FUEL 8
#define REGEX_HEAP_KIB 16384u
#define REGEX_DEPTH_MAX 20000u
#define REGEX_CACHE_COUNT 32u
#define REGEX_CACHE_BYTES 256u

/* One compiled pattern of the cache. */
typedef struct RegexSlot {
    char text[REGEX_CACHE_BYTES]; /* pattern and flags, one behind the other */
    size_t pattern_len, len;
    pcre2_code *code;  /* NULL: free */
    unsigned users;    /* matches that use it now: it stays */
    uint64_t turn;     /* when it was last asked for */
} RegexSlot;

static pthread_mutex_t cache_lock = PTHREAD_MUTEX_INITIALIZER;
static RegexSlot cache[REGEX_CACHE_COUNT];
static uint64_t cache_turn;

struct FeelRegex {
    const pcre2_code *code;
    pcre2_code *own;   /* freed with the FeelRegex */
    RegexSlot *slot;   /* given back with it */
    pcre2_match_data *match;
    pcre2_match_context *context;
    const FeelNode *node;
    int64_t steps_left;
    size_t last; /* where the callout before was */
    bool checked; /* the text is known to be UTF-8 */
};

/* ---- Compiling. */

static void *regex_take(PCRE2_SIZE size, void *arena) { return arena_take(arena, size); }
static void regex_give(void *memory, void *arena) {
    (void)memory;
    (void)arena;
}

/* Translate and compile; memory NULL: that of the process. scratch holds the translation. */
static pcre2_code *regex_compile(Arena *scratch, pcre2_general_context *memory, Str pattern,
                                 Str flag_text, const char **why) {
    RegexFlags flags;
    *why = "unknown flag";
    if (!regex_flags(flag_text, &flags)) return NULL;
    *why = "too long, or not UTF-8";
    if (pattern.len > REGEX_PATTERN_BYTES_MAX || !utf8_valid(pattern, NULL)) return NULL;
    *why = NULL;
    Buf translated = buf_new(scratch, pattern.len * 2 + 16);
    if (!regex_translate(pattern, flags, &translated, why) || buf_failed(&translated))
        return NULL;
    Str text = buf_text(&translated);
    uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT |
                       PCRE2_MATCH_UNSET_BACKREF | PCRE2_DOLLAR_ENDONLY |
                       (flags.ignore_case ? PCRE2_CASELESS : 0u);
    int error;
    PCRE2_SIZE at;
    pcre2_compile_context *context = pcre2_compile_context_create(memory);
    if (context == NULL) return NULL;
    *why = "not supported";
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)(text.ptr != NULL ? text.ptr : ""), text.len,
                                     options, &error, &at, context);
    pcre2_compile_context_free(context);
    return code;
}

const FeelPattern *feel_regex_prepare(Arena *a, Str pattern, Str flags) {
    const char *why;
    pcre2_general_context *memory = pcre2_general_context_create(regex_take, regex_give, a);
    if (memory == NULL || arena_failed(a)) return NULL;
    return (const FeelPattern *)regex_compile(a, memory, pattern, flags, &why);
}

/* ---- The cache. */

static bool slot_holds(const RegexSlot *s, Str pattern, Str flags) {
    return s->code != NULL && s->pattern_len == pattern.len &&
           s->len == pattern.len + flags.len && memcmp(s->text, pattern.ptr, pattern.len) == 0 &&
           (flags.len == 0 || memcmp(s->text + pattern.len, flags.ptr, flags.len) == 0);
}

static RegexSlot *cache_find(Str pattern, Str flags) {
    RegexSlot *found = NULL;
    pthread_mutex_lock(&cache_lock);
    for (size_t i = 0; i < REGEX_CACHE_COUNT && found == NULL; i++)
        if (slot_holds(&cache[i], pattern, flags)) found = &cache[i];
    if (found != NULL) {
        found->users++;
        found->turn = ++cache_turn;
    }
    pthread_mutex_unlock(&cache_lock);
    return found;
}

/* Keep code, of which the caller is a user; NULL when nothing may give way. */
static RegexSlot *cache_keep(Str pattern, Str flags, pcre2_code *code) {
    RegexSlot *oldest = NULL;
    pthread_mutex_lock(&cache_lock);
    for (size_t i = 0; i < REGEX_CACHE_COUNT; i++)
        if (cache[i].users == 0 && (oldest == NULL || cache[i].turn < oldest->turn))
            oldest = &cache[i];
    if (oldest != NULL) {
        if (oldest->code != NULL) pcre2_code_free(oldest->code);
        memcpy(oldest->text, pattern.ptr, pattern.len);
        if (flags.len > 0) memcpy(oldest->text + pattern.len, flags.ptr, flags.len);
        oldest->pattern_len = pattern.len;
        oldest->len = pattern.len + flags.len;
        oldest->code = code;
        oldest->users = 1;
        oldest->turn = ++cache_turn;
    }
    pthread_mutex_unlock(&cache_lock);
    return oldest;
}

static void cache_give_back(RegexSlot *s) {
    pthread_mutex_lock(&cache_lock);
    check(s->users > 0);
    s->users--;
    pthread_mutex_unlock(&cache_lock);
}

/* ---- Matching. */

/* Called before each item of the pattern. */
static int regex_count(pcre2_callout_block *block, void *data) {
    FeelRegex *r = data;
    size_t at = block->current_position;
    size_t distance = at > r->last ? at - r->last : r->last - at;
    r->last = at;
    r->steps_left -= 1 + (int64_t)(distance / REGEX_BYTES_A_STEP);
    return r->steps_left >= 0 ? 0 : PCRE2_ERROR_CALLOUT;
}

static bool regex_find_code(FeelRegex *r, FeelRun *run, Str pattern, Str flags,
                            const char **why) {
    bool small = pattern.len > 0 && pattern.len + flags.len <= REGEX_CACHE_BYTES;
    if (small && (r->slot = cache_find(pattern, flags)) != NULL) {
        r->code = r->slot->code;
        return true;
    }
    if (!feel_burn(run, r->node, 16 + (int64_t)pattern.len)) return false;
    pcre2_code *code = regex_compile(run->arena, NULL, pattern, flags, why);
    if (code == NULL) return false;
    r->code = code;
    if (small) r->slot = cache_keep(pattern, flags, code);
    if (r->slot == NULL) r->own = code;
    return true;
}

FeelRegex *feel_regex_open(FeelRun *run, const FeelNode *node, Str pattern, Str flags, Str text,
                           const char **why) {
    FeelRegex *r = feel_take(run, 1, sizeof *r);
    if (r == NULL || !feel_burn(run, node, 4)) return NULL;
    *r = (FeelRegex){.node = node, .last = 0};
    r->steps_left = REGEX_STEPS_BASE + REGEX_STEPS_A_BYTE * (int64_t)text.len;
    if (node != NULL && node->prepared != NULL) r->code = node->prepared;
    else if (!regex_find_code(r, run, pattern, flags, why)) return NULL;
    uint32_t groups = 0;
    pcre2_pattern_info(r->code, PCRE2_INFO_CAPTURECOUNT, &groups);
    r->match = pcre2_match_data_create(groups + 1, NULL);
    r->context = pcre2_match_context_create(NULL);
    if (r->match == NULL || r->context == NULL) {
        feel_regex_close(r);
        feel_stop(run, node, &fault_feel_memory);
        return NULL;
    }
    pcre2_set_heap_limit(r->context, REGEX_HEAP_KIB);
    pcre2_set_depth_limit(r->context, REGEX_DEPTH_MAX);
    pcre2_set_callout(r->context, regex_count, r);
    return r;
}

bool feel_regex_next(FeelRegex *r, FeelRun *run, Str text, size_t at, size_t *from, size_t *to) {
    int64_t before = r->steps_left;
    if (!feel_burn(run, r->node, 4)) return false;
    r->last = at;
    int found = pcre2_match(r->code, (PCRE2_SPTR)(text.ptr != NULL ? text.ptr : ""), text.len,
                            at, r->checked ? PCRE2_NO_UTF_CHECK : 0, r->match, r->context);
    r->checked = r->checked || text.len > 0;
    if (!feel_burn(run, r->node, (before - r->steps_left) / REGEX_STEPS_A_FUEL)) return false;
    bool not_utf8 = found <= PCRE2_ERROR_UTF8_ERR1 && found >= PCRE2_ERROR_UTF8_ERR21;
    if (found == PCRE2_ERROR_NOMATCH || not_utf8) return false;
    if (found < 0) {
        feel_stop(run, r->node, &fault_feel_fuel);
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
    pcre2_code_free(r->own);
    if (r->slot != NULL) cache_give_back(r->slot);
}
