/* SPDX-License-Identifier: Apache-2.0 */
/* The paths of policies on a command line: files, folders, links and pipes, and their messages. */
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

#include "tests/support/work_folder.h"
#include "tui/dashboard/screen/theme_files.h"
#include "tui/policies/netpol_load.h"
#include "tui/policies/policy_watch.h"

#define MESSAGES_SIZE 2048

/* All messages of a load, one on a line, each after its status. */
struct messages {
	char text[MESSAGES_SIZE];
	size_t length;
};

static void put_policy(const char *path, const char *name)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "apiVersion: networking.k8s.io/v1\n"
		 "kind: NetworkPolicy\n"
		 "metadata: {name: %s, namespace: shop}\n"
		 "spec: {podSelector: {}}\n",
		 name);
	work_folder_put(path, text);
}

static void add_message(void *data, int status, const char *text)
{
	struct messages *messages = data;

	messages->length +=
		(size_t)snprintf(messages->text + messages->length,
				 MESSAGES_SIZE - messages->length, "%d %s\n", status, text);
	assert_true(messages->length < MESSAGES_SIZE);
}

/* Loads paths, of which "" ends the list. Fails unless the set has the policies of these names, in
 * this order, and the messages are as expected. */
static void expect_load(const char *const paths[2], int status, const char *names,
			const char *expected)
{
	struct messages messages = {.length = 0};
	const struct netpol_load_report report = {add_message, &messages};
	struct netpol_set set = {0};
	char found[256] = "";
	size_t length = 0;

	assert_int_equal(netpol_load_paths(paths, paths[1] ? 2 : 1, &report, &set), status);
	for (size_t i = 0; i < set.count; i++)
		length += (size_t)snprintf(found + length, sizeof(found) - length, "%s%s",
					   i ? " " : "", set.items[i].name);
	assert_string_equal(found, names);
	assert_string_equal(messages.text, expected);
	netpol_set_clear(&set);
}

static void test_names(void **state)
{
	static const struct {
		const char *name;
		bool is_read;
		bool is_theme;
	} cases[] = {
		{"a.yaml", true, true},       {"a.yml", true, true},   {"a.json", true, false},
		{"a.b.yaml", true, true},     {"a.txt", false, false}, {"a.yamlx", false, false},
		{"a.yaml.txt", false, false}, {"ayaml", false, false}, {"yaml", false, false},
		{"a", false, false},          {"", false, false},
	};
	static const struct {
		const char *path;
		bool is_stream;
	} paths[] = {
		{"-", true},          {"/dev/stdin", true},
		{"/dev/fd/63", true}, {"/proc/self/fd/11", true},
		{"--", false},        {"/dev/stdin2", false},
		{"/dev/f/3", false},  {"/proc/self/fdinfo/3", false},
		{"a.yaml", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(netpol_load_reads(cases[i].name), cases[i].is_read);
		assert_int_equal(theme_files_is_path(cases[i].name), cases[i].is_theme);
	}
	assert_true(theme_files_is_path("./mine"));
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		assert_int_equal(netpol_load_is_stream(paths[i].path), paths[i].is_stream);
		assert_int_equal(policy_watch_is_stream(paths[i].path), paths[i].is_stream);
	}
}

/* A pipe and a device can be read only once. A file and a folder can be watched. */
static void test_streams(void **state)
{
	(void)state;
	assert_int_equal(mkfifo("pipe", 0600), 0);
	work_folder_put("file", "");
	assert_true(policy_watch_is_stream("pipe"));
	assert_true(policy_watch_is_stream("/dev/null"));
	assert_false(policy_watch_is_stream("file"));
	assert_false(policy_watch_is_stream("."));
	assert_false(policy_watch_is_stream("missing"));
}

static void test_folder(void **state)
{
	(void)state;
	assert_int_equal(mkdir("all", 0755), 0);
	assert_int_equal(mkdir("all/c", 0755), 0);
	put_policy("all/b.yaml", "second");
	put_policy("all/a.yml", "first");
	put_policy("all/c/a.json", "third");
	put_policy("all/.hidden.yaml", "hidden");
	put_policy("all/notes.txt", "text");
	put_policy("d.yaml", "fourth");
	assert_int_equal(symlink("../d.yaml", "all/d.yaml"), 0);
	/* Links to folders are not followed: they may be a loop. */
	assert_int_equal(symlink("..", "all/e.yaml"), 0);
	expect_load((const char *const[]){"all", NULL}, 0, "first second third fourth", "");
	expect_load((const char *const[]){"all/c", "all/b.yaml"}, 0, "third second", "");
	/* A file that the command line names may have any name. */
	expect_load((const char *const[]){"all/notes.txt", NULL}, 0, "text", "");
}

static void test_empty(void **state)
{
	(void)state;
	assert_int_equal(mkdir("empty", 0755), 0);
	work_folder_put("empty/notes.txt", "");
	expect_load((const char *const[]){"empty", NULL}, 4, "",
		    "4 empty: no .yaml, .yml or .json file in it\n");
	work_folder_put("other.yaml", "kind: Service\napiVersion: v1\nmetadata: {name: a}\n");
	expect_load((const char *const[]){"other.yaml", NULL}, 0, "",
		    "0 other.yaml: no NetworkPolicy in it (1 document of other kinds)\n");
	work_folder_put("others.yaml", "kind: Service\napiVersion: v1\nmetadata: {name: a}\n---\n"
				       "kind: Service\napiVersion: v1\nmetadata: {name: b}\n");
	expect_load((const char *const[]){"others.yaml", NULL}, 0, "",
		    "0 others.yaml: no NetworkPolicy in it (2 documents of other kinds)\n");
	work_folder_put("mixed.yaml",
			"kind: Service\napiVersion: v1\nmetadata: {name: a}\n---\n"
			"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
			"metadata: {name: one, namespace: shop}\nspec: {podSelector: {}}\n");
	expect_load((const char *const[]){"mixed.yaml", NULL}, 0, "one",
		    "0 mixed.yaml: 1 document of other kinds skipped\n");
}

static void test_errors(void **state)
{
	(void)state;
	expect_load((const char *const[]){"missing.yaml", NULL}, 4, "",
		    "4 missing.yaml: No such file or directory\n");
	work_folder_put("broken.yaml", "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
				       "metadata: {name: one}\nspec: {podSelector: 1}\n");
	put_policy("good.yaml", "good");
	/* The other files are read, too. */
	expect_load((const char *const[]){"broken.yaml", "good.yaml"}, 4, "good",
		    "4 broken.yaml:4:21: podSelector: a mapping of fields was expected\n");
	assert_int_equal(mkdir("special", 0755), 0);
	assert_int_equal(mkfifo("special/a.yaml", 0600), 0);
	expect_load((const char *const[]){"special", NULL}, 4, "",
		    "4 special/a.yaml: a file was expected, not a pipe\n");
	expect_load((const char *const[]){"/dev/null", NULL}, 4, "",
		    "4 /dev/null: a file was expected, not a device or socket\n");
}

static void test_duplicates(void **state)
{
	(void)state;
	put_policy("one.yaml", "same");
	put_policy("two.yaml", "same");
	expect_load((const char *const[]){"one.yaml", "two.yaml"}, 4, "same same",
		    "4 two.yaml:1:1: NetworkPolicy shop/same is also in one.yaml:1: when applied, "
		    "the second replaces the first\n");
	put_policy("three.yaml", "other");
	expect_load((const char *const[]){"one.yaml", "three.yaml"}, 0, "same other", "");
}

/* Folders are read down to NETPOL_LOAD_DEPTH_MAX. */
static void test_depth(void **state)
{
	char path[256] = "deep";
	char message[512];

	(void)state;
	assert_int_equal(mkdir(path, 0755), 0);
	for (int i = 0; i < NETPOL_LOAD_DEPTH_MAX; i++) {
		strcat(path, "/d");
		assert_int_equal(mkdir(path, 0755), 0);
	}
	strcat(path, "/a.yaml");
	put_policy(path, "deepest");
	expect_load((const char *const[]){"deep", NULL}, 0, "deepest", "");
	strcpy(strrchr(path, '/'), "/d");
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(message, sizeof(message), "4 %s: too many folders in folders\n", path);
	expect_load((const char *const[]){"deep", NULL}, 4, "deepest", message);
}

/* The first error is kept, or the last note before any. */
static void test_first_message(void **state)
{
	char text[32] = "";
	struct netpol_load_first first = {text, sizeof(text), false};

	(void)state;
	netpol_load_keep_first(&first, 0, "a note");
	assert_false(first.is_error);
	netpol_load_keep_first(&first, 0, "a later note");
	assert_string_equal(text, "a later note");
	netpol_load_keep_first(&first, 4, "an error");
	netpol_load_keep_first(&first, 4, "a later error");
	netpol_load_keep_first(&first, 0, "a last note");
	assert_true(first.is_error);
	assert_string_equal(text, "an error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),  cmocka_unit_test(test_streams),
		cmocka_unit_test(test_folder), cmocka_unit_test(test_empty),
		cmocka_unit_test(test_errors), cmocka_unit_test(test_duplicates),
		cmocka_unit_test(test_depth),  cmocka_unit_test(test_first_message),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("netpol_load", tests, work_folder_enter,
					   work_folder_remove);
}
