/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an evaluator looks up, and remembers: the policies of a namespace, those that select a pod,
 * a namespace's labels, what is behind a Service. For evaluate*.c alone.
 *
 * All but the policies' order depends on identities, and is dropped when these change
 * (evaluate_index_refresh).
 */
#ifndef POLECAT_CORE_POLICY_EVALUATE_EVALUATE_INDEX_H
#define POLECAT_CORE_POLICY_EVALUATE_EVALUATE_INDEX_H

#include "core/base/hash_index.h"
#include "core/policy/evaluate/evaluate.h"

/* The policies that select a pod, by direction. */
struct evaluate_selection {
	const struct pod_record *pod;
	const struct netpol **ingress;
	size_t ingress_count;
	const struct netpol **egress;
	size_t egress_count;
};

/* The labels of a namespace, with the name that every namespace has as a label. */
struct evaluate_namespace {
	const char *name;
	struct labels labels;
};

/* What is behind one port of a Service. */
struct evaluate_service {
	const struct service_record *record;
	struct evaluate_backend *backends;
	size_t count;
	bool has_port;     /* the Service has this port */
	bool is_node_port; /* it is what nodes listen on, not the Service's address */
	uint16_t port;
	uint8_t protocol;
	uint8_t family;
};

/* Things that are made when they are first asked for, by hash. */
struct evaluate_list {
	void **items;
	size_t count;
	size_t capacity;
	struct hash_index by_hash;
};

struct evaluate_index {
	const struct workloads *workloads;
	const struct netpol **policies; /* by namespace, name, and place in the set */
	size_t policy_count;
	uint64_t revision; /* of the workloads, that all below is about */
	struct evaluate_list selections;
	struct evaluate_list namespaces;
	struct evaluate_list services;
};

/* 0 or -ENOMEM; evaluate_index_clear either way. */
int evaluate_index_init(struct evaluate_index *index, const struct netpol_set *policies,
			const struct workloads *workloads);
void evaluate_index_clear(struct evaluate_index *index);

/* Drops what was remembered of identities if they have changed. */
void evaluate_index_refresh(struct evaluate_index *index);

/* The policies of a namespace, *count of them. */
const struct netpol *const *evaluate_index_policies(const struct evaluate_index *index,
						    const char *namespace_name, size_t *count);

/* Each is NULL without memory. */
const struct evaluate_selection *evaluate_index_selection(struct evaluate_index *index,
							  const struct pod_record *pod);
const struct labels *evaluate_index_namespace(struct evaluate_index *index, const char *name);
const struct evaluate_service *evaluate_index_service(struct evaluate_index *index,
						      const struct service_record *service,
						      uint8_t family, uint8_t protocol,
						      uint16_t port);
/* The same by the port that nodes listen on. */
const struct evaluate_service *evaluate_index_node_port(struct evaluate_index *index,
							const struct service_record *service,
							uint8_t family, uint8_t protocol,
							uint16_t port);

#endif
