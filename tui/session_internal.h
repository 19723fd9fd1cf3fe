/* SPDX-License-Identifier: Apache-2.0 */
/* A session's insides, shared by session*.c and by nothing else. */
#ifndef POLECAT_TUI_SESSION_INTERNAL_H
#define POLECAT_TUI_SESSION_INTERNAL_H

#include <signal.h>

#include "tui/session.h"

#define SESSION_BATCH 256

/* How the end of one source is seen by the loop. */
struct session_source {
	struct source *source;
	bool told;    /* that it goes on in spite of some trouble */
	bool changed; /* its health did, and that was not told yet */
	bool over;    /* has ended or is broken, and its queue is drained */
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
	bool kernel; /* this machine's kernel is one of the sources */
	bool replay; /* records come from -i */
	bool containers_seen;

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
	bool impatient;     /* was told to end while it waited for a reader */
	bool all_over;      /* every source is */
	int source_failure; /* the gravest exit status that a broken source asks for; 0: none */
	int exit_status;
	uint64_t events; /* that handlers.flow got, for --max-events */
	struct record batch[SESSION_BATCH];
};

/* session_sources.c: opens what the options ask for. 0, or the exit status, told to stderr. */
int session_open_sources(struct session *session);
/* The exit status that a broken source asks for. */
int session_source_status(const struct session *session, const struct source_health *health);
/* Tells stderr what is wrong with a source: its label, the message with control bytes escaped. */
void session_tell(const struct session *session, struct source *source,
		  const struct source_health *health);

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

/* session.c: hands records to the recorder, the handlers and the state. */
void session_handle(struct session *session, struct record *record);

/* Ends the loop, handing over first what has come. */
void session_finish(struct session *session, int exit_status);

#endif
