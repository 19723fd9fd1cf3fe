/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/command/watch.h"

#include <stdio.h>
#include <unistd.h>

#include "tui/options/options.h"
#include "tui/session/session.h"

/* Exit status of a session whose source went away. */
#define SOURCE_GONE 5

int watch_run(const struct options *options, const char *result, watch_finish *finish,
	      const struct netpol_set *policies)
{
	const struct session_handlers handlers = {0};
	struct session *session = NULL;

	int status = session_open(options, &handlers, NULL, &session);
	if (status)
		return status;
	if (!session_is_replay(session) && !options->timeout_ns && isatty(STDERR_FILENO) == 1)
		fprintf(stderr, "%s: watching; Ctrl-C ends, and %s\n", options->program, result);
	status = session_run(session);
	/* Records received before a source went away count. A broken recording is no basis for a
	 * result. */
	if (status == 0 || status == SOURCE_GONE) {
		int finished = finish(options, session, policies);
		if (finished)
			status = finished;
	}
	session_close(session);
	return status;
}
