/* SPDX-License-Identifier: Apache-2.0 */
/* Reads all network policies of a cluster once. */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_POLICIES_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_POLICIES_H

#include <stddef.h>

#include "core/source/kube/kube_config.h"

/* The size of a message, "HOST:PORT: the failure". */
#define KUBE_POLICIES_MESSAGE_SIZE 640

/* A kind of policy, other than NetworkPolicy, that a cluster may have. */
struct kube_policy_kind {
	const char *group;  /* "cilium.io" */
	const char *plural; /* "ciliumnetworkpolicies" */
	const char *
		view_of; /* an earlier group in the list that serves the same objects; NULL: none */
};

/* The kinds to find, and the callbacks for the results. `kind` is an index in `kinds`. If a
 * callback returns a negative value, kube_policies ends with that error. */
struct kube_policies_query {
	/* Kinds of the same group are adjacent. */
	const struct kube_policy_kind *kinds;
	size_t kind_count;
	/* Called for each NetworkPolicy. text is a JSON object with kind and apiVersion, valid
	 * during the call. namespace_name and name are "" if the server did not send them. */
	int (*add)(void *data, const char *namespace_name, const char *name, const char *text,
		   size_t length);
	/* Called for each policy of another kind. version is like "cilium.io/v2". */
	int (*found)(void *data, size_t kind, const char *version, const char *namespace_name,
		     const char *name);
	/* Called for each kind that could not be listed. */
	int (*unlisted)(void *data, size_t kind, const char *reason);
	void *data;
};

/*
 * Lists the policies of all namespaces in the caller's thread. Each page may take some seconds, and
 * an exec plugin takes additional time. First reads all pages of NetworkPolicies, and calls `add`
 * for each policy in the server's order. Then asks the server for the API groups of the other
 * kinds, and lists the policies of each kind that the server has. A kind that cannot be listed is
 * not an error.
 *
 * Returns 0 or -errno. The message describes the failure; if it is "", use strerror. Escape it,
 * because the server or an exec plugin may have written parts of it. -ENOENT: no cluster is
 * configured, or a named file does not exist; -EACCES: the server refuses the credentials, or they
 * may not list policies; -EBADMSG: the answer is not a list of policies; -EFBIG: the list does not
 * end; an error of http_perform or kube_config_load; or the error of a callback, with an empty
 * message.
 */
int kube_policies(const struct kube_config_options *options,
		  const struct kube_policies_query *query,
		  char message[KUBE_POLICIES_MESSAGE_SIZE]);

#endif
