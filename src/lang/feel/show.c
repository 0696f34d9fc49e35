/* show.c - a program as text: one node a line, children indented. */
#include "lang/feel/feel_int.h"

static const char *const show_names[FEEL_OP_COUNT] = {
#define X(name, eval) #name,
#include "lang/feel/feel_ops.def"
#undef X
};

static void show_code(const FeelCode *code, unsigned indent, Buf *out);

static void show_node(const FeelNode *n, unsigned indent, Buf *out) {
    if (n == NULL || indent > FEEL_NESTING_MAX) return;
    for (unsigned i = 0; i < indent; i++) buf_add_text(out, "  ");
    buf_add(out, str_from(show_names[n->op]));
    switch ((FeelOp)n->op) {
    case FEEL_OP_CONSTANT:
        buf_add_char(out, ' ');
        feel_write_value(n->constant, true, 0, out);
        break;
    case FEEL_OP_SLOT: case FEEL_OP_LOCAL: case FEEL_OP_CAPTURE:
        buf_printf(out, " %u %.*s", n->index, STR_ARG(n->name));
        break;
    case FEEL_OP_CALL_BUILTIN:
        buf_printf(out, " %s", ((const FeelBuiltin *)n->extra)->name);
        break;
    default:
        if (n->name.len > 0) buf_printf(out, " %.*s", STR_ARG(n->name));
        break;
    }
    buf_add_char(out, '\n');
    show_node(n->a, indent + 1, out);
    show_node(n->b, indent + 1, out);
    show_node(n->c, indent + 1, out);
    bool loop = n->op == FEEL_OP_FOR || n->op == FEEL_OP_SOME || n->op == FEEL_OP_EVERY;
    for (uint32_t i = 0; i < n->count * (loop ? 2u : 1u); i++) {
        if (n->names != NULL && !loop) {
            for (unsigned j = 0; j < indent + 1; j++) buf_add_text(out, "  ");
            buf_printf(out, "%.*s:\n", STR_ARG(n->names[i]));
        }
        show_node(n->items[i], indent + 1, out);
    }
    if (n->op == FEEL_OP_FUNCTION) show_code(n->extra, indent + 1, out);
}

static void show_code(const FeelCode *code, unsigned indent, Buf *out) {
    for (unsigned i = 0; i < indent; i++) buf_add_text(out, "  ");
    buf_add_text(out, "code(");
    for (uint32_t i = 0; i < code->parameter_count; i++)
        buf_printf(out, "%s%.*s", i > 0 ? ", " : "", STR_ARG(code->parameters[i]));
    buf_printf(out, ") locals %u captures %u\n", code->local_count, code->capture_count);
    show_node(code->body, indent + 1, out);
}

void feel_show(const FeelProgram *p, Buf *out) {
    for (size_t i = 0; i < p->slot_count; i++)
        buf_printf(out, "slot %u %.*s\n", (unsigned)i, STR_ARG(p->slots[i]));
    show_code(p->code, 0, out);
}
