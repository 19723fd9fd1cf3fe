/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/pages/detail.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/buffer.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/record/address.h"
#include "core/record/record_names.h"
#include "core/state/conn_words.h"
#include "core/state/rewind.h"
#include "tui/columns/conn_view.h"
#include "tui/dashboard/pages/page.h"
#include "tui/dashboard/pages/why.h"
#include "tui/dashboard/table/cells.h"
#include "tui/dashboard/view/verdicts.h"
#include "tui/session/process_details.h"

/* The time between two questions about the present, and between two searches for the network
 * namespace of the peer. */
#define PRESENT_PAUSE_NS NS_PER_SECOND
#define PLACE_PAUSE_NS   (5 * NS_PER_SECOND)

/* Reads the command line of the process, if this machine's kernel is the source of the records. */
static void detail_read_command_line(struct detail *detail, const struct context *context)
{
	struct process_details process;

	detail->command_line[0] = '\0';
	if (!session_reads_kernel(context->session))
		return;
	process_details_read(session_helper(context->session), &detail->conn.flow,
			     session_boot_ns(context->session, detail->conn.first_ns), &process);
	snprintf(detail->command_line, sizeof(detail->command_line), "%.*s",
		 (int)sizeof(detail->command_line) - 1, process.command);
}

/* Copies the connection with its edge, and collects the facts for the section "Why?". */
static void detail_take(struct detail *detail, const struct context *context,
			const struct conn *conn)
{
	detail->conn = *conn;
	if (conn->sums) {
		detail_interval_copy(&detail->interval, conn->sums);
		/* The row may leave the table, with its sums. */
		detail->conn.sums = &detail->interval.sums;
	}
	detail->edge = *conn->edge;
	diagnosis_collect(context->state, conn->edge, conn, &detail->facts);
}

/* Collects the facts about the present, if this machine's kernel reported the connection, and the
 * connection hangs or has failed. */
static void detail_update_present(struct detail *detail, const struct context *context)
{
	const struct conn *conn = &detail->conn;
	uint64_t now_ns = context->monotonic_ns;

	if (!session_reads_kernel(context->session) || state_is_rewound(context->state) ||
	    !(conn_hangs(conn) || conn->phase == CONN_FAILED)) {
		detail->present = (struct present_facts){0};
		return;
	}
	if (now_ns < detail->present_next_ns)
		return;
	if (detail->peer_place.netns == 0 && now_ns >= detail->place_next_ns) {
		detail->peer_place = present_find_peer(context->state, conn,
						       diagnosis_far_subject(&detail->facts));
		detail->place_next_ns = now_ns + PLACE_PAUSE_NS;
	}
	present_facts_collect(session_helper(context->session), conn, &detail->peer_place,
			      &detail->present);
	detail->present_next_ns = now_ns + PRESENT_PAUSE_NS;
}

void detail_open(struct detail *detail, const struct context *context, const struct conn *conn)
{
	detail_take(detail, context, conn);
	detail->peer_place = (struct present_place){0};
	detail->present_next_ns = 0;
	detail->place_next_ns = 0;
	detail_update_present(detail, context);
	detail->gone = false;
	detail_read_command_line(detail, context);
}

static void detail_update(void *view, struct context *context, int rows)
{
	struct detail *detail = view;
	const struct conn *conn = state_find(context->state, detail->conn.sequence);

	(void)rows;
	if (context->paused)
		return;
	detail->gone = !conn;
	if (conn)
		detail_take(detail, context, conn);
	detail_update_present(detail, context);
}

static void detail_title(const void *view, const struct context *context, struct canvas *line)
{
	const struct detail *detail = view;
	const struct conn *conn = &detail->conn;
	struct flow_names names;
	char peer[CONN_VIEW_PEER_SIZE];

	conn_view_names(context->state, conn, &names);
	conn_view_peer_or_address(&names, conn->flow.family, flow_peer(&conn->flow), peer);
	canvas_add(line, ROLE_TITLE_FOCUS, " %s %s %s port %u ", conn->subject->display,
		   cell_arrow(context->glyphs, conn->flow.direction), peer,
		   flow_wire_port(&conn->flow));
	if (detail->gone)
		canvas_add(line, ROLE_DIM, "(no longer in the table) ");
}

/* Appends "+2.1s word" to the line of times, after a separating dot unless the line is empty. */
static void detail_add_moment(struct buffer *line, const struct page *page, const struct conn *conn,
			      uint64_t at_ns, const char *word)
{
	char offset[TEXT_NUMBER_SIZE] = "0";

	if (at_ns > conn->first_ns)
		text_short_duration(at_ns - conn->first_ns, offset);
	if (line->length)
		buffer_printf(line, " %s ", page->context->glyphs->dot);
	buffer_printf(line, "+%s %s", offset, word);
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

/* Returns how a connection ended: which side sent the first FIN or a reset, or another reason. */
static const char *detail_end_word(const struct conn *conn)
{
	if (conn->flow.end == FLOW_END_FIN && conn->flow.fin_by == FLOW_FIN_BY_SELF)
		return "closed by this end";
	if (conn->flow.end == FLOW_END_FIN && conn->flow.fin_by == FLOW_FIN_BY_PEER)
		return "closed by the other end";
	if (conn->flow.end == FLOW_END_RESET)
		return "reset by this end";
	if (conn->flow.end == FLOW_END_RESET_BY_PEER)
		return "reset by the other end";
	return conn_state_word(conn);
}

static void detail_draw_life(struct page *page, const struct conn *conn)
{
	const struct flow *flow = &conn->flow;
	uint64_t established_ns = conn->established_ns;
	CLEANUP_BUFFER struct buffer line = {0};
	enum role role = ROLE_TEXT;

	detail_add_moment(&line, page, conn, conn->first_ns, detail_first_word(conn));
	/* Prefer the latency that the kernel measured: it is more exact than the times of two
	 * events. */
	if (established_ns > conn->first_ns && flow->has & FLOW_HAS_LATENCY)
		established_ns = conn->first_ns + flow->latency_us * 1000;
	if (established_ns > conn->first_ns)
		detail_add_moment(&line, page, conn, established_ns, "established");
	if (flow->has & FLOW_HAS_RETRANS && flow->retrans)
		buffer_printf(&line, " %s %" PRIu32 " retransmitted", page->context->glyphs->dot,
			      flow->retrans);
	if (conn->phase == CONN_ATTEMPT) {
		detail_add_moment(&line, page, conn, context_now(page->context, conn->node),
				  "still no answer");
		role = conn_hangs(conn) ? ROLE_HANGING : ROLE_TEXT;
	} else if (conn->phase == CONN_FAILED) {
		const char *name = flow->error ? flow_error_name(flow->error) : NULL;

		detail_add_moment(&line, page, conn, conn->last_ns, conn_failure_word(flow->error));
		if (name)
			buffer_printf(&line, " (%s)", name);
		role = ROLE_FAILED;
	} else if (conn->phase == CONN_CLOSED) {
		detail_add_moment(&line, page, conn, conn->last_ns, detail_end_word(conn));
	} else if (conn_is_half_open(conn)) {
		detail_add_moment(&line, page, conn, conn->state_ns, conn_state_word(conn));
	}
	page_field(page, "life", role, line.data);
}

static void detail_draw_subject(struct page *page, const struct conn *conn,
				const struct flow_names *names, const char *command_line)
{
	const struct subject *subject = conn->subject;
	const struct flow *flow = &conn->flow;
	CLEANUP_BUFFER struct buffer process = {0};

	page_link_subject(page, subject, NULL);
	page_field(page, "pod", ROLE_TEXT, subject->pod ? subject->display : NULL);
	if (!subject->pod && names->container)
		page_link_subject(page, subject, NULL);
	page_field(page, "container", ROLE_TEXT, names->container);
	page_field(page, "container id", ROLE_DIM, names->container_id);
	buffer_append_text(&process, flow->comm);
	if (flow->has & FLOW_HAS_PID)
		buffer_printf(&process, ", pid %" PRIu32, flow->pid);
	if (flow->has & FLOW_HAS_PID && flow->has & FLOW_HAS_UID)
		buffer_printf(&process, ", user %" PRIu32, flow->uid);
	if (!subject->pod && !names->container)
		page_link_subject(page, subject, NULL);
	page_field(page, "process", ROLE_TEXT, process.data);
	if (flow->owner == FLOW_OWNER_LISTENER)
		page_field(page, "", ROLE_DIM,
			   "This process listens. The process that uses the connection is not "
			   "known yet.");
	page_field(page, "command", ROLE_TEXT, command_line);
	page_link_name(page, THING_NODE, NULL, names->node, NULL);
	page_field(page, "node", ROLE_TEXT, names->node);
	if (flow->has & FLOW_HAS_CGROUP && flow->has & FLOW_HAS_NETNS)
		page_print(page, "kernel", ROLE_DIM,
			   "cgroup %" PRIu64 ", network namespace %" PRIu32, flow->cgroup_id,
			   flow->netns);
}

/* Writes how the node of the other end of a connection between pods saw it. */
static void detail_draw_other_end(struct page *page, const struct conn *other)
{
	const struct flow *flow = &other->flow;
	struct flow_names names;

	conn_view_names(page->context->state, other, &names);
	page_heading(page, "As the other end saw it");
	detail_draw_subject(page, other, &names, NULL);
	page_field(page, "state", ROLE_TEXT, conn_state_word(other));
	page_time(page, "first seen", other->node, other->first_ns);
	page_bytes(page, "sent", flow->has & FLOW_HAS_TX, flow->tx_bytes);
	page_bytes(page, "received", flow->has & FLOW_HAS_RX, flow->rx_bytes);
	page_duration(page, "round trip", flow->has & FLOW_HAS_RTT, flow->rtt_us * 1000ull);
	if (flow->has & FLOW_HAS_RETRANS && flow->retrans > 0)
		page_print(page, "retransmits", ROLE_HANGING, "%" PRIu32, flow->retrans);
	if (flow->has & FLOW_HAS_DROPS && flow->drops > 0)
		page_print(page, "dropped", ROLE_FAILED, "%" PRIu32 " packet%s%s%s", flow->drops,
			   flow->drops == 1 ? "" : "s", other->drop ? ": " : "",
			   other->drop ? other->drop : "");
}

static void detail_draw_ends(struct page *page, const struct conn *conn,
			     const struct flow_names *names, enum flow_peer_kind peer_kind,
			     const char *command_line)
{
	const struct flow *flow = &conn->flow;
	bool ingress = flow->direction == FLOW_INGRESS;
	char source[CELL_SIZE] = "";
	char destination[CELL_SIZE] = "";
	char peer[CONN_VIEW_PEER_SIZE];
	const char *kind = record_word(&flow_peer_kind_words, peer_kind);

	if (flow->has & FLOW_HAS_SRC && conn->sums)
		address_format(flow->family, &flow->src, source);
	else if (flow->has & FLOW_HAS_SRC)
		cell_endpoint(flow->family, &flow->src,
			      flow->has & FLOW_HAS_SPORT ? flow->sport : 0, source, sizeof(source));
	if (flow->has & FLOW_HAS_DST)
		cell_endpoint(flow->family, &flow->dst,
			      flow->has & FLOW_HAS_DPORT ? flow->dport : 0, destination,
			      sizeof(destination));
	page_heading(page, ingress ? "This end (accepted)" : "This end (opened)");
	detail_draw_subject(page, conn, names, command_line);
	page_field(page, "address", ROLE_TEXT, ingress ? destination : source);
	page_heading(page, "The other end");
	conn_view_peer(names, peer);
	page_link_peer(page, conn->edge);
	page_field(page, kind ? kind : "name", ROLE_PEER, peer);
	page_dns_names(page, "DNS name", names->dns);
	page_link_address(page, flow->family, flow_peer(flow));
	page_field(page, "address", ROLE_TEXT, ingress ? source : destination);
}

/* The largest number of subflows that the page names. */
#define SUBFLOWS_NAMED 6

/* Writes both ends of a subflow: "192.0.2.1:40000 -> 198.51.100.1:443". */
static void detail_draw_subflow(struct page *page, const char *label, const struct conn *conn)
{
	const struct flow *flow = &conn->flow;
	char source[CELL_SIZE];
	char destination[CELL_SIZE];

	cell_endpoint(flow->family, &flow->src, flow->has & FLOW_HAS_SPORT ? flow->sport : 0,
		      source, sizeof(source));
	cell_endpoint(flow->family, &flow->dst, flow->dport, destination, sizeof(destination));
	page_print(page, label, ROLE_TEXT, "%s %s %s, %s", source, page->context->glyphs->egress,
		   destination, conn_state_word(conn));
}

/* Writes the other subflows of a Multipath TCP connection, and the bytes that they carried; or, for
 * a subflow, its connection. */
static void detail_draw_subflows(struct page *page, const struct conn *conn)
{
	const struct flow *flow = &conn->flow;
	uint64_t tx_bytes = 0;
	uint64_t rx_bytes = 0;
	size_t found = 0;

	if (flow->subflows == 0 && !conn_is_subflow(conn))
		return;
	page_heading(page, "Multipath TCP");
	if (flow->subflows > 0)
		page_print(page, "subflows", ROLE_TEXT, "%u", flow->subflows);
	for (const struct conn *at = state_newest(page->context->state); at; at = at->older) {
		bool joined = conn_is_subflow(conn) && at->flow.id == flow_joined_id(flow);
		bool joins = conn_is_subflow(at) && flow_joined_id(&at->flow) == flow->id;

		if (at->node != conn->node || (!joined && !joins) || !rewind_has_begun(at))
			continue;
		if (found++ < SUBFLOWS_NAMED)
			detail_draw_subflow(page, joined ? "subflow of" : "another", at);
		tx_bytes += joins ? at->flow.tx_bytes : 0;
		rx_bytes += joins ? at->flow.rx_bytes : 0;
	}
	page_bytes(page, "they sent", flow->subflows > 0, tx_bytes);
	page_bytes(page, "received", flow->subflows > 0, rx_bytes);
}

static void detail_draw_figures(struct page *page, const struct conn *conn)
{
	const struct flow *flow = &conn->flow;
	uint64_t rate = conn_rate(conn, context_now(page->context, conn->node));
	char text[TEXT_NUMBER_SIZE];

	page_heading(page, "Times and bytes");
	page_time(page, "first seen", conn->node, conn->first_ns);
	page_time(page, "last seen", conn->node, conn->last_ns);
	if (conn->phase != CONN_ATTEMPT && conn->phase != CONN_FAILED) {
		page_bytes(page, "sent", flow->has & FLOW_HAS_TX, flow->tx_bytes);
		page_bytes(page, "received", flow->has & FLOW_HAS_RX, flow->rx_bytes);
		page_bytes(page, "per second", rate > 0, rate);
	}
	page_duration(page, "latency", flow->has & FLOW_HAS_LATENCY, flow->latency_us * 1000);
	page_duration(page, "round trip", flow->has & FLOW_HAS_RTT, flow->rtt_us * 1000ull);
	text_short_milliseconds(flow->duration_ms, text);
	page_field(page, "duration", ROLE_TEXT, flow->has & FLOW_HAS_DURATION ? text : NULL);
	if (flow->state != FLOW_STATE_UNKNOWN && flow->protocol == FLOW_TCP)
		page_field(page, "TCP", ROLE_DIM, record_word(&flow_tcp_state_words, flow->state));
}

static void detail_draw(void *view, const struct context *context, const struct canvas *canvas)
{
	struct detail *detail = view;
	struct page page = page_begin(context, canvas, &detail->scroll);
	const struct conn *conn = &detail->conn;
	const struct cell_context cells = {
		.state = context->state, .glyphs = context->glyphs, .now_ns = context->now_ns};
	struct flow_names names;
	char text[CELL_SIZE];
	enum role role = cell_text(&cells, conn, column_find("STATE"), text);

	enum flow_peer_kind peer_kind = conn_view_names(context->state, conn, &names);
	page_heading(&page, "Connection");
	page_field(&page, "state", conn->phase == CONN_CLOSED ? ROLE_TEXT : role, text);
	page_field(&page, "service", ROLE_TEXT, conn_name_service(conn));
	if (conn->sums)
		detail_interval_draw(&page, conn, &detail->interval);
	else
		detail_draw_life(&page, conn);
	why_draw_connection(&page, conn, &detail->facts, &detail->present);
	page_verdict(&page, conn->edge);
	detail_draw_ends(&page, conn, &names, peer_kind, detail->command_line);
	if (!conn->sums)
		detail_draw_figures(&page, conn);
	const struct conn *other = detail->gone ? NULL : state_other_end(context->state, conn);
	if (other)
		detail_draw_other_end(&page, other);
	detail_draw_subflows(&page, conn);
	page_draft(&page, conn->edge, &detail->edge);
	page_end(&page, &detail->scroll);
}

static bool detail_act(void *view, struct context *context, enum action action)
{
	const struct detail *detail = view;

	return page_act_on_edge(context, detail->conn.edge, action);
}

const struct view_operations detail_operations = {
	.hints = KEY_PLACE_CONNECTION_PAGE,
	.update = detail_update,
	.title = detail_title,
	.draw = detail_draw,
	.act = detail_act,
};
