/* SPDX-License-Identifier: Apache-2.0 */
/* --aggregate: turns the flows of the output, and those of the recording, into edge records
 * (core/aggregate/aggregate.h). Both have an aggregator of their own, because the recording has all
 * flows and the output those that pass the filter. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "core/base/clock.h"
#include "tui/columns/conn_view.h"
#include "tui/options/options.h"
#include "tui/session/session_internal.h"

/* The time after the end of an interval in which flows of the interval may come: sources report
 * some events up to a second late. */
#define LATE_NS (NS_PER_SECOND * 3 / 2)

/* Returns the names that the state knows for the connection of the flow. */
static const struct flow *session_aggregate_known(void *data, const struct flow *flow)
{
	struct session_aggregate *edges = data;

	(void)flow;
	if (!edges->conn)
		return NULL;
	conn_view_known(edges->session->state, edges->conn, &edges->names, &edges->known);
	return &edges->known;
}

static void session_aggregate_emit(void *data, const struct record *record)
{
	struct session_aggregate *edges = data;
	struct session *session = edges->session;
	struct record lost;

	/* A loss of the aggregator counts like others. The state has all other records. */
	if (record->kind == RECORD_LOST && !edges->passes) {
		lost = *record;
		state_apply(session->state, &lost);
	}
	edges->emit(session, record);
}

static void session_aggregate_output(struct session *session, const struct record *record)
{
	if (record->kind == RECORD_EDGE)
		session->handlers.flow(session->data, record, NULL);
	else if (session->handlers.record)
		session->handlers.record(session->data, record);
}

static void session_aggregate_recording(struct session *session, const struct record *record)
{
	session_record_write(session, record, NULL);
}

static int session_aggregate_new(struct session *session, struct session_aggregate *edges,
				 void (*emit)(struct session *session, const struct record *record))
{
	const struct options *options = session->options;
	const struct aggregate_options aggregate_options = {
		.interval_ns = options->aggregate_ns,
		.node = session->kernel ? options->node_name : NULL,
		.emit = session_aggregate_emit,
		.known = session_aggregate_known,
		.data = edges,
	};

	edges->session = session;
	edges->emit = emit;
	return aggregate_new(&aggregate_options, &edges->aggregate);
}

int session_aggregate_open(struct session *session)
{
	int error = 0;

	if (!session->options->aggregate_ns)
		return 0;
	if (session->handlers.aggregates)
		error = session_aggregate_new(session, &session->output_edges,
					      session_aggregate_output);
	if (!error && session_records(session))
		error = session_aggregate_new(session, &session->recorded_edges,
					      session_aggregate_recording);
	return error;
}

void session_aggregate_close(struct session *session)
{
	aggregate_free(session->output_edges.aggregate);
	aggregate_free(session->recorded_edges.aggregate);
	session->output_edges.aggregate = NULL;
	session->recorded_edges.aggregate = NULL;
}

bool session_aggregate_add(struct session_aggregate *edges, const struct record *record,
			   const struct conn *conn)
{
	/* An edge is the record of an aggregator already. */
	if (!edges->aggregate || record->kind == RECORD_EDGE)
		return false;
	edges->conn = conn;
	edges->passes = record->kind != RECORD_FLOW;
	aggregate_add(edges->aggregate, record);
	edges->conn = NULL;
	edges->passes = false;
	return true;
}

void session_give(struct session *session, const struct record *record)
{
	if (!session->handlers.record)
		return;
	if (record->kind != RECORD_FLOW &&
	    session_aggregate_add(&session->output_edges, record, NULL))
		return;
	session->handlers.record(session->data, record);
}

/* Returns the aggregators, and their number. */
static size_t session_aggregate_list(const struct session *session, struct aggregate *list[2])
{
	size_t count = 0;

	if (session->output_edges.aggregate)
		list[count++] = session->output_edges.aggregate;
	if (session->recorded_edges.aggregate)
		list[count++] = session->recorded_edges.aggregate;
	return count;
}

/* Returns whether intervals end with the time of this machine, too. In a replay, and while flows
 * wait for names, only flows end them. */
static bool session_aggregate_has_time(const struct session *session)
{
	return !session->replay && session->held.count == 0;
}

void session_aggregate_advance(struct session *session)
{
	struct aggregate *list[2];
	size_t count = session_aggregate_list(session, list);

	if (count == 0 || !session_aggregate_has_time(session))
		return;
	uint64_t now_ns = clock_real_ns();
	for (size_t i = 0; i < count; i++)
		aggregate_advance(list[i], now_ns - LATE_NS);
}

int session_aggregate_timeout(const struct session *session)
{
	struct aggregate *list[2];
	size_t count = session_aggregate_list(session, list);
	uint64_t next_ns = 0;

	if (count == 0 || !session_aggregate_has_time(session))
		return -1;
	for (size_t i = 0; i < count; i++) {
		uint64_t end_ns = aggregate_next_end(list[i]);
		if (end_ns && (next_ns == 0 || end_ns < next_ns))
			next_ns = end_ns;
	}
	if (next_ns == 0)
		return -1;
	uint64_t now_ns = clock_real_ns();
	uint64_t due_ns = next_ns + LATE_NS;
	if (due_ns <= now_ns)
		return 0;
	uint64_t wait_ms = (due_ns - now_ns) / NS_PER_MILLISECOND + 1;
	return wait_ms < INT_MAX ? (int)wait_ms : INT_MAX;
}

void session_aggregate_finish(struct session *session)
{
	struct aggregate *list[2];
	size_t count = session_aggregate_list(session, list);

	for (size_t i = 0; i < count; i++)
		aggregate_finish(list[i]);
}
