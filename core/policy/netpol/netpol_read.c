/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NetworkPolicy from YAML, as strict as the API server with fieldValidation=Strict. Rules and
 * messages follow k8s.io/kubernetes pkg/apis/networking/validation.
 */
#include <errno.h>
#include <string.h>

#include "core/policy/netpol/netpol.h"
#include "core/policy/netpol/netpol_read_parts.h"
#include "core/policy/netpol/syntax.h"

static int netpol_read_rule(struct yaml_error *error, const struct yaml_node *node, void *object,
			    const char *what, const struct yaml_field *fields)
{
	const struct netpol_target *target = object;
	struct netpol_rule *rule = target->item;

	rule->line = node->line;
	return yaml_decode_mapping(error, node, what, fields, object);
}

static int netpol_read_ingress_rule(struct yaml_error *error, const struct yaml_node *node,
				    void *object)
{
	static const struct yaml_field fields[] = {
		{"from", netpol_read_peers}, {"ports", netpol_read_ports}, {NULL, NULL}};

	return netpol_read_rule(error, node, object, "an ingress rule", fields);
}

static int netpol_read_egress_rule(struct yaml_error *error, const struct yaml_node *node,
				   void *object)
{
	static const struct yaml_field fields[] = {
		{"to", netpol_read_peers}, {"ports", netpol_read_ports}, {NULL, NULL}};

	return netpol_read_rule(error, node, object, "an egress rule", fields);
}

/* A policy while it is read, and the fields that its defaults depend on. */
struct netpol_fields {
	struct netpol policy;
	unsigned int type_count;
	bool has_types;
	bool has_spec;
};

static int netpol_read_ingress(struct yaml_error *error, const struct yaml_node *node, void *object)
{
	static const struct netpol_list_type ingress =
		NETPOL_LIST("ingress", netpol_read_ingress_rule, struct netpol_fields,
			    policy.rules[NETPOL_INGRESS].items, policy.rules[NETPOL_INGRESS].count);

	return netpol_read_list(error, node, &ingress, object);
}

static int netpol_read_egress(struct yaml_error *error, const struct yaml_node *node, void *object)
{
	static const struct netpol_list_type egress =
		NETPOL_LIST("egress", netpol_read_egress_rule, struct netpol_fields,
			    policy.rules[NETPOL_EGRESS].items, policy.rules[NETPOL_EGRESS].count);

	return netpol_read_list(error, node, &egress, object);
}

static int netpol_read_type(struct yaml_error *error, const struct yaml_node *node, void *object)
{
	const struct netpol_target *target = object;
	struct netpol_fields *fields = target->item;
	const char *text = NULL;
	int result = yaml_decode_text(error, node, "policyTypes", &text);

	if (result)
		return result;
	if (++fields->type_count > 2)
		return yaml_refuse(error, node,
				   "policyTypes: at most Ingress and Egress was expected");
	fields->has_types = true;
	if (strcmp(text, "Ingress") == 0)
		fields->policy.rules[NETPOL_INGRESS].isolates = true;
	else if (strcmp(text, "Egress") == 0)
		fields->policy.rules[NETPOL_EGRESS].isolates = true;
	else
		return yaml_refuse(error, node,
				   "policyTypes \"%.40s\": Ingress or Egress was expected", text);
	return 0;
}

static int netpol_read_types(struct yaml_error *error, const struct yaml_node *node, void *object)
{
	return yaml_decode_list(error, node, "policyTypes", netpol_read_type, object);
}

static int netpol_read_spec_pods(struct yaml_error *error, const struct yaml_node *node,
				 void *object)
{
	const struct netpol_target *target = object;
	struct netpol_fields *fields = target->item;

	return netpol_read_selector(error, node, "podSelector", target->reader,
				    &fields->policy.pods);
}

static int netpol_read_spec(struct yaml_error *error, const struct yaml_node *node, void *object)
{
	static const struct yaml_field known[] = {
		{"podSelector", netpol_read_spec_pods},
		{"policyTypes", netpol_read_types},
		{"ingress", netpol_read_ingress},
		{"egress", netpol_read_egress},
		{NULL, NULL},
	};
	const struct netpol_target *target = object;
	struct netpol_fields *fields = target->item;

	fields->has_spec = true;
	return yaml_decode_mapping(error, node, "spec", known, object);
}

static int netpol_read_name(struct yaml_error *error, const struct yaml_node *node, void *object)
{
	const struct netpol_target *target = object;
	struct netpol_fields *fields = target->item;
	const char *text = NULL;
	int result = yaml_decode_text(error, node, "metadata.name", &text);

	if (!result && !syntax_is_dns_subdomain(text))
		result = yaml_refuse(error, node,
				     "metadata.name \"%.60s\": a DNS subdomain was expected", text);
	return result ? result : netpol_read_copy(target, text, &fields->policy.name);
}

static int netpol_read_namespace(struct yaml_error *error, const struct yaml_node *node,
				 void *object)
{
	const struct netpol_target *target = object;
	struct netpol_fields *fields = target->item;
	const char *text = NULL;

	if (yaml_is_null(node))
		return 0;
	int result = yaml_decode_text(error, node, "metadata.namespace", &text);
	if (!result && !syntax_is_dns_label(text))
		result =
			yaml_refuse(error, node,
				    "metadata.namespace \"%.60s\": a DNS label was expected", text);
	return result ? result : netpol_read_copy(target, text, &fields->policy.namespace_name);
}

static int netpol_read_metadata(struct yaml_error *error, const struct yaml_node *node,
				void *object)
{
	/* ObjectMeta, k8s.io/apimachinery pkg/apis/meta/v1 types.go, with the fields that only
	 * the API server sets. */
	static const struct yaml_field known[] = {
		{"name", netpol_read_name},
		{"namespace", netpol_read_namespace},
		{"annotations", NULL},
		{"creationTimestamp", NULL},
		{"deletionGracePeriodSeconds", NULL},
		{"deletionTimestamp", NULL},
		{"finalizers", NULL},
		{"generateName", NULL},
		{"generation", NULL},
		{"labels", NULL},
		{"managedFields", NULL},
		{"ownerReferences", NULL},
		{"resourceVersion", NULL},
		{"selfLink", NULL},
		{"uid", NULL},
		{NULL, NULL},
	};

	return yaml_decode_mapping(error, node, "metadata", known, object);
}

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

static int netpol_finish(struct yaml_error *error, const struct yaml_node *node,
			 const struct netpol_target *target)
{
	struct netpol_fields *fields = target->item;
	struct netpol *policy = &fields->policy;

	if (!policy->name)
		return yaml_refuse(error, node, "metadata.name is required");
	if (!fields->has_spec)
		return yaml_refuse(error, node, "spec is required");
	/* policyTypes absent: Ingress, and Egress where there are egress rules
	 * (pkg/apis/networking/v1 defaults.go). */
	if (!fields->has_types) {
		policy->rules[NETPOL_INGRESS].isolates = true;
		policy->rules[NETPOL_EGRESS].isolates = policy->rules[NETPOL_EGRESS].count > 0;
	}
	/* spec.podSelector is no pointer in the API: an absent one is an empty one. */
	if (!policy->pods)
		policy->pods = &netpol_select_all;
	policy->line = node->line;
	if (!policy->namespace_name &&
	    netpol_read_copy(target, target->reader->default_namespace, &policy->namespace_name))
		return -ENOMEM;
	for (int d = 0; d < NETPOL_DIRECTIONS; d++) {
		for (size_t i = 0; i < policy->rules[d].count; i++)
			netpol_settle_peers(policy, &policy->rules[d].items[i]);
	}
	return netpol_read_copy(target, target->reader->file, &policy->file);
}

static int netpol_read_policy(struct yaml_error *error, const struct yaml_node *node,
			      const struct netpol_reader *reader)
{
	static const struct yaml_field known[] = {
		{"apiVersion", NULL},       {"kind", NULL},   {"metadata", netpol_read_metadata},
		{"spec", netpol_read_spec}, {"status", NULL}, {NULL, NULL},
	};
	struct netpol_fields fields = {0};
	struct netpol_target target = {reader, &fields};
	int result = yaml_decode_mapping(error, node, "NetworkPolicy", known, &target);

	if (!result)
		result = netpol_finish(error, node, &target);
	struct netpol *added = result ? NULL : netpol_set_add(reader->set);
	if (!added)
		return result ? result : -ENOMEM;
	*added = fields.policy;
	return 0;
}

static int netpol_read_object(struct yaml_error *error, const struct yaml_node *node, void *object);

/* Reads an item of a NetworkPolicyList: the API server writes them without a kind. */
static int netpol_read_item(struct yaml_error *error, const struct yaml_node *node, void *object)
{
	if (node->kind == YAML_MAPPING && !yaml_get(node, "kind") && !yaml_get(node, "apiVersion"))
		return netpol_read_policy(error, node, object);
	return netpol_read_object(error, node, object);
}

static int netpol_read_type_of(struct yaml_error *error, const struct yaml_node *node,
			       const char *field, const char **text)
{
	const struct yaml_node *value = yaml_get(node, field);

	return value ? yaml_decode_text(error, value, field, text)
		     : yaml_refuse(error, node, "%s is required", field);
}

static int netpol_read_object(struct yaml_error *error, const struct yaml_node *node, void *object)
{
	const struct netpol_reader *reader = object;
	const char *kind = NULL;
	const char *version = NULL;

	if (node->kind != YAML_MAPPING)
		return yaml_refuse(error, node, "a Kubernetes object was expected");
	int result = netpol_read_type_of(error, node, "kind", &kind);
	if (!result)
		result = netpol_read_type_of(error, node, "apiVersion", &version);
	if (result)
		return result;
	bool networking = strcmp(version, "networking.k8s.io/v1") == 0;
	bool policies = networking && strcmp(kind, "NetworkPolicyList") == 0;
	if (networking && strcmp(kind, "NetworkPolicy") == 0)
		return netpol_read_policy(error, node, reader);
	if (policies || (strcmp(version, "v1") == 0 && strcmp(kind, "List") == 0)) {
		const struct yaml_node *items = yaml_get(node, "items");
		if (node != reader->root)
			return yaml_refuse(error, node, "a list inside a list");
		return items ? yaml_decode_list(error, items, "items",
						policies ? netpol_read_item : netpol_read_object,
						object)
			     : 0;
	}
	if (strcmp(kind, "NetworkPolicy") == 0)
		return yaml_refuse(error, node,
				   "apiVersion \"%.60s\" of a NetworkPolicy: "
				   "networking.k8s.io/v1 was expected",
				   version);
	reader->set->skipped++;
	return 0;
}

static int netpol_read_documents(struct yaml_reader *yaml, struct netpol_reader *reader,
				 struct yaml_error *error)
{
	for (;;) {
		int result = yaml_reader_next(yaml, &reader->root, error);
		if (result || !reader->root)
			return result;
		/* `---` with nothing behind it is null. */
		if (!yaml_is_null(reader->root))
			result = netpol_read_object(error, reader->root, reader);
		if (result)
			return result;
	}
}

int netpol_read(struct netpol_set *set, const char *file, const char *text, size_t length,
		const char *default_namespace, struct yaml_error *error)
{
	struct netpol_reader reader = {
		.set = set, .file = file, .default_namespace = default_namespace};
	struct yaml_reader *yaml;
	size_t count = set->count;
	size_t skipped = set->skipped;

	*error = (struct yaml_error){0};
	if (yaml_reader_new(text, length, &yaml))
		return -ENOMEM;
	int result = netpol_read_documents(yaml, &reader, error);
	yaml_reader_free(yaml);
	if (result) {
		set->count = count;
		set->skipped = skipped;
	}
	return result;
}
