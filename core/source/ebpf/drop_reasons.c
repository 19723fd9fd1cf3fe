/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/ebpf/drop_reasons.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

#include "core/base/memory.h"
#include "core/source/ebpf/kernel_btf.h"

/* More reasons than any kernel has. */
#define DROP_REASONS_MAX 512

struct drop_reasons {
	char names[DROP_REASONS_MAX][DROP_REASON_SIZE];
};

struct drop_reasons *drop_reasons_open(void)
{
	static const char prefix[] = "SKB_DROP_REASON_";
	struct drop_reasons *reasons = memory_checked(calloc(1, sizeof(*reasons)));
	struct btf *kernel = NULL;
	int id = reasons && !kernel_btf_parse(&kernel)
			 ? btf__find_by_name_kind(kernel, "skb_drop_reason", BTF_KIND_ENUM)
			 : -1;

	if (id < 0) {
		btf__free(kernel);
		free(reasons);
		return NULL;
	}
	const struct btf_type *type = btf__type_by_id(kernel, (uint32_t)id);
	const struct btf_enum *items = btf_enum(type);
	for (uint16_t i = 0; i < btf_vlen(type); i++) {
		const char *name = btf__name_by_offset(kernel, items[i].name_off);
		if (!name || items[i].val < 0 || items[i].val >= DROP_REASONS_MAX)
			continue;
		if (strncmp(name, prefix, strlen(prefix)) == 0)
			name += strlen(prefix);
		snprintf(reasons->names[items[i].val], DROP_REASON_SIZE, "%s", name);
	}
	btf__free(kernel);
	return reasons;
}

void drop_reasons_close(struct drop_reasons *reasons)
{
	free(reasons);
}

void drop_reasons_name(const struct drop_reasons *reasons, uint32_t reason,
		       char text[DROP_REASON_SIZE])
{
	if (reasons && reason < DROP_REASONS_MAX && reasons->names[reason][0])
		snprintf(text, DROP_REASON_SIZE, "%s", reasons->names[reason]);
	else
		snprintf(text, DROP_REASON_SIZE, "0x%x", reason);
}
