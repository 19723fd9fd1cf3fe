/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads objects of the Kubernetes API (core/v1, discovery.k8s.io/v1, apps/v1, batch/v1) into
 * records. Pure except for memory.
 *
 * Users of the cluster write these objects. Unknown fields are ignored, a field of a wrong type
 * counts as absent, and an object without the required names is refused with -EBADMSG. Outputs are
 * untouched on failure.
 */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_OBJECTS_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_OBJECTS_H

#include <jansson.h>

#include "core/record/record.h"

/* The resources that polecat reads, in the order in which they are first listed: owners of owners
 * before the pods, slices before their services, and the owners that only drafts need last. */
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
	KUBE_KINDS,
};

struct kube_resource {
	const char *name;    /* "pods", as in the API */
	const char *path;    /* "/api/v1/pods" */
	const char *without; /* the consequence of not having it, for messages */
	enum record_kind record;
	const char *type; /* of RECORD_WORKLOAD: "Deployment"; else NULL */
	bool namespaced;
	bool metadata_only; /* ask for metadata instead of whole objects */
	bool is_optional;   /* not having it makes guesses, and no result is incomplete */
};

extern const struct kube_resource kube_resources[KUBE_KINDS];

/* The names of an object. The texts belong to the JSON. */
struct kube_identity {
	const char *namespace_name; /* NULL: none */
	const char *name;           /* never NULL */
};

/* Returns 0 or -EBADMSG. */
int kube_identity_read(const json_t *object, struct kube_identity *out);

/* The controlling owner of an object. Both NULL: none. The texts belong to the JSON. */
struct kube_owner {
	const char *kind;
	const char *name;
};

void kube_owner_read(const json_t *object, struct kube_owner *out);

/*
 * Makes the record of an object. 0, -EBADMSG or -ENOMEM.
 *
 * The owner of a pod is its controller: a ReplicaSet, not its Deployment. Its containers have the ids
 * of the runtime. A service has no
 * endpoints. An EndpointSlice becomes a service record with the endpoints that are ready, or still
 * serve while they terminate; its name is that of the service, NULL without one. The addresses of a
 * node are those of its status, and those of tunnels in annotations of Calico, Cilium and Flannel. A
 * workload has its controller and its selector.
 */
int kube_record_read(enum kube_kind kind, const json_t *object, struct record *out);

/* Returns whether a ReplicaSet has pods, or wants some. A Deployment keeps those of its last revisions
 * without. */
bool kube_replicaset_has_pods(const json_t *object);

/* Makes a record with the names only. The namespace is ignored for a kind without one. 0 or
 * -ENOMEM. */
int kube_record_new(enum kube_kind kind, const struct kube_identity *identity, struct record *out);

#endif
