/* SPDX-License-Identifier: Apache-2.0 */
/* The health of the Kubernetes source, composed from the states of its resources. Pure. */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_HEALTH_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_HEALTH_H

#include <stddef.h>

#include "core/source/kube/kube_config.h"
#include "core/source/kube/kube_watch.h"
#include "core/source/source.h"

struct kube_health_facts {
	const struct kube_config *config;
	const char *token; /* current secrets, to be kept out of the message; NULL: none */
	const char *key;
	const char *credentials_message; /* why there are no credentials; "": there are */
	const struct kube_watch *const *watches;
	size_t watch_count;
};

/*
 * SOURCE_BROKEN while a resource fails; SOURCE_STARTING until each resource was listed or refused;
 * then SOURCE_READY, with a message that names the server, resources that may not be listed, and
 * missing security; "" if everything works.
 */
void kube_health(const struct kube_health_facts *facts, struct source_health *out);

#endif
