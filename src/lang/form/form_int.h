/* form_int.h - what a compiled form is inside: rules, patterns and the tree.
 *
 * Floor 3, used only in this folder. */
#ifndef LANG_FORM_FORM_INT_H
#define LANG_FORM_FORM_INT_H

#include "base/map.h"
#include "lang/feel/feel.h"
#include "lang/form/form.h"

typedef struct FormPattern FormPattern; /* a compiled regular expression */

/* What is asked of a field's value. A length or digit count of -1 is not limited. */
struct FormRule {
    int64_t min_length, max_length; /* code points */
    bool has_min, has_max;
    Dec min, max;
    int64_t decimal_digits;
    bool number_text;  /* the number stands as a string in the data */
    bool no_past_days; /* a date may not lie before today */
    bool legacy;       /* codes with a failing check digit are let through */
    const FormPattern *pattern;
    Str hint_zh, hint_en; /* what to say when the pattern fails; may be empty */
    const FeelProgram *hide; /* NULL: always shown */
};

struct Form {
    Str id;
    Str source;
    const FormField *const *roots; /* of the top level */
    size_t root_count;
    const FormField **fields; /* document order, without frames */
    size_t field_count;
    Map by_path; /* path -> FormField */
};

typedef enum FormRole { FORM_ROLE_INPUT, FORM_ROLE_FRAME, FORM_ROLE_SHOW } FormRole;
FormRole form_type_role(FormType type);
bool form_type_parse(Str text, FormType *out);

/* A group without a path: its children stand in the scope around it. */
static inline bool form_is_frame(const FormField *field)
{
    return form_type_role(field->type) == FORM_ROLE_FRAME && field->key.len == 0;
}

/* Compile a pattern of JavaScript's kind; *bad_text says what is wrong with it. */
bool form_pattern_compile(Arena *a, Str text, FormPattern **out, Str *bad_text);
/* Does the pattern match anywhere in text? A match that needs too many steps is none. */
bool form_pattern_matches(const FormPattern *pattern, Str text, Arena *a);

/* Compile the conditions of all fields, once the tree stands. */
bool form_conditions_compile(Arena *a, Form *form, Str file, Err *err);
/* Is the field hidden, given the values of its scope? A condition that does not come out true
 * hides nothing. */
bool form_condition_hides(const FormField *field, Value scope, Instant now, Arena *a);

#endif
