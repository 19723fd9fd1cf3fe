/* SPDX-License-Identifier: Apache-2.0 */
/* Reads all NetworkPolicies of a cluster once. */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_POLICIES_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_POLICIES_H

#include <stddef.h>

#include "core/source/kube/kube_config.h"

/* "HOST:PORT: the failure". */
#define KUBE_POLICIES_MESSAGE_SIZE 640

/*
 * Gets one policy as a JSON object with kind and apiVersion. namespace and name may be empty if the
 * server did not send them. The text is valid during the call. A negative result ends the reading
 * with that error.
 */
typedef int kube_policies_add(void *data, const char *namespace_name, const char *name,
			      const char *text, size_t length);

/*
 * Lists the policies of all namespaces in the caller's thread, for some seconds for each page, or
 * as long as an exec plugin takes. Calls `add` for each policy in the server's order, once all
 * pages have been read.
 *
 * 0; or -errno, with a message if this module knows the reason. Escape the message: others write
 * parts of it. -ENOENT: no cluster is configured, or a named file does not exist; -EACCES: the
 * server refuses the credentials, or they may not list policies; -EBADMSG: the answer is not a list
 * of policies; -EFBIG: the list is longer than that of any cluster; errors of http_perform and
 * kube_config_load; the error of `add` with an empty message.
 */
int kube_policies(const struct kube_config_options *options, kube_policies_add *add, void *data,
		  char message[KUBE_POLICIES_MESSAGE_SIZE]);

#endif
