/* registry_load.c - a whole file into a registry: read, judge, keep, then one command.
 *
 *     source ─ block ─┬─ thread: lines -> records -> judge -> compare -> rows ─┐
 *              block ─┼─ thread                                                ├─ part file, in
 * order
 *              block ─┴─ ...                                                  ─┘     │ twins of
 * keys
 *                                                             no faulty line at all  ▼
 *                                     <hash>.rows  ◀── rename ── finished ── registry.load (one
 * command)
 *
 * A round gives each thread one block, waits for all and appends their rows in the order of the
 * file,
 * so the kept file does not depend on the number of threads (but for the salts).
 *
 * Going on after an interruption. Every so many bytes of the source the part file is forced to the
 * disk and a state file beside it says how far it goes: place and line of the source, end of the
 * part
 * file. Both have a name made of everything that decides what the rows are: path, size, change and
 * place of the source, registry, version of its definition, what the registry held, source and
 * grade.
 * The next call with the same file finds them, reads the part file again up to there (hash and
 * keys)
 * and goes on. When the part was finished but the command did not commit, only the command is
 * repeated. A file with faulty lines leaves nothing behind: it has to be corrected, and is another
 * file then.
 *
 * A registry that holds records is compared line by line, as registry.put does: a line that says
 * nothing new makes no row. Such a load is always read from its beginning, because the keys of
 * lines
 * without a row stand in no file; that two of them are equal is judged by 64 bits of their hash. */
#include "domain/registry/registry_bulk_int.h"

#include <string.h>

#include "base/check.h"
#include "codec/json.h"

#define THREADS_MAX 64u
#define SALTS 256u /* drawn at a time */
#define CHECKPOINT_BYTES (64 << 20)
#define LOAD_ARENA_BYTES (1u << 30)
#define RECORD_ARENA_BYTES (64u << 20)
#define ROWS_BYTES_FIRST (4u << 20)
#define STATE_FILE_BYTES_MAX 65536u

typedef struct Loading Loading;

/* A record without a row: it counts among equal keys all the same. */
typedef struct Same {
    uint64_t hash; /* of the key */
    int64_t line;
} Same;

/* A thread with one block. */
typedef struct Worker {
    Loading *loading;
    Thread *thread;
    SourceBlock block;
    RecordReader *records;
    Arena *arena;      /* of one record */
    Arena *rows_arena; /* of the block's rows */
    Buf rows;
    Buf same; /* Same of each record that says nothing new */
    Sm3Stream *hash;
    uint8_t salts[SALTS * KEPT_SALT_BYTES];
    size_t salts_left;
    StoreConn *conn; /* to compare with what is held; NULL: the registry is empty */
    const Face *face;
    RegistryLoadFault *faults;
    size_t fault_count; /* kept */
    int64_t faulty;     /* all */
    int64_t read;
    bool stop; /* reading cannot go on behind this block */
    Err err;   /* a failure that is no fault of a line */
} Worker;

struct Loading {
    Core *core;
    const RegistryLoad *load;
    Arena *arena;  /* of the call */
    Arena *result; /* the caller's */
    RegistryLoaded *out;
    RegistryKind kind;
    Str source, grade;
    int64_t base; /* number of the first row */
    Column *columns; /* of a kept row */
    size_t column_count;
    Source *input;
    Str part, state; /* paths */
    KeptWriter writer;
    Twins *twins;
    RegistryLoadFault *faults;
    Worker workers[THREADS_MAX];
    unsigned worker_count;
    int64_t checkpoint_at;
    bool stop;
};

/* ---- One line. */

static void note(Worker *w, uint32_t line, const Err *err)
{
    w->faulty++;
    if (w->fault_count < w->loading->load->faults_max)
        w->faults[w->fault_count++] = (RegistryLoadFault){line, *err};
}

static bool judge_line(Worker *w, Value record, RecordRow *row, bool *changed, Err *err)
{
    const Loading *l = w->loading;
    RecordRow held = {.marks = value_null(), .record = value_null()};
    if (!registry_judge(w->arena, &l->kind, record, row, err))
        return false;
    if (w->conn && !registry_row(w->conn, core_node(l->core), w->face, row->key, w->arena, &held,
                                 &w->err))
        return true; /* the round fails */
    row->version = held.version + 1;
    return registry_compare(w->arena, &l->kind, &held, l->source, l->grade, row, changed, err);
}

static const uint8_t *next_salt(Worker *w)
{
    if (!w->salts_left) {
        entropy_fill(entropy_system(), w->salts, sizeof w->salts);
        w->salts_left = SALTS;
    }
    return w->salts + KEPT_SALT_BYTES * --w->salts_left;
}

static void take_line(Worker *w, Value record, uint32_t line)
{
    const Loading *l = w->loading;
    RecordRow row = {.marks = value_null()};
    bool changed = false;
    Err err = {0};
    if (!judge_line(w, record, &row, &changed, &err))
        note(w, line, &err);
    else if (!changed && !w->err.fault)
        buf_add(&w->same, (Str){(const char *)&(Same){str_hash(row.key), line}, sizeof(Same)});
    else if (!w->err.fault)
        kept_put(&w->rows, w->hash, next_salt(w), w->arena, line, &row, &l->kind, l->columns,
                 l->column_count);
}

static void work(void *context)
{
    Worker *w = context;
    Value record;
    uint32_t line;
    records_begin(w->records, w->block.text, w->block.line);
    while (!w->err.fault) {
        Err err = {0};
        arena_reset(w->arena);
        RecordOutcome outcome = records_next(w->records, w->arena, &record, &line, &err);
        if (outcome == RECORD_END)
            break;
        w->read++;
        if (outcome == RECORD_GOOD)
            take_line(w, record, line);
        else
            note(w, line, &err);
        w->stop = outcome == RECORD_STOP;
        if (w->stop)
            break;
        if (arena_failed(w->arena) || buf_failed(&w->rows) || buf_failed(&w->same))
            err_set(&w->err, &fault_out_of_memory, STR("registry"));
    }
}

/* ---- Rounds. */

static bool workers_open(Loading *l, Err *err)
{
    unsigned threads = l->load->threads ? l->load->threads : processor_count();
    l->worker_count = threads < THREADS_MAX ? threads : THREADS_MAX;
    for (unsigned i = 0; i < l->worker_count; i++) {
        Worker *w = &l->workers[i];
        *w = (Worker){.loading = l, .records = records_open(source_form(l->input)),
                      .arena = arena_open(RECORD_ARENA_BYTES),
                      .rows_arena = arena_open(LOAD_ARENA_BYTES), .hash = sm3_begin()};
        w->rows = buf_new(w->rows_arena, ROWS_BYTES_FIRST);
        w->same = buf_new(w->rows_arena, 0);
        w->faults = arena_new_array(l->arena, RegistryLoadFault, l->load->faults_max + 1);
        if (!w->faults)
            return err_set(err, &fault_out_of_memory, STR("registry"));
        if (l->base == 1)
            continue;
        if (!store_connect_reader(core_store(l->core), &w->conn, err) || !store_begin(w->conn, err))
            return false;
        w->face = registry_face(w->conn, core_node(l->core), l->kind.about.name, err);
        check(w->face || err->fault);
        if (!w->face)
            return false;
    }
    return true;
}

static void workers_close(Loading *l)
{
    for (unsigned i = 0; i < l->worker_count; i++) {
        Worker *w = &l->workers[i];
        records_close(w->records);
        if (w->conn)
            store_disconnect(w->conn);
        if (w->hash)
            sm3_end(w->hash);
        if (w->arena)
            arena_close(w->arena);
        if (w->rows_arena)
            arena_close(w->rows_arena);
    }
}

static void note_faults(Loading *l, const RegistryLoadFault *list, size_t count, int64_t all)
{
    for (size_t i = 0; i < count && l->out->list_count < l->load->faults_max; i++)
        l->faults[l->out->list_count++] = list[i];
    l->out->faults += all;
}

/* Hashes of the keys of rows that begin at a place of the part file. */
static bool add_twins(Loading *l, Str rows, int64_t at, Err *err)
{
    KeptFields fields;
    for (size_t i = 0; i < rows.len;) {
        Str payload = kept_payload(rows, i);
        check(kept_fields(payload, &fields));
        if (!twins_add(l->twins, str_hash(fields.key), at + (int64_t)i, err))
            return false;
        i += KEPT_HEAD_BYTES + payload.len;
    }
    return true;
}

static bool add_same(Loading *l, Str list, Err *err)
{
    Same same;
    for (size_t i = 0; i < list.len; i += sizeof same) {
        memcpy(&same, list.ptr + i, sizeof same);
        if (!twins_add(l->twins, same.hash, -same.line, err))
            return false;
    }
    return true;
}

/* What a worker made of its block, in the order of the file. */
static bool take_block(Loading *l, Worker *w, Err *err)
{
    if (w->err.fault) {
        *err = w->err;
        return false;
    }
    note_faults(l, w->faults, w->fault_count, w->faulty);
    l->out->records += w->read;
    l->stop = l->stop || w->stop;
    Str rows = buf_text(&w->rows);
    if (!l->out->faults &&
        (!add_twins(l, rows, l->writer.at, err) || !add_same(l, buf_text(&w->same), err) ||
         !kept_append(&l->writer, rows, err)))
        return false;
    buf_clear(&w->rows);
    buf_clear(&w->same);
    w->fault_count = 0;
    w->faulty = w->read = 0;
    return true;
}

/* A block for each worker; *some: there was at least one. */
static bool run_round(Loading *l, bool *some, Err *err)
{
    unsigned count = 0;
    while (count < l->worker_count) {
        if (!source_block(l->input, &l->workers[count].block, err))
            return false;
        if (!l->workers[count].block.text.len)
            break;
        count++;
    }
    *some = count > 0;
    for (unsigned i = 1; i < count; i++)
        l->workers[i].thread = thread_start("load", work, &l->workers[i]);
    if (count)
        work(&l->workers[0]);
    for (unsigned i = 1; i < count; i++)
        thread_join(l->workers[i].thread);
    for (unsigned i = 0; i < count && !l->stop; i++)
        if (!take_block(l, &l->workers[i], err))
            return false;
    return true;
}

/* ---- State. */

static bool save_state(Loading *l, Str done, Err *err)
{
    Arena *a = arena_open(1u << 20);
    ContextBuilder b = context_builder(a);
    int64_t at;
    uint32_t line;
    source_at(l->input, &at, &line);
    context_put_text(&b, "at", value_int(at));
    context_put_text(&b, "line", value_int(line));
    context_put_text(&b, "part", value_int(l->writer.at));
    context_put_text(&b, "records", value_int(l->out->records));
    context_put_text(&b, "rows", value_int(l->writer.rows));
    registry_put_text(&b, "done", done);
    bool good = file_write(l->state, json_copy_text(a, value_context(&b)), err);
    arena_close(a);
    return good;
}

static bool checkpoint(Loading *l, Err *err)
{
    int64_t at;
    uint32_t line;
    source_at(l->input, &at, &line);
    if (l->load->progress)
        l->load->progress(l->load->context, at, source_size(l->input), l->out->records);
    int64_t every = l->load->checkpoint_bytes > 0 ? l->load->checkpoint_bytes : CHECKPOINT_BYTES;
    if (at - l->checkpoint_at < every || l->out->faults)
        return true;
    l->checkpoint_at = at;
    return large_file_sync(l->writer.file, err) && save_state(l, STR_NONE, err);
}

static Value kept_description(const Loading *l)
{
    ContextBuilder b = context_builder(l->arena);
    ListBuilder columns = list_builder(l->arena);
    registry_put_text(&b, "registry", l->kind.about.name);
    for (size_t i = 0; i < l->column_count; i++) {
        const Value pair[] = {value_string(l->columns[i].property), value_int(l->columns[i].kind)};
        list_add(&columns, value_list_of(l->arena, pair, 2));
    }
    context_put_text(&b, "columns", value_list(&columns));
    return value_context(&b);
}

/* Read the part file again up to its end, as far as the state says. */
static bool recount(Loading *l, int64_t end, Err *err)
{
    KeptReader *r = NULL;
    KeptRow row;
    KeptFields fields;
    bool more = true, good = kept_open(l->part, end, &r, err);
    while (good && more) {
        good = kept_next(r, &row, &more, err);
        if (!good || !more)
            break;
        kept_recount(&l->writer, &row);
        good = kept_fields(row.payload, &fields) &&
               twins_add(l->twins, str_hash(fields.key), row.at, err);
    }
    kept_close(r);
    return good;
}

/* Go on where an interrupted load was; a part file that does not fit is begun anew. */
static bool resume(Loading *l, Value state, Err *err)
{
    int64_t end = value_get_int(state, STR("part"), 0);
    Err ignored = {0};
    if (l->base != 1 || end <= 0 || !file_exists(l->part))
        return false;
    if (!kept_begin(&l->writer, l->part, kept_description(l), end, err))
        return false;
    if (recount(l, end, &ignored) && l->writer.at == end &&
        l->writer.rows == value_get_int(state, STR("rows"), -1)) {
        l->out->records = value_get_int(state, STR("records"), 0);
        source_go_on(l->input, value_get_int(state, STR("at"), 0),
                     (uint32_t)value_get_int(state, STR("line"), 1));
        l->out->resumed = true;
        return true;
    }
    kept_abandon(&l->writer);
    twins_close(l->twins);
    l->twins = NULL;
    return false;
}

/* ---- Twins. */

typedef struct TwinCheck {
    Loading *loading;
    KeptReader *reader;
    Arena *arena;
    Err err;
} TwinCheck;

static bool row_at(TwinCheck *c, int64_t at, Str *key, uint32_t *line)
{
    KeptRow row;
    KeptFields fields;
    bool more;
    *key = STR_NONE;
    *line = (uint32_t)-at;
    if (at < 0)
        return true; /* of a record without a row: only the hash is known */
    kept_go(c->reader, at);
    if (!kept_next(c->reader, &row, &more, &c->err) || !more || !kept_fields(row.payload, &fields))
        return false;
    *key = arena_copy(c->arena, fields.key);
    *line = row.line;
    return true;
}

static void twin_found(void *context, int64_t first_at, int64_t second_at)
{
    TwinCheck *c = context;
    Str first, second;
    uint32_t first_line, second_line;
    arena_reset(c->arena);
    if (c->err.fault || !row_at(c, first_at, &first, &first_line) ||
        !row_at(c, second_at, &second, &second_line) ||
        (first.len && second.len && !str_equal(first, second)))
        return;
    bool in_order = first_line < second_line;
    RegistryLoadFault fault = {.line = in_order ? second_line : first_line};
    err_set(&fault.err, &fault_registry_load_twin,
            registry_number_text(c->arena, (int64_t)(in_order ? first_line : second_line)));
    note_faults(c->loading, &fault, 1, 1);
}

static bool check_twins(Loading *l, Err *err)
{
    TwinCheck c = {.loading = l, .arena = arena_open(1u << 20)};
    bool good = kept_open(l->part, l->writer.at, &c.reader, err) &&
                twins_find(l->twins, twin_found, &c, err);
    if (good && c.err.fault) {
        *err = c.err;
        good = false;
    }
    kept_close(c.reader);
    arena_close(c.arena);
    return good;
}

/* ---- The whole. */

static bool describe(Loading *l, Err *err)
{
    StoreConn *conn = NULL;
    Definition d = {0};
    int64_t node = core_node(l->core);
    Str name = l->load->registry;
    if (!store_connect_reader(core_store(l->core), &conn, err))
        return false;
    bool good = store_begin(conn, err);
    bool found = good && core_definition(conn, node, STR("registry"), name, 0, l->arena, &d);
    const Face *face = found ? registry_face(conn, node, name, err) : NULL;
    if (face) {
        l->base = registry_next_number(conn, node, name);
        l->columns = arena_new_array(l->arena, Column, face->column_count + 1);
        for (size_t i = 0; i < face->column_count; i++)
            if (face->columns[i].current)
                l->columns[l->column_count++] =
                    (Column){arena_copy(l->arena, face->columns[i].property), STR_NONE,
                             face->columns[i].kind, true, face->columns[i].keeps_null};
    }
    good = good && !store_failed(conn, err);
    store_disconnect(conn);
    if (good && !face)
        return err_set(err, &fault_registry_unknown, name);
    if (!good || !registry_kind_compile(l->arena, name, d.text, d.path, &l->kind, err))
        return false;
    l->kind.about.version = d.version;
    l->source = l->load->source.len ? l->load->source : l->kind.about.source;
    l->grade = l->load->grade.len ? l->load->grade : STR("issued");
    return registry_grade_rank(l->grade) > 0 ||
           err_set(err, &fault_registry_grade_unknown, l->grade);
}

/* Paths of part and state: a name made of everything that decides what the rows are. */
static void name_files(Loading *l)
{
    LargeFileMark mark = source_mark(l->input);
    char hex[64];
    Str text = arena_printf(l->arena, "%.*s|%lld|%lld|%lld|%.*s|%lld|%lld|%.*s|%.*s",
                            STR_ARG(l->load->path), (long long)mark.size,
                            (long long)mark.changed_ns, (long long)mark.place,
                            STR_ARG(l->kind.about.name), (long long)l->kind.about.version,
                            (long long)l->base, STR_ARG(l->source), STR_ARG(l->grade));
    Sm3 h = sm3(text);
    sm3_text(&h, hex);
    l->part = arena_printf(l->arena, "%.*s/%.32s.part", STR_ARG(l->load->folder), hex);
    l->state = arena_printf(l->arena, "%.*s/%.32s.state", STR_ARG(l->load->folder), hex);
}

static bool begin(Loading *l, Value *state, Err *err)
{
    Str text = STR_NONE;
    *state = value_null();
    if (file_exists(l->state) &&
        file_read(l->arena, l->state, STATE_FILE_BYTES_MAX, &text, NULL))
        json_parse(l->arena, text, state, NULL);
    if (value_get_string(*state, STR("done")).len)
        return true;
    if (!twins_open(l->load->folder, &l->twins, err))
        return false;
    if (resume(l, *state, err))
        return true;
    *state = value_null();
    return (l->twins || twins_open(l->load->folder, &l->twins, err)) &&
           kept_begin(&l->writer, l->part, kept_description(l), 0, err);
}

static void clean_up(Loading *l)
{
    if (file_exists(l->part))
        file_remove(l->part, NULL);
    if (file_exists(l->state))
        file_remove(l->state, NULL);
}

/* Read everything; the finished part file gets the name of its hash. */
static bool prepare(Loading *l, Str *file, Err *err)
{
    bool some = true;
    Sm3 hash;
    char hex[64];
    while (some && !l->stop)
        if (!run_round(l, &some, err) || !checkpoint(l, err))
            return false;
    if (!l->out->faults && !check_twins(l, err))
        return false;
    l->out->written = l->out->faults ? 0 : l->writer.rows;
    *file = STR_NONE;
    if (!l->out->written) {
        kept_abandon(&l->writer);
        return true;
    }
    int64_t rows = l->writer.rows;
    if (!kept_finish(&l->writer, &hash, err))
        return false;
    sm3_text(&hash, hex);
    *file = arena_printf(l->result, "%.64s.rows", hex);
    l->writer.rows = rows;
    return file_rename(l->part, kept_path(l->arena, l->load->folder, *file), err) &&
           save_state(l, *file, err);
}

static bool write_rows(Loading *l, Str file, Err *err)
{
    ContextBuilder b = context_builder(l->arena);
    Reply reply = {0};
    registry_put_text(&b, "registry", l->kind.about.name);
    registry_put_text(&b, "file", file);
    registry_put_text(&b, "sm3", str_slice(file, 0, 64));
    context_put_text(&b, "rows", value_int(l->out->written));
    context_put_text(&b, "first", value_int(l->base));
    registry_put_text(&b, "source", l->source);
    registry_put_text(&b, "grade", l->grade);
    Command c = {.kind = STR("registry.load"), .actor = {.id = STR("system")},
                 .body = value_context(&b)};
    if (!core_run(l->core, &c, l->arena, &reply, err))
        return false;
    if (!reply.accepted)
        *err = reply.err;
    l->out->file = file;
    return reply.accepted;
}

/* What was written stands in the log, which readers have to search until it is moved away. */
static bool move_log(Loading *l, Err *err)
{
    StoreConn *conn = NULL;
    if (!store_connect_reader(core_store(l->core), &conn, err))
        return false;
    store_checkpoint(conn);
    store_disconnect(conn);
    return true;
}

static bool load_all(Loading *l, Err *err)
{
    Value state;
    Str file = STR_NONE;
    if (!describe(l, err) || !source_open(l->load->path, &l->kind, &l->input, err))
        return false;
    name_files(l);
    if (!begin(l, &state, err))
        return false;
    Str done = value_get_string(state, STR("done"));
    if (done.len) {
        l->out->resumed = true;
        l->out->records = value_get_int(state, STR("records"), 0);
        l->out->written = value_get_int(state, STR("rows"), 0);
        file = arena_copy(l->result, done);
    } else if (!workers_open(l, err) || !prepare(l, &file, err)) {
        return false;
    }
    if (file.len && !write_rows(l, file, err))
        return false;
    clean_up(l);
    return !file.len || move_log(l, err);
}

bool registry_load(Core *core, const RegistryLoad *load, Arena *a, RegistryLoaded *out, Err *err)
{
    Arena *own = arena_open(LOAD_ARENA_BYTES);
    Loading *l = arena_new(own, Loading);
    *out = (RegistryLoaded){0};
    *l = (Loading){.core = core, .load = load, .arena = own, .result = a, .out = out};
    check(load->faults_max <= REGISTRY_LOAD_FAULTS_MAX);
    l->faults = arena_new_array(a, RegistryLoadFault, load->faults_max + 1);
    out->list = l->faults;
    bool good = l->faults || err_set(err, &fault_out_of_memory, STR("registry"));
    good = good && (load->folder.len || err_set(err, &fault_registry_no_folder)) &&
           file_make_directory(load->folder, err) && load_all(l, err);
    workers_close(l);
    if (l->writer.arena)
        kept_abandon(&l->writer);
    twins_close(l->twins);
    source_close(l->input);
    if (l->kind.schema)
        schema_close(l->kind.schema);
    arena_close(own);
    return good;
}
