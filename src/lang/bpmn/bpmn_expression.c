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
 * scope: every unknown name becomes a slot that the process fills from its variables. */
#include "lang/bpmn/bpmn_int.h"
#include "lang/feel/feel.h"

static void compile(Reader *r, const XmlNode *node, Str formula, BpmnExpression *out)
{
    FeelScope scope = {.open = true};
    FeelPlace place = {.file = r->path, .line = node->line, .column = node->column};
    Err err = {0};
    const FeelProgram *program = NULL;
    if (!feel_compile(r->a, formula, place, &scope, &program, &err)) {
        Buf text = buf_new(r->a, 128);
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

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_' || c == '.' || (unsigned char)c >= 0x80;
}

static Str juel_word(Juel *j)
{
    size_t from = j->at;
    while (j->at < j->text.len && is_name_char(j->text.ptr[j->at])) {
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
    Juel j = {.text = str_slice(whole, 2, whole.len - 1), .out = buf_new(r->a, 64)};
    while (j.at < j.text.len && !j.odd) {
        juel_take(&j);
    }
    if (j.odd) {
        bpmn_fault(r, node, &fault_bpmn_unsupported, whole);
        return;
    }
    compile(r, node, arena_copy(r->a, buf_text(&j.out)), out);
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
        bpmn_fault(r, node, &fault_bpmn_unsupported, arena_printf(r->a, "language=\"%.*s\"",
                                                                   STR_ARG(language)));
        return;
    }
    bpmn_read_formula(r, node, node->text, out);
    if (!bpmn_has(*out)) {
        bpmn_fault(r, node, &fault_bpmn_missing, node->name);
    }
}
