/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small process that starts programs for polecat: the commands of --exec, credential plugins of
 * kubeconfigs, the editor.
 *
 * A program inherits no_new_privs, the filter of system calls and the Landlock domain of the
 * process that starts it. Under them, neither sudo nor many other programs work. So polecat forks
 * this process before it restricts itself. The process has no capabilities except root's CAP_KILL,
 * takes requests from polecat over a socket, and starts a program with the environment that polecat
 * was started with. The program becomes a child of polecat, not of this process (CLONE_PARENT), so
 * that polecat waits for it as for any child.
 *
 * The state of this module is that of the process: there is one spawner, or none. Without it, the
 * functions start and signal programs themselves.
 */
#ifndef POLECAT_CORE_SANDBOX_SPAWNER_H
#define POLECAT_CORE_SANDBOX_SPAWNER_H

#include <stdbool.h>
#include <sys/types.h>

/* The most arguments and variables of a request, and the bytes of all of them. */
#define SPAWNER_TEXTS_MAX 4096
#define SPAWNER_BYTES_MAX (1u << 20)

struct spawn_request {
	const char *const *arguments; /* [0] is the program, looked up in $PATH; NULL ends it */
	const char *const *variables; /* "NAME=value", added to the environment; NULL: none */
	int streams[3];               /* the descriptors for standard input, output and error */
	bool own_session;             /* false: stays in polecat's session and process group */
};

/*
 * Forks the spawner. `environment` is the environment of the programs that it starts; it must stay
 * valid. Call it before the first thread starts. Returns 0 or -errno. Main thread.
 */
int spawner_start(char *const *environment);

/* Ends the spawner. Programs that run continue. Main thread. */
void spawner_end(void);

/* Starts a program, which is then a child of this process. Returns 0 and *pid, or -errno; -ENOENT:
 * no such program; -E2BIG: the texts are too long; -EOWNERDEAD: the spawner has ended before
 * spawner_end, and cannot be started again. Any thread. */
int spawner_spawn(const struct spawn_request *request, pid_t *pid);

/* Returns the reason why spawner_spawn failed, with the remedy if there is one. Any thread. */
const char *spawner_explain(int error);

/* Sends a signal to a program that spawner_spawn started, and that was not reaped, or to its
 * process group. Returns as kill(2). Any thread. */
int spawner_kill(pid_t pid, bool group, int signal_number);

#endif
