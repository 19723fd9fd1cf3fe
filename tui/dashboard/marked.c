/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/marked.h"

/* Lists the destinations of marked connections, each once. Returns their number. */
static size_t marked_edges(const struct marked_rows *marked, const struct edge *edges[MARKS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < marked->count; i++) {
		const struct edge *edge = marked->conns[i]->edge;
		size_t at = 0;

		if (edge->is_overflow)
			continue;
		while (at < count && edges[at] != edge)
			at++;
		edges[at] = edge;
		count += at == count;
	}
	return count;
}

void marked_leave_out(struct context *context, const struct marked_rows *marked)
{
	const struct edge *edges[MARKS_MAX];
	size_t count = marked_edges(marked, edges);
	char note[MARKED_ROWS_NOTE_SIZE];

	marked_rows_note(marked, note);
	if (exclusions_add_all(context->exclusions, edges, count))
		context_error(context, "no memory to leave %zu destinations out", count);
	else
		context_note(context,
			     "%zu destination%s of marked connections left out of the draft%s: X "
			     "brings them back",
			     count, count == 1 ? "" : "s", note);
}

void marked_bring_back(struct context *context, const struct marked_rows *marked)
{
	const struct edge *edges[MARKS_MAX];
	size_t count = marked_edges(marked, edges);
	char note[MARKED_ROWS_NOTE_SIZE];
	size_t brought = 0;

	marked_rows_note(marked, note);
	for (size_t i = 0; i < count; i++)
		brought += exclusions_remove(context->exclusions, edges[i]);
	context_note(context, "%zu destination%s of marked connections brought back%s", brought,
		     brought == 1 ? "" : "s", note);
}
