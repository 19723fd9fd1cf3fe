/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/splits.h"

#include <stdio.h>

#include "tui/options/user_settings.h"

#define COLUMNS_STEP 2

void splits_read(struct dashboard *dashboard)
{
	char why[SETTINGS_WHY_SIZE];
	struct settings settings;

	if (user_settings_read(&settings, why))
		return;
	(void)settings_parse_splits(settings.splits, &dashboard->shares);
}

void splits_save(struct dashboard *dashboard)
{
	const struct layout_shares *shares = &dashboard->shares;
	char why[SETTINGS_WHY_SIZE];
	char text[SETTINGS_VALUE_SIZE];

	if (!dashboard->shares_changed)
		return;
	dashboard->shares_changed = false;
	snprintf(text, sizeof(text), "%d %d %d %d %d %d", shares->stack_summary,
		 shares->stack_policy, shares->wide_upper, shares->wide_left, shares->beside_left,
		 shares->beside_upper);
	/* Without a home folder, the sizes last until the end. */
	if (user_settings_set("splits", text, why))
		context_note(&dashboard->context, "the sizes are not saved: %s", why);
}

static void splits_move(struct dashboard *dashboard, enum layout_split split, int delta)
{
	layout_move(&dashboard->layout, split, delta, &dashboard->shares);
	/* The shares keep the sizes of a large pane, too. */
	dashboard->large = 0;
	dashboard->shares_changed = true;
}

void splits_grow(struct dashboard *dashboard, int direction)
{
	int sign = 0;
	enum layout_split split = layout_split_of(&dashboard->layout, dashboard->focus, &sign);

	if (split == LAYOUT_SPLIT_NONE)
		context_note(&dashboard->context, "one pane has the whole screen");
	else
		splits_move(dashboard, split,
			    sign * direction * (split == LAYOUT_SPLIT_COLUMN ? COLUMNS_STEP : 1));
}

void splits_reset(struct dashboard *dashboard)
{
	dashboard->shares = (struct layout_shares){0};
	dashboard->large = 0;
	dashboard->shares_changed = true;
	context_note(&dashboard->context, "all panes have their usual size");
}

void splits_press(struct dashboard *dashboard, int row, int column)
{
	dashboard->dragged = layout_split_at(&dashboard->layout, row, column);
	dashboard->drag_row = row;
	dashboard->drag_column = column;
}

void splits_release(struct dashboard *dashboard, int row, int column)
{
	enum layout_split split = dashboard->dragged;
	int delta = split == LAYOUT_SPLIT_COLUMN ? column - dashboard->drag_column
						 : row - dashboard->drag_row;

	dashboard->dragged = LAYOUT_SPLIT_NONE;
	if (split == LAYOUT_SPLIT_NONE || delta == 0 ||
	    split != layout_split_at(&dashboard->layout, dashboard->drag_row,
				     dashboard->drag_column))
		return;
	splits_move(dashboard, split, delta);
	splits_save(dashboard);
}
