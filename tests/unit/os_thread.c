/* Clocks, entropy, threads and signals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "os/os.h"

static bool threads_fail, allocations_fail;
static int interruptions;

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *argument)
{
    return threads_fail ? EAGAIN : __real_pthread_create(thread, attributes, start, argument);
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    return allocations_fail ? NULL : __real_calloc(count, size);
}

/* The kernel may interrupt and may give less than was asked for. */
ssize_t __real_getrandom(void *to, size_t count, unsigned flags);
ssize_t __wrap_getrandom(void *to, size_t count, unsigned flags);
ssize_t __wrap_getrandom(void *to, size_t count, unsigned flags)
{
    if (interruptions > 0) {
        interruptions--;
        errno = EINTR;
        return -1;
    }
    return __real_getrandom(to, count > 100 ? 100 : count, flags);
}

static void clocks(void **state)
{
    (void)state;
    Clock *c = clock_system();
    assert_false(clock_is_virtual(c));
    assert_true(llabs(clock_now(c).us / US_PER_SECOND - (int64_t)time(NULL)) <= 2);
    assert_false(clock_set(c, (Instant){0}));
    clock_close(c);
    clock_close(NULL);
    c = clock_virtual_open((Instant){5000});
    assert_true(clock_is_virtual(c));
    assert_int_equal(clock_now(c).us, 5000);
    assert_true(clock_set(c, (Instant){5000}));
    assert_true(clock_set(c, (Instant){6000}));
    assert_false(clock_set(c, (Instant){5999}));
    assert_int_equal(clock_now(c).us, 6000);
    clock_close(c);
    int64_t before = clock_monotonic_ns();
    assert_true(clock_monotonic_ns() >= before);
}

static void entropy(void **state)
{
    (void)state;
    /* The published first outputs of SplitMix64 for the seed 1234567. */
    const uint64_t expected[] = {6457827717110365317u, 3203168211198807973u, 9817491932198370423u};
    uint64_t words[3];
    Entropy *e = entropy_seeded_open(1234567);
    entropy_fill(e, words, sizeof words);
    assert_memory_equal(words, expected, sizeof words);
    entropy_close(e);
    e = entropy_seeded_open(1234567);
    uint8_t bytes[5];
    entropy_fill(e, bytes, sizeof bytes);
    assert_memory_equal(bytes, expected, sizeof bytes);
    entropy_fill(e, words, sizeof words[0]); /* the rest of a word is dropped */
    assert_true(words[0] == expected[1]);
    entropy_fill(e, bytes, 0);
    entropy_close(e);
    entropy_close(NULL);
    /* The kernel's: no two alike, every byte reached. */
    e = entropy_system();
    uint8_t first[1000], second[1000];
    memset(first, 0, sizeof first);
    memset(second, 0, sizeof second);
    interruptions = 2;
    entropy_fill(e, first, sizeof first);
    entropy_fill(e, second, sizeof second);
    assert_int_equal(interruptions, 0);
    assert_memory_not_equal(first, second, 16);
    assert_memory_not_equal(first + 984, second + 984, 16);
    entropy_fill(e, first, 0);
    entropy_close(e);
}

/* Two threads that hand a number to and fro under one signal. */
typedef struct Game {
    Signal *signal;
    Clock *clock;
    int turn; /* whose it is: 0, 1 */
    int count;
} Game;

typedef struct Player {
    Game *game;
    int side;
    char name[32];
} Player;

static void play(void *context)
{
    Player *p = context;
    Game *g = p->game;
    pthread_getname_np(pthread_self(), p->name, sizeof p->name);
    signal_lock(g->signal);
    while (g->count < 2000) {
        if (g->turn != p->side) {
            signal_wait(g->signal, -1);
            continue;
        }
        g->turn = 1 - p->side;
        g->count++;
        clock_set(g->clock, (Instant){g->count});
        signal_wake(g->signal);
    }
    signal_wake(g->signal);
    signal_unlock(g->signal);
}

static void threads(void **state)
{
    (void)state;
    Game game = {.signal = signal_open(), .clock = clock_virtual_open((Instant){0})};
    Player players[2] = {{.game = &game, .side = 0}, {.game = &game, .side = 1}};
    Thread *first = thread_start("left", play, &players[0]);
    Thread *second = thread_start("a name longer than fits", play, &players[1]);
    thread_join(first);
    thread_join(second);
    assert_int_equal(game.count, 2000);
    assert_int_equal(clock_now(game.clock).us, 2000);
    assert_string_equal(players[0].name, "left");
    assert_string_equal(players[1].name, "a name longer t");
    clock_close(game.clock);
    signal_close(game.signal);
    signal_close(NULL);
}

/* Threads that push one clock at once: it never goes back. */
static void push_clock(void *context)
{
    Clock *c = context;
    for (int64_t i = 1; i <= 20000; i++) {
        int64_t before = clock_now(c).us;
        clock_set(c, (Instant){i});
        if (clock_now(c).us < before || clock_now(c).us < i) abort();
    }
}

static void clock_pushed(void **state)
{
    (void)state;
    Clock *c = clock_virtual_open((Instant){0});
    Thread *threads[4];
    for (int i = 0; i < 4; i++) threads[i] = thread_start("push", push_clock, c);
    for (int i = 0; i < 4; i++) thread_join(threads[i]);
    assert_int_equal(clock_now(c).us, 20000);
    clock_close(c);
}

static void wake_soon(void *context)
{
    Game *g = context;
    signal_lock(g->signal);
    g->turn = 1;
    signal_wake(g->signal);
    signal_unlock(g->signal);
}

static void waiting(void **state)
{
    (void)state;
    Signal *s = signal_open();
    signal_lock(s);
    int64_t before = clock_monotonic_ns();
    assert_false(signal_wait(s, 20000));
    int64_t waited_ns = clock_monotonic_ns() - before;
    assert_true(waited_ns >= 19000000);
    assert_false(signal_wait(s, 0));
    /* The longest time there is may be asked for. */
    Game game = {.signal = s};
    Thread *t = thread_start("wake", wake_soon, &game);
    while (game.turn == 0) assert_true(signal_wait(s, INT64_MAX));
    signal_unlock(s);
    thread_join(t);
    signal_close(s);
}

/* How a child process that runs body ends: its exit status, or minus the signal. */
static int ending(void (*body)(void))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        close(STDERR_FILENO);
        body();
        _exit(99);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void no_thread(void)
{
    threads_fail = true;
    thread_start("none", wake_soon, NULL);
}

static void no_memory(void)
{
    allocations_fail = true;
    thread_start("none", wake_soon, NULL);
}

static void lock_twice(void)
{
    Signal *s = signal_open();
    signal_lock(s);
    signal_lock(s);
}

static void unlock_unlocked(void)
{
    signal_unlock(signal_open());
}

static void endings(void **state)
{
    (void)state;
    assert_int_equal(ending(no_thread), EXIT_FAILURE);
    assert_int_equal(ending(no_memory), EXIT_FAILURE);
    assert_int_equal(ending(lock_twice), -SIGABRT);
    assert_int_equal(ending(unlock_unlocked), -SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clocks),  cmocka_unit_test(entropy),      cmocka_unit_test(threads),
        cmocka_unit_test(waiting), cmocka_unit_test(clock_pushed), cmocka_unit_test(endings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
