/* SPDX-License-Identifier: Apache-2.0 */
#include "core/filter/filter_parse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/array.h"
#include "core/filter/filter_value.h"

#define FILTER_PARSE_DEPTH_MAX 32
#define FILTER_PARSE_TERMS_MAX 256

struct filter_parser {
	const char *text;
	const char *at;
	unsigned int depth;  /* of parentheses and names */
	unsigned int *terms; /* of the whole filter */
	struct filter_error *error;
	const struct filter_names *names;  /* NULL: none */
	const struct filter_parser *outer; /* that of the text with the name; NULL: none */
	const char *name;                  /* of the text; NULL: none */
	size_t name_length;
};

static int filter_parse_or(struct filter_parser *parser, struct filter_node *node);

static int filter_parse_refuse_at(struct filter_parser *parser, const char *at, const char *message)
{
	return filter_refuse(parser->error, (size_t)(at - parser->text), "%s", message);
}

static void filter_parse_skip_spaces(struct filter_parser *parser)
{
	parser->at += strspn(parser->at, " \t");
}

static bool filter_parse_ends_word(char c)
{
	return c == '\0' || c == ' ' || c == '\t' || c == ')';
}

/* Returns whether the text at the parser's position is this word, ignoring case. */
static bool filter_parse_is_word(const struct filter_parser *parser, const char *word)
{
	size_t length = strlen(word);

	return strncasecmp(parser->at, word, length) == 0 &&
	       (filter_parse_ends_word(parser->at[length]) || parser->at[length] == '(');
}

static bool filter_parse_skip_word(struct filter_parser *parser, const char *word)
{
	if (!filter_parse_is_word(parser, word))
		return false;
	parser->at += strlen(word);
	filter_parse_skip_spaces(parser);
	return true;
}

/* --- words --- */

enum filter_word_kind {
	FILTER_WORD_WHOLE,
	FILTER_WORD_ITEM, /* also ends at a comma */
};

/*
 * Copies the word at the parser's position without its quotes, and moves the parser past it.
 * Outside of quotes, a word ends at a space, and at a ) without a ( in the word. A backslash keeps
 * the meaning of the parenthesis after it, for regular expressions, and \" within quotes is a
 * quote. The caller frees *word.
 */
static int filter_parse_word(struct filter_parser *parser, enum filter_word_kind kind, char **word)
{
	const char *at = parser->at;
	char *copy = malloc(strlen(at) + 1);
	const char *quote = NULL;
	size_t length = 0;
	size_t open = 0;

	if (!copy)
		return -ENOMEM;
	for (; *at != '\0'; at++) {
		if (*at == '"') {
			quote = quote ? NULL : at;
			continue;
		}
		if (*at == '\\' && (quote ? at[1] == '"' : at[1] == '(' || at[1] == ')')) {
			if (!quote)
				copy[length++] = *at;
			at++;
		} else if (!quote) {
			if (*at == ' ' || *at == '\t' || (*at == ')' && open == 0) ||
			    (*at == ',' && kind == FILTER_WORD_ITEM))
				break;
			open += *at == '(';
			open -= *at == ')';
		}
		copy[length++] = *at;
	}
	copy[length] = '\0';
	if (quote) {
		free(copy);
		return filter_parse_refuse_at(parser, quote, "the quote is not closed");
	}
	*word = copy;
	parser->at = at;
	return 0;
}

/* Returns the place in the text from which filter_parse_word copied the byte with an offset in the
 * word. `start` is the beginning of the word. */
static const char *filter_parse_original(const char *start, size_t offset)
{
	bool quoted = false;
	const char *at = start;

	for (; *at != '\0' && offset > 0; at++) {
		if (*at == '"') {
			quoted = !quoted;
			continue;
		}
		if (*at == '\\' && (quoted ? at[1] == '"' : at[1] == '(' || at[1] == ')')) {
			at++;
			/* Outside of quotes, the backslash was copied. */
			if (!quoted && --offset == 0)
				return at;
		}
		offset--;
	}
	return at;
}

/* Replaces the column of an error in a value by that in the text. */
static int filter_parse_place_error(struct filter_parser *parser, const char *start, int status)
{
	if (status == -EINVAL && parser->error) {
		const char *place = filter_parse_original(start, parser->error->column - 1);

		parser->error->column = (size_t)(place - parser->text) + 1;
	}
	return status;
}

static int filter_parse_count_term(struct filter_parser *parser)
{
	if (++*parser->terms > FILTER_PARSE_TERMS_MAX)
		return filter_parse_refuse_at(parser, parser->at, "too many terms");
	return 0;
}

/* Adds a term whose value is the word at the parser's position. */
static int filter_parse_add(struct filter_parser *parser, struct filter_node *node,
			    enum filter_field field, enum filter_word_kind word_kind,
			    int (*parse)(struct filter_term *term, const char *value,
					 struct filter_error *error))
{
	struct filter_node leaf = {.kind = FILTER_NODE_TERM, .term.field = field};
	const char *start = parser->at;
	char *word = NULL;
	int status = filter_parse_count_term(parser);

	if (!status)
		status = filter_parse_word(parser, word_kind, &word);
	if (status)
		return status;
	status = filter_parse_place_error(parser, start, parse(&leaf.term, word, parser->error));
	free(word);
	if (!status)
		return filter_node_add(node, &leaf);
	filter_node_clear(&leaf);
	return status;
}

/* --- key:value --- */

static const struct {
	const char *text;
	enum filter_operator op;
} filter_parse_operators[] = {
	{">=", FILTER_OPERATOR_AT_LEAST},  {"<=", FILTER_OPERATOR_AT_MOST},
	{">", FILTER_OPERATOR_ABOVE},      {"<", FILTER_OPERATOR_BELOW},
	{"!=", FILTER_OPERATOR_NOT_EQUAL}, {"==", FILTER_OPERATOR_EQUAL},
	{"=", FILTER_OPERATOR_EQUAL},      {"~", FILTER_OPERATOR_REGEX},
};

/* Reads the operator at `text`: a colon, one of the table, or both. Returns its length; 0: no
 * operator. */
static size_t filter_parse_operator(const char *text, enum filter_operator *op)
{
	size_t colon = *text == ':';

	*op = FILTER_OPERATOR_FITS;
	for (size_t i = 0; i < ARRAY_LENGTH(filter_parse_operators); i++) {
		size_t length = strlen(filter_parse_operators[i].text);
		if (strncmp(text + colon, filter_parse_operators[i].text, length) == 0) {
			*op = filter_parse_operators[i].op;
			return colon + length;
		}
	}
	return colon;
}

struct filter_parse_key {
	const struct filter_key *key;
	enum filter_operator op;
	size_t length; /* of the key and its operator */
};

static int filter_parse_refuse_key(struct filter_parser *parser)
{
	char known[160] = "";
	size_t length = 0;

	for (size_t i = 0; i < filter_key_count && length < sizeof(known); i++) {
		if (filter_keys[i].value != FILTER_VALUE_NONE)
			length += (size_t)snprintf(known + length, sizeof(known) - length, " %s",
						   filter_keys[i].name);
	}
	return filter_refuse(parser->error, (size_t)(parser->at - parser->text),
			     "no such key; known are%s", known);
}

/*
 * Finds the key and the operator that a word begins with, as in "pod:web". found->length is 0 if
 * the word does not begin with letters and an operator, or if the letters before a colon are hex
 * digits, as in an IPv6 address.
 */
static int filter_parse_key(struct filter_parser *parser, struct filter_parse_key *found)
{
	const char *word = parser->at;
	size_t letters = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

	*found = (struct filter_parse_key){0};
	if (letters == 0)
		return 0;
	size_t operator_length = filter_parse_operator(word + letters, &found->op);
	if (operator_length == 0)
		return 0;
	found->key = filter_key_find(word, letters);
	if (found->key) {
		found->length = letters + operator_length;
		return 0;
	}
	return strspn(word, "0123456789abcdefABCDEF") == letters && word[letters] == ':'
		       ? 0
		       : filter_parse_refuse_key(parser);
}

/* Adds the term of one value of a list. */
static int filter_parse_item(struct filter_parser *parser, struct filter_node *list,
			     const struct filter_parse_key *key)
{
	bool is_list = key->op != FILTER_OPERATOR_REGEX && key->key->value != FILTER_VALUE_LABELS;
	struct filter_node leaf = {.kind = FILTER_NODE_TERM, .term.field = key->key->field};
	const char *start = parser->at;
	char *word = NULL;
	int status = filter_parse_count_term(parser);

	if (!status && *start == '!' && key->key->value != FILTER_VALUE_LABELS)
		status = filter_parse_refuse_at(parser, start, "write the ! before the key");
	if (!status)
		status = filter_parse_word(parser, is_list ? FILTER_WORD_ITEM : FILTER_WORD_WHOLE,
					   &word);
	if (status)
		return status;
	status = filter_value_parse(&leaf.term, key->key, key->op, word, parser->error);
	status = filter_parse_place_error(parser, start, status);
	free(word);
	if (!status)
		return filter_node_add(list, &leaf);
	filter_node_clear(&leaf);
	return status;
}

/* Parses the values of a key, separated by commas: one of them must hold. With !=, all must. */
static int filter_parse_values(struct filter_parser *parser, struct filter_node *node,
			       const struct filter_parse_key *key)
{
	struct filter_node list = {.kind = key->op == FILTER_OPERATOR_NOT_EQUAL ? FILTER_NODE_ALL
										: FILTER_NODE_ANY};
	int status;

	if (key->key->value == FILTER_VALUE_NONE)
		return filter_refuse(parser->error, (size_t)(parser->at - parser->text), "%s: %s",
				     key->key->name, key->key->help);
	parser->at += key->length;
	for (;;) {
		status = filter_parse_item(parser, &list, key);
		if (status || *parser->at != ',')
			break;
		parser->at++;
	}
	if (status) {
		filter_node_clear(&list);
		return status;
	}
	filter_node_unwrap(&list);
	return filter_node_add(node, &list);
}

/* --- host, net, port, src, dst --- */

/* The words of tcpdump, with the fields of each side. */
enum filter_parse_side {
	FILTER_PARSE_EITHER = 0,
	FILTER_PARSE_SOURCE,
	FILTER_PARSE_DESTINATION,
};

static const enum filter_field filter_parse_addresses[] = {
	[FILTER_PARSE_EITHER] = FILTER_FIELD_ADDRESS,
	[FILTER_PARSE_SOURCE] = FILTER_FIELD_SOURCE,
	[FILTER_PARSE_DESTINATION] = FILTER_FIELD_DESTINATION,
};

static const enum filter_field filter_parse_ports[] = {
	[FILTER_PARSE_EITHER] = FILTER_FIELD_EITHER_PORT,
	[FILTER_PARSE_SOURCE] = FILTER_FIELD_SPORT,
	[FILTER_PARSE_DESTINATION] = FILTER_FIELD_DPORT,
};

static const struct {
	const char *word;
	const enum filter_field *fields;
	int (*parse)(struct filter_term *term, const char *value, struct filter_error *error);
} filter_parse_words[] = {
	{"host", filter_parse_addresses, filter_value_parse_address},
	{"net", filter_parse_addresses, filter_value_parse_net},
	{"port", filter_parse_ports, filter_value_parse_range},
	{"portrange", filter_parse_ports, filter_value_parse_range},
};

static bool filter_parse_at_value(const struct filter_parser *parser)
{
	return !filter_parse_ends_word(*parser->at) && !filter_parse_is_word(parser, "and") &&
	       !filter_parse_is_word(parser, "or");
}

/* Skips a word with a value after it. */
static bool filter_parse_skip_qualifier(struct filter_parser *parser, const char *word)
{
	const char *start = parser->at;

	if (*start != '(' && filter_parse_skip_word(parser, word) &&
	    filter_parse_at_value(parser) && *parser->at != '(')
		return true;
	parser->at = start;
	return false;
}

/* Parses "host VALUE", "src port VALUE" and the like. Sets *found to whether the text begins in
 * this way. Without a value, such a word is an ordinary text. */
static int filter_parse_qualified(struct filter_parser *parser, struct filter_node *node,
				  bool *found)
{
	enum filter_parse_side side =
		filter_parse_skip_qualifier(parser, "src")   ? FILTER_PARSE_SOURCE
		: filter_parse_skip_qualifier(parser, "dst") ? FILTER_PARSE_DESTINATION
							     : FILTER_PARSE_EITHER;
	size_t i = 0;

	while (i < ARRAY_LENGTH(filter_parse_words) &&
	       !filter_parse_skip_qualifier(parser, filter_parse_words[i].word))
		i++;
	*found = side != FILTER_PARSE_EITHER || i < ARRAY_LENGTH(filter_parse_words);
	if (!*found)
		return 0;
	/* "src VALUE" is "src host VALUE". */
	i = i < ARRAY_LENGTH(filter_parse_words) ? i : 0;
	return filter_parse_add(parser, node, filter_parse_words[i].fields[side], FILTER_WORD_WHOLE,
				filter_parse_words[i].parse);
}

/* --- expressions --- */

static int filter_parse_group(struct filter_parser *parser, struct filter_node *node)
{
	const char *open = parser->at;

	if (++parser->depth > FILTER_PARSE_DEPTH_MAX)
		return filter_parse_refuse_at(parser, open, "too many nested parentheses");
	parser->at++;
	int status = filter_parse_or(parser, node);
	if (status)
		return status;
	if (*parser->at != ')')
		return filter_parse_refuse_at(parser, open, "the ( is not closed");
	parser->at++;
	parser->depth--;
	return 0;
}

/* Parses the whole text of a parser. */
static int filter_parse_whole(struct filter_parser *parser, struct filter_node *node)
{
	filter_parse_skip_spaces(parser);
	if (*parser->at == '\0')
		return 0;
	int status = filter_parse_or(parser, node);
	if (!status && *parser->at != '\0')
		return filter_parse_refuse_at(parser, parser->at, "the ) has no (");
	return status;
}

static int filter_parse_refuse_name(struct filter_parser *parser, const char *name, size_t length)
{
	char known[128] = "";
	size_t used = 0;

	for (size_t i = 0; parser->names && i < parser->names->count && used < sizeof(known); i++)
		used += (size_t)snprintf(known + used, sizeof(known) - used, " @%s",
					 parser->names->items[i].name);
	return filter_refuse(parser->error, (size_t)(name - 1 - parser->text),
			     "no filter has the name %.*s; known are%s", (int)length, name,
			     *known ? known : " none");
}

static bool filter_parse_is_within(const struct filter_parser *parser, const char *name,
				   size_t length)
{
	while (parser && (!parser->name || parser->name_length != length ||
			  memcmp(parser->name, name, length) != 0))
		parser = parser->outer;
	return parser != NULL;
}

/* Parses the expression that a @ and a name stand for. */
static int filter_parse_named(struct filter_parser *parser, struct filter_node *node)
{
	const char *start = parser->at;
	const char *name = start + 1;
	size_t length = filter_names_length(name);
	const char *text = filter_names_find(parser->names, name, length);
	struct filter_error error = {0};
	struct filter_parser inner = *parser;
	int status = filter_parse_count_term(parser);

	if (status)
		return status;
	if (length == 0 || !filter_parse_ends_word(name[length]))
		return filter_parse_refuse_at(parser, name, FILTER_NAME_FORM " was expected");
	if (!text)
		return filter_parse_refuse_name(parser, name, length);
	if (filter_parse_is_within(parser, name, length))
		return filter_refuse(parser->error, (size_t)(start - parser->text),
				     "@%.*s contains itself", (int)length, name);
	if (++inner.depth > FILTER_PARSE_DEPTH_MAX)
		return filter_parse_refuse_at(parser, start, "too many nested names");
	inner.text = text;
	inner.at = text;
	inner.error = &error;
	inner.outer = parser;
	inner.name = name;
	inner.name_length = length;
	status = filter_parse_whole(&inner, node);
	if (status == -EINVAL)
		filter_refuse(parser->error, (size_t)(start - parser->text),
			      "@%.*s, column %zu: %s", (int)length, name, error.column,
			      error.message);
	parser->at = name + length;
	return status;
}

static int filter_parse_primary(struct filter_parser *parser, struct filter_node *node)
{
	struct filter_parse_key key;
	bool found = false;

	if (*parser->at == '(')
		return filter_parse_group(parser, node);
	if (*parser->at == '@')
		return filter_parse_named(parser, node);
	if (filter_parse_ends_word(*parser->at) || filter_parse_is_word(parser, "and") ||
	    filter_parse_is_word(parser, "or"))
		return filter_parse_refuse_at(parser, parser->at, "a word was expected");
	if (*parser->at == '~') {
		parser->at++;
		return filter_parse_add(parser, node, FILTER_ANY_FIELD, FILTER_WORD_WHOLE,
					filter_value_parse_regex);
	}
	int status = filter_parse_qualified(parser, node, &found);
	if (status || found)
		return status;
	status = filter_parse_key(parser, &key);
	if (status)
		return status;
	if (key.length > 0)
		return filter_parse_values(parser, node, &key);
	return filter_parse_add(parser, node, FILTER_ANY_FIELD, FILTER_WORD_WHOLE,
				filter_value_parse_text);
}

/* Adds a complete child to its parent, or clears it after an error. Returns the status. */
static int filter_parse_end(int status, struct filter_node *child, struct filter_node *parent)
{
	if (status) {
		filter_node_clear(child);
		return status;
	}
	filter_node_unwrap(child);
	return filter_node_add(parent, child);
}

/* Parses a term or a group, with any ! and not before it. */
static int filter_parse_unary(struct filter_parser *parser, struct filter_node *node)
{
	struct filter_node child = {.kind = FILTER_NODE_ALL};

	for (;;) {
		if (*parser->at == '!') {
			parser->at++;
			filter_parse_skip_spaces(parser);
		} else if (!filter_parse_skip_word(parser, "not")) {
			break;
		}
		child.negated = !child.negated;
	}
	int status = filter_parse_primary(parser, &child);
	return filter_parse_end(status, &child, node);
}

static int filter_parse_and(struct filter_parser *parser, struct filter_node *node)
{
	struct filter_node all = {.kind = FILTER_NODE_ALL};
	int status;

	do {
		status = filter_parse_unary(parser, &all);
		filter_parse_skip_spaces(parser);
	} while (!status && (filter_parse_skip_word(parser, "and") ||
			     (*parser->at != '\0' && *parser->at != ')' &&
			      !filter_parse_is_word(parser, "or"))));
	return filter_parse_end(status, &all, node);
}

static int filter_parse_or(struct filter_parser *parser, struct filter_node *node)
{
	struct filter_node any = {.kind = FILTER_NODE_ANY};
	int status;

	do {
		filter_parse_skip_spaces(parser);
		status = filter_parse_and(parser, &any);
	} while (!status && filter_parse_skip_word(parser, "or"));
	return filter_parse_end(status, &any, node);
}

int filter_parse_text(struct filter_node *node, const char *text, const struct filter_names *names,
		      struct filter_error *error)
{
	unsigned int terms = 0;
	struct filter_parser parser = {
		.text = text, .at = text, .terms = &terms, .names = names, .error = error};
	struct filter_node whole = {.kind = FILTER_NODE_ALL};
	int status = filter_parse_whole(&parser, &whole);

	if (!status && whole.count == 0)
		return 0;
	return filter_parse_end(status, &whole, node);
}
