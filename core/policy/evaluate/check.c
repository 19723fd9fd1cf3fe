/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/evaluate/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/base/hash_index.h"
#include "core/base/large_memory.h"
#include "core/base/text.h"
#include "core/policy/evaluate/evaluate_edge.h"
#include "core/record/address.h"
#include "core/state/edge_filter.h"

struct check_flow {
	struct evaluate_flow flow;
	const struct edge *edge;
	uint64_t connections;
	bool far_seen; /* the flow was also observed at the other end */
};

struct check_run {
	struct check *check;
	const struct state *state;
	struct evaluator *evaluator;
	const struct check_options *options;
	struct check_flow *flows; /* has room for all edges */
	size_t flow_count;
	struct hash_index by_flow;
	size_t finding_capacity;
};

/* --- the observed flows --- */

static uint64_t check_hash(const struct evaluate_flow *flow)
{
	uint64_t hash =
		flow->subject ? hash_pointer(flow->subject) : hash_string(0, flow->namespace_name);

	hash = hash_add(hash, (uint64_t)flow->port << 32 | (uint64_t)flow->direction << 16 |
				      (uint64_t)flow->protocol << 8 | flow->family);
	return address_hash(hash, &flow->peer);
}

static bool check_is_same(const struct evaluate_flow *a, const struct evaluate_flow *b)
{
	if (a->subject != b->subject || a->peer_pod != b->peer_pod ||
	    a->peer_is_gone != b->peer_is_gone || a->port != b->port ||
	    a->direction != b->direction || a->protocol != b->protocol || a->family != b->family ||
	    !address_equal(&a->peer, &b->peer))
		return false;
	return a->subject || strcmp(a->namespace_name, b->namespace_name) == 0;
}

static struct check_flow *check_find_flow(const struct check_run *run,
					  const struct evaluate_flow *flow, uint64_t hash)
{
	struct hash_cursor cursor;

	for (uint32_t at = hash_index_first(&run->by_flow, hash, &cursor); at != HASH_INDEX_NONE;
	     at = hash_index_next(&run->by_flow, &cursor)) {
		if (check_is_same(&run->flows[at].flow, flow))
			return &run->flows[at];
	}
	return NULL;
}

static int check_add_flow(struct check_run *run, const struct evaluate_flow *flow,
			  const struct edge *edge, uint64_t connections)
{
	/* Without a pod record, it is unknown whether two edges belong to the same pod, so each
	 * edge is a flow of its own. */
	uint64_t hash = check_hash(flow);
	struct check_flow *known = flow->subject ? check_find_flow(run, flow, hash) : NULL;

	if (known) {
		known->connections += connections;
		return 0;
	}
	if (hash_index_insert(&run->by_flow, hash, (uint32_t)run->flow_count))
		return -ENOMEM;
	run->flows[run->flow_count++] =
		(struct check_flow){.flow = *flow, .edge = edge, .connections = connections};
	return 0;
}

static uint64_t check_connections(const struct check_run *run, const struct edge *edge)
{
	if (!run->options->failed)
		return edge->ok_count;
	return edge->ok_count > 0 ? 0 : edge->conn_count;
}

/* Allocates one flow per edge, in huge pages, because the flows are accessed in random order. */
static int check_reserve(struct check_run *run)
{
	size_t edges = 0;

	for (size_t i = 0; i < state_subject_count(run->state); i++)
		edges += state_subject(run->state, i)->edge_count;
	run->flows = large_memory_alloc(edges + 1, sizeof(*run->flows));
	if (!run->flows)
		return -ENOMEM;
	/* Growing the index step by step would move most of its values many times. */
	return hash_index_reserve(&run->by_flow, edges);
}

#define PREFETCH_AHEAD 8

static int check_collect(struct check_run *run)
{
	for (size_t i = 0; i < state_subject_count(run->state); i++) {
		const struct subject *subject = state_subject(run->state, i);
		for (size_t j = 0; j < subject->edge_count; j++) {
			const struct edge *edge = subject->edges[j];
			/* Edges are scattered in memory, so prefetch two parts of a later edge: the
			 * fields that identify its flow, and its counters. */
			if (j + PREFETCH_AHEAD < subject->edge_count) {
				__builtin_prefetch(subject->edges[j + PREFETCH_AHEAD]);
				__builtin_prefetch(&subject->edges[j + PREFETCH_AHEAD]->conn_count);
			}
			struct evaluate_flow flow;
			uint64_t connections = check_connections(run, edge);
			if (connections == 0 ||
			    !edge_filter_match(run->state, run->options->filter, edge))
				continue;
			if (!evaluate_flow_of_edge(run->state, edge, &flow))
				run->check->outside++;
			else if (check_add_flow(run, &flow, edge, connections))
				return -ENOMEM;
		}
	}
	return 0;
}

/* --- judging --- */

/* Judges the far end of a flow, and stores the result in *worst if it is worse. If the flow was
 * also observed at the far end, only sets far_seen of that observation, which check_judge_all
 * judges separately. */
static int check_far_end(struct check_run *run, const struct evaluate_flow *far,
			 struct evaluate_edge_result *worst)
{
	struct check_flow *other = check_find_flow(run, far, check_hash(far));

	if (other)
		other->far_seen = true;
	if (other || worst->result.verdict == EVALUATE_DENIED)
		return 0;
	return evaluate_edge_far(run->evaluator, far, worst);
}

static int check_judge(struct check_run *run, const struct check_flow *seen)
{
	struct check *check = run->check;
	const struct evaluate_flow *ends = NULL;
	size_t count = 0;
	struct evaluate_edge_result worst = {.flow = seen->flow};

	int error = evaluate_edge_near(run->evaluator, run->state, seen->edge, &seen->flow,
				       &worst.result);
	if (!error && !seen->far_seen && evaluate_edge_has_far_end(&seen->flow))
		error = evaluator_far_ends(run->evaluator, &seen->flow, &ends, &count);
	for (size_t i = 0; i < count && !error; i++)
		error = check_far_end(run, &ends[i], &worst);
	if (error)
		return error;
	check->checked++;
	check->denied += worst.result.verdict == EVALUATE_DENIED;
	check->depends += worst.result.verdict == EVALUATE_DEPENDS;
	check->depends_labels += worst.result.reason == EVALUATE_PEER_LABELS ||
				 worst.result.reason == EVALUATE_OLD_LABELS;
	check->depends_services += worst.result.reason == EVALUATE_NO_SERVICE;
	check->unknown += worst.result.verdict == EVALUATE_UNKNOWN;
	if (worst.result.verdict != EVALUATE_DENIED && worst.result.verdict != EVALUATE_DEPENDS)
		return 0;
	struct check_finding *finding =
		ARRAY_ADD(check->findings, check->finding_count, run->finding_capacity);
	if (finding)
		*finding = (struct check_finding){
			.flow = worst.flow,
			.result = worst.result,
			.edge = seen->edge,
			.connections = seen->connections,
			.far = worst.far,
		};
	return finding ? 0 : -ENOMEM;
}

/* Judges the flows of one direction. */
static int check_judge_all(struct check_run *run, uint8_t direction)
{
	int error = 0;

	for (size_t i = 0; i < run->flow_count && !error; i++) {
		if (run->flows[i].flow.direction == direction)
			error = check_judge(run, &run->flows[i]);
	}
	return error;
}

/* --- the order --- */

static int check_compare(const void *a, const void *b)
{
	const struct check_finding *x = a;
	const struct check_finding *y = b;
	const struct evaluate_flow *f = &x->flow;
	const struct evaluate_flow *g = &y->flow;
	int order = strcmp(f->namespace_name, g->namespace_name);

	if (order == 0)
		order = text_compare(f->subject ? f->subject->name : NULL,
				     g->subject ? g->subject->name : NULL);
	if (order == 0)
		order = f->direction - g->direction;
	if (order == 0)
		order = f->family - g->family;
	if (order == 0)
		order = memcmp(&f->peer, &g->peer, sizeof(f->peer));
	if (order == 0)
		order = f->protocol - g->protocol;
	if (order == 0)
		order = f->port - g->port;
	return order != 0 ? order : x->far - y->far;
}

int check_run(struct check *check, const struct state *state, struct evaluator *evaluator,
	      const struct check_options *options)
{
	struct check_run run = {
		.check = check, .state = state, .evaluator = evaluator, .options = options};

	int error = check_reserve(&run);
	if (!error)
		error = check_collect(&run);
	/* Egress comes first, because it shows which ingress flows were also observed at their
	 * other end. */
	if (!error)
		error = check_judge_all(&run, FLOW_EGRESS);
	if (!error)
		error = check_judge_all(&run, FLOW_INGRESS);
	free(run.flows);
	hash_index_clear(&run.by_flow);
	if (error)
		check_clear(check);
	else if (check->finding_count > 1)
		qsort(check->findings, check->finding_count, sizeof(*check->findings),
		      check_compare);
	return error;
}

void check_clear(struct check *check)
{
	free(check->findings);
	*check = (struct check){0};
}
