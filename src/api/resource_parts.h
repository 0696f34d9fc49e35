/* resource_parts.h - values that several resources show.
 * Inside src/api only. */
#ifndef API_RESOURCE_PARTS_H
#define API_RESOURCE_PARTS_H

#include "api/api_int.h"
#include "domain/clock/clock.h"

/* The form-js schema of a form; null when there is none of that id. */
Value form_or_null(Call *c, Str form_id);
/* A limit as schema TimeLimit. */
Value clock_limit_value(Call *c, Limit limit);
/* A clock with its light, as schema RunningClock; null when it was not found. */
Value running_clock_value(Call *c, const ClockState *state);
/* A whole case as schema Case; clocks are read from the snapshot. */
bool case_value(Call *c, const CaseWhole *whole, Value *out, Err *err);

#endif
