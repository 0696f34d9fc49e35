/* catalogue.c - definitions in memory: things, forms, offices, what roles read.
 *
 * Definitions change when a pack is installed and are read by every request, on every thread. The
 * catalogue is a list that only grows, in two threadings: all entries, newest first, and the
 * entries of one hash bucket, newest first. The writer builds an entry to its end and publishes it
 * with two atomic stores; whoever walks a list meets the newest version of an id first. Nothing
 * is freed while the node lives, so a reader may keep what it found.
 *
 *     newest ─▶ thing road-dig 2 ─▶ form road-dig 2 ─▶ thing road-dig 1 ─▶ ...
 *
 * Of processes and calendars only the names are kept: enough to refuse an application whose
 * process could not start. */
#include "codec/json.h"
#include "domain/case/case_int.h"

typedef struct Office {
    Text2 title;
} Office;

static const char *const stage_words[] = {
#define STAGE_WORD(word, zh, en) word,
    THING_STAGES(STAGE_WORD)
#undef STAGE_WORD
};
#define STAGE_COUNT (sizeof stage_words / sizeof stage_words[0])

static _Atomic(const CatalogueEntry *) *bucket_of(const Cases *cases, Str kind, Str id)
{
    size_t bucket = (str_hash(id) ^ str_hash(kind)) % CATALOGUE_BUCKETS;
    /* The heads are the only part that changes; readers load them atomically. */
    return (_Atomic(const CatalogueEntry *) *)(uintptr_t)&cases->buckets[bucket];
}

static void publish(Cases *cases, const Definition *definition, const void *object)
{
    CatalogueEntry *entry = arena_new(cases->arena, CatalogueEntry);
    entry->kind = arena_copy(cases->arena, definition->kind);
    entry->id = arena_copy(cases->arena, definition->id);
    entry->version = definition->version;
    entry->object = object;
    _Atomic(const CatalogueEntry *) *bucket = bucket_of(cases, entry->kind, entry->id);
    entry->older_beside = atomic_load_explicit(bucket, memory_order_relaxed);
    entry->older = atomic_load_explicit(&cases->newest, memory_order_relaxed);
    atomic_store_explicit(bucket, entry, memory_order_release);
    atomic_store_explicit(&cases->newest, entry, memory_order_release);
}

const CatalogueEntry *catalogue_find(const Cases *cases, Str kind, Str id, int64_t version)
{
    const CatalogueEntry *entry =
        atomic_load_explicit(bucket_of(cases, kind, id), memory_order_acquire);
    while (entry) {
        bool same = str_equal(entry->id, id) && str_equal(entry->kind, kind);
        if (same && (version == 0 || entry->version == version))
            return entry;
        entry = entry->older_beside;
    }
    return NULL;
}

/* ---- What each kind is turned into. */

static bool office_compile(Arena *a, const Definition *definition, Office **out, Err *err)
{
    Value value = value_null();
    if (!json_parse(a, definition->text, &value, err)) {
        err_at(err, definition->path, 0, 0);
        return false;
    }
    *out = arena_new(a, Office);
    (*out)->title = text2_read(value_field(value, "title"));
    if ((*out)->title.zh.len == 0)
        (*out)->title = (Text2){arena_copy(a, definition->id), arena_copy(a, definition->id)};
    return true;
}

/* The words of a role that concern cases; access judges the rest of the definition. */
static bool rights_compile(Arena *a, const Definition *definition, CaseRights **out, Err *err)
{
    Value value = value_null();
    if (!json_parse(a, definition->text, &value, err)) {
        err_at(err, definition->path, 0, 0);
        return false;
    }
    Value reads = value_field(value, "reads");
    *out = arena_new(a, CaseRights);
    for (size_t i = 0; i < value_count(reads); i++) {
        Value item = value_item(reads, i);
        Str word = value_is(item, VALUE_STRING) ? item.as.string : STR_NONE;
        (*out)->own |= str_equal(word, STR("cases_own"));
        (*out)->office |= str_equal(word, STR("cases_office"));
        (*out)->all |= str_equal(word, STR("cases_all"));
        (*out)->data |= str_equal(word, STR("case_data"));
    }
    return true;
}

static bool compile(Arena *a, const Definition *d, const void **object, bool *wanted, Err *err)
{
    *object = NULL;
    *wanted = true;
    bool fine = true;
    if (str_equal(d->kind, STR("thing"))) {
        Thing *thing = NULL;
        fine = thing_compile(a, d->text, d->path, &thing, err);
        if (fine)
            thing->version = d->version;
        *object = thing;
    } else if (str_equal(d->kind, STR("form"))) {
        Form *form = NULL;
        fine = form_compile(a, d->text, d->path, &form, err);
        *object = form;
    } else if (str_equal(d->kind, STR("office"))) {
        Office *office = NULL;
        fine = office_compile(a, d, &office, err);
        *object = office;
    } else if (str_equal(d->kind, STR("role"))) {
        CaseRights *rights = NULL;
        fine = rights_compile(a, d, &rights, err);
        *object = rights;
    } else {
        *wanted = str_equal(d->kind, STR("process")) || str_equal(d->kind, STR("calendar"));
    }
    return fine;
}

bool catalogue_define(Cases *cases, const Definition *definition, Err *err)
{
    const void *object = NULL;
    bool wanted = false;
    if (!compile(cases->arena, definition, &object, &wanted, err))
        return false;
    if (arena_failed(cases->arena))
        return err_set(err, &fault_out_of_memory, STR("definitions"));
    if (wanted)
        publish(cases, definition, object);
    return true;
}

/* ---- Reading. */

static size_t stage_index(Str stage)
{
    size_t i = 0;
    while (i < STAGE_COUNT && !str_equal(stage, str_from(stage_words[i])))
        i++;
    return i;
}

/* Order of the guide: stages, then ids. */
static bool thing_before(const Thing *x, const Thing *y)
{
    size_t i = stage_index(x->stage), j = stage_index(y->stage);
    return i != j ? i < j : str_compare(x->id, y->id) < 0;
}

size_t thing_list(const Cases *cases, Str stage, Arena *a, const Thing *const **out)
{
    size_t capacity = 0, count = 0;
    const CatalogueEntry *newest = atomic_load_explicit(&cases->newest, memory_order_acquire);
    for (const CatalogueEntry *e = newest; e; e = e->older)
        capacity += str_equal(e->kind, STR("thing"));
    const Thing **things = arena_new_array(a, const Thing *, capacity + 1);
    for (const CatalogueEntry *e = newest; e && things; e = e->older) {
        if (!str_equal(e->kind, STR("thing")) || catalogue_find(cases, e->kind, e->id, 0) != e)
            continue;
        const Thing *thing = e->object;
        if (stage.len && !str_equal(stage, thing->stage))
            continue;
        if (count == capacity)
            break;
        size_t at = count++;
        for (; at > 0 && thing_before(thing, things[at - 1]); at--)
            things[at] = things[at - 1];
        things[at] = thing;
    }
    *out = things;
    return count;
}

const Thing *thing_read(const Cases *cases, Str id, int64_t version)
{
    const CatalogueEntry *entry = catalogue_find(cases, STR("thing"), id, version);
    return entry ? entry->object : NULL;
}

const Form *case_form(const Cases *cases, Str form_id)
{
    const CatalogueEntry *entry = catalogue_find(cases, STR("form"), form_id, 0);
    return entry ? entry->object : NULL;
}

Text2 case_office_title(const Cases *cases, Str office)
{
    const CatalogueEntry *entry = catalogue_find(cases, STR("office"), office, 0);
    return entry ? ((const Office *)entry->object)->title : (Text2){office, office};
}

CaseRights case_rights(const Cases *cases, const Actor *actor)
{
    CaseRights sum = {0};
    if (str_equal(actor->id, STR("system")))
        return (CaseRights){true, true, true, true};
    for (size_t i = 0; i < actor->role_count; i++) {
        const CatalogueEntry *entry = catalogue_find(cases, STR("role"), actor->roles[i], 0);
        if (!entry)
            continue;
        const CaseRights *one = entry->object;
        sum.own |= one->own;
        sum.office |= one->office && actor->office.len > 0;
        sum.all |= one->all;
        sum.data |= one->data;
    }
    return sum;
}

const ThingMatter *thing_matter(const Thing *thing, Str id)
{
    for (size_t i = 0; thing && i < thing->matter_count; i++)
        if (str_equal(thing->matters[i].id, id))
            return &thing->matters[i];
    return NULL;
}
