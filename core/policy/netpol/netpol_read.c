/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads NetworkPolicy from YAML, as strictly as the API server with fieldValidation=Strict. Rules
 * and messages follow k8s.io/kubernetes pkg/apis/networking/validation.
 *
 * The tables (yaml_decode.h) name the member for each field. Functions netpol_read_… are decoders.
 * Functions netpol_finish_… check and complete an object after its fields have been decoded.
 */
#include "core/policy/netpol/netpol_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/policy/netpol/netpol_decode.h"
#include "core/policy/netpol/netpol_metadata.h"
#include "core/policy/netpol/syntax.h"
#include "core/record/record_names.h"

/* --- selectors --- */

static const char *const operator_texts[] = {
	[NETPOL_IN] = "In",
	[NETPOL_NOT_IN] = "NotIn",
	[NETPOL_EXISTS] = "Exists",
	[NETPOL_DOES_NOT_EXIST] = "DoesNotExist",
};
static const struct record_words operator_words = {operator_texts, ARRAY_LENGTH(operator_texts)};
static const struct netpol_text operator_type = {"operator", "In, NotIn, Exists or DoesNotExist",
						 NULL, &operator_words, NETPOL_NULL_REFUSED};
static const struct netpol_text key_type = {"key", "a label key", syntax_is_label_key, NULL,
					    NETPOL_NULL_REFUSED};

static const struct yaml_list values_list = YAML_LIST(
	"values", netpol_read_text, &netpol_label_value_type, struct string_list, items, count);

static int netpol_finish_requirement(const struct yaml_decoding *decoding,
				     const struct yaml_node *node, void *object)
{
	const struct netpol_requirement *requirement = object;

	if (!requirement->key || !requirement->operator_kind)
		return yaml_refuse(decoding->error, node,
				   "matchExpressions: key and operator are required");
	bool wants_values = requirement->operator_kind == NETPOL_IN ||
			    requirement->operator_kind == NETPOL_NOT_IN;
	if (wants_values != (requirement->values.count > 0))
		return yaml_refuse(decoding->error, node,
				   "matchExpressions: In and NotIn need values, Exists and "
				   "DoesNotExist forbid them");
	return 0;
}

static const struct yaml_field requirement_fields[] = {
	{"key", netpol_read_text, offsetof(struct netpol_requirement, key), &key_type},
	{"operator", netpol_read_word, offsetof(struct netpol_requirement, operator_kind),
	 &operator_type},
	{"values", yaml_decode_list, offsetof(struct netpol_requirement, values), &values_list},
	{NULL, NULL, 0, NULL},
};
static const struct yaml_mapping requirement_type = {"matchExpressions", requirement_fields,
						     netpol_finish_requirement};
static const struct yaml_list requirements_list =
	YAML_LIST("matchExpressions", yaml_decode_mapping, &requirement_type,
		  struct netpol_selector, requirements, requirement_count);

/* Reads matchLabels into a struct netpol_selector. */
static int netpol_read_match_labels(const struct yaml_decoding *decoding,
				    const struct yaml_node *node, const void *type, void *member)
{
	(void)type;
	return netpol_decode_labels(decoding, node, "matchLabels",
				    &((struct netpol_selector *)member)->labels);
}

/* Makes a selector from a LabelSelector, and stores a pointer to the selector in the member.
 * `podSelector:` without a value is null, which means the same as no podSelector. */
static int netpol_read_selector(const struct yaml_decoding *decoding, const struct yaml_node *node,
				const void *type, void *member)
{
	static const struct yaml_field fields[] = {
		{"matchLabels", netpol_read_match_labels, 0, NULL},
		{"matchExpressions", yaml_decode_list,
		 offsetof(struct netpol_selector, requirements), &requirements_list},
		{NULL, NULL, 0, NULL},
	};

	if (yaml_is_null(node))
		return 0;
	struct netpol_selector *made = arena_alloc(decoding->arena, sizeof(*made));
	if (!made)
		return -ENOMEM;
	memcpy(member, &made, sizeof(made));
	return yaml_decode_mapping(decoding, node, &(struct yaml_mapping){type, fields, NULL},
				   made);
}

/* --- peers --- */

/* Copies an address. Leaves out the leading zeros of the parts of an IPv4 address, which is decimal
 * for the API's legacy parser (k8s.io/utils/net, ParseCIDRSloppy). */
static void netpol_copy_address(const char *text, size_t length, char copy[ADDRESS_TEXT_SIZE])
{
	bool sloppy = !memchr(text, ':', length);
	size_t size = 0;

	for (size_t i = 0; i < length; i++) {
		bool first = size == 0 || copy[size - 1] == '.';
		bool more = i + 1 < length && text[i + 1] != '.';
		if (!sloppy || !first || text[i] != '0' || !more)
			copy[size++] = text[i];
	}
	copy[size] = '\0';
}

/* Reads "192.0.2.0/24" into a struct netpol_block. Like the API's legacy parser, clears host bits
 * and accepts leading zeros. Refuses an address with a zone, without a prefix length, or with an
 * embedded IPv4 address. */
static int netpol_read_cidr(const struct yaml_decoding *decoding, const struct yaml_node *node,
			    const void *type, void *member)
{
	struct netpol_block *block = member;
	const char *text = NULL;
	char address[ADDRESS_TEXT_SIZE] = "";
	int result = yaml_decode_text(decoding->error, node, type, &text);

	if (result)
		return result;
	size_t length = strspn(text, "0123456789abcdefABCDEF:.");
	bool well_formed = length > 0 && length < sizeof(address) && text[length] == '/';
	const char *digits = well_formed ? text + length + 1 : "";
	size_t digit_count = strspn(digits, "0123456789");
	well_formed = well_formed && digit_count > 0 && digit_count <= 3 && !digits[digit_count];
	if (well_formed)
		netpol_copy_address(text, length, address);
	bool mapped = strchr(address, ':') && strchr(address, '.');
	unsigned long prefix = well_formed ? strtoul(digits, NULL, 10) : 0;
	if (!well_formed || mapped || address_parse(address, &block->family, &block->address) ||
	    prefix > address_bits(block->family))
		return netpol_decode_refuse(decoding, node, type, text,
					    "an address block such as 192.0.2.0/24");
	block->prefix = (uint8_t)prefix;
	address_mask(&block->address, (unsigned int)prefix);
	return 0;
}

/* The fields of a peer. A struct netpol_peer has room only for those of one kind. */
struct netpol_read_peer {
	const struct netpol_selector *pods;
	const struct netpol_selector *namespaces;
	bool has_block;
	struct netpol_block block;
	struct netpol_block *excepts;
	size_t except_count;
};

static const struct yaml_list excepts_list = YAML_LIST(
	"except", netpol_read_cidr, "except", struct netpol_read_peer, excepts, except_count);

static int netpol_finish_block(const struct yaml_decoding *decoding, const struct yaml_node *node,
			       void *object)
{
	struct netpol_read_peer *peer = object;

	if (yaml_is_null(node))
		return 0;
	if (peer->block.family == 0)
		return yaml_refuse(decoding->error, node, "ipBlock: cidr is required");
	peer->has_block = true;
	for (size_t i = 0; i < peer->except_count; i++) {
		const struct netpol_block *except = &peer->excepts[i];
		if (except->prefix <= peer->block.prefix ||
		    !netpol_block_contains(&peer->block, except->family, &except->address))
			return yaml_refuse(decoding->error, node,
					   "ipBlock: each except must lie strictly inside cidr");
	}
	return 0;
}

static int netpol_finish_peer(const struct yaml_decoding *decoding, const struct yaml_node *node,
			      void *object)
{
	const struct netpol_read_peer *peer = object;
	bool selects = peer->pods || peer->namespaces;

	if (!selects && !peer->has_block)
		return yaml_refuse(decoding->error, node,
				   "a peer needs podSelector, namespaceSelector or ipBlock");
	if (selects && peer->has_block)
		return yaml_refuse(decoding->error, node,
				   "a peer with ipBlock can have no selector beside it");
	return 0;
}

static const struct yaml_field block_fields[] = {
	{"cidr", netpol_read_cidr, offsetof(struct netpol_read_peer, block), "cidr"},
	{"except", yaml_decode_list, offsetof(struct netpol_read_peer, excepts), &excepts_list},
	{NULL, NULL, 0, NULL},
};
static const struct yaml_mapping block_type = {"ipBlock", block_fields, netpol_finish_block};

static const struct yaml_field peer_fields[] = {
	{"podSelector", netpol_read_selector, offsetof(struct netpol_read_peer, pods),
	 "podSelector"},
	{"namespaceSelector", netpol_read_selector, offsetof(struct netpol_read_peer, namespaces),
	 "namespaceSelector"},
	{"ipBlock", yaml_decode_mapping, 0, &block_type},
	{NULL, NULL, 0, NULL},
};
static const struct yaml_mapping peer_type = {"a peer", peer_fields, netpol_finish_peer};

/* Reads a struct netpol_peer. Sets the members of a PODS peer to the values of their fields, or to
 * NULL for absent fields. netpol_settle_peers completes them. */
static int netpol_decode_peer(const struct yaml_decoding *decoding, const struct yaml_node *node,
			      const void *type, void *member)
{
	struct netpol_read_peer read = {.pods = NULL};
	struct netpol_peer *peer = member;
	int result = yaml_decode_mapping(decoding, node, type, &read);

	if (result)
		return result;
	if (read.has_block)
		*peer = (struct netpol_peer){
			.kind = NETPOL_PEER_BLOCK,
			.block = read.block,
			.excepts = read.excepts,
			.except_count = (uint32_t)read.except_count,
		};
	else
		*peer = (struct netpol_peer){
			.kind = NETPOL_PEER_PODS,
			.pods = read.pods,
			.namespaces = read.namespaces,
		};
	return 0;
}

/* --- ports --- */

static const struct netpol_text protocol_type = {"protocol", "TCP, UDP or SCTP", NULL,
						 &flow_protocol_words, NETPOL_NULL_IS_ABSENT};
static const struct netpol_text port_name_type = {"port",
						  "a number, or a port's name with a letter in it,",
						  syntax_is_port_name, NULL, NETPOL_NULL_REFUSED};

/* Reads a port number into a uint16_t. null leaves the member unchanged. */
static int netpol_read_port_number(const struct yaml_decoding *decoding,
				   const struct yaml_node *node, const void *type, void *member)
{
	const char *what = type;
	int64_t number = 0;

	if (yaml_is_null(node))
		return 0;
	if (!yaml_decode_integer(node, &number) || number < 1 || number > UINT16_MAX)
		return yaml_refuse(decoding->error, node, "%s: 1 to 65535 was expected", what);
	*(uint16_t *)member = (uint16_t)number;
	return 0;
}

/* Reads the number or the name of a struct netpol_port. */
static int netpol_read_port_value(const struct yaml_decoding *decoding,
				  const struct yaml_node *node, const void *type, void *member)
{
	struct netpol_port *port = member;
	int64_t number;

	if (yaml_is_null(node) || yaml_decode_integer(node, &number))
		return netpol_read_port_number(decoding, node, type, &port->first);
	return netpol_read_text(decoding, node, &port_name_type, &port->name);
}

static int netpol_finish_port(const struct yaml_decoding *decoding, const struct yaml_node *node,
			      void *object)
{
	struct netpol_port *port = object;

	if (port->protocol == 0)
		port->protocol = FLOW_TCP;
	if (port->last > 0 && (port->first == 0 || port->last < port->first))
		return yaml_refuse(decoding->error, yaml_get(node, "endPort"),
				   "endPort needs a numeric port that is not above it");
	if (port->last == 0)
		port->last = port->first;
	return 0;
}

static const struct yaml_field port_fields[] = {
	{"protocol", netpol_read_word, offsetof(struct netpol_port, protocol), &protocol_type},
	{"port", netpol_read_port_value, 0, "port"},
	{"endPort", netpol_read_port_number, offsetof(struct netpol_port, last), "endPort"},
	{NULL, NULL, 0, NULL},
};
static const struct yaml_mapping port_type = {"a port", port_fields, netpol_finish_port};

/* --- rules --- */

static const struct yaml_list peers_list = YAML_LIST(
	"peers (from, to)", netpol_decode_peer, &peer_type, struct netpol_rule, peers, peer_count);
static const struct yaml_list ports_list =
	YAML_LIST("ports", yaml_decode_mapping, &port_type, struct netpol_rule, ports, port_count);

static const struct yaml_field ingress_rule_fields[] = {
	{"from", yaml_decode_list, offsetof(struct netpol_rule, peers), &peers_list},
	{"ports", yaml_decode_list, offsetof(struct netpol_rule, ports), &ports_list},
	{NULL, NULL, 0, NULL},
};
static const struct yaml_field egress_rule_fields[] = {
	{"to", yaml_decode_list, offsetof(struct netpol_rule, peers), &peers_list},
	{"ports", yaml_decode_list, offsetof(struct netpol_rule, ports), &ports_list},
	{NULL, NULL, 0, NULL},
};

static int netpol_finish_rule(const struct yaml_decoding *decoding, const struct yaml_node *node,
			      void *object)
{
	(void)decoding;
	((struct netpol_rule *)object)->line = node->line;
	return 0;
}

static const struct yaml_mapping ingress_rule = {"an ingress rule", ingress_rule_fields,
						 netpol_finish_rule};
static const struct yaml_mapping egress_rule = {"an egress rule", egress_rule_fields,
						netpol_finish_rule};
static const struct yaml_list ingress_list =
	YAML_LIST("ingress", yaml_decode_mapping, &ingress_rule, struct netpol_rules, items, count);
static const struct yaml_list egress_list =
	YAML_LIST("egress", yaml_decode_mapping, &egress_rule, struct netpol_rules, items, count);

/* --- policies --- */

/* The state while a policy is read. */
struct netpol_draft {
	struct netpol policy;
	struct netpol_metadata metadata;
	unsigned int type_count;
};

/* Reads an item of policyTypes into a struct netpol_draft. */
static int netpol_read_type(const struct yaml_decoding *decoding, const struct yaml_node *node,
			    const void *type, void *member)
{
	/* Index 0 means an unknown text (record_words_find), so the index of a text is its
	 * direction + 1. */
	static const char *const texts[] = {
		[NETPOL_EGRESS + 1] = "Egress",
		[NETPOL_INGRESS + 1] = "Ingress",
	};
	static const struct record_words words = {texts, ARRAY_LENGTH(texts)};
	static const struct netpol_text direction_type = {"policyTypes", "Ingress or Egress", NULL,
							  &words, NETPOL_NULL_REFUSED};
	struct netpol_draft *draft = member;
	uint8_t direction = 0;

	(void)type;
	if (++draft->type_count > NETPOL_DIRECTIONS)
		return yaml_refuse(decoding->error, node,
				   "policyTypes: at most Ingress and Egress was expected");
	int result = netpol_read_word(decoding, node, &direction_type, &direction);
	if (!result)
		draft->policy.rules[direction - 1].isolates = true;
	return result;
}

static const struct yaml_list types_list = {.what = "policyTypes", .decode = netpol_read_type};
static const struct yaml_field spec_fields[] = {
	{"podSelector", netpol_read_selector, offsetof(struct netpol_draft, policy.pods),
	 "podSelector"},
	{"policyTypes", yaml_decode_list, 0, &types_list},
	{"ingress", yaml_decode_list, offsetof(struct netpol_draft, policy.rules[NETPOL_INGRESS]),
	 &ingress_list},
	{"egress", yaml_decode_list, offsetof(struct netpol_draft, policy.rules[NETPOL_EGRESS]),
	 &egress_list},
	{NULL, NULL, 0, NULL},
};
static const struct yaml_mapping spec_type = {"spec", spec_fields, NULL};

static const struct yaml_field policy_fields[] = {
	{.name = "apiVersion"},
	{.name = "kind"},
	{"metadata", yaml_decode_mapping, offsetof(struct netpol_draft, metadata),
	 &netpol_metadata_type},
	{"spec", yaml_decode_mapping, 0, &spec_type},
	{.name = "status"},
	{NULL, NULL, 0, NULL},
};
static const struct yaml_mapping policy_type = {"NetworkPolicy", policy_fields, NULL};

static const struct netpol_selector netpol_select_all;

/* Returns the name of a namespace if the selector requires only NETPOL_NAMESPACE_LABEL, the label
 * that has this name as its value. Returns NULL for other selectors. */
static const char *netpol_get_only_namespace(const struct netpol_selector *selector)
{
	const struct labels *labels = &selector->labels;

	return labels->count == 1 && selector->requirement_count == 0 &&
			       strcmp(labels->items[0].key, NETPOL_NAMESPACE_LABEL) == 0
		       ? labels->items[0].value
		       : NULL;
}

/* Completes the peers of a rule that select pods. Replaces an absent podSelector with one that
 * selects all pods. A peer without a namespace selector gets the policy's namespace. A namespace
 * selector that selects one namespace by its name is replaced by that name. */
static void netpol_settle_peers(const struct netpol *policy, struct netpol_rule *rule)
{
	for (size_t i = 0; i < rule->peer_count; i++) {
		struct netpol_peer *peer = &rule->peers[i];
		if (peer->kind != NETPOL_PEER_PODS)
			continue;
		if (!peer->pods)
			peer->pods = &netpol_select_all;
		peer->namespace_name = peer->namespaces
					       ? netpol_get_only_namespace(peer->namespaces)
					       : policy->namespace_name;
		if (peer->namespace_name)
			peer->namespaces = NULL;
	}
}

int netpol_read_policy(const struct netpol_source *source, struct netpol_set *set,
		       const struct yaml_decoding *decoding, const struct yaml_node *node)
{
	struct netpol_draft draft = {0};
	struct netpol *policy = &draft.policy;
	int result = yaml_decode_mapping(decoding, node, &policy_type, &draft);

	if (result)
		return result;
	policy->name = draft.metadata.name;
	policy->namespace_name = draft.metadata.namespace_name;
	if (!policy->name)
		return yaml_refuse(decoding->error, node, "metadata.name is required");
	/* Without policyTypes, a policy restricts ingress, and restricts egress only if it has
	 * egress rules (k8s.io/kubernetes pkg/apis/networking/v1 defaults.go). */
	if (draft.type_count == 0) {
		policy->rules[NETPOL_INGRESS].isolates = true;
		policy->rules[NETPOL_EGRESS].isolates = policy->rules[NETPOL_EGRESS].count > 0;
	}
	/* spec.podSelector is not a pointer in the API, so an absent podSelector is an empty one:
	 * it selects all pods. */
	if (!policy->pods)
		policy->pods = &netpol_select_all;
	policy->line = node->line;
	policy->file = arena_string(decoding->arena, source->file);
	if (!policy->namespace_name)
		policy->namespace_name = arena_string(decoding->arena, source->default_namespace);
	if (!policy->file || !policy->namespace_name)
		return -ENOMEM;
	for (int d = 0; d < NETPOL_DIRECTIONS; d++) {
		for (size_t i = 0; i < policy->rules[d].count; i++)
			netpol_settle_peers(policy, &policy->rules[d].items[i]);
	}
	struct netpol *added = netpol_set_add(set);
	if (added)
		*added = *policy;
	return added ? 0 : -ENOMEM;
}
