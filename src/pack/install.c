/* install.c - a checked pack becomes part of a node.
 *
 * One command core.install a pack carries all its definitions; core raises the version of those
 * that changed and leaves the others, so installing twice changes nothing. Reference data
 * (data/<x>.csv) is installed as a definition of kind "data" as well: when its text changed, its
 * records are put into the registry (registry.put), REGISTRY_PUT_MAX at a time, and the
 * definition last: a crash in between is made good by installing again. */
#include "pack/pack_int.h"

#include "codec/csv.h"
#include "codec/json.h"

static const char *const definition_kinds[] = {
#define KIND_ROW(name, folder, ending, definition) definition,
    PACK_KINDS(KIND_ROW)
#undef KIND_ROW
};

static Value definition_value(Arena *a, const Definition *d)
{
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "kind", value_string(d->kind));
    context_put_text(&b, "id", value_string(d->id));
    context_put_text(&b, "path", value_string(d->path));
    context_put_text(&b, "text", value_string(d->text));
    return value_context(&b);
}

/* Offices and roles of pack.json, each a definition of its own. */
static const struct ManifestPart {
    const char *list, *key, *kind;
} manifest_parts[] = {{"offices", "code", "office"}, {"roles", "name", "role"}};
#define MANIFEST_PARTS (sizeof manifest_parts / sizeof *manifest_parts)

static void manifest_definitions(const Pack *pack, Arena *a, PackDefinition *out, size_t *count)
{
    for (size_t p = 0; p < MANIFEST_PARTS; p++) {
        const struct ManifestPart *part = &manifest_parts[p];
        Value items = value_get(pack->manifest, str_from(part->list));
        for (size_t i = 0; i < value_count(items); i++) {
            Value item = value_item(items, i);
            Definition d = {.kind = str_from(part->kind), .version = 1, .pack = pack->id,
                            .id = value_get_string(item, str_from(part->key)),
                            .path = STR("pack.json"), .text = json_copy_text(a, item)};
            out[(*count)++] = (PackDefinition){d, pack->manifest_shown, pack->manifest_text,
                                               arena_printf(a, "/%s/%zu", part->list, i)};
        }
    }
}

size_t pack_definitions(const Pack *pack, Arena *a, PackDefinition **out)
{
    size_t count = 0, capacity = pack->file_count;
    for (size_t p = 0; p < MANIFEST_PARTS; p++) {
        capacity += value_count(value_get(pack->manifest, str_from(manifest_parts[p].list)));
    }
    *out = arena_new_array(a, PackDefinition, capacity + 1);
    if (!*out) return 0;
    manifest_definitions(pack, a, *out, &count);
    for (size_t i = 0; i < pack->file_count; i++) {
        const PackFile *f = pack->files[i];
        Str kind = str_from(definition_kinds[f->kind]);
        if (!kind.len || f->kind == PACK_DATA) continue;
        Definition d = {kind, f->id, 1, pack->id, f->path, f->text, 0};
        (*out)[count++] = (PackDefinition){d, f->shown, f->text, STR_NONE};
    }
    return count;
}

static Value install_body(const Pack *pack, Arena *a, const Value *definitions, size_t count)
{
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "pack", value_string(pack->id));
    context_put_text(&b, "version", value_string(pack->version));
    context_put_text(&b, "definitions", value_list_of(a, definitions, count));
    return value_context(&b);
}

static Value whole_body(const Pack *pack, Arena *a)
{
    PackDefinition *list = NULL;
    size_t count = pack_definitions(pack, a, &list);
    ListBuilder b = list_builder(a);
    for (size_t i = 0; i < count; i++) list_add(&b, definition_value(a, &list[i].definition));
    return install_body(pack, a, b.items, b.count);
}

static bool run_system(Core *core, Str kind, Value body, Arena *a, Err *err)
{
    Command command = {.kind = kind, .body = body, .actor = {.id = STR("system")}};
    Reply reply = {0};
    if (!core_run(core, &command, a, &reply, err)) return false;
    if (reply.accepted) return true;
    *err = reply.err;
    return false;
}

/* ---- Reference data. */

/* A CSV field as the property's type wants it; false when it does not fit. Empty: absent. */
static bool field_value(Str text, const RegistryProperty *property, Value *out)
{
    Dec number;
    if (str_equal(property->type, STR("number")) || str_equal(property->type, STR("integer"))) {
        if (!dec_parse(text, &number)) return false;
        *out = value_number(number);
        return true;
    }
    if (str_equal(property->type, STR("boolean"))) {
        *out = value_boolean(str_equal(text, STR("true")));
        return str_equal(text, STR("true")) || str_equal(text, STR("false"));
    }
    *out = value_string(text);
    return true;
}

typedef struct DataLoad {
    const PackFile *file;
    const Registry *registry;
    const RegistryProperty *columns[CSV_FIELDS_MAX];
    size_t column_count;
} DataLoad;

static bool data_header(DataLoad *load, const CsvRecord *record, Err *err)
{
    for (size_t i = 0; i < record->count; i++) {
        load->columns[i] = registry_property(load->registry, record->fields[i]);
        if (!load->columns[i]) {
            err_set(err, &fault_pack_data_header, load->registry->name, record->fields[i]);
            err_at(err, load->file->shown, record->line, 0);
            return false;
        }
    }
    load->column_count = record->count;
    return true;
}

static bool data_record(const DataLoad *load, const CsvRecord *record, Arena *a, Value *out,
                        Err *err)
{
    if (record->count != load->column_count) {
        err_set(err, &fault_pack_data_columns, arena_printf(a, "%zu", record->count),
                arena_printf(a, "%zu", load->column_count));
        err_at(err, load->file->shown, record->line, 0);
        return false;
    }
    ContextBuilder b = context_builder(a);
    for (size_t i = 0; i < record->count; i++) {
        Value v;
        if (!record->fields[i].len) continue;
        if (!field_value(record->fields[i], load->columns[i], &v)) {
            err_set(err, &fault_pack_data_value, record->fields[i], load->columns[i]->name,
                    load->columns[i]->type);
            err_at(err, load->file->shown, record->line, 0);
            return false;
        }
        context_put(&b, load->columns[i]->name, v);
    }
    *out = value_context(&b);
    return true;
}

static bool data_put(Core *core, const DataLoad *load, ListBuilder *records, Arena *a, Err *err)
{
    if (!records->count) return true;
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "registry", value_string(load->registry->name));
    context_put_text(&b, "records", value_list(records));
    *records = list_builder(a);
    if (run_system(core, STR("registry.put"), value_context(&b), a, err)) return true;
    err_at(err, load->file->shown, 0, 0);
    return false;
}

/* Read the whole file before the first record is put: a fault leaves the node as it was. */
static bool data_load(Core *core, DataLoad *load, Arena *a, Err *err)
{
    CsvReader *reader = arena_new(a, CsvReader);
    CsvRecord record;
    ListBuilder records = list_builder(a);
    csv_reader_init(reader, load->file->text, ',');
    for (bool header = true;; header = false) {
        if (!csv_reader_next(reader, a, &record, err)) {
            err_at(err, load->file->shown, err->line, 0);
            return false;
        }
        if (!record.count) break;
        if (header && !data_header(load, &record, err)) return false;
        Value v;
        if (header) continue;
        if (!data_record(load, &record, a, &v, err)) return false;
        list_add(&records, v);
    }
    ListBuilder part = list_builder(a);
    for (size_t i = 0; i < records.count; i++) {
        list_add(&part, records.items[i]);
        if (part.count == REGISTRY_PUT_MAX && !data_put(core, load, &part, a, err)) return false;
    }
    return data_put(core, load, &part, a, err);
}

/* What stands for a file of data in the journal, which everybody who audits may read: its hash. The
 * records themselves are sealed there where their registry is personal. */
static Str data_mark(Arena *a, Str text)
{
    char hex[64];
    Sm3 h = sm3(text);
    sm3_text(&h, hex);
    return arena_printf(a, "sm3:%.64s", hex);
}

/* Is this text installed already? */
static bool installed(Core *core, const PackFile *file, Arena *a, bool *same, Err *err)
{
    StoreConn *conn = NULL;
    if (!store_connect_reader(core_store(core), &conn, err)) return false;
    Definition d = {0};
    bool ok = store_begin(conn, err);
    *same = ok && core_definition(conn, core_node(core), STR("data"), file->path, 0, a, &d) &&
            str_equal(d.text, data_mark(a, file->text));
    if (ok) store_end(conn);
    store_disconnect(conn);
    return ok;
}

static bool data_install(Core *core, const PackSet *set, const Pack *pack, Arena *a, Err *err)
{
    Value list = value_field(pack->manifest, "data");
    for (size_t i = 0; i < value_count(list); i++) {
        Str path = value_get_string(value_item(list, i), STR("file"));
        const PackFile *registry =
            map_get(&set->registries, value_get_string(value_item(list, i), STR("registry")));
        const PackFile *file = NULL;
        for (size_t f = 0; f < pack->file_count; f++) {
            if (str_equal(pack->files[f]->path, path)) file = pack->files[f];
        }
        bool same = false;
        if (!file || !registry) continue;
        if (!installed(core, file, a, &same, err)) return false;
        if (same) continue;
        DataLoad *load = arena_new(a, DataLoad);
        load->file = file;
        load->registry = &registry->as.registry;
        if (!data_load(core, load, a, err)) return false;
        Definition d = {STR("data"), file->path, 1, pack->id, file->path,
                        data_mark(a, file->text), 0};
        Value one = definition_value(a, &d);
        if (!run_system(core, STR("core.install"), install_body(pack, a, &one, 1), a, err)) {
            return false;
        }
    }
    return true;
}

/* Timers of processes that begin by themselves are set when all definitions are there. */
static bool arm_processes(Core *core, Err *err)
{
    Arena *a = arena_open(CORE_COMMAND_ARENA);
    ContextBuilder empty = context_builder(a);
    bool ok = run_system(core, STR("process.arm"), value_context(&empty), a, err);
    arena_close(a);
    return ok;
}

bool pack_fits_node(const Pack *pack, int64_t node)
{
    return pack->node == node || pack->node == node / 10000 * 10000;
}

bool pack_install(Core *core, const PackSet *set, Err *err)
{
    for (size_t i = 0; i < set->count; i++) {
        Pack *pack = set->packs[i];
        if (!pack_fits_node(pack, core_node(core))) {
            Arena *t = set->arena;
            err_set(err, &fault_pack_node, arena_printf(t, "%lld", (long long)pack->node),
                    arena_printf(t, "%lld", (long long)core_node(core)));
            err_at(err, pack->manifest_shown, 0, 0);
            return false;
        }
        Arena *a = arena_open(CORE_COMMAND_ARENA);
        bool ok = run_system(core, STR("core.install"), whole_body(pack, a), a, err) &&
                  data_install(core, set, pack, a, err);
        arena_close(a);
        if (!ok) return false;
    }
    return arm_processes(core, err);
}
