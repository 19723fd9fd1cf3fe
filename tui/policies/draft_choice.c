/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/policies/draft_choice.h"

#include <string.h>

static enum draft_dns draft_choice_dns(const char *text)
{
	if (text && strcmp(text, "always") == 0)
		return DRAFT_DNS_ALWAYS;
	if (text && strcmp(text, "never") == 0)
		return DRAFT_DNS_NEVER;
	return DRAFT_DNS_AUTO;
}

struct draft_options draft_choice_of(const struct options *options,
				     const struct netpol_set *existing)
{
	bool cilium = options->format && strcmp(options->format, "cilium") == 0;

	return (struct draft_options){
		.filter = options->filter,
		.include_failed = options->include_failed,
		.explain = options->explain,
		.dns = draft_choice_dns(options->dns),
		.format = cilium ? DRAFT_CILIUM : DRAFT_KUBERNETES,
		.exclude_filters = (const struct filter *const *)options->excludes,
		.exclude_filter_count = options->exclude_count,
		.min_connections = options->min_connections,
		.widen_ipv4 = options->widen_ipv4,
		.widen_ipv6 = options->widen_ipv6,
		.max_peers = options->max_peers ? (uint32_t)options->max_peers : DRAFT_MAX_PEERS,
		.group_public = options->group_public,
		.max_ports = (uint32_t)options->max_ports,
		.service_ports = options->service_ports,
		.default_deny = options->default_deny,
		.ignored_labels = options->ignored_labels,
		.name_template = options->policy_name,
		.existing = existing,
	};
}
