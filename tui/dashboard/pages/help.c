/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/pages/help.h"

#include <stdio.h>

#include "core/base/array.h"

/* The keys stand after this indent, and the texts after the keys. */
#define INDENT     2
#define TEXT_START (INDENT + HELP_KEY_WIDTH + 1)
/* With this width or more, the page has two columns, in which texts are wrapped. */
#define TWO_COLUMNS 110

/* Draws a key or sign with its text, wrapped. Returns the row below. */
static int help_draw_entry(const struct canvas *canvas, int row, enum role role, const char *name,
			   const char *text)
{
	canvas_text(canvas, row, INDENT, HELP_KEY_WIDTH, role, name);
	return canvas_wrap(canvas, row, TEXT_START, ROLE_TEXT, text);
}

static int help_draw_group(enum key_group group, const struct canvas *canvas, int row)
{
	canvas_print(canvas, row++, 0, ROLE_STRONG, "%s", keymap_heading(group));
	for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++) {
		const struct key_binding *binding = keymap_binding((enum action)action);
		bool plain = binding->ascii && !canvas->glyphs->unicode;

		if (binding->group == group && *binding->name)
			row = help_draw_entry(canvas, row, ROLE_KEY,
					      plain ? binding->ascii : binding->name,
					      binding->help);
	}
	return row + 1;
}

static int help_draw_signs(const struct canvas *canvas, int row)
{
	const struct glyphs *glyphs = canvas->glyphs;
	char hanging[16];
	char repeats[16];
	const struct {
		enum role role;
		const char *sign;
		const char *help;
	} signs[] = {
		{ROLE_EGRESS, glyphs->egress, "opened by this side"},
		{ROLE_INGRESS, glyphs->ingress, "accepted by this side"},
		{ROLE_HANGING, hanging, "no answer for a second, or a packet was dropped"},
		{ROLE_FAILED, glyphs->cross,
		 "failed, and why (aborted: closed before an answer came)"},
		{ROLE_TEXT, repeats,
		 "connections with one state: bytes are sums, LAT, RTT and AGE those of the "
		 "newest (LAT of attempts: the longest wait)"},
		{ROLE_TEXT, glyphs->ellipsis, "in such a row: the connections differ here"},
		{ROLE_DENIED, glyphs->denied,
		 "a loaded policy would deny it (polecat --policy PATH)"},
		{ROLE_GOOD, glyphs->full, "a source that is well"},
		{ROLE_DIM, glyphs->hollow, "a source that is not there"},
		{ROLE_FAILED, glyphs->broken, "a source that is broken"},
		{ROLE_KEY, "Mouse",
		 "a click selects, or sorts by its heading; two open; wheel scrolls"},
	};

	snprintf(hanging, sizeof(hanging), "hanging%s", glyphs->ellipsis);
	snprintf(repeats, sizeof(repeats), "%s17", glyphs->times);
	canvas_print(canvas, row++, 0, ROLE_STRONG, "Signs");
	for (size_t i = 0; i < ARRAY_LENGTH(signs); i++)
		row = help_draw_entry(canvas, row, signs[i].role, signs[i].sign, signs[i].help);
	return row + 1;
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
	int columns = canvas->area.columns >= TWO_COLUMNS ? 2 : 1;
	int width = (canvas->area.columns - 1) / columns;
	int rows[2] = {-(int)scroll->top, -(int)scroll->top};

	(void)context;
	for (int group = 0; group <= KEY_GROUP_COUNT; group++) {
		/* Put the next group into the shorter column. The signs come last. */
		int column = columns == 2 && rows[1] < rows[0];
		struct canvas part =
			canvas_part(canvas, 0, 1 + column * width, canvas->area.rows, width - 1);

		rows[column] = group < KEY_GROUP_COUNT
				       ? help_draw_group((enum key_group)group, &part, rows[column])
				       : help_draw_signs(&part, rows[column]);
	}
	/* Do not count the blank row below the last group. */
	scroll->count = (size_t)((rows[0] > rows[1] ? rows[0] : rows[1]) - 1) + scroll->top;
}

const struct view_operations help_operations = {
	.hints = KEY_PLACE_HELP,
	.title = help_title,
	.draw = help_draw,
};
