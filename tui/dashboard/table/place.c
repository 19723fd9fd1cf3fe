/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/table/place.h"

#include <stdint.h>
#include <stdio.h>

#include "tui/dashboard/table/cells.h"

void place_draw(struct canvas *title, const char *unit, size_t first, size_t shown, size_t count)
{
	char numbers[3][CELL_COUNT_SIZE];
	char text[128];
	int column;

	if (first == SIZE_MAX || count <= shown)
		return;
	cell_count(first + 1, numbers[0]);
	cell_count(first + shown < count ? first + shown : count, numbers[1]);
	cell_count(count, numbers[2]);
	column = title->area.columns - 1 -
		 snprintf(text, sizeof(text), " %s%s-%s of %s ", unit, numbers[0], numbers[1],
			  numbers[2]);
	if (column <= title->column)
		return;
	title->column = column;
	canvas_add(title, ROLE_DIM, "%s", text);
}
