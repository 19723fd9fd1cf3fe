/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the Kubernetes API once what it is and what it allows, for doctor. */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_CHECK_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "core/source/http.h"
#include "core/source/kube/kube_config.h"
#include "core/source/kube/kube_credentials.h"
#include "core/source/kube/kube_store.h"

/* Texts of others: control bytes may be in them. */
struct kube_check {
	char where[256];   /* "FILE: HOST:PORT, context NAME"; empty: nothing is configured */
	char version[64];  /* "v1.32.13"; empty: it does not say */
	char message[512]; /* what went wrong; empty where it answered */
	bool insecure;     /* its certificate is not verified */
	bool denied[KUBE_KINDS];
};

/*
 * In the caller's thread, for some seconds at most, or for as long as an exec plugin takes. 0 where
 * the server answered, whatever it allows; -ENOENT with an empty message: nothing is configured;
 * -errno.
 */
int kube_check(const struct kube_config_options *options, struct kube_check *out);

/* A client for the server, with these credentials. 0, -EINVAL, -ENOMEM. */
int kube_connect(const struct kube_config *config, const struct kube_credentials *credentials,
		 struct http **out);

#endif
