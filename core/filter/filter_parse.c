/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/filter/filter.h"
#include "core/filter/filter_term.h"

static const struct {
	const char *name;
	enum filter_field field;
} field_names[] = {
	{"node", FIELD_NODE},
	{"ns", FIELD_NAMESPACE},
	{"namespace", FIELD_NAMESPACE},
	{"pod", FIELD_POD},
	{"container", FIELD_CONTAINER},
	{"comm", FIELD_COMM},
	{"peer", FIELD_PEER},
	{"addr", FIELD_ADDRESS},
	{"dns", FIELD_DNS},
	{"state", FIELD_STATE},
	{"error", FIELD_ERROR},
	{"dir", FIELD_DIRECTION},
	{"proto", FIELD_PROTOCOL},
	{"pid", FIELD_PID},
	{"uid", FIELD_UID},
	{"sport", FIELD_SPORT},
	{"port", FIELD_DPORT},
	{"dport", FIELD_DPORT},
};

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static int refuse(struct filter_error *error, size_t column, const char *message)
{
	if (error) {
		error->column = column;
		snprintf(error->message, sizeof(error->message), "%s", message);
	}
	return -EINVAL;
}

/* Digits at *at, stepped over; false where there are none, or the number is too large. */
static bool read_number(const char **at, uint32_t max, uint32_t *number)
{
	const char *digit = *at;
	uint64_t value = 0;

	for (; *digit >= '0' && *digit <= '9' && value <= max; digit++)
		value = value * 10 + (uint64_t)(*digit - '0');
	if (digit == *at || value > max)
		return false;
	*at = digit;
	*number = (uint32_t)value;
	return true;
}

/* A number or a range, LOW-HIGH. offset: what to add to columns. */
static int read_range(struct filter_term *term, const char *value, size_t offset,
		      struct filter_error *error)
{
	bool is_port = term->field == FIELD_SPORT || term->field == FIELD_DPORT;
	uint32_t max = is_port ? UINT16_MAX : UINT32_MAX;
	const char *expected = is_port ? "a port (0 to 65535) or a range (8000-8999) was expected"
				       : "a number or a range was expected";
	const char *at = value;

	if (!read_number(&at, max, &term->low))
		return refuse(error, offset + 1, expected);
	term->high = term->low;
	if (*at == '-') {
		const char *high = ++at;
		if (!read_number(&at, max, &term->high))
			return refuse(error, offset + (size_t)(high - value) + 1, expected);
		if (term->high < term->low)
			return refuse(error, offset + (size_t)(high - value) + 1,
				      "the range ends before it begins");
	}
	if (*at != '\0')
		return refuse(error, offset + (size_t)(at - value) + 1, expected);
	term->kind = TERM_NUMBER;
	return 0;
}

/* --- options --- */

static const struct {
	const char *name;
	uint32_t number;
} protocols[] = {
	{"tcp", FLOW_TCP},
	{"udp", FLOW_UDP},
	{"sctp", FLOW_SCTP},
};

static int set_protocol(struct filter_term *term, const char *value, struct filter_error *error)
{
	for (size_t i = 0; i < ARRAY_LENGTH(protocols); i++) {
		if (strcasecmp(value, protocols[i].name) == 0) {
			term->kind = TERM_PROTOCOL;
			term->low = protocols[i].number;
			return 0;
		}
	}
	return refuse(error, 1, "tcp, udp or sctp was expected");
}

static int set_direction(struct filter_term *term, const char *value, struct filter_error *error)
{
	term->kind = TERM_DIRECTION;
	if (strcasecmp(value, "egress") == 0)
		term->low = FLOW_EGRESS;
	else if (strcasecmp(value, "ingress") == 0)
		term->low = FLOW_INGRESS;
	else
		return refuse(error, 1, "egress or ingress was expected");
	return 0;
}

static int set_selector(struct filter_term *term, const char *value, struct filter_error *error)
{
	const char *message = NULL;
	size_t column = 0;
	int status = selector_parse(value, &term->selector, &column, &message);

	term->kind = TERM_SELECTOR;
	return status == -EINVAL ? refuse(error, column, message) : status;
}

/* Names separated by commas; none of Kubernetes' own names has one. */
static int set_names(struct filter_term *term, const char *value, struct filter_error *error)
{
	const char *at = value;

	term->kind = TERM_NAMES;
	for (;;) {
		size_t length = strcspn(at, ",");
		if (length == 0)
			return refuse(error, (size_t)(at - value) + 1, "a name was expected");
		char *name = strndup(at, length);
		int status = name ? string_list_add(&term->names, name) : -ENOMEM;
		free(name);
		if (status)
			return status;
		if (at[length] == '\0')
			return 0;
		at += length + 1;
	}
}

/* A program's name may have any byte: no list. */
static int set_comm(struct filter_term *term, const char *value, struct filter_error *error)
{
	term->kind = TERM_NAMES;
	if (value[0] == '\0')
		return refuse(error, 1, "a program's name was expected");
	return string_list_add(&term->names, value);
}

static int set_option(struct filter_term *term, enum filter_option option, const char *value,
		      struct filter_error *error)
{
	switch (option) {
	case FILTER_NAMESPACE:
		term->field = FIELD_NAMESPACE;
		return set_names(term, value, error);
	case FILTER_POD:
		term->field = FIELD_POD;
		return set_names(term, value, error);
	case FILTER_SELECTOR:
		return set_selector(term, value, error);
	case FILTER_CONTAINER:
		term->field = FIELD_CONTAINER;
		return set_names(term, value, error);
	case FILTER_NODE:
		term->field = FIELD_NODE;
		return set_names(term, value, error);
	case FILTER_COMM:
		term->field = FIELD_COMM;
		return set_comm(term, value, error);
	case FILTER_PID:
		term->field = FIELD_PID;
		return read_range(term, value, 0, error);
	case FILTER_PORT:
		term->field = FIELD_DPORT;
		return read_range(term, value, 0, error);
	case FILTER_DIRECTION:
		return set_direction(term, value, error);
	case FILTER_PROTOCOL:
		return set_protocol(term, value, error);
	case FILTER_FAILED:
		term->kind = TERM_FAILED;
		return 0;
	case FILTER_IN_WORKLOAD:
		term->kind = TERM_IN_WORKLOAD;
		return 0;
	}
	return refuse(error, 1, "no such filter");
}

int filter_add(struct filter *filter, enum filter_option option, const char *value,
	       struct filter_error *error)
{
	size_t count = filter->count;
	struct filter_term *term = filter_append(filter);

	if (!term)
		return -ENOMEM;
	int status = set_option(term, option, value ? value : "", error);
	if (status)
		filter_cut(filter, count);
	return status;
}

/* --- text --- */

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/*
 * The field that a word begins with, and the length of "name:"; FIELD_ANY and 0 where it begins
 * with none. A word of hex digits and colons is an IPv6 address, and the only other words with
 * colons that are taken as they are begin with something that is no name at all.
 */
static int read_field(const char *word, enum filter_field *field, size_t *length)
{
	size_t letters = 0;

	*field = FIELD_ANY;
	*length = 0;
	while (is_letter(word[letters]))
		letters++;
	if (letters == 0 || word[letters] != ':')
		return 0;
	for (size_t i = 0; i < ARRAY_LENGTH(field_names); i++) {
		if (strlen(field_names[i].name) == letters &&
		    strncasecmp(word, field_names[i].name, letters) == 0) {
			*field = field_names[i].field;
			*length = letters + 1;
			return 0;
		}
	}
	return strspn(word, "0123456789abcdefABCDEF") == letters ? 0 : -EINVAL;
}

/*
 * Copies the word at *at, up to a space that no quote keeps, without its quotes and in lower case;
 * steps over it. The caller frees *word. -EINVAL where a quote is not closed: *at stands on it.
 */
static int read_word(const char **at, char **word)
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
			copy[length++] = filter_lower(*c);
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

static bool consists_of(const char *text, const char *bytes)
{
	return text[strspn(text, bytes)] == '\0';
}

/* One term at *at, stepped over. text: the whole, for columns. */
static int read_term(struct filter_term *term, const char *text, const char **at,
		     struct filter_error *error)
{
	size_t length = 0;

	if (**at == '!') {
		term->negated = true;
		(*at)++;
	}
	if (read_field(*at, &term->field, &length))
		return refuse(
			error, (size_t)(*at - text) + 1,
			"no such field; known are node ns pod container comm peer addr dns uid "
			"state error dir proto pid port sport dport");
	*at += length;

	size_t offset = (size_t)(*at - text);
	int status = read_word(at, &term->text);
	if (status == -EINVAL)
		return refuse(error, (size_t)(*at - text) + 1, "the quote is not closed");
	if (status)
		return status;
	if (term->text[0] == '\0')
		return refuse(error, offset + 1,
			      length ? "a value was expected after the ':'"
				     : "a word was expected");
	if (term->field >= FIELD_PID)
		return read_range(term, term->text, offset, error);
	term->kind = TERM_TEXT;
	term->may_be_address = consists_of(term->text, "0123456789abcdef.:");
	term->may_be_number = consists_of(term->text, "0123456789");
	return 0;
}

int filter_parse(struct filter *filter, const char *text, struct filter_error *error)
{
	size_t count = filter->count;
	const char *at = text;

	for (;;) {
		at += strspn(at, " \t");
		if (*at == '\0')
			return 0;
		struct filter_term *term = filter_append(filter);
		int status = term ? read_term(term, text, &at, error) : -ENOMEM;
		if (status) {
			filter_cut(filter, count);
			return status;
		}
	}
}
