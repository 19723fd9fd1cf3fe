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

#include "core/base/cleanup.h"
#include "tests/support/source_text.h"
#include "tui/dashboard/pages/help.h"
#include "tui/dashboard/screen/key_name.h"
#include "tui/dashboard/screen/keymap.h"

#define ROW_NAME(name, ...)                      [ACTION_##name] = #name,
#define ROW_FUNCTION(name, group, function, ...) [ACTION_##name] = #function,
static const char *const row_names[ACTION_COUNT] = {KEYMAP_ROWS(ROW_NAME)};
static const char *const row_functions[ACTION_COUNT] = {KEYMAP_ROWS(ROW_FUNCTION)};

/* Writes the name of a key code as README.md and the help page write it. row is the row of
 * KEYMAP_ROWS that has the key, for the message. */
static void format_key(int key, const char *row, char name[16])
{
	static const struct {
		int key;
		const char *name;
	} named[] = {
		{KEY_UP, "↑"},
		{KEY_DOWN, "↓"},
		{KEY_LEFT, "←"},
		{KEY_RIGHT, "→"},
		{KEY_PPAGE, "PgUp"},
		{KEY_NPAGE, "PgDn"},
		{KEY_HOME, "Home"},
		{KEY_END, "End"},
		{'\t', "Tab"},
		{' ', "Space"},
		{KEY_BTAB, "Shift-Tab"},
		{'\n', "Enter"},
		{'\r', "Enter"},
		{KEY_ENTER, "Enter"},
		{KEY_ESCAPE, "Esc"},
		{KEY_DELETE, "Backspace"},
		{KEY_BACKSPACE, "Backspace"},
		{CONTROL('H'), "Backspace"},
	};

	for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++) {
		if (named[i].key == key) {
			snprintf(name, 16, "%s", named[i].name);
			return;
		}
	}
	if (key >= KEY_F0 && key <= KEY_F0 + 63)
		snprintf(name, 16, "F%d", key - KEY_F0);
	else if (key > 0 && key < ' ')
		snprintf(name, 16, "Ctrl-%c", key + '@');
	else if (key > ' ' && key < 0x7f)
		snprintf(name, 16, "%c", key);
	else
		fail_msg("the row %s of KEYMAP_ROWS: format_key in %s has no name for the key "
			 "code %d",
			 row, __FILE__, key);
}

static bool row_has_key(const struct key_binding *binding, const char *name)
{
	const char *row = row_names[binding->action];
	char key[16];

	for (size_t i = 0; i < KEYMAP_KEYS && binding->keys[i]; i++) {
		format_key(binding->keys[i], row, key);
		if (strcmp(key, name) == 0)
			return true;
	}
	return false;
}

/* Returns the number of screen columns of a text of narrow characters. */
static size_t text_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

static void check_texts(const struct key_binding *binding, const char *row)
{
	char names[64];

	snprintf(names, sizeof(names), "%s", binding->name);
	for (char *name = strtok(names, " "); name; name = strtok(NULL, " ")) {
		if (!row_has_key(binding, name))
			fail_msg("the row %s of KEYMAP_ROWS: .name has %s, but .keys has no such "
				 "key",
				 row, name);
	}
	if (strlen(binding->name) != text_width(binding->name) && !binding->ascii)
		fail_msg("the row %s of KEYMAP_ROWS: .name is not ASCII, so it needs .ascii", row);
	if (text_width(binding->name) > HELP_KEY_WIDTH)
		fail_msg("the row %s of KEYMAP_ROWS: .name is longer than %d characters", row,
			 HELP_KEY_WIDTH);
	if (text_width(binding->help) > HELP_TEXT_WIDTH)
		fail_msg("the row %s of KEYMAP_ROWS: .help is longer than %d characters, so the "
			 "help page would cut it",
			 row, HELP_TEXT_WIDTH);
}

static void each_row_is_complete(void **state)
{
	(void)state;
	for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++) {
		const struct key_binding *binding = keymap_binding((enum action)action);

		if (!binding->name || !binding->name[0] || !binding->help || !binding->help[0] ||
		    !binding->keys[0])
			fail_msg("the row %s of KEYMAP_ROWS lacks .keys, .name or .help",
				 row_names[action]);
		assert_int_equal(binding->action, action);
		assert_non_null(keymap_heading(binding->group));
		check_texts(binding, row_names[action]);
		/* keymap_action returns the action of the first row with the key. */
		for (size_t i = 0; i < KEYMAP_KEYS && binding->keys[i]; i++) {
			enum action first = keymap_action(binding->keys[i]);
			char key[16];

			format_key(binding->keys[i], row_names[action], key);
			if (first != binding->action)
				fail_msg("the rows %s and %s of KEYMAP_ROWS both have the key %s",
					 row_names[first], row_names[action], key);
		}
	}
	assert_null(keymap_binding(ACTION_NONE));
}

/* Help and quit are at the end of every footer. */
static void check_hint(const struct key_binding *binding, const char *row)
{
	bool always = binding->action == ACTION_HELP || binding->action == ACTION_QUIT;
	bool ranked = always;

	for (int place = 0; place < KEY_PLACE_COUNT; place++)
		ranked = ranked || binding->ranks[place] > 0;
	if (binding->hint && !ranked)
		fail_msg("the row %s of KEYMAP_ROWS has .hint but no rank in KEY_RANKS", row);
	if (!binding->hint && ranked)
		fail_msg("the row %s of KEYMAP_ROWS has a rank in KEY_RANKS but no .hint", row);
}

static void each_hint_has_a_rank(void **state)
{
	(void)state;
	for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++)
		check_hint(keymap_binding((enum action)action), row_names[action]);
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
				fail_msg("place %d: the rows %s and %s of KEYMAP_ROWS have the "
					 "same rank",
					 place,
					 row_names[keymap_hint((enum key_place)place,
							       binding->ranks[place])
							   ->action],
					 row_names[action]);
		}
		while (keymap_hint((enum key_place)place, rank))
			rank++;
		if (rank - 1 != hints)
			fail_msg("place %d: no hint has rank %u", place, rank);
	}
}

/* Appends the code of a folder's C files, without comments. */
static void append_code(const char *folder, FILE *code)
{
	DIR *directory = opendir(folder);
	const struct dirent *entry;

	assert_non_null(directory);
	while ((entry = readdir(directory))) {
		const char *end = strrchr(entry->d_name, '.');
		char path[512];

		if (!end || strcmp(end, ".c") != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		CLEANUP_FREE char *text = read_source(path);
		blank_comments(text);
		fputs(text, code);
	}
	closedir(directory);
}

/* Returns whether a switch has a case for the action, and this case does not begin with break or
 * return. */
static bool has_case(const char *code, const char *row)
{
	char label[64];

	snprintf(label, sizeof(label), "case ACTION_%s:", row);
	for (const char *at = strstr(code, label); at; at = strstr(at, label)) {
		at += strlen(label);
		at += strspn(at, " \t\n");
		if (strncmp(at, "break;", 6) != 0 && strncmp(at, "return", 6) != 0)
			return true;
	}
	return false;
}

/* Returns whether a comparison or a table handles the action. */
static bool is_compared(const char *code, const char *row)
{
	static const char *const formats[] = {"== ACTION_%s)", "!= ACTION_%s)", "[ACTION_%s] ="};

	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		char handled[64];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(handled, sizeof(handled), formats[i], row);
#pragma GCC diagnostic pop
		if (strstr(code, handled))
			return true;
	}
	return false;
}

/* The function keys_in_view does nothing. If a row of KEYMAP_ROWS names it, a view must carry out
 * the row's action. Other rows need no test: keys.c does not compile without their functions. */
static void views_handle_their_actions(void **state)
{
	static const char *const folders[] = {"tui/dashboard/table",   "tui/dashboard/panes",
					      "tui/dashboard/summary", "tui/dashboard/pages",
					      "tui/dashboard/view",    "tui/dashboard/menus"};
	char *code = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&code, &size);

	(void)state;
	assert_non_null(out);
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		append_code(folders[i], out);
	fclose(out);
	for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++) {
		const char *row = row_names[action];

		if (strcmp(row_functions[action], "keys_in_view") == 0 && !has_case(code, row) &&
		    !is_compared(code, row))
			fail_msg("the key of the row %s of KEYMAP_ROWS does nothing: no view has "
				 "\"case ACTION_%s:\" with code. Write a function for it in "
				 "tui/dashboard/keys.c and name it in the row.",
				 row, row);
	}
	free(code);
}

static void the_promised_keys_work(void **state)
{
	static const struct {
		int key;
		enum action action;
	} cases[] = {
		{'?', ACTION_HELP},          {KEY_F(1), ACTION_HELP},
		{'q', ACTION_QUIT},          {KEY_F(10), ACTION_QUIT},
		{'/', ACTION_FILTER},        {27, ACTION_BACK},
		{'\t', ACTION_NEXT_PANE},    {KEY_BTAB, ACTION_PREVIOUS_PANE},
		{'j', ACTION_DOWN},          {'k', ACTION_UP},
		{'g', ACTION_FIRST},         {'G', ACTION_LAST},
		{KEY_PPAGE, ACTION_PAGE_UP}, {KEY_NPAGE, ACTION_PAGE_DOWN},
		{4, ACTION_HALF_DOWN},       {21, ACTION_HALF_UP},
		{'v', ACTION_ENLARGE},       {'-', ACTION_LAST_VIEW},
		{'2', ACTION_SECOND_PANE},   {'\n', ACTION_OPEN},
		{'\r', ACTION_OPEN},         {KEY_BACKSPACE, ACTION_BACK},
		{'p', ACTION_PAUSE},         {'F', ACTION_FOLLOW},
		{'s', ACTION_SORT},          {KEY_F(6), ACTION_SORT},
		{'>', ACTION_SORT_NEXT},     {'<', ACTION_SORT_PREVIOUS},
		{'S', ACTION_SORT_PREVIOUS}, {'I', ACTION_INVERT},
		{'c', ACTION_CLOSED},        {'y', ACTION_POLICY},
		{'e', ACTION_EXPORT},        {CONTROL('S'), ACTION_EXPORT},
		{'x', ACTION_LEAVE_OUT},     {'X', ACTION_BRING_BACK},
		{'w', ACTION_WIDE},          {'t', ACTION_THEME},
		{'n', ACTION_NAMESPACE},     {'o', ACTION_ONLY},
		{':', ACTION_COMMAND},       {CONTROL('L'), ACTION_REDRAW},
		{'z', ACTION_ZOOM},          {'!', ACTION_PROBLEMS},
		{'5', ACTION_NONE},          {0, ACTION_NONE},
		{-1, ACTION_NONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(keymap_action(cases[i].key), cases[i].action);
}

/* Returns whether a text contains a word. "Ctrl-B" does not contain "B". */
static bool contains_word(const char *text, const char *word, size_t length)
{
	for (const char *at = strstr(text, word); at; at = strstr(at + 1, word)) {
		bool starts = at == text || (!isalnum((unsigned char)at[-1]) && at[-1] != '-');

		if (strncmp(at, word, length) == 0 && starts && !isalnum((unsigned char)at[length]))
			return true;
	}
	return false;
}

/* Returns the first cell of each row of the README's table of keys. The caller frees the text. */
static char *read_documented_keys(void)
{
	CLEANUP_FREE char *readme = read_readme();
	char *section = strstr(readme, "\n## Keys\n");
	char *save = NULL;

	assert_non_null(section);
	*strstr(section + 1, "\n## ") = '\0';
	char *text = calloc(1, strlen(section));
	assert_non_null(text);
	for (char *line = strtok_r(section, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (*line == '|') {
			strncat(text, line + 1, strcspn(line + 1, "|"));
			strcat(text, "\n");
		}
	}
	return text;
}

static void the_readme_documents_each_key(void **state)
{
	CLEANUP_FREE char *documented = read_documented_keys();

	(void)state;
	for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++) {
		const struct key_binding *binding = keymap_binding((enum action)action);

		for (size_t i = 0; i < KEYMAP_KEYS && binding->keys[i]; i++) {
			char key[16];

			format_key(binding->keys[i], row_names[action], key);
			if (!contains_word(documented, key, strlen(key)))
				fail_msg("README.md, \"Keys\", lacks the key %s of the row %s (%s)",
					 key, row_names[action], binding->help);
		}
	}
}

/* Fails if a row of the README's table of keys names a key that no action has, or keys of two
 * actions. line is the first cell of the row; the function writes into it. */
static void check_documented_row(char *line)
{
	const struct key_binding *owner = NULL;
	char *save = NULL;

	for (char *name = strtok_r(line, " ,`", &save); name; name = strtok_r(NULL, " ,`", &save)) {
		const struct key_binding *found = NULL;

		for (int action = ACTION_NONE + 1; action < ACTION_COUNT && !found; action++)
			if (row_has_key(keymap_binding((enum action)action), name))
				found = keymap_binding((enum action)action);
		if (!found)
			fail_msg("README.md, \"Keys\", has the key %s, but no row of KEYMAP_ROWS "
				 "has it",
				 name);
		else if (owner && found != owner)
			fail_msg("README.md, \"Keys\": one row has keys of the rows %s and %s of "
				 "KEYMAP_ROWS",
				 row_names[owner->action], row_names[found->action]);
		owner = found;
	}
}

static void the_readme_documents_no_other_key(void **state)
{
	CLEANUP_FREE char *documented = read_documented_keys();
	char *save = NULL;
	int rows = 0;

	(void)state;
	for (char *line = strtok_r(documented, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		/* The heading and the line below it name no keys. */
		if (rows++ >= 2)
			check_documented_row(line);
	}
	assert_true(rows > 2);
}

/* The terminal turns these keys into signals, so curses never returns them. */
static void no_row_has_a_key_of_a_signal(void **state)
{
	static const char letters[] = "CZ\\";

	(void)state;
	for (const char *letter = letters; *letter; letter++) {
		enum action action = keymap_action(CONTROL(*letter));

		if (action != ACTION_NONE)
			fail_msg("the row %s of KEYMAP_ROWS has Ctrl-%c in .keys, which the "
				 "terminal turns into a signal",
				 row_names[action], *letter);
	}
}

/* Rows with the same function are one action, so they must be one row. Only keys_in_view may be in
 * several rows, because the focused view distinguishes their actions. */
static void each_row_has_its_own_function(void **state)
{
	(void)state;
	for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++) {
		for (int other = ACTION_NONE + 1; other < action; other++) {
			if (strcmp(row_functions[action], "keys_in_view") != 0 &&
			    strcmp(row_functions[action], row_functions[other]) == 0)
				fail_msg("the rows %s and %s of KEYMAP_ROWS have the same function "
					 "%s",
					 row_names[other], row_names[action],
					 row_functions[action]);
		}
	}
}

/* Each key of the table can be written in the settings, and is read as itself. */
static void names_of_keys_are_read_as_written(void **state)
{
	(void)state;
	for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++) {
		const struct key_binding *binding = keymap_binding((enum action)action);

		for (size_t i = 0; i < KEYMAP_KEYS && binding->keys[i]; i++) {
			char expected[16];
			char name[KEY_NAME_SIZE];
			int codes[KEY_NAME_CODES];
			bool found = false;
			size_t count;

			format_key(binding->keys[i], row_names[action], expected);
			assert_true(key_name_format(binding->keys[i], false, name));
			assert_string_equal(name, expected);
			assert_true(key_name_format(binding->keys[i], true, name));
			assert_int_equal(strlen(name), text_width(name));
			count = key_name_parse(name, codes);
			for (size_t code = 0; code < count; code++)
				found = found || codes[code] == binding->keys[i];
			assert_true(found);
		}
	}
}

static void other_names_are_no_keys(void **state)
{
	static const char *const names[] = {"",   "Ctrl-C", "ctrl-z", "Ctrl-", "Ctrl-ab",
					    "F0", "F64",    "Fx",     "Alt-x", "double",
					    "é",  "\x7f",   "Ctrl-1"};
	int codes[KEY_NAME_CODES];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (key_name_parse(names[i], codes) != 0)
			fail_msg("%s is the name of a key", names[i]);
	assert_int_equal(key_name_parse("pgup", codes), 1);
	assert_int_equal(codes[0], KEY_PPAGE);
	assert_int_equal(key_name_parse("ctrl-s", codes), 1);
	assert_int_equal(codes[0], CONTROL('S'));
	assert_int_equal(key_name_parse("enter", codes), 3);
}

static void actions_have_names(void **state)
{
	(void)state;
	for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++) {
		char word[KEYMAP_WORD_SIZE];

		keymap_word((enum action)action, word);
		assert_int_equal(keymap_find(word), action);
		assert_true(strlen(word) + 1 < sizeof(word));
		assert_null(strpbrk(word, "_ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
	}
	assert_int_equal(keymap_find("nothing"), ACTION_NONE);
	assert_int_equal(keymap_find(""), ACTION_NONE);
}

/* The keys of the settings are in force everywhere, until others are. */
static void chosen_keys_are_in_force(void **state)
{
	struct key_choices choices = {.set = {[ACTION_SORT] = true, [ACTION_QUIT] = true}};
	struct key_conflict conflict;

	(void)state;
	choices.keys[ACTION_SORT][0] = 'O';
	choices.keys[ACTION_SORT][1] = KEY_UP;
	assert_true(keymap_find_conflict(&choices, &conflict));
	assert_int_equal(conflict.first, ACTION_UP);
	assert_int_equal(conflict.second, ACTION_SORT);
	assert_int_equal(conflict.key, KEY_UP);
	choices.keys[ACTION_SORT][1] = KEY_IC;
	assert_false(keymap_find_conflict(&choices, &conflict));
	keymap_use(&choices);
	assert_int_equal(keymap_action('O'), ACTION_SORT);
	assert_int_equal(keymap_action('s'), ACTION_NONE);
	assert_string_equal(keymap_binding(ACTION_SORT)->name, "O Insert");
	assert_int_equal(keymap_action('q'), ACTION_NONE);
	assert_string_equal(keymap_binding(ACTION_QUIT)->name, "");
	choices = (struct key_choices){.set = {[ACTION_LEFT] = true}};
	choices.keys[ACTION_LEFT][0] = KEY_LEFT;
	choices.keys[ACTION_LEFT][1] = '\n';
	choices.keys[ACTION_LEFT][2] = '\r';
	keymap_use(&choices);
	assert_int_equal(keymap_action('s'), ACTION_SORT);
	/* A key with several codes has one name. */
	assert_string_equal(keymap_binding(ACTION_LEFT)->name, "← Enter");
	assert_string_equal(keymap_binding(ACTION_LEFT)->ascii, "Left Enter");
	keymap_use(&(struct key_choices){.set = {false}});
	assert_string_equal(keymap_binding(ACTION_LEFT)->name, "← h");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_is_complete),
		cmocka_unit_test(hints_have_ranks_without_gaps),
		cmocka_unit_test(each_hint_has_a_rank),
		cmocka_unit_test(views_handle_their_actions),
		cmocka_unit_test(the_promised_keys_work),
		cmocka_unit_test(the_readme_documents_each_key),
		cmocka_unit_test(the_readme_documents_no_other_key),
		cmocka_unit_test(no_row_has_a_key_of_a_signal),
		cmocka_unit_test(each_row_has_its_own_function),
		cmocka_unit_test(names_of_keys_are_read_as_written),
		cmocka_unit_test(other_names_are_no_keys),
		cmocka_unit_test(actions_have_names),
		cmocka_unit_test(chosen_keys_are_in_force),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
