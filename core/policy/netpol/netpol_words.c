/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/netpol/netpol_words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/record/record_names.h"

struct netpol_words netpol_words_start(char *buffer, size_t size)
{
	buffer[0] = '\0';
	return (struct netpol_words){.text = buffer, .size = size};
}

void netpol_words_add(struct netpol_words *words, const char *format, ...)
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

static void netpol_words_add_expression(struct netpol_words *words,
					const struct netpol_requirement *expression)
{
	bool not_in = expression->operator_kind == NETPOL_NOT_IN;

	if (expression->operator_kind == NETPOL_EXISTS) {
		netpol_words_add(words, "%s", expression->key);
	} else if (expression->operator_kind == NETPOL_DOES_NOT_EXIST) {
		netpol_words_add(words, "!%s", expression->key);
	} else {
		netpol_words_add(words, "%s %s (", expression->key, not_in ? "notin" : "in");
		for (size_t i = 0; i < expression->values.count; i++)
			netpol_words_add(words, "%s%s", i > 0 ? "," : "",
					 expression->values.items[i]);
		netpol_words_add(words, ")");
	}
}

void netpol_words_place(struct netpol_words *words, const struct netpol *policy, unsigned int line)
{
	netpol_words_add(words, "%s", policy->file);
	if (line)
		netpol_words_add(words, ":%u", line);
}

void netpol_words_selector(struct netpol_words *words, const struct netpol_selector *selector)
{
	const char *separator = "";

	for (size_t i = 0; i < selector->labels.count; i++) {
		netpol_words_add(words, "%s%s=%s", separator, selector->labels.items[i].key,
				 selector->labels.items[i].value);
		separator = ",";
	}
	for (size_t i = 0; i < selector->requirement_count; i++) {
		netpol_words_add(words, "%s", separator);
		netpol_words_add_expression(words, &selector->requirements[i]);
		separator = ",";
	}
}

static bool netpol_words_selects_all(const struct netpol_selector *selector)
{
	return selector->labels.count == 0 && selector->requirement_count == 0;
}

static void netpol_words_add_block(struct netpol_words *words, const struct netpol_block *block)
{
	char cidr[NETPOL_CIDR_SIZE];

	netpol_block_format(block, cidr);
	netpol_words_add(words, "%s", cidr);
}

static void netpol_words_add_pods(struct netpol_words *words, const struct netpol_peer *peer)
{
	if (netpol_words_selects_all(peer->pods)) {
		netpol_words_add(words, "all pods in ");
	} else {
		netpol_words_add(words, "pods ");
		netpol_words_selector(words, peer->pods);
		netpol_words_add(words, " in ");
	}
	if (peer->namespace_name) {
		netpol_words_add(words, "%s", peer->namespace_name);
	} else if (netpol_words_selects_all(peer->namespaces)) {
		netpol_words_add(words, "all namespaces");
	} else {
		netpol_words_add(words, "namespaces ");
		netpol_words_selector(words, peer->namespaces);
	}
}

void netpol_words_peer(struct netpol_words *words, const struct netpol_peer *peer)
{
	if (!peer) {
		netpol_words_add(words, "any peer");
		return;
	}
	switch ((enum netpol_peer_kind)peer->kind) {
	case NETPOL_PEER_PODS:
		netpol_words_add_pods(words, peer);
		break;
	case NETPOL_PEER_BLOCK:
		netpol_words_add_block(words, &peer->block);
		for (size_t i = 0; i < peer->except_count; i++) {
			netpol_words_add(words, i > 0 ? ", " : " except ");
			netpol_words_add_block(words, &peer->excepts[i]);
		}
		break;
	case NETPOL_PEER_ENTITY:
	case NETPOL_PEER_NAME:
		netpol_words_add(words, "%s", peer->name);
		break;
	}
}

static void netpol_words_add_pods_short(struct netpol_words *words, const struct netpol_peer *peer,
					const char *namespace_name)
{
	if (peer->namespace_name && strcmp(peer->namespace_name, namespace_name) != 0)
		netpol_words_add(words, "%s/", peer->namespace_name);
	if (netpol_words_selects_all(peer->pods))
		netpol_words_add(words, "all pods");
	else
		netpol_words_selector(words, peer->pods);
	if (peer->namespace_name)
		return;
	netpol_words_add(words, " in ");
	if (!peer->namespaces || netpol_words_selects_all(peer->namespaces))
		netpol_words_add(words, "all namespaces");
	else
		netpol_words_selector(words, peer->namespaces);
}

void netpol_words_peer_short(struct netpol_words *words, const struct netpol_peer *peer,
			     const char *namespace_name)
{
	if (peer->kind == NETPOL_PEER_PODS) {
		netpol_words_add_pods_short(words, peer, namespace_name);
	} else if (netpol_peer_has_excepts(peer)) {
		netpol_words_add_block(words, &peer->block);
		netpol_words_add(words, " except %u", peer->except_count);
	} else {
		netpol_words_peer(words, peer);
	}
}

void netpol_words_port(struct netpol_words *words, const struct netpol_port *port, const char *name)
{
	if (!port) {
		netpol_words_add(words, "any port");
		return;
	}
	const char *protocol = flow_protocol_name((enum flow_protocol)port->protocol);
	netpol_words_add(words, "%s", protocol ? protocol : "");
	if (port->name)
		netpol_words_add(words, " %s", port->name);
	else if (name)
		netpol_words_add(words, " %s (%u)", name, port->first);
	else if (port->first != port->last)
		netpol_words_add(words, " %u-%u", port->first, port->last);
	else if (port->first)
		netpol_words_add(words, " %u", port->first);
}
