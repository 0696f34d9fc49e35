/* node.h - a node with all its modules, wired.
 *
 * Opens core with registry, clock, process, case and access in this fixed order (follow-ups and
 * replay rest on it), with access as the judge of permissions. Subcommands that need a whole
 * engine (serve, verify, test, demo) open it here, so that there is one wiring.
 * Floor 8. Opened and closed on the main thread. */
#ifndef APP_NODE_H
#define APP_NODE_H

#include "core/core.h"

#define NODE_CODE_DEFAULT 420600 /* 襄阳市, GB/T 2260 */

typedef struct Node Node;

typedef struct NodeOptions {
    int64_t code;     /* GB/T 2260; 0: NODE_CODE_DEFAULT */
    Str data;         /* data file, or ":memory:" */
    Clock *clock;     /* NULL: the system's */
    Entropy *entropy; /* NULL: the system's */
    bool read_only;
} NodeOptions;

bool node_open(const NodeOptions *options, Node **out, Err *err);
void node_close(Node *n);
Core *node_core(Node *n);

#endif
