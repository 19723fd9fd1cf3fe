/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/state/conn_pairs.h"
#include "core/state/conn_table.h"
#include "core/state/conn_words.h"
#include "core/state/edge_rows.h"
#include "core/state/eviction.h"
#include "core/state/fold.h"
#include "core/state/name_table.h"
#include "core/state/placement.h"
#include "core/state/resume.h"
#include "core/state/state_internal.h"

#define DEFAULT_MAX_CONNECTIONS 100000
#define DEFAULT_MAX_SUBJECTS    100000
#define DEFAULT_MAX_EDGES       1000000
#define DEFAULT_SUBJECT_EDGES   16384

/* The number of slots for evicted connections, a power of two. They take about 2.4 MB once they are
 * needed. */
#define EVICTED_SLOTS 8192

/* The maximum numbers of different reasons of drops and names of interfaces to store. Once a
 * maximum is reached, a drop with another reason or interface is stored without it. */
#define DROP_REASONS_MAX 1024
#define DROP_DEVICES_MAX 16384

struct state {
	struct state_counters counters;
	struct conn_table conns;
	struct eviction eviction;
	/*
	 * Copies of connections that were evicted before their end. If such a connection has
	 * another event, it continues from its copy, so that it is counted once. The index is the
	 * hash of the key. A later connection with the same index overwrites the copy. flow_count
	 * is 0 in an empty slot. The array is NULL until the first such eviction.
	 */
	struct conn *evicted;
	struct placement placement;
	struct resolver *resolver;
	struct hello_record *hello;
	uint32_t generation; /* increases when a listing of open connections begins */
	struct resumes resumes;
	struct conn_pairs pairs;
	bool udp_unwatched;  /* the hello record of a source lacked UDP_HOOK */
	bool sctp_unwatched; /* the same for RECORD_HOOK_SCTP */
	struct lookup_table lookups;
	struct name_table drop_reasons;
	struct name_table drop_devices;
	struct clocks clocks;
	struct edge_rows edge_rows;
	uint32_t latest_node; /* of the latest flow */
	struct state_window window;
	bool rewound;
};

static size_t state_or_default(size_t value, size_t default_value)
{
	return value ? value : default_value;
}

int state_new(const struct state_options *options, struct state **out)
{
	static const struct state_options defaults;
	struct state *state = memory_checked(calloc(1, sizeof(*state)));

	if (!options)
		options = &defaults;
	if (!state)
		return -ENOMEM;
	state->window = options->window;
	quotas_init(&state->placement.quotas,
		    state_or_default(options->max_subjects, DEFAULT_MAX_SUBJECTS),
		    state_or_default(options->max_edges, DEFAULT_MAX_EDGES),
		    state_or_default(options->max_subject_edges, DEFAULT_SUBJECT_EDGES));
	if (conn_table_init(&state->conns,
			    state_or_default(options->max_connections, DEFAULT_MAX_CONNECTIONS)) ||
	    placement_init(&state->placement, options->node, &state->conns) ||
	    resolver_new(state->placement.workloads, &state->resolver)) {
		state_free(state);
		return -ENOMEM;
	}
	state->pairs.conns = &state->conns;
	state->pairs.clocks = &state->clocks;
	*out = state;
	return 0;
}

void state_free(struct state *state)
{
	if (!state)
		return;
	resolver_free(state->resolver);
	placement_clear(&state->placement);
	free(state->evicted);
	conn_table_clear(&state->conns);
	hello_record_free(state->hello);
	lookup_table_clear(&state->lookups);
	name_table_clear(&state->drop_reasons);
	name_table_clear(&state->drop_devices);
	clocks_clear(&state->clocks);
	resumes_clear(&state->resumes);
	conn_pairs_clear(&state->pairs);
	edge_rows_clear(&state->edge_rows);
	free(state);
}

/* --- flows --- */

void state_shift_counters(struct state_counters *counters, const struct fold_share *plus,
			  const struct fold_share *minus)
{
	counters->connections += fold_whole(plus, plus->conn) - fold_whole(minus, minus->conn);
	counters->failed += fold_whole(plus, plus->failed) - fold_whole(minus, minus->failed);
	counters->open_now += fold_whole(plus, plus->open) - fold_whole(minus, minus->open);
	counters->hanging_now +=
		fold_whole(plus, plus->hanging) - fold_whole(minus, minus->hanging);
}

static void state_count_steps(struct state_counters *counters, uint16_t before, uint16_t after)
{
	uint16_t fresh = (uint16_t)(after & ~before);

	counters->attempts += (fresh & FOLD_SEEN_ATTEMPT) != 0;
	counters->established += (fresh & FOLD_SEEN_ESTABLISHED) != 0;
	counters->closed += (fresh & FOLD_SEEN_CLOSED) != 0;
}

static struct conn_key state_find_key(struct state *state, const struct flow *flow)
{
	uint32_t node =
		node_names_get(&state->placement.nodes, flow->names ? flow->names->node : NULL);

	return conn_key_of(flow, node, state->counters.flows);
}

/* Computes a connection's share of the counters (fold.h) while the connection is not in the table:
 * `open` and `hanging` count only connections in the table. */
static void state_share_outside(const struct conn *conn, struct fold_share *share)
{
	fold_share(conn, share);
	share->open = 0;
	share->hanging = 0;
}

static struct conn *state_evicted_slot(const struct state *state, const struct conn *conn)
{
	return &state->evicted[hash_add(conn->node, conn->flow.id) & (EVICTED_SLOTS - 1)];
}

/* Restores an evicted connection, with its subject and edge, into a connection with the same key
 * that was just added to the table. Returns false if there is no slot with the key. */
static bool state_restore(struct state *state, struct conn *conn)
{
	if (!state->evicted)
		return false;
	struct conn *slot = state_evicted_slot(state, conn);
	if (slot->flow_count == 0 || slot->flow.id != conn->flow.id || slot->node != conn->node ||
	    (slot->flow.has ^ conn->flow.has) & FLOW_HAS_ID)
		return false;
	conn->flow = slot->flow;
	conn->first_ns = slot->first_ns;
	conn->last_ns = slot->last_ns;
	conn->established_ns = slot->established_ns;
	conn->state_ns = slot->state_ns;
	conn->drop = slot->drop;
	conn->drop_device = slot->drop_device;
	conn->dns = slot->dns;
	conn->subject = slot->subject;
	conn->subject->held_count++;
	conn->edge = slot->edge;
	conn->phase = slot->phase;
	conn->waited = slot->waited;
	conn->found = slot->found;
	conn->is_parallel = slot->is_parallel;
	conn->seen = slot->seen;
	conn->flow_count = slot->flow_count;
	slot->flow_count = 0;
	return true;
}

/* Adds a pair of ends, or takes it out of the counts (`by` is -1), if the connection has one. */
static void state_count_pair(struct state *state, const struct conn *conn, int by)
{
	const struct conn *other = conn_pairs_other(&state->conns, conn);

	if (!other)
		return;
	state->counters.pairs += (uint64_t)by;
	if (conn->phase == CONN_ESTABLISHED && other->phase == CONN_ESTABLISHED)
		state->counters.pairs_open += (uint64_t)by;
}

/* Looks for the other end of a connection after a flow of it. */
static void state_join_ends(struct state *state, struct conn *conn)
{
	struct conn *other = conn_pairs_update(&state->pairs, state->placement.workloads, conn);

	if (!other)
		return;
	placement_rebundle(&state->placement, conn);
	placement_rebundle(&state->placement, other);
}

static void state_evict(struct state *state, struct conn *conn)
{
	struct fold_share before;
	struct fold_share after;
	/* The next event of an interval's connections is in a row of its own. */
	bool continues = !conn->sums && !fold_has_ended(conn);
	bool unsettled = (continues && conn->phase != CONN_DATAGRAM) ||
			 (conn->binding && conn->binding->waits);

	state_count_pair(state, conn, -1);
	struct conn *other = conn_pairs_leave(&state->pairs, conn);
	if (other)
		placement_rebundle(&state->placement, other);
	fold_share(conn, &before);
	state_share_outside(conn, &after);
	placement_leave(&state->placement, conn, &before, &after);
	state_shift_counters(&state->counters, &after, &before);
	state->counters.evicted_early += unsettled;
	if (!state->evicted && continues)
		state->evicted = memory_checked(calloc(EVICTED_SLOTS, sizeof(*state->evicted)));
	if (state->evicted && continues)
		*state_evicted_slot(state, conn) = *conn;
	uint64_t last_ns = clocks_common(&state->clocks, conn->node, conn->last_ns);
	if (last_ns > state->counters.evicted_ns)
		state->counters.evicted_ns = last_ns;
	conn->subject->held_count--;
	edge_rows_leave(&state->edge_rows, conn);
	conn_table_remove(&state->conns, conn);
	state->counters.evicted++;
}

struct conn *state_add_conn(struct state *state, const struct conn_key *key)
{
	while (conn_table_is_full(&state->conns))
		state_evict(state, eviction_choose(&state->eviction, &state->conns));
	struct conn *conn = conn_table_add(&state->conns, key);
	if (!conn)
		state->counters.lost[LOST_MEMORY]++;
	return conn;
}

/* `wall_ns` is the time by the clock of the node. */
static void state_note_time(struct state_counters *counters, uint64_t steady_ns, uint64_t wall_ns)
{
	if (steady_ns == 0)
		return;
	if (counters->first_ns == 0 || steady_ns < counters->first_ns) {
		counters->first_ns = steady_ns;
		counters->first_wall_ns = wall_ns;
	}
	if (steady_ns > counters->last_ns) {
		counters->last_ns = steady_ns;
		counters->last_wall_ns = wall_ns;
	}
}

static void state_note_protocol(struct state_counters *counters, uint8_t protocol)
{
	counters->udp_seen |= protocol == FLOW_UDP;
	counters->sctp_seen |= protocol == FLOW_SCTP;
}

/* `wall_ns` is the time of the flow by the clock of its node. */
static void state_count_flow(struct state_counters *counters, const struct flow *flow,
			     uint64_t wall_ns)
{
	counters->flows++;
	state_note_protocol(counters, flow->protocol);
	state_note_time(counters, flow->ts_ns, wall_ns);
}

/* Stores the translation of a flow's destination, if the flow shows one. */
static void state_note_translation(struct state *state, const struct flow *flow)
{
	const uint32_t needed =
		FLOW_HAS_DST | FLOW_HAS_DPORT | FLOW_HAS_BACKEND | FLOW_HAS_BACKEND_PORT;

	if (flow->direction == FLOW_EGRESS && (flow->has & needed) == needed)
		workloads_translate(state->placement.workloads, flow);
}

/* Keeps the reason and the interface of the last drop. */
static void state_note_drop(struct state *state, struct conn *conn, const struct flow *flow)
{
	if (!flow->names || conn->flow.drops != flow->drops)
		return;
	conn->drop = name_table_get(&state->drop_reasons, flow->names->drop, DROP_REASONS_MAX);
	conn->drop_device =
		name_table_get(&state->drop_devices, flow->names->drop_device, DROP_DEVICES_MAX);
}

/* The steps that prove that a subflow was established. */
#define SUBFLOW_OPEN (FOLD_SEEN_ESTABLISHED | FOLD_SEEN_OPEN)

/* Counts a subflow that is established at its connection. The source reports the number, too, but
 * not before the connection ends. */
static void state_note_subflow(struct state *state, const struct conn *conn)
{
	struct conn *joined = conn_table_find_joined(&state->conns, &conn->flow, conn->node);

	if (!joined || fold_has_ended(joined))
		return;
	if (joined->flow.subflows == 0)
		joined->flow.subflows = 1;
	if (joined->flow.subflows < UINT16_MAX)
		joined->flow.subflows++;
}

/* Puts a connection into the list of the table that its phase requires. */
static void state_list(struct state *state, struct conn *conn)
{
	bool ended = fold_has_ended(conn);

	if ((ended && conn->list != CONN_LIST_ENDED) || conn->phase == CONN_DATAGRAM)
		conn_table_end(&state->conns, conn);
	else if (conn->phase == CONN_ATTEMPT && !conn_hangs(conn))
		state->counters.lost[LOST_MEMORY] += conn_table_wait(&state->conns, conn) != 0;
	else if (!ended)
		conn_table_unlist(&state->conns, conn);
}

/* Finds the connection that a flow with a new id continues (resume.h). Returns NULL if there is no
 * such connection. */
static struct conn *state_continue(struct state *state, const struct flow *flow,
				   const struct conn_key *key)
{
	struct conn *conn = resume_find(&state->resumes, &state->conns, key->node, flow);

	return conn && conn_table_continue(&state->conns, conn, key->id) == 0 ? conn : NULL;
}

/* Folds a flow with a steady time. */
static const struct conn *state_fold_flow(struct state *state, const struct flow *flow,
					  const struct conn_key *key)
{
	struct state_counters *counters = &state->counters;
	struct fold_share before = {0};
	struct fold_share after;
	bool renew = false;

	struct conn *conn = conn_table_find(&state->conns, key);
	if (conn && fold_begins_again(conn, flow) && conn_table_retire(&state->conns, conn) == 0)
		conn = NULL;
	if (!conn && state->resumes.count > 0)
		conn = state_continue(state, flow, key);
	if (conn) {
		state_count_pair(state, conn, -1);
		fold_share(conn, &before);
	} else {
		conn = state_add_conn(state, key);
		if (!conn)
			return NULL;
		renew = state_restore(state, conn);
		if (renew)
			state_share_outside(conn, &before);
		else
			conn->is_parallel = fold_is_parallel(
				flow, conn_table_find_joined(&state->conns, flow, key->node));
	}

	uint16_t seen_before = conn->seen;
	conn->generation = state->generation;
	if (fold_flow(conn, flow))
		renew = true;
	if (flow->event == FLOW_DROPPED)
		state_note_drop(state, conn, flow);
	fold_share(conn, &after);
	if (after.whole)
		state_count_steps(counters, seen_before, conn->seen);
	else if (conn->seen & SUBFLOW_OPEN && !(seen_before & SUBFLOW_OPEN))
		state_note_subflow(state, conn);
	state_shift_counters(counters, &after, &before);
	state_list(state, conn);
	placement_fold(&state->placement, conn, flow, renew, &before, &after);
	counters->unkept += conn->edge->is_overflow;
	counters->lost[LOST_MEMORY] += conn->bundle == 0;
	if (flow->event == FLOW_LOOKUP_FAILED || flow->event == FLOW_UNANSWERED)
		lookup_table_add_failure(&state->lookups, conn->subject, flow);
	state_note_translation(state, flow);
	state_join_ends(state, conn);
	state_count_pair(state, conn, 1);
	return conn;
}

static const struct conn *state_apply_flow(struct state *state, const struct flow *flow)
{
	const struct conn_key key = state_find_key(state, flow);
	uint64_t steady_ns = clocks_steady(&state->clocks, key.node, flow->ts_ns);
	struct flow steady;

	state->latest_node = key.node;
	if (steady_ns == flow->ts_ns) {
		state_count_flow(&state->counters, flow, flow->ts_ns);
		return state_fold_flow(state, flow, &key);
	}
	steady = *flow;
	steady.ts_ns = steady_ns;
	state_count_flow(&state->counters, &steady, flow->ts_ns);
	return state_fold_flow(state, &steady, &key);
}

static uint32_t state_find_node(struct state *state, const char *name)
{
	return node_names_get(&state->placement.nodes, name);
}

static const struct conn *state_apply_edge(struct state *state, const struct edge_record *edge)
{
	const struct flow_names *names = edge->flow.names;
	uint32_t node = state_find_node(state, names ? names->node : NULL);
	const struct conn *conn = edge_rows_apply(state, edge, node);
	struct state_counters *counters = &state->counters;

	if (!conn)
		return NULL;
	state->latest_node = node;
	counters->flows += edge->flows;
	state_note_protocol(counters, edge->flow.protocol);
	state_note_time(counters, conn->first_ns, edge->from_ns);
	state_note_time(counters, conn->last_ns, edge->flow.ts_ns);
	state_note_translation(state, &conn->flow);
	return conn;
}

void state_end_edges(struct state *state, const char *node)
{
	struct state_parts parts;

	state_lend(state, &parts);
	edge_rows_end_node(&parts, state_find_node(state, node));
}

static void state_apply_clock(struct state *state, const struct clock_record *step)
{
	if (clocks_add(&state->clocks, state_find_node(state, step->node), step))
		state->counters.lost[LOST_MEMORY]++;
	state->counters.clock_steps = state->clocks.steps;
}

/* The hook that counts the datagrams of UDP (core/source/ebpf/udp.c). */
#define UDP_HOOK "cgroup_skb/egress"

static void state_apply_hello(struct state *state, struct record *record)
{
	hello_record_free(state->hello);
	state->hello = record->hello;
	state->udp_unwatched |= !string_list_has(&state->hello->hooks, UDP_HOOK);
	state->sctp_unwatched |= !string_list_has(&state->hello->hooks, RECORD_HOOK_SCTP);
	record->kind = RECORD_NONE;
}

static void state_apply_identity(struct state *state, struct record *record)
{
	if (record->kind == RECORD_POD)
		record->pod->started_ns = clocks_earliest(&state->clocks, record->pod->started_ns);
	workloads_set_time(state->placement.workloads, state->counters.last_ns);
	if (placement_identify(&state->placement, record))
		state->counters.lost[LOST_MEMORY]++;
}

static void state_apply_dns(struct state *state, const struct dns_record *dns)
{
	struct dns_record steady = *dns;
	struct record record = {.kind = RECORD_DNS, .dns = &steady};

	steady.ts_ns = clocks_steady(&state->clocks, state_find_node(state, dns->node), dns->ts_ns);
	struct subject *asker =
		lookup_needs_row(&steady) ? placement_asker(&state->placement, &steady) : NULL;
	lookup_table_add_answer(&state->lookups, asker, &steady);
	state_apply_identity(state, &record);
}

bool state_dns_answer(const struct state *state, const struct conn *conn, struct dns_answer *out)
{
	return placement_dns_answer(&state->placement, conn, out);
}

void state_learn_names(struct state *state, const struct dns_record *dns)
{
	struct dns_record steady = *dns;
	struct record record = {.kind = RECORD_DNS, .dns = &steady};

	steady.ts_ns = clocks_steady(&state->clocks, state_find_node(state, dns->node), dns->ts_ns);
	state_apply_identity(state, &record);
}

static void state_apply_loss(struct state *state, const struct lost_record *lost)
{
	state->counters.lost[lost->where] += lost->count;
	if (lost->cgroup_id && lost->count > 0)
		placement_lose(&state->placement, lost);
}

static const struct conn *state_apply_record(struct state *state, struct record *record)
{
	switch ((enum record_kind)record->kind) {
	case RECORD_FLOW:
		return state_apply_flow(state, &record->flow);
	case RECORD_HELLO:
		state_apply_hello(state, record);
		break;
	case RECORD_CONTAINER:
	case RECORD_POD:
	case RECORD_SERVICE:
	case RECORD_NAMESPACE:
	case RECORD_NODE:
	case RECORD_SERVICE_RANGE:
	case RECORD_WORKLOAD:
		state_apply_identity(state, record);
		break;
	case RECORD_DNS:
		state_apply_dns(state, record->dns);
		break;
	case RECORD_CLOCK:
		state_apply_clock(state, record->clock);
		break;
	case RECORD_LOST:
		if (record->lost.where >= LOST_KERNEL && record->lost.where < LOST_WHERE_END)
			state_apply_loss(state, &record->lost);
		state->generation += record->lost.listing == LOST_LISTING_BEGIN;
		break;
	case RECORD_EDGE:
		return state_apply_edge(state, record->edge);
	case RECORD_NONE:
		break;
	}
	return NULL;
}

/* Counts allocations that failed since `failures` of them had failed, unless lost[LOST_MEMORY] has
 * counted them since it was `lost`. */
static void state_count_failures(struct state *state, uint64_t failures, uint64_t lost)
{
	uint64_t *counted = &state->counters.lost[LOST_MEMORY];

	failures = memory_thread_failures() - failures;
	if (failures > *counted - lost)
		*counted = lost + failures;
}

const struct conn *state_apply(struct state *state, struct record *record)
{
	uint64_t failures = memory_thread_failures();
	uint64_t lost = state->counters.lost[LOST_MEMORY];
	const struct conn *conn = state_apply_record(state, record);

	state_count_failures(state, failures, lost);
	state->counters.unresolved = state->placement.unresolved;
	state->counters.lost_by_subjects = state->placement.losses.by_subjects;
	state->counters.lost_by_programs = state->placement.losses.by_programs;
	return conn;
}

/* --- the time --- */

/* Marks the first pending attempt of a node as one that hangs. */
static void state_hang(struct state *state, struct conn *conn)
{
	struct fold_share before;
	struct fold_share after;

	fold_share(conn, &before);
	conn->waited = true;
	fold_share(conn, &after);
	state_shift_counters(&state->counters, &after, &before);
	placement_reshare(&state->placement, conn, &before, &after);
	conn_table_unlist(&state->conns, conn);
}

/* Removes the first pending attempt of a node from the list if the decision about it is due. If it
 * had no answer for CONN_ANSWER_NS, it now hangs. An attempt with a time in the future, which a
 * wrong clock reported, must not delay the attempts behind it: from then on, only its own flows
 * decide whether it hangs. Returns false if the attempt has to wait. */
static bool state_decide_pending(struct state *state, struct conn *conn, uint64_t present_ns)
{
	if (conn->first_ns > present_ns) {
		if (conn->first_ns - present_ns <= CONN_ANSWER_NS)
			return false;
		conn_table_unlist(&state->conns, conn);
		return true;
	}
	if (present_ns - conn->first_ns < CONN_ANSWER_NS)
		return false;
	state_hang(state, conn);
	return true;
}

void state_advance(struct state *state, uint64_t now_ns)
{
	for (size_t node = 0; node < state->conns.pending_count; node++) {
		uint64_t present_ns = clocks_now(&state->clocks, (uint32_t)node, now_ns);
		struct conn *conn = conn_table_pending(&state->conns, node);

		while (conn && state_decide_pending(state, conn, present_ns))
			conn = conn_table_pending(&state->conns, node);
	}
}

bool state_is_rewound(const struct state *state)
{
	return state->rewound;
}

void state_set_rewound(struct state *state, bool rewound)
{
	state->rewound = rewound;
}

void state_lend(struct state *state, struct state_parts *parts)
{
	*parts = (struct state_parts){
		.conns = &state->conns,
		.placement = &state->placement,
		.counters = &state->counters,
		.clocks = &state->clocks,
		.edge_rows = &state->edge_rows,
	};
}

uint32_t state_latest_node(const struct state *state)
{
	return state->latest_node;
}

/* --- for readers --- */

const struct state_window *state_window(const struct state *state)
{
	return &state->window;
}

const struct state_counters *state_counters(const struct state *state)
{
	return &state->counters;
}

bool state_watched(const struct state *state, uint8_t protocol)
{
	switch (protocol) {
	case FLOW_TCP:
		return true;
	case FLOW_UDP:
		return state->counters.udp_seen || (state->hello && !state->udp_unwatched);
	case FLOW_SCTP:
		return state->counters.sctp_seen || (state->hello && !state->sctp_unwatched);
	default:
		return false;
	}
}

const struct hello_record *state_hello(const struct state *state)
{
	return state->hello;
}

const char *state_node(const struct state *state, const struct subject *subject)
{
	if (subject && subject->node)
		return subject->node;
	const char *own = node_names_text(&state->placement.nodes, 0);
	if (own)
		return own;
	return state->hello ? state->hello->node : NULL;
}

const struct workloads *state_workloads(const struct state *state)
{
	return state->placement.workloads;
}

struct resolver *state_resolver(const struct state *state)
{
	return state->resolver;
}

const struct lookup_table *state_lookups(const struct state *state)
{
	return &state->lookups;
}

const struct conn *state_newest(const struct state *state)
{
	return state->conns.newest;
}

const struct conn *state_oldest(const struct state *state)
{
	return state->conns.oldest;
}

/* Returns whether the end of the connection has not been seen. It may have been lost. */
static bool state_is_open(const struct conn *conn)
{
	return conn->phase == CONN_ATTEMPT || conn->phase == CONN_ESTABLISHED;
}

const struct conn *state_next_unlisted(const struct state *state, const struct conn *after)
{
	const struct conn *conn = after ? after->newer : state->conns.oldest;

	while (conn && (conn->node != 0 || conn->generation == state->generation ||
			!(conn->flow.has & FLOW_HAS_ID) || !state_is_open(conn)))
		conn = conn->newer;
	return conn;
}

int state_begin_resume(struct state *state, const char *node)
{
	int error = resume_begin(&state->resumes, &state->conns, state_find_node(state, node),
				 state->generation + 1);

	if (error) {
		state->counters.lost[LOST_MEMORY]++;
		return error;
	}
	state->generation++;
	return 0;
}

const struct conn *state_next_missed(const struct state *state, const char *node,
				     const struct conn *after)
{
	const struct resume *resume =
		resume_of(&state->resumes, node_names_find(&state->placement.nodes, node));
	const struct conn *conn = after ? after->newer : state->conns.oldest;

	while (resume && conn && !(resume_misses(resume, conn) && state_is_open(conn)))
		conn = conn->newer;
	return resume ? conn : NULL;
}

void state_end_resume(struct state *state, const char *node)
{
	resume_end(&state->resumes, state_find_node(state, node));
}

const struct clocks *state_clocks(const struct state *state)
{
	return &state->clocks;
}

void state_set_lead(struct state *state, int64_t lead_ns)
{
	state->clocks.lead_ns = lead_ns;
}

void state_set_ahead(struct state *state, uint32_t node, int64_t ahead_ns)
{
	if (clocks_set_ahead(&state->clocks, node, ahead_ns))
		state->counters.lost[LOST_MEMORY]++;
}

uint32_t state_node_number(struct state *state, const char *name)
{
	return state_find_node(state, name);
}

const char *state_node_name(const struct state *state, uint32_t number)
{
	return node_names_text(&state->placement.nodes, number);
}

int64_t state_own_lead(const struct state *state)
{
	return clocks_total(&state->clocks, 0);
}

int64_t state_latest_lead(const struct state *state)
{
	return clocks_total(&state->clocks, state->latest_node);
}

const char *state_conn_node(const struct state *state, const struct conn *conn)
{
	const char *node = node_names_text(&state->placement.nodes, conn->node);

	return node ? node : "";
}

const struct conn *state_other_end(const struct state *state, const struct conn *conn)
{
	return conn_pairs_other(&state->conns, conn);
}

size_t state_conn_count(const struct state *state)
{
	return state->conns.count;
}

const struct conn *state_find(const struct state *state, uint64_t sequence)
{
	return conn_table_find_sequence(&state->conns, sequence);
}

size_t state_bundle_count(const struct state *state)
{
	return state->placement.bundles.used;
}

size_t state_bundle_end(const struct state *state)
{
	return state->placement.bundles.count;
}

/* Searches the list by rise from a position on. Returns the first bundle with connections. */
static const struct bundle *state_bundle_from(const struct bundle_table *table, uint32_t at)
{
	while (at != HASH_INDEX_NONE && table->items[at].count == 0)
		at = table->items[at].by_rise.older;
	return at == HASH_INDEX_NONE ? NULL : &table->items[at];
}

const struct bundle *state_first_bundle(const struct state *state)
{
	const struct bundle_table *table = &state->placement.bundles;

	return state_bundle_from(table, table->by_rise.newest);
}

const struct bundle *state_next_bundle(const struct state *state, const struct bundle *bundle)
{
	return state_bundle_from(&state->placement.bundles, bundle->by_rise.older);
}

const struct bundle *state_find_bundle(const struct state *state, uint64_t id)
{
	const struct edge *edge = edge_table_at(&state->placement.edges, (uint32_t)(id >> 8));

	return edge ? bundle_table_find(&state->placement.bundles, edge, (uint8_t)id) : NULL;
}

const struct conn *state_bundle_newest(const struct state *state, const struct bundle *bundle)
{
	return conn_table_get(&state->conns, bundle->newest);
}

const struct conn *state_bundle_older(const struct state *state, const struct conn *conn)
{
	return conn_table_get(&state->conns, conn->bundle_older);
}

uint64_t conn_bundle_id(const struct conn *conn)
{
	return (uint64_t)conn->edge->number << 8 | conn_outcome(conn);
}

size_t state_subject_count(const struct state *state)
{
	return state->placement.subjects.count;
}

const struct subject *state_subject(const struct state *state, size_t index)
{
	return index < state->placement.subjects.count ? state->placement.subjects.items[index]
						       : NULL;
}

void state_set_group(struct state *state, size_t index, uint8_t group)
{
	placement_set_group(&state->placement, state->placement.subjects.items[index], group);
}

const struct subject_sums *state_group_sums(const struct state *state, uint8_t group)
{
	return &state->placement.groups[group];
}

/* Returns whether only one group has connections. */
static bool state_has_one_group(const struct state *state, uint8_t group)
{
	for (uint8_t i = 0; i < SUBJECT_GROUPS; i++)
		if (i != group && state_group_sums(state, i)->connections > 0)
			return false;
	return true;
}

uint64_t state_group_pairs_open(const struct state *state, uint8_t group)
{
	uint64_t count = 0;

	if (state->counters.pairs == 0)
		return 0;
	if (!state->rewound && state_has_one_group(state, group))
		return state->counters.pairs_open;
	for (const struct conn *conn = state->conns.newest; conn; conn = conn->older) {
		const struct conn *other =
			conn_is_second_end(conn) ? conn_pairs_other(&state->conns, conn) : NULL;
		count += other && conn->phase == CONN_ESTABLISHED &&
			 other->phase == CONN_ESTABLISHED && conn->subject->group == group &&
			 other->subject->group == group;
	}
	return count;
}

struct edge_list state_edges_with(const struct state *state, uint8_t direction, uint8_t family,
				  const struct flow_address *address)
{
	return edge_peers_find(&state->placement.edges.by_peer, direction, family, address);
}
