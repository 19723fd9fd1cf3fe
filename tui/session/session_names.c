/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Manages the sources that name pods and containers, and the flows that wait for names.
 *
 * Flows keep their order: all flows behind a waiting flow wait too, for at most --name-wait. If a
 * container gets no name in that time, its next flows do not wait.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/filter/filter.h"
#include "core/source/registry/identity_sources.h"
#include "core/state/identity/workloads.h"
#include "tui/columns/conn_view.h"
#include "tui/options/options.h"
#include "tui/session/session_internal.h"

/* A flow of a container without a name requests the name. This is the shortest time between two
 * such requests. Without it, every such flow would cause a query to the runtime. */
#define KICK_FOR_FLOW_NS (NS_PER_SECOND / 4)

/* The defaults of --name-wait. A container runtime knows the name at once. The Kubernetes API does
 * not know it until seconds later, so flows wait longer if only the API is ready. */
#define NAME_WAIT_NS      NS_PER_SECOND
#define NAME_WAIT_LATE_NS (3 * NS_PER_SECOND)

/* --- the sources --- */

void session_names_open(struct session *session)
{
	const struct options *options = session->options;

	for (size_t i = 0; i < IDENTITY_SOURCE_COUNT; i++) {
		const struct identity_source *kind = identity_sources[i];
		struct source *source = NULL;

		if (options->identities.disabled[i])
			continue;
		/* The names of a cluster come from its API. Those of this machine are not its. */
		if (options->kube && i != IDENTITY_KUBE)
			continue;
		int error = identity_source_start(kind, &options->identities, &source);
		if (!error)
			error = session_add_source(session, source, true);
		if (!error)
			session->sources[session->source_count - 1].late = kind->is_late;
		/* Continue: the session works without this source. */
		if (error)
			options_report(options, 0, "%s: cannot start: %s", kind->label,
				       strerror(-error));
	}
	session_names_health(session);
}

void session_names_health(struct session *session)
{
	session->names_expected = false;
	session->names_late = true;
	for (size_t i = 0; i < session->source_count; i++) {
		struct source_health health;
		if (!session->sources[i].names || session->sources[i].over)
			continue;
		source_health(session->sources[i].source, &health);
		if (health.state == SOURCE_STARTING || health.state == SOURCE_READY)
			session->names_expected = true;
		if (health.state == SOURCE_READY)
			session->names_late &= session->sources[i].late;
	}
}

void session_names_kick(struct session *session)
{
	if (!session->names_wanted)
		return;
	session->names_wanted = false;
	for (size_t i = 0; i < session->source_count; i++) {
		if (session->sources[i].names && !session->sources[i].over)
			source_kick(session->sources[i].source);
	}
}

/* Returns true if the name of the connection's container is unknown, even if the pod's name is
 * known. */
static bool session_lacks_name(const struct session *session, const struct conn *conn)
{
	struct flow_names names;

	if (conn->subject->kind == SUBJECT_PROCESS || conn->subject->kind == SUBJECT_UNRESOLVED)
		return false;
	conn_view_subject_names(session->state, conn, &names);
	return !names.container;
}

void session_names_saw_container(struct session *session, const struct container_record *container)
{
	if (!container->name && session->kernel)
		session->names_wanted = true;
}

void session_names_saw_flow(struct session *session, const struct conn *conn)
{
	if (!session->kernel || session->names_wanted || !session_lacks_name(session, conn))
		return;
	uint64_t now = clock_monotonic_ns();
	if (now - session->kicked_ns < KICK_FOR_FLOW_NS)
		return;
	session->kicked_ns = now;
	session->names_wanted = true;
}

/* --- DNS look-ups --- */

/* Copies a name unless one is known. If out of memory, the name stays unknown. */
static void session_names_fill(char **name, const char *value)
{
	if (!*name)
		(void)text_copy(value, name);
}

void session_names_add_to_dns(const struct session *session, struct dns_record *dns)
{
	const struct workloads *workloads = state_workloads(session->state);
	const char *node = dns->node ? dns->node : state_node(session->state, NULL);
	const struct container_record *container;

	if (!dns->cgroup_id || dns->container_id || dns->pod)
		return;
	if (workloads_cgroup(workloads, node, dns->cgroup_id, &container) !=
	    WORKLOADS_CGROUP_CONTAINER)
		return;
	session_names_fill(&dns->container_id, container->id);
	const struct pod_record *pod =
		container->pod_uid ? workloads_pod_by_uid(workloads, container->pod_uid) : NULL;
	if (container->namespace_name && container->pod) {
		session_names_fill(&dns->namespace_name, container->namespace_name);
		session_names_fill(&dns->pod, container->pod);
	} else if (pod) {
		session_names_fill(&dns->namespace_name, pod->namespace_name);
		session_names_fill(&dns->pod, pod->name);
	}
}

/* --- flows that wait --- */

static uint64_t *session_given_up_slot(struct session *session, const struct conn *conn)
{
	return &session->given_up[hash_u64(conn->flow.cgroup_id) % SESSION_GIVEN_UP];
}

static bool session_is_waited_for(struct session *session, const struct conn *conn)
{
	return session->names_expected &&
	       *session_given_up_slot(session, conn) != conn->flow.cgroup_id &&
	       session_lacks_name(session, conn);
}

/* Updates subject and edge of a held flow. The other members keep the values from the time of the
 * flow. */
static void session_refresh(struct session *session, struct held_flow *flow)
{
	const struct conn *live = state_find(session->state, flow->conn.sequence);

	if (!live)
		return;
	flow->conn.subject = live->subject;
	flow->conn.edge = live->edge;
}

static void session_release_first(struct session *session)
{
	struct held_flow flow;

	if (!held_flows_pop(&session->held, &flow))
		return;
	if (!record_flow(&flow.record)) {
		session_pass(session, &flow.record);
		return;
	}
	session_refresh(session, &flow);
	bool unnamed = session->names_expected && session_lacks_name(session, &flow.conn);
	bool shown = false;
	if (unnamed)
		*session_given_up_slot(session, &flow.conn) = flow.conn.flow.cgroup_id;
	session_record(session, &flow.record, &flow.conn);
	if (session->handlers.wait_for_names && (!session->stopped || session->stop_drain))
		shown = session_deliver(session, &flow.record, &flow.conn);
	session->unnamed += unnamed && (shown || session_records(session));
	session->unjudged += unnamed && !shown && session->handlers.wait_for_names &&
			     filter_has(session->options->filter, FILTER_NEEDS_NAMES);
	record_free(&flow.record);
}

/* Returns the longest time that a flow waits. */
static uint64_t session_name_wait_ns(const struct session *session)
{
	if (session->options->name_wait_ns != NAME_WAIT_DEFAULT)
		return session->options->name_wait_ns;
	/* A crash would lose the flows that wait. A reader finds their names in later records. */
	if (session->folder)
		return 0;
	return session->names_late ? NAME_WAIT_LATE_NS : NAME_WAIT_NS;
}

bool session_names_hold(struct session *session, struct record *record, const struct conn *conn)
{
	if (session_name_wait_ns(session) == 0 || !session->kernel)
		return false;
	if (session->held.count == 0 && (!conn || !session_is_waited_for(session, conn)))
		return false;
	uint64_t until_ns = clock_monotonic_ns() + session_name_wait_ns(session);
	int error = held_flows_push(&session->held, record, conn, until_ns);
	if (error == -ENOSPC) {
		session_names_release(session);
		if (session->held.count == HELD_FLOWS_MAX)
			session_release_first(session);
		error = held_flows_push(&session->held, record, conn, until_ns);
	}
	if (!error)
		return true;
	session_names_release_all(session);
	return false;
}

void session_names_release(struct session *session)
{
	struct held_flow *flow;

	while ((flow = held_flows_first(&session->held)) && !session->stopped) {
		bool is_flow = record_flow(&flow->record) != NULL;
		if (is_flow)
			session_refresh(session, flow);
		if (is_flow && session_is_waited_for(session, &flow->conn) &&
		    clock_monotonic_ns() < flow->until_ns)
			return;
		session_release_first(session);
	}
}

void session_names_release_all(struct session *session)
{
	while (session->held.count > 0)
		session_release_first(session);
}

int session_names_timeout(struct session *session)
{
	const struct held_flow *flow = held_flows_first(&session->held);

	return flow ? clock_timeout_ms(flow->until_ns, INT_MAX) : -1;
}

static void session_report_late(const struct session *session, uint64_t count, const char *what)
{
	if (count)
		options_report(session->options, 0,
			       "%" PRIu64 " event%s %s: no name of a container came in time "
			       "(--name-wait)",
			       count, count == 1 ? " was" : "s were", what);
}

void session_names_report(const struct session *session)
{
	if (session->handlers.stay_open)
		return;
	session_report_late(session, session->unjudged, "left out");
	session_report_late(session, session->unnamed, "written without a name");
}
