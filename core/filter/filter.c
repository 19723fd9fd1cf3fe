/* SPDX-License-Identifier: Apache-2.0 */
#include "core/filter/filter.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/filter/filter_term.h"
#include "core/record/address.h"
#include "core/record/json/record_json.h"

int filter_new(struct filter **out)
{
	struct filter *filter = calloc(1, sizeof(*filter));

	if (!filter)
		return -ENOMEM;
	*out = filter;
	return 0;
}

static void term_clear(struct filter_term *term)
{
	free(term->text);
	string_list_clear(&term->names);
	selector_free(term->selector);
	*term = (struct filter_term){0};
}

void filter_free(struct filter *filter)
{
	if (!filter)
		return;
	filter_cut(filter, 0);
	free(filter->terms);
	free(filter);
}

struct filter_term *filter_append(struct filter *filter)
{
	struct filter_term *terms = reallocarray(filter->terms, filter->count + 1, sizeof(*terms));

	if (!terms)
		return NULL;
	filter->terms = terms;
	terms[filter->count] = (struct filter_term){0};
	return &terms[filter->count++];
}

void filter_cut(struct filter *filter, size_t count)
{
	while (filter->count > count)
		term_clear(&filter->terms[--filter->count]);
}

bool filter_is_empty(const struct filter *filter)
{
	return !filter || filter->count == 0;
}

static bool term_needs_names(const struct filter_term *term)
{
	if (term->kind == TERM_SELECTOR)
		return true;
	if (term->kind != TERM_TEXT && term->kind != TERM_NAMES)
		return false;
	return term->field == FIELD_ANY || term->field == FIELD_NAMESPACE ||
	       term->field == FIELD_POD || term->field == FIELD_CONTAINER;
}

bool filter_needs_container(const struct filter *filter)
{
	for (size_t i = 0; filter && i < filter->count; i++) {
		const struct filter_term *term = &filter->terms[i];
		if ((term->kind == TERM_TEXT || term->kind == TERM_NAMES) &&
		    (term->field == FIELD_ANY || term->field == FIELD_CONTAINER))
			return true;
	}
	return false;
}

bool filter_needs_names(const struct filter *filter)
{
	for (size_t i = 0; filter && i < filter->count; i++) {
		if (term_needs_names(&filter->terms[i]))
			return true;
	}
	return false;
}

/* The needle is in lower case already. ASCII only: the names of the field are, and bytes beyond it
 * compare as they are. */
static bool contains(const char *text, const char *needle)
{
	if (!text)
		return false;
	if (needle[0] == '\0')
		return true;
	for (; *text; text++) {
		if (filter_lower(*text) != needle[0])
			continue;
		size_t i = 1;
		while (needle[i] != '\0' && filter_lower(text[i]) == needle[i])
			i++;
		if (needle[i] == '\0')
			return true;
	}
	return false;
}

static bool is_one_of(const struct string_list *names, const char *text)
{
	for (size_t i = 0; text && i < names->count; i++) {
		if (strcmp(names->items[i], text) == 0)
			return true;
	}
	return false;
}

static bool is_named_pod(const struct string_list *names, const struct filter_input *input)
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

/* As short as a prefix of an id may be: shorter ones would be taken for names. */
#define ID_PREFIX_MIN 6

static bool is_named_container(const struct string_list *names, const struct filter_input *input)
{
	if (is_one_of(names, input->container))
		return true;
	for (size_t i = 0; input->container_id && i < names->count; i++) {
		size_t length = strlen(names->items[i]);
		if (length >= ID_PREFIX_MIN &&
		    strncmp(names->items[i], input->container_id, length) == 0)
			return true;
	}
	return false;
}

/* The kernel keeps the first 15 bytes of a program's name: a longer one that was asked for is cut
 * like it. */
static bool is_program(const struct string_list *names, const char *comm)
{
	for (size_t i = 0; i < names->count; i++) {
		if (strncmp(names->items[i], comm, FLOW_COMM_SIZE - 1) == 0)
			return true;
	}
	return false;
}

static bool in_range(const struct filter_term *term, bool known, uint32_t value)
{
	return known && value >= term->low && value <= term->high;
}

static bool address_contains(const struct flow *flow, bool known,
			     const struct flow_address *address, const struct filter_term *term)
{
	char text[ADDRESS_TEXT_SIZE];

	if (!known || !term->may_be_address || (flow->family != 4 && flow->family != 6))
		return false;
	address_format(flow->family, address, text);
	return contains(text, term->text);
}

static bool peer_address_contains(const struct flow *flow, const struct filter_term *term)
{
	if (flow->direction == FLOW_INGRESS)
		return address_contains(flow, flow->has & FLOW_HAS_SRC, &flow->src, term);
	return address_contains(flow, flow->has & FLOW_HAS_DST, &flow->dst, term);
}

static bool any_address_contains(const struct flow *flow, const struct filter_term *term)
{
	return address_contains(flow, flow->has & FLOW_HAS_SRC, &flow->src, term) ||
	       address_contains(flow, flow->has & FLOW_HAS_DST, &flow->dst, term);
}

static bool number_contains(bool known, uint32_t number, const struct filter_term *term)
{
	char text[16];

	if (!known || !term->may_be_number)
		return false;
	snprintf(text, sizeof(text), "%u", number);
	return contains(text, term->text);
}

static const char *protocol_text(const struct flow *flow)
{
	const char *name = flow_protocol_name(flow->protocol);

	return name || !flow->names ? name : flow->names->protocol;
}

static bool is_failed(const struct filter_input *input)
{
	return input->flow->event == FLOW_FAILED;
}

/* The name of an errno as records write it, or as it was written where this machine has no such. */
static bool error_contains(const struct flow *flow, const struct filter_term *term)
{
	const char *name = flow->error ? flow_error_name(flow->error) : NULL;

	if (!name && flow->names)
		name = flow->names->error;
	return contains(name, term->text);
}

/* Any text that a row shows. */
static bool row_contains(const struct filter_input *input, const struct filter_term *term)
{
	const struct flow *flow = input->flow;
	bool has_port = flow->has & FLOW_HAS_DPORT;

	return contains(input->pod, term->text) || contains(input->namespace_name, term->text) ||
	       contains(flow->comm, term->text) || contains(input->peer, term->text) ||
	       contains(input->dns, term->text) || contains(input->container, term->text) ||
	       contains(input->state, term->text) || contains(input->node, term->text) ||
	       contains(protocol_text(flow), term->text) ||
	       contains(flow_direction_name(flow->direction), term->text) ||
	       error_contains(flow, term) || number_contains(has_port, flow->dport, term) ||
	       number_contains(flow->has & FLOW_HAS_PID, flow->pid, term) ||
	       (!input->pod && contains(input->container_id, term->text)) ||
	       any_address_contains(flow, term);
}

static bool field_contains(const struct filter_term *term, const struct filter_input *input)
{
	const struct flow *flow = input->flow;

	switch (term->field) {
	case FIELD_NODE:
		return contains(input->node, term->text);
	case FIELD_NAMESPACE:
		return contains(input->namespace_name, term->text);
	case FIELD_POD:
		return contains(input->pod, term->text);
	case FIELD_CONTAINER:
		return contains(input->container, term->text) ||
		       contains(input->container_id, term->text);
	case FIELD_COMM:
		return contains(flow->comm, term->text);
	case FIELD_PEER:
		return contains(input->peer, term->text) || contains(input->dns, term->text) ||
		       peer_address_contains(flow, term);
	case FIELD_ADDRESS:
		return any_address_contains(flow, term);
	case FIELD_DNS:
		return contains(input->dns, term->text);
	case FIELD_STATE:
		return contains(input->state, term->text);
	case FIELD_ERROR:
		return error_contains(flow, term);
	case FIELD_DIRECTION:
		return contains(flow_direction_name(flow->direction), term->text);
	case FIELD_PROTOCOL:
		return contains(protocol_text(flow), term->text);
	default:
		return row_contains(input, term);
	}
}

static bool term_holds(const struct filter_term *term, const struct filter_input *input)
{
	const struct flow *flow = input->flow;

	switch (term->kind) {
	case TERM_TEXT:
		return field_contains(term, input);
	case TERM_NUMBER:
		switch (term->field) {
		case FIELD_PID:
			return in_range(term, flow->has & FLOW_HAS_PID, flow->pid);
		case FIELD_UID:
			return in_range(term, flow->has & FLOW_HAS_UID, flow->uid);
		case FIELD_SPORT:
			return in_range(term, flow->has & FLOW_HAS_SPORT, flow->sport);
		default:
			return in_range(term, flow->has & FLOW_HAS_DPORT, flow->dport);
		}
	case TERM_NAMES:
		switch (term->field) {
		case FIELD_POD:
			return is_named_pod(&term->names, input);
		case FIELD_CONTAINER:
			return is_named_container(&term->names, input);
		case FIELD_NODE:
			return is_one_of(&term->names, input->node);
		case FIELD_COMM:
			return is_program(&term->names, flow->comm);
		default:
			return is_one_of(&term->names, input->namespace_name);
		}
	case TERM_PROTOCOL:
		return flow->protocol == term->low;
	case TERM_DIRECTION:
		return flow->direction == term->low;
	case TERM_SELECTOR:
		/* Whose labels are not known cannot be selected by them, not even by what they
		 * lack. */
		return input->labels && selector_match(term->selector, input->labels);
	case TERM_FAILED:
		return is_failed(input);
	case TERM_IN_WORKLOAD:
		return input->pod || input->container || input->container_id;
	}
	return false;
}

static bool is_about_workload(const struct filter_term *term)
{
	if (term->kind == TERM_IN_WORKLOAD)
		return true;
	return term->kind == TERM_NAMES &&
	       (term->field == FIELD_NAMESPACE || term->field == FIELD_POD ||
		term->field == FIELD_CONTAINER);
}

bool filter_speaks_of_workloads(const struct filter *filter)
{
	for (size_t i = 0; filter && i < filter->count; i++) {
		if (is_about_workload(&filter->terms[i]))
			return true;
	}
	return false;
}

bool filter_rejects_workload(const struct filter *filter, const struct filter_input *input)
{
	for (size_t i = 0; filter && i < filter->count; i++) {
		const struct filter_term *term = &filter->terms[i];
		if (is_about_workload(term) && term_holds(term, input) == term->negated)
			return true;
	}
	return false;
}

bool filter_match(const struct filter *filter, const struct filter_input *input)
{
	for (size_t i = 0; filter && i < filter->count; i++) {
		if (term_holds(&filter->terms[i], input) == filter->terms[i].negated)
			return false;
	}
	return true;
}
