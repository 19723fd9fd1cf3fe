/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* wcwidth */
#include "core/base/text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "core/base/array.h"
#include "core/base/clock.h"
#include "core/base/memory.h"

size_t text_decode(const char *text, uint32_t *code)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *at = (const unsigned char *)text;
	size_t length = at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;

	if (at[0] < 0x80) {
		*code = at[0];
		return 1;
	}
	if (at[0] < 0xc2 || at[0] > 0xf4)
		return 0;
	uint32_t value = at[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		/* The NUL is not a continuation byte, so the loop never reads beyond it. */
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (at[i] & 0x3fu);
	}
	if (value < smallest[length] || (value >= 0xd800 && value <= 0xdfff) || value > 0x10ffff)
		return 0;
	*code = value;
	return length;
}

bool text_is_utf8(const char *text)
{
	uint32_t code = 0;

	while (*text) {
		size_t length = text_decode(text, &code);
		if (length == 0)
			return false;
		text += length;
	}
	return true;
}

size_t text_encode(uint32_t code, char out[4])
{
	static const unsigned char marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

	if ((code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff)
		return 0;
	for (size_t i = length - 1; i > 0; i--, code >>= 6)
		out[i] = (char)(0x80 | (code & 0x3f));
	out[0] = (char)(marks[length] | code);
	return length;
}

struct text_range {
	uint32_t first;
	uint32_t last;
};

/*
 * Code points that a terminal interprets or does not show: controls (general category Cc), line and
 * paragraph separators, bidirectional controls, interlinear annotation characters (U+FFF9 to
 * U+FFFB), noncharacters of plane 0, and the default ignorable code points of Unicode's
 * DerivedCoreProperties.txt. The variation selectors U+FE00 to U+FE0F are not in the list, because
 * emoji need them.
 */
static const struct text_range text_hidden[] = {
	{0x00, 0x1f},     {0x7f, 0x9f},       {0xad, 0xad},       {0x34f, 0x34f},
	{0x61c, 0x61c},   {0x115f, 0x1160},   {0x17b4, 0x17b5},   {0x180b, 0x180f},
	{0x200b, 0x200f}, {0x2028, 0x202e},   {0x2060, 0x206f},   {0x3164, 0x3164},
	{0xfdd0, 0xfdef}, {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfffb},
	{0xfffe, 0xffff}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
};

bool text_is_shown(uint32_t code)
{
	if (code >= 0x20 && code < 0x7f)
		return true;
	/* The last two code points of each plane are noncharacters. */
	if ((code & 0xfffe) == 0xfffe)
		return false;
	for (size_t i = 0; i < ARRAY_LENGTH(text_hidden); i++) {
		if (code >= text_hidden[i].first && code <= text_hidden[i].last)
			return false;
	}
	return true;
}

static size_t text_escape_above(const char *source, char *out, size_t size, uint32_t highest)
{
	size_t length = 0;

	if (size == 0)
		return 0;
	while (source && *source != '\0') {
		/* Most texts are printable ASCII, and copying such a character is quick. */
		if (*source >= 0x20 && *source < 0x7f) {
			if (length + 1 >= size)
				break;
			out[length++] = *source++;
			continue;
		}
		uint32_t code = 0;
		size_t bytes = text_decode(source, &code);
		if (bytes > 0 && code <= highest && text_is_shown(code)) {
			if (length + bytes >= size)
				break;
			memcpy(out + length, source, bytes);
			length += bytes;
			source += bytes;
			continue;
		}
		/* Escape all bytes of a character, or one byte of invalid UTF-8. */
		bytes = bytes > 0 ? bytes : 1;
		if (length + 4 * bytes >= size)
			break;
		for (; bytes > 0; bytes--, source++, length += 4)
			snprintf(out + length, 5, "\\x%02x", (unsigned char)*source);
	}
	out[length] = '\0';
	return length;
}

size_t text_escape(const char *source, char *out, size_t size)
{
	return text_escape_above(source, out, size, 0x10ffff);
}

size_t text_escape_ascii(const char *source, char *out, size_t size)
{
	return text_escape_above(source, out, size, 0x7e);
}

/* A character and the zero-width marks that follow it. Functions never separate them. */
struct text_cluster {
	size_t bytes;
	size_t columns;
};

static struct text_cluster text_get_cluster(const char *text)
{
	struct text_cluster cluster = {0};
	bool utf8 = MB_CUR_MAX > 1;

	while (text[cluster.bytes] != '\0') {
		uint32_t code = 0;
		size_t bytes = utf8 ? text_decode(text + cluster.bytes, &code) : 0;
		int width = bytes > 0 ? wcwidth((wchar_t)code) : -1;
		if (cluster.bytes > 0 && width != 0)
			break;
		cluster.bytes += bytes > 0 ? bytes : 1;
		cluster.columns += width >= 0 ? (size_t)width : 1;
	}
	return cluster;
}

size_t text_width(const char *text)
{
	size_t columns = 0;

	while (*text != '\0') {
		struct text_cluster cluster = text_get_cluster(text);
		columns += cluster.columns;
		text += cluster.bytes;
	}
	return columns;
}

/* Appends whole clusters to `out` until the next one would exceed `columns` columns, or `size`
 * bytes with the NUL. Adds the clusters to *used. */
static void text_append_clusters(const char *text, size_t columns, char *out, size_t size,
				 struct text_cluster *used)
{
	columns += used->columns;
	while (*text != '\0') {
		struct text_cluster next = text_get_cluster(text);
		if (used->columns + next.columns > columns || used->bytes + next.bytes >= size)
			break;
		memcpy(out + used->bytes, text, next.bytes);
		used->bytes += next.bytes;
		used->columns += next.columns;
		text += next.bytes;
	}
	out[used->bytes] = '\0';
}

/* Returns the longest suffix of `text` that takes at most `columns` columns. `width` is the width
 * of the whole text. */
static const char *text_get_end(const char *text, size_t width, size_t columns)
{
	while (width > columns) {
		struct text_cluster next = text_get_cluster(text);
		width -= next.columns;
		text += next.bytes;
	}
	return text;
}

size_t text_shorten_middle(const char *text, size_t columns, const char *ellipsis, char *out,
			   size_t size)
{
	size_t width = text_width(text);
	size_t ellipsis_width = text_width(ellipsis);
	struct text_cluster used = {0};

	if (size == 0)
		return 0;
	out[0] = '\0';
	if (width <= columns) {
		text_append_clusters(text, columns, out, size, &used);
	} else if (ellipsis_width <= columns) {
		size_t tail = (columns - ellipsis_width) * 3 / 7;
		size_t head = columns - ellipsis_width - tail;

		text_append_clusters(text, head, out, size, &used);
		size_t length = used.bytes;
		text_append_clusters(ellipsis, ellipsis_width, out, size, &used);
		/* Without the ellipsis, the two parts would look like one text. */
		if (used.bytes == length + strlen(ellipsis))
			text_append_clusters(text_get_end(text, width, tail), tail, out, size,
					     &used);
	}
	return used.columns;
}

int text_copy(const char *text, char **out)
{
	if (!text || text[0] == '\0')
		return 0;
	char *copy = memory_checked(strdup(text));
	if (!copy)
		return -ENOMEM;
	free(*out);
	*out = copy;
	return 0;
}

int text_compare(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) : (a != NULL) - (b != NULL);
}

/* Writes a whole number and its unit. `value` must be below 1000. */
static void text_put_whole(char out[TEXT_NUMBER_SIZE], uint64_t value, const char *unit)
{
	snprintf(out, TEXT_NUMBER_SIZE, "%u%s", (unsigned int)(value % 1000), unit);
}

/* Writes tenths of a unit, with one decimal if the value is below 10. `tenths` must be below
 * 10000. */
static void text_put_tenths(char out[TEXT_NUMBER_SIZE], uint64_t tenths, const char *unit)
{
	if (tenths < 100)
		snprintf(out, TEXT_NUMBER_SIZE, "%u.%u%s", (unsigned int)(tenths / 10),
			 (unsigned int)(tenths % 10), unit);
	else
		text_put_whole(out, tenths / 10, unit);
}

void text_short_number(uint64_t value, char out[TEXT_NUMBER_SIZE])
{
	static const char *const prefixes[] = {"k", "M", "G", "T", "P", "E"};
	size_t prefix = 0;

	if (value < 1000) {
		text_put_whole(out, value, "");
		return;
	}
	/* From here on, `value` counts tenths of the prefix's unit. */
	for (value /= 100; value >= 10000; value /= 1000)
		prefix++;
	text_put_tenths(out, value, prefixes[prefix]);
}

void text_short_duration(uint64_t ns, char out[TEXT_NUMBER_SIZE])
{
	uint64_t seconds = ns / NS_PER_SECOND;
	uint64_t days = seconds / 86400;

	if (ns == 0)
		text_put_whole(out, 0, "ms");
	else if (ns < NS_PER_MILLISECOND / 10)
		snprintf(out, TEXT_NUMBER_SIZE, "<0.1ms");
	else if (seconds == 0)
		text_put_tenths(out, ns / (NS_PER_MILLISECOND / 10), "ms");
	else if (seconds < 60)
		text_put_tenths(out, ns / (NS_PER_SECOND / 10), "s");
	else if (seconds < 3600)
		text_put_whole(out, seconds / 60, "m");
	else if (seconds < 86400)
		text_put_whole(out, seconds / 3600, "h");
	else if (days < 1000)
		text_put_whole(out, days, "d");
	else
		text_put_whole(out, days / 365, "y");
}

void text_short_milliseconds(uint64_t ms, char out[TEXT_NUMBER_SIZE])
{
	if (ms == 0)
		snprintf(out, TEXT_NUMBER_SIZE, "<1ms");
	else if (ms < 1000)
		text_put_whole(out, ms, "ms");
	else if (ms > UINT64_MAX / NS_PER_MILLISECOND)
		text_short_duration(UINT64_MAX, out);
	else
		text_short_duration(ms * NS_PER_MILLISECOND, out);
}

void text_short_age(uint64_t now_ns, uint64_t then_ns, char out[TEXT_NUMBER_SIZE])
{
	uint64_t seconds = now_ns > then_ns ? (now_ns - then_ns) / NS_PER_SECOND : 0;

	if (seconds < 2)
		snprintf(out, TEXT_NUMBER_SIZE, "now");
	else if (seconds < 60)
		text_put_whole(out, seconds, "s");
	else
		text_short_duration(seconds * NS_PER_SECOND, out);
}
