/* table_int.h - a compiled decision table. Floor 3, inside lang/dmn. */
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

typedef struct DmnTable {
    DmnPolicy policy;
    Str policy_name;
    Str aggregate; /* FEEL function of a collect; empty: none */
    size_t input_count, output_count, rule_count;
    uint32_t *locals;    /* "?" of each input */
    Str *input_names;    /* texts of the input expressions */
    bool *input_limited; /* has input values */
    Str *output_names;
    Str *rule_ids;
    FeelPlace *rule_places;
    FeelPlace place;
    bool has_default;
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

#endif
