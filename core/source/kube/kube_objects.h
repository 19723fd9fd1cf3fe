/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads objects of the Kubernetes API (core/v1, discovery.k8s.io/v1, apps/v1, batch/v1) into
 * records. Pure except for memory.
 *
 * Users of the cluster write these objects. Unknown fields are ignored, and a field of a wrong type
 * counts as absent. An object without the required names is refused with -EBADMSG. Outputs are
 * untouched on failure.
 */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_OBJECTS_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_OBJECTS_H

#include <jansson.h>

#include "core/record/record.h"

/*
 * The resources that polecat reads, in the order in which they are first listed: ReplicaSets and
 * Jobs before their pods, slices before their services, and at the end the owners that only policy
 * drafts need.
 */
enum kube_kind {
	KUBE_NAMESPACES = 0,
	KUBE_NODES,
	KUBE_REPLICASETS,
	KUBE_JOBS,
	KUBE_PODS,
	KUBE_SLICES,
	KUBE_SERVICES,
	KUBE_DEPLOYMENTS,
	KUBE_STATEFULSETS,
	KUBE_DAEMONSETS,
	KUBE_SERVICECIDRS,
	KUBE_KINDS,
};

struct kube_resource {
	const char *name;    /* "pods", as in the API */
	const char *path;    /* "/api/v1/pods" */
	const char *without; /* for messages: the effect if polecat cannot list the resource */
	enum record_kind record;
	const char *type; /* the workload's type for RECORD_WORKLOAD: "Deployment"; else NULL */
	bool namespaced;
	bool metadata_only; /* ask for metadata instead of whole objects */
	/* If the server refuses to list the resource, polecat guesses the data, and the health of
	 * the source has no error. */
	bool is_optional;
	bool is_recent; /* older servers do not have it, which is not an error */
};

extern const struct kube_resource kube_resources[KUBE_KINDS];

/* The names of an object. The JSON owns the texts. */
struct kube_identity {
	const char *namespace_name; /* NULL: none */
	const char *name;           /* never NULL */
};

/* Returns 0 or -EBADMSG. */
int kube_identity_read(const json_t *object, struct kube_identity *out);

/*
 * The controlling owner of an object. Both members are NULL if the object has none. The JSON owns
 * the texts.
 */
struct kube_owner {
	const char *kind;
	const char *name;
};

void kube_owner_read(const json_t *object, struct kube_owner *out);

/*
 * Makes the record of an object. Returns 0, -EBADMSG or -ENOMEM.
 *
 * The owner of a pod is its controller, such as a ReplicaSet, not the Deployment that controls the
 * ReplicaSet. The pod's containers have the IDs that the runtime uses. The record of a Service has
 * no endpoints. An EndpointSlice becomes a service record with the endpoints that are ready, or
 * that still serve while they terminate. The name in that record is the name of the Service, or
 * NULL. The addresses of a node are those in its status, and the tunnel addresses in annotations of
 * Calico, Cilium and Flannel. The record of a workload has its controller and its selector.
 */
int kube_record_read(enum kube_kind kind, const json_t *object, struct record *out);

/* Returns whether a ReplicaSet has pods, or should have some. A Deployment keeps the ReplicaSets of
 * its last revisions, which have no pods. */
bool kube_replicaset_has_pods(const json_t *object);

/* Makes a record that has only names. Ignores the namespace if the kind has none. Returns 0 or
 * -ENOMEM. */
int kube_record_new(enum kube_kind kind, const struct kube_identity *identity, struct record *out);

#endif
