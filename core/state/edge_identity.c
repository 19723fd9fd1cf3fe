/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/edge_identity.h"

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/record/address.h"

uint64_t edge_identity(const struct edge_record *edge, uint64_t node)
{
	static const struct flow_names none;
	const struct flow *flow = &edge->flow;
	const struct flow_names *names = flow->names ? flow->names : &none;
	const char *const texts[] = {
		names->namespace_name, names->pod,          names->container,
		names->container_id,   names->dns,          names->peer_namespace,
		names->peer_name,      names->backend_name, names->backend_namespace,
		names->protocol,
	};
	const uint32_t bits = FLOW_HAS_SRC | FLOW_HAS_DST | FLOW_HAS_DPORT | FLOW_HAS_WIRE_DPORT |
			      FLOW_HAS_ORIGIN | FLOW_HAS_BACKEND | FLOW_HAS_BACKEND_PORT |
			      FLOW_HAS_CGROUP | FLOW_HAS_NETNS;
	uint64_t hash = hash_u64(node ^ hash_seed());

	hash = address_hash(address_hash(hash, &flow->src), &flow->dst);
	if (flow->has & (FLOW_HAS_ORIGIN | FLOW_HAS_BACKEND))
		hash = address_hash(hash, &flow->nat_address);
	hash = hash_add(hash, (uint64_t)(flow->has & bits) << 32 | (uint64_t)flow->dport << 16 |
				      flow->wire_dport);
	hash = hash_add(hash, (uint64_t)flow->nat_port << 48 | (uint64_t)flow->direction << 40 |
				      (uint64_t)flow->protocol << 32 |
				      (uint64_t)flow->family << 24 |
				      (uint64_t)flow->peer_kind << 16 |
				      (uint64_t)flow->unresolved << 8 | edge->subflow);
	hash = hash_add(hash, flow->cgroup_id);
	hash = hash_add(hash, flow->netns);
	hash = hash_string(hash, flow->comm);
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
		hash = hash_string(hash, texts[i]);
	return hash;
}
