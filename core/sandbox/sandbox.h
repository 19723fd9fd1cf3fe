/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes from polecat, once it has started, the privileges that no later step needs.
 *
 * One table (sandbox_steps) has a row for each thing that polecat does after its start: the thread
 * that does it, the capabilities that it keeps for that, and the system calls. The rows that apply
 * to a run are its plan. The order:
 *
 *   sandbox_begin          first thing in main: no core dumps; a binary with file capabilities
 *                          forgets the environment of its caller
 *   spawner_start, helper_start   the processes that do what the sandbox forbids
 *   sandbox_plan           before the first thread
 *   sandbox_enter          in each thread, when it needs its privileges no more
 *   sandbox_seal           the filter of system calls, for all threads at once
 *
 * The kernel keeps all this for the process and its threads, so this module has the only copy of
 * its state. If a kernel lacks a part, the other parts still apply, and sandbox_read says so.
 */
#ifndef POLECAT_CORE_SANDBOX_SANDBOX_H
#define POLECAT_CORE_SANDBOX_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The things that polecat may do after its start, as bits. A plan is a set of them. */
enum sandbox_need {
	SANDBOX_RUNS = 1u << 0,      /* reads its input, shows and writes results; always */
	SANDBOX_WATCHES = 1u << 1,   /* has programs in the kernel */
	SANDBOX_CONNTRACK = 1u << 2, /* asks conntrack */
	SANDBOX_MUTES = 1u << 3,     /* tells the programs which cgroups to leave out */
	SANDBOX_CONNECTS = 1u << 4,  /* connects to an API server or a container runtime */
};

/* The kinds of threads and processes. */
enum sandbox_thread {
	SANDBOX_MAIN = 0, /* folds the records, has the terminal */
	SANDBOX_KERNEL,   /* reads the kernel's events */
	SANDBOX_SOURCE,   /* another source */
	SANDBOX_HELPER,   /* the process of helper.h */
	SANDBOX_THREADS,
};

#define SANDBOX_WRITABLE_MAX 8

/* The folders below which polecat may write. */
struct sandbox_folders {
	const char *paths[SANDBOX_WRITABLE_MAX];
	size_t count;
};

/* Forbids other processes of the same user to read this one's memory, and core dumps of it. If the
 * kernel gave the binary privileges that its caller lacks (AT_SECURE), also keeps only harmless
 * variables of the environment, and uses no capability for files. Main thread, first. */
void sandbox_begin(void);

/* Returns the environment that the process was started with, for the programs that it starts. */
char *const *sandbox_environment(void);

/* Forbids core dumps by a limit, too, and sets the plan: a set of enum sandbox_need, and the
 * folders. Does nothing in a program that did not call sandbox_begin, such as a test of a part of
 * polecat. Main thread, before other threads start. */
void sandbox_plan(unsigned int needs, const struct sandbox_folders *folders);

/* Returns whether there is a plan. Any thread. */
bool sandbox_is_planned(void);

/*
 * Limits the capabilities of the calling thread to those of its rows, forbids it to gain
 * privileges by executing a program, and to write outside of the plan's folders. `needs`: those of
 * this thread, in addition to the plan's. Returns 0, or -errno if a capability could not be
 * dropped. Without a plan, only the capabilities are limited.
 */
int sandbox_enter(enum sandbox_thread thread, unsigned int needs);

/* Refuses, in all threads, the system calls that the plan does not have. Threads that start later
 * inherit the filter. Does nothing without a plan. Returns 0 or -errno. Main thread. */
int sandbox_seal(void);

/* Returns the capabilities that a thread keeps under these needs. */
uint64_t sandbox_capabilities(enum sandbox_thread thread, unsigned int needs);

/* A row of the table. */
struct sandbox_step {
	enum sandbox_thread thread;
	unsigned int needs; /* the row applies to a plan with all of these */
	uint64_t capabilities;
	const char *purpose;
	const char *const *syscalls; /* NULL-terminated names (syscalls.h) */
};

/* Returns a row, or NULL after the last one. */
const struct sandbox_step *sandbox_step(size_t index);

/* Returns the name of a kind of thread: "main". */
const char *sandbox_thread_name(enum sandbox_thread thread);

/* Returns whether Landlock limits where the main thread may write. Main thread. */
bool sandbox_limits_writes(void);

/* The state of the calling thread, as the kernel has it. */
struct sandbox_status {
	uint64_t capabilities; /* permitted */
	bool no_new_privileges;
	bool filtered;       /* system calls are filtered */
	int landlock;        /* the version of the kernel's Landlock; 0: none, or no plan */
	bool writes_limited; /* by Landlock */
	bool dumpable;
	int seal_error; /* of sandbox_seal */
};
void sandbox_read(struct sandbox_status *status);

#endif
