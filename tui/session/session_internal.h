/* SPDX-License-Identifier: Apache-2.0 */
/* A session's insides, shared by session*.c and by nothing else. */
#ifndef POLECAT_TUI_SESSION_SESSION_INTERNAL_H
#define POLECAT_TUI_SESSION_SESSION_INTERNAL_H

#include <signal.h>

#include "tui/session/held_flows.h"
#include "tui/session/session.h"

#define SESSION_BATCH 256

/* Containers that are not waited for again, by a hash of their cgroup: one of two in a slot is
 * waited for once more. */
#define SESSION_GIVEN_UP 1024

/* How the end of one source is seen by the loop. */
struct session_source {
	struct source *source;
	bool names;       /* it knows names alone: its end is never the session's */
	bool told;        /* that it goes on in spite of some trouble */
	bool outage_told; /* a source of names: that it is broken, since it was last ready */
	bool changed;     /* its health did, and that was not told yet */
	bool over;        /* has ended or is broken, and its queue is drained */
};

struct session {
	const struct options *options;
	struct session_handlers handlers;
	void *data;
	struct state *state;
	struct recorder *recorder;  /* NULL: --record was not given, or failed */
	uint64_t recorded_flush_ns; /* CLOCK_MONOTONIC: when the recording was last flushed */
	bool recorded;              /* something was written since */

	struct session_source *sources;
	size_t source_count;
	struct source *
		muting_source; /* the kernel's source, if it may be told what to keep silent about */
	bool kernel;           /* this machine's kernel is one of the sources */
	bool replay;           /* records come from -i */
	bool containers_seen;
	bool host_shown;     /* a person asked for the host's own processes all the same */
	bool host_flow_left; /* a flow was left out only because the host is hidden */

	/* Names (session_names.c). */
	bool names_expected; /* a source of names is starting or ready */
	bool names_wanted;   /* somebody without a name has turned up: sources are to look */
	uint64_t kicked_ns;  /* CLOCK_MONOTONIC: when a flow last made them look */
	struct held_flows held;
	uint64_t unnamed;  /* flows handed over without a name that was waited for */
	uint64_t unjudged; /* left out by a filter that needed that name */
	uint64_t given_up[SESSION_GIVEN_UP];

	int epoll_fd;
	int signal_fd;
	int timeout_fd;
	int frame_fd;
	int input_fd;
	bool frame_pending;
	uint64_t frame_due_ns; /* CLOCK_MONOTONIC, while a frame is pending */
	bool mask_is_set;
	sigset_t old_mask;
	struct sigaction old_pipe_action;

	bool stopped;       /* the loop ends */
	bool stop_drain;    /* what has come by then is still handed over */
	bool ending;        /* was told to end while it waited for a reader */
	bool all_over;      /* every source is */
	int source_failure; /* the gravest exit status that a broken source asks for; 0: none */
	int exit_status;
	uint64_t events; /* that handlers.flow got, for --max-events */
	struct record batch[SESSION_BATCH];
};

/* session_sources.c: opens what the options ask for. 0, or the exit status, told to stderr. */
int session_open_sources(struct session *session);
/* Adds a source, to be freed with the session; frees it on failure. 0 or -ENOMEM. */
int session_add_source(struct session *session, struct source *source, bool names);
/* The exit status that a broken source asks for. */
int session_source_status(const struct session *session, const struct source_health *health);
/* Tells stderr what is wrong with a source: its label, the message with control bytes escaped. */
void session_report(const struct session *session, struct source *source,
		    const struct source_health *health);

/* session_mute.c */
/* Whether this session may tell the kernel to keep silent about a cgroup. */
bool session_may_mute(const struct session *session);
/* A connection is not shown: nor is anything else of its cgroup, perhaps. */
void session_mute(struct session *session, const struct conn *conn);

/* session_signals.c */
/* Blocks the signals that the session handles, and opens signal_fd. 0 or -errno. */
int session_signals_open(struct session *session);
/* Reads what came; hands it to the handler or ends the loop. True: the end was asked for. */
bool session_signals_read(struct session *session);
void session_signals_close(struct session *session);

/* session_record.c: --record. Opens the file: 0, or the exit status, told to stderr. */
int session_record_open(struct session *session);
/* Writes a record; conn is what a flow was folded into, for its names. A failure ends the session.
 */
void session_record(struct session *session, const struct record *record, const struct conn *conn);
/* Flushes now and then; true while something still waits for that. */
bool session_record_idle(struct session *session);
/* Closes the file. 0, or the exit status, told to stderr, where what was written is not all there.
 */
int session_record_close(struct session *session);

/* session_names.c */
/* Starts the sources of names. One that cannot be started is told to stderr. */
void session_names_open(struct session *session);
/* Some source's health has changed. */
void session_names_health(struct session *session);
/* A container came from the kernel, or a flow was folded: sources may have to look for its name. */
void session_names_saw_container(struct session *session, const struct container_record *container);
void session_names_saw_flow(struct session *session, const struct conn *conn);
/* Makes the sources look, if there is anything to look for. After a batch of records. */
void session_names_kick(struct session *session);
/*
 * Holds a flow back if it has to wait for a name, or for those before it: the record is taken over
 * (RECORD_NONE), and it is recorded and, with handlers.wait_for_names, delivered later. False: not
 * held.
 */
bool session_names_hold(struct session *session, struct record *record, const struct conn *conn);
/* Hands over what need not wait any longer; everything. */
void session_names_release(struct session *session);
void session_names_release_all(struct session *session);
/* Milliseconds until the next one must be released; -1: none is held. */
int session_names_timeout(struct session *session);
/* Tells stderr how many were given up on, if any. */
void session_names_report(const struct session *session);

/* session.c: hands a flow that was folded to its handler, if it passes the filter. True: it did. */
bool session_deliver(struct session *session, const struct record *record, const struct conn *conn);

/* session.c: hands records to the recorder, the handlers and the state. */
void session_handle(struct session *session, struct record *record);

/* Ends the loop, handing over first what has come. */
void session_finish(struct session *session, int exit_status);

#endif
