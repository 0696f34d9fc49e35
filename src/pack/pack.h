/* pack.h - packs: read, checked, linked, installed, and their cases run.
 *
 * A pack is a folder of standard files (DESIGN section 4; docs/packs.md gives every format). A
 * reform is a pack and nothing else. Reading never stops at the first fault: every fault is
 * kept with file, line or element and advice, in an ordered list. A pack with a fault is not
 * installed. `needs` of pack.json names other packs: they are looked for beside the pack's own
 * folder and are read, checked and installed first.
 *
 * Floor 6. Tables: none of its own. One thread. */
#ifndef PACK_PACK_H
#define PACK_PACK_H

#include "core/core.h"

#define PACK_FILES_MAX 2000u
#define PACK_FILE_BYTES_MAX (8u << 20)
#define PACK_FAULTS_MAX 500u /* more are counted, not kept */

typedef struct Pack Pack;       /* one pack, read and checked */
typedef struct PackSet PackSet; /* packs in the order of installation */

typedef struct PackFault {
    Err err;
    bool warning; /* does not hinder installation */
} PackFault;

typedef struct PackFaults {
    const PackFault *items; /* in the order of packs, files, lines */
    size_t count;
    size_t warnings;  /* of count */
    size_t unlisted;  /* faults beyond PACK_FAULTS_MAX */
} PackFaults;

/* Read and check the packs in the folders and what they need. The set and everything in it lives
 * in a. Built-in tasks are those of the modules given. True when no fault (warnings apart) was
 * found; false with the list of faults, or with err when a folder cannot be read at all. */
bool pack_read(Arena *a, const Str *folders, size_t count, const Module *const *modules,
               size_t module_count, PackSet **out, PackFaults *faults, Err *err);
/* Write every fault, one a line: "packs/x/forms/y.form.json:12:5: text". */
void pack_show_faults(const PackFaults *faults, Lang lang, Buf *out);

typedef struct PackInfo {
    Str id, version, folder;
    Str title_zh, title_en;
    int64_t node; /* GB/T 2260 code */
    size_t definitions, cases;
} PackInfo;
size_t pack_count(const PackSet *set);
PackInfo pack_info(const PackSet *set, size_t i);

/* Install every pack of the set whose text changed, by command core.install as actor system, and
 * put its reference records. Inline: before core_start. */
bool pack_install(Core *core, const PackSet *set, Err *err);

/* Accounts that a pack lists for demonstrations ("demo" of pack.json). */
typedef struct PackAccount {
    Str id, name, office, subject;
    Str roles[CORE_GROUPS_MAX];
    size_t role_count;
} PackAccount;
size_t pack_account_count(const PackSet *set);
PackAccount pack_account(const PackSet *set, size_t i);

/* Run the acceptance cases of the packs, each in a store of its own in memory on a virtual clock.
 * `only` (may be empty) picks cases whose name contains it. For every case `report` gets one
 * call; make_modules opens fresh modules for one core, close_modules ends them. */
typedef struct PackCaseResult {
    Str pack, name;
    bool passed;
    Str report; /* what differed, where: several lines; empty when passed */
} PackCaseResult;
typedef struct PackRunner {
    const Module *const *(*make_modules)(void *context, size_t *count, PermitFn **permit,
                                         void **permit_context);
    void (*close_modules)(void *context);
    void (*report)(void *context, const PackCaseResult *result);
    void *context;
    Str only;
    Lang lang;
} PackRunner;
bool pack_test(const PackSet *set, const PackRunner *runner, size_t *passed, size_t *failed,
               Err *err);

#endif
