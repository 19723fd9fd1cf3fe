/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of network policy beside networking.k8s.io/v1 NetworkPolicy. They allow or deny flows
 * too, and polecat does not judge them: every output with verdicts names them. To judge a kind,
 * remove it from the table. Pure.
 */
#ifndef POLECAT_CORE_POLICY_NETPOL_NETPOL_KINDS_H
#define POLECAT_CORE_POLICY_NETPOL_NETPOL_KINDS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/policy/netpol/netpol.h"

struct netpol_kind {
	const char *group; /* of the API */
	const char *kind;
	const char *plural; /* the resource's name in the API */
	const char *owner;  /* "Cilium" */
	/* The group that has the same objects, earlier in the table; NULL: none. */
	const char *view_of;
};

/* Returns all kinds, *count of them. Those of one group follow each other. */
const struct netpol_kind *netpol_kinds(size_t *count);

/* Returns true if an object of this version and kind is a policy that is not judged: one of the table,
 * or of another group and called a network policy. */
bool netpol_kind_is_unjudged(const char *version, const char *kind);

/* Returns true if a policy of a view is another kind's, translated: that kind judges or names it. */
bool netpol_kind_is_translated(const struct netpol_kind *kind, const char *name);

#define NETPOL_UNJUDGED_SIZE 1024

/*
 * Formats the warning about the next kind of policy in the set that is not judged: how many there are and
 * where the first one is; or why it is unknown whether there are any. *at: 0 at first. Returns false at
 * the end. The text contains names that others control: escape before printing.
 */
bool netpol_unjudged_next(const struct netpol_set *set, size_t *at,
			  char text[NETPOL_UNJUDGED_SIZE]);

#define NETPOL_UNJUDGED_SUMMARY_SIZE 160

/* Formats "2 policies of other kinds are NOT JUDGED, 1 kind could not be listed" for a summary. Returns
 * false if all policies are judged. */
bool netpol_unjudged_summary(const struct netpol_set *set, char text[NETPOL_UNJUDGED_SUMMARY_SIZE]);

#endif
