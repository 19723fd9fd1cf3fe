/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/netpol/netpol_words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/record/address.h"
#include "core/record/json/record_json.h"

struct netpol_words netpol_words_start(char *buffer, size_t size)
{
	buffer[0] = '\0';
	return (struct netpol_words){.text = buffer, .size = size};
}

void netpol_words_say(struct netpol_words *words, const char *format, ...)
{
	va_list arguments;

	if (words->length + 1 >= words->size)
		return;
	va_start(arguments, format);
	int length = vsnprintf(words->text + words->length, words->size - words->length, format,
			       arguments);
	va_end(arguments);
	if (length > 0)
		words->length += (size_t)length;
	if (words->length >= words->size)
		words->length = words->size - 1;
}

static void say_expression(struct netpol_words *words, const struct netpol_requirement *expression)
{
	bool not_in = expression->operator_kind == NETPOL_NOT_IN;

	if (expression->operator_kind == NETPOL_EXISTS) {
		netpol_words_say(words, "%s", expression->key);
	} else if (expression->operator_kind == NETPOL_DOES_NOT_EXIST) {
		netpol_words_say(words, "!%s", expression->key);
	} else {
		netpol_words_say(words, "%s %s (", expression->key, not_in ? "notin" : "in");
		for (size_t i = 0; i < expression->values.count; i++)
			netpol_words_say(words, "%s%s", i > 0 ? "," : "",
					 expression->values.items[i]);
		netpol_words_say(words, ")");
	}
}

void netpol_words_selector(struct netpol_words *words, const struct netpol_selector *selector)
{
	const char *separator = "";

	for (size_t i = 0; i < selector->match_labels.count; i++) {
		netpol_words_say(words, "%s%s=%s", separator, selector->match_labels.items[i].key,
				 selector->match_labels.items[i].value);
		separator = ",";
	}
	for (size_t i = 0; i < selector->expression_count; i++) {
		netpol_words_say(words, "%s", separator);
		say_expression(words, &selector->expressions[i]);
		separator = ",";
	}
}

static bool asks_for_nothing(const struct netpol_selector *selector)
{
	return selector->match_labels.count == 0 && selector->expression_count == 0;
}

static void say_block(struct netpol_words *words, const struct netpol_block *block)
{
	char address[ADDRESS_TEXT_SIZE];

	address_format(block->family, &block->address, address);
	netpol_words_say(words, "%s/%u", address, block->prefix);
}

/* The one namespace that a selector asks for by its name; NULL: it does not. */
static const char *only_name(const struct netpol_selector *selector)
{
	const struct labels *labels = &selector->match_labels;

	return labels->count == 1 && selector->expression_count == 0 &&
			       strcmp(labels->items[0].key, "kubernetes.io/metadata.name") == 0
		       ? labels->items[0].value
		       : NULL;
}

void netpol_words_peer(struct netpol_words *words, const struct netpol_peer *peer,
		       const char *policy_namespace)
{
	if (!peer) {
		netpol_words_say(words, "any peer");
		return;
	}
	if (peer->has_block) {
		say_block(words, &peer->block);
		for (size_t i = 0; i < peer->except_count; i++) {
			netpol_words_say(words, i > 0 ? ", " : " except ");
			say_block(words, &peer->excepts[i]);
		}
		return;
	}
	if (asks_for_nothing(&peer->pods)) {
		netpol_words_say(words, "all pods in ");
	} else {
		netpol_words_say(words, "pods ");
		netpol_words_selector(words, &peer->pods);
		netpol_words_say(words, " in ");
	}
	const char *name = only_name(&peer->namespaces);
	if (!peer->namespaces.present) {
		netpol_words_say(words, "%s", policy_namespace);
	} else if (name) {
		netpol_words_say(words, "%s", name);
	} else if (asks_for_nothing(&peer->namespaces)) {
		netpol_words_say(words, "all namespaces");
	} else {
		netpol_words_say(words, "namespaces ");
		netpol_words_selector(words, &peer->namespaces);
	}
}

void netpol_words_port(struct netpol_words *words, const struct netpol_port *port)
{
	if (!port) {
		netpol_words_say(words, "any port");
		return;
	}
	const char *protocol = flow_protocol_name((enum flow_protocol)port->protocol);
	netpol_words_say(words, "%s", protocol ? protocol : "");
	if (port->name)
		netpol_words_say(words, " %s", port->name);
	else if (port->first != port->last)
		netpol_words_say(words, " %u-%u", port->first, port->last);
	else if (port->first)
		netpol_words_say(words, " %u", port->first);
}
