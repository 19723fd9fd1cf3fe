/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/table/row_query.h"

#include <string.h>

#include "core/state/conn_words.h"
#include "core/state/rewind.h"
#include "tui/columns/conn_view.h"

bool row_query_is_plain(const struct row_query *query)
{
	return !query->shows && filter_is_empty(query->filter) && !query->subject && !query->edge &&
	       !query->namespace_name && !query->hide_closed && !query->problems && !query->sort &&
	       !query->inverted && !query->rewound;
}

bool row_query_splits_bundles(const struct row_query *query)
{
	return !filter_is_empty(query->filter) || (query->shows && !query->shows_subjects);
}

static bool row_query_filter_matches(const struct row_query *query, const struct state *state,
				     const struct conn *conn, uint64_t now_ns)
{
	const struct filter *filter = query->filter;
	char peer[CONN_VIEW_PEER_SIZE];
	struct filter_input input;

	if (filter_is_empty(filter))
		return true;
	conn_view_filter_input(state, conn, now_ns, peer, &input);
	if (filter_has(filter, FILTER_NEEDS_BASELINE))
		input.is_new = conn_view_new(query->novelty, conn);
	return filter_match(filter, &input);
}

/* Returns whether the query shows the connection, even if it is a second end. */
static bool row_query_matches_end(const struct row_query *query, const struct state *state,
				  const struct conn *conn, uint64_t now_ns)
{
	if (!rewind_has_begun(conn))
		return false;
	if (query->subject && conn->subject != query->subject)
		return false;
	if (query->edge && conn->edge != query->edge)
		return false;
	if (query->hide_closed && conn->phase == CONN_CLOSED)
		return false;
	if (query->problems && !conn_hangs(conn) && conn->phase != CONN_FAILED &&
	    !conn_lookup_failed(conn) &&
	    verdicts_known(query->verdicts, conn->edge) != EVALUATE_DENIED)
		return false;
	if (query->namespace_name &&
	    (!conn->subject->namespace_name ||
	     strcmp(conn->subject->namespace_name, query->namespace_name) != 0))
		return false;
	if (query->shows && !query->shows(query->shows_data, conn))
		return false;
	return row_query_filter_matches(query, state, conn, now_ns);
}

bool row_query_matches(const struct row_query *query, const struct state *state,
		       const struct conn *conn, uint64_t now_ns)
{
	const struct conn *first;

	if (!row_query_matches_end(query, state, conn, now_ns))
		return false;
	/* The row of the client's end stands for both. It has the same edge for all connections of
	 * a bundle of second ends. */
	first = conn_is_second_end(conn) ? state_other_end(state, conn) : NULL;
	return !first || !row_query_matches_end(query, state, first, now_ns);
}
