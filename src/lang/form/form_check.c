/* form_check.c - data judged by a form: every fault told, in the order of the fields.
 *
 * A scope is the context in which fields stand: the whole data, the context of a group with a
 * path, one row of a dynamic list. Checking a scope asks two questions: does every entry of the
 * data belong to a field of the scope (frames are looked through), and does every field have the
 * value it demands?
 *
 * Draft mode judges only what a page could never have sent by itself: unknown fields, values of
 * the wrong type, sizes beyond our own limits. Half-typed numbers and missing answers are what
 * drafts are for. Submit mode judges everything; a field is judged by the first rule it breaks:
 * hidden or disabled (must not be sent), required, type, then the rules of its type.
 *
 * Null and absent are the same thing: not answered. */
#include <stdio.h>

#include "base/check.h"
#include "codec/identifier.h"
#include "codec/json.h"
#include "lang/form/form_int.h"
#include "lang/form/form_value.h"

typedef struct Checker {
    Arena *a;
    FormMode mode;
    Instant now;
    FormFaults *faults;
} Checker;

/* One field of one scope: what is sent for it and where. */
typedef struct Answer {
    const FormField *field;
    Value value;
    Str pointer;
} Answer;

/* ---- Telling. */

static void tell(const Checker *c, const FormField *field, Str pointer, const Err *err)
{
    check(err->fault);
    FormFaults *list = c->faults;
    if (list->count == FORM_FAULTS_MAX) {
        list->more = true;
        return;
    }
    Buf zh = buf_new(c->a, 0), en = buf_new(c->a, 0);
    err_text(err, LANG_ZH, &zh);
    err_text(err, LANG_EN, &en);
    bool named = field && field->label_zh.len;
    list->items[list->count++] = (FormFault){
        .field = pointer,
        .name = err->fault->name,
        .label_zh = named ? field->label_zh : pointer,
        .label_en = named ? field->label_en : pointer,
        .text_zh = buf_text(&zh),
        .text_en = buf_text(&en),
    };
}

#define tell_fault(c, answer, fault, ...)                     \
    do {                                                      \
        Err told = {0};                                       \
        err_set(&told, (fault), ##__VA_ARGS__);               \
        tell((c), (answer)->field, (answer)->pointer, &told); \
    } while (0)

static void tell_type(const Checker *c, const Answer *answer, Str en, Str zh)
{
    tell_fault(c, answer, &fault_data_type, en, zh);
}

static Str count_text(const Checker *c, int64_t n)
{
    return arena_printf(c->a, "%lld", (long long)n);
}

/* ---- Values by type. Each judges a value that is there. */

static void check_lengths(const Checker *c, const Answer *answer)
{
    const struct FormRule *rule = answer->field->rule;
    int64_t count = (int64_t)utf8_count(answer->value.as.string);
    int64_t ceiling = answer->field->type == FORM_TEXTAREA ? FORM_TEXTAREA_MAX : FORM_TEXT_MAX;
    if (c->mode == FORM_SUBMIT && rule->max_length >= 0)
        ceiling = rule->max_length;
    if (count > ceiling)
        tell_fault(c, answer, &fault_data_long, count_text(c, ceiling), count_text(c, count));
    else if (c->mode == FORM_SUBMIT && count < rule->min_length)
        tell_fault(c, answer, &fault_data_short, count_text(c, rule->min_length));
}

static void check_written_form(const Checker *c, const Answer *answer)
{
    const FormField *field = answer->field;
    const struct FormRule *rule = field->rule;
    if (rule->pattern && !form_pattern_matches(rule->pattern, answer->value.as.string, c->a)) {
        if (rule->hint_zh.len)
            tell_fault(c, answer, &fault_data_pattern_hint, rule->hint_en, rule->hint_zh);
        else
            tell_fault(c, answer, &fault_data_pattern);
        return;
    }
    if (field->format.len == 0)
        return;
    Err why = {0};
    IdentifierOutcome outcome = identifier_check(field->format, answer->value.as.string, &why);
    bool fine = outcome == IDENTIFIER_VALID || (outcome == IDENTIFIER_LEGACY && rule->legacy);
    if (!fine)
        tell(c, field, answer->pointer, &why);
}

static void check_string(const Checker *c, const Answer *answer)
{
    if (!value_is(answer->value, VALUE_STRING)) {
        tell_type(c, answer, STR("text"), STR("文字"));
        return;
    }
    size_t bad = form_bad_character(answer->value.as.string, answer->field->type);
    size_t before = c->faults->count;
    if (bad)
        tell_fault(c, answer, &fault_data_character, count_text(c, (int64_t)bad));
    else
        check_lengths(c, answer);
    if (c->mode == FORM_SUBMIT && c->faults->count == before && !c->faults->more)
        check_written_form(c, answer);
}

static Str number_text(const Checker *c, Dec d)
{
    Buf text = buf_new(c->a, 0);
    dec_write(d, &text);
    return buf_text(&text);
}

static void check_number(const Checker *c, const Answer *answer)
{
    const struct FormRule *rule = answer->field->rule;
    Dec number = dec_from_int(0);
    bool is_number = value_is(answer->value, VALUE_NUMBER) && !rule->number_text;
    if (is_number)
        number = answer->value.as.number;
    else if (rule->number_text && value_is(answer->value, VALUE_STRING))
        is_number = dec_parse(answer->value.as.string, &number);
    if (!is_number) {
        if (rule->number_text)
            tell_type(c, answer, STR("a number, written as text"), STR("以文本书写的数字"));
        else
            tell_type(c, answer, STR("a number"), STR("数字"));
        return;
    }
    if (c->mode == FORM_DRAFT)
        return;
    if (rule->has_min && dec_compare(number, rule->min) < 0)
        tell_fault(c, answer, &fault_data_small, number_text(c, rule->min));
    else if (rule->has_max && dec_compare(number, rule->max) > 0)
        tell_fault(c, answer, &fault_data_big, number_text(c, rule->max));
    else if (rule->decimal_digits >= 0 && form_digits(number) > rule->decimal_digits)
        tell_fault(c, answer, &fault_data_digits, count_text(c, rule->decimal_digits));
}

static Str shown(const Checker *c, Value v)
{
    return value_is(v, VALUE_STRING) ? v.as.string : json_copy_text(c->a, v);
}

static bool is_option(const FormField *field, Value v)
{
    for (size_t i = 0; i < field->option_count; i++)
        if (value_same(field->options[i].value, v))
            return true;
    return false;
}

static bool is_scalar(Value v)
{
    return value_is(v, VALUE_STRING) || value_is(v, VALUE_NUMBER) || value_is(v, VALUE_BOOLEAN);
}

static void check_choice(const Checker *c, const Answer *answer)
{
    if (!is_scalar(answer->value))
        tell_type(c, answer, STR("one of the choices"), STR("选项之一"));
    else if (!is_option(answer->field, answer->value) &&
             (c->mode == FORM_SUBMIT || !form_is_blank(answer->value)))
        tell_fault(c, answer, &fault_data_option, shown(c, answer->value));
}

static void check_choices(const Checker *c, const Answer *answer)
{
    size_t count = value_count(answer->value);
    if (!value_is(answer->value, VALUE_LIST) || count > FORM_OPTIONS_MAX) {
        tell_type(c, answer, STR("a list of choices"), STR("由选项组成的列表"));
        return;
    }
    for (size_t i = 0; i < count; i++) {
        Value item = value_item(answer->value, i);
        if (!is_scalar(item)) {
            tell_type(c, answer, STR("a list of choices"), STR("由选项组成的列表"));
            return;
        }
        if (!is_option(answer->field, item)) {
            tell_fault(c, answer, &fault_data_option, shown(c, item));
            return;
        }
        for (size_t j = 0; j < i; j++)
            if (value_same(value_item(answer->value, j), item)) {
                tell_fault(c, answer, &fault_data_twice, shown(c, item));
                return;
            }
    }
}

static void check_date(const Checker *c, const Answer *answer)
{
    static const Fault *const faults[] = {&fault_data_date, &fault_data_time,
                                          &fault_data_date_time};
    const FormField *field = answer->field;
    if (!value_is(answer->value, VALUE_STRING) || answer->value.as.string.len > FORM_TEXT_MAX) {
        tell_type(c, answer, STR("text"), STR("文字"));
        return;
    }
    if (c->mode == FORM_DRAFT)
        return;
    Day day = DAY_NONE;
    if (!form_date_valid(field->date_kind, answer->value.as.string, &day)) {
        Err why = {0};
        err_set(&why, faults[field->date_kind]);
        tell(c, field, answer->pointer, &why);
        return;
    }
    bool past = field->date_kind != FORM_TIME &&
                day.number < instant_day(c->now, CHINA_OFFSET_S).number;
    if (past && field->rule->no_past_days)
        tell_fault(c, answer, &fault_data_past);
}

static void check_file(const Checker *c, const Answer *answer, Value file)
{
    Str wrong = form_file_wrong(file);
    if (wrong.len)
        tell_fault(c, answer, &fault_data_file, wrong);
    else if (!form_file_accepted(answer->field->accept, file))
        tell_fault(c, answer, &fault_data_file_kind, value_get_string(file, STR("name")),
                   answer->field->accept);
}

static void check_files(const Checker *c, const Answer *answer)
{
    if (!answer->field->multiple) {
        check_file(c, answer, answer->value);
        return;
    }
    size_t count = value_count(answer->value);
    if (!value_is(answer->value, VALUE_LIST)) {
        tell_type(c, answer, STR("a list of files"), STR("文件列表"));
    } else if (count > FORM_FILES_MAX) {
        tell_fault(c, answer, &fault_data_files, count_text(c, FORM_FILES_MAX));
    } else {
        for (size_t i = 0; i < count; i++) {
            Answer one = *answer;
            one.pointer = arena_printf(c->a, "%.*s/%zu", STR_ARG(answer->pointer), i);
            check_file(c, &one, value_item(answer->value, i));
        }
    }
}

static void check_value(const Checker *c, const Answer *answer)
{
    switch (answer->field->type) {
    case FORM_NUMBER:
        check_number(c, answer);
        break;
    case FORM_SELECT:
    case FORM_RADIO:
        check_choice(c, answer);
        break;
    case FORM_CHECKLIST:
    case FORM_TAGLIST:
        check_choices(c, answer);
        break;
    case FORM_CHECKBOX:
        if (!value_is(answer->value, VALUE_BOOLEAN))
            tell_type(c, answer, STR("true or false"), STR(" true 或 false"));
        break;
    case FORM_DATETIME:
        check_date(c, answer);
        break;
    case FORM_FILEPICKER:
        check_files(c, answer);
        break;
    default:
        check_string(c, answer);
    }
}

/* ---- Scopes. */

static void check_scope(const Checker *c, const FormField *const *fields, size_t count,
                        Value data, Value seen, Str pointer);

/* Not answered: absent, an unticked box, blank text where text stands, an empty list where a
 * list stands. A blank of the wrong type is not missing but wrong. */
static bool is_missing(const Answer *answer)
{
    Value v = answer->value;
    if (value_is_null(v))
        return true;
    switch (answer->field->type) {
    case FORM_CHECKBOX:
        return value_is(v, VALUE_BOOLEAN) && !v.as.boolean;
    case FORM_CHECKLIST:
    case FORM_TAGLIST:
        return value_is(v, VALUE_LIST) && value_count(v) == 0;
    case FORM_FILEPICKER:
        return answer->field->multiple && value_is(v, VALUE_LIST) && value_count(v) == 0;
    case FORM_NUMBER:
        return answer->field->rule->number_text && form_is_blank(v);
    default:
        return form_is_blank(v);
    }
}

static void tell_missing(const Checker *c, const Answer *answer)
{
    switch (answer->field->type) {
    case FORM_CHECKBOX:
        tell_fault(c, answer, &fault_data_confirm);
        break;
    case FORM_SELECT:
    case FORM_RADIO:
    case FORM_CHECKLIST:
    case FORM_TAGLIST:
        tell_fault(c, answer, &fault_data_choose);
        break;
    default:
        tell_fault(c, answer, &fault_data_required);
    }
}

static void check_input(const Checker *c, const Answer *answer)
{
    bool there = !value_is_null(answer->value);
    if (c->mode == FORM_SUBMIT && answer->field->disabled) {
        if (there)
            tell_fault(c, answer, &fault_data_disabled);
        return;
    }
    if (c->mode == FORM_SUBMIT && is_missing(answer)) {
        if (answer->field->required)
            tell_missing(c, answer);
        return;
    }
    if (there)
        check_value(c, answer);
}

static void check_group(const Checker *c, const Answer *answer, Value seen)
{
    Value data = answer->value;
    if (!value_is_null(data) && !value_is(data, VALUE_CONTEXT)) {
        tell_type(c, answer, STR("an object of fields"), STR("由字段组成的对象"));
        return;
    }
    check_scope(c, answer->field->children, answer->field->child_count, data,
                form_scope(c->a, seen, data), answer->pointer);
}

static void check_rows(const Checker *c, const Answer *answer, Value seen)
{
    size_t count = value_count(answer->value);
    if (!value_is_null(answer->value) && !value_is(answer->value, VALUE_LIST)) {
        tell_type(c, answer, STR("a list of rows"), STR("由行组成的列表"));
        return;
    }
    if (count > FORM_ROWS_MAX) {
        tell_fault(c, answer, &fault_data_rows, count_text(c, FORM_ROWS_MAX));
        return;
    }
    for (size_t i = 0; i < count; i++) {
        Answer row = {answer->field, value_item(answer->value, i),
                      arena_printf(c->a, "%.*s/%zu", STR_ARG(answer->pointer), i)};
        if (!value_is(row.value, VALUE_CONTEXT))
            tell_type(c, &row, STR("an object of fields"), STR("由字段组成的对象"));
        else
            check_scope(c, answer->field->children, answer->field->child_count, row.value,
                        form_scope(c->a, seen, row.value), row.pointer);
    }
}

/* Everything of a hidden part of the form that was sent all the same. */
static void tell_hidden(const Checker *c, const FormField *field, Value data, Str pointer)
{
    if (form_is_frame(field)) {
        for (size_t i = 0; i < field->child_count; i++)
            tell_hidden(c, field->children[i], data, pointer);
        return;
    }
    Value value = value_get(data, field->key);
    if (value_is_null(value))
        return;
    Answer answer = {field, value,
                     arena_printf(c->a, "%.*s/%.*s", STR_ARG(pointer), STR_ARG(field->key))};
    tell_fault(c, &answer, &fault_data_hidden);
}

static void check_field(const Checker *c, const FormField *field, Value data, Value seen,
                        Str pointer)
{
    if (c->mode == FORM_SUBMIT && form_condition_hides(field, seen, c->now, c->a)) {
        tell_hidden(c, field, data, pointer);
        return;
    }
    if (form_is_frame(field)) {
        for (size_t i = 0; i < field->child_count; i++)
            check_field(c, field->children[i], data, seen, pointer);
        return;
    }
    Answer answer = {field, value_get(data, field->key),
                     arena_printf(c->a, "%.*s/%.*s", STR_ARG(pointer), STR_ARG(field->key))};
    if (field->type == FORM_GROUP)
        check_group(c, &answer, seen);
    else if (field->type == FORM_DYNAMICLIST)
        check_rows(c, &answer, seen);
    else
        check_input(c, &answer);
}

static void check_scope(const Checker *c, const FormField *const *fields, size_t count,
                        Value data, Value seen, Str pointer)
{
    for (size_t i = 0; i < value_count(data); i++) {
        Str key = data.as.context.entries[i].key;
        if (form_scope_has(fields, count, key))
            continue;
        Answer unknown = {NULL, value_null(), form_pointer(c->a, pointer, key)};
        tell_fault(c, &unknown, &fault_data_unknown, str_slice(key, 0, 100));
    }
    for (size_t i = 0; i < count; i++)
        check_field(c, fields[i], data, seen, pointer);
}

bool form_check(const Form *f, Value data, FormMode mode, Instant now, Arena *a,
                FormFaults *faults)
{
    check(f && a && faults);
    *faults = (FormFaults){.items = arena_new_array(a, FormFault, FORM_FAULTS_MAX)};
    Checker c = {a, mode, now, faults};
    if (!value_is(data, VALUE_CONTEXT)) {
        Answer all = {NULL, data, STR_NONE};
        tell_fault(&c, &all, &fault_data_not_object);
        return false;
    }
    check_scope(&c, f->roots, f->root_count, data, data, STR_NONE);
    return faults->count == 0;
}

bool form_refuse(const FormFaults *faults, Err *err)
{
    check(faults->count > 0);
    const FormFault *first = &faults->items[0];
    char count[16];
    int len = snprintf(count, sizeof count, "%zu%s", faults->count, faults->more ? "+" : "");
    err_set(err, &fault_form_data_invalid, ((Str){count, (size_t)len}), first->label_en,
            first->label_zh, first->text_en, first->text_zh);
    err_at_element(err, first->field);
    return false;
}
