/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judges whether policies let a connection pass at one of its ends, after Service addresses were
 * rewritten. Follows the definition of the API and shares no code with the drafter.
 *
 * Network plugins differ in two rules. Strict: an address block never matches a pod or a Service
 * address, and a selector never matches a host-network pod. Loose: both match. A connection that
 * must pass is judged by the strict rules. A connection that must not pass is judged by the loose
 * rules.
 */
#ifndef POLECAT_TESTS_SUPPORT_POLICY_JUDGE_H
#define POLECAT_TESTS_SUPPORT_POLICY_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/policy/netpol/netpol.h"
#include "core/state/identity/workloads.h"

struct judge_tuple {
	const struct pod_record *pod;
	const char *peer; /* address */
	uint16_t port;
	uint8_t protocol;  /* enum flow_protocol */
	uint8_t direction; /* enum netpol_direction */
};

bool policy_judge(const struct netpol_set *set, const struct workloads *workloads,
		  const struct judge_tuple *tuple, bool strict);

/* Returns whether a policy of the set restricts the pod in the direction. */
bool policy_judge_isolated(const struct netpol_set *set, const struct pod_record *pod,
			   uint8_t direction);

#endif
