/* codec_csv.c - CSV read record by record, its faults with their lines, and written again. */
#include "codec_cases.h"

#include "codec/csv.h"

/* All records as text: "line: [field][field]" each on a line. */
static Str show_records(Arena *a, Str text, char separator, Err *err)
{
    CsvReader r;
    CsvRecord record;
    Buf out = buf_new(a, 256);
    csv_reader_init(&r, text, separator);
    while (csv_reader_next(&r, a, &record, err) && record.count > 0) {
        buf_printf(&out, "%u:", record.line);
        for (size_t i = 0; i < record.count; i++)
            buf_printf(&out, "[%.*s]", STR_ARG(record.fields[i]));
        buf_add_char(&out, '\n');
    }
    return buf_text(&out);
}

static void test_records(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown;
        char separator;
    } rows[] = {
        {"", "", ','},
        {"\n\r\n\n", "", ','},
        {"a,b\n", "1:[a][b]\n", ','},
        {"a,b", "1:[a][b]\n", ','},
        {"a,b\r\nc,d\r\n", "1:[a][b]\n2:[c][d]\n", ','},
        {"a,b\nc,d\r\ne", "1:[a][b]\n2:[c][d]\n3:[e]\n", ','},
        {"\xef\xbb\xbf代码,名称\n420600,襄阳\n", "1:[代码][名称]\n2:[420600][襄阳]\n", ','},
        {"\xef\xbb\xbf\"a\",b", "1:[a][b]\n", ','},
        {",", "1:[][]\n", ','},
        {",,\n,", "1:[][][]\n2:[][]\n", ','},
        {"a,\n", "1:[a][]\n", ','},
        {" a , b \n", "1:[ a ][ b ]\n", ','},
        {"\"a,b\",c", "1:[a,b][c]\n", ','},
        {"\"a\"\"b\",\"\"\"\",\"\"", "1:[a\"b][\"][]\n", ','},
        {"\"\"", "1:[]\n", ','},
        {"\"a\nb\",c\nd", "1:[a\nb][c]\n3:[d]\n", ','},
        {"\"a\r\n\r\nb\"\r\nd", "1:[a\r\n\r\nb]\n4:[d]\n", ','},
        {"a\n\n\nb", "1:[a]\n4:[b]\n", ','},
        {"a;b,c;\"d;e\"", "1:[a][b,c][d;e]\n", ';'},
        {"a\tb,c\n", "1:[a][b,c]\n", '\t'},
        {"'a,b'", "1:['a][b']\n", ','},
        {"=1+1,-2,0012", "1:[=1+1][-2][0012]\n", ','},
    };
    Arena *a = arena_open(1 << 20);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        Err err = {0};
        Str shown = show_records(a, str_from(rows[i].text), rows[i].separator, &err);
        assert_null(err.fault);
        if (!str_equal(shown, str_from(rows[i].shown)))
            print_message("# %s -> %.*s\n", rows[i].text, STR_ARG(shown));
        assert_true(str_equal(shown, str_from(rows[i].shown)));
    }
    arena_close(a);
}

static void assert_refused(Arena *a, Str text, const Fault *fault, uint32_t line, Str shown)
{
    Err err = {0};
    Str read = show_records(a, text, ',', &err);
    assert_non_null(err.fault);
    assert_string_equal(err.fault->name, fault->name);
    assert_int_equal(err.line, line);
    assert_true(str_equal(read, shown)); /* what stood before the fault was read */
}

static void test_refused(void **state)
{
    (void)state;
    Arena *a = arena_open(4 << 20);
    assert_refused(a, STR("a\n\"b"), &fault_csv_quote_open, 2, STR("1:[a]\n"));
    assert_refused(a, STR("\""), &fault_csv_quote_open, 1, STR(""));
    assert_refused(a, STR("\"a\"\""), &fault_csv_quote_open, 1, STR(""));
    assert_refused(a, STR("a,\"b\n\n\nc,d\n"), &fault_csv_quote_open, 1, STR(""));
    assert_refused(a, STR("a\nb,c\"d\n"), &fault_csv_quote_stray, 2, STR("1:[a]\n"));
    assert_refused(a, STR("\"a\"b\n"), &fault_csv_quote_stray, 1, STR(""));
    assert_refused(a, STR("\"a\" ,b\n"), &fault_csv_quote_stray, 1, STR(""));
    assert_refused(a, STR(" \"a\"\n"), &fault_csv_quote_stray, 1, STR(""));
    assert_refused(a, STR("\"x\ny\",a\"\n"), &fault_csv_quote_stray, 2, STR(""));
    assert_refused(a, STR("a\rb\n"), &fault_csv_line_end, 1, STR(""));
    assert_refused(a, STR("a\nb\r"), &fault_csv_line_end, 2, STR("1:[a]\n"));
    arena_close(a);
}

static void test_encodings(void **state)
{
    (void)state;
    Arena *a = arena_open(4 << 20);
    /* 襄阳 in GB 18030 */
    assert_refused(a, STR("code,name\n420600,\xcf\xe5\xd1\xf4\n"), &fault_csv_encoding, 2,
                   STR("1:[code][name]\n"));
    assert_refused(a, STR("a,\"b\n\n\xcf\xe5\"\n"), &fault_csv_encoding, 3, STR(""));
    assert_refused(a, STR("\xcf\xe5,\"never closed"), &fault_csv_encoding, 1, STR(""));
    assert_refused(a, STR("\xff\xfe" "a\0,\0b\0\r\0\n\0"), &fault_csv_encoding, 1, STR(""));
    assert_refused(a, STR("\0a\0,\0b\0\r\0\n"), &fault_csv_encoding, 1, STR(""));
    assert_refused(a, STR("a,b\na,\xed\xa0\x80\n"), &fault_csv_encoding, 2, STR("1:[a][b]\n"));
    assert_refused(a, STR("a,\xe8\xa5\n"), &fault_csv_encoding, 1, STR(""));

    Err err = {0};
    Buf text = buf_new(a, 0);
    show_records(a, STR("a\n\xcf\xe5\n"), ',', &err);
    err_text(&err, LANG_EN, &text);
    assert_string_equal(buf_cstr(&text), "Line 2 is not UTF-8 (bytes 0xcfe5). Save the file as CSV "
                                         "UTF-8 and load it again.");
    arena_close(a);
}

static void test_limits(void **state)
{
    (void)state;
    Arena *a = arena_open(4 << 20);
    Buf text = buf_new(a, 0);
    for (size_t i = 1; i < CSV_FIELDS_MAX; i++)
        buf_add_char(&text, ',');
    CsvReader r;
    CsvRecord record;
    csv_reader_init(&r, buf_text(&text), ',');
    assert_true(csv_reader_next(&r, a, &record, NULL));
    assert_int_equal(record.count, CSV_FIELDS_MAX);
    assert_true(csv_reader_next(&r, a, &record, NULL));
    assert_int_equal(record.count, 0);
    assert_true(csv_reader_next(&r, a, &record, NULL)); /* the end stays the end */
    assert_int_equal(record.count, 0);
    buf_add_text(&text, ",道");
    assert_refused(a, buf_text(&text), &fault_csv_fields, 1, STR(""));

    Arena *small = arena_open(2048);
    Buf doubled = buf_new(a, 0);
    buf_add_char(&doubled, '"');
    for (int i = 0; i < 3000; i++)
        buf_add_text(&doubled, "\"\"");
    buf_add_char(&doubled, '"');
    Err err = {0};
    csv_reader_init(&r, buf_text(&doubled), ',');
    assert_false(csv_reader_next(&r, small, &record, &err));
    assert_true(err_is(&err, &fault_out_of_memory));
    arena_close(small);
    arena_close(a);
}

static void test_writer(void **state)
{
    (void)state;
    Arena *a = arena_open(1 << 20);
    Buf out = buf_new(a, 0);
    csv_write_record((const Str[]){STR("a"), STR(""), STR("b c"), STR("襄阳")}, 4, &out);
    csv_write_record((const Str[]){STR("a,b"), STR("\""), STR("x\ny"), STR("p\rq")}, 4, &out);
    csv_write_record((const Str[]){STR("")}, 1, &out);
    csv_write_record((const Str[]){STR("\"quoted\"")}, 1, &out);
    assert_string_equal(buf_cstr(&out), "a,,b c,襄阳\r\n\"a,b\",\"\"\"\",\"x\ny\",\"p\rq\"\r\n"
                                        "\"\"\r\n\"\"\"quoted\"\"\"\r\n");
    Err err = {0};
    Str shown = show_records(a, buf_text(&out), ',', &err);
    assert_true(str_equal(shown, STR("1:[a][][b c][襄阳]\n2:[a,b][\"][x\ny][p\rq]\n4:[]\n"
                                     "5:[\"quoted\"]\n")));
    buf_clear(&out);
    csv_write_record((const Str[]){STR("\xef\xbb\xbfx")}, 1, &out);
    assert_true(str_equal(show_records(a, buf_text(&out), ',', &err),
                          STR("1:[\xef\xbb\xbfx]\n")));
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records),   cmocka_unit_test(test_refused),
        cmocka_unit_test(test_encodings), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_writer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
