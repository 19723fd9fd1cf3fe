/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The difference between drafted NetworkPolicies and existing ones, rule by rule. Rules are
 * compared by the traffic that they allow (netpol_cover.h), so neither the policies' names nor the
 * distribution of peers and ports over rules make a difference.
 *
 * Each drafted policy is compared with the union of the existing policies that select all its pods.
 * Pure.
 */
#ifndef POLECAT_CORE_POLICY_NETPOL_NETPOL_DIFF_H
#define POLECAT_CORE_POLICY_NETPOL_NETPOL_DIFF_H

#include <stdbool.h>
#include <stddef.h>

#include "core/policy/netpol/netpol.h"

/* Zero-initialise. Free with netpol_diff_clear. */
struct netpol_diff {
	/*
	 * One line names each drafted policy that differs. Below it, lines that begin with "+ "
	 * name traffic that only the draft allows, or a direction that only the draft restricts.
	 * Lines that begin with "- " name traffic that only the existing policies allow, or a
	 * direction that only they restrict. The lines contain names that others control: escape
	 * before printing.
	 */
	struct string_list lines;
	size_t added;
	size_t removed;
};

/* Returns the name that the pods that `pods` selects in a namespace give to a port, or NULL. `data`
 * is that of struct netpol_diff_names. */
typedef const char *netpol_diff_namer(const void *data, const char *namespace_name,
				      const struct netpol_selector *pods,
				      const struct netpol_port *port);

/* Names the ports in the lines: "TCP http (8080)". */
struct netpol_diff_names {
	netpol_diff_namer *find;
	const void *data;
};

/* Compares the policies. With `unseen`, also reports as removed each existing policy that was not
 * compared with any drafted policy. `names` may be NULL. Returns 0, or -ENOMEM with *diff empty. */
int netpol_diff(const struct netpol_set *drafted, const struct netpol_set *existing, bool unseen,
		const struct netpol_diff_names *names, struct netpol_diff *diff);
void netpol_diff_clear(struct netpol_diff *diff);

#endif
