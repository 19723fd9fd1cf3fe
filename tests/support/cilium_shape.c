/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/cilium_shape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <yaml.h>

#include "core/policy/draft/cilium.h"
#include "core/record/address.h"
#include "tests/support/policy_yaml.h"

/* --- the part of the CRD that the drafter uses --- */

enum shape_type {
	SHAPE_MAP,
	SHAPE_MAPS, /* a list of mappings */
	SHAPE_TEXT,
	SHAPE_NUMBER,
	SHAPE_CIDR,
	SHAPE_CIDRS,    /* a list of address blocks */
	SHAPE_ENTITIES, /* a list of entities: fixed words such as "host" */
	SHAPE_NAME,     /* pattern ^([-a-zA-Z0-9_]+[.]?)+$, at most 255 characters */
	SHAPE_PATTERN,  /* a name that may contain * */
	SHAPE_PORT,     /* a number or a name, as text */
	SHAPE_PROTOCOL,
	SHAPE_LABELS,  /* a mapping of label keys to label values */
	SHAPE_FOREIGN, /* a field of the CRD that drafts do not use */
};

struct shape {
	const char *field; /* NULL ends a table */
	const struct shape *inner;
	enum shape_type type;
};

static const struct shape selector_shape[] = {
	{"matchLabels", NULL, SHAPE_LABELS},
	{"matchExpressions", NULL, SHAPE_FOREIGN},
	{NULL, NULL, SHAPE_MAP},
};
static const struct shape name_shape[] = {
	{"matchName", NULL, SHAPE_NAME},
	{"matchPattern", NULL, SHAPE_PATTERN},
	{NULL, NULL, SHAPE_MAP},
};
static const struct shape layer7_shape[] = {
	{"dns", name_shape, SHAPE_MAPS},
	{"http", NULL, SHAPE_FOREIGN},
	{NULL, NULL, SHAPE_MAP},
};
static const struct shape port_shape[] = {
	{"port", NULL, SHAPE_PORT},
	{"endPort", NULL, SHAPE_NUMBER},
	{"protocol", NULL, SHAPE_PROTOCOL},
	{NULL, NULL, SHAPE_MAP},
};
static const struct shape to_ports_shape[] = {
	{"listener", NULL, SHAPE_FOREIGN},
	{"originatingTLS", NULL, SHAPE_FOREIGN},
	{"ports", port_shape, SHAPE_MAPS},
	{"rules", layer7_shape, SHAPE_MAP},
	{"serverNames", NULL, SHAPE_FOREIGN},
	{"terminatingTLS", NULL, SHAPE_FOREIGN},
	{NULL, NULL, SHAPE_MAP},
};
static const struct shape cidr_set_shape[] = {
	{"cidr", NULL, SHAPE_CIDR},
	{"cidrGroupRef", NULL, SHAPE_FOREIGN},
	{"except", NULL, SHAPE_CIDRS},
	{NULL, NULL, SHAPE_MAP},
};
static const struct shape egress_shape[] = {
	{"authentication", NULL, SHAPE_FOREIGN},
	{"icmps", NULL, SHAPE_FOREIGN},
	{"toCIDR", NULL, SHAPE_CIDRS},
	{"toCIDRSet", cidr_set_shape, SHAPE_MAPS},
	{"toEndpoints", selector_shape, SHAPE_MAPS},
	{"toEntities", NULL, SHAPE_ENTITIES},
	{"toFQDNs", name_shape, SHAPE_MAPS},
	{"toGroups", NULL, SHAPE_FOREIGN},
	{"toNodes", NULL, SHAPE_FOREIGN},
	{"toPorts", to_ports_shape, SHAPE_MAPS},
	{"toServices", NULL, SHAPE_FOREIGN},
	{NULL, NULL, SHAPE_MAP},
};
static const struct shape ingress_shape[] = {
	{"authentication", NULL, SHAPE_FOREIGN},     {"fromCIDR", NULL, SHAPE_CIDRS},
	{"fromCIDRSet", cidr_set_shape, SHAPE_MAPS}, {"fromEndpoints", selector_shape, SHAPE_MAPS},
	{"fromEntities", NULL, SHAPE_ENTITIES},      {"fromGroups", NULL, SHAPE_FOREIGN},
	{"fromNodes", NULL, SHAPE_FOREIGN},          {"icmps", NULL, SHAPE_FOREIGN},
	{"toPorts", to_ports_shape, SHAPE_MAPS},     {NULL, NULL, SHAPE_MAP},
};
static const struct shape spec_shape[] = {
	{"description", NULL, SHAPE_FOREIGN},
	{"egress", egress_shape, SHAPE_MAPS},
	{"egressDeny", NULL, SHAPE_FOREIGN},
	{"enableDefaultDeny", NULL, SHAPE_FOREIGN},
	{"endpointSelector", selector_shape, SHAPE_MAP},
	{"ingress", ingress_shape, SHAPE_MAPS},
	{"ingressDeny", NULL, SHAPE_FOREIGN},
	{"labels", NULL, SHAPE_FOREIGN},
	{"log", NULL, SHAPE_FOREIGN},
	{"nodeSelector", NULL, SHAPE_FOREIGN},
	{NULL, NULL, SHAPE_MAP},
};
static const struct shape metadata_shape[] = {
	{"name", NULL, SHAPE_TEXT},
	{"namespace", NULL, SHAPE_TEXT},
	{NULL, NULL, SHAPE_MAP},
};
static const struct shape policy_shape[] = {
	{"apiVersion", NULL, SHAPE_TEXT},
	{"kind", NULL, SHAPE_TEXT},
	{"metadata", metadata_shape, SHAPE_MAP},
	{"spec", spec_shape, SHAPE_MAP},
	{NULL, NULL, SHAPE_MAP},
};

/* --- reading --- */

static yaml_node_t *node_of(yaml_document_t *document, int index)
{
	yaml_node_t *node = yaml_document_get_node(document, index);

	assert_non_null(node);
	return node;
}

static const char *text_of(const yaml_node_t *node)
{
	assert_int_equal(node->type, YAML_SCALAR_NODE);
	return (const char *)node->data.scalar.value;
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

static yaml_node_t *item(yaml_document_t *document, const yaml_node_t *list, size_t index)
{
	return node_of(document, list->data.sequence.items.start[index]);
}

/* Returns the value of a key, or NULL. */
static yaml_node_t *find(yaml_document_t *document, const yaml_node_t *map, const char *key)
{
	for (size_t i = 0; i < pair_count(map); i++) {
		const yaml_node_pair_t *pair = &map->data.mapping.pairs.start[i];
		if (strcmp(text_of(node_of(document, pair->key)), key) == 0)
			return node_of(document, pair->value);
	}
	return NULL;
}

/* --- checking a document against the shape --- */

static void check_word(const char *text, const char *const *words)
{
	for (; *words; words++) {
		if (strcmp(text, *words) == 0)
			return;
	}
	fail_msg("'%s' is none of the words", text);
}

static void check_name(const char *text, const char *more)
{
	size_t length = strlen(text);
	bool dot = true;

	assert_in_range(length, 1, 255);
	for (size_t i = 0; i < length; i++) {
		bool inner = (text[i] >= 'a' && text[i] <= 'z') ||
			     (text[i] >= '0' && text[i] <= '9') || strchr("-_", text[i]) != NULL ||
			     strchr(more, text[i]) != NULL;
		if (!inner && (text[i] != '.' || dot))
			fail_msg("name '%s'", text);
		dot = text[i] == '.';
	}
}

static void check_port(const yaml_node_t *node)
{
	const char *text = text_of(node);
	char *end = NULL;
	unsigned long number = strtoul(text, &end, 10);

	/* The field is a string, so a port number needs quotes. */
	assert_int_equal(node->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE,
			 policy_yaml_needs_quotes(text));
	if (*end == '\0')
		assert_in_range(number, 0, 65535);
	else
		check_name(text, "");
}

static void check_cidr(const char *text)
{
	char *copy = strdup(text);
	char *slash = strchr(copy, '/');
	struct flow_address address;
	uint8_t family;

	assert_non_null(slash);
	*slash = '\0';
	assert_int_equal(address_parse(copy, &family, &address), 0);
	assert_in_range(strtoul(slash + 1, NULL, 10), 0, family == 4 ? 32 : 128);
	free(copy);
}

static void check_scalar(const yaml_node_t *node, enum shape_type type)
{
	static const char *const protocols[] = {"TCP", "UDP", "SCTP", NULL};
	const char *text = text_of(node);

	switch (type) {
	case SHAPE_NUMBER:
		assert_int_equal(node->data.scalar.style, YAML_PLAIN_SCALAR_STYLE);
		assert_in_range(strtoul(text, NULL, 10), 1, 65535);
		break;
	case SHAPE_CIDR:
		check_cidr(text);
		break;
	case SHAPE_NAME:
		check_name(text, "");
		break;
	case SHAPE_PATTERN:
		check_name(text, "*");
		break;
	case SHAPE_PORT:
		check_port(node);
		break;
	case SHAPE_PROTOCOL:
		check_word(text, protocols);
		break;
	default:
		assert_true(text[0] != '\0');
		break;
	}
}

static void check_texts(yaml_document_t *document, const yaml_node_t *list, enum shape_type type)
{
	static const char *const entities[] = {"host", "remote-node", "kube-apiserver", "cluster",
					       NULL};

	assert_true(item_count(list) > 0);
	for (size_t i = 0; i < item_count(list); i++) {
		const yaml_node_t *node = item(document, list, i);
		assert_false(node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
			     policy_yaml_needs_quotes(text_of(node)));
		if (type == SHAPE_CIDRS)
			check_cidr(text_of(node));
		else
			check_word(text_of(node), entities);
	}
}

/* Checks that keys and values have quotes where YAML requires them, and that each label is the
 * pod's namespace or a label by which Cilium identifies pods. */
static void check_labels(yaml_document_t *document, const yaml_node_t *map)
{
	assert_true(pair_count(map) > 0);
	for (size_t i = 0; i < pair_count(map); i++) {
		const yaml_node_pair_t *pair = &map->data.mapping.pairs.start[i];
		const yaml_node_t *key = node_of(document, pair->key);
		const yaml_node_t *value = node_of(document, pair->value);
		assert_false(key->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
			     policy_yaml_needs_quotes(text_of(key)));
		assert_false(value->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
			     policy_yaml_needs_quotes(text_of(value)));
		assert_memory_equal(text_of(key), "k8s:", 4);
		assert_true(strcmp(text_of(key) + 4, "io.kubernetes.pod.namespace") == 0 ||
			    cilium_knows_label(text_of(key) + 4));
		assert_true(strlen(text_of(value)) <= 63);
	}
}

static void check_node(yaml_document_t *document, const yaml_node_t *node,
		       const struct shape *shape, enum shape_type type);

static void check_map(yaml_document_t *document, const yaml_node_t *map, const struct shape *shapes)
{
	assert_true(pair_count(map) > 0);
	for (size_t i = 0; i < pair_count(map); i++) {
		const yaml_node_pair_t *pair = &map->data.mapping.pairs.start[i];
		const char *key = text_of(node_of(document, pair->key));
		const struct shape *shape = shapes;
		while (shape->field && strcmp(shape->field, key) != 0)
			shape++;
		if (!shape->field || shape->type == SHAPE_FOREIGN)
			fail_msg("line %zu: field %s", map->start_mark.line + 1, key);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(
				text_of(node_of(document, map->data.mapping.pairs.start[k].key)),
				key);
		check_node(document, node_of(document, pair->value), shape->inner, shape->type);
	}
}

static void check_node(yaml_document_t *document, const yaml_node_t *node,
		       const struct shape *shape, enum shape_type type)
{
	switch (type) {
	case SHAPE_MAP:
		check_map(document, node, shape);
		break;
	case SHAPE_MAPS:
		assert_true(item_count(node) > 0);
		for (size_t i = 0; i < item_count(node); i++)
			check_map(document, item(document, node, i), shape);
		break;
	case SHAPE_CIDRS:
	case SHAPE_ENTITIES:
		check_texts(document, node, type);
		break;
	case SHAPE_LABELS:
		check_labels(document, node);
		break;
	default:
		check_scalar(node, type);
		break;
	}
}

/* Whether check_rule has found rules for names (toFQDNs) and a DNS rule in a document. */
struct content {
	bool names;
	bool dns;
};

/* Checks that a rule has one kind of peer, and at most 40 ports in each list (PortRule.sanitize and
 * EgressRule.sanitize, github.com/cilium/cilium pkg/policy/api). */
static void check_rule(yaml_document_t *document, const yaml_node_t *rule, bool egress,
		       struct content *content)
{
	const yaml_node_t *lists = find(document, rule, "toPorts");

	assert_non_null(lists);
	assert_int_equal(pair_count(rule), 2);
	content->names |= find(document, rule, "toFQDNs") != NULL;
	for (size_t i = 0; i < item_count(lists); i++) {
		const yaml_node_t *list = item(document, lists, i);
		const yaml_node_t *rules = find(document, list, "rules");
		assert_in_range(item_count(find(document, list, "ports")), 1, 40);
		if (!rules)
			continue;
		assert_true(egress);
		assert_null(find(document, rule, "toFQDNs"));
		content->dns = true;
	}
}

static void check_document(yaml_document_t *document, const struct netpol *policy)
{
	const yaml_node_t *root = yaml_document_get_root_node(document);
	const yaml_node_t *spec = find(document, root, "spec");
	struct content content = {false, false};

	check_map(document, root, policy_shape);
	assert_string_equal(text_of(find(document, root, "apiVersion")), "cilium.io/v2");
	assert_string_equal(text_of(find(document, root, "kind")), "CiliumNetworkPolicy");
	assert_non_null(find(document, spec, "endpointSelector"));
	for (int d = 0; d < NETPOL_DIRECTIONS; d++) {
		bool egress = d == NETPOL_EGRESS;
		const yaml_node_t *rules = find(document, spec, egress ? "egress" : "ingress");
		/* The field isolates the pods in its direction, so a document has it only if the
		 * policy has rules for the direction. */
		assert_int_equal(rules != NULL, policy->rules[d].count > 0);
		for (size_t i = 0; rules && i < item_count(rules); i++)
			check_rule(document, item(document, rules, i), egress, &content);
	}
	/* Cilium learns the addresses of names only if a DNS rule passes DNS through its proxy. So
	 * rules for names need a DNS rule, and drafts have no DNS rule for another purpose. */
	assert_int_equal(content.names, content.dns);
}

void cilium_shape_check(const char *text, size_t length, const struct draft_set *set)
{
	yaml_parser_t parser;
	size_t count = 0;

	assert_true(yaml_parser_initialize(&parser));
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
	for (;;) {
		yaml_document_t document;
		if (!yaml_parser_load(&parser, &document))
			fail_msg("line %zu: %s", parser.problem_mark.line + 1, parser.problem);
		bool end = !yaml_document_get_root_node(&document);
		if (!end) {
			assert_true(count < set->policies.count);
			check_document(&document, &set->policies.items[count++]);
		}
		yaml_document_delete(&document);
		if (end)
			break;
	}
	assert_int_equal(count, set->policies.count);
	yaml_parser_delete(&parser);
}
