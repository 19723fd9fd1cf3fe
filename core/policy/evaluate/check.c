/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/evaluate/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/hash_index.h"
#include "core/record/address.h"
#include "core/state/edge_filter.h"

struct seen_flow {
	struct evaluate_flow flow;
	const struct edge *edge;
	uint64_t connections;
	bool far_seen; /* the other end was seen to have it too */
};

struct run {
	struct check *check;
	const struct state *state;
	struct evaluator *evaluator;
	const struct check_options *options;
	struct seen_flow *flows;
	size_t flow_count;
	size_t flow_capacity;
	struct hash_index by_flow;
	size_t finding_capacity;
};

/* --- the flows that were seen --- */

static uint64_t flow_hash(const struct evaluate_flow *flow)
{
	uint64_t hash = flow->subject ? hash_u64((uint64_t)(uintptr_t)flow->subject)
				      : hash_string(0, flow->namespace_name);

	hash = hash_add(hash, (uint64_t)flow->port << 32 | (uint64_t)flow->direction << 16 |
				      (uint64_t)flow->protocol << 8 | flow->family);
	return hash_bytes(hash, &flow->peer, sizeof(flow->peer));
}

static bool same_flow(const struct evaluate_flow *a, const struct evaluate_flow *b)
{
	if (a->subject != b->subject || a->peer_pod != b->peer_pod ||
	    a->peer_is_gone != b->peer_is_gone || a->port != b->port ||
	    a->direction != b->direction || a->protocol != b->protocol || a->family != b->family ||
	    !address_equal(&a->peer, &b->peer))
		return false;
	return a->subject || strcmp(a->namespace_name, b->namespace_name) == 0;
}

static struct seen_flow *find_flow(const struct run *run, const struct evaluate_flow *flow)
{
	struct hash_cursor cursor;

	for (uint32_t at = hash_index_first(&run->by_flow, flow_hash(flow), &cursor);
	     at != HASH_INDEX_NONE; at = hash_index_next(&run->by_flow, &cursor)) {
		if (same_flow(&run->flows[at].flow, flow))
			return &run->flows[at];
	}
	return NULL;
}

static int add_flow(struct run *run, const struct evaluate_flow *flow, const struct edge *edge,
		    uint64_t connections)
{
	/* Pods that no record names are told apart by nothing but their names. */
	struct seen_flow *known = flow->subject ? find_flow(run, flow) : NULL;

	if (known) {
		known->connections += connections;
		return 0;
	}
	if (run->flow_count == run->flow_capacity) {
		size_t capacity = run->flow_capacity ? run->flow_capacity * 2 : 256;
		struct seen_flow *grown = reallocarray(run->flows, capacity, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		run->flows = grown;
		run->flow_capacity = capacity;
	}
	if (hash_index_insert(&run->by_flow, flow_hash(flow), (uint32_t)run->flow_count))
		return -ENOMEM;
	run->flows[run->flow_count++] =
		(struct seen_flow){.flow = *flow, .edge = edge, .connections = connections};
	return 0;
}

static uint64_t connections_of(const struct run *run, const struct edge *edge)
{
	if (!run->options->failed)
		return edge->ok_count;
	return edge->ok_count > 0 ? 0 : edge->conn_count;
}

#define PREFETCH_AHEAD 8

/* Its beginning says which flow it is, its counters whether it counts. */
static void prefetch_edge(const struct edge *edge)
{
	__builtin_prefetch(edge);
	__builtin_prefetch(&edge->conn_count);
}

static int collect(struct run *run)
{
	const struct workloads *workloads = state_workloads(run->state);

	for (size_t i = 0; i < state_subject_count(run->state); i++) {
		const struct subject *subject = state_subject(run->state, i);
		for (size_t j = 0; j < subject->edge_count; j++) {
			const struct edge *edge = subject->edges[j];
			/* Edges lie all over the memory. */
			if (j + PREFETCH_AHEAD < subject->edge_count)
				prefetch_edge(subject->edges[j + PREFETCH_AHEAD]);
			struct evaluate_flow flow;
			uint64_t connections = connections_of(run, edge);
			if (connections == 0 ||
			    !edge_filter_match(run->state, run->options->filter, edge))
				continue;
			if (!evaluate_flow_of_edge(workloads, edge, &flow))
				run->check->outside++;
			else if (add_flow(run, &flow, edge, connections))
				return -ENOMEM;
		}
	}
	return 0;
}

/* --- judging --- */

static int add_finding(struct run *run, const struct seen_flow *seen,
		       const struct evaluate_flow *flow, const struct evaluate_result *result)
{
	struct check *check = run->check;

	if (check->finding_count == run->finding_capacity) {
		size_t capacity = run->finding_capacity ? run->finding_capacity * 2 : 64;
		struct check_finding *grown =
			reallocarray(check->findings, capacity, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		check->findings = grown;
		run->finding_capacity = capacity;
	}
	check->findings[check->finding_count++] = (struct check_finding){
		.flow = *flow,
		.result = *result,
		.edge = seen->edge,
		.connections = seen->connections,
		.far = flow != &seen->flow,
	};
	return 0;
}

/* The worst that any end said of a flow so far. */
struct verdict {
	struct evaluate_flow flow;
	struct evaluate_result result;
	bool far;
};

/* Judges the far end behind one backend (NULL: no Service), if nobody saw it, and keeps it if it is
 * worse than what is known. */
static int judge_far(struct run *run, struct seen_flow *seen,
		     const struct evaluate_backend *backend, struct verdict *worst)
{
	struct evaluate_flow far;
	struct evaluate_result result;

	if (!evaluator_far_end(run->evaluator, &seen->flow, backend, &far))
		return 0;
	struct seen_flow *other = find_flow(run, &far);
	if (other) {
		other->far_seen = true;
		return 0;
	}
	if (worst->result.verdict == EVALUATE_DENIED)
		return 0;
	int error = evaluator_judge(run->evaluator, &far, &result);
	if (!error && result.verdict > worst->result.verdict && result.verdict != EVALUATE_UNKNOWN)
		*worst = (struct verdict){.flow = far, .result = result, .far = true};
	return error;
}

static int judge_far_ends(struct run *run, struct seen_flow *seen, struct verdict *worst)
{
	const struct evaluate_backend *backends = NULL;
	size_t count = 0;

	if (seen->far_seen)
		return 0;
	int error = evaluator_backends(run->evaluator, &seen->flow, &backends, &count);
	if (!error && count == 0)
		error = judge_far(run, seen, NULL, worst);
	for (size_t i = 0; i < count && !error; i++)
		error = judge_far(run, seen, &backends[i], worst);
	return error;
}

static int judge(struct run *run, struct seen_flow *seen)
{
	struct check *check = run->check;
	struct verdict worst = {.flow = seen->flow};

	int error = evaluator_judge(run->evaluator, &seen->flow, &worst.result);
	if (!error)
		error = judge_far_ends(run, seen, &worst);
	if (error)
		return error;
	check->checked++;
	check->denied += worst.result.verdict == EVALUATE_DENIED;
	check->depends += worst.result.verdict == EVALUATE_DEPENDS;
	check->unknown += worst.result.verdict == EVALUATE_UNKNOWN;
	if (worst.result.verdict != EVALUATE_DENIED && worst.result.verdict != EVALUATE_DEPENDS)
		return 0;
	return add_finding(run, seen, worst.far ? &worst.flow : &seen->flow, &worst.result);
}

/* What was opened first: it shows which accepted flows have their other end among the seen. */
static int judge_all(struct run *run, uint8_t direction)
{
	for (size_t i = 0; i < run->flow_count; i++) {
		if (run->flows[i].flow.direction != direction)
			continue;
		int error = judge(run, &run->flows[i]);
		if (error)
			return error;
	}
	return 0;
}

/* --- the order --- */

static int compare_texts(const char *a, const char *b)
{
	if (!a || !b)
		return (a != NULL) - (b != NULL);
	return strcmp(a, b);
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_findings(const void *a, const void *b)
{
	const struct check_finding *x = a;
	const struct check_finding *y = b;
	const struct evaluate_flow *f = &x->flow;
	const struct evaluate_flow *g = &y->flow;
	int order = compare_texts(f->namespace_name, g->namespace_name);

	if (order == 0)
		order = compare_texts(f->subject ? f->subject->name : NULL,
				      g->subject ? g->subject->name : NULL);
	if (order == 0)
		order = compare_numbers(f->direction, g->direction);
	if (order == 0)
		order = compare_numbers(f->family, g->family);
	if (order == 0)
		order = memcmp(&f->peer, &g->peer, sizeof(f->peer));
	if (order == 0)
		order = compare_numbers(f->protocol, g->protocol);
	if (order == 0)
		order = compare_numbers(f->port, g->port);
	if (order == 0)
		order = compare_numbers(x->far, y->far);
	return order;
}

int check_run(struct check *check, const struct state *state, struct evaluator *evaluator,
	      const struct check_options *options)
{
	struct run run = {
		.check = check, .state = state, .evaluator = evaluator, .options = options};

	int error = collect(&run);
	if (!error)
		error = judge_all(&run, FLOW_EGRESS);
	if (!error)
		error = judge_all(&run, FLOW_INGRESS);
	free(run.flows);
	hash_index_clear(&run.by_flow);
	if (error)
		check_clear(check);
	else if (check->finding_count > 1)
		qsort(check->findings, check->finding_count, sizeof(*check->findings),
		      compare_findings);
	return error;
}

void check_clear(struct check *check)
{
	free(check->findings);
	*check = (struct check){0};
}
