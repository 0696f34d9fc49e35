/* form_condition.c - conditional.hide: FEEL over the values of the form.
 *
 * A condition sees the fields of its own scope and of all scopes around it, inner ones first:
 * a field in a row of a dynamic list sees the row's fields, then the form's. Names that no
 * field bears are refused when the form is compiled, because a misspelt name would read as null
 * for ever and hide nothing. A field without a value is null. */
#include "base/check.h"
#include "lang/form/form_int.h"

#define CONDITION_FUEL 200000

/* The keys that stand directly in a scope, seen through its frames. */
static void scope_names(const FormField *const *fields, size_t count, FeelName *names,
                        size_t *used)
{
    for (size_t i = 0; i < count; i++) {
        if (form_is_frame(fields[i])) {
            scope_names(fields[i]->children, fields[i]->child_count, names, used);
            continue;
        }
        size_t j = 0;
        while (j < *used && !str_equal(names[j].name, fields[i]->key))
            j++;
        if (j == *used && *used < FORM_FIELDS_MAX)
            names[(*used)++] = (FeelName){fields[i]->key, NULL};
    }
}

static FeelScope scope_of(Arena *a, const Form *form, const FormField *field)
{
    FeelName *names = arena_new_array(a, FeelName, FORM_FIELDS_MAX);
    size_t used = 0;
    for (const FormField *p = field->parent; p && names; p = p->parent)
        if (!form_is_frame(p))
            scope_names(p->children, p->child_count, names, &used);
    if (names)
        scope_names(form->roots, form->root_count, names, &used);
    return (FeelScope){.names = names, .count = used};
}

static bool condition_compile(Arena *a, const Form *form, FormField *field, Str file, Err *err)
{
    FeelScope scope = scope_of(a, form, field);
    Err why = {0};
    const FeelProgram *program = NULL;
    FeelPlace place = {.file = file, .element = field->path};
    if (!feel_compile(a, field->hide, place, &scope, &program, &why)) {
        Buf zh = buf_new(a, 0), en = buf_new(a, 0);
        err_text(&why, LANG_EN, &en);
        err_text(&why, LANG_ZH, &zh);
        err_set(err, &fault_form_condition_wrong, field->hide, buf_text(&en), buf_text(&zh));
        err_at(err, file, field->line, field->column);
        return false;
    }
    struct FormRule *rule = arena_new(a, struct FormRule);
    *rule = *field->rule;
    rule->hide = program;
    field->rule = rule;
    return true;
}

static bool conditions_in(Arena *a, const Form *form, const FormField *const *fields,
                          size_t count, Str file, Err *err)
{
    for (size_t i = 0; i < count; i++) {
        /* The tree is still ours to finish: nobody else has seen it yet. */
        FormField *field = (FormField *)(uintptr_t)fields[i];
        if (field->hide.len && !condition_compile(a, form, field, file, err))
            return false;
        if (!conditions_in(a, form, field->children, field->child_count, file, err))
            return false;
    }
    return true;
}

bool form_conditions_compile(Arena *a, Form *form, Str file, Err *err)
{
    return conditions_in(a, form, form->roots, form->root_count, file, err);
}

bool form_condition_hides(const FormField *field, Value scope, Instant now, Arena *a)
{
    check(field->rule);
    if (!field->rule->hide)
        return false;
    FeelRun run = feel_run_new(a, now);
    run.fuel = CONDITION_FUEL;
    Value hidden = value_null();
    return feel_run_context(field->rule->hide, scope, &run, &hidden) && value_is_true(hidden);
}
