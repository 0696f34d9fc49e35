/* csv.h - CSV (RFC 4180) read record by record, and written.
 *
 * The reader walks over a text in memory: a UTF-8 byte order mark is skipped, records end in
 * CRLF or LF, fields may stand in quotes and then hold separators, line breaks and doubled
 * quotes. Wholly empty lines are no records. How many fields a record should have is the
 * caller's to judge. Text that is not UTF-8 (GB 18030 as a rule) is refused with its line.
 * Floor 2. Pure. One thread a reader. */
#ifndef CODEC_CSV_H
#define CODEC_CSV_H

#include "base/buf.h"
#include "base/err.h"

#define CSV_FIELDS_MAX 512u

typedef struct CsvRecord {
    const Str *fields; /* count of them; the array is the reader's, valid until the next call */
    size_t count;      /* 0: there are no more records */
    uint32_t line;     /* of the first character, 1-based */
} CsvRecord;

typedef struct CsvReader {
    Str text;
    size_t at;     /* byte where reading goes on */
    uint32_t line; /* line of that byte */
    size_t record_at;     /* where the record began that is being read */
    uint32_t record_line; /* its line */
    char separator;
    Str fields[CSV_FIELDS_MAX];
} CsvReader;

/* Begin to read text, which must stay alive. The separator is a comma, semicolon or tab. */
void csv_reader_init(CsvReader *r, Str text, char separator);
/* The next record. Fields are slices of the text, but those with doubled quotes are built in a.
 * At the end: success with count 0. Faults carry the line; reading cannot go on behind one. */
bool csv_reader_next(CsvReader *r, Arena *a, CsvRecord *out, Err *err);

/* Append a record with CRLF; fields are quoted only where they must be. */
void csv_write_record(const Str *fields, size_t count, Buf *out);

#define CSV_FAULTS(X)                                                                          \
    X(csv_encoding, INPUT, 400, false,                                                         \
      "Line {1} is not UTF-8 (bytes {2}). Save the file as CSV UTF-8 and load it again.",      \
      "第 {1} 行不是 UTF-8 编码（字节 {2}），可能是 GB 18030，请另存为“CSV UTF-8”后重新导入。") \
    X(csv_quote_open, INPUT, 400, false,                                                       \
      "The quote opened in line {1} is never closed.", "第 {1} 行开始的引号没有结束。")        \
    X(csv_quote_stray, INPUT, 400, false,                                                      \
      "In line {1} field {2} has a quote in the wrong place. Put the whole field in quotes and " \
      "double the quotes inside.",                                                             \
      "第 {1} 行第 {2} 个字段的引号位置有误，请给整个字段加引号，字段内的引号写两遍。")        \
    X(csv_line_end, INPUT, 400, false,                                                         \
      "Line {1} has a carriage return without a line feed. Save the file with CRLF line ends.", \
      "第 {1} 行有单独的回车符，请以 CRLF 换行保存文件。")                                     \
    X(csv_fields, LIMIT, 400, false, "Line {1} has more than {2} fields.",                     \
      "第 {1} 行超过 {2} 个字段。")
FAULT_DECLARE(CSV_FAULTS)

#endif
