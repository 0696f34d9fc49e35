/* files.c - the files of a pack: found by folder and ending, read, compiled, indexed.
 *
 * Every file of the folders in PACK_KINDS is compiled by the room that will run it, so that
 * `check` and the running node cannot disagree about what is right. A file that nothing reads is
 * told (a warning): it is usually a misspelt ending. */
#include "pack/pack_int.h"

#include "codec/json.h"
#include "domain/ledger/ledger.h"

typedef struct KindRow {
    const char *folder, *ending, *definition;
} KindRow;

static const KindRow kinds[] = {
#define KIND_ROW(name, folder, ending, definition) {folder, ending, definition},
    PACK_KINDS(KIND_ROW)
#undef KIND_ROW
};

static void fault_at_file(PackSet *set, const PackFile *file, Err *err)
{
    err_at(err, file->shown, err->line, err->column);
    set_fault(set, err, false);
}

/* Put an id into an index, or tell where it is already. */
static void index_put(PackSet *set, Map *map, Str id, PackFile *file, Str kind_en, Str kind_zh)
{
    PackFile *former = map_get(map, id);
    if (former && former != file) {
        Err err = {0};
        err_set(&err, &fault_pack_id_twice, kind_en, id, former->shown, kind_zh);
        fault_at_file(set, file, &err);
        return;
    }
    map_put(map, id, file);
}

static void compile_process(PackSet *set, PackFile *file)
{
    BpmnFaults faults = {0};
    file->sound = bpmn_compile_all(set->arena, file->shown, file->text, &file->as.process, &faults);
    for (size_t i = 0; i < faults.count; i++) set_fault(set, &faults.items[i], false);
    if (!file->sound) return;
    for (uint32_t i = 0; i < file->as.process.process_count; i++) {
        const BpmnProcess *p = &file->as.process.processes[i];
        if (!p->executable && file->as.process.process_count > 1) continue;
        if (!file->id.len || i == 0) file->id = p->id;
        index_put(set, &set->processes, p->id, file, STR("process"), STR("流程"));
    }
}

/* Tables with overlaps or misfits are faulty; a gap, or what cannot be decided, is a warning. */
static bool check_tables(PackSet *set, const DmnModel *m, Err *err)
{
    DmnFindings found;
    bool sound = dmn_tables_check(set->arena, m, &found, err);
    for (size_t i = 0; i < found.count; i++) {
        bool fault = found.items[i].level == DMN_FAULT;
        set_fault(set, &found.items[i].err, !fault);
        sound = sound && !fault;
    }
    return sound;
}

static void compile_decision(PackSet *set, PackFile *file, Err *err)
{
    DmnOptions options = {.file = file->shown};
    file->sound = dmn_load(set->arena, file->text, &options, &file->as.decision, err);
    if (!file->sound) return;
    const DmnModel *m = file->as.decision;
    for (size_t i = 0; i < dmn_fault_count(m); i++) {
        set_fault(set, dmn_fault(m, i), false);
        file->sound = false;
    }
    if (!check_tables(set, m, err)) file->sound = false;
    for (size_t i = 0; i < dmn_decision_count(m); i++) {
        index_put(set, &set->decisions, dmn_decision_id(dmn_decision_at(m, i)), file,
                  STR("decision"), STR("决策"));
    }
}

static void compile_json(PackSet *set, PackFile *file, Err *err)
{
    Arena *a = set->arena;
    Calendar *calendar = NULL;
    LedgerBook *book = NULL;
    Supervision *rule = NULL;
    switch (file->kind) {
    case PACK_CALENDAR:
        file->sound = calendar_compile(a, file->text, file->shown, &calendar, err);
        if (!file->sound) return;
        file->id = calendar_id(calendar);
        index_put(set, &set->calendars, file->id, file, STR("calendar"), STR("工作日历"));
        return;
    case PACK_LEDGER:
        file->sound = ledger_book_compile(a, file->text, file->shown, &book, err);
        if (!file->sound) return;
        file->id = ledger_book_id(book);
        index_put(set, &set->ledgers, file->id, file, STR("ledger"), STR("账本"));
        return;
    case PACK_SUPERVISION:
        file->sound = supervision_compile(a, file->text, file->shown, &rule, err);
        if (!file->sound) return;
        file->as.supervision = rule;
        file->id = rule->id;
        index_put(set, &set->supervisions, file->id, file, STR("supervision rule"),
                  STR("督办规则"));
        return;
    case PACK_REGISTRY:
        file->sound = registry_describe(a, file->id, file->text, file->shown,
                                        &file->as.registry, err);
        if (file->sound) {
            index_put(set, &set->registries, file->id, file, STR("registry"), STR("基础库"));
        }
        return;
    case PACK_FORM:
        file->sound = form_compile(a, file->text, file->shown, &file->as.form, err);
        if (!file->sound) return;
        file->id = form_id(file->as.form);
        index_put(set, &set->forms, file->id, file, STR("form"), STR("表单"));
        return;
    case PACK_THING:
        file->sound = thing_compile(a, file->text, file->shown, &file->as.thing, err);
        if (!file->sound) return;
        file->id = file->as.thing->id;
        index_put(set, &set->things, file->id, file, STR("thing"), STR("事项"));
        return;
    default: file->sound = true; return;
    }
}

static void file_compile(PackSet *set, PackFile *file)
{
    Err err = {0};
    const char *ending = kinds[file->kind].ending;
    bool is_json = str_ends(str_from(ending), STR(".json"));
    if (is_json && !json_parse(set->arena, file->text, &file->json, &err)) {
        fault_at_file(set, file, &err);
        return;
    }
    if (file->kind == PACK_PROCESS) compile_process(set, file);
    else if (file->kind == PACK_DECISION) compile_decision(set, file, &err);
    else compile_json(set, file, &err);
    if (err.fault) fault_at_file(set, file, &err);
}

static bool file_open(PackSet *set, Pack *pack, PackKind kind, Str name, Err *err)
{
    Arena *a = set->arena;
    if (pack->file_count >= PACK_FILES_MAX) {
        return err_set(err, &fault_pack_too_many_files, arena_printf(a, "%u", PACK_FILES_MAX));
    }
    PackFile *file = arena_new(a, PackFile);
    file->kind = kind;
    file->pack = pack;
    file->id = str_slice(name, 0, name.len - str_from(kinds[kind].ending).len);
    file->path = arena_printf(a, "%s/%.*s", kinds[kind].folder, STR_ARG(name));
    file->shown = arena_printf(a, "%.*s/%.*s", STR_ARG(pack->folder), STR_ARG(file->path));
    Err fault = {0};
    if (!file_read(a, file->shown, PACK_FILE_BYTES_MAX, &file->text, &fault)) {
        fault_at_file(set, file, &fault);
        return true;
    }
    pack->files[pack->file_count++] = file;
    file_compile(set, file);
    return true;
}

static void unknown_file(PackSet *set, Str shown, PackKind kind)
{
    Err err = {0};
    err_set(&err, &fault_pack_file_unknown, str_from(kinds[kind].folder),
            str_from(kinds[kind].ending));
    err_at(&err, shown, 0, 0);
    set_fault(set, &err, true);
}

static bool folder_read(PackSet *set, Pack *pack, PackKind kind, Err *err)
{
    Arena *a = set->arena;
    Str folder = arena_printf(a, "%.*s/%s", STR_ARG(pack->folder), kinds[kind].folder);
    if (!file_is_directory(folder)) return true;
    Str *names = NULL;
    size_t count = 0;
    if (!file_list(a, folder, &names, &count, err)) return false;
    for (size_t i = 0; i < count; i++) {
        if (names[i].len && names[i].ptr[0] == '.') continue;
        if (!str_ends(names[i], str_from(kinds[kind].ending))) {
            if (str_ends(names[i], STR(".md"))) continue;
            unknown_file(set, arena_printf(a, "%.*s/%.*s", STR_ARG(folder), STR_ARG(names[i])),
                         kind);
            continue;
        }
        if (!file_open(set, pack, kind, names[i], err)) return false;
    }
    return true;
}

/* Folders that are no kind of ours: told, because a misspelt folder is silence otherwise. */
static bool unknown_folders(PackSet *set, Pack *pack, Err *err)
{
    Str *names = NULL;
    size_t count = 0;
    if (!file_list(set->arena, pack->folder, &names, &count, err)) return false;
    Buf known = buf_new(set->arena, 128);
    for (size_t k = 0; k < PACK_KIND_COUNT; k++) {
        if (k) buf_add_text(&known, ", ");
        buf_add(&known, str_from(kinds[k].folder));
    }
    for (size_t i = 0; i < count; i++) {
        Str path = arena_printf(set->arena, "%.*s/%.*s", STR_ARG(pack->folder), STR_ARG(names[i]));
        if (names[i].ptr[0] == '.' || !file_is_directory(path)) continue;
        bool found = false;
        for (size_t k = 0; k < PACK_KIND_COUNT; k++) {
            found = found || str_equal(names[i], str_from(kinds[k].folder));
        }
        if (found) continue;
        Err fault = {0};
        err_set(&fault, &fault_pack_folder_unknown, names[i], buf_text(&known));
        err_at(&fault, path, 0, 0);
        set_fault(set, &fault, true);
    }
    return true;
}

bool files_read(PackSet *set, Pack *pack, Err *err)
{
    pack->files = arena_new_array(set->arena, PackFile *, PACK_FILES_MAX);
    for (PackKind kind = 0; kind < PACK_KIND_COUNT; kind++) {
        if (!folder_read(set, pack, kind, err)) return false;
    }
    return unknown_folders(set, pack, err);
}
