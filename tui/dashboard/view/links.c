/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/view/links.h"

#include <stdlib.h>

#include "core/base/array.h"

void links_clear(struct links *links)
{
	free(links->items);
	name_table_clear(&links->texts);
	*links = (struct links){0};
}

void links_show(struct links *links, const struct links_mark *mark)
{
	links->count = 0;
	links->found = false;
	links->gone = false;
	links->undrawn = true;
	links->mark = *mark;
}

void links_begin(struct links *links)
{
	links->count = 0;
	links->passed = 0;
	links->found = false;
}

static void links_deselect(struct links *links)
{
	links->mark = (struct links_mark){0};
	links->found = false;
}

void links_end(struct links *links)
{
	links->undrawn = false;
	if (links->mark.thing.kind == THING_NONE || links->found)
		return;
	links_deselect(links);
	links->gone = true;
}

bool links_add(struct links *links, const struct thing *thing, size_t line)
{
	struct link *link = ARRAY_ADD(links->items, links->count, links->capacity);

	if (!link)
		return false;
	*link = (struct link){.thing = *thing, .line = line, .end = line + 1};
	if (!thing_is_same(thing, &links->mark.thing) || links->passed++ != links->mark.nth)
		return false;
	links->found = true;
	links->at = links->count - 1;
	return true;
}

void links_set_end(struct links *links, size_t end)
{
	if (links->count > 0 && end > links->items[links->count - 1].line)
		links->items[links->count - 1].end = end;
}

const char *links_text(struct links *links, const char *text)
{
	return text && *text ? name_table_get(&links->texts, text, LINKS_TEXTS_MAX) : NULL;
}

const struct thing *links_selected(const struct links *links)
{
	return links->mark.thing.kind == THING_NONE ? NULL : &links->mark.thing;
}

static void links_select(struct links *links, size_t index)
{
	links->mark = (struct links_mark){.thing = links->items[index].thing};
	for (size_t i = 0; i < index; i++)
		links->mark.nth += thing_is_same(&links->items[i].thing, &links->mark.thing);
	links->at = index;
	links->found = true;
}

/* Returns whether the first line of a link is on the screen. */
static bool links_is_visible(const struct links *links, size_t index,
			     const struct list_cursor *scroll)
{
	size_t line = links->items[index].line;

	return line >= scroll->top && line < scroll->top + scroll->height;
}

/* Finds the next link in a direction: that after the selected one, else the first on or below the
 * first line of the screen (up: none). Returns links->count if no link is left. */
static size_t links_next(const struct links *links, const struct list_cursor *scroll, bool down)
{
	size_t index = 0;

	if (links->found && down)
		return links->at + 1;
	if (links->found)
		return links->at > 0 ? links->at - 1 : links->count;
	if (!down)
		return links->count;
	while (index < links->count && links->items[index].line < scroll->top)
		index++;
	return index;
}

/* Selects the next link if it is on the screen. */
static bool links_select_visible(struct links *links, const struct list_cursor *scroll, bool down)
{
	size_t next = links_next(links, scroll, down);

	if (next >= links->count || !links_is_visible(links, next, scroll))
		return false;
	links_select(links, next);
	return true;
}

static void links_scroll(struct links *links, struct list_cursor *scroll, enum action action)
{
	list_cursor_act(scroll, action);
	if (links->found && !links_is_visible(links, links->at, scroll))
		links_deselect(links);
}

/* Scrolls by as many lines as it takes to show all lines of the selected link. */
static void links_reveal(const struct links *links, struct list_cursor *scroll)
{
	const struct link *link = &links->items[links->at];

	while (link->line < scroll->top && list_cursor_act(scroll, ACTION_UP))
		;
	while (link->end > scroll->top + scroll->height && link->line > scroll->top) {
		size_t top = scroll->top;

		list_cursor_act(scroll, ACTION_DOWN);
		if (scroll->top == top)
			return;
	}
}

static void links_step(struct links *links, struct list_cursor *scroll, bool down)
{
	if (!links_select_visible(links, scroll, down)) {
		list_cursor_act(scroll, down ? ACTION_DOWN : ACTION_UP);
		links_select_visible(links, scroll, down);
	}
	if (links->found && !links_is_visible(links, links->at, scroll))
		links_deselect(links);
	if (links->found)
		links_reveal(links, scroll);
}

/* Selects the next link on any line. After the last one comes the first. */
static bool links_jump(struct links *links, struct list_cursor *scroll, bool down)
{
	size_t next = links_next(links, scroll, down);

	if (links->count == 0)
		return false;
	if (next >= links->count)
		next = down ? 0 : links->count - 1;
	links_select(links, next);
	links_reveal(links, scroll);
	return true;
}

bool links_act(struct links *links, struct list_cursor *scroll, enum action action)
{
	long delta;

	links->gone &= action == ACTION_OPEN;
	if (action == ACTION_UP || action == ACTION_DOWN) {
		links_step(links, scroll, action == ACTION_DOWN);
		return true;
	}
	if (action == ACTION_NEXT_PANE || action == ACTION_PREVIOUS_PANE)
		return links_jump(links, scroll, action == ACTION_NEXT_PANE);
	if (!list_cursor_delta(scroll, action, &delta))
		return false;
	links_scroll(links, scroll, action);
	return true;
}

bool links_click(struct links *links, size_t line)
{
	for (size_t i = 0; i < links->count; i++) {
		if (line < links->items[i].line || line >= links->items[i].end)
			continue;
		links_select(links, i);
		links->gone = false;
		return true;
	}
	return false;
}
