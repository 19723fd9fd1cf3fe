/* SPDX-License-Identifier: Apache-2.0 */
/* Cgroups (v2) that a test makes below the root. For cmocka tests: each function fails the test if
 * it does not succeed. */
#ifndef POLECAT_TESTS_SUPPORT_TEST_CGROUP_H
#define POLECAT_TESTS_SUPPORT_TEST_CGROUP_H

#include <limits.h>
#include <stdint.h>

struct test_cgroup {
	char path[PATH_MAX];
	uint64_t id;
};

/* Makes a cgroup whose folder has this name. */
void test_cgroup_make(struct test_cgroup *cgroup, const char *name);

/* Makes a cgroup for this process and its children: polecat-NAME-PID. */
void test_cgroup_make_own(struct test_cgroup *cgroup, const char *name);

/* Removes a cgroup. Waits for processes in it that are about to end. */
void test_cgroup_remove(const struct test_cgroup *cgroup);

#endif
