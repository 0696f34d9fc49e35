/* case_read_int.h - who sees how much of one case.
 *
 * Floor 5, used only in this folder. */
#ifndef DOMAIN_CASE_CASE_READ_INT_H
#define DOMAIN_CASE_CASE_READ_INT_H

#include "domain/case/case_int.h"

typedef struct CaseSight {
    bool own;    /* the reader is the applicant */
    bool office; /* a part belongs to the reader's office */
    bool all;    /* the reader sees all cases */
    bool data;   /* names, form data, opinions and contents in clear */
    Str actor;     /* account id of the reader */
    Str applicant; /* account id of the applicant */
} CaseSight;

/* What the actor may see of this case; false with case_unknown when nothing. */
bool case_sight(const Cases *cases, StoreConn *conn, int64_t node, const Actor *actor, Id id,
                Arena *a, CaseSight *out, Err *err);
/* The words of a pause reason; the reason itself when it has no code. */
Text2 case_pause_title(Str reason);

#endif
