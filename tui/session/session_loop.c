/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop sleeps in one epoll_wait until a queue, a signal, a timer or the terminal is ready.
 *
 * It empties queues in batches, and checks the other descriptors after a bounded number of batches,
 * so that a flood of records does not delay a key or Ctrl-C. Before sleeping, every queue is
 * armed (see spsc.h).
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "tui/options/options.h"
#include "tui/session/session_internal.h"

/* Batches between two checks of signals, keys and timers. 16 batches take a few milliseconds. */
#define BATCHES_PER_TURN 16
#define EVENTS_PER_WAIT  16

/* The delay between two looks at the queues of sources that end. */
#define FINISH_MS 1

int session_poll_descriptor(struct session *session, int fd, uint64_t tag)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = tag};
	return epoll_ctl(session->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

int session_set_timer(int fd, uint64_t ns)
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
	int error = session_poll_descriptor(session, fd, SESSION_TAG_INPUT);
	if (!error)
		session->input_fd = fd;
	return error;
}

void session_watch_output(struct session *session, int fd)
{
	/* epoll always reports EPOLLERR and EPOLLHUP. Files that are no pipe, socket or terminal
	 * cannot be polled, and cannot lose their reader. */
	struct epoll_event event = {.events = 0, .data.u64 = SESSION_TAG_OUTPUT};

	(void)epoll_ctl(session->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

void session_request_frame(struct session *session, unsigned int delay_ms)
{
	/* Use 1 ns instead of 0, because timerfd_settime(2) disarms a timer of 0. */
	uint64_t ns = delay_ms ? delay_ms * 1000000ull : 1;
	uint64_t due_ns = clock_monotonic_ns() + ns;
	if (session->frame_pending && session->frame_due_ns <= due_ns)
		return;
	session->frame_pending = session_set_timer(session->frame_fd, ns) == 0;
	session->frame_due_ns = due_ns;
}

/* Delivers up to `batches` batches of the queue of a source, or of a reader (source is NULL).
 * Returns true if the queue is empty. */
static bool session_empty_queue(struct session *session, struct spsc *queue,
				struct session_source *source, unsigned int batches)
{
	for (unsigned int turn = 0; turn < batches; turn++) {
		size_t count = spsc_pop(queue, session->batch, SESSION_BATCH);
		size_t i = 0;
		session->arrival_ns = session_arrival_ns(session);
		/* After session_stop, discard the remaining records. After session_finish, deliver
		 * them. */
		for (; i < count && (!session->stopped || session->stop_drain); i++) {
			struct record *record = &session->batch[i];
			session_handle(session,
				       source ? source : &session->sources[record->origin - 1],
				       record);
		}
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

/* Marks a source as over. If the source is broken, also stores the exit status and reports the
 * error. */
static void session_source_is_over(struct session *session, struct session_source *source,
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
 * Handles a change of a source of names. A broken or absent source retries, and the session
 * continues without it. Reports each outage once.
 */
static void session_names_changed(struct session *session, struct session_source *source,
				  const struct source_health *health)
{
	source->over = health->state == SOURCE_ENDED;
	session_names_health(session);
	if (health->state == SOURCE_READY)
		source->outage_reported = false;
	if (health->state != SOURCE_BROKEN || source->outage_reported ||
	    session->handlers.stay_open)
		return;
	source->outage_reported = true;
	session_report(session, source->source, health);
}

/* Reports a problem that does not stop a source, such as a line that cannot be read. Reports only
 * the first problem of a source. */
static void session_report_trouble(struct session *session, struct session_source *source,
				   const struct source_health *health)
{
	bool well = health->state == SOURCE_READY || health->state == SOURCE_ENDED;
	if (!well || !health->message[0] || source->reported || session->handlers.stay_open)
		return;
	source->reported = true;
	session_report(session, source->source, health);
}

static void session_end_if_all_are_over(struct session *session)
{
	for (size_t i = 0; i < session->source_count; i++)
		if (!session->sources[i].over && !session->sources[i].names)
			return;
	if (session->all_over)
		return;
	session->all_over = true;
	session_end_due_resumes(session, true);
	session_window_end(session);
	if (session->handlers.source_changed)
		session->handlers.source_changed(session->data, NULL);
	if (!session->handlers.stay_open)
		session_finish(session, session->source_failure);
}

/* Handles the health of a source whose queue was emptied after the change. Returns true if the
 * source is over. */
static bool session_handle_health(struct session *session, struct session_source *source,
				  const struct source_health *health)
{
	source->changed = false;
	if (source->kernel && health->state != SOURCE_STARTING)
		session_host_decide(session);
	if (session->handlers.source_changed)
		session->handlers.source_changed(session->data, source->source);
	session_report_trouble(session, source, health);
	if (source->names) {
		session_names_changed(session, source, health);
		return false;
	}
	if (!source_state_is_final(health->state))
		return false;
	session_source_is_over(session, source, health);
	return true;
}

/* Empties the queue of a source for a bounded time. Returns true if it is empty. Sets *ended if the
 * source is over. */
static bool session_serve_source(struct session *session, struct session_source *source,
				 bool *ended)
{
	/* Read the health before the queue. If the source has ended, the queue then has all its
	 * records. */
	struct source_health health = {0};

	if (source_health_changed(source->source))
		source->changed = true;
	bool changed = source->changed;
	if (changed)
		source_health(source->source, &health);
	/* Even while more events arrive than can be handled. */
	if (changed && source->kernel)
		session_sandbox_seal(session);
	if (!session_empty_queue(session, source_queue(source->source), source, BATCHES_PER_TURN))
		return false;
	if (changed && !session->stopped && session_handle_health(session, source, &health))
		*ended = true;
	return true;
}

/* Finds the sources of a reader whose health has changed. Call it before the queue is emptied. */
static void session_find_changes(struct session *session, const struct session_reader *reader)
{
	for (size_t i = 0; i < session->source_count; i++) {
		struct session_source *source = &session->sources[i];
		struct source_health health;
		if (source->over || source_carrier(source->source) != reader->source)
			continue;
		if (source_health_changed(source->source))
			source->changed = true;
		if (!source->changed)
			continue;
		source_health(source->source, &health);
		source->final = source_state_is_final(health.state);
	}
}

/* Handles the changes that session_find_changes has found. Returns false if a source has ended
 * since then, so that the queue may have more of its records. */
static bool session_handle_changes(struct session *session, const struct session_reader *reader,
				   bool *ended)
{
	bool handled = true;

	for (size_t i = 0; i < session->source_count && !session->stopped; i++) {
		struct session_source *source = &session->sources[i];
		struct source_health health;
		if (!source->changed || source_carrier(source->source) != reader->source)
			continue;
		source_health(source->source, &health);
		if (source_state_is_final(health.state) && !source->final)
			handled = false;
		else if (session_handle_health(session, source, &health))
			*ended = true;
	}
	return handled;
}

/* Empties the queue of a reader for a bounded time. Returns true if it is empty, and all changes of
 * health were handled. Sets *ended if a source is over. */
static bool session_serve_reader(struct session *session, struct session_reader *reader,
				 bool *ended)
{
	if (source_carried_changed(reader->source))
		reader->changed = true;
	if (reader->changed)
		session_find_changes(session, reader);
	if (!session_empty_queue(session, source_queue(reader->source), NULL, BATCHES_PER_TURN))
		return false;
	if (reader->changed)
		reader->changed = !session_handle_changes(session, reader, ended);
	return !reader->changed;
}

/* Empties the queues for a bounded time. Returns true if all queues are empty. */
static bool session_serve_sources(struct session *session)
{
	bool all_empty = true;
	bool ended = false;

	if (session_cluster_add_streams(session))
		session_stop(session, 3);
	for (size_t i = 0; i < session->source_count && !session->stopped; i++) {
		struct session_source *source = &session->sources[i];
		if (!source->over && !source_carrier(source->source))
			all_empty &= session_serve_source(session, source, &ended);
	}
	for (size_t i = 0; i < session->reader_count && !session->stopped; i++)
		all_empty &= session_serve_reader(session, &session->readers[i], &ended);
	if (session->resuming > 0) {
		session->arrival_ns = session_arrival_ns(session);
		session_end_due_resumes(session, false);
	}
	if (ended)
		session_end_if_all_are_over(session);
	return all_empty;
}

/* Returns true if every queue is empty and its producer wakes the loop with the next record. */
static bool session_arm_sources(struct session *session)
{
	bool armed = true;

	for (size_t i = 0; i < session->source_count; i++) {
		struct session_source *source = &session->sources[i];
		if (source->over || source_carrier(source->source))
			continue;
		if (!spsc_arm(source_queue(source->source)))
			armed = false;
		/* If the health changed before spsc_arm, no write to the eventfd wakes the loop, so
		 * check here. */
		if (source_health_changed(source->source)) {
			source->changed = true;
			armed = false;
		}
	}
	for (size_t i = 0; i < session->reader_count; i++) {
		struct session_reader *reader = &session->readers[i];
		if (!spsc_arm(source_queue(reader->source)))
			armed = false;
		if (source_carried_changed(reader->source)) {
			reader->changed = true;
			armed = false;
		}
	}
	return armed;
}

static void session_drain_timer(int fd)
{
	uint64_t count;
	ssize_t got = read(fd, &count, sizeof(count));
	(void)got;
}

static void session_disarm(struct session *session, uint64_t tag)
{
	struct source *source = tag < SESSION_TAG_SOURCE
					? session->readers[tag - SESSION_TAG_READER].source
					: session->sources[tag - SESSION_TAG_SOURCE].source;

	spsc_disarm(source_queue(source));
}

static void session_handle_event(struct session *session, const struct epoll_event *event)
{
	uint64_t tag = event->data.u64;

	switch (tag) {
	case SESSION_TAG_SIGNAL:
		session_signals_read(session);
		break;
	case SESSION_TAG_TIMEOUT:
		session_drain_timer(session->timeout_fd);
		session_finish(session, 0);
		break;
	case SESSION_TAG_UNTIL:
		session_drain_timer(session->until_fd);
		session_finish(session, 0);
		break;
	case SESSION_TAG_FRAME:
		session_drain_timer(session->frame_fd);
		session->frame_pending = false;
		state_advance(session->state, session_now(session));
		if (session->handlers.frame)
			session->handlers.frame(session->data);
		break;
	case SESSION_TAG_INPUT:
		state_advance(session->state, session_now(session));
		if (session->handlers.input)
			session->handlers.input(session->data,
						(event->events & (EPOLLHUP | EPOLLERR)) != 0);
		break;
	case SESSION_TAG_OUTPUT:
		session_stop(session, 0);
		break;
	case SESSION_TAG_HEARTBEAT:
		session_heartbeat_read(session);
		break;
	case SESSION_TAG_HEARTBEAT_LATE:
		session_heartbeat_late(session);
		break;
	default:
		session_disarm(session, tag);
	}
}

/* Ends a session without a recording at the time of --until by the clock of this machine, even if
 * the clock is set. */
static int session_start_until(const struct session *session)
{
	struct itimerspec timer = {
		.it_value.tv_sec = (time_t)(session->limits.until_ns / NS_PER_SECOND),
		.it_value.tv_nsec = (long)(session->limits.until_ns % NS_PER_SECOND),
	};

	if (session->replay || !session->limits.has_until)
		return 0;
	return timerfd_settime(session->until_fd, TFD_TIMER_ABSTIME, &timer, NULL) ? -errno : 0;
}

static int session_start_polling(struct session *session)
{
	int error = session_poll_descriptor(session, session->signal_fd, SESSION_TAG_SIGNAL);
	if (!error)
		error = session_poll_descriptor(session, session->timeout_fd, SESSION_TAG_TIMEOUT);
	if (!error)
		error = session_poll_descriptor(session, session->until_fd, SESSION_TAG_UNTIL);
	if (!error)
		error = session_poll_descriptor(session, session->frame_fd, SESSION_TAG_FRAME);
	for (size_t i = 0; i < session->source_count && !error; i++) {
		struct source *source = session->sources[i].source;
		if (!source_carrier(source))
			error = session_poll_descriptor(session, spsc_fd(source_queue(source)),
							SESSION_TAG_SOURCE + i);
	}
	if (!error && session->options->timeout_ns)
		error = session_set_timer(session->timeout_fd, session->options->timeout_ns);
	if (!error)
		error = session_heartbeat_start(session);
	return error ? error : session_start_until(session);
}

/* Delivers one batch of each source and reader. Returns true if all queues were empty. */
static bool session_empty_queues(struct session *session)
{
	bool empty = true;

	for (size_t i = 0; i < session->source_count && session->stop_drain; i++) {
		struct session_source *source = &session->sources[i];
		if (!source_carrier(source->source))
			empty &= session_empty_queue(session, source_queue(source->source), source,
						     1);
	}
	for (size_t i = 0; i < session->reader_count && session->stop_drain; i++)
		empty &= session_empty_queue(session, source_queue(session->readers[i].source),
					     NULL, 1);
	return empty;
}

static bool session_sources_have_ended(const struct session *session)
{
	for (size_t i = 0; i < session->source_count; i++)
		if (!source_has_ended(session->sources[i].source))
			return false;
	return true;
}

/* Delivers the records that the sources still hold, until they have ended or session_stop is
 * called. */
static void session_drain_sources(struct session *session)
{
	bool ended = false;

	while (!ended && session->stop_drain) {
		ended = session_sources_have_ended(session);
		if (session_empty_queues(session) && !ended)
			poll(NULL, 0, FINISH_MS);
	}
}

/* Stops the sources. Unless session_stop was called, delivers the records that they still hold. */
static void session_finish_sources(struct session *session)
{
	/* All at once, because each may take seconds to end. */
	for (size_t i = 0; i < session->source_count; i++)
		source_ask_stop(session->sources[i].source);
	if (session->stop_drain)
		session_drain_sources(session);
	for (size_t i = 0; i < session->source_count; i++)
		source_stop(session->sources[i].source);
	for (size_t i = 0; i < session->reader_count; i++)
		source_stop(session->readers[i].source);
	while (session->stop_drain && !session_empty_queues(session))
		;
	for (size_t i = 0; i < session->source_count; i++) {
		struct source *source = session->sources[i].source;
		while (session->stop_drain && source_push_rest(source))
			while (session->stop_drain && !session_empty_queues(session))
				;
	}
}

static void session_call_idle(struct session *session)
{
	if (session->handlers.idle)
		session->handlers.idle(session->data);
}

/* Returns the longest sleep in milliseconds; -1: no limit. */
static int session_sleep_time(struct session *session, bool unflushed)
{
	int sleep = session_names_timeout(session);
	int edges = session_aggregate_timeout(session);
	int interval = (int)session_record_interval(session);

	if (edges >= 0 && (sleep < 0 || sleep > edges))
		sleep = edges;
	if (unflushed && (sleep < 0 || sleep > interval))
		sleep = interval;
	return sleep;
}

/* Reports the failed sources if stay_open kept session_run from reporting them earlier. The command
 * has restored the terminal by now. Returns the exit status. */
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
	int error = session_start_polling(session);

	while (!error && !session->stopped) {
		int timeout = 0;
		bool quiet = session_serve_sources(session);
		session_names_release(session);
		session_aggregate_advance(session);
		if (quiet && !session->stopped) {
			session_call_idle(session);
			bool unflushed = session_record_idle(session);
			if (!session->stopped && session_arm_sources(session))
				timeout = session_sleep_time(session, unflushed);
		}
		if (session->stopped)
			break;
		int count = epoll_wait(session->epoll_fd, events, EVENTS_PER_WAIT, timeout);
		if (count < 0 && errno != EINTR)
			error = -errno;
		for (int i = 0; i < count && !session->stopped; i++)
			session_handle_event(session, &events[i]);
	}
	if (error)
		session_stop(session, 3);
	session_finish_sources(session);
	session_end_due_resumes(session, true);
	session_window_end(session);
	session_names_release_all(session);
	session_aggregate_finish(session);
	state_advance(session->state, session_now(session));
	session_call_idle(session);
	if (session->handlers.finished)
		session->handlers.finished(session->data);
	if (error)
		options_report(session->options, 0, "cannot wait for events: %s", strerror(-error));
	session_names_report(session);
	session_streams_report(session);
	session_baseline_report_new(session);
	int status = session_record_close(session);
	if (!status)
		status = session->exit_status;
	return status ? status : session_report_failures(session);
}
