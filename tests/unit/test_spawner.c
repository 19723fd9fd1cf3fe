/* SPDX-License-Identifier: Apache-2.0 */
/* The spawner starts programs outside of the sandbox, as children of this process. */
#define _GNU_SOURCE /* environ, pipe2 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/sandbox/sandbox.h"
#include "core/sandbox/spawner.h"
#include "tests/support/process.h"

#define OUTPUT_SIZE 4096

/* Runs a shell command, and returns its wait status. `variable` may be NULL. */
static int run(const char *command, const char *variable, char output[OUTPUT_SIZE])
{
	const char *const arguments[] = {"sh", "-c", command, NULL};
	const char *const variables[] = {variable, NULL};
	struct spawn_request request = {
		.arguments = arguments, .variables = variables, .own_session = true};
	size_t length = 0;
	int status = -1;
	int ends[2];
	pid_t pid = 0;
	ssize_t got;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	request.streams[0] = null;
	request.streams[1] = ends[1];
	request.streams[2] = null;
	assert_int_equal(spawner_spawn(&request, &pid), 0);
	close(ends[1]);
	close(null);
	while ((got = read(ends[0], output + length, OUTPUT_SIZE - 1 - length)) > 0)
		length += (size_t)got;
	output[length] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* The cases, with and without the spawner. */
static void check_programs(void)
{
	char output[OUTPUT_SIZE];
	const char *const missing[] = {"/no/such/program", NULL};
	struct spawn_request request = {.arguments = missing, .streams = {0, 1, 2}};
	pid_t pid = -1;

	assert_int_equal(run("echo out; exit 3", NULL, output), 3 << 8);
	assert_string_equal(output, "out\n");
	/* A variable is added, or replaces one. */
	run("echo $ADDED $PRESENT", "ADDED=new", output);
	assert_string_equal(output, "new old\n");
	run("echo $PRESENT", "PRESENT=new", output);
	assert_string_equal(output, "new\n");
	/* It is a child of this process, in a session of its own, with default signals and without
	 * our descriptors. */
	char expected[64];
	snprintf(expected, sizeof(expected), "%d\n", getpid());
	run("awk '/^PPid/ { print $2 }' /proc/$$/status", NULL, output);
	assert_string_equal(output, expected);
	run("ps -o sid= -p $$ | tr -d ' ' | grep -qx $$ && echo own", NULL, output);
	assert_string_equal(output, "own\n");
	run("exec awk '/^Sig(Blk|Ign)/ { print $2 }' /proc/self/status", NULL, output);
	/* glibc refuses to change signals 32 and 33, so they stay ignored if the test's parent
	 * ignores them. */
	char *ignored = strstr(output, "0000000180000000");
	if (ignored)
		memset(ignored, '0', strlen("0000000180000000"));
	assert_string_equal(output, "0000000000000000\n0000000000000000\n");
	run("ls /proc/$$/fd | tr '\\n' ' '", NULL, output);
	assert_non_null(strstr(output, "0 1 2 "));
	assert_int_equal(strlen(output) <= strlen("0 1 2 10 "), 1);
	assert_int_equal(spawner_spawn(&request, &pid), -ENOENT);
	/* The process that could not execute it is gone. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG) <= 0, 1);
}

static void check_without(void *data)
{
	(void)data;
	setenv("PRESENT", "old", 1);
	check_programs();
}

static void check_with(void *data)
{
	(void)data;
	setenv("PRESENT", "old", 1);
	assert_int_equal(spawner_start(environ), 0);
	/* Programs get the environment from the start of the spawner. */
	unsetenv("PRESENT");
	check_programs();
	spawner_end();
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void test_without_spawner(void **state)
{
	(void)state;
	process_run(check_without, NULL);
}

static void test_with_spawner(void **state)
{
	(void)state;
	process_run(check_with, NULL);
}

static void check_sandboxed(void *data)
{
	const struct sandbox_folders folders = {.paths = {"/dev/null"}, .count = 1};
	char output[OUTPUT_SIZE];
	char expected[OUTPUT_SIZE];
	struct rlimit core;

	(void)data;
	assert_int_equal(getrlimit(RLIMIT_CORE, &core), 0);
	core.rlim_cur = core.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_CORE, &core), 0);
	run("grep -E 'CapEff|CapBnd|NoNewPrivs|Seccomp:' /proc/$$/status; ulimit -c", NULL,
	    expected);
	assert_int_equal(spawner_start(environ), 0);
	sandbox_begin();
	sandbox_plan(SANDBOX_RUNS, &folders);
	assert_int_equal(sandbox_enter(SANDBOX_MAIN, 0), 0);
	assert_int_equal(sandbox_seal(), 0);
	/* The program has the rights that it would have without polecat. */
	run("grep -E 'CapEff|CapBnd|NoNewPrivs|Seccomp:' /proc/$$/status; ulimit -c", NULL, output);
	assert_string_equal(output, expected);
	assert_int_equal(run("f=$(mktemp) && rm $f", NULL, output), 0);
	spawner_end();
}

static void test_programs_are_not_sandboxed(void **state)
{
	(void)state;
	process_run(check_sandboxed, NULL);
}

static void check_kill(void *data)
{
	const char *const arguments[] = {"sleep", "100", NULL};
	struct spawn_request request = {
		.arguments = arguments, .streams = {0, 1, 2}, .own_session = true};
	int status = 0;
	pid_t pid;

	(void)data;
	assert_int_equal(spawner_start(environ), 0);
	assert_int_equal(spawner_spawn(&request, &pid), 0);
	assert_int_equal(spawner_kill(pid, true, 0), 0);
	assert_int_equal(spawner_kill(pid, true, SIGTERM), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WTERMSIG(status), SIGTERM);
	/* Other processes cannot be signalled through the spawner. */
	assert_int_equal(spawner_kill(getppid(), false, 0), -1);
	assert_int_equal(errno, EPERM);
	spawner_end();
}

static void test_kill(void **state)
{
	(void)state;
	process_run(check_kill, NULL);
}

/* However many programs are started, each that is still running can be signalled. */
static void check_many(void *data)
{
	enum { RUNNING = 300, SHORT = 300 };
	const char *const running[] = {"sleep", "100", NULL};
	const char *const brief[] = {"true", NULL};
	struct spawn_request request = {.streams = {0, 1, 2}, .own_session = true};
	pid_t pids[RUNNING];
	pid_t pid;

	(void)data;
	assert_int_equal(spawner_start(environ), 0);
	request.arguments = running;
	for (size_t i = 0; i < RUNNING; i++)
		assert_int_equal(spawner_spawn(&request, &pids[i]), 0);
	request.arguments = brief;
	for (size_t i = 0; i < SHORT; i++) {
		assert_int_equal(spawner_spawn(&request, &pid), 0);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
	}
	for (size_t i = 0; i < RUNNING; i++) {
		int status = 0;
		assert_int_equal(spawner_kill(pids[i], true, SIGKILL), 0);
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(WTERMSIG(status), SIGKILL);
	}
	spawner_end();
}

static void test_many_programs(void **state)
{
	(void)state;
	process_run(check_many, NULL);
}

static void check_long_texts(void *data)
{
	char *text = malloc(SPAWNER_BYTES_MAX + 1u);
	const char *const arguments[] = {"true", text, NULL};
	struct spawn_request request = {.arguments = arguments, .streams = {0, 1, 2}};
	pid_t pid;

	(void)data;
	memset(text, 'x', SPAWNER_BYTES_MAX);
	text[SPAWNER_BYTES_MAX] = '\0';
	assert_int_equal(spawner_start(environ), 0);
	assert_int_equal(spawner_spawn(&request, &pid), -E2BIG);
	text[100000] = '\0';
	assert_int_equal(spawner_spawn(&request, &pid), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	spawner_end();
	free(text);
}

static void test_long_texts(void **state)
{
	(void)state;
	process_run(check_long_texts, NULL);
}

/* If something else has killed the spawner, the error says what to do. */
static void check_dead_spawner(void *data)
{
	const char *const arguments[] = {"true", NULL};
	const struct spawn_request request = {.arguments = arguments, .streams = {0, 1, 2}};
	char output[OUTPUT_SIZE];
	siginfo_t info;
	pid_t pid = -1;

	(void)data;
	assert_int_equal(spawner_start(environ), 0);
	run("ps -o pid=,comm= --ppid $PPID | awk '$2 == \"polecat-spawn\" { print $1 }'", NULL,
	    output);
	pid_t spawner = (pid_t)strtol(output, NULL, 10);
	assert_true(spawner > 1);
	assert_int_equal(kill(spawner, SIGKILL), 0);
	assert_int_equal(waitid(P_PID, (id_t)spawner, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(spawner_spawn(&request, &pid), -EOWNERDEAD);
	assert_int_equal(pid, 0);
	assert_non_null(strstr(spawner_explain(-EOWNERDEAD), "start polecat again"));
	assert_string_equal(spawner_explain(-ENOENT), strerror(ENOENT));
	spawner_end();
}

static void test_dead_spawner(void **state)
{
	(void)state;
	process_run(check_dead_spawner, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_spawner),
		cmocka_unit_test(test_with_spawner),
		cmocka_unit_test(test_programs_are_not_sandboxed),
		cmocka_unit_test(test_kill),
		cmocka_unit_test(test_many_programs),
		cmocka_unit_test(test_long_texts),
		cmocka_unit_test(test_dead_spawner),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("spawner", tests, NULL, NULL);
}
