/* pack.c - the set of packs: which folders, in which order, and the list of faults.
 *
 * Packs are read depth first: a pack's needs come before it, each pack once. A need is looked
 * for among the folders given, then beside the pack that needs it, then under packs/ of the
 * working directory, so that a copy of one pack can be checked anywhere. Circular needs end by
 * themselves: a pack that is being read is not read again, and two packs that need each other
 * are installed in the order in which they were met.
 *
 * Faults are kept in the order of reading; a later one never hides an earlier one. */
#include "pack/pack_int.h"

#include "base/check.h"
#include "codec/json.h"

FAULT_DEFINE(PACK_FAULTS)

static bool fault_grow(PackSet *set)
{
    if (set->fault_count < set->fault_capacity) return true;
    if (set->fault_count >= PACK_FAULTS_MAX) return false;
    size_t capacity = set->fault_capacity ? set->fault_capacity * 2 : 16;
    PackFault *wider = arena_new_array(set->arena, PackFault, capacity);
    if (!wider) return false;
    for (size_t i = 0; i < set->fault_count; i++) wider[i] = set->faults[i];
    set->faults = wider;
    set->fault_capacity = capacity;
    return true;
}

void set_fault(PackSet *set, const Err *err, bool warning)
{
    if (!fault_grow(set)) {
        set->unlisted++;
        return;
    }
    set->faults[set->fault_count++] = (PackFault){*err, warning};
    if (warning) set->warning_count++;
}

uint32_t json_line(Str text, Str pointer, uint32_t *column)
{
    uint32_t line = 0;
    *column = 0;
    if (!json_locate(text, pointer, &line, column)) return 0;
    return line;
}

void set_fault_json(PackSet *set, Str shown, Str text, Str pointer, bool warning,
                    const Fault *fault, const Str *args, size_t count)
{
    Err err = {0};
    err_fill(&err, fault, __FILE__, __LINE__, args, count);
    uint32_t column = 0;
    uint32_t line = pointer.len || text.len ? json_line(text, pointer, &column) : 0;
    err_at(&err, shown, line, column);
    set_fault(set, &err, warning);
}

static Str without_slashes(Str folder)
{
    while (folder.len > 1 && folder.ptr[folder.len - 1] == '/') folder.len--;
    return folder;
}

static Str parent_of(Str folder)
{
    for (size_t i = folder.len; i > 0; i--) {
        if (folder.ptr[i - 1] == '/') return str_slice(folder, 0, i > 1 ? i - 1 : 1);
    }
    return STR(".");
}

static Pack *pack_by_id(const PackSet *set, Str id)
{
    for (size_t i = 0; i < set->count; i++) {
        if (str_equal(set->packs[i]->id, id)) return set->packs[i];
    }
    return NULL;
}

static bool is_pack(Arena *a, Str folder)
{
    return file_exists(arena_printf(a, "%.*s/pack.json", STR_ARG(folder)));
}

/* What reading needs to know about all of it. */
typedef struct Reading {
    PackSet *set;
    Pack **given; /* manifests of the folders named by the caller */
    size_t given_count;
    size_t depth;
} Reading;

static bool read_with_needs(Reading *r, Pack *pack, Err *err);

static Pack *open_manifest(PackSet *set, Str folder)
{
    Pack *pack = arena_new(set->arena, Pack);
    pack->folder = folder;
    pack->manifest_shown = arena_printf(set->arena, "%.*s/pack.json", STR_ARG(folder));
    return manifest_read(set, pack) ? pack : NULL;
}

static bool read_need(Reading *r, Pack *pack, Str need, size_t index, Err *err)
{
    PackSet *set = r->set;
    if (pack_by_id(set, need)) return true;
    for (size_t i = 0; i < r->given_count; i++) {
        if (str_equal(r->given[i]->id, need)) return read_with_needs(r, r->given[i], err);
    }
    Str parent = parent_of(pack->folder);
    Str beside = arena_printf(set->arena, "%.*s/%.*s", STR_ARG(parent), STR_ARG(need));
    Str usual = arena_printf(set->arena, "packs/%.*s", STR_ARG(need));
    Str folder = is_pack(set->arena, beside) ? beside : usual;
    if (!is_pack(set->arena, folder)) {
        set_fault_json(set, pack->manifest_shown, pack->manifest_text,
                       arena_printf(set->arena, "/needs/%zu", index), false,
                       &fault_pack_needs_missing, FAULT_ARGS(need));
        return true;
    }
    Pack *other = open_manifest(set, folder);
    return other ? read_with_needs(r, other, err) : true;
}

/* Needs first, then the pack itself takes its place in the order of installation. */
static bool read_with_needs(Reading *r, Pack *pack, Err *err)
{
    PackSet *set = r->set;
    Pack *same = pack_by_id(set, pack->id);
    if (same) {
        if (!str_equal(same->folder, pack->folder)) {
            set_fault_json(set, pack->manifest_shown, pack->manifest_text, STR("/id"), false,
                           &fault_pack_twice,
                           FAULT_ARGS(pack->id, same->folder, pack->folder));
        }
        return true;
    }
    if (r->depth > 32) return true;
    r->depth++;
    Value needs = value_field(pack->manifest, "needs");
    for (size_t i = 0; i < value_count(needs); i++) {
        Value need = value_item(needs, i);
        if (!value_is(need, VALUE_STRING) || str_equal(need.as.string, pack->id)) continue;
        if (!read_need(r, pack, need.as.string, i, err)) return false;
    }
    r->depth--;
    if (pack_by_id(set, pack->id)) return true;
    check(set->count < PACK_FILES_MAX);
    set->packs[set->count++] = pack;
    return files_read(set, pack, err);
}

static PackSet *set_new(Arena *a, const Module *const *modules, size_t module_count)
{
    PackSet *set = arena_new(a, PackSet);
    set->arena = a;
    set->packs = arena_new_array(a, Pack *, PACK_FILES_MAX);
    set->modules = modules;
    set->module_count = module_count;
    Map *maps[] = {&set->things, &set->forms, &set->registries, &set->processes,
                   &set->decisions, &set->calendars, &set->supervisions,
                   &set->ledgers, &set->offices, &set->roles,
                   &set->used_forms, &set->asked};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) *maps[i] = map_new(a);
    return set;
}

bool pack_read(Arena *a, const Str *folders, size_t count, const Module *const *modules,
               size_t module_count, PackSet **out, PackFaults *faults, Err *err)
{
    PackSet *set = set_new(a, modules, module_count);
    Reading r = {.set = set, .given = arena_new_array(a, Pack *, count + 1)};
    for (size_t i = 0; i < count; i++) {
        Str folder = without_slashes(folders[i]);
        if (!is_pack(a, folder)) return err_set(err, &fault_pack_no_manifest, folder);
        Pack *pack = open_manifest(set, folder);
        if (pack) r.given[r.given_count++] = pack;
    }
    for (size_t i = 0; i < r.given_count; i++) {
        r.depth = 0;
        if (!read_with_needs(&r, r.given[i], err)) return false;
    }
    link_check(set);
    if (arena_failed(a)) return err_set(err, &fault_out_of_memory, STR("packs"));
    *out = set;
    *faults = (PackFaults){set->faults, set->fault_count, set->warning_count, set->unlisted};
    return set->fault_count == set->warning_count && set->unlisted == 0;
}

void pack_show_faults(const PackFaults *faults, Lang lang, Buf *out)
{
    for (size_t i = 0; i < faults->count; i++) {
        const PackFault *f = &faults->items[i];
        if (f->warning) buf_add(out, lang == LANG_ZH ? STR("提醒 ") : STR("warning "));
        err_show(&f->err, lang, out);
        buf_add_char(out, '\n');
    }
    if (faults->unlisted) {
        buf_printf(out, lang == LANG_ZH ? "另有 %zu 处错误未列出。\n" : "%zu more faults.\n",
                   faults->unlisted);
    }
}

size_t pack_count(const PackSet *set) { return set->count; }

PackInfo pack_info(const PackSet *set, size_t i)
{
    check(i < set->count);
    const Pack *p = set->packs[i];
    PackInfo info = {p->id, p->version, p->folder, p->title_zh, p->title_en, p->node, 0, 0};
    for (size_t f = 0; f < p->file_count; f++) {
        if (p->files[f]->kind == PACK_CASE) info.cases++;
        else info.definitions++;
    }
    return info;
}

size_t pack_account_count(const PackSet *set)
{
    size_t count = 0;
    for (size_t i = 0; i < set->count; i++) {
        count += value_count(value_field(set->packs[i]->manifest, "demo"));
    }
    return count;
}

PackAccount pack_account(const PackSet *set, size_t i)
{
    for (size_t p = 0; p < set->count; p++) {
        Value demo = value_field(set->packs[p]->manifest, "demo");
        if (i >= value_count(demo)) {
            i -= value_count(demo);
            continue;
        }
        Value v = value_item(demo, i);
        PackAccount account = {.id = value_get_string(v, STR("id")),
                               .name = value_get_string(v, STR("name")),
                               .office = value_get_string(v, STR("office")),
                               .subject = value_get_string(v, STR("subject"))};
        Value roles = value_field(v, "roles");
        for (size_t k = 0; k < value_count(roles) && k < CORE_GROUPS_MAX; k++) {
            Value role = value_item(roles, k);
            if (value_is(role, VALUE_STRING)) account.roles[account.role_count++] = role.as.string;
        }
        return account;
    }
    check(!"an account of the set");
}
