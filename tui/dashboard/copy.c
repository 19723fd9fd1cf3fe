/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/copy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/base64.h"
#include "core/base/buffer.h"
#include "core/base/cleanup.h"
#include "core/record/record_names.h"
#include "tui/dashboard/copy_text.h"
#include "tui/dashboard/panes/policy_draft.h"
#include "tui/dashboard/screen/screen.h"
#include "tui/dashboard/table/marked_rows.h"

/* xterm and others ignore longer texts. */
#define COPY_MAX 74000

/* Sends the text to the terminal's clipboard, and shows a message. `what` describes the text. */
static void copy_send(struct context *context, const char *text, size_t length, const char *what)
{
	CLEANUP_FREE char *encoded = length <= COPY_MAX ? base64_encode(text, length) : NULL;

	if (length > COPY_MAX)
		context_error(context,
			      "%s is too long for a terminal's clipboard: e saves it to a file",
			      what);
	else if (!encoded)
		context_error(context, "no memory to copy");
	else if (!screen_copy(encoded))
		context_error(context, "this terminal has no clipboard that polecat knows");
	else
		context_note(context, "sent to the terminal's clipboard: %s", what);
}

static void copy_send_draft(struct context *context)
{
	CLEANUP_FREE char *text = NULL;
	size_t length = 0;
	char name[POLICY_FILE_NAME_SIZE];

	if (policy_draft_export(context, &text, &length, name))
		context_note(context, "no draft to copy yet");
	else
		copy_send(context, text, length, name);
}

static void copy_from_edge(const struct edge *edge, struct copy_source *source)
{
	const char *protocol = flow_protocol_name(edge->protocol);

	*source = (struct copy_source){
		.subject = edge->subject->display,
		.peer = &edge->peer,
		.family = edge->family,
		.direction = edge->direction,
		.protocol = protocol ? protocol : "ip",
		.port = edge->port,
	};
}

/* The client's port is left out if it is unknown, or if the row stands for several connections. */
static void copy_from_conn(const struct conn *conn, bool alone, struct copy_source *source)
{
	const struct flow *flow = &conn->flow;

	copy_from_edge(conn->edge, source);
	source->peer = flow_peer(flow);
	source->family = flow->family;
	source->client_port = alone && flow->has & FLOW_HAS_SPORT ? flow->sport : 0;
}

/* Finds the selected connection or destination. Returns false if neither is selected. */
static bool copy_find(const struct dashboard *dashboard, struct copy_source *source)
{
	const struct row *row = NULL;
	const struct conn *conn = NULL;
	const struct edge *edge = NULL;

	if (dashboard->page == DASHBOARD_DETAIL)
		conn = &dashboard->detail.conn;
	else if (dashboard->page == DASHBOARD_DESTINATION)
		edge = dashboard->destination_page.edge;
	else if (dashboard->page == DASHBOARD_PANES && dashboard->focus == PANE_CONNECTIONS)
		row = connections_selected_row(&dashboard->connections);
	else if (dashboard->page == DASHBOARD_PANES && dashboard->focus == PANE_SUMMARY)
		edge = summary_edge(&dashboard->summary);
	else if (dashboard->page == DASHBOARD_PANES)
		edge = policy_pane_destination(&dashboard->policy);
	if (row)
		conn = &row->conn;
	if (conn)
		edge = conn->edge;
	if (!edge || edge->is_overflow)
		return false;
	if (conn)
		copy_from_conn(conn, !row || row->fold.rows < 2, source);
	else
		copy_from_edge(edge, source);
	return true;
}

/* Appends the text of one marked connection: in a filter for tcpdump as an alternative, else as a
 * line. Leaves out a text that equals the one before. */
static void copy_append(struct buffer *all, enum copy_kind kind, const char *text, const char *last)
{
	if (strcmp(text, last) == 0)
		return;
	if (kind == COPY_TCPDUMP)
		buffer_printf(all, "%s(%s)", all->length ? " or " : "", text);
	else
		buffer_printf(all, "%s%s", all->length ? "\n" : "", text);
}

/* Returns whether a marked row stands for one connection. */
static bool copy_is_alone(const struct state *state, uint64_t id)
{
	const struct bundle *bundle =
		row_is_bundle(id) ? state_find_bundle(state, id & ~ROW_BUNDLE) : NULL;

	return !bundle || bundle->count == 1;
}

/* Sends the texts of the marked connections that the table shows. */
static void copy_send_marked(struct context *context, enum copy_kind kind,
			     const struct connections *table)
{
	CLEANUP_BUFFER struct buffer all = {0};
	char last[COPY_TEXT_SIZE] = "";
	char note[MARKED_ROWS_NOTE_SIZE];
	struct marked_rows marked;
	char what[128];
	size_t count = 0;

	marked_rows_find(&table->rows, &table->marks, &marked);
	for (size_t i = 0; i < marked.count; i++) {
		const struct conn *conn = marked.conns[i];
		struct copy_source source;
		char text[COPY_TEXT_SIZE];

		if (conn->edge->is_overflow)
			continue;
		copy_from_conn(conn, copy_is_alone(context->state, marked.ids[i]), &source);
		copy_text(kind, &source, text);
		copy_append(&all, kind, text, last);
		memcpy(last, text, sizeof(last));
		count++;
	}
	if (buffer_append(&all, "", 0) || count == 0) {
		context_error(context, count ? "no memory to copy"
				       : marked.hidden
					       ? "no marked row is shown: M removes all marks"
					       : "the marked connections have left the "
						 "table");
		return;
	}
	marked_rows_note(&marked, note);
	snprintf(what, sizeof(what), "%zu of %zu marked connection%s%s", count, table->marks.count,
		 table->marks.count == 1 ? "" : "s", note);
	copy_send(context, all.data, all.length, what);
}

void dashboard_copy(struct dashboard *dashboard, const char *name)
{
	struct context *context = &dashboard->context;
	enum copy_kind kind = *name ? copy_kind_find(name) : COPY_ADDRESS;
	struct copy_source source;
	char text[COPY_TEXT_SIZE];
	bool found = copy_find(dashboard, &source);

	if (!kind) {
		context_error(context, "copy what: address, row, tcpdump, ss or yaml");
		return;
	}
	if (!*name && !found && dashboard->focus == PANE_POLICY)
		kind = COPY_YAML;
	if (kind == COPY_YAML) {
		copy_send_draft(context);
		return;
	}
	if (dashboard->page == DASHBOARD_PANES && dashboard->focus == PANE_CONNECTIONS &&
	    dashboard->connections.marks.count > 0) {
		copy_send_marked(context, kind, &dashboard->connections);
		return;
	}
	if (!found) {
		context_note(context, "select a connection or a destination to copy it");
		return;
	}
	copy_text(kind, &source, text);
	copy_send(context, text, strlen(text), text);
}
