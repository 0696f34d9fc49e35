/* xml.c - builds the tree of an XML document out of what expat reports.
 *
 * Expat reads the text in one piece and calls us for every start tag, end tag, run of
 * characters and declaration of a prefix. Names come as "uri FF local FF prefix": the form feed
 * is no XML character, so it can stand in none of the three.
 *
 *   open elements, one level each          tree
 *   levels[0]  <definitions>  text so far   node -> first_child -> next -> ...
 *   levels[1]  <process>      text so far            (each with its parent)
 *   levels[2]  <task>         text so far
 *
 * Character data arrives in pieces (at every line end and entity) and may be interrupted by
 * children, so each level gathers the text of its open element in a buffer that its later
 * elements use again; at the end tag the text is copied once, in its exact size.
 *
 * Prefixes in force are a list from the innermost declaration outwards. A node points to its
 * head and shares the tail with its parent: nothing is copied, and QNames in content (BPMN and
 * DMN have them: typeRef, itemSubjectRef) can be resolved at any time.
 *
 * What is refused, beyond what is not well-formed: a DOCTYPE (and with it every entity of the
 * author's own, so no expansion bomb and no file inclusion can exist), texts that are not UTF-8
 * or say so, and whatever passes the limits of xml.h. Reading stops at the first fault. */
#include "codec/xml.h"

#include <expat.h>
#include <strings.h>

#include "base/check.h"

FAULT_DEFINE(XML_FAULTS)

#define NAME_SEPARATOR '\f'
#define XML_NAMESPACE STR("http://www.w3.org/XML/1998/namespace")

typedef struct Level {
    XmlNode *node;
    XmlNode *last_child;
    Buf text;
} Level;

typedef struct Builder {
    XML_Parser parser;
    Str text;
    Arena *arena;
    Err *err;
    bool refused;
    XmlNode *root;
    size_t node_count;
    size_t depth; /* open elements; levels[depth - 1] is the innermost */
    Level levels[XML_DEPTH_MAX];
    const XmlPrefix *declared; /* in force where the next element starts */
} Builder;

/* ---- Faults ---- */

static void refuse_in(Builder *b, uint32_t line, uint32_t column, const Fault *fault, Str first,
                      Str second)
{
    if (b->refused)
        return;
    b->refused = true;
    err_set(b->err, fault, first, second);
    err_at(b->err, STR_NONE, line, column);
    XML_StopParser(b->parser, XML_FALSE);
}

/* Where expat stands. */
static void refuse(Builder *b, const Fault *fault, Str first, Str second)
{
    refuse_in(b, (uint32_t)XML_GetCurrentLineNumber(b->parser),
              (uint32_t)XML_GetCurrentColumnNumber(b->parser) + 1, fault, first, second);
}

/* At a byte of the text; all before it is UTF-8. */
static void refuse_at(Builder *b, size_t at, const Fault *fault, Str first)
{
    uint32_t line = 1;
    size_t line_start = 0;
    for (size_t i = 0; i < at; i++)
        if (b->text.ptr[i] == '\n') {
            line++;
            line_start = i + 1;
        }
    uint32_t column = (uint32_t)utf8_count(str_slice(b->text, line_start, at)) + 1;
    refuse_in(b, line, column, fault, first, STR_NONE);
}

static Str number_text(Builder *b, size_t n)
{
    return arena_printf(b->arena, "%zu", n);
}

/* Marks the builder refused when the arena is full; then what it handed out must not be kept. */
static bool memory_is_left(Builder *b)
{
    if (arena_failed(b->arena))
        refuse(b, &fault_out_of_memory, STR("XML"), STR_NONE);
    return !b->refused;
}

/* ---- Handlers ---- */

/* "uri FF local FF prefix", "uri FF local" or "local". */
static void split_name(Builder *b, const XML_Char *reported, Str *space, Str *name)
{
    Str rest = str_from(reported);
    Str first = str_split(&rest, NAME_SEPARATOR);
    *space = STR_NONE;
    *name = first;
    if (rest.ptr != NULL) {
        *space = str_equal(first, XML_NAMESPACE) ? XML_NAMESPACE : arena_copy(b->arena, first);
        *name = str_split(&rest, NAME_SEPARATOR);
    }
    *name = arena_copy(b->arena, *name);
}

static void on_prefix(void *context, const XML_Char *prefix, const XML_Char *uri)
{
    Builder *b = context;
    XmlPrefix *declared = arena_new(b->arena, XmlPrefix);
    if (b->refused || !memory_is_left(b))
        return;
    declared->prefix = arena_copy(b->arena, str_from(prefix));
    declared->uri = arena_copy(b->arena, str_from(uri));
    declared->outer = b->declared;
    if (memory_is_left(b))
        b->declared = declared;
}

static bool add_attributes(Builder *b, XmlNode *node, const XML_Char **reported)
{
    size_t count = 0;
    while (reported[2 * count] != NULL)
        count++;
    if (count > XML_ATTRIBUTES_MAX) {
        refuse(b, &fault_xml_attributes, node->name, number_text(b, XML_ATTRIBUTES_MAX));
        return false;
    }
    if (count == 0)
        return true;
    XmlAttribute *attributes = arena_new_array(b->arena, XmlAttribute, count);
    if (attributes == NULL || !memory_is_left(b))
        return false;
    for (size_t i = 0; i < count; i++) {
        split_name(b, reported[2 * i], &attributes[i].space, &attributes[i].name);
        attributes[i].value = arena_copy(b->arena, str_from(reported[2 * i + 1]));
    }
    node->attributes = attributes;
    node->attribute_count = count;
    return memory_is_left(b);
}

/* Hang the node under the innermost open element. */
static void link_node(Builder *b, XmlNode *node)
{
    if (b->depth == 0) {
        check(b->root == NULL);
        b->root = node;
        return;
    }
    Level *around = &b->levels[b->depth - 1];
    node->parent = around->node;
    if (around->last_child == NULL)
        around->node->first_child = node;
    else
        around->last_child->next = node;
    around->last_child = node;
    around->node->child_count++;
}

static void on_start(void *context, const XML_Char *name, const XML_Char **attributes)
{
    Builder *b = context;
    if (b->refused)
        return;
    if (b->depth == XML_DEPTH_MAX) {
        refuse(b, &fault_xml_depth, number_text(b, XML_DEPTH_MAX), STR_NONE);
        return;
    }
    if (b->node_count++ == XML_NODES_MAX) {
        refuse(b, &fault_xml_nodes, number_text(b, XML_NODES_MAX), STR_NONE);
        return;
    }
    XmlNode *node = arena_new(b->arena, XmlNode);
    if (!memory_is_left(b))
        return;
    split_name(b, name, &node->space, &node->name);
    node->line = (uint32_t)XML_GetCurrentLineNumber(b->parser);
    node->column = (uint32_t)XML_GetCurrentColumnNumber(b->parser) + 1;
    node->prefixes = b->declared;
    if (!memory_is_left(b) || !add_attributes(b, node, attributes))
        return;
    link_node(b, node);
    Level *level = &b->levels[b->depth++];
    level->node = node;
    level->last_child = NULL;
    if (level->text.arena == NULL)
        level->text = buf_new(b->arena, 0);
    buf_clear(&level->text);
}

static void on_end(void *context, const XML_Char *name)
{
    Builder *b = context;
    (void)name;
    if (b->refused)
        return;
    check(b->depth > 0);
    Level *level = &b->levels[--b->depth];
    if (level->text.len > 0)
        level->node->text = arena_copy(b->arena, buf_text(&level->text));
    b->declared = level->node->parent != NULL ? level->node->parent->prefixes : NULL;
    memory_is_left(b);
}

static void on_text(void *context, const XML_Char *text, int len)
{
    Builder *b = context;
    if (b->refused)
        return;
    check(b->depth > 0);
    buf_add(&b->levels[b->depth - 1].text, (Str){text, (size_t)len});
    memory_is_left(b);
}

static void on_doctype(void *context, const XML_Char *name, const XML_Char *system_id,
                       const XML_Char *public_id, int has_internal_subset)
{
    (void)name, (void)system_id, (void)public_id, (void)has_internal_subset;
    /* Expat is somewhere behind the name by now; the declaration began before. */
    Builder *b = context;
    XML_Index index = XML_GetCurrentByteIndex(b->parser);
    check(index >= 0 && (size_t)index <= b->text.len);
    size_t at = (size_t)index;
    while (at > 0 && !str_starts(str_slice(b->text, at, b->text.len), STR("<!DOCTYPE")))
        at--;
    refuse_at(b, at, &fault_xml_doctype, STR_NONE);
}

static bool is_ascii(Str text)
{
    unsigned char all = 0;
    for (size_t i = 0; i < text.len; i++)
        all |= (unsigned char)text.ptr[i];
    return all < 0x80;
}

/* Tools declare windows-1252 or GB 18030 and write ASCII; such a text is UTF-8 all the same. The
 * other encodings called UTF are not made of ASCII bytes, so one of them is a false statement. */
static void on_declaration(void *context, const XML_Char *version, const XML_Char *encoding,
                           int standalone)
{
    Builder *b = context;
    (void)version, (void)standalone;
    if (encoding == NULL || strcasecmp(encoding, "UTF-8") == 0)
        return;
    if (strncasecmp(encoding, "UTF", 3) == 0 || !is_ascii(b->text))
        refuse(b, &fault_xml_encoding, str_from(encoding), STR_NONE);
}

/* ---- The whole document ---- */

/* A text of 16-bit characters is told by its first bytes: a byte order mark, or a "<" with a
 * zero beside it. */
static bool is_utf16(Str text)
{
    return str_starts(text, STR("\xff\xfe")) || str_starts(text, STR("\xfe\xff")) ||
           str_starts(text, STR("<\0")) || str_starts(text, STR("\0<"));
}

/* Bytes that are no UTF-8, at the place where they stand. */
static void refuse_bytes(Builder *b, size_t bad_at)
{
    Buf bytes = buf_new(b->arena, 16);
    buf_add_text(&bytes, "0x");
    Str bad = str_slice(b->text, bad_at, bad_at + 2);
    buf_add_hex(&bytes, bad.ptr, bad.len);
    refuse_at(b, bad_at, &fault_xml_encoding, buf_text(&bytes));
}

/* Expat stopped by itself: its error becomes a fault of ours. */
static void refuse_as_expat_says(Builder *b)
{
    static const struct {
        enum XML_Error code;
        const Fault *fault;
    } rows[] = {
        {XML_ERROR_NO_ELEMENTS, &fault_xml_empty},
        {XML_ERROR_DUPLICATE_ATTRIBUTE, &fault_xml_attribute_twice},
        {XML_ERROR_UNBOUND_PREFIX, &fault_xml_prefix},
        {XML_ERROR_UNDEFINED_ENTITY, &fault_xml_entity},
        {XML_ERROR_JUNK_AFTER_DOC_ELEMENT, &fault_xml_after_end},
        {XML_ERROR_INVALID_TOKEN, &fault_xml_token},
        {XML_ERROR_TAG_MISMATCH, &fault_xml_mismatch},
        {XML_ERROR_UNCLOSED_TOKEN, &fault_xml_unclosed},
        {XML_ERROR_UNCLOSED_CDATA_SECTION, &fault_xml_unclosed},
        {XML_ERROR_PARTIAL_CHAR, &fault_xml_unclosed},
    };
    enum XML_Error code = XML_GetErrorCode(b->parser);
    const XmlNode *open = b->depth > 0 ? b->levels[b->depth - 1].node : NULL;
    Str name = open != NULL ? open->name : STR_NONE;
    Str line = open != NULL ? number_text(b, open->line) : STR_NONE;
    size_t bad_at = 0;
    if (!utf8_valid(b->text, &bad_at)) {
        refuse_bytes(b, bad_at);
        return;
    }
    if (code == XML_ERROR_NO_MEMORY) {
        refuse(b, &fault_out_of_memory, STR("XML"), STR_NONE);
        return;
    }
    if (code == XML_ERROR_NO_ELEMENTS && open != NULL) {
        refuse(b, &fault_xml_unclosed, name, line);
        return;
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool names_open = rows[i].fault == &fault_xml_unclosed;
        if (rows[i].code == code && (!names_open || open != NULL)) {
            refuse(b, rows[i].fault, name, line);
            return;
        }
    }
    refuse(b, &fault_xml_syntax, str_from(XML_ErrorString(code)), STR_NONE);
}

static void set_handlers(Builder *b)
{
    XML_SetUserData(b->parser, b);
    XML_SetReturnNSTriplet(b->parser, 1);
    XML_SetElementHandler(b->parser, on_start, on_end);
    XML_SetCharacterDataHandler(b->parser, on_text);
    XML_SetStartNamespaceDeclHandler(b->parser, on_prefix);
    XML_SetStartDoctypeDeclHandler(b->parser, on_doctype);
    XML_SetXmlDeclHandler(b->parser, on_declaration);
}

bool xml_parse(Arena *a, Str text, XmlNode **root, Err *err)
{
    if (text.len > XML_BYTES_MAX)
        return err_set(err, &fault_xml_size, arena_printf(a, "%u", XML_BYTES_MAX));
    if (is_utf16(text)) {
        err_set(err, &fault_xml_encoding, STR("UTF-16"));
        err_at(err, STR_NONE, 1, 1);
        return false;
    }
    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = str_slice(text, 3, text.len);
    Builder *b = arena_new(a, Builder);
    if (b == NULL || arena_failed(a))
        return err_set(err, &fault_out_of_memory, STR("XML"));
    b->arena = a;
    b->text = text;
    b->err = err;
    b->parser = XML_ParserCreateNS("UTF-8", NAME_SEPARATOR);
    if (b->parser == NULL)
        return err_set(err, &fault_out_of_memory, STR("XML"));
    set_handlers(b);
    enum XML_Status status =
        XML_Parse(b->parser, text.ptr != NULL ? text.ptr : "", (int)text.len, XML_TRUE);
    if (status != XML_STATUS_OK && !b->refused)
        refuse_as_expat_says(b);
    XML_ParserFree(b->parser);
    if (b->refused)
        return false;
    check(b->root != NULL && b->depth == 0);
    *root = b->root;
    return true;
}

/* ---- Questions to the tree ---- */

static const XmlAttribute *find_attribute(const XmlNode *n, Str space, Str name)
{
    for (size_t i = 0; i < n->attribute_count; i++)
        if (str_equal(n->attributes[i].name, name) && str_equal(n->attributes[i].space, space))
            return &n->attributes[i];
    return NULL;
}

Str xml_attribute_ns(const XmlNode *n, Str space, Str name)
{
    const XmlAttribute *found = find_attribute(n, space, name);
    return found != NULL ? found->value : STR_NONE;
}

Str xml_attribute(const XmlNode *n, Str name)
{
    return xml_attribute_ns(n, STR_NONE, name);
}

bool xml_has_attribute(const XmlNode *n, Str name)
{
    return find_attribute(n, STR_NONE, name) != NULL;
}

bool xml_is(const XmlNode *n, Str space, Str name)
{
    return str_equal(n->name, name) && (space.len == 0 || str_equal(n->space, space));
}

XmlNode *xml_child(const XmlNode *n, Str space, Str name)
{
    XmlNode *child = n->first_child;
    while (child != NULL && !xml_is(child, space, name))
        child = child->next;
    return child;
}

XmlNode *xml_next_same(const XmlNode *n)
{
    XmlNode *sibling = n->next;
    while (sibling != NULL &&
           !(str_equal(sibling->name, n->name) && str_equal(sibling->space, n->space)))
        sibling = sibling->next;
    return sibling;
}

bool xml_qname(const XmlNode *n, Str qname, Str *space, Str *local)
{
    Str rest = qname;
    Str prefix = str_split(&rest, ':');
    bool prefixed = rest.ptr != NULL;
    Str name = prefixed ? rest : prefix;
    if (!prefixed)
        prefix = STR_NONE;
    if (name.len == 0 || str_find(name, STR(":")) >= 0 || (prefixed && prefix.len == 0))
        return false;
    const XmlPrefix *declared = n->prefixes;
    while (declared != NULL && !str_equal(declared->prefix, prefix))
        declared = declared->outer;
    bool builtin = str_equal(prefix, STR("xml"));
    if (declared == NULL && prefixed && !builtin)
        return false;
    *space = declared != NULL ? declared->uri : builtin ? XML_NAMESPACE : STR_NONE;
    *local = name;
    return true;
}
