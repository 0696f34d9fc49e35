/* evaluation.h - what `tongban feel` and `tongban decide` share: limits, JSON arguments, and
 * faults shown with the line they stand in and a caret under the place.
 *
 * Results go to standard output as JSON, everything that is wrong to standard error:
 *
 *     expression:1:3: "x" is not known here.
 *       1+x
 *         ^
 *
 * Floor 8. Main thread. */
#ifndef APP_EVALUATION_H
#define APP_EVALUATION_H

#include "app/arguments.h"
#include "lang/feel/feel.h"

#define EVALUATION_SOURCES_MAX 80u             /* texts a place can stand in: model and imports */
#define EVALUATION_TEXT_BYTES (64u << 20)      /* a longer model, context or input is refused */
#define EVALUATION_MEMORY_MIN (64ll << 10)
#define EVALUATION_MEMORY_MAX (16ll << 30)
#define EVALUATION_MEMORY_DEFAULT (256ll << 20)

/* The limits of a run, from --limits. */
typedef struct EvaluationLimits {
    int64_t fuel;
    uint32_t depth;
    size_t memory_bytes;
} EvaluationLimits;

typedef struct EvaluationSource {
    Str file; /* as in the places */
    Str text;
} EvaluationSource;

/* The texts that places may refer to. */
typedef struct EvaluationSources {
    EvaluationSource items[EVALUATION_SOURCES_MAX];
    size_t count;
} EvaluationSources;

/* Rows for a subcommand's table of options. */
#define EVALUATION_OPTION_LIMITS                                                            \
    {"limits", "LIST", "Limits: fuel=STEPS,depth=LEVELS,memory=BYTES (K, M, G allowed)",    \
     "限制：fuel=步数,depth=层数,memory=字节数（可带 K、M、G）"}
#define EVALUATION_OPTION_NOW                                                               \
    {"now", "INSTANT", "What now() and today() see (the clock)", "now() 与 today() 所见时间（系统时钟）"}

/* --limits, or the defaults. */
bool evaluation_limits(const Arguments *args, EvaluationLimits *out, Err *err);
/* --now, or the clock. */
bool evaluation_now(const Arguments *args, Instant *out, Err *err);
/* A text: the argument itself when it begins like JSON, standard input for "-", else a file. */
bool evaluation_text(Arena *a, Str argument, Str *file, Str *text, Err *err);
/* A context as JSON under an option ("context"); an empty one when it is not given. */
bool evaluation_context(Arena *a, const Arguments *args, const char *option, Value *out, Err *err);
/* All of standard input. */
bool evaluation_input(Arena *a, Str *text, Err *err);
void evaluation_source_add(EvaluationSources *sources, Str file, Str text);
/* A run with the limits; results live in the arena. */
FeelRun evaluation_run(Arena *a, const EvaluationLimits *limits, Instant now);
/* Print a fault with its place and a caret; returns EXIT_FAULTS. */
int evaluation_show_fault(Lang lang, const Err *err, const EvaluationSources *sources);
/* Print all reasons of a run and how many are left out. */
void evaluation_show_reasons(Lang lang, const FeelRun *run, const EvaluationSources *sources);
/* Print a value as JSON on standard output. */
void evaluation_print(Arena *a, Value v, unsigned indent);

#endif
