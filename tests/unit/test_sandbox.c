/* SPDX-License-Identifier: Apache-2.0 */
/* In the sandbox, the steps of its plan work, and everything else is refused, in all threads. */
#define _GNU_SOURCE /* unshare, SYS_* */
#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/landlock.h>
#include <pthread.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/array.h"
#include "core/sandbox/capabilities.h"
#include "core/sandbox/landlock.h"
#include "core/sandbox/sandbox.h"
#include "core/sandbox/secure_environment.h"
#include "core/sandbox/spawner.h"
#include "core/sandbox/syscalls.h"
#include "tests/support/process.h"

/* Sanitizers need some of the system calls that the sandbox forbids. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

static char inside[] = "/tmp/polecat-sandbox-XXXXXX";
static char outside[] = "/tmp/polecat-outside-XXXXXX";

static int setup(void **state)
{
	(void)state;
	return mkdtemp(inside) && mkdtemp(outside) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	return rmdir(inside) || rmdir(outside) ? -1 : 0;
}

/* Enters the sandbox of a plan, which cannot be left: call it in a child process. */
static void enter(unsigned int needs)
{
	const struct sandbox_folders folders = {.paths = {inside}, .count = 1};

	sandbox_begin();
	sandbox_plan(needs, &folders);
	assert_int_equal(sandbox_enter(SANDBOX_MAIN, 0), 0);
	assert_int_equal(sandbox_seal(), 0);
}

/* --- system calls --- */

static long call_execute(void)
{
	static char name[] = "/bin/true";
	char *const arguments[] = {name, NULL};

	return execv(name, arguments);
}

static long call_fork(void)
{
	pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid == 0)
		_exit(0);
	return pid;
}

static long call_unshare(void)
{
	return unshare(0);
}

static long call_new_namespace(void)
{
	return syscall(SYS_clone, CLONE_NEWUSER | CLONE_THREAD, NULL, NULL, NULL, NULL);
}

static long call_setns(void)
{
	return setns(0, CLONE_NEWNET);
}

static long call_trace(void)
{
	return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static long call_read_memory(void)
{
	return syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0);
}

static long call_mount(void)
{
	return mount("none", "/", "tmpfs", 0, NULL);
}

static long call_packet_socket(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0);
}

static long call_load_program(void)
{
	union bpf_attr attributes = {.prog_type = BPF_PROG_TYPE_SOCKET_FILTER};

	return syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof(attributes));
}

static long call_perf(void)
{
	return syscall(SYS_perf_event_open, NULL, 0, 0, 0, 0);
}

static long call_io_uring(void)
{
	return syscall(SYS_io_uring_setup, 0, NULL);
}

static long call_add_key(void)
{
	return syscall(SYS_add_key, NULL, NULL, NULL, 0, 0);
}

static long call_load_module(void)
{
	return syscall(SYS_init_module, NULL, 0, NULL);
}

static long call_type_into_terminal(void)
{
	return ioctl(STDIN_FILENO, TIOCSTI, "x");
}

static long call_change_owner(void)
{
	return chown(inside, 0, 0);
}

static long call_become(void)
{
	return syscall(SYS_setuid, 1234);
}

static const struct forbidden {
	const char *name;
	long (*call)(void);
	bool sanitizers_need_it;
} forbidden[] = {
	{"execve", call_execute, true},
	{"fork", call_fork, true},
	{"unshare", call_unshare, false},
	{"clone with a namespace", call_new_namespace, true},
	{"setns", call_setns, false},
	{"ptrace", call_trace, true},
	{"process_vm_readv", call_read_memory, true},
	{"mount", call_mount, false},
	{"a packet socket", call_packet_socket, false},
	{"BPF_PROG_LOAD", call_load_program, false},
	{"perf_event_open", call_perf, false},
	{"io_uring_setup", call_io_uring, false},
	{"add_key", call_add_key, false},
	{"init_module", call_load_module, false},
	{"TIOCSTI", call_type_into_terminal, true},
	{"chown", call_change_owner, false},
	{"setuid", call_become, false},
};

static void check_forbidden(void *data)
{
	(void)data;
	enter(SANDBOX_WATCHES | SANDBOX_CONNECTS);
	for (size_t i = 0; i < ARRAY_LENGTH(forbidden); i++) {
		if (SANITIZED && forbidden[i].sanitizers_need_it)
			continue;
		errno = 0;
		if (forbidden[i].call() != -1 || errno != EPERM)
			fail_msg("%s: %s", forbidden[i].name, strerror(errno));
	}
}

#ifdef __SANITIZE_ADDRESS__
/* The leak sanitizer stops all threads from a process of its own. */
static void check_leaks(void *data)
{
	(void)data;
	enter(SANDBOX_RUNS);
	assert_int_equal(__lsan_do_recoverable_leak_check(), 0);
}

static void test_leaks_can_be_found(void **state)
{
	(void)state;
	process_run(check_leaks, NULL);
}
#endif

static void test_forbidden_calls_are_refused(void **state)
{
	(void)state;
	process_run(check_forbidden, NULL);
}

#ifdef TCGETS2
/* C libraries get and set the modes of the terminal in one of two ways. */
static void check_terminal(void *data)
{
	static const unsigned long calls[] = {TCGETS,  TCSETS,  TCSETSW,  TCSETSF,
					      TCGETS2, TCSETS2, TCSETSW2, TCSETSF2};

	enter(SANDBOX_RUNS);
	/* The kernel, not the filter, refuses the address. */
	for (size_t i = 0; i < ARRAY_LENGTH(calls); i++) {
		errno = 0;
		if (syscall(SYS_ioctl, *(const int *)data, calls[i], 1) != -1 || errno != EFAULT)
			fail_msg("%#lx: %s", calls[i], strerror(errno));
	}
}
#endif

/* Without the step that needs them, system calls are refused as well. */
static void check_replay(void *data)
{
	(void)data;
	enter(0);
	assert_int_equal(socket(AF_INET, SOCK_STREAM, 0), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(syscall(SYS_bpf, BPF_MAP_LOOKUP_ELEM, NULL, 0), -1);
	assert_int_equal(errno, EPERM);
}

/* C libraries open files in one of two ways. */
static void check_helper(void *data)
{
	static const char *const *const groups[] = {syscalls_helper};

	(void)data;
	assert_int_equal(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	assert_int_equal(syscalls_allow(groups, 1), 0);
#ifdef SYS_open
	long opened = syscall(SYS_open, "/proc/self/stat", O_RDONLY | O_CLOEXEC);
	if (opened < 0)
		_exit(1);
#endif
	if (syscall(SYS_openat, AT_FDCWD, "/proc/self/stat", O_RDONLY | O_CLOEXEC) < 0)
		_exit(2);
}

static void test_helper_opens_files(void **state)
{
	(void)state;
	process_run(check_helper, NULL);
}

static void check_connecting(void *data)
{
	(void)data;
	enter(SANDBOX_CONNECTS);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_true(fd >= 0);
	close(fd);
}

#ifdef TCGETS2
static void test_terminal_modes(void **state)
{
	(void)state;
	int terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(terminal >= 0);
	process_run(check_terminal, &terminal);
	close(terminal);
}
#endif

static void test_calls_follow_the_plan(void **state)
{
	(void)state;
	process_run(check_replay, NULL);
	process_run(check_connecting, NULL);
}

/* --- threads --- */

struct other_thread {
	pthread_barrier_t barrier;
	int before;
	int after;
	int no_new_privileges;
};

static void *run_other_thread(void *data)
{
	struct other_thread *other = data;

	other->before = unshare(0);
	pthread_barrier_wait(&other->barrier);
	pthread_barrier_wait(&other->barrier);
	other->after = unshare(0);
	other->no_new_privileges = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	return NULL;
}

/* A thread that started before the filter has it, too, and new threads can start. */
static void check_threads(void *data)
{
	struct other_thread other = {.before = -1};
	struct other_thread late = {.after = 0};
	pthread_t thread;

	(void)data;
	pthread_barrier_init(&other.barrier, NULL, 2);
	pthread_barrier_init(&late.barrier, NULL, 1);
	assert_int_equal(pthread_create(&thread, NULL, run_other_thread, &other), 0);
	pthread_barrier_wait(&other.barrier);
	enter(SANDBOX_RUNS);
	pthread_barrier_wait(&other.barrier);
	pthread_join(thread, NULL);
	assert_int_equal(other.before, 0);
	assert_int_equal(other.after, -1);
	assert_int_equal(other.no_new_privileges, 1);
	assert_int_equal(pthread_create(&thread, NULL, run_other_thread, &late), 0);
	pthread_join(thread, NULL);
	assert_int_equal(late.after, -1);
}

static void test_all_threads_are_filtered(void **state)
{
	(void)state;
	process_run(check_threads, NULL);
}

/* --- files --- */

static int write_file(const char *folder, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	int error = fd < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	return error;
}

static void check_files(void *data)
{
	char from[256];
	char to[256];

	(void)data;
	enter(SANDBOX_RUNS);
	assert_int_equal(write_file(outside, "file"), -EACCES);
	assert_int_equal(write_file(inside, "file"), 0);
	snprintf(from, sizeof(from), "%s/file", inside);
	snprintf(to, sizeof(to), "%s/other", inside);
	assert_int_equal(rename(from, to), 0);
	assert_int_equal(truncate(to, 0), -1);
	assert_int_equal(unlink(to), 0);
	assert_int_equal(mkdir(outside, 0700), -1);
	snprintf(to, sizeof(to), "%s/folder", outside);
	assert_int_equal(mkdir(to, 0700), -1);
	assert_int_equal(errno, EACCES);
	/* Reading is not restricted. */
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	close(fd);
	fd = open(outside, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	close(fd);
}

static void test_writes_are_limited(void **state)
{
	(void)state;
	if (landlock_version() == 0)
		skip();
	process_run(check_files, NULL);
}

/* --- capabilities --- */

static void check_status(void *data)
{
	struct sandbox_status status;

	(void)data;
	enter(SANDBOX_WATCHES);
	sandbox_read(&status);
	assert_int_equal(status.capabilities, 0);
	assert_int_equal(capabilities_effective(), 0);
	assert_true(status.no_new_privileges);
	assert_true(status.filtered);
	assert_int_equal(status.writes_limited, status.landlock > 0);
	if (!SANITIZED)
		assert_false(status.dumpable);
}

static void test_status(void **state)
{
	(void)state;
	process_run(check_status, NULL);
}

static void test_capabilities_follow_the_plan(void **state)
{
	const uint64_t bpf = CAPABILITY_BIT(CAP_BPF);
	const uint64_t net = CAPABILITY_BIT(CAP_NET_ADMIN);

	(void)state;
	assert_int_equal(sandbox_capabilities(SANDBOX_MAIN, SANDBOX_RUNS | SANDBOX_WATCHES), 0);
	assert_int_equal(sandbox_capabilities(SANDBOX_MAIN, SANDBOX_WATCHES | SANDBOX_MUTES), bpf);
	assert_int_equal(sandbox_capabilities(SANDBOX_SOURCE, ~0u), 0);
	assert_int_equal(sandbox_capabilities(SANDBOX_KERNEL, SANDBOX_RUNS), 0);
	assert_int_equal(sandbox_capabilities(SANDBOX_KERNEL, SANDBOX_WATCHES), bpf);
	assert_int_equal(sandbox_capabilities(SANDBOX_KERNEL, SANDBOX_WATCHES | SANDBOX_CONNTRACK),
			 bpf | net);
}

static void test_format(void **state)
{
	char text[CAPABILITIES_TEXT_SIZE];

	(void)state;
	capabilities_format(0, text);
	assert_string_equal(text, "none");
	capabilities_format(CAPABILITY_BIT(CAP_BPF) | CAPABILITY_BIT(CAP_NET_ADMIN), text);
	assert_string_equal(text, "CAP_NET_ADMIN, CAP_BPF");
	capabilities_format(CAPABILITY_BIT(63), text);
	assert_string_equal(text, "capability 63");
	capabilities_format(UINT64_MAX, text);
	assert_true(strlen(text) < CAPABILITIES_TEXT_SIZE - 1);
}

/* --- the environment of a binary with file capabilities --- */

static void test_secure_environment(void **state)
{
	static const char *const kept[] = {"TERM=xterm", "LANG=C.UTF-8", "LC_ALL=", "NODE_NAME=a"};
	static const char *const removed[] = {
		"TERM=/tmp/evil",
		"TERMINFO=/tmp",
		"TERMCAP=x:",
		"HOME=/tmp",
		"PATH=/tmp",
		"KUBECONFIG=x",
		"EDITOR=vi",
		"VISUAL=x",
		"XDG_CONFIG_HOME=x",
		"SSLKEYLOGFILE=x",
		"OPENSSL_CONF=x",
		"https_proxy=x",
		"TMPDIR=/x",
		"LANGUAGE=x",
		"LD_PRELOAD=x",
		"DOCKER_HOST=x",
		"TERM",
		"TERMX=1",
		"",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(kept); i++)
		assert_true(secure_environment_keeps(kept[i]));
	for (size_t i = 0; i < ARRAY_LENGTH(removed); i++) {
		if (secure_environment_keeps(removed[i]))
			fail_msg("%s stays", removed[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifdef __SANITIZE_ADDRESS__
		cmocka_unit_test(test_leaks_can_be_found),
#endif
		cmocka_unit_test(test_forbidden_calls_are_refused),
#ifdef TCGETS2
		cmocka_unit_test(test_terminal_modes),
#endif
		cmocka_unit_test(test_calls_follow_the_plan),
		cmocka_unit_test(test_helper_opens_files),
		cmocka_unit_test(test_all_threads_are_filtered),
		cmocka_unit_test(test_writes_are_limited),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_capabilities_follow_the_plan),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_secure_environment),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("sandbox", tests, setup, teardown);
}
