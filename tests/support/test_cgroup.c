/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test_cgroup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/source/ebpf/cgroup_scan.h"

void test_cgroup_make(struct test_cgroup *cgroup, const char *name)
{
	char mount[PATH_MAX / 2];
	struct stat status;
	int fd = -1;

	assert_int_equal(cgroup_scan_open_mount(NULL, NULL, &fd, mount, sizeof(mount)), 0);
	close(fd);
	snprintf(cgroup->path, sizeof(cgroup->path), "%s/%s", mount, name);
	assert_int_equal(mkdir(cgroup->path, 0755), 0);
	assert_int_equal(stat(cgroup->path, &status), 0);
	cgroup->id = status.st_ino;
}

void test_cgroup_make_own(struct test_cgroup *cgroup, const char *name)
{
	char text[128];

	snprintf(text, sizeof(text), "polecat-%s-%d", name, (int)getpid());
	test_cgroup_make(cgroup, text);
}

void test_cgroup_remove(const struct test_cgroup *cgroup)
{
	int error = 0;

	for (int i = 0; i < 100 && (error = rmdir(cgroup->path)) && errno == EBUSY; i++)
		usleep(50000);
	assert_int_equal(error, 0);
}
