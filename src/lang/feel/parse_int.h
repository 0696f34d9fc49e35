/* parse_int.h - what the parser's files share: the builder with its scope, and the reader of one
 * text. Names are resolved while parsing, because in FEEL the scope decides what a name is.
 * Floor 3, inside lang/feel. */
#ifndef LANG_FEEL_PARSE_INT_H
#define LANG_FEEL_PARSE_INT_H

#include "lang/feel/feel_int.h"

#define FEEL_NAME_WORDS_MAX 40u   /* words and symbols in one name */
#define FEEL_NAME_BYTES_MAX 1000u

typedef struct FeelBinding {
    Str name; /* canonical */
    Str given; /* as declared */
    uint32_t index;
    const FeelType *type;
} FeelBinding;

/* The function (or program) whose body is being read. */
typedef struct FeelCodeScope {
    struct FeelCodeScope *parent;
    FeelCode *code;
    uint32_t next_local;
    FeelCapture *captures;
    uint32_t capture_count, capture_capacity;
    Str self; /* canonical name under which the code may call itself */
} FeelCodeScope;

typedef struct FeelBlock {
    struct FeelBlock *parent;
    FeelCodeScope *code;
    FeelBinding *bindings;
    uint32_t count, capacity;
    uint32_t saved_next_local;
    bool filter;     /* names may be fields of the item */
    bool used;       /* the item (or "partial") was read */
    uint32_t item;   /* local of the item */
    const FeelType *item_type;
} FeelBlock;

struct FeelBuilder {
    Arena *arena;
    Err *err;
    Err own_err; /* used when the caller gave none */
    const FeelSource *source;
    uint32_t offset; /* for nodes not made from text */
    FeelScope scope;
    Map globals;     /* canonical name -> FeelName of the scope */
    Map slots;       /* canonical name -> slot index + 1 */
    FeelBinding *slot_bindings;
    uint32_t slot_count, slot_capacity;
    Map properties;  /* canonical name -> Str as given */
    FeelCodeScope *code;
    FeelBlock *block;
    FeelCodeScope root_code;
    FeelBlock root_block;
    uint32_t max_words;
    uint32_t input_uses; /* how often "?" was read so far */
    uint32_t depth;
    bool unary;      /* the program is unary tests: local 0 is "?" */
    FeelReason *notes; /* operations that can never work */
    size_t note_count;
    Str pending_self; /* the key under which the function read next may call itself */
};

/* The reader of one text. */
typedef struct FeelParser {
    FeelBuilder *b;
    const FeelSource *source;
    Str text;
    size_t at;
    bool endpoint; /* reading the upper end of an interval: "[" may close it */
} FeelParser;

/* ---- lex.c */
bool feel_name_start(uint32_t c);
bool feel_name_part(uint32_t c);
void lex_skip(FeelParser *p);
bool lex_at(FeelParser *p, const char *symbol); /* after blanks; does not move */
bool lex_accept(FeelParser *p, const char *symbol);
bool lex_expect(FeelParser *p, const char *symbol);
/* The word at the present place (empty when there is none); *end is behind it. */
Str lex_word(FeelParser *p, size_t *end);
bool lex_at_word(FeelParser *p, const char *word);
bool lex_accept_word(FeelParser *p, const char *word);
bool lex_expect_word(FeelParser *p, const char *word);
bool lex_reserved(Str word);
bool lex_number(FeelParser *p, Value *out);
bool lex_string(FeelParser *p, Str *out);
/* Fault "expected ..., found ..." at the present place. Returns NULL. */
FeelNode *lex_fault(FeelParser *p, const char *expected);
FeelNode *lex_fault_at(FeelParser *p, size_t at, const Fault *fault, Str a, Str b);
/* Canonical form of a name: words joined by one blank, none around symbols. */
Str lex_canonical(Arena *a, Str name, uint32_t *words);
/* A new name (of a parameter, key or variable) up to one of the stop characters or words. */
bool lex_new_name(FeelParser *p, const char *stops, const char *stop_word, Str *out);
/* The longest name at the present place for which known() holds; canonical. */
typedef bool LexKnown(const void *context, Str canonical);
bool lex_longest(FeelParser *p, LexKnown *known, const void *context, Str *canonical, size_t *end,
                 uint32_t *words);
/* All words up to one that is reserved: the name a reader sees. */
Str lex_greedy(FeelParser *p, size_t *end);

/* ---- scope.c */
void scope_property(FeelBuilder *b, Str name);
void scope_properties_of_type(FeelBuilder *b, const FeelType *t, unsigned depth);
FeelBlock *scope_push(FeelBuilder *b);
void scope_pop(FeelBuilder *b);
uint32_t scope_declare(FeelBuilder *b, Str name, const FeelType *type);
uint32_t scope_new_local(FeelBuilder *b);
void scope_bind(FeelBuilder *b, Str name, uint32_t index, const FeelType *type);
bool scope_known(const FeelBuilder *b, Str canonical);
FeelNode *scope_resolve(FeelParser *p, size_t at, Str canonical, Str given);
void scope_code_begin(FeelBuilder *b, FeelCode *code, Str self);
void scope_code_end(FeelBuilder *b);
const FeelType *scope_type(FeelBuilder *b, Str name);

/* ---- check_types.c: a note when the node can never have a value; its type when that is known. */
void check_node(FeelBuilder *b, FeelNode *n);

/* ---- link.c */
FeelNode *node_new(FeelBuilder *b, const FeelSource *source, size_t offset, FeelOp op);
/* Evaluator, height, constant folding; returns the node to use. NULL stays NULL. */
FeelNode *node_link(FeelBuilder *b, FeelNode *n);
FeelNode *node_constant(FeelBuilder *b, const FeelSource *source, size_t offset, Value v);

/* ---- parse*.c */
FeelNode *parse_expression(FeelParser *p);
FeelNode *parse_primary(FeelParser *p);
FeelNode *parse_postfix(FeelParser *p);
FeelNode *parse_additive(FeelParser *p);
FeelNode *parse_tests(FeelParser *p, uint32_t input);
FeelNode *parse_test(FeelParser *p, uint32_t input);
FeelNode *parse_unary_form(FeelParser *p);
FeelNode *parse_for(FeelParser *p, size_t at, FeelOp op);
FeelNode *parse_function(FeelParser *p, size_t at);
FeelNode *parse_context(FeelParser *p);
FeelNode *parse_bracket(FeelParser *p);
FeelNode *parse_paren(FeelParser *p);
FeelNode *parse_arguments(FeelParser *p, size_t at, FeelNode *callee, const FeelBuiltin *builtin);
FeelNode *parse_interval(FeelParser *p, size_t at, FeelNode *low, bool low_closed);
const FeelType *parse_type(FeelParser *p, bool *known);
/* external.c: the function named by the mapping information of an external function. */
const FeelForeign *feel_external_find(Arena *a, const FeelNode *mapping, const FeelCode *code);
bool parse_enter(FeelParser *p);
void parse_leave(FeelParser *p);

#endif
