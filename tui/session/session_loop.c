/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop: sleeps in one epoll_wait until a queue, a signal, a timer or the terminal has
 * something.
 *
 * Queues are emptied in batches, a bounded number of them between two looks at everything else, so
 * that a flood of records never keeps a key or Ctrl-C waiting. Before sleeping, every queue is
 * armed (see spsc.h).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "tui/options/options.h"
#include "tui/session/session_internal.h"

/* 16 batches: some milliseconds of work between two looks at signals, keys and timers. */
#define BATCHES_PER_TURN 16
#define EVENTS_PER_WAIT  16

/* What a recording has not written yet is written after this time. */
#define FLUSH_MS 1000

enum {
	TAG_SIGNAL = 0,
	TAG_TIMEOUT,
	TAG_FRAME,
	TAG_INPUT,
	TAG_SOURCE, /* and above: the index of the source */
};

static int poll_descriptor(struct session *session, int fd, uint64_t tag)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = tag};
	return epoll_ctl(session->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int set_timer(int fd, uint64_t ns)
{
	struct itimerspec timer = {
		.it_value.tv_sec = (time_t)(ns / NS_PER_SECOND),
		.it_value.tv_nsec = (long)(ns % NS_PER_SECOND),
	};
	return timerfd_settime(fd, 0, &timer, NULL) ? -errno : 0;
}

int session_watch_input(struct session *session, int fd)
{
	if (session->input_fd >= 0)
		epoll_ctl(session->epoll_fd, EPOLL_CTL_DEL, session->input_fd, NULL);
	session->input_fd = -1;
	if (fd < 0)
		return 0;
	int error = poll_descriptor(session, fd, TAG_INPUT);
	if (!error)
		session->input_fd = fd;
	return error;
}

void session_request_frame(struct session *session, unsigned int delay_ms)
{
	/* A timer of 0 would be none. */
	uint64_t ns = delay_ms ? delay_ms * 1000000ull : 1;
	uint64_t due_ns = clock_monotonic_ns() + ns;
	if (session->frame_pending && session->frame_due_ns <= due_ns)
		return;
	session->frame_pending = set_timer(session->frame_fd, ns) == 0;
	session->frame_due_ns = due_ns;
}

/* Hands over up to `batches` batches of one source. True when its queue was found empty. */
static bool empty_queue(struct session *session, struct session_source *source,
			unsigned int batches)
{
	struct spsc *queue = source_queue(source->source);

	for (unsigned int turn = 0; turn < batches; turn++) {
		size_t count = spsc_pop(queue, session->batch, SESSION_BATCH);
		size_t i = 0;
		/* After session_stop nothing more is handed over; what was drained at the end is.
		 */
		for (; i < count && (!session->stopped || session->stop_drain); i++)
			session_handle(session, &session->batch[i]);
		for (; i < count; i++)
			record_free(&session->batch[i]);
		session_names_kick(session);
		if (count < SESSION_BATCH)
			return true;
		if (session->stopped)
			return false;
	}
	return false;
}

/* What the end of one source means for the session. */
static void source_is_over(struct session *session, struct session_source *source,
			   const struct source_health *health)
{
	if (health->state == SOURCE_BROKEN) {
		int status = session_source_status(session, health);
		if (status > session->source_failure)
			session->source_failure = status;
		if (!session->handlers.stay_open)
			session_report(session, source->source, health);
	}
	source->over = true;
}

/*
 * A source of names goes on trying when it is broken or absent, and the session does without it
 * meanwhile. Each outage is told once.
 */
static void names_changed(struct session *session, struct session_source *source,
			  const struct source_health *health)
{
	source->over = health->state == SOURCE_ENDED;
	session_names_health(session);
	if (health->state == SOURCE_READY)
		source->outage_told = false;
	if (health->state != SOURCE_BROKEN || source->outage_told || session->handlers.stay_open)
		return;
	source->outage_told = true;
	session_report(session, source->source, health);
}

/* A source that goes on in spite of some trouble (a line that cannot be read): once is enough. */
static void session_report_trouble(struct session *session, struct session_source *source,
				   const struct source_health *health)
{
	bool well = health->state == SOURCE_READY || health->state == SOURCE_ENDED;
	if (!well || !health->message[0] || source->told || session->handlers.stay_open)
		return;
	source->told = true;
	session_report(session, source->source, health);
}

static void end_if_all_are_over(struct session *session)
{
	for (size_t i = 0; i < session->source_count; i++)
		if (!session->sources[i].over && !session->sources[i].names)
			return;
	if (session->all_over)
		return;
	session->all_over = true;
	if (session->handlers.source_changed)
		session->handlers.source_changed(session->data, NULL);
	if (!session->handlers.stay_open)
		session_finish(session, session->source_failure);
}

/* Empties the queues for a while. True when there was nothing left at the end. */
static bool serve_sources(struct session *session)
{
	bool all_empty = true;
	bool ended = false;

	for (size_t i = 0; i < session->source_count && !session->stopped; i++) {
		struct session_source *source = &session->sources[i];
		if (source->over)
			continue;
		/* The health first: what was pushed before a source said that it ended is in the
		 * queue now. */
		struct source_health health = {0};
		if (source_health_changed(source->source))
			source->changed = true;
		bool changed = source->changed;
		if (changed)
			source_health(source->source, &health);
		if (!empty_queue(session, source, BATCHES_PER_TURN)) {
			all_empty = false;
			continue;
		}
		if (!changed || session->stopped)
			continue;
		source->changed = false;
		if (session->handlers.source_changed)
			session->handlers.source_changed(session->data, source->source);
		session_report_trouble(session, source, &health);
		if (source->names) {
			names_changed(session, source, &health);
		} else if (health.state == SOURCE_BROKEN || health.state == SOURCE_ENDED ||
			   health.state == SOURCE_ABSENT) {
			source_is_over(session, source, &health);
			ended = true;
		}
	}
	if (ended)
		end_if_all_are_over(session);
	return all_empty;
}

/* True when every queue is empty and its producer wakes the loop with the next record. */
static bool arm_sources(struct session *session)
{
	bool armed = true;

	for (size_t i = 0; i < session->source_count; i++) {
		struct session_source *source = &session->sources[i];
		if (source->over)
			continue;
		if (!spsc_arm(source_queue(source->source)))
			armed = false;
		/* A change just before arming wrote no wake-up. */
		if (source_health_changed(source->source)) {
			source->changed = true;
			armed = false;
		}
	}
	return armed;
}

static void drain_timer(int fd)
{
	uint64_t count;
	ssize_t got = read(fd, &count, sizeof(count));
	(void)got;
}

static void handle_event(struct session *session, uint64_t tag)
{
	switch (tag) {
	case TAG_SIGNAL:
		session_signals_read(session);
		break;
	case TAG_TIMEOUT:
		drain_timer(session->timeout_fd);
		session_finish(session, 0);
		break;
	case TAG_FRAME:
		drain_timer(session->frame_fd);
		session->frame_pending = false;
		if (session->handlers.frame)
			session->handlers.frame(session->data);
		break;
	case TAG_INPUT:
		if (session->handlers.input)
			session->handlers.input(session->data);
		break;
	default:
		spsc_disarm(source_queue(session->sources[tag - TAG_SOURCE].source));
	}
}

static int start_polling(struct session *session)
{
	int error = poll_descriptor(session, session->signal_fd, TAG_SIGNAL);
	if (!error)
		error = poll_descriptor(session, session->timeout_fd, TAG_TIMEOUT);
	if (!error)
		error = poll_descriptor(session, session->frame_fd, TAG_FRAME);
	for (size_t i = 0; i < session->source_count && !error; i++)
		error = poll_descriptor(session, spsc_fd(source_queue(session->sources[i].source)),
					TAG_SOURCE + i);
	if (!error && session->options->timeout_ns)
		error = set_timer(session->timeout_fd, session->options->timeout_ns);
	return error;
}

/* Ends the sources, and hands over what they had said by then. */
static void finish_sources(struct session *session)
{
	for (size_t i = 0; i < session->source_count; i++)
		source_stop(session->sources[i].source);
	if (!session->stop_drain)
		return;
	for (size_t i = 0; i < session->source_count; i++) {
		struct session_source *source = &session->sources[i];
		do {
			while (session->stop_drain && !empty_queue(session, source, 1))
				;
		} while (session->stop_drain && source_push_rest(source->source));
	}
}

static void idle(struct session *session)
{
	if (session->handlers.idle)
		session->handlers.idle(session->data);
}

/* How long the loop may sleep, in milliseconds; -1: for as long as nothing happens. */
static int sleep_time(struct session *session, bool unflushed)
{
	int names = session_names_timeout(session);

	if (unflushed && (names < 0 || names > FLUSH_MS))
		return FLUSH_MS;
	return names;
}

/* Who stays open when a source fails is told again at the end, when there is a plain terminal. The
 * exit status. */
static int session_report_failures(struct session *session)
{
	if (!session->handlers.stay_open)
		return 0;
	for (size_t i = 0; i < session->source_count; i++) {
		struct session_source *source = &session->sources[i];
		struct source_health health;
		source_health(source->source, &health);
		if (source->over && !source->names && health.state == SOURCE_BROKEN)
			session_report(session, source->source, &health);
	}
	return session->source_failure;
}

int session_run(struct session *session)
{
	struct epoll_event events[EVENTS_PER_WAIT];
	int error = start_polling(session);

	while (!error && !session->stopped) {
		int timeout = 0;
		bool quiet = serve_sources(session);
		session_names_release(session);
		if (quiet && !session->stopped) {
			idle(session);
			bool unflushed = session_record_idle(session);
			if (!session->stopped && arm_sources(session))
				timeout = sleep_time(session, unflushed);
		}
		if (session->stopped)
			break;
		int count = epoll_wait(session->epoll_fd, events, EVENTS_PER_WAIT, timeout);
		if (count < 0 && errno != EINTR)
			error = -errno;
		for (int i = 0; i < count && !session->stopped; i++)
			handle_event(session, events[i].data.u64);
	}
	if (error)
		session_stop(session, 3);
	finish_sources(session);
	session_names_release_all(session);
	idle(session);
	if (session->handlers.finished)
		session->handlers.finished(session->data);
	if (error)
		fprintf(stderr, "%s: cannot wait for events: %s\n", session->options->program,
			strerror(-error));
	session_names_report(session);
	int status = session_record_close(session);
	if (!status)
		status = session->exit_status;
	return status ? status : session_report_failures(session);
}
