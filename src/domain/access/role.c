/* role.c - roles: compiled when a pack brings them, asked on every command and every read.
 *
 * Roles are few (tens) and change when a pack is installed; they are asked tens of thousands of
 * times a second from several threads. So they stand in a list that only grows at its head: the
 * writer builds a role to its end and then publishes it with one atomic store; readers walk from
 * the head and meet the newest definition of a name first. Nothing is ever freed while the node
 * lives. */
#include "base/check.h"
#include "codec/json.h"
#include "domain/access/access_int.h"

#define READ_WORD(name, word, zh, en) word,
static const char *const read_words[] = {ACCESS_READS(READ_WORD)};

static bool role_refuse(Err *err, const Definition *definition, Str text, const char *pointer,
                        Str en, Str zh)
{
    uint32_t line = 0, column = 0;
    err_set(err, &fault_role_invalid, en, zh);
    json_locate(text, str_from(pointer), &line, &column);
    err_at(err, definition->path, line, column);
    return false;
}

/* "module.verb" or "module.*"; for the latter *prefix keeps "module.". */
static bool may_entry(Str entry, Str *prefix)
{
    ptrdiff_t dot = str_find(entry, STR("."));
    if (dot <= 0 || (size_t)dot + 1 >= entry.len || entry.len > ACCESS_NAME_MAX)
        return false;
    *prefix = str_ends(entry, STR(".*")) ? str_slice(entry, 0, entry.len - 1) : entry;
    return true;
}

static bool may_read(Access *access, const Definition *d, Value value, Role *role, Err *err)
{
    Value may = value_field(value, "may");
    size_t count = value_count(may);
    if (!value_is(may, VALUE_LIST) || count > ROLE_MAY_MAX)
        return role_refuse(err, d, d->text, "/may", STR("\"may\", a list of command kinds"),
                           STR("“may”（命令列表）"));
    Str *entries = arena_new_array(access->arena, Str, count + 1);
    for (size_t i = 0; i < count && entries; i++) {
        Value item = value_item(may, i);
        Str entry = value_is(item, VALUE_STRING) ? item.as.string : STR_NONE;
        if (!may_entry(entry, &entries[i]))
            return role_refuse(err, d, d->text, "/may",
                               STR("command kinds such as \"case.submit\" or \"case.*\" in \"may\""),
                               STR("“may”中的命令应写作 case.submit 或 case.*"));
    }
    role->may = entries;
    role->may_count = entries ? count : 0;
    return true;
}

static bool reads_read(const Definition *d, Value value, Role *role, Err *err)
{
    Value reads = value_field(value, "reads");
    if (value_is_null(reads))
        return true;
    if (!value_is(reads, VALUE_LIST))
        return role_refuse(err, d, d->text, "/reads", STR("\"reads\", a list of words"),
                           STR("“reads”（列表）"));
    for (size_t i = 0; i < value_count(reads); i++) {
        Value item = value_item(reads, i);
        Str word = value_is(item, VALUE_STRING) ? item.as.string : STR_NONE;
        unsigned bit = 0;
        while (bit < ACCESS_READ_COUNT && !str_equal(word, str_from(read_words[bit])))
            bit++;
        if (bit == ACCESS_READ_COUNT)
            return role_refuse(err, d, d->text, "/reads",
                               STR("words in \"reads\" that docs/packs.md lists"),
                               STR("“reads”中应为 docs/packs.md 列出的词"));
        role->reads |= 1u << bit;
    }
    return true;
}

static bool role_fields_known(const Definition *d, Value value, Err *err)
{
    static const char *const known[] = {"name", "title", "may", "reads"};
    for (size_t i = 0; i < value_count(value); i++) {
        size_t j = 0;
        while (j < 4 && !str_equal(value.as.context.entries[i].key, str_from(known[j])))
            j++;
        if (j == 4)
            return role_refuse(err, d, d->text, "", STR("only name, title, may and reads"),
                               STR("只能有 name、title、may 和 reads"));
    }
    return true;
}

bool access_role_define(Access *access, const Definition *definition, Err *err)
{
    Value value = value_null();
    if (!json_parse(access->arena, definition->text, &value, err)) {
        err_at(err, definition->path, 0, 0);
        return false;
    }
    Role *role = arena_new(access->arena, Role);
    Str name = value_get_string(value, STR("name"));
    if (name.len == 0 || name.len > ACCESS_NAME_MAX || !str_equal(name, definition->id))
        return role_refuse(err, definition, definition->text, "/name",
                           STR("a \"name\" that is its id"), STR("“name”（应与标识相同）"));
    role->name = name;
    if (!role_fields_known(definition, value, err) ||
        !may_read(access, definition, value, role, err) ||
        !reads_read(definition, value, role, err))
        return false;
    if (arena_failed(access->arena))
        return err_set(err, &fault_out_of_memory, STR("roles"));
    role->older = atomic_load_explicit(&access->newest, memory_order_relaxed);
    atomic_store_explicit(&access->newest, role, memory_order_release);
    return true;
}

const Role *access_role_find(const Access *access, Str name)
{
    const Role *role = atomic_load_explicit(&access->newest, memory_order_acquire);
    while (role && !str_equal(role->name, name))
        role = role->older;
    return role;
}

static bool role_may(const Role *role, Str command_kind)
{
    for (size_t i = 0; i < role->may_count; i++) {
        Str may = role->may[i];
        bool whole_module = may.len && may.ptr[may.len - 1] == '.';
        if (whole_module ? str_starts(command_kind, may) : str_equal(command_kind, may))
            return true;
    }
    return false;
}

bool access_permit(void *access, const Actor *actor, Str command_kind, Value body, Err *err)
{
    (void)body;
    check(access && actor);
    if (str_equal(actor->id, STR("system")) || str_equal(actor->id, STR("clock")))
        return true;
    char shown[200];
    Str roles = {shown, 0};
    for (size_t i = 0; i < actor->role_count; i++) {
        const Role *role = access_role_find(access, actor->roles[i]);
        if (role && role_may(role, command_kind))
            return true;
        if (roles.len + actor->roles[i].len + 2 < sizeof shown) {
            if (roles.len)
                shown[roles.len++] = ',';
            for (size_t j = 0; j < actor->roles[i].len; j++)
                shown[roles.len++] = actor->roles[i].ptr[j];
        }
    }
    return err_set(err, &fault_not_permitted, roles, command_kind);
}

bool access_may_read(const Access *access, const Actor *actor, AccessRead what)
{
    check(access && actor && what < ACCESS_READ_COUNT);
    if (str_equal(actor->id, STR("system")))
        return true;
    for (size_t i = 0; i < actor->role_count; i++) {
        const Role *role = access_role_find(access, actor->roles[i]);
        if (role && (role->reads & (1u << what)))
            return true;
    }
    return false;
}
