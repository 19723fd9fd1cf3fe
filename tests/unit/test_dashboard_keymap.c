/* SPDX-License-Identifier: Apache-2.0 */
/* The table of keys, and the README's table of keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <ctype.h>
#include <curses.h>
#include <dirent.h>

#include "tui/dashboard/screen/keymap.h"

static void each_row_is_complete(void **state)
{
	(void)state;
	for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++) {
		const struct key_binding *binding = keymap_binding((enum action)action);

		if (!binding->name || !binding->help || !binding->keys[0])
			fail_msg("the key \"%s\" (%s) lacks its keys, name or help",
				 binding->name ? binding->name : "?",
				 binding->help ? binding->help : "?");
		assert_int_equal(binding->action, action);
		assert_non_null(keymap_heading(binding->group));
		/* keymap_action would return the action of an earlier row with the same key. */
		for (size_t i = 0; i < KEYMAP_KEYS && binding->keys[i]; i++) {
			if (keymap_action(binding->keys[i]) != binding->action)
				fail_msg("the key \"%s\" (%s) has a key code of another row",
					 binding->name, binding->help);
		}
	}
	assert_null(keymap_binding(ACTION_NONE));
}

static void hints_have_ranks_without_gaps(void **state)
{
	(void)state;
	for (int place = 0; place < KEY_PLACE_COUNT; place++) {
		size_t hints = 0;
		unsigned int rank = 1;

		for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++) {
			const struct key_binding *binding = keymap_binding((enum action)action);

			hints += binding->ranks[place] > 0;
			if (binding->ranks[place] &&
			    keymap_hint((enum key_place)place, binding->ranks[place]) != binding)
				fail_msg("place %d: the key \"%s\" (%s) has the rank of another "
					 "hint",
					 place, binding->name, binding->help);
			if (binding->ranks[place] && !binding->hint)
				fail_msg("the key \"%s\" has a rank but no hint", binding->name);
		}
		while (keymap_hint((enum key_place)place, rank))
			rank++;
		if (rank - 1 != hints)
			fail_msg("place %d: no hint has rank %u", place, rank);
	}
}

/* Appends the contents of all C files of a folder to the stream `text`. */
static void append_sources(const char *folder, FILE *text)
{
	DIR *directory = opendir(folder);
	const struct dirent *entry;
	int c;

	assert_non_null(directory);
	while ((entry = readdir(directory))) {
		const char *end = strrchr(entry->d_name, '.');
		char path[512];
		FILE *file;

		if (!end || strcmp(end, ".c") != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		file = fopen(path, "re");
		assert_non_null(file);
		while ((c = getc(file)) != EOF)
			putc(c, text);
		fclose(file);
	}
	closedir(directory);
}

/* Returns whether a switch, a comparison or a table in the sources handles the action. */
static bool is_handled(const char *sources, const char *action)
{
	static const char *const forms[] = {"case %s:", "== %s)", "== %s ", "!= %s)", "[%s] ="};

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		char handled[64];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(handled, sizeof(handled), forms[i], action);
#pragma GCC diagnostic pop
		if (strstr(sources, handled))
			return true;
	}
	return false;
}

/* A key without a handler would have an entry on the help page, but do nothing. */
static void each_action_is_handled(void **state)
{
#define ACTION_NAME(name, ...) [ACTION_##name] = "ACTION_" #name,
	static const char *const actions[ACTION_COUNT] = {KEYMAP_ROWS(ACTION_NAME)};
#undef ACTION_NAME
	static const char *const folders[] = {"tui/dashboard", "tui/dashboard/table",
					      "tui/dashboard/panes", "tui/dashboard/pages",
					      "tui/dashboard/view"};
	char *sources = NULL;
	size_t size = 0;
	FILE *text = open_memstream(&sources, &size);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		append_sources(folders[i], text);
	fclose(text);
	for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++) {
		if (!is_handled(sources, actions[action]))
			fail_msg("the key \"%s\" does nothing: neither tui/dashboard/keys.c nor a "
				 "view has \"case %s:\"",
				 keymap_binding((enum action)action)->name, actions[action]);
	}
	free(sources);
}

static void the_promised_keys_work(void **state)
{
	static const struct {
		int key;
		enum action action;
	} cases[] = {
		{'?', ACTION_HELP},
		{KEY_F(1), ACTION_HELP},
		{'q', ACTION_QUIT},
		{KEY_F(10), ACTION_QUIT},
		{'/', ACTION_FILTER},
		{27, ACTION_BACK},
		{'\t', ACTION_NEXT_PANE},
		{KEY_BTAB, ACTION_PREVIOUS_PANE},
		{'j', ACTION_DOWN},
		{'k', ACTION_UP},
		{'g', ACTION_FIRST},
		{'G', ACTION_LAST},
		{KEY_PPAGE, ACTION_PAGE_UP},
		{KEY_NPAGE, ACTION_PAGE_DOWN},
		{'\n', ACTION_OPEN},
		{'\r', ACTION_OPEN},
		{KEY_BACKSPACE, ACTION_BACK},
		{'p', ACTION_PAUSE},
		{'F', ACTION_FOLLOW},
		{'s', ACTION_SORT_NEXT},
		{KEY_F(6), ACTION_SORT_NEXT},
		{'>', ACTION_SORT_NEXT},
		{'<', ACTION_SORT_PREVIOUS},
		{'S', ACTION_SORT_PREVIOUS},
		{'I', ACTION_INVERT},
		{'c', ACTION_CLOSED},
		{'y', ACTION_POLICY},
		{'e', ACTION_EXPORT},
		{CONTROL('S'), ACTION_EXPORT},
		{'x', ACTION_LEAVE_OUT},
		{'X', ACTION_BRING_BACK},
		{'w', ACTION_WIDE},
		{'t', ACTION_THEME},
		{'n', ACTION_NAMESPACE},
		{'o', ACTION_ONLY},
		{':', ACTION_COMMAND},
		{CONTROL('L'), ACTION_REDRAW},
		{'z', ACTION_ZOOM},
		{'!', ACTION_PROBLEMS},
		{'5', ACTION_NONE},
		{0, ACTION_NONE},
		{-1, ACTION_NONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(keymap_action(cases[i].key), cases[i].action);
}

static bool contains_word(const char *text, const char *word, size_t length)
{
	for (const char *at = strstr(text, word); at; at = strstr(at + 1, word)) {
		bool starts = at == text || !isalnum((unsigned char)at[-1]);

		if (strncmp(at, word, length) == 0 && starts && !isalnum((unsigned char)at[length]))
			return true;
	}
	return false;
}

/* Returns the first cell of each row of the README's table of keys. The caller frees the text. */
static char *read_documented_keys(void)
{
	FILE *file = fopen("README.md", "re");
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	char line[4096];
	bool inside = false;

	assert_non_null(file);
	assert_non_null(out);
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, "## ", 3) == 0)
			inside = strncmp(line, "## Keys", 7) == 0;
		else if (inside && *line == '|')
			fprintf(out, "%.*s\n", (int)strcspn(line + 1, "|"), line + 1);
	}
	fclose(file);
	fclose(out);
	return text;
}

static void the_readme_documents_each_key(void **state)
{
	char *documented = read_documented_keys();

	(void)state;
	for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++) {
		const struct key_binding *binding = keymap_binding((enum action)action);
		char names[64];

		snprintf(names, sizeof(names), "%s", binding->name);
		for (char *name = strtok(names, " "); name; name = strtok(NULL, " ")) {
			if (!contains_word(documented, name, strlen(name)))
				fail_msg("README.md, \"Keys\", lacks the key %s (%s)", name,
					 binding->help);
		}
	}
	free(documented);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_is_complete),
		cmocka_unit_test(hints_have_ranks_without_gaps),
		cmocka_unit_test(each_action_is_handled),
		cmocka_unit_test(the_promised_keys_work),
		cmocka_unit_test(the_readme_documents_each_key),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
