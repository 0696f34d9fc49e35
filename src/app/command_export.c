/* command_export.c - `tongban export --data FILE --book NAME --format hledger|csv`: a book of the
 * ledger, for other programs.
 *
 * Reads a snapshot and may run beside a server. Written to standard output, or to a file with
 * --output (whole or not at all is not promised: a failed export says so and ends with 2). */
#include "app/arguments.h"
#include "app/node.h"
#include "domain/ledger/ledger.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const Option options[] = {
    {"data", "FILE", "The data file", "数据文件"},
    {"book", "NAME", "The book to export", "要导出的账簿"},
    {"format", "hledger|csv", "hledger's journal (default) or CSV", "hledger 日记账（默认）或 CSV"},
    {"output", "FILE", "Write here instead of standard output", "写入文件而不是标准输出"},
    {"node", "CODE", "GB/T 2260 code of the node (420600)", "节点的行政区划代码（420600）"},
};
static const OptionTable table = {"", 0, 0, options, sizeof options / sizeof options[0]};

typedef struct ExportFile {
    FILE *file;
    Str name;
} ExportFile;

static bool write_piece(void *context, Str text, Err *err)
{
    const ExportFile *f = context;
    return fwrite(text.ptr, 1, text.len, f->file) == text.len ||
           err_set(err, &fault_file_failed, f->name, str_from(strerror(errno)));
}

static bool read_format(const Arguments *args, LedgerFormat *format, Err *err)
{
    Str name = argument_text(args, "format", STR("hledger"));
    *format = str_equal(name, STR("csv")) ? LEDGER_CSV : LEDGER_HLEDGER;
    return *format == LEDGER_CSV || str_equal(name, STR("hledger")) ||
           err_set(err, &fault_argument_value_invalid, STR("format"), name, STR("hledger, csv"));
}

static bool open_output(const Arguments *args, Arena *a, ExportFile *out, Err *err)
{
    Str path = argument_text(args, "output", STR_NONE);
    *out = (ExportFile){stdout, STR("-")};
    if (!path.len)
        return true;
    *out = (ExportFile){fopen(arena_copy(a, path).ptr, "wb"), path};
    return out->file || err_set(err, &fault_file_failed, path, str_from(strerror(errno)));
}

static bool export_book(const Node *node, const Arguments *args, LedgerFormat format, Err *err)
{
    Arena *a = arena_open(1u << 20);
    ExportFile out = {NULL, STR_NONE};
    StoreConn *conn = NULL;
    bool ok = open_output(args, a, &out, err) &&
              store_connect_reader(core_store(node->core), &conn, err) && store_begin(conn, err);
    if (ok) {
        ok = ledger_export(conn, core_node(node->core), argument_text(args, "book", STR_NONE),
                           format, write_piece, &out, err);
        store_end(conn);
    }
    store_disconnect(conn);
    if (out.file && (out.file == stdout ? fflush(out.file) : fclose(out.file)) != 0 && ok)
        ok = err_set(err, &fault_file_failed, out.name, str_from(strerror(errno)));
    arena_close(a);
    return ok;
}

int command_export(const CommandLine *line)
{
    Arguments args;
    Node node;
    Err err = {0};
    LedgerFormat format = LEDGER_HLEDGER;
    int exit_code = EXIT_FINE;
    if (!arguments_read(line, &table, &args, &exit_code))
        return exit_code;
    NodeOptions options_of_node = {.data = argument_text(&args, "data", STR_NONE),
                                   .read_only = true};
    if (!options_of_node.data.len || !argument_given(&args, "book"))
        err_set(&err, &fault_argument_missing,
                options_of_node.data.len ? STR("book") : STR("data"));
    else if (!file_exists(options_of_node.data))
        err_set(&err, &fault_file_not_found, options_of_node.data);
    if (err.fault || !read_format(&args, &format, &err) ||
        !node_option_code(&args, &options_of_node.code, &err) ||
        !node_open(&options_of_node, &node, &err))
        return command_trouble(args.lang, &err);
    if (!export_book(&node, &args, format, &err))
        exit_code = command_trouble(args.lang, &err);
    node_close(&node);
    return exit_code;
}
