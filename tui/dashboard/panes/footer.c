/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/panes/footer.h"

#include <string.h>

/* The first key of a binding's name: "e" of "e Ctrl-S". */
static int footer_first_key(const char *name)
{
	return (int)strcspn(name, " ");
}

static int footer_hint_width(const struct key_binding *binding)
{
	return footer_first_key(binding->name) + 1 + (int)strlen(binding->hint) + 2;
}

static int footer_draw_hint(const struct canvas *canvas, int column,
			    const struct key_binding *binding)
{
	column = canvas_print(canvas, 0, column, ROLE_KEY, "%.*s", footer_first_key(binding->name),
			      binding->name);
	return canvas_print(canvas, 0, column, ROLE_DIM, " %s", binding->hint) + 2;
}

static void footer_draw_hints(enum key_place place, const struct canvas *canvas)
{
	const struct key_binding *help = keymap_binding(ACTION_HELP);
	const struct key_binding *quit = keymap_binding(ACTION_QUIT);
	int reserved = footer_hint_width(help) + footer_hint_width(quit) - 2;
	const struct key_binding *binding;
	int column = 1;

	for (unsigned int rank = 1; (binding = keymap_hint(place, rank)); rank++) {
		if (column + footer_hint_width(binding) + reserved > canvas->area.columns)
			break;
		column = footer_draw_hint(canvas, column, binding);
	}
	column = footer_draw_hint(canvas, column, help);
	footer_draw_hint(canvas, column, quit);
}

/* A long message takes the lines above too: half a reason is none. */
static void footer_draw_message(const struct message *message, const struct canvas *canvas)
{
	enum role role = message->error ? ROLE_ERROR : ROLE_NOTE;
	struct canvas lines = *canvas;
	int count = canvas_wrap(
		&(struct canvas){.area = {0, 0, 0, canvas->area.columns}, .glyphs = canvas->glyphs},
		0, 1, role, message->text);

	if (count > canvas->area.row)
		count = canvas->area.row > 0 ? canvas->area.row : 1;
	lines.area.row -= count - 1;
	lines.area.rows = count;
	for (int row = 0; row < count; row++)
		canvas_blank(&lines, row, 0, lines.area.columns, role);
	canvas_wrap(&lines, 0, 1, role, message->text);
}

void footer_draw(const struct context *context, enum key_place place, const struct canvas *canvas)
{
	const struct message *message = &context->message;
	bool current = message->error || message->until_ns > context->monotonic_ns;

	if (*message->text && current)
		footer_draw_message(message, canvas);
	else
		footer_draw_hints(place, canvas);
}
