/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/evidence.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/large_memory.h"
#include "core/filter/filter.h"
#include "core/policy/draft/peer.h"
#include "core/state/edge_filter.h"
#include "core/state/edge_reply.h"

void evidence_start(struct evidence *evidence)
{
	notes_reset(&evidence->notes);
	evidence->edge_count = 0;
	evidence->subject_count = 0;
	evidence->items.count = 0;
	evidence->peers.private_block = false;
	evidence->peers.service_port = false;
	evidence->dns_excluded = false;
	evidence->counts = (struct evidence_counts){0};
}

void evidence_free(struct evidence *evidence)
{
	free(evidence->edges);
	free(evidence->subjects);
	free(evidence->items.items);
	notes_free(&evidence->notes);
	dns_servers_free(&evidence->dns);
	peer_context_free(&evidence->peers);
}

/* --- collecting --- */

bool evidence_exists(const struct evidence *evidence, const struct subject *subject)
{
	for (size_t i = 0; i < subject->edge_count; i++) {
		if (edge_filter_match(evidence->state, evidence->options->filter,
				      subject->edges[i]))
			return true;
	}
	return false;
}

#define PREFETCH_AHEAD 8

static void evidence_prefetch_edge(const struct edge *edge)
{
	for (size_t at = 0; at < sizeof(*edge); at += LARGE_MEMORY_LINE)
		__builtin_prefetch((const char *)edge + at);
}

int evidence_add(struct evidence *evidence, const struct subject *subject, bool *any)
{
	size_t before = evidence->edge_count;

	if (ARRAY_RESERVE(evidence->edges, evidence->edge_capacity,
			  evidence->edge_count + subject->edge_count) != 0 ||
	    ARRAY_RESERVE(evidence->subjects, evidence->subject_capacity,
			  evidence->subject_count + 1) != 0)
		return -ENOMEM;
	/* Edges are scattered in memory, so fetching the next ones early halves the time. */
	for (size_t i = 0; i < PREFETCH_AHEAD && i < subject->edge_count; i++)
		evidence_prefetch_edge(subject->edges[i]);
	for (size_t i = 0; i < subject->edge_count; i++) {
		if (i + PREFETCH_AHEAD < subject->edge_count)
			evidence_prefetch_edge(subject->edges[i + PREFETCH_AHEAD]);
		if (edge_filter_match(evidence->state, evidence->options->filter,
				      subject->edges[i]))
			evidence->edges[evidence->edge_count++] =
				(struct evidence_edge){.edge = subject->edges[i],
						       .subject = evidence->subject_count,
						       .key = note_tuple_key(subject->edges[i])};
	}
	*any = evidence->edge_count > before;
	if (!*any)
		return 0;
	peer_subject_init(subject, state_node(evidence->state, subject),
			  &evidence->subjects[evidence->subject_count++]);
	return 0;
}

bool evidence_has_pod(const struct evidence *evidence, const struct pod_record *pod)
{
	for (size_t i = 0; i < evidence->subject_count; i++) {
		if (evidence->subjects[i].pod == pod)
			return true;
	}
	return false;
}

int evidence_add_unseen(struct evidence *evidence, const struct pod_record *pod)
{
	if (evidence_has_pod(evidence, pod))
		return 0;
	if (ARRAY_RESERVE(evidence->subjects, evidence->subject_capacity,
			  evidence->subject_count + 1) != 0)
		return -ENOMEM;
	peer_subject_init_pod(pod, &evidence->subjects[evidence->subject_count++]);
	return 0;
}

/* --- judging --- */

static int evidence_compare_edges(const void *a, const void *b)
{
	const struct evidence_edge *x = a;
	const struct evidence_edge *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return note_compare_tuples(x->edge, y->edge);
}

/* Returns the index of the tuple's first edge, or the index at which that edge would be. */
static size_t evidence_lower_bound(const struct evidence *evidence, const struct edge *tuple)
{
	uint64_t key = note_tuple_key(tuple);
	size_t low = 0;
	size_t high = evidence->edge_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct evidence_edge *at = &evidence->edges[middle];
		bool below =
			at->key != key ? at->key < key : note_compare_tuples(at->edge, tuple) < 0;
		low = below ? middle + 1 : low;
		high = below ? high : middle;
	}
	return low;
}

const struct evidence_edge *evidence_find_tuple(const struct evidence *evidence,
						const struct edge *tuple, size_t *count)
{
	size_t first = evidence_lower_bound(evidence, tuple);
	size_t end = first;

	while (end < evidence->edge_count &&
	       note_compare_tuples(evidence->edges[end].edge, tuple) == 0)
		end++;
	*count = end - first;
	return &evidence->edges[first];
}

static uint64_t evidence_count(const struct evidence *evidence, const struct edge *tuple)
{
	uint64_t ok = 0;

	for (size_t at = evidence_lower_bound(evidence, tuple);
	     at < evidence->edge_count && note_compare_tuples(evidence->edges[at].edge, tuple) == 0;
	     at++)
		ok += evidence->edges[at].edge->ok_count;
	return ok;
}

static bool evidence_names_other(const struct edge *edge, const struct pod_record *pod)
{
	return edge_names_pod(edge) &&
	       (!pod || strcmp(edge->peer_name, pod->name) != 0 ||
		text_compare(edge->peer_namespace, pod->namespace_name) != 0);
}

uint64_t evidence_count_with(const struct evidence *evidence, const struct edge *tuple,
			     const struct pod_record *pod)
{
	uint64_t ok = 0;

	for (size_t at = evidence_lower_bound(evidence, tuple);
	     at < evidence->edge_count && note_compare_tuples(evidence->edges[at].edge, tuple) == 0;
	     at++) {
		if (!evidence_names_other(evidence->edges[at].edge, pod))
			ok += evidence->edges[at].edge->ok_count;
	}
	return ok;
}

/* All edges of one tuple, and the sums of their connection counts. */
struct tuple {
	const struct evidence_edge *edges;
	size_t count;
	uint64_t ok;
	uint64_t failed;
	uint64_t unanswered;
};

/* Returns whether all edges of a tuple are replies. */
static bool evidence_is_reply(const struct evidence *evidence, const struct tuple *tuple)
{
	for (size_t i = 0; i < tuple->count; i++) {
		if (!edge_is_reply(evidence->state, tuple->edges[i].edge))
			return false;
	}
	return tuple->count > 0;
}

static int evidence_add_tuple(struct evidence *evidence, const struct tuple *tuple,
			      enum note_kind kind, uint64_t count, const struct peer_answer *answer)
{
	const struct note note = {
		.edge = tuple->edges[0].edge,
		.detail = answer ? answer->detail : NULL,
		.count = count,
		.kind = (uint8_t)kind,
		.reason = answer ? (uint8_t)answer->reason : PEER_PLAIN,
	};

	return note_add(&evidence->notes, &note);
}

static bool evidence_is_excluded(const struct draft_options *options, const struct tuple *tuple)
{
	for (size_t i = 0; options->exclude && i < tuple->count; i++) {
		if (options->exclude(tuple->edges[i].edge, options->exclude_data))
			return true;
	}
	return false;
}

/* Adds the items that allow an edge. If `other` is not NULL, its port and protocol replace those of
 * the edge. Returns 0 or -ENOMEM. */
static int evidence_resolve(struct evidence *evidence, const struct evidence_edge *at,
			    struct peer_answer *answer, const struct dns_transport *other)
{
	const struct edge *edge = at->edge;
	const struct peer_request request = {
		.context = &evidence->peers,
		.items = &evidence->items,
		.answer = answer,
		.subject = &evidence->subjects[at->subject],
		.edge = edge,
		.port = other ? other->port : edge->port,
		.protocol = other ? other->protocol : edge->protocol,
		.direction = edge->direction == FLOW_INGRESS ? NETPOL_INGRESS : NETPOL_EGRESS,
		.guessed = other != NULL,
	};

	return peer_resolve(&request);
}

/* For an edge to a DNS server: returns the other transport (UDP for TCP, TCP for UDP) and the port
 * that the server uses for it. For other edges: returns protocol 0. */
static struct dns_transport evidence_find_other_transport(const struct evidence *evidence,
							  const struct edge *edge)
{
	const struct dns_servers *servers = &evidence->dns;
	struct holder holder = {.pod = NULL};

	if (edge->port != DNS_PORT && !dns_servers_may_use(servers, edge->port))
		return (struct dns_transport){0};
	if (edge->direction == FLOW_INGRESS)
		return dns_servers_other_transport(servers, evidence->subjects[0].pod,
						   edge->protocol, edge->port);
	if (edge->port != DNS_PORT) {
		const struct holder_query query = {
			.address = edge->peer, .family = edge->family, .time_ns = edge->last_ns};
		holder_find_pod(evidence->peers.workloads, &query, &holder);
	}
	/* For port 53, leave the pod unknown, because the port may be that of a Service.
	 * peer_resolve finds the port of the Service's pods. */
	return dns_servers_other_transport(servers, holder.pod, edge->protocol, edge->port);
}

bool evidence_is_dns(const struct evidence *evidence, const struct edge *edge)
{
	return evidence_find_other_transport(evidence, edge).protocol != 0;
}

/* Does the same as evidence_find_other_transport, but the protocol is 0 for ingress and with
 * DRAFT_DNS_NEVER. */
static struct dns_transport evidence_get_other_transport(const struct evidence *evidence,
							 const struct evidence_edge *at)
{
	if (evidence->options->dns == DRAFT_DNS_NEVER || at->edge->direction != FLOW_EGRESS)
		return (struct dns_transport){0};
	return evidence_find_other_transport(evidence, at->edge);
}

/*
 * Returns true if the DNS server's other transport has successful connections. Those connections
 * then add the rule for this transport, too (evidence_add_other_transport).
 */
static bool evidence_other_transport_succeeded(const struct evidence *evidence,
					       const struct evidence_edge *at)
{
	const struct dns_transport other = evidence_get_other_transport(evidence, at);
	struct edge edge = *at->edge;

	edge.protocol = other.protocol;
	edge.port = other.port;
	return other.protocol != 0 && evidence_count(evidence, &edge) > 0;
}

/*
 * Allows the other transport of a resolver, because clients use TCP if an answer is too large for
 * UDP. Failed attempts over the other transport change nothing, since more evidence must not shrink
 * the policy.
 */
static int evidence_add_other_transport(struct evidence *evidence, const struct tuple *tuple)
{
	struct peer_answer answer;
	size_t before = evidence->items.count;

	/* The edges of a tuple may lead to different pods, which had the address one after the
	 * other. */
	for (size_t i = 0; i < tuple->count; i++) {
		const struct evidence_edge *at = &tuple->edges[i];
		const struct dns_transport other = evidence_get_other_transport(evidence, at);
		if (other.protocol == 0 || (tuple->ok > 0 && at->edge->ok_count == 0) ||
		    evidence_other_transport_succeeded(evidence, at))
			continue;
		int error = evidence_resolve(evidence, at, &answer, &other);
		if (error != 0)
			return error;
	}
	if (evidence->items.count == before)
		return 0;
	return evidence_add_tuple(evidence, tuple, NOTE_DNS_ADDED, 0, NULL);
}

/* Adds a note about a tuple (evidence.h) without a successful connection. Does nothing if the tuple
 * needs no rule. */
static int evidence_judge_failed(struct evidence *evidence, const struct tuple *tuple)
{
	const struct evidence_edge *first = &tuple->edges[0];
	struct peer_answer answer;
	size_t before = evidence->items.count;

	if (evidence_other_transport_succeeded(evidence, first))
		return 0;
	int error = evidence_resolve(evidence, first, &answer, NULL);
	evidence->items.count = before;
	if (error != 0 || peer_reason_is_implicit(answer.reason) ||
	    answer.reason == PEER_NOT_UNICAST)
		return error;
	evidence->counts.failed += tuple->failed;
	evidence->counts.unanswered += tuple->unanswered;
	if (tuple->failed == 0)
		return evidence_add_tuple(evidence, tuple, NOTE_UNANSWERED, tuple->unanswered,
					  NULL);
	return evidence_add_tuple(evidence, tuple, NOTE_FAILED, tuple->failed, NULL);
}

/* Adds the items that allow one edge of a tuple (evidence.h). Updates *most, the most important
 * reason among the tuple's edges so far (peer_answer_add). */
static int evidence_judge_edge(struct evidence *evidence, const struct evidence_edge *at,
			       struct peer_answer *most)
{
	const struct edge *edge = at->edge;
	struct peer_answer answer;
	int error = evidence_resolve(evidence, at, &answer, NULL);

	if (error != 0)
		return error;
	if (peer_reason_is_refusal(answer.reason))
		evidence->counts.refused[netpol_direction_of(edge->direction)] += edge->ok_count;
	else
		evidence->counts.covered += edge->ok_count;
	if (answer.reason == PEER_SERVICE_UNKNOWN)
		evidence->counts.unknown_services += edge->ok_count;
	evidence->counts.flows += edge->flow_count;
	peer_answer_add(most, answer.reason, answer.detail);
	return 0;
}

int evidence_note(struct evidence *evidence, const struct edge *edge, enum note_kind kind,
		  uint64_t count)
{
	const struct note note = {.edge = edge, .count = count, .kind = (uint8_t)kind};

	return note_add(&evidence->notes, &note);
}

static int evidence_judge_allowed(struct evidence *evidence, const struct tuple *tuple)
{
	struct peer_answer most = {.reason = PEER_PLAIN};
	size_t before = evidence->items.count;

	evidence->counts.connections += tuple->ok;
	if (evidence_is_reply(evidence, tuple)) {
		evidence->counts.covered += tuple->ok;
		return evidence_add_tuple(evidence, tuple, NOTE_REPLY, tuple->ok, NULL);
	}
	for (size_t i = 0; i < tuple->count; i++) {
		/* A replica with only failed attempts adds no items. */
		if (tuple->ok > 0 && tuple->edges[i].edge->ok_count == 0)
			continue;
		int error = evidence_judge_edge(evidence, &tuple->edges[i], &most);
		if (error != 0)
			return error;
	}
	bool has_rule = evidence->items.count > before;
	int error = has_rule ? evidence_add_other_transport(evidence, tuple) : 0;
	if (error == 0 && tuple->ok == 0 && has_rule)
		error = evidence_add_tuple(evidence, tuple, NOTE_FAILED_ALLOWED, tuple->failed,
					   NULL);
	if (error != 0)
		return error;
	if (!has_rule && peer_reason_is_implicit(most.reason)) {
		evidence->notes.implicit[most.reason]++;
		return 0;
	}
	if (peer_reason_is_refusal(most.reason))
		return evidence_add_tuple(evidence, tuple, NOTE_REFUSED, tuple->ok, &most);
	if (most.reason > PEER_OWN_NODE)
		return evidence_add_tuple(evidence, tuple, NOTE_GUESSED, tuple->ok, &most);
	return 0;
}

/* Leaves out a tuple with fewer connections than draft_options.min_connections, and sets *few to
 * true. Keeps tuples of DNS and tuples that need no rule, and sets *few to false. */
static int evidence_judge_few(struct evidence *evidence, const struct tuple *tuple, bool *few)
{
	const struct draft_options *options = evidence->options;
	const struct evidence_edge *first = &tuple->edges[0];
	uint64_t count = tuple->ok + (options->include_failed ? tuple->failed : 0);
	size_t before = evidence->items.count;
	struct peer_answer answer;

	*few = false;
	if (count >= options->min_connections || evidence_is_reply(evidence, tuple) ||
	    evidence_is_dns(evidence, first->edge))
		return 0;
	int error = evidence_resolve(evidence, first, &answer, NULL);
	bool has_rule = evidence->items.count > before;
	evidence->items.count = before;
	if (error != 0 || !has_rule)
		return error;
	*few = true;
	evidence->counts.left_out++;
	evidence->counts.left_out_connections += tuple->ok;
	return evidence_add_tuple(evidence, tuple, NOTE_FEW, count, NULL);
}

bool evidence_is_filtered(const struct evidence *evidence, const struct edge *edge)
{
	const struct draft_options *options = evidence->options;

	for (size_t i = 0; i < options->exclude_filter_count; i++) {
		if (edge_filter_match(evidence->state, options->exclude_filters[i], edge))
			return true;
	}
	return false;
}

/* Partitions the array: edges that match an exclude filter go to its end. Returns the number of the
 * other edges. */
static size_t evidence_move_filtered(const struct evidence *evidence, struct evidence_edge *edges,
				     size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		struct evidence_edge edge = edges[i];
		if (evidence_is_filtered(evidence, edge.edge))
			continue;
		edges[i] = edges[kept];
		edges[kept++] = edge;
	}
	return kept;
}

bool evidence_redirected(const struct evidence *evidence, const struct evidence_edge *at)
{
	const struct edge *edge = at->edge;

	return edge->direction == FLOW_INGRESS && edge->protocol == FLOW_TCP &&
	       flow_is_redirect_port(edge->port) &&
	       !address_is_loopback(edge->family, &edge->peer) &&
	       !peer_is_own(&evidence->subjects[at->subject], edge->family, &edge->peer);
}

static int evidence_judge_tuple(struct evidence *evidence, struct evidence_edge *edges,
				size_t count)
{
	const struct draft_options *options = evidence->options;
	struct tuple tuple = {.edges = edges,
			      .count = evidence_move_filtered(evidence, edges, count)};
	bool excluded = tuple.count == 0 || evidence_is_excluded(options, &tuple);
	bool few;

	if (excluded)
		tuple.count = 0;
	evidence->counts.left_out += tuple.count < count;
	for (size_t i = tuple.count; i < count; i++)
		evidence->counts.left_out_connections += edges[i].edge->ok_count;
	if (excluded)
		tuple.count = count;
	for (size_t i = 0; i < tuple.count; i++) {
		const struct edge *edge = edges[i].edge;
		tuple.ok += edge->ok_count;
		tuple.failed += edge->failed_count;
		tuple.unanswered += edge->conn_count - edge->ok_count - edge->failed_count;
	}
	if (excluded) {
		evidence->dns_excluded |= edges[0].edge->direction == FLOW_EGRESS &&
					  evidence_is_dns(evidence, edges[0].edge);
		return evidence_add_tuple(evidence, &tuple, NOTE_EXCLUDED, tuple.ok, NULL);
	}
	if (tuple.ok == 0 && !options->include_failed)
		return evidence_judge_failed(evidence, &tuple);
	/* Only the client's egress edge has the port that policies use, see clients.h. */
	if (evidence_redirected(evidence, &edges[0]))
		return 0;
	int error = evidence_judge_few(evidence, &tuple, &few);
	return error != 0 || few ? error : evidence_judge_allowed(evidence, &tuple);
}

int evidence_judge(struct evidence *evidence)
{
	api_servers_find(&evidence->peers.api_servers, evidence->peers.workloads);
	if (dns_servers_find(&evidence->dns, evidence->state) != 0)
		return -ENOMEM;
	if (array_sort_by_number(evidence->edges, evidence->edge_count, sizeof(*evidence->edges),
				 offsetof(struct evidence_edge, key), evidence_compare_edges) != 0)
		return -ENOMEM;
	for (size_t i = 0; i < evidence->edge_count;) {
		struct evidence_edge *edges = &evidence->edges[i];
		size_t count = 1;
		while (i + count < evidence->edge_count &&
		       evidence_compare_edges(&edges[0], &edges[count]) == 0)
			count++;
		int error = evidence_judge_tuple(evidence, edges, count);
		if (error != 0)
			return error;
		i += count;
	}
	return 0;
}
