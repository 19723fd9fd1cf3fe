/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protects the records of a node against other streams (--exec). The first hello of a stream names
 * the stream's node. The first stream that names a node owns it: no other stream can describe the
 * node, its containers or its pods. Flows of the node are accepted from every stream that named it.
 * Nodes that no stream owns are not protected.
 *
 * With --kube, the node is that of the agent's pod, whatever the hello says, and records of all
 * other nodes are refused.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/state/identity/workloads.h"
#include "tui/options/options.h"
#include "tui/session/session_internal.h"

/* Returns the stream that owns a node; NULL: no stream. */
static const struct session_source *session_streams_owner(const struct session *session,
							  const char *node)
{
	struct hash_cursor cursor;

	if (!node)
		return NULL;
	uint32_t at = hash_index_first(&session->owners, hash_string(0, node), &cursor);
	while (at != HASH_INDEX_NONE && strcmp(session->sources[at].node, node) != 0)
		at = hash_index_next(&session->owners, &cursor);
	return at == HASH_INDEX_NONE ? NULL : &session->sources[at];
}

/* Returns true if another stream owns the node, or the stream is bound to another one. Returns
 * false if `node` is NULL. */
static bool session_streams_is_foreign(const struct session *session,
				       const struct session_source *source, const char *node)
{
	if (node && source->bound && strcmp(node, source->node) != 0)
		return true;
	const struct session_source *owner = session_streams_owner(session, node);

	return owner && owner != source;
}

void session_streams_claim(struct session *session, struct session_source *source, const char *node)
{
	if (source->node || !node || text_copy(node, &source->node))
		return;
	/* If memory is short, the node is not protected. */
	if (!session_streams_owner(session, node))
		(void)hash_index_insert(&session->owners, hash_string(0, node),
					(uint32_t)(source - session->sources));
}

void session_streams_replace(struct session *session, struct session_source *source,
			     const char *node)
{
	const struct session_source *owner = session_streams_owner(session, node);

	if (owner)
		hash_index_remove(&session->owners, hash_string(0, node),
				  (uint32_t)(owner - session->sources));
	session_streams_claim(session, source, node);
	source->bound = source->node != NULL;
}

/* Returns true if another stream owns the flow's node, and this stream has a different node. */
static bool session_streams_is_foreign_flow(const struct session *session,
					    const struct session_source *source,
					    const struct flow *flow)
{
	const char *node = flow->names ? flow->names->node : NULL;

	return node && (!source->node || strcmp(source->node, node) != 0) &&
	       session_streams_is_foreign(session, source, node);
}

/* Returns true if another stream owns the pod's node: the node in the record, or the node of the
 * known pod that the record would change. */
static bool session_streams_is_foreign_pod(const struct session *session,
					   const struct session_source *source,
					   const struct pod_record *fresh)
{
	const struct pod_record *known =
		workloads_pod(state_workloads(session->state), fresh->namespace_name, fresh->name);

	return session_streams_is_foreign(session, source, fresh->node) ||
	       (known && !known->deleted &&
		session_streams_is_foreign(session, source, known->node));
}

static bool session_streams_is_foreign_container(const struct session *session,
						 const struct session_source *source,
						 const struct container_record *fresh)
{
	const struct container_record *known =
		workloads_container(state_workloads(session->state), fresh->id);

	return session_streams_is_foreign(session, source, fresh->node) ||
	       (known && session_streams_is_foreign(session, source, known->node));
}

/* Adds the stream's node to a flow without a node. Returns 0 or -ENOMEM. */
static int session_streams_name_flow(const struct session_source *source, struct flow *flow)
{
	struct flow_names names = flow->names ? *flow->names : (struct flow_names){0};
	struct flow_names *named = NULL;

	if (names.node || !source->node)
		return 0;
	names.node = source->node;
	int error = flow_names_copy(&names, &named);
	if (error)
		return error;
	free(flow->names);
	flow->names = named;
	return 0;
}

/* Names the stream's node in a flow that names none. Returns true if the flow must be dropped. */
static bool session_streams_refuses_flow(const struct session *session,
					 const struct session_source *source, struct flow *flow)
{
	return session_streams_name_flow(source, flow) ||
	       session_streams_is_foreign_flow(session, source, flow);
}

/* Returns true if the record must be dropped, see session_streams_accept. Before the decision,
 * adds the stream's node to a flow or container without a node. Stores the node of the stream's
 * first hello. */
static bool session_streams_is_foreign_record(struct session *session,
					      struct session_source *source, struct record *record)
{
	switch ((enum record_kind)record->kind) {
	case RECORD_HELLO:
		session_streams_claim(session, source, record->hello->node);
		return false;
	case RECORD_FLOW:
		return session_streams_refuses_flow(session, source, &record->flow);
	case RECORD_EDGE:
		return session_streams_refuses_flow(session, source, &record->edge->flow);
	case RECORD_CONTAINER:
		if (!record->container->node)
			(void)text_copy(source->node, &record->container->node);
		return session_streams_is_foreign_container(session, source, record->container);
	case RECORD_POD:
		return session_streams_is_foreign_pod(session, source, record->pod);
	case RECORD_NODE:
		return session_streams_is_foreign(session, source, record->node->name);
	case RECORD_CLOCK:
		if (!record->clock->node)
			(void)text_copy(source->node, &record->clock->node);
		return session_streams_is_foreign(session, source, record->clock->node);
	case RECORD_LOST:
		if (!record->lost.cgroup_id)
			return false;
		if (!record->lost.node)
			(void)text_copy(source->node, &record->lost.node);
		return session_streams_is_foreign(session, source, record->lost.node);
	case RECORD_NONE:
	case RECORD_SERVICE:
	case RECORD_NAMESPACE:
	case RECORD_DNS:
	default:
		return false;
	}
}

bool session_streams_accept(struct session *session, struct session_source *source,
			    struct record *record)
{
	struct record lost = {.kind = RECORD_LOST, .lost = {.count = 1, .where = LOST_MEMORY}};

	if ((session->options->execs.count == 0 && !session->cluster) || source->names)
		return true;
	if ((session->options->execs.count > 1 || session->cluster) &&
	    session_streams_is_foreign_record(session, source, record)) {
		session->foreign++;
		return false;
	}
	if (session_budget_admit(&source->budget, SESSION_BUDGET_MAX,
				 state_workloads(session->state), record))
		return true;
	/* Drafts and the dashboard show the loss. */
	(void)state_apply(session->state, &lost);
	return false;
}

static void session_streams_report_budget(const struct session *session)
{
	uint64_t refused = 0;

	for (size_t i = 0; i < session->source_count; i++)
		refused += session->sources[i].budget.refused;
	if (refused > 0)
		options_report(session->options, 0,
			       "%" PRIu64 " record%s of streams %s ignored: the names of a stream "
			       "may take at most %zu MiB, and those of a container %zu KiB",
			       refused, refused == 1 ? "" : "s", refused == 1 ? "was" : "were",
			       SESSION_BUDGET_MAX >> 20, SESSION_BUDGET_RECORD_MAX >> 10);
}

void session_streams_report(const struct session *session)
{
	session_streams_report_budget(session);
	if (session->foreign > 0)
		options_report(session->options, 0,
			       "%" PRIu64 " record%s of a stream describe%s another node and %s "
			       "ignored",
			       session->foreign, session->foreign == 1 ? "" : "s",
			       session->foreign == 1 ? "s" : "",
			       session->foreign == 1 ? "was" : "were");
}
