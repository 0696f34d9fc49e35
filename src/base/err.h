/* err.h - what went wrong, where, and what to do about it, in the reader's language.
 *
 * A fallible function returns bool and fills an Err. What can go wrong is declared once, in
 * the ordered lists of the modules, as Fault rows: name, HTTP status, final or retryable, and
 * a text in English and in Chinese with places {1}..{9} for the arguments. The order of a
 * module's list is the order of precedence of its refusals. An Err needs no allocation: its
 * arguments stand in a buffer of its own (cut at a UTF-8 boundary when it is full).
 * The first failure wins: err_set on a filled Err changes nothing. Callers add the place in
 * the user's source (file, line, column or element), never change the fault.
 * Floor 0. Any thread. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/buf.h"

typedef enum Lang { LANG_ZH, LANG_EN } Lang; /* zh-CN is the default of the product */

/* What kind of trouble. */
typedef enum FaultKind {
    FAULT_REFUSAL, /* not allowed: an ordinary result */
    FAULT_INPUT,   /* the input is wrong: a user or an author has to change it */
    FAULT_LIMIT,   /* a limit of ours was reached */
    FAULT_OUTSIDE, /* I/O, memory, time: roll back; may be tried again */
} FaultKind;

typedef struct Fault {
    const char *name; /* "task_not_yours": stable, part of the API */
    FaultKind kind;
    int http_status;
    bool retryable; /* the same command may succeed later, unchanged */
    const char *en; /* "Task {1} belongs to {2}. Ask them, or pick another task." */
    const char *zh;
} Fault;

#define ERR_ARGS_MAX 9
#define ERR_BYTES_MAX 480

typedef struct Err {
    const Fault *fault; /* NULL: nothing is wrong */
    uint16_t arg_end[ERR_ARGS_MAX];
    uint8_t arg_count;
    /* Place in the user's source; empty values: "", 0, 0, "". */
    char file[96];
    uint32_t line;   /* 1-based */
    uint32_t column; /* 1-based, in code points */
    char element[96]; /* element id, JSON pointer, form field */
    /* Place in ours. */
    const char *source_file;
    int source_line;
    char args[ERR_BYTES_MAX];
} Err;

/* Declare a module's faults: X(name, KIND, http status, retryable, en, zh). In the header:
 *   FAULT_DECLARE(CASE_FAULTS)     gives  extern const Fault fault_case_closed; ...
 * in one .c file:  FAULT_DEFINE(CASE_FAULTS)
 * and the ordered table:  FAULT_TABLE(case_faults, CASE_FAULTS). */
#define FAULT_DECLARE_ROW(name, kind, status, retryable, en, zh) extern const Fault fault_##name;
#define FAULT_DEFINE_ROW(name, kind, status, retryable, en, zh) \
    const Fault fault_##name = {#name, FAULT_##kind, status, retryable, en, zh};
#define FAULT_TABLE_ROW(name, kind, status, retryable, en, zh) &fault_##name,
#define FAULT_DECLARE(LIST) LIST(FAULT_DECLARE_ROW)
#define FAULT_DEFINE(LIST) LIST(FAULT_DEFINE_ROW)
#define FAULT_TABLE(table, LIST) \
    const Fault *const table[] = {LIST(FAULT_TABLE_ROW) NULL};

/* Fill err (unless it is filled already) and return false, so that a function can write
 *   return err_set(err, &fault_case_closed, id, date);
 * The arguments are Str. err may be NULL: then only false is returned. */
#define err_set(err, fault, ...)                                                          \
    err_fill((err), (fault), __FILE__, __LINE__, (const Str[]){STR_NONE, ##__VA_ARGS__}, \
             sizeof((const Str[]){STR_NONE, ##__VA_ARGS__}) / sizeof(Str))
/* The function behind err_set: args[0] is not used. */
bool err_fill(Err *err, const Fault *fault, const char *source_file, int source_line,
              const Str *args, size_t count);

/* Add the place in the user's source, where it is not known yet. */
void err_at(Err *err, Str file, uint32_t line, uint32_t column);
void err_at_element(Err *err, Str element);
void err_clear(Err *err);
bool err_is(const Err *err, const Fault *fault);
/* Argument i (0-based), borrowed from err; empty when there is none. */
Str err_arg(const Err *err, size_t i);
/* The text of the fault with its arguments: one or two sentences, no place. */
void err_text(const Err *err, Lang lang, Buf *out);
/* "file:line:column: text" or "file: element: text", as far as the places are known. */
void err_show(const Err *err, Lang lang, Buf *out);

/* Faults of floor 0, used everywhere. */
#define BASE_FAULTS(X)                                                                        \
    X(out_of_memory, LIMIT, 503, true, "The memory limit of this request was reached ({1}).", \
      "本次请求已达到内存上限（{1}）。")                                                      \
    X(system_failure, OUTSIDE, 503, true, "The system could not do this: {1}. Try again later.", \
      "系统未能完成该操作：{1}。请稍后再试。")                                                \
    X(number_invalid, INPUT, 422, false, "\"{1}\" is not a number. Write digits, such as 12.50.", \
      "“{1}”不是数字，请填写数字，如 12.50。")                                                \
    X(number_overflow, INPUT, 422, false, "The number {1} is out of range.",                  \
      "数值 {1} 超出范围。")                                                                  \
    X(date_invalid, INPUT, 422, false, "\"{1}\" is not a date. Write it as 2026-11-25.",      \
      "“{1}”不是有效日期，请按 2026-11-25 的格式填写。")
FAULT_DECLARE(BASE_FAULTS)

#endif
