/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the documents of a text: NetworkPolicies, lists of NetworkPolicies, and other documents
 * that people store in the same files. Reports an error for each document that has one. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "core/base/yaml_decode.h"
#include "core/policy/netpol/netpol.h"
#include "core/policy/netpol/netpol_decode.h"
#include "core/policy/netpol/netpol_kinds.h"
#include "core/policy/netpol/netpol_read.h"

/* The state of one call of netpol_read_all. */
struct netpol_reader {
	const struct netpol_source *source;
	struct netpol_set *set;
	const struct yaml_node *root; /* of the document */
};

/* --- kinds --- */

/* Finds the field kind or apiVersion. Refuses an object that has the field twice. */
static int netpol_find_field(const struct yaml_decoding *decoding, const struct yaml_node *node,
			     const char *field, const struct yaml_node **value)
{
	*value = NULL;
	for (size_t i = 0; i < node->count; i++) {
		if (!yaml_is(node->items[2 * i], field))
			continue;
		if (*value)
			return yaml_refuse(decoding->error, node->items[2 * i],
					   "an object has the field \"%s\" twice", field);
		*value = node->items[2 * i + 1];
	}
	return 0;
}

/* Returns true if a mapping that lacks its kind, its apiVersion or both is probably meant as a
 * Kubernetes object. kustomization.yaml, Chart.yaml and Helm values are not. */
static bool netpol_is_meant_as_object(const struct yaml_node *node, const struct yaml_node *kind)
{
	return (yaml_get(node, "metadata") && yaml_get(node, "spec")) ||
	       yaml_is(kind, "NetworkPolicy") || yaml_is(kind, "NetworkPolicyList");
}

/* Gets the kind and the version of an object. *kind is NULL if the document is not a Kubernetes
 * object and can be skipped. */
static int netpol_get_kind(const struct yaml_decoding *decoding, const struct netpol_reader *reader,
			   const struct yaml_node *node, const char **kind, const char **version)
{
	const struct yaml_node *fields[2];

	int result = netpol_find_field(decoding, node, "kind", &fields[0]);
	if (!result)
		result = netpol_find_field(decoding, node, "apiVersion", &fields[1]);
	if (result)
		return result;
	if (!fields[0] || !fields[1]) {
		if (node == reader->root && !netpol_is_meant_as_object(node, fields[0]))
			return 0;
		return yaml_refuse(decoding->error, node, "%s is required",
				   fields[0] ? "apiVersion" : "kind");
	}
	result = yaml_decode_text(decoding->error, fields[0], "kind", kind);
	return result ? result
		      : yaml_decode_text(decoding->error, fields[1], "apiVersion", version);
}

/* Stores the name of a policy that is not judged. */
static int netpol_add_unjudged(const struct netpol_reader *reader, const struct yaml_node *node,
			       const char *kind, const char *version)
{
	const struct yaml_node *metadata = yaml_get(node, "metadata");
	const struct yaml_node *name = yaml_get(metadata, "name");
	const struct yaml_node *namespace_name = yaml_get(metadata, "namespace");
	const struct netpol_unjudged policy = {
		.kind = kind,
		.version = version,
		.namespace_name =
			namespace_name && namespace_name->text ? namespace_name->text : "",
		.name = name && name->text ? name->text : "",
		.file = reader->source->file,
		.line = node->line,
	};

	return netpol_set_add_unjudged(reader->set, &policy);
}

/* --- objects --- */

static int netpol_read_object(const struct yaml_decoding *decoding, const struct yaml_node *node,
			      const void *type, void *member);

/* Reads an item of a NetworkPolicyList, which the API server writes without a kind. */
static int netpol_read_item(const struct yaml_decoding *decoding, const struct yaml_node *node,
			    const void *type, void *member)
{
	const struct netpol_reader *reader = member;

	if (node->kind == YAML_MAPPING && !yaml_get(node, "kind") && !yaml_get(node, "apiVersion"))
		return netpol_read_policy(reader->source, reader->set, decoding, node);
	return netpol_read_object(decoding, node, type, member);
}

static int netpol_read_list(const struct yaml_decoding *decoding, const struct yaml_node *node,
			    bool is_policies, struct netpol_reader *reader)
{
	static const struct yaml_list objects = {.what = "items", .decode = netpol_read_object};
	static const struct yaml_list policies = {.what = "items", .decode = netpol_read_item};
	const struct yaml_node *items = yaml_get(node, "items");

	if (node != reader->root)
		return yaml_refuse(decoding->error, node, "a list inside a list");
	return items ? yaml_decode_list(decoding, items, is_policies ? &policies : &objects, reader)
		     : 0;
}

/* Reads any object. `member` is a struct netpol_reader. */
static int netpol_read_object(const struct yaml_decoding *decoding, const struct yaml_node *node,
			      const void *type, void *member)
{
	struct netpol_reader *reader = member;
	struct netpol_set *set = reader->set;
	const char *kind = NULL;
	const char *version = NULL;

	(void)type;
	/* A document that is a list is not an object, but probably a patch of kustomize. */
	if (node->kind == YAML_LIST && node == reader->root) {
		set->skipped++;
		return 0;
	}
	if (node->kind != YAML_MAPPING)
		return yaml_refuse(decoding->error, node, "a Kubernetes object was expected");
	int result = netpol_get_kind(decoding, reader, node, &kind, &version);
	if (result)
		return result;
	if (!kind || !version) {
		set->skipped++;
		return 0;
	}
	bool networking = strcmp(version, "networking.k8s.io/v1") == 0;
	bool is_policies = networking && strcmp(kind, "NetworkPolicyList") == 0;
	if (networking && strcmp(kind, "NetworkPolicy") == 0)
		return netpol_read_policy(reader->source, set, decoding, node);
	if (is_policies || (strcmp(version, "v1") == 0 && strcmp(kind, "List") == 0))
		return netpol_read_list(decoding, node, is_policies, reader);
	/* The API server knows no such kind. A misspelt policy must not pass for another object. */
	if (networking && strcasecmp(kind, "NetworkPolicy") == 0)
		return netpol_decode_refuse(decoding, node, "kind", kind, "NetworkPolicy");
	if (netpol_kind_is_unjudged(version, kind))
		return netpol_add_unjudged(reader, node, kind, version);
	if (strcmp(kind, "NetworkPolicy") == 0)
		return netpol_decode_refuse(decoding, node, "apiVersion", version,
					    "networking.k8s.io/v1");
	set->skipped++;
	return 0;
}

/* --- texts --- */

/* Removes all that was added to the set while a document was read, because the document has an
 * error. `before` is the set as it was before the document. */
static void netpol_forget(struct netpol_set *set, const struct netpol_set *before)
{
	set->count = before->count;
	set->unjudged_count = before->unjudged_count;
	set->skipped = before->skipped;
}

/* Returns true if the text contains "{{", as the templates of Helm and other tools do. */
static bool netpol_has_templates(const struct netpol_source *source)
{
	const char *at = source->text;
	const char *end = source->text + source->length;

	while (end - at >= 2 && (at = memchr(at, '{', (size_t)(end - at) - 1))) {
		if (at[1] == '{')
			return true;
		at++;
	}
	return false;
}

/* Reads the next document. At the end, returns 0 with a NULL root. */
static int netpol_read_document(struct netpol_reader *reader, struct yaml_reader *yaml,
				struct yaml_error *error)
{
	const struct yaml_decoding decoding = {.error = error, .arena = &reader->set->arena};
	const struct netpol_set before = *reader->set;

	int result = yaml_reader_next(yaml, &reader->root, error);
	/* A document with nothing after `---` is null. */
	if (result || !reader->root || yaml_is_null(reader->root))
		return result;
	result = netpol_read_object(&decoding, reader->root, NULL, reader);
	if (result)
		netpol_forget(reader->set, &before);
	return result;
}

static int netpol_report_templates(struct yaml_error *error, netpol_report *report, void *data)
{
	const struct yaml_node place = {.line = error->line, .column = error->column};
	struct yaml_error told;

	yaml_refuse(&told, &place,
		    "a template ({{ … }}) of Helm or another tool: render it first, as with "
		    "`helm template` (%.120s)",
		    error->message);
	report(data, &told);
	return -EBADMSG;
}

int netpol_read_all(struct netpol_set *set, const struct netpol_source *source,
		    netpol_report *report, void *data)
{
	struct netpol_reader reader = {.source = source, .set = set};
	struct yaml_reader *yaml;
	bool refused = false;

	if (yaml_reader_new(source->text, source->length, &yaml))
		return -ENOMEM;
	for (;;) {
		struct yaml_error error = {0};
		int result = netpol_read_document(&reader, yaml, &error);
		if (result == 0 && !reader.root)
			break;
		if (result == 0)
			continue;
		/* In a template, most documents have an error, so report only the first one. For
		 * later errors, do not search the text again. */
		bool first = !refused;
		refused = true;
		if (result != -EBADMSG || (first && netpol_has_templates(source))) {
			yaml_reader_free(yaml);
			return result == -EBADMSG ? netpol_report_templates(&error, report, data)
						  : result;
		}
		report(data, &error);
		if (!reader.root && !yaml_reader_skip(yaml))
			break;
	}
	yaml_reader_free(yaml);
	return refused ? -EBADMSG : 0;
}

struct netpol_first_error {
	struct yaml_error *error;
	bool seen;
};

static void netpol_keep_first(void *data, const struct yaml_error *error)
{
	struct netpol_first_error *first = data;

	if (!first->seen)
		*first->error = *error;
	first->seen = true;
}

int netpol_read(struct netpol_set *set, const char *file, const char *text, size_t length,
		const char *default_namespace, struct yaml_error *error)
{
	const struct netpol_source source = {file, text, length, default_namespace};
	const struct netpol_set before = *set;
	struct netpol_first_error first = {.error = error};

	*error = (struct yaml_error){0};
	int result = netpol_read_all(set, &source, netpol_keep_first, &first);
	if (result)
		netpol_forget(set, &before);
	return result;
}
