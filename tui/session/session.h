/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session: one run of a command. It opens the sources that the options ask for, folds their
 * records into a state in one epoll loop, and tells the command what happened. The loop ends on
 * Ctrl-C, SIGTERM, SIGHUP, --timeout, --max-events, the end of all sources (unless stay_open), or
 * session_stop.
 *
 * Everything here belongs to the main thread.
 */
#ifndef POLECAT_TUI_SESSION_SESSION_H
#define POLECAT_TUI_SESSION_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/record/record.h"
#include "core/source/source.h"
#include "core/state/state.h"

struct options;
struct session;

/* What a command wants to hear; any may be NULL. */
struct session_handlers {
	/* Every record as it came, flows too, before the state folds it. */
	void (*record)(void *data, const struct record *record);
	/* Every flow after it was folded, if it passes the options' filter. conn is valid during
	 * the call. */
	void (*flow)(void *data, const struct record *record, const struct conn *conn);
	/* The terminal (or whatever session_watch_input named) is readable. */
	void (*input)(void *data);
	/* SIGWINCH, SIGTSTP, SIGCONT. */
	void (*signal)(void *data, int signal_number);
	/* The time asked for with session_request_frame has come. */
	void (*frame)(void *data);
	/* All that had come was handed over, and the loop is about to sleep or to end: the time to
	 * flush output. */
	void (*idle)(void *data);
	/* Nothing more comes but what is told to stderr: the time to give the terminal back. */
	void (*finished)(void *data);
	/* A source's health changed, or all finite sources have ended (then source is NULL). */
	void (*source_changed)(void *data, struct source *source);
	/* True: the loop goes on when the sources have ended or broken, and what broke is not told
	 * to stderr: the dashboard shows it. */
	bool stay_open;
	/*
	 * True: a flow of a container that has no name yet is handed over when it has, or after
	 * --name-wait; so are all flows behind it, which keeps their order.
	 */
	bool wait_for_names;
	/* True: open connections' counters are wanted while they live (about once a second). */
	bool sample_open;
};

/*
 * Opens the sources and makes the state. On failure the reason has been told to stderr and the exit
 * status to use is returned (README, "Exit status"); 0 is success. *out is freed with
 * session_close.
 */
int session_open(const struct options *options, const struct session_handlers *handlers, void *data,
		 struct session **out);

/* Runs the loop. Returns the exit status that the end of the loop asks for: 0, 3, 4 or 5. */
int session_run(struct session *session);

/* Ends the loop after the current call, with this exit status. */
void session_stop(struct session *session, int exit_status);

/* Stops the sources, drains and frees. NULL is fine. */
void session_close(struct session *session);

struct state *session_state(struct session *session);

/* For a flow handler that shows nothing of the flow it got: it does not count for --max-events. */
void session_uncount(struct session *session);

/*
 * True when the connection is to be shown: it passes the options' filter, and it is not one of the
 * machine's own processes on a machine that runs containers (unless --host; see
 * session_hides_host). What handlers.flow gets has passed this already.
 */
bool session_shows(const struct session *session, const struct conn *conn);

/*
 * True when processes outside any container are left out: --host was not given, the records come
 * from this machine's kernel, and a pod or container has been seen on it. Can turn from false to
 * true while the session runs.
 */
bool session_hides_host(const struct session *session);

/*
 * True once a flow that passes the filters was left out because session_hides_host: the user may
 * look for it.
 */
bool session_left_out_host(const struct session *session);

/* Shows the host's own processes beside containers, or leaves them out again. */
void session_show_host(struct session *session, bool show);

/*
 * Waits until `fd` can be written to, also after the loop has ended. 0, or -EINTR when the program
 * was told to end (Ctrl-C, SIGTERM) while it waited, and a second later still nobody had read.
 * Regular files are always ready.
 */
int session_wait_writable(struct session *session, int fd);

/* The sources, for the header's dots and doctor-like messages. */
size_t session_source_count(const struct session *session);
struct source *session_source(const struct session *session, size_t index);

/* Polls a descriptor for handlers.input; -1 stops that. */
int session_watch_input(struct session *session, int fd);

/* Calls handlers.frame once, after `delay_ms`, or sooner where that was asked for before. */
void session_request_frame(struct session *session, unsigned int delay_ms);

/*
 * The time that views show ages by, Unix ns: the wall clock where a source is live, else the time
 * of the last record, so that a recording looks the same whenever it is replayed.
 */
uint64_t session_now(const struct session *session);

/* True when the records come from a finite recording. */
bool session_is_replay(const struct session *session);

#endif
