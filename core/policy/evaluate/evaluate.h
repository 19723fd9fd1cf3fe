/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judges flows by NetworkPolicies: allowed and by which rule, or denied and by which policies.
 *
 * The rules are those of the API's reference (k8s.io/api/networking/v1 types.go). Policies only add
 * permissions. A pod is isolated in a direction if a policy of its namespace selects the pod and
 * restricts that direction. Then a flow needs one rule that matches its peer and its port. A flow
 * is judged in the direction in which it was opened, and its replies need no rule.
 *
 * Network plugins differ about two questions: can an address block match a pod or a Service
 * address, and can a selector match a pod in its node's network? In the strict reading neither can,
 * in the loose reading both can. If the two readings give different verdicts, or if unknown labels
 * decide, the verdict is EVALUATE_DEPENDS.
 *
 * Pure except for its caches: no I/O, no clock. One thread. Independent of the drafter.
 */
#ifndef POLECAT_CORE_POLICY_EVALUATE_EVALUATE_H
#define POLECAT_CORE_POLICY_EVALUATE_EVALUATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/policy/evaluate/evaluate_flow.h"
#include "core/policy/netpol/netpol.h"
#include "core/state/identity/resolver.h"

struct evaluator;

/* The verdicts, from the best to the worst. */
enum evaluate_verdict {
	EVALUATE_ALLOWED = 1,
	/* Some network plugins allow the flow and others deny it, or the verdict depends on unknown
	 * labels of the peer or its namespace. */
	EVALUATE_DEPENDS,
	/* The subject's labels, the peer, or the Service's backends are unknown. */
	EVALUATE_UNKNOWN,
	EVALUATE_DENIED,
};

enum evaluate_reason {
	EVALUATE_BY_RULE = 1,  /* allowed or depends: see the result's policy and rule */
	EVALUATE_NOT_ISOLATED, /* allowed: no policy selects the pod in this direction */
	EVALUATE_LOOPBACK,     /* always allowed, like the next three */
	EVALUATE_SELF,         /* a pod to itself */
	EVALUATE_OWN_NODE,     /* ingress from the pod's own node, such as the kubelet's probes */
	EVALUATE_HOST_NETWORK, /* policies do not apply to a pod in its node's network */
	EVALUATE_PROTOCOL,     /* depends: the API defines TCP, UDP and SCTP only */
	EVALUATE_NOT_UNICAST,  /* depends: the API does not cover multicast, broadcast etc. */
	/* For the next two reasons, the verdict is EVALUATE_DEPENDS, and the result's policy and
	 * rule are set. */
	EVALUATE_SERVICE_BLOCK, /* allowed only by a block with the Service's address */
	EVALUATE_PEER_LABELS,   /* the peer or its namespace has unknown labels, which decide */
	EVALUATE_SELF_SERVICE,  /* depends: a pod to itself through its Service */
	EVALUATE_NO_SERVICE,    /* depends: a Service's address, and the Service is not known */
	EVALUATE_OLD_LABELS,    /* depends: pods had other labels at the flow's time */
	EVALUATE_NO_RULE,       /* denied */
	EVALUATE_NO_LABELS,     /* unknown: the subject's labels decide, and no record has them */
	EVALUATE_NO_PEER,       /* unknown: the peer, its address or its port is unknown */
	EVALUATE_NO_BACKEND,    /* unknown: no backend of the Service is known */
	EVALUATE_REPLY,         /* allowed: an answer to a request (evaluate_edge_near) */
};

struct evaluate_result {
	uint8_t verdict; /* enum evaluate_verdict */
	uint8_t reason;  /* enum evaluate_reason */
	/* The rule that allows the flow, and its policy; or NULL. */
	const struct netpol *policy;
	const struct netpol_rule *rule;
	/* The policies that select the subject in this direction, in order of namespace and name.
	 */
	const struct netpol *const *selecting;
	size_t selecting_count;
	/* The backend that the verdict is about if the peer is a Service; else NULL. */
	const struct backend *backend;
};

/* Makes an evaluator for a set of policies and the identities of a resolver. The set and the
 * resolver must outlive the evaluator, and the set must not change. The evaluator drops its caches
 * when identities change. Returns 0 or -ENOMEM. */
int evaluator_new(const struct netpol_set *policies, struct resolver *resolver,
		  struct evaluator **out);
void evaluator_free(struct evaluator *evaluator);

/*
 * Judges one end of a flow. An egress flow to a Service's address is judged for each backend, since
 * the address is rewritten before policies see it. The flow is denied if it is denied for one
 * backend. An egress flow to a node port of the pod's own node is judged both rewritten and not
 * rewritten, since not every plugin rewrites it. The result's pointers are valid until identities
 * change. Returns 0 or -ENOMEM.
 */
int evaluator_judge(struct evaluator *evaluator, const struct evaluate_flow *flow,
		    struct evaluate_result *result);

/*
 * Judges a flow whose peer address has been rewritten already. Unlike evaluator_judge, does not
 * replace a Service's address with its backends.
 */
int evaluator_judge_rewritten(struct evaluator *evaluator, const struct evaluate_flow *flow,
			      struct evaluate_result *result);

/*
 * Finds the far ends of a flow, as flows whose subjects are the pods at these ends. The far end of
 * an ingress flow is the client's egress. The far end of an egress flow is the server's ingress, or
 * the ingress of each backend if the peer is a Service. A host-network pod is never a far end,
 * because policies do not apply to it. *ends is valid until the next call. Returns 0 or -ENOMEM.
 */
int evaluator_far_ends(struct evaluator *evaluator, const struct evaluate_flow *flow,
		       const struct evaluate_flow **ends, size_t *count);

#endif
