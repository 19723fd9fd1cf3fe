/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/appearance.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "tui/dashboard/table/place.h"
#include "tui/options/options.h"
#include "tui/options/settings.h"

/* The width of the list of themes, with its frame. */
#define PICKER_COLUMNS 30

/* Writes the folder of the user's themes. Returns NULL if there can be none. */
static const char *appearance_folder(char path[PATH_MAX])
{
	return settings_path("themes", path) ? NULL : path;
}

/* Selects a theme. Returns 0, or -errno with the reason in `why` and the theme unchanged. */
static int appearance_select(struct appearance *appearance, const char *name,
			     char why[THEME_WHY_SIZE])
{
	char folder[PATH_MAX];
	struct scheme scheme;
	int err = theme_files_read(appearance_folder(folder), name, &scheme, why);

	if (err)
		return err;
	theme_select(&scheme, appearance->no_color);
	snprintf(appearance->theme, sizeof(appearance->theme), "%s", name);
	return 0;
}

/* Selects the theme that suits the terminal. */
static void appearance_follow(struct appearance *appearance, struct context *context,
			      enum theme_ground ground)
{
	char why[THEME_WHY_SIZE];

	if (appearance_select(appearance, theme_suiting(ground), why))
		context_error(context, "%s", why);
}

static void appearance_read_settings(struct context *context, struct settings *settings)
{
	char path[PATH_MAX];
	char why[SETTINGS_WHY_SIZE];

	*settings = (struct settings){0};
	if (settings_path("config.yaml", path) == 0 && settings_read(path, settings, why))
		context_error(context, "%s", why);
}

void appearance_start(struct appearance *appearance, struct context *context)
{
	enum theme_ground ground = theme_ground_of_variable(getenv("COLORFGBG"));
	const char *no_color = getenv("NO_COLOR");
	char why[THEME_WHY_SIZE];
	struct settings settings;
	const char *theme;

	/* NO_COLOR counts if it is set and not empty (https://no-color.org). */
	appearance->no_color = no_color && *no_color;
	theme_set_ground(ground);
	appearance_read_settings(context, &settings);
	theme = theme_choose(context->options->theme, getenv("POLECAT_THEME"), settings.theme);
	appearance->follows_terminal = !theme;
	if (theme && appearance_select(appearance, theme, why) == 0)
		return;
	appearance_follow(appearance, context, ground);
	if (theme)
		context_error(context, "%s", why);
}

void appearance_clear(struct appearance *appearance)
{
	theme_names_clear(&appearance->names);
}

void appearance_handle_answer(struct appearance *appearance, struct context *context,
			      const char *answer)
{
	enum theme_ground ground = theme_ground_of_answer(answer);

	if (ground == THEME_GROUND_UNKNOWN)
		return;
	appearance->terminal_answered = true;
	theme_set_ground(ground);
	if (!appearance->follows_terminal)
		return;
	/* The theme under the cursor of the list stays selected. Esc then selects the theme that
	 * suits the terminal. */
	if (appearance_is_picking(appearance))
		snprintf(appearance->theme_before, sizeof(appearance->theme_before), "%s",
			 theme_suiting(ground));
	else
		appearance_follow(appearance, context, ground);
}

/* Saves the current theme, and reports that or why not. */
static void appearance_save(struct appearance *appearance, struct context *context)
{
	const char *colours = appearance->no_color ? ", without colours: NO_COLOR is set" : "";
	char why[SETTINGS_WHY_SIZE];
	char path[PATH_MAX];

	appearance->follows_terminal = false;
	if (settings_path("config.yaml", path))
		context_error(context, "theme %s is not saved: HOME is not set", appearance->theme);
	else if (settings_set(path, "theme", appearance->theme, why))
		context_error(context, "theme %s is not saved: %s", appearance->theme, why);
	else
		context_note(context, "theme %s, saved%s", appearance->theme, colours);
}

void appearance_set_theme(struct appearance *appearance, struct context *context, const char *name)
{
	CLEANUP_FREE char *path = theme_files_is_path(name) ? realpath(name, NULL) : NULL;
	char why[THEME_WHY_SIZE];

	/* Save an absolute path, because polecat may be started in another folder the next time. */
	if (path && strlen(path) < sizeof(appearance->theme))
		name = path;
	if (appearance_select(appearance, name, why))
		context_error(context, "%s", why);
	else
		appearance_save(appearance, context);
}

bool appearance_is_picking(const struct appearance *appearance)
{
	return appearance->names.count > 0;
}

void appearance_pick(struct appearance *appearance, struct context *context)
{
	char folder[PATH_MAX];

	if (theme_files_list(appearance_folder(folder), &appearance->names)) {
		context_error(context, "no memory for the list of themes");
		return;
	}
	snprintf(appearance->theme_before, sizeof(appearance->theme_before), "%s",
		 appearance->theme);
	appearance->why[0] = '\0';
	appearance->list = (struct list_cursor){
		.selects = true, .count = appearance->names.count, .height = 1};
	for (size_t i = 0; i < appearance->names.count; i++)
		if (strcmp(appearance->names.items[i], appearance->theme) == 0)
			list_cursor_select(&appearance->list, i);
	appearance->list.moved = true;
}

/* Shows the theme under the cursor. If it cannot be read, reports why, and keeps the theme that is
 * shown. */
static void appearance_preview(struct appearance *appearance, struct context *context)
{
	const char *name = appearance->names.items[appearance->list.cursor];

	if (appearance_select(appearance, name, appearance->why) == 0)
		appearance->why[0] = '\0';
	else
		context_error(context, "%s", appearance->why);
}

void appearance_act(struct appearance *appearance, struct context *context, enum action action)
{
	char why[THEME_WHY_SIZE];

	if (action == ACTION_THEME)
		list_cursor_select(&appearance->list,
				   (appearance->list.cursor + 1) % appearance->list.count);
	if (action == ACTION_THEME || list_cursor_act(&appearance->list, action)) {
		appearance_preview(appearance, context);
	} else if (action == ACTION_OPEN && appearance->why[0]) {
		context_error(context, "%s", appearance->why);
	} else if (action == ACTION_OPEN) {
		theme_names_clear(&appearance->names);
		appearance_save(appearance, context);
	} else if (action == ACTION_BACK || action == ACTION_QUIT) {
		theme_names_clear(&appearance->names);
		/* A theme that was not in the list, such as a path, can have become unreadable. */
		if (appearance_select(appearance, appearance->theme_before, why))
			context_error(context, "%s", why);
	}
}

/* Draws one line of the frame: the left end, the middle repeated, the right end. */
static void appearance_draw_border(const struct canvas *line, unsigned int vertical)
{
	const char *const *border = line->glyphs->border;
	int last = line->area.columns - 1;

	for (int column = 0; column <= last; column++)
		canvas_text(line, 0, column, 1, ROLE_BORDER_FOCUS,
			    border[(column > 0 ? BORDER_LEFT : vertical) |
				   (column < last ? BORDER_RIGHT : vertical)]);
}

static void appearance_draw_row(const struct appearance *appearance, const struct canvas *box,
				int row)
{
	size_t index = appearance->list.top + (size_t)row - 1;
	const char *side = box->glyphs->border[BORDER_UP | BORDER_DOWN];
	struct canvas inside = canvas_part(box, row, 1, 1, box->area.columns - 2);
	bool selected = index == appearance->list.cursor;
	struct canvas line;

	canvas_text(box, row, 0, 1, ROLE_BORDER_FOCUS, side);
	canvas_blank(&inside, 0, 0, inside.area.columns, ROLE_TEXT);
	line = canvas_row(&inside, 0, selected);
	canvas_text(&line, 0, 2, line.area.columns - 2, ROLE_TEXT, appearance->names.items[index]);
	canvas_text(box, row, box->area.columns - 1, 1, ROLE_BORDER_FOCUS, side);
}

void appearance_draw(struct appearance *appearance, const struct canvas *canvas)
{
	struct list_cursor *list = &appearance->list;
	int rows = canvas->area.rows - 2;
	int columns = canvas->area.columns < PICKER_COLUMNS ? canvas->area.columns : PICKER_COLUMNS;
	struct canvas box;
	struct canvas line;

	if (rows > (int)list->count)
		rows = (int)list->count;
	if (rows < 1)
		return;
	list_cursor_fit(list, list->count, rows);
	box = canvas_part(canvas, canvas->area.rows - rows - 2, canvas->area.columns - columns,
			  rows + 2, columns);
	line = canvas_part(&box, 0, 0, 1, columns);
	appearance_draw_border(&line, BORDER_DOWN);
	line = canvas_part(&box, 0, 1, 1, columns - 2);
	canvas_add(&line, ROLE_TITLE_FOCUS, " Theme ");
	place_draw(&line, "", list->top, list->height, list->count);
	for (int row = 1; row <= rows; row++)
		appearance_draw_row(appearance, &box, row);
	line = canvas_part(&box, rows + 1, 0, 1, columns);
	appearance_draw_border(&line, BORDER_UP);
	line = canvas_part(&box, rows + 1, 1, 1, columns - 2);
	canvas_add(&line, ROLE_KEY, " Enter");
	canvas_add(&line, ROLE_DIM, " keep  ");
	canvas_add(&line, ROLE_KEY, "Esc");
	canvas_add(&line, ROLE_DIM, " back ");
}
