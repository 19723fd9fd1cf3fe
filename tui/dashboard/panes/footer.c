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
}

/* Hints and their first columns. */
struct footer_hints {
	const struct key_binding *bindings[ACTION_COUNT];
	int starts[ACTION_COUNT];
	size_t count;
	int next; /* the first column of the next hint */
};

static void footer_add_hint(struct footer_hints *hints, const struct key_binding *binding)
{
	/* The settings can leave an action without a key. */
	if (!*binding->name)
		return;
	hints->bindings[hints->count] = binding;
	hints->starts[hints->count++] = hints->next;
	hints->next += footer_hint_width(binding);
}

static void footer_choose_hints(enum key_place place, int columns, struct footer_hints *hints)
{
	const struct key_binding *help = keymap_binding(ACTION_HELP);
	const struct key_binding *quit = keymap_binding(ACTION_QUIT);
	int reserved = footer_hint_width(help) + footer_hint_width(quit) - 2;
	const struct key_binding *binding;

	*hints = (struct footer_hints){.next = 1};
	for (unsigned int rank = 1; (binding = keymap_hint(place, rank)); rank++) {
		if (hints->next + footer_hint_width(binding) + reserved > columns)
			break;
		footer_add_hint(hints, binding);
	}
	footer_add_hint(hints, help);
	footer_add_hint(hints, quit);
}

static void footer_draw_hints(enum key_place place, struct canvas *line)
{
	struct footer_hints hints;

	footer_choose_hints(place, line->area.columns, &hints);
	for (size_t i = 0; i < hints.count; i++) {
		line->column = hints.starts[i];
		footer_draw_hint(line, hints.bindings[i]);
	}
}

bool footer_shows_message(const struct context *context)
{
	const struct message *message = &context->message;

	return *message->text && (message->error || message->until_ns > context->monotonic_ns);
}

enum action footer_action_at(const struct context *context, enum key_place place,
			     const struct canvas *line, int column)
{
	struct footer_hints hints;

	if (footer_shows_message(context))
		return ACTION_NONE;
	footer_choose_hints(place, line->area.columns, &hints);
	for (size_t i = 0; i < hints.count; i++) {
		int end = hints.starts[i] + footer_hint_width(hints.bindings[i]) - 2;

		if (column >= hints.starts[i] && column < end)
			return hints.bindings[i]->action;
	}
	return ACTION_NONE;
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
	if (footer_shows_message(context))
		footer_draw_message(&context->message, line);
	else
		footer_draw_hints(place, line);
}
