/* csv.c - the CSV of RFC 4180, as spreadsheets and registries exchange it.
 *
 *   record = field { separator field } ( CRLF | LF | end )
 *   field  = plain | '"' { any character but '"' | '""' } '"'
 *   plain  = no quote, no separator, no line end
 *
 * Fields are slices of the text, so that a bulk load copies nothing; only a field with doubled
 * quotes is built anew. A field is text: blanks around it belong to it, and what looks like a
 * number or a date is not touched.
 *
 * The separator, quotes and line ends never occur as the second or fourth byte of a GB 18030
 * character, so a file in that encoding still falls into its records; every record is then
 * judged as UTF-8, and the fault names the line that a person has to look at. Text of 16-bit
 * characters holds zero bytes, which are refused the same way. */
#include "codec/csv.h"

#include <string.h>

#include "base/check.h"

FAULT_DEFINE(CSV_FAULTS)

static bool refuse(Arena *a, const Fault *fault, uint32_t line, Str second, Err *err)
{
    err_set(err, fault, arena_printf(a, "%u", line), second);
    err_at(err, STR_NONE, line, 1);
    return false;
}

/* Is the record, as far as it has been read, UTF-8 without zero bytes? */
static bool judge_encoding(const CsvReader *r, Arena *a, Err *err)
{
    Str record = str_slice(r->text, r->record_at, r->at);
    const char *zero = record.len > 0 ? memchr(record.ptr, '\0', record.len) : NULL;
    size_t bad_at = record.len;
    bool well_formed = utf8_valid(record, &bad_at);
    if (well_formed && zero == NULL)
        return true;
    if (well_formed || (zero != NULL && (size_t)(zero - record.ptr) < bad_at))
        bad_at = (size_t)(zero - record.ptr);
    uint32_t line = r->record_line;
    for (size_t i = 0; i < bad_at; i++)
        line += record.ptr[i] == '\n';
    Buf bytes = buf_new(a, 16);
    buf_add_text(&bytes, "0x");
    Str bad = str_slice(record, bad_at, bad_at + 2);
    buf_add_hex(&bytes, bad.ptr, bad.len);
    return refuse(a, &fault_csv_encoding, line, buf_text(&bytes), err);
}

/* The record is badly formed at r->at; but when its encoding is wrong, that is the reason. */
static bool refuse_form(CsvReader *r, Arena *a, const Fault *fault, uint32_t line, Str second,
                        Err *err)
{
    return judge_encoding(r, a, err) && refuse(a, fault, line, second, err);
}

void csv_reader_init(CsvReader *r, Str text, char separator)
{
    check(separator == ',' || separator == ';' || separator == '\t');
    bool marked = str_starts(text, STR("\xef\xbb\xbf"));
    r->text = text;
    r->at = marked ? 3 : 0;
    r->line = 1;
    r->record_at = r->at;
    r->record_line = 1;
    r->separator = separator;
}

/* The content of a quoted field with every "" made one quote. */
static bool undouble(Arena *a, Str quoted, Str *out, Err *err)
{
    char *text = arena_take(a, quoted.len + 1);
    if (text == NULL || arena_failed(a))
        return err_set(err, &fault_out_of_memory, STR("CSV"));
    size_t len = 0;
    for (size_t i = 0; i < quoted.len; i++) {
        text[len++] = quoted.ptr[i];
        if (quoted.ptr[i] == '"')
            i++;
    }
    *out = (Str){text, len};
    return true;
}

/* A quoted field; r->at stands on the opening quote and ends behind the closing one. */
static bool read_quoted(CsvReader *r, Arena *a, Str *out, Err *err)
{
    uint32_t opened_in = r->line;
    size_t from = ++r->at;
    bool doubled = false;
    const char *text = r->text.ptr;
    for (; r->at < r->text.len; r->at++) {
        r->line += text[r->at] == '\n';
        if (text[r->at] != '"')
            continue;
        if (r->at + 1 < r->text.len && text[r->at + 1] == '"') {
            doubled = true;
            r->at++;
            continue;
        }
        *out = str_slice(r->text, from, r->at++);
        return !doubled || undouble(a, *out, out, err);
    }
    return refuse_form(r, a, &fault_csv_quote_open, opened_in, STR_NONE, err);
}

static Str read_plain(CsvReader *r)
{
    size_t from = r->at;
    const char *text = r->text.ptr;
    for (; r->at < r->text.len; r->at++) {
        char c = text[r->at];
        if (c == r->separator || c == '\n' || c == '\r' || c == '"')
            break;
    }
    return str_slice(r->text, from, r->at);
}

/* Behind a field: *more when a separator was taken, otherwise the line end was taken. */
static bool read_behind_field(CsvReader *r, Arena *a, size_t field, bool *more, Err *err)
{
    *more = false;
    if (r->at == r->text.len)
        return true;
    char c = r->text.ptr[r->at];
    if (c == '\r') {
        if (r->at + 1 == r->text.len || r->text.ptr[r->at + 1] != '\n')
            return refuse_form(r, a, &fault_csv_line_end, r->line, STR_NONE, err);
        r->at++;
        c = '\n';
    }
    if (c == r->separator) {
        *more = true;
    } else if (c == '\n') {
        r->line++;
    } else {
        return refuse_form(r, a, &fault_csv_quote_stray, r->line,
                           arena_printf(a, "%zu", field), err);
    }
    r->at++;
    return true;
}

static void skip_empty_lines(CsvReader *r)
{
    for (;;) {
        Str rest = str_slice(r->text, r->at, r->at + 2);
        bool lf = str_starts(rest, STR("\n"));
        if (!lf && !str_equal(rest, STR("\r\n")))
            return;
        r->at += lf ? 1 : 2;
        r->line++;
    }
}

bool csv_reader_next(CsvReader *r, Arena *a, CsvRecord *out, Err *err)
{
    skip_empty_lines(r);
    *out = (CsvRecord){.fields = r->fields, .count = 0, .line = r->line};
    if (r->at == r->text.len)
        return true;
    r->record_at = r->at;
    r->record_line = r->line;
    size_t count = 0;
    for (bool more = true; more;) {
        if (count == CSV_FIELDS_MAX)
            return refuse_form(r, a, &fault_csv_fields, out->line,
                               arena_printf(a, "%u", CSV_FIELDS_MAX), err);
        bool quoted = r->at < r->text.len && r->text.ptr[r->at] == '"';
        if (!quoted)
            r->fields[count] = read_plain(r);
        else if (!read_quoted(r, a, &r->fields[count], err))
            return false;
        count++;
        if (!read_behind_field(r, a, count, &more, err))
            return false;
    }
    if (!judge_encoding(r, a, err))
        return false;
    out->count = count;
    return true;
}

/* A field that begins with a byte order mark could begin the file, and be taken for its mark. */
static bool must_quote(Str field)
{
    if (str_starts(field, STR("\xef\xbb\xbf")))
        return true;
    for (size_t i = 0; i < field.len; i++)
        if (field.ptr[i] == ',' || field.ptr[i] == '"' || field.ptr[i] == '\r' ||
            field.ptr[i] == '\n')
            return true;
    return false;
}

static void write_field(Str field, bool quoted, Buf *out)
{
    if (!quoted) {
        buf_add(out, field);
        return;
    }
    buf_add_char(out, '"');
    for (Str rest = field; rest.ptr != NULL;) {
        buf_add(out, str_split(&rest, '"'));
        if (rest.ptr != NULL)
            buf_add_text(out, "\"\"");
    }
    buf_add_char(out, '"');
}

void csv_write_record(const Str *fields, size_t count, Buf *out)
{
    check(count > 0);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_add_char(out, ',');
        /* A record of one empty field would be an empty line, which is no record. */
        write_field(fields[i], must_quote(fields[i]) || (count == 1 && fields[i].len == 0), out);
    }
    buf_add_text(out, "\r\n");
}
