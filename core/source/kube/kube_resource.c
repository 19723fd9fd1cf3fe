/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/kube/kube_resource.h"

static const struct kube_resource kube_resources[KUBE_KINDS] = {
	[KUBE_NAMESPACES] = {"namespaces", "/api/v1/namespaces", "namespaces have no labels",
			     RECORD_NAMESPACE, .metadata_only = true},
	[KUBE_NODES] = {"nodes", "/api/v1/nodes", "nodes have no addresses", .record = RECORD_NODE},
	[KUBE_REPLICASETS] = {"replicasets", "/apis/apps/v1/replicasets",
			      "owners of Deployments are guessed from names", .namespaced = true,
			      .metadata_only = true},
	[KUBE_JOBS] = {"jobs", "/apis/batch/v1/jobs", "owners of CronJobs are guessed from names",
		       .namespaced = true, .metadata_only = true},
	[KUBE_PODS] = {"pods", "/api/v1/pods", "pods have no names from the cluster", RECORD_POD,
		       .namespaced = true},
	[KUBE_SLICES] = {"endpointslices", "/apis/discovery.k8s.io/v1/endpointslices",
			 "endpoints of services are taken from their selectors", RECORD_SERVICE,
			 .namespaced = true},
	[KUBE_SERVICES] = {"services", "/api/v1/services", "services have no names", RECORD_SERVICE,
			   .namespaced = true},
};

const struct kube_resource *kube_resource(enum kube_kind kind)
{
	return &kube_resources[kind];
}
