/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of network policy other than networking.k8s.io/v1 NetworkPolicy. They also allow or
 * deny flows, and polecat does not judge them, so every output with verdicts names them. To judge a
 * kind, remove it from the table. Pure.
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
	const char *owner;  /* "Cilium" */
	/* The earlier group in the table with the same objects, or NULL. */
	const char *view_of;
};

/* Returns all kinds. *count is their number. Kinds of the same group follow each other. */
const struct netpol_kind *netpol_kinds(size_t *count);

/* Returns true if an object of this version and kind is a policy that is not judged. Its kind is in
 * the table, or is called a network policy and belongs to another group. */
bool netpol_kind_is_unjudged(const char *version, const char *kind);

/* Returns true if a policy in a view is a translation of another kind's policy, which is judged or
 * named itself. */
bool netpol_kind_is_translated(const struct netpol_kind *kind, const char *name);

#define NETPOL_UNJUDGED_SIZE 1024

/*
 * Formats the warning about the next kind of policy in the set that is not judged: the number of
 * its policies and the place of the first one, or why it is unknown whether there are any. *at is 0
 * at first. Returns false at the end. The text contains names that others control: escape before
 * printing.
 */
bool netpol_unjudged_next(const struct netpol_set *set, size_t *at,
			  char text[NETPOL_UNJUDGED_SIZE]);

#define NETPOL_UNJUDGED_SUMMARY_SIZE 160

/* Formats "2 policies of other kinds are NOT JUDGED, 1 kind could not be listed" for a summary.
 * Returns false if all policies are judged. */
bool netpol_unjudged_summary(const struct netpol_set *set, char text[NETPOL_UNJUDGED_SUMMARY_SIZE]);

#endif
