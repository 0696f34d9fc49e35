/* command_unload.c - `tongban unload`: named fields of all records of a registry into a file.
 *
 * The opposite of load: the newest version of every record, the key and the named fields, in the
 * order of writing. It is a read like any other: service and legal basis are recorded
 * (registry.export), and everybody whose record is in the file sees it among the looks at his data.
 * Memory does not grow with the registry. The node must not be running. */
#include "app/arguments.h"
#include "app/node.h"
#include "codec/csv.h"
#include "codec/json.h"
#include "domain/registry/registry.h"

#include <stdio.h>

#define UNLOAD_ARENA_BYTES (256u << 20)
#define UNLOAD_PAGE 2000u

static const Option options[] = {
    {"data", "FILE", "The data file", "数据文件"},
    {"registry", "NAME", "The registry", "基础库名称"},
    {"fields", "A,B,...", "Fields beside the key", "主键以外的字段"},
    {"thing", "ID", "For which service", "用于何事项"},
    {"basis", "TEXT", "On which legal basis", "法律依据"},
    {"node", "CODE", "GB/T 2260 code of the node (420600)", "节点的行政区划代码（420600）"},
};
static const OptionTable table = {"FILE.csv|FILE.jsonl", 1, 1, options,
                                  sizeof options / sizeof options[0]};

typedef struct Unload {
    Core *core;
    Arena *arena;
    Str key;
    Str fields[REGISTRY_COLUMNS_MAX];
    size_t field_count;
    Value body; /* of registry.export */
    Id handout;
    bool json;
    LargeFile *file;
    int64_t at, records;
} Unload;

static bool read_options(const Arguments *args, NodeOptions *node, Unload *u, Err *err)
{
    static const char *const needed[] = {"data", "registry", "fields", "thing", "basis"};
    ContextBuilder body = context_builder(u->arena), purpose = context_builder(u->arena);
    ListBuilder fields = list_builder(u->arena);
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (!argument_text(args, needed[i], STR_NONE).len)
            return err_set(err, &fault_argument_missing, str_from(needed[i]));
    Str rest = argument_text(args, "fields", STR_NONE);
    while (rest.len && u->field_count < REGISTRY_COLUMNS_MAX) {
        u->fields[u->field_count] = str_trim(str_split(&rest, ','));
        list_add(&fields, value_string(u->fields[u->field_count++]));
    }
    context_put_text(&purpose, "thing", value_string(argument_text(args, "thing", STR_NONE)));
    context_put_text(&purpose, "basis", value_string(argument_text(args, "basis", STR_NONE)));
    context_put_text(&body, "registry", value_string(argument_text(args, "registry", STR_NONE)));
    context_put_text(&body, "fields", value_list(&fields));
    context_put_text(&body, "purpose", value_context(&purpose));
    u->body = value_context(&body);
    u->json = str_ends(args->positionals[0], STR(".jsonl"));
    node->data = argument_text(args, "data", STR_NONE);
    if (!u->json && !str_ends(args->positionals[0], STR(".csv")))
        return err_set(err, &fault_registry_load_form, args->positionals[0]);
    if (!file_exists(node->data))
        return err_set(err, &fault_file_not_found, node->data);
    return node_option_code(args, &node->code, err);
}

/* A value as the text of a CSV field, as load reads it back. */
static Str field_text(Arena *a, Value v)
{
    if (value_is(v, VALUE_STRING))
        return v.as.string;
    return value_is_null(v) ? STR_NONE : json_copy_text(a, v);
}

static void write_record(const Unload *u, Arena *a, Value record, Buf *out)
{
    Str fields[REGISTRY_COLUMNS_MAX + 1];
    if (u->json) {
        json_write(record, 0, out);
        buf_add_char(out, '\n');
        return;
    }
    fields[0] = value_get_string(record, u->key);
    for (size_t i = 0; i < u->field_count; i++)
        fields[i + 1] = field_text(a, value_get(record, u->fields[i]));
    csv_write_record(fields, u->field_count + 1, out);
}

static bool write_text(Unload *u, const Buf *text, Err *err)
{
    if (buf_failed(text))
        return err_set(err, &fault_out_of_memory, STR("unload"));
    bool good = large_file_write(u->file, u->at, buf_text(text), err);
    u->at += (int64_t)text->len;
    return good;
}

static bool write_header(Unload *u, StoreConn *conn, Err *err)
{
    Registry about;
    bool found = false;
    Str names[REGISTRY_COLUMNS_MAX + 1];
    Buf text = buf_new(u->arena, 1000);
    if (!registry_get(conn, core_node(u->core), value_get_string(u->body, STR("registry")), u->arena,
                      &about, &found, err) || !found)
        return false;
    u->key = about.key;
    names[0] = u->key;
    for (size_t i = 0; i < u->field_count; i++)
        names[i + 1] = u->fields[i];
    if (!u->json)
        csv_write_record(names, u->field_count + 1, &text);
    return write_text(u, &text, err);
}

static bool write_pages(Unload *u, StoreConn *conn, Err *err)
{
    Arena *a = arena_open(UNLOAD_ARENA_BYTES);
    Actor system = node_system_actor();
    RegistryChanges page = {0};
    int64_t after = 0;
    bool good = true;
    do {
        arena_reset(a);
        Buf text = buf_new(a, 1u << 20);
        good = registry_handed(conn, core_node(u->core), &system, u->handout, after, UNLOAD_PAGE, a,
                               &page, err);
        for (size_t i = 0; good && i < page.count; i++) {
            write_record(u, a, page.list[i].record, &text);
            after = page.list[i].number;
        }
        u->records += (int64_t)page.count;
        good = good && write_text(u, &text, err);
    } while (good && page.count == UNLOAD_PAGE);
    arena_close(a);
    return good;
}

static bool unload(Unload *u, Str path, Err *err)
{
    StoreConn *conn = NULL;
    Reply reply = {0};
    Command c = {.kind = STR("registry.export"), .actor = node_system_actor(), .body = u->body};
    if (!core_run(u->core, &c, u->arena, &reply, err))
        return false;
    if (!reply.accepted) {
        *err = reply.err;
        return false;
    }
    u->handout = value_get_id(reply.body, STR("handout"));
    bool good = store_connect_reader(core_store(u->core), &conn, err) && store_begin(conn, err) &&
                large_file_open(path, LARGE_FILE_TO_MAKE, &u->file, err) &&
                large_file_cut(u->file, 0, err) && write_header(u, conn, err) &&
                write_pages(u, conn, err) && large_file_sync(u->file, err);
    large_file_close(u->file);
    store_disconnect(conn);
    return good;
}

int command_unload(const CommandLine *line)
{
    Arguments args;
    NodeOptions node_options = {0};
    Node node;
    Err err = {0};
    int exit_code = EXIT_FINE;
    if (!arguments_read(line, &table, &args, &exit_code))
        return exit_code;
    Arena *a = arena_open(UNLOAD_ARENA_BYTES);
    Unload u = {.arena = a};
    bool good = read_options(&args, &node_options, &u, &err) &&
                node_open(&node_options, &node, &err);
    if (good) {
        u.core = node.core;
        good = unload(&u, args.positionals[0], &err);
        node_close(&node);
    }
    if (good)
        printf(args.lang == LANG_EN ? "%lld records written; the purpose is recorded\n"
                                    : "已导出 %lld 条记录，目的已登记\n",
               (long long)u.records);
    arena_close(a);
    return good ? exit_code : command_trouble(args.lang, &err);
}
