/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that polecat finds the machine's cgroups from another mount namespace and from another
 * cgroup namespace. */
#define _GNU_SOURCE /* unshare */
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/source/ebpf/cgroup_scan.h"
#include "tests/support/process.h"

/* A cgroup that the test creates. */
struct place {
	char path[PATH_MAX];
	char name[64];
	uint64_t id;
};

static struct place place;

static int setup(void **state)
{
	char mount_path[PATH_MAX - 64];
	struct stat status;
	int fd = -1;

	(void)state;
	assert_int_equal(cgroup_scan_open_mount(NULL, NULL, &fd, mount_path, sizeof(mount_path)),
			 0);
	close(fd);
	snprintf(place.name, sizeof(place.name), "/polecat-test-%d-host", (int)getpid());
	assert_true(snprintf(place.path, sizeof(place.path), "%s%s", mount_path, place.name) <
		    PATH_MAX);
	assert_int_equal(mkdir(place.path, 0755), 0);
	assert_int_equal(stat(place.path, &status), 0);
	place.id = status.st_ino;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return rmdir(place.path);
}

static int find_place(uint64_t cgroup_id, const char *path, void *data)
{
	if (cgroup_id == place.id && strcmp(path, place.name) == 0)
		*(int *)data += 1;
	return 0;
}

static void assert_found(void)
{
	int found = 0;

	assert_int_equal(cgroup_scan(NULL, NULL, find_place, &found), 0);
	assert_int_equal(found, 1);
}

static void test_here(void **state)
{
	(void)state;
	assert_found();
}

/* Runs as PID 1 of a new pid namespace, and runs body in a child. The scan in the child then uses
 * the mounts of this PID 1. A test might have no access to those of the machine's own PID 1. */
static void run_as_init(void *data)
{
	void (*const *body)(void *) = data;

	assert_int_equal(mount("proc", "/proc", "proc", 0, NULL), 0);
	process_run(*body, NULL);
}

static void make_pid_namespace(void *data)
{
	assert_int_equal(unshare(CLONE_NEWPID | CLONE_NEWNS), 0);
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	process_run(run_as_init, data);
}

static void run_beside_init(void (*body)(void *))
{
	process_run(make_pid_namespace, &body);
}

static void replace_sys(void)
{
	assert_int_equal(umount2("/sys", MNT_DETACH), 0);
	assert_int_equal(mount("sysfs", "/sys", "sysfs", 0, NULL), 0);
}

/* Hides /sys as `ip netns exec` does. */
static void hide_sys(void *data)
{
	(void)data;
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	replace_sys();
	assert_found();
}

static void test_hidden_by_another_sys(void **state)
{
	(void)state;
	run_beside_init(hide_sys);
}

/*
 * Enters a cgroup namespace, like a container with its own cgroup namespace and the host's pid
 * namespace.
 */
static void enter_cgroup_namespace(void *data)
{
	(void)data;
	process_enter_cgroup(place.path);
	assert_int_equal(unshare(CLONE_NEWNS | CLONE_NEWCGROUP), 0);
	replace_sys();
	assert_int_equal(mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, NULL), 0);
	assert_found();
}

static void test_from_another_cgroup_namespace(void **state)
{
	(void)state;
	run_beside_init(enter_cgroup_namespace);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_here),
		TEST(test_hidden_by_another_sys),
		TEST(test_from_another_cgroup_namespace),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (geteuid() != 0) {
		puts("1..0 # SKIP namespaces need root");
		return 0;
	}
	return cmocka_run_group_tests_name("cgroups of the host", tests, NULL, NULL);
}
