/* draft_resource.c - unfinished forms of the caller, kept on the server.
 *
 * A draft's ETag is its version. PUT demands If-Match, so that two windows do not overwrite each
 * other: the version goes into the command and is judged where the draft is written.
 *
 * The check tells two things: what is missing or wrong, and what need not be asked because a
 * registry of the node holds it. The latter reads only the applicant's own record (the key is
 * the account's subject), which the registry allows without a recorded purpose. */
#include "api/api_int.h"

#include "base/check.h"
#include "domain/registry/registry.h"

static Value draft_item(Call *c, const Draft *d, bool whole)
{
    ContextBuilder b = context_builder(c->arena);
    context_put_text(&b, "id", value_id(c->arena, d->id));
    context_put_text(&b, "thing", value_string(d->thing));
    context_put_text(&b, "title", call_text_value(c, d->title));
    context_put_text(&b, "version", value_int(d->version));
    context_put_text(&b, "created_at", value_instant(c->arena, d->created_at));
    context_put_text(&b, "saved_at", value_instant(c->arena, d->saved_at));
    if (whole)
        context_put_text(&b, "data", d->data);
    return value_context(&b);
}

bool route_list_drafts(Call *c, Err *err)
{
    Draft *drafts;
    size_t count;
    ListBuilder items = list_builder(c->arena);
    ContextBuilder b = context_builder(c->arena);
    if (!draft_list(c->cases, c->conn, c->node, &c->actor, c->arena, &drafts, &count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        list_add(&items, draft_item(c, &drafts[i], false));
    context_put_text(&b, "items", value_list(&items));
    c->answer.body = value_context(&b);
    return true;
}

static bool read_draft(Call *c, Draft *out, Err *err)
{
    Id id;
    return call_path_id(c, 0, &fault_draft_unknown, &id, err) &&
           draft_read(c->cases, c->conn, c->node, &c->actor, id, c->arena, out, err);
}

static Str version_etag(Call *c, int64_t version)
{
    return arena_printf(c->arena, "%lld", (long long)version);
}

bool route_get_draft(Call *c, Err *err)
{
    Draft d;
    if (!read_draft(c, &d, err))
        return false;
    c->answer.body = draft_item(c, &d, true);
    c->answer.etag = version_etag(c, d.version);
    return true;
}

static void finish_save(Call *c, const Reply *reply)
{
    Str id = value_get_string(reply->body, STR("draft"));
    int64_t version = value_get_int(reply->body, STR("version"), 0);
    ContextBuilder b = context_builder(c->arena);
    check(id.len > 0 && version > 0);
    context_put_text(&b, "draft", value_string(arena_copy(c->arena, id)));
    context_put_text(&b, "version", value_int(version));
    c->answer.body = value_context(&b);
    c->answer.etag = version_etag(c, version);
    if (c->route->status == 201)
        c->answer.location = arena_printf(c->arena, "/v1/drafts/%.*s", STR_ARG(id));
}

/* What the form says of the data is told field by field: order.form. */
static void order_save(Call *c, Str thing, ContextBuilder *body)
{
    const Thing *t = thing_read(c->cases, thing, 0);
    c->order.kind = STR("case.draft_save");
    c->order.body = value_context(body);
    c->order.finish = finish_save;
    c->order.form = t ? case_form(c->cases, t->form) : NULL;
    c->order.data = value_field(c->body, "data");
    c->order.mode = FORM_DRAFT;
}

bool route_create_draft(Call *c, Err *err)
{
    ContextBuilder b = context_builder_from(c->arena, c->body);
    (void)err;
    order_save(c, value_get_string(c->body, STR("thing")), &b);
    return true;
}

bool route_put_draft(Call *c, Err *err)
{
    Draft d = {0};
    Id id;
    int64_t version = 0;
    ContextBuilder b = context_builder(c->arena);
    if (!call_path_id(c, 0, &fault_draft_unknown, &id, err))
        return false;
    /* The draft may be gone when an answered request is sent again: the command is the same
     * then, and so is its answer. The draft is read only to tell the form's faults. */
    draft_read(c->cases, c->conn, c->node, &c->actor, id, c->arena, &d, NULL);
    context_put_text(&b, "draft", value_id(c->arena, id));
    context_put_text(&b, "data", value_field(c->body, "data"));
    if (!str_equal(c->if_match, STR("*"))) {
        if (!str_to_int64(c->if_match, &version))
            return err_set(err, &fault_if_match_invalid, c->if_match);
        context_put_text(&b, "version", value_int(version));
    }
    order_save(c, d.thing, &b);
    return true;
}

bool route_delete_draft(Call *c, Err *err)
{
    Id id;
    ContextBuilder b = context_builder(c->arena);
    if (!call_path_id(c, 0, &fault_draft_unknown, &id, err))
        return false;
    context_put_text(&b, "draft", value_id(c->arena, id));
    c->order.kind = STR("case.draft_delete");
    c->order.body = value_context(&b);
    return true;
}

/* ---- The check. */

/* The applicant's own record, read once a registry. */
typedef struct OwnRecord {
    Str registry;
    bool there; /* a registry of that name, keyed by subjects, that holds a record */
    Registry about;
    RegistryRecord record;
} OwnRecord;

typedef struct OwnRecords {
    OwnRecord *items;
    size_t count, capacity;
} OwnRecords;

static bool own_record(Call *c, OwnRecords *known, Str registry, const OwnRecord **out, Err *err)
{
    for (size_t i = 0; i < known->count; i++) {
        *out = &known->items[i];
        if (str_equal(known->items[i].registry, registry))
            return true;
    }
    check(known->count < known->capacity);
    OwnRecord *r = &known->items[known->count++];
    bool found = false;
    *out = r;
    r->registry = registry;
    if (!c->actor.subject.len ||
        !registry_get(c->conn, c->node, registry, c->arena, &r->about, &found, err) || !found)
        return !err->fault;
    RegistryPurpose own = {.look = ID_NONE};
    Err refused = {0};
    if (registry_read(c->conn, c->node, &c->actor, &own, c->arena, registry, c->actor.subject,
                      &r->record, &refused))
        r->there = r->record.found;
    else if (refused.fault->kind == FAULT_OUTSIDE)
        *err = refused;
    return !err->fault; /* a registry that is not open to the applicant holds nothing to show */
}

static Value value_at(Value record, Str path)
{
    while (path.len)
        record = value_get(record, str_split(&path, '.'));
    return record;
}

static Value prefill_value(Call *c, const FormField *f, const OwnRecord *r, Value held)
{
    const RegistryProperty *property = registry_property(&r->about, f->source_column);
    Str source = property && property->source.len ? property->source : r->record.source;
    Text2 title = {r->about.title_zh, r->about.title_en};
    ContextBuilder b = context_builder(c->arena);
    context_put_text(&b, "field", value_string(arena_printf(c->arena, "/%.*s", STR_ARG(f->path))));
    context_put_text(&b, "label", call_text_value(c, (Text2){f->label_zh, f->label_en}));
    context_put_text(&b, "value", held);
    context_put_text(&b, "registry", value_string(r->registry));
    context_put_text(&b, "registry_title", call_text_value(c, title));
    context_put_text(&b, "source", value_string(source));
    context_put_text(&b, "source_title", call_text_value(c, case_office_title(c->cases, source)));
    context_put_text(&b, "grade", value_string(r->record.grade));
    context_put_text(&b, "valid_from", value_instant(c->arena, r->record.valid_from));
    context_put_text(&b, "recorded_at", value_instant(c->arena, r->record.recorded_at));
    return value_context(&b);
}

static bool add_prefill(Call *c, const Form *form, OwnRecords *known, ListBuilder *out, Err *err)
{
    for (size_t i = 0; form && i < form_field_count(form); i++) {
        const FormField *f = form_field_at(form, i);
        const OwnRecord *r;
        if (!f->source_registry.len)
            continue;
        if (!own_record(c, known, f->source_registry, &r, err))
            return false;
        Value held = r->there ? value_at(r->record.record, f->source_column) : value_null();
        if (!value_is_null(held))
            list_add(out, prefill_value(c, f, r, held));
    }
    return true;
}

static bool add_known(Call *c, const Thing *t, OwnRecords *known, ListBuilder *out, Err *err)
{
    for (size_t i = 0; i < t->material_count; i++) {
        const ThingMaterial *m = &t->materials[i];
        const OwnRecord *r;
        if (!str_equal(m->from, STR("registry")))
            continue;
        if (!own_record(c, known, m->source, &r, err))
            return false;
        ContextBuilder b = context_builder(c->arena);
        context_put_text(&b, "material", value_string(m->id));
        context_put_text(&b, "title", call_text_value(c, m->title));
        context_put_text(&b, "registry", value_string(m->source));
        context_put_text(&b, "found", value_boolean(r->there));
        list_add(out, value_context(&b));
    }
    return true;
}

static Value form_errors(Call *c, const FormFaults *faults)
{
    ListBuilder list = list_builder(c->arena);
    bool en = c->lang == LANG_EN;
    for (size_t i = 0; i < faults->count; i++) {
        const FormFault *f = &faults->items[i];
        ContextBuilder b = context_builder(c->arena);
        context_put_text(&b, "field", value_string(f->field));
        context_put_text(&b, "fault", value_string(str_from(f->name)));
        context_put_text(&b, "label", value_string(en ? f->label_en : f->label_zh));
        context_put_text(&b, "detail", value_string(en ? f->text_en : f->text_zh));
        list_add(&list, value_context(&b));
    }
    return value_list(&list);
}

bool route_check_draft(Call *c, Err *err)
{
    Draft d;
    if (!read_draft(c, &d, err))
        return false;
    const Thing *t = thing_read(c->cases, d.thing, 0);
    if (!t)
        return err_set(err, &fault_thing_unknown, d.thing);
    const Form *form = case_form(c->cases, t->form);
    FormFaults faults = {0};
    bool complete = form && form_check(form, d.data, FORM_SUBMIT, c->now, c->arena, &faults);
    OwnRecords known = {.capacity = (form ? form_field_count(form) : 0) + t->material_count};
    known.items = arena_new_array(c->arena, OwnRecord, known.capacity + 1);
    ListBuilder prefill = list_builder(c->arena), fetched = list_builder(c->arena);
    if (!add_prefill(c, form, &known, &prefill, err) || !add_known(c, t, &known, &fetched, err))
        return false;
    ContextBuilder b = context_builder(c->arena);
    context_put_text(&b, "complete", value_boolean(complete));
    context_put_text(&b, "errors", form_errors(c, &faults));
    context_put_text(&b, "prefill", value_list(&prefill));
    context_put_text(&b, "known", value_list(&fetched));
    c->answer.body = value_context(&b);
    return true;
}
