/* deployment.c - texts of diagrams, decisions and forms: deployed, found, read back.
 *
 * A deployment is a core.install in the pack "deployment" (core judges what may come so). A BPMN
 * file gives a definition for each executable process in it, a DMN file one under the id of its
 * <definitions>, a form one under its id; the file is told by its ending. Texts that did not
 * change keep their version and key. After COMMIT the answer is read from the rows, and the
 * timers of timer start events are set (process.arm, by the system). */
#include "api/v2/v2_int.h"

#include <string.h>

#include "base/check.h"
#include "codec/json.h"
#include "codec/multipart.h"
#include "codec/xml.h"
#include "lang/bpmn/bpmn.h"

#define DEPLOYED_MAX 256u /* definitions of one deployment */
#define DECISIONS_OF_KEY 4096 /* keys of decisions: that of the file times this, plus place + 1 */

/* ---- What a file defines. */

typedef struct Collect {
    Call *c;
    ListBuilder list;
} Collect;

static bool add(Collect *x, const char *kind, Str id, const MultipartPart *file, Err *err)
{
    ContextBuilder b = context_builder(x->c->arena);
    if (!id.len || x->list.count == DEPLOYED_MAX)
        return err_set(err, &fault_v2_resource_empty, file->file, STR("id"));
    context_put_text(&b, "kind", value_string(str_from(kind)));
    context_put_text(&b, "id", value_string(id));
    context_put_text(&b, "path", value_string(file->file));
    context_put_text(&b, "text", value_string(file->content));
    list_add(&x->list, value_context(&b));
    return true;
}

static bool add_processes(Collect *x, const MultipartPart *file, Err *err)
{
    BpmnModel model;
    size_t before = x->list.count;
    if (!bpmn_compile(x->c->arena, file->file, file->content, &model, err))
        return false;
    for (uint32_t i = 0; i < model.process_count; i++)
        if (model.processes[i].executable &&
            !add(x, "process", model.processes[i].id, file, err))
            return false;
    return x->list.count > before ||
           err_set(err, &fault_v2_resource_empty, file->file, STR("isExecutable=\"true\""));
}

static bool add_decisions(Collect *x, const MultipartPart *file, Err *err)
{
    XmlNode *root;
    if (!xml_parse(x->c->arena, file->content, &root, err)) {
        err_at(err, file->file, 0, 0);
        return false;
    }
    return add(x, "decision", xml_attribute(root, STR("id")), file, err);
}

static bool add_form(Collect *x, const MultipartPart *file, Err *err)
{
    Value form;
    if (!json_parse(x->c->arena, file->content, &form, err)) {
        err_at(err, file->file, 0, 0);
        return false;
    }
    return add(x, "form", value_get_string(form, STR("id")), file, err);
}

static bool add_file(Collect *x, const MultipartPart *file, Err *err)
{
    if (!utf8_valid(file->content, NULL))
        return err_set(err, &fault_v2_resource_empty, file->file, STR("UTF-8"));
    if (str_ends(file->file, STR(".bpmn")) || str_ends(file->file, STR(".bpmn20.xml")))
        return add_processes(x, file, err);
    if (str_ends(file->file, STR(".dmn")))
        return add_decisions(x, file, err);
    if (str_ends(file->file, STR(".form")))
        return add_form(x, file, err);
    return err_set(err, &fault_v2_resource_kind, file->file);
}

/* ---- The answer. */

static Value process_value(Call *c, const Definition *d)
{
    ContextBuilder b = context_builder(c->arena);
    context_put_text(&b, "processDefinitionId", value_string(d->id));
    context_put_text(&b, "processDefinitionVersion", value_int(d->version));
    context_put_text(&b, "resourceName", value_string(d->path));
    context_put_text(&b, "processDefinitionKey", v2_key(c, d->key));
    v2_put_tenant(&b);
    return value_context(&b);
}

static Value form_value(Call *c, const Definition *d)
{
    ContextBuilder b = context_builder(c->arena);
    context_put_text(&b, "formId", value_string(d->id));
    context_put_text(&b, "version", value_int(d->version));
    context_put_text(&b, "resourceName", value_string(d->path));
    context_put_text(&b, "formKey", v2_key(c, d->key));
    v2_put_tenant(&b);
    return value_context(&b);
}

static void add_entry(Call *c, ListBuilder *out, const char *kind, Value v)
{
    static const char *const kinds[] = {"processDefinition", "decisionDefinition",
                                        "decisionRequirements", "form", "resource"};
    ContextBuilder b = context_builder(c->arena);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        context_put(&b, str_from(kinds[i]), strcmp(kind, kinds[i]) ? value_null() : v);
    list_add(out, value_context(&b));
}

/* The items of a view that belong to the file with this key, without fields that the answer of a
 * deployment does not have. */
static bool add_of_file(Call *c, ListBuilder *out, int64_t key, bool requirements, Err *err)
{
    static const char *const unwanted[] = {"isLatestVersion", "decisionRequirementsName",
                                           "decisionRequirementsVersion"};
    ListBuilder items = list_builder(c->arena);
    if (!process_decision_items(c->process, c->conn, c->node, requirements, c->arena, &items, err))
        return false;
    Value wanted = v2_key(c, key);
    for (size_t i = 0; i < items.count; i++) {
        if (!value_same(value_field(items.items[i], "decisionRequirementsKey"), wanted))
            continue;
        ContextBuilder b = context_builder(c->arena);
        for (size_t k = 0; k < items.items[i].as.context.count; k++) {
            const ValueEntry *e = &items.items[i].as.context.entries[k];
            bool skip = false;
            for (size_t u = 0; !requirements && u < sizeof unwanted / sizeof *unwanted; u++)
                skip |= str_equal(e->key, str_from(unwanted[u]));
            if (!skip)
                context_put(&b, e->key, e->value);
        }
        add_entry(c, out, requirements ? "decisionRequirements" : "decisionDefinition",
                  value_context(&b));
    }
    return true;
}

static bool add_deployed(Call *c, ListBuilder *out, Value item, Err *err)
{
    Definition d;
    Str kind = value_get_string(item, STR("kind"));
    if (!core_definition(c->conn, c->node, kind, value_get_string(item, STR("id")),
                         value_get_int(item, STR("version"), 0), c->arena, &d))
        return true;
    if (str_equal(kind, STR("process"))) {
        add_entry(c, out, "processDefinition", process_value(c, &d));
    } else if (str_equal(kind, STR("form"))) {
        add_entry(c, out, "form", form_value(c, &d));
    } else {
        return add_of_file(c, out, d.key, false, err) && add_of_file(c, out, d.key, true, err);
    }
    return true;
}

/* c->body is the reply of core.install by now. */
static bool after_deployment(Call *c, bool *again, Err *err)
{
    ListBuilder out = list_builder(c->arena);
    ContextBuilder b = context_builder(c->arena);
    Value list = value_field(c->body, "definitions");
    (void)again;
    for (size_t i = 0; i < value_count(list); i++)
        if (!add_deployed(c, &out, value_item(list, i), err))
            return false;
    context_put_text(&b, "deploymentKey", value_field(c->body, "deployment"));
    context_put_text(&b, "deployments", value_list(&out));
    v2_put_tenant(&b);
    c->answer.body = value_context(&b);
    return true;
}

static void ignore_reply(void *context, const Reply *reply)
{
    (void)context;
    (void)reply; /* a busy engine sets the timers at its next start */
}

/* Writer's thread: keep the reply for the answer, and set the timers of start events. */
static void on_deployed(Call *c, const Reply *reply)
{
    ContextBuilder none = context_builder(c->arena);
    ContextBuilder b = context_builder_from(c->arena, value_copy(c->arena, reply->body));
    int64_t key = reply->seq ? reply->seq : clock_now(core_clock(c->core)).us;
    context_put_text(&b, "deployment", v2_key(c, key));
    c->body = value_context(&b);
    Command arm = {.kind = STR("process.arm"), .body = value_context(&none)};
    arm.actor = (Actor){.id = STR("system"), .lang = LANG_ZH};
    Err err = {0};
    core_submit(c->core, &arm, ignore_reply, NULL, &err);
}

bool v2_deploy(Call *c, Err *err)
{
    MultipartPart *parts;
    size_t count;
    Collect x = {c, list_builder(c->arena)};
    if (!multipart_read(c->arena, http_header(c->request, "Content-Type"), http_body(c->request),
                        &parts, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].file.len) {
            if (!add_file(&x, &parts[i], err))
                return false;
        } else if (str_equal(parts[i].name, STR("tenantId")) && parts[i].content.len &&
                   !str_equal(parts[i].content, STR(V2_TENANT))) {
            return err_set(err, &fault_v2_missing, STR("tenants other than <default>"),
                           STR("<default> 以外的租户"));
        }
    }
    if (!x.list.count)
        return err_set(err, &fault_v2_resource_empty, STR("resources"), STR(".bpmn, .dmn, .form"));
    ContextBuilder b = context_builder(c->arena);
    context_put_text(&b, "pack", value_string(STR(CORE_DEPLOYMENT)));
    context_put_text(&b, "version", value_string(STR_NONE));
    context_put_text(&b, "definitions", value_list(&x.list));
    c->order = (Order){.kind = STR("core.install"), .body = value_context(&b),
                       .finish = on_deployed, .after = after_deployment};
    return true;
}

/* ---- Reading definitions. */

static bool find_definition(Call *c, const char *kind, int64_t key, Definition *out, Err *err)
{
    if (core_definition_by_key(c->conn, c->node, key, c->arena, out) &&
        (kind ? str_equal(out->kind, str_from(kind))
              : str_equal(out->kind, STR("process")) || str_equal(out->kind, STR("decision")) ||
                    str_equal(out->kind, STR("form"))))
        return true;
    return err_set(err, &fault_v2_resource_unknown, v2_key(c, key).as.string);
}

/* The text of a definition of this kind (NULL: any) whose key stands in the path. */
static bool answer_text(Call *c, const char *kind, int64_t divisor, Err *err)
{
    int64_t key;
    Definition d;
    if (!v2_path_key(c, &fault_v2_resource_unknown, &key, err) ||
        !find_definition(c, kind, key / divisor, &d, err))
        return false;
    c->answer.raw = d.text;
    return true;
}

bool v2_get_process_xml(Call *c, Err *err) { return answer_text(c, "process", 1, err); }
bool v2_get_requirements_xml(Call *c, Err *err) { return answer_text(c, "decision", 1, err); }
bool v2_get_decision_xml(Call *c, Err *err)
{
    return answer_text(c, "decision", DECISIONS_OF_KEY, err);
}
bool v2_get_resource_content(Call *c, Err *err) { return answer_text(c, NULL, 1, err); }

bool v2_get_resource(Call *c, Err *err)
{
    int64_t key;
    Definition d;
    ContextBuilder b = context_builder(c->arena);
    if (!v2_path_key(c, &fault_v2_resource_unknown, &key, err) ||
        !find_definition(c, NULL, key, &d, err))
        return false;
    context_put_text(&b, "resourceName", value_string(d.path));
    context_put_text(&b, "version", value_int(d.version));
    context_put_text(&b, "versionTag", value_null());
    context_put_text(&b, "resourceId", value_string(d.id));
    context_put_text(&b, "resourceKey", v2_key(c, d.key));
    v2_put_tenant(&b);
    c->answer.body = value_context(&b);
    return true;
}

bool v2_get_process_definition(Call *c, Err *err)
{
    int64_t key;
    return v2_path_key(c, &fault_v2_resource_unknown, &key, err) &&
           v2_find_row(c, &search_processes, key, &fault_v2_resource_unknown, &c->answer.body, err);
}

/* ---- Decisions as definitions. */

static bool search_decision_items(Call *c, bool requirements, Err *err)
{
    SearchQuery q;
    ListBuilder items = list_builder(c->arena);
    return v2_read_search(c, requirements ? &search_requirements : &search_decisions, &q, err) &&
           process_decision_items(c->process, c->conn, c->node, requirements, c->arena, &items,
                                  err) &&
           v2_search_items(c, &q, &items, err);
}

bool v2_search_decisions(Call *c, Err *err) { return search_decision_items(c, false, err); }
bool v2_search_requirements(Call *c, Err *err) { return search_decision_items(c, true, err); }

static bool get_decision_item(Call *c, bool requirements, const char *field, Err *err)
{
    int64_t key;
    SearchPage page;
    ListBuilder items = list_builder(c->arena);
    const SearchView *view = requirements ? &search_requirements : &search_decisions;
    SearchQuery q = {.view = view, .limit = 1};
    if (!v2_path_key(c, &fault_v2_resource_unknown, &key, err) ||
        !process_decision_items(c->process, c->conn, c->node, requirements, c->arena, &items, err))
        return false;
    v2_add_condition(c, &q, field, key);
    if (!process_sift(&q, &items, c->arena, &page))
        return err_set(err, &fault_answer_too_large);
    if (!value_count(page.items))
        return err_set(err, &fault_v2_resource_unknown, v2_key(c, key).as.string);
    c->answer.body = value_item(page.items, 0);
    return true;
}

bool v2_get_decision_definition(Call *c, Err *err)
{
    return get_decision_item(c, false, "decisionDefinitionKey", err);
}

bool v2_get_requirements(Call *c, Err *err)
{
    return get_decision_item(c, true, "decisionRequirementsKey", err);
}
