/* SPDX-License-Identifier: Apache-2.0 */
/* The connections that the table shows, and their order. Pure; only for the main thread. */
#ifndef POLECAT_TUI_DASHBOARD_TABLE_ROW_QUERY_H
#define POLECAT_TUI_DASHBOARD_TABLE_ROW_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/filter/filter.h"
#include "core/state/state.h"
#include "tui/columns/column.h"
#include "tui/dashboard/view/verdicts.h"

/* The caller keeps the pointers valid while the query is set. A NULL member does not limit the
 * connections. */
struct row_query {
	/* Applies the filter of the command line. Returns false to hide the connection. */
	bool (*shows)(const void *data, const struct conn *conn);
	const void *shows_data;
	bool shows_subjects; /* `shows` gives one answer for all connections of a subject */
	const struct filter *filter;
	const struct subject *subject;
	const struct edge *edge;
	const char *namespace_name;
	bool hide_closed;
	bool rewound;                    /* the state is that of an earlier time */
	bool problems;                   /* show only failed, hanging and denied connections */
	const struct verdicts *verdicts; /* NULL: nothing is denied */
	struct novelty *novelty;         /* for the filter new: */
	const struct column *sort;       /* NULL: the newest first */
	bool inverted;
	bool folded; /* one row for all connections of a bundle */
};

/* Returns true if the query asks for all connections in order of arrival, or for all bundles in
 * order of their rise. */
bool row_query_is_plain(const struct row_query *query);

/* Returns true if the query may show some connections of a bundle and hide others. */
bool row_query_splits_bundles(const struct row_query *query);

/* Returns true if the query shows the connection. It does not show the server's end of a connection
 * if it shows the client's end. now_ns: see session_now. */
bool row_query_matches(const struct row_query *query, const struct state *state,
		       const struct conn *conn, uint64_t now_ns);

#endif
