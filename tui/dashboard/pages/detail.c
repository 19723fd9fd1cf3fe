/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/pages/detail.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/record/address.h"
#include "core/record/json/record_json.h"
#include "core/state/conn_words.h"
#include "tui/columns/conn_view.h"
#include "tui/dashboard/pages/page.h"
#include "tui/dashboard/table/cells.h"
#include "tui/dashboard/view/list_cursor.h"

#define COMMAND_LINE_SIZE 1024

/*
 * The page keeps a copy of the connection, so that it stays when the connection leaves the table.
 */
struct detail {
	struct conn conn;
	bool gone; /* from the table */
	char command_line[COMMAND_LINE_SIZE];
	struct list_cursor scroll;
};

int detail_new(struct detail **out)
{
	struct detail *detail = calloc(1, sizeof(*detail));

	if (!detail)
		return -ENOMEM;
	*out = detail;
	return 0;
}

void detail_free(struct detail *detail)
{
	free(detail);
}

/* Reads the command line of the process, if the process is live on this node. */
static void detail_read_command_line(struct detail *detail, const struct context *context)
{
	CLEANUP_CLOSE int fd = -1;
	char path[64];
	ssize_t length;

	detail->command_line[0] = '\0';
	if (!(detail->conn.flow.has & FLOW_HAS_PID) || session_is_replay(context->session))
		return;
	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/cmdline", detail->conn.flow.pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	length = read(fd, detail->command_line, sizeof(detail->command_line) - 1);
	if (length < 0)
		length = 0;
	detail->command_line[length] = '\0';
	for (ssize_t i = 0; i + 1 < length; i++) {
		if (detail->command_line[i] == '\0')
			detail->command_line[i] = ' ';
	}
}

void detail_open(struct detail *detail, const struct context *context, const struct conn *conn)
{
	detail->conn = *conn;
	detail->gone = false;
	detail->scroll.top = 0;
	detail_read_command_line(detail, context);
}

const struct conn *detail_connection(const struct detail *detail)
{
	return &detail->conn;
}

static void detail_update(void *view, struct context *context, int rows)
{
	struct detail *detail = view;
	const struct conn *conn = state_find(context->state, detail->conn.sequence);

	list_cursor_fit(&detail->scroll, detail->scroll.count, rows);
	if (context->paused)
		return;
	detail->gone = !conn;
	if (conn)
		detail->conn = *conn;
}

static int detail_title(void *view, const struct context *context, const struct canvas *canvas,
			bool focused)
{
	const struct detail *detail = view;
	char peer[CELL_SIZE];
	int column;

	(void)focused;
	cell_edge_peer(context->state, detail->conn.edge, peer);
	column = canvas_print(canvas, 0, 0, ROLE_TITLE_FOCUS, " %s %s %s port %u ",
			      detail->conn.subject->display,
			      detail->conn.flow.direction == FLOW_INGRESS ? context->glyphs->ingress
									  : context->glyphs->egress,
			      peer, detail->conn.edge->port);
	if (detail->gone)
		column = canvas_print(canvas, 0, column, ROLE_DIM, "(no longer in the table) ");
	canvas_place(canvas, column, detail->scroll.top, detail->scroll.height,
		     detail->scroll.count);
	return column;
}

/* Appends "+2.1s word" to the line of times. The first entry has no dot in front. */
static void detail_append_moment(char *line, size_t size, const struct glyphs *glyphs,
				 uint64_t start_ns, uint64_t at_ns, const char *word)
{
	char offset[TEXT_NUMBER_SIZE] = "0";
	size_t length = strlen(line);

	if (at_ns > start_ns)
		text_short_duration(at_ns - start_ns, offset);
	snprintf(line + length, size - length, "%s%s%s+%s %s", length ? " " : "",
		 length ? glyphs->dot : "", length ? " " : "", offset, word);
}

static const char *detail_first_word(const struct conn *conn)
{
	if (conn->phase == CONN_DATAGRAM)
		return "first datagram";
	if (conn->found)
		return conn->phase == CONN_ATTEMPT ? "found waiting for an answer" : "found open";
	if (conn->flow.direction == FLOW_INGRESS)
		return "accepted";
	return conn->established_ns && conn->established_ns == conn->first_ns ? "found open"
									      : "attempt";
}

static void detail_draw_life(struct page *page, const struct conn *conn)
{
	const struct glyphs *glyphs = page->context->glyphs;
	enum role role = ROLE_TEXT;
	char line[512] = "";
	char word[128];
	uint64_t established_ns = conn->established_ns;

	detail_append_moment(line, sizeof(line), glyphs, conn->first_ns, conn->first_ns,
			     detail_first_word(conn));
	/* The latency that the kernel measured is finer than the times of two events. */
	if (established_ns > conn->first_ns && conn->flow.has & FLOW_HAS_LATENCY)
		established_ns = conn->first_ns + conn->flow.latency_us * 1000;
	if (established_ns > conn->first_ns)
		detail_append_moment(line, sizeof(line), glyphs, conn->first_ns, established_ns,
				     "established");
	if (conn->flow.has & FLOW_HAS_RETRANS && conn->flow.retrans) {
		snprintf(word, sizeof(word), " %s %" PRIu32 " retransmitted", glyphs->dot,
			 conn->flow.retrans);
		snprintf(line + strlen(line), sizeof(line) - strlen(line), "%s", word);
	}
	if (conn->phase == CONN_ATTEMPT) {
		detail_append_moment(line, sizeof(line), glyphs, conn->first_ns,
				     page->context->now_ns, "still no answer");
		role = ROLE_HANGING;
	} else if (conn->phase == CONN_FAILED) {
		const char *name = conn->flow.error ? flow_error_name(conn->flow.error) : NULL;

		snprintf(word, sizeof(word), "%s%s%s%s", conn_failure_word(conn->flow.error),
			 name ? " (" : "", name ? name : "", name ? ")" : "");
		detail_append_moment(line, sizeof(line), glyphs, conn->first_ns, conn->last_ns,
				     word);
		role = ROLE_FAILED;
	} else if (conn->phase == CONN_CLOSED) {
		detail_append_moment(line, sizeof(line), glyphs, conn->first_ns, conn->last_ns,
				     "closed");
	}
	page_field(page, "life", role, line);
}

static void detail_draw_failure_help(struct page *page, const struct conn *conn)
{
	if (conn->phase == CONN_ATTEMPT)
		page_field(page, "", ROLE_DIM,
			   "Nobody answers: the address is gone, or something on the way drops the "
			   "packets "
			   "(a policy, a firewall).");
	else if (conn->phase == CONN_FAILED && conn->flow.error == ECONNREFUSED)
		page_field(page, "", ROLE_DIM,
			   "The peer answered that nothing listens on this port (or a firewall "
			   "rejects "
			   "it).");
	else if (conn->phase == CONN_FAILED && conn->flow.error == 0)
		page_field(
			page, "", ROLE_DIM,
			"The process closed its socket before an answer came, as programs with a "
			"timeout do.");
	else if (conn->phase == CONN_FAILED && conn->flow.error == ETIMEDOUT)
		page_field(page, "", ROLE_DIM,
			   "The kernel gave up: no answer to any of its attempts.");
}

static void detail_draw_subject(struct page *page, const struct conn *conn,
				const struct flow_names *names, const char *command_line)
{
	const struct subject *subject = conn->subject;
	char text[CELL_SIZE];

	page_field(page, "pod", ROLE_TEXT, subject->pod ? subject->display : NULL);
	page_field(page, "container", ROLE_TEXT, names->container);
	page_field(page, "container id", ROLE_DIM, names->container_id);
	if (conn->flow.has & FLOW_HAS_PID)
		snprintf(text, sizeof(text), "%s, pid %" PRIu32, conn->flow.comm, conn->flow.pid);
	else
		snprintf(text, sizeof(text), "%s", conn->flow.comm);
	if (conn->flow.has & FLOW_HAS_PID && conn->flow.has & FLOW_HAS_UID)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), ", user %" PRIu32,
			 conn->flow.uid);
	page_field(page, "process", ROLE_TEXT, text);
	page_field(page, "command", ROLE_TEXT, command_line);
	page_field(page, "node", ROLE_TEXT, names->node);
	if (conn->flow.has & FLOW_HAS_CGROUP && conn->flow.has & FLOW_HAS_NETNS) {
		snprintf(text, sizeof(text), "cgroup %" PRIu64 ", network namespace %" PRIu32,
			 conn->flow.cgroup_id, conn->flow.netns);
		page_field(page, "kernel", ROLE_DIM, text);
	}
}

static void detail_draw_ends(struct page *page, const struct conn *conn,
			     const struct flow_names *names, enum flow_peer_kind peer_kind,
			     const char *command_line)
{
	const struct flow *flow = &conn->flow;
	bool ingress = flow->direction == FLOW_INGRESS;
	char near_end[80] = "";
	char far_end[80] = "";
	char peer[CONN_VIEW_PEER_SIZE];
	const char *kind = record_word(&flow_peer_kind_words, peer_kind);

	if (flow->has & FLOW_HAS_SRC)
		cell_endpoint(flow->family, &flow->src,
			      flow->has & FLOW_HAS_SPORT ? flow->sport : 0,
			      ingress ? far_end : near_end, sizeof(near_end));
	if (flow->has & FLOW_HAS_DST)
		cell_endpoint(flow->family, &flow->dst,
			      flow->has & FLOW_HAS_DPORT ? flow->dport : 0,
			      ingress ? near_end : far_end, sizeof(far_end));
	page_heading(page, ingress ? "This end (accepted)" : "This end (opened)");
	detail_draw_subject(page, conn, names, command_line);
	page_field(page, "address", ROLE_TEXT, near_end);
	page_blank(page);
	page_heading(page, "The other end");
	conn_view_peer(names, peer);
	page_field(page, kind ? kind : "name", ROLE_PEER, peer);
	page_field(page, "DNS name", ROLE_PEER, names->dns);
	page_field(page, "address", ROLE_TEXT, far_end);
	page_blank(page);
}

static void detail_draw_draft(struct page *page, const struct conn *conn)
{
	const struct edge *edge = conn->edge;
	char text[128];

	page_heading(page, "In the draft");
	if (exclusions_contain(page->context->exclusions, edge))
		page_field(page, "left out", ROLE_FILTER,
			   "this destination is left out of the policy: X brings it back");
	else if (edge->ok_count == 0)
		page_field(page, "no", ROLE_FAILED,
			   "nothing to this destination has succeeded yet");
	else
		page_field(page, "yes", ROLE_GOOD,
			   "the policy allows this destination: x leaves it out");
	snprintf(text, sizeof(text),
		 "%" PRIu64 " connection%s, %" PRIu64 " failed, %" PRIu64 " open now",
		 edge->conn_count, edge->conn_count == 1 ? "" : "s", edge->failed_count,
		 edge->open_count);
	page_field(page, "seen", ROLE_TEXT, text);
}

static int detail_draw_page(const struct detail *detail, struct page *page)
{
	const struct conn *conn = &detail->conn;
	const struct flow *flow = &conn->flow;
	struct cell_context cells = {.state = page->context->state,
				     .glyphs = page->context->glyphs,
				     .now_ns = page->context->now_ns};
	struct flow_names names;
	char text[CELL_SIZE];
	enum role role = cell_text(&cells, conn, column_find("STATE"), text);

	enum flow_peer_kind peer_kind = conn_view_names(page->context->state, conn, &names);
	page_heading(page, "Connection");
	page_field(page, "state", conn->phase == CONN_CLOSED ? ROLE_TEXT : role, text);
	detail_draw_life(page, conn);
	detail_draw_failure_help(page, conn);
	page_time(page, "first seen", conn->first_ns);
	page_time(page, "last seen", conn->last_ns);
	if (conn->phase != CONN_ATTEMPT && conn->phase != CONN_FAILED) {
		page_bytes(page, "sent", flow->has & FLOW_HAS_TX, flow->tx_bytes);
		page_bytes(page, "received", flow->has & FLOW_HAS_RX, flow->rx_bytes);
	}
	page_duration(page, "latency", flow->has & FLOW_HAS_LATENCY, flow->latency_us * 1000);
	page_duration(page, "round trip", flow->has & FLOW_HAS_RTT, flow->rtt_us * 1000ull);
	if (flow->has & FLOW_HAS_DURATION) {
		char number[TEXT_NUMBER_SIZE];

		text_short_milliseconds(flow->duration_ms, number);
		page_field(page, "duration", ROLE_TEXT, number);
	}
	if (flow->state != FLOW_STATE_UNKNOWN)
		page_field(page, "TCP", ROLE_DIM, record_word(&flow_tcp_state_words, flow->state));
	page_blank(page);
	page_verdict(page, conn->edge);
	detail_draw_ends(page, conn, &names, peer_kind, detail->command_line);
	detail_draw_draft(page, conn);
	return page->line;
}

static void detail_draw(void *view, const struct context *context, const struct canvas *canvas,
			bool focused)
{
	struct detail *detail = view;
	struct page page = {.canvas = canvas, .context = context, .top = (int)detail->scroll.top};

	(void)focused;
	detail->scroll.count = (size_t)detail_draw_page(detail, &page);
}

static bool detail_act(void *view, struct context *context, enum action action)
{
	struct detail *detail = view;

	if (list_cursor_act(&detail->scroll, action))
		return true;
	switch (action) {
	case ACTION_LEAVE_OUT:
		if (exclusions_add(context->exclusions, detail->conn.edge))
			context_error(context, "no memory to leave it out");
		break;
	case ACTION_BRING_BACK:
		exclusions_remove(context->exclusions, detail->conn.edge);
		break;
	default:
		return false;
	}
	return true;
}

const struct view_operations detail_operations = {
	.name = "Connection",
	.update = detail_update,
	.title = detail_title,
	.draw = detail_draw,
	.act = detail_act,
};
