/* events.c - messages and signals from outside.
 *
 * A message without a key of its own (it was taken at once) has the number of the journal record
 * that took it; one that changed nothing has the instant's. A messageId makes the command's id,
 * so that a second publication is known and refused (409). */
#include "api/v2/v2_int.h"

static bool refuse_tenant(Call *c, Err *err)
{
    Str tenant = value_get_string(c->body, STR("tenantId"));
    return !tenant.len || str_equal(tenant, STR(V2_TENANT)) || v2_missing_field(c, "tenantId", err);
}

static Value event_key(Call *c, const Reply *reply)
{
    Value own = value_field(reply->body, "message");
    if (value_is(own, VALUE_STRING))
        return value_string(arena_copy(c->arena, own.as.string));
    return v2_key(c, reply->seq ? reply->seq : clock_now(core_clock(c->core)).us);
}

static void answer_key(Call *c, const Reply *reply, const char *name)
{
    ContextBuilder b = context_builder(c->arena);
    context_put(&b, str_from(name), event_key(c, reply));
    v2_put_tenant(&b);
    c->answer.body = value_context(&b);
}

static void on_published(Call *c, const Reply *reply) { answer_key(c, reply, "messageKey"); }
static void on_broadcast(Call *c, const Reply *reply) { answer_key(c, reply, "signalKey"); }

static void on_correlated(Call *c, const Reply *reply)
{
    ContextBuilder b = context_builder(c->arena);
    context_put_text(&b, "messageKey", event_key(c, reply));
    context_put_text(&b, "processInstanceKey",
                     value_copy(c->arena, value_field(reply->body, "instance")));
    v2_put_tenant(&b);
    c->answer.body = value_context(&b);
}

static void order_message(Call *c, ContextBuilder *b, void (*finish)(Call *, const Reply *))
{
    context_put_text(b, "name", value_field(c->body, "name"));
    context_put_text(b, "correlation_key",
                     value_string(value_get_string(c->body, STR("correlationKey"))));
    context_put_text(b, "variables", v2_variables(c));
    c->order = (Order){.kind = STR("process.message"), .body = value_context(b),
                       .finish = finish};
}

bool v2_publish_message(Call *c, Err *err)
{
    ContextBuilder b = context_builder(c->arena);
    int64_t ms = value_get_int(c->body, STR("timeToLive"), 0);
    Str id = value_get_string(c->body, STR("messageId"));
    if (!refuse_tenant(c, err))
        return false;
    int64_t s = ms <= 0 ? 0 : (ms - 1) / 1000 + 1;
    context_put_text(&b, "time_to_live_s", value_int(s > PROCESS_MESSAGE_TTL_MAX_S
                                                         ? PROCESS_MESSAGE_TTL_MAX_S : s));
    order_message(c, &b, on_published);
    if (id.len) {
        Str name = value_get_string(c->body, STR("name"));
        Str key = value_get_string(c->body, STR("correlationKey"));
        c->command = core_command_id(STR("message"),
                                     arena_printf(c->arena, "%.*s\n%.*s\n%.*s", STR_ARG(name),
                                                  STR_ARG(key), STR_ARG(id)));
        c->order.once = &fault_v2_message_twice;
    }
    return true;
}

bool v2_correlate_message(Call *c, Err *err)
{
    ContextBuilder b = context_builder(c->arena);
    if (!refuse_tenant(c, err))
        return false;
    context_put_text(&b, "must_correlate", value_boolean(true));
    order_message(c, &b, on_correlated);
    return true;
}

bool v2_broadcast_signal(Call *c, Err *err)
{
    ContextBuilder b = context_builder(c->arena);
    if (!refuse_tenant(c, err))
        return false;
    context_put_text(&b, "name", value_field(c->body, "signalName"));
    context_put_text(&b, "variables", v2_variables(c));
    c->order = (Order){.kind = STR("process.broadcast"), .body = value_context(&b),
                       .finish = on_broadcast};
    return true;
}
