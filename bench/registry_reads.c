/* registry_reads.c - a registry with many people: loading it, and reading one's own record.
 *
 *     bench_registry DATA.db population.csv [CLIENTS] [SECONDS]
 *
 * DATA.db must have the registry "population" (start a node with packs/hubei once); the CSV comes from
 * `tongban synth`. First the file is loaded (registry_load: read, judged by the schema, kept, journaled,
 * rows and index, COMMIT with fsync). The peer is plain SQLite: the same fields of the same CSV, cut
 * at commas and bound as text into one table with the identity number as its primary key, one
 * transaction, WAL and synchronous=FULL; nothing is judged, kept or journaled.
 *
 * Then CLIENTS threads, each with its own connection, read random people in a closed loop: a snapshot,
 * the whole record of the person concerned as a value (what pre-filling a form does), the end of the
 * snapshot. The peer reads the same identity numbers, all columns copied out. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/check.h"
#include "codec/csv.h"
#include "domain/registry/registry.h"

#define NODE 420600
#define CLIENTS_MAX 1024
#define KEYS_MAX 1000000
#define SAMPLES_MAX 200000
#define COLUMNS 12

typedef struct Client {
    Store *store;       /* ours, or */
    const char *peer;   /* the peer's file */
    const char *keys;   /* 18 characters each */
    size_t key_count;
    uint64_t seed;
    int64_t until_ns, reads;
    int32_t *samples_ns;
    size_t sample_count;
    Thread *thread;
} Client;

static double seconds_since(int64_t ns) { return (double)(clock_monotonic_ns() - ns) / 1e9; }

static uint64_t draw(Client *c)
{
    c->seed ^= c->seed << 13;
    c->seed ^= c->seed >> 7;
    return c->seed ^= c->seed << 17;
}

static void sample(Client *c, int64_t started)
{
    int64_t took = clock_monotonic_ns() - started;
    if (c->sample_count < SAMPLES_MAX)
        c->samples_ns[c->sample_count++] = (int32_t)(took < INT32_MAX ? took : INT32_MAX);
    c->reads++;
}

static void read_ours(void *context)
{
    Client *c = context;
    StoreConn *conn;
    Arena *a = arena_open(1u << 20);
    Err err = {0};
    check(store_connect_reader(c->store, &conn, &err));
    while (clock_monotonic_ns() < c->until_ns) {
        Str key = {c->keys + 18 * (draw(c) % c->key_count), 18};
        Actor own = {.id = STR("x"), .subject = key};
        RegistryPurpose none = {.look = ID_NONE};
        RegistryRecord r;
        int64_t started = clock_monotonic_ns();
        check(store_begin(conn, &err));
        check(registry_read(conn, NODE, &own, &none, a, STR("population"), key, &r, &err) && r.found);
        store_end(conn);
        sample(c, started);
        arena_reset(a);
    }
    store_disconnect(conn);
    arena_close(a);
}

static void read_peer(void *context)
{
    Client *c = context;
    sqlite3 *db;
    sqlite3_stmt *s;
    Arena *a = arena_open(1u << 20);
    check(sqlite3_open(c->peer, &db) == SQLITE_OK);
    check(sqlite3_prepare_v2(db, "SELECT * FROM people WHERE id_number = ?1", -1, &s, NULL) == SQLITE_OK);
    while (clock_monotonic_ns() < c->until_ns) {
        const char *key = c->keys + 18 * (draw(c) % c->key_count);
        int64_t started = clock_monotonic_ns();
        sqlite3_bind_text(s, 1, key, 18, SQLITE_STATIC);
        check(sqlite3_step(s) == SQLITE_ROW);
        for (int i = 0; i < COLUMNS; i++)
            arena_copy(a, str_from((const char *)sqlite3_column_text(s, i)));
        sqlite3_reset(s);
        sample(c, started);
        arena_reset(a);
    }
    sqlite3_finalize(s);
    sqlite3_close(db);
    arena_close(a);
}

static int by_value(const void *a, const void *b)
{
    return *(const int32_t *)a < *(const int32_t *)b ? -1 : *(const int32_t *)a > *(const int32_t *)b;
}

static void measure(const char *what, ThreadMain *body, Client *model, int clients, double seconds)
{
    static Client all[CLIENTS_MAX];
    int64_t reads = 0, started = clock_monotonic_ns();
    size_t count = 0;
    int32_t *samples = malloc(sizeof *samples * SAMPLES_MAX * 4);
    check(samples != NULL);
    for (int i = 0; i < clients; i++) {
        all[i] = *model;
        all[i].seed = 88172645463325252ull + (uint64_t)i * 7919;
        all[i].until_ns = started + (int64_t)(seconds * 1e9);
        all[i].samples_ns = malloc(sizeof *samples * SAMPLES_MAX);
        check(all[i].samples_ns != NULL);
        all[i].thread = thread_start("client", body, &all[i]);
    }
    for (int i = 0; i < clients; i++) {
        thread_join(all[i].thread);
        reads += all[i].reads;
        for (size_t k = 0; k < all[i].sample_count && count < SAMPLES_MAX * 4u; k++)
            samples[count++] = all[i].samples_ns[k];
        free(all[i].samples_ns);
    }
    qsort(samples, count, sizeof *samples, by_value);
    printf("  %-22s %4d clients: %8.0f reads/s   p50 %8.3f ms   p99 %8.3f ms\n", what, clients,
           (double)reads / seconds_since(started), samples[count / 2] / 1e6, samples[count * 99 / 100] / 1e6);
    fflush(stdout);
    free(samples);
}

/* ---- Loading. */

static long resident_mb(void)
{
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return use.ru_maxrss / 1024;
}

static void load_ours(Core *core, Str folder, Str csv, Arena *a)
{
    RegistryLoaded out;
    Err err = {0};
    RegistryLoad load = {.folder = folder, .registry = STR("population"), .path = csv, .faults_max = 1};
    int64_t started = clock_monotonic_ns();
    if (!registry_load(core, &load, a, &out, &err) || out.faults) {
        Buf text = buf_new(a, 100);
        err_show(out.faults ? &out.list[0].err : &err, LANG_EN, &text);
        fprintf(stderr, "%s\n", buf_cstr(&text));
        exit(1);
    }
    double took = seconds_since(started);
    printf("  %-22s %9lld rows, %d columns: %8.0f rows/s   peak memory %ld MB\n", "Tongban",
           (long long)out.written, COLUMNS, (double)out.records / took, resident_mb());
}

static int64_t insert_block(sqlite3_stmt *s, Str text, bool first)
{
    int64_t rows = 0;
    Str rest = text;
    if (first)
        str_split(&rest, '\n');
    while (rest.len) {
        Str line = str_trim(str_split(&rest, '\n'));
        for (int i = 1; i <= COLUMNS; i++) {
            Str field = str_split(&line, ',');
            sqlite3_bind_text(s, i, field.ptr, (int)field.len, SQLITE_STATIC);
        }
        sqlite3_step(s);
        sqlite3_reset(s);
        rows++;
    }
    return rows;
}

static void load_peer(const char *path, Str csv, Arena *a)
{
    sqlite3 *db;
    sqlite3_stmt *s;
    LargeFile *file;
    Err err = {0};
    size_t got, room_bytes = 1u << 20;
    int64_t at = 0, rows = 0, started = clock_monotonic_ns();
    char *room = arena_take(a, room_bytes);
    check(sqlite3_open(path, &db) == SQLITE_OK && large_file_open(csv, LARGE_FILE_TO_READ, &file, &err));
    sqlite3_exec(db, "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                     "PRAGMA cache_size=-65536; CREATE TABLE people (id_number TEXT PRIMARY KEY, name, status,"
                     "sex, ethnicity, birth_date, address, region, residence, mobile, marital_status,"
                     "household_head) WITHOUT ROWID; BEGIN", NULL, NULL, NULL);
    check(sqlite3_prepare_v2(db, "INSERT INTO people VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)", -1,
                             &s, NULL) == SQLITE_OK);
    while (large_file_read(file, at, room, room_bytes, &got, &err) && got) {
        size_t end = got;
        while (end > 0 && room[end - 1] != '\n')
            end--;
        rows += insert_block(s, (Str){room, end}, at == 0);
        at += (int64_t)end;
    }
    sqlite3_finalize(s);
    check(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
    large_file_close(file);
    printf("  %-22s %9lld rows, %d columns: %8.0f rows/s\n", "plain SQLite, as text", (long long)rows,
           COLUMNS, (double)rows / seconds_since(started));
}

/* Some of the file's identity numbers. */
static char *keys_of(Str csv, size_t *count)
{
    char line[1024], *keys = malloc(18u * KEYS_MAX);
    FILE *f = fopen(csv.ptr, "r");
    check(keys != NULL && f != NULL);
    fseek(f, 0, SEEK_END);
    long size = ftell(f), step = size / KEYS_MAX > 200 ? size / KEYS_MAX : 200;
    *count = 0;
    for (long at = 0; at < size - 1024 && *count < KEYS_MAX; at += step) {
        fseek(f, at, SEEK_SET);
        if (fgets(line, sizeof line, f) && fgets(line, sizeof line, f) && strlen(line) > 18)
            memcpy(keys + 18 * (*count)++, line, 18);
    }
    fclose(f);
    return keys;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: bench_registry DATA.db population.csv [CLIENTS] [SECONDS]\n");
        return 2;
    }
    Arena *a = arena_open(256u << 20);
    Str data = str_from(argv[1]), csv = str_from(argv[2]);
    const Module *modules[] = {registry_module_new(a)};
    registry_module_folder(modules[0], registry_folder(a, data));
    CoreOptions options = {.node = NODE, .location = data, .modules = modules, .module_count = 1};
    Core *core;
    Err err = {0};
    check(seal_init(&err));
    if (!core_open(&options, &core, &err))
        return 1;
    int clients = argc > 3 ? atoi(argv[3]) : 256;
    double seconds = argc > 4 ? atof(argv[4]) : 5;
    check(clients > 0 && clients <= CLIENTS_MAX);
    const char *peer = arena_printf(a, "%s.peer", argv[1]).ptr;
    printf("load of %s (%u processors, design: ship 200,000 rows/s)\n", argv[2], processor_count());
    load_ours(core, registry_folder(a, data), csv, a);
    load_peer(peer, csv, a);
    Client model = {.store = core_store(core), .peer = peer};
    model.keys = keys_of(csv, &model.key_count);
    printf("point reads of one's own record (design: ship p99 20 ms)\n");
    const int widths[] = {1, (int)processor_count(), clients};
    for (size_t i = 0; i < 3; i++) {
        measure("Tongban, as a value", read_ours, &model, widths[i], seconds);
        measure("plain SQLite, text", read_peer, &model, widths[i], seconds);
    }
    core_close(core);
    return 0;
}
