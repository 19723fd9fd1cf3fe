/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/pages/why.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/record/address.h"
#include "core/state/conn_words.h"
#include "tui/columns/conn_view.h"
#include "tui/dashboard/pages/why_line.h"
#include "tui/dashboard/pages/why_present.h"
#include "tui/dashboard/table/cells.h"

#define LINE_SIZE 640

/* Returns the meaning of an errno value of a failed connection. NULL: polecat has no
 * explanation. */
static const char *why_error_meaning(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return "The peer answered that nothing listens on this port (or a firewall rejects "
		       "it).";
	case ETIMEDOUT:
		return "The kernel gave up: no answer to any of its attempts.";
	case 0:
		return "The process closed its socket before an answer came, as programs with a "
		       "timeout do.";
	case EADDRNOTAVAIL:
	case EADDRINUSE:
		return "No local port was free for another connection to this address and port.";
	case EPERM:
		return "A program of the process's cgroup, a security module or a firewall on this "
		       "machine refused it.";
	case EACCES:
		return "A route forbids this destination (ip route: prohibit).";
	case ENETUNREACH:
		return "The process's network namespace has no route to this address, or a router "
		       "answered that it has none.";
	case EHOSTUNREACH:
		return "A router or a route answered that the host cannot be reached, or no "
		       "neighbour has the address.";
	case EINVAL:
		return "The kernel refused the destination, as it does for a blackhole route.";
	default:
		return NULL;
	}
}

/* Draws the drops that the kernel reported. Points out if the kernel and the loaded policies
 * disagree about the connection. */
static void why_draw_drops(struct page *page, const struct conn *conn, uint8_t verdict)
{
	char drop[CELL_SIZE];
	bool by_firewall = conn->drop && strcmp(conn->drop, "NETFILTER_DROP") == 0;

	conn_view_drop(conn, drop, sizeof(drop));
	if (drop[0])
		why_line(page, "dropped", WHY_BAD, drop);
	if (by_firewall && verdict == EVALUATE_ALLOWED)
		page_field(page, "", ROLE_DENIED,
			   "The policies that were loaded allow this connection, but a firewall "
			   "dropped its packets.");
	else if (verdict == EVALUATE_DENIED && conn->established_ns)
		page_field(page, "", ROLE_DENIED,
			   "The policies that were loaded deny this connection, but the kernel "
			   "let it through.");
}

/* Draws the verdict in a word. The section about the loaded policies explains it. */
static void why_draw_verdict(struct page *page, uint8_t verdict)
{
	switch (verdict) {
	case EVALUATE_ALLOWED:
		why_line(page, "policies", WHY_GOOD, "the policies that were loaded allow it");
		break;
	case EVALUATE_DENIED:
		why_line(page, "policies", WHY_DENIED,
			 "the policies that were loaded deny it: see below");
		break;
	case EVALUATE_DEPENDS:
	case EVALUATE_UNKNOWN:
		why_line(page, "policies", WHY_MIXED,
			 "the verdict of the policies that were loaded is not certain: see below");
		break;
	default:
		break;
	}
}

static enum why_mark why_mark_of(const struct diagnosis_fact *fact)
{
	if (fact->succeeded == 0 && fact->failed + fact->hanging > 0)
		return WHY_BAD;
	if (fact->succeeded == 0)
		return fact->kind == DIAGNOSIS_ACCEPTED ? WHY_BAD : WHY_MIXED;
	return fact->failed + fact->hanging > 0 ? WHY_MIXED : WHY_GOOD;
}

/* Writes ", the last 2s ago", or "" if no connection was seen. */
static void why_write_age(const struct page *page, const struct diagnosis_fact *fact, char *text,
			  size_t size)
{
	uint64_t now_ns = context_now(page->context, fact->node);
	char age[TEXT_NUMBER_SIZE];

	text[0] = '\0';
	if (fact->last_ns == 0)
		return;
	text_short_duration(now_ns > fact->last_ns ? now_ns - fact->last_ns : 0, age);
	snprintf(text, size, ", the last %s ago", age);
}

/* Writes "12 of 15 connections succeeded, 1 hangs, the last 2s ago". */
static void why_write_counts(const struct page *page, const struct diagnosis_fact *fact,
			     char text[LINE_SIZE])
{
	char hanging[64] = "";
	char age[64];

	why_write_age(page, fact, age, sizeof(age));
	if (fact->hanging > 0)
		snprintf(hanging, sizeof(hanging), ", %" PRIu64 " hang%s", fact->hanging,
			 fact->hanging == 1 ? "s" : "");
	snprintf(text, LINE_SIZE, "%" PRIu64 " of %" PRIu64 " connection%s succeeded%s%s",
		 fact->succeeded, fact->connections, fact->connections == 1 ? "" : "s", hanging,
		 age);
}

/* Returns the label of a fact. */
static const char *why_label(const struct diagnosis_fact *fact)
{
	static const char *const labels[] = {
		[DIAGNOSIS_OWN] = "from here",       [DIAGNOSIS_OTHER] = "from others",
		[DIAGNOSIS_OTHERS] = "from others",  [DIAGNOSIS_OTHER_PORT] = "other ports",
		[DIAGNOSIS_ACCEPTED] = "peer's pod",
	};

	return labels[fact->kind];
}

static void why_draw_fact(struct page *page, const char *label, const struct diagnosis_fact *fact)
{
	char counts[LINE_SIZE];
	char port[CELL_SIZE];
	char age[64];
	char text[2 * LINE_SIZE];

	why_write_counts(page, fact, counts);
	switch ((enum diagnosis_kind)fact->kind) {
	case DIAGNOSIS_OWN:
		page_link_edge(page, fact->edge, counts);
		why_line(page, label, why_mark_of(fact), counts);
		return;
	case DIAGNOSIS_OTHER:
		page_link_edge(page, fact->edge, fact->subject->display);
		snprintf(text, sizeof(text), "%s: %s", fact->subject->display, counts);
		break;
	case DIAGNOSIS_OTHERS:
		snprintf(text, sizeof(text), "%zu more: %s", fact->subjects, counts);
		break;
	case DIAGNOSIS_OTHER_PORT:
		cell_port(fact->edge, port);
		page_link_edge(page, fact->edge, port);
		snprintf(text, sizeof(text), "%s: %s", port, counts);
		break;
	case DIAGNOSIS_ACCEPTED:
		why_write_age(page, fact, age, sizeof(age));
		page_link_subject(page, fact->subject, fact->subject->display);
		snprintf(text, sizeof(text), "%s accepted %" PRIu64 " connection%s on port %u%s",
			 fact->subject->display, fact->succeeded, fact->succeeded == 1 ? "" : "s",
			 fact->port, age);
		break;
	}
	why_line(page, label, why_mark_of(fact), text);
}

/* Writes ", the last answer 7s ago with a TTL of 30s". Writes nothing if the time of the answer is
 * unknown, or later than the time that is shown. */
static void why_write_answer(const struct dns_answer *answer, uint64_t now_ns, char text[LINE_SIZE])
{
	char age[TEXT_NUMBER_SIZE];
	char ttl[TEXT_NUMBER_SIZE];

	text[0] = '\0';
	if (answer->time_ns == 0 || answer->time_ns > now_ns)
		return;
	text_short_duration(now_ns - answer->time_ns, age);
	text_short_duration(answer->ttl_s * NS_PER_SECOND, ttl);
	snprintf(text, LINE_SIZE, ", the last answer %s ago with a TTL of %s", age, ttl);
}

/* Draws how the process came by the peer's address. conn: NULL for a page without a connection. */
static void why_draw_dns(struct page *page, const struct conn *conn, const struct diagnosis *facts,
			 const char *dns)
{
	const struct dns_answer *answer = &facts->answer;
	uint64_t now_ns = conn ? context_now(page->context, conn->node) : 0;
	char address[ADDRESS_TEXT_SIZE];
	char age[TEXT_NUMBER_SIZE];
	char when[LINE_SIZE] = "";
	char text[2 * LINE_SIZE];

	if (!dns || !*dns)
		return;
	if (conn && facts->is_answered)
		why_write_answer(answer, now_ns, when);
	snprintf(text, sizeof(text), "looked up as %s%s", dns, when);
	why_line(page, "DNS", WHY_GOOD, text);
	if (!conn || !*when)
		return;
	uint64_t end_ns = answer->time_ns + answer->ttl_s * NS_PER_SECOND;
	if (end_ns < conn_began_ns(conn)) {
		text_short_duration(conn_began_ns(conn) - end_ns, age);
		snprintf(text, sizeof(text), "the TTL had ended %s before this connection began",
			 age);
		why_line(page, "", WHY_MIXED, text);
	}
	if (answer->other_ns && answer->other_ns <= now_ns) {
		address_format(conn->edge->family, &answer->other, address);
		text_short_duration(now_ns - answer->other_ns, age);
		snprintf(text, sizeof(text), "an answer %s ago has %s, and not this address", age,
			 address);
		why_line(page, "", WHY_BAD, text);
	}
}

static void why_draw_facts(struct page *page, const struct conn *conn,
			   const struct diagnosis *facts, const char *dns)
{
	const char *before = "";

	for (size_t i = 0; i < facts->count; i++) {
		const char *label = why_label(&facts->facts[i]);
		why_draw_fact(page, strcmp(label, before) == 0 ? "" : label, &facts->facts[i]);
		before = label;
	}
	if (facts->only_this_subject)
		page_field(page, "", ROLE_TEXT,
			   "So the peer answers others, and not the connections from here.");
	if (facts->everyone)
		page_field(page, "", ROLE_TEXT, "So nobody who tried has reached the peer.");
	why_draw_dns(page, conn, facts, dns);
}

/* If only one end has closed the connection, draws which one, and how long ago. */
static void why_draw_half_open(struct page *page, const struct conn *conn)
{
	uint64_t now_ns = context_now(page->context, conn->node);
	bool by_peer = conn->flow.state == FLOW_STATE_CLOSE_WAIT;
	char age[TEXT_NUMBER_SIZE] = "";
	char text[LINE_SIZE];

	if (!conn_is_half_open(conn))
		return;
	text_short_duration(now_ns > conn->state_ns ? now_ns - conn->state_ns : 0, age);
	snprintf(text, sizeof(text), "%s closed it %s ago, and %s has not closed it since",
		 by_peer ? "the other end" : "this end", age,
		 by_peer ? "the process here" : "the other end");
	why_line(page, conn_state_word(conn), WHY_MIXED, text);
}

static bool why_is_needed(const struct conn *conn, uint8_t verdict)
{
	return conn_hangs(conn) || conn->phase == CONN_FAILED || conn->flow.has & FLOW_HAS_DROPS ||
	       conn_is_half_open(conn) ||
	       (conn->flow.has & FLOW_HAS_RETRANS && conn->flow.retrans > 0) ||
	       verdict == EVALUATE_DENIED;
}

void why_draw_connection(struct page *page, const struct conn *conn, const struct diagnosis *facts,
			 const struct present_facts *present)
{
	uint8_t verdict = verdicts_judge(page->context->verdicts, conn->edge);
	const struct flow *flow = &conn->flow;
	char text[LINE_SIZE];

	if (!why_is_needed(conn, verdict))
		return;
	page_heading(page, "Why?");
	if (conn->phase == CONN_FAILED)
		page_field(page, "error", ROLE_TEXT, why_error_meaning(flow->error));
	else if (conn_hangs(conn) && !(flow->has & FLOW_HAS_DROPS) &&
		 !why_present_explains(present))
		page_field(page, "silence", ROLE_TEXT,
			   "Nobody answers: the address is gone, or something on the way drops the "
			   "packets (a policy, a firewall).");
	why_draw_drops(page, conn, verdict);
	why_draw_verdict(page, verdict);
	if (flow->has & FLOW_HAS_RETRANS && flow->retrans > 0) {
		snprintf(text, sizeof(text), "%" PRIu32 " packet%s sent again", flow->retrans,
			 flow->retrans == 1 ? " was" : "s were");
		why_line(page, "packets", WHY_BAD, text);
	}
	why_draw_half_open(page, conn);
	why_present_draw(page, flow->family, present);
	if (!conn->edge->is_overflow && (!conn_is_half_open(conn) || verdict == EVALUATE_DENIED))
		why_draw_facts(page, conn, facts, conn->dns);
}

void why_draw_destination(struct page *page, const struct edge *edge, const struct edge *shown,
			  const struct diagnosis *facts)
{
	uint8_t verdict = verdicts_judge(page->context->verdicts, edge);

	if (shown->failed_count == 0 && shown->hanging_count == 0 && verdict != EVALUATE_DENIED)
		return;
	page_heading(page, "Why?");
	if (shown->failed_count > 0) {
		const char *meaning = why_error_meaning(shown->last_error);

		page_print(page, conn_failure_word(shown->last_error), ROLE_TEXT,
			   "%" PRIu64 " failed. %s%s", shown->failed_count,
			   meaning ? "The last: " : "", meaning ? meaning : "");
	}
	why_draw_verdict(page, verdict);
	why_draw_facts(page, NULL, facts, edge->dns);
}
