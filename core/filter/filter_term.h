/* SPDX-License-Identifier: Apache-2.0 */
/* One term of a filter: a test of one field. Only the files of this folder use this header. */
#ifndef POLECAT_CORE_FILTER_FILTER_TERM_H
#define POLECAT_CORE_FILTER_FILTER_TERM_H

#include <stdbool.h>
#include <stdint.h>

#include "core/filter/filter_input.h"
#include "core/filter/filter_keys.h"
#include "core/filter/filter_regex.h"
#include "core/filter/selector.h"

/* The condition that a term tests. */
enum filter_term_kind {
	FILTER_TERM_TEXT = 1,  /* the field contains the text */
	FILTER_TERM_EQUAL,     /* the field is the text, ignoring case */
	FILTER_TERM_REGEX,     /* a part of the field matches */
	FILTER_TERM_BLOCK,     /* the address is in the block */
	FILTER_TERM_NUMBER,    /* `low` <= field <= `high` */
	FILTER_TERM_NAMES,     /* the field is one of the names */
	FILTER_TERM_PROTOCOL,  /* the flow's protocol equals `low` */
	FILTER_TERM_DIRECTION, /* the flow's direction equals `low` */
	FILTER_TERM_SELECTOR,  /* the labels are known and match the selector */
	FILTER_TERM_FAILED,
	FILTER_TERM_IN_WORKLOAD, /* a pod or a container is known */
};

/* Zero-initialise; free with filter_term_clear. */
struct filter_term {
	enum filter_term_kind kind;
	enum filter_field field;
	bool negated;
	bool may_be_address; /* the text has only characters of addresses */
	bool may_be_number;  /* the text has only digits */
	char *text;          /* in lower case */
	struct filter_regex *regex;
	struct string_list names;
	struct selector *selector;
	uint64_t low;
	uint64_t high;
	struct flow_address block; /* with 0 after the first `bits` bits */
	uint8_t family;
	uint8_t bits;
};

void filter_term_clear(struct filter_term *term);

/* Converts an ASCII letter to lower case. Returns any other byte as it is, so the comparison of
 * text beyond ASCII is case-sensitive. */
static inline char filter_term_lower(char c)
{
	if (c < 'A' || c > 'Z')
		return c;
	return "abcdefghijklmnopqrstuvwxyz"[c - 'A'];
}

/* Returns whether the input passes the term, negation included. */
bool filter_term_match(const struct filter_term *term, const struct filter_input *input);

/* Returns whether the term has the trait. */
bool filter_term_has(const struct filter_term *term, enum filter_trait trait);

/* Returns the first part of a text that is `needle`, ignoring case, or NULL. `needle` must be in
 * lower case. */
const char *filter_term_search(const char *text, const char *needle);

/* Returns whether an address is in the block of a term of the kind FILTER_TERM_BLOCK. */
bool filter_term_block_has(const struct filter_term *term, uint8_t family,
			   const struct flow_address *address);

/* Returns the approximate cost of filter_term_match, to test cheap terms first. */
unsigned int filter_term_cost(const struct filter_term *term);

#endif
