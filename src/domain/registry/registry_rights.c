/* registry_rights.c - whose records a reader may look at, up to which level, and what a value looks
 * like when he may not.
 *
 * Rights stand in the definition: a role, a level, and perhaps the property whose region must lie
 * in
 * the region of the reader's office (the first six characters of its code, without trailing "00"). A
 * registry without rights leaves it to the roles that may give registry.look. Processes read as the
 * task registry.read: there the process and its case are the reason, not the person who triggered
 * it.
 *
 * Masks
 *     name     王**             the first character
 *     number   4206****1234     four at each end; of less than nine characters one
 *     address  襄阳市襄城区****    the first six characters
 *     all      ****
 */
#include "domain/registry/registry_int.h"

static Str region_of(Str office)
{
    Str region = str_slice(office, 0, 6);
    while (region.len > 2 && str_ends(region, STR("00")))
        region.len -= 2;
    return region;
}

int registry_right_level(const Registry *about, const Actor *actor, Value record)
{
    int level = 0;
    if (!about->right_count)
        return REGISTRY_LEVEL_MAX;
    for (size_t i = 0; i < about->right_count; i++) {
        const RegistryRight *right = &about->rights[i];
        if (!actor_has_role(actor, right->role) || right->level <= level)
            continue;
        Str region = region_of(actor->office);
        if (!right->rows.len ||
            (region.len >= 2 && str_starts(value_get_string(record, right->rows), region)))
            level = right->level;
    }
    return level;
}

/* The first count characters. */
static Str head(Str s, size_t count)
{
    size_t at = 0;
    while (count-- > 0 && at < s.len)
        utf8_next(s, &at);
    return str_slice(s, 0, at);
}

static Str tail(Str s, size_t count)
{
    size_t at = 0, all = utf8_count(s);
    for (size_t i = count; i < all; i++)
        utf8_next(s, &at);
    return str_slice(s, at, s.len);
}

Value registry_masked(Arena *a, Str mask, Value v)
{
    Str s = value_is(v, VALUE_STRING) ? v.as.string : STR_NONE;
    if (value_is_null(v))
        return v;
    if (str_equal(mask, STR("name")) && s.len)
        return value_string(arena_printf(a, "%.*s**", STR_ARG(head(s, 1))));
    if (str_equal(mask, STR("address")) && utf8_count(s) > 6)
        return value_string(arena_printf(a, "%.*s****", STR_ARG(head(s, 6))));
    if (str_equal(mask, STR("number")) && utf8_count(s) > 2) {
        size_t shown = utf8_count(s) > 8 ? 4 : 1;
        return value_string(arena_printf(a, "%.*s****%.*s", STR_ARG(head(s, shown)),
                                         STR_ARG(tail(s, shown))));
    }
    return value_string(STR("****"));
}
