/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/pages/help.h"

#include "core/base/array.h"

#define COLUMN_WIDTH (2 + HELP_KEY_WIDTH + 1 + HELP_TEXT_WIDTH + 1)

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
		canvas_text(&line, 0, 2, HELP_KEY_WIDTH, ROLE_KEY,
			    plain ? binding->ascii : binding->name);
		canvas_text(&line, 0, 2 + HELP_KEY_WIDTH + 1, HELP_TEXT_WIDTH, ROLE_TEXT,
			    binding->help);
	}
	return row + 1;
}

static int help_draw_signs(const struct canvas *canvas, int row, int column)
{
	const struct glyphs *glyphs = canvas->glyphs;
	const struct {
		int row;
		int column;
		enum role role;
		const char *sign;
		int help_column;
		const char *help;
	} signs[] = {
		{1, 2, ROLE_EGRESS, glyphs->egress, 13, "opened by this side"},
		{1, 36, ROLE_INGRESS, glyphs->ingress, 39, "accepted by this side"},
		{2, 2, ROLE_HANGING, "hanging", 13, "no answer yet, and for how long"},
		{2, 9, ROLE_HANGING, glyphs->ellipsis, 13, ""},
		{3, 2, ROLE_FAILED, glyphs->cross, 13,
		 "failed, and why (aborted: closed before an answer came)"},
		{4, 2, ROLE_DENIED, glyphs->denied, 13,
		 "a loaded policy would deny it (polecat --policy PATH)"},
		{5, 2, ROLE_GOOD, glyphs->full, 13, "a source that is well"},
		{5, 36, ROLE_DIM, glyphs->hollow, 39, "not there"},
		{5, 52, ROLE_FAILED, glyphs->broken, 55, "broken"},
		{6, 2, ROLE_KEY, "Mouse", 13,
		 "a click selects, or sorts by its heading; two open; wheel scrolls"},
	};

	canvas_print(canvas, row, column, ROLE_STRONG, "Signs");
	for (size_t i = 0; i < ARRAY_LENGTH(signs); i++) {
		canvas_print(canvas, row + signs[i].row, column + signs[i].column, signs[i].role,
			     "%s", signs[i].sign);
		canvas_print(canvas, row + signs[i].row, column + signs[i].help_column, ROLE_TEXT,
			     "%s", signs[i].help);
	}
	return row + signs[ARRAY_LENGTH(signs) - 1].row + 1;
}

static void help_title(const void *view, const struct context *context, struct canvas *line)
{
	(void)view;
	(void)context;
	canvas_add(line, ROLE_TITLE_FOCUS, " Help: polecat %s ", POLECAT_VERSION);
}

static void help_draw(void *view, const struct context *context, const struct canvas *canvas)
{
	struct list_cursor *scroll = view;
	bool two = canvas->area.columns >= 2 * COLUMN_WIDTH;
	int row = -(int)scroll->top;
	int second = row;

	(void)context;
	for (int group = 0; group < KEY_GROUP_COUNT; group++) {
		/* If there is room for two columns, the shorter column gets the next group. */
		bool right = two && second < row;
		int *at = right ? &second : &row;

		*at = help_draw_group((enum key_group)group, canvas, *at,
				      right ? COLUMN_WIDTH + 1 : 1);
	}
	if (two && second < row)
		second = help_draw_signs(canvas, second, COLUMN_WIDTH + 1);
	else
		row = help_draw_signs(canvas, row, 1);
	scroll->count = (size_t)(row > second ? row : second) + scroll->top;
}

const struct view_operations help_operations = {
	.hints = KEY_PLACE_HELP,
	.title = help_title,
	.draw = help_draw,
};
