/* registry_resource.c - the catalogue of registries, and the journal.
 *
 * The journal is shown to whoever has the right to audit: open parts only, with each record's
 * hash, so that two copies of the journal can be compared record by record. A page is cut where
 * the request's memory would become large, which `next` makes invisible to the reader. */
#include "api/api_int.h"

#include "domain/registry/registry.h"

#define JOURNAL_PAGE_BYTES (4u << 20) /* a page is closed when it has grown to this */

static Value property_value(Call *c, const RegistryProperty *p)
{
    ContextBuilder b = context_builder(c->arena);
    context_put_text(&b, "name", value_string(p->name));
    context_put_text(&b, "title", call_text_value(c, (Text2){p->title_zh, p->title_en}));
    context_put_text(&b, "type", text_or_null(p->type));
    context_put_text(&b, "format", text_or_null(p->format));
    context_put_text(&b, "level", value_int(p->level));
    context_put_text(&b, "source", text_or_null(p->source));
    context_put_text(&b, "required", value_boolean(p->required));
    return value_context(&b);
}

static Value registry_value(Call *c, const Registry *r)
{
    static const char *const shares[] = {[REGISTRY_SHARE_UNCONDITIONAL] = "unconditional",
                                         [REGISTRY_SHARE_CONDITIONAL] = "conditional",
                                         [REGISTRY_SHARE_NONE] = "none"};
    ContextBuilder b = context_builder(c->arena);
    ListBuilder properties = list_builder(c->arena);
    for (size_t i = 0; i < r->property_count; i++)
        list_add(&properties, property_value(c, &r->properties[i]));
    context_put_text(&b, "name", value_string(r->name));
    context_put_text(&b, "title", call_text_value(c, (Text2){r->title_zh, r->title_en}));
    context_put_text(&b, "key", value_string(r->key));
    context_put_text(&b, "source", value_string(r->source));
    context_put_text(&b, "source_title",
                     call_text_value(c, case_office_title(c->cases, r->source)));
    context_put_text(&b, "share", value_string(str_from(shares[r->share])));
    context_put_text(&b, "numbered", value_boolean(r->numbered));
    context_put_text(&b, "version", value_int(r->version));
    context_put_text(&b, "properties", value_list(&properties));
    return value_context(&b);
}

bool route_list_registries(Call *c, Err *err)
{
    const Registry *list;
    size_t count;
    ListBuilder items = list_builder(c->arena);
    ContextBuilder b = context_builder(c->arena);
    if (!registry_list(c->conn, c->node, c->arena, &list, &count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        list_add(&items, registry_value(c, &list[i]));
    context_put_text(&b, "items", value_list(&items));
    c->answer.body = value_context(&b);
    return true;
}

/* ---- The journal. */

typedef struct JournalWalk {
    Call *call;
    ListBuilder items;
    size_t count, limit;
    int64_t last;
    bool more;
} JournalWalk;

static Value event_value(Call *c, Value event)
{
    Value subject = value_field(event, "subject");
    ContextBuilder b = context_builder(c->arena);
    bool named = value_is(subject, VALUE_STRING) && subject.as.string.len;
    context_put_text(&b, "kind", value_copy(c->arena, value_field(event, "kind")));
    context_put_text(&b, "subject", named ? value_copy(c->arena, subject) : value_null());
    context_put_text(&b, "open", value_copy(c->arena, value_field(event, "open")));
    return value_context(&b);
}

static bool visit_record(void *context, const JournalRecord *record)
{
    JournalWalk *w = context;
    Call *c = w->call;
    Arena *a = c->arena;
    ListBuilder events = list_builder(a);
    ContextBuilder b = context_builder(a);
    char hash[64];
    if (w->count == w->limit || arena_used_bytes(a) > JOURNAL_PAGE_BYTES) {
        w->more = true;
        return false;
    }
    for (size_t i = 0; i < value_count(record->events); i++)
        list_add(&events, event_value(c, value_item(record->events, i)));
    sm3_text(&record->hash, hash);
    context_put_text(&b, "seq", value_int(record->seq));
    context_put_text(&b, "at", value_instant(a, record->at));
    context_put_text(&b, "kind", value_string(arena_copy(a, record->kind)));
    context_put_text(&b, "actor", value_string(arena_copy(a, record->actor)));
    context_put_text(&b, "command", value_id(a, record->command));
    context_put_text(&b, "events", value_list(&events));
    context_put_text(&b, "hash", value_string(arena_copy(a, (Str){hash, sizeof hash})));
    list_add(&w->items, value_context(&b));
    w->count++;
    w->last = record->seq;
    return true;
}

bool route_list_journal(Call *c, Err *err)
{
    Str after = call_query_text(c, "after");
    JournalWalk walk = {.call = c, .items = list_builder(c->arena), .limit = call_page_size(c)};
    if (after.len && (!str_to_int64(after, &walk.last) || walk.last < 0))
        return err_set(err, &fault_cursor_invalid);
    if (!core_journal_read(c->core, c->conn, walk.last + 1, visit_record, &walk, err))
        return false;
    c->answer.body = call_page(c, &walk.items,
                               walk.more ? arena_printf(c->arena, "%lld", (long long)walk.last)
                                         : STR_NONE);
    return true;
}
