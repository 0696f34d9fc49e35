/* bpmn_expression.c - the texts of a model that may be expressions.
 *
 *     zeebe text     "=amount > 5"            FEEL after the "="
 *     camunda text   "${amount > 5}"          the small part of JUEL below, rewritten to FEEL
 *     other text     "clerk"                  fixed, as it stands
 *     formula        conditions, timers, ...  FEEL with or without "="
 *
 * JUEL is rewritten token by token: == eq → =, != ne → !=, && and → and, || or → or, lt gt le ge
 * → < > <= >=, 'x' → "x", !name → not(name), empty name → (name = null or name = ""). Method
 * calls and everything else that FEEL would read differently are refused, never guessed.
 *
 * Names of variables are not known when a model is read, so expressions are compiled with an open
 * scope: every unknown name becomes a slot that the process fills from its variables. A variable
 * may be called like a builtin ("number", "sum"): a word that is not called stands for a variable,
 * so such words are declared to FEEL, where a declared name goes before a builtin. */
#include "lang/bpmn/bpmn_int.h"
#include "lang/feel/feel.h"

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_' || (unsigned char)c >= 0x80;
}

static bool is_keyword(Str word)
{
    static const char *const words[] = {
        "if", "then", "else", "for", "in", "return", "some", "every", "satisfies", "and", "or",
        "not", "between", "instance", "of", "true", "false", "null", "function", "external",
        "item", "partial"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (str_equal(word, str_from(words[i]))) {
            return true;
        }
    }
    return word.ptr[0] >= '0' && word.ptr[0] <= '9';
}

/* Behind a string literal that begins at `at`. */
static size_t skip_string(Str text, size_t at)
{
    for (at++; at < text.len && text.ptr[at] != '"'; at++) {
        at += text.ptr[at] == '\\';
    }
    return at + 1;
}

/* The words of a formula that can only be variables: not called, not behind a dot. */
static FeelName *variable_words(Arena *a, Str text, size_t *count)
{
    FeelName *names = arena_new_array(a, FeelName, text.len / 2 + 2);
    Map seen = map_new(a);
    *count = 0;
    for (size_t at = 0; names && at < text.len;) {
        if (text.ptr[at] == '"') {
            at = skip_string(text, at);
            continue;
        }
        size_t from = at;
        while (at < text.len && is_name_char(text.ptr[at])) {
            at++;
        }
        Str word = str_slice(text, from, at);
        size_t next = at;
        while (next < text.len && (text.ptr[next] == ' ' || text.ptr[next] == '\n')) {
            next++;
        }
        bool called = next < text.len && text.ptr[next] == '(';
        bool field = from > 0 && text.ptr[from - 1] == '.';
        if (word.len && !called && !field && !is_keyword(word) && !map_has(&seen, word)) {
            map_put(&seen, word, names);
            names[(*count)++] = (FeelName){word, NULL};
        }
        at += word.len == 0;
    }
    return names;
}

static void compile(Reader *r, const XmlNode *node, Str formula, BpmnExpression *out)
{
    FeelScope scope = {.open = true};
    scope.names = variable_words(r->scratch, formula, &scope.count);
    FeelPlace place = {.file = r->path, .line = node->line, .column = node->column};
    Err err = {0};
    const FeelProgram *program = NULL;
    if (!feel_compile(r->a, formula, place, &scope, &program, &err)) {
        Buf text = buf_new(r->scratch, 128);
        err_text(&err, LANG_EN, &text);
        bpmn_fault(r, node, &fault_bpmn_expression, formula, buf_text(&text));
        return;
    }
    out->program = program;
}

typedef struct Juel {
    Str text;
    size_t at;
    Buf out;
    bool odd; /* something that cannot be rewritten */
} Juel;

static Str juel_word(Juel *j)
{
    size_t from = j->at;
    while (j->at < j->text.len &&
           (is_name_char(j->text.ptr[j->at]) || j->text.ptr[j->at] == '.')) {
        j->at++;
    }
    return str_slice(j->text, from, j->at);
}

/* word := name | number | keyword; a name followed by "(" is a method call: odd. */
static void juel_take_word(Juel *j)
{
    static const char *const pairs[][2] = {{"eq", "="}, {"ne", "!="}, {"lt", "<"}, {"gt", ">"},
                                           {"le", "<="}, {"ge", ">="}};
    Str word = juel_word(j);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (str_equal(word, str_from(pairs[i][0]))) {
            word = str_from(pairs[i][1]);
        }
    }
    if (str_equal(word, STR("empty"))) {
        while (j->at < j->text.len && j->text.ptr[j->at] == ' ') {
            j->at++;
        }
        Str name = juel_word(j);
        j->odd |= name.len == 0;
        buf_printf(&j->out, "(%.*s = null or %.*s = \"\")", STR_ARG(name), STR_ARG(name));
        return;
    }
    j->odd |= j->at < j->text.len && j->text.ptr[j->at] == '(' && word.len &&
              !str_equal(word, STR("and")) && !str_equal(word, STR("or")) && is_name_char(word.ptr[0]);
    buf_add(&j->out, word);
}

/* string := ' chars ' | " chars " without backslashes. */
static void juel_take_string(Juel *j, char quote)
{
    buf_add_char(&j->out, '"');
    for (j->at++; j->at < j->text.len && j->text.ptr[j->at] != quote; j->at++) {
        char c = j->text.ptr[j->at];
        j->odd |= c == '\\' || c == '"';
        buf_add_char(&j->out, c);
    }
    j->odd |= j->at == j->text.len;
    j->at++;
    buf_add_char(&j->out, '"');
}

static void juel_take_not(Juel *j)
{
    j->at++;
    while (j->at < j->text.len && j->text.ptr[j->at] == ' ') {
        j->at++;
    }
    Str name = juel_word(j);
    j->odd |= name.len == 0 || (j->at < j->text.len && j->text.ptr[j->at] == '(');
    buf_printf(&j->out, "not(%.*s)", STR_ARG(name));
}

static void juel_take(Juel *j)
{
    Str rest = str_slice(j->text, j->at, j->text.len);
    char c = rest.ptr[0];
    if (is_name_char(c)) {
        juel_take_word(j);
    } else if (c == '\'' || c == '"') {
        juel_take_string(j, c);
    } else if (str_starts(rest, STR("=="))) {
        buf_add_text(&j->out, "=");
        j->at += 2;
    } else if (str_starts(rest, STR("!="))) {
        buf_add_text(&j->out, "!=");
        j->at += 2;
    } else if (str_starts(rest, STR("&&"))) {
        buf_add_text(&j->out, " and ");
        j->at += 2;
    } else if (str_starts(rest, STR("||"))) {
        buf_add_text(&j->out, " or ");
        j->at += 2;
    } else if (c == '!') {
        juel_take_not(j);
    } else {
        static const char plain[] = " \t\r\n()<>=+-*/";
        bool known = false;
        for (size_t i = 0; i + 1 < sizeof plain; i++) {
            known |= plain[i] == c;
        }
        j->odd |= !known;
        buf_add_char(&j->out, c);
        j->at++;
    }
}

static void compile_juel(Reader *r, const XmlNode *node, Str whole, BpmnExpression *out)
{
    Juel j = {.text = str_slice(whole, 2, whole.len - 1), .out = buf_new(r->scratch, 64)};
    while (j.at < j.text.len && !j.odd) {
        juel_take(&j);
    }
    if (j.odd) {
        bpmn_fault(r, node, &fault_bpmn_unsupported, whole);
        return;
    }
    compile(r, node, buf_text(&j.out), out);
}

static bool is_juel(Str text)
{
    return text.len > 3 && text.ptr[0] == '$' && text.ptr[1] == '{' &&
           text.ptr[text.len - 1] == '}';
}

void bpmn_read_value(Reader *r, const XmlNode *node, Str text, BpmnExpression *out)
{
    text = arena_copy(r->a, str_trim(text));
    *out = (BpmnExpression){.text = text, .fixed = value_string(text)};
    if (is_juel(text)) {
        compile_juel(r, node, text, out);
    } else if (text.len && text.ptr[0] == '=') {
        compile(r, node, str_slice(text, 1, text.len), out);
    }
}

void bpmn_read_formula(Reader *r, const XmlNode *node, Str text, BpmnExpression *out)
{
    text = arena_copy(r->a, str_trim(text));
    *out = (BpmnExpression){.text = text, .fixed = value_string(text)};
    if (is_juel(text)) {
        compile_juel(r, node, text, out);
    } else if (text.len) {
        compile(r, node, text.ptr[0] == '=' ? str_slice(text, 1, text.len) : text, out);
    }
}

void bpmn_read_formal(Reader *r, const XmlNode *node, BpmnExpression *out)
{
    Str language = xml_attribute(node, STR("language"));
    if (language.len && str_find(language, STR("FEEL")) < 0 && str_find(language, STR("feel")) < 0) {
        bpmn_fault(r, node, &fault_bpmn_unsupported, arena_printf(r->scratch, "language=\"%.*s\"",
                                                                   STR_ARG(language)));
        return;
    }
    bpmn_read_formula(r, node, node->text, out);
    if (!bpmn_has(*out)) {
        bpmn_fault(r, node, &fault_bpmn_missing, node->name);
    }
}
