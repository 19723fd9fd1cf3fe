/* SPDX-License-Identifier: Apache-2.0 */
#include "core/filter/selector.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"

enum selector_operator {
	SELECTOR_IN = 1, /* in, = and ==: the key's value is one of the values */
	SELECTOR_NOT_IN, /* notin and !=: it is not, or the labels do not have the key */
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

/* The place in the text; after an error, its place and why. */
struct selector_reader {
	const char *text;
	const char *at;
	const char *message;
};

/* k8s.io/apimachinery, validation.go: the prefix of a qualified name; its name, and a value. */
#define SELECTOR_PREFIX_MAX 253
#define SELECTOR_NAME_MAX   63

static bool selector_is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool selector_is_label_byte(char c)
{
	return selector_is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
}

static void selector_skip_space(struct selector_reader *reader)
{
	reader->at += strspn(reader->at, " \t");
}

static int selector_refuse(struct selector_reader *reader, const char *at, const char *message)
{
	reader->at = at;
	reader->message = message;
	return -EINVAL;
}

/* Gets the length of the name or value at the reader's place and checks its form. */
static int selector_get_name_length(struct selector_reader *reader, size_t max, size_t *length)
{
	const char *end = reader->at;

	while (selector_is_label_byte(*end))
		end++;
	*length = (size_t)(end - reader->at);
	if (*length > max)
		return selector_refuse(reader, reader->at + max, "too long");
	if (*length > 0 && !selector_is_alphanumeric(reader->at[0]))
		return selector_refuse(reader, reader->at, "must begin with a letter or a digit");
	if (*length > 0 && !selector_is_alphanumeric(end[-1]))
		return selector_refuse(reader, end - 1, "must end with a letter or a digit");
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
	char *value = strndup(reader->at, length);
	if (!value)
		return -ENOMEM;
	error = string_list_add(values, value);
	free(value);
	reader->at += length;
	return error;
}

static int selector_read_value_set(struct selector_reader *reader, struct string_list *values)
{
	selector_skip_space(reader);
	if (*reader->at != '(')
		return selector_refuse(reader, reader->at, "'(' was expected");
	do {
		reader->at++;
		selector_skip_space(reader);
		int error = selector_read_value(reader, values);
		if (error)
			return error;
		selector_skip_space(reader);
	} while (*reader->at == ',');
	if (*reader->at != ')')
		return selector_refuse(reader, reader->at, "',' or ')' was expected");
	reader->at++;
	return 0;
}

/* Moves behind the word, if it is there and no longer word begins with it. */
static bool selector_skip_word(struct selector_reader *reader, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(reader->at, word, length) != 0 || selector_is_label_byte(reader->at[length]))
		return false;
	reader->at += length;
	return true;
}

static int selector_read_requirement(struct selector_reader *reader,
				     struct selector_requirement *requirement)
{
	bool negated = *reader->at == '!';

	if (negated) {
		reader->at++;
		selector_skip_space(reader);
	}
	int error = selector_read_key(reader, &requirement->key);
	if (error)
		return error;
	selector_skip_space(reader);
	requirement->op = negated ? SELECTOR_NOT_EXISTS : SELECTOR_EXISTS;
	if (negated || *reader->at == ',' || *reader->at == '\0')
		return 0;
	if (selector_skip_word(reader, "in")) {
		requirement->op = SELECTOR_IN;
		return selector_read_value_set(reader, &requirement->values);
	}
	if (selector_skip_word(reader, "notin")) {
		requirement->op = SELECTOR_NOT_IN;
		return selector_read_value_set(reader, &requirement->values);
	}
	if (reader->at[0] == '!' && reader->at[1] == '=') {
		requirement->op = SELECTOR_NOT_IN;
		reader->at += 2;
	} else if (reader->at[0] == '=') {
		requirement->op = SELECTOR_IN;
		reader->at += reader->at[1] == '=' ? 2 : 1;
	} else {
		return selector_refuse(reader, reader->at,
				       "'=', '!=', 'in' or 'notin' was expected");
	}
	selector_skip_space(reader);
	return selector_read_value(reader, &requirement->values);
}

static int selector_read(struct selector_reader *reader, struct selector *selector)
{
	selector_skip_space(reader);
	if (*reader->at == '\0')
		return 0;
	for (;;) {
		struct selector_requirement *requirement =
			ARRAY_EXTEND(selector->items, selector->count);
		if (!requirement)
			return -ENOMEM;
		int error = selector_read_requirement(reader, requirement);
		if (error)
			return error;
		selector_skip_space(reader);
		if (*reader->at == '\0')
			return 0;
		if (*reader->at != ',')
			return selector_refuse(reader, reader->at, "',' was expected");
		reader->at++;
		selector_skip_space(reader);
	}
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
