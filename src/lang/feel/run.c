/* run.c - the state of a run: limits, reasons, memory, and the ways in. */
#include "lang/feel/machine_int.h"

#include <string.h>

#define RUN_BRIEF_BYTES 80u

FAULT_DEFINE(FEEL_FAULTS)

FeelRun feel_run_new(Arena *a, Instant now) {
    FeelRun run = {.arena = a, .fuel = FEEL_FUEL_DEFAULT, .depth_left = FEEL_DEPTH_DEFAULT,
                   .now = now, .zone = ZONE_OFFSET, .zone_offset_s = CHINA_OFFSET_S};
    uint16_t id;
    if (feel_zone_find(STR("Asia/Shanghai"), &id)) {
        run.zone = ZONE_NAMED;
        run.zone_id = id;
    }
    return run;
}

size_t feel_reasons_kept(const FeelRun *run) {
    return run->reason_count < FEEL_REASONS_MAX ? run->reason_count : FEEL_REASONS_MAX;
}

void feel_reason_add(FeelRun *run, const Fault *fault, const FeelPlace *place, Str a, Str b,
                     Str c) {
    if (run->dry) {
        run->reason_count++;
        return;
    }
    size_t at = run->reason_count++;
    if (at >= FEEL_REASONS_MAX) return;
    /* Once the arena is full its memory is scratch: the reason is kept without arguments. */
    bool full = arena_failed(run->arena);
    FeelReason *r = &run->reasons[at];
    r->fault = fault;
    const Str args[3] = {a, b, c};
    for (size_t i = 0; i < 3; i++)
        r->args[i] = full || args[i].len == 0 ? STR_NONE : arena_copy(run->arena, args[i]);
    if (place != NULL) r->place = *place;
    if (arena_failed(run->arena))
        for (size_t i = 0; i < 3; i++) r->args[i] = STR_NONE;
}

void feel_reason_text(const FeelReason *reason, Lang lang, bool with_place, Buf *out) {
    Err err = {0};
    err_set(&err, reason->fault, reason->args[0], reason->args[1], reason->args[2]);
    if (with_place) {
        err_at(&err, reason->place.file, reason->place.line, reason->place.column);
        if (reason->place.element.len > 0) err_at_element(&err, reason->place.element);
        err_show(&err, lang, out);
    } else {
        err_text(&err, lang, out);
    }
}

Value feel_fail(FeelRun *run, const FeelNode *n, const Fault *fault, Str a, Str b, Str c) {
    if (run->stopped) return value_null();
    FeelPlace place = {0};
    if (n != NULL && !run->dry && run->reason_count < FEEL_REASONS_MAX)
        place = feel_node_place(n);
    feel_reason_add(run, fault, &place, a, b, c);
    return value_null();
}

Value feel_stop(FeelRun *run, const FeelNode *n, const Fault *fault) {
    if (run->stopped) return value_null();
    FeelPlace place = {0};
    if (n != NULL && !run->dry) place = feel_node_place(n);
    if (run->reason_count >= FEEL_REASONS_MAX)
        run->reason_count = FEEL_REASONS_MAX - 1;
    feel_reason_add(run, fault, &place, STR_NONE, STR_NONE, STR_NONE);
    run->stopped = true;
    return value_null();
}

bool feel_burn(FeelRun *run, const FeelNode *n, int64_t steps) {
    if (run->stopped) return false;
    run->fuel -= steps;
    if (run->fuel >= 0) return true;
    feel_stop(run, n, &fault_feel_fuel);
    return false;
}

void *feel_take(FeelRun *run, size_t count, size_t size) {
    if (run->stopped) return NULL;
    void *p = arena_take_array(run->arena, count > 0 ? count : 1, size);
    if (p == NULL || arena_failed(run->arena)) {
        feel_stop(run, NULL, &fault_feel_memory);
        return NULL;
    }
    return p;
}

Str feel_kind_text(Value v) { return str_from(value_kind_name(value_kind(v))); }

Str feel_number_text(FeelRun *run, int64_t n) {
    if (run->dry || run->stopped || run->reason_count >= FEEL_REASONS_MAX) return STR_NONE;
    return arena_printf(run->arena, "%lld", (long long)n);
}

Str feel_brief(FeelRun *run, Value v) {
    if (run->dry || run->stopped || run->reason_count >= FEEL_REASONS_MAX) return STR_NONE;
    bool small = (!value_is(v, VALUE_LIST) && !value_is(v, VALUE_CONTEXT)) || value_count(v) < 8;
    if (!small || (value_is(v, VALUE_STRING) && v.as.string.len > 400)) return feel_kind_text(v);
    Str text = feel_literal(run->arena, v);
    if (text.len <= RUN_BRIEF_BYTES) return text;
    size_t cut = RUN_BRIEF_BYTES;
    while (cut > 0 && ((unsigned char)text.ptr[cut] & 0xC0u) == 0x80u) cut--;
    return arena_printf(run->arena, "%.*s...", (int)cut, text.ptr);
}

/* ---- Lists under construction. */

bool feel_items_add(FeelItems *l, Value v) {
    if (l->count == l->capacity) {
        size_t capacity = l->capacity == 0 ? 8 : l->capacity * 2;
        Value *more = feel_new_array(l->run, Value, capacity);
        if (more == NULL) return false;
        if (l->count > 0) memcpy(more, l->items, l->count * sizeof *more);
        l->items = more;
        l->capacity = capacity;
    }
    l->items[l->count++] = v;
    return true;
}

Value feel_items_value(const FeelItems *l) { return feel_list_of(l->count, l->items); }

Value feel_list_of(size_t count, const Value *items) {
    Value v = {.kind = VALUE_LIST};
    v.as.list = (ValueList){count, items};
    return v;
}

Value feel_context_of(size_t count, const ValueEntry *entries) {
    Value v = {.kind = VALUE_CONTEXT};
    v.as.context = (ValueContext){count, entries};
    return v;
}

/* ---- Ways in. */

/* A result deeper than FEEL_VALUE_DEPTH_MAX, or larger than the fuel left, would be a trap for
 * whoever walks it: shared parts make a small value large when it is written out. */
static bool run_sound(FeelRun *run, Value v, unsigned depth) {
    if (!feel_burn(run, NULL, 1)) return false;
    if (depth > FEEL_VALUE_DEPTH_MAX) {
        feel_stop(run, NULL, &fault_feel_depth);
        return false;
    }
    if (value_is(v, VALUE_LIST)) {
        for (size_t i = 0; i < v.as.list.count; i++)
            if (!run_sound(run, v.as.list.items[i], depth + 1)) return false;
    } else if (value_is(v, VALUE_CONTEXT)) {
        for (size_t i = 0; i < v.as.context.count; i++)
            if (!run_sound(run, v.as.context.entries[i].value, depth + 1)) return false;
    }
    return true;
}

/* A limit that was reached away from any node is told at the beginning of the text. */
static void run_place(FeelRun *run, const FeelPlace *place) {
    size_t kept = feel_reasons_kept(run);
    if (kept > 0 && run->reasons[kept - 1].place.line == 0) run->reasons[kept - 1].place = *place;
}

static bool run_code(const FeelProgram *p, const Value *slots, FeelRun *run, const Value *args,
                     size_t count, Value *out) {
    check(slots != NULL || p->slot_count == 0);
    *out = feel_code_run(p->code, run, slots, NULL, args, count, p->code->body);
    if (!run->stopped && arena_failed(run->arena)) feel_stop(run, NULL, &fault_feel_memory);
    if (run->stopped) run_place(run, &p->code->source->place);
    bool nested = value_is(*out, VALUE_LIST) || value_is(*out, VALUE_CONTEXT);
    if (run->stopped || (nested && !run_sound(run, *out, 0))) {
        *out = value_null();
        return false;
    }
    return true;
}

bool feel_run(const FeelProgram *p, const Value *slots, FeelRun *run, Value *out) {
    check(!p->unary);
    return run_code(p, slots, run, NULL, 0, out);
}

bool feel_run_context(const FeelProgram *p, Value context, FeelRun *run, Value *out) {
    Value *slots = arena_new_array(run->arena, Value, p->slot_count + 1);
    *out = value_null();
    if (slots == NULL || arena_failed(run->arena)) {
        feel_stop(run, NULL, &fault_feel_memory);
        return false;
    }
    for (size_t i = 0; i < p->slot_count; i++) slots[i] = value_get(context, p->slots[i]);
    return feel_run(p, slots, run, out);
}

bool feel_unary_run(const FeelProgram *p, Value input, const Value *slots, FeelRun *run,
                    Value *out) {
    check(p->unary);
    return run_code(p, slots, run, &input, 1, out);
}

bool feel_call(Value function, const Value *args, size_t count, FeelRun *run, Value *out) {
    *out = feel_apply(function, NULL, run, args, NULL, count);
    if (run->stopped) *out = value_null();
    return !run->stopped;
}

size_t feel_slot_count(const FeelProgram *p) { return p->slot_count; }
Str feel_slot_name(const FeelProgram *p, size_t slot) {
    check(slot < p->slot_count);
    return p->slots[slot];
}
size_t feel_note_count(const FeelProgram *p) { return p->note_count; }
const FeelReason *feel_note_at(const FeelProgram *p, size_t i) {
    check(i < p->note_count);
    return &p->notes[i];
}
const FeelType *feel_result_type(const FeelProgram *p) { return p->code->body->type; }
