/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of network policy other than networking.k8s.io/v1 NetworkPolicy. They also allow or
 * deny flows, and polecat does not judge them, so every output with verdicts names them. Remove a
 * kind from the table once polecat judges it. Pure.
 */
#ifndef POLECAT_CORE_POLICY_NETPOL_NETPOL_KINDS_H
#define POLECAT_CORE_POLICY_NETPOL_NETPOL_KINDS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/policy/netpol/netpol.h"

struct netpol_kind {
	const char *group; /* API group */
	const char *kind;
	const char *plural; /* the resource's name in the API */
	const char *owner;  /* the project that defines the kind: "Cilium" */
	/* An API group in a preceding row that serves the same objects; NULL: none. */
	const char *view_of;
};

/* Returns all kinds. *count is their number. Kinds of the same group are adjacent. */
const struct netpol_kind *netpol_kinds(size_t *count);

/* Returns true if an object of this apiVersion and kind is a policy that polecat does not judge:
 * the kind is in the table, or its name ends with "NetworkPolicy" and its API group is neither
 * networking.k8s.io nor extensions. */
bool netpol_kind_is_unjudged(const char *version, const char *kind);

/* Returns true if the policy is Calico's copy of a Kubernetes policy. The API lists the
 * original too, so polecat judges the original, or names it in the list of unjudged policies. */
bool netpol_kind_is_translated(const struct netpol_kind *kind, const char *name);

#define NETPOL_UNJUDGED_SIZE 1024

/*
 * Formats the warning about the next kind of unjudged policy in the set. The text has the number of
 * policies of the kind and the file of the first one, or the reason why these policies could not be
 * listed. Start with *at = 0. Returns false if no kind is left. The text contains names that others
 * control: escape before printing.
 */
bool netpol_unjudged_next(const struct netpol_set *set, size_t *at,
			  char text[NETPOL_UNJUDGED_SIZE]);

#define NETPOL_UNJUDGED_SUMMARY_SIZE 160

/* Formats "2 policies of other kinds are NOT JUDGED, 1 kind could not be listed" for a summary.
 * Returns false if all policies are judged. */
bool netpol_unjudged_summary(const struct netpol_set *set, char text[NETPOL_UNJUDGED_SUMMARY_SIZE]);

#endif
