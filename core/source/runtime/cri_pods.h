/* SPDX-License-Identifier: Apache-2.0 */
/* CRI answers as records, and what was told of them already. Pure but for memory; the CRI source's
 * thread. */
#ifndef POLECAT_CORE_SOURCE_RUNTIME_CRI_PODS_H
#define POLECAT_CORE_SOURCE_RUNTIME_CRI_PODS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/record/record.h"
#include "cri.pb-c.h"

/* One sandbox (a pod's life) or container that the runtime told of. */
struct cri_known {
	char *id;
	char *namespace_name; /* sandboxes: of the pod, for its containers and the record that says
				 it is gone; NULL: unknown */
	char *name;
	char *uid;
	uint64_t fingerprint; /* of what was told: told again when it changes */
	bool present;         /* in the latest answer */
};

/* Sorted by id. */
struct cri_known_list {
	struct cri_known *items;
	size_t count;
	size_t capacity;
};

/* The item with the id, or NULL. */
struct cri_known *cri_known_find(const struct cri_known_list *list, const char *id);
/* Adds an item for an id that is not there, its other fields empty. NULL without memory. Moves the
 * others. */
struct cri_known *cri_known_add(struct cri_known_list *list, const char *id);
/* Removes item `index`. Moves those behind it. */
void cri_known_remove(struct cri_known_list *list, size_t index);
void cri_known_clear(struct cri_known_list *list);

uint64_t cri_sandbox_fingerprint(const Cri__PodSandbox *sandbox);

/* status may be NULL (not asked, or the sandbox went meanwhile): then without addresses. 0,
 * -EINVAL, -ENOMEM. */
int cri_pod_record(const Cri__PodSandbox *sandbox, const Cri__PodSandboxStatus *status,
		   const char *node, struct pod_record **out);

/* sandbox: the one that the container runs in; NULL: unknown, and the kubelet's labels on the
 * container say whose it is. 0, -EINVAL, -ENOMEM. */
int cri_container_record(const Cri__Container *container, const struct cri_known *sandbox,
			 const char *runtime, struct container_record **out);

#endif
