/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a command once: opens the sources that the options name, folds their records into a state in
 * one epoll loop, and calls the command's handlers. The loop ends on Ctrl-C, SIGTERM, SIGHUP,
 * --timeout, --max-events, the end of all sources (unless stay_open), or session_stop.
 *
 * Only the main thread may call these functions.
 */
#ifndef POLECAT_TUI_SESSION_SESSION_H
#define POLECAT_TUI_SESSION_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/policy/baseline/novelty.h"
#include "core/record/record.h"
#include "core/source/source.h"
#include "core/state/state.h"

struct helper;
struct options;
struct session;

/* The exit status of a command that finished, but on incomplete data. */
#define SESSION_INCOMPLETE 6

/* Functions of a command that the session calls. Each may be NULL. */
struct session_handlers {
	/* Called for every record, before the state folds it. */
	void (*record)(void *data, const struct record *record);
	/* Called for every flow, shown or not, after the state folded it and before `flow`. `conn`
	 * is valid during the call. */
	void (*folded)(void *data, const struct conn *conn);
	/* Called for every flow and edge record that session_shows accepts, after the state folded
	 * it. `conn` is valid during the call. NULL for an edge of --aggregate, which has all names
	 * that are known. */
	void (*flow)(void *data, const struct record *record, const struct conn *conn);
	/* Called when the descriptor of session_watch_input is readable. `ended`: nothing more
	 * comes, because the terminal is gone. */
	void (*input)(void *data, bool ended);
	/* Called for SIGWINCH, SIGTSTP and SIGCONT. */
	void (*signal)(void *data, int signal_number);
	/* Called at the time that session_request_frame sets. */
	void (*frame)(void *data);
	/* Called to flush output, when all queued records are delivered and before the loop sleeps
	 * or ends. */
	void (*idle)(void *data);
	/* Called to restore the terminal. Afterwards the session only prints messages on stderr. */
	void (*finished)(void *data);
	/* Called when the health of a source changes, and with NULL when all finite sources have
	 * ended. */
	void (*source_changed)(void *data, struct source *source);
	/* True: the loop continues after the sources have ended or failed, and failures are not
	 * reported on stderr, because the dashboard shows them. */
	bool stay_open;
	/* True: if the name of a flow's container is unknown, the flow is delivered when the name
	 * is known, or after --name-wait. Later flows wait too, which keeps their order. */
	bool wait_for_names;
	/* True: with --aggregate, `flow` gets edge records instead of flows. */
	bool aggregates;
	/* True: report the counters of open connections about once a second. */
	bool sample_open;
};

/*
 * Opens the sources and creates the state. Free *out with session_close. Returns 0, or the exit
 * status (README, "Exit status") after reporting the failure on stderr.
 */
int session_open(const struct options *options, const struct session_handlers *handlers, void *data,
		 struct session **out);

/* Runs the loop. Returns the exit status of the command so far: 0, 1, 3, 4, 5 or 6. */
int session_run(struct session *session);

/* Ends the loop with this exit status when the calling handler returns. Discards the queued
 * records. 0 does not replace the status of an earlier call. */
void session_stop(struct session *session, int exit_status);

/* Ends the loop like session_stop, but delivers the queued records first. */
void session_finish(struct session *session, int exit_status);

/* Stops the sources and frees the session. NULL is allowed. */
void session_close(struct session *session);

struct state *session_state(struct session *session);

/* Removes the current flow from the count of --max-events. A handler calls this function for a flow
 * that it does not print. */
void session_uncount(struct session *session);

/* Returns true if the connection passes the options' filter and is not hidden by
 * session_hides_host. */
bool session_shows(const struct session *session, const struct conn *conn);

/*
 * Returns true if processes outside containers are left out: --host was not given, and a container
 * ran before the first flow. After the first flow, only session_show_host changes the result.
 */
bool session_hides_host(const struct session *session);

/* Returns true if a flow that passes the filters was hidden because of session_hides_host. */
bool session_left_out_host(const struct session *session);

/* Shows the host's own processes beside containers, or leaves them out again. */
void session_show_host(struct session *session, bool show);

/*
 * Waits until `fd` is writable, even after the loop has ended. Returns 0, -errno, or -EINTR if a
 * signal to end (Ctrl-C, SIGTERM) arrived and the reader did not read within another second.
 */
int session_wait_writable(struct session *session, int fd);

/* Returns the number of sources. */
size_t session_source_count(const struct session *session);
/* Returns the source at an index below that number. */
struct source *session_source(const struct session *session, size_t index);

/* Adds a line of printable ASCII to *gaps for each source with incomplete data. */
void session_find_gaps(struct session *session, struct string_list *gaps);

/* Polls a descriptor for handlers.input; -1 stops polling. */
int session_watch_input(struct session *session, int fd);

/* Ends the loop with status 0 when nobody can read `fd` any more: the reader of the pipe, the
 * client of ssh or the terminal is gone. */
void session_watch_output(struct session *session, int fd);

/* Sets whether Ctrl-C ends the session. It does not while another program has the terminal, which
 * gets the same signal. */
void session_ignore_interrupts(struct session *session, bool ignored);

/* Calls handlers.frame once, after `delay_ms`, or sooner if an earlier request is due sooner. */
void session_request_frame(struct session *session, unsigned int delay_ms);

/*
 * Returns the present, for ages, as a steady time (core/state/clocks.h): it does not jump when the
 * system clock is set. In a replay it is the time of the last flow, so that a recording always
 * looks the same. Also sets the lead of the state, so that clocks_now gives the present of each
 * node.
 */
uint64_t session_now(const struct session *session);

/* Converts a steady time of this machine's flows to CLOCK_BOOTTIME. */
uint64_t session_boot_ns(const struct session *session, uint64_t steady_ns);

/* Returns the helper of the kernel's source, or NULL. */
struct helper *session_helper(const struct session *session);

/* Returns true if the records come from this machine's kernel. */
bool session_reads_kernel(const struct session *session);

/*
 * Shows the state as it was at a time on the scale of session_now, which then returns that time
 * (core/state/rewind.h). session_return shows the present again; call it before the handler ends.
 * Returns 0, or -ENOMEM with the state at the present.
 */
int session_travel(struct session *session, uint64_t time_ns);
void session_return(struct session *session);

/* Returns the marks of new destinations. They change with the baseline, so views do not keep
 * them. */
struct novelty *session_novelty(const struct session *session);

/* Makes everything that the state holds the baseline, and stores the number of its destinations.
 * Returns 0, or -ENOMEM with the old baseline in place. */
int session_make_baseline(struct session *session, size_t *count);

/* Returns true if the records come from a finite recording. */
bool session_is_replay(const struct session *session);

#endif
