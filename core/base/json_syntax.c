/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/json_syntax.h"

#include <stdbool.h>
#include <string.h>

/* The part of the text that may come next, apart from white space. */
enum json_syntax_next {
	JSON_SYNTAX_VALUE,
	JSON_SYNTAX_FIRST, /* a value, or the end of an empty array */
	JSON_SYNTAX_NAME,
	JSON_SYNTAX_FIRST_NAME, /* a name, or the end of an empty object */
	JSON_SYNTAX_COLON,
	JSON_SYNTAX_AFTER, /* a comma, or the end of the array or object */
};

struct json_syntax {
	const char *text;
	size_t length;
	size_t at;
	enum json_syntax_next next;
	char closing[JSON_SYNTAX_DEPTH_MAX]; /* the brackets that close the open values */
	size_t depth;
};

/* Returns the byte at `at`; '\0' at the end of the text. */
static char json_syntax_peek(const struct json_syntax *syntax)
{
	return syntax->at < syntax->length ? syntax->text[syntax->at] : '\0';
}

static bool json_syntax_is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c);
}

/* Skips bytes of a set. Returns whether there was one. */
static bool json_syntax_skip(struct json_syntax *syntax, const char *set)
{
	size_t from = syntax->at;

	while (json_syntax_is_one_of(json_syntax_peek(syntax), set))
		syntax->at++;
	return syntax->at > from;
}

static bool json_syntax_escape(struct json_syntax *syntax)
{
	char c = json_syntax_peek(syntax);

	if (!json_syntax_is_one_of(c, "\"\\/bfnrtu"))
		return false;
	syntax->at++;
	for (int i = 0; c == 'u' && i < 4; i++) {
		if (!json_syntax_is_one_of(json_syntax_peek(syntax), "0123456789abcdefABCDEF"))
			return false;
		syntax->at++;
	}
	return true;
}

/* Reads the rest of a string, behind its first quote. */
static bool json_syntax_string(struct json_syntax *syntax)
{
	while (syntax->at < syntax->length) {
		unsigned char c = (unsigned char)syntax->text[syntax->at];
		if (c < ' ')
			return false;
		syntax->at++;
		if (c == '"')
			return true;
		if (c == '\\' && !json_syntax_escape(syntax))
			return false;
	}
	return false;
}

static bool json_syntax_number(struct json_syntax *syntax)
{
	static const char digits[] = "0123456789";

	syntax->at += json_syntax_peek(syntax) == '-';
	if (json_syntax_peek(syntax) == '0')
		syntax->at++;
	else if (!json_syntax_skip(syntax, digits))
		return false;
	if (json_syntax_peek(syntax) == '.') {
		syntax->at++;
		if (!json_syntax_skip(syntax, digits))
			return false;
	}
	if (json_syntax_is_one_of(json_syntax_peek(syntax), "eE")) {
		syntax->at++;
		syntax->at += json_syntax_is_one_of(json_syntax_peek(syntax), "+-");
		return json_syntax_skip(syntax, digits);
	}
	return true;
}

static bool json_syntax_word(struct json_syntax *syntax, const char *word)
{
	for (; *word; word++, syntax->at++) {
		if (json_syntax_peek(syntax) != *word)
			return false;
	}
	return true;
}

/* Reads a value, or the beginning of an array or object. */
static bool json_syntax_value(struct json_syntax *syntax)
{
	char c = json_syntax_peek(syntax);

	syntax->next = JSON_SYNTAX_AFTER;
	switch (c) {
	case '{':
	case '[':
		syntax->at++;
		if (syntax->depth == JSON_SYNTAX_DEPTH_MAX) {
			syntax->at = syntax->length;
			return true;
		}
		syntax->closing[syntax->depth++] = c == '{' ? '}' : ']';
		syntax->next = c == '{' ? JSON_SYNTAX_FIRST_NAME : JSON_SYNTAX_FIRST;
		return true;
	case '"':
		syntax->at++;
		return json_syntax_string(syntax);
	case 't':
		return json_syntax_word(syntax, "true");
	case 'f':
		return json_syntax_word(syntax, "false");
	case 'n':
		return json_syntax_word(syntax, "null");
	default:
		return json_syntax_number(syntax);
	}
}

/* Reads the bracket that closes the innermost value, if it is next. */
static bool json_syntax_close(struct json_syntax *syntax)
{
	if (syntax->depth == 0 || json_syntax_peek(syntax) != syntax->closing[syntax->depth - 1])
		return false;
	syntax->depth--;
	syntax->at++;
	syntax->next = JSON_SYNTAX_AFTER;
	return true;
}

static bool json_syntax_expect(struct json_syntax *syntax, char c, enum json_syntax_next next)
{
	if (json_syntax_peek(syntax) != c)
		return false;
	syntax->at++;
	syntax->next = next;
	return true;
}

/* Reads the next part of the text. Returns false at a fault. */
static bool json_syntax_step(struct json_syntax *syntax)
{
	switch (syntax->next) {
	case JSON_SYNTAX_FIRST:
		return json_syntax_close(syntax) || json_syntax_value(syntax);
	case JSON_SYNTAX_FIRST_NAME:
		if (json_syntax_close(syntax))
			return true;
		__attribute__((fallthrough));
	case JSON_SYNTAX_NAME:
		return json_syntax_expect(syntax, '"', JSON_SYNTAX_COLON) &&
		       json_syntax_string(syntax);
	case JSON_SYNTAX_COLON:
		return json_syntax_expect(syntax, ':', JSON_SYNTAX_VALUE);
	case JSON_SYNTAX_AFTER:
		if (syntax->depth > 0)
			return json_syntax_close(syntax) ||
			       json_syntax_expect(syntax, ',',
						  syntax->closing[syntax->depth - 1] == '}'
							  ? JSON_SYNTAX_NAME
							  : JSON_SYNTAX_VALUE);
		/* The next value of the sequence. */
		__attribute__((fallthrough));
	case JSON_SYNTAX_VALUE:
		break;
	}
	return json_syntax_value(syntax);
}

size_t json_syntax_check(const char *text, size_t length)
{
	struct json_syntax syntax = {.text = text, .length = length};

	for (;;) {
		(void)json_syntax_skip(&syntax, " \t\r\n");
		if (syntax.at >= length || !json_syntax_step(&syntax))
			return syntax.at;
	}
}
