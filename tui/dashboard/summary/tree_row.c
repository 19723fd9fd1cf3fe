/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/summary/tree_row.h"

#include "core/state/loss.h"
#include "tui/dashboard/screen/glyphs.h"
#include "tui/dashboard/view/scope.h"

bool tree_row_shows(const struct tree_source *source, const struct subject *subject)
{
	if (!scope_has(subject) || subject->conn_count == 0)
		return false;
	return !source->selection || selection_of_subject(source->selection, subject);
}

bool tree_row_shows_edge(const struct tree_source *source, const struct edge *edge)
{
	if (edge->conn_count == 0)
		return false;
	return !source->selection || selection_of_edge(source->selection, edge);
}

size_t tree_row_edge_count(const struct tree_source *source, const struct subject *subject)
{
	if (!tree_row_shows(source, subject))
		return 0;
	return source->selection ? selection_of_subject(source->selection, subject)->edges
				 : subject->used_edge_count;
}

/* Returns whether all connections of a subject count. */
static bool tree_row_is_whole(const struct tree_source *source, const struct subject *subject)
{
	return !source->selection || selection_has_whole(source->selection, subject);
}

static uint64_t tree_row_common_ns(const struct tree_source *source, const struct subject *subject,
				   uint64_t steady_ns)
{
	return clocks_common(state_clocks(source->state), subject->node_index, steady_ns);
}

/* Returns the numbers of the connections of an edge that count. */
static struct selection_figures tree_row_edge(const struct tree_source *source,
					      const struct edge *edge)
{
	const struct selection_figures *selected;

	if (!source->selection)
		return selection_of_all(edge, source->verdicts, source->traffic, source->now_ns);
	selected = selection_of_edge(source->selection, edge);
	return selected ? *selected : (struct selection_figures){0};
}

static struct tree_figures tree_row_figures(const struct tree_source *source,
					    const struct subject *subject,
					    const struct selection_figures *selected)
{
	return (struct tree_figures){
		.connections = selected->connections,
		.open = selected->open,
		.hanging = selected->hanging,
		.failed = selected->failed,
		.denied = selected->denied,
		.bytes = selected->tx_bytes + selected->rx_bytes,
		.fresh = selected->fresh,
		.last_ns = tree_row_common_ns(source, subject, selected->last_ns),
	};
}

static void tree_row_add(struct tree_figures *sums, const struct tree_figures *figures)
{
	sums->connections += figures->connections;
	sums->open += figures->open;
	sums->hanging += figures->hanging;
	sums->failed += figures->failed;
	sums->denied += figures->denied;
	sums->bytes += figures->bytes;
	sums->fresh += figures->fresh;
	if (figures->last_ns > sums->last_ns)
		sums->last_ns = figures->last_ns;
}

/* Returns the numbers of the connections of a subject that count. */
static struct tree_figures tree_row_subject(const struct tree_source *source,
					    const struct subject *subject)
{
	const struct selection_subject *selected;

	if (tree_row_is_whole(source, subject))
		return (struct tree_figures){
			.connections = subject->conn_count,
			.open = subject->open_count,
			.hanging = subject->hanging_count,
			.failed = subject->failed_count,
			.denied = verdicts_denied_of(source->verdicts, subject),
			.bytes = subject->tx_bytes + subject->rx_bytes,
			.fresh = traffic_of_subject(source->traffic, subject, source->now_ns),
			.last_ns = tree_row_common_ns(source, subject, subject->last_ns),
		};
	selected = selection_of_subject(source->selection, subject);
	return selected ? tree_row_figures(source, subject, &selected->figures)
			: (struct tree_figures){0};
}

static void tree_row_add_lost(const struct subject *subject, struct tree_figures *sums)
{
	uint64_t lost = loss_of_subject(subject);

	if (subject->kind != SUBJECT_PROCESS)
		sums->lost += lost;
	else if (lost > sums->lost)
		sums->lost = lost;
}

void tree_row_add_subject(const struct tree_source *source, const struct subject *subject,
			  struct tree_figures *sums)
{
	const struct tree_figures figures = tree_row_subject(source, subject);

	tree_row_add_lost(subject, sums);
	tree_row_add(sums, &figures);
}

void tree_row_set_edge(const struct tree_source *source, const struct edge *edge,
		       struct tree_figures *figures)
{
	const struct selection_figures numbers = tree_row_edge(source, edge);

	*figures = tree_row_figures(source, edge->subject, &numbers);
}

/* Adds the numbers of an edge to sums. */
static void tree_row_add_edge(const struct tree_source *source, const struct edge *edge,
			      struct tree_figures *sums)
{
	struct tree_figures figures;

	tree_row_set_edge(source, edge, &figures);
	tree_row_add(sums, &figures);
}

bool tree_row_find_member(const struct tree_source *source, const struct groups *groups,
			  struct groups_member member, struct tree_member *out)
{
	out->subject = state_subject(source->state, member.subject);
	out->edge = groups_have_edges(groups) ? groups_edge(source->state, member) : NULL;
	if (groups_have_edges(groups) && (!out->edge || !tree_row_shows_edge(source, out->edge)))
		return false;
	return tree_row_shows(source, out->subject);
}

void tree_row_sum_group(const struct tree_source *source, const struct groups *groups,
			uint32_t group, struct tree_sums *sums)
{
	const struct summary_group *item = &groups->items[group];

	*sums = (struct tree_sums){0};
	for (size_t i = 0; i < item->member_count; i++) {
		struct tree_member member;

		if (!tree_row_find_member(source, groups, item->members[i], &member))
			continue;
		sums->members++;
		if (!sums->only)
			sums->only = member.subject;
		if (member.edge)
			tree_row_add_edge(source, member.edge, &sums->figures);
		else
			tree_row_add_subject(source, member.subject, &sums->figures);
	}
}

static void tree_row_refresh_edge(const struct tree_source *source, struct tree_row *row)
{
	const struct selection_figures numbers = tree_row_edge(source, row->edge);

	row->shown = tree_row_figures(source, row->subject, &numbers);
	row->details = (struct tree_details){
		.ok = numbers.ok,
		.latency_sum_us = numbers.latency_sum_us,
		.latency_count = numbers.latency_count,
		.tx_bytes = numbers.tx_bytes,
		.rx_bytes = numbers.rx_bytes,
		.last_error = numbers.last_error,
	};
}

/* Sets the levels of the graph from the windows of the last minute. */
static void tree_row_set_spark(const uint64_t minute[TRAFFIC_MINUTE], uint8_t spark[TREE_SPARK])
{
	const size_t width = TRAFFIC_MINUTE / TREE_SPARK;
	uint64_t most = 0;

	for (size_t i = 0; i < TRAFFIC_MINUTE; i++)
		most = minute[i] > most ? minute[i] : most;
	for (size_t i = 0; i < TREE_SPARK; i++) {
		uint64_t peak = 0;

		for (size_t k = i * width; k < (i + 1) * width; k++)
			peak = minute[k] > peak ? minute[k] : peak;
		spark[i] = 0;
		/* Round up, so that a window with any byte differs from an empty one. */
		if (most)
			spark[i] = (uint8_t)((peak * (GLYPH_SPARK_LEVELS - 1) + most - 1) / most);
	}
}

/* Adds the last minute of a subject. The minute of a part of its connections is not known. Returns
 * false then. */
static bool tree_row_add_minute(const struct tree_source *source, const struct subject *subject,
				uint64_t minute[TRAFFIC_MINUTE])
{
	if (!tree_row_is_whole(source, subject))
		return false;
	traffic_add_minute(source->traffic, subject, source->now_ns, minute);
	return true;
}

static void tree_row_refresh_subject(const struct tree_source *source, struct tree_row *row)
{
	uint64_t minute[TRAFFIC_MINUTE] = {0};

	row->shown = (struct tree_figures){0};
	tree_row_add_subject(source, row->subject, &row->shown);
	tree_row_add_minute(source, row->subject, minute);
	tree_row_set_spark(minute, row->spark);
}

static void tree_row_refresh_group(const struct tree_source *source, const struct groups *groups,
				   struct tree_row *row)
{
	const struct summary_group *group = &groups->items[row->group];
	const uint64_t unknown[TRAFFIC_MINUTE] = {0};
	uint64_t minute[TRAFFIC_MINUTE] = {0};
	bool known = !groups_have_edges(groups);
	struct tree_sums sums;

	tree_row_sum_group(source, groups, row->group, &sums);
	row->shown = sums.figures;
	row->children = sums.members;
	/* A workload without exactly one pod has no subject of its own. */
	if (sums.members != 1)
		row->subject = NULL;
	/* Only subjects have a history of the last minute, not edges. */
	for (size_t i = 0; known && i < group->member_count; i++) {
		struct tree_member member;

		if (tree_row_find_member(source, groups, group->members[i], &member))
			known = tree_row_add_minute(source, member.subject, minute);
	}
	tree_row_set_spark(known ? minute : unknown, row->spark);
}

void tree_row_refresh(const struct tree_source *source, const struct groups *groups,
		      struct tree_row *row)
{
	switch ((enum tree_kind)row->kind) {
	case TREE_GROUP:
		tree_row_refresh_group(source, groups, row);
		break;
	case TREE_SUBJECT:
		tree_row_refresh_subject(source, row);
		break;
	case TREE_EDGE:
		tree_row_refresh_edge(source, row);
		break;
	case TREE_MORE:
		break;
	}
}
