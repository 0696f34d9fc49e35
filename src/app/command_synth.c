/* command_synth.c - `tongban synth`: invented people and firms, as many as wanted, that fit
 * together.
 *
 * Two CSV files, population.csv and legal_person.csv, for the registries of the same names.
 * Everything
 * follows from the seed and the number of a person or firm, so memory does not grow, the same call
 * writes the same bytes, and a firm can name its representative without looking for him.
 *
 * People come in blocks of twelve, five households each:
 *
 *     0 a man alone | 1 2 a couple | 3 4 a couple, 5 a son | 6 7 a couple, 8 a son, 9 a daughter |
 *     10 11 an old couple
 *
 * Parents are born 1965 to 1984, children 2000 to 2019, the old 1935 to 1954. Children have the
 * father's surname, a household one address, its first member is its head.
 *
 * Nobody is real. Identity numbers have a correct check digit and a sequence number from 900 on;
 * unified social credit codes a subject code from MA9T0000 on; mobile numbers begin with 10,
 * which is
 * given to nobody. Names end in （虚构）, streets are called 示例路. An identity number is a place in
 * (region, day, sequence), and person k of a kind (sex and generation) gets place a * k + b
 * modulo the
 * number of places, with a prime to it: no two are equal. */
#include "app/arguments.h"
#include "codec/csv.h"
#include "codec/identifier.h"
#include "os/os.h"

#include <stdio.h>

#include "base/check.h"

#define REGIONS_MAX 4000u
#define BLOCK 12
#define PEOPLE_MAX 100000000
#define FIRMS_MAX 4000000
#define FIRM_SERIAL_FIRST 281673905u /* MA9T0000 */
#define WRITE_BYTES (1u << 20)
#define STEP 1000000007ull

typedef enum Kind { MAN, WOMAN, SON, DAUGHTER, OLD_MAN, OLD_WOMAN } Kind;

static const struct {
    Kind kind;
    int head;  /* place of the head of the household */
    int order; /* among those of its kind in a block */
} places[BLOCK] = {{MAN, 0, 0}, {MAN, 1, 1}, {WOMAN, 1, 0}, {MAN, 3, 2}, {WOMAN, 3, 1}, {SON, 3, 0},
                   {MAN, 6, 3}, {WOMAN, 6, 2}, {SON, 6, 1}, {DAUGHTER, 6, 0}, {OLD_MAN, 10, 0},
                   {OLD_WOMAN, 10, 0}};
static const struct {
    int in_block, first_year;
} kinds[] = {[MAN] = {4, 1965}, [WOMAN] = {3, 1965}, [SON] = {2, 2000}, [DAUGHTER] = {1, 2000},
             [OLD_MAN] = {1, 1935}, [OLD_WOMAN] = {1, 1935}};

static const char *const surnames[] = {"王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴",
                                       "徐", "孙", "胡", "朱", "高", "林", "何", "郭", "马", "罗"};
static const char *const given[] = {"一", "文", "明", "建国", "秀英", "伟", "芳", "思远", "雨晨", "志强",
                                    "海燕", "子涵", "晓东", "玉兰", "春生", "佳", "国庆", "丽", "江", "楚"};
static const char *const trades[] = {"商贸", "建设", "食品", "物流", "科技", "机械", "农业", "餐饮"};
#define COUNT(list) (sizeof(list) / sizeof(list)[0])

typedef struct Region {
    Str code, name;
} Region;

typedef struct Synth {
    Arena *arena;
    uint64_t seed;
    Region *regions;
    size_t region_count;
    int64_t people, firms;
} Synth;

static const Option options[] = {
    {"people", "N", "How many people", "人数"},
    {"firms", "N", "How many firms", "企业数"},
    {"seed", "S", "The same seed gives the same people (1)", "相同的种子生成相同的数据（1）"},
    {"out", "DIR", "Folder for population.csv and legal_person.csv", "输出目录"},
    {"regions", "FILE", "Codes and names of regions (packs/hubei/data/region.csv)",
     "区划代码与名称（packs/hubei/data/region.csv）"},
};
static const OptionTable table = {"", 0, 0, options, sizeof options / sizeof options[0]};

/* ---- Chance. */

/* splitmix64 of (seed, what, number): no state. */
static uint64_t drawn(const Synth *s, uint64_t what, int64_t number)
{
    uint64_t z = s->seed * 0x9e3779b97f4a7c15u + what * 0xbf58476d1ce4e5b9u + (uint64_t)number;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static const char *picked(const Synth *s, uint64_t what, int64_t number, const char *const *list,
                          size_t count)
{
    return list[drawn(s, what, number) % count];
}
#define PICK(s, what, number, list) picked((s), (what), (number), (list), COUNT(list))

/* ---- People. */

typedef struct Person {
    char id[19];
    Civil born;
    const char *surname, *given;
    bool male;
    Kind kind;
    int64_t head;      /* number of the head of the household */
    const Region *home;
    unsigned house;
    char mobile[12];
} Person;

/* The last `count` decimal digits of n. */
static void digits(char *out, int count, uint64_t n)
{
    for (int i = count - 1; i >= 0; i--, n /= 10)
        out[i] = (char)('0' + n % 10);
}

static void identity(const Synth *s, Person *p, int64_t block, int place)
{
    Day first = day_from_civil((Civil){kinds[p->kind].first_year, 1, 1});
    Day end = day_from_civil((Civil){kinds[p->kind].first_year + 20, 1, 1});
    uint64_t days = (uint64_t)(end.number - first.number);
    uint64_t all = days * 50 * s->region_count;
    uint64_t k = (uint64_t)(block * kinds[p->kind].in_block + places[place].order);
    uint64_t x = (k % all * STEP + drawn(s, 1, p->kind) % all) % all;
    p->born = day_to_civil((Day){first.number + (int64_t)(x / 50 % days)});
    const Region *r = &s->regions[x / 50 / days];
    for (int i = 0; i < 6; i++)
        p->id[i] = r->code.ptr[i];
    digits(p->id + 6, 4, (uint64_t)p->born.year);
    digits(p->id + 10, 2, (uint64_t)p->born.month);
    digits(p->id + 12, 2, (uint64_t)p->born.day);
    digits(p->id + 14, 3, 900 + x % 50 * 2 + (p->male ? 1 : 0));
    p->id[17] = identifier_citizen_digit((Str){p->id, 17});
    p->id[18] = '\0';
}

static Person person(const Synth *s, int64_t number)
{
    int64_t block = number / BLOCK;
    int place = (int)(number % BLOCK);
    Person p = {.kind = places[place].kind, .head = block * BLOCK + places[place].head};
    p.male = p.kind == MAN || p.kind == SON || p.kind == OLD_MAN;
    bool own_name = p.kind == WOMAN || p.kind == OLD_WOMAN;
    p.surname = PICK(s, 2, own_name ? number : p.head, surnames);
    p.given = PICK(s, 3, number, given);
    p.home = &s->regions[drawn(s, 4, p.head) % s->region_count];
    p.house = (unsigned)(drawn(s, 5, p.head) % 999) + 1;
    digits(p.mobile, 11, 10000000000u + (uint64_t)number % 1000000000u);
    identity(s, &p, block, place);
    return p;
}

static const char *marital(const Person *p, int place)
{
    return p->kind == SON || p->kind == DAUGHTER || place == 0 ? "single" : "married";
}

static void write_person(const Synth *s, int64_t number, Arena *a, Buf *out)
{
    Person p = person(s, number), head = person(s, p.head);
    Str address = arena_printf(a, "%.*s示例路 %u 号", STR_ARG(p.home->name), p.house);
    Str fields[] = {
        str_from(p.id),
        arena_printf(a, "%s%s（虚构）", p.surname, p.given),
        STR("registered"),
        str_from(p.male ? "male" : "female"),
        str_from(drawn(s, 6, p.head) % 20 ? "汉族" : "土家族"),
        arena_printf(a, "%04d-%02d-%02d", (int)p.born.year, p.born.month, p.born.day),
        address,
        p.home->code,
        address,
        p.kind == SON || p.kind == DAUGHTER ? STR("") : str_from(p.mobile),
        str_from(marital(&p, (int)(number % BLOCK))),
        str_from(head.id),
    };
    csv_write_record(fields, COUNT(fields), out);
}

/* ---- Firms. */

static void write_firm(const Synth *s, int64_t number, Arena *a, Buf *out)
{
    static const int grown[] = {0, 1, 2, 3, 4, 6, 7};
    int64_t blocks = s->people / BLOCK;
    int64_t chief = (int64_t)(drawn(s, 7, number) % (uint64_t)blocks) * BLOCK +
                    grown[drawn(s, 8, number) % COUNT(grown)];
    Person p = person(s, chief);
    const char *trade = PICK(s, 9, number, trades);
    char code[18];
    bool made = identifier_uscc_make(STR("91"), p.home->code, FIRM_SERIAL_FIRST + (uint64_t)number, code);
    check(made);
    uint64_t day = drawn(s, 10, number) % 7000;
    Civil from = day_to_civil((Day){day_from_civil((Civil){2005, 1, 1}).number + (int64_t)day});
    Str fields[] = {
        arena_copy(a, (Str){code, sizeof code}),
        arena_printf(a, "%.*s示例%lld%s有限公司（虚构）", STR_ARG(p.home->name), (long long)number, trade),
        STR("有限责任公司"),
        STR("active"),
        arena_printf(a, "%s%s（虚构）", p.surname, p.given),
        arena_copy(a, str_from(p.id)),
        arena_printf(a, "%.*s示例路 %u 号", STR_ARG(p.home->name),
                     (unsigned)(drawn(s, 11, number) % 999) + 1),
        p.home->code,
        arena_printf(a, "%llu", (unsigned long long)(drawn(s, 12, number) % 1000 + 1) * 1000000),
        arena_printf(a, "%04d-%02d-%02d", (int)from.year, from.month, from.day),
        arena_printf(a, "%s（虚构的经营范围）", trade),
    };
    csv_write_record(fields, COUNT(fields), out);
}

/* ---- Files. */

typedef void WriteRecord(const Synth *s, int64_t number, Arena *a, Buf *out);

static bool write_file(const Synth *s, Str path, const char *header, int64_t count,
                       WriteRecord *write, Err *err)
{
    LargeFile *file;
    int64_t at = 0;
    if (!large_file_open(path, LARGE_FILE_TO_MAKE, &file, err))
        return false;
    Arena *text = arena_open(16u << 20), *a = arena_open(1u << 20);
    Buf out = buf_new(text, WRITE_BYTES + 8192);
    buf_add(&out, str_from(header));
    buf_add_text(&out, "\r\n");
    bool good = large_file_cut(file, 0, err);
    for (int64_t i = 0; good && i <= count; i++) {
        if (i < count)
            write(s, i, a, &out);
        arena_reset(a);
        if (out.len < WRITE_BYTES && i < count)
            continue;
        check(!buf_failed(&out));
        good = large_file_write(file, at, buf_text(&out), err);
        at += (int64_t)out.len;
        buf_clear(&out);
    }
    arena_close(a);
    arena_close(text);
    large_file_close(file);
    return good;
}

/* Regions of the lowest level: columns code, name, level. */
static bool read_regions(Synth *s, Str path, Err *err)
{
    Str text = STR_NONE;
    CsvReader *reader = arena_new(s->arena, CsvReader);
    CsvRecord record;
    s->regions = arena_new_array(s->arena, Region, REGIONS_MAX);
    check(s->regions && reader);
    if (!file_read(s->arena, path, 4u << 20, &text, err))
        return false;
    csv_reader_init(reader, text, ',');
    for (;;) {
        if (!csv_reader_next(reader, s->arena, &record, err))
            return false;
        if (!record.count)
            break;
        if (record.count < 5 || !str_equal(record.fields[2], STR("county")) ||
            record.fields[0].len != 6 || record.fields[4].len || s->region_count == REGIONS_MAX)
            continue; /* the header, higher levels, and codes that hold no more */
        s->regions[s->region_count++] = (Region){record.fields[0], record.fields[1]};
    }
    return s->region_count > 0 || err_set(err, &fault_argument_value_invalid, STR("regions"), path,
                                          STR("no row of level \"county\""));
}

static bool number_option(const Arguments *args, const char *name, int64_t most, int64_t *out,
                          Err *err)
{
    Str text = argument_text(args, name, STR("0"));
    if (str_to_int64(text, out) && *out >= 0 && *out <= most)
        return true;
    return err_set(err, &fault_argument_value_invalid, str_from(name), text, STR("?"));
}

static bool synth(Synth *s, const Arguments *args, Err *err)
{
    static const char people[] = "id_number,name,status,sex,ethnicity,birth_date,address,region,"
                                 "residence,mobile,marital_status,household_head";
    static const char firms[] = "uscc,name,type,status,legal_representative,legal_representative_id,"
                                "address,region,registered_capital_fen,established,scope";
    int64_t seed = 1;
    Str out = argument_text(args, "out", STR_NONE);
    if (!out.len)
        return err_set(err, &fault_argument_missing, STR("out"));
    if (!number_option(args, "people", PEOPLE_MAX, &s->people, err) ||
        !number_option(args, "firms", FIRMS_MAX, &s->firms, err) ||
        (argument_given(args, "seed") && !number_option(args, "seed", INT64_MAX, &seed, err)) ||
        !read_regions(s, argument_text(args, "regions", STR("packs/hubei/data/region.csv")), err))
        return false;
    if (s->firms && s->people < BLOCK)
        return err_set(err, &fault_argument_value_invalid, STR("people"),
                       argument_text(args, "people", STR("0")), STR("firms need 12 people"));
    s->seed = (uint64_t)seed;
    return file_make_directory(out, err) &&
           write_file(s, arena_printf(s->arena, "%.*s/population.csv", STR_ARG(out)), people,
                      s->people, write_person, err) &&
           write_file(s, arena_printf(s->arena, "%.*s/legal_person.csv", STR_ARG(out)), firms,
                      s->firms, write_firm, err);
}

int command_synth(const CommandLine *line)
{
    Arguments args;
    Err err = {0};
    int exit_code = EXIT_FINE;
    if (!arguments_read(line, &table, &args, &exit_code))
        return exit_code;
    Synth s = {.arena = arena_open(64u << 20)};
    bool good = synth(&s, &args, &err);
    if (good)
        printf(args.lang == LANG_EN ? "%lld people and %lld firms, all invented\n"
                                    : "已生成 %lld 人、%lld 家企业，全部为虚构数据\n",
               (long long)s.people, (long long)s.firms);
    arena_close(s.arena);
    return good ? exit_code : command_trouble(args.lang, &err);
}
