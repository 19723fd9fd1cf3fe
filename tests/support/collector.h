/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the collector in a test: starts it, stores its records, and finds flows among them. For
 * cmocka tests, on their main thread. Each function fails the test if it does not succeed. */
#ifndef POLECAT_TESTS_SUPPORT_COLLECTOR_H
#define POLECAT_TESTS_SUPPORT_COLLECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/record/record.h"
#include "core/source/ebpf/ebpf.h"

struct collector {
	struct source *source;
	struct record *records; /* all received records, in order */
	size_t count;
	size_t capacity;
	uint64_t lost[LOST_WHERE_END]; /* number of lost records, by enum lost_where */
	char hooks[512];               /* of the hello record, each followed by a space */
};

/* The values that a flow must have. A member that is 0 matches every flow. */
struct flow_match {
	uint8_t event; /* enum flow_event_type */
	uint8_t direction;
	uint16_t sport;
	uint16_t dport;
	uint32_t netns;
	uint32_t pid;
	uint64_t id;
};

/* Starts the collector and waits until it is ready. If options is NULL, open connections are not
 * sampled. */
void collector_start(struct collector *collector, const struct ebpf_options *options);

/* Hooks that show the process of an accepted connection. Without these hooks, flows name the
 * process that listens instead (FLOW_OWNER_LISTENER). */
#define COLLECTOR_HOOK_ACCEPT "tracepoint/syscalls/sys_exit_accept4"
#define COLLECTOR_HOOK_READ   "tp_btf/tcp_rcv_space_adjust"
#define COLLECTOR_HOOK_WRITE  "tp_btf/tcp_sendmsg_locked"
/* Replaces COLLECTOR_HOOK_WRITE before Linux 6.16. */
#define COLLECTOR_HOOK_SEND "tp_btf/sock_send_length"

/* Returns whether the collector states in its hello record that it uses the hook, or a replacement
 * for this tracepoint of a system call. */
bool collector_has(const struct collector *collector, const char *hook);

/* Skips the test if the collector does not use this hook, as on a kernel that lacks it. The kernel
 * matrix (tests/kernels/run) knows which kernels lack which hooks. */
void collector_need(const struct collector *collector, const char *hook);

/* Skips the test if this check of `polecat doctor` fails. Do not call it while a collector is
 * starting. */
void collector_need_check(const char *name);

/* Waits until the source is no longer starting. Sets *health. */
void collector_wait_started(struct source *source, struct source_health *health);

/* Stops the thread and reads the rest of the queue, and the losses that did not fit into it. The
 * records stay. */
void collector_stop(struct collector *collector);

/* Stops the thread if it runs, and frees everything. */
void collector_free(struct collector *collector);

/* Reads the records that are in the queue now. */
void collector_drain(struct collector *collector);

/* Waits for records, for at most `milliseconds`, and reads them. */
void collector_wait_some(struct collector *collector, uint64_t milliseconds);

/* Returns the number of received flows that match. */
size_t collector_count(const struct collector *collector, const struct flow_match *match);

/* Returns the nth (from 0) matching flow, or NULL. Valid until more records are read. */
const struct flow *collector_find(const struct collector *collector, const struct flow_match *match,
				  size_t nth);

/* Waits until `count` flows match. Fails the test after a timeout. */
void collector_wait_count(struct collector *collector, const struct flow_match *match,
			  size_t count);

/* Waits for the first flow that matches, and returns a copy. */
struct flow collector_wait(struct collector *collector, const struct flow_match *match);

/* Waits for the container record of a cgroup and returns its position among the records. */
size_t collector_wait_container(struct collector *collector, uint64_t cgroup_id);

/*
 * Waits for the records of all earlier events: makes a connection that is refused, in the calling
 * thread's namespace (netns), and waits for its flows. They have the destination 127.0.0.1, port
 * COLLECTOR_FENCE_PORT.
 */
void collector_fence(struct collector *collector, uint32_t netns);

#define COLLECTOR_FENCE_PORT 9

/* Calls collector_fence, then discards all records. Call it before a new namespace is made, because
 * the new namespace may have the inode number of a former namespace. */
void collector_forget(struct collector *collector, uint32_t netns);

#endif
