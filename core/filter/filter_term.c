/* SPDX-License-Identifier: Apache-2.0 */
#include "core/filter/filter_term.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/record/address.h"
#include "core/record/record_names.h"

void filter_term_clear(struct filter_term *term)
{
	free(term->text);
	filter_regex_free(term->regex);
	string_list_clear(&term->names);
	selector_free(term->selector);
	*term = (struct filter_term){0};
}

bool filter_term_has(const struct filter_term *term, enum filter_trait trait)
{
	bool is_text = term->kind == FILTER_TERM_NAMES || term->kind == FILTER_TERM_TEXT ||
		       term->kind == FILTER_TERM_EQUAL || term->kind == FILTER_TERM_REGEX;
	bool is_any = term->field == FILTER_ANY_FIELD || term->field == FILTER_FIELD_SOURCE ||
		      term->field == FILTER_FIELD_DESTINATION ||
		      term->field == FILTER_FIELD_ADDRESS;
	bool is_container = term->field == FILTER_FIELD_CONTAINER;
	bool is_workload = is_container || term->field == FILTER_FIELD_NAMESPACE ||
			   term->field == FILTER_FIELD_POD;
	const struct filter_key *key;

	switch (trait) {
	case FILTER_NEEDS_NAMES:
		return term->kind == FILTER_TERM_SELECTOR || (is_text && (is_any || is_workload));
	case FILTER_NEEDS_CONTAINER:
		return is_text && (term->field == FILTER_ANY_FIELD || is_container);
	case FILTER_TESTS_WORKLOAD:
		return term->kind == FILTER_TERM_IN_WORKLOAD || (is_text && is_workload);
	case FILTER_OF_CONNECTION:
		key = filter_key_of_field(term->field);
		return term->field == FILTER_FIELD_EITHER_PORT || (key && key->of_connection);
	case FILTER_NEEDS_BASELINE:
		return term->field == FILTER_FIELD_NEW;
	}
	return false;
}

unsigned int filter_term_cost(const struct filter_term *term)
{
	bool is_any = term->field == FILTER_ANY_FIELD;

	switch (term->kind) {
	case FILTER_TERM_NUMBER:
	case FILTER_TERM_PROTOCOL:
	case FILTER_TERM_DIRECTION:
	case FILTER_TERM_FAILED:
	case FILTER_TERM_IN_WORKLOAD:
		return 1;
	case FILTER_TERM_BLOCK:
		return 2;
	case FILTER_TERM_NAMES:
	case FILTER_TERM_EQUAL:
		return is_any ? 20 : 3;
	case FILTER_TERM_SELECTOR:
		return 10;
	case FILTER_TERM_TEXT:
		return is_any ? 50 : 5;
	case FILTER_TERM_REGEX:
		return is_any ? 1000 : 100;
	}
	return 0;
}

const char *filter_term_search(const char *text, const char *needle)
{
	char first = needle[0];

	for (; *text; text++) {
		if (filter_term_lower(*text) != first)
			continue;
		size_t i = 1;
		while (needle[i] != '\0' && filter_term_lower(text[i]) == needle[i])
			i++;
		if (needle[i] == '\0')
			return text;
	}
	return NULL;
}

/* Returns whether a text has `word`, in lower case, between spaces or the ends of the text. */
static bool filter_term_has_word(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = text; (at = filter_term_search(at, word)); at++) {
		if ((at == text || at[-1] == ' ') && (at[length] == '\0' || at[length] == ' '))
			return true;
	}
	return false;
}

/* Returns whether the text (NULL: unknown) fits a term of the kind TEXT, EQUAL or
 * REGEX. */
static bool filter_term_fits(const struct filter_term *term, const char *text)
{
	if (!text)
		return false;
	switch (term->kind) {
	case FILTER_TERM_TEXT:
		return filter_term_search(text, term->text) != NULL;
	case FILTER_TERM_EQUAL:
		/* A state has several words, such as "attempt hanging". */
		return term->field == FILTER_FIELD_STATE ? filter_term_has_word(text, term->text)
							 : strcasecmp(text, term->text) == 0;
	case FILTER_TERM_REGEX:
		return text[0] != '\0' && filter_regex_match(term->regex, text);
	default:
		return false;
	}
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

/* The sides of a flow: the client and the server. */
enum filter_side {
	FILTER_SIDE_SOURCE = 1,
	FILTER_SIDE_DESTINATION,
};

static enum filter_side filter_term_peer_side(const struct flow *flow)
{
	return flow->direction == FLOW_INGRESS ? FILTER_SIDE_SOURCE : FILTER_SIDE_DESTINATION;
}

/* Returns the address of a side as the network sees it, or NULL if it is unknown. */
static const struct flow_address *filter_term_address(const struct flow *flow,
						      enum filter_side side)
{
	uint32_t known = side == FILTER_SIDE_SOURCE ? FLOW_HAS_SRC : FLOW_HAS_DST;

	if (flow->family != 4 && flow->family != 6)
		return NULL;
	if (side == filter_term_peer_side(flow) && flow->direction == FLOW_INGRESS &&
	    flow->has & FLOW_HAS_ORIGIN)
		return flow_peer(flow);
	if (!(flow->has & known))
		return NULL;
	return side == FILTER_SIDE_SOURCE ? &flow->src : &flow->dst;
}

static bool filter_term_address_fits(const struct filter_term *term, const struct flow *flow,
				     enum filter_side side)
{
	const struct flow_address *address = filter_term_address(flow, side);
	char text[ADDRESS_TEXT_SIZE];

	if (!address || (term->kind != FILTER_TERM_REGEX && !term->may_be_address))
		return false;
	address_format(flow->family, address, text);
	return filter_term_fits(term, text);
}

static bool filter_term_any_address_fits(const struct filter_term *term, const struct flow *flow)
{
	return filter_term_address_fits(term, flow, FILTER_SIDE_SOURCE) ||
	       filter_term_address_fits(term, flow, FILTER_SIDE_DESTINATION);
}

static bool filter_term_peer_fits(const struct filter_term *term, const struct filter_input *input)
{
	return filter_term_fits(term, input->peer) || filter_term_fits(term, input->dns) ||
	       filter_term_address_fits(term, input->flow, filter_term_peer_side(input->flow));
}

/* Tests the names and the address of a side. */
static bool filter_term_side_fits(const struct filter_term *term, const struct filter_input *input,
				  enum filter_side side)
{
	if (side == filter_term_peer_side(input->flow))
		return filter_term_peer_fits(term, input);
	return filter_term_fits(term, input->pod) ||
	       filter_term_address_fits(term, input->flow, side);
}

bool filter_term_block_has(const struct filter_term *term, uint8_t family,
			   const struct flow_address *address)
{
	size_t whole = term->bits / 8;
	unsigned int rest = term->bits % 8u;

	if (family != term->family || memcmp(address->bytes, term->block.bytes, whole) != 0)
		return false;
	return rest == 0 || (address->bytes[whole] ^ term->block.bytes[whole]) >> (8 - rest) == 0;
}

static bool filter_term_address_in_block(const struct filter_term *term, const struct flow *flow,
					 enum filter_side side)
{
	const struct flow_address *address = filter_term_address(flow, side);

	return address && filter_term_block_has(term, flow->family, address);
}

static bool filter_term_is_in_block(const struct filter_term *term, const struct flow *flow)
{
	switch (term->field) {
	case FILTER_FIELD_SOURCE:
		return filter_term_address_in_block(term, flow, FILTER_SIDE_SOURCE);
	case FILTER_FIELD_DESTINATION:
		return filter_term_address_in_block(term, flow, FILTER_SIDE_DESTINATION);
	case FILTER_FIELD_PEER:
		return filter_term_address_in_block(term, flow, filter_term_peer_side(flow));
	default:
		return filter_term_address_in_block(term, flow, FILTER_SIDE_SOURCE) ||
		       filter_term_address_in_block(term, flow, FILTER_SIDE_DESTINATION);
	}
}

static bool filter_term_number_fits(bool known, uint32_t number, const struct filter_term *term)
{
	char text[16];

	if (!known || (term->kind != FILTER_TERM_REGEX && !term->may_be_number))
		return false;
	snprintf(text, sizeof(text), "%u", number);
	return filter_term_fits(term, text);
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
	case FILTER_FIELD_NEW:
		return input->is_new;
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

/* Tests all texts that a row shows. */
static bool filter_term_row_fits(const struct filter_term *term, const struct filter_input *input)
{
	const struct flow *flow = input->flow;

	for (enum filter_field field = FILTER_FIELD_NODE; field <= FILTER_FIELD_PROTOCOL; field++) {
		if (filter_term_fits(term, filter_term_text(field, input)))
			return true;
	}
	return filter_term_number_fits(flow->has & FLOW_HAS_DPORT, flow->dport, term) ||
	       filter_term_number_fits(flow->has & FLOW_HAS_PID, flow->pid, term) ||
	       (!input->pod && filter_term_fits(term, input->container_id)) ||
	       filter_term_any_address_fits(term, flow);
}

static bool filter_term_field_fits(const struct filter_term *term, const struct filter_input *input)
{
	switch (term->field) {
	case FILTER_ANY_FIELD:
		return filter_term_row_fits(term, input);
	case FILTER_FIELD_CONTAINER:
		return filter_term_fits(term, input->container) ||
		       filter_term_fits(term, input->container_id);
	case FILTER_FIELD_PEER:
		return filter_term_peer_fits(term, input);
	case FILTER_FIELD_SOURCE:
		return filter_term_side_fits(term, input, FILTER_SIDE_SOURCE);
	case FILTER_FIELD_DESTINATION:
		return filter_term_side_fits(term, input, FILTER_SIDE_DESTINATION);
	case FILTER_FIELD_ADDRESS:
		return filter_term_side_fits(term, input, FILTER_SIDE_SOURCE) ||
		       filter_term_side_fits(term, input, FILTER_SIDE_DESTINATION);
	default:
		return filter_term_fits(term, filter_term_text(term->field, input));
	}
}

/* Gets the value of a field with a number. Returns false if the value is unknown. */
static bool filter_term_number(enum filter_field field, const struct filter_input *input,
			       uint64_t *value)
{
	const struct flow *flow = input->flow;

	switch (field) {
	case FILTER_FIELD_PID:
		*value = flow->pid;
		return flow->has & FLOW_HAS_PID;
	case FILTER_FIELD_UID:
		*value = flow->uid;
		return flow->has & FLOW_HAS_UID;
	case FILTER_FIELD_SPORT:
		*value = flow->sport;
		return flow->has & FLOW_HAS_SPORT;
	case FILTER_FIELD_DPORT:
		*value = flow->dport;
		return flow->has & FLOW_HAS_DPORT;
	case FILTER_FIELD_TX:
		*value = flow->tx_bytes;
		return flow->has & FLOW_HAS_TX;
	case FILTER_FIELD_RX:
		*value = flow->rx_bytes;
		return flow->has & FLOW_HAS_RX;
	case FILTER_FIELD_RATE:
		*value = input->rate;
		return input->has_rate;
	case FILTER_FIELD_LATENCY:
		*value = input->latency_ns;
		return input->has_latency;
	case FILTER_FIELD_RTT:
		*value = (uint64_t)flow->rtt_us * 1000;
		return flow->has & FLOW_HAS_RTT;
	case FILTER_FIELD_AGE:
		*value = input->age_ns;
		return input->has_age;
	case FILTER_FIELD_CONNECTIONS:
		*value = input->connections;
		return input->connections > 0;
	default:
		return false;
	}
}

static bool filter_term_field_in_range(const struct filter_term *term, enum filter_field field,
				       const struct filter_input *input)
{
	uint64_t value = 0;

	return filter_term_number(field, input, &value) && value >= term->low &&
	       value <= term->high;
}

static bool filter_term_in_range(const struct filter_term *term, const struct filter_input *input)
{
	if (term->field == FILTER_FIELD_EITHER_PORT)
		return filter_term_field_in_range(term, FILTER_FIELD_DPORT, input) ||
		       filter_term_field_in_range(term, FILTER_FIELD_SPORT, input);
	return filter_term_field_in_range(term, term->field, input);
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
	case FILTER_TERM_EQUAL:
	case FILTER_TERM_REGEX:
		return filter_term_field_fits(term, input);
	case FILTER_TERM_BLOCK:
		return filter_term_is_in_block(term, flow);
	case FILTER_TERM_NUMBER:
		return filter_term_in_range(term, input);
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
