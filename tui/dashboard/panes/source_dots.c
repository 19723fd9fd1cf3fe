/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/panes/source_dots.h"

#include "core/base/text.h"

/* "+12 " */
#define REST_COLUMNS 4

static int source_dots_importance(enum source_health_state state)
{
	switch (state) {
	case SOURCE_BROKEN:
		return 0;
	case SOURCE_STARTING:
	case SOURCE_READY:
	case SOURCE_ENDED:
		return 1;
	case SOURCE_ABSENT:
		break;
	}
	return 2;
}

static size_t source_dots_place(struct source_dot *dots, size_t count, int width)
{
	size_t shown = 0;
	size_t rest = 0;

	for (size_t i = 0; i < count; i++)
		dots[i].shown = false;
	for (int rank = 0; rank <= 2; rank++) {
		for (size_t i = 0; i < count; i++) {
			int needed = (int)text_width(dots[i].label) + 2;

			if (source_dots_importance(dots[i].state) != rank)
				continue;
			if (needed <= width && shown < SOURCE_DOTS_SHOWN) {
				dots[i].shown = true;
				width -= needed;
				shown++;
			} else {
				/* A less important source does not take the place of one that did
				 * not fit. */
				width = 0;
				rest += rank < 2;
			}
		}
	}
	return rest;
}

size_t source_dots_choose(struct source_dot *dots, size_t count, int width)
{
	size_t rest = source_dots_place(dots, count, width);

	return rest ? source_dots_place(dots, count, width - REST_COLUMNS) : 0;
}
