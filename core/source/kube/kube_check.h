/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the Kubernetes API for its version and for the permissions that polecat has, for doctor. */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_CHECK_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_CHECK_H

#include "core/source/identity_source.h"
#include "core/source/kube/kube_client.h"

/*
 * Opens a loaded client and fills in check->message (the version, or the failure) and check->limits
 * (one sentence for each resource that may not be listed). Runs in the caller's thread, for some
 * seconds or as long as an exec plugin takes. 0: the server answered; -errno.
 */
int kube_check_client(struct kube_client *client, struct identity_check *check);

#endif
