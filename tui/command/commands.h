/* SPDX-License-Identifier: Apache-2.0 */
/* The commands. Each function runs its command, reports errors on stderr and returns the exit
 * status. */
#ifndef POLECAT_TUI_COMMAND_COMMANDS_H
#define POLECAT_TUI_COMMAND_COMMANDS_H

struct netpol_set;
struct options;
struct session;

int trace_main(const struct options *options);
int policy_main(const struct options *options);
int check_main(const struct options *options);
int record_main(const struct options *options);
int doctor_main(const struct options *options);
int completion_main(const struct options *options);
int manual_main(const struct options *options);
int agent_main(const struct options *options);
int deploy_main(const struct options *options);
int undeploy_main(const struct options *options);

/* Prints the result of a session that has ended. Returns the exit status. */
typedef int commands_finish(const struct options *options, struct session *session,
			    const struct netpol_set *policies);

/*
 * Reads the policies of --policy, --diff and --cluster, runs a session to its end, calls `finish`
 * and reports lost events. `result` completes the message "watching; Ctrl-C ends, and ...", which
 * is printed if stderr is a terminal. Returns the exit status.
 */
int commands_watch(const struct options *options, const char *result, commands_finish *finish);

/* Reports lost data on stderr, one line for each kind. Called at the end of a command. */
void commands_report_lost(const struct options *options, struct session *session);

/* Returns the exit status of a command, from the `status` of its session. Turns 0 into
 * SESSION_INCOMPLETE if data that the command needs is missing. With --allow-loss, turns
 * SESSION_INCOMPLETE into 0. */
int commands_status(const struct options *options, struct session *session, int status);

#endif
