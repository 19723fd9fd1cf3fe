/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/history.h"

#include <stdio.h>
#include <string.h>

#include "tui/dashboard/typed_filter.h"
#include "tui/dashboard/visits.h"

static void history_get_limits(const struct dashboard *dashboard, struct view_limits *limits)
{
	const struct row_query *query = &dashboard->connections.query;

	*limits = (struct view_limits){
		.namespace_name = query->namespace_name,
		.subject = query->subject,
		.edge = query->edge,
		.problems = query->problems,
	};
	snprintf(limits->filter, sizeof(limits->filter), "%s", dashboard->filter_text);
}

static bool history_same_limits(const struct view_limits *a, const struct view_limits *b)
{
	return a->namespace_name == b->namespace_name && a->subject == b->subject &&
	       a->edge == b->edge && a->problems == b->problems &&
	       strcmp(a->filter, b->filter) == 0;
}

void history_note(struct dashboard *dashboard)
{
	struct view_history *history = &dashboard->history;
	struct view_entry *last = history->count ? &history->entries[history->at] : NULL;
	struct view_entry entry = {.visit = dashboard_present_visit(dashboard)};

	if (dashboard->prompt.kind != PROMPT_NONE || popup_is_open(&dashboard->popup))
		return;
	history_get_limits(dashboard, &entry.limits);
	if (last && visit_is_same(&last->visit, &entry.visit) &&
	    history_same_limits(&last->limits, &entry.limits)) {
		last->visit = entry.visit;
		return;
	}
	/* The views that came after the present one end here. */
	history->count = last ? history->at + 1 : 0;
	if (history->count == VIEW_HISTORY_MAX)
		memmove(history->entries, history->entries + 1,
			--history->count * sizeof(history->entries[0]));
	memcpy(entry.behind, dashboard->behind, sizeof(entry.behind));
	entry.depth = dashboard->depth;
	history->at = history->count;
	history->entries[history->count++] = entry;
}

static void history_restore_limits(struct dashboard *dashboard, const struct view_limits *limits)
{
	struct row_query *query = &dashboard->connections.query;
	struct view_limits present;
	struct filter_mistake ignored;

	history_get_limits(dashboard, &present);
	if (history_same_limits(&present, limits))
		return;
	query->namespace_name = limits->namespace_name;
	query->subject = limits->subject;
	query->edge = limits->edge;
	query->problems = limits->problems;
	/* The text was a valid filter. If a name in it was deleted since, the filter stays. */
	(void)dashboard_set_filter(dashboard, limits->filter, &ignored);
	connections_restart(&dashboard->connections);
}

void history_go(struct dashboard *dashboard, int direction)
{
	struct view_history *history = &dashboard->history;
	size_t at = history->at + (size_t)direction;

	for (; at < history->count; at += (size_t)direction) {
		const struct view_entry *entry = &history->entries[at];

		if (!dashboard_show_visit(dashboard, &entry->visit))
			continue;
		history->at = at;
		memcpy(dashboard->behind, entry->behind, sizeof(dashboard->behind));
		dashboard->depth = entry->depth;
		history_restore_limits(dashboard, &entry->limits);
		context_note(&dashboard->context, "view %zu of %zu", at + 1, history->count);
		return;
	}
	context_note(&dashboard->context, "there is no view %s this one",
		     direction < 0 ? "before" : "after");
}
