/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/source.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/memory.h"
#include "core/base/thread.h"
#include "core/sandbox/sandbox.h"

/* Enough records for a quarter of a second at 250,000 per second. The main loop does not read the
 * queue while it draws a screen, which takes less time. */
#define QUEUE_CAPACITY 65536

/* The delay between two attempts to push into a full queue. The main loop takes longer to empty the
 * queue. */
#define WAIT_FOR_ROOM_MS 2

struct source {
	const struct source_operations *operations;
	void *data;
	struct source *carrier; /* NULL: the source has a thread and a queue */
	uint32_t origin;        /* in each record of a carried source; else 0 */
	struct spsc *queue;     /* the carrier's, if there is one */
	pthread_t thread;
	bool started;
	bool joined;
	int stop_fd;
	int kick_fd;
	atomic_bool stopping;
	atomic_bool abandoned; /* source_stop waits for the thread, so nobody pops records */
	atomic_bool ended;     /* the thread pushes no more records */

	/* Only the source's thread uses these members. */
	uint64_t queue_lost; /* records that did not fit into the queue */
	/* Losses that are not pushed as RECORD_LOST yet. */
	uint64_t lost[LOST_WHERE_END];
	bool any_lost;
	/* Failed allocations of the thread that are among the losses of its sources. Not of a
	 * carried source. */
	uint64_t failures;

	pthread_mutex_t health_lock;
	pthread_cond_t carried_ended; /* of a carrier: signals `ended` of its sources */
	struct source_health health;
	atomic_bool health_changed;
	atomic_bool carried_changed; /* of a carrier */
};

/* Returns the source whose thread produces the records. */
static struct source *source_producer(struct source *source)
{
	return source->carrier ? source->carrier : source;
}

/* Makes a source without a queue and descriptors. Frees the data and returns NULL if out of
 * memory. */
static struct source *source_allocate(const struct source_operations *operations, void *data)
{
	struct source *source = memory_checked(calloc(1, sizeof(*source)));

	if (!source) {
		if (operations->free_data)
			operations->free_data(data);
		return NULL;
	}
	source->operations = operations;
	source->data = data;
	source->failures = memory_thread_failures();
	source->stop_fd = -1;
	source->kick_fd = -1;
	pthread_mutex_init(&source->health_lock, NULL);
	pthread_cond_init(&source->carried_ended, NULL);
	atomic_init(&source->stopping, false);
	atomic_init(&source->abandoned, false);
	atomic_init(&source->ended, false);
	atomic_init(&source->health_changed, false);
	atomic_init(&source->carried_changed, false);
	return source;
}

int source_new_carried(const struct source_operations *operations, void *data,
		       struct source *carrier, uint32_t origin, struct source **out)
{
	struct source *source = source_allocate(operations, data);

	if (!source)
		return -ENOMEM;
	source->carrier = carrier;
	source->origin = origin;
	source->queue = carrier->queue;
	*out = source;
	return 0;
}

/* Makes the descriptors that wake the thread. Returns 0 or -errno. */
static int source_make_wakes(struct source *source)
{
	source->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	source->kick_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return source->stop_fd < 0 || source->kick_fd < 0 ? -errno : 0;
}

int source_new(const struct source_operations *operations, void *data, struct source **out)
{
	struct source *source = source_allocate(operations, data);

	if (!source)
		return -ENOMEM;
	int error = spsc_new(QUEUE_CAPACITY, sizeof(struct record), &source->queue);
	if (!error)
		error = source_make_wakes(source);
	if (error) {
		source_free(source);
		return error;
	}
	*out = source;
	return 0;
}

/* Pushes a RECORD_LOST for each kind of loss since the last call. Returns false if the queue is
 * full. */
static bool source_push_lost(struct source *source)
{
	for (unsigned int where = 0; where < LOST_WHERE_END; where++) {
		if (source->lost[where] == 0)
			continue;
		struct record record = {
			.kind = RECORD_LOST,
			.origin = source->origin,
			.lost = {.count = source->lost[where], .where = (uint8_t)where},
		};
		if (!spsc_push(source->queue, &record))
			return false;
		source->lost[where] = 0;
	}
	source->any_lost = false;
	return true;
}

/* Counts the allocations that failed in the source's thread as losses. A source may go on without
 * what it could not store. */
static void source_count_failures(struct source *source)
{
	struct source *producer = source_producer(source);
	uint64_t failures = memory_thread_failures();

	if (__builtin_expect(failures == producer->failures, 1))
		return;
	source->lost[LOST_MEMORY] += failures - producer->failures;
	producer->failures = failures;
	source->any_lost = true;
}

/* Wakes the reader and waits for a moment. If the thread is asked to end during the wait, returns
 * at once. */
static void source_wait_for_room(struct source *source)
{
	const struct source *producer = source_producer(source);
	struct pollfd stop = {.fd = producer->stop_fd, .events = POLLIN};

	spsc_notify(source->queue);
	/* The descriptor stays readable after the stop. */
	poll(&stop, source_stopping(producer) ? 0 : 1, WAIT_FOR_ROOM_MS);
}

/* Waits until the losses fit into the queue, or until source_stop. source_push_rest pushes losses
 * that remain. */
static void source_push_lost_at_end(struct source *source)
{
	source_count_failures(source);
	while (source->any_lost && !source_push_lost(source) && !source_stopping(source))
		source_wait_for_room(source);
}

/* Reports the end of a source. Its thread pushes no records after this call. */
static void source_report_end(struct source *source)
{
	struct source_health health;

	/*
	 * Push losses before the health reports the end, because a reader pops nothing after that.
	 */
	source_push_lost_at_end(source);
	source_health(source, &health);
	/* Do not change the message, which the main loop might not have read yet, and keep a gap in
	 * the data. */
	if (health.state != SOURCE_BROKEN && health.state != SOURCE_ABSENT)
		source_set_health(source, SOURCE_ENDED, health.error == -ENODATA ? -ENODATA : 0,
				  "%s", health.message);
}

void source_end_carried(struct source *source)
{
	struct source *carrier = source->carrier;

	source_report_end(source);
	/* The main thread may free the source as soon as `ended` is set. */
	pthread_mutex_lock(&carrier->health_lock);
	atomic_store(&source->ended, true);
	pthread_cond_broadcast(&carrier->carried_ended);
	pthread_mutex_unlock(&carrier->health_lock);
	spsc_wake(carrier->queue);
}

static void *source_run(void *argument)
{
	struct source *source = argument;

	source->failures = memory_thread_failures();
	/* A failure leaves capabilities that this thread does not use. */
	if (!source->operations->enters_sandbox && sandbox_is_planned())
		(void)sandbox_enter(SANDBOX_SOURCE, 0);
	source->operations->run(source, source->data);
	source_report_end(source);
	atomic_store(&source->ended, true);
	spsc_wake(source->queue);
	return NULL;
}

static int source_start_thread(struct source *source)
{
	int error = thread_start(&source->thread, source_run, source);

	if (error)
		return error;
	source->started = true;
	return 0;
}

int source_start(struct source *source)
{
	struct source *carrier = source->carrier;

	if (!carrier)
		return source_start_thread(source);
	int error = carrier->operations->take(carrier->data, source);
	source->started = !error;
	return error;
}

int source_start_new(const struct source_operations *operations, void *data, struct source **out)
{
	struct source *source = NULL;
	int error = source_new(operations, data, &source);

	if (!error)
		error = source_start_thread(source);
	if (error) {
		source_free(source);
		return error;
	}
	*out = source;
	return 0;
}

void source_ask_stop(struct source *source)
{
	uint64_t one = 1;

	atomic_store(&source->stopping, true);
	if (source->carrier) {
		source_kick(source->carrier);
		return;
	}
	ssize_t written = write(source->stop_fd, &one, sizeof(one));
	(void)written; /* fails only if the eventfd is already readable */
}

bool source_has_ended(const struct source *source)
{
	return !source->started || atomic_load(&source->ended);
}

/* Waits until the carrier has ended the source. */
static void source_wait_for_carrier(struct source *source)
{
	struct source *carrier = source->carrier;

	pthread_mutex_lock(&carrier->health_lock);
	while (!atomic_load(&source->ended))
		pthread_cond_wait(&carrier->carried_ended, &carrier->health_lock);
	pthread_mutex_unlock(&carrier->health_lock);
}

void source_stop(struct source *source)
{
	if (!source->started || source->joined)
		return;
	atomic_store(&source->abandoned, true);
	source_ask_stop(source);
	if (source->carrier)
		source_wait_for_carrier(source);
	else
		pthread_join(source->thread, NULL);
	source->joined = true;
}

bool source_push_rest(struct source *source)
{
	if (!source->joined || !source_producer(source)->joined || !source->any_lost)
		return false;
	source_push_lost(source);
	return true;
}

void source_free(struct source *source)
{
	if (!source)
		return;
	source_stop(source);
	if (source->queue && !source->carrier) {
		struct record record;
		while (spsc_pop(source->queue, &record, 1) == 1)
			record_free(&record);
		spsc_free(source->queue);
	}
	if (source->operations->free_data)
		source->operations->free_data(source->data);
	if (source->stop_fd >= 0)
		close(source->stop_fd);
	if (source->kick_fd >= 0)
		close(source->kick_fd);
	pthread_cond_destroy(&source->carried_ended);
	pthread_mutex_destroy(&source->health_lock);
	free(source);
}

struct source *source_carrier(const struct source *source)
{
	return source->carrier;
}

bool source_carried_changed(struct source *carrier)
{
	return atomic_exchange(&carrier->carried_changed, false);
}

const char *source_label(const struct source *source)
{
	return source->operations->label;
}

void *source_data(struct source *source)
{
	return source->data;
}

struct spsc *source_queue(struct source *source)
{
	return source->queue;
}

void source_health(struct source *source, struct source_health *out)
{
	pthread_mutex_lock(&source->health_lock);
	*out = source->health;
	pthread_mutex_unlock(&source->health_lock);
}

enum source_health_state source_state(struct source *source)
{
	pthread_mutex_lock(&source->health_lock);
	enum source_health_state state = source->health.state;
	pthread_mutex_unlock(&source->health_lock);
	return state;
}

bool source_health_changed(struct source *source)
{
	return atomic_exchange(&source->health_changed, false);
}

bool source_stopping(const struct source *source)
{
	return atomic_load_explicit(&source->stopping, memory_order_relaxed);
}

int source_stop_fd(const struct source *source)
{
	return source->stop_fd;
}

void source_kick(struct source *source)
{
	uint64_t one = 1;
	ssize_t written = write(source->kick_fd, &one, sizeof(one));

	(void)written; /* fails only if the eventfd is already readable */
}

int source_kick_fd(const struct source *source)
{
	return source->kick_fd;
}

void source_clear_kick(struct source *source)
{
	uint64_t count;
	ssize_t length = read(source->kick_fd, &count, sizeof(count));

	(void)length; /* fails only if there was no kick */
}

void source_set_health(struct source *source, enum source_health_state state, int error,
		       const char *format, ...)
{
	struct source_health health = {.state = state, .error = error};
	va_list arguments;

	/* Push the losses first, because readers may stop at SOURCE_ENDED. */
	if (source->any_lost)
		source_push_lost(source);

	va_start(arguments, format);
	vsnprintf(health.message, sizeof(health.message), format, arguments);
	va_end(arguments);
	pthread_mutex_lock(&source->health_lock);
	bool same = source->health.state == state && source->health.error == error &&
		    strcmp(source->health.message, health.message) == 0;
	source->health = health;
	pthread_mutex_unlock(&source->health_lock);
	if (same)
		return;
	atomic_store(&source->health_changed, true);
	if (source->carrier)
		atomic_store(&source->carrier->carried_changed, true);
	spsc_wake(source->queue);
}

uint64_t source_queue_lost(const struct source *source)
{
	return source->queue_lost;
}

void source_count_lost(struct source *source, enum lost_where where, uint64_t count)
{
	if (count == 0)
		return;
	/* A loss that the source counts is the consequence of the failures before it. */
	if (where == LOST_MEMORY) {
		uint64_t failures = memory_thread_failures();
		struct source *producer = source_producer(source);
		if (count < failures - producer->failures)
			count = failures - producer->failures;
		producer->failures = failures;
	}
	source->lost[where] += count;
	source->any_lost = true;
}

/* Counts a record that did not fit into the queue. A report of losses becomes one of all subjects
 * together. */
static void source_lose(struct source *source, struct record *record)
{
	source->queue_lost++;
	if (record->kind == RECORD_LOST)
		source_count_lost(source, record->lost.where, record->lost.count);
	else
		source_count_lost(source, LOST_QUEUE, 1);
	record_free(record);
}

/* Pushes the losses so far, and then a record. Returns false if the queue is full. */
static bool source_push(struct source *source, struct record *record)
{
	record->origin = source->origin;
	return (!source->any_lost || source_push_lost(source)) && spsc_push(source->queue, record);
}

void source_emit(struct source *source, struct record *record)
{
	source_count_failures(source);
	while (!source_push(source, record)) {
		if (atomic_load_explicit(&source->abandoned, memory_order_relaxed)) {
			source_lose(source, record);
			return;
		}
		source_wait_for_room(source);
	}
	record->kind = RECORD_NONE;
}

bool source_emit_wait(struct source *source, struct record *record)
{
	source_count_failures(source);
	while (!source_push(source, record)) {
		source_wait_for_room(source);
		if (source_stopping(source)) {
			record_free(record);
			return false;
		}
	}
	/* The source may block on its input next; the reader must not wait for that. */
	if (!source->carrier)
		spsc_notify(source->queue);
	record->kind = RECORD_NONE;
	return true;
}

void source_wake(struct source *source)
{
	spsc_wake(source->queue);
}

void source_flush(struct source *source)
{
	source_count_failures(source);
	if (source->any_lost)
		source_push_lost(source);
	spsc_notify(source->queue);
}
