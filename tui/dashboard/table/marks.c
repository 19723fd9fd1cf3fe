/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/table/marks.h"

#include <string.h>

/* Returns the index of a mark, or marks->count. */
static size_t marks_find(const struct marks *marks, uint64_t sequence)
{
	size_t at = 0;

	while (at < marks->count && marks->sequences[at] != sequence)
		at++;
	return at;
}

bool marks_have(const struct marks *marks, uint64_t sequence)
{
	return marks_find(marks, sequence) < marks->count;
}

bool marks_toggle(struct marks *marks, uint64_t sequence)
{
	size_t at = marks_find(marks, sequence);

	if (at < marks->count) {
		marks->count--;
		memmove(&marks->sequences[at], &marks->sequences[at + 1],
			(marks->count - at) * sizeof(marks->sequences[0]));
		return true;
	}
	if (marks->count == MARKS_MAX)
		return false;
	marks->sequences[marks->count++] = sequence;
	return true;
}
