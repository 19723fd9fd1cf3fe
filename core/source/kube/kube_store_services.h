/* SPDX-License-Identifier: Apache-2.0 */
/* Services in the store, composed from the Service and its EndpointSlices. */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_STORE_SERVICES_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_STORE_SERVICES_H

#include "core/source/kube/kube_known.h"

/* Apply one object. 0, -EBADMSG, -ENOMEM. */
int kube_store_services_apply(struct kube_store *store, const char *key, const json_t *object,
			      bool deleted);
int kube_store_services_apply_slice(struct kube_store *store, const char *key, const json_t *object,
				    bool deleted);
/* Delete objects that vanished from a list. */
void kube_store_services_delete(struct kube_store *store, struct known *known);
void kube_store_services_delete_slice(struct kube_store *store, struct known *known);
/* Emits the services that have changed. 0 or -ENOMEM: the rest is emitted at the next call. */
int kube_store_services_flush(struct kube_store *store);

#endif
