/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/appearance.h"

#include <stdlib.h>
#include <string.h>

#include "tui/dashboard/dashboard_state.h"
#include "tui/dashboard/screen/theme.h"
#include "tui/options/options.h"

/* Selects a theme, also if no theme has the name: then the one that suits the background. */
static void appearance_select_first(struct dashboard *dashboard, enum theme_ground ground)
{
	const char *theme =
		theme_choose(dashboard->context.options->theme, getenv("POLECAT_THEME"));

	dashboard->theme_follows_terminal = !theme;
	if (theme && theme_select(theme, dashboard->no_color))
		return;
	theme_select(theme_suiting(ground), dashboard->no_color);
	if (theme)
		appearance_set_theme(dashboard, theme);
}

void appearance_start(struct dashboard *dashboard)
{
	enum theme_ground ground = theme_ground_of_variable(getenv("COLORFGBG"));
	const char *no_color = getenv("NO_COLOR");

	/* NO_COLOR counts if it is set and not empty (https://no-color.org). */
	dashboard->no_color = no_color && *no_color;
	appearance_select_first(dashboard, ground);
	theme_set_ground(ground);
}

void appearance_handle_answer(struct dashboard *dashboard, const char *answer)
{
	enum theme_ground ground = theme_ground_of_answer(answer);

	if (ground == THEME_GROUND_UNKNOWN)
		return;
	dashboard->terminal_answered = true;
	if (dashboard->theme_follows_terminal)
		theme_select(theme_suiting(ground), dashboard->no_color);
	theme_set_ground(ground);
}

void appearance_set_theme(struct dashboard *dashboard, const char *name)
{
	if (!theme_select(name, dashboard->no_color)) {
		context_error(&dashboard->context, "there is no theme %s: dark, light and mono are",
			      name);
		return;
	}
	dashboard->theme_follows_terminal = false;
	if (dashboard->no_color && strcmp(name, "mono") != 0)
		context_note(&dashboard->context, "theme %s, without colours: NO_COLOR is set",
			     name);
	else
		context_note(&dashboard->context, "theme %s", name);
}
