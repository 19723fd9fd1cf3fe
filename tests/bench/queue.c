/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares polecat's queue with the single-producer single-consumer ring of Concurrency Kit
 * (ck_ring, by value), between two threads, for items of the size of a record. The queues take
 * turns in the same run. Prints the size of an item in bytes, the median of each queue in million
 * items per second, and the least, the median and the largest ratio of the two queues.
 */
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <ck_ring.h>

#include "core/queue/spsc.h"
#include "core/record/record.h"

#define CAPACITY 65536u
#define ITEMS    3000000u
#define ROUNDS   7
#define BATCH    256

CK_RING_PROTOTYPE(record, record)

static struct spsc *ours;
static ck_ring_t theirs;
static struct record *their_slots;

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Yields, because spinning on a full or empty queue while the other CPU is busy would measure the
 * scheduler. */
static void *produce_ours(void *unused)
{
	struct record record = {.kind = RECORD_LOST};

	for (uint32_t i = 0; i < ITEMS; i++) {
		record.lost.count = i;
		while (!spsc_push(ours, &record))
			sched_yield();
	}
	return unused;
}

static uint64_t consume_ours(void)
{
	static struct record batch[BATCH];
	uint64_t sum = 0;

	for (uint32_t got = 0; got < ITEMS;) {
		size_t count = spsc_pop(ours, batch, BATCH);
		for (size_t i = 0; i < count; i++)
			sum += batch[i].lost.count;
		got += (uint32_t)count;
		if (count == 0)
			sched_yield();
	}
	return sum;
}

static void *produce_theirs(void *unused)
{
	struct record record = {.kind = RECORD_LOST};

	for (uint32_t i = 0; i < ITEMS; i++) {
		record.lost.count = i;
		while (!CK_RING_ENQUEUE_SPSC(record, &theirs, their_slots, &record))
			sched_yield();
	}
	return unused;
}

static uint64_t consume_theirs(void)
{
	static struct record batch[BATCH];
	uint64_t sum = 0;

	/* Read batches of the same size as consume_ours, so that only the queues differ. */
	for (uint32_t got = 0; got < ITEMS;) {
		size_t count = 0;
		while (count < BATCH &&
		       CK_RING_DEQUEUE_SPSC(record, &theirs, their_slots, &batch[count]))
			count++;
		for (size_t i = 0; i < count; i++)
			sum += batch[i].lost.count;
		got += (uint32_t)count;
		if (count == 0)
			sched_yield();
	}
	return sum;
}

/* Returns million items per second, or a negative number if the checksum shows a lost or repeated
 * item. */
static double run(void *(*produce)(void *), uint64_t (*consume)(void))
{
	pthread_t producer;
	double start = seconds_now();

	if (pthread_create(&producer, NULL, produce, NULL))
		exit(1);
	uint64_t sum = consume();
	double taken = seconds_now() - start;
	pthread_join(producer, NULL);
	return sum == (uint64_t)ITEMS * (ITEMS - 1) / 2 ? ITEMS / taken / 1e6 : -1;
}

static int by_value(const void *a, const void *b)
{
	double left = *(const double *)a;
	double right = *(const double *)b;

	return (left > right) - (left < right);
}

int main(void)
{
	double us[ROUNDS];
	double them[ROUNDS];
	double ratio[ROUNDS];

	their_slots = calloc(CAPACITY, sizeof(*their_slots));
	if (!their_slots || spsc_new(CAPACITY, sizeof(struct record), &ours))
		return 1;
	ck_ring_init(&theirs, CAPACITY);
	run(produce_ours, consume_ours); /* the first round allocates the pages */
	run(produce_theirs, consume_theirs);
	for (int i = 0; i < ROUNDS; i++) {
		us[i] = run(produce_ours, consume_ours);
		them[i] = run(produce_theirs, consume_theirs);
		ratio[i] = us[i] / them[i];
		if (us[i] < 0 || them[i] < 0) {
			fprintf(stderr, "queue: items were lost\n");
			return 1;
		}
	}
	qsort(us, ROUNDS, sizeof(*us), by_value);
	qsort(them, ROUNDS, sizeof(*them), by_value);
	qsort(ratio, ROUNDS, sizeof(*ratio), by_value);
	printf("%zu %.2f %.2f %.2f %.2f %.2f\n", sizeof(struct record), us[ROUNDS / 2],
	       them[ROUNDS / 2], ratio[0], ratio[ROUNDS / 2], ratio[ROUNDS - 1]);
	spsc_free(ours);
	free(their_slots);
	return 0;
}
