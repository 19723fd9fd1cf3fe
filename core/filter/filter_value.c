/* SPDX-License-Identifier: Apache-2.0 */
#include "core/filter/filter_value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/record/address.h"

static bool filter_value_consists_of(const char *text, const char *bytes)
{
	return text[strspn(text, bytes)] == '\0';
}

int filter_value_parse_text(struct filter_term *term, const char *value, struct filter_error *error)
{
	if (value[0] == '\0')
		return filter_refuse(error, 0, "a value was expected");
	term->kind = FILTER_TERM_TEXT;
	term->text = strdup(value);
	if (!term->text)
		return -ENOMEM;
	for (char *at = term->text; *at; at++)
		*at = filter_term_lower(*at);
	term->may_be_address = filter_value_consists_of(term->text, "0123456789abcdef.:");
	term->may_be_number = filter_value_consists_of(term->text, "0123456789");
	return 0;
}

int filter_value_parse_regex(struct filter_term *term, const char *value,
			     struct filter_error *error)
{
	if (value[0] == '\0')
		return filter_refuse(error, 0, "a regular expression was expected");
	term->kind = FILTER_TERM_REGEX;
	return filter_regex_new(value, &term->regex, error);
}

int filter_value_parse_selector(struct filter_term *term, const char *value,
				struct filter_error *error)
{
	const char *message = NULL;
	size_t column = 0;

	term->kind = FILTER_TERM_SELECTOR;
	int status = selector_parse(value, &term->selector, &column, &message);
	return status == -EINVAL ? filter_refuse(error, column - 1, "%s", message) : status;
}

/* --- addresses --- */

static void filter_value_set_block(struct filter_term *term, uint8_t family,
				   const struct flow_address *address, unsigned int bits)
{
	term->kind = FILTER_TERM_BLOCK;
	term->family = family;
	term->bits = (uint8_t)bits;
	term->block = *address;
	address_mask(&term->block, bits);
}

/* Parses ADDRESS/LENGTH. A text whose part before the slash is no address may be a name, such as
 * shop/db. Returns false for such a text, else true with the result in *status. */
static bool filter_value_try_block(struct filter_term *term, const char *value,
				   struct filter_error *error, int *status)
{
	const char *slash = strchr(value, '/');
	char before[ADDRESS_TEXT_SIZE];
	struct flow_address address;
	uint8_t family = 0;
	unsigned int bits = 0;

	if (!slash || (size_t)(slash - value) >= sizeof(before))
		return false;
	memcpy(before, value, (size_t)(slash - value));
	before[slash - value] = '\0';
	if (address_parse(before, &family, &address))
		return false;
	if (address_parse_block(value, &family, &address, &bits)) {
		*status = filter_refuse(error, (size_t)(slash - value) + 1,
					"the length of a prefix was expected: 0 to %u",
					address_bits(family));
	} else {
		filter_value_set_block(term, family, &address, bits);
		*status = 0;
	}
	return true;
}

int filter_value_parse_address(struct filter_term *term, const char *value,
			       struct filter_error *error)
{
	struct flow_address address;
	uint8_t family = 0;
	int status = 0;

	if (filter_value_try_block(term, value, error, &status))
		return status;
	if (address_parse(value, &family, &address))
		return filter_value_parse_text(term, value, error);
	filter_value_set_block(term, family, &address, address_bits(family));
	return 0;
}

int filter_value_parse_net(struct filter_term *term, const char *value, struct filter_error *error)
{
	static const char expected[] = "a block such as 203.0.113.0/24 was expected";
	struct flow_address address;
	char whole[ADDRESS_TEXT_SIZE];
	uint8_t family = 0;
	unsigned int parts = 1;
	int status = 0;

	if (filter_value_try_block(term, value, error, &status))
		return status;
	for (const char *at = value; *at; at++)
		parts += *at == '.';
	int length = parts > 4 ? -1
			       : snprintf(whole, sizeof(whole), "%s%s", value,
					  &".0.0.0"[((size_t)parts - 1) * 2]);
	if (strchr(value, ':'))
		length = snprintf(whole, sizeof(whole), "%s", value);
	if (length < 0 || (size_t)length >= sizeof(whole) ||
	    address_parse(whole, &family, &address))
		return filter_refuse(error, 0, "%s", expected);
	filter_value_set_block(term, family, &address,
			       family == 4 && !strchr(value, ':') ? parts * 8
								  : address_bits(family));
	return 0;
}

/* --- numbers --- */

struct filter_unit {
	const char *name;
	uint64_t factor;
};

static const struct filter_unit filter_units_of_bytes[] = {
	{"k", 1000}, {"m", 1000000}, {"g", 1000000000}, {"t", 1000000000000}, {"", 1}};

static const struct filter_unit filter_units_of_time[] = {
	{"ns", 1},          {"us", 1000},         {"ms", 1000000},       {"s", 1000000000},
	{"m", 60000000000}, {"h", 3600000000000}, {"d", 86400000000000},
};

/* The form of the numbers of a key. */
struct filter_numbers {
	const struct filter_unit *units; /* NULL: whole numbers without a unit */
	size_t unit_count;
	uint64_t max;
	const char *expected;
};

static const struct filter_numbers filter_plain_numbers = {
	NULL, 0, UINT32_MAX, "a number or a range (1-99) was expected"};
static const struct filter_numbers filter_ports = {
	NULL, 0, UINT16_MAX, "a port (0 to 65535) or a range (8000-8999) was expected"};
static const struct filter_numbers filter_bytes = {
	filter_units_of_bytes, ARRAY_LENGTH(filter_units_of_bytes), UINT64_MAX,
	"a number such as 500, 64k or 1.5M was expected"};
static const struct filter_numbers filter_times = {
	filter_units_of_time, ARRAY_LENGTH(filter_units_of_time), UINT64_MAX,
	"a time with its unit was expected, such as 100ms, 1.5s or 2h"};

/* Reads the digits at *at and moves *at past them. Returns false if there is no digit, or if the
 * number is above `max`. */
static bool filter_value_read_digits(const char **at, uint64_t max, uint64_t *number)
{
	const char *start = *at;
	uint64_t value = 0;

	for (; **at >= '0' && **at <= '9'; (*at)++) {
		uint64_t digit = (uint64_t)(**at - '0');
		if (value > (max - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*number = value;
	return *at > start;
}

/* Returns the factor of the unit at *at, and moves *at past it. Returns 0 for another text. */
static uint64_t filter_value_read_unit(const struct filter_numbers *numbers, const char **at)
{
	char unit[4] = "";
	size_t length = 0;

	for (; length < sizeof(unit) - 1; length++) {
		char c = filter_term_lower((*at)[length]);
		if (c < 'a' || c > 'z')
			break;
		unit[length] = c;
	}
	for (size_t i = 0; i < numbers->unit_count; i++) {
		if (strcmp(numbers->units[i].name, unit) == 0) {
			*at += length;
			return numbers->units[i].factor;
		}
	}
	return 0;
}

/* Reads a number with its unit at *at, and moves *at past it. Digits after the point beyond the
 * smallest unit are ignored. Returns false if there is no such number. */
static bool filter_value_read_number(const struct filter_numbers *numbers, const char **at,
				     uint64_t *number)
{
	const char *fraction = "";
	uint64_t whole = 0;

	if (!filter_value_read_digits(at, numbers->max, &whole))
		return false;
	*number = whole;
	if (!numbers->units)
		return true;
	if (**at == '.') {
		fraction = ++*at;
		*at += strspn(*at, "0123456789");
		if (*at == fraction)
			return false;
	}
	uint64_t factor = filter_value_read_unit(numbers, at);
	/* Zero needs no unit. */
	if (factor == 0)
		return whole == 0 && !*fraction;
	if (whole > UINT64_MAX / 2 / factor)
		return false;
	*number = whole * factor;
	for (; *fraction >= '0' && *fraction <= '9'; fraction++) {
		factor /= 10;
		*number += (uint64_t)(*fraction - '0') * factor;
	}
	return true;
}

/* Limits the range of a term by an operator and the number after it. */
static int filter_value_bound(struct filter_term *term, enum filter_operator op, uint64_t number,
			      struct filter_error *error)
{
	term->low = number;
	term->high = number;
	switch (op) {
	case FILTER_OPERATOR_BELOW:
		if (number == 0)
			return filter_refuse(error, 0, "nothing is below 0");
		term->low = 0;
		term->high = number - 1;
		break;
	case FILTER_OPERATOR_AT_MOST:
		term->low = 0;
		break;
	case FILTER_OPERATOR_ABOVE:
		term->low = number + 1;
		term->high = UINT64_MAX;
		break;
	case FILTER_OPERATOR_AT_LEAST:
		term->high = UINT64_MAX;
		break;
	default:
		break;
	}
	return 0;
}

static bool filter_value_may_be_range(enum filter_operator op)
{
	return op == FILTER_OPERATOR_FITS || op == FILTER_OPERATOR_EQUAL ||
	       op == FILTER_OPERATOR_NOT_EQUAL;
}

static int filter_value_parse_numbers(struct filter_term *term,
				      const struct filter_numbers *numbers, enum filter_operator op,
				      const char *value, struct filter_error *error)
{
	const char *at = value;
	uint64_t number = 0;

	term->kind = FILTER_TERM_NUMBER;
	if (!filter_value_read_number(numbers, &at, &number))
		return filter_refuse(error, 0, "%s", numbers->expected);
	int status = filter_value_bound(term, op, number, error);
	if (status)
		return status;
	if (*at == '-' && filter_value_may_be_range(op)) {
		const char *high = ++at;
		if (!filter_value_read_number(numbers, &at, &term->high))
			return filter_refuse(error, (size_t)(high - value), "%s",
					     numbers->expected);
		if (term->high < term->low)
			return filter_refuse(error, (size_t)(high - value),
					     "the range ends before it begins");
	}
	if (*at != '\0')
		return filter_refuse(error, (size_t)(at - value), "%s", numbers->expected);
	return 0;
}

int filter_value_parse_range(struct filter_term *term, const char *value,
			     struct filter_error *error)
{
	bool is_port = term->field == FILTER_FIELD_SPORT || term->field == FILTER_FIELD_DPORT ||
		       term->field == FILTER_FIELD_EITHER_PORT;

	return filter_value_parse_numbers(term, is_port ? &filter_ports : &filter_plain_numbers,
					  FILTER_OPERATOR_FITS, value, error);
}

/* --- keys --- */

static int filter_value_parse_words(struct filter_term *term, const struct filter_key *key,
				    enum filter_operator op, const char *value,
				    struct filter_error *error)
{
	bool is_address = key->value == FILTER_VALUE_ADDRESS;
	int status;

	if (op == FILTER_OPERATOR_REGEX)
		return filter_value_parse_regex(term, value, error);
	if (!filter_value_may_be_range(op))
		return filter_refuse(error, 0, "%s: is not a number, and has no order", key->name);
	status = is_address ? filter_value_parse_address(term, value, error)
			    : filter_value_parse_text(term, value, error);
	if (!status && op != FILTER_OPERATOR_FITS && term->kind == FILTER_TERM_TEXT)
		term->kind = FILTER_TERM_EQUAL;
	return status;
}

int filter_value_parse(struct filter_term *term, const struct filter_key *key,
		       enum filter_operator op, const char *value, struct filter_error *error)
{
	const struct filter_numbers *numbers = NULL;

	term->negated = op == FILTER_OPERATOR_NOT_EQUAL;
	if (value[0] == '\0' && key->value != FILTER_VALUE_NONE)
		return filter_refuse(error, 0, "a value was expected");
	switch (key->value) {
	case FILTER_VALUE_TEXT:
	case FILTER_VALUE_ADDRESS:
		return filter_value_parse_words(term, key, op, value, error);
	case FILTER_VALUE_LABELS:
		if (op != FILTER_OPERATOR_FITS)
			return filter_refuse(error, 0, "use label:key=value");
		return filter_value_parse_selector(term, value, error);
	case FILTER_VALUE_NUMBER:
		numbers = &filter_plain_numbers;
		break;
	case FILTER_VALUE_PORT:
		numbers = &filter_ports;
		break;
	case FILTER_VALUE_BYTES:
		numbers = &filter_bytes;
		break;
	case FILTER_VALUE_TIME:
		numbers = &filter_times;
		break;
	case FILTER_VALUE_NONE:
		return filter_refuse(error, 0, "%s", key->help);
	}
	if (op == FILTER_OPERATOR_REGEX)
		return filter_refuse(error, 0, "%s: is a number, not a text", key->name);
	return filter_value_parse_numbers(term, numbers, op, value, error);
}
