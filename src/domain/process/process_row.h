/* process_row.h - rows of the process tables, read for commands and for the API.
 *
 * Floor 5, inside domain/process. */
#ifndef DOMAIN_PROCESS_PROCESS_ROW_H
#define DOMAIN_PROCESS_PROCESS_ROW_H

#include "domain/process/process.h"

/* Is the task offered to the actor (whether or not somebody has claimed it)? */
bool task_offered_to(const ProcessTask *task, const Actor *actor);

/* due of the candidate table for tasks without one: behind all others. */
#define DUE_NONE INT64_MAX

#endif
