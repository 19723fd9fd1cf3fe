/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/table/marks.h"

#include <string.h>

/* Returns the index of a mark, or marks->count. */
static size_t marks_find(const struct marks *marks, uint64_t id)
{
	size_t at = 0;

	while (at < marks->count && marks->ids[at] != id)
		at++;
	return at;
}

bool marks_have(const struct marks *marks, uint64_t id)
{
	return marks_find(marks, id) < marks->count;
}

bool marks_toggle(struct marks *marks, uint64_t id)
{
	size_t at = marks_find(marks, id);

	if (at < marks->count) {
		marks->count--;
		memmove(&marks->ids[at], &marks->ids[at + 1],
			(marks->count - at) * sizeof(marks->ids[0]));
		return true;
	}
	if (marks->count == MARKS_MAX)
		return false;
	marks->ids[marks->count++] = id;
	return true;
}
