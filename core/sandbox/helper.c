/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* setns */
#include "core/sandbox/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/netlink.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/base/caller.h"
#include "core/base/cleanup.h"
#include "core/base/kernfs.h"
#include "core/base/memory.h"
#include "core/base/socket_message.h"
#include "core/sandbox/capabilities.h"
#include "core/sandbox/sandbox.h"
#include "core/sandbox/syscalls.h"

enum helper_operation {
	HELPER_NETLINK,
	HELPER_CGROUP,
	HELPER_PROCESS,
};

struct helper_request {
	uint32_t operation;
	uint32_t netlink; /* enum helper_netlink */
	uint32_t pid;
	uint32_t unused; /* 0 */
	uint64_t id;     /* the namespace's inode number, or the cgroup's id */
};

struct helper_reply {
	int32_t error;
	uint32_t inode;
	uint32_t has_process; /* struct helper_process follows */
};

struct helper {
	pthread_mutex_t lock;
	int socket;
	pid_t pid;
};

/* --- the process --- */

/* Opens a netlink socket in this process's network namespace. The kernel allows a socket only the
 * capabilities that its opener had in effect (netlink_ns_capable), so this process uses
 * CAP_NET_ADMIN for conntrack alone. */
static int helper_open_socket(uint32_t netlink)
{
	static const int protocols[] = {
		[HELPER_CONNTRACK] = NETLINK_NETFILTER,
		[HELPER_SOCKETS] = NETLINK_SOCK_DIAG,
		[HELPER_ROUTES] = NETLINK_ROUTE,
	};
	const struct sockaddr_nl address = {.nl_family = AF_NETLINK};
	uint64_t others = ~CAPABILITY_BIT(CAP_NET_ADMIN);

	if (netlink >= ARRAY_LENGTH(protocols))
		return -EINVAL;
	int error = netlink == HELPER_CONNTRACK ? 0 : capabilities_use(others);
	if (error)
		return error;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocols[netlink]);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)))
		error = -errno;
	if (netlink != HELPER_CONNTRACK)
		(void)capabilities_use(UINT64_MAX);
	if (error && fd >= 0)
		close(fd);
	return error ? error : fd;
}

/* `home`: the network namespace in which this process started. */
static int helper_serve_netlink(const struct helper_request *request, int home,
				struct helper_reply *reply)
{
	char path[64];
	struct stat status;

	if (home < 0)
		return -EBADF;
	snprintf(path, sizeof(path), "/proc/%u/ns/net", request->pid);
	CLEANUP_CLOSE int namespace = open(path, O_RDONLY | O_CLOEXEC);
	if (namespace < 0 || fstat(namespace, &status))
		return -errno;
	if (request->id != 0 && (uint32_t)status.st_ino != request->id)
		return -ESTALE;
	if (setns(namespace, CLONE_NEWNET))
		return -errno;
	int fd = helper_open_socket(request->netlink);
	/* A process keeps its namespace alive, also after the pod was deleted. */
	if (setns(home, CLONE_NEWNET))
		_exit(1);
	if (fd >= 0)
		reply->inode = (uint32_t)status.st_ino;
	return fd;
}

static int helper_serve_cgroup(const struct helper_request *request, int mount)
{
	struct statfs system;

	/* In another file system, the handle could be that of any file. */
	if (mount < 0 || fstatfs(mount, &system))
		return -EBADF;
	if ((unsigned long)system.f_type != CGROUP2_SUPER_MAGIC)
		return -EINVAL;
	return kernfs_open_folder(mount, request->id, O_RDONLY);
}

/* Reads the start of a file in `folder`. Returns the number of bytes; 0 after an error. */
static uint32_t helper_read_file(int folder, const char *name, char *text, size_t size)
{
	CLEANUP_CLOSE int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? 0 : read(fd, text, size - 1);

	if (length < 0)
		length = 0;
	text[length] = '\0';
	return (uint32_t)length;
}

static int helper_serve_process(const struct helper_request *request, struct helper_process *out)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u", request->pid);
	CLEANUP_CLOSE int folder = open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
	if (folder < 0)
		return -errno;
	/* The open folder still belongs to this process, even if another process reuses the PID. */
	out->stat_length = helper_read_file(folder, "stat", out->stat, sizeof(out->stat));
	out->comm_length = helper_read_file(folder, "comm", out->comm, sizeof(out->comm));
	out->command_length =
		helper_read_file(folder, "cmdline", out->command, sizeof(out->command));
	ssize_t length = readlinkat(folder, "exe", out->exe, sizeof(out->exe) - 1);
	out->exe_length = length > 0 ? (uint32_t)length : 0;
	out->exe[out->exe_length] = '\0';
	return 0;
}

/* Serves one request. Returns false if polecat has ended. */
static bool helper_serve(int socket, int home)
{
	static struct helper_process process;
	struct helper_request request;
	struct helper_reply reply = {.error = -EINVAL};
	int mount = -1;
	int fd = -1;

	if (socket_message_receive(socket, &request, sizeof(request), &mount, 1) < 0)
		return false;
	if (request.operation == HELPER_NETLINK)
		fd = helper_serve_netlink(&request, home, &reply);
	else if (request.operation == HELPER_CGROUP)
		fd = helper_serve_cgroup(&request, mount);
	if (request.operation == HELPER_PROCESS) {
		reply.error = helper_serve_process(&request, &process);
		reply.has_process = reply.error == 0;
	} else {
		reply.error = fd < 0 ? fd : 0;
	}
	int error = socket_message_send(socket, &reply, sizeof(reply), &fd, fd >= 0 ? 1 : 0);
	if (!error && reply.has_process)
		error = socket_message_send(socket, &process, sizeof(process), NULL, 0);
	if (fd >= 0)
		close(fd);
	if (mount >= 0)
		close(mount);
	return !error;
}

static void helper_run(int fd)
{
	static const char *const *const groups[] = {syscalls_helper};
	int socket = socket_message_isolate("polecat-helper", fd);
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (socket < 0 || caller_forget() ||
	    capabilities_limit(sandbox_capabilities(SANDBOX_HELPER, SANDBOX_WATCHES)) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		_exit(1);
	/* A kernel without filters still has the other limits. */
	(void)syscalls_allow(groups, 1);
	while (helper_serve(socket, home))
		;
}

/* --- requests --- */

int helper_start(struct helper **out)
{
	uint64_t wanted = sandbox_capabilities(SANDBOX_HELPER, SANDBOX_WATCHES) &
			  ~CAPABILITY_BIT(CAP_NET_ADMIN);

	if (!(capabilities_permitted() & wanted))
		return -EPERM;
	struct helper *helper = memory_checked(calloc(1, sizeof(*helper)));
	if (!helper)
		return -ENOMEM;
	helper->socket = socket_message_start(helper_run, &helper->pid);
	if (helper->socket < 0) {
		int error = helper->socket;
		free(helper);
		return error;
	}
	pthread_mutex_init(&helper->lock, NULL);
	*out = helper;
	return 0;
}

void helper_end(struct helper *helper)
{
	if (!helper)
		return;
	socket_message_stop(helper->socket, helper->pid);
	pthread_mutex_destroy(&helper->lock);
	free(helper);
}

bool helper_has_ended(const struct helper *helper)
{
	struct pollfd polled = {.fd = helper ? helper->socket : -1};

	return poll(&polled, 1, 0) > 0 && polled.revents & POLLHUP;
}

/* Sends a request, with a descriptor (-1: none), and receives the reply. Stores the descriptor of
 * the reply in *received (-1: none). Returns 0 or -errno. */
static int helper_ask(struct helper *helper, const struct helper_request *request, int sent,
		      struct helper_reply *reply, int *received, struct helper_process *process)
{
	*received = -1;
	if (!helper)
		return -EPERM;
	pthread_mutex_lock(&helper->lock);
	int error = socket_message_send(helper->socket, request, sizeof(*request), &sent,
					sent >= 0 ? 1 : 0);
	if (!error)
		error = socket_message_receive(helper->socket, reply, sizeof(*reply), received, 1);
	if (error >= 0 && reply->has_process)
		error = process ? socket_message_receive(helper->socket, process, sizeof(*process),
							 NULL, 0)
				: -EPROTO;
	pthread_mutex_unlock(&helper->lock);
	if (error >= 0)
		error = reply->error;
	if (error && *received >= 0) {
		close(*received);
		*received = -1;
	}
	return error;
}

int helper_open_netlink(struct helper *helper, enum helper_netlink netlink, uint32_t pid,
			uint32_t inode, uint32_t *found)
{
	const struct helper_request request = {
		.operation = HELPER_NETLINK, .netlink = netlink, .pid = pid, .id = inode};
	struct helper_reply reply = {0};
	int fd;
	int error = helper_ask(helper, &request, -1, &reply, &fd, NULL);

	*found = reply.inode;
	return error ? error : fd < 0 ? -EPROTO : fd;
}

int helper_open_cgroup(struct helper *helper, int mount, uint64_t cgroup_id)
{
	const struct helper_request request = {.operation = HELPER_CGROUP, .id = cgroup_id};
	struct helper_reply reply = {0};
	int fd;
	int error = helper_ask(helper, &request, mount, &reply, &fd, NULL);

	return error ? error : fd < 0 ? -EPROTO : fd;
}

int helper_read_process(struct helper *helper, uint32_t pid, struct helper_process *out)
{
	const struct helper_request request = {.operation = HELPER_PROCESS, .pid = pid};
	struct helper_reply reply = {0};
	int fd;

	return helper ? helper_ask(helper, &request, -1, &reply, &fd, out)
		      : helper_serve_process(&request, out);
}
