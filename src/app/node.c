/* node.c - the one place where the modules are put together.
 *
 * The order of the list is part of the format of a data file: follow-ups run in the order they
 * were asked for, but definitions are handed to the modules in this order, and verify replays in
 * it. Fault tables of the lower rooms are named here too, so that a refusal that stands in the
 * journal is told again with its own text. */
#include "app/node.h"

#include "base/check.h"
#include "codec/identifier.h"
#include "codec/json.h"
#include "domain/clock/clock.h"
#include "domain/ledger/ledger.h"
#include "domain/process/process.h"
#include "domain/registry/registry.h"
#include "lang/form/form.h"
#include "seal/seal.h"

#define NODE_ARENA_BYTES (256u << 20) /* compiled definitions of all versions */

static FAULT_TABLE(json_table, JSON_FAULTS)
static FAULT_TABLE(base_table, BASE_FAULTS)
static FAULT_TABLE(form_table, FORM_FAULTS)
static FAULT_TABLE(form_data_table, FORM_DATA_FAULTS)
static FAULT_TABLE(identifier_table, IDENTIFIER_FAULTS)
static const Fault *const *const lower_faults[] = {base_table, json_table, form_table,
                                                   form_data_table, identifier_table, NULL};

void node_modules_open(NodeModules *m)
{
    Arena *arena = arena_open(NODE_ARENA_BYTES);
    *m = (NodeModules){.arena = arena, .access = access_open(), .cases = cases_open(),
                       .decisions = decisions_open()};
    m->list[m->count++] = registry_module_new(arena);
    m->list[m->count++] = clock_module_new(arena);
    m->list[m->count++] = ledger_module_new(arena);
    m->list[m->count++] = m->process = process_open();
    m->list[m->count++] = cases_module(m->cases);
    m->list[m->count++] = access_module(m->access);
    m->list[m->count++] = decisions_module(m->decisions);
    check(m->count == NODE_MODULES);
    m->permit = access_permit;
    m->permit_context = m->access;
}

void node_modules_end(NodeModules *m)
{
    arena_close(m->arena);
    *m = (NodeModules){0};
}

void node_modules_close(NodeModules *m)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->list[i]->close)
            m->list[i]->close(m->list[i]->state);
    node_modules_end(m);
}

/* The folder of a data file is made when it is missing. */
static bool make_folder(Str data, Err *err)
{
    size_t slash = data.len;
    while (slash > 0 && data.ptr[slash - 1] != '/')
        slash--;
    return slash <= 1 || file_make_directory(str_slice(data, 0, slash - 1), err);
}

bool node_open(const NodeOptions *options, Node *out, Err *err)
{
    if (!seal_init(err) || (!options->read_only && !make_folder(options->data, err)))
        return false;
    node_modules_open(&out->modules);
    registry_module_folder(out->modules.list[0],
                           registry_folder(out->modules.arena, options->data));
    CoreOptions core = {.node = options->code ? options->code : NODE_CODE_DEFAULT,
                        .location = options->data,
                        .clock = options->clock,
                        .entropy = options->entropy,
                        .modules = out->modules.list,
                        .module_count = out->modules.count,
                        .fault_tables = lower_faults,
                        .permit = out->modules.permit,
                        .permit_context = out->modules.permit_context,
                        .read_only = options->read_only};
    if (core_open(&core, &out->core, err))
        return true;
    node_modules_end(&out->modules);
    return false;
}

void node_close(Node *n)
{
    core_close(n->core);
    node_modules_end(&n->modules);
}

Actor node_system_actor(void)
{
    return (Actor){.id = STR("system"), .lang = LANG_ZH};
}

bool node_option_code(const Arguments *args, int64_t *code, Err *err)
{
    Str text = argument_text(args, "node", STR_NONE);
    *code = NODE_CODE_DEFAULT;
    if (!text.len || (text.len == 6 && str_to_int64(text, code) && *code >= 110000))
        return true;
    return err_set(err, &fault_argument_value_invalid, STR("node"), text,
                   args->lang == LANG_EN ? STR("six digits are needed") : STR("应为六位数字"));
}
