/* SPDX-License-Identifier: Apache-2.0 */
/* Scans of a tree of folders that stands for cgroups: scans that are cut short, the next complete
 * scan, and containers with too many cgroups. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cmocka.h>

#include "core/source/ebpf/cgroup_scan.h"
#include "core/source/ebpf/cgroup_table.h"

#define CONTAINER_A "5a7c539e6c745de61a93ca3ff892358ecbcaccd8414d5db545c38428142970aa"
#define CONTAINER_B "5a7c539e6c745de61a93ca3ff892358ecbcaccd8414d5db545c38428142970bb"

struct tree {
	char folder[64];
	char mountinfo[96];
	struct cgroup_table *table;
	unsigned int due;
};

static int set_up(void **state)
{
	struct tree *tree = calloc(1, sizeof(*tree));
	struct stat status;

	assert_non_null(tree);
	strcpy(tree->folder, "/tmp/polecat-cgroups-XXXXXX");
	assert_non_null(mkdtemp(tree->folder));
	assert_int_equal(stat(tree->folder, &status), 0);
	snprintf(tree->mountinfo, sizeof(tree->mountinfo), "%s/mountinfo", tree->folder);
	FILE *file = fopen(tree->mountinfo, "we");
	assert_non_null(file);
	fprintf(file, "41 31 %u:%u / /cg rw - cgroup2 cgroup2 rw\n", major(status.st_dev),
		minor(status.st_dev));
	fclose(file);
	*state = tree;
	return 0;
}

static int tear_down(void **state)
{
	struct tree *tree = *state;
	char command[128];

	cgroup_table_free(tree->table);
	snprintf(command, sizeof(command), "rm -rf -- '%s'", tree->folder);
	assert_int_equal(system(command), 0);
	free(tree);
	return 0;
}

/* Makes a cgroup. Returns its id. */
static uint64_t make(const struct tree *tree, const char *path)
{
	char full[PATH_MAX + 128];
	struct stat status;

	snprintf(full, sizeof(full), "%s/cg%s", tree->folder, path);
	assert_int_equal(mkdir(full, 0755), 0);
	assert_int_equal(stat(full, &status), 0);
	return status.st_ino;
}

static void drop(const struct tree *tree, const char *path)
{
	char command[PATH_MAX + 128];

	snprintf(command, sizeof(command), "rm -r -- '%s/cg%s'", tree->folder, path);
	assert_int_equal(system(command), 0);
}

static void open_table(struct tree *tree)
{
	assert_int_equal(cgroup_table_new(tree->mountinfo, tree->folder, &tree->table), 0);
}

static void on_due(struct container_record *due, void *data)
{
	struct tree *tree = data;

	tree->due++;
	container_record_free(due);
}

static enum cgroup_owner owner_of(struct tree *tree, uint64_t id)
{
	struct container_record *due = NULL;
	enum cgroup_owner owner = cgroup_table_resolve(tree->table, id, &due);

	container_record_free(due);
	return owner;
}

/* Makes a chain of cgroups below `top`, down to `depth`. */
static void make_deep(const struct tree *tree, const char *top, unsigned int depth)
{
	char path[PATH_MAX];
	size_t length = (size_t)snprintf(path, sizeof(path), "%s", top);
	unsigned int at = 0;

	for (const char *byte = top; *byte; byte++)
		at += *byte == '/';
	for (; at < depth; at++) {
		memcpy(path + length, "/d", 3);
		length += 2;
		make(tree, path);
	}
}

/* cgroup_table_scan returns -E2BIG if the scan was cut short, and 0 once a scan reaches all
 * cgroups. */
static void test_cut_short(void **state)
{
	struct tree *tree = *state;

	make(tree, "");
	make(tree, "/docker");
	uint64_t container = make(tree, "/docker/" CONTAINER_A);
	make(tree, "/deep");
	make_deep(tree, "/deep", CGROUP_SCAN_DEPTH_MAX + 1);
	open_table(tree);
	assert_int_equal(cgroup_table_scan(tree->table, on_due, tree), -E2BIG);
	assert_int_equal(tree->due, 1);
	assert_int_equal(owner_of(tree, container), CGROUP_OWNER_CONTAINER);
	assert_false(cgroup_table_may_scan(tree->table));
	drop(tree, "/deep");
	assert_int_equal(cgroup_table_scan(tree->table, on_due, tree), 0);
	assert_int_equal(tree->due, 1);
}

/* A deep tree of cgroups in one container does not cut the scan short for other containers. */
static void test_deep_container(void **state)
{
	struct tree *tree = *state;

	make(tree, "");
	make(tree, "/docker");
	make(tree, "/docker/" CONTAINER_A);
	make_deep(tree, "/docker/" CONTAINER_A, CGROUP_SCAN_DEPTH_MAX + 1);
	uint64_t other = make(tree, "/docker/" CONTAINER_B);
	open_table(tree);
	assert_int_equal(cgroup_table_scan(tree->table, on_due, tree), 0);
	assert_int_equal(tree->due, 2);
	assert_int_equal(owner_of(tree, other), CGROUP_OWNER_CONTAINER);
}

/* A container with very many cgroups does not prevent the scan from finding other containers. */
static void test_crowded_container(void **state)
{
	struct tree *tree = *state;
	char path[128];
	uint64_t last = 0;

	make(tree, "");
	make(tree, "/docker");
	make(tree, "/docker/" CONTAINER_A);
	make(tree, "/docker/" CONTAINER_A "/many");
	for (int i = 0; i < 1100; i++) {
		snprintf(path, sizeof(path), "/docker/" CONTAINER_A "/many/%d", i);
		last = make(tree, path);
	}
	uint64_t other = make(tree, "/docker/" CONTAINER_B);
	open_table(tree);
	assert_int_equal(cgroup_table_scan(tree->table, on_due, tree), 0);
	assert_int_equal(tree->due, 2);
	assert_int_equal(owner_of(tree, other), CGROUP_OWNER_CONTAINER);
	assert_int_equal(owner_of(tree, last), CGROUP_OWNER_CONTAINER);
}

/* A complete scan retires cgroups whose removal event was lost. The table forgets them only later,
 * because flows that name them may still arrive. */
static void test_lost_removal(void **state)
{
	struct tree *tree = *state;
	struct container_record *due = NULL;
	char path[64];
	uint64_t host;

	make(tree, "");
	host = make(tree, "/gone");
	open_table(tree);
	for (uint64_t i = 1; i <= 66000; i++) {
		snprintf(path, sizeof(path), "/loop/%u", (unsigned int)i);
		assert_int_equal(cgroup_table_add(tree->table, i << 40, path, &due), 0);
		assert_null(due);
	}
	assert_int_equal(cgroup_table_scan(tree->table, NULL, NULL), 0);
	drop(tree, "/gone");
	assert_int_equal(cgroup_table_scan(tree->table, NULL, NULL), 0);
	assert_int_equal(owner_of(tree, host), CGROUP_OWNER_HOST);
	/* The table has forgotten the oldest retired cgroup, and still knows the newest. */
	assert_int_equal(owner_of(tree, 1ull << 40), CGROUP_OWNER_UNRESOLVED);
	assert_int_equal(owner_of(tree, 66000ull << 40), CGROUP_OWNER_HOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_cut_short, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_deep_container, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_crowded_container, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lost_removal, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
