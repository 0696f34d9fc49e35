/* registry_issue.c - command registry.issue: the next free identifier of a series.
 *
 * A number that a record already uses is stepped over, so an identifier is never given twice. The
 * series is told by "numbering" of x-tongban; the command may name another kind, region or
 * prefix. */
#include "domain/registry/registry_int.h"

#include "codec/identifier.h"

#define SERIAL_MAX 999999999999999ll

/* The series as this command wants it: "values" may name another kind, region or prefix. */
static Numbering wanted_numbering(const RegistryKind *kind, const Command *command)
{
    Numbering n = kind->numbering;
    Value values = value_field(command->body, "values");
    Str other_kind = value_get_string(values, STR("kind"));
    Str region = value_get_string(values, STR("region"));
    Str prefix = value_get_string(values, STR("prefix"));
    n.kind = other_kind.len ? other_kind : n.kind;
    n.region = region.len ? region : n.region;
    n.prefix = prefix.len ? prefix : n.prefix;
    return n;
}

static Str series_of(Arena *a, const Numbering *n, Instant now)
{
    if (n->format == NUMBERING_USCC)
        return arena_printf(a, "%.*s%.*s", STR_ARG(n->kind), STR_ARG(n->region));
    if (!n->yearly)
        return arena_copy(a, n->prefix);
    return arena_printf(a, "%.*s%lld", STR_ARG(n->prefix),
                        (long long)day_to_civil(instant_day(now, CHINA_OFFSET_S)).year);
}

/* The identifier of a serial; empty when the series has no such number. */
static Str identifier_of(Arena *a, const Numbering *n, Str series, int64_t serial)
{
    if (n->format == NUMBERING_USCC) {
        char code[18];
        if (!identifier_uscc_make(n->kind, n->region, (uint64_t)serial, code))
            return STR_NONE;
        return arena_copy(a, (Str){code, sizeof code});
    }
    Str digits = arena_printf(a, "%0*lld", (int)n->digits, (long long)serial);
    if ((int64_t)digits.len > n->digits)
        return STR_NONE;
    return arena_printf(a, "%.*s%.*s", STR_ARG(series), STR_ARG(digits));
}

bool registry_decide_issue(void *state, const Command *command, Decision *d)
{
    Arena *a = decision_arena(d);
    const RegistryKind *kind = registry_named_kind(state, command, d);
    RecordRow used = {.found = true};
    Str identifier = STR_NONE;
    Err err = {0};
    if (!kind)
        return false;
    if (kind->numbering.format == NUMBERING_NONE)
        return decision_refuse_with(d, &fault_registry_not_numbered, kind->about.name);
    const Face *face = registry_decision_face(d, kind);
    if (!face)
        return registry_refuse_failed(d, &err);
    Numbering n = wanted_numbering(kind, command);
    Str series = series_of(a, &n, command->now);
    int64_t serial = registry_next_serial(decision_store(d), decision_node(d), kind->about.name,
                                          series);
    for (int64_t last = serial + REGISTRY_ISSUE_TRIES_MAX; used.found && serial < last; serial++) {
        identifier = serial <= SERIAL_MAX ? identifier_of(a, &n, series, serial) : STR_NONE;
        if (!identifier.len)
            break;
        if (!registry_row(decision_store(d), decision_node(d), face, identifier, a, &used, &err))
            return registry_refuse_failed(d, &err);
    }
    if (used.found || !identifier.len)
        return decision_refuse_with(d, &fault_registry_numbers_exhausted, kind->about.name,
                                    series);
    ContextBuilder open = context_builder(a), reply = context_builder(a);
    registry_put_text(&open, "registry", kind->about.name);
    registry_put_text(&open, "scope", series);
    context_put_text(&open, "serial", value_int(serial - 1));
    registry_put_text(&open, "identifier", identifier);
    decision_emit(d, STR("registry.issued"), STR_NONE, value_context(&open), value_null());
    registry_put_text(&reply, "identifier", identifier);
    decision_reply(d, value_context(&reply));
    return true;
}

