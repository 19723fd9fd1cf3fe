/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/screen/theme.h"

#include <stdlib.h>
#include <string.h>

#include "tui/dashboard/screen/palette.h"

#define DEFAULT (-1)

/* The least number of colours with which a theme's own colours are used. With fewer, roles use the
 * terminal's colours, which the user may have chosen. */
#define FULL_COLOURS 256
/* Terminals with direct colour have more colours than this. */
#define INDEXED_COLOURS 256

/* The current scheme, and the attributes of each role: attributes[0] outside the selection,
 * attributes[1] in it. These variables are global because curses has one terminal. */
static struct scheme current;
static bool without_colours;
static enum theme_ground terminal_ground;
static attr_t attributes[2][ROLE_COUNT];

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
 * texts. *text then points past it. */
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
	answer += *answer == 'a'; /* skip the a of rgba */
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

const char *theme_choose(const char *option, const char *variable, const char *setting)
{
	if (option)
		return option;
	if (variable && *variable)
		return variable;
	return setting && *setting ? setting : NULL;
}

const char *theme_suiting(enum theme_ground ground)
{
	return ground == THEME_GROUND_LIGHT ? "light" : "dark";
}

static bool theme_paints(void)
{
	bool terminal_is_light = terminal_ground == THEME_GROUND_LIGHT;

	return COLORS >= FULL_COLOURS &&
	       (!current.on_terminal || current.light != terminal_is_light);
}

/* Returns the terminal's number for a colour that is drawn on a background. Of 256 colours, chooses
 * the nearest one that is still readable. */
static int theme_full_colour(uint32_t colour, uint32_t background)
{
	if (COLORS > INDEXED_COLOURS)
		return (int)colour;
	background = palette_rgb(palette_nearest(background, 0, 0));
	return palette_nearest(colour, background, PALETTE_READABLE);
}

static int theme_full_background(uint32_t colour)
{
	return COLORS > INDEXED_COLOURS ? (int)colour : palette_nearest(colour, 0, 0);
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
static void theme_prepare_full(enum role role)
{
	attr_t extra = role_style(role)->attributes;
	bool paints = theme_paints();
	/* On the terminal's background, text has the terminal's colour. */
	bool plain = !paints && current.colours[role] == current.colours[ROLE_TEXT];
	int background = paints ? theme_full_background(current.background) : DEFAULT;
	int foreground = theme_full_colour(current.colours[role], current.background);
	int selected = theme_full_colour(current.selected[role], current.selection);

	theme_set_role(role, false, plain ? DEFAULT : foreground, background, extra);
	theme_set_role(role, true, plain ? DEFAULT : selected,
		       theme_full_background(current.selection), extra);
}

/* Sets a role on a terminal with fewer colours, on the terminal's background. */
static void theme_prepare_basic(enum role role)
{
	const struct role_style *style = role_style(role);
	bool light = terminal_ground == THEME_GROUND_UNKNOWN
			     ? current.light
			     : terminal_ground == THEME_GROUND_LIGHT;
	attr_t extra = style->attributes;
	int foreground =
		theme_basic_colour(light ? style->basic_on_light : style->basic_on_dark, &extra);

	theme_set_role(role, false, foreground, DEFAULT, extra);
	theme_set_role(role, true, foreground, DEFAULT, (extra & ~A_DIM) | A_REVERSE);
}

static void theme_apply(void)
{
	bool coloured = !without_colours && !current.monochrome && has_colors() && COLORS >= 8 &&
			COLOR_PAIRS > 2 * ROLE_COUNT;

	for (int role = 0; role < ROLE_COUNT; role++) {
		attr_t mono = role_style((enum role)role)->mono;

		attributes[0][role] = mono;
		attributes[1][role] = (mono & ~A_DIM) | A_REVERSE;
		if (coloured && COLORS >= FULL_COLOURS)
			theme_prepare_full((enum role)role);
		else if (coloured)
			theme_prepare_basic((enum role)role);
	}
	/* erase() fills the screen with this. */
	bkgdset(' ' | (coloured && theme_paints() ? attributes[0][ROLE_TEXT] : A_NORMAL));
}

void theme_select(const struct scheme *scheme, bool no_color)
{
	current = *scheme;
	without_colours = no_color;
	theme_apply();
}

void theme_set_ground(enum theme_ground ground)
{
	terminal_ground = ground;
	theme_apply();
}

attr_t theme_attributes(enum role role, bool selected)
{
	return attributes[selected][role];
}
