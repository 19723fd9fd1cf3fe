/* SPDX-License-Identifier: Apache-2.0 */
/* Watches for the commands that print a result at the end: policy and check. */
#ifndef POLECAT_TUI_COMMAND_WATCH_H
#define POLECAT_TUI_COMMAND_WATCH_H

#include "core/policy/netpol/netpol.h"

struct options;
struct session;

/* Prints the result of a session that has ended. Returns the exit status. */
typedef int watch_finish(const struct options *options, struct session *session,
			 const struct netpol_set *policies);

/*
 * Runs a session to its end and then calls `finish`. Says on a terminal that it watches, and
 * `result`: the text of what follows Ctrl-C. Returns the exit status.
 */
int watch_run(const struct options *options, const char *result, watch_finish *finish,
	      const struct netpol_set *policies);

#endif
