/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/screen/theme.h"

#include <string.h>

#define DEFAULT (-1)

enum theme_kind {
	THEME_DARK = 0,
	THEME_LIGHT,
	THEME_COLOURED, /* the number of themes with colours */
	THEME_MONO = THEME_COLOURED,
	THEME_COUNT,
};

static const char *const names[THEME_COUNT] = {"dark", "light", "mono"};

struct colour {
	short number; /* one of xterm's 256 colours */
	short basic;  /* one of 16, for terminals with fewer than 256; 8 to 15 are bright */
};

/* The background of the selected row. Terminals with fewer than 256 colours reverse the row. */
static const struct colour selection[THEME_COLOURED] = {{236, DEFAULT}, {254, DEFAULT}};

static const struct {
	struct colour colours[THEME_COLOURED];
	attr_t attributes; /* in addition to the colour */
	attr_t mono;       /* instead of a colour, in themes without colours */
} styles[ROLE_COUNT] = {
	[ROLE_TEXT] = {{{DEFAULT, DEFAULT}, {DEFAULT, DEFAULT}}, 0, 0},
	[ROLE_DIM] = {{{247, 8}, {241, 8}}, 0, A_DIM},
	[ROLE_STRONG] = {{{DEFAULT, DEFAULT}, {DEFAULT, DEFAULT}}, A_BOLD, A_BOLD},
	[ROLE_HEADER] = {{{DEFAULT, DEFAULT}, {DEFAULT, DEFAULT}}, 0, 0},
	[ROLE_TITLE] = {{{250, 7}, {240, 0}}, 0, 0},
	[ROLE_TITLE_FOCUS] = {{{81, 14}, {25, 4}}, A_BOLD, A_BOLD | A_UNDERLINE},
	[ROLE_BORDER] = {{{240, 8}, {250, 7}}, 0, A_DIM},
	[ROLE_BORDER_FOCUS] = {{{74, 6}, {25, 4}}, 0, 0},
	[ROLE_COLUMN] = {{{246, 7}, {242, 0}}, 0, A_DIM},
	[ROLE_COLUMN_SORT] = {{{81, 14}, {25, 4}}, A_BOLD, A_BOLD},
	[ROLE_PEER] = {{{153, DEFAULT}, {24, DEFAULT}}, 0, 0},
	[ROLE_HANGING] = {{{221, 3}, {94, 3}}, A_BOLD, A_BOLD},
	[ROLE_FAILED] = {{{204, 1}, {124, 1}}, 0, A_BOLD},
	[ROLE_DENIED] = {{{208, 3}, {88, 1}}, A_BOLD, A_BOLD},
	[ROLE_GOOD] = {{{78, 2}, {22, 2}}, 0, 0},
	[ROLE_NEW] = {{{114, 2}, {22, 2}}, A_BOLD, A_BOLD},
	[ROLE_EGRESS] = {{{110, 6}, {25, 4}}, 0, 0},
	[ROLE_INGRESS] = {{{176, 5}, {90, 5}}, 0, 0},
	[ROLE_GRAPH] = {{{74, 6}, {25, 4}}, 0, 0},
	[ROLE_KEY] = {{{81, 14}, {25, 4}}, A_BOLD, A_BOLD},
	[ROLE_FILTER] = {{{221, 3}, {94, 3}}, 0, A_BOLD},
	[ROLE_NOTE] = {{{114, 2}, {22, 2}}, 0, A_BOLD},
	[ROLE_ERROR] = {{{204, 1}, {124, 1}}, A_BOLD, A_BOLD | A_REVERSE},
	[ROLE_POLICY_KEY] = {{{110, 6}, {25, 4}}, 0, 0},
	[ROLE_POLICY_COMMENT] = {{{247, 8}, {241, 8}}, 0, A_DIM},
	[ROLE_PAUSED] = {{{221, 3}, {94, 3}}, A_BOLD, A_BOLD},
};

/* The current theme, and the attributes of each role: attributes[0] outside the selection,
 * attributes[1] in it. These variables are global because curses has one terminal. */
static enum theme_kind current;
static attr_t attributes[2][ROLE_COUNT];

unsigned int theme_rgb(int colour)
{
	static const unsigned int basic[16] = {
		0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
		0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff};
	static const unsigned int levels[6] = {0, 95, 135, 175, 215, 255};
	unsigned int index;

	if (colour < 0 || colour > 255)
		return 0;
	if (colour < 16)
		return basic[colour];
	if (colour >= 232) {
		index = (unsigned int)(8 + 10 * (colour - 232));
		return index << 16 | index << 8 | index;
	}
	index = (unsigned int)(colour - 16);
	return levels[index / 36] << 16 | levels[index / 6 % 6] << 8 | levels[index % 6];
}

bool theme_colours(const char *name, enum role role, int *colour, int *background)
{
	for (int theme = 0; theme < THEME_COLOURED; theme++) {
		if (strcmp(names[theme], name) != 0)
			continue;
		*colour = styles[role].colours[theme].number;
		*background = selection[theme].number;
		return true;
	}
	return false;
}

const char *theme_choose(const char *option, const char *variable, const char *colorfgbg)
{
	const char *background = colorfgbg ? strrchr(colorfgbg, ';') : NULL;

	if (option)
		return option;
	if (variable && *variable)
		return variable;
	/* White and bright white. */
	if (background && (strcmp(background, ";7") == 0 || strcmp(background, ";15") == 0))
		return names[THEME_LIGHT];
	return names[THEME_DARK];
}

/* Returns the number of a colour on this terminal. If the terminal has no bright colours, expresses
 * brightness by attributes, which are added to *extra. */
static int theme_terminal_colour(const struct colour *colour, attr_t *extra)
{
	if (COLORS > 256)
		return colour->number == DEFAULT ? DEFAULT : (int)theme_rgb(colour->number);
	if (COLORS == 256)
		return colour->number;
	if (colour->basic < 8 || COLORS >= 16)
		return colour->basic;
	if (colour->basic == 8) { /* the eight colours have no grey */
		*extra |= A_DIM;
		return DEFAULT;
	}
	*extra |= A_BOLD;
	return colour->basic - 8;
}

static void theme_prepare_role(enum theme_kind theme, enum role role)
{
	attr_t extra = styles[role].attributes;
	attr_t ignored = 0;
	int foreground = theme_terminal_colour(&styles[role].colours[theme], &extra);
	int background = theme_terminal_colour(&selection[theme], &ignored);
	int pair = 1 + (int)role;
	int selected_pair = 1 + ROLE_COUNT + (int)role;

	init_extended_pair(pair, foreground, DEFAULT);
	attributes[0][role] = extra | (attr_t)COLOR_PAIR(pair);
	init_extended_pair(selected_pair, foreground, background);
	attributes[1][role] = extra | (attr_t)COLOR_PAIR(selected_pair);
	if (background == DEFAULT)
		attributes[1][role] |= A_REVERSE;
}

static void theme_apply(enum theme_kind theme)
{
	bool coloured = theme < THEME_COLOURED && has_colors() && COLORS >= 8 &&
			COLOR_PAIRS > 2 * ROLE_COUNT;

	for (int role = 0; role < ROLE_COUNT; role++) {
		attributes[0][role] = styles[role].mono;
		attributes[1][role] = (styles[role].mono & ~A_DIM) | A_REVERSE;
		if (coloured)
			theme_prepare_role(theme, (enum role)role);
	}
}

bool theme_select(const char *name, bool no_color)
{
	for (int theme = 0; theme < THEME_COUNT; theme++) {
		if (strcmp(names[theme], name) == 0) {
			current = (enum theme_kind)theme;
			theme_apply(no_color ? THEME_MONO : current);
			return true;
		}
	}
	return false;
}

const char *theme_next(void)
{
	return names[(current + 1) % THEME_COUNT];
}

attr_t theme_attributes(enum role role, bool selected)
{
	return attributes[selected][role];
}
