/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/diagnosis.h"

#include "core/base/text.h"
#include "core/state/edge_query.h"

static struct diagnosis_fact diagnosis_fact_of(enum diagnosis_kind kind, const struct edge *edge)
{
	return (struct diagnosis_fact){.kind = (uint8_t)kind,
				       .port = edge->port,
				       .node = edge->subject->node_index,
				       .edge = edge,
				       .subject = edge->subject,
				       .subjects = 1,
				       .connections = edge->conn_count,
				       .succeeded = edge->ok_count,
				       .failed = edge->failed_count,
				       .hanging = edge->hanging_count,
				       .last_ns = edge->last_ns};
}

static void diagnosis_sum_up(struct diagnosis_fact *sum, const struct diagnosis_fact *fact)
{
	sum->subjects += fact->subjects;
	sum->connections += fact->connections;
	sum->succeeded += fact->succeeded;
	sum->failed += fact->failed;
	sum->hanging += fact->hanging;
	if (fact->last_ns > sum->last_ns) {
		sum->last_ns = fact->last_ns;
		sum->node = fact->node;
	}
}

static void diagnosis_add(struct diagnosis *out, const struct diagnosis_fact *fact)
{
	out->facts[out->count++] = *fact;
}

/* Keeps the facts with the most connections, sorted. Returns the fact for which there was no room,
 * or a fact with 0 `connections` if there was room for all. */
static struct diagnosis_fact diagnosis_keep(struct diagnosis_fact *facts, size_t *count, size_t max,
					    struct diagnosis_fact fact)
{
	for (size_t i = 0; i < *count; i++) {
		if (facts[i].connections >= fact.connections)
			continue;
		struct diagnosis_fact next = facts[i];
		facts[i] = fact;
		fact = next;
	}
	if (*count == max)
		return fact;
	facts[(*count)++] = fact;
	return (struct diagnosis_fact){0};
}

static bool diagnosis_same_port(const struct edge *a, const struct edge *b)
{
	return a->port == b->port && a->protocol == b->protocol &&
	       (a->protocol != FLOW_PROTOCOL_OTHER ||
		text_compare(a->protocol_name, b->protocol_name) == 0);
}

/* Collects the facts about other edges to the same peer, and sets the two conclusions. `own` is the
 * fact about the edge itself. */
static void diagnosis_compare(const struct state *state, const struct edge *edge,
			      const struct diagnosis_fact *own, struct diagnosis *out)
{
	struct diagnosis_fact subjects[DIAGNOSIS_OTHERS_MAX];
	struct diagnosis_fact ports[DIAGNOSIS_PORTS_MAX];
	struct diagnosis_fact sum = {.kind = DIAGNOSIS_OTHERS};
	struct diagnosis_fact all = {0};
	size_t subject_count = 0;
	size_t port_count = 0;
	const struct edge_list with_peer =
		state_edges_with(state, edge->direction, edge->family, &edge->peer);

	for (size_t i = 0; i < with_peer.count; i++) {
		const struct edge *at = edge_list_get(&with_peer, i);
		bool same_port = diagnosis_same_port(at, edge);
		if (at == edge || at->conn_count == 0)
			continue;
		if (at->subject != edge->subject && same_port) {
			struct diagnosis_fact fact = diagnosis_fact_of(DIAGNOSIS_OTHER, at);
			diagnosis_sum_up(&all, &fact);
			fact = diagnosis_keep(subjects, &subject_count, DIAGNOSIS_OTHERS_MAX, fact);
			diagnosis_sum_up(&sum, &fact);
		} else if (at->subject == edge->subject && !same_port) {
			diagnosis_keep(ports, &port_count, DIAGNOSIS_PORTS_MAX,
				       diagnosis_fact_of(DIAGNOSIS_OTHER_PORT, at));
		}
	}
	for (size_t i = 0; i < subject_count; i++)
		diagnosis_add(out, &subjects[i]);
	if (sum.subjects > 0)
		diagnosis_add(out, &sum);
	for (size_t i = 0; i < port_count; i++)
		diagnosis_add(out, &ports[i]);
	/* An attempt that is still connecting has neither failed nor succeeded. */
	bool fails = own->succeeded == 0 && own->failed + own->hanging > 0;
	out->only_this_subject = fails && all.succeeded > 0;
	out->everyone = fails && all.succeeded == 0 && all.failed + all.hanging > 0;
}

/* Returns the subject of the pod that the flow or the edge reaches, or NULL. *port is the port that
 * the pod sees. */
static const struct subject *diagnosis_find_far_subject(const struct state *state,
							const struct edge *edge,
							const struct flow *flow, uint16_t *port)
{
	struct holder_query query = edge_query(edge);
	struct holder holder;

	*port = edge->port;
	if (flow && flow->direction == FLOW_EGRESS && flow->has & FLOW_HAS_BACKEND) {
		query.address = flow->nat_address;
		if (flow->has & FLOW_HAS_BACKEND_PORT)
			*port = query.port = flow->nat_port;
	} else if (edge_names_pod(edge)) {
		query.pod_namespace = edge->peer_namespace;
		query.pod_name = edge->peer_name;
	}
	holder_find_pod(state_workloads(state), &query, &holder);
	if (!holder.pod || holder.kind != HOLDER_POD)
		return NULL;
	for (size_t i = 0; i < state_subject_count(state); i++) {
		const struct subject *subject = state_subject(state, i);
		if (subject->kind == SUBJECT_POD && subject->pod_record == holder.pod)
			return subject;
	}
	return NULL;
}

static void diagnosis_add_far_end(const struct state *state, const struct edge *edge,
				  const struct flow *flow, struct diagnosis *out)
{
	uint16_t port;
	const struct subject *subject = diagnosis_find_far_subject(state, edge, flow, &port);
	struct diagnosis_fact fact = {.kind = DIAGNOSIS_ACCEPTED};

	if (!subject)
		return;
	fact.subject = subject;
	fact.port = port;
	fact.node = subject->node_index;
	for (size_t i = 0; i < subject->edge_count; i++) {
		const struct edge *at = subject->edges[i];
		if (at->direction == FLOW_INGRESS && at->port == port &&
		    at->protocol == edge->protocol) {
			const struct diagnosis_fact one = diagnosis_fact_of(DIAGNOSIS_ACCEPTED, at);
			diagnosis_sum_up(&fact, &one);
		}
	}
	diagnosis_add(out, &fact);
}

const struct subject *diagnosis_far_subject(const struct diagnosis *diagnosis)
{
	for (size_t i = 0; i < diagnosis->count; i++) {
		if (diagnosis->facts[i].kind == DIAGNOSIS_ACCEPTED)
			return diagnosis->facts[i].subject;
	}
	return NULL;
}

void diagnosis_collect(const struct state *state, const struct edge *edge, const struct conn *conn,
		       struct diagnosis *out)
{
	const struct diagnosis_fact own = diagnosis_fact_of(DIAGNOSIS_OWN, edge);

	*out = (struct diagnosis){0};
	diagnosis_add(out, &own);
	if (edge->direction != FLOW_EGRESS)
		return;
	diagnosis_compare(state, edge, &own, out);
	diagnosis_add_far_end(state, edge, conn ? &conn->flow : NULL, out);
	out->is_answered = conn && conn->dns && state_dns_answer(state, conn, &out->answer);
}
