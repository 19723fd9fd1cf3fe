/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/queue/spsc.h"

/* A wake-up that takes longer counts as lost. The limit is high because test machines are busy. */
#define LOST_WAKE_UP_MS 20000

/* An item of a record's size. Its content makes torn and stale copies detectable. */
struct item {
	uint64_t number;
	uint64_t echo[15];
};

static void item_fill(struct item *item, uint64_t number)
{
	item->number = number;
	for (size_t i = 0; i < sizeof(item->echo) / sizeof(item->echo[0]); i++)
		item->echo[i] = number * (i + 3) ^ i;
}

static bool item_is_whole(const struct item *item)
{
	struct item expected;
	item_fill(&expected, item->number);
	return memcmp(item, &expected, sizeof(expected)) == 0;
}

static bool is_readable(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	return poll(&poll_fd, 1, 0) == 1;
}

static struct spsc *queue_new(size_t capacity, size_t item_size)
{
	struct spsc *queue = NULL;
	assert_int_equal(spsc_new(capacity, item_size, &queue), 0);
	assert_non_null(queue);
	return queue;
}

static void test_new_refuses(void **state)
{
	(void)state;
	static const struct {
		size_t capacity;
		size_t item_size;
		int error;
	} cases[] = {
		{0, 8, -EINVAL},           {1, 8, -EINVAL},
		{3, 8, -EINVAL},           {1000, 8, -EINVAL},
		{SIZE_MAX, 8, -EINVAL},    {16, 0, -EINVAL},
		{1024, SIZE_MAX, -ENOMEM}, {(SIZE_MAX >> 1) + 1, 3, -ENOMEM},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct spsc *untouched = (struct spsc *)state;
		assert_int_equal(spsc_new(cases[i].capacity, cases[i].item_size, &untouched),
				 cases[i].error);
		assert_ptr_equal(untouched, state);
	}
	spsc_free(NULL);
}

static void test_descriptor(void **state)
{
	(void)state;
	struct spsc *queue = queue_new(2, 1);
	int fd = spsc_fd(queue);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	spsc_free(queue);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void test_empty_and_full(void **state)
{
	(void)state;
	struct spsc *queue = queue_new(4, sizeof(struct item));
	struct item item;
	assert_int_equal(spsc_pop(queue, &item, 1), 0);
	assert_int_equal(spsc_size(queue), 0);

	/* All slots are usable, and a push to a full queue overwrites nothing. */
	for (uint64_t number = 1; number <= 4; number++) {
		item_fill(&item, number);
		assert_true(spsc_push(queue, &item));
		assert_int_equal(spsc_size(queue), number);
	}
	item_fill(&item, 5);
	assert_false(spsc_push(queue, &item));
	assert_false(spsc_push(queue, &item));
	assert_int_equal(spsc_size(queue), 4);

	assert_int_equal(spsc_pop(queue, &item, 0), 0);
	for (uint64_t number = 1; number <= 4; number++) {
		assert_int_equal(spsc_pop(queue, &item, 1), 1);
		assert_int_equal(item.number, number);
		assert_true(item_is_whole(&item));
	}
	assert_int_equal(spsc_pop(queue, &item, 1), 0);

	/* One free slot has room for one item. */
	for (uint64_t number = 6; number <= 9; number++) {
		item_fill(&item, number);
		assert_true(spsc_push(queue, &item));
	}
	assert_int_equal(spsc_pop(queue, &item, 1), 1);
	item_fill(&item, 10);
	assert_true(spsc_push(queue, &item));
	assert_false(spsc_push(queue, &item));
	spsc_free(queue);
}

/* Pops batches of several sizes, so that they begin at every slot and wrap around the end of the
 * ring. */
static void wrap_around(size_t capacity, size_t item_size)
{
	struct spsc *queue = queue_new(capacity, item_size);
	unsigned char *in = malloc(item_size);
	unsigned char *out = malloc((capacity + 2) * item_size);
	assert_non_null(in);
	assert_non_null(out);
	size_t pushed = 0;
	size_t popped = 0;
	for (size_t round = 0; round < capacity * 12; round++) {
		size_t want = round % (capacity + 1);
		while (pushed - popped < want || (round % 3 == 0 && pushed - popped < capacity)) {
			memset(in, (int)(pushed % 251), item_size);
			assert_true(spsc_push(queue, in));
			pushed++;
		}
		size_t max = (round * 7) % (capacity + 2) + 1;
		size_t available = pushed - popped;
		memset(out, 255, (capacity + 2) * item_size);
		size_t count = spsc_pop(queue, out, max);
		assert_int_equal(count, available < max ? available : max);
		for (size_t i = 0; i < count * item_size; i++)
			assert_int_equal(out[i], (popped + i / item_size) % 251);
		/* Memory after the last item is untouched. */
		assert_int_equal(out[count * item_size], 255);
		popped += count;
	}
	free(in);
	free(out);
	spsc_free(queue);
}

static void test_wrap_around(void **state)
{
	(void)state;
	for (size_t capacity = 2; capacity <= 32; capacity *= 2) {
		wrap_around(capacity, 1);
		wrap_around(capacity, 3);
		wrap_around(capacity, 128);
	}
}

static void test_armed_once(void **state)
{
	(void)state;
	struct spsc *queue = queue_new(4, 1);
	int fd = spsc_fd(queue);
	char item = 'a';

	/* The consumer is awake, so notify makes no system call. */
	assert_true(spsc_push(queue, &item));
	spsc_notify(queue);
	assert_false(is_readable(fd));

	/*
	 * The queue is not empty: the consumer must not sleep, and the next notify does not write.
	 */
	assert_false(spsc_arm(queue));
	spsc_notify(queue);
	assert_false(is_readable(fd));

	assert_int_equal(spsc_pop(queue, &item, 1), 1);
	assert_true(spsc_arm(queue));
	assert_false(is_readable(fd));
	assert_true(spsc_push(queue, &item));
	assert_false(is_readable(fd));
	spsc_notify(queue);
	assert_true(is_readable(fd));

	/* One sleep needs one wake-up, however many items arrive. */
	assert_true(spsc_push(queue, &item));
	spsc_notify(queue);
	spsc_notify(queue);
	uint64_t wake_ups = 0;
	assert_int_equal(read(fd, &wake_ups, sizeof(wake_ups)), sizeof(wake_ups));
	assert_int_equal(wake_ups, 1);

	/* Without a push there is nothing to wake for, except for a change elsewhere. */
	assert_int_equal(spsc_pop(queue, &(char[2]){0}, 2), 2);
	assert_true(spsc_arm(queue));
	spsc_notify(queue);
	assert_false(is_readable(fd));
	spsc_wake(queue);
	assert_true(is_readable(fd));
	spsc_disarm(queue);
	assert_false(is_readable(fd));
	spsc_disarm(queue);

	/* After disarming, the consumer is awake again. */
	assert_true(spsc_arm(queue));
	spsc_disarm(queue);
	spsc_wake(queue);
	assert_false(is_readable(fd));
	spsc_free(queue);
}

/* The producer of the tests with two threads. The test reads it only after pthread_join. */
struct producer {
	struct spsc *queue;
	uint64_t total;    /* items to send */
	uint64_t batch;    /* items between two notifications */
	uint64_t pause_us; /* between batches; 0: none */
	bool lossy;        /* when the queue is full, count a loss; else yield and try again */
	uint64_t lost;
};

static void *produce(void *data)
{
	struct producer *producer = data;
	struct item item;
	for (uint64_t number = 1; number <= producer->total; number++) {
		item_fill(&item, number);
		while (!spsc_push(producer->queue, &item)) {
			if (producer->lossy) {
				producer->lost++;
				break;
			}
			spsc_notify(producer->queue);
			sched_yield();
		}
		if (number % producer->batch == 0) {
			spsc_notify(producer->queue);
			if (producer->pause_us)
				usleep((useconds_t)producer->pause_us);
		}
	}
	/* The last item is never lost. */
	item_fill(&item, UINT64_MAX);
	while (!spsc_push(producer->queue, &item)) {
		spsc_notify(producer->queue);
		sched_yield();
	}
	spsc_notify(producer->queue);
	return NULL;
}

struct tally {
	uint64_t received;
	uint64_t last;
	uint64_t broken;     /* items that differ from the items that were sent */
	uint64_t disordered; /* items with a lower number than the item before */
	bool ended;
	bool slept_for_ever;
};

/* Pops up to `max` items at a time until the last item. While the queue is empty, waits for the
 * descriptor if `sleeps` is true, and otherwise yields. */
static void consume(struct spsc *queue, size_t max, bool sleeps, struct tally *tally)
{
	struct item *items = calloc(max, sizeof(*items));
	assert_non_null(items);
	while (!tally->ended && !tally->slept_for_ever) {
		size_t count = spsc_pop(queue, items, max);
		for (size_t i = 0; i < count; i++) {
			tally->broken += !item_is_whole(&items[i]);
			if (items[i].number == UINT64_MAX) {
				tally->ended = true;
				continue;
			}
			tally->disordered += items[i].number <= tally->last || tally->ended;
			tally->last = items[i].number;
			tally->received++;
		}
		if (count > 0)
			continue;
		if (!sleeps) {
			sched_yield();
		} else if (spsc_arm(queue)) {
			struct pollfd poll_fd = {.fd = spsc_fd(queue), .events = POLLIN};
			tally->slept_for_ever = poll(&poll_fd, 1, LOST_WAKE_UP_MS) == 0;
			spsc_disarm(queue);
		}
	}
	free(items);
}

/* Runs both threads to the end and checks the properties that all tests share. */
static struct tally run_threads(struct producer *producer, size_t capacity, size_t max, bool sleeps)
{
	struct tally tally = {0};
	pthread_t thread;
	producer->queue = queue_new(capacity, sizeof(struct item));
	assert_int_equal(pthread_create(&thread, NULL, produce, producer), 0);
	consume(producer->queue, max, sleeps, &tally);
	/* A producer that waits for a free slot would never end, so pop all items before any
	 * assertion. */
	if (tally.slept_for_ever)
		consume(producer->queue, max, false, &tally);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(spsc_size(producer->queue), 0);
	spsc_free(producer->queue);
	assert_false(tally.slept_for_ever);
	assert_int_equal(tally.broken, 0);
	assert_int_equal(tally.disordered, 0);
	assert_int_equal(tally.received + producer->lost, producer->total);
	return tally;
}

static void test_threads_nothing_lost(void **state)
{
	(void)state;
	static const struct {
		size_t capacity;
		size_t max;
	} cases[] = {{2, 1}, {2, 5}, {8, 3}, {64, 64}, {1024, 100}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct producer producer = {.total = 20000, .batch = 1};
		struct tally tally = run_threads(&producer, cases[i].capacity, cases[i].max, false);
		assert_int_equal(tally.last, producer.total);
	}
}

static void test_threads_full_queue_counts(void **state)
{
	(void)state;
	/* No item is popped during the pushes, so the queue accepts exactly as many items as its
	 * capacity. */
	struct spsc *queue = queue_new(16, sizeof(struct item));
	struct producer producer = {.queue = queue, .total = 1000, .batch = 7, .lossy = true};
	struct item item;
	uint64_t kept = 0;
	for (uint64_t number = 1; number <= producer.total; number++) {
		item_fill(&item, number);
		kept += spsc_push(queue, &item);
	}
	assert_int_equal(kept, 16);
	spsc_free(queue);

	/* With both threads at once, every item is either received or counted as lost. */
	producer.total = 50000;
	run_threads(&producer, 16, 4, true);
}

static void test_threads_no_wake_up_lost(void **state)
{
	(void)state;
	/* With batches of one item, the consumer often prepares to sleep while an item arrives. */
	struct producer single = {.total = 5000, .batch = 1};
	run_threads(&single, 2, 1, true);
	struct producer pausing = {.total = 600, .batch = 3, .pause_us = 50};
	run_threads(&pausing, 64, 8, true);
	struct producer batches = {.total = 50000, .batch = 50};
	run_threads(&batches, 256, 256, true);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_refuses),
		cmocka_unit_test(test_descriptor),
		cmocka_unit_test(test_empty_and_full),
		cmocka_unit_test(test_wrap_around),
		cmocka_unit_test(test_armed_once),
		cmocka_unit_test(test_threads_nothing_lost),
		cmocka_unit_test(test_threads_full_queue_counts),
		cmocka_unit_test(test_threads_no_wake_up_lost),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
