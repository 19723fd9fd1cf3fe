/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/footer.h"

#include <string.h>

/* The first key of a binding's name: "e" of "e Ctrl-S". */
static int first_key(const char *name)
{
	return (int)strcspn(name, " ");
}

static int hint_width(const struct key_binding *binding)
{
	return first_key(binding->name) + 1 + (int)strlen(binding->hint) + 2;
}

static int draw_hint(const struct canvas *canvas, int column, const struct key_binding *binding)
{
	column = canvas_print(canvas, 0, column, ROLE_KEY, "%.*s", first_key(binding->name),
			      binding->name);
	return canvas_print(canvas, 0, column, ROLE_DIM, " %s", binding->hint) + 2;
}

static void draw_hints(const enum action *hints, const struct canvas *canvas)
{
	const struct key_binding *help = keymap_binding(ACTION_HELP);
	const struct key_binding *quit = keymap_binding(ACTION_QUIT);
	int reserved = hint_width(help) + hint_width(quit) - 2;
	int column = 1;

	for (; *hints != ACTION_NONE; hints++) {
		const struct key_binding *binding = keymap_binding(*hints);

		if (!binding || !binding->hint)
			continue;
		if (column + hint_width(binding) + reserved > canvas->area.columns)
			break;
		column = draw_hint(canvas, column, binding);
	}
	column = draw_hint(canvas, column, help);
	draw_hint(canvas, column, quit);
}

void footer_draw(const struct context *context, const enum action *hints,
		 const struct canvas *canvas)
{
	const struct message *message = &context->message;
	bool current = message->error || message->until_ns > context->monotonic_ns;

	if (*message->text && current)
		canvas_print(canvas, 0, 1, message->error ? ROLE_ERROR : ROLE_NOTE, "%s",
			     message->text);
	else
		draw_hints(hints, canvas);
}
