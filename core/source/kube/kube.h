/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pods, services, namespaces and nodes of the whole cluster from the Kubernetes API: listed once,
 * then watched. One thread, one connection a resource.
 *
 * What it cannot have (a resource that it may not list) it goes on without, and its health says so.
 * While the server is away what was told stays as it was.
 */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_H

#include <stdbool.h>

#include "core/source/source.h"

/* NULL: not named. */
struct kube_options {
	const char *kubeconfig;      /* else $KUBECONFIG, ~/.kube/config, the service account */
	const char *context;         /* else the current one */
	const char *service_account; /* its folder; else the usual one */
	const char *node;            /* this node */
	bool node_only;              /* only pods of this node: enough for an agent's own */
};

/*
 * Makes and starts the source; all strings are copied. Where no cluster is configured it becomes
 * SOURCE_ABSENT. 0 or -errno.
 */
int kube_source_start(const struct kube_options *options, struct source **out);

#endif
