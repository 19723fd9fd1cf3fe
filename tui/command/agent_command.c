/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `polecat agent`: the main process of an agent's pod. It keeps the pod running, and watches
 * nothing. `kubectl exec` starts the processes that watch, and only while somebody reads them.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "tui/command/commands.h"
#include "tui/options/options.h"

/* The interval between two looks for other processes. */
#define LOOK_NS (5 * NS_PER_SECOND)

/* The largest content of /proc/PID/cgroup that is compared. The part of a container is below
 * 300 bytes a hierarchy. */
#define CGROUPS_SIZE 8192

/* Reads the cgroups of a process. Returns the length, or -1 if they cannot be read. */
static ssize_t agent_read_cgroups(const char *process, char text[CGROUPS_SIZE])
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%.16s/cgroup", process);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ssize_t length = read(fd, text, CGROUPS_SIZE);
	close(fd);
	return length;
}

/* Returns whether another process has the same cgroups, and so runs in this container. Returns true
 * if that cannot be found out. */
static bool agent_has_company(void)
{
	char own[CGROUPS_SIZE];
	char other[CGROUPS_SIZE];
	char self[16];
	ssize_t length = agent_read_cgroups("self", own);
	DIR *processes = opendir("/proc");
	bool found = length < 0 || !processes;

	snprintf(self, sizeof(self), "%d", (int)getpid());
	for (struct dirent *entry; !found && (entry = readdir(processes));) {
		if (!isdigit((unsigned char)entry->d_name[0]) || strcmp(entry->d_name, self) == 0)
			continue;
		found = agent_read_cgroups(entry->d_name, other) == length &&
			memcmp(own, other, (size_t)length) == 0;
	}
	if (processes)
		closedir(processes);
	return found;
}

int agent_main(const struct options *options)
{
	const struct timespec look = {.tv_sec = LOOK_NS / NS_PER_SECOND};
	uint64_t seen_ns = clock_monotonic_ns();
	sigset_t ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGHUP);
	/* The first process of a PID namespace gets only signals that it handles or waits for. */
	if (sigprocmask(SIG_BLOCK, &ends, NULL))
		return options_report(options, 3, "%s", strerror(errno));
	for (;;) {
		if (sigtimedwait(&ends, NULL, &look) > 0)
			return 0;
		if (!options->idle_ns)
			continue;
		uint64_t now_ns = clock_monotonic_ns();
		if (agent_has_company())
			seen_ns = now_ns;
		else if (now_ns - seen_ns >= options->idle_ns)
			return 0;
	}
}
