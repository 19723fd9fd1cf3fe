/* SPDX-License-Identifier: Apache-2.0 */
/* The segments of a flight recorder: their names, the bounds of the store, and failed writes. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/array.h"
#include "core/base/clock.h"
#include "core/source/segments/segment_folder.h"
#include "core/source/segments/segment_name.h"
#include "core/source/segments/segment_set.h"
#include "core/source/segments/segment_store.h"
#include "core/source/segments/segment_writer.h"

#define SECOND(n) ((uint64_t)(n)*NS_PER_SECOND)
#define T0        SECOND(1767323045) /* 2026-01-02T03:04:05Z */
#define HOUR      SECOND(3600)

struct place {
	char parent[64];
	char folder[96];
};

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	assert_non_null(place);
	strcpy(place->parent, "/tmp/polecat-segments-XXXXXX");
	assert_non_null(mkdtemp(place->parent));
	snprintf(place->folder, sizeof(place->folder), "%s/d", place->parent);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;
	DIR *directory = opendir(place->folder);
	const struct dirent *entry;

	while (directory && (entry = readdir(directory)))
		unlinkat(dirfd(directory), entry->d_name, 0);
	if (directory)
		closedir(directory);
	rmdir(place->folder);
	rmdir(place->parent);
	free(place);
	return 0;
}

/* --- names --- */

static void test_names(void **state)
{
	static const struct {
		struct segment_name name;
		const char *text;
	} cases[] = {
		{{.number = 12, .first_ns = T0 + 7}, "0000000012_20260102T030405Z.jsonl.gz"},
		{{.number = 1, .first_ns = T0, .last_ns = T0 + 1, .closed = true},
		 "0000000001_20260102T030405Z_20260102T030406Z.jsonl.gz"},
		{{.number = 9999999999, .first_ns = T0, .last_ns = T0, .closed = true, .cut = true},
		 "9999999999_20260102T030405Z_20260102T030405Z_cut.jsonl.gz"},
		{{.number = 7,
		  .first_ns = T0,
		  .last_ns = T0,
		  .closed = true,
		  .steps = true,
		  .from = 3},
		 "0000000007_20260102T030405Z_20260102T030405Z_steps_from0000000003.jsonl.gz"},
	};
	(void)state;

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		char text[SEGMENT_NAME_SIZE];
		struct segment_name read;
		segment_name_format(&cases[i].name, text);
		assert_string_equal(text, cases[i].text);
		assert_true(segment_name_parse(text, &read));
		assert_int_equal(read.number, cases[i].name.number);
		assert_int_equal(read.first_ns, T0);
		assert_true(read.last_ns >= cases[i].name.last_ns);
		assert_int_equal(read.closed, cases[i].name.closed);
		assert_int_equal(read.cut, cases[i].name.cut);
		assert_int_equal(read.steps, cases[i].name.steps);
		assert_int_equal(read.from, cases[i].name.from);
	}
}

static void test_other_names(void **state)
{
	static const char *const cases[] = {
		"",
		".",
		"0000000000_20260102T030405Z.jsonl.gz",
		"12_20260102T030405Z.jsonl.gz",
		"0000000012_20260102T030405Z.jsonl",
		"0000000012_20261302T030405Z.jsonl.gz",
		"0000000012_20260102.jsonl.gz",
		"0000000012_20260102T030405Z_.jsonl.gz",
		"0000000012_20260102T030405Z_cut.jsonl.gz",
		"0000000012_20260102T030405Z_20260102T030405Z_from0000000013.jsonl.gz",
		"0000000012_20260102T030405Z.jsonl.gz.tmp",
	};
	struct segment_name name;
	(void)state;

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		assert_false(segment_name_parse(cases[i], &name));
}

/* --- the store --- */

static struct segment_store *open_store(const struct place *place, uint64_t max_size)
{
	struct segment_store_options options = {.keep_ns = 2 * HOUR, .max_size = max_size};
	struct segment_store *store = NULL;

	options.folder = segment_folder_make(place->folder);
	assert_true(options.folder >= 0);
	assert_int_equal(segment_store_new(&options, &store), 0);
	return store;
}

/* Adds `length` bytes that do not compress to less than a half. */
static int add_text(struct segment_store *store, size_t length, uint64_t ts_ns)
{
	static uint64_t seed = 1;
	char *text = malloc(length);
	int error;

	assert_non_null(text);
	for (size_t i = 0; i < length; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		text[i] = i + 1 == length ? '\n' : (char)('!' + (seed >> 33) % 90);
	}
	error = segment_store_add(store, &(struct segment_text){.text = text,
								.length = length,
								.first_ns = ts_ns,
								.last_ns = ts_ns});
	free(text);
	return error;
}

static struct segment_list list_of(const struct place *place)
{
	struct segment_list list = {0};
	int folder = open(place->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(folder >= 0);
	assert_int_equal(segment_folder_list(folder, &list, NULL), 0);
	close(folder);
	return list;
}

static void test_size_is_bounded(void **state)
{
	const struct place *place = *state;
	const uint64_t bound = 1000000;
	struct segment_store *store = open_store(place, bound);
	uint64_t ts_ns = T0;

	assert_int_equal(segment_store_begin(store, ts_ns), 0);
	for (int i = 0; i < 500; i++, ts_ns += SECOND(1)) {
		assert_int_equal(add_text(store, 10000, ts_ns), 0);
		assert_true(segment_store_size(store) <= bound);
		if (segment_store_is_large(store))
			assert_int_equal(segment_store_begin(store, ts_ns), 0);
	}
	assert_true(segment_store_size(store) > bound / 2);
	segment_store_free(store);
	struct segment_list list = list_of(place);
	uint64_t sum = 0;
	assert_true(list.count > 4);
	for (size_t i = 0; i < list.count; i++)
		sum += list.items[i].size;
	assert_true(sum <= bound);
	/* The newest segments stay. */
	assert_true(list.items[list.count - 1].name.last_ns >= ts_ns - SECOND(2));
	segment_list_clear(&list);
}

static void test_text_beyond_the_bound(void **state)
{
	const struct place *place = *state;
	struct segment_store *store = open_store(place, 1000000);

	assert_int_equal(segment_store_begin(store, T0), 0);
	assert_int_equal(add_text(store, 2000000, T0), -ENOSPC);
	assert_int_equal(add_text(store, 100, T0), -ENOSPC);
	assert_int_equal(segment_store_begin(store, T0), 0);
	assert_int_equal(add_text(store, 100, T0), 0);
	segment_store_free(store);
}

static void test_age_is_bounded(void **state)
{
	const struct place *place = *state;
	struct segment_store *store = open_store(place, 1000000);

	for (uint64_t hour = 0; hour < 6; hour++) {
		assert_int_equal(segment_store_begin(store, T0 + hour * HOUR), 0);
		assert_int_equal(add_text(store, 100, T0 + hour * HOUR), 0);
	}
	segment_store_expire(store, T0 + 5 * HOUR);
	segment_store_free(store);
	struct segment_list list = list_of(place);
	assert_int_equal(list.count, 3);
	assert_int_equal(list.items[0].name.number, 4);
	segment_list_clear(&list);
}

/* A limit of the size of files stands for a full disk. */
static void test_failed_write(void **state)
{
	const struct place *place = *state;
	struct rlimit limit;
	struct rlimit small;
	struct segment_store *store = open_store(place, 1000000);

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	small = (struct rlimit){20000, limit.rlim_max};
	assert_int_equal(segment_store_begin(store, T0), 0);
	assert_int_equal(add_text(store, 10000, T0), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	int error = add_text(store, 30000, T0 + SECOND(1));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(error, -EFBIG);
	assert_int_equal(add_text(store, 10, T0), -ENOSPC);
	assert_int_equal(segment_store_begin(store, T0 + SECOND(2)), 0);
	assert_int_equal(add_text(store, 10, T0 + SECOND(2)), 0);
	segment_store_free(store);

	struct segment_list list = list_of(place);
	assert_int_equal(list.count, 2);
	assert_true(list.items[0].name.cut);
	assert_false(list.items[1].name.cut);
	assert_true(list.items[0].size < 20000);
	segment_list_clear(&list);
}

static void test_numbers_go_on(void **state)
{
	const struct place *place = *state;

	for (uint64_t i = 1; i < 4; i++) {
		struct segment_store *store = open_store(place, 1000000);
		assert_int_equal(segment_store_begin(store, T0), 0);
		assert_int_equal(add_text(store, 10, T0), 0);
		segment_store_free(store);
		struct segment_list list = list_of(place);
		assert_int_equal(list.count, i);
		assert_int_equal(list.items[i - 1].name.number, i);
		segment_list_clear(&list);
	}
}

static void make_file(const struct place *place, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", place->folder, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
}

/* A crash between the folding of segments and their removal leaves both. */
static void test_replaced_segments(void **state)
{
	const struct place *place = *state;

	assert_int_equal(mkdir(place->folder, 0700), 0);
	make_file(place, "0000000001_20260102T030405Z_20260102T030406Z.jsonl.gz");
	make_file(place, "0000000002_20260102T030405Z_20260102T030406Z.jsonl.gz");
	make_file(place, "0000000003_20260102T030405Z_20260102T030406Z.jsonl.gz");
	make_file(place, "0000000003_20260102T030405Z_20260102T030406Z_from0000000002.jsonl.gz");
	make_file(place, "0000000004_20260102T030405Z.jsonl.gz");
	make_file(place, "notes");
	struct segment_list list = list_of(place);
	assert_int_equal(list.count, 3);
	assert_int_equal(list.items[0].name.number, 1);
	assert_int_equal(list.items[1].name.from, 2);
	assert_int_equal(list.items[2].name.number, 4);
	segment_list_clear(&list);
	/* The next recorder removes them. */
	segment_store_free(open_store(place, 1000000));
	assert_int_equal(access(place->folder, F_OK), 0);
	list = list_of(place);
	assert_int_equal(list.count, 3);
	segment_list_clear(&list);
}

/* --- windows --- */

static void test_windows(void **state)
{
	const struct place *place = *state;
	struct segment_store *store = open_store(place, 1000000);
	const struct {
		struct segment_window window;
		uint64_t first;
		uint64_t count;
	} cases[] = {
		{{0}, 1, 4},
		{{.since_ns = T0 + HOUR}, 2, 3},
		{{.since_ns = T0 + HOUR + 1}, 3, 2},
		/* One segment after the window is there for its names. */
		{{.until_ns = T0 + 1}, 1, 2},
		{{.since_ns = T0 + HOUR, .until_ns = T0 + 2 * HOUR}, 2, 2},
		{{.since_ns = T0 + 9 * HOUR}, 0, 0},
	};

	for (uint64_t hour = 0; hour < 4; hour++) {
		assert_int_equal(segment_store_begin(store, T0 + hour * HOUR), 0);
		assert_int_equal(add_text(store, 100, T0 + hour * HOUR), 0);
	}
	segment_store_free(store);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct segment_set set = {0};
		assert_int_equal(segment_set_open(place->folder, &cases[i].window, &set), 0);
		assert_int_equal(set.count, cases[i].count);
		if (set.count > 0)
			assert_int_equal(set.items[0].name.number, cases[i].first);
		if (cases[i].window.until_ns)
			assert_true(set.items[set.count - 1].only_start);
		segment_set_close(&set);
	}
}

/* A large bound has more segments than the usual limit of descriptors. */
static void test_many_segments(void **state)
{
	const struct place *place = *state;
	const struct segment_window all = {0};
	struct segment_store *store = open_store(place, 1000000000);
	struct segment_set set = {0};
	struct rlimit limit;
	struct rlimit few;

	for (uint64_t i = 0; i < 100; i++) {
		assert_int_equal(segment_store_begin(store, T0 + SECOND(i)), 0);
		assert_int_equal(add_text(store, 100, T0 + SECOND(i)), 0);
	}
	segment_store_free(store);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	few = (struct rlimit){64, limit.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(segment_set_open(place->folder, &all, &set), 0);
	assert_int_equal(set.count, 100);
	segment_set_close(&set);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void test_folder_without_segments(void **state)
{
	const struct place *place = *state;
	const struct segment_window all = {0};
	struct segment_set set = {0};

	assert_int_equal(segment_set_open(place->parent, &all, &set), -ENODATA);
	assert_int_equal(segment_set_open(place->folder, &all, &set), 0 - ENOENT);
}

/* --- the writer --- */

static struct record make_flow(uint64_t id)
{
	struct record record = {.kind = RECORD_FLOW};

	record.flow.ts_ns = T0 + SECOND(id);
	record.flow.id = id;
	record.flow.has = FLOW_HAS_ID;
	record.flow.event = FLOW_CLOSED;
	record.flow.direction = FLOW_EGRESS;
	record.flow.protocol = FLOW_TCP;
	return record;
}

static void add_flow(struct segment_writer *writer, uint64_t id)
{
	struct record record = make_flow(id);

	if (segment_writer_wants_start(writer, record.flow.ts_ns)) {
		segment_writer_begin(writer, record.flow.ts_ns);
		segment_writer_end_start(writer);
	}
	segment_writer_add(writer, &record, NULL);
}

static void test_writer(void **state)
{
	const struct place *place = *state;
	const struct segment_writer_options options = {
		.path = place->folder, .keep_ns = HOUR, .max_size = 10000000, .replays = true};
	struct segment_writer_status status = {0};
	struct segment_writer *writer = NULL;
	struct stream_latest latest = {0};

	assert_int_equal(segment_writer_open(&options, &writer), 0);
	assert_int_equal(segment_folder_make(place->folder), -EWOULDBLOCK);
	assert_int_equal(segment_writer_start(writer), 0);
	for (uint64_t i = 1; i <= 3600; i++)
		add_flow(writer, i);
	segment_writer_close(writer, &status);
	assert_int_equal(status.lost, 0);
	assert_int_equal(status.error, 0);

	/* A segment ends at each full hour. */
	struct segment_list list = list_of(place);
	assert_int_equal(list.count, 2);
	segment_list_clear(&list);
	assert_int_equal(segment_set_find_latest(place->folder, &latest), 0);
	assert_int_equal(latest.unix_ns, T0 + SECOND(3600));
}

/* Edges have times as flows do: those of the segments' names cover their intervals. */
static void test_writer_of_edges(void **state)
{
	const struct place *place = *state;
	const struct segment_writer_options options = {
		.path = place->folder, .keep_ns = 24 * HOUR, .max_size = 10000000, .replays = true};
	struct segment_writer *writer = NULL;

	assert_int_equal(segment_writer_open(&options, &writer), 0);
	assert_int_equal(segment_writer_start(writer), 0);
	for (uint64_t hour = 1; hour <= 3; hour++) {
		struct edge_record edge = {.flow = make_flow(0).flow};
		struct record record = {.kind = RECORD_EDGE, .edge = &edge};
		edge.flow.ts_ns = T0 + hour * HOUR;
		edge.from_ns = edge.flow.ts_ns - SECOND(10);
		edge.connections = 1;
		if (segment_writer_wants_start(writer, segment_writer_time(&record))) {
			segment_writer_begin(writer, segment_writer_time(&record));
			segment_writer_end_start(writer);
		}
		segment_writer_add(writer, &record, NULL);
	}
	segment_writer_close(writer, NULL);

	struct segment_list list = list_of(place);
	assert_int_equal(list.count, 3);
	for (size_t i = 0; i < list.count; i++) {
		const struct segment_name *name = &list.items[i].name;
		assert_int_equal(name->first_ns, T0 + (i + 1) * HOUR - SECOND(10));
		assert_in_range(name->last_ns, T0 + (i + 1) * HOUR,
				T0 + (i + 1) * HOUR + SECOND(1));
	}
	segment_list_clear(&list);
}

/* Records that cannot be written are counted, and the count is written when there is room. */
static void test_writer_counts_losses(void **state)
{
	const struct place *place = *state;
	const struct segment_writer_options options = {
		.path = place->folder, .keep_ns = HOUR, .max_size = 10000000, .replays = true};
	struct segment_writer_status status = {0};
	struct segment_writer *writer = NULL;
	struct rlimit limit;
	struct rlimit none;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	none = (struct rlimit){0, limit.rlim_max};
	assert_int_equal(segment_writer_open(&options, &writer), 0);
	assert_int_equal(segment_writer_start(writer), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	for (uint64_t i = 1; i <= 100; i++)
		add_flow(writer, i);
	segment_writer_flush(writer);
	for (int i = 0; i < 2000 && status.lost < 100; i++) {
		usleep(5000);
		segment_writer_status(writer, &status);
	}
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(status.lost, 100);
	assert_int_equal(status.pending, 100);
	assert_int_equal(status.error, -EFBIG);
	/* The writer waits before it tries again, so this flow is lost, too. */
	add_flow(writer, 101);
	segment_writer_close(writer, &status);
	assert_int_equal(status.lost, 101);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_other_names),
		cmocka_unit_test_setup_teardown(test_size_is_bounded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_text_beyond_the_bound, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_age_is_bounded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_failed_write, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_numbers_go_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_replaced_segments, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_windows, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_many_segments, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_folder_without_segments, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_writer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_writer_of_edges, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_writer_counts_losses, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
