/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small process that does for polecat the few things that need capabilities with which one can
 * take over a machine: CAP_SYS_ADMIN to enter a network namespace, CAP_SYS_PTRACE and
 * CAP_DAC_READ_SEARCH to look at processes and folders of others. polecat forks it before it drops
 * them. It parses nothing but requests of fixed size, and answers only with a netlink socket, a
 * folder of cgroup v2, or facts of a process that ps(1) shows. It can make 20 different system
 * calls.
 *
 * The functions may be called by any thread, one request at a time.
 */
#ifndef POLECAT_CORE_SANDBOX_HELPER_H
#define POLECAT_CORE_SANDBOX_HELPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct helper;

/* The longest texts of a process. Longer ones are cut. */
#define HELPER_TEXT_SIZE 4096

struct helper_process {
	char stat[1024];                /* /proc/PID/stat */
	char comm[64];                  /* /proc/PID/comm */
	char exe[HELPER_TEXT_SIZE];     /* the target of /proc/PID/exe */
	char command[HELPER_TEXT_SIZE]; /* /proc/PID/cmdline */
	/* The bytes of each, which a NUL follows; 0: unknown. */
	uint32_t stat_length;
	uint32_t comm_length;
	uint32_t exe_length;
	uint32_t command_length;
};

/* Starts the process. Returns 0; -EPERM if this thread has none of the capabilities, so that the
 * process could do nothing; or another -errno. */
int helper_start(struct helper **out);

/* Ends the process. NULL is fine. */
void helper_end(struct helper *helper);

/* Returns whether the process has ended before helper_end. polecat cannot start another one,
 * because it has dropped the capabilities. NULL is fine. */
bool helper_has_ended(const struct helper *helper);

/* The netlink sockets that the helper opens. Only a socket for conntrack may act with the helper's
 * CAP_NET_ADMIN, without which conntrack answers nothing. The others cannot change anything,
 * whichever thread sends to them. */
enum helper_netlink {
	HELPER_CONNTRACK = 0,
	HELPER_SOCKETS, /* NETLINK_SOCK_DIAG */
	HELPER_ROUTES,  /* NETLINK_ROUTE */
};

/* Returns a netlink socket in the network namespace of a process, or -errno. -ESTALE: the inode
 * number of the namespace is not `inode` (0: any). Sets *found to that number. */
int helper_open_netlink(struct helper *helper, enum helper_netlink netlink, uint32_t pid,
			uint32_t inode, uint32_t *found);

/* Returns the folder of a cgroup, opened for reading, or -errno; -ESTALE: no such cgroup. `mount`:
 * a folder in cgroup v2. */
int helper_open_cgroup(struct helper *helper, int mount, uint64_t cgroup_id);

/* Reads the facts of a process. Without a helper (NULL), this process reads them itself. Returns 0
 * or -errno; -ENOENT: no such process. */
int helper_read_process(struct helper *helper, uint32_t pid, struct helper_process *out);

#endif
