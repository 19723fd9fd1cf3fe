/* SPDX-License-Identifier: Apache-2.0 */
/* All NetworkPolicies of a cluster, asked for once. */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_POLICIES_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_POLICIES_H

#include <stddef.h>

#include "core/source/kube/kube_config.h"

/* "HOST:PORT: what went wrong". */
#define KUBE_POLICIES_MESSAGE_SIZE 640

/*
 * Gets one policy as a JSON object with kind and apiVersion, as far as the cluster has named it:
 * namespace and name may be empty. The text is valid within the call. Negative ends the reading
 * with that error.
 */
typedef int kube_policies_take(void *data, const char *namespace_name, const char *name,
			       const char *text, size_t length);

/*
 * Lists the policies of all namespaces, page by page, in the caller's thread: some seconds for each
 * page at most, and for as long as an exec plugin takes. `take` is called for each policy in the
 * server's order.
 *
 * 0; or -errno, and a message where this module knows why: a text of others, to be escaped.
 * -ENOENT: no cluster is configured, or a file that was named is not there; -EACCES: the server
 * refuses the credentials, or these may not list policies; -EBADMSG: its answer is no list of
 * policies; -EFBIG: it is larger than any cluster's; what http_perform and kube_config_load say;
 * take's own error with an empty message.
 */
int kube_policies(const struct kube_config_options *options, kube_policies_take *take, void *data,
		  char message[KUBE_POLICIES_MESSAGE_SIZE]);

#endif
