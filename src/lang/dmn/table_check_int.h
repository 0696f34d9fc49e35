/* table_check_int.h - the inside of the checks of decision tables.
 *
 * A TableView is a decision table as its XML says it: columns, and for every cell the tree of its
 * unary tests. A TableSpace splits each column's values into atoms, so that every test of the
 * column gives one answer for all values of an atom; a sample stands for the atom. What a rule
 * accepts is then a set of atoms a column. Floor 3, inside lang/dmn. */
#ifndef LANG_DMN_TABLE_CHECK_INT_H
#define LANG_DMN_TABLE_CHECK_INT_H

#include "lang/dmn/dmn_int.h"
#include "lang/dmn/table_check.h"

#define TABLE_NAMES_MAX 512u /* names in scope of a table */
#define TABLE_TEST_FUEL 20000 /* steps of one test of allowed values; beyond, it counts as passed */

typedef struct TableColumn {
    const XmlNode *xml;
    Str text;  /* the input expression */
    Str title; /* what people call it: the label, else the text */
    FeelPlace place;
    const FeelProgram *program; /* of the expression; NULL: does not compile here */
    const FeelType *type;       /* NULL: unknown */
    const FeelProgram *limits;  /* input values; NULL: none */
    bool plain;                 /* the expression is a name or a path */
    size_t same_as;             /* the first column with the same text: itself, or before it */
} TableColumn;

typedef struct TableOutput {
    Str name;
    const FeelType *type;
    const FeelProgram *limits;
} TableOutput;

typedef struct TableView {
    const DmnModel *model;
    Str element;
    const XmlNode *xml;
    FeelPlace place;
    char policy; /* U, A, P, F, R, O, C */
    bool has_default;
    TableColumn *columns;
    size_t column_count;
    TableOutput *outputs;
    size_t output_count;
    const XmlNode **rules;
    size_t rule_count;
    const FeelNode **cells; /* by rule; NULL: does not compile, or is computed */
    FeelPlace *cell_places;
    Value *results;     /* by rule: the outputs, where constant */
    bool *result_known; /* beside them */
} TableView;

/* Called for each decision table of a model. */
typedef bool TableVisit(void *context, const TableView *t);
/* Walk the tables of m in the order of the file; false when a visit said so. A view and all it
 * points to live in a until the visit returns. */
bool table_views(Arena *a, const DmnModel *m, TableVisit *visit, void *context);

/* One atom: a value, or all values between two neighbours. */
typedef struct TableDimension {
    size_t column;     /* the first with this expression */
    Value *samples;    /* one an atom */
    uint64_t *accepts; /* atom by atom: the rules that accept it */
    size_t atom_count;
    bool decided;      /* false: the values cannot be told apart */
} TableDimension;

typedef struct TableSpace {
    const TableView *view;
    Arena *arena;
    TableDimension *dimensions;
    size_t dimension_count;
    size_t words;     /* of a set of rules */
    uint64_t *usable; /* rules without computed cells */
    bool too_large;
} TableSpace;

/* Constants of a column's cells that do not fit its type are given to misfit. */
typedef void TableMisfit(void *context, const TableView *t, size_t rule, size_t column, Value v);
bool table_space(Arena *a, const TableView *t, TableMisfit *misfit, void *context,
                 TableSpace *out);
/* The constants a column is compared with: the ends of ranges and single values, sorted, each
 * once. False when they are of several kinds. */
bool table_points(Arena *a, const TableView *t, size_t column, Value **out, size_t *count);
/* Order of two values of one kind; numbers, texts, booleans and temporal values. */
int table_order(Value a, Value b);
/* May a column have this value: its type, its allowed values, its input values? */
bool table_allowed(const TableColumn *c, Value v, Arena *a);
/* A value next to v on the side of sign, as near as people count: a day, a second, the last
 * digit given by scale. False at the end of the line. */
bool table_next(Arena *a, Value v, int sign, int scale, Value *out);

/* What the sweep tells; the samples of all dimensions are the witness. */
typedef struct TableSweep {
    const TableSpace *space;
    Arena *arena;
    bool wants_gaps, wants_pairs, wants_reached;
    void (*gap)(void *context, const size_t *atoms);
    void (*pair)(void *context, size_t first, size_t second, const size_t *atoms);
    void *context;
    uint64_t *reached; /* rules that come first somewhere */
    size_t steps;
    bool stopped; /* the limit was reached: what was found is true, but there may be more */
} TableSweep;
void table_sweep(TableSweep *s);

#endif
