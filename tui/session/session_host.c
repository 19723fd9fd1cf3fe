/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decides once whether processes outside containers are shown, both live and in a replay. They are
 * left out if a container ran before the first flow, unless --host is given. The eBPF source
 * (core/source/ebpf) reports the existing containers before it reports any flow.
 */
#include "tui/options/options.h"
#include "tui/session/session_internal.h"

bool session_host_in_workload(const struct conn *conn)
{
	return conn->subject->kind != SUBJECT_PROCESS;
}

/* Called for each container that starts after the decision. Reports once that processes outside
 * containers stay included. */
static void session_host_report_late(struct session *session)
{
	if (session->host_reported || session->host_hidden || session->options->host ||
	    !session->kernel || session->handlers.stay_open)
		return;
	session->host_reported = true;
	options_report(session->options, 0,
		       "a container has started: processes outside containers stay included, as at "
		       "the start");
}

void session_host_saw_container(struct session *session, const struct container_record *container)
{
	/* Runtimes also report stopped containers. A container with a cgroup runs. */
	if (!container->cgroup_id)
		return;
	if (session->host_decided)
		session_host_report_late(session);
	else
		session->containers_seen = true;
}

void session_host_decide(struct session *session)
{
	if (!session->host_decided)
		session->host_hidden = session->containers_seen;
	session->host_decided = true;
}

bool session_hides_host(const struct session *session)
{
	return session->host_hidden && !session->options->host && !session->host_shown;
}

bool session_left_out_host(const struct session *session)
{
	return session->host_flow_left;
}

void session_show_host(struct session *session, bool show)
{
	session->host_shown = show;
}
