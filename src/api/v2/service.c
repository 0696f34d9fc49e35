/* service.c - the node as clients of Camunda see it: topology, licence, caller, tokens, clock.
 *
 * A node is shown as a cluster of one broker with one partition. The version of the gateway is
 * that of the API spoken here, because clients choose their ways by it; the broker's is ours.
 *
 * Clients that know only OAuth get their token here (client credentials, RFC 6749 4.4): the
 * client_id is an account and the client_secret one of its tokens, which is given back as the
 * access token when it is valid. Nothing new comes into being, so nothing has to be kept. */
#include "api/v2/v2_int.h"

#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "codec/json.h"
#include "lang/feel/feel.h"

#define FEEL_ARENA_BYTES ((size_t)32 << 20)
#define FEEL_FUEL 2000000ll
#define TOKEN_LIFE_S 3600 /* told to clients; the token's own expiry is judged at every request */

bool v2_get_document(Call *c, Err *err)
{
    (void)err;
    c->answer.raw = v2_document(c->api, c->lang);
    return true;
}

bool v2_get_status(Call *c, Err *err)
{
    (void)c;
    (void)err; /* the snapshot was taken: the data file answers */
    return true;
}

bool v2_get_topology(Call *c, Err *err)
{
    Arena *a = c->arena;
    ContextBuilder b = context_builder(a), broker = context_builder(a),
                   partition = context_builder(a);
    Str port = http_header(c->request, "Host");
    Str host = str_split(&port, ':');
    int64_t number = 0;
    (void)err;
    str_to_int64(port, &number);
    context_put_text(&partition, "partitionId", value_int(1));
    context_put_text(&partition, "role", value_string(STR("leader")));
    context_put_text(&partition, "health", value_string(STR("healthy")));
    Value partitions = value_context(&partition);
    context_put_text(&broker, "nodeId", value_int(0));
    context_put_text(&broker, "host", value_string(utf8_valid(host, NULL) ? host : STR_NONE));
    context_put_text(&broker, "port", value_int(number));
    context_put_text(&broker, "partitions", value_list_of(a, &partitions, 1));
    context_put_text(&broker, "version", value_string(STR(TONGBAN_VERSION)));
    Value brokers = value_context(&broker);
    context_put_text(&b, "brokers", value_list_of(a, &brokers, 1));
    context_put_text(&b, "clusterId",
                     value_string(arena_printf(a, "tongban-%lld", (long long)c->node)));
    context_put_text(&b, "clusterSize", value_int(1));
    context_put_text(&b, "partitionsCount", value_int(1));
    context_put_text(&b, "replicationFactor", value_int(1));
    context_put_text(&b, "gatewayVersion", value_string(STR(V2_VERSION)));
    context_put_text(&b, "lastCompletedChangeId", value_string(STR("-1")));
    c->answer.body = value_context(&b);
    return true;
}

bool v2_get_license(Call *c, Err *err)
{
    ContextBuilder b = context_builder(c->arena);
    (void)err;
    context_put_text(&b, "validLicense", value_boolean(true));
    context_put_text(&b, "licenseType", value_string(STR("Apache-2.0")));
    context_put_text(&b, "isCommercial", value_boolean(false));
    context_put_text(&b, "expiresAt", value_null());
    c->answer.body = value_context(&b);
    return true;
}

bool v2_get_configuration(Call *c, Err *err)
{
    ContextBuilder b = context_builder(c->arena), jobs = context_builder(c->arena);
    (void)err;
    context_put_text(&jobs, "enabled", value_boolean(false));
    context_put_text(&jobs, "exportInterval", value_string(STR("PT0S")));
    context_put_text(&jobs, "maxWorkerNameLength", value_int(200));
    context_put_text(&jobs, "maxJobTypeLength", value_int(200));
    context_put_text(&jobs, "maxTenantIdLength", value_int(256));
    context_put_text(&jobs, "maxUniqueKeys", value_int(0));
    context_put_text(&b, "jobMetrics", value_context(&jobs));
    c->answer.body = value_context(&b);
    return true;
}

/* A name that Camunda's pattern for user names allows. */
static Value safe_name(Call *c, Str name)
{
    Buf b = buf_new(c->arena, name.len);
    for (size_t i = 0; i < name.len; i++) {
        char ch = name.ptr[i];
        bool fine = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
                    (ch >= '0' && ch <= '9') || (ch && strchr("_@.+-", ch));
        buf_add_char(&b, fine ? ch : '_');
    }
    return value_string(buf_text(&b));
}

bool v2_get_me(Call *c, Err *err)
{
    Arena *a = c->arena;
    ContextBuilder b = context_builder(a), tenant = context_builder(a), none = context_builder(a);
    ListBuilder roles = list_builder(a), groups = list_builder(a), nothing = list_builder(a);
    (void)err;
    for (size_t i = 0; i < c->actor.role_count; i++)
        list_add(&roles, value_string(c->actor.roles[i]));
    if (c->actor.office.len)
        list_add(&groups, value_string(c->actor.office));
    context_put_text(&tenant, "name", value_string(STR("Default")));
    v2_put_tenant(&tenant);
    context_put_text(&tenant, "description", value_null());
    Value tenants = value_context(&tenant);
    context_put_text(&b, "username", safe_name(c, c->actor.id));
    context_put_text(&b, "displayName", text_or_null(c->actor.name));
    context_put_text(&b, "email", value_null());
    context_put_text(&b, "authorizedComponents", value_list(&nothing));
    context_put_text(&b, "tenants", value_list_of(a, &tenants, 1));
    context_put_text(&b, "groups", value_list(&groups));
    context_put_text(&b, "roles", value_list(&roles));
    context_put_text(&b, "salesPlanType", value_null());
    context_put_text(&b, "c8Links", value_context(&none));
    context_put_text(&b, "canLogout", value_boolean(false));
    c->answer.body = value_context(&b);
    return true;
}

/* ---- Tokens. */

static Str form_value(Call *c, const char *wanted)
{
    Str rest = http_body(c->request);
    while (rest.len) {
        Str value = str_split(&rest, '&');
        Str name = str_split(&value, '='), text;
        if (str_equal(name, str_from(wanted)) && http_decode(c->arena, value, true, &text))
            return text;
    }
    return STR_NONE;
}

bool v2_get_token(Call *c, Err *err)
{
    Actor actor;
    Str id = form_value(c, "client_id"), secret = form_value(c, "client_secret");
    ContextBuilder b = context_builder(c->arena);
    if (!str_equal(form_value(c, "grant_type"), STR("client_credentials")))
        return err_set(err, &fault_v2_missing, STR("grant types other than client_credentials"),
                       STR("client_credentials 以外的授权方式"));
    if (!access_actor_by_token(c->conn, c->node, secret, c->now, c->arena, &actor, err))
        return false;
    if (!str_equal(actor.id, id))
        return err_set(err, &fault_token_invalid);
    context_put_text(&b, "access_token", value_string(secret));
    context_put_text(&b, "token_type", value_string(STR("Bearer")));
    context_put_text(&b, "expires_in", value_int(TOKEN_LIFE_S));
    c->answer.body = value_context(&b);
    return true;
}

/* ---- Clock and FEEL. */

bool v2_pin_clock(Call *c, Err *err)
{
    int64_t ms = value_get_int(c->body, STR("timestamp"), -1);
    if (ms < 0 || ms > INT64_MAX / 1000)
        return err_set(err, &fault_field_invalid, STR("timestamp"), STR("ms"));
    ContextBuilder b = context_builder(c->arena);
    context_put_text(&b, "now", value_instant(c->arena, (Instant){ms * 1000}));
    c->body = value_context(&b);
    return route_put_clock(c, err);
}

static Value warnings_value(Call *c, const FeelRun *run)
{
    ListBuilder list = list_builder(c->arena);
    for (size_t i = 0; i < feel_reasons_kept(run); i++) {
        ContextBuilder b = context_builder(c->arena);
        Buf text = buf_new(c->arena, 128);
        feel_reason_text(&run->reasons[i], c->lang, true, &text);
        context_put_text(&b, "message", value_string(buf_text(&text)));
        list_add(&list, value_context(&b));
    }
    return value_list(&list);
}

/* Names of the variables may be used; unknown ones are null. The text may begin with "=". */
static bool compile(Call *c, Arena *a, Value variables, const FeelProgram **out, Err *err)
{
    Str text = value_get_string(c->body, STR("expression"));
    size_t count = value_count(variables);
    FeelName *names = arena_new_array(a, FeelName, count + 1);
    if (!names)
        return err_set(err, &fault_answer_too_large);
    for (size_t i = 0; i < count; i++)
        names[i].name = variables.as.context.entries[i].key;
    FeelScope scope = {.names = names, .count = count, .open = true};
    FeelPlace place = {.line = 1, .column = 1};
    text = str_starts(text, STR("=")) ? str_slice(text, 1, text.len) : text;
    return feel_compile(a, text, place, &scope, out, err);
}

bool v2_evaluate_feel(Call *c, Err *err)
{
    Value variables = v2_variables(c), result = value_null();
    Arena *a = arena_open(FEEL_ARENA_BYTES);
    const FeelProgram *program;
    bool fine = compile(c, a, variables, &program, err);
    if (fine) {
        FeelRun run = feel_run_new(a, c->now);
        run.fuel = FEEL_FUEL;
        feel_run_context(program, variables, &run, &result);
        fine = !run.stopped || err_set(err, run.reasons[feel_reasons_kept(&run) - 1].fault);
        ContextBuilder b = context_builder(c->arena);
        context_put_text(&b, "expression", value_field(c->body, "expression"));
        context_put_text(&b, "result", value_copy(c->arena, feel_to_plain(a, result)));
        context_put_text(&b, "warnings", warnings_value(c, &run));
        c->answer.body = value_context(&b);
    }
    arena_close(a);
    return fine;
}
