/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Saving a policy writes the whole file or nothing, and replaces an existing file only on request.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tui/dashboard/export.h"

static char folder[64];

static int make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/polecat-export-XXXXXX");
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static size_t count_files(void)
{
	DIR *directory = opendir(folder);
	size_t count = 0;

	assert_non_null(directory);
	for (const struct dirent *entry; (entry = readdir(directory));)
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(directory);
	return count;
}

static int remove_folder(void **state)
{
	DIR *directory = opendir(folder);

	(void)state;
	for (const struct dirent *entry; directory && (entry = readdir(directory));) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			remove(entry->d_name);
	}
	if (directory)
		closedir(directory);
	return chdir("/") || rmdir(folder);
}

static void expect_content(const char *path, const char *expected)
{
	char content[64] = "";
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	content[fread(content, 1, sizeof(content) - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(content, expected);
}

static void a_file_is_written(void **state)
{
	char path[128];

	(void)state;
	assert_int_equal(export_write("a.yaml", "one\n", 4, false), 0);
	expect_content("a.yaml", "one\n");
	snprintf(path, sizeof(path), "%s/b.yaml", folder);
	assert_int_equal(export_write(path, "two\n", 4, false), 0);
	expect_content("b.yaml", "two\n");
	/* Nothing else is left in the folder. */
	assert_int_equal(count_files(), 2);
}

static void a_file_is_replaced_only_on_request(void **state)
{
	(void)state;
	assert_int_equal(export_write("a.yaml", "one\n", 4, false), 0);
	assert_int_equal(export_write("a.yaml", "two\n", 4, false), -EEXIST);
	expect_content("a.yaml", "one\n");
	assert_int_equal(export_write("a.yaml", "two\n", 4, true), 0);
	expect_content("a.yaml", "two\n");
	assert_int_equal(count_files(), 1);
}

/* A link counts as an existing file, even a dangling one. Replacing it does not change its
 * target. */
static void links_are_not_followed(void **state)
{
	(void)state;
	assert_int_equal(export_write("target", "old\n", 4, false), 0);
	assert_int_equal(symlink("target", "link"), 0);
	assert_int_equal(symlink("nowhere", "broken"), 0);
	assert_int_equal(export_write("link", "new\n", 4, false), -EEXIST);
	assert_int_equal(export_write("broken", "new\n", 4, false), -EEXIST);
	assert_int_equal(export_write("link", "new\n", 4, true), 0);
	expect_content("target", "old\n");
	expect_content("link", "new\n");
}

static void failures_leave_nothing_behind(void **state)
{
	char name[300];

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(mkdir("folder", 0700), 0);
	assert_int_equal(export_write("folder", "x", 1, true), -EISDIR);
	assert_int_equal(export_write("missing/a.yaml", "x", 1, false), -ENOENT);
	assert_int_equal(export_write("", "x", 1, false), -ENOENT);
	assert_int_equal(export_write(name, "x", 1, false), -ENAMETOOLONG);
	assert_int_equal(count_files(), 1);
}

static void proposed_names_stay_in_the_folder(void **state)
{
	static const struct {
		const char *before;
		const char *after;
	} cases[] = {
		{"cart", "shop-cart.yaml"},
		{"../../etc/passwd", "shop-.._.._etc_passwd.yaml"},
		{"a b;c$(d)`e`", "shop-a_b_c__d__e_.yaml"},
		{"\033[31mred\n", "shop-__31mred_.yaml"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char name[POLICY_FILE_NAME_SIZE];

		policy_file_name("shop", cases[i].before, name);
		assert_string_equal(name, cases[i].after);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_file_is_written, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(a_file_is_replaced_only_on_request, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(links_are_not_followed, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(failures_leave_nothing_behind, make_folder,
						remove_folder),
		cmocka_unit_test(proposed_names_stay_in_the_folder),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
