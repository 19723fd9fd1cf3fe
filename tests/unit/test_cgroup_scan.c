/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* name_to_handle_at */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/source/ebpf/cgroup_scan.h"

/* An invented tree in a temporary folder, with a mountinfo file that points into it. */
struct tree {
	char folder[64];
	char mountinfo[96];
	dev_t device;
};

struct seen {
	char paths[64][160];
	uint64_t ids[64];
	size_t count;
	int answer; /* the callback's result for the third cgroup */
};

static int see(uint64_t cgroup_id, const char *path, void *data)
{
	struct seen *seen = data;

	assert_true(seen->count < 64);
	snprintf(seen->paths[seen->count], sizeof(seen->paths[0]), "%s", path);
	seen->ids[seen->count++] = cgroup_id;
	return seen->count == 3 ? seen->answer : 0;
}

static uint64_t seen_id(const struct seen *seen, const char *path)
{
	for (size_t i = 0; i < seen->count; i++) {
		if (strcmp(seen->paths[i], path) == 0)
			return seen->ids[i];
	}
	return 0;
}

static int tree_setup(void **state)
{
	struct tree *tree = calloc(1, sizeof(*tree));
	struct stat status;

	assert_non_null(tree);
	strcpy(tree->folder, "/tmp/polecat-cgroup-XXXXXX");
	assert_non_null(mkdtemp(tree->folder));
	assert_int_equal(stat(tree->folder, &status), 0);
	tree->device = status.st_dev;
	snprintf(tree->mountinfo, sizeof(tree->mountinfo), "%s/mountinfo", tree->folder);
	*state = tree;
	return 0;
}

static void remove_tree(const char *folder)
{
	char command[PATH_MAX];

	snprintf(command, sizeof(command), "rm -rf -- '%s'", folder);
	assert_int_equal(system(command), 0);
}

static int tree_teardown(void **state)
{
	struct tree *tree = *state;

	remove_tree(tree->folder);
	free(tree);
	return 0;
}

static void make_directory(const struct tree *tree, const char *path)
{
	char full[PATH_MAX];

	snprintf(full, sizeof(full), "%s%s", tree->folder, path);
	assert_int_equal(mkdir(full, 0755), 0);
}

static uint64_t inode(const struct tree *tree, const char *path)
{
	char full[PATH_MAX];
	struct stat status;

	snprintf(full, sizeof(full), "%s%s", tree->folder, path);
	assert_int_equal(stat(full, &status), 0);
	return status.st_ino;
}

static void add_line(const struct tree *tree, const char *line)
{
	FILE *file = fopen(tree->mountinfo, "ae");

	assert_non_null(file);
	fputs(line, file);
	fclose(file);
}

/* Adds a mount on the device of the tree. `point` is escaped as in mountinfo. */
static void add_mount(const struct tree *tree, const char *root, const char *point,
		      const char *tags, const char *type)
{
	char line[1024];

	snprintf(line, sizeof(line), "41 31 %u:%u %s %s rw,relatime%s - %s %s rw\n",
		 major(tree->device), minor(tree->device), root, point, tags, type, type);
	add_line(tree, line);
}

static void test_the_whole_tree_is_walked(void **state)
{
	struct tree *tree = *state;
	struct seen seen = {0};

	make_directory(tree, "/cg");
	make_directory(tree, "/cg/a.slice");
	make_directory(tree, "/cg/a.slice/b.service");
	make_directory(tree, "/cg/c");
	add_line(tree, "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n");
	add_line(tree, "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n");
	add_mount(tree, "/", "/cg", " shared:1 master:2", "cgroup2");
	assert_int_equal(cgroup_scan(tree->mountinfo, tree->folder, see, &seen), 0);
	assert_int_equal(seen.count, 4);
	assert_string_equal(seen.paths[0], "/");
	assert_int_equal(seen_id(&seen, "/"), inode(tree, "/cg"));
	assert_int_equal(seen_id(&seen, "/a.slice"), inode(tree, "/cg/a.slice"));
	assert_int_equal(seen_id(&seen, "/a.slice/b.service"),
			 inode(tree, "/cg/a.slice/b.service"));
	assert_int_equal(seen_id(&seen, "/c"), inode(tree, "/cg/c"));
}

static void test_octal_escapes(void **state)
{
	struct tree *tree = *state;
	struct seen seen = {0};
	char path[PATH_MAX];
	char expected[PATH_MAX];
	int fd = -1;

	make_directory(tree, "/a b\\\t");
	make_directory(tree, "/a b\\\t/c");
	add_mount(tree, "/", "/a\\040b\\134\\011", "", "cgroup2");
	assert_int_equal(cgroup_scan(tree->mountinfo, tree->folder, see, &seen), 0);
	assert_int_equal(seen.count, 2);
	assert_string_equal(seen.paths[1], "/c");
	assert_int_equal(
		cgroup_scan_open_mount(tree->mountinfo, tree->folder, &fd, path, sizeof(path)), 0);
	snprintf(expected, sizeof(expected), "%s/a b\\\t", tree->folder);
	assert_string_equal(path, expected);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(close(fd), 0);
}

static void test_which_mount_is_taken(void **state)
{
	struct tree *tree = *state;
	char path[PATH_MAX];
	char expected[PATH_MAX];
	int fd = -1;

	make_directory(tree, "/v1");
	make_directory(tree, "/part");
	make_directory(tree, "/hidden");
	make_directory(tree, "/whole");
	make_directory(tree, "/second");

	/*
	 * A v1 mount, a mount hidden by another device, a missing mount point, and malformed lines.
	 */
	add_mount(tree, "/", "/v1", "", "cgroup");
	add_line(tree, "41 31 251:251 / /hidden rw - cgroup2 cgroup2 rw\n");
	add_mount(tree, "/", "/gone", "", "cgroup2");
	add_line(tree, "\n41\n41 31 x:y / /whole rw - cgroup2 cgroup2 rw\n41 31 0:0 / /whole rw\n");
	add_line(tree, "41 31 0:0 / /whole rw - cgroup2\n- cgroup2 \n");
	assert_int_equal(cgroup_scan_open_mount(tree->mountinfo, tree->folder, &fd, NULL, 0),
			 -ENOENT);
	assert_int_equal(fd, -1);

	/* A mount of a subtree is used if the whole hierarchy is not mounted. */
	add_mount(tree, "/user.slice", "/part", " shared:9", "cgroup2");
	assert_int_equal(
		cgroup_scan_open_mount(tree->mountinfo, tree->folder, &fd, path, sizeof(path)), 0);
	assert_int_equal(close(fd), 0);
	snprintf(expected, sizeof(expected), "%s/part", tree->folder);
	assert_string_equal(path, expected);

	/* The first mount of the whole hierarchy is preferred, even if its root is outside the
	 * cgroup namespace ("/../.."). */
	add_mount(tree, "/../x", "/second", "", "cgroup2");
	add_mount(tree, "/../..", "/whole", "", "cgroup2");
	add_mount(tree, "/", "/second", "", "cgroup2");
	assert_int_equal(
		cgroup_scan_open_mount(tree->mountinfo, tree->folder, &fd, path, sizeof(path)), 0);
	assert_int_equal(close(fd), 0);
	snprintf(expected, sizeof(expected), "%s/whole", tree->folder);
	assert_string_equal(path, expected);
}

static void test_missing_and_empty_mountinfo(void **state)
{
	struct tree *tree = *state;
	struct seen seen = {0};
	int fd = -1;

	assert_int_equal(cgroup_scan_open_mount(tree->mountinfo, NULL, &fd, NULL, 0), -ENOENT);
	add_line(tree, "");
	assert_int_equal(cgroup_scan(tree->mountinfo, NULL, see, &seen), -ENOENT);
	assert_int_equal(cgroup_scan(tree->folder, NULL, see, &seen), -ENOENT);
	assert_int_equal(seen.count, 0);
}

/* Files are not cgroups, and a link out of the tree is not followed. */
static void test_links_and_files_are_passed_over(void **state)
{
	struct tree *tree = *state;
	struct seen seen = {0};
	char path[PATH_MAX];

	make_directory(tree, "/cg");
	make_directory(tree, "/cg/a");
	snprintf(path, sizeof(path), "%s/cg/link", tree->folder);
	assert_int_equal(symlink("/", path), 0);
	snprintf(path, sizeof(path), "%s/cg/cgroup.procs", tree->folder);
	assert_int_equal(close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)), 0);
	add_mount(tree, "/", "/cg", "", "cgroup2");
	assert_int_equal(cgroup_scan(tree->mountinfo, tree->folder, see, &seen), 0);
	assert_int_equal(seen.count, 2);
	assert_int_not_equal(seen_id(&seen, "/a"), 0);
}

static void test_the_callback_ends_the_walk(void **state)
{
	struct tree *tree = *state;
	struct seen seen = {.answer = -ECANCELED};

	make_directory(tree, "/cg");
	make_directory(tree, "/cg/a");
	make_directory(tree, "/cg/b");
	make_directory(tree, "/cg/c");
	make_directory(tree, "/cg/d");
	add_mount(tree, "/", "/cg", "", "cgroup2");
	assert_int_equal(cgroup_scan(tree->mountinfo, tree->folder, see, &seen), -ECANCELED);
	assert_int_equal(seen.count, 3);
}

static int count(uint64_t cgroup_id, const char *path, void *data)
{
	size_t *total = data;

	(void)cgroup_id;
	assert_int_equal(path[0], '/');
	(*total)++;
	return 0;
}

static void test_depth_is_bounded(void **state)
{
	struct tree *tree = *state;
	char path[PATH_MAX] = "/cg";
	size_t total = 0;
	char *end = path + 3;

	make_directory(tree, path);
	for (unsigned int i = 0; i < CGROUP_SCAN_DEPTH_MAX; i++, end += 2) {
		strcpy(end, "/d");
		make_directory(tree, path);
	}
	add_mount(tree, "/", "/cg", "", "cgroup2");
	assert_int_equal(cgroup_scan(tree->mountinfo, tree->folder, count, &total), 0);
	assert_int_equal(total, CGROUP_SCAN_DEPTH_MAX + 1);
	strcpy(end, "/d");
	make_directory(tree, path);
	total = 0;
	assert_int_equal(cgroup_scan(tree->mountinfo, tree->folder, count, &total), -E2BIG);
	assert_int_equal(total, CGROUP_SCAN_DEPTH_MAX + 1);
}

/* However the walk ends, it closes all descriptors. */
static void test_no_descriptor_leaks(void **state)
{
	struct tree *tree = *state;
	struct seen seen = {0};
	struct seen ended = {.answer = 1};
	int before = open("/dev/null", O_RDONLY | O_CLOEXEC);

	make_directory(tree, "/cg");
	make_directory(tree, "/cg/a");
	make_directory(tree, "/cg/a/b");
	add_mount(tree, "/part", "/cg", "", "cgroup2");
	add_mount(tree, "/", "/cg", "", "cgroup2");
	close(before);
	assert_int_equal(cgroup_scan(tree->mountinfo, tree->folder, see, &seen), 0);
	assert_int_equal(cgroup_scan(tree->mountinfo, tree->folder, see, &ended), 1);
	int after = open("/dev/null", O_RDONLY | O_CLOEXEC);
	close(after);
	assert_int_equal(after, before);
}

/* For the cgroups of this machine, the ids equal the ids in the kernel's file handles. */
static void test_the_real_hierarchy(void **state)
{
	struct {
		struct file_handle header;
		unsigned char bytes[MAX_HANDLE_SZ];
	} handle = {.header.handle_bytes = sizeof(uint64_t)};
	char mount[PATH_MAX];
	size_t total = 0;
	uint64_t id = 0;
	int mount_id;
	int fd = -1;
	struct stat status;

	(void)state;
	int error = cgroup_scan_open_mount(NULL, NULL, &fd, mount, sizeof(mount));
	if (error == -ENOENT) {
		print_message("# no cgroup v2 is mounted here\n");
		skip();
	}
	assert_int_equal(error, 0);
	assert_int_equal(cgroup_scan(NULL, NULL, count, &total), 0);
	assert_true(total >= 1);
	assert_int_equal(fstat(fd, &status), 0);
	if (name_to_handle_at(fd, "", &handle.header, &mount_id, AT_EMPTY_PATH) == 0) {
		memcpy(&id, handle.header.f_handle, sizeof(id));
		assert_int_equal(id, status.st_ino);
	} else {
		print_message("# name_to_handle_at: %s\n", strerror(errno));
	}
	assert_int_equal(close(fd), 0);
}

int main(void)
{
#define TREE_TEST(test) cmocka_unit_test_setup_teardown(test, tree_setup, tree_teardown)
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_the_whole_tree_is_walked),
		TREE_TEST(test_octal_escapes),
		TREE_TEST(test_which_mount_is_taken),
		TREE_TEST(test_missing_and_empty_mountinfo),
		TREE_TEST(test_links_and_files_are_passed_over),
		TREE_TEST(test_the_callback_ends_the_walk),
		TREE_TEST(test_depth_is_bounded),
		TREE_TEST(test_no_descriptor_leaks),
		cmocka_unit_test(test_the_real_hierarchy),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("cgroup_scan", tests, NULL, NULL);
}
