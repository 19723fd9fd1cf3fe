/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the parts of a text on the screen that make a filter pass, to mark them. Pure. */
#ifndef POLECAT_CORE_FILTER_FILTER_FIND_H
#define POLECAT_CORE_FILTER_FILTER_FIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/filter/filter.h"

/* A part of a text, in bytes. */
struct filter_span {
	size_t start;
	size_t length; /* not 0 */
};

/*
 * Finds the first part of a text, from the offset `from` on, that a term matches. `fields` is a set
 * of filter_field_bit: the fields that the text shows. Only terms that the filter wants to hold
 * count, not those below a negation. A number or an address is found if the text begins with it.
 * Returns false if no part matches.
 */
bool filter_find(const struct filter *filter, uint64_t fields, const char *text, size_t from,
		 struct filter_span *span);

#endif
