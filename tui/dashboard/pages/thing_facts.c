/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/pages/thing_facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/cleanup.h"
#include "core/record/address.h"

/* The largest numbers of edges and of subjects to examine. Each takes a few milliseconds. */
#define EDGES_EXAMINED    200000
#define SUBJECTS_EXAMINED 200000
/* The largest number of pods for which to find the policies that select them. */
#define PODS_JUDGED 2000

/* A search, and the edges that it has found. */
struct thing_search {
	struct thing_facts *facts;
	const struct state *state;
	const struct thing *thing;
	const struct netpol *policy; /* of POLICY; NULL: none */
	const struct edge **edges;
	size_t edge_count;
	size_t edge_capacity;
};

static void thing_facts_add_edge(struct thing_search *search, const struct edge *edge)
{
	const struct edge **added;

	/* An edge is empty after its connections have moved to another subject. */
	if (edge->conn_count == 0)
		return;
	added = ARRAY_ADD(search->edges, search->edge_count, search->edge_capacity);
	if (added)
		*added = edge;
	else
		search->facts->partial = true;
}

static void thing_facts_add_subject(struct thing_facts *facts, const struct subject *subject)
{
	if (facts->subject_count < THING_SUBJECTS_MAX)
		facts->subjects[facts->subject_count++] = subject;
	facts->subject_total++;
}

/* Adds the edges with a peer address, in both directions. */
static void thing_facts_add_address(struct thing_search *search, uint8_t family,
				    const struct flow_address *address)
{
	static const uint8_t directions[] = {FLOW_EGRESS, FLOW_INGRESS};

	for (size_t i = 0; i < ARRAY_LENGTH(directions); i++) {
		const struct edge_list list =
			state_edges_with(search->state, directions[i], family, address);

		for (size_t at = 0; at < list.count; at++)
			thing_facts_add_edge(search, edge_list_get(&list, at));
	}
}

static void thing_facts_add_addresses(struct thing_search *search, const struct string_list *list)
{
	struct flow_address address;
	uint8_t family;

	for (size_t i = 0; i < list->count; i++) {
		if (address_parse(list->items[i], &family, &address) == 0)
			thing_facts_add_address(search, family, &address);
	}
}

/* Returns whether `name` is one of the names that are joined by ", ". */
static bool thing_facts_has_name(const char *names, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = names; at && (at = strstr(at, name)); at++) {
		bool begins = at == names || (at >= names + 2 && strncmp(at - 2, ", ", 2) == 0);
		bool ends = at[length] == '\0' || strncmp(at + length, ", ", 2) == 0;

		if (begins && ends)
			return true;
	}
	return false;
}

/* Returns whether the records of an edge name the thing as the peer. */
static bool thing_facts_names_peer(const struct edge *edge, const struct thing *thing)
{
	uint8_t kind = thing->kind == THING_SERVICE ? FLOW_PEER_SERVICE
		       : thing->kind == THING_NODE  ? FLOW_PEER_NODE
						    : FLOW_PEER_POD;
	const char *namespace_name = edge->peer_namespace ? edge->peer_namespace : "";

	return edge->peer_name && edge->peer_kind == kind &&
	       strcmp(edge->peer_name, thing->name) == 0 &&
	       (!thing->namespace_name || strcmp(namespace_name, thing->namespace_name) == 0);
}

static bool thing_facts_match(const struct edge *edge, const struct thing *thing)
{
	if (thing->kind == THING_DNS_NAME)
		return thing_facts_has_name(edge->dns, thing->name);
	return thing_facts_names_peer(edge, thing);
}

/* Examines all edges. */
static void thing_facts_search_edges(struct thing_search *search)
{
	size_t examined = 0;

	for (size_t i = 0; i < state_subject_count(search->state); i++) {
		const struct subject *subject = state_subject(search->state, i);

		for (size_t at = 0; at < subject->edge_count; at++) {
			if (examined++ == EDGES_EXAMINED) {
				search->facts->partial = true;
				return;
			}
			if (thing_facts_match(subject->edges[at], search->thing))
				thing_facts_add_edge(search, subject->edges[at]);
		}
	}
}

static int thing_facts_compare(const void *a, const void *b)
{
	const struct edge *x = *(const struct edge *const *)a;
	const struct edge *y = *(const struct edge *const *)b;

	if (x->conn_count != y->conn_count)
		return x->conn_count > y->conn_count ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

/* Sorts the edges, and copies each edge once. */
static void thing_facts_sort_edges(struct thing_search *search)
{
	struct thing_facts *facts = search->facts;

	if (search->edge_count > 0)
		qsort(search->edges, search->edge_count, sizeof(const struct edge *),
		      thing_facts_compare);
	for (size_t i = 0; i < search->edge_count; i++) {
		const struct edge *edge = search->edges[i];

		if (i > 0 && edge == search->edges[i - 1])
			continue;
		if (facts->edge_count < THING_EDGES_MAX)
			facts->edges[facts->edge_count++] =
				(struct edge_row){.edge = edge, .shown = *edge};
		facts->edge_total++;
	}
}

static bool thing_facts_is_owned(const struct subject *subject, const struct thing *thing)
{
	const struct pod_record *pod = subject->pod_record;
	size_t kind = pod && pod->owner_kind ? strlen(pod->owner_kind) : 0;

	return kind > 0 && pod->owner_name &&
	       strcmp(pod->namespace_name, thing->namespace_name) == 0 &&
	       strncmp(thing->name, pod->owner_kind, kind) == 0 && thing->name[kind] == ' ' &&
	       strcmp(thing->name + kind + 1, pod->owner_name) == 0;
}

/* Returns whether a policy selects a pod, in either direction. */
static bool thing_facts_is_selected(const struct subject *subject, const struct netpol *policy,
				    struct verdicts *verdicts)
{
	static const uint8_t directions[] = {FLOW_INGRESS, FLOW_EGRESS};
	struct evaluate_result result;

	for (size_t i = 0; i < ARRAY_LENGTH(directions); i++) {
		if (verdicts_selecting(verdicts, subject, directions[i], &result))
			continue;
		for (size_t at = 0; at < result.selecting_count; at++) {
			if (result.selecting[at] == policy)
				return true;
		}
	}
	return false;
}

/* Adds the subjects of a node, of a workload or of a policy. */
static void thing_facts_search_subjects(struct thing_search *search, struct verdicts *verdicts)
{
	const struct thing *thing = search->thing;
	struct thing_facts *facts = search->facts;
	size_t count = state_subject_count(search->state);
	size_t judged = 0;

	facts->partial |= count > SUBJECTS_EXAMINED;
	for (size_t i = 0; i < count && i < SUBJECTS_EXAMINED; i++) {
		const struct subject *subject = state_subject(search->state, i);
		const char *node = NULL;
		bool found = false;

		if (subject->conn_count == 0)
			continue;
		if (thing->kind == THING_NODE) {
			node = state_node(search->state, subject);
			found = node && strcmp(node, thing->name) == 0;
		} else if (thing->kind == THING_WORKLOAD) {
			found = thing_facts_is_owned(subject, thing);
		} else if (search->policy && subject->namespace_name &&
			   strcmp(subject->namespace_name, thing->namespace_name) == 0) {
			if (judged++ == PODS_JUDGED) {
				facts->partial = true;
				return;
			}
			found = thing_facts_is_selected(subject, search->policy, verdicts);
		}
		if (found)
			thing_facts_add_subject(facts, subject);
	}
}

static void thing_facts_search_service(struct thing_search *search)
{
	const struct workloads *workloads = state_workloads(search->state);
	const struct thing *thing = search->thing;

	for (size_t i = 0; i < workloads_count(workloads, RECORD_SERVICE); i++) {
		const struct service_record *service = workloads_service_at(workloads, i);

		if (service && strcmp(service->name, thing->name) == 0 &&
		    strcmp(service->namespace_name, thing->namespace_name) == 0)
			search->facts->service = service;
	}
	if (search->facts->service) {
		thing_facts_add_addresses(search, &search->facts->service->cluster_ips);
		thing_facts_add_addresses(search, &search->facts->service->lb_ips);
		thing_facts_add_addresses(search, &search->facts->service->proxy_ips);
	} else {
		thing_facts_search_edges(search);
	}
}

static void thing_facts_search_node(struct thing_search *search)
{
	struct thing_facts *facts = search->facts;

	facts->node = workloads_node(state_workloads(search->state), search->thing->name);
	if (facts->node)
		thing_facts_add_addresses(search, &facts->node->ips);
	else
		thing_facts_search_edges(search);
	thing_facts_search_subjects(search, NULL);
}

static void thing_facts_search_pod(struct thing_search *search)
{
	const struct thing *thing = search->thing;
	struct thing_facts *facts = search->facts;

	facts->pod =
		workloads_pod(state_workloads(search->state), thing->namespace_name, thing->name);
	if (facts->pod)
		thing_facts_add_addresses(search, &facts->pod->ips);
	else
		thing_facts_search_edges(search);
}

const struct netpol *thing_facts_policy(const struct netpol_set *policies,
					const struct thing *thing)
{
	for (size_t i = 0; policies && i < policies->count; i++) {
		const struct netpol *policy = &policies->items[i];

		if (strcmp(policy->name, thing->name) == 0 &&
		    strcmp(policy->namespace_name, thing->namespace_name) == 0)
			return policy;
	}
	return NULL;
}

void thing_facts_collect(struct thing_facts *facts, const struct state *state,
			 const struct netpol_set *policies, struct verdicts *verdicts,
			 const struct thing *thing)
{
	struct thing_search search = {.facts = facts, .state = state, .thing = thing};

	*facts = (struct thing_facts){0};
	switch ((enum thing_kind)thing->kind) {
	case THING_POD:
		thing_facts_search_pod(&search);
		break;
	case THING_SERVICE:
		thing_facts_search_service(&search);
		break;
	case THING_WORKLOAD:
		thing_facts_search_subjects(&search, NULL);
		break;
	case THING_NODE:
		thing_facts_search_node(&search);
		break;
	case THING_DNS_NAME:
		thing_facts_search_edges(&search);
		break;
	case THING_ADDRESS:
		thing_facts_add_address(&search, thing->family, &thing->address);
		break;
	case THING_POLICY:
		search.policy = thing_facts_policy(policies, thing);
		if (search.policy && verdicts)
			thing_facts_search_subjects(&search, verdicts);
		break;
	case THING_NONE:
	case THING_SUBJECT:
	case THING_EDGE:
	case THING_PEER:
		break;
	}
	thing_facts_sort_edges(&search);
	free(search.edges);
}
