/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/segments/segment_name.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/timestamp.h"

#define SUFFIX      ".jsonl.gz"
#define PARTIAL     ".partial"
#define DIGITS      10
#define TIME_LENGTH (sizeof("20260102T030405Z") - 1)
#define TIME_SIZE   (TIME_LENGTH + 1)

/* Writes a time without the punctuation of RFC 3339, and without its fraction. */
static void segment_name_format_time(uint64_t unix_ns, char text[TIME_SIZE])
{
	char full[TIMESTAMP_TEXT_SIZE];
	size_t length = 0;

	timestamp_format(unix_ns, full);
	for (const char *at = full; *at && *at != '.' && length < TIME_LENGTH - 1; at++) {
		if (*at != '-' && *at != ':')
			text[length++] = *at;
	}
	text[length++] = 'Z';
	text[length] = '\0';
}

/* Reads a number of exactly DIGITS digits, and moves *at after it. */
static bool segment_name_parse_number(const char **at, uint64_t *out)
{
	if (strspn(*at, "0123456789") != DIGITS)
		return false;
	*out = strtoull(*at, NULL, 10);
	*at += DIGITS;
	return true;
}

/* Reads a time, and moves *at after it. */
static bool segment_name_parse_time(const char **at, uint64_t *out)
{
	const char *text = *at;
	char full[TIMESTAMP_TEXT_SIZE];

	if (strlen(text) < TIME_LENGTH)
		return false;
	int length = snprintf(full, sizeof(full), "%.4s-%.2s-%.5s:%.2s:%.3s", text, text + 4,
			      text + 6, text + 11, text + 13);
	if (timestamp_parse(full, (size_t)length, out))
		return false;
	*at += TIME_LENGTH;
	return true;
}

/* Moves *at after a word if the text begins with it. */
static bool segment_name_parse_word(const char **at, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(*at, word, length) != 0)
		return false;
	*at += length;
	return true;
}

void segment_name_format(const struct segment_name *name, char text[SEGMENT_NAME_SIZE])
{
	char first[TIME_SIZE];
	char last[TIME_SIZE];
	char from[32] = "";

	segment_name_format_time(name->first_ns, first);
	if (!name->closed) {
		snprintf(text, SEGMENT_NAME_SIZE, "%0*" PRIu64 "_%s%s", DIGITS, name->number, first,
			 name->from ? PARTIAL : SUFFIX);
		return;
	}
	segment_name_format_time(name->last_ns + (NS_PER_SECOND - 1), last);
	if (name->from)
		snprintf(from, sizeof(from), "_from%0*" PRIu64, DIGITS, name->from);
	snprintf(text, SEGMENT_NAME_SIZE, "%0*" PRIu64 "_%s_%s%s%s%s" SUFFIX, DIGITS, name->number,
		 first, last, name->steps ? "_steps" : "", name->cut ? "_cut" : "", from);
}

bool segment_name_is_partial(const char *text)
{
	uint64_t number;
	uint64_t time;

	return segment_name_parse_number(&text, &number) && segment_name_parse_word(&text, "_") &&
	       segment_name_parse_time(&text, &time) && strcmp(text, PARTIAL) == 0;
}

bool segment_name_parse(const char *text, struct segment_name *name)
{
	struct segment_name read = {0};
	const char *at = text;

	if (!segment_name_parse_number(&at, &read.number) || read.number == 0 ||
	    !segment_name_parse_word(&at, "_") || !segment_name_parse_time(&at, &read.first_ns))
		return false;
	if (segment_name_parse_word(&at, "_")) {
		read.closed = true;
		if (!segment_name_parse_time(&at, &read.last_ns))
			return false;
		read.steps = segment_name_parse_word(&at, "_steps");
		read.cut = segment_name_parse_word(&at, "_cut");
		if (segment_name_parse_word(&at, "_from") &&
		    (!segment_name_parse_number(&at, &read.from) || read.from > read.number))
			return false;
	}
	if (strcmp(at, SUFFIX) != 0)
		return false;
	*name = read;
	return true;
}
