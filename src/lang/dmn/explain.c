/* explain.c - an evaluation told in words.
 *
 * The decision is evaluated once with a listener, so every table of every element below it leaves
 * its hits. The explanation follows the requirements downwards, each element once, and tells
 * under each the tables that stand in it. Titles of columns, annotations and descriptions of rules
 * are read from the XML. Then the changes are searched (explain_change.c).
 *
 * A rule is told by what it asks: "rule 3: age is 70 (>= 60), income is 2000 (< 2500)". Columns
 * where the rule has "-" are left out, they decided nothing. When no rule was hit all columns are
 * told, because together they are why. */
#include "lang/dmn/explain_int.h"

#include <string.h>

#define EXPLAIN_LITERAL_BYTES 160u
#define EXPLAIN_RULES_MAX 20u /* told of one table evaluated once */

typedef struct Explain {
    Arena *arena;
    FeelRun *run;
    Lang lang;
    Value inputs;
    DmnTrace *trace;
    bool *told; /* by element */
    size_t told_count;
    Buf text; /* the whole, line by line */
    unsigned depth;
} Explain;

/* One sentence in the language wanted; both formats take the same arguments. */
#define say(x, zh, en, ...)                                              \
    ((x)->lang == LANG_EN ? arena_printf((x)->arena, en, ##__VA_ARGS__)  \
                          : arena_printf((x)->arena, zh, ##__VA_ARGS__))

static void explain_line(Explain *x, Str line) {
    for (unsigned i = 0; i < x->depth; i++) buf_add_text(&x->text, "  ");
    buf_add(&x->text, line);
    buf_add_char(&x->text, '\n');
}

static Str explain_literal(Explain *x, Value v) {
    if (value_is_null(v)) return x->lang == LANG_EN ? STR("nothing") : STR("空");
    Str text = feel_literal(x->arena, v);
    if (text.len > 2 && text.ptr[0] == '@') text = feel_string(x->arena, v);
    size_t cut = EXPLAIN_LITERAL_BYTES;
    if (text.len <= cut) return text;
    while (cut > 0 && ((unsigned char)text.ptr[cut] & 0xC0u) == 0x80u) cut--;
    return arena_printf(x->arena, "%.*s...", (int)cut, text.ptr);
}

/* ---- The XML behind a table. */

static const XmlNode *table_at(const XmlNode *n, uint32_t line, uint32_t column) {
    if (dmn_is(n, "decisionTable") && n->line == line && n->column == column) return n;
    for (const XmlNode *c = n->first_child; c != NULL; c = c->next) {
        const XmlNode *found = table_at(c, line, column);
        if (found != NULL) return found;
    }
    return NULL;
}

static const XmlNode *nth(const XmlNode *n, const char *name, size_t i) {
    const XmlNode *c = n != NULL ? dmn_child(n, name) : NULL;
    while (c != NULL && i-- > 0) c = dmn_next(c, name);
    return c;
}

static Str column_title(const XmlNode *xml, const DmnTable *t, size_t i) {
    const XmlNode *input = nth(xml, "input", i);
    Str label = input != NULL ? xml_attribute(input, STR("label")) : STR_NONE;
    return label.len > 0 ? label : t->input_names[i];
}

static Str cell_text(const XmlNode *rule, size_t i) {
    const XmlNode *cell = nth(rule, "inputEntry", i);
    Str text = cell != NULL ? str_trim(dmn_text(cell)) : STR_NONE;
    return str_equal(text, STR("-")) ? STR_NONE : text;
}

/* Annotations, else the description. */
static Str rule_note(Explain *x, const XmlNode *rule) {
    Buf b = buf_new(x->arena, 64);
    for (const XmlNode *c = nth(rule, "annotationEntry", 0); c != NULL;
         c = dmn_next(c, "annotationEntry")) {
        Str text = str_trim(dmn_text(c));
        if (text.len > 0 && b.len > 0) buf_add(&b, x->lang == LANG_EN ? STR("; ") : STR("；"));
        buf_add(&b, text);
    }
    const XmlNode *description = nth(rule, "description", 0);
    if (b.len == 0 && description != NULL) return str_trim(description->text);
    return buf_text(&b);
}

/* ---- Tables. */

/* "age is 70 (>= 60), income is 2000 (< 2500)" of the columns that the rule asks about. */
static Str rule_reasons(Explain *x, const DmnHit *h, const XmlNode *xml, const XmlNode *rule) {
    Buf b = buf_new(x->arena, 128);
    for (size_t i = 0; i < h->table->input_count; i++) {
        Str cell = rule != NULL ? cell_text(rule, i) : STR_NONE;
        if (rule != NULL && cell.len == 0) continue;
        if (b.len > 0) buf_add(&b, x->lang == LANG_EN ? STR(", ") : STR("，"));
        Str title = column_title(xml, h->table, i), v = explain_literal(x, h->inputs[i]);
        buf_add(&b, say(x, "%.*s 为 %.*s", "%.*s is %.*s", STR_ARG(title), STR_ARG(v)));
        if (cell.len > 0)
            buf_add(&b, say(x, "（条件 %.*s）", " (%.*s)", STR_ARG(cell)));
    }
    if (b.len == 0) return x->lang == LANG_EN ? STR("it fits every input") : STR("适用于任何输入");
    return buf_text(&b);
}

static Value explain_rule(Explain *x, const DmnHit *h, const XmlNode *xml, size_t rule) {
    const XmlNode *n = nth(xml, "rule", rule);
    ContextBuilder b = context_builder(x->arena);
    Str note = rule_note(x, n), reasons = rule_reasons(x, h, xml, n);
    Str id = h->table->rule_ids[rule];
    Str text = say(x, "规则 %zu 命中：%.*s。%s%.*s", "Rule %zu fits: %.*s.%s%.*s", rule + 1,
                   STR_ARG(reasons),
                   note.len == 0 ? "" : x->lang == LANG_EN ? " Note: " : "说明：", STR_ARG(note));
    context_put_text(&b, "number", value_int((int64_t)rule + 1));
    context_put_text(&b, "id", value_string(id));
    context_put_text(&b, "note", value_string(note));
    context_put_text(&b, "text", value_string(text));
    explain_line(x, text);
    return value_context(&b);
}

static bool column_decided(const DmnHit *h, const XmlNode *xml, size_t column) {
    for (size_t i = 0; i < h->rule_count; i++)
        if (cell_text(nth(xml, "rule", h->rules[i]), column).len > 0) return true;
    return h->rule_count == 0;
}

static Value explain_inputs(Explain *x, const DmnHit *h, const XmlNode *xml) {
    ListBuilder list = list_builder(x->arena);
    for (size_t i = 0; i < h->table->input_count; i++) {
        ContextBuilder b = context_builder(x->arena);
        context_put_text(&b, "name", value_string(column_title(xml, h->table, i)));
        context_put_text(&b, "value", feel_to_plain(x->arena, h->inputs[i]));
        context_put_text(&b, "decided", value_boolean(column_decided(h, xml, i)));
        list_add(&list, value_context(&b));
    }
    return value_list(&list);
}

static Str table_summary(Explain *x, const DmnHit *h, const XmlNode *xml) {
    if (h->rule_count == 0) {
        Str reasons = rule_reasons(x, h, xml, NULL);
        const char *after = !h->table->has_default ? ""
                            : x->lang == LANG_EN   ? " The default output holds."
                                                   : "采用默认输出。";
        return say(x, "没有规则命中：%.*s。%s", "No rule fits: %.*s.%s", STR_ARG(reasons), after);
    }
    return say(x, "决策表（%.*s）命中 %zu 条规则。", "The table (%.*s) has %zu rules that fit.",
               STR_ARG(h->table->policy_name), h->rule_count);
}

static Value explain_table(Explain *x, const DmnElement *e, const DmnHit *h) {
    const XmlNode *xml = table_at(e->xml, h->table->place.line, h->table->place.column);
    ContextBuilder b = context_builder(x->arena);
    ListBuilder rules = list_builder(x->arena);
    Str text = table_summary(x, h, xml);
    if (h->rule_count != 1) explain_line(x, text);
    context_put_text(&b, "policy", value_string(h->table->policy_name));
    context_put_text(&b, "text", value_string(text));
    context_put_text(&b, "inputs", explain_inputs(x, h, xml));
    for (size_t i = 0; i < h->rule_count && i < EXPLAIN_RULES_MAX; i++)
        list_add(&rules, explain_rule(x, h, xml, h->rules[i]));
    context_put_text(&b, "rules", value_list(&rules));
    return value_context(&b);
}

static bool hit_inside(const DmnHit *h, const DmnElement *e) {
    return str_equal(h->table->place.element, e->id) &&
           str_equal(h->table->place.file, e->model->file);
}

static Value explain_tables(Explain *x, const DmnElement *e) {
    ListBuilder list = list_builder(x->arena);
    for (DmnHit *h = x->trace->first; h != NULL; h = h->next) {
        if (h->told || !hit_inside(h, e)) continue;
        h->told = true;
        list_add(&list, explain_table(x, e, h));
    }
    return value_list(&list);
}

static const DmnElement *hit_element(const DmnLoader *l, const DmnHit *h) {
    for (size_t i = 0; i < l->model_count; i++)
        for (size_t k = 0; k < l->models[i]->element_count; k++)
            if (hit_inside(h, l->models[i]->elements[k])) return l->models[i]->elements[k];
    return NULL;
}

/* Tables of elements that are not below the decision: inside services. */
static Value explain_elsewhere(Explain *x, const DmnLoader *l) {
    ListBuilder list = list_builder(x->arena);
    for (DmnHit *h = x->trace->first; h != NULL; h = h->next) {
        const DmnElement *e = h->told ? NULL : hit_element(l, h);
        if (e == NULL) continue;
        ContextBuilder b = context_builder(x->arena);
        explain_line(x, say(x, "服务内的“%.*s”", "Inside a service: \"%.*s\"", STR_ARG(e->name)));
        context_put_text(&b, "element", value_string(e->id));
        x->depth++;
        context_put_text(&b, "tables", explain_tables(x, e));
        x->depth--;
        list_add(&list, value_context(&b));
    }
    return value_list(&list);
}

/* ---- Elements. */

static Value explain_value(Explain *x, const DmnElement *e) {
    DmnDecision d = {e};
    FeelRun run = *x->run;
    Value v = value_null();
    run.dry = true;
    run.listener = NULL;
    if (e->kind == DMN_DECISION) dmn_evaluate(&d, x->inputs, &run, &v);
    x->run->fuel = run.fuel > 0 ? run.fuel : 0;
    return v;
}

static ContextBuilder explain_element(Explain *x, const DmnElement *e, Value outcome);

static Value explain_required(Explain *x, const DmnElement *e) {
    ListBuilder list = list_builder(x->arena);
    for (size_t i = 0; i < e->requirement_count; i++) {
        const DmnElement *r = e->requirements[i].element;
        if (r->kind == DMN_INPUT || x->told[r->index]) continue;
        if (x->told_count++ >= DMN_EXPLAIN_ELEMENTS_MAX) break;
        x->told[r->index] = true;
        x->depth++;
        ContextBuilder b = explain_element(x, r, explain_value(x, r));
        x->depth--;
        list_add(&list, value_context(&b));
    }
    return value_list(&list);
}

static ContextBuilder explain_element(Explain *x, const DmnElement *e, Value outcome) {
    ContextBuilder b = context_builder(x->arena);
    size_t from = x->text.len;
    Str shown = explain_literal(x, outcome);
    explain_line(x, e->kind == DMN_DECISION
                        ? say(x, "决策“%.*s”的结果：%.*s", "Decision \"%.*s\": %.*s",
                              STR_ARG(e->name), STR_ARG(shown))
                        : say(x, "规则模块“%.*s”", "Knowledge model \"%.*s\"", STR_ARG(e->name)));
    context_put_text(&b, "decision", value_string(e->id));
    context_put_text(&b, "name", value_string(e->name));
    context_put_text(&b, "outcome", feel_to_plain(x->arena, outcome));
    x->depth++;
    context_put_text(&b, "tables", explain_tables(x, e));
    x->depth--;
    context_put_text(&b, "requires", explain_required(x, e));
    Str all = buf_text(&x->text);
    context_put_text(&b, "text", value_string(arena_copy(x->arena, str_slice(all, from, all.len))));
    return b;
}

/* ---- Changes. */

/* " (501 less)", " (30 days later)": what people count. */
static Str change_size(Explain *x, const ExplainChange *c) {
    Value from = c->from, to = c->to;
    Dec d;
    if (value_is(from, VALUE_STRING) && feel_parse_temporal(from.as.string, &from) &&
        value_is(to, VALUE_STRING) && !feel_parse_temporal(to.as.string, &to))
        return STR_NONE;
    if (value_is(from, VALUE_DATE) && value_is(to, VALUE_DATE)) {
        int64_t days = to.as.day - from.as.day;
        long long count = days < 0 ? -days : days;
        return days < 0 ? say(x, "（提前 %lld 天）", " (%lld days earlier)", count)
                        : say(x, "（推后 %lld 天）", " (%lld days later)", count);
    }
    if (!value_is(from, VALUE_NUMBER) || !value_is(to, VALUE_NUMBER) ||
        !dec_subtract(to.as.number, from.as.number, &d))
        return STR_NONE;
    Buf b = buf_new(x->arena, 32);
    dec_write(dec_abs(d), &b);
    Str size = buf_text(&b);
    return dec_sign(d) < 0 ? say(x, "（减少 %.*s）", " (%.*s less)", STR_ARG(size))
                           : say(x, "（增加 %.*s）", " (%.*s more)", STR_ARG(size));
}

/* What people call an input: the label of its input data, else its name. */
static Str input_title(const DmnElement *e, Str path) {
    for (size_t i = 0; i < e->leaf_count; i++) {
        Str label = xml_attribute(e->leaves[i]->xml, STR("label"));
        if (label.len > 0 && str_equal(e->leaves[i]->name, path)) return label;
    }
    return path;
}

/* Dates stand without quotes, whether they are texts or not. */
static Str change_literal(Explain *x, Value v) {
    Value date;
    if (value_is(v, VALUE_STRING) && feel_parse_temporal(v.as.string, &date)) return v.as.string;
    return explain_literal(x, v);
}

static Value explain_change(Explain *x, const DmnElement *e, const ExplainChange *c) {
    ContextBuilder b = context_builder(x->arena);
    Str from = change_literal(x, c->from), to = change_literal(x, c->to);
    Str size = change_size(x, c), outcome = explain_literal(x, c->outcome);
    Str title = input_title(e, c->path);
    Str text = say(x, "若“%.*s”由 %.*s 改为 %.*s%.*s，结果将变为：%.*s",
                   "If \"%.*s\" were not %.*s but %.*s%.*s, the result would be: %.*s",
                   STR_ARG(title), STR_ARG(from), STR_ARG(to), STR_ARG(size),
                   STR_ARG(outcome));
    context_put_text(&b, "input", value_string(c->path));
    context_put_text(&b, "from", feel_to_plain(x->arena, c->from));
    context_put_text(&b, "to", feel_to_plain(x->arena, c->to));
    context_put_text(&b, "outcome", feel_to_plain(x->arena, c->outcome));
    context_put_text(&b, "text", value_string(text));
    explain_line(x, text);
    return value_context(&b);
}

static Value explain_all_changes(Explain *x, const DmnDecision *d, const ExplainOutcome *base) {
    ExplainChange *changes;
    ListBuilder list = list_builder(x->arena);
    size_t count = explain_changes(d, x->inputs, base, x->run, &changes);
    for (size_t i = 0; i < count; i++)
        if (changes[i].found) list_add(&list, explain_change(x, d->element, &changes[i]));
    if (value_count(value_list(&list)) == 0 && count > 0)
        explain_line(x, x->lang == LANG_EN
                            ? STR("No change of a single input was found that turns the result.")
                            : STR("未找到只改变一项输入即可改变结果的情形。"));
    return value_list(&list);
}

bool dmn_explain(const DmnDecision *d, Value inputs, FeelRun *run, Lang lang, Value *result,
                 Value *explanation) {
    DmnTrace trace;
    ExplainOutcome base;
    *explanation = value_null();
    bool ok = explain_evaluate(d, inputs, run, &trace, &base);
    *result = base.result;
    if (!ok) return false;
    Explain x = {.arena = run->arena, .run = run, .lang = lang, .inputs = inputs, .trace = &trace,
                 .told = arena_new_array(run->arena, bool,
                                         d->element->model->loader->element_count + 1),
                 .text = buf_new(run->arena, 1024)};
    if (x.told == NULL || arena_failed(run->arena)) return true;
    x.told[d->element->index] = true;
    ContextBuilder b = explain_element(&x, d->element, base.result);
    context_put_text(&b, "elsewhere", explain_elsewhere(&x, d->element->model->loader));
    Value changes = explain_all_changes(&x, d, &base);
    context_put_text(&b, "changes", changes);
    context_put_text(&b, "text", value_string(buf_text(&x.text)));
    if (!arena_failed(run->arena) && !b.failed) *explanation = value_context(&b);
    return true;
}
