/* SPDX-License-Identifier: Apache-2.0 */
/* Pods in the store, and the ReplicaSets and Jobs whose owners become the owners of pods. */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_STORE_PODS_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_STORE_PODS_H

#include "core/source/kube/kube_known.h"

/* Apply one object. 0, -EBADMSG, -ENOMEM. */
int kube_store_pods_apply(struct kube_store *store, const char *key, const json_t *object,
			  bool deleted);
int kube_store_pods_apply_owner(struct kube_store *store, enum kube_kind kind, const char *key,
				const json_t *object, bool deleted);
/* Drops the record that waits for the pod's owner. */
void kube_store_pods_stop_waiting(struct kube_store *store, struct known *known);

#endif
