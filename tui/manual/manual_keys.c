/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/screen/keymap.h"
#include "tui/manual/manual.h"
#include "tui/manual/roff.h"

/* Writes the keys of an action, its name in italics, and its help. */
static void manual_key(FILE *file, const struct key_binding *binding)
{
	char word[KEYMAP_WORD_SIZE];

	keymap_word(binding->action, word);
	roff_entry(file, *binding->name ? binding->name : "-", word, binding->help);
}

void manual_keys(FILE *file)
{
	roff_page(file, "polecat-keys", 7, "the keys of polecat's dashboard");
	roff_section(file, "DESCRIPTION");
	roff_text(file,
		  "These are the keys of the dashboard. Its help page, which ? opens, lists\n"
		  "them too, and the last line of the screen shows the keys that matter\n"
		  "where you are. Pasted text never acts as keys.\n\n"
		  "The name of each action stands behind its keys. The setting keys of\n"
		  "~/.config/polecat/config.yaml gives actions other keys, by their names:\n\n"
		  "  keys:\n"
		  "    sort: [o, F6]\n"
		  "    only: O");
	for (unsigned int group = 0; group < KEY_GROUP_COUNT; group++) {
		roff_section(file, keymap_heading((enum key_group)group));
		for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++) {
			const struct key_binding *binding = keymap_binding((enum action)action);
			if (binding->group == group)
				manual_key(file, binding);
		}
	}
	roff_section(file, "MOUSE");
	roff_text(file,
		  "A click selects a row, a pane or a tab, sorts by a heading, or acts as the\n"
		  "key of the hint under it. A double click opens a row. The wheel scrolls.\n"
		  "The border between two panes can be dragged: it moves when you release it.");
	roff_section(file, "SEE ALSO");
	fputs("\\fBpolecat\\fR(1), \\fBpolecat\\-filters\\fR(7)\n", file);
}
