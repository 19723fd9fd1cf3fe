/* SPDX-License-Identifier: Apache-2.0 */
/* Marks the parts of a drawn text that the filter matches. Only for the main thread. */
#ifndef POLECAT_TUI_DASHBOARD_VIEW_HIGHLIGHT_H
#define POLECAT_TUI_DASHBOARD_VIEW_HIGHLIGHT_H

#include <stdint.h>

#include "core/filter/filter.h"
#include "core/filter/filter_keys.h"
#include "tui/dashboard/screen/canvas.h"

/* The place of a text that was drawn with canvas_text into the first row. */
struct highlight_place {
	int column;
	int width;
	unsigned int style; /* the role and canvas flags with which it was drawn */
};

/* Returns the fields that a cell shows, if it shows `field`. The name of a pod or a peer can also
 * be that of the source or the destination. */
uint64_t highlight_fields(enum filter_field field);

/* Draws the parts that match again, as matches. Only parts that are visible match: a part of the
 * text that was cut does not. `filter` may be NULL. */
void highlight_draw(const struct canvas *line, const struct highlight_place *place,
		    const struct filter *filter, uint64_t fields, const char *text);

#endif
