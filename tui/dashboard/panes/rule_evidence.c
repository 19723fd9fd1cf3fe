/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/panes/rule_evidence.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/policy/draft/draft.h"
#include "core/policy/draft/peer.h"

/* A person reads a screenful. */
#define EDGES_MAX 10000

bool rule_place_find(const struct line_list *lines, size_t line, struct rule_place *place)
{
	bool in_rules = false;
	bool found = false;

	for (size_t i = 0; i <= line && i < lines->count; i++) {
		const char *text = lines->lines[i];
		bool egress = strcmp(text, "  egress:") == 0;

		if (egress || strcmp(text, "  ingress:") == 0) {
			place->direction = egress ? NETPOL_EGRESS : NETPOL_INGRESS;
			place->index = 0;
			in_rules = true;
			found = false;
		} else if (in_rules && strncmp(text, "  - ", 4) == 0) {
			place->index += found;
			found = true;
		}
	}
	return found;
}

/* What all questions about one rule share. */
struct search {
	const struct state *state;
	const struct netpol *policy;
	const struct netpol_rule *rule;
	unsigned int direction;
	const struct exclusions *exclusions;
	struct arena arena;
	struct peer_context peers;
	struct peer_items items;
	struct rule_evidence *evidence;
};

static bool has_peer(const struct netpol_rule *rule, const struct netpol_peer *peer)
{
	for (size_t i = 0; i < rule->peer_count; i++) {
		if (netpol_peer_compare(&rule->peers[i], peer) == 0)
			return true;
	}
	return false;
}

static bool has_port(const struct netpol_rule *rule, const struct peer_item *item)
{
	for (size_t i = 0; i < rule->port_count; i++) {
		const struct netpol_port *port = &rule->ports[i];

		if (port->protocol != item->protocol)
			continue;
		if (port->name && item->port_name && strcmp(port->name, item->port_name) == 0)
			return true;
		if (!port->name && !item->port_name &&
		    (netpol_port_is_all(port) ||
		     (item->port >= port->first && item->port <= port->last)))
			return true;
	}
	return false;
}

static int append(struct rule_evidence *evidence, const struct edge *edge)
{
	if (evidence->count == evidence->capacity) {
		size_t capacity = evidence->capacity ? 2 * evidence->capacity : 64;
		const struct edge **grown = reallocarray(evidence->edges, capacity, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		evidence->edges = grown;
		evidence->capacity = capacity;
	}
	evidence->edges[evidence->count++] = edge;
	return 0;
}

/* Asks the drafter what this edge would need, and whether that is in the rule. */
static int look_at_edge(struct search *search, const struct peer_subject *subject,
			const struct edge *edge)
{
	struct peer_answer answer = {0};
	const struct peer_request request = {
		.context = &search->peers,
		.items = &search->items,
		.answer = &answer,
		.subject = subject,
		.edge = edge,
		.port = edge->port,
		.protocol = edge->protocol,
		.direction = (uint8_t)search->direction,
	};
	int err;

	if (edge->ok_count == 0 || exclusions_contain(search->exclusions, edge) ||
	    (edge->direction == FLOW_INGRESS) != (search->direction == NETPOL_INGRESS))
		return 0;
	search->items.count = 0;
	err = peer_resolve(&request);
	for (size_t i = 0; !err && i < search->items.count; i++) {
		if (has_peer(search->rule, &search->items.items[i].peer) &&
		    has_port(search->rule, &search->items.items[i]))
			return append(search->evidence, edge);
	}
	return err;
}

static int look_at_subject(struct search *search, const struct subject *subject)
{
	struct peer_subject own;
	int err = 0;

	peer_subject_init(subject, state_node(search->state, subject), &own);
	for (size_t i = 0; !err && i < subject->edge_count && search->evidence->count < EDGES_MAX;
	     i++)
		err = look_at_edge(search, &own, subject->edges[i]);
	return err;
}

static bool is_selected(const struct netpol *policy, const struct subject *subject)
{
	return subject->pod_record && subject->namespace_name && policy->namespace_name &&
	       strcmp(subject->namespace_name, policy->namespace_name) == 0 &&
	       netpol_selector_matches(policy->pods, &subject->pod_record->labels);
}

static int compare(const void *a, const void *b)
{
	const struct edge *left = *(const struct edge *const *)a;
	const struct edge *right = *(const struct edge *const *)b;

	if (left->ok_count != right->ok_count)
		return left->ok_count > right->ok_count ? -1 : 1;
	return left->first_ns < right->first_ns ? -1 : left->first_ns > right->first_ns;
}

int rule_evidence_collect(const struct state *state, const struct draft_set *set, size_t index,
			  const struct rule_place *place, const struct subject *subject,
			  const struct exclusions *exclusions, struct rule_evidence *evidence)
{
	struct search search = {.state = state, .exclusions = exclusions, .evidence = evidence};
	int err = 0;

	evidence->count = 0;
	if (index >= set->policies.count || place->direction >= NETPOL_DIRECTIONS ||
	    place->index >= set->policies.items[index].rules[place->direction].count)
		return -ENOENT;
	search.policy = &set->policies.items[index];
	search.direction = place->direction;
	search.rule = &search.policy->rules[place->direction].items[place->index];
	search.peers.workloads = state_workloads(state);
	search.peers.resolver = state_resolver(state);
	search.peers.arena = &search.arena;
	for (size_t i = 0; !err && i < state_subject_count(state); i++) {
		const struct subject *other = state_subject(state, i);

		if (other == subject || is_selected(search.policy, other))
			err = look_at_subject(&search, other);
	}
	free(search.items.items);
	peer_context_free(&search.peers);
	arena_free(&search.arena);
	if (!err && evidence->count)
		qsort(evidence->edges, evidence->count, sizeof(*evidence->edges), compare);
	return err;
}

void rule_evidence_free(struct rule_evidence *evidence)
{
	free(evidence->edges);
	*evidence = (struct rule_evidence){0};
}
