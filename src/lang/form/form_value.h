/* form_value.h - single values as forms see them: dates, files, scopes.
 *
 * Floor 3, used only in this folder. Pure. */
#ifndef LANG_FORM_FORM_VALUE_H
#define LANG_FORM_FORM_VALUE_H

#include "lang/form/form_int.h"

/* Text of nothing but blanks? */
bool form_is_blank(Value v);
/* 1-based place of the first character that no field takes (control characters; line ends only
 * in a textarea); 0 when there is none. */
size_t form_bad_character(Str text, FormType type);
/* Digits behind the point that say something: 1.50 has one. */
int64_t form_digits(Dec d);
/* "2026-11-25", "09:30[:00][zone]", or both with T between; *day is set for the kinds with a
 * day. */
bool form_date_valid(FormDateKind kind, Str text, Day *day);
/* The part of a file's description that is wrong; empty when all is well. */
Str form_file_wrong(Value file);
/* Is the file of a kind that accept (".pdf,.jpg,image/png") lists? An empty accept takes all. */
bool form_file_accepted(Str accept, Value file);
/* Does a field of this scope bear the key? */
bool form_scope_has(const FormField *const *fields, size_t count, Str key);
/* What conditions see inside: the entries around with those inside over them. */
Value form_scope(Arena *a, Value around, Value inside);
/* base/key, with "~" and "/" of the key escaped as RFC 6901 wants. */
Str form_pointer(Arena *a, Str base, Str key);

#endif
