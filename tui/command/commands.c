/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/command/commands.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "core/record/record_names.h"
#include "tui/options/options.h"
#include "tui/policies/netpol_load.h"
#include "tui/session/session.h"

/* Exit status of a session whose source went away. */
#define SOURCE_GONE 5

void commands_report_lost(const struct options *options, struct session *session)
{
	const struct state_counters *counters = state_counters(session_state(session));

	for (unsigned int where = 1; where <= LOST_STREAM; where++) {
		uint64_t count = counters->lost[where];
		if (count && where == LOST_STREAM)
			options_report(options, 0, "lines that could not be read: %" PRIu64, count);
		else if (count)
			options_report(options, 0, "%" PRIu64 " event%s lost (%s)", count,
				       count == 1 ? " was" : "s were",
				       record_word(&lost_where_words, where));
	}
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
	/* Records received before a source went away count. A broken recording is no basis for a
	 * result. */
	if (status == 0 || status == SOURCE_GONE) {
		/* Limit the result to the flows that the options show. */
		int error = session_hides_host(session)
				    ? filter_add(options->filter, FILTER_IN_WORKLOAD, "", NULL)
				    : 0;
		finished = error ? options_report(options, 3, "%s", strerror(-error))
				 : finish(options, session, policies);
		commands_report_lost(options, session);
	}
	session_close(session);
	return finished ? finished : status;
}

int commands_watch(const struct options *options, const char *result, commands_finish *finish)
{
	struct netpol_set policies = {0};

	/* Read policies first, so that an error in one is reported before watching starts. */
	int status = netpol_load(options, &policies);
	if (!status)
		status = commands_run_session(options, result, finish, &policies);
	netpol_set_clear(&policies);
	return status;
}
