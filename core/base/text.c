/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* wcwidth */
#include "core/base/text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "core/base/timestamp.h"

static bool is_continuation(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

size_t text_decode(const char *text, uint32_t *code)
{
	const unsigned char *at = (const unsigned char *)text;
	unsigned int first = at[0];

	/* Each byte is looked at only when the one before was no NUL. */
	if (first < 0x80) {
		*code = first;
		return 1;
	}
	if (first < 0xc2 || first > 0xf4 || !is_continuation(at[1]))
		return 0;
	if (first < 0xe0) {
		*code = (first & 0x1f) << 6 | (at[1] & 0x3fu);
		return 2;
	}
	if (!is_continuation(at[2]))
		return 0;
	if (first < 0xf0) {
		uint32_t value = (first & 0x0f) << 12 | (at[1] & 0x3fu) << 6 | (at[2] & 0x3fu);
		if (value < 0x800 || (value >= 0xd800 && value <= 0xdfff))
			return 0;
		*code = value;
		return 3;
	}
	if (!is_continuation(at[3]))
		return 0;
	uint32_t value = (first & 0x07) << 18 | (at[1] & 0x3fu) << 12 | (at[2] & 0x3fu) << 6 |
			 (at[3] & 0x3fu);
	if (value < 0x10000 || value > 0x10ffff)
		return 0;
	*code = value;
	return 4;
}

struct code_range {
	uint32_t first;
	uint32_t last;
};

/*
 * What a terminal would obey instead of show, or show as nothing: controls (general category Cc),
 * line and paragraph separators, the bidirectional controls, and the default ignorable code points
 * of Unicode's DerivedCoreProperties.txt, less the variation selectors, which emoji need.
 */
static const struct code_range hidden_ranges[] = {
	{0x00, 0x1f},     {0x7f, 0x9f},       {0xad, 0xad},       {0x34f, 0x34f},
	{0x61c, 0x61c},   {0x115f, 0x1160},   {0x17b4, 0x17b5},   {0x180b, 0x180f},
	{0x200b, 0x200f}, {0x2028, 0x202e},   {0x2060, 0x206f},   {0x3164, 0x3164},
	{0xfdd0, 0xfdef}, {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfffb},
	{0xfffe, 0xffff}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
};

static bool is_shown(uint32_t code)
{
	if (code >= 0x20 && code < 0x7f)
		return true;
	/* The last two of every plane are noncharacters. */
	if ((code & 0xfffe) == 0xfffe)
		return false;
	for (size_t i = 0; i < sizeof(hidden_ranges) / sizeof(hidden_ranges[0]); i++) {
		if (code >= hidden_ranges[i].first && code <= hidden_ranges[i].last)
			return false;
	}
	return true;
}

static size_t escape(const char *source, char *out, size_t size, uint32_t highest)
{
	static const char digits[] = "0123456789abcdef";
	size_t length = 0;

	if (size == 0)
		return 0;
	while (source && *source != '\0') {
		uint32_t code = 0;
		size_t bytes = text_decode(source, &code);
		if (bytes > 0 && code <= highest && is_shown(code)) {
			if (length + bytes >= size)
				break;
			memcpy(out + length, source, bytes);
			length += bytes;
			source += bytes;
			continue;
		}
		/* All the bytes of one character, or the one that belongs to none. */
		bytes = bytes > 0 ? bytes : 1;
		if (length + 4 * bytes >= size)
			break;
		for (; bytes > 0; bytes--, source++) {
			unsigned int byte = (unsigned char)*source;
			out[length++] = '\\';
			out[length++] = 'x';
			out[length++] = digits[byte >> 4];
			out[length++] = digits[byte & 15];
		}
	}
	out[length] = '\0';
	return length;
}

size_t text_escape(const char *source, char *out, size_t size)
{
	return escape(source, out, size, 0x10ffff);
}

size_t text_escape_ascii(const char *source, char *out, size_t size)
{
	return escape(source, out, size, 0x7e);
}

/* What stays together: a character and the marks of no width that follow it. */
struct cluster {
	size_t bytes;
	size_t columns;
};

static struct cluster first_cluster(const char *text)
{
	struct cluster cluster = {0};
	bool utf8 = MB_CUR_MAX > 1;

	while (text[cluster.bytes] != '\0') {
		uint32_t code = 0;
		size_t bytes = text_decode(text + cluster.bytes, &code);
		int width = bytes > 0 && utf8 ? wcwidth((wchar_t)code) : -1;
		if (cluster.bytes > 0 && width != 0)
			break;
		if (!utf8)
			bytes = 1;
		cluster.bytes += bytes > 0 ? bytes : 1;
		cluster.columns += width >= 0 ? (size_t)width : 1;
	}
	return cluster;
}

size_t text_width(const char *text)
{
	size_t columns = 0;

	while (*text != '\0') {
		struct cluster cluster = first_cluster(text);
		columns += cluster.columns;
		text += cluster.bytes;
	}
	return columns;
}

/* Copies whole clusters, at most that many columns and bytes of room (without a NUL). */
static struct cluster copy_clusters(const char *text, size_t columns, char *out, size_t room)
{
	struct cluster copied = {0};

	while (*text != '\0') {
		struct cluster next = first_cluster(text);
		if (copied.columns + next.columns > columns || copied.bytes + next.bytes > room)
			break;
		memcpy(out + copied.bytes, text, next.bytes);
		copied.bytes += next.bytes;
		copied.columns += next.columns;
		text += next.bytes;
	}
	return copied;
}

/* Where the longest end of the text begins that takes at most that many columns. */
static const char *skip_to_end(const char *text, size_t width, size_t columns)
{
	while (width > columns) {
		struct cluster next = first_cluster(text);
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
	struct cluster used = {0};
	struct cluster part;

	if (size == 0)
		return 0;
	if (width <= columns) {
		used = copy_clusters(text, columns, out, size - 1);
	} else if (ellipsis_width <= columns) {
		size_t tail = (columns - ellipsis_width) * 3 / 7;
		size_t head = columns - ellipsis_width - tail;

		used = copy_clusters(text, head, out, size - 1);
		part = copy_clusters(ellipsis, ellipsis_width, out + used.bytes,
				     size - 1 - used.bytes);
		used.bytes += part.bytes;
		used.columns += part.columns;
		part = copy_clusters(skip_to_end(text, width, tail), tail, out + used.bytes,
				     size - 1 - used.bytes);
		used.bytes += part.bytes;
		used.columns += part.columns;
	}
	out[used.bytes] = '\0';
	return used.columns;
}

int text_copy(const char *text, char **out)
{
	if (!text || text[0] == '\0')
		return 0;
	char *copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	free(*out);
	*out = copy;
	return 0;
}

/* Three digits at most: what the callers pass is below a thousand. */
static void put_whole(char out[TEXT_NUMBER_SIZE], uint64_t value, const char *unit)
{
	snprintf(out, TEXT_NUMBER_SIZE, "%u%s", (unsigned int)(value % 1000), unit);
}

/* One digit and a tenth: tenths is below a hundred. */
static void put_tenths(char out[TEXT_NUMBER_SIZE], uint64_t tenths, const char *unit)
{
	snprintf(out, TEXT_NUMBER_SIZE, "%u.%u%s", (unsigned int)(tenths / 10 % 10),
		 (unsigned int)(tenths % 10), unit);
}

/* Figures of at most 4 characters with the prefixes of powers of 1000. */
static void short_figure(uint64_t value, char out[TEXT_NUMBER_SIZE])
{
	static const char *const prefixes[] = {"", "k", "M", "G", "T", "P", "E"};
	uint64_t unit = 1;
	size_t prefix = 0;

	while (value / unit >= 1000) {
		unit *= 1000;
		prefix++;
	}
	if (prefix > 0 && value / unit < 10)
		put_tenths(out, value / (unit / 10), prefixes[prefix]);
	else
		put_whole(out, value / unit, prefixes[prefix]);
}

void text_short_count(uint64_t count, char out[TEXT_NUMBER_SIZE])
{
	short_figure(count, out);
}

void text_short_bytes(uint64_t bytes, char out[TEXT_NUMBER_SIZE])
{
	short_figure(bytes, out);
}

void text_short_duration(uint64_t ns, char out[TEXT_NUMBER_SIZE])
{
	uint64_t tenths_ms = ns / 100000;
	uint64_t seconds = ns / NS_PER_SECOND;
	uint64_t days = seconds / 86400;

	if (ns == 0)
		put_whole(out, 0, "ms");
	else if (tenths_ms == 0)
		snprintf(out, TEXT_NUMBER_SIZE, "<0.1ms");
	else if (tenths_ms < 100)
		put_tenths(out, tenths_ms, "ms");
	else if (seconds == 0)
		put_whole(out, tenths_ms / 10, "ms");
	else if (seconds < 10)
		put_tenths(out, tenths_ms / 1000, "s");
	else if (seconds < 60)
		put_whole(out, seconds, "s");
	else if (seconds < 3600)
		put_whole(out, seconds / 60, "m");
	else if (seconds < 86400)
		put_whole(out, seconds / 3600, "h");
	else if (days < 1000)
		put_whole(out, days, "d");
	else
		put_whole(out, days / 365, "y");
}

void text_short_milliseconds(uint64_t ms, char out[TEXT_NUMBER_SIZE])
{
	if (ms == 0)
		snprintf(out, TEXT_NUMBER_SIZE, "<1ms");
	else if (ms < 1000)
		put_whole(out, ms, "ms");
	else if (ms > UINT64_MAX / (NS_PER_SECOND / 1000))
		text_short_duration(UINT64_MAX, out);
	else
		text_short_duration(ms * (NS_PER_SECOND / 1000), out);
}
