/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the pods, services, namespaces, nodes and owners of the whole cluster from the Kubernetes
 * API: lists them once, then watches them. Uses one thread, and one connection for each resource.
 *
 * If a resource may not be listed, the source works without it and its health reports that. While
 * the server cannot be reached, the records emitted so far stay valid.
 */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_H

#include "core/source/identity_source.h"

extern const struct identity_source kube_identity_source;

#endif
