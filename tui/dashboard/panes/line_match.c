/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/panes/line_match.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"

/* Cells of the table of common lengths: 8 MB at most, for a moment. */
#define TABLE_MAX (4u << 20)

int line_list_set(struct line_list *list, char *text)
{
	size_t count = 0;
	char *line = text;

	line_list_free(list);
	for (const char *at = text; *at; at++)
		count += *at == '\n' || at[1] == '\0';
	list->lines = calloc(count ? count : 1, sizeof(*list->lines));
	if (!list->lines) {
		free(text);
		return -ENOMEM;
	}
	list->text = text;
	while (line && *line) {
		list->lines[list->count++] = line;
		line = strchr(line, '\n');
		if (line)
			*line++ = '\0';
	}
	return 0;
}

void line_list_free(struct line_list *list)
{
	free(list->text);
	free(list->lines);
	*list = (struct line_list){0};
}

/* The lines that differ: from the first to the last that is not the same on both sides. */
struct span {
	char **before;
	char **after;
	size_t before_count;
	size_t after_count;
	size_t skipped; /* equal lines in front of both */
};

static struct span trim(const struct line_list *before, const struct line_list *after,
			size_t *match)
{
	struct span span = {before->lines, after->lines, before->count, after->count, 0};

	while (span.before_count && span.after_count && strcmp(*span.before, *span.after) == 0) {
		match[span.skipped] = span.skipped;
		span.skipped++;
		span.before++;
		span.after++;
		span.before_count--;
		span.after_count--;
	}
	while (span.before_count && span.after_count &&
	       strcmp(span.before[span.before_count - 1], span.after[span.after_count - 1]) == 0) {
		span.before_count--;
		span.after_count--;
		match[span.skipped + span.after_count] = span.skipped + span.before_count;
	}
	return span;
}

/* Fallback for long spans: each line of before is given to the first equal line of after. */
static void match_by_equality(const struct span *span, size_t *match)
{
	size_t from = 0;

	for (size_t i = 0; i < span->after_count; i++) {
		for (size_t j = from; j < span->before_count; j++) {
			if (strcmp(span->before[j], span->after[i]) != 0)
				continue;
			match[span->skipped + i] = span->skipped + j;
			from = j + 1;
			break;
		}
	}
}

static int match_by_table(const struct span *span, size_t *match)
{
	size_t width = span->after_count + 1;
	CLEANUP_FREE uint16_t *table = calloc((span->before_count + 1) * width, sizeof(*table));
	size_t i = 0;
	size_t j = 0;

	if (!table)
		return -ENOMEM;
	/* table[i][j]: the longest common subsequence of what follows line i and line j. */
	for (size_t row = span->before_count; row-- > 0;) {
		for (size_t column = span->after_count; column-- > 0;) {
			uint16_t down = table[(row + 1) * width + column];
			uint16_t right = table[row * width + column + 1];
			uint16_t longest = down > right ? down : right;

			if (strcmp(span->before[row], span->after[column]) == 0)
				longest = (uint16_t)(table[(row + 1) * width + column + 1] + 1);
			table[row * width + column] = longest;
		}
	}
	while (i < span->before_count && j < span->after_count) {
		if (strcmp(span->before[i], span->after[j]) == 0) {
			match[span->skipped + j++] = span->skipped + i++;
		} else if (table[(i + 1) * width + j] >= table[i * width + j + 1]) {
			i++;
		} else {
			j++;
		}
	}
	return 0;
}

int line_match(const struct line_list *before, const struct line_list *after, size_t *match)
{
	struct span span;

	for (size_t i = 0; i < after->count; i++)
		match[i] = LINE_MATCH_NEW;
	span = trim(before, after, match);
	if (span.before_count == 0 || span.after_count == 0)
		return 0;
	if ((span.before_count + 1) * (span.after_count + 1) > TABLE_MAX ||
	    span.before_count > UINT16_MAX) {
		match_by_equality(&span, match);
		return 0;
	}
	return match_by_table(&span, match);
}
