/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watching one pod on a busy node: what a filter keeps out for good is not even told by the kernel
 * any more.
 *
 * Only where that can be known: the filter's word is about the namespace, pod or container, whose
 * name is known and does not change; nobody records what is filtered out; and the filter stays as
 * it is to the end (not in the dashboard).
 */
#include "core/source/ebpf/ebpf.h"
#include "tui/columns/conn_view.h"
#include "tui/options/options.h"
#include "tui/session/session_internal.h"

bool session_may_mute(const struct session *session)
{
	return !session->handlers.stay_open && !session->options->record_file &&
	       filter_has_workload_terms(session->options->filter);
}

/* Whose connection it is will not be known any better. */
static bool is_settled(const struct session *session, const struct conn *conn,
		       const struct filter_input *input)
{
	switch ((enum subject_kind)conn->subject->kind) {
	case SUBJECT_POD:
		/* The pod may be known before its container. */
		return input->container || !filter_needs_container(session->options->filter);
	case SUBJECT_CONTAINER:
		return conn->subject->container != NULL;
	case SUBJECT_PROCESS:
		return !workloads_container_by_cgroup(state_workloads(session->state),
						      conn->flow.cgroup_id);
	}
	return false;
}

void session_mute(struct session *session, const struct conn *conn)
{
	char peer[CONN_VIEW_PEER_SIZE];
	struct filter_input input;

	if (!session->muting_source || !(conn->flow.has & FLOW_HAS_CGROUP))
		return;
	conn_view_filter_input(session->state, conn, peer, &input);
	if (!is_settled(session, conn, &input))
		return;
	bool hidden = conn->subject->kind == SUBJECT_PROCESS && session_hides_host(session);
	if (hidden || filter_rejects_workload(session->options->filter, &input))
		ebpf_source_mute(session->muting_source, conn->flow.cgroup_id);
}
