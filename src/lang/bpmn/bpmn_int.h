/* bpmn_int.h - what the parts of the BPMN reader share: the model while it is being built.
 *
 * Reading has three passes over one process: read (bpmn_read.c, bpmn_event.c, bpmn_extension.c:
 * XML to elements, names still names), link (bpmn_link.c: names to indexes, flows sorted to
 * their elements, reach of joins), check (bpmn_check.c: the rules). A fault is noted and reading
 * goes on; link and check run only on what was read without fault.
 * Floor 3, inside lang/bpmn. */
#ifndef LANG_BPMN_BPMN_INT_H
#define LANG_BPMN_BPMN_INT_H

#include "base/check.h"
#include "base/map.h"
#include "codec/xml.h"
#include "lang/bpmn/bpmn.h"

#define BPMN_SPACE STR("http://www.omg.org/spec/BPMN/20100524/MODEL")
#define ZEEBE_SPACE STR("http://camunda.org/schema/zeebe/1.0")
#define CAMUNDA_SPACE STR("http://camunda.org/schema/1.0/bpmn")
#define XSI_SPACE STR("http://www.w3.org/2001/XMLSchema-instance")

/* Names of element id -> index. */
struct BpmnNames {
    Map map; /* value: (void *)(index + 1) */
};

/* An element while it is read; what it names stands in node. */
typedef struct Draft {
    BpmnElement *elements;
    const XmlNode **nodes; /* of each element */
    uint32_t count, capacity;
    BpmnFlow *flows;
    const XmlNode **flow_nodes;
    uint32_t *flow_scopes; /* the element the flow stands in */
    uint32_t flow_count, flow_capacity;
    const XmlNode **associations;
    uint32_t association_count, association_capacity;
    struct BpmnNames *names;
} Draft;

typedef struct Reader {
    Arena *a;       /* what stays: elements, flows, texts, programs */
    Arena *scratch; /* the XML tree and everything that ends with reading */
    Str path;
    BpmnFaults *faults;
    size_t fault_capacity; /* 1 at first: most models have no fault */
    Map roots; /* id -> XmlNode of message, error, escalation, signal, event definition */
    Map ids;   /* every id of the file -> XmlNode */
    BpmnProcess *processes;
    uint32_t process_count;
} Reader;

/* Note a fault at a node (element id: of the nearest node that has one). Returns false. */
bool bpmn_fault_note(Reader *r, const XmlNode *node, const Fault *fault, const char *file,
                     int line, const Str *args, size_t count);
#define bpmn_fault(r, node, fault, ...)                                                     \
    bpmn_fault_note((r), (node), (fault), __FILE__, __LINE__,                               \
                    (const Str[]){STR_NONE, ##__VA_ARGS__},                                 \
                    sizeof((const Str[]){STR_NONE, ##__VA_ARGS__}) / sizeof(Str))

/* An attribute (empty: absent) that stays with the model. */
Str bpmn_kept(Reader *r, const XmlNode *node, Str name);

/* ---- bpmn_read.c */
void bpmn_read_process(Reader *r, const XmlNode *node, BpmnProcess *out);

/* ---- bpmn_expression.c */
/* A text where "=..." or "${...}" is an expression and everything else is fixed. */
void bpmn_read_value(Reader *r, const XmlNode *node, Str text, BpmnExpression *out);
/* A text that is an expression with or without the "=". */
void bpmn_read_formula(Reader *r, const XmlNode *node, Str text, BpmnExpression *out);
/* A formula from a formalExpression node (checks its language). */
void bpmn_read_formal(Reader *r, const XmlNode *node, BpmnExpression *out);

/* ---- bpmn_event.c */
/* The event definitions of an event node; false: none could be read. */
void bpmn_read_events(Reader *r, Draft *d, uint32_t index);
/* The event definition that an attribute names, as something thrown; NULL with a fault. */
const BpmnEvent *bpmn_read_thrown(Reader *r, const XmlNode *node, Str attribute);
/* The first event definition inside a node, as something thrown; NULL with a fault. */
const BpmnEvent *bpmn_read_inner_thrown(Reader *r, const XmlNode *node);
/* The message of a send or receive task as its only event. */
void bpmn_read_task_message(Reader *r, Draft *d, uint32_t index);

/* ---- bpmn_extension.c */
void bpmn_read_extensions(Reader *r, Draft *d, uint32_t index);
/* multiInstanceLoopCharacteristics or standardLoopCharacteristics. */
void bpmn_read_loop(Reader *r, Draft *d, uint32_t index, const XmlNode *node);

/* ---- bpmn_link.c, bpmn_check.c */
void bpmn_link(Reader *r, Draft *d);
void bpmn_check(Reader *r, const Draft *d);

/* ---- bpmn_collaboration.c: rules over the whole file, after its processes. */
void bpmn_check_file(Reader *r, const XmlNode *definitions);

/* The task part of an element, made when first asked for. */
BpmnTask *bpmn_task_of(Reader *r, BpmnElement *e);
/* A boolean attribute; a value that is no xs:boolean is a fault. */
bool bpmn_read_flag(Reader *r, const XmlNode *node, Str name, bool fallback);

#endif
