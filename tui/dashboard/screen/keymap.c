/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/screen/keymap.h"

#include <curses.h>

#define ESCAPE_KEY 27
#define DELETE_KEY 127

static const struct key_binding moving[] = {
	{ACTION_UP, {KEY_UP, 'k'}, "↑ k", NULL, "one row up"},
	{ACTION_DOWN, {KEY_DOWN, 'j'}, "↓ j", NULL, "one row down"},
	{ACTION_PAGE_UP, {KEY_PPAGE, CONTROL('B')}, "PgUp", NULL, "one page up"},
	{ACTION_PAGE_DOWN, {KEY_NPAGE, CONTROL('F'), ' '}, "PgDn", NULL, "one page down"},
	{ACTION_FIRST, {KEY_HOME, 'g'}, "Home g", NULL, "the first row (the newest connection)"},
	{ACTION_LAST, {KEY_END, 'G'}, "End G", NULL, "the last row"},
	{ACTION_LEFT, {KEY_LEFT, 'h'}, "← h", NULL, "columns to the left"},
	{ACTION_RIGHT, {KEY_RIGHT, 'l'}, "→ l", NULL, "columns to the right"},
	{ACTION_FOLLOW, {'F'}, "F", "follow", "follow the newest: rows move again"},
	{ACTION_PAUSE, {'p'}, "p", "pause", "freeze the screen; nothing is lost meanwhile"},
};

static const struct key_binding looking[] = {
	{ACTION_OPEN,
	 {'\n', '\r', KEY_ENTER},
	 "Enter",
	 "open",
	 "everything about a connection; a destination's connections"},
	{ACTION_SUBJECT,
	 {'i'},
	 "i",
	 "pod",
	 "everything about its pod (container, program); Enter on a connection's page"},
	{ACTION_BACK,
	 {ESCAPE_KEY, KEY_BACKSPACE, DELETE_KEY, CONTROL('H')},
	 "Esc",
	 "back",
	 "back (Backspace too); clears the filter"},
	{ACTION_NEXT_PANE, {'\t'}, "Tab", "pane", "the next pane"},
	{ACTION_PREVIOUS_PANE, {KEY_BTAB}, "Shift-Tab", NULL, "the pane before"},
	{ACTION_ZOOM, {'z'}, "z", "zoom", "this pane on the whole screen, and back"},
	{ACTION_POLICY, {'y'}, "y", "policy", "the policy on the whole screen, and back"},
	{ACTION_WIDE, {'w'}, "w", NULL, "all columns (← and → show the others), and back"},
	{ACTION_THEME, {'t'}, "t", NULL, "the next theme"},
};

static const struct key_binding choosing[] = {
	{ACTION_FILTER,
	 {'/'},
	 "/",
	 "filter",
	 "filter as you type: web  port:443  state:refused  !comm:curl"},
	{ACTION_PROBLEMS, {'!'}, "!", "problems", "failed, hanging and denied connections only"},
	{ACTION_HOST, {'H'}, "H", NULL, "the host's own processes beside containers, on and off"},
	{ACTION_CLOSED, {'c'}, "c", NULL, "closed connections on and off"},
	{ACTION_NAMESPACE, {'n'}, "n", NULL, "one namespace, the next one, all"},
	{ACTION_ONLY, {'o'}, "o", NULL, "only the selected pod (container, program), and back"},
	{ACTION_SORT_NEXT, {'s', KEY_F(6), '>'}, "s F6 >", "sort", "sort by the next column"},
	{ACTION_SORT_PREVIOUS, {'S', '<'}, "S <", NULL, "sort by the column before"},
	{ACTION_INVERT, {'I'}, "I", NULL, "the other way round"},
};

static const struct key_binding doing[] = {
	{ACTION_LEAVE_OUT,
	 {'x'},
	 "x",
	 "leave out",
	 "leave the selected destination out of the draft"},
	{ACTION_BRING_BACK, {'X'}, "X", NULL, "bring it back"},
	{ACTION_EXPORT,
	 {'e', CONTROL('S')},
	 "e Ctrl-S",
	 "export",
	 "save the draft; to FOLDER/ all workloads, one file each"},
	{ACTION_COMMAND,
	 {':'},
	 ":",
	 NULL,
	 "a command:  :filter TEXT  :export FILE  :theme NAME  :help  :q"},
	{ACTION_REDRAW, {CONTROL('L')}, "Ctrl-L", NULL, "draw the screen anew"},
	{ACTION_HELP, {'?', KEY_F(1)}, "?", "help", "this page (F1 too)"},
	{ACTION_QUIT, {'q', KEY_F(10)}, "q", "quit", "quit (F10 too)"},
};

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

static const struct key_group groups[] = {
	{"Moving", moving, COUNT(moving)},
	{"Choosing what is shown", choosing, COUNT(choosing)},
	{"Looking closer", looking, COUNT(looking)},
	{"Doing", doing, COUNT(doing)},
};

enum action keymap_action(int key)
{
	for (size_t group = 0; group < COUNT(groups) && key > 0; group++) {
		for (size_t i = 0; i < groups[group].count; i++) {
			const struct key_binding *binding = &groups[group].bindings[i];

			for (size_t k = 0; k < KEYMAP_KEYS && binding->keys[k]; k++) {
				if (binding->keys[k] == key)
					return binding->action;
			}
		}
	}
	return ACTION_NONE;
}

size_t keymap_group_count(void)
{
	return COUNT(groups);
}

const struct key_group *keymap_group(size_t index)
{
	return &groups[index];
}

const struct key_binding *keymap_binding(enum action action)
{
	for (size_t group = 0; group < COUNT(groups); group++) {
		for (size_t i = 0; i < groups[group].count; i++) {
			if (groups[group].bindings[i].action == action)
				return &groups[group].bindings[i];
		}
	}
	return NULL;
}
