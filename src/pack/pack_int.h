/* pack_int.h - the inside of the pack room: a pack as it was read.
 *
 * A Pack is a list of files, each with its text and what it compiled to; a PackSet holds packs in
 * the order of installation and indexes what they define over all of them. Everything lives in
 * the arena of pack_read. Floor 6, inside only. */
#ifndef PACK_PACK_INT_H
#define PACK_PACK_INT_H

#include "base/map.h"
#include "domain/case/case.h"
#include "domain/clock/clock.h"
#include "domain/registry/registry.h"
#include "lang/bpmn/bpmn.h"
#include "lang/dmn/dmn.h"
#include "lang/dmn/table_check.h"
#include "lang/form/form.h"
#include "pack/pack.h"
#include "pack/pack_faults.h"

/* What kinds of files a pack has. X(ENUM, folder, ending, definition kind). The order is that of
 * installation: what is named comes before what names it. */
#define PACK_KINDS(X)                                        \
    X(CALENDAR, "calendars", ".json", "calendar")            \
    X(REGISTRY, "registries", ".schema.json", "registry")    \
    X(FORM, "forms", ".form.json", "form")                   \
    X(DECISION, "decisions", ".dmn", "decision")             \
    X(PROCESS, "processes", ".bpmn", "process")              \
    X(SUPERVISION, "supervisions", ".json", "supervision")   \
    X(THING, "things", ".json", "thing")                     \
    X(LEDGER, "ledgers", ".json", "ledger")                  \
    X(TEXTS, "texts", ".json", "")                           \
    X(DATA, "data", ".csv", "data")                          \
    X(CASE, "cases", ".json", "")
#define PACK_KIND_ENUM(name, folder, ending, definition) PACK_##name,
typedef enum PackKind { PACK_KINDS(PACK_KIND_ENUM) PACK_KIND_COUNT } PackKind;

typedef struct PackFile {
    PackKind kind;
    Str id;    /* of the definition; the file's stem for texts, data and cases */
    Str path;  /* inside the pack: "forms/review.form.json" */
    Str shown; /* with the folder as it was given, for messages */
    Str text;
    Value json; /* null for XML and CSV */
    bool sound; /* compiled without a fault */
    Pack *pack;
    union {
        Form *form;
        Thing *thing;
        Registry registry;
        BpmnModel process;
        const DmnModel *decision;
        const Supervision *supervision;
    } as;
} PackFile;

struct Pack {
    Str id, version, folder;
    Str title_zh, title_en;
    int64_t node;
    Str manifest_shown; /* "packs/x/pack.json" */
    Str manifest_text;
    Value manifest;
    PackFile **files; /* by kind, then name */
    size_t file_count;
};

struct PackSet {
    Arena *arena;
    Pack **packs; /* in the order of installation */
    size_t count;
    const Module *const *modules;
    size_t module_count;
    /* Over all packs: id -> PackFile. A process is found by each of its process ids, a decision
     * by its file and by each of its decision ids. */
    Map things, forms, registries, processes, decisions, calendars, ledgers;
    Map supervisions;
    Map offices, roles; /* id -> Pack */
    Map used_forms; /* forms that some thing uses */
    Map asked;      /* datum -> who asks it (ask.c), over all things */
    PackFault *faults;
    size_t fault_count, fault_capacity, warning_count, unlisted;
};

/* Keep a fault (copied). */
void set_fault(PackSet *set, const Err *err, bool warning);
/* Keep a fault with arguments at a place; pointer is a JSON Pointer into the file's text (line
 * and column are found by it), or empty. */
void set_fault_json(PackSet *set, Str shown, Str text, Str pointer, bool warning,
                    const Fault *fault, const Str *args, size_t count);
#define FAULT_ARGS(...) (const Str[]){STR_NONE, __VA_ARGS__}, \
                        sizeof((const Str[]){STR_NONE, __VA_ARGS__}) / sizeof(Str)

/* manifest.c: read pack.json into pack; false when it is no pack at all. */
bool manifest_read(PackSet *set, Pack *pack);
/* files.c: read and compile all files of a pack. */
bool files_read(PackSet *set, Pack *pack, Err *err);
/* link.c: everything that one file says about another. */
void link_check(PackSet *set);
/* ask.c: nobody is asked twice. */
void ask_check(PackSet *set, const PackFile *thing);
/* The forms that no thing uses, after all things. */
void ask_check_unused(PackSet *set);
/* install.c: is the pack for this node, or for its province? */
bool pack_fits_node(const Pack *pack, int64_t node);
/* trial.c: every definition is taken by fresh modules, as an install would do it. */
void trial_check(PackSet *set);
/* install.c: the definitions of a pack in the order of installation. */
typedef struct PackDefinition {
    Definition definition;
    Str shown;   /* the file, for messages */
    Str text;    /* of that file */
    Str pointer; /* JSON Pointer of the definition in it; empty: the whole file */
} PackDefinition;
size_t pack_definitions(const Pack *pack, Arena *a, PackDefinition **out);
/* The processes of a thing: its own and what it calls; at most `limit` of them. */
size_t link_processes(const PackSet *set, const Thing *thing, const BpmnProcess **out,
                      const PackFile **files, size_t limit);
/* The line of a place in a JSON text, 0 when it is not there. */
uint32_t json_line(Str text, Str pointer, uint32_t *column);

#endif
