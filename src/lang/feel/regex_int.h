/* regex_int.h - from the regular expressions of XPath to those of PCRE2. Floor 3. */
#ifndef LANG_FEEL_REGEX_INT_H
#define LANG_FEEL_REGEX_INT_H

#include "lang/feel/feel_int.h"

#define REGEX_PATTERN_BYTES_MAX (64u << 10)
#define REGEX_NESTING_MAX 100u

typedef struct RegexFlags {
    bool dot_all, multi_line, ignore_case, spaced, literal; /* s m i x q */
} RegexFlags;

bool regex_flags(Str text, RegexFlags *out);
/* Write the PCRE2 pattern into out; false with *why when the pattern is not valid XPath. */
bool regex_translate(Str pattern, RegexFlags flags, Buf *out, const char **why);
/* Code point range of a Unicode block by its name without blanks ("BasicLatin"). */
bool regex_block(Str name, uint32_t *from, uint32_t *to);

#endif
