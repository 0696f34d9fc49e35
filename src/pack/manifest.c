/* manifest.c - pack.json: who the pack is, what it needs, its offices, roles, data and accounts.
 *
 * The shape is a JSON Schema of its own, so that an author gets every fault of the file at once
 * with line and column, by the same validator that judges records. What a schema cannot say
 * (ids unique over all packs, files that exist) is checked when the packs are linked. */
#include "pack/pack_int.h"

#include "base/check.h"
#include "codec/json.h"
#include "lang/schema/schema.h"

#define TEXT2 "{\"type\":\"object\",\"required\":[\"zh\",\"en\"],\"properties\":{\"zh\":" \
              "{\"type\":\"string\",\"minLength\":1},\"en\":{\"type\":\"string\",\"minLength\":1}}," \
              "\"additionalProperties\":false}"
#define NAME "{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$\"}"
#define NAMES "{\"type\":\"array\",\"items\":{\"type\":\"string\"},\"uniqueItems\":true}"

static const char manifest_schema[] =
    "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"type\":\"object\","
    "\"required\":[\"id\",\"version\",\"title\",\"node\"],\"additionalProperties\":false,"
    "\"properties\":{"
    "\"$schema\":{\"type\":\"string\"},"
    "\"id\":" NAME ",\"version\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":40},"
    "\"title\":" TEXT2 ",\"description\":" TEXT2 ","
    "\"node\":{\"type\":\"integer\",\"minimum\":110000,\"maximum\":999999},"
    "\"needs\":{\"type\":\"array\",\"items\":" NAME ",\"uniqueItems\":true},"
    "\"offices\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"code\",\"title\"],"
    "\"properties\":{\"code\":" NAME ",\"title\":" TEXT2 ",\"region\":{\"type\":\"string\","
    "\"format\":\"region\"}},\"additionalProperties\":false}},"
    "\"roles\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"name\",\"title\","
    "\"may\",\"reads\"],\"properties\":{\"name\":" NAME ",\"title\":" TEXT2 ",\"may\":" NAMES ","
    "\"reads\":" NAMES "},\"additionalProperties\":false}},"
    "\"data\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"file\","
    "\"registry\",\"source\"],\"properties\":{\"file\":{\"type\":\"string\"},\"registry\":" NAME ","
    "\"source\":" TEXT2 "},\"additionalProperties\":false}},"
    "\"demo\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"id\",\"name\","
    "\"roles\"],\"properties\":{\"id\":" NAME ",\"name\":{\"type\":\"string\"},\"roles\":" NAMES ","
    "\"office\":" NAME ",\"subject\":{\"type\":\"string\"}},\"additionalProperties\":false}}}}";

static void manifest_judge(PackSet *set, Pack *pack)
{
    Schema *schema = NULL;
    Err err = {0};
    check(schema_compile(set->arena, str_from(manifest_schema), STR("pack.json"), NULL, &schema,
                         &err));
    SchemaFinding *findings = NULL;
    size_t count = 0;
    if (!schema_findings(schema, set->arena, pack->manifest, &findings, &count)) {
        for (size_t i = 0; i < count; i++) {
            Err fault = findings[i].err;
            uint32_t column = 0;
            uint32_t line = json_line(pack->manifest_text, findings[i].pointer, &column);
            err_at(&fault, pack->manifest_shown, line, column);
            set_fault(set, &fault, false);
        }
    }
    schema_close(schema);
}

/* Offices and roles are indexed over all packs; one id belongs to one pack. */
static void manifest_index(PackSet *set, Pack *pack, Map *map, const char *list, Str key,
                           Str kind_en, Str kind_zh)
{
    Value items = value_get(pack->manifest, str_from(list));
    for (size_t i = 0; i < value_count(items); i++) {
        Str id = value_get_string(value_item(items, i), key);
        if (!id.len) continue;
        Pack *former = map_get(map, id);
        if (former) {
            Str pointer = arena_printf(set->arena, "/%s/%zu", list, i);
            set_fault_json(set, pack->manifest_shown, pack->manifest_text, pointer, false,
                           &fault_pack_id_twice,
                           FAULT_ARGS(kind_en, id, former->manifest_shown, kind_zh));
        } else {
            map_put(map, id, pack);
        }
    }
}

bool manifest_read(PackSet *set, Pack *pack)
{
    Err err = {0};
    if (!file_read(set->arena, pack->manifest_shown, PACK_FILE_BYTES_MAX, &pack->manifest_text,
                   &err) ||
        !json_parse(set->arena, pack->manifest_text, &pack->manifest, &err)) {
        err_at(&err, pack->manifest_shown, err.line, err.column);
        set_fault(set, &err, false);
        return false;
    }
    manifest_judge(set, pack);
    pack->id = value_get_string(pack->manifest, STR("id"));
    pack->version = value_get_string(pack->manifest, STR("version"));
    pack->node = value_get_int(pack->manifest, STR("node"), 0);
    Value title = value_field(pack->manifest, "title");
    pack->title_zh = value_get_string(title, STR("zh"));
    pack->title_en = value_get_string(title, STR("en"));
    if (!pack->id.len) return false;
    manifest_index(set, pack, &set->offices, "offices", STR("code"), STR("office"), STR("部门"));
    manifest_index(set, pack, &set->roles, "roles", STR("name"), STR("role"), STR("角色"));
    return true;
}
