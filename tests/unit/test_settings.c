/* SPDX-License-Identifier: Apache-2.0 */
/* The file of settings: reading, faults, and changes that keep the rest. */
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

#include <curses.h>

#include "core/base/file.h"
#include "tui/options/user_settings.h"

struct fixture {
	char folder[64];
	char path[PATH_MAX];
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	snprintf(fixture->folder, sizeof(fixture->folder), "/tmp/polecat-settings-XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	snprintf(fixture->path, sizeof(fixture->path), "%s/config.yaml", fixture->folder);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	unlink(fixture->path);
	rmdir(fixture->folder);
	free(fixture);
	return 0;
}

static void put(const struct fixture *fixture, const char *text)
{
	assert_int_equal(file_write(fixture->path, text, strlen(text), FILE_WRITE_REPLACE), 0);
}

static void expect_text(const struct fixture *fixture, const char *expected)
{
	char *text = NULL;
	size_t length = 0;

	assert_int_equal(file_read(fixture->path, 1 << 20, &text, &length), 0);
	assert_string_equal(text, expected);
	free(text);
}

static void paths_follow_the_environment(void **state)
{
	char path[PATH_MAX];

	(void)state;
	setenv("HOME", "/srv/a", 1);
	setenv("XDG_CONFIG_HOME", "/etc/a", 1);
	assert_int_equal(settings_path("config.yaml", path), 0);
	assert_string_equal(path, "/etc/a/polecat/config.yaml");
	setenv("XDG_CONFIG_HOME", "a", 1);
	assert_int_equal(settings_path("themes", path), 0);
	assert_string_equal(path, "/srv/a/.config/polecat/themes");
	unsetenv("XDG_CONFIG_HOME");
	assert_int_equal(settings_path("config.yaml", path), 0);
	assert_string_equal(path, "/srv/a/.config/polecat/config.yaml");
	unsetenv("HOME");
	assert_true(settings_path("config.yaml", path) < 0);
}

static void a_user_may_have_no_folder(void **state)
{
	const struct fixture *fixture = *state;
	char folder[PATH_MAX];
	char why[SETTINGS_WHY_SIZE];
	struct settings settings;

	unsetenv("XDG_CONFIG_HOME");
	unsetenv("HOME");
	memset(&settings, 'x', sizeof(settings));
	assert_int_equal(user_settings_set("theme", "paper", why), 0);
	assert_int_equal(user_settings_read(&settings, why), 0);
	assert_string_equal(settings.theme, "");
	setenv("XDG_CONFIG_HOME", fixture->folder, 1);
	assert_int_equal(user_settings_set("theme", "paper", why), 0);
	assert_int_equal(user_settings_set("splits", "1", why), -EINVAL);
	assert_int_equal(user_settings_read(&settings, why), 0);
	assert_string_equal(settings.theme, "paper");
	unsetenv("XDG_CONFIG_HOME");
	snprintf(folder, sizeof(folder), "%s/polecat/config.yaml", fixture->folder);
	assert_int_equal(unlink(folder), 0);
	snprintf(folder, sizeof(folder), "%s/polecat", fixture->folder);
	assert_int_equal(rmdir(folder), 0);
}

static void settings_are_read(void **state)
{
	static const struct {
		const char *text;
		const char *theme;
	} cases[] = {
		{"", ""},
		{"# nothing\n", ""},
		{"theme: dusk\n", "dusk"},
		{"theme: \"du sk\" # mine\n", "du sk"},
		{"{theme: dusk}", "dusk"},
	};
	const struct fixture *fixture = *state;
	struct settings settings;
	char why[SETTINGS_WHY_SIZE] = "";

	/* A missing file has no settings. */
	assert_int_equal(settings_read(fixture->path, &settings, why), 0);
	assert_string_equal(settings.theme, "");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		put(fixture, cases[i].text);
		if (settings_read(fixture->path, &settings, why))
			fail_msg("case %zu: %s", i, why);
		assert_string_equal(settings.theme, cases[i].theme);
	}
}

static void faults_have_a_place(void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} cases[] = {
		{"theme: dusk\ncolour: red\n",
		 "config.yaml:2: no setting 'colour': theme, policy, columns, connections, splits, "
		 "keys, filters was expected"},
		{"policy: flat\n", "config.yaml:1: rules or yaml was expected"},
		{"theme: dusk\ncolumns: pod,uid\n",
		 "config.yaml:2: no column 'uid': some of node,namespace,"},
		{"columns: [pod]\n", "config.yaml:1: "},
		{"splits: '1 2 3'\n", "config.yaml:1: 6 numbers from 0 to 990 were expected"},
		{"splits: '1 2 3 4 5 6 7'\n", "config.yaml:1: 6 numbers"},
		{"splits: '1 2 3 4 5 991'\n", "config.yaml:1: 6 numbers"},
		{"splits: '1 2 3 4 5 -1'\n", "config.yaml:1: 6 numbers"},
		{"keys: s\n", "config.yaml:1: actions with their keys were expected"},
		{"keys:\n  sort: F6\n  sotr: o\n", "config.yaml:3: no action 'sotr': an action of"},
		{"keys:\n  sort: [F6, Hyper-x]\n",
		 "config.yaml:2: no key 'Hyper-x': a character, "},
		{"keys:\n  sort: {a: b}\n", "config.yaml:2: no key ''"},
		{"keys:\n  sort: Ctrl-C\n", "config.yaml:2: no key 'Ctrl-C'"},
		{"keys:\n  sort: o\n  only: O\n  sort: a\n", "config.yaml:4: "},
		{"keys:\n  sort: o\n", "config.yaml:2: o is a key of only: another key was "
				       "expected, or other keys for only"},
		{"keys:\n  sort: J\n  copy: J\n", "config.yaml:"},
		{"keys:\n  sort: [a, Enter, d, f, m, r, F2]\n",
		 "config.yaml:2: fewer keys for one action were expected"},
		{"connections: flat\n", "config.yaml:1: folded or unfolded was expected"},
		{"theme: 7\n", "config.yaml:1: "},
		{"theme: [a]\n", "config.yaml:1: "},
		{"- a\n", "config.yaml:1: "},
		{"theme: dusk\ntheme: moss\n", "config.yaml:2: "},
		{"theme: 'dusk\n", "config.yaml:"},
		{"filters: x\n", "config.yaml:1: filters: a mapping NAME: EXPRESSION was expected"},
		{"filters:\n  a b: x\n", "config.yaml:2: a name of at most 32 letters"},
		{"filters:\n  a: x\n  a: y\n", "config.yaml:3: a: this name is repeated"},
		{"filters:\n  a: \"\"\n", "config.yaml:2: a: an expression of at most"},
		{"filters:\n  a: [x]\n", "config.yaml:2: "},
		{"filters:\n  a: port:80\n  b: \"ns:x port:y\"\n",
		 "config.yaml:3: b, column 11: a port (0 to 65535)"},
		{"filters:\n  a: \"@b\"\n  b: \"!@a\"\n",
		 "config.yaml:2: a, column 1: @b, column 2: @a"},
		{"filters:\n  a: \"@c\"\n",
		 "config.yaml:2: a, column 1: no filter has the name c; known are @a"},
	};
	const struct fixture *fixture = *state;
	struct settings settings;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char why[SETTINGS_WHY_SIZE] = "";

		put(fixture, cases[i].text);
		assert_true(settings_read(fixture->path, &settings, why) < 0);
		if (!strstr(why, cases[i].why))
			fail_msg("case %zu: %s", i, why);
		assert_string_equal(settings.theme, "");
		/* A faulty file is not changed. */
		assert_true(settings_set(fixture->path, "theme", "moss", why) < 0);
		expect_text(fixture, cases[i].text);
	}
}

static void changes_keep_the_rest(void **state)
{
	static const struct {
		const char *before;
		const char *after;
	} cases[] = {
		{"", "theme: \"moss\"\n"},
		{"# mine\n", "# mine\ntheme: \"moss\"\n"},
		{"# mine", "# mine\ntheme: \"moss\"\n"},
		{"# a\ntheme: dusk\n# b\n", "# a\ntheme: \"moss\"\n# b\n"},
		{"theme: dusk", "theme: \"moss\"\n"},
		{"theme: \"moss\"  # as it is\n", "theme: \"moss\"  # as it is\n"},
	};
	const struct fixture *fixture = *state;
	char why[SETTINGS_WHY_SIZE] = "";
	struct settings settings;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		put(fixture, cases[i].before);
		if (settings_set(fixture->path, "theme", "moss", why))
			fail_msg("case %zu: %s", i, why);
		expect_text(fixture, cases[i].after);
	}
	assert_int_equal(settings_set(fixture->path, "theme", "a \"b\" \\c", why), 0);
	assert_int_equal(settings_read(fixture->path, &settings, why), 0);
	assert_string_equal(settings.theme, "a \"b\" \\c");
	put(fixture, "{theme: dusk}\n");
	assert_true(settings_set(fixture->path, "theme", "moss", why) < 0);
	assert_non_null(strstr(why, "config.yaml:1: a line \"theme: VALUE\" was expected"));
	expect_text(fixture, "{theme: dusk}\n");
}

static void each_setting_keeps_the_others(void **state)
{
	const struct fixture *fixture = *state;
	char why[SETTINGS_WHY_SIZE] = "";
	struct settings settings;

	put(fixture, "# a\ntheme: dusk\n");
	assert_int_equal(settings_set(fixture->path, "policy", SETTINGS_POLICY_YAML, why), 0);
	expect_text(fixture, "# a\ntheme: dusk\npolicy: \"yaml\"\n");
	assert_int_equal(settings_set(fixture->path, "theme", "moss", why), 0);
	assert_int_equal(settings_set(fixture->path, "policy", SETTINGS_POLICY_RULES, why), 0);
	expect_text(fixture, "# a\ntheme: \"moss\"\npolicy: \"rules\"\n");
	assert_int_equal(settings_read(fixture->path, &settings, why), 0);
	assert_string_equal(settings.policy, SETTINGS_POLICY_RULES);
	assert_string_equal(settings.connections, "");
	assert_int_equal(
		settings_set(fixture->path, "connections", SETTINGS_CONNECTIONS_UNFOLDED, why), 0);
	expect_text(fixture,
		    "# a\ntheme: \"moss\"\npolicy: \"rules\"\nconnections: \"unfolded\"\n");
	assert_int_equal(settings_read(fixture->path, &settings, why), 0);
	assert_string_equal(settings.connections, SETTINGS_CONNECTIONS_UNFOLDED);
}

static void filters_are_read(void **state)
{
	const struct fixture *fixture = *state;
	char why[SETTINGS_WHY_SIZE] = "";
	struct filter_names names;

	assert_int_equal(settings_read_filters(fixture->path, &names, why), 0);
	assert_int_equal(names.count, 0);
	put(fixture, "theme: dusk\nfilters:\n  web: port:80,443\n  slow: \"@web lat>1s\"\n");
	assert_int_equal(settings_read_filters(fixture->path, &names, why), 0);
	assert_int_equal(names.count, 2);
	assert_string_equal(names.items[0].name, "slow");
	assert_string_equal(names.items[0].text, "@web lat>1s");
	assert_string_equal(filter_names_find(&names, "web", 3), "port:80,443");
	assert_null(filter_names_find(&names, "we", 2));
	filter_names_clear(&names);
}

static void filters_are_changed_in_place(void **state)
{
	static const struct {
		const char *before;
		const char *name;
		const char *text; /* NULL: remove */
		const char *after;
	} cases[] = {
		{"", "a", "x", "filters:\n  a: \"x\"\n"},
		{"# c\ntheme: dusk", "a", "x", "# c\ntheme: dusk\nfilters:\n  a: \"x\"\n"},
		{"filters:\n    b: v # why\ntheme: dusk\n", "a", "x \"y\"",
		 "filters:\n    a: \"x \\\"y\\\"\"\n    b: v # why\ntheme: dusk\n"},
		{"filters:\n  b: v\n  a: z\n  c: z\n", "a", "x",
		 "filters:\n  b: v\n  a: \"x\"\n  c: z\n"},
		{"filters:\n", "a", "x", "filters:\n  a: \"x\"\n"},
		{"filters: {}\n", "a", "x", "filters:\n  a: \"x\"\n"},
		{"filters:\n  b: v\n  a: z\n", "a", NULL, "filters:\n  b: v\n"},
		{"filters:\n  a: z\ntheme: dusk\n", "a", NULL, "filters:\ntheme: dusk\n"},
		{"filters:\n  a: x\n", "a", "x", "filters:\n  a: x\n"},
	};
	const struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char why[SETTINGS_WHY_SIZE] = "";

		put(fixture, cases[i].before);
		if (settings_set_filter(fixture->path, cases[i].name, cases[i].text, why))
			fail_msg("case %zu: %s", i, why);
		expect_text(fixture, cases[i].after);
	}
}

static void faulty_changes_of_filters_are_refused(void **state)
{
	static const struct {
		const char *before;
		const char *name;
		const char *text;
		const char *why;
	} cases[] = {
		{"filters: {a: x}\n", "b", "y", "a line \"b: VALUE\" was expected"},
		{"filters:\n  a: x\n    v\n", "a", "z", "a line \"a: VALUE\" was expected"},
		{"filters:\n  'a': x\n", "a", "z", "a line \"a: VALUE\" was expected"},
		{"filters:\n  a: x\n", "b", NULL, "there is no filter @b"},
		{"theme: dusk\n", "b", NULL, "there is no filter @b"},
		{"filters:\n  a: \"@b\"\n  b: x\n", "b", NULL,
		 "@a, column 1: no filter has the name b"},
		{"filters:\n  a: \"@b\"\n  b: x\n", "b", "@a", "@b contains itself"},
	};
	const struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char why[SETTINGS_WHY_SIZE] = "";

		put(fixture, cases[i].before);
		assert_true(settings_set_filter(fixture->path, cases[i].name, cases[i].text, why) <
			    0);
		if (!strstr(why, cases[i].why))
			fail_msg("case %zu: %s", i, why);
		expect_text(fixture, cases[i].before);
	}
}

static void folders_and_links_are_followed(void **state)
{
	const struct fixture *fixture = *state;
	char why[SETTINGS_WHY_SIZE] = "";
	char deep[PATH_MAX];
	char link[PATH_MAX];
	char *text = NULL;
	size_t length = 0;
	struct stat info;

	snprintf(deep, sizeof(deep), "%s/a/b/config.yaml", fixture->folder);
	snprintf(link, sizeof(link), "%s/link.yaml", fixture->folder);
	assert_int_equal(settings_set(deep, "theme", "dusk", why), 0);
	assert_int_equal(symlink(deep, link), 0);
	assert_int_equal(settings_set(link, "theme", "moss", why), 0);
	assert_int_equal(lstat(link, &info), 0);
	assert_true(S_ISLNK(info.st_mode));
	assert_int_equal(file_read(deep, 1 << 20, &text, &length), 0);
	assert_string_equal(text, "theme: \"moss\"\n");
	free(text);
	unlink(link);
	unlink(deep);
	snprintf(deep, sizeof(deep), "%s/a/b", fixture->folder);
	rmdir(deep);
	snprintf(deep, sizeof(deep), "%s/a", fixture->folder);
	rmdir(deep);
}

static void keys_are_read(void **state)
{
	const struct fixture *fixture = *state;
	char why[SETTINGS_WHY_SIZE] = "";
	struct settings settings;

	put(fixture, "theme: dusk\nkeys:\n  sort: [o, 'F6']\n  only: O\n  play: []\n  zoom: 5\n");
	assert_int_equal(settings_read(fixture->path, &settings, why), 0);
	assert_true(settings.keys.set[ACTION_SORT]);
	assert_int_equal(settings.keys.keys[ACTION_SORT][0], 'o');
	assert_int_equal(settings.keys.keys[ACTION_SORT][1], KEY_F(6));
	assert_int_equal(settings.keys.keys[ACTION_ZOOM][0], '5');
	assert_true(settings.keys.set[ACTION_PLAY]);
	assert_int_equal(settings.keys.keys[ACTION_PLAY][0], 0);
	assert_false(settings.keys.set[ACTION_COPY]);
	/* Another setting that is written keeps them. */
	assert_int_equal(settings_set(fixture->path, "theme", "moss", why), 0);
	expect_text(fixture, "theme: \"moss\"\nkeys:\n  sort: [o, 'F6']\n  only: O\n  play: []\n"
			     "  zoom: 5\n");
	put(fixture, "keys:\n");
	assert_int_equal(settings_read(fixture->path, &settings, why), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_follow_the_environment),
		cmocka_unit_test_setup_teardown(a_user_may_have_no_folder, setup, teardown),
		cmocka_unit_test_setup_teardown(settings_are_read, setup, teardown),
		cmocka_unit_test_setup_teardown(faults_have_a_place, setup, teardown),
		cmocka_unit_test_setup_teardown(keys_are_read, setup, teardown),
		cmocka_unit_test_setup_teardown(changes_keep_the_rest, setup, teardown),
		cmocka_unit_test_setup_teardown(each_setting_keeps_the_others, setup, teardown),
		cmocka_unit_test_setup_teardown(filters_are_read, setup, teardown),
		cmocka_unit_test_setup_teardown(filters_are_changed_in_place, setup, teardown),
		cmocka_unit_test_setup_teardown(faulty_changes_of_filters_are_refused, setup,
						teardown),
		cmocka_unit_test_setup_teardown(folders_and_links_are_followed, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
