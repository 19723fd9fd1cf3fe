/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/baseline/novelty.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/base/hash_index.h"
#include "core/base/memory.h"
#include "core/policy/evaluate/evaluate_edge.h"
#include "core/state/edge_sweep.h"

/* Limits of one call of novelty_sweep: the number of edges to look up, and to judge. A look-up
 * takes about 50 ns, a judgement about 2 µs. */
#define SWEEP_LOOKS  20000
#define SWEEP_JUDGED 2000

struct novelty_slot {
	const struct edge *edge;
	size_t dns_length;    /* length of edge->dns when the edge was judged; names are only
	                       * added */
	bool had_connections; /* whether edge->conn_count was above 0 when the edge was judged */
	uint64_t revision;    /* novelty_revision() when the edge was judged; 0: not judged */
	uint8_t answer;       /* enum baseline_answer */
	uint8_t group;        /* group of the edge's subject when the edge was counted */
	bool counted;
};

/* Edges live as long as the state, so no slot is removed. */
struct novelty {
	const struct state *state;
	struct baseline *baseline;
	struct evaluator *evaluator; /* NULL: the baseline is not one of policies */
	struct novelty_slot *slots;
	size_t count;
	size_t capacity;
	struct hash_index index; /* of slots, by the edge's address */
	size_t new_edges[SUBJECT_GROUPS];
	struct edge_sweep sweep; /* judges all edges after each change of identities */
};

int novelty_new(const struct state *state, struct novelty **out)
{
	struct novelty *novelty = memory_checked(calloc(1, sizeof(*novelty)));

	if (!novelty)
		return -ENOMEM;
	novelty->state = state;
	*out = novelty;
	return 0;
}

void novelty_free(struct novelty *novelty)
{
	if (!novelty)
		return;
	evaluator_free(novelty->evaluator);
	baseline_free(novelty->baseline);
	free(novelty->slots);
	hash_index_clear(&novelty->index);
	free(novelty);
}

int novelty_set_baseline(struct novelty *novelty, struct baseline *baseline)
{
	const struct netpol_set *policies = baseline_policies(baseline);
	struct evaluator *evaluator = NULL;
	int error =
		policies ? evaluator_new(policies, state_resolver(novelty->state), &evaluator) : 0;

	if (error)
		return error;
	evaluator_free(novelty->evaluator);
	baseline_free(novelty->baseline);
	novelty->evaluator = evaluator;
	novelty->baseline = baseline;
	for (size_t i = 0; i < novelty->count; i++)
		novelty->slots[i].revision = 0;
	novelty->sweep.swept = 0;
	return 0;
}

const struct baseline *novelty_baseline(const struct novelty *novelty)
{
	return novelty->baseline;
}

static uint64_t novelty_revision(const struct novelty *novelty)
{
	return workloads_revision(state_workloads(novelty->state)) + 1;
}

/* Returns the edge's slot, and adds it if it is missing. Returns NULL if memory is short. */
static struct novelty_slot *novelty_slot_of(struct novelty *novelty, const struct edge *edge)
{
	uint64_t hash = hash_pointer(edge);
	struct hash_cursor cursor;
	uint32_t at = hash_index_first(&novelty->index, hash, &cursor);

	while (at != HASH_INDEX_NONE && novelty->slots[at].edge != edge)
		at = hash_index_next(&novelty->index, &cursor);
	if (at != HASH_INDEX_NONE)
		return &novelty->slots[at];
	if (ARRAY_RESERVE(novelty->slots, novelty->capacity, novelty->count + 1) ||
	    hash_index_insert(&novelty->index, hash, (uint32_t)novelty->count))
		return NULL;
	novelty->slots[novelty->count] = (struct novelty_slot){.edge = edge};
	return &novelty->slots[novelty->count++];
}

static enum baseline_answer novelty_find(struct novelty *novelty, const struct edge *edge)
{
	struct evaluate_edge_result worst;

	if (!novelty->evaluator)
		return baseline_find(novelty->baseline, novelty->state, edge);
	if (evaluate_edge(novelty->evaluator, novelty->state, edge, &worst))
		return BASELINE_UNKNOWN;
	if (worst.result.verdict == EVALUATE_DENIED)
		return BASELINE_LACKS;
	return worst.result.verdict == EVALUATE_ALLOWED ? BASELINE_HAS : BASELINE_UNKNOWN;
}

static void novelty_count_slot(struct novelty *novelty, struct novelty_slot *slot)
{
	novelty->new_edges[slot->group] -= slot->counted;
	slot->group = slot->edge->subject->group;
	slot->counted = slot->answer == BASELINE_LACKS && slot->edge->conn_count > 0;
	novelty->new_edges[slot->group] += slot->counted;
}

void novelty_regroup(struct novelty *novelty)
{
	for (size_t i = 0; i < novelty->count; i++)
		novelty_count_slot(novelty, &novelty->slots[i]);
}

static size_t novelty_dns_length(const struct edge *edge)
{
	return edge->dns ? strlen(edge->dns) : 0;
}

static bool novelty_is_current(const struct novelty *novelty, const struct novelty_slot *slot)
{
	return slot->revision == novelty_revision(novelty) &&
	       slot->dns_length == novelty_dns_length(slot->edge) &&
	       slot->had_connections == (slot->edge->conn_count > 0);
}

enum baseline_answer novelty_judge(struct novelty *novelty, const struct edge *edge)
{
	struct novelty_slot *slot = novelty->baseline ? novelty_slot_of(novelty, edge) : NULL;

	if (!slot)
		return BASELINE_UNKNOWN;
	/* A rewound state lacks later events. Do not judge edges then, because the cache would keep
	 * the answer. */
	if (!state_is_rewound(novelty->state) && !novelty_is_current(novelty, slot)) {
		slot->answer = (uint8_t)novelty_find(novelty, edge);
		slot->revision = novelty_revision(novelty);
		slot->dns_length = novelty_dns_length(edge);
		slot->had_connections = edge->conn_count > 0;
	}
	novelty_count_slot(novelty, slot);
	return (enum baseline_answer)slot->answer;
}

bool novelty_sweep(struct novelty *novelty)
{
	uint64_t revision = novelty_revision(novelty);
	size_t judged = 0;

	if (!novelty->baseline || state_is_rewound(novelty->state))
		return false;
	for (size_t looked = 0; looked < SWEEP_LOOKS && judged < SWEEP_JUDGED; looked++) {
		const struct edge *edge =
			edge_sweep_next(&novelty->sweep, novelty->state, revision);
		struct novelty_slot *slot = edge ? novelty_slot_of(novelty, edge) : NULL;

		if (!slot)
			break;
		judged += !novelty_is_current(novelty, slot);
		novelty_judge(novelty, edge);
	}
	return novelty->sweep.swept != revision;
}

size_t novelty_count(const struct novelty *novelty)
{
	return novelty->new_edges[0];
}

const struct edge *novelty_first(const struct novelty *novelty)
{
	const struct edge *first = NULL;

	for (size_t i = 0; i < novelty->count && novelty->new_edges[0] > 0; i++) {
		const struct novelty_slot *slot = &novelty->slots[i];
		if (slot->counted && slot->group == 0 &&
		    (!first || slot->edge->first_ns < first->first_ns))
			first = slot->edge;
	}
	return first;
}
