/* command_feel.c - `tongban feel 'EXPR'`: one FEEL expression, JSON in, JSON out.
 *
 * The names of the expression are the entries of --context. With --unary VALUE the text is a
 * cell of a decision table, tested against VALUE, which is itself FEEL (JSON is FEEL too, and
 * @"2026-11-25" a date). --show prints the compiled program instead of running it.
 *
 * Exit code 0: a result without reasons; 1: the text does not compile, a reason stands beside
 * the result, or a limit was reached; 2: wrong arguments. The arena of the run has the memory
 * limit and holds nothing else, so that --limits means what it says. */
#include <stdio.h>

#include "app/evaluation.h"

#define TEXT_ARENA_BYTES ((size_t)1 << 30)

static const Option options[] = {
    {"context", "FILE|JSON", "Names and their values (- reads standard input)",
     "变量名及其取值（- 表示标准输入）"},
    {"unary", "VALUE", "The text is unary tests of a table's cell; test VALUE (a FEEL literal)",
     "按决策表单元格（一元测试）解释，并对 VALUE（FEEL 字面量）求值"},
    {"show", NULL, "Print the compiled program, do not run it", "只显示编译后的程序，不运行"},
    EVALUATION_OPTION_LIMITS,
    EVALUATION_OPTION_NOW,
};
static const OptionTable table = {"EXPR", 1, 1, options, sizeof options / sizeof options[0]};

typedef struct FeelCommand {
    const Arguments *args;
    Arena *arena; /* texts, context, programs */
    EvaluationLimits limits;
    Instant now;
    Value context;
    FeelScope scope;
    EvaluationSources sources;
    bool unary;
} FeelCommand;

/* ---- Names: the entries of the context; keys further inside are properties. */

static size_t count_properties(Value v)
{
    size_t count = 0;
    for (size_t i = 0; i < value_count(v); i++) {
        bool context = value_is(v, VALUE_CONTEXT);
        count += context + count_properties(context ? v.as.context.entries[i].value
                                                    : v.as.list.items[i]);
    }
    return count;
}

static Str *add_properties(Value v, Str *at)
{
    for (size_t i = 0; i < value_count(v); i++) {
        bool context = value_is(v, VALUE_CONTEXT);
        if (context)
            *at++ = v.as.context.entries[i].key;
        at = add_properties(context ? v.as.context.entries[i].value : v.as.list.items[i], at);
    }
    return at;
}

static bool scope_new(FeelCommand *f, Err *err)
{
    size_t count = value_count(f->context), properties = count_properties(f->context);
    FeelName *names = arena_new_array(f->arena, FeelName, count + 2);
    Str *inside = arena_new_array(f->arena, Str, properties + 1);
    if (!names || !inside)
        return err_set(err, &fault_out_of_memory, STR("--context"));
    for (size_t i = 0; i < count; i++)
        names[i].name = f->context.as.context.entries[i].key;
    add_properties(f->context, inside);
    f->scope = (FeelScope){.names = names, .count = count, .properties = inside,
                           .property_count = properties};
    return true;
}

/* ---- Running. */

static bool slots_of(FeelCommand *f, const FeelProgram *p, Arena *a, Value **out)
{
    size_t count = feel_slot_count(p);
    *out = arena_new_array(a, Value, count + 1);
    for (size_t i = 0; *out && i < count; i++)
        (*out)[i] = value_get(f->context, feel_slot_name(p, i));
    return *out != NULL;
}

/* The value of --unary: an expression in a run of its own. */
static bool unary_value(FeelCommand *f, Arena *a, Value *out, FeelRun *run, Err *err)
{
    const FeelProgram *p;
    Value *slots;
    Str text = argument_text(f->args, "unary", STR_NONE);
    FeelPlace place = {.file = STR("--unary"), .line = 1, .column = 1};
    evaluation_source_add(&f->sources, place.file, text);
    return feel_compile(f->arena, text, place, &f->scope, &p, err) && slots_of(f, p, a, &slots) &&
           feel_run(p, slots, run, out);
}

static int finish(FeelCommand *f, const FeelRun *run, Value result)
{
    evaluation_print(f->arena, feel_to_plain(f->arena, result), 0);
    evaluation_show_reasons(f->args->lang, run, &f->sources);
    return run->reason_count ? EXIT_FAULTS : EXIT_FINE;
}

static int run_program(FeelCommand *f, const FeelProgram *p)
{
    Arena *a = arena_open(f->limits.memory_bytes);
    FeelRun run = evaluation_run(a, &f->limits, f->now);
    Value result = value_null(), tested = value_null(), *slots;
    Err err = {0};
    int exit_code;
    if (f->unary && !unary_value(f, a, &tested, &run, &err) && err.fault) {
        exit_code = evaluation_show_fault(f->args->lang, &err, &f->sources);
    } else {
        if (!run.stopped && slots_of(f, p, a, &slots)) {
            if (f->unary)
                feel_unary_run(p, tested, slots, &run, &result);
            else
                feel_run(p, slots, &run, &result);
        }
        exit_code = finish(f, &run, result);
    }
    arena_close(a);
    return exit_code;
}

static int show_program(FeelCommand *f, const FeelProgram *p)
{
    Buf b = buf_new(f->arena, 4096);
    feel_show(p, &b);
    Str text = buf_text(&b);
    fwrite(text.ptr, 1, text.len, stdout);
    return EXIT_FINE;
}

static bool prepare(FeelCommand *f, Str *text, Err *err)
{
    *text = f->args->positionals[0];
    f->unary = argument_given(f->args, "unary");
    return evaluation_limits(f->args, &f->limits, err) && evaluation_now(f->args, &f->now, err) &&
           evaluation_context(f->arena, f->args, "context", &f->context, err) &&
           scope_new(f, err) &&
           (!str_equal(*text, STR("-")) || evaluation_input(f->arena, text, err));
}

static int run_feel(FeelCommand *f)
{
    Err err = {0};
    const FeelProgram *p;
    Str text;
    if (!prepare(f, &text, &err))
        return command_trouble(f->args->lang, &err);
    FeelPlace place = {.file = f->args->lang == LANG_EN ? STR("expression") : STR("表达式"),
                       .line = 1, .column = 1};
    evaluation_source_add(&f->sources, place.file, text);
    bool fine = f->unary ? feel_compile_unary(f->arena, text, place, &f->scope, &p, &err)
                         : feel_compile(f->arena, text, place, &f->scope, &p, &err);
    if (!fine)
        return evaluation_show_fault(f->args->lang, &err, &f->sources);
    return argument_given(f->args, "show") ? show_program(f, p) : run_program(f, p);
}

int command_feel(const CommandLine *line)
{
    Arguments args;
    int exit_code = EXIT_FINE;
    if (!arguments_read(line, &table, &args, &exit_code))
        return exit_code;
    FeelCommand *f = &(FeelCommand){.args = &args, .arena = arena_open(TEXT_ARENA_BYTES)};
    exit_code = run_feel(f);
    arena_close(f->arena);
    return exit_code;
}
