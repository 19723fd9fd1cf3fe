/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/kube/kube_range.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/buffer.h"
#include "core/base/cleanup.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/record/address.h"
#include "core/source/kube/kube_objects.h"

/* Adds the blocks of "--service-cluster-ip-range=10.96.0.0/12,fd00:10:96::/112". Ignores another
 * argument. Returns 0 or -ENOMEM. */
static int kube_range_read_argument(const json_t *value, struct string_list *cidrs)
{
	static const char name[] = "--service-cluster-ip-range=";
	const char *text = json_string_value(value);

	if (!text || strncmp(text, name, strlen(name)) != 0)
		return 0;
	text += strlen(name);
	while (*text) {
		size_t length = strcspn(text, ",");
		CLEANUP_FREE char *block = memory_checked(strndup(text, length));
		struct flow_address address;
		unsigned int prefix;
		uint8_t family;
		if (!block)
			return -ENOMEM;
		if (!address_parse_block(block, &family, &address, &prefix) &&
		    !string_list_has(cidrs, block) && string_list_add(cidrs, block))
			return -ENOMEM;
		text += length + (text[length] == ',');
	}
	return 0;
}

static int kube_range_read_container(const json_t *container, struct string_list *cidrs)
{
	static const char *const keys[] = {"command", "args"};
	const json_t *argument;
	size_t at;

	for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
		json_array_foreach(json_object_get(container, keys[i]), at, argument)
		{
			int error = kube_range_read_argument(argument, cidrs);
			if (error)
				return error;
		}
	}
	return 0;
}

static int kube_range_describe(struct service_range_record *range, const char *pod)
{
	CLEANUP_BUFFER struct buffer text = {0};

	buffer_printf(&text, "argument of pod kube-system/%s", pod);
	return text.error ? text.error : text_copy(text.data, &range->source);
}

int kube_range_of_pod(const json_t *pod, struct record *out)
{
	const json_t *containers = json_object_get(json_object_get(pod, "spec"), "containers");
	struct record record = {.kind = RECORD_NONE};
	struct kube_identity identity;
	const json_t *container;
	size_t i;
	int error = 0;

	*out = record;
	/* Trust only the pods of kube-system. In other namespaces, ordinary users may make pods
	 * with --service-cluster-ip-range. */
	if (kube_identity_read(pod, &identity) ||
	    text_compare(identity.namespace_name, "kube-system") != 0)
		return 0;
	if (kube_record_new(KUBE_SERVICECIDRS, &identity, &record))
		return -ENOMEM;
	json_array_foreach(containers, i, container)
	{
		if (!error)
			error = kube_range_read_container(container, &record.service_range->cidrs);
	}
	bool has_range = !error && record.service_range->cidrs.count > 0;
	if (has_range)
		error = kube_range_describe(record.service_range, identity.name);
	if (has_range && !error)
		*out = record;
	else
		record_free(&record);
	return error;
}
