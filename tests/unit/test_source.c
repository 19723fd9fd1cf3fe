/* SPDX-License-Identifier: Apache-2.0 */
/* A source waits for room in its queue, and reports its losses, even if the queue is full at the
 * end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "core/source/source.h"

/* More records than the queue holds. */
#define RECORDS 70000

struct scene {
	bool waits_for_stop;
	uint64_t lost;          /* lines that the thread reports as lost after the records */
	atomic_bool has_pushed; /* the thread has emitted and counted everything */
};

static void pause_ms(long ms)
{
	const struct timespec pause = {.tv_nsec = ms * 1000000};

	nanosleep(&pause, NULL);
}

static void run(struct source *source, void *data)
{
	struct scene *scene = data;

	for (unsigned int i = 0; i < RECORDS; i++) {
		struct record record = {.kind = RECORD_FLOW};
		source_emit(source, &record);
	}
	source_count_lost(source, LOST_STREAM, scene->lost);
	atomic_store(&scene->has_pushed, true);
	while (scene->waits_for_stop && !source_stopping(source))
		pause_ms(1);
}

static struct source *start(struct scene *scene)
{
	static const struct source_operations operations = {.label = "test", .run = run};
	struct source *source = NULL;

	assert_int_equal(source_new(&operations, scene, &source), 0);
	assert_int_equal(source_start(source), 0);
	return source;
}

/* The sums over the records popped so far. */
struct sums {
	uint64_t flows;
	uint64_t lost[LOST_WHERE_END];
};

static void pop_all(struct source *source, struct sums *sums)
{
	struct record record;

	while (spsc_pop(source_queue(source), &record, 1) == 1) {
		sums->flows += record.kind == RECORD_FLOW;
		if (record.kind == RECORD_LOST)
			sums->lost[record.lost.where] += record.lost.count;
		record_free(&record);
	}
}

static void test_lost_at_the_end(void **context)
{
	(void)context;
	struct scene scene = {.lost = 3};
	struct source *source = start(&scene);
	struct source_health health = {0};
	struct sums sums = {0};

	/* A source that does not wait for room would end in this time. */
	pause_ms(50);
	assert_false(atomic_load(&scene.has_pushed));
	do {
		source_health(source, &health);
		pop_all(source, &sums);
	} while (health.state != SOURCE_ENDED);
	assert_int_equal(sums.lost[LOST_STREAM], 3);
	assert_int_equal(sums.lost[LOST_QUEUE], 0);
	assert_int_equal(sums.flows, RECORDS);
	source_free(source);
}

/* Waits until the thread waits for room. */
static void wait_for_full_queue(struct source *source)
{
	size_t size;

	do {
		size = spsc_size(source_queue(source));
		pause_ms(20);
	} while (size == 0 || spsc_size(source_queue(source)) != size);
}

/* A source that is asked to stop still waits for room, so the main loop gets all its records. */
static void test_asked_to_stop(void **context)
{
	(void)context;
	struct scene scene = {.lost = 3};
	struct source *source = start(&scene);
	struct sums sums = {0};
	bool ended;

	wait_for_full_queue(source);
	source_ask_stop(source);
	assert_false(source_has_ended(source));
	do {
		ended = source_has_ended(source);
		pop_all(source, &sums);
	} while (!ended);
	source_stop(source);
	while (source_push_rest(source))
		pop_all(source, &sums);
	assert_int_equal(sums.lost[LOST_STREAM], 3);
	assert_int_equal(sums.lost[LOST_QUEUE], 0);
	assert_int_equal(sums.flows, RECORDS);
	source_free(source);
}

static void test_lost_while_stopping(void **context)
{
	(void)context;
	struct scene scene = {.lost = 3, .waits_for_stop = true};
	struct source *source = start(&scene);
	struct sums sums = {0};

	wait_for_full_queue(source);
	source_stop(source);
	assert_true(atomic_load(&scene.has_pushed));
	pop_all(source, &sums);
	assert_int_equal(sums.lost[LOST_STREAM], 0);
	assert_true(source_push_rest(source));
	pop_all(source, &sums);
	assert_int_equal(sums.lost[LOST_STREAM], 3);
	assert_true(sums.lost[LOST_QUEUE] > 0);
	assert_int_equal(sums.flows + sums.lost[LOST_QUEUE], RECORDS);
	assert_false(source_push_rest(source));
	source_free(source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lost_at_the_end),
		cmocka_unit_test(test_asked_to_stop),
		cmocka_unit_test(test_lost_while_stopping),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
