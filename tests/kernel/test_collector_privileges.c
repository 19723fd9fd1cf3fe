/* SPDX-License-Identifier: Apache-2.0 */
/* The collector with only some capabilities, and its messages about missing capabilities. */
#define _GNU_SOURCE /* unshare */
#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/collector.h"
#include "tests/support/netns.h"
#include "tests/support/process.h"
#include "tests/support/sockets.h"

#define NOBODY          65534
#define BIT(capability) (1ull << (capability))

static struct netns netns;

static int setup(void **state)
{
	(void)state;
	netns_enter(&netns);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	netns_leave(&netns);
	return 0;
}

/* Becomes a user with only these capabilities. This cannot be undone, so call it in a child
 * process. */
static void keep_only(uint64_t capabilities)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	for (unsigned int i = 0; i < 2; i++) {
		uint32_t word = (uint32_t)(capabilities >> (32 * i));
		data[i] = (struct __user_cap_data_struct){.effective = word, .permitted = word};
	}
	assert_int_equal(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), 0);
	assert_int_equal(setresgid(NOBODY, NOBODY, NOBODY), 0);
	assert_int_equal(setresuid(NOBODY, NOBODY, NOBODY), 0);
	assert_int_equal(syscall(SYS_capset, &header, data), 0);
	assert_int_equal(getuid(), NOBODY);
}

/* Starts the collector, which must fail. Sets *health. */
static void start_and_fail_with(struct source_health *health, int error)
{
	struct source *source = NULL;

	assert_int_equal(ebpf_source_start(NULL, &source), 0);
	collector_wait_started(source, health);
	source_free(source);
	print_message("# %s\n", health->message);
	assert_int_equal(health->state, SOURCE_BROKEN);
	assert_int_equal(health->error, error);
}

static void start_and_fail(struct source_health *health)
{
	start_and_fail_with(health, -EPERM);
}

static void without_capabilities(void *data)
{
	struct source_health health = {0};

	(void)data;
	keep_only(0);
	start_and_fail(&health);
	assert_non_null(strstr(health.message, "CAP_BPF"));
	assert_non_null(strstr(health.message, "CAP_PERFMON"));
	assert_non_null(strstr(health.message, "sudo"));
	assert_non_null(strstr(health.message, "setcap"));
}

static void test_without_capabilities(void **state)
{
	(void)state;
	process_run(without_capabilities, NULL);
}

static void with_bpf_only(void *data)
{
	struct source_health health = {0};

	(void)data;
	keep_only(BIT(CAP_BPF));
	start_and_fail(&health);
	assert_non_null(strstr(health.message, "missing CAP_PERFMON"));
}

static void test_without_perfmon(void **state)
{
	(void)state;
	process_run(with_bpf_only, NULL);
}

static void with_perfmon_only(void *data)
{
	struct source_health health = {0};

	(void)data;
	keep_only(BIT(CAP_PERFMON) | BIT(CAP_NET_ADMIN));
	start_and_fail(&health);
	assert_non_null(strstr(health.message, "missing CAP_BPF;"));
}

static void test_without_bpf(void **state)
{
	(void)state;
	process_run(with_perfmon_only, NULL);
}

/* ThreadSanitizer starts a thread, and a process with threads cannot change its user namespace. */
#ifndef __SANITIZE_THREAD__
/* In a user namespace, root has all capabilities, but they do not apply to this machine. */
static void in_a_user_namespace(void *data)
{
	struct source_health health = {0};

	(void)data;
	assert_int_equal(unshare(CLONE_NEWUSER), 0);
	start_and_fail(&health);
	assert_non_null(strstr(health.message, "user namespace"));
}

static void test_in_a_user_namespace(void **state)
{
	(void)state;
	process_run(in_a_user_namespace, NULL);
}
#endif

/* --- the checks of `polecat doctor` --- */

static void assert_check(const char *name, int error, const char *message)
{
	struct ebpf_check checks[EBPF_CHECK_MAX];
	size_t count = ebpf_check(checks);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(checks[i].name, name) != 0)
			continue;
		if (checks[i].error != error || !strstr(checks[i].message, message))
			fail_msg("%s: no '%s' in '%s', error %d", name, message, checks[i].message,
				 checks[i].error);
		return;
	}
	fail_msg("no check is named %s", name);
}

static void test_checks_of_root(void **state)
{
	struct ebpf_check checks[EBPF_CHECK_MAX];
	size_t count = ebpf_check(checks);

	(void)state;
	assert_true(count >= 7);
	for (size_t i = 0; i < count; i++) {
		if (checks[i].error && checks[i].required)
			fail_msg("%s: %s", checks[i].name, checks[i].message);
		assert_int_equal(checks[i].error == 0, checks[i].message[0] == '\0');
	}
}

static void check_as_nobody(void *data)
{
	(void)data;
	keep_only(BIT(CAP_PERFMON));
	assert_check("CAP_BPF", -EPERM, "setcap");
	assert_check("CAP_PERFMON", 0, "");
	assert_check("BTF", 0, "");
	assert_check("ring buffer", -EPERM, "without CAP_BPF");
	assert_check("kernel programs", -EPERM, "missing CAP_BPF;");
	assert_check("hooks", -EPERM, "not tried");
	assert_check("conntrack", -EPERM, "CAP_NET_ADMIN");
}

static void test_checks_without_privilege(void **state)
{
	(void)state;
	process_run(check_as_nobody, NULL);
}

#ifndef __SANITIZE_THREAD__
static void check_in_a_user_namespace(void *data)
{
	(void)data;
	assert_int_equal(unshare(CLONE_NEWUSER), 0);
	assert_check("CAP_BPF", -EPERM, "user namespace");
	assert_check("ring buffer", -EPERM, "user namespace");
	assert_check("kernel programs", -EPERM, "user namespace");
}

static void test_checks_in_a_user_namespace(void **state)
{
	(void)state;
	process_run(check_in_a_user_namespace, NULL);
}
#endif

/* --- other limits --- */

/* The limit of open files decides which step of the start fails. The message names the limit in any
 * case. */
static void with_few_files(void *data)
{
	struct source_health health = {0};
	struct rlimit limit;

	(void)data;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	for (limit.rlim_cur = 14; limit.rlim_cur < 30; limit.rlim_cur += 3) {
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
		start_and_fail_with(&health, -EMFILE);
		assert_non_null(strstr(health.message, "ulimit -n"));
	}
}

static void test_few_files(void **state)
{
	(void)state;
	process_run(with_few_files, NULL);
}

struct grant {
	uint64_t capabilities;
	struct tcp_pair before; /* a connection of another process from before the start */
};

/* The collector reports the same connections as with root privileges: those of other processes that
 * were open before the start, and new connections. */
static void with_grant(void *data)
{
	const struct grant *grant = data;
	struct collector collector;
	uint16_t port = 0;

	close(grant->before.client); /* only the parent still holds the connection */
	close(grant->before.server);
	keep_only(grant->capabilities);
	collector_start(&collector, NULL);
	struct flow_match open = {.netns = netns.inode,
				  .event = FLOW_OPEN,
				  .sport = grant->before.sport,
				  .dport = grant->before.dport};
	collector_wait_count(&collector, &open, 2);
	assert_int_equal(collector_find(&collector, &open, 0)->pid, (uint32_t)getppid());

	int listener = tcp_listen("127.0.0.1", &port);
	struct tcp_pair pair = tcp_pair(listener, "127.0.0.1");
	close(pair.client);
	close(pair.server);
	struct flow_match closed = {.netns = netns.inode,
				    .event = FLOW_CLOSED,
				    .sport = pair.sport,
				    .dport = pair.dport,
				    .pid = (uint32_t)getpid()};
	collector_wait_count(&collector, &closed, 2);
	assert_int_equal(collector_find(&collector, &closed, 0)->uid, NOBODY);
	collector_fence(&collector, netns.inode);
	assert_int_equal(collector.lost[LOST_KERNEL], 0);
	collector_free(&collector);
}

static void run_with(uint64_t capabilities)
{
	uint16_t port = 0;
	int listener = tcp_listen("127.0.0.1", &port);
	struct grant grant = {.capabilities = capabilities,
			      .before = tcp_pair(listener, "127.0.0.1")};

	process_run(with_grant, &grant);
	close(grant.before.client);
	close(grant.before.server);
	close(listener);
}

static void test_with_three_capabilities(void **state)
{
	(void)state;
	run_with(BIT(CAP_BPF) | BIT(CAP_PERFMON) | BIT(CAP_NET_ADMIN));
}

static void test_with_two_capabilities(void **state)
{
	(void)state;
	run_with(BIT(CAP_BPF) | BIT(CAP_PERFMON));
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_without_capabilities),
		TEST(test_without_perfmon),
		TEST(test_without_bpf),
#ifndef __SANITIZE_THREAD__
		TEST(test_in_a_user_namespace),
		TEST(test_checks_in_a_user_namespace),
#endif
		TEST(test_few_files),
		TEST(test_checks_of_root),
		TEST(test_checks_without_privilege),
		TEST(test_with_three_capabilities),
		TEST(test_with_two_capabilities),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (geteuid() != 0) {
		puts("1..0 # SKIP the collector needs root");
		return 0;
	}
	return cmocka_run_group_tests_name("collector: privileges", tests, NULL, NULL);
}
