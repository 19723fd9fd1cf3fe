/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* environ */
#include "core/sandbox/sandbox.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/sandbox/capabilities.h"
#include "core/sandbox/landlock.h"
#include "core/sandbox/sanitizer.h"
#include "core/sandbox/secure_environment.h"
#include "core/sandbox/syscalls.h"

/* The things that polecat does after its start. */
static const struct sandbox_step sandbox_steps[] = {
	{SANDBOX_MAIN, SANDBOX_RUNS, 0, "reads input, shows and saves results", syscalls_common},
	/* Linux 5.10 to 5.18 ask for CAP_BPF at every bpf(2) while unprivileged BPF is off. */
	{SANDBOX_MAIN, SANDBOX_WATCHES | SANDBOX_MUTES, CAPABILITY_BIT(CAP_BPF),
	 "leaves out the cgroups that a filter rejects", syscalls_bpf},
	{SANDBOX_SOURCE, SANDBOX_CONNECTS, 0, "asks container runtimes and API servers",
	 syscalls_network},
	{SANDBOX_KERNEL, SANDBOX_WATCHES, CAPABILITY_BIT(CAP_BPF),
	 "reads counters, lists sockets, attaches the program for drops again", syscalls_bpf},
	{SANDBOX_KERNEL, SANDBOX_WATCHES | SANDBOX_CONNTRACK, CAPABILITY_BIT(CAP_NET_ADMIN),
	 "asks conntrack", syscalls_network},
	{SANDBOX_HELPER, SANDBOX_WATCHES,
	 CAPABILITY_BIT(CAP_SYS_ADMIN) | CAPABILITY_BIT(CAP_SYS_PTRACE) |
		 CAPABILITY_BIT(CAP_NET_ADMIN) | CAPABILITY_BIT(CAP_DAC_READ_SEARCH),
	 "opens netlink in pods' network namespaces, cgroups by their ids, /proc/PID/exe",
	 syscalls_helper},
};

/* The state of this process's sandbox. Set by the main thread while no other thread runs. */
static struct {
	char *const *environment;
	atomic_uint needs; /* 0: no plan */
	int rules;         /* of Landlock; -errno: none */
	int landlock;      /* the version of Landlock when the plan was made */
	int seal_error;
	bool writes_limited;
} sandbox = {.rules = -EOPNOTSUPP};

void sandbox_begin(void)
{
	sandbox.environment = environ;
	secure_environment_clean();
	/* The leak sanitizer cannot look at a process that is not dumpable. */
	if (!SANITIZER_ADDRESS)
		(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

char *const *sandbox_environment(void)
{
	return sandbox.environment ? sandbox.environment : environ;
}

const struct sandbox_step *sandbox_step(size_t index)
{
	return index < ARRAY_LENGTH(sandbox_steps) ? &sandbox_steps[index] : NULL;
}

const char *sandbox_thread_name(enum sandbox_thread thread)
{
	static const char *const names[SANDBOX_THREADS] = {
		[SANDBOX_MAIN] = "main thread",
		[SANDBOX_KERNEL] = "kernel thread",
		[SANDBOX_SOURCE] = "other sources",
		[SANDBOX_HELPER] = "helper process",
	};

	return names[thread];
}

static bool sandbox_applies(const struct sandbox_step *step, unsigned int needs)
{
	return (step->needs & ~needs) == 0;
}

uint64_t sandbox_capabilities(enum sandbox_thread thread, unsigned int needs)
{
	uint64_t set = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(sandbox_steps); i++) {
		if (sandbox_steps[i].thread == thread && sandbox_applies(&sandbox_steps[i], needs))
			set |= sandbox_steps[i].capabilities;
	}
	return set;
}

void sandbox_plan(unsigned int needs, const struct sandbox_folders *folders)
{
	const struct rlimit none = {0, 0};

	if (!sandbox.environment)
		return;
	/* The programs that the spawner starts keep their limit. */
	(void)setrlimit(RLIMIT_CORE, &none);
	if (sandbox.rules >= 0)
		close(sandbox.rules);
	atomic_store(&sandbox.needs, needs | SANDBOX_RUNS);
	sandbox.landlock = landlock_version();
	sandbox.rules = landlock_make(folders->paths, folders->count);
}

bool sandbox_is_planned(void)
{
	return atomic_load(&sandbox.needs) != 0;
}

int sandbox_enter(enum sandbox_thread thread, unsigned int needs)
{
	unsigned int planned = atomic_load(&sandbox.needs);
	int error = capabilities_limit(sandbox_capabilities(thread, planned | needs));

	if (!planned)
		return error;
	atomic_fetch_or(&sandbox.needs, needs);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	if (sandbox.rules >= 0 && landlock_apply(sandbox.rules) == 0 && thread == SANDBOX_MAIN)
		sandbox.writes_limited = true;
	return error;
}

int sandbox_seal(void)
{
	const char *const *groups[ARRAY_LENGTH(sandbox_steps)];
	size_t count = 0;

	unsigned int needs = atomic_load(&sandbox.needs);

	if (!needs)
		return 0;
	for (size_t i = 0; i < ARRAY_LENGTH(sandbox_steps); i++) {
		if (sandbox_steps[i].thread != SANDBOX_HELPER &&
		    sandbox_applies(&sandbox_steps[i], needs))
			groups[count++] = sandbox_steps[i].syscalls;
	}
	sandbox.seal_error = syscalls_allow(groups, count);
	return sandbox.seal_error;
}

bool sandbox_limits_writes(void)
{
	return sandbox.writes_limited;
}

void sandbox_read(struct sandbox_status *status)
{
	*status = (struct sandbox_status){
		.capabilities = capabilities_permitted(),
		.no_new_privileges = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1,
		.filtered = prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 2,
		.landlock = sandbox.landlock,
		.writes_limited = sandbox.writes_limited,
		.dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0,
		.seal_error = sandbox.seal_error,
	};
}
