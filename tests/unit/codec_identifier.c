/* codec_identifier.c - identifiers of Chinese administration: published examples, every way to
 * get one wrong, and the codes that exist though their check character fails. */
#include "codec_cases.h"

#include "codec/identifier.h"

typedef struct Row {
    const char *format, *text;
    IdentifierOutcome outcome;
    const Fault *fault; /* NULL when valid */
    const char *second; /* argument {2}, NULL: not looked at */
} Row;

#define VALID(format, text) {format, text, IDENTIFIER_VALID, NULL, NULL}
#define LEGACY(format, text, fault) \
    {format, text, IDENTIFIER_LEGACY, &fault_identifier_##fault, NULL}
#define INVALID(format, text, fault, second) \
    {format, text, IDENTIFIER_INVALID, &fault_identifier_##fault, second}

static const Row rows[] = {
    /* GB 32100 */
    VALID("uscc", "91350100M000100Y43"),
    VALID("uscc", "91110000101623741K"),
    VALID("uscc", "911101066976941872"),
    VALID("uscc", "91130200699229617X"),
    VALID("uscc", "11100000000013338W"),
    VALID("uscc", "11440232MB2D06811W"),
    VALID("uscc", "113700000045030270"), /* the sum is 0 mod 31 */
    LEGACY("uscc", "91350211M0000XUF46", digit), /* in use; GB 11714 holds, GB 32100 does not */
    VALID("uscc", "91350211M0000XUF4R"),
    LEGACY("uscc", "911101066976941873", digit),
    INVALID("uscc", "91110106697694178A", digit, NULL), /* both check characters wrong */
    INVALID("uscc", "91350100M000100Y4Z", alphabet, "18"),
    INVALID("uscc", "9135010OM000100Y43", alphabet, "8"),
    INVALID("uscc", "I1350100M000100Y43", alphabet, "1"),
    INVALID("uscc", "91350100M000100y43", case, "16"),
    INVALID("uscc", "91350100m000100Y43", case, "9"),
    INVALID("uscc", "91350100s000100Y43", alphabet, "9"),
    INVALID("uscc", "91350100M000100Y4", length, "18"),
    INVALID("uscc", "91350100M000100Y433", length, "18"),
    INVALID("uscc", "91350100M000100Y4 3", length, "18"),
    INVALID("uscc", " 91350100M000100Y43", length, "18"),
    INVALID("uscc", "", length, "18"),
    INVALID("uscc", "91350100M000100Y4３", alphabet, "18"),
    INVALID("uscc", "襄350100M000100Y43X", alphabet, "1"),
    INVALID("uscc", "91350100M000100Y43\x80", length, "18"),
    INVALID("uscc", "91350100M000100Y\x80\x80", alphabet, "17"),
    /* GB 11714 */
    VALID("organisation", "101623741"),
    VALID("organisation", "69922961" "7"),
    VALID("organisation", "M0000XUF4"),
    VALID("organisation", "D2143569X"),
    INVALID("organisation", "101623742", digit, NULL),
    INVALID("organisation", "10162374-1", length, "9"),
    INVALID("organisation", "10162374A", alphabet, "9"),
    INVALID("organisation", "D2143569x", case, "9"),
    /* GB 11643 */
    VALID("citizen", "11010519491231002X"),
    VALID("citizen", "440524188001010014"),
    VALID("citizen", "370101190102039973"),
    INVALID("citizen", "11010519491231002x", case, "18"),
    INVALID("citizen", "110105194912310021", digit, NULL),
    INVALID("citizen", "11010519490231002X", date, NULL),
    INVALID("citizen", "110105194913310020", date, NULL),
    INVALID("citizen", "110105190002290020", date, NULL),
    INVALID("citizen", "110105170001010020", date, NULL),
    INVALID("citizen", "99010519491231002X", region, "99"),
    INVALID("citizen", "1101051949123100", length, "18"),
    INVALID("citizen", "1101O519491231002X", alphabet, "5"),
    INVALID("citizen", "11010519491231002Y", alphabet, "18"),
    LEGACY("citizen", "110105491231002", old),
    INVALID("citizen", "110105490231002", date, NULL),
    INVALID("citizen", "990105491231002", region, "99"),
    INVALID("citizen", "11010549123100X", alphabet, "15"),
    /* GB/T 36904 */
    VALID("licence", "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U"),
    VALID("licence", "1.2.156.3005.2.11100000000013338W009.11330105002500287C.2025052201.002.0"),
    VALID("licence", "1.2.156.3005.2.11100000MB03271699022.340100.000000016.001.9"),
    INVALID("licence", "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.V",
            digit, NULL),
    INVALID("licence", "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000413.001.U",
            digit, NULL),
    INVALID("licence", "1.2.156.3005.3.11100000000013338W011.11430000006122244L.20230000403.001.U",
            format, NULL),
    INVALID("licence", "11100000000013338W011.11430000006122244L.20230000403.001.U", format, NULL),
    INVALID("licence", "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001",
            format, NULL),
    INVALID("licence", "1.2.156.3005.2.11100000000013338W011.11430000006122244L.2023.001.U.1",
            format, NULL),
    INVALID("licence", "1.2.156.3005.2.11100000000013338W011.11430000006122244L..001.U", format,
            NULL),
    INVALID("licence", "1.2.156.3005.2.11100000000013338W011.1143.20230000403.001.U", format, NULL),
    INVALID("licence", "1.2.156.3005.2.11100000000013338W01A.11430000006122244L.2023.001.U",
            alphabet, "36"),
    INVALID("licence", "1.2.156.3005.2.11100000000013338W011.11430000006122244l.2023.001.U", case,
            "55"),
    INVALID("licence", "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20 3.001.U",
            alphabet, "59"),
    INVALID("licence", "", format, NULL),
    INVALID("licence", "1.2.156.3005.2.", format, NULL),
    /* GB/T 39554 */
    VALID("matter", "11440232MB2D06811W4000117051000"),
    VALID("matter", "11370800MB285591843370117002011"),
    INVALID("matter", "11440232MB2D06811W400011705100", length, "31"),
    INVALID("matter", "11440232MB2D06811W400011705100A", alphabet, "31"),
    LEGACY("matter", "91350211M0000XUF464000117051000", digit),
    INVALID("matter", "11440232MB2D06812A4000117051000", digit, NULL),
    /* GB/T 2260 */
    VALID("region", "420600"),
    VALID("region", "420000"),
    VALID("region", "429004"),
    VALID("region", "100000"),
    VALID("region", "820000"),
    INVALID("region", "000000", region, "00"),
    INVALID("region", "990000", region, "99"),
    INVALID("region", "4206", length, "6"),
    INVALID("region", "42060A", alphabet, "6"),
    /* HJ 608 */
    VALID("pollution-source", "91130200699229617X001P"),
    INVALID("pollution-source", "91130200699229617X001", length, "22"),
    INVALID("pollution-source", "91130200699229617X001Q", alphabet, "22"),
    INVALID("pollution-source", "91130200699229617X001p", case, "22"),
    INVALID("pollution-source", "911302006992296A7X001P", digit, NULL),
    /* mobile numbers */
    VALID("mobile", "13800000000"),
    INVALID("mobile", "23800000000", alphabet, "1"),
    INVALID("mobile", "1380000000", length, "11"),
    INVALID("mobile", "138-0000000", alphabet, "4"),
};

static void test_rows(void **state)
{
    (void)state;
    size_t failed = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const Row *row = &rows[i];
        Err err = {0};
        IdentifierOutcome outcome =
            identifier_check(str_from(row->format), str_from(row->text), &err);
        bool same = outcome == row->outcome && err.fault == row->fault &&
                    (row->second == NULL || str_equal(err_arg(&err, 1), str_from(row->second)));
        if (!same)
            print_message("# %s %s: %d %s {2}=%.*s\n", row->format, row->text, (int)outcome,
                          err.fault != NULL ? err.fault->name : "", STR_ARG(err_arg(&err, 1)));
        failed += !same;
        assert_int_equal(identifier_check(str_from(row->format), str_from(row->text), NULL),
                         outcome);
    }
    assert_int_equal(failed, 0);
}

static void test_formats(void **state)
{
    (void)state;
    assert_true(identifier_format_known(STR("uscc")));
    assert_false(identifier_format_known(STR("USCC")));
    assert_false(identifier_format_known(STR("")));
    assert_true(str_equal(identifier_format_name(STR("uscc"), LANG_ZH), STR("统一社会信用代码")));
    assert_true(str_equal(identifier_format_name(STR("citizen"), LANG_EN),
                          STR("citizen identity number")));
    assert_int_equal(identifier_format_name(STR("none"), LANG_ZH).len, 0);
}

static void assert_message(const char *format, const char *text, Lang lang, const char *expected)
{
    Arena *a = arena_open(1 << 16);
    Buf shown = buf_new(a, 0);
    Err err = {0};
    identifier_check(str_from(format), str_from(text), &err);
    err_text(&err, lang, &shown);
    assert_string_equal(buf_cstr(&shown), expected);
    arena_close(a);
}

/* Personal numbers are starred, long input is cut, and the texts read well. */
static void test_messages(void **state)
{
    (void)state;
    assert_message("uscc", "91350100M000100Y4", LANG_ZH,
                   "统一社会信用代码应为 18 位，“91350100M000100Y4”为 17 位。");
    assert_message("citizen", "11010519491231002x", LANG_EN,
                   "Write the letters of the citizen identity number \"110***********002x\" in "
                   "capitals: X at place 18.");
    assert_message("citizen", "110105194912310021", LANG_ZH,
                   "公民身份号码“110***********0021”的校验码不正确，请核对证照上的号码。");
    assert_message("citizen", "110105491231002", LANG_ZH,
                   "“110********1002”是 15 位旧身份证号码，请填写 18 位公民身份号码。");
    assert_message("mobile", "2380000123四", LANG_ZH,
                   "手机号码“238****123四”第 1 位的字符不符合编码规则。");
    assert_message("region", "990000", LANG_EN,
                   "The region code (GB/T 2260) \"990000\" names the region 99, which does not "
                   "exist.");
    assert_message("uscc", "道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道",
                   LANG_ZH,
                   "统一社会信用代码应为 18 位，“道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道道…”为 51 位。");
}

/* Any single wrong digit of an identity number is found (ISO 7064 MOD 11-2), and a USCC with one
 * wrong character is never valid. */
static void test_single_errors(void **state)
{
    (void)state;
    char citizen[] = "11010519491231002X";
    for (size_t i = 0; i < 17; i++) {
        char kept = citizen[i];
        for (char c = '0'; c <= '9'; c++) {
            citizen[i] = c;
            assert_int_equal(identifier_check(STR("citizen"), str_from(citizen), NULL) ==
                                 IDENTIFIER_VALID, c == kept);
        }
        citizen[i] = kept;
    }
    char uscc[] = "91110000101623741K";
    for (size_t i = 0; i < 18; i++) {
        char kept = uscc[i];
        for (const char *c = "0123456789ABCDEFGHJKLMNPQRTUWXY"; *c != '\0'; c++) {
            uscc[i] = *c;
            assert_int_equal(identifier_check(STR("uscc"), str_from(uscc), NULL) ==
                                 IDENTIFIER_VALID, *c == kept);
        }
        uscc[i] = kept;
    }
}

static void test_check_characters(void **state)
{
    (void)state;
    assert_int_equal(identifier_uscc_digit(STR("91350100M000100Y4")), '3');
    assert_int_equal(identifier_uscc_digit(STR("91350211M0000XUF4")), 'R');
    assert_int_equal(identifier_uscc_digit(STR("11370000004503027")), '0');
    assert_int_equal(identifier_uscc_digit(STR("00000000000000000")), '0');
    assert_int_equal(identifier_uscc_digit(STR("9135010IM000100Y4")), '\0');
    assert_int_equal(identifier_uscc_digit(STR("91350100M000100Y")), '\0');
    assert_int_equal(identifier_organisation_digit(STR("D2143569")), 'X');
    assert_int_equal(identifier_organisation_digit(STR("00000000")), '0');
    assert_int_equal(identifier_organisation_digit(STR("M0000XUF")), '4');
    assert_int_equal(identifier_organisation_digit(STR("M0000XU")), '\0');
    assert_int_equal(identifier_organisation_digit(STR("m0000XUF")), '\0');
    assert_int_equal(identifier_citizen_digit(STR("11010519491231002")), 'X');
    assert_int_equal(identifier_citizen_digit(STR("44052418800101001")), '4');
    assert_int_equal(identifier_citizen_digit(STR("37010119010203997")), '3');
    assert_int_equal(identifier_citizen_digit(STR("3701011901020399X")), '\0');
    assert_int_equal(identifier_citizen_digit(STR("")), '\0');
    assert_int_equal(identifier_mod_37_36(STR("A12425GABC1234002")), 'M');
    assert_int_equal(identifier_mod_37_36(STR("11100000000013338W011"
                                              "11430000006122244L20230000403001")), 'U');
    assert_int_equal(identifier_mod_37_36(STR("209FA4E8-")), '\0');
    assert_int_equal(identifier_mod_37_36(STR("")), '\0');

    char number[18];
    assert_true(identifier_citizen_from_15(STR("110105491231002"), number));
    assert_memory_equal(number, "11010519491231002X", 18);
    assert_false(identifier_citizen_from_15(STR("11010549123100"), number));
    assert_false(identifier_citizen_from_15(STR("11010549123100X"), number));
}

static void test_uscc_make(void **state)
{
    (void)state;
    static const uint64_t serials[] = {0, 1, 30, 31, 12345, 999999, IDENTIFIER_SERIAL_END - 1};
    char code[18];
    for (size_t i = 0; i < sizeof serials / sizeof serials[0]; i++) {
        assert_true(identifier_uscc_make(STR("91"), STR("420600"), serials[i], code));
        assert_memory_equal(code, "91420600MA", 10);
        assert_int_equal(identifier_check(STR("uscc"), (Str){code, 18}, NULL), IDENTIFIER_VALID);
    }
    for (uint64_t serial = 5000; serial < 6000; serial++) {
        char next[18];
        assert_true(identifier_uscc_make(STR("93"), STR("420625"), serial, code));
        assert_true(identifier_uscc_make(STR("93"), STR("420625"), serial + 1, next));
        assert_int_equal(identifier_check(STR("uscc"), (Str){code, 18}, NULL), IDENTIFIER_VALID);
        assert_true(memcmp(code, next, 16) < 0);
    }
    assert_true(identifier_uscc_make(STR("91"), STR("420600"), IDENTIFIER_SERIAL_END - 1, code));
    assert_memory_equal(code + 8, "MAYYYYYY", 8);
    assert_false(identifier_uscc_make(STR("91"), STR("420600"), IDENTIFIER_SERIAL_END, code));
    assert_false(identifier_uscc_make(STR("9"), STR("420600"), 1, code));
    assert_false(identifier_uscc_make(STR("9I"), STR("420600"), 1, code));
    assert_false(identifier_uscc_make(STR("91"), STR("4206"), 1, code));
    assert_false(identifier_uscc_make(STR("91"), STR("42060A"), 1, code));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),          cmocka_unit_test(test_formats),
        cmocka_unit_test(test_messages),      cmocka_unit_test(test_single_errors),
        cmocka_unit_test(test_check_characters), cmocka_unit_test(test_uscc_make),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
