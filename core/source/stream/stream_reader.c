/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/stream/stream_reader.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/source/stream/stream_feed.h"
#include "core/source/stream/stream_lines.h"

/* The events of one epoll_wait(2). */
#define EVENTS_PER_TURN 256

/* Commands that are started in one turn. Starting one takes about a millisecond. */
#define STARTS_PER_TURN 16

/*
 * With PACED_FROM streams or more, the pause between two turns is one millisecond for each
 * STREAMS_PER_MS streams, and at most PAUSE_MS. There is no pause after a turn in which a stream
 * had BUSY_SIZE bytes or more, because a pipe holds no more than 65,536.
 */
#define PACED_FROM     32
#define STREAMS_PER_MS 20
#define PAUSE_MS       50
#define BUSY_SIZE      16384

/* The interval between two looks at processes that should exit starts at FIRST_POLL_MS, and doubles
 * up to LAST_POLL_MS. */
#define FIRST_POLL_MS 2
#define LAST_POLL_MS  200

/* Set in the tag of an epoll event: standard error, not the output. Allocated memory is aligned, so
 * the bit of the pointer is free. */
#define TAG_ERRORS 1u

struct feed_list {
	struct stream_feed **items;
	size_t count;
	size_t capacity;
};

struct stream_reader {
	pthread_mutex_t lock;
	struct feed_list incoming; /* not started yet; under `lock` */

	/* Only the thread uses these members. */
	int epoll_fd;
	struct feed_list feeds;
	size_t exiting;       /* feeds whose process should exit */
	int poll_ms;          /* the present interval of looks at them */
	uint64_t poll_due_ms; /* CLOCK_MONOTONIC: the next look */
	bool ending;          /* a feed is over, and is still in the list */
	bool kicked;          /* the main thread has a request */
	unsigned char room[STREAM_LINES_ROOM];
};

static void stream_reader_free(void *data)
{
	struct stream_reader *reader = data;

	if (!reader)
		return;
	if (reader->epoll_fd >= 0)
		close(reader->epoll_fd);
	pthread_mutex_destroy(&reader->lock);
	free(reader->incoming.items);
	free(reader->feeds.items);
	free(reader);
}

static int stream_reader_take(void *data, struct source *carried)
{
	struct stream_reader *reader = data;

	pthread_mutex_lock(&reader->lock);
	struct stream_feed **added = ARRAY_ADD(reader->incoming.items, reader->incoming.count,
					       reader->incoming.capacity);
	if (added)
		*added = source_data(carried);
	pthread_mutex_unlock(&reader->lock);
	if (!added)
		return -ENOMEM;
	source_kick(source_carrier(carried));
	return 0;
}

static void stream_reader_watch(struct stream_reader *reader, int fd, uint64_t tag)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = tag};

	if (fd >= 0)
		(void)epoll_ctl(reader->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static void stream_reader_unwatch(struct stream_reader *reader, int fd)
{
	if (fd >= 0)
		(void)epoll_ctl(reader->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

/* Removes a feed that is over. Its source may be freed at once. */
static void stream_reader_end(struct stream_reader *reader, struct stream_feed *feed)
{
	struct feed_list *feeds = &reader->feeds;
	struct stream_feed *last = feeds->items[--feeds->count];

	feeds->items[feed->index] = last;
	last->index = feed->index;
	stream_reader_unwatch(reader, stream_feed_errors(feed));
	source_end_carried(feed->source);
}

/* Updates the reader after a call changed the phase of a feed. */
static void stream_reader_follow(struct stream_reader *reader, struct stream_feed *feed,
				 enum stream_feed_phase before)
{
	bool exits = feed->phase == STREAM_FEED_EXITING || feed->phase == STREAM_FEED_STOPPING;
	bool exited = before == STREAM_FEED_EXITING || before == STREAM_FEED_STOPPING;

	if (before == STREAM_FEED_READING && feed->phase != before)
		stream_reader_unwatch(reader, stream_feed_output(feed));
	if (exits && !exited) {
		reader->exiting++;
		reader->poll_ms = FIRST_POLL_MS;
		reader->poll_due_ms = 0;
	}
	if (exited && !exits)
		reader->exiting--;
	/* stream_reader_sweep ends it, because the events of this turn may contain it again. */
	if (feed->phase == STREAM_FEED_OVER)
		reader->ending = true;
}

/* Moves up to STARTS_PER_TURN new feeds to the reader's own. Returns true if there are more. */
static bool stream_reader_accept(struct stream_reader *reader)
{
	struct feed_list *incoming = &reader->incoming;
	struct feed_list *feeds = &reader->feeds;
	size_t count = 0;

	pthread_mutex_lock(&reader->lock);
	/* The thread cannot end a feed without an element for it, so wait for memory. */
	if (incoming->count > 0 &&
	    ARRAY_RESERVE(feeds->items, feeds->capacity, feeds->count + STARTS_PER_TURN) == 0) {
		count = incoming->count < STARTS_PER_TURN ? incoming->count : STARTS_PER_TURN;
		for (size_t i = 0; i < count; i++) {
			incoming->items[i]->index = feeds->count;
			feeds->items[feeds->count++] = incoming->items[i];
		}
		incoming->count -= count;
		memmove(incoming->items, incoming->items + count,
			incoming->count * sizeof(incoming->items[0]));
	}
	bool more = incoming->count > 0;
	pthread_mutex_unlock(&reader->lock);

	for (size_t i = feeds->count - count; i < feeds->count; i++) {
		struct stream_feed *feed = feeds->items[i];
		if (source_stopping(feed->source))
			stream_feed_stop(feed);
		else
			stream_feed_start(feed, reader->room);
		stream_reader_follow(reader, feed, STREAM_FEED_NEW);
		if (feed->phase != STREAM_FEED_READING)
			continue;
		stream_reader_watch(reader, stream_feed_output(feed), (uintptr_t)feed);
		stream_reader_watch(reader, stream_feed_errors(feed), (uintptr_t)feed | TAG_ERRORS);
	}
	return more;
}

/* Asks the processes of sources that are being stopped to end. */
static void stream_reader_stop(struct stream_reader *reader, const struct source *source)
{
	if (!reader->kicked)
		return;
	for (size_t i = 0; i < reader->feeds.count; i++) {
		struct stream_feed *feed = reader->feeds.items[i];
		enum stream_feed_phase before = feed->phase;
		if (before != STREAM_FEED_READING && before != STREAM_FEED_EXITING)
			continue;
		if (!source_stopping(feed->source) && !source_stopping(source))
			continue;
		stream_feed_stop(feed);
		stream_reader_follow(reader, feed, before);
	}
}

/* Looks at the processes that should exit, and ends the feeds that are over. */
static void stream_reader_sweep(struct stream_reader *reader)
{
	uint64_t now_ms = reader->exiting > 0 ? clock_monotonic_ms() : 0;
	bool due = reader->exiting > 0 && now_ms >= reader->poll_due_ms;

	if (!due && !reader->ending)
		return;
	for (size_t i = reader->feeds.count; i > 0; i--) {
		struct stream_feed *feed = reader->feeds.items[i - 1];
		enum stream_feed_phase before = feed->phase;
		if (due && (before == STREAM_FEED_EXITING || before == STREAM_FEED_STOPPING)) {
			stream_feed_poll(feed);
			stream_reader_follow(reader, feed, before);
		}
		if (feed->phase == STREAM_FEED_OVER)
			stream_reader_end(reader, feed);
	}
	reader->ending = false;
	if (!due)
		return;
	reader->poll_due_ms = now_ms + (uint64_t)reader->poll_ms;
	reader->poll_ms *= 2;
	if (reader->poll_ms > LAST_POLL_MS)
		reader->poll_ms = LAST_POLL_MS;
}

/* Handles one event of a feed. Returns true if it had much input. */
static bool stream_reader_serve(struct stream_reader *reader, uint64_t tag)
{
	struct stream_feed *feed = (struct stream_feed *)(uintptr_t)(tag & ~(uint64_t)TAG_ERRORS);
	enum stream_feed_phase before = feed->phase;

	if (tag & TAG_ERRORS) {
		if (stream_feed_errors(feed) >= 0)
			stream_feed_read_errors(feed);
		return false;
	}
	if (before != STREAM_FEED_READING)
		return false;
	bool busy = stream_feed_read(feed) >= BUSY_SIZE;
	stream_reader_follow(reader, feed, before);
	return busy;
}

/* Waits for the pause between two turns, or until the main thread has a request. */
static void stream_reader_pause(const struct stream_reader *reader, struct source *source)
{
	size_t ms = reader->feeds.count / STREAMS_PER_MS;
	struct pollfd polled[] = {
		{.fd = source_kick_fd(source), .events = POLLIN},
		{.fd = source_stop_fd(source), .events = POLLIN},
	};

	if (reader->feeds.count >= PACED_FROM && !source_stopping(source))
		poll(polled, 2, ms < PAUSE_MS ? (int)ms : PAUSE_MS);
}

/* Waits for input, and reads it. */
static void stream_reader_turn(struct stream_reader *reader, struct source *source, int timeout_ms)
{
	struct epoll_event events[EVENTS_PER_TURN];
	int count = epoll_wait(reader->epoll_fd, events, EVENTS_PER_TURN, timeout_ms);
	bool busy = count == EVENTS_PER_TURN;

	reader->kicked = false;
	for (int i = 0; i < count; i++) {
		if (events[i].data.u64 == 0)
			reader->kicked = true;
		else if (stream_reader_serve(reader, events[i].data.u64))
			busy = true;
	}
	if (reader->kicked) {
		source_clear_kick(source);
		if (source_stopping(source))
			stream_reader_unwatch(reader, source_stop_fd(source));
	} else if (!busy && count > 0) {
		stream_reader_pause(reader, source);
	}
}

static void stream_reader_run(struct source *source, void *data)
{
	struct stream_reader *reader = data;

	stream_reader_watch(reader, source_stop_fd(source), 0);
	stream_reader_watch(reader, source_kick_fd(source), 0);
	for (;;) {
		bool more = stream_reader_accept(reader);
		stream_reader_stop(reader, source);
		stream_reader_sweep(reader);
		if (source_stopping(source) && !more && reader->feeds.count == 0)
			break;
		int timeout_ms = more ? 0 : reader->exiting > 0 ? reader->poll_ms : -1;
		stream_reader_turn(reader, source, timeout_ms);
	}
}

static const struct source_operations reader_operations = {
	.label = "streams",
	.run = stream_reader_run,
	.take = stream_reader_take,
	.free_data = stream_reader_free,
};

int stream_reader_start(struct source **out)
{
	struct stream_reader *reader = memory_checked(calloc(1, sizeof(*reader)));

	if (!reader)
		return -ENOMEM;
	pthread_mutex_init(&reader->lock, NULL);
	reader->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (reader->epoll_fd < 0) {
		int error = -errno;
		stream_reader_free(reader);
		return error;
	}
	return source_start_new(&reader_operations, reader, out);
}
