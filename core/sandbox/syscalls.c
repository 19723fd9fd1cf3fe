/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* CLONE_THREAD */
#include "core/sandbox/syscalls.h"

#include <asm/termbits.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "core/base/array.h"
#include "core/sandbox/sanitizer.h"

/* At the end of a process, the leak sanitizer stops all threads with ptrace from a process of its
 * own. Sanitizers execute a program to print the lines of a fault. */
#define SYSCALLS_SANITIZED (SANITIZER_ADDRESS || SANITIZER_THREAD)

const char *const syscalls_common[] = {
	/* files: read, write, and replace them by a rename */
	"access",
	"chdir",
	"close",
	"close_range",
	"copy_file_range",
	"dup",
	"dup2",
	"dup3",
	"faccessat",
	"faccessat2",
	"fadvise64",
	"fallocate",
	"fchmod",
	"fchmodat",
	"fcntl",
	"fdatasync",
	"flock",
	"fstat",
	"fstat64",
	"fstatfs",
	"fsync",
	"ftruncate",
	"getcwd",
	"getdents64",
	"link",
	"linkat",
	"llseek",
	"lseek",
	"lstat",
	"mkdir",
	"mkdirat",
	"newfstatat",
	"open",
	"openat",
	"pread64",
	"preadv",
	"pwrite64",
	"pwritev",
	"read",
	"readlink",
	"readlinkat",
	"readv",
	"rename",
	"renameat",
	"renameat2",
	"stat",
	"statfs",
	"statx",
	"umask",
	"unlink",
	"unlinkat",
	"utimensat",
	"write",
	"writev",
	/* waiting */
	"epoll_create1",
	"epoll_ctl",
	"epoll_pwait",
	"epoll_pwait2",
	"epoll_wait",
	"eventfd2",
	"inotify_add_watch",
	"inotify_init1",
	"inotify_rm_watch",
	"pipe",
	"pipe2",
	"poll",
	"ppoll",
	"pselect6",
	"select",
	"signalfd4",
	"timerfd_create",
	"timerfd_gettime",
	"timerfd_settime",
	/* memory and threads */
	"brk",
	"exit",
	"exit_group",
	"futex",
	"futex_waitv",
	"get_robust_list",
	"getcpu",
	"madvise",
	"membarrier",
	"memfd_create",
	"mmap",
	"mprotect",
	"mremap",
	"msync",
	"munmap",
	"rseq",
	"sched_getaffinity",
	"sched_yield",
	"set_robust_list",
	"set_tid_address",
	/* signals and children */
	"getpgid",
	"getpgrp",
	"getpid",
	"getppid",
	"getsid",
	"gettid",
	"kill",
	"pidfd_open",
	"restart_syscall",
	"rt_sigaction",
	"rt_sigpending",
	"rt_sigprocmask",
	"rt_sigreturn",
	"rt_sigsuspend",
	"rt_sigtimedwait",
	"sigaltstack",
	"tgkill",
	"tkill",
	"wait4",
	"waitid",
	/* messages of the spawner and the helper */
	"recvmsg",
	"sendmsg",
	/* ids, limits, time; capset can only remove capabilities here */
	"capget",
	"capset",
	"clock_getres",
	"clock_gettime",
	"clock_nanosleep",
	"getegid",
	"geteuid",
	"getgid",
	"getgroups",
	"getrandom",
	"getresgid",
	"getresuid",
	"getrlimit",
	"getrusage",
	"gettimeofday",
	"getuid",
	"landlock_restrict_self",
	"nanosleep",
	"setfsgid",
	"setfsuid",
	"sysinfo",
	"time",
	"times",
	"uname",
	NULL,
};

const char *const syscalls_network[] = {
	"bind",     "connect", "getpeername", "getsockname", "getsockopt", "recvfrom", "recvmmsg",
	"sendmmsg", "sendto",  "setsockopt",  "shutdown",    "socketpair", "socket",   NULL,
};

const char *const syscalls_bpf[] = {"bpf", NULL};

/* open(3) of musl calls open where it exists, and that of glibc calls openat. */
const char *const syscalls_helper[] = {
	"bind",         "capget",
	"capset",       "close",
	"exit",         "exit_group",
	"fstat",        "fstatfs",
	"newfstatat",   "open",
	"openat",       "read",
	"readlinkat",   "open_by_handle_at",
	"recvmsg",      "sendmsg",
	"setns",        "socket",
	"rt_sigreturn", "restart_syscall",
	NULL,
};

#if SYSCALLS_SANITIZED
static const char *const syscalls_sanitizer[] = {
	"brk",
	"clock_gettime",
	"clock_nanosleep",
	"clone",
	"clone3",
	"execve",
	"fork",
	"futex",
	"getdents",
	"getdents64",
	"getpid",
	"gettid",
	"ioctl",
	"lseek",
	"madvise",
	"mincore",
	"mmap",
	"mprotect",
	"mremap",
	"munmap",
	"nanosleep",
	"open",
	"personality",
	"prctl",
	"prlimit64",
	"process_vm_readv",
	"ptrace",
	"readlink",
	"rt_sigaction",
	"rt_sigprocmask",
	"sched_getparam",
	"sched_setaffinity",
	"sched_yield",
	"setpgid",
	"setrlimit",
	"sigaltstack",
	"tgkill",
	"vfork",
	"wait4",
	"write",
	NULL,
};
#endif

/* A system call that is allowed with some values of an argument. All of them are compared in 32
 * bits, because the kernel ignores the others. */
struct syscalls_argument {
	const char *name;
	unsigned int index;
	uint32_t mask;
	const uint32_t *values;
	size_t count;
	const char *group; /* applies if this call is in one of the groups; NULL: always */
};

/* Without the values of links, reading maps and iterators, bpf(2) could load programs. */
static const uint32_t syscalls_bpf_commands[] = {
	BPF_MAP_LOOKUP_ELEM,
	BPF_MAP_UPDATE_ELEM,
	BPF_MAP_DELETE_ELEM,
	BPF_MAP_GET_NEXT_KEY,
	BPF_MAP_LOOKUP_AND_DELETE_ELEM,
	BPF_MAP_LOOKUP_BATCH,
	BPF_MAP_LOOKUP_AND_DELETE_BATCH,
	BPF_MAP_UPDATE_BATCH,
	BPF_MAP_DELETE_BATCH,
	BPF_OBJ_GET_INFO_BY_FD,
	BPF_RAW_TRACEPOINT_OPEN,
	BPF_LINK_CREATE,
	BPF_LINK_DETACH,
	BPF_ITER_CREATE,
};

/* Others could type into the terminal (TIOCSTI). The last two attach and detach programs. */
static const uint32_t syscalls_ioctls[] = {
	TCGETS,
	TCSETS,
	TCSETSW,
	TCSETSF,
/* glibc 2.42 and later uses these instead, except on PowerPC, which lacks them. */
#ifdef TCGETS2
	TCGETS2,
	TCSETS2,
	TCSETSW2,
	TCSETSF2,
#endif
	TCFLSH,
	TCSBRK,
	TCXONC,
	TIOCGWINSZ,
	TIOCGPGRP,
	TIOCSPGRP,
	FIONREAD,
	FIONBIO,
	FIOCLEX,
	FIONCLEX,
	SIOCGIFNAME,
	SIOCGIFINDEX,
	SIOCGIFADDR,
	PERF_EVENT_IOC_ENABLE,
	PERF_EVENT_IOC_DISABLE,
};

static const uint32_t syscalls_prctls[] = {
	PR_GET_DUMPABLE,     PR_SET_DUMPABLE, PR_SET_NAME,    PR_GET_NAME,
	PR_GET_NO_NEW_PRIVS, PR_GET_SECCOMP,  PR_CAP_AMBIENT, PR_SET_NO_NEW_PRIVS,
};

static const uint32_t syscalls_families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};

/* A new thread, and never a new process or namespace. */
static const uint32_t syscalls_thread_flags[] = {CLONE_THREAD};

/* prlimit64 reads the limits of this process: the third argument, new limits, is NULL. */
static const uint32_t syscalls_zero[] = {0};

#define SYSCALLS_VALUES(list) (list), ARRAY_LENGTH(list)

static const struct syscalls_argument syscalls_arguments[] = {
	{"bpf", 0, UINT32_MAX, SYSCALLS_VALUES(syscalls_bpf_commands), "bpf"},
	{"socket", 0, UINT32_MAX, SYSCALLS_VALUES(syscalls_families), "socket"},
	{"ioctl", 1, UINT32_MAX, SYSCALLS_VALUES(syscalls_ioctls), "openat"},
	{"prctl", 0, UINT32_MAX, SYSCALLS_VALUES(syscalls_prctls), "futex"},
	{"clone", 0, CLONE_THREAD | CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID,
	 SYSCALLS_VALUES(syscalls_thread_flags), "futex"},
	{"prlimit64", 2, UINT32_MAX, SYSCALLS_VALUES(syscalls_zero), "futex"},
};

static bool syscalls_is_in(const char *const *const *groups, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		for (const char *const *at = groups[i]; *at; at++) {
			if (strcmp(*at, name) == 0)
				return true;
		}
	}
	return false;
}

static bool syscalls_has_arguments(const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(syscalls_arguments); i++) {
		if (strcmp(syscalls_arguments[i].name, name) == 0)
			return true;
	}
	return false;
}

static int syscalls_add_group(scmp_filter_ctx filter, const char *const *names, bool arguments)
{
	int error = 0;

	for (; *names && !error; names++) {
		int number = seccomp_syscall_resolve_name(*names);
		/* libseccomp may not know a newer call. */
		if (number == __NR_SCMP_ERROR || (arguments && syscalls_has_arguments(*names)))
			continue;
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
		/* The call was added before. */
		if (error == -EEXIST)
			error = 0;
	}
	return error;
}

static int syscalls_add_argument(scmp_filter_ctx filter, const struct syscalls_argument *argument)
{
	int number = seccomp_syscall_resolve_name(argument->name);
	int error = 0;

	for (size_t i = 0; i < argument->count && !error; i++) {
		const struct scmp_arg_cmp compare = SCMP_CMP(argument->index, SCMP_CMP_MASKED_EQ,
							     argument->mask, argument->values[i]);
		error = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, 1, &compare);
	}
	return error;
}

/* Returns whether sanitizers need a call with all of its arguments. */
static bool syscalls_is_relaxed(const char *name)
{
#if SYSCALLS_SANITIZED
	static const char *const *const groups[] = {syscalls_sanitizer};

	return syscalls_is_in(groups, 1, name);
#else
	(void)name;
	return false;
#endif
}

static int syscalls_add_all(scmp_filter_ctx filter, const char *const *const *groups, size_t count)
{
	int error = 0;

	for (size_t i = 0; i < count && !error; i++)
		error = syscalls_add_group(filter, groups[i], true);
	for (size_t i = 0; i < ARRAY_LENGTH(syscalls_arguments) && !error; i++) {
		const struct syscalls_argument *argument = &syscalls_arguments[i];
		if (!syscalls_is_relaxed(argument->name) &&
		    syscalls_is_in(groups, count, argument->group))
			error = syscalls_add_argument(filter, argument);
	}
#if SYSCALLS_SANITIZED
	if (!error)
		error = syscalls_add_group(filter, syscalls_sanitizer, false);
#endif
	/* The C library then calls clone. */
	if (!error && !syscalls_is_relaxed("clone3") && syscalls_is_in(groups, count, "futex"))
		error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS),
					 seccomp_syscall_resolve_name("clone3"), 0);
	return error;
}

int syscalls_allow(const char *const *const *groups, size_t count)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));

	if (!filter)
		return -ENOMEM;
	/* Calls of another architecture, such as i386 on x86-64, are refused as well. */
	int error = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
	if (!error)
		error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	/* Without this, some kernels slow down a filtered process (speculative store bypass). */
	if (!error)
		(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
	/* A binary tree: fewer steps for each call on kernels that do not cache the result. */
	(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (!error)
		error = syscalls_add_all(filter, groups, count);
	if (!error)
		error = seccomp_load(filter);
	seccomp_release(filter);
	return error;
}
