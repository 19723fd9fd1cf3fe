/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/segments/segment_writer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/thread.h"
#include "core/record/json/record_json.h"
#include "core/sandbox/sandbox.h"
#include "core/source/segments/segment_store.h"

/* The bytes of a chunk before compression. Smaller ones compress worse. */
#define CHUNK_SIZE (256u << 10)

/* A caller that can wait does so beyond this number of bytes in the queue. */
#define REPLAY_QUEUE_MAX (4u << 20)

/* The longest time that a record stays in the caller's chunk. */
#define FLUSH_NS (NS_PER_SECOND / 2)

/* The time between two attempts to write after a failure. */
#define RETRY_NS (5 * NS_PER_SECOND)

/* Without records, segments that expire are looked for at this interval. */
#define EXPIRE_SECONDS 60

/* For each byte that is recorded, this many bytes of old segments are folded, so that folding ends
 * before the room does. Without new records, each step folds FOLD_LENGTH bytes. */
#define FOLD_FACTOR 3u
#define FOLD_LENGTH (256u << 10)

/* The shortest time that one segment covers. A longer --keep has longer segments, so that there
 * are at most KEEP_PARTS of them. */
#define PERIOD_MIN_NS (3600 * NS_PER_SECOND)
#define KEEP_PARTS    168u

/* Lines of records, in the queue from the caller to the thread. */
struct segment_chunk {
	struct segment_chunk *next;
	struct buffer text;
	uint64_t events;   /* the losses if the chunk is lost */
	uint64_t reported; /* earlier losses, which a `lost` record in the chunk reports */
	uint64_t first_ns; /* Unix times of the events */
	uint64_t last_ns;
	uint64_t begin_ns; /* with `begins`: the time of the segment */
	bool begins;       /* the chunk begins a segment */
	bool ends_start;   /* the description of the state ends with the chunk */
	bool steps;
};

struct segment_writer {
	struct segment_writer_options options;
	struct segment_store *store; /* after the start: of the thread */
	pthread_t thread;
	bool started;

	/* Only the caller uses these members. */
	struct segment_chunk *chunk; /* NULL: none was begun */
	uint64_t chunk_ns;           /* CLOCK_MONOTONIC: when it was begun */
	bool in_start;               /* between segment_writer_begin and _end_start */
	uint64_t period_ns;
	uint64_t period_end_ns; /* Unix time: an event at it or after it begins a segment */

	/* Only the thread uses these members. */
	bool asked;            /* it asked for a segment, and none was begun since */
	uint64_t latest_ns;    /* Unix time of the latest event; 0: none yet */
	uint64_t latest_at_ns; /* CLOCK_MONOTONIC: when it came */

	pthread_mutex_t lock;
	pthread_cond_t filled;
	pthread_cond_t emptied;
	/* The members below are protected by `lock`. */
	struct segment_chunk *first;
	struct segment_chunk *last;
	size_t queued; /* bytes */
	bool stopping;
	bool wanted;       /* a segment must begin */
	uint64_t retry_ns; /* CLOCK_MONOTONIC: but not before this time */
	struct segment_writer_status status;
};

static void segment_chunk_free(struct segment_chunk *chunk)
{
	if (!chunk)
		return;
	buffer_free(&chunk->text);
	free(chunk);
}

int segment_writer_open(const struct segment_writer_options *options, struct segment_writer **out)
{
	struct segment_writer *writer = memory_checked(calloc(1, sizeof(*writer)));
	pthread_condattr_t monotonic;
	int error = -ENOMEM;

	if (!writer)
		return error;
	int folder = segment_folder_make(options->path);
	error = folder < 0 ? folder : 0;
	if (!error)
		error = segment_store_new(&(struct segment_store_options){folder, options->keep_ns,
									  options->max_size},
					  &writer->store);
	if (error) {
		free(writer);
		return error;
	}
	writer->options = *options;
	writer->period_ns = options->keep_ns / KEEP_PARTS;
	if (writer->period_ns < PERIOD_MIN_NS)
		writer->period_ns = PERIOD_MIN_NS;
	writer->wanted = true;
	pthread_mutex_init(&writer->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&writer->filled, &monotonic);
	pthread_cond_init(&writer->emptied, &monotonic);
	pthread_condattr_destroy(&monotonic);
	*out = writer;
	return 0;
}

/* --- the thread --- */

/* Asks the caller for a new segment. */
static void segment_writer_ask(struct segment_writer *writer, uint64_t retry_ns)
{
	if (writer->asked)
		return;
	writer->asked = true;
	pthread_mutex_lock(&writer->lock);
	writer->wanted = true;
	writer->retry_ns = retry_ns;
	pthread_mutex_unlock(&writer->lock);
}

/* Stores the result of a chunk. */
static void segment_writer_count(struct segment_writer *writer, const struct segment_chunk *chunk,
				 int error)
{
	pthread_mutex_lock(&writer->lock);
	/* Chunks that follow a failure have no segment. Keep the reason for the failure. */
	if (!error || error != -ENOSPC || !writer->status.error)
		writer->status.error = error;
	if (error) {
		writer->status.lost += chunk->events;
		writer->status.pending += chunk->events + chunk->reported;
	}
	writer->status.size = segment_store_size(writer->store);
	pthread_mutex_unlock(&writer->lock);
}

/* Removes old segments. Ages count from the latest event, and from then on by the monotonic clock.
 * So neither records of the past nor a node whose clock is ahead make segments expire early. */
static void segment_writer_expire(struct segment_writer *writer)
{
	uint64_t now_ns = writer->latest_ns;
	uint64_t real_ns = clock_real_ns();

	if (!writer->options.replays && now_ns) {
		now_ns += clock_monotonic_ns() - writer->latest_at_ns;
		if (now_ns > real_ns)
			now_ns = real_ns;
	}
	segment_store_expire(writer->store, now_ns);
}

static void segment_writer_store(struct segment_writer *writer, const struct segment_chunk *chunk)
{
	const struct segment_text text = {
		.text = chunk->text.data,
		.length = chunk->text.length,
		.first_ns = chunk->first_ns,
		.last_ns = chunk->last_ns,
		.steps = chunk->steps,
	};
	int error = 0;

	if (chunk->last_ns > writer->latest_ns) {
		writer->latest_ns = chunk->last_ns;
		writer->latest_at_ns = clock_monotonic_ns();
	}
	if (chunk->begins) {
		writer->asked = false;
		segment_writer_expire(writer);
		error = segment_store_begin(writer->store, chunk->begin_ns);
	}
	if (!error && text.length > 0)
		error = segment_store_add(writer->store, &text);
	if (!error && chunk->ends_start)
		segment_store_end_start(writer->store);
	segment_writer_count(writer, chunk, error);
	if (error)
		segment_writer_ask(writer, clock_monotonic_ns() + RETRY_NS);
	else if (segment_store_is_large(writer->store))
		segment_writer_ask(writer, 0);
}

/* Waits for a chunk, unless there is other work. Returns NULL if the writer stops and the queue is
 * empty, or, with *expired, after EXPIRE_SECONDS. */
static struct segment_chunk *segment_writer_next(struct segment_writer *writer, bool works,
						 bool *expired)
{
	struct timespec until;
	struct segment_chunk *chunk;
	int error = works ? ETIMEDOUT : 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += EXPIRE_SECONDS;
	pthread_mutex_lock(&writer->lock);
	while (!writer->first && !writer->stopping && !error)
		error = pthread_cond_timedwait(&writer->filled, &writer->lock, &until);
	chunk = writer->first;
	*expired = !chunk && !writer->stopping;
	if (chunk) {
		writer->first = chunk->next;
		if (!writer->first)
			writer->last = NULL;
		writer->queued -= chunk->text.length;
		pthread_cond_signal(&writer->emptied);
	}
	pthread_mutex_unlock(&writer->lock);
	return chunk;
}

static void *segment_writer_run(void *argument)
{
	struct segment_writer *writer = argument;
	bool expired = true;
	bool works = false;

	if (sandbox_is_planned())
		(void)sandbox_enter(SANDBOX_SOURCE, 0);
	for (;;) {
		size_t length = FOLD_LENGTH;
		struct segment_chunk *chunk = segment_writer_next(writer, works, &expired);
		if (!chunk && !expired)
			return NULL;
		if (chunk) {
			segment_writer_store(writer, chunk);
			length = FOLD_FACTOR * chunk->text.length;
		} else if (!works) {
			segment_writer_expire(writer);
		}
		works = segment_store_work(writer->store, length);
		segment_chunk_free(chunk);
	}
}

int segment_writer_start(struct segment_writer *writer)
{
	int error = thread_start(&writer->thread, segment_writer_run, writer);

	writer->started = !error;
	return error;
}

/* --- the caller --- */

/* Counts the records of a chunk that found no room. */
static void segment_writer_drop(struct segment_writer *writer, struct segment_chunk *chunk)
{
	pthread_mutex_lock(&writer->lock);
	writer->status.lost += chunk->events;
	writer->status.pending += chunk->events + chunk->reported;
	pthread_mutex_unlock(&writer->lock);
	segment_chunk_free(chunk);
}

static void segment_writer_push(struct segment_writer *writer, struct segment_chunk *chunk)
{
	size_t length = chunk->text.length;

	pthread_mutex_lock(&writer->lock);
	while (writer->options.replays && writer->queued > REPLAY_QUEUE_MAX)
		pthread_cond_wait(&writer->emptied, &writer->lock);
	bool fits = writer->queued + length <= SEGMENT_QUEUE_MAX;
	if (fits) {
		if (writer->last)
			writer->last->next = chunk;
		else
			writer->first = chunk;
		writer->last = chunk;
		writer->queued += length;
		pthread_cond_signal(&writer->filled);
	}
	pthread_mutex_unlock(&writer->lock);
	if (!fits)
		segment_writer_drop(writer, chunk);
}

void segment_writer_flush(struct segment_writer *writer)
{
	struct segment_chunk *chunk = writer->chunk;

	writer->chunk = NULL;
	if (chunk)
		segment_writer_push(writer, chunk);
}

/* Adds a record of the losses that are not written yet. If the chunk is lost, they are pending
 * again. */
static void segment_writer_add_losses(struct segment_writer *writer, struct segment_chunk *chunk)
{
	struct record record = {.kind = RECORD_LOST, .lost = {.where = LOST_QUEUE}};

	pthread_mutex_lock(&writer->lock);
	record.lost.count = writer->status.pending;
	if (record.lost.count > 0 && record_json_write(&chunk->text, &record, NULL) == 0) {
		writer->status.pending = 0;
		chunk->reported = record.lost.count;
	}
	pthread_mutex_unlock(&writer->lock);
}

/* Returns the chunk to which records are added, or NULL. */
static struct segment_chunk *segment_writer_chunk(struct segment_writer *writer)
{
	if (writer->chunk)
		return writer->chunk;
	writer->chunk = memory_checked(calloc(1, sizeof(*writer->chunk)));
	writer->chunk_ns = clock_monotonic_ns();
	return writer->chunk;
}

/* Returns whether a segment must begin, and whether it may. */
static bool segment_writer_is_wanted(struct segment_writer *writer, bool *may)
{
	pthread_mutex_lock(&writer->lock);
	bool wanted = writer->wanted;
	uint64_t retry_ns = writer->retry_ns;
	pthread_mutex_unlock(&writer->lock);
	*may = wanted && (retry_ns == 0 || clock_monotonic_ns() >= retry_ns);
	return wanted;
}

bool segment_writer_wants_start(struct segment_writer *writer, uint64_t ts_ns)
{
	bool may;

	/* The thread asks at most once for each chunk. */
	if (!writer->chunk && segment_writer_is_wanted(writer, &may))
		return may;
	return ts_ns >= writer->period_end_ns && writer->period_end_ns > 0;
}

void segment_writer_begin(struct segment_writer *writer, uint64_t ts_ns)
{
	uint64_t now_ns = ts_ns ? ts_ns : clock_real_ns();

	segment_writer_flush(writer);
	pthread_mutex_lock(&writer->lock);
	writer->wanted = false;
	writer->retry_ns = 0;
	pthread_mutex_unlock(&writer->lock);
	writer->in_start = true;
	if (ts_ns)
		writer->period_end_ns = (ts_ns / writer->period_ns + 1) * writer->period_ns;
	struct segment_chunk *chunk = segment_writer_chunk(writer);
	if (chunk) {
		chunk->begins = true;
		chunk->begin_ns = now_ns;
	}
}

void segment_writer_end_start(struct segment_writer *writer)
{
	struct segment_chunk *chunk = segment_writer_chunk(writer);

	if (chunk) {
		chunk->ends_start = true;
		segment_writer_add_losses(writer, chunk);
	}
	writer->in_start = false;
	segment_writer_flush(writer);
}

uint64_t segment_writer_time(const struct record *record)
{
	if (record->kind == RECORD_FLOW)
		return record->flow.ts_ns;
	if (record->kind == RECORD_EDGE)
		return record->edge->flow.ts_ns;
	return record->kind == RECORD_DNS ? record->dns->ts_ns : 0;
}

static void segment_writer_note(const struct segment_writer *writer, struct segment_chunk *chunk,
				const struct record *record)
{
	uint64_t ts_ns = segment_writer_time(record);
	uint64_t from_ns = ts_ns;

	if (record->kind == RECORD_EDGE && record->edge->from_ns && record->edge->from_ns < ts_ns)
		from_ns = record->edge->from_ns;
	if (from_ns && (!chunk->first_ns || from_ns < chunk->first_ns))
		chunk->first_ns = from_ns;
	if (ts_ns > chunk->last_ns)
		chunk->last_ns = ts_ns;
	chunk->steps |= record->kind == RECORD_CLOCK;
	if (record->kind == RECORD_LOST)
		chunk->events += record->lost.count;
	else if (ts_ns && !writer->in_start)
		chunk->events++;
}

void segment_writer_add(struct segment_writer *writer, const struct record *record,
			const struct flow *known)
{
	struct segment_chunk *chunk = segment_writer_chunk(writer);

	if (!chunk || record_json_write(&chunk->text, record, known)) {
		/* The failed allocation was counted (memory.h). */
		return;
	}
	if (writer->period_end_ns == 0 && segment_writer_time(record))
		writer->period_end_ns =
			(segment_writer_time(record) / writer->period_ns + 1) * writer->period_ns;
	segment_writer_note(writer, chunk, record);
	/* A step of a clock ends a segment, so that the name of a segment shows it. */
	if (record->kind == RECORD_CLOCK)
		writer->period_end_ns = 1;
	if (chunk->text.length >= CHUNK_SIZE ||
	    (!writer->in_start && clock_monotonic_ns() - writer->chunk_ns >= FLUSH_NS))
		segment_writer_flush(writer);
}

void segment_writer_status(struct segment_writer *writer, struct segment_writer_status *status)
{
	pthread_mutex_lock(&writer->lock);
	*status = writer->status;
	pthread_mutex_unlock(&writer->lock);
}

/* Writes the losses that no later record announced. */
static void segment_writer_write_losses(struct segment_writer *writer)
{
	struct segment_chunk *chunk;

	if (writer->status.pending == 0)
		return;
	chunk = segment_writer_chunk(writer);
	if (chunk)
		segment_writer_add_losses(writer, chunk);
	segment_writer_flush(writer);
	/* The thread has ended, so the chunk is stored here. */
	chunk = writer->first;
	if (chunk)
		segment_writer_store(writer, chunk);
	segment_chunk_free(chunk);
	writer->first = NULL;
}

void segment_writer_close(struct segment_writer *writer, struct segment_writer_status *status)
{
	if (!writer)
		return;
	segment_writer_flush(writer);
	if (writer->started) {
		pthread_mutex_lock(&writer->lock);
		writer->stopping = true;
		pthread_cond_signal(&writer->filled);
		pthread_mutex_unlock(&writer->lock);
		pthread_join(writer->thread, NULL);
		segment_writer_write_losses(writer);
	}
	segment_chunk_free(writer->chunk);
	if (status)
		*status = writer->status;
	segment_store_free(writer->store);
	pthread_mutex_destroy(&writer->lock);
	pthread_cond_destroy(&writer->filled);
	pthread_cond_destroy(&writer->emptied);
	free(writer);
}
