/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/screen/theme.h"

#include <string.h>

#define DEFAULT (-1)

/*
 * One role in one theme: xterm's 256-colour number, the colour of 16 (8 to 15 are the bright ones)
 * for terminals with fewer, and what is added whatever the colours.
 */
struct style {
	short colour;
	short basic;
	attr_t attributes;
};

struct theme {
	const char *name;
	short selection;       /* background of the selected row, of 256 */
	short selection_basic; /* of 8; DEFAULT: reverse */
	struct style styles[ROLE_COUNT];
};

static const struct theme dark = {
	.name = "dark",
	.selection = 237,
	.selection_basic = DEFAULT,
	.styles =
		{
			[ROLE_TEXT] = {DEFAULT, DEFAULT, 0},
			[ROLE_DIM] = {244, 8, 0},
			[ROLE_STRONG] = {DEFAULT, DEFAULT, A_BOLD},
			[ROLE_HEADER] = {DEFAULT, DEFAULT, 0},
			[ROLE_TITLE] = {250, 7, 0},
			[ROLE_TITLE_FOCUS] = {81, 14, A_BOLD},
			[ROLE_BORDER] = {240, 8, 0},
			[ROLE_BORDER_FOCUS] = {74, 6, 0},
			[ROLE_COLUMN] = {246, 7, 0},
			[ROLE_COLUMN_SORT] = {81, 14, A_BOLD},
			[ROLE_PEER] = {153, DEFAULT, 0},
			[ROLE_HANGING] = {221, 3, A_BOLD},
			[ROLE_FAILED] = {203, 1, 0},
			[ROLE_DENIED] = {208, 3, A_BOLD},
			[ROLE_GOOD] = {78, 2, 0},
			[ROLE_NEW] = {114, 2, A_BOLD},
			[ROLE_EGRESS] = {110, 6, 0},
			[ROLE_INGRESS] = {176, 5, 0},
			[ROLE_GRAPH] = {74, 6, 0},
			[ROLE_KEY] = {81, 14, A_BOLD},
			[ROLE_FILTER] = {221, 3, 0},
			[ROLE_NOTE] = {114, 2, 0},
			[ROLE_ERROR] = {203, 1, A_BOLD},
			[ROLE_POLICY_KEY] = {110, 6, 0},
			[ROLE_POLICY_COMMENT] = {244, 8, 0},
			[ROLE_PAUSED] = {221, 3, A_BOLD},
		},
};

static const struct theme light = {
	.name = "light",
	.selection = 254,
	.selection_basic = DEFAULT,
	.styles =
		{
			[ROLE_TEXT] = {DEFAULT, DEFAULT, 0},
			[ROLE_DIM] = {245, 8, 0},
			[ROLE_STRONG] = {DEFAULT, DEFAULT, A_BOLD},
			[ROLE_HEADER] = {DEFAULT, DEFAULT, 0},
			[ROLE_TITLE] = {240, 0, 0},
			[ROLE_TITLE_FOCUS] = {25, 4, A_BOLD},
			[ROLE_BORDER] = {250, 7, 0},
			[ROLE_BORDER_FOCUS] = {32, 4, 0},
			[ROLE_COLUMN] = {242, 0, 0},
			[ROLE_COLUMN_SORT] = {25, 4, A_BOLD},
			[ROLE_PEER] = {24, DEFAULT, 0},
			[ROLE_HANGING] = {130, 3, A_BOLD},
			[ROLE_FAILED] = {160, 1, 0},
			[ROLE_DENIED] = {166, 1, A_BOLD},
			[ROLE_GOOD] = {28, 2, 0},
			[ROLE_NEW] = {28, 2, A_BOLD},
			[ROLE_EGRESS] = {25, 4, 0},
			[ROLE_INGRESS] = {90, 5, 0},
			[ROLE_GRAPH] = {32, 4, 0},
			[ROLE_KEY] = {25, 4, A_BOLD},
			[ROLE_FILTER] = {130, 3, 0},
			[ROLE_NOTE] = {28, 2, 0},
			[ROLE_ERROR] = {160, 1, A_BOLD},
			[ROLE_POLICY_KEY] = {25, 4, 0},
			[ROLE_POLICY_COMMENT] = {245, 8, 0},
			[ROLE_PAUSED] = {130, 3, A_BOLD},
		},
};

/* Without colours, weight shows the state, beside words and signs. */
static const struct theme mono = {
	.name = "mono",
	.selection = DEFAULT,
	.selection_basic = DEFAULT,
	.styles =
		{
			[ROLE_TEXT] = {DEFAULT, DEFAULT, 0},
			[ROLE_DIM] = {DEFAULT, DEFAULT, A_DIM},
			[ROLE_STRONG] = {DEFAULT, DEFAULT, A_BOLD},
			[ROLE_HEADER] = {DEFAULT, DEFAULT, 0},
			[ROLE_TITLE] = {DEFAULT, DEFAULT, 0},
			[ROLE_TITLE_FOCUS] = {DEFAULT, DEFAULT, A_BOLD | A_UNDERLINE},
			[ROLE_BORDER] = {DEFAULT, DEFAULT, A_DIM},
			[ROLE_BORDER_FOCUS] = {DEFAULT, DEFAULT, 0},
			[ROLE_COLUMN] = {DEFAULT, DEFAULT, A_DIM},
			[ROLE_COLUMN_SORT] = {DEFAULT, DEFAULT, A_BOLD},
			[ROLE_PEER] = {DEFAULT, DEFAULT, 0},
			[ROLE_HANGING] = {DEFAULT, DEFAULT, A_BOLD},
			[ROLE_FAILED] = {DEFAULT, DEFAULT, A_BOLD},
			[ROLE_DENIED] = {DEFAULT, DEFAULT, A_BOLD},
			[ROLE_GOOD] = {DEFAULT, DEFAULT, 0},
			[ROLE_NEW] = {DEFAULT, DEFAULT, A_BOLD},
			[ROLE_EGRESS] = {DEFAULT, DEFAULT, 0},
			[ROLE_INGRESS] = {DEFAULT, DEFAULT, 0},
			[ROLE_GRAPH] = {DEFAULT, DEFAULT, 0},
			[ROLE_KEY] = {DEFAULT, DEFAULT, A_BOLD},
			[ROLE_FILTER] = {DEFAULT, DEFAULT, A_BOLD},
			[ROLE_NOTE] = {DEFAULT, DEFAULT, A_BOLD},
			[ROLE_ERROR] = {DEFAULT, DEFAULT, A_BOLD | A_REVERSE},
			[ROLE_POLICY_KEY] = {DEFAULT, DEFAULT, 0},
			[ROLE_POLICY_COMMENT] = {DEFAULT, DEFAULT, A_DIM},
			[ROLE_PAUSED] = {DEFAULT, DEFAULT, A_BOLD},
		},
};

static const struct theme *const themes[] = {&dark, &light, &mono};
#define THEME_COUNT (sizeof(themes) / sizeof(*themes))

/* Curses has one terminal, so the theme is one too. These are the attributes of its roles. */
static size_t current;
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

/* Returns the number of a colour of 256 on this terminal. Adds attributes that replace a bright
 * colour to *extra. */
static int theme_terminal_colour(short colour, short basic, attr_t *extra)
{
	if (COLORS > 256)
		return colour == DEFAULT ? DEFAULT : (int)theme_rgb(colour);
	if (COLORS == 256)
		return colour;
	if (basic < 8 || COLORS >= 16)
		return basic;
	if (basic == 8) { /* grey, which eight colours lack */
		*extra |= A_DIM;
		return DEFAULT;
	}
	*extra |= A_BOLD;
	return basic - 8;
}

static void theme_prepare_role(const struct theme *theme, enum role role)
{
	const struct style *style = &theme->styles[role];
	attr_t extra = style->attributes;
	attr_t ignored = 0;
	int foreground = theme_terminal_colour(style->colour, style->basic, &extra);
	int background = theme_terminal_colour(theme->selection, theme->selection_basic, &ignored);
	int pair = 1 + (int)role;
	int selected_pair = 1 + ROLE_COUNT + (int)role;

	init_extended_pair(pair, foreground, DEFAULT);
	attributes[0][role] = extra | (attr_t)COLOR_PAIR(pair);
	init_extended_pair(selected_pair, foreground, background);
	attributes[1][role] = extra | (attr_t)COLOR_PAIR(selected_pair);
	if (background == DEFAULT)
		attributes[1][role] |= A_REVERSE;
}

static void theme_apply(const struct theme *theme)
{
	bool coloured =
		theme != &mono && has_colors() && COLORS >= 8 && COLOR_PAIRS > 2 * ROLE_COUNT;

	for (int role = 0; role < ROLE_COUNT; role++) {
		attributes[0][role] = mono.styles[role].attributes;
		attributes[1][role] = (mono.styles[role].attributes & ~A_DIM) | A_REVERSE;
		if (coloured)
			theme_prepare_role(theme, (enum role)role);
	}
}

bool theme_select(const char *name, bool no_color)
{
	for (size_t i = 0; i < THEME_COUNT; i++) {
		if (strcmp(themes[i]->name, name) == 0) {
			current = i;
			theme_apply(no_color ? &mono : themes[i]);
			return true;
		}
	}
	return false;
}

const char *theme_next(void)
{
	return themes[(current + 1) % THEME_COUNT]->name;
}

attr_t theme_attributes(enum role role, bool selected)
{
	return attributes[selected][role];
}
