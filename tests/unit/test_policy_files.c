/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tui/policies/policy_files.h"

struct place {
	char directory[64];
	char path[96];
};

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));
	assert_non_null(place);
	strcpy(place->directory, "/tmp/polecat-files-XXXXXX");
	assert_non_null(mkdtemp(place->directory));
	snprintf(place->path, sizeof(place->path), "%s/a.yaml", place->directory);
	*state = place;
	return 0;
}

/* rmdir fails if a test leaves another file behind. */
static int tear_down(void **state)
{
	struct place *place = *state;
	unlink(place->path);
	int left = rmdir(place->directory);
	free(place);
	return left;
}

static void check_text(const char *path, const char *expected)
{
	char text[256];
	FILE *file = fopen(path, "re");

	assert_non_null(file);
	size_t length = fread(text, 1, sizeof(text) - 1, file);
	text[length] = '\0';
	fclose(file);
	assert_string_equal(text, expected);
}

static void write_as(const struct place *place, const char *text, bool force,
		     enum policy_file_result expected)
{
	enum policy_file_result result = (enum policy_file_result)99;

	assert_int_equal(
		policy_file_write(place->directory, "a.yaml", text, strlen(text), force, &result),
		0);
	assert_int_equal(result, expected);
}

static void test_writing(void **state)
{
	struct place *place = *state;
	struct stat status;
	mode_t mask = umask(027);

	write_as(place, "one", false, POLICY_FILE_WRITTEN);
	umask(mask);
	check_text(place->path, "one");
	assert_int_equal(stat(place->path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0640);

	write_as(place, "one", false, POLICY_FILE_SAME);
	write_as(place, "one", true, POLICY_FILE_SAME);
	write_as(place, "two", false, POLICY_FILE_KEPT);
	write_as(place, "on", false, POLICY_FILE_KEPT);
	write_as(place, "one more", false, POLICY_FILE_KEPT);
	check_text(place->path, "one");
	write_as(place, "two", true, POLICY_FILE_REPLACED);
	check_text(place->path, "two");
	unlink(place->path);
	write_as(place, "three", true, POLICY_FILE_WRITTEN);
	check_text(place->path, "three");
}

/* A pipe, a link or a folder is not overwritten. */
static void test_other_things(void **state)
{
	struct place *place = *state;
	enum policy_file_result result = POLICY_FILE_WRITTEN;

	assert_int_equal(mkfifo(place->path, 0600), 0);
	write_as(place, "one", false, POLICY_FILE_KEPT);
	unlink(place->path);
	assert_int_equal(symlink("/nonexistent/elsewhere", place->path), 0);
	write_as(place, "one", false, POLICY_FILE_KEPT);
	unlink(place->path);
	assert_int_equal(mkdir(place->path, 0700), 0);
	assert_int_not_equal(policy_file_write(place->directory, "a.yaml", "x", 1, true, &result),
			     0);
	rmdir(place->path);
	assert_int_equal(policy_file_write("/nonexistent", "a.yaml", "x", 1, false, &result),
			 -ENOENT);
}

static void test_directory(void **state)
{
	struct place *place = *state;
	char path[128];

	assert_int_equal(policy_directory_make(place->directory), 0);
	snprintf(path, sizeof(path), "%s/new", place->directory);
	assert_int_equal(policy_directory_make(path), 0);
	assert_int_equal(policy_directory_make(path), 0);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/new/deeper", place->directory);
	assert_int_equal(policy_directory_make(path), -ENOENT);
	write_as(place, "one", false, POLICY_FILE_WRITTEN);
	assert_int_equal(policy_directory_make(place->path), -ENOTDIR);
}

static void test_names(void **state)
{
	static const struct {
		const char *namespace_name;
		const char *name;
		const char *file;
	} cases[] = {
		{"shop", "cart", "shop-cart.yaml"},
		{NULL, "cart", "cart.yaml"},
		{"", "cart", "cart.yaml"},
		{"shop", "cart.v2_x", "shop-cart.v2_x.yaml"},
		{"..", "/etc/passwd", "_.-_etc_passwd.yaml"},
		{NULL, ".hidden", "_hidden.yaml"},
		{"a\nb", "c\033d", "a_b-c_d.yaml"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char file[POLICY_FILE_NAME_SIZE];
		policy_file_name(cases[i].namespace_name, cases[i].name, file);
		assert_string_equal(file, cases[i].file);
	}
	/* A file system allows 255 bytes. The longest names of Kubernetes fit, and the file name
	 * always ends with .yaml. */
	char name[300];
	char file[POLICY_FILE_NAME_SIZE];
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	policy_file_name(name, name, file);
	assert_true(strlen(file) <= 255);
	assert_string_equal(file + strlen(file) - 5, ".yaml");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_writing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other_things, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_directory, set_up, tear_down),
		cmocka_unit_test(test_names),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
