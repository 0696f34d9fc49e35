/* refusal.c - refusals that are kept, and how they come back.
 *
 * A final refusal of a command that the client named is an answer for ever, so it is journaled:
 *
 *     "refused": {"fault":"case_closed","status":409,"sealed":38}
 *
 * The sealed part {args, file, line, column, element} may quote what a person wrote; it stands
 * under the key of the asking account. Coming back, the fault is found by its name in the
 * tables of the modules and of the lower rooms. A name that this version of the program no
 * longer knows gives a fault made from the record: same name, same status, a general text. When
 * the account's key was destroyed, the fault comes back without its arguments. */
#include <string.h>

#include "base/check.h"
#include "codec/json.h"
#include "core/core_int.h"

static void table_add(Core *core, const Fault *const *table)
{
    for (; table && *table; table++)
        if (!map_has(&core->faults, str_from((*table)->name)))
            map_put(&core->faults, str_from((*table)->name), (void *)(uintptr_t)*table);
}

static FAULT_TABLE(core_faults, CORE_FAULTS)
static FAULT_TABLE(base_faults, BASE_FAULTS)
static FAULT_TABLE(json_faults, JSON_FAULTS)
static FAULT_TABLE(store_faults, STORE_FAULTS)

void refusal_tables(Core *core)
{
    core->faults = map_new(core->arena);
    table_add(core, core_faults);
    table_add(core, base_faults);
    table_add(core, json_faults);
    table_add(core, store_faults);
    for (size_t i = 0; i < core->module_count; i++)
        table_add(core, core->modules[i]->faults);
    const Fault *const *const *more = core->options.fault_tables;
    for (; more && *more; more++)
        table_add(core, *more);
}

Value refusal_open(Arena *a, const Err *refusal)
{
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "fault", value_string(str_from(refusal->fault->name)));
    context_put_text(&b, "status", value_int(refusal->fault->http_status));
    return value_context(&b);
}

Value refusal_closed(Arena *a, const Err *refusal)
{
    ListBuilder args = list_builder(a);
    for (size_t i = 0; i < refusal->arg_count; i++)
        list_add(&args, value_string(arena_copy(a, err_arg(refusal, i))));
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "args", value_list(&args));
    context_put_text(&b, "file", value_string(arena_copy(a, str_from(refusal->file))));
    context_put_text(&b, "line", value_int(refusal->line));
    context_put_text(&b, "column", value_int(refusal->column));
    context_put_text(&b, "element", value_string(arena_copy(a, str_from(refusal->element))));
    return value_context(&b);
}

/* What the asking module is told about a refused follow-up. */
Value refusal_told(Arena *a, const Err *refusal)
{
    Buf en = buf_new(a, 128), zh = buf_new(a, 128);
    err_text(refusal, LANG_EN, &en);
    err_text(refusal, LANG_ZH, &zh);
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "fault", value_string(str_from(refusal->fault->name)));
    context_put_text(&b, "text_en", value_string(buf_text(&en)));
    context_put_text(&b, "text_zh", value_string(buf_text(&zh)));
    return value_context(&b);
}

static const Fault *fault_unknown(Core *core, Str name, int64_t status)
{
    Fault *f = arena_new(core->arena, Fault);
    const Fault made = {arena_copy(core->arena, name).ptr, FAULT_REFUSAL, (int)status, false,
                        "The request was refused when it was first made. Make a new request.",
                        "该请求首次提交时已被拒绝，请重新提出。"};
    memcpy(f, &made, sizeof made);
    map_put(&core->faults, str_from(f->name), f);
    return f;
}

bool refusal_restore(Core *core, Value refusal, Err *out)
{
    Str name = value_get_string(refusal, STR("fault"));
    if (name.len == 0)
        return false;
    const Fault *fault = map_get(&core->faults, name);
    if (!fault)
        fault = fault_unknown(core, name, value_get_int(refusal, STR("status"), 422));
    Str args[ERR_ARGS_MAX + 1] = {STR_NONE};
    Value list = value_field(refusal, "args");
    size_t count = value_count(list) < ERR_ARGS_MAX ? value_count(list) : ERR_ARGS_MAX;
    for (size_t i = 0; i < count; i++)
        args[i + 1] = value_item(list, i).as.string;
    err_clear(out);
    err_fill(out, fault, __FILE__, __LINE__, args, count + 1);
    Str file = value_get_string(refusal, STR("file"));
    int64_t line = value_get_int(refusal, STR("line"), 0);
    if (file.len > 0 || line > 0)
        err_at(out, file, (uint32_t)line,
               (uint32_t)value_get_int(refusal, STR("column"), 0));
    Str element = value_get_string(refusal, STR("element"));
    if (element.len > 0)
        err_at_element(out, element);
    return true;
}
