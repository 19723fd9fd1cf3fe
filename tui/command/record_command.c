/* SPDX-License-Identifier: Apache-2.0 */
/* `polecat record`: the flight recorder. The session writes the records (session_folder.c). */
#include <signal.h>
#include <unistd.h>

#include "tui/command/commands.h"
#include "tui/options/options.h"
#include "tui/session/session.h"

int record_main(const struct options *options)
{
	const struct session_handlers handlers = {0};
	struct session *session = NULL;
	int status;

	/* Beyond a limit of the size of files, write(2) then fails with EFBIG, which counts as a
	 * full disk. */
	signal(SIGXFSZ, SIG_IGN);
	status = session_open(options, &handlers, NULL, &session);
	if (!status) {
		if (!session_is_replay(session) && isatty(STDERR_FILENO) == 1)
			options_report(options, 0, "recording to %s; Ctrl-C ends",
				       options->record_folder);
		status = session_run(session);
		commands_report_lost(options, session);
		status = commands_status(options, session, status);
	}
	session_close(session);
	return status;
}
