/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/panes/footer.h"

#include <string.h>

/* Returns the length of the first key of a binding's name: "e" of "e Ctrl-S". */
static int footer_first_key(const char *name)
{
	return (int)strcspn(name, " ");
}

static int footer_hint_width(const struct key_binding *binding)
{
	return footer_first_key(binding->name) + 1 + (int)strlen(binding->hint) + 2;
}

static void footer_draw_hint(struct canvas *line, const struct key_binding *binding)
{
	canvas_add(line, ROLE_KEY, "%.*s", footer_first_key(binding->name), binding->name);
	canvas_add(line, ROLE_DIM, " %s", binding->hint);
	line->column += 2;
}

static void footer_draw_hints(enum key_place place, struct canvas *line)
{
	const struct key_binding *help = keymap_binding(ACTION_HELP);
	const struct key_binding *quit = keymap_binding(ACTION_QUIT);
	int reserved = footer_hint_width(help) + footer_hint_width(quit) - 2;
	const struct key_binding *binding;

	line->column = 1;
	for (unsigned int rank = 1; (binding = keymap_hint(place, rank)); rank++) {
		if (line->column + footer_hint_width(binding) + reserved > line->area.columns)
			break;
		footer_draw_hint(line, binding);
	}
	footer_draw_hint(line, help);
	footer_draw_hint(line, quit);
}

/* Draws a message. A long message also covers the lines above, so that it is complete. */
static void footer_draw_message(const struct message *message, const struct canvas *line)
{
	enum role role = message->error ? ROLE_ERROR : ROLE_NOTE;
	struct canvas lines = canvas_part(line, 0, 0, 0, line->area.columns);
	/* Only count the lines: `lines` has no rows yet, so nothing is drawn. */
	int count = canvas_wrap(&lines, 0, 1, role, message->text);

	if (count > line->area.row)
		count = line->area.row > 0 ? line->area.row : 1;
	lines.area.row -= count - 1;
	lines.area.rows = count;
	for (int row = 0; row < count; row++)
		canvas_blank(&lines, row, 0, lines.area.columns, role);
	canvas_wrap(&lines, 0, 1, role, message->text);
}

void footer_draw(const struct context *context, enum key_place place, struct canvas *line)
{
	const struct message *message = &context->message;
	bool current = message->error || message->until_ns > context->monotonic_ns;

	if (*message->text && current)
		footer_draw_message(message, line);
	else
		footer_draw_hints(place, line);
}
