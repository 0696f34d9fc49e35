/* registry_write.c - commands that write records: registry.write and registry.put.
 *
 * A record is judged by its registry's schema before anything is written; it becomes the next
 * version of its key, unless it says nothing new.
 *
 * Grades. The command has a source and a grade (issued > verified > uploaded > declared). A value
 * that changes has those of the command; a value that stays keeps the better grade of the two, so a
 * declaration never lowers what an office has issued, and an office that confirms a declaration
 * raises it. The definition may demand a least grade for the registry or a property: a value below
 * it is refused.
 *
 * What is new is judged in the normal form (registry_judge.c, which bulk loading shares). */
#include "domain/registry/registry_int.h"

#include "base/check.h"

/* One record of a command on its way. */
typedef struct Writing {
    Decision *d;
    const Command *command;
    const RegistryKind *kind;
    const Face *face;
    Str at; /* place of the record in the body */
    Str source, grade;
    RecordRow held; /* what stands there now */
    RecordRow row;  /* what will */
} Writing;

/* Place of a fault: the registry, and the pointer into the record. */
static bool refuse_record(const Writing *w, Err err)
{
    Str element = arena_printf(decision_arena(w->d), "%.*s%s", STR_ARG(w->at), err.element);
    err.element[0] = '\0';
    err_at_element(&err, element);
    err_at(&err, w->kind->about.name, 0, 0);
    return decision_refuse(w->d, &err);
}

static bool judge_record(Writing *w, Value record)
{
    Err err = {0};
    return registry_judge(decision_arena(w->d), w->kind, record, &w->row, &err) ||
           refuse_record(w, err);
}

/* ---- What is new, and who says so. */

static bool compare(Writing *w, bool *changed)
{
    Err err = {0};
    return registry_compare(decision_arena(w->d), w->kind, &w->held, w->source, w->grade, &w->row,
                            changed, &err) ||
           refuse_record(w, err);
}

/* From when on the record holds: named by the command, or now. */
static bool judge_valid_from(Writing *w)
{
    Str text = registry_body_text(w->command, "valid_from");
    w->row.valid_from = w->command->now;
    bool good = !text.len || instant_parse(text, &w->row.valid_from);
    if (good && w->row.valid_from.us <= w->command->now.us &&
        (!w->held.found || w->row.valid_from.us >= w->held.valid_from.us))
        return true;
    return decision_refuse_with(w->d, &fault_registry_valid_from, w->kind->about.name, text);
}

/* ---- Writing. */

/* The subject under which the key is sealed; a new one for a new key. */
static Str subject_for(Decision *d, Str key)
{
    Id id = registry_subject(decision_store(d), decision_node(d), key);
    return id_copy_text(decision_arena(d), id_is_none(id) ? decision_id(d) : id);
}

static void emit_record(Writing *w)
{
    Arena *a = decision_arena(w->d);
    ContextBuilder open = context_builder(a), closed = context_builder(a);
    bool sealed = w->kind->about.personal;
    ContextBuilder *named = sealed ? &closed : &open;
    registry_put_text(&open, "registry", w->kind->about.name);
    context_put_text(&open, "version", value_int(w->row.version));
    context_put_text(&open, "number", value_int(w->row.number));
    context_put_text(&open, "valid_from", value_instant(a, w->row.valid_from));
    registry_put_text(&open, "source", w->source);
    registry_put_text(&open, "grade", w->grade);
    registry_put_text(named, "key", w->row.key);
    context_put_text(named, "record", w->row.record);
    if (!value_is_null(w->row.marks))
        context_put_text(named, "marks", w->row.marks);
    decision_emit(w->d, STR("registry.recorded"), sealed ? subject_for(w->d, w->row.key) : STR_NONE,
                  value_context(&open), sealed ? value_context(&closed) : value_null());
}

/* Begin: kind, face, source and grade of the command. */
static bool writing_begin(Writing *w, void *state, const Command *command, Decision *d)
{
    Err err = {0};
    *w = (Writing){.d = d, .command = command};
    w->kind = registry_named_kind(state, command, d);
    if (!w->kind)
        return false;
    w->face = registry_decision_face(d, w->kind);
    if (!w->face)
        return registry_refuse_failed(d, &err);
    Str source = registry_body_text(command, "source"), grade = registry_body_text(command, "grade");
    w->source = source.len ? source : w->kind->about.source;
    w->grade = grade.len ? grade : STR("issued");
    if (!registry_grade_rank(w->grade))
        return decision_refuse_with(d, &fault_registry_grade_unknown, w->grade);
    return true;
}

/* Write one record of the command as row `number`; row.version is the one that now holds. */
static bool write_record(Writing *w, Value record, Str at, int64_t number, bool *changed)
{
    Decision *d = w->d;
    Arena *a = decision_arena(d);
    Err err = {0};
    w->at = at;
    w->row = (RecordRow){.number = number};
    if (!judge_record(w, record))
        return false;
    if (!registry_row(decision_store(d), decision_node(d), w->face, w->row.key, a, &w->held, &err))
        return registry_refuse_failed(d, &err);
    int64_t expected = value_get_int(w->command->body, STR("expected_version"), -1);
    if (expected >= 0 && expected != w->held.version)
        return decision_refuse_with(d, &fault_registry_version_changed,
                                    registry_number_text(a, w->held.version),
                                    registry_number_text(a, expected));
    if (!compare(w, changed))
        return false;
    w->row.version = w->held.version + (*changed ? 1 : 0);
    if (!*changed)
        return true;
    if (!judge_valid_from(w))
        return false;
    emit_record(w);
    return true;
}

static int64_t next_number(const Writing *w)
{
    return registry_next_number(decision_store(w->d), decision_node(w->d), w->kind->about.name);
}

bool registry_decide_write(void *state, const Command *command, Decision *d)
{
    Writing w;
    bool changed = false;
    if (!writing_begin(&w, state, command, d) ||
        !write_record(&w, value_field(command->body, "record"), STR_NONE, next_number(&w),
                      &changed))
        return false;
    ContextBuilder reply = context_builder(decision_arena(d));
    if (!w.kind->about.personal || !id_equal(command->id, command->root))
        registry_put_text(&reply, "key", w.row.key);
    context_put_text(&reply, "version", value_int(w.row.version));
    decision_reply(d, value_context(&reply));
    return true;
}

/* Events take effect after the decision, so the records of one command have different keys. */
static bool key_is_new(Decision *d, Map *seen, Str key)
{
    if (map_has(seen, key))
        return decision_refuse_with(d, &fault_command_invalid, STR("registry.put"),
                                    STR("two records have the same key"));
    map_put(seen, key, seen);
    return true;
}

bool registry_decide_put(void *state, const Command *command, Decision *d)
{
    Arena *a = decision_arena(d);
    Writing w;
    Value records = value_field(command->body, "records");
    Map seen = map_new(a);
    int64_t changes = 0;
    if (!writing_begin(&w, state, command, d))
        return false;
    bool many = value_is(records, VALUE_LIST);
    size_t count = many ? value_count(records) : 1;
    if (count > REGISTRY_PUT_MAX)
        return decision_refuse_with(d, &fault_registry_too_many,
                                    registry_number_text(a, REGISTRY_PUT_MAX));
    int64_t first = next_number(&w);
    for (size_t i = 0; i < count; i++) {
        Value record = many ? value_item(records, i) : value_field(command->body, "record");
        Str at = many ? arena_printf(a, "/records/%zu", i) : STR("/record");
        bool changed = false;
        if (!write_record(&w, record, at, first + changes, &changed) ||
            !key_is_new(d, &seen, w.row.key))
            return false;
        changes += changed;
    }
    ContextBuilder reply = context_builder(a);
    context_put_text(&reply, "count", value_int((int64_t)count));
    context_put_text(&reply, "changed", value_int(changes));
    decision_reply(d, value_context(&reply));
    return true;
}
