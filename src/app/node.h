/* node.h - a node with all its modules, wired.
 *
 * Opens core with registry, clock, ledger, process, case, access and decision in this fixed
 * order (replay rests on it), with access as the judge of permissions. Subcommands that need a
 * whole engine (serve, verify, test, token) open it here, so that there is one wiring.
 * Floor 8. Opened and closed on the main thread. */
#ifndef APP_NODE_H
#define APP_NODE_H

#include "app/arguments.h"
#include "core/core.h"
#include "domain/access/access.h"
#include "domain/case/case.h"
#include "domain/decision/decision.h"

#define NODE_CODE_DEFAULT 420600 /* 襄阳市, GB/T 2260 */
#define NODE_MODULES 7u

/* Fresh states of all modules. A core that is opened over them closes their states; what is
 * left then is ended by node_modules_end. */
typedef struct NodeModules {
    Arena *arena;
    const Module *list[NODE_MODULES];
    size_t count;
    Access *access;
    Cases *cases;
    Decisions *decisions;
    const Module *process;
    PermitFn *permit;
    void *permit_context;
} NodeModules;

void node_modules_open(NodeModules *m);
/* No core was opened over them: close the states, then end. */
void node_modules_close(NodeModules *m);
/* A core closed the states. */
void node_modules_end(NodeModules *m);

typedef struct Node {
    NodeModules modules;
    Core *core;
} Node;

typedef struct NodeOptions {
    int64_t code;     /* GB/T 2260; 0: NODE_CODE_DEFAULT */
    Str data;         /* data file, or ":memory:"; its folder is made when it is not there */
    Clock *clock;     /* NULL: the system's */
    Entropy *entropy; /* NULL: the system's */
    bool read_only;
} NodeOptions;

/* The library of cryptography is made ready first (seal_init). */
bool node_open(const NodeOptions *options, Node *out, Err *err);
void node_close(Node *n); /* stops the writer first */

/* The option --node of a subcommand; NODE_CODE_DEFAULT without it. */
bool node_option_code(const Arguments *args, int64_t *code, Err *err);
/* The system's own actor, for commands of the program itself. */
Actor node_system_actor(void);

#endif
