/* SPDX-License-Identifier: Apache-2.0 */
/* The fields that a filter reads, as a set of filter_field_bit. Pure. */
#ifndef POLECAT_CORE_FILTER_FILTER_FIELDS_H
#define POLECAT_CORE_FILTER_FILTER_FIELDS_H

#include <stdint.h>

#include "core/filter/filter_node.h"

/* The fields of a filter. A term that a negation surrounds reads `negated`, else `plain`. */
struct filter_fields {
	uint64_t plain;
	uint64_t negated;
};

/* Adds the fields that a node reads. */
void filter_fields_add(const struct filter_node *node, struct filter_fields *fields);

#endif
