/* decision.h - the decisions that packs installed, for whoever asks one outside of a process.
 *
 * The module keeps the newest version of every decision model and finds a decision by its id. It
 * owns no rows and gives no commands: asking a decision changes nothing. Models are never freed
 * while core lives, so what was found may be evaluated on any thread.
 * Floor 5. Tables: none. decisions_find: any thread. */
#ifndef DOMAIN_DECISION_DECISION_H
#define DOMAIN_DECISION_DECISION_H

#include "core/core.h"
#include "lang/dmn/dmn.h"

typedef struct Decisions Decisions;

/* A new module; core_close closes it. */
Decisions *decisions_open(void);
const Module *decisions_module(Decisions *d);
/* The decision of this id in the newest version of its model; NULL when there is none. */
const DmnDecision *decisions_find(const Decisions *d, Str id);

#define DECISION_FAULTS(X)                                                                   \
    X(decision_not_installed, INPUT, 404, false,                                             \
      "No pack of this node has a decision \"{1}\".", "本节点的服务包中没有决策“{1}”。")
FAULT_DECLARE(DECISION_FAULTS)

#endif
