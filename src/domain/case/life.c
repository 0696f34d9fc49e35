/* life.c - the life cycles of cases, parts and corrections: words, titles, allowed moves.
 *
 *   case   submitted ──▶ accepted ──▶ approved | partial | refused | withdrawn | cancelled
 *              └──────────────────────▶ the same (a thing may decide without acceptance)
 *
 *   part   waiting ──▶ open ──▶ approved | refused | not_needed | stopped
 *             └──▶ not_needed | stopped               (the case ended before it was reached)
 *          approved | refused | not_needed | stopped ──▶ open     (the diagram came back)
 *
 * Nothing leaves an ended case. A part may open again, because diagrams have loops; its clock
 * does not. */
#include "domain/case/case_int.h"

typedef struct StateRow {
    const char *word, *zh, *en;
    bool ended;
} StateRow;

#define STATE_ROW(name, word, zh, en, ended) {word, zh, en, ended},
static const StateRow case_rows[] = {CASE_STATES(STATE_ROW)};
static const StateRow part_rows[] = {PART_STATES(STATE_ROW)};
#define WORD_ROW(name, word) word,
static const char *const correction_words[] = {CORRECTION_STATES(WORD_ROW)};

#define BIT(state) (1u << (state))

static const unsigned case_moves[CASE_STATE_COUNT] = {
    [CASE_SUBMITTED] = BIT(CASE_ACCEPTED) | BIT(CASE_APPROVED) | BIT(CASE_PARTIAL) |
                       BIT(CASE_REFUSED) | BIT(CASE_WITHDRAWN) | BIT(CASE_CANCELLED),
    [CASE_ACCEPTED] = BIT(CASE_APPROVED) | BIT(CASE_PARTIAL) | BIT(CASE_REFUSED) |
                      BIT(CASE_WITHDRAWN) | BIT(CASE_CANCELLED),
};

static const unsigned part_moves[PART_STATE_COUNT] = {
    [PART_WAITING] = BIT(PART_OPEN) | BIT(PART_NOT_NEEDED) | BIT(PART_STOPPED),
    [PART_OPEN] = BIT(PART_APPROVED) | BIT(PART_REFUSED) | BIT(PART_NOT_NEEDED) |
                  BIT(PART_STOPPED),
    [PART_APPROVED] = BIT(PART_OPEN),
    [PART_REFUSED] = BIT(PART_OPEN),
    [PART_NOT_NEEDED] = BIT(PART_OPEN),
    [PART_STOPPED] = BIT(PART_OPEN),
};

Str case_state_word(CaseState s)
{
    check(s < CASE_STATE_COUNT);
    return str_from(case_rows[s].word);
}

Text2 case_state_title(CaseState s)
{
    check(s < CASE_STATE_COUNT);
    return (Text2){str_from(case_rows[s].zh), str_from(case_rows[s].en)};
}

bool case_state_ended(CaseState s)
{
    check(s < CASE_STATE_COUNT);
    return case_rows[s].ended;
}

bool case_state_parse(Str word, CaseState *out)
{
    for (unsigned i = 0; i < CASE_STATE_COUNT; i++)
        if (str_equal(word, str_from(case_rows[i].word))) {
            *out = (CaseState)i;
            return true;
        }
    return false;
}

bool case_move_allowed(CaseState from, CaseState to)
{
    check(from < CASE_STATE_COUNT && to < CASE_STATE_COUNT);
    return case_moves[from] & BIT(to);
}

Str part_state_word(PartState s)
{
    check(s < PART_STATE_COUNT);
    return str_from(part_rows[s].word);
}

Text2 part_state_title(PartState s)
{
    check(s < PART_STATE_COUNT);
    return (Text2){str_from(part_rows[s].zh), str_from(part_rows[s].en)};
}

bool part_state_ended(PartState s)
{
    check(s < PART_STATE_COUNT);
    return part_rows[s].ended;
}

bool part_move_allowed(PartState from, PartState to)
{
    check(from < PART_STATE_COUNT && to < PART_STATE_COUNT);
    return part_moves[from] & BIT(to);
}

Str correction_state_word(CorrectionState s)
{
    check(s < CORRECTION_STATE_COUNT);
    return str_from(correction_words[s]);
}
