/* evaluation.c - limits, JSON arguments and carets of `tongban feel` and `tongban decide`.
 *
 * The caret stands under the character of the place. A terminal shows Chinese characters two
 * columns wide, so blanks are counted by width, and tabs are copied. Of a long line only a
 * window around the place is shown. */
#include "app/evaluation.h"

#include <stdio.h>

#include "codec/json.h"
#include "os/os.h"

#define WINDOW_POINTS 96u /* code points of a line shown */
#define WINDOW_BEFORE 64u /* of these, before the place */
#define SHOW_ARENA_BYTES (4u << 20)

/* ---- Arguments. */

/* "16M" as bytes. */
static bool read_count(Str text, int64_t *out)
{
    static const char units[] = "KMG";
    int shift = 0;
    for (int i = 0; text.len > 1 && i < 3; i++)
        if (text.ptr[text.len - 1] == units[i])
            shift = 10 * (i + 1);
    if (shift)
        text.len--;
    if (!str_to_int64(text, out) || *out < 1 || *out > INT64_MAX >> (shift + 1))
        return false;
    *out <<= shift;
    return true;
}

static bool limit_set(EvaluationLimits *limits, Str name, int64_t n)
{
    if (str_equal(name, STR("fuel"))) {
        limits->fuel = n;
        return true;
    }
    if (str_equal(name, STR("depth")) && n <= FEEL_DEPTH_DEFAULT) {
        limits->depth = (uint32_t)n;
        return true;
    }
    if (str_equal(name, STR("memory")) && n >= EVALUATION_MEMORY_MIN && n <= EVALUATION_MEMORY_MAX) {
        limits->memory_bytes = (size_t)n;
        return true;
    }
    return false;
}

bool evaluation_limits(const Arguments *args, EvaluationLimits *out, Err *err)
{
    Str rest = argument_text(args, "limits", STR_NONE);
    *out = (EvaluationLimits){FEEL_FUEL_DEFAULT, FEEL_DEPTH_DEFAULT,
                              (size_t)EVALUATION_MEMORY_DEFAULT};
    while (rest.len) {
        Str value = str_split(&rest, ',');
        Str name = str_split(&value, '=');
        int64_t n;
        if (!read_count(value, &n) || !limit_set(out, name, n))
            return err_set(err, &fault_argument_value_invalid, STR("limits"), name,
                           STR("fuel=1.., depth=1..12000, memory=64K..16G"));
    }
    return true;
}

bool evaluation_now(const Arguments *args, Instant *out, Err *err)
{
    Str text = argument_text(args, "now", STR_NONE);
    *out = clock_now(clock_system());
    if (!text.len || instant_parse(text, out))
        return true;
    return err_set(err, &fault_argument_value_invalid, STR("now"), text,
                   STR("2026-11-25T09:00:00+08:00"));
}

bool evaluation_input(Arena *a, Str *text, Err *err)
{
    Buf b = buf_new(a, 65536);
    static char part[65536];
    size_t n;
    while ((n = fread(part, 1, sizeof part, stdin)) > 0 && b.len <= EVALUATION_TEXT_BYTES)
        buf_add(&b, (Str){part, n});
    *text = buf_text(&b);
    if (text->len > EVALUATION_TEXT_BYTES || buf_failed(&b))
        return err_set(err, &fault_file_too_large, STR("-"), STR("67108864"));
    return true;
}

bool evaluation_text(Arena *a, Str argument, Str *file, Str *text, Err *err)
{
    Str trimmed = str_trim(argument);
    *file = argument;
    *text = argument;
    if (str_equal(argument, STR("-")))
        return evaluation_input(a, text, err);
    if (str_starts(trimmed, STR("{")) || str_starts(trimmed, STR("["))) {
        *file = STR_NONE;
        return true;
    }
    return file_read(a, argument, EVALUATION_TEXT_BYTES, text, err);
}

bool evaluation_context(Arena *a, const Arguments *args, const char *option, Value *out, Err *err)
{
    ContextBuilder none = context_builder(a);
    Str file, text;
    *out = value_context(&none);
    if (!argument_given(args, option))
        return true;
    if (!evaluation_text(a, argument_text(args, option, STR_NONE), &file, &text, err))
        return false;
    if (!json_parse(a, text, out, err)) {
        err_at(err, file.len ? file : arena_printf(a, "--%s", option), 0, 0);
        return false;
    }
    if (!value_is(*out, VALUE_CONTEXT))
        return err_set(err, &fault_argument_value_invalid, str_from(option), str_slice(text, 0, 40),
                       STR("{\"name\": value, ...}"));
    return true;
}

FeelRun evaluation_run(Arena *a, const EvaluationLimits *limits, Instant now)
{
    FeelRun run = feel_run_new(a, now);
    run.fuel = limits->fuel;
    run.depth_left = limits->depth;
    return run;
}

/* ---- Places. */

void evaluation_source_add(EvaluationSources *sources, Str file, Str text)
{
    if (sources->count < EVALUATION_SOURCES_MAX)
        sources->items[sources->count++] = (EvaluationSource){file, text};
}

static Str line_of(Str text, uint32_t line)
{
    Str one = str_split(&text, '\n');
    while (--line && text.ptr)
        one = str_split(&text, '\n');
    return line ? STR_NONE : one;
}

static bool is_wide(uint32_t c)
{
    return (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) ||
           (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) ||
           (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
           (c >= 0xFFE0 && c <= 0xFFE6) || (c >= 0x1F300 && c <= 0x3FFFD);
}

/* The line and a second one with the caret under its column (1-based, in code points). */
static void add_caret(Str line, uint32_t column, Buf *out)
{
    size_t at = 0;
    uint32_t from = column > WINDOW_BEFORE ? column - WINDOW_BEFORE : 1, point = 1;
    if (!utf8_valid(line, NULL))
        return;
    for (; at < line.len && point < from; point++)
        utf8_next(line, &at);
    size_t start = at, end = at;
    Buf blanks = buf_new(out->arena, 128);
    for (; end < line.len && point < from + WINDOW_POINTS; point++) {
        uint32_t c = utf8_next(line, &end);
        if (point < column)
            buf_add(&blanks, c == '\t' ? STR("\t") : is_wide(c) ? STR("  ") : STR(" "));
    }
    buf_printf(out, "\n  %s%.*s%s\n  %s%.*s^", start ? "..." : "",
               STR_ARG(str_slice(line, start, end)), end < line.len ? "..." : "",
               start ? "   " : "", STR_ARG(buf_text(&blanks)));
}

static void show_at(const EvaluationSources *sources, Str file, uint32_t line, uint32_t column,
                    Buf *out)
{
    for (size_t i = 0; sources && line && i < sources->count; i++) {
        if (!str_equal(sources->items[i].file, file))
            continue;
        Str one = str_trim(line_of(sources->items[i].text, line)).len
                      ? line_of(sources->items[i].text, line) : STR_NONE;
        if (str_ends(one, STR("\r")))
            one.len--;
        if (one.len)
            add_caret(one, column ? column : 1, out);
        return;
    }
}

int evaluation_show_fault(Lang lang, const Err *err, const EvaluationSources *sources)
{
    Arena *a = arena_open(SHOW_ARENA_BYTES);
    Buf b = buf_new(a, 256);
    err_show(err, lang, &b);
    show_at(sources, str_from(err->file), err->line, err->column, &b);
    fprintf(stderr, "%s\n", buf_cstr(&b));
    arena_close(a);
    return EXIT_FAULTS;
}

void evaluation_show_reasons(Lang lang, const FeelRun *run, const EvaluationSources *sources)
{
    Arena *a = arena_open(SHOW_ARENA_BYTES);
    size_t kept = feel_reasons_kept(run);
    for (size_t i = 0; i < kept; i++) {
        const FeelReason *reason = &run->reasons[i];
        Buf b = buf_new(a, 256);
        feel_reason_text(reason, lang, true, &b);
        show_at(sources, reason->place.file, reason->place.line, reason->place.column, &b);
        fprintf(stderr, "%s\n", buf_cstr(&b));
    }
    if (run->reason_count > kept)
        fprintf(stderr, lang == LANG_EN ? "... and %zu more\n" : "……另有 %zu 条\n",
                run->reason_count - kept);
    arena_close(a);
}

void evaluation_print(Arena *a, Value v, unsigned indent)
{
    Buf b = buf_new(a, 4096);
    json_write(v, indent, &b);
    Str text = buf_text(&b);
    fwrite(text.ptr, 1, text.len, stdout);
    putchar('\n');
}
