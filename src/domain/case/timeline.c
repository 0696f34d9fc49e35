/* timeline.c - what happened to a case, in plain words and both languages.
 *
 * An entry is a code with what it needs: matter, office, parameters. The sentence is made when
 * it is read, from TIMELINE_KINDS, so that a better wording is one row here and old entries read
 * better too. A place in braces takes the entry's value in the reader's language: titles for
 * matters, offices and results, China time for instants, words for pause reasons that have a code.
 * A sentence whose place stays empty loses the blanks around it.
 *
 * Numbering is per case and from the rows alone, so a replay numbers alike. */
#include "codec/json.h"
#include "domain/case/case_int.h"
#include "domain/case/case_read_int.h"

#define TIMELINE_ENTRIES_MAX 5000u

/* Pause reasons that have a code: docs/packs.md. X(code, zh, en) */
#define PAUSE_REASONS(X)                                              \
    X("correction", "补正", "correction by the applicant")            \
    X("one_time_notice", "一次告知", "notice of missing papers")      \
    X("publicity", "公示", "public notice")                           \
    X("hearing", "听证", "hearing")                                   \
    X("inspection", "检验检测", "inspection or testing")              \
    X("expert_review", "专家评审", "expert review")                   \
    X("auction", "招标拍卖", "tender or auction")

static const Sql sql_add = {
    "INSERT INTO case_timeline (node, case_id, seq, at, kind, actor, office, matter, params,"
    " note) SELECT ?1, ?2, COALESCE(MAX(seq), 0) + 1, ?3, ?4, ?5, ?6, ?7, ?8, ?9"
    " FROM case_timeline WHERE node = ?1 AND case_id = ?2"};
static const Sql sql_read = {
    "SELECT seq, at, kind, actor, office, matter, params, note FROM case_timeline"
    " WHERE node = ?1 AND case_id = ?2 ORDER BY seq"};
static const Sql sql_matters = {
    "SELECT matter, title_zh, title_en FROM case_part WHERE node = ?1 AND case_id = ?2"};

typedef struct KindRow {
    const char *code, *en, *zh;
} KindRow;
#define KIND_ROW(name, code, en, zh) {code, en, zh},
static const KindRow kind_rows[] = {TIMELINE_KINDS(KIND_ROW)};

typedef struct ReasonRow {
    const char *code, *zh, *en;
} ReasonRow;
#define REASON_ROW(code, zh, en) {code, zh, en},
static const ReasonRow reason_rows[] = {PAUSE_REASONS(REASON_ROW)};

void case_timeline_add(StoreConn *conn, const Event *event, Id case_id, const TimelineRow *row)
{
    check(row->kind < TIMELINE_KIND_COUNT);
    Str params = value_count(row->params) ? json_copy_text(event->arena, row->params) : STR_NONE;
    store_write(conn, &sql_add,
                PARAMS(p_int(event->node), p_id(&case_id), p_instant(event->at),
                       p_text(str_from(kind_rows[row->kind].code)), p_text(event->actor),
                       p_text_or_null(row->office), p_text_or_null(row->matter),
                       p_text_or_null(params), p_text_or_null(row->note)));
}

/* ---- Sentences. */

typedef struct Sentence {
    const Cases *cases;
    const TimelineEntry *entry;
    Text2 matter; /* title */
    Arena *a;
} Sentence;

static Str pick(Text2 t, Lang lang)
{
    return lang == LANG_ZH ? t.zh : t.en;
}

Text2 case_pause_title(Str reason)
{
    for (size_t i = 0; i < sizeof reason_rows / sizeof *reason_rows; i++)
        if (str_equal(reason, str_from(reason_rows[i].code)))
            return (Text2){str_from(reason_rows[i].zh), str_from(reason_rows[i].en)};
    return (Text2){reason, reason};
}

/* "2022-10-10 17:30" in China. */
static Str due_text(Arena *a, Str rfc3339)
{
    Instant due;
    if (!instant_parse(rfc3339, &due))
        return rfc3339;
    Buf b = buf_new(a, 24);
    int second = instant_second_of_day(due, CHINA_OFFSET_S);
    day_write(instant_day(due, CHINA_OFFSET_S), &b);
    buf_printf(&b, " %02d:%02d", second / 3600, second / 60 % 60);
    return buf_text(&b);
}

static Str place_text(const Sentence *s, Str name, Lang lang)
{
    Value v = value_get(s->entry->params, name);
    CaseState state;
    if (str_equal(name, STR("matter")))
        return pick(s->matter, lang);
    if (str_equal(name, STR("office")))
        return s->entry->office.len ? pick(case_office_title(s->cases, s->entry->office), lang)
                                    : STR_NONE;
    if (str_equal(name, STR("due")))
        return due_text(s->a, text2_read(v).zh);
    if (str_equal(name, STR("result")) && case_state_parse(text2_read(v).zh, &state))
        return pick(case_state_title(state), lang);
    if (str_equal(name, STR("reason")))
        return pick(case_pause_title(text2_read(v).zh), lang);
    return pick(text2_read(v), lang);
}

static Str sentence_make(const Sentence *s, const char *pattern, Lang lang)
{
    Buf out = buf_new(s->a, 64);
    for (const char *p = pattern; *p;) {
        const char *end = *p == '{' ? p : NULL;
        while (end && *end && *end != '}')
            end++;
        if (end && *end == '}') {
            buf_add(&out, place_text(s, (Str){p + 1, (size_t)(end - p - 1)}, lang));
            p = end + 1;
        } else {
            buf_add_char(&out, *p++);
        }
    }
    return str_trim(buf_text(&out));
}

/* ---- Reading. */

typedef struct MatterTitle {
    Str matter;
    Text2 title;
} MatterTitle;

static MatterTitle *matter_titles(StoreConn *conn, int64_t node, Id id, Arena *a, size_t *count)
{
    MatterTitle *titles = arena_new_array(a, MatterTitle, CASE_MATTERS_MAX);
    *count = 0;
    Rows *rows = store_query(conn, &sql_matters, PARAMS(p_int(node), p_id(&id)));
    while (titles && *count < CASE_MATTERS_MAX && rows_next(rows))
        titles[(*count)++] = (MatterTitle){rows_copy(rows, 0, a),
                                           {rows_copy(rows, 1, a), rows_copy(rows, 2, a)}};
    rows_close(rows);
    return titles;
}

static bool kind_parse(Str code, TimelineKind *out)
{
    for (unsigned i = 0; i < TIMELINE_KIND_COUNT; i++)
        if (str_equal(code, str_from(kind_rows[i].code))) {
            *out = (TimelineKind)i;
            return true;
        }
    return false;
}

/* The personal words of an entry join its parameters as "reason". */
static Value params_read(Rows *rows, Arena *a, bool with_note)
{
    Value params = value_null();
    if (!rows_is_null(rows, 6))
        check(json_parse(a, rows_bytes(rows, 6), &params, NULL) || arena_failed(a));
    ContextBuilder b = context_builder_from(a, params);
    if (with_note && !rows_is_null(rows, 7))
        context_put_text(&b, "reason", value_string(rows_copy(rows, 7, a)));
    return value_context(&b);
}

static void entry_read(const Cases *cases, Rows *rows, const CaseSight *sight, Arena *a,
                       const MatterTitle *titles, size_t title_count, TimelineEntry *out)
{
    *out = (TimelineEntry){.seq = rows_int(rows, 0),
                           .at = rows_instant(rows, 1),
                           .code = rows_copy(rows, 2, a),
                           .office = rows_copy(rows, 4, a),
                           .matter = rows_copy(rows, 5, a),
                           .params = params_read(rows, a, sight->data)};
    check(kind_parse(out->code, &out->kind));
    Str actor = rows_bytes(rows, 3);
    bool shown = sight->office || sight->all || str_equal(actor, sight->actor);
    bool applicant = str_equal(actor, sight->applicant) && !sight->data;
    out->actor = shown && !applicant ? arena_copy(a, actor) : STR_NONE;
    Sentence s = {.cases = cases, .entry = out, .a = a};
    for (size_t i = 0; i < title_count; i++)
        if (str_equal(titles[i].matter, out->matter))
            s.matter = titles[i].title;
    if (out->matter.len == 0)
        s.matter = (Text2){STR("全部事项"), STR("the whole case")};
    out->text.zh = sentence_make(&s, kind_rows[out->kind].zh, LANG_ZH);
    out->text.en = sentence_make(&s, kind_rows[out->kind].en, LANG_EN);
}

bool case_timeline(const Cases *cases, StoreConn *conn, int64_t node, const Actor *actor, Id id,
                   Arena *a, TimelineEntry **out, size_t *count, Err *err)
{
    CaseSight sight;
    size_t title_count = 0, capacity = 16;
    *count = 0;
    if (!case_sight(cases, conn, node, actor, id, a, &sight, err))
        return false;
    MatterTitle *titles = matter_titles(conn, node, id, a, &title_count);
    *out = arena_new_array(a, TimelineEntry, capacity);
    Rows *rows = store_query(conn, &sql_read, PARAMS(p_int(node), p_id(&id)));
    while (*out && *count < TIMELINE_ENTRIES_MAX && rows_next(rows)) {
        if (*count == capacity) {
            TimelineEntry *wider = arena_new_array(a, TimelineEntry, capacity * 2);
            for (size_t i = 0; i < capacity && wider; i++)
                wider[i] = (*out)[i];
            *out = wider;
            capacity *= 2;
            if (!wider)
                break;
        }
        entry_read(cases, rows, &sight, a, titles, title_count, &(*out)[(*count)++]);
    }
    rows_close(rows);
    return !store_failed(conn, err);
}
