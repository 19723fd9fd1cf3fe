/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/pages/help.h"

#include <string.h>

#define KEY_WIDTH    10
#define COLUMN_WIDTH 76

static int help_draw_group(enum key_group group, const struct canvas *canvas, int row, int column)
{
	canvas_print(canvas, row++, column, ROLE_STRONG, "%s", keymap_heading(group));
	for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++) {
		const struct key_binding *binding = keymap_binding((enum action)action);
		struct canvas line = canvas_part(canvas, row, column, 1, COLUMN_WIDTH - 1);
		bool plain = binding->ascii && !canvas->glyphs->unicode;

		if (binding->group != group)
			continue;
		if (row++ < 0)
			continue;
		canvas_text(&line, 0, 2, KEY_WIDTH, ROLE_KEY,
			    plain ? binding->ascii : binding->name);
		canvas_text(&line, 0, 2 + KEY_WIDTH + 1, COLUMN_WIDTH, ROLE_TEXT, binding->help);
	}
	return row + 1;
}

static int help_draw_signs(const struct canvas *canvas, int row, int column)
{
	const struct glyphs *glyphs = canvas->glyphs;

	canvas_print(canvas, row++, column, ROLE_STRONG, "Signs");
	canvas_print(canvas, row, column + 2, ROLE_EGRESS, "%s", glyphs->egress);
	canvas_print(canvas, row, column + 13, ROLE_TEXT, "opened by this side");
	canvas_print(canvas, row, column + 36, ROLE_INGRESS, "%s", glyphs->ingress);
	canvas_print(canvas, row++, column + 39, ROLE_TEXT, "accepted by this side");
	canvas_print(canvas, row, column + 2, ROLE_HANGING, "hanging%s", glyphs->ellipsis);
	canvas_print(canvas, row++, column + 13, ROLE_TEXT, "no answer yet, and for how long");
	canvas_print(canvas, row, column + 2, ROLE_FAILED, "%s", glyphs->cross);
	canvas_print(canvas, row++, column + 13, ROLE_TEXT,
		     "failed, and why (aborted: closed before an answer came)");
	canvas_print(canvas, row, column + 2, ROLE_DENIED, "%s", glyphs->denied);
	canvas_print(canvas, row++, column + 13, ROLE_TEXT,
		     "a loaded policy would deny it (polecat --policy PATH)");
	canvas_print(canvas, row, column + 2, ROLE_GOOD, "%s", glyphs->full);
	canvas_print(canvas, row, column + 13, ROLE_TEXT, "a source that is well");
	canvas_print(canvas, row, column + 36, ROLE_DIM, "%s", glyphs->hollow);
	canvas_print(canvas, row, column + 39, ROLE_TEXT, "not there");
	canvas_print(canvas, row, column + 52, ROLE_FAILED, "%s", glyphs->broken);
	canvas_print(canvas, row++, column + 55, ROLE_TEXT, "broken");
	canvas_print(canvas, row, column + 2, ROLE_KEY, "Mouse");
	canvas_print(canvas, row++, column + 13, ROLE_TEXT,
		     "a click selects, or sorts by its heading; two open; wheel scrolls");
	return row;
}

static void help_update(void *view, struct context *context, int rows)
{
	struct help *help = view;

	(void)context;
	list_cursor_fit(&help->scroll, help->scroll.count, rows);
}

static int help_title(void *view, const struct context *context, const struct canvas *canvas,
		      bool focused)
{
	const struct help *help = view;
	int column =
		canvas_print(canvas, 0, 0, ROLE_TITLE_FOCUS, " Help: polecat %s ", POLECAT_VERSION);

	(void)context;
	(void)focused;
	canvas_place(canvas, column, help->scroll.top, help->scroll.height, help->scroll.count);
	return column;
}

static void help_draw(void *view, const struct context *context, const struct canvas *canvas,
		      bool focused)
{
	struct help *help = view;
	bool two = canvas->area.columns >= 2 * COLUMN_WIDTH;
	int row = -(int)help->scroll.top;
	int second = row;

	(void)context;
	(void)focused;
	for (int group = 0; group < KEY_GROUP_COUNT; group++) {
		/* Side by side where there is room: the shorter column takes the next group. */
		bool right = two && second < row;
		int *at = right ? &second : &row;

		*at = help_draw_group((enum key_group)group, canvas, *at,
				      right ? COLUMN_WIDTH + 1 : 1);
	}
	if (two && second < row)
		second = help_draw_signs(canvas, second, COLUMN_WIDTH + 1);
	else
		row = help_draw_signs(canvas, row, 1);
	help->scroll.count = (size_t)(row > second ? row : second) + help->scroll.top;
}

static bool help_act(void *view, struct context *context, enum action action)
{
	struct help *help = view;

	(void)context;
	return list_cursor_act(&help->scroll, action);
}

const struct view_operations help_operations = {
	.name = "Help",
	.update = help_update,
	.title = help_title,
	.draw = help_draw,
	.act = help_act,
};
