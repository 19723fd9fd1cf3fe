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
	const char *group;   /* "cilium.io" */
	const char *plural;  /* "ciliumnetworkpolicies" */
	const char *view_of; /* a preceding group with the same objects; NULL: none */
};

/* The kinds to find, and the functions that get the results. A kind is given by its index. A
 * negative result of a function ends the reading with that error. */
struct kube_policies_query {
	/* Kinds of the same group are adjacent. */
	const struct kube_policy_kind *kinds;
	size_t kind_count;
	/* Gets one NetworkPolicy as a JSON object with kind and apiVersion. namespace and name are
	 * empty if the server did not send them. The text is valid during the call. */
	int (*add)(void *data, const char *namespace_name, const char *name, const char *text,
		   size_t length);
	/* Gets the name of one policy of a kind. version is like "cilium.io/v2". */
	int (*found)(void *data, size_t kind, const char *version, const char *namespace_name,
		     const char *name);
	/* Gets the reason why the policies of a kind are unknown. */
	int (*unlisted)(void *data, size_t kind, const char *reason);
	void *data;
};

/*
 * Lists the policies of all namespaces in the caller's thread. That may take some seconds per page,
 * and the time of an exec plugin. Reads all pages, then calls `add` for each NetworkPolicy in the
 * server's order. Then asks for the groups of the kinds, and lists the kinds that the server has. A
 * kind that cannot be listed is not an error.
 *
 * Returns 0, or -errno with a message if this module knows the reason. Escape the message: others
 * write parts of it. -ENOENT: no cluster is configured, or a named file does not exist; -EACCES:
 * the server refuses the credentials, or they may not list policies; -EBADMSG: the answer is not a
 * list of policies; -EFBIG: the list is longer than that of any cluster; an error of http_perform
 * or kube_config_load; or the error of a function of the query, with an empty message.
 */
int kube_policies(const struct kube_config_options *options,
		  const struct kube_policies_query *query,
		  char message[KUBE_POLICIES_MESSAGE_SIZE]);

#endif
