/* SPDX-License-Identifier: Apache-2.0 */
#include "core/filter/filter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/array.h"
#include "core/filter/filter_term.h"
#include "core/record/record_names.h"

struct filter {
	struct filter_term *terms;
	size_t count;
};

int filter_new(struct filter **out)
{
	struct filter *filter = calloc(1, sizeof(*filter));

	if (!filter)
		return -ENOMEM;
	*out = filter;
	return 0;
}

/* Removes all terms except the first `count`. */
static void filter_cut(struct filter *filter, size_t count)
{
	while (filter->count > count)
		filter_term_clear(&filter->terms[--filter->count]);
}

void filter_free(struct filter *filter)
{
	if (!filter)
		return;
	filter_cut(filter, 0);
	free(filter->terms);
	free(filter);
}

/* --- options --- */

static int filter_parse_refuse(struct filter_error *error, size_t column, const char *message)
{
	if (error) {
		error->column = column;
		snprintf(error->message, sizeof(error->message), "%s", message);
	}
	return -EINVAL;
}

/* Reads the digits at *at and moves *at past them. Returns false if there is no digit, or if the
 * number is above `max`. */
static bool filter_parse_number(const char **at, uint32_t max, uint32_t *number)
{
	char *end;
	unsigned long long value = strtoull(*at, &end, 10);

	if (**at < '0' || **at > '9' || value > max)
		return false;
	*at = end;
	*number = (uint32_t)value;
	return true;
}

/* Parses a number or a range, LOW-HIGH. */
static int filter_parse_range(struct filter_term *term, const char *value,
			      struct filter_error *error)
{
	bool is_port = term->field == FILTER_FIELD_SPORT || term->field == FILTER_FIELD_DPORT;
	uint32_t max = is_port ? UINT16_MAX : UINT32_MAX;
	const char *expected = is_port ? "a port (0 to 65535) or a range (8000-8999) was expected"
				       : "a number or a range was expected";
	const char *at = value;

	if (!filter_parse_number(&at, max, &term->low))
		return filter_parse_refuse(error, 1, expected);
	term->high = term->low;
	if (*at == '-') {
		const char *high = ++at;
		bool is_number = filter_parse_number(&at, max, &term->high);
		if (!is_number || term->high < term->low)
			return filter_parse_refuse(error, (size_t)(high - value) + 1,
						   is_number ? "the range ends before it begins"
							     : expected);
	}
	if (*at != '\0')
		return filter_parse_refuse(error, (size_t)(at - value) + 1, expected);
	return 0;
}

/* Parses a word of the record format for a protocol or a direction. Ignores its case. */
static int filter_parse_record_word(struct filter_term *term, const char *value,
				    struct filter_error *error)
{
	bool is_direction = term->kind == FILTER_TERM_DIRECTION;
	const struct record_words *words =
		is_direction ? &flow_direction_words : &flow_protocol_words;

	for (size_t i = 0; i < words->count; i++) {
		if (words->texts[i] && strcasecmp(value, words->texts[i]) == 0) {
			term->low = (uint32_t)i;
			return 0;
		}
	}
	return filter_parse_refuse(error, 1,
				   is_direction ? "egress or ingress was expected"
						: "tcp, udp or sctp was expected");
}

static int filter_parse_selector(struct filter_term *term, const char *value,
				 struct filter_error *error)
{
	const char *message = NULL;
	size_t column = 0;
	int status = selector_parse(value, &term->selector, &column, &message);

	return status == -EINVAL ? filter_parse_refuse(error, column, message) : status;
}

/* Parses names separated by commas, which no name in Kubernetes contains. */
static int filter_parse_names(struct filter_term *term, const char *value,
			      struct filter_error *error)
{
	const char *at = value;

	for (;;) {
		size_t length = strcspn(at, ",");
		if (length == 0)
			return filter_parse_refuse(error, (size_t)(at - value) + 1,
						   "a name was expected");
		int status = string_list_add_bytes(&term->names, at, length);
		if (status)
			return status;
		if (at[length] == '\0')
			return 0;
		at += length + 1;
	}
}

/* Stores the value as one name: a program's name may contain commas. */
static int filter_parse_comm(struct filter_term *term, const char *value,
			     struct filter_error *error)
{
	if (value[0] == '\0')
		return filter_parse_refuse(error, 1, "a program's name was expected");
	return string_list_add(&term->names, value);
}

/* The term that each option stands for, and the parser of its value (NULL: no value). */
static const struct {
	enum filter_term_kind kind;
	enum filter_field field;
	int (*parse)(struct filter_term *term, const char *value, struct filter_error *error);
} filter_parse_options[] = {
	[FILTER_NAMESPACE] = {FILTER_TERM_NAMES, FILTER_FIELD_NAMESPACE, filter_parse_names},
	[FILTER_POD] = {FILTER_TERM_NAMES, FILTER_FIELD_POD, filter_parse_names},
	[FILTER_SELECTOR] = {FILTER_TERM_SELECTOR, FILTER_ANY_FIELD, filter_parse_selector},
	[FILTER_CONTAINER] = {FILTER_TERM_NAMES, FILTER_FIELD_CONTAINER, filter_parse_names},
	[FILTER_NODE] = {FILTER_TERM_NAMES, FILTER_FIELD_NODE, filter_parse_names},
	[FILTER_COMM] = {FILTER_TERM_NAMES, FILTER_FIELD_COMM, filter_parse_comm},
	[FILTER_PID] = {FILTER_TERM_NUMBER, FILTER_FIELD_PID, filter_parse_range},
	[FILTER_PORT] = {FILTER_TERM_NUMBER, FILTER_FIELD_DPORT, filter_parse_range},
	[FILTER_DIRECTION] = {FILTER_TERM_DIRECTION, FILTER_ANY_FIELD, filter_parse_record_word},
	[FILTER_PROTOCOL] = {FILTER_TERM_PROTOCOL, FILTER_ANY_FIELD, filter_parse_record_word},
	[FILTER_FAILED] = {FILTER_TERM_FAILED, FILTER_ANY_FIELD, NULL},
	[FILTER_IN_WORKLOAD] = {FILTER_TERM_IN_WORKLOAD, FILTER_ANY_FIELD, NULL},
};

int filter_add(struct filter *filter, enum filter_option option, const char *value,
	       struct filter_error *error)
{
	size_t count = filter->count;
	struct filter_term *term = ARRAY_EXTEND(filter->terms, filter->count);
	int status = 0;

	if (!term)
		return -ENOMEM;
	term->kind = filter_parse_options[option].kind;
	term->field = filter_parse_options[option].field;
	if (filter_parse_options[option].parse)
		status = filter_parse_options[option].parse(term, value, error);
	if (status)
		filter_cut(filter, count);
	return status;
}

/* --- parsing --- */

static const struct {
	const char *name;
	enum filter_field field;
} filter_parse_fields[] = {
	{"node", FILTER_FIELD_NODE},
	{"ns", FILTER_FIELD_NAMESPACE},
	{"namespace", FILTER_FIELD_NAMESPACE},
	{"pod", FILTER_FIELD_POD},
	{"container", FILTER_FIELD_CONTAINER},
	{"comm", FILTER_FIELD_COMM},
	{"peer", FILTER_FIELD_PEER},
	{"addr", FILTER_FIELD_ADDRESS},
	{"dns", FILTER_FIELD_DNS},
	{"state", FILTER_FIELD_STATE},
	{"error", FILTER_FIELD_ERROR},
	{"drop", FILTER_FIELD_DROP},
	{"end", FILTER_FIELD_END},
	{"dir", FILTER_FIELD_DIRECTION},
	{"proto", FILTER_FIELD_PROTOCOL},
	{"pid", FILTER_FIELD_PID},
	{"uid", FILTER_FIELD_UID},
	{"sport", FILTER_FIELD_SPORT},
	{"port", FILTER_FIELD_DPORT},
	{"dport", FILTER_FIELD_DPORT},
};

/*
 * Finds the field that a word begins with, as in "pod:web". Returns the length of the field's name
 * with the colon. Returns 0 if the word does not begin with letters and a colon. If the letters are
 * not the name of a field, returns 0 if all of them are hex digits, as in an IPv6 address, and
 * -EINVAL otherwise.
 */
static int filter_parse_field(const char *word, enum filter_field *field)
{
	size_t letters = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

	if (letters == 0 || word[letters] != ':')
		return 0;
	for (size_t i = 0; i < ARRAY_LENGTH(filter_parse_fields); i++) {
		if (strlen(filter_parse_fields[i].name) == letters &&
		    strncasecmp(word, filter_parse_fields[i].name, letters) == 0) {
			*field = filter_parse_fields[i].field;
			return (int)letters + 1;
		}
	}
	return strspn(word, "0123456789abcdefABCDEF") == letters ? 0 : -EINVAL;
}

/*
 * Copies the word at *at in lower case, without its quotes, and moves *at past it. A word ends at
 * a space outside of quotes. The caller frees *word. Returns -EINVAL, with *at on the quote, if a
 * quote is not closed.
 */
static int filter_parse_word(const char **at, char **word)
{
	char *copy = malloc(strlen(*at) + 1);
	const char *quote = NULL;
	size_t length = 0;
	const char *c = *at;

	if (!copy)
		return -ENOMEM;
	for (; *c != '\0' && (quote || (*c != ' ' && *c != '\t')); c++) {
		if (*c == '"')
			quote = quote ? NULL : c;
		else
			copy[length++] = filter_term_lower(*c);
	}
	copy[length] = '\0';
	if (quote) {
		free(copy);
		*at = quote;
		return -EINVAL;
	}
	*word = copy;
	*at = c;
	return 0;
}

static bool filter_parse_consists_of(const char *text, const char *bytes)
{
	return text[strspn(text, bytes)] == '\0';
}

static int filter_parse_value(struct filter_term *term, bool has_field, struct filter_error *error)
{
	if (term->text[0] == '\0')
		return filter_parse_refuse(error, 1,
					   has_field ? "a value was expected after the ':'"
						     : "a word was expected");
	if (term->field >= FILTER_FIELD_PID) {
		term->kind = FILTER_TERM_NUMBER;
		return filter_parse_range(term, term->text, error);
	}
	term->kind = FILTER_TERM_TEXT;
	term->may_be_address = filter_parse_consists_of(term->text, "0123456789abcdef.:");
	term->may_be_number = filter_parse_consists_of(term->text, "0123456789");
	return 0;
}

/* Fills in a zeroed term from the word at *at, and moves *at past the word. `text` is the whole
 * text; the columns of errors count from its start. Returns the same errors as filter_add. */
static int filter_parse_term(struct filter_term *term, const char *text, const char **at,
			     struct filter_error *error)
{
	if (**at == '!') {
		term->negated = true;
		(*at)++;
	}
	int length = filter_parse_field(*at, &term->field);
	if (length < 0)
		return filter_parse_refuse(
			error, (size_t)(*at - text) + 1,
			"no such field; known are node ns pod container comm peer addr dns uid "
			"state error dir proto pid port sport dport");
	*at += length;

	size_t offset = (size_t)(*at - text);
	int status = filter_parse_word(at, &term->text);
	if (status == -EINVAL)
		return filter_parse_refuse(error, (size_t)(*at - text) + 1,
					   "the quote is not closed");
	if (!status)
		status = filter_parse_value(term, length > 0, error);
	if (status == -EINVAL && error)
		error->column += offset;
	return status;
}

int filter_parse(struct filter *filter, const char *text, struct filter_error *error)
{
	size_t count = filter->count;
	const char *at = text;

	for (;;) {
		at += strspn(at, " \t");
		if (*at == '\0')
			return 0;
		struct filter_term *term = ARRAY_EXTEND(filter->terms, filter->count);
		int status = term ? filter_parse_term(term, text, &at, error) : -ENOMEM;
		if (status) {
			filter_cut(filter, count);
			return status;
		}
	}
}

bool filter_is_empty(const struct filter *filter)
{
	return !filter || filter->count == 0;
}

bool filter_has(const struct filter *filter, enum filter_trait trait)
{
	for (size_t i = 0; filter && i < filter->count; i++) {
		if (filter_term_has(&filter->terms[i], trait))
			return true;
	}
	return false;
}

bool filter_rejects_workload(const struct filter *filter, const struct filter_input *input)
{
	for (size_t i = 0; filter && i < filter->count; i++) {
		if (filter_term_has(&filter->terms[i], FILTER_TESTS_WORKLOAD) &&
		    !filter_term_match(&filter->terms[i], input))
			return true;
	}
	return false;
}

bool filter_match(const struct filter *filter, const struct filter_input *input)
{
	for (size_t i = 0; filter && i < filter->count; i++) {
		if (!filter_term_match(&filter->terms[i], input))
			return false;
	}
	return true;
}
