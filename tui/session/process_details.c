/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/session/process_details.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"

/* The index of starttime in /proc/PID/stat (proc(5)), counted from 1 at the first field after the
 * name. The unit of starttime is clock ticks since the boot. */
#define PROCESS_STARTED_FIELD 20

/* Returns the start of a process in clock ticks since the boot; 0: unknown. `folder` is the
 * process's folder in /proc. */
static uint64_t process_details_read_started(int folder)
{
	CLEANUP_CLOSE int fd = openat(folder, "stat", O_RDONLY | O_CLOEXEC);
	char text[1024];
	unsigned long long started = 0;

	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (length <= 0)
		return 0;
	text[length] = '\0';
	/* Search for the last parenthesis, because the name in parentheses may contain any byte. */
	const char *at = strrchr(text, ')');
	for (int field = 0; at && field < PROCESS_STARTED_FIELD; field++)
		at = strchr(at + 1, ' ');
	return at && sscanf(at, "%llu", &started) == 1 ? started : 0;
}

/* Returns whether the process in `folder` is the flow's process. A process that started after the
 * connection is a different process with the same PID. If polecat runs in a PID namespace, the PID
 * may belong to another process, so the name must also agree. */
static bool process_details_is_same(int folder, const struct flow *flow, uint64_t begun_ns)
{
	CLEANUP_CLOSE int fd = openat(folder, "comm", O_RDONLY | O_CLOEXEC);
	char comm[FLOW_COMM_SIZE + 1] = "";
	uint64_t ticks = process_details_read_started(folder);

	ssize_t length = fd < 0 ? -1 : read(fd, comm, sizeof(comm) - 1);
	uint64_t started_ns = ticks * (NS_PER_SECOND / (uint64_t)sysconf(_SC_CLK_TCK));
	if (length <= 0 || ticks == 0)
		return false;
	comm[length - 1] = '\0'; /* replaces the newline */
	return strcmp(comm, flow->comm) == 0 && started_ns <= begun_ns;
}

static void process_details_read_command(int folder, char command[PROCESS_COMMAND_SIZE])
{
	CLEANUP_CLOSE int fd = openat(folder, "cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? 0 : read(fd, command, PROCESS_COMMAND_SIZE - 1);

	if (length < 0)
		length = 0;
	command[length] = '\0';
	for (ssize_t i = 0; i + 1 < length; i++) {
		if (command[i] == '\0')
			command[i] = ' ';
	}
}

void process_details_read(const struct flow *flow, uint64_t begun_ns, struct process_details *out)
{
	CLEANUP_CLOSE int folder = -1;
	char path[64];

	out->exe[0] = '\0';
	out->command[0] = '\0';
	if (!(flow->has & FLOW_HAS_PID))
		return;
	snprintf(path, sizeof(path), "/proc/%" PRIu32, flow->pid);
	folder = open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
	if (folder < 0 || !process_details_is_same(folder, flow, begun_ns))
		return;
	/* The open folder still belongs to this process, even if another process reuses the PID. */
	ssize_t length = readlinkat(folder, "exe", out->exe, sizeof(out->exe) - 1);
	out->exe[length > 0 ? length : 0] = '\0';
	process_details_read_command(folder, out->command);
}

void process_details_add(struct flow *flow, uint64_t begun_ns)
{
	struct process_details process;
	struct flow_names names = flow->names ? *flow->names : (struct flow_names){0};
	struct flow_names *copy = NULL;

	process_details_read(flow, begun_ns, &process);
	if (!process.exe[0] && !process.command[0])
		return;
	names.exe = process.exe[0] ? process.exe : NULL;
	names.cmdline = process.command[0] ? process.command : NULL;
	if (flow_names_copy(&names, &copy))
		return;
	free(flow->names);
	flow->names = copy;
}
