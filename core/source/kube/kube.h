/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pods, services, namespaces and nodes of the whole cluster from the Kubernetes API: listed
 * once, then watched. One thread, one connection for each resource.
 *
 * If a resource may not be listed, the source works without it and its health says so. While the
 * server is away, the records emitted so far stay valid.
 */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_H

#include "core/source/identity_source.h"

extern const struct identity_source kube_identity_source;

#endif
