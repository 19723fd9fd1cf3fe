/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/columns/conn_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/array.h"
#include "core/record/address.h"
#include "core/state/conn_words.h"
#include "core/state/edge_query.h"

/* Fills in the peer's name: the pod, Service or node that held the peer's address at the time of
 * the last flow. For a pod with hostNetwork, fills in the node's name, because both have the same
 * address. Leaves the names unchanged if the holder is unknown. */
static enum flow_peer_kind conn_view_peer_from_address(const struct workloads *workloads,
						       const struct conn *conn,
						       struct flow_names *names)
{
	const struct edge *edge = conn->edge;
	struct holder_query query = edge_query(edge);
	struct holder holder;

	query.node = names->node;
	if (edge->is_overflow) {
		/* An overflow edge stands for many peers, so take the peer from the flow. */
		query.address = *flow_peer(&conn->flow);
		query.family = conn->flow.family;
		query.direction = conn->flow.direction;
		query.protocol = conn->flow.protocol;
		query.port = flow_wire_port(&conn->flow);
		query.time_ns = conn->last_ns;
	}
	holder_find(workloads, &query, &holder);
	if (holder.service) {
		names->peer_namespace = holder.service->namespace_name;
		names->peer_name = holder.service->name;
		return FLOW_PEER_SERVICE;
	}
	switch ((enum holder_kind)holder.kind) {
	case HOLDER_POD:
		names->peer_namespace = holder.pod->namespace_name;
		names->peer_name = holder.pod->name;
		return FLOW_PEER_POD;
	case HOLDER_SHARED:
		return FLOW_PEER_POD;
	case HOLDER_NODE:
		names->peer_name = holder.node_name;
		return holder.own_node ? FLOW_PEER_HOST : FLOW_PEER_NODE;
	case HOLDER_LOOPBACK:
		return FLOW_PEER_HOST;
	case HOLDER_SERVICE_RANGE:
		return FLOW_PEER_SERVICE;
	case HOLDER_EXTERNAL:
		return FLOW_PEER_EXTERNAL;
	default:
		return FLOW_PEER_UNKNOWN;
	}
}

/* Fills in the name of the peer: the pod that the edge names, else the holder of the peer's
 * address, else the Service or node that the edge names. */
static enum flow_peer_kind conn_view_peer_names(const struct state *state, const struct conn *conn,
						struct flow_names *names)
{
	const struct edge *edge = conn->edge;
	enum flow_peer_kind kind = FLOW_PEER_UNKNOWN;

	if (!edge_names_pod(edge))
		kind = conn_view_peer_from_address(state_workloads(state), conn, names);
	bool named = kind != FLOW_PEER_UNKNOWN && kind != FLOW_PEER_EXTERNAL;
	if (named || edge->peer_kind == FLOW_PEER_UNKNOWN)
		return kind;
	names->peer_namespace = edge->peer_namespace;
	names->peer_name = edge->peer_name;
	return edge->peer_kind;
}

void conn_view_subject_names(const struct state *state, const struct conn *conn,
			     struct flow_names *names)
{
	const struct subject *subject = conn->subject;

	*names = (struct flow_names){
		.node = state_node(state, subject),
		.namespace_name = subject->namespace_name,
		.pod = subject->pod,
		.container = conn->edge->container ? conn->edge->container : subject->container,
		.container_id = subject->container_id,
	};
	/* A pod may have several containers. The cgroup identifies the connection's container. */
	if ((subject->kind == SUBJECT_POD || subject->kind == SUBJECT_CONTAINER) &&
	    conn->flow.has & FLOW_HAS_CGROUP) {
		const struct container_record *container = workloads_container_by_cgroup(
			state_workloads(state), names->node, conn->flow.cgroup_id);
		if (container) {
			names->container_id = container->id;
			/* The name set above comes from the edge or the subject. If the connection
			 * has a binding, that name may be of another container of the pod, so
			 * replace it even if the right name is unknown. */
			if (container->name || conn->binding)
				names->container = container->name;
		}
	}
}

enum flow_peer_kind conn_view_names(const struct state *state, const struct conn *conn,
				    struct flow_names *names)
{
	conn_view_subject_names(state, conn, names);
	names->dns = conn->dns;
	return conn_view_peer_names(state, conn, names);
}

void conn_view_known(const struct state *state, const struct conn *conn, struct flow_names *names,
		     struct flow *known)
{
	*known = (struct flow){.names = names};
	conn_view_subject_names(state, conn, names);
	if (conn->edge->direction == FLOW_EGRESS)
		names->dns = conn->dns;
	known->peer_kind = (uint8_t)conn_view_peer_names(state, conn, names);
}

void conn_view_peer(const struct flow_names *names, char peer[CONN_VIEW_PEER_SIZE])
{
	if (!names->peer_name)
		peer[0] = '\0';
	else if (names->peer_namespace)
		snprintf(peer, CONN_VIEW_PEER_SIZE, "%s/%s", names->peer_namespace,
			 names->peer_name);
	else
		snprintf(peer, CONN_VIEW_PEER_SIZE, "%s", names->peer_name);
}

void conn_view_peer_or_address(const struct flow_names *names, uint8_t family,
			       const struct flow_address *address, char text[CONN_VIEW_PEER_SIZE])
{
	conn_view_peer(names, text);
	if (!text[0] && names->dns)
		snprintf(text, CONN_VIEW_PEER_SIZE, "%s", names->dns);
	if (!text[0])
		address_format(family, address, text);
}

void conn_view_short_peer(const struct flow_names *names, uint8_t family,
			  const struct flow_address *address, char text[CONN_VIEW_PEER_SIZE])
{
	struct flow_names short_names = *names;

	if (names->peer_namespace && names->namespace_name &&
	    strcmp(names->peer_namespace, names->namespace_name) == 0)
		short_names.peer_namespace = NULL;
	conn_view_peer_or_address(&short_names, family, address, text);
}

/* Returns the labels of the pod or, outside pods, of the container. Docker Compose stores its
 * project and service as labels of a container. */
static const struct labels *conn_view_labels_of(const struct state *state,
						const struct subject *subject)
{
	if (subject->pod_record)
		return &subject->pod_record->labels;
	if (subject->kind != SUBJECT_CONTAINER || subject->is_overflow)
		return NULL;
	const struct container_record *container =
		workloads_container(state_workloads(state), subject->container_id);
	return container ? &container->labels : NULL;
}

/* Fills in the figures of a connection, as the columns LAT, RATE and AGE show them. */
static void conn_view_filter_figures(const struct conn *conn, uint64_t now_ns,
				     struct filter_input *input)
{
	bool waits = conn->phase == CONN_ATTEMPT;

	input->age_ns = now_ns > conn->first_ns ? now_ns - conn->first_ns : 0;
	input->has_age = true;
	input->rate = conn_rate(conn, now_ns);
	input->has_rate = true;
	input->latency_ns = waits ? input->age_ns : conn->flow.latency_us * 1000;
	input->has_latency = waits || conn->flow.has & FLOW_HAS_LATENCY;
}

void conn_view_filter_input(const struct state *state, const struct conn *conn, uint64_t now_ns,
			    char peer[CONN_VIEW_PEER_SIZE], struct filter_input *input)
{
	struct flow_names names;
	conn_view_names(state, conn, &names);
	conn_view_peer(&names, peer);
	*input = (struct filter_input){
		.flow = &conn->flow,
		.node = names.node,
		.namespace_name = names.namespace_name,
		.pod = names.pod,
		.container = names.container,
		.container_id = names.container_id,
		.labels = conn_view_labels_of(state, conn->subject),
		.peer = peer[0] ? peer : NULL,
		.dns = names.dns,
		.state = conn_terms(conn),
		.drop = conn->drop,
		.connections = conn->edge->conn_count,
	};
	conn_view_filter_figures(conn, clocks_now(state_clocks(state), conn->node, now_ns), input);
}

void conn_view_drop(const struct conn *conn, char *text, size_t size)
{
	static const char *const places[] = {
		[FLOW_DROP_OWN] = "own netns",
		[FLOW_DROP_NODE] = "node",
	};
	const struct flow *flow = &conn->flow;
	size_t length = 0;

	text[0] = '\0';
	if (!(flow->has & FLOW_HAS_DROPS))
		return;
	length = (size_t)snprintf(text, size, "%s %" PRIu32 "x",
				  conn->drop ? conn->drop : "dropped", flow->drops);
	if (flow->has & FLOW_HAS_DROP_NETNS && length < size)
		length +=
			(size_t)(flow->drop_place < ARRAY_LENGTH(places) && places[flow->drop_place]
					 ? snprintf(text + length, size - length, " %s",
						    places[flow->drop_place])
					 : snprintf(text + length, size - length, " netns %" PRIu32,
						    flow->drop_netns));
	if (conn->drop_device && length < size)
		snprintf(text + length, size - length, " %s", conn->drop_device);
}

const char *conn_view_new(struct novelty *novelty, const struct conn *conn)
{
	switch (novelty_judge(novelty, conn->edge)) {
	case BASELINE_HAS:
		return "no";
	case BASELINE_LACKS:
		return "yes";
	case BASELINE_UNKNOWN:
		break;
	}
	return NULL;
}
