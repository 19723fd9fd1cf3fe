/* SPDX-License-Identifier: Apache-2.0 */
/* The labels that pods, or namespaces, had before their present ones. Verdicts about a flow need
 * the labels at the time of the flow. Stores the latest LABEL_HISTORY_MAX changes of all records.
 * Pure; one thread. */
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
	struct hash_index by_record;
};

/* Stores the labels that a record had until a steady time (ns). Takes them over, so that *labels
 * becomes empty. Only the address of `record` counts. Does nothing if out of memory. */
void label_history_add(struct label_history *history, const void *record, struct labels *labels,
		       uint64_t until_ns);

/* Returns the labels that a record had at a time (ns, steady: core/state/clocks.h), valid until the
 * next change. NULL: its present labels. */
const struct labels *label_history_find(const struct label_history *history, const void *record,
					uint64_t time_ns);

/* Drops the former labels of a record. Call it before another record overwrites it. */
void label_history_forget(struct label_history *history, const void *record);

void label_history_clear(struct label_history *history);

#endif
