/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/placement.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/state/conn_sums.h"
#include "core/state/edge_names.h"
#include "core/state/identity/holder.h"
#include "core/state/netns_owner.h"
#include "core/state/placement_internal.h"

int placement_init(struct placement *placement, const char *own_node,
		   const struct conn_table *conns)
{
	bundle_table_init(&placement->bundles, conns);
	if (node_names_init(&placement->nodes, own_node) ||
	    subject_table_init(&placement->subjects, &placement->quotas) ||
	    edge_table_init(&placement->edges, &placement->quotas, placement->subjects.unkept) ||
	    workloads_new(&placement->workloads))
		return -ENOMEM;
	return 0;
}

void placement_clear(struct placement *placement)
{
	binding_table_clear(&placement->bindings);
	bundle_table_clear(&placement->bundles);
	edge_table_clear(&placement->edges);
	subject_table_clear(&placement->subjects);
	quotas_clear(&placement->quotas);
	node_names_clear(&placement->nodes);
	dns_names_clear(&placement->dns_names);
	workloads_free(placement->workloads);
	placement->workloads = NULL;
}

/* --- sums: every counter is the sum of the shares of its connections --- */

/* plus - minus may wrap around, but the sums do not: `minus` was added to them before. */
static void placement_shift_edge(struct edge *edge, const struct fold_share *plus,
				 const struct fold_share *minus)
{
	edge->conn_count += plus->conn - minus->conn;
	edge->ok_count += plus->ok - minus->ok;
	edge->failed_count += plus->failed - minus->failed;
	edge->open_count += plus->open - minus->open;
	edge->hanging_count += plus->hanging - minus->hanging;
	edge->flow_count += plus->flows - minus->flows;
	edge->tx_bytes += plus->tx_bytes - minus->tx_bytes;
	edge->rx_bytes += plus->rx_bytes - minus->rx_bytes;
	edge->latency_sum_us += plus->latency_us - minus->latency_us;
	edge->latency_count += plus->latency - minus->latency;
}

static void placement_shift_group(struct subject_sums *sums, const struct fold_share *plus,
				  const struct fold_share *minus)
{
	sums->connections += fold_whole(plus, plus->conn) - fold_whole(minus, minus->conn);
	sums->failed += fold_whole(plus, plus->failed) - fold_whole(minus, minus->failed);
	sums->open += fold_whole(plus, plus->open) - fold_whole(minus, minus->open);
	sums->hanging += fold_whole(plus, plus->hanging) - fold_whole(minus, minus->hanging);
}

void placement_set_group(struct placement *placement, struct subject *subject, uint8_t group)
{
	struct subject_sums *from = &placement->groups[subject->group];
	struct subject_sums *to = &placement->groups[group];

	from->connections -= subject->conn_count;
	from->failed -= subject->failed_count;
	from->open -= subject->open_count;
	from->hanging -= subject->hanging_count;
	to->connections += subject->conn_count;
	to->failed += subject->failed_count;
	to->open += subject->open_count;
	to->hanging += subject->hanging_count;
	subject->group = group;
}

static void placement_shift_subject(struct subject *subject, const struct fold_share *plus,
				    const struct fold_share *minus)
{
	subject->conn_count += fold_whole(plus, plus->conn) - fold_whole(minus, minus->conn);
	subject->failed_count += fold_whole(plus, plus->failed) - fold_whole(minus, minus->failed);
	subject->open_count += fold_whole(plus, plus->open) - fold_whole(minus, minus->open);
	subject->hanging_count +=
		fold_whole(plus, plus->hanging) - fold_whole(minus, minus->hanging);
	subject->tx_bytes += plus->tx_bytes - minus->tx_bytes;
	subject->rx_bytes += plus->rx_bytes - minus->rx_bytes;
	subject->revision++;
}

/* Changes a connection's share of the counters (fold.h) of its edge and its subject. */
static void placement_shift(struct placement *placement, const struct conn *conn,
			    const struct fold_share *plus, const struct fold_share *minus)
{
	if (conn->subject->kind == SUBJECT_UNRESOLVED)
		placement->unresolved +=
			fold_whole(plus, plus->conn) - fold_whole(minus, minus->conn);
	conn->subject->used_edge_count -= conn->edge->conn_count > 0;
	placement_shift_edge(conn->edge, plus, minus);
	conn->subject->used_edge_count += conn->edge->conn_count > 0;
	placement_shift_subject(conn->subject, plus, minus);
	placement_shift_group(&placement->groups[conn->subject->group], plus, minus);
}

static void placement_extend_time(uint64_t *first_ns, uint64_t *last_ns, const struct conn *conn)
{
	/* 0 is an unknown time. */
	if (conn->first_ns && (*first_ns == 0 || conn->first_ns < *first_ns))
		*first_ns = conn->first_ns;
	if (conn->last_ns > *last_ns)
		*last_ns = conn->last_ns;
}

static void placement_extend_times(const struct conn *conn)
{
	placement_extend_time(&conn->subject->first_ns, &conn->subject->last_ns, conn);
	placement_extend_time(&conn->edge->first_ns, &conn->edge->last_ns, conn);
}

/* --- places: the subject and the edge of a connection --- */

/* Returns the subject of a key. Fills in the node's name, which the key lacks. */
static struct subject *placement_get_subject(struct placement *placement, struct subject_key key)
{
	key.node_name = node_names_text(&placement->nodes, key.node);
	return subject_table_get(&placement->subjects, &key);
}

static struct subject *placement_pod(struct placement *placement, uint32_t node,
				     const char *namespace_name, const char *pod)
{
	struct subject *subject = placement_get_subject(
		placement, (struct subject_key){.node = node,
						.kind = SUBJECT_POD,
						.namespace_name = namespace_name,
						.pod = pod});

	if (!subject->pod_record && !subject->is_overflow) {
		subject->pod_record = workloads_pod(placement->workloads, namespace_name, pod);
		subject->pod_deleted = subject->pod_record && subject->pod_record->deleted;
	}
	return subject;
}

static struct subject *placement_container(struct placement *placement, uint32_t node,
					   const char *id)
{
	return placement_get_subject(
		placement,
		(struct subject_key){.node = node, .kind = SUBJECT_CONTAINER, .container_id = id});
}

/* Returns the subject of the connection's program. */
static struct subject *placement_process(struct placement *placement, const struct conn *conn)
{
	const struct flow *flow = &conn->flow;

	return placement_get_subject(
		placement, (struct subject_key){
				   .node = conn->node,
				   .kind = SUBJECT_PROCESS,
				   .comm = flow->comm,
				   .cgroup_id = flow->has & FLOW_HAS_CGROUP ? flow->cgroup_id : 0});
}

static struct subject *placement_unresolved(struct placement *placement, uint32_t node)
{
	return placement_get_subject(
		placement, (struct subject_key){.node = node, .kind = SUBJECT_UNRESOLVED});
}

struct subject *placement_asker(struct placement *placement, const struct dns_record *dns)
{
	uint32_t node = node_names_get(&placement->nodes, dns->node);
	const struct container_record *container =
		dns->container_id ? workloads_container(placement->workloads, dns->container_id)
				  : NULL;

	const struct pod_record *pod =
		container && container->pod_uid
			? workloads_pod_by_uid(placement->workloads, container->pod_uid)
			: NULL;

	if (dns->namespace_name && dns->pod)
		return placement_pod(placement, node, dns->namespace_name, dns->pod);
	if (container && container->namespace_name && container->pod)
		return placement_pod(placement, node, container->namespace_name, container->pod);
	if (pod)
		return placement_pod(placement, node, pod->namespace_name, pod->name);
	if (dns->container_id)
		return placement_container(placement, node, dns->container_id);
	return placement_get_subject(placement,
				     (struct subject_key){.node = node,
							  .kind = SUBJECT_PROCESS,
							  .comm = dns->comm ? dns->comm : "",
							  .cgroup_id = dns->cgroup_id});
}

static enum workloads_cgroup placement_cgroup(const struct placement *placement, uint32_t node,
					      uint64_t cgroup_id,
					      const struct container_record **container)
{
	return workloads_cgroup(placement->workloads, node_names_text(&placement->nodes, node),
				cgroup_id, container);
}

/* Returns whether the connection's cgroup is known not to belong to the container that the flow
 * names. */
static bool placement_is_imitation(const struct placement *placement, const struct conn *conn)
{
	const struct container_record *container;

	return conn->flow.has & FLOW_HAS_CGROUP &&
	       placement_cgroup(placement, conn->node, conn->flow.cgroup_id, &container) ==
		       WORKLOADS_CGROUP_CONTRADICTED;
}

const struct container_record *placement_container_of(const struct placement *placement,
						      const struct binding *binding)
{
	const struct container_record *container = NULL;

	if (binding->container_id)
		return workloads_container(placement->workloads, binding->container_id);
	(void)placement_cgroup(placement, binding->node, binding->cgroup_id, &container);
	return container;
}

/* Returns whether a binding's cgroup may belong to a container, although none is known. */
static bool placement_is_unresolved(const struct placement *placement,
				    const struct binding *binding)
{
	const struct container_record *container;

	return binding->unresolved ||
	       (!binding->container_id &&
		placement_cgroup(placement, binding->node, binding->cgroup_id, &container) ==
			WORKLOADS_CGROUP_CONTRADICTED);
}

/* Looks up the subject of a binding. */
static void placement_resolve_binding(struct placement *placement, struct binding *binding)
{
	const struct container_record *container = placement_container_of(placement, binding);
	const char *id = container ? container->id : binding->container_id;
	const struct pod_record *pod = NULL;
	bool waits = false;

	if (container && container->namespace_name && container->pod) {
		binding->subject = placement_pod(placement, binding->node,
						 container->namespace_name, container->pod);
	} else {
		if (container && container->pod_uid) {
			pod = workloads_pod_by_uid(placement->workloads, container->pod_uid);
			waits = !pod;
		}
		if (pod)
			binding->subject = placement_pod(placement, binding->node,
							 pod->namespace_name, pod->name);
		else if (id)
			binding->subject = placement_container(placement, binding->node, id);
		else
			binding->subject = placement_is_unresolved(placement, binding)
						   ? placement_unresolved(placement, binding->node)
						   : NULL;
	}
	if (container) {
		subject_set_container(binding->subject, container->name);
		edge_set_text(&binding->container, container->name);
	}
	binding_set_waiting(&placement->bindings, binding, waits);
	binding_losses_settle(&placement->losses, &placement->quotas, binding);
}

/* Finds or makes the binding of a connection, and attaches the connection. flow is the flow that is
 * folded, or NULL. Returns NULL if out of memory. */
static struct binding *placement_bind(struct placement *placement, struct conn *conn,
				      const struct flow *flow, const char *container_id)
{
	bool is_new;
	struct binding *binding = binding_table_get(&placement->bindings, conn->node, container_id,
						    conn->flow.cgroup_id, &is_new);

	if (!binding)
		return NULL;
	bool changes = flow && binding->unresolved != flow->unresolved;
	if (changes)
		binding->unresolved = flow->unresolved;
	if (is_new)
		placement_resolve_binding(placement, binding);
	else if (changes)
		placement_renew_binding(placement, binding, conn);
	binding_attach(&placement->bindings, binding, conn);
	return binding;
}

/* Finds the subject of the connection's process. flow is the flow that is being folded into the
 * connection, or NULL. */
static struct subject *placement_find_process(struct placement *placement, struct conn *conn,
					      const struct flow *flow)
{
	const struct flow_names *names = flow ? flow->names : NULL;
	const char *container_id = names ? names->container_id : NULL;
	bool is_other = conn->owner_changed;

	/* The new process may belong to another subject than the former one. */
	conn->owner_changed = false;
	if (is_other)
		binding_detach(&placement->bindings, conn);
	if (names && names->namespace_name && names->pod) {
		binding_detach(&placement->bindings, conn);
		return placement_pod(placement, conn->node, names->namespace_name, names->pod);
	}
	/* A flow with fewer names than an earlier one does not remove the earlier names. */
	if (conn->subject && conn->subject->kind == SUBJECT_POD && !conn->binding && !is_other)
		return conn->subject;
	if (!container_id && conn->binding)
		container_id = conn->binding->container_id;

	if (container_id && placement_is_imitation(placement, conn))
		container_id = NULL;

	if (container_id || (conn->flow.has & FLOW_HAS_CGROUP && conn->flow.cgroup_id)) {
		const struct binding *binding = placement_bind(placement, conn, flow, container_id);
		if (binding && binding->subject)
			return binding->subject;
	}
	/* If a program changes its name, its connections keep their subject. */
	if (conn->subject && conn->subject->kind == SUBJECT_PROCESS &&
	    conn->subject->comm[0] != '\0' && !is_other)
		return conn->subject;
	return placement_process(placement, conn);
}

/*
 * Returns the subject of a connection for policies. If a process of another pod opened the socket
 * in a pod's network namespace, the subject is the pod of that namespace. Otherwise, it is the
 * subject of the process. If *learned becomes true, connections of other subjects may have to
 * move. Then call placement_renew_strangers.
 */
static struct subject *placement_choose(struct placement *placement, const struct conn *conn,
					struct subject *process, bool *learned)
{
	const char *node = node_names_text(&placement->nodes, conn->node);
	const struct netns_owner owner =
		netns_owner_find(placement->workloads, &placement->subjects, node, conn, process);

	if (owner.is_stranger && conn->binding && !conn->binding->has_strangers) {
		conn->binding->has_strangers = true;
		binding_losses_settle(&placement->losses, &placement->quotas, conn->binding);
	}
	*learned |= owner.learned;
	return owner.pod ? placement_pod(placement, conn->node, owner.pod->namespace_name,
					 owner.pod->name)
			 : process;
}

/*
 * The next functions set fields that an edge has from its latest flow. The result must not depend
 * on the order in which the flows arrive. If two flows have the same time, the greater value
 * counts.
 */
static void placement_set_comm(struct edge *edge, const char comm[FLOW_COMM_SIZE], uint64_t ts_ns)
{
	if (comm[0] == '\0' || ts_ns < edge->comm_ns ||
	    (ts_ns == edge->comm_ns && strncmp(comm, edge->comm, FLOW_COMM_SIZE) <= 0))
		return;
	memcpy(edge->comm, comm, sizeof(edge->comm));
	edge->comm_ns = ts_ns;
}

static void placement_set_error(struct edge *edge, int16_t error, uint64_t ts_ns)
{
	if (error == 0 || ts_ns < edge->error_ns ||
	    (ts_ns == edge->error_ns && error <= edge->last_error))
		return;
	edge->last_error = error;
	edge->error_ns = ts_ns;
}

/*
 * Sets the edge's peer from a flow. If flows name peers of different kinds, the kind that comes
 * first in enum flow_peer_kind counts: the name of a pod replaces the name of a Service, a node or
 * a host. Ignores FLOW_PEER_EXTERNAL. It means only that no name of the address was known at the
 * time of the flow, and later records may name the address.
 */
static void placement_set_peer(struct placement *placement, struct edge *edge,
			       const struct edge_peer *peer)
{
	uint8_t kind = peer->kind;

	if (kind == FLOW_PEER_EXTERNAL || (kind == FLOW_PEER_UNKNOWN && !peer->name))
		return;
	if (edge->peer_kind != FLOW_PEER_UNKNOWN) {
		if (kind == FLOW_PEER_UNKNOWN || kind > edge->peer_kind || edge_names_pod(edge))
			return;
		if (kind < edge->peer_kind)
			edge_table_forget_name(&placement->edges, edge);
	}
	edge_table_set_name(&placement->edges, edge, peer);
}

/* Sets the error of an edge from a connection that failed, or from an interval with failures. */
static void placement_carry_error(struct edge *edge, const struct conn *conn)
{
	if (conn->sums)
		placement_set_error(edge, conn->flow.error, conn->sums->failed_ns);
	else if (conn->phase == CONN_FAILED)
		placement_set_error(edge, conn->flow.error, conn->flow.ts_ns);
}

/* Copies to `edge` the texts and the error of a connection that moves there from old_edge. */
static void placement_carry_texts(struct placement *placement, struct edge *edge,
				  const struct edge *old_edge, const struct conn *conn)
{
	const struct edge_peer peer = {old_edge->peer_kind, old_edge->peer_namespace,
				       old_edge->peer_name};

	if (conn->dns)
		(void)edge_names_bind(edge, conn->dns);
	placement_set_peer(placement, edge, &peer);
	edge_set_text(&edge->container, conn->binding ? conn->binding->container : NULL);
	placement_carry_error(edge, conn);
	placement_set_comm(edge, conn->flow.comm, conn->flow.ts_ns);
}

/*
 * Finds the pod that is the peer. Takes the first one that is known: the pod that the flow names,
 * the pod that the connection's present edge names, or the pod that had the address when the
 * connection began. `folded` is the flow that is being folded into the connection, or NULL. Finds
 * no Services or nodes: they keep their addresses, so views look them up.
 */
static struct edge_peer placement_find_peer(const struct placement *placement,
					    const struct conn *conn, const struct flow *folded)
{
	const struct flow_names *names = folded ? folded->names : NULL;
	const struct flow *flow = &conn->flow;

	if (names && names->peer_name &&
	    (folded->peer_kind == FLOW_PEER_POD || folded->peer_kind == FLOW_PEER_UNKNOWN))
		return (struct edge_peer){folded->peer_kind, names->peer_namespace,
					  names->peer_name};
	if (conn->edge && edge_names_pod(conn->edge) &&
	    !memcmp(&conn->edge->peer, flow_peer(flow), sizeof(conn->edge->peer)))
		return (struct edge_peer){conn->edge->peer_kind, conn->edge->peer_namespace,
					  conn->edge->peer_name};
	const struct pod_record *pod = holder_pod_at_time(placement->workloads, flow->family,
							  flow_peer(flow), conn->first_ns);
	if (!pod)
		return (struct edge_peer){0};
	return (struct edge_peer){FLOW_PEER_POD, pod->namespace_name, pod->name};
}

/* Moves a connection to a subject and its edge. Subtracts the share `before` from the old subject
 * and edge, and adds `after` to the new ones. flow is the flow that is being folded into the
 * connection, or NULL. */
static void placement_move(struct placement *placement, struct conn *conn, struct subject *subject,
			   const struct flow *flow, const struct fold_share *before,
			   const struct fold_share *after)
{
	static const struct fold_share nothing;
	struct edge *old_edge = conn->edge;
	const char *protocol_name = flow && flow->names ? flow->names->protocol : NULL;

	if (!protocol_name && old_edge)
		protocol_name = old_edge->protocol_name;
	const struct edge_peer peer = placement_find_peer(placement, conn, flow);
	struct edge *edge =
		edge_table_get(&placement->edges, subject, &conn->flow, protocol_name, &peer);

	if (old_edge) {
		placement_shift(placement, conn, &nothing, before);
		conn->subject->held_count--;
	}
	conn->subject = subject;
	subject->held_count++;
	conn->edge = edge;
	placement_shift(placement, conn, after, &nothing);
	placement_extend_times(conn);
	if (old_edge && old_edge != edge && !edge->is_overflow && !old_edge->is_overflow) {
		placement_carry_texts(placement, edge, old_edge, conn);
		if (!edge->moved_from)
			edge->moved_from = old_edge;
	}
}

/* Returns whether the flow names the subject of the connection more exactly than before. */
static bool placement_names_more(const struct conn *conn, const struct flow *flow)
{
	const struct flow_names *names = flow->names;

	if (conn->subject->kind == SUBJECT_UNRESOLVED && conn->binding &&
	    conn->binding->unresolved != flow->unresolved)
		return true;
	if (!names)
		return false;
	if (names->pod && names->namespace_name)
		return conn->subject->kind != SUBJECT_POD || conn->binding;
	return names->container_id && (conn->subject->kind == SUBJECT_PROCESS ||
				       conn->subject->kind == SUBJECT_UNRESOLVED);
}

/* Updates the texts of an edge and its subject. */
static void placement_set_texts(struct placement *placement, const struct conn *conn,
				const struct flow *flow)
{
	const struct flow_names *names = flow->names;
	const struct edge_peer peer = {flow->peer_kind, names ? names->peer_namespace : NULL,
				       names ? names->peer_name : NULL};
	struct subject *subject = conn->subject;
	struct edge *edge = conn->edge;

	/* An overflow edge stands for many peers, so the texts of one flow do not describe it. */
	if (edge->is_overflow)
		return;

	/* An interval without an event has only gauges, or withdraws counts. */
	if (!conn->sums || conn->sums->share.flows > 0)
		placement_set_comm(edge, conn->flow.comm, flow->ts_ns);
	if (conn->sums)
		placement_carry_error(edge, conn);
	else if (conn->phase == CONN_FAILED && flow->event == FLOW_FAILED)
		placement_set_error(edge, flow->error, flow->ts_ns);
	placement_set_peer(placement, edge, &peer);
	if (conn->binding)
		edge_set_text(&edge->container, conn->binding->container);
	if (!names)
		return;
	edge_set_text(&edge->container, names->container);
	if (subject->kind == SUBJECT_POD || subject->kind == SUBJECT_CONTAINER)
		subject_set_container(subject, names->container);
}

/* Binds a connection to the names in the flow that is being folded into it. */
static void placement_bind_own_names(struct conn *conn, const struct flow *flow)
{
	/* The name that a DNS query asked for is not the name of the server. */
	if (!conn->dns && flow->names && flow->event != FLOW_UNANSWERED &&
	    flow->event != FLOW_LOOKUP_FAILED && !conn->edge->is_overflow)
		conn->dns = edge_names_bind(conn->edge, flow->names->dns);
}

static struct dns_asker placement_dns_asker(const struct placement *placement,
					    const struct conn *conn, const struct subject *process)
{
	const struct flow *flow = &conn->flow;

	return (struct dns_asker){
		.node = node_names_text(&placement->nodes, conn->node),
		.namespace_name = process->namespace_name,
		.pod = process->kind == SUBJECT_POD ? process->pod : NULL,
		.cgroup_id = flow->has & FLOW_HAS_CGROUP ? flow->cgroup_id : 0,
		.netns = flow->has & FLOW_HAS_NETNS ? flow->netns : 0,
	};
}

/* Binds an egress connection to the names that its process had looked up before the connection
 * began. */
static void placement_bind_asked_names(const struct placement *placement, struct conn *conn,
				       const struct subject *process)
{
	const struct edge *edge = conn->edge;
	char text[DNS_NAMES_TEXT_SIZE];

	if (conn->dns || edge->direction != FLOW_EGRESS || edge->is_overflow)
		return;
	const struct dns_asker asker = placement_dns_asker(placement, conn, process);
	if (dns_names_get(&placement->dns_names, &asker, edge->family, &edge->peer,
			  conn_began_ns(conn), text))
		conn->dns = edge_names_bind(conn->edge, text);
}

bool placement_dns_answer(const struct placement *placement, const struct conn *conn,
			  struct dns_answer *out)
{
	const struct edge *edge = conn->edge;

	if (edge->direction != FLOW_EGRESS || edge->is_overflow)
		return false;
	const struct dns_asker asker = placement_dns_asker(placement, conn, conn->subject);
	return dns_names_answer(&placement->dns_names, &asker, edge->family, &edge->peer,
				conn_began_ns(conn), out);
}

void placement_fold(struct placement *placement, struct conn *conn, const struct flow *flow,
		    bool renew, const struct fold_share *before, const struct fold_share *after)
{
	if (renew || placement_names_more(conn, flow)) {
		struct subject *process = placement_find_process(placement, conn, flow);
		bool learned = false;
		struct subject *subject = placement_choose(placement, conn, process, &learned);
		placement_move(placement, conn, subject, flow, before, after);
		conn->edge->is_foreign |= subject != process;
		if (learned)
			placement_renew_strangers(placement, conn->node);
		/* A name from the flow itself precedes a name from a DNS answer. */
		placement_bind_own_names(conn, flow);
		placement_bind_asked_names(placement, conn, process);
	} else {
		placement_shift(placement, conn, after, before);
		placement_extend_times(conn);
		placement_bind_own_names(conn, flow);
	}
	placement_set_texts(placement, conn, flow);
	/* Without memory, the connection has no bundle. The caller counts that. */
	(void)bundle_table_update(&placement->bundles, conn);
}

void placement_reshare(struct placement *placement, struct conn *conn,
		       const struct fold_share *before, const struct fold_share *after)
{
	placement_shift(placement, conn, after, before);
	(void)bundle_table_update(&placement->bundles, conn);
}

void placement_rebundle(struct placement *placement, struct conn *conn)
{
	(void)bundle_table_update(&placement->bundles, conn);
}

void placement_leave(struct placement *placement, struct conn *conn,
		     const struct fold_share *before, const struct fold_share *after)
{
	placement_shift(placement, conn, after, before);
	binding_detach(&placement->bindings, conn);
	bundle_table_leave(&placement->bundles, conn);
}

/* --- moves after identities became known --- */

bool placement_move_bound(struct placement *placement, struct binding *binding,
			  const struct conn *except)
{
	bool learned = false;

	for (struct conn *conn = binding->conns; conn; conn = conn->binding_next) {
		struct subject *process = binding->subject;
		struct fold_share share;

		if (conn == except)
			continue;
		if (binding->container_id && placement_is_imitation(placement, conn))
			process = placement_unresolved(placement, conn->node);
		if (!process)
			process = conn->subject->kind == SUBJECT_PROCESS
					  ? conn->subject
					  : placement_process(placement, conn);
		struct subject *subject = placement_choose(placement, conn, process, &learned);
		if (subject == conn->subject)
			continue;
		fold_share(conn, &share);
		placement_move(placement, conn, subject, NULL, &share, &share);
		conn->edge->is_foreign |= subject != process;
		(void)bundle_table_update(&placement->bundles, conn);
	}
	return learned;
}

void placement_renew_binding(struct placement *placement, struct binding *binding,
			     const struct conn *except)
{
	placement_resolve_binding(placement, binding);
	if (placement_move_bound(placement, binding, except) && !except)
		placement_renew_strangers(placement, binding->node);
}

void placement_renew_strangers(struct placement *placement, uint32_t node)
{
	bool learned = true;

	while (learned) {
		learned = false;
		for (size_t i = 0; i < placement->bindings.count; i++) {
			struct binding *binding = placement->bindings.items[i];
			if (binding && binding->has_strangers && binding->node == node)
				learned |= placement_move_bound(placement, binding, NULL);
		}
	}
}
