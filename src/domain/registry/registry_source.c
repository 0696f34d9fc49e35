/* registry_source.c - the file that is loaded: CSV or JSON Lines, in blocks, never whole.
 *
 * A block is as many whole records as fit into SOURCE_BLOCK_BYTES. In JSON Lines a record ends with
 * its line. In CSV a line end inside of quotes ends nothing: from the beginning of a record on, the
 * quotes before a true line end are even in number (a doubled quote counts twice), so counting them
 * is enough to find the last one. A stray quote makes the count odd; the reader meets that quote
 * before anything that was cut wrongly and stops there.
 *
 * The first line of a CSV names properties; comma, semicolon and tab are tried as separators. An
 * empty field is an absent property. What a field means follows the kind of its column; a field
 * that
 * does not fit stays text, so that the schema says what is wrong with it.
 *
 * A byte order mark at the beginning is skipped. Text that is not UTF-8 is refused with its line:
 * nobody guesses encodings of people's names. */
#include "domain/registry/registry_bulk_int.h"

#include <string.h>

#include "base/check.h"
#include "codec/json.h"

#define SOURCE_BLOCK_BYTES (1u << 20)
#define SOURCE_RECORD_BYTES_MAX (4u << 20)
#define SOURCE_ARENA_BYTES (1u << 30)

struct Source {
    Arena *arena;
    LargeFile *file;
    SourceForm form;
    int64_t at;    /* of the next block */
    uint32_t line;
    Str path;
};

/* ---- Blocks. */

/* Bytes of whole records at the beginning of text; all of it at the end of the file. */
static size_t whole_records(Str text, bool json, uint32_t *lines)
{
    size_t end = 0;
    uint32_t seen = 0;
    bool quoted = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '"' && !json)
            quoted = !quoted;
        if (c != '\n')
            continue;
        seen++;
        if (!quoted) {
            end = i + 1;
            *lines = seen;
        }
    }
    return end;
}

bool source_block(Source *s, SourceBlock *b, Err *err)
{
    size_t got = 0, end = 0, wanted = SOURCE_BLOCK_BYTES;
    b->text = STR_NONE;
    b->line = s->line;
    for (;;) {
        if (b->capacity < wanted) {
            b->room = arena_take(s->arena, wanted);
            b->capacity = b->room ? wanted : 0;
        }
        if (!b->capacity)
            return err_set(err, &fault_out_of_memory, s->path);
        if (!large_file_read(s->file, s->at, b->room, wanted, &got, err))
            return false;
        Str text = {b->room, got};
        b->lines = 0;
        end = whole_records(text, s->form.json, &b->lines);
        if (got < wanted)
            end = got; /* the last record may have no line end */
        if (end > 0 || got == 0)
            break;
        if (wanted >= SOURCE_RECORD_BYTES_MAX) {
            err_set(err, &fault_registry_load_record_long);
            err_at(err, s->path, s->line, 0);
            return false;
        }
        wanted *= 2;
    }
    b->text = (Str){b->room, end};
    s->at += (int64_t)end;
    s->line += b->lines;
    b->end = s->at;
    return true;
}

/* ---- The form of the file. */

static bool header_fault(Source *s, const Fault *fault, Str name, Err *err)
{
    err_set(err, fault, name);
    err_at(err, s->path, 1, 0);
    return false;
}

static ColumnKind kind_of(const RegistryKind *kind, Str property)
{
    for (size_t i = 0; i < kind->column_count; i++)
        if (str_equal(kind->columns[i].property, property))
            return kind->columns[i].kind;
    return COLUMN_TEXT; /* the key */
}

static bool read_names(Source *s, const RegistryKind *kind, const CsvRecord *record, Err *err)
{
    SourceForm *f = &s->form;
    for (size_t i = 0; i < record->count; i++) {
        Str name = record->fields[i];
        const RegistryProperty *p = registry_property(&kind->about, name);
        if (!p || str_find(name, STR(".")) >= 0)
            return header_fault(s, &fault_registry_load_column_unknown, name, err);
        for (size_t k = 0; k < i; k++)
            if (f->fields[k] == p)
                return header_fault(s, &fault_registry_load_column_twice, name, err);
        f->fields[i] = p;
        f->kinds[i] = kind_of(kind, name);
    }
    f->field_count = record->count;
    for (size_t i = 0; i < kind->about.property_count; i++) {
        const RegistryProperty *p = &kind->about.properties[i];
        bool there = !p->required || str_find(p->name, STR(".")) >= 0;
        for (size_t k = 0; k < f->field_count; k++)
            there = there || f->fields[k] == p;
        if (!there)
            return header_fault(s, &fault_registry_load_column_missing, p->name, err);
    }
    return true;
}

/* The separator under which the first line has most fields. */
static char separator_of(Str text)
{
    static const char candidates[] = {',', ';', '\t'};
    char best = ',';
    size_t most = 0;
    Str rest = text, line = str_split(&rest, '\n');
    for (size_t i = 0; i < sizeof candidates; i++) {
        size_t count = 0;
        for (size_t k = 0; k < line.len; k++)
            count += line.ptr[k] == candidates[i];
        if (count > most) {
            most = count;
            best = candidates[i];
        }
    }
    return best;
}

static bool read_header(Source *s, const RegistryKind *kind, Err *err)
{
    SourceBlock first = {0};
    CsvReader reader;
    CsvRecord record;
    Arena *a = arena_open(1u << 20);
    bool good = source_block(s, &first, err);
    if (good) {
        s->form.separator = separator_of(first.text);
        csv_reader_init(&reader, first.text, s->form.separator);
        good = csv_reader_next(&reader, a, &record, err);
        if (!good)
            err_at(err, s->path, err->line, 0);
        else if (!record.count)
            good = header_fault(s, &fault_registry_load_empty, STR_NONE, err);
        good = good && read_names(s, kind, &record, err);
        source_go_on(s, (int64_t)reader.at, reader.line);
    }
    arena_close(a);
    return good;
}

static bool skip_mark(Source *s, Err *err)
{
    char mark[3];
    size_t got;
    if (!large_file_read(s->file, 0, mark, sizeof mark, &got, err))
        return false;
    if (str_equal((Str){mark, got}, STR("\xef\xbb\xbf")))
        s->at = 3;
    return true;
}

bool source_open(Str path, const RegistryKind *kind, Source **out, Err *err)
{
    Arena *a = arena_open(SOURCE_ARENA_BYTES);
    Source *s = arena_new(a, Source);
    *out = NULL;
    *s = (Source){.arena = a, .path = arena_copy(a, path), .line = 1};
    s->form.json = str_ends(path, STR(".jsonl")) || str_ends(path, STR(".ndjson"));
    bool csv = str_ends(path, STR(".csv"));
    if (!s->form.json && !csv)
        err_set(err, &fault_registry_load_form, path);
    else if (large_file_open(path, LARGE_FILE_TO_READ, &s->file, err) &&
             (s->form.json ? skip_mark(s, err) : read_header(s, kind, err))) {
        *out = s;
        return true;
    }
    source_close(s);
    return false;
}

void source_close(Source *s)
{
    if (!s)
        return;
    large_file_close(s->file);
    arena_close(s->arena);
}

const SourceForm *source_form(const Source *s) { return &s->form; }

LargeFileMark source_mark(const Source *s) { return large_file_mark(s->file); }

int64_t source_size(const Source *s) { return large_file_size(s->file); }

void source_at(const Source *s, int64_t *at, uint32_t *line)
{
    *at = s->at;
    *line = s->line;
}

void source_go_on(Source *s, int64_t at, uint32_t line)
{
    s->at = at;
    s->line = line;
}

/* ---- Records. */

struct RecordReader {
    Arena *arena;
    const SourceForm *form;
    CsvReader csv;
    Str rest; /* JSON Lines */
    uint32_t line;
};

RecordReader *records_open(const SourceForm *form)
{
    Arena *a = arena_open(1u << 20);
    RecordReader *r = arena_new(a, RecordReader);
    r->arena = a;
    r->form = form;
    return r;
}

void records_close(RecordReader *r)
{
    if (r)
        arena_close(r->arena);
}

void records_begin(RecordReader *r, Str text, uint32_t line)
{
    r->rest = text;
    r->line = line;
    if (r->form->json)
        return;
    csv_reader_init(&r->csv, text, r->form->separator);
    r->csv.at = 0; /* a mark can only stand at the beginning of the file, where the names are */
    r->csv.line = line;
}

/* A field as its column wants it; what does not fit stays text for the schema to refuse. */
static Value field_value(Arena *a, ColumnKind kind, Str text)
{
    Dec number;
    Value v;
    switch (kind) {
    case COLUMN_INTEGER:
    case COLUMN_NUMBER:
        return dec_parse(text, &number) ? value_number(number) : value_string(text);
    case COLUMN_BOOLEAN:
        if (str_equal(text, STR("true")) || str_equal(text, STR("false")))
            return value_boolean(text.len == 4);
        return value_string(text);
    case COLUMN_JSON: return json_parse(a, text, &v, NULL) ? v : value_string(text);
    default: return value_string(text);
    }
}

static RecordOutcome next_csv(RecordReader *r, Arena *a, Value *record, uint32_t *line, Err *err)
{
    const SourceForm *f = r->form;
    CsvRecord fields;
    *line = r->csv.line;
    if (!csv_reader_next(&r->csv, a, &fields, err)) {
        *line = err->line ? err->line : *line;
        return RECORD_STOP;
    }
    *line = fields.line;
    if (!fields.count)
        return RECORD_END;
    if (fields.count != f->field_count) {
        err_set(err, &fault_registry_load_field_count,
                registry_number_text(a, (int64_t)fields.count),
                registry_number_text(a, (int64_t)f->field_count));
        return RECORD_BAD;
    }
    ContextBuilder b = context_builder(a);
    for (size_t i = 0; i < fields.count; i++)
        if (fields.fields[i].len)
            context_put(&b, f->fields[i]->name, field_value(a, f->kinds[i], fields.fields[i]));
    *record = value_context(&b);
    return RECORD_GOOD;
}

static RecordOutcome next_json(RecordReader *r, Arena *a, Value *record, uint32_t *line, Err *err)
{
    for (;;) {
        *line = r->line;
        if (!r->rest.len)
            return RECORD_END;
        Str text = str_trim(str_split(&r->rest, '\n'));
        r->line++;
        if (!text.len)
            continue;
        return json_parse(a, text, record, err) ? RECORD_GOOD : RECORD_BAD;
    }
}

RecordOutcome records_next(RecordReader *r, Arena *a, Value *record, uint32_t *line, Err *err)
{
    return r->form->json ? next_json(r, a, record, line, err) : next_csv(r, a, record, line, err);
}
