/* SPDX-License-Identifier: Apache-2.0 */
/* The resources of the Kubernetes API that polecat reads. */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_RESOURCE_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_RESOURCE_H

#include <stdbool.h>

#include "core/record/record.h"

/* In the order in which they are first listed: owners before their pods, slices before their
 * services. */
enum kube_kind {
	KUBE_NAMESPACES = 0,
	KUBE_NODES,
	KUBE_REPLICASETS,
	KUBE_JOBS,
	KUBE_PODS,
	KUBE_SLICES,
	KUBE_SERVICES,
	KUBE_KINDS,
};

struct kube_resource {
	const char *name;        /* "pods", as in the API */
	const char *path;        /* "/api/v1/pods" */
	const char *without;     /* the consequence of not having it, for messages */
	enum record_kind record; /* RECORD_NONE: only owners of pods */
	bool namespaced;
	bool metadata_only; /* ask for metadata instead of whole objects */
};

/* Static storage. */
const struct kube_resource *kube_resource(enum kube_kind kind);

#endif
