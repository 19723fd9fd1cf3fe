/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/pages/policies_page.h"

#include <inttypes.h>

#include "core/policy/netpol/netpol_kinds.h"
#include "tui/dashboard/pages/page.h"
#include "tui/dashboard/table/cells.h"

/* The largest number of entries in each list. */
#define LISTED_MAX 200

static void policies_page_title(const void *view, const struct context *context,
				struct canvas *line)
{
	(void)view;
	(void)context;
	canvas_add(line, ROLE_TITLE_FOCUS, " The policies that were loaded ");
}

/* Writes a destination: "shop/cart → db 5432/tcp, 12 connections". */
static void policies_page_draw_edge(struct page *out, const struct edge *edge, enum role role)
{
	const char *count_word = edge->conn_count == 1 ? "" : "s";
	char peer[CELL_SIZE];
	char port[CELL_SIZE];

	cell_edge_peer(out->context->state, edge, peer);
	cell_port(edge, port);
	page_link_edge(out, edge, NULL);
	page_print(out, "", role, "%s %s %s %s, %" PRIu64 " connection%s", edge->subject->display,
		   cell_arrow(out->context->glyphs, edge->direction), peer, port, edge->conn_count,
		   count_word);
}

/* Lists the changes to one side: `denied` or not. */
static void policies_page_draw_changes(struct page *out, const char *heading, bool denied)
{
	const struct loaded_policies *loaded = out->context->loaded;
	size_t all = denied ? loaded->newly_denied : loaded->change_count - loaded->newly_denied;
	size_t listed = 0;

	page_heading(out, "%s: %zu", heading, all);
	for (size_t i = 0; i < loaded->kept_count && listed < LISTED_MAX; i++) {
		const struct verdict_change *change = &loaded->changes[i];
		if ((change->now == EVALUATE_DENIED) != denied)
			continue;
		policies_page_draw_edge(out, change->edge,
					change->now == EVALUATE_DENIED    ? ROLE_DENIED
					: change->now == EVALUATE_ALLOWED ? ROLE_GOOD
									  : ROLE_HANGING);
		listed++;
	}
	if (all > listed)
		page_print(out, "", ROLE_DIM, "and %zu more", all - listed);
}

static void policies_page_draw_files(struct page *out)
{
	const struct context *context = out->context;
	const struct loaded_policies *loaded = context->loaded;
	char text[NETPOL_UNJUDGED_SIZE];
	size_t at = 0;

	page_heading(out, "Policies");
	for (size_t i = 0; i < loaded->paths.count; i++)
		page_field(out, i == 0 ? "read from" : "", ROLE_TEXT, loaded->paths.items[i]);
	if (loaded->of_cluster)
		page_field(out, loaded->paths.count == 0 ? "read from" : "", ROLE_TEXT,
			   "the cluster");
	page_print(out, "policies", ROLE_TEXT, "%zu NetworkPolicies", loaded->set->count);
	for (size_t i = 0; i < loaded->set->count && i < LISTED_MAX; i++) {
		const struct netpol *policy = &loaded->set->items[i];

		page_link_name(out, THING_POLICY, policy->namespace_name, policy->name, NULL);
		page_print(out, "", ROLE_TEXT, "%s/%s (%s:%u)", policy->namespace_name,
			   policy->name, policy->file, policy->line);
	}
	if (loaded->set->count > LISTED_MAX)
		page_print(out, "", ROLE_DIM, "and %zu more", loaded->set->count - LISTED_MAX);
	while (netpol_unjudged_next(loaded->set, &at, text))
		page_field(out, "not judged", ROLE_DENIED, text);
	page_field(out, "watched", ROLE_DIM,
		   loaded->watched ? "yes: each save is judged at once"
				   : "no: `:policy PATH` loads and watches a file or folder");
}

static void policies_page_draw(void *view, const struct context *context,
			       const struct canvas *canvas)
{
	struct policies_page *page = view;
	struct page out = page_begin(context, canvas, &page->scroll);
	const struct loaded_policies *loaded = context->loaded;
	char now[CELL_COUNT_SIZE];
	char before[CELL_COUNT_SIZE];

	if (!context->verdicts) {
		page_heading(&out, "None");
		page_field(&out, "", ROLE_DIM,
			   "`:policy PATH` loads NetworkPolicies from a file or folder, judges all "
			   "that was seen by them, and judges it again after each save.");
	} else {
		policies_page_draw_files(&out);
		cell_count(verdicts_denied(context->verdicts), now);
		cell_count(loaded->denied_before, before);
		page_heading(&out, "Connections that were seen");
		bool known = loaded->loaded_ns && !loaded->comparing;
		page_print(&out, "denied", ROLE_TEXT, "%s%s%s%s", now, known ? " (" : "",
			   known ? before : "", known ? " by the policies before)" : "");
	}
	if (loaded->comparing)
		page_print(&out, "judged so far", ROLE_HANGING, "%u %%",
			   loaded_policies_progress(loaded, context->state));
	if (context->verdicts && loaded->loaded_ns && !loaded->comparing) {
		policies_page_draw_changes(&out, "Destinations newly denied", true);
		policies_page_draw_changes(&out, "Destinations no longer denied", false);
	}
	page_end(&out, &page->scroll);
}

const struct view_operations policies_page_operations = {
	.hints = KEY_PLACE_LINKS_PAGE,
	.title = policies_page_title,
	.draw = policies_page_draw,
};
