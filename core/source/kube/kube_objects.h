/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads objects of the Kubernetes API (core/v1, discovery.k8s.io/v1, apps/v1, batch/v1) into
 * records. Pure but for memory.
 *
 * Users of the cluster write these objects. Unknown fields are ignored, a field of a wrong type
 * counts as absent, and an object without the required names is refused with -EBADMSG. Outputs are
 * untouched on failure.
 */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_OBJECTS_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_OBJECTS_H

#include <jansson.h>

#include "core/record/record.h"

/* The names of an object. The texts belong to the JSON. */
struct kube_identity {
	const char *namespace_name; /* NULL: none */
	const char *name;           /* never NULL */
	const char *uid;            /* NULL: none */
	const char *resource_version;
};

/* 0 or -EBADMSG. */
int kube_identity_read(const json_t *object, struct kube_identity *out);

/* The controlling owner of an object. All NULL: none. The texts belong to the JSON. */
struct kube_owner {
	const char *kind;
	const char *name;
	const char *uid;
};

void kube_owner_read(const json_t *object, struct kube_owner *out);

/* Each makes the body of one record, to be freed with its _free. 0, -EBADMSG, -ENOMEM. */
/* The owner is the pod's controller: a ReplicaSet, not its Deployment. */
int kube_pod_read(const json_t *object, struct pod_record **out);
/* Without endpoints, which are in the slices. */
int kube_service_read(const json_t *object, struct service_record **out);
int kube_namespace_read(const json_t *object, struct namespace_record **out);
/* Addresses from the status, and tunnel addresses from annotations of Calico, Cilium and Flannel. */
int kube_node_read(const json_t *object, struct node_record **out);

/* An EndpointSlice: a part of the endpoints of a service. */
struct kube_slice {
	char *namespace_name; /* never NULL */
	char *service;        /* from the label kubernetes.io/service-name; NULL: none */
	struct service_endpoint *endpoints;
	size_t endpoint_count;
};

/* Reads the endpoints that are ready, or still serve while they terminate. */
int kube_slice_read(const json_t *object, struct kube_slice **out);
void kube_slice_free(struct kube_slice *slice);

/* Appends copies of the slice's endpoints. 0 or -ENOMEM. */
int kube_service_add_endpoints(struct service_record *service, const struct kube_slice *slice);

#endif
