/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of failed and slow DNS look-ups, and their lines on pages. Only for the main thread. */
#ifndef POLECAT_TUI_DASHBOARD_PAGES_LOOKUP_ROWS_H
#define POLECAT_TUI_DASHBOARD_PAGES_LOOKUP_ROWS_H

#include <stddef.h>

#include "core/state/state.h"
#include "tui/dashboard/pages/page.h"

#define LOOKUP_ROWS_MAX  512
#define LOOKUP_NAME_SIZE 256

struct lookup_row {
	struct lookup shown; /* its member `name` is not valid */
	char name[LOOKUP_NAME_SIZE];
};

/* Zero-initialise; free with lookup_rows_clear. */
struct lookup_rows {
	struct lookup_row *items; /* in order of the subjects' names, the newest of each first */
	size_t count;
	size_t capacity;
	size_t more;                 /* look-ups beyond LOOKUP_ROWS_MAX */
	struct lookup_totals totals; /* of all subjects */
};

void lookup_rows_clear(struct lookup_rows *rows);

/* Copies the look-ups of a subject; NULL: of all. */
void lookup_rows_collect(struct lookup_rows *rows, const struct state *state,
			 const struct subject *subject);

/* Draws one look-up. The label is its outcome. The text has its name, the counts, the time since
 * the last query, the process and the server. */
void lookup_row_draw(struct page *page, const struct lookup_row *row);

#endif
