/* SPDX-License-Identifier: Apache-2.0 */
/* Schemes as YAML, the shipped themes, and those of the user. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/file.h"
#include "tui/dashboard/screen/palette.h"
#include "tui/dashboard/screen/theme_files.h"

#define COLOURS(indent)                                                    \
	indent "base00: \"101010\"\n" indent "base01: \"181818\"\n" indent \
	       "base02: \"202020\"\n" indent "base03: \"a0a0a0\"\n" indent \
	       "base04: \"b0b0b0\"\n" indent "base05: \"d0d0d0\"\n" indent \
	       "base06: \"e0e0e0\"\n" indent "base07: \"f0f0f0\"\n" indent \
	       "base08: \"ff8080\"\n" indent "base09: \"ffa060\"\n" indent \
	       "base0A: \"f0d060\"\n" indent "base0B: \"80d080\"\n" indent \
	       "base0C: \"80d0d0\"\n" indent "base0D: \"80c0ff\"\n" indent \
	       "base0E: \"e0a0ff\"\n" indent "base0F: \"c0a080\"\n"
#define PALETTE "system: base16\nname: \"Test\"\nvariant: dark\npalette:\n" COLOURS("  ")

static struct scheme read_scheme(const char *text)
{
	struct yaml_error error = {0};
	struct scheme scheme;

	if (scheme_read(text, strlen(text), &scheme, &error))
		fail_msg("line %u: %s", error.line, error.message);
	return scheme;
}

static void both_forms_are_read(void **state)
{
	const struct scheme old = read_scheme("scheme: \"Test\"\nauthor: \"nobody\"\n" COLOURS(""));
	const struct scheme new = read_scheme(PALETTE);

	(void)state;
	assert_memory_equal(&old, &new, sizeof(old));
	assert_false(new.light);
	assert_false(new.on_terminal);
	assert_false(new.monochrome);
	assert_int_equal(new.background, 0x101010);
	assert_int_equal(new.selection, 0x202020);
	assert_int_equal(new.colours[ROLE_TEXT], 0xd0d0d0);
	assert_int_equal(new.colours[ROLE_FAILED], 0xff8080);
	assert_int_equal(new.colours[ROLE_HANGING], 0xf0d060);
	assert_int_equal(new.selected[ROLE_FAILED], 0xff8080);
	assert_int_equal(new.adjusted, 0);
}

/* Colours without quotes are numbers in YAML. A colour may begin with #. */
static void colours_are_texts(void **state)
{
	const struct scheme scheme =
		read_scheme("base00: 000000\nbase01: 111111\nbase02: 010101\n"
			    "base03: 999999\nbase04: 888888\nbase05: '#aabbcc'\n"
			    "base06: EEEEEE\nbase07: ffffff\nbase08: 1e1e99\n"
			    "base09: 999999\nbase0a: 888888\nbase0b: 999999\n"
			    "base0C: 999999\nbase0D: 888888\nbase0E: 999999\n"
			    "base0F: 999999\n");

	(void)state;
	assert_int_equal(scheme.background, 0);
	assert_int_equal(scheme.colours[ROLE_TEXT], 0xaabbcc);
	assert_int_equal(scheme.colours[ROLE_HANGING], 0x888888);
	/* Dark blue on black is made readable. */
	assert_true(scheme.adjusted > 0);
	assert_true(palette_contrast(scheme.colours[ROLE_FAILED], 0) >= PALETTE_READABLE);
}

static void base24_has_bright_colours(void **state)
{
	const struct scheme scheme =
		read_scheme(PALETTE "  base10: \"080808\"\n  base11: \"000000\"\n"
				    "  base12: \"ff9999\"\n  base13: \"ffee88\"\n"
				    "  base14: \"99ee99\"\n  base15: \"99eeee\"\n"
				    "  base16: \"99ccff\"\n  base17: \"eebbff\"\n");

	(void)state;
	assert_int_equal(scheme.colours[ROLE_ERROR], 0xff9999);
	assert_int_equal(scheme.colours[ROLE_HANGING], 0xffee88);
	assert_int_equal(scheme.colours[ROLE_KEY], 0x99ccff);
	assert_int_equal(scheme.colours[ROLE_FAILED], 0xff8080);
}

static void roles_can_be_set(void **state)
{
	const struct scheme scheme =
		read_scheme(PALETTE "polecat:\n  background: terminal\n  monochrome: false\n"
				    "  roles:\n    failed: base0E\n    policy-key: 'c0ffee'\n");

	(void)state;
	assert_true(scheme.on_terminal);
	assert_int_equal(scheme.colours[ROLE_FAILED], 0xe0a0ff);
	assert_int_equal(scheme.colours[ROLE_POLICY_KEY], 0xc0ffee);
}

static void faults_have_a_line(void **state)
{
	static const struct {
		const char *text;
		unsigned int line;
		const char *message;
	} cases[] = {
		{"", 1, "a scheme of base16 or base24 was expected"},
		{"- a\n", 1, "a scheme of base16 or base24 was expected"},
		{"name: x\n", 1, "base00 is missing"},
		{"name: x\npalette: 7\n", 2, "base00 to base0F were expected"},
		{"palette:\n  base00: \"101010\"\n", 2, "base01 is missing"},
		{"base00: red\n", 1, "base00: a colour of six hexadecimal digits"},
		{"base00: \"12345\"\n", 1, "six hexadecimal digits"},
		{"base00: \"1234567\"\n", 1, "six hexadecimal digits"},
		{"\nbase00: #101010\n", 2, "needs quotes"},
		{"base00: [1]\n", 1, "six hexadecimal digits"},
		{PALETTE "polecat: 1\n", 21, "background, monochrome or roles"},
		{PALETTE "polecat:\n  colour: red\n", 22, "background, monochrome or roles"},
		{PALETTE "polecat:\n  background: red\n", 22, "terminal or own was expected"},
		{PALETTE "polecat:\n  monochrome: 1\n", 22, "true or false was expected"},
		{PALETTE "polecat:\n  roles: 1\n", 22, "a mapping of roles"},
		{PALETTE "polecat:\n  roles:\n    fialed: base08\n", 23, "no role 'fialed'"},
		{PALETTE "polecat:\n  roles:\n    failed: base12\n", 23, "no base12"},
		{PALETTE "polecat:\n  roles:\n    failed: crimson\n", 23, "six hexadecimal"},
		{"base00: \"10\n", 2, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct yaml_error error = {0};
		struct scheme scheme;

		assert_int_equal(scheme_read(cases[i].text, strlen(cases[i].text), &scheme, &error),
				 -EBADMSG);
		if (error.line != cases[i].line || !strstr(error.message, cases[i].message))
			fail_msg("case %zu: line %u: %s", i, error.line, error.message);
	}
}

/* Roles of the table's rows, which can be selected. */
static bool is_in_rows(enum role role)
{
	return role != ROLE_COLUMN && role != ROLE_BORDER;
}

/* In each shipped theme, each role is readable, as it is in the file and in 256 colours. */
static void shipped_themes_are_readable(void **state)
{
	struct theme_names names;
	unsigned int light = 0;
	unsigned int monochrome = 0;

	(void)state;
	assert_int_equal(theme_files_list(NULL, &names), 0);
	assert_true(names.count >= 8);
	for (size_t i = 0; i < names.count; i++) {
		char why[THEME_WHY_SIZE] = "";
		struct scheme scheme;

		if (theme_files_read(NULL, names.items[i], &scheme, why))
			fail_msg("%s", why);
		light += scheme.light;
		monochrome += scheme.monochrome;
		for (int role = 0; role < ROLE_COUNT; role++) {
			uint32_t colour = scheme.colours[role];
			uint32_t indexed = palette_rgb(palette_nearest(scheme.background, 0, 0));
			int number = palette_nearest(colour, indexed, PALETTE_READABLE);

			if (palette_contrast(colour, scheme.background) < PALETTE_READABLE ||
			    palette_contrast(palette_rgb(number), indexed) < PALETTE_READABLE)
				fail_msg("%s: %s", names.items[i],
					 role_style((enum role)role)->name);
			if (is_in_rows((enum role)role) &&
			    (scheme.selected[role] != colour ||
			     palette_contrast(colour, scheme.selection) < PALETTE_READABLE))
				fail_msg("%s: %s in the selected row", names.items[i],
					 role_style((enum role)role)->name);
		}
		if (scheme.adjusted)
			fail_msg("%s: %u colours have too little contrast", names.items[i],
				 scheme.adjusted);
	}
	assert_true(light >= 2);
	assert_true(monochrome >= 1);
	theme_names_clear(&names);
}

static void every_role_has_a_style_and_is_documented(void **state)
{
	char *text = NULL;
	size_t length = 0;

	(void)state;
	assert_int_equal(file_read("themes/README.md", 1 << 20, &text, &length), 0);
	for (int role = 0; role < ROLE_COUNT; role++) {
		const struct role_style *style = role_style((enum role)role);
		enum role found;

		assert_non_null(style->name);
		assert_true(role_find(style->name, &found));
		assert_int_equal(found, role);
		if (!strstr(text, style->name))
			fail_msg("themes/README.md lacks the role %s", style->name);
	}
	free(text);
}

static void write_file(const char *folder, const char *name, const char *text)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(file_write(path, text, strlen(text), FILE_WRITE_REPLACE), 0);
}

static void remove_file(const char *folder, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	unlink(path);
}

static void themes_of_the_user_are_found(void **state)
{
	char folder[] = "/tmp/polecat-themes-XXXXXX";
	char why[THEME_WHY_SIZE] = "";
	char path[512];
	struct theme_names names;
	struct scheme scheme;
	size_t shipped;

	(void)state;
	assert_int_equal(theme_files_list(NULL, &names), 0);
	shipped = names.count;
	theme_names_clear(&names);
	assert_non_null(mkdtemp(folder));
	write_file(folder, "mine.yaml", PALETTE);
	write_file(folder, "old.yml", COLOURS(""));
	write_file(folder, "dark.yaml", PALETTE);
	write_file(folder, "broken.yaml", "base00: red\n");
	write_file(folder, "note.txt", "");
	assert_int_equal(theme_files_list(folder, &names), 0);
	assert_int_equal(names.count, shipped + 3);
	for (size_t i = 1; i < names.count; i++)
		assert_true(strcmp(names.items[i - 1], names.items[i]) < 0);
	theme_names_clear(&names);
	assert_int_equal(theme_files_read(folder, "mine", &scheme, why), 0);
	assert_int_equal(scheme.background, 0x101010);
	assert_int_equal(theme_files_read(folder, "old", &scheme, why), 0);
	/* A file of the user replaces a shipped theme. */
	assert_int_equal(theme_files_read(folder, "dark", &scheme, why), 0);
	assert_int_equal(scheme.background, 0x101010);
	assert_int_equal(theme_files_read(folder, "broken", &scheme, why), -EBADMSG);
	assert_non_null(strstr(why, "/broken.yaml:1: base00: a colour"));
	snprintf(path, sizeof(path), "%s/old.yml", folder);
	assert_int_equal(theme_files_read(NULL, path, &scheme, why), 0);
	snprintf(path, sizeof(path), "%s/missing.yml", folder);
	assert_int_equal(theme_files_read(NULL, path, &scheme, why), -ENOENT);
	assert_non_null(strstr(why, "missing.yml: "));
	assert_int_equal(theme_files_read(folder, "mien", &scheme, why), -ENOENT);
	assert_non_null(strstr(why, "no theme mien; did you mean mine?"));
	assert_int_equal(theme_files_read(NULL, "zzzzzzzz", &scheme, why), -ENOENT);
	assert_non_null(strstr(why, ": there are contrast, dark, "));
	remove_file(folder, "mine.yaml");
	remove_file(folder, "old.yml");
	remove_file(folder, "dark.yaml");
	remove_file(folder, "broken.yaml");
	remove_file(folder, "note.txt");
	rmdir(folder);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_forms_are_read),
		cmocka_unit_test(colours_are_texts),
		cmocka_unit_test(base24_has_bright_colours),
		cmocka_unit_test(roles_can_be_set),
		cmocka_unit_test(faults_have_a_line),
		cmocka_unit_test(shipped_themes_are_readable),
		cmocka_unit_test(every_role_has_a_style_and_is_documented),
		cmocka_unit_test(themes_of_the_user_are_found),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
