/* ledger_play.c - random plays against a model that knows nothing of the ledger's code.
 *
 * The model is a few arrays and the rules in their plainest form. Each play gives a seed its own
 * sequence of single steps and of lists; whatever the model says (accepted or not, and every
 * balance after it) the ledger must say, and after the play a replay gives the same rows and
 * every invariant holds. Every eighth play is in a file, which is closed and opened again now and
 * then, so that the caches are read from the rows. A failing play prints its seed. */
#include "ledger_desk.h"

#include <string.h>

#define PURSES 6
#define TILLS 2
#define ACCOUNTS (1 + PURSES + TILLS) /* outside, purses, tills */
#define MARKS 3                       /* free, relief, road */
#define HOLDS_MAX 512
#define MOVES_MAX 2048
#define PLAYS 100
#define STEPS 120

typedef struct ModelHold {
    int64_t number;
    int from, to, mark;
    int64_t left;
    int64_t expires; /* minutes; 0: never */
    bool over;
} ModelHold;

typedef struct ModelMove {
    int from, to, mark;
    int64_t amount;
    bool can, reversed;
} ModelMove;

typedef struct Model {
    int64_t posted[ACCOUNTS][MARKS], out[ACCOUNTS][MARKS], in[ACCOUNTS][MARKS];
    ModelHold holds[HOLDS_MAX];
    int hold_count;
    ModelMove moves[MOVES_MAX]; /* by number */
    int64_t next;
    int64_t minute;
} Model;

static Model model;
static uint64_t seed;
static const char *const marks[MARKS] = {"", "relief", "road/7"};

static uint64_t any(uint64_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % below;
}

static const char *name_of(int account)
{
    static char names[4][20];
    static int turn;
    char *name = names[turn++ % 4];
    if (account == 0)
        snprintf(name, 20, "outside");
    else if (account <= PURSES)
        snprintf(name, 20, "purse/%d", account);
    else
        snprintf(name, 20, "till/%d", account - PURSES);
    return name;
}

static int64_t sum(const int64_t cells[MARKS])
{
    return cells[0] + cells[1] + cells[2];
}

/* ---- The model. */

static bool model_flow(int from, int to)
{
    bool purse_from = from >= 1 && from <= PURSES, purse_to = to >= 1 && to <= PURSES;
    if (from == to)
        return false;
    return (from == 0 && purse_to) || purse_from ? to != 0 : from != 0 && purse_to;
}

static bool model_fits(const Model *m, int from, int to, int mark, int64_t amount)
{
    if (from != 0 && m->posted[from][mark] - m->out[from][mark] < amount)
        return false;
    return to <= PURSES || sum(m->posted[to]) + sum(m->in[to]) + amount <= 1000;
}

static void model_post(Model *m, int from, int to, int mark, int64_t amount)
{
    m->posted[from][mark] -= amount;
    m->posted[to][mark] += amount;
}

static int64_t model_number(Model *m, int from, int to, int mark, int64_t amount, bool can)
{
    m->moves[m->next] = (ModelMove){from, to, mark, amount, can, false};
    return m->next++;
}

static void model_release(Model *m, ModelHold *h, int64_t amount)
{
    m->out[h->from][h->mark] -= amount;
    m->in[h->to][h->mark] -= amount;
    h->left -= amount;
    h->over = h->left == 0;
}

static void model_lapse(Model *m)
{
    for (int i = 0; i < m->hold_count; i++) {
        ModelHold *h = &m->holds[i];
        if (h->over || !h->expires || h->expires > m->minute)
            continue;
        model_release(m, h, h->left);
        m->next++;
    }
}

/* ---- Steps: each writes itself, and says whether the model takes it. */

static bool step_transfer(Model *m, Buf *out, bool hold)
{
    int from = (int)any(ACCOUNTS), to = (int)any(ACCOUNTS), mark = (int)any(MARKS);
    int64_t amount = (int64_t)any(300) + 1, expires = 0;
    if (!model_flow(from, to)) {
        from = any(3) ? (int)any(PURSES) + 1 : 0;
        to = from % PURSES + 1;
    }
    buf_printf(out, "{'do': '%s', 'from': '%s', 'to': '%s', 'amount': %lld", hold ? "hold" : "transfer",
               name_of(from), name_of(to), (long long)amount);
    if (mark)
        buf_printf(out, ", 'earmark': '%s'", marks[mark]);
    if (hold && any(2)) {
        expires = m->minute + 1 + (int64_t)any(5);
        buf_printf(out, ", 'expires': '2026-03-01T%02d:%02d:00+08:00'", 9 + (int)(expires / 60),
                   (int)(expires % 60));
    }
    buf_add_char(out, '}');
    if (!model_fits(m, from, to, mark, amount))
        return false;
    int64_t number = model_number(m, from, to, mark, amount, !hold);
    if (!hold) {
        model_post(m, from, to, mark, amount);
        return true;
    }
    m->out[from][mark] += amount;
    m->in[to][mark] += amount;
    m->holds[m->hold_count++] = (ModelHold){number, from, to, mark, amount, expires, false};
    return true;
}

static bool step_end(Model *m, Buf *out, bool post)
{
    ModelHold nothing = {.number = 99999, .over = true};
    ModelHold *h = m->hold_count ? &m->holds[any((uint64_t)m->hold_count)] : &nothing;
    int64_t amount = any(2) ? (int64_t)any(200) + 1 : 0;
    bool keep = post && any(2);
    buf_printf(out, "{'do': '%s', 'hold': '%lld'", post ? "post" : "release", (long long)h->number);
    if (amount)
        buf_printf(out, ", 'amount': %lld", (long long)amount);
    if (keep)
        buf_add_text(out, ", 'keep': true");
    buf_add_char(out, '}');
    if (!amount)
        amount = h->left;
    if (h->over || amount > h->left || (h->expires && h->expires <= m->minute))
        return false;
    model_number(m, h->from, h->to, h->mark, amount, post);
    model_release(m, h, amount);
    if (post) {
        model_post(m, h->from, h->to, h->mark, amount);
        if (h->left && !keep) {
            m->next++;
            model_release(m, h, h->left);
        }
    }
    return true;
}

static bool step_reverse(Model *m, Buf *out)
{
    int64_t number = (int64_t)any((uint64_t)m->next) + 1;
    buf_printf(out, "{'do': 'reverse', 'move': '%lld'}", (long long)number);
    ModelMove *old = &m->moves[number];
    if (number >= m->next || !old->can || old->reversed ||
        !model_fits(m, old->to, old->from, old->mark, old->amount))
        return false;
    old->reversed = true;
    model_post(m, old->to, old->from, old->mark, old->amount);
    model_number(m, old->to, old->from, old->mark, old->amount, false);
    return true;
}

static bool any_step(Model *m, Buf *out)
{
    switch (any(8)) {
    case 0:
    case 1:
    case 2: return step_transfer(m, out, false);
    case 3:
    case 4: return step_transfer(m, out, true);
    case 5: return step_end(m, out, true);
    case 6: return step_end(m, out, false);
    default: return step_reverse(m, out);
    }
}

/* ---- Comparing. */

static void compare(uint64_t play, int step)
{
    for (int i = 0; i < ACCOUNTS; i++) {
        LedgerAccount a = desk_account(name_of(i));
        if (a.posted != sum(model.posted[i]) || a.held_out != sum(model.out[i]) ||
            a.held_in != sum(model.in[i]))
            fail_msg("play %llu step %d: %s has %lld/%lld/%lld, the model %lld/%lld/%lld",
                     (unsigned long long)play, step, name_of(i), (long long)a.posted,
                     (long long)a.held_out, (long long)a.held_in, (long long)sum(model.posted[i]),
                     (long long)sum(model.out[i]), (long long)sum(model.in[i]));
    }
}

/* So that most steps have something to move. */
static void grant(void)
{
    Buf body = buf_new(desk.arena, 1024);
    buf_add_text(&body, "{'book': 'village', 'list': [");
    for (int i = 1; i <= PURSES; i++)
        for (int mark = 0; mark < MARKS; mark++) {
            buf_printf(&body, "%s{'from': 'outside', 'to': 'purse/%d', 'amount': 700",
                       model.next > 1 ? ", " : "", i);
            if (mark)
                buf_printf(&body, ", 'earmark': '%s'", marks[mark]);
            buf_add_char(&body, '}');
            model_post(&model, 0, i, mark, 700);
            model_number(&model, 0, i, mark, 700, true);
        }
    buf_add_text(&body, "]}");
    desk_do("ledger.transfer", buf_cstr(&body));
}

static void play_once(uint64_t play, const char *folder)
{
    static Model before;
    void *state = NULL;
    bool file = play % 8 == 0;
    if (file)
        setenv("LEDGER_DESK_DATA", folder, 1);
    else
        unsetenv("LEDGER_DESK_DATA");
    desk_open(&state);
    seed = play * 0x9E3779B97F4A7C15ull + 1;
    memset(&model, 0, sizeof model);
    model.next = 1;
    grant();
    for (int step = 0; step < STEPS && model.next < MOVES_MAX - 64 && model.hold_count < HOLDS_MAX - 16;
         step++) {
        Buf body = buf_new(desk.arena, 1024);
        int count = any(3) ? 1 : (int)any(6) + 1;
        bool takes = true;
        before = model;
        buf_add_text(&body, "{'book': 'village', 'list': [");
        for (int i = 0; i < count; i++) {
            if (i)
                buf_add_text(&body, ", ");
            takes = any_step(&model, &body) && takes;
            if (!takes)
                break;
        }
        buf_add_text(&body, "]}");
        if (!takes)
            model = before;
        Reply reply = desk_try("ledger.transact", buf_cstr(&body));
        if (reply.accepted != takes)
            fail_msg("play %llu step %d: %s (%s): %s", (unsigned long long)play, step,
                     takes ? "refused" : "accepted", reply.accepted ? "" : reply.err.fault->name,
                     buf_cstr(&body));
        compare(play, step);
        if (file && step % 17 == 16)
            desk_reopen();
        if (!any(10) && model.minute < 600) {
            model.minute += (int64_t)any(4) + 1;
            desk_move_to(arena_printf(desk.arena, "2026-03-01T%02d:%02d:00+08:00",
                                      9 + (int)(model.minute / 60), (int)(model.minute % 60))
                             .ptr);
            model_lapse(&model);
            compare(play, step);
        }
    }
    desk_close(&state);
}

static void plays(void **state)
{
    const char *only = getenv("LEDGER_PLAY");
    char folder[] = "/tmp/ledger_play_XXXXXX", cleaning[100];
    (void)state;
    assert_non_null(mkdtemp(folder));
    for (uint64_t play = 1; play <= PLAYS; play++)
        if (!only || strtoull(only, NULL, 10) == play)
            play_once(play, folder);
    snprintf(cleaning, sizeof cleaning, "rm -rf %s", folder);
    assert_int_equal(system(cleaning), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(plays)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
