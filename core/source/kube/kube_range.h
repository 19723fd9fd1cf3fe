/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the range of Service addresses in objects of the Kubernetes API. Pure except for memory. */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_RANGE_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_RANGE_H

#include <jansson.h>

#include "core/record/record.h"

/* Reads the range of Service addresses from a pod's command. API servers and controller managers
 * have the argument --service-cluster-ip-range. *out is RECORD_NONE if no container has it, or if
 * the pod is not in kube-system. Returns 0 or -ENOMEM. */
int kube_range_of_pod(const json_t *pod, struct record *out);

#endif
