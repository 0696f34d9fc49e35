/* dmn_int.h - the inside of DMN models.
 *
 * A load makes one DmnLoader with a model for each namespace (the root and what it imports). All
 * elements of all models (input data, decisions, knowledge models, services) are numbered through;
 * an evaluation is an array of values by those numbers, filled on demand. Every element with logic
 * owns a FeelProgram whose slots are its requirements. Floor 3, inside lang/dmn. */
#ifndef LANG_DMN_DMN_INT_H
#define LANG_DMN_DMN_INT_H

#include "base/check.h"
#include "codec/xml.h"
#include "lang/dmn/dmn.h"
#include "lang/feel/feel_build.h"

#include <string.h>

/* Taken from a run's depth for each element that is evaluated inside another. */
#define DMN_DEPTH_A_LEVEL 16u

typedef enum DmnKind { DMN_INPUT, DMN_DECISION, DMN_KNOWLEDGE, DMN_SERVICE } DmnKind;

typedef struct DmnElement DmnElement;

/* What an element requires, and under which import's name it sees it (empty: its own model). */
typedef struct DmnRequirement {
    DmnElement *element;
    Str alias;
} DmnRequirement;

/* Where a slot of a program gets its value. */
typedef struct DmnSlot {
    DmnElement *element; /* NULL: the import alias below, a context of what is required of it */
    Str alias;
} DmnSlot;

typedef enum DmnState { DMN_NEW, DMN_BUSY, DMN_READY } DmnState;

struct DmnElement {
    DmnKind kind;
    Str id, name;
    XmlNode *xml;
    DmnModel *model;
    uint32_t index;
    DmnState state;
    uint32_t mark;          /* of the last walk that came here */
    const FeelType *type;   /* declared, or what is known of its logic */
    const FeelType *declared; /* NULL: none */
    bool recursive;         /* a knowledge model that requires itself */
    DmnRequirement *requirements;
    size_t requirement_count;
    const FeelProgram *program; /* NULL: no logic, or a fault */
    const Err *fault;           /* why it cannot be evaluated */
    FeelPlace place;
    DmnSlot *slots;
    /* Services. */
    DmnElement **outputs;
    size_t output_count;
    DmnElement **inputs; /* input data, then input decisions: the parameters */
    size_t input_count;
    const FeelForeign *function;
    DmnElement **members; /* what a call may evaluate, by index; the inputs among them */
    size_t member_count;
    DmnElement **leaves; /* decisions: all input data it needs */
    size_t leaf_count;
};

typedef struct DmnItem {
    Str name;
    XmlNode *xml;
    FeelType *type;
    DmnState state;
    Str allowed; /* text of its allowed values, for output order */
} DmnItem;

typedef struct DmnImport {
    Str alias, space;
    DmnModel *model;
} DmnImport;

struct DmnDecision {
    const DmnElement *element;
};

typedef struct DmnLoader {
    Arena *arena;
    DmnOptions options;
    DmnModel **models;
    size_t model_count;
    uint32_t element_count;
    uint32_t mark; /* the number of the last walk over elements */
    const Err **faults; /* of all models */
    size_t fault_count; /* at most DMN_FAULTS_KEPT_MAX */
} DmnLoader;

struct DmnModel {
    DmnLoader *loader;
    Str name, space, file;
    XmlNode *root;
    DmnElement **elements;
    size_t element_count;
    DmnItem *items;
    size_t item_count;
    Map item_names, element_ids;
    DmnImport *imports;
    size_t import_count;
    DmnDecision *decisions;
    size_t decision_count;
    FeelName *types; /* item definitions by name, also "import.name" */
    size_t type_count;
    Str *properties;
    size_t property_count;
};

/* ---- faults (model.c) */
/* Keeps a copy in the list; NULL when the memory limit is reached. */
const Err *dmn_fault_add(DmnModel *m, const Err *err);
FeelPlace dmn_place(const DmnModel *m, const XmlNode *n, Str element);
/* The place of the text inside a <text> element. */
FeelPlace dmn_text_place(const DmnModel *m, const XmlNode *n, Str element);
/* Is n an element of DMN (any version, or without namespace) with this name? */
static inline bool dmn_is(const XmlNode *n, const char *name) {
    return n->name.len == strlen(name) && memcmp(n->name.ptr, name, n->name.len) == 0 &&
           (n->space.len == 0 || str_find(n->space, STR("DMN")) >= 0);
}
bool dmn_is_feel(Str language);
XmlNode *dmn_child(const XmlNode *n, const char *name);
XmlNode *dmn_next(const XmlNode *n, const char *name);
Str dmn_text(const XmlNode *n); /* text of the child <text>, or of n itself */

/* ---- item.c */
bool dmn_items_load(DmnModel *m, Err *err);
/* The type a typeRef names; NULL for Any; unknown names are faults at n. */
const FeelType *dmn_type_of(DmnModel *m, const XmlNode *n, Str element);
/* The text of the allowed values of a defined type; empty when it has none. */
Str dmn_type_allowed(const DmnModel *m, const FeelType *t);

/* ---- box.c */
typedef struct DmnBox {
    DmnModel *model;
    FeelBuilder *builder;
    Str element;
    Err *err;
    unsigned depth;
} DmnBox;
FeelNode *dmn_box(DmnBox *box, const XmlNode *n);
/* The first child that is an expression; NULL when there is none. */
XmlNode *dmn_box_child(const XmlNode *n);
/* The next sibling that is an expression. */
XmlNode *dmn_box_next(const XmlNode *n);
FeelNode *dmn_box_text(DmnBox *box, const XmlNode *n);
/* The value brought to a type: constants at once, everything else when it is evaluated. */
FeelNode *dmn_box_coerce(DmnBox *box, FeelNode *value, const FeelType *type);
/* A fault at n; gives NULL. */
FeelNode *dmn_box_fault(DmnBox *box, const XmlNode *n, const Fault *fault, Str a, Str b, Str c);
/* A function definition: formal parameters and one expression. */
FeelNode *dmn_box_function(DmnBox *box, const XmlNode *n, Str self, const FeelType *result);

/* ---- table*.c */
FeelNode *dmn_table(DmnBox *box, const XmlNode *n);
FeelEval dmn_table_eval;

/* ---- element.c */
void dmn_element_compile(DmnElement *e, unsigned depth);

/* ---- evaluate.c */
Value dmn_service_call(const FeelForeign *f, const Value *args, FeelRun *run,
                       const FeelPlace *place);

#endif
