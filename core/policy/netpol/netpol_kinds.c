/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/netpol/netpol_kinds.h"

#include <stdio.h>
#include <string.h>

#include "core/base/array.h"

/*
 * Sources: sigs.k8s.io/network-policy-api apis/v1alpha1 and v1alpha2; cilium
 * pkg/k8s/apis/cilium.io/v2; projectcalico.org/v3 and its storage in crd.projectcalico.org/v1;
 * antrea pkg/apis/crd/v1beta1.
 */
static const struct netpol_kind kinds[] = {
	{"policy.networking.k8s.io", "AdminNetworkPolicy", "adminnetworkpolicies", "Kubernetes",
	 NULL},
	{"policy.networking.k8s.io", "BaselineAdminNetworkPolicy", "baselineadminnetworkpolicies",
	 "Kubernetes", NULL},
	{"policy.networking.k8s.io", "ClusterNetworkPolicy", "clusternetworkpolicies", "Kubernetes",
	 NULL},
	{"cilium.io", "CiliumNetworkPolicy", "ciliumnetworkpolicies", "Cilium", NULL},
	{"cilium.io", "CiliumClusterwideNetworkPolicy", "ciliumclusterwidenetworkpolicies",
	 "Cilium", NULL},
	{"crd.projectcalico.org", "NetworkPolicy", "networkpolicies", "Calico", NULL},
	{"crd.projectcalico.org", "GlobalNetworkPolicy", "globalnetworkpolicies", "Calico", NULL},
	{"projectcalico.org", "NetworkPolicy", "networkpolicies", "Calico",
	 "crd.projectcalico.org"},
	{"projectcalico.org", "GlobalNetworkPolicy", "globalnetworkpolicies", "Calico",
	 "crd.projectcalico.org"},
	{"crd.antrea.io", "NetworkPolicy", "networkpolicies", "Antrea", NULL},
	{"crd.antrea.io", "ClusterNetworkPolicy", "clusternetworkpolicies", "Antrea", NULL},
};

const struct netpol_kind *netpol_kinds(size_t *count)
{
	*count = ARRAY_LENGTH(kinds);
	return kinds;
}

static bool netpol_kind_is_group(const char *version, const char *group)
{
	size_t length = strlen(group);

	return strncmp(version, group, length) == 0 && version[length] == '/';
}

static bool netpol_kind_ends_in(const char *kind, const char *ending)
{
	size_t length = strlen(kind);
	size_t end = strlen(ending);

	return length >= end && strcmp(kind + length - end, ending) == 0;
}

bool netpol_kind_is_unjudged(const char *version, const char *kind)
{
	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
		if (strcmp(kinds[i].kind, kind) == 0 &&
		    netpol_kind_is_group(version, kinds[i].group))
			return true;
	}
	/* NetworkPolicies of the API group networking.k8s.io are judged. The reader refuses those
	 * of the old API group `extensions`. */
	if (netpol_kind_is_group(version, "networking.k8s.io") ||
	    netpol_kind_is_group(version, "extensions"))
		return false;
	return netpol_kind_ends_in(kind, "NetworkPolicy");
}

static bool netpol_unjudged_is_same_kind(const struct netpol_unjudged *a,
					 const struct netpol_unjudged *b)
{
	return strcmp(a->kind, b->kind) == 0 && strcmp(a->version, b->version) == 0;
}

/* Returns true if no earlier unjudged policy of the set has the same kind and version. */
static bool netpol_unjudged_is_first(const struct netpol_set *set, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (netpol_unjudged_is_same_kind(&set->unjudged[i], &set->unjudged[at]))
			return false;
	}
	return true;
}

/* Calico's API server also lists the policies of Kubernetes, under names with these prefixes
 * (calico libcalico-go/lib/backend/k8s/conversion/constants.go). */
bool netpol_kind_is_translated(const struct netpol_kind *kind, const char *name)
{
	static const char *const prefixes[] = {"knp.default.", "kanp.adminnetworkpolicy.",
					       "kbanp.baselineadminnetworkpolicy.", "kcnp.kube-"};

	for (size_t i = 0; kind->view_of && i < ARRAY_LENGTH(prefixes); i++) {
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	}
	return false;
}

static void netpol_unjudged_format(const struct netpol_set *set, size_t first,
				   char text[NETPOL_UNJUDGED_SIZE])
{
	const struct netpol_unjudged *policy = &set->unjudged[first];
	size_t count = 0;
	char line[16] = "";

	for (size_t i = first; i < set->unjudged_count; i++)
		count += netpol_unjudged_is_same_kind(&set->unjudged[i], policy);
	if (policy->line)
		snprintf(line, sizeof(line), ":%u", policy->line);
	snprintf(text, NETPOL_UNJUDGED_SIZE,
		 "NOT JUDGED: %zu %.63s (%.120s)%s %.63s%s%.253s (%.200s%s): it may allow or "
		 "deny any of these flows",
		 count, policy->kind, policy->version, count > 1 ? ", such as" : "",
		 policy->namespace_name, policy->namespace_name[0] ? "/" : "", policy->name,
		 policy->file, line);
}

bool netpol_unjudged_next(const struct netpol_set *set, size_t *at, char text[NETPOL_UNJUDGED_SIZE])
{
	size_t first = *at;

	while (first < set->unjudged_count && !netpol_unjudged_is_first(set, first))
		first++;
	*at = first + 1;
	if (first < set->unjudged_count) {
		netpol_unjudged_format(set, first, text);
		return true;
	}
	if (first - set->unjudged_count >= set->unlisted_count)
		return false;
	const struct netpol_unlisted *kind = &set->unlisted[first - set->unjudged_count];
	snprintf(text, NETPOL_UNJUDGED_SIZE,
		 "NOT JUDGED: cannot say whether the cluster has a %.63s (%.120s), which may allow "
		 "or deny any of these flows: %.500s",
		 kind->kind, kind->group, kind->reason);
	return true;
}

bool netpol_unjudged_summary(const struct netpol_set *set, char text[NETPOL_UNJUDGED_SUMMARY_SIZE])
{
	size_t policies = set->unjudged_count;
	size_t kinds_count = set->unlisted_count;
	int length = 0;

	text[0] = '\0';
	if (policies)
		length = snprintf(text, NETPOL_UNJUDGED_SUMMARY_SIZE,
				  "%zu polic%s of other kinds %s NOT JUDGED", policies,
				  policies == 1 ? "y" : "ies", policies == 1 ? "is" : "are");
	if (kinds_count)
		snprintf(text + length, NETPOL_UNJUDGED_SUMMARY_SIZE - (size_t)length,
			 "%s%zu other kind%s of policy could not be listed", policies ? ", " : "",
			 kinds_count, kinds_count == 1 ? "" : "s");
	return policies || kinds_count;
}
