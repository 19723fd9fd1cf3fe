/* SPDX-License-Identifier: Apache-2.0 */
/* Root without capabilities uses files with the rights of the user of sudo. */
#define _GNU_SOURCE /* setresuid */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/caller.h"
#include "core/base/file.h"
#include "core/sandbox/capabilities.h"
#include "tests/support/process.h"
#include "tui/options/settings.h"
#include "tui/policies/policy_files.h"

#define USER  12345
#define GROUP 12346

/* A folder of the user, which nobody else may use, and one of root. */
static char theirs[] = "/tmp/polecat-theirs-XXXXXX";
static char ours[] = "/tmp/polecat-ours-XXXXXX";

static int setup(void **state)
{
	(void)state;
	return mkdtemp(theirs) && mkdtemp(ours) && chown(theirs, USER, GROUP) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	return rmdir(theirs) || rmdir(ours) ? -1 : 0;
}

static void write_and_check(const char *folder, uid_t user, gid_t group)
{
	char path[256];
	struct stat status;
	char *text = NULL;
	size_t length = 0;

	snprintf(path, sizeof(path), "%s/draft.yaml", folder);
	assert_int_equal(file_write(path, "text", 4, FILE_WRITE_NEW), 0);
	assert_int_equal(file_write(path, "text", 4, FILE_WRITE_NEW), -EEXIST);
	assert_int_equal(file_read(path, 100, &text, &length), 0);
	assert_string_equal(text, "text");
	free(text);
	bool entered = caller_enter_for(path);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_uid, user);
	assert_int_equal(status.st_gid, group);
	unlink(path);
	if (entered)
		caller_leave();
}

static void with_sudo(void *data)
{
	char path[256];

	(void)data;
	setenv("SUDO_UID", "12345", 1);
	setenv("SUDO_GID", "12346", 1);
	assert_int_equal(caller_prepare(), 0);
	assert_int_equal(capabilities_limit(0), 0);
	write_and_check(theirs, USER, GROUP);
	write_and_check(ours, 0, 0);
	/* The rights are those of root again. */
	assert_int_equal(access(theirs, W_OK), -1);
	snprintf(path, sizeof(path), "%s/new", theirs);
	assert_int_equal(mkdir(path, 0700), -1);
	assert_false(caller_enter(-ENOENT));
	assert_true(caller_enter(-EACCES));
	/* A second entry would make the first leave too early. */
	assert_false(caller_enter(-EACCES));
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(rmdir(path), 0);
	caller_leave();
	assert_true(caller_enter_for(theirs));
	caller_leave();
	assert_false(caller_enter_for(ours));
}

static void test_with_sudo(void **state)
{
	(void)state;
	process_run(with_sudo, NULL);
}

/* The parts of polecat that write more than a file. */
static void with_folders_of_sudo(void *data)
{
	char path[256];
	char why[SETTINGS_WHY_SIZE];

	(void)data;
	setenv("SUDO_UID", "12345", 1);
	setenv("SUDO_GID", "12346", 1);
	assert_int_equal(caller_prepare(), 0);
	assert_int_equal(capabilities_limit(0), 0);
	snprintf(path, sizeof(path), "%s/new", theirs);
	assert_int_equal(policy_directory_make(path), 0);
	assert_int_equal(policy_directory_make(path), 0);
	snprintf(path, sizeof(path), "%s/new/polecat/config.yaml", theirs);
	assert_int_equal(settings_set(path, "theme", "moss", why), 0);
	assert_int_equal(settings_set(path, "theme", "plain", why), 0);
	assert_true(caller_enter_for(path));
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof(path), "%s/new/polecat", theirs);
	assert_int_equal(rmdir(path), 0);
	snprintf(path, sizeof(path), "%s/new", theirs);
	assert_int_equal(rmdir(path), 0);
	caller_leave();
}

static void test_folders_with_sudo(void **state)
{
	(void)state;
	process_run(with_folders_of_sudo, NULL);
}

static void become_user(void)
{
	assert_int_equal(setresgid(GROUP, GROUP, GROUP), 0);
	assert_int_equal(setresuid(USER, USER, USER), 0);
}

static void signal_parent(void *data)
{
	(void)data;
	become_user();
	assert_int_equal(kill(getppid(), 0), -1);
	assert_int_equal(errno, EPERM);
}

/* Root without sudo gets no id of the owner of the current folder, who could signal it then. */
static void with_folder(void *data)
{
	char path[256];

	(void)data;
	unsetenv("SUDO_UID");
	assert_int_equal(chdir(theirs), 0);
	assert_int_equal(caller_prepare(), 0);
	process_run(signal_parent, NULL);
	assert_int_equal(capabilities_limit(0), 0);
	snprintf(path, sizeof(path), "%s/draft.yaml", theirs);
	int error = file_write(path, "text", 4, FILE_WRITE_NEW);
	assert_int_equal(error, -EACCES);
	assert_non_null(strstr(caller_explain(error, path), "SUDO_UID"));
	assert_non_null(strstr(caller_explain(error, "draft.yaml"), "SUDO_UID"));
	assert_int_equal(caller_check_folder(theirs), -EACCES);
	snprintf(path, sizeof(path), "%s/new/", theirs);
	assert_int_equal(caller_check_folder(path), -EACCES);
	/* The remedy is only for folders of other users. */
	assert_string_equal(caller_explain(-EACCES, "/proc/self/mem"), strerror(EACCES));
	assert_string_equal(caller_explain(-ENOSPC, path), strerror(ENOSPC));
}

static void test_with_the_folder_of_a_user(void **state)
{
	(void)state;
	process_run(with_folder, NULL);
}

/* As with `-d DIR`, also of a folder that polecat will make. */
static void check_folders_with_sudo(void *data)
{
	char path[256];

	(void)data;
	setenv("SUDO_UID", "12345", 1);
	setenv("SUDO_GID", "12346", 1);
	assert_int_equal(caller_prepare(), 0);
	assert_int_equal(capabilities_limit(0), 0);
	assert_int_equal(caller_check_folder(theirs), 0);
	snprintf(path, sizeof(path), "%s/new/", theirs);
	assert_int_equal(caller_check_folder(path), 0);
	assert_int_equal(caller_check_folder(ours), 0);
	assert_int_equal(caller_check_folder("/no/such/folder"), -ENOENT);
	assert_int_equal(caller_check_folder("/proc/self/status"), -ENOTDIR);
}

static void test_check_folder(void **state)
{
	(void)state;
	process_run(check_folders_with_sudo, NULL);
}

static void without_user(void *data)
{
	(void)data;
	unsetenv("SUDO_UID");
	assert_int_equal(caller_prepare(), 0);
	assert_int_equal(capabilities_limit(0), 0);
	assert_false(caller_enter(-EACCES));
	write_and_check(ours, 0, 0);
}

static void test_without_a_user(void **state)
{
	(void)state;
	process_run(without_user, NULL);
}

/* ThreadSanitizer has a thread of its own, which keeps its capabilities. The C library aborts if
 * threads may not all set their ids. */
#ifndef __SANITIZE_THREAD__
static void without_capabilities(void *data)
{
	(void)data;
	unsetenv("SUDO_UID");
	assert_int_equal(capabilities_limit(0), 0);
	assert_int_equal(caller_prepare(), 0);
	assert_false(caller_enter(-EACCES));
	write_and_check(ours, 0, 0);
}

static void test_without_capabilities(void **state)
{
	(void)state;
	process_run(without_capabilities, NULL);
}
#endif

static void test_find(void **state)
{
	static const char *const bad[] = {"",   "-1",         " 1",
					  "1x", "4294967295", "99999999999999999999"};
	uid_t user = 0;
	gid_t group = 0;

	(void)state;
	setenv("SUDO_GID", "7", 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		setenv("SUDO_UID", bad[i], 1);
		assert_false(caller_find(&user, &group));
	}
	/* sudo that root has started. */
	setenv("SUDO_UID", "0", 1);
	assert_false(caller_find(&user, &group));
	setenv("SUDO_UID", "6", 1);
	assert_true(caller_find(&user, &group));
	assert_int_equal(user, 6);
	assert_int_equal(group, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_with_sudo),
		cmocka_unit_test(test_folders_with_sudo),
		cmocka_unit_test(test_with_the_folder_of_a_user),
		cmocka_unit_test(test_check_folder),
		cmocka_unit_test(test_without_a_user),
#ifndef __SANITIZE_THREAD__
		cmocka_unit_test(test_without_capabilities),
#endif
		cmocka_unit_test(test_find),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (geteuid() != 0) {
		puts("1..0 # SKIP the user of sudo needs root");
		return 0;
	}
	return cmocka_run_group_tests_name("caller", tests, setup, teardown);
}
