/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/table/marked_rows.h"

#include <stdio.h>

#include "tui/dashboard/table/row_folds.h"

void marked_rows_find(const struct rows *rows, const struct marks *marks, struct marked_rows *out)
{
	out->count = 0;
	out->hidden = 0;
	for (size_t i = 0; i < marks->count; i++) {
		const struct conn *conn = row_folds_find_conn(rows->source.state, marks->ids[i]);

		if (!conn)
			continue;
		if (!rows_have(rows, marks->ids[i])) {
			out->hidden++;
			continue;
		}
		out->ids[out->count] = marks->ids[i];
		out->conns[out->count++] = conn;
	}
}

void marked_rows_note(const struct marked_rows *marked, char text[MARKED_ROWS_NOTE_SIZE])
{
	text[0] = '\0';
	if (marked->hidden)
		snprintf(text, MARKED_ROWS_NOTE_SIZE, " (without %zu marked row%s not shown)",
			 marked->hidden, marked->hidden == 1 ? " that is" : "s that are");
}
