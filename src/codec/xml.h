/* xml.h - XML read into a tree with line numbers (expat behind the door).
 *
 * DTDs and entities beyond the five predefined ones are refused, depth, size, attribute count
 * and node count are limited. Names are (namespace URI, local name) pairs; prefixes are kept
 * for QNames in content. Comments and processing instructions are dropped. The text is
 * UTF-8; one that is all ASCII may declare any encoding built on ASCII.
 * Floor 2. Pure; the tree lives in the arena given. */
#ifndef CODEC_XML_H
#define CODEC_XML_H

#include "base/err.h"

#define XML_DEPTH_MAX 256u
#define XML_BYTES_MAX (64u << 20)
#define XML_NODES_MAX 2000000u
#define XML_ATTRIBUTES_MAX 256u /* of one element, declarations of prefixes not counted */

/* A declaration xmlns:prefix="uri"; the innermost stands first. */
typedef struct XmlPrefix {
    Str prefix; /* empty: the default namespace */
    Str uri;    /* empty: xmlns="" */
    const struct XmlPrefix *outer; /* NULL: no more */
} XmlPrefix;

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
    const XmlPrefix *prefixes; /* declarations in force here; NULL: none */
} XmlNode;

/* Read a whole document; *root and everything under it live in a. */
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
/* Resolve "p:local" (p may be "xml") against the prefixes in force at n: the URI and the local
 * part. Without a prefix the default namespace (may be empty). False for an undeclared prefix
 * and for what is no QName. */
bool xml_qname(const XmlNode *n, Str qname, Str *space, Str *local);

/* All carry line and column. xml_syntax is what has no row of its own, in expat's words. */
#define XML_FAULTS(X)                                                                          \
    X(xml_size, INPUT, 413, false, "The XML is longer than {1} bytes.", "XML 超过 {1} 字节。") \
    X(xml_encoding, INPUT, 400, false,                                                         \
      "The XML is not in UTF-8 (found: {1}). Save it as UTF-8 and declare no other encoding.", \
      "XML 不是 UTF-8 编码（实际为 {1}），请另存为 UTF-8，并且不要声明其他编码。")             \
    X(xml_doctype, INPUT, 400, false,                                                          \
      "Document types (DOCTYPE) are not accepted; remove it.", "不接受 DOCTYPE 声明，请删除。") \
    X(xml_empty, INPUT, 400, false, "There is no XML element here.", "没有任何 XML 元素。")    \
    X(xml_depth, INPUT, 400, false, "The XML is nested deeper than {1} levels.",               \
      "XML 嵌套超过 {1} 层。")                                                                 \
    X(xml_nodes, INPUT, 413, false, "The XML has more than {1} elements.",                     \
      "XML 超过 {1} 个元素。")                                                                 \
    X(xml_attributes, INPUT, 400, false, "The element <{1}> has more than {2} attributes.",    \
      "元素 <{1}> 的属性超过 {2} 个。")                                                        \
    X(xml_unclosed, INPUT, 400, false, "The element <{1}> of line {2} is never closed.",       \
      "第 {2} 行的元素 <{1}> 没有结束标签。")                                                  \
    X(xml_mismatch, INPUT, 400, false,                                                         \
      "The end tag here does not belong to the element <{1}> of line {2}.",                    \
      "此处的结束标签与第 {2} 行的元素 <{1}> 不对应。")                                        \
    X(xml_attribute_twice, INPUT, 400, false, "An attribute stands twice in one element.",     \
      "同一元素中重复出现属性。")                                                              \
    X(xml_prefix, INPUT, 400, false, "A prefix is used that no xmlns attribute declares.",     \
      "使用了没有用 xmlns 声明的前缀。")                                                       \
    X(xml_entity, INPUT, 400, false,                                                           \
      "Only the entities &amp; &lt; &gt; &quot; &apos; exist here; write others as characters.", \
      "只能使用 &amp; &lt; &gt; &quot; &apos; 五个实体，其他字符请直接写出。")                 \
    X(xml_after_end, INPUT, 400, false, "There is more text behind the end of the root element.", \
      "根元素结束之后还有多余的内容。")                                                        \
    X(xml_token, INPUT, 400, false,                                                            \
      "This is not well-formed XML: the characters here form no tag, no attribute and no text " \
      "(a bare & or < in text is written &amp; or &lt;).",                                     \
      "XML 格式有误：此处不是有效的标签、属性或文本（文本中的 & 和 < 应写作 &amp; 和 &lt;）。") \
    X(xml_syntax, INPUT, 400, false, "This is not well-formed XML: {1}.", "XML 格式有误：{1}。")
FAULT_DECLARE(XML_FAULTS)

#endif
