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

#include "core/policy/netpol/netpol.h"
#include "core/policy/netpol/netpol_read_parts.h"
#include "core/policy/netpol/syntax.h"
#include "core/policy/netpol/yaml_tree.h"

static int read_rule(struct yaml_tree *tree, yaml_node_t *node, struct netpol_rule *rule,
		     const char *what, const struct yaml_field *fields)
{
	rule->line = (unsigned int)node->start_mark.line + 1;
	return yaml_tree_mapping(tree, node, what, fields, rule);
}

static int read_ingress_rule(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	static const struct yaml_field fields[] = {
		{"from", netpol_read_peers}, {"ports", netpol_read_ports}, {NULL, NULL}};

	return read_rule(tree, node, object, "an ingress rule", fields);
}

static int read_egress_rule(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	static const struct yaml_field fields[] = {
		{"to", netpol_read_peers}, {"ports", netpol_read_ports}, {NULL, NULL}};

	return read_rule(tree, node, object, "an egress rule", fields);
}

/* A policy that is being read, and what its defaults depend on. */
struct policy_fields {
	struct netpol policy;
	unsigned int type_count;
	bool has_types;
	bool has_spec;
};

static int read_rules(struct yaml_tree *tree, yaml_node_t *node,
		      const struct netpol_list_type *type, struct netpol_rules *rules)
{
	void *items = NULL;
	int error = netpol_read_list(tree, node, type, &items, &rules->count);

	rules->items = items;
	return error;
}

static int read_ingress(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	static const struct netpol_list_type ingress = {"ingress", sizeof(struct netpol_rule),
							read_ingress_rule};

	return read_rules(tree, node, &ingress,
			  &((struct policy_fields *)object)->policy.rules[NETPOL_INGRESS]);
}

static int read_egress(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	static const struct netpol_list_type egress = {"egress", sizeof(struct netpol_rule),
						       read_egress_rule};

	return read_rules(tree, node, &egress,
			  &((struct policy_fields *)object)->policy.rules[NETPOL_EGRESS]);
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
		fields->policy.rules[NETPOL_INGRESS].isolates = true;
	else if (strcmp(text, "Egress") == 0)
		fields->policy.rules[NETPOL_EGRESS].isolates = true;
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
	return netpol_read_selector(tree, node, "podSelector",
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
	return error ? error
		     : netpol_read_copy(tree, text, &((struct policy_fields *)object)->policy.name);
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
		     : netpol_read_copy(tree, text,
					&((struct policy_fields *)object)->policy.namespace_name);
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

static const struct netpol_selector select_all;

/* The one namespace that a selector asks for by its name, or NULL. */
static const char *get_only_namespace(const struct netpol_selector *selector)
{
	const struct labels *labels = &selector->labels;

	return labels->count == 1 && selector->requirement_count == 0 &&
			       strcmp(labels->items[0].key, NETPOL_NAMESPACE_LABEL) == 0
		       ? labels->items[0].value
		       : NULL;
}

/* Resolves absent selectors, and the name of the namespace where it is known. */
static void settle_peers(const struct netpol *policy, struct netpol_rule *rule)
{
	for (size_t i = 0; i < rule->peer_count; i++) {
		struct netpol_peer *peer = &rule->peers[i];
		if (peer->kind != NETPOL_PEER_PODS)
			continue;
		if (!peer->pods)
			peer->pods = &select_all;
		peer->namespace_name = peer->namespaces ? get_only_namespace(peer->namespaces)
							: policy->namespace_name;
		if (peer->namespace_name)
			peer->namespaces = NULL;
	}
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
		policy->rules[NETPOL_INGRESS].isolates = true;
		policy->rules[NETPOL_EGRESS].isolates = policy->rules[NETPOL_EGRESS].count > 0;
	}
	/* spec.podSelector is no pointer in the API: an absent one is an empty one. */
	if (!policy->pods)
		policy->pods = &select_all;
	policy->line = (unsigned int)node->start_mark.line + 1;
	if (!policy->namespace_name &&
	    netpol_read_copy(tree, tree->default_namespace, &policy->namespace_name))
		return -ENOMEM;
	for (int d = 0; d < NETPOL_DIRECTIONS; d++) {
		for (size_t i = 0; i < policy->rules[d].count; i++)
			settle_peers(policy, &policy->rules[d].items[i]);
	}
	return netpol_read_copy(tree, tree->file, &policy->file);
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
	struct netpol *added = error ? NULL : netpol_set_add(set);
	if (!added)
		return error ? error : -ENOMEM;
	*added = fields.policy;
	return 0;
}

static int read_object(struct yaml_tree *tree, yaml_node_t *node, void *set);

/* An item of a NetworkPolicyList. The API server leaves out of its items what the list says. */
static int read_item(struct yaml_tree *tree, yaml_node_t *node, void *set)
{
	if (node->type == YAML_MAPPING_NODE && !yaml_tree_get(tree, node, "kind") &&
	    !yaml_tree_get(tree, node, "apiVersion"))
		return read_policy(tree, node, set);
	return read_object(tree, node, set);
}

/* kind: List, whose items say what they are, and NetworkPolicyList. */
static int read_list(struct yaml_tree *tree, yaml_node_t *node, bool of_policies,
		     struct netpol_set *set)
{
	yaml_node_t *items = yaml_tree_get(tree, node, "items");

	return items ? yaml_tree_sequence(tree, items, "items",
					  of_policies ? read_item : read_object, set)
		     : 0;
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
		return read_list(tree, node, networking, policies);
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
		.error = error, .set = set, .default_namespace = default_namespace, .file = file};
	size_t before = set->count;
	size_t skipped = set->skipped;

	*error = (struct netpol_error){0};
	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
	int result = read_documents(&parser, &tree, set);
	yaml_parser_delete(&parser);
	if (result) {
		set->count = before;
		set->skipped = skipped;
	}
	return result;
}
