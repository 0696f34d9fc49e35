/* xml.h - XML read into a tree with line numbers (expat behind the door).
 *
 * DTDs and entities beyond the five predefined ones are refused, depth, size, attribute count
 * and node count are limited. Names are (namespace URI, local name) pairs; prefixes are kept
 * for QNames in content. Comments and processing instructions are dropped.
 * Floor 2. Pure; the tree lives in the arena given. */
#ifndef CODEC_XML_H
#define CODEC_XML_H

#include "base/err.h"

#define XML_DEPTH_MAX 256u
#define XML_BYTES_MAX (64u << 20)
#define XML_NODES_MAX 2000000u

typedef struct XmlAttribute {
    Str space; /* namespace URI; empty when there is none */
    Str name;
    Str value;
} XmlAttribute;

typedef struct XmlNode {
    Str space; /* namespace URI */
    Str name;  /* local name */
    uint32_t line, column; /* of the start tag, 1-based */
    const XmlAttribute *attributes;
    size_t attribute_count;
    Str text; /* all character data directly inside, concatenated, untrimmed */
    struct XmlNode *parent;
    struct XmlNode *first_child; /* elements only */
    struct XmlNode *next;        /* next sibling */
    size_t child_count;
    const struct XmlPrefix *prefixes; /* declarations in force here */
} XmlNode;

bool xml_parse(Arena *a, Str text, XmlNode **root, Err *err);
/* Attribute without namespace; *found may be NULL. Empty when absent. */
Str xml_attribute(const XmlNode *n, Str name);
Str xml_attribute_ns(const XmlNode *n, Str space, Str name);
bool xml_has_attribute(const XmlNode *n, Str name);
/* First child element (space NULL/empty: any namespace). NULL when there is none. */
XmlNode *xml_child(const XmlNode *n, Str space, Str name);
/* The next sibling with the same name and namespace as n. */
XmlNode *xml_next_same(const XmlNode *n);
bool xml_is(const XmlNode *n, Str space, Str name);
/* Resolve "p:local" against the prefixes in force at n: the URI and the local part. Without a
 * prefix the default namespace (may be empty). False for an undeclared prefix. */
bool xml_qname(const XmlNode *n, Str qname, Str *space, Str *local);

#define XML_FAULTS(X)                                                                        \
    X(xml_syntax, INPUT, 400, false, "This is not well-formed XML: {1}.", "XML 格式有误：{1}。") \
    X(xml_doctype, INPUT, 400, false,                                                        \
      "Document types (DOCTYPE) are not accepted; remove it.", "不接受 DOCTYPE 声明，请删除。") \
    X(xml_limit, INPUT, 413, false, "The XML exceeds a limit: {1}.", "XML 超出限制：{1}。")
FAULT_DECLARE(XML_FAULTS)

#endif
