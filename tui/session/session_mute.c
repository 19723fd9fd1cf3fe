/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stops the kernel from reporting cgroups that the filter always rejects, which makes watching one
 * pod of a busy node cheap.
 *
 * Only if the result cannot change: the filter rejects a known namespace, pod or container; no
 * recording needs the filtered flows; and the filter is fixed (not in the dashboard).
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

/* True if the identity of the connection's workload is complete. */
static bool session_is_settled(const struct session *session, const struct conn *conn,
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
	if (!session_is_settled(session, conn, &input))
		return;
	bool hidden = conn->subject->kind == SUBJECT_PROCESS && session_hides_host(session);
	if (hidden || filter_rejects_workload(session->options->filter, &input))
		ebpf_source_mute(session->muting_source, conn->flow.cgroup_id);
}
