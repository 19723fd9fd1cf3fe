/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* unshare, setns */
#include "tests/support/netns.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SELF "/proc/thread-self/ns/net"

void netns_enter(struct netns *netns)
{
	struct stat status;

	netns->original = open(SELF, O_RDONLY | O_CLOEXEC);
	assert_true(netns->original >= 0);
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	assert_int_equal(stat(SELF, &status), 0);
	netns->inode = (uint32_t)status.st_ino;
	netns_ip("link set lo up");
}

void netns_leave(struct netns *netns)
{
	assert_int_equal(setns(netns->original, CLONE_NEWNET), 0);
	assert_int_equal(close(netns->original), 0);
}

void netns_ip(const char *format, ...)
{
	char arguments[400];
	char command[420];
	va_list list;

	va_start(list, format);
	vsnprintf(arguments, sizeof(arguments), format, list);
	va_end(list);
	snprintf(command, sizeof(command), "ip %s", arguments);
	if (system(command) != 0)
		fail_msg("failed: %s", command);
}

void netns_sysctl(const char *name, const char *value)
{
	char path[256];

	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, value, strlen(value)) != (ssize_t)strlen(value))
		fail_msg("cannot set %s to %s", name, value);
	close(fd);
}

/* /sys shows the network namespace in which it was mounted, so the command mounts it again. */
void netns_spread_loopback(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	char command[200];

	snprintf(command, sizeof(command),
		 "unshare --mount sh -c 'mount -t sysfs sysfs /sys && echo %lx > "
		 "/sys/class/net/lo/queues/rx-0/rps_cpus'",
		 cpus < 32 ? (1ul << cpus) - 1 : 0xfffffffful);
	if (system(command) != 0)
		fail_msg("cannot set up receive packet steering");
}
