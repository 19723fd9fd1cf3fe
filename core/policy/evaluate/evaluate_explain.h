/* SPDX-License-Identifier: Apache-2.0 */
/* Formats verdicts in English. The names of pods, files and policies are not escaped: escape the
 * texts before printing. */
#ifndef POLECAT_CORE_POLICY_EVALUATE_EVALUATE_EXPLAIN_H
#define POLECAT_CORE_POLICY_EVALUATE_EVALUATE_EXPLAIN_H

#include "core/policy/evaluate/evaluate.h"

#define EVALUATE_PEER_SIZE 640
#define EVALUATE_WHY_SIZE  1536

/* "allowed", "depends", "unknown", "denied". Static storage. */
const char *evaluate_verdict_name(enum evaluate_verdict verdict);

/* One word with hyphens: "by-rule", "not-isolated" … Static storage. */
const char *evaluate_reason_name(enum evaluate_reason reason);

/* Formats the name of the peer: "shop/db", "shop/web (Service)", "node1 (node)", or "" if no name
 * is known. */
void evaluate_peer_name(const struct workloads *workloads, const struct evaluate_flow *flow,
			char peer[EVALUATE_PEER_SIZE]);

/*
 * Formats the reason for a result of evaluator_judge for this flow: "no rule of NetworkPolicy
 * shop/db allows TCP 6379 from shop/front; rule 1 (db.yaml:12) allows TCP 5432 only". Call it
 * directly after evaluator_judge. Returns 0 or -ENOMEM.
 */
int evaluator_explain(struct evaluator *evaluator, const struct evaluate_flow *flow,
		      const struct evaluate_result *result, char why[EVALUATE_WHY_SIZE]);

#endif
