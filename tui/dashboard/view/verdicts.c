/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/view/verdicts.h"

#include <errno.h>
#include <stdlib.h>

#include "core/base/hash.h"

/* Per frame. Looking at an edge costs some 50 ns, judging one 1 to 3 µs. */
#define SWEEP_LOOKS  20000
#define SWEEP_JUDGED 2000
#define FIRST_SLOTS  1024

/* revision: of identities, plus 1, so that 0 was never judged. */
struct slot {
	const struct edge *edge; /* NULL: free */
	uint64_t revision;
	uint64_t counted; /* its connections that are in the sum of the denied */
	uint8_t verdict;
};

/* Slots are found by the edge's address; edges live as long as the state, so none is removed. */
struct verdicts {
	const struct state *state;
	struct evaluator *evaluator;
	struct slot *slots;
	size_t capacity; /* a power of two, or 0 */
	size_t count;
	uint64_t denied;
	/* Where the sweep goes on. */
	size_t subject;
	size_t edge;
	uint64_t swept; /* the revision that the last whole round was about, plus 1 */
	uint64_t round; /* the one under way began with */
};

int verdicts_new(const struct netpol_set *policies, const struct state *state,
		 struct verdicts **out)
{
	struct verdicts *verdicts = calloc(1, sizeof(*verdicts));

	if (!verdicts)
		return -ENOMEM;
	verdicts->state = state;
	int error = evaluator_new(policies, state_resolver(state), &verdicts->evaluator);
	if (error) {
		free(verdicts);
		return error;
	}
	*out = verdicts;
	return 0;
}

void verdicts_free(struct verdicts *verdicts)
{
	if (!verdicts)
		return;
	evaluator_free(verdicts->evaluator);
	free(verdicts->slots);
	free(verdicts);
}

/* The slot of the edge, or the free one where it would be. */
static struct slot *verdicts_probe(struct slot *slots, size_t capacity, const struct edge *edge)
{
	size_t at = (size_t)hash_u64((uint64_t)(uintptr_t)edge) & (capacity - 1);

	while (slots[at].edge && slots[at].edge != edge)
		at = (at + 1) & (capacity - 1);
	return &slots[at];
}

static bool verdicts_grow(struct verdicts *verdicts)
{
	size_t capacity = verdicts->capacity ? verdicts->capacity * 2 : FIRST_SLOTS;
	struct slot *grown = calloc(capacity, sizeof(*grown));

	if (!grown)
		return false;
	for (size_t i = 0; i < verdicts->capacity; i++) {
		if (verdicts->slots[i].edge)
			*verdicts_probe(grown, capacity, verdicts->slots[i].edge) =
				verdicts->slots[i];
	}
	free(verdicts->slots);
	verdicts->slots = grown;
	verdicts->capacity = capacity;
	return true;
}

/* NULL: no memory. */
static struct slot *verdicts_slot_of(struct verdicts *verdicts, const struct edge *edge)
{
	struct slot *slot;

	if (verdicts->count * 4 >= verdicts->capacity * 3 && !verdicts_grow(verdicts))
		return NULL;
	slot = verdicts_probe(verdicts->slots, verdicts->capacity, edge);
	if (!slot->edge) {
		slot->edge = edge;
		verdicts->count++;
	}
	return slot;
}

/* Keeps what one end says where that is worse than what is known. */
static int verdicts_judge_end(struct verdicts *verdicts, const struct evaluate_flow *flow, bool far,
			      struct verdict *worst)
{
	struct evaluate_result result;
	int error = evaluator_judge(verdicts->evaluator, flow, &result);

	if (error)
		return error;
	/* Of a far end that cannot be judged there is nothing to say. */
	if (far && result.verdict == EVALUATE_UNKNOWN)
		return 0;
	if (result.verdict > worst->result.verdict) {
		worst->flow = *flow;
		worst->result = result;
		worst->far = far;
	}
	return 0;
}

/* The worse of both ends. 0, -ENOENT or -ENOMEM. */
static int verdicts_judge_ends(struct verdicts *verdicts, const struct edge *edge,
			       struct verdict *worst)
{
	const struct evaluate_flow *ends = NULL;
	struct evaluate_flow flow;
	size_t count = 0;

	worst->result.verdict = 0;
	if (!evaluate_flow_of_edge(state_workloads(verdicts->state), edge, &flow))
		return -ENOENT;
	int error = verdicts_judge_end(verdicts, &flow, false, worst);
	if (error || worst->result.verdict == EVALUATE_DENIED)
		return error;
	error = evaluator_far_ends(verdicts->evaluator, &flow, &ends, &count);
	for (size_t i = 0; i < count && !error; i++)
		error = verdicts_judge_end(verdicts, &ends[i], true, worst);
	return error;
}

static uint64_t verdicts_revision_of(const struct verdicts *verdicts)
{
	return workloads_revision(state_workloads(verdicts->state)) + 1;
}

/* Keeps the sum of the denied right. */
static void verdicts_count(struct verdicts *verdicts, struct slot *slot)
{
	uint64_t now = slot->verdict == EVALUATE_DENIED ? slot->edge->conn_count : 0;

	verdicts->denied += now - slot->counted;
	slot->counted = now;
}

uint8_t verdicts_judge(struct verdicts *verdicts, const struct edge *edge)
{
	struct verdict verdict;
	struct slot *slot = verdicts ? verdicts_slot_of(verdicts, edge) : NULL;

	if (!slot)
		return 0;
	if (slot->revision != verdicts_revision_of(verdicts)) {
		slot->verdict =
			verdicts_judge_ends(verdicts, edge, &verdict) ? 0 : verdict.result.verdict;
		slot->revision = verdicts_revision_of(verdicts);
	}
	verdicts_count(verdicts, slot);
	return slot->verdict;
}

uint8_t verdicts_known(const struct verdicts *verdicts, const struct edge *edge)
{
	if (!verdicts || verdicts->capacity == 0)
		return 0;
	return verdicts_probe(verdicts->slots, verdicts->capacity, edge)->verdict;
}

/* The next edge of the round; NULL: the round is over. */
static const struct edge *verdicts_next_edge(struct verdicts *verdicts)
{
	while (verdicts->subject < state_subject_count(verdicts->state)) {
		const struct subject *subject = state_subject(verdicts->state, verdicts->subject);
		if (verdicts->edge < subject->edge_count)
			return subject->edges[verdicts->edge++];
		verdicts->subject++;
		verdicts->edge = 0;
	}
	verdicts->subject = 0;
	return NULL;
}

bool verdicts_sweep(struct verdicts *verdicts)
{
	uint64_t revision = verdicts_revision_of(verdicts);
	size_t judged = 0;

	for (size_t looked = 0; looked < SWEEP_LOOKS && judged < SWEEP_JUDGED; looked++) {
		bool begins = verdicts->subject == 0 && verdicts->edge == 0;
		const struct edge *edge = verdicts_next_edge(verdicts);

		if (begins)
			verdicts->round = revision;
		if (!edge) {
			verdicts->swept = verdicts->round;
			break;
		}
		struct slot *slot = verdicts_slot_of(verdicts, edge);
		if (!slot)
			break;
		judged += slot->revision != revision;
		verdicts_judge(verdicts, edge);
	}
	return verdicts->swept != revision;
}

uint64_t verdicts_denied(const struct verdicts *verdicts)
{
	return verdicts ? verdicts->denied : 0;
}

int verdicts_explain(struct verdicts *verdicts, const struct edge *edge, struct verdict *verdict)
{
	int error = verdicts_judge_ends(verdicts, edge, verdict);

	if (error)
		return error;
	/* The explainer wants the flow that was judged just before. */
	error = evaluator_judge(verdicts->evaluator, &verdict->flow, &verdict->result);
	if (error)
		return error;
	return evaluator_explain(verdicts->evaluator, &verdict->flow, &verdict->result,
				 verdict->why);
}

int verdicts_selecting(struct verdicts *verdicts, const struct subject *subject, uint8_t direction,
		       struct evaluate_result *result)
{
	/* Any peer will do: who selects does not depend on it. */
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
