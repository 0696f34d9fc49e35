/* codec_speed.c - how fast JSON is read and written, CSV and XML are read, and SM3 hashes.
 *
 *     bench_codec FILE...      (.json, .csv, .xml and .bpmn, .dmn by their ending)
 *
 * Prints for each file the best of five runs, in MB/s of the file's bytes and microseconds a
 * file, with the memory a value takes; then SM3 of 32 bytes, 1 KB and 64 KB. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "codec/csv.h"
#include "codec/json.h"
#include "codec/xml.h"
#include "seal/seal.h"

#define RUNS 5
#define BYTES_A_RUN 100000000.0
#define ARENA_BYTES ((size_t)4 << 30)

typedef void Work(Arena *a, Str text);

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Seconds for one call of work, the best of the runs. */
static double measure(Arena *a, Work *work, Str text, int calls)
{
    double best = 1e9;
    for (int run = 0; run < RUNS; run++) {
        double began = now_s();
        for (int i = 0; i < calls; i++) {
            arena_reset(a);
            work(a, text);
        }
        double took = (now_s() - began) / calls;
        best = took < best ? took : best;
    }
    return best;
}

static void read_json(Arena *a, Str text)
{
    Value v;
    check(json_parse(a, text, &v, NULL));
}

static void read_and_write_json(Arena *a, Str text)
{
    Value v;
    check(json_parse(a, text, &v, NULL));
    check(json_copy_text(a, v).len > 0);
}

static void read_xml(Arena *a, Str text)
{
    XmlNode *root;
    check(xml_parse(a, text, &root, NULL));
}

static void read_csv(Arena *a, Str text)
{
    CsvReader r;
    CsvRecord record = {.count = 1};
    csv_reader_init(&r, text, ',');
    while (record.count > 0)
        check(csv_reader_next(&r, a, &record, NULL));
}

static void hash(Arena *a, Str text)
{
    (void)a;
    Sm3 h = sm3(text);
    check(h.bytes[0] != 0 || text.len > 0);
}

static void report(Arena *a, const char *what, const char *name, Work *work, Str text)
{
    int calls = (int)(BYTES_A_RUN / ((double)text.len + 100.0)) + 1;
    double took = measure(a, work, text, calls);
    arena_reset(a);
    work(a, text);
    printf("%-20s %-32s %9zu bytes %8.0f MB/s %10.2f us  memory %.1f x\n", what, name, text.len,
           (double)text.len / took / 1e6, took * 1e6,
           (double)arena_used_bytes(a) / (double)text.len);
}

static Str read_file(Arena *a, const char *path)
{
    FILE *file = fopen(path, "rb");
    check(file != NULL);
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    char *bytes = arena_take(a, size + 1);
    check(bytes != NULL && fread(bytes, 1, size, file) == size);
    fclose(file);
    return (Str){bytes, size};
}

int main(int argc, char **argv)
{
    Arena *files = arena_open(ARENA_BYTES);
    Arena *a = arena_open(ARENA_BYTES);
    for (int i = 1; i < argc; i++) {
        Str name = str_from(argv[i]);
        Str text = read_file(files, argv[i]);
        if (str_ends(name, STR(".json"))) {
            report(a, "JSON read", argv[i], read_json, text);
            report(a, "JSON read and write", argv[i], read_and_write_json, text);
        } else if (str_ends(name, STR(".csv"))) {
            report(a, "CSV read", argv[i], read_csv, text);
        } else {
            report(a, "XML read", argv[i], read_xml, text);
        }
    }
    static const size_t sizes[] = {32, 1024, 65536};
    char *zeros = arena_take(files, 65536);
    check(zeros != NULL);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        report(a, "SM3", "(zeros)", hash, (Str){zeros, sizes[i]});
    arena_close(a);
    arena_close(files);
    return 0;
}
