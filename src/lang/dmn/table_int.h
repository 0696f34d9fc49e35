/* table_int.h - a compiled decision table. Floor 3, inside lang/dmn.
 *
 * A DmnTable is the data of one node of a FEEL program. The children of that node stand in a fixed
 * order (table_*_at). The index (table_index.c) holds bitmasks over the rules; it changes the
 * speed, never the answer. */
#ifndef LANG_DMN_TABLE_INT_H
#define LANG_DMN_TABLE_INT_H

#include "lang/dmn/dmn_int.h"

typedef enum DmnPolicy {
    DMN_UNIQUE,
    DMN_ANY,
    DMN_PRIORITY,
    DMN_FIRST,
    DMN_RULE_ORDER,
    DMN_OUTPUT_ORDER,
    DMN_COLLECT,
} DmnPolicy;

/* One input column. Position 2j+1 is the j-th cut point itself, 2j what lies below it and above
 * the one before, so there are 2 * cut_count + 1 positions, each with a mask of the rules whose
 * constant tests hold there. */
typedef struct DmnColumn {
    ValueKind kind; /* of the cut points; VALUE_NULL: the column is not indexed */
    size_t cut_count;
    Value *cuts;              /* ascending, each once */
    uint64_t *masks;          /* positions * words */
    uint64_t *null_mask;      /* the rules whose tests hold of null */
    uint64_t *open;           /* rules whose cell has to be evaluated whatever the input is */
    uint64_t *cells;          /* rules whose cell is not "-" */
} DmnColumn;

typedef struct DmnTable {
    DmnPolicy policy;
    Str policy_name;
    Str aggregate; /* FEEL function of a collect; empty: none */
    size_t input_count, output_count, rule_count;
    uint32_t *locals;     /* "?" of each input */
    uint32_t output_local; /* "?" of the output values */
    Str *input_names;     /* texts of the input expressions */
    bool *input_limited;  /* has input values */
    bool *output_limited; /* has output values */
    Str *output_names;
    Str *rule_ids;
    FeelPlace *rule_places;
    FeelPlace place;
    bool has_default;
    size_t words;        /* 64-bit words of a mask over the rules */
    DmnColumn *columns;  /* one an input */
    Value *rows;         /* outputs of each rule where they are constant and allowed */
    bool *row_constant;
} DmnTable;

/* Where the children of the table's node begin. */
static inline size_t table_limit_at(const DmnTable *t) { return t->input_count; }
static inline size_t table_cell_at(const DmnTable *t) { return t->input_count * 2; }
static inline size_t table_output_at(const DmnTable *t) {
    return table_cell_at(t) + t->rule_count * t->input_count;
}
static inline size_t table_default_at(const DmnTable *t) {
    return table_output_at(t) + t->rule_count * t->output_count;
}
static inline size_t table_priority_at(const DmnTable *t) {
    return table_default_at(t) + t->output_count;
}
static inline size_t table_output_limit_at(const DmnTable *t) {
    return table_priority_at(t) + t->output_count;
}
static inline size_t table_child_count(const DmnTable *t) {
    return table_output_limit_at(t) + t->output_count;
}

/* Build the index and the constant rows from the children. False: out of memory. */
bool table_index(DmnTable *t, FeelNode *const *children, Arena *a);
/* The mask of an input's value; NULL: all rules. *pending: the rules whose cell is still to be
 * evaluated, NULL: none. */
const uint64_t *table_column_mask(const DmnTable *t, size_t column, Value input,
                                  const uint64_t **pending);

#endif
