/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/summary/selection.h"

#include <stdlib.h>

#include "core/base/array.h"
#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/timestamp.h"
#include "core/state/fold.h"
#include "core/state/rewind.h"
#include "tui/columns/edge_view.h"
#include "tui/dashboard/view/scope.h"

/* The pause after an update is PAUSE_RATIO times as long as the update took, but at least
 * PAUSE_NS. So updates take at most 4 % of the time. */
#define PAUSE_NS    (NS_PER_SECOND / 10)
#define PAUSE_RATIO 25

void selection_clear(struct selection *selection)
{
	free(selection->edges);
	free(selection->subjects);
	hash_index_clear(&selection->index);
	*selection = (struct selection){0};
}

static struct selection_edge *selection_find(const struct selection *selection,
					     const struct edge *edge)
{
	struct hash_cursor cursor;
	uint32_t at = hash_index_first(&selection->index, hash_pointer(edge), &cursor);

	while (at != HASH_INDEX_NONE && selection->edges[at].edge != edge)
		at = hash_index_next(&selection->index, &cursor);
	return at == HASH_INDEX_NONE ? NULL : &selection->edges[at];
}

const struct selection_figures *selection_of_edge(const struct selection *selection,
						  const struct edge *edge)
{
	const struct selection_edge *found = selection_find(selection, edge);

	return found && found->figures.connections > 0 ? &found->figures : NULL;
}

const struct selection_subject *selection_of_subject(const struct selection *selection,
						     const struct subject *subject)
{
	const struct selection_subject *found = subject->index < selection->subject_count
							? &selection->subjects[subject->index]
							: NULL;

	return found && found->edges > 0 ? found : NULL;
}

bool selection_has_whole(const struct selection *selection, const struct subject *subject)
{
	const struct selection_subject *found = selection_of_subject(selection, subject);

	return found && found->wholes == subject->used_edge_count;
}

/* Adds an edge. Returns NULL without memory. */
static struct selection_edge *selection_add(struct selection *selection, const struct edge *edge)
{
	struct selection_edge *added;

	if (selection->edge_count >= HASH_INDEX_NONE ||
	    ARRAY_RESERVE(selection->edges, selection->edge_capacity, selection->edge_count + 1) ||
	    hash_index_insert(&selection->index, hash_pointer(edge),
			      (uint32_t)selection->edge_count))
		return NULL;
	added = &selection->edges[selection->edge_count++];
	*added = (struct selection_edge){.edge = edge};
	return added;
}

static void selection_sum(struct selection_figures *sums, const struct selection_figures *figures)
{
	sums->connections += figures->connections;
	sums->ok += figures->ok;
	sums->open += figures->open;
	sums->hanging += figures->hanging;
	sums->failed += figures->failed;
	sums->denied += figures->denied;
	sums->tx_bytes += figures->tx_bytes;
	sums->rx_bytes += figures->rx_bytes;
	sums->fresh += figures->fresh;
	sums->latency_sum_us += figures->latency_sum_us;
	sums->latency_count += figures->latency_count;
	if (figures->last_ns > sums->last_ns)
		sums->last_ns = figures->last_ns;
	if (figures->last_error && figures->error_ns >= sums->error_ns) {
		sums->error_ns = figures->error_ns;
		sums->last_error = figures->last_error;
	}
}

/* --- destinations that pass as a whole --- */

struct selection_figures selection_of_all(const struct edge *edge, struct verdicts *verdicts,
					  const struct traffic *traffic, uint64_t now_ns)
{
	return (struct selection_figures){
		.connections = edge->conn_count,
		.ok = edge->ok_count,
		.open = edge->open_count,
		.hanging = edge->hanging_count,
		.failed = edge->failed_count,
		.denied = verdicts_denied_on(verdicts, edge),
		.tx_bytes = edge->tx_bytes,
		.rx_bytes = edge->rx_bytes,
		.fresh = traffic_of_edge(traffic, edge, now_ns),
		.latency_sum_us = edge->latency_sum_us,
		.latency_count = edge->latency_count,
		.last_ns = edge->last_ns,
		.error_ns = edge->error_ns,
		.last_error = edge->last_error,
	};
}

static bool selection_is_new(const struct selection_source *source, const struct edge *edge)
{
	return source->novelty && novelty_judge(source->novelty, edge) == BASELINE_LACKS;
}

static const char *selection_new_word(const struct selection_source *source,
				      const struct conn *conn)
{
	return source->novelty ? conn_view_new(source->novelty, conn) : NULL;
}

/* Asks the filters about an edge. Adds the edge if it passes, or if its connections must be
 * tested. */
static void selection_ask(struct selection *selection, const struct selection_source *source,
			  const struct edge *edge)
{
	struct selection_figures whole =
		selection_of_all(edge, source->verdicts, source->traffic, source->now_ns);
	struct selection_edge *added;
	struct edge_view view;
	enum filter_answer options;
	enum filter_answer typed;

	edge_view_open(source->state, edge, &view);
	view.input.is_new = selection_new_word(source, &view.stand_in);
	options = filter_match_all(source->options, &view.input, view.varying);
	typed = filter_match_all(source->typed, &view.input, view.varying);
	if (options == FILTER_PASSES_ALL) {
		selection_sum(&selection->options, &whole);
		selection->options_new += selection_is_new(source, edge);
	}
	/* The sums of the options need the connections, whatever the user typed. */
	if (options == FILTER_PASSES_NONE ||
	    (options == FILTER_PASSES_ALL && typed == FILTER_PASSES_NONE))
		return;
	added = selection_add(selection, edge);
	if (!added)
		return;
	if (options == FILTER_DEPENDS)
		added->test = SELECTION_BOTH;
	else if (typed == FILTER_DEPENDS)
		added->test = SELECTION_TYPED;
	else
		added->figures = whole;
}

/* Asks about all edges in scope. Returns whether connections must be tested. */
static bool selection_ask_all(struct selection *selection, const struct selection_source *source)
{
	bool tests = false;

	for (size_t i = 0; i < state_subject_count(source->state); i++) {
		const struct subject *subject = state_subject(source->state, i);

		if (!scope_has(subject) || subject->conn_count == 0)
			continue;
		for (size_t k = 0; k <= subject->edge_count; k++) {
			const struct edge *edge =
				k < subject->edge_count ? subject->edges[k] : subject->overflow;

			if (edge && edge->conn_count > 0)
				selection_ask(selection, source, edge);
		}
	}
	for (size_t i = 0; i < selection->edge_count && !tests; i++)
		tests = selection->edges[i].test != SELECTION_WHOLE;
	return tests;
}

/* --- destinations whose connections are tested --- */

static struct selection_figures selection_part(const struct selection_source *source,
					       const struct conn *conn,
					       const struct fold_share *share)
{
	uint64_t now_ns = clocks_now(state_clocks(source->state), conn->node, source->now_ns);
	bool failed = conn->phase == CONN_FAILED;

	return (struct selection_figures){
		.connections = share->conn,
		.ok = share->ok,
		.open = share->open,
		.hanging = share->hanging,
		.failed = share->failed,
		.tx_bytes = share->tx_bytes,
		.rx_bytes = share->rx_bytes,
		.fresh = conn_rate(conn, now_ns) * (TRAFFIC_WINDOW_NS / NS_PER_SECOND),
		.latency_sum_us = share->latency_us,
		.latency_count = share->latency,
		.last_ns = conn->last_ns,
		.error_ns = failed ? conn->flow.ts_ns : 0,
		.last_error = failed ? conn->flow.error : 0,
	};
}

static void selection_test(struct selection *selection, const struct selection_source *source,
			   const struct conn *conn, struct selection_edge *edge)
{
	char peer[CONN_VIEW_PEER_SIZE];
	struct selection_figures part;
	struct filter_input input;
	struct fold_share share;

	fold_share(conn, &share);
	edge->held += share.conn;
	conn_view_filter_input(source->state, conn, source->now_ns, peer, &input);
	input.is_new = selection_new_word(source, conn);
	part = selection_part(source, conn, &share);
	if (edge->test == SELECTION_BOTH) {
		if (!filter_match(source->options, &input))
			return;
		edge->options += share.conn;
		selection_sum(&selection->options, &part);
	}
	if (filter_match(source->typed, &input))
		selection_sum(&edge->figures, &part);
}

static void selection_test_all(struct selection *selection, const struct selection_source *source)
{
	for (const struct conn *conn = state_oldest(source->state); conn; conn = conn->newer) {
		struct selection_edge *edge;

		if (!scope_has(conn->subject) || !rewind_has_begun(conn))
			continue;
		edge = selection_find(selection, conn->edge);
		if (edge && edge->test != SELECTION_WHOLE)
			selection_test(selection, source, conn, edge);
	}
}

/* Completes the numbers of the edges whose connections were tested. */
static void selection_finish_edges(struct selection *selection,
				   const struct selection_source *source)
{
	for (size_t i = 0; i < selection->edge_count; i++) {
		struct selection_edge *edge = &selection->edges[i];
		bool denied = verdicts_known(source->verdicts, edge->edge) == EVALUATE_DENIED;

		if (edge->test == SELECTION_WHOLE)
			continue;
		if (edge->edge->conn_count > edge->held)
			selection->untested += edge->edge->conn_count - edge->held;
		if (denied)
			edge->figures.denied = edge->figures.connections;
		if (edge->test == SELECTION_BOTH && edge->options > 0) {
			selection->options.denied += denied ? edge->options : 0;
			selection->options_new += selection_is_new(source, edge->edge);
		}
	}
}

/* --- subjects --- */

static void selection_sum_subjects(struct selection *selection,
				   const struct selection_source *source)
{
	size_t count = state_subject_count(source->state);

	selection->subject_count = 0;
	if (ARRAY_RESERVE(selection->subjects, selection->subject_capacity, count))
		return;
	for (; selection->subject_count < count; selection->subject_count++)
		selection->subjects[selection->subject_count] = (struct selection_subject){0};
	for (size_t i = 0; i < selection->edge_count; i++) {
		const struct selection_edge *edge = &selection->edges[i];
		struct selection_subject *subject =
			&selection->subjects[edge->edge->subject->index];

		if (edge->figures.connections == 0)
			continue;
		selection_sum(&subject->figures, &edge->figures);
		subject->edges++;
		subject->wholes += edge->figures.connections == edge->edge->conn_count;
	}
}

static void selection_count(struct selection *selection, const struct selection_source *source)
{
	hash_index_restart(&selection->index, selection->edge_count);
	selection->edge_count = 0;
	selection->options = (struct selection_figures){0};
	selection->options_new = 0;
	selection->untested = 0;
	if (selection_ask_all(selection, source))
		selection_test_all(selection, source);
	selection_finish_edges(selection, source);
	selection_sum_subjects(selection, source);
}

bool selection_update(struct selection *selection, const struct selection_source *source,
		      uint64_t monotonic_ns)
{
	uint64_t start_ns = clock_monotonic_ns();
	uint64_t pause_ns;

	selection->active = !filter_is_empty(source->options) || !filter_is_empty(source->typed);
	if (!selection->active || (!selection->stale && monotonic_ns < selection->next_update_ns))
		return false;
	selection_count(selection, source);
	selection->stale = false;
	pause_ns = (clock_monotonic_ns() - start_ns) * PAUSE_RATIO;
	selection->next_update_ns = monotonic_ns + (pause_ns > PAUSE_NS ? pause_ns : PAUSE_NS);
	return true;
}
