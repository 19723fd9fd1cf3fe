/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/summary/tree_row.h"

#include "tui/dashboard/screen/glyphs.h"
#include "tui/dashboard/view/scope.h"

bool tree_row_shows(const struct subject *subject)
{
	return scope_has(subject) && subject->conn_count > 0;
}

static uint64_t tree_row_common_ns(const struct tree_source *source, const struct subject *subject,
				   uint64_t steady_ns)
{
	return clocks_common(state_clocks(source->state), subject->node_index, steady_ns);
}

void tree_row_add_subject(const struct tree_source *source, const struct subject *subject,
			  struct tree_figures *sums)
{
	uint64_t last_ns = tree_row_common_ns(source, subject, subject->last_ns);

	sums->connections += subject->conn_count;
	sums->open += subject->open_count;
	sums->hanging += subject->hanging_count;
	sums->failed += subject->failed_count;
	sums->denied += verdicts_denied_of(source->verdicts, subject);
	sums->bytes += subject->tx_bytes + subject->rx_bytes;
	sums->fresh += traffic_of_subject(source->traffic, subject, source->now_ns);
	if (last_ns > sums->last_ns)
		sums->last_ns = last_ns;
}

void tree_row_set_edge(const struct tree_source *source, const struct edge *edge,
		       struct tree_figures *figures)
{
	*figures = (struct tree_figures){
		.connections = edge->conn_count,
		.open = edge->open_count,
		.hanging = edge->hanging_count,
		.failed = edge->failed_count,
		.denied = verdicts_denied_on(source->verdicts, edge),
		.bytes = edge->tx_bytes + edge->rx_bytes,
		.fresh = traffic_of_edge(source->traffic, edge, source->now_ns),
		.last_ns = tree_row_common_ns(source, edge->subject, edge->last_ns),
	};
}

/* Adds the numbers of an edge to sums. */
static void tree_row_add_edge(const struct tree_source *source, const struct edge *edge,
			      struct tree_figures *sums)
{
	struct tree_figures figures;

	tree_row_set_edge(source, edge, &figures);
	sums->connections += figures.connections;
	sums->open += figures.open;
	sums->hanging += figures.hanging;
	sums->failed += figures.failed;
	sums->denied += figures.denied;
	sums->bytes += figures.bytes;
	sums->fresh += figures.fresh;
	if (figures.last_ns > sums->last_ns)
		sums->last_ns = figures.last_ns;
}

bool tree_row_find_member(const struct tree_source *source, const struct groups *groups,
			  struct groups_member member, struct tree_member *out)
{
	out->subject = state_subject(source->state, member.subject);
	out->edge = groups_have_edges(groups) ? groups_edge(source->state, member) : NULL;
	if (groups_have_edges(groups) && (!out->edge || out->edge->conn_count == 0))
		return false;
	return tree_row_shows(out->subject);
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
	const struct edge *edge = row->edge;

	tree_row_set_edge(source, edge, &row->shown);
	row->details = (struct tree_details){
		.ok = edge->ok_count,
		.latency_sum_us = edge->latency_sum_us,
		.latency_count = edge->latency_count,
		.tx_bytes = edge->tx_bytes,
		.rx_bytes = edge->rx_bytes,
		.last_error = edge->last_error,
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

static void tree_row_refresh_subject(const struct tree_source *source, struct tree_row *row)
{
	uint64_t minute[TRAFFIC_MINUTE] = {0};

	row->shown = (struct tree_figures){0};
	tree_row_add_subject(source, row->subject, &row->shown);
	traffic_add_minute(source->traffic, row->subject, source->now_ns, minute);
	tree_row_set_spark(minute, row->spark);
}

static void tree_row_refresh_group(const struct tree_source *source, const struct groups *groups,
				   struct tree_row *row)
{
	const struct summary_group *group = &groups->items[row->group];
	uint64_t minute[TRAFFIC_MINUTE] = {0};
	struct tree_sums sums;

	tree_row_sum_group(source, groups, row->group, &sums);
	row->shown = sums.figures;
	row->children = sums.members;
	/* A workload without exactly one pod has no subject of its own. */
	if (sums.members != 1)
		row->subject = NULL;
	/* Only subjects have a history of the last minute, not edges. */
	for (size_t i = 0; !groups_have_edges(groups) && i < group->member_count; i++) {
		struct tree_member member;

		if (tree_row_find_member(source, groups, group->members[i], &member))
			traffic_add_minute(source->traffic, member.subject, source->now_ns, minute);
	}
	tree_row_set_spark(minute, row->spark);
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
