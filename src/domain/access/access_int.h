/* access_int.h - roles in memory, shared by the files of this folder.
 *
 * Floor 5, used only in this folder. */
#ifndef DOMAIN_ACCESS_ACCESS_INT_H
#define DOMAIN_ACCESS_ACCESS_INT_H

#include <stdatomic.h>

#include "domain/access/access.h"

#define ROLE_MAY_MAX 200u           /* entries of a role's `may` */
#define ROLES_BYTES_MAX (16u << 20) /* memory of all roles ever defined */

/* One definition of a role; never changed after it was published. */
typedef struct Role {
    Str name;
    const Str *may; /* "case.submit", or "case." for "case.*" */
    size_t may_count;
    uint32_t reads; /* bit 1 << AccessRead */
    const struct Role *older;
} Role;

struct Access {
    Arena *arena;
    _Atomic(const Role *) newest; /* a list that only grows at its head */
    Module module;
};

/* Compile a role and publish it; in use by readers at once. */
bool access_role_define(Access *access, const Definition *definition, Err *err);
/* The newest definition of that name, or NULL. */
const Role *access_role_find(const Access *access, Str name);

extern const Fault *const access_faults[];

#endif
