/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The labels that pods had before the present ones. Verdicts about a flow need those of its time.
 * Keeps the latest LABEL_HISTORY_MAX changes of all pods. Pure; one thread.
 */
#ifndef POLECAT_CORE_STATE_IDENTITY_LABEL_HISTORY_H
#define POLECAT_CORE_STATE_IDENTITY_LABEL_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/hash_index.h"
#include "core/record/record.h"

#define LABEL_HISTORY_MAX 16384

/* Zero-initialise; label_history_clear in the end. */
struct label_history {
	struct label_version *items;
	size_t count;
	size_t capacity;
	size_t oldest; /* the next to be replaced once there are LABEL_HISTORY_MAX */
	struct hash_index by_pod;
};

/*
 * Keeps the labels that a pod had until a time (Unix ns). Takes them over: *labels becomes empty.
 * Without memory the change is not kept.
 */
void label_history_add(struct label_history *history, const struct pod_record *pod,
		       struct labels *labels, uint64_t until_ns);

/* Returns the labels that a pod had at a time, valid until the next change; NULL: its present
 * ones. */
const struct labels *label_history_find(const struct label_history *history,
					const struct pod_record *pod, uint64_t time_ns);

/* Forgets the labels of a pod whose body becomes another pod's. */
void label_history_forget(struct label_history *history, const struct pod_record *pod);

void label_history_clear(struct label_history *history);

#endif
