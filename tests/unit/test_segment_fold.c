/* SPDX-License-Identifier: Apache-2.0 */
/* The folding of a flight recorder's segments into edge records. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/timestamp.h"
#include "core/record/record.h"
#include "core/source/segments/segment_fold.h"
#include "core/source/segments/segment_store.h"
#include "core/source/stream/stream_read.h"

#define HOUR_NS (3600 * NS_PER_SECOND)
#define T0      (1767322800 * NS_PER_SECOND) /* 2026-01-02T03:00:00Z */

#define HELLO "{\"v\":1,\"kind\":\"hello\",\"node\":\"n1\",\"started\":\"2026-01-02T00:00:00Z\"}\n"
#define POD(label)                                                                     \
	"{\"v\":1,\"kind\":\"pod\",\"namespace\":\"shop\",\"name\":\"cart\",\"ips\":[" \
	"\"192.0.2.1\"],\"labels\":{\"app\":\"" label "\"}}\n"
#define FLOW(event, id, minute, more)                                                       \
	"{\"v\":1,\"kind\":\"flow\",\"event\":\"" event "\",\"ts\":\"2026-01-02T03:" minute \
	":00Z\",\"id\":\"000000000000000" id "\",\"node\":\"n1\",\"direction\":\"egress\"," \
	"\"protocol\":\"TCP\",\"family\":4,\"src\":\"192.0.2.1\",\"dst\":\"192.0.2.9\","    \
	"\"dport\":443,\"namespace\":\"shop\",\"pod\":\"cart\"," more "\"comm\":\"a\"}\n"
#define DNS(minute, address)                                                                  \
	"{\"v\":1,\"kind\":\"dns\",\"ts\":\"2026-01-02T03:" minute ":00Z\",\"node\":\"n1\","  \
	"\"namespace\":\"shop\",\"pod\":\"cart\",\"name\":\"db.example.com\",\"type\":\"A\"," \
	"\"addresses\":[\"" address "\"],\"rcode\":\"NOERROR\"}\n"
#define LOST "{\"v\":1,\"kind\":\"lost\",\"where\":\"kernel\",\"count\":7}\n"

struct place {
	char folder[64];
	struct segment_store *store;
};

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));
	struct segment_store_options options = {.keep_ns = 999 * HOUR_NS, .max_size = 1000000};

	assert_non_null(place);
	strcpy(place->folder, "/tmp/polecat-fold-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	options.folder = segment_folder_make(place->folder);
	assert_true(options.folder >= 0);
	assert_int_equal(segment_store_new(&options, &place->store), 0);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;
	DIR *directory = opendir(place->folder);

	assert_non_null(directory);
	for (const struct dirent *entry; (entry = readdir(directory));)
		unlinkat(dirfd(directory), entry->d_name, 0);
	closedir(directory);
	segment_store_free(place->store);
	rmdir(place->folder);
	free(place);
	return 0;
}

/* Adds a segment of the hour from T0 on. */
static void add_segment(struct place *place, const char *text)
{
	assert_int_equal(segment_store_begin(place->store, T0), 0);
	assert_int_equal(segment_store_add(place->store,
					   &(struct segment_text){.text = text,
								  .length = strlen(text),
								  .first_ns = T0,
								  .last_ns = T0 + HOUR_NS / 2}),
			 0);
}

/* The sums of the records of a segment. */
struct sums {
	uint64_t connections;
	uint64_t established;
	uint64_t closed;
	uint64_t open;
	uint64_t failed;
	uint64_t tx_bytes;
	uint64_t edges;
	uint64_t flows;
	uint64_t hellos;
	uint64_t pods;
	uint64_t lookups;
	uint64_t lost;
	char label[16]; /* of the last pod */
};

static void add_record(void *data, struct record *record)
{
	struct sums *sums = data;

	switch ((enum record_kind)record->kind) {
	case RECORD_EDGE:
		sums->edges++;
		sums->connections += record->edge->connections;
		sums->established += record->edge->established;
		sums->closed += record->edge->closed;
		sums->open += record->edge->open;
		sums->failed += failure_counts_sum(&record->edge->failures);
		sums->tx_bytes += record->edge->flow.tx_bytes;
		break;
	case RECORD_FLOW:
		sums->flows++;
		break;
	case RECORD_HELLO:
		sums->hellos++;
		break;
	case RECORD_POD:
		sums->pods++;
		snprintf(sums->label, sizeof(sums->label), "%s",
			 labels_get(&record->pod->labels, "app"));
		break;
	case RECORD_DNS:
		sums->lookups++;
		break;
	case RECORD_LOST:
		sums->lost += record->lost.count;
		break;
	default:
		break;
	}
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

static int read_segment(const struct place *place, const struct segment_name *name,
			struct sums *sums)
{
	char text[SEGMENT_NAME_SIZE];
	char path[256];
	char message[STREAM_READ_MESSAGE_SIZE];

	*sums = (struct sums){0};
	segment_name_format(name, text);
	snprintf(path, sizeof(path), "%s/%s", place->folder, text);
	return stream_read_file(path, add_record, sums, message);
}

/* Folds `count` segments from an index of the list on. */
static struct segment fold(const struct place *place, size_t first, size_t count)
{
	struct segment_list list = list_of(place);
	struct segment_fold_options options = {
		.folder = open(place->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.parts = &list.items[first],
		.count = count,
		.next = first + count < list.count ? &list.items[first + count].name : NULL,
	};
	struct segment_fold *folding = NULL;
	struct segment edges = {0};
	int result;

	assert_true(options.folder >= 0);
	assert_int_equal(segment_fold_new(&options, &folding), 0);
	/* The smallest steps. */
	while ((result = segment_fold_step(folding, 1)) == 1)
		;
	assert_int_equal(result, 0);
	assert_int_equal(segment_fold_finish(folding, &edges), 0);
	segment_fold_free(folding);
	close(options.folder);
	segment_list_clear(&list);
	return edges;
}

/* A connection counts once, in the segment of its end, with all of its bytes. */
static void test_connection_of_two_segments(void **state)
{
	struct place *place = *state;
	struct sums sums;

	add_segment(place,
		    HELLO POD("a") FLOW("attempt", "1", "01", "") FLOW("established", "1", "01", "")
			    FLOW("closed", "1", "02", "\"tx_bytes\":10,") FLOW(
				    "attempt", "2", "03", "") FLOW("established", "2", "03", "")
				    FLOW("failed", "3", "04", "\"error\":\"ECONNREFUSED\","));
	add_segment(place, HELLO POD("a") FLOW("open", "2", "10", "\"state\":\"ESTABLISHED\",")
				   FLOW("closed", "2", "12", "\"tx_bytes\":100,"));
	add_segment(place, HELLO);
	struct segment edges = fold(place, 0, 1);
	assert_int_equal(edges.name.from, 1);
	assert_int_equal(edges.name.number, 1);
	assert_int_equal(read_segment(place, &edges.name, &sums), 0);
	assert_int_equal(sums.flows, 0);
	assert_int_equal(sums.connections, 2);
	assert_int_equal(sums.established, 1);
	assert_int_equal(sums.closed, 1);
	assert_int_equal(sums.failed, 1);
	assert_int_equal(sums.open, 0);
	assert_int_equal(sums.tx_bytes, 10);
	assert_int_equal(sums.pods, 1);
	assert_int_equal(sums.hellos, 1);

	edges = fold(place, 1, 1);
	assert_int_equal(edges.name.number, 2);
	assert_int_equal(read_segment(place, &edges.name, &sums), 0);
	assert_int_equal(sums.connections, 1);
	assert_int_equal(sums.closed, 1);
	assert_int_equal(sums.tx_bytes, 100);
}

/* Of names, look-ups and losses, everything stays that a reader needs. */
static void test_names_and_losses(void **state)
{
	struct place *place = *state;
	struct sums sums;

	add_segment(place,
		    HELLO POD("a") DNS("01", "192.0.2.9") LOST POD("b") DNS("02", "192.0.2.9"));
	add_segment(place, HELLO POD("b") DNS("03", "192.0.2.8") POD("a") LOST);
	add_segment(place, HELLO);
	struct segment edges = fold(place, 0, 2);
	assert_int_equal(edges.name.from, 1);
	assert_int_equal(edges.name.number, 2);
	assert_int_equal(edges.name.first_ns / HOUR_NS, T0 / HOUR_NS);
	assert_int_equal(read_segment(place, &edges.name, &sums), 0);
	assert_int_equal(sums.hellos, 1);
	assert_int_equal(sums.pods, 3);
	assert_string_equal(sums.label, "a");
	assert_int_equal(sums.lookups, 2);
	assert_int_equal(sums.lost, 14);
}

/* The gap of a segment stays a gap. */
static void test_cut_segment(void **state)
{
	struct place *place = *state;
	char path[256];
	char text[SEGMENT_NAME_SIZE];
	struct sums sums;

	add_segment(place, HELLO FLOW("closed", "1", "01", "\"tx_bytes\":10,"));
	add_segment(place, HELLO);
	add_segment(place, HELLO);
	struct segment_list list = list_of(place);
	segment_name_format(&list.items[0].name, text);
	snprintf(path, sizeof(path), "%s/%s", place->folder, text);
	FILE *file = fopen(path, "r+e");
	assert_non_null(file);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	assert_int_equal(ftruncate(fileno(file), ftell(file) - 8), 0);
	fclose(file);
	segment_list_clear(&list);
	struct segment edges = fold(place, 0, 1);
	assert_true(edges.name.cut);
	assert_int_equal(read_segment(place, &edges.name, &sums), 0);
	assert_int_equal(sums.tx_bytes, 10);
}

/* Returns the sums of all segments, and the number of segments of edges. */
static size_t sum_all(const struct place *place, uint64_t *connections, uint64_t *tx_bytes)
{
	struct segment_list list = list_of(place);
	size_t folded = 0;

	*connections = 0;
	*tx_bytes = 0;
	for (size_t i = 0; i + 1 < list.count; i++) {
		struct sums sums;
		assert_int_equal(read_segment(place, &list.items[i].name, &sums), 0);
		*connections += sums.connections + sums.flows;
		*tx_bytes += sums.tx_bytes;
		folded += list.items[i].name.from != 0;
	}
	segment_list_clear(&list);
	return folded;
}

/* The store folds old segments instead of removing them, and stays within its bound. */
static void test_store_folds(void **state)
{
	struct place *place = *state;
	uint64_t connections;
	uint64_t tx_bytes;
	uint64_t seed = 1;
	char *text = malloc(200000);
	uint64_t id = 0;

	assert_non_null(text);
	/* 2.6 MB of compressed flows in a bound of 1 MB. */
	for (uint64_t hour = 0; hour < 100; hour++) {
		size_t length = 0;
		uint64_t ts_ns = T0 + hour * HOUR_NS;
		assert_int_equal(segment_store_begin(place->store, ts_ns), 0);
		for (int i = 0; i < 400; i++) {
			char stamp[TIMESTAMP_TEXT_SIZE];
			timestamp_format(ts_ns + id % 400 * NS_PER_SECOND, stamp);
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			length += (size_t)snprintf(
				text + length, 200000 - length,
				"{\"v\":1,\"kind\":\"flow\",\"event\":\"closed\",\"ts\":\"%s\","
				"\"id\":\"%08x%08x\",\"node\":\"n1\",\"direction\":\"egress\","
				"\"protocol\":\"TCP\",\"family\":4,\"src\":\"192.0.2.1\","
				"\"sport\":%u,\"dst\":\"192.0.2.%u\",\"dport\":443,"
				"\"comm\":\"a\",\"tx_bytes\":1,\"cmdline\":\"%016llx%016llx\"}\n",
				stamp, (unsigned int)(seed >> 32), (unsigned int)id++,
				(unsigned int)(seed >> 40) & 0xffff,
				2 + (unsigned int)(seed >> 56) % 4, (unsigned long long)seed,
				(unsigned long long)(seed * 31));
		}
		assert_int_equal(segment_store_add(place->store,
						   &(struct segment_text){
							   .text = text,
							   .length = length,
							   .first_ns = ts_ns,
							   .last_ns = ts_ns + 400 * NS_PER_SECOND}),
				 0);
		assert_true(segment_store_size(place->store) <= 1000000);
		if (hour % 2)
			while (segment_store_work(place->store, 10000))
				;
	}
	free(text);
	assert_int_equal(segment_store_begin(place->store, T0 + 100 * HOUR_NS), 0);
	struct segment_list list = list_of(place);
	assert_int_equal(list.items[0].name.from, 1);
	segment_list_clear(&list);
	assert_true(sum_all(place, &connections, &tx_bytes) > 50);
	assert_int_equal(connections, 40000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_connection_of_two_segments, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_names_and_losses, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cut_segment, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_store_folds, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
