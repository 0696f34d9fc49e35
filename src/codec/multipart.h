/* multipart.h - multipart/form-data bodies (RFC 7578, RFC 2046 5.1) taken apart.
 *
 * Parts are slices of the body: nothing is copied but names. Strict where it guards (the boundary
 * of the header field, a closing delimiter, limits), lenient in what browsers and clients differ
 * in: text before the first delimiter and behind the last is passed over, a file name may come as
 * filename="..." or filename*=UTF-8''...
 * Floor 2. Pure; parts live as long as body and arena. */
#ifndef CODEC_MULTIPART_H
#define CODEC_MULTIPART_H

#include "base/err.h"

#define MULTIPART_PARTS_MAX 64u
#define MULTIPART_HEAD_BYTES 4096u /* header fields of one part */
#define MULTIPART_BOUNDARY_MAX 70u /* RFC 2046 */

typedef struct MultipartPart {
    Str name;      /* of the form field */
    Str file;      /* file name without folders; empty: an ordinary field */
    Str type;      /* Content-Type of the part; empty: none given */
    Str content;
} MultipartPart;

/* content_type is the header field of the request. *parts has *count items. */
bool multipart_read(Arena *a, Str content_type, Str body, MultipartPart **parts, size_t *count,
                    Err *err);

#define MULTIPART_FAULTS(X)                                                                    \
    X(multipart_type, INPUT, 415, false,                                                       \
      "The body must be multipart/form-data with a boundary, not \"{1}\".",                    \
      "请求体应为带 boundary 的 multipart/form-data，而不是“{1}”。")                           \
    X(multipart_broken, INPUT, 400, false, "The multipart body is not well formed: {1}.",      \
      "multipart 请求体格式有误：{1}。")                                                       \
    X(multipart_parts, INPUT, 413, false, "The multipart body has more than {1} parts.",       \
      "multipart 请求体超过 {1} 个部分。")
FAULT_DECLARE(MULTIPART_FAULTS)

#endif
