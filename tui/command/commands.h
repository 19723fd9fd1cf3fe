/* SPDX-License-Identifier: Apache-2.0 */
/* The commands. Each runs to its end and returns the exit status; what it has to say to people went
 * to stderr. */
#ifndef POLECAT_TUI_COMMAND_COMMANDS_H
#define POLECAT_TUI_COMMAND_COMMANDS_H

struct options;
struct session;

int trace_main(const struct options *options);
int policy_main(const struct options *options);
int check_main(const struct options *options);
int doctor_main(const struct options *options);
int completion_main(const struct options *options);

/* Tells stderr how many events were lost, where, if any were. For the end of a command. */
void commands_report_lost(const struct options *options, struct session *session);

#endif
