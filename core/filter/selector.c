/* SPDX-License-Identifier: Apache-2.0 */
#include "core/filter/selector.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"

enum selector_operator {
	SELECTOR_IN = 1, /* in, =, ==: the key's value is one of the values */
	SELECTOR_NOT_IN, /* notin, !=: the key is absent, or its value is not one of the values */
	SELECTOR_EXISTS,
	SELECTOR_NOT_EXISTS,
};

struct selector_requirement {
	enum selector_operator op;
	char *key;
	struct string_list values;
};

struct selector {
	struct selector_requirement *items;
	size_t count;
};

/* The reader's position in the text. After an error, `at` is the position of the error, and
 * `message` is the reason. */
struct selector_reader {
	const char *text;
	const char *at;
	const char *message;
};

/* The maximum lengths of the two parts of a label's key, PREFIX/NAME. A label's value has the same
 * maximum as NAME (k8s.io/apimachinery, validation.go). */
#define SELECTOR_PREFIX_MAX 253
#define SELECTOR_NAME_MAX   63

#define SELECTOR_ALPHANUMERIC "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define SELECTOR_LABEL_BYTES  SELECTOR_ALPHANUMERIC "-_."

/* Skips `length` bytes and the white space after them. */
static void selector_advance(struct selector_reader *reader, size_t length)
{
	reader->at += length;
	reader->at += strspn(reader->at, " \t");
}

static int selector_refuse(struct selector_reader *reader, const char *at, const char *message)
{
	reader->at = at;
	reader->message = message;
	return -EINVAL;
}

/* Gets the length of the name or value at the reader's position. Returns -EINVAL if it is longer
 * than `max`, or if its first or last byte is not a letter or a digit. */
static int selector_get_name_length(struct selector_reader *reader, size_t max, size_t *length)
{
	const char *name = reader->at;

	*length = strspn(name, SELECTOR_LABEL_BYTES);
	if (*length > max)
		return selector_refuse(reader, name + max, "too long");
	if (*length > 0 && !strchr(SELECTOR_ALPHANUMERIC, name[0]))
		return selector_refuse(reader, name, "must begin with a letter or a digit");
	if (*length > 0 && !strchr(SELECTOR_ALPHANUMERIC, name[*length - 1]))
		return selector_refuse(reader, name + *length - 1,
				       "must end with a letter or a digit");
	return 0;
}

static int selector_read_key(struct selector_reader *reader, char **key)
{
	const char *start = reader->at;
	size_t length;
	int error = selector_get_name_length(reader, SELECTOR_PREFIX_MAX, &length);

	if (error)
		return error;
	if (length == 0)
		return selector_refuse(reader, start, "a label's key was expected");
	if (start[length] == '/') {
		reader->at = start + length + 1;
		error = selector_get_name_length(reader, SELECTOR_NAME_MAX, &length);
		if (error)
			return error;
		if (length == 0)
			return selector_refuse(reader, reader->at,
					       "a name was expected after the '/'");
		length += (size_t)(reader->at - start);
	} else if (length > SELECTOR_NAME_MAX) {
		return selector_refuse(reader, start + SELECTOR_NAME_MAX, "too long");
	}
	reader->at = start + length;
	*key = strndup(start, length);
	return *key ? 0 : -ENOMEM;
}

static int selector_read_value(struct selector_reader *reader, struct string_list *values)
{
	size_t length;
	int error = selector_get_name_length(reader, SELECTOR_NAME_MAX, &length);

	if (error)
		return error;
	error = string_list_add_bytes(values, reader->at, length);
	selector_advance(reader, length);
	return error;
}

static int selector_read_value_set(struct selector_reader *reader, struct string_list *values)
{
	if (*reader->at != '(')
		return selector_refuse(reader, reader->at, "'(' was expected");
	do {
		selector_advance(reader, 1);
		int error = selector_read_value(reader, values);
		if (error)
			return error;
	} while (*reader->at == ',');
	if (*reader->at != ')')
		return selector_refuse(reader, reader->at, "',' or ')' was expected");
	selector_advance(reader, 1);
	return 0;
}

static const struct {
	const char *text;
	enum selector_operator op;
	bool has_set; /* the operator is a word, and its values are in parentheses */
} selector_operators[] = {
	{"in", SELECTOR_IN, true},      {"notin", SELECTOR_NOT_IN, true},
	{"!=", SELECTOR_NOT_IN, false}, {"==", SELECTOR_IN, false},
	{"=", SELECTOR_IN, false},
};

/* Reads an operator and its values. */
static int selector_read_values(struct selector_reader *reader,
				struct selector_requirement *requirement)
{
	for (size_t i = 0; i < ARRAY_LENGTH(selector_operators); i++) {
		bool has_set = selector_operators[i].has_set;
		size_t length = strlen(selector_operators[i].text);
		if (strncmp(reader->at, selector_operators[i].text, length) != 0 ||
		    (has_set && strspn(reader->at + length, SELECTOR_LABEL_BYTES) > 0))
			continue;
		requirement->op = selector_operators[i].op;
		selector_advance(reader, length);
		return has_set ? selector_read_value_set(reader, &requirement->values)
			       : selector_read_value(reader, &requirement->values);
	}
	return selector_refuse(reader, reader->at, "'=', '!=', 'in' or 'notin' was expected");
}

static int selector_read_requirement(struct selector_reader *reader,
				     struct selector_requirement *requirement)
{
	bool negated = *reader->at == '!';

	if (negated)
		selector_advance(reader, 1);
	int error = selector_read_key(reader, &requirement->key);
	if (error)
		return error;
	selector_advance(reader, 0);
	requirement->op = negated ? SELECTOR_NOT_EXISTS : SELECTOR_EXISTS;
	if (negated || *reader->at == ',' || *reader->at == '\0')
		return 0;
	return selector_read_values(reader, requirement);
}

static int selector_read(struct selector_reader *reader, struct selector *selector)
{
	selector_advance(reader, 0);
	while (*reader->at != '\0' || selector->count > 0) {
		struct selector_requirement *requirement =
			ARRAY_EXTEND(selector->items, selector->count);
		if (!requirement)
			return -ENOMEM;
		int error = selector_read_requirement(reader, requirement);
		if (error)
			return error;
		if (*reader->at == '\0')
			return 0;
		if (*reader->at != ',')
			return selector_refuse(reader, reader->at, "',' was expected");
		selector_advance(reader, 1);
	}
	return 0;
}

int selector_parse(const char *text, struct selector **out, size_t *column, const char **message)
{
	struct selector_reader reader = {.text = text, .at = text};
	struct selector *selector = calloc(1, sizeof(*selector));

	if (!selector)
		return -ENOMEM;
	int error = selector_read(&reader, selector);
	if (error) {
		selector_free(selector);
		if (error == -EINVAL) {
			*column = (size_t)(reader.at - text) + 1;
			*message = reader.message;
		}
		return error;
	}
	*out = selector;
	return 0;
}

void selector_free(struct selector *selector)
{
	if (!selector)
		return;
	for (size_t i = 0; i < selector->count; i++) {
		free(selector->items[i].key);
		string_list_clear(&selector->items[i].values);
	}
	free(selector->items);
	free(selector);
}

static bool selector_requirement_holds(const struct selector_requirement *requirement,
				       const struct labels *labels)
{
	const char *value = labels_get(labels, requirement->key);

	switch (requirement->op) {
	case SELECTOR_IN:
		return value && string_list_has(&requirement->values, value);
	case SELECTOR_NOT_IN:
		return !value || !string_list_has(&requirement->values, value);
	case SELECTOR_EXISTS:
		return value != NULL;
	case SELECTOR_NOT_EXISTS:
		return value == NULL;
	}
	return false;
}

bool selector_match(const struct selector *selector, const struct labels *labels)
{
	for (size_t i = 0; i < selector->count; i++) {
		if (!selector_requirement_holds(&selector->items[i], labels))
			return false;
	}
	return true;
}
