/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judges flows by NetworkPolicies: allowed, by which rule; or denied, by which policies.
 *
 * The meaning is that of the API's reference (k8s.io/api/networking/v1 types.go): policies only add
 * permissions; a pod is isolated in a direction when a policy of its namespace selects it and
 * speaks about that direction; then a flow needs one rule that matches its peer and its port. A
 * flow is judged in the direction in which it was opened; replies follow it.
 *
 * Network plugins differ in some things, and a verdict that depends on one of them is its own
 * (EVALUATE_DEPENDS): whether an address block can match a pod or a Service address, and whether a
 * selector can match a pod in its node's network. Read strictly neither does, read loosely both do.
 * So is a verdict that depends on labels that are not known.
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

/* In the order of how bad they are. */
enum evaluate_verdict {
	EVALUATE_ALLOWED = 1,
	/* Allowed by some network plugins and denied by others, or unknown labels decide. */
	EVALUATE_DEPENDS,
	EVALUATE_UNKNOWN, /* too little is known */
	EVALUATE_DENIED,
};

enum evaluate_reason {
	EVALUATE_BY_RULE = 1,  /* allowed, or depends: the result's policy and rule */
	EVALUATE_NOT_ISOLATED, /* allowed: no policy selects the pod in this direction */
	EVALUATE_LOOPBACK,     /* allowed always, as the next three are */
	EVALUATE_SELF,         /* a pod to itself */
	EVALUATE_OWN_NODE,     /* ingress from the pod's own node: the kubelet's probes */
	EVALUATE_HOST_NETWORK, /* policies do not apply to a pod in its node's network */
	EVALUATE_PROTOCOL,     /* depends: the API defines TCP, UDP and SCTP only */
	EVALUATE_NOT_UNICAST,  /* depends: policies do not speak of multicast and the like */
	/* Depends, the result's policy and rule: */
	EVALUATE_SERVICE_BLOCK, /* only an address block that has the Service's address allows it */
	EVALUATE_PEER_LABELS,  /* the labels of the peer or its namespace decide, and are unknown */
	EVALUATE_SELF_SERVICE, /* depends: a pod to itself through its Service */
	EVALUATE_OLD_LABELS,   /* depends: by the labels of the flow's time or by those of today */
	EVALUATE_NO_RULE,      /* denied */
	EVALUATE_NO_LABELS,    /* unknown: the pod's labels decide, and no record has them */
	EVALUATE_NO_PEER,      /* unknown: the peer, its address or its port is not known */
	EVALUATE_NO_BACKEND,   /* unknown: nothing is known behind the Service's address */
};

struct evaluate_result {
	uint8_t verdict; /* enum evaluate_verdict */
	uint8_t reason;  /* enum evaluate_reason */
	/* The rule that allows; NULL where none does. */
	const struct netpol *policy;
	const struct netpol_rule *rule;
	/* The policies that select the subject in this direction, in order of namespace and name.
	 */
	const struct netpol *const *selecting;
	size_t selecting_count;
	/* The backend that the verdict is about, where the peer is a Service; NULL else. */
	const struct backend *backend;
};

/*
 * An evaluator of a set of policies over identities; both must outlive it, and the set must not
 * change. Identities may: caches are dropped then. 0 or -ENOMEM.
 */
int evaluator_new(const struct netpol_set *policies, struct resolver *resolver,
		  struct evaluator **out);
void evaluator_free(struct evaluator *evaluator);

/*
 * Judges one end of a flow. An egress flow to a Service's address is judged for each backend, since
 * the address is rewritten before policies see it; it is denied if one backend is. An egress flow
 * to a node port of the pod's own node is judged rewritten and not rewritten, since not every
 * plugin rewrites it. The result's pointers are valid until identities change. 0 or -ENOMEM.
 */
int evaluator_judge(struct evaluator *evaluator, const struct evaluate_flow *flow,
		    struct evaluate_result *result);

/* Like evaluator_judge, but does not rewrite a Service's address: policies see the peer as
 * given. */
int evaluator_judge_rewritten(struct evaluator *evaluator, const struct evaluate_flow *flow,
			      struct evaluate_result *result);

/*
 * Finds the far ends of a flow, as they would look from there, of pods with an address of their own:
 * the servers' ingress of an egress flow (of each backend if the peer is a Service), the client's
 * egress of an ingress flow. *ends is valid until the next call. 0 or -ENOMEM.
 */
int evaluator_far_ends(struct evaluator *evaluator, const struct evaluate_flow *flow,
		       const struct evaluate_flow **ends, size_t *count);

#endif
