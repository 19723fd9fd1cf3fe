/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/marked.h"

#include "tui/dashboard/table/row_folds.h"

/* Lists the destinations of the marked connections that are still in the table, each once. Returns
 * their number. */
static size_t marked_edges(const struct context *context, const struct marks *marks,
			   const struct edge *edges[MARKS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < marks->count; i++) {
		const struct conn *conn = row_folds_find_conn(context->state, marks->ids[i]);
		size_t at = 0;

		if (!conn || conn->edge->is_overflow)
			continue;
		while (at < count && edges[at] != conn->edge)
			at++;
		edges[at] = conn->edge;
		count += at == count;
	}
	return count;
}

void marked_leave_out(struct context *context, const struct marks *marks)
{
	const struct edge *edges[MARKS_MAX];
	size_t count = marked_edges(context, marks, edges);

	if (exclusions_add_all(context->exclusions, edges, count))
		context_error(context, "no memory to leave %zu destinations out", count);
	else
		context_note(context,
			     "%zu destination%s of marked connections left out of the draft: X "
			     "brings them back",
			     count, count == 1 ? "" : "s");
}

void marked_bring_back(struct context *context, const struct marks *marks)
{
	const struct edge *edges[MARKS_MAX];
	size_t count = marked_edges(context, marks, edges);
	size_t brought = 0;

	for (size_t i = 0; i < count; i++)
		brought += exclusions_remove(context->exclusions, edges[i]);
	context_note(context, "%zu destination%s of marked connections brought back", brought,
		     brought == 1 ? "" : "s");
}
