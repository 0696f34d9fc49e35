/* registry_judge.c - is it a record, is it new, and who answers for its values?
 *
 * Pure: what commands decide about one record and what a bulk load decides about each of its lines
 * is the same. Faults carry the pointer into the record as their element. */
#include "domain/registry/registry_int.h"

/* About as many bytes as the value has as JSON. */
static size_t bytes_of(Value v)
{
    size_t sum = 8;
    if (value_is(v, VALUE_STRING))
        return v.as.string.len + 2;
    for (size_t i = 0; value_is(v, VALUE_LIST) && i < value_count(v); i++)
        sum += bytes_of(value_item(v, i));
    for (size_t i = 0; value_is(v, VALUE_CONTEXT) && i < value_count(v); i++)
        sum += v.as.context.entries[i].key.len + bytes_of(v.as.context.entries[i].value);
    return sum;
}

static bool judge_key(Arena *a, const RegistryKind *kind, RecordRow *row, Err *err)
{
    row->key = value_get_string(row->record, kind->about.key);
    if (row->key.len > 0 && row->key.len <= REGISTRY_KEY_BYTES_MAX)
        return true;
    return err_set(err, &fault_registry_key_invalid, kind->about.name,
                   registry_number_text(a, REGISTRY_KEY_BYTES_MAX), kind->about.key);
}

bool registry_judge(Arena *a, const RegistryKind *kind, Value record, RecordRow *row, Err *err)
{
    if (!value_is(record, VALUE_CONTEXT))
        return err_set(err, &fault_registry_record_missing);
    if (!schema_validate(kind->schema, a, record, err) ||
        !registry_normal_form(a, kind, record, &row->record, err))
        return false;
    if (bytes_of(row->record) > REGISTRY_RECORD_BYTES_MAX)
        return err_set(err, &fault_registry_record_too_large,
                       registry_number_text(a, REGISTRY_RECORD_BYTES_MAX));
    return judge_key(a, kind, row, err);
}

/* ---- What is new, and who says so. */

static bool same_value(Value a, Str property, Value b)
{
    Value x = value_null(), y = value_null();
    return value_find(a, property, &x) == value_find(b, property, &y) && value_same(x, y);
}

static bool judge_grade(const RegistryKind *kind, Str property, Str grade, Err *err)
{
    const RegistryProperty *p = registry_property(&kind->about, property);
    Str least = p && p->grade.len ? p->grade : kind->about.grade;
    return registry_grade_rank(grade) >= registry_grade_rank(least) ||
           err_set(err, &fault_registry_grade_too_low, property, grade, least);
}

static void put_mark(Arena *a, ContextBuilder *marks, Str property, Str source, Str grade)
{
    ContextBuilder mark = context_builder(a);
    registry_put_text(&mark, "source", source);
    registry_put_text(&mark, "grade", grade);
    context_put(marks, property, value_context(&mark));
}

bool registry_compare(Arena *a, const RegistryKind *kind, const RecordRow *held, Str source,
                      Str grade, RecordRow *row, bool *changed, Err *err)
{
    ContextBuilder marks = context_builder(a);
    size_t kept = 0;
    Value record = row->record;
    *changed = !held->found || value_count(record) != value_count(held->record);
    for (size_t i = 0; i < record.as.context.count; i++) {
        Str property = record.as.context.entries[i].key, its_source, its_grade;
        registry_mark_of(held, property, &its_source, &its_grade);
        if (!held->found || !same_value(record, property, held->record)) {
            *changed = true;
            if (kind->graded && !judge_grade(kind, property, grade, err))
                return false;
        } else if (registry_grade_rank(grade) > registry_grade_rank(its_grade)) {
            *changed = true;
        } else if (!str_equal(its_source, source) || !str_equal(its_grade, grade)) {
            put_mark(a, &marks, property, its_source, its_grade);
            kept++;
        }
    }
    row->marks = kept ? value_context(&marks) : value_null();
    return true;
}
