/* SPDX-License-Identifier: Apache-2.0 */
#include "core/filter/filter_regex.h"

#include <errno.h>
#include <locale.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"

#define FILTER_REGEX_DEPTH_MAX  16
#define FILTER_REGEX_NESTED_MAX 2

/* The bytes of text after which the pattern is compiled anew. A visited state has a table of 256
 * pointers and its positions in the pattern, so 16384 states have less than 100 MiB. */
#define FILTER_REGEX_BYTES_MAX 16384

struct filter_regex {
	regex_t compiled; /* matches a whole text that has a matching part, see FILTER_REGEX_WRAP */
	regex_t part;     /* matches the part alone, for filter_regex_find; compiled when needed */
	bool has_part;
	size_t bytes;  /* of text that both have read */
	char *pattern; /* wrapped */
};

/*
 * Searches the whole text in one pass. Without the prefix, regexec tries each position of the text
 * as the start of a match, which costs time proportional to the square of the length. An anchor ^
 * inside still matches at the start of the text only.
 */
#define FILTER_REGEX_PREFIX "^.*"
#define FILTER_REGEX_WRAP   FILTER_REGEX_PREFIX "(%s)"

/* A part of a pattern, for the bounds that keep regcomp and regexec cheap. */
struct filter_regex_part {
	size_t size;         /* characters, after repetitions are expanded */
	unsigned int nested; /* the most repetitions around one of its characters */
	bool has_anchor;
	bool is_repeated; /* ends with a repetition */
};

/* The open groups of a pattern, and the last item, which a repetition may follow. */
struct filter_regex_reader {
	struct filter_regex_part groups[FILTER_REGEX_DEPTH_MAX];
	size_t depth; /* index of the innermost group */
	struct filter_regex_part last;
};

/* Returns the length of the bracket expression at `text`, or 0 if it is not closed. */
static size_t filter_regex_bracket_length(const char *text)
{
	size_t at = 1;

	at += text[at] == '^';
	at += text[at] == ']';
	while (text[at] != '\0' && text[at] != ']') {
		if (text[at] == '[' && text[at + 1] != '\0' && strchr(":.=", text[at + 1])) {
			const char end[] = {text[at + 1], ']', '\0'};
			const char *close = strstr(text + at + 2, end);
			if (!close)
				return 0;
			at = (size_t)(close - text) + 1;
		}
		at++;
	}
	return text[at] == ']' ? at + 1 : 0;
}

/* Reads an interval such as {2,5} at `text`. Returns its length, with the number of copies of the
 * item that regcomp makes in *copies. Returns 0 if the text is not an interval. */
static size_t filter_regex_interval_length(const char *text, size_t *copies)
{
	unsigned int numbers[2] = {0, 0};
	size_t which = 0;
	size_t at = 1;

	for (; text[at] != '\0' && text[at] != '}'; at++) {
		if (text[at] == ',' && which == 0)
			which++;
		else if (text[at] < '0' || text[at] > '9')
			return 0;
		else if (numbers[which] < 100000)
			numbers[which] = numbers[which] * 10 + (unsigned int)(text[at] - '0');
	}
	*copies = (size_t)(numbers[1] > numbers[0] ? numbers[1] : numbers[0]) + 1;
	return text[at] == '}' ? at + 1 : 0;
}

static void filter_regex_include(struct filter_regex_part *whole,
				 const struct filter_regex_part *part)
{
	whole->size += part->size;
	whole->has_anchor |= part->has_anchor;
	if (part->nested > whole->nested)
		whole->nested = part->nested;
}

/* Adds the last item to its group, and begins another item. */
static void filter_regex_begin(struct filter_regex_reader *reader, size_t size)
{
	filter_regex_include(&reader->groups[reader->depth], &reader->last);
	reader->last = (struct filter_regex_part){.size = size};
}

/* Reads an escaped character. Returns its length, or 0 with the reason in *message. */
static size_t filter_regex_read_escape(struct filter_regex_reader *reader, const char *text,
				       const char **message)
{
	*message = "a back-reference is not supported";
	if (text[1] >= '1' && text[1] <= '9')
		return 0;
	filter_regex_begin(reader, 1);
	reader->last.has_anchor = text[1] != '\0' && strchr("bB<>`'", text[1]);
	return text[1] == '\0' ? 1 : 2;
}

/* Reads a repetition of the last item. glibc's regcomp takes exponential time for repetitions of
 * repetitions of repetitions, and for repeated anchors. Returns its length, or 0 with the reason in
 * *message. */
static size_t filter_regex_read_repetition(struct filter_regex_reader *reader, const char *text,
					   const char **message)
{
	struct filter_regex_part *last = &reader->last;
	size_t copies = *text == '+' ? 2 : 1; /* a+ is compiled as aa* */
	size_t length = *text == '{' ? filter_regex_interval_length(text, &copies) : 1;

	if (last->is_repeated)
		*message = "a repetition follows a repetition";
	else if (last->nested == FILTER_REGEX_NESTED_MAX)
		*message = "too many nested repetitions";
	else if (last->has_anchor)
		*message = "an anchor cannot be repeated";
	else if (length == 0)
		*message = "the { is not an interval such as {2,5}";
	if (*message)
		return 0;
	last->size = (last->size + 1) * copies;
	last->nested++;
	last->is_repeated = true;
	return length;
}

/* Reads one character of the pattern, with all of a bracket expression, an escape or an interval.
 * Returns its length, or 0 with the reason in *message. */
static size_t filter_regex_read(struct filter_regex_reader *reader, const char *text,
				const char **message)
{
	switch (*text) {
	case '\\':
		return filter_regex_read_escape(reader, text, message);
	case '[':
		*message = "the [ is not closed";
		filter_regex_begin(reader, 1);
		return filter_regex_bracket_length(text);
	case '(':
		*message = "too many nested groups";
		if (reader->depth + 1 == FILTER_REGEX_DEPTH_MAX)
			return 0;
		filter_regex_begin(reader, 0);
		reader->groups[++reader->depth] = (struct filter_regex_part){.size = 1};
		return 1;
	case ')':
		*message = "the ) has no (";
		if (reader->depth == 0)
			return 0;
		filter_regex_begin(reader, 0);
		reader->last = reader->groups[reader->depth--];
		return 1;
	case '*':
	case '?':
	case '+':
	case '{':
		return filter_regex_read_repetition(reader, text, message);
	default:
		filter_regex_begin(reader, 1);
		reader->last.has_anchor = *text == '^' || *text == '$';
		return 1;
	}
}

/* Refuses patterns that would cost too much time or memory. */
static int filter_regex_check(const char *pattern, struct filter_error *error)
{
	struct filter_regex_reader reader = {0};
	size_t at = 0;

	while (pattern[at] != '\0') {
		const char *message = NULL;
		size_t length = filter_regex_read(&reader, pattern + at, &message);
		if (length == 0)
			return filter_refuse(error, at, "%s", message);
		if (reader.groups[reader.depth].size + reader.last.size > FILTER_REGEX_SIZE_MAX)
			return filter_refuse(error, at, "the regular expression is too large");
		at += length;
	}
	return reader.depth > 0 ? filter_refuse(error, at, "a ( is not closed") : 0;
}

/* Compiles for the C locale, in which each byte is a character. `flags` are those of regcomp(3), in
 * addition to the usual ones. Returns its code. */
static int filter_regex_compile(const char *pattern, int flags, regex_t *out)
{
	locale_t bytes = newlocale(LC_ALL_MASK, "C", (locale_t)0);

	if (!bytes)
		return REG_ESPACE;
	locale_t before = uselocale(bytes);
	int code = regcomp(out, pattern, REG_EXTENDED | REG_ICASE | flags);
	uselocale(before);
	freelocale(bytes);
	return code;
}

static int filter_regex_refuse(int code, const regex_t *compiled, struct filter_error *error)
{
	char reason[128];

	if (code == REG_ESPACE)
		return -ENOMEM;
	regerror(code, compiled, reason, sizeof(reason));
	return filter_refuse(error, 0, "not a regular expression: %s", reason);
}

static int filter_regex_open(struct filter_regex *regex, const char *pattern,
			     struct filter_error *error)
{
	size_t size = strlen(pattern) + sizeof(FILTER_REGEX_WRAP);

	regex->pattern = malloc(size);
	if (!regex->pattern)
		return -ENOMEM;
	snprintf(regex->pattern, size, FILTER_REGEX_WRAP, pattern);
	int code = filter_regex_compile(regex->pattern, REG_NOSUB, &regex->compiled);
	return code ? filter_regex_refuse(code, &regex->compiled, error) : 0;
}

int filter_regex_new(const char *pattern, struct filter_regex **out, struct filter_error *error)
{
	int status = filter_regex_check(pattern, error);

	if (status)
		return status;
	struct filter_regex *regex = calloc(1, sizeof(*regex));
	if (!regex)
		return -ENOMEM;
	status = filter_regex_open(regex, pattern, error);
	if (status) {
		free(regex->pattern);
		free(regex);
		return status;
	}
	*out = regex;
	return 0;
}

void filter_regex_free(struct filter_regex *regex)
{
	if (!regex)
		return;
	regfree(&regex->compiled);
	if (regex->has_part)
		regfree(&regex->part);
	free(regex->pattern);
	free(regex);
}

/* Drops the visited states. Without memory for that, keeps them. */
static void filter_regex_renew(struct filter_regex *regex)
{
	regex_t compiled;

	regex->bytes = 0;
	if (regex->has_part)
		regfree(&regex->part);
	regex->has_part = false;
	if (filter_regex_compile(regex->pattern, REG_NOSUB, &compiled))
		return;
	regfree(&regex->compiled);
	regex->compiled = compiled;
}

/* Counts the bytes of a text that is about to be read. */
static void filter_regex_count(struct filter_regex *regex, const char *text)
{
	regex->bytes += strlen(text) + 1;
	if (regex->bytes > FILTER_REGEX_BYTES_MAX)
		filter_regex_renew(regex);
}

bool filter_regex_match(struct filter_regex *regex, const char *text)
{
	filter_regex_count(regex, text);
	return regexec(&regex->compiled, text, 0, NULL, 0) == 0;
}

bool filter_regex_find(struct filter_regex *regex, const char *text, size_t from, size_t *start,
		       size_t *length)
{
	size_t end = strlen(text);
	regmatch_t match;

	if (end > FILTER_REGEX_FIND_MAX || from >= end)
		return false;
	filter_regex_count(regex, text + from);
	if (!regex->has_part &&
	    filter_regex_compile(regex->pattern + strlen(FILTER_REGEX_PREFIX), 0, &regex->part))
		return false;
	regex->has_part = true;
	while (from < end &&
	       regexec(&regex->part, text + from, 1, &match, from > 0 ? REG_NOTBOL : 0) == 0) {
		*start = from + (size_t)match.rm_so;
		*length = (size_t)(match.rm_eo - match.rm_so);
		if (*length > 0)
			return true;
		from = *start + 1;
	}
	return false;
}
