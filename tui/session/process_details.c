/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/session/process_details.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/sandbox/helper.h"

/* The index of starttime in /proc/PID/stat (proc(5)), counted from 1 at the first field after the
 * name. The unit of starttime is clock ticks since the boot. */
#define PROCESS_STARTED_FIELD 20

/* Returns the start of a process in clock ticks since the boot; 0: unknown. */
static uint64_t process_details_started(const struct helper_process *process)
{
	unsigned long long started = 0;
	/* Search for the last parenthesis, because the name in parentheses may contain any byte. */
	const char *at = strrchr(process->stat, ')');

	for (int field = 0; at && field < PROCESS_STARTED_FIELD; field++)
		at = strchr(at + 1, ' ');
	return at && sscanf(at, "%llu", &started) == 1 ? started : 0;
}

/* Returns whether the process is the flow's process. A process that started after the connection is
 * a different process with the same PID. If polecat runs in a PID namespace, the PID may belong to
 * another process, so the name must also agree. */
static bool process_details_is_same(const struct helper_process *process, const struct flow *flow,
				    uint64_t begun_ns)
{
	uint64_t ticks = process_details_started(process);
	uint64_t started_ns = ticks * (NS_PER_SECOND / (uint64_t)sysconf(_SC_CLK_TCK));
	size_t length = strcspn(process->comm, "\n");

	return process->comm_length > 0 && ticks > 0 && strlen(flow->comm) == length &&
	       memcmp(process->comm, flow->comm, length) == 0 && started_ns <= begun_ns;
}

void process_details_read(struct helper *helper, const struct flow *flow, uint64_t begun_ns,
			  struct process_details *out)
{
	struct helper_process process;

	out->exe[0] = '\0';
	out->command[0] = '\0';
	if (!(flow->has & FLOW_HAS_PID) || helper_read_process(helper, flow->pid, &process) ||
	    !process_details_is_same(&process, flow, begun_ns))
		return;
	snprintf(out->exe, sizeof(out->exe), "%s", process.exe);
	memcpy(out->command, process.command, sizeof(out->command));
	for (uint32_t i = 0; i + 1 < process.command_length; i++) {
		if (out->command[i] == '\0')
			out->command[i] = ' ';
	}
}

void process_details_add(struct helper *helper, struct flow *flow, uint64_t begun_ns)
{
	struct process_details process;
	struct flow_names names = flow->names ? *flow->names : (struct flow_names){0};
	struct flow_names *copy = NULL;

	process_details_read(helper, flow, begun_ns, &process);
	if (!process.exe[0] && !process.command[0])
		return;
	names.exe = process.exe[0] ? process.exe : NULL;
	names.cmdline = process.command[0] ? process.command : NULL;
	if (flow_names_copy(&names, &copy))
		return;
	free(flow->names);
	flow->names = copy;
}
