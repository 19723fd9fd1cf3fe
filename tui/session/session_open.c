/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/memory.h"
#include "tui/session/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/base/clock.h"
#include "core/source/ebpf/ebpf.h"
#include "core/state/rewind.h"
#include "tui/columns/conn_view.h"
#include "tui/options/options.h"
#include "tui/session/process_details.h"
#include "tui/session/session_internal.h"

static int session_open_descriptors(struct session *session)
{
	session->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (session->epoll_fd < 0)
		return -errno;
	session->timeout_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (session->timeout_fd < 0)
		return -errno;
	session->until_fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (session->until_fd < 0)
		return -errno;
	session->frame_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (session->frame_fd < 0)
		return -errno;
	session->heartbeat_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (session->heartbeat_fd < 0)
		return -errno;
	return session_signals_open(session);
}

/* --- opening and closing --- */

int session_open(const struct options *options, const struct session_handlers *handlers, void *data,
		 struct session **out)
{
	struct session *session = memory_checked(calloc(1, sizeof(*session)));
	bool kernel = options_watch_kernel(options);
	struct state_options state_options = {
		.max_connections = (size_t)options->max_connections,
		/* Do not give replayed or remote flows this node's name. */
		.node = kernel ? options->node_name : NULL,
	};

	if (!session)
		return options_report(options, 3, "%s", strerror(ENOMEM));
	session->options = options;
	session->handlers = *handlers;
	/* Wait for names: a flow without them would count as new. */
	session->handlers.wait_for_names |= options->exit_on_new;
	session->data = data;
	session->epoll_fd = -1;
	session->signal_fd = -1;
	session->timeout_fd = -1;
	session->until_fd = -1;
	session->frame_fd = -1;
	session->heartbeat_fd = -1;
	session->input_fd = -1;
	wall_clock_open(&session->clock, NULL);
	int status = session_window_open(session, &state_options.window);
	int error = status ? 0 : state_new(&state_options, &session->state);
	/* A large baseline, or a compressed recording to add to, takes seconds to read. Signals
	 * still end the program then, and no source fills its queue. */
	if (!status && !error)
		status = session_baseline_open(session);
	if (!status && !error && options->append)
		status = session_record_open(session);
	if (!status && !error)
		error = session_open_descriptors(session);
	/* The sandbox lets the recorder write in a folder that exists. */
	if (!status && !error && options->record_folder)
		status = session_folder_open(session);
	session_sandbox_plan(session);
	if (error)
		status = options_report(options, 3, "cannot start: %s", strerror(-error));
	if (!status)
		status = session_open_sources(session);
	/* Open the recording last, so that a source that fails leaves no new file. */
	if (!status && !options->append)
		status = session_record_open(session);
	if (!status && session_aggregate_open(session))
		status = options_report(options, 3, "%s", strerror(ENOMEM));
	if (!status)
		status = session_sandbox_enter(session);
	if (status)
		session_close(session);
	else
		*out = session;
	return status;
}

void session_close(struct session *session)
{
	if (!session)
		return;
	session_cluster_close(session);
	for (size_t i = 0; i < session->source_count; i++) {
		source_free(session->sources[i].source);
		free(session->sources[i].node);
		session_free_lives(&session->sources[i]);
	}
	free(session->sources);
	session_free_readers(session);
	hash_index_clear(&session->owners);
	free(session->nodes.items);
	buffer_free(&session->cluster_texts);
	held_flows_clear(&session->held);
	flow_window_free(session->window);
	edge_window_clear(&session->edge_window);
	novelty_free(session->novelty);
	rewind_free(session->rewind);
	session_aggregate_close(session);
	session_record_close(session);
	state_free(session->state);
	session_signals_close(session);
	const int descriptors[] = {session->epoll_fd, session->timeout_fd, session->until_fd,
				   session->frame_fd, session->heartbeat_fd};
	for (size_t i = 0; i < ARRAY_LENGTH(descriptors); i++)
		if (descriptors[i] >= 0)
			close(descriptors[i]);
	free(session);
}

/* --- flows --- */

/* event: see struct filter_input. */
static bool session_passes_filter(const struct session *session, const struct conn *conn,
				  uint8_t event)
{
	if (filter_is_empty(session->options->filter))
		return true;

	char peer[CONN_VIEW_PEER_SIZE];
	struct filter_input input;
	conn_view_filter_input(session->state, conn, session_now(session), peer, &input);
	input.event = event;
	if (filter_has(session->options->filter, FILTER_NEEDS_BASELINE))
		input.is_new = conn_view_new(session->novelty, conn);
	return filter_match(session->options->filter, &input);
}

static bool session_shows_event(const struct session *session, const struct conn *conn,
				uint8_t event)
{
	if (session_hides_host(session) && !session_host_in_workload(conn))
		return false;
	return session_passes_filter(session, conn, event);
}

bool session_shows(const struct session *session, const struct conn *conn)
{
	return session_shows_event(session, conn, 0);
}

/* Some events, such as a drop, may leave the event of the connection in the state unchanged.
 * Returns the event of a flow if it is such an event, else 0. */
static uint8_t session_passing_event(const struct flow *flow)
{
	return flow->event == FLOW_DROPPED || flow->event == FLOW_UNANSWERED ||
			       flow->event == FLOW_LOOKUP_FAILED
		       ? flow->event
		       : 0;
}

bool session_may_mute(const struct session *session)
{
	return !session->handlers.stay_open && !session->options->record_file &&
	       filter_has(session->options->filter, FILTER_TESTS_WORKLOAD);
}

/* Returns true if the identity of the connection's workload is complete. */
static bool session_is_settled(const struct session *session, const struct conn *conn,
			       const struct filter_input *input)
{
	switch ((enum subject_kind)conn->subject->kind) {
	case SUBJECT_POD:
		/* The pod may be known before its container. */
		return input->container ||
		       !filter_has(session->options->filter, FILTER_NEEDS_CONTAINER);
	case SUBJECT_CONTAINER:
		return conn->subject->container != NULL;
	case SUBJECT_PROCESS:
		return !workloads_container_by_cgroup(state_workloads(session->state),
						      state_node(session->state, conn->subject),
						      conn->flow.cgroup_id);
	case SUBJECT_UNRESOLVED:
	case SUBJECT_KIND_COUNT:
		return false;
	}
	return false;
}

/*
 * Stops the kernel from reporting the cgroup of a connection if no connection of the cgroup can be
 * shown: the filter rejects the workload, or host processes are hidden. This makes watching one pod
 * of a busy node cheap. Does nothing while the identity of the workload is incomplete.
 */
static void session_mute(struct session *session, const struct conn *conn)
{
	char peer[CONN_VIEW_PEER_SIZE];
	struct filter_input input;

	if (!session->muting_source || !(conn->flow.has & FLOW_HAS_CGROUP))
		return;
	conn_view_filter_input(session->state, conn, session_now(session), peer, &input);
	if (!session_is_settled(session, conn, &input))
		return;
	bool hidden = conn->subject->kind == SUBJECT_PROCESS && session_hides_host(session);
	if (hidden || filter_rejects_workload(session->options->filter, &input))
		ebpf_source_mute(session->muting_source, conn->flow.cgroup_id);
}

bool session_deliver(struct session *session, const struct record *record, const struct conn *conn)
{
	if (!session->handlers.flow && !session->options->max_events)
		return false;
	uint8_t event = record->kind == RECORD_FLOW ? session_passing_event(&record->flow) : 0;
	if (!session_shows_event(session, conn, event)) {
		if (!session->host_flow_left && session_hides_host(session) &&
		    !session_host_in_workload(conn))
			session->host_flow_left = session_passes_filter(session, conn, event);
		session_mute(session, conn);
		return false;
	}
	session->events++;
	if (session->handlers.flow && !session_aggregate_add(&session->output_edges, record, conn))
		session->handlers.flow(session->data, record, conn);
	session_baseline_check(session, conn);
	if (session->options->max_events && session->events >= session->options->max_events)
		session_stop(session, 0);
	return true;
}

void session_handle_flow(struct session *session, struct record *record)
{
	const struct conn *conn = state_apply(session->state, record);
	bool waits = session->handlers.wait_for_names;

	if (!conn) {
		session_record(session, record, NULL);
		return;
	}
	session_nodes_saw_flow(session, conn, record->flow.ts_ns);
	if (session->handlers.folded)
		session->handlers.folded(session->data, conn);
	/* If this machine's kernel is a source, only its flows have node 0 (node_names.h). */
	if (session->options->process_details && session->kernel && conn->node == 0 &&
	    record->kind == RECORD_FLOW)
		process_details_add(session->helper, &record->flow,
				    session_boot_ns(session, conn->first_ns));
	session_host_decide(session);
	session_names_saw_flow(session, conn);
	/* Handlers that do not wait get the flow now, even if the recording waits. */
	if (!waits)
		session_deliver(session, record, conn);
	if ((waits || session_records(session)) && session_names_hold(session, record, conn))
		return;
	session_record(session, record, conn);
	if (waits)
		session_deliver(session, record, conn);
}

void session_uncount(struct session *session)
{
	session->events--;
}

void session_pass(struct session *session, struct record *record)
{
	session_give(session, record);
	session_record(session, record, NULL);
	record_free(record);
}

/* Folds the step of a clock at once. A reader of the output applies the step to the flows after it,
 * so the record stays behind the flows that came before it and wait for names. */
static void session_handle_clock(struct session *session, struct record *record)
{
	state_apply(session->state, record);
	if (!session_names_hold(session, record, NULL))
		session_pass(session, record);
}

void session_handle(struct session *session, struct session_source *source, struct record *record)
{
	session_return(session);
	if (!session_streams_accept(session, source, record)) {
		record_free(record);
		return;
	}
	if (!session_window_accept(session, source, record)) {
		record_free(record);
		return;
	}
	if (record->kind == RECORD_LOST && record->lost.listing) {
		state_apply(session->state, record);
		if (record->lost.listing == LOST_LISTING_END)
			session_end_unlisted(session);
		return;
	}
	if (record->kind == RECORD_CLOCK) {
		session_handle_clock(session, record);
		return;
	}
	if (record->kind == RECORD_HELLO) {
		session_saw_hello(session, source, record->hello);
		session_nodes_saw_hello(session, source, record->hello);
	}
	if (record->kind == RECORD_LOST)
		session_nodes_saw_loss(session, source, &record->lost);
	if (record->kind == RECORD_DNS)
		session_names_add_to_dns(session, record->dns);
	if (record->kind == RECORD_FLOW && session->resuming > 0)
		session_end_resumes(session, source, &record->flow);
	session_give(session, record);
	if (record_flow(record)) {
		session_handle_flow(session, record);
	} else {
		if (record->kind == RECORD_CONTAINER) {
			session_host_saw_container(session, record->container);
			session_names_saw_container(session, record->container);
		}
		session_record(session, record, NULL);
		if (session_window_counts(session, record))
			state_apply(session->state, record);
		else
			state_learn_names(session->state, record->dns);
	}
	record_free(record);
}

/* A later reason to end, such as --max-events, does not hide a failure or a new destination. */
static void session_set_status(struct session *session, int exit_status)
{
	if (exit_status)
		session->exit_status = exit_status;
}

void session_stop(struct session *session, int exit_status)
{
	session->stopped = true;
	session->stop_drain = false;
	session_set_status(session, exit_status);
}

void session_finish(struct session *session, int exit_status)
{
	if (session->stopped)
		return;
	session->stopped = true;
	session->stop_drain = true;
	session_set_status(session, exit_status);
}

struct state *session_state(struct session *session)
{
	return session->state;
}

size_t session_source_count(const struct session *session)
{
	return session->source_count;
}

struct source *session_source(const struct session *session, size_t index)
{
	return session->sources[index].source;
}

uint64_t session_now(const struct session *session)
{
	if (session->travel_ns)
		return session->travel_ns;
	if (session->replay) {
		state_set_lead(session->state, state_latest_lead(session->state));
		return session_window_now(session, state_counters(session->state)->last_ns);
	}
	state_set_lead(session->state, session->kernel ? state_own_lead(session->state)
						       : wall_clock_step(&session->clock));
	return session_arrival_ns(session);
}

int session_travel(struct session *session, uint64_t time_ns)
{
	if (session->travel_ns == time_ns)
		return 0;
	session_return(session);
	/* Sets the lead of the clocks. */
	(void)session_now(session);
	int error = session->rewind ? 0 : rewind_new(session->state, &session->rewind);
	if (!error)
		error = rewind_begin(session->rewind, time_ns);
	if (!error)
		session->travel_ns = time_ns;
	return error;
}

void session_return(struct session *session)
{
	session->travel_ns = 0;
	if (session->rewind)
		rewind_end(session->rewind);
}

uint64_t session_boot_ns(const struct session *session, uint64_t steady_ns)
{
	return steady_ns - session->clock.boot_to_unix_ns;
}

bool session_is_replay(const struct session *session)
{
	return session->replay;
}

bool session_reads_kernel(const struct session *session)
{
	return session->kernel;
}

struct helper *session_helper(const struct session *session)
{
	return session->helper;
}
