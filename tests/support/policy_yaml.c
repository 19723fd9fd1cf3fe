/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/policy_yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>
#include <yaml.h>

#include "core/record/address.h"

struct reader {
	struct netpol_set *set;
	yaml_document_t document;
	const char *namespace_name;
};

static yaml_node_t *node_of(struct reader *reader, int index)
{
	yaml_node_t *node = yaml_document_get_node(&reader->document, index);

	assert_non_null(node);
	return node;
}

static const char *text_of(const yaml_node_t *node)
{
	assert_int_equal(node->type, YAML_SCALAR_NODE);
	assert_int_equal(strlen((const char *)node->data.scalar.value), node->data.scalar.length);
	return (const char *)node->data.scalar.value;
}

bool policy_yaml_needs_quotes(const char *text)
{
	static const char *const words[] = {"y",  "n",   "yes",  "no",    "true",
					    "on", "off", "null", "false", ""};
	bool number = strspn(text, "0123456789abcdefABCDEFxXoOtTzZ_.:+-") == strlen(text);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(text, words[i]) == 0)
			return true;
	}
	return (text[0] >= '0' && text[0] <= '9' && number) || strchr("-.+~*&!%@`#:'\"", text[0]);
}

/* Returns a copy of a text that comes from the cluster. The text must be in double quotes if a YAML
 * reader could otherwise read it as another type, and must be plain if not. Fails the test if the
 * text violates this. */
static char *quoted(struct reader *reader, const yaml_node_t *node)
{
	assert_int_equal(node->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE,
			 policy_yaml_needs_quotes(text_of(node)));
	return arena_string(&reader->set->arena, text_of(node));
}

static size_t pair_count(const yaml_node_t *map)
{
	assert_int_equal(map->type, YAML_MAPPING_NODE);
	return (size_t)(map->data.mapping.pairs.top - map->data.mapping.pairs.start);
}

static size_t item_count(const yaml_node_t *list)
{
	assert_int_equal(list->type, YAML_SEQUENCE_NODE);
	return (size_t)(list->data.sequence.items.top - list->data.sequence.items.start);
}

static yaml_node_t *item(struct reader *reader, const yaml_node_t *list, size_t index)
{
	return node_of(reader, list->data.sequence.items.start[index]);
}

/* Returns the value of a key, or NULL. */
static yaml_node_t *find(struct reader *reader, const yaml_node_t *map, const char *key)
{
	for (size_t i = 0; i < pair_count(map); i++) {
		const yaml_node_pair_t *pair = &map->data.mapping.pairs.start[i];
		if (strcmp(text_of(node_of(reader, pair->key)), key) == 0)
			return node_of(reader, pair->value);
	}
	return NULL;
}

static yaml_node_t *get(struct reader *reader, const yaml_node_t *map, const char *key)
{
	yaml_node_t *value = find(reader, map, key);

	if (!value)
		fail_msg("no %s in line %zu", key, map->start_mark.line + 1);
	return value;
}

static const struct netpol_selector *read_selector(struct reader *reader, const yaml_node_t *node)
{
	const yaml_node_t *labels = get(reader, node, "matchLabels");
	struct arena *arena = &reader->set->arena;
	size_t count = pair_count(labels);
	struct netpol_selector *selector = arena_alloc(arena, sizeof(*selector));

	assert_int_equal(pair_count(node), 1);
	assert_true(count > 0);
	selector->labels.items = arena_array(arena, count, sizeof(*selector->labels.items));
	for (size_t i = 0; i < count; i++) {
		const yaml_node_pair_t *pair = &labels->data.mapping.pairs.start[i];
		struct label *label = &selector->labels.items[i];
		label->key = quoted(reader, node_of(reader, pair->key));
		label->value = quoted(reader, node_of(reader, pair->value));
	}
	selector->labels.count = count;
	return selector;
}

static void read_cidr(const char *text, struct netpol_block *block)
{
	char *cidr = strdup(text);
	char again[ADDRESS_TEXT_SIZE];

	char *slash = strchr(cidr, '/');
	assert_non_null(slash);
	*slash = '\0';
	block->prefix = (uint8_t)atoi(slash + 1);
	assert_int_equal(address_parse(cidr, &block->family, &block->address), 0);
	address_format(block->family, &block->address, again);
	assert_string_equal(cidr, again);
	free(cidr);
}

static void read_block(struct reader *reader, const yaml_node_t *node, struct netpol_peer *peer)
{
	yaml_node_t *excepts = find(reader, node, "except");

	assert_int_equal(pair_count(node), excepts ? 2 : 1);
	peer->kind = NETPOL_PEER_BLOCK;
	read_cidr(quoted(reader, get(reader, node, "cidr")), &peer->block);
	if (!excepts)
		return;
	peer->except_count = (uint32_t)item_count(excepts);
	peer->excepts =
		arena_array(&reader->set->arena, peer->except_count, sizeof(*peer->excepts));
	assert_non_null(peer->excepts);
	for (size_t i = 0; i < peer->except_count; i++)
		read_cidr(quoted(reader, item(reader, excepts, i)), &peer->excepts[i]);
}

static void read_peer(struct reader *reader, const yaml_node_t *node, struct netpol_peer *peer)
{
	yaml_node_t *block = find(reader, node, "ipBlock");
	yaml_node_t *namespaces = find(reader, node, "namespaceSelector");

	if (block) {
		assert_int_equal(pair_count(node), 1);
		read_block(reader, block, peer);
		return;
	}
	peer->kind = NETPOL_PEER_PODS;
	peer->pods = read_selector(reader, get(reader, node, "podSelector"));
	peer->namespace_name = reader->namespace_name;
	assert_int_equal(pair_count(node), namespaces ? 2 : 1);
	if (!namespaces)
		return;
	const struct netpol_selector *selector = read_selector(reader, namespaces);
	assert_int_equal(selector->labels.count, 1);
	assert_string_equal(selector->labels.items[0].key, "kubernetes.io/metadata.name");
	peer->namespace_name = selector->labels.items[0].value;
	assert_string_not_equal(peer->namespace_name, reader->namespace_name);
}

static uint16_t read_number(const yaml_node_t *node)
{
	char *end = NULL;
	long value = strtol(text_of(node), &end, 10);

	assert_int_equal(node->data.scalar.style, YAML_PLAIN_SCALAR_STYLE);
	assert_true(*end == '\0' && value >= 1 && value <= 65535);
	return (uint16_t)value;
}

static void read_port(struct reader *reader, const yaml_node_t *node, struct netpol_port *port)
{
	const char *protocol = text_of(get(reader, node, "protocol"));
	const yaml_node_t *number = find(reader, node, "port");
	const yaml_node_t *end = find(reader, node, "endPort");

	if (strcmp(protocol, "TCP") == 0)
		port->protocol = FLOW_TCP;
	else if (strcmp(protocol, "UDP") == 0)
		port->protocol = FLOW_UDP;
	else if (strcmp(protocol, "SCTP") == 0)
		port->protocol = FLOW_SCTP;
	else
		fail_msg("protocol %s", protocol);
	assert_int_equal(pair_count(node), 1 + (number != NULL) + (end != NULL));
	/* Without the key "port", all ports of the protocol are allowed. */
	if (!number)
		return;
	if (number->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE ||
	    strspn(text_of(number), "0123456789") < strlen(text_of(number))) {
		port->name = quoted(reader, number);
		assert_null(end);
		return;
	}
	port->first = read_number(number);
	port->last = end ? read_number(end) : port->first;
}

static void read_rules(struct reader *reader, const yaml_node_t *list, const char *peers_key,
		       struct netpol_rules *rules)
{
	struct arena *arena = &reader->set->arena;

	rules->count = item_count(list);
	assert_true(rules->count > 0);
	rules->items = arena_array(arena, rules->count, sizeof(*rules->items));
	rules->isolates = true;
	for (size_t i = 0; i < rules->count; i++) {
		const yaml_node_t *node = item(reader, list, i);
		const yaml_node_t *peers = get(reader, node, peers_key);
		const yaml_node_t *ports = get(reader, node, "ports");
		struct netpol_rule *rule = &rules->items[i];
		assert_int_equal(pair_count(node), 2);
		rule->peer_count = item_count(peers);
		rule->port_count = item_count(ports);
		assert_true(rule->peer_count > 0 && rule->port_count > 0);
		rule->peers = arena_array(arena, rule->peer_count, sizeof(*rule->peers));
		rule->ports = arena_array(arena, rule->port_count, sizeof(*rule->ports));
		for (size_t k = 0; k < rule->peer_count; k++)
			read_peer(reader, item(reader, peers, k), &rule->peers[k]);
		for (size_t k = 0; k < rule->port_count; k++)
			read_port(reader, item(reader, ports, k), &rule->ports[k]);
	}
}

/* Checks that policyTypes names exactly the directions that have rules. */
static void read_types(struct reader *reader, const yaml_node_t *list, const struct netpol *policy)
{
	const char *wanted[NETPOL_DIRECTIONS];
	size_t count = 0;

	if (policy->rules[NETPOL_INGRESS].count > 0)
		wanted[count++] = "Ingress";
	if (policy->rules[NETPOL_EGRESS].count > 0)
		wanted[count++] = "Egress";
	assert_int_equal(item_count(list), count);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(text_of(item(reader, list, i)), wanted[i]);
}

static void read_policy(struct reader *reader, struct netpol *policy)
{
	const yaml_node_t *root = yaml_document_get_root_node(&reader->document);
	const yaml_node_t *metadata = get(reader, root, "metadata");
	const yaml_node_t *spec = get(reader, root, "spec");
	const yaml_node_t *ingress = find(reader, spec, "ingress");
	const yaml_node_t *egress = find(reader, spec, "egress");

	assert_int_equal(pair_count(root), 4);
	assert_string_equal(text_of(get(reader, root, "apiVersion")), "networking.k8s.io/v1");
	assert_string_equal(text_of(get(reader, root, "kind")), "NetworkPolicy");
	assert_int_equal(pair_count(metadata), 2);
	policy->name = quoted(reader, get(reader, metadata, "name"));
	policy->namespace_name = quoted(reader, get(reader, metadata, "namespace"));
	reader->namespace_name = policy->namespace_name;
	assert_int_equal(pair_count(spec), 2 + (ingress != NULL) + (egress != NULL));
	policy->pods = read_selector(reader, get(reader, spec, "podSelector"));
	if (ingress)
		read_rules(reader, ingress, "from", &policy->rules[NETPOL_INGRESS]);
	if (egress)
		read_rules(reader, egress, "to", &policy->rules[NETPOL_EGRESS]);
	read_types(reader, get(reader, spec, "policyTypes"), policy);
}

void policy_yaml_free(struct netpol_set *set)
{
	netpol_set_clear(set);
	free(set);
}

struct netpol_set *policy_yaml_read(const char *text, size_t length)
{
	struct reader reader = {.set = calloc(1, sizeof(*reader.set))};
	yaml_parser_t parser;

	assert_non_null(reader.set);
	assert_true(yaml_parser_initialize(&parser));
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
	for (;;) {
		if (!yaml_parser_load(&parser, &reader.document))
			fail_msg("line %zu: %s", parser.problem_mark.line + 1, parser.problem);
		if (!yaml_document_get_root_node(&reader.document)) {
			yaml_document_delete(&reader.document);
			break;
		}
		read_policy(&reader, netpol_set_add(reader.set));
		yaml_document_delete(&reader.document);
	}
	yaml_parser_delete(&parser);
	return reader.set;
}
