/* SPDX-License-Identifier: Apache-2.0 */
#include "core/filter/filter_fields.h"

/* Returns the bits of the fields from `first` to `last`. */
static uint64_t filter_fields_between(enum filter_field first, enum filter_field last)
{
	return (filter_field_bit(last) << 1) - filter_field_bit(first);
}

/* Returns the fields of the name of a side: the pod, or the names of the peer. */
static uint64_t filter_fields_of_side(void)
{
	return filter_field_bit(FILTER_FIELD_POD) | filter_field_bit(FILTER_FIELD_PEER) |
	       filter_field_bit(FILTER_FIELD_DNS);
}

/* Returns the fields that a term for texts reads. */
static uint64_t filter_fields_of_text(const struct filter_term *term)
{
	bool reads_addresses = term->kind == FILTER_TERM_REGEX || term->may_be_address;
	bool reads_numbers = term->kind == FILTER_TERM_REGEX || term->may_be_number;
	uint64_t fields;

	switch (term->field) {
	case FILTER_ANY_FIELD:
		fields = filter_fields_between(FILTER_FIELD_NODE, FILTER_FIELD_PROTOCOL);
		if (reads_numbers)
			fields |= filter_field_bit(FILTER_FIELD_DPORT) |
				  filter_field_bit(FILTER_FIELD_PID);
		if (reads_addresses)
			fields |= filter_field_bit(FILTER_FIELD_ADDRESS);
		return fields;
	case FILTER_FIELD_PEER:
		return filter_field_bit(FILTER_FIELD_PEER) | filter_field_bit(FILTER_FIELD_DNS);
	case FILTER_FIELD_SOURCE:
	case FILTER_FIELD_DESTINATION:
	case FILTER_FIELD_ADDRESS:
		return filter_fields_of_side() |
		       (reads_addresses ? filter_field_bit(term->field) : 0);
	default:
		return filter_field_bit(term->field);
	}
}

static uint64_t filter_fields_of_term(const struct filter_term *term)
{
	switch (term->kind) {
	case FILTER_TERM_TEXT:
	case FILTER_TERM_EQUAL:
	case FILTER_TERM_REGEX:
		return filter_fields_of_text(term);
	case FILTER_TERM_PROTOCOL:
		return filter_field_bit(FILTER_FIELD_PROTOCOL);
	case FILTER_TERM_DIRECTION:
		return filter_field_bit(FILTER_FIELD_DIRECTION);
	case FILTER_TERM_SELECTOR:
		return filter_field_bit(FILTER_FIELD_LABEL);
	case FILTER_TERM_FAILED:
		return filter_field_bit(FILTER_FIELD_STATE);
	case FILTER_TERM_IN_WORKLOAD:
		return filter_field_bit(FILTER_FIELD_POD) |
		       filter_field_bit(FILTER_FIELD_CONTAINER);
	case FILTER_TERM_BLOCK:
	case FILTER_TERM_NUMBER:
	case FILTER_TERM_NAMES:
		break;
	}
	return filter_field_bit(term->field);
}

static void filter_fields_add_under(const struct filter_node *node, bool negated,
				    struct filter_fields *fields)
{
	negated ^= node->negated;
	if (node->kind == FILTER_NODE_TERM) {
		uint64_t *added = negated != node->term.negated ? &fields->negated : &fields->plain;
		*added |= filter_fields_of_term(&node->term);
		return;
	}
	for (size_t i = 0; i < node->count; i++)
		filter_fields_add_under(&node->children[i], negated, fields);
}

void filter_fields_add(const struct filter_node *node, struct filter_fields *fields)
{
	filter_fields_add_under(node, false, fields);
}
