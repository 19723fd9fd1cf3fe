/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/far_end.h"

#include <errno.h>

#include "core/policy/draft/peer.h"
#include "core/record/address.h"
#include "core/state/edge_filter.h"

struct edge far_end_mirror(const struct edge *edge, const struct subject *subject,
			   const struct flow_address *peer, uint16_t port)
{
	struct edge mirror = *edge;

	mirror.subject = (struct subject *)(uintptr_t)subject;
	mirror.direction = edge->direction == FLOW_EGRESS ? FLOW_INGRESS : FLOW_EGRESS;
	mirror.peer = *peer;
	mirror.port = port;
	mirror.peer_kind = FLOW_PEER_UNKNOWN;
	mirror.peer_namespace = mirror.peer_name = NULL;
	return mirror;
}

bool far_end_is_pod(const struct edge *edge)
{
	const struct pod_record *pod = edge->subject->pod_record;

	return pod && !pod->host_network;
}

/* Copies a mirrored edge and adds a note about it. */
static int far_end_note(struct evidence *evidence, const struct edge *mirror, struct note note)
{
	struct edge *copy = arena_alloc(evidence->peers.arena, sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	*copy = *mirror;
	note.edge = copy;
	return note_add(&evidence->notes, &note);
}

bool far_end_counts(struct evidence *evidence, const struct edge *mirror, int *error)
{
	const struct draft_options *options = evidence->options;
	const struct note few = {.kind = NOTE_FEW, .count = mirror->ok_count};

	if (!edge_filter_match(evidence->state, options->filter, mirror) ||
	    evidence_is_filtered(evidence, mirror))
		return false;
	if (mirror->ok_count >= options->min_connections || evidence_is_dns(evidence, mirror))
		return true;
	*error = far_end_note(evidence, mirror, few);
	return false;
}

int far_end_allow(struct evidence *evidence, const struct edge *edge, const struct edge *mirror,
		  const struct pod_record *pod, uint64_t ok)
{
	struct peer_answer answer = {.reason = PEER_PLAIN};
	const struct peer_request request = {
		.context = &evidence->peers,
		.items = &evidence->items,
		.answer = &answer,
		/* If `pod` is set, it is not the subject, even if both have the same address. So do
		 * not compare its address with those of the subject. */
		.subject = pod ? NULL : &evidence->subjects[0],
		.edge = edge,
		.port = mirror->port,
		.protocol = mirror->protocol,
		.direction = (uint8_t)netpol_direction_of(mirror->direction),
		.guessed = true,
	};
	const struct holder_query query = {.address = mirror->peer, .family = mirror->family};
	const struct holder holder = {.kind = HOLDER_POD, .pod = pod};
	int error;

	if (pod)
		error = peer_add_holder(&request, &query, &holder, NULL);
	else
		error = peer_add_address(&request, mirror->family, &mirror->peer, NULL);
	if (error != 0 || !peer_reason_is_refusal(answer.reason))
		return error;
	evidence->counts.connections += ok;
	evidence->counts.refused[request.direction] += ok;
	return far_end_note(evidence, mirror,
			    (struct note){.kind = NOTE_REFUSED,
					  .count = ok,
					  .reason = (uint8_t)answer.reason,
					  .detail = answer.detail});
}

bool far_end_is_restricted(const struct evidence *evidence, uint8_t direction)
{
	for (size_t i = 0; i < evidence->items.count; i++) {
		if (evidence->items.items[i].direction == direction)
			return true;
	}
	return false;
}
