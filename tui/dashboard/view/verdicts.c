/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/view/verdicts.h"

#include <errno.h>
#include <stdlib.h>

#include "core/base/array.h"
#include "core/base/cleanup.h"
#include "core/base/hash.h"
#include "core/base/hash_index.h"
#include "core/policy/evaluate/evaluate_edge.h"
#include "core/state/edge_sweep.h"

/* Limits of one frame: the number of edges to look up, and the number of edges to judge again. A
 * look-up takes about 50 ns, a judgement 1 to 3 µs. */
#define SWEEP_LOOKS  20000
#define SWEEP_JUDGED 2000

struct slot {
	const struct edge *edge;
	uint64_t revision; /* workloads_revision() + 1 when the edge was judged; 0: not judged */
	uint64_t counted;  /* number of the edge's connections in verdicts.denied[group] */
	uint8_t group;     /* of the edge's subject, when `counted` was counted */
	uint8_t verdict;
};

/* Edges live as long as the state, so no slot is removed. */
struct verdicts {
	const struct state *state;
	struct evaluator *evaluator;
	struct slot *slots;
	size_t count;
	size_t capacity;
	struct hash_index index;         /* of slots, by the edge's address */
	uint64_t denied[SUBJECT_GROUPS]; /* by the group of the subject */
	uint64_t *denied_of;             /* by the index of the subject */
	size_t denied_of_capacity;
	struct edge_sweep sweep; /* judges all edges after each change of identities */
};

/* Makes room for the edges that the state has. Otherwise, the tables would be moved again and again
 * as they grow, each time in one step, which takes 200 ms for half a million edges. */
static int verdicts_reserve(struct verdicts *verdicts)
{
	size_t edges = 0;

	for (size_t i = 0; i < state_subject_count(verdicts->state); i++)
		edges += state_subject(verdicts->state, i)->edge_count;
	if (ARRAY_RESERVE(verdicts->slots, verdicts->capacity, edges))
		return -ENOMEM;
	return hash_index_reserve(&verdicts->index, edges);
}

int verdicts_new(const struct netpol_set *policies, const struct state *state,
		 struct verdicts **out)
{
	CLEANUP_FREE struct verdicts *verdicts = calloc(1, sizeof(*verdicts));
	int error = -ENOMEM;

	if (verdicts)
		error = evaluator_new(policies, state_resolver(state), &verdicts->evaluator);
	if (error)
		return error;
	verdicts->state = state;
	error = verdicts_reserve(verdicts);
	if (error)
		verdicts_free(STEAL(verdicts));
	else
		*out = STEAL(verdicts);
	return error;
}

void verdicts_free(struct verdicts *verdicts)
{
	if (!verdicts)
		return;
	evaluator_free(verdicts->evaluator);
	free(verdicts->slots);
	free(verdicts->denied_of);
	hash_index_clear(&verdicts->index);
	free(verdicts);
}

/* Returns the edge's slot, or NULL. */
static struct slot *verdicts_find(const struct verdicts *verdicts, const struct edge *edge)
{
	struct hash_cursor cursor;
	uint32_t at = hash_index_first(&verdicts->index, hash_pointer(edge), &cursor);

	while (at != HASH_INDEX_NONE && verdicts->slots[at].edge != edge)
		at = hash_index_next(&verdicts->index, &cursor);
	return at == HASH_INDEX_NONE ? NULL : &verdicts->slots[at];
}

/* Makes room in verdicts->denied_of for the subject with an index. Returns 0 or -ENOMEM. */
static int verdicts_reserve_subject(struct verdicts *verdicts, size_t index)
{
	size_t known = verdicts->denied_of_capacity;

	if (ARRAY_RESERVE(verdicts->denied_of, verdicts->denied_of_capacity, index + 1))
		return -ENOMEM;
	for (; known < verdicts->denied_of_capacity; known++)
		verdicts->denied_of[known] = 0;
	return 0;
}

/* Returns the edge's slot, and adds it if it is missing. Returns NULL if memory is short. */
static struct slot *verdicts_slot_of(struct verdicts *verdicts, const struct edge *edge)
{
	struct slot *slot = verdicts_find(verdicts, edge);
	uint32_t at = (uint32_t)verdicts->count;

	if (slot)
		return slot;
	if (verdicts_reserve_subject(verdicts, edge->subject->index) ||
	    ARRAY_RESERVE(verdicts->slots, verdicts->capacity, verdicts->count + 1) ||
	    hash_index_insert(&verdicts->index, hash_pointer(edge), at))
		return NULL;
	verdicts->count++;
	verdicts->slots[at] = (struct slot){.edge = edge};
	return &verdicts->slots[at];
}

static uint64_t verdicts_revision_of(const struct verdicts *verdicts)
{
	return workloads_revision(state_workloads(verdicts->state)) + 1;
}

/* Updates verdicts.denied and verdicts.denied_of after the verdict, the connections or the group of
 * a slot changed. */
static void verdicts_count(struct verdicts *verdicts, struct slot *slot)
{
	uint64_t now = slot->verdict == EVALUATE_DENIED ? slot->edge->conn_count : 0;

	verdicts->denied[slot->group] -= slot->counted;
	slot->group = slot->edge->subject->group;
	verdicts->denied[slot->group] += now;
	verdicts->denied_of[slot->edge->subject->index] += now - slot->counted;
	slot->counted = now;
}

void verdicts_regroup(struct verdicts *verdicts)
{
	for (size_t i = 0; verdicts && i < verdicts->count; i++)
		verdicts_count(verdicts, &verdicts->slots[i]);
}

uint8_t verdicts_judge(struct verdicts *verdicts, const struct edge *edge)
{
	struct evaluate_edge_result worst;
	struct slot *slot = verdicts ? verdicts_slot_of(verdicts, edge) : NULL;

	if (!slot)
		return 0;
	/* A rewound state lacks later events. Do not judge edges then, because the cache would keep
	 * the verdict. */
	if (!state_is_rewound(verdicts->state) &&
	    slot->revision != verdicts_revision_of(verdicts)) {
		slot->verdict = evaluate_edge(verdicts->evaluator, verdicts->state, edge, &worst)
					? 0
					: worst.result.verdict;
		slot->revision = verdicts_revision_of(verdicts);
	}
	verdicts_count(verdicts, slot);
	return slot->verdict;
}

uint8_t verdicts_known(const struct verdicts *verdicts, const struct edge *edge)
{
	const struct slot *slot = verdicts ? verdicts_find(verdicts, edge) : NULL;

	return slot ? slot->verdict : 0;
}

bool verdicts_sweep(struct verdicts *verdicts)
{
	uint64_t revision = verdicts_revision_of(verdicts);
	size_t judged = 0;

	if (state_is_rewound(verdicts->state))
		return false;
	for (size_t looked = 0; looked < SWEEP_LOOKS && judged < SWEEP_JUDGED; looked++) {
		const struct edge *edge =
			edge_sweep_next(&verdicts->sweep, verdicts->state, revision);
		struct slot *slot = edge ? verdicts_slot_of(verdicts, edge) : NULL;

		if (!slot)
			break;
		judged += slot->revision != revision;
		verdicts_judge(verdicts, edge);
	}
	return verdicts->sweep.swept != revision;
}

uint64_t verdicts_denied(const struct verdicts *verdicts)
{
	return verdicts ? verdicts->denied[0] : 0;
}

uint64_t verdicts_denied_of(const struct verdicts *verdicts, const struct subject *subject)
{
	return verdicts && subject->index < verdicts->denied_of_capacity
		       ? verdicts->denied_of[subject->index]
		       : 0;
}

uint64_t verdicts_denied_on(const struct verdicts *verdicts, const struct edge *edge)
{
	const struct slot *slot = verdicts ? verdicts_find(verdicts, edge) : NULL;

	return slot ? slot->counted : 0;
}

int verdicts_explain(struct verdicts *verdicts, const struct edge *edge, struct verdict *verdict)
{
	struct evaluate_edge_result worst;
	int error = evaluate_edge(verdicts->evaluator, verdicts->state, edge, &worst);

	if (error)
		return error;
	verdict->flow = worst.flow;
	verdict->far = worst.far;
	/* Judge the flow again: evaluator_explain explains only the flow that was judged last. */
	error = worst.far ? evaluator_judge(verdicts->evaluator, &verdict->flow, &verdict->result)
			  : evaluate_edge_near(verdicts->evaluator, verdicts->state, edge,
					       &verdict->flow, &verdict->result);
	if (!error)
		error = evaluator_explain(verdicts->evaluator, &verdict->flow, &verdict->result,
					  verdict->why);
	return error;
}

int verdicts_selecting(struct verdicts *verdicts, const struct subject *subject, uint8_t direction,
		       struct evaluate_result *result)
{
	/* The selecting policies do not depend on the peer and the port, so judge an arbitrary
	 * flow. */
	const struct evaluate_flow flow = {
		.subject = subject->pod_record,
		.namespace_name = subject->namespace_name ? subject->namespace_name : "",
		.direction = direction,
		.protocol = FLOW_TCP,
		.family = 4,
		.port = 1,
	};

	if (!verdicts || !subject->pod_record)
		return -ENOENT;
	return evaluator_judge(verdicts->evaluator, &flow, result);
}
