/* SPDX-License-Identifier: Apache-2.0 */
#include "core/filter/filter_term.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/record/address.h"
#include "core/record/record_names.h"

void filter_term_clear(struct filter_term *term)
{
	free(term->text);
	string_list_clear(&term->names);
	selector_free(term->selector);
	*term = (struct filter_term){0};
}

bool filter_term_has(const struct filter_term *term, enum filter_trait trait)
{
	bool is_text = term->kind == FILTER_TERM_TEXT || term->kind == FILTER_TERM_NAMES;
	bool is_any = term->field == FILTER_ANY_FIELD;
	bool is_container = term->field == FILTER_FIELD_CONTAINER;
	bool is_workload = is_container || term->field == FILTER_FIELD_NAMESPACE ||
			   term->field == FILTER_FIELD_POD;

	switch (trait) {
	case FILTER_NEEDS_NAMES:
		return term->kind == FILTER_TERM_SELECTOR || (is_text && (is_any || is_workload));
	case FILTER_NEEDS_CONTAINER:
		return is_text && (is_any || is_container);
	case FILTER_TESTS_WORKLOAD:
		return term->kind == FILTER_TERM_IN_WORKLOAD ||
		       (term->kind == FILTER_TERM_NAMES && is_workload);
	}
	return false;
}

/* Returns whether a text contains `needle`, ignoring case. `needle` must be in lower case. Returns
 * false for a NULL text. */
static bool filter_term_contains(const char *text, const char *needle)
{
	if (!text)
		return false;
	if (needle[0] == '\0')
		return true;
	for (; *text; text++) {
		if (filter_term_lower(*text) != needle[0])
			continue;
		size_t i = 1;
		while (needle[i] != '\0' && filter_term_lower(text[i]) == needle[i])
			i++;
		if (needle[i] == '\0')
			return true;
	}
	return false;
}

static bool filter_term_is_named_pod(const struct string_list *names,
				     const struct filter_input *input)
{
	for (size_t i = 0; input->pod && i < names->count; i++) {
		const char *slash = strchr(names->items[i], '/');
		size_t length = slash ? (size_t)(slash - names->items[i]) : 0;
		if (strcmp(slash ? slash + 1 : names->items[i], input->pod) != 0)
			continue;
		if (!slash)
			return true;
		if (input->namespace_name && strlen(input->namespace_name) == length &&
		    memcmp(input->namespace_name, names->items[i], length) == 0)
			return true;
	}
	return false;
}

/* The shortest prefix that selects a container by its id. A shorter text is probably meant as a
 * name, and would match unrelated ids. */
#define FILTER_TERM_ID_PREFIX_MIN 6

static bool filter_term_is_named_container(const struct string_list *names,
					   const struct filter_input *input)
{
	if (input->container && string_list_has(names, input->container))
		return true;
	for (size_t i = 0; input->container_id && i < names->count; i++) {
		size_t length = strlen(names->items[i]);
		if (length >= FILTER_TERM_ID_PREFIX_MIN &&
		    strncmp(names->items[i], input->container_id, length) == 0)
			return true;
	}
	return false;
}

/* Compares only 15 bytes, because the kernel cuts a program's name to this length. */
static bool filter_term_is_program(const struct string_list *names, const char *comm)
{
	for (size_t i = 0; i < names->count; i++) {
		if (strncmp(names->items[i], comm, FLOW_COMM_SIZE - 1) == 0)
			return true;
	}
	return false;
}

/* `side` is FLOW_HAS_SRC or FLOW_HAS_DST. */
static bool filter_term_address_contains(const struct filter_term *term, const struct flow *flow,
					 uint32_t side)
{
	char text[ADDRESS_TEXT_SIZE];

	if (!(flow->has & side) || !term->may_be_address ||
	    (flow->family != 4 && flow->family != 6))
		return false;
	address_format(flow->family, side == FLOW_HAS_SRC ? &flow->src : &flow->dst, text);
	return filter_term_contains(text, term->text);
}

static bool filter_term_any_address_contains(const struct filter_term *term,
					     const struct flow *flow)
{
	return filter_term_address_contains(term, flow, FLOW_HAS_SRC) ||
	       filter_term_address_contains(term, flow, FLOW_HAS_DST);
}

static bool filter_term_number_contains(bool known, uint32_t number, const struct filter_term *term)
{
	char text[16];

	if (!known || !term->may_be_number)
		return false;
	snprintf(text, sizeof(text), "%u", number);
	return filter_term_contains(text, term->text);
}

/* Returns the text of a field, or NULL if the field is unknown or is not a text. A record from
 * another machine may name a protocol or an error that this machine does not define; returns the
 * record's own text then. */
static const char *filter_term_text(enum filter_field field, const struct filter_input *input)
{
	const struct flow *flow = input->flow;
	const char *name = NULL;

	switch (field) {
	case FILTER_FIELD_NODE:
		return input->node;
	case FILTER_FIELD_NAMESPACE:
		return input->namespace_name;
	case FILTER_FIELD_POD:
		return input->pod;
	case FILTER_FIELD_CONTAINER:
		return input->container;
	case FILTER_FIELD_COMM:
		return flow->comm;
	case FILTER_FIELD_PEER:
		return input->peer;
	case FILTER_FIELD_DNS:
		return input->dns;
	case FILTER_FIELD_STATE:
		return input->state;
	case FILTER_FIELD_DROP:
		return input->drop || !flow->names ? input->drop : flow->names->drop;
	case FILTER_FIELD_END:
		return record_word(&flow_end_words, flow->end);
	case FILTER_FIELD_ERROR:
		name = flow->error ? flow_error_name(flow->error) : NULL;
		return name || !flow->names ? name : flow->names->error;
	case FILTER_FIELD_DIRECTION:
		return flow_direction_name(flow->direction);
	case FILTER_FIELD_PROTOCOL:
		name = flow_protocol_name(flow->protocol);
		return name || !flow->names ? name : flow->names->protocol;
	default:
		return NULL;
	}
}

/* Searches all texts that a row shows. */
static bool filter_term_row_contains(const struct filter_term *term,
				     const struct filter_input *input)
{
	const struct flow *flow = input->flow;

	for (enum filter_field field = FILTER_ANY_FIELD; field < FILTER_FIELD_PID; field++) {
		if (filter_term_contains(filter_term_text(field, input), term->text))
			return true;
	}
	return filter_term_number_contains(flow->has & FLOW_HAS_DPORT, flow->dport, term) ||
	       filter_term_number_contains(flow->has & FLOW_HAS_PID, flow->pid, term) ||
	       (!input->pod && filter_term_contains(input->container_id, term->text)) ||
	       filter_term_any_address_contains(term, flow);
}

static bool filter_term_field_contains(const struct filter_term *term,
				       const struct filter_input *input)
{
	const struct flow *flow = input->flow;

	if (term->field == FILTER_ANY_FIELD)
		return filter_term_row_contains(term, input);
	if (filter_term_contains(filter_term_text(term->field, input), term->text))
		return true;
	switch (term->field) {
	case FILTER_FIELD_CONTAINER:
		return filter_term_contains(input->container_id, term->text);
	case FILTER_FIELD_PEER:
		return filter_term_contains(input->dns, term->text) ||
		       filter_term_address_contains(term, flow,
						    flow->direction == FLOW_INGRESS ? FLOW_HAS_SRC
										    : FLOW_HAS_DST);
	case FILTER_FIELD_ADDRESS:
		return filter_term_any_address_contains(term, flow);
	default:
		return false;
	}
}

static bool filter_term_has_number(const struct filter_term *term, const struct flow *flow)
{
	const struct {
		uint32_t known;
		uint32_t value;
	} numbers[] = {
		[FILTER_FIELD_PID] = {flow->has & FLOW_HAS_PID, flow->pid},
		[FILTER_FIELD_UID] = {flow->has & FLOW_HAS_UID, flow->uid},
		[FILTER_FIELD_SPORT] = {flow->has & FLOW_HAS_SPORT, flow->sport},
		[FILTER_FIELD_DPORT] = {flow->has & FLOW_HAS_DPORT, flow->dport},
	};
	uint32_t value = numbers[term->field].value;

	return numbers[term->field].known && value >= term->low && value <= term->high;
}

static bool filter_term_has_name(const struct filter_term *term, const struct filter_input *input)
{
	const char *text;

	switch (term->field) {
	case FILTER_FIELD_POD:
		return filter_term_is_named_pod(&term->names, input);
	case FILTER_FIELD_CONTAINER:
		return filter_term_is_named_container(&term->names, input);
	case FILTER_FIELD_COMM:
		return filter_term_is_program(&term->names, input->flow->comm);
	default:
		text = filter_term_text(term->field, input);
		return text && string_list_has(&term->names, text);
	}
}

static bool filter_term_is_failure(uint8_t event)
{
	return event == FLOW_FAILED || event == FLOW_DROPPED || event == FLOW_UNANSWERED ||
	       event == FLOW_LOOKUP_FAILED;
}

static bool filter_term_holds(const struct filter_term *term, const struct filter_input *input)
{
	const struct flow *flow = input->flow;

	switch (term->kind) {
	case FILTER_TERM_TEXT:
		return filter_term_field_contains(term, input);
	case FILTER_TERM_NUMBER:
		return filter_term_has_number(term, flow);
	case FILTER_TERM_NAMES:
		return filter_term_has_name(term, input);
	case FILTER_TERM_PROTOCOL:
		return flow->protocol == term->low;
	case FILTER_TERM_DIRECTION:
		return flow->direction == term->low;
	case FILTER_TERM_SELECTOR:
		/* A pod with unknown labels matches no selector, not even `!=`. */
		return input->labels && selector_match(term->selector, input->labels);
	case FILTER_TERM_FAILED:
		return filter_term_is_failure(input->event ? input->event : flow->event);
	case FILTER_TERM_IN_WORKLOAD:
		return input->pod || input->container || input->container_id;
	}
	return false;
}

bool filter_term_match(const struct filter_term *term, const struct filter_input *input)
{
	return filter_term_holds(term, input) != term->negated;
}
