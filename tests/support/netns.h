/* SPDX-License-Identifier: Apache-2.0 */
/* A network namespace of the test, without routes to other networks and without other traffic. For
 * cmocka tests: each function fails the test if it does not succeed. */
#ifndef POLECAT_TESTS_SUPPORT_NETNS_H
#define POLECAT_TESTS_SUPPORT_NETNS_H

#include <stdint.h>

struct netns {
	int original;   /* the thread's namespace before netns_enter */
	uint32_t inode; /* the inode number, as in flows */
};

/* Moves the calling thread (and its later children) into a new namespace whose loopback is up. */
void netns_enter(struct netns *netns);

/* Returns to the former namespace. The kernel removes the test's namespace when no process or
 * socket uses it any more. */
void netns_leave(struct netns *netns);

/* Runs `ip ARGUMENTS` in the namespace of the calling thread. printf-like. */
void netns_ip(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes a value to /proc/sys/NAME of the calling thread's namespace. */
void netns_sysctl(const char *name, const char *value);

/*
 * Spreads the packets that the loopback of the calling thread's namespace receives over all CPUs
 * (receive packet steering). Packets then arrive in interrupts at any point of a CPU's work, as
 * from a network card.
 */
void netns_spread_loopback(void);

#endif
