/* look_resource.c - who looked at my data: every recorded read of the person or firm that the
 * account
 * acts for, newest first, from the moment its command was committed.
 *
 * Reads in a case, looks outside of one, and handouts of many records (subscriptions, exports) in
 * which
 * the person was. Nobody else sees the list; the door that gives it judges that (registry_looks).
 */
#include "api/api_int.h"

#include "domain/registry/registry.h"

static Value look_value(Call *c, const RegistryLook *l)
{
    ContextBuilder b = context_builder(c->arena);
    Registry about;
    bool found = false;
    bool known =
        registry_get(c->conn, c->node, l->registry, c->arena, &about, &found, NULL) && found;
    context_put_text(&b, "id", value_id(c->arena, l->id));
    context_put_text(&b, "at", value_instant(c->arena, l->at));
    context_put_text(&b, "registry", value_string(l->registry));
    context_put_text(&b, "registry_title",
                     known ? call_text_value(c, (Text2){about.title_zh, about.title_en})
                           : value_null());
    context_put_text(&b, "reader", value_string(l->reader));
    context_put_text(&b, "office", text_or_null(l->office));
    context_put_text(&b, "office_title",
                     l->office.len ? call_text_value(c, case_office_title(c->cases, l->office))
                                   : value_null());
    context_put_text(&b, "thing", text_or_null(l->thing));
    context_put_text(&b, "case_number", text_or_null(l->case_number));
    context_put_text(&b, "matter", text_or_null(l->matter));
    context_put_text(&b, "basis", text_or_null(l->basis));
    context_put_text(&b, "fields", l->fields);
    return value_context(&b);
}

bool route_list_looks(Call *c, Err *err)
{
    RegistryLook *list;
    size_t count;
    ListBuilder items = list_builder(c->arena);
    ContextBuilder b = context_builder(c->arena);
    if (!registry_looks(c->conn, c->node, &c->actor, c->actor.subject, c->arena, &list, &count,
                        err))
        return false;
    for (size_t i = 0; i < count; i++)
        list_add(&items, look_value(c, &list[i]));
    context_put_text(&b, "items", value_list(&items));
    c->answer.body = value_context(&b);
    return true;
}
