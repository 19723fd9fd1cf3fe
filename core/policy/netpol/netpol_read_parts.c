/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/netpol/netpol_read_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/policy/netpol/syntax.h"
#include "core/record/address.h"

int netpol_read_copy(struct yaml_tree *tree, const char *text, const char **out)
{
	const char *copy = arena_string(&tree->set->arena, text);

	if (!copy)
		return -ENOMEM;
	*out = copy;
	return 0;
}

/* The next item of an array that is being read. */
struct netpol_cursor {
	const struct netpol_list_type *type;
	char *next;
};

static int netpol_read_item(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	struct netpol_cursor *cursor = object;
	void *item = cursor->next;

	cursor->next += cursor->type->item_size;
	return cursor->type->decode(tree, node, item);
}

int netpol_read_list(struct yaml_tree *tree, yaml_node_t *node, const struct netpol_list_type *type,
		     void **items, size_t *count)
{
	struct netpol_cursor cursor = {.type = type};
	size_t length = 0;

	if (node->type == YAML_SEQUENCE_NODE)
		length = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
	void *first = length ? arena_array(&tree->set->arena, length, type->item_size) : NULL;
	if (length && !first)
		return -ENOMEM;
	cursor.next = first;
	int error = yaml_tree_sequence(tree, node, type->what, netpol_read_item, &cursor);
	if (error)
		return error;
	*items = first;
	*count = length;
	return 0;
}

/* --- selectors --- */

static int read_label_value(struct yaml_tree *tree, yaml_node_t *node, void *item)
{
	char **value = item;
	const char *text = NULL;
	int error = yaml_tree_text(tree, node, "values", &text);

	if (error)
		return error;
	if (!syntax_is_label_value(text))
		return yaml_tree_refuse(tree, node, "\"%.70s\" is no label value", text);
	*value = arena_string(&tree->set->arena, text);
	return *value ? 0 : -ENOMEM;
}

static int read_expression_key(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	struct netpol_requirement *requirement = object;
	const char *text = NULL;
	int error = yaml_tree_text(tree, node, "key", &text);

	if (error)
		return error;
	if (!syntax_is_label_key(text))
		return yaml_tree_refuse(tree, node, "\"%.70s\" is no label key", text);
	return netpol_read_copy(tree, text, &requirement->key);
}

static int read_expression_operator(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	static const char *const names[] = {
		[NETPOL_IN] = "In",
		[NETPOL_NOT_IN] = "NotIn",
		[NETPOL_EXISTS] = "Exists",
		[NETPOL_DOES_NOT_EXIST] = "DoesNotExist",
	};
	struct netpol_requirement *requirement = object;
	const char *text = NULL;
	int error = yaml_tree_text(tree, node, "operator", &text);

	for (uint8_t i = NETPOL_IN; !error && i <= NETPOL_DOES_NOT_EXIST; i++) {
		if (strcmp(text, names[i]) == 0) {
			requirement->operator_kind = i;
			return 0;
		}
	}
	return error ? error
		     : yaml_tree_refuse(
			       tree, node,
			       "operator \"%.40s\": In, NotIn, Exists or DoesNotExist was expected",
			       text);
}

static int read_expression_values(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	static const struct netpol_list_type values = {"values", sizeof(char *), read_label_value};
	struct netpol_requirement *requirement = object;
	void *items = NULL;
	int error = netpol_read_list(tree, node, &values, &items, &requirement->values.count);

	requirement->values.items = items;
	return error;
}

static int read_expression(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	static const struct yaml_field fields[] = {
		{"key", read_expression_key},
		{"operator", read_expression_operator},
		{"values", read_expression_values},
		{NULL, NULL},
	};
	struct netpol_requirement *requirement = object;
	int error = yaml_tree_mapping(tree, node, "matchExpressions", fields, requirement);

	if (error)
		return error;
	if (!requirement->key || !requirement->operator_kind)
		return yaml_tree_refuse(tree, node,
					"matchExpressions: key and operator are required");
	bool wants_values = requirement->operator_kind == NETPOL_IN ||
			    requirement->operator_kind == NETPOL_NOT_IN;
	if (wants_values != (requirement->values.count > 0))
		return yaml_tree_refuse(tree, node,
					"matchExpressions: In and NotIn need values, Exists and "
					"DoesNotExist forbid them");
	return 0;
}

static int read_match_expressions(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	static const struct netpol_list_type expressions = {
		"matchExpressions", sizeof(struct netpol_requirement), read_expression};
	struct netpol_selector *selector = object;
	void *items = NULL;
	int error =
		netpol_read_list(tree, node, &expressions, &items, &selector->requirement_count);

	selector->requirements = items;
	return error;
}

/* Reads a label's key and value from the pair, with syntax checks. 0 or -EBADMSG. */
static int read_label(struct yaml_tree *tree, yaml_node_t *key_node, yaml_node_t *value_node,
		      const char *pair[2])
{
	int error = yaml_tree_text(tree, key_node, "matchLabels key", &pair[0]);

	if (!error)
		error = yaml_tree_text(tree, value_node, "matchLabels value", &pair[1]);
	if (error)
		return error;
	if (!syntax_is_label_key(pair[0]))
		return yaml_tree_refuse(tree, key_node, "\"%.70s\" is no label key", pair[0]);
	if (!syntax_is_label_value(pair[1]))
		return yaml_tree_refuse(tree, value_node, "\"%.70s\" is no label value", pair[1]);
	return 0;
}

static int read_match_labels(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	struct netpol_selector *selector = object;
	struct arena *arena = &tree->set->arena;

	if (yaml_tree_is_null(node))
		return 0;
	if (node->type != YAML_MAPPING_NODE)
		return yaml_tree_refuse(tree, node,
					"matchLabels: a mapping of labels was expected");
	yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	selector->labels.items = arena_array(arena, (size_t)(node->data.mapping.pairs.top - pair),
					     sizeof(*selector->labels.items));
	if (!selector->labels.items)
		return -ENOMEM;
	for (; pair < node->data.mapping.pairs.top; pair++) {
		yaml_node_t *key = yaml_document_get_node(tree->document, pair->key);
		yaml_node_t *value = yaml_document_get_node(tree->document, pair->value);
		const char *texts[2];
		int error = read_label(tree, key, value, texts);
		if (!error && labels_get(&selector->labels, texts[0]))
			error = yaml_tree_refuse(tree, key, "matchLabels has \"%.60s\" twice",
						 texts[0]);
		if (!error)
			error = netpol_selector_add(selector, arena, texts[0], texts[1]);
		if (error)
			return error;
	}
	return 0;
}

int netpol_read_selector(struct yaml_tree *tree, yaml_node_t *node, const char *what,
			 const struct netpol_selector **selector)
{
	static const struct yaml_field fields[] = {
		{"matchLabels", read_match_labels},
		{"matchExpressions", read_match_expressions},
		{NULL, NULL},
	};

	/* `podSelector:` with nothing behind it is null and means the same as no podSelector. */
	if (yaml_tree_is_null(node))
		return 0;
	struct netpol_selector *made = arena_alloc(&tree->set->arena, sizeof(*made));
	if (!made)
		return -ENOMEM;
	*selector = made;
	return yaml_tree_mapping(tree, node, what, fields, made);
}

/* --- peers --- */

/* pieces: "192.0.2.0/24". Host bits are cleared as the API's legacy parser does; a zone or a plain
 * address is refused. */
static int read_cidr(struct yaml_tree *tree, yaml_node_t *node, const char *what,
		     struct netpol_block *block)
{
	const char *text = NULL;
	char address[ADDRESS_TEXT_SIZE];
	int error = yaml_tree_text(tree, node, what, &text);

	if (error)
		return error;
	const char *slash = strchr(text, '/');
	size_t digits = slash ? strspn(slash + 1, "0123456789") : 0;
	if (!slash || (size_t)(slash - text) >= sizeof(address) || digits == 0 || digits > 3 ||
	    slash[1 + digits] || (digits > 1 && slash[1] == '0'))
		return yaml_tree_refuse(
			tree, node,
			"%s \"%.60s\": an address block such as 192.0.2.0/24 was expected", what,
			text);
	snprintf(address, sizeof(address), "%.*s", (int)(slash - text), text);
	bool mapped = strchr(address, ':') && strchr(address, '.');
	unsigned long prefix = strtoul(slash + 1, NULL, 10);
	if (address_parse(address, &block->family, &block->address) || mapped ||
	    prefix > (block->family == 4 ? 32ul : 128ul))
		return yaml_tree_refuse(
			tree, node,
			"%s \"%.60s\": an address block such as 192.0.2.0/24 was expected", what,
			text);
	block->prefix = (uint8_t)prefix;
	for (size_t bit = prefix; bit < 128; bit++)
		block->address.bytes[bit / 8] &= (uint8_t) ~(0x80u >> (bit % 8));
	return 0;
}

static int read_block_cidr(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	struct netpol_peer *peer = object;

	peer->kind = NETPOL_PEER_BLOCK;
	return read_cidr(tree, node, "cidr", &peer->block);
}

static int read_except(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	return read_cidr(tree, node, "except", object);
}

static int read_block_excepts(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	static const struct netpol_list_type excepts = {"except", sizeof(struct netpol_block),
							read_except};
	struct netpol_peer *peer = object;
	void *items = NULL;
	size_t count = 0;
	int error = netpol_read_list(tree, node, &excepts, &items, &count);

	peer->excepts = items;
	peer->except_count = (uint32_t)count;
	return error;
}

static int read_peer_block(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	static const struct yaml_field fields[] = {
		{"cidr", read_block_cidr},
		{"except", read_block_excepts},
		{NULL, NULL},
	};
	struct netpol_peer *peer = object;

	if (yaml_tree_is_null(node))
		return 0;
	int error = yaml_tree_mapping(tree, node, "ipBlock", fields, peer);
	if (error)
		return error;
	if (peer->kind != NETPOL_PEER_BLOCK)
		return yaml_tree_refuse(tree, node, "ipBlock: cidr is required");
	for (size_t i = 0; i < peer->except_count; i++) {
		const struct netpol_block *except = &peer->excepts[i];
		if (except->prefix <= peer->block.prefix ||
		    !netpol_block_contains(&peer->block, except->family, &except->address))
			return yaml_tree_refuse(
				tree, node, "ipBlock: each except must lie strictly inside cidr");
	}
	return 0;
}

static int read_peer_pods(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	return netpol_read_selector(tree, node, "podSelector",
				    &((struct netpol_peer *)object)->pods);
}

static int read_peer_namespaces(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	return netpol_read_selector(tree, node, "namespaceSelector",
				    &((struct netpol_peer *)object)->namespaces);
}

static int read_peer(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	static const struct yaml_field fields[] = {
		{"podSelector", read_peer_pods},
		{"namespaceSelector", read_peer_namespaces},
		{"ipBlock", read_peer_block},
		{NULL, NULL},
	};
	struct netpol_peer *peer = object;
	int error = yaml_tree_mapping(tree, node, "a peer", fields, peer);

	if (error)
		return error;
	bool selects = peer->pods || peer->namespaces;
	if (!selects && peer->kind != NETPOL_PEER_BLOCK)
		return yaml_tree_refuse(tree, node,
					"a peer needs podSelector, namespaceSelector or ipBlock");
	if (selects && peer->kind == NETPOL_PEER_BLOCK)
		return yaml_tree_refuse(tree, node,
					"a peer with ipBlock can have no selector beside it");
	if (selects)
		peer->kind = NETPOL_PEER_PODS;
	return 0;
}

int netpol_read_peers(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	static const struct netpol_list_type peers = {"peers (from, to)",
						      sizeof(struct netpol_peer), read_peer};
	struct netpol_rule *rule = object;
	void *items = NULL;
	int error = netpol_read_list(tree, node, &peers, &items, &rule->peer_count);

	rule->peers = items;
	return error;
}

/* --- ports --- */

/* The three fields of a port as they stand; what they mean together is known at the end. */
struct port_fields {
	struct netpol_port port;
	yaml_node_t *end_node;
	int64_t end;
};

static int read_port_protocol(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	static const struct {
		const char *name;
		uint8_t protocol;
	} protocols[] = {{"TCP", FLOW_TCP}, {"UDP", FLOW_UDP}, {"SCTP", FLOW_SCTP}};
	struct port_fields *fields = object;
	const char *text = NULL;

	if (yaml_tree_is_null(node))
		return 0;
	int error = yaml_tree_text(tree, node, "protocol", &text);
	if (error)
		return error;
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		if (strcmp(text, protocols[i].name) == 0) {
			fields->port.protocol = protocols[i].protocol;
			return 0;
		}
	}
	return yaml_tree_refuse(tree, node, "protocol \"%.40s\": TCP, UDP or SCTP was expected",
				text);
}

static int read_port_number(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	struct port_fields *fields = object;
	int64_t number = 0;
	const char *text = NULL;

	if (yaml_tree_is_null(node))
		return 0;
	if (yaml_tree_integer(node, &number)) {
		if (number < 1 || number > UINT16_MAX)
			return yaml_tree_refuse(tree, node, "port: 1 to 65535 was expected");
		fields->port.first = (uint16_t)number;
		return 0;
	}
	int error = yaml_tree_text(tree, node, "port", &text);
	if (error)
		return error;
	if (!syntax_is_port_name(text))
		return yaml_tree_refuse(tree, node,
					"port \"%.40s\": a number, or a port's name with a letter "
					"in it, was expected",
					text);
	return netpol_read_copy(tree, text, &fields->port.name);
}

static int read_port_end(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	struct port_fields *fields = object;

	if (yaml_tree_is_null(node))
		return 0;
	if (!yaml_tree_integer(node, &fields->end) || fields->end < 1 || fields->end > UINT16_MAX)
		return yaml_tree_refuse(tree, node, "endPort: 1 to 65535 was expected");
	fields->end_node = node;
	return 0;
}

static int read_port(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	static const struct yaml_field known[] = {
		{"protocol", read_port_protocol},
		{"port", read_port_number},
		{"endPort", read_port_end},
		{NULL, NULL},
	};
	struct netpol_port *port = object;
	struct port_fields fields = {.port.protocol = FLOW_TCP};
	int error = yaml_tree_mapping(tree, node, "a port", known, &fields);

	if (error)
		return error;
	if (fields.end_node && (fields.port.first == 0 || fields.end < fields.port.first))
		return yaml_tree_refuse(tree, fields.end_node,
					"endPort needs a numeric port that is not above it");
	*port = fields.port;
	port->last = fields.end_node ? (uint16_t)fields.end : port->first;
	return 0;
}

int netpol_read_ports(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	static const struct netpol_list_type ports = {"ports", sizeof(struct netpol_port),
						      read_port};
	struct netpol_rule *rule = object;
	void *items = NULL;
	int error = netpol_read_list(tree, node, &ports, &items, &rule->port_count);

	rule->ports = items;
	return error;
}
