/* json_write.c - from a value to JSON text, always the same text.
 *
 * The journal hashes what is written here, so the bytes of a value never change:
 *   - no blanks (or, with indent, one line for every item, blanks only);
 *   - keys in the order of the context, never sorted: the order is part of the value;
 *   - numbers by dec_write_exact: digits and scale survive a reading;
 *   - in strings the quote, the backslash and the characters below U+0020 are escaped, the five
 *     that have one by their letter (\b \t \n \f \r), the others as \u00xx in lower case;
 *     everything else, U+007F and all above included, stands as UTF-8; "/" is not escaped.
 *
 * The writer does not recurse, because FEEL can build lists of any depth: containers that are
 * being written stand on a stack of frames, first on the C stack, then in the arena of the
 * buffer. Only plain values have a text; any other kind is a bug of the caller. */
#include "codec/json_int.h"

#include <string.h>

#include "base/check.h"

#define FRAMES_FIRST 32u

typedef struct Frame {
    Value container;
    size_t next; /* index of the item that is written next */
} Frame;

typedef struct Writer {
    Buf *out;
    unsigned indent;
    Frame *frames;
    size_t depth, capacity;
} Writer;

static bool must_escape(unsigned char c)
{
    return c < 0x20 || c == '"' || c == '\\';
}

static void write_escape(unsigned char c, Buf *out)
{
    static const char letters[] = "\"\\btnfr";
    static const char meanings[] = "\"\\\b\t\n\f\r";
    const char *meaning = c != 0 ? strchr(meanings, c) : NULL;
    char text[6] = {'\\', 'u', '0', '0', (char)('0' + c / 16), "0123456789abcdef"[c % 16]};
    size_t len = 6;
    if (meaning != NULL) {
        text[1] = letters[meaning - meanings];
        len = 2;
    }
    buf_add(out, (Str){text, len});
}

void json_write_string(Str s, Buf *out)
{
    size_t written = 0;
    buf_add_char(out, '"');
    for (size_t i = 0; i < s.len; i++) {
        if (!must_escape((unsigned char)s.ptr[i]))
            continue;
        buf_add(out, str_slice(s, written, i));
        write_escape((unsigned char)s.ptr[i], out);
        written = i + 1;
    }
    buf_add(out, str_slice(s, written, s.len));
    buf_add_char(out, '"');
}

static void write_line_start(Writer *w, size_t level)
{
    if (w->indent == 0)
        return;
    buf_add_char(w->out, '\n');
    for (size_t i = 0; i < level * w->indent; i++)
        buf_add_char(w->out, ' ');
}

static bool open_frame(Writer *w, Value container)
{
    if (w->depth == w->capacity) {
        Frame *grown = arena_new_array(w->out->arena, Frame, w->capacity * 2);
        if (grown == NULL || arena_failed(w->out->arena)) {
            w->out->failed = true;
            return false;
        }
        memcpy(grown, w->frames, w->depth * sizeof *grown);
        w->frames = grown;
        w->capacity *= 2;
    }
    w->frames[w->depth++] = (Frame){container, 0};
    buf_add_char(w->out, container.kind == VALUE_LIST ? '[' : '{');
    return true;
}

/* A scalar or an empty container is written whole, any other container is opened. */
static bool write_value(Writer *w, Value v)
{
    switch (value_kind(v)) {
    case VALUE_NULL:
        buf_add_text(w->out, "null");
        return true;
    case VALUE_BOOLEAN:
        buf_add(w->out, v.as.boolean ? STR("true") : STR("false"));
        return true;
    case VALUE_NUMBER:
        dec_write_exact(v.as.number, w->out);
        return true;
    case VALUE_STRING:
        json_write_string(v.as.string, w->out);
        return true;
    case VALUE_LIST:
    case VALUE_CONTEXT:
        if (value_count(v) > 0)
            return open_frame(w, v);
        buf_add(w->out, v.kind == VALUE_LIST ? STR("[]") : STR("{}"));
        return true;
    default:
        check(!"only plain values have a JSON text");
        return false;
    }
}

/* Write the next item of the innermost container, or close it. */
static bool write_step(Writer *w)
{
    Frame *frame = &w->frames[w->depth - 1];
    bool list = frame->container.kind == VALUE_LIST;
    size_t i = frame->next++;
    if (i == value_count(frame->container)) {
        w->depth--;
        write_line_start(w, w->depth);
        buf_add_char(w->out, list ? ']' : '}');
        return true;
    }
    if (i > 0)
        buf_add_char(w->out, ',');
    write_line_start(w, w->depth);
    if (list)
        return write_value(w, frame->container.as.list.items[i]);
    const ValueEntry *entry = &frame->container.as.context.entries[i];
    json_write_string(entry->key, w->out);
    buf_add(w->out, w->indent > 0 ? STR(": ") : STR(":"));
    return write_value(w, entry->value);
}

void json_write(Value v, unsigned indent, Buf *out)
{
    Frame first[FRAMES_FIRST];
    Writer w = {.out = out, .indent = indent, .frames = first, .capacity = FRAMES_FIRST};
    bool going = write_value(&w, v);
    while (going && w.depth > 0 && !buf_failed(out))
        going = write_step(&w);
}

Str json_copy_text(Arena *a, Value v)
{
    Buf out = buf_new(a, 128);
    json_write(v, 0, &out);
    return buf_failed(&out) ? STR_NONE : buf_text(&out);
}
