/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* strchrnul */
#include "tui/dashboard/panes/policy_search.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base/text.h"

static bool policy_search_has_capital(const char *pattern)
{
	while (*pattern && !isupper((unsigned char)*pattern))
		pattern++;
	return *pattern != '\0';
}

const char *policy_search_in(const char *start, const char *end, const char *pattern)
{
	int (*compare)(const char *, const char *, size_t) =
		policy_search_has_capital(pattern) ? strncmp : strncasecmp;
	size_t length = strlen(pattern);

	for (const char *at = start; (size_t)(end - at) >= length && at < end; at++) {
		if (compare(at, pattern, length) == 0)
			return at;
	}
	return NULL;
}

size_t policy_search_line(const char *text, size_t count, const char *pattern, size_t from,
			  bool forward)
{
	size_t found = POLICY_SEARCH_NONE;   /* the nearest match in the direction of the search */
	size_t wrapped = POLICY_SEARCH_NONE; /* the nearest one from the other end of the text */
	const char *line = text;

	for (size_t i = 0; i < count && *pattern; i++) {
		const char *end = strchrnul(line, '\n');
		bool matches = policy_search_in(line, end, pattern);
		bool ahead = forward ? i >= from : i <= from;

		/* Forward, the first match counts; back, the last one. */
		if (matches && ahead && (!forward || found == POLICY_SEARCH_NONE))
			found = i;
		if (matches && !ahead && (!forward || wrapped == POLICY_SEARCH_NONE))
			wrapped = i;
		line = *end ? end + 1 : end;
	}
	return found != POLICY_SEARCH_NONE ? found : wrapped;
}

bool policy_search_draw(const struct canvas *line, const struct policy_search_place *place,
			const char *text, const char *pattern)
{
	size_t length = strlen(pattern);
	char visible[CANVAS_TEXT_SIZE];
	char part[CANVAS_TEXT_SIZE];
	int width = line->area.columns - place->column;
	const char *at = visible;
	bool found = false;

	if (width > place->width)
		width = place->width;
	if (length == 0 || width <= 0)
		return false;
	canvas_fit(line->glyphs, width, place->style, text, visible);
	while ((at = policy_search_in(at, visible + strlen(visible), pattern))) {
		int start;

		snprintf(part, sizeof(part), "%.*s", (int)(at - visible), visible);
		start = place->column + (int)text_width(part);
		snprintf(part, sizeof(part), "%.*s", (int)length, at);
		canvas_text(line, 0, start, (int)text_width(part), ROLE_MATCH, part);
		at += length;
		found = true;
	}
	return found;
}
