/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of keys. To add a key, add one row to KEYMAP_ROWS, and write the function that the row
 * names in tui/dashboard/keys.c. The enumeration of actions, the call of the function, the help
 * page and the hints of the footer follow from the row. The settings can give an action other keys
 * (keymap_use).
 */
#ifndef POLECAT_TUI_DASHBOARD_SCREEN_KEYMAP_H
#define POLECAT_TUI_DASHBOARD_SCREEN_KEYMAP_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/dashboard/screen/key_name.h"

/* The groups of the help page, in its order. */
enum key_group {
	KEY_GROUP_MOVING = 0,
	KEY_GROUP_CHOOSING,
	KEY_GROUP_LOOKING,
	KEY_GROUP_DOING,
	KEY_GROUP_COUNT,
};

/* The panes and pages. The footer shows different hints for each. */
enum key_place {
	KEY_PLACE_CONNECTIONS = 0,
	KEY_PLACE_SUMMARY,
	KEY_PLACE_POLICY,
	KEY_PLACE_CONNECTION_PAGE,
	KEY_PLACE_SUBJECT_PAGE,
	KEY_PLACE_HELP,
	KEY_PLACE_DESTINATION_PAGE,
	KEY_PLACE_LINKS_PAGE, /* another page with links */
	KEY_PLACE_COUNT,
};

/* The ranks of a hint, one for each place, in the order of enum key_place. Lower ranks come first.
 * 0: the place does not show the hint. */
#define KEY_RANKS(...) .ranks = {__VA_ARGS__}

/*
 * One row for each action: its name, its group, its function in keys.c, its keys (key codes of
 * curses, or characters), and more members of struct key_binding. The rows of a group are in the
 * order of the help page.
 *
 * The focused view gets the action first. If the view does not handle it, the function runs.
 * keys_in_view is for actions that each view carries out in its own way, such as scrolling.
 */
/* clang-format off */
#define KEYMAP_ROWS(KEY) \
	KEY(UP, MOVING, keys_in_view, .keys = {KEY_UP, 'k'}, .name = "↑ k", .ascii = "Up k", \
	    .help = "one row up; on pages, the name before") \
	KEY(DOWN, MOVING, keys_in_view, .keys = {KEY_DOWN, 'j'}, .name = "↓ j", .ascii = "Down j", \
	    .help = "one row down; on pages, the next name") \
	KEY(PAGE_UP, MOVING, keys_in_view, .keys = {KEY_PPAGE, CONTROL('B')}, .name = "PgUp", \
	    .help = "one page up") \
	KEY(PAGE_DOWN, MOVING, keys_in_view, .keys = {KEY_NPAGE, CONTROL('F')}, .name = "PgDn", \
	    .help = "one page down (on pages, Space too)") \
	KEY(HALF_UP, MOVING, keys_in_view, .keys = {CONTROL('U')}, .name = "Ctrl-U", \
	    .help = "half a page up") \
	KEY(HALF_DOWN, MOVING, keys_in_view, .keys = {CONTROL('D')}, .name = "Ctrl-D", \
	    .help = "half a page down") \
	KEY(FIRST, MOVING, keys_in_view, .keys = {KEY_HOME, 'g'}, .name = "Home g", \
	    .help = "the first row (the newest connection)") \
	KEY(LAST, MOVING, keys_in_view, .keys = {KEY_END, 'G'}, .name = "End G", \
	    .help = "the last row") \
	KEY(FOLD, MOVING, keys_fold, .on_pages = true, .keys = {' '}, .name = "Space", \
	    .hint = "fold", KEY_RANKS(7, 2, 0, 0, 0, 0), \
	    .help = "fold or unfold the row") \
	KEY(FOLD_ALL, MOVING, keys_in_view, .keys = {'u'}, .name = "u", .hint = "all", \
	    KEY_RANKS(0, 3, 0, 0, 0, 0), \
	    .help = "fold or unfold all rows; for the connections, remembered") \
	KEY(LEFT, MOVING, keys_in_view, .keys = {KEY_LEFT, 'h'}, .name = "← h", .ascii = "Left h", \
	    .help = "columns to the left; in the summary: fold the row") \
	KEY(RIGHT, MOVING, keys_in_view, .keys = {KEY_RIGHT, 'l'}, .name = "→ l", \
	    .ascii = "Right l", .help = "columns to the right; in the summary: unfold the row") \
	KEY(FOLLOW, MOVING, keys_in_view, .from_any_pane = true, .keys = {'F'}, .name = "F", \
	    .hint = "follow", KEY_RANKS(11, 0, 0, 0, 0, 0), \
	    .help = "follow the newest: rows move again") \
	KEY(PAUSE, MOVING, keys_toggle_pause, .on_pages = true, .keys = {'p'}, .name = "p", \
	    .hint = "pause", KEY_RANKS(3, 11, 6, 5, 4, 0, 5, 3), \
	    .help = "freeze the screen; nothing is lost meanwhile") \
	KEY(MARK, CHOOSING, keys_in_view, .keys = {'m'}, .name = "m", \
	    .help = "mark the row: Y, x and X then act on all marked rows") \
	KEY(UNMARK, CHOOSING, keys_in_view, .keys = {'M'}, .name = "M", \
	    .help = "remove all marks") \
	KEY(FILTER, CHOOSING, keys_filter, .on_pages = true, .keys = {'/'}, .name = "/", \
	    .hint = "filter", KEY_RANKS(1, 12, 0, 0, 0, 0), \
	    .help = "filter as you type: web  port:443  state:refused  !comm:curl") \
	KEY(SEARCH, CHOOSING, keys_search, .keys = {'N'}, .name = "N", .hint = "search", \
	    KEY_RANKS(0, 0, 7, 0, 0, 0), \
	    .help = "in the policy: find a text (/ too); N the one before, n next") \
	KEY(PROBLEMS, CHOOSING, keys_in_view, .from_any_pane = true, .keys = {'!'}, .name = "!", \
	    .hint = "problems", KEY_RANKS(4, 0, 0, 0, 0, 0), \
	    .help = "failed, hanging and denied connections only") \
	KEY(HOST, CHOOSING, keys_in_view, .from_any_pane = true, .keys = {'H'}, .name = "H", \
	    .help = "the host's own processes beside containers, on and off") \
	KEY(CLOSED, CHOOSING, keys_in_view, .from_any_pane = true, .keys = {'c'}, .name = "c", \
	    .help = "closed connections on and off") \
	KEY(NAMESPACE, CHOOSING, keys_namespaces, .keys = {'n'}, .name = "n", \
	    .help = "the list of namespaces: show one, or all") \
	KEY(ONLY, CHOOSING, keys_in_view, .from_any_pane = true, .keys = {'o'}, .name = "o", \
	    .help = "only the selected pod (container, program), and back") \
	KEY(SORT, CHOOSING, keys_sort, .keys = {'s', KEY_F(6)}, .name = "s F6", \
	    .hint = "sort", KEY_RANKS(10, 8, 0, 0, 0, 0), \
	    .help = "the list of columns to sort by (or of the summary's orders)") \
	KEY(SORT_NEXT, CHOOSING, keys_in_view, .keys = {'>'}, .name = ">", \
	    .help = "sort by the next column") \
	KEY(SORT_PREVIOUS, CHOOSING, keys_in_view, .keys = {'S', '<'}, .name = "S <", \
	    .help = "sort by the column before") \
	KEY(INVERT, CHOOSING, keys_in_view, .keys = {'I'}, .name = "I", \
	    .help = "the other way round") \
	KEY(COLUMNS, CHOOSING, keys_columns, .keys = {'C'}, .name = "C", \
	    .help = "the list of columns: which are shown, and in which order") \
	KEY(MOVE_UP, CHOOSING, keys_in_view, .keys = {'K'}, .name = "K", \
	    .help = "in the list of columns: move the column up (to the left)") \
	KEY(MOVE_DOWN, CHOOSING, keys_in_view, .keys = {'J'}, .name = "J", \
	    .help = "in the list of columns: move the column down (to the right)") \
	KEY(GROUP_BY, CHOOSING, keys_in_view, .keys = {'b'}, .name = "b", \
	    .help = "group the summary by namespace, node, process, destination") \
	KEY(OPEN, LOOKING, keys_open, .on_pages = true, .keys = {'\n', '\r', KEY_ENTER}, \
	    .name = "Enter", .hint = "open", KEY_RANKS(2, 1, 3, 2, 2, 0, 2, 2), \
	    .help = "the page of the row, or of the name selected on a page") \
	KEY(SUBJECT, LOOKING, keys_open_subject, .on_pages = true, .keys = {'i'}, .name = "i", \
	    .hint = "pod", KEY_RANKS(9, 4, 0, 3, 0, 0, 3), \
	    .help = "everything about its pod (on a connection's page, Enter too)") \
	KEY(LOOKUPS, LOOKING, keys_lookups, .on_pages = true, .keys = {'D'}, .name = "D", \
	    .help = "DNS look-ups that failed or were slow, per pod") \
	KEY(POLICIES, LOOKING, keys_policies, .on_pages = true, .keys = {'P'}, .name = "P", \
	    .help = "the loaded policies, and what their last change changed") \
	KEY(BACK, LOOKING, keys_go_back, .on_pages = true, \
	    .keys = {KEY_ESCAPE, KEY_BACKSPACE, KEY_DELETE, CONTROL('H')}, .name = "Esc", \
	    .hint = "back", KEY_RANKS(0, 0, 0, 1, 1, 1, 1, 1), \
	    .help = "back (Backspace too); clears the filter") \
	KEY(NEXT_PANE, LOOKING, keys_next_pane, .keys = {'\t'}, .name = "Tab", .hint = "pane", \
	    KEY_RANKS(8, 6, 5, 0, 0, 0), .help = "the next pane (on pages, the next name)") \
	KEY(PREVIOUS_PANE, LOOKING, keys_previous_pane, .keys = {KEY_BTAB}, .name = "Shift-Tab", \
	    .help = "the pane before (or name)") \
	KEY(FIRST_PANE, LOOKING, keys_first_pane, .keys = {'1'}, .name = "1", \
	    .help = "the connections") \
	KEY(SECOND_PANE, LOOKING, keys_second_pane, .keys = {'2'}, .name = "2", \
	    .help = "the summary") \
	KEY(THIRD_PANE, LOOKING, keys_third_pane, .keys = {'3'}, .name = "3", \
	    .help = "the policy") \
	KEY(LAST_VIEW, LOOKING, keys_last_view, .on_pages = true, .keys = {'-'}, .name = "-", \
	    .help = "the page that was left last, and back") \
	KEY(HISTORY_BACK, LOOKING, keys_history_back, .on_pages = true, .keys = {'['}, \
	    .name = "[", .help = "the view before: its page and its filters") \
	KEY(HISTORY_FORWARD, LOOKING, keys_history_forward, .on_pages = true, .keys = {']'}, \
	    .name = "]", .help = "the view after") \
	KEY(ENLARGE, LOOKING, keys_enlarge, .keys = {'v'}, .name = "v", \
	    .help = "make the next pane large; after the last one, none") \
	KEY(GROW, LOOKING, keys_grow, .keys = {'+'}, .name = "+", \
	    .help = "this pane gets a line (or columns) more; = the usual sizes") \
	KEY(SHRINK, LOOKING, keys_shrink, .keys = {'_'}, .name = "_", \
	    .help = "a line (or columns) less") \
	KEY(USUAL_SIZES, LOOKING, keys_usual_sizes, .keys = {'='}, .name = "=", \
	    .help = "all panes get their usual sizes") \
	KEY(ZOOM, LOOKING, keys_zoom, .keys = {'z'}, .name = "z", .hint = "zoom", \
	    KEY_RANKS(12, 7, 0, 0, 0, 0), .help = "this pane on the whole screen, and back") \
	KEY(POLICY, LOOKING, keys_show_policy, .on_pages = true, .keys = {'y'}, .name = "y", \
	    .hint = "YAML", KEY_RANKS(5, 9, 2, 0, 0, 0), \
	    .help = "the policy as rules or as YAML (large if its pane is small)") \
	KEY(WIDE, LOOKING, keys_in_view, .from_any_pane = true, .keys = {'w'}, .name = "w", \
	    .help = "all columns (Left and Right show the others), and back") \
	KEY(EVENT_BEFORE, LOOKING, keys_event_before, .on_pages = true, .keys = {','}, \
	    .name = ",", .help = "everything as it was at the event before; Esc: the present") \
	KEY(EVENT_AFTER, LOOKING, keys_event_after, .on_pages = true, .keys = {'.'}, .name = ".", \
	    .help = "the event after") \
	KEY(NOTABLE_BEFORE, LOOKING, keys_notable_before, .on_pages = true, .keys = {'{'}, \
	    .name = "{", .help = "the failure or first connection to a destination before") \
	KEY(NOTABLE_AFTER, LOOKING, keys_notable_after, .on_pages = true, .keys = {'}'}, \
	    .name = "}", .help = "the next one") \
	KEY(PLAY, LOOKING, keys_play, .on_pages = true, .keys = {'R'}, .name = "R", \
	    .help = "plays the events from there on, or from the first; R stops") \
	KEY(SLOWER, LOOKING, keys_slower, .on_pages = true, .keys = {'('}, .name = "(", \
	    .help = "plays at half the speed") \
	KEY(FASTER, LOOKING, keys_faster, .on_pages = true, .keys = {')'}, .name = ")", \
	    .help = "plays at double the speed") \
	KEY(THEME, LOOKING, keys_pick_theme, .on_pages = true, .keys = {'t'}, .name = "t", \
	    .help = "the list of themes: each is shown at once, Enter saves it") \
	KEY(LEAVE_OUT, DOING, keys_leave_out, .keys = {'x'}, .name = "x", .hint = "leave out", \
	    KEY_RANKS(0, 5, 4, 4, 0, 0, 4), \
	    .help = "leave the selected destination out of the draft") \
	KEY(BRING_BACK, DOING, keys_bring_back, .keys = {'X'}, .name = "X", \
	    .help = "bring it back") \
	KEY(EXPORT, DOING, keys_export, .on_pages = true, .keys = {'e', CONTROL('S')}, \
	    .name = "e Ctrl-S", .hint = "export", KEY_RANKS(6, 10, 1, 0, 3, 0), \
	    .help = "save the draft; to FOLDER/ all workloads, one file each") \
	KEY(EDIT, DOING, keys_edit, .on_pages = true, .keys = {'E'}, .name = "E", \
	    .help = "edit the draft in $EDITOR; then it is judged and saved") \
	KEY(BASELINE, DOING, keys_set_baseline, .on_pages = true, .keys = {'B'}, .name = "B", \
	    .help = "everything seen so far is known: later destinations are NEW") \
	KEY(COPY, DOING, keys_copy, .on_pages = true, .keys = {'Y'}, .name = "Y", \
	    .help = "copy the address, or the draft; :copy has more (tcpdump, ss)") \
	KEY(COMMAND, DOING, keys_command, .on_pages = true, .keys = {':'}, .name = ":", \
	    .help = "a command (Tab lists them):  :filter TEXT  :export FILE  :q") \
	KEY(REDRAW, DOING, keys_redraw, .on_pages = true, .keys = {CONTROL('L')}, \
	    .name = "Ctrl-L", .help = "redraw the screen") \
	KEY(HELP, DOING, keys_help, .on_pages = true, .keys = {'?', KEY_F(1)}, .name = "?", \
	    .hint = "help", .help = "this page (F1 too)") \
	KEY(QUIT, DOING, keys_quit, .on_pages = true, .keys = {'q', KEY_F(10)}, .name = "q", \
	    .hint = "quit", .help = "quit (F10 too)")
/* clang-format on */

#define KEYMAP_ACTION(action_name, ...) ACTION_##action_name,

enum action { ACTION_NONE = 0, KEYMAP_ROWS(KEYMAP_ACTION) ACTION_COUNT };

#define KEYMAP_KEYS 8

struct key_binding {
	enum action action;
	enum key_group group;
	int keys[KEYMAP_KEYS]; /* the list ends with 0 or is full */
	const char *name;      /* the keys as a person writes them; "": no key */
	const char *ascii;     /* the same for terminals without UTF-8; NULL: name is ASCII */
	const char *hint;      /* a word or two for the footer; NULL: no hint */
	const char *help;      /* one line of the help page */
	unsigned char ranks[KEY_PLACE_COUNT];
	bool on_pages;      /* the function also runs while a page hides the panes */
	bool from_any_pane; /* the table of connections gets the action if the focused pane does
			     * not handle it */
};

/* The keys that the user chose for some actions. Zero-initialised: none. */
struct key_choices {
	bool set[ACTION_COUNT]; /* the action has `keys` instead of those of KEYMAP_ROWS */
	int keys[ACTION_COUNT][KEYMAP_KEYS];
};

/* Two actions with one key. */
struct key_conflict {
	enum action first;
	enum action second;
	int key;
};

/* Finds two actions that would have the same key. Returns false if no two have. */
bool keymap_find_conflict(const struct key_choices *choices, struct key_conflict *conflict);

/* Puts the user's keys in force, in place of those of an earlier call. Every other function of this
 * header then returns them. Only for the main thread, before others use the keys. */
void keymap_use(const struct key_choices *choices);

/* Writes the name of an action, as settings write it: "leave-out". */
#define KEYMAP_WORD_SIZE 32
void keymap_word(enum action action, char word[KEYMAP_WORD_SIZE]);

/* Returns the action with a name, or ACTION_NONE. */
enum action keymap_find(const char *word);

/* Returns the action of a key, or ACTION_NONE. */
enum action keymap_action(int key);

/* Returns the binding of an action; NULL for ACTION_NONE. */
const struct key_binding *keymap_binding(enum action action);

/* Returns the binding whose hint is number `rank` (from 1) among the hints of a place, or NULL. */
const struct key_binding *keymap_hint(enum key_place place, unsigned int rank);

/* Returns the heading of a group on the help page. */
const char *keymap_heading(enum key_group group);

#endif
