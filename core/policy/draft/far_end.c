/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/far_end.h"

#include <errno.h>

#include "core/policy/draft/peer.h"
#include "core/record/address.h"
#include "core/state/edge_filter.h"

static uint8_t far_end_direction(const struct far_end *end)
{
	return end->edge->direction == FLOW_EGRESS ? FLOW_INGRESS : FLOW_EGRESS;
}

static struct edge far_end_mirror(const struct far_end *end)
{
	struct edge mirror = *end->edge;

	mirror.subject = (struct subject *)(uintptr_t)end->subject;
	mirror.direction = far_end_direction(end);
	mirror.peer = end->peer;
	mirror.port = end->port;
	mirror.peer_kind = FLOW_PEER_UNKNOWN;
	mirror.peer_namespace = mirror.peer_name = NULL;
	return mirror;
}

uint64_t far_end_count_seen(const struct evidence *evidence, const struct far_end *end,
			    const struct pod_record *pod)
{
	/* The members of the mirrored edge that note_compare_tuples compares. */
	const struct edge tuple = {
		.direction = far_end_direction(end),
		.protocol = end->edge->protocol,
		.protocol_name = end->edge->protocol_name,
		.family = end->edge->family,
		.peer = end->peer,
		.port = end->port,
	};

	return evidence_count_with(evidence, &tuple, pod);
}

bool far_end_is_pod(const struct edge *edge)
{
	const struct pod_record *pod = edge->subject->pod_record;

	return pod && !pod->host_network;
}

/* Adds a note about a copy of the mirrored edge. */
static int far_end_note(struct evidence *evidence, const struct far_end *end, struct note note)
{
	struct edge *copy = arena_alloc(evidence->peers.arena, sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	*copy = far_end_mirror(end);
	note.edge = copy;
	return note_add(&evidence->notes, &note);
}

bool far_end_counts(struct evidence *evidence, const struct far_end *end, int *error)
{
	const struct draft_options *options = evidence->options;
	const struct note few = {.kind = NOTE_FEW, .count = end->edge->ok_count};
	bool enough = end->edge->ok_count >= options->min_connections;

	if (enough && !options->filter && options->exclude_filter_count == 0)
		return true;
	const struct edge mirror = far_end_mirror(end);
	if (!edge_filter_match(evidence->state, options->filter, &mirror) ||
	    evidence_is_filtered(evidence, &mirror))
		return false;
	if (enough || evidence_is_dns(evidence, &mirror))
		return true;
	*error = far_end_note(evidence, end, few);
	return false;
}

int far_end_allow(struct evidence *evidence, const struct far_end *end,
		  const struct pod_record *pod, uint64_t ok)
{
	const struct edge *edge = end->edge;
	struct peer_answer answer = {.reason = PEER_PLAIN};
	const struct peer_request request = {
		.context = &evidence->peers,
		.items = &evidence->items,
		.answer = &answer,
		/* If `pod` is set, it is not the subject, even if both have the same address. So do
		 * not compare its address with those of the subject. */
		.subject = pod ? NULL : &evidence->subjects[0],
		.edge = edge,
		.port = end->port,
		.protocol = edge->protocol,
		.direction = (uint8_t)netpol_direction_of(far_end_direction(end)),
		.guessed = true,
	};
	const struct holder_query query = {.address = end->peer, .family = edge->family};
	const struct holder holder = {.kind = HOLDER_POD, .pod = pod};
	int error;

	if (pod)
		error = peer_add_holder(&request, &query, &holder, NULL);
	else
		error = peer_add_address(&request, edge->family, &end->peer, NULL);
	if (error != 0 || !peer_reason_is_refusal(answer.reason))
		return error;
	evidence->counts.connections += ok;
	evidence->counts.refused[request.direction] += ok;
	return far_end_note(evidence, end,
			    (struct note){.kind = NOTE_REFUSED,
					  .count = ok,
					  .reason = (uint8_t)answer.reason,
					  .detail = answer.detail});
}

bool far_end_is_wanted(const struct evidence *evidence, uint8_t direction)
{
	return evidence->others_denied || far_end_is_restricted(evidence, direction);
}

bool far_end_is_restricted(const struct evidence *evidence, uint8_t direction)
{
	for (size_t i = 0; i < evidence->items.count; i++) {
		if (evidence->items.items[i].direction == direction)
			return true;
	}
	return false;
}
