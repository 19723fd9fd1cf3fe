/* SPDX-License-Identifier: Apache-2.0 */
/* On each kernel, a live polecat gives up its privileges and still collects, and its helper refuses
 * what it should not do. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/sandbox/capabilities.h"
#include "core/sandbox/helper.h"
#include "tests/support/collector_fixture.h"
#include "tests/support/sockets.h"
#include "tests/support/wait_limit.h"

#define OUTPUT_SIZE (1u << 20)
#define THREADS_MAX 64

/* A running `polecat trace`. */
struct trace {
	pid_t pid;
	int output;
	char *text;
	size_t length;
};

static void trace_start(struct trace *trace)
{
	const char *build = getenv("POLECAT_BUILD");
	char program[4096];
	int ends[2];

	snprintf(program, sizeof(program), "%s/polecat", build ? build : "build");
	assert_int_equal(pipe(ends), 0);
	trace->text = calloc(1, OUTPUT_SIZE);
	trace->length = 0;
	trace->output = ends[0];
	trace->pid = fork();
	if (trace->pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		execl(program, program, "trace", "-o", "json", "--host", "--no-kube", "--no-cri",
		      "--no-docker", (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
}

/* A line to wait for: it has both texts. */
struct wanted_line {
	struct trace *trace;
	const char *first;
	const char *second;
};

/* Returns whether the output has the line. Reads more of it if not. */
static bool has_line(void *data)
{
	const struct wanted_line *wanted = data;
	struct trace *trace = wanted->trace;
	struct pollfd polled = {.fd = trace->output, .events = POLLIN};

	while (trace->length < OUTPUT_SIZE - 1 && poll(&polled, 1, 0) > 0) {
		ssize_t got = read(trace->output, trace->text + trace->length,
				   OUTPUT_SIZE - 1 - trace->length);
		if (got <= 0)
			break;
		trace->length += (size_t)got;
	}
	for (const char *line = trace->text; *line;) {
		const char *end = strchr(line, '\n');
		const char *first = strstr(line, wanted->first);
		const char *second = strstr(line, wanted->second);
		if (!end)
			break;
		if (first && first < end && second && second < end)
			return true;
		line = end + 1;
	}
	return false;
}

static void trace_wait(struct trace *trace, const char *first, const char *second)
{
	struct wanted_line wanted = {trace, first, second};

	if (!wait_until(has_line, &wanted))
		fail_msg("no line with %s and %s in: %.2000s", first, second, trace->text);
}

static void trace_end(struct trace *trace)
{
	int status = -1;

	kill(trace->pid, SIGINT);
	assert_int_equal(waitpid(trace->pid, &status, 0), trace->pid);
	assert_int_equal(status, 0);
	close(trace->output);
	free(trace->text);
}

struct thread_status {
	uint64_t capabilities;
	unsigned int no_new_privileges;
	unsigned int seccomp;
};

static struct thread_status read_thread(pid_t pid, const char *thread)
{
	struct thread_status status = {0};
	char path[300];
	char line[256];

	snprintf(path, sizeof(path), "/proc/%d/task/%s/status", pid, thread);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		uint64_t set;
		if (sscanf(line, "CapPrm: %" SCNx64, &set) == 1 ||
		    sscanf(line, "CapEff: %" SCNx64, &set) == 1)
			status.capabilities |= set;
		(void)sscanf(line, "NoNewPrivs: %u", &status.no_new_privileges);
		(void)sscanf(line, "Seccomp: %u", &status.seccomp);
	}
	fclose(file);
	return status;
}

/* Reads the status of all threads. Returns their number. */
static size_t read_threads(pid_t pid, struct thread_status threads[THREADS_MAX])
{
	const struct dirent *entry;
	size_t count = 0;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	DIR *folder = opendir(path);
	assert_non_null(folder);
	while ((entry = readdir(folder)) && count < THREADS_MAX) {
		if (entry->d_name[0] != '.')
			threads[count++] = read_thread(pid, entry->d_name);
	}
	closedir(folder);
	return count;
}

/* Returns whether the main thread is filtered, which is the last step. */
static bool is_filtered(void *data)
{
	const struct trace *trace = data;
	char main_thread[16];

	snprintf(main_thread, sizeof(main_thread), "%d", trace->pid);
	return read_thread(trace->pid, main_thread).seccomp == 2;
}

static void test_live_polecat_drops_privileges(void **state)
{
	struct thread_status threads[THREADS_MAX];
	struct trace trace;
	uint16_t port = 0;
	size_t with_capabilities = 0;
	char text[32];

	(void)state;
	trace_start(&trace);
	trace_wait(&trace, "\"kind\":\"hello\"", "");
	assert_true(wait_until(is_filtered, &trace));
	size_t count = read_threads(trace.pid, threads);
	assert_true(count >= 2);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(threads[i].no_new_privileges, 1);
		assert_int_equal(threads[i].seccomp, 2);
		if (!threads[i].capabilities)
			continue;
		with_capabilities++;
#ifndef __SANITIZE_THREAD__
		assert_int_equal(threads[i].capabilities & ~CAPABILITY_BIT(CAP_NET_ADMIN),
				 CAPABILITY_BIT(CAP_BPF));
#endif
	}
	assert_true(with_capabilities >= 1);
#ifndef __SANITIZE_THREAD__
	/* ThreadSanitizer has a thread of its own. */
	assert_int_equal(with_capabilities, 1);
#endif

	int listener = tcp_listen("127.0.0.1", &port);
	struct tcp_pair pair = tcp_pair(listener, "127.0.0.1");
	tcp_transfer(pair.client, pair.server, 1000);
	close(pair.client);
	close(pair.server);
	snprintf(text, sizeof(text), "\"dport\":%u,", port);
	trace_wait(&trace, "\"event\":\"closed\"", text);
	close(listener);
	trace_end(&trace);
}

static void test_helper_refuses(void **state)
{
	struct helper_process process;
	struct helper *helper = NULL;
	struct stat status;
	uint32_t inode = 0;

	(void)state;
	assert_int_equal(helper_start(&helper), 0);
	/* In another file system, a handle could be that of any file. */
	int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(helper_open_cgroup(helper, root, 1), -EINVAL);
	assert_int_equal(helper_open_cgroup(helper, -1, 1), -EBADF);
	close(root);
	assert_int_equal(stat("/proc/self/ns/net", &status), 0);
	uint32_t own = (uint32_t)status.st_ino;
	assert_int_equal(
		helper_open_netlink(helper, HELPER_CONNTRACK, (uint32_t)getpid(), own + 1, &inode),
		-ESTALE);
	int fd = helper_open_netlink(helper, HELPER_CONNTRACK, (uint32_t)getpid(), own, &inode);
	assert_true(fd >= 0);
	assert_int_equal(inode, own);
	close(fd);
	assert_int_equal(helper_open_netlink(helper, HELPER_CONNTRACK, INT32_MAX, 0, &inode),
			 -ENOENT);
	assert_int_equal(helper_read_process(helper, (uint32_t)getpid(), &process), 0);
	assert_non_null(strstr(process.exe, "test_collector_sandbox"));
	assert_true(process.command_length > 0);
	assert_int_equal(helper_read_process(helper, INT32_MAX, &process), -ENOENT);
	helper_end(helper);
	/* Without a helper, or after it has died, requests fail. */
	assert_int_equal(helper_open_cgroup(NULL, 0, 1), -EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_live_polecat_drops_privileges,
						collector_fixture_enter_alone,
						collector_fixture_leave),
		cmocka_unit_test(test_helper_refuses),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (geteuid() != 0) {
		puts("1..0 # SKIP the collector needs root");
		return 0;
	}
	return cmocka_run_group_tests_name("collector: sandbox", tests, NULL, NULL);
}
