/* SPDX-License-Identifier: Apache-2.0 */
/* The commands. Each runs to its end, reports errors on stderr and returns the exit status. */
#ifndef POLECAT_TUI_COMMAND_COMMANDS_H
#define POLECAT_TUI_COMMAND_COMMANDS_H

struct options;
struct session;

int trace_main(const struct options *options);
int policy_main(const struct options *options);
int check_main(const struct options *options);
int doctor_main(const struct options *options);
int completion_main(const struct options *options);

/* Reports lost events on stderr, by place. Called at the end of a command. */
void commands_report_lost(const struct options *options, struct session *session);

#endif
