/* SPDX-License-Identifier: Apache-2.0 */
/* The terms that a filter is made of: filter_parse.c makes them, filter.c reads them. Nobody else
 * includes this. */
#ifndef POLECAT_CORE_FILTER_FILTER_TERM_H
#define POLECAT_CORE_FILTER_FILTER_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/filter/filter.h"
#include "core/filter/selector.h"
#include "core/record/record.h"

enum filter_field {
	FIELD_ANY = 0,
	FIELD_NODE,
	FIELD_NAMESPACE,
	FIELD_POD,
	FIELD_CONTAINER,
	FIELD_COMM,
	FIELD_PEER,
	FIELD_ADDRESS,
	FIELD_DNS,
	FIELD_STATE,
	FIELD_ERROR,
	FIELD_DIRECTION,
	FIELD_PROTOCOL,
	FIELD_PID, /* from here on: numbers */
	FIELD_UID,
	FIELD_SPORT,
	FIELD_DPORT,
};

enum filter_term_kind {
	TERM_TEXT = 1,  /* field contains text */
	TERM_NUMBER,    /* low <= field <= high */
	TERM_NAMES,     /* field is one of names */
	TERM_PROTOCOL,  /* the flow's protocol is low */
	TERM_DIRECTION, /* the flow's direction is low */
	TERM_SELECTOR,
	TERM_FAILED,
	TERM_IN_WORKLOAD,
};

struct filter_term {
	enum filter_term_kind kind;
	enum filter_field field;
	bool negated;
	char *text;          /* in lower case */
	bool may_be_address; /* text has no byte that an address has not: others need not be made
				text */
	bool may_be_number;
	struct string_list names;
	struct selector *selector;
	uint32_t low;
	uint32_t high;
};

struct filter {
	struct filter_term *terms;
	size_t count;
};

/* ASCII only: bytes beyond it compare as they are. */
static inline char filter_lower(char c)
{
	if (c < 'A' || c > 'Z')
		return c;
	return "abcdefghijklmnopqrstuvwxyz"[c - 'A'];
}

/* Appends an empty term; NULL: no memory. */
struct filter_term *filter_append(struct filter *filter);

/* Drops all terms beyond the first `count`. */
void filter_cut(struct filter *filter, size_t count);

#endif
