/* thing_resource.c - the guide: services, their matters, limits, materials and forms.
 *
 * Everybody may read it without a token. Things are the case module's own, compiled and
 * read-only, so no snapshot is needed. */
#include "api/api_int.h"

#include "api/resource_parts.h"
#include "codec/json.h"

static Value limit_or_null(Call *c, ThingLimit limit)
{
    ContextBuilder b = context_builder(c->arena);
    if (!limit.amount)
        return value_null();
    context_put_text(&b, "amount", value_int(limit.amount));
    context_put_text(&b, "unit", value_string(limit.unit));
    return value_context(&b);
}

static Value thing_item(Call *c, const Thing *t)
{
    ContextBuilder b = context_builder(c->arena);
    context_put_text(&b, "id", value_string(t->id));
    context_put_text(&b, "title", call_text_value(c, t->title));
    context_put_text(&b, "stage", value_string(t->stage));
    context_put_text(&b, "audience", value_string(t->audience));
    context_put_text(&b, "region", value_string(t->region));
    context_put_text(&b, "matter_count", value_int((int64_t)t->matter_count));
    context_put_text(&b, "promised", limit_or_null(c, t->promised));
    context_put_text(&b, "fee_fen", value_int(t->fee_fen));
    context_put_text(&b, "visits", value_int(t->visits));
    return value_context(&b);
}

bool route_list_things(Call *c, Err *err)
{
    const Thing *const *things = NULL;
    size_t count = thing_list(c->cases, call_query_text(c, "stage"), c->arena, &things);
    ListBuilder items = list_builder(c->arena);
    ContextBuilder b = context_builder(c->arena);
    (void)err;
    for (size_t i = 0; i < count; i++)
        list_add(&items, thing_item(c, things[i]));
    context_put_text(&b, "items", value_list(&items));
    c->answer.body = value_context(&b);
    return true;
}

static Value matter_value(Call *c, const ThingMatter *m)
{
    ContextBuilder b = context_builder(c->arena);
    ListBuilder materials = list_builder(c->arena);
    for (size_t i = 0; i < m->material_count; i++)
        list_add(&materials, value_string(m->materials[i]));
    context_put_text(&b, "id", value_string(m->id));
    context_put_text(&b, "title", call_text_value(c, m->title));
    context_put_text(&b, "office", value_string(m->office));
    context_put_text(&b, "office_title", call_text_value(c, case_office_title(c->cases, m->office)));
    context_put_text(&b, "item_code", value_string(m->item_code));
    context_put_text(&b, "statutory", limit_or_null(c, m->statutory));
    context_put_text(&b, "promised", limit_or_null(c, m->promised));
    context_put_text(&b, "materials", value_list(&materials));
    return value_context(&b);
}

static Value material_value(Call *c, const ThingMaterial *m)
{
    ContextBuilder b = context_builder(c->arena);
    context_put_text(&b, "id", value_string(m->id));
    context_put_text(&b, "title", call_text_value(c, m->title));
    context_put_text(&b, "from", value_string(m->from));
    context_put_text(&b, "source", text_or_null(m->source));
    return value_context(&b);
}

/* {zh, en} anywhere in a pack's value becomes the text in the caller's language. */
static Value localised(Call *c, Value v)
{
    Str zh = value_get_string(v, STR("zh")), en = value_get_string(v, STR("en"));
    if (zh.len)
        return call_text_value(c, (Text2){zh, en});
    if (value_is(v, VALUE_LIST)) {
        ListBuilder list = list_builder(c->arena);
        for (size_t i = 0; i < value_count(v); i++)
            list_add(&list, localised(c, value_item(v, i)));
        return value_list(&list);
    }
    if (value_is(v, VALUE_CONTEXT)) {
        ContextBuilder b = context_builder(c->arena);
        for (size_t i = 0; i < value_count(v); i++)
            context_put(&b, v.as.context.entries[i].key,
                        localised(c, v.as.context.entries[i].value));
        return value_context(&b);
    }
    return v;
}

static Value list_or_empty(Call *c, Value v)
{
    return value_is(v, VALUE_LIST) ? localised(c, v) : value_list_of(c->arena, NULL, 0);
}

/* A form was strict JSON when it was compiled. */
Value form_or_null(Call *c, Str form_id)
{
    const Form *form = form_id.len ? case_form(c->cases, form_id) : NULL;
    Value source = value_null();
    Err err = {0};
    if (form && !json_parse(c->arena, form_source(form), &source, &err))
        return value_null();
    return source;
}

bool route_get_thing(Call *c, Err *err)
{
    const Thing *t = thing_read(c->cases, c->path_values[0], 0);
    if (!t)
        return err_set(err, &fault_thing_unknown, c->path_values[0]);
    ListBuilder matters = list_builder(c->arena), materials = list_builder(c->arena);
    for (size_t i = 0; i < t->matter_count; i++)
        list_add(&matters, matter_value(c, &t->matters[i]));
    for (size_t i = 0; i < t->material_count; i++)
        list_add(&materials, material_value(c, &t->materials[i]));
    ContextBuilder b = context_builder(c->arena);
    context_put_text(&b, "id", value_string(t->id));
    context_put_text(&b, "version", value_int(t->version));
    context_put_text(&b, "title", call_text_value(c, t->title));
    context_put_text(&b, "stage", value_string(t->stage));
    context_put_text(&b, "audience", value_string(t->audience));
    context_put_text(&b, "region", value_string(t->region));
    context_put_text(&b, "guide", call_text_value(c, t->guide));
    context_put_text(&b, "statutory", limit_or_null(c, t->statutory));
    context_put_text(&b, "promised", limit_or_null(c, t->promised));
    context_put_text(&b, "fee_fen", value_int(t->fee_fen));
    context_put_text(&b, "visits", value_int(t->visits));
    context_put_text(&b, "lead_matter", value_string(t->lead_matter));
    context_put_text(&b, "matters", value_list(&matters));
    context_put_text(&b, "materials", value_list(&materials));
    context_put_text(&b, "legal_basis", list_or_empty(c, t->legal_basis));
    context_put_text(&b, "facts", list_or_empty(c, t->facts));
    context_put_text(&b, "own_reading", list_or_empty(c, t->own_reading));
    context_put_text(&b, "form", form_or_null(c, t->form));
    c->answer.body = value_context(&b);
    return true;
}
