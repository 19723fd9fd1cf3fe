/* SPDX-License-Identifier: Apache-2.0 */
/* The table of cgroups. If no event reported the creation of a cgroup, the table finds the cgroup
 * by its id, and makes the record of its container. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/source/ebpf/cgroup_scan.h"
#include "core/source/ebpf/cgroup_table.h"
#include "tests/support/collector.h"
#include "tests/support/wait_limit.h"

#define CONTAINER_ID "5a7c539e6c745de61a93ca3ff892358ecbcaccd8414d5db545c38428142970aa"

/* Folders of a test, parents first; the teardown removes them. */
static char folders[CGROUP_SCAN_DEPTH_MAX + 1][PATH_MAX];
static size_t folder_count;

static int teardown(void **state)
{
	(void)state;
	while (folder_count > 0)
		rmdir(folders[--folder_count]);
	return 0;
}

/* Makes a cgroup below the cgroup of the previous call. Returns its id. */
static uint64_t make_cgroup(const char *name)
{
	struct stat status;
	char parent[PATH_MAX / 2];
	int fd = -1;

	if (folder_count > 0) {
		snprintf(parent, sizeof(parent), "%s", folders[folder_count - 1]);
	} else {
		assert_int_equal(cgroup_scan_open_mount(NULL, NULL, &fd, parent, sizeof(parent)),
				 0);
		close(fd);
	}
	snprintf(folders[folder_count], sizeof(folders[0]), "%s/%s", parent, name);
	if (mkdir(folders[folder_count], 0755))
		fail_msg("cannot make the cgroup %s: %s", folders[folder_count], strerror(errno));
	assert_int_equal(stat(folders[folder_count++], &status), 0);
	return status.st_ino;
}

static void test_lost_creation(void **state)
{
	struct cgroup_table *table = NULL;
	struct container_record *due = NULL;
	char name[64];

	(void)state;
	assert_int_equal(cgroup_table_new(NULL, NULL, &table), 0);
	snprintf(name, sizeof(name), "polecat-test-%d", (int)getpid());
	uint64_t host = make_cgroup(name);
	make_cgroup("docker");
	uint64_t container = make_cgroup(CONTAINER_ID);
	/* After this time the rate limit permits records of new containers again. */
	usleep(20000);

	assert_int_equal(cgroup_table_resolve(table, host, &due), CGROUP_OWNER_HOST);
	assert_null(due);
	assert_int_equal(cgroup_table_resolve(table, container, &due), CGROUP_OWNER_CONTAINER);
	assert_non_null(due);
	assert_string_equal(due->id, CONTAINER_ID);
	assert_int_equal(due->cgroup_id, container);
	container_record_free(due);
	/* The record is due only once, so the second call does not return it. */
	assert_int_equal(cgroup_table_resolve(table, container, &due), CGROUP_OWNER_CONTAINER);
	assert_null(due);
	cgroup_table_free(table);
}

/* A removed cgroup stays unresolved, because it may have belonged to a container. */
static void test_gone(void **state)
{
	struct cgroup_table *table = NULL;
	struct container_record *due = NULL;
	char name[64];

	(void)state;
	assert_int_equal(cgroup_table_new(NULL, NULL, &table), 0);
	snprintf(name, sizeof(name), "polecat-test-%d-gone", (int)getpid());
	uint64_t gone = make_cgroup(name);
	teardown(NULL);
	assert_int_equal(cgroup_table_resolve(table, gone, &due), CGROUP_OWNER_UNRESOLVED);
	assert_null(due);
	cgroup_table_free(table);
}

static bool reports_cut(void *source)
{
	struct source_health health;

	source_health(source, &health);
	return health.error == -ENODATA;
}

static bool reports_no_cut(void *source)
{
	return !reports_cut(source);
}

/* Waits until the collector's health reports a scan that was cut short, or no longer does. */
static void wait_for_cut(const struct collector *collector, bool cut)
{
	struct source_health health;
	bool came = wait_until(cut ? reports_cut : reports_no_cut, collector->source);

	source_health(collector->source, &health);
	if (!came)
		fail_msg("the error stays %d: %s", health.error, health.message);
	assert_int_equal(health.state, SOURCE_READY);
	assert_int_equal(cut, strstr(health.message, "cut short") != NULL);
}

/* A scan that is cut short makes the data incomplete until a later scan reaches all cgroups. */
static void test_cut_short(void **state)
{
	struct collector collector = {0};
	char name[64];

	(void)state;
	snprintf(name, sizeof(name), "polecat-test-%d-deep", (int)getpid());
	make_cgroup(name);
	for (unsigned int i = 0; i < CGROUP_SCAN_DEPTH_MAX; i++)
		make_cgroup("d");
	collector_start(&collector, NULL);
	wait_for_cut(&collector, true);
	teardown(NULL);
	wait_for_cut(&collector, false);
	collector_free(&collector);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_lost_creation, teardown),
		cmocka_unit_test_teardown(test_gone, teardown),
		cmocka_unit_test_teardown(test_cut_short, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (geteuid() != 0) {
		puts("1..0 # SKIP cgroups need root");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
