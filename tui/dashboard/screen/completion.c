/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/screen/completion.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void completion_clear(struct completion *completion)
{
	for (size_t i = 0; i < completion->count; i++)
		free(completion->items[i]);
	*completion = (struct completion){0};
}

void completion_add(struct completion *completion, const char *item, const char *prefix)
{
	size_t at = 0;

	if (!*item || strncasecmp(item, prefix, strlen(prefix)) != 0 ||
	    completion->count == COMPLETION_MAX)
		return;
	while (at < completion->count && strcmp(completion->items[at], item) < 0)
		at++;
	if (at < completion->count && strcmp(completion->items[at], item) == 0)
		return;
	char *copy = strdup(item);
	if (!copy)
		return;
	memmove(&completion->items[at + 1], &completion->items[at],
		(completion->count - at) * sizeof(completion->items[0]));
	completion->items[at] = copy;
	completion->count++;
}

void completion_list(const struct completion *completion, char *text, size_t size)
{
	size_t length = 0;

	text[0] = '\0';
	if (completion->count < 2)
		return;
	for (size_t i = 0; i < completion->count && length < size; i++) {
		const char *item = completion->items[(completion->at + i) % completion->count];

		size_t bytes = strlen(item);

		/* Some items end with a blank. */
		bytes -= item[bytes - 1] == ' ';
		length += (size_t)snprintf(text + length, size - length, "%s%.*s", i ? "  " : "",
					   (int)bytes, item);
	}
}

/* Replaces the text between the start of the item and the cursor. Returns false if it does not
 * fit. */
static bool completion_put(const struct completion *completion, struct input_line *line)
{
	const char *item = completion->items[completion->at];
	size_t length = strlen(item);
	size_t rest = line->length - line->cursor;
	char text[INPUT_LINE_SIZE];

	if (completion->start + length + rest >= sizeof(text))
		return false;
	snprintf(text, sizeof(text), "%.*s%s%s", (int)completion->start, line->text, item,
		 line->text + line->cursor);
	input_line_set(line, text);
	line->cursor = completion->start + length;
	return true;
}

bool completion_step(struct completion *completion, struct input_line *line,
		     enum completion_step step, completion_find *find, const void *data)
{
	if (completion->count == 0) {
		find(completion, line, data);
		completion->at = step == COMPLETION_NEXT ? 0 : completion->count - 1;
	} else {
		size_t move = step == COMPLETION_NEXT ? 1 : completion->count - 1;
		completion->at = (completion->at + move) % completion->count;
	}
	bool changed = completion->count > 0 && completion_put(completion, line);
	/* After the only item, another call completes what follows it. */
	if (completion->count == 1)
		completion_clear(completion);
	return changed;
}
