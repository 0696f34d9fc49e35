/* step.c - what a command asks for, read strictly and not yet judged.
 *
 * A step is one operation: the body of ledger.transfer and its kin, or an item of "list". Fields
 * (x: may be given, !: must be):
 *
 *                 from to amount earmark unit value until expires hold keep move key about text
 *     transfer     !    !   !      x      x     x     x                            x    x    x
 *     hold         !    !   !      x      x                  x                     x    x    x
 *     post                  x                   x     x            !    x          x    x    x
 *     release               x                                      !               x    x    x
 *     reversal                                  x                            !     x    x    x
 *
 * Anything else is refused by its name, so that a misspelt field never becomes a default. At the
 * top of a command "book", "list" and "context" stand beside them, in a list of ledger.transact
 * also "do". Entries are looked at once each, in their order. */
#include "codec/json.h"
#include "domain/ledger/ledger_int.h"

#include <string.h>

#include "base/check.h"
#include "seal/seal.h"

enum { T = 1 << LEDGER_TRANSFER, H = 1 << LEDGER_HOLD, P = 1 << LEDGER_POST,
       R = 1 << LEDGER_RELEASE, B = 1 << LEDGER_REVERSAL };

typedef enum StepField {
    FIELD_FROM, FIELD_TO, FIELD_AMOUNT, FIELD_EARMARK, FIELD_UNIT, FIELD_VALUE, FIELD_UNTIL,
    FIELD_EXPIRES, FIELD_HOLD, FIELD_KEEP, FIELD_MOVE, FIELD_KEY, FIELD_ABOUT, FIELD_TEXT,
    FIELD_DO, FIELD_TOP
} StepField;

static const struct {
    Str name;
    StepField field;
    unsigned ops;
} fields[] = {
    {{"from", 4}, FIELD_FROM, T | H},
    {{"to", 2}, FIELD_TO, T | H},
    {{"amount", 6}, FIELD_AMOUNT, T | H | P | R},
    {{"earmark", 7}, FIELD_EARMARK, T | H},
    {{"unit", 4}, FIELD_UNIT, T | H},
    {{"value", 5}, FIELD_VALUE, T | P | B},
    {{"until", 5}, FIELD_UNTIL, T | P},
    {{"expires", 7}, FIELD_EXPIRES, H},
    {{"hold", 4}, FIELD_HOLD, P | R},
    {{"keep", 4}, FIELD_KEEP, P},
    {{"move", 4}, FIELD_MOVE, B},
    {{"key", 3}, FIELD_KEY, T | H | P | R | B},
    {{"about", 5}, FIELD_ABOUT, T | H | P | R | B},
    {{"text", 4}, FIELD_TEXT, T | H | P | R | B},
    {{"do", 2}, FIELD_DO, T | H | P | R | B},
    {{"book", 4}, FIELD_TOP, T | H | P | R | B},
    {{"context", 7}, FIELD_TOP, T | H | P | R | B},
};
#define FIELD_COUNT (sizeof fields / sizeof fields[0])

bool ledger_instant(Value v, Instant *out)
{
    return value_is(v, VALUE_STRING) && instant_parse(v.as.string, out) &&
           !instant_is_none(*out);
}

static bool read_number(Value v, int64_t *out)
{
    if (value_is(v, VALUE_STRING))
        return str_to_int64(v.as.string, out) && *out > 0;
    return value_is(v, VALUE_NUMBER) && dec_to_int64(v.as.number, out) && *out > 0;
}

static bool read_text(Value v, size_t most, Str *out)
{
    *out = value_is(v, VALUE_STRING) ? v.as.string : STR_NONE;
    return value_is(v, VALUE_STRING) && out->len <= most;
}

static bool read_field(StepField field, Value v, Step *s)
{
    switch (field) {
    case FIELD_FROM: return read_text(v, SIZE_MAX, &s->from);
    case FIELD_TO: return read_text(v, SIZE_MAX, &s->to);
    case FIELD_AMOUNT: s->amount_value = v; return true;
    case FIELD_EARMARK: return read_text(v, SIZE_MAX, &s->earmark);
    case FIELD_UNIT: return read_text(v, SIZE_MAX, &s->unit);
    case FIELD_VALUE: return ledger_instant(v, &s->value);
    case FIELD_UNTIL: return ledger_instant(v, &s->until);
    case FIELD_EXPIRES: return ledger_instant(v, &s->expires);
    case FIELD_HOLD: return read_number(v, &s->hold);
    case FIELD_KEEP: s->keep = value_is_true(v); return value_is(v, VALUE_BOOLEAN);
    case FIELD_MOVE: return read_number(v, &s->move);
    case FIELD_KEY: return read_text(v, LEDGER_KEY_BYTES, &s->key);
    case FIELD_ABOUT: return read_text(v, LEDGER_KEY_BYTES, &s->about);
    case FIELD_TEXT: return read_text(v, LEDGER_TEXT_BYTES, &s->text);
    case FIELD_DO:
    case FIELD_TOP: return true;
    }
    return false;
}

static bool missing(const Step *s, Str *why)
{
    if ((s->op == LEDGER_TRANSFER || s->op == LEDGER_HOLD) && (!s->from.len || !s->to.len))
        *why = s->from.len ? STR("to") : STR("from");
    else if ((s->op == LEDGER_POST || s->op == LEDGER_RELEASE) && !s->hold)
        *why = STR("hold");
    else if (s->op == LEDGER_REVERSAL && !s->move)
        *why = STR("move");
    else
        return false;
    return true;
}

bool step_read(Value body, LedgerOp op, bool top, Step *out, Str *why)
{
    *out = (Step){.op = op, .amount_value = value_null(), .value = INSTANT_NONE,
                  .expires = INSTANT_NONE, .until = INSTANT_NONE};
    *why = STR("object");
    if (!value_is(body, VALUE_CONTEXT))
        return false;
    for (size_t i = 0; i < body.as.context.count; i++) {
        const ValueEntry *e = &body.as.context.entries[i];
        size_t f = 0;
        while (f < FIELD_COUNT && !str_equal(fields[f].name, e->key))
            f++;
        *why = e->key;
        if (f == FIELD_COUNT || !(fields[f].ops & (1u << op)) ||
            (top ? fields[f].field == FIELD_DO : fields[f].field == FIELD_TOP))
            return false;
        if (value_is_null(e->value))
            continue; /* a process hands over what it does not know as null */
        if (!read_field(fields[f].field, e->value, out))
            return false;
    }
    return !missing(out, why);
}

bool step_amount(Arena *a, Value v, int64_t *out, Err *err)
{
    Str shown = value_is(v, VALUE_STRING) ? str_slice(v.as.string, 0, 60) : STR_NONE;
    Dec d = dec_from_int(0);
    bool number = value_is(v, VALUE_NUMBER) || dec_parse(shown, &d);
    if (value_is(v, VALUE_NUMBER))
        d = v.as.number;
    if (value_is(v, VALUE_NUMBER) && dec_to_int64(d, out) && *out > 0 &&
        *out <= LEDGER_AMOUNT_MAX)
        return true;
    if (!shown.len && !value_is_null(v)) {
        Buf text = buf_new(a, 60);
        json_write(v, 0, &text);
        shown = str_slice(buf_text(&text), 0, 60);
    }
    if (!number || dec_sign(d) <= 0 || !dec_is_integer(d))
        return err_set(err, &fault_ledger_amount_invalid, shown);
    if (!dec_to_int64(d, out) || *out > LEDGER_AMOUNT_MAX)
        return err_set(err, &fault_ledger_amount_too_large, shown,
                       arena_printf(a, "%lld", LEDGER_AMOUNT_MAX));
    return true;
}

/* What surrounds the step at the top of a command is no part of it; nor is what a field that
 * was not given would say. */
void step_print(Arena *a, LedgerOp op, Value body, uint8_t out[16])
{
    Buf text = buf_new(a, 256);
    buf_add_int(&text, op);
    for (size_t f = 0; f < FIELD_COUNT; f++) {
        Value v;
        if (fields[f].field >= FIELD_DO || !value_find(body, fields[f].name, &v) ||
            value_is_null(v))
            continue;
        buf_add_char(&text, ' ');
        buf_add(&text, fields[f].name);
        buf_add_char(&text, '=');
        json_write(v, 0, &text);
    }
    Sm3 h = sm3(buf_text(&text));
    memcpy(out, h.bytes, 16);
}
