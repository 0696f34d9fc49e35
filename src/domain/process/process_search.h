/* process_search.h - searches over definitions, instances, jobs, tasks, incidents, variables.
 *
 * A view is a list of columns in the words of Camunda's REST API (version 8): each says where its
 * value comes from and whether one may filter and sort by it. Most views are one SQL query made
 * from that list; what has no rows of its own (variables, decisions) is made as values and sifted
 * in memory by the same rules. Pages are by place (offset) or by cursor: the values of the sort
 * columns and the key of the row at the edge, so that rows that come and go move nothing.
 * Floor 5. Any thread, with a reader's connection in a snapshot. */
#ifndef DOMAIN_PROCESS_PROCESS_SEARCH_H
#define DOMAIN_PROCESS_PROCESS_SEARCH_H

#include "domain/process/process.h"
#include "lang/dmn/dmn.h"

#define SEARCH_CONDITIONS_MAX 64u
#define SEARCH_ORDERS_MAX 8u
#define SEARCH_VALUES_MAX 256u  /* of one $in */
#define SEARCH_LIMIT_MAX 1000u  /* rows of one page; a larger limit gives this many */
#define SEARCH_TOTAL_MAX 10000  /* counted up to here; more is told as "more" */
#define SEARCH_SIFTED_MAX 100000u /* values looked at in memory */

typedef enum SearchType {
    SEARCH_TEXT,
    SEARCH_KEY,  /* int64, a decimal string in JSON */
    SEARCH_INT,
    SEARCH_BOOL,
    SEARCH_TIME, /* microseconds; RFC 3339 in UTC in JSON */
    SEARCH_LIST, /* JSON text of a list of texts; a filter asks for a member */
    SEARCH_JSON, /* JSON text */
    SEARCH_PROCESS_NAME, /* "version id": the name in the diagram */
    SEARCH_ELEMENT_NAME, /* "version id element" */
    SEARCH_ELEMENT_TYPE, /* the same: Camunda's word for the type */
} SearchType;

#define SEARCH_FILTER 1u
#define SEARCH_SORT 2u
#define SEARCH_NULL 4u   /* may be null */
#define SEARCH_HIDDEN 8u /* not in the items: only for filters */

typedef struct SearchColumn {
    const char *name;
    SearchType type;
    const char *sql; /* expression; NULL in views that are sifted in memory */
    unsigned flags;
    const char *words; /* "A|B|C": the only values; NULL: any */
} SearchColumn;

typedef struct SearchView {
    const char *name;
    const char *from; /* FROM ... WHERE node = ?1 of the query; NULL: sifted in memory */
    const SearchColumn *columns;
    size_t column_count;
    size_t key; /* index of the column that tells rows apart */
} SearchView;

typedef enum SearchOperator {
    SEARCH_EQ, SEARCH_NEQ, SEARCH_EXISTS, SEARCH_GT, SEARCH_GTE, SEARCH_LT, SEARCH_LTE,
    SEARCH_IN, SEARCH_NOT_IN, SEARCH_LIKE
} SearchOperator;

typedef struct SearchCondition {
    const SearchColumn *column;
    SearchOperator operator;
    const Param *values; /* of the column's kind: numbers for keys, times, booleans */
    size_t value_count;
    unsigned group; /* 0: must hold; n > 0: all of one n must hold, for some n */
} SearchCondition;

typedef struct SearchOrder {
    const SearchColumn *column;
    bool descending;
} SearchOrder;

typedef struct SearchQuery {
    const SearchView *view;
    SearchCondition conditions[SEARCH_CONDITIONS_MAX];
    size_t condition_count;
    SearchOrder orders[SEARCH_ORDERS_MAX];
    size_t order_count;
    size_t limit, offset;
    /* A cursor, or count 0: values of the orders, then the key. */
    Param edge[SEARCH_ORDERS_MAX + 1];
    size_t edge_count;
    bool backwards; /* the page before the edge */
} SearchQuery;

typedef struct SearchPage {
    Value items; /* list of contexts with the fields of the view */
    int64_t total;
    bool more_total; /* there are more than SEARCH_TOTAL_MAX */
    Value first, last; /* edges of the page: lists of values; null when it is empty */
} SearchPage;

/* module is that of process_open: names of diagrams are looked up in it. */
bool process_search(const Module *module, StoreConn *conn, int64_t node, const SearchQuery *query,
                    Arena *a, SearchPage *out, Err *err);
/* The same over values that were made before: items with all fields of the view. */
bool process_sift(const SearchQuery *query, const ListBuilder *items, Arena *a, SearchPage *out);
const SearchColumn *search_column(const SearchView *view, Str name);
/* Has this connection compiled so many different searches that it should be opened afresh? */
bool process_search_is_full(StoreConn *conn);

/* The views with SQL. */
extern const SearchView search_instances, search_jobs, search_tasks, search_incidents,
    search_processes, search_subscriptions;
/* Sifted in memory. */
extern const SearchView search_variables, search_decisions, search_requirements;

/* Variables of one instance (0: of the newest instances, up to SEARCH_SIFTED_MAX variables) as
 * items of search_variables. */
bool process_variable_items(StoreConn *conn, int64_t node, int64_t instance, Arena *a,
                            ListBuilder *items, Err *err);
/* The variables of a task's own scope, and those of its instance's outermost one. */
bool process_scope_items(StoreConn *conn, int64_t node, int64_t task, Arena *a, ListBuilder *items,
                         Err *err);
/* The key of the instance that a task, job, incident or element instance belongs to. */
int64_t process_instance_of_key(int64_t key);
/* One variable by its key; null when there is none. */
bool process_variable_read(StoreConn *conn, int64_t node, int64_t key, Arena *a, Value *out,
                           Err *err);
/* All decisions of all versions, as items of search_decisions or of search_requirements. */
bool process_decision_items(const Module *module, StoreConn *conn, int64_t node, bool requirements,
                            Arena *a, ListBuilder *items, Err *err);

/* A decision of one version of its file. */
const DmnDecision *process_decision_find(const Module *module, Str requirements, int64_t version,
                                         Str decision);

/* What a worker wants to know of where its job comes from. */
typedef struct ProcessJobOrigin {
    int64_t version;    /* of the process */
    int64_t definition; /* its key */
    int64_t parent;     /* calling instance, or 0 */
} ProcessJobOrigin;
/* process_job_read with the origin. */
bool process_job_take(StoreConn *conn, int64_t node, int64_t key, Arena *a, ProcessJob *job,
                      ProcessJobOrigin *origin, Err *err);

#endif
