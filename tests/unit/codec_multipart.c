/* codec_multipart.c - bodies as clients send them, and bodies that no client should send. */
#include "codec_cases.h"

#include "codec/multipart.h"

#define TYPE "multipart/form-data; boundary=XyZ"

static bool read_one(Arena *a, const char *type, const char *body, MultipartPart **parts,
                     size_t *count, Err *err)
{
    return multipart_read(a, str_from(type), str_from(body), parts, count, err);
}

static void test_as_clients_send(void **state)
{
    (void)state;
    Arena *a = arena_open(1 << 20);
    MultipartPart *p;
    size_t count;
    assert_true(read_one(a, "Multipart/Form-Data; charset=utf-8; boundary=\"XyZ\"",
                         "--XyZ\r\nContent-Disposition: form-data; name=\"resources\"; "
                         "filename=\"a/b\\\\c/order.bpmn\"\r\nContent-Type: text/xml\r\n\r\n"
                         "<a>\r\n--Xy</a>\r\n--XyZ\r\ncontent-disposition:form-data;name=t\r\n\r\n"
                         "\r\n--XyZ\r\nContent-Disposition: form-data; name=\"x\"; "
                         "filename*=UTF-8''%E8%A1%A8.form\r\n\r\n{}\r\n--XyZ--\r\nbehind",
                         &p, &count, NULL));
    assert_int_equal(count, 3);
    assert_true(str_equal(p[0].name, STR("resources")));
    assert_true(str_equal(p[0].file, STR("order.bpmn")));
    assert_true(str_equal(p[0].type, STR("text/xml")));
    assert_true(str_equal(p[0].content, STR("<a>\r\n--Xy</a>")));
    assert_true(str_equal(p[1].name, STR("t")));
    assert_int_equal(p[1].content.len, 0);
    assert_true(str_equal(p[2].file, STR("表.form")));
    assert_true(str_equal(p[2].content, STR("{}")));
    arena_close(a);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *type, *body;
        const Fault *fault;
    } rows[] = {
        {"application/json", "{}", &fault_multipart_type},
        {"multipart/form-data", "--\r\n", &fault_multipart_type},
        {"multipart/form-data; boundary=", "--\r\n", &fault_multipart_type},
        {TYPE, "", &fault_multipart_broken},
        {TYPE, "--XyZ", &fault_multipart_broken},
        {TYPE, "--XyZ\r\n", &fault_multipart_broken},
        {TYPE, "--XyZ\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nnever closed",
         &fault_multipart_broken},
        {TYPE, "--XyZ\r\nContent-Type: text/xml\r\n\r\nno name\r\n--XyZ--", &fault_multipart_broken},
        {TYPE, "--XyZ\r\nContent-Disposition: form-data; name=\"\xff\"\r\n\r\n\r\n--XyZ--",
         &fault_multipart_broken},
        {TYPE, "--XyZabc\r\n", &fault_multipart_broken},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        Arena *a = arena_open(1 << 20);
        MultipartPart *p;
        size_t count;
        Err err = {0};
        assert_false(read_one(a, rows[i].type, rows[i].body, &p, &count, &err));
        assert_ptr_equal(err.fault, rows[i].fault);
        arena_close(a);
    }
}

/* Every beginning of a good body is refused, and none reads beyond its end. */
static void test_cut_anywhere(void **state)
{
    (void)state;
    static const char body[] = "--XyZ\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b\""
                               "\r\n\r\ncontent\r\n--XyZ--";
    for (size_t len = 0; len + 1 < sizeof body; len++) {
        Arena *a = arena_open(1 << 20);
        MultipartPart *p;
        size_t count;
        char *cut = arena_take(a, len + 1);
        for (size_t i = 0; i < len; i++)
            cut[i] = body[i];
        assert_int_equal(multipart_read(a, STR(TYPE), (Str){cut, len}, &p, &count, NULL),
                         len + 1 == sizeof body);
        arena_close(a);
    }
}

static void test_too_many(void **state)
{
    (void)state;
    Arena *a = arena_open(1 << 20);
    Buf body = buf_new(a, 4096);
    MultipartPart *p;
    size_t count;
    Err err = {0};
    for (unsigned i = 0; i <= MULTIPART_PARTS_MAX; i++)
        buf_add_text(&body, "--XyZ\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n");
    buf_add_text(&body, "--XyZ--");
    assert_false(multipart_read(a, STR(TYPE), buf_text(&body), &p, &count, &err));
    assert_ptr_equal(err.fault, &fault_multipart_parts);
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_clients_send),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
