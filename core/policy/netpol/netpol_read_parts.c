/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/netpol/netpol_read_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/policy/netpol/syntax.h"
#include "core/record/address.h"

int netpol_read_copy(const struct netpol_target *target, const char *text, const char **out)
{
	const char *copy = arena_string(&target->reader->set->arena, text);

	if (!copy)
		return -ENOMEM;
	*out = copy;
	return 0;
}

/* The elements of an array, while it is read. */
struct netpol_cursor {
	const struct netpol_list_type *type;
	const struct netpol_reader *reader;
	char *next;
};

static int netpol_read_item(struct yaml_error *error, const struct yaml_node *node, void *object)
{
	struct netpol_cursor *cursor = object;
	struct netpol_target target = {cursor->reader, cursor->next};

	cursor->next += cursor->type->item_size;
	return cursor->type->decode(error, node, &target);
}

int netpol_read_list(struct yaml_error *error, const struct yaml_node *node,
		     const struct netpol_list_type *type, void *object)
{
	const struct netpol_target *target = object;
	struct netpol_cursor cursor = {.type = type, .reader = target->reader};
	size_t length = node->kind == YAML_LIST ? node->count : 0;
	char *item = target->item;

	if (length > 0) {
		cursor.next = arena_array(&target->reader->set->arena, length, type->item_size);
		if (!cursor.next)
			return -ENOMEM;
	}
	void *first = cursor.next;
	int result = yaml_decode_list(error, node, type->what, netpol_read_item, &cursor);
	if (result)
		return result;
	/* Pointers to all object types have one representation where polecat runs (POSIX). */
	memcpy(item + type->items_offset, &first, sizeof(first));
	memcpy(item + type->count_offset, &length, sizeof(length));
	return 0;
}

/* --- selectors --- */

/* Reads a label's key or value, which `is_valid` checks. *text is the node's. */
static int netpol_read_label_text(struct yaml_error *error, const struct yaml_node *node,
				  const char *what, bool (*is_valid)(const char *),
				  const char **text)
{
	int result = yaml_decode_text(error, node, what, text);

	if (result || is_valid(*text))
		return result;
	return yaml_refuse(error, node, "\"%.70s\" is no label %s", *text,
			   is_valid == syntax_is_label_key ? "key" : "value");
}

static int netpol_read_label_value(struct yaml_error *error, const struct yaml_node *node,
				   void *object)
{
	const struct netpol_target *target = object;
	const char *text = NULL;
	int result = netpol_read_label_text(error, node, "values", syntax_is_label_value, &text);

	return result ? result : netpol_read_copy(target, text, target->item);
}

static int netpol_read_expression_key(struct yaml_error *error, const struct yaml_node *node,
				      void *object)
{
	const struct netpol_target *target = object;
	struct netpol_requirement *requirement = target->item;
	const char *text = NULL;
	int result = netpol_read_label_text(error, node, "key", syntax_is_label_key, &text);

	return result ? result : netpol_read_copy(target, text, &requirement->key);
}

static int netpol_read_expression_operator(struct yaml_error *error, const struct yaml_node *node,
					   void *object)
{
	static const char *const names[] = {
		[NETPOL_IN] = "In",
		[NETPOL_NOT_IN] = "NotIn",
		[NETPOL_EXISTS] = "Exists",
		[NETPOL_DOES_NOT_EXIST] = "DoesNotExist",
	};
	const struct netpol_target *target = object;
	struct netpol_requirement *requirement = target->item;
	const char *text = NULL;
	int result = yaml_decode_text(error, node, "operator", &text);

	for (uint8_t i = NETPOL_IN; !result && i <= NETPOL_DOES_NOT_EXIST; i++) {
		if (strcmp(text, names[i]) == 0) {
			requirement->operator_kind = i;
			return 0;
		}
	}
	return result ? result
		      : yaml_refuse(error, node,
				    "operator \"%.40s\": In, NotIn, Exists or DoesNotExist was "
				    "expected",
				    text);
}

static int netpol_read_expression_values(struct yaml_error *error, const struct yaml_node *node,
					 void *object)
{
	static const struct netpol_list_type values =
		NETPOL_LIST("values", netpol_read_label_value, struct netpol_requirement,
			    values.items, values.count);

	return netpol_read_list(error, node, &values, object);
}

static int netpol_read_expression(struct yaml_error *error, const struct yaml_node *node,
				  void *object)
{
	static const struct yaml_field fields[] = {
		{"key", netpol_read_expression_key},
		{"operator", netpol_read_expression_operator},
		{"values", netpol_read_expression_values},
		{NULL, NULL},
	};
	const struct netpol_target *target = object;
	struct netpol_requirement *requirement = target->item;
	int result = yaml_decode_mapping(error, node, "matchExpressions", fields, object);

	if (result)
		return result;
	if (!requirement->key || !requirement->operator_kind)
		return yaml_refuse(error, node, "matchExpressions: key and operator are required");
	bool wants_values = requirement->operator_kind == NETPOL_IN ||
			    requirement->operator_kind == NETPOL_NOT_IN;
	if (wants_values != (requirement->values.count > 0))
		return yaml_refuse(error, node,
				   "matchExpressions: In and NotIn need values, Exists and "
				   "DoesNotExist forbid them");
	return 0;
}

static int netpol_read_match_expressions(struct yaml_error *error, const struct yaml_node *node,
					 void *object)
{
	static const struct netpol_list_type expressions =
		NETPOL_LIST("matchExpressions", netpol_read_expression, struct netpol_selector,
			    requirements, requirement_count);

	return netpol_read_list(error, node, &expressions, object);
}

static int netpol_read_match_labels(struct yaml_error *error, const struct yaml_node *node,
				    void *object)
{
	const struct netpol_target *target = object;
	struct netpol_selector *selector = target->item;
	struct arena *arena = &target->reader->set->arena;

	if (yaml_is_null(node))
		return 0;
	if (node->kind != YAML_MAPPING)
		return yaml_refuse(error, node, "matchLabels: a mapping of labels was expected");
	selector->labels.items = arena_array(arena, node->count, sizeof(*selector->labels.items));
	if (!selector->labels.items)
		return -ENOMEM;
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_node *key = node->items[2 * i];
		const struct yaml_node *value = node->items[2 * i + 1];
		const char *name = NULL;
		const char *text = NULL;
		int result = netpol_read_label_text(error, key, "matchLabels key",
						    syntax_is_label_key, &name);
		if (!result)
			result = netpol_read_label_text(error, value, "matchLabels value",
							syntax_is_label_value, &text);
		if (!result && labels_get(&selector->labels, name))
			result = yaml_refuse(error, key, "matchLabels has \"%.60s\" twice", name);
		if (!result)
			result = netpol_selector_add(selector, arena, name, text);
		if (result)
			return result;
	}
	return 0;
}

int netpol_read_selector(struct yaml_error *error, const struct yaml_node *node, const char *what,
			 const struct netpol_reader *reader,
			 const struct netpol_selector **selector)
{
	static const struct yaml_field fields[] = {
		{"matchLabels", netpol_read_match_labels},
		{"matchExpressions", netpol_read_match_expressions},
		{NULL, NULL},
	};

	/* `podSelector:` with nothing behind it is null and means the same as no podSelector. */
	if (yaml_is_null(node))
		return 0;
	struct netpol_selector *made = arena_alloc(&reader->set->arena, sizeof(*made));
	if (!made)
		return -ENOMEM;
	*selector = made;
	return yaml_decode_mapping(error, node, what, fields,
				   &(struct netpol_target){reader, made});
}

/* --- peers --- */

/* Reads "192.0.2.0/24". Clears host bits as the API's legacy parser does; refuses a zone and an
 * address without a prefix. */
static int netpol_read_cidr(struct yaml_error *error, const struct yaml_node *node,
			    const char *what, struct netpol_block *block)
{
	const char *text = NULL;
	char address[ADDRESS_TEXT_SIZE];
	int result = yaml_decode_text(error, node, what, &text);

	if (result)
		return result;
	const char *slash = strchr(text, '/');
	size_t digits = slash ? strspn(slash + 1, "0123456789") : 0;
	if (!slash || (size_t)(slash - text) >= sizeof(address) || digits == 0 || digits > 3 ||
	    slash[1 + digits] || (digits > 1 && slash[1] == '0'))
		return yaml_refuse(
			error, node,
			"%s \"%.60s\": an address block such as 192.0.2.0/24 was expected", what,
			text);
	snprintf(address, sizeof(address), "%.*s", (int)(slash - text), text);
	bool mapped = strchr(address, ':') && strchr(address, '.');
	unsigned long prefix = strtoul(slash + 1, NULL, 10);
	if (address_parse(address, &block->family, &block->address) || mapped ||
	    prefix > (block->family == 4 ? 32ul : 128ul))
		return yaml_refuse(
			error, node,
			"%s \"%.60s\": an address block such as 192.0.2.0/24 was expected", what,
			text);
	block->prefix = (uint8_t)prefix;
	for (size_t bit = prefix; bit < 128; bit++)
		block->address.bytes[bit / 8] &= (uint8_t) ~(0x80u >> (bit % 8));
	return 0;
}

static int netpol_read_block_cidr(struct yaml_error *error, const struct yaml_node *node,
				  void *object)
{
	const struct netpol_target *target = object;
	struct netpol_peer *peer = target->item;

	peer->kind = NETPOL_PEER_BLOCK;
	return netpol_read_cidr(error, node, "cidr", &peer->block);
}

static int netpol_read_except(struct yaml_error *error, const struct yaml_node *node, void *object)
{
	return netpol_read_cidr(error, node, "except", ((struct netpol_target *)object)->item);
}

struct netpol_blocks {
	struct netpol_block *items;
	size_t count;
};

static int netpol_read_block_excepts(struct yaml_error *error, const struct yaml_node *node,
				     void *object)
{
	static const struct netpol_list_type excepts =
		NETPOL_LIST("except", netpol_read_except, struct netpol_blocks, items, count);
	const struct netpol_target *target = object;
	struct netpol_peer *peer = target->item;
	struct netpol_blocks blocks = {0};
	int result = netpol_read_list(error, node, &excepts,
				      &(struct netpol_target){target->reader, &blocks});

	peer->excepts = blocks.items;
	peer->except_count = (uint32_t)blocks.count;
	return result;
}

static int netpol_read_peer_block(struct yaml_error *error, const struct yaml_node *node,
				  void *object)
{
	static const struct yaml_field fields[] = {
		{"cidr", netpol_read_block_cidr},
		{"except", netpol_read_block_excepts},
		{NULL, NULL},
	};
	const struct netpol_target *target = object;
	struct netpol_peer *peer = target->item;

	if (yaml_is_null(node))
		return 0;
	int result = yaml_decode_mapping(error, node, "ipBlock", fields, object);
	if (result)
		return result;
	if (peer->kind != NETPOL_PEER_BLOCK)
		return yaml_refuse(error, node, "ipBlock: cidr is required");
	for (size_t i = 0; i < peer->except_count; i++) {
		const struct netpol_block *except = &peer->excepts[i];
		if (except->prefix <= peer->block.prefix ||
		    !netpol_block_contains(&peer->block, except->family, &except->address))
			return yaml_refuse(error, node,
					   "ipBlock: each except must lie strictly inside cidr");
	}
	return 0;
}

static int netpol_read_peer_pods(struct yaml_error *error, const struct yaml_node *node,
				 void *object)
{
	const struct netpol_target *target = object;
	struct netpol_peer *peer = target->item;

	return netpol_read_selector(error, node, "podSelector", target->reader, &peer->pods);
}

static int netpol_read_peer_namespaces(struct yaml_error *error, const struct yaml_node *node,
				       void *object)
{
	const struct netpol_target *target = object;
	struct netpol_peer *peer = target->item;

	return netpol_read_selector(error, node, "namespaceSelector", target->reader,
				    &peer->namespaces);
}

static int netpol_read_peer(struct yaml_error *error, const struct yaml_node *node, void *object)
{
	static const struct yaml_field fields[] = {
		{"podSelector", netpol_read_peer_pods},
		{"namespaceSelector", netpol_read_peer_namespaces},
		{"ipBlock", netpol_read_peer_block},
		{NULL, NULL},
	};
	const struct netpol_target *target = object;
	struct netpol_peer *peer = target->item;
	int result = yaml_decode_mapping(error, node, "a peer", fields, object);

	if (result)
		return result;
	bool selects = peer->pods || peer->namespaces;
	if (!selects && peer->kind != NETPOL_PEER_BLOCK)
		return yaml_refuse(error, node,
				   "a peer needs podSelector, namespaceSelector or ipBlock");
	if (selects && peer->kind == NETPOL_PEER_BLOCK)
		return yaml_refuse(error, node,
				   "a peer with ipBlock can have no selector beside it");
	if (selects)
		peer->kind = NETPOL_PEER_PODS;
	return 0;
}

int netpol_read_peers(struct yaml_error *error, const struct yaml_node *node, void *object)
{
	static const struct netpol_list_type peers = NETPOL_LIST(
		"peers (from, to)", netpol_read_peer, struct netpol_rule, peers, peer_count);

	return netpol_read_list(error, node, &peers, object);
}

/* --- ports --- */

/* The fields of a port: their meaning depends on each other, not on their order. */
struct netpol_port_fields {
	struct netpol_port port;
	const struct yaml_node *end_node;
	int64_t end;
};

static int netpol_read_port_protocol(struct yaml_error *error, const struct yaml_node *node,
				     void *object)
{
	static const struct {
		const char *name;
		uint8_t protocol;
	} protocols[] = {{"TCP", FLOW_TCP}, {"UDP", FLOW_UDP}, {"SCTP", FLOW_SCTP}};
	const struct netpol_target *target = object;
	struct netpol_port_fields *fields = target->item;
	const char *text = NULL;

	if (yaml_is_null(node))
		return 0;
	int result = yaml_decode_text(error, node, "protocol", &text);
	if (result)
		return result;
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		if (strcmp(text, protocols[i].name) == 0) {
			fields->port.protocol = protocols[i].protocol;
			return 0;
		}
	}
	return yaml_refuse(error, node, "protocol \"%.40s\": TCP, UDP or SCTP was expected", text);
}

static int netpol_read_port_number(struct yaml_error *error, const struct yaml_node *node,
				   void *object)
{
	const struct netpol_target *target = object;
	struct netpol_port_fields *fields = target->item;
	int64_t number = 0;
	const char *text = NULL;

	if (yaml_is_null(node))
		return 0;
	if (yaml_decode_integer(node, &number)) {
		if (number < 1 || number > UINT16_MAX)
			return yaml_refuse(error, node, "port: 1 to 65535 was expected");
		fields->port.first = (uint16_t)number;
		return 0;
	}
	int result = yaml_decode_text(error, node, "port", &text);
	if (result)
		return result;
	if (!syntax_is_port_name(text))
		return yaml_refuse(error, node,
				   "port \"%.40s\": a number, or a port's name with a letter "
				   "in it, was expected",
				   text);
	return netpol_read_copy(target, text, &fields->port.name);
}

static int netpol_read_port_end(struct yaml_error *error, const struct yaml_node *node,
				void *object)
{
	const struct netpol_target *target = object;
	struct netpol_port_fields *fields = target->item;

	if (yaml_is_null(node))
		return 0;
	if (!yaml_decode_integer(node, &fields->end) || fields->end < 1 || fields->end > UINT16_MAX)
		return yaml_refuse(error, node, "endPort: 1 to 65535 was expected");
	fields->end_node = node;
	return 0;
}

static int netpol_read_port(struct yaml_error *error, const struct yaml_node *node, void *object)
{
	static const struct yaml_field known[] = {
		{"protocol", netpol_read_port_protocol},
		{"port", netpol_read_port_number},
		{"endPort", netpol_read_port_end},
		{NULL, NULL},
	};
	const struct netpol_target *target = object;
	struct netpol_port *port = target->item;
	struct netpol_port_fields fields = {.port.protocol = FLOW_TCP};
	int result = yaml_decode_mapping(error, node, "a port", known,
					 &(struct netpol_target){target->reader, &fields});

	if (result)
		return result;
	if (fields.end_node && (fields.port.first == 0 || fields.end < fields.port.first))
		return yaml_refuse(error, fields.end_node,
				   "endPort needs a numeric port that is not above it");
	*port = fields.port;
	port->last = fields.end_node ? (uint16_t)fields.end : port->first;
	return 0;
}

int netpol_read_ports(struct yaml_error *error, const struct yaml_node *node, void *object)
{
	static const struct netpol_list_type ports =
		NETPOL_LIST("ports", netpol_read_port, struct netpol_rule, ports, port_count);

	return netpol_read_list(error, node, &ports, object);
}
