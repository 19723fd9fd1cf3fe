/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/pages/page_edges.h"

/* The least and the largest width of the column of names, and the width of the other columns
 * together. */
#define NAME_LEAST      8
#define NAME_WIDEST     50
#define FIGURES_COLUMNS 46

void page_edges(struct page *page, const struct edge_row *rows, size_t count, enum page_edges_by by)
{
	int width = page->canvas->area.columns - FIGURES_COLUMNS;
	const struct edge_layout layout = {
		.peer_width = width > NAME_WIDEST  ? NAME_WIDEST
			      : width > NAME_LEAST ? width
						   : NAME_LEAST,
		.figures = EDGE_PORT | EDGE_CONNECTIONS | EDGE_FAILED | EDGE_FIRST | EDGE_LAST,
		.by_subject = by == PAGE_EDGES_BY_SUBJECT,
		.links = true,
	};

	for (size_t i = 0; i <= count; i++) {
		if (i > 0)
			page_link_edge(page, rows[i - 1].edge, NULL);
		struct canvas row = page_row(page);
		/* Start one column further left, because edge_row_draw leaves a column for a
		 * cursor. */
		struct canvas line =
			canvas_part(&row, 0, PAGE_INDENT - 1, 1, page->canvas->area.columns);

		if (i == 0)
			edge_row_draw_heading(&line, &layout);
		else
			edge_row_draw(&line, &layout, page->context, &rows[i - 1]);
	}
}
