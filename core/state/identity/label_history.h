/* SPDX-License-Identifier: Apache-2.0 */
/* The labels that pods had before their present ones. Verdicts about a flow need the labels at the
 * time of the flow. Stores the latest LABEL_HISTORY_MAX changes of all pods. Pure; one thread. */
#ifndef POLECAT_CORE_STATE_IDENTITY_LABEL_HISTORY_H
#define POLECAT_CORE_STATE_IDENTITY_LABEL_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/hash_index.h"
#include "core/record/record.h"

#define LABEL_HISTORY_MAX 16384

/* Start with all zero. Free with label_history_clear. */
struct label_history {
	struct label_version *items;
	size_t count;
	size_t capacity;
	size_t oldest; /* index of the item to replace once LABEL_HISTORY_MAX are stored */
	struct hash_index by_pod;
};

/* Stores the labels that a pod had until a steady time (ns). Takes them over, so that *labels
 * becomes empty. Does nothing if out of memory. */
void label_history_add(struct label_history *history, const struct pod_record *pod,
		       struct labels *labels, uint64_t until_ns);

/* Returns the labels that a pod had at a time (ns, steady: core/state/clocks.h), valid until the
 * next change. NULL: its present labels. */
const struct labels *label_history_find(const struct label_history *history,
					const struct pod_record *pod, uint64_t time_ns);

/* Drops the former labels of a pod. Call it before the record of another pod overwrites `pod`. */
void label_history_forget(struct label_history *history, const struct pod_record *pod);

void label_history_clear(struct label_history *history);

#endif
