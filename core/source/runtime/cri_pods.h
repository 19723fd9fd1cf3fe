/* SPDX-License-Identifier: Apache-2.0 */
/* CRI answers as records, and the list of sandboxes and containers that were emitted. Pure except
 * for memory; the CRI source's thread. */
#ifndef POLECAT_CORE_SOURCE_RUNTIME_CRI_PODS_H
#define POLECAT_CORE_SOURCE_RUNTIME_CRI_PODS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/record/record.h"
#include "cri.pb-c.h"

/* One sandbox (the life of a pod) or container. Their ids differ: both are random. */
struct cri_known {
	char *id;               /* first: array_lower_bound */
	struct pod_record *pod; /* of a sandbox: its pod's names, for its containers and for the
				   record that deletes it; NULL: unknown */
	uint64_t fingerprint;   /* of the emitted sandbox: a change emits it again */
	bool present;           /* in the latest answer */
};

/* Sorted by id. */
struct cri_known_list {
	struct cri_known *items;
	size_t count;
	size_t capacity;
};

/* Returns the item with the id, or NULL. */
struct cri_known *cri_known_find(const struct cri_known_list *list, const char *id);
/* Adds an item for an id that is not in the list, its other fields empty. NULL without memory.
 * Moves the other items. */
struct cri_known *cri_known_add(struct cri_known_list *list, const char *id);
/* Removes item `index`. Moves those behind it. */
void cri_known_remove(struct cri_known_list *list, size_t index);
void cri_known_clear(struct cri_known_list *list);

/* Hashes the parts of a sandbox that can change: state and labels. */
uint64_t cri_sandbox_fingerprint(const Cri__PodSandbox *sandbox);

/* Makes a record with the names of a sandbox's pod. Returns 0, -EINVAL for a sandbox without a
 * name, -ENOMEM. */
int cri_pod_new(const Cri__PodSandbox *sandbox, struct pod_record **out);

/* Makes the record of a sandbox's pod. status NULL (the sandbox has gone): without addresses.
 * Errors of cri_pod_new. */
int cri_pod_record(const Cri__PodSandbox *sandbox, const Cri__PodSandboxStatus *status,
		   const char *node, struct pod_record **out);

/* Makes a container's record. sandbox: the one that the container runs in; NULL: unknown, and the
 * kubelet's labels name the pod. Returns 0, -EINVAL, -ENOMEM. */
int cri_container_record(const Cri__Container *container, const struct cri_known *sandbox,
			 const char *runtime, struct container_record **out);

#endif
