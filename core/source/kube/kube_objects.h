/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects of the Kubernetes API (core/v1, discovery.k8s.io/v1, apps/v1, batch/v1) as records. Pure
 * but for memory.
 *
 * An object comes from a server that others write to: unknown fields are ignored, a field of a
 * wrong type is as if it were absent, and an object without the names that it must have is refused
 * with -EBADMSG. Outputs are untouched on failure.
 */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_OBJECTS_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_OBJECTS_H

#include <jansson.h>

#include "core/record/record.h"

/* An object's identity; the texts belong to the JSON. */
struct kube_identity {
	const char *namespace_name; /* NULL: none */
	const char *name;           /* never NULL */
	const char *uid;            /* NULL: none */
	const char *resource_version;
};

/* 0 or -EBADMSG. */
int kube_identity_read(const json_t *object, struct kube_identity *out);

/* The owner that controls the object. All NULL: none. The texts belong to the JSON. */
struct kube_owner {
	const char *kind;
	const char *name;
	const char *uid;
};

void kube_owner_read(const json_t *object, struct kube_owner *out);

/* Each makes one record's body, to be freed with its _free. 0, -EBADMSG, -ENOMEM. */
/* The owner is the controller as the pod names it: a ReplicaSet, not its Deployment. */
int kube_pod_read(const json_t *object, struct pod_record **out);
/* Without endpoints: those are in its slices. */
int kube_service_read(const json_t *object, struct service_record **out);
int kube_namespace_read(const json_t *object, struct namespace_record **out);
/* Addresses of its status, and those that Calico, Cilium and Flannel note on it for its tunnels. */
int kube_node_read(const json_t *object, struct node_record **out);

/* A part of a service's endpoints. */
struct kube_slice {
	char *namespace_name; /* never NULL */
	char *service;        /* of the label kubernetes.io/service-name; NULL: nobody's */
	struct service_endpoint *endpoints;
	size_t endpoint_count;
};

/* Endpoints that are ready, or still serve while they end. */
int kube_slice_read(const json_t *object, struct kube_slice **out);
void kube_slice_free(struct kube_slice *slice);

/* Appends copies of a slice's endpoints. 0 or -ENOMEM. */
int kube_service_add_endpoints(struct service_record *service, const struct kube_slice *slice);

#endif
