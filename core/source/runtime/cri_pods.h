/* SPDX-License-Identifier: Apache-2.0 */
/* Makes records from CRI answers, and has a list of the sandboxes and containers that were emitted.
 * Pure except for memory. Only the CRI source's thread uses it. */
#ifndef POLECAT_CORE_SOURCE_RUNTIME_CRI_PODS_H
#define POLECAT_CORE_SOURCE_RUNTIME_CRI_PODS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/hash_index.h"
#include "core/record/record.h"
#include "cri.pb-c.h"

/* A sandbox (one run of a pod) or a container. Their ids are random, so one list has both. */
struct cri_known {
	char *id;
	struct pod_record *pod; /* the names of a sandbox's pod, which later records of the pod
				   and its containers need; NULL: unknown */
	uint64_t fingerprint;   /* hash of the emitted sandbox; if it changes, emit again */
	bool present;           /* in the latest answer */
};

/* In no order. */
struct cri_known_list {
	struct cri_known *items;
	size_t count;
	size_t capacity;
	struct hash_index index; /* of positions in `items`, by id */
};

/* Returns the item with the id, or NULL. */
struct cri_known *cri_known_find(const struct cri_known_list *list, const char *id);
/* Adds an item for an id that is not in the list. The other fields are empty. Returns NULL if out
 * of memory. May move the other items. */
struct cri_known *cri_known_add(struct cri_known_list *list, const char *id);
/* Removes item `index`. Moves the last item to its place. */
void cri_known_remove(struct cri_known_list *list, size_t index);
void cri_known_clear(struct cri_known_list *list);

/* Hashes the parts of a sandbox that can change: state and labels. */
uint64_t cri_sandbox_fingerprint(const Cri__PodSandbox *sandbox);

/* Makes a record with the names of a sandbox's pod. Returns 0, -ENOMEM, or -EINVAL for a sandbox
 * without a name. */
int cri_pod_new(const Cri__PodSandbox *sandbox, struct pod_record **out);

/* Makes the record of a sandbox's pod. status is NULL if the sandbox was removed; the record then
 * has no addresses. Returns 0 or an error of cri_pod_new. */
int cri_pod_record(const Cri__PodSandbox *sandbox, const Cri__PodSandboxStatus *status,
		   const char *node, struct pod_record **out);

/* Makes a container's record. sandbox is the container's sandbox; if it is NULL (unknown), the
 * kubelet's labels name the pod. Returns 0, -EINVAL or -ENOMEM. */
int cri_container_record(const Cri__Container *container, const struct cri_known *sandbox,
			 const char *runtime, struct container_record **out);

#endif
