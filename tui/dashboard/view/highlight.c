/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/view/highlight.h"

#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/filter/filter_find.h"

uint64_t highlight_fields(enum filter_field field)
{
	uint64_t sides = filter_field_bit(FILTER_FIELD_SOURCE) |
			 filter_field_bit(FILTER_FIELD_DESTINATION) |
			 filter_field_bit(FILTER_FIELD_ADDRESS);

	switch (field) {
	case FILTER_ANY_FIELD:
		return 0;
	case FILTER_FIELD_POD:
		return filter_field_bit(field) | filter_field_bit(FILTER_FIELD_NAMESPACE) | sides;
	case FILTER_FIELD_PEER:
		return filter_field_bit(field) | filter_field_bit(FILTER_FIELD_DNS) | sides;
	case FILTER_FIELD_STATE:
		return filter_field_bit(field) | filter_field_bit(FILTER_FIELD_ERROR);
	case FILTER_FIELD_DPORT:
	case FILTER_FIELD_SPORT:
		return filter_field_bit(field) | filter_field_bit(FILTER_FIELD_EITHER_PORT);
	default:
		return filter_field_bit(field);
	}
}

/* Returns the columns of the first bytes of a text. */
static int highlight_width(const char *text, size_t length)
{
	char part[CANVAS_TEXT_SIZE];

	snprintf(part, sizeof(part), "%.*s", (int)length, text);
	return (int)text_width(part);
}

void highlight_draw(const struct canvas *line, const struct highlight_place *place,
		    const struct filter *filter, uint64_t fields, const char *text)
{
	int room = line->area.columns - place->column;
	int width = place->width < room ? place->width : room;
	char visible[CANVAS_TEXT_SIZE];
	char part[CANVAS_TEXT_SIZE];
	struct filter_span span;
	int column = place->column;
	int used;

	if (filter_is_empty(filter) || width <= 0)
		return;
	used = canvas_fit(line->glyphs, width, place->style, text, visible);
	if (place->style & CANVAS_RIGHT)
		column += width - used;
	for (size_t at = 0; filter_find(filter, fields, visible, at, &span);
	     at = span.start + span.length) {
		int start = column + highlight_width(visible, span.start);

		snprintf(part, sizeof(part), "%.*s", (int)span.length, visible + span.start);
		canvas_text(line, 0, start, (int)text_width(part), ROLE_MATCH, part);
	}
}
