/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NetworkPolicy from YAML, as strict as the API server with fieldValidation=Strict. Rules and
 * messages follow k8s.io/kubernetes pkg/apis/networking/validation; section numbers of rules are
 * those of the API reference.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/policy/netpol.h"
#include "core/policy/syntax.h"
#include "core/policy/yaml_tree.h"
#include "core/record/address.h"

/* Grows an array by one zeroed item and evaluates to it; NULL without memory. */
#define APPEND(array, count)                                                                  \
	__extension__({                                                                       \
		__typeof__(array) append_grown =                                              \
			reallocarray((array), (count) + 1, sizeof(*(array)));                 \
		if (append_grown) {                                                           \
			(array) = append_grown;                                               \
			append_grown = memset(&append_grown[(count)++], 0, sizeof(*(array))); \
		}                                                                             \
		append_grown;                                                                 \
	})

static int keep_text(const char *text, char **out)
{
	char *copy = strdup(text);

	if (!copy)
		return -ENOMEM;
	free(*out);
	*out = copy;
	return 0;
}

/* --- selectors --- */

static int read_label_value(struct yaml_tree *tree, yaml_node_t *node, void *values)
{
	const char *text = NULL;
	int error = yaml_tree_text(tree, node, "values", &text);

	if (error)
		return error;
	if (!syntax_is_label_value(text))
		return yaml_tree_refuse(tree, node, "\"%.70s\" is no label value", text);
	return string_list_add(values, text);
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
	return keep_text(text, &requirement->key);
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
	struct netpol_requirement *requirement = object;

	return yaml_tree_sequence(tree, node, "values", read_label_value, &requirement->values);
}

static int read_expression(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	static const struct yaml_field fields[] = {
		{"key", read_expression_key},
		{"operator", read_expression_operator},
		{"values", read_expression_values},
		{NULL, NULL},
	};
	struct netpol_selector *selector = object;
	struct netpol_requirement *requirement =
		APPEND(selector->expressions, selector->expression_count);

	if (!requirement)
		return -ENOMEM;
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
	return yaml_tree_sequence(tree, node, "matchExpressions", read_expression, object);
}

/* A mapping of texts whose keys are not known beforehand. */
static int read_match_labels(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	struct netpol_selector *selector = object;

	if (yaml_tree_is_null(node))
		return 0;
	if (node->type != YAML_MAPPING_NODE)
		return yaml_tree_refuse(tree, node,
					"matchLabels: a mapping of labels was expected");
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++) {
		yaml_node_t *key_node = yaml_document_get_node(tree->document, pair->key);
		yaml_node_t *value_node = yaml_document_get_node(tree->document, pair->value);
		const char *key = NULL;
		const char *value = NULL;
		int error = yaml_tree_text(tree, key_node, "matchLabels key", &key);
		if (!error)
			error = yaml_tree_text(tree, value_node, "matchLabels value", &value);
		if (error)
			return error;
		if (!syntax_is_label_key(key))
			return yaml_tree_refuse(tree, key_node, "\"%.70s\" is no label key", key);
		if (!syntax_is_label_value(value))
			return yaml_tree_refuse(tree, value_node, "\"%.70s\" is no label value",
						value);
		if (labels_get(&selector->match_labels, key))
			return yaml_tree_refuse(tree, key_node, "matchLabels has \"%.60s\" twice",
						key);
		error = labels_set(&selector->match_labels, key, value);
		if (error)
			return error;
	}
	return 0;
}

static int read_selector(struct yaml_tree *tree, yaml_node_t *node, const char *what,
			 struct netpol_selector *selector)
{
	static const struct yaml_field fields[] = {
		{"matchLabels", read_match_labels},
		{"matchExpressions", read_match_expressions},
		{NULL, NULL},
	};

	/* `podSelector:` with nothing behind it is null: not given. */
	if (yaml_tree_is_null(node))
		return 0;
	selector->present = true;
	return yaml_tree_mapping(tree, node, what, fields, selector);
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

	peer->has_block = true;
	return read_cidr(tree, node, "cidr", &peer->block);
}

static int read_except(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	struct netpol_peer *peer = object;
	struct netpol_block *except = APPEND(peer->excepts, peer->except_count);

	return except ? read_cidr(tree, node, "except", except) : -ENOMEM;
}

static int read_block_excepts(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	return yaml_tree_sequence(tree, node, "except", read_except, object);
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
	if (!peer->has_block)
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
	return read_selector(tree, node, "podSelector", &((struct netpol_peer *)object)->pods);
}

static int read_peer_namespaces(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	return read_selector(tree, node, "namespaceSelector",
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
	struct netpol_rule *rule = object;
	struct netpol_peer *peer = APPEND(rule->peers, rule->peer_count);

	if (!peer)
		return -ENOMEM;
	int error = yaml_tree_mapping(tree, node, "a peer", fields, peer);
	if (error)
		return error;
	bool selects = peer->pods.present || peer->namespaces.present;
	if (!selects && !peer->has_block)
		return yaml_tree_refuse(tree, node,
					"a peer needs podSelector, namespaceSelector or ipBlock");
	if (selects && peer->has_block)
		return yaml_tree_refuse(tree, node,
					"a peer with ipBlock can have no selector beside it");
	return 0;
}

static int read_peers(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	return yaml_tree_sequence(tree, node, "peers (from, to)", read_peer, object);
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
	return keep_text(text, &fields->port.name);
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
	struct netpol_rule *rule = object;
	struct port_fields fields = {.port.protocol = FLOW_TCP};
	int error = yaml_tree_mapping(tree, node, "a port", known, &fields);

	if (!error && fields.end_node && (fields.port.first == 0 || fields.end < fields.port.first))
		error = yaml_tree_refuse(tree, fields.end_node,
					 "endPort needs a numeric port that is not above it");
	struct netpol_port *port = error ? NULL : APPEND(rule->ports, rule->port_count);
	if (!port) {
		free(fields.port.name);
		return error ? error : -ENOMEM;
	}
	*port = fields.port;
	port->last = fields.end_node ? (uint16_t)fields.end : port->first;
	return 0;
}

static int read_ports(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	return yaml_tree_sequence(tree, node, "ports", read_port, object);
}

/* --- rules and the policy --- */

static int read_rule(struct yaml_tree *tree, yaml_node_t *node, struct netpol_rules *rules,
		     const char *what, const struct yaml_field *fields)
{
	struct netpol_rule *rule = APPEND(rules->items, rules->count);

	if (!rule)
		return -ENOMEM;
	rule->line = (unsigned int)node->start_mark.line + 1;
	return yaml_tree_mapping(tree, node, what, fields, rule);
}

static int read_ingress_rule(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	static const struct yaml_field fields[] = {
		{"from", read_peers}, {"ports", read_ports}, {NULL, NULL}};

	return read_rule(tree, node, object, "an ingress rule", fields);
}

static int read_egress_rule(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	static const struct yaml_field fields[] = {
		{"to", read_peers}, {"ports", read_ports}, {NULL, NULL}};

	return read_rule(tree, node, object, "an egress rule", fields);
}

/* A policy that is being read, and what its defaults depend on. */
struct policy_fields {
	struct netpol policy;
	unsigned int type_count;
	bool has_types;
	bool has_spec;
};

static int read_ingress(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	return yaml_tree_sequence(tree, node, "ingress", read_ingress_rule,
				  &((struct policy_fields *)object)->policy.ingress);
}

static int read_egress(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	return yaml_tree_sequence(tree, node, "egress", read_egress_rule,
				  &((struct policy_fields *)object)->policy.egress);
}

static int read_type(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	struct policy_fields *fields = object;
	const char *text = NULL;
	int error = yaml_tree_text(tree, node, "policyTypes", &text);

	if (error)
		return error;
	if (++fields->type_count > 2)
		return yaml_tree_refuse(tree, node,
					"policyTypes: at most Ingress and Egress was expected");
	fields->has_types = true;
	if (strcmp(text, "Ingress") == 0)
		fields->policy.ingress.isolates = true;
	else if (strcmp(text, "Egress") == 0)
		fields->policy.egress.isolates = true;
	else
		return yaml_tree_refuse(
			tree, node, "policyTypes \"%.40s\": Ingress or Egress was expected", text);
	return 0;
}

static int read_types(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	return yaml_tree_sequence(tree, node, "policyTypes", read_type, object);
}

static int read_spec_pods(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	return read_selector(tree, node, "podSelector",
			     &((struct policy_fields *)object)->policy.pods);
}

static int read_spec(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	static const struct yaml_field known[] = {
		{"podSelector", read_spec_pods},
		{"policyTypes", read_types},
		{"ingress", read_ingress},
		{"egress", read_egress},
		{NULL, NULL},
	};
	struct policy_fields *fields = object;

	fields->has_spec = true;
	return yaml_tree_mapping(tree, node, "spec", known, fields);
}

static int read_name(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	const char *text = NULL;
	int error = yaml_tree_text(tree, node, "metadata.name", &text);

	if (!error && !syntax_is_dns_subdomain(text))
		error = yaml_tree_refuse(
			tree, node, "metadata.name \"%.60s\": a DNS subdomain was expected", text);
	return error ? error : keep_text(text, &((struct policy_fields *)object)->policy.name);
}

static int read_namespace(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	const char *text = NULL;

	if (yaml_tree_is_null(node))
		return 0;
	int error = yaml_tree_text(tree, node, "metadata.namespace", &text);
	if (!error && !syntax_is_dns_label(text))
		error = yaml_tree_refuse(
			tree, node, "metadata.namespace \"%.60s\": a DNS label was expected", text);
	return error ? error
		     : keep_text(text, &((struct policy_fields *)object)->policy.namespace_name);
}

static int read_metadata(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	/* ObjectMeta, k8s.io/apimachinery pkg/apis/meta/v1 types.go: what a cluster's own answer
	 * contains too. */
	static const struct yaml_field known[] = {
		{"name", read_name},
		{"namespace", read_namespace},
		{"annotations", yaml_tree_ignore},
		{"creationTimestamp", yaml_tree_ignore},
		{"deletionGracePeriodSeconds", yaml_tree_ignore},
		{"deletionTimestamp", yaml_tree_ignore},
		{"finalizers", yaml_tree_ignore},
		{"generateName", yaml_tree_ignore},
		{"generation", yaml_tree_ignore},
		{"labels", yaml_tree_ignore},
		{"managedFields", yaml_tree_ignore},
		{"ownerReferences", yaml_tree_ignore},
		{"resourceVersion", yaml_tree_ignore},
		{"selfLink", yaml_tree_ignore},
		{"uid", yaml_tree_ignore},
		{NULL, NULL},
	};

	return yaml_tree_mapping(tree, node, "metadata", known, object);
}

static int finish_policy(struct yaml_tree *tree, yaml_node_t *node, struct policy_fields *fields)
{
	struct netpol *policy = &fields->policy;

	if (!policy->name)
		return yaml_tree_refuse(tree, node, "metadata.name is required");
	if (!fields->has_spec)
		return yaml_tree_refuse(tree, node, "spec is required");
	/* policyTypes absent: Ingress, and Egress where there are egress rules
	 * (pkg/apis/networking/v1 defaults.go). */
	if (!fields->has_types) {
		policy->ingress.isolates = true;
		policy->egress.isolates = policy->egress.count > 0;
	}
	/* spec.podSelector is no pointer in the API: absent is empty, every pod of the namespace.
	 */
	policy->pods.present = true;
	policy->line = (unsigned int)node->start_mark.line + 1;
	if (!policy->namespace_name && keep_text(tree->default_namespace, &policy->namespace_name))
		return -ENOMEM;
	return keep_text(tree->file, &policy->file);
}

static int read_policy(struct yaml_tree *tree, yaml_node_t *node, struct netpol_set *set)
{
	static const struct yaml_field known[] = {
		{"apiVersion", yaml_tree_ignore}, {"kind", yaml_tree_ignore},
		{"metadata", read_metadata},      {"spec", read_spec},
		{"status", yaml_tree_ignore},     {NULL, NULL},
	};
	struct policy_fields fields = {0};
	int error = yaml_tree_mapping(tree, node, "NetworkPolicy", known, &fields);

	if (!error)
		error = finish_policy(tree, node, &fields);
	if (!error && set->count == set->capacity) {
		size_t capacity = set->capacity ? set->capacity * 2 : 16;
		struct netpol *grown = reallocarray(set->items, capacity, sizeof(*grown));
		if (grown) {
			set->items = grown;
			set->capacity = capacity;
		} else {
			error = -ENOMEM;
		}
	}
	if (error) {
		netpol_clear(&fields.policy);
		return error;
	}
	set->items[set->count++] = fields.policy;
	return 0;
}

static int read_object(struct yaml_tree *tree, yaml_node_t *node, void *set);

/* kind: List, and NetworkPolicyList. What a list's items are is in the items. */
static int read_list(struct yaml_tree *tree, yaml_node_t *node, struct netpol_set *set)
{
	yaml_node_t *items = yaml_tree_get(tree, node, "items");

	return items ? yaml_tree_sequence(tree, items, "items", read_object, set) : 0;
}

static int object_type(struct yaml_tree *tree, yaml_node_t *node, const char *field,
		       const char **text)
{
	yaml_node_t *value = yaml_tree_get(tree, node, field);

	return value ? yaml_tree_text(tree, value, field, text)
		     : yaml_tree_refuse(tree, node, "%s is required", field);
}

static int read_object(struct yaml_tree *tree, yaml_node_t *node, void *set)
{
	struct netpol_set *policies = set;
	const char *kind = NULL;
	const char *version = NULL;

	if (node->type != YAML_MAPPING_NODE)
		return yaml_tree_refuse(tree, node, "a Kubernetes object was expected");
	int error = object_type(tree, node, "kind", &kind);
	if (!error)
		error = object_type(tree, node, "apiVersion", &version);
	if (error)
		return error;
	bool networking = strcmp(version, "networking.k8s.io/v1") == 0;
	if (networking && strcmp(kind, "NetworkPolicy") == 0)
		return read_policy(tree, node, policies);
	/* A list in a list would be read for ever if it named itself. */
	if ((strcmp(version, "v1") == 0 && strcmp(kind, "List") == 0) ||
	    (networking && strcmp(kind, "NetworkPolicyList") == 0)) {
		if (node != yaml_document_get_root_node(tree->document))
			return yaml_tree_refuse(tree, node, "a list inside a list");
		return read_list(tree, node, policies);
	}
	if (strcmp(kind, "NetworkPolicy") == 0)
		return yaml_tree_refuse(tree, node,
					"apiVersion \"%.60s\" of a NetworkPolicy: "
					"networking.k8s.io/v1 was expected",
					version);
	policies->skipped++;
	return 0;
}

static int refuse_syntax(const yaml_parser_t *parser, struct netpol_error *error)
{
	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	error->line = (unsigned int)parser->problem_mark.line + 1;
	error->column = (unsigned int)parser->problem_mark.column + 1;
	snprintf(error->message, sizeof(error->message), "not YAML: %s",
		 parser->problem ? parser->problem : "it cannot be read");
	return -EBADMSG;
}

static int read_documents(yaml_parser_t *parser, struct yaml_tree *tree, struct netpol_set *set)
{
	for (;;) {
		yaml_document_t document;
		if (!yaml_parser_load(parser, &document))
			return refuse_syntax(parser, tree->error);
		yaml_node_t *root = yaml_document_get_root_node(&document);
		if (!root) {
			yaml_document_delete(&document);
			return 0;
		}
		tree->document = &document;
		tree->visited = 0;
		/* `---` with nothing behind it. */
		int error = yaml_tree_is_null(root) ? 0 : read_object(tree, root, set);
		tree->document = NULL;
		yaml_document_delete(&document);
		if (error)
			return error;
	}
}

int netpol_read(struct netpol_set *set, const char *file, const char *text, size_t length,
		const char *default_namespace, struct netpol_error *error)
{
	yaml_parser_t parser;
	struct yaml_tree tree = {
		.error = error, .default_namespace = default_namespace, .file = file};
	size_t before = set->count;
	size_t skipped = set->skipped;

	*error = (struct netpol_error){0};
	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
	int result = read_documents(&parser, &tree, set);
	yaml_parser_delete(&parser);
	if (result) {
		while (set->count > before)
			netpol_clear(&set->items[--set->count]);
		set->skipped = skipped;
	}
	return result;
}
