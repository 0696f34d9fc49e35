/* registry_purpose.c - commands that read: registry.read and registry.look.
 *
 * Reading inside of a case: the task registry.read takes the purpose from the task's context
 * (thing, case number, matter), records the read and replies the record in one step. Outside of a
 * case registry.look records the read and replies its id, with which the record is then read
 * outside of the writer (registry_read.c).
 *
 * Replies of root commands stand readable in the journal. registry.read as a root therefore replies
 * without the record. */
#include "domain/registry/registry_int.h"

typedef struct Purpose {
    Str thing, case_number, matter, basis;
} Purpose;

static bool check_purpose(Decision *d, const RegistryKind *kind, const Purpose *p)
{
    if (kind->about.share == REGISTRY_SHARE_NONE)
        return decision_refuse_with(d, &fault_registry_not_shared, kind->about.name);
    if (!p->thing.len || (!p->case_number.len && !p->basis.len))
        return decision_refuse_with(d, &fault_registry_purpose_missing);
    return true;
}

/* "fields" of the command: property names of the registry; absent means all. */
static bool named_fields(Decision *d, const RegistryKind *kind, const Command *command,
                         Value *out)
{
    Value fields = value_field(command->body, "fields");
    ListBuilder none = list_builder(decision_arena(d));
    *out = value_is(fields, VALUE_LIST) ? fields : value_list(&none);
    for (size_t i = 0; i < value_count(*out); i++) {
        Value name = value_item(*out, i);
        Str text = value_is(name, VALUE_STRING) ? name.as.string : STR("");
        if (str_find(text, STR(".")) >= 0 || !registry_property(&kind->about, text))
            return decision_refuse_with(d, &fault_registry_field_unknown, kind->about.name, text);
    }
    return true;
}

/* May this actor look at the row, and at the fields he names? */
static bool check_rights(Decision *d, const Command *command, const RegistryKind *kind,
                         const RecordRow *row, Value fields)
{
    int level = registry_right_level(&kind->about, &command->actor, row->record);
    bool own = value_get_string(command->body, STR("key")).len &&
               str_equal(command->actor.subject, registry_body_text(command, "key"));
    if (own || str_equal(command->actor.id, STR("system")))
        return true;
    if (level == 0)
        return decision_refuse_with(d, &fault_registry_not_yours, kind->about.name);
    for (size_t i = 0; i < value_count(fields); i++) {
        Str name = value_item(fields, i).as.string;
        if (registry_property(&kind->about, name)->level > level)
            return decision_refuse_with(d, &fault_registry_field_not_yours, kind->about.name, name);
    }
    return true;
}

static bool find_row(Decision *d, const RegistryKind *kind, Str key, RecordRow *out)
{
    Err err = {0};
    const Face *face = registry_decision_face(d, kind);
    if (!face || !registry_row(decision_store(d), decision_node(d), face, key, decision_arena(d),
                               out, &err))
        return registry_refuse_failed(d, &err);
    if (out->found && kind->about.personal && id_is_none(out->subject))
        out->subject = registry_bulk_subject(decision_store(d), decision_node(d),
                                             kind->about.name, out->number);
    return true;
}

/* Emit the read of a record. Nothing found is recorded too, without the key. Returns the look. */
static Id emit_read(Decision *d, const Command *command, const RegistryKind *kind, Str key,
                    const RecordRow *row, const Purpose *p, Value fields)
{
    Arena *a = decision_arena(d);
    ContextBuilder open = context_builder(a), closed = context_builder(a);
    Id look = row->found ? decision_id(d) : ID_NONE;
    bool sealed = row->found && kind->about.personal;
    registry_put_text(&open, "registry", kind->about.name);
    context_put_text(&open, "found", value_boolean(row->found));
    if (row->found) {
        context_put_text(&open, "look", value_id(a, look));
        context_put_text(&open, "version", value_int(row->version));
        registry_put_text(sealed ? &closed : &open, "key", key);
    }
    registry_put_text(&open, "reader", command->actor.id);
    registry_put_text(&open, "office", command->actor.office);
    registry_put_text(&open, "thing", p->thing);
    registry_put_text(&open, "case", p->case_number);
    registry_put_text(&open, "matter", p->matter);
    registry_put_text(&open, "basis", p->basis);
    context_put_text(&open, "fields", fields);
    decision_emit(d, STR("registry.was_read"),
                  sealed ? id_copy_text(a, row->subject) : STR_NONE, value_context(&open),
                  sealed ? value_context(&closed) : value_null());
    return look;
}

static bool named(Value fields, Str name)
{
    for (size_t i = 0; i < value_count(fields); i++)
        if (str_equal(value_item(fields, i).as.string, name))
            return true;
    return value_count(fields) == 0;
}

/* The properties that are asked for and good enough; the names of the others that are there. */
static Value chosen(Arena *a, const RecordRow *row, Value fields, Str least, Value *insufficient)
{
    ContextBuilder b = context_builder(a);
    ListBuilder below = list_builder(a);
    for (size_t i = 0; i < value_count(row->record); i++) {
        const ValueEntry *e = &row->record.as.context.entries[i];
        Str source, grade;
        registry_mark_of(row, e->key, &source, &grade);
        if (!named(fields, e->key))
            continue;
        if (registry_grade_rank(grade) >= registry_grade_rank(least))
            context_put(&b, e->key, e->value);
        else
            list_add(&below, value_string(e->key));
    }
    *insufficient = value_list(&below);
    return value_context(&b);
}

bool registry_decide_read(void *state, const Command *command, Decision *d)
{
    Arena *a = decision_arena(d);
    const RegistryKind *kind = registry_named_kind(state, command, d);
    Value context = value_field(command->body, "context"), fields;
    Purpose p = {value_get_string(context, STR("thing")), value_get_string(context, STR("number")),
                 value_get_string(context, STR("matter")), registry_body_text(command, "basis")};
    Str key = registry_body_text(command, "key");
    RecordRow row;
    if (!kind || !check_purpose(d, kind, &p) || !named_fields(d, kind, command, &fields))
        return false;
    Str least = registry_body_text(command, "grade");
    if (least.len && !registry_grade_rank(least))
        return decision_refuse_with(d, &fault_registry_grade_unknown, least);
    if (!find_row(d, kind, key, &row))
        return false;
    emit_read(d, command, kind, key, &row, &p, fields);
    ContextBuilder reply = context_builder(a);
    context_put_text(&reply, "found", value_boolean(row.found));
    context_put_text(&reply, "version", value_int(row.version));
    Value insufficient = value_null(), seen = chosen(a, &row, fields, least, &insufficient);
    if (!id_equal(command->id, command->root)) {
        context_put_text(&reply, "record", row.found ? seen : value_null());
        context_put_text(&reply, "insufficient", insufficient);
    }
    decision_reply(d, value_context(&reply));
    return true;
}

bool registry_decide_look(void *state, const Command *command, Decision *d)
{
    Arena *a = decision_arena(d);
    const RegistryKind *kind = registry_named_kind(state, command, d);
    Value purpose = value_field(command->body, "purpose"), fields;
    Purpose p = {value_get_string(purpose, STR("thing")), value_get_string(purpose, STR("case")),
                 STR_NONE, value_get_string(purpose, STR("basis"))};
    Str key = registry_body_text(command, "key");
    RecordRow row;
    if (!kind || !check_purpose(d, kind, &p) || !named_fields(d, kind, command, &fields))
        return false;
    if (!find_row(d, kind, key, &row) || !check_rights(d, command, kind, &row, fields))
        return false;
    Id look = emit_read(d, command, kind, key, &row, &p, fields);
    ContextBuilder reply = context_builder(a);
    context_put_text(&reply, "found", value_boolean(row.found));
    if (row.found) {
        context_put_text(&reply, "look", value_id(a, look));
        context_put_text(&reply, "version", value_int(row.version));
    }
    decision_reply(d, value_context(&reply));
    return true;
}

