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
	const char *token; /* secrets of the moment: never in the message; NULL: none */
	const char *key;
	const char *credentials_message; /* why there are none; "": there are */
	const struct kube_watch *const *watches;
	size_t watch_count;
};

/*
 * Broken while a resource fails; starting until each was listed or refused; then ready, and the
 * message names the server, what may not be listed, and what is not safe; "" where there is nothing
 * to tell.
 */
void kube_health(const struct kube_health_facts *facts, struct source_health *out);

#endif
