/* SPDX-License-Identifier: Apache-2.0 */
#include "core/filter/filter_find.h"

#include <string.h>
#include <strings.h>

#include "core/filter/filter_node.h"
#include "core/filter/filter_root.h"
#include "core/record/address.h"

/* Texts that are searched for a term. */
struct filter_find {
	uint64_t fields;
	const char *text;
	size_t from;
};

static bool filter_find_text(const struct filter_find *find, const char *needle,
			     struct filter_span *span)
{
	const char *at = filter_term_search(find->text + find->from, needle);

	if (!at || !*needle)
		return false;
	*span = (struct filter_span){(size_t)(at - find->text), strlen(needle)};
	return true;
}

/* Takes the first `length` bytes of the text. */
static bool filter_find_whole(const struct filter_find *find, size_t length,
			      struct filter_span *span)
{
	if (find->from > 0 || length == 0)
		return false;
	*span = (struct filter_span){0, length};
	return true;
}

static bool filter_find_number(const struct filter_find *find, const struct filter_term *term,
			       struct filter_span *span)
{
	uint64_t number = 0;
	size_t length = 0;

	for (; find->text[length] >= '0' && find->text[length] <= '9' && length < 10; length++)
		number = number * 10 + (uint64_t)(find->text[length] - '0');
	return number >= term->low && number <= term->high && filter_find_whole(find, length, span);
}

static bool filter_find_block(const struct filter_find *find, const struct filter_term *term,
			      struct filter_span *span)
{
	struct flow_address address;
	uint8_t family = 0;

	return address_parse(find->text, &family, &address) == 0 &&
	       filter_term_block_has(term, family, &address) &&
	       filter_find_whole(find, strlen(find->text), span);
}

static bool filter_find_term(const struct filter_find *find, const struct filter_term *term,
			     struct filter_span *span)
{
	bool reads =
		term->field == FILTER_ANY_FIELD || find->fields & filter_field_bit(term->field);
	/* Amounts with units are cut on the screen. */
	bool is_plain = term->field <= FILTER_FIELD_EITHER_PORT;

	switch (reads ? term->kind : 0) {
	case FILTER_TERM_TEXT:
		return filter_find_text(find, term->text, span);
	case FILTER_TERM_EQUAL:
		return strcasecmp(find->text, term->text) == 0 &&
		       filter_find_whole(find, strlen(find->text), span);
	case FILTER_TERM_REGEX:
		return filter_regex_find(term->regex, find->text, find->from, &span->start,
					 &span->length);
	case FILTER_TERM_BLOCK:
		return filter_find_block(find, term, span);
	case FILTER_TERM_NUMBER:
		return is_plain && filter_find_number(find, term, span);
	default:
		return false;
	}
}

/* Finds the first part in the text, the longest of those that begin there. */
static bool filter_find_node(const struct filter_find *find, const struct filter_node *node,
			     bool negated, struct filter_span *span)
{
	struct filter_span other;
	bool found = false;

	negated ^= node->negated;
	if (node->kind == FILTER_NODE_TERM)
		return negated == node->term.negated && filter_find_term(find, &node->term, span);
	for (size_t i = 0; i < node->count; i++) {
		if (!filter_find_node(find, &node->children[i], negated, &other))
			continue;
		if (!found || other.start < span->start ||
		    (other.start == span->start && other.length > span->length))
			*span = other;
		found = true;
	}
	return found;
}

bool filter_find(const struct filter *filter, uint64_t fields, const char *text, size_t from,
		 struct filter_span *span)
{
	const struct filter_find find = {.fields = fields, .text = text, .from = from};

	return filter && from < strlen(text) &&
	       filter_find_node(&find, filter_root(filter), false, span);
}
