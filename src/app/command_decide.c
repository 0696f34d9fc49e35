/* command_decide.c - `tongban decide MODEL.dmn [DECISION] --input JSON|FILE`: one decision,
 * JSON in, JSON out.
 *
 * Without DECISION and without --input it lists the model's decisions and what each needs, and
 * judges its tables (lang/dmn/table_check.h). With --input alone the model must have a single
 * decision. The answer is
 *
 *     {"result": value, "reasons": [{"fault", "text", "file", "line", "column", "element"}],
 *      "explanation": {...}}                      with --explain; lang/dmn/explain.h has its shape
 *
 * and the reasons are also shown on standard error with the line they stand in. Imported models
 * are looked for in the folder of the model: by the location the import names, else by
 * namespace.
 *
 * Exit code 0: a result without reasons; 1: the model has a fault, a reason stands beside the
 * result, or a limit was reached; 2: wrong arguments, no such file. */
#include <stdio.h>

#include "app/evaluation.h"
#include "codec/xml.h"
#include "lang/dmn/explain.h"
#include "lang/dmn/table_check.h"
#include "os/os.h"

#define MODEL_ARENA_BYTES ((size_t)1 << 30)

static const Option options[] = {
    {"input", "FILE|JSON", "The inputs by name (- reads standard input)",
     "输入数据，按名称给出（- 表示标准输入）"},
    {"explain", NULL, "Add which rules were hit and what would turn the result",
     "附带说明：命中了哪些规则，怎样改变输入会改变结果"},
    EVALUATION_OPTION_LIMITS,
    EVALUATION_OPTION_NOW,
};
static const OptionTable table = {"MODEL.dmn [DECISION]", 1, 2, options,
                                  sizeof options / sizeof options[0]};

#define DECIDE_FAULTS(X)                                                                      \
    X(decide_decision_unknown, INPUT, 404, false, "{1} has no decision \"{2}\". It has: {3}.", \
      "{1} 中没有决策“{2}”，现有：{3}。")                                                     \
    X(decide_decision_which, INPUT, 400, false,                                               \
      "{1} has several decisions; name one of them: {3}.", "{1} 中有多个决策，请指明其一：{3}。") \
    X(decide_import_unknown, INPUT, 422, false,                                               \
      "no model with the namespace {1} stands beside it", "同一目录下没有命名空间为 {1} 的模型")
FAULT_DECLARE(DECIDE_FAULTS)
FAULT_DEFINE(DECIDE_FAULTS)

typedef struct DecideCommand {
    const Arguments *args;
    Arena *arena; /* model, inputs, answer */
    Str folder;
    EvaluationLimits limits;
    Instant now;
    Value inputs;
    const DmnModel *model;
    EvaluationSources sources;
} DecideCommand;

/* ---- Imports. */

static bool has_namespace(DecideCommand *c, Str text, Str space)
{
    XmlNode *root;
    Err ignored = {0};
    return xml_parse(c->arena, text, &root, &ignored) &&
           str_equal(xml_attribute(root, STR("namespace")), space);
}

static bool take_import(DecideCommand *c, Str name, Str space, Str *text, Str *file)
{
    Err ignored = {0};
    *file = arena_printf(c->arena, "%.*s%.*s", STR_ARG(c->folder), STR_ARG(name));
    if (!file_read(c->arena, *file, EVALUATION_TEXT_BYTES, text, &ignored) ||
        !has_namespace(c, *text, space))
        return false;
    evaluation_source_add(&c->sources, *file, *text);
    return true;
}

static bool resolve(void *context, Arena *a, Str space, Str location, Str *text, Str *file,
                    Err *err)
{
    DecideCommand *c = context;
    Str *names = NULL;
    size_t count = 0;
    bool plain = location.len && str_find(location, STR("/")) < 0;
    if (plain && take_import(c, location, space, text, file))
        return true;
    if (!file_list(a, c->folder.len ? c->folder : STR("."), &names, &count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (str_ends(names[i], STR(".dmn")) && take_import(c, names[i], space, text, file))
            return true;
    return err_set(err, &fault_decide_import_unknown, space);
}

/* "a/b/model.dmn": "a/b/". */
static Str folder_of(Str path)
{
    while (path.len && path.ptr[path.len - 1] != '/')
        path.len--;
    return path;
}

static bool load(DecideCommand *c, Str path, Err *err)
{
    Str text;
    c->folder = folder_of(path);
    DmnOptions wanted = {.file = path, .resolve = resolve, .resolve_context = c};
    if (!file_read(c->arena, path, EVALUATION_TEXT_BYTES, &text, err))
        return false;
    evaluation_source_add(&c->sources, path, text);
    return dmn_load(c->arena, text, &wanted, &c->model, err);
}

/* ---- What there is. */

static void list_decisions(const DecideCommand *c)
{
    for (size_t i = 0; i < dmn_decision_count(c->model); i++) {
        const DmnDecision *d = dmn_decision_at(c->model, i);
        printf("%.*s", STR_ARG(dmn_decision_id(d)));
        if (!str_equal(dmn_decision_id(d), dmn_decision_name(d)))
            printf("  %.*s", STR_ARG(dmn_decision_name(d)));
        putchar('\n');
        for (size_t k = 0; k < dmn_input_count(d); k++) {
            Buf type = buf_new(c->arena, 32);
            feel_type_write(dmn_input_type(d, k), &type);
            printf("    %.*s: %s\n", STR_ARG(dmn_input_name(d, k)), buf_cstr(&type));
        }
    }
}

static Str names_of(const DecideCommand *c)
{
    Buf b = buf_new(c->arena, 128);
    for (size_t i = 0; i < dmn_decision_count(c->model) && b.len < 200; i++) {
        if (i)
            buf_add_text(&b, ", ");
        buf_add(&b, dmn_decision_id(dmn_decision_at(c->model, i)));
    }
    return buf_text(&b);
}

static const DmnDecision *choose(const DecideCommand *c, Err *err)
{
    Str path = c->args->positionals[0];
    Str wanted = c->args->positional_count > 1 ? c->args->positionals[1] : STR_NONE;
    if (!wanted.len && dmn_decision_count(c->model) == 1)
        return dmn_decision_at(c->model, 0);
    const DmnDecision *d = wanted.len ? dmn_decision_find(c->model, wanted) : NULL;
    if (!d)
        err_set(err, wanted.len ? &fault_decide_decision_unknown : &fault_decide_decision_which,
                path, wanted, names_of(c));
    return d;
}

/* ---- Answering. */

static Value reason_value(const DecideCommand *c, const FeelReason *reason)
{
    ContextBuilder b = context_builder(c->arena);
    Buf text = buf_new(c->arena, 128);
    feel_reason_text(reason, c->args->lang, false, &text);
    context_put_text(&b, "fault", value_string(str_from(reason->fault->name)));
    context_put_text(&b, "text", value_string(buf_text(&text)));
    context_put_text(&b, "file", value_string(reason->place.file));
    context_put_text(&b, "line", value_int(reason->place.line));
    context_put_text(&b, "column", value_int(reason->place.column));
    context_put_text(&b, "element", value_string(reason->place.element));
    return value_context(&b);
}

static void print_answer(DecideCommand *c, const FeelRun *run, Value result, Value explanation)
{
    ContextBuilder b = context_builder(c->arena);
    ListBuilder reasons = list_builder(c->arena);
    for (size_t i = 0; i < feel_reasons_kept(run); i++)
        list_add(&reasons, reason_value(c, &run->reasons[i]));
    context_put_text(&b, "result", feel_to_plain(c->arena, result));
    context_put_text(&b, "reasons", value_list(&reasons));
    if (argument_given(c->args, "explain"))
        context_put_text(&b, "explanation", explanation);
    evaluation_print(c->arena, value_context(&b), 2);
    evaluation_show_reasons(c->args->lang, run, &c->sources);
    Str text = value_get_string(explanation, STR("text"));
    fprintf(stderr, "%.*s", STR_ARG(text));
}

static int evaluate(DecideCommand *c, const DmnDecision *d)
{
    Arena *a = arena_open(c->limits.memory_bytes);
    FeelRun run = evaluation_run(a, &c->limits, c->now);
    Value result = value_null(), explanation = value_null();
    if (argument_given(c->args, "explain"))
        dmn_explain(d, c->inputs, &run, c->args->lang, &result, &explanation);
    else
        dmn_evaluate(d, c->inputs, &run, &result);
    print_answer(c, &run, result, explanation);
    int exit_code = run.reason_count ? EXIT_FAULTS : EXIT_FINE;
    arena_close(a);
    return exit_code;
}

/* What is wrong with the model and its tables; EXIT_FAULTS when something is. */
static int show_faults(const DecideCommand *c, bool tables)
{
    int exit_code = EXIT_FINE;
    DmnFindings found = {0};
    for (size_t i = 0; i < dmn_fault_count(c->model); i++)
        exit_code = evaluation_show_fault(c->args->lang, dmn_fault(c->model, i), &c->sources);
    if (tables)
        dmn_tables_check(c->arena, c->model, &found, NULL);
    for (size_t i = 0; i < found.count; i++) {
        evaluation_show_fault(c->args->lang, &found.items[i].err, &c->sources);
        if (found.items[i].level == DMN_FAULT)
            exit_code = EXIT_FAULTS;
    }
    return exit_code;
}

static int decide(DecideCommand *c)
{
    Err err = {0};
    int exit_code = EXIT_FINE;
    if (!evaluation_limits(c->args, &c->limits, &err) || !evaluation_now(c->args, &c->now, &err) ||
        !evaluation_context(c->arena, c->args, "input", &c->inputs, &err))
        return command_trouble(c->args->lang, &err);
    if (!load(c, c->args->positionals[0], &err)) {
        if (!c->sources.count)
            return command_trouble(c->args->lang, &err);
        return evaluation_show_fault(c->args->lang, &err, &c->sources);
    }
    bool list = c->args->positional_count < 2 && !argument_given(c->args, "input");
    exit_code = show_faults(c, list);
    if (list) {
        list_decisions(c);
        return exit_code;
    }
    const DmnDecision *d = choose(c, &err);
    if (!d)
        return command_trouble(c->args->lang, &err);
    int evaluated = evaluate(c, d);
    return evaluated ? evaluated : exit_code;
}

int command_decide(const CommandLine *line)
{
    Arguments args;
    int exit_code = EXIT_FINE;
    if (!arguments_read(line, &table, &args, &exit_code))
        return exit_code;
    DecideCommand *c = &(DecideCommand){.args = &args, .arena = arena_open(MODEL_ARENA_BYTES)};
    exit_code = decide(c);
    arena_close(c->arena);
    return exit_code;
}
