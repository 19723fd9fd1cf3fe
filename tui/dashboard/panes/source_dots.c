/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/panes/source_dots.h"

#include "core/base/text.h"

#define REST_COLUMNS 4 /* "+12 " */

/* The rank of absent sources, which source_dots_choose does not count. */
#define LAST_RANK 2

static const unsigned char ranks[] = {
	[SOURCE_STARTING] = 1, [SOURCE_READY] = 1,          [SOURCE_ENDED] = 1,
	[SOURCE_BROKEN] = 0,   [SOURCE_ABSENT] = LAST_RANK,
};

static size_t source_dots_place(struct source_dot *dots, size_t count, int width)
{
	size_t shown = 0;
	size_t rest = 0;

	for (int rank = 0; rank <= LAST_RANK; rank++) {
		for (size_t i = 0; i < count; i++) {
			int needed = (int)text_width(dots[i].label) + 2;

			if (ranks[dots[i].state] != rank)
				continue;
			dots[i].shown = needed <= width && shown < SOURCE_DOTS_SHOWN;
			shown += dots[i].shown;
			rest += !dots[i].shown && rank < LAST_RANK;
			/* Once a source does not fit, show no further one: a less important source
			 * must not take its place. */
			width = dots[i].shown ? width - needed : 0;
		}
	}
	return rest;
}

size_t source_dots_choose(struct source_dot *dots, size_t count, int width)
{
	size_t rest = source_dots_place(dots, count, width);

	return rest ? source_dots_place(dots, count, width - REST_COLUMNS) : 0;
}
