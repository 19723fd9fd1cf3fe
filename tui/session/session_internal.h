/* SPDX-License-Identifier: Apache-2.0 */
/* Members of a session and functions between its files. Only session_*.c includes this. */
#ifndef POLECAT_TUI_SESSION_SESSION_INTERNAL_H
#define POLECAT_TUI_SESSION_SESSION_INTERNAL_H

#include <signal.h>

#include "core/aggregate/aggregate.h"
#include "core/base/buffer.h"
#include "core/base/hash_index.h"
#include "core/base/wall_clock.h"
#include "core/policy/baseline/destination.h"
#include "core/state/clock_lead.h"
#include "core/state/edge_window.h"
#include "core/state/flow_window.h"
#include "tui/session/held_flows.h"
#include "tui/session/session.h"
#include "tui/session/session_budget.h"

#define SESSION_BATCH 256

/* The interval between two flushes of a recording. */
#define SESSION_FLUSH_MS 1000
/* The most options that agents get from the command line. */
#define SESSION_CLUSTER_WORDS 32

/* The size of a hash table of cgroups. Flows no longer wait for the names of the containers in
 * these cgroups. A collision only causes one more wait. */
#define SESSION_GIVEN_UP 1024

/* The start of polecat on a node, from the node's latest hello in one source. A source may have
 * hellos of several nodes. */
struct session_node_start {
	char *node;
	uint64_t started_ns; /* Unix time; 0: unknown */
	/* polecat was started again, and lists the open connections. If no flow shows that it has
	 * done so, it counts as done at silent_until_ns (session_arrival_ns). */
	bool resumes;
	uint64_t silent_until_ns;
};

struct session_node_starts {
	struct session_node_start *items;
	size_t count;
	size_t capacity;
};

/* The most threads that read streams. */
#define SESSION_READERS_MAX 8

/* The descriptors that the loop polls. */
enum session_tag {
	SESSION_TAG_SIGNAL = 0,
	SESSION_TAG_TIMEOUT,
	SESSION_TAG_UNTIL,
	SESSION_TAG_FRAME,
	SESSION_TAG_INPUT,
	SESSION_TAG_OUTPUT,
	SESSION_TAG_HEARTBEAT,
	SESSION_TAG_HEARTBEAT_LATE,
	SESSION_TAG_READER, /* SESSION_TAG_READER + i is the reader with index i */
	/* SESSION_TAG_SOURCE + i is the source with index i. */
	SESSION_TAG_SOURCE = SESSION_TAG_READER + SESSION_READERS_MAX,
};

/* A thread that reads streams, with the queue of their records (session_readers.c). */
struct session_reader {
	struct source *source;
	bool changed; /* the health of one of its streams changed, and was not handled yet */
};

/* The figures of a node (session_nodes.c). Times are on this machine's steady scale, in a replay on
 * that of the flows (clocks_common). */
struct session_node_figures {
	bool named;            /* by a hello */
	struct source *source; /* the stream of the node alone; NULL: another source */
	uint64_t flows;
	uint64_t lost;
	uint64_t last_ns;      /* the last record; 0: none */
	uint64_t period_ns;    /* the start of the present period */
	uint64_t period_start; /* `flows` at that time */
	uint64_t period_flows; /* the flows of the period before */
	struct clock_lead lead;
};

struct session_nodes {
	struct session_node_figures *items; /* by the node's number in the state */
	size_t count;
	size_t capacity;
};

/* A source and its progress in the loop. */
struct session_source {
	struct source *source; /* if a reader carries it, its origin is its index plus 1 */
	bool kernel;           /* it is this machine's kernel */
	bool names;            /* provides only names, so its end does not end the session */
	bool late;             /* a source of names with identity_source.is_late */
	bool reported;         /* a problem that does not stop the source was reported */
	bool outage_reported;  /* for a source of names: the current outage was reported */
	bool changed;          /* its health changed, and source_changed was not called yet */
	bool final;   /* the changed health was the last one before the queue was emptied */
	char *node;   /* the node in a stream's first hello; NULL: not known */
	bool bound;   /* records of other nodes than `node` are refused */
	bool greeted; /* a hello of `node` came (session_nodes.c) */
	bool over;    /* ended or broken, and its queue is drained */
	struct session_node_starts lives; /* by node (session_ends.c) */
	struct session_budget budget;     /* of a stream */
	/* The latest times of flows, by the clocks of their nodes and steady. Set with
	 * session.window only. */
	uint64_t latest_ns;
	uint64_t latest_steady_ns;
};

/* An aggregator of --aggregate (session_aggregate.c). */
struct session_aggregate {
	struct session *session;
	struct aggregate *aggregate; /* NULL: not used */
	void (*emit)(struct session *session, const struct record *record);
	const struct conn *conn; /* of the flow that is being added; NULL: unknown */
	bool passes;             /* a record that is not a flow is being added */
	struct flow_names names; /* of `known` */
	struct flow known;
};

struct session {
	const struct options *options;
	struct session_handlers handlers;
	void *data;
	struct state *state;
	struct recorder *recorder;     /* NULL: --record was not given, or failed */
	struct session_folder *folder; /* of a flight recorder; NULL: none */
	uint64_t recorded_flush_ns;    /* CLOCK_MONOTONIC: last flush of the recording */
	bool recorded;                 /* records were written since the last flush */

	struct session_aggregate output_edges;
	struct session_aggregate recorded_edges;

	struct session_source *sources;
	size_t source_count;
	struct session_reader readers[SESSION_READERS_MAX];
	size_t reader_count;
	/* The stream that owns a node, by the name of the node (session_streams.c). */
	struct hash_index owners;
	size_t stream_count;          /* sources that readers carry */
	bool sealed;                  /* the system calls are filtered (session_sandbox.c) */
	struct helper *helper;        /* of the eBPF source, which owns it; NULL: none */
	struct source *muting_source; /* the eBPF source; NULL: session_may_mute is false */
	bool kernel;                  /* this machine's kernel is one of the sources */
	/* --kube (session_cluster.c). */
	struct source *cluster; /* NULL: not given */
	struct buffer cluster_texts;
	const char *cluster_words[SESSION_CLUSTER_WORDS]; /* the filter options of agents */
	bool replay;                                      /* records come from -i */
	struct wall_clock clock; /* its scale is that of session_now, except in a replay */
	/* Processes outside containers (session_host.c). */
	bool containers_seen; /* a container ran before the first flow */
	bool host_decided;    /* the decision was made; later containers do not change it */
	bool host_hidden;     /* the decision: leave out processes outside containers */
	bool host_reported;   /* a container that started later was reported on stderr */
	bool host_shown;      /* the user asked in the dashboard for processes outside containers */
	bool host_flow_left;  /* a flow was left out only because the host is hidden */

	/* --since and --until (session_window.c). */
	struct flow_window *window; /* NULL: neither was given */
	struct edge_window edge_window;
	struct state_window limits;
	bool window_reached; /* a flow inside the window, or after it, has come */
	bool window_passed;  /* a flow after the window has come */

	size_t resuming; /* nodes whose polecat was started again (session_ends.c) */
	struct session_nodes nodes;
	uint64_t arrival_ns; /* session_arrival_ns when the present batch was popped */

	struct rewind *rewind; /* NULL: session_travel was not called yet */
	uint64_t travel_ns;    /* session_travel; 0: the state is at the present */

	/* --baseline (session_baseline.c). */
	struct novelty *novelty;
	char new_flow[2 * DESTINATION_TEXT_SIZE]; /* escaped; "": no new flow ended the session */
	uint64_t uncompared; /* with --exit-on-new: flows that could not be compared */

	/* Names (session_names.c). */
	bool names_expected; /* a source of names is starting or ready */
	bool names_late;     /* every source of names that is ready has `late` set */
	bool names_wanted;   /* a container without a name was seen, so wake the sources of names */
	uint64_t kicked_ns;  /* CLOCK_MONOTONIC: the last time that a flow set names_wanted */
	struct held_flows held;
	uint64_t unnamed;  /* flows delivered without a name after the wait */
	uint64_t unjudged; /* flows left out because a filter needs the unknown name */
	uint64_t given_up[SESSION_GIVEN_UP];

	int epoll_fd;
	int signal_fd;
	int timeout_fd;
	int until_fd; /* a timer for --until without -i */
	int frame_fd;
	int heartbeat_fd; /* a timer: the latest time of the next heartbeat (--heartbeat) */
	int input_fd;
	bool frame_pending;
	uint64_t frame_due_ns; /* CLOCK_MONOTONIC, while a frame is pending */
	bool mask_is_set;
	bool ignores_interrupts; /* session_ignore_interrupts */
	sigset_t old_mask;
	struct sigaction old_pipe_action;

	bool stopped;       /* the loop ends */
	bool stop_drain;    /* after `stopped`, deliver the queued records; false: discard them */
	bool ending;        /* a signal to end arrived during session_wait_writable */
	bool all_over;      /* every source that provides records is over */
	int source_failure; /* highest exit status of a broken source; 0: none */
	int exit_status;
	uint64_t foreign; /* dropped records: they describe a node that another stream owns */
	uint64_t events;  /* flows delivered, for --max-events */
	struct record batch[SESSION_BATCH];
};

/* session_loop.c */
/* Polls a descriptor for the loop. Returns 0 or -errno. */
int session_poll_descriptor(struct session *session, int fd, uint64_t tag);
/* Sets a timerfd to expire once, in `ns` (0: disarms it). Returns 0 or -errno. */
int session_set_timer(int fd, uint64_t ns);

/* session_heartbeat.c */
/* With --heartbeat, begins to wait for heartbeats. Returns 0 or -errno. */
int session_heartbeat_start(struct session *session);
/* Standard input is readable. */
void session_heartbeat_read(struct session *session);
/* No heartbeat came in time. */
void session_heartbeat_late(struct session *session);

/* session_cluster.c */
/* Starts the agents of a cluster, and waits until their pods are asked for. Returns 0, or the exit
 * status after a report on stderr. */
int session_cluster_open(struct session *session);
/* Adds the streams of the nodes that were found since the last call. Returns 0 or -errno. */
int session_cluster_add_streams(struct session *session);
/* Waits until the pods of this session are deleted, for some seconds at most. Call it when the
 * terminal is restored, before the sources are freed. */
void session_cluster_close(struct session *session);

/* session_sources.c */
/* Waits until a source has started or failed, so that a failure is reported before the dashboard
 * uses the terminal. Returns 0, or the exit status after a report on stderr. */
int session_wait_until_started(struct session *session, struct source *source);
/* Opens the sources that the options name. Returns 0, or the exit status after a report on
 * stderr. */
int session_open_sources(struct session *session);
/* Takes ownership of a source; frees it on failure. Returns 0 or -ENOMEM. */
int session_add_source(struct session *session, struct source *source, bool names);
/* Returns the exit status for a broken source. */
int session_source_status(const struct session *session, const struct source_health *health);
/* Prints a source's label and error to stderr, with control bytes escaped. */
void session_report(const struct session *session, struct source *source,
		    const struct source_health *health);

/* session_readers.c */
/* Opens the command of a stream, or a pipe (with its descriptor, which it takes), and starts
 * the source. Returns 0 or -errno. */
int session_add_command(struct session *session, const char *command);
int session_add_pipe(struct session *session, int fd, const char *name);
/* Raises the limit of open descriptors for a number of streams, as far as it is allowed. */
void session_raise_limit(size_t streams);
/* Stops and frees the readers. Call it after their sources were freed. */
void session_free_readers(struct session *session);

/* session_sandbox.c */
/* Plans the sandbox of this session. Call it before the first source starts. */
void session_sandbox_plan(const struct session *session);
/* Takes from this thread, and with session_sandbox_seal from all threads, what the session does not
 * need any more. Call it when all sources and files are open. Returns 0, or the exit status after a
 * report on stderr. */
int session_sandbox_enter(struct session *session);
/* Filters the system calls of all threads, once, if the kernel's source has started. Call it again
 * when the health of that source changes. */
void session_sandbox_seal(struct session *session);

/* session_signals.c */
/* Blocks the signals that the session handles, and opens signal_fd. Returns 0 or -errno. */
int session_signals_open(struct session *session);
/* Reads pending signals, and calls the handler or ends the loop. Returns true if a signal ends the
 * program. */
bool session_signals_read(struct session *session);
void session_signals_close(struct session *session);

/* session_names.c */
/* Starts the sources of names. Reports each source that cannot start on stderr. */
void session_names_open(struct session *session);
/* Updates names_expected and names_late after the health of a source changed. */
void session_names_health(struct session *session);
/* Set names_wanted if the container in a record, or the container of a flow, has no name. */
void session_names_saw_container(struct session *session, const struct container_record *container);
void session_names_saw_flow(struct session *session, const struct conn *conn);
/* If a DNS look-up names neither container nor pod, adds the container and the pod of its cgroup,
 * as far as they are known. */
void session_names_add_to_dns(const struct session *session, struct dns_record *dns);
/* Wakes the sources of names if a name was requested. Called after a batch of records. */
void session_names_kick(struct session *session);
/*
 * Holds a flow if it waits for a name, or if other flows are held. Takes the record from the caller
 * (*record becomes RECORD_NONE). On release, the flow is written to the recording and, with
 * handlers.wait_for_names, delivered. Another record (`conn` is NULL) is held only behind flows; on
 * release, session_pass passes it on. Returns false if the record is not held.
 */
bool session_names_hold(struct session *session, struct record *record, const struct conn *conn);
/* session_names_release releases the flows that need not wait any longer.
 * session_names_release_all releases all held flows. */
void session_names_release(struct session *session);
void session_names_release_all(struct session *session);
/* Returns the milliseconds until the next flow must be released; -1: no flow is held. */
int session_names_timeout(struct session *session);
/* Reports on stderr how many flows got no name in time. */
void session_names_report(const struct session *session);

/* session_host.c */
/* Handles the record of a container; ignores a container that does not run. Before
 * session_host_decide, sets containers_seen. Afterwards, reports once that the container does not
 * change the decision. */
void session_host_saw_container(struct session *session, const struct container_record *container);
/* Decides whether host processes are hidden. Only the first call decides. Called for each flow, and
 * when the source of this machine's kernel has started. */
void session_host_decide(struct session *session);
/* Returns true if the connection belongs to a workload, or may belong to one. */
bool session_host_in_workload(const struct conn *conn);

/* session_ends.c */
/* Ends the connections of this machine that the last listing of open connections does not
 * contain. */
void session_end_unlisted(struct session *session);
/* If the node's previous hello in this source had a different start, polecat was started again on
 * the node, and lists the open connections again. Does nothing if another source also reports the
 * node. Call it before the state folds the hello. */
void session_saw_hello(struct session *session, struct session_source *source,
		       const struct hello_record *hello);
/* End the open connections that a polecat that was started again has not listed in time:
 * session_end_resumes before a flow of the source, session_end_due_resumes of all sources (`all`:
 * even if there is time left). Call them if session->resuming is not 0. */
void session_end_resumes(struct session *session, struct session_source *source,
			 const struct flow *flow);
void session_end_due_resumes(struct session *session, bool all);
void session_free_lives(struct session_source *source);

/* session_streams.c */
/* Makes a node that of a stream, unless the stream has one. The first stream of a node owns it. */
void session_streams_claim(struct session *session, struct session_source *source,
			   const char *node);
/* Makes a node that of a new stream of a cluster, which then owns it: an earlier stream of the node
 * has ended. Records of the stream that name another node are refused. */
void session_streams_replace(struct session *session, struct session_source *source,
			     const char *node);
/* Adds the node of the stream to a flow or container without a node. Returns false if the record
 * must be dropped, because another stream owns the record's node, or because the stream names too
 * much (session_budget.h). session_streams.c has the rules. */
bool session_streams_accept(struct session *session, struct session_source *source,
			    struct record *record);
/* Reports on stderr how many records were dropped. */
void session_streams_report(const struct session *session);

/* session_nodes.c */
/* Returns the present on this machine's steady scale. */
uint64_t session_arrival_ns(const struct session *session);
/* Count what came from a node. unix_ns is the time of a flow by the clock of its node. */
void session_nodes_saw_flow(struct session *session, const struct conn *conn, uint64_t unix_ns);
void session_nodes_saw_hello(struct session *session, struct session_source *source,
			     const struct hello_record *hello);
void session_nodes_saw_loss(struct session *session, const struct session_source *source,
			    const struct lost_record *lost);

/* session_window.c */
/* Makes the window of --since and --until, if one is given, and stores its limits. Returns 0, or
 * the exit status after a report on stderr. */
int session_window_open(struct session *session, struct state_window *limits);
/* Returns false if the record must be dropped: a flow outside of the window, or a loss that does
 * not concern it. Adds the connections that were open at the start of the window before the first
 * flow inside it. May change the time of a flow. */
bool session_window_accept(struct session *session, struct session_source *source,
			   struct record *record);
/* Returns false for a DNS look-up outside of the window: only its names are used. */
bool session_window_counts(const struct session *session, const struct record *record);
/* Adds the open connections that session_window_accept has not added. Called after all records. */
void session_window_end(struct session *session);
/* Returns the present of a replay, a steady time: the end of the window if the recording goes
 * beyond it, else last_ns. */
uint64_t session_window_now(const struct session *session, uint64_t last_ns);

/* session_aggregate.c */
/* Makes the aggregators of --aggregate. Call it after session_record_open. Returns 0 or -ENOMEM. */
int session_aggregate_open(struct session *session);
void session_aggregate_close(struct session *session);
/* Adds a record to an aggregator. `conn` is the connection of a flow, or NULL. Returns false if the
 * record does not go through an aggregator. */
bool session_aggregate_add(struct session_aggregate *edges, const struct record *record,
			   const struct conn *conn);
/* Calls handlers.record. A record that is not a flow goes through the aggregator, which keeps the
 * order. */
void session_give(struct session *session, const struct record *record);
/* Writes the intervals that have ended. */
void session_aggregate_advance(struct session *session);
/* Returns the milliseconds until an interval must be written; -1: no interval waits. */
int session_aggregate_timeout(const struct session *session);
/* Writes all that was not written. */
void session_aggregate_finish(struct session *session);

/* session_baseline.c */
/* Makes session->novelty, and reads --baseline, which may take seconds. Returns 0, or the exit
 * status after a report on stderr. Needs the state. Call it before signals are blocked and before
 * sources are open. */
int session_baseline_open(struct session *session);
/* With --exit-on-new: ends the session if the connection's destination is new. */
void session_baseline_check(struct session *session, const struct conn *conn);
/* Names the new destination that ended the session on stderr, and counts those that could not be
 * compared. */
void session_baseline_report_new(const struct session *session);

/* session_record.c */
/* Opens the file of --record, or starts the flight recorder. Reads a compressed file to which
 * --append adds, which may take seconds. Returns 0, or the exit status after a report on stderr. */
int session_record_open(struct session *session);
/* Returns whether records are written to a file or a folder. */
bool session_records(const struct session *session);
/* Writes a record to the recording. `conn` is the connection of a flow, and supplies names; NULL:
 * no connection. A failure of a file ends the session. */
void session_record(struct session *session, const struct record *record, const struct conn *conn);
/* Does the same, but not through the aggregator of --aggregate. */
void session_record_write(struct session *session, const struct record *record,
			  const struct conn *conn);
/* Flushes the recording, at most once in an interval. Returns true if unflushed records remain. */
bool session_record_idle(struct session *session);
/* Returns the interval in milliseconds. */
unsigned int session_record_interval(const struct session *session);
/* Closes the recording. Returns 0, or the exit status after reporting a failed write. */
int session_record_close(struct session *session);

/* session_folder.c */
/* Makes and locks the folder of --dir. Call it before session_sandbox_plan. Returns 0, or the exit
 * status after a report on stderr. */
int session_folder_open(struct session *session);
/* Starts the thread that writes. Returns as session_folder_open. */
int session_folder_start(struct session *session);
/* Writes a record, with names as in record_json_write. `conn` is the connection of a flow, or NULL.
 * Begins a segment if one is due. */
void session_folder_write(struct session *session, const struct record *record,
			  const struct conn *conn, const struct flow *known);
/* Writes everything that was recorded, and reports failed writes on stderr. */
void session_folder_flush(struct session *session);
/* Closes the recorder. Returns 0, or the exit status after reporting losses. */
int session_folder_close(struct session *session);

/* session_open.c */
/*
 * Returns true if the kernel may stop reporting the flows of cgroups that the filter rejects. This
 * requires that the filter has terms on namespaces, pods or containers, that no recording needs the
 * rejected flows, and that the filter cannot change, as it can in the dashboard.
 */
bool session_may_mute(const struct session *session);
/* Calls handlers.flow for a folded flow if session_shows accepts the connection. Returns true if
 * the flow was delivered. */
bool session_deliver(struct session *session, const struct record *record, const struct conn *conn);
/* Folds a flow, and delivers and records it, now or when its names are known. */
void session_handle_flow(struct session *session, struct record *record);
/* Passes a record that the state has folded to the handlers and the recorder, and frees it. */
void session_pass(struct session *session, struct record *record);
/* Passes a record to the recorder, the handlers and the state, and frees it. */
void session_handle(struct session *session, struct session_source *source, struct record *record);

#endif
