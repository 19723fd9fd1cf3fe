/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/screen/theme.h"

#include <stdlib.h>
#include <string.h>

#include "tui/dashboard/screen/palette.h"

#define DEFAULT (-1)

/* The least number of colours with which a theme's own colours are used. With fewer, the colours
 * are those of the terminal's user. */
#define FULL_COLOURS 256
/* Terminals with direct colour have more colours than this. */
#define INDEXED_COLOURS 256

enum theme_kind {
	THEME_DARK = 0,
	THEME_LIGHT,
	THEME_COLOURED, /* the number of themes with colours */
	THEME_MONO = THEME_COLOURED,
	THEME_COUNT,
};

static const char *const names[THEME_COUNT] = {"dark", "light", "mono"};

struct colour {
	short number; /* one of xterm's 256 colours; DEFAULT: the colour of text */
	short basic;  /* one of 16, for terminals with fewer than 256; 8 to 15 are bright */
};

/* The background, the colour of text on it, and the background of the selected row, as numbers of
 * xterm's 256 colours. Terminals with fewer than 256 colours reverse the selected row. */
static const struct {
	short background;
	short text;
	short selection;
} grounds[THEME_COLOURED] = {{16, 252, 236}, {231, 235, 254}};

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
static bool without_colours;
static enum theme_ground terminal_ground;
static attr_t attributes[2][ROLE_COUNT];

static short theme_number(enum theme_kind theme, enum role role)
{
	short number = styles[role].colours[theme].number;

	return number == DEFAULT ? grounds[theme].text : number;
}

bool theme_colours(const char *name, enum role role, uint32_t *colour, uint32_t *background,
		   uint32_t *selection)
{
	for (int theme = 0; theme < THEME_COLOURED; theme++) {
		if (strcmp(names[theme], name) != 0)
			continue;
		*colour = palette_rgb(theme_number((enum theme_kind)theme, role));
		*background = palette_rgb(grounds[theme].background);
		*selection = palette_rgb(grounds[theme].selection);
		return true;
	}
	return false;
}

enum theme_ground theme_ground_of_variable(const char *colorfgbg)
{
	const char *background = colorfgbg ? strrchr(colorfgbg, ';') : NULL;
	char *end;
	unsigned long number;

	if (!background || background[1] < '0' || background[1] > '9')
		return THEME_GROUND_UNKNOWN;
	number = strtoul(background + 1, &end, 10);
	if (*end || number > 15)
		return THEME_GROUND_UNKNOWN;
	/* White and bright white. */
	return number == 7 || number == 15 ? THEME_GROUND_LIGHT : THEME_GROUND_DARK;
}

/* Reads one channel of a colour, one to four hexadecimal digits, as 0 to 255. Returns -1 for other
 * texts. *text then points behind it. */
static int theme_read_channel(const char **text)
{
	size_t digits = strspn(*text, "0123456789abcdefABCDEF");
	char copy[5] = "";

	if (digits == 0 || digits >= sizeof(copy))
		return -1;
	memcpy(copy, *text, digits);
	*text += digits;
	return (int)(strtoul(copy, NULL, 16) * 255 / ((1ul << (4 * digits)) - 1));
}

enum theme_ground theme_ground_of_answer(const char *answer)
{
	static const char start[] = "11;rgb";
	uint32_t colour = 0;

	if (!answer || strncmp(answer, start, strlen(start)) != 0)
		return THEME_GROUND_UNKNOWN;
	answer += strlen(start);
	answer += *answer == 'a'; /* rgba */
	for (int channel = 0; channel < 3; channel++) {
		int value = -1;

		if (*answer == (channel ? '/' : ':')) {
			answer++;
			value = theme_read_channel(&answer);
		}
		if (value < 0)
			return THEME_GROUND_UNKNOWN;
		colour = colour << 8 | (uint32_t)value;
	}
	return palette_is_light(colour) ? THEME_GROUND_LIGHT : THEME_GROUND_DARK;
}

const char *theme_choose(const char *option, const char *variable)
{
	if (option)
		return option;
	return variable && *variable ? variable : NULL;
}

const char *theme_suiting(enum theme_ground ground)
{
	return names[ground == THEME_GROUND_LIGHT ? THEME_LIGHT : THEME_DARK];
}

/* Returns true if the theme must not rely on the terminal's background. A dark theme on an unknown
 * background relies on it, because most terminals are dark. */
static bool theme_paints(enum theme_kind theme)
{
	enum theme_ground own = theme == THEME_LIGHT ? THEME_GROUND_LIGHT : THEME_GROUND_DARK;

	return COLORS >= FULL_COLOURS && terminal_ground != own &&
	       (terminal_ground != THEME_GROUND_UNKNOWN || own == THEME_GROUND_LIGHT);
}

/* Returns the terminal's number for one of xterm's 256 colours. */
static int theme_full_colour(short number)
{
	return COLORS > INDEXED_COLOURS ? (int)palette_rgb(number) : number;
}

/* Returns the number of a colour on a terminal with few colours. If the terminal has no bright
 * colours, expresses brightness by attributes, which are added to *extra. */
static int theme_basic_colour(short basic, attr_t *extra)
{
	if (basic < 8 || COLORS >= 16)
		return basic;
	if (basic == 8) { /* the eight colours have no grey */
		*extra |= A_DIM;
		return DEFAULT;
	}
	*extra |= A_BOLD;
	return basic - 8;
}

static void theme_set_role(enum role role, bool selected, int foreground, int background,
			   attr_t extra)
{
	int pair = 1 + (selected ? ROLE_COUNT : 0) + (int)role;

	init_extended_pair(pair, foreground, background);
	attributes[selected][role] = extra | (attr_t)COLOR_PAIR(pair);
}

/* Sets a role on a terminal with 256 or more colours. */
static void theme_prepare_full(enum theme_kind theme, enum role role)
{
	bool paints = theme_paints(theme);
	bool plain = styles[role].colours[theme].number == DEFAULT && !paints;
	int foreground = plain ? DEFAULT : theme_full_colour(theme_number(theme, role));
	int background = paints ? theme_full_colour(grounds[theme].background) : DEFAULT;

	theme_set_role(role, false, foreground, background, styles[role].attributes);
	theme_set_role(role, true, foreground, theme_full_colour(grounds[theme].selection),
		       styles[role].attributes);
}

/* Sets a role on a terminal with fewer colours, on the terminal's background. */
static void theme_prepare_basic(enum theme_kind theme, enum role role)
{
	attr_t extra = styles[role].attributes;
	int foreground;

	if (terminal_ground != THEME_GROUND_UNKNOWN)
		theme = terminal_ground == THEME_GROUND_LIGHT ? THEME_LIGHT : THEME_DARK;
	foreground = theme_basic_colour(styles[role].colours[theme].basic, &extra);
	theme_set_role(role, false, foreground, DEFAULT, extra);
	theme_set_role(role, true, foreground, DEFAULT, (extra & ~A_DIM) | A_REVERSE);
}

static void theme_apply(void)
{
	enum theme_kind theme = without_colours ? THEME_MONO : current;
	bool coloured = theme < THEME_COLOURED && has_colors() && COLORS >= 8 &&
			COLOR_PAIRS > 2 * ROLE_COUNT;

	for (int role = 0; role < ROLE_COUNT; role++) {
		attributes[0][role] = styles[role].mono;
		attributes[1][role] = (styles[role].mono & ~A_DIM) | A_REVERSE;
		if (coloured && COLORS >= FULL_COLOURS)
			theme_prepare_full(theme, (enum role)role);
		else if (coloured)
			theme_prepare_basic(theme, (enum role)role);
	}
	/* erase() fills the screen with this. */
	bkgdset(' ' | (coloured && theme_paints(theme) ? attributes[0][ROLE_TEXT] : A_NORMAL));
}

bool theme_select(const char *name, bool no_color)
{
	for (int theme = 0; theme < THEME_COUNT; theme++) {
		if (strcmp(names[theme], name) == 0) {
			current = (enum theme_kind)theme;
			without_colours = no_color;
			theme_apply();
			return true;
		}
	}
	return false;
}

void theme_set_ground(enum theme_ground ground)
{
	terminal_ground = ground;
	theme_apply();
}

const char *theme_next(void)
{
	return names[(current + 1) % THEME_COUNT];
}

attr_t theme_attributes(enum role role, bool selected)
{
	return attributes[selected][role];
}
