/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/command/commands.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/state/loss.h"
#include "tui/options/options.h"
#include "tui/policies/netpol_load.h"
#include "tui/session/session.h"

/* The most subjects whose losses are reported. */
#define LOSERS_MAX 5

/* The exit status of a session if a source of records ended (README, "Exit status"). */
#define SOURCE_GONE 5

/* Reports the subjects that lost most of the events whose subject is known. */
static void commands_report_losers(const struct options *options, const struct state *state)
{
	const struct state_counters *counters = state_counters(state);
	const struct subject *losers[LOSERS_MAX];
	size_t count = 0;

	for (size_t i = 0; counters->lost_by_subjects && i < state_subject_count(state); i++) {
		const struct subject *subject = state_subject(state, i);
		size_t at = count;

		if (subject->own_lost == 0)
			continue;
		while (at > 0 && losers[at - 1]->own_lost < subject->own_lost)
			at--;
		if (at == LOSERS_MAX)
			continue;
		if (count < LOSERS_MAX)
			count++;
		memmove(&losers[at + 1], &losers[at], (count - at - 1) * sizeof(losers[0]));
		losers[at] = subject;
	}
	for (size_t i = 0; i < count; i++) {
		char name[512];

		text_escape_ascii(losers[i]->display, name, sizeof(name));
		options_report(options, 0, "%" PRIu64 " of the lost events were of %s",
			       losers[i]->own_lost, name);
	}
	if (counters->lost_by_programs > 0)
		options_report(options, 0,
			       "%" PRIu64 " of the lost events were of programs outside containers",
			       counters->lost_by_programs);
}

/* Returns whether a command writes each flow when it arrives. */
static bool commands_streams(const struct options *options)
{
	return options->command == COMMAND_TRACE || options->command == COMMAND_RECORD;
}

void commands_report_lost(const struct options *options, struct session *session)
{
	const struct state_counters *counters = state_counters(session_state(session));
	char text[LOSS_TEXT_SIZE];

	for (int kind = 0; kind < LOSS_KINDS; kind++) {
		uint64_t count = loss_count(counters, (enum loss_kind)kind);
		/* LOSS_EVICTED and the kinds after it affect only results that are computed at the
		 * end. */
		if (count == 0 || (commands_streams(options) && kind >= LOSS_EVICTED))
			continue;
		loss_format((enum loss_kind)kind, count, text);
		options_report(options, 0, "%s", text);
	}
	commands_report_losers(options, session_state(session));
}

int commands_status(const struct options *options, struct session *session, int status)
{
	const struct state_counters *counters = state_counters(session_state(session));
	struct string_list gaps = {0};

	/* A loss is one of the records that `trace` and `record` write, so it does not change their
	 * status. */
	if (status == 0 && !commands_streams(options)) {
		session_find_gaps(session, &gaps);
		if (loss_total(counters) > 0 || gaps.count > 0)
			status = SESSION_INCOMPLETE;
		string_list_clear(&gaps);
	}
	return status == SESSION_INCOMPLETE && options->allow_loss ? 0 : status;
}

/* Returns whether connections of processes outside containers were seen and are left out. */
static bool commands_left_out_host(struct session *session)
{
	const struct state *state = session_state(session);

	if (!session_hides_host(session))
		return false;
	for (size_t i = 0; i < state_subject_count(state); i++) {
		const struct subject *subject = state_subject(state, i);
		if (subject->kind == SUBJECT_PROCESS && subject->conn_count > 0)
			return true;
	}
	return false;
}

static int commands_run_session(const struct options *options, const char *result,
				commands_finish *finish, const struct netpol_set *policies)
{
	const struct session_handlers handlers = {0};
	struct session *session = NULL;
	int finished = 0;

	int status = session_open(options, &handlers, NULL, &session);
	if (status)
		return status;
	if (!session_is_replay(session) && !options->timeout_ns && isatty(STDERR_FILENO) == 1)
		options_report(options, 0, "watching; Ctrl-C ends, and %s", result);
	status = session_run(session);
	/* If a source went away or a recording is cut, the records received so far still give a
	 * result. A malformed recording gives no result. */
	if (status == 0 || status == SOURCE_GONE || status == SESSION_INCOMPLETE) {
		/* If the session hides processes outside containers, remove their flows from the
		 * result. */
		int error = session_hides_host(session)
				    ? filter_add(options->filter, FILTER_IN_WORKLOAD, "", NULL)
				    : 0;
		finished = error ? options_report(options, 3, "%s", strerror(-error))
				 : finish(options, session, policies);
		commands_report_lost(options, session);
		if (commands_left_out_host(session))
			options_report(options, 0,
				       "processes outside containers are left out (--host adds "
				       "them)");
		status = commands_status(options, session, status);
	}
	session_close(session);
	return finished ? finished : status;
}

int commands_watch(const struct options *options, const char *result, commands_finish *finish)
{
	struct netpol_set policies = {0};

	/* Read policies first, to report an error in a policy before watching starts. */
	int status = netpol_load(options, &policies);
	if (!status)
		status = commands_run_session(options, result, finish, &policies);
	netpol_set_clear(&policies);
	return status;
}
