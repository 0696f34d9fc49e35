/* submission.c - a command handed in: copied, with its fingerprint, and room for its reply.
 *
 * The copy is made on the submitter's thread, and so is the fingerprint, because both cost more
 * than anything else that could be taken off the writer. The fingerprint is over what makes two
 * requests the same: who, what kind, which body:
 *
 *     first 16 bytes of SM3(secret | actor | 0 | kind | 0 | canonical JSON of the body)
 *
 * A submission owns an arena and is used again and again. */
#include <string.h>

#include "base/check.h"
#include "codec/json.h"
#include "core/core_int.h"

Submission *submission_new(void)
{
    Arena *a = arena_open(CORE_COMMAND_ARENA);
    Submission *s = arena_new(a, Submission);
    s->arena = a;
    s->mark = arena_mark(a);
    return s;
}

void submission_close(Submission *s)
{
    if (s)
        arena_close(s->arena);
}

static Actor actor_copy(Arena *a, const Actor *from)
{
    check(from->role_count <= CORE_GROUPS_MAX);
    Actor actor = *from;
    actor.id = arena_copy(a, from->id);
    actor.name = arena_copy(a, from->name);
    actor.office = arena_copy(a, from->office);
    actor.subject = arena_copy(a, from->subject);
    for (size_t i = 0; i < from->role_count; i++)
        actor.roles[i] = arena_copy(a, from->roles[i]);
    return actor;
}

static void fingerprint(const Core *core, Submission *s)
{
    Buf body = buf_new(s->arena, 512);
    json_write(s->command.body, 0, &body);
    Str pieces[] = {{(const char *)core->fingerprint_secret, sizeof core->fingerprint_secret},
                    s->command.actor.id, {"\0", 1}, s->command.kind, {"\0", 1},
                    buf_text(&body)};
    Sm3 h = sm3_of(pieces, sizeof pieces / sizeof *pieces);
    memcpy(s->fingerprint, h.bytes, sizeof s->fingerprint);
}

void submission_fill(const Core *core, Submission *s, const Command *command)
{
    check(value_is_plain(command->body) && command->actor.id.len > 0);
    Arena *a = s->arena;
    arena_reset_to(a, s->mark);
    s->command = (Command){.id = command->id, .kind = arena_copy(a, command->kind),
                           .actor = actor_copy(a, &command->actor),
                           .body = value_copy(a, command->body)};
    s->has_id = !id_is_none(command->id);
    s->outside = !str_equal(command->actor.id, STR("system"));
    s->answered = false;
    s->done = NULL;
    s->done_context = NULL;
    s->reply = (Reply){0};
    if (s->has_id)
        fingerprint(core, s);
}
