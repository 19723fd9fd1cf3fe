/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/state/binding_table.h"
#include "core/state/conn_table.h"
#include "core/state/edge_table.h"
#include "core/state/fold.h"
#include "core/state/node_names.h"
#include "core/state/subject_table.h"

#define DEFAULT_MAX_CONNECTIONS 100000
#define DEFAULT_MAX_SUBJECTS    50000
#define DEFAULT_MAX_EDGES       1000000

struct state {
	struct state_counters counters;
	struct conn_table conns;
	struct subject_table subjects;
	struct edge_table edges;
	struct binding_table bindings;
	struct node_names nodes;
	struct workloads *workloads;
	struct hello_record *hello;
};

int state_new(const struct state_options *options, struct state **out)
{
	static const struct state_options defaults;
	struct state *state = calloc(1, sizeof(*state));

	if (!options)
		options = &defaults;
	if (!state)
		return -ENOMEM;
	if (node_names_init(&state->nodes, options->node) ||
	    conn_table_init(&state->conns, options->max_connections ? options->max_connections
								    : DEFAULT_MAX_CONNECTIONS) ||
	    subject_table_init(&state->subjects, options->max_subjects ? options->max_subjects
								       : DEFAULT_MAX_SUBJECTS) ||
	    edge_table_init(&state->edges,
			    options->max_edges ? options->max_edges : DEFAULT_MAX_EDGES,
			    state->subjects.overflow) ||
	    workloads_new(&state->workloads)) {
		state_free(state);
		return -ENOMEM;
	}
	*out = state;
	return 0;
}

void state_free(struct state *state)
{
	if (!state)
		return;
	binding_table_clear(&state->bindings);
	edge_table_clear(&state->edges);
	subject_table_clear(&state->subjects);
	conn_table_clear(&state->conns);
	node_names_clear(&state->nodes);
	workloads_free(state->workloads);
	hello_record_free(state->hello);
	free(state);
}

/* --- sums: every counter is the sum of its connections' shares --- */

/* Unsigned arithmetic wraps, so that plus - minus is right in either direction; no sum goes below
 * 0. */
static void edge_shift(struct edge *edge, const struct fold_share *plus,
		       const struct fold_share *minus)
{
	edge->conn_count += (uint64_t)plus->conn - minus->conn;
	edge->ok_count += (uint64_t)plus->ok - minus->ok;
	edge->failed_count += (uint64_t)plus->failed - minus->failed;
	edge->open_count += (uint64_t)plus->open - minus->open;
	edge->hanging_count += (uint64_t)plus->hanging - minus->hanging;
	edge->flow_count += (uint64_t)plus->flows - minus->flows;
	edge->tx_bytes += plus->tx_bytes - minus->tx_bytes;
	edge->rx_bytes += plus->rx_bytes - minus->rx_bytes;
	edge->latency_sum_us += plus->latency_us - minus->latency_us;
	edge->latency_count += (uint64_t)plus->latency - minus->latency;
}

static void subject_shift(struct subject *subject, const struct fold_share *plus,
			  const struct fold_share *minus)
{
	subject->conn_count += (uint64_t)plus->conn - minus->conn;
	subject->failed_count += (uint64_t)plus->failed - minus->failed;
	subject->open_count += (uint64_t)plus->open - minus->open;
	subject->hanging_count += (uint64_t)plus->hanging - minus->hanging;
	subject->revision++;
}

static void counters_shift(struct state_counters *counters, const struct fold_share *plus,
			   const struct fold_share *minus)
{
	counters->connections += (uint64_t)plus->conn - minus->conn;
	counters->failed += (uint64_t)plus->failed - minus->failed;
	counters->open_now += (uint64_t)plus->open - minus->open;
	counters->hanging_now += (uint64_t)plus->hanging - minus->hanging;
}

static void count_steps(struct state_counters *counters, uint8_t before, uint8_t after)
{
	uint8_t fresh = (uint8_t)(after & ~before);

	counters->attempts += (fresh & FOLD_SEEN_ATTEMPT) != 0;
	counters->established += (fresh & FOLD_SEEN_ESTABLISHED) != 0;
	counters->closed += (fresh & FOLD_SEEN_CLOSED) != 0;
}

static void stretch(uint64_t *first_ns, uint64_t *last_ns, uint64_t from_ns, uint64_t to_ns)
{
	if (*first_ns == 0 || from_ns < *first_ns)
		*first_ns = from_ns;
	if (to_ns > *last_ns)
		*last_ns = to_ns;
}

/* --- places: which subject and which edge a connection belongs to --- */

static struct subject *pod_subject(struct state *state, uint32_t node, const char *namespace_name,
				   const char *pod)
{
	struct subject_key key = {
		.node = node,
		.kind = SUBJECT_POD,
		.node_name = node_names_text(&state->nodes, node),
		.namespace_name = namespace_name,
		.pod = pod,
	};
	struct subject *subject = subject_table_get(&state->subjects, &key);

	if (!subject->pod_record && !subject->is_overflow) {
		subject->pod_record = workloads_pod(state->workloads, namespace_name, pod);
		subject->pod_deleted = subject->pod_record && subject->pod_record->deleted;
	}
	return subject;
}

static struct subject *container_subject(struct state *state, uint32_t node, const char *id,
					 const char *name)
{
	struct subject_key key = {
		.node = node,
		.kind = SUBJECT_CONTAINER,
		.node_name = node_names_text(&state->nodes, node),
		.container_id = id,
	};
	struct subject *subject = subject_table_get(&state->subjects, &key);

	subject_set_container(subject, name);
	return subject;
}

static struct subject *process_subject(struct state *state, uint32_t node, const char *comm)
{
	struct subject_key key = {
		.node = node,
		.kind = SUBJECT_PROCESS,
		.node_name = node_names_text(&state->nodes, node),
		.comm = comm,
	};

	return subject_table_get(&state->subjects, &key);
}

/* Looks up whose a binding is, as of what is known now. */
static void binding_resolve(struct state *state, struct binding *binding)
{
	const struct container_record *container =
		binding->container_id
			? workloads_container(state->workloads, binding->container_id)
			: workloads_container_by_cgroup(state->workloads, binding->cgroup_id);
	const struct pod_record *pod = NULL;
	bool waits = false;

	if (!container) {
		binding->subject = binding->container_id
					   ? container_subject(state, binding->node,
							       binding->container_id, NULL)
					   : NULL;
	} else if (container->namespace_name && container->pod) {
		binding->subject = pod_subject(state, binding->node, container->namespace_name,
					       container->pod);
	} else {
		if (container->pod_uid)
			pod = workloads_pod_by_uid(state->workloads, container->pod_uid);
		waits = container->pod_uid && !pod;
		binding->subject =
			pod ? pod_subject(state, binding->node, pod->namespace_name, pod->name)
			    : container_subject(state, binding->node, container->id,
						container->name);
	}
	if (container)
		subject_set_container(binding->subject, container->name);
	binding_set_waiting(&state->bindings, binding, waits);
}

/* Whose connection it is. names: of the flow that is being folded, or NULL. */
static struct subject *find_subject(struct state *state, struct conn *conn,
				    const struct flow_names *names)
{
	const char *container_id = names ? names->container_id : NULL;
	bool is_new;

	if (names && names->namespace_name && names->pod) {
		binding_detach(&state->bindings, conn);
		return pod_subject(state, conn->node, names->namespace_name, names->pod);
	}
	/* A flow that names less than an earlier one takes nothing back. */
	if (conn->subject && conn->subject->kind == SUBJECT_POD && !conn->binding)
		return conn->subject;
	if (!container_id && conn->binding)
		container_id = conn->binding->container_id;

	if (container_id || (conn->flow.has & FLOW_HAS_CGROUP && conn->flow.cgroup_id)) {
		struct binding *binding = binding_table_get(
			&state->bindings, conn->node, container_id, conn->flow.cgroup_id, &is_new);
		if (binding) {
			if (is_new)
				binding_resolve(state, binding);
			binding_attach(&state->bindings, binding, conn);
			if (binding->subject)
				return binding->subject;
		}
	}
	/* A program that changes its name meanwhile keeps its connections where they are. */
	if (conn->subject && conn->subject->kind == SUBJECT_PROCESS &&
	    conn->subject->comm[0] != '\0')
		return conn->subject;
	return process_subject(state, conn->node, conn->flow.comm);
}

/* Moves a connection's share, as it stood in `before`, to a subject and edge, where it is `after`.
 */
static void place(struct state *state, struct conn *conn, struct subject *subject,
		  const char *protocol_name, const struct fold_share *before,
		  const struct fold_share *after)
{
	static const struct fold_share nothing;
	struct edge *old_edge = conn->edge;

	if (!protocol_name && old_edge)
		protocol_name = old_edge->protocol_name;
	struct edge *edge = edge_table_get(&state->edges, subject, &conn->flow, protocol_name);

	if (old_edge) {
		edge_shift(old_edge, &nothing, before);
		subject_shift(conn->subject, &nothing, before);
	}
	edge_shift(edge, after, &nothing);
	subject_shift(subject, after, &nothing);
	conn->subject = subject;
	conn->edge = edge;
	stretch(&subject->first_ns, &subject->last_ns, conn->first_ns, conn->last_ns);
	stretch(&edge->first_ns, &edge->last_ns, conn->first_ns, conn->last_ns);
	if (old_edge && old_edge != edge) {
		edge_set_text(&edge->dns, old_edge->dns);
		edge_set_text(&edge->peer_namespace, old_edge->peer_namespace);
		edge_set_text(&edge->peer_name, old_edge->peer_name);
		edge_set_text(&edge->container, old_edge->container);
		if (edge->peer_kind == FLOW_PEER_UNKNOWN)
			edge->peer_kind = old_edge->peer_kind;
		if (conn->phase == CONN_FAILED)
			edge->last_error = conn->flow.error;
		memcpy(edge->comm, conn->flow.comm, sizeof(edge->comm));
	}
}

/* --- identities that come late --- */

/*
 * Looks a binding up again and moves its connections to whose they turned out to be. What already
 * left the connection table stays where it was counted: the work is bounded by the table, and
 * nothing of an evicted connection is kept.
 */
static void binding_renew(struct state *state, struct binding *binding)
{
	binding_resolve(state, binding);
	for (struct conn *conn = binding->conns; conn; conn = conn->binding_next) {
		struct subject *subject = binding->subject;
		struct fold_share share;

		if (!subject)
			subject = conn->subject->kind == SUBJECT_PROCESS
					  ? conn->subject
					  : process_subject(state, conn->node, conn->flow.comm);
		if (subject == conn->subject)
			continue;
		fold_share(conn, &share);
		place(state, conn, subject, NULL, &share, &share);
	}
}

static void container_came(struct state *state, const struct container_record *container)
{
	struct hash_cursor cursor;
	struct binding *binding = binding_table_first(&state->bindings, container->id, 0, &cursor);

	for (; binding; binding = binding_table_next(&state->bindings, container->id, 0, &cursor))
		binding_renew(state, binding);
	if (container->cgroup_id == 0)
		return;
	binding = binding_table_first(&state->bindings, NULL, container->cgroup_id, &cursor);
	for (; binding;
	     binding = binding_table_next(&state->bindings, NULL, container->cgroup_id, &cursor))
		binding_renew(state, binding);
}

static void pod_came(struct state *state, const struct pod_record *pod)
{
	struct hash_cursor cursor;
	struct subject *subject =
		subject_table_first_pod(&state->subjects, pod->namespace_name, pod->name, &cursor);

	for (; subject; subject = subject_table_next_pod(&state->subjects, pod->namespace_name,
							 pod->name, &cursor)) {
		subject->pod_record = pod;
		subject->pod_deleted = pod->deleted;
		subject->revision++;
	}
	if (!pod->uid)
		return;
	for (struct binding *binding = state->bindings.waiting, *next; binding; binding = next) {
		next = binding->waiting_next;
		const struct container_record *container =
			binding->container_id
				? workloads_container(state->workloads, binding->container_id)
				: workloads_container_by_cgroup(state->workloads,
								binding->cgroup_id);
		if (container && container->pod_uid && strcmp(container->pod_uid, pod->uid) == 0)
			binding_renew(state, binding);
	}
}

static void apply_identity(struct state *state, struct record *record)
{
	const struct pod_record *pod = NULL;
	const char *container_id = NULL;

	/* A body that is known stays at its address and takes the new content, the texts of the new
	 * one with it. */
	if (record->kind == RECORD_POD) {
		pod = workloads_pod(state->workloads, record->pod->namespace_name,
				    record->pod->name);
		if (!pod)
			pod = record->pod;
	} else if (record->kind == RECORD_CONTAINER) {
		container_id = record->container->id;
	}
	if (workloads_apply(state->workloads, record)) {
		state->counters.lost[LOST_MEMORY]++;
		return;
	}
	if (pod)
		pod_came(state, pod);
	if (container_id)
		container_came(state, workloads_container(state->workloads, container_id));
}

/* --- flows --- */

/*
 * The key of a flow. One without an id is told from others by its addresses; as long as the
 * opener's port is unknown too it can only be a connection of its own, unless it is a datagram,
 * which belongs to all that go the same way.
 */
static struct conn_key key_of(struct state *state, const struct flow *flow)
{
	struct conn_key key = {
		.id = flow->id,
		.node = node_names_get(&state->nodes, flow->names ? flow->names->node : NULL),
		.id_is_made = !(flow->has & FLOW_HAS_ID),
	};

	if (key.id_is_made) {
		uint64_t hash = hash_bytes(0, &flow->src, sizeof(flow->src));
		hash = hash_bytes(hash, &flow->dst, sizeof(flow->dst));
		hash = hash_add(hash, (uint64_t)flow->sport << 16 | flow->dport);
		hash = hash_add(hash, (uint64_t)flow->netns << 16 | (uint64_t)flow->protocol << 8 |
					      flow->direction);
		if (!(flow->has & FLOW_HAS_SPORT) && flow->event != FLOW_DATAGRAM)
			hash = hash_add(hash, state->counters.flows);
		key.id = hash;
	}
	return key;
}

/* Gauges speak of what is in the table; all else that it did stays counted. */
static void evict(struct state *state, struct conn *conn)
{
	struct fold_share with;
	struct fold_share without;

	fold_share(conn, &with);
	without = with;
	without.open = 0;
	without.hanging = 0;
	edge_shift(conn->edge, &without, &with);
	subject_shift(conn->subject, &without, &with);
	counters_shift(&state->counters, &without, &with);
	binding_detach(&state->bindings, conn);
	conn_table_remove(&state->conns, conn);
	state->counters.evicted++;
}

/* True when the flow opens a connection anew under a key that an ended one without an id still has:
 * a port used again. */
static bool begins_again(const struct conn *conn, const struct flow *flow)
{
	return !(conn->flow.has & FLOW_HAS_ID) && fold_has_ended(conn) &&
	       flow->ts_ns > conn->last_ns &&
	       (flow->event == FLOW_ATTEMPT || flow->event == FLOW_ACCEPTED);
}

/* The flow names who the connection belongs to, and what is known so far says less. */
static bool names_more(const struct conn *conn, const struct flow_names *names)
{
	if (!names)
		return false;
	if (names->pod && names->namespace_name)
		return conn->subject->kind != SUBJECT_POD || conn->binding;
	return names->container_id && conn->subject->kind == SUBJECT_PROCESS;
}

/* What an edge remembers of its last flow. */
static void note_texts(struct edge *edge, struct subject *subject, const struct conn *conn,
		       const struct flow *flow)
{
	const struct flow_names *names = flow->names;

	if (flow->comm[0] != '\0')
		memcpy(edge->comm, flow->comm, sizeof(edge->comm));
	if (conn->phase == CONN_FAILED && flow->event == FLOW_FAILED)
		edge->last_error = flow->error;
	if (flow->peer_kind != FLOW_PEER_UNKNOWN)
		edge->peer_kind = flow->peer_kind;
	if (subject->container)
		edge_set_text(&edge->container, subject->container);
	if (!names)
		return;
	edge_set_text(&edge->dns, names->dns);
	edge_set_text(&edge->peer_namespace, names->peer_namespace);
	edge_set_text(&edge->peer_name, names->peer_name);
	edge_set_text(&edge->container, names->container);
	if (subject->kind != SUBJECT_PROCESS)
		subject_set_container(subject, names->container);
}

static const struct conn *apply_flow(struct state *state, const struct flow *flow)
{
	struct state_counters *counters = &state->counters;
	struct fold_share before = {0};
	struct fold_share after;

	counters->flows++;
	if (counters->first_ns == 0)
		counters->first_ns = flow->ts_ns;
	if (flow->ts_ns > counters->last_ns)
		counters->last_ns = flow->ts_ns;

	struct conn_key key = key_of(state, flow);
	struct conn *conn = conn_table_find(&state->conns, &key);
	if (conn && begins_again(conn, flow)) {
		conn_table_retire(&state->conns, conn);
		conn = NULL;
	}
	if (!conn) {
		while (conn_table_is_full(&state->conns))
			evict(state, conn_table_victim(&state->conns));
		conn = conn_table_add(&state->conns, &key);
		if (!conn) {
			counters->lost[LOST_MEMORY]++;
			return NULL;
		}
	} else {
		fold_share(conn, &before);
	}

	uint8_t seen_before = conn->seen;
	bool had_ended = fold_has_ended(conn);
	bool moved = fold_flow(conn, flow);
	fold_share(conn, &after);
	count_steps(counters, seen_before, conn->seen);
	counters_shift(counters, &after, &before);
	if ((fold_has_ended(conn) && !had_ended) || conn->phase == CONN_DATAGRAM)
		conn_table_end(&state->conns, conn);

	if (moved || names_more(conn, flow->names)) {
		struct subject *subject = find_subject(state, conn, flow->names);
		place(state, conn, subject, flow->names ? flow->names->protocol : NULL, &before,
		      &after);
	} else {
		edge_shift(conn->edge, &after, &before);
		subject_shift(conn->subject, &after, &before);
		stretch(&conn->subject->first_ns, &conn->subject->last_ns, conn->first_ns,
			conn->last_ns);
		stretch(&conn->edge->first_ns, &conn->edge->last_ns, conn->first_ns, conn->last_ns);
	}
	note_texts(conn->edge, conn->subject, conn, flow);
	counters->unkept += conn->edge == state->edges.overflow;
	return conn;
}

const struct conn *state_apply(struct state *state, struct record *record)
{
	switch ((enum record_kind)record->kind) {
	case RECORD_FLOW:
		return apply_flow(state, &record->flow);
	case RECORD_HELLO:
		hello_record_free(state->hello);
		state->hello = record->hello;
		record->kind = RECORD_NONE;
		break;
	case RECORD_CONTAINER:
	case RECORD_POD:
	case RECORD_SERVICE:
	case RECORD_NAMESPACE:
	case RECORD_NODE:
		apply_identity(state, record);
		break;
	case RECORD_LOST:
		if (record->lost.where >= LOST_KERNEL && record->lost.where <= LOST_STREAM)
			state->counters.lost[record->lost.where] += record->lost.count;
		break;
	case RECORD_DNS:
	case RECORD_NONE:
		break;
	}
	return NULL;
}

/* --- for readers --- */

const struct state_counters *state_counters(const struct state *state)
{
	return &state->counters;
}

const struct hello_record *state_hello(const struct state *state)
{
	return state->hello;
}

const char *state_node(const struct state *state, const struct subject *subject)
{
	if (subject && subject->node)
		return subject->node;
	const char *own = node_names_text(&state->nodes, 0);
	if (own)
		return own;
	return state->hello ? state->hello->node : NULL;
}

const struct workloads *state_workloads(const struct state *state)
{
	return state->workloads;
}

const struct conn *state_newest(const struct state *state)
{
	return state->conns.newest;
}

const struct conn *state_oldest(const struct state *state)
{
	return state->conns.oldest;
}

size_t state_conn_count(const struct state *state)
{
	return state->conns.count;
}

const struct conn *state_find(const struct state *state, uint64_t sequence)
{
	return conn_table_find_sequence(&state->conns, sequence);
}

size_t state_subject_count(const struct state *state)
{
	return state->subjects.count;
}

const struct subject *state_subject(const struct state *state, size_t index)
{
	return index < state->subjects.count ? state->subjects.items[index] : NULL;
}
