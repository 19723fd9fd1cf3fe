/* SPDX-License-Identifier: Apache-2.0 */
#include "core/filter/selector.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum requirement_kind {
	REQUIRE_IN = 1, /* the key's value is one of the values: = and == too */
	REQUIRE_NOT_IN, /* it is not, or there is no such key: != too */
	REQUIRE_EXISTS,
	REQUIRE_NOT_EXISTS,
};

struct requirement {
	enum requirement_kind kind;
	char *key;
	struct string_list values;
};

struct selector {
	struct requirement *items;
	size_t count;
};

/* Where reading stands; message says why it stopped at `at`. */
struct reader {
	const char *text;
	const char *at;
	const char *message;
};

/* k8s.io/apimachinery, validation.go: a qualified name's prefix, its name, and a value. */
#define PREFIX_LENGTH_MAX 253
#define NAME_LENGTH_MAX   63

static bool is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_label_byte(char c)
{
	return is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
}

static void skip_space(struct reader *reader)
{
	reader->at += strspn(reader->at, " \t");
}

static int refuse(struct reader *reader, const char *at, const char *message)
{
	reader->at = at;
	reader->message = message;
	return -EINVAL;
}

/* The length of a name or value at `at`; checks its shape. */
static int name_length(struct reader *reader, size_t max, size_t *length)
{
	const char *end = reader->at;

	while (is_label_byte(*end))
		end++;
	*length = (size_t)(end - reader->at);
	if (*length > max)
		return refuse(reader, reader->at + max, "too long");
	if (*length > 0 && !is_alphanumeric(reader->at[0]))
		return refuse(reader, reader->at, "must begin with a letter or a digit");
	if (*length > 0 && !is_alphanumeric(end[-1]))
		return refuse(reader, end - 1, "must end with a letter or a digit");
	return 0;
}

static int read_key(struct reader *reader, char **key)
{
	const char *start = reader->at;
	size_t length;
	int error = name_length(reader, PREFIX_LENGTH_MAX, &length);

	if (error)
		return error;
	if (length == 0)
		return refuse(reader, start, "a label's key was expected");
	if (start[length] == '/') {
		reader->at = start + length + 1;
		error = name_length(reader, NAME_LENGTH_MAX, &length);
		if (error)
			return error;
		if (length == 0)
			return refuse(reader, reader->at, "a name was expected after the '/'");
		length += (size_t)(reader->at - start);
	} else if (length > NAME_LENGTH_MAX) {
		return refuse(reader, start + NAME_LENGTH_MAX, "too long");
	}
	reader->at = start + length;
	*key = strndup(start, length);
	return *key ? 0 : -ENOMEM;
}

static int read_value(struct reader *reader, struct string_list *values)
{
	size_t length;
	int error = name_length(reader, NAME_LENGTH_MAX, &length);

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

static int read_value_set(struct reader *reader, struct string_list *values)
{
	skip_space(reader);
	if (*reader->at != '(')
		return refuse(reader, reader->at, "'(' was expected");
	do {
		reader->at++;
		skip_space(reader);
		int error = read_value(reader, values);
		if (error)
			return error;
		skip_space(reader);
	} while (*reader->at == ',');
	if (*reader->at != ')')
		return refuse(reader, reader->at, "',' or ')' was expected");
	reader->at++;
	return 0;
}

/* Steps over a word that stands alone. */
static bool take_word(struct reader *reader, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(reader->at, word, length) != 0 || is_label_byte(reader->at[length]))
		return false;
	reader->at += length;
	return true;
}

static int read_requirement(struct reader *reader, struct requirement *requirement)
{
	bool negated = *reader->at == '!';

	if (negated) {
		reader->at++;
		skip_space(reader);
	}
	int error = read_key(reader, &requirement->key);
	if (error)
		return error;
	skip_space(reader);
	requirement->kind = negated ? REQUIRE_NOT_EXISTS : REQUIRE_EXISTS;
	if (negated || *reader->at == ',' || *reader->at == '\0')
		return 0;
	if (take_word(reader, "in")) {
		requirement->kind = REQUIRE_IN;
		return read_value_set(reader, &requirement->values);
	}
	if (take_word(reader, "notin")) {
		requirement->kind = REQUIRE_NOT_IN;
		return read_value_set(reader, &requirement->values);
	}
	if (reader->at[0] == '!' && reader->at[1] == '=') {
		requirement->kind = REQUIRE_NOT_IN;
		reader->at += 2;
	} else if (reader->at[0] == '=') {
		requirement->kind = REQUIRE_IN;
		reader->at += reader->at[1] == '=' ? 2 : 1;
	} else {
		return refuse(reader, reader->at, "'=', '!=', 'in' or 'notin' was expected");
	}
	skip_space(reader);
	return read_value(reader, &requirement->values);
}

static int read_selector(struct reader *reader, struct selector *selector)
{
	skip_space(reader);
	if (*reader->at == '\0')
		return 0;
	for (;;) {
		struct requirement *items =
			reallocarray(selector->items, selector->count + 1, sizeof(*items));
		if (!items)
			return -ENOMEM;
		selector->items = items;
		items[selector->count] = (struct requirement){0};
		int error = read_requirement(reader, &items[selector->count++]);
		if (error)
			return error;
		skip_space(reader);
		if (*reader->at == '\0')
			return 0;
		if (*reader->at != ',')
			return refuse(reader, reader->at, "',' was expected");
		reader->at++;
		skip_space(reader);
	}
}

int selector_parse(const char *text, struct selector **out, size_t *column, const char **message)
{
	struct reader reader = {.text = text, .at = text};
	struct selector *selector = calloc(1, sizeof(*selector));

	if (!selector)
		return -ENOMEM;
	int error = read_selector(&reader, selector);
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

static bool is_one_of(const struct string_list *values, const char *value)
{
	for (size_t i = 0; i < values->count; i++) {
		if (strcmp(values->items[i], value) == 0)
			return true;
	}
	return false;
}

static bool requirement_holds(const struct requirement *requirement, const struct labels *labels)
{
	const char *value = labels_get(labels, requirement->key);

	switch (requirement->kind) {
	case REQUIRE_IN:
		return value && is_one_of(&requirement->values, value);
	case REQUIRE_NOT_IN:
		return !value || !is_one_of(&requirement->values, value);
	case REQUIRE_EXISTS:
		return value != NULL;
	case REQUIRE_NOT_EXISTS:
		return value == NULL;
	}
	return false;
}

bool selector_match(const struct selector *selector, const struct labels *labels)
{
	for (size_t i = 0; i < selector->count; i++) {
		if (!requirement_holds(&selector->items[i], labels))
			return false;
	}
	return true;
}
