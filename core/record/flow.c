/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/flow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"

#define FLOW_NAME_COUNT (sizeof(struct flow_names) / sizeof(const char *))

/* Finds the texts and their sizes, with their NULs. Returns the sum of the sizes. */
static size_t flow_names_measure(const struct flow_names *names, const char *texts[FLOW_NAME_COUNT],
				 size_t sizes[FLOW_NAME_COUNT])
{
	size_t total = 0;

	memcpy(texts, names, sizeof(*names));
	for (size_t i = 0; i < FLOW_NAME_COUNT; i++) {
		sizes[i] = texts[i] ? strlen(texts[i]) + 1 : 0;
		total += sizes[i];
	}
	return total;
}

size_t flow_names_footprint(const struct flow_names *names)
{
	const char *texts[FLOW_NAME_COUNT];
	size_t sizes[FLOW_NAME_COUNT];

	return names ? sizeof(*names) + flow_names_measure(names, texts, sizes) : 0;
}

int flow_names_copy(const struct flow_names *names, struct flow_names **out)
{
	const char *texts[FLOW_NAME_COUNT];
	size_t sizes[FLOW_NAME_COUNT];
	size_t total = flow_names_measure(names, texts, sizes);

	if (total == 0) {
		*out = NULL;
		return 0;
	}
	struct flow_names *copy = memory_checked(malloc(sizeof(*copy) + total));
	if (!copy)
		return -ENOMEM;
	char *at = (char *)(copy + 1);
	for (size_t i = 0; i < FLOW_NAME_COUNT; i++) {
		if (!texts[i])
			continue;
		memcpy(at, texts[i], sizes[i]);
		texts[i] = at;
		at += sizes[i];
	}
	memcpy(copy, texts, sizeof(texts));
	*out = copy;
	return 0;
}
