/* registry.c - commands of the registries.
 *
 * Writing: a record is judged by its registry's schema before anything is written; it becomes the
 * next version of its key, unless it equals the current one. Reading inside of a case: the task
 * registry.read takes the purpose from the task's context (thing, case number, matter), records
 * the read and replies the record in one step. Issuing: the next free identifier of a series; a
 * number that a record already uses is stepped over, so an identifier is never given twice.
 *
 * Replies of root commands stand readable in the journal. registry.read as a root therefore
 * replies without the record, and registry.look (public) replies the id of the recorded read,
 * with which the record is then read outside of the writer. */
#include "domain/registry/registry_int.h"

#include "base/check.h"
#include "codec/identifier.h"
#include "codec/json.h"

#define STATE_BYTES_MAX (256u << 20) /* all definitions of a node, all versions */
#define SERIAL_MAX 999999999999999ll

typedef struct RegistryModule {
    Arena *arena; /* holds this too */
    Map kinds;    /* name -> RegistryKind, the latest */
} RegistryModule;

static Str body_text(const Command *command, const char *key)
{
    return value_get_string(command->body, str_from(key));
}

static const RegistryKind *named_kind(const RegistryModule *m, const Command *command,
                                      Decision *d)
{
    Str name = body_text(command, "registry");
    const RegistryKind *kind = map_get(&m->kinds, name);
    if (!kind)
        decision_refuse_with(d, &fault_registry_unknown, name);
    return kind;
}

static Str number_text(Arena *a, int64_t n) { return arena_printf(a, "%lld", (long long)n); }

static void put_text(ContextBuilder *b, const char *key, Str text)
{
    if (text.len)
        context_put(b, str_from(key), value_string(text));
}

/* ---- Writing. */

/* Place of a fault: the registry, and the pointer into the record. */
static bool refuse_record(Decision *d, const RegistryKind *kind, Err err, Str at)
{
    Str element = arena_printf(decision_arena(d), "%.*s%s", STR_ARG(at), err.element);
    err.element[0] = '\0';
    err_at_element(&err, element);
    err_at(&err, kind->about.name, 0, 0);
    return decision_refuse(d, &err);
}

static bool judge_record(Decision *d, const RegistryKind *kind, Value record, Str at, Str *key,
                         Str *text)
{
    Arena *a = decision_arena(d);
    Err err = {0};
    if (!value_is(record, VALUE_CONTEXT)) {
        err_set(&err, &fault_registry_record_missing);
        return refuse_record(d, kind, err, at);
    }
    if (!schema_validate(kind->schema, a, record, &err))
        return refuse_record(d, kind, err, at);
    *key = value_get_string(record, kind->about.key);
    if (key->len == 0 || key->len > REGISTRY_KEY_BYTES_MAX) {
        err_set(&err, &fault_registry_key_invalid, kind->about.name,
                number_text(a, REGISTRY_KEY_BYTES_MAX), kind->about.key);
        return refuse_record(d, kind, err, at);
    }
    *text = json_copy_text(a, record);
    if (text->len > REGISTRY_RECORD_BYTES_MAX) {
        err_set(&err, &fault_registry_record_too_large,
                number_text(a, REGISTRY_RECORD_BYTES_MAX));
        return refuse_record(d, kind, err, at);
    }
    return true;
}

/* From when on the record holds: named by the command, or now. */
static bool valid_from(Decision *d, const Command *command, const RegistryKind *kind,
                       const RecordRow *current, Instant *out)
{
    Str text = body_text(command, "valid_from");
    *out = command->now;
    bool good = !text.len || instant_parse(text, out);
    if (good && out->us <= command->now.us &&
        (!current->found || out->us >= current->valid_from.us))
        return true;
    return decision_refuse_with(d, &fault_registry_valid_from, kind->about.name, text);
}

static bool same_record(Decision *d, const RecordRow *current, Value record, Str source, Str grade)
{
    Value held = value_null();
    return current->found && str_equal(current->source, source) &&
           str_equal(current->grade, grade) &&
           json_parse(decision_arena(d), current->record, &held, NULL) && value_same(held, record);
}

/* The subject under which the key is sealed; a new one for a new key. */
static Str subject_for(Decision *d, Str key)
{
    Id id = registry_subject(decision_store(d), decision_node(d), key);
    return id_copy_text(decision_arena(d), id_is_none(id) ? decision_id(d) : id);
}

static void emit_record(Decision *d, const RegistryKind *kind, Str key, Value record,
                        int64_t version, Instant from, Str source, Str grade)
{
    Arena *a = decision_arena(d);
    ContextBuilder open = context_builder(a), closed = context_builder(a);
    ContextBuilder *named = kind->about.personal ? &closed : &open;
    put_text(&open, "registry", kind->about.name);
    context_put_text(&open, "version", value_int(version));
    context_put_text(&open, "valid_from", value_instant(a, from));
    put_text(&open, "source", source);
    put_text(&open, "grade", grade);
    put_text(named, "key", key);
    context_put_text(named, "record", record);
    bool sealed = kind->about.personal;
    decision_emit(d, STR("registry.recorded"), sealed ? subject_for(d, key) : STR_NONE,
                  value_context(&open), sealed ? value_context(&closed) : value_null());
}

/* Write one record of the command; *version is the one that now holds. */
static bool write_record(Decision *d, const Command *command, const RegistryKind *kind,
                         Value record, Str at, Str *key, int64_t *version, bool *changed)
{
    Arena *a = decision_arena(d);
    Str text, source = body_text(command, "source"), grade = body_text(command, "grade");
    RecordRow current;
    Instant from;
    if (!judge_record(d, kind, record, at, key, &text))
        return false;
    source = source.len ? source : kind->about.source;
    grade = grade.len ? grade : STR("issued");
    registry_row(decision_store(d), decision_node(d), kind->about.name, *key, a, &current);
    int64_t expected = value_get_int(command->body, STR("expected_version"), -1);
    if (expected >= 0 && expected != current.version)
        return decision_refuse_with(d, &fault_registry_version_changed,
                                    number_text(a, current.version), number_text(a, expected));
    *version = current.version;
    *changed = !same_record(d, &current, record, source, grade);
    if (!*changed)
        return true;
    if (!valid_from(d, command, kind, &current, &from))
        return false;
    *version = current.version + 1;
    emit_record(d, kind, *key, record, *version, from, source, grade);
    return true;
}

static bool decide_write(void *state, const Command *command, Decision *d)
{
    const RegistryKind *kind = named_kind(state, command, d);
    Str key;
    int64_t version = 0;
    bool changed = false;
    if (!kind || !write_record(d, command, kind, value_field(command->body, "record"), STR_NONE,
                               &key, &version, &changed))
        return false;
    ContextBuilder reply = context_builder(decision_arena(d));
    if (!kind->about.personal || !id_equal(command->id, command->root))
        put_text(&reply, "key", key);
    context_put_text(&reply, "version", value_int(version));
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

static bool decide_put(void *state, const Command *command, Decision *d)
{
    Arena *a = decision_arena(d);
    const RegistryKind *kind = named_kind(state, command, d);
    Value records = value_field(command->body, "records");
    Map seen = map_new(a);
    int64_t changes = 0;
    if (!kind)
        return false;
    bool many = value_is(records, VALUE_LIST);
    size_t count = many ? value_count(records) : 1;
    if (count > REGISTRY_PUT_MAX)
        return decision_refuse_with(d, &fault_registry_too_many,
                                    number_text(a, REGISTRY_PUT_MAX));
    for (size_t i = 0; i < count; i++) {
        Value record = many ? value_item(records, i) : value_field(command->body, "record");
        Str key, at = many ? arena_printf(a, "/records/%zu", i) : STR("/record");
        int64_t version = 0;
        bool changed = false;
        if (!write_record(d, command, kind, record, at, &key, &version, &changed) ||
            !key_is_new(d, &seen, key))
            return false;
        changes += changed;
    }
    ContextBuilder reply = context_builder(a);
    context_put_text(&reply, "count", value_int((int64_t)count));
    context_put_text(&reply, "changed", value_int(changes));
    decision_reply(d, value_context(&reply));
    return true;
}

/* ---- Reading. */

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

/* Emit the read of a record. Nothing found is recorded too, without the key. Returns the look. */
static Id emit_read(Decision *d, const Command *command, const RegistryKind *kind, Str key,
                    const RecordRow *row, const Purpose *p, Value fields)
{
    Arena *a = decision_arena(d);
    ContextBuilder open = context_builder(a), closed = context_builder(a);
    Id look = row->found ? decision_id(d) : ID_NONE;
    bool sealed = row->found && kind->about.personal;
    put_text(&open, "registry", kind->about.name);
    context_put_text(&open, "found", value_boolean(row->found));
    if (row->found) {
        context_put_text(&open, "look", value_id(a, look));
        context_put_text(&open, "version", value_int(row->version));
        put_text(sealed ? &closed : &open, "key", key);
    }
    put_text(&open, "reader", command->actor.id);
    put_text(&open, "office", command->actor.office);
    put_text(&open, "thing", p->thing);
    put_text(&open, "case", p->case_number);
    put_text(&open, "matter", p->matter);
    put_text(&open, "basis", p->basis);
    context_put_text(&open, "fields", fields);
    decision_emit(d, STR("registry.was_read"),
                  sealed ? id_copy_text(a, row->subject) : STR_NONE, value_context(&open),
                  sealed ? value_context(&closed) : value_null());
    return look;
}

static Value chosen(Arena *a, Value record, Value fields)
{
    if (value_count(fields) == 0)
        return record;
    ContextBuilder b = context_builder(a);
    for (size_t i = 0; i < value_count(fields); i++) {
        Value v = value_null();
        Str name = value_item(fields, i).as.string;
        if (value_find(record, name, &v))
            context_put(&b, name, v);
    }
    return value_context(&b);
}

static bool decide_read(void *state, const Command *command, Decision *d)
{
    Arena *a = decision_arena(d);
    const RegistryKind *kind = named_kind(state, command, d);
    Value context = value_field(command->body, "context"), fields, record = value_null();
    Purpose p = {value_get_string(context, STR("thing")), value_get_string(context, STR("number")),
                 value_get_string(context, STR("matter")), body_text(command, "basis")};
    Str key = body_text(command, "key");
    RecordRow row;
    Err err = {0};
    if (!kind || !check_purpose(d, kind, &p) || !named_fields(d, kind, command, &fields))
        return false;
    registry_row(decision_store(d), decision_node(d), kind->about.name, key, a, &row);
    if (row.found && !json_parse(a, row.record, &record, &err))
        return decision_refuse(d, &err);
    emit_read(d, command, kind, key, &row, &p, fields);
    ContextBuilder reply = context_builder(a);
    context_put_text(&reply, "found", value_boolean(row.found));
    context_put_text(&reply, "version", value_int(row.version));
    if (!id_equal(command->id, command->root))
        context_put_text(&reply, "record", row.found ? chosen(a, record, fields) : value_null());
    decision_reply(d, value_context(&reply));
    return true;
}

static bool decide_look(void *state, const Command *command, Decision *d)
{
    Arena *a = decision_arena(d);
    const RegistryKind *kind = named_kind(state, command, d);
    Value purpose = value_field(command->body, "purpose"), fields;
    Purpose p = {value_get_string(purpose, STR("thing")), value_get_string(purpose, STR("case")),
                 STR_NONE, value_get_string(purpose, STR("basis"))};
    Str key = body_text(command, "key");
    RecordRow row;
    if (!kind || !check_purpose(d, kind, &p) || !named_fields(d, kind, command, &fields))
        return false;
    registry_row(decision_store(d), decision_node(d), kind->about.name, key, a, &row);
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

/* ---- Issuing. */

/* The series as this command wants it: "values" may name another kind, region or prefix. */
static Numbering wanted_numbering(const RegistryKind *kind, const Command *command)
{
    Numbering n = kind->numbering;
    Value values = value_field(command->body, "values");
    Str other_kind = value_get_string(values, STR("kind"));
    Str region = value_get_string(values, STR("region"));
    Str prefix = value_get_string(values, STR("prefix"));
    n.kind = other_kind.len ? other_kind : n.kind;
    n.region = region.len ? region : n.region;
    n.prefix = prefix.len ? prefix : n.prefix;
    return n;
}

static Str series_of(Arena *a, const Numbering *n, Instant now)
{
    if (n->format == NUMBERING_USCC)
        return arena_printf(a, "%.*s%.*s", STR_ARG(n->kind), STR_ARG(n->region));
    if (!n->yearly)
        return arena_copy(a, n->prefix);
    return arena_printf(a, "%.*s%lld", STR_ARG(n->prefix),
                        (long long)day_to_civil(instant_day(now, CHINA_OFFSET_S)).year);
}

/* The identifier of a serial; empty when the series has no such number. */
static Str identifier_of(Arena *a, const Numbering *n, Str series, int64_t serial)
{
    if (n->format == NUMBERING_USCC) {
        char code[18];
        if (!identifier_uscc_make(n->kind, n->region, (uint64_t)serial, code))
            return STR_NONE;
        return arena_copy(a, (Str){code, sizeof code});
    }
    Str digits = arena_printf(a, "%0*lld", (int)n->digits, (long long)serial);
    if ((int64_t)digits.len > n->digits)
        return STR_NONE;
    return arena_printf(a, "%.*s%.*s", STR_ARG(series), STR_ARG(digits));
}

static bool decide_issue(void *state, const Command *command, Decision *d)
{
    Arena *a = decision_arena(d);
    const RegistryKind *kind = named_kind(state, command, d);
    RecordRow used = {.found = true};
    Str identifier = STR_NONE;
    if (!kind)
        return false;
    if (kind->numbering.format == NUMBERING_NONE)
        return decision_refuse_with(d, &fault_registry_not_numbered, kind->about.name);
    Numbering n = wanted_numbering(kind, command);
    Str series = series_of(a, &n, command->now);
    int64_t serial = registry_next_serial(decision_store(d), decision_node(d), kind->about.name,
                                          series);
    for (int64_t last = serial + REGISTRY_ISSUE_TRIES_MAX; used.found && serial < last; serial++) {
        identifier = serial <= SERIAL_MAX ? identifier_of(a, &n, series, serial) : STR_NONE;
        if (!identifier.len)
            break;
        registry_row(decision_store(d), decision_node(d), kind->about.name, identifier, a, &used);
    }
    if (used.found || !identifier.len)
        return decision_refuse_with(d, &fault_registry_numbers_exhausted, kind->about.name,
                                    series);
    ContextBuilder open = context_builder(a), reply = context_builder(a);
    put_text(&open, "registry", kind->about.name);
    put_text(&open, "scope", series);
    context_put_text(&open, "serial", value_int(serial - 1));
    put_text(&open, "identifier", identifier);
    decision_emit(d, STR("registry.issued"), STR_NONE, value_context(&open), value_null());
    put_text(&reply, "identifier", identifier);
    decision_reply(d, value_context(&reply));
    return true;
}

/* ---- The module. */

static RegistryModule *module_state(void)
{
    Arena *a = arena_open(STATE_BYTES_MAX);
    RegistryModule *m = arena_new(a, RegistryModule);
    m->arena = a;
    m->kinds = map_new(a);
    return m;
}

static void *fresh_state(const void *state)
{
    (void)state;
    return module_state();
}

static void close_state(void *state)
{
    RegistryModule *m = state;
    arena_close(m->arena);
}

static bool define(void *state, const Definition *definition, Err *err)
{
    RegistryModule *m = state;
    if (!str_equal(definition->kind, STR("registry")))
        return true;
    RegistryKind *kind = arena_new(m->arena, RegistryKind);
    if (!registry_kind_compile(m->arena, definition->id, definition->text, definition->path, kind,
                               err))
        return false;
    kind->about.version = definition->version;
    map_put(&m->kinds, kind->about.name, kind);
    return !arena_failed(m->arena) || err_set(err, &fault_out_of_memory, STR("registry"));
}

static const CommandKind commands[] = {
    {"registry.read", decide_read, COMMAND_INTERNAL | COMMAND_TASK},
    {"registry.write", decide_write, COMMAND_INTERNAL | COMMAND_TASK},
    {"registry.issue", decide_issue, COMMAND_INTERNAL | COMMAND_TASK},
    {"registry.put", decide_put, COMMAND_INTERNAL},
    {"registry.look", decide_look, COMMAND_PUBLIC},
    {0},
};

static const char *const tables[] = {"registry_catalogue", "registry_record", "registry_subject",
                                     "registry_look",      "registry_serial", NULL};
static FAULT_TABLE(registry_faults, REGISTRY_FAULTS)

const Module *registry_module_new(Arena *server)
{
    Module *m = arena_new(server, Module);
    *m = (Module){.name = "registry",
                  .migrations = registry_migrations,
                  .migration_count = registry_migration_count,
                  .tables = tables,
                  .commands = commands,
                  .events = registry_events,
                  .faults = registry_faults,
                  .state = module_state(),
                  .fresh = fresh_state,
                  .define = define,
                  .close = close_state};
    return m;
}
