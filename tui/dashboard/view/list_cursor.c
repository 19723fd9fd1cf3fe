/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/view/list_cursor.h"

static void list_cursor_clamp(struct list_cursor *list)
{
	size_t last_top = list->count > list->height ? list->count - list->height : 0;

	if (list->cursor >= list->count)
		list->cursor = list->count ? list->count - 1 : 0;
	if (list->selects && list->moved && list->cursor < list->top)
		list->top = list->cursor;
	if (list->selects && list->moved && list->cursor >= list->top + list->height)
		list->top = list->cursor - list->height + 1;
	if (list->top > last_top)
		list->top = last_top;
}

void list_cursor_fit(struct list_cursor *list, size_t count, int rows)
{
	list->count = count;
	list->height = rows > 0 ? (size_t)rows : 1;
	list_cursor_clamp(list);
}

bool list_cursor_grab(struct list_cursor *list)
{
	if (list->moved)
		return false;
	list->moved = true;
	list->cursor = list->top;
	return true;
}

void list_cursor_select(struct list_cursor *list, size_t index)
{
	list->moved = true;
	list->cursor = index;
	list_cursor_clamp(list);
}

bool list_cursor_delta(const struct list_cursor *list, enum action action, long *delta)
{
	/* One row of the old page stays visible. */
	const long page = list->height > 1 ? (long)list->height - 1 : 1;
	const long half = list->height > 1 ? (long)list->height / 2 : 1;
	const long deltas[ACTION_COUNT] = {
		[ACTION_UP] = -1,
		[ACTION_DOWN] = 1,
		[ACTION_PAGE_UP] = -page,
		[ACTION_PAGE_DOWN] = page,
		[ACTION_HALF_UP] = -half,
		[ACTION_HALF_DOWN] = half,
		[ACTION_FIRST] = -(long)list->count - 1,
		[ACTION_LAST] = (long)list->count + 1,
	};

	*delta = deltas[action];
	return *delta != 0;
}

bool list_cursor_act(struct list_cursor *list, enum action action)
{
	size_t *place = list->selects ? &list->cursor : &list->top;
	long delta;

	if (!list_cursor_delta(list, action, &delta))
		return false;
	list->moved = true;
	if (delta < 0)
		*place -= (size_t)-delta < *place ? (size_t)-delta : *place;
	else
		*place += (size_t)delta;
	list_cursor_clamp(list);
	return true;
}
