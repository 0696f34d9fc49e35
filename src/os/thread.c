/* Threads and signals over POSIX threads.
 *
 * A Signal is a mutex with one condition. Its waits are measured on the monotonic clock, so
 * that setting the time of day neither delays nor hastens anyone. signal_wake wakes all: what
 * they wait for is the callers' state under the mutex, which each looks at again, and a wake-up
 * without cause is harmless.
 *
 * The mutex is of the error-checking kind: locking twice or unlocking what one does not hold is
 * a bug and fails a check, instead of standing still or going wrong later. */
#include "os/os.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"

#define THREAD_NAME_BYTES 16u /* what the kernel keeps, NUL included */
/* Rules run on the stacks of threads: at most 2 MB by lang/feel's depth limit, three times that
 * under a sanitizer. The size is said here because the system's default differs (2 MB where the
 * shell's limit is "unlimited"); pages that are never touched cost nothing. */
#define THREAD_STACK_BYTES (16u << 20)

struct Thread {
    pthread_t handle;
    ThreadMain *main;
    void *context;
    char name[THREAD_NAME_BYTES];
};

struct Signal {
    pthread_mutex_t mutex;
    pthread_cond_t condition;
};

static void *run_thread(void *argument)
{
    Thread *t = argument;
    pthread_setname_np(pthread_self(), t->name);
    t->main(t->context);
    return NULL;
}

Thread *thread_start(const char *name, ThreadMain *main, void *context)
{
    Thread *t = calloc(1, sizeof *t);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES);
    if (t) {
        t->main = main;
        t->context = context;
        memcpy(t->name, name, strnlen(name, THREAD_NAME_BYTES - 1));
    }
    if (!t || pthread_create(&t->handle, &attributes, run_thread, t) != 0) {
        fprintf(stderr, "the thread %s cannot be started\n", name);
        exit(EXIT_FAILURE);
    }
    pthread_attr_destroy(&attributes);
    return t;
}

void thread_join(Thread *t)
{
    int failed = pthread_join(t->handle, NULL);
    check(failed == 0);
    free(t);
}

Signal *signal_open(void)
{
    Signal *s = malloc(sizeof *s);
    check(s != NULL);
    pthread_mutexattr_t mutex_kind;
    pthread_condattr_t condition_kind;
    pthread_mutexattr_init(&mutex_kind);
    pthread_mutexattr_settype(&mutex_kind, PTHREAD_MUTEX_ERRORCHECK);
    pthread_condattr_init(&condition_kind);
    pthread_condattr_setclock(&condition_kind, CLOCK_MONOTONIC);
    int failed = pthread_mutex_init(&s->mutex, &mutex_kind);
    check(failed == 0);
    failed = pthread_cond_init(&s->condition, &condition_kind);
    check(failed == 0);
    pthread_mutexattr_destroy(&mutex_kind);
    pthread_condattr_destroy(&condition_kind);
    return s;
}

void signal_close(Signal *s)
{
    if (!s) return;
    int failed = pthread_mutex_destroy(&s->mutex);
    check(failed == 0);
    pthread_cond_destroy(&s->condition);
    free(s);
}

void signal_lock(Signal *s)
{
    int failed = pthread_mutex_lock(&s->mutex);
    check(failed == 0);
}

void signal_unlock(Signal *s)
{
    int failed = pthread_mutex_unlock(&s->mutex);
    check(failed == 0);
}

void signal_wake(Signal *s)
{
    pthread_cond_broadcast(&s->condition);
}

bool signal_wait(Signal *s, int64_t timeout_us)
{
    int result;
    if (timeout_us < 0) {
        result = pthread_cond_wait(&s->condition, &s->mutex);
    } else {
        /* A year is as good as for ever, and keeps the sum in range. */
        int64_t year_us = 366 * US_PER_DAY;
        int64_t until_us = clock_monotonic_ns() / 1000;
        until_us += timeout_us < year_us ? timeout_us : year_us;
        struct timespec until = {
            .tv_sec = until_us / US_PER_SECOND,
            .tv_nsec = until_us % US_PER_SECOND * 1000,
        };
        result = pthread_cond_timedwait(&s->condition, &s->mutex, &until);
    }
    check(result == 0 || result == ETIMEDOUT);
    return result == 0;
}
