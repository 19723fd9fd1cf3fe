/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/options/pointer.h"

#include <string.h>

#include "core/base/text.h"

/* The columns that are shown before and after the place. */
#define COLUMNS 36
#define INDENT  "    "
/* The largest part of a text that is escaped, in bytes. */
#define PART_SIZE 512
/* An escaped byte has up to 4 bytes. */
#define SHOWN_SIZE (4 * PART_SIZE)

/* Returns the start of the character at a place. */
static size_t pointer_start_of(const char *text, size_t offset)
{
	while (offset > 0 && ((unsigned char)text[offset] & 0xC0) == 0x80)
		offset--;
	return offset;
}

/* Escapes `length` bytes of a text, at most PART_SIZE - 1. */
static void pointer_escape(const char *text, size_t length, char shown[SHOWN_SIZE])
{
	char part[PART_SIZE];

	snprintf(part, sizeof(part), "%.*s", (int)length, text);
	text_escape(part, shown, SHOWN_SIZE);
}

size_t pointer_column(const char *text, size_t offset)
{
	size_t column = 1;
	char shown[SHOWN_SIZE];

	for (size_t at = 0; at < offset;) {
		size_t end = offset - at < COLUMNS ? offset : pointer_start_of(text, at + COLUMNS);

		end = end > at ? end : offset;
		pointer_escape(text + at, end - at, shown);
		column += text_width(shown);
		at = end;
	}
	return column;
}

void pointer_print(FILE *file, const char *text, size_t offset)
{
	size_t length = strlen(text);
	size_t start = offset > COLUMNS ? pointer_start_of(text, offset - COLUMNS) : 0;
	size_t end = length - offset > COLUMNS ? pointer_start_of(text, offset + COLUMNS) : length;
	const char *before = start > 0 ? "..." : "";
	char shown[SHOWN_SIZE];

	pointer_escape(text + start, end - start, shown);
	fprintf(file, INDENT "%s%s%s\n", before, shown, end < length ? "..." : "");
	pointer_escape(text + start, offset - start, shown);
	fprintf(file, INDENT "%*s^\n", (int)(strlen(before) + text_width(shown)), "");
}
