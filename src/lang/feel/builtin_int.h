/* builtin_int.h - prototypes of the builtin bodies, made from their list. Floor 3. */
#ifndef LANG_FEEL_BUILTIN_INT_H
#define LANG_FEEL_BUILTIN_INT_H

#include "lang/feel/feel_int.h"

#define X(name, parameters, types, body) FeelBuiltinBody body;
#include "lang/feel/feel_builtins.def"
#undef X

/* Argument i as a whole number. */
bool call_int(FeelCall *c, size_t i, int64_t *out);
/* The items of a "list or several arguments" function: the list of args[0], or all arguments. */
ValueList call_items(const FeelCall *c);

#endif
