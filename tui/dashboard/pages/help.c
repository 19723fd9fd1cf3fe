/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/pages/help.h"

#include <string.h>

#define KEY_WIDTH    10
#define COLUMN_WIDTH 76

/* Signs that keymap.c writes in names, for terminals that have none. */
static const char *plain_name(const struct key_binding *binding, const struct glyphs *glyphs)
{
	if (glyphs->unicode)
		return binding->name;
	switch (binding->action) {
	case ACTION_UP:
		return "Up k";
	case ACTION_DOWN:
		return "Down j";
	case ACTION_LEFT:
		return "Left h";
	case ACTION_RIGHT:
		return "Right l";
	default:
		return binding->name;
	}
}

static int draw_group(const struct key_group *group, const struct canvas *canvas, int row,
		      int column)
{
	canvas_print(canvas, row++, column, ROLE_STRONG, "%s", group->heading);
	for (size_t i = 0; i < group->count; i++, row++) {
		const struct key_binding *binding = &group->bindings[i];
		struct canvas line = canvas_part(canvas, row, column, 1, COLUMN_WIDTH - 1);

		if (row < 0)
			continue;
		canvas_text(&line, 0, 2, KEY_WIDTH, 0, ROLE_KEY,
			    plain_name(binding, canvas->glyphs));
		canvas_text(&line, 0, 2 + KEY_WIDTH + 1, COLUMN_WIDTH, 0, ROLE_TEXT, binding->help);
	}
	return row + 1;
}

static int draw_signs(const struct canvas *canvas, int row, int column)
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

static void update(void *view, struct context *context, int rows)
{
	struct help *help = view;

	(void)context;
	help->height = rows;
}

static int title(void *view, const struct context *context, const struct canvas *canvas,
		 bool focused)
{
	const struct help *help = view;
	int column =
		canvas_print(canvas, 0, 0, ROLE_TITLE_FOCUS, " Help: polecat %s ", POLECAT_VERSION);

	(void)context;
	(void)focused;
	canvas_place(canvas, column, (size_t)help->top, (size_t)help->height, (size_t)help->length);
	return column;
}

static void draw(void *view, const struct context *context, const struct canvas *canvas,
		 bool focused)
{
	struct help *help = view;
	bool two = canvas->area.columns >= 2 * COLUMN_WIDTH;
	int row = -help->top;
	int second = -help->top;

	(void)context;
	(void)focused;
	for (size_t i = 0; i < keymap_group_count(); i++) {
		/* Side by side where there is room: the shorter column takes the next group. */
		bool right = two && second < row;
		int *at = right ? &second : &row;

		*at = draw_group(keymap_group(i), canvas, *at, right ? COLUMN_WIDTH + 1 : 1);
	}
	if (two && second < row)
		second = draw_signs(canvas, second, COLUMN_WIDTH + 1);
	else
		row = draw_signs(canvas, row, 1);
	help->length = (row > second ? row : second) + help->top;
}

static bool act(void *view, struct context *context, enum action action)
{
	struct help *help = view;
	int last = help->length > help->height ? help->length - help->height : 0;

	(void)context;
	switch (action) {
	case ACTION_UP:
		help->top--;
		break;
	case ACTION_DOWN:
		help->top++;
		break;
	case ACTION_PAGE_UP:
		help->top -= help->height;
		break;
	case ACTION_PAGE_DOWN:
		help->top += help->height;
		break;
	case ACTION_FIRST:
		help->top = 0;
		break;
	case ACTION_LAST:
		help->top = last;
		break;
	default:
		return false;
	}
	if (help->top > last)
		help->top = last;
	if (help->top < 0)
		help->top = 0;
	return true;
}

const struct view_operations help_operations = {
	.name = "Help",
	.update = update,
	.title = title,
	.draw = draw,
	.act = act,
};
