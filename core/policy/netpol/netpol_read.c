/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NetworkPolicy from YAML, as strict as the API server with fieldValidation=Strict. Rules and
 * messages follow k8s.io/kubernetes pkg/apis/networking/validation.
 *
 * The tables (yaml_decode.h) name the members that the fields go to. Functions netpol_read_… are
 * decoders, functions netpol_finish_… complete an object after its fields.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/yaml_decode.h"
#include "core/policy/netpol/netpol.h"
#include "core/policy/netpol/syntax.h"
#include "core/record/record_names.h"

/* --- texts --- */

/* The texts that a field may have: those that `is_valid` accepts, or those of `words`. */
struct netpol_text {
	const char *what; /* names the field in messages */
	const char *expected;
	bool (*is_valid)(const char *text);
	const struct record_words *words;
	bool nullable; /* null leaves the member as it is */
};

static int netpol_refuse(const struct yaml_decoding *decoding, const struct yaml_node *node,
			 const char *what, const char *text, const char *expected)
{
	return yaml_refuse(decoding->error, node, "%s \"%.60s\": %s was expected", what, text,
			   expected);
}

/* Sets *text to the node's text. Leaves it as it is for null, if that is allowed. */
static int netpol_get_text(const struct yaml_decoding *decoding, const struct yaml_node *node,
			   const struct netpol_text *type, const char **text)
{
	if (type->nullable && yaml_is_null(node))
		return 0;
	int result = yaml_decode_text(decoding->error, node, type->what, text);
	if (result)
		return result;
	bool valid =
		type->words ? record_words_find(type->words, *text) != 0 : type->is_valid(*text);
	return valid ? 0 : netpol_refuse(decoding, node, type->what, *text, type->expected);
}

/* Reads a text into a `const char *`. */
static int netpol_read_text(const struct yaml_decoding *decoding, const struct yaml_node *node,
			    const void *type, void *member)
{
	const char *text = NULL;
	int result = netpol_get_text(decoding, node, type, &text);

	if (result || !text)
		return result;
	const char *copy = arena_string(decoding->arena, text);
	memcpy(member, &copy, sizeof(copy));
	return copy ? 0 : -ENOMEM;
}

/* Reads one of `words` into a uint8_t. */
static int netpol_read_word(const struct yaml_decoding *decoding, const struct yaml_node *node,
			    const void *type, void *member)
{
	const struct netpol_text *words = type;
	const char *text = NULL;
	int result = netpol_get_text(decoding, node, words, &text);

	if (!result && text)
		*(uint8_t *)member = record_words_find(words->words, text);
	return result;
}

/* --- selectors --- */

static const char *const operator_texts[] = {
	[NETPOL_IN] = "In",
	[NETPOL_NOT_IN] = "NotIn",
	[NETPOL_EXISTS] = "Exists",
	[NETPOL_DOES_NOT_EXIST] = "DoesNotExist",
};
static const struct record_words operator_words = {operator_texts, ARRAY_LENGTH(operator_texts)};
static const struct netpol_text operator_type = {"operator", "In, NotIn, Exists or DoesNotExist",
						 NULL, &operator_words, false};
static const struct netpol_text key_type = {"key", "a label key", syntax_is_label_key, NULL, false};
static const struct netpol_text value_type = {"value", "a label value", syntax_is_label_value, NULL,
					      false};

static const struct yaml_list values_list =
	YAML_LIST("values", netpol_read_text, &value_type, struct string_list, items, count);

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

/* Reads the labels of a struct netpol_selector. */
static int netpol_read_match_labels(const struct yaml_decoding *decoding,
				    const struct yaml_node *node, const void *type, void *member)
{
	struct netpol_selector *selector = member;
	struct labels *labels = &selector->labels;

	(void)type;
	if (yaml_is_null(node))
		return 0;
	if (node->kind != YAML_MAPPING)
		return yaml_refuse(decoding->error, node,
				   "matchLabels: a mapping of labels was expected");
	labels->items = arena_array(decoding->arena, node->count, sizeof(*labels->items));
	if (!labels->items)
		return -ENOMEM;
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_node *key = node->items[2 * i];
		const char *name = NULL;
		const char *text = NULL;
		int result = netpol_get_text(decoding, key, &key_type, &name);
		if (!result)
			result = netpol_get_text(decoding, node->items[2 * i + 1], &value_type,
						 &text);
		if (!result && labels_get(labels, name))
			result = yaml_refuse(decoding->error, key,
					     "matchLabels has \"%.60s\" twice", name);
		if (!result)
			result = netpol_selector_add(selector, decoding->arena, name, text);
		if (result)
			return result;
	}
	return 0;
}

/* Reads a LabelSelector into a new selector, and its address into a pointer. `podSelector:` with
 * nothing behind it is null and means the same as no podSelector. */
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

/* Reads "192.0.2.0/24" into a struct netpol_block. Clears host bits as the API's legacy parser does;
 * refuses a zone and an address without a prefix. */
static int netpol_read_cidr(const struct yaml_decoding *decoding, const struct yaml_node *node,
			    const void *type, void *member)
{
	struct netpol_block *block = member;
	const char *text = NULL;
	char address[ADDRESS_TEXT_SIZE] = "";
	char digits[4] = "";
	int end = 0;
	int result = yaml_decode_text(decoding->error, node, type, &text);

	if (result)
		return result;
	bool well_formed = sscanf(text, "%45[0-9a-fA-F:.]/%3[0-9]%n", address, digits, &end) == 2 &&
			   !text[end] && (digits[0] != '0' || !digits[1]);
	bool mapped = strchr(address, ':') && strchr(address, '.');
	unsigned long prefix = strtoul(digits, NULL, 10);
	if (!well_formed || mapped || address_parse(address, &block->family, &block->address) ||
	    prefix > (block->family == 4 ? 32ul : 128ul))
		return netpol_refuse(decoding, node, type, text,
				     "an address block such as 192.0.2.0/24");
	block->prefix = (uint8_t)prefix;
	for (size_t bit = prefix; bit < 128; bit++)
		block->address.bytes[bit / 8] &= (uint8_t) ~(0x80u >> (bit % 8));
	return 0;
}

static const struct yaml_list excepts_list =
	YAML_LIST("except", netpol_read_cidr, "except", struct netpol_peer, excepts, except_count);

static int netpol_finish_block(const struct yaml_decoding *decoding, const struct yaml_node *node,
			       void *object)
{
	struct netpol_peer *peer = object;

	if (yaml_is_null(node))
		return 0;
	if (peer->block.family == 0)
		return yaml_refuse(decoding->error, node, "ipBlock: cidr is required");
	peer->kind = NETPOL_PEER_BLOCK;
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
	struct netpol_peer *peer = object;
	bool selects = peer->pods || peer->namespaces;

	if (!selects && peer->kind != NETPOL_PEER_BLOCK)
		return yaml_refuse(decoding->error, node,
				   "a peer needs podSelector, namespaceSelector or ipBlock");
	if (selects && peer->kind == NETPOL_PEER_BLOCK)
		return yaml_refuse(decoding->error, node,
				   "a peer with ipBlock can have no selector beside it");
	if (selects)
		peer->kind = NETPOL_PEER_PODS;
	return 0;
}

static const struct yaml_field block_fields[] = {
	{"cidr", netpol_read_cidr, offsetof(struct netpol_peer, block), "cidr"},
	{"except", yaml_decode_list, offsetof(struct netpol_peer, excepts), &excepts_list},
	{NULL, NULL, 0, NULL},
};
static const struct yaml_mapping block_type = {"ipBlock", block_fields, netpol_finish_block};

static const struct yaml_field peer_fields[] = {
	{"podSelector", netpol_read_selector, offsetof(struct netpol_peer, pods), "podSelector"},
	{"namespaceSelector", netpol_read_selector, offsetof(struct netpol_peer, namespaces),
	 "namespaceSelector"},
	{"ipBlock", yaml_decode_mapping, 0, &block_type},
	{NULL, NULL, 0, NULL},
};
static const struct yaml_mapping peer_type = {"a peer", peer_fields, netpol_finish_peer};

/* --- ports --- */

static const struct netpol_text protocol_type = {"protocol", "TCP, UDP or SCTP", NULL,
						 &flow_protocol_words, true};
static const struct netpol_text port_name_type = {"port",
						  "a number, or a port's name with a letter in it,",
						  syntax_is_port_name, NULL, false};

/* Reads a port number into a uint16_t. null leaves it as it is. */
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
	"peers (from, to)", yaml_decode_mapping, &peer_type, struct netpol_rule, peers, peer_count);
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

/* A policy while it is read. */
struct netpol_draft {
	struct netpol policy;
	unsigned int type_count;
};

/* Reads an item of policyTypes of a struct netpol_draft. */
static int netpol_read_type(const struct yaml_decoding *decoding, const struct yaml_node *node,
			    const void *type, void *member)
{
	/* 0 stands for no word, hence + 1. */
	static const char *const texts[] = {
		[NETPOL_EGRESS + 1] = "Egress",
		[NETPOL_INGRESS + 1] = "Ingress",
	};
	static const struct record_words words = {texts, ARRAY_LENGTH(texts)};
	static const struct netpol_text direction_type = {"policyTypes", "Ingress or Egress", NULL,
							  &words, false};
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

static const struct netpol_text name_type = {"metadata.name", "a DNS subdomain",
					     syntax_is_dns_subdomain, NULL, false};
static const struct netpol_text namespace_type = {"metadata.namespace", "a DNS label",
						  syntax_is_dns_label, NULL, true};
/* ObjectMeta, k8s.io/apimachinery pkg/apis/meta/v1 types.go, with the fields that only the API
 * server sets. */
static const struct yaml_field metadata_fields[] = {
	{"name", netpol_read_text, offsetof(struct netpol_draft, policy.name), &name_type},
	{"namespace", netpol_read_text, offsetof(struct netpol_draft, policy.namespace_name),
	 &namespace_type},
	{.name = "annotations"},
	{.name = "creationTimestamp"},
	{.name = "deletionGracePeriodSeconds"},
	{.name = "deletionTimestamp"},
	{.name = "finalizers"},
	{.name = "generateName"},
	{.name = "generation"},
	{.name = "labels"},
	{.name = "managedFields"},
	{.name = "ownerReferences"},
	{.name = "resourceVersion"},
	{.name = "selfLink"},
	{.name = "uid"},
	{NULL, NULL, 0, NULL},
};
static const struct yaml_mapping metadata_type = {"metadata", metadata_fields, NULL};

static const struct yaml_field policy_fields[] = {
	{.name = "apiVersion"},
	{.name = "kind"},
	{"metadata", yaml_decode_mapping, 0, &metadata_type},
	{"spec", yaml_decode_mapping, 0, &spec_type},
	{.name = "status"},
	{NULL, NULL, 0, NULL},
};
static const struct yaml_mapping policy_type = {"NetworkPolicy", policy_fields, NULL};

static const struct netpol_selector netpol_select_all;

/* Returns the name of the one namespace that a selector selects by name, or NULL. */
static const char *netpol_get_only_namespace(const struct netpol_selector *selector)
{
	const struct labels *labels = &selector->labels;

	return labels->count == 1 && selector->requirement_count == 0 &&
			       strcmp(labels->items[0].key, NETPOL_NAMESPACE_LABEL) == 0
		       ? labels->items[0].value
		       : NULL;
}

/* Fills in absent selectors, and the names of namespaces that are selected by name. */
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

/* One call of netpol_read. */
struct netpol_reader {
	struct netpol_set *set;
	const char *file;
	const char *default_namespace;
	const struct yaml_node *root; /* of the document */
};

static int netpol_read_policy(const struct netpol_reader *reader,
			      const struct yaml_decoding *decoding, const struct yaml_node *node)
{
	struct netpol_draft draft = {0};
	struct netpol *policy = &draft.policy;
	int result = yaml_decode_mapping(decoding, node, &policy_type, &draft);

	if (result)
		return result;
	if (!policy->name)
		return yaml_refuse(decoding->error, node, "metadata.name is required");
	if (!yaml_get(node, "spec"))
		return yaml_refuse(decoding->error, node, "spec is required");
	/* policyTypes absent: Ingress, and Egress where there are egress rules
	 * (pkg/apis/networking/v1 defaults.go). */
	if (draft.type_count == 0) {
		policy->rules[NETPOL_INGRESS].isolates = true;
		policy->rules[NETPOL_EGRESS].isolates = policy->rules[NETPOL_EGRESS].count > 0;
	}
	/* spec.podSelector is no pointer in the API: an absent one is an empty one. */
	if (!policy->pods)
		policy->pods = &netpol_select_all;
	policy->line = node->line;
	policy->file = arena_string(decoding->arena, reader->file);
	if (!policy->namespace_name)
		policy->namespace_name = arena_string(decoding->arena, reader->default_namespace);
	if (!policy->file || !policy->namespace_name)
		return -ENOMEM;
	for (int d = 0; d < NETPOL_DIRECTIONS; d++) {
		for (size_t i = 0; i < policy->rules[d].count; i++)
			netpol_settle_peers(policy, &policy->rules[d].items[i]);
	}
	struct netpol *added = netpol_set_add(reader->set);
	if (added)
		*added = *policy;
	return added ? 0 : -ENOMEM;
}

static int netpol_read_object(const struct yaml_decoding *decoding, const struct yaml_node *node,
			      const void *type, void *member);

/* Reads an item of a NetworkPolicyList: the API server writes them without a kind. */
static int netpol_read_item(const struct yaml_decoding *decoding, const struct yaml_node *node,
			    const void *type, void *member)
{
	if (node->kind == YAML_MAPPING && !yaml_get(node, "kind") && !yaml_get(node, "apiVersion"))
		return netpol_read_policy(member, decoding, node);
	return netpol_read_object(decoding, node, type, member);
}

static int netpol_read_type_of(const struct yaml_decoding *decoding, const struct yaml_node *node,
			       const char *field, const char **text)
{
	const struct yaml_node *value = yaml_get(node, field);

	return value ? yaml_decode_text(decoding->error, value, field, text)
		     : yaml_refuse(decoding->error, node, "%s is required", field);
}

/* Reads any object for a struct netpol_reader. */
static int netpol_read_object(const struct yaml_decoding *decoding, const struct yaml_node *node,
			      const void *type, void *member)
{
	static const struct yaml_list objects = {.what = "items", .decode = netpol_read_object};
	static const struct yaml_list policies = {.what = "items", .decode = netpol_read_item};
	const struct netpol_reader *reader = member;
	const char *kind = NULL;
	const char *version = NULL;

	if (node->kind != YAML_MAPPING)
		return yaml_refuse(decoding->error, node, "a Kubernetes object was expected");
	int result = netpol_read_type_of(decoding, node, "kind", &kind);
	if (!result)
		result = netpol_read_type_of(decoding, node, "apiVersion", &version);
	if (result)
		return result;
	bool networking = strcmp(version, "networking.k8s.io/v1") == 0;
	bool is_policies = networking && strcmp(kind, "NetworkPolicyList") == 0;
	if (networking && strcmp(kind, "NetworkPolicy") == 0)
		return netpol_read_policy(reader, decoding, node);
	if (is_policies || (strcmp(version, "v1") == 0 && strcmp(kind, "List") == 0)) {
		const struct yaml_node *items = yaml_get(node, "items");
		if (node != reader->root)
			return yaml_refuse(decoding->error, node, "a list inside a list");
		return items ? yaml_decode_list(decoding, items, is_policies ? &policies : &objects,
						member)
			     : 0;
	}
	if (strcmp(kind, "NetworkPolicy") == 0)
		return netpol_refuse(decoding, node, "apiVersion", version, "networking.k8s.io/v1");
	reader->set->skipped++;
	(void)type;
	return 0;
}

int netpol_read(struct netpol_set *set, const char *file, const char *text, size_t length,
		const char *default_namespace, struct yaml_error *error)
{
	const struct yaml_decoding decoding = {.error = error, .arena = &set->arena};
	struct netpol_reader reader = {
		.set = set, .file = file, .default_namespace = default_namespace};
	struct yaml_reader *yaml;
	size_t count = set->count;
	size_t skipped = set->skipped;
	int result;

	*error = (struct yaml_error){0};
	if (yaml_reader_new(text, length, &yaml))
		return -ENOMEM;
	do {
		result = yaml_reader_next(yaml, &reader.root, error);
		/* `---` with nothing behind it is null. */
		if (!result && reader.root && !yaml_is_null(reader.root))
			result = netpol_read_object(&decoding, reader.root, NULL, &reader);
	} while (!result && reader.root);
	yaml_reader_free(yaml);
	if (result) {
		set->count = count;
		set->skipped = skipped;
	}
	return result;
}
