/* SPDX-License-Identifier: Apache-2.0 */
#include "core/filter/filter.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/array.h"
#include "core/filter/filter_fields.h"
#include "core/filter/filter_node.h"
#include "core/filter/filter_parse.h"
#include "core/filter/filter_root.h"
#include "core/filter/filter_value.h"
#include "core/record/record_names.h"

struct filter {
	struct filter_node root;     /* FILTER_NODE_ALL */
	struct filter_fields fields; /* of `root` */
};

int filter_refuse(struct filter_error *error, size_t offset, const char *format, ...)
{
	va_list arguments;

	if (!error)
		return -EINVAL;
	error->column = offset + 1;
	va_start(arguments, format);
	vsnprintf(error->message, sizeof(error->message), format, arguments);
	va_end(arguments);
	return -EINVAL;
}

int filter_new(struct filter **out)
{
	struct filter *filter = calloc(1, sizeof(*filter));

	if (!filter)
		return -ENOMEM;
	filter->root.kind = FILTER_NODE_ALL;
	*out = filter;
	return 0;
}

void filter_free(struct filter *filter)
{
	if (!filter)
		return;
	filter_node_clear(&filter->root);
	free(filter);
}

const struct filter_node *filter_root(const struct filter *filter)
{
	return &filter->root;
}

/* --- options --- */

/* Parses a word of the record format for a protocol or a direction. Ignores its case. */
static int filter_parse_record_word(struct filter_term *term, const char *value,
				    struct filter_error *error)
{
	bool is_direction = term->kind == FILTER_TERM_DIRECTION;
	const struct record_words *words =
		is_direction ? &flow_direction_words : &flow_protocol_words;

	for (size_t i = 0; i < words->count; i++) {
		if (words->texts[i] && strcasecmp(value, words->texts[i]) == 0) {
			term->low = (uint32_t)i;
			return 0;
		}
	}
	return filter_refuse(error, 0, "%s was expected",
			     is_direction ? "egress or ingress" : "tcp, udp or sctp");
}

/* Parses names separated by commas, which no name in Kubernetes contains. A ! before each name
 * selects everything but these names. */
static int filter_parse_names(struct filter_term *term, const char *value,
			      struct filter_error *error)
{
	const char *at = value;

	term->kind = FILTER_TERM_NAMES;
	term->negated = value[0] == '!';
	for (;;) {
		bool negated = *at == '!';
		size_t length = strcspn(at + negated, ",");
		if (negated != term->negated)
			return filter_refuse(error, (size_t)(at - value),
					     "write a ! before each name, or before none");
		at += negated;
		if (length == 0)
			return filter_refuse(error, (size_t)(at - value), "a name was expected");
		int status = string_list_add_bytes(&term->names, at, length);
		if (status)
			return status;
		if (at[length] == '\0')
			return 0;
		at += length + 1;
	}
}

/* Stores the value as one name: a program's name may contain commas. */
static int filter_parse_comm(struct filter_term *term, const char *value,
			     struct filter_error *error)
{
	if (value[0] == '\0')
		return filter_refuse(error, 0, "a program's name was expected");
	return string_list_add(&term->names, value);
}

/* The term that each option stands for, and the parser of its value (NULL: no value). */
static const struct {
	enum filter_term_kind kind;
	enum filter_field field;
	int (*parse)(struct filter_term *term, const char *value, struct filter_error *error);
} filter_parse_options[] = {
	[FILTER_NAMESPACE] = {FILTER_TERM_NAMES, FILTER_FIELD_NAMESPACE, filter_parse_names},
	[FILTER_POD] = {FILTER_TERM_NAMES, FILTER_FIELD_POD, filter_parse_names},
	[FILTER_SELECTOR] = {FILTER_TERM_SELECTOR, FILTER_ANY_FIELD, filter_value_parse_selector},
	[FILTER_CONTAINER] = {FILTER_TERM_NAMES, FILTER_FIELD_CONTAINER, filter_parse_names},
	[FILTER_NODE] = {FILTER_TERM_NAMES, FILTER_FIELD_NODE, filter_parse_names},
	[FILTER_COMM] = {FILTER_TERM_NAMES, FILTER_FIELD_COMM, filter_parse_comm},
	[FILTER_PID] = {FILTER_TERM_NUMBER, FILTER_FIELD_PID, filter_value_parse_range},
	[FILTER_PORT] = {FILTER_TERM_NUMBER, FILTER_FIELD_DPORT, filter_value_parse_range},
	[FILTER_DIRECTION] = {FILTER_TERM_DIRECTION, FILTER_ANY_FIELD, filter_parse_record_word},
	[FILTER_PROTOCOL] = {FILTER_TERM_PROTOCOL, FILTER_ANY_FIELD, filter_parse_record_word},
	[FILTER_FAILED] = {FILTER_TERM_FAILED, FILTER_ANY_FIELD, NULL},
	[FILTER_IN_WORKLOAD] = {FILTER_TERM_IN_WORKLOAD, FILTER_ANY_FIELD, NULL},
};

int filter_add(struct filter *filter, enum filter_option option, const char *value,
	       struct filter_error *error)
{
	struct filter_node leaf = {
		.kind = FILTER_NODE_TERM,
		.term = {.kind = filter_parse_options[option].kind,
			 .field = filter_parse_options[option].field},
	};
	int status = 0;

	if (filter_parse_options[option].parse)
		status = filter_parse_options[option].parse(&leaf.term, value, error);
	if (status)
		filter_node_clear(&leaf);
	else
		status = filter_node_add(&filter->root, &leaf);
	filter_fields_add(&filter->root, &filter->fields);
	return status;
}

int filter_parse(struct filter *filter, const char *text, struct filter_error *error)
{
	return filter_parse_with_names(filter, text, NULL, error);
}

int filter_parse_with_names(struct filter *filter, const char *text,
			    const struct filter_names *names, struct filter_error *error)
{
	int status = filter_parse_text(&filter->root, text, names, error);

	filter_fields_add(&filter->root, &filter->fields);
	return status;
}

bool filter_is_empty(const struct filter *filter)
{
	return !filter || filter->root.count == 0;
}

bool filter_is_alternative(const struct filter *filter)
{
	return filter && filter->root.count == 1 &&
	       filter->root.children[0].kind == FILTER_NODE_ANY;
}

bool filter_has(const struct filter *filter, enum filter_trait trait)
{
	return filter && filter_node_has(&filter->root, trait);
}

static bool filter_node_rejects_workload(const struct filter_node *node,
					 const struct filter_input *input)
{
	bool any = node->kind == FILTER_NODE_ANY;

	if (node->kind == FILTER_NODE_TERM)
		return filter_term_has(&node->term, FILTER_TESTS_WORKLOAD) &&
		       !filter_node_match(node, input);
	for (size_t i = 0; !node->negated && i < node->count; i++) {
		/* One child suffices, or of alternatives each. */
		if (filter_node_rejects_workload(&node->children[i], input) != any)
			return !any;
	}
	return !node->negated && any && node->count > 0;
}

static bool filter_node_tests_only_workloads(const struct filter_node *node)
{
	if (node->kind == FILTER_NODE_TERM)
		return filter_term_has(&node->term, FILTER_TESTS_WORKLOAD);
	if (node->negated)
		return false;
	for (size_t i = 0; i < node->count; i++) {
		if (!filter_node_tests_only_workloads(&node->children[i]))
			return false;
	}
	return true;
}

bool filter_tests_only_workloads(const struct filter *filter)
{
	return filter_is_empty(filter) || filter_node_tests_only_workloads(&filter->root);
}

bool filter_rejects_workload(const struct filter *filter, const struct filter_input *input)
{
	return filter && filter_node_rejects_workload(&filter->root, input);
}

bool filter_match(const struct filter *filter, const struct filter_input *input)
{
	return !filter || filter_node_match(&filter->root, input);
}

enum filter_answer filter_match_all(const struct filter *filter, const struct filter_input *input,
				    uint64_t varying)
{
	if (filter_is_empty(filter))
		return FILTER_PASSES_ALL;
	/* A term without its value does not hold, so a negated one would. */
	if (filter->fields.negated & varying)
		return FILTER_DEPENDS;
	if (filter_match(filter, input))
		return FILTER_PASSES_ALL;
	return filter->fields.plain & varying ? FILTER_DEPENDS : FILTER_PASSES_NONE;
}
