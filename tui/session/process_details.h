/* SPDX-License-Identifier: Apache-2.0 */
/* The executable and the command line of a process of this machine, from /proc. Main thread. */
#ifndef POLECAT_TUI_SESSION_PROCESS_DETAILS_H
#define POLECAT_TUI_SESSION_PROCESS_DETAILS_H

#include "core/record/flow.h"

struct helper;

#define PROCESS_EXE_SIZE     4096
#define PROCESS_COMMAND_SIZE 4096

/* "": unknown. The process chooses the bytes, so escape them before printing. */
struct process_details {
	char exe[PROCESS_EXE_SIZE];         /* path in the mount namespace of the process */
	char command[PROCESS_COMMAND_SIZE]; /* arguments joined by spaces; cut if longer */
};

/*
 * Reads the details of the flow's process, through a helper (NULL: without one). The details stay
 * unknown if the process has ended, or if its PID now belongs to another process: one that started
 * after `begun_ns` (CLOCK_BOOTTIME of the connection's first flow), or whose name is not
 * flow->comm.
 */
void process_details_read(struct helper *helper, const struct flow *flow, uint64_t begun_ns,
			  struct process_details *out);

/* Adds the details as names `exe` and `cmdline` to a flow of this machine's kernel. */
void process_details_add(struct helper *helper, struct flow *flow, uint64_t begun_ns);

#endif
