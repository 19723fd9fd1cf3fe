/* SPDX-License-Identifier: Apache-2.0 */
/* Sources for ObjectMeta: k8s.io/apimachinery pkg/apis/meta/v1 types.go, pkg/api/validation
 * objectmeta.go. */
#include "core/policy/netpol/netpol_metadata.h"

#include "core/policy/netpol/netpol_decode.h"
#include "core/policy/netpol/syntax.h"

/* --- checks of fields that are not stored --- */

static int netpol_metadata_check_labels(const struct yaml_decoding *decoding,
					const struct yaml_node *node, const void *type,
					void *member)
{
	struct labels labels = {0};

	(void)type;
	(void)member;
	return netpol_decode_labels(decoding, node, "labels", &labels);
}

static int netpol_metadata_check_annotations(const struct yaml_decoding *decoding,
					     const struct yaml_node *node, const void *type,
					     void *member)
{
	(void)type;
	(void)member;
	return netpol_decode_annotations(decoding, node);
}

/* Here and below, `type` is the name of the field for messages. */
static int netpol_metadata_check_text(const struct yaml_decoding *decoding,
				      const struct yaml_node *node, const void *type, void *member)
{
	const char *text;

	(void)member;
	return yaml_is_null(node) ? 0 : yaml_decode_text(decoding->error, node, type, &text);
}

static int netpol_metadata_check_integer(const struct yaml_decoding *decoding,
					 const struct yaml_node *node, const void *type,
					 void *member)
{
	int64_t value;

	(void)member;
	return yaml_is_null(node) || yaml_decode_integer(node, &value)
		       ? 0
		       : yaml_refuse(decoding->error, node, "%s: a number was expected",
				     (const char *)type);
}

static int netpol_metadata_check_boolean(const struct yaml_decoding *decoding,
					 const struct yaml_node *node, const void *type,
					 void *member)
{
	(void)member;
	return yaml_is_null(node) || yaml_decode_is_boolean(node)
		       ? 0
		       : yaml_refuse(decoding->error, node, "%s: true or false was expected",
				     (const char *)type);
}

static int netpol_metadata_check_finalizer(const struct yaml_decoding *decoding,
					   const struct yaml_node *node, const void *type,
					   void *member)
{
	static const struct netpol_text finalizer = {
		"finalizers", "a qualified name", syntax_is_label_key, NULL, NETPOL_NULL_REFUSED};
	const char *text;

	(void)type;
	(void)member;
	return netpol_read_text(decoding, node, &finalizer, &text);
}

static int netpol_metadata_check_mapping(const struct yaml_decoding *decoding,
					 const struct yaml_node *node, const void *type,
					 void *member)
{
	(void)member;
	return yaml_is_null(node) || node->kind == YAML_MAPPING
		       ? 0
		       : yaml_refuse(decoding->error, node, "%s: a mapping was expected",
				     (const char *)type);
}

static int netpol_metadata_finish_owner(const struct yaml_decoding *decoding,
					const struct yaml_node *node, void *object)
{
	static const char *const required[] = {"apiVersion", "kind", "name", "uid"};

	(void)object;
	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
		const struct yaml_node *value = yaml_get(node, required[i]);
		if (!value || yaml_is_empty(value))
			return yaml_refuse(decoding->error, node, "ownerReferences: %s is required",
					   required[i]);
	}
	return 0;
}

static const struct yaml_field owner_fields[] = {
	{"apiVersion", netpol_metadata_check_text, 0, "apiVersion"},
	{"blockOwnerDeletion", netpol_metadata_check_boolean, 0, "blockOwnerDeletion"},
	{"controller", netpol_metadata_check_boolean, 0, "controller"},
	{"kind", netpol_metadata_check_text, 0, "kind"},
	{"name", netpol_metadata_check_text, 0, "name"},
	{"uid", netpol_metadata_check_text, 0, "uid"},
	{NULL, NULL, 0, NULL},
};
static const struct yaml_mapping owner_type = {"ownerReferences", owner_fields,
					       netpol_metadata_finish_owner};

/* Lists whose items are checked, but not stored. */
static const struct yaml_list finalizers_list = {.what = "finalizers",
						 .decode = netpol_metadata_check_finalizer};
static const struct yaml_list managers_list = {
	.what = "managedFields", .decode = netpol_metadata_check_mapping, .type = "managedFields"};
static const struct yaml_list owners_list = {
	.what = "ownerReferences", .decode = yaml_decode_mapping, .type = &owner_type};

/* --- metadata --- */

static bool netpol_metadata_is_namespace(const char *text)
{
	return text[0] == '\0' || syntax_is_dns_label(text);
}

static const struct netpol_text name_type = {"metadata.name", "a DNS subdomain",
					     syntax_is_dns_subdomain, NULL, NETPOL_NULL_REFUSED};
static const struct netpol_text namespace_type = {"metadata.namespace", "a DNS label",
						  netpol_metadata_is_namespace, NULL,
						  NETPOL_NULL_IS_ABSENT};

static int netpol_metadata_finish(const struct yaml_decoding *decoding,
				  const struct yaml_node *node, void *object)
{
	struct netpol_metadata *metadata = object;

	(void)decoding;
	(void)node;
	/* kubectl replaces an empty namespace with the default one, as if it were absent. */
	if (metadata->namespace_name && !metadata->namespace_name[0])
		metadata->namespace_name = NULL;
	return 0;
}

static const struct yaml_field metadata_fields[] = {
	{"name", netpol_read_text, offsetof(struct netpol_metadata, name), &name_type},
	{"namespace", netpol_read_text, offsetof(struct netpol_metadata, namespace_name),
	 &namespace_type},
	{"annotations", netpol_metadata_check_annotations, 0, NULL},
	{"creationTimestamp", netpol_metadata_check_text, 0, "creationTimestamp"},
	{"deletionGracePeriodSeconds", netpol_metadata_check_integer, 0,
	 "deletionGracePeriodSeconds"},
	{"deletionTimestamp", netpol_metadata_check_text, 0, "deletionTimestamp"},
	{"finalizers", yaml_decode_list, 0, &finalizers_list},
	{"generateName", netpol_metadata_check_text, 0, "generateName"},
	{"generation", netpol_metadata_check_integer, 0, "generation"},
	{"labels", netpol_metadata_check_labels, 0, NULL},
	{"managedFields", yaml_decode_list, 0, &managers_list},
	{"ownerReferences", yaml_decode_list, 0, &owners_list},
	{"resourceVersion", netpol_metadata_check_text, 0, "resourceVersion"},
	{"selfLink", netpol_metadata_check_text, 0, "selfLink"},
	{"uid", netpol_metadata_check_text, 0, "uid"},
	{NULL, NULL, 0, NULL},
};

const struct yaml_mapping netpol_metadata_type = {"metadata", metadata_fields,
						  netpol_metadata_finish};
