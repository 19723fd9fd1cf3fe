/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/appearance.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "tui/options/options.h"
#include "tui/options/user_settings.h"

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
	char why[SETTINGS_WHY_SIZE];

	if (user_settings_read(settings, why))
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
	keymap_use(&settings.keys);
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

/* Returns whether the list of themes is open. */
static bool appearance_is_picking(const struct appearance *appearance)
{
	return appearance->names.count > 0;
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

/* --- the list of themes --- */

static size_t appearance_count(const void *data)
{
	const struct appearance *appearance = data;

	return appearance->names.count;
}

static void appearance_item(const void *data, size_t index, struct popup_item *item)
{
	const struct appearance *appearance = data;
	const char *name = appearance->names.items[index];

	snprintf(item->text, sizeof(item->text), "%s", name);
	item->present = strcmp(name, appearance->theme_before) == 0;
}

/* Shows the theme under the cursor. If it cannot be read, reports why, and the one shown before
 * stays. */
static void appearance_preview(void *data, struct context *context, size_t index)
{
	struct appearance *appearance = data;

	if (appearance_select(appearance, appearance->names.items[index], appearance->why) == 0)
		appearance->why[0] = '\0';
	else
		context_error(context, "%s", appearance->why);
}

static bool appearance_keep(void *data, struct context *context, size_t index)
{
	struct appearance *appearance = data;

	(void)index;
	if (appearance->why[0]) {
		context_error(context, "%s", appearance->why);
		return false;
	}
	theme_names_clear(&appearance->names);
	appearance_save(appearance, context);
	return true;
}

static void appearance_restore(void *data, struct context *context)
{
	struct appearance *appearance = data;
	char why[THEME_WHY_SIZE];

	theme_names_clear(&appearance->names);
	/* A theme that was not in the list, such as a path, can have become unreadable. */
	if (appearance_select(appearance, appearance->theme_before, why))
		context_error(context, "%s", why);
}

static const struct popup_operations appearance_popup = {
	.title = "Theme",
	.hints = {{ACTION_OPEN, "keep"}, {ACTION_BACK, "back"}},
	.again = ACTION_THEME,
	.count = appearance_count,
	.item = appearance_item,
	.moved = appearance_preview,
	.choose = appearance_keep,
	.cancel = appearance_restore,
};

void appearance_pick(struct appearance *appearance, struct context *context, struct popup *popup)
{
	char folder[PATH_MAX];

	if (theme_files_list(appearance_folder(folder), &appearance->names)) {
		context_error(context, "no memory for the list of themes");
		return;
	}
	snprintf(appearance->theme_before, sizeof(appearance->theme_before), "%s",
		 appearance->theme);
	appearance->why[0] = '\0';
	popup_open(popup, &appearance_popup, appearance, context);
}
