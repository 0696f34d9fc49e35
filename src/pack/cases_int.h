/* cases_int.h - the inside of the case runner: a play and what it sees.
 *
 * A Play is one case file being run in a node of its own. Floor 6, inside only. */
#ifndef PACK_CASES_INT_H
#define PACK_CASES_INT_H

#include "pack/pack_int.h"

typedef struct Play {
    Arena *arena;
    const PackSet *set;
    const PackFile *file;
    Core *core;
    Clock *clock;
    StoreConn *conn;
    const Cases *cases; /* state of the module "case" */
    Lang lang;
    size_t step; /* from 1; 0 outside of steps */
    bool failed;
    Buf out; /* what differed */
    Id case_id;   /* of the latest case.submit */
    Actor reader; /* who submitted it: the one who sees all of it */
    Value reply;
    ContextBuilder saved;
} Play;

void play_report_err(Play *p, const Err *err);
bool play_command(Play *p, const Actor *actor, Str kind, Value body, Reply *reply);
/* view.c: the names that expressions see; the open task of an element (0: none); an account as
 * actor; the state of the modules that reading needs; records and accounts of `given`; replay
 * and compare at the end. */
Value play_names(Play *p);
int64_t play_task(Play *p, Str element);
bool play_actor(Play *p, Str account, Actor *out);
void play_modules(Play *p, const Module *const *modules, size_t count);
bool play_given(Play *p, Value given);
void play_verify(Play *p);

#endif
